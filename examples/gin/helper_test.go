package main

import (
	"bytes"
	"context"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/gin-gonic/gin"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"gocloud.dev/blob/memblob"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/faceidtest"
)

const (
	personName = "李测试" // invented
	personIDNo = "110101199003074477"
	queryPath  = "/api/v2/base/queryfacerecord"
)

const (
	awhile = 20 * time.Second // until a test gives something up
	tick   = 10 * time.Millisecond
)

// trail collects what is logged.
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

// shop is a service on a port, its Redis, and the platform on another port.
type shop struct {
	*service
	t        *testing.T
	base     string
	platform *faceidtest.Server
	server   *miniredis.Miniredis
	seen     *trail
}

// open starts a shop whose workers look at orders all the time. Time runs for it as the
// clock of the platform says.
func open(t *testing.T, change ...func(*config)) *shop {
	t.Helper()
	s := &shop{t: t, platform: faceidtest.Start(t), server: miniredis.RunT(t), seen: &trail{}}
	s.platform.URL()
	client := redis.NewClient(&redis.Options{Addr: s.server.Addr(), ContextTimeoutEnabled: true, MaxRetries: -1})
	bucket := memblob.OpenBucket(nil)
	front := httptest.NewUnstartedServer(nil)
	s.base = "http://" + front.Listener.Addr().String()
	cfg := config{
		public: s.base, limit: 1000, options: s.platform.Options(), stores: stores{redis: client, bucket: bucket},
		log: slog.New(slog.NewTextHandler(s.seen, &slog.HandlerOptions{Level: slog.LevelDebug})),
		now: s.platform.Now, speed: 6000, pace: 10 * time.Millisecond,
	}
	for _, c := range change {
		c(&cfg)
	}
	var err error
	s.service, err = newService(t.Context(), cfg)
	require.NoError(t, err)
	routes, err := s.routes()
	require.NoError(t, err)
	endWork, err := s.work()
	require.NoError(t, err)
	front.Config.Handler = routes
	front.Start()
	t.Cleanup(func() {
		front.Close()
		endWork()
		_ = s.client.Close(context.Background())
		_ = client.Close()
		_ = bucket.Close()
		for _, personal := range []string{personName, personIDNo, url.QueryEscape(personName), s.platform.Secret()} {
			require.NotContains(t, s.seen.String(), personal)
		}
	})
	return s
}

// browser has a cookie jar and follows redirects by hand.
type browser struct {
	*shop
	client *http.Client
	header http.Header // of every request
}

func (s *shop) browser() *browser {
	jar, err := cookiejar.New(nil)
	require.NoError(s.t, err)
	return &browser{shop: s, header: http.Header{}, client: &http.Client{
		Jar: jar, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

type response struct {
	status   int
	location string
	body     string
	header   http.Header
}

func (b *browser) send(method, address, body string) response {
	b.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = b.base + address
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, address, strings.NewReader(body))
	require.NoError(b.t, err)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for name, values := range b.header {
		r.Header[name] = values
	}
	w, err := b.client.Do(r)
	require.NoError(b.t, err)
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	require.NoError(b.t, err)
	return response{w.StatusCode, w.Header.Get("Location"), string(text), w.Header}
}

func (b *browser) get(address string) response { b.t.Helper(); return b.send("GET", address, "") }

func (b *browser) post(address string, form url.Values) response {
	b.t.Helper()
	return b.send("POST", address, form.Encode())
}

func person(product faceid.Product) url.Values {
	return url.Values{"product": {string(product)}, "name": {" " + personName}, "idNo": {personIDNo}}
}

// verify submits the form and returns the login URL.
func (b *browser) verify(product faceid.Product) string {
	b.t.Helper()
	w := b.post("/verify", person(product))
	require.Equal(b.t, http.StatusSeeOther, w.status, w.body)
	return w.location
}

// end is the person at the login page, and returns the callback. The name of the ending is
// that of the page's buttons.
func (b *browser) end(loginURL, ending string) string {
	b.t.Helper()
	return loginPage(b.t, b.client, loginURL, ending)
}

var (
	pageForm = regexp.MustCompile(`(?s)action="([^"]*)".*name="page" value="([^"]*)"`)
	pageBack = regexp.MustCompile(`class="back" href="([^"]*)"`)
)

func loginPage(t *testing.T, client *http.Client, loginURL, ending string) (callback string) {
	t.Helper()
	read := func(w *http.Response, err error) (string, string) {
		require.NoError(t, err)
		defer w.Body.Close()
		text, err := io.ReadAll(w.Body)
		require.NoError(t, err)
		return string(text), w.Header.Get("Location")
	}
	body, _ := read(client.Get(loginURL))
	found := pageForm.FindStringSubmatch(body)
	require.NotNil(t, found, body)
	at, err := url.Parse(loginURL)
	require.NoError(t, err)
	action, err := at.Parse(html.UnescapeString(found[1]))
	require.NoError(t, err)
	body, callback = read(client.PostForm(action.String(), url.Values{"page": {html.UnescapeString(found[2])}, "ending": {ending}}))
	if link := pageBack.FindStringSubmatch(body); link != nil {
		callback = html.UnescapeString(link[1]) // the result page of the platform
	}
	require.Contains(t, callback, "/back?", body)
	return callback
}

// comeBack brings a callback and reads the result.
func (b *browser) comeBack(callback string) string {
	b.t.Helper()
	w := b.get(callback)
	require.Equal(b.t, http.StatusSeeOther, w.status, w.body)
	require.Equal(b.t, "/result", w.location)
	return b.get("/result").body
}

func (s *shop) queries() int { return s.platform.Calls(queryPath) }

// parameter returns a value of a query.
func parameter(t *testing.T, address, name string) string {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	require.NotEmpty(t, u.Query().Get(name), name)
	return u.Query().Get(name)
}

// change sets a value of a query.
func change(t *testing.T, address, name, value string) string {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	query := u.Query()
	query.Set(name, value)
	u.RawQuery = query.Encode()
	return u.String()
}

// reached waits until an order is so far, and returns its entry.
func (s *shop) reached(state evidence.State, product faceid.Product, orderNo string) (entry evidence.Entry) {
	s.t.Helper()
	key := orderOf(&session{Login: &faceid.PageSession{Product: product, OrderNo: orderNo}}).Key()
	require.Eventually(s.t, func() bool {
		var err error
		entry, err = s.keeper.Ledger.Load(s.t.Context(), key)
		return err == nil && entry.State >= state
	}, awhile, tick, "%s is not %s", orderNo, state)
	return entry
}

// done waits until the evidence of an order is whole, and returns its manifest.
func (s *shop) done(product faceid.Product, orderNo string) *evidence.Manifest {
	s.t.Helper()
	entry := s.reached(evidence.Done, product, orderNo)
	m, err := s.keeper.Manifest(s.t.Context(), entry.Order)
	require.NoError(s.t, err)
	return m
}

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	m.Run()
}
