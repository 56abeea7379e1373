package faceid

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"regexp"
	"strings"

	"github.com/faceid-go/faceid/internal/hide"
)

// What this package hands out, and what is handed to it, prints without secrets
// and personal data, whatever the verb: fmt and log are where they leak.

// RawJSON is (a part of) an answer as the platform sent it, without media: where a
// file stood, there is an empty string. It may hold personal data; it prints as its
// length.
type RawJSON []byte

// Format prints the length, whatever the verb.
func (r RawJSON) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "faceid.RawJSON(%d bytes)", len(r)) }

// LogValue logs the value as it prints.
func (r RawJSON) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(r)) }

// hidden is embedded by what prints as its name only: requests, and what results
// hold within. Format and LogValue are promoted from a type of another package,
// which go doc does not list: they were half of its index.
type hidden[T any] = hide.Fields[T]

// shown is what of a value may be printed, in this order. Both Format and LogValue
// are made of it, by printShown and logShown.
type shown []fact

// fact is one field that may be printed, under its Go name.
type fact struct {
	name  string
	value any
}

// shower says what of it may be printed.
type shower interface{ shown() shown }

// printShown is the Format of v: its type, and the facts that are not empty.
func printShown[T shower](f fmt.State, v T) {
	fmt.Fprint(f, "faceid.", reflect.TypeFor[T]().Name(), factsOf(v))
}

// logShown is the LogValue of v: a group of the same facts.
func logShown[T shower](v T) slog.Value { return factsOf(v).group() }

// factsOf puts in front what every Result tells.
func factsOf[T shower](v T) shown {
	var all shown
	if r, ok := any(&v).(Result); ok {
		all = shown{{"Passed", r.Passed()}, {"Code", r.Code()}, {"Family", r.Family()}, {"Charged", r.Charged()}}
	}
	return append(all, v.shown()...).plain()
}

// factsIn are those of a part, none for nil.
func factsIn[T shower](p *T) shown {
	if p == nil {
		return nil
	}
	return (*p).shown()
}

// plain makes plain values of all, and leaves out what is empty.
func (s shown) plain() shown {
	var all shown
	for _, f := range s {
		if value := plainFact(f.value); value != nil {
			all = append(all, fact{f.name, value})
		}
	}
	return all
}

// plainFact returns a text, a number, a bool or the facts of a part; nil for what
// is empty. false is an answer, and so is a 0 that stands behind a pointer.
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
	case Charged: // as the Client's own log lines
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

// logKeys are the words that the text of an *Error uses.
var logKeys = map[string]string{"OrderNo": "order", "BizSeqNo": "seq", "RequestID": "request", "HTTPStatus": "status", "UserID": "user"}

// logKey is a field's key in a log: one of logKeys, or else the field's name, as in
// live_rate.
func logKey(name string) string {
	if key, ok := logKeys[name]; ok {
		return key
	}
	return strings.ToLower(wordEnd.ReplaceAllString(name, "${1}_${2}"))
}

var wordEnd = regexp.MustCompile("([a-z])([A-Z])")

// Format prints the UserID only, whatever the verb.
func (p Person) Format(f fmt.State, _ rune) { printShown(f, p) }

// LogValue logs the same as a group.
func (p Person) LogValue() slog.Value { return logShown(p) }

func (p Person) shown() shown { return shown{{"UserID", p.UserID}} }

// What lets its bearer in is written as JSON without it, too: slog's JSON handler
// asks encoding/json what stands inside a list, and not LogValue.

// MarshalJSON writes the login with an empty URL, which lets its bearer in. The
// Session is whole, and can be read again.
func (l PageLogin) MarshalJSON() ([]byte, error) {
	type plain PageLogin
	l.URL = ""
	return json.Marshal(plain(l))
}

// MarshalJSON writes the launch without Params and Extras, which let their bearer
// in. Params as such is written whole: it is what the App gets.
func (l SDKLaunch) MarshalJSON() ([]byte, error) {
	type plain SDKLaunch
	l.Params, l.Extras = nil, nil
	return json.Marshal(plain(l))
}

// MarshalJSON writes the result with an empty URL, which lets its bearer in. The
// BizToken, which the decision wants back, is whole.
func (v DetectAuthResult) MarshalJSON() ([]byte, error) {
	type plain DetectAuthResult
	v.URL = ""
	return json.Marshal(plain(v))
}

// MarshalJSON writes the result with an empty URL, which lets its bearer in. The
// EidToken, which the decision wants back, is whole.
func (v GetEidTokenResult) MarshalJSON() ([]byte, error) {
	type plain GetEidTokenResult
	v.URL = ""
	return json.Marshal(plain(v))
}

// MarshalJSON writes the result with empty URLs, which let their bearer in. The
// BizToken, which the decision wants back, is whole.
func (v ApplyWebVerificationBizTokenIntlResult) MarshalJSON() ([]byte, error) {
	type plain ApplyWebVerificationBizTokenIntlResult
	v.VerificationURL, v.VerificationURLDeprecated = "", ""
	return json.Marshal(plain(v))
}

// LogValue logs the platform's name of the field.
func (f SealedField) LogValue() slog.Value { return slog.StringValue(f.Name) }

// MarshalJSON writes the platform's name of the field, and not its value, for the
// reason of Person's.
func (f SealedField) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"Name": f.Name})
}

// MarshalJSON writes the UserID only: a logger that writes JSON would otherwise
// write name, number and photo. To store a person, write the fields yourself.
func (p Person) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"UserID": p.UserID})
}
