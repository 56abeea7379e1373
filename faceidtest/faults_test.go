package faceidtest_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

// faultCases are the faults: how many mints each lets happen, and what a client
// sees of it.
var faultCases = map[string]struct {
	fault faceidtest.Fault
	mints int
	check func(t *testing.T, res *http.Response, body string, err error)
}{
	"code": {faceidtest.FaultCode("999999", ""), 0, func(t *testing.T, _ *http.Response, body string, err error) {
		require.NoError(t, err)
		require.Contains(t, body, `{"code":"999999","msg":"网络不给力，请稍后重试","bizSeqNo"`)
	}},
	"status": {faceidtest.FaultStatus(502, "<html>Bad Gateway</html>"), 0, func(t *testing.T, res *http.Response, body string, err error) {
		require.NoError(t, err)
		require.Equal(t, 502, res.StatusCode)
		require.Equal(t, "<html>Bad Gateway</html>", body)
	}},
	"empty status": {faceidtest.FaultStatus(503, ""), 0, func(t *testing.T, res *http.Response, body string, err error) {
		require.NoError(t, err)
		require.Equal(t, 503, res.StatusCode)
		require.Empty(t, body)
	}},
	"body": {faceidtest.FaultBody("{"), 0, func(t *testing.T, res *http.Response, body string, err error) {
		require.NoError(t, err)
		require.Equal(t, "{", body)
		require.Contains(t, res.Header.Get("Content-Type"), "application/json")
	}},
	"truncate": {faceidtest.FaultTruncate(10), 1, func(t *testing.T, res *http.Response, body string, err error) {
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.Len(t, body, 10)
		require.Greater(t, res.ContentLength, int64(10))
	}},
	"truncate at 0": {faceidtest.FaultTruncate(0), 1, func(t *testing.T, _ *http.Response, body string, err error) {
		require.Error(t, err)
		require.Empty(t, body)
	}},
	"truncate too far": {faceidtest.FaultTruncate(1 << 20), 1, func(t *testing.T, _ *http.Response, body string, err error) {
		require.NoError(t, err)
		require.Contains(t, body, "access_token")
	}},
	"slow body": {faceidtest.FaultSlowBody(100, time.Millisecond), 1, func(t *testing.T, _ *http.Response, body string, err error) {
		require.NoError(t, err)
		require.Contains(t, body, "access_token")
	}},
	"delay": {faceidtest.FaultDelay(time.Millisecond), 1, func(t *testing.T, _ *http.Response, body string, err error) {
		require.NoError(t, err)
		require.Contains(t, body, "access_token")
	}},
	"drop before": {faceidtest.FaultDropBefore(), 0, func(t *testing.T, _ *http.Response, _ string, err error) {
		require.ErrorIs(t, err, syscall.ECONNRESET)
	}},
	"drop after": {faceidtest.FaultDropAfter(), 1, func(t *testing.T, _ *http.Response, _ string, err error) {
		require.ErrorIs(t, err, syscall.ECONNRESET)
	}},
	"refuse": {faceidtest.FaultRefuse(), 0, func(t *testing.T, _ *http.Response, _ string, err error) {
		require.Error(t, err)
	}},
}

func TestFaultsAreTheSameInProcessAndOverAPort(t *testing.T) {
	for where, place := range map[string]func(*merchant) *merchant{"in process": func(m *merchant) *merchant { return m }, "over a port": overPort} {
		for name, c := range faultCases {
			t.Run(where+" "+name, func(t *testing.T) {
				m := place(newMerchant(t))
				m.sim.FailNext(tokenPath, c.fault)

				res, err := m.http.Get(m.tokenURL())
				var body string
				if err == nil {
					var b []byte
					b, err = io.ReadAll(res.Body)
					body = string(b)
					require.NoError(t, res.Body.Close())
				}

				c.check(t, res, body, err)
				if name == "refuse" && where == "in process" {
					var op *net.OpError
					require.ErrorAs(t, err, &op)
					require.Equal(t, "dial", op.Op)
				}
				require.Len(t, m.sim.Mints(m.appID), c.mints)
				m.mustMint() // the fault is used up
				calls := 2
				if name == "refuse" {
					calls = 1
				}
				require.Equal(t, calls, m.sim.Calls(tokenPath))
				require.Len(t, m.sim.Requests(), calls)
			})
		}
	}
}

func TestFaultsQueueInOrder(t *testing.T) {
	m := newMerchant(t)
	m.sim.FailNext(tokenPath, faceidtest.FaultCode("1", "one"), faceidtest.FaultCode("2", "two"))
	m.sim.FailNext(tokenPath, faceidtest.FaultCode("3", "three"))
	for _, want := range []string{"1", "2", "3", "0"} {
		require.Equal(t, want, m.get(tokenPath, m.tokenQuery()).code())
	}
}

func TestWithFaultMeetsOneRequest(t *testing.T) {
	m := newMerchant(t)
	m.sim.FailNext(tokenPath, faceidtest.FaultStatus(502, ""))
	get := func(ctx context.Context) (*http.Response, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, m.tokenURL(), nil)
		require.NoError(t, err)
		res, err := m.sim.RoundTrip(r)
		if err == nil {
			res.Body.Close()
		}
		return res, err
	}
	_, err := get(faceidtest.WithFault(t.Context(), faceidtest.FaultDropAfter()))
	require.ErrorIs(t, err, syscall.ECONNRESET)
	require.Len(t, m.sim.Mints(m.appID), 1)
	res, err := get(t.Context())
	require.NoError(t, err)
	require.Equal(t, 502, res.StatusCode, "the queue waits for others")
	require.Panics(t, func() { faceidtest.WithFault(t.Context(), faceidtest.Fault{}) }, "a Fault that no function made would hide the queue")
	res, err = get(t.Context())
	require.NoError(t, err)
	require.Equal(t, 200, res.StatusCode)
}

func TestFaultsOfAPageArePages(t *testing.T) {
	m := ready(t)
	m.sim.FailNext("/api/web/login", faceidtest.FaultCode("66660002", ""))
	m.refused(m.freshLogin(orderNo, m.upload(orderNo)), "66660002")
}

func TestFaultDelayTakesBubbleTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMerchant(t)
		m.sim.FailNext(tokenPath, faceidtest.FaultDelay(time.Minute), faceidtest.FaultSlowBody(1000, time.Hour))

		began := time.Now()
		m.mustMint()
		require.Equal(t, time.Minute, time.Since(began))
		m.mustMint()
		require.Equal(t, time.Minute+time.Hour, time.Since(began))
		require.Equal(t, time.Minute, m.sim.Requests()[0].Duration)
	})
}

func TestFaultsComeOnEveryPath(t *testing.T) {
	m := ready(t)
	for _, path := range []string{willPath, willPage, willResultPath, idCardPath, bankCardPath, certPath, nfcPath} {
		m.sim.FailNext(path, faceidtest.FaultStatus(502, ""))
		require.Equal(t, 502, m.get(path, nil).status, path)
		require.Equal(t, 1, m.sim.Calls(path))
	}
}
