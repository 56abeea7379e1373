package faceidtest_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestIntlWebKeepsTheLimits(t *testing.T) {
	c := newCaller(t)
	config := func(pairs ...any) obj { return obj{"Config": plus(obj{}, pairs...)} }
	for name, x := range map[string]struct {
		want      string
		good, bad obj
	}{
		"path":          {"InvalidParameterValue", obj{"RedirectURL": "https://a.example/"}, obj{"RedirectURL": "https://a.example"}},
		"scheme":        {"InvalidParameterValue", obj{"RedirectURL": "http://a.example/a"}, obj{"RedirectURL": "a.example/a"}},
		"appended":      {"InvalidParameterValue", obj{"RedirectURL": "https://a.example/?BizToken=1"}, obj{"RedirectURL": "https://a.example/?a=b&token"}},
		"no path":       {"InvalidParameterValue", obj{"RedirectURL": "https://a.example/?a=b"}, obj{"RedirectURL": "https://a.example?a=b"}},
		"picture":       {"InvalidParameterValue", obj{"CompareImageBase64": jpegOf(8 << 20)}, obj{"CompareImageBase64": jpegOf(8<<20 + 4)}},
		"data URI":      {"InvalidParameterValue", obj{}, obj{"CompareImageBase64": "data:image/jpeg;base64," + jpegOf(400)}},
		"no picture":    {"InvalidParameter", obj{"CompareImageBase64": nil, "RuleId": faceidtest.RuleIntl}, obj{"CompareImageBase64": nil}},
		"liveness":      {"InvalidParameter", obj{"CompareImageBase64": nil, "Config": obj{"CheckMode": 3}}, obj{"CompareImageBase64": nil, "Config": obj{"CheckMode": 2}}},
		"Extra":         {"InvalidParameterValue", obj{"Extra": strings.Repeat("某", 1000)}, obj{"Extra": strings.Repeat("a", 1001)}},
		"RuleId":        {"InvalidParameterValue", obj{"RuleId": faceidtest.RuleIntl}, obj{"RuleId": faceidtest.RulePlus}},
		"CheckMode":     {"InvalidParameterValue", config("CheckMode", 4, "IDCardType", "MainlandIDCard"), config("CheckMode", 5)},
		"IDCardType":    {"InvalidParameterValue", config("IDCardType", "InternationalIDPassport"), config("IDCardType", "InternationallDPassport")},
		"no IDCardType": {"InvalidParameter", config("CheckMode", 1, "IDCardType", "HKIDCard"), config("CheckMode", 1)},
		"OCR alone":     {"InvalidParameter", obj{"RuleId": faceidtest.RuleIntl, "Config": obj{"CheckMode": 4}}, config("CheckMode", 4)},
		"SecurityLevel": {"InvalidParameterValue", config("SecurityLevel", 4), config("SecurityLevel", 5)},
		"Language":      {"InvalidParameterValue", config("Language", "zh-tc"), config("Language", "zh")},
		"AutoDowngrade": {"InvalidParameterValue", config("AutoDowngrade", 2), config("AutoDowngrade", 0)},
		"ActionList":    {"InvalidParameterValue", config("SecurityLevel", 2, "ActionList", "blink,nod"), config("SecurityLevel", 2, "ActionList", "blink,nod,shake")},
		"level of it":   {"InvalidParameter", config("SecurityLevel", 4, "ActionList", "mouth"), config("ActionList", "mouth")},
		"retries":       {"InvalidParameterValue", config("LivenessRetryLimit", 99), config("LivenessRetryLimit", 100)},
		"no retries":    {"InvalidParameterValue", config("LivenessRetryLimit", 1), config("LivenessRetryLimit", 0)},
		"timeout":       {"InvalidParameterValue", config("LivenessTimeout", 600), config("LivenessTimeout", 601)},
		"warnings":      {"InvalidParameterValue", config("SelectedWarningCodes", "-9104,-9109"), config("SelectedWarningCodes", "-9105")},
		"warnings off":  {"InvalidParameter", config("DisableCheckOcrWarnings", true), config("DisableCheckOcrWarnings", true, "SelectedWarningCodes", "-9104")},
		"Version":       {"InvalidParameterValue", config("Version", "PLUS"), config("Version", "PRO")},
		"colour":        {"InvalidParameter", config("ThemeColor", "none"), config("ThemeColor", 1)},
		"spelling":      {"UnknownParameter", config("IDCardType", "HKIDCard"), config("IdCardType", "HKIDCard")},
	} {
		c.good("ApplyWebVerificationBizTokenIntl", plus(selfie, flat(x.good)...))
		a := c.call("ApplyWebVerificationBizTokenIntl", plus(selfie, flat(x.bad)...))
		require.Equal(t, x.want, a.code(), "%s: %s", name, a.body)
	}
}

func TestIntlWebResultTellsTheEnd(t *testing.T) {
	c := newCaller(t)
	token, page := c.web("Config", obj{"Version": "PLUS"})
	a := c.webResult(token)
	require.Nil(t, a.at("ErrorCode"))
	require.Nil(t, a.at("VerificationDetailList"))
	require.Equal(t, "order1", a.at("Extra"))

	e := faceidtest.CloudTries(1002, 2016, 0)
	e.LivenessInfoTag = []string{"03"}
	c.sim.ScriptCloud(token, e)
	require.Equal(t, backURL+"&token="+token, c.visit(page))
	a = c.webResult(token)
	require.EqualValues(t, 0, a.at("ErrorCode"))
	require.Equal(t, "Success", a.at("ErrorMsg"))
	require.Len(t, a.at("VerificationDetailList"), 3)
	require.EqualValues(t, 1002, a.at("VerificationDetailList", 0, "LivenessErrorCode"))
	require.Nil(t, a.at("VerificationDetailList", 0, "CompareErrorCode"))
	require.Equal(t, []any{"03"}, a.at("VerificationDetailList", 0, "LivenessInfoTag"))
	require.EqualValues(t, 0, a.at("VerificationDetailList", 1, "LivenessErrorCode"))
	require.EqualValues(t, 2016, a.at("VerificationDetailList", 1, "CompareErrorCode"))
	require.EqualValues(t, 31.5, a.at("VerificationDetailList", 1, "Similarity"))
	require.EqualValues(t, 97, a.at("VerificationDetailList", 2, "Similarity"))
	require.IsType(t, 0.0, a.at("VerificationDetailList", 2, "ReqTimestamp"))
	require.NotNil(t, a.at("VideoBase64"))
	require.NotNil(t, a.at("BestFrameBase64"))
	require.Nil(t, a.at("OCRResult"))

	token, page = c.web("Extra", nil)
	c.sim.ScriptCloud(token, faceidtest.CloudEnding{Attempts: []faceidtest.Attempt{{Code: 1004}}, LivenessInfoTag: []string{"03"}})
	c.visit(page)
	a = c.webResult(token)
	require.EqualValues(t, 1004, a.at("ErrorCode"))
	require.Nil(t, a.at("VerificationDetailList", 0, "LivenessInfoTag"))
	require.Nil(t, a.at("VideoBase64"))

	c.refused("InvalidParameterValue.BizTokenIllegal", "GetWebVerificationResultIntl", obj{"BizToken": "nobody"})
	c.sim.Advance(72*time.Hour - time.Second)
	c.webResult(token)
	c.sim.Advance(time.Second)
	c.refused("InvalidParameterValue.BizTokenExpired", "GetWebVerificationResultIntl", obj{"BizToken": token})
}

func TestIntlWebReadsDocuments(t *testing.T) {
	c := newCaller(t)
	token, page := c.web("CompareImageBase64", nil, "RuleId", faceidtest.RuleIntl)
	c.sim.ScriptCloud(token, faceidtest.CloudEnding{Card: faceidtest.IDCard{Name: "CHAN", Number: "A1234567"}, Warnings: []int64{-9107}})
	c.visit(page)
	a := c.webResult(token)
	require.Equal(t, true, a.at("OCRResult", 0, "IsPass"))
	require.Equal(t, "CHAN", a.at("OCRResult", 0, "NormalCardInfo", "HKIDCard", "FullName"))
	require.Equal(t, "A1234567", a.at("OCRResult", 0, "NormalCardInfo", "HKIDCard", "LicenseNumber"))
	require.Equal(t, []any{-9107.0}, a.at("OCRResult", 0, "WarnCardInfos"))

	token, page = c.web("Config", obj{"CheckMode": 4, "IDCardType": "MainlandIDCard"})
	c.visit(page)
	a = c.webResult(token)
	require.Nil(t, a.at("VerificationDetailList"))
	require.Nil(t, a.at("OCRResult", 0, "NormalCardInfo"))
	var info obj
	require.NoError(t, json.Unmarshal([]byte(a.text("OCRResult", 0, "OriginalCardInfo")), &info))
	require.Equal(t, "11010519491231002X", info["LicenseNumber"])

	token, page = c.web("Config", obj{"CheckMode": 1, "IDCardType": "MainlandIDCard"})
	c.sim.ScriptCloud(token, faceidtest.CloudEnding{Attempts: []faceidtest.Attempt{{Code: 4}}, CardFail: true})
	c.visit(page)
	require.Nil(t, c.webResult(token).at("OCRResult"))
}

func has(o any, name string) bool { _, there := o.(obj)[name]; return there }

func TestIntlWebKnowsEveryCardType(t *testing.T) {
	c := newCaller(t)
	for kind, x := range map[string]struct {
		field, name string
		sex         bool // whether the documents have the field
	}{
		"HKIDCard":                  {"HKIDCard", "FullName", true},
		"MLIDCard":                  {"MLIDCard", "FullName", true},
		"IndonesiaIDCard":           {"IndonesiaIDCard", "FullName", true},
		"IndonesiaDrivingLicense":   {"IndonesiaDrivingLicense", "FirstName", false},
		"PhilippinesVoteID":         {"PhilippinesVoteID", "FirstName", false},
		"PhilippinesDrivingLicense": {"PhilippinesDrivingLicense", "Name", true},
		"PhilippinesTinID":          {"PhilippinesTinID", "FullName", false},
		"PhilippinesSSSID":          {"PhilippinesSSSID", "FullName", false},
		"PhilippinesUMID":           {"PhilippinesUMID", "GivenName", true},
		"PhilippinesIDCard":         {"GeneralCard", "FullName", true},
		"InternationalIDPassport":   {"InternationalIDPassport", "FullName", true},
		"ThailandIDCard":            {"ThailandIDCard", "FullName", false},
		"ThailandDrivingLicense":    {"GeneralCard", "FullName", true},
		"MLDrivingLicense":          {"GeneralCard", "FullName", true},
		"SingaporeIDCard":           {"SingaporeIDCard", "FullName", true},
		"SingaporeDrivingLicense":   {"GeneralCard", "FullName", true},
		"JapanIDCard":               {"JapanIDCard", "FullName", false},
		"JapanDrivingLicense":       {"GeneralCard", "FullName", true},
		"MacaoIDCard":               {"MacaoIDCard", "FirstName", true},
		"MainlandIDCard":            {"MainlandIDCard", "FullName", true},
	} {
		token, page := c.web("Config", obj{"CheckMode": 1, "IDCardType": kind})
		c.sim.ScriptCloud(token, faceidtest.CloudEnding{Card: faceidtest.IDCard{Name: "CHAN"}})
		c.visit(page)
		a := c.webResult(token)
		require.Equal(t, "CHAN", a.at("OCRResult", 0, "NormalCardInfo", x.field, x.name), kind)
		require.Equal(t, x.sex, has(a.at("OCRResult", 0, "NormalCardInfo", x.field), "Sex"), kind)
	}
}

func TestIntlWebAllowsTheRetriesOfTheRequest(t *testing.T) {
	c := newCaller(t)
	token, page := c.web("Config", obj{"LivenessRetryLimit": 2})
	c.sim.ScriptCloud(token, faceidtest.CloudTries(1004, 1004, 0))
	_, err := c.sim.VisitCloud(context.Background(), page)
	require.ErrorContains(t, err, "2 attempts")

	token, page = c.web("Config", obj{"LivenessRetryLimit": 2})
	c.sim.ScriptCloud(token, faceidtest.CloudTries(1004, 0))
	c.visit(page)

	token, page = c.web("Config", obj{"CheckMode": 3})
	c.visit(page)
	require.Nil(t, c.webResult(token).at("VerificationDetailList", 0, "CompareErrorCode"), "liveness alone")

	token, page = c.web()
	c.sim.ScriptCloud(token, faceidtest.CloudEnding{Attempts: []faceidtest.Attempt{{Code: 1004}}, Quits: true})
	r, err := c.sim.VisitCloud(context.Background(), page)
	require.NoError(t, err)
	require.Nil(t, r)
	require.Nil(t, c.webResult(token).at("ErrorCode"), "an order that was left half-way is not finished")
}
