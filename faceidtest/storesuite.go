package faceidtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"runtime"
	"time"

	"github.com/faceid-go/faceid"
)

// These names are all that the suite uses of the client. No other file of the
// suite imports the client, and a lint rule keeps it so.
type (
	aStore = faceid.Store
	aLock  = faceid.Lock
)

var errNotFound = faceid.ErrNotFound

// TestStore tests that a [faceid.Store] keeps every promise that the comments
// of Store and Lock make, and reports each broken promise with its sentence.
//
// Each call of open returns a handle on the same backing storage, and each
// handle stands for a process of its own. TestStore calls open three times, and
// the caller closes what open opened. Keys are random, so that runs do not
// meet, and begin with "faceidtest-". A Store forgets nothing, so the records
// stay.
//
// TestStore takes a few seconds, because leases must run out. Inside a synctest
// bubble it takes none, if the store does no I/O.
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

// A StoreOption tells [TestStore] about a store.
type StoreOption func(*storeSuite)

// StoreBroken makes [TestStore] test that a broken store does not look like an
// empty one. broken returns a handle whose backing storage does not answer, or
// answers with an error. It is called once, after everything else, so it may
// break what open opened. Test every store but one in memory with this option.
func StoreBroken(broken func() faceid.Store) StoreOption {
	return func(s *storeSuite) { s.broken = broken }
}

// StoreClock is for a store whose clock stands still. Wherever [TestStore] lets
// time pass, it sleeps, and calls advance with the same duration.
func StoreClock(advance func(time.Duration)) StoreOption {
	return func(s *storeSuite) { s.advance = advance }
}

// StoreTick is for a store with a coarse clock, which counts ages and leases in
// steps. [TestStore] allows ages and leases to be wrong by one tick, and takes
// longer. The default is 20 ms.
func StoreTick(tick time.Duration) StoreOption {
	return func(s *storeSuite) { s.tick = max(tick, time.Millisecond) }
}

// StoreRenews is for a store that extends the lease while the holder lives.
// [TestStore] then allows a holder that never unlocks to keep its lock for so
// many leases. The default is 1.
func StoreRenews(leases int) StoreOption {
	return func(s *storeSuite) { s.renewals = max(leases, 1) }
}

// These are the sentences of the contract.
const (
	saysEveryone = "Store keeps one small record per key for everyone who uses the same appID."
	saysOpaque   = "The bytes of a record are opaque ASCII."
	saysSafe     = "Implementations are safe for concurrent use and obey ctx in every wait."
	saysAge      = "Load returns the record under key and how long ago it was saved, by a clock that all users of the store share."
	saysNotFound = "Load returns ErrNotFound if there is no record"
	saysBroken   = "any other error if the store cannot tell. A broken store must never look like an empty one"
	saysSwap     = "CompareAndSwap saves record under key if the bytes there are still old (nil: if there is no record), as one step, and reports whether it did."
	saysLock     = "Lock waits until the caller alone holds the lock of key, or until ctx ends."
	saysLease    = "The lock is lost after lease, so that a holder that died does not block the others for ever."
	saysLeft     = "Left returns for how much longer the lock is surely held. It returns 0 or less once the lock is lost or given back."
	saysUnlock   = "Unlock gives the lock back. If the lock was lost, Unlock changes nothing, because somebody else may hold the lock by now."
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
	{"a ctx that ends in the middle, Load", saysSafe, (*storeRun).midLoad},
	{"a ctx that ends in the middle, CompareAndSwap", saysSafe, (*storeRun).midSwap},
	{"a ctx that ends in the middle, Lock", saysLock, (*storeRun).midLock},
	{"one holder at a time", saysLock, (*storeRun).exclusion},
	{"a lock has one holder, not one process", saysLock, (*storeRun).notReentrant},
	{"wait for the lock", saysLock, (*storeRun).waitForUnlock},
	{"a waiter is cancelled", saysLock, (*storeRun).cancelledWaiter},
	{"a waiter's deadline", saysLock, (*storeRun).waitersDeadline},
	{"locks of other keys", saysLock, (*storeRun).otherLocks},
	{"many locks at once", saysLock, (*storeRun).manyLocks},
	{"no lock is another key's record", saysEveryone, (*storeRun).apart},
	{"records while others wait for the lock", saysSafe, (*storeRun).recordsAmongWaiters},
	{"swaps while others lock", saysSwap, (*storeRun).swapsAmongLocks},
	{"a lock does not touch the record", saysEveryone, (*storeRun).lockAndRecord},
	{"time left", saysLeft, (*storeRun).left},
	{"a lost lease", saysLease, (*storeRun).lostLease},
	{"a lease that is over at once", saysLease, (*storeRun).tinyLease},
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
	handles  [3]aStore
	broken   func() aStore
	down     aStore // the handle that broken returned
	advance  func(time.Duration)
	advanced time.Duration
	tick     time.Duration
	renewals int
}

// storeRun is one test of the suite while it runs. It ends at the first
// failure.
type storeRun struct {
	*storeSuite
	a, b, c aStore
	key     string // a random key that has no record yet
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
	go func() { // a goroutine of its own, which failf can end
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

// pass lets time pass, for the store's clock too.
func (s *storeSuite) pass(d time.Duration) {
	time.Sleep(d)
	if s.advance != nil {
		s.advance(d)
		s.advanced += d
	}
}

// shortLease is a lease that a test waits for.
func (s *storeSuite) shortLease() time.Duration { return max(300*time.Millisecond, 10*s.tick) }

// longLease is a lease that outlives every test.
func (s *storeSuite) longLease() time.Duration { return 2 * s.patience() }

// blink is a short while.
func (s *storeSuite) blink() time.Duration { return max(100*time.Millisecond, 3*s.tick) }

// hurry is the longest time that a prompt call may take.
func (s *storeSuite) hurry() time.Duration { return time.Second + s.tick }

// patience is the longest time that one test may take.
func (s *storeSuite) patience() time.Duration {
	return 20*time.Second + time.Duration(s.renewals)*s.shortLease() + 20*s.tick
}
