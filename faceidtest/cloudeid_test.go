package faceidtest_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestGetEidTokenKeepsTheLimits(t *testing.T) {
	c := newCaller(t)
	config := func(pairs ...any) obj { return obj{"Config": plus(obj{}, pairs...)} }
	for name, x := range map[string]struct {
		want      string
		good, bad obj
	}{
		"IdCard":      {"InvalidParameterValue", obj{"IdCard": strings.Repeat("A", 32)}, obj{"IdCard": strings.Repeat("A", 33)}},
		"ID letters":  {"InvalidParameterValue", obj{"IdCard": "aZ09"}, obj{"IdCard": "a-1"}},
		"Name":        {"InvalidParameterValue", obj{"Name": strings.Repeat("某", 32)}, obj{"Name": strings.Repeat("某", 33)}},
		"Extra":       {"InvalidParameterValue", obj{"Extra": strings.Repeat("某", 1024)}, obj{"Extra": strings.Repeat("某", 1025)}},
		"RedirectUrl": {"InvalidParameterValue", obj{"RedirectUrl": "https://a.example/" + strings.Repeat("a", 1006)}, obj{"RedirectUrl": "https://a.example/" + strings.Repeat("a", 1007)}},
		"appended":    {"InvalidParameterValue", obj{"RedirectUrl": "https://a.example/?BizToken=1"}, obj{"RedirectUrl": "https://a.example/?a=b&token=1"}},
		"InputType":   {"InvalidParameterValue", config("InputType", "3"), config("InputType", "5")},
		"a number":    {"InvalidParameter", config("InputType", "1"), config("InputType", 1)},
		"given":       {"InvalidParameter", obj{"Config": obj{"InputType": "4"}, "Name": "李四", "IdCard": "A1"}, obj{"Config": obj{"InputType": "4"}, "Name": "李四"}},
		"mode":        {"InvalidParameterValue", config("IntentionMode", ""), config("IntentionMode", "0")},
		"mode 1":      {"InvalidParameter", config("UseIntentionVerify", true, "IntentionVerifyText", "同意"), config("UseIntentionVerify", true)},
		"mode 2":      {"InvalidParameter", config("UseIntentionVerify", true, "IntentionMode", "2", "IntentionQuestions", many(10, question)), config("UseIntentionVerify", true, "IntentionMode", "2", "IntentionActions", many(1, nod))},
		"mode 3":      {"InvalidParameter", config("UseIntentionVerify", true, "IntentionMode", "3", "IntentionActions", many(10, nod)), config("UseIntentionVerify", true, "IntentionMode", "3", "IntentionQuestions", many(1, question))},
		"text":        {"InvalidParameterValue", config("UseIntentionVerify", true, "IntentionVerifyText", strings.Repeat("某", 120)), config("UseIntentionVerify", true, "IntentionVerifyText", strings.Repeat("某", 121))},
		"questions":   {"InvalidParameterValue", config("UseIntentionVerify", true, "IntentionMode", "2", "IntentionQuestions", many(10, question)), config("IntentionQuestions", many(11, question))},
		"nods":        {"InvalidParameterValue", config("UseIntentionVerify", true, "IntentionMode", "3", "IntentionActions", many(10, nod)), config("IntentionActions", many(11, nod))},
		"speed":       {"InvalidParameterValue", config("Speed", 3), config("Speed", 4)},
		"type":        {"UnknownParameter", config("IsSupportHMTResidentPermitOCR", true), config("IntentionType", 1)},
	} {
		base := obj{"MerchantId": faceidtest.Merchant}
		c.good("GetEidToken", plus(base, flat(x.good)...))
		a := c.call("GetEidToken", plus(base, flat(x.bad)...))
		require.Equal(t, x.want, a.code(), "%s: %s", name, a.body)
	}
	c.refused("InvalidParameterValue.RuleIdNotExist", "GetEidToken", obj{"MerchantId": "nobody"})
	for _, action := range []string{"CheckEidTokenStatus", "GetEidResult"} {
		c.refused("InvalidParameterValue.BizTokenIllegal", action, obj{"EidToken": "nobody"})
		c.refused("InvalidParameterValue.BizTokenIllegal", action, obj{"EidToken": c.bizToken()})
	}
	c.refused("InvalidParameterValue", "GetEidResult", obj{"EidToken": c.eid(), "InfoType": "4"})
}

func TestCheckEidTokenStatusFollowsTheFlow(t *testing.T) {
	c := newCaller(t)
	token := c.eid()
	require.Equal(t, "init", c.status(token))
	c.sim.ScriptCloud(token, faceidtest.CloudQuits())
	require.True(t, c.runEid(token).Left)
	require.Equal(t, "doing", c.status(token))
	c.sim.Advance(600*time.Second - time.Second)
	require.Equal(t, "doing", c.status(token))
	c.sim.Advance(time.Second)
	require.Equal(t, "timeout", c.status(token))
	require.Equal(t, 15, c.runEid(token).Code)

	token = c.eid()
	c.sim.ScriptCloud(token, faceidtest.CloudTries(2016))
	require.Equal(t, 2016, c.runEid(token).Code)
	require.Equal(t, "finished", c.status(token))
	require.Equal(t, 14, c.runEid(token).Code)
	c.sim.Advance(72*time.Hour - time.Second)
	require.Equal(t, "finished", c.status(token))
	c.good("GetEidResult", obj{"EidToken": token})
	c.sim.Advance(time.Second)
	c.refused("InvalidParameterValue.BizTokenExpired", "CheckEidTokenStatus", obj{"EidToken": token})
	c.refused("InvalidParameterValue.BizTokenExpired", "GetEidResult", obj{"EidToken": token})
}

func TestGetEidResultWithholdsThePerson(t *testing.T) {
	key, err := sm2.GenerateKey(rand.Reader)
	require.NoError(t, err)
	c := newCaller(t, faceidtest.WithMerchant("granted", &key.PublicKey))
	token := c.eid("MerchantId", "granted", "Config", obj{"InputType": "4"}, "Name", "李四", "IdCard", "11010519491231002X")

	a := c.good("GetEidResult", obj{"EidToken": token})
	require.Nil(t, a.at("EidInfo"))
	require.Nil(t, a.at("Text", "ErrCode"))

	c.sim.ScriptCloud(token, faceidtest.CloudTries(1002, 0))
	c.runEid(token)
	a = c.good("GetEidResult", obj{"EidToken": token, "BestFramesCount": 4})
	require.EqualValues(t, 0, a.at("Text", "ErrCode"))
	require.Equal(t, "", a.at("Text", "Name"), "the answer withholds it")
	require.Equal(t, "", a.at("Text", "IdCard"), "the answer withholds it")
	require.Equal(t, "", a.at("Text", "LivenessDetail", 1, "Name"), "the answer withholds it")
	require.NotContains(t, a.body, "李四")
	require.Nil(t, a.at("Text", "LivenessDetail", 0, "IsNeedCharge"), "a fake costs something on Plus only")
	require.Len(t, a.at("BestFrame", "BestFrames"), 3, "more than 3 count as 3")
	require.NotContains(t, a.m, "VideoData")

	require.Equal(t, map[string]string{"name": "李四", "idtype": "01", "idnum": "11010519491231002X"}, a.eidPerson(key))
	code, err := base64.StdEncoding.DecodeString(a.text("EidInfo", "EidCode"))
	require.NoError(t, err)
	require.Len(t, code, 36)

	token = c.eid("MerchantId", "granted")
	c.sim.ScriptCloud(token, faceidtest.CloudTries(2016))
	c.runEid(token)
	require.Nil(t, c.good("GetEidResult", obj{"EidToken": token}).at("EidInfo"))
	token = c.eid()
	c.runEid(token)
	require.Nil(t, c.good("GetEidResult", obj{"EidToken": token}).at("EidInfo"), "the merchant has no key")
}

// eidPerson decrypts an EidInfo by hand: SM2 with the library, SM4 block by block.
func (a cloudAnswer) eidPerson(key *sm2.PrivateKey) (person map[string]string) {
	t := a.t
	sealed, err := base64.StdEncoding.DecodeString(a.text("EidInfo", "DesKey"))
	require.NoError(t, err)
	require.Len(t, sealed, 97+16)
	session, err := key.Decrypt(rand.Reader, sealed, sm2.NewPlainDecrypterOpts(sm2.C1C3C2))
	require.NoError(t, err)
	require.Len(t, session, 16)
	info, err := base64.StdEncoding.DecodeString(a.text("EidInfo", "UserInfo"))
	require.NoError(t, err)
	require.Zero(t, len(info)%16)
	var text []byte
	for i := 0; i < len(info); i += 16 {
		text = append(text, sm4Block(session, info[i:i+16])...)
	}
	text = text[:len(text)-int(text[len(text)-1])]
	require.NoError(t, json.Unmarshal(text, &person))
	return person
}

func TestGetEidResultTellsTheIntentionOfEachMode(t *testing.T) {
	c := newCaller(t)
	for mode, x := range map[string]struct {
		config    obj
		kind      string
		part, num string
	}{
		"1": {obj{"IntentionVerifyText": "我同意"}, "2", "IntentionVerifyData", "ErrorCode"},
		"2": {obj{"IntentionQuestions": []any{question}}, "0", "IntentionQuestionResult", "FinalResultDetailCode"},
		"3": {obj{"IntentionActions": []any{nod}}, "1", "IntentionActionResult", "FinalResultDetailCode"},
	} {
		token := c.eid("Config", plus(x.config, "UseIntentionVerify", true, "IntentionMode", mode))
		c.runEid(token)
		a := c.good("GetEidResult", obj{"EidToken": token})
		require.Equal(t, x.kind, a.at("IntentionVerifyType"), mode)
		require.Equal(t, true, a.at("IsVerifyIntention"))
		require.EqualValues(t, 0, a.at(x.part, x.num))
	}
	token := c.eid("Config", obj{"UseIntentionVerify": false, "IntentionRecognition": true, "Speed": 1})
	c.runEid(token)
	require.Equal(t, false, c.good("GetEidResult", obj{"EidToken": token}).at("IsVerifyIntention"))
}

func TestGetEidTokenRefusesAnIntentionWithoutItsSwitch(t *testing.T) {
	c := newCaller(t)
	text, qs, ns := obj{"IntentionVerifyText": "我同意"}, obj{"IntentionQuestions": []any{question}}, obj{"IntentionActions": []any{nod}}
	refused := func(config obj, pairs ...any) {
		t.Helper()
		c.refused("InvalidParameter", "GetEidToken", plus(goodBodies["GetEidToken"], "Config", plus(config, pairs...)))
	}
	for mode, own := range map[string]obj{"1": text, "2": qs, "3": ns} {
		refused(own)
		refused(own, "UseIntentionVerify", false)
		refused(own, "IntentionMode", mode)
		refused(obj{"IntentionMode": mode})
		refused(obj{"IntentionMode": mode}, "UseIntentionVerify", true)
		for other, list := range map[string]obj{"1": text, "2": qs, "3": ns} {
			if other != mode {
				refused(list, "UseIntentionVerify", true, "IntentionMode", mode)
				refused(plus(own, flat(list)...), "UseIntentionVerify", true, "IntentionMode", mode)
			}
		}
		c.eid("Config", plus(own, "UseIntentionVerify", true, "IntentionMode", mode))
	}
}

func TestWithMerchantOpensOneChannel(t *testing.T) {
	c := newCaller(t, faceidtest.WithMerchant("sdk", nil, faceidtest.RuleMiniProgram), faceidtest.WithMerchant("h5", nil, faceidtest.RuleH5),
		faceidtest.WithMerchant("off", nil, faceidtest.RuleDisabled))
	require.Equal(t, 0, c.runEid(c.eid("MerchantId", "sdk")).Code)
	require.Equal(t, 203, c.runEid(c.eid("MerchantId", "h5")).Code)
	open := func(merchant string) string {
		return c.good("GetEidToken", plus(goodBodies["GetEidToken"], "MerchantId", merchant, "RedirectUrl", backURL)).text("Url")
	}
	c.visit(open("h5"))
	c.pageRefuses("203", open("sdk"))
	c.refused("InvalidParameterValue.RuleIdDisabled", "GetEidToken", plus(goodBodies["GetEidToken"], "MerchantId", "off"))
}

// Whoever types or shows a card of their own is told in EidInfo, whatever the
// request says.
func TestGetEidResultNamesWhomThePageNamed(t *testing.T) {
	key, err := sm2.GenerateKey(rand.Reader)
	require.NoError(t, err)
	c := newCaller(t, faceidtest.WithMerchant("granted", &key.PublicKey))
	for input, name := range map[string]string{"": "王五", "1": "王五", "2": "王五", "3": "王五", "4": "李四"} {
		token := c.eid("MerchantId", "granted", "Config", obj{"InputType": input}, "Name", "李四", "IdCard", "11010519491231002X")
		c.sim.ScriptCloud(token, faceidtest.CloudEnding{Card: strange})
		c.runEid(token)
		a := c.good("GetEidResult", obj{"EidToken": token})
		require.Equal(t, name, a.eidPerson(key)["name"], input)
		require.Equal(t, map[string]string{"": "OCR", "1": "OCR", "2": "OCR", "3": "手动输入", "4": "其他"}[input], a.at("Text", "IdInfoFrom"), input)
		require.Equal(t, input == "" || input == "1", a.at("IdCardData", "OcrBack") != nil, input)
	}
}
