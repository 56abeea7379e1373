package faceidtest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"
)

// guardedStore turns a call that hangs or panics into an error, so that the
// suite goes on.
type guardedStore struct {
	store aStore
	most  time.Duration
}

func (s *storeSuite) guard(store aStore) aStore {
	return guardedStore{store, s.patience() + s.hurry()}
}

var errMisbehaved = errors.New("a call must return")

func guarded(most time.Duration, name string, call func() error) error {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- fmt.Errorf("%s panics: %v (%w)", name, p, errMisbehaved)
			}
		}()
		done <- call()
	}()
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		return fmt.Errorf("%s has not returned after %v (%w)", name, most, errMisbehaved)
	}
}

func (g guardedStore) Load(ctx context.Context, key string) ([]byte, time.Duration, error) {
	type answer struct {
		record []byte
		age    time.Duration
	}
	answers := make(chan answer, 1) // a channel, as a hanging call may return later
	err := guarded(g.most, "Load", func() error {
		record, age, err := g.store.Load(ctx, key)
		answers <- answer{record, age}
		return err
	})
	select {
	case a := <-answers:
		return a.record, a.age, err
	default:
		return nil, 0, err
	}
}

func (g guardedStore) CompareAndSwap(ctx context.Context, key string, old, record []byte) (bool, error) {
	answers := make(chan bool, 1)
	err := guarded(g.most, "CompareAndSwap", func() error {
		swapped, err := g.store.CompareAndSwap(ctx, key, old, record)
		answers <- swapped
		return err
	})
	select {
	case swapped := <-answers:
		return swapped, err
	default:
		return false, err
	}
}

func (g guardedStore) Lock(ctx context.Context, key string, lease time.Duration) (aLock, error) {
	locks := make(chan aLock, 1)
	err := guarded(g.most, "Lock", func() error {
		l, err := g.store.Lock(ctx, key, lease)
		if l == nil && err == nil {
			return errors.New("Lock returned neither a lock nor an error")
		}
		locks <- l
		return err
	})
	select {
	case l := <-locks:
		if l == nil {
			return nil, err
		}
		return guardedLock{l, g.most}, err
	default:
		return nil, err
	}
}

type guardedLock struct {
	lock aLock
	most time.Duration
}

const leftPanics time.Duration = math.MinInt64

func (g guardedLock) Left() (left time.Duration) {
	defer func() {
		if recover() != nil {
			left = leftPanics
		}
	}()
	return g.lock.Left()
}

func (g guardedLock) Unlock(ctx context.Context) error {
	return guarded(g.most, "Unlock", func() error { return g.lock.Unlock(ctx) })
}
