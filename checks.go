package faceid

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/faceid-go/faceid/internal/catalog"
	"github.com/faceid-go/faceid/internal/wire"
)

// The checks of API 3.0 are one question and one answer each, without a page or an
// App. Their requests and results are generated; see internal/cloudspec.

// Confirm turns the result of a check into a decision:
//
//	result, err := faceid.Confirm(client.IdCardVerification(ctx, request))
//
// err is nil only if the check passed. ErrNotPassed comes with the result. Any other
// error says that there is no answer.
func Confirm[R Result](result R, err error) (R, error) {
	if err != nil {
		return result, err
	}
	return result, result.Err()
}

// ending is the part of a result that decides a check: a code in one of the
// documents' tables.
type ending struct {
	op, table                      string
	result, description, requestID *string // nil if there is no result

	sim *float64 // the similarity, nil if the check does not compare faces

	unpriced bool // no document tells which results are charged
	refuted  bool // another member of the answer contradicts the success
}

func (e ending) code() Code {
	switch {
	case e.result == nil || *e.result == "":
		return ""
	case e.table == scopeCloud:
		return cloudCode(*e.result)
	case e.table == "MobileNetworkTimeVerification" && *e.result == "-0": // the page of this check writes success as -0
		return Code(e.table + "/0")
	}
	return scoped(e.table, *e.result)
}

func (e ending) family() Family {
	switch {
	case e.refuted:
		return ErrBadAnswer
	case e.notCompared():
		return FamilyNotCompared
	}
	if code := e.code(); code != "" {
		return code.Family()
	}
	return ErrBadAnswer
}

func (e ending) succeeded() bool { return e.code().kind() == catalog.Passed && !e.refuted }

func (e ending) passed() bool { return e.succeeded() && !e.notCompared() }

// notCompared reports whether a check that compares faces reports success without a
// similarity.
func (e ending) notCompared() bool {
	return e.succeeded() && e.sim != nil && !(Score{*e.sim, true}).compared()
}

// answers reports whether the check was made, whatever its result was.
func (e ending) answers() bool { return e.succeeded() || e.code().kind() == catalog.Outcome }

// charged looks the code up. The result of a photo or liveness check is a word. The
// page on charges names three of these words, and calls all others free.
func (e ending) charged() Charged {
	if e.unpriced {
		return ChargedUnknown
	}
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
	case e.refuted:
		bad.Code, bad.Message, bad.Err = "", "", errors.New("the answer contradicts itself")
	case e.notCompared():
		bad.Code, bad.Message, bad.Err = "", "", ErrNotCompared
	case bad.Code == "":
		bad.Err = &wire.TypeError{Field: "Result", Want: "present"}
	case e.answers():
		bad.Err = ErrNotPassed
	}
	return bad
}

// checkRequest is a pointer to the request of a check.
type checkRequest interface {
	validate(op string) error
	encryption() requestEncryption
}

// checkAnswer is a pointer to the result of a check.
type checkAnswer[R any] interface {
	*R
	ending() ending
}

// ask makes a check at the site that siteOf chooses. A check is charged, so it is not
// repeated if the request may have reached the platform. If the platform gave a result,
// it is returned even with an error.
func ask[R any, P checkAnswer[R]](ctx context.Context, c *Client, op string, r checkRequest, to func(string) io.Writer) (P, error) {
	if err := c.ready(ctx, op); err != nil {
		return nil, err
	}
	site, err := c.siteOf(op, op)
	if err != nil {
		return nil, err
	}
	return askAt[R, P](ctx, c, site, op, r, to)
}

// askAt makes a check at one site.
func askAt[R any, P checkAnswer[R]](ctx context.Context, c *Client, site Site, op string, r checkRequest, to func(string) io.Writer) (P, error) {
	if err := cmp.Or(c.ready(ctx, op), r.validate(op), validateAt(op, site, r)); err != nil {
		return nil, err
	}
	to = c.guardWriters(ctx, to)
	private := privateOf(r)
	key, err := c.encryptRequest(op, r.encryption())
	if err != nil {
		return nil, err
	}
	result, answered := P(new(R)), false
	answer, _ := r.encryption().(encryptedAnswer)
	_, err = c.act(ctx, cloudCall{op: op, site: site, action: op, private: private, to: to, textFiles: answer.isWhole(), finish: func(requestID string, err error) error {
		if err == nil {
			err = key.decryptAnswer(ctx, op, requestID, to, result)
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

// privateOf returns the texts of a request that must not show up in what the platform
// says. A request whose personal values are never encrypted has a method that names them.
func privateOf(r checkRequest) []string {
	if own, ok := r.(interface{ privateTexts() []string }); ok {
		return own.privateTexts()
	}
	return fieldTexts(r.encryption())
}

// toldAsError puts an outcome that came as an error into the result, and reports
// whether it did. The documents list the words of photo and liveness checks both as
// results and as errors.
func toldAsError(err error, e ending) bool {
	var refused *Error
	if e.table != scopeCloud || !errors.As(err, &refused) || refused.Code.kind() != catalog.Outcome {
		return false
	}
	*e.result, *e.description, *e.requestID = refused.Code.Number(), refused.Message, refused.RequestID
	return true
}

// settle returns an error if the answer says that no check was made. It also takes
// personal data out of the answer's Description: both what the request gave and what
// was read from a card.
func settle(private []string, result any, e ending) error {
	if card, ok := result.(interface{ readTexts() []string }); ok {
		private = append(private, card.readTexts()...)
	}
	*e.description = redactText(*e.description, private)
	if card, ok := result.(interface{ isEncrypted() bool }); ok && card.isEncrypted() {
		return nil // the result is in the cipher text
	}
	if !e.answers() {
		return e.err()
	}
	return nil
}

// validateFields refuses personal fields that are missing or ill-formed, and an
// Encryption of the caller's own that names any other field.
func validateFields(op string, r requestEncryption) error {
	for _, f := range r.fields() {
		field, text := goField(f.Name), *f.Value
		var err error
		switch {
		case text == "":
			err = badArgument(op, field, "is empty")
		case r.given().covers(f.Name):
			err = validateCiphertext(op, field, text)
		default:
			err = validatePersonal(op, f.Name, text)
		}
		if err != nil {
			return err
		}
	}
	return validateEncryption(op, r)
}

// validatePersonal refuses an ill-formed personal field. name is its platform name.
func validatePersonal(op, name, text string) error {
	switch field := goField(name); name {
	case "IdCard":
		return validateNumber(op, field, text)
	case "BankCard", "Phone", "Mobile":
		return validateDigits(op, field, text)
	default:
		return validateName(op, field, text)
	}
}

// goField returns the name of a request's field for the platform's name.
func goField(name string) string { return strings.Replace(name, "Id", "ID", 1) }

// validateEither refuses a request with neither a file nor its address. It lets both
// be given, because the documents say which one the platform takes then.
func validateEither(op, field string, file []byte, address string) error {
	if len(file) == 0 && address == "" {
		return badArgument(op, field, "is empty, and %sURL is empty too: give one of them", field)
	}
	if address == "" {
		return nil
	}
	if reason := addressFault(address); reason != "" {
		return badArgument(op, field+"URL", "%s", reason)
	}
	return nil
}
