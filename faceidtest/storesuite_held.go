package faceidtest

import (
	"context"
	"errors"
	"time"
)

// This file has the steps of which the tests of locks are made.

// lock takes the lock of the run's key, which must be free.
func (r *storeRun) lock(store aStore, lease time.Duration) aLock {
	ctx, cancel := context.WithTimeout(r.ctx, r.hurry())
	defer cancel()
	l, err := store.Lock(ctx, r.key, lease)
	if err != nil {
		r.failf("Lock of a key whose lock is free: %v", err)
	}
	r.keep(l, err)
	return l
}

func (r *storeRun) unlock(l aLock) {
	if err := l.Unlock(r.ctx); err != nil {
		r.failf("Unlock: %v", err)
	}
}

// unlockAnyhow calls Unlock where an error is allowed, such as one that nothing
// is locked.
func (r *storeRun) unlockAnyhow(ctx context.Context, l aLock) {
	if err := l.Unlock(ctx); errors.Is(err, errMisbehaved) {
		r.failf("%v", err)
	}
}

// keep makes the end of the run give a lock back, whatever happened to the lock
// meanwhile.
func (r *storeRun) keep(l aLock, err error) {
	if l != nil && err == nil {
		r.undo = append(r.undo, func() { _ = l.Unlock(context.WithoutCancel(r.ctx)) })
	}
}

func (r *storeRun) isFree(key string) {
	ctx, cancel := context.WithTimeout(r.ctx, r.hurry())
	defer cancel()
	l, err := r.b.Lock(ctx, key, r.longLease())
	if err != nil {
		r.failf("the lock is not free, although nobody holds it: %v", err)
	}
	r.unlock(l)
}

func (r *storeRun) isHeld(store aStore) {
	ctx, cancel := context.WithTimeout(r.ctx, r.blink())
	defer cancel()
	l, err := store.Lock(ctx, r.key, r.longLease())
	r.keep(l, err)
	switch {
	case err == nil:
		r.failf("two holders have the lock at once")
	case !errors.Is(err, context.DeadlineExceeded):
		r.failf("Lock while another holds the lock: %v; want it to wait for the end of ctx", err)
	}
}

type waited struct {
	lock aLock
	err  error
	left time.Duration // how long the earlier holder's lock was surely held at that moment
}

func (r *storeRun) waiter(ctx context.Context, store aStore, lease time.Duration, earlier aLock) <-chan waited {
	answer, ended := make(chan waited, 1), make(chan struct{})
	var w waited
	// A waiter may get the lock at the moment when its context ends, and nobody asks it then.
	r.undo = append(r.undo, func() {
		for start := time.Now(); time.Since(start) < r.hurry(); r.pass(5 * time.Millisecond) {
			select {
			case <-ended:
				if w.lock != nil && w.err == nil {
					_ = w.lock.Unlock(context.WithoutCancel(r.ctx))
				}
				return
			default:
			}
		}
	})
	go func() {
		defer close(ended)
		w.lock, w.err = store.Lock(ctx, r.key, lease)
		if earlier != nil {
			w.left = earlier.Left()
		}
		answer <- w
	}()
	return answer
}

// await lets time pass until the waiter has its answer.
func (r *storeRun) await(answer <-chan waited, most time.Duration) (waited, bool) {
	for start := time.Now(); ; r.pass(5 * time.Millisecond) {
		select {
		case w := <-answer:
			return w, true
		default:
		}
		if time.Since(start) > most {
			return waited{}, false
		}
	}
}

func (r *storeRun) obtained(answer <-chan waited, most time.Duration, when string) aLock {
	w, ok := r.await(answer, most)
	if !ok {
		r.failf("Lock still waits %v %s", most, when)
	}
	if w.err != nil {
		r.failf("Lock %s: %v", when, w.err)
	}
	r.keep(w.lock, w.err)
	return w.lock
}
