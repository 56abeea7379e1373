package faceidtest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// will is face verification together with a declaration of will: questions are
// read out, and the person answers aloud, reads aloud or nods.
var will = &product{
	params: uploadParams(nonceParam,
		param{name: "liveService", ok: oneOf("2")},
		param{name: "willType", ok: oneOf(willAsks, "1", willNod), optional: true},
		param{name: "willLanguage", ok: oneOf("0"), optional: true},
		param{name: "willContentList", ok: some, list: true},
		param{name: "speed", ok: oneOf("-1", "0", "1", "1.5", "2"), optional: true},
		param{name: "liveInterType", ok: oneOf("", "0", "1"), optional: true}, // the page says that empty counts as absent
		param{name: "willMidAnswer", ok: some, optional: true},                // the length in its table is not enforced
	),
	also:          willRules,
	signed:        []string{"appId", "userId", "version", "nonce"},
	idName:        "faceId",
	optimalDomain: true,
	shortAnswer:   true,
	// In will only 0 allows a recorded video where real time is not possible. In face
	// verification every value but 1 does.
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
	willAsks     = "0" // the willType of questions and answers, and the default
	willNod      = "2" // the willType in which the person nods and nobody speaks
	onlyInWeChat = "3006"

	// These limits count characters, not bytes.
	maxQuestion  = 250
	maxQuestions = 500 // the limit for all rounds together
	maxAnswer    = 10  // the limit for each alternative
	maxRounds    = 5
)

// A round is one question, and the answer that the person has to give.
type round struct{ question, answer string }

// willRules tells which rule of the table's text a request breaks, or returns
// "". The rules are about values that go together, and about the content of the
// list.
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
		return nil, "" // another product has no such list
	}
	if json.Unmarshal([]byte(text), &items) != nil || len(items) == 0 || len(items) > maxRounds {
		return nil, "the list must have 1 to 5 rounds"
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
		return round{}, "a round must be an object of id, question and answer"
	}
	v := map[string]string{}
	for _, name := range []string{"id", "question", "answer"} {
		text, ok := stringOf(members[name])
		if !ok || text == "" {
			return round{}, name + " must be a string that is not empty"
		}
		v[name] = text
	}
	switch {
	case v["id"] != id:
		return round{}, "the ids must count up from 0"
	case utf8.RuneCountInString(v["question"]) > maxQuestion:
		return round{}, "the question has more than 250 characters"
	}
	for _, alternative := range strings.Split(v["answer"], "|") {
		if n := utf8.RuneCountInString(alternative); n == 0 || n > maxAnswer {
			return round{}, "an answer must have 1 to 10 characters"
		}
	}
	return round{v["question"], v["answer"]}, ""
}

// A WillPart is what a will verification has beside the face. The zero value
// fits every [Ending].Code: each empty field gets the value that this code implies.
type WillPart struct {
	// FaceCode is faceCode. Empty gives "0" if the verification failed by its
	// will part, and the ending's code otherwise.
	FaceCode string
	// Code is willCode. If it is empty, an ending with a code of the will part gives
	// that code. Any other ending gives "0" if the face passed. If the face did not
	// pass, there is no willCode, because the person was not asked.
	Code string
	// Answers are what was heard, one answer per round. Missing answers are
	// invented: right ones for code 0, a wrong one in the last round for
	// 66666006, and none for a nod.
	Answers []string
	// The files. Nil gives small invented ones for an ending with code 0, and
	// none otherwise; a nod has no UserAudio. Every round has the same audio.
	// An App records a Video only if it runs with RecordVideo. With a Video that is
	// empty and not nil, the answer has an empty video, as from an SDK that keeps
	// the video to itself.
	UserAudio, ReadAudio, Video, Screenshot []byte
}

const (
	willAudioLost  = "66666004"
	willIsWrong    = "66666006"
	willHasNothing = "66666010"
)

func isWillCode(code string) bool { return oneOf(willAudioLost, willIsWrong, willHasNothing)(code) }

// partCodes returns the faceCode and the willCode of an overall code.
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

// filled returns the part with its defaults.
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

// heard returns an invented answer.
func (w WillPart) heard(r round, last bool) string {
	right, _, _ := strings.Cut(r.answer, "|")
	switch {
	case w.Code == willIsWrong && last:
		return "我没有听清楚这个问题，请再说一遍" // this is longer than any answer may be
	case w.Code == "0" || w.Code == willIsWrong:
		return right
	}
	return ""
}

// natives are the last three digits of an SDK's own codes, by platform.
type natives map[string]map[string]string

// willNatives are the NativeProcess codes that face verification does not have.
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
