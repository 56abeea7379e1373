// Package hide keeps the fields of a struct from being printed. It is a package of
// its own because go doc lists the methods that a type of the same package lends,
// and not those of another's.
package hide

import (
	"fmt"
	"log/slog"
	"reflect"
)

// Fields is embedded in the struct T, first and by value, and lends it its methods:
// T prints as its name only, whatever the verb, and is logged so. It takes no room.
// encoding/json, gob and xml do not see it under a name that is not exported.
type Fields[T any] struct{}

// Format prints the name of T, whatever the verb.
func (Fields[T]) Format(f fmt.State, _ rune) { fmt.Fprint(f, name[T]()) }

// LogValue logs the name of T.
func (Fields[T]) LogValue() slog.Value { return slog.StringValue(name[T]()) }

func name[T any]() string { return reflect.TypeFor[T]().String() + "{…}" }
