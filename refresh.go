package faceid

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// credentials keeps the pair of token and SIGN ticket of one appID: it serves
// it while it is fresh, and has it replaced in time, once at a time in this
// process (a flight) and, by the store's lock, in all that share the store.
// renew.go is what happens inside a flight.
type credentials struct {
	c          *Client
	key        string
	store      *guardedStore
	background bool
	alone      bool // refresh without a store that is broken

	cur  atomic.Pointer[held]   // nil until first loaded
	mark atomic.Pointer[string] // of our own last mint

	mu       sync.Mutex // guards what follows; never held over I/O
	flight   *flight    // the refresh under way, nil if there is none
	closed   bool
	failures int       // of flights in a row
	notUntil time.Time // after a failure, no flight for a pair that serves before this
	pauseEnd time.Time // and none for a caller without a pair before this, which is much sooner
	lastErr  error     // of the last flight
	reading  bool      // someone re-reads the store
	looked   time.Time // when that was last tried
	lookErr  error     // and what came of it: nil, or trouble with the store
	known    time.Time // when the last look began that told what is in the store, or that it is in trouble
}

// held is a record as loaded, and the moment to which its ages belong.
type held struct {
	*record
	at      time.Time
	unsaved bool // the store would not take it
	own     bool // fetched by this process
	kept    bool // as load returns it: the store has another, older one
}

func (h *held) elapsed() time.Duration { return elapsed(h.at, time.Now()) }

func (h *held) now() state { return h.state(h.elapsed()) }

// sign is the ticket to sign with; "" if there is none.
func (h *held) sign() string {
	t, _ := h.signTicket(h.elapsed())
	return t.Value
}

// same reports whether both hold the same pair.
func (h *held) same(other *held) bool {
	return h.Token.Value == other.Token.Value && h.Sign.Value == other.Sign.Value
}

// newerThan reports whether h was fetched after the other: the token minted last
// is the one that lives, and of one token the younger SIGN ticket.
func (h *held) newerThan(other *held) bool {
	const drift = time.Second // between two ways of counting the same age
	younger := func(mine, theirs ticket) bool {
		return mine.Value != "" && mine.Value != theirs.Value &&
			(theirs.Value == "" || mine.Age+h.elapsed()+drift < theirs.Age+other.elapsed())
	}
	if h.Token.Value == other.Token.Value {
		return younger(h.Sign, other.Sign)
	}
	return younger(h.Token, other.Token)
}

// flight is one refresh or recovery, shared by all who wait for it.
type flight struct {
	done    chan struct{}
	minting atomic.Bool // the mint was sent: the old pair may be dying
	quiet   bool        // a recovery: its failure says nothing about refreshing
	held    *held
	err     error
}

const reloadTimeout = time.Second // of a look into the store on a caller's path

func newCredentials(c *Client, key string, s *settings) *credentials {
	return &credentials{c: c, key: key, store: &guardedStore{s.store, c}, background: s.background, alone: s.alone}
}

// get returns a pair that is good for a signature.
func (cr *credentials) get(ctx context.Context) (*held, error) {
	h := cr.current(ctx, 360) // 20 s
	if h == nil {
		return cr.next(ctx, (*held).signs)
	}
	switch h.now() {
	case fresh:
		return h, nil
	case aging:
		return cr.getAging(ctx, h, cr.background)
	case dying:
		return cr.getAging(ctx, h, false)
	default:
		return cr.next(ctx, (*held).signs)
	}
}

// getAging serves the pair while the next one is fetched behind it, or in front
// of it.
func (cr *credentials) getAging(ctx context.Context, h *held, behind bool) (*held, error) {
	f := cr.refreshIfDue(ctx)
	if f == nil || behind {
		return h, nil
	}
	return cr.waitABit(ctx, h, f, (*held).signs)
}

// getForNonce returns a pair whose token outlives a NONCE ticket.
func (cr *credentials) getForNonce(ctx context.Context) (*held, error) {
	h := cr.current(ctx, 7200) // 1 s
	if h == nil || !h.launches() {
		return cr.next(ctx, (*held).launches)
	}
	if !h.nonceAging(h.elapsed()) {
		return h, nil
	}
	f := cr.refreshIfDue(ctx)
	if f == nil { // it failed just now
		return h, nil
	}
	return cr.waitABit(ctx, h, f, (*held).launches)
}

// signs reports whether the pair can sign a call now.
func (h *held) signs() bool { return h.now() != spent }

// launches reports whether the pair's token can fetch a NONCE ticket now: it is
// there, and nobody is replacing it.
func (h *held) launches() bool {
	return h.Token.Value != "" && h.Minting == nil && !h.Token.nearEnd(h.elapsed(), h.life())
}

// waitABit waits for a flight, and falls back on a pair that still serves if the
// flight fails, or has not begun to mint within 3 s.
func (cr *credentials) waitABit(ctx context.Context, h *held, f *flight, serves func(*held) bool) (*held, error) {
	newer := func(now *held) bool { return now.Token.Value != h.Token.Value && now.Minting == nil && serves(now) }
	patience, cancel := context.WithTimeout(ctx, h.life()/2400)
	defer cancel()
	next, err := cr.wait(patience, f, newer)
	if err != nil && ctx.Err() == nil && patience.Err() != nil && (f.minting.Load() || cr.mintingElsewhere(ctx)) {
		next, err = cr.wait(ctx, f, newer)
	}
	now := cr.cur.Load()
	switch {
	case err == nil:
		return next, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case now != nil && newer(now):
		return now, nil // its token is the one that lives
	case serves(h) && (now == nil || now.same(h) && serves(now)):
		return h, nil // the flight has logged its failure
	}
	return cr.next(ctx, serves) // nothing serves any more: one more try
}

// mintingElsewhere reports whether the holder of the store's lock has begun to
// mint: then the old token is dying.
func (cr *credentials) mintingElsewhere(ctx context.Context) bool {
	short, cancel := context.WithTimeout(ctx, reloadTimeout)
	defer cancel()
	h, _, err := cr.load(short)
	return err == nil && (h.Minting != nil || h.half())
}

// overtaken reports whether a mint has begun since used was loaded. The store
// knows of a mint before the platform does: no mark, no mint.
func (cr *credentials) overtaken(ctx context.Context, used *held) bool {
	short, cancel := context.WithTimeout(ctx, reloadTimeout)
	defer cancel()
	h, _, err := cr.load(short)
	return err == nil && (h.Token.Value != used.Token.Value || h.Minting != nil)
}

// current returns the pair in memory. If the copy is older than the given
// fraction of its token's life, one caller looks into the store first: another
// process may have refreshed. Trouble with the store is reported and the copy
// serves on.
func (cr *credentials) current(ctx context.Context, fraction time.Duration) *held {
	h := cr.cur.Load()
	if h != nil && h.elapsed() <= h.life()/fraction {
		return h
	}
	if !cr.startReading(h, fraction) {
		return h
	}
	var trouble error
	began := time.Now()
	defer func() { cr.stopReading(began, ctx.Err() != nil, trouble) }()
	short, cancel := context.WithTimeout(ctx, reloadTimeout)
	defer cancel()
	loaded, stored, err := cr.load(short)
	switch {
	case err == nil && loaded.kept, errors.Is(err, ErrNotFound) && h != nil && h.now() != spent:
		// Our pair is the one that lives: the store failed to take it, or lost it.
		return cr.saveAgain(short, stored)
	case err == nil:
		return cr.cur.Load()
	case isUnreadable(err) && h != nil && h.now() != spent:
		if stored, err = cr.setAside(short, stored, err); err == nil {
			return cr.saveAgain(short, stored)
		}
	case !errors.Is(err, ErrNotFound) && ctx.Err() == nil: // the caller's own end is no trouble
		trouble = err
		cr.storeTrouble(ctx, "Load", err)
	}
	return h
}

// startReading makes the caller the one who looks into the store; the others
// use the copy, if there is one. Nobody looks again soon after a look that
// brought nothing, whatever strangers send and however slow the store is.
func (cr *credentials) startReading(h *held, fraction time.Duration) bool {
	cr.mu.Lock()
	defer cr.mu.Unlock()
	if cr.reading && h != nil {
		return false
	}
	if !cr.looked.IsZero() && elapsed(cr.looked, time.Now()) < h.unit()/fraction {
		return false
	}
	cr.reading = true
	return true
}

// stopReading ends a look. One that its caller has left told nothing.
func (cr *credentials) stopReading(began time.Time, left bool, trouble error) {
	cr.mu.Lock()
	defer cr.mu.Unlock()
	cr.reading, cr.looked, cr.lookErr = false, time.Now(), trouble
	if !left {
		cr.known = began
	}
}

// unit is the life that periods are fractions of.
func (h *held) unit() time.Duration {
	if h == nil {
		return usualLife
	}
	return h.life()
}

// saveAgain offers the current pair to the store once more.
func (cr *credentials) saveAgain(ctx context.Context, stored []byte) *held {
	mine := cr.cur.Load()
	if r, err := decodeRecord(stored); err == nil && r.Minting != nil {
		if own := cr.mark.Load(); own == nil || *own != r.Minting.By {
			return mine // somebody is minting, or has died doing so: a refresh will settle it
		}
	}
	saved, _, err := cr.put(ctx, stored, mine.aged(mine.elapsed()), mine.own)
	if err != nil {
		return mine // reported; the pair serves on
	}
	return saved
}

// load reads the store and makes what it finds the current pair, unless the
// current one is newer and our own (then it is kept, although the store has
// another), or was set while we read. It returns the stored bytes too, for a
// swap; a record that cannot be read is an error with its bytes.
func (cr *credentials) load(ctx context.Context) (h *held, stored []byte, err error) {
	before := cr.cur.Load()
	stored, age, err := cr.store.Load(ctx, cr.key)
	if err != nil {
		return nil, nil, err
	}
	r, err := decodeRecord(stored)
	if err != nil {
		return nil, stored, err
	}
	h = &held{record: r.aged(max(age, 0)), at: time.Now()}
	switch {
	case before == nil:
	case before.same(h):
		// A store whose clock was set back must not make the pair young again.
		h.record = h.aged(max(before.Token.Age+before.elapsed()-h.Token.Age, 0))
		h.own = before.own
	case (before.unsaved || before.own) && before.newerThan(h):
		kept := *before
		kept.kept = true
		return &kept, stored, nil
	}
	cr.cur.CompareAndSwap(before, h) // a slow answer must not overwrite what is newer
	return h, stored, nil
}

// wait waits for a flight, at most until the waiter's own ctx ends. A flight may
// be stuck while another process has long finished: so it looks into the store
// every 20 s, and takes what is good.
func (cr *credentials) wait(ctx context.Context, f *flight, good func(*held) bool) (*held, error) {
	for {
		life := usualLife
		if h := cr.cur.Load(); h != nil {
			life = h.life()
		}
		look := time.NewTimer(life / 360)
		select {
		case <-ctx.Done():
			look.Stop()
			return nil, ctx.Err()
		case <-f.done:
			look.Stop()
			return f.held, f.err
		case <-look.C:
			if h := cr.reread(ctx); h != nil && good(h) {
				return h, nil
			}
		}
	}
}

// next waits for the next pair: there is none that serves. After a failure it
// waits a moment first, so that callers who try again at once do not become a
// storm.
func (cr *credentials) next(ctx context.Context, good func(*held) bool) (*held, error) {
	for again := false; ; {
		if err := ctx.Err(); err != nil {
			return nil, err // nothing is started for a caller who has left
		}
		cr.mu.Lock()
		pause, last := time.Until(cr.pauseEnd), cr.lastErr
		if cr.flight != nil || pause <= 0 {
			f := cr.takeOff(ctx, cr.renew)
			cr.mu.Unlock()
			h, err := cr.wait(ctx, f, good)
			if err == nil || ctx.Err() != nil {
				return h, err
			}
			now := cr.cur.Load()
			if now != nil && good(now) {
				return now, nil // another process was faster than our flight
			}
			if again || now == nil || now.Minting == nil {
				return nil, err
			}
			again = true // the answers were lost: the pair must be replaced
			continue
		}
		cr.mu.Unlock()
		if err := sleep(ctx, pause); err != nil {
			return nil, whileWaiting(last, err)
		}
		if h := cr.cur.Load(); h != nil && good(h) {
			return h, nil
		}
	}
}

// refreshIfDue starts or joins a flight for a pair that still serves: nil after
// Close, and while a failed one is backed off.
func (cr *credentials) refreshIfDue(ctx context.Context) *flight {
	cr.mu.Lock()
	defer cr.mu.Unlock()
	if cr.flight == nil && (cr.closed || time.Now().Before(cr.notUntil)) {
		return nil
	}
	return cr.takeOff(ctx, cr.renew)
}

// takeOff starts a flight or joins the one under way. The caller holds mu.
func (cr *credentials) takeOff(ctx context.Context, task func(context.Context, *flight) (*held, error)) *flight {
	if cr.flight == nil {
		cr.flight = &flight{done: make(chan struct{})}
		// The leader's cancellation must not fail the others.
		go cr.fly(context.WithoutCancel(ctx), cr.flight, task)
	}
	return cr.flight
}

func (cr *credentials) fly(ctx context.Context, f *flight, task func(context.Context, *flight) (*held, error)) {
	ctx, cancel := context.WithTimeoutCause(ctx, cr.periods().flight, errUnanswered)
	defer cancel()
	start := time.Now()
	// The parts that the caller gave are guarded, each by itself. What still panics
	// here, or ends the goroutine, must neither end the process nor leave the waiters
	// waiting for ever.
	var ended error = &Error{Op: "refresh", Family: ErrCaller, Err: &goexitError{partUnknown}}
	f.err = ended
	var unreported error
	defer close(f.done)
	defer cr.c.caught(ctx, "the report of a refresh", &unreported)
	defer func() {
		if value := recover(); value != nil {
			f.err = &Error{Op: "refresh", Family: ErrCredential, Err: errors.New(cr.c.sayPanic(ctx, "the refresh", value).Error())}
		}
		if f.err == ended { //nolint:errorlint // identity is meant
			cr.c.sayGoexit(ctx, partUnknown)
		}
		cr.land(f)
		cr.c.report(ctx, Event{Kind: EventRefresh, Op: opRefresh, Duration: time.Since(start), Err: f.err})
	}()
	f.held, f.err = task(ctx, f)
	f.err = notTheCallers(f.err)
}

// land ends a flight: the next caller may start another, after a failure not at
// once.
func (cr *credentials) land(f *flight) {
	cr.mu.Lock()
	defer cr.mu.Unlock()
	cr.flight = nil
	if f.err != nil && f.quiet {
		return
	}
	cr.lastErr = f.err
	if f.err == nil {
		cr.failures, cr.notUntil, cr.pauseEnd = 0, time.Time{}, time.Time{}
		return
	}
	cr.failures = min(cr.failures+1, 10)
	backoff := cr.backoff()
	cr.notUntil = time.Now().Add(backoff)
	cr.pauseEnd = time.Now().Add(max(backoff/25, 100*time.Millisecond)) // usually 200 ms to 12 s
}

// backoff after the failures so far: 5 s doubling to 5 min, with jitter.
func (cr *credentials) backoff() time.Duration {
	life := usualLife
	if h := cr.cur.Load(); h != nil {
		life = h.life()
	}
	most := max(min(life/1440<<(cr.failures-1), life/24), time.Second/4)
	return most/2 + rand.N(most) //nolint:gosec // jitter
}

// close waits for the flight under way.
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
// from the platform; reread waits for a look into the store that begins now. The
// error is trouble with the store, if it left us without any.
func (cr *credentials) signTickets(ctx context.Context, reread bool) ([]string, error) {
	if reread {
		cr.awaitLook(ctx)
	}
	h := cr.current(ctx, 360)
	if h == nil {
		cr.mu.Lock()
		defer cr.mu.Unlock()
		return nil, cr.lookErr
	}
	var values []string
	for _, t := range h.tickets(h.elapsed()) {
		values = append(values, t.Value)
	}
	return values, nil
}

// awaitLook waits for a look into the store that begins after now, or brings
// another ticket. Looks are a second apart, whatever strangers send, so the copy
// may be young and yet older than the ticket that signed a callback. A ticket
// that another process is about to save is given a moment more.
func (cr *credentials) awaitLook(ctx context.Context) {
	asked, first := time.Now(), cr.cur.Load()
	for h := first; h != nil && elapsed(asked, time.Now()) < h.life()/2400; { // 3 s
		cr.current(ctx, 7200)
		h = cr.cur.Load()
		settled := h.Minting == nil && !h.half()
		if settled && (h.Sign.Value != first.Sign.Value || cr.knows(asked)) {
			return
		}
		if sleep(ctx, h.life()/72000) != nil { // 100 ms
			return
		}
	}
}

// knows reports whether a look into the store has ended that began at that time
// or later.
func (cr *credentials) knows(since time.Time) bool {
	cr.mu.Lock()
	defer cr.mu.Unlock()
	return !cr.known.Before(since)
}

func storeError(err error) error {
	return &Error{Op: "refresh", Family: storeFamily(err), Err: fmt.Errorf("the credential store: %w", err)}
}

// storeFamily is the family of trouble with the store: a panic is the caller's own.
func storeFamily(err error) Family {
	if isPanic(err) {
		return ErrCaller
	}
	return ErrStore
}

func (cr *credentials) storeTrouble(ctx context.Context, op string, err error) {
	cr.c.log.LogAttrs(ctx, slog.LevelError, "faceid: store trouble", slog.String("op", op), slog.String("error", err.Error()))
	cr.c.observe(ctx, Event{Kind: EventStore, Op: op, Family: storeFamily(err), Err: err})
}

// explain adds to a second refusal what is known of its cause.
func (cr *credentials) explain(err error) error {
	if h := cr.cur.Load(); h != nil && h.foreign() {
		return refusedFor(err, ErrForeignRefresh)
	}
	return err
}

// refusedFor adds a cause to a refusal, and keeps the refusal's code.
func refusedFor(refusal, cause error) error {
	var e *Error
	if !errors.As(refusal, &e) {
		return refusal
	}
	both := *e
	both.Err = cause
	return &both
}
