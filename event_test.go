package faceid_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

const (
	askedToken = "/api/oauth2/access_token"
	askedSign  = "/api/oauth2/api_ticket?type=SIGN"
	askedNonce = "/api/oauth2/api_ticket?type=NONCE"
)

// events keeps what an observer is told, and shows it to the audit.
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

// take returns what came since the last time.
func (o *events) take() []faceid.Event {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := o.all
	o.all = nil
	return all
}

// of are those of a kind.
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

// told is an event without what differs from run to run. Of calls that were made
// at the same time the order is none.
func told(all []faceid.Event) (list []string) {
	for _, e := range all {
		list = append(list, strings.TrimSpace(fmt.Sprintf("%s %s %s", e.Kind, e.Op, e.Endpoint)))
	}
	return list
}

func TestAnEventSaysWhatACallAsked(t *testing.T) {
	sim := faceidtest.Start(t)
	var seen events
	client := newClient(sim, seen.option())
	_, err := client.SignTicket(t.Context())
	require.NoError(t, err)
	require.NoError(t, client.Close(t.Context()))
	require.Equal(t, []string{"call refresh " + askedToken, "call refresh " + askedSign, "refresh refresh"}, told(seen.take()))

	login, err := client.StartH5(t.Context(), h5Request("order1"))
	require.NoError(t, err)
	all := seen.take()
	require.ElementsMatch(t, []string{"call StartH5 " + pathPlus, "call StartH5 " + askedNonce}, told(all))
	for _, e := range all {
		require.NoError(t, e.Err)
		require.Empty(t, e.Family)
		require.Equal(t, 1, e.Attempts)
		require.Equal(t, 200, e.HTTPStatus)
		require.Equal(t, faceid.ProductPlus, e.Product)
		require.Equal(t, "order1", e.OrderNo)
		require.Empty(t, e.Code, "an upload has no result")
		require.Equal(t, faceid.ChargedUnknown, e.Charged)
		if e.Endpoint == pathPlus {
			require.NotEmpty(t, e.BizSeqNo)
		}
	}

	sim.Script("order1", faceidtest.NotSamePerson())
	_, err = sim.Visit(t.Context(), login.URL)
	require.NoError(t, err)
	sim.FailNext(pathRecord, faceidtest.FaultStatus(502, "x"))
	record, err := client.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", Product: faceid.ProductPlus})
	require.NoError(t, err)
	e := seen.take()
	require.Equal(t, []string{"call QueryFaceRecord " + pathRecord}, told(e), "a repeated exchange is one event")
	require.Equal(t, faceid.Event{
		Kind: faceid.EventCall, Op: "QueryFaceRecord", Endpoint: pathRecord, Product: faceid.ProductPlus, OrderNo: "order1",
		BizSeqNo: record.BizSeqNo, Code: faceid.CodeNotSamePerson, Charged: faceid.ChargedYes, HTTPStatus: 200,
		Duration: e[0].Duration, Attempts: 2,
	}, e[0], "the outcome of a person is no trouble of a call")
	require.NotEmpty(t, record.BizSeqNo)

	sim.FailNext(pathRecord, faceidtest.FaultCode("400106", ""))
	_, err = client.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
	require.ErrorIs(t, err, faceid.ErrRequest)
	e = seen.take()
	require.Len(t, e, 1)
	require.Equal(t, err, e[0].Err)
	require.Equal(t, faceid.CodeIllegalRequest, e[0].Code)
	require.Equal(t, faceid.ErrRequest, e[0].Family)
	require.Equal(t, 200, e[0].HTTPStatus)
	require.NotEmpty(t, e[0].BizSeqNo)
	require.Equal(t, faceid.ChargedUnknown, e[0].Charged)

	_, err = client.QueryPhotoInfo(t.Context(), faceid.QueryPhotoInfoRequest{OrderNo: "order1", Product: faceid.ProductPlus})
	require.NoError(t, err)
	e = seen.take()
	require.Equal(t, []string{"call QueryPhotoInfo /api/v2/base/queryphotoinfo"}, told(e))
	require.Equal(t, faceid.ChargedUnknown, e[0].Charged)

	_, err = client.CallKYC1(t.Context(), faceid.KYC1Call{
		Method: http.MethodPost, Path: pathRecord, Params: map[string]string{"orderNo": somebody.Name}, Signed: []string{"appId", "orderNo", "version", "nonce"},
	})
	require.Error(t, err)
	e = seen.take()
	require.Equal(t, []string{"call CallKYC1 " + pathRecord}, told(e))
	require.Empty(t, e[0].OrderNo, "whatever a caller sends as one, it is not quoted")
	require.NotContains(t, err.Error(), somebody.Name)
}

// What is wrong with an answer is known when its event is told.
func TestAnEventTellsAnAnswerThatCannotBeRead(t *testing.T) {
	var seen events
	otherOrder := `{"code":"0","bizSeqNo":"s","result":{"orderNo":"order2","liveRate":"99","similarity":"99"}}`
	client := fuzzClient(t, otherOrder, seen.option())
	query := faceid.QueryFaceRecordRequest{OrderNo: "order1", Product: faceid.ProductPlus}
	for name, call := range map[string]func() error{
		"record": func() error { return second(client.QueryFaceRecord(t.Context(), query)) },
		"photos": func() error {
			return second(client.QueryPhotoInfo(t.Context(), faceid.QueryPhotoInfoRequest{OrderNo: "order1"}))
		},
		"will": func() error {
			return second(client.GetWillFaceResult(t.Context(), faceid.GetWillFaceResultRequest{OrderNo: "order1"}))
		},
		"card": func() error {
			return second(client.GetOCRResult(t.Context(), faceid.GetOCRResultRequest{OrderNo: "order1"}))
		},
		"bank": func() error {
			return second(client.GetBankCardOCRResult(t.Context(), faceid.GetBankCardOCRResultRequest{OrderNo: "order1"}))
		},
		"upload": func() error {
			return second(client.GetPlusFaceID(t.Context(), faceid.GetPlusFaceIDRequest{OrderNo: "order1", Person: somebody}))
		},
	} {
		seen.take()
		err := call()
		require.ErrorIs(t, err, faceid.ErrBadAnswer, name)
		e := seen.take()
		last := e[len(e)-1]
		require.Equal(t, faceid.EventCall, last.Kind, name)
		require.Equal(t, err, last.Err, name)
		require.Equal(t, faceid.ErrBadAnswer, last.Family, name)
		require.Equal(t, 200, last.HTTPStatus, name)
		require.Empty(t, last.Code, name)
		require.Equal(t, faceid.ChargedUnknown, last.Charged, name)
		require.Equal(t, "s", last.BizSeqNo, name)
	}

	cloud := cloudClient(t, &cloudExchange{answers: []string{answerOf(`"Url":"u"`)}}, seen.option())
	_, err := cloud.DetectAuth(t.Context(), faceid.DetectAuthRequest{RuleID: "1"})
	require.ErrorIs(t, err, faceid.ErrBadAnswer, "there is no BizToken")
	e := seen.one(t, faceid.EventCall)
	require.Equal(t, err, e.Err)
	require.Equal(t, faceid.ErrBadAnswer, e.Family)
	require.Equal(t, "request-1", e.RequestID)
}

// fuzzClient is a client of a platform that answers everything but tokens and
// tickets with one text.
func fuzzClient(t testing.TB, answer string, opts ...faceid.Option) *faceid.Client {
	t.Helper()
	transport := roundTripper(func(r *http.Request) (*http.Response, error) {
		if strings.HasPrefix(r.URL.Path, "/api/oauth2/") {
			return fuzzPlatform.Transport.RoundTrip(r)
		}
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
	})
	client, err := faceid.New(append([]faceid.Option{
		faceid.WithApp("IDA12345", "canary-secret"), faceid.WithStore(faceid.NewMemoryStore()), faceid.WithHTTPClient(&http.Client{Transport: transport}),
	}, opts...)...)
	require.NoError(t, err)
	return client
}

func TestAnEventOfAPI30(t *testing.T) {
	var seen events
	person := faceid.Person{Name: somebody.Name, IDNo: somebody.IDNo}
	for name, test := range map[string]struct {
		answer   string
		status   int
		call     func(c *faceid.Client) error
		op, asks string
		code     faceid.Code
		charged  faceid.Charged
		family   faceid.Family
	}{
		"a call": {fine, 0, func(c *faceid.Client) error {
			return second(c.CallCloud(t.Context(), faceid.CloudCall{Site: faceid.SiteChina, Action: "GetSomething"}, nil, nil))
		}, "CallCloud", "GetSomething", "", faceid.ChargedUnknown, ""},
		"refused": {cloudError("InvalidParameter", "x"), 0, func(c *faceid.Client) error {
			return second(c.CallCloud(t.Context(), faceid.CloudCall{Site: faceid.SiteChina, Action: "GetSomething"}, nil, nil))
		}, "CallCloud", "GetSomething", "cloud/InvalidParameter", faceid.ChargedUnknown, faceid.ErrRequest},
		"a status": {fine, 502, func(c *faceid.Client) error {
			return second(c.DetectAuth(t.Context(), faceid.DetectAuthRequest{RuleID: "1"}))
		}, "DetectAuth", "DetectAuth", "", faceid.ChargedUnknown, faceid.ErrBadAnswer},
		"a flow": {answerOf(`"Text":{"ErrCode":2016,"LivenessDetail":[{"Errcode":2016,"IsNeedCharge":true}]},"IsVerifyIntention":false`), 0, func(c *faceid.Client) error {
			return second(c.GetDetectInfoEnhanced(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: "b", RuleID: "1"}))
		}, "GetDetectInfoEnhanced", "GetDetectInfoEnhanced", "wechat/2016", faceid.ChargedYes, ""},
		"a decision": {answerOf(`"Text":{"ErrCode":0,"LivenessDetail":[]},"IsVerifyIntention":false`), 0, func(c *faceid.Client) error {
			return second(c.ConfirmDetect(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: "b", RuleID: "1"}, faceid.AnyPerson))
		}, "ConfirmDetect", "GetDetectInfoEnhanced", "wechat/0", faceid.ChargedNo, ""},
		"a check": {answerOf(`"Result":"-1","Description":"x"`), 0, func(c *faceid.Client) error {
			return second(c.IdCardVerification(t.Context(), faceid.IdCardVerificationRequest{IDCard: person.IDNo, Name: person.Name}))
		}, "IdCardVerification", "IdCardVerification", "IdCardVerification/-1", faceid.ChargedYes, ""},
		"an outcome told as an error": {cloudError("FailedOperation.LifePhotoDetectNoFaces", "x"), 0, func(c *faceid.Client) error {
			return second(c.ImageRecognitionV2(t.Context(), faceid.ImageRecognitionV2Request{IDCard: person.IDNo, Name: person.Name, Image: inventedJPG}))
		}, "ImageRecognitionV2", "ImageRecognitionV2", "cloud/FailedOperation.LifePhotoDetectNoFaces", faceid.ChargedNo, ""},
	} {
		t.Run(name, func(t *testing.T) {
			client := cloudClient(t, &cloudExchange{status: test.status, answers: []string{test.answer}}, seen.option())
			seen.take()
			err := test.call(client)
			e := seen.one(t, faceid.EventCall)
			require.Equal(t, test.op, e.Op)
			require.Equal(t, test.asks, e.Endpoint)
			require.Equal(t, test.code, e.Code)
			require.Equal(t, test.charged, e.Charged)
			require.Equal(t, test.family, e.Family)
			require.Equal(t, max(test.status, 200), e.HTTPStatus)
			require.Equal(t, 1, e.Attempts)
			require.NotEmpty(t, e.RequestID)
			require.Empty(t, e.OrderNo)
			require.Equal(t, err, e.Err)
		})
	}
}

// Every decision is one event, whatever it asked for on its way.
func TestEveryDecisionIsOneEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // waiting, and a card that is scanned
		var seen events
		sim := faceidtest.Start(t)
		client := newClient(sim, seen.option(), faceid.WithNFCKey(sim.NFCKey()))
		sim.ScriptIDCardDefault(faceidtest.IDCard{Name: "李测试", Number: somebody.IDNo, ValidDate: "20190128-长期"})
		sim.ScriptNFCDefault(faceidtest.NFCDocument{Name: "李测试", Number: somebody.IDNo, ValidFrom: "19900101", ValidTo: "长期"})
		stranger := faceid.Person{IDNo: "110101199003070011", BankCardNo: "1"}
		flow := func(answer string, confirm func(c *faceid.Client) (faceid.Result, error)) func() (faceid.Result, error) {
			return func() (faceid.Result, error) {
				return confirm(cloudClient(t, &cloudExchange{answers: []string{answer}}, seen.option()))
			}
		}
		page := func(p faceid.Product, orderNo string, e faceidtest.Ending) (*http.Request, *faceid.PageSession) {
			login := openedPage(t, client, p, orderNo)
			sim.Script(orderNo, e)
			back, err := sim.Visit(t.Context(), login.URL)
			require.NoError(t, err)
			return back, &login.Session
		}
		good, passed := page(faceid.ProductPlus, "passes", faceidtest.Passes())
		bad, failed := page(faceid.ProductPlus, "fails", faceidtest.NotSamePerson())
		willGood, willPassed := page(faceid.ProductWill, "willpasses", faceidtest.Passes())
		willBad, willFailed := page(faceid.ProductWill, "willfails", faceidtest.WrongAnswer())
		returned := func(r *http.Request, s *faceid.PageSession) func() (faceid.Result, error) {
			return func() (faceid.Result, error) { return client.ConfirmReturn(t.Context(), r, s) }
		}
		face := func(ctx context.Context, orderNo string) func() (faceid.Result, error) {
			return func() (faceid.Result, error) {
				return client.ConfirmFace(ctx, faceid.QueryFaceRecordRequest{OrderNo: orderNo, Product: faceid.ProductPlus})
			}
		}
		will := func(orderNo string) func() (faceid.Result, error) {
			return func() (faceid.Result, error) {
				return client.ConfirmWill(t.Context(), faceid.GetWillFaceResultRequest{OrderNo: orderNo})
			}
		}
		card := func(p faceid.Person) func() (faceid.Result, error) {
			return func() (faceid.Result, error) {
				return client.ConfirmOCR(t.Context(), faceid.GetOCRResultRequest{OrderNo: "card"}, p, faceid.OCRBothSides)
			}
		}
		bank := func(p faceid.Person) func() (faceid.Result, error) {
			return func() (faceid.Result, error) {
				return client.ConfirmBankCardOCR(t.Context(), faceid.GetBankCardOCRResultRequest{OrderNo: "bank"}, p)
			}
		}
		for product, orderNo := range map[faceid.Product]string{faceid.ProductIDCardOCR: "card", faceid.ProductBankCardOCR: "bank"} {
			launch, err := client.StartOCR(t.Context(), faceid.OCRRequest{Product: product, Platform: faceid.PlatformAndroid, OrderNo: orderNo, UserID: "user1"})
			require.NoError(t, err)
			kind := faceidtest.CardIDCard
			if product == faceid.ProductBankCardOCR {
				kind = faceidtest.CardBankCard
			}
			_, err = sim.RunOCR(t.Context(), launch.Params, kind)
			require.NoError(t, err)
		}
		launch, err := client.StartNFC(t.Context(), faceid.NFCRequest{Platform: faceid.PlatformAndroid, OrderNo: "chip", UserID: "user1"})
		require.NoError(t, err)
		read, err := sim.RunNFC(t.Context(), launch.Params, launch.Extras)
		require.NoError(t, err)
		chip := func(p faceid.Person) func() (faceid.Result, error) {
			return func() (faceid.Result, error) {
				return client.ConfirmNFC(t.Context(), faceid.GetIDCardNFCResultRequest{OrderNo: "chip", ReqID: read.ReqID}, p)
			}
		}
		detect := func(p faceid.Person) func(*faceid.Client) (faceid.Result, error) {
			return func(c *faceid.Client) (faceid.Result, error) {
				return c.ConfirmDetect(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: "b", RuleID: "1"}, p)
			}
		}
		eid := func(p faceid.Person) func(*faceid.Client) (faceid.Result, error) {
			return func(c *faceid.Client) (faceid.Result, error) {
				return c.ConfirmEid(t.Context(), faceid.GetEidResultRequest{EidToken: "e"}, p)
			}
		}
		web := func(p faceid.Person) func(*faceid.Client) (faceid.Result, error) {
			return func(c *faceid.Client) (faceid.Result, error) {
				return c.ConfirmWebVerificationIntl(t.Context(), faceid.GetWebVerificationResultIntlRequest{BizToken: "b"}, p)
			}
		}
		app := func(p faceid.Person) func(*faceid.Client) (faceid.Result, error) {
			return func(c *faceid.Client) (faceid.Result, error) {
				return c.ConfirmSdkVerification(t.Context(), faceid.GetSdkVerificationResultRequest{SDKToken: "s"}, p)
			}
		}
		flowOf := func(code, charged string) string {
			return answerOf(`"Text":{"ErrCode":` + code + `,"LivenessDetail":[{"Errcode":` + code + `,"IsNeedCharge":` + charged + `}]},"IsVerifyIntention":false`)
		}
		const none = ""
		yes, no, unknown := faceid.ChargedYes, faceid.ChargedNo, faceid.ChargedUnknown
		for name, test := range map[string]struct {
			decide  func() (faceid.Result, error)
			op      string
			product faceid.Product
			orderNo string
			family  faceid.Family
			code    string
			charged faceid.Charged
			seq     bool // there is a number to ask the platform with
		}{
			"the way back: a pass":           {returned(good, passed), "ConfirmReturn", faceid.ProductPlus, "passes", faceid.FamilyPassed, "0", yes, true},
			"the way back: no pass":          {returned(bad, failed), "ConfirmReturn", faceid.ProductPlus, "fails", faceid.FamilyNotSamePerson, "66660004", yes, true},
			"the way back: another's":        {returned(good, failed), "ConfirmReturn", faceid.ProductPlus, "fails", faceid.FamilyOtherOrder, none, unknown, false},
			"the way back: nobody":           {returned(good, nil), "ConfirmReturn", "", "", faceid.ErrRequest, none, unknown, false},
			"the way back: of a will":        {returned(willGood, willPassed), "ConfirmReturn", faceid.ProductWill, "willpasses", faceid.ErrRequest, none, unknown, false},
			"the way back: will, a pass":     {func() (faceid.Result, error) { return client.ConfirmWillReturn(t.Context(), willGood, willPassed) }, "ConfirmWillReturn", faceid.ProductWill, "willpasses", faceid.FamilyPassed, "0", yes, true},
			"the way back: will, no pass":    {func() (faceid.Result, error) { return client.ConfirmWillReturn(t.Context(), willBad, willFailed) }, "ConfirmWillReturn", faceid.ProductWill, "willfails", faceid.FamilyWillMismatch, "66666006", yes, true},
			"a face: a pass":                 {face(t.Context(), "passes"), "ConfirmFace", faceid.ProductPlus, "passes", faceid.FamilyPassed, "0", yes, true},
			"a face: no pass":                {face(t.Context(), "fails"), "ConfirmFace", faceid.ProductPlus, "fails", faceid.FamilyNotSamePerson, "66660004", yes, true},
			"a face: no result":              {face(t.Context(), "nobody"), "ConfirmFace", faceid.ProductPlus, "nobody", faceid.ErrNoResult, "66660011", unknown, true},
			"a face: the caller left":        {face(canceled(), "passes"), "ConfirmFace", faceid.ProductPlus, "passes", "", none, unknown, false},
			"a face: what is no order":       {face(t.Context(), somebody.Name), "ConfirmFace", faceid.ProductPlus, "", faceid.ErrRequest, none, unknown, false},
			"a will: a pass":                 {will("willpasses"), "ConfirmWill", faceid.ProductWill, "willpasses", faceid.FamilyPassed, "0", yes, true},
			"a will: no pass":                {will("willfails"), "ConfirmWill", faceid.ProductWill, "willfails", faceid.FamilyWillMismatch, "66666006", yes, true},
			"a card: a pass":                 {card(somebody), "ConfirmOCR", faceid.ProductIDCardOCR, "card", faceid.FamilyPassed, "0", unknown, true},
			"a card: another's":              {card(stranger), "ConfirmOCR", faceid.ProductIDCardOCR, "card", faceid.FamilyOtherPerson, "0", unknown, true},
			"a card: nobody is expected":     {card(faceid.Person{}), "ConfirmOCR", faceid.ProductIDCardOCR, "card", faceid.ErrRequest, none, unknown, false},
			"a bank card: a pass":            {bank(faceid.AnyPerson), "ConfirmBankCardOCR", faceid.ProductBankCardOCR, "bank", faceid.FamilyPassed, "0", unknown, true},
			"a bank card: another's":         {bank(stranger), "ConfirmBankCardOCR", faceid.ProductBankCardOCR, "bank", faceid.FamilyOtherPerson, "0", unknown, true},
			"a chip: a pass":                 {chip(somebody), "ConfirmNFC", faceid.ProductNFC, "chip", faceid.FamilyPassed, "0", yes, true},
			"a chip: another's":              {chip(stranger), "ConfirmNFC", faceid.ProductNFC, "chip", faceid.FamilyOtherPerson, "0", yes, true},
			"WeChat: a pass":                 {flow(flowOf("0", "true"), detect(faceid.AnyPerson)), "ConfirmDetect", "", "", faceid.FamilyPassed, "0", yes, true},
			"WeChat: no pass":                {flow(flowOf("2016", "false"), detect(somebody)), "ConfirmDetect", "", "", faceid.FamilyNotSamePerson, "2016", no, true},
			"WeChat: another's":              {flow(flowOf("0", "true"), detect(somebody)), "ConfirmDetect", "", "", faceid.FamilyOtherPerson, "0", yes, true},
			"WeChat: not ended":              {flow(answerOf(`"Text":{}`), detect(somebody)), "ConfirmDetect", "", "", faceid.ErrNoResult, none, no, true},
			"WeChat: refused":                {flow(cloudError("InvalidParameter", "x"), detect(somebody)), "ConfirmDetect", "", "", faceid.ErrRequest, "InvalidParameter", unknown, true},
			"E证通: a pass":                    {flow(flowOf("0", "true"), eid(faceid.AnyPerson)), "ConfirmEid", faceid.ProductEid, "", faceid.FamilyPassed, "0", yes, true},
			"E证通: no pass":                   {flow(flowOf("2016", "true"), eid(faceid.AnyPerson)), "ConfirmEid", faceid.ProductEid, "", faceid.FamilyNotSamePerson, "2016", yes, true},
			"International, a page: a pass":  {flow(answerOf(`"ErrorCode":0`), web(faceid.AnyPerson)), "ConfirmWebVerificationIntl", "", "", faceid.FamilyPassed, "0", unknown, true},
			"International, a page: no pass": {flow(answerOf(`"ErrorCode":1004`), web(faceid.AnyPerson)), "ConfirmWebVerificationIntl", "", "", faceid.FamilyCaptureFailed, "1004", unknown, true},
			"International, an App: a pass":  {flow(answerOf(`"Result":"0","ChargeCount":1`), app(faceid.AnyPerson)), "ConfirmSdkVerification", "", "", faceid.FamilyPassed, "0", yes, true},
			"International, an App: another": {flow(answerOf(`"Result":"0"`), app(somebody)), "ConfirmSdkVerification", "", "", faceid.FamilyOtherPerson, "0", no, true},
		} {
			seen.take()
			begin := time.Now()
			_, err := test.decide()
			took := time.Since(begin)
			e := seen.one(t, faceid.EventDecision)
			require.Equal(t, faceid.Event{
				Kind: faceid.EventDecision, Op: test.op, Product: test.product, OrderNo: test.orderNo, BizSeqNo: e.BizSeqNo, RequestID: e.RequestID,
				Code: e.Code, Charged: test.charged, Duration: took, Family: test.family, Err: err,
			}, e, name)
			require.Equal(t, test.code, e.Code.Number(), name)
			require.Equal(t, test.seq, e.BizSeqNo+e.RequestID != "", name)
			require.Equal(t, err == nil, e.Family == faceid.FamilyPassed, name)
			if errors.Is(err, faceid.ErrNotPassed) {
				require.NotEmpty(t, e.Family, name)
			}
		}
	})
}

// Confirm… methods that this test does not know would have no event.
func TestEveryConfirmMethodHasADecision(t *testing.T) {
	var all []string
	methods := reflect.TypeFor[*faceid.Client]()
	for i := range methods.NumMethod() {
		if name := methods.Method(i).Name; strings.HasPrefix(name, "Confirm") {
			all = append(all, name)
		}
	}
	require.ElementsMatch(t, []string{
		"ConfirmReturn", "ConfirmWillReturn", "ConfirmFace", "ConfirmWill", "ConfirmDetect", "ConfirmEid", "ConfirmWebVerificationIntl",
		"ConfirmSdkVerification", "ConfirmOCR", "ConfirmBankCardOCR", "ConfirmNFC",
	}, all, "a new one needs decide, and a row in TestEveryDecisionIsOneEvent")
}

// A decision that waits for its record is one event, and lasts as long as it took.
func TestADecisionThatWaitsIsOneEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen events
		sim := faceidtest.Start(t)
		client := newClient(sim, seen.option())
		login := openedPage(t, client, faceid.ProductPlus, "order1")
		back, err := sim.Visit(t.Context(), login.URL)
		require.NoError(t, err)
		late := faceidtest.FaultCode("66660011", "")
		sim.FailNext(pathRecord, late, late)
		seen.take()
		_, err = client.ConfirmReturn(t.Context(), back, &login.Session)
		require.NoError(t, err)
		all := seen.take()
		require.Equal(t, []string{
			"call ConfirmReturn " + pathRecord, "call ConfirmReturn " + pathRecord, "call ConfirmReturn " + pathRecord,
			"callback ConfirmReturn", "decision ConfirmReturn",
		}, told(all), "the exchanges, and then what became of them")
		require.Equal(t, faceid.ErrNoResult, all[0].Family)
		require.Zero(t, all[3].Duration, "a look at a callback does not wait for the record")
		require.Equal(t, 4*time.Second, all[4].Duration)
	})
}

// Every callback that was looked at is one event.
func TestEveryCallbackIsOneEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // a forged callback waits a second for the store
		broken := errors.New("the database is away")
		for name, test := range map[string]struct {
			once     func(context.Context, *faceid.Callback) (bool, error)
			change   func(good, bad *http.Request) *http.Request // whose order is the session's: good
			canceled bool
			family   faceid.Family
			verified bool          // its order and code are told
			code     faceid.Code   // of a verified one
			returns  faceid.Family // of the decision with ConfirmReturn
			elsewise faceid.Family // of ConfirmReturn's event, where that differs
		}{
			"a pass":        {verified: true, code: faceid.CodePassed, returns: faceid.FamilyPassed},
			"another claim": {change: func(_, bad *http.Request) *http.Request { return bad }, verified: true, code: faceid.CodeNotSamePerson, elsewise: faceid.FamilyOtherOrder, returns: faceid.FamilyOtherOrder},
			"forged":        {change: func(g, _ *http.Request) *http.Request { return changed(g, "newSignature", strings.Repeat("0", 40)) }, family: faceid.FamilyForged, returns: faceid.FamilyForged},
			"malformed":     {change: func(g, _ *http.Request) *http.Request { r := changed(g); r.URL.RawQuery += "&%zz"; return r }, family: faceid.FamilyForged, returns: faceid.FamilyForged},
			"twice":         {change: func(g, _ *http.Request) *http.Request { return twice(g, "code") }, family: faceid.FamilyForged, returns: faceid.FamilyForged},
			"unsigned":      {change: func(g, _ *http.Request) *http.Request { return changed(g, "newSignature", "") }, family: faceid.FamilyUnsigned, returns: faceid.FamilyUnsigned},
			"empty":         {change: func(g, _ *http.Request) *http.Request { r := changed(g); r.URL.RawQuery = ""; return r }, family: faceid.FamilyUnsigned, returns: faceid.FamilyUnsigned},
			"a stranger's": {change: func(g, _ *http.Request) *http.Request {
				return changed(g, "newSignature", "", "orderNo", somebody.Name, "code", somebody.IDNo)
			}, family: faceid.FamilyUnsigned, returns: faceid.FamilyUnsigned},
			"replayed":        {once: func(context.Context, *faceid.Callback) (bool, error) { return false, nil }, family: faceid.FamilyReplayed, verified: true, code: faceid.CodePassed, returns: faceid.FamilyReplayed},
			"not told":        {once: func(context.Context, *faceid.Callback) (bool, error) { return true, broken }, family: faceid.ErrCaller, verified: true, code: faceid.CodePassed, returns: faceid.ErrCaller},
			"not hers":        {once: func(context.Context, *faceid.Callback) (bool, error) { return true, faceid.ErrOtherOrder }, family: faceid.FamilyOtherOrder, verified: true, code: faceid.CodePassed, returns: faceid.FamilyOtherOrder},
			"the caller left": {change: func(g, _ *http.Request) *http.Request { return changed(g, "newSignature", strings.Repeat("0", 40)) }, canceled: true, family: "", returns: ""},
		} {
			var seen events
			sim := faceidtest.Start(t)
			opts := []faceid.Option{seen.option()}
			if test.once != nil {
				opts = append(opts, faceid.WithCallbackOnce(test.once))
			}
			client := newClient(sim, opts...)
			mine, other := openedPage(t, client, faceid.ProductPlus, "order1"), openedPage(t, client, faceid.ProductPlus, "order2")
			good, err := sim.Visit(t.Context(), mine.URL)
			require.NoError(t, err)
			sim.Script("order2", faceidtest.NotSamePerson())
			bad, err := sim.Visit(t.Context(), other.URL)
			require.NoError(t, err)
			r := good
			if test.change != nil {
				r = test.change(good, bad)
			}
			ctx := t.Context()
			if test.canceled {
				ctx = canceled()
			}

			seen.take()
			begin := time.Now()
			cb, err := client.VerifyCallback(ctx, r)
			took := time.Since(begin)
			e := seen.one(t, faceid.EventCallback)
			want := faceid.Event{Kind: faceid.EventCallback, Op: "VerifyCallback", Family: test.family, Err: err, Duration: took}
			if test.verified {
				want.OrderNo, want.Code = "order1", test.code
				if r == bad {
					want.OrderNo = "order2"
				}
			}
			if cb == nil && test.verified { // the error alone knows of it
				want.Code = ""
			}
			require.Equal(t, want, e, name)

			begin = time.Now()
			_, err = client.ConfirmReturn(ctx, r, &mine.Session)
			took = time.Since(begin)
			all := seen.take()
			require.GreaterOrEqual(t, len(all), 2, "a callback and a decision, %s", name)
			e = all[len(all)-2]
			require.Equal(t, faceid.EventCallback, e.Kind, name)
			require.Equal(t, "ConfirmReturn", e.Op, name)
			require.Equal(t, "order1", e.OrderNo, "the session's, %s", name)
			require.Equal(t, faceid.ProductPlus, e.Product, name)
			if test.elsewise == "" {
				require.Equal(t, test.family, e.Family, name)
				require.Equal(t, test.code, e.Code, name)
			} else {
				require.Equal(t, test.elsewise, e.Family, name)
				require.Empty(t, e.Code, name)
			}
			require.LessOrEqual(t, e.Duration, took, name)
			d := all[len(all)-1]
			require.Equal(t, faceid.EventDecision, d.Kind, name)
			require.Equal(t, test.returns, d.Family, name)
			require.Equal(t, err, d.Err, name)
			require.Equal(t, took, d.Duration, name)
			for _, e := range all[:len(all)-2] {
				require.Equal(t, faceid.EventCall, e.Kind, name)
			}
		}
	})
}

// Arguments that hold no callback are none, and refused arguments decide nothing.
func TestNoCallbackIsNoEvent(t *testing.T) {
	var seen events
	client := newClient(faceidtest.Start(t), seen.option())
	_, err := client.VerifyCallback(t.Context(), nil)
	require.ErrorIs(t, err, faceid.ErrRequest)
	require.Empty(t, seen.take())
	_, err = client.ConfirmReturn(t.Context(), nil, &faceid.PageSession{OrderNo: "order1"})
	require.ErrorIs(t, err, faceid.ErrRequest)
	require.Equal(t, []string{"decision ConfirmReturn"}, told(seen.take()))
}

// A failure of what the caller gave has a family of its own.
func TestTheCallersOwnTroubleHasAFamily(t *testing.T) {
	var seen events
	sim := faceidtest.Start(t)
	client := newClient(sim, seen.option())
	finish(t, sim, client, "order1")
	full := errors.New("the disk is full")
	seen.take()
	_, err := client.ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesAll, MediaTo: func(string) io.Writer {
		return writerFunc(func([]byte) (int, error) { return 0, full })
	}})
	require.ErrorIs(t, err, full)
	require.ErrorIs(t, err, faceid.ErrCaller)
	for _, e := range seen.take() {
		require.Equal(t, faceid.ErrCaller, e.Family, e.Kind)
	}
}

// What becomes of people is no trouble in the log, and what no one finished is not
// even news.
func TestHowLoudAnEventIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		sim := faceidtest.Start(t)
		var mu sync.Mutex
		client := newClient(sim, faceid.WithLogger(slog.New(slog.NewTextHandler(writerFunc(func(p []byte) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			return log.Write(p)
		}), &slog.HandlerOptions{Level: slog.LevelDebug}))), faceid.WithCallbackOnce(func(_ context.Context, cb *faceid.Callback) (bool, error) {
			return cb.OrderNo != "replayed", nil
		}))
		lines := func() (all []string) { // level, kind and the rest without what differs from run to run
			for line := range strings.Lines(log.String()) {
				var kept []string
				for _, part := range strings.Fields(line)[1:] {
					if !strings.HasPrefix(part, "seq=") && !strings.HasPrefix(part, "duration=") {
						kept = append(kept, part)
					}
				}
				line, _, _ = strings.Cut(strings.Join(kept, " "), ` error=`)
				all = append(all, strings.TrimPrefix(line, "level="))
			}
			log.Reset()
			return all
		}
		good := finish(t, sim, client, "passes")
		sim.Script("fails", faceidtest.NotSamePerson())
		finish(t, sim, client, "fails")
		replayed := finish(t, sim, client, "replayed")
		passes := &faceid.PageSession{Product: faceid.ProductPlus, OrderNo: "passes"}
		call := func(level, op, more string) string {
			return level + ` msg="faceid call" op=` + op + ` endpoint=` + pathRecord + ` product=plus order=` + more
		}
		for name, test := range map[string]struct {
			call func() error
			want []string
		}{
			"a pass": {func() error { return second(client.ConfirmReturn(t.Context(), good, passes)) }, []string{
				call("DEBUG", "ConfirmReturn", "passes code=0 charged=yes status=200 attempts=1"),
				`DEBUG msg="faceid callback" op=ConfirmReturn product=plus order=passes code=0`,
				`INFO msg="faceid decision" op=ConfirmReturn product=plus order=passes code=0 charged=yes family=Passed`,
			}},
			"no pass": {func() error {
				return second(client.ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "fails", Product: faceid.ProductPlus}))
			}, []string{
				call("DEBUG", "ConfirmFace", "fails code=66660004 charged=yes status=200 attempts=1"),
				`INFO msg="faceid decision" op=ConfirmFace product=plus order=fails code=66660004 charged=yes family=NotSamePerson`,
			}},
			"a sweep": {func() error {
				return second(client.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "nobody", Product: faceid.ProductPlus}))
			}, []string{call("DEBUG", "QueryFaceRecord", "nobody code=66660011 status=200 attempts=1 family=NoResult")}},
			"no result": {func() error {
				return second(client.ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "nobody", Product: faceid.ProductPlus}))
			}, []string{
				call("DEBUG", "ConfirmFace", "nobody code=66660011 status=200 attempts=1 family=NoResult"),
				`INFO msg="faceid decision" op=ConfirmFace product=plus order=nobody code=66660011 family=NoResult`,
			}},
			"trouble": {func() error {
				sim.FailNext(pathRecord, faceidtest.FaultStatus(500, "x"))
				return second(client.ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "passes", Product: faceid.ProductPlus}))
			}, []string{
				call("WARN", "ConfirmFace", "passes status=500 attempts=1 family=Service"),
				`WARN msg="faceid decision" op=ConfirmFace product=plus order=passes family=Service`,
			}},
			"the caller left": {func() error {
				return second(client.ConfirmFace(canceled(), faceid.QueryFaceRecordRequest{OrderNo: "passes", Product: faceid.ProductPlus}))
			}, []string{
				call("DEBUG", "ConfirmFace", "passes attempts=1"),
				`DEBUG msg="faceid decision" op=ConfirmFace product=plus order=passes`,
			}},
			"forged": {func() error {
				return second(client.ConfirmReturn(t.Context(), changed(good, "newSignature", strings.Repeat("0", 40)), passes))
			}, []string{
				`WARN msg="faceid callback" op=ConfirmReturn product=plus order=passes family=Forged`,
				`INFO msg="faceid decision" op=ConfirmReturn product=plus order=passes family=Forged`,
			}},
			"unsigned": {func() error { return second(client.VerifyCallback(t.Context(), changed(good, "newSignature", ""))) }, []string{
				`WARN msg="faceid callback" op=VerifyCallback family=Unsigned`,
			}},
			"replayed": {func() error { return second(client.VerifyCallback(t.Context(), replayed)) }, []string{
				`INFO msg="faceid callback" op=VerifyCallback order=replayed code=0 family=Replayed`,
			}},
			"another tab": {func() error { return second(client.ConfirmReturn(t.Context(), replayed, passes)) }, []string{
				`INFO msg="faceid callback" op=ConfirmReturn product=plus order=passes family=OtherOrder`,
				`INFO msg="faceid decision" op=ConfirmReturn product=plus order=passes family=OtherOrder`,
			}},
		} {
			lines()
			_ = test.call()
			require.Equal(t, test.want, lines(), name)
		}
	})
}

// Nothing of a person, and no secret, is in any field of an event, whoever puts it
// where: the caller, the platform or a stranger.
func TestEventsNameNobody(t *testing.T) {
	var texts []string
	var mu sync.Mutex
	observer := faceid.WithObserver(func(_ context.Context, e faceid.Event) {
		suite.see(e)
		mu.Lock()
		defer mu.Unlock()
		texts = append(texts, fmt.Sprintf("%+v", e), fmt.Sprint(e.Err), e.Code.Error())
	})
	sim := faceidtest.Start(t)
	client := newClient(sim, observer)
	login, err := client.StartH5(t.Context(), h5Request("order1"))
	require.NoError(t, err)
	back, err := sim.Visit(t.Context(), login.URL)
	require.NoError(t, err)
	_, err = client.ConfirmReturn(t.Context(), back, &login.Session)
	require.NoError(t, err)
	_, err = client.VerifyCallback(t.Context(), changed(back, "orderNo", somebody.IDNo)) // an ID number is well-formed as one
	require.ErrorIs(t, err, faceid.ErrBadSignature)
	_, err = client.VerifyCallback(t.Context(), changed(back, "orderNo", somebody.IDNo, "newSignature", ""))
	require.ErrorIs(t, err, faceid.ErrUnsigned)
	_, err = client.ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: somebody.Name})
	require.ErrorIs(t, err, faceid.ErrRequest)
	token, err := client.AccessToken(t.Context())
	require.NoError(t, err)
	sign, err := client.SignTicket(t.Context())
	require.NoError(t, err)
	nonce, err := client.NonceTicket(t.Context(), "user1")
	require.NoError(t, err)

	secret := strings.Repeat("canary-biz-token", 3)
	suite.canary(secret, "BizToken")
	for _, answer := range []string{
		`{"Response":{"Text":{"ErrCode":0,"IdCard":"` + somebody.IDNo + `","Name":"` + somebody.Name + `"},"IsVerifyIntention":false,"RequestId":"` + secret + `"}}`,
		`{"Response":{"Error":{"Code":"` + somebody.Name + `","Message":"` + secret + `"},"RequestId":"` + secret + `"}}`,
	} {
		cloud := cloudClient(t, &cloudExchange{answers: []string{answer}}, observer)
		_, _ = cloud.ConfirmDetect(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: secret, RuleID: "1"}, somebody)
		_, _ = cloud.ConfirmDetect(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: secret, RuleID: "1"}, faceid.Person{Name: "张三", IDNo: "110101199003070011"})
	}
	all := strings.Join(texts, "\n")
	require.Greater(t, len(texts), 40)
	for what, canary := range map[string]string{
		"name": somebody.Name, "number": somebody.IDNo, "token": token, "SIGN": sign, "NONCE": nonce, "secret": sim.Secret(), "BizToken": secret,
		"URL": login.URL, "signature": back.URL.Query().Get("newSignature"), "faceId": login.Session.FaceID, "another": "110101199003070011",
	} {
		require.NotEmpty(t, canary, what)
		require.NotContains(t, all, canary, what)
	}
}

// What is asked for at every request costs nothing.
func TestAFreshTicketTellsNobody(t *testing.T) {
	var seen events
	client := fuzzClient(t, "", seen.option())
	_, err := client.SignTicket(t.Context())
	require.NoError(t, err)
	seen.take()
	ctx := t.Context()
	require.Zero(t, testing.AllocsPerRun(100, func() { _, _ = client.SignTicket(ctx) }))
	require.Empty(t, seen.take())
}
