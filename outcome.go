package faceid

import (
	"fmt"
	"strconv"
	"strings"
)

// Result is returned by every decision and by every check. All of its methods may
// be called on a nil result, which has not passed.
//
// A verification that ended badly and a check that found no match are answers: the
// query that fetched them returns a nil error, and the method Err tells how they
// ended. Err is nil if the person passed. Otherwise it is an *Error with the family,
// so that errors.Is(err, FamilyIdentityMismatch) works, and with ErrNotPassed in its
// chain if there is an answer.
//
// A result that a Confirm… method returned knows the decision: it has not passed if
// the decision is no pass. There is one exception. ErrReplayed comes with a record
// that has passed, because the decision was made before. A result that is written as
// JSON and read again has lost the decision: keep the decision beside the result.
type Result interface {
	Passed() bool     // the person passed, or the check found what it was asked for
	Family() Family   // FamilyPassed, or the family of Err
	Charged() Charged // whether it is charged, by the documents' tables or the platform's own word
	Code() Code       // the code that decided; "" if the answer has none
	Err() error       // nil if it passed
}

// Charged says whether something is charged.
type Charged uint8

// These are the values of Charged. ChargedUnknown says that the code is charged on
// some products only, and that the product is not known.
const (
	ChargedUnknown Charged = iota
	ChargedNo
	ChargedYes
)

func (c Charged) String() string {
	switch c {
	case ChargedYes:
		return "yes"
	case ChargedNo:
		return "no"
	}
	return "unknown"
}

// chargedFor looks into the product's table. If the product is not known, it looks
// into the tables of all face products.
func chargedFor(p Product, code Code) Charged {
	if p != "" {
		charged, _ := chargedOn(p, code.Number())
		return charged
	}
	result, known := ChargedUnknown, false
	for _, product := range []Product{ProductPlus, ProductEnhanced, ProductBasic, ProductWill} {
		charged, ok := chargedOn(product, code.Number())
		switch {
		case !ok: // the product has no such code
		case known && charged != result:
			return ChargedUnknown
		default:
			result, known = charged, true
		}
	}
	return result
}

// Score is a number that the platform may leave out, or replace by words.
type Score struct {
	Value   float64 // 0 if absent
	Present bool    // whether the platform sent a number
}

// String returns the number, or "absent".
func (s Score) String() string {
	if !s.Present {
		return "absent"
	}
	return strconv.FormatFloat(s.Value, 'f', -1, 64)
}

// compared reports whether a similarity shows that faces were compared. Two faces are
// never altogether unlike each other, and the documents give no meaning to a 0.
func (s Score) compared() bool { return s.Present && s.Value > 0 }

// parseScore reads a plain decimal number. Anything else is absent: the platform is
// known to write 分数为空.
func parseScore(text string) Score {
	text = strings.TrimSpace(text)
	if text == "" || strings.Trim(text, "0123456789.") != "" {
		return Score{}
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return Score{}
	}
	return Score{value, true}
}

// familyOfResult returns FamilyPassed for a pass, and otherwise the family of Err.
func familyOfResult(r Result) Family {
	err := r.Err()
	if err == nil {
		return FamilyPassed
	}
	return familyOf(err)
}

// errNoRecord makes the error that Err returns for a nil result.
func errNoRecord(of string) error {
	return &Error{Op: of, Family: ErrNoResult, Err: fmt.Errorf("there is no result")}
}

// ErrNotCompared says that the platform answered 0, but gave no similarity: it left
// the score out, wrote 分数为空, or wrote a similarity of 0. Every ErrNotCompared is an
// ErrNotPassed too. On iOS the App may have asked for liveness alone (see
// ConfirmFace). In a browser, on a PC, on Android and Harmony, and with will, no App
// can have done so, and the documents do not say why the score is missing. Open a new
// verification then, and give the BizSeqNo to the platform's support.
var ErrNotCompared error = notCompared{}

type notCompared struct{}

func (notCompared) Error() string { return "faceid: the person was compared with nobody" }

func (notCompared) Is(target error) bool { return target == ErrNotPassed }

// decided keeps the decision on a result inside the result, so that Passed and Err
// never report a pass where the decision is none.
type decided struct {
	bad *Error // the error of a decision that is no pass
	// passed says that the decision is a pass although the result alone is none:
	// the decision wanted less, as one side of a card.
	passed bool
}

// or returns the error of the decision. Without a decision it returns err, which is
// the error of the result alone.
func (d decided) or(err error) error {
	switch {
	case d.bad != nil:
		return d.bad
	case d.passed:
		return nil
	}
	return err
}

// settle keeps the error of the decision, and returns it.
func (d *decided) settle(err error) error {
	d.bad, _ = err.(*Error) //nolint:errorlint // the error of a decision is never wrapped
	return err
}
