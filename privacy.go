package faceid

import (
	"fmt"
	"log/slog"
	"reflect"
	"regexp"
	"strings"

	"github.com/faceid-go/faceid/internal/hide"
)

// Requests and results of this package print without secrets and personal data,
// whatever the verb of fmt, because logs and printed values are where such data leaks.

// RawJSON is an answer, or a part of one, as the platform sent it, but without media:
// an empty string stands in the place of each file. It may hold personal data, and
// prints as its length.
type RawJSON []byte

// Format prints the length, whatever the verb.
func (r RawJSON) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "faceid.RawJSON(%d bytes)", len(r)) }

// LogValue logs the value as it prints.
func (r RawJSON) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(r)) }

// hidden is embedded by values that print as their name only: requests, and parts of
// results. It brings Format and LogValue from a type of another package, so that the
// index of go doc does not list these methods for every request.
type hidden[T any] = hide.Fields[T]

// shown lists the facts of a value that may be printed, in this order. printShown and
// logShown make Format and LogValue of it.
type shown []fact

// fact is one field that may be printed, under its Go name.
type fact struct {
	name  string
	value any
}

// shower is a value that says which of its fields may be printed.
type shower interface{ shown() shown }

// printShown is the Format of v. It prints the type, and the facts that are not empty.
func printShown[T shower](f fmt.State, v T) {
	fmt.Fprint(f, "faceid.", reflect.TypeFor[T]().Name(), factsOf(v))
}

// logShown is the LogValue of v. It returns a group of the same facts.
func logShown[T shower](v T) slog.Value { return factsOf(v).group() }

// factsOf returns the facts of v. For a Result it puts in front what every Result
// tells: whether it passed, its code, its family and its charge.
func factsOf[T shower](v T) shown {
	var all shown
	if r, ok := any(&v).(Result); ok {
		all = shown{{"Passed", r.Passed()}, {"Code", r.Code()}, {"Family", r.Family()}, {"Charged", r.Charged()}}
	}
	return append(all, v.shown()...).plain()
}

// factsIn returns the facts of a part of a result, and none for nil.
func factsIn[T shower](p *T) shown {
	if p == nil {
		return nil
	}
	return (*p).shown()
}

// plain makes all facts plain values, and leaves out the empty ones.
func (s shown) plain() shown {
	var all shown
	for _, f := range s {
		if value := plainFact(f.value); value != nil {
			all = append(all, fact{f.name, value})
		}
	}
	return all
}

// plainFact returns a text, a number, a bool or the facts of a part, and nil for an
// empty value. false is not empty, and neither is a 0 behind a pointer.
func plainFact(value any) any {
	switch v := value.(type) {
	case shown:
		if inner := v.plain(); len(inner) > 0 {
			return inner
		}
		return nil
	case Score:
		if !v.Present {
			return nil
		}
		return v.Value
	case Code:
		value = v.Number()
	case Charged: // Charged prints as its word, as in the log lines of the Client
		if v == ChargedUnknown {
			return nil
		}
		return v.String()
	case fmt.Stringer:
		value = v.String()
	}
	v := reflect.ValueOf(value)
	switch {
	case v.Kind() == reflect.Pointer && !v.IsNil():
		return v.Elem().Interface()
	case v.Kind() == reflect.String && v.Len() > 0:
		return v.String()
	case v.Kind() != reflect.Bool && v.IsZero():
		return nil
	}
	return value
}

// String lists the facts, as in {OrderNo:order1 Code:0}.
func (s shown) String() string {
	parts := make([]string, len(s))
	for i, f := range s {
		parts[i] = fmt.Sprint(f.name, ":", f.value)
	}
	return "{" + strings.Join(parts, " ") + "}"
}

func (s shown) group() slog.Value {
	attrs := make([]slog.Attr, len(s))
	for i, f := range s {
		attrs[i] = slog.Any(logKey(f.name), f.value)
		if part, ok := f.value.(shown); ok {
			attrs[i].Value = part.group()
		}
	}
	return slog.GroupValue(attrs...)
}

// logKeys are the keys of fields that the text of an *Error names by other words.
var logKeys = map[string]string{"OrderNo": "order", "BizSeqNo": "seq", "RequestID": "request", "HTTPStatus": "status", "UserID": "user"}

// logKey returns the key of a field in a log: one of logKeys, or else the field's name
// in the form of live_rate.
func logKey(name string) string {
	if key, ok := logKeys[name]; ok {
		return key
	}
	return strings.ToLower(wordEnd.ReplaceAllString(name, "${1}_${2}"))
}

var wordEnd = regexp.MustCompile("([a-z])([A-Z])")
