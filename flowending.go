package faceid

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/faceid-go/faceid/internal/catalog"
	"github.com/faceid-go/faceid/internal/wire"
)

// flowEnding is the part of an answer that decides a flow of WeChat or E证通.
type flowEnding struct {
	text      *DetectInfoText
	asked     *bool // whether the flow asks for the will; nil: the answer does not say
	kind      IntentionVerifyType
	reading   *IntentionVerifyData
	questions *IntentionQuestionResult
	nods      *IntentionActionResult
}

// code returns the code of the face, "" while the flow has not ended.
func (e flowEnding) code() Code {
	if e.text == nil || e.text.ErrCode == nil {
		return ""
	}
	return scoped(scopeWeChat, strconv.FormatInt(*e.text.ErrCode, 10))
}

func (e flowEnding) chargeCount() int {
	if e.text == nil {
		return 0
	}
	n := 0
	for _, attempt := range e.text.LivenessDetail {
		if attempt.IsNeedCharge != nil && *attempt.IsNeedCharge {
			n++
		}
	}
	return n
}

func (e flowEnding) charged() Charged {
	switch {
	case e.text == nil:
		return ChargedUnknown
	case e.chargeCount() > 0:
		return ChargedYes
	}
	return ChargedNo
}

// intention returns the code of the will, in the way that the answer says was
// used. ok is false if there is none.
func (e flowEnding) intention() (number int64, ok bool) {
	var code *int64
	switch {
	case e.asked == nil || !*e.asked:
	case e.kind == IntentionVerifiedQuestions && e.questions != nil:
		code = e.questions.FinalResultDetailCode
	case e.kind == IntentionVerifiedNod && e.nods != nil:
		code = e.nods.FinalResultDetailCode
	case e.kind == IntentionVerifiedReading && e.reading != nil:
		code = e.reading.ErrorCode
	}
	if code == nil {
		return 0, false
	}
	return *code, true
}

// willRefused looks for a code of the will that is not 0 in all three ways,
// whatever the flags of the answer say. It returns -1 where the refusal has no
// code of its own. ok is false if nothing was refused.
func (e flowEnding) willRefused() (code int64, ok bool) {
	var codes []*int64
	if e.questions != nil {
		codes = append(codes, e.questions.FinalResultDetailCode)
	}
	if e.nods != nil {
		codes = append(codes, e.nods.FinalResultDetailCode)
	}
	if e.reading != nil {
		codes = append(codes, e.reading.ErrorCode)
	}
	for _, code := range codes {
		if code != nil && *code != 0 {
			return *code, true
		}
	}
	// The questions as a whole also have an older code, which is a text: "0" is a pass.
	if e.questions != nil && e.questions.FinalResultCode != "" && e.questions.FinalResultCode != "0" {
		return -1, true
	}
	if e.questions.allRejected() {
		return -1, true
	}
	return 0, false
}

// allRejected reports whether the single answers have codes, and all of these are
// rejections. One rejection alone means nothing: a question may be asked again.
func (r *IntentionQuestionResult) allRejected() bool {
	return r != nil && len(r.ResultCode) > 0 && !slices.ContainsFunc(r.ResultCode, func(code string) bool { return code == "" || code == "0" })
}

// err returns nil if the flow passed, and otherwise why it did not. willDemanded
// says that the will must have been given, even if the answer says that the flow
// did not ask for it.
func (e flowEnding) err(op, requestID string, willDemanded bool) error {
	code := e.code()
	if code != "" && code.Number() != "0" {
		return flowError(op, code, requestID, redactText(e.text.ErrMsg, []string{e.text.Name, e.text.IDCard, e.text.OCRName, e.text.OCRIDCard}))
	}
	family, reason := e.faceFault()
	if reason == nil {
		family, reason = e.willFault(willDemanded)
	}
	if reason == nil {
		return nil
	}
	bad := flowError(op, "", requestID, "")
	bad.Family, bad.Err = family, reason
	return bad
}

// quoteNobody takes private texts out of what the platform says of the flow and of its
// attempts. An error quotes these words.
func (t *DetectInfoText) quoteNobody(private []string) {
	if t == nil {
		return
	}
	t.ErrMsg = redactText(t.ErrMsg, private)
	for i := range t.LivenessDetail {
		t.LivenessDetail[i].ErrMsg = redactText(t.LivenessDetail[i].ErrMsg, private)
	}
}

// faceFault says why the face did not pass where its code is 0 or absent. The
// reason is nil if the face passed.
func (e flowEnding) faceFault() (Family, error) {
	switch {
	case e.contradicts():
		return ErrBadAnswer, errors.New("the flow has code 0, but a part of its face has another code")
	case e.code() == "":
		return ErrNoResult, errors.New("the flow has not ended")
	}
	return "", nil
}

// willFault says what is wrong with the will. The reason is nil if the will was
// given, or if nobody wants it.
func (e flowEnding) willFault(demanded bool) (Family, error) {
	_, given := e.intention()
	refused, isRefused := e.willRefused()
	switch {
	case isRefused:
		return FamilyWillMismatch, fmt.Errorf("%w: the will was not expressed (code %d)", ErrNotPassed, refused)
	case e.asked == nil:
		return ErrBadAnswer, &wire.TypeError{Field: "IsVerifyIntention", Want: "present"}
	case !*e.asked && demanded:
		return FamilyWillMismatch, fmt.Errorf("%w: the flow did not ask for the will: its RuleId needs 增加意愿确认, or its Config UseIntentionVerify", ErrNotPassed)
	case !*e.asked || given: // a code other than 0 is refused above
		return "", nil
	case e.reading == nil && e.questions == nil && e.nods == nil:
		return ErrNoResult, errors.New("the flow asks for the will, and the answer about it has not come yet")
	}
	return ErrBadAnswer, errors.New("the flow asks for the will, but the answer does not report it")
}

// contradicts reports whether a part of the face failed under a code of 0.
func (e flowEnding) contradicts() bool {
	failed := func(code *int64) bool { return code != nil && *code != 0 }
	return e.text != nil && e.text.ErrCode != nil && *e.text.ErrCode == 0 && (failed(e.text.LiveStatus) || failed(e.text.CompareStatus))
}

// compared reports whether the face was compared with another, and had a
// similarity.
func (e flowEnding) compared() bool {
	return e.text != nil && e.text.CompareStatus != nil && *e.text.CompareStatus == 0 && parseScore(e.text.Sim).compared()
}

// decide returns nil if the flow passed and was about the person p, who is
// compared with the reports.
func (e flowEnding) decide(op, requestID string, willDemanded bool, p *Person, reports []identity) error {
	if err := e.err(op, requestID, willDemanded); err != nil {
		return err
	}
	err := p.isIn(reports, e.compared())
	if err == nil && p.whom == theNamed && !e.compared() { // the name fits, but the answer reports no comparison of the face
		err = ErrNotCompared
	}
	if err != nil {
		return otherThan(op, "", "", requestID, "", err)
	}
	return nil
}

// identities returns everybody that the texts of a flow report: the person who was
// verified, the owner of the card that was read, and the person of each attempt
// that passed.
func (e flowEnding) identities() []identity {
	if e.text == nil {
		return nil
	}
	all := []identity{
		{place: "Text", numbers: []string{e.text.IDCard}, names: []string{e.text.Name}},
		{place: "Ocr", numbers: []string{e.text.OCRIDCard}, names: []string{e.text.OCRName}},
	}
	for _, attempt := range e.text.LivenessDetail {
		if attempt.ErrCode != nil && *attempt.ErrCode == 0 {
			all = append(all, identity{place: "LivenessDetail", numbers: []string{attempt.IDCard}, names: []string{attempt.Name}})
		}
	}
	return all
}

// flowError returns the error for a flow that did not pass. Only a code that is an
// outcome means that the person did not pass. Trouble and unknown codes do not mean
// that.
func flowError(op string, code Code, requestID, message string) *Error {
	bad := &Error{Op: op, Code: code, Family: code.Family(), Message: message, HTTPStatus: http.StatusOK, RequestID: redactText(requestID, nil)}
	if code.kind() == catalog.Outcome {
		bad.Err = ErrNotPassed
	}
	return bad
}
