package faceid_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

// harmless are the fields of plain text that may be printed, as they name an order, a
// call, a code or an error. All other plain texts and bytes get a mark.
var harmless = strings.Fields(`
	OrderNo UserID FaceID OCRCertID OptimalDomain BizSeqNo RequestID RedirectURL Licence QueryVersion Description Result Status
	ArgumentError.Field ArgumentError.Reason Error.Op Error.Message Event.Op Event.Endpoint Explanation.Gloss
	Explanation.Message Explanation.Remark Explanation.Handling Explanation.GlossZH Explanation.HandlingZH RiskInfo Validity IntentionVerifyType H5FaceID FinalResultCode
	GetPlusFaceIDResult.Raw GetAdvFaceIDResult.Raw GetFaceIDResult.Raw GetH5FaceIDResult.Raw GetWillFaceIDResult.Raw GetOCRCertIDResult.Raw
	GetWeChatBillDetailsRequest.Date MissingFilesError.Files OtherPersonError.Place CloudCall.Action SealedField.Name KYC1Answer.Code
	FieldEncryption.RSAKey FieldEncryption.SM2Key`)

const mark = "canary-of-types-01"

// print prints a value with the verbs, directly and inside other values.
func (a *audit) print(v any, verbs ...string) {
	for _, verb := range verbs {
		a.add(fmt.Sprintf(verb, v))
	}
	log.New(a, "", 0).Print(v)
	slog.New(slog.NewTextHandler(a, nil)).Info("m", "v", v, slog.Group("g", "v", v))
}

// fill puts marks into all fields that are not harmless, and reports whether there was
// one.
func fill(v reflect.Value) (marked bool) {
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() {
			v.SetString(mark)
			return true
		}
	case reflect.Pointer:
		p := reflect.New(v.Type().Elem())
		if marked = fill(p.Elem()); marked {
			v.Set(p)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte(mark))
			return true
		}
		element := reflect.New(v.Type().Elem()).Elem()
		if marked = fill(element); marked {
			v.Set(reflect.Append(v, element))
		}
	case reflect.Map:
		if v.Type() == reflect.TypeFor[map[string]string]() {
			v.Set(reflect.ValueOf(map[string]string{"k": mark}))
			return true
		}
	case reflect.Struct:
		if slices.Contains(harmless, v.Type().Name()) {
			return false
		}
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.IsExported() && !slices.Contains(harmless, f.Name) && !slices.Contains(harmless, v.Type().Name()+"."+f.Name) {
				marked = fill(v.Field(i)) || marked
			}
		}
	}
	return marked
}

// The whole suite runs under an audit. Whatever its clients log, report or return is
// printed here with every verb, and at the end none of it may hold a secret, a token, a
// ticket, a name, an ID number or a photo.

var suite = audit{canaries: map[string]string{
	somebody.Name: "name", somebody.IDNo: "ID number",
	"canary-secret": "secret", "canary-wrong": "secret", wireToken: "token", wireSecret: "secret",
}}

func TestMain(m *testing.M) {
	if role, ok := roles[os.Getenv("FACEID_TEST_ROLE")]; ok {
		if err := role(os.Args[1:]); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	cache, err := os.MkdirTemp("", "faceid-test") // The default store goes there.
	if err != nil {
		panic(err)
	}
	os.Setenv("XDG_CACHE_HOME", cache)
	os.Setenv("HOME", cache)
	code := m.Run()
	os.RemoveAll(cache)
	leaks, texts, canaries := suite.leaks()
	if len(leaks) > 0 {
		fmt.Println("FAIL: the audit found:", leaks)
		code = 1
	}
	if m != nil && texts == 0 {
		fmt.Println("audit: nothing was printed in this run")
	} else {
		fmt.Printf("audit: %d texts hold none of %d canaries\n", texts, canaries)
	}
	os.Exit(code)
}

type audit struct {
	mu       sync.Mutex
	seen     map[string]bool
	canaries map[string]string
}

// newClient makes the client that sim.Client makes, under the audit.
func newClient(sim *faceidtest.Server, opts ...faceid.Option) *faceid.Client {
	return sim.Client(append(suite.options(sim), opts...)...)
}

func (a *audit) options(sim *faceidtest.Server) []faceid.Option {
	a.canary(sim.Secret(), "secret")
	return []faceid.Option{
		faceid.WithHTTPClient(&http.Client{Transport: a.watch(sim)}),
		faceid.WithLogger(slog.New(slog.NewJSONHandler(a, &slog.HandlerOptions{Level: slog.LevelDebug}))),
		faceid.WithObserver(func(_ context.Context, e faceid.Event) { a.see(e) }),
	}
}

func (a *audit) canary(value, kind string) {
	if len(value) < 8 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.canaries[value] = kind
}

var issued = regexp.MustCompile(`"(?:access_token|value)":"([^"]+)"`)

// watch is a transport that learns the tokens and tickets that the platform issues.
func (a *audit) watch(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(r)
		if err != nil || !strings.HasPrefix(r.URL.Path, "/api/oauth2/") || response.StatusCode != 200 || response.ContentLength < 0 {
			return response, err
		}
		text, err := io.ReadAll(response.Body)
		for _, m := range issued.FindAllStringSubmatch(string(text), -1) {
			a.canary(m[1], "token or ticket")
		}
		rest := io.Reader(bytes.NewReader(text))
		if err != nil {
			rest = io.MultiReader(rest, iotestErr{err})
		}
		response.Body = io.NopCloser(rest)
		return response, nil
	})
}

type iotestErr struct{ err error }

func (r iotestErr) Read([]byte) (int, error) { return 0, r.err }

// Write notes a line of the log.
func (a *audit) Write(p []byte) (int, error) { a.add(string(p)); return len(p), nil }

func (a *audit) add(text string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.seen == nil {
		a.seen = map[string]bool{}
	}
	a.seen[text] = true
}

// see prints values with every verb, and errors along their chains.
func (a *audit) see(values ...any) {
	for _, v := range values {
		if e, ok := v.(faceid.Event); ok { // There are very many events.
			a.add(fmt.Sprintf("%+v", e))
			a.chain(e.Err)
			continue
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			a.add(fmt.Sprintf(verb, v))
		}
		slog.New(slog.NewTextHandler(a, nil)).Info("value", "v", v)
		if err, ok := v.(error); ok {
			a.chain(err)
		}
	}
}

// chain walks every branch of an error.
func (a *audit) chain(err error) {
	if err == nil {
		return
	}
	a.add(err.Error())
	switch e := err.(type) { //nolint:errorlint // The chain is walked by hand.
	case interface{ Unwrap() error }:
		a.chain(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, err := range e.Unwrap() {
			a.chain(err)
		}
	}
}

// leaks looks for every canary in several spellings. It goes through the texts once and
// looks a canary up by its first bytes.
func (a *audit) leaks() (found []string, texts, canaries int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	const head = 6
	spellings := map[string][][2]string{} // The key is the first bytes; a value holds the spelling and what it is.
	for canary, kind := range a.canaries {
		for form, text := range map[string]string{
			"": canary, " in base64": base64.StdEncoding.EncodeToString([]byte(canary)),
			" in hex": hex.EncodeToString([]byte(canary)), " in HEX": strings.ToUpper(hex.EncodeToString([]byte(canary))),
			" as bytes": strings.Trim(fmt.Sprint([]byte(canary)), "[]"), " in Go": strings.Trim(fmt.Sprintf("%#v", []byte(canary)), "[]byte{}"),
		} {
			spellings[text[:head]] = append(spellings[text[:head]], [2]string{text, kind + form})
		}
	}
	for text := range a.seen {
		for i := 0; i+head <= len(text); i++ {
			for _, s := range spellings[text[i:i+head]] {
				if strings.HasPrefix(text[i:], s[0]) {
					found = append(found, fmt.Sprintf("%s: %.300s", s[1], text[max(0, i-100):]))
				}
			}
		}
	}
	return found, len(a.seen), len(a.canaries)
}
