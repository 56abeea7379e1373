package credential

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"time"

	"github.com/faceid-go/faceid/internal/clock"
)

// mint fetches a new token and then its SIGN ticket. The mark is in the store before
// the mint is sent, and the token is in the store before the next step.
func (t *turn) mint(ctx context.Context) (*Pair, error) {
	if t.secretErr != nil {
		return nil, t.secretErr
	}
	limits, now := t.limits(), time.Now()
	if !t.leaseCovers(limits.call) {
		return nil, errShortLease
	}
	// A mark says that a mint has been sent before, whose answer was not saved. A half
	// record says that a new token was saved, and the pair before has died or will.
	again := t.old.Minting != nil
	if t.old.half() || again && t.old.Minting.Age+t.old.elapsed(now) >= t.old.scaled(oldServes) {
		t.dead = true
	}
	if err := t.announce(ctx, now, limits, again); err != nil {
		return nil, err
	}
	t.flight.minting.Store(true)
	tries := 3
	if again { // after a mint that went wrong there is no more than one try at a time
		tries = 1
	}
	token, lost, err := t.mintUntilAnswered(ctx, limits.call, tries)
	if err != nil {
		t.unmark(ctx, err, again || lost)
		return nil, err
	}
	now = time.Now()
	r := t.old.present(now)
	if before := t.cur.Load(); before != nil && before.seal != t.seal { // the former secret is dead, and so is its pair
		r.Recent, t.dead = append(r.Recent, before.present(now).tickets(0)...), true
	}
	if err := t.keep(ctx, r.minted(token, t.dead), now); err != nil {
		return nil, err
	}
	return t.fetchSign(ctx)
}

// announce saves the mark. Without it no mint is sent.
func (t *turn) announce(ctx context.Context, now time.Time, limits limits, again bool) error {
	if t.lock == nil {
		return nil
	}
	by := rand.Text()
	t.ours.Store(&by)
	switch err := t.commit(ctx, t.old.present(now).marked(by, limits.lease), now); {
	case errors.Is(err, errLostSwap):
		return errShortLease // nothing was minted, so the turn starts again
	case err != nil:
		return err
	case !t.leaseCovers(limits.call): // the save took long, or this process stood still
		t.unmark(ctx, nil, again)
		return errShortLease
	}
	return nil
}

// mintUntilAnswered repeats a mint at once if its answer was lost: the old token is
// dying, and nobody has the new one. It also repeats a mint that surely was not sent,
// after a wait, because a refused connection fails at once. It reports whether any
// answer was lost.
func (t *turn) mintUntilAnswered(ctx context.Context, call time.Duration, tries int) (token Ticket, lost bool, err error) {
	for try := 1; ; try++ {
		asked := time.Now() // the life counts from the request, not from the answer
		short, cancel := context.WithTimeoutCause(ctx, call, ErrUnanswered)
		token, err = t.platform.Mint(short, t.secret)
		cancel()
		if err == nil {
			return token.older(clock.Elapsed(asked, time.Now())), lost, nil
		}
		fate, _ := fateOf(err)
		most := 1
		switch fate {
		case Lost:
			lost, most = true, tries
		case Unsent:
			most = 3
		}
		if try >= most || ctx.Err() != nil || fate == Unsent && waitToRetry(ctx, try) != nil || !t.leaseCovers(call) {
			return Ticket{}, lost, err
		}
	}
}

// waitToRetry waits between two tries that the network refuses at once.
func waitToRetry(ctx context.Context, try int) error {
	wait := 200 * time.Millisecond << (try - 1)
	return clock.Sleep(ctx, wait/2+mathrand.N(wait)) //nolint:gosec // jitter
}

// unmark removes the mark if surely no mint happened. In doubt the mark stays, and tells
// the next holder of the lock that the old pair is dying. A refusal by the platform
// counts as a forced refresh, so that a wrong secret does not become a storm of requests.
func (t *turn) unmark(ctx context.Context, why error, doubt bool) {
	fate, reason := fateOf(why)
	refused := why != nil && fate == Refused
	if doubt && !refused || t.lock == nil && !refused {
		return
	}
	now := time.Now()
	r := t.old.present(now)
	if !doubt {
		r = r.unmarked()
	}
	if refused {
		r = r.forced(reason, true)
	}
	_ = t.commit(ctx, r, now) // the watcher is told of an error; a mark that stays costs one mint
}

// fetchSign fetches the SIGN ticket of a half record, or a new one for a whole record.
func (t *turn) fetchSign(ctx context.Context) (*Pair, error) {
	limits := t.limits()
	if !t.leaseCovers(limits.call) {
		return nil, errShortLease
	}
	asked := time.Now()
	short, cancel := context.WithTimeoutCause(ctx, limits.call, ErrUnanswered)
	defer cancel()
	sign, err := t.platform.SignTicket(short, t.old.Token.Value)
	switch {
	case isRefused(err):
		return nil, t.deadToken(ctx, err)
	case err != nil:
		return nil, err
	}
	now := time.Now()
	err = t.keep(ctx, t.old.present(now).fetched(sign.older(clock.Elapsed(asked, now))), now)
	if errors.Is(err, errLostSwap) {
		return nil, errShortLease // another process fetched a ticket, or has a newer pair, so the turn starts again
	}
	return t.old, err
}

// deadToken handles a token that cannot fetch a SIGN ticket. It returns errDeadToken, on
// which the turn mints a new token, unless the throttle forbids that.
func (t *turn) deadToken(ctx context.Context, refusal error) error {
	if t.stillThrottled() != nil { // the next refresh tries again, after a backoff
		return &Error{Kind: TokensDie, Err: refusal}
	}
	_, reason := fateOf(refusal)
	now := time.Now()
	if err := t.commit(ctx, t.old.present(now).forced(reason, false), now); err != nil {
		return err
	}
	return fmt.Errorf("%w: %w", errDeadToken, refusal)
}
