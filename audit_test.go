package faceid_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
)

// The whole suite runs under an audit: whatever its clients log, report or
// return is printed here with every verb, and at the end nothing of it may hold
// a secret, a token, a ticket, a name, an ID number or a photo.

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
	cache, err := os.MkdirTemp("", "faceid-test") // where the default store goes
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

// newClient is sim.Client under the audit.
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

// watch learns the tokens and tickets that the platform issues.
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

// Write takes what is logged.
func (a *audit) Write(p []byte) (int, error) { a.add(string(p)); return len(p), nil }

func (a *audit) add(text string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.seen == nil {
		a.seen = map[string]bool{}
	}
	a.seen[text] = true
}

// see prints values with every verb, and errors along their chain.
func (a *audit) see(values ...any) {
	for _, v := range values {
		if e, ok := v.(faceid.Event); ok { // there are very many
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
	switch e := err.(type) { //nolint:errorlint // the chain is walked by hand
	case interface{ Unwrap() error }:
		a.chain(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, err := range e.Unwrap() {
			a.chain(err)
		}
	}
}

// leaks looks for every canary in several spellings. One pass over the texts:
// a canary is looked up by its first bytes.
func (a *audit) leaks() (found []string, texts, canaries int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	const head = 6
	spellings := map[string][][2]string{} // by head: spelling and what it is
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

// The audit must be able to find something: everything printed without care.
func TestTheAuditFindsWhatLeaks(t *testing.T) {
	for name, leak := range map[string]func(a *audit){
		"a log line":  func(a *audit) { fmt.Fprint(a, "user canary-name-1 came") },
		"a struct":    func(a *audit) { a.see(struct{ n []byte }{[]byte("canary-name-1")}) },
		"an error":    func(a *audit) { a.see(fmt.Errorf("outer: %w", errors.New("canary-name-1"))) },
		"a branch":    func(a *audit) { a.see(fmt.Errorf("%w, %w", io.EOF, fmt.Errorf("x: %w", errors.New("canary-name-1")))) },
		"an event":    func(a *audit) { a.see(faceid.Event{Err: errors.New("canary-name-1")}) },
		"hex of it":   func(a *audit) { a.add(fmt.Sprintf("%x", "canary-name-1")) },
		"JSON base64": func(a *audit) { text, _ := json.Marshal([]byte("canary-name-1")); a.add(string(text)) },
	} {
		t.Run(name, func(t *testing.T) {
			a := &audit{canaries: map[string]string{"canary-name-1": "name"}}
			leak(a)
			found, _, _ := a.leaks()
			require.NotEmpty(t, found)
		})
	}
}

// Every value that this package hands out, or is handed, with marks in all its
// corners.
func TestNothingPrintsSecretsOrPersonalData(t *testing.T) {
	sim := faceidtest.Start(t)
	photo := append([]byte("\xff\xd8\xffcanary-photo-"), bytes.Repeat([]byte("canary-photo-"), 10)...)
	suite.canary("canary-photo-", "photo")
	sim.ScriptDefault(faceidtest.Ending{Photo: photo, Video: photo, Photos: [][]byte{photo}})
	c := newClient(sim)
	person := somebody
	person.Photo, person.PhotoType = photo, faceid.PhotoClear

	upload := faceid.GetPlusFaceIDRequest{OrderNo: "order0", Person: person}
	opened, err := c.GetPlusFaceID(t.Context(), upload)
	require.NoError(t, err)
	r := h5Request("order1")
	r.Person = person
	login, err := c.StartH5(t.Context(), r)
	require.NoError(t, err)
	suite.canary(login.URL, "login URL")
	suite.canary(regexp.MustCompile(`sign=([0-9A-F]{40})`).FindStringSubmatch(login.URL)[1], "launch signature")
	sdk := faceid.SDKRequest{Platform: faceid.PlatformIOS, Person: person}
	launch, err := c.StartSDK(t.Context(), sdk)
	require.NoError(t, err)
	suite.canary(launch.Params["sign"], "launch signature")
	pcRequest := faceid.PCRequest{OrderNo: "order2", Person: person, RedirectURL: "https://merchant.example/back"}
	pcLogin, err := c.StartPC(t.Context(), pcRequest)
	require.NoError(t, err)
	suite.canary(pcLogin.URL, "login URL")
	adv := faceid.GetAdvFaceIDRequest{OrderNo: "order3", Person: person}
	advResult, err := c.GetAdvFaceID(t.Context(), adv)
	require.NoError(t, err)
	basic := faceid.GetFaceIDRequest{OrderNo: "order4", Person: person}
	basicResult, err := c.GetFaceID(t.Context(), basic)
	require.NoError(t, err)
	pc := faceid.GetH5FaceIDRequest{OrderNo: "order5", Person: person}
	pcResult, err := c.GetH5FaceID(t.Context(), pc)
	require.NoError(t, err)
	back, err := sim.Visit(t.Context(), login.URL)
	require.NoError(t, err)
	cb, err := c.VerifyCallback(t.Context(), back)
	require.NoError(t, err)
	query := faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesAll}
	record, err := c.ConfirmFace(t.Context(), query)
	require.NoError(t, err)
	require.Equal(t, photo, record.Video)
	photos, err := c.QueryPhotoInfo(t.Context(), faceid.QueryPhotoInfoRequest{OrderNo: "order1"})
	require.NoError(t, err)
	store := faceid.NewMemoryStore()
	shared := newClient(sim, faceid.WithStore(store))
	_, err = shared.SignTicket(t.Context())
	require.NoError(t, err)
	lock, err := store.Lock(t.Context(), "x", 1)
	require.NoError(t, err)
	option := faceid.WithApp(sim.AppID(), sim.Secret())

	words := faceid.WillRound{Question: "canary-question: do you lend Zhang 5000?", Answers: []string{"canary-answer"}}
	will := faceid.Will{Rounds: []faceid.WillRound{words}}
	willRequest := faceid.GetWillFaceIDRequest{OrderNo: "order6", Person: person, Will: will, WillMidAnswer: "canary-fallback"}
	willH5 := faceid.WillH5Request{Person: person, Will: will, FallbackAnswer: "canary-fallback"}
	willSDK := faceid.WillSDKRequest{Person: person, Will: will}
	willQuery := faceid.GetWillFaceResultRequest{OrderNo: "order6", AppFile: faceid.WillAppAll, MediaTo: func(string) io.Writer { return io.Discard }}
	nfcQuery := faceid.GetIDCardNFCResultRequest{OrderNo: "order6", ReqID: "canary-reqid-1"}
	for value, kind := range map[string]string{
		words.Question: "question", words.Answers[0]: "answer", willH5.FallbackAnswer: "fallback answer", nfcQuery.ReqID: "reqId",
	} {
		suite.canary(value, kind)
	}
	reading := documentedReading(t, photo)
	permit := faceid.TravelPermit{Number: "canary-permit-1"}
	suite.canary(permit.Number, "permit")
	nfc := faceid.NFCRequest{Platform: faceid.PlatformIOS, UserID: "user1", Permit: &permit}

	values := []any{
		words, &words, will, &will, willRequest, &willRequest, willSDK, &willSDK, willH5, &willH5, willQuery, &willQuery, nfcQuery, &nfcQuery,
		permit, &permit, nfc, &nfc,
		person, &person, upload, &upload, opened, *opened, r, &r, login, *login, &login.Session, sdk, &sdk, launch, *launch,
		pcRequest, &pcRequest, pcLogin, *pcLogin, adv, &adv, advResult, *advResult, basic, &basic, basicResult, *basicResult, pc, &pc, pcResult, *pcResult,
		cb, *cb, query, record, *record, photos, *photos, c, *c, store, lock, option, sim, record.Raw, opened.Raw,
		[]any{record, person}, map[string]any{"r": record}, struct{ P faceid.Person }{person}, []faceid.Person{person},
	}
	values = append(values, reading...)
	suite.see(values...)
	for _, v := range values {
		slog.New(slog.NewJSONHandler(&suite, nil)).Info("value", "v", v)
	}
	for _, v := range []any{words, will, willRequest, willSDK, willH5, willQuery, nfcQuery} {
		require.Implements(t, (*slog.LogValuer)(nil), v)
		var logged bytes.Buffer
		slog.New(slog.NewJSONHandler(&logged, nil)).Info("value", "v", v)
		var line struct{ V string }
		require.NoError(t, json.Unmarshal(logged.Bytes(), &line))
		require.Equal(t, fmt.Sprint(v), line.V, "JSON logs what prints")
	}
	for _, v := range []any{login.Session, record, photos, cb} { // what a merchant may store
		text, err := json.Marshal(v)
		require.NoError(t, err)
		suite.add(string(text))
	}
	found, _, _ := suite.leaks()
	require.Empty(t, found)
}

// documentedReading is what will, OCR and NFC bring, full of marks.
func documentedReading(t *testing.T, photo []byte) []any {
	client, mock, _ := nfcClient(t)
	mark := base64.StdEncoding.EncodeToString(photo)
	suite.canary(mark[:40], "photo")
	respelt(t, mock, pathWillEnd, "getWillFaceResult.app", "as printed", func(result map[string]any) {
		playable(result)
		for _, name := range []string{"photo", "willUserAudio", "willUserVideo"} {
			result[name] = mark
		}
		result["willUserAnswer"], result["willTurnsData"].([]any)[0].(map[string]any)["willUserAnswer"] = somebody.Name, somebody.Name
		result["willTurnsData"].([]any)[0].(map[string]any)["willUserAudio"] = mark
	})
	will, err := client.ConfirmWill(t.Context(), faceid.GetWillFaceResultRequest{OrderNo: "order1"})
	require.NoError(t, err)
	require.Equal(t, photo, will.Turns[0].UserAudio)
	respelt(t, mock, pathOCR, "getOcrResult.idcard", "as printed", func(result map[string]any) {
		result["orderNo"], result["name"], result["idcard"], result["address"], result["frontPhoto"] = "order1", somebody.Name, somebody.IDNo, somebody.Name, mark
		result["nativePlace"], result["authority"], result["validDate"] = somebody.Name, somebody.Name, somebody.IDNo
	})
	ocr, err := client.GetOCRResult(t.Context(), faceid.GetOCRResultRequest{OrderNo: "order1"})
	require.NoError(t, err)
	respelt(t, mock, pathBankCard, "getBankCardOcrResult.bankcard", "as printed", func(result map[string]any) {
		result["orderNo"], result["bankCardNo"], result["originBankcardPhoto"] = "order1", somebody.IDNo, mark
	})
	bank, err := client.GetBankCardOCRResult(t.Context(), faceid.GetBankCardOCRResultRequest{OrderNo: "order1"})
	require.NoError(t, err)
	nfcAnswer(mock, encrypted(t, nfcKey, with(card, map[string]any{"frontPhoto": mark})))
	nfc, err := client.GetIDCardNFCResult(t.Context(), nfcQuery)
	require.NoError(t, err)
	require.Equal(t, photo, nfc.FrontPhoto)
	suite.canary(nfcKey, "NFC key")
	return []any{will, *will, will.Turns[0], &will.Turns[0], ocr, *ocr, bank, *bank, nfc, *nfc, client, *client, faceid.WithNFCKey(nfcKey)}
}

// The platform may put anything into its words.
func TestThePlatformsWordsAreCleaned(t *testing.T) {
	sim := faceidtest.Start(t)
	c := newClient(sim)
	ticket, err := c.SignTicket(t.Context())
	require.NoError(t, err)
	sim.FailNext(pathPlus, faceidtest.FaultCode("66660000", somebody.Name+" "+somebody.IDNo+" "+ticket+"\x1b[31m\n"+strings.Repeat("x", 5000)))
	_, err = c.GetPlusFaceID(t.Context(), faceid.GetPlusFaceIDRequest{OrderNo: "order1", Person: somebody})
	suite.see(err)
	require.ErrorContains(t, err, "[redacted]")
	require.Less(t, len(err.Error()), 1000)
	require.NotContains(t, err.Error(), "\n")
	require.NotContains(t, err.Error(), "\x1b")

	sim.FailNext(pathRecord, faceidtest.FaultCode("1\n"+strings.Repeat("9", 5000), "x"))
	_, err = c.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
	require.ErrorIs(t, err, faceid.ErrUnknownCode)
	require.Less(t, len(err.Error()), 2000)
	require.NotContains(t, err.Error(), "\n")
}

func TestDoorsThatWereNotOpened(t *testing.T) {
	_, err := faceid.New()
	require.ErrorContains(t, err, "WithApp")
	c, err := faceid.New(faceid.WithCloud(common.NewCredential("id", "canary-secret"), "ap-guangzhou"),
		faceid.WithIntl(common.NewCredential("id", "canary-secret"), "ap-singapore"))
	require.NoError(t, err)
	suite.see(c)
	for name, call := range map[string]func(ctx context.Context) error{
		"GetPlusFaceID": func(ctx context.Context) error {
			_, err := c.GetPlusFaceID(ctx, faceid.GetPlusFaceIDRequest{})
			return err
		},
		"StartH5": func(ctx context.Context) error { _, err := c.StartH5(ctx, faceid.H5Request{}); return err },
		"StartPC": func(ctx context.Context) error { _, err := c.StartPC(ctx, faceid.PCRequest{}); return err },
		"OpenPC":  func(ctx context.Context) error { _, err := c.OpenPC(ctx, faceid.PCRequest{}); return err },
		"GetAdvFaceID": func(ctx context.Context) error {
			_, err := c.GetAdvFaceID(ctx, faceid.GetAdvFaceIDRequest{})
			return err
		},
		"GetFaceID":   func(ctx context.Context) error { _, err := c.GetFaceID(ctx, faceid.GetFaceIDRequest{}); return err },
		"GetH5FaceID": func(ctx context.Context) error { _, err := c.GetH5FaceID(ctx, faceid.GetH5FaceIDRequest{}); return err },
		"OpenH5":      func(ctx context.Context) error { _, err := c.OpenH5(ctx, faceid.H5Request{}); return err },
		"LoginURL":    func(ctx context.Context) error { _, err := c.LoginURL(ctx, nil); return err },
		"StartSDK":    func(ctx context.Context) error { _, err := c.StartSDK(ctx, faceid.SDKRequest{}); return err },
		"QueryFaceRecord": func(ctx context.Context) error {
			_, err := c.QueryFaceRecord(ctx, faceid.QueryFaceRecordRequest{})
			return err
		},
		"ConfirmFace": func(ctx context.Context) error {
			_, err := c.ConfirmFace(ctx, faceid.QueryFaceRecordRequest{})
			return err
		},
		"WaitFaceFiles": func(ctx context.Context) error {
			_, err := c.WaitFaceFiles(ctx, faceid.QueryFaceRecordRequest{GetFile: faceid.FilesAll})
			return err
		},
		"QueryPhotoInfo": func(ctx context.Context) error {
			_, err := c.QueryPhotoInfo(ctx, faceid.QueryPhotoInfoRequest{})
			return err
		},
		"VerifyCallback": func(ctx context.Context) error {
			r, _ := http.NewRequestWithContext(ctx, http.MethodGet, "/?code=0", nil)
			_, err := c.VerifyCallback(ctx, r)
			return err
		},
		"GetWillFaceID": func(ctx context.Context) error {
			_, err := c.GetWillFaceID(ctx, faceid.GetWillFaceIDRequest{})
			return err
		},
		"StartWillSDK": func(ctx context.Context) error {
			_, err := c.StartWillSDK(ctx, faceid.WillSDKRequest{})
			return err
		},
		"StartWillH5": func(ctx context.Context) error { _, err := c.StartWillH5(ctx, faceid.WillH5Request{}); return err },
		"OpenWillH5":  func(ctx context.Context) error { _, err := c.OpenWillH5(ctx, faceid.WillH5Request{}); return err },
		"GetWillFaceResult": func(ctx context.Context) error {
			_, err := c.GetWillFaceResult(ctx, faceid.GetWillFaceResultRequest{})
			return err
		},
		"ConfirmWill": func(ctx context.Context) error {
			_, err := c.ConfirmWill(ctx, faceid.GetWillFaceResultRequest{})
			return err
		},
		"WaitWillResult": func(ctx context.Context) error {
			_, err := c.WaitWillResult(ctx, faceid.GetWillFaceResultRequest{})
			return err
		},
		"StartOCR": func(ctx context.Context) error { _, err := c.StartOCR(ctx, faceid.OCRRequest{}); return err },
		"GetOCRResult": func(ctx context.Context) error {
			_, err := c.GetOCRResult(ctx, faceid.GetOCRResultRequest{})
			return err
		},
		"ConfirmOCR": func(ctx context.Context) error {
			_, err := c.ConfirmOCR(ctx, faceid.GetOCRResultRequest{}, faceid.AnyPerson, faceid.OCRBothSides)
			return err
		},
		"GetBankCardOCRResult": func(ctx context.Context) error {
			_, err := c.GetBankCardOCRResult(ctx, faceid.GetBankCardOCRResultRequest{})
			return err
		},
		"ConfirmBankCardOCR": func(ctx context.Context) error {
			_, err := c.ConfirmBankCardOCR(ctx, faceid.GetBankCardOCRResultRequest{}, faceid.AnyPerson)
			return err
		},
		"GetOCRCertID": func(ctx context.Context) error {
			_, err := c.GetOCRCertID(ctx, faceid.GetOCRCertIDRequest{})
			return err
		},
		"StartNFC": func(ctx context.Context) error { _, err := c.StartNFC(ctx, faceid.NFCRequest{}); return err },
		"GetIDCardNFCResult": func(ctx context.Context) error {
			_, err := c.GetIDCardNFCResult(ctx, faceid.GetIDCardNFCResultRequest{})
			return err
		},
		"ConfirmNFC": func(ctx context.Context) error {
			_, err := c.ConfirmNFC(ctx, faceid.GetIDCardNFCResultRequest{}, somebody)
			return err
		},
		"AccessToken": func(ctx context.Context) error { _, err := c.AccessToken(ctx); return err },
		"SignTicket":  func(ctx context.Context) error { _, err := c.SignTicket(ctx); return err },
		"NonceTicket": func(ctx context.Context) error { _, err := c.NonceTicket(ctx, "u"); return err },
	} {
		t.Run(name, func(t *testing.T) {
			err := call(t.Context())
			require.ErrorIs(t, err, faceid.ErrDoorClosed)
			require.ErrorContains(t, err, "WithApp")
			require.ErrorContains(t, err, name)
		})
	}
	require.NoError(t, c.Close(t.Context()))
	require.Empty(t, c.AppID())
}

func TestOptionsCheckThemselvesAndSayTheirName(t *testing.T) {
	app := faceid.WithApp("TIDA0001", "secret")
	for name, test := range map[string]struct {
		opts   []faceid.Option
		reason string
	}{
		"WithApp: appID is empty":    {[]faceid.Option{faceid.WithApp("", "s")}, "empty"},
		"WithApp: appID too long":    {[]faceid.Option{faceid.WithApp("TIDA00011", "s")}, "8"},
		"WithApp: appID ill-formed":  {[]faceid.Option{faceid.WithApp("TIDA 001", "s")}, "letters and digits"},
		"WithApp: secret too long":   {[]faceid.Option{faceid.WithApp("TIDA0001", strings.Repeat("canary-s", 9))}, "64"},
		"WithApp: pasted line break": {[]faceid.Option{faceid.WithApp("TIDA0001", "canary-secret\n")}, "ASCII"},
		"WithApp: no secret":         {[]faceid.Option{faceid.WithApp("TIDA0001", "")}, "empty"},
		"WithApp: two secrets":       {[]faceid.Option{app, faceid.WithSecretProvider(func(context.Context) (string, error) { return "", nil })}, "either"},
		"WithSecretProvider: nil":    {[]faceid.Option{app, faceid.WithSecretProvider(nil)}, "nil"},
		"WithSecretProvider: no app": {[]faceid.Option{faceid.WithCloud(common.NewCredential("a", "b"), "r"), faceid.WithSecretProvider(func(context.Context) (string, error) { return "", nil })}, "WithApp"},
		"WithProduct: empty":         {[]faceid.Option{app, faceid.WithProduct("")}, "empty"},
		"WithCloud: nil":             {[]faceid.Option{faceid.WithCloud(nil, "r")}, "nil"},
		"WithIntl: no region":        {[]faceid.Option{faceid.WithIntl(common.NewCredential("a", "b"), "")}, "region"},
		"WithFieldEncryption: odd":   {[]faceid.Option{faceid.WithFieldEncryption(faceid.FieldEncryption{Algorithm: "AES"})}, "SM4GCM"},
		"WithFieldEncryption: alone": {[]faceid.Option{app, faceid.WithFieldEncryption(faceid.FieldEncryption{})}, "WithCloud"},
		"WithStore: nil":             {[]faceid.Option{app, faceid.WithStore(nil)}, "nil"},
		"WithHTTPClient: nil":        {[]faceid.Option{app, faceid.WithHTTPClient(nil)}, "nil"},
		"WithBaseURL: no scheme":     {[]faceid.Option{app, faceid.WithBaseURL("kyc1.qcloud.com")}, "scheme"},
		"WithBaseURL: no host":       {[]faceid.Option{app, faceid.WithBaseURL("https://:80")}, "host"},
		"WithBaseURL: a path":        {[]faceid.Option{app, faceid.WithBaseURL("https://kyc1.qcloud.com/api")}, "only scheme and host"},
		"WithBaseURL: user":          {[]faceid.Option{app, faceid.WithBaseURL("https://canary-secret@kyc1.qcloud.com")}, "only scheme and host"},
		"WithTokenAppIDName: odd":    {[]faceid.Option{app, faceid.WithTokenAppIDName("appid")}, "app_id"},
		"WithLoginDomain: top":       {[]faceid.Option{app, faceid.WithLoginDomain("com")}, "domain"},
		"WithLoginDomain: address":   {[]faceid.Option{app, faceid.WithLoginDomain("10.0.0.1")}, "domain"},
		"WithLoginDomain: path":      {[]faceid.Option{app, faceid.WithLoginDomain("a.example/x")}, "domain"},
		"WithMaxAnswer: 0":           {[]faceid.Option{app, faceid.WithMaxAnswer(0)}, "1024"},
		"WithLogger: nil":            {[]faceid.Option{app, faceid.WithLogger(nil)}, "nil"},
		"WithObserver: nil":          {[]faceid.Option{app, faceid.WithObserver(nil)}, "nil"},
		"WithCallbackOnce: nil":      {[]faceid.Option{app, faceid.WithCallbackOnce(nil)}, "nil"},
		"New: nil option":            {[]faceid.Option{app, nil}, "nil"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := faceid.New(test.opts...)
			require.Nil(t, c)
			option, _, _ := strings.Cut(name, ":")
			require.ErrorContains(t, err, "faceid: "+option)
			require.ErrorContains(t, err, test.reason)
			suite.see(err)
		})
	}
}
