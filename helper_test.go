package faceid_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// badAddresses are addresses that two readers would read in two ways, with the reason
// that the error names.
var badAddresses = map[string]string{
	"":                                                  "empty",
	"https://m.example/#/back":                          "fragment",
	"https://m.example/back#":                           "fragment",
	"https://m.example/?a=1#b":                          "fragment",
	"https://m.example/back ":                           "percent-encoded",
	" https://m.example/back":                           "percent-encoded",
	"https://m.example/back\n":                          "control",
	"https://m.example/\tback":                          "control",
	"https://m.example/ba ck":                           "percent-encoded",
	"https://m.example/back\u00a0":                      "not ASCII",
	"https://m.example/back\u3000":                      "not ASCII",
	"https://m.example/\u202ekcab":                      "invisible",
	"https://m.example/\u2066back":                      "invisible",
	"https://m.example/\u200bback":                      "invisible",
	"\ufeffhttps://m.example/back":                      "invisible",
	"https://m.example/\ufffd":                          "U+FFFD",
	"https://m.example/\xff":                            "UTF-8",
	"https://m.example/回来":                              "percent-encode",
	"https://m.example/?name=张":                         "percent-encode",
	"https://商店.example/back":                           "ASCII",
	"https://m。example/back":                            "ASCII",
	"https://m．example/back":                            "ASCII",
	"https://m.example／back":                            "ASCII",
	`https://m.example\back`:                            "backslash",
	`https://m.example\@evil.example/`:                  "backslash",
	`https:\\m.example/back`:                            "backslash",
	"HTTPS://m.example/back":                            "small letters",
	"https://m.example/<back>":                          "percent-encoded",
	`https://m.example/?q="x"`:                          "percent-encoded",
	"https://m.example/?q={x}":                          "percent-encoded",
	"https://m.example/?q=a|b":                          "percent-encoded",
	"https://m.example/%zz":                             "not a URL",
	"https://m.example/a/../b":                          "browsers resolve",
	"https://m.example/a/%2e%2E/b":                      "browsers resolve",
	"https://m.example/./b":                             "browsers resolve",
	"https://m.example/a/..":                            "browsers resolve",
	"https://m.example:99999/back":                      "port",
	"https://m.example:65536/back":                      "port",
	"https://m.example:0/back":                          "port",
	"https://m.example:/back":                           "port",
	"https://m.example:0443/back":                       "port",
	"https://m.example:-1/back":                         "not a URL",
	"https://m.example:x/back":                          "not a URL",
	"https://m.example./back":                           "host",
	"https://m..example/back":                           "host",
	"https://.m.example/back":                           "host",
	"https://-m.example/back":                           "host",
	"https://m-.example/back":                           "host",
	"https://m.exam%70le/back":                          "URL",
	"https://m!.example/back":                           "host",
	"https://127.1/back":                                "host",
	"https://2130706433/back":                           "host",
	"https://0x7f000001/back":                           "host",
	"https://0x7f.0.0.0x1/back":                         "host",
	"https://127.000.000.001/back":                      "host",
	"https://1.2.3.4.5/back":                            "host",
	"https://256.1.1.1/back":                            "host",
	"https://[::1%25eth0]/back":                         "IPv6",
	"https://[::g]/back":                                "",
	"https://[127.0.0.1]/back":                          "",
	"https://" + strings.Repeat("a.", 130) + "example/": "host",
	"https://" + strings.Repeat("a", 64) + ".example/":  "host",
	"https:///back":                                     "absolute",
	"https:m.example/back":                              "",
	"//m.example/back":                                  "absolute",
	"/back":                                             "absolute",
	"m.example/back":                                    "absolute",
	"javascript:alert(1)":                               "absolute",
	"ftp://m.example/back":                              "absolute",
	"https://a:b@m.example/back":                        "user info",
	"https://@m.example/back":                           "",
	"https://m.example@evil.example/":                   "user info",
	"https://m.example/?a=%zz":                          "query",
	"https://m.example/?a=b;c=d":                        "query",
}

// events keeps the events that an observer is told, and shows them to the audit.
type events struct {
	mu  sync.Mutex
	all []faceid.Event
}

func (o *events) option() faceid.Option {
	return faceid.WithObserver(func(_ context.Context, e faceid.Event) {
		suite.see(e)
		o.mu.Lock()
		defer o.mu.Unlock()
		o.all = append(o.all, e)
	})
}

// take returns the events since the last call of take.
func (o *events) take() []faceid.Event {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := o.all
	o.all = nil
	return all
}

// of returns the events of a kind.
func (o *events) of(kind faceid.EventKind) (some []faceid.Event) {
	for _, e := range o.take() {
		if e.Kind == kind {
			some = append(some, e)
		}
	}
	return some
}

func (o *events) one(t testing.TB, kind faceid.EventKind) faceid.Event {
	t.Helper()
	some := o.of(kind)
	require.Len(t, some, 1, "one %s", kind)
	return some[0]
}

// told returns the events without the parts that differ from run to run, sorted, as
// calls at the same time have no order.
func told(all []faceid.Event) (list []string) {
	for _, e := range all {
		list = append(list, strings.TrimSpace(fmt.Sprintf("%s %s %s", e.Kind, e.Op, e.Endpoint)))
	}
	return list
}

const (
	pathToken    = "/api/oauth2/access_token"
	pathTicket   = "/api/oauth2/api_ticket"
	pathPlus     = "/api/server/getPlusFaceId"
	pathAdv      = "/api/server/getAdvFaceId"
	pathBasic    = "/api/server/getfaceid"
	pathPC       = "/api/server/h5/geth5faceid"
	pathWill     = "/api/server/getWillFaceId"
	pathWillEnd  = "/api/server/getWillFaceResult"
	pathOCR      = "/api/server/getOcrResult"
	pathBankCard = "/api/server/getBankCardOcrResult"
	pathNFC      = "/api/server/getOcrCertId"
	pathNFCEnd   = "/api/v2/nfcpaas/getIdcardNfcResult"
	pathRecord   = "/api/v2/base/queryfacerecord"
	pathPhotos   = "/api/v2/base/queryphotoinfo"
)

// somebody is an invented person, whose number has a valid check digit.
var somebody = faceid.Person{UserID: "user1", Name: "李测试", IDNo: "110101199003074477"}

func h5Request(orderNo string) faceid.H5Request {
	return faceid.H5Request{OrderNo: orderNo, Person: somebody, RedirectURL: "https://merchant.example/back?lang=zh&x=a%2Fb"}
}

// tinyPNG is a picture of two by two dots.
var tinyPNG = func() []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		panic(err)
	}
	return b.Bytes()
}()

func smallPNG(testing.TB) []byte { return bytes.Clone(tinyPNG) }

// finish opens a verification in the browser and has the person end it.
func finish(t testing.TB, sim *faceidtest.Server, c *faceid.Client, orderNo string) *http.Request {
	t.Helper()
	login, err := c.StartH5(t.Context(), h5Request(orderNo))
	require.NoError(t, err)
	back, err := sim.Visit(t.Context(), login.URL)
	require.NoError(t, err)
	return back
}

// storeName is the key under which the simulator's credentials are stored. It differs
// for each secret, so that processes with different secrets never meet.
func storeName(sim *faceidtest.Server) string {
	return sim.AppID() + "@kyc1.faceid.test#" + hex.EncodeToString(derived(sim.Secret(), "faceid record 2 name", 8))
}

func derived(secret, purpose string, length int) []byte {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, purpose, length)
	if err != nil {
		panic(err)
	}
	return key
}

// unsealed unseals the record that a store has under storeName.
func unsealed(t testing.TB, sim *faceidtest.Server, stored []byte) string {
	t.Helper()
	block, err := aes.NewCipher(derived(sim.Secret(), "faceid record 2 seal", 32))
	require.NoError(t, err)
	aead, err := cipher.NewGCM(block)
	require.NoError(t, err)
	sealed, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(string(stored), "faceid 2 "))
	require.NoError(t, err)
	text, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], []byte("faceid 2 "+storeName(sim)))
	require.NoError(t, err)
	return string(text)
}

// within returns the context of a caller with a deadline, who waits for credentials
// until then.
func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// roundTripper is an http.RoundTripper made of a function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// fuzzPlatform is an HTTP client that answers every token and ticket call.
var fuzzPlatform = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
	body := `{"code":"0","tickets":[{"value":"ticket_string","expire_in":"3600"}]}`
	if r.URL.Path == pathToken {
		body = `{"code":"0","access_token":"accessToken_string","expire_in":"7200"}`
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
})}

// logged returns what a line of JSON has for the attribute v.
func logged(t *testing.T, v any) string {
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "v", v)
	var line struct{ V json.RawMessage }
	require.NoError(t, json.Unmarshal(log.Bytes(), &line))
	return string(line.V)
}
