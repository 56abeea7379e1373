package faceidtest_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

// onePort starts a merchant's server that serves the simulator's pages, too.
func onePort(t *testing.T) (*httptest.Server, *caller) {
	t.Helper()
	mux := http.NewServeMux()
	ts := httptest.NewUnstartedServer(mux)
	c := newCaller(t, faceidtest.WithPublicURL("http://"+ts.Listener.Addr().String()))
	mux.Handle("/api/web/", c.sim)
	mux.Handle("/api/pc/", c.sim)
	mux.Handle("/cloud/", c.sim)
	mux.HandleFunc("/back", func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "back with "+r.URL.RawQuery) })
	ts.Start()
	t.Cleanup(ts.Close)
	return ts, c
}

// through acts as a browser on that port: it opens a page, sends its form, and
// follows the redirects.
func through(t *testing.T, ts *httptest.Server, page, finish string) string {
	t.Helper()
	require.True(t, strings.HasPrefix(page, ts.URL+"/"), page)
	res, err := ts.Client().Get(page)
	require.NoError(t, err)
	defer res.Body.Close()
	key := keyOfPage.FindStringSubmatch(readAll(t, res.Body))
	require.NotNil(t, key)
	res, err = ts.Client().PostForm(ts.URL+finish, url.Values{"page": {key[1]}, "ending": {"passes"}})
	require.NoError(t, err)
	defer res.Body.Close()
	return readAll(t, res.Body)
}

func TestWithPublicURLSharesThePortOfTheMerchant(t *testing.T) {
	ts, c := onePort(t)
	require.Equal(t, ts.URL, c.sim.BaseURL())
	require.Equal(t, ts.URL, c.sim.URL())
	m := &merchant{t: t, sim: c.sim, http: c.http, base: ts.URL, appID: c.sim.AppID(), secret: c.sim.Secret()}
	m.login()

	q := with(m.signedLogin(orderNo, m.upload(orderNo), m.nonceTicket()), "url", ts.URL+"/back")
	require.Contains(t, through(t, ts, m.loginURL(q), "/api/web/finish"), "back with code=0&orderNo=order1")

	a := c.good("DetectAuth", plus(goodBodies["DetectAuth"], "RedirectUrl", ts.URL+"/back"))
	require.Equal(t, "back with BizToken="+a.text("BizToken"), through(t, ts, a.text("Url"), "/cloud/finish"))

	// The rest of the platform is not on that port.
	res, err := ts.Client().Get(ts.URL + "/sim/status")
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, http.StatusNotFound, res.StatusCode)
}

func TestWithPublicURLIsTheHostThatUploadsName(t *testing.T) {
	m := newMerchant(t, faceidtest.WithPublicURL("https://pages.example:8443/"))
	require.Equal(t, "https://pages.example:8443", m.sim.BaseURL())
	m.base = "https://kyc1.qcloud.com" // the backend calls another host
	m.login()
	a := m.post(uploadPath, m.uploadBody(orderNo))
	require.Equal(t, "pages.example:8443", a.result()["optimalDomain"])

	m = ready(t)
	require.Equal(t, "kyc1.faceid.test", m.post(uploadPath, m.uploadBody(orderNo)).result()["optimalDomain"])
}

func TestWithPublicURLOutlivesAPort(t *testing.T) {
	sim := faceidtest.Start(t, faceidtest.WithPublicURL("http://pages.example"))
	ts := httptest.NewUnstartedServer(nil)
	go func() { _ = sim.Serve(ts.Listener) }()
	res, err := http.Get("http://" + ts.Listener.Addr().String() + "/sim/status")
	require.NoError(t, err)
	res.Body.Close()
	require.Equal(t, "http://pages.example", sim.BaseURL())
}

func TestWithPublicURLWantsSchemeAndHost(t *testing.T) {
	for name, address := range map[string]string{
		"nothing": "", "no scheme": "127.0.0.1:80", "another scheme": "ftp://pages.example", "no host": "http://:80",
		"a path": "http://pages.example/sim", "a query": "http://pages.example?x=1", "a user": "http://u@pages.example",
		"a fragment": "http://pages.example#x", "no URL": "http://%zz",
	} {
		t.Run(name, func(t *testing.T) {
			require.PanicsWithValue(t, "faceidtest: WithPublicURL: want a scheme and a host, and nothing else",
				func() { faceidtest.WithPublicURL(address) })
		})
	}
}

func TestServeUsesTheGivenListener(t *testing.T) {
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
