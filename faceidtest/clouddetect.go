package faceidtest

import (
	"math"
	"slices"
	"time"
)

const (
	pathCloudVerify = "/cloud/verify" // the path of every Url
	pathCloudFinish = "/cloud/finish"
	pathCloudFile   = "/cloud/file"

	bizTokenLife   = 7200 * time.Second
	shortTokenLife = 600 * time.Second // the life of a token of E证通 and of the international site
	fileLife       = 10 * time.Minute

	// productPage is where a person goes if DetectAuth was given no RedirectUrl.
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
		textField("TerminalType", anyText), // it has no effect
		encryptableField("IdCard", isCloudID),
		encryptableField("Name", chars(32)),
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
		numberField("BestFramesCount", 0, math.MaxInt64), // more than 10 count as 10
		flagField("IsCutIdCardImage"),
		flagField("IsNeedIdCardAvatar"),
		flagField("IsEncrypt"), // the platform has deprecated it
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
	switch {
	case !known || product == "intl":
		return cloudRefuse("InvalidParameterValue.RuleIdNotExist", "")
	case s.cloud.ruleHas(v.text("RuleId"), RuleDisabled):
		return cloudRefuse("InvalidParameterValue.RuleIdDisabled", "")
	}
	if s.cloud.ruleHas(v.text("RuleId"), RuleWithWill) {
		product = "will"
	}
	will, problem := detectWill(v, product)
	if problem != "" {
		return cloudRefuse("InvalidParameter", problem)
	}
	f := &flow{kind: wechatFlow, rule: v.text("RuleId"), product: product, tags: s.cloud.rules[v.text("RuleId")] == "plus", life: bizTokenLife, will: will,
		name: v.text("Name"), id: v.text("IdCard"), extra: v.text("Extra"), back: v.text("RedirectUrl")}
	if lacks := s.cloud.setUp(f, v.text("ImageBase64") != ""); lacks != "" {
		return cloudRefuse("InvalidParameter", lacks)
	}
	if f.back == "" {
		f.back = productPage
	}
	url := s.newFlow(f)
	return reply{result: object{{"Url", url}, {"BizToken", f.token}}}
}

// detectWill returns what the person of a DetectAuth is asked for, and nil if
// the console has not ticked that anybody is asked. It returns a complaint about
// a request that cannot be asked for what it gives.
func detectWill(v args, product string) (*agreement, string) {
	mode := questionMode
	kind, typed := v.sub("Config")["IntentionType"].(int64)
	switch { // reading aloud has no IntentionType of its own, so the default comes with it
	case kind == 1:
		mode = nodMode
	case v.text("IntentionVerifyText") != "":
		mode = readingMode
	}
	will, problem := newAgreement(mode, v)
	switch asked := typed || v.asks(); {
	case !asked && product == "will":
		return nil, "The RuleId asks for an intention, and there is none to ask for."
	case !asked:
		return nil, ""
	case product == "basic":
		return nil, "The RuleId has no intention."
	case problem != "":
		return nil, problem
	case product != "will":
		return nil, ""
	}
	return will, ""
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

// detectInfo answers GetDetectInfo, the older query, whose answer is a JSON
// text.
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

// result returns what both queries of a Chinese flow tell. With withheld, which
// is for E证通, it leaves out the person's name and number and the video.
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

// wanted reads an InfoType. None, and any with a 0, want everything.
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

// person returns the name and the number that the platform compares: those of
// the request, or those that OCR read or the person typed.
func (f *flow) person() (name, id string) {
	name, id = f.name, f.id
	if (f.reads || f.typed) && f.last() != nil && !f.ending.CardFail && !f.refusesCard(f.ending) {
		card := f.shows(f.ending)
		name, id = card.Name, card.Number
	}
	return name, id
}

// cardOf returns the card that OCR has read, or nil if it has read none.
func (f *flow) cardOf() *IDCard {
	if !f.reads || f.last() == nil || f.ending.CardFail {
		return nil
	}
	card := f.shows(f.ending)
	return &card
}

// identity returns the part of DetectInfoText that tells who the person is.
func (f *flow) identity(withheld bool) object {
	name, id := f.person()
	var nation, address, birth, authority, valid, ocrName, ocrID, sex any
	from := any("其他")
	switch {
	case f.reads:
		from = "OCR"
	case f.typed:
		from = "手动输入"
	}
	if card := f.cardOf(); card != nil {
		nation, address, sex, birth = card.Nation, card.Address, card.Sex, slashed(card.Birth)
		ocrName, ocrID = card.Name, card.Number
		if !f.fronts { // these stand on the other side
			authority, valid = card.Authority, dotted(card.ValidDate)
		}
	}
	if withheld {
		name, id, ocrName, ocrID = "", "", nil, nil
	}
	return object{
		{"IdCard", id}, {"UseIDType", integer(0)}, {"Name", name},
		{"OcrNation", nation}, {"OcrAddress", address}, {"OcrBirth", birth}, {"OcrAuthority", authority},
		{"OcrValidDate", valid}, {"OcrName", ocrName}, {"OcrIdCard", ocrID}, {"OcrGender", sex}, {"IdInfoFrom", from},
	}
}

// text returns DetectInfoText. Before the first attempt it knows only what came
// with the request.
func (f *flow) text(withheld bool) object {
	out := slices.Concat(object{{"ErrCode", nil}, {"ErrMsg", nil}}, f.identity(withheld), object{
		{"LiveStatus", nil}, {"LiveMsg", nil}, {"Comparestatus", nil}, {"Comparemsg", nil}, {"Sim", nil},
		{"Location", nil}, {"Extra", f.extra}, {"LivenessDetail", nil}, {"LivenessInfoTag", nil}, {"Mobile", nil},
		{"CompareLibType", nil}, {"LivenessMode", integer(0)}, {"NFCRequestIds", nil}, {"NFCBillingCounts", nil},
		{"PassNo", nil}, {"VisaNum", nil}, {"LivenessActionSequence", nil},
	})
	t := f.last()
	if t == nil {
		return out
	}
	code := t.Code
	out.set("ErrCode", integer(code)).set("ErrMsg", f.message(code)).set("LivenessMode", integer(f.liveness()))
	if t.sawFace() {
		live := code
		if t.compared() {
			live = 0
		}
		out.set("LiveStatus", integer(live)).set("LiveMsg", f.tryWords(*t, live))
	}
	if t.compared() {
		out.set("Comparestatus", integer(code)).set("Comparemsg", f.tryWords(*t, code)).set("Sim", orNull(t.similarity())).set("CompareLibType", f.library())
	}
	if f.tags {
		out.set("LivenessInfoTag", textList(f.ending.LivenessInfoTag))
	}
	tries := list{}
	for _, t := range f.tries {
		tries = append(tries, f.detail(t, withheld))
	}
	return out.set("LivenessDetail", tries)
}

// detail returns DetectDetail. A step that did not take place is null, and
// costs nothing.
func (f *flow) detail(t try, withheld bool) object {
	name, id := t.name, t.id
	if withheld {
		name, id = "", ""
	}
	out := object{
		{"ReqTime", nil}, {"Seq", nil}, {"Idcard", nil}, {"Name", nil}, {"Sim", nil}, {"IsNeedCharge", nil},
		{"Errcode", integer(t.Code)}, {"Errmsg", f.tryWords(t, t.Code)}, {"Livestatus", nil}, {"Livemsg", nil},
		{"Comparestatus", nil}, {"Comparemsg", nil}, {"CompareLibType", nil}, {"LivenessMode", integer(f.liveness())},
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
		out.set("Sim", orNull(t.similarity())).set("Comparestatus", integer(t.Code)).set("Comparemsg", f.tryWords(t, t.Code)).set("CompareLibType", f.library())
	}
	return out
}

// billed reports whether a bill lists the try: either the comparison ran, or
// the try costs something without it.
func (f *flow) billed(t try) bool { return t.compared() || f.isCharged(t) }

// library returns the platform's words for what the face is compared with.
func (f *flow) library() string {
	if f.ownPhoto {
		return "业务方自有库"
	}
	return "权威库"
}

// liveness returns the LivenessMode: numbers that are read aloud on Basic, and a
// flash elsewhere.
func (f *flow) liveness() int {
	if f.product == "basic" {
		return 1
	}
	return 4
}

// tryWords returns the words of a try for one of its codes.
func (f *flow) tryWords(t try, code int) string {
	if code == t.Code {
		return f.tryMessage(t)
	}
	return f.turnedAway(code)
}

func (f *flow) idCardData(v args) object {
	out := object{{"OcrFront", nil}, {"OcrBack", nil}, {"ProcessedFrontImage", nil}, {"ProcessedBackImage", nil},
		{"Avatar", nil}, {"WarnInfos", nil}, {"BackWarnInfos", nil}}
	card := f.cardOf()
	if card == nil || f.ending.NoFiles {
		return out
	}
	out.set("OcrFront", media(card.FrontPhoto)).set("WarnInfos", numbers(f.ending.Warnings))
	if v.yes("IsCutIdCardImage") {
		out.set("ProcessedFrontImage", media(card.FrontCrop))
	}
	if !f.fronts {
		out.set("OcrBack", media(card.BackPhoto))
		if v.yes("IsCutIdCardImage") {
			out.set("ProcessedBackImage", media(card.BackCrop))
		}
	}
	if v.yes("IsNeedIdCardAvatar") {
		out.set("Avatar", media(card.HeadPhoto))
	}
	return out
}

// numbers returns a list of numbers, or null for an empty one.
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

// slashed writes a day as API 3.0 writes a day of birth.
func slashed(day string) string {
	t, err := time.Parse("20060102", day)
	if err != nil {
		return day
	}
	return t.Format("2006/1/2")
}

// dotted writes two days as API 3.0 writes the life of a card.
func dotted(valid string) string {
	if len(valid) < 9 || valid[8] != '-' {
		return valid
	}
	day := func(d string) string {
		if len(d) != 8 {
			return d // the day is 长期
		}
		return d[:4] + "." + d[4:6] + "." + d[6:]
	}
	return day(valid[:8]) + "-" + day(valid[9:])
}

// set replaces the value of a field that the object has.
func (o object) set(name string, value any) object {
	for i := range o {
		if o[i].name == name {
			o[i].value = value
			return o
		}
	}
	panic("faceidtest: the object has no field " + name) // this would be a mistake of this package
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
