package faceid_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/stretchr/testify/require"
)

// loggedRow is a value, a pointer to it, what is logged of it and what is printed.
type loggedRow struct {
	value, pointer any
	logged         string
	printed        string
}

// loggedRows returns values of every type that has something to search for.
func loggedRows(zero int64, yes bool, score faceid.Score) map[string]loggedRow {
	return map[string]loggedRow{
		"a record": pair(faceid.FaceRecord{OrderNo: "order1", Product: faceid.ProductPlus, ResultCode: faceid.CodeNotSamePerson, Similarity: score, BizSeqNo: "s1", Message: "words", Photo: []byte("photo")},
			`{"order": "order1", "product": "plus", "similarity": 97.5, "seq": "s1"}`,
			"faceid.FaceRecord{Passed:false Code:66660004 Family:NotSamePerson Charged:yes OrderNo:order1 Product:plus Similarity:97.5 BizSeqNo:s1}"),
		"a will": pair(faceid.WillRecord{OrderNo: "order1", ResultCode: faceid.CodePassed, FaceCode: faceid.CodePassed, WillCode: faceid.CodeWillMismatch, UserAnswer: "no", Turns: make([]faceid.WillTurn, 2)},
			`{"order": "order1", "face_code": "0", "will_code": "66666006", "turns": 2}`, ""),
		"a card": pair(faceid.OCRResult{OrderNo: "order1", ResultCode: "ocr-idcard/66661002", FrontCode: "ocr-idcard/0", Name: "n"},
			`{"order": "order1", "front_code": "0"}`, ""),
		"a bank card": pair(faceid.BankCardResult{OrderNo: "order1", ResultCode: "ocr-bankcard/0", BankCardNo: "62", BizSeqNo: "s1"},
			`{"order": "order1", "seq": "s1"}`, ""),
		"a chip": pair(faceid.NFCResult{OrderNo: "order1", Name: "n", IDCard: "1", BizSeqNo: "s1"},
			`{"order": "order1", "seq": "s1"}`, ""),
		"photos": pair(faceid.PhotoInfo{OrderNo: "order1", ResultCode: faceid.CodePassed, Photos: [][]byte{{1}}, Sizes: []int64{1}},
			`{"order": "order1", "code": "0", "photos": 1}`, ""),
		"a callback": pair(faceid.Callback{OrderNo: "order1", Code: faceid.CodeH5NoCamera, FaceID: "f"},
			`{"order": "order1", "code": "3004"}`, "faceid.Callback{OrderNo:order1 Code:3004}"),
		"a login": pair(faceid.PageLogin{Session: faceid.PageSession{Product: faceid.ProductPlus, OrderNo: "order1", UserID: "user1"}, URL: "https://x"},
			`{"product": "plus", "order": "order1", "user": "user1"}`, ""),
		"a launch": pair(faceid.SDKLaunch{Product: faceid.ProductPlus, Platform: faceid.PlatformIOS, OrderNo: "order1", UserID: "user1", Params: map[string]string{"sign": "S"}},
			`{"product": "plus", "platform": "ios", "order": "order1", "user": "user1"}`, ""),
		"a person": pair(faceid.Person{UserID: "user1", Name: "n", IDNo: "1"}, `{"user": "user1"}`, "faceid.Person{UserID:user1}"),
		"WeChat": pair(faceid.GetDetectInfoEnhancedResult{Text: &faceid.DetectInfoText{ErrCode: &zero, Name: "n"}, IsVerifyIntention: &yes, RequestID: "r1"},
			`{"text": {"err_code": 0}, "is_verify_intention": true, "request": "r1"}`, ""),
		"WeChat's old form": pair(faceid.DetectInfo{Text: &faceid.DetectInfoText{ErrCode: &zero, Name: "n"}},
			`{"text": {"err_code": 0}}`, "faceid.DetectInfo{Text:{ErrCode:0}}"),
		"E证通": pair(faceid.GetEidResultResult{Text: &faceid.DetectInfoText{ErrCode: &zero}, RequestID: "r1"},
			`{"text": {"err_code": 0}, "request": "r1"}`, ""),
		"a page abroad": pair(faceid.GetWebVerificationResultIntlResult{ErrorCode: &zero, RequestID: "r1"},
			`{"error_code": 0, "request": "r1"}`, ""),
		"an App abroad": pair(faceid.GetSdkVerificationResultResult{Result: "0", ChargeCount: 1, RequestID: "r1"},
			`{"charge_count": 1, "request": "r1"}`, ""),
		"a check": pair(faceid.IdCardVerificationResult{Result: "-1", Description: "words", RequestID: "r1"},
			`{"request": "r1"}`,
			"faceid.IdCardVerificationResult{Passed:false Code:-1 Family:IdentityMismatch Charged:yes RequestID:r1}"),
		"fakes": pair(faceid.DetectAIFakeFacesResult{AttackRiskLevel: faceid.AttackRiskHigh, RequestID: "r1"},
			`{"attack_risk_level": "High", "request": "r1"}`, ""),
		"a token": pair(faceid.DetectAuthResult{URL: "https://x", BizToken: "t", RequestID: "r1"}, `{"request": "r1"}`, ""),
		"a bill":  pair(faceid.Reconciliation{Local: 1, Missing: []string{"t"}}, `{"local": 1, "missing": 1}`, "faceid.Reconciliation{Local:1 Missing:1}"),
		"any":     pair(faceid.KYC1Answer{Code: "0", BizSeqNo: "s1", JSON: faceid.RawJSON("{}")}, `{"seq": "s1", "json": 2}`, ""),
	}
}

// A search for an order, a code or a serial number finds the line, whatever value was
// logged, and fmt prints the same. The fields that every Result has come first.
func TestLoggingShowsWhatASearchNeeds(t *testing.T) {
	zero, yes := int64(0), true
	score := faceid.Score{Value: 97.5, Present: true}
	for name, test := range loggedRows(zero, yes, score) {
		t.Run(name, func(t *testing.T) {
			want := map[string]any{}
			require.NoError(t, json.Unmarshal([]byte(test.logged), &want))
			if r, ok := test.pointer.(faceid.Result); ok {
				want["passed"], want["family"] = r.Passed(), string(r.Family())
				if r.Charged() != faceid.ChargedUnknown {
					want["charged"] = r.Charged().String()
				}
				if r.Code() != "" {
					want["code"] = r.Code().Number()
				}
			}
			for _, v := range []any{test.value, test.pointer} {
				var got map[string]any
				require.NoError(t, json.Unmarshal([]byte(logged(t, v)), &got))
				require.Equal(t, want, got)
			}
			printed := fmt.Sprint(test.value)
			require.Equal(t, printed, fmt.Sprintf("%#v", test.pointer))
			if test.printed != "" {
				require.Equal(t, test.printed, printed)
			}
			suite.see(test.value)
		})
	}
}

func pair[T any](value T, logged, printed string) (test struct {
	value, pointer any
	logged         string
	printed        string
}) {
	test.value, test.pointer, test.logged, test.printed = value, &value, logged, printed
	return test
}

// A log has a code as its number, which a search finds. As an error the code reads like
// one.
func TestLoggingWritesACodeAsItsNumber(t *testing.T) {
	require.Equal(t, `"66660004"`, logged(t, faceid.CodeNotSamePerson))
	require.Equal(t, `"NotSamePerson"`, logged(t, faceid.FamilyNotSamePerson))
	require.Equal(t, faceid.CodeNotSamePerson.Error(), fmt.Sprint(faceid.CodeNotSamePerson))
	require.True(t, strings.HasPrefix(faceid.CodeNotSamePerson.Error(), "faceid: code 66660004: "))
}

func TestLoggingWritesAnErrorInParts(t *testing.T) {
	inner := &faceid.Error{Op: "refresh", Code: faceid.CodeBadSignature, Family: faceid.ErrCredential, HTTPStatus: 200, BizSeqNo: "s1", Err: errors.New("why")}
	outer := &faceid.Error{Op: "StartH5", Product: faceid.ProductPlus, OrderNo: "order1", Step: faceid.ReturnRecord, Err: fmt.Errorf("x: %w", inner)}
	var line map[string]any
	require.NoError(t, json.Unmarshal([]byte(logged(t, outer)), &line))
	require.Equal(t, map[string]any{
		"op": "StartH5", "product": "plus", "code": "400101", "family": "Credential", "step": "record", "order": "order1", "seq": "s1",
		"status": 200.0, "error": outer.Error(),
	}, line, "what the inner one knows, too")

	require.JSONEq(t, `{"op": "X", "request": "r1", "error": "faceid: X (request r1)"}`, logged(t, &faceid.Error{Op: "X", RequestID: "r1"}))
	require.Equal(t, "null", logged(t, (*faceid.Error)(nil)))
	text, err := json.Marshal(outer.Error())
	require.NoError(t, err)
	require.Equal(t, `"wrapped: `+string(text[1:]), logged(t, fmt.Errorf("wrapped: %w", outer)), "slog does not look inside others")
}

// bearerRow is a value, what remains of it in JSON, and a value to read that into.
type bearerRow struct{ whole, kept, read any }

// A value that lets its bearer in is not written as JSON, whether slog's handler or a
// caller marshals it. A value that is to be kept can be read again, and the parameters
// for the App are written whole.
func TestMarshalingWritesNothingThatLetsItsBearerIn(t *testing.T) {
	const address = "https://canary.example/login?sign=canary"
	session := faceid.PageSession{
		Product: faceid.ProductPlus, OrderNo: "order1", UserID: "user1", FaceID: "face1", OptimalDomain: "kyc.qcloud.com",
		RedirectURL: "https://merchant.example/back", From: faceid.FromBrowser, ShowResultPage: true, ReplaceHistory: true,
		OpenedAt: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC),
	}
	params := map[string]string{"sign": "canary"}
	for _, test := range []bearerRow{
		{session, session, &faceid.PageSession{}},
		{faceid.PageLogin{Session: session, URL: address}, faceid.PageLogin{Session: session}, &faceid.PageLogin{}},
		{
			faceid.SDKLaunch{Product: faceid.ProductNFC, Platform: faceid.PlatformIOS, OrderNo: "order1", UserID: "user1", FaceID: "face1", Params: params, Extras: params},
			faceid.SDKLaunch{Product: faceid.ProductNFC, Platform: faceid.PlatformIOS, OrderNo: "order1", UserID: "user1", FaceID: "face1"}, &faceid.SDKLaunch{},
		},
		{
			faceid.DetectAuthResult{URL: address, BizToken: "t", RequestID: "r1", WillAsked: true},
			faceid.DetectAuthResult{BizToken: "t", RequestID: "r1", WillAsked: true}, &faceid.DetectAuthResult{},
		},
		{
			faceid.GetEidTokenResult{URL: address, EidToken: "t", RequestID: "r1", WillAsked: true},
			faceid.GetEidTokenResult{EidToken: "t", RequestID: "r1", WillAsked: true}, &faceid.GetEidTokenResult{},
		},
		{
			faceid.ApplyWebVerificationBizTokenIntlResult{VerificationURL: address, VerificationURLDeprecated: address, BizToken: "t", RequestID: "r1"},
			faceid.ApplyWebVerificationBizTokenIntlResult{BizToken: "t", RequestID: "r1"}, &faceid.ApplyWebVerificationBizTokenIntlResult{},
		},
		{faceid.SealedField{Name: "IdCard", Value: &somebody.IDNo}, faceid.SealedField{Name: "IdCard"}, &faceid.SealedField{}},
		{somebody, faceid.Person{UserID: somebody.UserID}, &faceid.Person{}},
	} {
		t.Run(fmt.Sprintf("%T", test.whole), func(t *testing.T) {
			pointer := reflect.New(reflect.TypeOf(test.whole))
			pointer.Elem().Set(reflect.ValueOf(test.whole))

			requireKept(t, test, pointer)
			require.Equal(t, pointer.Elem().Interface(), test.whole, "it is as it was")
		})
	}
	text, err := json.Marshal(faceid.SDKLaunch{Params: params}.Params)
	require.NoError(t, err)
	require.Equal(t, `{"sign":"canary"}`, string(text))
}

// requireKept writes a value as JSON, reads it again, and looks into the logs of
// structs that hold it.
func requireKept(t *testing.T, test bearerRow, pointer reflect.Value) {
	for _, v := range []any{test.whole, pointer.Interface()} {
		text, err := json.Marshal(v)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, test.read))
		require.Equal(t, test.kept, reflect.ValueOf(test.read).Elem().Interface())
		for _, shape := range []any{[]any{v}, map[string]any{"k": v}, struct{ V any }{v}, &[]struct{ V any }{{v}}} {
			for _, secret := range []string{"canary", somebody.IDNo, somebody.Name} {
				require.NotContains(t, logged(t, shape), secret)
			}
		}
	}
}

// The claim of a stranger is readable in its field, and is printed nowhere.
func TestPrintingShowsNoUnsignedClaim(t *testing.T) {
	_, err := faceid.VerifyCallback(url.Values{"orderNo": {"canary1"}, "code": {"3004"}}, "TIDA0001")
	var unsigned *faceid.UnsignedError
	require.ErrorAs(t, err, &unsigned)
	require.Equal(t, "canary1", unsigned.UnverifiedOrderNo)
	outer := &faceid.Error{Op: "ConfirmReturn", Err: err}
	for _, v := range []any{unsigned, *unsigned, err, outer, *outer, fmt.Errorf("outer: %w", outer)} {
		for _, shape := range []any{v, []any{v}, struct{ V any }{v}} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t"} {
				require.NotContains(t, fmt.Sprintf(verb, shape), "canary1")
				require.NotContains(t, fmt.Sprintf(verb, shape), fmt.Sprintf("%x", "canary1"))
			}
			require.NotContains(t, logged(t, shape), "canary1")
			suite.see(shape)
		}
	}
	require.Equal(t, faceid.ErrUnsigned.Error(), fmt.Sprintf("%+v", unsigned))
	require.Equal(t, faceid.ErrUnsigned.Error(), fmt.Sprint(*unsigned))
	require.JSONEq(t, `["`+faceid.ErrUnsigned.Error()+`"]`, logged(t, []any{unsigned}))
}

// Hiding the fields of a part from print hides nothing from a store.
func TestMarshalingKeepsWholeWhatPrintsAsItsName(t *testing.T) {
	code := int64(1)
	whole := faceid.DetectInfo{Text: &faceid.DetectInfoText{ErrCode: &code, Name: somebody.Name, LivenessDetail: []faceid.DetectDetail{{Seq: "1"}}}}
	require.Equal(t, "faceid.DetectInfoText{…}", fmt.Sprintf("%+v", whole.Text))

	text, err := json.Marshal(whole)
	require.NoError(t, err)
	var back faceid.DetectInfo
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, whole, back)

	var stored bytes.Buffer
	require.NoError(t, gob.NewEncoder(&stored).Encode(whole))
	back = faceid.DetectInfo{}
	require.NoError(t, gob.NewDecoder(&stored).Decode(&back))
	require.Equal(t, whole, back)
}

// slog writes JSON by reflection unless a type has a LogValue method.
func TestLoggingAFlowShowsNoPersonAndNoToken(t *testing.T) {
	for _, v := range []any{
		faceid.DetectInfo{Text: &faceid.DetectInfoText{Name: "李测试", IDCard: "110101199003074477"}},
		faceid.LocalFlow{BizToken: "canary-token", ChargeCount: 1},
		faceid.Reconciliation{Local: 1, Missing: []string{"canary-token"}},
	} {
		var log strings.Builder
		slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "value", v)
		text := log.String() + fmt.Sprintf("%v %+v %#v", v, v, v)
		for _, secret := range []string{"李测试", "110101", "canary"} {
			require.NotContains(t, text, secret)
		}
	}
	require.Equal(t, "faceid.Reconciliation{Local:1 Missing:1}", fmt.Sprint(faceid.Reconciliation{Local: 1, Missing: []string{"t"}}))
}
