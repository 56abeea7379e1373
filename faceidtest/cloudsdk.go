package faceidtest

import (
	"crypto/md5" //nolint:gosec // the platform uses MD5
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// sdkFlow holds the choices of a request for the international SDK.
type sdkFlow struct {
	checkMode int64
	cardType  string
	tries     int64
	edition   string
}

// cloudFile is a file that an answer points to.
type cloudFile struct {
	body []byte
	kind string
	dies time.Time
}

var (
	sdkTokenFields = []cloudField{
		numberField("CheckMode", cardAndFace, livenessOnly),
		numberField("SecurityLevel", 1, 4),
		textField("IdCardType", oneOf(sdkCardTypes...)),
		textField("CompareImage", cloudPicture(maxCloudBody)),
		flagField("NeedVerifyIdCard"), // the platform has disabled it
		flagField("DisableChangeOcrResult"),
		flagField("DisableCheckOcrWarnings"),
		listField(0, 7, numberField("SelectedWarningCodes", -9901, -9101)),
		textField("Extra", chars(1024)),
		textField("SdkVersion", oneOf("", "BASIC", "ENHANCED", "PRO", "PLUS")),
		textField("ActionList", isActionList),
		flagField("AllowExpiredDocument"),
		flagField("SkipResultPage"),
		listField(0, 50, textField("CardOcrDisplayFields", some)),
		numberField("RetryLimit", 1, 5),
		flagField("EnableForgeryDetectionImages"),
		textField("MetaData", anyText),
		flagField("SkipLaunchPage"),
		flagField("SkipOcrConfirmPage"),
		flagField("HideProgressBar"),
		flagField("AllowUploadPhoto"),
	}
	sdkResultFields = []cloudField{textField("SdkToken", anyText).must()}

	sdkCardTypes = []string{"HK", "ML", "IndonesiaIDCard", "PhilippinesVoteID", "PhilippinesDrivingLicense", "PhilippinesTinID",
		"PhilippinesSSSID", "PhilippinesUMID", "MLIDPassport", "ThailandIDCard", "MainlandIDCard", "SingaporeIDCard", "HMTPermit"}
	sdkWarnings = []int64{-9101, -9102, -9103, -9104, -9107, -9108, -9901}
)

// sdkToken answers ApplySdkVerificationToken.
func (s *Server) sdkToken(_ *incoming, v args) reply {
	mode, level := v.number("CheckMode", cardAndFace), v.number("SecurityLevel", 4)
	card := v.text("IdCardType")
	if card == "" {
		card = "HK"
	}
	for _, warning := range v.list("SelectedWarningCodes") {
		if n, _ := warning.(int64); !slices.Contains(sdkWarnings, n) {
			return wrongValue("SelectedWarningCodes")
		}
	}
	switch {
	case mode == faceOnly && v.text("CompareImage") == "":
		return cloudRefuse("InvalidParameter", "CheckMode 2 needs a CompareImage.")
	case v.text("ActionList") != "" && level != 2 && level != 4:
		return cloudRefuse("InvalidParameter", "An ActionList needs SecurityLevel 2 or 4.")
	case v.yes("AllowUploadPhoto") && v.yes("EnableForgeryDetectionImages"):
		return cloudRefuse("InvalidParameter", "AllowUploadPhoto excludes EnableForgeryDetectionImages.")
	}
	f := &flow{kind: sdkIntl, product: "intl", life: shortTokenLife, reads: mode == cardAndFace, extra: v.text("Extra"),
		sdk: sdkFlow{checkMode: mode, cardType: card, tries: v.number("RetryLimit", 5), edition: v.text("SdkVersion")}}
	s.newFlow(f)
	return reply{result: object{{"SdkToken", f.token}, {"ServerParamInfo", randomText(64)}}}
}

// sdkResult answers GetSdkVerificationResult.
func (s *Server) sdkResult(_ *incoming, v args) reply {
	f, bad := s.flowOf(v.text("SdkToken"), "InvalidParameterValue", sdkIntl)
	if bad != "" {
		return cloudRefuse(bad, "")
	}
	out := object{{"Result", "-999"}, {"Description", "Not finished"}, {"ChargeCount", integer(0)}, {"CardVerifyResults", list{}},
		{"CompareResults", list{}}, {"Extra", f.extra}, {"DeviceInfoLevel", ""}}
	if !f.over {
		return reply{result: out}
	}
	t, count := f.last(), 0
	var tries list
	for _, t := range f.tries {
		tries = append(tries, s.compareResult(f, t))
		if f.isCharged(t) {
			count++
		}
	}
	out.set("Result", decimal(t.Code)).set("Description", f.message(t.Code)).set("ChargeCount", integer(count)).set("CompareResults", tries)
	if f.reads {
		out.set("CardVerifyResults", list{s.cardResult(f)})
	}
	if f.sdk.edition == "ENHANCED" || f.sdk.edition == "PLUS" {
		out.set("DeviceInfoLevel", f.ending.DeviceInfoLevel)
	}
	return reply{result: out}
}

// compareResult returns CompareResult.
func (s *Server) compareResult(f *flow, t try) object {
	live := t.Code
	if t.compared() {
		live = 0
	}
	out := object{{"ErrorCode", decimal(t.Code)}, {"ErrorMsg", f.tryMessage(t)}, {"LiveData", nil},
		{"LiveVideo", s.keep(f.video(), "video/mp4")}, {"ActionVideo", nil},
		{"LiveErrorCode", decimal(live)}, {"LiveErrorMsg", f.tryWords(t, live)},
		{"BestFrame", s.keep(f.bestFrame(), "image/jpeg")}, {"ProfileImage", nil},
		{"CompareErrorCode", nil}, {"CompareErrorMsg", nil}, {"Sim", nil}, {"IsNeedCharge", f.isCharged(t)},
		{"CardInfoInputJson", nil}, {"RequestId", t.seq}, {"LivenessInfoTag", nil}}
	if t.compared() && f.sdk.checkMode != livenessOnly {
		out.set("CompareErrorCode", decimal(t.Code)).set("CompareErrorMsg", f.tryWords(t, t.Code)).set("Sim", floatOf(t.similarity()))
	}
	if f.sdk.edition == "PLUS" || f.sdk.edition == "PRO" {
		out.set("LivenessInfoTag", textList(f.ending.LivenessInfoTag))
	}
	return out
}

// cardResult returns CardVerifyResult.
func (s *Server) cardResult(f *flow) object {
	out := object{{"IsPass", !f.ending.CardFail}, {"IsEdit", false}, {"CardVideo", nil}, {"CardImage", nil}, {"CardInfoOcrJson", nil},
		{"RequestId", f.last().seq}, {"CardInfo", nil}, {"NormalCardInfo", nil}, {"WarnCardInfos", numbers(f.ending.Warnings)}, {"EditDetails", list{}}}
	if f.ending.CardFail {
		return out
	}
	card := f.ending.Card.filled()
	kind := f.sdk.cardType
	for short, long := range map[string]string{"HK": "HKIDCard", "ML": "MLIDCard", "MLIDPassport": "InternationalIDPassport", "HMTPermit": "HMTPermitCard"} {
		if kind == short {
			kind = long
			break
		}
	}
	info := cardInfo(kind, card)
	return out.set("CardImage", s.keep(card.FrontPhoto, "image/jpeg")).
		set("CardInfoOcrJson", s.keep(Dialect{}.write(nil, info), typeJSON)).
		set("NormalCardInfo", object{{kind, info}})
}

// keep stores a file for ten minutes, and returns the FileInfo that points to
// it. The caller holds the lock.
func (s *Server) keep(body []byte, kind string) any {
	if len(body) == 0 {
		return nil
	}
	key := randomText(40)
	s.memory.files.add(s.due(fileNoted), key)
	s.cloud.files[key] = cloudFile{body, kind, s.now().Add(s.scaled(fileLife))}
	sum := md5.Sum(body) //nolint:gosec // the platform uses MD5
	return object{{"Url", s.pageBase() + pathCloudFile + "?file=" + key}, {"MD5", hex.EncodeToString(sum[:])}, {"Size", integer(len(body))}}
}

// cloudFile answers the address of a FileInfo with the file.
func (s *Server) cloudFile(in *incoming) reply {
	q, _ := url.ParseQuery(in.rawQuery) // a part that cannot be parsed counts as absent
	s.mu.Lock()
	defer s.mu.Unlock()
	file, known := s.cloud.files[q.Get("file")]
	switch {
	case !known:
		return htmlError(http.StatusNotFound)
	case !s.now().Before(file.dies):
		return htmlError(http.StatusForbidden)
	}
	return reply{raw: file.body, kind: file.kind}
}

// floatOf writes a similarity as a number, or as null if it is empty.
func floatOf(text string) any {
	if text == "" {
		return nil
	}
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return json.Number(text)
}
