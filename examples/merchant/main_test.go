package main

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"html"
	"image/png"
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

	"github.com/faceid-go/faceid/faceidtest"
)

const (
	personName = "李测试" // invented
	personIDNo = "110101199003074477"
)

// A site is the shop on a port, with the simulator's pages beside it.
type site struct {
	t    *testing.T
	base string
	sim  *faceidtest.Server
	shop *shop
	seen *trail
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

// findPerson looks for the person in every guise in which they could leave.
func findPerson(text string) string {
	text = strings.ToLower(text)
	for _, value := range []string{personName, personIDNo} {
		raw := []byte(value)
		one, two := sha1.Sum(raw), sha256.Sum256(raw)
		for _, guise := range []string{
			value, url.QueryEscape(value), strings.Trim(strconv.QuoteToASCII(value), `"`), html.EscapeString(value),
			base64.RawStdEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw),
			hex.EncodeToString(raw), hex.EncodeToString(one[:]), hex.EncodeToString(two[:]),
		} {
			if strings.Contains(text, strings.ToLower(guise)) {
				return guise
			}
		}
	}
	return ""
}

func open(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, seen: &trail{}}
	server := httptest.NewUnstartedServer(nil)
	s.base = "http://" + server.Listener.Addr().String()
	cfg := config{public: s.base, log: slog.New(slog.NewTextHandler(s.seen, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	cfg.simulate()
	s.sim = cfg.sim
	var err error
	s.shop, err = newShop(cfg)
	check(t, err)
	server.Config.Handler = s.shop.handler()
	server.Config.ErrorLog = slog.NewLogLogger(cfg.log.Handler(), slog.LevelWarn)
	server.Start()
	t.Cleanup(func() {
		server.Close()
		check(t, s.shop.client().Close(context.Background()))
		s.sim.Close()
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

// A browser has a cookie jar, follows redirects by hand, and remembers the CSRF
// token of the page it saw last.
type browser struct {
	*site
	client *http.Client
	header http.Header // of all requests
	csrf   string
}

type response struct {
	status   int
	location string
	body     string
	header   http.Header
}

// outcome is what the page says of itself.
func (r response) outcome() string {
	if m := regexp.MustCompile(`<main [^>]*data-outcome="([^"]*)"`).FindStringSubmatch(r.body); m != nil {
		return m[1]
	}
	return ""
}

func (s *site) browser() *browser {
	jar, err := cookiejar.New(nil)
	check(s.t, err)
	return &browser{site: s, header: http.Header{}, client: &http.Client{
		Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

var csrfField = regexp.MustCompile(`name="csrf" value="([^"]*)"`)

func (b *browser) send(method, address string, form url.Values) response {
	b.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = b.base + address
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, address, strings.NewReader(form.Encode()))
	check(b.t, err)
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for name, values := range b.header {
		req.Header[name] = values
	}
	res, err := b.client.Do(req)
	check(b.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	check(b.t, err)
	if m := csrfField.FindSubmatch(body); m != nil {
		b.csrf = string(m[1])
	}
	// What passes through proxies, histories and access logs.
	fmt.Fprintln(b.seen, method, address, res.Header.Values("Location"), res.Header.Values("Set-Cookie"))
	return response{res.StatusCode, res.Header.Get("Location"), string(body), res.Header}
}

func (b *browser) get(address string) response { b.t.Helper(); return b.send("GET", address, nil) }

// post sends a form with the CSRF token of the last page.
func (b *browser) post(address string, pairs ...string) response {
	b.t.Helper()
	form := url.Values{"csrf": {b.csrf}}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return b.send("POST", address, form)
}

// start opens an order and returns where the browser is sent.
func (b *browser) start(product string) string {
	b.t.Helper()
	b.get("/start/" + product)
	res := b.post("/start/"+product, "name", " "+personName, "idNo", personIDNo)
	want(b.t, "status", res.status, http.StatusSeeOther)
	return res.location
}

var (
	formTag     = regexp.MustCompile(`(?s)<form\b([^>]*)>(.*?)</form>`)
	hiddenTag   = regexp.MustCompile(`<input\b[^>]*>`)
	attribute   = regexp.MustCompile(`\b([a-z-]+)="([^"]*)"`)
	backLink    = regexp.MustCompile(`<a\b[^>]*class="[^"]*\bback\b[^"]*"[^>]*>`)
	endingField = regexp.MustCompile(`name="ending"`)
)

func attributes(tag string) map[string]string {
	all := map[string]string{}
	for _, m := range attribute.FindAllStringSubmatch(tag, -1) {
		all[m[1]] = html.UnescapeString(m[2])
	}
	return all
}

// walk is a person on the simulator's pages: goes through whatever they ask,
// chooses that ending where it can be chosen, and stops where the browser is sent
// back to the site.
func (b *browser) walk(address, ending string) (back string) {
	b.t.Helper()
	res := b.get(address)
	for range 8 {
		switch {
		case res.location != "" && strings.HasPrefix(res.location, b.base+"/back/"):
			return res.location
		case res.location != "":
			res = b.get(res.location)
			continue
		}
		if m := backLink.FindString(res.body); m != "" {
			return attributes(m)["href"]
		}
		forms := formTag.FindAllStringSubmatch(res.body, -1)
		if len(forms) == 0 {
			b.t.Fatalf("a page without a way on: %s", res.body)
		}
		form, chosen := forms[0], url.Values{}
		for _, f := range forms {
			if endingField.MatchString(f[2]) {
				form = f
				contains(b.t, f[2], `value="`+ending+`"`)
				chosen.Set("ending", ending)
			}
		}
		for _, tag := range hiddenTag.FindAllString(form[2], -1) {
			if a := attributes(tag); a["type"] == "hidden" {
				chosen.Set(a["name"], a["value"])
			}
		}
		res = b.send("POST", attributes(form[1])["action"], chosen)
	}
	b.t.Fatalf("the pages do not end: %s", res.body)
	return ""
}

// finish comes back to the site, and returns the page of the order.
func (b *browser) finish(back string) response {
	b.t.Helper()
	res := b.get(back)
	want(b.t, "status of the way back: "+res.body, res.status, http.StatusSeeOther)
	page := b.get(res.location)
	want(b.t, "status of the order", page.status, http.StatusOK)
	return page
}

func (b *browser) verify(product, ending string) response {
	b.t.Helper()
	return b.finish(b.walk(b.start(product), ending))
}

func TestEveryPageProductPasses(t *testing.T) {
	for product, signed := range map[string]string{
		"plus": "NONCE ticket", "enhanced": "NONCE ticket", "pc": "NONCE ticket", "will": "NONCE ticket",
		"wechat": "TC3-HMAC-SHA256", "intl": "TC3-HMAC-SHA256",
	} {
		t.Run(product, func(t *testing.T) {
			b := open(t).browser()

			page := b.verify(product, "passes")

			want(t, "outcome", page.outcome(), "passed")
			contains(t, page.body, `id="similarity"`)
			contains(t, page.body, `id="photo"`)
			contains(t, page.body, signed)
			photo := b.get("/orders/1/photo")
			want(t, "kind of the photo", photo.header.Get("Content-Type"), "image/jpeg")
			want(t, "Cache-Control of the photo", photo.header.Get("Cache-Control"), "no-store")
			steps := page.body[strings.Index(page.body, `id="steps"`):]
			contains(t, steps, "••••")
			want(t, "a person in the steps", findPerson(steps), "")
			lacks(t, page.body, b.sim.Secret())
			contains(t, b.get("/orders").body, `data-state="passed"`)
		})
	}
}

func TestEndingsOfAFace(t *testing.T) {
	for ending, expected := range map[string]struct{ outcome, charged, part string }{
		"not-same-person": {"refused", "yes", "31.5"},
		"suspected-fake":  {"refused", "yes", "a screen or picture was filmed"},
		"quits":           {"none", "unknown", "Please begin anew"},
		"times-out":       {"none", "no", `id="code"`},
		"no-camera":       {"none", "unknown", "Please allow the camera"},
	} {
		t.Run(ending, func(t *testing.T) {
			b := open(t).browser()

			page := b.verify("plus", ending)

			want(t, "outcome", page.outcome(), expected.outcome)
			contains(t, page.body, `data-charged="`+expected.charged+`"`)
			contains(t, page.body, expected.part)
			lacks(t, page.body, `id="photo"`)
			want(t, "photo", b.get("/orders/1/photo").status, http.StatusNotFound)
		})
	}
}

// A faceId is for one verification: whoever has been on the page begins anew.
func TestWhoQuitBeginsAnew(t *testing.T) {
	b := open(t).browser()
	lacks(t, b.verify("plus", "quits").body, `id="again"`)

	want(t, "leads to", b.post("/orders/1/again").location, "/start/plus")

	want(t, "outcome", b.verify("plus", "passes").outcome(), "passed")
	want(t, "the first order", b.get("/orders/1").outcome(), "none")
}

func TestWillHearsTheAnswer(t *testing.T) {
	b := open(t).browser()
	contains(t, b.verify("will", "passes").body, "我自愿")
	want(t, "outcome", b.verify("will", "wrong-answer").outcome(), "refused")
}

func TestPhoneProducts(t *testing.T) {
	for _, c := range []struct{ product, ending, outcome, part string }{
		{"ocr", "card", "passed", personIDNo},
		{"ocr", "warned", "passed", "10010100"},
		{"ocr", "wrong-side", "refused", "66661006"},
		{"ocr", "leaves", "none", `id="code"><code>200101<`},
		{"nfc", "document", "passed", personName},
		{"nfc", "others", "refused", "the result is of another person"},
		{"nfc", "slow", "none", `id="code"><code>600103<`},
	} {
		t.Run(c.product+" "+c.ending, func(t *testing.T) {
			b := open(t).browser()
			phone := b.get(b.start(c.product))
			contains(t, phone.body, `name="ending" value="`+c.ending+`"`)

			res := b.post("/orders/1/phone", "ending", c.ending)

			page := b.get(res.location)
			want(t, "outcome", page.outcome(), c.outcome)
			contains(t, page.body, c.part)
			if c.outcome == "refused" {
				lacks(t, page.body, "11010519491231002X")
			} // somebody else's
			who := b.shop.visitor(b.request())
			o, _ := who.order(1)
			want(t, "the person kept after the end", o.person.Name+o.person.IDNo, "")
		})
	}
}

// request is one that carries the browser's cookies.
func (b *browser) request() *http.Request {
	r := httptest.NewRequest(http.MethodGet, b.base+"/", nil)
	for _, c := range b.client.Jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
	return r
}

func TestEidIsShownAsAQRCodeAndFollowsAPhone(t *testing.T) {
	s := open(t)
	b, phone := s.browser(), s.browser()
	page := b.get(b.start("eid"))
	want(t, "outcome", page.outcome(), "waiting")
	contains(t, page.body, `id="qr"`)
	picture := b.get("/orders/1/qr.png")
	_, err := png.Decode(strings.NewReader(picture.body))
	check(t, err)
	want(t, "state", b.get("/orders/1/state").body, `{"over":false}`)
	address := b.post("/orders/1/open").location

	back := phone.walk(address, "passes") // the phone scans, and comes back without the session
	other := phone.get(back)

	want(t, "outcome on the phone", other.outcome(), "foreign")
	want(t, "state", b.get("/orders/1/state").body, `{"over":true}`)
	b.get("/orders/1")
	b.post("/orders/1/check")
	want(t, "outcome", b.get("/orders/1").outcome(), "passed")
	want(t, "a code that is used up", b.get("/orders/1/qr.png").status, http.StatusNotFound)
}

func TestEidOnThisDevice(t *testing.T) {
	b := open(t).browser()
	b.get(b.start("eid"))
	want(t, "outcome", b.finish(b.walk(b.post("/orders/1/open").location, "not-same-person")).outcome(), "refused")
}

func TestWhoLeavesTheCloudPageIsAskedAboutLater(t *testing.T) {
	b := open(t).browser()
	b.start("wechat")
	want(t, "outcome", b.get("/orders/1").outcome(), "waiting")
	b.post("/orders/1/check")
	want(t, "outcome", b.get("/orders/1").outcome(), "error")
}

func TestTamperedCallbackIsRefused(t *testing.T) {
	for product, ending := range map[string]string{"plus": "not-same-person", "pc": "passes", "will": "passes", "wechat": "passes", "intl": "passes"} {
		t.Run(product, func(t *testing.T) {
			b := open(t).browser()
			before := b.verify(product, ending).outcome()

			res := b.post("/orders/1/tamper")
			page := b.get(res.location)

			want(t, "outcome", page.outcome(), "tampered")
			want(t, "status", page.status, http.StatusForbidden)
			want(t, "Referrer-Policy", page.header.Get("Referrer-Policy"), "no-referrer")
			want(t, "the order afterwards", b.get("/orders/1").outcome(), before)
		})
	}
}

// The cheat is first: nothing was handled yet that could hide it.
func TestTamperedCallbackDoesNotPassAnOpenOrder(t *testing.T) {
	b := open(t).browser()
	back := b.walk(b.start("plus"), "not-same-person")

	page := b.get(strings.Replace(back, "code=66660004", "code=0", 1))

	want(t, "outcome", page.outcome(), "tampered")
	want(t, "the order", b.get("/orders/1").outcome(), "waiting")
	b.post("/orders/1/check")
	want(t, "the order, asked about without a callback", b.get("/orders/1").outcome(), "waiting")
	want(t, "outcome", b.finish(back).outcome(), "refused")
}

func TestUnsignedCallbackIsRefused(t *testing.T) {
	b := open(t).browser()
	back := b.walk(b.start("plus"), "passes")

	page := b.get(regexp.MustCompile(`&newSignature=[^&]*`).ReplaceAllString(back, ""))

	want(t, "outcome", page.outcome(), "tampered")
	contains(t, page.body, "no signature")
	want(t, "the order", b.get("/orders/1").outcome(), "waiting")
}

// Two tabs, or an impatient person: entering again must not cost the result.
func TestAGenuineCallbackIsNotForgottenWhileThePlatformIsDown(t *testing.T) {
	b := open(t).browser()
	b.get("/what-if")
	b.post("/what-if/fault", "product", "plus", "fault", "down")
	page := b.verify("plus", "passes")
	want(t, "outcome", page.outcome(), "error")
	lacks(t, page.body, `id="again"`)

	want(t, "leads to", b.post("/orders/1/again").location, "/start/plus")

	for range 3 {
		b.post("/orders/1/check")
	}
	want(t, "outcome", b.get("/orders/1").outcome(), "passed")
}

// Else the page would ask every two seconds, for as long as it is open.
func TestAQRCodeThatDiedIsNotAskedAboutForEver(t *testing.T) {
	b := open(t).browser()
	contains(t, b.get(b.start("eid")).body, "data-wait")
	b.sim.Advance(time.Hour)
	want(t, "state", b.get("/orders/1/state").body, `{"over":true}`)
	b.get("/orders/1")

	b.post("/orders/1/check")

	page := b.get("/orders/1")
	want(t, "outcome", page.outcome(), "error")
	lacks(t, page.body, "data-wait")
	contains(t, page.body, `id="check"`)
}

func TestConnectReturnsTheClientThatItReplaces(t *testing.T) {
	b := open(t).browser()
	first := b.shop.client()
	old, err := b.shop.connect()
	check(t, err)
	want(t, "replaced", old, first)
	check(t, old.Close(t.Context()))
}

func TestReplayIsRefused(t *testing.T) {
	b := open(t).browser()
	b.verify("plus", "passes")
	asked := b.sim.Calls("/api/v2/base/queryfacerecord")

	page := b.get(b.post("/orders/1/replay").location)

	want(t, "outcome", page.outcome(), "replayed")
	want(t, "status", page.status, http.StatusConflict)
	want(t, "questions", b.sim.Calls("/api/v2/base/queryfacerecord"), asked)
}

func TestOneOfManyReturnsAsks(t *testing.T) {
	b := open(t).browser()
	back := b.walk(b.start("plus"), "passes")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, back, nil)
			if res, err := b.client.Do(req); err == nil {
				_ = res.Body.Close()
			}
		})
	}
	all.Wait()

	want(t, "questions", b.sim.Calls("/api/v2/base/queryfacerecord"), 2) // the decision, and the photo
	want(t, "outcome", b.get("/orders/1").outcome(), "passed")
}

func TestAnotherSessionSeesNothing(t *testing.T) {
	s := open(t)
	b, stranger := s.browser(), s.browser()
	b.verify("plus", "passes")
	back := b.walk(b.start("plus"), "passes")
	stranger.get("/")

	for _, path := range []string{"/orders/1", "/orders/1/photo", "/orders/1/state", "/orders/1/qr.png"} {
		want(t, path, stranger.get(path).status, http.StatusNotFound)
	}
	stranger.get("/")
	for _, deed := range []string{"check", "again", "tamper", "replay", "open", "phone"} {
		want(t, deed, stranger.post("/orders/1/"+deed).status, http.StatusNotFound)
		stranger.get("/")
	}
	lacks(t, stranger.get("/orders").body, "data-state")
	want(t, "a callback of another's", stranger.get(back).outcome(), "foreign")
	want(t, "the order", b.get("/orders/2").outcome(), "waiting")
	want(t, "outcome", b.finish(back).outcome(), "passed")
}

func TestFormsOfOthersAreRefused(t *testing.T) {
	s := open(t)
	b, other := s.browser(), s.browser()
	other.get("/start/plus")
	b.get("/start/plus")
	own := b.csrf
	uploads := func() int { return s.sim.Calls("/api/server/getPlusFaceId") }

	for name, forge := range map[string]func(){
		"no token":         func() { b.csrf = "" },
		"another's token":  func() { b.csrf = other.csrf },
		"a foreign site":   func() { b.header.Set("Sec-Fetch-Site", "cross-site") },
		"a foreign origin": func() { b.header.Set("Sec-Fetch-Site", ""); b.header.Set("Origin", "https://evil.example") },
	} {
		b.csrf, b.header = own, http.Header{}
		forge()
		for _, path := range []string{"/start/plus", "/language", "/what-if/rotate", "/bill", "/close-day", "/orders/1/check"} {
			csrf := b.csrf
			want(t, name+" "+path, b.post(path, "name", personName, "idNo", personIDNo).status, http.StatusForbidden)
			b.csrf = csrf
		}
	}
	want(t, "uploads", uploads(), 0)
	b.csrf, b.header = own, http.Header{}
	want(t, "the own form", b.post("/start/plus", "name", personName, "idNo", personIDNo).status, http.StatusSeeOther)
	want(t, "uploads", uploads(), 1)
}

func TestFormsInTheURLDoNotCount(t *testing.T) {
	b := open(t).browser()
	b.get("/start/plus")
	res := b.send("POST", "/start/plus?csrf="+b.csrf+"&name=x&idNo=y", nil)
	want(t, "status", res.status, http.StatusForbidden)
}

// A pass must be of the person whom the shop asked for.
func TestNobodyIsVerifiedAsWhomeverTheyLike(t *testing.T) {
	for _, p := range catalogue(flows{}) {
		if !p.Person {
			continue
		}
		for _, given := range [][2]string{{"", ""}, {" ", personIDNo}, {personName, ""}} {
			b := open(t).browser()
			b.get("/start/" + p.ID)
			want(t, p.ID, b.post("/start/"+p.ID, "name", given[0], "idNo", given[1]).outcome(), "invalid")
			lacks(t, b.get("/orders").body, "data-state")
		}
	}
}

func TestBadInput(t *testing.T) {
	b := open(t).browser()
	b.get("/start/plus")
	want(t, "no number", b.post("/start/plus", "name", personName).outcome(), "invalid")
	b.get("/start/plus")
	want(t, "a large form", b.post("/start/plus", "name", strings.Repeat("x", 9<<10)).status, http.StatusBadRequest)
	b.get("/start/plus")
	want(t, "no such product", b.post("/start/none").status, http.StatusNotFound)
	want(t, "GET", b.get("/orders/1/check").status, http.StatusNotFound)
	lacks(t, b.get("/orders").body, "data-state")
}

func TestLanguages(t *testing.T) {
	b := open(t).browser()
	for accept, heading := range map[string]string{
		"": "Choose a verification", "zh-CN,zh;q=0.9,en;q=0.8": "选择一种核验方式", "en-US,en;q=0.9,zh;q=0.8": "Choose a verification",
		"fr, zh;q=0.3, en;q=0.2": "选择一种核验方式", "fr": "Choose a verification",
	} {
		b.header.Set("Accept-Language", accept)
		contains(t, b.get("/").body, heading)
	}
	b.header.Set("Accept-Language", "en")
	contains(t, b.get("/").body, `<html lang="en">`)

	res := b.post("/language", "lang", "zh", "from", "/bill")

	want(t, "back to", res.location, "/bill")
	contains(t, b.get("/").body, `<html lang="zh-CN">`)
	contains(t, b.get(b.start("plus")).body, `<html lang="zh-CN">`) // the simulator's page, too
	for _, from := range []string{"https://evil.example/", "//evil.example/", `/\evil.example`, "javascript:alert(1)", ""} {
		want(t, "back to", b.post("/language", "lang", "en", "from", from).location, "/")
	}
}

func TestEveryTextIsThereInBothLanguages(t *testing.T) {
	said := regexp.MustCompile(`\{\{t "([^"]+)"\}\}`)
	files, err := templates.ReadDir("templates")
	check(t, err)
	for _, file := range files {
		source, err := templates.ReadFile("templates/" + file.Name())
		check(t, err)
		for _, m := range said.FindAllSubmatch(source, -1) {
			if _, ok := texts[string(m[1])]; !ok {
				t.Errorf("%s: no text for %q", file.Name(), m[1])
			}
		}
	}
	for key, words := range texts {
		if words[0] == "" || words[1] == "" {
			t.Errorf("%q is empty in a language", key)
		}
	}
	for _, p := range catalogue(flows{}) {
		for _, key := range []string{"product-" + p.ID, "about-" + p.ID, p.Missing} {
			if _, ok := texts[key]; !ok {
				t.Errorf("no text for %q", key)
			}
		}
		for _, sc := range scenes[p.ID] {
			if _, ok := texts["scene-"+sc.Name]; !ok {
				t.Errorf("no text for scene %q", sc.Name)
			}
		}
	}
}

func TestHeaders(t *testing.T) {
	b := open(t).browser()
	page := b.get("/")
	csp := page.header.Get("Content-Security-Policy")
	contains(t, csp, "default-src 'none'")
	contains(t, csp, "script-src 'self'")
	contains(t, csp, "frame-ancestors 'none'")
	lacks(t, csp, "unsafe")
	want(t, "Cache-Control", page.header.Get("Cache-Control"), "no-store")
	want(t, "Referrer-Policy of a page with a form", page.header.Get("Referrer-Policy"), "same-origin")
	want(t, "nosniff", page.header.Get("X-Content-Type-Options"), "nosniff")
	lacks(t, page.body, "<script>")
	lacks(t, page.body, "style=")
	cookie := b.browserCookie(page)
	contains(t, cookie, "HttpOnly")
	contains(t, cookie, "SameSite=Lax")
	for _, file := range []string{"style.css", "app.js", "icon.svg"} {
		want(t, file, b.get("/static/"+file).status, http.StatusOK)
	}
	for _, path := range []string{"/api/oauth2/access_token", "/sim/status", "/api/server/getPlusFaceId"} {
		want(t, path+" is for no browser", b.get(path).status, http.StatusNotFound)
	}
}

func (b *browser) browserCookie(r response) string {
	return strings.Join(r.header.Values("Set-Cookie"), "\n")
}

// A foreign page may have given its name our address.
func TestOnThisComputerOnlyTheOwnNameIsAnswered(t *testing.T) {
	s := open(t)
	serve := func(method, host, path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(method, path, nil)
		r.Host = host
		s.shop.handler().ServeHTTP(w, r)
		return w
	}
	own := strings.TrimPrefix(s.base, "http://")
	for _, host := range []string{"evil.example", "evil.example:8080", "localhost", "127.0.0.1", own + ".evil.example", ""} {
		for _, path := range []string{"/", "/what-if", "/orders/1/photo", "/api/web/login", "/cloud/verify", "//evil.example/"} {
			w := serve(http.MethodGet, host, path)
			want(t, host+path, w.Code, http.StatusTemporaryRedirect)
			want(t, host+path+" leads to", w.Header().Get("Location"), s.base+"/")
			want(t, "cookies", w.Header().Get("Set-Cookie"), "")
			want(t, "POST "+path, serve(http.MethodPost, host, path).Code, http.StatusMisdirectedRequest)
		}
	}
	want(t, "the own name", serve(http.MethodGet, own, "/").Code, http.StatusOK)

	for public, status := range map[string]int{
		"https://shop.example": http.StatusOK, "https://localhost:8443": http.StatusMisdirectedRequest, // sent back, it would go round and round
	} {
		cfg := config{public: public, log: slog.New(slog.DiscardHandler)}
		cfg.simulate()
		defer cfg.sim.Close()
		var err error
		s.shop, err = newShop(cfg)
		check(t, err)
		want(t, "behind a proxy, "+public, serve(http.MethodGet, "127.0.0.1:8080", "/").Code, status)
	}
}

func TestThePublicURLIsAsBrowsersSpellIt(t *testing.T) {
	for given, expected := range map[string]string{
		"http://127.0.0.1:80": "http://127.0.0.1", "https://Shop.example:443/": "https://shop.example",
		"http://127.0.0.1:8080": "http://127.0.0.1:8080", "https://shop.example:80": "https://shop.example:80", "http://[::1]:80": "http://[::1]",
	} {
		got, err := baseURL(given)
		check(t, err)
		want(t, given, got, expected)
	}
}

func TestHTTPSHasSecureCookies(t *testing.T) {
	cfg := config{public: "https://shop.example", log: slog.New(slog.DiscardHandler)}
	cfg.simulate()
	defer cfg.sim.Close()
	s, err := newShop(cfg)
	check(t, err)
	w := httptest.NewRecorder()
	s.handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "https://shop.example/", nil))
	cookie := w.Header().Get("Set-Cookie")
	contains(t, cookie, "__Host-form=")
	contains(t, cookie, "; HttpOnly; Secure")
	w = httptest.NewRecorder()
	check(t, s.keep(w, &session{}))
	cookie = w.Header().Get("Set-Cookie")
	contains(t, cookie, "__Host-session=")
	contains(t, cookie, "; HttpOnly; Secure; SameSite=Lax")
}

// Somebody left a cookie of their choice in the visitor's browser.
func TestAPlantedCookieReadsNothing(t *testing.T) {
	s := open(t)
	thief, b := s.browser(), s.browser()
	thief.get("/") // cookies that the site itself made are no better
	planted := append(thief.request().Cookies(), &http.Cookie{Name: s.shop.cookie, Value: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", Path: "/"})
	for _, one := range []*browser{thief, b} {
		one.client.Jar.SetCookies(one.request().URL, planted)
	}

	want(t, "outcome", b.verify("plus", "passes").outcome(), "passed")
	want(t, "order, for the thief", thief.get("/orders/1").status, http.StatusNotFound)
	want(t, "photo, for the thief", thief.get("/orders/1/photo").status, http.StatusNotFound)
}

func TestThePlatformKnowsASessionByOneName(t *testing.T) {
	b := open(t).browser()
	for range 2 {
		u, err := url.Parse(b.start("plus"))
		check(t, err)
		want(t, "userId", u.Query().Get("userId"), b.shop.visitor(b.request()).userID)
	}
}

func TestSessionsAreBoundedAndForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newSessions(2, time.Minute)
		check(t, m.add("a", &session{}))
		check(t, m.add("b", &session{}))
		want(t, "room", errors.Is(m.room(), errFull), true)
		want(t, "room", errors.Is(m.add("c", &session{}), errFull), true)
		time.Sleep(time.Minute - 1)
		_, ok := m.get("b")
		want(t, "alive", ok, true)
		time.Sleep(1)
		synctest.Wait()
		want(t, "kept", len(m.all), 1) // nobody came by: it went on its own
		_, ok = m.get("b")
		want(t, "lives on", ok, true)
		check(t, m.add("c", &session{}))
		time.Sleep(time.Minute)
		synctest.Wait()
		want(t, "kept", len(m.all), 0)
	})
}

func TestLookingAroundFillsNoTable(t *testing.T) {
	s := open(t)
	for range 20 {
		b := s.browser()
		b.get("/")
		b.get("/orders")
		b.get("/start/plus")
		b.post("/start/plus", "name", "x") // refused
	}
	want(t, "sessions", len(s.shop.sessions.all), 0)
	s.browser().start("plus")
	want(t, "sessions", len(s.shop.sessions.all), 1)
	s.shop.sessions.most = 1
	b := s.browser()
	b.get("/start/plus")
	want(t, "status", b.post("/start/plus", "name", personName, "idNo", personIDNo).status, http.StatusServiceUnavailable)
	want(t, "uploads", s.sim.Calls("/api/server/getPlusFaceId"), 1)
}

func TestWhatIf(t *testing.T) {
	t.Run("the token is rotated", func(t *testing.T) {
		b := open(t).browser()
		b.verify("plus", "passes")
		b.get("/what-if")
		want(t, "status", b.post("/what-if/rotate", "from", "/what-if").location, "/what-if")
		contains(t, b.get("/what-if").body, "rotated by somebody else")

		page := b.verify("plus", "passes")

		want(t, "outcome", page.outcome(), "passed")
		contains(t, page.body, "/api/oauth2/access_token")
		contains(t, page.body, "ok ×2")
	})
	t.Run("the query is busy once", func(t *testing.T) {
		b := open(t).browser()
		b.get("/what-if")
		b.post("/what-if/fault", "product", "plus", "fault", "busy")
		page := b.verify("plus", "passes")
		want(t, "outcome", page.outcome(), "passed")
		contains(t, page.body, "HTTP 503")
	})
	t.Run("the query is down, and later it is not", func(t *testing.T) {
		b := open(t).browser()
		b.get("/what-if")
		b.post("/what-if/fault", "product", "plus", "fault", "down")
		page := b.verify("plus", "passes")
		want(t, "outcome", page.outcome(), "error")
		for range 3 {
			b.post("/orders/1/check")
		}
		want(t, "outcome", b.get("/orders/1").outcome(), "passed")
	})
	t.Run("the answer to the upload is lost", func(t *testing.T) {
		b := open(t).browser()
		b.get("/what-if")
		b.post("/what-if/fault", "product", "plus", "fault", "lost")
		b.get("/start/plus")
		want(t, "outcome", b.post("/start/plus", "name", personName, "idNo", personIDNo).outcome(), "error")
		want(t, "uploads", b.sim.Calls("/api/server/getPlusFaceId"), 1) // it may have counted: not again
	})
	t.Run("the clock runs ahead of the tokens", func(t *testing.T) {
		b := open(t).browser()
		b.verify("plus", "passes")
		b.get("/what-if")
		b.post("/what-if/clock", "by", "2h")
		page := b.verify("plus", "passes")
		want(t, "outcome", page.outcome(), "passed")
		contains(t, page.body, "/api/oauth2/access_token")
	})
	t.Run("the clock runs ahead of the callback's ticket", func(t *testing.T) {
		b := open(t).browser()
		back := b.walk(b.start("plus"), "passes")
		b.get("/what-if")
		b.post("/what-if/clock", "by", "4d")
		want(t, "outcome", b.get(back).outcome(), "tampered") // it may be as old as anybody likes
		want(t, "the order", b.get("/orders/1").outcome(), "waiting")
	})
	t.Run("the clock runs ahead of the result", func(t *testing.T) {
		b := open(t).browser()
		b.get("/what-if")
		b.post("/what-if/fault", "product", "wechat", "fault", "down")
		want(t, "outcome", b.verify("wechat", "passes").outcome(), "error")
		b.post("/what-if/clock", "by", "4d")
		for range 3 {
			b.post("/orders/1/check")
		}
		want(t, "outcome", b.get("/orders/1").outcome(), "error")
	})
	t.Run("nonsense", func(t *testing.T) {
		b := open(t).browser()
		b.get("/what-if")
		want(t, "by", b.post("/what-if/clock", "by", "1000y").status, http.StatusBadRequest)
		b.get("/what-if")
		want(t, "fault", b.post("/what-if/fault", "product", "plus", "fault", "fire").status, http.StatusBadRequest)
		b.get("/what-if")
		want(t, "deed", b.post("/what-if/explode").status, http.StatusNotFound)
	})
}

// env is an environment with these variables.
func env(pairs ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

func TestRealPlatformSellsWhatTheCredentialsOpen(t *testing.T) {
	all := []string{"plus", "enhanced", "pc", "will", "wechat", "eid", "ocr", "nfc", "intl"}
	for name, c := range map[string]struct {
		env  []string
		sold []string
	}{
		"an appID":         {[]string{"FACEID_APP_ID", "TIDA0001", "FACEID_SECRET", "secret"}, []string{"plus", "enhanced", "pc", "will"}},
		"of one product":   {[]string{"FACEID_APP_ID", "TIDA0001", "FACEID_SECRET", "secret", "FACEID_PRODUCT", "basic"}, []string{"pc"}},
		"a rule":           {[]string{"TENCENTCLOUD_SECRET_ID", "id", "TENCENTCLOUD_SECRET_KEY", "key", "FACEID_RULE_ID", "1"}, []string{"wechat"}},
		"a merchant":       {[]string{"TENCENTCLOUD_SECRET_ID", "id", "TENCENTCLOUD_SECRET_KEY", "key", "FACEID_MERCHANT_ID", "1"}, []string{"eid"}},
		"the other site's": {[]string{"TENCENTCLOUD_INTL_SECRET_ID", "id", "TENCENTCLOUD_INTL_SECRET_KEY", "key", "FACEID_REGION", "ap-singapore"}, []string{"intl"}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config{public: "https://shop.example", log: slog.New(slog.DiscardHandler)}
			there, err := cfg.real(env(c.env...))
			check(t, err)
			want(t, "real", there, true)
			s, err := newShop(cfg)
			check(t, err)
			defer s.client().Close(context.Background())
			get := func(path string) string {
				w := httptest.NewRecorder()
				s.handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "https://shop.example"+path, nil))
				return w.Body.String()
			}
			home := get("/")
			for _, p := range all {
				want(t, p+" is sold", strings.Contains(home, `href="/start/`+p+`"`), slices.Contains(c.sold, p))
				want(t, p+" has a form", strings.Contains(get("/start/"+p), `id="start"`), slices.Contains(c.sold, p))
				want(t, p+" has no way back", strings.Contains(get("/back/"+p), `data-outcome="missing"`), !slices.Contains(c.sold, p))
			}
			lacks(t, get("/start/"+c.sold[0]), personName) // no invented people here
			lacks(t, home, "/what-if")
			contains(t, get("/what-if"), `data-outcome="missing"`)
			contains(t, get("/cloud/verify"), `data-outcome="missing"`)
		})
	}
	cfg := config{public: "http://127.0.0.1:1"}
	there, err := cfg.real(env())
	check(t, err)
	want(t, "real without credentials", there, false)
}

func TestRun(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- run(ctx, []string{"-addr", "127.0.0.1:0"}, env(), in, io.Discard) }()
	line := make([]byte, 200)
	n, err := out.Read(line)
	check(t, err)
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(string(line[:n]))

	res, err := http.Get(address)
	check(t, err)
	check(t, res.Body.Close())
	want(t, "status", res.StatusCode, http.StatusOK)
	stop()
	check(t, <-done)
}

// started is what run says of these arguments: its first line, or its error.
func started(t *testing.T, args []string, lookup func(string) (string, bool)) (string, error) {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir()) // of the default store
	over, stop := context.WithCancel(t.Context())
	stop() // it ends as soon as it runs
	var out bytes.Buffer
	err := run(over, args, lookup, &out, io.Discard)
	return out.String(), err
}

const secret = "a-secret-that-nobody-may-see"

func TestRunRefuses(t *testing.T) {
	app := env("FACEID_APP_ID", "TIDA0001", "FACEID_SECRET", secret)
	here := []string{"-addr", "127.0.0.1:0", "-public-url", "https://shop.example"}
	for name, c := range map[string]struct {
		args []string
		env  func(string) (string, bool)
		part string
	}{
		"every interface without a URL":   {[]string{"-addr", "0.0.0.0:0"}, env(), "-public-url"},
		"the real platform without a URL": {[]string{"-addr", "127.0.0.1:0"}, app, "-public-url"},
		"half of a credential":            {here, env("FACEID_APP_ID", "TIDA0001"), "FACEID_SECRET is not set"},
		"the other half":                  {here, env("FACEID_SECRET", secret), "FACEID_APP_ID is not set"},
		"half of a cloud credential":      {here, env("TENCENTCLOUD_SECRET_ID", "id", "FACEID_RULE_ID", "1"), "TENCENTCLOUD_SECRET_KEY is not set"},
		"its other half":                  {here, env("TENCENTCLOUD_SECRET_KEY", secret, "FACEID_RULE_ID", "1"), "TENCENTCLOUD_SECRET_ID is not set"},
		"half of an intl credential":      {here, env("TENCENTCLOUD_INTL_SECRET_KEY", secret, "FACEID_REGION", "ap-singapore"), "TENCENTCLOUD_INTL_SECRET_ID is not set"},
		"an intl credential alone":        {here, env("TENCENTCLOUD_INTL_SECRET_ID", "id", "TENCENTCLOUD_INTL_SECRET_KEY", secret), "FACEID_REGION is not set"},
		"half, though another is whole":   {here, env("FACEID_APP_ID", "TIDA0001", "FACEID_SECRET", secret, "TENCENTCLOUD_SECRET_ID", "id"), "TENCENTCLOUD_SECRET_KEY is not set"},
		"a rule without a credential":     {here, env("FACEID_RULE_ID", "1"), "FACEID_RULE_ID"},
		"a rule, though another is whole": {here, env("FACEID_APP_ID", "TIDA0001", "FACEID_SECRET", secret, "FACEID_RULE_ID", "1"), "TENCENTCLOUD_SECRET_ID is not set"},
		"a region without a credential":   {here, env("FACEID_REGION", "ap-singapore"), "FACEID_REGION"},
		"nothing to sell with it":         {here, env("TENCENTCLOUD_SECRET_ID", "id", "TENCENTCLOUD_SECRET_KEY", secret), "neither FACEID_RULE_ID nor FACEID_MERCHANT_ID"},
		"an empty secret":                 {here, env("FACEID_APP_ID", "TIDA0001", "FACEID_SECRET", ""), "FACEID_SECRET is set, but empty"},
		"all empty":                       {here, env("FACEID_APP_ID", "", "FACEID_SECRET", ""), "FACEID_APP_ID is set, but empty"},
		"an empty key":                    {here, env("TENCENTCLOUD_SECRET_ID", "id", "TENCENTCLOUD_SECRET_KEY", "", "FACEID_RULE_ID", "1"), "TENCENTCLOUD_SECRET_KEY is set, but empty"},
		"an empty region":                 {here, env("TENCENTCLOUD_INTL_SECRET_ID", "id", "TENCENTCLOUD_INTL_SECRET_KEY", secret, "FACEID_REGION", ""), "FACEID_REGION is set, but empty"},
		"a secret with a line break":      {here, env("FACEID_APP_ID", "TIDA0001", "FACEID_SECRET", secret+"\n"), "FACEID_SECRET has a line break"},
		"a key with a line break":         {here, env("TENCENTCLOUD_SECRET_ID", "id", "TENCENTCLOUD_SECRET_KEY", secret+"\r\n", "FACEID_RULE_ID", "1"), "TENCENTCLOUD_SECRET_KEY has a line break"},
		"an id with a line break":         {here, env("TENCENTCLOUD_SECRET_ID", "id\n", "TENCENTCLOUD_SECRET_KEY", secret, "FACEID_RULE_ID", "1"), "TENCENTCLOUD_SECRET_ID has a line break"},
		"empty at home":                   {[]string{"-addr", "127.0.0.1:0"}, env("FACEID_APP_ID", ""), "FACEID_APP_ID is set, but empty"},
		"no such product":                 {here, env("FACEID_APP_ID", "TIDA0001", "FACEID_SECRET", secret, "FACEID_PRODUCT", "Plus"), "FACEID_PRODUCT"},
		"a URL with a path":               {[]string{"-addr", "127.0.0.1:0", "-public-url", "https://shop.example/shop"}, env(), "a host and nothing else"},
		"an empty URL":                    {[]string{"-addr", "127.0.0.1:0", "-public-url", ""}, env(), "-public-url is empty"},
		"an empty address":                {[]string{"-addr", "", "-public-url", "https://shop.example", "-simulator"}, env(), "-addr is empty"},
		"an unknown flag":                 {[]string{"-port", "1"}, env(), "-port"},
		"what is no flag":                 {[]string{"-simulator", "false", "-public-url", "https://shop.example"}, env(), "all settings are flags"},
		"the simulator and a credential":  {append(here, "-simulator"), app, "which of the two"},
	} {
		t.Run(name, func(t *testing.T) {
			line, err := started(t, c.args, c.env)
			if err == nil {
				t.Fatal("it serves:", line)
			}
			contains(t, err.Error(), c.part)
			lacks(t, err.Error()+line, secret)
		})
	}
}

const noCredentials = "no credentials are set"

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
		{"-addr 127.0.0.1:0 -public-url http://localhost:8080", ""},
		{"-addr 127.0.0.1:0 -public-url https://LocalHost", ""},
		{"-addr 127.0.0.1:0 -public-url http://[::1]:8080", ""},

		{"-addr 127.0.0.1:0 -public-url https://shop.example", noCredentials}, // behind a proxy
		{"-addr 127.0.0.1:0 -public-url http://shop.example", noCredentials},
		{"-addr 127.0.0.1:0 -public-url http://192.168.1.5", noCredentials},
		{"-addr 127.0.0.1:0 -public-url http://0.0.0.0:8080", noCredentials},
		{"-addr 127.0.0.1:0 -public-url http://[2001:db8::5]:80", noCredentials},
		{"-addr 127.0.0.1:0 -public-url https://localhost.shop.example", noCredentials},
		{"-addr 127.0.0.1:0 -public-url https://127.0.0.1.nip.example", noCredentials},
		{"-addr :0", "-public-url"},
		{"-addr :0 -public-url https://shop.example", noCredentials},
		{"-addr :0 -public-url http://localhost:8080", noCredentials}, // the neighbours reach it by its other address
		{"-addr 0.0.0.0:0 -public-url http://127.0.0.1:8080", noCredentials},

		{"-addr 127.0.0.1:0 -public-url https://shop.example -simulator", ""},
		{"-addr :0 -public-url https://shop.example -simulator", ""},
		{"-addr :0 -public-url https://shop.example -simulator=false", noCredentials},
	} {
		t.Run(test.args, func(t *testing.T) {
			line, err := started(t, strings.Fields(test.args), env())
			if test.refused != "" {
				if err == nil {
					t.Fatal("it serves:", line)
				}
				contains(t, err.Error(), test.refused)
				return
			}
			check(t, err)
			contains(t, line, "simulator")
		})
	}
	line, err := started(t, strings.Fields("-addr :0 -public-url https://shop.example"), env("FACEID_APP_ID", "TIDA0001", "FACEID_SECRET", secret))
	check(t, err)
	contains(t, line, "the real platform")
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
	want(t, "a socket of Unix", private(&net.UnixAddr{Name: "merchant.sock", Net: "unix"}, "http://127.0.0.1"), false)
}

func TestBillOfADay(t *testing.T) {
	b := open(t).browser()
	b.verify("wechat", "passes")
	b.verify("wechat", "not-same-person")
	b.get("/bill")

	want(t, "back to", b.post("/close-day").location, "/bill")

	page := b.get("/bill").body
	contains(t, page, `data-agrees="yes"`)
	contains(t, page, "2016")
	bill := page[strings.Index(page, `id="bill"`):]
	want(t, "lines", strings.Count(bill, `data-label="Flow"`), 2)
	who := b.shop.visitor(b.request())
	for _, o := range who.list() {
		lacks(t, page, o.ref)
	}
	for _, day := range []string{"2020-01-01", "yesterday"} {
		res := b.post("/bill", "day", day)
		want(t, "no such day", res.status, http.StatusBadRequest)
		contains(t, res.body, texts["problem-day"][1])
	}
}

// It tells what all visitors did, and anybody can be one.
func TestTheRealBillIsNotForVisitors(t *testing.T) {
	for _, shown := range []bool{false, true} {
		cfg := config{public: "https://shop.example", log: slog.New(slog.DiscardHandler), bills: shown}
		_, err := cfg.real(env("TENCENTCLOUD_SECRET_ID", "id", "TENCENTCLOUD_SECRET_KEY", "key", "FACEID_RULE_ID", "1"))
		check(t, err)
		s, err := newShop(cfg)
		check(t, err)
		defer s.client().Close(context.Background())
		for method, there := range map[string]int{http.MethodGet: http.StatusOK, http.MethodPost: http.StatusForbidden} { // without a token
			w := httptest.NewRecorder()
			s.handler().ServeHTTP(w, httptest.NewRequest(method, "https://shop.example/bill", nil))
			if method == http.MethodPost && !shown {
				there = http.StatusMethodNotAllowed
			}
			want(t, method, w.Code, there)
			lacks(t, w.Body.String(), "close-day")
			if method == http.MethodGet {
				want(t, "form", strings.Contains(w.Body.String(), `id="fetch-bill"`), shown)
			}
		}
	}
}

func TestBillFindsWhatTheShopLost(t *testing.T) {
	b := open(t).browser()
	b.verify("wechat", "passes")
	b.shop.ledger = newLedger() // a crash before it was written down
	b.get("/bill")
	b.post("/close-day")
	contains(t, b.get("/bill").body, `data-agrees="no"`)
}
