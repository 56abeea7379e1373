package faceid

import (
	"bytes"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// giveMedia writes the media of a result of API 3.0, which is whole, to the
// caller's writers, and takes what was written out of the result. It stops at
// the first error.
func giveMedia(op, requestID string, to func(name string) io.Writer, result any) error {
	if to == nil {
		return nil
	}
	if err := giveMediaOf(reflect.ValueOf(result).Elem(), "", to); err != nil {
		return &Error{Op: op, RequestID: requestID, Err: err}
	}
	return nil
}

// giveMediaOf walks v, which has the platform's name in the result.
func giveMediaOf(v reflect.Value, name string, to func(name string) io.Writer) error {
	switch {
	case v.Type() == reflect.TypeFor[[]byte]():
		if v.Len() == 0 {
			return nil
		}
		w := to(name)
		if w == nil {
			return nil
		}
		if _, err := bytes.NewReader(v.Bytes()).WriteTo(w); err != nil {
			return fmt.Errorf("writing %s: %w", name, err)
		}
		v.SetZero()
	case v.Kind() == reflect.Pointer && !v.IsNil():
		return giveMediaOf(v.Elem(), name, to)
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			if err := giveMediaOf(v.Index(i), fmt.Sprintf("%s[%d]", name, i), to); err != nil {
				return err
			}
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			member, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			if name != "" {
				member = name + "." + member
			}
			if err := giveMediaOf(v.Field(i), member, to); err != nil {
				return err
			}
		}
	}
	return nil
}
