package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
)

// The log has a line for each request, and neither the callback nor the cookie nor the
// visitor's address.
func TestLoggedHasNoQuery(t *testing.T) {
	t.Parallel()
	b := open(t).browser()
	login := b.verify(faceid.ProductPlus)
	callback := b.end(login, "passes")
	b.comeBack(callback)
	b.get(change(t, callback, "code", "66660004"))
	b.get("/wp-login.php?name=" + personIDNo)
	b.send("LEAK", "/back", "")
	log := b.seen.String()
	require.Contains(t, log, "method=GET route=/back status=303")
	require.Contains(t, log, "method=GET route=none status=404")
	require.Contains(t, log, "method=other route=none")
	for _, secret := range []string{
		parameter(t, callback, "newSignature"), parameter(t, callback, "faceId"), parameter(t, login, "sign"), parameter(t, login, "nonce"),
		"newSignature=", "session=", "wp-login", "LEAK", "127.0.0.1:",
	} {
		require.NotContains(t, strings.ReplaceAll(log, b.platform.URL(), ""), secret)
	}
}

// After a panic the person sees an apology, and the log has the place and nothing of the
// request or of the value.
func TestRecoveredTellsThePlaceOnly(t *testing.T) {
	t.Parallel()
	s := open(t)
	router := gin.New()
	layout, err := layout.Clone()
	require.NoError(t, err)
	router.SetHTMLTemplate(layout)
	router.Use(s.logged(), s.recovered(), s.guarded())
	router.GET("/back", func(*gin.Context) { panic("the ID number is " + personIDNo) })
	router.GET("/gone", func(*gin.Context) { panic(http.ErrAbortHandler) })
	for path, status := range map[string]int{"/back": http.StatusInternalServerError, "/gone": http.StatusOK} {
		r := httptest.NewRequest("GET", path+"?orderNo=order1&newSignature=ABCDEF", nil)
		r.Header.Set("Cookie", "session=MY-COOKIE")
		w := httptest.NewRecorder()
		router.ServeHTTP(w, r)
		require.Equal(t, status, w.Code)
		if status == http.StatusInternalServerError {
			require.Contains(t, w.Body.String(), apology)
			require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
		}
	}
	log := s.seen.String()
	require.Contains(t, log, "middleware_test.go")
	require.Contains(t, log, "type=string")
	for _, secret := range []string{personIDNo, "MY-COOKIE", "ABCDEF", "order1"} {
		require.NotContains(t, log, secret)
	}
}

// Another site cannot post here with the visitor's cookie, and every answer says what browsers
// may do with it.
func TestGuardedRefusesOtherSites(t *testing.T) {
	t.Parallel()
	s := open(t, func(c *config) { c.public = "https://shop.example" })
	b := s.browser()
	for name, header := range map[string]http.Header{
		"another site":      {"Sec-Fetch-Site": {"cross-site"}},
		"a neighbour":       {"Sec-Fetch-Site": {"same-site"}},
		"an older browser":  {"Sec-Fetch-Site": nil, "Origin": {"https://evil.example"}},
		"a page of no site": {"Sec-Fetch-Site": nil, "Origin": {"null"}},
	} {
		b.header = header
		w := b.post("/verify", person(faceid.ProductPlus))
		require.Equal(t, http.StatusForbidden, w.status, name)
		require.Equal(t, "no-store", w.header.Get("Cache-Control"))
	}
	require.Zero(t, s.platform.Calls("/api/server/getPlusFaceId"))
	b.header = http.Header{"Sec-Fetch-Site": nil, "Origin": {"https://shop.example"}} // the proxy has changed the Host
	require.Equal(t, http.StatusSeeOther, b.post("/verify", person(faceid.ProductPlus)).status)

	b = s.browser()
	w := b.get("/")
	require.Equal(t, "same-origin", w.header.Get("Referrer-Policy"))
	require.Contains(t, w.header.Get("Content-Security-Policy"), "frame-ancestors 'none'")
	require.Equal(t, "no-referrer", b.get("/result").header.Get("Referrer-Policy"))
}

// Nobody escapes the limit by a header that a visitor can send, and behind a trusted proxy
// each visitor has a limit of their own.
func TestLimitGoesByWhomTheProxiesName(t *testing.T) {
	t.Parallel()
	statuses := func(b *browser) (got []int) {
		for _, visitor := range []string{"203.0.113.1", "203.0.113.2", "203.0.113.1"} {
			b.header = http.Header{"X-Forwarded-For": {"198.51.100.9, " + visitor}, "X-Real-Ip": {visitor}}
			got = append(got, b.post("/verify", person(faceid.ProductPlus)).status)
		}
		return got
	}
	one := func(c *config) { c.limit = 1 }
	s := open(t, one)
	require.Equal(t, []int{303, 429, 429}, statuses(s.browser()))
	require.Equal(t, 1, s.platform.Calls("/api/server/getPlusFaceId"))
	require.Equal(t, []int{303, 303, 429}, statuses(open(t, one, func(c *config) { c.proxies = []string{"127.0.0.0/8"} }).browser()))
	require.Equal(t, []int{303, 429, 429}, statuses(open(t, one, func(c *config) { c.proxies = []string{"10.0.0.0/8"} }).browser()))
}
