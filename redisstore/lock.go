package redisstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/faceid-go/faceid"
)

// MaxLeases is how many leases a lock lasts at most. A holder that lives keeps its lock by
// renewing the lease. A holder that lives but makes no progress must not block the other
// processes for ever.
const MaxLeases = 5

// LongestLease is the longest lease that Lock takes. The client asks for half a minute,
// and for 42 minutes if the token has the longest life that the client accepts, a week. A
// lock in Redis with more time left was not made by this package.
const LongestLease = time.Hour

const (
	firstPause = 20 * time.Millisecond // the first wait between two looks at a lock that another process holds
	lastPause  = 500 * time.Millisecond
	giveBackIn = 5 * time.Second
	mostLate   = 3 // the number of answers after the end of the lease that make Lock fail
)

// A lock is a key with a random token of its holder and an expiry. This package has its
// own scripts and uses no lock library, because of lost answers. The client sends a request
// again if the answer was lost, and a plain SET NX would then find its own lock and wait
// until it expires. A waiter that leaves gives back the lock that it may have got. Left
// counts from before the request was sent. A server that hangs holds up no caller whose ctx
// has ended. A lock over several independent servers is not needed, because the record is
// in one place, too.
var (
	// takeScript returns 0 if the caller has the lock now. Otherwise it returns the time
	// that the lock of another holder has left in ms, or -1 if that lock never expires. It
	// does not read a value that is too long to be a token of this package.
	takeScript = redis.NewScript(fmt.Sprintf(`
		local length = redis.call('STRLEN', KEYS[1])
		if length > %d then return {'lock', length} end
		local holder = redis.call('GET', KEYS[1])
		if not holder or holder == ARGV[1] then
			redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
			return 0
		end
		local left = redis.call('PTTL', KEYS[1])
		if left == -1 then return -1 end
		return math.max(left, 1)`, maxField))

	renewScript = redis.NewScript(ifMine + `
		return redis.call('PEXPIRE', KEYS[1], ARGV[2])`)

	unlockScript = redis.NewScript(ifMine + `
		return redis.call('DEL', KEYS[1])`)
)

// ifMine ends a script if the caller does not hold the lock.
const ifMine = `
		if redis.call('STRLEN', KEYS[1]) ~= #ARGV[1] or redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end`

// Lock implements faceid.Store. While it waits it asks Redis every 20 ms at first, and
// gradually less often down to twice a second. The lease is renewed while this process
// lives, up to MaxLeases in all. After Unlock, or when the lock is lost, no goroutine of
// it is left. The lease is 1 ms to LongestLease. A lock that lasts longer, or that never
// expires, was not made by this package, and is an error at once. It is an error, too, if
// the lease was over before Redis answered, three times.
func (s *Store) Lock(ctx context.Context, key string, lease time.Duration) (faceid.Lock, error) {
	const op = "Lock"
	name := s.name(key, "lock")
	lease = lease.Truncate(time.Millisecond)
	switch {
	case lease <= 0:
		return nil, fail(op, name, errors.New("the lease must be at least 1 ms"))
	case lease > LongestLease:
		return nil, fail(op, name, fmt.Errorf("the lease must be at most %v", LongestLease))
	}
	l := &lock{store: s, name: name, token: rand.Text(), lease: lease}
	late := 0 // the number of answers that took longer than the lease
	for pause := firstPause; ; pause = min(pause*3/2, lastPause) {
		taken, err := l.take(ctx)
		switch {
		case err != nil:
			return nil, fail(op, name, err)
		case taken && l.Left() > 0:
			l.startRenewing(ctx)
			return l, nil
		case taken:
			late++
		}
		if late == mostLate {
			return nil, fail(op, name, fmt.Errorf("the lease of %v is over before Redis has answered", lease))
		}
		if err := sleep(ctx, pause/2+mathrand.N(pause)); err != nil { //nolint:gosec // jitter
			return nil, fail(op, name, err)
		}
	}
}

// lock is a lock that is held from take to Unlock, or until its lease is over.
type lock struct {
	store       *Store
	name, token string
	lease       time.Duration
	stop        context.CancelFunc // ends the renewal

	mu    sync.Mutex
	since time.Time // the time before the last request was sent that took or renewed the lock
	lost  bool      // the lock is lost for good, or given back
	given bool      // the lock is surely given back
}

// take asks for the lock once. If the answer does not arrive, take gives back the lock that
// it may have got.
func (l *lock) take(ctx context.Context) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	l.since = time.Now()
	answer := l.store.send(ctx, takeScript, l.name, l.token, l.lease.Milliseconds())
	value, err := await(ctx, answer)
	if err != nil {
		if mayHaveWorked(err) {
			go l.giveBack(answer) //nolint:gosec // giveBack has a context of its own, because this one has ended
		}
		return false, err
	}
	if err := tooLong(value); err != nil {
		return false, err
	}
	left, ok := value.(int64)
	switch {
	case !ok:
		return false, errAnswer
	case left < 0:
		return false, fmt.Errorf("%w: the lock never expires", errForeign)
	case left > LongestLease.Milliseconds():
		return false, fmt.Errorf("%w: the lock expires in %d s, ours do within %v (or the server's clock was set back)", errForeign, left/1000, LongestLease)
	}
	return left == 0, nil
}

// mayHaveWorked reports whether a request that failed may have been carried out.
func mayHaveWorked(err error) bool {
	var refused redis.Error
	var network *net.OpError
	return !errors.As(err, &refused) && !(errors.As(err, &network) && network.Op == "dial")
}

// giveBack unlocks after the request that may have taken the lock has ended.
func (l *lock) giveBack(answer <-chan reply) {
	<-answer
	ctx, cancel := context.WithTimeout(context.Background(), giveBackIn)
	defer cancel()
	_, _ = l.store.call(ctx, unlockScript, l.name, l.token) // after an error the lock expires
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
	if _, err := l.store.call(ctx, unlockScript, l.name, l.token); err != nil {
		return fail("Unlock", l.name, err)
	}
	l.mu.Lock()
	l.given = true
	l.mu.Unlock()
	return nil
}

// Format prints no token, with any verb.
func (l *lock) Format(f fmt.State, _ rune) { fmt.Fprint(f, "redisstore lock") }

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

// renewOnce reports whether this process may still hold the lock. It may if Redis does not
// answer, and renew tries again after the next third of the lease.
func (l *lock) renewOnce(ctx context.Context, sent time.Time, left time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	renewed, err := l.store.call(ctx, renewScript, l.name, l.token, l.lease.Milliseconds())
	if err != nil {
		return true
	}
	if renewed != int64(1) {
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
// still while the server's clock does not.
func elapsed(a, b time.Time) time.Duration {
	return max(b.Sub(a), b.Round(0).Sub(a.Round(0)))
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
