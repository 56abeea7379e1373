package faceid_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"slices"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// The audit must find the values that are printed without care.
func TestPrintingAuditFindsWhatLeaks(t *testing.T) {
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

// Every value that this package returns or takes is printed with marks in all its
// fields.
func TestPrintingShowsNoSecretsOrPersonalData(t *testing.T) {
	sim := faceidtest.Start(t)
	photo := append([]byte("\xff\xd8\xffcanary-photo-"), bytes.Repeat([]byte("canary-photo-"), 10)...)
	suite.canary("canary-photo-", "photo")
	sim.ScriptDefault(faceidtest.Ending{Photo: photo, Video: photo, Photos: [][]byte{photo}})
	c := newClient(sim)
	person := somebody
	person.Photo, person.PhotoType = photo, faceid.PhotoClear

	login, launches := printedLaunches(t, c, person)
	results, stored := printedResults(t, sim, c, login, photo)
	asked := printedWill(person)
	values := slices.Concat(
		[]any{person, &person, *c, c, sim, struct{ P faceid.Person }{person}, []faceid.Person{person}},
		printedUploads(t, c, person), launches, results, asked, printedReading(), printedStore(t, sim), documentedReading(t, photo))
	suite.see(values...)
	for _, v := range values {
		slog.New(slog.NewJSONHandler(&suite, nil)).Info("value", "v", v)
	}
	for _, v := range asked {
		require.Implements(t, (*slog.LogValuer)(nil), v)
		var logged bytes.Buffer
		slog.New(slog.NewJSONHandler(&logged, nil)).Info("value", "v", v)
		var line struct{ V string }
		require.NoError(t, json.Unmarshal(logged.Bytes(), &line))
		require.Equal(t, fmt.Sprint(v), line.V, "JSON logs what prints")
	}
	for _, v := range append(stored, login.Session) { // A merchant may store these.
		text, err := json.Marshal(v)
		require.NoError(t, err)
		suite.add(string(text))
	}
	found, _, _ := suite.leaks()
	require.Empty(t, found)
}

// printedUploads uploads a person for each product and returns requests and results.
func printedUploads(t *testing.T, c *faceid.Client, person faceid.Person) []any {
	plus := faceid.GetPlusFaceIDRequest{OrderNo: "order0", Person: person}
	plusResult, err := c.GetPlusFaceID(t.Context(), plus)
	require.NoError(t, err)
	adv := faceid.GetAdvFaceIDRequest{OrderNo: "order3", Person: person}
	advResult, err := c.GetAdvFaceID(t.Context(), adv)
	require.NoError(t, err)
	basic := faceid.GetFaceIDRequest{OrderNo: "order4", Person: person}
	basicResult, err := c.GetFaceID(t.Context(), basic)
	require.NoError(t, err)
	pc := faceid.GetH5FaceIDRequest{OrderNo: "order5", Person: person}
	pcResult, err := c.GetH5FaceID(t.Context(), pc)
	require.NoError(t, err)
	return []any{
		plus, &plus, plusResult, *plusResult, plusResult.Raw, adv, &adv, advResult, *advResult,
		basic, &basic, basicResult, *basicResult, pc, &pc, pcResult, *pcResult,
	}
}

// printedLaunches launches a person in a browser, in an App and on a PC.
func printedLaunches(t *testing.T, c *faceid.Client, person faceid.Person) (*faceid.PageLogin, []any) {
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
	pc := faceid.PCRequest{OrderNo: "order2", Person: person, RedirectURL: "https://merchant.example/back"}
	pcLogin, err := c.StartPC(t.Context(), pc)
	require.NoError(t, err)
	suite.canary(pcLogin.URL, "login URL")
	return login, []any{
		r, &r, login, *login, &login.Session, sdk, &sdk, launch, *launch, pc, &pc, pcLogin, *pcLogin,
	}
}

// printedResults ends a verification and returns all that tells of it, and that of it which
// a merchant may store.
func printedResults(t *testing.T, sim *faceidtest.Server, c *faceid.Client, login *faceid.PageLogin, photo []byte) (all, stored []any) {
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
	return []any{
		cb, *cb, query, record, *record, photos, *photos, record.Raw, []any{record, somebody}, map[string]any{"r": record},
	}, []any{record, photos, cb}
}

// printedStore returns what keeps the credentials, and the option that gives the
// secret.
func printedStore(t *testing.T, sim *faceidtest.Server) []any {
	store := faceid.NewMemoryStore()
	_, err := newClient(sim, faceid.WithStore(store)).SignTicket(t.Context())
	require.NoError(t, err)
	lock, err := store.Lock(t.Context(), "x", 1)
	require.NoError(t, err)
	return []any{store, lock, faceid.WithApp(sim.AppID(), sim.Secret())}
}

// printedWill returns every request that holds what a person is asked.
func printedWill(person faceid.Person) []any {
	words := faceid.WillRound{Question: "canary-question: do you lend Zhang 5000?", Answers: []string{"canary-answer"}}
	will := faceid.Will{Rounds: []faceid.WillRound{words}}
	request := faceid.GetWillFaceIDRequest{OrderNo: "order6", Person: person, Will: will, WillMidAnswer: "canary-fallback"}
	h5 := faceid.WillH5Request{Person: person, Will: will, FallbackAnswer: "canary-fallback"}
	sdk := faceid.WillSDKRequest{Person: person, Will: will}
	query := faceid.GetWillFaceResultRequest{OrderNo: "order6", AppFile: faceid.WillAppAll, MediaTo: func(string) io.Writer { return io.Discard }}
	nfcQuery := faceid.GetIDCardNFCResultRequest{OrderNo: "order6", ReqID: "canary-reqid-1"}
	for value, kind := range map[string]string{
		words.Question: "question", words.Answers[0]: "answer", h5.FallbackAnswer: "fallback answer", nfcQuery.ReqID: "reqId",
	} {
		suite.canary(value, kind)
	}
	return []any{
		words, &words, will, &will, request, &request, sdk, &sdk, h5, &h5, query, &query, nfcQuery, &nfcQuery,
	}
}

// printedReading returns the launch of a chip.
func printedReading() []any {
	permit := faceid.TravelPermit{Number: "canary-permit-1"}
	suite.canary(permit.Number, "permit")
	nfc := faceid.NFCRequest{Platform: faceid.PlatformIOS, UserID: "user1", Permit: &permit}
	return []any{permit, &permit, nfc, &nfc}
}

// documentedReading returns the results of will, OCR and NFC, full of marks.
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
