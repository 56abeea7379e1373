package credential

import (
	"context"
	"errors"
	"time"
)

// Recover finds credentials for one more try after the platform refused a call that used
// this pair: credentials that another process has fetched, or new ones. A refusal means
// a bad signature, which may be the caller's fault and not that of a dead token, so
// Recover asks the platform before it mints. It returns nil if another try may succeed,
// and ErrYoung if it cannot.
func (k *Keeper) Recover(ctx context.Context, used *Pair, why Reason) error {
	whole := func(p *Pair, v Verdict) bool { return !p.same(used) && !p.half() && v.Sign != No }
	if used.half() { // the call was signed with the SIGN ticket of the token before, in its last minute
		_, err := k.next(ctx, whole)
		return err
	}
	for range 3 {
		now := time.Now()
		p := k.glance(ctx)
		if p == nil {
			p = k.cur.Load()
		}
		if p != nil && !p.same(used) && p.verdict(now).Sign != No {
			if p.half() { // its old SIGN ticket may be the refused one
				_, err := k.next(ctx, whole)
				return err
			}
			return nil
		}
		if p != nil && p.same(used) {
			used = p // the record in the store may be older than the copy
		}
		if used.sincePair(used.elapsed(now)) < used.scaled(tooYoungToDie) {
			return ErrYoung
		}
		k.mu.Lock()
		f := k.takeOff(ctx, func(ctx context.Context, f *flight) (*Pair, error) { return k.recovery(ctx, f, used, why) })
		k.mu.Unlock()
		p, err := k.waitPatiently(ctx, f, whole)
		if err != nil || !p.same(used) {
			return err
		}
		// This caller joined a flight of another caller, which found nothing to do.
	}
	return ErrYoung
}

// waitPatiently waits for a flight, but no longer than the patience of a caller without
// a deadline.
func (k *Keeper) waitPatiently(ctx context.Context, f *flight, good need) (*Pair, error) {
	patient, cancel := k.patience(ctx)
	defer cancel()
	p, err := k.wait(patient, f, good)
	if err != nil && patient.Err() != nil {
		if g, ok := k.serving(good); ok && ctx.Err() == nil {
			return g.Pair, nil
		}
		return nil, k.gaveUp(ctx, false)
	}
	return p, err
}

// recovery is the task of a flight after the platform refused a call.
func (k *Keeper) recovery(ctx context.Context, f *flight, used *Pair, why Reason) (*Pair, error) {
	f.recovery = true
	do := func(t *turn) (*Pair, error) { return t.recover(ctx, used, why) }
	p, err := k.underLock(ctx, f, do)
	switch {
	case isStoreFailed(err) && k.Alone:
		return k.alone(ctx, f, do)
	case errors.Is(err, errLostSwap):
		return k.refreshOrMint(ctx, f, f.minting.Load())
	case errors.Is(err, errDeadToken) || errors.Is(err, errShortLease):
		return k.refresh(ctx, f)
	}
	return p, err
}

// recover takes the pair that another process has fetched, or finds out what the
// platform refused.
func (t *turn) recover(ctx context.Context, used *Pair, why Reason) (*Pair, error) {
	if !t.old.same(used) {
		if t.old.half() || t.old.verdict(time.Now()).Sign == No {
			return t.doDue(ctx, false)
		}
		return t.old, nil
	}
	if err := t.stillThrottled(); err != nil {
		return nil, err
	}
	now := time.Now()
	if err := t.commit(ctx, t.old.present(now).forced(why, false), now); err != nil {
		return nil, err
	}
	return t.probe(ctx)
}

// probe asks for a NONCE ticket to learn whether the token lives. If it lives, only a
// new SIGN ticket is fetched; otherwise a new token is minted.
func (t *turn) probe(ctx context.Context) (*Pair, error) {
	short, cancel := context.WithTimeoutCause(ctx, t.limits().call, ErrUnanswered)
	defer cancel()
	err := t.platform.NonceTicket(short, t.old.Token.Value)
	switch {
	case isRefused(err):
		t.dead = true
		now := time.Now()
		if t.old.verdict(now).Sign != Yes || t.old.deathCounted() {
			return t.mint(ctx)
		}
		if err := t.commit(ctx, t.old.present(now).died(), now); err != nil {
			return nil, err
		}
		t.watch.FreshTokenDied(ctx, t.old.Deaths.Count)
		return t.mint(ctx)
	case err != nil:
		return nil, err
	}
	return t.fetchSign(ctx)
}
