package faceid

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of the documents, in bytes.
const (
	maxOrderNo       = 32
	maxUserID        = 32
	maxUserIDHarmony = 30
	maxPhoto         = 500 * 1024
)

func isAlnum(s string) bool {
	for _, b := range []byte(s) {
		if !(b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z') {
			return false
		}
	}
	return true
}

func checkOrderNo(op, orderNo string) error {
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

// checkUserID refuses special characters, as the documents do; hyphen and
// underscore are not counted among them here.
func checkUserID(op, userID string, most int) error {
	switch {
	case userID == "":
		return badArgument(op, "UserID", "is empty")
	case len(userID) > most:
		return badArgument(op, "UserID", "has %d bytes, at most %d are allowed", len(userID), most)
	case !isAlnum(strings.NewReplacer("-", "", "_", "").Replace(userID)):
		return badArgument(op, "UserID", "may hold letters, digits, hyphens and underscores only")
	}
	return nil
}

// What names, numbers and other texts may hold. A form, a spreadsheet or a scanner
// may leave characters in a text that nobody sees. Such a text would match nobody,
// and the platform charges for a mismatch.

// checkName checks the name of a person in any script.
func checkName(op, field, value string) error {
	if strings.TrimSpace(value) != value {
		return badArgument(op, field, "begins or ends with white space")
	}
	if err := checkVisible(op, field, value); err != nil {
		return err
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r != ' ' && unicode.IsSpace(r) }) {
		return badArgument(op, field, "holds a blank that is not an ASCII space")
	}
	return nil
}

// checkSpoken checks a text that a person is asked to say, or is asked.
func checkSpoken(op, field, text string) error {
	if text != "" && strings.TrimSpace(text) == "" {
		return badArgument(op, field, "is blank")
	}
	return checkVisible(op, field, text)
}

// checkVisible refuses a text that is not UTF-8, or that holds what nobody sees.
func checkVisible(op, field, text string) error {
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

// checkNumber checks the number of a document: letters and digits, whatever the
// kind. Whether its check digit is right is the platform's business.
func checkNumber(op, field, value string) error {
	return checkPlain(op, field, value, "letters and digits", isAlnum)
}

// checkDigits checks the number of a bank card or of a phone.
func checkDigits(op, field, value string) error {
	return checkPlain(op, field, value, "digits", func(s string) bool { return strings.Trim(s, "0123456789") == "" })
}

// checkToken checks what the platform gave, to be sent back as it is: a token, an
// ID, the ID of a rule or of a merchant.
func checkToken(op, field, token string) error {
	if token == "" {
		return badArgument(op, field, "is empty")
	}
	return checkPlain(op, field, token, "printable ASCII without blanks", func(s string) bool {
		return strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
	})
}

// checkPlain refuses what is not made of what the kind allows, and says what the
// first strange character is.
func checkPlain(op, field, value, kind string, allowed func(string) bool) error {
	if !utf8.ValidString(value) {
		return badArgument(op, field, "is not valid UTF-8")
	}
	for _, r := range value {
		if !allowed(string(r)) {
			return badArgument(op, field, "holds %s: it may hold %s only", strange(r), kind)
		}
	}
	return nil
}

// strange says what kind of character it is, without quoting it.
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

// mangled says why a character does not belong in a text: nobody sees it, or it
// stands for one that was lost. It returns "" for all others. Private use is
// allowed: rare names need it.
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

func (p *Person) check(op string, mostUserID int) error {
	if err := checkUserID(op, p.UserID, mostUserID); err != nil {
		return err
	}
	if err := checkName(op, "Name", p.Name); err != nil {
		return err
	}
	if err := checkNumber(op, "IDNo", p.IDNo); err != nil {
		return err
	}
	switch {
	case p.Name != "" && p.IDNo == "":
		return badArgument(op, "IDNo", "is empty, but Name is not: give both or neither")
	case p.Name == "" && p.IDNo != "":
		return badArgument(op, "Name", "is empty, but IDNo is not: give both or neither")
	case p.Name == "" && len(p.Photo) == 0:
		return badArgument(op, "Name", "is empty: name and IDNo are required unless there is a Photo")
	}
	return p.checkPhoto(op)
}

func (p *Person) checkPhoto(op string) error {
	switch {
	case len(p.Photo) == 0 && p.PhotoType != "":
		return badArgument(op, "PhotoType", "is set, but there is no Photo")
	case len(p.Photo) == 0:
		return nil
	case len(p.Photo) > maxPhoto:
		return badArgument(op, "Photo", "has %d bytes, at most %d (500 KB) are allowed", len(p.Photo), maxPhoto)
	case !isImage(p.Photo):
		return badArgument(op, "Photo", "is not a JPG, PNG or BMP image")
	case p.PhotoType != PhotoWatermarked && p.PhotoType != PhotoClear:
		return badArgument(op, "PhotoType", "must be PhotoWatermarked or PhotoClear")
	}
	return nil
}

// isImage judges by content, not by name.
func isImage(data []byte) bool {
	return bytes.HasPrefix(data, []byte("\xFF\xD8\xFF")) ||
		bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")) ||
		bytes.HasPrefix(data, []byte("BM")) && len(data) >= 26 // a file and the smallest info header
}
