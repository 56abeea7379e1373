package main

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

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

// A trail collects all that must not show a person: log lines, URLs, headers.
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

// outcome returns the data-outcome of the page.
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

// walk goes through the simulator's pages as a person would. It chooses the ending
// where it can be chosen, and stops where the browser is sent back to the site.
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

// onPhone opens an order that needs a phone, and has the phone end so. It returns the page
// of the order.
func (b *browser) onPhone(product, ending string) response {
	b.t.Helper()
	page := b.start(product)
	contains(b.t, b.get(page).body, `name="ending" value="`+ending+`"`)
	return b.get(b.post(page+"/phone", "ending", ending).location)
}
