package main

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

func parameter(t *testing.T, address, name string) string {
	t.Helper()
	u, err := url.Parse(address)
	check(t, err)
	value := u.Query().Get(name)
	if value == "" {
		t.Fatalf("no %s in %s", name, address)
	}
	return value
}

func change(t *testing.T, address, name, value string) string {
	t.Helper()
	u, err := url.Parse(address)
	check(t, err)
	query := u.Query()
	query.Set(name, value)
	u.RawQuery = query.Encode()
	return u.String()
}

func TestATamperedCallbackIsRefused(t *testing.T) {
	for _, product := range products {
		b := open(t).browser()
		signature := "newSignature"
		if product == faceid.ProductBasic {
			signature = "newSign"
		}
		callback := b.end(b.verify(product), "not-same-person")
		another := b.browser()
		otherOrder := parameter(t, another.verify(product), "orderNo")
		wrong := []byte(parameter(t, callback, signature))
		wrong[0] ^= 1
		for what, tampered := range map[string]string{
			"code":      change(t, callback, "code", "0"),
			"orderNo":   change(t, callback, "orderNo", otherOrder),
			"signature": change(t, callback, signature, string(wrong)),
		} {
			for _, who := range []*browser{b, another} {
				res := who.get(tampered)
				want(t, what, res.status, http.StatusForbidden)
				contains(t, who.get("/result").body, "No result yet")
			}
		}
		want(t, "queries", b.queries(), 0)
		contains(t, b.comeBack(callback), "<h1>未通过 Not passed") // the order waited
	}
}

func TestAReplayedCallbackIsRefused(t *testing.T) {
	for ending, asks := range map[string]int{"passes": 1, "not-same-person": 1, "no-camera": 0, "blocked": 1} {
		b := open(t).browser()
		callback := b.end(b.verify(faceid.ProductPlus), ending)
		before := b.comeBack(callback)
		want(t, "queries", b.queries(), asks)
		res := b.get(callback)
		want(t, "status", res.status, http.StatusConflict)
		contains(t, res.body, `href="/result"`)
		want(t, "queries", b.queries(), asks)
		want(t, "result", b.get("/result").body, before)
	}
}

func TestAForeignCallbackIsRefused(t *testing.T) {
	s := open(t)
	mine := s.browser()
	callback := mine.end(mine.verify(faceid.ProductPlus), "passes")
	waiting := s.browser()
	waiting.verify(faceid.ProductPlus)
	for name, other := range map[string]*browser{"no session": s.browser(), "a session that waits": waiting} {
		res := other.get(callback)
		want(t, name, res.status, http.StatusForbidden)
		lacks(t, res.body, parameter(t, callback, "orderNo"))
		lacks(t, res.body, "Passed")
		lacks(t, res.body, html.EscapeString(faceid.CodePassed.Gloss())+"</p>")
		contains(t, other.get("/result").body, "No result yet")
	}
	want(t, "queries", s.queries(), 0)
	// Those tries spent nothing: the owner is served all the same.
	contains(t, mine.comeBack(callback), "<h1>通过 Passed")
}

// Somebody opens an order in the name of another and lures that person to the
// login page. A callback of an earlier end must not fetch the other's pass.
func TestAnotherEndDoesNotFetchAPass(t *testing.T) {
	s := open(t)
	thief := s.browser()
	login := thief.verify(faceid.ProductPlus)
	s.browser().end(login, "passes")
	forged := s.platform.Callback(s.base+"/back", parameter(t, login, "orderNo"), faceid.CodeTimedOut.Number())
	thief.get(forged.URL.String())
	contains(t, thief.get("/result").body, "<h1>未通过 Not passed")
	lacks(t, thief.get("/result").body, "<h1>通过 Passed")
}

func TestAnUnsignedCallbackChoosesTheWordsOnly(t *testing.T) {
	s := open(t, faceidtest.WithUnsignedFrontEnd())
	b := s.browser()
	callback := b.end(b.verify(faceid.ProductPlus), "no-camera")
	words := html.EscapeString(advice[faceid.RemedyAllowCamera])

	res := b.get(callback)
	want(t, "status", res.status, http.StatusForbidden)
	contains(t, res.body, words)
	page := b.get("/result").body // nothing was believed
	contains(t, page, "No result yet")
	contains(t, page, "/again")

	res = s.browser().get(callback)
	want(t, "status", res.status, http.StatusForbidden)
	lacks(t, res.body, words)
	for _, address := range []string{change(t, callback, "code", "0"), "/back?code=3004", "/back"} {
		res = b.browser().get(address)
		want(t, "status", res.status, http.StatusForbidden)
		lacks(t, res.body, words)
	}
	waiting := s.browser()
	waiting.verify(faceid.ProductPlus)
	lacks(t, waiting.get(callback).body, words)
	want(t, "a claim of success", b.get(change(t, callback, "code", "0")).status, http.StatusForbidden)
	want(t, "queries", s.queries(), 0)

	contains(t, b.comeBack(b.end(b.verify(faceid.ProductPlus), "passes")), "<h1>通过 Passed")
	lacks(t, b.get(callback).body, words) // it is over
}

func TestOtherSitesCannotPost(t *testing.T) {
	s := open(t)
	b := s.browser()
	b.comeBack(b.end(b.verify(faceid.ProductPlus), "no-camera")) // /again would work
	uploads := s.platform.Calls("/api/server/getPlusFaceId")
	for name, header := range map[string]http.Header{
		"Origin":         {"Origin": {"https://evil.example"}},
		"null":           {"Origin": {"null"}},
		"Sec-Fetch-Site": {"Sec-Fetch-Site": {"cross-site"}},
		"a subdomain":    {"Sec-Fetch-Site": {"same-site"}, "Origin": {"https://evil.merchant.example"}},
	} {
		b.header = header
		for _, path := range []string{"/verify", "/again", "/app/start", "/app/done"} {
			want(t, name+" "+path, b.post(path, person(faceid.ProductPlus)).status, http.StatusForbidden)
		}
	}
	want(t, "uploads", s.platform.Calls("/api/server/getPlusFaceId"), uploads)

	b.header = http.Header{"Origin": {s.base}} // an older browser, and our own page
	want(t, "our own", b.post("/verify", person(faceid.ProductPlus)).status, http.StatusSeeOther)
	r := httptest.NewRequest("POST", "http://behind.a.proxy/again", nil)
	r.Header.Set("Origin", s.base)
	want(t, "our own behind a proxy", s.backend.serve(nil, r).StatusCode, http.StatusSeeOther)
	for _, path := range []string{"/verify?" + person(faceid.ProductPlus).Encode(), "/again"} {
		res := httptest.NewRecorder()
		s.backend.handler().ServeHTTP(res, httptest.NewRequest("GET", path, nil))
		want(t, "GET "+path, res.Code, http.StatusMethodNotAllowed)
	}
}

func TestBadInput(t *testing.T) {
	s := open(t)
	b := s.browser()
	for name, form := range map[string]url.Values{
		"no name":    {"product": {"plus"}, "idNo": {personIDNo}},
		"no number":  {"product": {"plus"}, "name": {personName}},
		"no product": {"name": {personName}, "idNo": {personIDNo}},
		"will":       {"product": {"will"}, "name": {personName}, "idNo": {personIDNo}},
		"too large":  {"product": {"plus"}, "name": {strings.Repeat(personName, 1000)}, "idNo": {personIDNo}},
	} {
		res := b.post("/verify", form)
		want(t, name, res.status, http.StatusBadRequest)
		contains(t, res.body, "check name and number")
		lacks(t, res.body, personIDNo)
	}
	for name, body := range map[string]string{
		"no JSON":     "name=x",
		"no platform": `{"name":"` + personName + `","idNo":"` + personIDNo + `"}`,
		"will":        `{"platform":"ios","product":"will","name":"x","idNo":"y"}`,
		"no person":   `{"platform":"ios"}`,
		"too large":   `{"platform":"ios","name":"` + strings.Repeat(personName, 1000) + `"}`,
	} {
		res := b.send("POST", "/app/start", "application/json", body)
		want(t, name, res.status, http.StatusBadRequest)
		lacks(t, res.body, personIDNo)
	}
	// From the body only: the URL is no place for a person.
	res := httptest.NewRecorder()
	s.backend.handler().ServeHTTP(res, httptest.NewRequest("POST", "/verify?"+person(faceid.ProductPlus).Encode(), nil))
	want(t, "in the query", res.Code, http.StatusBadRequest)
	want(t, "uploads", s.platform.Calls("/api/server/getPlusFaceId"), 0)
}

func TestTroubleShowsNoInternals(t *testing.T) {
	const upload = "/api/server/getPlusFaceId"
	for name, test := range map[string]struct {
		fault  faceidtest.Fault
		status int
		log    string
	}{
		"an unsupported ID":  {faceidtest.FaultCode("66660005", ""), 400, "66660005"},
		"an account":         {faceidtest.FaultCode("400103", ""), 500, "400103"},
		"a limit":            {faceidtest.FaultCode("400506", ""), 503, "400506"},
		"a bad answer":       {faceidtest.FaultBody("{"), 500, "BadAnswer"},
		"a network":          {faceidtest.FaultDropAfter(), 503, "Network"},
		"a malformed number": {faceidtest.FaultCode("66660015", ""), 400, "66660015"},
	} {
		b := open(t).browser()
		b.platform.FailNext(upload, test.fault)
		res := b.post("/verify", person(faceid.ProductPlus))
		want(t, name, res.status, test.status)
		for _, part := range []string{"faceid:", "code", "family", "order", "seq", "BadAnswer"} {
			lacks(t, res.body, part)
		}
		contains(t, b.seen.String(), test.log)
	}
}

// A query that fails leaves the order waiting: the same callback, reloaded, asks
// again.
func TestAReloadAsksAgainIfTheQueryFailed(t *testing.T) {
	b := open(t).browser()
	callback := b.end(b.verify(faceid.ProductPlus), "passes")
	b.platform.FailNext(queryPath, faceidtest.FaultCode("400103", "")) // is not repeated by the SDK
	want(t, "status", b.get(callback).status, http.StatusInternalServerError)
	contains(t, b.get("/result").body, "No result yet")
	contains(t, b.comeBack(callback), "<h1>通过 Passed")
	want(t, "queries", b.queries(), 2)
}
