package faceidtest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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

func same(s faceid.Store) func() faceid.Store { return func() faceid.Store { return s } }

func TestTheMemoryStoreKeepsEveryPromise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		faceidtest.TestStore(t, same(faceid.NewMemoryStore()))
	})
}

func TestTheSuiteRunsInRealTime(t *testing.T) {
	t.Parallel()

	start := time.Now()
	faceidtest.TestStore(t, same(faceid.NewMemoryStore()), faceidtest.StoreBroken(same(brokenStore{})))

	t.Log("took", time.Since(start))
}

// A faulty store is good but for what is replaced.
type faulty struct {
	faceid.Store
	load func(ctx context.Context, key string) ([]byte, time.Duration, error)
	swap func(ctx context.Context, key string, old, record []byte) (bool, error)
	lock func(ctx context.Context, key string, lease time.Duration) (faceid.Lock, error)
}

func (f faulty) Load(ctx context.Context, key string) ([]byte, time.Duration, error) {
	if f.load == nil {
		return f.Store.Load(ctx, key)
	}
	return f.load(ctx, key)
}

func (f faulty) CompareAndSwap(ctx context.Context, key string, old, record []byte) (bool, error) {
	if f.swap == nil {
		return f.Store.CompareAndSwap(ctx, key, old, record)
	}
	return f.swap(ctx, key, old, record)
}

func (f faulty) Lock(ctx context.Context, key string, lease time.Duration) (faceid.Lock, error) {
	if f.lock == nil {
		return f.Store.Lock(ctx, key, lease)
	}
	return f.lock(ctx, key, lease)
}

// faultyLock is good but for what is replaced.
type faultyLock struct {
	faceid.Lock
	left   func() time.Duration
	unlock func(context.Context) error
}

func (f faultyLock) Left() time.Duration {
	if f.left == nil {
		return f.Lock.Left()
	}
	return f.left()
}

func (f faultyLock) Unlock(ctx context.Context) error {
	if f.unlock == nil {
		return f.Lock.Unlock(ctx)
	}
	return f.unlock(ctx)
}

// brokenStore is honest about it.
type brokenStore struct{}

var errDown = errors.New("the server does not answer")

func (brokenStore) Load(context.Context, string) ([]byte, time.Duration, error) {
	return nil, 0, errDown
}

func (brokenStore) CompareAndSwap(context.Context, string, []byte, []byte) (bool, error) {
	return false, errDown
}

func (brokenStore) Lock(context.Context, string, time.Duration) (faceid.Lock, error) {
	return nil, errDown
}

// peek reads what is there, whatever becomes of ctx.
func peek(s faceid.Store, key string) []byte {
	record, _, _ := s.Load(context.Background(), key)
	return record
}

// locks makes a store whose locks are changed on their way out.
func locks(change func(l faceid.Lock, lease time.Duration) faceid.Lock) func(faceid.Store) faceid.Store {
	return func(good faceid.Store) faceid.Store {
		return faulty{Store: good, lock: func(ctx context.Context, key string, lease time.Duration) (faceid.Lock, error) {
			l, err := good.Lock(ctx, key, lease)
			if err != nil {
				return nil, err
			}
			return change(l, lease), nil
		}}
	}
}

// bytesAs makes a store that keeps records in a form of its own.
func bytesAs(change func([]byte) []byte) func(faceid.Store) faceid.Store {
	return func(good faceid.Store) faceid.Store {
		return faulty{Store: good, swap: func(ctx context.Context, key string, old, record []byte) (bool, error) {
			if old != nil {
				old = change(old)
			}
			return good.CompareAndSwap(ctx, key, old, change(record))
		}}
	}
}

// keysAs makes a store that spells keys in its own way.
func keysAs(change func(string) string) func(faceid.Store) faceid.Store {
	return func(good faceid.Store) faceid.Store {
		return faulty{
			Store: good,
			load: func(ctx context.Context, key string) ([]byte, time.Duration, error) {
				return good.Load(ctx, change(key))
			},
			swap: func(ctx context.Context, key string, old, record []byte) (bool, error) {
				return good.CompareAndSwap(ctx, change(key), old, record)
			},
		}
	}
}

// ages makes a store that tells other ages.
func ages(change func(time.Duration) time.Duration) func(faceid.Store) faceid.Store {
	return func(good faceid.Store) faceid.Store {
		return faulty{Store: good, load: func(ctx context.Context, key string) ([]byte, time.Duration, error) {
			record, age, err := good.Load(ctx, key)
			return record, change(age), err
		}}
	}
}

// swaps makes a store whose CompareAndSwap gets to see what is there.
func swaps(swap func(good faceid.Store, key string, now, old, record []byte) (bool, error)) func(faceid.Store) faceid.Store {
	return func(good faceid.Store) faceid.Store {
		return faulty{Store: good, swap: func(ctx context.Context, key string, old, record []byte) (bool, error) {
			if err := ctx.Err(); err != nil {
				return false, err
			}
			return swap(good, key, peek(good, key), old, record)
		}}
	}
}

// put swaps honestly and has time for it.
func put(s faceid.Store, key string, old, record []byte) (bool, error) {
	return s.CompareAndSwap(context.Background(), key, old, record)
}

type fault struct {
	caughtBy string // the name of the check that must see it, whichever others do
	make     func(good faceid.Store) faceid.Store
}

var faults = map[string]fault{
	// Records.
	"nothing is an empty record": {"nothing is not found", func(good faceid.Store) faceid.Store {
		return faulty{Store: good, load: func(ctx context.Context, key string) ([]byte, time.Duration, error) {
			record, age, err := good.Load(ctx, key)
			if errors.Is(err, faceid.ErrNotFound) {
				err = nil
			}
			return record, age, err
		}}
	}},
	"nothing is another error": {"nothing is not found", func(good faceid.Store) faceid.Store {
		return faulty{Store: good, load: func(ctx context.Context, key string) ([]byte, time.Duration, error) {
			record, age, err := good.Load(ctx, key)
			if errors.Is(err, faceid.ErrNotFound) {
				err = errors.New("no rows")
			}
			return record, age, err
		}}
	}},
	"swaps what is not there": {"nothing is not found", swaps(func(s faceid.Store, key string, now, old, record []byte) (bool, error) {
		if now == nil {
			old = nil
		}
		return put(s, key, old, record)
	})},
	"nil old overwrites": {"create once", swaps(func(s faceid.Store, key string, now, old, record []byte) (bool, error) {
		if old == nil {
			old = now
		}
		return put(s, key, old, record)
	})},
	"always swaps": {"refuse another old", swaps(func(s faceid.Store, key string, now, _, record []byte) (bool, error) {
		return put(s, key, now, record)
	})},
	"compares lengths": {"refuse another old", swaps(func(s faceid.Store, key string, now, old, record []byte) (bool, error) {
		if len(now) == len(old) {
			old = now
		}
		return put(s, key, old, record)
	})},
	"compares beginnings": {"refuse another old", swaps(func(s faceid.Store, key string, now, old, record []byte) (bool, error) {
		if old != nil && bytes.HasPrefix(now, old) {
			old = now
		}
		return put(s, key, old, record)
	})},
	"compares without case": {"refuse another old", swaps(func(s faceid.Store, key string, now, old, record []byte) (bool, error) {
		if bytes.EqualFold(now, old) {
			old = now
		}
		return put(s, key, old, record)
	})},
	"says yes, saves nothing": {"create once", swaps(func(_ faceid.Store, _ string, now, old, _ []byte) (bool, error) {
		return bytes.Equal(now, old), nil
	})},
	"says no, saves": {"replace", swaps(func(s faceid.Store, key string, _, old, record []byte) (bool, error) {
		_, err := put(s, key, old, record)
		return false, err
	})},
	"says no, saves all the same": {"create once", swaps(func(s faceid.Store, key string, now, old, record []byte) (bool, error) {
		_, _ = put(s, key, now, record)
		return bytes.Equal(now, old), nil
	})},
	"will not save the same again": {"replace", swaps(func(s faceid.Store, key string, _, old, record []byte) (bool, error) {
		if old != nil && bytes.Equal(old, record) {
			return false, nil
		}
		return put(s, key, old, record)
	})},
	"compares, then swaps": {"one of fifty wins", swaps(func(s faceid.Store, key string, now, old, record []byte) (bool, error) {
		if (now == nil) != (old == nil) || !bytes.Equal(now, old) {
			return false, nil
		}
		time.Sleep(time.Millisecond)
		return put(s, key, peek(s, key), record)
	})},
	"a swap that lost is an error": {"one of fifty wins", swaps(func(s faceid.Store, key string, _, old, record []byte) (bool, error) {
		swapped, err := put(s, key, old, record)
		if !swapped && err == nil {
			err = errors.New("conflict")
		}
		return swapped, err
	})},
	"ends at a zero byte": {"any bytes", bytesAs(func(b []byte) []byte { head, _, _ := bytes.Cut(b, []byte{0}); return head })},
	"trims":               {"any bytes", bytesAs(func(b []byte) []byte { return append([]byte{}, bytes.TrimSpace(b)...) })},
	"mends UTF-8":         {"any bytes", bytesAs(func(b []byte) []byte { return append([]byte{}, bytes.ToValidUTF8(b, []byte("?"))...) })},
	"at most 32 KiB":      {"any bytes", bytesAs(func(b []byte) []byte { return b[:min(len(b), 32<<10)] })},
	"an empty record is none": {"any bytes", func(good faceid.Store) faceid.Store {
		return faulty{Store: good, load: func(ctx context.Context, key string) ([]byte, time.Duration, error) {
			record, age, err := good.Load(ctx, key)
			if err == nil && len(record) == 0 {
				err = faceid.ErrNotFound
			}
			return record, age, err
		}}
	}},
	"an empty record is nil": {"any bytes", func(good faceid.Store) faceid.Store {
		return faulty{Store: good, load: func(ctx context.Context, key string) ([]byte, time.Duration, error) {
			record, age, err := good.Load(ctx, key)
			if len(record) == 0 {
				record = nil
			}
			return record, age, err
		}}
	}},
	"keeps the caller's bytes": {"bytes are the caller's own", func(good faceid.Store) faceid.Store {
		var kept sync.Map
		return faulty{
			Store: good,
			load: func(ctx context.Context, key string) ([]byte, time.Duration, error) {
				record, age, err := good.Load(ctx, key)
				if b, ok := kept.Load(key); ok && err == nil {
					record = bytes.Clone(b.([]byte))
				}
				return record, age, err
			},
			swap: func(ctx context.Context, key string, old, record []byte) (bool, error) {
				swapped, err := good.CompareAndSwap(ctx, key, old, record)
				if swapped {
					kept.Store(key, record)
				}
				return swapped, err
			},
		}
	}},
	"gives its own bytes away": {"bytes are the caller's own", func(good faceid.Store) faceid.Store {
		var kept sync.Map
		return faulty{
			Store: good,
			load: func(ctx context.Context, key string) ([]byte, time.Duration, error) {
				record, age, err := good.Load(ctx, key)
				if b, ok := kept.Load(key); ok && err == nil {
					record = b.([]byte)
				}
				return record, age, err
			},
			swap: func(ctx context.Context, key string, old, record []byte) (bool, error) {
				swapped, err := good.CompareAndSwap(ctx, key, old, record)
				if swapped {
					kept.Store(key, bytes.Clone(record))
				}
				return swapped, err
			},
		}
	}},

	// Ages.
	"no age":           {"age", ages(func(time.Duration) time.Duration { return 0 })},
	"negative age":     {"age", ages(func(d time.Duration) time.Duration { return -d - 1 })},
	"age in ms":        {"age", ages(func(d time.Duration) time.Duration { return d / time.Millisecond })},
	"clocks apart":     {"age", ages(func(d time.Duration) time.Duration { return d + 5*time.Minute })},
	"age since 1970":   {"age", ages(func(time.Duration) time.Duration { return time.Duration(time.Now().UnixNano()) })},
	"age stops at 0.1": {"age", ages(func(d time.Duration) time.Duration { return min(d, 100*time.Millisecond) })},
	"age of the first save": {"age", func(good faceid.Store) faceid.Store {
		var first sync.Map
		return faulty{
			Store: good,
			load: func(ctx context.Context, key string) ([]byte, time.Duration, error) {
				record, age, err := good.Load(ctx, key)
				if at, ok := first.Load(key); ok {
					age = time.Since(at.(time.Time))
				}
				return record, age, err
			},
			swap: func(ctx context.Context, key string, old, record []byte) (bool, error) {
				swapped, err := good.CompareAndSwap(ctx, key, old, record)
				if swapped {
					first.LoadOrStore(key, time.Now())
				}
				return swapped, err
			},
		}
	}},
	"a refused swap touches": {"age after a refused swap", swaps(func(s faceid.Store, key string, _, old, record []byte) (bool, error) {
		swapped, err := put(s, key, old, record)
		if now := peek(s, key); !swapped && now != nil {
			_, _ = put(s, key, now, now)
		}
		return swapped, err
	})},

	// Keys.
	"keys without case":  {"keys are independent", keysAs(strings.ToLower)},
	"keys cut at 100":    {"keys are independent", keysAs(func(k string) string { return k[:min(len(k), 100)] })},
	"keys as file names": {"keys are independent", keysAs(func(k string) string { return strings.ReplaceAll(k, "/", "_") })},
	"keys trimmed":       {"keys are independent", keysAs(strings.TrimSpace)},
	"keys up to a brace": {"keys are independent", keysAs(func(k string) string { head, _, _ := strings.Cut(k, "}"); return head })},
	"one lock for all": {"locks of other keys", func(good faceid.Store) faceid.Store {
		return faulty{Store: good, lock: func(ctx context.Context, _ string, lease time.Duration) (faceid.Lock, error) {
			return good.Lock(ctx, "the lock", lease)
		}}
	}},
	"a lock is a record": {"a lock does not touch the record", func(good faceid.Store) faceid.Store {
		return faulty{Store: good, lock: func(ctx context.Context, key string, lease time.Duration) (faceid.Lock, error) {
			l, err := good.Lock(ctx, key, lease)
			if err == nil {
				_, _ = put(good, key, nil, []byte("locked"))
			}
			return l, err
		}}
	}},
	"a lock locks the record": {"a lock does not touch the record", func(good faceid.Store) faceid.Store {
		return faulty{Store: good, swap: func(ctx context.Context, key string, old, record []byte) (bool, error) {
			l, err := good.Lock(ctx, key, time.Minute)
			if err != nil {
				return false, err
			}
			defer l.Unlock(ctx)
			return good.CompareAndSwap(ctx, key, old, record)
		}}
	}},

	// A context that has ended.
	"Load ignores ctx": {"an ended ctx, Load", func(good faceid.Store) faceid.Store {
		return faulty{Store: good, load: func(ctx context.Context, key string) ([]byte, time.Duration, error) {
			return good.Load(context.WithoutCancel(ctx), key)
		}}
	}},
	"Load takes an ended ctx for nothing found": {"an ended ctx, Load", func(good faceid.Store) faceid.Store {
		return faulty{Store: good, load: func(ctx context.Context, key string) ([]byte, time.Duration, error) {
			record, age, err := good.Load(ctx, key)
			if err != nil {
				err = faceid.ErrNotFound
			}
			return record, age, err
		}}
	}},
	"CompareAndSwap ignores ctx": {"an ended ctx, CompareAndSwap", func(good faceid.Store) faceid.Store {
		return faulty{Store: good, swap: func(ctx context.Context, key string, old, record []byte) (bool, error) {
			return good.CompareAndSwap(context.WithoutCancel(ctx), key, old, record)
		}}
	}},
	"CompareAndSwap saves, then looks at ctx": {"an ended ctx, CompareAndSwap", func(good faceid.Store) faceid.Store {
		return faulty{Store: good, swap: func(ctx context.Context, key string, old, record []byte) (bool, error) {
			swapped, err := good.CompareAndSwap(context.WithoutCancel(ctx), key, old, record)
			if ctx.Err() != nil {
				return false, ctx.Err()
			}
			return swapped, err
		}}
	}},
	"Lock ignores an ended ctx": {"an ended ctx, Lock", func(good faceid.Store) faceid.Store {
		return faulty{Store: good, lock: func(ctx context.Context, key string, lease time.Duration) (faceid.Lock, error) {
			if ctx.Err() != nil {
				ctx = context.WithoutCancel(ctx)
			}
			return good.Lock(ctx, key, lease)
		}}
	}},
	"Lock takes the lock, then looks at ctx": {"an ended ctx, Lock", func(good faceid.Store) faceid.Store {
		return faulty{Store: good, lock: func(ctx context.Context, key string, lease time.Duration) (faceid.Lock, error) {
			if ctx.Err() != nil {
				_, _ = good.Lock(context.Background(), key, lease)
				return nil, ctx.Err()
			}
			return good.Lock(ctx, key, lease)
		}}
	}},
	"Unlock hangs when ctx has ended": {"an ended ctx, Unlock", locks(func(l faceid.Lock, _ time.Duration) faceid.Lock {
		return faultyLock{Lock: l, unlock: func(ctx context.Context) error {
			if ctx.Err() != nil {
				time.Sleep(5 * time.Second)
			}
			return l.Unlock(ctx)
		}}
	})},
	"an Unlock that failed cannot be repeated": {"an ended ctx, Unlock", locks(func(l faceid.Lock, _ time.Duration) faceid.Lock {
		var once sync.Once
		return faultyLock{Lock: l, unlock: func(ctx context.Context) (err error) {
			once.Do(func() {
				if err = ctx.Err(); err == nil {
					err = l.Unlock(ctx)
				}
			})
			return err
		}}
	})},

	// Locks.
	"no exclusion": {"one holder at a time", func(good faceid.Store) faceid.Store {
		return faulty{Store: good, lock: func(ctx context.Context, key string, lease time.Duration) (faceid.Lock, error) {
			return faceid.NewMemoryStore().Lock(ctx, key, lease)
		}}
	}},
	"the same process may enter": {"a lock has one holder, not one process", func(good faceid.Store) faceid.Store {
		var mu sync.Mutex
		held := map[string]faceid.Lock{}
		return faulty{Store: good, lock: func(ctx context.Context, key string, lease time.Duration) (faceid.Lock, error) {
			mu.Lock()
			mine := held[key]
			mu.Unlock()
			if mine != nil && mine.Left() > 0 && ctx.Err() == nil {
				return mine, nil
			}
			l, err := good.Lock(ctx, key, lease)
			mu.Lock()
			defer mu.Unlock()
			held[key] = l
			return l, err
		}}
	}},
	"gives up at once": {"wait for the lock", func(good faceid.Store) faceid.Store {
		return faulty{Store: good, lock: func(ctx context.Context, key string, lease time.Duration) (faceid.Lock, error) {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			now, cancel := context.WithTimeout(ctx, time.Millisecond)
			defer cancel()
			l, err := good.Lock(now, key, lease)
			if err != nil {
				err = errors.New("busy")
			}
			return l, err
		}}
	}},
	"looks every 3 s": {"wait for the lock", func(good faceid.Store) faceid.Store {
		return faulty{Store: good, lock: func(ctx context.Context, key string, lease time.Duration) (faceid.Lock, error) {
			for {
				now, cancel := context.WithTimeout(ctx, time.Millisecond)
				l, err := good.Lock(now, key, lease)
				cancel()
				if err == nil || ctx.Err() != nil {
					return l, err
				}
				select {
				case <-ctx.Done():
				case <-time.After(3 * time.Second):
				}
			}
		}}
	}},
	"waits on without ctx": {"a waiter is cancelled", func(good faceid.Store) faceid.Store {
		return faulty{Store: good, lock: func(ctx context.Context, key string, lease time.Duration) (faceid.Lock, error) {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return good.Lock(context.WithoutCancel(ctx), key, lease)
		}}
	}},
	"knows no deadline": {"a waiter's deadline", func(good faceid.Store) faceid.Store {
		return faulty{Store: good, lock: func(ctx context.Context, key string, lease time.Duration) (faceid.Lock, error) {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			deaf, cancel := context.WithCancel(context.WithoutCancel(ctx))
			defer cancel()
			defer context.AfterFunc(ctx, func() {
				if errors.Is(ctx.Err(), context.Canceled) {
					cancel()
				}
			})()
			return good.Lock(deaf, key, lease)
		}}
	}},
	"an error of its own for ctx": {"a waiter is cancelled", func(good faceid.Store) faceid.Store {
		return faulty{Store: good, lock: func(ctx context.Context, key string, lease time.Duration) (faceid.Lock, error) {
			l, err := good.Lock(ctx, key, lease)
			if err != nil {
				err = fmt.Errorf("lock: %v", err) //nolint:errorlint // that is the fault
			}
			return l, err
		}}
	}},
	"a waiter that left takes the lock": {"a waiter is cancelled", func(good faceid.Store) faceid.Store {
		return faulty{Store: good, lock: func(ctx context.Context, key string, lease time.Duration) (faceid.Lock, error) {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			locked := make(chan faceid.Lock, 1)
			go func() {
				l, _ := good.Lock(context.WithoutCancel(ctx), key, lease)
				locked <- l
			}()
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case l := <-locked:
				return l, nil
			}
		}}
	}},
	"a lock without end": {"a lost lease", func(good faceid.Store) faceid.Store {
		return faulty{Store: good, lock: func(ctx context.Context, key string, lease time.Duration) (faceid.Lock, error) {
			l, err := good.Lock(ctx, key, 24*time.Hour)
			if err != nil {
				return nil, err
			}
			return faultyLock{Lock: l, left: func() time.Duration { return l.Left() - 24*time.Hour + lease }}, nil
		}}
	}},
	"half the lease": {"a lost lease", func(good faceid.Store) faceid.Store {
		return faulty{Store: good, lock: func(ctx context.Context, key string, lease time.Duration) (faceid.Lock, error) {
			return good.Lock(ctx, key, lease/2)
		}}
	}},
	"nothing left": {"time left", locks(func(l faceid.Lock, _ time.Duration) faceid.Lock {
		return faultyLock{Lock: l, left: func() time.Duration { return 0 }}
	})},
	"more left than the lease": {"time left", locks(func(l faceid.Lock, _ time.Duration) faceid.Lock {
		return faultyLock{Lock: l, left: func() time.Duration { return l.Left() + time.Second }}
	})},
	"always the whole lease left": {"time left", locks(func(l faceid.Lock, lease time.Duration) faceid.Lock {
		return faultyLock{Lock: l, left: func() time.Duration { return lease }}
	})},
	"never nothing left": {"time left of a lost lock", locks(func(l faceid.Lock, _ time.Duration) faceid.Lock {
		return faultyLock{Lock: l, left: func() time.Duration { return max(l.Left(), time.Millisecond) }}
	})},
	"counts from the answer": {"time left of a lost lock", func(good faceid.Store) faceid.Store {
		return faulty{Store: good, lock: func(ctx context.Context, key string, lease time.Duration) (faceid.Lock, error) {
			l, err := good.Lock(ctx, key, lease)
			if err != nil {
				return nil, err
			}
			if lease < time.Second {
				time.Sleep(10 * time.Millisecond) // this answer was on its way for long
			}
			answered := time.Now()
			return faultyLock{Lock: l, left: func() time.Duration { return lease - time.Since(answered) }}, nil
		}}
	}},
	"Unlock releases whoever holds it": {"unlock of a lost lock", func(good faceid.Store) faceid.Store {
		var mu sync.Mutex
		held := map[string]faceid.Lock{}
		return faulty{Store: good, lock: func(ctx context.Context, key string, lease time.Duration) (faceid.Lock, error) {
			l, err := good.Lock(ctx, key, lease)
			if err != nil {
				return nil, err
			}
			mu.Lock()
			defer mu.Unlock()
			held[key] = l
			return faultyLock{Lock: l, unlock: func(ctx context.Context) error {
				mu.Lock()
				defer mu.Unlock()
				return held[key].Unlock(ctx)
			}}, nil
		}}
	}},
	"a second Unlock releases whoever holds it": {"unlock twice", func(good faceid.Store) faceid.Store {
		var mu sync.Mutex
		held := map[string]faceid.Lock{}
		return faulty{Store: good, lock: func(ctx context.Context, key string, lease time.Duration) (faceid.Lock, error) {
			l, err := good.Lock(ctx, key, lease)
			if err != nil {
				return nil, err
			}
			mu.Lock()
			defer mu.Unlock()
			held[key] = l
			lost := time.Now().Add(lease)
			return faultyLock{Lock: l, unlock: func(ctx context.Context) error {
				mu.Lock()
				defer mu.Unlock()
				if time.Now().After(lost) {
					return nil
				}
				return held[key].Unlock(ctx)
			}}, nil
		}}
	}},
	"a second Unlock panics": {"unlock twice", locks(func(l faceid.Lock, _ time.Duration) faceid.Lock {
		given := make(chan struct{})
		return faultyLock{Lock: l, unlock: func(ctx context.Context) error {
			close(given)
			return l.Unlock(ctx)
		}}
	})},
	"Unlock does nothing": {"wait for the lock", locks(func(l faceid.Lock, _ time.Duration) faceid.Lock {
		return faultyLock{Lock: l, unlock: func(context.Context) error { return nil }}
	})},
	"Unlock waits for the lease": {"wait for the lock", locks(func(l faceid.Lock, _ time.Duration) faceid.Lock {
		return faultyLock{Lock: l, unlock: func(ctx context.Context) error {
			select {
			case <-ctx.Done():
			case <-time.After(l.Left()):
			}
			return ctx.Err()
		}}
	})},

	// All at once.
	"neither a lock nor an error": {"wait for the lock", func(good faceid.Store) faceid.Store {
		return faulty{Store: good, lock: func(context.Context, string, time.Duration) (faceid.Lock, error) { return nil, nil }} //nolint:nilnil // that is the fault
	}},
	"panics": {"handles share one storage", func(good faceid.Store) faceid.Store {
		return faulty{Store: good, load: func(context.Context, string) ([]byte, time.Duration, error) { panic("at the store") }}
	}},
	"hangs": {"handles share one storage", func(good faceid.Store) faceid.Store {
		return faulty{Store: good, load: func(context.Context, string) ([]byte, time.Duration, error) {
			time.Sleep(time.Hour)
			return nil, 0, errDown
		}}
	}},
	"Left panics": {"time left", locks(func(l faceid.Lock, _ time.Duration) faceid.Lock {
		return faultyLock{Lock: l, left: func() time.Duration { panic("at the lock") }}
	})},
}

func TestEveryFaultIsCaught(t *testing.T) {
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			caught(t, f.caughtBy, same(f.make(faceid.NewMemoryStore())))
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
			return faulty{Store: shared, lock: faceid.NewMemoryStore().Lock}
		})
	})
}

func TestABrokenStoreThatLooksEmptyIsCaught(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]fault{
		"a miss": {"a broken store, Load", func(down faceid.Store) faceid.Store {
			return faulty{Store: down, load: func(context.Context, string) ([]byte, time.Duration, error) {
				return nil, 0, faceid.ErrNotFound
			}}
		}},
		"a miss with the cause": {"a broken store, Load", func(down faceid.Store) faceid.Store {
			return faulty{Store: down, load: func(context.Context, string) ([]byte, time.Duration, error) {
				return nil, 0, errors.Join(faceid.ErrNotFound, errDown)
			}}
		}},
		"an empty record": {"a broken store, Load", func(down faceid.Store) faceid.Store {
			return faulty{Store: down, load: func(context.Context, string) ([]byte, time.Duration, error) {
				return []byte{}, 0, nil
			}}
		}},
		"another was faster": {"a broken store, CompareAndSwap", func(down faceid.Store) faceid.Store {
			return faulty{Store: down, swap: func(context.Context, string, []byte, []byte) (bool, error) { return false, nil }}
		}},
		"saved, believe me": {"a broken store, CompareAndSwap", func(down faceid.Store) faceid.Store {
			return faulty{Store: down, swap: func(_ context.Context, _ string, old, _ []byte) (bool, error) {
				if old == nil {
					return false, errDown
				}
				return true, nil
			}}
		}},
		"a lock of one's own": {"a broken store, Lock", func(down faceid.Store) faceid.Store {
			return faulty{Store: down, lock: faceid.NewMemoryStore().Lock}
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

// Each check sees some fault; each sentence it quotes is in the contract.
func TestEveryCheckIsNeeded(t *testing.T) {
	everything := failures(t, same(brokenStore{}), faceidtest.StoreBroken(same(faceid.NewMemoryStore())))

	caughtBy := map[string]bool{"handles share one storage": true}
	for _, f := range faults {
		caughtBy[f.caughtBy] = true
	}
	contract, err := os.ReadFile("../store.go")
	require.NoError(t, err)
	said := strings.Join(strings.Fields(strings.ReplaceAll(string(contract), "//", " ")), " ")
	require.Len(t, everything, 30)
	for name, message := range everything {
		if !strings.HasPrefix(name, "a broken store") {
			require.True(t, caughtBy[name], "no fault is made for the check %q", name)
		}
		_, sentence, ok := strings.Cut(message, "the contract: ")
		require.True(t, ok, message)
		require.Contains(t, said, strings.Trim(sentence, `"`))
	}
}

func TestAStoreThatRenewsSaysSo(t *testing.T) {
	renewing := func(good faceid.Store) faceid.Store { // by itself, for ten leases
		return faulty{Store: good, lock: func(ctx context.Context, key string, lease time.Duration) (faceid.Lock, error) {
			l, err := good.Lock(ctx, key, 10*lease)
			if err != nil {
				return nil, err
			}
			return faultyLock{Lock: l, left: func() time.Duration {
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

func TestAStoreWithACoarseClockSaysSo(t *testing.T) {
	const tick = 500 * time.Millisecond
	coarse := ages(func(d time.Duration) time.Duration { return d.Truncate(tick) })

	caught(t, "age", same(coarse(faceid.NewMemoryStore())))
	require.Empty(t, failures(t, same(coarse(faceid.NewMemoryStore())), faceidtest.StoreTick(tick)))
}

func TestAStoreWhoseClockStandsStillIsAdvanced(t *testing.T) {
	still := func() *stillStore {
		return &stillStore{records: map[string]stillRecord{}, locks: map[string]*stillLock{}}
	}

	require.NotEmpty(t, failures(t, same(still())))
	s := still()
	require.Empty(t, failures(t, same(s), faceidtest.StoreClock(s.advance)))
}

// stillStore has a clock that only advance moves.
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
		time.Sleep(24 * time.Hour) // whatever still waits comes to an end
	})
	return rec.failed
}

// recorder is a test that is expected to fail.
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
