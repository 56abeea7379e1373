package wire

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strconv"
	"sync"
)

// PlaceOf returns the place of a value of type t. The files of such a value are
// the fields and elements that encoding/json would read from base64.
func PlaceOf(t reflect.Type) *Place {
	if place, ok := placesOf.Load(t); ok {
		return place.(*Place)
	}
	place := placeOf(t, map[reflect.Type]*Place{})
	placesOf.Store(t, place)
	return place
}

var placesOf sync.Map // the *Place of each reflect.Type

func placeOf(t reflect.Type, known map[reflect.Type]*Place) *Place {
	t = shape(t)
	if t == nil {
		return nil
	}
	if place, ok := known[t]; ok { // a type may contain itself
		return place
	}
	switch {
	case isFile(t):
		return File
	case t.Kind() == reflect.Slice:
		place := &Place{}
		known[t] = place
		if place.Each = placeOf(t.Elem(), known); place.Each != nil {
			return place
		}
	case t.Kind() == reflect.Struct:
		place := &Place{Members: map[string]*Place{}}
		known[t] = place
		for name, f := range fieldsOf(t) {
			if member := placeOf(f.typ, known); member != nil {
				place.Members[name] = member
			}
		}
		return place
	}
	return nil
}

// isFile reports whether encoding/json would read a value of the type from base64.
func isFile(t reflect.Type) bool {
	if t.Kind() != reflect.Slice || t.Elem().Kind() != reflect.Uint8 {
		return false
	}
	own := reflect.PointerTo(t)
	element := reflect.PointerTo(t.Elem())
	return !own.Implements(textReader) && !element.Implements(textReader) && !element.Implements(jsonReader)
}

var (
	textReader = reflect.TypeFor[encoding.TextUnmarshaler]()
	jsonReader = reflect.TypeFor[json.Unmarshaler]()
)

// Fill sets the files in value, which encoding/json has read from the text of the
// document. root is the place of value in the document. A file that went to a
// writer stays nil.
func (d *Document) Fill(root string, value any) error {
	v := reflect.ValueOf(value)
	return d.fill(v, PlaceOf(v.Type()), root, "")
}

func (d *Document) fill(v reflect.Value, p *Place, place, name string) error {
	for v.Kind() == reflect.Pointer && p != nil {
		if v.IsNil() {
			return nil
		}
		v = v.Elem()
	}
	switch {
	case p == nil:
	case p == File:
		return d.fillFile(v, place, name)
	case p.Each != nil:
		for i := range v.Len() {
			at := "[" + strconv.Itoa(i) + "]"
			if err := d.fill(v.Index(i), p.Each, place+at, name+at); err != nil {
				return err
			}
		}
	default:
		fields := fieldsOf(v.Type())
		for member, inner := range p.Members {
			f, err := v.FieldByIndexErr(fields[member].index)
			if err != nil { // the field is in an embedded pointer that is nil
				continue
			}
			if err := d.fill(f, inner, join(place, member), join(name, member)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *Document) fillFile(v reflect.Value, place, name string) error {
	f := d.files[place]
	switch {
	case v.Len() > 0: // encoding/json read a list of numbers as bytes
		return &TypeError{name, "a string"}
	case f == nil:
		return nil
	case f.bad || f.held:
		return f.typeError(name)
	case v.IsNil(): // the value is null in the text
		return nil
	}
	v.SetBytes(f.data)
	return nil
}

func join(place, member string) string {
	if place == "" {
		return member
	}
	return place + "." + member
}
