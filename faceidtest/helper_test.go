package faceidtest_test

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

const (
	tokenPath  = "/api/oauth2/access_token"
	ticketPath = "/api/oauth2/api_ticket"
	uploadPath = "/api/server/getPlusFaceId"
	recordPath = "/api/v2/base/queryfacerecord"
	photosPath = "/api/v2/base/queryphotoinfo"

	nonce   = "abcdefghijklmnopqrstuvwxyz012345"
	userID  = "user1"
	orderNo = "order1"
	backURL = "https://shop.example/back?cart=7&next=https%3A%2F%2Fshop.example%2Fa"
)

// sign is written here once more, as a test must not ask the simulator.
func sign(values ...string) string {
	sorted := append([]string(nil), values...)
	sort.Strings(sorted)
	return fmt.Sprintf("%X", sha1.Sum([]byte(strings.Join(sorted, ""))))
}

// answer is an envelope, read with fewer demands than a client has.
type answer struct {
	status int
	body   string
	m      map[string]any
}

func (a answer) code() string { return fmt.Sprint(a.m["code"]) }

func (a answer) result() map[string]any {
	r, _ := a.m["result"].(map[string]any)
	return r
}

// merchant is a backend that makes its requests by hand.
type merchant struct {
	t             *testing.T
	sim           *faceidtest.Server
	http          *http.Client
	base          string
	appID, secret string
	token, ticket string
	switches      []faceidtest.SDKSwitch // of the App
}

func newMerchant(t *testing.T, opts ...faceidtest.Option) *merchant {
	t.Helper()
	sim := faceidtest.Start(t, opts...)
	return &merchant{t: t, sim: sim, http: &http.Client{Transport: sim}, base: sim.BaseURL(), appID: sim.AppID(), secret: sim.Secret()}
}

// ready returns a merchant with a token and a SIGN ticket.
func ready(t *testing.T, opts ...faceidtest.Option) *merchant {
	t.Helper()
	m := newMerchant(t, opts...)
	m.login()
	return m
}

func (m *merchant) login() {
	m.t.Helper()
	m.token = m.mustMint()
	m.ticket = m.mustTicket(m.token, "SIGN", "")
}

func (m *merchant) do(req *http.Request) answer {
	m.t.Helper()
	res, err := m.http.Do(req)
	require.NoError(m.t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(m.t, err)
	a := answer{status: res.StatusCode, body: string(b)}
	_ = json.Unmarshal(b, &a.m)
	return a
}

func (m *merchant) get(path string, q map[string]string) answer {
	m.t.Helper()
	v := url.Values{}
	for name, value := range q {
		v.Set(name, value)
	}
	req, err := http.NewRequest(http.MethodGet, m.base+path+"?"+v.Encode(), nil)
	require.NoError(m.t, err)
	return m.do(req)
}

func (m *merchant) postRaw(path, query, contentType, body string) answer {
	m.t.Helper()
	req, err := http.NewRequest(http.MethodPost, m.base+path+query, strings.NewReader(body))
	require.NoError(m.t, err)
	req.Header.Set("Content-Type", contentType)
	return m.do(req)
}

func (m *merchant) post(path string, body map[string]string) answer {
	m.t.Helper()
	b, err := json.Marshal(body)
	require.NoError(m.t, err)
	return m.postRaw(path, "?orderNo="+url.QueryEscape(body["orderNo"]), "application/json; charset=utf-8", string(b))
}

func (m *merchant) tokenQuery() map[string]string {
	return map[string]string{"appId": m.appID, "secret": m.secret, "grant_type": "client_credential", "version": "1.0.0"}
}

func (m *merchant) ticketQuery(token, kind, user string) map[string]string {
	q := map[string]string{"appId": m.appID, "access_token": token, "type": kind, "version": "1.0.0"}
	if user != "" {
		q["user_id"] = user
	}
	return q
}

func (m *merchant) mustMint() string {
	m.t.Helper()
	a := m.get(tokenPath, m.tokenQuery())
	require.Equal(m.t, "0", a.code(), a.body)
	return a.m["access_token"].(string)
}

func (m *merchant) askTicket(token, kind, user string) (string, answer) {
	m.t.Helper()
	a := m.get(ticketPath, m.ticketQuery(token, kind, user))
	tickets, _ := a.m["tickets"].([]any)
	if len(tickets) != 1 {
		return "", a
	}
	return tickets[0].(map[string]any)["value"].(string), a
}

func (m *merchant) mustTicket(token, kind, user string) string {
	m.t.Helper()
	ticket, a := m.askTicket(token, kind, user)
	require.Equal(m.t, "0", a.code(), a.body)
	return ticket
}

func (m *merchant) nonceTicket() string { return m.mustTicket(m.token, "NONCE", userID) }

func (m *merchant) uploadBody(order string) map[string]string {
	return map[string]string{
		"appId": m.appID, "orderNo": order, "name": "李四", "idNo": "invented", "userId": userID,
		"version": "1.0.0", "nonce": nonce, "sign": sign(m.appID, userID, "1.0.0", nonce, m.ticket),
	}
}

func (m *merchant) upload(order string) string {
	m.t.Helper()
	a := m.post(uploadPath, m.uploadBody(order))
	require.Equal(m.t, "0", a.code(), a.body)
	return a.result()["faceId"].(string)
}

func (m *merchant) queryBody(order string) map[string]string {
	return map[string]string{
		"appId": m.appID, "orderNo": order, "version": "1.0.0", "nonce": nonce,
		"sign": sign(m.appID, order, "1.0.0", nonce, m.ticket),
	}
}

func (m *merchant) record(order string, extra ...string) answer {
	m.t.Helper()
	return m.post(recordPath, with(m.queryBody(order), extra...))
}

func (m *merchant) photos(order string) answer {
	m.t.Helper()
	return m.post(photosPath, m.queryBody(order))
}

// signedLogin signs the login parameters with a ticket.
func (m *merchant) signedLogin(order, faceID, ticket string) map[string]string {
	return map[string]string{
		"appId": m.appID, "version": "1.0.0", "nonce": nonce, "orderNo": order, "faceId": faceID,
		"url": backURL, "userId": userID, "from": "browser", "resultType": "1",
		"sign": sign(m.appID, userID, order, "1.0.0", faceID, nonce, ticket),
	}
}

func (m *merchant) loginURL(q map[string]string) string {
	v := url.Values{}
	for name, value := range q {
		v.Set(name, value)
	}
	return m.base + "/api/web/login?" + v.Encode()
}

func (m *merchant) freshLogin(order, faceID string) string {
	m.t.Helper()
	return m.loginURL(m.signedLogin(order, faceID, m.nonceTicket()))
}

func (m *merchant) visit(loginURL string) (*http.Request, error) {
	return m.sim.Visit(context.Background(), loginURL)
}

// complete takes an order all the way through a browser.
func (m *merchant) complete(order string) *http.Request {
	m.t.Helper()
	r, err := m.visit(m.freshLogin(order, m.upload(order)))
	require.NoError(m.t, err)
	return r
}

func (m *merchant) refused(loginURL, code string) {
	m.t.Helper()
	_, err := m.visit(loginURL)
	var page *faceidtest.PageError
	require.ErrorAs(m.t, err, &page)
	require.Equal(m.t, code, page.Code, page.Message)
}

// with returns a copy with name-value pairs set, and without one that leaves
// names out.
func with(q map[string]string, pairs ...string) map[string]string {
	q = maps.Clone(q)
	for i := 0; i < len(pairs); i += 2 {
		q[pairs[i]] = pairs[i+1]
	}
	return q
}

func without(q map[string]string, names ...string) map[string]string {
	q = maps.Clone(q)
	for _, name := range names {
		delete(q, name)
	}
	return q
}

func readAll(t *testing.T, r io.Reader) string {
	t.Helper()
	var b bytes.Buffer
	_, err := b.ReadFrom(r)
	require.NoError(t, err)
	return b.String()
}

func (m *merchant) tokenURL() string {
	return m.base + tokenPath + "?" + url.Values{"appId": {m.appID}, "secret": {m.secret}, "grant_type": {"client_credential"}, "version": {"1.0.0"}}.Encode()
}

// overPort makes the merchant use a real port and a new connection each time.
func overPort(m *merchant) *merchant {
	tr := &http.Transport{DisableKeepAlives: true}
	m.t.Cleanup(tr.CloseIdleConnections)
	m.http, m.base = &http.Client{Transport: tr}, m.sim.URL()
	return m
}

func faceidtestClosed() *faceidtest.Server {
	s := faceidtest.NewServer()
	s.Close()
	return s
}

var keyOfPage = regexp.MustCompile(`name="page" value="([^"]*)"`)

func readPage(t *testing.T, m *merchant, login string) string {
	t.Helper()
	res, err := m.http.Get(login)
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, 200, res.StatusCode)
	require.Equal(t, "no-store", res.Header.Get("Cache-Control"))
	return readAll(t, res.Body)
}

// press presses one of the page's buttons, and follows no redirect.
func (m *merchant) press(key, ending string) (*http.Response, string) {
	m.t.Helper()
	browser := &http.Client{Transport: m.http.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := browser.PostForm(m.base+"/api/web/finish", url.Values{"page": {key}, "ending": {ending}})
	require.NoError(m.t, err)
	defer res.Body.Close()
	return res, readAll(m.t, res.Body)
}

func (m *merchant) finish(page, ending string) *url.URL {
	m.t.Helper()
	key := keyOfPage.FindStringSubmatch(page)
	require.NotNil(m.t, key, page)
	res, _ := m.press(key[1], ending)
	require.Equal(m.t, http.StatusFound, res.StatusCode)
	back, err := res.Location()
	require.NoError(m.t, err)
	return back
}

// picture makes the base64 of a file with the first bytes of a PNG and the
// given size.
func picture(size int) string {
	b := append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, size-8)...)
	return base64.StdEncoding.EncodeToString(b)
}

// tokenLives reports whether the platform still accepts a token.
func (m *merchant) tokenLives(token string) bool {
	m.t.Helper()
	_, a := m.askTicket(token, "NONCE", userID)
	return a.code() == "0"
}

func (m *merchant) signLives(ticket string) bool {
	m.t.Helper()
	q := with(m.queryBody("nobody"), "sign", sign(m.appID, "nobody", "1.0.0", nonce, ticket))
	return m.post(recordPath, q).code() == "66660011"
}
