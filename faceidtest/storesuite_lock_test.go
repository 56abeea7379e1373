package faceidtest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// badLocks are faults of locks.
var badLocks = map[string]fault{
	"no exclusion": {"one holder at a time", func(good aStore) aStore {
		return faulty{aStore: good, lock: func(ctx context.Context, key string, lease time.Duration) (aLock, error) {
			return newMemoryStore().Lock(ctx, key, lease)
		}}
	}},
	"the same process may enter": {"a lock has one holder, not one process", func(good aStore) aStore {
		var mu sync.Mutex
		held := map[string]aLock{}
		return faulty{aStore: good, lock: func(ctx context.Context, key string, lease time.Duration) (aLock, error) {
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
	"gives up at once": {"wait for the lock", func(good aStore) aStore {
		return faulty{aStore: good, lock: func(ctx context.Context, key string, lease time.Duration) (aLock, error) {
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
	"looks every 3 s": {"wait for the lock", func(good aStore) aStore {
		return faulty{aStore: good, lock: func(ctx context.Context, key string, lease time.Duration) (aLock, error) {
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
	"waits on without ctx": {"a waiter is cancelled", func(good aStore) aStore {
		return faulty{aStore: good, lock: func(ctx context.Context, key string, lease time.Duration) (aLock, error) {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return good.Lock(context.WithoutCancel(ctx), key, lease)
		}}
	}},
	"knows no deadline": {"a waiter's deadline", func(good aStore) aStore {
		return faulty{aStore: good, lock: func(ctx context.Context, key string, lease time.Duration) (aLock, error) {
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
	"an error of its own for ctx": {"a waiter is cancelled", func(good aStore) aStore {
		return faulty{aStore: good, lock: func(ctx context.Context, key string, lease time.Duration) (aLock, error) {
			l, err := good.Lock(ctx, key, lease)
			if err != nil {
				err = fmt.Errorf("lock: %v", err) //nolint:errorlint // this is the fault
			}
			return l, err
		}}
	}},
	"a waiter that left takes the lock": {"a waiter is cancelled", func(good aStore) aStore {
		return faulty{aStore: good, lock: func(ctx context.Context, key string, lease time.Duration) (aLock, error) {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			locked := make(chan aLock, 1)
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
	"a lock without end": {"a lost lease", func(good aStore) aStore {
		return faulty{aStore: good, lock: func(ctx context.Context, key string, lease time.Duration) (aLock, error) {
			l, err := good.Lock(ctx, key, 24*time.Hour)
			if err != nil {
				return nil, err
			}
			return faultyLock{aLock: l, left: func() time.Duration { return l.Left() - 24*time.Hour + lease }}, nil
		}}
	}},
	"half the lease": {"a lost lease", func(good aStore) aStore {
		return faulty{aStore: good, lock: func(ctx context.Context, key string, lease time.Duration) (aLock, error) {
			return good.Lock(ctx, key, lease/2)
		}}
	}},
	"thirty-two locks at most": {"many locks at once", func(good aStore) aStore {
		room := make(chan struct{}, 32)
		return faulty{aStore: good, lock: func(ctx context.Context, key string, lease time.Duration) (aLock, error) {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case room <- struct{}{}:
			}
			l, err := good.Lock(ctx, key, lease)
			if err != nil {
				<-room
				return nil, err
			}
			var once sync.Once
			return faultyLock{aLock: l, unlock: func(ctx context.Context) error {
				once.Do(func() { <-room })
				return l.Unlock(ctx)
			}}, nil
		}}
	}},
	"a lock too many takes the oldest": {"many locks at once", func(good aStore) aStore {
		var mu sync.Mutex
		var held []aLock
		return faulty{aStore: good, lock: func(ctx context.Context, key string, lease time.Duration) (aLock, error) {
			l, err := good.Lock(ctx, key, lease)
			if err != nil {
				return nil, err
			}
			mu.Lock()
			defer mu.Unlock()
			if held = append(held, l); len(held) > 60 {
				_ = held[0].Unlock(ctx)
				held = held[1:]
			}
			return l, nil
		}}
	}},
	"a lock is never lost at once": {"a lease that is over at once", func(good aStore) aStore {
		return faulty{aStore: good, lock: func(ctx context.Context, key string, lease time.Duration) (aLock, error) {
			for {
				l, err := good.Lock(ctx, key, lease)
				if err != nil || l.Left() > time.Millisecond {
					return l, err
				}
				time.Sleep(2 * time.Millisecond)
			}
		}}
	}},
	"a lease is at least a minute": {"a lease that is over at once", func(good aStore) aStore {
		return faulty{aStore: good, lock: func(ctx context.Context, key string, lease time.Duration) (aLock, error) {
			if lease < 100*time.Millisecond {
				lease = time.Minute
			}
			return good.Lock(ctx, key, lease)
		}}
	}},
	"a short lease is for ever": {"a lease that is over at once", func(good aStore) aStore {
		return faulty{aStore: good, lock: func(ctx context.Context, key string, lease time.Duration) (aLock, error) {
			if lease >= time.Millisecond {
				return good.Lock(ctx, key, lease)
			}
			l, err := good.Lock(ctx, key, 24*time.Hour) // in whole milliseconds the lease is 0, which stands for no expiry
			if err != nil {
				return nil, err
			}
			return faultyLock{aLock: l, left: func() time.Duration { return l.Left() - 24*time.Hour + lease }}, nil
		}}
	}},
	"nothing left": {"time left", locks(func(l aLock, _ time.Duration) aLock {
		return faultyLock{aLock: l, left: func() time.Duration { return 0 }}
	})},
	"more left than the lease": {"time left", locks(func(l aLock, _ time.Duration) aLock {
		return faultyLock{aLock: l, left: func() time.Duration { return l.Left() + time.Second }}
	})},
	"always the whole lease left": {"time left", locks(func(l aLock, lease time.Duration) aLock {
		return faultyLock{aLock: l, left: func() time.Duration { return lease }}
	})},
	"never nothing left": {"time left of a lost lock", locks(func(l aLock, _ time.Duration) aLock {
		return faultyLock{aLock: l, left: func() time.Duration { return max(l.Left(), time.Millisecond) }}
	})},
	"counts from the answer": {"time left of a lost lock", func(good aStore) aStore {
		return faulty{aStore: good, lock: func(ctx context.Context, key string, lease time.Duration) (aLock, error) {
			l, err := good.Lock(ctx, key, lease)
			if err != nil {
				return nil, err
			}
			if lease < time.Second {
				time.Sleep(10 * time.Millisecond) // the answer takes long to arrive
			}
			answered := time.Now()
			return faultyLock{aLock: l, left: func() time.Duration { return lease - time.Since(answered) }}, nil
		}}
	}},
	"Unlock releases whoever holds it": {"unlock of a lost lock", func(good aStore) aStore {
		var mu sync.Mutex
		held := map[string]aLock{}
		return faulty{aStore: good, lock: func(ctx context.Context, key string, lease time.Duration) (aLock, error) {
			l, err := good.Lock(ctx, key, lease)
			if err != nil {
				return nil, err
			}
			mu.Lock()
			defer mu.Unlock()
			held[key] = l
			return faultyLock{aLock: l, unlock: func(ctx context.Context) error {
				mu.Lock()
				defer mu.Unlock()
				return held[key].Unlock(ctx)
			}}, nil
		}}
	}},
	"a second Unlock releases whoever holds it": {"unlock twice", func(good aStore) aStore {
		var mu sync.Mutex
		held := map[string]aLock{}
		return faulty{aStore: good, lock: func(ctx context.Context, key string, lease time.Duration) (aLock, error) {
			l, err := good.Lock(ctx, key, lease)
			if err != nil {
				return nil, err
			}
			mu.Lock()
			defer mu.Unlock()
			held[key] = l
			lost := time.Now().Add(lease)
			return faultyLock{aLock: l, unlock: func(ctx context.Context) error {
				mu.Lock()
				defer mu.Unlock()
				if time.Now().After(lost) {
					return nil
				}
				return held[key].Unlock(ctx)
			}}, nil
		}}
	}},
	"a second Unlock panics": {"unlock twice", locks(func(l aLock, _ time.Duration) aLock {
		given := make(chan struct{})
		return faultyLock{aLock: l, unlock: func(ctx context.Context) error {
			close(given)
			return l.Unlock(ctx)
		}}
	})},
	"Unlock does nothing": {"wait for the lock", locks(func(l aLock, _ time.Duration) aLock {
		return faultyLock{aLock: l, unlock: func(context.Context) error { return nil }}
	})},
	"Unlock waits for the lease": {"wait for the lock", locks(func(l aLock, _ time.Duration) aLock {
		return faultyLock{aLock: l, unlock: func(ctx context.Context) error {
			select {
			case <-ctx.Done():
			case <-time.After(l.Left()):
			}
			return ctx.Err()
		}}
	})},
}
