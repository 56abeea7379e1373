package faceidtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/faceid-go/faceid"
)

// TestStore checks that a [faceid.Store] keeps every promise that the comments
// of Store and Lock make, and reports each broken one with the sentence that
// makes it.
//
// open returns a handle on one backing storage, the same whenever it is called:
// each handle stands for a process of its own. It is called three times; whoever
// calls TestStore closes what open opened. Keys are random, so runs do not meet,
// and begin with "faceidtest-": a Store forgets nothing, so the records stay.
//
// It takes a few seconds, because leases must run out. Inside a synctest bubble
// it takes none, if the store does no I/O.
func TestStore(t T, open func() faceid.Store, opts ...StoreOption) {
	t.Helper()
	s := &storeSuite{tick: 20 * time.Millisecond, renewals: 1}
	for _, opt := range opts {
		opt(s)
	}
	for i := range s.handles {
		s.handles[i] = s.guard(open())
	}
	s.check(t, storeChecks)
	if s.broken != nil {
		s.down = s.guard(s.broken())
		s.check(t, brokenStoreChecks)
	}
}

// StoreOption tells [TestStore] about a store.
type StoreOption func(*storeSuite)

// StoreBroken makes [TestStore] check that a broken store does not look like an
// empty one. broken returns a handle whose backing storage does not answer, or
// answers with an error; it is called once, after all else, so it may break what
// open opened. Every store but one in memory should be tested so.
func StoreBroken(broken func() faceid.Store) StoreOption {
	return func(s *storeSuite) { s.broken = broken }
}

// StoreClock is for a store whose clock stands still: wherever [TestStore] lets
// time pass, it sleeps and calls advance with the same duration.
func StoreClock(advance func(time.Duration)) StoreOption {
	return func(s *storeSuite) { s.advance = advance }
}

// StoreTick is for a store with a coarse clock, which counts ages and leases in
// steps: [TestStore] allows ages and leases to be wrong by one tick, and takes
// longer. The default is 20 ms.
func StoreTick(tick time.Duration) StoreOption {
	return func(s *storeSuite) { s.tick = max(tick, time.Millisecond) }
}

// StoreRenews is for a store that renews the lease while the holder lives:
// [TestStore] then allows a holder that never unlocks to keep its lock for so
// many leases. The default is 1.
func StoreRenews(leases int) StoreOption {
	return func(s *storeSuite) { s.renewals = max(leases, 1) }
}

// The sentences of the contract.
const (
	saysEveryone = "Store keeps one small record per key for everyone who uses the same appID."
	saysOpaque   = "The bytes are opaque"
	saysSafe     = "Implementations are safe for concurrent use and obey ctx in every wait."
	saysAge      = "Load returns the record under key and how long ago it was saved, by a clock that all users of the store share."
	saysNotFound = "It returns ErrNotFound if there is no record"
	saysBroken   = "any other error if the store cannot tell: a broken store must never look like an empty one"
	saysSwap     = "CompareAndSwap saves record under key if the bytes there are still old (nil: if there is no record), as one step, and reports whether it did."
	saysLock     = "Lock waits until the caller alone holds the lock of key, or until ctx ends."
	saysLease    = "The lock is lost after lease, so that a holder that died does not block the others for ever."
	saysLeft     = "Left returns for how much longer the lock is surely held; 0 or less once it is lost or given back."
	saysUnlock   = "Unlock gives the lock back. If it was lost, it changes nothing: the lock may be another's by now."
)

var storeChecks = []storeCheck{
	{"handles share one storage", saysEveryone, (*storeRun).shared},
	{"nothing is not found", saysNotFound, (*storeRun).notFound},
	{"create once", saysSwap, (*storeRun).createOnce},
	{"replace", saysSwap, (*storeRun).replace},
	{"refuse another old", saysSwap, (*storeRun).refuseWrongOld},
	{"one of fifty wins", saysSwap, (*storeRun).oneOfFifty},
	{"any bytes", saysOpaque, (*storeRun).anyBytes},
	{"bytes are the caller's own", saysSafe, (*storeRun).ownBytes},
	{"age", saysAge, (*storeRun).age},
	{"age after a refused swap", saysAge, (*storeRun).ageAfterRefusal},
	{"keys are independent", saysEveryone, (*storeRun).keys},
	{"an ended ctx, Load", saysSafe, (*storeRun).endedLoad},
	{"an ended ctx, CompareAndSwap", saysSafe, (*storeRun).endedSwap},
	{"an ended ctx, Lock", saysLock, (*storeRun).endedLock},
	{"an ended ctx, Unlock", saysSafe, (*storeRun).endedUnlock},
	{"one holder at a time", saysLock, (*storeRun).exclusion},
	{"a lock has one holder, not one process", saysLock, (*storeRun).notReentrant},
	{"wait for the lock", saysLock, (*storeRun).waitForUnlock},
	{"a waiter is cancelled", saysLock, (*storeRun).cancelledWaiter},
	{"a waiter's deadline", saysLock, (*storeRun).waitersDeadline},
	{"locks of other keys", saysLock, (*storeRun).otherLocks},
	{"a lock does not touch the record", saysEveryone, (*storeRun).lockAndRecord},
	{"time left", saysLeft, (*storeRun).left},
	{"a lost lease", saysLease, (*storeRun).lostLease},
	{"time left of a lost lock", saysLeft, (*storeRun).leftWhenLost},
	{"unlock of a lost lock", saysUnlock, (*storeRun).unlockWhenLost},
	{"unlock twice", saysUnlock, (*storeRun).unlockTwice},
}

var brokenStoreChecks = []storeCheck{
	{"a broken store, Load", saysBroken, (*storeRun).brokenLoad},
	{"a broken store, CompareAndSwap", saysBroken, (*storeRun).brokenSwap},
	{"a broken store, Lock", saysBroken, (*storeRun).brokenLock},
}

type storeCheck struct {
	name, promise string
	do            func(*storeRun)
}

type storeSuite struct {
	handles  [3]faceid.Store
	broken   func() faceid.Store
	down     faceid.Store // what it returned
	advance  func(time.Duration)
	advanced time.Duration
	tick     time.Duration
	renewals int
}

// storeRun is one check under way. It ends at the first failure.
type storeRun struct {
	*storeSuite
	a, b, c faceid.Store
	key     string // random, nothing is there yet
	ctx     context.Context
	failure string
	undo    []func()
}

func (s *storeSuite) check(t T, checks []storeCheck) {
	t.Helper()
	for _, check := range checks {
		if failure := s.run(check); failure != "" {
			t.Errorf("store: %s: %s\n\tthe contract: %q", check.name, failure, check.promise)
		}
	}
}

func (s *storeSuite) run(check storeCheck) string {
	ctx, cancel := context.WithTimeout(context.Background(), s.patience())
	defer cancel()
	r := &storeRun{storeSuite: s, a: s.handles[0], b: s.handles[1], c: s.handles[2], key: "faceidtest-" + rand.Text(), ctx: ctx}
	done := make(chan struct{})
	go func() { // failf ends this goroutine
		defer close(done)
		defer func() {
			for _, f := range r.undo {
				f()
			}
		}()
		check.do(r)
	}()
	<-done
	return r.failure
}

func (r *storeRun) failf(format string, args ...any) {
	r.failure = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// pass lets time pass, for the store too.
func (s *storeSuite) pass(d time.Duration) {
	time.Sleep(d)
	if s.advance != nil {
		s.advance(d)
		s.advanced += d
	}
}

// shortLease is waited for, longLease outlives every check.
func (s *storeSuite) shortLease() time.Duration { return max(300*time.Millisecond, 10*s.tick) }

func (s *storeSuite) longLease() time.Duration { return 2 * s.patience() }

// blink is a short while, hurry the most that something prompt may take,
// patience the most that one check may.
func (s *storeSuite) blink() time.Duration { return max(100*time.Millisecond, 3*s.tick) }

func (s *storeSuite) hurry() time.Duration { return time.Second + s.tick }

func (s *storeSuite) patience() time.Duration {
	return 20*time.Second + time.Duration(s.renewals)*s.shortLease() + 20*s.tick
}

// Records.

func (r *storeRun) shared() {
	r.swap(r.a, r.key, nil, []byte("one"), true)
	got, _, err := r.b.Load(r.ctx, r.key)
	if err != nil || string(got) != "one" {
		r.failf("what one handle saved, another one does not load (%s, %v): open must return handles on the same storage", short(got), err)
	}
}

func (r *storeRun) notFound() {
	r.missing(r.a, r.key)
	r.swap(r.a, r.key, []byte("old"), []byte("new"), false)
	r.missing(r.a, r.key)
	r.swap(r.a, r.key, []byte{}, []byte("new"), false) // empty is not nil
	r.missing(r.b, r.key)
}

func (r *storeRun) createOnce() {
	r.swap(r.a, r.key, nil, []byte("first"), true)
	r.loads(r.a, r.key, []byte("first"))
	r.swap(r.a, r.key, nil, []byte("second"), false)
	r.loads(r.b, r.key, []byte("first"))
	r.swap(r.b, r.key, nil, []byte("first"), false)
	r.loads(r.b, r.key, []byte("first"))
}

func (r *storeRun) replace() {
	r.swap(r.a, r.key, nil, []byte("one"), true)
	r.swap(r.b, r.key, []byte("one"), []byte("two"), true)
	r.loads(r.a, r.key, []byte("two"))
	r.swap(r.a, r.key, []byte("one"), []byte("three"), false)
	r.loads(r.b, r.key, []byte("two"))
	r.swap(r.b, r.key, []byte("two"), []byte("two"), true) // the bytes are still old
	r.loads(r.a, r.key, []byte("two"))
}

func (r *storeRun) refuseWrongOld() {
	record := []byte("The record 1")
	r.swap(r.a, r.key, nil, record, true)
	for _, old := range []string{"The record 2", "The record", "The record 1 ", "the record 1", "The record 1\x00", "\x00", ""} {
		r.swap(r.b, r.key, []byte(old), []byte("another"), false)
		r.loads(r.a, r.key, record)
	}
}

func (r *storeRun) oneOfFifty() {
	var old []byte
	for range 3 {
		type answer struct {
			record  []byte
			swapped bool
			err     error
		}
		answers := make(chan answer, 50)
		for i := range cap(answers) {
			go func() {
				record := fmt.Appendf(nil, "%s number %d", rand.Text(), i)
				swapped, err := r.handles[i%len(r.handles)].CompareAndSwap(r.ctx, r.key, old, record)
				answers <- answer{record, swapped, err}
			}()
		}
		var winners [][]byte
		var err error
		for range cap(answers) {
			a := <-answers
			err = errors.Join(err, a.err)
			if a.swapped {
				winners = append(winners, a.record)
			}
		}
		if err != nil {
			first, _, _ := strings.Cut(err.Error(), "\n")
			r.failf("50 CompareAndSwap at once: %s", first)
		}
		if len(winners) != 1 {
			r.failf("of 50 CompareAndSwap from the same old at once, %d say that they swapped; exactly one may", len(winners))
		}
		r.loads(r.a, r.key, winners[0])
		old = winners[0]
	}
}

func (r *storeRun) anyBytes() {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	big := make([]byte, 64<<10)
	_, _ = rand.Read(big) // never fails
	records := [][]byte{
		{}, {0}, []byte("\x00\x00"), all, []byte("\xff\xfe\x80 no UTF-8 \xc3\x28"), []byte(" spaces and lines \r\n\n "),
		[]byte("null"), []byte(`{"json":"\u0000"}`), []byte("汉字"), big, {},
	}
	var old []byte
	for _, record := range records {
		r.swap(r.a, r.key, old, record, true)
		got := r.loads(r.b, r.key, record)
		r.swap(r.b, r.key, nil, []byte("another"), false)
		old = got // what was loaded serves as old
	}
}

func (r *storeRun) ownBytes() {
	saved := []byte("the record")
	r.swap(r.a, r.key, nil, saved, true)
	saved[0] = '!'
	r.loads(r.a, r.key, []byte("the record"))
	loaded := r.loads(r.a, r.key, []byte("the record"))
	loaded[0] = '!'
	r.loads(r.a, r.key, []byte("the record"))
	old := []byte("the record")
	r.swap(r.a, r.key, old, []byte("the next"), true)
	old[0] = '!'
	r.loads(r.b, r.key, []byte("the next"))
}

func (r *storeRun) age() {
	var old []byte
	for _, record := range []string{"one", "two", "two"} {
		m := r.mark()
		r.swap(r.a, r.key, old, []byte(record), true)
		m.after = r.now()
		r.aged(r.a, []byte(record), m)
		r.pass(r.blink())
		r.aged(r.a, []byte(record), m)
		r.pass(r.blink() / 2)
		r.aged(r.b, []byte(record), m)
		old = []byte(record)
	}
}

func (r *storeRun) ageAfterRefusal() {
	m := r.mark()
	r.swap(r.a, r.key, nil, []byte("one"), true)
	m.after = r.now()
	r.pass(r.blink())
	r.swap(r.a, r.key, []byte("zero"), []byte("two"), false)
	r.swap(r.b, r.key, nil, []byte("two"), false)
	r.aged(r.a, []byte("one"), m)
}

// oddKeys all differ, in ways that a careless store overlooks.
func (r *storeRun) oddKeys() []string {
	k := r.key
	fill := func(tail string) string { return k + strings.Repeat("k", 200-len(k)-len(tail)) + tail }
	return []string{
		k, k + "A", k + "a", k + "@kyc.example:8443", k + "@kyc.example", k + "/kyc/../x", k + "_kyc_.._x", k + "\\x", k + ":record", k + ":lock",
		k + ".lock", k + ".json", k + " with spaces ", k + " with spaces", k + "{tag}", k + "}x{", k + "%7Bx", k + "*?[]", k + "人脸核身", k + "人脸",
		k + "\n", fill("x"), fill("y"), k + strings.Repeat("核", (200-len(k))/3),
	}
}

func (r *storeRun) keys() {
	keys := r.oddKeys()
	for i, key := range keys {
		r.missing(r.a, key)
		r.swap(r.a, key, nil, []byte(strconv.Itoa(i)), true)
	}
	for i, key := range keys {
		r.loads(r.b, key, []byte(strconv.Itoa(i)))
	}
}

// A context that has ended.

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

// Locks.

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

// count adds one to the record; the caller holds the lock.
func count(ctx context.Context, store faceid.Store, key string) error {
	old, _, err := store.Load(ctx, key)
	if err != nil && !errors.Is(err, faceid.ErrNotFound) {
		return fmt.Errorf("load under the lock: %w", err)
	}
	n, _ := strconv.Atoi(string(old))
	time.Sleep(2 * time.Millisecond) // be overtaken
	swapped, err := store.CompareAndSwap(ctx, key, old, []byte(strconv.Itoa(n+1)))
	if err != nil || !swapped {
		return fmt.Errorf("someone else changed the record under the lock: %t, %w", swapped, err)
	}
	return nil
}

func (r *storeRun) notReentrant() {
	r.lock(r.a, r.longLease())
	r.isHeld(r.a)
	r.isHeld(r.b)
}

func (r *storeRun) waitForUnlock() {
	for _, other := range []faceid.Store{r.a, r.b} {
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
	r.pass(r.blink()) // for a waiter that has left in appearance only
	r.isFree(r.key)
}

func (r *storeRun) otherLocks() {
	for _, key := range r.oddKeys() {
		ctx, cancel := context.WithTimeout(r.ctx, r.hurry())
		l, err := r.a.Lock(ctx, key, r.longLease())
		cancel()
		r.keep(l, err)
		if err != nil {
			r.failf("the lock of %q is not to be had while locks of other keys are held: %v", key, err)
		}
	}
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
			most = r.longLease() // its Left may go by a clock that stands still between our calls
		}
	}
	if left <= 0 || left > most+r.tick {
		r.failf("Left is %v, %v after Lock with a lease of %v", left, time.Since(got), r.longLease())
	}
}

// lose makes a lock that was never given back pass on to another.
func (r *storeRun) lose() (lost, next faceid.Lock, leftWhenPassed time.Duration) {
	lost = r.lock(r.a, r.shortLease())
	waiting := r.waiter(r.ctx, r.b, r.longLease(), lost)
	most := time.Duration(r.renewals)*r.shortLease() + r.tick + r.hurry()
	start := time.Now()
	w, ok := r.await(waiting, most)
	if !ok {
		r.failf("with a lease of %v that is never given back, nobody else had the lock %v later", r.shortLease(), time.Since(start).Round(time.Millisecond))
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

// A broken store.

func (r *storeRun) brokenLoad() {
	ctx, cancel := r.soon()
	defer cancel()
	got, _, err := r.down.Load(ctx, r.key)
	if err == nil || errors.Is(err, faceid.ErrNotFound) {
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

// soon ends a call to a storage that does not answer at all.
func (r *storeRun) soon() (context.Context, context.CancelFunc) {
	return context.WithTimeout(r.ctx, 3*r.hurry())
}

// What the checks are made of.

func (r *storeRun) missing(store faceid.Store, key string) {
	got, _, err := store.Load(r.ctx, key)
	if !errors.Is(err, faceid.ErrNotFound) {
		r.failf("Load of %q, where nothing was saved: %s, %v; want ErrNotFound", key, short(got), err)
	}
}

func (r *storeRun) loads(store faceid.Store, key string, want []byte) []byte {
	got, age, err := store.Load(r.ctx, key)
	switch {
	case err != nil:
		r.failf("Load of %q, where %s was saved: %v", key, short(want), err)
	case !bytes.Equal(got, want):
		r.failf("Load of %q: %s, want %s", key, short(got), short(want))
	case got == nil:
		r.failf("Load of %q: nil for an empty record; nil stands for no record", key)
	case age < 0:
		r.failf("the age is negative: %v", age)
	}
	return got
}

func (r *storeRun) swap(store faceid.Store, key string, old, record []byte, want bool) {
	swapped, err := store.CompareAndSwap(r.ctx, key, old, record)
	if err != nil || swapped != want {
		r.failf("CompareAndSwap of %q from %s to %s: %t, %v; want %t", key, short(old), short(record), swapped, err, want)
	}
}

// saved is when a record was saved, between two readings.
type saved struct{ before, after reading }

// reading is our clock and how far a standing one was moved.
type reading struct {
	at       time.Time
	advanced time.Duration
}

func (s *storeSuite) now() reading { return reading{time.Now(), s.advanced} }

func (s *storeSuite) mark() saved { return saved{before: s.now()} }

func (r *storeRun) aged(store faceid.Store, want []byte, m saved) {
	asked := r.now()
	got, age, err := store.Load(r.ctx, r.key)
	answered := time.Now()
	if err != nil || !bytes.Equal(got, want) {
		r.failf("Load: %s, %v; want %s", short(got), err, short(want))
	}
	least, most := asked.at.Sub(m.after.at), answered.Sub(m.before.at)
	if r.advance != nil {
		least = asked.advanced - m.after.advanced
	}
	if age < 0 || age < least-r.tick || age > most+r.tick {
		r.failf("the age of a record saved between %v and %v ago is %v", least, most, age)
	}
}

// lock takes the lock of the run's key, which is free.
func (r *storeRun) lock(store faceid.Store, lease time.Duration) faceid.Lock {
	ctx, cancel := context.WithTimeout(r.ctx, r.hurry())
	defer cancel()
	l, err := store.Lock(ctx, r.key, lease)
	if err != nil {
		r.failf("Lock of a key whose lock is free: %v", err)
	}
	r.keep(l, err)
	return l
}

func (r *storeRun) unlock(l faceid.Lock) {
	if err := l.Unlock(r.ctx); err != nil {
		r.failf("Unlock: %v", err)
	}
}

// unlockAnyhow calls Unlock where it may say that there is nothing to unlock.
func (r *storeRun) unlockAnyhow(ctx context.Context, l faceid.Lock) {
	if err := l.Unlock(ctx); errors.Is(err, errMisbehaved) {
		r.failf("%v", err)
	}
}

// keep remembers to give a lock back when the run ends, whatever became of it.
func (r *storeRun) keep(l faceid.Lock, err error) {
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

func (r *storeRun) isHeld(store faceid.Store) {
	ctx, cancel := context.WithTimeout(r.ctx, r.blink())
	defer cancel()
	l, err := store.Lock(ctx, r.key, r.longLease())
	r.keep(l, err)
	switch {
	case err == nil:
		r.failf("two hold the lock at once")
	case !errors.Is(err, context.DeadlineExceeded):
		r.failf("Lock while another holds the lock: %v; want it to wait for the end of ctx", err)
	}
}

type waited struct {
	lock faceid.Lock
	err  error
	left time.Duration // of the earlier holder's lock, at that moment
}

func (r *storeRun) waiter(ctx context.Context, store faceid.Store, lease time.Duration, earlier faceid.Lock) <-chan waited {
	answer := make(chan waited, 1)
	go func() {
		var w waited
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

func (r *storeRun) obtained(answer <-chan waited, most time.Duration, when string) faceid.Lock {
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

func short(b []byte) string {
	if b == nil {
		return "nil"
	}
	if len(b) > 40 {
		return fmt.Sprintf("%q… (%d bytes)", b[:40], len(b))
	}
	return fmt.Sprintf("%q", b)
}

// guardedStore turns a call that hangs or panics into an error, so that the
// suite goes on.
type guardedStore struct {
	faceid.Store
	most time.Duration
}

func (s *storeSuite) guard(store faceid.Store) faceid.Store {
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
	answers := make(chan answer, 1) // not a variable: a hanging call may return after all
	err := guarded(g.most, "Load", func() error {
		record, age, err := g.Store.Load(ctx, key)
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
		swapped, err := g.Store.CompareAndSwap(ctx, key, old, record)
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

func (g guardedStore) Lock(ctx context.Context, key string, lease time.Duration) (faceid.Lock, error) {
	locks := make(chan faceid.Lock, 1)
	err := guarded(g.most, "Lock", func() error {
		l, err := g.Store.Lock(ctx, key, lease)
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
	faceid.Lock
	most time.Duration
}

const leftPanics time.Duration = math.MinInt64

func (g guardedLock) Left() (left time.Duration) {
	defer func() {
		if recover() != nil {
			left = leftPanics
		}
	}()
	return g.Lock.Left()
}

func (g guardedLock) Unlock(ctx context.Context) error {
	return guarded(g.most, "Unlock", func() error { return g.Lock.Unlock(ctx) })
}
