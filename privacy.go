package faceid

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
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

// shown is one field that may be printed.
type shown struct {
	name  string
	value any
}

// printShown prints a type name and the fields that are not empty.
func printShown(f fmt.State, typeName string, fields ...shown) {
	var parts []string
	for _, s := range fields {
		switch s.value {
		case "", 0, int64(0), Product(""), Platform(""):
		default:
			parts = append(parts, fmt.Sprint(s.name, ":", s.value))
		}
	}
	fmt.Fprintf(f, "faceid.%s{%s}", typeName, strings.Join(parts, " "))
}

// pointee is what a pointer points to, as it prints; printShown leaves out nil.
func pointee[T any](p *T) any {
	if p == nil {
		return ""
	}
	return fmt.Sprint(*p)
}

// Format prints the UserID only, whatever the verb.
func (p Person) Format(f fmt.State, _ rune) { printShown(f, "Person", shown{"UserID", p.UserID}) }

// LogValue logs the person as it prints.
func (p Person) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(p)) }

// MarshalJSON writes the UserID only: a logger that writes JSON would otherwise
// write name, number and photo. To store a person, write the fields yourself.
func (p Person) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"UserID": p.UserID})
}
