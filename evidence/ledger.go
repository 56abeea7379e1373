package evidence

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/faceid-go/faceid"
)

// Ledger stores one Entry for each order. It decides between two processes that look at
// one order at once, so all processes of a fleet share one. MemoryLedger is for one
// process and for tests; package sqlledger keeps the entries in a database.
type Ledger interface {
	// Load returns the entry of this key, or ErrNoEntry.
	Load(ctx context.Context, key string) (Entry, error)
	// Save stores e if the stored entry has e.Version, or if there is none and
	// e.Version is 0. The stored entry gets the next version, which Save returns.
	// Otherwise the error is ErrConflict, and nothing is stored.
	Save(ctx context.Context, e Entry) (version int64, err error)
	// Entries calls for the entries that match, ordered by Next and then by OpenedAt
	// of their orders. The sequence ends after an error.
	Entries(ctx context.Context, q Query) iter.Seq2[Entry, error]
	// Delete removes the entry. An entry that is not there is no error.
	Delete(ctx context.Context, key string) error
}

// These are the errors of a Ledger.
var (
	ErrNoEntry  = errors.New("evidence: the ledger has no such entry")
	ErrConflict = errors.New("evidence: another process has saved the entry")
)

// Query says which entries are wanted. The zero value wants them all.
type Query struct {
	Unfinished   bool      // only those that are not Done
	DueBy        time.Time // only those whose Next is not after it
	OpenedBefore time.Time // only those that were opened before it
	DecidedFrom  time.Time // only those whose outcome is of this time or later
	DecidedTo    time.Time // only those whose outcome is of before this time
	Adopted      bool      // only those that Adopt took in
	Limit        int       // at most so many; 0: all
}

// Match reports whether an entry is wanted. Limit is left to the caller.
func (q Query) Match(e Entry) bool {
	decided := time.Time{}
	if e.Outcome != nil {
		decided = e.Outcome.DecidedAt
	}
	switch {
	case q.Unfinished && e.State == Done,
		q.Adopted && !e.Adopted,
		!q.DueBy.IsZero() && e.Next.After(q.DueBy),
		!q.OpenedBefore.IsZero() && !e.Order.OpenedAt.Before(q.OpenedBefore),
		!q.DecidedFrom.IsZero() && (e.Outcome == nil || decided.Before(q.DecidedFrom)),
		!q.DecidedTo.IsZero() && (e.Outcome == nil || !decided.Before(q.DecidedTo)):
		return false
	}
	return true
}

// State is how far an order has come. It never goes back.
type State uint8

// These are the states.
const (
	Waiting State = iota // the outcome is not known
	Decided              // the outcome is known and stored, and the merchant may not know it
	Told                 // the merchant was told; files may be missing still
	Done                 // the manifest is written
)

var stateNames = [...]string{"waiting", "decided", "told", "done"}

// String returns the name of the state, as "waiting".
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "unknown"
}

// Entry is what the ledger knows of an order.
type Entry struct {
	Version int64     `json:"-"`                 // counts the saves; 0: never saved
	Order   Order     `json:"order"`             // as it was opened
	State   State     `json:"state"`             // how far it has come
	Outcome *Outcome  `json:"outcome,omitempty"` // nil while the state is Waiting
	Files   []File    `json:"files,omitempty"`   // the files that are whole in the bucket
	Missing []string  `json:"missing,omitempty"` // the files that a look found missing, by the platform's names
	Adopted bool      `json:"adopted,omitempty"` // it was reported before anybody opened it here: see Adopt
	Looks   int       `json:"looks"`             // looks that the platform answered
	Looked  time.Time `json:"looked,omitzero"`   // when the last of these began
	Lag     int       `json:"lag,omitempty"`     // looks for missing files, after the outcome was known
	Next    time.Time `json:"next"`              // when to look again
	// Trouble is the family of the error that kept the last look from an answer, and
	// Since the time of the first such look in a row.
	Trouble string    `json:"trouble,omitempty"`
	Since   time.Time `json:"since,omitzero"`
}

// Outcome is how an order ended. It names no person.
type Outcome struct {
	// Key is the same whenever this outcome is told. A merchant who remembers it
	// does once what must be done once.
	Key    string        `json:"key"`
	Order  Order         `json:"order"`
	Passed bool          `json:"passed"`
	Family faceid.Family `json:"family"` // NoResult if the platform has none, or has none any more
	Code   faceid.Code   `json:"code,omitempty"`
	// Charged says whether the order is charged, and Charges how many times.
	Charged faceid.Charged `json:"charged"`
	Charges int            `json:"charges"`
	// ChargedAt is when each charged attempt of a flow of WeChat was made. The bill of
	// that day in China has it.
	ChargedAt []time.Time `json:"chargedAt,omitempty"`
	// DecidedAt is when the Keeper learnt of the outcome, and OccurredAt when the
	// platform says that it happened; zero if it does not.
	DecidedAt  time.Time `json:"decidedAt"`
	OccurredAt time.Time `json:"occurredAt,omitzero"`
	// Late says that no look was answered within the 3 days for which the platform
	// keeps results, so that a result may have been lost.
	Late      bool   `json:"late,omitempty"`
	RequestID string `json:"requestID,omitempty"` // the platform's bizSeqNo or RequestId
}

// File is a file of an order that is whole in the bucket.
type File struct {
	Name        string `json:"name"`                // by the platform, as "photo"; answer.json is the answer without its files
	Object      string `json:"object"`              // its name in the bucket
	Size        int64  `json:"size"`                // bytes, before any encryption
	SHA256      string `json:"sha256"`              // 64 hex digits, before any encryption
	ContentType string `json:"contentType"`         // as the first bytes tell it, such as image/jpeg; application/json for answer.json
	Encrypted   bool   `json:"encrypted,omitempty"` // with age
}

// MemoryLedger keeps entries in memory. They are gone when the process ends.
type MemoryLedger struct {
	mu      sync.Mutex
	entries map[string]Entry
}

// NewMemoryLedger returns an empty MemoryLedger.
func NewMemoryLedger() *MemoryLedger { return &MemoryLedger{entries: map[string]Entry{}} }

// Load is documented at Ledger.
func (l *MemoryLedger) Load(_ context.Context, key string) (Entry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.entries[key]
	if !ok {
		return Entry{}, ErrNoEntry
	}
	return e.clone(), nil
}

// Save is documented at Ledger.
func (l *MemoryLedger) Save(_ context.Context, e Entry) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := e.Order.Key()
	if l.entries[key].Version != e.Version {
		return 0, ErrConflict
	}
	e = e.clone()
	e.Version++
	l.entries[key] = e
	return e.Version, nil
}

// Delete is documented at Ledger.
func (l *MemoryLedger) Delete(_ context.Context, key string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.entries, key)
	return nil
}

// Entries is documented at Ledger.
func (l *MemoryLedger) Entries(_ context.Context, q Query) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		l.mu.Lock()
		all := slices.Collect(maps.Values(l.entries))
		l.mu.Unlock()
		all = slices.DeleteFunc(all, func(e Entry) bool { return !q.Match(e) })
		slices.SortFunc(all, Entry.compare)
		for i, e := range all {
			if q.Limit > 0 && i == q.Limit || !yield(e.clone(), nil) {
				return
			}
		}
	}
}

// compare orders entries as Ledger.Entries must.
func (e Entry) compare(other Entry) int {
	if by := e.Next.Compare(other.Next); by != 0 {
		return by
	}
	return e.Order.OpenedAt.Compare(other.Order.OpenedAt)
}

// clone returns a copy that shares nothing.
func (e Entry) clone() Entry {
	e.Files, e.Missing = slices.Clone(e.Files), slices.Clone(e.Missing)
	if e.Outcome != nil {
		o := *e.Outcome
		o.ChargedAt = slices.Clone(o.ChargedAt)
		e.Outcome = &o
	}
	return e
}
