package faceidtest_test

import (
	"context"
	"errors"
	"time"
)

// A faulty store is a good store with some methods replaced.
type faulty struct {
	aStore
	load func(ctx context.Context, key string) ([]byte, time.Duration, error)
	swap func(ctx context.Context, key string, old, record []byte) (bool, error)
	lock func(ctx context.Context, key string, lease time.Duration) (aLock, error)
}

func (f faulty) Load(ctx context.Context, key string) ([]byte, time.Duration, error) {
	if f.load == nil {
		return f.aStore.Load(ctx, key)
	}
	return f.load(ctx, key)
}

func (f faulty) CompareAndSwap(ctx context.Context, key string, old, record []byte) (bool, error) {
	if f.swap == nil {
		return f.aStore.CompareAndSwap(ctx, key, old, record)
	}
	return f.swap(ctx, key, old, record)
}

func (f faulty) Lock(ctx context.Context, key string, lease time.Duration) (aLock, error) {
	if f.lock == nil {
		return f.aStore.Lock(ctx, key, lease)
	}
	return f.lock(ctx, key, lease)
}

// faultyLock is a good lock with some methods replaced.
type faultyLock struct {
	aLock
	left   func() time.Duration
	unlock func(context.Context) error
}

func (f faultyLock) Left() time.Duration {
	if f.left == nil {
		return f.aLock.Left()
	}
	return f.left()
}

func (f faultyLock) Unlock(ctx context.Context) error {
	if f.unlock == nil {
		return f.aLock.Unlock(ctx)
	}
	return f.unlock(ctx)
}

// brokenStore is a store that reports its trouble as an error.
type brokenStore struct{}

var errDown = errors.New("the server does not answer")

func (brokenStore) Load(context.Context, string) ([]byte, time.Duration, error) {
	return nil, 0, errDown
}

func (brokenStore) CompareAndSwap(context.Context, string, []byte, []byte) (bool, error) {
	return false, errDown
}

func (brokenStore) Lock(context.Context, string, time.Duration) (aLock, error) {
	return nil, errDown
}

// peek reads the record of a key, whether ctx has ended or not.
func peek(s aStore, key string) []byte {
	record, _, _ := s.Load(context.Background(), key)
	return record
}

// locks makes a store that changes its locks before it returns them.
func locks(change func(l aLock, lease time.Duration) aLock) func(aStore) aStore {
	return func(good aStore) aStore {
		return faulty{aStore: good, lock: func(ctx context.Context, key string, lease time.Duration) (aLock, error) {
			l, err := good.Lock(ctx, key, lease)
			if err != nil {
				return nil, err
			}
			return change(l, lease), nil
		}}
	}
}

// bytesAs makes a store that keeps records in a form of its own.
func bytesAs(change func([]byte) []byte) func(aStore) aStore {
	return func(good aStore) aStore {
		return faulty{aStore: good, swap: func(ctx context.Context, key string, old, record []byte) (bool, error) {
			if old != nil {
				old = change(old)
			}
			return good.CompareAndSwap(ctx, key, old, change(record))
		}}
	}
}

// keysAs makes a store that spells keys in its own way.
func keysAs(change func(string) string) func(aStore) aStore {
	return func(good aStore) aStore {
		return faulty{
			aStore: good,
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
func ages(change func(time.Duration) time.Duration) func(aStore) aStore {
	return func(good aStore) aStore {
		return faulty{aStore: good, load: func(ctx context.Context, key string) ([]byte, time.Duration, error) {
			record, age, err := good.Load(ctx, key)
			return record, change(age), err
		}}
	}
}

// swaps makes a store whose CompareAndSwap is told the record that is there.
func swaps(swap func(good aStore, key string, now, old, record []byte) (bool, error)) func(aStore) aStore {
	return func(good aStore) aStore {
		return faulty{aStore: good, swap: func(ctx context.Context, key string, old, record []byte) (bool, error) {
			if err := ctx.Err(); err != nil {
				return false, err
			}
			return swap(good, key, peek(good, key), old, record)
		}}
	}
}

// put swaps as a good store does, and takes its time.
func put(s aStore, key string, old, record []byte) (bool, error) {
	return s.CompareAndSwap(context.Background(), key, old, record)
}

type fault struct {
	caughtBy string // the name of the check that must report the fault; others may report it, too
	make     func(good aStore) aStore
}
