package faceid

import (
	"fmt"
	"log/slog"
	"strings"

	"github.com/faceid-go/faceid/internal/catalog"
)

// Family groups result codes by what the caller does next. Families are errors
// themselves: errors.Is(err, ErrRateLimited) works on everything this package
// returns. An outcome of a verification (a record that did not pass) has a
// family too.
type Family string

// Families of errors: there is no answer.
const (
	// ErrCredential: the platform refused a signature, a token or a ticket;
	// a wrong secret or appID is the usual cause.
	ErrCredential Family = "Credential"
	// ErrRateLimited: too many requests; try again later.
	ErrRateLimited Family = "RateLimited"
	// ErrNoResult: the order has no result, and will not get one once the
	// documented polling (3 times, 2 seconds apart) is over: the person gave
	// up, was blocked by risk control, or the order is older than 3 days.
	ErrNoResult Family = "NoResult"
	// ErrAccount: arrears, a used-up trial, or an IP address that is not on
	// the allow-list.
	ErrAccount Family = "Account"
	// ErrRequest: a parameter is wrong. If nothing was sent, the chain holds
	// an *ArgumentError that names it.
	ErrRequest Family = "Request"
	// ErrService: the platform is in trouble; try again later.
	ErrService Family = "Service"
	// ErrExpired: an id of limited life is too old (faceId: 5 minutes).
	ErrExpired Family = "Expired"
	// ErrUnknownCode: a code that this version does not know. Never an
	// outcome, and never a pass.
	ErrUnknownCode Family = "Unknown"
	// ErrNetwork: no answer arrived whole: dial, proxy, TLS, time-out, broken body.
	// The request may have taken effect.
	ErrNetwork Family = "Network"
	// ErrBadAnswer: the answer is not what the documents promise: not JSON,
	// a wrong type, too large, or of another order.
	ErrBadAnswer Family = "BadAnswer"
	// ErrStore: the credential store is broken. That is not "empty".
	ErrStore Family = "Store"
	// ErrCaller: something that you gave failed, a writer of MediaTo or the
	// function of WithCallbackOnce, and its own error is in the chain; or any part
	// that you gave panicked, and the error says which and the log has the stack.
	ErrCaller Family = "Caller"
)

// Families of outcomes: the verification ended.
const (
	FamilyPassed              Family = "Passed"
	FamilyNotSamePerson       Family = "NotSamePerson"
	FamilyIdentityMismatch    Family = "IdentityMismatch"
	FamilySuspectedFake       Family = "SuspectedFake"
	FamilyCaptureFailed       Family = "CaptureFailed"
	FamilyMediaUnusable       Family = "MediaUnusable"
	FamilyDocumentUnsupported Family = "DocumentUnsupported"
	FamilyIdentityMalformed   Family = "IdentityMalformed"
	FamilyAttemptsExceeded    Family = "AttemptsExceeded"
	FamilyTimedOut            Family = "TimedOut"
	FamilyClientOutdated      Family = "ClientOutdated"
	FamilySourcePhotoUnusable Family = "SourcePhotoUnusable"
	// Alive, but compared with nobody: see ErrNotCompared.
	FamilyNotCompared Family = "NotCompared"
	// Somebody passed, but not the person who was expected, or the platform does
	// not say who: see ErrOtherPerson.
	FamilyOtherPerson Family = "OtherPerson"
	// The person's answers are not the expected ones (will), or nobody was asked.
	FamilyWillMismatch Family = "WillMismatch"
	// A document, or one side of it, could not be read (OCR).
	FamilyUnreadable Family = "Unreadable"
	// Nobody has a record of what was asked about (checks): neither a match nor a
	// mismatch.
	FamilyNotOnRecord Family = "NotOnRecord"
	// A bank card that exists and cannot be used: lost, expired, restricted.
	FamilyCardUnusable Family = "CardUnusable"
	// The following come from a browser or a phone only, without a comparison.
	FamilyBrowserUnsupported Family = "BrowserUnsupported"
	FamilyDeviceUnsupported  Family = "DeviceUnsupported"
	FamilyCameraDenied       Family = "CameraDenied"
	FamilyInterrupted        Family = "Interrupted"
)

// Families of callbacks that were not confirmed; see ConfirmReturn.
const (
	FamilyUnsigned   Family = "Unsigned"   // ErrUnsigned
	FamilyForged     Family = "Forged"     // ErrBadSignature
	FamilyReplayed   Family = "Replayed"   // ErrReplayed
	FamilyOtherOrder Family = "OtherOrder" // ErrOtherOrder
)

func (f Family) Error() string { return "faceid: " + string(f) }

// LogValue logs the family as the Client's own log lines do: its word.
func (f Family) LogValue() slog.Value { return slog.StringValue(string(f)) }

// Code is a result code with the table it belongs to, as in "face/66660004":
// the platform gives one number several meanings. Codes are errors, so that
// errors.Is(err, CodeBadSignature) works.
type Code string

// Codes of the face products (App SDK and H5).
// https://cloud.tencent.com/document/product/1007/47912
const (
	CodePassed             Code = "face/0"
	CodeNotSamePerson      Code = "face/66660004"
	CodeIdentityMismatch   Code = "face/66660010"
	CodeSuspectedFake      Code = "face/66660023"
	CodeSuspectedFakeFace  Code = "face/66665001"
	CodeVoiceNotRecognised Code = "face/-5008"
	CodeMovementNotSeen    Code = "face/-5018"
	CodeTooBright          Code = "face/-5023"
	CodeNoFace             Code = "face/66660035"
	CodeSeveralFaces       Code = "face/66660037"
	CodeFaceCovered        Code = "face/66660041"
	CodeVideoUnusable      Code = "face/66660016"
	CodeWeChatVideo        Code = "face/400600"
	CodeMediaUnusable      Code = "face/400601"
	CodeVideoNotLive       Code = "face/400604"
	CodeUnsupportedID      Code = "face/66660005"
	CodeIdentityMalformed  Code = "face/66660015"
	CodeAttemptsExceeded   Code = "face/66660017"
	CodeTimedOut           Code = "face/66660018"
	CodeClientOutdated     Code = "face/66660044"
	CodePhotoUnusable      Code = "face/66660046"
	CodeNoResult           Code = "face/66660011"
	CodeNoAuthorisation    Code = "face/66662001"
)

// Codes of every kyc1 call, whatever the product.
const (
	CodeBadParameter   Code = "kyc1/66660000"
	CodeIllegalRequest Code = "kyc1/400106"
	CodeServiceStopped Code = "kyc1/66660002"
	CodeTrialUsedUp    Code = "kyc1/66660003"
	CodeIPNotAllowed   Code = "kyc1/400103"
	CodeBadSignature   Code = "kyc1/400101"
	CodeTokenExpired   Code = "kyc1/15" // not in the documents, but seen in the wild
	CodeRateLimited    Code = "kyc1/400506"
	CodeServiceBusy    Code = "kyc1/999999"
)

// Codes that a browser brings back without a comparison.
// https://cloud.tencent.com/document/product/1007/61074
const (
	CodeH5NoRecording Code = "h5-frontend/3001"
	CodeH5NoLogin     Code = "h5-frontend/3002"
	CodeH5Interrupted Code = "h5-frontend/3003"
	CodeH5NoCamera    Code = "h5-frontend/3004"
	CodeH5NoRealTime  Code = "h5-frontend/3005"
	CodeH5NotInWeChat Code = "h5-frontend/3006" // will only
	CodeH5BadMessage  Code = "h5-frontend/300101"
)

// Codes of will only.
const (
	CodeWillMismatch Code = "will/66666006"
	CodeWillAudio    Code = "will/66666004"
	CodeWillNoResult Code = "will/66666010"
)

// Codes of reading cards and chips.
const (
	CodeOCRNoResult       Code = "ocr-idcard/66660020"
	CodeNFCCertExpired    Code = "nfc/66664002" // the ocrCertId lived its 5 minutes
	CodeNFCTooManyQueries Code = "nfc/66664003" // more than 10 for one reqId
	CodeNFCUnknownReqID   Code = "nfc/66664004"
	CodeNFCReqIDExpired   Code = "nfc/66664005" // lived its 5 minutes
)

const (
	scopeFace = "face"
	scopeKYC1 = "kyc1"
	scopeH5   = "h5-frontend"
	scopeWill = "will"
	scopeNFC  = "nfc"
	// API 3.0: its errors, and the numbers of the flows that it opens.
	scopeCloud  = "cloud"
	scopeWeChat = "wechat"
	scopeIntl   = "intl"
	// Reading a card, and the warnings that come with it.
	scopeIDCard       = "ocr-idcard"
	scopeBankCard     = "ocr-bankcard"
	scopeBankCardWarn = "bankcard-warning"
)

// scoped finds the table of a number that a call of scope answered: its own, or
// for will that of face, or the one that all kyc1 calls share.
func scoped(scope, number string) Code {
	if !isNumber(number) {
		number = "unreadable" // whatever it is, it is quoted nowhere
	}
	for _, s := range scopesOf(scope) {
		if code := Code(s + "/" + number); code.Family() != ErrUnknownCode {
			return code
		}
	}
	return Code(scope + "/" + number)
}

// scopesOf are the tables that a scope's numbers may belong to, in this order.
func scopesOf(scope string) []string {
	switch {
	case scope == scopeWill:
		return []string{scopeWill, scopeFace, scopeKYC1}
	case !catalog.SharesKYC1(scope):
		return []string{scope}
	}
	return []string{scope, scopeKYC1}
}

func faceCode(number string) Code { return scoped(scopeFace, number) }

// isNumber reports whether text looks like a result code.
func isNumber(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	return digits != "" && len(digits) <= 10 && strings.Trim(digits, "0123456789") == ""
}

// Number returns the code exactly as the platform spells it.
func (c Code) Number() string {
	_, number, _ := strings.Cut(string(c), "/")
	return number
}

// Scope returns the table the code belongs to.
func (c Code) Scope() string {
	scope, _, _ := strings.Cut(string(c), "/")
	return scope
}

func (c Code) entry() (catalog.Entry, bool) { return catalog.Lookup(c.Scope(), c.Number()) }

// Family returns the code's family on a query for a result; ErrUnknownCode if
// this version does not know the code.
func (c Code) Family() Family {
	if e, ok := c.entry(); ok && e.Kind != catalog.Note { // a remark beside a result is no result
		return Family(e.Family)
	}
	if c.Scope() == scopeCloud {
		return cloudFamily(c.Number())
	}
	return ErrUnknownCode
}

// Gloss returns what the code means, in English; "" if it is not known.
func (c Code) Gloss() string { e, _ := c.entry(); return e.Gloss }

// Handling returns what the caller may do, in English; "" if it is not known.
func (c Code) Handling() string { e, _ := c.entry(); return e.Handling }

// LogValue logs the number, which a search finds. fmt prints a Code as the error
// that it is: its sentence.
func (c Code) LogValue() slog.Value { return slog.StringValue(c.Number()) }

func (c Code) Error() string {
	if gloss := c.Gloss(); gloss != "" {
		return fmt.Sprintf("faceid: code %s: %s", c.Number(), gloss)
	}
	return "faceid: code " + c.Number()
}

// Is reports whether target is the code's family.
func (c Code) Is(target error) bool {
	f, ok := target.(Family)
	return ok && f == c.Family()
}

// kind says what the code is on a query. Unknown codes are errors.
func (c Code) kind() catalog.Kind { e, _ := c.entry(); return e.Kind }
