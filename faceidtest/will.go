package faceidtest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// will is face verification together with an expression of will: questions are
// read out, and the person answers aloud, reads aloud or nods.
var will = &product{
	params: uploadParams(nonceParam,
		param{name: "liveService", ok: oneOf("2")},
		param{name: "willType", ok: oneOf(willAsks, "1", willNod), optional: true},
		param{name: "willLanguage", ok: oneOf("0"), optional: true},
		param{name: "willContentList", ok: some, list: true},
		param{name: "speed", ok: oneOf("-1", "0", "1", "1.5", "2"), optional: true},
		param{name: "liveInterType", ok: oneOf("", "0", "1"), optional: true}, // empty is as absent, the page says
		param{name: "willMidAnswer", ok: some, optional: true},                // its length column binds nothing
	),
	also:          willRules,
	signed:        []string{"appId", "userId", "version", "nonce"},
	idName:        "faceId",
	optimalDomain: true,
	shortAnswer:   true,
	// The opposite of face verification: only 0 falls back.
	realTimeOnly:   func(liveInterType string) bool { return liveInterType != "0" },
	page:           pathWillLogin,
	kind:           "will",
	title:          words{"意愿核身", "Declaration of will"},
	phones:         []phone{android, willIOS, harmony},
	native:         willNatives,
	query:          pathWillResult,
	back:           callbackNames{faceID: "h5faceId", sign: "newSignature", liveRate: "liveRate", faceCode: "faceCode", willCode: "willCode"},
	sdkRisk:        []string{"deviceInfoLevel", "deviceInfoTag", "riskInfoLevel", "riskInfoTag"},
	differentWords: willWords,
}

const (
	willAsks     = "0" // willType: questions and answers, also when it is absent
	willNod      = "2" // willType: nobody speaks
	onlyInWeChat = "3006"

	// Characters, not bytes.
	maxQuestion  = 250
	maxQuestions = 500 // of all rounds together
	maxAnswer    = 10  // of each alternative
	maxRounds    = 5
)

// A round is one question and what the person shall say.
type round struct{ question, answer string }

// willRules are what the table says in words: what goes together, and the
// content of the list.
func willRules(v map[string]string) string {
	rounds, why := contentList(v["willContentList"])
	kind, given := v["willType"]
	switch {
	case why != "":
		return "willContentList: " + why
	case len(rounds) > 1 && given && kind != willAsks:
		return "willContentList: several rounds are for willType 0"
	case v["liveInterType"] == "0" && v["willMidAnswer"] == "":
		return "willMidAnswer is missing, which liveInterType 0 needs"
	}
	return ""
}

// contentList reads willContentList, or tells what is wrong with it.
func contentList(text string) (rounds []round, why string) {
	var items []json.RawMessage
	if text == "" {
		return nil, "" // of another product
	}
	if json.Unmarshal([]byte(text), &items) != nil || len(items) == 0 || len(items) > maxRounds {
		return nil, "want 1 to 5 rounds"
	}
	all := 0
	for i, raw := range items {
		r, why := contentRound(raw, strconv.Itoa(i))
		if why != "" {
			return nil, fmt.Sprintf("round %d: %s", i, why)
		}
		if all += utf8.RuneCountInString(r.question); all > maxQuestions {
			return nil, "the questions have more than 500 characters in all"
		}
		rounds = append(rounds, r)
	}
	return rounds, ""
}

func contentRound(raw json.RawMessage, id string) (round, string) {
	members, twice, err := splitObject(raw)
	if err != nil || twice || len(members) != 3 {
		return round{}, "want an object of id, question and answer"
	}
	v := map[string]string{}
	for _, name := range []string{"id", "question", "answer"} {
		text, ok := stringOf(members[name])
		if !ok || text == "" {
			return round{}, name + " is not a string with something in it"
		}
		v[name] = text
	}
	switch {
	case v["id"] != id:
		return round{}, "the ids do not count from 0"
	case utf8.RuneCountInString(v["question"]) > maxQuestion:
		return round{}, "the question has more than 250 characters"
	}
	for _, alternative := range strings.Split(v["answer"], "|") {
		if n := utf8.RuneCountInString(alternative); n == 0 || n > maxAnswer {
			return round{}, "an answer has not 1 to 10 characters"
		}
	}
	return round{v["question"], v["answer"]}, ""
}

// A WillPart is what a will verification has beside the face. The zero value is
// what its [Ending].Code needs.
type WillPart struct {
	// FaceCode is faceCode. Empty: "0" if the verification failed by its will
	// part, otherwise the ending's code.
	FaceCode string
	// Code is willCode. Empty: the ending's code if that is one of a will part,
	// "0" if the face passed, and nothing if it did not: that person was not
	// asked.
	Code string
	// Answers are what was heard, one per round. Those that are missing are
	// invented: the right ones for code 0, and a wrong one in the last round for
	// 66666006; none of a nod.
	Answers []string
	// Files. Nil: small invented ones for an ending with code 0, none otherwise; no
	// UserAudio of a nod. The audio is that of every round. A Video that is empty and not nil is there
	// and empty, as from an SDK that keeps the video to itself.
	UserAudio, ReadAudio, Video, Screenshot []byte
}

const (
	willAudioLost  = "66666004"
	willIsWrong    = "66666006"
	willHasNothing = "66666010"
)

func isWillCode(code string) bool { return oneOf(willAudioLost, willIsWrong, willHasNothing)(code) }

// partCodes are faceCode and willCode of an overall code.
func partCodes(code string) (face, will string) {
	switch {
	case code == "0":
		return "0", "0"
	case isWillCode(code):
		return "0", code
	}
	return code, ""
}

func (w WillPart) clone() WillPart {
	w.Answers = append([]string(nil), w.Answers...)
	cloneFiles(&w.UserAudio, &w.ReadAudio, &w.Video, &w.Screenshot)
	return w
}

// filled is the part with its defaults.
func (w WillPart) filled(code string, rounds []round, nod bool) WillPart {
	face, will := partCodes(code)
	if w.FaceCode == "" {
		w.FaceCode = face
	}
	if w.Code == "" {
		w.Code = will
	}
	w.Answers = append([]string(nil), w.Answers[:min(len(w.Answers), len(rounds))]...)
	for i := len(w.Answers); i < len(rounds); i++ {
		said := ""
		if !nod {
			said = w.heard(rounds[i], i == len(rounds)-1)
		}
		w.Answers = append(w.Answers, said)
	}
	if code == "0" {
		w.ReadAudio = orInvented(w.ReadAudio, inventedAudio)
		if !nod {
			w.UserAudio = orInvented(w.UserAudio, inventedAudio)
		}
		w.Video, w.Screenshot = orInvented(w.Video, inventedVideo), orInvented(w.Screenshot, inventedPhotos()[0])
	}
	return w
}

// heard is an invented answer.
func (w WillPart) heard(r round, last bool) string {
	right, _, _ := strings.Cut(r.answer, "|")
	switch {
	case w.Code == willIsWrong && last:
		return "我没有听清楚这个问题，请再说一遍" // longer than any answer may be
	case w.Code == "0" || w.Code == willIsWrong:
		return right
	}
	return ""
}

var willResultParams = []param{
	{name: "appId", ok: some},
	{name: "orderNo", ok: isOrderNo},
	{name: "nonce", ok: isNonce},
	{name: "version", ok: some},
	{name: "sign", ok: some},
	{name: "getFile", ok: upTo(40)}, // both must be sent here
	{name: "getWillFile", ok: upTo(40)},
}

// willResult tells how a will verification ended.
func (s *Server) willResult(in *incoming) reply {
	v, bad := s.readBody(in, willResultParams)
	if bad != "" {
		return refuse(bad)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o, bad := s.queried(v["appId"], v, pathWillResult)
	if bad != "" {
		return refuse(bad)
	}
	e := o.ending
	result := object{
		{"bizSeqNo", o.seqNo},
		{"transactionTime", stamp(s.now())},
		{"appId", o.app.id},
		{"orderNo", o.no},
	}
	result = result.text("similarity", e.Similarity).text("liveRate", e.LiveRate)
	result = append(result, member{"occurredTime", stamp(o.finished)})
	if risk := o.riskInfo(); len(risk) > 0 {
		result = append(result, member{"riskInfo", risk})
	}
	result = result.part("face", e.Will.FaceCode).part("will", e.Will.Code)
	result = append(result, s.faceFiles(o, v["getFile"])...)
	files, video := o.willFiles(v["getWillFile"])
	result = result.file("willScrnShotImage", e.Will.Screenshot, files && s.fileReady(o, "willScrnShotImage"))
	if video && e.Will.Video != nil && s.fileReady(o, "willUserVideo") {
		result = append(result, member{"willUserVideo", media(e.Will.Video)})
	}
	// The examples have the first round beside the turns, too; its audio is there
	// for a single round only, as the table says.
	single := len(o.rounds) == 1
	result = append(result, s.turn(o, 0, "", files && single)...)
	if o.overSDK {
		result = append(result, member{"sdkVersion", e.SDKVersion})
	}
	result = append(result, member{"trtcFlag", yesNo(e.TRTC)}, member{"success", false})
	return s.outcome(o, s.dialect.turns(result, s.turns(o, files)))
}

// willFiles is what getWillFile asks for: the complete video, and all the
// others. It does not mean the same after an SDK and after a browser.
func (o *order) willFiles(get string) (files, video bool) {
	if o.overSDK {
		return get == "1" || get == "2", get == "1"
	}
	return get == "1", get == "1"
}

// turn is what was asked and said in one round. Its files have names that begin
// so. The caller holds the lock.
func (s *Server) turn(o *order, i int, names string, files bool) object {
	w, r := o.ending.Will, o.rounds[i]
	var t object
	t = t.file("willUserAudio", w.UserAudio, files && s.fileReady(o, names+"willUserAudio"))
	t = t.file("willReadAudio", w.ReadAudio, files && s.fileReady(o, names+"willReadAudio"))
	t = append(t, member{"willStandText", r.question}, member{"willStandAnswer", r.answer})
	return t.text("willUserAnswer", w.Answers[i])
}

// turns are all rounds. The files of a single one have names without a place. The
// caller holds the lock.
func (s *Server) turns(o *order, files bool) list {
	var turns list
	for i := range o.rounds {
		names := ""
		if len(o.rounds) > 1 {
			names = fmt.Sprintf("willTurnsData[%d].", i)
		}
		turns = append(turns, append(object{{"id", strconv.Itoa(i)}}, s.turn(o, i, names, files)...))
	}
	return turns
}

// turns adds willTurnsData, which is there for several rounds. What live
// answers do with a single one differs.
func (d Dialect) turns(result object, turns list) object {
	switch {
	case len(turns) > 1:
		return append(result, member{"willTurnsData", turns})
	case d.TurnsAsObject:
		return append(result, member{"willTurnsData", turns[0]})
	case d.TurnsNull:
		return append(result, member{"willTurnsData", nil})
	}
	return result
}

// part adds the code and the words of one of the two parts, if it has any.
func (o object) part(name, code string) object {
	msg := will.message(code)
	switch code {
	case "":
		return o
	case "0":
		msg = "请求成功"
	}
	return append(o, member{name + "Code", code}, member{name + "Msg", msg})
}

// natives are the last three digits of an SDK's own codes, by platform.
type natives map[string]map[string]string

// willNatives are the NativeProcess codes that face verification has not.
// Harmony's SDK has none.
var willNatives = natives{
	android.platform: {
		"101": "音频录制中出错",
		"102": "没有检测到麦克风声音",
		"103": "播报音频文件加载失败",
	},
	ios.platform: {
		"101": "音频录制中出错",
		"102": "没有检测到麦克风声音",
		"103": "播报音频文件加载失败",
		"104": "麦克风被占用，音频播报失败",
		"105": "视频录制中出错",
		"106": "音量过低，用户主动退出",
	},
}
