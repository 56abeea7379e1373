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
// encoding/json alone would match them without regard to case. In an object that
// Read has read, no two members have the same name. Object is a list and not a
// map: answers are short, and a map would cost more than it saves.
type Object []member

type member struct{ name, raw []byte }

// ParseObject reads a JSON value that should be an object. The value null is a nil
// Object. raw must be valid JSON, and the members of the Object are parts of raw.
func ParseObject(raw json.RawMessage) (Object, error) {
	w := walker{text: raw}
	switch w.next() {
	case '{':
	case 'n':
		return nil, nil
	default:
		return nil, ErrNotObject
	}
	var few [16]member // most objects have no more; a list of known length takes no memory in vain
	var many Object
	n := 0
	for w.at++; w.next() != '}'; w.comma() {
		name := nameOf(w.quoted())
		w.next()
		w.at++ // the colon
		m := member{name, w.raw()}
		if n < len(few) {
			few[n] = m
			n++
			continue
		}
		if many == nil {
			many = append(make(Object, 0, 2*len(few)), few[:]...)
		}
		many = append(many, m)
	}
	if many != nil {
		return many, nil
	}
	return append(make(Object, 0, n), few[:n]...), nil
}

// ErrNotObject says that a text is not one whole JSON object.
var ErrNotObject = errors.New("not a JSON object")

// parseArray reads a JSON value that should be an array. The value null is a nil
// list.
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

// unquote returns the text of a JSON string.
func unquote(quoted []byte) string { return string(nameOf(quoted)) }

// nameOf is unquote, but does not copy a string without escapes. The result is
// empty if the string has an escape that JSON does not have.
func nameOf(quoted []byte) []byte {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return inner
	}
	// encoding/json would use as much memory as the escapes take, for every name.
	// The capacity could be negative only for a text that is not JSON, hence the max.
	name := make([]byte, 0, max(0, len(inner)-3*bytes.Count(inner, []byte(`\u`))))
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

// unescapeRune reads the escape at the beginning of text, or the pair of escapes
// that make one character. The length is 0 if text does not begin with an escape.
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
	return first, 6 // AppendRune writes half a pair as U+FFFD
}

// escapedUnit reads an escape of the form \uXXXX.
func escapedUnit(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' || slices.ContainsFunc(text[2:6], isNoDigit) {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return rune(unit), err == nil
}

// TypeError says that a member has a value that it cannot have.
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

// Member returns a member as it stands in the text, and null if it is absent.
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
	return textOf(name, raw)
}

// textOf returns the value of a member that is a string or a number.
func textOf(name string, raw json.RawMessage) (string, error) {
	if text, ok := scalar(raw); ok {
		return text, nil
	}
	return "", &TypeError{name, "a string or a number"}
}

// LooseText is Text for a member whose wrong type must not spoil the answer. It
// returns a list as its elements with commas between them, and any other value as
// "".
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

// Number returns a member that is a whole number or a string of one.
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

// Contradicts reports whether both objects have a member of the same name with
// different values.
func (o Object) Contradicts(other Object) bool {
	return slices.ContainsFunc(o, func(m member) bool {
		raw, ok := other.raw(string(m.name))
		return ok && !isNull(m.raw) && differ(m.raw, raw)
	})
}

// scalar returns a string, or a number as it is spelt in the text.
func scalar(raw json.RawMessage) (text string, ok bool) {
	plain, ok := scalarBytes(raw)
	return string(plain), ok
}

// scalarBytes is scalar, but does not copy what has no escapes.
func scalarBytes(raw json.RawMessage) (text []byte, ok bool) {
	switch c := raw[0]; {
	case c == '"':
		return nameOf(raw), true
	case c == '-' || c >= '0' && c <= '9':
		return raw, true
	}
	return nil, false
}
