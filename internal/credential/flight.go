package credential

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/faceid-go/faceid/internal/clock"
)

// flight is a refresh or a recovery of this process, shared by all callers that wait for
// it.
type flight struct {
	began time.Time
	done  chan struct{} // closed at the end, when pair and err are set
	pair  *Pair
	err   error

	asking   atomic.Bool // the secret is being asked for
	locked   atomic.Bool // this process has the lock and has read the record, or needs no store
	minting  atomic.Bool // a mint was sent, so the old pair may be dying
	recovery bool        // the flight is a recovery; its failure says nothing about refreshing
}

// task is the work of a flight.
type task func(ctx context.Context, f *flight) (*Pair, error)

// refreshIfDue starts or joins a flight for a pair that still serves. It returns nil
// after Close, and during a backoff.
func (k *Keeper) refreshIfDue(ctx context.Context) *flight {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.flight == nil && (k.closed || k.back.backedOff(time.Now())) {
		return nil
	}
	return k.takeOff(ctx, k.refresh)
}

// takeOff starts a flight or joins the one under way. The caller holds k.mu.
func (k *Keeper) takeOff(ctx context.Context, do task) *flight {
	if k.flight == nil {
		k.flight = &flight{began: time.Now(), done: make(chan struct{})}
		// The end of the first caller's context must not fail the other waiters.
		go k.fly(context.WithoutCancel(ctx), k.flight, do)
	}
	return k.flight
}

var errNotReturned = errors.New("the refresh did not return")

// fly runs a flight. Its waiters learn of its end even if it panics or calls
// runtime.Goexit.
func (k *Keeper) fly(ctx context.Context, f *flight, do task) {
	ctx, cancel := context.WithTimeoutCause(ctx, k.limits().flight, ErrUnanswered)
	defer cancel()
	f.err = errNotReturned
	defer close(f.done)
	defer func() {
		if value := recover(); value != nil {
			f.err = k.watch.Panicked(ctx, value)
		} else if errors.Is(f.err, errNotReturned) {
			f.err = k.watch.Ended(ctx)
		}
		k.land(f)
		k.watch.Refreshed(ctx, clock.Elapsed(f.began, time.Now()), f.err)
	}()
	f.pair, f.err = do(ctx, f)
}

// land ends a flight. After a failure, pause and backoff say when the next may begin.
func (k *Keeper) land(f *flight) {
	life := k.life()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.flight = nil
	if f.err != nil && f.recovery {
		k.back.recoveryFailed(f.err, time.Now())
		return
	}
	k.back.ended(f.err, time.Now(), life)
}

// wait waits for a flight, but not longer than ctx. A flight may be stuck while another
// process has long refreshed, so wait looks into the store now and then, and returns the
// pair there if it is good.
func (k *Keeper) wait(ctx context.Context, f *flight, good need) (*Pair, error) {
	for {
		look := time.NewTimer(k.cur.Load().scaled(lookToSign))
		select {
		case <-ctx.Done():
			look.Stop()
			return nil, ctx.Err()
		case <-f.done:
			look.Stop()
			return f.pair, f.err
		case <-look.C:
			if k.known.Load() == nil {
				continue
			}
			if p := k.glance(ctx); p != nil && good(p, p.verdict(time.Now())) {
				return p, nil
			}
		}
	}
}

// waitForNext waits for a flight on behalf of a caller whose pair p still serves. It
// returns p if the flight fails, or does not begin to mint within fallbackAfter.
func (k *Keeper) waitForNext(ctx context.Context, p *Pair, f *flight, good need) (Grant, error) {
	newer := func(q *Pair, v Verdict) bool {
		return q.Token.Value != p.Token.Value && q.Minting == nil && good(q, v)
	}
	patient, leave := k.patience(ctx)
	defer leave()
	short, cancel := context.WithTimeout(patient, p.scaled(fallbackAfter))
	defer cancel()
	next, err := k.wait(short, f, newer)
	if err != nil && short.Err() != nil && patient.Err() == nil && (f.minting.Load() || k.mintingElsewhere(ctx)) {
		next, err = k.wait(patient, f, newer)
	}
	now := time.Now()
	q := k.cur.Load()
	switch {
	case err == nil:
		return next.grant(now), nil
	case ctx.Err() != nil:
		return Grant{}, ctx.Err()
	case good(q, q.verdict(now)):
		return q.grant(now), nil // the watcher was told of the failure
	case patient.Err() != nil:
		return Grant{}, k.gaveUp(ctx, false)
	}
	return k.next(ctx, good) // no pair serves any more, so there is one more try
}

// patience bounds the wait of a caller without a deadline. The token endpoint may be down
// for minutes, and callers must not pile up.
func (k *Keeper) patience(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, has := ctx.Deadline(); has {
		return context.WithCancel(ctx)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	failing := k.back.failures > 0 && k.back.trouble(time.Now()) != nil
	if failing || k.flight != nil && clock.Elapsed(k.flight.began, time.Now()) >= patience {
		return context.WithTimeout(ctx, shortPatience)
	}
	return context.WithTimeout(ctx, patience)
}

// next waits for a pair when none serves. During a pause it waits for its end first, so
// that callers that try again at once do not become a storm of requests.
func (k *Keeper) next(ctx context.Context, good need) (Grant, error) {
	patient, cancel := k.patience(ctx)
	defer cancel()
	for again := false; ; {
		if err := ctx.Err(); err != nil {
			return Grant{}, err // no flight starts for a caller who has left
		}
		f, pause := k.takeOffOrPause(ctx)
		if f == nil {
			if err := k.knownRefusal(); err != nil {
				return Grant{}, err
			}
			ended := clock.Sleep(patient, pause)
			if g, ok := k.serving(good); ok {
				return g, nil
			}
			if ended != nil {
				return Grant{}, k.gaveUp(ctx, true)
			}
			continue
		}
		p, err := k.wait(patient, f, good)
		if err == nil {
			return p.grant(time.Now()), nil
		}
		if g, ok := k.serving(good); ok && ctx.Err() == nil {
			return g, nil // another process was faster, or the flight only gives the lock back
		}
		if patient.Err() != nil {
			return Grant{}, k.gaveUp(ctx, false)
		}
		if again || !k.worthAnother(f, err) {
			return Grant{}, err
		}
		again = true
	}
}

// knownRefusal returns the last error if the platform refused the secret or the token,
// and nil otherwise.
func (k *Keeper) knownRefusal() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if isKnownRefusal(k.back.last) {
		return k.back.last
	}
	return nil
}

// worthAnother reports whether a caller that needs a pair tries once more after a failed
// flight. It does if the answers of the flight were lost, so that the pair must be
// replaced, or if the flight was a recovery, whose failure says nothing about refreshing.
func (k *Keeper) worthAnother(f *flight, err error) bool {
	p := k.cur.Load()
	return f.recovery || p != nil && p.Minting != nil && !isKnownRefusal(err)
}

// takeOffOrPause starts or joins a flight. During a pause it returns how long the pause
// lasts instead.
func (k *Keeper) takeOffOrPause(ctx context.Context) (*flight, time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if pause := k.back.pause(time.Now()); k.flight == nil && pause > 0 {
		return nil, pause
	}
	return k.takeOff(ctx, k.refresh), 0
}

// serving returns the current pair if it is good enough.
func (k *Keeper) serving(good need) (Grant, bool) {
	p, now := k.cur.Load(), time.Now()
	if p == nil || !good(p, p.verdict(now)) {
		return Grant{}, false
	}
	return p.grant(now), true
}

// gaveUp returns the error of a caller that waits no longer, because its context or its
// patience has ended.
func (k *Keeper) gaveUp(ctx context.Context, paused bool) error {
	k.mu.Lock()
	last, f := k.back.trouble(time.Now()), k.flight
	k.mu.Unlock()
	switch ended := ctx.Err(); {
	case ended != nil && paused && last != nil:
		return &LeftError{Ended: ended, Last: last}
	case ended != nil:
		return ended
	case last != nil:
		return last
	case f != nil && f.asking.Load():
		return &Error{Kind: SecretWaits}
	case f != nil && !f.locked.Load():
		return &Error{Kind: StoreFailed, Err: errLockWaits}
	}
	return &Error{Kind: Unanswered, Err: errGoesOn}
}

var (
	errLockWaits = errors.New("the store has not answered, or another process holds the lock")
	errGoesOn    = errors.New("the refresh continues")
)
