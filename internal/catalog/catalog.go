// Package catalog holds the platform's result codes: what a code means, which family it
// belongs to, and on which product it is charged. Each code belongs to a scope, because
// the platform gives one number several meanings.
//
// table.go is generated from codes.tsv (the tables of the platform's documents, in their
// own words), families.tsv (this library's reading of them: family, gloss and handling) and
// chinese.tsv (gloss and handling in Chinese).
package catalog

import (
	"slices"
	"strings"
	"sync"
)

//go:generate go run ./gen
//go:generate go run ./gendocs

// Kind says what a code means as the answer to a query for a result.
type Kind uint8

// These are the four kinds. On an upload or a launch every code other than 0 is an Error.
const (
	Error   Kind = iota // there is no result
	Passed              // the person passed
	Outcome             // the verification ended, and the person did not pass
	Note                // the code is a remark beside a result, and has no family
)

// Retry says whether the same call may be sent again. It is No for a code that a phone
// reports and for a code of a hosted flow, because such a code is no answer to a call.
type Retry uint8

// The four rules.
const (
	No Retry = iota
	Yes
	Once    // after new credentials were fetched
	Bounded // within the documented polling
)

// Entry is what this library says of one code of one scope.
type Entry struct {
	Kind     Kind
	Family   string
	Retry    Retry
	Gloss    string // English meaning
	Handling string // English advice
}

// Row is one row of the tables in the documents, or what their text says of a code (in
// the channels "prose:…").
type Row struct {
	Message  string // the platform's own words
	Handling string // the documents' advice, cause or symbol, "" if there is none
	Charged  string // "yes", "no", or "" if the table has no such column
}

// Key names an entry. In the scope of a phone, the code "*" stands for every other code:
// the SDK reports it with the code that the platform answered.
type Key struct{ Scope, Code string }

// RowKey names a row. If a phone's SDK reports the code, Product is the phone, and Channel
// is the SDK and the error domain, as in "plus:NativeProcess".
type RowKey struct{ Product, Channel, Code string }

// translation is a gloss or a handling in both languages.
type translation struct{ english, chinese string }

// All tables are sorted by key. They are slices and not maps: the linker lays slices out,
// so the import of this package takes no time. The first lookup in a table makes a map of it.
type (
	keyedEntry struct {
		Key
		Entry
	}
	keyedRow struct {
		RowKey
		Row
	}
)

// Scope returns the scope that a row's code belongs to.
func Scope(product, channel string) string {
	switch {
	case channel == "wechat": // a code means the same in the tables of all five products
		return "wechat"
	case channel == "eid-server":
		return "cloud"
	case channel == "app-h5", strings.HasPrefix(channel, "prose:"):
		return "face"
	case channel == "nfc-terminal", channel == "nfc:terminal":
		return "nfc-sdk"
	case channel == "warning-code":
		return "bankcard-warning"
	case channel == "warning-string":
		return "idcard-warning"
	case channel == "risk:LivenessInfoTag":
		return "liveness-tag"
	case channel == "risk:deviceInfoLevel":
		return "device-level"
	case strings.HasPrefix(channel, "ocr-") && channel != "ocr-server":
		return product + "-ocr" // the product is a phone
	}
	return product
}

// SharesKYC1 reports whether a code that a scope does not have is looked up among the codes
// that all kyc1 calls share. The scopes of API 3.0 do not share these codes: its error
// codes (cloud), the numbers of its flows in China (wechat) and abroad (intl), and those of
// its checks, which are named after their actions.
func SharesKYC1(scope string) bool {
	return scope != "cloud" && scope != "wechat" && scope != "intl" && !isAction(scope)
}

func isAction(scope string) bool { return scope != "" && 'A' <= scope[0] && scope[0] <= 'Z' }

// Lookup returns the entry of a code in a scope.
func Lookup(scope, code string) (Entry, bool) {
	e, ok := entriesByKey()[Key{scope, code}]
	if !ok {
		return Entry{}, false
	}
	return *e, true
}

// Chinese returns a gloss or a handling in Chinese, and "" for any other text.
func Chinese(english string) string {
	i, ok := slices.BinarySearchFunc(translations, english, func(t translation, english string) int {
		return strings.Compare(t.english, english)
	})
	if !ok {
		return ""
	}
	return translations[i].chinese
}

// LookupRow returns the row of a code for one product and channel.
func LookupRow(product, channel, code string) (Row, bool) {
	r, ok := rowsByKey()[RowKey{product, channel, code}]
	if !ok {
		return Row{}, false
	}
	return *r, true
}

// Every answer asks for its code, and every result for its charge in several tables. A search
// in a sorted table takes several times as long as one in a map.
var (
	entriesByKey = sync.OnceValue(func() map[Key]*Entry {
		all := make(map[Key]*Entry, len(entries))
		for i := range entries {
			all[entries[i].Key] = &entries[i].Entry
		}
		return all
	})
	rowsByKey = sync.OnceValue(func() map[RowKey]*Row {
		all := make(map[RowKey]*Row, len(rows))
		for i := range rows {
			all[rows[i].RowKey] = &rows[i].Row
		}
		return all
	})
)

// Rows calls yield for every row, in the order of their keys.
func Rows(yield func(RowKey, Row) bool) {
	for _, r := range rows {
		if !yield(r.RowKey, r.Row) {
			return
		}
	}
}

// Entries calls yield for every entry, in the order of their keys.
func Entries(yield func(Key, Entry) bool) {
	for _, e := range entries {
		if !yield(e.Key, e.Entry) {
			return
		}
	}
}
