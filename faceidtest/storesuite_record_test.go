package faceidtest_test

import (
	"bytes"
	"context"
	"errors"
	"path"
	"strings"
	"sync"
	"time"
)

// badRecords are faults of records and of ages.
var badRecords = map[string]fault{
	"nothing is an empty record": {"nothing is not found", func(good aStore) aStore {
		return faulty{aStore: good, load: func(ctx context.Context, key string) ([]byte, time.Duration, error) {
			record, age, err := good.Load(ctx, key)
			if errors.Is(err, errNotFound) {
				err = nil
			}
			return record, age, err
		}}
	}},
	"nothing is another error": {"nothing is not found", func(good aStore) aStore {
		return faulty{aStore: good, load: func(ctx context.Context, key string) ([]byte, time.Duration, error) {
			record, age, err := good.Load(ctx, key)
			if errors.Is(err, errNotFound) {
				err = errors.New("no rows")
			}
			return record, age, err
		}}
	}},
	"swaps what is not there": {"nothing is not found", swaps(func(s aStore, key string, now, old, record []byte) (bool, error) {
		if now == nil {
			old = nil
		}
		return put(s, key, old, record)
	})},
	"nil old overwrites": {"create once", swaps(func(s aStore, key string, now, old, record []byte) (bool, error) {
		if old == nil {
			old = now
		}
		return put(s, key, old, record)
	})},
	"always swaps": {"refuse another old", swaps(func(s aStore, key string, now, _, record []byte) (bool, error) {
		return put(s, key, now, record)
	})},
	"an empty old is no old": {"nothing is not found", swaps(func(s aStore, key string, _, old, record []byte) (bool, error) {
		if len(old) == 0 {
			old = nil
		}
		return put(s, key, old, record)
	})},
	"what is to stay need not be there": {"nothing is not found", swaps(func(s aStore, key string, _, old, record []byte) (bool, error) {
		if old != nil && bytes.Equal(old, record) {
			return true, nil
		}
		return put(s, key, old, record)
	})},
	"what is wanted is there": {"refuse another old", swaps(func(s aStore, key string, now, old, record []byte) (bool, error) {
		if old != nil && bytes.Equal(now, record) {
			return true, nil
		}
		return put(s, key, old, record)
	})},
	"a refused swap to the same touches": {"age after a refused swap", swaps(func(s aStore, key string, now, old, record []byte) (bool, error) {
		swapped, err := put(s, key, old, record)
		if !swapped && bytes.Equal(now, record) {
			_, _ = put(s, key, now, now)
		}
		return swapped, err
	})},
	"compares lengths": {"refuse another old", swaps(func(s aStore, key string, now, old, record []byte) (bool, error) {
		if len(now) == len(old) {
			old = now
		}
		return put(s, key, old, record)
	})},
	"compares beginnings": {"refuse another old", swaps(func(s aStore, key string, now, old, record []byte) (bool, error) {
		if old != nil && bytes.HasPrefix(now, old) {
			old = now
		}
		return put(s, key, old, record)
	})},
	"compares without case": {"refuse another old", swaps(func(s aStore, key string, now, old, record []byte) (bool, error) {
		if bytes.EqualFold(now, old) {
			old = now
		}
		return put(s, key, old, record)
	})},
	"says yes, saves nothing": {"create once", swaps(func(_ aStore, _ string, now, old, _ []byte) (bool, error) {
		return bytes.Equal(now, old), nil
	})},
	"says no, saves": {"replace", swaps(func(s aStore, key string, _, old, record []byte) (bool, error) {
		_, err := put(s, key, old, record)
		return false, err
	})},
	"says no, saves all the same": {"create once", swaps(func(s aStore, key string, now, old, record []byte) (bool, error) {
		_, _ = put(s, key, now, record)
		return bytes.Equal(now, old), nil
	})},
	"will not save the same again": {"replace", swaps(func(s aStore, key string, _, old, record []byte) (bool, error) {
		if old != nil && bytes.Equal(old, record) {
			return false, nil
		}
		return put(s, key, old, record)
	})},
	"compares, then swaps": {"one of fifty wins", swaps(func(s aStore, key string, now, old, record []byte) (bool, error) {
		if (now == nil) != (old == nil) || !bytes.Equal(now, old) {
			return false, nil
		}
		time.Sleep(time.Millisecond)
		return put(s, key, peek(s, key), record)
	})},
	"a swap that lost is an error": {"one of fifty wins", swaps(func(s aStore, key string, _, old, record []byte) (bool, error) {
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
	"an empty record is none": {"any bytes", func(good aStore) aStore {
		return faulty{aStore: good, load: func(ctx context.Context, key string) ([]byte, time.Duration, error) {
			record, age, err := good.Load(ctx, key)
			if err == nil && len(record) == 0 {
				err = errNotFound
			}
			return record, age, err
		}}
	}},
	"an empty record is nil": {"any bytes", func(good aStore) aStore {
		return faulty{aStore: good, load: func(ctx context.Context, key string) ([]byte, time.Duration, error) {
			record, age, err := good.Load(ctx, key)
			if len(record) == 0 {
				record = nil
			}
			return record, age, err
		}}
	}},
	"keeps the caller's bytes": {"bytes are the caller's own", func(good aStore) aStore {
		var kept sync.Map
		return faulty{
			aStore: good,
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
	"gives its own bytes away": {"bytes are the caller's own", func(good aStore) aStore {
		var kept sync.Map
		return faulty{
			aStore: good,
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

	// These faults are about ages.
	"no age":           {"age", ages(func(time.Duration) time.Duration { return 0 })},
	"negative age":     {"age", ages(func(d time.Duration) time.Duration { return -d - 1 })},
	"age in ms":        {"age", ages(func(d time.Duration) time.Duration { return d / time.Millisecond })},
	"clocks apart":     {"age", ages(func(d time.Duration) time.Duration { return d + 5*time.Minute })},
	"age since 1970":   {"age", ages(func(time.Duration) time.Duration { return time.Duration(time.Now().UnixNano()) })},
	"age stops at 0.1": {"age", ages(func(d time.Duration) time.Duration { return min(d, 100*time.Millisecond) })},
	"age of the first save": {"age", func(good aStore) aStore {
		var first sync.Map
		return faulty{
			aStore: good,
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
	"a refused swap touches": {"age after a refused swap", swaps(func(s aStore, key string, _, old, record []byte) (bool, error) {
		swapped, err := put(s, key, old, record)
		if now := peek(s, key); !swapped && now != nil {
			_, _ = put(s, key, now, now)
		}
		return swapped, err
	})},
}

// badKeys are faults of keys, and of the records that belong to them.
var badKeys = map[string]fault{
	"keys without case":  {"keys are independent", keysAs(strings.ToLower)},
	"keys cut at 100":    {"keys are independent", keysAs(func(k string) string { return k[:min(len(k), 100)] })},
	"keys as file names": {"keys are independent", keysAs(func(k string) string { return strings.ReplaceAll(k, "/", "_") })},
	"keys up to a #":     {"keys are independent", keysAs(func(k string) string { head, _, _ := strings.Cut(k, "#"); return head })},
	"keys without hosts": {"keys are independent", keysAs(func(k string) string { head, _, _ := strings.Cut(k, "@"); return head })},
	"keys are paths":     {"keys are independent", keysAs(func(k string) string { return path.Join("dir", k) })},
	"keys escaped once":  {"keys are independent", keysAs(func(k string) string { return strings.ReplaceAll(k, "/", "%2F") })},
	"keys end at zero":   {"keys are independent", keysAs(func(k string) string { head, _, _ := strings.Cut(k, "\x00"); return head })},
	"keys mended":        {"keys are independent", keysAs(func(k string) string { return strings.ToValidUTF8(k, "\ufffd") })},
	"keys composed":      {"keys are independent", keysAs(func(k string) string { return strings.ReplaceAll(k, "e\u0301", "\u00e9") })},
	"keys folded":        {"keys are independent", keysAs(func(k string) string { return strings.ReplaceAll(k, "\u212a", "K") })},
	"keys cut at 199":    {"keys are independent", keysAs(func(k string) string { return k[:min(len(k), 199)] })},
	"no keys of 200": {"keys are independent", func(good aStore) aStore {
		return faulty{aStore: good, swap: func(ctx context.Context, key string, old, record []byte) (bool, error) {
			if len(key) > 190 {
				return false, errors.New("file name too long")
			}
			return good.CompareAndSwap(ctx, key, old, record)
		}}
	}},
	"no locks of 200": {"locks of other keys", func(good aStore) aStore {
		return faulty{aStore: good, lock: func(ctx context.Context, key string, lease time.Duration) (aLock, error) {
			if len(key) > 190 {
				return nil, errors.New("file name too long")
			}
			return good.Lock(ctx, key, lease)
		}}
	}},
	"a lock is a record beside": {"no lock is another key's record", func(good aStore) aStore {
		return faulty{aStore: good, lock: func(ctx context.Context, key string, lease time.Duration) (aLock, error) {
			l, err := good.Lock(ctx, key, lease)
			if err == nil {
				_, _ = put(good, key+".lock", nil, []byte("locked"))
			}
			return l, err
		}}
	}},
	"a record beside is a lock": {"no lock is another key's record", func(good aStore) aStore {
		return faulty{aStore: good, lock: func(ctx context.Context, key string, lease time.Duration) (aLock, error) {
			if ctx.Err() == nil && peek(good, key+":lock") != nil {
				<-ctx.Done()
			}
			return good.Lock(ctx, key, lease)
		}}
	}},
	"who waits for a lock holds up the records": {"records while others wait for the lock", func(good aStore) aStore {
		turn := make(chan struct{}, 1)
		inTurn := func(ctx context.Context, do func() error) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case turn <- struct{}{}:
				defer func() { <-turn }()
				return do()
			}
		}
		return faulty{
			aStore: good,
			swap: func(ctx context.Context, key string, old, record []byte) (swapped bool, err error) {
				err = inTurn(ctx, func() (err error) { swapped, err = good.CompareAndSwap(ctx, key, old, record); return err })
				return swapped, err
			},
			lock: func(ctx context.Context, key string, lease time.Duration) (l aLock, err error) {
				err = inTurn(ctx, func() (err error) { l, err = good.Lock(ctx, key, lease); return err })
				return l, err
			},
		}
	}},
	"a lock saves the record again": {"swaps while others lock", func(good aStore) aStore {
		return faulty{aStore: good, lock: func(ctx context.Context, key string, lease time.Duration) (aLock, error) {
			l, err := good.Lock(ctx, key, lease)
			if was := peek(good, key); err == nil && was != nil {
				time.Sleep(2 * time.Millisecond)
				_, _ = put(good, key, peek(good, key), was)
			}
			return l, err
		}}
	}},
	"keys trimmed":       {"keys are independent", keysAs(strings.TrimSpace)},
	"keys up to a brace": {"keys are independent", keysAs(func(k string) string { head, _, _ := strings.Cut(k, "}"); return head })},
	"one lock for all": {"locks of other keys", func(good aStore) aStore {
		return faulty{aStore: good, lock: func(ctx context.Context, _ string, lease time.Duration) (aLock, error) {
			return good.Lock(ctx, "the lock", lease)
		}}
	}},
	"a lock is a record": {"a lock does not touch the record", func(good aStore) aStore {
		return faulty{aStore: good, lock: func(ctx context.Context, key string, lease time.Duration) (aLock, error) {
			l, err := good.Lock(ctx, key, lease)
			if err == nil {
				_, _ = put(good, key, nil, []byte("locked"))
			}
			return l, err
		}}
	}},
	"a lock locks the record": {"a lock does not touch the record", func(good aStore) aStore {
		return faulty{aStore: good, swap: func(ctx context.Context, key string, old, record []byte) (bool, error) {
			l, err := good.Lock(ctx, key, time.Minute)
			if err != nil {
				return false, err
			}
			defer l.Unlock(ctx)
			return good.CompareAndSwap(ctx, key, old, record)
		}}
	}},
}
