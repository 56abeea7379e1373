package faceid

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Store keeps one small record per key for everyone who uses the same appID.
// The bytes are opaque; they hold a live access token, so a store must keep
// them from other eyes. A key is any string of up to 200 bytes. Implementations
// are safe for concurrent use and obey ctx in every wait. faceidtest.TestStore
// checks them.
type Store interface {
	// Load returns the record under key and how long ago it was saved, by a
	// clock that all users of the store share. The age is never negative, and a
	// refused swap does not change it. It returns ErrNotFound if there
	// is no record, and any other error if the store cannot tell: a broken
	// store must never look like an empty one, because that would make every
	// process fetch a token and kill the others'.
	Load(ctx context.Context, key string) (record []byte, age time.Duration, err error)

	// CompareAndSwap saves record under key if the bytes there are still old
	// (nil: if there is no record), as one step, and reports whether it did.
	// After an error the caller does not know whether it was saved. A record is
	// never nil, but may be empty; the caller may change old and record
	// afterwards.
	CompareAndSwap(ctx context.Context, key string, old, record []byte) (swapped bool, err error)

	// Lock waits until the caller alone holds the lock of key, or until ctx
	// ends. The lock is lost after lease, so that a holder that died does not
	// block the others for ever. A store may renew it for a holder that lives,
	// within bounds. The lease is positive.
	Lock(ctx context.Context, key string, lease time.Duration) (Lock, error)
}

// Lock is a lock that a Store handed out.
type Lock interface {
	// Left returns for how much longer the lock is surely held; 0 or less once
	// it is lost or given back.
	Left() time.Duration
	// Unlock gives the lock back. If it was lost, it changes nothing: the lock
	// may be another's by now. It may be called again, after an error to try
	// once more.
	Unlock(ctx context.Context) error
}

// ErrNotFound is what Store.Load returns if there is no record.
var ErrNotFound = errors.New("faceid: store: no record under this key")

// MemoryStore is a Store in the memory of this process. Clients of one process
// may share it; a second process would kill this one's tokens. The zero value is
// an empty store.
type MemoryStore struct {
	hidden[MemoryStore]

	mu      sync.Mutex
	records map[string]memoryRecord
	locks   map[string]*memoryLock
}

type memoryRecord struct {
	value func() []byte // fmt prints a function as its address, in a field that is not exported, too
	saved time.Time
}

func remember(record []byte) memoryRecord {
	return memoryRecord{func() []byte { return record }, time.Now()}
}

var _ Store = (*MemoryStore)(nil)

// NewMemoryStore returns an empty store.
func NewMemoryStore() *MemoryStore {
	return new(MemoryStore)
}

// Load implements Store.
func (s *MemoryStore) Load(ctx context.Context, key string) ([]byte, time.Duration, error) {
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.records[key]
	if !ok {
		return nil, 0, ErrNotFound
	}
	return bytes.Clone(r.value()), elapsed(r.saved, time.Now()), nil
}

// CompareAndSwap implements Store.
func (s *MemoryStore) CompareAndSwap(ctx context.Context, key string, old, record []byte) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.records[key]
	if ok != (old != nil) || ok && !bytes.Equal(r.value(), old) {
		return false, nil
	}
	if s.records == nil {
		s.records = map[string]memoryRecord{}
	}
	s.records[key] = remember(bytes.Clone(record))
	return true, nil
}

// Lock implements Store.
func (s *MemoryStore) Lock(ctx context.Context, key string, lease time.Duration) (Lock, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		mine, held := s.take(key, lease)
		if mine != nil {
			return mine, nil
		}
		if err := held.wait(ctx); err != nil {
			return nil, err
		}
	}
}

// take takes the lock if it is free, or tells who holds it.
func (s *MemoryStore) take(key string, lease time.Duration) (mine, held *memoryLock) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if held = s.locks[key]; held != nil && held.Left() > 0 {
		return nil, held
	}
	if s.locks == nil {
		s.locks = map[string]*memoryLock{}
	}
	mine = &memoryLock{store: s, key: key, taken: time.Now(), lease: lease, given: make(chan struct{})}
	s.locks[key] = mine
	return mine, nil
}

type memoryLock struct {
	store *MemoryStore
	key   string
	taken time.Time
	lease time.Duration
	given chan struct{} // closed by Unlock
}

func (l *memoryLock) Left() time.Duration {
	select {
	case <-l.given:
		return 0
	default:
		return l.lease - elapsed(l.taken, time.Now())
	}
}

// wait returns when the lock was given back or its lease is over.
func (l *memoryLock) wait(ctx context.Context) error {
	lost := time.NewTimer(l.Left())
	defer lost.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-l.given:
	case <-lost.C:
	}
	return nil
}

func (l *memoryLock) Unlock(context.Context) error {
	l.store.mu.Lock()
	defer l.store.mu.Unlock()
	if l.store.locks[l.key] == l {
		delete(l.store.locks, l.key)
		close(l.given)
	}
	return nil
}

// Format prints no record, whatever the verb.
func (l *memoryLock) Format(f fmt.State, _ rune) { fmt.Fprint(f, "faceid.MemoryStore lock") }

// elapsed is the time from a to b: the larger of what the monotonic and the
// wall clock say, because the monotonic one stands still on a suspended
// machine while the platform's does not.
func elapsed(a, b time.Time) time.Duration {
	return max(b.Sub(a), b.Round(0).Sub(a.Round(0)))
}
