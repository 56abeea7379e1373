// Package catalog holds what the documents say of the platform's result codes:
// what a code means, which family it belongs to, and on which product it is
// charged. Numbers are scoped: the platform gives one number several meanings.
//
// table.go is generated from codes.tsv (the documents' tables, in their own
// words) and families.tsv (our reading of them: family, gloss and handling).
package catalog

//go:generate go run ./gen

// Kind says what a code is on a query for a result.
type Kind uint8

// The three kinds. On an upload or launch every code other than 0 is an Error.
const (
	Error   Kind = iota // there is no answer
	Passed              // the person passed
	Outcome             // the verification ended, badly
)

// Retry says whether the same call may be sent again.
type Retry uint8

// The four rules. Bounded: within the documented polling; Once: after the
// credentials were renewed.
const (
	No Retry = iota
	Yes
	Once
	Bounded
)

// Entry is one code of one scope.
type Entry struct {
	Kind     Kind
	Family   string
	Retry    Retry
	Gloss    string // English meaning
	Handling string // English advice
}

// Row is one row of the documents' tables.
type Row struct {
	Message  string // the platform's own words
	Handling string // the documents' advice, where the table has it
	Charged  string // "yes", "no", or "" where the table has no such column
}

// Key names an entry.
type Key struct{ Scope, Code string }

// RowKey names a row.
type RowKey struct{ Product, Channel, Code string }

// Lookup returns the entry of a code in a scope.
func Lookup(scope, code string) (Entry, bool) {
	e, ok := entries[Key{scope, code}]
	return e, ok
}

// LookupRow returns what the tables say of a code for one product and channel.
func LookupRow(product, channel, code string) (Row, bool) {
	r, ok := rows[RowKey{product, channel, code}]
	return r, ok
}

// Rows calls yield for every row, in no order.
func Rows(yield func(RowKey, Row) bool) {
	for k, r := range rows {
		if !yield(k, r) {
			return
		}
	}
}

// Entries calls yield for every entry, in no order.
func Entries(yield func(Key, Entry) bool) {
	for k, e := range entries {
		if !yield(k, e) {
			return
		}
	}
}
