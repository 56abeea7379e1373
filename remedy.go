package faceid

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Remedy says what to do after a code that a browser brought back.
type Remedy string

// These are the remedies. The zero value stands for all codes that are not of the
// front-end: after those the record tells how the verification ended.
//
// Every remedy takes a new verification with a new order (StartH5, StartPC,
// StartWillH5). The documents want a new faceId for every verification
// (每次进行人脸核身都需要重新获取), and do not say what becomes of a faceId whose page was
// entered and left. A person who has come back has entered the page. A new LoginURL
// is only for a session that nobody has come back from.
const (
	RemedyReenter      Remedy = "re-enter"      // the person tries again, with a new verification
	RemedyAllowCamera  Remedy = "allow-camera"  // the person allows the camera, and then tries a new verification
	RemedyOtherBrowser Remedy = "other-browser" // a new verification in another browser
	RemedyWeChat       Remedy = "wechat"        // a new verification inside WeChat
	RemedyOtherWay     Remedy = "other-way"     // this browser cannot record: verify the person in another way
)

// Reenter reports whether another try in the same browser may help. The try needs a
// new verification with a new order, and not a LoginURL of the session that the
// person has come back from.
func (r Remedy) Reenter() bool { return r == RemedyReenter || r == RemedyAllowCamera }

// Remedy returns what to do after a front-end code, as the documents advise.
//
// API: https://cloud.tencent.com/document/product/1007/61074
func (c Code) Remedy() Remedy {
	switch c {
	case CodeH5NoLogin, CodeH5Interrupted, CodeH5BadMessage:
		return RemedyReenter
	case CodeH5NoCamera:
		return RemedyAllowCamera
	case CodeH5NoRealTime:
		return RemedyOtherBrowser
	case CodeH5NotInWeChat:
		return RemedyWeChat
	case CodeH5NoRecording:
		return RemedyOtherWay
	}
	return ""
}

// UnsignedError is ErrUnsigned with the claims of the request. Anyone can claim
// anything. The claims are good for choosing another way (for a browser without a
// camera, CodeH5NoCamera), never for a pass. The error prints, is logged and is
// written as JSON as the text of ErrUnsigned, without the claims.
type UnsignedError struct {
	// UnverifiedOrderNo is what a stranger sent, of at most 300 characters, without
	// control characters and without parts that look like a secret. Compare it with
	// an order of the person's own session. Write it into no log and no page.
	UnverifiedOrderNo string
	UnverifiedCode    Code // a code of the same tables as the Code of a Callback
}

// Error returns the text of ErrUnsigned, which quotes nothing of the request.
func (e *UnsignedError) Error() string { return ErrUnsigned.Error() }

// Format prints the text of ErrUnsigned, whatever the verb.
func (e UnsignedError) Format(f fmt.State, _ rune) { fmt.Fprint(f, ErrUnsigned.Error()) }

// MarshalJSON writes the text of ErrUnsigned.
func (e UnsignedError) MarshalJSON() ([]byte, error) { return json.Marshal(ErrUnsigned.Error()) }

// Is reports whether target is ErrUnsigned.
func (e *UnsignedError) Is(target error) bool { return target == ErrUnsigned }

// ReturnStep is one step of ConfirmReturn and ConfirmWillReturn. The steps are made
// in the order of the constants, but a callback that is unsigned or ill-formed is
// refused first. An *Error names the step that failed.
type ReturnStep string

// These are the steps. Each names what must hold, and the errors if it does not.
const (
	ReturnOrder    ReturnStep = "order"    // the callback is of this session's order: ErrOtherOrder
	ReturnCallback ReturnStep = "callback" // the platform signed the callback: ErrUnsigned, ErrBadSignature
	ReturnClaim    ReturnStep = "claim"    // the callback claims a pass: ErrNotPassed, with a Remedy where there is one
	ReturnRecord   ReturnStep = "record"   // the record confirms the pass: ErrNotPassed, ErrNotCompared, ErrNoResult
	ReturnOnce     ReturnStep = "once"     // the function of WithCallbackOnce has not seen the callback: ErrReplayed
)

// Remedy returns what to do after a code of the front-end that a browser brought
// back, and "" for everything else. The remedy of an UnsignedError is not verified.
func (e *Error) Remedy() Remedy {
	if remedy := e.Code.Remedy(); remedy != "" {
		return remedy
	}
	var unsigned *UnsignedError
	if errors.As(e.Err, &unsigned) {
		return unsigned.UnverifiedCode.Remedy()
	}
	return ""
}

// RemedyOf returns what to do about an error of ConfirmReturn or
// ConfirmWillReturn, and "" if no remedy is known. Anybody can send an unsigned
// callback, so the remedy of such a callback is only a hint: use it to choose what you
// show the person, and never to decide.
func RemedyOf(err error) Remedy {
	var e *Error
	if errors.As(err, &e) {
		return e.Remedy()
	}
	return ""
}
