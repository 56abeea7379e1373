package faceid

import (
	"bytes"
	"net"
	"net/url"
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

// checkIdentity refuses what would be signed or stored differently from what
// the person typed: invalid UTF-8, control characters, blanks at the ends.
func checkIdentity(op, field, value string) error {
	switch {
	case !utf8.ValidString(value):
		return badArgument(op, field, "is not valid UTF-8")
	case strings.TrimSpace(value) != value:
		return badArgument(op, field, "begins or ends with white space")
	case strings.ContainsFunc(value, unicode.IsControl):
		return badArgument(op, field, "holds a control character")
	}
	return nil
}

// checkSpoken refuses what nobody can say.
func checkSpoken(op, field, text string) error {
	switch {
	case !utf8.ValidString(text):
		return badArgument(op, field, "is not valid UTF-8")
	case text != "" && strings.TrimSpace(text) == "":
		return badArgument(op, field, "is blank")
	case strings.ContainsFunc(text, unicode.IsControl):
		return badArgument(op, field, "holds a control character")
	}
	return nil
}

func (p *Person) check(op string, mostUserID int) error {
	if err := checkUserID(op, p.UserID, mostUserID); err != nil {
		return err
	}
	if err := checkIdentity(op, "Name", p.Name); err != nil {
		return err
	}
	if err := checkIdentity(op, "IDNo", p.IDNo); err != nil {
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

// callbackNames are the parameters that the platform appends to the redirect
// URL.
var callbackNames = []string{
	"code", "orderNo", "faceId", "h5faceId", "newSignature", "newSign", "liveRate", "faceCode", "willCode",
}

func checkRedirectURL(op, text string) error {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return badArgument(op, "RedirectURL", "is empty")
	case err != nil:
		return badArgument(op, "RedirectURL", "is not a URL")
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil:
		return badArgument(op, "RedirectURL", "must be an absolute http or https URL without user info")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return badArgument(op, "RedirectURL", "its query is malformed")
	}
	for _, name := range callbackNames {
		if query.Has(name) { // the callback would carry it twice and be refused
			return badArgument(op, "RedirectURL", "its query holds %q, which the platform appends", name)
		}
	}
	return nil
}

// isBareHost reports whether text is a host name with an optional port and
// nothing else: no scheme, path, user or blank.
func isBareHost(text string) bool {
	host := text
	if h, port, err := net.SplitHostPort(text); err == nil {
		if port == "" || strings.Trim(port, "0123456789") != "" {
			return false
		}
		host = h
	}
	if host == "" || len(host) > 253 {
		return false
	}
	for _, label := range strings.Split(host, ".") {
		if label == "" || strings.HasPrefix(label, "-") || !isAlnum(strings.ReplaceAll(label, "-", "")) {
			return false
		}
	}
	return true
}
