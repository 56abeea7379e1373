package faceidtest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestLoginRefusesEachBadParameter(t *testing.T) {
	m := ready(t)
	faceID, other := m.upload(orderNo), m.upload("order2")
	// Each row has a NONCE ticket of its own.
	fresh := func() map[string]string { return m.signedLogin(orderNo, faceID, m.nonceTicket()) }
	resigned := func(q map[string]string) map[string]string {
		return with(q, "sign", sign(q["appId"], q["userId"], q["orderNo"], q["version"], q["faceId"], q["nonce"], m.nonceTicket()))
	}
	for name, c := range map[string]struct {
		q    map[string]string
		code string
	}{
		"no appId":              {without(fresh(), "appId"), "66660000"},
		"no version":            {without(fresh(), "version"), "66660000"},
		"no nonce":              {without(fresh(), "nonce"), "66660000"},
		"no orderNo":            {without(fresh(), "orderNo"), "66660000"},
		"no faceId":             {without(fresh(), "faceId"), "66660000"},
		"no url":                {without(fresh(), "url"), "66660000"},
		"no userId":             {without(fresh(), "userId"), "66660000"},
		"no sign":               {without(fresh(), "sign"), "66660000"},
		"no from":               {without(fresh(), "from"), "66660000"},
		"h5faceId":              {with(without(fresh(), "faceId"), "h5faceId", faceID), "66660000"},
		"an unknown name":       {with(fresh(), "x", "1"), "66660000"},
		"nonce of 33":           {with(fresh(), "nonce", nonce+"1"), "66660000"},
		"url without a host":    {with(fresh(), "url", "/back"), "66660000"},
		"url of a script":       {with(fresh(), "url", "javascript:alert(1)"), "66660000"},
		"url encoded twice":     {with(fresh(), "url", url.QueryEscape(backURL)), "66660000"},
		"other version":         {with(fresh(), "version", "2.0.0"), "400106"},
		"unknown app":           {with(fresh(), "appId", "TIDA9999"), "400101"},
		"another order":         {with(fresh(), "orderNo", "order2"), "400101"},
		"another faceId":        {with(fresh(), "faceId", other), "400101"},
		"another nonce":         {with(fresh(), "nonce", strings.ToUpper(nonce)), "400101"},
		"another user":          {with(fresh(), "userId", "user2"), "400101"},
		"SIGN in its place":     {m.signedLogin(orderNo, faceID, m.ticket), "400101"},
		"NONCE of another user": {m.signedLogin(orderNo, faceID, m.mustTicket(m.token, "NONCE", "user2")), "400101"},
		"faceId not signed":     {with(fresh(), "sign", sign(m.appID, userID, orderNo, "1.0.0", nonce, m.nonceTicket())), "400101"},
		"faceId of another":     {resigned(with(fresh(), "faceId", other)), "66660000"},
		"unknown faceId":        {resigned(with(fresh(), "faceId", "txnothing")), "66660000"},
	} {
		t.Run(name, func(t *testing.T) { m.refused(m.loginURL(c.q), c.code) })
	}
	_, err := m.visit(m.loginURL(with(fresh(), "redirectType", "1", "from", "app")))
	require.NoError(t, err)
}

func TestLoginRefusesTheFaceIDOfAnotherUser(t *testing.T) {
	m := ready(t)
	faceID := m.upload(orderNo)
	ticket := m.mustTicket(m.token, "NONCE", "user2")
	q := with(m.signedLogin(orderNo, faceID, ticket), "userId", "user2",
		"sign", sign(m.appID, "user2", orderNo, "1.0.0", faceID, nonce, ticket))
	m.refused(m.loginURL(q), "66660000")
}

func TestLoginURLWorksOnce(t *testing.T) {
	m := ready(t)
	login := m.freshLogin(orderNo, m.upload(orderNo))

	res, err := m.http.Get(login) // this is a prefetch
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())

	_, err = m.visit(login)
	require.ErrorContains(t, err, "签名不合法")
	m.refused(login, "400101")
}

func TestNonceTicketSignsOneLaunchOnly(t *testing.T) {
	m := ready(t)
	ticket, one, two := m.nonceTicket(), m.upload(orderNo), m.upload("order2")

	_, err := m.visit(m.loginURL(m.signedLogin(orderNo, one, ticket)))
	require.NoError(t, err)

	m.refused(m.loginURL(m.signedLogin("order2", two, ticket)), "400101")
}

func TestLoginRefusesAnOldFaceID(t *testing.T) {
	m := ready(t)
	faceID := m.upload(orderNo)
	m.sim.Advance(5 * time.Minute)
	m.refused(m.freshLogin(orderNo, faceID), "66660018")
}

func TestLoginRefusesAFinishedOrder(t *testing.T) {
	m := ready(t)
	faceID := m.upload(orderNo)
	_, err := m.visit(m.freshLogin(orderNo, faceID))
	require.NoError(t, err)
	m.refused(m.freshLogin(orderNo, faceID), "66660018")
}

// Every verification takes a new faceId. A person who was on the page and has
// left it is refused with the old faceId, unless WithReentry is given.
func TestLoginTakesAFaceIDForOneVisit(t *testing.T) {
	for name, ending := range map[string]faceidtest.Ending{"no camera": faceidtest.NoCamera(), "quits": faceidtest.Quits()} {
		t.Run(name, func(t *testing.T) {
			m := ready(t)
			m.sim.Script(orderNo, ending)
			faceID := m.upload(orderNo)
			_, err := m.visit(m.freshLogin(orderNo, faceID))
			require.NoError(t, err)
			m.sim.Script(orderNo, faceidtest.Passes())

			m.refused(m.freshLogin(orderNo, faceID), "66660018")

			const next = "order2"
			r, err := m.visit(m.freshLogin(next, m.upload(next)))
			require.NoError(t, err, "a new upload is let in")
			require.Equal(t, "0", r.URL.Query().Get("code"))
		})
	}
}

// A page that was opened and not finished leaves the faceId usable.
func TestLoginMayBeOpenedAgainBeforeTheEnd(t *testing.T) {
	m := ready(t)
	faceID := m.upload(orderNo)
	first, second := m.freshLogin(orderNo, faceID), m.freshLogin(orderNo, faceID)
	res, err := m.http.Get(first)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	r, err := m.visit(second)
	require.NoError(t, err)
	require.Equal(t, "0", r.URL.Query().Get("code"))
}

func TestWithReentryLetsAPersonEnterAgain(t *testing.T) {
	m := ready(t, faceidtest.WithReentry())
	m.sim.Script(orderNo, faceidtest.NoCamera())
	faceID := m.upload(orderNo)
	_, err := m.visit(m.freshLogin(orderNo, faceID))
	require.NoError(t, err)
	m.sim.Script(orderNo, faceidtest.Passes())

	r, err := m.visit(m.freshLogin(orderNo, faceID))

	require.NoError(t, err)
	require.Equal(t, "0", r.URL.Query().Get("code"))
	require.Equal(t, "0", m.record(orderNo).code())
}

func TestCallbackIsSignedAndKeepsTheMerchantsQuery(t *testing.T) {
	m := ready(t)

	r := m.complete(orderNo)

	q := r.URL.Query()
	require.Equal(t, http.MethodGet, r.Method)
	require.True(t, strings.HasPrefix(r.URL.String(), backURL+"&code=0&"))
	require.Equal(t, "https://shop.example/a", q.Get("next"))
	require.Equal(t, orderNo, q.Get("orderNo"))
	require.Regexp(t, `^tx`, q.Get("faceId"))
	require.Equal(t, "99", q.Get("liveRate"))
	require.Equal(t, sign(m.appID, orderNo, "0", m.ticket), q.Get("newSignature"))
	require.Equal(t, "shop.example", r.Host)
	require.Equal(t, r.URL.RequestURI(), r.RequestURI)
}

func TestCallbackIsSignedWithTheNewestTicket(t *testing.T) {
	m := ready(t)
	login := m.freshLogin(orderNo, m.upload(orderNo))
	newest := m.mustTicket(m.token, "SIGN", "")

	r, err := m.visit(login)

	require.NoError(t, err)
	require.Equal(t, sign(m.appID, orderNo, "0", newest), r.URL.Query().Get("newSignature"))
}

func TestCallbackIsUnsignedWithoutATicket(t *testing.T) {
	m := ready(t)
	page := readPage(t, m, m.freshLogin(orderNo, m.upload(orderNo)))
	m.sim.RevokeTokens(m.appID)

	back := m.finish(page, "passes")

	require.Equal(t, "0", back.Query().Get("code"))
	require.False(t, back.Query().Has("newSignature"))
}

func TestWithUnsignedFrontEndSignsNoFrontEndCode(t *testing.T) {
	m := ready(t, faceidtest.WithUnsignedFrontEnd())
	m.sim.Script(orderNo, faceidtest.Quits())
	require.False(t, m.complete(orderNo).URL.Query().Has("newSignature"))
	require.True(t, m.complete("order2").URL.Query().Has("newSignature"))
}

// The documents do not say where the parameters go if the url has a fragment.
// Appended to its text they are lost to every server.
func TestWithFragmentAfterQueryLetsAServerSeeTheCallback(t *testing.T) {
	for back, want := range map[string][2]string{ // by default, and with the option
		"https://shop.example/#/back":      {"https://shop.example/#/back?code=0&", "https://shop.example/?code=0&"},
		"https://shop.example/?a=1#/back":  {"https://shop.example/?a=1#/back&code=0&", "https://shop.example/?a=1&code=0&"},
		"https://shop.example/a#/back?b=2": {"https://shop.example/a#/back?b=2&code=0&", "https://shop.example/a?code=0&"},
	} {
		for i, opts := range [][]faceidtest.Option{nil, {faceidtest.WithFragmentAfterQuery()}} {
			m := ready(t, opts...)
			r, err := m.visit(m.loginURL(with(m.signedLogin(orderNo, m.upload(orderNo), m.nonceTicket()), "url", back)))
			require.NoError(t, err)
			require.True(t, strings.HasPrefix(r.URL.String(), want[i]), r.URL.String())
			require.Equal(t, i == 1, r.URL.Query().Has("newSignature"), r.RequestURI)
			require.Equal(t, i == 1, strings.Contains(r.RequestURI, "newSignature="), "a request has no fragment")
			if i == 1 {
				_, fragment, _ := strings.Cut(back, "#")
				require.True(t, strings.HasSuffix(r.URL.String(), "#"+fragment), r.URL.String())
			}
			require.Equal(t, i == 1, m.sim.Callback(back, orderNo, "0").URL.Query().Has("newSignature"))
		}
	}
}

func TestPageLetsAPersonChoose(t *testing.T) {
	m := ready(t)
	page := readPage(t, m, m.freshLogin(orderNo, m.upload(orderNo)))
	require.Contains(t, page, `<html lang="zh-CN">`)
	require.Contains(t, page, `name="viewport"`)
	for _, name := range []string{"passes", "not-same-person", "identity-mismatch", "suspected-fake", "no-face", "quits", "times-out", "no-camera", "blocked", "browser-unsupported"} {
		require.Contains(t, page, `value="`+name+`"`)
	}

	back := m.finish(page, "suspected-fake")

	require.Equal(t, "66660023", back.Query().Get("code"))
	a := m.record(orderNo)
	require.Equal(t, "66660023", a.code())
	require.Equal(t, map[string]any{"LivenessInfoTag": "03"}, a.result()["riskInfo"])
}

func TestPageIsFinishedOnce(t *testing.T) {
	m := ready(t)
	page := readPage(t, m, m.freshLogin(orderNo, m.upload(orderNo)))
	key := keyOfPage.FindStringSubmatch(page)[1]
	_, body := m.press(key, "flies")
	require.Contains(t, body, `data-code="300101"`)
	m.finish(page, "passes")
	_, body = m.press(key, "passes")
	require.Contains(t, body, `data-code="3002"`)
	_, body = m.press("unknown", "passes")
	require.Contains(t, body, `data-code="3002"`)
}

func TestPageCannotEndALaterEntry(t *testing.T) {
	m := ready(t)
	faceID := m.upload(orderNo)
	first := readPage(t, m, m.freshLogin(orderNo, faceID))
	m.finish(first, "quits")
	readPage(t, m, m.freshLogin(orderNo, faceID))

	_, body := m.press(keyOfPage.FindStringSubmatch(first)[1], "passes")

	require.Contains(t, body, `data-code="3002"`)
	require.Equal(t, "66660011", m.record(orderNo).code())
}

func TestResultPageStandsBetweenUnlessAskedOtherwise(t *testing.T) {
	m := ready(t)
	q := without(m.signedLogin(orderNo, m.upload(orderNo), m.nonceTicket()), "resultType")
	key := keyOfPage.FindStringSubmatch(readPage(t, m, m.loginURL(q)))[1]
	res, body := m.press(key, "passes")
	require.Equal(t, 200, res.StatusCode)
	require.Contains(t, body, `href="https://shop.example/back?cart=7&amp;`)

	q = without(m.signedLogin("order2", m.upload("order2"), m.nonceTicket()), "resultType")
	r, err := m.visit(m.loginURL(q)) // the person follows the link
	require.NoError(t, err)
	require.Equal(t, "order2", r.URL.Query().Get("orderNo"))
}
