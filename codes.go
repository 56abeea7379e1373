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

// These are the families of errors: there is no answer.
const (
	// ErrCredential says that the platform refused a signature, a token or a ticket.
	// A wrong secret or appID is the usual cause.
	ErrCredential Family = "Credential"
	// ErrRateLimited says that there were too many requests. Try again later.
	ErrRateLimited Family = "RateLimited"
	// ErrNoResult says that the order has no result. It will not get one once the
	// documented polling (3 times, 2 seconds apart) is over: the person gave up, or
	// was blocked by risk control, or the order is older than 3 days.
	ErrNoResult Family = "NoResult"
	// ErrAccount says that the account has arrears or has used up its trial, or that
	// the IP address is not on the allow-list.
	ErrAccount Family = "Account"
	// ErrRequest says that a parameter is wrong. If nothing was sent, the chain holds
	// an *ArgumentError that names the parameter.
	ErrRequest Family = "Request"
	// ErrService says that the platform is in trouble. Try again later.
	ErrService Family = "Service"
	// ErrExpired says that an id of limited life is too old (faceId: 5 minutes).
	ErrExpired Family = "Expired"
	// ErrUnknownCode says that this version does not know the code. Such a code is
	// never an outcome, and never a pass.
	ErrUnknownCode Family = "Unknown"
	// ErrNetwork says that no whole answer arrived, because of dial, proxy, TLS,
	// time-out or a broken body. The request may have taken effect.
	ErrNetwork Family = "Network"
	// ErrBadAnswer says that the answer is not what the documents promise: it is not
	// JSON, has a wrong type, is too large, or is of another order.
	ErrBadAnswer Family = "BadAnswer"
	// ErrStore says that the credential store is broken. An empty store is not broken.
	ErrStore Family = "Store"
	// ErrCaller says that something that you gave failed: a writer of MediaTo or the
	// function of WithCallbackOnce. Its own error is in the chain. It also says that
	// any part that you gave panicked: then the error says which, and the log has the
	// stack.
	ErrCaller Family = "Caller"
)

// These are the families of outcomes: the verification ended.
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
	// FamilyNotCompared says that the person is alive, but was compared with nobody:
	// see ErrNotCompared.
	FamilyNotCompared Family = "NotCompared"
	// FamilyOtherPerson says that somebody passed, but not the person who was
	// expected, or that the platform does not say who passed: see ErrOtherPerson.
	FamilyOtherPerson Family = "OtherPerson"
	// FamilyWillMismatch says that the person's answers are not the expected ones
	// (will), or that nobody was asked.
	FamilyWillMismatch Family = "WillMismatch"
	// FamilyUnreadable says that a document, or one side of it, could not be read (OCR).
	FamilyUnreadable Family = "Unreadable"
	// FamilyNotOnRecord says that the source of a check has no record of what was
	// asked about. That is neither a match nor a mismatch.
	FamilyNotOnRecord Family = "NotOnRecord"
	// FamilyCardUnusable says that a bank card exists and cannot be used, because it
	// is lost, expired or restricted.
	FamilyCardUnusable Family = "CardUnusable"
	// FamilyUnderAge says that the person is known, and is younger than 18.
	FamilyUnderAge Family = "UnderAge"

	// The following families come from a browser or a phone only, without a comparison.

	FamilyBrowserUnsupported Family = "BrowserUnsupported"
	FamilyDeviceUnsupported  Family = "DeviceUnsupported"
	FamilyCameraDenied       Family = "CameraDenied"
	FamilyInterrupted        Family = "Interrupted"
)

// These are the families of callbacks that were not confirmed: see ConfirmReturn.
const (
	FamilyUnsigned   Family = "Unsigned"   // ErrUnsigned
	FamilyForged     Family = "Forged"     // ErrBadSignature
	FamilyReplayed   Family = "Replayed"   // ErrReplayed
	FamilyOtherOrder Family = "OtherOrder" // ErrOtherOrder
)

func (f Family) Error() string { return "faceid: " + string(f) }

// LogValue logs the word of the family, as the Client's own log lines do.
func (f Family) LogValue() slog.Value { return slog.StringValue(string(f)) }

// Code is a result code with the table it belongs to, as in "face/66660004". The
// table is needed because the platform gives one number several meanings. Codes are
// errors, so that errors.Is(err, CodeBadSignature) works.
type Code string

// These are codes of the face products (App SDK and H5).
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

// These are codes of every kyc1 call, whatever the product.
const (
	CodeBadParameter   Code = "kyc1/66660000"
	CodeIllegalRequest Code = "kyc1/400106"
	CodeServiceStopped Code = "kyc1/66660002"
	CodeTrialUsedUp    Code = "kyc1/66660003"
	CodeIPNotAllowed   Code = "kyc1/400103"
	CodeBadSignature   Code = "kyc1/400101"
	CodeTokenExpired   Code = "kyc1/15" // not in the documents, but the platform has sent it
	CodeRateLimited    Code = "kyc1/400506"
	CodeServiceBusy    Code = "kyc1/999999"
)

// These are codes that a browser brings back without a comparison.
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

// These are codes of will verifications only.
const (
	CodeWillMismatch Code = "will/66666006"
	CodeWillAudio    Code = "will/66666004"
	CodeWillNoResult Code = "will/66666010"
)

// These are codes of reading cards and chips.
const (
	CodeOCRNoResult       Code = "ocr-idcard/66660020"
	CodeNFCCertExpired    Code = "nfc/66664002" // the ocrCertId is older than its 5 minutes
	CodeNFCTooManyQueries Code = "nfc/66664003" // there were more than 10 queries for one reqId
	CodeNFCUnknownReqID   Code = "nfc/66664004"
	CodeNFCReqIDExpired   Code = "nfc/66664005" // the reqId is older than its 5 minutes
)

const (
	scopeFace = "face"
	scopeKYC1 = "kyc1"
	scopeH5   = "h5-frontend"
	scopeWill = "will"
	scopeNFC  = "nfc"

	scopeCloud  = "cloud"  // errors of API 3.0
	scopeWeChat = "wechat" // numbers of the flows that API 3.0 opens in China
	scopeIntl   = "intl"   // numbers of the international flows

	scopeIDCard       = "ocr-idcard"
	scopeBankCard     = "ocr-bankcard"
	scopeBankCardWarn = "bankcard-warning" // warnings that come with a bank card
)

// scoped returns the Code of a number that a call of this scope answered. The number
// may be of the scope's own table, for will of the table of face, or of the table that
// all kyc1 calls share.
func scoped(scope, number string) Code {
	if !isNumber(number) {
		number = "unreadable" // a text that is no number may be anything: it is quoted nowhere
	}
	for _, s := range scopesOf(scope) {
		if code := Code(s + "/" + number); code.Family() != ErrUnknownCode {
			return code
		}
	}
	return Code(scope + "/" + number)
}

// scopesOf returns the tables that a scope's numbers may belong to, in the order in
// which they are searched.
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

// Family returns the code's family on a query for a result. It is ErrUnknownCode if
// this version does not know the code.
func (c Code) Family() Family {
	if e, ok := c.entry(); ok && e.Kind != catalog.Note { // a remark beside a result has no family
		return Family(e.Family)
	}
	if c.Scope() == scopeCloud {
		return cloudFamily(c.Number())
	}
	return ErrUnknownCode
}

// Gloss returns the meaning of the code in English, or "" if it is not known.
func (c Code) Gloss() string { e, _ := c.entry(); return e.Gloss }

// Handling returns what the caller may do, in English, or "" if it is not known.
func (c Code) Handling() string { e, _ := c.entry(); return e.Handling }

// GlossZH returns the meaning of the code in Chinese, or "" if it is not known.
func (c Code) GlossZH() string { return catalog.Chinese(c.Gloss()) }

// HandlingZH returns what the caller may do, in Chinese, or "" if it is not known.
func (c Code) HandlingZH() string { return catalog.Chinese(c.Handling()) }

// LogValue logs the number alone, so that a search for the number finds the line. fmt
// prints the sentence of Error.
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

// kind says what the code is on a query: a pass, an outcome, an error or a remark. An
// unknown code is an error.
func (c Code) kind() catalog.Kind { e, _ := c.entry(); return e.Kind }

func cloudFamily(number string) Family {
	first, _, _ := strings.Cut(number, ".")
	if family, ok := cloudFamilies[first]; ok {
		return family
	}
	return ErrUnknownCode
}

// cloudFamilies holds the families of codes of API 3.0 that this version does not
// know, by the part before the first dot.
var cloudFamilies = map[string]Family{
	"AuthFailure": ErrCredential, "UnauthorizedOperation": ErrAccount, "RequestLimitExceeded": ErrRateLimited, "LimitExceeded": ErrRateLimited,
	"InternalError": ErrService, "InternalServerError": ErrService, "ResourceUnavailable": ErrService, "ServiceUnavailable": ErrService,
	"InvalidParameter": ErrRequest, "InvalidParameterValue": ErrRequest, "MissingParameter": ErrRequest, "UnknownParameter": ErrRequest,
	"InvalidRequest": ErrRequest, "InvalidAction": ErrRequest, "UnsupportedOperation": ErrRequest, "UnsupportedRegion": ErrRequest,
}
