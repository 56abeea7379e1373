package sqlstore

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/faceid-go/faceid"
)

// MaxLeases is how many leases a lock lasts at most. A holder that lives keeps its lock by
// renewing the lease. A holder that lives but makes no progress must not block the other
// processes for ever.
const MaxLeases = 5

// LongestLease is the longest lease that Lock takes. The client asks for half a minute,
// and for 42 minutes if the token has the longest life that the client accepts, a week. A
// lock in the table with more time left was not made by this package.
const LongestLease = time.Hour

const (
	firstPause = 20 * time.Millisecond // the first wait between two looks at a lock that another process holds
	lastPause  = 500 * time.Millisecond
	giveBackIn = 5 * time.Second
	mostLate   = 3 // the number of answers after the end of the lease that make Lock fail
)

// Lock implements faceid.Store. A lock is a random token of its holder in the row of the
// key, and the time at which it ends by the database's clock. It is neither an open
// transaction nor an advisory lock of the database: both end with a connection, and not with
// a process, and neither works through a pooler that gives each statement another
// connection.
//
// While it waits it looks at the row every 20 ms at first, and gradually less often down to
// twice a second. The lease is renewed while this process lives, up to MaxLeases in all.
// After Unlock, or when the lock is lost, no goroutine of it is left. The lease is 1 ms to
// LongestLease. A lock that lasts longer, or that never expires, was not made by this
// package, and is an error at once. It is an error, too, if the lease was over before the
// database answered, three times.
func (s *Store) Lock(ctx context.Context, key string, lease time.Duration) (faceid.Lock, error) {
	const op = "Lock"
	lease = lease.Truncate(time.Millisecond)
	switch err := checkKey(key); {
	case err != nil:
		return nil, s.fail(op, key, err)
	case lease <= 0:
		return nil, s.fail(op, key, errors.New("the lease must be at least 1 ms"))
	case lease > LongestLease:
		return nil, s.fail(op, key, fmt.Errorf("the lease must be at most %v", LongestLease))
	}
	l := &lock{store: s, key: key, token: []byte(rand.Text()), lease: lease}
	late := 0 // the number of answers that took longer than the lease
	for pause := firstPause; ; pause = min(pause*3/2, lastPause) {
		taken, err := l.take(ctx)
		switch {
		case err != nil:
			return nil, s.fail(op, key, err)
		case taken && l.Left() > 0:
			l.startRenewing(ctx)
			return l, nil
		case taken:
			late++
		}
		if late == mostLate {
			return nil, s.fail(op, key, fmt.Errorf("the lease of %v is over before the database has answered", lease))
		}
		if err := sleep(ctx, jitter(pause)); err != nil {
			return nil, s.fail(op, key, err)
		}
	}
}

// lock is a lock that is held from take to Unlock, or until its lease is over.
type lock struct {
	store *Store
	key   string
	token []byte
	lease time.Duration
	stop  context.CancelFunc // ends the renewal

	mu    sync.Mutex
	since time.Time // the time before the last request was sent that took or renewed the lock
	lost  bool      // the lock is lost for good, or given back
	given bool      // the lock is surely given back
}

// take takes the lock if it is free. If ctx ends before the answer arrives, take gives back
// the lock that it may have got. The request does not end with ctx, but with its answer: a
// server that is busy may carry out an abandoned request after the unlock that follows it.
func (l *lock) take(ctx context.Context) (bool, error) {
	free, err := l.isFree(ctx)
	if err != nil || !free {
		return false, err
	}
	l.since = time.Now()
	s := l.store
	request := s.changing(s.sql.take, l.token, l.lease.Microseconds(), []byte(l.key), l.token)
	own, abandon := context.WithCancel(context.WithoutCancel(ctx))
	answer := send(own, s, func(own context.Context) (bool, error) {
		if err := ctx.Err(); err != nil {
			return false, err // nobody waits for another try
		}
		return request(own)
	})
	taken, err := await(ctx, answer)
	if err != nil {
		go l.giveBack(answer, abandon) //nolint:gosec // giveBack has a context of its own, because this one has ended
		return false, err
	}
	abandon()
	return taken, nil
}

// isFree reports whether nobody holds the lock. It only reads: a waiting process writes
// nothing, which would hinder the others in SQLite. It makes the row if there is none.
func (l *lock) isFree(ctx context.Context) (bool, error) {
	type holder struct {
		now     int64
		other   bool // the owner is another one
		expires sql.NullInt64
	}
	s := l.store
	h, err := call(ctx, s, func(ctx context.Context) (*holder, error) {
		var h holder
		err := s.db.QueryRowContext(ctx, s.sql.holder, l.token, []byte(l.key)).Scan(&h.now, &h.other, &h.expires)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, nil //nolint:nilnil // there is no row
		}
		return &h, err
	})
	switch {
	case err != nil:
		return false, err
	case h == nil:
		return true, s.ensure(ctx, l.key)
	case !h.other:
		return true, nil
	case !h.expires.Valid:
		return false, fmt.Errorf("%w: the lock never expires", errForeign)
	case h.expires.Int64 <= h.now:
		return true, nil
	}
	if left := h.expires.Int64 - h.now; left > LongestLease.Microseconds() {
		return false, fmt.Errorf("%w: the lock expires in %d s, ours do within %v (or the clock of the database was set back)", errForeign, left/1_000_000, LongestLease)
	}
	return false, nil
}

// giveBack unlocks after the request that may have taken the lock has ended.
func (l *lock) giveBack(answer <-chan reply[bool], abandon context.CancelFunc) {
	timer := time.AfterFunc(giveBackIn, abandon)
	<-answer
	timer.Stop()
	abandon()
	ctx, cancel := context.WithTimeout(context.Background(), giveBackIn)
	defer cancel()
	_ = l.release(ctx) // after an error the lock expires
}

func (l *lock) release(ctx context.Context) error {
	_, err := l.store.change(ctx, l.store.sql.unlock, []byte(l.key), l.token)
	return err
}

// Left implements faceid.Lock. It counts from before the request was sent, on the clock
// that ran faster since, and stays 0 once the lock is lost.
func (l *lock) Left() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lost {
		return 0
	}
	return l.lease - elapsed(l.since, time.Now())
}

// Unlock implements faceid.Lock. An Unlock that failed may be repeated.
func (l *lock) Unlock(ctx context.Context) error {
	l.stop()
	l.mu.Lock()
	l.lost = true
	given := l.given
	l.mu.Unlock()
	if given {
		return nil
	}
	if err := l.release(ctx); err != nil {
		return l.store.fail("Unlock", l.key, err)
	}
	l.mu.Lock()
	l.given = true
	l.mu.Unlock()
	return nil
}

// Format prints no token, with any verb.
func (l *lock) Format(f fmt.State, _ rune) { fmt.Fprint(f, "sqlstore lock") }

// startRenewing starts the goroutine that renews the lease.
func (l *lock) startRenewing(ctx context.Context) {
	ctx, l.stop = context.WithCancel(context.WithoutCancel(ctx))
	go l.renew(ctx, l.since)
}

// renew renews the lease after each third of it. It ends when the lock is given back or
// lost, or has had its MaxLeases.
func (l *lock) renew(ctx context.Context, taken time.Time) {
	for sleep(ctx, l.lease/3) == nil {
		left := l.Left()
		if left <= 0 {
			l.lose() // after the sleep of a suspended machine the lock is lost for good
			return
		}
		sent := time.Now()
		if elapsed(taken, sent) > (MaxLeases-1)*l.lease {
			return // the lease runs out
		}
		if !l.renewOnce(ctx, sent, left) {
			l.lose()
			return
		}
	}
}

// renewOnce reports whether this process may still hold the lock. It may if the database
// does not answer, and renew tries again after the next third of the lease.
func (l *lock) renewOnce(ctx context.Context, sent time.Time, left time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	renewed, err := l.store.change(ctx, l.store.sql.renew, l.lease.Microseconds(), []byte(l.key), l.token)
	if err != nil {
		return true
	}
	if !renewed {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.since = sent
	return true
}

func (l *lock) lose() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lost = true
}

// elapsed returns the time from a to b. It is the larger of the times on the monotonic
// clock and on the wall clock, because the monotonic clock of a suspended machine stands
// still while the database's clock does not.
func elapsed(a, b time.Time) time.Duration {
	return max(b.Sub(a), b.Round(0).Sub(a.Round(0)))
}
