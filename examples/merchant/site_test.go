package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

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
		"": "Choose a product", "zh-CN,zh;q=0.9,en;q=0.8": "选择一种产品", "en-US,en;q=0.9,zh;q=0.8": "Choose a product",
		"fr, zh;q=0.3, en;q=0.2": "选择一种产品", "fr": "Choose a product",
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
	for _, sold := range []string{"plus", "enhanced", "basic", "will", "wechat", "eid", "intl-web", "ocr-idcard", "ocr-bankcard", "nfc"} { // as a Charge has it
		if _, ok := texts["charge-"+sold]; !ok {
			t.Errorf("no text for what %q cost", sold)
		}
	}
	for _, p := range catalogue(flows{}) {
		keys := []string{"product-" + p.ID, "about-" + p.ID, p.Missing, "group-" + p.Group, "about-group-" + p.Group, p.Word("passed"), p.Word("refused"), p.Word("none"), p.Word("waiting"), p.Word("error")}
		for _, a := range p.Answers {
			keys = append(keys, "answer-"+a.Name)
		}
		if p.OnPhone() {
			keys = append(keys, "phone-about-"+p.ID)
		}
		if p.Nobody() != "" {
			keys = append(keys, p.Nobody())
		}
		for _, key := range append(keys, p.More...) {
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
