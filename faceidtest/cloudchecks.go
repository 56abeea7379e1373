package faceidtest

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Check is the platform's answer to a check of API 3.0. The zero value
// passes. An ill-formed value gets the answer for ill-formed values, whatever
// the script says.
type Check struct {
	// Result is a code of the action's table, such as "-1" or
	// "FailedOperation.CompareLowSimilarity". Empty passes. The answer
	// of DetectAIFakeFaces has no result; for this action Result is the code of an error.
	Result      string
	Description string // empty: the platform's own words

	// Some actions tell these values beside the result. An empty one is invented
	// if the check passed, and stays empty if it did not.
	Sim             string // such as "31.50"
	AttackRiskLevel string // Low, Mid or High; empty is Low
	AttackRiskTypes []string
	AccountBank     string // told by CheckBankCardInformation
	AccountType     int
	Range           string // told by MobileNetworkTimeVerification, such as "[3,6)"
	StatusCode      int    // told by MobileStatus
	Isp             string // told by the phone verifications
	ResultDetail    string // told by PhoneVerification in the detailed mode, with -4
	AgeRange        string // told by MinorsVerification, such as "[8,16)", with 0 and -1

	// Card is what OCR reads, as in [CloudEnding]. Warnings are those that the
	// Config asks for, such as "-9102|-9103".
	Card     IDCard
	Warnings string

	AsError bool // a FailedOperation comes as an error instead of a result
}

// ScriptCheck decides what a check answers from now on. Without a script every
// check passes.
func (s *Server) ScriptCheck(action string, c Check) {
	if why := c.problem(action); why != "" {
		panic("faceidtest: ScriptCheck: " + why)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cloud.checks[action] = c
}

// problem tells why the documents have no such answer, or returns "".
func (c Check) problem(action string) string {
	k, known := checkKinds[action]
	_, abroad := intlKinds[action]
	words, numbered := checkWords[action]
	_, listed := words[c.Result]
	sim, err := strconv.ParseFloat(cmp.Or(c.Sim, "0"), 64)
	switch {
	case !known && !abroad:
		return "the action is not a check"
	case numbered && c.Result != "" && !listed:
		return "the action's table has no such result"
	case !numbered && c.Result != "" && c.Result != "Success" && !isFailure(action, c.Result):
		return "the result must be Success or a FailedOperation"
	case err != nil || sim < 0 || sim > 100:
		return "the similarity must be a number from 0 to 100"
	case numbered && c.AsError:
		return "only a FailedOperation can be an error"
	case !k.risk && c.AttackRiskLevel != "" || !oneOf("", "Low", "Mid", "High")(c.AttackRiskLevel):
		return "the action tells no such risk"
	}
	return ""
}

// isFailure reports whether a result is a code of trouble. One action of the
// international site lists codes of InternalError, too.
func isFailure(action, result string) bool {
	return strings.HasPrefix(result, "FailedOperation.") || action == "DetectReflectLivenessAndCompare" && strings.HasPrefix(result, "InternalError.")
}

// A checkKind describes one check: the fields of its request, the codes for
// ill-formed values, and the fields of its answer beside the result.
type checkKind struct {
	fields []cloudField
	ill    map[string]string // the code for an ill-formed value, by field
	judge  func(args) string // instead of ill: returns the code for the first ill-formed value, or ""
	tell   func(args, Check, bool) object
	risk   bool // the answer tells a risk instead of a result
}

var (
	idField       = encryptableField("IdCard", anyText).must()
	nameField     = encryptableField("Name", anyText).must()
	bankCardField = encryptableField("BankCard", anyText).must()
	phoneField    = encryptableField("Phone", anyText).must()
	mobileField   = encryptableField("Mobile", anyText).must()
	certField     = numberField("CertType", 0, 0)
	typeField     = textField("LivenessType", oneOf("LIP", "ACTION", "SILENT")).must()

	askedFields = []cloudField{textField("ValidateData", anyText), textField("Optional", anyText)}
	videoFields = []cloudField{textField("VideoBase64", cloudBase64(8<<20)), textField("VideoUrl", anyText)}

	wordsIll = map[string]string{"IdCard": "FailedOperation.IdFormatError", "Name": "FailedOperation.NameFormatError"}
	phoneIll = map[string]string{"Phone": "-6", "IdCard": "-7", "Name": "-8"}

	carrierFields = []cloudField{idField, nameField, phoneField, encryptionField}
)

// checkKinds are the checks by action, from the documents' tables.
var checkKinds = map[string]checkKind{
	"DetectAIFakeFaces": {risk: true, fields: []cloudField{
		textField("FaceInput", cloudBase64(10<<20)), numberField("FaceInputType", -1<<62, 1<<62), encryptionField, textField("EncryptedBody", anyText),
	}},
	"LivenessRecognition": {ill: wordsIll, tell: tellLiveness,
		fields: slices.Concat([]cloudField{idField, nameField, typeField}, videoFields, askedFields, []cloudField{encryptionField})},
	"LivenessCompare": {tell: tellLiveness,
		fields: slices.Concat([]cloudField{typeField, textField("ImageBase64", cloudPicture(3<<20)), textField("ImageUrl", anyText)}, videoFields, askedFields)},
	"ImageRecognition": {ill: wordsIll, tell: tellOldPhoto, fields: []cloudField{
		idField, nameField, textField("ImageBase64", cloudPicture(3<<20)).must(), textField("Optional", anyText), encryptionField,
	}},
	"ImageRecognitionV2": {ill: wordsIll, tell: tellPhoto, fields: []cloudField{
		idField, nameField, textField("ImageBase64", cloudPicture(3<<20)).must(), textField("Optional", anyText), encryptionField, textField("Extra", chars(10)),
	}},
	"CheckIdCardInformation": {tell: tellCard, fields: []cloudField{
		textField("ImageBase64", cloudPicture(7<<20)), textField("ImageUrl", anyText), textField("Config", anyText),
		flagField("IsEncrypt"), flagField("IsEncryptResponse"), encryptionField,
	}},
	"IdCardVerification": {ill: map[string]string{"IdCard": "-2", "Name": "-3"}, fields: []cloudField{idField, nameField, encryptionField}},
	"IdCardOCRVerification": {ill: map[string]string{"IdCard": "-2", "Name": "-3"}, tell: tellCheckedCard, fields: []cloudField{
		encryptableField("IdCard", anyText), encryptableField("Name", anyText), textField("ImageBase64", cloudPicture(3<<20)), textField("ImageUrl", anyText),
		encryptionField, textField("Config", anyText),
	}},
	"CheckIdNameDate": {ill: map[string]string{"IdCard": "-2", "Name": "-3", "ValidityBegin": "-4", "ValidityEnd": "-4"}, fields: []cloudField{
		nameField, idField, textField("ValidityBegin", anyText).must(), textField("ValidityEnd", anyText).must(), encryptionField,
	}},
	"CheckBankCardInformation": {ill: map[string]string{"BankCard": "-5"}, tell: tellBank, fields: []cloudField{bankCardField, encryptionField}},
	"BankCard2EVerification":   {ill: map[string]string{"Name": "-2", "BankCard": "-3"}, fields: []cloudField{nameField, bankCardField, encryptionField}},
	"BankCardVerification": {ill: map[string]string{"Name": "-2", "IdCard": "-3", "BankCard": "-4"},
		fields: []cloudField{idField, nameField, bankCardField, certField, encryptionField}},
	"BankCard4EVerification": {ill: map[string]string{"Name": "-2", "IdCard": "-3", "BankCard": "-4", "Phone": "-5"},
		fields: []cloudField{nameField, bankCardField, phoneField, idField, certField, encryptionField}},
	"MobileNetworkTimeVerification": {ill: map[string]string{"Mobile": "-1"}, tell: tellRange, fields: []cloudField{mobileField, encryptionField}},
	"MobileStatus":                  {ill: map[string]string{"Mobile": "-2"}, tell: tellStatus, fields: []cloudField{mobileField, encryptionField}},
	"PhoneVerification": {ill: phoneIll, tell: tellPhone, fields: []cloudField{
		idField, nameField, phoneField, textField("VerifyMode", oneOf("", "0", "1")),
		textField("CiphertextBlob", anyText), listField(0, 20, textField("EncryptList", anyText)), textField("Iv", anyText),
	}},
	"PhoneVerificationCMCC": {ill: phoneIll, tell: tellCarrier("移动"), fields: carrierFields},
	"PhoneVerificationCTCC": {ill: phoneIll, tell: tellCarrier("电信"), fields: carrierFields},
	"PhoneVerificationCUCC": {ill: phoneIll, tell: tellCarrier("联通"), fields: carrierFields},
	"MinorsVerification": {judge: judgeMinor, tell: tellAge, fields: []cloudField{
		textField("Type", anyText).must(), encryptableField("Mobile", anyText), encryptableField("IdCard", anyText), encryptableField("Name", anyText), encryptionField,
	}},
	"EncryptedPhoneVerification": {judge: judgeDigests, tell: tellISP, fields: []cloudField{
		textField("IdCard", anyText).must(), textField("Name", anyText).must(), textField("Phone", anyText).must(),
		textField("EncryptionMode", oneOf("0", "1", "2", "3")).must(),
	}},
	"CheckPhoneAndName": {ill: map[string]string{"Mobile": "-5", "Name": "-4"}, fields: []cloudField{mobileField, nameField, encryptionField}},
}

// intlChecks are the checks that the international site has, too.
var intlChecks = []string{
	"BankCard2EVerification", "BankCard4EVerification", "BankCardVerification", "CheckBankCardInformation", "CheckIdCardInformation",
	"CheckIdNameDate", "DetectAIFakeFaces", "IdCardOCRVerification", "IdCardVerification", "ImageRecognition", "ImageRecognitionV2", "LivenessCompare",
	"MobileNetworkTimeVerification", "MobileStatus", "PhoneVerification",
}

// chinaOnly are the parameters and the fields of an answer that the international site
// does not have.
var chinaOnly = map[string][]string{
	"IdCardOCRVerification": {"Config", "Portrait", "Warnings", "Quality"},
	"PhoneVerification":     {"VerifyMode", "ResultDetail"},
}

// checkActions returns the checks as actions.
func (s *Server) checkActions() map[string]action {
	actions := map[string]action{}
	for name, k := range checkKinds {
		run := s.checkOf(name, k)
		if k.risk {
			run = s.fakeFaces
		}
		actions[name] = action{both: slices.Contains(intlChecks, name), fields: k.fields, run: run, chinaOnly: chinaOnly[name]}
	}
	for name, k := range intlKinds {
		actions[name] = action{intl: true, fields: k.fields, run: s.intlCheckOf(name, k)}
	}
	return actions
}

// checkOf answers a check. It decrypts the encrypted fields, gives ill-formed
// values their code, and answers the rest as scripted.
func (s *Server) checkOf(name string, k checkKind) func(*incoming, args) reply {
	return func(_ *incoming, v args) reply {
		c := s.cloud.checks[name]
		if !k.encryptsAnswer() {
			if bad := s.cloud.decrypt(v, k.fields); bad.code != "" {
				return bad
			}
		}
		if bad := missing(name, v); bad != "" {
			return cloudRefuse("InvalidParameter", bad)
		}
		if code := k.illFormed(v); code != "" {
			c = Check{Result: code}
		}
		if c.AsError {
			return cloudRefuse(c.Result, c.words(name))
		}
		passed := c.Result == "" || c.Result == "0" || c.Result == "Success"
		result := object{}
		if k.tell != nil {
			result = k.tell(v, c, passed)
		}
		result = append(result, member{"Result", c.resultOf(name)}, member{"Description", c.words(name)})
		if !k.encryptsAnswer() {
			return reply{result: result}
		}
		return s.cloud.encryptedCard(v, result)
	}
}

func (k checkKind) encryptsAnswer() bool {
	return slices.ContainsFunc(k.fields, func(f cloudField) bool { return f.name == "IsEncryptResponse" })
}

func (c Check) resultOf(name string) string {
	switch _, numbered := checkWords[name]; {
	case c.Result != "":
		return c.Result
	case numbered:
		return "0"
	}
	return "Success"
}

func (c Check) words(name string) string {
	if c.Description != "" {
		return c.Description
	}
	if words, numbered := checkWords[name]; numbered {
		return words[c.resultOf(name)]
	}
	return faceWords[c.resultOf(name)]
}

// faceWords are the platform's words for photo and liveness checks.
var faceWords = map[string]string{
	"Success":                                "检测通过",
	"FailedOperation.IdNameMisMatch":         "姓名和身份证号不一致，请核实后重试。",
	"FailedOperation.CompareLowSimilarity":   "比对相似度未达到通过标准。",
	"FailedOperation.IdPhotoPoorQuality":     "证件图片分辨率太低，请重新上传。",
	"FailedOperation.LifePhotoDetectFaces":   "检测到多张人脸。",
	"FailedOperation.LifePhotoDetectFake":    "真人比对没通过。",
	"FailedOperation.LifePhotoDetectNoFaces": "未能检测到完整人脸。",
	"FailedOperation.CompareFail":            "比对失败。",
	"FailedOperation.CoveredFace":            "图中人脸存在遮挡，请传入无遮挡人脸图片",
	"FailedOperation.IncompleteFace":         "未检测到完整人脸，请传入完整人脸图片",
	"FailedOperation.ImageDecodeFailed":      "图片解码失败。",
	"FailedOperation.VideoDecodeFailed":      "视频解码异常",
}

// missing tells which parameters are absent where the action wants one of
// several, or returns "".
func missing(name string, v args) string {
	none := func(names ...string) bool {
		return !slices.ContainsFunc(names, func(n string) bool { return v.text(n) != "" })
	}
	switch {
	case name == "MinorsVerification":
		return missingMinor(v)
	case strings.HasPrefix(name, "Liveness") && none("VideoBase64", "VideoUrl"):
		return "There is neither `VideoBase64` nor `VideoUrl`."
	case name == "LivenessCompare" && none("ImageBase64", "ImageUrl"), name == "CheckIdCardInformation" && none("ImageBase64", "ImageUrl"):
		return "There is neither `ImageBase64` nor `ImageUrl`."
	case strings.HasPrefix(name, "Liveness") && (v.text("LivenessType") == "SILENT") != (v.text("ValidateData") == ""):
		return "`ValidateData` does not go with `LivenessType`."
	case name == "IdCardOCRVerification" && (none("IdCard") || none("Name")) && none("ImageBase64", "ImageUrl"):
		return "There is nobody to verify."
	}
	return ""
}

// illFormed returns the code for the first value that no person, card or phone
// can have, or "".
func (k checkKind) illFormed(v args) string {
	if k.judge != nil {
		return k.judge(v)
	}
	forms := map[string]func(string) bool{
		"IdCard": isIDNumber, "Name": isName, "BankCard": isBankCard, "Phone": isPhone, "Mobile": isPhone,
		"ValidityBegin": isDay, "ValidityEnd": func(text string) bool { return text == "00000000" || isDay(text) },
	}
	if v.text("ImageBase64") != "" && v.text("IdCard") == "" && v.text("Name") == "" {
		return "" // OCR reads the name and the number from the picture
	}
	for _, name := range slices.Sorted(maps.Keys(k.ill)) {
		if !forms[name](v.text(name)) {
			return k.ill[name]
		}
	}
	return ""
}

// isIDNumber accepts 18 digits whose last one is the right check digit of GB
// 11643, or the 15 digits of the first generation.
func isIDNumber(text string) bool {
	if len(text) == 15 {
		return digits("0123456789")(text)
	}
	if len(text) != 18 || !digits("0123456789")(text[:17]) {
		return false
	}
	sum, weight := 0, 1
	for i := 16; i >= 0; i-- {
		weight = weight * 2 % 11
		sum += int(text[i]-'0') * weight
	}
	return text[17] == "10X98765432"[sum%11]
}

func isName(text string) bool { return text != "" && chars(50)(text) }

func isBankCard(text string) bool {
	return len(text) >= 12 && len(text) <= 19 && digits("0123456789")(text)
}

func isPhone(text string) bool {
	return len(text) == 11 && text[0] == '1' && digits("0123456789")(text)
}

func isDay(text string) bool {
	_, err := time.Parse("20060102", text)
	return err == nil
}

// cloudBase64 accepts base64 of at most that length.
func cloudBase64(most int) func(string) bool {
	return func(v string) bool {
		if len(v) > most || strings.ContainsAny(v, "\r\n") {
			return false
		}
		_, err := base64.StdEncoding.Strict().DecodeString(v)
		return err == nil
	}
}

// sim returns the scripted similarity, or one that fits the result.
func (c Check) sim(passed bool) any {
	text := c.Sim
	switch {
	case text != "":
	case passed:
		text = "97.00"
	case c.Result == "FailedOperation.CompareLowSimilarity":
		text = "31.50"
	default:
		text = "0"
	}
	return json.Number(text)
}

func tellPhoto(v args, c Check, passed bool) object {
	return object{{"Sim", c.sim(passed)}, {"Extra", v.text("Extra")}}
}

func tellLiveness(v args, c Check, passed bool) object {
	out := object{{"Sim", c.sim(passed)}, {"BestFrameBase64", nil}, {"BestFrameList", nil}}
	if passed {
		out.set("BestFrameBase64", media(inventedPhotos()[0]))
		if strings.Contains(v.text("Optional"), "BestFrameNum") {
			out.set("BestFrameList", list{media(inventedPhotos()[0]), media(inventedPhotos()[1])})
		}
	}
	return out
}

func (c Check) quality(v args) any {
	if strings.Contains(v.text("Config"), "Quality") {
		return json.Number("72")
	}
	return json.Number("0")
}

func tellCard(v args, c Check, _ bool) object {
	card := c.Card.filled()
	return object{{"Sim", c.sim(c.Result == "" || c.Result == "Success")}, {"Name", card.Name}, {"Sex", card.Sex}, {"Nation", card.Nation}, {"Birth", slashed(card.Birth)},
		{"Address", card.Address}, {"IdNum", card.Number}, {"Portrait", media(card.HeadPhoto)}, {"Warnings", c.Warnings}, {"Quality", c.quality(v)}}
}

func tellCheckedCard(v args, c Check, _ bool) object {
	out := object{{"Name", v.text("Name")}, {"IdCard", v.text("IdCard")}, {"Sex", nil}, {"Nation", nil}, {"Birth", nil}, {"Address", nil},
		{"Portrait", ""}, {"Warnings", ""}, {"Quality", json.Number("0")}}
	if v.text("Name") != "" && v.text("IdCard") != "" {
		return out // OCR reads nothing
	}
	card := c.Card.filled()
	return out.set("Name", card.Name).set("IdCard", card.Number).set("Sex", card.Sex).set("Nation", card.Nation).set("Birth", slashed(card.Birth)).
		set("Address", card.Address).set("Portrait", media(card.HeadPhoto)).set("Warnings", c.Warnings).set("Quality", c.quality(v))
}

func tellBank(_ args, c Check, passed bool) object {
	if !passed {
		return object{{"AccountBank", ""}, {"AccountType", integer(0)}}
	}
	fill(&c.AccountBank, "样本银行")
	return object{{"AccountBank", c.AccountBank}, {"AccountType", integer(max(c.AccountType, 1))}}
}

func tellRange(_ args, c Check, passed bool) object {
	if !passed {
		return object{{"Range", ""}}
	}
	fill(&c.Range, "[24,+)")
	return object{{"Range", c.Range}}
}

func tellStatus(_ args, c Check, _ bool) object { return object{{"StatusCode", integer(c.StatusCode)}} }

// tellCarrier tells the carrier of a number. An action of one carrier knows its own
// numbers only.
func tellCarrier(carrier string) func(args, Check, bool) object {
	return func(_ args, c Check, passed bool) object {
		if passed {
			fill(&c.Isp, carrier)
		}
		return object{{"Isp", c.Isp}}
	}
}

func tellPhone(v args, c Check, passed bool) object {
	detail := ""
	if v.text("VerifyMode") == "1" && c.Result == "-4" {
		fill(&c.ResultDetail, "PhoneNameIdCardMismatch")
		detail = c.ResultDetail
	}
	return append(tellCarrier("移动")(v, c, passed), member{"ResultDetail", detail})
}

// fakeFaces answers https://cloud.tencent.com/document/product/1007/101561. The
// request may be encrypted as a whole.
func (s *Server) fakeFaces(_ *incoming, v args) reply {
	v, bad := s.cloud.unwrap(v)
	if bad.code != "" {
		return bad
	}
	file, _ := base64.StdEncoding.DecodeString(v.text("FaceInput")) // the table has accepted the base64
	kind := v.number("FaceInputType", 0)
	c := s.cloud.checks["DetectAIFakeFaces"]
	switch {
	case len(file) == 0 || kind != 1 && kind != 2:
		return cloudRefuse("InvalidParameter", "`FaceInput` or `FaceInputType` is not valid.")
	case kind == 1 && (!isPicture(file) || bytes.HasPrefix(file, []byte("BM"))):
		return cloudRefuse("FailedOperation.ImageDecodeFailed", faceWords["FailedOperation.ImageDecodeFailed"])
	case c.Result != "" && c.Result != "Success":
		return cloudRefuse(c.Result, c.words("DetectAIFakeFaces"))
	}
	fill(&c.AttackRiskLevel, "Low")
	traces := list{}
	if c.AttackRiskLevel != "Low" {
		for _, trace := range c.AttackRiskTypes {
			traces = append(traces, object{{"Type", trace}})
		}
	}
	return reply{result: object{{"AttackRiskLevel", c.AttackRiskLevel}, {"AttackRiskDetailList", traces}, {"ExtraInfo", object{{"RetrievalLivenessExtraInfo", nil}}}}}
}

// simCheck scripts a check for tests in other languages.
func (s *Server) simCheck(in *incoming) reply {
	var q struct {
		Action string
		Check
	}
	if msg := decodeControl(in, &q); msg != "" {
		return controlError(msg)
	}
	if why := q.problem(q.Action); why != "" {
		return controlError(why)
	}
	s.ScriptCheck(q.Action, q.Check)
	return controlReply(map[string]bool{"ok": true})
}
