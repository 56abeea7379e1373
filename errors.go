package faceid

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
)

// These errors stand beside the families.
var (
	// ErrNotPassed says that the verification ended and the person did not pass.
	// The record comes with it.
	ErrNotPassed = errors.New("faceid: the person did not pass")
	// ErrNoFiles says that the record is there, but files that were asked for are
	// not, after the documented polling. The chain holds a *MissingFilesError that
	// names them.
	ErrNoFiles = errors.New("faceid: the files asked for are not there")
	// ErrDoorClosed says that the call needs an option that New was not given.
	ErrDoorClosed = errors.New("faceid: door not opened")
)

// Error is a call that brought no answer, or (with ErrNotPassed in its chain)
// an answer that did not pass. It holds no secret and no personal data.
type Error struct {
	Op         string  // the method, as in "GetPlusFaceID"
	Product    Product // "" if it is not known
	Code       Code    // "" if there was no code
	Message    string  // the platform's own words
	Family     Family  // "" for the caller's own cancellation or deadline, unless an attempt had failed before
	BizSeqNo   string  // the platform's serial number, for support tickets
	OrderNo    string
	HTTPStatus int        // 0 if no answer arrived
	RequestID  string     // the RequestId of an answer of API 3.0
	Step       ReturnStep // the step that failed in ConfirmReturn and ConfirmWillReturn; "" elsewhere
	Err        error      // the cause, if there is one: a context error, ErrNotPassed, …
	notSent    bool       // nothing left this process
}

// Gloss returns the code's meaning in English.
func (e *Error) Gloss() string { return e.Code.Gloss() }

// Handling returns what the caller may do, in English.
func (e *Error) Handling() string { return e.Code.Handling() }

// Error names the method first, then the platform's words and their English gloss,
// then the cause, and at last code, family and numbers.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("faceid: " + e.Op)
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if gloss := e.Gloss(); gloss != "" && e.Message != "" {
		b.WriteString(": " + gloss)
	}
	if e.Err != nil {
		b.WriteString(": " + strings.TrimPrefix(e.Err.Error(), "faceid: "))
	}
	var notes []string
	var inner *Error
	nested := errors.As(e.Err, &inner) // the text of the inner *Error names its code and status already
	note := func(name, value string) {
		if value != "" && (!nested || name == "order") {
			notes = append(notes, name+" "+value)
		}
	}
	note("code", e.Code.Number())
	note("family", string(e.Family))
	note("step", string(e.Step))
	if e.HTTPStatus != 0 && e.HTTPStatus != 200 {
		note("HTTP", fmt.Sprint(e.HTTPStatus))
	}
	note("order", e.OrderNo)
	note("seq", e.BizSeqNo)
	note("request", e.RequestID)
	if len(notes) > 0 {
		b.WriteString(" (" + strings.Join(notes, ", ") + ")")
	}
	return b.String()
}

// LogValue logs a group: op, product, code, family, step, order, seq, request,
// status, and error, which is the text. A field that is empty is taken from the
// *Error within, or else left out. If another error wraps an *Error, slog logs the
// text alone: find the *Error by errors.As.
func (e *Error) LogValue() slog.Value {
	if e == nil {
		return slog.Value{}
	}
	all := *e
	for inner := e; errors.As(inner.Err, &inner); {
		all.Code, all.Family, all.BizSeqNo = cmp.Or(all.Code, inner.Code), cmp.Or(all.Family, inner.Family), cmp.Or(all.BizSeqNo, inner.BizSeqNo)
		all.RequestID, all.HTTPStatus = cmp.Or(all.RequestID, inner.RequestID), cmp.Or(all.HTTPStatus, inner.HTTPStatus)
		all.Product, all.OrderNo = cmp.Or(all.Product, inner.Product), cmp.Or(all.OrderNo, inner.OrderNo)
	}
	return shown{
		{"Op", e.Op}, {"Product", all.Product}, {"Code", all.Code}, {"Family", all.Family}, {"Step", e.Step}, {"OrderNo", all.OrderNo},
		{"BizSeqNo", all.BizSeqNo}, {"RequestID", all.RequestID}, {"HTTPStatus", all.HTTPStatus}, {"Error", e.Error()},
	}.plain().group()
}

// Is reports whether target is the error's family, its code, or the family of
// its code. So an ill-formed ID number on an upload is both ErrRequest and
// FamilyIdentityMalformed.
func (e *Error) Is(target error) bool {
	switch t := target.(type) {
	case Family:
		return e.Family != "" && t == e.Family || e.Code != "" && t == e.Code.Family()
	case Code:
		return e.Code != "" && t == e.Code
	}
	return false
}

// Unwrap returns the cause, so that errors.Is finds context errors.
func (e *Error) Unwrap() error { return e.Err }

// ArgumentError is a value that was refused before anything was sent. It never
// quotes the value.
type ArgumentError struct {
	Field  string // as in "OrderNo"
	Reason string // what is wrong, with the limit
}

func (e *ArgumentError) Error() string { return "faceid: " + e.Field + ": " + e.Reason }

// Is reports whether target is ErrRequest.
func (e *ArgumentError) Is(target error) bool { return target == error(ErrRequest) }

func badArgument(op string, field, format string, args ...any) error {
	return &Error{Op: op, Family: ErrRequest, Err: &ArgumentError{Field: field, Reason: fmt.Sprintf(format, args...)}}
}

// MissingFilesError names the files that were asked for and did not come within
// the documented polling. The record that comes with the error holds every other
// file that was asked for, and each of them is whole.
type MissingFilesError struct {
	Files []string // by the platform's names, as in "video" or "willTurnsData[1].willUserAudio"
}

// Error names the files, and why some of them may never come.
func (e *MissingFilesError) Error() string {
	text := strings.TrimSuffix(ErrNoFiles.Error()+": "+strings.Join(e.Files, ", "), ": ")
	for _, name := range e.Files {
		switch name {
		case "video":
			text += "; an App records no video by default, its switch is VIDEO_UPLOAD on Android and recordVideo on iOS"
		case "willUserVideo":
			text += "; an App records no video of the will by default, its switch is RECORD_WILL_VIDEO on Android and recordWillVideo on iOS"
		}
	}
	if slices.ContainsFunc(e.Files, func(name string) bool { return strings.HasSuffix(name, "willUserAudio") }) {
		text += "; a person who nods says nothing, so ask with WillType WillNod then"
	}
	return text
}

// Is reports whether target is ErrNoFiles.
func (e *MissingFilesError) Is(target error) bool { return target == ErrNoFiles }

// familyOf returns the family of an error, for observers and logs.
func familyOf(err error) Family {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e.Family
	case isPanic(err):
		return ErrCaller
	}
	return ""
}

// These are the errors of VerifyCallback.
var (
	// ErrUnsigned says that the request carries no signature. See UnsignedError.
	ErrUnsigned = errors.New("faceid: callback: there is no signature")
	// ErrBadSignature says that no ticket known here made the signature, or that the
	// request is ambiguous. Never treat it as a pass, and do not go on to the record:
	// the record may be of somebody who was lured to the page.
	ErrBadSignature = errors.New("faceid: callback: the signature does not match")
	// ErrReplayed says that the callback is genuine, but that the function of
	// WithCallbackOnce has seen it before. A reload is the usual cause. ConfirmReturn
	// returns it with the record, and the order passed. VerifyCallback returns it with
	// the callback, and nothing is decided.
	ErrReplayed = errors.New("faceid: callback: it was seen before")
)

// ErrOtherOrder says that a callback is of another order than the session's. The
// callback may be genuine: of a second tab, or of somebody else who kept it.
var ErrOtherOrder = errors.New("faceid: callback: it is of another order than this session's")

// optionError makes the error of an option that refuses its arguments.
func optionError(option, format string, args ...any) error {
	return &ArgumentError{Field: option, Reason: fmt.Sprintf(format, args...)}
}

// callbackFamily is familyOf, and knows the errors of callbacks, too.
func callbackFamily(err error) Family {
	switch {
	case errors.Is(err, ErrUnsigned):
		return FamilyUnsigned
	case errors.Is(err, ErrBadSignature):
		return FamilyForged
	case errors.Is(err, ErrReplayed):
		return FamilyReplayed
	case errors.Is(err, ErrOtherOrder):
		return FamilyOtherOrder
	}
	return familyOf(err)
}
