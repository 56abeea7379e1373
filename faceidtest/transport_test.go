package faceidtest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestRoundTripObeysDeadlines(t *testing.T) {
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
			}) // the bubble fails if a goroutine is left
		})
	}
}

func TestRoundTripReportsTheCauseOfAContext(t *testing.T) {
	m := newMerchant(t)
	why := errors.New("why")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(why)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.tokenURL(), nil)
	require.NoError(t, err)
	_, err = m.sim.RoundTrip(req)
	require.ErrorIs(t, err, why)
}

// stuck is a body that does not end until it is closed.
type stuck struct{ closed chan struct{} }

func (b stuck) Read([]byte) (int, error) {
	<-b.closed
	return 0, io.ErrClosedPipe
}

func (b stuck) Close() error {
	close(b.closed)
	return nil
}

func TestRoundTripLeavesAStuckBody(t *testing.T) {
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

func TestRoundTripAnswersEveryHost(t *testing.T) {
	m := ready(t)
	m.base = "https://kyc.qcloud.com"
	require.Equal(t, "kyc.qcloud.com", m.post(uploadPath, m.uploadBody(orderNo)).result()["optimalDomain"])
	require.Equal(t, "https://kyc1.faceid.test", m.sim.BaseURL())
}

// withHeader makes a change that sets a header.
func withHeader(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header[name] = []string{value} }
}

// oddRequests are changes of a request, and whether net/http sends the result.
var oddRequests = map[string]struct {
	change func(*http.Request)
	sent   bool
}{
	"a line break":          {withHeader("X-TC-Token", "token\n"), false},
	"a carriage return":     {withHeader("Authorization", "Credential=id\r/x"), false},
	"a zero":                {withHeader("X-TC-Token", "to\x00ken"), false},
	"a delete":              {withHeader("X-TC-Token", "token\x7f"), false},
	"a blank":               {withHeader("X-TC-Token", " token "), true},
	"a tab":                 {withHeader("X-TC-Token", "to\tken"), true},
	"a wide letter":         {withHeader("X-TC-Token", "tokenＡ"), true},
	"no UTF-8":              {withHeader("X-TC-Token", "token\xff"), true},
	"a name with a blank":   {withHeader("X TC", "x"), false},
	"a name with a colon":   {withHeader("X:TC", "x"), false},
	"no name":               {withHeader("", "x"), false},
	"a trailer":             {func(r *http.Request) { r.Trailer = http.Header{"X": {"a\nb"}} }, false},
	"no header":             {func(r *http.Request) { r.Header = nil }, false},
	"no URL":                {func(r *http.Request) { r.URL = nil }, false},
	"a method with a blank": {func(r *http.Request) { r.Method = "GE T" }, false},
	"no method":             {func(r *http.Request) { r.Method = "" }, true},
	"another scheme":        {func(r *http.Request) { r.URL.Scheme = "ftp" }, false},
	"no host":               {func(r *http.Request) { r.URL.Host = "" }, false},
	"a line break in a query": {func(r *http.Request) {
		r.URL.RawQuery = "a=b\nc"
	}, false},
	"a line break in a path": {func(r *http.Request) { r.URL = &url.URL{Scheme: "http", Host: "kyc1.example", Opaque: "/a\nb"} }, false},
	"nothing":                {func(*http.Request) {}, true},
}

// A request that net/http would not send reaches no platform here either, and is
// refused with the same error. A request that net/http sends is answered.
func TestRoundTripRefusesWhatNetHTTPWouldNotSend(t *testing.T) {
	sim := faceidtest.Start(t)
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	real := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}}
	defer real.CloseIdleConnections()
	for name, test := range oddRequests {
		t.Run(name, func(t *testing.T) {
			make := func() *http.Request {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://kyc1.example/nowhere", nil)
				require.NoError(t, err)
				test.change(r)
				return r
			}
			before := len(sim.Requests())
			response, err := sim.RoundTrip(make())
			other, wanted := real.RoundTrip(make())
			if test.sent {
				require.NoError(t, wanted)
				require.NoError(t, err)
				other.Body.Close()
				response.Body.Close()
				require.Len(t, sim.Requests(), before+1)
				return
			}
			require.Error(t, wanted)
			require.EqualError(t, err, wanted.Error())
			require.Len(t, sim.Requests(), before)
		})
	}
}
