package faceidtest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// This file has the tests of locks.

func (r *storeRun) exclusion() {
	const holders = 12
	var inside atomic.Int32
	failures := make(chan string, holders)
	for i := range holders {
		store := r.handles[i%len(r.handles)]
		go func() {
			l, err := store.Lock(r.ctx, r.key, r.longLease())
			if err != nil {
				failures <- fmt.Sprintf("one of %d who want the lock at once: %v", holders, err)
				return
			}
			failure := ""
			if n := inside.Add(1); n > 1 {
				failure = fmt.Sprintf("%d hold the lock at once", n)
			} else if err := count(r.ctx, store, r.key); err != nil {
				failure = err.Error()
			}
			inside.Add(-1)
			if err := l.Unlock(r.ctx); err != nil && failure == "" {
				failure = fmt.Sprintf("Unlock: %v", err)
			}
			failures <- failure
		}()
	}
	failure := ""
	for range holders {
		if f := <-failures; failure == "" {
			failure = f
		}
	}
	if failure != "" {
		r.failf("%s", failure)
	}
	r.loads(r.a, r.key, []byte(strconv.Itoa(holders)))
}

// count adds one to the number in the record. The caller holds the lock.
func count(ctx context.Context, store aStore, key string) error {
	old, _, err := store.Load(ctx, key)
	if err != nil && !errors.Is(err, errNotFound) {
		return fmt.Errorf("load under the lock: %w", err)
	}
	n, _ := strconv.Atoi(string(old))
	time.Sleep(2 * time.Millisecond) // the pause lets another holder overtake this one
	swapped, err := store.CompareAndSwap(ctx, key, old, []byte(strconv.Itoa(n+1)))
	if err != nil || !swapped {
		return fmt.Errorf("another one changed the record under the lock: %t, %w", swapped, err)
	}
	return nil
}

func (r *storeRun) notReentrant() {
	r.lock(r.a, r.longLease())
	r.isHeld(r.a)
	r.isHeld(r.b)
}

func (r *storeRun) waitForUnlock() {
	for _, other := range []aStore{r.a, r.b} {
		holder := r.lock(r.a, r.longLease())
		waiting := r.waiter(r.ctx, other, r.longLease(), nil)
		r.pass(r.blink())
		select {
		case w := <-waiting:
			r.keep(w.lock, w.err)
			r.failf("Lock returned while another holds the lock: %v", w.err)
		default:
		}
		r.unlock(holder)
		r.unlock(r.obtained(waiting, r.hurry(), "after Unlock"))
	}
}

func (r *storeRun) cancelledWaiter() {
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	r.waiterLeaves(ctx, cancel, context.Canceled)
}

func (r *storeRun) waitersDeadline() {
	ctx, cancel := context.WithTimeout(r.ctx, r.blink())
	defer cancel()
	r.waiterLeaves(ctx, func() {}, context.DeadlineExceeded)
}

func (r *storeRun) waiterLeaves(ctx context.Context, leave func(), want error) {
	holder := r.lock(r.a, r.longLease())
	waiting := r.waiter(ctx, r.b, r.longLease(), nil)
	r.pass(r.blink())
	leave()
	start := time.Now()
	w, ok := r.await(waiting, 2*r.hurry())
	took := time.Since(start)
	r.keep(w.lock, w.err)
	switch {
	case !ok || took > r.hurry():
		r.failf("Lock still waits %v after its ctx ended", took.Round(time.Millisecond))
	case !errors.Is(w.err, want):
		r.failf("Lock whose ctx ended while it waited: %v, want %v", w.err, want)
	}
	r.isHeld(r.c)
	r.unlock(holder)
	r.pass(r.blink()) // this would show a waiter that still waits
	r.isFree(r.key)
}

func (r *storeRun) otherLocks() {
	for _, key := range oddKeys(r.key) {
		r.lockOf(key)
	}
}

// lockOf takes the lock of a key that nobody has locked.
func (r *storeRun) lockOf(key string) {
	ctx, cancel := context.WithTimeout(r.ctx, r.hurry())
	defer cancel()
	l, err := r.a.Lock(ctx, key, r.longLease())
	r.keep(l, err)
	if err != nil {
		r.failf("the lock of %q cannot be taken while locks of other keys are held: %v", key, err)
	}
}

// apart tests that no lock is a record of another key, or hinders one.
func (r *storeRun) apart() {
	locked, saved := oddKeys(r.key), oddKeys(r.key+"2")
	for _, key := range locked {
		r.lockOf(key)
	}
	for _, key := range locked {
		r.missing(r.b, key)
	}
	for i, key := range saved {
		r.swap(r.b, key, nil, []byte(strconv.Itoa(i)), true)
	}
	for i, key := range saved {
		r.lockOf(key)
		r.loads(r.b, key, []byte(strconv.Itoa(i)))
	}
}

func (r *storeRun) manyLocks() {
	const many = 64
	answers := make(chan waited, many)
	for i := range many {
		go func() {
			var w waited
			w.lock, w.err = r.handles[i%len(r.handles)].Lock(r.ctx, r.key+"/"+strconv.Itoa(i), r.longLease())
			answers <- w
		}()
	}
	var locks []aLock
	var failed error
	for range many {
		w := <-answers
		r.keep(w.lock, w.err)
		if w.err != nil {
			failed = w.err
			continue
		}
		locks = append(locks, w.lock)
	}
	if failed != nil {
		r.failf("of %d keys whose locks are taken at once, one cannot be locked: %v", many, failed)
	}
	for _, l := range locks {
		if left := l.Left(); left <= 0 || left > r.longLease() {
			r.failf("Left is %v of one of %d locks with a lease of %v", left, many, r.longLease())
		}
		r.unlock(l)
	}
}

func (r *storeRun) recordsAmongWaiters() {
	holder := r.lock(r.a, r.longLease())
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	var waiting []<-chan waited
	for _, store := range r.handles {
		waiting = append(waiting, r.waiter(ctx, store, r.longLease(), nil))
	}
	r.pass(r.blink())
	start := time.Now()
	r.missing(r.a, r.key)
	r.swap(r.b, r.key, nil, []byte("one"), true)
	r.loads(r.c, r.key, []byte("one"))
	r.swap(r.a, r.key, []byte("one"), []byte("two"), true)
	if took := time.Since(start); took > 3*r.hurry() {
		r.failf("Load and CompareAndSwap waited %v, while others waited for the lock", took)
	}
	cancel()
	for _, answer := range waiting {
		w, ok := r.await(answer, r.hurry())
		r.keep(w.lock, w.err)
		if !ok || !errors.Is(w.err, context.Canceled) {
			r.failf("Lock whose ctx ended while it waited: %v, want %v", w.err, context.Canceled)
		}
	}
	r.loads(r.b, r.key, []byte("two"))
	r.unlock(holder)
}

// swapsAmongLocks makes some goroutines count in the record without the lock,
// while others take the lock and give it back.
func (r *storeRun) swapsAmongLocks() {
	const counters, each = 4, 4
	ctx, stop := context.WithCancel(r.ctx)
	defer stop()
	locked, counted := make(chan error, 2), make(chan error, counters)
	for i := range cap(locked) {
		go func() { locked <- lockAgainAndAgain(ctx, r.handles[i], r.key, r.longLease()) }()
	}
	for i := range counters {
		go func() { counted <- countTo(r.ctx, r.handles[i%len(r.handles)], r.key, each) }()
	}
	var failed error
	for range counters {
		failed = errors.Join(failed, <-counted)
	}
	stop()
	for range cap(locked) {
		failed = errors.Join(failed, <-locked)
	}
	if failed != nil {
		first, _, _ := strings.Cut(failed.Error(), "\n")
		r.failf("%s", first)
	}
	r.loads(r.a, r.key, []byte(strconv.Itoa(counters*each)))
}

// lockAgainAndAgain takes the lock and gives it back until ctx ends.
func lockAgainAndAgain(ctx context.Context, store aStore, key string, lease time.Duration) error {
	for ctx.Err() == nil {
		l, err := store.Lock(ctx, key, lease)
		switch {
		case err == nil:
		case errors.Is(err, ctx.Err()):
			continue // ctx has ended
		default:
			return fmt.Errorf("Lock while others swap: %w", err)
		}
		time.Sleep(time.Millisecond)
		if err := l.Unlock(context.WithoutCancel(ctx)); err != nil {
			return fmt.Errorf("Unlock while others swap: %w", err)
		}
		time.Sleep(time.Millisecond)
	}
	return nil
}

// countTo adds one to the number in the record, n times.
func countTo(ctx context.Context, store aStore, key string, n int) error {
	for n > 0 {
		old, _, err := store.Load(ctx, key)
		if err != nil && !errors.Is(err, errNotFound) {
			return fmt.Errorf("Load while others lock: %w", err)
		}
		number, _ := strconv.Atoi(string(old))
		time.Sleep(time.Millisecond) // the pause lets another one overtake
		swapped, err := store.CompareAndSwap(ctx, key, old, []byte(strconv.Itoa(number+1)))
		if err != nil {
			return fmt.Errorf("CompareAndSwap while others lock: %w", err)
		}
		if swapped {
			n--
		}
	}
	return nil
}

func (r *storeRun) lockAndRecord() {
	l := r.lock(r.a, r.longLease())
	r.missing(r.b, r.key)
	start := time.Now()
	r.swap(r.b, r.key, nil, []byte("one"), true)
	r.loads(r.c, r.key, []byte("one"))
	r.swap(r.a, r.key, []byte("one"), []byte("two"), true)
	if took := time.Since(start); took > 3*r.hurry() {
		r.failf("Load and CompareAndSwap waited %v for a lock", took)
	}
	r.isHeld(r.c)
	r.unlock(l)
	r.loads(r.b, r.key, []byte("two"))
}

func (r *storeRun) left() {
	l := r.lock(r.a, r.longLease())
	got := time.Now()
	if left := l.Left(); left == leftPanics {
		r.failf("Left panics")
	} else if left <= 0 || left > r.longLease() {
		r.failf("Left is %v after Lock with a lease of %v", left, r.longLease())
	}
	r.pass(r.blink())
	left, most := l.Left(), r.longLease()
	if r.renewals == 1 {
		most -= time.Since(got)
		if r.advance != nil {
			most = r.longLease() // Left may go by a clock that stands still between the calls
		}
	}
	if left <= 0 || left > most+r.tick {
		r.failf("Left is %v, %v after Lock with a lease of %v", left, time.Since(got), r.longLease())
	}
}

// lose takes a lock, and waits until it passes on to another holder without
// being given back.
func (r *storeRun) lose() (lost, next aLock, leftWhenPassed time.Duration) {
	lost = r.lock(r.a, r.shortLease())
	waiting := r.waiter(r.ctx, r.b, r.longLease(), lost)
	most := time.Duration(r.renewals)*r.shortLease() + r.tick + r.hurry()
	start := time.Now()
	w, ok := r.await(waiting, most)
	if !ok {
		r.failf("with a lease of %v that is never given back, no other one got the lock within %v", r.shortLease(), time.Since(start).Round(time.Millisecond))
	}
	r.keep(w.lock, w.err)
	if w.err != nil {
		r.failf("Lock while a lease runs out: %v", w.err)
	}
	return lost, w.lock, w.left
}

func (r *storeRun) lostLease() {
	start := time.Now()
	r.lose()
	if took := time.Since(start); took < r.shortLease()-r.tick {
		r.failf("a lock with a lease of %v passed on to another after %v", r.shortLease(), took)
	}
}

func (r *storeRun) leftWhenLost() {
	lost, next, left := r.lose()
	if left > 0 {
		r.failf("another has the lock, and the first holder's Left is %v", left)
	}
	if left := lost.Left(); left > 0 {
		r.failf("Left of a lost lock is %v", left)
	}
	if left := next.Left(); left <= 0 || left > r.longLease() {
		r.failf("Left of the next holder is %v after Lock with a lease of %v", left, r.longLease())
	}
}

func (r *storeRun) unlockWhenLost() {
	lost, next, _ := r.lose()
	for range 2 {
		r.unlockAnyhow(r.ctx, lost)
		r.isHeld(r.c)
	}
	if left := next.Left(); left <= 0 {
		r.failf("the first holder's late Unlock took the lock from the second: its Left is %v", left)
	}
	r.unlock(next)
	r.isFree(r.key)
}

// tinyLease asks for leases that are over before anybody can use them.
func (r *storeRun) tinyLease() {
	for _, lease := range []time.Duration{1, time.Microsecond, time.Millisecond} {
		ctx, cancel := context.WithTimeout(r.ctx, r.hurry())
		l, err := r.a.Lock(ctx, r.key, lease)
		cancel()
		r.keep(l, err)
		switch {
		case errors.Is(err, errMisbehaved):
			r.failf("%v", err)
		case errors.Is(err, context.DeadlineExceeded):
			r.failf("Lock of a free lock with a lease of %v waits; it may refuse, or give a lock that is lost soon", lease)
		case err == nil:
			if left := l.Left(); left > lease+r.tick {
				r.failf("Left is %v after Lock with a lease of %v", left, lease)
			}
			r.pass(time.Duration(r.renewals)*(lease+r.tick) + r.blink())
			if left := l.Left(); left > 0 {
				r.failf("Left is %v, long after a lease of %v", left, lease)
			}
		}
		r.isFree(r.key)
	}
}

func (r *storeRun) unlockTwice() {
	first := r.lock(r.a, r.longLease())
	r.unlock(first)
	r.unlockAnyhow(r.ctx, first)
	second := r.lock(r.b, r.longLease())
	r.unlockAnyhow(r.ctx, first)
	r.isHeld(r.c)
	r.unlock(second)
	r.isFree(r.key)
}
