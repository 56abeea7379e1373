package faceidtest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func (m *merchant) tokenURL() string {
	return m.base + tokenPath + "?" + url.Values{"appId": {m.appID}, "secret": {m.secret}, "grant_type": {"client_credential"}, "version": {"1.0.0"}}.Encode()
}

// overPort makes the merchant use a real port and a new connection each time.
func overPort(m *merchant) *merchant {
	tr := &http.Transport{DisableKeepAlives: true}
	m.t.Cleanup(tr.CloseIdleConnections)
	m.http, m.base = &http.Client{Transport: tr}, m.sim.URL()
	return m
}

func TestFaultsInProcessAndOverAPort(t *testing.T) {
	for where, place := range map[string]func(*merchant) *merchant{"in process": func(m *merchant) *merchant { return m }, "over a port": overPort} {
		for name, c := range map[string]struct {
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
				var op *net.OpError
				if where == "in process" {
					require.ErrorAs(t, err, &op)
					require.Equal(t, "dial", op.Op)
				}
			}},
		} {
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
				require.Len(t, m.sim.Mints(m.appID), c.mints)
				m.mustMint() // the trouble is over
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

func TestAFaultOfOneRequest(t *testing.T) {
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
	require.Panics(t, func() { faceidtest.WithFault(t.Context(), faceidtest.Fault{}) }, "it would hide the queue")
	res, err = get(t.Context())
	require.NoError(t, err)
	require.Equal(t, 200, res.StatusCode)
}

func TestFaultOnAPageIsAPage(t *testing.T) {
	m := ready(t)
	m.sim.FailNext("/api/web/login", faceidtest.FaultCode("66660002", ""))
	m.refused(m.freshLogin(orderNo, m.upload(orderNo)), "66660002")
}

func TestDelaysTakeBubbleTime(t *testing.T) {
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

func TestDeadlinesBite(t *testing.T) {
	for name, c := range map[string]struct {
		fault faceidtest.Fault
		mints int
	}{
		"hang":      {faceidtest.FaultHang(), 0},
		"delay":     {faceidtest.FaultDelay(time.Hour), 1},
		"slow body": {faceidtest.FaultSlowBody(1, time.Second), 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMerchant(t)
				m.sim.FailNext(tokenPath, c.fault)
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.tokenURL(), nil)
				require.NoError(t, err)

				began := time.Now()
				res, err := m.http.Do(req)
				if err == nil {
					_, err = io.ReadAll(res.Body)
				}

				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.Equal(t, 10*time.Second, time.Since(began))
				require.Len(t, m.sim.Mints(m.appID), c.mints)
			}) // the bubble fails if a goroutine stays
		})
	}
}

func TestContextCauseIsReported(t *testing.T) {
	m := newMerchant(t)
	why := errors.New("why")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(why)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.tokenURL(), nil)
	require.NoError(t, err)
	_, err = m.sim.RoundTrip(req)
	require.ErrorIs(t, err, why)
}

// stuck is a body whose end never comes, until it is closed.
type stuck struct{ closed chan struct{} }

func (b stuck) Read([]byte) (int, error) {
	<-b.closed
	return 0, io.ErrClosedPipe
}

func (b stuck) Close() error {
	close(b.closed)
	return nil
}

func TestStuckBodyObeysTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMerchant(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.base+recordPath, stuck{make(chan struct{})})
		require.NoError(t, err)
		_, err = m.sim.RoundTrip(req)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestCloseEndsEverything(t *testing.T) {
	for where, place := range map[string]func(*merchant) *merchant{"in process": func(m *merchant) *merchant { return m }, "over a port": overPort} {
		t.Run(where, func(t *testing.T) {
			m := place(newMerchant(t))
			m.sim.FailNext(tokenPath, faceidtest.FaultHang())
			failed := make(chan error)
			go func() {
				res, err := m.http.Get(m.tokenURL())
				if err == nil {
					res.Body.Close()
				}
				failed <- err
			}()
			for m.sim.Calls(tokenPath) == 0 {
				runtime.Gosched()
			}

			m.sim.Close()
			m.sim.Close()

			require.Error(t, <-failed)
			_, err := m.http.Get(m.tokenURL())
			require.Error(t, err)
			require.NotContains(t, errors.Unwrap(err).Error(), m.secret)
		})
	}
}

func TestServeUsesAGivenListener(t *testing.T) {
	m := newMerchant(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error)
	go func() { served <- m.sim.Serve(l) }()
	m.base = "http://" + l.Addr().String()
	m.http = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	m.login()
	require.Equal(t, m.base, m.sim.BaseURL())
	require.Equal(t, m.base, m.sim.URL())
	require.Equal(t, strings.TrimPrefix(m.base, "http://"), m.post(uploadPath, m.uploadBody(orderNo)).result()["optimalDomain"])
	m.sim.Close()
	require.NoError(t, <-served)
	require.Error(t, m.sim.Serve(l))
	require.Panics(t, func() { faceidtestClosed().URL() })
}

func faceidtestClosed() *faceidtest.Server {
	s := faceidtest.NewServer()
	s.Close()
	return s
}

func TestEveryHostIsThePlatform(t *testing.T) {
	m := ready(t)
	m.base = "https://kyc.qcloud.com"
	require.Equal(t, "kyc.qcloud.com", m.post(uploadPath, m.uploadBody(orderNo)).result()["optimalDomain"])
	require.Equal(t, "https://kyc1.faceid.test", m.sim.BaseURL())
}

func TestServerIsSafeForConcurrentUse(t *testing.T) {
	m := ready(t)
	done := make(chan error)
	for i := range 8 {
		go func() {
			order := "order" + string(rune('a'+i))
			for range 20 {
				m.sim.Script(order, faceidtest.NoFace())
				m.sim.Advance(time.Millisecond)
				_, _ = m.sim.Requests(), m.sim.Mints(m.appID)
			}
			req, err := http.NewRequest(http.MethodGet, m.tokenURL(), nil)
			if err == nil {
				_, err = m.sim.RoundTrip(req)
			}
			done <- err
		}()
	}
	for range 8 {
		require.NoError(t, <-done)
	}
}
