package faceid_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
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

func TestEventSaysWhatACallAsked(t *testing.T) {
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

	requireEventsOfOtherCalls(t, sim, &seen, client)
}

// requireEventsOfOtherCalls looks at the events of a query that is refused, of a
// query for photos and of a call of the caller's own.
func requireEventsOfOtherCalls(t *testing.T, sim *faceidtest.Server, seen *events, client *faceid.Client) {
	sim.FailNext(pathRecord, faceidtest.FaultCode("400106", ""))
	_, err := client.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
	require.ErrorIs(t, err, faceid.ErrRequest)
	e := seen.take()
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

// An event that tells of an answer also tells what is wrong with it.
func TestEventTellsOfAnAnswerThatCannotBeRead(t *testing.T) {
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

// actionRow is a call of API 3.0, its answer, and what its event tells.
type actionRow struct {
	answer   string
	status   int
	call     func(c *faceid.Client) error
	op, asks string
	code     faceid.Code
	charged  faceid.Charged
	family   faceid.Family
}

func TestEventSaysWhatAnActionAsked(t *testing.T) {
	var seen events
	person := faceid.Person{Name: somebody.Name, IDNo: somebody.IDNo}
	for name, test := range map[string]actionRow{
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

// A failure of the caller's own code has a family of its own.
func TestEventGivesTheCallersOwnTroubleAFamily(t *testing.T) {
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

// No personal data and no secret is in any field of an event, whether it came from the
// caller, the platform or a stranger.
func TestEventNamesNobody(t *testing.T) {
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
	_, err = client.VerifyCallback(t.Context(), changed(back, "orderNo", somebody.IDNo)) // An ID number is well-formed as an order number.
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

// The ticket is asked for at every request, so it costs nothing.
func TestEventIsNotToldForAFreshTicket(t *testing.T) {
	var seen events
	client := fuzzClient(t, "", seen.option())
	_, err := client.SignTicket(t.Context())
	require.NoError(t, err)
	seen.take()
	ctx := t.Context()
	require.Zero(t, testing.AllocsPerRun(100, func() { _, _ = client.SignTicket(ctx) }))
	require.Empty(t, seen.take())
}

func TestWithObserverSeesEveryCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen events
		sim := faceidtest.Start(t)
		client := newClient(sim, seen.option())
		_, err := client.SignTicket(t.Context())
		require.NoError(t, err)
		sim.FailNext(pathRecord, faceidtest.FaultStatus(502, "x"), faceidtest.FaultDelay(time.Second))
		_, err = client.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
		require.ErrorIs(t, err, faceid.ErrNoResult)

		var ops []string
		all := seen.take()
		for _, e := range all {
			ops = append(ops, string(e.Kind)+" "+e.Op)
		}
		require.Equal(t, []string{"call refresh", "call refresh", "refresh refresh", "call QueryFaceRecord"}, ops)
		last := all[3]
		require.Equal(t, 2, last.Attempts)
		require.Equal(t, faceid.ErrNoResult, last.Family)
		require.Equal(t, err, last.Err)
		require.Greater(t, last.Duration, time.Second)
	})
}
