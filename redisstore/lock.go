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

// MaxLeases is how many leases a lock lasts at most. A holder that lives keeps
// it by renewing the lease; one that lives but does not get on must not block
// the fleet for ever.
const MaxLeases = 5

const (
	firstPause = 20 * time.Millisecond // between two looks at a lock that another holds
	lastPause  = 500 * time.Millisecond
	giveBackIn = 5 * time.Second
)

// The lock is a key with a random token of its holder and an expiry. These are
// scripts of our own, and not a lock library, for the sake of what happens when
// answers are lost: the client then sends a request again, and a plain SET NX
// would find its own lock taken and wait until it expires; a waiter that leaves
// gives back what it may have got; Left counts from before a request was sent;
// and a server that hangs holds up nobody whose ctx ended. Locks over several
// independent servers are not wanted: the record is in one place too.
var (
	// takeScript returns 0 if the lock is ours, else the other holder's time
	// left, -1 if that never ends.
	takeScript = redis.NewScript(`
		local holder = redis.call('GET', KEYS[1])
		if not holder or holder == ARGV[1] then
			redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
			return 0
		end
		local left = redis.call('PTTL', KEYS[1])
		if left == -1 then return -1 end
		return math.max(left, 1)`)

	renewScript = redis.NewScript(`
		if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
		return redis.call('PEXPIRE', KEYS[1], ARGV[2])`)

	unlockScript = redis.NewScript(`
		if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
		return redis.call('DEL', KEYS[1])`)
)

// Lock implements faceid.Store. While it waits it asks Redis every 20 ms, and
// gradually less often down to twice a second. The lease is renewed while this
// process lives, up to MaxLeases in all; after Unlock, or when the lock is
// lost, nothing of it is left running.
func (s *Store) Lock(ctx context.Context, key string, lease time.Duration) (faceid.Lock, error) {
	const op = "Lock"
	name := s.name(key, "lock")
	lease = lease.Truncate(time.Millisecond)
	if lease <= 0 {
		return nil, fail(op, name, errors.New("the lease must be at least 1 ms"))
	}
	l := &lock{store: s, name: name, token: rand.Text(), lease: lease}
	for pause := firstPause; ; pause = min(pause*3/2, lastPause) {
		taken, err := l.take(ctx)
		if err != nil {
			return nil, fail(op, name, err)
		}
		if taken && l.Left() > 0 { // else the answer took longer than the lease
			l.startRenewing(ctx)
			return l, nil
		}
		if err := sleep(ctx, pause/2+mathrand.N(pause)); err != nil { //nolint:gosec // jitter
			return nil, fail(op, name, err)
		}
	}
}

// lock is held from take to Unlock, or until its lease is over.
type lock struct {
	store       *Store
	name, token string
	lease       time.Duration
	stop        context.CancelFunc // of the renewal

	mu    sync.Mutex
	since time.Time // before the last request was sent that took or renewed it
	lost  bool      // for good, or given back
	given bool      // back, for sure
}

// take asks for the lock once. Whoever does not learn the answer gives back
// what may be theirs.
func (l *lock) take(ctx context.Context) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	l.since = time.Now()
	answer := l.store.send(ctx, takeScript, l.name, l.token, l.lease.Milliseconds())
	value, err := await(ctx, answer)
	if err != nil {
		if mayHaveWorked(err) {
			go l.giveBack(answer) //nolint:gosec // with a ctx of its own: this one has ended
		}
		return false, err
	}
	left, ok := value.(int64)
	switch {
	case !ok:
		return false, errAnswer
	case left < 0:
		return false, errForeign // our locks expire
	}
	return left == 0, nil
}

// mayHaveWorked reports whether a request that failed may have been carried out.
func mayHaveWorked(err error) bool {
	var refused redis.Error
	var network *net.OpError
	return !errors.As(err, &refused) && !(errors.As(err, &network) && network.Op == "dial")
}

// giveBack unlocks once the request that may have locked has ended.
func (l *lock) giveBack(answer <-chan reply) {
	<-answer
	ctx, cancel := context.WithTimeout(context.Background(), giveBackIn)
	defer cancel()
	_, _ = l.store.call(ctx, unlockScript, l.name, l.token) // otherwise it expires
}

// Left implements faceid.Lock. It counts from before the request was sent, by
// the clock that ran faster since, and stays 0 once the lock is lost.
func (l *lock) Left() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lost {
		return 0
	}
	return l.lease - elapsed(l.since, time.Now())
}

// Unlock implements faceid.Lock. One that failed may be repeated.
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

// Format prints no token, whatever the verb.
func (l *lock) Format(f fmt.State, _ rune) { fmt.Fprint(f, "redisstore lock") }

func (l *lock) startRenewing(ctx context.Context) {
	ctx, l.stop = context.WithCancel(context.WithoutCancel(ctx))
	go l.renew(ctx, l.since)
}

// renew prolongs the lease each third of it. It ends when the lock is given
// back, lost, or has had its MaxLeases.
func (l *lock) renew(ctx context.Context, taken time.Time) {
	for sleep(ctx, l.lease/3) == nil {
		left := l.Left()
		if left <= 0 {
			l.lose() // a suspended machine woke up: what was lost stays lost
			return
		}
		sent := time.Now()
		if elapsed(taken, sent) > (MaxLeases-1)*l.lease {
			return // it runs out
		}
		if !l.renewOnce(ctx, sent, left) {
			l.lose()
			return
		}
	}
}

// renewOnce reports whether the lock may still be ours. If Redis does not
// answer, it may: the next third of the lease is another chance.
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

// elapsed is the time from a to b: the larger of what the monotonic and the
// wall clock say, because the monotonic one stands still on a suspended
// machine while the server's does not.
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
