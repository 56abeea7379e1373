package faceid_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
)

func TestDetectAuthIsSentAsDocumented(t *testing.T) {
	e := &cloudExchange{answers: []string{answerOf(`"Url":"https://x","BizToken":"b1"`)}}
	yes := true
	result, err := cloudClient(t, e).DetectAuth(t.Context(), faceid.DetectAuthRequest{
		RuleID: "1", Name: somebody.Name, IDCard: somebody.IDNo, RedirectURL: "https://merchant.example/back", Extra: "e", Image: inventedJPG,
		IntentionQuestions: []faceid.IntentionQuestion{{Question: "q", Answers: []string{"a"}}},
		Config:             &faceid.RuleIDConfig{IntentionType: faceid.RuleIntentionQuestions, IntentionRecognition: &yes, Speed: 2},
	})
	require.NoError(t, err)
	require.Equal(t, "b1", result.BizToken)
	require.Equal(t, "DetectAuth", e.requests[0].Header.Get("X-TC-Action"))
	require.JSONEq(t, `{"RuleId":"1","Name":"`+somebody.Name+`","IdCard":"`+somebody.IDNo+`","RedirectUrl":"https://merchant.example/back","Extra":"e",
		"ImageBase64":"/9j/IGFuIGludmVudGVkIHBpY3R1cmU=","IntentionQuestions":[{"Question":"q","Answers":["a"]}],"Config":{"IntentionRecognition":true,"Speed":2}}`, e.bodies[0])
	suite.see(result, *result)
}

func TestInfoPartsWriteTheirDigits(t *testing.T) {
	for parts, want := range map[faceid.InfoParts]string{
		faceid.InfoAll: "0", faceid.InfoText: "1", faceid.InfoText | faceid.InfoBestFrame: "13", faceid.InfoVideo | faceid.InfoText | faceid.InfoBestFrame: "134",
		faceid.InfoReading | faceid.InfoIntention: "56", faceid.InfoIDCard: "2",
	} {
		require.Equal(t, want, parts.String())
	}
}

// These are parts of an answer: a will was asked for, with the kind still to come; the
// face passed; the face passed, and no will was asked for.
const (
	willWasAsked      = `,"IsVerifyIntention":true,"IntentionVerifyType":`
	facePassed        = `"Text":{"ErrCode":0}`
	facePassedUnasked = `"Text":{"ErrCode":0},"IsVerifyIntention":false`
)

// wholeFlow is an answer and the error of its decision.
type wholeFlow struct {
	answer string
	want   error // nil: it passes
}

// wholeFlows are the ends of a flow, with and without a will.
var wholeFlows = map[string]wholeFlow{
	"passes":                  {facePassedUnasked, nil},
	"nothing happened":        {`"Text":{"ErrCode":null}`, faceid.ErrNoResult},
	"no text":                 {`"Text":null`, faceid.ErrNoResult},
	"not completed":           {`"Text":{"ErrCode":17}`, faceid.ErrNoResult},
	"a fake":                  {`"Text":{"ErrCode":1002,"ErrMsg":"m"}`, faceid.FamilySuspectedFake},
	"low similarity":          {`"Text":{"ErrCode":2016}`, faceid.FamilyNotSamePerson},
	"an unknown code":         {`"Text":{"ErrCode":987654}`, faceid.ErrUnknownCode},
	"the will is not told":    {facePassed + willWasAsked + `"0"`, faceid.ErrNoResult},
	"the engine was too slow": {`"Text":{"ErrCode":1001}`, faceid.ErrService},
	"a name like ErrCode":     {`"Text":{"ErrCode":1002,"errcode":0}`, faceid.FamilySuspectedFake},
	"only a name like Text":   {`"TEXT":{"ErrCode":0}`, faceid.ErrNoResult},
	"questions answered":      {facePassed + willWasAsked + `"0","IntentionQuestionResult":{"FinalResultDetailCode":0}`, nil},
	"questions not answered":  {facePassed + willWasAsked + `"0","IntentionQuestionResult":{"FinalResultDetailCode":-302}`, faceid.FamilyWillMismatch},
	"nodded":                  {facePassed + willWasAsked + `"1","IntentionActionResult":{"FinalResultDetailCode":0}`, nil},
	"did not nod":             {facePassed + willWasAsked + `"1","IntentionActionResult":{"FinalResultDetailCode":-201}`, faceid.FamilyWillMismatch},
	"read":                    {facePassed + willWasAsked + `"2","IntentionVerifyData":{"ErrorCode":0}`, nil},
	"did not read":            {facePassed + willWasAsked + `"2","IntentionVerifyData":{"ErrorCode":-12}`, faceid.FamilyWillMismatch},
	"another way's code":      {facePassed + willWasAsked + `"1","IntentionQuestionResult":{"FinalResultDetailCode":0}`, faceid.ErrBadAnswer},
	"a way to come":           {facePassed + willWasAsked + `"3","IntentionQuestionResult":{"FinalResultDetailCode":0}`, faceid.ErrBadAnswer},
	"no way":                  {facePassed + `,"IsVerifyIntention":true,"IntentionQuestionResult":{"FinalResultDetailCode":0}`, faceid.ErrBadAnswer},
	"the face failed before":  {`"Text":{"ErrCode":2016}` + willWasAsked + `"0","IntentionQuestionResult":null`, faceid.FamilyNotSamePerson},
	"the will cannot help":    {`"Text":{"ErrCode":2016}` + willWasAsked + `"0","IntentionQuestionResult":{"FinalResultDetailCode":0}`, faceid.FamilyNotSamePerson},

	"a failed will without the flag":      {facePassed + `,"IntentionQuestionResult":{"FinalResultDetailCode":-301}`, faceid.FamilyWillMismatch},
	"a failed nod without the flag":       {facePassed + `,"IntentionActionResult":{"FinalResultDetailCode":-201}`, faceid.FamilyWillMismatch},
	"a failed reading without the flag":   {facePassed + `,"IntentionVerifyData":{"ErrorCode":-10}`, faceid.FamilyWillMismatch},
	"a failed will beside a null flag":    {facePassed + `,"IsVerifyIntention":null,"IntentionVerifyData":{"ErrorCode":-10}`, faceid.FamilyWillMismatch},
	"a failed will, and the flag says no": {facePassedUnasked + `,"IntentionQuestionResult":{"FinalResultDetailCode":-302}`, faceid.FamilyWillMismatch},
	"a failed will of another way":        {facePassed + willWasAsked + `"1","IntentionActionResult":{"FinalResultDetailCode":0},"IntentionVerifyData":{"ErrorCode":-10}`, faceid.FamilyWillMismatch},
	"no flag":                             {facePassed, faceid.ErrBadAnswer},
	"a null flag":                         {facePassed + `,"IsVerifyIntention":null`, faceid.ErrBadAnswer},
	"no flag beside a good will":          {facePassed + `,"IntentionVerifyType":"0","IntentionQuestionResult":{"FinalResultDetailCode":0}`, faceid.ErrBadAnswer},
	"a flag that is a text":               {facePassed + `,"IsVerifyIntention":"false"`, faceid.ErrBadAnswer},
	"a flag spelt another way":            {facePassed + `,"isVerifyIntention":false`, faceid.ErrBadAnswer},
	"no will was given, and none counts":  {facePassedUnasked + `,"IntentionQuestionResult":{"FinalResultDetailCode":null},"IntentionVerifyData":null`, nil},
}

func TestConfirmDetectDecidesOnTheWholeFlow(t *testing.T) {
	for name, test := range wholeFlows {
		t.Run(name, func(t *testing.T) {
			for channel, confirm := range map[string]func(c *faceid.Client) (faceid.Result, bool, error){
				"WeChat": func(c *faceid.Client) (faceid.Result, bool, error) {
					r, err := c.ConfirmDetect(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: "b", RuleID: "1", InfoType: faceid.InfoText}, faceid.AnyPerson)
					return r, r != nil, err
				},
				"E证通": func(c *faceid.Client) (faceid.Result, bool, error) {
					r, err := c.ConfirmEid(t.Context(), faceid.GetEidResultRequest{EidToken: "e", InfoType: faceid.InfoText}, faceid.AnyPerson)
					return r, r != nil, err
				},
			} {
				e := &cloudExchange{answers: []string{answerOf(test.answer)}}
				result, came, err := confirm(cloudClient(t, e))
				require.Contains(t, e.bodies[0], `"InfoType":"156"`, "what decides is asked for")
				require.Equal(t, name != "a flag that is a text", came, channel)
				require.Equal(t, test.want == nil, result.Passed())
				require.ErrorIs(t, err, test.want)
				if err != nil {
					require.Equal(t, !errors.Is(err, faceid.ErrNoResult) && !errors.Is(err, faceid.ErrUnknownCode) && !errors.Is(err, faceid.ErrBadAnswer) && !errors.Is(err, faceid.ErrService), errors.Is(err, faceid.ErrNotPassed), err)
					if came {
						require.Equal(t, err, result.Err(), "the result knows what the decision said")
					}
				} else {
					require.NoError(t, result.Err())
				}
				suite.see(result, err)
			}
		})
	}
	var none *faceid.GetDetectInfoEnhancedResult
	require.False(t, none.Passed())
	require.Empty(t, none.Code())
	require.Zero(t, none.ChargeCount())
	var noEid *faceid.GetEidResultResult
	require.Empty(t, noEid.Code())
	require.False(t, (&faceid.GetDetectInfoEnhancedResult{}).Passed())
	require.False(t, (&faceid.GetEidResultResult{}).Passed())
}

func TestGetDetectInfoEnhancedResultIsFinalWhenItPassedOrIsOld(t *testing.T) {
	made := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	zero, bad := int64(0), int64(2016)
	for _, test := range []struct {
		code *int64
		age  time.Duration
		want bool
	}{
		{&zero, 0, true}, {nil, 2 * time.Hour, false}, {nil, 2*time.Hour + 1, true}, {&bad, time.Hour, false}, {&bad, 2*time.Hour + 1, true},
	} {
		r := &faceid.GetDetectInfoEnhancedResult{Text: &faceid.DetectInfoText{ErrCode: test.code}}
		require.Equal(t, test.want, r.Final(made, made.Add(test.age)))
	}
}

func TestGetDetectInfoEnhancedResultCountsChargesByAttempt(t *testing.T) {
	yes, no := true, false
	r := &faceid.GetDetectInfoEnhancedResult{Text: &faceid.DetectInfoText{LivenessDetail: []faceid.DetectDetail{{IsNeedCharge: &yes}, {IsNeedCharge: &no}, {}, {IsNeedCharge: &yes}}}}
	require.Equal(t, 2, r.ChargeCount(), "false and null are free")
	require.Equal(t, 2, (&faceid.GetEidResultResult{Text: r.Text}).ChargeCount())
	require.Zero(t, (*faceid.GetEidResultResult)(nil).ChargeCount())
	require.Zero(t, (&faceid.GetDetectInfoEnhancedResult{}).ChargeCount())
}

func TestGetDetectInfoReadsATextInsideAText(t *testing.T) {
	inner, err := json.Marshal(`{"Text":{"ErrCode":0,"Sim":"96.42","Name":null,"Detail":{"LivenessData":[{"ReqTime":"1700000000000","Idcard":"x","IsNeedCharge":true}]}},"BestFrame":{"BestFrame":"QQ=="}}`)
	require.NoError(t, err)
	e := &cloudExchange{answers: []string{answerOf(`"DetectInfo":` + string(inner))}}
	result, err := cloudClient(t, e).GetDetectInfo(t.Context(), faceid.GetDetectInfoRequest{BizToken: "b", RuleID: "1"})
	require.NoError(t, err)
	info, err := result.Info()
	require.NoError(t, err)
	require.EqualValues(t, 0, *info.Text.ErrCode)
	require.Equal(t, "96.42", info.Text.Sim)
	require.Len(t, info.Text.LivenessDetail, 1)
	require.Equal(t, int64(1700000000), info.Text.LivenessDetail[0].At().Unix())
	require.Equal(t, "A", string(info.BestFrame.BestFrame))
	_, err = (&faceid.GetDetectInfoResult{DetectInfo: "<html>"}).Info()
	require.ErrorIs(t, err, faceid.ErrBadAnswer)
}

// The test below holds a finding of a review of the decisions.

// A session is usually kept as JSON, so the values that the decision needs must survive
// it.
func TestDetectAuthResultKeepsTheWillThroughJSON(t *testing.T) {
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

// Code 0 beside a face that failed, or that was compared with nobody, is not a pass of
// the person who is named beside it.
func TestConfirmDetectRefusesAFlowThatContradictsItself(t *testing.T) {
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
		"a will of whose answers none was accepted": {`"Text":{"ErrCode":0,` + named + good + `},"IsVerifyIntention":true,"IntentionVerifyType":"0","IntentionQuestionResult":{"FinalResultDetailCode":0,"ResultCode":["-1","-1"]}`, faceid.FamilyWillMismatch},
		"a will whose question was asked again":     {`"Text":{"ErrCode":0,` + named + good + `},"IsVerifyIntention":true,"IntentionVerifyType":"0","IntentionQuestionResult":{"FinalResultDetailCode":0,"ResultCode":["-1","0"]}`, nil},
		"a will of which all pass":                  {`"Text":{"ErrCode":0,` + named + good + `},"IsVerifyIntention":true,"IntentionVerifyType":"0","IntentionQuestionResult":{"FinalResultDetailCode":0,"FinalResultCode":"0"}`, nil},
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

// A nil Config is the platform's default one, and is validated as such.
func TestDetectAuthRefusesWhatNobodyWouldBeAsked(t *testing.T) {
	questions := []faceid.IntentionQuestion{{Question: "q", Answers: []string{"a"}}}
	for name, test := range map[string]struct {
		r    faceid.DetectAuthRequest
		want string // the field that is refused
	}{
		"nothing":                         {faceid.DetectAuthRequest{}, ""},
		"questions":                       {faceid.DetectAuthRequest{IntentionQuestions: questions}, ""},
		"a text":                          {faceid.DetectAuthRequest{IntentionVerifyText: "t"}, ""},
		"a text with the default":         {faceid.DetectAuthRequest{IntentionVerifyText: "t", Config: &faceid.RuleIDConfig{}}, ""},
		"nods":                            {faceid.DetectAuthRequest{IntentionActions: nods(1, "t"), Config: nodding}, ""},
		"nods without a Config":           {faceid.DetectAuthRequest{IntentionActions: nods(1, "t")}, "Config.IntentionType"},
		"nods with the default":           {faceid.DetectAuthRequest{IntentionActions: nods(1, "t"), Config: &faceid.RuleIDConfig{}}, "Config.IntentionType"},
		"questions and nods":              {faceid.DetectAuthRequest{IntentionQuestions: questions, IntentionActions: nods(1, "t")}, "Config.IntentionType"},
		"questions and nods, nodding":     {faceid.DetectAuthRequest{IntentionQuestions: questions, IntentionActions: nods(1, "t"), Config: nodding}, "IntentionActions"},
		"a text and questions":            {faceid.DetectAuthRequest{IntentionVerifyText: "t", IntentionQuestions: questions}, "IntentionVerifyText"},
		"a text and nods":                 {faceid.DetectAuthRequest{IntentionVerifyText: "t", IntentionActions: nods(1, "t"), Config: nodding}, "IntentionVerifyText"},
		"a text and nods without Config":  {faceid.DetectAuthRequest{IntentionVerifyText: "t", IntentionActions: nods(1, "t")}, "IntentionVerifyText"},
		"a text, nodding":                 {faceid.DetectAuthRequest{IntentionVerifyText: "t", Config: nodding}, "IntentionVerifyText"},
		"nodding about nothing":           {faceid.DetectAuthRequest{Config: nodding}, "IntentionActions"},
		"questions, nodding":              {faceid.DetectAuthRequest{IntentionQuestions: questions, Config: nodding}, "IntentionActions"},
		"all three":                       {faceid.DetectAuthRequest{IntentionVerifyText: "t", IntentionQuestions: questions, IntentionActions: nods(1, "t")}, "IntentionVerifyText"},
		"a speed of the default Config":   {faceid.DetectAuthRequest{IntentionQuestions: questions, Config: &faceid.RuleIDConfig{Speed: 9}}, "Config.Speed"},
		"a way that there is not":         {faceid.DetectAuthRequest{IntentionQuestions: questions, Config: &faceid.RuleIDConfig{IntentionType: 7}}, "Config.IntentionType"},
		"a way that there is not, unused": {faceid.DetectAuthRequest{Config: &faceid.RuleIDConfig{IntentionType: -1}}, "Config.IntentionType"},
	} {
		t.Run(name, func(t *testing.T) {
			e := &cloudExchange{answers: []string{answerOf(`"BizToken":"b","Url":"u"`)}}
			test.r.RuleID = "1"
			_, err := cloudClient(t, e).DetectAuth(t.Context(), test.r)
			if test.want == "" {
				require.NoError(t, err)
				return
			}
			var bad *faceid.ArgumentError
			require.ErrorAs(t, err, &bad)
			require.Equal(t, test.want, bad.Field)
			require.Empty(t, e.requests, "nothing was sent")
		})
	}
}

func TestConfirmDetectOfAWeChatPage(t *testing.T) {
	for name, test := range map[string]struct {
		ending  faceidtest.CloudEnding
		want    error // nil: it passes
		charges int
	}{
		"passes":         {faceidtest.CloudPasses(), nil, 1},
		"at second try":  {faceidtest.CloudTries(1002, 2016, 0), nil, 3},
		"somebody else":  {faceidtest.CloudTries(2016), faceid.FamilyNotSamePerson, 1},
		"another number": {faceidtest.CloudTries(2006), faceid.FamilyIdentityMismatch, 1},
		"a fake":         {faceidtest.CloudTries(1002), faceid.FamilySuspectedFake, 1},
		"no face":        {faceidtest.CloudTries(1004), faceid.FamilyCaptureFailed, 0},
	} {
		t.Run(name, func(t *testing.T) {
			sim, client := cloudSim(t)
			sim.ScriptCloudDefault(test.ending)
			opened, err := client.DetectAuth(t.Context(), auth(""))
			require.NoError(t, err)
			suite.canary(opened.BizToken, "BizToken")
			query := faceid.GetDetectInfoEnhancedRequest{BizToken: opened.BizToken, RuleID: "plus1"}
			_, err = client.ConfirmDetect(t.Context(), query, faceid.AnyPerson)
			require.ErrorIs(t, err, faceid.ErrNoResult, "nobody came yet")

			back, err := sim.VisitCloud(t.Context(), opened.URL)
			require.NoError(t, err)
			require.Equal(t, opened.BizToken, faceid.RedirectBizToken(back))
			require.Equal(t, "1", back.URL.Query().Get("x"))
			result, err := client.ConfirmDetect(t.Context(), query, faceid.AnyPerson)
			suite.see(result, *result, err)
			require.ErrorIs(t, err, test.want)
			require.Equal(t, test.want == nil, result.Passed())
			require.Equal(t, test.charges, result.ChargeCount())
			require.Equal(t, test.want == nil, result.Final(sim.Now(), sim.Now()))
			if test.want == nil {
				require.NotEmpty(t, result.BestFrame.BestFrame)
				require.NotEmpty(t, result.VideoData.LivenessVideo)
			}
			old, err := client.GetDetectInfo(t.Context(), faceid.GetDetectInfoRequest{BizToken: opened.BizToken, RuleID: "plus1", InfoType: faceid.InfoText})
			require.NoError(t, err)
			info, err := old.Info()
			require.NoError(t, err)
			require.Equal(t, *result.Text.ErrCode, *info.Text.ErrCode)
			suite.see(old, *old, info, *info)
		})
	}
}

func TestConfirmDetectOfAMiniProgramWithTheWill(t *testing.T) {
	for name, test := range map[string]struct {
		request func(r *faceid.DetectAuthRequest)
		ending  faceidtest.CloudEnding
		want    error
	}{
		"questions": {func(r *faceid.DetectAuthRequest) {
			r.IntentionQuestions = []faceid.IntentionQuestion{{Question: "q", Answers: []string{"是的"}}}
		}, faceidtest.CloudPasses(), nil},
		"wrong answer": {func(r *faceid.DetectAuthRequest) {
			r.IntentionQuestions = []faceid.IntentionQuestion{{Question: "q", Answers: []string{"是的"}}}
		}, faceidtest.CloudWrongAnswer(), faceid.FamilyWillMismatch},
		"nod": {func(r *faceid.DetectAuthRequest) {
			r.IntentionActions, r.Config = nods(2, "请点头"), &faceid.RuleIDConfig{IntentionType: faceid.RuleIntentionNod}
		}, faceidtest.CloudPasses(), nil},
	} {
		t.Run(name, func(t *testing.T) {
			sim, client := cloudSim(t)
			r := auth("e")
			r.RuleID = "will1"
			test.request(&r)
			sim.ScriptCloud("e", test.ending)
			opened, err := client.DetectAuth(t.Context(), r)
			require.NoError(t, err)
			_, err = sim.RunMiniProgram(t.Context(), opened.BizToken)
			require.NoError(t, err)
			result, err := client.ConfirmDetect(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: opened.BizToken, RuleID: "will1", InfoType: faceid.InfoText}, faceid.AnyPerson)
			require.ErrorIs(t, err, test.want)
			require.True(t, *result.IsVerifyIntention)
			code, ok := result.IntentionCode()
			require.True(t, ok)
			require.Equal(t, test.want == nil, code == 0)
		})
	}
}

// The official client and this one read the same flow. Neither is a mirror of the
// other.
func TestGetDetectInfoEnhancedReadsWhatTheOfficialClientReads(t *testing.T) {
	sim, client := cloudSim(t)
	opened, err := client.DetectAuth(t.Context(), auth(""))
	require.NoError(t, err)
	_, err = sim.RunMiniProgram(t.Context(), opened.BizToken)
	require.NoError(t, err)
	ours, err := client.GetDetectInfoEnhanced(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: opened.BizToken, RuleID: "plus1", InfoType: faceid.InfoText})
	require.NoError(t, err)

	official := common.NewCommonClient(common.NewCredential(sim.CloudSecretID(), sim.CloudSecretKey()), "ap-guangzhou", profile.NewClientProfile())
	official.WithHttpTransport(sim)
	request := tchttp.NewCommonRequest("faceid", "2018-03-01", "GetDetectInfoEnhanced")
	require.NoError(t, request.SetActionParameters(map[string]any{"BizToken": opened.BizToken, "RuleId": "plus1", "InfoType": "1"}))
	response := tchttp.NewCommonResponse()
	require.NoError(t, official.Send(request, response))
	var theirs struct {
		Response faceid.GetDetectInfoEnhancedResult
	}
	require.NoError(t, json.Unmarshal(response.GetBody(), &theirs))
	theirs.Response.RequestID = ours.RequestID
	require.Equal(t, *ours, theirs.Response)
}
