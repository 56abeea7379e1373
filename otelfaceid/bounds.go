package otelfaceid

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/faceid-go/faceid"
)

// other stands for every value beyond a bound, as in the semantic conventions.
const other = "_OTHER"

// bounds holds the values that attributes may have.
type bounds struct {
	kind, op, endpoint, product, family, host *bound
}

func newBounds() bounds {
	return bounds{
		kind:     newBound(0, nil, "call", "refresh", "store", "decision", "callback"),
		op:       newBound(200, nameForm), // the library has some 80 methods
		endpoint: newBound(200, nameForm, append(slices.Clone(paths), tickets...)...),
		product:  newBound(8, productForm, products...),
		family:   newBound(0, nil, families...),
		host:     newBound(16, hostForm),
	}
}

var (
	// nameForm is that of methods and actions. A path is not of this form, so paths that
	// are not known are never exported: CallKYC1 takes any.
	nameForm    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]{0,63}$`)
	productForm = regexp.MustCompile(`^[a-z][a-z-]{0,31}$`)
	hostForm    = regexp.MustCompile(`^[A-Za-z0-9.:-]{1,253}$`) // a name or an address, with a port
	numberForm  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	// codeForm is that of codes which this version does not know: numbers of kyc1, which
	// are shorter than anybody's number, and words of API 3.0.
	codeForm = regexp.MustCompile(`^[A-Za-z0-9-]{0,40}/(-?[0-9]{1,10}|[A-Z][A-Za-z]*(\.[A-Z][A-Za-z]*){0,3})$`)
)

// paths are the paths of the platform, which are the same for every caller.
var paths = []string{
	"/",
	"/api/oauth2/access_token",
	"/api/oauth2/api_ticket",
	"/api/server/getAdvFaceId",
	"/api/server/getBankCardOcrResult",
	"/api/server/getOcrCertId",
	"/api/server/getOcrResult",
	"/api/server/getPlusFaceId",
	"/api/server/getWillFaceId",
	"/api/server/getWillFaceResult",
	"/api/server/getfaceid",
	"/api/server/h5/geth5faceid",
	"/api/v2/base/queryfacerecord",
	"/api/v2/base/queryphotoinfo",
	"/api/v2/nfcpaas/getIdcardNfcResult",
}

// tickets are the endpoints that an event gives with the type of the ticket.
var tickets = []string{"/api/oauth2/api_ticket?type=NONCE", "/api/oauth2/api_ticket?type=SIGN"}

var products = []string{
	string(faceid.ProductPlus), string(faceid.ProductEnhanced), string(faceid.ProductBasic), string(faceid.ProductWill),
	string(faceid.ProductIDCardOCR), string(faceid.ProductBankCardOCR), string(faceid.ProductNFC), string(faceid.ProductEid),
}

var families = []string{
	string(faceid.ErrCredential), string(faceid.ErrRateLimited), string(faceid.ErrNoResult), string(faceid.ErrAccount),
	string(faceid.ErrRequest), string(faceid.ErrService), string(faceid.ErrExpired), string(faceid.ErrUnknownCode),
	string(faceid.ErrNetwork), string(faceid.ErrBadAnswer), string(faceid.ErrStore), string(faceid.ErrCaller),

	string(faceid.FamilyPassed), string(faceid.FamilyNotSamePerson), string(faceid.FamilyIdentityMismatch), string(faceid.FamilySuspectedFake),
	string(faceid.FamilyCaptureFailed), string(faceid.FamilyMediaUnusable), string(faceid.FamilyDocumentUnsupported), string(faceid.FamilyIdentityMalformed),
	string(faceid.FamilyAttemptsExceeded), string(faceid.FamilyTimedOut), string(faceid.FamilyClientOutdated), string(faceid.FamilySourcePhotoUnusable),
	string(faceid.FamilyNotCompared), string(faceid.FamilyOtherPerson), string(faceid.FamilyWillMismatch), string(faceid.FamilyUnreadable),
	string(faceid.FamilyNotOnRecord), string(faceid.FamilyCardUnusable), string(faceid.FamilyUnderAge), string(faceid.FamilyBrowserUnsupported),
	string(faceid.FamilyDeviceUnsupported), string(faceid.FamilyCameraDenied), string(faceid.FamilyInterrupted),

	string(faceid.FamilyUnsigned), string(faceid.FamilyForged), string(faceid.FamilyReplayed), string(faceid.FamilyOtherOrder),
}

// bound lets the values pass that it knows, and the first few others of the right form.
type bound struct {
	known map[string]bool
	form  *regexp.Regexp
	room  int // how many values that are not known may still pass

	mu       sync.RWMutex
	admitted map[string]bool
}

func newBound(room int, form *regexp.Regexp, known ...string) *bound {
	b := &bound{known: make(map[string]bool, len(known)), form: form, room: room, admitted: map[string]bool{}}
	for _, value := range known {
		b.known[value] = true
	}
	return b
}

// of returns the value, or "_OTHER" if it is beyond the bound. "" stays "".
func (b *bound) of(value string) string {
	if value == "" || b.known[value] {
		return value
	}
	b.mu.RLock()
	seen := b.admitted[value]
	b.mu.RUnlock()
	if seen || b.admit(value) {
		return value
	}
	return other
}

func (b *bound) admit(value string) bool {
	if b.form == nil || !b.form.MatchString(value) {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.admitted[value] {
		return true
	}
	if len(b.admitted) >= b.room {
		return false
	}
	b.admitted[strings.Clone(value)] = true
	return true
}

// metricCode returns a code for a metric. Only the codes of the documents pass, because
// an answer may hold any other: the family tells of those, and the span has the code.
func metricCode(code faceid.Code) string {
	if code != "" && code.Gloss() == "" {
		return other
	}
	return string(code)
}

// spanCode returns a code for a span, if it has the form of a code.
func spanCode(code faceid.Code) string {
	if code == "" || code.Gloss() != "" || codeForm.MatchString(string(code)) {
		return string(code)
	}
	return other
}

// number returns the number of an order, an answer or a request, or "" if it has
// not the form of one: it may be anything then.
func number(text string) string {
	if numberForm.MatchString(text) {
		return text
	}
	return ""
}
