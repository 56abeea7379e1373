package faceidtest

import (
	"bytes"
	"maps"
	"time"
)

// An Ending tells how a verification ends once its person is in front of the
// camera. The zero value passes. Functions make the named endings, and a test
// may change them field by field.
type Ending struct {
	Code    string // the platform's code; empty is "0"
	Message string // empty: the platform's own words

	// The scores are written as the platform writes them. Empty gives an invented
	// one for code 0, and none otherwise.
	LiveRate, Similarity string

	// These are the files. Nil gives small invented ones for code 0, and none
	// otherwise. A photoList has at most three. An App records a Video only if it
	// runs with RecordVideo, and a browser always does.
	Photo, Video []byte
	Photos       [][]byte
	FilesLag     time.Duration // files are missing for so long after the end
	NoFiles      bool          // files never come
	// FileLag tells how long single files are missing after the end, if that is
	// longer than FilesLag. The keys are the platform's names: "photo", "video",
	// "photoList", "willScrnShotImage", "willUserVideo", "willUserAudio",
	// "willReadAudio", or for one of several rounds
	// "willTurnsData[1].willUserAudio". A file that never comes lags 3 days.
	FileLag map[string]time.Duration

	// Risk is riskInfo, which is absent when empty. A record tells what its
	// product documents: all of it for Plus in an App, LivenessInfoTag alone for
	// Plus in a browser, all but LivenessInfoTag for Enhanced in an App, and
	// nothing elsewhere.
	Risk       map[string]string
	SDKVersion string // empty: an invented version
	TRTC       bool   // trtcFlag is Y; it is absent otherwise

	Will WillPart // for a will verification only

	FrontEnd bool // Code is a front-end code: there is no result, and WithReentry lets the person enter again
	Native   bool // Code is the last three digits of an SDK's NativeProcess code: there is no result, and WithReentry lets the person enter again
	NoResult bool // queries answer 66660011; this holds for 66660016, 66660017, 66660018 and 400604 in any case
}

// Passes is an ending with code 0.
func Passes() Ending { return Ending{Code: "0"} }

// NotSamePerson is an ending with 66660004: the person is live, and somebody
// else.
func NotSamePerson() Ending {
	return Ending{Code: "66660004", LiveRate: "99", Similarity: "31.5"}
}

// IdentityMismatch is an ending with 66660010: name and number do not belong
// together.
func IdentityMismatch() Ending { return Ending{Code: "66660010"} }

// SuspectedFake is an ending with 66660023 and a riskInfo that says a screen
// was filmed.
func SuspectedFake() Ending {
	return Ending{Code: "66660023", LiveRate: "12", Risk: map[string]string{"LivenessInfoTag": "03"}}
}

// NoFace is an ending with 66660035: no face was seen.
func NoFace() Ending { return Ending{Code: "66660035"} }

// Quits is the ending of a person who leaves half-way: front-end code 3003 in a
// browser, and a cancellation by the user in an SDK. Queries answer 66660011.
func Quits() Ending { return Ending{Code: "3003", FrontEnd: true, NoResult: true} }

// TimesOut is an ending with 66660018 at the front, and in an SDK with the
// NativeProcess code that ends with 007. Queries answer 66660011.
func TimesOut() Ending { return Ending{Code: "66660018", NoResult: true} }

// NoCamera is the ending of a person who refuses access to the camera:
// front-end code 3004. Queries answer 66660011.
func NoCamera() Ending { return Ending{Code: "3004", FrontEnd: true, NoResult: true} }

// Blocked is the ending of a person whom risk control stops: 66660017 at the
// front. Queries answer 66660011. An SDK reports the NativeProcess code that ends
// with 010.
func Blocked() Ending { return Ending{Code: "66660017", NoResult: true} }

// BrowserUnsupported is the ending in a browser that cannot record video:
// front-end code 3001. A phone's SDK has no browser and cannot end like this.
func BrowserUnsupported() Ending { return Ending{Code: "3001", FrontEnd: true, NoResult: true} }

// NoRealTime is the ending in a browser that cannot detect in real time:
// front-end code 3005. Only an upload with liveInterType 1 makes this possible.
// After any other upload the person records a video instead, and [Server.Visit]
// fails. A phone's SDK cannot end like this.
func NoRealTime() Ending { return Ending{Code: "3005", FrontEnd: true, NoResult: true} }

// RiskyDevice is the ending of a person whose device is intercepted, as the
// documents say of the levels 3 and 4 of deviceInfoLevel. They name no code for
// it. 66660017 is a choice, because it is the code of risk control that leaves no
// result: queries answer 66660011, and nothing is charged. An SDK reports the
// NativeProcess code that ends with 010.
func RiskyDevice() Ending { return Blocked() }

// WrongAnswer is the ending of a will verification whose person is the right
// one and says something else than was agreed: 66666006, faceCode 0 and
// willCode 66666006. Of several rounds the last one goes wrong.
func WrongAnswer() Ending {
	return Ending{Code: "66666006", LiveRate: "99", Similarity: "97.0"}
}

// OnlyInWeChat is the ending of a will verification whose page opens inside
// WeChat only: front-end code 3006. A phone's SDK cannot end like this.
func OnlyInWeChat() Ending { return Ending{Code: onlyInWeChat, FrontEnd: true, NoResult: true} }

// Unheard is the ending of a will verification in an SDK whose microphone hears
// nothing: 41102 on Android, 42102 on iOS. Neither Harmony nor a browser can
// end like this. Queries answer 66660011.
func Unheard() Ending { return Ending{Code: "102", Native: true, NoResult: true} }

// endings are the named endings, by the names that the login page and tests in
// other languages use.
var endings = []struct {
	name, label, english string
	make                 func() Ending
}{
	{"passes", "认证通过", "Passes", Passes},
	{"not-same-person", "不是同一人", "Not the same person", NotSamePerson},
	{"identity-mismatch", "姓名和身份证不一致", "Name and ID number do not match", IdentityMismatch},
	{"suspected-fake", "疑似非真人", "Suspected fake", SuspectedFake},
	{"no-face", "未识别到人脸", "No face is seen", NoFace},
	{"quits", "中途退出", "Quits half-way", Quits},
	{"times-out", "操作超时", "Times out", TimesOut},
	{"no-camera", "无摄像头权限", "No access to the camera", NoCamera},
	{"blocked", "验证次数超限", "Too many attempts", Blocked},
	{"browser-unsupported", "浏览器不支持", "The browser cannot record video", BrowserUnsupported},
	{"no-real-time", "浏览器不支持实时检测", "The browser cannot detect in real time", NoRealTime},
	{"risky-device", "高风险设备被拦截", "A risky device is intercepted", RiskyDevice},
	{"wrong-answer", "意愿表达结果不正确", "The answer is not what was agreed", WrongAnswer},
	{"only-in-wechat", "仅支持微信环境打开", "Opens inside WeChat only", OnlyInWeChat},
	{"unheard", "没有检测到麦克风声音", "The microphone hears nothing", Unheard},
}

func namedEnding(name string) (Ending, bool) {
	for _, e := range endings {
		if e.name == name {
			return e.make(), true
		}
	}
	return Ending{}, false
}

// Script decides how the person of that order ends, in whichever app. It may be
// called before the order exists, and holds for every entry of that person.
// Cards and documents have scripts of their own, such as [Server.ScriptIDCard].
func (s *Server) Script(orderNo string, e Ending) {
	if !isOrderNo(orderNo) {
		panic("faceidtest: Script: orderNo must be 1 to 32 letters or digits")
	}
	e = e.validated("Script")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scripts[orderNo] = e
}

// ScriptDefault decides how all other persons end. Without it everybody passes.
func (s *Server) ScriptDefault(e Ending) {
	e = e.validated("ScriptDefault")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fallback, s.fallbackWritten = e, true
}

// scripted returns the scripted ending of an order. The caller holds the lock.
func (s *Server) scripted(orderNo string) Ending {
	if e, ok := s.scripts[orderNo]; ok {
		return e
	}
	return s.fallback
}

// leavesNoResult are the codes that the documents of the query name as causes
// of its 66660011: a bad video, too many attempts, a person who came too late,
// and a video that was not recorded live.
var leavesNoResult = map[string]bool{"66660016": true, "66660017": true, "66660018": true, "400604": true}

// validated returns a copy that shares no memory with the caller. It panics if
// no person can end like this.
func (e Ending) validated(who string) Ending {
	if len(e.Photos) > 3 {
		panic("faceidtest: " + who + ": Photos has more than three photos")
	}
	if e.FilesLag < 0 {
		panic("faceidtest: " + who + ": FilesLag is negative")
	}
	for name, lag := range e.FileLag {
		if lag < 0 {
			panic("faceidtest: " + who + ": FileLag of " + name + " is negative")
		}
	}
	if e.FrontEnd && e.Code == "" {
		panic("faceidtest: " + who + ": FrontEnd needs a Code")
	}
	if e.Native && (e.FrontEnd || len(e.Code) != 3) {
		panic("faceidtest: " + who + ": Native needs a Code of three digits, and excludes FrontEnd")
	}
	e.NoResult = e.NoResult || e.Native || leavesNoResult[e.Code]
	e.Will = e.Will.clone()
	e.Photo, e.Video, e.Risk = bytes.Clone(e.Photo), bytes.Clone(e.Video), maps.Clone(e.Risk)
	e.FileLag = maps.Clone(e.FileLag)
	var photos [][]byte
	for _, p := range e.Photos {
		photos = append(photos, bytes.Clone(p))
	}
	e.Photos = photos
	return e
}

// filled returns the ending with its defaults.
func (e Ending) filled(overSDK bool) Ending {
	if e.Code == "" {
		e.Code = "0"
	}
	if e.SDKVersion == "" {
		e.SDKVersion = "1.12.12"
		if overSDK {
			e.SDKVersion = "v4.5.2.1"
		}
	}
	if e.Code != "0" {
		return e
	}
	if e.LiveRate == "" {
		e.LiveRate = "99"
	}
	if e.Similarity == "" {
		e.Similarity = "97.0"
	}
	if e.Photos == nil && e.Photo == nil {
		e.Photos = inventedPhotos()
	}
	if e.Photo == nil {
		e.Photo = inventedPhotos()[0]
	}
	if e.Photos == nil {
		e.Photos = [][]byte{e.Photo}
	}
	if e.Video == nil {
		e.Video = inventedVideo
	}
	return e
}

func (e Ending) message(p *product) string {
	if e.Message != "" {
		return e.Message
	}
	return p.message(e.Code)
}

// OrderState tells how far an order of that app is: "unknown", "uploaded",
// "opened" or "finished". A scan of a card has no upload, and is finished at
// once. The server forgets an order 3 days after its end, or a day after its
// faceId if nobody came, and it is "unknown" again.
func (s *Server) OrderState(appID, orderNo string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mustApp("OrderState", appID).orders[orderNo].state()
}

// Orders tells how far each order of that app is, by its number. The words are
// those of [Server.OrderState]. Orders that are forgotten are not among them.
func (s *Server) Orders(appID string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]string{}
	for no, o := range s.mustApp("Orders", appID).orders {
		all[no] = o.state()
	}
	return all
}

func (o *order) state() string {
	switch {
	case o == nil:
		return "unknown"
	case o.isOver:
		return "finished"
	case o.opened:
		return "opened"
	}
	return "uploaded"
}
