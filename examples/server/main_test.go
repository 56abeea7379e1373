package main

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

const (
	personName = "李测试" // invented
	personIDNo = "110101199003074477"
	queryPath  = "/api/v2/base/queryfacerecord"
)

// A shop is the server on a port, and the platform it speaks to on another.
type shop struct {
	t        *testing.T
	base     string
	platform *faceidtest.Server
	backend  *backend
	seen     *trail
}

// A trail is everything that must not show a person: log lines, URLs, headers.
type trail struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (tr *trail) Write(p []byte) (int, error) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.text.Write(p)
}

func (tr *trail) String() string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.text.String()
}

// encodings are the guises in which a value could leave.
func encodings(value string) []string {
	raw := []byte(value)
	one, two := sha1.Sum(raw), sha256.Sum256(raw)
	return []string{
		value, url.QueryEscape(value), url.PathEscape(value), strings.Trim(strconv.QuoteToASCII(value), `"`), html.EscapeString(value),
		base64.RawStdEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw),
		hex.EncodeToString(raw), hex.EncodeToString(one[:]), hex.EncodeToString(two[:]),
	}
}

func findPerson(text string) string {
	text = strings.ToLower(text)
	for _, value := range []string{personName, personIDNo} {
		for _, guise := range encodings(value) {
			if strings.Contains(text, strings.ToLower(guise)) {
				return guise
			}
		}
	}
	return ""
}

func testConfig(platform *faceidtest.Server, public string, seen *trail) config {
	return config{
		public: public, licence: "licence", options: platform.Options(),
		log: slog.New(slog.NewTextHandler(seen, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
}

func open(t *testing.T, opts ...faceidtest.Option) *shop {
	t.Helper()
	s := &shop{t: t, platform: faceidtest.Start(t, opts...), seen: &trail{}}
	s.platform.URL()
	server := httptest.NewUnstartedServer(nil)
	s.base = "http://" + server.Listener.Addr().String()
	var err error
	s.backend, err = newBackend(testConfig(s.platform, s.base, s.seen))
	check(t, err)
	server.Config.Handler = s.backend.handler()
	server.Config.ErrorLog = slog.NewLogLogger(s.backend.log.Handler(), slog.LevelWarn)
	server.Start()
	t.Cleanup(func() {
		server.Close()
		_ = s.backend.client.Close(context.Background())
		if guise := findPerson(s.seen.String()); guise != "" {
			t.Errorf("the person left as %q in:\n%s", guise, s.seen)
		}
	})
	return s
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func want[T comparable](t *testing.T, what string, got, expected T) {
	t.Helper()
	if got != expected {
		t.Fatalf("%s: got %v, want %v", what, got, expected)
	}
}

func contains(t *testing.T, text, part string) {
	t.Helper()
	if !strings.Contains(text, part) {
		t.Fatalf("%q is missing in:\n%s", part, text)
	}
}

func lacks(t *testing.T, text, part string) {
	t.Helper()
	if strings.Contains(text, part) {
		t.Fatalf("%q should not be in:\n%s", part, text)
	}
}

// A browser has a cookie jar and follows redirects by hand.
type browser struct {
	*shop
	client *http.Client
	header http.Header // of posts, instead of what a browser would say
}

type response struct {
	status   int
	location string
	body     string
	header   http.Header
}

func (s *shop) browser() *browser {
	jar, err := cookiejar.New(nil)
	check(s.t, err)
	return &browser{shop: s, client: &http.Client{
		Jar: jar, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (b *browser) send(method, address, kind, body string) response {
	b.t.Helper()
	ours := strings.HasPrefix(address, "/")
	if ours {
		address = b.base + address
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, address, strings.NewReader(body))
	check(b.t, err)
	if method == http.MethodPost {
		req.Header.Set("Content-Type", kind)
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		if b.header != nil {
			req.Header.Del("Sec-Fetch-Site")
			for name, values := range b.header {
				req.Header[name] = values
			}
		}
	}
	res, err := b.client.Do(req)
	check(b.t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	check(b.t, err)
	if ours || strings.HasPrefix(address, b.base) {
		want(b.t, "Cache-Control", res.Header.Get("Cache-Control"), "no-store")
		switch policy := res.Header.Get("Referrer-Policy"); {
		case strings.Contains(string(text), "<form"):
			want(b.t, "Referrer-Policy of a form", policy, "same-origin")
		default:
			want(b.t, "Referrer-Policy", policy, "no-referrer")
		}
		contains(b.t, res.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'")
	}
	// What passes through proxies, histories and access logs.
	fmt.Fprintln(b.seen, method, address, res.Header.Values("Location"), res.Header.Values("Set-Cookie"))
	return response{res.StatusCode, res.Header.Get("Location"), string(text), res.Header}
}

func (b *browser) get(address string) response { b.t.Helper(); return b.send("GET", address, "", "") }

func (b *browser) post(address string, form url.Values) response {
	b.t.Helper()
	return b.send("POST", address, "application/x-www-form-urlencoded", form.Encode())
}

func (b *browser) json(address string, in any) (int, map[string]any) {
	b.t.Helper()
	body, err := json.Marshal(in)
	check(b.t, err)
	res := b.send("POST", address, "application/json", string(body))
	var out map[string]any
	if err := json.Unmarshal([]byte(res.body), &out); err != nil {
		b.t.Fatalf("no JSON: %s", res.body)
	}
	return res.status, out
}

func person(product faceid.Product) url.Values {
	return url.Values{"product": {string(product)}, "name": {" " + personName}, "idNo": {personIDNo}}
}

// verify submits the form and returns the login URL.
func (b *browser) verify(product faceid.Product) string {
	b.t.Helper()
	res := b.post("/verify", person(product))
	want(b.t, "status of the form", res.status, http.StatusSeeOther)
	return res.location
}

// end is the person at the simulator's login page; it returns the callback.
func (b *browser) end(loginURL, ending string) string {
	b.t.Helper()
	res := b.get(loginURL)
	found := regexp.MustCompile(`(?s)action="([^"]*)".*name="page" value="([^"]*)"`).FindStringSubmatch(res.body)
	if found == nil {
		b.t.Fatalf("no login page: %s", res.body)
	}
	at, err := url.Parse(loginURL)
	check(b.t, err)
	action, err := at.Parse(html.UnescapeString(found[1]))
	check(b.t, err)
	res = b.post(action.String(), url.Values{"page": {html.UnescapeString(found[2])}, "ending": {ending}})
	back := res.location
	if link := regexp.MustCompile(`class="back" href="([^"]*)"`).FindStringSubmatch(res.body); link != nil {
		back = html.UnescapeString(link[1]) // the result page of the platform
	}
	if !strings.HasPrefix(back, b.base+"/back?") {
		b.t.Fatalf("the way back is %q: %s", back, res.body)
	}
	return back
}

// comeBack takes a callback and reads the result.
func (b *browser) comeBack(callback string) string {
	b.t.Helper()
	res := b.get(callback)
	want(b.t, "status of the callback", res.status, http.StatusSeeOther)
	want(b.t, "way on", res.location, "/result")
	return b.get("/result").body
}

func (s *shop) queries() int { return s.platform.Calls(queryPath) }

var products = []faceid.Product{faceid.ProductPlus, faceid.ProductEnhanced, faceid.ProductBasic}

func TestABrowserVerification(t *testing.T) {
	for _, product := range products {
		t.Run(string(product), func(t *testing.T) {
			b := open(t).browser()
			form := b.get("/").body
			for _, part := range []string{`action="/verify"`, `name="name"`, `name="idNo"`, "<option>" + string(product)} {
				contains(t, form, part)
			}
			contains(t, b.get("/result").body, "No result yet")

			page := b.comeBack(b.end(b.verify(product), "passes"))
			contains(t, page, "<h1>通过 Passed")
			contains(t, page, "Charged: yes")
			lacks(t, page, "/again")

			page = b.comeBack(b.end(b.verify(product), "not-same-person"))
			contains(t, page, "<h1>未通过 Not passed")
			contains(t, page, html.EscapeString(faceid.CodeNotSamePerson.Gloss()))
			explained, _ := faceid.Explain(product, faceid.ChannelServer, faceid.CodeNotSamePerson)
			contains(t, page, explained.Message)
			contains(t, page, "Charged: "+explained.Charged.String())
			lacks(t, page, "/again")
			want(t, "again after the end", b.post("/again", nil).location, "/")
		})
	}
}

// A faceId is for one verification: whoever has been on the page begins anew.
func TestWithoutACameraThePersonBeginsAnew(t *testing.T) {
	b := open(t).browser()
	var orders []string
	for range 2 {
		login := b.verify(faceid.ProductPlus)
		orders = append(orders, parameter(t, login, "orderNo"))
		asked := b.queries()
		page := b.comeBack(b.end(login, "no-camera"))
		want(t, "queries after a front-end code", b.queries(), asked)
		contains(t, page, "<h1>未通过 Not passed")
		contains(t, page, html.EscapeString(advice[faceid.RemedyAllowCamera]))
		contains(t, page, `href="/"`)
		lacks(t, page, `action="/again"`)
		want(t, "again", b.post("/again", nil).location, "/")
	}
	if orders[0] == orders[1] {
		t.Fatal("the second verification has the order number of the first")
	}
	contains(t, b.comeBack(b.end(b.verify(faceid.ProductPlus), "passes")), "<h1>通过 Passed")
}

func TestAFakeIsChargedByProduct(t *testing.T) {
	for product, charged := range map[faceid.Product]string{faceid.ProductPlus: "yes", faceid.ProductEnhanced: "no", faceid.ProductBasic: "no"} {
		b := open(t).browser()
		contains(t, b.comeBack(b.end(b.verify(product), "suspected-fake")), "Charged: "+charged)
	}
}

func TestASessionIsOnePerson(t *testing.T) {
	b := open(t).browser()
	first := parameter(t, b.verify(faceid.ProductPlus), "userId")
	res := b.post("/verify", person(faceid.ProductEnhanced))
	want(t, "cookies of the second", res.header.Get("Set-Cookie"), "")
	want(t, "user", parameter(t, res.location, "userId"), first)
	if parameter(t, b.browser().verify(faceid.ProductPlus), "userId") == first {
		t.Fatal("two sessions are one user")
	}
}

func TestOnlyTheProductsOfTheAppIDAreOffered(t *testing.T) {
	b := open(t).browser()
	b.backend.products = []faceid.Product{faceid.ProductEnhanced}
	lacks(t, b.get("/").body, "<option>plus")
	want(t, "form", b.post("/verify", person(faceid.ProductPlus)).status, http.StatusBadRequest)
	status, _ := b.json("/app/start", map[string]string{"platform": "ios", "product": "plus", "name": personName, "idNo": personIDNo})
	want(t, "App", status, http.StatusBadRequest)
	b.start("ios", "") // the default
	want(t, "product", b.platform.Calls("/api/server/getAdvFaceId"), 1)
}

func TestABrowserThatCannotRecordIsNotSentInAgain(t *testing.T) {
	b := open(t).browser()
	page := b.comeBack(b.end(b.verify(faceid.ProductPlus), "browser-unsupported"))
	contains(t, page, html.EscapeString(advice[faceid.RemedyOtherWay]))
	lacks(t, page, "/again")
	want(t, "again", b.post("/again", nil).location, "/")
}

// The documents have no front-end codes of the PC: the SDK's own words remain.
func TestAFrontEndCodeHasWordsOnAPC(t *testing.T) {
	for ending, code := range map[string]faceid.Code{
		"no-camera": faceid.CodeH5NoCamera, "quits": faceid.CodeH5Interrupted, "browser-unsupported": faceid.CodeH5NoRecording,
	} {
		b := open(t).browser()
		page := b.comeBack(b.end(b.verify(faceid.ProductBasic), ending))
		contains(t, page, "<p>"+html.EscapeString(code.Gloss())+"</p>")
		contains(t, page, html.EscapeString(advice[code.Remedy()]))
	}
}

func TestAPersonWhoIsBlockedHasNoRecord(t *testing.T) {
	b := open(t).browser()
	page := b.comeBack(b.end(b.verify(faceid.ProductPlus), "blocked"))
	contains(t, page, "<h1>未通过 Not passed")
	contains(t, page, html.EscapeString(faceid.CodeAttemptsExceeded.Gloss()))
}

func TestAnApp(t *testing.T) {
	for _, platform := range []string{"android", "ios", "harmony"} {
		for _, product := range products {
			t.Run(platform+" "+string(product), func(t *testing.T) {
				app := open(t).browser()
				for _, test := range []struct {
					ending faceidtest.Ending
					passed bool
					asked  int
				}{
					{faceidtest.Passes(), true, 1},
					{faceidtest.NotSamePerson(), false, 1},
					{faceidtest.Quits(), false, 0},
				} {
					app.platform.ScriptDefault(test.ending)
					asked := app.queries()
					orderNo, params := app.start(platform, product)
					report := app.run(params)
					status, answer := app.json("/app/done", map[string]string{"orderNo": orderNo, "domain": report.Domain, "code": report.Code})
					want(t, "status", status, http.StatusOK)
					want(t, "passed", answer["passed"], any(test.passed))
					if answer["gloss"] == nil {
						t.Fatalf("no gloss: %v", answer)
					}
					want(t, "queries", app.queries()-asked, test.asked)
					if test.asked == 0 {
						continue
					}
					_, again := app.json("/app/done", map[string]string{"orderNo": orderNo})
					want(t, "the same answer again", fmt.Sprint(again), fmt.Sprint(answer))
					want(t, "queries", app.queries()-asked, test.asked)
				}
			})
		}
	}
}

func (b *browser) start(platform string, product faceid.Product) (orderNo string, params map[string]string) {
	b.t.Helper()
	status, answer := b.json("/app/start", map[string]any{"platform": platform, "product": product, "name": personName, "idNo": personIDNo})
	want(b.t, "status of the start", status, http.StatusOK)
	params = map[string]string{}
	for name, value := range answer["params"].(map[string]any) {
		params[name] = value.(string)
	}
	return answer["orderNo"].(string), params
}

func (b *browser) run(params map[string]string) faceidtest.SDKResult {
	b.t.Helper()
	report, err := b.platform.RunSDK(b.t.Context(), params)
	check(b.t, err)
	return report
}

func TestAnAppCannotPassWithoutAComparison(t *testing.T) {
	for _, product := range products {
		t.Run(string(product), func(t *testing.T) {
			app := open(t).browser()
			app.platform.ScriptDefault(faceidtest.Ending{Code: "0", Similarity: "分数为空"}) // as after a launch without the faceId
			orderNo, params := app.start("ios", product)
			want(t, "report", app.run(params).Domain, "")
			_, answer := app.json("/app/done", map[string]string{"orderNo": orderNo, "code": "0"})
			want(t, "passed", answer["passed"], any(false))
			contains(t, fmt.Sprint(answer["gloss"]), "compared with nobody")
		})
	}
}

func TestAnAppCannotEndAnOrderThatIsNotItsOwn(t *testing.T) {
	s := open(t)
	mine, other := s.browser(), s.browser()
	orderNo, params := mine.start("android", faceid.ProductPlus)
	mine.run(params)
	status, answer := other.json("/app/done", map[string]string{"orderNo": orderNo})
	want(t, "another session", status, http.StatusForbidden)
	want(t, "passed", answer["passed"], any(false))
	_, _ = other.start("android", faceid.ProductPlus)
	status, _ = other.json("/app/done", map[string]string{"orderNo": orderNo})
	want(t, "another session with an order", status, http.StatusForbidden)
	want(t, "queries", s.queries(), 0)

	// Who lures somebody to the login page could report the end as an App.
	login := other.verify(faceid.ProductPlus)
	s.browser().end(login, "passes")
	status, _ = other.json("/app/done", map[string]string{"orderNo": parameter(t, login, "orderNo")})
	want(t, "a browser's order", status, http.StatusForbidden)
	want(t, "queries", s.queries(), 0)
}

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

// bubble is the server without a port, where time is synthetic.
func bubble(t *testing.T) (*backend, *faceidtest.Server) {
	platform := faceidtest.Start(t)
	b, err := newBackend(testConfig(platform, "https://shop.example", &trail{}))
	check(t, err)
	t.Cleanup(func() { _ = b.client.Close(context.Background()) })
	return b, platform
}

func (b *backend) serve(cookie *http.Cookie, r *http.Request) *http.Response {
	if cookie != nil {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	b.handler().ServeHTTP(w, r)
	return w.Result()
}

func (b *backend) begins(t *testing.T) (cookie *http.Cookie, login string) {
	t.Helper()
	r := httptest.NewRequest("POST", "/verify", strings.NewReader(person(faceid.ProductPlus).Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res := b.serve(nil, r)
	want(t, "status", res.StatusCode, http.StatusSeeOther)
	want(t, "cookies", len(res.Cookies()), 1)
	return res.Cookies()[0], res.Header.Get("Location")
}

func TestTheCookieIsSafe(t *testing.T) {
	b, _ := bubble(t)
	cookie, login := b.begins(t)
	want(t, "name", cookie.Name, "__Host-session")
	want(t, "path", cookie.Path, "/")
	want(t, "domain", cookie.Domain, "")
	want(t, "SameSite", cookie.SameSite, http.SameSiteLaxMode)
	want(t, "HttpOnly", cookie.HttpOnly, true)
	want(t, "Secure", cookie.Secure, true)
	want(t, "length", len(cookie.Value), 26)
	lacks(t, login, cookie.Value)
	other, _ := b.begins(t)
	if other.Value == cookie.Value {
		t.Fatal("two sessions have one token")
	}
	res := b.serve(cookie, httptest.NewRequest("GET", "/result", nil))
	want(t, "cookies of a later answer", len(res.Cookies()), 0)

	plain := open(t).browser()
	res2 := plain.post("/verify", person(faceid.ProductPlus))
	want(t, "http", res2.header.Get("Set-Cookie") != "" && !strings.Contains(res2.header.Get("Set-Cookie"), "Secure"), true)
}

func TestASessionExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, platform := bubble(t)
		cookie, login := b.begins(t)
		back, err := platform.Visit(t.Context(), login)
		check(t, err)
		time.Sleep(29 * time.Minute)
		want(t, "alive", b.visitorOf(cookie).current().no != "", true) // and lives on from here
		time.Sleep(29 * time.Minute)
		want(t, "alive", b.visitorOf(cookie).current().no != "", true)
		time.Sleep(30 * time.Minute)
		want(t, "alive", b.visitorOf(cookie).current().no != "", false)
		want(t, "callback", b.serve(cookie, back).StatusCode, http.StatusForbidden)

		fresh, login := b.begins(t)
		back, err = platform.Visit(t.Context(), login)
		check(t, err)
		want(t, "callback", b.serve(fresh, back).StatusCode, http.StatusSeeOther)
	})
}

func (b *backend) visitorOf(cookie *http.Cookie) *session {
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(cookie)
	return b.visitor(r)
}

func TestAgainEndsWithTheFaceID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, _ := bubble(t)
		cookie, _ := b.begins(t)
		again := func() string {
			return b.serve(cookie, httptest.NewRequest("POST", "/again", nil)).Header.Get("Location")
		}
		page := func() string {
			text, err := io.ReadAll(b.serve(cookie, httptest.NewRequest("GET", "/result", nil)).Body)
			check(t, err)
			return string(text)
		}
		time.Sleep(5*time.Minute - time.Second)
		contains(t, again(), "/api/web/login?")
		contains(t, page(), "/again")
		time.Sleep(time.Second)
		want(t, "too late", again(), "/")
		lacks(t, page(), "/again")
	})
}

func TestARecordThatLagsIsAwaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, platform := bubble(t)
		cookie, login := b.begins(t)
		back, err := platform.Visit(t.Context(), login)
		check(t, err)
		late := faceidtest.FaultCode("66660011", "")
		platform.FailNext(queryPath, late, late, late, late, late)
		want(t, "much too late", b.serve(cookie, back).StatusCode, http.StatusServiceUnavailable)
		platform.FailNext(queryPath, late, late)
		want(t, "late", b.serve(cookie, back.Clone(t.Context())).StatusCode, http.StatusSeeOther)
		want(t, "passed", b.visitorOf(cookie).current().outcome.Passed, true)
	})
}

func TestOneOfManyCallbacksAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, platform := bubble(t)
		cookie, login := b.begins(t)
		back, err := platform.Visit(t.Context(), login)
		check(t, err)
		platform.FailNext(queryPath, faceidtest.FaultDelay(time.Second))
		var mu sync.Mutex
		count := map[int]int{}
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				status := b.serve(cookie, back.Clone(t.Context())).StatusCode
				mu.Lock()
				defer mu.Unlock()
				count[status]++
			})
		}
		wg.Wait()
		want(t, "answers", fmt.Sprint(count), "map[303:1 409:9]")
		want(t, "queries", platform.Calls(queryPath), 1)
	})
}

func TestASilentPlatformIsNotAwaitedForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, platform := bubble(t)
		platform.FailNext("/api/oauth2/access_token", faceidtest.FaultHang(), faceidtest.FaultHang(), faceidtest.FaultHang(), faceidtest.FaultHang())
		r := httptest.NewRequest("POST", "/verify", strings.NewReader(person(faceid.ProductPlus).Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		began := time.Now()
		want(t, "status", b.serve(nil, r).StatusCode, http.StatusServiceUnavailable)
		want(t, "within the WriteTimeout", time.Since(began) < 30*time.Second, true)
	})
}

func TestTheOutcomeIsKeptIfThePersonLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, platform := bubble(t)
		cookie, login := b.begins(t)
		back, err := platform.Visit(t.Context(), login)
		check(t, err)
		platform.FailNext(queryPath, faceidtest.FaultDelay(time.Second))
		ctx, leave := context.WithTimeout(t.Context(), time.Millisecond)
		defer leave()
		b.serve(cookie, back.WithContext(ctx))
		want(t, "passed", b.visitorOf(cookie).current().outcome.Passed, true)
	})
}

func TestSessionsAreBoundedAndExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newSessions(2, time.Minute)
		add := func(token string, failure error) {
			t.Helper()
			want(t, "full", errors.Is(m.add(token, &session{}), failure), true)
		}
		add("a", nil)
		add("b", nil)
		add("c", errFull)
		time.Sleep(time.Minute - 1)
		_, ok := m.get("b")
		want(t, "alive", ok, true)
		time.Sleep(1)
		_, ok = m.get("a")
		want(t, "alive", ok, false)
		_, ok = m.get("b")
		want(t, "lives on", ok, true)
		add("c", nil)
		add("d", errFull)
		want(t, "kept", len(m.all), 2)
	})
}

func TestFullOfSessionsTurnsAway(t *testing.T) {
	s := open(t)
	s.backend.sessions.most = 1
	b := s.browser()
	b.verify(faceid.ProductPlus)
	res := s.browser().post("/verify", person(faceid.ProductPlus))
	want(t, "status", res.status, http.StatusServiceUnavailable)
	want(t, "cookie", res.header.Get("Set-Cookie"), "")
	status, _ := s.browser().json("/app/start", map[string]string{"platform": "ios", "name": personName, "idNo": personIDNo})
	want(t, "App", status, http.StatusServiceUnavailable)
	want(t, "uploads", s.platform.Calls("/api/server/getPlusFaceId"), 1)
	contains(t, b.comeBack(b.end(b.verify(faceid.ProductPlus), "passes")), "<h1>通过 Passed")
}

// Otherwise a few thousand empty forms would lock everybody out.
func TestOnlyAnOrderTakesASession(t *testing.T) {
	s := open(t)
	b := s.browser()
	refused := func(address, kind, body string, status int) {
		t.Helper()
		res := b.send("POST", address, kind, body)
		want(t, "status", res.status, status)
		want(t, "cookie", res.header.Get("Set-Cookie"), "")
		want(t, "sessions", len(s.backend.sessions.all), 0)
	}
	const form, inJSON = "application/x-www-form-urlencoded", "application/json"
	upload := map[faceid.Product]string{
		faceid.ProductPlus: "getPlusFaceId", faceid.ProductEnhanced: "getAdvFaceId", faceid.ProductBasic: "h5/geth5faceid",
	}
	for _, product := range products {
		refused("/verify", form, "product="+string(product), http.StatusBadRequest)
		s.platform.FailNext("/api/server/"+upload[product], faceidtest.FaultCode("66660015", ""))
		refused("/verify", form, person(product).Encode(), http.StatusBadRequest)
	}
	refused("/app/start", inJSON, `{"platform":"ios"}`, http.StatusBadRequest)
	s.platform.FailNext("/api/server/getPlusFaceId", faceidtest.FaultCode("66660015", ""))
	refused("/app/start", inJSON, `{"platform":"ios","name":"`+personName+`","idNo":"`+personIDNo+`"}`, http.StatusBadRequest)

	_, _ = b.start("ios", faceid.ProductPlus)
	want(t, "sessions after an order", len(s.backend.sessions.all), 1)
	b.verify(faceid.ProductBasic)
	want(t, "sessions after another", len(s.backend.sessions.all), 1)
}

func TestTheLastRoomGoesToOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, platform := bubble(t)
		b.sessions.most = 1
		platform.FailNext("/api/server/getPlusFaceId", faceidtest.FaultDelay(time.Second), faceidtest.FaultDelay(time.Second))
		answers := make(chan string, 2)
		for range 2 { // both see room before they upload
			go func() {
				r := httptest.NewRequest("POST", "/verify", strings.NewReader(person(faceid.ProductPlus).Encode()))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				res := b.serve(nil, r)
				answers <- fmt.Sprint(res.StatusCode, len(res.Cookies()))
			}()
		}
		got := []string{<-answers, <-answers}
		slices.Sort(got)
		want(t, "answers", strings.Join(got, ", "), "303 1, 503 0")
		want(t, "uploads", platform.Calls("/api/server/getPlusFaceId"), 2)
	})
}

func TestThePublicURLIsChecked(t *testing.T) {
	platform := faceidtest.Start(t)
	for _, public := range []string{"", "shop.example", "ftp://shop.example", "https://", "https://shop.example/face", "https://shop.example?x=1", "https://u:p@shop.example"} {
		if _, err := newBackend(testConfig(platform, public, &trail{})); err == nil {
			t.Errorf("%q was accepted", public)
		}
	}
	b, err := newBackend(testConfig(platform, "https://shop.example/", &trail{}))
	check(t, err)
	want(t, "public", b.public, "https://shop.example")
}

func TestFindPersonFinds(t *testing.T) {
	for _, value := range []string{personName, personIDNo} {
		for _, guise := range encodings(value) {
			if findPerson("x="+guise+"&y") == "" {
				t.Errorf("%q is not found", guise)
			}
		}
	}
	if found := findPerson("GET /back?code=0"); found != "" {
		t.Errorf("%q is nobody", found)
	}
}

// lines collects what the command prints.
type lines chan string

func (l lines) Write(p []byte) (int, error) { l <- string(p); return len(p), nil }

func TestTheCommandStartsAndStops(t *testing.T) {
	for name, env := range map[string]map[string]string{
		"simulator": {},
		"real":      {"FACEID_APP_ID": "IDAXXXXX", "FACEID_SECRET": "secret", "FACEID_BASE_URL": "http://127.0.0.1:1", "FACEID_PRODUCT": "enhanced"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("XDG_CACHE_HOME", t.TempDir()) // of the default store
			ctx, stop := context.WithCancel(t.Context())
			out, done := make(lines, 10), make(chan error, 1)
			go func() {
				done <- run(ctx, []string{"-addr", "127.0.0.1:0"}, in(env), out, &trail{})
			}()
			var line string
			select {
			case line = <-out:
			case err := <-done:
				t.Fatal("it did not start:", err)
			}
			contains(t, line, name)
			base := regexp.MustCompile(`http://[0-9.:]+`).FindString(line)
			req, err := http.NewRequestWithContext(ctx, "GET", base, nil)
			check(t, err)
			res, err := http.DefaultClient.Do(req)
			check(t, err)
			text, err := io.ReadAll(res.Body)
			check(t, err)
			check(t, res.Body.Close())
			contains(t, string(text), "<option>enhanced")
			want(t, "plus too", strings.Contains(string(text), "<option>plus"), name == "simulator")

			// A request that is under way when the server is told to stop.
			conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
			check(t, err)
			defer conn.Close()
			fmt.Fprint(conn, "POST /verify HTTP/1.1\r\nHost: shop\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
			answer := make([]byte, len("HTTP/1.1 100 Continue\r\n\r\n")) // the handler reads
			_, err = io.ReadFull(conn, answer)
			check(t, err)
			stop()
			select {
			case err := <-done:
				t.Fatal("it did not wait:", err)
			case <-time.After(100 * time.Millisecond):
			}
			fmt.Fprint(conn, "x=")
			answer = answer[:len("HTTP/1.1 400")]
			_, err = io.ReadFull(conn, answer)
			check(t, err)
			want(t, "answer", string(answer), "HTTP/1.1 400")
			check(t, <-done)
		})
	}
}

// in looks variables up in an environment that has these and no others.
func in(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { value, set := env[name]; return value, set }
}

// started is what run says of these arguments: its first line, or its error.
func started(t *testing.T, args []string, env map[string]string) (string, error) {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir()) // of the default store
	over, stop := context.WithCancel(t.Context())
	stop() // it ends as soon as it runs
	var out, log bytes.Buffer
	err := run(over, args, in(env), &out, &log)
	return out.String(), err
}

const notMounted = "FACEID_APP_ID and FACEID_SECRET are not set"

// Whoever comes may pass there, so nobody gets there because of a secret that
// failed to mount.
func TestTheSimulatorIsForThisMachineOnly(t *testing.T) {
	for _, test := range []struct {
		args    string
		refused string // in the error; "" if it serves
	}{
		{"-addr 127.0.0.1:0", ""},
		{"-addr 127.7.7.7:0", ""},
		{"-addr localhost:0", ""},
		{"-addr 127.0.0.1:0 -public http://localhost:8080", ""},
		{"-addr 127.0.0.1:0 -public https://LocalHost", ""},
		{"-addr 127.0.0.1:0 -public http://127.0.0.1:8080", ""},
		{"-addr 127.0.0.1:0 -public http://[::1]:8080", ""},

		{"-addr 127.0.0.1:0 -public https://shop.example", notMounted}, // behind a proxy
		{"-addr 127.0.0.1:0 -public http://shop.example", notMounted},
		{"-addr 127.0.0.1:0 -public http://shop.example:8080", notMounted},
		{"-addr 127.0.0.1:0 -public http://192.168.1.5", notMounted},
		{"-addr 127.0.0.1:0 -public http://[2001:db8::5]:80", notMounted},
		{"-addr 127.0.0.1:0 -public http://0.0.0.0:8080", notMounted},
		{"-addr 127.0.0.1:0 -public http://[::]:8080", notMounted},
		{"-addr 127.0.0.1:0 -public https://localhost.shop.example", notMounted},
		{"-addr 127.0.0.1:0 -public https://127.0.0.1.nip.example", notMounted},
		{"-addr 127.0.0.1:0 -public https://localhost@shop.example", notMounted},
		{"-addr :0", "-public"},
		{"-addr 0.0.0.0:0", "-public"},
		{"-addr :0 -public https://shop.example", notMounted},
		{"-addr :0 -public http://localhost:8080", notMounted}, // the neighbours reach it by its other address
		{"-addr 0.0.0.0:0 -public http://127.0.0.1:8080", notMounted},

		{"-addr 127.0.0.1:0 -public https://shop.example -simulator", ""},
		{"-addr :0 -public https://shop.example -simulator", ""},
		{"-addr :0 -public https://shop.example -simulator=false", notMounted},
		{"-addr 127.0.0.1:0 -simulator false -public https://shop.example", "all settings are flags"},
		{"-addr 127.0.0.1:0 -public=", "-public is empty"},
		{"-addr= -public https://shop.example -simulator", "-addr is empty"},
	} {
		t.Run(test.args, func(t *testing.T) {
			line, err := started(t, strings.Fields(test.args), nil)
			if test.refused != "" {
				if err == nil {
					t.Fatal("it serves:", line)
				}
				contains(t, err.Error(), test.refused)
				want(t, "printed", line, "")
				return
			}
			check(t, err)
			contains(t, line, "simulator")
		})
	}
}

// The addresses are resolved, and nobody listens there: a test's machine may not
// have them.
func TestWhatListensForOthers(t *testing.T) {
	for address, alone := range map[string]bool{
		"127.0.0.1:80": true, "127.1.2.3:80": true, "[::1]:80": true, "localhost:80": true, "[::ffff:127.0.0.1]:80": true,
		":8080": false, "0.0.0.0:8080": false, "[::]:80": false, "192.168.1.5:80": false, "10.0.0.1:80": false,
		"[fe80::1]:80": false, "[2001:db8::5]:80": false, "128.0.0.1:80": false,
	} {
		listens, err := net.ResolveTCPAddr("tcp", address)
		check(t, err)
		want(t, address, private(listens, "http://127.0.0.1"), alone)
	}
	want(t, "a socket of Unix", private(&net.UnixAddr{Name: "server.sock", Net: "unix"}, "http://127.0.0.1"), false)
}

func TestAHalfConfigurationIsRefusedByName(t *testing.T) {
	const secret = "a-secret-that-nobody-may-see"
	for name, test := range map[string]struct {
		env  map[string]string
		part string
	}{
		"no secret":                  {map[string]string{"FACEID_APP_ID": "IDAXXXXX"}, "FACEID_SECRET is not set, but FACEID_APP_ID is"},
		"no appID":                   {map[string]string{"FACEID_SECRET": secret}, "FACEID_APP_ID is not set, but FACEID_SECRET is"},
		"an empty secret":            {map[string]string{"FACEID_APP_ID": "IDAXXXXX", "FACEID_SECRET": ""}, "FACEID_SECRET is set, but empty"},
		"an empty appID":             {map[string]string{"FACEID_APP_ID": "", "FACEID_SECRET": secret}, "FACEID_APP_ID is set, but empty"},
		"both empty":                 {map[string]string{"FACEID_APP_ID": "", "FACEID_SECRET": ""}, "FACEID_APP_ID is set, but empty"},
		"an empty appID alone":       {map[string]string{"FACEID_APP_ID": ""}, "FACEID_APP_ID is set, but empty"},
		"a secret with a line break": {map[string]string{"FACEID_APP_ID": "IDAXXXXX", "FACEID_SECRET": secret + "\n"}, "FACEID_SECRET has a line break"},
		"a secret of Windows":        {map[string]string{"FACEID_APP_ID": "IDAXXXXX", "FACEID_SECRET": "\ufeff" + secret}, "FACEID_SECRET has"},
		"a secret of a blank":        {map[string]string{"FACEID_APP_ID": "IDAXXXXX", "FACEID_SECRET": " "}, "FACEID_SECRET has"},
		"a blank before the secret":  {map[string]string{"FACEID_APP_ID": "IDAXXXXX", "FACEID_SECRET": " " + secret}, "FACEID_SECRET has"},
		"an appID with a line break": {map[string]string{"FACEID_APP_ID": "IDAXXXXX\r\n", "FACEID_SECRET": secret}, "FACEID_APP_ID has a line break"},
		"only a product":             {map[string]string{"FACEID_PRODUCT": "plus"}, "FACEID_APP_ID is not set, but FACEID_PRODUCT is"},
		"only a base URL":            {map[string]string{"FACEID_BASE_URL": "https://kyc1.qcloud.com"}, "FACEID_APP_ID is not set, but FACEID_BASE_URL is"},
		"only a licence":             {map[string]string{"FACEID_LICENCE": "licence"}, "FACEID_APP_ID is not set, but FACEID_LICENCE is"},
		"an empty product":           {map[string]string{"FACEID_APP_ID": "IDAXXXXX", "FACEID_SECRET": secret, "FACEID_PRODUCT": ""}, "FACEID_PRODUCT is set, but empty"},
		"an empty base URL":          {map[string]string{"FACEID_APP_ID": "IDAXXXXX", "FACEID_SECRET": secret, "FACEID_BASE_URL": ""}, "FACEID_BASE_URL is set, but empty"},
		"no such product":            {map[string]string{"FACEID_APP_ID": "IDAXXXXX", "FACEID_SECRET": secret, "FACEID_PRODUCT": "Plus"}, "FACEID_PRODUCT is none of"},
		"the two exchanged":          {map[string]string{"FACEID_APP_ID": secret, "FACEID_SECRET": "IDAXXXXX"}, "appID"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, args := range []string{"-addr 127.0.0.1:0", "-addr 127.0.0.1:0 -public https://shop.example", "-addr 127.0.0.1:0 -public https://shop.example -simulator"} {
				line, err := started(t, strings.Fields(args), test.env)
				if err == nil {
					t.Fatalf("%s: it serves: %s", args, line)
				}
				if !strings.Contains(args, "-simulator") || !strings.Contains(err.Error(), "which of the two") {
					contains(t, err.Error(), test.part)
				}
				want(t, "the secret is told", strings.Contains(err.Error()+line, secret), false)
			}
		})
	}
	whole := map[string]string{"FACEID_APP_ID": "IDAXXXXX", "FACEID_SECRET": secret}
	line, err := started(t, []string{"-addr", "127.0.0.1:0", "-public", "https://shop.example"}, whole)
	check(t, err)
	contains(t, line, "the real platform")
	_, err = started(t, []string{"-addr", "127.0.0.1:0", "-simulator"}, whole)
	contains(t, fmt.Sprint(err), "which of the two")
}
