package faceid

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/faceid-go/faceid/internal/catalog"
	"github.com/faceid-go/faceid/internal/wire"
)

// The checks of API 3.0: one question and one answer, without a page or an App.
// Their requests and results are generated; see internal/cloudspec.

// Confirm makes a decision of a check:
//
//	result, err := faceid.Confirm(client.IdCardVerification(ctx, request))
//
// err is nil only if the check passed. ErrNotPassed comes with the result; other
// errors say that there is no answer.
func Confirm[R Result](result R, err error) (R, error) {
	if err != nil {
		return result, err
	}
	return result, result.Err()
}

// ending is what decides a check: a code in one of the documents' tables.
type ending struct {
	op, table                      string
	result, description, requestID *string // nil if there is no result

	sim *float64 // of a check that compares faces; nil for others
}

func (e ending) code() Code {
	switch {
	case e.result == nil || *e.result == "":
		return ""
	case e.table == scopeCloud:
		return cloudCode(*e.result)
	case e.table == "MobileNetworkTimeVerification" && *e.result == "-0": // its page spells success so
		return Code(e.table + "/0")
	}
	return scoped(e.table, *e.result)
}

func (e ending) family() Family {
	if e.notCompared() {
		return FamilyNotCompared
	}
	if code := e.code(); code != "" {
		return code.Family()
	}
	return ErrBadAnswer
}

func (e ending) succeeded() bool { return e.code().kind() == catalog.Passed }

func (e ending) passed() bool { return e.succeeded() && !e.notCompared() }

// notCompared reports whether a check that compares faces says success without a
// similarity.
func (e ending) notCompared() bool {
	return e.succeeded() && e.sim != nil && !(Score{*e.sim, true}).compared()
}

// answers reports whether the check was made, whatever it found.
func (e ending) answers() bool { return e.succeeded() || e.code().kind() == catalog.Outcome }

// charged: of the words that photo and liveness checks answer, the page on
// charges names three and calls all others free.
func (e ending) charged() Charged {
	number := e.code().Number()
	if e.table != scopeCloud {
		row, _ := catalog.LookupRow(e.table, "check", number)
		return chargedBy(row)
	}
	if row, ok := catalog.LookupRow(scopeCloud, "face-verify-api", number); ok {
		return chargedBy(row)
	}
	if _, known := e.code().entry(); known {
		return ChargedNo
	}
	return ChargedUnknown
}

func (e ending) err() error {
	if e.passed() {
		return nil
	}
	bad := &Error{Op: e.op, Code: e.code(), Family: e.family()}
	if e.result == nil {
		bad.Err = errors.New("there is no result")
		return bad
	}
	bad.HTTPStatus, bad.Message, bad.RequestID = http.StatusOK, redactText(*e.description, nil), redactText(*e.requestID, nil)
	switch {
	case e.notCompared():
		bad.Code, bad.Message, bad.Err = "", "", ErrNotCompared
	case bad.Code == "":
		bad.Err = &wire.TypeError{Field: "Result", Want: "present"}
	case e.answers():
		bad.Err = ErrNotPassed
	}
	return bad
}

// checkRequest is the request of a check.
type checkRequest interface {
	check(op string) error
	sealing() sealing
}

// checkAnswer is a pointer to its result.
type checkAnswer[R any] interface {
	*R
	ending() ending
}

// ask makes a check. It is charged, so it is not repeated once it may have reached
// the platform. The result comes with an error, too, if the platform gave one.
func ask[R any, P checkAnswer[R]](ctx context.Context, c *Client, op string, r checkRequest, to func(string) io.Writer) (P, error) {
	if err := c.ready(ctx, op); err != nil {
		return nil, err
	}
	if err := r.check(op); err != nil {
		return nil, err
	}
	to = c.guardWriters(ctx, to)
	private := r.sealing().texts()
	key, err := c.seal(op, r.sealing())
	if err != nil {
		return nil, err
	}
	result, answered := P(new(R)), false
	whole := r.sealing().whole
	long := whole != nil && *whole // pictures stay in the cipher text
	_, err = c.act(ctx, cloudCall{op: op, site: SiteChina, action: op, private: private, to: to, long: long, read: func(requestID string, err error) error {
		if err == nil {
			err = key.openAnswer(ctx, op, requestID, to, result)
		}
		if err != nil && !toldAsError(err, result.ending()) {
			return err
		}
		answered = true
		return settle(private, result, result.ending())
	}}, r, result)
	if !answered {
		return nil, err
	}
	return result, err
}

// toldAsError takes over an outcome that came as an error: the documents list the
// words of photo and liveness checks both as results and as errors.
func toldAsError(err error, e ending) bool {
	var refused *Error
	if e.table != scopeCloud || !errors.As(err, &refused) || refused.Code.kind() != catalog.Outcome {
		return false
	}
	*e.result, *e.description, *e.requestID = refused.Code.Number(), refused.Message, refused.RequestID
	return true
}

// settle returns the trouble that an answer stands for. The platform's words
// quote nobody from here on, whether given or read from a card.
func settle(private []string, result any, e ending) error {
	if card, ok := result.(interface{ read() []string }); ok {
		private = append(private, card.read()...)
	}
	*e.description = redactText(*e.description, private)
	if locked, ok := result.(interface{ locked() bool }); ok && locked.locked() {
		return nil
	}
	if !e.answers() {
		return e.err()
	}
	return nil
}

// What several checks refuse before anything is sent.

const (
	maxCheckPhoto = 3 << 20 // bytes of base64
	maxCheckCard  = 7 << 20
	maxCheckVideo = 8 << 20
	maxCheckExtra = 10
)

// checkFields refuses personal fields that are missing or ill-formed, and an
// Encryption of the caller's own that names others.
func checkFields(op string, s sealing) error {
	for _, f := range s.fields {
		field, text := goField(f.Name), *f.Value
		var err error
		switch {
		case text == "":
			err = badArgument(op, field, "is empty")
		case s.covers(f.Name):
			err = checkCiphertext(op, field, text)
		default:
			err = checkPersonal(op, f.Name, text)
		}
		if err != nil {
			return err
		}
	}
	return s.checkOwn(op)
}

// checkPersonal checks a personal field by its platform name.
func checkPersonal(op, name, text string) error {
	switch field := goField(name); name {
	case "IdCard":
		return checkNumber(op, field, text)
	case "BankCard", "Phone", "Mobile":
		return checkDigits(op, field, text)
	default:
		return checkName(op, field, text)
	}
}

// goField spells a platform's name as the request does.
func goField(name string) string { return strings.Replace(name, "Id", "ID", 1) }

// checkEither wants a file or its address; both are allowed, and the documents
// say which goes first.
func checkEither(op, field string, file []byte, address string) error {
	if len(file) == 0 && address == "" {
		return badArgument(op, field, "is empty, and so is %sURL: give one of them", field)
	}
	if address == "" {
		return nil
	}
	if reason := addressFault(address); reason != "" {
		return badArgument(op, field+"URL", "%s", reason)
	}
	return nil
}
