package credential

import (
	"context"
	"errors"
	"time"
)

// turn is the time for which this process holds the store's lock, with the pair that it
// found in the store.
type turn struct {
	*Keeper
	flight    *flight
	secret    string
	secretErr error // why there is no secret to mint with
	seal      *seal
	lock      Lock   // nil if the turn goes on without the store
	old       *Pair  // the pair as it is now
	stored    []byte // the bytes of old in the store
	dead      bool   // the platform refused the old token
}

// refresh is the task of a flight. It gets a new pair, or the one that another process
// has fetched since.
func (k *Keeper) refresh(ctx context.Context, f *flight) (*Pair, error) {
	return k.refreshOrMint(ctx, f, false)
}

// refreshOrMint is refresh. If mint is set, it mints a new token whatever the store says,
// because this process's token may not be the last that was minted.
func (k *Keeper) refreshOrMint(ctx context.Context, f *flight, mint bool) (*Pair, error) {
	for try := 1; ; try++ {
		p, err := k.underLock(ctx, f, func(t *turn) (*Pair, error) { return t.doDue(ctx, mint) })
		switch {
		case isStoreFailed(err) && k.Alone && !k.serves():
			return k.alone(ctx, f, func(t *turn) (*Pair, error) { return t.doDue(ctx, false) })
		case errors.Is(err, errLostSwap), errors.Is(err, errDeadToken):
			mint = true
		case !errors.Is(err, errShortLease):
			return p, err
		}
		if try == 3 {
			kind := StoreFailed
			if errors.Is(err, errDeadToken) {
				kind = TokensDie
			}
			return nil, &Error{Kind: kind, Err: err}
		}
	}
}

// serves reports whether calls can still be signed with the pair in memory.
func (k *Keeper) serves() bool {
	_, ok := k.serving(toSign)
	return ok
}

// turnFor prepares a turn. It fails if no secret has ever been known.
func (k *Keeper) turnFor(ctx context.Context, f *flight) (*turn, error) {
	short, cancel := context.WithTimeoutCause(ctx, k.limits().call, ErrUnanswered)
	defer cancel()
	t := &turn{Keeper: k, flight: f}
	f.asking.Store(true)
	t.secret, t.secretErr = k.askSecret(short)
	f.asking.Store(false)
	if t.seal = k.known.Load(); t.seal == nil {
		return nil, t.secretErr
	}
	return t, nil
}

// underLock runs do while only this process may change the record.
func (k *Keeper) underLock(ctx context.Context, f *flight, do func(*turn) (*Pair, error)) (*Pair, error) {
	t, err := k.turnFor(ctx, f)
	if err != nil {
		return nil, err
	}
	if err := t.refusedAlready(ctx); err != nil {
		return nil, err
	}
	t.lock, err = k.store.Lock(ctx, t.seal.name, k.limits().lease)
	if err != nil {
		k.watch.StoreTrouble(ctx, "Lock", err)
		return nil, storeFailed(err)
	}
	defer func() {
		f.locked.Store(false)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), k.limits().call)
		defer cancel()
		if err := t.lock.Unlock(ctx); err != nil {
			k.watch.StoreTrouble(ctx, "Unlock", err)
		}
	}()
	if err := t.look(ctx); err != nil {
		return nil, err
	}
	f.locked.Store(true)
	return do(t)
}

// alone runs do without the store, for a Keeper with the option Alone.
func (k *Keeper) alone(ctx context.Context, f *flight, do func(*turn) (*Pair, error)) (*Pair, error) {
	t, err := k.turnFor(ctx, f)
	if err != nil {
		return nil, err
	}
	f.locked.Store(true)
	t.old = t.mine()
	p, err := do(t)
	if errors.Is(err, errDeadToken) {
		return t.doDue(ctx, true)
	}
	return p, err
}

// refusedAlready returns an error, without the lock, if the copy is throttled and the
// record in the store still is.
func (t *turn) refusedAlready(ctx context.Context) error {
	p := t.cur.Load()
	if p == nil || p.seal != t.seal || p.verdict(time.Now()).Wait <= 0 {
		return nil
	}
	if p = t.glance(ctx); p == nil {
		return nil
	}
	if v := p.verdict(time.Now()); v.Due == Mint && v.Wait > 0 {
		return p.throttledError(v.Wait)
	}
	return nil
}

// mine returns the pair in memory if it belongs to the secret of this turn. A pair of
// another secret dies as soon as the new secret works, and must not be readable with the
// new secret alone.
func (t *turn) mine() *Pair {
	if p := t.cur.Load(); p != nil && p.seal == t.seal {
		return p
	}
	return emptyPair(t.seal, time.Now())
}

// look loads the record again, because another process may have refreshed while this one
// waited for the lock. A pair that is gone from the store, but still serves here, stays.
func (t *turn) look(ctx context.Context) error {
	found, err := t.read(ctx, t.seal)
	if err != nil {
		t.watch.StoreTrouble(ctx, "Load", err)
		return storeFailed(err)
	}
	t.old, t.stored = found.pair, found.stored
	if t.old == nil {
		t.old = t.mine()
	}
	return nil
}

// doDue fetches what is due. If mint is set, a new token is due whatever the record says.
func (t *turn) doDue(ctx context.Context, mint bool) (*Pair, error) {
	v := t.old.verdict(time.Now())
	switch {
	case !mint && v.Due == Nothing:
		return t.old, nil
	case !mint && v.Due == FetchSign:
		return t.fetchSign(ctx)
	case v.Wait > 0:
		return nil, t.old.throttledError(v.Wait)
	}
	return t.mint(ctx)
}

// throttledError returns the error for a caller for whom nothing is sent for this long.
func (p *Pair) throttledError(wait time.Duration) error {
	return &Error{Kind: Throttled, Wait: wait, Reason: p.Throttle.Reason, Foreign: p.foreign()}
}

// stillThrottled returns that error if no forced refresh may begin now, and nil
// otherwise.
func (t *turn) stillThrottled() error {
	if wait := t.old.throttledFor(t.old.elapsed(time.Now())); wait > 0 {
		return t.old.throttledError(wait)
	}
	return nil
}

// commit saves one step of a turn. The next step begins only if the store has saved it.
func (t *turn) commit(ctx context.Context, r *record, at time.Time) error {
	return t.save(ctx, &Pair{record: r, at: at, seal: t.seal, own: t.old.own})
}

// keep saves a token or a ticket that this process has fetched. It must not be lost: if
// the store fails, the pair serves in this process, and is saved again later. Only a SIGN
// ticket is dropped if the lock is lost as well, because another process may have a newer
// pair then.
func (t *turn) keep(ctx context.Context, r *record, at time.Time) error {
	p := &Pair{record: r, at: at, seal: t.seal, own: true}
	err := t.save(ctx, p)
	switch {
	case err == nil, errors.Is(err, errLostSwap):
		return err
	case !r.half() && t.lock.Left() <= 0:
		return errShortLease
	}
	t.hold(p)
	return nil
}

// save saves a pair to the store and makes it the current one.
func (t *turn) save(ctx context.Context, p *Pair) error {
	if t.lock != nil {
		text, err := t.put(ctx, t.stored, p)
		if err != nil {
			return err
		}
		t.stored = text
	}
	t.hold(p)
	return nil
}

// hold makes a pair the current one of this process. A record without a token does not
// replace a pair of the former secret, which may still serve.
func (t *turn) hold(p *Pair) {
	t.old = p
	if cur := t.cur.Load(); p.Token.Value != "" || cur == nil || cur.seal == p.seal {
		t.cur.Store(p)
	}
}

// leaseCovers reports whether the lock surely lasts for one more exchange.
func (t *turn) leaseCovers(call time.Duration) bool { return t.lock == nil || t.lock.Left() >= call }
