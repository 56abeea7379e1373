package faceidtest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

// These names are all that the faults use of the client, as in the suite.
type (
	aStore = faceid.Store
	aLock  = faceid.Lock
)

var (
	errNotFound    = faceid.ErrNotFound
	newMemoryStore = faceid.NewMemoryStore
)

func same(s faceid.Store) func() faceid.Store { return func() faceid.Store { return s } }

func TestStoreSuitePassesTheMemoryStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		faceidtest.TestStore(t, same(faceid.NewMemoryStore()))
	})
}

func TestStoreSuiteRunsInRealTime(t *testing.T) {
	t.Parallel()

	start := time.Now()
	faceidtest.TestStore(t, same(faceid.NewMemoryStore()), faceidtest.StoreBroken(same(brokenStore{})))

	t.Log("took", time.Since(start))
}

// faults are all faults of all files.
var faults = gathered(badRecords, badKeys, badContexts, badLocks, badAtAll)

func gathered(kinds ...map[string]fault) map[string]fault {
	all := map[string]fault{}
	for _, kind := range kinds {
		maps.Copy(all, kind)
	}
	return all
}

func TestStoreSuiteCatchesEveryFault(t *testing.T) {
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			caught(t, f.caughtBy, sync.OnceValue(func() aStore { return f.make(faceid.NewMemoryStore()) })) // the store is made inside the bubble
		})
	}
	t.Run("a storage for each handle", func(t *testing.T) {
		t.Parallel()
		caught(t, "handles share one storage", func() faceid.Store { return faceid.NewMemoryStore() })
	})
	t.Run("a lock for each process", func(t *testing.T) {
		t.Parallel()
		shared := faceid.NewMemoryStore()
		caught(t, "one holder at a time", func() faceid.Store {
			return faulty{aStore: shared, lock: faceid.NewMemoryStore().Lock}
		})
	})
}

func TestStoreBrokenCatchesAStoreThatLooksEmpty(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]fault{
		"a miss": {"a broken store, Load", func(down faceid.Store) faceid.Store {
			return faulty{aStore: down, load: func(context.Context, string) ([]byte, time.Duration, error) {
				return nil, 0, faceid.ErrNotFound
			}}
		}},
		"a miss with the cause": {"a broken store, Load", func(down faceid.Store) faceid.Store {
			return faulty{aStore: down, load: func(context.Context, string) ([]byte, time.Duration, error) {
				return nil, 0, errors.Join(faceid.ErrNotFound, errDown)
			}}
		}},
		"an empty record": {"a broken store, Load", func(down faceid.Store) faceid.Store {
			return faulty{aStore: down, load: func(context.Context, string) ([]byte, time.Duration, error) {
				return []byte{}, 0, nil
			}}
		}},
		"another was faster": {"a broken store, CompareAndSwap", func(down faceid.Store) faceid.Store {
			return faulty{aStore: down, swap: func(context.Context, string, []byte, []byte) (bool, error) { return false, nil }}
		}},
		"saved, believe me": {"a broken store, CompareAndSwap", func(down faceid.Store) faceid.Store {
			return faulty{aStore: down, swap: func(_ context.Context, _ string, old, _ []byte) (bool, error) {
				if old == nil {
					return false, errDown
				}
				return true, nil
			}}
		}},
		"a lock of one's own": {"a broken store, Lock", func(down faceid.Store) faceid.Store {
			return faulty{aStore: down, lock: faceid.NewMemoryStore().Lock}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failed := failures(t, same(faceid.NewMemoryStore()), faceidtest.StoreBroken(same(f.make(brokenStore{}))))
			require.Len(t, failed, 1)
			require.Contains(t, failed, f.caughtBy)
		})
	}
}

// Each check of the suite catches some fault, and each sentence that it quotes
// is in the contract.
func TestStoreSuiteNeedsEveryCheck(t *testing.T) {
	everything := failures(t, same(brokenStore{}), faceidtest.StoreBroken(same(faceid.NewMemoryStore())))

	caughtBy := map[string]bool{"handles share one storage": true}
	for _, f := range faults {
		caughtBy[f.caughtBy] = true
	}
	contract, err := os.ReadFile("../store.go")
	require.NoError(t, err)
	said := strings.Join(strings.Fields(strings.ReplaceAll(string(contract), "//", " ")), " ")
	require.Len(t, everything, 38)
	for name, message := range everything {
		if !strings.HasPrefix(name, "a broken store") {
			require.True(t, caughtBy[name], "no fault is made for the check %q", name)
		}
		_, sentence, ok := strings.Cut(message, "the contract: ")
		require.True(t, ok, message)
		require.Contains(t, said, strings.Trim(sentence, `"`))
	}
}

func TestStoreRenewsAllowsLongerLeases(t *testing.T) {
	renewing := func(good faceid.Store) faceid.Store { // this store extends its locks by itself, for ten leases
		return faulty{aStore: good, lock: func(ctx context.Context, key string, lease time.Duration) (faceid.Lock, error) {
			l, err := good.Lock(ctx, key, 10*lease)
			if err != nil {
				return nil, err
			}
			return faultyLock{aLock: l, left: func() time.Duration {
				if left := l.Left(); left > 0 {
					return (left-1)%lease + 1
				}
				return 0
			}}, nil
		}}
	}

	caught(t, "a lost lease", same(renewing(faceid.NewMemoryStore())))
	require.Empty(t, failures(t, same(renewing(faceid.NewMemoryStore())), faceidtest.StoreRenews(10)))
}

func TestStoreTickAllowsACoarseClock(t *testing.T) {
	const tick = 500 * time.Millisecond
	coarse := ages(func(d time.Duration) time.Duration { return d.Truncate(tick) })

	caught(t, "age", same(coarse(faceid.NewMemoryStore())))
	require.Empty(t, failures(t, same(coarse(faceid.NewMemoryStore())), faceidtest.StoreTick(tick)))
}

func TestStoreClockAdvancesAStandingClock(t *testing.T) {
	still := func() *stillStore {
		return &stillStore{records: map[string]stillRecord{}, locks: map[string]*stillLock{}}
	}

	require.NotEmpty(t, failures(t, same(still())))
	s := still()
	require.Empty(t, failures(t, same(s), faceidtest.StoreClock(s.advance)))
}

// stillStore is a store whose clock moves only with advance.
type stillStore struct {
	mu      sync.Mutex
	now     time.Duration
	records map[string]stillRecord
	locks   map[string]*stillLock
}

type stillRecord struct {
	value []byte
	saved time.Duration
}

type stillLock struct {
	s     *stillStore
	key   string
	until time.Duration
}

func (s *stillStore) advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now += d
}

func (s *stillStore) Load(ctx context.Context, key string) ([]byte, time.Duration, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.records[key]; ok && ctx.Err() == nil {
		return bytes.Clone(r.value), s.now - r.saved, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	return nil, 0, faceid.ErrNotFound
}

func (s *stillStore) CompareAndSwap(ctx context.Context, key string, old, record []byte) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.records[key]
	if err := ctx.Err(); err != nil || ok != (old != nil) || !bytes.Equal(r.value, old) {
		return false, err
	}
	s.records[key] = stillRecord{bytes.Clone(record), s.now}
	return true, nil
}

func (s *stillStore) Lock(ctx context.Context, key string, lease time.Duration) (faceid.Lock, error) {
	for ; ctx.Err() == nil; time.Sleep(time.Millisecond) {
		s.mu.Lock()
		if l := s.locks[key]; l == nil || l.until <= s.now {
			mine := &stillLock{s, key, s.now + lease}
			s.locks[key] = mine
			s.mu.Unlock()
			return mine, nil
		}
		s.mu.Unlock()
	}
	return nil, ctx.Err()
}

func (l *stillLock) Left() time.Duration {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	return l.until - l.s.now
}

func (l *stillLock) Unlock(context.Context) error {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	if l.s.locks[l.key] == l {
		delete(l.s.locks, l.key)
	}
	return nil
}

func caught(t *testing.T, by string, open func() faceid.Store) {
	t.Helper()
	failed := failures(t, open)
	require.Contains(t, failed, by)
}

// failures runs the suite in a bubble and returns what it reports, by check.
func failures(t *testing.T, open func() faceid.Store, opts ...faceidtest.StoreOption) map[string]string {
	t.Helper()
	rec := &recorder{failed: map[string]string{}}
	synctest.Test(t, func(*testing.T) {
		faceidtest.TestStore(rec, open, opts...)
		time.Sleep(24 * time.Hour) // every call that still waits comes to an end
	})
	return rec.failed
}

// recorder is a test that collects its failures.
type recorder struct{ failed map[string]string }

var reported = regexp.MustCompile(`(?s)^store: ([^:]+): .+\n\tthe contract: ".+"$`)

func (*recorder) Helper()        {}
func (*recorder) Cleanup(func()) {}

func (r *recorder) Errorf(format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	name := reported.FindStringSubmatch(message)
	if name == nil {
		panic("an unreadable failure: " + message)
	}
	r.failed[name[1]] = message
}
