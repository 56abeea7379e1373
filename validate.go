package faceid

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// isAlnum reports whether s holds letters and digits of ASCII only.
func isAlnum(s string) bool { return !strings.ContainsFunc(s, isOther) }

// isWord reports whether s holds letters and digits of ASCII, hyphens and underscores only.
func isWord(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return isOther(r) && r != '-' && r != '_' })
}

// isOther reports whether r is neither a letter nor a digit of ASCII.
func isOther(r rune) bool {
	return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

func validateOrderNo(op, orderNo string) error {
	switch {
	case orderNo == "":
		return badArgument(op, "OrderNo", "is empty")
	case len(orderNo) > maxOrderNo:
		return badArgument(op, "OrderNo", "has %d bytes, at most %d are allowed", len(orderNo), maxOrderNo)
	case !isAlnum(orderNo):
		return badArgument(op, "OrderNo", "may hold letters and digits only")
	}
	return nil
}

// validateUserID refuses an id that is empty, too long, or holds special characters,
// as the documents do. Hyphen and underscore are allowed here.
func validateUserID(op, userID string, most int) error {
	switch {
	case userID == "":
		return badArgument(op, "UserID", "is empty")
	case len(userID) > most:
		return badArgument(op, "UserID", "has %d bytes, at most %d are allowed", len(userID), most)
	case !isWord(userID):
		return badArgument(op, "UserID", "may hold letters, digits, hyphens and underscores only")
	}
	return nil
}

// The following functions refuse names, numbers and other texts. A form, a spreadsheet
// or a scanner may leave characters in a text that nobody sees. Such a text would match
// nobody, and the platform charges for a mismatch.

// validateName refuses a name with characters that nobody sees, with white space at its
// ends, or with a blank that is not an ASCII space. A name may be of any script.
func validateName(op, field, value string) error {
	if strings.TrimSpace(value) != value {
		return badArgument(op, field, "begins or ends with white space")
	}
	if err := validateVisible(op, field, value); err != nil {
		return err
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r != ' ' && unicode.IsSpace(r) }) {
		return badArgument(op, field, "holds a blank that is not an ASCII space")
	}
	return nil
}

// validateSpoken refuses a text that a person hears or says, if it is blank or holds
// characters that nobody sees. An empty text passes.
func validateSpoken(op, field, text string) error {
	if text != "" && strings.TrimSpace(text) == "" {
		return badArgument(op, field, "is blank")
	}
	return validateVisible(op, field, text)
}

// validateVisible refuses a text that is not UTF-8, or that holds characters that
// nobody sees.
func validateVisible(op, field, text string) error {
	if !utf8.ValidString(text) {
		return badArgument(op, field, "is not valid UTF-8")
	}
	for _, r := range text {
		if what := mangled(r); what != "" {
			return badArgument(op, field, "holds %s", what)
		}
	}
	return nil
}

// validateNumber refuses the number of a document if it holds anything but letters and
// digits. It does not look at the check digit: the platform does.
func validateNumber(op, field, value string) error {
	return validatePlain(op, field, value, "letters and digits", func(r rune) bool { return !isOther(r) })
}

// validateDigits refuses the number of a bank card or of a phone if it holds anything
// but digits.
func validateDigits(op, field, value string) error {
	return validatePlain(op, field, value, "digits", func(r rune) bool { return r >= '0' && r <= '9' })
}

// validateToken refuses a value of the platform that is sent back as it is, if it is
// empty or holds anything but printable ASCII: a token, or the ID of an order, a rule or
// a merchant.
func validateToken(op, field, token string) error {
	if token == "" {
		return badArgument(op, field, "is empty")
	}
	return validatePlain(op, field, token, "printable ASCII without blanks", func(r rune) bool { return r > ' ' && r <= '~' })
}

// validatePlain refuses a value that holds a character which the kind does not allow.
// The error describes the first such character.
func validatePlain(op, field, value, kind string, allowed func(rune) bool) error {
	if !utf8.ValidString(value) {
		return badArgument(op, field, "is not valid UTF-8")
	}
	for _, r := range value {
		if !allowed(r) {
			return badArgument(op, field, "holds %s: it may hold %s only", strange(r), kind)
		}
	}
	return nil
}

// strange describes a character that is not allowed, without quoting it.
func strange(r rune) string {
	if what := mangled(r); what != "" {
		return what
	}
	switch {
	case unicode.IsSpace(r):
		return "a blank"
	case unicode.Is(unicode.Dash, r):
		return "a hyphen"
	case r >= 0xFF01 && r <= 0xFF5E:
		return "a full-width character"
	case r <= '~' && unicode.IsLetter(r):
		return "a letter"
	case unicode.IsDigit(r):
		return "a digit that is not ASCII"
	}
	return "a character of another kind"
}

// mangled describes a character that does not belong in a text, because nobody sees it
// or because it stands for a character that was lost. It returns "" for all other
// characters. Characters of private use are allowed, because rare names need them.
func mangled(r rune) string {
	switch {
	case r == utf8.RuneError:
		return "U+FFFD, which stands for a character that was lost"
	case r == 0xFFFC || r&0xFFFE == 0xFFFE || r >= 0xFDD0 && r <= 0xFDEF:
		return "a code point that is no character"
	case unicode.IsControl(r) || r == 0x2028 || r == 0x2029:
		return "a control character"
	case unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) || r == 0x2800:
		return "an invisible character"
	}
	return ""
}

// isImage reports whether data begins as a JPG, PNG or BMP file does.
func isImage(data []byte) bool {
	return bytes.HasPrefix(data, []byte("\xFF\xD8\xFF")) ||
		bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")) ||
		bytes.HasPrefix(data, []byte("BM")) && len(data) >= 26 // 26 bytes are the file header and the smallest info header
}

// secretFault says what is wrong with a secret without quoting it, and returns "" for a
// good one. A pasted line break is the usual mistake.
func secretFault(secret string) string {
	if secret == "" {
		return "secret is empty"
	}
	if len(secret) > 64 {
		return fmt.Sprintf("secret has %d bytes, at most 64 are allowed", len(secret))
	}
	return textFault("secret", secret)
}

// textFault says what is wrong with the bytes of a secret or a key. name is the word for
// it in the answer. An empty key passes.
func textFault(name, key string) string {
	for _, b := range []byte(key) {
		if b <= ' ' || b > '~' {
			return name + " may hold printable ASCII without blanks only"
		}
	}
	return ""
}
