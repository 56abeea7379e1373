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

// Member returns the field of a struct that JSON knows under this name, if it has
// one that is not in an embedded pointer that is nil.
func Member(v reflect.Value, name string) reflect.Value {
	known, ok := fieldsOf(v.Type())[name]
	if !ok {
		return reflect.Value{}
	}
	member, err := v.FieldByIndexErr(known.index)
	if err != nil {
		return reflect.Value{}
	}
	return member
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
