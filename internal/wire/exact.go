package wire

import (
	"bytes"
	"cmp"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"sync"
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
	typ   reflect.Type // nil if several have the name
	index []int
	named bool // by a tag
}

// fieldsOf finds them once for every type.
func fieldsOf(t reflect.Type) fields {
	if t == nil || t.Kind() != reflect.Struct {
		return nil
	}
	known, ok := allFields.Load(t)
	if !ok {
		known, _ = allFields.LoadOrStore(t, findFields(t))
	}
	return known.(fields)
}

var allFields sync.Map // of reflect.Type

// findFields finds them as encoding/json does: what is embedded without a name
// lends its fields. Of those with one name the shallowest counts; of several, the
// one whose tag says so, or none.
func findFields(t reflect.Type) fields {
	all := fields{}
	seen := map[reflect.Type]bool{}
	for level := []field{{typ: t}}; len(level) > 0; {
		var deeper []field
		here := fields{}
		for _, outer := range level {
			for i := range outer.typ.NumField() {
				f := outer.typ.Field(i)
				index := append(slices.Clip(outer.index), i)
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				lends := f.Anonymous && embedded(f.Type).Kind() == reflect.Struct
				switch {
				case f.Tag.Get("json") == "-" || !f.IsExported() && !lends:
				case lends && name == "":
					deeper = append(deeper, field{typ: embedded(f.Type), index: index})
				default:
					here.add(cmp.Or(name, f.Name), field{f.Type, index, name != ""})
				}
			}
		}
		for name, f := range here {
			if _, hidden := all[name]; !hidden {
				all[name] = f
			}
		}
		for _, outer := range level {
			seen[outer.typ] = true
		}
		level = slices.DeleteFunc(deeper, func(f field) bool { return seen[f.typ] })
	}
	return all
}

// embedded is the struct that an embedded field stands for.
func embedded(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// add adds a field to those of one depth.
func (f fields) add(name string, added field) {
	switch other, ok := f[name]; {
	case !ok || added.named && !other.named:
		f[name] = added
	case added.named == other.named:
		f[name] = field{named: added.named}
	}
}

// Member returns the field of a struct that JSON knows under this name, if it has
// one that is not in an embedded pointer that is nil.
func Member(v reflect.Value, name string) reflect.Value {
	known, ok := fieldsOf(v.Type())[name]
	if !ok || known.typ == nil {
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
