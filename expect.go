package faceid

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// This file compares the person whom the caller expects with every identity that the
// platform reports.

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

// These are the possible agreements. The zero value says that no value was expected.
const (
	Agrees      Agreement = "agrees"       // every place that reports a value reports this one
	Differs     Agreement = "differs"      // at least one place reports another value
	NotReported Agreement = "not reported" // no place reports a value, or only masked or encrypted ones
)

// OtherPersonError is an ErrOtherPerson that says what differs. It quotes neither name
// nor number.
type OtherPersonError struct {
	Number Agreement // the agreement of the ID number, or of the bank card number
	Name   Agreement // "" if no name was expected
	// Place says where the first difference is. It is the platform's word if there is
	// one: "Text", "Ocr", "LivenessDetail", "EidInfo". It is "" if nothing was reported.
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

// identity is what the platform reports of a person in one place. If there are several
// names or numbers in one place, as a name in two scripts, one of them must fit.
type identity struct {
	place          string
	numbers, names []string
}

// validateExpected refuses a person without a number to compare with.
func (p *Person) validateExpected(op string) error {
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

// namesSomebody reports whether the Person has a name or a number.
// texts returns the values of the person that must not show up in what the platform says.
func (p *Person) texts() []string { return []string{p.Name, p.IDNo} }

func (p *Person) namesSomebody() bool { return p.Name != "" || p.IDNo != "" || p.BankCardNo != "" }

// validateNamed is validateExpected for the reading of a card or a chip. It refuses
// PersonAsOpened too, because nobody's data is given when a reading is opened.
func (p *Person) validateNamed(op string) error {
	if p.whom == asOpened {
		return badArgument(op, "Person", "is PersonAsOpened, but nothing was opened with anybody's data: name the person, or give AnyPerson")
	}
	return p.validateExpected(op)
}

// isIn compares the person with the reported identities. It returns an error that says
// what differs, and nil if nothing differs. compared says that the platform compared the
// face with the data given at the opening of the flow; only PersonAsOpened asks for it.
func (p *Person) isIn(reports []identity, compared bool) error {
	switch p.whom {
	case anybody:
		return nil
	case asOpened:
		for _, r := range reports {
			if anyOf(r.numbers) || anyOf(r.names) {
				return fmt.Errorf("%w: the result names somebody in %s, so PersonAsOpened cannot be used: give the person who is expected", ErrOtherPerson, r.place)
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

// and joins the agreement of one place to that of the other places. One place that
// differs outweighs all others.
func (a Agreement) and(next Agreement) Agreement {
	switch {
	case a == Differs || next == Differs:
		return Differs
	case a == Agrees || next == Agrees:
		return Agrees
	}
	return a
}

// agreement compares one expected value with the values of one place. want must be
// folded already, and fold is applied to the values.
func agreement(want string, values []string, fold func(string) string) Agreement {
	result := NotReported
	for _, value := range values {
		switch got := fold(value); {
		case !utf8.ValidString(value): // two values that each lost a character would agree
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

// isMasked reports whether the platform hid part of a value. A masked value neither
// agrees nor differs.
func isMasked(value string) bool { return strings.ContainsAny(value, "*＊") }

// foldNumber makes numbers comparable. The case of letters (X), the full-width forms of
// ASCII, blanks, dashes and round brackets do not count. Everything else counts.
func foldNumber(number string) string {
	return strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' { // the full-width forms stand in the order of ASCII
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

// foldName makes names comparable. Compatibility forms and composition, the case of
// letters, invisible characters and the kind of a dot or an apostrophe do not count.
// Blanks, hyphens and commas become one blank. The blank counts only between two letters
// of an alphabet, where it separates names.
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

// nameDots are the dots that people write between the parts of a name. U+00B7 is the dot
// of Chinese documents.
const nameDots = "·.•‧∙⋅・●˙ꞏᐧ⸱⸳。"

// isAlphabetic reports whether a blank beside the letter separates words. It does so in
// all scripts but those of Chinese and Japanese.
func isAlphabetic(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsMark(r)) && !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Bopomofo)
}

// isInvisible reports whether a character cannot be seen.
func isInvisible(r rune) bool {
	return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r) || r == '\u034f'
}

// hangulFillers are letters that look like blanks.
var hangulFillers = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x115f, Hi: 0x1160, Stride: 1}, {Lo: 0x3164, Hi: 0x3164, Stride: 1}, {Lo: 0xffa0, Hi: 0xffa0, Stride: 1},
}}

// otherThan makes the error of a decision whose result is of another person, or of
// nobody who was compared.
func otherThan(op, orderNo, seq, requestID string, product Product, err error) *Error {
	family := FamilyOtherPerson
	if err == ErrNotCompared { //nolint:errorlint // identity is meant
		family = FamilyNotCompared
	}
	return &Error{Op: op, Product: product, Family: family, OrderNo: orderNo, BizSeqNo: seq, RequestID: redactText(requestID, nil), HTTPStatus: 200, Err: err}
}
