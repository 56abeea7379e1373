// Package hide keeps the fields of a struct from being printed. It is a package of its
// own because go doc lists the methods of an embedded type of the same package, but not
// those of an embedded type of another package.
package hide

import (
	"fmt"
	"log/slog"
	"reflect"
)

// Fields is embedded in the struct T, first and by value. T then prints and is logged as
// its name only, with any verb. Fields takes no memory. encoding/json, gob and xml do not
// see it if it is embedded under a name that is not exported.
type Fields[T any] struct{}

// Format prints the name of T, with any verb.
func (Fields[T]) Format(f fmt.State, _ rune) { fmt.Fprint(f, name[T]()) }

// LogValue returns the name of T for a log.
func (Fields[T]) LogValue() slog.Value { return slog.StringValue(name[T]()) }

func name[T any]() string { return reflect.TypeFor[T]().String() + "{…}" }
