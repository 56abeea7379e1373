package faceidtest

import (
	"bytes"
	"maps"
	"time"
)

// An Ending is how a verification ends once its person is in front of the
// camera. The zero value passes. The named endings are made by functions and
// can be changed field by field.
type Ending struct {
	Code    string // of the platform; empty is "0"
	Message string // empty: the platform's own

	// Scores as the platform writes them. Empty: invented for code 0, absent
	// otherwise.
	LiveRate, Similarity string

	// Files. Nil: small invented ones for code 0, none otherwise. A photoList
	// has at most three.
	Photo, Video []byte
	Photos       [][]byte
	FilesLag     time.Duration // files are missing for so long after the end
	NoFiles      bool          // files never come
	// FileLag is how long single files are missing after the end, by the platform's
	// names, where that is longer than FilesLag: "photo", "video", "photoList",
	// "willScrnShotImage", "willUserVideo", "willUserAudio", "willReadAudio", or of
	// one of several rounds "willTurnsData[1].willUserAudio". A file that never comes
	// lags 3 days.
	FileLag map[string]time.Duration
	// NoVideo is an App that was not told to record a video, as no App does by
	// itself: there is neither a Video nor a Will.Video. A browser records in any
	// case.
	NoVideo bool

	// Risk is riskInfo, absent when empty. A record tells what its product
	// documents: all of it for Plus in an App, LivenessInfoTag alone for Plus in
	// a browser, all but LivenessInfoTag for Enhanced in an App, and else nothing.
	Risk       map[string]string
	SDKVersion string // empty: invented
	TRTC       bool   // trtcFlag Y

	Will WillPart // of a will verification, and of no other

	FrontEnd bool // Code is a front-end code: no result; WithReentry lets the person enter again
	Native   bool // Code is the last three digits of an SDK's NativeProcess code; the same holds
	NoResult bool // queries answer 66660011; so they do after 66660016, 66660017, 66660018 and 400604
}

// Passes ends with code 0.
func Passes() Ending { return Ending{Code: "0"} }

// NotSamePerson ends with 66660004: live, but somebody else.
func NotSamePerson() Ending {
	return Ending{Code: "66660004", LiveRate: "99", Similarity: "31.5"}
}

// IdentityMismatch ends with 66660010: name and number do not belong together.
func IdentityMismatch() Ending { return Ending{Code: "66660010"} }

// SuspectedFake ends with 66660023 and a riskInfo that says a screen was
// filmed.
func SuspectedFake() Ending {
	return Ending{Code: "66660023", LiveRate: "12", Risk: map[string]string{"LivenessInfoTag": "03"}}
}

// NoFace ends with 66660035: no face was seen.
func NoFace() Ending { return Ending{Code: "66660035"} }

// Quits leaves half-way: front-end code 3003 in a browser, user cancelled in an
// SDK. Queries answer 66660011.
func Quits() Ending { return Ending{Code: "3003", FrontEnd: true, NoResult: true} }

// TimesOut ends with 66660018 at the front. Queries answer 66660011.
func TimesOut() Ending { return Ending{Code: "66660018", NoResult: true} }

// NoCamera is refused the camera: front-end code 3004. Queries answer
// 66660011.
func NoCamera() Ending { return Ending{Code: "3004", FrontEnd: true, NoResult: true} }

// Blocked is stopped by risk control: 66660017 at the front, while queries
// answer 66660011.
func Blocked() Ending { return Ending{Code: "66660017", NoResult: true} }

// BrowserUnsupported cannot record video: front-end code 3001. A phone's SDK
// has no browser and cannot end so.
func BrowserUnsupported() Ending { return Ending{Code: "3001", FrontEnd: true, NoResult: true} }

// NoRealTime cannot detect in real time: front-end code 3005. Only an upload
// with liveInterType 1 makes this possible; after any other the person records
// a video instead, and [Server.Visit] fails. A phone's SDK cannot end so.
func NoRealTime() Ending { return Ending{Code: "3005", FrontEnd: true, NoResult: true} }

// RiskyDevice is intercepted because of its device: a riskInfo with
// deviceInfoLevel 3. The documents say that levels 3 and 4 are intercepted and
// do not name the code. 66665001 is a choice: a verification that does not pass
// and has a record to carry the riskInfo, suspected like one of [SuspectedFake].
func RiskyDevice() Ending {
	return Ending{Code: "66665001", Risk: map[string]string{"deviceInfoLevel": "3"}}
}

// WrongAnswer is a will verification whose person is the right one and says
// something else than was agreed: 66666006, faceCode 0 and willCode 66666006.
// In several rounds the last one goes wrong.
func WrongAnswer() Ending {
	return Ending{Code: "66666006", LiveRate: "99", Similarity: "97.0"}
}

// OnlyInWeChat is a will verification whose page opens inside WeChat only:
// front-end code 3006. A phone's SDK cannot end so.
func OnlyInWeChat() Ending { return Ending{Code: onlyInWeChat, FrontEnd: true, NoResult: true} }

// Unheard is a will verification in an SDK whose microphone hears nothing:
// 41102 on Android, 42102 on iOS. Neither Harmony nor a browser can end so.
// Queries answer 66660011.
func Unheard() Ending { return Ending{Code: "102", Native: true, NoResult: true} }

// endings are the names used on the login page and by other languages.
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

// Script decides how the person of that order ends, in whichever app. It may
// come before the order does, and holds for every entry of that person. Cards
// and documents have scripts of their own, such as [Server.ScriptIDCard].
func (s *Server) Script(orderNo string, e Ending) {
	if !isOrderNo(orderNo) {
		panic("faceidtest: Script: orderNo must be 1 to 32 letters or digits")
	}
	e = e.checked("Script")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scripts[orderNo] = e
}

// ScriptDefault decides how all others end. At first everybody passes.
func (s *Server) ScriptDefault(e Ending) {
	e = e.checked("ScriptDefault")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fallback, s.fallbackWritten = e, true
}

// scripted is the ending of an order. The caller holds the lock.
func (s *Server) scripted(orderNo string) Ending {
	if e, ok := s.scripts[orderNo]; ok {
		return e
	}
	return s.fallback
}

// leavesNoResult are the ends that the documents of the query name as causes of
// its 66660011: too many attempts, a bad video, too late, not recorded live.
var leavesNoResult = map[string]bool{"66660016": true, "66660017": true, "66660018": true, "400604": true}

// checked is a copy that shares nothing with the caller.
func (e Ending) checked(who string) Ending {
	if len(e.Photos) > 3 {
		panic("faceidtest: " + who + ": Photos has more than three")
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

// filled is the ending with its defaults.
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
// "opened" or "finished". A scan of a card has no upload and is finished at
// once.
func (s *Server) OrderState(appID, orderNo string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mustApp("OrderState", appID).orders[orderNo].state()
}

// Orders tells how far every order of that app is, by its number, as
// [Server.OrderState] does.
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
