package wire

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
)

// Exact makes encoding/json match names exactly: it would take "errcode" for a
// field ErrCode, and of two members that fold alike the later. Members whose
// names differ from one that t has by case alone lose their names, in place. A
// text that is no JSON stays as it is.
func Exact(text []byte, t reflect.Type) {
	if json.Valid(text) {
		(&walker{text: text}).value(t)
	}
}

// Strings returns the strings of a JSON text, without the names of members and
// without those that take more than most bytes.
func Strings(text []byte, most int) []string {
	var all []string
	if json.Valid(text) {
		(&walker{text: text, leaf: func(quoted []byte) {
			if len(quoted) <= most+2 {
				all = append(all, unquote(quoted))
			}
		}}).value(nil)
	}
	return all
}

func unquote(quoted []byte) (s string) {
	_ = json.Unmarshal(quoted, &s) // it is valid
	return s
}

// walker walks once over a valid JSON text, beside the type it is meant for.
type walker struct {
	text []byte
	at   int
	leaf func(quoted []byte) // gets every string
}

func (w *walker) value(t reflect.Type) {
	t = shape(t)
	switch w.next() {
	case '{':
		fields := fieldsOf(t)
		for w.at++; w.next() != '}'; {
			key := w.quoted()
			field := fields.find(key)
			w.next()
			w.at++ // the colon
			if t != nil && t.Kind() == reflect.Map {
				field = t.Elem()
			}
			w.value(field)
			w.comma()
		}
		w.at++
	case '[':
		var element reflect.Type
		if t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) {
			element = t.Elem()
		}
		for w.at++; w.next() != ']'; w.comma() {
			w.value(element)
		}
		w.at++
	case '"':
		if quoted := w.quoted(); w.leaf != nil {
			w.leaf(quoted)
		}
	default:
		for w.at < len(w.text) && !bytes.ContainsRune([]byte(",]} \t\r\n"), rune(w.text[w.at])) {
			w.at++
		}
	}
}

// next skips blanks.
func (w *walker) next() byte {
	for {
		switch c := w.text[w.at]; c {
		case ' ', '\t', '\r', '\n':
			w.at++
		default:
			return c
		}
	}
}

func (w *walker) comma() {
	if w.next() == ',' {
		w.at++
	}
}

// quoted takes a string, with its quotes.
func (w *walker) quoted() []byte {
	start := w.at
	for w.at++; w.text[w.at] != '"'; w.at++ {
		if w.text[w.at] == '\\' {
			w.at++
		}
	}
	w.at++
	return w.text[start:w.at]
}

// shape is what a value of the type looks like in JSON; nil if it reads itself.
func shape(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return nil
	}
	return t
}

// fields are those of a struct by their names in JSON.
type fields map[string]field

type field struct {
	typ   reflect.Type
	index []int
}

func fieldsOf(t reflect.Type) fields {
	if t == nil || t.Kind() != reflect.Struct {
		return nil
	}
	all := fields{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || !f.IsExported() || f.Anonymous && name == "" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		if other, ok := all[name]; !ok || len(f.Index) < len(other.index) {
			all[name] = field{f.Type, f.Index}
		}
	}
	return all
}

// find returns the type of a member, and takes the name from one that only looks
// like it.
func (f fields) find(quoted []byte) reflect.Type {
	if f == nil {
		return nil
	}
	name := unquote(quoted)
	if known, ok := f[name]; ok {
		return known.typ
	}
	for known := range f {
		if strings.EqualFold(known, name) {
			inner := quoted[1 : len(quoted)-1]
			copy(inner, bytes.Repeat([]byte("-"), len(inner)))
			break
		}
	}
	return nil
}
