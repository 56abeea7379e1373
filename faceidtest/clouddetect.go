package faceidtest

import (
	"math"
	"time"
)

const (
	pathCloudVerify = "/cloud/verify" // every Url leads here
	pathCloudFinish = "/cloud/finish"
	pathCloudFile   = "/cloud/file"

	bizTokenLife   = 7200 * time.Second
	shortTokenLife = 600 * time.Second // of E证通 and the international site
	fileLife       = 10 * time.Minute

	// Where a person goes whom DetectAuth gave no RedirectUrl.
	productPage = "https://cloud.tencent.com/product/faceid"
)

var (
	questionsField = listField(1, 10, objectField("IntentionQuestions",
		textField("Question", chars(250)).must(),
		listField(0, 50, textField("Answers", chars(10))).must()))
	actionsField = listField(1, 10, objectField("IntentionActions", textField("Text", chars(250)).must()))

	encryptionField = objectField("Encryption",
		listField(0, 20, textField("EncryptList", anyText)),
		textField("CiphertextBlob", anyText),
		textField("Iv", anyText),
		textField("Algorithm", oneOf("", "AES-256-CBC", "SM4-GCM")),
		listField(0, 20, textField("TagList", anyText)))

	detectAuthFields = []cloudField{
		textField("RuleId", anyText).must(),
		textField("TerminalType", anyText), // without any effect
		sealable("IdCard", isCloudID),
		sealable("Name", chars(32)),
		textField("RedirectUrl", isBack("BizToken")),
		textField("Extra", chars(1024)),
		textField("ImageBase64", cloudPicture(3<<20)),
		encryptionField,
		textField("IntentionVerifyText", chars(120)),
		questionsField,
		actionsField,
		objectField("Config",
			flagField("IntentionRecognition"),
			numberField("IntentionType", 0, 1),
			flagField("MouthOpenRecognition"),
			numberField("Speed", 0, 3)),
	}
	detectInfoFields = []cloudField{
		textField("BizToken", anyText).must(),
		textField("RuleId", anyText).must(),
		textField("InfoType", digits("01234")),
	}
	detectInfoEnhancedFields = []cloudField{
		textField("BizToken", anyText).must(),
		textField("RuleId", anyText).must(),
		textField("InfoType", digits("0123456")),
		numberField("BestFramesCount", 0, math.MaxInt64), // more than 10 give 10
		flagField("IsCutIdCardImage"),
		flagField("IsNeedIdCardAvatar"),
		flagField("IsEncrypt"), // deprecated
		encryptionField,
		flagField("IsEncryptResponse"),
		flagField("IsReturnAllVideo"),
	}
)

// detectAuth answers https://cloud.tencent.com/document/product/1007/31816.
func (s *Server) detectAuth(_ *incoming, v args) reply {
	if bad := s.cloud.decrypt(v, detectAuthFields); bad.code != "" {
		return bad
	}
	product, known := s.cloud.rules[v.text("RuleId")]
	if !known || product == "intl" {
		return cloudRefuse("InvalidParameterValue.RuleIdNotExist", "")
	}
	mode := questionMode
	kind, typed := v.sub("Config")["IntentionType"].(int64)
	switch { // reading aloud has no number, so the default one goes with it
	case kind == 1:
		mode = nodMode
	case v.text("IntentionVerifyText") != "":
		mode = readingMode
	}
	will, problem := newAgreement(mode, v)
	asked := typed || v.asks()
	switch {
	case !asked && product == "will":
		return cloudRefuse("InvalidParameter", "The RuleId asks for an intention, and there is none to ask for.")
	case !asked:
		will = nil
	case product == "basic":
		return cloudRefuse("InvalidParameter", "The RuleId has no intention.")
	case problem != "":
		return cloudRefuse("InvalidParameter", problem)
	case s.cloud.ruleHas(v.text("RuleId"), RuleWithoutWill):
		will = nil
	default:
		product = "will"
	}
	f := &flow{kind: wechatFlow, rule: v.text("RuleId"), product: product, life: bizTokenLife, will: will,
		name: v.text("Name"), id: v.text("IdCard"), extra: v.text("Extra"), back: v.text("RedirectUrl")}
	if s.cloud.ruleHas(f.rule, RuleReadsCards) {
		f.name, f.id, f.reads = "", "", true
	} else {
		f.reads = f.name == "" && f.id == "" && v.text("ImageBase64") == ""
	}
	if f.back == "" {
		f.back = productPage
	}
	url := s.newFlow(f)
	return reply{result: object{{"Url", url}, {"BizToken", f.token}}}
}

// detected finds the flow that a query of WeChat asks for. The caller holds the
// lock.
func (s *Server) detected(v args) (*flow, string) {
	if product, known := s.cloud.rules[v.text("RuleId")]; !known || product == "intl" {
		return nil, "InvalidParameterValue.RuleIdNotExist"
	}
	f, bad := s.flowOf(v.text("BizToken"), "InvalidParameter", wechatFlow)
	if bad == "" && f.rule != v.text("RuleId") {
		return nil, "InvalidParameter"
	}
	return f, bad
}

// detectInfo is the older query: its answer is a JSON text.
func (s *Server) detectInfo(_ *incoming, v args) reply {
	f, bad := s.detected(v)
	if bad != "" {
		return cloudRefuse(bad, "")
	}
	ask := wanted(v)
	info := object{}
	if ask('1') {
		text := f.text(false)
		tries := text.value("LivenessDetail")
		info = append(info, member{"Text", append(text.without("LivenessDetail"), member{"Detail", object{{"LivenessData", tries}}})})
	}
	if ask('2') {
		info = append(info, member{"IdCardData", f.idCardData(v)[:2]})
	}
	if ask('3') {
		info = append(info, member{"BestFrame", object{{"BestFrame", fileOrNull(f.bestFrame())}}})
	}
	if ask('4') {
		info = append(info, member{"VideoData", object{{"LivenessVideo", fileOrNull(f.video())}}})
	}
	return reply{result: object{{"DetectInfo", string(Dialect{}.write(nil, info))}}}
}

// detectInfoEnhanced answers https://cloud.tencent.com/document/product/1007/41957.
func (s *Server) detectInfoEnhanced(_ *incoming, v args) reply {
	f, bad := s.detected(v)
	if bad != "" {
		return cloudRefuse(bad, "")
	}
	result := f.result(v, 10, false)
	result = append(result, member{"Encryption", nil}, member{"EncryptedBody", nil})
	return s.cloud.encrypted(v, result)
}

// result is what both queries of a Chinese flow tell. E证通 withholds who the
// person is, and has no video.
func (f *flow) result(v args, mostFrames int64, withheld bool) object {
	ask := wanted(v)
	out := object{{"Text", nil}, {"IdCardData", nil}, {"BestFrame", nil}}
	if ask('1') {
		out[0].value = f.text(withheld)
	}
	if ask('2') {
		out[1].value = f.idCardData(v)
	}
	if ask('3') {
		var frames any
		if n := min(v.number("BestFramesCount", 0), mostFrames); n > 0 && f.bestFrame() != nil {
			var l list
			for range n {
				l = append(l, media(f.bestFrame()))
			}
			frames = l
		}
		out[2].value = object{{"BestFrame", fileOrNull(f.bestFrame())}, {"BestFrames", frames}}
	}
	if !withheld {
		var video any
		if ask('4') {
			video = object{{"LivenessVideo", fileOrNull(f.video())}, {"LivenessVideos", nil}}
		}
		out = append(out, member{"VideoData", video})
	}
	return append(out, f.agreed(ask)...)
}

// wanted reads an InfoType; none and 0 want everything.
func wanted(v args) func(digit rune) bool {
	which := v.text("InfoType")
	return func(digit rune) bool {
		for _, d := range which {
			if d == '0' || d == digit {
				return true
			}
		}
		return which == ""
	}
}

// person is who the platform believes to see: as given, or as read.
func (f *flow) person() (name, id string) {
	name, id = f.name, f.id
	if f.reads && f.last() != nil && !f.ending.CardFail {
		card := f.ending.Card.filled()
		name, id = card.Name, card.Number
	}
	return name, id
}

// text is DetectInfoText. Before the first attempt nothing is known but what
// came with the request.
func (f *flow) text(withheld bool) object {
	name, id := f.person()
	var nation, address, birth, authority, valid, ocrName, ocrID, sex any
	from := any("其他")
	if f.reads {
		from = "OCR"
		if f.last() != nil && !f.ending.CardFail {
			card := f.ending.Card.filled()
			nation, address, authority, sex = card.Nation, card.Address, card.Authority, card.Sex
			birth, valid = slashed(card.Birth), dotted(card.ValidDate)
			ocrName, ocrID = card.Name, card.Number
		}
	}
	if withheld {
		name, id, ocrName, ocrID = "", "", nil, nil
	}
	out := object{
		{"ErrCode", nil}, {"ErrMsg", nil}, {"IdCard", id}, {"UseIDType", integer(0)}, {"Name", name},
		{"OcrNation", nation}, {"OcrAddress", address}, {"OcrBirth", birth}, {"OcrAuthority", authority},
		{"OcrValidDate", valid}, {"OcrName", ocrName}, {"OcrIdCard", ocrID}, {"OcrGender", sex}, {"IdInfoFrom", from},
		{"LiveStatus", nil}, {"LiveMsg", nil}, {"Comparestatus", nil}, {"Comparemsg", nil}, {"Sim", nil},
		{"Location", nil}, {"Extra", f.extra}, {"LivenessDetail", nil}, {"LivenessInfoTag", nil}, {"Mobile", nil},
		{"CompareLibType", nil}, {"LivenessMode", integer(0)}, {"NFCRequestIds", nil}, {"NFCBillingCounts", nil},
		{"PassNo", nil}, {"VisaNum", nil}, {"LivenessActionSequence", nil},
	}
	t := f.last()
	if t == nil {
		return out
	}
	code := t.Code
	out.set("ErrCode", integer(code)).set("ErrMsg", f.message(code)).set("LivenessMode", integer(4))
	if t.sawFace() {
		live := code
		if t.compared() {
			live = 0
		}
		out.set("LiveStatus", integer(live)).set("LiveMsg", f.tryWords(*t, live))
	}
	if t.compared() {
		out.set("Comparestatus", integer(code)).set("Comparemsg", f.tryWords(*t, code)).set("Sim", orNull(t.similarity())).set("CompareLibType", "权威库")
	}
	if f.product == "plus" {
		out.set("LivenessInfoTag", textList(f.ending.LivenessInfoTag))
	}
	tries := list{}
	for _, t := range f.tries {
		tries = append(tries, f.detail(t, withheld))
	}
	return out.set("LivenessDetail", tries)
}

// detail is DetectDetail. What did not take place is null, and costs nothing.
func (f *flow) detail(t try, withheld bool) object {
	name, id := f.person()
	if withheld {
		name, id = "", ""
	}
	out := object{
		{"ReqTime", nil}, {"Seq", nil}, {"Idcard", nil}, {"Name", nil}, {"Sim", nil}, {"IsNeedCharge", nil},
		{"Errcode", integer(t.Code)}, {"Errmsg", f.tryWords(t, t.Code)}, {"Livestatus", nil}, {"Livemsg", nil},
		{"Comparestatus", nil}, {"Comparemsg", nil}, {"CompareLibType", nil}, {"LivenessMode", integer(4)},
	}
	if f.billed(t) {
		out.set("ReqTime", millis(t.at)).set("Seq", t.seq).set("Idcard", id).set("Name", name).set("IsNeedCharge", f.isCharged(t))
	}
	if t.sawFace() {
		live := t.Code
		if t.compared() {
			live = 0
		}
		out.set("Livestatus", integer(live)).set("Livemsg", f.tryWords(t, live))
	}
	if t.compared() {
		out.set("Sim", orNull(t.similarity())).set("Comparestatus", integer(t.Code)).set("Comparemsg", f.tryWords(t, t.Code)).set("CompareLibType", "权威库")
	}
	return out
}

// billed reports whether a try is a request of its own, which a bill lists:
// the comparison ran, or it costs something all the same.
func (f *flow) billed(t try) bool { return t.compared() || f.isCharged(t) }

// tryWords are the words of a try for one of its codes.
func (f *flow) tryWords(t try, code int) string {
	if code == t.Code {
		return f.tryMessage(t)
	}
	return f.turnedAway(code)
}

func (f *flow) idCardData(v args) object {
	out := object{{"OcrFront", nil}, {"OcrBack", nil}, {"ProcessedFrontImage", nil}, {"ProcessedBackImage", nil},
		{"Avatar", nil}, {"WarnInfos", nil}, {"BackWarnInfos", nil}}
	if !f.reads || f.last() == nil || f.ending.CardFail || f.ending.NoFiles {
		return out
	}
	card := f.ending.Card.filled()
	out.set("OcrFront", media(card.FrontPhoto)).set("OcrBack", media(card.BackPhoto)).set("WarnInfos", numbers(f.ending.Warnings))
	if v.yes("IsCutIdCardImage") {
		out.set("ProcessedFrontImage", media(card.FrontCrop)).set("ProcessedBackImage", media(card.BackCrop))
	}
	if v.yes("IsNeedIdCardAvatar") {
		out.set("Avatar", media(card.HeadPhoto))
	}
	return out
}

// numbers is a list of them, or null where there are none.
func numbers(ns []int64) any {
	if len(ns) == 0 {
		return nil
	}
	var l list
	for _, n := range ns {
		l = append(l, integer(n))
	}
	return l
}

// slashed and dotted are the dates of API 3.0.
func slashed(day string) string {
	t, err := time.Parse("20060102", day)
	if err != nil {
		return day
	}
	return t.Format("2006/1/2")
}

func dotted(valid string) string {
	if len(valid) < 9 || valid[8] != '-' {
		return valid
	}
	day := func(d string) string {
		if len(d) != 8 {
			return d // 长期
		}
		return d[:4] + "." + d[4:6] + "." + d[6:]
	}
	return day(valid[:8]) + "-" + day(valid[9:])
}

// set replaces a value in place; the name is there.
func (o object) set(name string, value any) object {
	for i := range o {
		if o[i].name == name {
			o[i].value = value
			return o
		}
	}
	panic("faceidtest: no field " + name) // a mistake of this package
}

func (o object) value(name string) any {
	for _, m := range o {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

func (o object) without(name string) object {
	var out object
	for _, m := range o {
		if m.name != name {
			out = append(out, m)
		}
	}
	return out
}
