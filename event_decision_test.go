package faceid_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// Every decision is one event, whatever calls it makes on its way.
func TestEventIsOneForEveryDecision(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // A decision may wait, and so does the scan of a card.
		d := newDecider(t)
		rows := d.kyc1Rows()
		maps.Copy(rows, d.cloudRows())
		for name, test := range rows {
			d.seen.take()
			begin := time.Now()
			_, err := test.decide()
			took := time.Since(begin)
			e := d.seen.one(t, faceid.EventDecision)
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

// decisionRow is a decision, and what its event tells.
type decisionRow struct {
	decide  func() (faceid.Result, error)
	op      string
	product faceid.Product
	orderNo string
	family  faceid.Family
	code    string
	charged faceid.Charged
	seq     bool // there is a serial number to ask the platform with
}

// anotherPerson is somebody whose card and chip were not read.
var anotherPerson = faceid.Person{IDNo: "110101199003070011", BankCardNo: "1"}

// decider makes decisions of every kind about verifications that have ended.
type decider struct {
	t        *testing.T
	seen     events
	sim      *faceidtest.Server
	client   *faceid.Client
	backs    map[string]*http.Request       // the ways back, by order
	sessions map[string]*faceid.PageSession // the sessions, by order
	reqID    string                         // the reqId of the chip that was read
}

func newDecider(t *testing.T) *decider {
	d := &decider{t: t, sim: faceidtest.Start(t), backs: map[string]*http.Request{}, sessions: map[string]*faceid.PageSession{}}
	d.client = newClient(d.sim, d.seen.option(), faceid.WithNFCKey(d.sim.NFCKey()))
	d.sim.ScriptIDCardDefault(faceidtest.IDCard{Name: "李测试", Number: somebody.IDNo, ValidDate: "20190128-长期"})
	d.sim.ScriptNFCDefault(faceidtest.NFCDocument{Name: "李测试", Number: somebody.IDNo, ValidFrom: "19900101", ValidTo: "长期"})
	d.page(faceid.ProductPlus, "passes", faceidtest.Passes())
	d.page(faceid.ProductPlus, "fails", faceidtest.NotSamePerson())
	d.page(faceid.ProductWill, "willpasses", faceidtest.Passes())
	d.page(faceid.ProductWill, "willfails", faceidtest.WrongAnswer())
	for product, orderNo := range map[faceid.Product]string{faceid.ProductIDCardOCR: "card", faceid.ProductBankCardOCR: "bank"} {
		launch, err := d.client.StartOCR(t.Context(), faceid.OCRRequest{Product: product, Platform: faceid.PlatformAndroid, OrderNo: orderNo, UserID: "user1"})
		require.NoError(t, err)
		kind := faceidtest.CardIDCard
		if product == faceid.ProductBankCardOCR {
			kind = faceidtest.CardBankCard
		}
		_, err = d.sim.RunOCR(t.Context(), launch.Params, kind)
		require.NoError(t, err)
	}
	launch, err := d.client.StartNFC(t.Context(), faceid.NFCRequest{Platform: faceid.PlatformAndroid, OrderNo: "chip", UserID: "user1"})
	require.NoError(t, err)
	read, err := d.sim.RunNFC(t.Context(), launch.Params, launch.Extras)
	require.NoError(t, err)
	d.reqID = read.ReqID
	return d
}

// page opens a verification in a browser and ends it so.
func (d *decider) page(p faceid.Product, orderNo string, e faceidtest.Ending) {
	login := openedPage(d.t, d.client, p, orderNo)
	d.sim.Script(orderNo, e)
	back, err := d.sim.Visit(d.t.Context(), login.URL)
	require.NoError(d.t, err)
	d.backs[orderNo], d.sessions[orderNo] = back, &login.Session
}

func (d *decider) returned(back, session string) func() (faceid.Result, error) {
	return func() (faceid.Result, error) {
		return d.client.ConfirmReturn(d.t.Context(), d.backs[back], d.sessions[session])
	}
}

func (d *decider) willReturned(orderNo string) func() (faceid.Result, error) {
	return func() (faceid.Result, error) {
		return d.client.ConfirmWillReturn(d.t.Context(), d.backs[orderNo], d.sessions[orderNo])
	}
}

func (d *decider) face(ctx context.Context, orderNo string) func() (faceid.Result, error) {
	return func() (faceid.Result, error) {
		return d.client.ConfirmFace(ctx, faceid.QueryFaceRecordRequest{OrderNo: orderNo, Product: faceid.ProductPlus})
	}
}

func (d *decider) will(orderNo string) func() (faceid.Result, error) {
	return func() (faceid.Result, error) {
		return d.client.ConfirmWill(d.t.Context(), faceid.GetWillFaceResultRequest{OrderNo: orderNo})
	}
}

func (d *decider) card(p faceid.Person) func() (faceid.Result, error) {
	return func() (faceid.Result, error) {
		return d.client.ConfirmOCR(d.t.Context(), faceid.GetOCRResultRequest{OrderNo: "card"}, p, faceid.OCRBothSides)
	}
}

func (d *decider) bank(p faceid.Person) func() (faceid.Result, error) {
	return func() (faceid.Result, error) {
		return d.client.ConfirmBankCardOCR(d.t.Context(), faceid.GetBankCardOCRResultRequest{OrderNo: "bank"}, p)
	}
}

func (d *decider) chip(p faceid.Person) func() (faceid.Result, error) {
	return func() (faceid.Result, error) {
		return d.client.ConfirmNFC(d.t.Context(), faceid.GetIDCardNFCResultRequest{OrderNo: "chip", ReqID: d.reqID}, p)
	}
}

// flow decides on an answer of API 3.0.
func (d *decider) flow(answer string, confirm func(c *faceid.Client) (faceid.Result, error)) func() (faceid.Result, error) {
	return func() (faceid.Result, error) {
		return confirm(cloudClient(d.t, &cloudExchange{answers: []string{answer}}, d.seen.option()))
	}
}

func (d *decider) detect(p faceid.Person) func(*faceid.Client) (faceid.Result, error) {
	return func(c *faceid.Client) (faceid.Result, error) {
		return c.ConfirmDetect(d.t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: "b", RuleID: "1"}, p)
	}
}

func (d *decider) eid(p faceid.Person) func(*faceid.Client) (faceid.Result, error) {
	return func(c *faceid.Client) (faceid.Result, error) {
		return c.ConfirmEid(d.t.Context(), faceid.GetEidResultRequest{EidToken: "e"}, p)
	}
}

func (d *decider) web(p faceid.Person) func(*faceid.Client) (faceid.Result, error) {
	return func(c *faceid.Client) (faceid.Result, error) {
		return c.ConfirmWebVerificationIntl(d.t.Context(), faceid.GetWebVerificationResultIntlRequest{BizToken: "b"}, p)
	}
}

func (d *decider) app(p faceid.Person) func(*faceid.Client) (faceid.Result, error) {
	return func(c *faceid.Client) (faceid.Result, error) {
		return c.ConfirmSdkVerification(d.t.Context(), faceid.GetSdkVerificationResultRequest{SDKToken: "s"}, p)
	}
}

func (d *decider) selfie(p faceid.Person) func(*faceid.Client) (faceid.Result, error) {
	return func(c *faceid.Client) (faceid.Result, error) {
		return c.ConfirmFaceIdIntl(d.t.Context(), faceid.GetFaceIdResultIntlRequest{SDKToken: "s"}, p)
	}
}

func (d *decider) liveness(c *faceid.Client) (faceid.Result, error) {
	return c.ConfirmLiveness(d.t.Context(), faceid.GetLivenessResultRequest{SDKToken: "s"})
}

func (d *decider) appOfChina(p faceid.Person) func(*faceid.Client) (faceid.Result, error) {
	return func(c *faceid.Client) (faceid.Result, error) {
		return c.ConfirmFaceId(d.t.Context(), faceid.GetFaceIdResultRequest{FaceIDToken: "t"}, p)
	}
}

func (d *decider) wxChip(p faceid.Person) func(*faceid.Client) (faceid.Result, error) {
	return func(c *faceid.Client) (faceid.Result, error) {
		return c.ConfirmWxNFC(d.t.Context(), faceid.GetWxNFCResultRequest{NFCToken: "t"}, p)
	}
}

func (d *decider) appChip(p faceid.Person) func(*faceid.Client) (faceid.Result, error) {
	return func(c *faceid.Client) (faceid.Result, error) {
		return c.ConfirmNfcData(d.t.Context(), faceid.ParseNfcDataRequest{ReqID: "r"}, p)
	}
}

// flowOf is an answer about a flow with one attempt, which ended with a code.
func flowOf(code, charged string) string {
	return answerOf(`"Text":{"ErrCode":` + code + `,"LivenessDetail":[{"Errcode":` + code + `,"IsNeedCharge":` + charged + `}]},"IsVerifyIntention":false`)
}

// kyc1Rows are decisions about what a browser and an App bring.
func (d *decider) kyc1Rows() map[string]decisionRow {
	return map[string]decisionRow{
		"the way back: a pass":        {d.returned("passes", "passes"), "ConfirmReturn", faceid.ProductPlus, "passes", faceid.FamilyPassed, "0", faceid.ChargedYes, true},
		"the way back: no pass":       {d.returned("fails", "fails"), "ConfirmReturn", faceid.ProductPlus, "fails", faceid.FamilyNotSamePerson, "66660004", faceid.ChargedYes, true},
		"the way back: another's":     {d.returned("passes", "fails"), "ConfirmReturn", faceid.ProductPlus, "fails", faceid.FamilyOtherOrder, "", faceid.ChargedUnknown, false},
		"the way back: nobody":        {d.returned("passes", ""), "ConfirmReturn", "", "", faceid.ErrRequest, "", faceid.ChargedUnknown, false},
		"the way back: of a will":     {d.returned("willpasses", "willpasses"), "ConfirmReturn", faceid.ProductWill, "willpasses", faceid.ErrRequest, "", faceid.ChargedUnknown, false},
		"the way back: will, a pass":  {d.willReturned("willpasses"), "ConfirmWillReturn", faceid.ProductWill, "willpasses", faceid.FamilyPassed, "0", faceid.ChargedYes, true},
		"the way back: will, no pass": {d.willReturned("willfails"), "ConfirmWillReturn", faceid.ProductWill, "willfails", faceid.FamilyWillMismatch, "66666006", faceid.ChargedYes, true},
		"a face: a pass":              {d.face(d.t.Context(), "passes"), "ConfirmFace", faceid.ProductPlus, "passes", faceid.FamilyPassed, "0", faceid.ChargedYes, true},
		"a face: no pass":             {d.face(d.t.Context(), "fails"), "ConfirmFace", faceid.ProductPlus, "fails", faceid.FamilyNotSamePerson, "66660004", faceid.ChargedYes, true},
		"a face: no result":           {d.face(d.t.Context(), "nobody"), "ConfirmFace", faceid.ProductPlus, "nobody", faceid.ErrNoResult, "66660011", faceid.ChargedUnknown, true},
		"a face: the caller left":     {d.face(canceled(), "passes"), "ConfirmFace", faceid.ProductPlus, "passes", "", "", faceid.ChargedUnknown, false},
		"a face: what is no order":    {d.face(d.t.Context(), somebody.Name), "ConfirmFace", faceid.ProductPlus, "", faceid.ErrRequest, "", faceid.ChargedUnknown, false},
		"a will: a pass":              {d.will("willpasses"), "ConfirmWill", faceid.ProductWill, "willpasses", faceid.FamilyPassed, "0", faceid.ChargedYes, true},
		"a will: no pass":             {d.will("willfails"), "ConfirmWill", faceid.ProductWill, "willfails", faceid.FamilyWillMismatch, "66666006", faceid.ChargedYes, true},
		"a card: a pass":              {d.card(somebody), "ConfirmOCR", faceid.ProductIDCardOCR, "card", faceid.FamilyPassed, "0", faceid.ChargedUnknown, true},
		"a card: another's":           {d.card(anotherPerson), "ConfirmOCR", faceid.ProductIDCardOCR, "card", faceid.FamilyOtherPerson, "0", faceid.ChargedUnknown, true},
		"a card: nobody is expected":  {d.card(faceid.Person{}), "ConfirmOCR", faceid.ProductIDCardOCR, "card", faceid.ErrRequest, "", faceid.ChargedUnknown, false},
		"a bank card: a pass":         {d.bank(faceid.AnyPerson), "ConfirmBankCardOCR", faceid.ProductBankCardOCR, "bank", faceid.FamilyPassed, "0", faceid.ChargedUnknown, true},
		"a bank card: another's":      {d.bank(anotherPerson), "ConfirmBankCardOCR", faceid.ProductBankCardOCR, "bank", faceid.FamilyOtherPerson, "0", faceid.ChargedUnknown, true},
		"a chip: a pass":              {d.chip(somebody), "ConfirmNFC", faceid.ProductNFC, "chip", faceid.FamilyPassed, "0", faceid.ChargedYes, true},
		"a chip: another's":           {d.chip(anotherPerson), "ConfirmNFC", faceid.ProductNFC, "chip", faceid.FamilyOtherPerson, "0", faceid.ChargedYes, true},
	}
}

// cloudRows are decisions about flows of API 3.0.
func (d *decider) cloudRows() map[string]decisionRow {
	return map[string]decisionRow{
		"WeChat: a pass":                   {d.flow(flowOf("0", "true"), d.detect(faceid.AnyPerson)), "ConfirmDetect", "", "", faceid.FamilyPassed, "0", faceid.ChargedYes, true},
		"WeChat: no pass":                  {d.flow(flowOf("2016", "false"), d.detect(somebody)), "ConfirmDetect", "", "", faceid.FamilyNotSamePerson, "2016", faceid.ChargedNo, true},
		"WeChat: another's":                {d.flow(flowOf("0", "true"), d.detect(somebody)), "ConfirmDetect", "", "", faceid.FamilyOtherPerson, "0", faceid.ChargedYes, true},
		"WeChat: not ended":                {d.flow(answerOf(`"Text":{}`), d.detect(somebody)), "ConfirmDetect", "", "", faceid.ErrNoResult, "", faceid.ChargedNo, true},
		"WeChat: refused":                  {d.flow(cloudError("InvalidParameter", "x"), d.detect(somebody)), "ConfirmDetect", "", "", faceid.ErrRequest, "InvalidParameter", faceid.ChargedUnknown, true},
		"E证通: a pass":                      {d.flow(flowOf("0", "true"), d.eid(faceid.AnyPerson)), "ConfirmEid", faceid.ProductEid, "", faceid.FamilyPassed, "0", faceid.ChargedYes, true},
		"E证通: no pass":                     {d.flow(flowOf("2016", "true"), d.eid(faceid.AnyPerson)), "ConfirmEid", faceid.ProductEid, "", faceid.FamilyNotSamePerson, "2016", faceid.ChargedYes, true},
		"China, an App: a pass":            {d.flow(answerOf(`"Result":"0","Similarity":97`), d.appOfChina(faceid.AnyPerson)), "ConfirmFaceId", "", "", faceid.FamilyPassed, "0", faceid.ChargedYes, true},
		"China, an App: another's":         {d.flow(answerOf(`"Result":"0","Similarity":97`), d.appOfChina(somebody)), "ConfirmFaceId", "", "", faceid.FamilyOtherPerson, "0", faceid.ChargedYes, true},
		"WeChat, a chip: a pass":           {d.flow(answerOf(`"ResultCode":"0","IdNum":"1"`), d.wxChip(faceid.AnyPerson)), "ConfirmWxNFC", "", "", faceid.FamilyPassed, "0", faceid.ChargedYes, true},
		"WeChat, a chip: not read":         {d.flow(answerOf(`"ResultCode":"-1"`), d.wxChip(faceid.AnyPerson)), "ConfirmWxNFC", "", "", faceid.FamilyUnreadable, "-1", faceid.ChargedNo, true},
		"China, a chip: another's":         {d.flow(answerOf(`"ResultCode":"0","IdNum":"1"`), d.appChip(somebody)), "ConfirmNfcData", "", "", faceid.FamilyOtherPerson, "0", faceid.ChargedYes, true},
		"International, a page: a pass":    {d.flow(answerOf(`"ErrorCode":0`), d.web(faceid.AnyPerson)), "ConfirmWebVerificationIntl", "", "", faceid.FamilyPassed, "0", faceid.ChargedUnknown, true},
		"International, a page: no pass":   {d.flow(answerOf(`"ErrorCode":1004`), d.web(faceid.AnyPerson)), "ConfirmWebVerificationIntl", "", "", faceid.FamilyCaptureFailed, "1004", faceid.ChargedUnknown, true},
		"International, an App: a pass":    {d.flow(answerOf(`"Result":"0","ChargeCount":1`), d.app(faceid.AnyPerson)), "ConfirmSdkVerification", "", "", faceid.FamilyPassed, "0", faceid.ChargedYes, true},
		"International, a selfie: a pass":  {d.flow(answerOf(`"Result":"0","Similarity":97`), d.selfie(faceid.PersonAsOpened)), "ConfirmFaceIdIntl", "", "", faceid.FamilyPassed, "0", faceid.ChargedUnknown, true},
		"International, a selfie: another": {d.flow(answerOf(`"Result":"0","Similarity":97`), d.selfie(somebody)), "ConfirmFaceIdIntl", "", "", faceid.FamilyOtherPerson, "0", faceid.ChargedUnknown, true},
		"International, liveness: a pass":  {d.flow(answerOf(`"Result":"0"`), d.liveness), "ConfirmLiveness", "", "", faceid.FamilyPassed, "0", faceid.ChargedUnknown, true},
		"International, liveness: no pass": {d.flow(answerOf(`"Result":"1002"`), d.liveness), "ConfirmLiveness", "", "", faceid.FamilySuspectedFake, "1002", faceid.ChargedUnknown, true},
		"International, an App: another":   {d.flow(answerOf(`"Result":"0"`), d.app(somebody)), "ConfirmSdkVerification", "", "", faceid.FamilyOtherPerson, "0", faceid.ChargedNo, true},
	}
}

// A Confirm… method that this test does not know would have no event.
func TestEventDecisionsCoverEveryConfirmMethod(t *testing.T) {
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
		"ConfirmFaceId", "ConfirmWxNFC", "ConfirmNfcData", "ConfirmFaceIdIntl", "ConfirmLiveness",
	}, all, "a new one needs decide, and a row in TestEventIsOneForEveryDecision")
}

// A decision that waits for its record is one event, and lasts as long as it took.
func TestEventIsOneForADecisionThatWaits(t *testing.T) {
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
