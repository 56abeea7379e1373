package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Object is a JSON object whose members are found by their exact names.
// encoding/json alone would match them without regard to case. In what Read has
// read no two have the same name. It is a list: answers are short, and maps cost
// more than they give.
type Object []member

type member struct{ name, raw []byte }

// ParseObject reads a member that should be an object; null is a nil one. raw is
// JSON, and the members stay parts of it.
func ParseObject(raw json.RawMessage) (Object, error) {
	w := walker{text: raw}
	switch w.next() {
	case '{':
	case 'n':
		return nil, nil
	default:
		return nil, ErrNotObject
	}
	o := make(Object, 0, min(16, len(raw)/8)) // as many as most have, and few for what is short
	for w.at++; w.next() != '}'; w.comma() {
		name := nameOf(w.quoted())
		w.next()
		w.at++ // the colon
		o = append(o, member{name, w.raw()})
	}
	return o, nil
}

// ErrNotObject says that a text is not one whole JSON object.
var ErrNotObject = errors.New("not a JSON object")

// parseArray reads a member that should be an array; null is a nil one.
func parseArray(raw json.RawMessage) (all []json.RawMessage, ok bool) {
	w := walker{text: raw}
	switch w.next() {
	case '[':
	case 'n':
		return nil, true
	default:
		return nil, false
	}
	for w.at++; w.next() != ']'; w.comma() {
		all = append(all, w.raw())
	}
	return all, true
}

// unquote reads a JSON string.
func unquote(quoted []byte) string { return string(nameOf(quoted)) }

// nameOf is unquote without a copy, where there is nothing to undo. What is no
// string of JSON is empty.
func nameOf(quoted []byte) []byte {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return inner
	}
	// encoding/json would take as much memory as the escapes do, each time.
	name := make([]byte, 0, max(0, len(inner)-3*bytes.Count(inner, []byte(`\u`)))) // what is no JSON may count more
	for i := 0; i < len(inner); {
		if inner[i] != '\\' {
			r, size := utf8.DecodeRune(inner[i:])
			name = utf8.AppendRune(name, r)
			i += size
			continue
		}
		r, length := unescapeRune(inner[i:])
		if length == 0 {
			return nil
		}
		name = utf8.AppendRune(name, r)
		i += length
	}
	return name
}

// unescapeRune reads the escape, or the pair of them, that text begins with. Its
// length is 0 if it is none.
func unescapeRune(text []byte) (r rune, length int) {
	const short, meant = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	if len(text) < 2 {
		return 0, 0
	}
	if i := strings.IndexByte(short, text[1]); i >= 0 {
		return rune(meant[i]), 2
	}
	first, ok := escapedUnit(text)
	if !ok {
		return 0, 0
	}
	if utf16.IsSurrogate(first) {
		second, _ := escapedUnit(text[6:])
		if pair := utf16.DecodeRune(first, second); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return first, 6 // half a pair is appended as U+FFFD
}

// escapedUnit reads \uXXXX.
func escapedUnit(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' || slices.ContainsFunc(text[2:6], isNoDigit) {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return rune(unit), err == nil
}

// TypeError says that a member has a type it cannot have.
type TypeError struct{ Field, Want string }

func (e *TypeError) Error() string { return fmt.Sprintf("member %q is not %s", e.Field, e.Want) }

func (o Object) raw(name string) (json.RawMessage, bool) {
	for i := len(o) - 1; i >= 0; i-- {
		if string(o[i].name) == name {
			return o[i].raw, !isNull(o[i].raw)
		}
	}
	return nil, false
}

func isNull(raw json.RawMessage) bool { return len(raw) > 0 && raw[0] == 'n' }

// Member returns a member as it stands, null if it is absent.
func (o Object) Member(name string) json.RawMessage {
	if raw, ok := o.raw(name); ok {
		return raw
	}
	return json.RawMessage("null")
}

// Text returns a member that is a string or a number, "" if it is absent.
func (o Object) Text(name string) (string, error) {
	raw, ok := o.raw(name)
	if !ok {
		return "", nil
	}
	if text, ok := scalar(raw); ok {
		return text, nil
	}
	return "", &TypeError{name, "a string or a number"}
}

// LooseText is Text for what stands beside the answer: a list is its elements
// with commas between, and anything else is absent.
func (o Object) LooseText(name string) string {
	raw, ok := o.raw(name)
	if !ok {
		return ""
	}
	if text, ok := scalar(raw); ok {
		return text
	}
	list, _ := parseArray(raw)
	var all []string
	for _, raw := range list {
		if text, ok := scalar(raw); ok && text != "" {
			all = append(all, text)
		}
	}
	return strings.Join(all, ",")
}

// Number returns a member that is a whole number, or a string of one.
func (o Object) Number(name string) (int64, error) {
	text, err := o.Text(name)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, &TypeError{name, "a whole number"}
	}
	return n, nil
}

// Contradicts reports whether both objects have a member of one name that says
// something else in each.
func (o Object) Contradicts(other Object) bool {
	return slices.ContainsFunc(o, func(m member) bool {
		raw, ok := other.raw(string(m.name))
		return ok && !isNull(m.raw) && differ(m.raw, raw)
	})
}

// scalar reads a string, or a number in its own spelling.
func scalar(raw json.RawMessage) (text string, ok bool) {
	switch c := raw[0]; {
	case c == '"':
		return unquote(raw), true
	case c == '-' || c >= '0' && c <= '9':
		return string(raw), true
	}
	return "", false
}
