package faceidtest

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"time"
)

// This file has the tests of contexts that end, and of a broken store.

func (r *storeRun) ended() map[error]context.Context {
	cancelled, cancel := context.WithCancel(r.ctx)
	cancel()
	late, cancel2 := context.WithDeadline(r.ctx, time.Now().Add(-time.Second))
	cancel2()
	return map[error]context.Context{context.Canceled: cancelled, context.DeadlineExceeded: late}
}

func (r *storeRun) endedLoad() {
	for want, ctx := range r.ended() {
		if _, _, err := r.a.Load(ctx, r.key); !errors.Is(err, want) {
			r.failf("Load of nothing with an ended ctx: %v, want %v", err, want)
		}
	}
	r.swap(r.a, r.key, nil, []byte("one"), true)
	for want, ctx := range r.ended() {
		if _, _, err := r.a.Load(ctx, r.key); !errors.Is(err, want) {
			r.failf("Load with an ended ctx: %v, want %v", err, want)
		}
	}
}

func (r *storeRun) endedSwap() {
	for want, ctx := range r.ended() {
		if swapped, err := r.a.CompareAndSwap(ctx, r.key, nil, []byte("one")); swapped || !errors.Is(err, want) {
			r.failf("CompareAndSwap with an ended ctx: %t, %v, want %v", swapped, err, want)
		}
		r.missing(r.b, r.key)
	}
	r.swap(r.a, r.key, nil, []byte("one"), true)
	for want, ctx := range r.ended() {
		if swapped, err := r.a.CompareAndSwap(ctx, r.key, []byte("one"), []byte("two")); swapped || !errors.Is(err, want) {
			r.failf("CompareAndSwap with an ended ctx: %t, %v, want %v", swapped, err, want)
		}
		r.loads(r.b, r.key, []byte("one"))
	}
}

func (r *storeRun) endedLock() {
	for want, ctx := range r.ended() {
		if l, err := r.a.Lock(ctx, r.key, r.longLease()); !errors.Is(err, want) {
			r.keep(l, err)
			r.failf("Lock with an ended ctx: %v, want %v", err, want)
		}
	}
	r.isFree(r.key)
}

func (r *storeRun) endedUnlock() {
	l := r.lock(r.a, r.longLease())
	start := time.Now()
	for _, ctx := range r.ended() {
		r.unlockAnyhow(ctx, l)
	}
	if took := time.Since(start); took > r.hurry() {
		r.failf("Unlock with an ended ctx took %v", took)
	}
	r.unlockAnyhow(r.ctx, l)
	r.isFree(r.key)
}

// These checks are of a broken store.

// midway makes calls whose contexts end sooner or later after their beginning,
// while the store has other work. Each call has a key of its own.
func (r *storeRun) midway(what string, call func(ctx context.Context, store aStore, key string)) {
	busy, stop := context.WithCancel(r.ctx)
	defer stop()
	for _, store := range r.handles {
		go keepBusy(busy, store, r.key+"/busy")
	}
	for i := range 24 {
		ctx, cancel := context.WithTimeout(r.ctx, time.Duration(i*i)*10*time.Microsecond) // the last context lives for about 5 ms
		start := time.Now()
		call(ctx, r.handles[i%len(r.handles)], r.key+"/"+strconv.Itoa(i))
		cancel()
		if took := time.Since(start); took > 3*r.hurry() {
			r.failf("%s whose ctx ended at once took %v", what, took)
		}
	}
}

// keepBusy saves a large record again and again until ctx ends.
func keepBusy(ctx context.Context, store aStore, key string) {
	large := bytes.Repeat([]byte("large "), 10<<10)
	for ; ctx.Err() == nil; time.Sleep(time.Millisecond) {
		old, _, err := store.Load(ctx, key)
		if err == nil || errors.Is(err, errNotFound) {
			_, _ = store.CompareAndSwap(ctx, key, old, large)
		}
	}
}

func (r *storeRun) midLoad() {
	r.midway("Load", func(ctx context.Context, store aStore, key string) {
		r.swap(r.a, key, nil, []byte("one"), true)
		got, _, err := store.Load(ctx, key)
		switch {
		case err == nil && string(got) != "one":
			r.failf("Load whose ctx ended meanwhile: %s without an error", short(got))
		case err != nil && !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errNotFound):
			r.failf("Load whose ctx ended meanwhile: %v, want %v", err, context.DeadlineExceeded)
		}
	})
}

func (r *storeRun) midSwap() {
	r.midway("CompareAndSwap", func(ctx context.Context, store aStore, key string) {
		r.swap(r.a, key, nil, []byte("one"), true)
		swapped, err := store.CompareAndSwap(ctx, key, []byte("one"), []byte("two"))
		switch {
		case err != nil && !errors.Is(err, context.DeadlineExceeded):
			r.failf("CompareAndSwap whose ctx ended meanwhile: %v, want %v", err, context.DeadlineExceeded)
		case err == nil && !swapped:
			r.failf("CompareAndSwap whose ctx ended meanwhile: it did not swap, and nobody else did")
		case err == nil:
			r.loads(r.b, key, []byte("two"))
			return
		}
		got, _, err := r.b.Load(r.ctx, key)
		if err != nil || string(got) != "one" && string(got) != "two" {
			r.failf("after a CompareAndSwap whose ctx ended, Load: %s, %v; want the old record or the new one", short(got), err)
		}
	})
}

func (r *storeRun) midLock() {
	r.midway("Lock", func(ctx context.Context, store aStore, key string) {
		l, err := store.Lock(ctx, key, r.longLease())
		switch {
		case err == nil:
			r.unlock(l)
		case !errors.Is(err, context.DeadlineExceeded):
			r.failf("Lock whose ctx ended meanwhile: %v, want %v", err, context.DeadlineExceeded)
		}
		r.isFree(key)
	})
}

func (r *storeRun) brokenLoad() {
	ctx, cancel := r.soon()
	defer cancel()
	got, _, err := r.down.Load(ctx, r.key)
	if err == nil || errors.Is(err, errNotFound) {
		r.failf("Load: %s, %v; want an error that is not ErrNotFound", short(got), err)
	}
}

func (r *storeRun) brokenSwap() {
	ctx, cancel := r.soon()
	defer cancel()
	for _, old := range [][]byte{nil, []byte("old")} {
		if swapped, err := r.down.CompareAndSwap(ctx, r.key, old, []byte("new")); err == nil {
			r.failf("CompareAndSwap: %t without an error", swapped)
		}
	}
}

func (r *storeRun) brokenLock() {
	ctx, cancel := r.soon()
	defer cancel()
	l, err := r.down.Lock(ctx, r.key, r.longLease())
	r.keep(l, err)
	if err == nil {
		r.failf("Lock: no error")
	}
}

// soon returns a context that ends a call to a storage which does not answer at
// all.
func (r *storeRun) soon() (context.Context, context.CancelFunc) {
	return context.WithTimeout(r.ctx, 3*r.hurry())
}
