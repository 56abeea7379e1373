package credential

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// world is a platform and a store inside a synctest bubble, where waiting takes no time.
type world struct {
	*testing.T
	platform *platform
	store    *memory
}

const (
	base        = "https://kyc1.example/TIDA0001"
	rightSecret = "the right secret"
	wrongSecret = "a wrong secret"
)

var (
	ctx     = context.Background()
	inFront = Options{}
	behind  = Options{Behind: true}
	alone   = Options{Behind: true, Alone: true}
)

// inBubble gives a test a world of its own. Flights that are under way at the end of the
// test may end before the bubble does.
func inBubble(t *testing.T, do func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		defer time.Sleep(time.Hour)
		do(&world{T: t, platform: newPlatform(), store: newMemory()})
	})
}

// member is a process of the fleet: a Keeper, and what its watcher was told.
type member struct {
	*Keeper
	w    *world
	told *watcher
	who  *account
}

// join starts a process that knows its secret from the start.
func (w *world) join(o Options, secret ...string) *member {
	s := append(secret, rightSecret)[0]
	return w.joinWith(o, s, &account{platform: w.platform, ask: func(context.Context) (string, error) { return s, nil }})
}

// joinWith starts a process with an account of its own.
func (w *world) joinWith(o Options, known string, who *account) *member {
	told := new(watcher)
	k, err := New(who, w.store, told, base, known, o)
	require.NoError(w, err)
	return &member{k, w, told, who}
}

// warm starts a process that has fetched its pair.
func (w *world) warm(o Options) *member {
	m := w.join(o)
	m.sign()
	return m
}

// sign calls ForSigning, which must return a ticket that works.
func (m *member) sign() Grant {
	m.w.Helper()
	g, err := m.ForSigning(ctx)
	require.NoError(m.w, err)
	require.True(m.w, m.w.platform.works(g.Sign), "%s does not sign any more", g.Sign)
	return g
}

// flightThatSignStarts calls ForSigning when a refresh in the background is due, and
// returns the flight. The store's lock is given to the flight only when the test knows
// the flight, because an exchange takes no time here.
func (m *member) flightThatSignStarts() *flight {
	m.w.Helper()
	known := make(chan struct{})
	m.w.store.onLock = func(context.Context) error { <-known; return nil }
	m.sign()
	m.mu.Lock()
	f := m.flight
	m.mu.Unlock()
	close(known)
	require.NotNil(m.w, f, "ForSigning started no flight")
	return f
}

// nonce calls ForNonce, which must return a token that lives.
func (m *member) nonce() Grant {
	m.w.Helper()
	g, err := m.ForNonce(ctx)
	require.NoError(m.w, err)
	require.True(m.w, m.w.platform.lives(g.Token), "%s is dead", g.Token)
	return g
}

// took returns how long do takes.
func took(do func()) time.Duration {
	began := time.Now()
	do()
	return time.Since(began)
}

// stored returns the record in the store for a secret, or nil if there is none.
func (w *world) stored(secret string) *record {
	w.Helper()
	s, err := newSeal(base, secret)
	require.NoError(w, err)
	text, ok := w.store.get(s.name)
	if !ok {
		return nil
	}
	r, err := s.unseal(text)
	require.NoError(w, err)
	return r
}

// plant saves a record for the right secret.
func (w *world) plant(r *record) {
	s, err := newSeal(base, rightSecret)
	require.NoError(w, err)
	w.store.set(s.name, s.sealed(r))
}

// calls returns how many mints, SIGN tickets and NONCE tickets were asked for since the
// last call of calls.
func (w *world) calls() [3]int {
	p := w.platform
	p.mu.Lock()
	defer p.mu.Unlock()
	n := [3]int{p.mint.calls, p.sign.calls, p.nonce.calls}
	p.mint.calls, p.sign.calls, p.nonce.calls = 0, 0, 0
	return n
}

// way is the course of an exchange.
type way struct {
	takes   time.Duration
	arrives bool // the request arrives although the exchange fails
	fails   error
}

var (
	denial   = Reason{Code: "400101", Family: "credential"}
	well     = way{}
	lost     = way{arrives: true, fails: &PlatformError{Fate: Lost, Err: errors.New("reset")}}
	unsent   = way{fails: &PlatformError{Fate: Unsent, Err: errors.New("no route")}}
	withheld = way{fails: &PlatformError{Fate: Withheld, Err: errors.New("no such proxy")}}
	answered = way{fails: &PlatformError{Fate: Answered, Reason: Reason{Code: "999999"}, Err: errors.New("busy")}}
	refused  = way{fails: &PlatformError{Fate: Refused, Reason: denial, Err: errors.New("no")}}
	hangs    = way{takes: 1000 * time.Hour}
)

// slow is an exchange that takes some time and succeeds.
func slow(takes time.Duration) way { return way{takes: takes} }

// plan is the course of the next exchanges, and of all later ones.
type plan struct {
	calls int
	next  []way
	rest  way
}

func (p *plan) take() way {
	p.calls++
	if len(p.next) == 0 {
		return p.rest
	}
	w := p.next[0]
	p.next = p.next[1:]
	return w
}

// platform keeps the platform's rules: the token that was minted last lives, and the one
// before it works for one more minute.
type platform struct {
	mu                  sync.Mutex
	secret              string
	tokenLife, signLife time.Duration
	mint, sign, nonce   plan
	serial              int
	dies                map[string]time.Time // when tokens and SIGN tickets die
	tokenOf             map[string]string    // the tokens of SIGN tickets
}

func newPlatform() *platform {
	return &platform{
		secret: rightSecret, tokenLife: 2 * time.Hour, signLife: time.Hour,
		dies: map[string]time.Time{}, tokenOf: map[string]string{},
	}
}

// exchange is one request and its answer.
func (p *platform) exchange(ctx context.Context, of *plan, do func() (Ticket, error)) (Ticket, error) {
	p.mu.Lock()
	w := of.take()
	p.mu.Unlock()
	if w.takes > 0 {
		select {
		case <-ctx.Done():
			return Ticket{}, &PlatformError{Fate: Lost, Err: context.Cause(ctx)}
		case <-time.After(w.takes):
		}
	}
	if w.fails != nil && !w.arrives {
		return Ticket{}, w.fails
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	t, err := do()
	if w.fails != nil {
		return Ticket{}, w.fails
	}
	return t, err
}

// replace mints a token. The caller holds mu.
func (p *platform) replace() Ticket {
	now := time.Now()
	for value, end := range p.dies {
		if p.tokenOf[value] == "" && end.After(now.Add(time.Minute)) {
			p.dies[value] = now.Add(time.Minute)
		}
	}
	p.serial++
	t := Ticket{Value: fmt.Sprintf("TOKEN-%d", p.serial), Life: p.tokenLife}
	p.dies[t.Value] = now.Add(t.Life)
	return t
}

// foreignMint is a mint by a process outside the store.
func (p *platform) foreignMint() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.replace()
}

// kill ends a token or a SIGN ticket at once.
func (p *platform) kill(value string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dies[value] = time.Now()
}

// lives reports whether the token lives.
func (p *platform) lives(token string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Now().Before(p.dies[token])
}

// works reports whether a SIGN ticket works.
func (p *platform) works(sign string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	return now.Before(p.dies[sign]) && now.Before(p.dies[p.tokenOf[sign]])
}

// account is the platform as one process sees it, with a secret of its own.
type account struct {
	*platform
	ask func(ctx context.Context) (string, error)
}

func (a *account) Secret(ctx context.Context) (string, error) { return a.ask(ctx) }

func (a *account) Mint(ctx context.Context, secret string) (Ticket, error) {
	return a.exchange(ctx, &a.mint, func() (Ticket, error) {
		if secret != a.secret {
			return Ticket{}, refused.fails
		}
		return a.replace(), nil
	})
}

func (a *account) SignTicket(ctx context.Context, token string) (Ticket, error) {
	return a.exchange(ctx, &a.sign, func() (Ticket, error) {
		now := time.Now()
		if !now.Before(a.dies[token]) {
			return Ticket{}, refused.fails
		}
		a.serial++
		t := Ticket{Value: fmt.Sprintf("SIGN-%d", a.serial), Life: a.signLife}
		a.dies[t.Value], a.tokenOf[t.Value] = now.Add(t.Life), token
		return t, nil
	})
}

func (a *account) NonceTicket(ctx context.Context, token string) error {
	_, err := a.exchange(ctx, &a.nonce, func() (Ticket, error) {
		if !time.Now().Before(a.dies[token]) {
			return Ticket{}, refused.fails
		}
		return Ticket{}, nil
	})
	return err
}

// watcher remembers what it is told.
type watcher struct {
	mu      sync.Mutex
	ended   []error  // the ends of refreshes
	trouble []string // the failures of the store
	deaths  []int
}

func (w *watcher) note(do func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	do()
}

func (w *watcher) Refreshed(_ context.Context, _ time.Duration, err error) {
	w.note(func() { w.ended = append(w.ended, err) })
}

func (w *watcher) StoreTrouble(_ context.Context, op string, err error) {
	w.note(func() { w.trouble = append(w.trouble, op+": "+err.Error()) })
}

func (w *watcher) FreshTokenDied(_ context.Context, nth int) {
	w.note(func() { w.deaths = append(w.deaths, nth) })
}

var errPanicked, errEnded = errors.New("it panicked"), errors.New("it ended its goroutine")

func (w *watcher) Panicked(context.Context, any) error { return errPanicked }

func (w *watcher) Ended(context.Context) error { return errEnded }

// memory is a store in memory. Each hook runs before the operation that it is named
// after, and may block, fail, or look at the state.
type memory struct {
	mu                   sync.Mutex
	texts                map[string]saved
	held                 map[string]*lease
	loads, swaps         int
	onLoad               func(ctx context.Context) error
	onSwap               func(old, record []byte) error
	onLock               func(ctx context.Context) error
	onUnlock             func() error
	short                time.Duration // taken from every lease
	future               time.Duration // added to every age
	lockWaits, lockTaken int
}

type saved struct {
	text []byte
	at   time.Time
}

func newMemory() *memory { return &memory{texts: map[string]saved{}, held: map[string]*lease{}} }

func (s *memory) get(name string) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one, ok := s.texts[name]
	return one.text, ok
}

func (s *memory) set(name string, text []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.texts[name] = saved{text, time.Now()}
}

// copied returns the contents of the store, for goBack.
func (s *memory) copied() map[string]saved {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.texts)
}

func (s *memory) goBack(texts map[string]saved) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.texts = maps.Clone(texts)
}

func (s *memory) Load(ctx context.Context, key string) ([]byte, time.Duration, error) {
	s.mu.Lock()
	s.loads++
	hook, future := s.onLoad, s.future
	s.mu.Unlock()
	if hook != nil {
		if err := hook(ctx); err != nil {
			return nil, 0, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	one, ok := s.texts[key]
	if !ok {
		return nil, 0, ErrNotFound
	}
	return one.text, time.Since(one.at) + future, nil
}

func (s *memory) CompareAndSwap(_ context.Context, key string, old, record []byte) (bool, error) {
	s.mu.Lock()
	s.swaps++
	hook := s.onSwap
	s.mu.Unlock()
	if hook != nil {
		if err := hook(old, record); err != nil {
			return false, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if one, ok := s.texts[key]; ok != (old != nil) || string(one.text) != string(old) {
		return false, nil
	}
	s.texts[key] = saved{record, time.Now()}
	return true, nil
}

// lease is a lock of a memory store.
type lease struct {
	of   *memory
	key  string
	ends time.Time
	done chan struct{}
}

func (s *memory) Lock(ctx context.Context, key string, life time.Duration) (Lock, error) {
	s.mu.Lock()
	hook, short := s.onLock, s.short
	s.mu.Unlock()
	if hook != nil {
		if err := hook(ctx); err != nil {
			return nil, err
		}
	}
	for {
		s.mu.Lock()
		other := s.held[key]
		if other == nil || !time.Now().Before(other.ends) {
			mine := &lease{s, key, time.Now().Add(life - short), make(chan struct{})}
			s.held[key] = mine
			s.lockTaken++
			s.mu.Unlock()
			return mine, nil
		}
		s.lockWaits++
		s.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-other.done:
		case <-time.After(time.Until(other.ends)):
		}
	}
}

func (l *lease) Left() time.Duration { return time.Until(l.ends) }

func (l *lease) Unlock(context.Context) error {
	s := l.of
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.onUnlock != nil {
		if err := s.onUnlock(); err != nil {
			return err
		}
	}
	if s.held[l.key] == l {
		delete(s.held, l.key)
		close(l.done)
	}
	return nil
}

var errDown = errors.New("the store is down")

func down(context.Context) error { return errDown }

// kindOf returns the kind of an Error, and 0 for any other error.
func kindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return 0
}
