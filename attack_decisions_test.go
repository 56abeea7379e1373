package faceid_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// What a reader with an attacker's eyes found in the decisions.

// A session is usually kept as JSON: what the decision wants back must survive it.
func TestWillAskedSurvivesJSON(t *testing.T) {
	c := cloudClient(t, &cloudExchange{answers: []string{answerOf(`"BizToken":"b","Url":"u","EidToken":"e","WillAsked":true`)}})
	plain, err := c.DetectAuth(t.Context(), faceid.DetectAuthRequest{RuleID: "1"})
	require.NoError(t, err)
	require.False(t, plain.WillAsked, "whatever the answer holds")
	opened, err := c.DetectAuth(t.Context(), faceid.DetectAuthRequest{RuleID: "1", IntentionVerifyText: "我同意"})
	require.NoError(t, err)
	eid, err := c.GetEidToken(t.Context(), faceid.GetEidTokenRequest{MerchantID: "m", Config: &faceid.GetEidTokenConfig{UseIntentionVerify: true, IntentionVerifyText: "我同意"}})
	require.NoError(t, err)
	var keptOpened faceid.DetectAuthResult
	var keptEid faceid.GetEidTokenResult
	for from, to := range map[any]any{opened: &keptOpened, eid: &keptEid} {
		text, err := json.Marshal(from)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, to))
	}
	require.True(t, keptOpened.WillAsked)
	require.True(t, keptEid.WillAsked)
}

func TestACopyOfAnyPersonThatNamesACardIsRefused(t *testing.T) {
	sim := faceidtest.Start(t)
	p := faceid.AnyPerson
	p.BankCardNo = "6200000000000000"
	_, err := newClient(sim).ConfirmBankCardOCR(t.Context(), faceid.GetBankCardOCRResultRequest{OrderNo: "order1"}, p)
	require.ErrorIs(t, err, faceid.ErrRequest)
	require.Empty(t, sim.Requests())
}

// What scans the links of a mail does not use up the person's way back.
func TestAHeadRequestUsesNothingUp(t *testing.T) {
	sim := faceidtest.Start(t)
	c := newClient(sim)
	login := openedPage(t, c, faceid.ProductPlus, "")
	back, err := sim.Visit(t.Context(), login.URL)
	require.NoError(t, err)
	scan := back.Clone(t.Context())
	scan.Method = http.MethodHead
	_, err = c.ConfirmReturn(t.Context(), scan, &login.Session)
	require.ErrorIs(t, err, faceid.ErrRequest)
	require.Zero(t, sim.Calls(pathRecord))
	_, err = c.ConfirmReturn(t.Context(), back, &login.Session)
	require.NoError(t, err)
}

// Code 0 beside a face that failed, or that was compared with nobody, is not a
// pass of the person who is named beside it.
func TestAFlowThatContradictsItselfDoesNotPass(t *testing.T) {
	named := `"IdCard":"` + otherIDNo + `","Name":"李测试"`
	me := faceid.Person{Name: "李测试", IDNo: otherIDNo}
	const good = `,"Comparestatus":0,"Sim":"97.0"`
	const unasked = `,"IsVerifyIntention":false`
	for name, test := range map[string]struct {
		answer string
		want   error
	}{
		"compared":                 {`"Text":{"ErrCode":0,` + named + good + `}` + unasked, nil},
		"with nobody":              {`"Text":{"ErrCode":0,` + named + `}` + unasked, faceid.ErrNotCompared},
		"without a score":          {`"Text":{"ErrCode":0,"Comparestatus":0,` + named + `}` + unasked, faceid.ErrNotCompared},
		"the comparison failed":    {`"Text":{"ErrCode":0,"Comparestatus":2016,"Sim":"3.0",` + named + `}` + unasked, faceid.ErrBadAnswer},
		"not alive":                {`"Text":{"ErrCode":0,"LiveStatus":1001,` + named + good + `}` + unasked, faceid.ErrBadAnswer},
		"a will that fails in all": {`"Text":{"ErrCode":0,` + named + good + `},"IsVerifyIntention":true,"IntentionVerifyType":"0","IntentionQuestionResult":{"FinalResultDetailCode":0,"FinalResultCode":"-1"}`, faceid.FamilyWillMismatch},
		"a will of which all pass": {`"Text":{"ErrCode":0,` + named + good + `},"IsVerifyIntention":true,"IntentionVerifyType":"0","IntentionQuestionResult":{"FinalResultDetailCode":0,"FinalResultCode":"0"}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			result, err := cloudClient(t, &cloudExchange{answers: []string{answerOf(test.answer)}}).
				ConfirmDetect(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: "b", RuleID: "1"}, me)
			require.ErrorIs(t, err, test.want)
			require.Equal(t, test.want == nil, result.Passed())
			eid, err := cloudClient(t, &cloudExchange{answers: []string{answerOf(test.answer)}}).
				ConfirmEid(t.Context(), faceid.GetEidResultRequest{EidToken: "e"}, me)
			require.ErrorIs(t, err, test.want)
			require.Equal(t, test.want == nil, eid.Passed())
		})
	}
	masked := answerOf(`"Text":{"ErrCode":0,"IdCard":"1101**********643X","Name":"李*"` + good + `}` + unasked)
	_, err := cloudClient(t, &cloudExchange{answers: []string{masked}}).
		ConfirmDetect(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: "b", RuleID: "1"}, faceid.PersonAsOpened)
	require.ErrorIs(t, err, faceid.ErrOtherPerson, "a masked name is somebody's")
}

// In an App the person may type over what was read. What was typed says nothing
// of the document.
func TestWhatWasTypedIsNotWhatWasRead(t *testing.T) {
	const document = `{"IsPass":true,"NormalCardInfo":{"InternationalIDPassport":{"LicenseNumber":"E1234567","FullName":"LI SAN","GivenName":"SAN","Surname":"LI"}},"EditDetails":[`
	for name, test := range map[string]struct {
		edits string
		same  bool
	}{
		"nothing":                      {``, true},
		"an unread number":             {`{"OriginalFieldValue":"","RevisedFieldValue":"E1234567"}`, false},
		"a masked number":              {`{"OriginalFieldValue":"E1*","RevisedFieldValue":"E1234567"}`, false},
		"another number":               {`{"OriginalFieldValue":"A7654321","RevisedFieldValue":"E1234567"}`, false},
		"in two steps":                 {`{"OriginalFieldValue":"A7654321","RevisedFieldValue":""},{"OriginalFieldValue":"","RevisedFieldValue":"E1234567"}`, false},
		"an unread name":               {`{"OriginalFieldValue":"","RevisedFieldValue":"LI SAN"}`, false},
		"a part of a name":             {`{"OriginalFieldValue":"SI","RevisedFieldValue":"SAN"}`, false},
		"the same number with a blank": {`{"OriginalFieldValue":"E 1234567","RevisedFieldValue":"E1234567"}`, true},
		"the same name in capitals":    {`{"OriginalFieldValue":"Li San","RevisedFieldValue":"LI SAN"}`, true},
		"an address":                   {`{"OriginalFieldValue":"","RevisedFieldValue":"1 Sample Road"}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			c := cloudClient(t, &cloudExchange{answers: []string{answerOf(`"Result":"0","CardVerifyResults":[` + document + test.edits + `]}]`)}})
			_, err := c.ConfirmSdkVerification(t.Context(), faceid.GetSdkVerificationResultRequest{SDKToken: "b"}, faceid.Person{IDNo: "E1234567", Name: "Li San"})
			if test.same {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, faceid.ErrOtherPerson)
		})
	}
	failed := answerOf(`"Result":"0","CardVerifyResults":[` + document + `]}],"CompareResults":[{"CompareErrorCode":"2016","Sim":3}]`)
	_, err := cloudClient(t, &cloudExchange{answers: []string{failed}}).ConfirmSdkVerification(t.Context(), faceid.GetSdkVerificationResultRequest{SDKToken: "b"}, faceid.Person{IDNo: "E1234567"})
	require.ErrorIs(t, err, faceid.ErrBadAnswer)
	blank := answerOf(`"ErrorCode":0,"OCRResult":[{"IsPass":true,"NormalCardInfo":{"HKIDCard":{"LicenseNumber":""}},"CardInfo":{"HKIDCard":{"IdNum":"A1234567"}}}]`)
	_, err = cloudClient(t, &cloudExchange{answers: []string{blank}}).ConfirmWebVerificationIntl(t.Context(), faceid.GetWebVerificationResultIntlRequest{BizToken: "b"}, faceid.Person{IDNo: "A1234567"})
	require.NoError(t, err, "the old form, where the new one is blank")
}
