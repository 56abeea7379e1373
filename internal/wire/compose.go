package wire

import (
	"bytes"
	"crypto/rand"
	"encoding"
	"encoding/base64"
	"encoding/json"
	"reflect"
)

// Compose writes a request as JSON. What encoding/json would keep two copies of,
// files in the fields of a struct, goes straight to its place in body; rest is
// the request with something short there instead.
func Compose(request any) (body, rest []byte, err error) {
	given := reflect.ValueOf(request)
	v := reflect.Indirect(given)
	if v.Kind() != reflect.Struct || writesItself(v.Type()) {
		rest, err = json.Marshal(request)
		return rest, rest, err
	}
	short := reflect.New(v.Type())
	short.Elem().Set(v)
	type placed struct{ mark, file []byte }
	var files []placed
	size := 0
	for _, f := range reflect.VisibleFields(v.Type()) {
		if len(f.Index) > 1 || !f.IsExported() || !isPlain(f.Type) || v.FieldByIndex(f.Index).Len() < longFile {
			continue
		}
		file, mark := v.FieldByIndex(f.Index).Bytes(), []byte(rand.Text())
		short.Elem().FieldByIndex(f.Index).SetBytes(mark)
		files = append(files, placed{[]byte(base64.StdEncoding.EncodeToString(mark)), file})
		size += base64.StdEncoding.EncodedLen(len(file))
	}
	if given.Kind() != reflect.Pointer {
		short = short.Elem() // it makes a difference to methods
	}
	if rest, err = json.Marshal(short.Interface()); err != nil || len(files) == 0 {
		return rest, rest, err
	}
	body = make([]byte, 0, len(rest)+size)
	left := rest
	for _, f := range files {
		before, after, ok := bytes.Cut(left, f.mark)
		if !ok { // encoding/json leaves it out
			body, err = json.Marshal(request)
			return body, body, err
		}
		body = base64.StdEncoding.AppendEncode(append(body, before...), f.file)
		left = after
	}
	return append(body, left...), rest, nil
}

// writesItself reports whether the type, or one that it embeds, decides what
// becomes of its fields: it may write a digest of a file beside it.
func writesItself(t reflect.Type) bool {
	t = reflect.PointerTo(t)
	return t.Implements(reflect.TypeFor[json.Marshaler]()) || t.Implements(reflect.TypeFor[encoding.TextMarshaler]())
}

// isPlain reports whether the type is bytes and nothing else: methods may write
// them differently, or leave them out for what they hold.
func isPlain(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 &&
		reflect.PointerTo(t).NumMethod() == 0 && reflect.PointerTo(t.Elem()).NumMethod() == 0
}

// longFile is where a second copy begins to matter.
const longFile = 4 << 10
