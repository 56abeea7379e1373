package faceidtest_test

import (
	"context"
	"sync"
	"time"
)

// badContexts are faults in the handling of contexts that end.
var badContexts = map[string]fault{
	"Load ignores ctx": {"an ended ctx, Load", func(good aStore) aStore {
		return faulty{aStore: good, load: func(ctx context.Context, key string) ([]byte, time.Duration, error) {
			return good.Load(context.WithoutCancel(ctx), key)
		}}
	}},
	"Load takes an ended ctx for nothing found": {"an ended ctx, Load", func(good aStore) aStore {
		return faulty{aStore: good, load: func(ctx context.Context, key string) ([]byte, time.Duration, error) {
			record, age, err := good.Load(ctx, key)
			if err != nil {
				err = errNotFound
			}
			return record, age, err
		}}
	}},
	"Load cut short finds nothing": {"a ctx that ends in the middle, Load", func(good aStore) aStore {
		return faulty{aStore: good, load: func(ctx context.Context, key string) ([]byte, time.Duration, error) {
			if err := ctx.Err(); err != nil {
				return nil, 0, err
			}
			if time.Sleep(time.Millisecond); ctx.Err() != nil {
				return nil, 0, errNotFound
			}
			return good.Load(ctx, key)
		}}
	}},
	"Load cut short is half a record": {"a ctx that ends in the middle, Load", func(good aStore) aStore {
		return faulty{aStore: good, load: func(ctx context.Context, key string) ([]byte, time.Duration, error) {
			record, age, err := good.Load(ctx, key)
			if time.Sleep(time.Millisecond); err == nil && ctx.Err() != nil {
				record = record[:len(record)/2]
			}
			return record, age, err
		}}
	}},
	"Load waits for the store whatever ctx says": {"a ctx that ends in the middle, Load", func(good aStore) aStore {
		var once sync.Once
		return faulty{aStore: good, load: func(ctx context.Context, key string) ([]byte, time.Duration, error) {
			if err := ctx.Err(); err != nil {
				return nil, 0, err
			}
			if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < time.Second {
				once.Do(func() { time.Sleep(5 * time.Second) })
			}
			return good.Load(ctx, key)
		}}
	}},
	"CompareAndSwap cut short lost": {"a ctx that ends in the middle, CompareAndSwap", func(good aStore) aStore {
		return faulty{aStore: good, swap: func(ctx context.Context, key string, old, record []byte) (bool, error) {
			if err := ctx.Err(); err != nil {
				return false, err
			}
			if time.Sleep(time.Millisecond); ctx.Err() != nil {
				return false, nil
			}
			return good.CompareAndSwap(ctx, key, old, record)
		}}
	}},
	"CompareAndSwap cut short saves half": {"a ctx that ends in the middle, CompareAndSwap", func(good aStore) aStore {
		return faulty{aStore: good, swap: func(ctx context.Context, key string, old, record []byte) (bool, error) {
			if err := ctx.Err(); err != nil {
				return false, err
			}
			if time.Sleep(time.Millisecond); ctx.Err() != nil {
				_, _ = put(good, key, old, record[:len(record)/2])
				return false, ctx.Err()
			}
			return good.CompareAndSwap(ctx, key, old, record)
		}}
	}},
	"Lock cut short stays locked": {"a ctx that ends in the middle, Lock", func(good aStore) aStore {
		return faulty{aStore: good, lock: func(ctx context.Context, key string, lease time.Duration) (aLock, error) {
			l, err := good.Lock(ctx, key, lease)
			if err != nil {
				return l, err
			}
			if time.Sleep(time.Millisecond); ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return l, nil
		}}
	}},
	"CompareAndSwap ignores ctx": {"an ended ctx, CompareAndSwap", func(good aStore) aStore {
		return faulty{aStore: good, swap: func(ctx context.Context, key string, old, record []byte) (bool, error) {
			return good.CompareAndSwap(context.WithoutCancel(ctx), key, old, record)
		}}
	}},
	"CompareAndSwap saves, then looks at ctx": {"an ended ctx, CompareAndSwap", func(good aStore) aStore {
		return faulty{aStore: good, swap: func(ctx context.Context, key string, old, record []byte) (bool, error) {
			swapped, err := good.CompareAndSwap(context.WithoutCancel(ctx), key, old, record)
			if ctx.Err() != nil {
				return false, ctx.Err()
			}
			return swapped, err
		}}
	}},
	"Lock ignores an ended ctx": {"an ended ctx, Lock", func(good aStore) aStore {
		return faulty{aStore: good, lock: func(ctx context.Context, key string, lease time.Duration) (aLock, error) {
			if ctx.Err() != nil {
				ctx = context.WithoutCancel(ctx)
			}
			return good.Lock(ctx, key, lease)
		}}
	}},
	"Lock takes the lock, then looks at ctx": {"an ended ctx, Lock", func(good aStore) aStore {
		return faulty{aStore: good, lock: func(ctx context.Context, key string, lease time.Duration) (aLock, error) {
			if ctx.Err() != nil {
				_, _ = good.Lock(context.Background(), key, lease)
				return nil, ctx.Err()
			}
			return good.Lock(ctx, key, lease)
		}}
	}},
	"Unlock hangs when ctx has ended": {"an ended ctx, Unlock", locks(func(l aLock, _ time.Duration) aLock {
		return faultyLock{aLock: l, unlock: func(ctx context.Context) error {
			if ctx.Err() != nil {
				time.Sleep(5 * time.Second)
			}
			return l.Unlock(ctx)
		}}
	})},
	"an Unlock that failed cannot be repeated": {"an ended ctx, Unlock", locks(func(l aLock, _ time.Duration) aLock {
		var once sync.Once
		return faultyLock{aLock: l, unlock: func(ctx context.Context) (err error) {
			once.Do(func() {
				if err = ctx.Err(); err == nil {
					err = l.Unlock(ctx)
				}
			})
			return err
		}}
	})},
}

// badAtAll are faults that every check catches.
var badAtAll = map[string]fault{
	"neither a lock nor an error": {"wait for the lock", func(good aStore) aStore {
		return faulty{aStore: good, lock: func(context.Context, string, time.Duration) (aLock, error) { return nil, nil }} //nolint:nilnil // this is the fault
	}},
	"panics": {"handles share one storage", func(good aStore) aStore {
		return faulty{aStore: good, load: func(context.Context, string) ([]byte, time.Duration, error) { panic("at the store") }}
	}},
	"hangs": {"handles share one storage", func(good aStore) aStore {
		return faulty{aStore: good, load: func(context.Context, string) ([]byte, time.Duration, error) {
			time.Sleep(time.Hour)
			return nil, 0, errDown
		}}
	}},
	"Left panics": {"time left", locks(func(l aLock, _ time.Duration) aLock {
		return faultyLock{aLock: l, left: func() time.Duration { panic("at the lock") }}
	})},
}
