package wire

import (
	"bytes"
	"crypto/rand"
	"encoding"
	"encoding/base64"
	"encoding/json"
	"reflect"

	"github.com/faceid-go/faceid/internal/fastbase64"
)

// Compose writes a request as JSON. encoding/json would hold two copies of the
// files in a struct's fields, so Compose encodes long files straight into body.
// rest is the same request with a short placeholder in the place of each long
// file; whoever looks for private values reads it instead of the body.
func Compose(request any) (body, rest []byte, err error) {
	given := reflect.ValueOf(request)
	v := reflect.Indirect(given)
	if v.Kind() != reflect.Struct || writesItself(v.Type()) {
		rest, err = json.Marshal(request)
		return rest, rest, err
	}
	short := reflect.New(v.Type())
	short.Elem().Set(v)
	type placed struct{ placeholder, file []byte }
	var files []placed
	size := 0
	for _, f := range reflect.VisibleFields(v.Type()) {
		if len(f.Index) > 1 || !f.IsExported() || !isPlain(f.Type) || v.FieldByIndex(f.Index).Len() < longFile {
			continue
		}
		file, placeholder := v.FieldByIndex(f.Index).Bytes(), []byte(rand.Text())
		short.Elem().FieldByIndex(f.Index).SetBytes(placeholder)
		files = append(files, placed{[]byte(base64.StdEncoding.EncodeToString(placeholder)), file})
		size += base64.StdEncoding.EncodedLen(len(file))
	}
	if given.Kind() != reflect.Pointer {
		short = short.Elem() // a MarshalJSON of the pointer type must not be called for a value
	}
	if rest, err = json.Marshal(short.Interface()); err != nil || len(files) == 0 {
		return rest, rest, err
	}
	body = make([]byte, 0, len(rest)+size)
	left := rest
	for _, f := range files {
		before, after, ok := bytes.Cut(left, f.placeholder)
		if !ok { // encoding/json leaves this field out
			body, err = json.Marshal(request)
			return body, body, err
		}
		body = fastbase64.AppendEncode(append(body, before...), f.file)
		left = after
	}
	return append(body, left...), rest, nil
}

// writesItself reports whether the type writes its own JSON, perhaps with a
// method that it gets from an embedded type. Such a method may write, for
// example, the digest of a file, which a placeholder would spoil.
func writesItself(t reflect.Type) bool {
	t = reflect.PointerTo(t)
	return t.Implements(reflect.TypeFor[json.Marshaler]()) || t.Implements(reflect.TypeFor[encoding.TextMarshaler]())
}

// isPlain reports whether the type is a slice of bytes without any method. A
// method could write the bytes differently, or leave some of them out.
func isPlain(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 &&
		reflect.PointerTo(t).NumMethod() == 0 && reflect.PointerTo(t.Elem()).NumMethod() == 0
}

// longFile is the size in bytes from which a second copy of a file matters.
const longFile = 4 << 10
