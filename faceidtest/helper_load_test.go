package faceidtest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/faceid-go/faceid/faceidtest"
)

// load is a backend, with its browsers, that verifies persons by hand and as
// fast as it can.
type load struct {
	b                    *testing.B
	http                 http.Client
	base, appID          string
	token, ticket, order string
	requests             int
}

func newLoad(b *testing.B, sim *faceidtest.Server, tr http.RoundTripper, base string) *load {
	l := &load{b: b, base: base, appID: sim.AppID(), http: http.Client{Transport: tr,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	l.token = l.get(tokenPath, "appId", l.appID, "secret", sim.Secret(), "grant_type", "client_credential", "version", "1.0.0")["access_token"].(string)
	l.ticket = l.fetch("type", "SIGN")
	return l
}

func (l *load) send(method, path, contentType string, body []byte) (*http.Response, []byte) {
	req, err := http.NewRequest(method, l.base+path, bytes.NewReader(body))
	if err != nil {
		l.b.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	l.requests++
	res, err := l.http.Do(req)
	if err != nil {
		l.b.Fatal(err)
	}
	answer, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		l.b.Fatal(err)
	}
	return res, answer
}

func (l *load) ask(method, path string, body []byte) map[string]any {
	_, answer := l.send(method, path, "application/json", body)
	var m map[string]any
	if err := json.Unmarshal(answer, &m); err != nil || fmt.Sprint(m["code"]) != "0" {
		l.b.Fatalf("%s: %s", path, answer)
	}
	return m
}

func (l *load) get(path string, pairs ...string) map[string]any {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return l.ask(http.MethodGet, path+"?"+q.Encode(), nil)
}

func (l *load) fetch(pairs ...string) string {
	all := append([]string{"appId", l.appID, "access_token", l.token, "version", "1.0.0"}, pairs...)
	return l.get(ticketPath, all...)["tickets"].([]any)[0].(map[string]any)["value"].(string)
}

func (l *load) post(path string, body map[string]string) map[string]any {
	text, err := json.Marshal(body)
	if err != nil {
		l.b.Fatal(err)
	}
	return l.ask(http.MethodPost, path+"?orderNo="+l.order, text)["result"].(map[string]any)
}

var loadOrders atomic.Int64

// upload begins the next order and fetches the ticket of its launch.
func (l *load) upload() (user, faceID, ticket string) {
	n := strconv.FormatInt(loadOrders.Add(1), 10)
	l.order, user = "load"+n, "user"+n
	faceID = l.post(uploadPath, map[string]string{
		"appId": l.appID, "orderNo": l.order, "name": "李四", "idNo": "invented", "userId": user,
		"version": "1.0.0", "nonce": nonce, "sign": sign(l.appID, user, "1.0.0", nonce, l.ticket),
	})["faceId"].(string)
	return user, faceID, l.fetch("type", "NONCE", "user_id", user)
}

func (l *load) record() {
	l.post(recordPath, map[string]string{"appId": l.appID, "orderNo": l.order, "version": "1.0.0", "nonce": nonce,
		"sign": sign(l.appID, l.order, "1.0.0", nonce, l.ticket)})
}

// browse takes one order through a browser, in five requests.
func (l *load) browse() {
	user, faceID, ticket := l.upload()
	q := url.Values{"appId": {l.appID}, "version": {"1.0.0"}, "nonce": {nonce}, "orderNo": {l.order}, "faceId": {faceID},
		"url": {backURL}, "userId": {user}, "from": {"browser"}, "resultType": {"1"},
		"sign": {sign(l.appID, user, l.order, "1.0.0", faceID, nonce, ticket)}}
	_, page := l.send(http.MethodGet, "/api/web/login?"+q.Encode(), "", nil)
	key := keyOfPage.FindSubmatch(page)
	if key == nil {
		l.b.Fatalf("no page: %s", page)
	}
	form := url.Values{"page": {string(key[1])}, "ending": {"scripted"}}
	if res, _ := l.send(http.MethodPost, "/api/web/finish", "application/x-www-form-urlencoded", []byte(form.Encode())); res.StatusCode != http.StatusFound {
		l.b.Fatal(res.Status)
	}
	l.record()
}

// phone takes one order through an App, in three requests.
func (l *load) phone(sim *faceidtest.Server) {
	user, faceID, ticket := l.upload()
	r, err := sim.RunSDK(l.b.Context(), map[string]string{
		"faceId": faceID, "agreementNo": l.order, "openApiAppId": l.appID, "openApiAppVersion": "1.0.0", "openApiNonce": nonce,
		"openApiUserId": user, "openApiSign": sign(l.appID, user, "1.0.0", nonce, ticket), "keyLicence": "invented licence",
	})
	if err != nil || r.Code != "0" {
		l.b.Fatal(r, err)
	}
	l.record()
}

// together makes the callers do that work at the same time, n times in all.
func together(callers []*load, n int, work func(*load)) {
	var wait sync.WaitGroup
	for _, l := range callers {
		wait.Go(func() {
			for range (n + len(callers) - 1) / len(callers) {
				work(l)
			}
		})
	}
	wait.Wait()
}
