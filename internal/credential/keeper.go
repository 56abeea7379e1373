package credential

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Keeper keeps the pair of one appID. It is safe for concurrent use. It has no
// goroutine except while a flight or a question for the secret is under way.
type Keeper struct {
	platform Platform
	store    Store
	watch    Watcher
	base     string // the store's name for the appID
	Options

	cur   atomic.Pointer[Pair]   // the current pair, nil until the first was loaded or fetched
	known atomic.Pointer[seal]   // the seal of the last secret, nil until there was one
	last  atomic.Pointer[opened] // the record that was unsealed last
	ours  atomic.Pointer[string] // the value of the field By in the mark that this process made last
	looks looker
	asks  asker

	mu     sync.Mutex // guards the fields below; never held over I/O
	flight *flight    // the flight under way, nil if there is none
	closed bool
	back   backoff
}

// Options choose how a Keeper behaves.
type Options struct {
	// Behind says that a pair that still serves is replaced in the background.
	Behind bool
	// Alone says that a process whose store is broken fetches a pair for itself when
	// it has none that serves.
	Alone bool
}

// New returns the Keeper of the appID that the store knows as base. It sends no
// request. The secret may be empty; then Platform.Secret is called when it is needed.
func New(platform Platform, store Store, watch Watcher, base, secret string, options Options) (*Keeper, error) {
	k := &Keeper{platform: platform, store: store, watch: watch, base: base, Options: options}
	if secret != "" {
		if err := k.sealWith(secret); err != nil {
			return nil, err
		}
	}
	return k, nil
}

// need reports whether a pair is good enough for a caller.
type need func(*Pair, Verdict) bool

func toSign(_ *Pair, v Verdict) bool   { return v.Sign != No }
func toLaunch(_ *Pair, v Verdict) bool { return v.Launch != No }

// ForSigning returns the SIGN ticket for a call. It allocates nothing while the pair is
// fresh.
func (k *Keeper) ForSigning(ctx context.Context) (Grant, error) {
	p, held := k.current(ctx, lookToSign)
	switch p.verdictAfter(held).Sign {
	case Yes:
		return p.grantAfter(held), nil
	case Meanwhile:
		f := k.refreshIfDue(ctx)
		if f == nil || k.Behind {
			return p.grantAfter(held), nil
		}
		return k.waitForNext(ctx, p, f, toSign)
	case Fallback:
		if f := k.refreshIfDue(ctx); f != nil {
			return k.waitForNext(ctx, p, f, toSign)
		}
		return p.grantAfter(held), nil
	}
	return k.next(ctx, toSign)
}

// ForNonce returns a token that lives longer than a NONCE ticket. If no such token can
// be had, ForNonce returns the current token as long as that lives, however old it is.
func (k *Keeper) ForNonce(ctx context.Context) (Grant, error) {
	p, held := k.current(ctx, lookToLaunch)
	switch p.verdictAfter(held).Launch {
	case Yes:
		return p.grantAfter(held), nil
	case Fallback:
		if f := k.refreshIfDue(ctx); f != nil {
			return k.waitForNext(ctx, p, f, toLaunch)
		}
		return p.grantAfter(held), nil
	}
	return k.next(ctx, toLaunch)
}

// Overtaken reports whether a mint has begun since the pair was granted. The mark of a
// mint is in the store before the mint is sent, so a mint cannot go unnoticed.
func (k *Keeper) Overtaken(ctx context.Context, used *Pair) bool {
	p := k.glance(ctx)
	return p != nil && (p.Token.Value != used.Token.Value || p.Minting != nil)
}

// mintingElsewhere reports whether the holder of the store's lock has begun to mint.
// The old token is dying then.
func (k *Keeper) mintingElsewhere(ctx context.Context) bool {
	p := k.glance(ctx)
	return p != nil && (p.half() || p.Minting != nil && !p.abandoned(p.elapsed(time.Now())))
}

// SignTickets returns the SIGN tickets that a callback may be signed with, newest
// first: the current one and those of the last hour. It asks the platform for nothing.
// If again is set, it waits for a look into the store that begins now. The error says
// why the last look failed; a ticket may be missing then.
func (k *Keeper) SignTickets(ctx context.Context, again bool) ([]string, error) {
	if err := k.ensureSeal(ctx); err != nil {
		return nil, err
	}
	if again {
		k.askAgain(ctx)
		k.awaitLook(ctx)
	}
	p, held := k.current(ctx, lookToSign)
	var values []string
	if p != nil {
		for _, t := range p.tickets(held) {
			values = append(values, t.Value)
		}
	}
	if v := p.verdictAfter(held); v.Sign == No && v.Wait > 0 { // no new ticket can be fetched now, so the answer is not certain
		return values, p.throttledError(v.Wait)
	}
	return values, k.looks.trouble()
}

// Foreign reports whether a process outside the store fetches tokens.
func (k *Keeper) Foreign() bool {
	p := k.cur.Load()
	return p != nil && p.foreign()
}

// Close waits until the flight under way has ended, or until ctx ends. No refresh
// begins in the background afterwards.
func (k *Keeper) Close(ctx context.Context) error {
	k.mu.Lock()
	k.closed = true
	f := k.flight
	k.mu.Unlock()
	if f == nil {
		return nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-f.done:
		return nil
	}
}

// life returns the life of the current token.
func (k *Keeper) life() time.Duration { return k.cur.Load().scaled(usualLife) }

func (k *Keeper) limits() limits { return limitsOf(k.life()) }
