package faceidtest_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

const (
	goodID    = "11010519491231002X"
	goodPhone = "13800138000"
	goodCard  = "6222020000000000000"
)

var (
	goodPhoto = base64.StdEncoding.EncodeToString([]byte("\xff\xd8\xff an invented photo"))
	goodVideo = base64.StdEncoding.EncodeToString([]byte("an invented video"))
)

// goodChecks are good requests of the checks, by action.
var goodChecks = map[string]obj{
	"DetectAIFakeFaces":             {"FaceInput": goodPhoto, "FaceInputType": 1},
	"LivenessRecognition":           {"Name": "李四", "IdCard": goodID, "LivenessType": "LIP", "ValidateData": "1234", "VideoBase64": goodVideo},
	"LivenessCompare":               {"LivenessType": "SILENT", "ImageBase64": goodPhoto, "VideoUrl": "https://shop.example/v"},
	"ImageRecognition":              {"Name": "李四", "IdCard": goodID, "ImageBase64": goodPhoto},
	"ImageRecognitionV2":            {"Name": "李四", "IdCard": goodID, "ImageBase64": goodPhoto},
	"CheckIdCardInformation":        {"ImageBase64": goodPhoto},
	"IdCardVerification":            {"Name": "李四", "IdCard": goodID},
	"IdCardOCRVerification":         {"Name": "李四", "IdCard": goodID},
	"CheckIdNameDate":               {"Name": "李四", "IdCard": goodID, "ValidityBegin": "20200101", "ValidityEnd": "00000000"},
	"CheckBankCardInformation":      {"BankCard": goodCard},
	"BankCard2EVerification":        {"Name": "李四", "BankCard": goodCard},
	"BankCardVerification":          {"Name": "李四", "IdCard": goodID, "BankCard": goodCard},
	"BankCard4EVerification":        {"Name": "李四", "IdCard": goodID, "BankCard": goodCard, "Phone": goodPhone},
	"MobileNetworkTimeVerification": {"Mobile": goodPhone},
	"MobileStatus":                  {"Mobile": goodPhone},
	"MinorsVerification":            {"Type": "1", "Name": "李四", "IdCard": goodID, "Mobile": goodPhone},
	"EncryptedPhoneVerification":    {"Name": "李四", "IdCard": goodID, "Phone": goodPhone, "EncryptionMode": "0"},
	"PhoneVerification":             {"Name": "李四", "IdCard": goodID, "Phone": goodPhone},
	"PhoneVerificationCMCC":         {"Name": "李四", "IdCard": goodID, "Phone": goodPhone},
	"PhoneVerificationCTCC":         {"Name": "李四", "IdCard": goodID, "Phone": goodPhone},
	"PhoneVerificationCUCC":         {"Name": "李四", "IdCard": goodID, "Phone": goodPhone},
	"CheckPhoneAndName":             {"Name": "李四", "Mobile": goodPhone},
}

// The international site has a page for each check but these seven.
func TestChecksOfTheInternationalHost(t *testing.T) {
	absent := []string{"CheckPhoneAndName", "EncryptedPhoneVerification", "LivenessRecognition", "MinorsVerification", "PhoneVerificationCMCC", "PhoneVerificationCTCC", "PhoneVerificationCUCC"}
	c := newCaller(t)
	c.base = "https://faceid.intl.tencentcloudapi.com"
	for name, body := range goodChecks {
		if slices.Contains(absent, name) {
			c.refused("InvalidAction", name, body)
			continue
		}
		c.good(name, body)
	}
}

// An action of one carrier passes for the numbers of that carrier only.
func TestChecksOfACarrierNameTheCarrier(t *testing.T) {
	c := newCaller(t)
	for name, carrier := range map[string]string{"PhoneVerificationCMCC": "移动", "PhoneVerificationCTCC": "电信", "PhoneVerificationCUCC": "联通", "PhoneVerification": "移动"} {
		require.Equal(t, carrier, c.good(name, goodChecks[name]).text("Isp"), name)
	}
}

// checkTable is the table of an action in the specification.
type checkTable struct {
	Encrypts          []string
	Request, Response []struct {
		Name, Type string
		Required   bool
	}
}

func checkTables(t *testing.T) map[string]checkTable {
	text, err := os.ReadFile("../internal/cloudspec/cn.json")
	require.NoError(t, err)
	var spec struct{ Actions map[string]checkTable }
	require.NoError(t, json.Unmarshal(text, &spec))
	maps.DeleteFunc(spec.Actions, func(name string, _ checkTable) bool { return goodChecks[name] == nil })
	require.Len(t, spec.Actions, 22)
	return spec.Actions
}

// Every check answers the fields that its table lists, and accepts the
// parameters that its table lists and no others.
func TestChecksAreThoseOfTheTables(t *testing.T) {
	c := newCaller(t)
	for action, table := range checkTables(t) {
		a := c.good(action, goodChecks[action])
		var want []string
		for _, f := range table.Response {
			want = append(want, f.Name)
		}
		require.ElementsMatch(t, want, slices.Collect(maps.Keys(a.m)), action)
		c.refused("UnknownParameter", action, plus(goodChecks[action], "Region", "x"))
		for _, f := range table.Request {
			if f.Required {
				body := maps.Clone(goodChecks[action])
				delete(body, f.Name)
				c.refused("MissingParameter", action, body)
			}
			wrong := any(7)
			if f.Type != "string" {
				wrong = "7"
			}
			c.refused("InvalidParameter", action, plus(goodChecks[action], f.Name, wrong))
		}
	}
}

// A value that no person, card or phone can have gets the code for ill-formed
// values.
func TestChecksGiveIllFormedValuesTheirCode(t *testing.T) {
	c := newCaller(t)
	for _, x := range []struct{ action, field, value, want string }{
		{"IdCardVerification", "IdCard", "110105194912310021", "-2"},
		{"IdCardVerification", "IdCard", "11010519491231002x", "-2"},
		{"IdCardVerification", "Name", "", "-3"},
		{"IdCardOCRVerification", "IdCard", "1101051949123100", "-2"},
		{"CheckIdNameDate", "ValidityBegin", "20230230", "-4"},
		{"CheckIdNameDate", "ValidityEnd", "never", "-4"},
		{"CheckBankCardInformation", "BankCard", "6222", "-5"},
		{"BankCard2EVerification", "BankCard", "6222-0200-0000", "-3"},
		{"BankCardVerification", "IdCard", "1", "-3"},
		{"BankCard4EVerification", "Phone", "23800138000", "-5"},
		{"MobileNetworkTimeVerification", "Mobile", "1380013800", "-1"},
		{"MobileStatus", "Mobile", "", "-2"},
		{"PhoneVerification", "Phone", "1380013800x", "-6"},
		{"PhoneVerificationCUCC", "IdCard", "", "-7"},
		{"CheckPhoneAndName", "Name", strings.Repeat("某", 51), "-4"},
		{"EncryptedPhoneVerification", "IdCard", "1", "-7"},
		{"EncryptedPhoneVerification", "Phone", "1", "-8"},
		{"EncryptedPhoneVerification", "EncryptionMode", "1", "-8"},
		{"ImageRecognitionV2", "IdCard", "1", "FailedOperation.IdFormatError"},
		{"LivenessRecognition", "Name", "", "FailedOperation.NameFormatError"},
	} {
		require.Equal(t, x.want, c.good(x.action, plus(goodChecks[x.action], x.field, x.value)).text("Result"), x)
	}
	c.good("IdCardVerification", obj{"Name": "李四", "IdCard": "110105491231002"})
	for action, body := range map[string]obj{
		"LivenessRecognition":    {"Name": "李四", "IdCard": goodID, "LivenessType": "SILENT"},
		"LivenessCompare":        {"LivenessType": "SILENT", "VideoBase64": goodVideo},
		"CheckIdCardInformation": {},
		"IdCardOCRVerification":  {"Name": "李四"},
		"DetectAIFakeFaces":      {"FaceInput": goodPhoto, "FaceInputType": 3},
	} {
		c.refused("InvalidParameter", action, body)
	}
	c.refused("InvalidParameter", "LivenessRecognition", plus(goodChecks["LivenessRecognition"], "LivenessType", "SILENT"))
	c.refused("InvalidParameterValue", "LivenessRecognition", plus(goodChecks["LivenessRecognition"], "LivenessType", "lip"))
	c.refused("InvalidParameterValue", "ImageRecognitionV2", plus(goodChecks["ImageRecognitionV2"], "ImageBase64", goodVideo))
	c.refused("FailedOperation.ImageDecodeFailed", "DetectAIFakeFaces", obj{"FaceInput": goodVideo, "FaceInputType": 1})
	c.good("DetectAIFakeFaces", obj{"FaceInput": goodVideo, "FaceInputType": 2})
}

func TestScriptCheckDecidesTheAnswer(t *testing.T) {
	c := newCaller(t)
	c.sim.ScriptCheck("IdCardVerification", faceidtest.Check{Result: "-1"})
	a := c.good("IdCardVerification", goodChecks["IdCardVerification"])
	require.Equal(t, "-1", a.text("Result"))
	require.Equal(t, "姓名和身份证号不一致", a.text("Description"))
	c.sim.ScriptCheck("ImageRecognitionV2", faceidtest.Check{Result: "FailedOperation.CompareLowSimilarity", Sim: "12.34"})
	require.InEpsilon(t, 12.34, c.good("ImageRecognitionV2", goodChecks["ImageRecognitionV2"]).at("Sim"), 1e-9)
	c.sim.ScriptCheck("ImageRecognitionV2", faceidtest.Check{Result: "FailedOperation.CompareLowSimilarity", AsError: true})
	c.refused("FailedOperation.CompareLowSimilarity", "ImageRecognitionV2", goodChecks["ImageRecognitionV2"])
	c.sim.ScriptCheck("DetectAIFakeFaces", faceidtest.Check{AttackRiskLevel: "High", AttackRiskTypes: []string{"SuspectedWatermark"}})
	a = c.good("DetectAIFakeFaces", goodChecks["DetectAIFakeFaces"])
	require.Equal(t, "High", a.text("AttackRiskLevel"))
	require.Equal(t, "SuspectedWatermark", a.at("AttackRiskDetailList", 0, "Type"))
	c.sim.ScriptCheck("DetectAIFakeFaces", faceidtest.Check{Result: "FailedOperation.CoveredFace", Description: "covered"})
	c.refused("FailedOperation.CoveredFace", "DetectAIFakeFaces", goodChecks["DetectAIFakeFaces"])
	c.sim.ScriptCheck("PhoneVerification", faceidtest.Check{Result: "-4"})
	require.Empty(t, c.good("PhoneVerification", goodChecks["PhoneVerification"]).text("ResultDetail"))
	require.NotEmpty(t, c.good("PhoneVerification", plus(goodChecks["PhoneVerification"], "VerifyMode", "1")).text("ResultDetail"))
	c.sim.ScriptCheck("CheckIdCardInformation", faceidtest.Check{Card: faceidtest.IDCard{Name: "王五"}, Warnings: "-9102", Result: "FailedOperation.OcrWarningOccurred"})
	require.Equal(t, "王五", c.good("CheckIdCardInformation", goodChecks["CheckIdCardInformation"]).text("Name"))
	c.sim.ScriptCheck("IdCardOCRVerification", faceidtest.Check{Card: faceidtest.IDCard{Name: "王五"}})
	require.Equal(t, "王五", c.good("IdCardOCRVerification", obj{"ImageBase64": goodPhoto}).text("Name"))
	require.Equal(t, "李四", c.good("IdCardOCRVerification", goodChecks["IdCardOCRVerification"]).text("Name"))

	for name, script := range map[string]func(){
		"no such check":  func() { c.sim.ScriptCheck("DetectAuth", faceidtest.Check{}) },
		"no such result": func() { c.sim.ScriptCheck("IdCardVerification", faceidtest.Check{Result: "-8"}) },
		"a word":         func() { c.sim.ScriptCheck("IdCardVerification", faceidtest.Check{Result: "Success"}) },
		"a number":       func() { c.sim.ScriptCheck("ImageRecognitionV2", faceidtest.Check{Result: "0"}) },
		"a similarity":   func() { c.sim.ScriptCheck("ImageRecognitionV2", faceidtest.Check{Sim: "high"}) },
		"a risk":         func() { c.sim.ScriptCheck("DetectAIFakeFaces", faceidtest.Check{AttackRiskLevel: "Extreme"}) },
		"a risk of none": func() { c.sim.ScriptCheck("MobileStatus", faceidtest.Check{AttackRiskLevel: "Low"}) },
		"no error":       func() { c.sim.ScriptCheck("MobileStatus", faceidtest.Check{AsError: true}) },
	} {
		require.Panics(t, script, name)
	}
}

func TestChecksAreScriptedByOtherLanguages(t *testing.T) {
	c := newCaller(t)
	m := &merchant{t: t, sim: c.sim, http: c.http, base: c.sim.BaseURL()}
	require.Equal(t, 200, m.postRaw("/sim/check", "", "application/json", `{"action":"MobileStatus","result":"0","statusCode":1}`).status)
	require.InDelta(t, 1, c.good("MobileStatus", goodChecks["MobileStatus"]).at("StatusCode"), 0)
	require.Equal(t, 400, m.postRaw("/sim/check", "", "application/json", `{"action":"MobileStatus","result":"-9"}`).status)
	require.Equal(t, 400, m.postRaw("/sim/check", "", "text/plain", `{"action":"MobileStatus"}`).status)
}

// Every field that its table lets a caller encrypt is decrypted. A bad list, key,
// tag or cipher text is refused with the documented code.
func TestChecksDecryptTheirFields(t *testing.T) {
	c := newCaller(t)
	for action, table := range checkTables(t) {
		names := table.Encrypts
		if names == nil {
			continue
		}
		flat := action == "PhoneVerification"
		for _, l := range []*locked{cbcOf(t, c), gcmOf(t, c)} {
			gcm := l.info["Algorithm"] != nil
			if flat && gcm {
				continue
			}
			body := l.sealedBody(goodChecks[action], names, flat)
			a := c.good(action, body)
			require.Contains(t, []string{"0", "Success"}, a.text("Result"), "the plain text is well-formed: %s", action)
			c.good(action, l.sealedBody(goodChecks[action], names[:1], flat))
			bad := func(want, name string, value any) {
				t.Helper()
				if flat {
					c.refused(want, action, plus(body, name, value))
					return
				}
				c.refused(want, action, plus(body, "Encryption", plus(body["Encryption"].(obj), name, value)))
			}
			refusesBadKeysAndLists(body, names, bad)
			if gcm {
				c.refusesBadTags(action, names[0], l, body, bad)
			} else if !flat {
				bad("InvalidParameter", "TagList", []string{"AAAA"})
			}
			c.refused(badCipherText, action, plus(body, names[0], b64([]byte("damaged"))))
			c.refused(badCipherText, action, plus(body, names[0], "not base64!"))
		}
	}
}

const badCipherText = "FailedOperation.DecryptSystemError"

// refusesBadKeysAndLists tries wrong values of an Encryption with either cipher.
func refusesBadKeysAndLists(body obj, names []string, bad func(want, name string, value any)) {
	const list = "InvalidParameter.UnsupportEncryptField"
	bad(list, "EncryptList", []string{})
	bad(list, "EncryptList", []string{"Extra"})
	if _, dated := body["ValidityBegin"]; dated { // the table does not let this field be encrypted
		bad(list, "EncryptList", append(slices.Clone(names), "ValidityBegin"))
	}
	bad(list, "EncryptList", append(slices.Clone(names), names[0]))
	bad(badCipherText, "CiphertextBlob", b64([]byte("another key")))
	bad(badCipherText, "CiphertextBlob", "")
	bad(badCipherText, "Iv", b64([]byte("short")))
}

// refusesBadTags tries wrong tags and damaged keys with SM4-GCM.
func (c *caller) refusesBadTags(action, name string, l *locked, body obj, bad func(want, name string, value any)) {
	c.t.Helper()
	e := body["Encryption"].(obj)
	bad("InvalidParameter", "TagList", []string{})
	tags := slices.Clone(e["TagList"].([]string))
	tags[0] = b64(make([]byte, 16))
	bad(badCipherText, "TagList", tags)
	moved := slices.Clone(e["TagList"].([]string))
	text, tag := unb64(c.t, body[name]), unb64(c.t, moved[0])
	moved[0] = b64(tag[1:])
	c.refused(badCipherText, action, plus(body, name, b64(append(text, tag[0])), "Encryption", plus(e, "TagList", moved)))
	blob := unb64(c.t, l.info["CiphertextBlob"])
	for i := 0; i < len(blob); i += 16 {
		spoilt := slices.Clone(blob)
		spoilt[i] ^= 1
		bad(badCipherText, "CiphertextBlob", b64(spoilt))
	}
}

func TestChecksDecryptAWholeBody(t *testing.T) {
	c := newCaller(t)
	plain, err := json.Marshal(goodChecks["DetectAIFakeFaces"])
	require.NoError(t, err)
	for _, l := range []*locked{cbcOf(t, c), gcmOf(t, c)} {
		e := plus(l.info, "EncryptList", []string{"EncryptionBody"})
		seal := func(text string) string {
			if l.info["Algorithm"] == nil {
				return l.cbc(text)
			}
			sealed, tag := l.gcm(text)
			e["TagList"] = []string{tag}
			return sealed
		}
		body := obj{"EncryptedBody": seal(string(plain)), "Encryption": e}
		c.good("DetectAIFakeFaces", body)
		c.refused("InvalidParameter", "DetectAIFakeFaces", plus(body, "FaceInputType", 1))
		c.refused("InvalidParameter", "DetectAIFakeFaces", obj{"Encryption": e})
		c.refused("InvalidParameter", "DetectAIFakeFaces", obj{"EncryptedBody": body["EncryptedBody"]})
		c.refused("InvalidParameter.UnsupportEncryptField", "DetectAIFakeFaces", plus(body, "Encryption", plus(e, "EncryptList", []string{"EncryptedBody"})))
		c.refused("FailedOperation.DecryptSystemError", "DetectAIFakeFaces", plus(body, "EncryptedBody", b64([]byte("damaged"))))
		c.refused("InvalidParameter", "DetectAIFakeFaces", obj{"EncryptedBody": seal("no JSON"), "Encryption": e})
	}
}

func TestChecksEncryptTheAnswerOfACard(t *testing.T) {
	c := newCaller(t)
	body := goodChecks["CheckIdCardInformation"]
	for _, l := range []*locked{cbcOf(t, c), gcmOf(t, c)} {
		open := func(a cloudAnswer, text any, i int) string {
			if l.info["Algorithm"] == nil {
				return text.(string)
			}
			b, err := l.aead().Open(nil, l.iv, append(unb64(t, text), unb64(t, a.at("Encryption", "TagList", i))...), nil)
			require.NoError(t, err)
			return string(b)
		}
		want := "张样本"
		if l.info["Algorithm"] == nil {
			want = l.cbc(want)
		}
		a := c.good("CheckIdCardInformation", plus(body, "IsEncrypt", true, "Encryption", l.info))
		require.Equal(t, []any{"Response.IdNum", "Response.Name"}, a.at("Encryption", "EncryptList"))
		require.Equal(t, want, open(a, a.at("Name"), 1))
		require.NotContains(t, a.body, "张样本")
		a = c.good("CheckIdCardInformation", plus(body, "IsEncryptResponse", true, "Encryption", l.info))
		require.Nil(t, a.at("Name"))
		require.NotEmpty(t, a.text("EncryptedBody"))
		require.NotContains(t, a.body, "北京")
	}
	c.refused("InvalidParameter", "CheckIdCardInformation", plus(body, "IsEncrypt", true))
	c.refused("FailedOperation.EncryptSystemError", "CheckIdCardInformation", plus(body, "IsEncrypt", true, "Encryption", obj{"CiphertextBlob": "AAAA", "Iv": "AAAA"}))
}
