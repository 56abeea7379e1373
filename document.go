package faceid

import (
	"strings"
	"time"
	"unicode"
)

// This file holds the types of documents that are read from a picture (OCR) or from a
// chip (NFC).

// Sex is the sex of a person in the words of the document.
type Sex string

// These are the words on Chinese documents.
const (
	SexMale   Sex = "男"
	SexFemale Sex = "女"
)

// Validity is a document's period of validity.
type Validity struct {
	Text     string    // as the platform wrote it
	From, To time.Time // first and last day, midnight in China; zero if they could not be read
	LongTerm bool      // 长期: the period has no end, and To is zero
}

// Covers reports whether the document is valid at t, as far as the period could be
// read. The document is valid from its first day on, until its last day has ended in
// China.
func (v Validity) Covers(t time.Time) bool {
	if !v.From.IsZero() && t.Before(v.From) {
		return false
	}
	return v.LongTerm || !v.To.IsZero() && t.Before(v.To.AddDate(0, 0, 1))
}

const longTerm = "长期"

// parseValidity reads "20190128-20390128" and "20190128-长期". A day that it cannot
// read stays zero, because no text of a document may spoil an answer.
func parseValidity(text string) Validity {
	v := Validity{Text: text}
	from, to, ok := strings.Cut(strings.TrimSpace(text), "-")
	if !ok {
		return v
	}
	v.From = parseDate(from)
	v.setEnd(to)
	return v
}

func (v *Validity) setEnd(text string) {
	if v.LongTerm = strings.TrimSpace(text) == longTerm; !v.LongTerm {
		v.To = parseDate(text)
	}
}

// parseDate reads the eight digits of a day, whatever stands between them. It returns
// zero for a text that is no day.
func parseDate(text string) time.Time {
	digits := strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, text)
	t, err := time.ParseInLocation("20060102", digits, chinaTime)
	if err != nil {
		return time.Time{}
	}
	return t
}
