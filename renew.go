package faceid

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// ErrForeignRefresh is in the chain of an error if tokens that were fresh died
// twice within an hour although the store did not change: another system, which
// does not share this store, fetches tokens for the same appID. Each fetch kills
// the other side's token a minute later. Let both share one store, or give the
// other system an appID of its own.
var ErrForeignRefresh = errors.New("faceid: somebody outside this store fetches tokens for the same appID")

// periods are the time-outs of a flight. Like all periods they follow the
// token's life, but real machines need a second for a call.
type periods struct{ call, lease, flight time.Duration }

func (cr *credentials) periods() periods {
	life := usualLife
	if h := cr.cur.Load(); h != nil {
		life = h.life()
	}
	call := max(life/720, time.Second) // 10 s
	return periods{call: call, lease: 3 * call, flight: 9 * call}
}

// What sends a flight back to take the lock again.
var (
	errShortLease = errors.New("the lock's lease ends too soon for another step")
	errLostSwap   = errors.New("the record was changed by someone who does not hold the lock")
	errDeadToken  = errors.New("the token was dead as soon as it was fetched")
)

// errUnanswered is why a flight ends a call, or itself.
var errUnanswered = errors.New("no answer in the time of a refresh")

// notTheCallers is the error of a flight for those who wait for it. A flight has
// no caller: if its time is over, nobody's context has ended.
func notTheCallers(err error) error {
	if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
		return err
	}
	own := &Error{Op: "refresh", Family: ErrNetwork}
	var e *Error
	if errors.As(err, &e) {
		*own = *e
		if own.Family == "" {
			own.Family = ErrNetwork
		}
		err = e.Err
	}
	own.Err = &transportError{text: errUnanswered.Error(), err: err}
	return own
}

// renew is the task of a flight: a new pair, or the one that someone else has
// fetched meanwhile.
func (cr *credentials) renew(ctx context.Context, f *flight) (*held, error) {
	mint := false // whatever the store says: ours may not be the last mint
	for try := 1; ; try++ {
		h, err := cr.underLock(ctx, func(t *turn) (*held, error) {
			t.flight = f
			return t.renew(ctx, mint)
		})
		switch {
		case errors.Is(err, ErrStore) && cr.alone && !cr.serves():
			return cr.renewAlone(ctx, f)
		case errors.Is(err, errLostSwap), errors.Is(err, errDeadToken):
			mint = true
		case !errors.Is(err, errShortLease):
			return h, err
		}
		if try == 3 {
			family := ErrStore
			if errors.Is(err, errDeadToken) {
				family = ErrCredential
			}
			return h, &Error{Op: "refresh", Family: family, Err: err}
		}
	}
}

// serves reports whether the pair in memory can still be used.
func (cr *credentials) serves() bool {
	h := cr.cur.Load()
	return h != nil && h.now() != spent
}

// turn is one holding of the store's lock: the record found under it, and the
// bytes it is stored as.
type turn struct {
	*credentials
	lock   Lock // nil without a store
	old    *held
	stored []byte
	flight *flight
	dead   bool // the old pair was refused
}

// underLock runs task while this process alone may change the record.
func (cr *credentials) underLock(ctx context.Context, task func(*turn) (*held, error)) (*held, error) {
	lock, err := cr.store.Lock(ctx, cr.key, cr.periods().lease)
	if err != nil {
		cr.storeTrouble(ctx, "Lock", err)
		return nil, storeError(err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cr.periods().call)
		defer cancel()
		if err := lock.Unlock(ctx); err != nil {
			cr.storeTrouble(ctx, "Unlock", err)
		}
	}()
	t := &turn{credentials: cr, lock: lock}
	if err := t.look(ctx); err != nil {
		return nil, err
	}
	return task(t)
}

// look loads the record again: someone may have finished while we waited for
// the lock. What is gone from the store, but still serves here, is not lost.
func (t *turn) look(ctx context.Context) error {
	h, stored, err := t.load(ctx)
	switch {
	case err == nil:
		t.old, t.stored = h, stored
	case errors.Is(err, ErrNotFound):
		t.old = t.cur.Load()
	case isUnreadable(err):
		t.old = t.cur.Load()
		if t.stored, err = t.setAside(ctx, stored, err); err != nil {
			return storeError(err)
		}
	default:
		t.storeTrouble(ctx, "Load", err)
		return storeError(err)
	}
	if t.old == nil {
		t.old = &held{record: new(record), at: time.Now()}
	}
	return nil
}

func isUnreadable(err error) bool {
	return errors.Is(err, errBadRecord) || errors.Is(err, errNewerRecord)
}

// setAside deals with bytes under our key that are no record of ours: a file is
// moved away, anything else will be replaced. It returns what a swap must find.
func (cr *credentials) setAside(ctx context.Context, stored []byte, why error) ([]byte, error) {
	where := "replaced"
	if files, ok := cr.store.store.(*FileStore); ok {
		moved, err := files.setAside(ctx, cr.key, stored)
		if err != nil {
			cr.storeTrouble(ctx, "setAside", err)
			return nil, err
		}
		where, stored = "moved to "+moved, nil
	}
	cr.storeTrouble(ctx, "Load", fmt.Errorf("%w (%s)", why, where))
	return stored, nil
}

// put swaps the record in and makes it the current pair. own says that this
// process fetched it.
func (cr *credentials) put(ctx context.Context, stored []byte, r *record, own bool) (*held, []byte, error) {
	h := &held{record: r, at: time.Now(), own: own}
	text := r.encode()
	swapped, err := cr.store.CompareAndSwap(ctx, cr.key, stored, text)
	switch {
	case err != nil:
		cr.storeTrouble(ctx, "CompareAndSwap", err)
		return nil, nil, storeError(err)
	case !swapped:
		cr.storeTrouble(ctx, "CompareAndSwap", errLostSwap)
		return nil, nil, errLostSwap
	}
	cr.cur.Store(h)
	return h, text, nil
}

// save is put for one step of a turn; without a store it is kept here.
func (t *turn) save(ctx context.Context, r *record) error { return t.saveAs(ctx, r, t.old.own) }

func (t *turn) saveAs(ctx context.Context, r *record, own bool) error {
	at := time.Now()
	if t.lock == nil {
		t.hold(r, at)
		return nil
	}
	h, text, err := t.put(ctx, t.stored, r, own)
	if err == nil {
		t.old, t.stored = h, text
	}
	return err
}

// keep is save for what must not be lost: if the store fails, the pair serves in
// this process, which offers it to the store again later.
func (t *turn) keep(ctx context.Context, r *record) error {
	at := time.Now() // the ages are those of now, however long the store takes
	err := t.saveAs(ctx, r, true)
	if err != nil && !errors.Is(err, errLostSwap) {
		t.hold(r, at)
		return nil
	}
	return err
}

// hold makes a record that the store has not taken the current one.
func (t *turn) hold(r *record, at time.Time) {
	t.old = &held{record: r, at: at, unsaved: true, own: true}
	t.cur.Store(t.old)
}

// present is the record as it is now, to be changed.
func (t *turn) present() *record { return t.old.aged(t.old.elapsed()) }

// leaseCovers reports whether the lock is surely held for one more call.
func (t *turn) leaseCovers(call time.Duration) bool { return t.lock == nil || t.lock.Left() >= call }

// renew does what the record needs.
func (t *turn) renew(ctx context.Context, mint bool) (*held, error) {
	elapsed := t.old.elapsed()
	switch {
	case mint:
	case t.old.settled(elapsed):
		return t.old, nil
	case t.old.half() && !t.old.Token.nearEnd(elapsed, t.old.life()):
		return t.fetchSign(ctx)
	case t.old.Token.Value != "" && t.old.Minting == nil && !t.old.nonceAging(elapsed) && !t.old.Token.nearEnd(elapsed, t.old.life()):
		return t.fetchSign(ctx) // only the SIGN ticket is near its end
	}
	if wait := t.old.throttled(elapsed); wait > 0 && t.old.Throttle.Refused {
		return nil, t.throttledError(wait)
	}
	return t.mint(ctx)
}

func (t *turn) throttledError(wait time.Duration) error {
	err := fmt.Errorf("the platform refused our credentials; the next attempt is made in %v", wait.Round(time.Second))
	if t.old.foreign() {
		err = fmt.Errorf("%w; %w", err, ErrForeignRefresh)
	}
	return &Error{Op: "refresh", Family: ErrCredential, Err: err}
}

// mint fetches a new token and then its SIGN ticket. The store knows of the mint
// before it is sent, and of the token before anything else is done.
func (t *turn) mint(ctx context.Context) (*held, error) {
	p := t.periods()
	if !t.leaseCovers(p.call) {
		return nil, errShortLease
	}
	// A mark, or half a record, says that the pair before was replaced once.
	again := t.old.Minting != nil
	if t.old.half() || again && t.old.Minting.Age+t.old.elapsed() >= t.old.life()/150 {
		t.dead = true
	}
	if t.lock != nil {
		by := rand.Text()
		t.mark.Store(&by)
		switch err := t.save(ctx, t.present().marked(by, p.lease)); {
		case errors.Is(err, errLostSwap):
			return nil, errShortLease // nothing was minted: look again
		case err != nil:
			return nil, err
		case !t.leaseCovers(p.call): // the save took long, or this process was stopped
			t.unmark(ctx, nil, again)
			return nil, errShortLease
		}
	}
	t.flight.minting.Store(true)
	tries := 3
	if again { // it went wrong before: no more than one at a time
		tries = 1
	}
	token, lost, err := t.mintUntilAnswered(ctx, p.call, tries)
	if err != nil {
		t.unmark(ctx, err, again || lost)
		return nil, err
	}
	if err := t.keep(ctx, t.present().minted(token, t.dead)); err != nil {
		return nil, err
	}
	return t.fetchSign(ctx)
}

// mintUntilAnswered repeats at once a mint whose answer was lost: the old token
// is dying, and nobody has the new one. One that surely never left costs nobody
// anything: it is repeated, too, after a pause, for what refuses a connection does so
// at once. It tells whether any answer was lost.
func (t *turn) mintUntilAnswered(ctx context.Context, call time.Duration, tries int) (token ticket, lost bool, err error) {
	for try := 1; ; try++ {
		asked := time.Now() // lives are counted from the question, not from the answer
		short, cancel := context.WithTimeoutCause(ctx, call, errUnanswered)
		token, err = t.c.mintToken(short)
		cancel()
		if err == nil {
			return token.older(elapsed(asked, time.Now())), lost, nil
		}
		lost = lost || !didNotMint(err)
		most, unsent := tries, wasUnsent(err)
		if unsent {
			most = maxAttempts
		}
		if didNotMint(err) && !unsent || try >= most || ctx.Err() != nil || unsent && pause(ctx, try, err) != nil || !t.leaseCovers(call) {
			return ticket{}, lost, err
		}
	}
}

// didNotMint reports whether a failed mint surely left the old token alone: it
// was answered by a code, or it never left.
func didNotMint(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	return e.Code != "" || e.notSent || neverLeft(e.Err)
}

// wasUnsent reports whether the network refused a mint before it left.
func wasUnsent(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == "" && neverLeft(e.Err)
}

// unmark takes the mark away if no mint can have happened. In doubt it stays, and
// tells the next holder of the lock that the old pair is dying. A refusal is
// counted: a wrong secret must not become a storm.
func (t *turn) unmark(ctx context.Context, why error, doubt bool) {
	var e *Error
	refused := errors.As(why, &e) && e.Code != "" && (e.Family == ErrCredential || e.Family == ErrAccount)
	if t.lock == nil || doubt && !refused {
		return
	}
	r := t.present()
	if !doubt {
		r = r.unmarked()
	}
	if refused {
		r = r.forced(true)
	}
	_ = t.save(ctx, r) // reported; the mark costs no more than one mint
}

// fetchSign completes half a record, or renews the SIGN ticket of a whole one.
func (t *turn) fetchSign(ctx context.Context) (*held, error) {
	p := t.periods()
	if !t.leaseCovers(p.call) {
		return nil, errShortLease
	}
	asked := time.Now()
	short, cancel := context.WithTimeoutCause(ctx, p.call, errUnanswered)
	defer cancel()
	sign, err := t.c.fetchTicket(short, "SIGN", t.old.Token.Value)
	switch {
	case isRefusal(err):
		return nil, t.deadToken(ctx, err)
	case err != nil:
		return nil, err
	}
	at := time.Now()
	r := t.present().signed(sign.older(elapsed(asked, at)))
	switch err = t.saveAs(ctx, r, true); {
	case err == nil:
	case errors.Is(err, errLostSwap) || t.lock.Left() <= 0:
		return nil, errShortLease // someone else completed it, or has a newer one: look again
	default:
		t.hold(r, at)
	}
	return t.old, nil
}

// deadToken deals with a token that does not even fetch its SIGN ticket: it is
// minted anew, as often as the throttle allows.
func (t *turn) deadToken(ctx context.Context, refusal error) error {
	if wait := t.old.throttled(t.old.elapsed()); wait > 0 {
		return t.throttledError(wait)
	}
	if err := t.save(ctx, t.present().forced(false)); err != nil {
		return err
	}
	return errors.Join(errDeadToken, refusal)
}

// renewAlone refreshes without the store, for those who asked for it.
func (cr *credentials) renewAlone(ctx context.Context, f *flight) (*held, error) {
	t := &turn{credentials: cr, old: cr.cur.Load(), flight: f}
	if t.old == nil {
		t.old = &held{record: new(record), at: time.Now()}
	}
	return t.renew(ctx, false)
}

// isRefusal reports whether the platform refused a signature, a ticket or a
// token. 400101 means any of them; 15 is seen in the wild.
func isRefusal(err error) bool {
	return errors.Is(err, CodeBadSignature) || errors.Is(err, CodeTokenExpired)
}

// errNotOurs says that a refusal is not cured by new credentials.
var errNotOurs = errors.New("the credentials are younger than a minute")

// recoverFrom finds credentials to try once more with after a refusal of used:
// those that someone else has fetched, or renewed ones. A refusal means a bad
// signature, ours included, and not a dead token: so it asks before it mints.
func (cr *credentials) recoverFrom(ctx context.Context, used *held) (*held, error) {
	whole := func(h *held) bool { return !h.same(used) && !h.half() && h.signs() }
	if used.half() { // signed with the old ticket, in its last minute
		return cr.next(ctx, whole)
	}
	for range 3 {
		if h := cr.reread(ctx); h != nil && !h.same(used) && h.now() != spent {
			if h.half() { // its old SIGN ticket may be the one that was refused
				return cr.next(ctx, whole)
			}
			return h, nil
		}
		if used.sincePair(used.elapsed()) < used.life()/120 { // 60 s
			return nil, errNotOurs
		}
		cr.mu.Lock()
		f := cr.takeOff(ctx, func(ctx context.Context, f *flight) (*held, error) { return cr.recovery(ctx, f, used) })
		cr.mu.Unlock()
		h, err := cr.wait(ctx, f, whole)
		if err != nil || !h.same(used) {
			return h, err
		}
		// The flight that we joined found nothing to do.
	}
	return nil, errNotOurs
}

// reread looks into the store now; nil if it cannot.
func (cr *credentials) reread(ctx context.Context) *held {
	short, cancel := context.WithTimeout(ctx, reloadTimeout)
	defer cancel()
	h, _, err := cr.load(short)
	if err != nil {
		return cr.cur.Load()
	}
	return h
}

// recovery is the task of a flight after a refusal of used.
func (cr *credentials) recovery(ctx context.Context, f *flight, used *held) (*held, error) {
	f.quiet = true
	task := func(t *turn) (*held, error) {
		t.flight = f
		if !t.old.same(used) {
			if t.old.half() || t.old.now() == spent {
				return t.renew(ctx, false)
			}
			return t.old, nil
		}
		if wait := t.old.throttled(t.old.elapsed()); wait > 0 {
			return nil, t.throttledError(wait)
		}
		if err := t.save(ctx, t.present().forced(false)); err != nil {
			return nil, err
		}
		return t.probe(ctx)
	}
	h, err := cr.underLock(ctx, task)
	switch {
	case errors.Is(err, ErrStore) && cr.alone:
		return task(&turn{credentials: cr, old: cr.cur.Load()})
	case errors.Is(err, errDeadToken) || errors.Is(err, errLostSwap) || errors.Is(err, errShortLease):
		return cr.renew(ctx, f)
	}
	return h, err
}

// probe asks for a NONCE ticket to learn whether the token lives. If it does,
// the SIGN ticket alone is renewed; if not, there must be a new token.
func (t *turn) probe(ctx context.Context) (*held, error) {
	short, cancel := context.WithTimeoutCause(ctx, t.periods().call, errUnanswered)
	defer cancel()
	_, err := t.c.fetchTicket(short, "NONCE", t.old.Token.Value, param{"user_id", "probe"})
	switch {
	case isRefusal(err):
		t.dead = true
		if t.old.now() != fresh {
			return t.mint(ctx)
		}
		if err := t.save(ctx, t.present().died()); err != nil {
			return nil, err
		}
		t.sayForeign(ctx)
		return t.mint(ctx)
	case err != nil:
		return nil, err
	}
	return t.fetchSign(ctx)
}

// sayForeign is loud: nothing here can mend it.
func (t *turn) sayForeign(ctx context.Context) {
	if !t.old.foreign() {
		t.c.log.LogAttrs(ctx, slog.LevelWarn, "faceid: a fresh access token was refused: another system may use this appID, or the console changed the secret")
		return
	}
	t.c.log.LogAttrs(ctx, slog.LevelError, ErrForeignRefresh.Error(), slog.Int("times", t.old.Deaths.Count))
	t.c.observe(ctx, Event{Kind: EventRefresh, Op: "foreign", Family: ErrCredential, Err: ErrForeignRefresh})
}
