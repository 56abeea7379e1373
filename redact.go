package faceid

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longRun matches texts that look like a token, a ticket, a signature or media.
// Serial numbers are shorter.
var longRun = regexp.MustCompile(`[A-Za-z0-9+/=_-]{` + strconv.Itoa(longRunLength) + `,}`)

const longRunLength = 40

const (
	mostText   = 300      // runes that are kept of a text that came from outside
	mostToRead = 16 << 10 // bytes that are read of such a text, which may have megabytes
	redacted   = "[redacted]"
)

// redactText cleans a text that came from outside. It takes out private values,
// texts that look like private values, and control characters, and shortens the rest.
func redactText(text string, private []string) string {
	cut := len(text) > mostToRead
	if cut {
		text = text[:mostToRead]
	}
	text = strings.ToValidUTF8(text, "\uFFFD")
	for _, p := range private {
		if len(p) > 1 { // a single letter stands in nearly every text
			text = replaceFold(text, p)
		}
	}
	if len(text) >= longRunLength {
		text = longRun.ReplaceAllString(text, redacted)
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	if utf8.RuneCountInString(text) > mostText {
		return string([]rune(text)[:mostText]) + "…"
	}
	if cut { // the end of the text is a cut, which may have left half a private value
		whole := 0
		if last := strings.LastIndex(text, redacted); last >= 0 {
			whole = last + len(redacted)
		}
		return text[:whole] + "…"
	}
	return text
}

// mostToFold is the length of the longest text in which containsFold looks. It saves two
// copies of the value, but its time is the product of both lengths.
const mostToFold = 512

// replaceFold takes out a value without regard to case, because the platform may
// write the X of an ID number in either case.
func replaceFold(text, value string) string {
	if isASCII(value) && (len(text) < len(value) || len(text) <= mostToFold && !containsFold(text, value)) { // other texts may change their length with their case
		return text
	}
	for _, v := range []string{value, strings.ToUpper(value), strings.ToLower(value)} {
		text = strings.ReplaceAll(text, v, redacted)
	}
	return text
}

// containsFold reports whether text contains a value of ASCII, without regard to case. The
// value is not empty.
func containsFold(text, value string) bool {
	const small = 'a' - 'A' // the bit by which small letters differ
	for len(text) >= len(value) {
		if text[0]|small == value[0]|small && strings.EqualFold(text[:len(value)], value) {
			return true
		}
		text = text[1:]
	}
	return false
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
