package credential

import (
	"context"
	"crypto/subtle"
	"errors"
	"sync"
	"time"

	"github.com/faceid-go/faceid/internal/clock"
)

// sealWith makes the seal of this secret the known one.
func (k *Keeper) sealWith(secret string) error {
	s, err := newSeal(k.base, secret)
	if err != nil {
		return err
	}
	for {
		old := k.known.Load()
		if old.same(s) || k.known.CompareAndSwap(old, s) {
			return nil
		}
	}
}

// same reports whether both seals belong to the same secret.
func (s *seal) same(other *seal) bool {
	return s != nil && subtle.ConstantTimeCompare([]byte(s.name), []byte(other.name)) == 1
}

// askSecret asks for the secret and makes its seal the known one.
func (k *Keeper) askSecret(ctx context.Context) (string, error) {
	secret, err := k.platform.Secret(ctx)
	if err == nil {
		err = k.sealWith(secret)
	}
	return secret, err
}

// asker asks for the secret when no refresh does. It asks one question at a time, and
// none soon after another.
type asker struct {
	mu   sync.Mutex
	last *asking // the last question, nil if there was none
}

// asking is one question for the secret.
type asking struct {
	done  chan struct{} // closed at the end, when ended and err are set
	ended time.Time
	err   error
}

// over reports whether the question was answered at least as long ago as ago.
func (a *asking) over(now time.Time, ago time.Duration) bool {
	select {
	case <-a.done:
		return clock.Elapsed(a.ended, now) >= ago
	default:
		return false
	}
}

// ensureSeal asks for the secret if none is known. It returns when ctx ends, even if the
// provider of the secret does not.
func (k *Keeper) ensureSeal(ctx context.Context) error {
	if k.known.Load() != nil {
		return nil
	}
	a := k.ask(ctx)
	patient, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-a.done:
		return a.err
	case <-patient.Done():
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return &Error{Kind: SecretWaits}
}

// ask asks for the secret, or joins a question that is under way or was answered just
// now.
func (k *Keeper) ask(ctx context.Context) *asking {
	k.asks.mu.Lock()
	defer k.asks.mu.Unlock()
	if a := k.asks.last; a != nil && !a.over(time.Now(), lookToLaunch) {
		return a
	}
	a := &asking{done: make(chan struct{})}
	k.asks.last = a
	before := k.known.Load()
	asked, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), callTimeout, ErrUnanswered)
	go func() {
		defer cancel()
		defer close(a.done)
		defer func() {
			if errors.Is(a.err, errNotReturned) { // Platform.Secret called runtime.Goexit
				a.err = k.watch.Ended(asked)
			}
			a.ended = time.Now()
		}()
		a.err = errNotReturned
		a.err = k.learn(asked, before)
	}()
	return a
}

// learn asks for the secret and makes its seal the known one, unless a refresh has
// learnt another secret since.
func (k *Keeper) learn(ctx context.Context, before *seal) error {
	secret, err := k.platform.Secret(ctx)
	if err != nil {
		return err
	}
	s, err := newSeal(k.base, secret)
	if err == nil && !before.same(s) {
		k.known.CompareAndSwap(before, s)
	}
	return err
}

// askAgain asks for the secret if the last question is some time ago, and waits for the
// answer, but not longer than lookTimeout. A process that only verifies callbacks never
// refreshes, and would not notice another secret otherwise.
func (k *Keeper) askAgain(ctx context.Context) {
	k.asks.mu.Lock()
	due := k.asks.last == nil || k.asks.last.over(time.Now(), askAgainAfter)
	k.asks.mu.Unlock()
	if !due {
		return
	}
	short, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	select {
	case <-k.ask(ctx).done:
	case <-short.Done():
	}
}
