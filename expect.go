package faceid

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Whom a decision is about: the person that the caller expects is compared with
// every identity that the platform reports.

// ErrOtherPerson says that the verification passed, but not for the person who
// was expected, or that the platform does not report who passed. Every
// ErrOtherPerson is an ErrNotPassed too. An OtherPersonError in the chain says
// what differs.
var ErrOtherPerson error = otherPerson{}

type otherPerson struct{}

func (otherPerson) Error() string        { return "faceid: the result is not of the expected person" }
func (otherPerson) Is(target error) bool { return target == ErrNotPassed }

// Agreement says how a value that is expected compares with those that the
// platform reports.
type Agreement string

// The ways. The zero value says that nothing was expected.
const (
	Agrees      Agreement = "agrees"       // every place that reports a value reports this one
	Differs     Agreement = "differs"      // at least one place reports another value
	NotReported Agreement = "not reported" // no place reports a value, or only masked or encrypted ones
)

// OtherPersonError is ErrOtherPerson with what differs. It quotes neither name
// nor number.
type OtherPersonError struct {
	Number Agreement // of the ID number, or of the bank card's
	Name   Agreement // "" if no name was expected
	// Place says where the first difference stands, in the platform's words where
	// there are some: "Text", "Ocr", "LivenessDetail", "EidInfo". It is "" if
	// nothing was reported.
	Place string
}

// Error names what differs, without quoting it.
func (e *OtherPersonError) Error() string {
	text := ErrOtherPerson.Error() + ": number " + string(e.Number)
	if e.Name != "" {
		text += ", name " + string(e.Name)
	}
	if e.Place != "" {
		text += " in " + e.Place
	}
	return text
}

// Is reports whether target is ErrOtherPerson or ErrNotPassed.
func (e *OtherPersonError) Is(target error) bool {
	return target == ErrOtherPerson || target == ErrNotPassed
}

// An identity is what the platform reports of a person in one place. Of several
// names or numbers in one place (a name in two scripts) one must fit.
type identity struct {
	place          string
	numbers, names []string
}

// checkExpected refuses a person that nothing can be compared with.
func (p *Person) checkExpected(op string) error {
	switch {
	case p.whom != theNamed && p.namesSomebody():
		return badArgument(op, "Person", "is AnyPerson or PersonAsOpened and names somebody: build a Person of its own")
	case p.whom != theNamed:
		return nil
	case foldNumber(p.IDNo) == "":
		return badArgument(op, "Person", "must have an IDNo to compare with, or be AnyPerson")
	}
	return nil
}

// namesSomebody reports whether there is anything that could be compared.
func (p *Person) namesSomebody() bool { return p.Name != "" || p.IDNo != "" || p.BankCardNo != "" }

// checkNamed is checkExpected for a document that was read, where nothing was
// opened with anybody's data.
func (p *Person) checkNamed(op string) error {
	if p.whom == asOpened {
		return badArgument(op, "Person", "is PersonAsOpened, but nothing was opened with anybody's data: name the person, or give AnyPerson")
	}
	return p.checkExpected(op)
}

// isIn compares the person with what is reported, and returns what differs, nil
// if nothing does. compared says that the platform compared the face with the
// data that the flow was opened with.
func (p *Person) isIn(reports []identity, compared bool) error {
	switch p.whom {
	case anybody:
		return nil
	case asOpened:
		for _, r := range reports {
			if anyOf(r.numbers) || anyOf(r.names) {
				return fmt.Errorf("%w: the result names somebody in %s, so PersonAsOpened does not do: give the person who is expected", ErrOtherPerson, r.place)
			}
		}
		if !compared {
			return ErrNotCompared
		}
		return nil
	}
	e := &OtherPersonError{Number: NotReported}
	if p.Name != "" {
		e.Name = NotReported
	}
	for _, r := range reports {
		number := agreement(foldNumber(p.IDNo), r.numbers, foldNumber)
		name := agreement(foldName(p.Name), r.names, foldName)
		if p.Name == "" {
			name = ""
		}
		if e.Place == "" && (number == Differs || name == Differs) {
			e.Place = r.place
		}
		e.Number, e.Name = e.Number.and(number), e.Name.and(name)
	}
	if e.Number == Agrees && (e.Name == "" || e.Name == Agrees) {
		return nil
	}
	return e
}

// and joins the agreement of one place to that of the others: one difference
// outweighs all.
func (a Agreement) and(next Agreement) Agreement {
	switch {
	case a == Differs || next == Differs:
		return Differs
	case a == Agrees || next == Agrees:
		return Agrees
	}
	return a
}

// agreement compares one expected value with the values of one place. want is
// folded already.
func agreement(want string, values []string, fold func(string) string) Agreement {
	result := NotReported
	for _, value := range values {
		switch got := fold(value); {
		case !utf8.ValidString(value): // what is lost would agree with all else that is lost
			result = Differs
		case got == "" || isMasked(value):
		case want != "" && got == want:
			return Agrees
		default:
			result = Differs
		}
	}
	return result
}

// anyOf reports whether a place reports any value, masked or not.
func anyOf(values []string) bool {
	return slices.ContainsFunc(values, func(value string) bool { return strings.TrimSpace(value) != "" })
}

// isMasked reports whether the platform hid part of a value. A masked value
// neither confirms nor contradicts.
func isMasked(value string) bool { return strings.ContainsAny(value, "*＊") }

// foldNumber makes numbers comparable: the case of letters (X), the full-width
// forms of ASCII, blanks, dashes and round brackets do not count. Everything
// else does.
func foldNumber(number string) string {
	return strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' { // the full-width forms, in the order of ASCII
			r += '!' - '！'
		}
		switch {
		case unicode.IsSpace(r), isInvisible(r), unicode.Is(unicode.Pd, r), r == '(', r == ')':
			return -1
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		}
		return r
	}, number)
}

// foldName makes names comparable. Compatibility forms and composition, the case
// of letters, invisible characters and the kind of a dot or an apostrophe do not
// count. Blanks, hyphens and commas are one blank, which counts only between two
// letters of an alphabet, where it parts names.
func foldName(name string) string {
	var folded []rune
	blank := false
	for _, r := range norm.NFKC.String(strings.ToLower(norm.NFKC.String(name))) {
		switch {
		case unicode.IsSpace(r) || unicode.Is(hangulFillers, r) || unicode.Is(unicode.Pd, r) || r == ',':
			blank = true
			continue
		case r == '’' || r == '‘' || r == 'ʼ':
			r = '\''
		case isInvisible(r):
			continue
		case strings.ContainsRune(nameDots, r):
			r = '·'
		}
		if n := len(folded); blank && n > 0 && isAlphabetic(folded[n-1]) && isAlphabetic(r) {
			folded = append(folded, ' ')
		}
		blank = false
		folded = append(folded, r)
	}
	return string(folded)
}

// nameDots are the dots that stand between the parts of a name, in the spellings
// that are in use: U+00B7 is the one of Chinese documents.
const nameDots = "·.•‧∙⋅・●˙ꞏᐧ⸱⸳。"

// isAlphabetic reports whether a blank beside the letter parts words: it does in
// all scripts but those of Chinese and Japanese.
func isAlphabetic(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsMark(r)) && !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Bopomofo)
}

// isInvisible reports whether a character shows nothing of its own.
func isInvisible(r rune) bool {
	return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r) || r == '\u034f'
}

// hangulFillers are letters that look like blanks.
var hangulFillers = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x115f, Hi: 0x1160, Stride: 1}, {Lo: 0x3164, Hi: 0x3164, Stride: 1}, {Lo: 0xffa0, Hi: 0xffa0, Stride: 1},
}}

// otherThan is the error of a decision whose result is not of the person.
func otherThan(op, orderNo, seq, requestID string, product Product, err error) *Error {
	family := FamilyOtherPerson
	if err == ErrNotCompared { //nolint:errorlint // identity is meant
		family = FamilyNotCompared
	}
	return &Error{Op: op, Product: product, Family: family, OrderNo: orderNo, BizSeqNo: seq, RequestID: redactText(requestID, nil), HTTPStatus: 200, Err: err}
}

// decided is what a decision made of a result. It is part of the result, so that
// Passed and Err never say yes where the decision said no.
type decided struct {
	bad *Error
	// passed says that the decision said yes where the result alone says no: it
	// asked for less.
	passed bool
}

func (d decided) or(verdict error) error {
	switch {
	case d.bad != nil:
		return d.bad
	case d.passed:
		return nil
	}
	return verdict
}

// settle keeps what the decision says in its result.
func (d *decided) settle(verdict error) error {
	d.bad, _ = verdict.(*Error) //nolint:errorlint // the verdicts here are never wrapped
	return verdict
}

// errNoRecord is what Err says of a nil result.
func errNoRecord(of string) error {
	return &Error{Op: of, Family: ErrNoResult, Err: fmt.Errorf("there is no result")}
}

// familyOfResult is FamilyPassed for a pass, and otherwise what Err says.
func familyOfResult(r Result) Family {
	err := r.Err()
	if err == nil {
		return FamilyPassed
	}
	return familyOf(err)
}
