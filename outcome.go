package faceid

import (
	"strconv"
	"strings"
)

// Result is what every decision returns, and every check. All of its methods may
// be called on a nil result, which has not passed.
//
// A verification that ended badly and a check that found no match are answers:
// the query that fetched them returns no error, and Err tells. Err is nil if the
// person passed, and otherwise an *Error with ErrNotPassed in its chain if there
// is an answer, and always with the family, so that errors.Is(err,
// FamilyIdentityMismatch) works. A result that a Confirm… method returned knows
// what that decision said: it has not passed if the decision did not. Only with
// ErrReplayed comes a record that has, for the decision was made before. What a
// decision said is lost when a result is written as JSON and read again: keep it
// beside the result.
type Result interface {
	Passed() bool     // the person passed, or the check found what it was asked for
	Family() Family   // FamilyPassed, or what Err says
	Charged() Charged // by the documents' tables or the platform's own word
	Code() Code       // that decided; "" if the answer has none
	Err() error       // nil if it passed
}

// Charged is whether something is charged.
type Charged uint8

// ChargedUnknown: the code is charged on some products only, and the product is
// not known.
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

// chargedFor asks the product's table, or all of face if it is not known.
func chargedFor(p Product, code Code) Charged {
	if p != "" {
		e, _ := Explain(p, ChannelServer, code)
		return e.Charged
	}
	result, known := ChargedUnknown, false
	for _, product := range []Product{ProductPlus, ProductEnhanced, ProductBasic, ProductWill} {
		e, ok := Explain(product, ChannelServer, code)
		switch {
		case !ok: // the product has no such code
		case known && e.Charged != result:
			return ChargedUnknown
		default:
			result, known = e.Charged, true
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

// compared reports whether a similarity is one: faces that were compared are never
// unlike each other altogether, and the documents give no meaning to a 0.
func (s Score) compared() bool { return s.Present && s.Value > 0 }

// parseScore takes anything that is not a plain decimal number as absent: the
// platform is known to write 分数为空.
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
