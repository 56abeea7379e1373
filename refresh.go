package faceid

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// credentials keeps the pair of token and SIGN ticket of one appID: it serves
// it while it is fresh, replaces it in time, once at a time in this process and
// (by the store's lock) in all that share the store.
type credentials struct {
	c          *Client
	key        string
	store      Store
	background bool

	cur atomic.Pointer[held] // nil until first loaded

	mu       sync.Mutex // guards what follows; never held over I/O
	flight   *flight    // the refresh under way, nil if there is none
	closed   bool
	notUntil time.Time // no refresh behind a caller before this
	failures int
	reading  bool // someone re-reads the store
}

// held is a record as loaded, and the moment to which its ages belong.
type held struct {
	*record
	at time.Time
}

func (h *held) elapsed() time.Duration { return elapsed(h.at, time.Now()) }

// flight is one refresh, shared by all who wait for it.
type flight struct {
	done    chan struct{}
	minting atomic.Bool // the mint was sent: the old pair is dying
	held    *held
	err     error
}

const (
	lease          = 2 * time.Minute  // of the store's lock: mint and SIGN ticket with room to spare
	refreshTimeout = 90 * time.Second // of a whole refresh, the wait for the lock included
	reloadTimeout  = time.Second      // of a look into the store on a caller's path
	nonceWait      = 3 * time.Second  // for a refresh that has not begun to mint
)

func newCredentials(c *Client, key string, store Store, background bool) *credentials {
	return &credentials{c: c, key: key, store: store, background: background}
}

// get returns a pair that is good for a signature.
func (cr *credentials) get(ctx context.Context) (*held, error) {
	h := cr.current(ctx, 360) // 20 s
	if h == nil {
		return cr.next(ctx)
	}
	switch h.state(h.elapsed()) {
	case fresh:
		return h, nil
	case aging:
		return cr.getAging(ctx, h)
	default:
		return cr.next(ctx)
	}
}

// getAging serves the pair while the next one is fetched behind it, or in front
// of it where background refresh is off.
func (cr *credentials) getAging(ctx context.Context, h *held) (*held, error) {
	f := cr.refreshIfDue(ctx)
	if f == nil || cr.background {
		return h, nil
	}
	next, err := cr.wait(ctx, f)
	if err != nil && ctx.Err() == nil {
		return h, nil // the refresh has logged its failure
	}
	return next, err
}

// getForNonce returns a pair whose token outlives a NONCE ticket.
func (cr *credentials) getForNonce(ctx context.Context) (*held, error) {
	h := cr.current(ctx, 7200) // 1 s
	if h == nil || h.state(h.elapsed()) == spent {
		return cr.next(ctx)
	}
	if !h.needsRefreshForNonce(h.elapsed()) {
		return h, nil
	}
	f := cr.refreshIfDue(ctx)
	if f == nil { // it failed just now
		return h, nil
	}
	patience, cancel := context.WithTimeout(ctx, nonceWait)
	defer cancel()
	next, err := cr.wait(patience, f)
	switch {
	case err == nil:
		return next, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case f.minting.Load():
		return cr.wait(ctx, f)
	}
	return h, nil
}

// current returns the pair in memory. If the copy is older than the given
// fraction of its token's life, one caller looks into the store first: another
// process may have refreshed. Trouble with the store is reported and the copy
// serves on.
func (cr *credentials) current(ctx context.Context, fraction time.Duration) *held {
	h := cr.cur.Load()
	if h != nil && h.elapsed() <= h.Token.Life/fraction {
		return h
	}
	cr.mu.Lock()
	busy := cr.reading && h != nil
	if !busy {
		cr.reading = true
	}
	cr.mu.Unlock()
	if busy {
		return h
	}
	defer func() {
		cr.mu.Lock()
		cr.reading = false
		cr.mu.Unlock()
	}()
	short, cancel := context.WithTimeout(ctx, reloadTimeout)
	defer cancel()
	loaded, _, err := cr.load(short)
	switch {
	case err == nil:
		return loaded
	case !errors.Is(err, ErrNotFound) && ctx.Err() == nil: // the caller's own end is no trouble
		cr.storeTrouble(ctx, "Load", err)
	}
	return h
}

// load reads the store and makes what it finds the current pair, unless the
// current one is younger. It returns the stored bytes too, for a swap.
func (cr *credentials) load(ctx context.Context) (h *held, stored []byte, err error) {
	stored, age, err := cr.store.Load(ctx, cr.key)
	if err != nil {
		return nil, nil, err
	}
	r, err := decodeRecord(stored)
	if err != nil {
		return nil, nil, err
	}
	h = &held{record: r.aged(max(age, 0)), at: time.Now()}
	if mine := cr.cur.Load(); mine != nil && mine.youngerThan(h) {
		return mine, stored, nil
	}
	cr.cur.Store(h)
	return h, stored, nil
}

// youngerThan reports whether h is a newer pair than the one just loaded: it
// could not be saved, and the token minted last is the one that lives.
func (h *held) youngerThan(loaded *held) bool {
	const drift = time.Second // between two ways of counting the same age
	return h.Token.Value != loaded.Token.Value && h.Token.Age+h.elapsed()+drift < loaded.Token.Age
}

// wait waits for a refresh, at most until the waiter's own ctx ends.
func (cr *credentials) wait(ctx context.Context, f *flight) (*held, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-f.done:
		return f.held, f.err
	}
}

// next waits for the next pair: there is none that serves.
func (cr *credentials) next(ctx context.Context) (*held, error) {
	if err := ctx.Err(); err != nil {
		return nil, err // nothing is started for a caller who has left
	}
	cr.mu.Lock()
	f := cr.takeOff(ctx)
	cr.mu.Unlock()
	return cr.wait(ctx, f)
}

// refreshIfDue starts or joins a refresh for a pair that still serves: nil
// after Close, and while a failed refresh is backed off.
func (cr *credentials) refreshIfDue(ctx context.Context) *flight {
	cr.mu.Lock()
	defer cr.mu.Unlock()
	if cr.flight == nil && (cr.closed || time.Now().Before(cr.notUntil)) {
		return nil
	}
	return cr.takeOff(ctx)
}

// takeOff starts a refresh or joins the one under way. The caller holds mu.
func (cr *credentials) takeOff(ctx context.Context) *flight {
	if cr.flight == nil {
		cr.flight = &flight{done: make(chan struct{})}
		// The leader's cancellation must not fail the others.
		go cr.fly(context.WithoutCancel(ctx), cr.flight)
	}
	return cr.flight
}

func (cr *credentials) fly(ctx context.Context, f *flight) {
	ctx, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	start := time.Now()
	defer func() {
		if p := recover(); p != nil { // a provider's or a store's panic must not hold the waiters for ever
			f.held, f.err = nil, &Error{Op: "refresh", Family: ErrCredential, Err: errors.New("a panic in a secret provider or a store")}
		}
		cr.land(f)
		e := Event{Kind: EventRefresh, Op: "refresh", Duration: time.Since(start), Attempts: 1, Family: familyOf(f.err), Err: f.err}
		if f.err != nil {
			cr.c.log.LogAttrs(ctx, slog.LevelWarn, "faceid: refresh failed", slog.String("error", f.err.Error()))
		}
		cr.c.report(ctx, e)
		close(f.done)
	}()
	f.held, f.err = cr.renew(ctx, f)
}

// land ends a flight: the next caller may start another, after a failure not at
// once.
func (cr *credentials) land(f *flight) {
	cr.mu.Lock()
	defer cr.mu.Unlock()
	cr.flight = nil
	if f.err == nil {
		cr.failures, cr.notUntil = 0, time.Time{}
		return
	}
	backoff := min(5*time.Second<<cr.failures, 5*time.Minute)
	cr.failures = min(cr.failures+1, 10)
	cr.notUntil = time.Now().Add(backoff/2 + rand.N(backoff)) //nolint:gosec // jitter
}

// renew replaces the pair under the store's lock.
func (cr *credentials) renew(ctx context.Context, f *flight) (*held, error) {
	lock, err := cr.store.Lock(ctx, cr.key, lease)
	if err != nil {
		cr.storeTrouble(ctx, "Lock", err)
		return nil, storeError(err)
	}
	defer func() {
		if err := lock.Unlock(context.WithoutCancel(ctx)); err != nil {
			cr.storeTrouble(ctx, "Unlock", err)
		}
	}()
	// Someone may have finished while we waited for the lock.
	old, stored, err := cr.load(ctx)
	switch {
	case err == nil && old.state(0) == fresh && !old.needsRefreshForNonce(0):
		return old, nil
	case errors.Is(err, ErrNotFound):
		old = nil
	case err != nil:
		cr.storeTrouble(ctx, "Load", err)
		return nil, storeError(err)
	}
	f.minting.Store(true)
	asked := time.Now() // lives are counted from the question, not from the answer
	token, err := cr.c.mintToken(ctx)
	if err != nil {
		return nil, err
	}
	askedSign := time.Now()
	sign, err := cr.c.fetchTicket(ctx, "api_ticket", func(context.Context) (string, error) { return token.Value, nil },
		param{"type", "SIGN"})
	if err != nil {
		return nil, err
	}
	now := time.Now()
	return cr.save(ctx, old, stored, token.older(elapsed(asked, now)), sign.older(elapsed(askedSign, now)))
}

// save makes the new pair the current one, here first: it is the only one that
// lives, whatever the store says.
func (cr *credentials) save(ctx context.Context, old *held, stored []byte, token, sign ticket) (*held, error) {
	var before *record
	if old != nil {
		before = old.aged(old.elapsed())
	}
	h := &held{record: before.succeed(token, sign), at: time.Now()}
	cr.cur.Store(h)
	swapped, err := cr.store.CompareAndSwap(ctx, cr.key, stored, h.encode())
	if err == nil && !swapped {
		err = errors.New("the record was changed by someone who does not hold the lock")
	}
	if err != nil {
		cr.storeTrouble(ctx, "CompareAndSwap", err)
	}
	return h, nil
}

// close waits for the refresh under way.
func (cr *credentials) close(ctx context.Context) error {
	cr.mu.Lock()
	cr.closed = true
	f := cr.flight
	cr.mu.Unlock()
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

// signTickets returns the SIGN tickets that a callback may be signed with,
// newest first: the current one and those of the last hour. It fetches nothing
// from the platform; reread looks into the store even if the copy is young.
func (cr *credentials) signTickets(ctx context.Context, reread bool) []string {
	fraction := time.Duration(360)
	if reread {
		fraction = 7200 // not more often than every second, whatever a stranger sends
	}
	h := cr.current(ctx, fraction)
	if h == nil {
		return nil
	}
	values := []string{h.Sign.Value}
	for _, t := range h.Recent {
		if t.left(h.elapsed()) > 0 {
			values = append(values, t.Value)
		}
	}
	return values
}

func storeError(err error) error {
	return &Error{Op: "refresh", Family: ErrStore, Err: err}
}

func (cr *credentials) storeTrouble(ctx context.Context, op string, err error) {
	cr.c.log.LogAttrs(ctx, slog.LevelError, "faceid: store trouble", slog.String("op", op), slog.String("error", err.Error()))
	cr.c.observe(Event{Kind: EventStore, Op: op, Family: ErrStore, Err: err})
}
