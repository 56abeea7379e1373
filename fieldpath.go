package faceid

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/faceid-go/faceid/internal/wire"
)

// fieldPath leads from an answer to one of its fields.
type fieldPath []pathStep

// pathStep leads into a member or, if member is empty, into an item of a list.
type pathStep struct {
	member string
	index  int
}

// parsePath reads a path such as "Response.Text.LivenessDetail[0].Idcard". The
// leading "Response." may be absent, and is not part of the result.
func parsePath(text string) (path fieldPath, ok bool) {
	for part := range strings.SplitSeq(strings.TrimPrefix(text, "Response."), ".") {
		name, index, isItem := strings.Cut(part, "[")
		if name == "" {
			return nil, false
		}
		path = append(path, pathStep{member: name})
		if isItem {
			n, err := strconv.ParseUint(strings.TrimSuffix(index, "]"), 10, 16)
			if err != nil || !strings.HasSuffix(index, "]") {
				return nil, false
			}
			path = append(path, pathStep{index: int(n)})
		}
	}
	return path, true
}

// replaceAt replaces the value at the end of a path in the answer that root points
// to. A null on the way, and a member that a map or a type does not have, end the
// walk without an error and without a change. A path that does not fit the answer
// otherwise is ErrFieldDecrypt.
func replaceAt(root reflect.Value, path fieldPath, change replacer) error {
	_, err := change.walk(root, path)
	return err
}

// replacer makes the new value from the old one. An invalid reflect.Value removes
// the old one from the answer.
type replacer func(old reflect.Value) (reflect.Value, error)

// walk follows the path from v, and returns the value that is to stand in v's
// place. Values in maps and interfaces cannot be changed where they stand, so each
// step puts the value of the next step back.
func (change replacer) walk(v reflect.Value, path fieldPath) (reflect.Value, error) {
	switch v.Kind() {
	case reflect.Pointer:
		return change.inPointer(v, path)
	case reflect.Interface:
		if v.IsNil() {
			return v, nil
		}
		return change.walk(v.Elem(), path)
	}
	if len(path) == 0 {
		return change(v)
	}
	step, rest := path[0], path[1:]
	isItem := step.member == ""
	switch {
	case isItem && v.Kind() == reflect.Slice && step.index < v.Len():
		return change.inSlice(v, step.index, rest)
	case !isItem && v.Kind() == reflect.Map && v.Type().Key().Kind() == reflect.String:
		return change.inMap(v, step.member, rest)
	case !isItem && v.Kind() == reflect.Struct:
		return change.inStruct(v, step.member, rest)
	}
	return v, ErrFieldDecrypt
}

func (change replacer) inPointer(v reflect.Value, path fieldPath) (reflect.Value, error) {
	if v.IsNil() {
		return v, nil
	}
	if len(path) == 0 && v.Elem().Kind() == reflect.Struct {
		return change(v)
	}
	inner, err := change.walk(v.Elem(), path)
	if err != nil || !inner.IsValid() {
		return inner, err
	}
	v.Elem().Set(inner)
	return v, nil
}

func (change replacer) inSlice(v reflect.Value, index int, rest fieldPath) (reflect.Value, error) {
	item, err := change.walk(v.Index(index), rest)
	if err == nil {
		v.Index(index).Set(item)
	}
	return v, err
}

func (change replacer) inMap(v reflect.Value, name string, rest fieldPath) (reflect.Value, error) {
	key := reflect.ValueOf(name).Convert(v.Type().Key())
	member := v.MapIndex(key)
	if !member.IsValid() {
		return v, nil
	}
	member, err := change.walk(member, rest)
	if err == nil {
		v.SetMapIndex(key, member) // an invalid member deletes the key
	}
	return v, err
}

func (change replacer) inStruct(v reflect.Value, name string, rest fieldPath) (reflect.Value, error) {
	if !v.CanSet() { // it stands in an interface or in a map
		settable := reflect.New(v.Type()).Elem()
		settable.Set(v)
		v = settable
	}
	member := wire.Member(v, name)
	if !member.IsValid() {
		return v, nil
	}
	changed, err := change.walk(member, rest)
	switch {
	case err != nil:
	case changed.IsValid():
		member.Set(changed)
	default:
		member.SetZero()
	}
	return v, err
}
