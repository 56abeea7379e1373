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

// Exact prepares a JSON text so that encoding/json matches the names of its
// members exactly. encoding/json alone would take "errcode" for a field ErrCode,
// and of two members whose names differ by case alone it would take the later.
// Exact overwrites, in place, the names that differ by case alone from a name
// that t has. It leaves a text that is not JSON as it is.
func Exact(text []byte, t reflect.Type) {
	if json.Valid(text) {
		(&walker{text: text}).value(t)
	}
}

// Strings returns the strings of a JSON text. It leaves out the names of members,
// and strings of more than most bytes.
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

// shape returns the type below the pointers of t. It returns nil if the type reads
// its JSON by itself.
func shape(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return nil
	}
	return t
}

// fields holds the fields of a struct by their names in JSON.
type fields map[string]field

type field struct {
	typ   reflect.Type // nil if several fields have this name
	index []int
	named bool // a tag gives the name
}

// fieldsOf returns the fields of a struct type, and finds them once for every type.
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

var allFields sync.Map // the fields of each reflect.Type

// findFields finds the fields of a struct type by the rules of encoding/json. The
// fields of an embedded struct without a name of its own count as fields of the
// outer struct. Of several fields with one name the shallowest counts. At one
// depth the field whose tag gives the name counts; if there are several of these,
// or none, no field counts.
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

// embedded returns the struct type of an embedded field, which may be a pointer.
func embedded(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// add adds a field to the fields of the same depth.
func (f fields) add(name string, added field) {
	switch other, ok := f[name]; {
	case !ok || added.named && !other.named:
		f[name] = added
	case added.named == other.named:
		f[name] = field{named: added.named}
	}
}

// Member returns the field of a struct that has this name in JSON. It returns the
// zero Value if there is none, or if the field is inside an embedded pointer that
// is nil.
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

// find returns the type of the member with this name. If the name differs from a
// field's name by case alone, find overwrites it.
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
