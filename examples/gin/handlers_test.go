package main

import (
	"html"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/faceidtest"
)

var products = []faceid.Product{faceid.ProductPlus, faceid.ProductEnhanced, faceid.ProductBasic}

// A person passes, and somebody else does not; the evidence of both is kept.
func TestBackDecidesAndTheEvidenceIsKept(t *testing.T) {
	for _, product := range products {
		t.Run(string(product), func(t *testing.T) {
			t.Parallel()
			b := open(t).browser()
			form := b.get("/").body
			for _, part := range []string{`action="/verify"`, `name="name"`, `name="idNo"`, "<option>" + string(product)} {
				require.Contains(t, form, part)
			}
			require.Contains(t, b.get("/result").body, "No result yet")

			login := b.verify(product)
			page := b.comeBack(b.end(login, "passes"))
			require.Contains(t, page, "<h1>通过 Passed")
			require.Contains(t, page, "Charged: yes")
			require.NotContains(t, page, "/again")
			m := b.done(product, parameter(t, login, "orderNo"))
			require.True(t, m.Outcome.Passed)
			require.Equal(t, []string{"answer.json", "photo", "video"}, files(m))

			login = b.verify(product)
			page = b.comeBack(b.end(login, "not-same-person"))
			require.Contains(t, page, "<h1>未通过 Not passed")
			require.Contains(t, page, html.EscapeString(faceid.CodeNotSamePerson.Gloss()))
			require.NotContains(t, page, "/again")
			require.Equal(t, "/", b.post("/again", nil).location)
			require.False(t, b.reached(evidence.Told, product, parameter(t, login, "orderNo")).Outcome.Passed) // its files are waited for
		})
	}
}

func files(m *evidence.Manifest) (names []string) {
	for _, f := range m.Files {
		names = append(names, f.Name)
	}
	slices.Sort(names)
	return names
}

// What the platform has not signed for this browser's order decides nothing, and uses nothing
// up.
func TestBackRefusesWhatIsNotThisBrowsersCallback(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	callback := b.end(b.verify(faceid.ProductPlus), "passes")
	other := s.browser()
	foreign := other.end(other.verify(faceid.ProductPlus), "passes")
	for name, address := range map[string]string{
		"of another browser": foreign,
		"with another order": change(t, callback, "orderNo", parameter(t, foreign, "orderNo")),
		"with another code":  change(t, callback, "code", "66660004"),
		"signed by nobody":   change(t, callback, "newSignature", ""),
		"signed by anybody":  change(t, callback, "newSignature", "0123456789012345678901234567890123456789"),
		"with two codes":     callback + "&code=0",
		"with nothing":       "/back",
	} {
		w := b.get(address)
		require.Equal(t, http.StatusForbidden, w.status, name)
		require.Contains(t, b.get("/result").body, "No result yet", name)
	}
	require.Equal(t, http.StatusForbidden, s.browser().get(callback).status, "a browser without a session")
	require.Equal(t, http.StatusNotFound, b.send("HEAD", callback, "").status, "a scanner of links")
	require.Zero(t, s.queries())
	require.Contains(t, b.comeBack(callback), "<h1>通过 Passed")
	require.Contains(t, other.comeBack(foreign), "<h1>通过 Passed")
}

// A callback that comes again in its session shows the result again, and asks nobody.
func TestBackOnceMoreShowsTheResult(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	login := b.verify(faceid.ProductPlus)
	callback := b.end(login, "passes")
	require.Contains(t, b.comeBack(callback), "<h1>通过 Passed")
	s.done(faceid.ProductPlus, parameter(t, login, "orderNo"))
	asked := s.queries()
	require.Contains(t, b.comeBack(callback), "<h1>通过 Passed")
	require.Equal(t, asked, s.queries())
	require.Equal(t, http.StatusForbidden, s.browser().get(callback).status)
}

// A process that dies after the callback was used up, and before the end is stored, takes
// no pass away.
func TestBackAfterACrashStoresThePass(t *testing.T) {
	t.Parallel()
	b := open(t).browser()
	login := b.verify(faceid.ProductPlus)
	callback := b.end(login, "passes")
	require.Contains(t, b.comeBack(callback), "<h1>通过 Passed")
	require.True(t, b.server.Del("gin:outcome:"+parameter(t, login, "orderNo")))
	require.Contains(t, b.get("/result").body, "No result yet")
	require.Contains(t, b.comeBack(callback), "<h1>通过 Passed")
	require.Contains(t, b.seen.String(), "Replayed")
}

// The latest tab counts: the callback of an earlier one is of another order, and uses nothing
// up.
func TestBackOfAnEarlierTabIsRefused(t *testing.T) {
	t.Parallel()
	b := open(t).browser()
	first := b.verify(faceid.ProductPlus)
	second := b.verify(faceid.ProductEnhanced)
	require.NotEqual(t, parameter(t, first, "orderNo"), parameter(t, second, "orderNo"))
	require.Equal(t, parameter(t, first, "userId"), parameter(t, second, "userId"), "a session is one person")
	require.Equal(t, http.StatusForbidden, b.get(b.end(first, "passes")).status)
	require.Contains(t, b.comeBack(b.end(second, "passes")), "<h1>通过 Passed")
}

// While Redis is away, the browser is asked to reload, and the reload decides.
func TestBackWithoutRedisIsMadeGoodByAReload(t *testing.T) {
	t.Parallel()
	b := open(t).browser()
	callback := b.end(b.verify(faceid.ProductPlus), "passes")
	b.server.SetError("LOADING Redis is loading the dataset in memory at 10.1.2.3")
	w := b.get(callback)
	require.Equal(t, http.StatusServiceUnavailable, w.status)
	require.Equal(t, http.StatusServiceUnavailable, b.get("/result").status)
	require.Equal(t, http.StatusServiceUnavailable, b.post("/verify", person(faceid.ProductPlus)).status)
	b.server.SetError("")
	require.Contains(t, b.comeBack(callback), "<h1>通过 Passed")
}

// An unsigned code of the front-end chooses words, and nothing else.
func TestBackUnsignedChoosesTheWordsOnly(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser()
	login := b.verify(faceid.ProductPlus)
	unsigned := "/back?code=3004&orderNo=" + parameter(t, login, "orderNo")
	words := html.EscapeString(advice[faceid.RemedyAllowCamera])
	w := b.get(unsigned)
	require.Equal(t, http.StatusForbidden, w.status)
	require.Contains(t, w.body, words)
	require.Contains(t, b.get("/result").body, "/again")
	require.NotContains(t, s.browser().get(unsigned).body, words)
}

// Whoever did not get to the page gets another URL for the same order; whoever was there does
// not.
func TestAgainIsForWhoeverWasNotOnThePage(t *testing.T) {
	t.Parallel()
	b := open(t).browser()
	first := b.verify(faceid.ProductPlus)
	second := b.post("/again", nil)
	require.Equal(t, http.StatusSeeOther, second.status)
	require.NotEqual(t, first, second.location)
	require.Equal(t, parameter(t, first, "orderNo"), parameter(t, second.location, "orderNo"))
	page := b.comeBack(b.end(second.location, "no-camera"))
	require.Contains(t, page, html.EscapeString(advice[faceid.RemedyAllowCamera]))
	require.Equal(t, "/", b.post("/again", nil).location)
	require.Equal(t, "/", b.browser().post("/again", nil).location)
}

// A form that nobody could verify, and one in the address, open no order and give no cookie.
func TestVerifyRefusesWhatIsNotTheForm(t *testing.T) {
	t.Parallel()
	s := open(t, func(c *config) { c.products = []faceid.Product{faceid.ProductEnhanced} })
	b := s.browser()
	require.NotContains(t, b.get("/").body, "<option>plus")
	for name, w := range map[string]response{
		"another product": b.post("/verify", person(faceid.ProductPlus)),
		"no name":         b.post("/verify", map[string][]string{"product": {"enhanced"}, "idNo": {personIDNo}}),
		"in the address":  b.post("/verify?"+person(faceid.ProductEnhanced).Encode(), nil),
		"too long":        b.post("/verify", map[string][]string{"product": {"enhanced"}, "name": {string(make([]byte, 9<<10))}}),
	} {
		require.Equal(t, http.StatusBadRequest, w.status, name)
		require.Empty(t, w.header.Get("Set-Cookie"), name)
	}
	require.Equal(t, http.StatusNotFound, b.get("/verify?"+person(faceid.ProductEnhanced).Encode()).status)
	require.Zero(t, s.platform.Calls("/api/server/getAdvFaceId"))
	require.NotContains(t, s.seen.String(), personIDNo)
}

// Every kind of trouble has its status, and none shows what is inside.
func TestProblemsShowNothingInside(t *testing.T) {
	t.Parallel()
	for code, status := range map[string]int{"66660015": http.StatusBadRequest, "400103": http.StatusInternalServerError} {
		b := open(t).browser()
		b.platform.FailNext("/api/server/getPlusFaceId", faceidtest.FaultCode(code, ""))
		w := b.post("/verify", person(faceid.ProductPlus))
		require.Equal(t, status, w.status, code)
		require.NotContains(t, w.body, code)
		require.Empty(t, w.header.Get("Set-Cookie"))
	}
}
