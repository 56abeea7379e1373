package main

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
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
