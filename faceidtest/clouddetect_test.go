package faceidtest_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestDetectAuthKeepsTheLimits(t *testing.T) {
	c := newCaller(t)
	q := func(q obj) obj { return obj{"RuleId": faceidtest.RulePlus, "IntentionQuestions": []obj{q}} }
	for name, x := range map[string]struct{ good, bad obj }{
		"Name":         {obj{"Name": strings.Repeat("某", 32)}, obj{"Name": strings.Repeat("某", 33)}},
		"IdCard":       {obj{"IdCard": "11010519491231002X"}, obj{"IdCard": "11010519491231002x"}},
		"Extra":        {obj{"Extra": strings.Repeat("某", 1024)}, obj{"Extra": strings.Repeat("a", 1025)}},
		"RedirectUrl":  {obj{"RedirectUrl": "https://a.example/" + strings.Repeat("a", 1006)}, obj{"RedirectUrl": "https://a.example/" + strings.Repeat("a", 1007)}},
		"a path alone": {obj{"RedirectUrl": ""}, obj{"RedirectUrl": "/back"}},
		"appended":     {obj{"RedirectUrl": "https://a.example/?token=1&biztoken=2"}, obj{"RedirectUrl": "https://a.example/?a=b&BizToken="}},
		"ImageBase64":  {obj{"ImageBase64": jpegOf(3 << 20)}, obj{"ImageBase64": jpegOf(3<<20 + 4)}},
		"data URI":     {obj{"ImageBase64": jpegOf(400)}, obj{"ImageBase64": "data:image/jpeg;base64," + jpegOf(400)}},
		"line breaks":  {obj{"ImageBase64": jpegOf(400)}, obj{"ImageBase64": jpegOf(400)[:76] + "\n" + jpegOf(400)[76:]}},
		"no picture":   {obj{"ImageBase64": jpegOf(400)}, obj{"ImageBase64": "aGVsbG8="}},
		"read aloud":   {obj{"IntentionVerifyText": strings.Repeat("某", 120)}, obj{"IntentionVerifyText": strings.Repeat("某", 121)}},
		"questions":    {obj{"IntentionQuestions": many(10, question)}, obj{"IntentionQuestions": many(11, question)}},
		"no questions": {obj{"IntentionQuestions": many(1, question)}, obj{"IntentionQuestions": []any{}}},
		"question":     {q(obj{"Question": strings.Repeat("某", 250), "Answers": []string{"好"}}), q(obj{"Question": strings.Repeat("某", 251), "Answers": []string{"好"}})},
		"answers":      {q(obj{"Question": "?", "Answers": many(50, "好")}), q(obj{"Question": "?", "Answers": many(51, "好")})},
		"answer":       {q(obj{"Question": "?", "Answers": []string{strings.Repeat("好", 10)}}), q(obj{"Question": "?", "Answers": []string{strings.Repeat("好", 11)}})},
		"nods":         {obj{"IntentionActions": many(10, nod), "Config": obj{"IntentionType": 1}}, obj{"IntentionActions": many(11, nod), "Config": obj{"IntentionType": 1}}},
		"nod":          {obj{"IntentionActions": []obj{{"Text": strings.Repeat("某", 250)}}, "Config": obj{"IntentionType": 1}}, obj{"IntentionActions": []obj{{"Text": strings.Repeat("某", 251)}}, "Config": obj{"IntentionType": 1}}},
		"speed":        {obj{"Config": obj{"Speed": 3}}, obj{"Config": obj{"Speed": 4}}},
		"type":         {obj{"Config": obj{"IntentionRecognition": false, "MouthOpenRecognition": true}}, obj{"Config": obj{"IntentionType": 2}}},
	} {
		base := obj{"RuleId": faceidtest.RulePlus}
		for k, v := range x.good {
			base[k] = v
		}
		c.good("DetectAuth", base)
		base = obj{"RuleId": faceidtest.RulePlus}
		for k, v := range x.bad {
			base[k] = v
		}
		a := c.call("DetectAuth", base)
		require.Equal(t, "InvalidParameterValue", a.code(), "%s: %.300s", name, a.body)
	}
	c.refused("InvalidParameterValue.RuleIdNotExist", "DetectAuth", obj{"RuleId": "nobody"})
	c.refused("InvalidParameterValue.RuleIdNotExist", "DetectAuth", obj{"RuleId": faceidtest.RuleIntl})
	c.refused("UnknownParameter", "DetectAuth", obj{"RuleId": faceidtest.RulePlus, "Config": obj{"IntentionMode": "2"}})
	c.refused("MissingParameter", "DetectAuth", q(obj{"Question": "?"}))
	c.refused("InvalidParameter", "DetectAuth", obj{"RuleId": faceidtest.RulePlus, "Config": obj{"Speed": "1"}})
}

func TestDetectAuthKeepsTheRulesOfIntentions(t *testing.T) {
	c := newCaller(t, faceidtest.WithRule("mine", "enhanced"))
	qs, ns, nodding := []any{question}, []any{nod}, obj{"IntentionType": 1}
	for name, x := range map[string]struct {
		want string
		body obj
	}{
		"questions of a will rule":     {"", obj{"RuleId": faceidtest.RuleWill, "IntentionQuestions": qs}},
		"questions on Enhanced":        {"", obj{"RuleId": "mine", "IntentionQuestions": qs}},
		"nods":                         {"", obj{"RuleId": "mine", "IntentionActions": ns, "Config": nodding}},
		"reading":                      {"", obj{"RuleId": "mine", "IntentionVerifyText": "我同意"}},
		"a will rule without anything": {"InvalidParameter", obj{"RuleId": faceidtest.RuleWill}},
		"Basic has none":               {"InvalidParameter", obj{"RuleId": faceidtest.RuleBasic, "IntentionQuestions": qs}},
		"nods without the type":        {"InvalidParameter", obj{"RuleId": "mine", "IntentionActions": ns}},
		"questions with type 1":        {"InvalidParameter", obj{"RuleId": "mine", "IntentionQuestions": qs, "Config": nodding}},
		"questions, told":              {"", obj{"RuleId": "mine", "IntentionQuestions": qs, "Config": obj{"IntentionType": 0}}},
		"reading with the default":     {"", obj{"RuleId": "mine", "IntentionVerifyText": "我同意", "Config": obj{"IntentionType": 0}}},
		"type 0 alone":                 {"InvalidParameter", obj{"RuleId": "mine", "Config": obj{"IntentionType": 0}}},
		"type 1 alone":                 {"InvalidParameter", obj{"RuleId": "mine", "Config": nodding}},
		"reading with type 1":          {"InvalidParameter", obj{"RuleId": "mine", "IntentionVerifyText": "我同意", "Config": nodding}},
		"two modes":                    {"InvalidParameter", obj{"RuleId": "mine", "IntentionQuestions": qs, "IntentionVerifyText": "我同意"}},
		"an empty question":            {"InvalidParameter", obj{"RuleId": "mine", "IntentionQuestions": []obj{{"Question": "", "Answers": []string{"好"}}}}},
		"no answer":                    {"InvalidParameter", obj{"RuleId": "mine", "IntentionQuestions": []obj{{"Question": "?", "Answers": []string{}}}}},
	} {
		require.Equal(t, x.want, c.call("DetectAuth", x.body).code(), name)
	}
}

func TestDetectInfoBeforeAnAttemptIsEmpty(t *testing.T) {
	c := newCaller(t)
	a := c.detected(c.bizToken())
	require.Nil(t, a.at("Text", "ErrCode"))
	require.Nil(t, a.at("Text", "LivenessDetail"))
	require.Equal(t, "order1", a.at("Text", "Extra"))
	require.Equal(t, "李四", a.at("Text", "Name"))
	require.Nil(t, a.at("BestFrame", "BestFrame"))
	require.Nil(t, a.at("VideoData", "LivenessVideo"))
	require.Nil(t, a.at("IdCardData", "OcrFront"))
	require.Equal(t, false, a.at("IsVerifyIntention"))
	require.Nil(t, a.at("IntentionVerifyType"))
	require.Nil(t, a.at("IntentionQuestionResult"))
	require.Nil(t, a.at("EncryptedBody"))
}

func TestDetectInfoTellsAttemptsAndCharges(t *testing.T) {
	for product, x := range map[string]struct {
		rule   string
		charge []any // IsNeedCharge for 1002, 2016, 2001 and 0
	}{
		"plus":     {faceidtest.RulePlus, []any{true, true, false, true}},
		"enhanced": {faceidtest.RuleEnhanced, []any{nil, true, false, true}},
		"basic":    {faceidtest.RuleBasic, []any{nil, true, false, true}},
	} {
		t.Run(product, func(t *testing.T) {
			c := newCaller(t)
			token := c.bizToken("RuleId", x.rule)
			e := faceidtest.CloudTries(1002, 2016, 2001, 0)
			e.LivenessInfoTag = []string{"03"}
			c.sim.ScriptCloud(token, e)
			require.Equal(t, 0, c.mini(token).Code)

			a := c.detected(token, "RuleId", x.rule)
			require.EqualValues(t, 0, a.at("Text", "ErrCode"))
			require.EqualValues(t, 0, a.at("Text", "LiveStatus"))
			require.EqualValues(t, 0, a.at("Text", "Comparestatus"))
			require.Equal(t, "97.00", a.at("Text", "Sim"))
			require.Len(t, a.at("Text", "LivenessDetail"), 4)
			for i, want := range x.charge {
				require.Equal(t, want, a.at("Text", "LivenessDetail", i, "IsNeedCharge"), i)
			}
			fake := a.at("Text", "LivenessDetail", 0).(obj)
			require.EqualValues(t, 1002, fake["Errcode"])
			require.EqualValues(t, 1002, fake["Livestatus"])
			require.Equal(t, "疑似非真人录制", fake["Errmsg"])
			require.Nil(t, fake["Comparestatus"])
			require.Nil(t, fake["Sim"])
			other := a.at("Text", "LivenessDetail", 1).(obj)
			require.EqualValues(t, 0, other["Livestatus"])
			require.EqualValues(t, 2016, other["Comparestatus"])
			require.Equal(t, "31.50", other["Sim"])
			require.Equal(t, "李四", other["Name"])
			require.Regexp(t, `^[0-9]{13}$`, other["ReqTime"])
			if product == "plus" {
				require.Equal(t, []any{"03"}, a.at("Text", "LivenessInfoTag"))
			} else {
				require.Nil(t, a.at("Text", "LivenessInfoTag"))
				require.Nil(t, fake["ReqTime"], "nothing was compared and nothing is charged")
			}
			require.NotNil(t, a.at("BestFrame", "BestFrame"))
			require.NotNil(t, a.at("VideoData", "LivenessVideo"))
		})
	}
}

func TestDetectInfoOfEarlyCodesTellsNoCheck(t *testing.T) {
	c := newCaller(t)
	token := c.bizToken()
	e := faceidtest.CloudEnding{Attempts: []faceidtest.Attempt{{Code: 302}, {Code: 1004, Charged: faceidtest.Charged}, {Code: 2016, Charged: faceidtest.NotCharged, Similarity: "12.34", Message: "再试"}}}
	c.sim.ScriptCloud("order1", e)
	require.Equal(t, 2016, c.mini(token).Code)
	a := c.detected(token)
	for _, name := range []string{"ReqTime", "Seq", "Idcard", "Name", "Sim", "IsNeedCharge", "Livestatus", "Comparestatus", "Comparemsg", "CompareLibType"} {
		require.Nil(t, a.at("Text", "LivenessDetail", 0, name), name)
	}
	require.Equal(t, true, a.at("Text", "LivenessDetail", 1, "IsNeedCharge"))
	require.Equal(t, false, a.at("Text", "LivenessDetail", 2, "IsNeedCharge"))
	require.Equal(t, "12.34", a.at("Text", "Sim"))
	require.Equal(t, "再试", a.at("Text", "ErrMsg"))
	require.Nil(t, a.at("BestFrame", "BestFrame"), "files come with a pass or a script")
}

func TestDetectInfoHasThePartsThatAreAskedFor(t *testing.T) {
	c := newCaller(t)
	a := c.good("DetectAuth", obj{"RuleId": faceidtest.RulePlus}) // OCR reads the card, as no name and number are given
	token := a.text("BizToken")
	c.sim.ScriptCloud(token, faceidtest.CloudEnding{Video: []byte("video"), Warnings: []int64{-9102}, Card: faceidtest.IDCard{Name: "王五"}})
	c.mini(token)

	a = c.detected(token, "BestFramesCount", 3)
	require.Equal(t, "王五", a.at("Text", "Name"))
	require.Equal(t, "王五", a.at("Text", "OcrName"))
	require.Equal(t, "11010519491231002X", a.at("Text", "OcrIdCard"))
	require.Equal(t, "1949/12/31", a.at("Text", "OcrBirth"))
	require.Equal(t, "2019.01.28-2039.01.28", a.at("Text", "OcrValidDate"))
	require.Equal(t, "OCR", a.at("Text", "IdInfoFrom"))
	require.NotNil(t, a.at("IdCardData", "OcrFront"))
	require.Nil(t, a.at("IdCardData", "Avatar"))
	require.Nil(t, a.at("IdCardData", "ProcessedFrontImage"))
	require.Equal(t, []any{-9102.0}, a.at("IdCardData", "WarnInfos"))
	require.Len(t, a.at("BestFrame", "BestFrames"), 3)
	require.Equal(t, base64.StdEncoding.EncodeToString([]byte("video")), a.at("VideoData", "LivenessVideo"))

	a = c.detected(token, "InfoType", "23", "IsCutIdCardImage", true, "IsNeedIdCardAvatar", true, "BestFramesCount", 11)
	require.Nil(t, a.at("Text"))
	require.Nil(t, a.at("VideoData"))
	require.NotNil(t, a.at("IdCardData", "Avatar"))
	require.NotNil(t, a.at("IdCardData", "ProcessedBackImage"))
	require.Len(t, a.at("BestFrame", "BestFrames"), 10, "more than 10 count as 10")
	require.Nil(t, c.detected(token, "InfoType", "3").at("BestFrame", "BestFrames"))

	c.refused("InvalidParameterValue", "GetDetectInfoEnhanced", obj{"BizToken": token, "RuleId": faceidtest.RulePlus, "InfoType": "17"})
	c.refused("InvalidParameterValue", "GetDetectInfo", obj{"BizToken": token, "RuleId": faceidtest.RulePlus, "InfoType": "5"})
	c.refused("InvalidParameter", "GetDetectInfoEnhanced", obj{"BizToken": token, "RuleId": faceidtest.RulePlus, "BestFramesCount": "1"})
	c.refused("InvalidParameterValue", "GetDetectInfoEnhanced", obj{"BizToken": token, "RuleId": faceidtest.RulePlus, "BestFramesCount": -1})
	c.refused("InvalidParameterValue.RuleIdNotExist", "GetDetectInfoEnhanced", obj{"BizToken": token, "RuleId": "nobody"})
	c.refused("InvalidParameter", "GetDetectInfoEnhanced", obj{"BizToken": token, "RuleId": faceidtest.RuleBasic})
	c.refused("InvalidParameter", "GetDetectInfoEnhanced", obj{"BizToken": "nobody", "RuleId": faceidtest.RulePlus})

	var old obj
	a = c.good("GetDetectInfo", obj{"BizToken": token, "RuleId": faceidtest.RulePlus, "InfoType": "134"})
	require.NoError(t, json.Unmarshal([]byte(a.text("DetectInfo")), &old))
	o := cloudAnswer{t, a.body, old}
	require.EqualValues(t, 0, o.at("Text", "ErrCode"))
	require.EqualValues(t, 0, o.at("Text", "Detail", "LivenessData", 0, "Errcode"))
	require.NotNil(t, o.at("BestFrame", "BestFrame"))
	require.NotNil(t, o.at("VideoData", "LivenessVideo"))
	require.NotContains(t, old, "IdCardData")
}

// Each attempt is about the card of its own.
func TestDetectInfoNamesThePersonOfEachAttempt(t *testing.T) {
	c := newCaller(t)
	c.toChina(12)
	token := c.bizToken()
	for _, e := range []faceidtest.CloudEnding{{Card: strange, Attempts: []faceidtest.Attempt{{Code: 2016}}}, faceidtest.CloudPasses()} {
		c.sim.ScriptCloud(token, e)
		c.mini(token)
	}
	a := c.detected(token)
	require.Equal(t, "李四", a.at("Text", "Name"))
	require.Equal(t, "王五", a.at("Text", "LivenessDetail", 0, "Name"))
	require.Equal(t, strange.Number, a.at("Text", "LivenessDetail", 0, "Idcard"))
	require.Equal(t, "李四", a.at("Text", "LivenessDetail", 1, "Name"))
	bill := c.good("GetWeChatBillDetails", obj{"Date": c.toChina(6), "Cursor": 0})
	require.Equal(t, "王*", bill.at("WeChatBillDetails", 0, "ChargeDetails", 0, "Name"))
	require.Equal(t, "李*", bill.at("WeChatBillDetails", 0, "ChargeDetails", 1, "Name"))
}

func TestDetectAuthGivesTokensThatAge(t *testing.T) {
	c := newCaller(t)
	token := c.bizToken()
	c.sim.ScriptCloud(token, faceidtest.CloudTries(2016))
	c.sim.Advance(7200*time.Second - time.Second)
	require.Equal(t, 2016, c.mini(token).Code)
	require.Equal(t, 2016, c.mini(token).Code, "a person who did not pass may come again")
	require.Len(t, c.detected(token).at("Text", "LivenessDetail"), 2)
	c.sim.Advance(time.Second)
	require.Equal(t, 15, c.mini(token).Code)
	require.Len(t, c.detected(token).at("Text", "LivenessDetail"), 2)

	token = c.bizToken("Extra", nil)
	require.Equal(t, 0, c.mini(token).Code)
	require.Equal(t, 14, c.mini(token).Code, "a person who passed cannot come again")
	c.sim.Advance(72*time.Hour - time.Second)
	c.detected(token)
	c.sim.Advance(time.Second)
	c.refused("InvalidParameterValue.BizTokenExpired", "GetDetectInfoEnhanced", obj{"BizToken": token, "RuleId": faceidtest.RulePlus})
	c.refused("InvalidParameterValue.BizTokenExpired", "GetDetectInfo", obj{"BizToken": token, "RuleId": faceidtest.RulePlus})

	_, err := c.sim.RunMiniProgram(context.Background(), "nobody")
	require.Error(t, err)
	_, err = c.sim.RunEid(context.Background(), token)
	require.Error(t, err)
	_, err = c.sim.RunIntlSDK(context.Background(), token)
	require.Error(t, err)
}

func TestDetectAuthGivesShorterLivesWithSpeed(t *testing.T) {
	c := newCaller(t, faceidtest.WithSpeed(120))
	token := c.bizToken()
	c.sim.Advance(time.Minute)
	require.Equal(t, 15, c.mini(token).Code)
}

func TestDetectInfoOfAPersonWhoQuits(t *testing.T) {
	c := newCaller(t)
	c.sim.ScriptCloudDefault(faceidtest.CloudQuits())
	token := c.bizToken()
	r := c.mini(token)
	require.True(t, r.Left)
	require.Equal(t, 17, r.Code)
	require.Nil(t, c.detected(token).at("Text", "ErrCode"))
	c.sim.ScriptCloud("order1", faceidtest.CloudPasses())
	require.Equal(t, 0, c.mini(token).Code)
}

// agrees runs a flow that asks for an intention, with that ending, and returns its
// result.
func (c *caller) agrees(e faceidtest.CloudEnding, body obj) cloudAnswer {
	c.t.Helper()
	token := c.good("DetectAuth", plus(body, "RuleId", faceidtest.RuleWill)).text("BizToken")
	c.sim.ScriptCloud(token, e)
	c.mini(token)
	return c.detected(token, "RuleId", faceidtest.RuleWill)
}

func TestDetectInfoTellsTheIntentionOfQuestions(t *testing.T) {
	c := newCaller(t)
	questions := obj{"IntentionQuestions": many(2, question)}

	a := c.agrees(faceidtest.CloudPasses(), questions)
	require.Equal(t, true, a.at("IsVerifyIntention"))
	require.Equal(t, "0", a.at("IntentionVerifyType"))
	q := a.at("IntentionQuestionResult").(obj)
	require.EqualValues(t, 0, q["FinalResultDetailCode"])
	require.Equal(t, "0", q["FinalResultCode"])
	require.Equal(t, []any{"0", "0"}, q["ResultCode"])
	require.Equal(t, []any{"同意", "同意"}, q["AsrResult"])
	require.Len(t, q["Audios"], 2)
	require.Nil(t, a.at("IntentionActionResult"))
	require.Nil(t, a.at("IntentionVerifyData"))

	a = c.agrees(faceidtest.CloudWrongAnswer(), questions)
	require.EqualValues(t, 0, a.at("Text", "ErrCode"), "the face passed")
	require.EqualValues(t, -301, a.at("IntentionQuestionResult", "FinalResultDetailCode"))
	require.Equal(t, "-1", a.at("IntentionQuestionResult", "FinalResultCode"))
	require.Equal(t, []any{"0", "-1"}, a.at("IntentionQuestionResult", "ResultCode"))
	require.Equal(t, true, a.at("Text", "LivenessDetail", 0, "IsNeedCharge"))

	a = c.agrees(faceidtest.CloudEnding{Intention: faceidtest.Intention{Code: -800, Heard: []string{"甲"}}}, questions)
	require.Equal(t, "-2", a.at("IntentionQuestionResult", "FinalResultCode"))
	require.Equal(t, []any{"甲"}, a.at("IntentionQuestionResult", "AsrResult"))

	a = c.agrees(faceidtest.CloudTries(1002), questions)
	require.Nil(t, a.at("IntentionQuestionResult", "FinalResultDetailCode"), "the face failed before")
	require.Nil(t, a.at("Text", "LivenessDetail", 0, "IsNeedCharge"), "will is charged by its own table")
}

func TestDetectInfoTellsTheIntentionOfNods(t *testing.T) {
	c := newCaller(t)
	nods := obj{"IntentionActions": many(2, nod), "Config": obj{"IntentionType": 1}}

	a := c.agrees(faceidtest.CloudPasses(), nods)
	require.Equal(t, "1", a.at("IntentionVerifyType"))
	require.EqualValues(t, 0, a.at("IntentionActionResult", "FinalResultDetailCode"))
	require.Len(t, a.at("IntentionActionResult", "Details"), 2)
	a = c.agrees(faceidtest.CloudWrongAnswer(), nods)
	require.EqualValues(t, -301, a.at("IntentionActionResult", "FinalResultDetailCode"))
	require.Equal(t, "意愿核验不通过", a.at("IntentionActionResult", "FinalResultMessage"))
}

func TestDetectInfoTellsTheIntentionOfReading(t *testing.T) {
	c := newCaller(t)
	reading := obj{"IntentionVerifyText": "我同意"}

	a := c.agrees(faceidtest.CloudPasses(), reading)
	require.Equal(t, "2", a.at("IntentionVerifyType"))
	require.EqualValues(t, 0, a.at("IntentionVerifyData", "ErrorCode"))
	require.Equal(t, "我同意", a.at("IntentionVerifyData", "AsrResult"))
	a = c.agrees(faceidtest.CloudEnding{Intention: faceidtest.Intention{Code: -17}}, reading)
	require.EqualValues(t, -17, a.at("IntentionVerifyData", "ErrorCode"))
	require.Equal(t, "没有检测到声音", a.at("IntentionVerifyData", "ErrorMessage"))
	a = c.agrees(faceidtest.CloudTries(2016), reading)
	require.Nil(t, a.at("IntentionVerifyData", "ErrorCode"))
	require.Equal(t, "", a.at("IntentionVerifyData", "IntentionVerifyVideo"))
}

func TestDetectInfoOfPlusTellsNoChargeBeforeTheIntention(t *testing.T) {
	c := newCaller(t, faceidtest.WithRule("ticked", "plus", faceidtest.RuleWithWill))
	token := c.bizToken("RuleId", "ticked", "IntentionQuestions", []any{question})
	e := faceidtest.CloudTries(1002)
	e.LivenessInfoTag = []string{"03"}
	c.sim.ScriptCloud(token, e)
	c.mini(token)
	a := c.detected(token, "RuleId", "ticked")
	require.Nil(t, a.at("Text", "LivenessDetail", 0, "IsNeedCharge"), "a flow with an intention is charged by the table of will on Plus, too")
	require.Equal(t, []any{"03"}, a.at("Text", "LivenessInfoTag"), "it is Plus all the same")

	token = c.bizToken()
	c.sim.ScriptCloud(token, faceidtest.CloudWrongAnswer())
	_, err := c.sim.RunMiniProgram(context.Background(), token)
	require.ErrorContains(t, err, "intention")
}

func TestDetectInfoTellsTheIntentionInItsPart(t *testing.T) {
	c := newCaller(t)
	token := c.bizToken("RuleId", faceidtest.RuleWill, "IntentionQuestions", []any{question})
	c.mini(token)
	for digit, there := range map[string]bool{"0": true, "6": true, "5": false, "1": false} {
		a := c.detected(token, "RuleId", faceidtest.RuleWill, "InfoType", digit)
		require.Equal(t, there, a.at("IntentionQuestionResult") != nil, digit)
		require.Equal(t, true, a.at("IsVerifyIntention"))
	}
}

func TestDetectInfoTellsNothingOfAnIntentionThatNobodyReached(t *testing.T) {
	c := newCaller(t)
	left := faceidtest.CloudTries(0)
	left.Quits = true
	for _, asks := range []obj{{"IntentionQuestions": []any{question}}, {"IntentionVerifyText": "我同意"}, {"IntentionActions": []any{nod}, "Config": obj{"IntentionType": 1}}} {
		a := c.agrees(left, asks)
		require.EqualValues(t, 0, a.at("Text", "ErrCode"))
		require.Equal(t, true, a.at("IsVerifyIntention"))
		for _, part := range []string{"IntentionQuestionResult", "IntentionVerifyData", "IntentionActionResult"} {
			require.Nil(t, a.at(part), part)
		}
	}
}

func TestDetectAuthIsSafeForConcurrentUse(t *testing.T) {
	c := newCaller(t)
	done := make(chan error)
	for range 20 {
		go func() {
			token := c.bizToken()
			if _, err := c.sim.RunMiniProgram(context.Background(), token); err != nil {
				done <- err
				return
			}
			if code := c.detected(token).at("Text", "ErrCode"); code != 0.0 {
				done <- fmt.Errorf("code %v", code)
				return
			}
			done <- nil
		}()
	}
	for range 20 {
		require.NoError(t, <-done)
	}
}
