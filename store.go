package faceid

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/faceid-go/faceid/internal/clock"
	"github.com/faceid-go/faceid/internal/credential"
)

// Store keeps one small record per key for everyone who uses the same appID. A key is
// any string of up to 200 bytes. Implementations are safe for concurrent use and obey
// ctx in every wait. faceidtest.TestStore tests an implementation.
//
// The bytes of a record are opaque ASCII. The record is encrypted and authenticated
// under an encryption key that is derived from the app's secret, so that whoever can
// read or write the store learns no ticket and plants none. Each secret of an appID has
// an encryption key of its own.
type Store interface {
	// Load returns the record under key and how long ago it was saved, by a
	// clock that all users of the store share. The age is never negative, and a
	// refused swap does not change it. Load returns ErrNotFound if there is no
	// record, and any other error if the store cannot tell. A broken store must never
	// look like an empty one, because then every process would fetch a token and kill
	// the tokens of the others.
	Load(ctx context.Context, key string) (record []byte, age time.Duration, err error)

	// CompareAndSwap saves record under key if the bytes there are still old
	// (nil: if there is no record), as one step, and reports whether it did.
	// After an error the caller does not know whether the record was saved. A record
	// is never nil, but may be empty. The caller may change old and record afterwards.
	CompareAndSwap(ctx context.Context, key string, old, record []byte) (swapped bool, err error)

	// Lock waits until the caller alone holds the lock of key, or until ctx
	// ends. The lock is lost after lease, so that a holder that died does not
	// block the others for ever. A store may extend the lease for a holder that lives,
	// within bounds. The lease is positive.
	Lock(ctx context.Context, key string, lease time.Duration) (Lock, error)
}

// Lock is a lock that a Store handed out.
type Lock interface {
	// Left returns for how much longer the lock is surely held. It returns 0 or less
	// once the lock is lost or given back.
	Left() time.Duration
	// Unlock gives the lock back. If the lock was lost, Unlock changes nothing, because
	// somebody else may hold the lock by now. Unlock may be called again, and after an
	// error this tries once more.
	Unlock(ctx context.Context) error
}

// ErrNotFound is returned by Store.Load if there is no record.
var ErrNotFound = credential.ErrNotFound

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
	value func() []byte // the record, behind a function, because fmt prints unexported fields but a function as its address
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
	return bytes.Clone(r.value()), clock.Elapsed(r.saved, time.Now()), nil
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

// take takes the lock if it is free. Otherwise it returns the lock that is held.
func (s *MemoryStore) take(key string, lease time.Duration) (mine, held *memoryLock) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if held = s.locks[key]; held != nil && held.Left() > 0 {
		return nil, held
	}
	if s.locks == nil {
		s.locks = map[string]*memoryLock{}
	}
	mine = &memoryLock{store: s, key: key, taken: time.Now(), lease: lease, unlocked: make(chan struct{})}
	s.locks[key] = mine
	return mine, nil
}

type memoryLock struct {
	store    *MemoryStore
	key      string
	taken    time.Time
	lease    time.Duration
	unlocked chan struct{} // closed by Unlock
}

func (l *memoryLock) Left() time.Duration {
	select {
	case <-l.unlocked:
		return 0
	default:
		return l.lease - clock.Elapsed(l.taken, time.Now())
	}
}

// wait returns when the lock was given back or its lease is over.
func (l *memoryLock) wait(ctx context.Context) error {
	lost := time.NewTimer(l.Left())
	defer lost.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-l.unlocked:
	case <-lost.C:
	}
	return nil
}

func (l *memoryLock) Unlock(context.Context) error {
	l.store.mu.Lock()
	defer l.store.mu.Unlock()
	if l.store.locks[l.key] == l {
		delete(l.store.locks, l.key)
		close(l.unlocked)
	}
	return nil
}

// Format prints no record, whatever the verb.
func (l *memoryLock) Format(f fmt.State, _ rune) { fmt.Fprint(f, "faceid.MemoryStore lock") }
