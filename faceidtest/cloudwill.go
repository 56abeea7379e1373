package faceidtest

import "strconv"

// An agreement is what a flow asks its person to agree to.
type agreement struct {
	mode  agreementMode
	text  string   // the text to read aloud
	asked []string // the questions, or the texts to nod at
	right []string // one right answer to each question
	nods  int
}

// agreementMode has the numbers of IntentionVerifyType. DetectAuth and
// GetEidToken number the modes differently.
type agreementMode int

const (
	questionMode agreementMode = iota
	nodMode
	readingMode
)

// newAgreement takes what the mode needs from a request or a Config. It returns
// a complaint if something is absent, or if something of another mode is there.
func newAgreement(mode agreementMode, v args) (*agreement, string) {
	text, questions, actions := v.text("IntentionVerifyText"), v.list("IntentionQuestions"), v.list("IntentionActions")
	a := &agreement{mode: mode, text: text, nods: len(actions)}
	for _, q := range questions {
		answers := texts(q.(args).list("Answers"))
		if q.(args).text("Question") == "" || len(answers) == 0 {
			return nil, "A question is empty or has no answer."
		}
		a.asked, a.right = append(a.asked, q.(args).text("Question")), append(a.right, answers[0])
	}
	for _, action := range actions {
		a.asked = append(a.asked, action.(args).text("Text"))
	}
	given := map[agreementMode]bool{readingMode: text != "", questionMode: questions != nil, nodMode: actions != nil}
	name := map[agreementMode]string{readingMode: "IntentionVerifyText", questionMode: "IntentionQuestions", nodMode: "IntentionActions"}[mode]
	for m, there := range given {
		if there != (m == mode) {
			return nil, "The intention needs `" + name + "` and nothing of another mode."
		}
	}
	return a, ""
}

// asks reports whether a request or a Config has anything to agree to.
func (a args) asks() bool {
	return a.text("IntentionVerifyText") != "" || a["IntentionQuestions"] != nil || a["IntentionActions"] != nil
}

// agreed returns what the queries tell of the intention. If the face did not
// pass, they tell no result of it. Of a person who passed and left before the
// questions they tell nothing at all.
func (f *flow) agreed(ask func(rune) bool) object {
	out := object{{"IntentionVerifyData", nil}, {"IntentionQuestionResult", nil}, {"IntentionActionResult", nil},
		{"IsVerifyIntention", f.will != nil}, {"IntentionVerifyType", nil}}
	if f.will == nil {
		return out
	}
	out.set("IntentionVerifyType", strconv.Itoa(int(f.will.mode)))
	code, known := f.faceCode()
	reached := known && code == 0
	if reached && f.left {
		return out
	}
	i := f.ending.Intention
	var number, message, video, frame any
	if reached {
		number, message = integer(i.Code), i.words(f.will.mode)
	}
	if reached && !f.ending.NoFiles {
		video, frame = media(orInvented(i.Video, inventedVideo)), media(inventedPhotos()[0])
	}
	switch {
	case f.will.mode == readingMode && ask('5'):
		heard := any("")
		if reached {
			heard = f.will.heard(i)[0]
		}
		out.set("IntentionVerifyData", spoken(heard, number, message, video, frame))
	case f.will.mode == questionMode && ask('6'):
		q := object{{"FinalResultDetailCode", number}, {"FinalResultMessage", message}, {"Video", video}, {"ScreenShot", nil},
			{"ResultCode", nil}, {"AsrResult", nil}, {"Audios", nil}, {"FinalResultCode", nil}}
		if reached {
			f.will.answered(q, i, frame)
		}
		out.set("IntentionQuestionResult", q)
	case f.will.mode == nodMode && ask('6'):
		n := object{{"FinalResultDetailCode", number}, {"FinalResultMessage", message}, {"Details", nil}}
		if reached {
			var rounds list
			for range f.will.nods {
				rounds = append(rounds, object{{"Video", video}, {"ScreenShot", shots(frame)}})
			}
			n.set("Details", rounds)
		}
		out.set("IntentionActionResult", n)
	}
	return out
}

// spoken returns what the queries tell of a text that was read aloud. Files that
// are not there are empty texts.
func spoken(heard, number, message, video, frame any) object {
	out := object{{"IntentionVerifyVideo", ""}, {"AsrResult", heard}, {"ErrorCode", number},
		{"ErrorMessage", message}, {"IntentionVerifyBestFrame", ""}, {"AsrResultSimilarity", nil}, {"IntentionVerifyAudio", ""}}
	if video != nil {
		out.set("IntentionVerifyVideo", video).set("IntentionVerifyBestFrame", frame).set("IntentionVerifyAudio", media(inventedAudio))
	}
	return out
}

// answered fills in what was heard, question by question.
func (a *agreement) answered(q object, i Intention, frame any) {
	var codes, audios list
	heard := a.heard(i)
	for n := range heard {
		code := "0"
		if i.Code == -301 && n == len(heard)-1 {
			code = "-1"
		}
		codes, audios = append(codes, code), append(audios, media(inventedAudio))
	}
	if frame == nil {
		audios = nil
	}
	final := "-1"
	switch i.Code {
	case 0:
		final = "0"
	case -800:
		final = "-2"
	}
	q.set("ResultCode", codes).set("AsrResult", textList(heard)).set("ScreenShot", shots(frame)).set("FinalResultCode", final)
	if audios != nil {
		q.set("Audios", audios)
	}
}

// heard returns what the person said: the answers to the questions, or the text
// read aloud.
func (a *agreement) heard(i Intention) []string {
	if len(i.Heard) > 0 {
		return i.Heard
	}
	if a.mode == readingMode {
		if i.Code != 0 {
			return []string{""}
		}
		return []string{a.text}
	}
	said := append([]string(nil), a.right...)
	if i.Code == -301 && len(said) > 0 {
		said[len(said)-1] = "不知道"
	}
	return said
}

func (i Intention) words(mode agreementMode) string {
	switch {
	case i.Message != "":
		return i.Message
	case mode == readingMode:
		return readingMessages[i.Code]
	}
	return intentionMessages[i.Code]
}

func shots(frame any) any {
	if frame == nil {
		return nil
	}
	return list{frame}
}
