package faceidtest_test

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"math"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

// look opens a page in a browser of that language, without a socket.
func look(t *testing.T, sim *faceidtest.Server, page, language string) (http.Header, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, page, nil)
	require.NoError(t, err)
	if language != "" {
		req.Header.Set("Accept-Language", language)
	}
	res, err := sim.RoundTrip(req)
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, 200, res.StatusCode)
	return res.Header, readAll(t, res.Body)
}

// openPages opens one page of every kind that asks for an ending.
func openPages(t *testing.T, opts ...faceidtest.Option) map[string]string {
	t.Helper()
	m, c := ready(t, opts...), newCaller(t, opts...)
	_, web := c.web()
	pages := map[string]string{}
	for kind, page := range map[string]string{
		"h5":   m.freshLogin(orderNo, m.upload(orderNo)),
		"pc":   m.pageURL(pcPage, "order2", m.uploadFor("pc", "order2")),
		"will": m.willURL("order3", m.uploadWill("order3")),
	} {
		_, pages[kind] = look(t, m.sim, page, "")
	}
	for kind, page := range map[string]string{
		"wechat": c.good("DetectAuth", goodBodies["DetectAuth"]).text("Url"),
		"eid":    c.good("GetEidToken", plus(goodBodies["GetEidToken"], "RedirectUrl", backURL)).text("Url"),
		"intl":   web,
	} {
		_, pages[kind] = look(t, c.sim, page, "")
	}
	return pages
}

// lastPages opens one page of every kind that asks for nothing.
func lastPages(t *testing.T) map[string]string {
	t.Helper()
	m, c := ready(t), newCaller(t)
	open := func(m *merchant, page string) string {
		_, text := look(t, m.sim, page, "")
		return keyOfPage.FindStringSubmatch(text)[1]
	}
	pages := map[string]string{}
	q := without(m.signedLogin(orderNo, m.upload(orderNo), m.nonceTicket()), "resultType")
	_, pages["result"] = m.press(open(m, m.loginURL(q)), "not-same-person")
	_, pages["refused"] = m.press("unknown", "passes")
	_, text := look(t, c.sim, c.good("DetectAuth", goodBodies["DetectAuth"]).text("Url"), "")
	res, err := c.http.PostForm(c.sim.BaseURL()+"/cloud/finish", url.Values{"page": {keyOfPage.FindStringSubmatch(text)[1]}, "ending": {"quits"}})
	require.NoError(t, err)
	defer res.Body.Close()
	pages["left"] = readAll(t, res.Body)
	return pages
}

func TestPagesSpeakTheBrowsersLanguage(t *testing.T) {
	m := newMerchant(t)
	for accept, want := range map[string]string{
		"": "zh-CN", "zh-CN,zh;q=0.9,en;q=0.8": "zh-CN", "zh-TW": "zh-CN", "ZH": "zh-CN", "fr,zh;q=0.2": "zh-CN", "en;q=0.5, zh ; q=0.6": "zh-CN",
		"en": "en", "en-GB,en;q=0.9,zh;q=0.8": "en", "fr-FR,fr": "en", "de,en;q=0.7,zh;q=0.3": "en", "*": "en", "zh;q=0,en": "en", "zh;q=nonsense,en;q=0.1": "en",
	} {
		t.Run(accept, func(t *testing.T) {
			_, page := look(t, m.sim, m.base+"/api/web/login", accept)
			require.Contains(t, page, `<html lang="`+want+`">`)
			require.Regexp(t, `value="`+want+`" autocomplete="off" checked>`, page)
			require.Equal(t, 1, strings.Count(page, " checked>"))
			title := map[string]string{"zh-CN": ">无法继续</title>", "en": ">This page cannot go on</title>"}[want]
			require.Contains(t, page, title)
			// The other language is in the page as well, as no second visit can ask
			// for it.
			require.Contains(t, page, `<span class="zh" lang="zh-CN">请求参数异常</span><span class="en" lang="en">A parameter is missing or not right</span>`)
		})
	}
}

// Every text of a page is there in both languages.
func TestPagesSayEverythingTwice(t *testing.T) {
	pages := openPages(t)
	for kind, page := range lastPages(t) {
		pages[kind] = page
	}
	require.Len(t, pages, 9)
	pair := regexp.MustCompile(`<span class="zh" lang="zh-CN">([^<]*)</span><span class="en" lang="en">([^<]*)</span>`)
	for kind, page := range pages {
		pairs := pair.FindAllStringSubmatch(page, -1)
		require.Equal(t, strings.Count(page, `class="zh"`), len(pairs), kind)
		for _, p := range pairs {
			require.NotEmpty(t, p[1], kind)
			require.NotEmpty(t, p[2], kind)
		}
	}
}

func TestPagesHaveTheMarksForPrograms(t *testing.T) {
	always := []string{`id="lang-zh"`, `id="lang-en"`, `<html lang="zh-CN">`, `name="viewport"`, `<main`}
	for kind, page := range openPages(t) {
		for _, hook := range append(always, `<body data-page="`+kind+`">`, `<form method="post" action="/`, `id="verify"`, `id="consent"`,
			`id="begin"`, `id="camera"`, `<progress id="progress"`, `type="radio" name="ending" value="passes"`, `value="scripted"`, `<button id="finish">`) {
			require.Equal(t, 1, strings.Count(page, hook), "%s: %s", kind, hook)
		}
	}
	last := lastPages(t)
	for kind, mark := range map[string]string{
		"result":  `<main data-result="66660004"`,
		"refused": `<main data-code="3002" data-message="登录态异常，cookie参数缺失"`,
		"left":    `<main data-left="yes">`,
	} {
		for _, hook := range append(always, `<body data-page="`+kind+`">`, mark) {
			require.Equal(t, 1, strings.Count(last[kind], hook), "%s: %s", kind, hook)
		}
		require.NotContains(t, last[kind], "<form")
	}
}

// Without a script, the page still shows the consent, the endings and the
// button, and these are enough.
func TestPagesWorkWithoutAScript(t *testing.T) {
	controls := regexp.MustCompile(`<(input|button)[^>]*>`)
	hidden := regexp.MustCompile(`<(\w+)[^>]* id="(\w+)"[^>]* hidden>`)
	for kind, page := range openPages(t) {
		form := page[strings.Index(page, "<form"):strings.Index(page, "</form>")]
		var others []string
		checked := 0
		for _, control := range controls.FindAllString(form, -1) {
			switch {
			case strings.Contains(control, `type="radio" name="ending"`):
				checked += strings.Count(control, " checked")
			default:
				others = append(others, control)
			}
		}
		require.Equal(t, 1, checked, kind)
		require.Len(t, others, 4, kind)
		require.Contains(t, others[0], `type="hidden" name="page"`)
		require.Equal(t, `<input type="checkbox" id="consent" required autocomplete="off">`, others[1], "no name: it is not sent")
		require.Equal(t, `<button type="button" id="begin" hidden>`, others[2])
		require.Equal(t, `<button id="finish">`, others[3])
		// Only the parts that need the script are hidden until it runs.
		var out []string
		for _, h := range hidden.FindAllStringSubmatch(page, -1) {
			out = append(out, h[2])
		}
		require.Equal(t, []string{"steps", "begin", "camera"}, out, kind)
	}
}

func TestPagesLabelTheirControls(t *testing.T) {
	for kind, page := range openPages(t) {
		require.Equal(t, strings.Count(page, `type="radio" name="ending"`)+1, strings.Count(page, `"><input type="`), kind) // each button stands inside a label
		require.Equal(t, 2, strings.Count(page, "<legend>"), kind)
		for _, id := range []string{"lang-zh", "lang-en", "progress"} {
			require.Regexp(t, `<label [^>]*for="`+id+`"`, page, kind)
		}
		for _, m := range regexp.MustCompile(`aria-labelledby="([^"]*)"`).FindAllStringSubmatch(page, -1) {
			require.Contains(t, page, `id="`+m[1]+`"`, kind)
		}
		require.Equal(t, 1, strings.Count(page, "<h1"), kind)
	}
}

func TestPagesAllowNothingButTheirOwnStyleAndScript(t *testing.T) {
	m := ready(t)
	header, page := look(t, m.sim, m.freshLogin(orderNo, m.upload(orderNo)), "")
	hashed := func(open, shut string) string {
		require.Equal(t, 1, strings.Count(page, open))
		_, rest, _ := strings.Cut(page, open)
		text, _, _ := strings.Cut(rest, shut)
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	require.Equal(t, "default-src 'none'; style-src "+hashed("<style>", "</style>")+"; script-src "+hashed("<script>", "</script>")+"; base-uri 'none'",
		header.Get("Content-Security-Policy"))
	require.Equal(t, "no-referrer", header.Get("Referrer-Policy"))
	require.Equal(t, "nosniff", header.Get("X-Content-Type-Options"))
	require.Equal(t, "no-store", header.Get("Cache-Control"))

	refused, _ := look(t, m.sim, m.base+"/api/web/login", "")
	require.Equal(t, header.Get("Content-Security-Policy"), refused.Get("Content-Security-Policy"))

	// The page has nothing that its policy would block.
	pages := openPages(t)
	for kind, page := range lastPages(t) {
		pages[kind] = strings.Replace(page, `class="back" href="https://`, "", 1)
	}
	for kind, page := range pages {
		require.NotRegexp(t, `<[^>]* (src|style|on\w+)=`, page, kind)
		require.NotRegexp(t, `https?://`, page, kind)
		require.NotRegexp(t, `<(link|img|iframe|object|base)\b`, page, kind)
	}
}

const hostile = `"'></main><script>alert(1)</script>&amp;{{.}}`

// staysText fails unless the hostile words stand on the page as text.
func staysText(t *testing.T, page string) {
	t.Helper()
	require.Equal(t, 1, strings.Count(page, "<script"))
	require.Equal(t, 1, strings.Count(page, "</main>"))
	require.Contains(t, html.UnescapeString(page), hostile)
	require.NotContains(t, page, hostile)
}

func TestPagesKeepHostileWordsAsWords(t *testing.T) {
	m := ready(t)
	_, page := look(t, m.sim, m.willURL(orderNo, m.uploadWill(orderNo, "willContentList", rounds(hostile, "同意"))), "")
	staysText(t, page)

	c := newCaller(t, faceidtest.WithRule(hostile, "plus"))
	_, page = look(t, c.sim, c.good("DetectAuth", obj{"RuleId": hostile}).text("Url"), "")
	staysText(t, page)
	_, page = look(t, c.sim, c.good("DetectAuth", obj{"RuleId": faceidtest.RuleWill, "IntentionVerifyText": hostile}).text("Url"), "")
	staysText(t, page)
	_, page = look(t, c.sim, c.good("DetectAuth", obj{"RuleId": faceidtest.RuleWill, "IntentionQuestions": []any{obj{"Question": hostile, "Answers": []string{"</script>"}}}}).text("Url"), "")
	staysText(t, page)
	_, page = look(t, c.sim, c.good("DetectAuth", obj{"RuleId": faceidtest.RuleWill, "IntentionActions": []any{obj{"Text": hostile}}, "Config": obj{"IntentionType": 1}}).text("Url"), "")
	staysText(t, page)

	m.sim.ScriptDefault(faceidtest.Ending{Code: "66660004", Message: hostile})
	q := without(m.signedLogin("order2", m.upload("order2"), m.nonceTicket()), "resultType")
	_, page = look(t, m.sim, m.loginURL(q), "")
	_, page = m.press(keyOfPage.FindStringSubmatch(page)[1], "scripted")
	require.Contains(t, page, `data-result="66660004"`)
	staysText(t, page)

	m.sim.ScriptDefault(faceidtest.Passes())
	q = with(without(m.signedLogin("order3", m.upload("order3"), m.nonceTicket()), "resultType"), "url", "https://shop.example/?"+hostile)
	_, page = look(t, m.sim, m.loginURL(q), "")
	_, page = m.press(keyOfPage.FindStringSubmatch(page)[1], "passes")
	staysText(t, page)

	m.sim.FailNext(webPage, faceidtest.FaultCode("999999", hostile))
	_, err := m.visit(m.base + webPage)
	var refused *faceidtest.PageError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, hostile, refused.Message, "Visit reads it back")
	m.sim.FailNext(webPage, faceidtest.FaultCode("999999", hostile))
	_, page = look(t, m.sim, m.base+webPage, "")
	staysText(t, page)
}

// The merchant's own query survives the page between the end and the way back.
func TestResultPageKeepsTheMerchantsAddress(t *testing.T) {
	m := ready(t)
	const odd = "https://shop.example/a(b)?q='x'|{y}&z=%27%zz&中=文"
	q := with(without(m.signedLogin(orderNo, m.upload(orderNo), m.nonceTicket()), "resultType"), "url", odd)

	r, err := m.visit(m.loginURL(q))

	require.NoError(t, err)
	require.True(t, strings.HasPrefix(r.URL.RawQuery, "q='x'|{y}&z=%27%zz&中=文&code=0&"), r.URL.RawQuery)
	require.Equal(t, "/a(b)", r.URL.EscapedPath())
}

// offered lists the endings of a page with their codes.
func offered(page string) []string {
	var all []string
	row := regexp.MustCompile(`(?s)name="ending" value="([^"]*)"[^>]*>(.*?)</label>`)
	code := regexp.MustCompile(`<code>([^<]*)</code>`)
	for _, m := range row.FindAllStringSubmatch(page, -1) {
		one := m[1]
		if c := code.FindStringSubmatch(m[2]); c != nil {
			one += " " + c[1]
		}
		all = append(all, one)
	}
	return all
}

func TestPagesOfferTheEndingsOfTheirProduct(t *testing.T) {
	face := []string{"passes 0", "not-same-person 66660004", "identity-mismatch 66660010", "suspected-fake 66660023", "no-face 66660035",
		"quits 3003", "times-out 66660018", "no-camera 3004", "blocked 66660017", "browser-unsupported 3001"}
	join := func(more ...string) []string { return append(append([]string(nil), face...), more...) }
	cloud := []string{"passes 0", "second-try 2016, 0", "not-same-person 2016", "identity-mismatch 2006", "suspected-fake 1002", "quits", "scripted 0"}
	want := map[string][]string{
		"h5": join("risky-device 66660017", "scripted 0"),
		"pc": join("risky-device 66660017", "scripted 0"),
		"will": join("no-real-time 3005", "risky-device 66660017", "wrong-answer 66666006",
			"only-in-wechat 3006", "scripted 0"),
		"wechat": cloud, "eid": cloud, "intl": cloud,
	}
	got := map[string][]string{}
	for kind, page := range openPages(t) {
		got[kind] = offered(page)
	}
	require.Equal(t, want, got)

	c := newCaller(t)
	_, page := look(t, c.sim, c.good("DetectAuth", plus(goodBodies["DetectAuth"], "RuleId", faceidtest.RuleWill, "IntentionQuestions", []any{question})).text("Url"), "")
	require.Contains(t, offered(page), "wrong-answer 0, -301")
	_, once := c.web("Config", obj{"LivenessRetryLimit": 1})
	_, page = look(t, c.sim, once, "")
	require.NotContains(t, strings.Join(offered(page), "\n"), "second-try")
}

func TestPagesShowWhatIsAsked(t *testing.T) {
	m := ready(t)
	_, page := look(t, m.sim, m.willURL(orderNo, m.uploadWill(orderNo, "willContentList", twoRounds)), "")
	for _, text := range []string{"是您本人吗？", "是的|对", "同意吗？"} {
		require.Contains(t, page, `<dd lang="zh-CN">`+text+"</dd>")
	}
	c := newCaller(t)
	for want, body := range map[string]obj{
		"您同意吗？": {"IntentionQuestions": []any{question}},
		"请点头确认": {"IntentionActions": []any{nod}, "Config": obj{"IntentionType": 1}},
		"我同意借款": {"IntentionVerifyText": "我同意借款"},
	} {
		body["RuleId"] = faceidtest.RuleWill
		_, page := look(t, c.sim, c.good("DetectAuth", body).text("Url"), "")
		require.Contains(t, page, `<dd lang="zh-CN">`+want+"</dd>")
	}
}

var preselected = regexp.MustCompile(`name="ending" value="([^"]*)"[^>]* checked>`)

func TestPagesPreselectAScriptedOrder(t *testing.T) {
	m := ready(t)
	chosen := func(order string) string {
		_, page := look(t, m.sim, m.freshLogin(order, m.upload(order)), "")
		require.Contains(t, page, `value="scripted"`)
		return preselected.FindStringSubmatch(page)[1] + " of " + offered(page)[len(offered(page))-1]
	}
	m.sim.Script("order2", faceidtest.SuspectedFake())
	m.sim.Script("order3", faceidtest.NoRealTime()) // this order cannot end like this
	require.Equal(t, "passes of scripted 0", chosen(orderNo))
	require.Equal(t, "scripted of scripted 66660023", chosen("order2"))
	require.Equal(t, "passes of scripted 3005", chosen("order3"))
	m.sim.ScriptDefault(faceidtest.NotSamePerson())
	require.Equal(t, "scripted of scripted 66660004", chosen("order4"))

	_, page := look(t, m.sim, m.freshLogin("order5", m.upload("order5")), "")
	require.NotContains(t, page, " disabled>")
	m.sim.Script("order6", faceidtest.NoRealTime())
	_, page = look(t, m.sim, m.freshLogin("order6", m.upload("order6")), "")
	require.Contains(t, page, `value="scripted" autocomplete="off" disabled>`)
}

func TestPagesPreselectAScriptedFlow(t *testing.T) {
	c := newCaller(t)
	chosen := func(extra string) string {
		_, page := look(t, c.sim, c.good("DetectAuth", plus(goodBodies["DetectAuth"], "Extra", extra)).text("Url"), "")
		return preselected.FindStringSubmatch(page)[1] + " of " + offered(page)[len(offered(page))-1]
	}
	c.sim.ScriptCloud("extra2", faceidtest.CloudTries(1002, 0))
	c.sim.ScriptCloud("extra3", faceidtest.CloudWrongAnswer()) // this flow asks for no intention
	require.Equal(t, "passes of scripted 0", chosen("extra1"))
	require.Equal(t, "scripted of scripted 1002, 0", chosen("extra2"))
	require.Equal(t, "passes of scripted 0, -301", chosen("extra3"))
	a := c.good("DetectAuth", goodBodies["DetectAuth"])
	c.sim.ScriptCloud(a.text("BizToken"), faceidtest.CloudTries(2006))
	_, page := look(t, c.sim, a.text("Url"), "")
	require.Equal(t, "scripted", preselected.FindStringSubmatch(page)[1])
	c.sim.ScriptCloudDefault(faceidtest.CloudQuits())
	require.Equal(t, "scripted of scripted", chosen("extra4"))
}

// A page without a way back has no link that leads nowhere.
func TestPagesHaveNoLinkWithoutAWayBack(t *testing.T) {
	c := newCaller(t)
	_, text := look(t, c.sim, c.good("GetEidToken", goodBodies["GetEidToken"]).text("Url"), "")
	res, err := c.http.PostForm(c.sim.BaseURL()+"/cloud/finish", url.Values{"page": {keyOfPage.FindStringSubmatch(text)[1]}, "ending": {"passes"}})
	require.NoError(t, err)
	defer res.Body.Close()
	page := readAll(t, res.Body)
	require.Contains(t, page, `data-result="0"`)
	require.NotContains(t, page, "<a ")
}

// In both color schemes, text and its background have the contrast that WCAG 2
// wants: 4.5, and 3 for what is no text.
func TestPagesHaveContrast(t *testing.T) {
	b, err := os.ReadFile("pages/style.css")
	require.NoError(t, err)
	light, dark, both := strings.Cut(string(b), "prefers-color-scheme: dark")
	require.True(t, both)
	for scheme, css := range map[string]string{"light": light, "dark": dark} {
		colours := map[string]string{}
		for _, m := range regexp.MustCompile(`--([\w-]+): #([0-9a-f]{6})`).FindAllStringSubmatch(css, -1) {
			colours[m[1]] = m[2]
		}
		for pair, least := range map[[2]string]float64{
			{"fg", "bg"}: 4.5, {"fg", "card"}: 4.5, {"fg", "soft"}: 4.5,
			{"muted", "bg"}: 4.5, {"muted", "card"}: 4.5, {"muted", "soft"}: 4.5,
			{"on-accent", "accent"}: 4.5, {"accent", "card"}: 4.5,
			{"line", "card"}: 3, {"good", "card"}: 3, {"bad", "card"}: 3, {"left", "card"}: 3,
		} {
			require.GreaterOrEqual(t, contrast(t, colours[pair[0]], colours[pair[1]]), least, "%s: %s on %s", scheme, pair[0], pair[1])
		}
	}
}

func contrast(t *testing.T, one, other string) float64 {
	t.Helper()
	a, b := luminance(t, one), luminance(t, other)
	return (math.Max(a, b) + 0.05) / (math.Min(a, b) + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	require.Len(t, colour, 6)
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(colour[2*i:2*i+2], 16, 8)
		require.NoError(t, err)
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
