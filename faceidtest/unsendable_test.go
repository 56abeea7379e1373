package faceidtest_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// What net/http would not send reaches no platform here either, and is refused in
// the same words. What it sends is answered.
func TestTheSimulatorRefusesWhatNetHTTPWouldNotSend(t *testing.T) {
	sim := faceidtest.Start(t)
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	real := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}}
	defer real.CloseIdleConnections()
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header[name] = []string{value} }
	}
	for name, test := range map[string]struct {
		change func(*http.Request)
		sent   bool
	}{
		"a line break":          {header("X-TC-Token", "token\n"), false},
		"a carriage return":     {header("Authorization", "Credential=id\r/x"), false},
		"a zero":                {header("X-TC-Token", "to\x00ken"), false},
		"a delete":              {header("X-TC-Token", "token\x7f"), false},
		"a blank":               {header("X-TC-Token", " token "), true},
		"a tab":                 {header("X-TC-Token", "to\tken"), true},
		"a wide letter":         {header("X-TC-Token", "tokenＡ"), true},
		"no UTF-8":              {header("X-TC-Token", "token\xff"), true},
		"a name with a blank":   {header("X TC", "x"), false},
		"a name with a colon":   {header("X:TC", "x"), false},
		"no name":               {header("", "x"), false},
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
	} {
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
