package faceidtest

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// webFlow holds the choices of a request for the international page.
type webFlow struct {
	checkMode int64
	cardType  string
	tries     int64
	skip      bool // the page of the result is left out if the verification passed
	plus      bool
}

// These are the modes of an international flow.
const (
	cardAndFace int64 = iota + 1
	faceOnly
	livenessOnly
	cardOnly
)

var (
	webTokenFields = []cloudField{
		textField("RedirectURL", isFullURL).must(),
		textField("CompareImageBase64", cloudPicture(8<<20)),
		textField("Extra", chars(1000)),
		textField("RuleId", anyText),
		objectField("Config",
			flagField("AutoSkipStartPage"),
			flagField("AutoSkip"),
			numberField("CheckMode", cardAndFace, cardOnly),
			textField("IDCardType", oneOf(webCardTypes...)),
			flagField("DisableCheckOcrWarnings"),
			numberField("SecurityLevel", 1, 4),
			flagField("SkipPrivacyPolicy"),
			flagField("IdCardCutReturn"),
			textField("ThemeColor", anyText), // a malformed color counts as the default
			textField("Language", oneOf("", "th", "en", "zh-cn", "zh-tc", "id")),
			numberField("AutoDowngrade", 1, 2),
			textField("ActionList", isActionList),
			numberField("LivenessRetryLimit", 1, 99),
			numberField("LivenessTimeout", 0, 600),
			textField("SelectedWarningCodes", listed("-9101", "-9102", "-9103", "-9104", "-9107", "-9108", "-9109")),
			flagField("AllowExpiredDocument"),
			textField("Version", oneOf("", "BASIC", "PLUS"))),
	}
	webResultFields = []cloudField{textField("BizToken", anyText).must()}

	webCardTypes = []string{"HKIDCard", "MLIDCard", "IndonesiaIDCard", "PhilippinesVoteID", "PhilippinesDrivingLicense",
		"PhilippinesTinID", "PhilippinesSSSID", "PhilippinesUMID", "InternationalIDPassport", "ThailandIDCard", "SingaporeIDCard", "MainlandIDCard",
		// The platform's page of today does not have these, but that of 2024 and
		// 2025 had.
		"IndonesiaDrivingLicense", "ThailandDrivingLicense", "MLDrivingLicense", "SingaporeDrivingLicense",
		"JapanIDCard", "JapanDrivingLicense", "PhilippinesIDCard", "MacaoIDCard"}

	// normalCards are the kinds that have a field of their own in an answer. The
	// others are told as a GeneralCard.
	normalCards = append(webCardTypes[:12:12], "IndonesiaDrivingLicense", "JapanIDCard", "MacaoIDCard")
)

// isFullURL accepts a URL that has a scheme, a host and a path. It refuses one
// with a token in its query, as the platform appends that.
func isFullURL(v string) bool {
	u, err := url.Parse(v)
	return err == nil && isCallback(v) && strings.HasPrefix(u.Path, "/") && !hasQuery(v, "token")
}

// listed accepts a comma list of those values, each at most once.
func listed(values ...string) func(string) bool {
	return func(v string) bool {
		if v == "" {
			return true
		}
		seen := map[string]bool{}
		for _, one := range strings.Split(v, ",") {
			if seen[one] || !slices.Contains(values, one) {
				return false
			}
			seen[one] = true
		}
		return true
	}
}

func isActionList(v string) bool {
	return strings.Count(v, ",") < 2 && listed("blink", "mouth", "nod", "shake")(v)
}

// webToken answers https://www.tencentcloud.com/document/product/1061/56227.
func (s *Server) webToken(_ *incoming, v args) reply {
	rule, config := v.text("RuleId"), v.sub("Config")
	if rule != "" && s.cloud.rules[rule] != "intl" {
		return cloudRefuse("InvalidParameterValue", "The RuleId is unknown.")
	}
	// A value of the Config counts before one of the rule, and the rule's before
	// the default.
	mode, card := faceOnly, ""
	if rule != "" {
		mode, card = cardAndFace, "HKIDCard"
	}
	mode = config.number("CheckMode", mode)
	if config.text("IDCardType") != "" {
		card = config.text("IDCardType")
	}
	reads := mode == cardAndFace || mode == cardOnly
	level := config.number("SecurityLevel", 3)
	switch {
	case reads && card == "":
		return cloudRefuse("InvalidParameter", "The CheckMode needs an IDCardType.")
	case mode == faceOnly && v.text("CompareImageBase64") == "":
		return cloudRefuse("InvalidParameter", "The CheckMode needs a CompareImageBase64.")
	case config.text("ActionList") != "" && level != 2 && level != 4:
		return cloudRefuse("InvalidParameter", "An ActionList needs SecurityLevel 2 or 4.")
	case config.text("SelectedWarningCodes") != "" && config.yes("DisableCheckOcrWarnings"):
		return cloudRefuse("InvalidParameter", "SelectedWarningCodes needs DisableCheckOcrWarnings false.")
	}
	f := &flow{kind: webIntl, rule: rule, product: "intl", life: shortTokenLife, reads: reads, extra: v.text("Extra"), back: v.text("RedirectURL"),
		web: webFlow{checkMode: mode, cardType: card, tries: config.number("LivenessRetryLimit", 99),
			skip: config.yes("AutoSkip"), plus: config.text("Version") == "PLUS"}}
	page := s.newFlow(f)
	return reply{result: object{{"VerificationUrl", page}, {"BizToken", f.token}, {"VerificationURL", page}}}
}

// retries returns how many attempts a flow allows.
func (f *flow) retries() int {
	switch f.kind {
	case webIntl:
		return int(f.web.tries)
	case sdkIntl:
		return int(f.sdk.tries)
	case selfieIntl, livenessIntl:
		return int(f.selfie.tries)
	case appSDK, riskSDK:
		return 1 // the token is for one verification
	}
	return 100 // the merchant chooses it in the console, and no answer tells it
}

// webResult answers https://www.tencentcloud.com/document/product/1061/56226.
func (s *Server) webResult(_ *incoming, v args) reply {
	f, bad := s.flowOf(v.text("BizToken"), "InvalidParameterValue.BizTokenIllegal", webIntl)
	if bad != "" {
		return cloudRefuse(bad, "")
	}
	out := object{{"ErrorCode", nil}, {"ErrorMsg", nil}, {"VerificationDetailList", nil}, {"VideoBase64", nil},
		{"BestFrameBase64", nil}, {"OCRResult", nil}, {"Extra", orNull(f.extra)}}
	if !f.over {
		return reply{result: out}
	}
	t := f.last()
	out.set("ErrorCode", integer(t.Code)).set("ErrorMsg", f.message(t.Code))
	if f.web.checkMode != cardOnly {
		var tries list
		for _, t := range f.tries {
			tries = append(tries, f.webDetail(t))
		}
		out.set("VerificationDetailList", tries).set("VideoBase64", fileOrNull(f.video())).set("BestFrameBase64", fileOrNull(f.bestFrame()))
	}
	if f.reads && !f.ending.CardFail {
		out.set("OCRResult", list{f.webCard()})
	}
	return reply{result: out}
}

// webDetail returns VerificationDetail.
func (f *flow) webDetail(t try) object {
	out := object{{"ErrorCode", integer(t.Code)}, {"ErrorMsg", f.tryMessage(t)}, {"LivenessErrorCode", nil}, {"LivenessErrorMsg", nil},
		{"CompareErrorCode", nil}, {"CompareErrorMsg", nil}, {"ReqTimestamp", integer(t.at.UnixMilli())}, {"Similarity", nil},
		{"Seq", t.seq}, {"LivenessInfoTag", nil}}
	live := t.Code
	if t.compared() {
		live = 0
	}
	if t.sawFace() {
		out.set("LivenessErrorCode", integer(live)).set("LivenessErrorMsg", f.tryWords(t, live))
	}
	if t.compared() && f.web.checkMode != livenessOnly {
		out.set("CompareErrorCode", integer(t.Code)).set("CompareErrorMsg", f.tryWords(t, t.Code)).set("Similarity", floatOf(t.similarity()))
	}
	if f.web.plus {
		out.set("LivenessInfoTag", textList(f.ending.LivenessInfoTag))
	}
	return out
}

// webCard returns OCRResult. If the flow reads a card and no face, the card is
// told as a JSON text.
func (f *flow) webCard() object {
	card := f.ending.Card.filled()
	out := object{{"IsPass", true}, {"CardImageBase64", media(card.FrontPhoto)}, {"CardInfo", nil}, {"NormalCardInfo", nil},
		{"RequestId", f.last().seq}, {"CardCutImageBase64", fileOrNull(card.FrontCrop)}, {"CardBackCutImageBase64", nil},
		{"WarnCardInfos", numbers(f.ending.Warnings)}, {"OriginalCardInfo", nil}, {"HeadImageBase64", media(card.HeadPhoto)}, {"CardBackImageBase64", nil}}
	info := cardInfo(f.web.cardType, card)
	if f.web.checkMode == cardOnly {
		return out.set("OriginalCardInfo", string(Dialect{}.write(nil, info)))
	}
	kind := f.web.cardType
	if !slices.Contains(normalCards, kind) {
		kind = "GeneralCard"
	}
	return out.set("NormalCardInfo", object{{kind, info}})
}

// cardInfo returns a document in the field names of its kind, with what an
// [IDCard] can tell.
func cardInfo(kind string, card IDCard) object {
	card = latin(kind, card)
	number, name := "LicenseNumber", "FullName"
	switch kind {
	case "IndonesiaDrivingLicense", "MacaoIDCard":
		name = "FirstName"
	case "PhilippinesVoteID":
		number, name = "VIN", "FirstName"
	case "PhilippinesDrivingLicense":
		number, name = "LicenseNo", "Name"
	case "PhilippinesUMID":
		number, name = "CRN", "GivenName"
	}
	info := object{{name, card.Name}, {number, card.Number}, {"Birthday", card.Birth}}
	if !slices.Contains([]string{"PhilippinesVoteID", "PhilippinesTinID", "PhilippinesSSSID", "ThailandIDCard", "IndonesiaDrivingLicense", "JapanIDCard"}, kind) {
		info = append(info, member{"Sex", card.Sex})
	}
	return info
}

// decimal writes a number as a text.
func decimal(code int) string { return strconv.Itoa(code) }
