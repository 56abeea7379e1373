package faceidtest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

// strange is the card of somebody whom no request of these tests names.
var strange = faceidtest.IDCard{Name: "王五", Number: "110101199003070011"}

// ruled is a caller for whom the console has set the RuleId "mine".
func ruled(t *testing.T, product string, settings ...faceidtest.RuleSetting) *caller {
	return newCaller(t, faceidtest.WithRule("mine", product, settings...))
}

// showing runs a flow of that RuleId whose person shows a card, and returns the
// flow's result.
func (c *caller) showing(card faceidtest.IDCard, pairs ...any) cloudAnswer {
	c.t.Helper()
	token := c.bizToken(append([]any{"RuleId", "mine"}, pairs...)...)
	c.sim.ScriptCloud(token, faceidtest.CloudEnding{Card: card})
	c.mini(token)
	return c.detected(token, "RuleId", "mine")
}

func TestParseRuleSettingKnowsEveryName(t *testing.T) {
	for setting := faceidtest.RuleReadsCards; setting <= faceidtest.RuleDisabled; setting++ {
		require.NotEmpty(t, setting.String())
		again, ok := faceidtest.ParseRuleSetting(setting.String())
		require.True(t, ok)
		require.Equal(t, setting, again)
	}
	_, ok := faceidtest.ParseRuleSetting("flies")
	require.False(t, ok)
}

// A RuleId that nobody has set with care lets a stranger's card pass, and asks
// nobody what the request wants to ask.
func TestWithRuleIsCarelessByDefault(t *testing.T) {
	for name, settings := range map[string][]faceidtest.RuleSetting{"nothing": nil, "by name": {faceidtest.RuleReadsCards, faceidtest.RuleWithoutWill}} {
		t.Run(name, func(t *testing.T) {
			c := ruled(t, "plus", settings...)
			a := c.showing(strange, "IntentionQuestions", []any{question})
			require.EqualValues(t, 0, a.at("Text", "ErrCode"))
			require.Equal(t, "王五", a.at("Text", "Name"), "the card counts, and not the request")
			require.Equal(t, strange.Number, a.at("Text", "LivenessDetail", 0, "Idcard"))
			require.Equal(t, "OCR", a.at("Text", "IdInfoFrom"))
			require.Equal(t, false, a.at("IsVerifyIntention"))
			require.Equal(t, "权威库", a.at("Text", "CompareLibType"))

			a = c.showing(faceidtest.IDCard{}, "Name", "赵六", "IdCard", "110101199003070011")
			require.Equal(t, "赵六", a.at("Text", "OcrName"), "without a script the person shows a card of their own")
			require.Equal(t, "1990/3/7", a.at("Text", "OcrBirth"))
			require.Equal(t, "男", a.at("Text", "OcrGender"))
			require.NotNil(t, a.at("IdCardData", "OcrBack"))
		})
	}
}

func TestWithRuleGivenWantsNameAndNumber(t *testing.T) {
	c := ruled(t, "plus", faceidtest.RuleGiven)
	for _, absent := range []string{"Name", "IdCard"} {
		c.refused("InvalidParameter", "DetectAuth", plus(goodBodies["DetectAuth"], "RuleId", "mine", absent, nil))
		c.refused("InvalidParameter", "DetectAuth", plus(goodBodies["DetectAuth"], "RuleId", "mine", absent, ""))
	}
	a := c.showing(strange)
	require.Equal(t, "李四", a.at("Text", "Name"), "no card is read")
	require.Nil(t, a.at("Text", "OcrName"))
	require.Nil(t, a.at("IdCardData", "OcrFront"))
	require.Equal(t, "其他", a.at("Text", "IdInfoFrom"))
}

func TestWithRuleComparesTheCardWithTheRequest(t *testing.T) {
	c := ruled(t, "plus", faceidtest.RuleCompares)
	token := c.bizToken("RuleId", "mine")
	for _, card := range []faceidtest.IDCard{strange, {Name: "王五"}, {Number: strange.Number}} {
		c.sim.ScriptCloud(token, faceidtest.CloudEnding{Card: card, Attempts: []faceidtest.Attempt{{Code: 1002}, {}}})
		require.Equal(t, 301, c.mini(token).Code)
	}
	a := c.detected(token, "RuleId", "mine")
	require.EqualValues(t, 301, a.at("Text", "ErrCode"))
	require.Nil(t, a.at("Text", "LiveStatus"), "nobody got in front of the camera")
	require.Nil(t, a.at("Text", "LivenessDetail", 0, "IsNeedCharge"))
	require.Equal(t, "李四", a.at("Text", "Name"))
	require.Equal(t, strange.Number, a.at("Text", "OcrIdCard"))

	c.sim.ScriptCloud(token, faceidtest.CloudPasses())
	require.Equal(t, 0, c.mini(token).Code, "the person takes the right card")
	require.Len(t, c.detected(token, "RuleId", "mine").at("Text", "LivenessDetail"), 4)

	a = c.showing(strange, "Name", nil, "IdCard", nil)
	require.EqualValues(t, 0, a.at("Text", "ErrCode"), "the request names nobody to compare with")
	require.Equal(t, "王五", a.at("Text", "Name"))
}

func TestWithRuleReadsOneSideOrNothing(t *testing.T) {
	c := ruled(t, "enhanced", faceidtest.RuleReadsFronts)
	token := c.bizToken("RuleId", "mine")
	c.mini(token)
	a := c.detected(token, "RuleId", "mine", "IsCutIdCardImage", true)
	require.NotNil(t, a.at("IdCardData", "OcrFront"))
	require.NotNil(t, a.at("IdCardData", "ProcessedFrontImage"))
	for _, name := range []string{"OcrBack", "ProcessedBackImage"} {
		require.Nil(t, a.at("IdCardData", name), name)
	}
	for _, name := range []string{"OcrAuthority", "OcrValidDate"} {
		require.Nil(t, a.at("Text", name), name)
	}
	require.Equal(t, "李四", a.at("Text", "OcrName"))

	c = ruled(t, "basic", faceidtest.RuleTyped)
	a = c.showing(strange)
	require.Equal(t, "手动输入", a.at("Text", "IdInfoFrom"))
	require.Equal(t, "王五", a.at("Text", "Name"), "what is typed counts")
	require.Nil(t, a.at("Text", "OcrName"))
	require.Nil(t, a.at("IdCardData", "OcrFront"))
	require.EqualValues(t, 1, a.at("Text", "LivenessMode"), "Basic has no flash")
}

func TestWithRuleOwnPhotoWantsThePhoto(t *testing.T) {
	c := ruled(t, "plus", faceidtest.RuleOwnPhoto)
	c.refused("InvalidParameter", "DetectAuth", plus(goodBodies["DetectAuth"], "RuleId", "mine"))
	a := c.showing(faceidtest.IDCard{}, "ImageBase64", jpegOf(400))
	require.Equal(t, "业务方自有库", a.at("Text", "CompareLibType"))
	require.Equal(t, "业务方自有库", a.at("Text", "LivenessDetail", 0, "CompareLibType"))
}

func TestWithRuleWithWillAlwaysAsks(t *testing.T) {
	for _, c := range []*caller{ruled(t, "enhanced", faceidtest.RuleWithWill), ruled(t, "will")} {
		c.refused("InvalidParameter", "DetectAuth", plus(goodBodies["DetectAuth"], "RuleId", "mine"))
		a := c.showing(faceidtest.IDCard{}, "IntentionQuestions", []any{question})
		require.Equal(t, true, a.at("IsVerifyIntention"))
		require.EqualValues(t, 0, a.at("IntentionQuestionResult", "FinalResultDetailCode"))
	}
}

func TestWithRuleOpensOneChannel(t *testing.T) {
	for setting, open := range map[faceidtest.RuleSetting]struct{ mini, page bool }{
		faceidtest.RuleMiniProgram: {true, false}, faceidtest.RuleNativeH5: {false, true}, faceidtest.RuleH5: {false, true}, faceidtest.RuleReadsCards: {true, true},
	} {
		c := ruled(t, "plus", setting)
		want := map[bool]int{true: 0, false: 203}
		require.Equal(t, want[open.mini], c.mini(c.bizToken("RuleId", "mine")).Code, setting)
		a := c.good("DetectAuth", plus(goodBodies["DetectAuth"], "RuleId", "mine"))
		if open.page {
			c.visit(a.text("Url"))
		} else {
			c.pageRefuses("203", a.text("Url"))
			require.Nil(t, c.detected(a.text("BizToken"), "RuleId", "mine").at("Text", "ErrCode"), "it is no attempt")
		}
	}
}

func TestWithRuleDisabledOpensNothing(t *testing.T) {
	c := ruled(t, "plus", faceidtest.RuleDisabled)
	c.refused("InvalidParameterValue.RuleIdDisabled", "DetectAuth", plus(goodBodies["DetectAuth"], "RuleId", "mine"))
	c.good("GetWeChatBillDetails", obj{"Date": c.sim.Now().AddDate(0, 0, -3).Format("2006-01-02"), "Cursor": 0, "RuleId": "mine"})
}

func TestWithRuleReplacesAnEarlierOne(t *testing.T) {
	c := newCaller(t, faceidtest.WithRule("mine", "plus", faceidtest.RuleGiven), faceidtest.WithRule("mine", "enhanced"))
	require.Contains(t, c.sim.Keys().Rules, faceidtest.RuleKeys{RuleID: "mine", Product: "enhanced"})
	require.Equal(t, "王五", c.showing(strange).at("Text", "Name"))
}

func TestWithRulePanicsWhereTheConsoleHasNoSuchChoice(t *testing.T) {
	for name, x := range map[string]struct {
		product  string
		settings []faceidtest.RuleSetting
	}{
		"unknown":         {"plus", []faceidtest.RuleSetting{99}},
		"zero":            {"plus", []faceidtest.RuleSetting{0}},
		"two sources":     {"plus", []faceidtest.RuleSetting{faceidtest.RuleGiven, faceidtest.RuleTyped}},
		"compared":        {"plus", []faceidtest.RuleSetting{faceidtest.RuleGiven, faceidtest.RuleCompares}},
		"two channels":    {"plus", []faceidtest.RuleSetting{faceidtest.RuleH5, faceidtest.RuleNativeH5}},
		"asked or not":    {"plus", []faceidtest.RuleSetting{faceidtest.RuleWithWill, faceidtest.RuleWithoutWill}},
		"will unticked":   {"will", []faceidtest.RuleSetting{faceidtest.RuleWithoutWill}},
		"Basic asks":      {"basic", []faceidtest.RuleSetting{faceidtest.RuleWithWill}},
		"Basic in a Mini": {"basic", []faceidtest.RuleSetting{faceidtest.RuleMiniProgram}},
		"international":   {"intl", []faceidtest.RuleSetting{faceidtest.RuleReadsCards}},
	} {
		require.Panics(t, func() { faceidtest.WithRule("mine", x.product, x.settings...) }, name)
	}
	for _, settings := range [][]faceidtest.RuleSetting{{faceidtest.RuleGiven}, {faceidtest.RuleNativeH5}, {faceidtest.RuleH5, faceidtest.RuleMiniProgram}} {
		require.Panics(t, func() { faceidtest.WithMerchant("mine", nil, settings...) }, settings)
	}
}
