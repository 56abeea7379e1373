package faceid_test

import (
	"crypto/ecdsa"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm2"
	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// othersIDNo and othersName are those of a person who is not expected.
const othersIDNo, othersName = "110101199003074477", "王测试"

// placeRow is an answer, the person that is expected, and the place that names
// another one.
type placeRow struct {
	answer string
	person faceid.Person
	want   error
	place  string
}

// An answer that names somebody in several places must name the expected person
// in all of them.
func TestConfirmDetectComparesEveryPlace(t *testing.T) {
	me := faceid.Person{Name: "李测试", IDNo: otherIDNo}
	flow := func(text string) string {
		return answerOf(`"Text":{"ErrCode":0,"CompareStatus":0,"Comparestatus":0,"Sim":"96.4"` + text + `},"IsVerifyIntention":false`)
	}
	given := `,"IdCard":"` + otherIDNo + `","Name":"李测试"`
	for name, test := range map[string]placeRow{
		"the same":                                {flow(given), me, nil, ""},
		"a small x":                               {flow(given), faceid.Person{Name: me.Name, IDNo: strings.ToLower(otherIDNo)}, nil, ""},
		"only the number is expected":             {flow(given), faceid.Person{IDNo: otherIDNo}, nil, ""},
		"another number":                          {flow(`,"IdCard":"` + othersIDNo + `","Name":"李测试"`), me, faceid.ErrOtherPerson, "Text"},
		"another name":                            {flow(`,"IdCard":"` + otherIDNo + `","Name":"` + othersName + `"`), me, faceid.ErrOtherPerson, "Text"},
		"another card was read":                   {flow(given + `,"OcrIdCard":"` + othersIDNo + `","OcrName":"` + othersName + `"`), me, faceid.ErrOtherPerson, "Ocr"},
		"another name on the card":                {flow(given + `,"OcrIdCard":"` + otherIDNo + `","OcrName":"` + othersName + `"`), me, faceid.ErrOtherPerson, "Ocr"},
		"the card alone":                          {flow(`,"OcrIdCard":"` + otherIDNo + `","OcrName":"李测试"`), me, nil, ""},
		"the attempt that passed was another's":   {flow(given + `,"LivenessDetail":[{"Errcode":0,"Idcard":"` + othersIDNo + `","Name":"` + othersName + `"}]`), me, faceid.ErrOtherPerson, "LivenessDetail"},
		"an attempt that failed was another's":    {flow(given + `,"LivenessDetail":[{"Errcode":2016,"Idcard":"` + othersIDNo + `","Name":"` + othersName + `"},{"Errcode":0,"Idcard":"` + otherIDNo + `","Name":"李测试"}]`), me, nil, ""},
		"nobody is named":                         {flow(""), me, faceid.ErrOtherPerson, ""},
		"names are masked":                        {flow(`,"IdCard":"1101**********643X","Name":"李*试"`), me, faceid.ErrOtherPerson, ""},
		"anybody":                                 {flow(`,"IdCard":"` + othersIDNo + `","Name":"` + othersName + `"`), faceid.AnyPerson, nil, ""},
		"the photo that was given":                {flow(""), faceid.PersonAsOpened, nil, ""},
		"the photo, but somebody is named":        {flow(given), faceid.PersonAsOpened, faceid.ErrOtherPerson, ""},
		"the photo, but a card was read":          {flow(`,"OcrName":"` + othersName + `"`), faceid.PersonAsOpened, faceid.ErrOtherPerson, ""},
		"the photo, but nothing was compared":     {answerOf(`"Text":{"ErrCode":0},"IsVerifyIntention":false`), faceid.PersonAsOpened, faceid.ErrNotCompared, ""},
		"the photo, compared without a result":    {answerOf(`"Text":{"ErrCode":0,"Comparestatus":0},"IsVerifyIntention":false`), faceid.PersonAsOpened, faceid.ErrNotCompared, ""},
		"not passed, and another's":               {answerOf(`"Text":{"ErrCode":2016,"IdCard":"` + othersIDNo + `"},"IsVerifyIntention":false`), me, faceid.FamilyNotSamePerson, ""},
		"a name like IdCard that is somebody's":   {flow(`,"idCard":"` + otherIDNo + `","Idcard":"` + otherIDNo + `"`), me, faceid.ErrOtherPerson, ""},
		"another's in a name like it beside mine": {flow(given + `,"IDCARD":"` + othersIDNo + `"`), me, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {

			requirePlace(t, test)
		})
	}
}

// requirePlace decides on an answer in WeChat and of E证通.
func requirePlace(t *testing.T, test placeRow) {
	for channel, confirm := range map[string]func(c *faceid.Client) (faceid.Result, error){
		"WeChat": func(c *faceid.Client) (faceid.Result, error) {
			return c.ConfirmDetect(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: "b", RuleID: "1"}, test.person)
		},
		"E证通": func(c *faceid.Client) (faceid.Result, error) {
			return c.ConfirmEid(t.Context(), faceid.GetEidResultRequest{EidToken: "e"}, test.person)
		},
	} {
		result, err := confirm(cloudClient(t, &cloudExchange{answers: []string{test.answer}}))
		require.ErrorIs(t, err, test.want, channel)
		require.Equal(t, test.want == nil, result.Passed(), "the result says what the decision said")
		require.NotNil(t, result)
		suite.see(result, err)
		if err == nil {
			continue
		}
		require.ErrorIs(t, err, faceid.ErrNotPassed)
		require.Equal(t, err, result.Err())
		require.NotEmpty(t, result.Family())
		require.NotContains(t, err.Error(), othersIDNo)
		require.NotContains(t, err.Error(), othersName)
		var differs *faceid.OtherPersonError
		if errors.As(err, &differs) {
			require.Equal(t, test.place, differs.Place)
			require.ErrorIs(t, err, faceid.FamilyOtherPerson)
		}
	}
}

// eidKeys makes a merchant's key and returns its public half, too.
func eidKeys(t *testing.T) (*faceid.EidKey, *ecdsa.PublicKey) {
	t.Helper()
	key, err := sm2.GenerateKey(rand.Reader)
	require.NoError(t, err)
	digits := hex.EncodeToString(key.D.FillBytes(make([]byte, 32)))
	suite.canary(digits, "private key")
	parsed, err := faceid.ParseEidKey(digits)
	require.NoError(t, err)
	return parsed, &key.PublicKey
}

// Under a RuleId where the card that is read counts, any living person with a card of
// their own ends with code 0. That was a defect once.
func TestConfirmDetectRefusesAnotherPersonsCard(t *testing.T) {
	key, merchantKey := eidKeys(t)
	sim, client := cloudSim(t, faceidtest.WithMerchant("merchant1", merchantKey))
	attacker := faceidtest.IDCard{Name: "张三", Number: "110101199003070011"}

	opened, err := client.DetectAuth(t.Context(), faceid.DetectAuthRequest{RuleID: "plus1", RedirectURL: "https://merchant.example/back"})
	require.NoError(t, err)
	sim.ScriptCloud(opened.BizToken, faceidtest.CloudEnding{Card: attacker})
	_, err = sim.VisitCloud(t.Context(), opened.URL)
	require.NoError(t, err)
	detect := faceid.GetDetectInfoEnhancedRequest{BizToken: opened.BizToken, RuleID: "plus1"}
	result, err := client.ConfirmDetect(t.Context(), detect, somebody)
	require.ErrorIs(t, err, faceid.ErrOtherPerson)
	require.False(t, result.Passed())
	require.EqualValues(t, "0", result.Code().Number(), "the platform says that somebody passed")
	_, err = client.ConfirmDetect(t.Context(), detect, faceid.Person{Name: attacker.Name, IDNo: attacker.Number})
	require.NoError(t, err, "it is who it is")

	eid, err := client.GetEidToken(t.Context(), faceid.GetEidTokenRequest{MerchantID: "merchant1"})
	require.NoError(t, err)
	sim.ScriptCloud(eid.EidToken, faceidtest.CloudEnding{Card: attacker})
	_, err = sim.RunEid(t.Context(), eid.EidToken)
	require.NoError(t, err)
	_, err = client.ConfirmEid(t.Context(), faceid.GetEidResultRequest{EidToken: eid.EidToken, EidKey: key}, somebody)
	require.ErrorIs(t, err, faceid.ErrOtherPerson)
	var differs *faceid.OtherPersonError
	require.ErrorAs(t, err, &differs)
	require.Equal(t, faceid.OtherPersonError{Number: faceid.Differs, Name: faceid.Differs, Place: "EidInfo"}, *differs)
	_, err = client.ConfirmEid(t.Context(), faceid.GetEidResultRequest{EidToken: eid.EidToken, EidKey: key}, faceid.Person{Name: attacker.Name, IDNo: attacker.Number})
	require.NoError(t, err)
	_, err = client.ConfirmEid(t.Context(), faceid.GetEidResultRequest{EidToken: eid.EidToken}, faceid.Person{Name: attacker.Name, IDNo: attacker.Number})
	require.ErrorAs(t, err, &differs, "without the key nobody is told")
	require.Equal(t, faceid.NotReported, differs.Number)
	_, err = client.ConfirmEid(t.Context(), faceid.GetEidResultRequest{EidToken: eid.EidToken}, faceid.AnyPerson)
	require.NoError(t, err)
	other, _ := eidKeys(t)
	result2, err := client.ConfirmEid(t.Context(), faceid.GetEidResultRequest{EidToken: eid.EidToken, EidKey: other}, somebody)
	require.ErrorIs(t, err, faceid.ErrEidDecrypt)
	require.False(t, result2.Passed())
}

// A will that the flow was opened to ask for, or that the decision demands, must have
// been given.
func TestConfirmDetectRefusesAWillThatWasNotAskedFor(t *testing.T) {
	questions := []faceid.IntentionQuestion{{Question: "您同意吗？请回答：同意", Answers: []string{"同意"}}}
	e := &cloudExchange{answers: []string{answerOf(`"BizToken":"b","Url":"u","EidToken":"e"`)}}
	c := cloudClient(t, e)
	plain, err := c.DetectAuth(t.Context(), faceid.DetectAuthRequest{RuleID: "1"})
	require.NoError(t, err)
	require.False(t, plain.WillAsked)
	for _, r := range []faceid.DetectAuthRequest{
		{RuleID: "1", IntentionQuestions: questions}, {RuleID: "1", IntentionVerifyText: "我同意"},
		{RuleID: "1", IntentionActions: nods(1, "同意"), Config: nodding},
	} {
		asks, err := c.DetectAuth(t.Context(), r)
		require.NoError(t, err)
		require.True(t, asks.WillAsked)
	}
	eid, err := c.GetEidToken(t.Context(), faceid.GetEidTokenRequest{MerchantID: "m", Config: &faceid.GetEidTokenConfig{UseIntentionVerify: true, IntentionVerifyText: "我同意"}})
	require.NoError(t, err)
	require.True(t, eid.WillAsked)
	eid, err = c.GetEidToken(t.Context(), faceid.GetEidTokenRequest{MerchantID: "m"})
	require.NoError(t, err)
	require.False(t, eid.WillAsked)

	const passed = `"Text":{"ErrCode":0}`
	for name, test := range map[string]struct {
		answer string
		want   error
	}{
		"nobody was asked":         {passed + `,"IsVerifyIntention":false`, faceid.FamilyWillMismatch},
		"asked and given":          {passed + `,"IsVerifyIntention":true,"IntentionVerifyType":"0","IntentionQuestionResult":{"FinalResultDetailCode":0}`, nil},
		"asked and refused":        {passed + `,"IsVerifyIntention":true,"IntentionVerifyType":"0","IntentionQuestionResult":{"FinalResultDetailCode":-302}`, faceid.FamilyWillMismatch},
		"given, says a result":     {passed + `,"IsVerifyIntention":false,"IntentionVerifyType":"0","IntentionQuestionResult":{"FinalResultDetailCode":0}`, faceid.FamilyWillMismatch},
		"the answer does not tell": {passed, faceid.ErrBadAnswer},
		"the face failed":          {`"Text":{"ErrCode":2016},"IsVerifyIntention":false`, faceid.FamilyNotSamePerson},
	} {
		t.Run(name, func(t *testing.T) {
			c := cloudClient(t, &cloudExchange{answers: []string{answerOf(test.answer)}})
			detect, err := c.ConfirmDetect(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: "b", RuleID: "1", WillAsked: true}, faceid.AnyPerson)
			require.ErrorIs(t, err, test.want)
			require.Equal(t, test.want == nil, detect.Passed())
			eid, err := c.ConfirmEid(t.Context(), faceid.GetEidResultRequest{EidToken: "e", WillAsked: true}, faceid.AnyPerson)
			require.ErrorIs(t, err, test.want)
			require.Equal(t, test.want == nil, eid.Passed())
			if test.want != nil && !errors.Is(test.want, faceid.ErrBadAnswer) {
				require.ErrorIs(t, err, faceid.ErrNotPassed)
			}
		})
	}
}

// The simulator shows the same: the RuleId lacks its tick, and the platform does not
// say so when the flow is opened.
func TestConfirmDetectRefusesARuleWithoutTheWill(t *testing.T) {
	sim, client := cloudSim(t, faceidtest.WithRule("careless", "plus", faceidtest.RuleWithoutWill))
	r := auth("")
	r.RuleID, r.IntentionQuestions = "careless", []faceid.IntentionQuestion{{Question: "您同意吗？请回答：同意", Answers: []string{"同意"}}}
	opened, err := client.DetectAuth(t.Context(), r)
	require.NoError(t, err)
	_, err = sim.VisitCloud(t.Context(), opened.URL)
	require.NoError(t, err)
	query := faceid.GetDetectInfoEnhancedRequest{BizToken: opened.BizToken, RuleID: r.RuleID}
	_, err = client.ConfirmDetect(t.Context(), query, somebody)
	require.NoError(t, err, "the face passed")
	query.WillAsked = opened.WillAsked
	_, err = client.ConfirmDetect(t.Context(), query, somebody)
	require.ErrorIs(t, err, faceid.FamilyWillMismatch)
	require.ErrorIs(t, err, faceid.ErrNotPassed)
}

// A RuleId where the card counts ignores the name that DetectAuth was given.
func TestConfirmDetectComparesUnderARuleThatReadsCards(t *testing.T) {
	sim, client := cloudSim(t, faceidtest.WithRule("careless", "plus", faceidtest.RuleReadsCards))
	for _, holder := range []faceidtest.IDCard{{Name: "张三", Number: "110101199003070011"}, {Name: somebody.Name, Number: somebody.IDNo}} {
		r := auth("")
		r.RuleID = "careless"
		opened, err := client.DetectAuth(t.Context(), r)
		require.NoError(t, err)
		sim.ScriptCloud(opened.BizToken, faceidtest.CloudEnding{Card: holder})
		_, err = sim.VisitCloud(t.Context(), opened.URL)
		require.NoError(t, err)
		result, err := client.ConfirmDetect(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: opened.BizToken, RuleID: r.RuleID}, somebody)
		require.Equal(t, "0", result.Code().Number())
		if holder.Number == somebody.IDNo {
			require.NoError(t, err)
			continue
		}
		require.ErrorIs(t, err, faceid.ErrOtherPerson)
	}
}

// A RuleId that nobody has set with care is such a one. Who looks at the code alone
// lets the stranger in.
func TestConfirmDetectComparesUnderARuleThatNobodySet(t *testing.T) {
	sim, client := cloudSim(t)
	opened, err := client.DetectAuth(t.Context(), auth(""))
	require.NoError(t, err)
	sim.ScriptCloud(opened.BizToken, faceidtest.CloudEnding{Card: faceidtest.IDCard{Name: "张三", Number: "110101199003070011"}})
	_, err = sim.RunMiniProgram(t.Context(), opened.BizToken)
	require.NoError(t, err)
	query := faceid.GetDetectInfoEnhancedRequest{BizToken: opened.BizToken, RuleID: "plus1"}
	careless, err := client.GetDetectInfoEnhanced(t.Context(), query)
	require.NoError(t, err)
	require.Equal(t, "0", careless.Code().Number())
	require.Equal(t, "张三", careless.Text.Name, "the stranger is somebody, and alive")
	_, err = client.ConfirmDetect(t.Context(), query, somebody)
	require.ErrorIs(t, err, faceid.ErrOtherPerson)
}

// With 是 in the console the platform compares by itself, and the person can try
// again with the right card.
func TestConfirmDetectUnderARuleThatCompares(t *testing.T) {
	sim, client := cloudSim(t, faceidtest.WithRule("careful", "plus", faceidtest.RuleCompares, faceidtest.RuleMiniProgram))
	r := auth("")
	r.RuleID = "careful"
	opened, err := client.DetectAuth(t.Context(), r)
	require.NoError(t, err)
	query := faceid.GetDetectInfoEnhancedRequest{BizToken: opened.BizToken, RuleID: "careful"}
	sim.ScriptCloud(opened.BizToken, faceidtest.CloudEnding{Card: faceidtest.IDCard{Name: "张三", Number: "110101199003070011"}})
	for _, want := range []string{"301", "0"} {
		_, err = sim.RunMiniProgram(t.Context(), opened.BizToken)
		require.NoError(t, err)
		result, err := client.ConfirmDetect(t.Context(), query, somebody)
		require.Equal(t, want, result.Code().Number())
		require.Equal(t, want == "0", err == nil, "%v", err)
		sim.ScriptCloud(opened.BizToken, faceidtest.CloudPasses())
	}
}

// flowWillEndings are people whose face passed, with the family of the decision about
// their will.
var flowWillEndings = map[string]struct {
	ending faceidtest.CloudEnding
	want   error
}{
	"agrees":                       {faceidtest.CloudPasses(), nil},
	"does not agree":               {faceidtest.CloudWrongAnswer(), faceid.FamilyWillMismatch},
	"says nothing":                 {faceidtest.CloudEnding{Intention: faceidtest.Intention{Code: -800}}, faceid.FamilyWillMismatch},
	"leaves before they are asked": {faceidtest.CloudEnding{Attempts: []faceidtest.Attempt{{}}, Quits: true}, faceid.ErrNoResult},
}

func TestConfirmDetectNeedsTheWillThatTheRuleAsksFor(t *testing.T) {
	sim, client := cloudSim(t, faceidtest.WithRule("ticked", "enhanced", faceidtest.RuleWithWill))
	for name, test := range flowWillEndings {
		r := auth("")
		r.RuleID, r.IntentionQuestions = "ticked", []faceid.IntentionQuestion{{Question: "您同意吗？请回答：同意", Answers: []string{"同意"}}}
		opened, err := client.DetectAuth(t.Context(), r)
		require.NoError(t, err)
		sim.ScriptCloud(opened.BizToken, test.ending)
		_, err = sim.RunMiniProgram(t.Context(), opened.BizToken)
		require.NoError(t, err)
		for _, asked := range []bool{opened.WillAsked, false} { // the rule asks, whatever the caller has kept
			query := faceid.GetDetectInfoEnhancedRequest{BizToken: opened.BizToken, RuleID: "ticked", WillAsked: asked}
			result, err := client.ConfirmDetect(t.Context(), query, somebody)
			require.ErrorIs(t, err, test.want, name)
			require.Equal(t, "0", result.Code().Number(), name)
			require.Equal(t, test.want == nil, result.Passed(), name)
		}
	}
}

// What the platform says of a failure may repeat the token, and the person who was expected
// although the answer names another one.
func TestConfirmQuotesNobodyOfAFlow(t *testing.T) {
	words := "canary-request " + somebody.Name + " " + somebody.IDNo
	text := `"Text":{"ErrCode":1004,"ErrMsg":"` + words + `","LivenessDetail":[{"Errcode":1004,"Errmsg":"` + words + `"}]},"IsVerifyIntention":false`
	for name, confirm := range map[string]func(c *faceid.Client) (*faceid.DetectInfoText, error){
		"ConfirmDetect": func(c *faceid.Client) (*faceid.DetectInfoText, error) {
			result, err := c.ConfirmDetect(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: "canary-request", RuleID: "1"}, somebody)
			return result.Text, err
		},
		"ConfirmEid": func(c *faceid.Client) (*faceid.DetectInfoText, error) {
			result, err := c.ConfirmEid(t.Context(), faceid.GetEidResultRequest{EidToken: "canary-request"}, somebody)
			return result.Text, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := confirm(cloudClient(t, &cloudExchange{answers: []string{answerOf(text)}}))
			require.Error(t, err)
			requireQuotesNobody(t, err, got.ErrMsg)
			requireQuotesNobody(t, err, got.LivenessDetail[0].ErrMsg)
			suite.see(err, got)
		})
	}
}
