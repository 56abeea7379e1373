package faceid

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sentinels beside the families.
var (
	// ErrNotPassed: the verification ended and the person did not pass. The
	// record comes with it.
	ErrNotPassed = errors.New("faceid: the person did not pass")
	// ErrNoFiles: the record is there, but files that were asked for are not, after
	// the documented polling. The chain holds a *MissingFilesError that names them.
	ErrNoFiles = errors.New("faceid: the files asked for are not there")
	// ErrDoorClosed: the call needs an option that New was not given.
	ErrDoorClosed = errors.New("faceid: door not opened")
)

// Error is a call that brought no answer, or (with ErrNotPassed in its chain)
// an answer that did not pass. It holds no secret and no personal data.
type Error struct {
	Op         string  // the method, as in "GetPlusFaceID"
	Product    Product // "" if the call does not say
	Code       Code    // "" if there was no code
	Message    string  // the platform's own words
	Family     Family  // "" for the caller's own cancellation or deadline, unless an attempt had failed before
	BizSeqNo   string  // the platform's serial number, for support tickets
	OrderNo    string
	HTTPStatus int        // 0 if no answer arrived
	RequestID  string     // of API 3.0
	Step       ReturnStep // of ConfirmReturn and ConfirmWillReturn: the check that failed; "" elsewhere
	Err        error      // the cause, if there is one: a context error, ErrNotPassed, …
	notSent    bool       // nothing left this process
}

// Gloss returns the code's meaning in English.
func (e *Error) Gloss() string { return e.Code.Gloss() }

// Handling returns what the caller may do, in English.
func (e *Error) Handling() string { return e.Code.Handling() }

// Remedy returns what to do after a code of the front-end that a browser brought
// back, "" for everything else. That of an UnsignedError is not verified.
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

// Error reads outside-in and keeps the platform's words.
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
	nested := errors.As(e.Err, &inner) // it has said code and status
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
// status, and as error the text. What is empty is left out, or is that of the
// *Error within. An *Error that another error wraps is logged as text alone: find
// it by errors.As.
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
// its code: on an upload an ill-formed ID number is ErrRequest and
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

// Unwrap gives the cause: context errors stay reachable.
func (e *Error) Unwrap() error { return e.Err }

// ArgumentError is a value that was refused before anything was sent. It never
// quotes the value.
type ArgumentError struct {
	Field  string // as in "OrderNo"
	Reason string // names the limit
}

func (e *ArgumentError) Error() string { return "faceid: " + e.Field + ": " + e.Reason }

// Is reports whether target is ErrRequest.
func (e *ArgumentError) Is(target error) bool { return target == error(ErrRequest) }

func badArgument(op string, field, format string, args ...any) error {
	return &Error{Op: op, Family: ErrRequest, Err: &ArgumentError{Field: field, Reason: fmt.Sprintf(format, args...)}}
}

// MissingFilesError names the files that were asked for and did not come within
// the documented polling. Every other file that was asked for is in the record
// that comes with the error, and whole.
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
		text += "; who nods says nothing, so of a nod ask with WillType WillNod"
	}
	return text
}

// Is reports whether target is ErrNoFiles.
func (e *MissingFilesError) Is(target error) bool { return target == ErrNoFiles }

// familyOf tells observers and logs what an error was.
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

// longRun is what a token, a ticket, a signature or media look like. Serial
// numbers are shorter.
var longRun = regexp.MustCompile(`[A-Za-z0-9+/=_-]{` + strconv.Itoa(longRunLength) + `,}`)

const longRunLength = 40

const (
	mostText   = 300      // runes of a text that came from outside
	mostToRead = 16 << 10 // bytes of it that are looked at: it may be megabytes
	redacted   = "[redacted]"
)

// redactText takes private values, what looks like one, control characters and
// excess length out of a text that came from outside.
func redactText(text string, private []string) string {
	cut := len(text) > mostToRead
	if cut {
		text = text[:mostToRead]
	}
	text = strings.ToValidUTF8(text, "\uFFFD")
	for _, p := range private {
		if len(p) > 1 { // one letter would riddle every text
			text = replaceFold(text, p)
		}
	}
	if len(text) >= longRunLength {
		text = longRun.ReplaceAllString(text, redacted)
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	if utf8.RuneCountInString(text) > mostText {
		return string([]rune(text)[:mostText]) + "…"
	}
	if cut { // so much was taken out that the end shows, which may be half a private value
		whole := 0
		if last := strings.LastIndex(text, redacted); last >= 0 {
			whole = last + len(redacted)
		}
		return text[:whole] + "…"
	}
	return text
}

// replaceFold takes out a value without regard to case: the platform may write
// the X of an ID number its own way.
func replaceFold(text, value string) string {
	if len(text) < len(value) && isASCII(value) { // others change their length with their case
		return text
	}
	for _, v := range []string{value, strings.ToUpper(value), strings.ToLower(value)} {
		text = strings.ReplaceAll(text, v, redacted)
	}
	return text
}

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// transportError is the cause of a failed exchange without the address, which
// net/http quotes and which carries the secret. It answers errors.Is as the
// original does, but does not hand the original out.
type transportError struct {
	text   string
	err    error
	travel travel
}

func (e *transportError) Error() string { return e.text }

// Is answers as the original does, but for context errors: the time-outs of net
// claim to be one, and it was not the caller's.
func (e *transportError) Is(target error) bool {
	return target != context.Canceled && target != context.DeadlineExceeded && errors.Is(e.err, target)
}

func scrub(err error, private []string) error {
	if err == nil {
		return nil
	}
	// A bare context error can hold nothing of ours, and callers compare it.
	if err == context.Canceled || err == context.DeadlineExceeded { //nolint:errorlint // identity is meant
		return err
	}
	return &transportError{text: redactText(innermost(err), private), err: err}
}

// innermost returns the text of err without the address that net/http puts
// around it.
func innermost(err error) string {
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err
	}
	if strings.Contains(err.Error(), "Location") { // net/http quotes the header, in any spelling
		return "a malformed redirect was refused"
	}
	return err.Error()
}
