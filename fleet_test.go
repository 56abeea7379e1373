package faceid_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// The promise of the credentials, in one test: two processes on one store, 500
// callers each, one call a minute each for three hours.
func TestAFleetLivesInPeace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		store := faceid.NewMemoryStore()
		clients := []*faceid.Client{newClient(sim, faceid.WithStore(store)), newClient(sim, faceid.WithStore(store))}
		const callers, minutes, life = 500, 180, 115 * time.Second
		var early, failed atomic.Int64
		var wg sync.WaitGroup
		for i := range callers {
			for n, c := range clients {
				wg.Go(func() {
					time.Sleep(time.Duration(i) * time.Minute / callers)
					for minute := range minutes {
						if (i+minute+n)%25 != 0 {
							if _, err := c.SignTicket(t.Context()); err != nil {
								failed.Add(1)
								t.Error(err)
							}
						} else if nonce, err := c.NonceTicket(t.Context(), "user1"); err != nil {
							failed.Add(1)
							t.Error(err)
						} else if sim.Left(nonce) < life {
							early.Add(1)
						}
						time.Sleep(time.Minute)
					}
				})
			}
		}
		wg.Wait()
		for _, c := range clients {
			require.NoError(t, c.Close(t.Context()))
		}
		mints := sim.Mints(sim.AppID())
		require.GreaterOrEqual(t, len(mints), 9)
		require.LessOrEqual(t, len(mints), 10)
		for i := 1; i < len(mints); i++ {
			require.GreaterOrEqual(t, mints[i].Sub(mints[i-1]), 19*time.Minute)
		}
		require.Zero(t, sim.ConcurrentMints(sim.AppID()))
		require.Zero(t, early.Load(), "NONCE tickets handed out with less than %v of life", life)
		require.Zero(t, failed.Load())
	})
}

// hooked is a store in which one client's operations can be made to fail or to
// hang, as those of a process that was killed or stopped.
type hooked struct {
	faceid.Store
	before func(ctx context.Context, op string, n int) error
	mu     sync.Mutex
	counts map[string]int
}

func (h *hooked) call(ctx context.Context, op string) error {
	h.mu.Lock()
	if h.counts == nil {
		h.counts = map[string]int{}
	}
	h.counts[op]++
	n, before := h.counts[op], h.before
	h.mu.Unlock()
	if before == nil {
		return nil
	}
	return before(ctx, op, n)
}

func (h *hooked) set(before func(ctx context.Context, op string, n int) error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.before, h.counts = before, nil
}

func (h *hooked) Load(ctx context.Context, key string) ([]byte, time.Duration, error) {
	if err := h.call(ctx, "load"); err != nil {
		return nil, 0, err
	}
	return h.Store.Load(ctx, key)
}

func (h *hooked) CompareAndSwap(ctx context.Context, key string, old, record []byte) (bool, error) {
	if err := h.call(ctx, "swap"); err != nil {
		return false, err
	}
	return h.Store.CompareAndSwap(ctx, key, old, record)
}

func (h *hooked) Lock(ctx context.Context, key string, lease time.Duration) (faceid.Lock, error) {
	if err := h.call(ctx, "lock"); err != nil {
		return nil, err
	}
	l, err := h.Store.Lock(ctx, key, lease)
	if err != nil {
		return nil, err
	}
	return &hookedLock{l, h}, nil
}

type hookedLock struct {
	faceid.Lock
	h *hooked
}

func (l *hookedLock) Unlock(ctx context.Context) error {
	if err := l.h.call(ctx, "unlock"); err != nil {
		return err
	}
	return l.Lock.Unlock(ctx)
}

var errDown = errors.New("store down")

// killed makes every operation from the nth of op on end with nothing: the
// process is gone, its lock is not given back.
func killed(op string, nth int) func(context.Context, string, int) error {
	var dead atomic.Bool
	return func(_ context.Context, o string, n int) error {
		if o == op && n >= nth {
			dead.Store(true)
		}
		if dead.Load() {
			return errDown
		}
		return nil
	}
}

// stopped makes the nth of op take d longer.
func stopped(op string, nth int, d time.Duration) func(context.Context, string, int) error {
	return func(_ context.Context, o string, n int) error {
		if o == op && n == nth {
			time.Sleep(d) // whatever its context says: the process does not run
		}
		return nil
	}
}

// scene is two processes on one store. a is the one in trouble, b another.
type scene struct {
	sim      *faceidtest.Server
	shared   *faceid.MemoryStore
	store    *hooked // a's way to it
	other    *hooked // b's
	a, b     *faceid.Client
	noSign   atomic.Bool  // no SIGN ticket is to be had
	refused  atomic.Int64 // requests that the platform refused
	failures map[*faceid.Client]*atomic.Int64
	wg       sync.WaitGroup
}

func newScene(t *testing.T) *scene {
	s := &scene{shared: faceid.NewMemoryStore(), failures: map[*faceid.Client]*atomic.Int64{}}
	s.sim = faceidtest.Start(t, faceidtest.WithLog(func(r faceidtest.Request) {
		if r.Code == "400101" {
			s.refused.Add(1)
		}
	}))
	s.store, s.other = &hooked{Store: s.shared}, &hooked{Store: s.shared}
	transport := suite.watch(roundTripper(func(r *http.Request) (*http.Response, error) {
		if s.noSign.Load() && r.URL.Query().Get("type") == "SIGN" {
			return nil, errors.New("no SIGN ticket today")
		}
		return s.sim.RoundTrip(r)
	}))
	for _, p := range []struct {
		client **faceid.Client
		store  faceid.Store
	}{{&s.a, s.store}, {&s.b, s.other}} {
		*p.client = newClient(s.sim, faceid.WithStore(p.store), faceid.WithHTTPClient(&http.Client{Transport: transport}))
		s.failures[*p.client] = new(atomic.Int64)
	}
	return s
}

// work has c query, and now and then fetch a NONCE ticket, once a second for d.
func (s *scene) work(t *testing.T, c *faceid.Client, d time.Duration) {
	end := time.Now().Add(d)
	s.wg.Go(func() {
		for n := 0; time.Now().Before(end); n++ {
			_, err := c.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
			if errors.Is(err, faceid.ErrNoResult) {
				err = nil
			}
			if err == nil && n%7 == 0 {
				_, err = c.NonceTicket(t.Context(), "user1")
			}
			if err != nil {
				s.failures[c].Add(1)
				t.Logf("a: %v, at %v: %v", c == s.a, s.sim.Now().Format("15:04:05"), err)
			}
			time.Sleep(time.Second)
		}
	})
}

// both puts a hook before the stores of both.
func (s *scene) both(before func(context.Context, string, int) error) {
	s.store.set(before)
	s.other.set(before)
}

// forgive drops, after d, what c saw so far: its token died while it could not
// know of the next one.
func (s *scene) forgive(c *faceid.Client, d time.Duration) func() {
	return func() { time.Sleep(d); s.failures[c].Store(0) }
}

// overwrite puts bytes under our key, whatever is there; nil flushes.
func (s *scene) overwrite(record []byte) {
	key := s.sim.AppID() + "@kyc1.faceid.test"
	faceid.Overwrite(s.shared, key, record)
}

// The table of failures of docs/credentials.md, one row each. Both processes
// hold a pair of 20 minutes when the trouble begins; a finds it aging first.
func TestTableOfFailures(t *testing.T) {
	for name, test := range map[string]struct {
		begin  func(s *scene)
		after  time.Duration // when it ends
		end    func(s *scene)
		aStops bool   // a is gone after that; what it saw does not count
		mints  [2]int // at least and at most, the first one included
		dead   bool   // a refusal is how it is noticed
	}{
		"store down in the middle": {
			begin: func(s *scene) { s.both(func(context.Context, string, int) error { return errDown }) },
			after: 20 * time.Minute, end: func(s *scene) { s.both(nil) }, mints: [2]int{2, 4},
		},
		"one process cut off from the store": {
			begin: func(s *scene) { s.store.set(func(context.Context, string, int) error { return errDown }) },
			after: 5 * time.Minute, end: func(s *scene) { s.store.set(nil); s.wg.Go(s.forgive(s.a, time.Minute)) }, mints: [2]int{2, 4}, dead: true,
		},
		"store slower than the deadline": {
			begin: func(s *scene) {
				s.both(func(ctx context.Context, _ string, _ int) error { return sleepOr(ctx, 5*time.Second) })
			},
			after: 10 * time.Minute, end: func(s *scene) { s.both(nil) }, mints: [2]int{2, 4},
		},
		"flushed": {
			begin: func(s *scene) { s.overwrite(nil) }, mints: [2]int{2, 4},
		},
		"garbage under our key": {
			begin: func(s *scene) { s.overwrite([]byte("\x00garbage")) }, mints: [2]int{2, 4},
		},
		"record of a newer version": {
			begin: func(s *scene) { s.overwrite([]byte("faceid 2 0123456789abcdef {}")) }, mints: [2]int{2, 4},
		},
		"holder killed before the mint": {
			begin: func(s *scene) { s.store.set(killed("swap", 1)) }, after: time.Minute, aStops: true, mints: [2]int{2, 4},
		},
		"holder killed between mint and save": {
			begin: func(s *scene) { s.store.set(killed("swap", 2)) }, after: time.Minute, aStops: true, mints: [2]int{3, 5},
		},
		"holder killed between token and SIGN ticket": {
			begin: func(s *scene) { s.store.set(killed("swap", 3)) }, after: time.Minute, aStops: true, mints: [2]int{2, 4},
		},
		"holder killed before it gave the lock back": {
			begin: func(s *scene) { s.store.set(killed("unlock", 1)) }, after: time.Minute, aStops: true, mints: [2]int{2, 4},
		},
		"stopped beyond its lease before the mint, and woken": {
			begin: func(s *scene) { s.store.set(stopped("swap", 1, 2*time.Minute)) }, mints: [2]int{2, 4},
		},
		"stopped beyond its lease between mint and save, and woken": {
			begin: func(s *scene) { s.store.set(stopped("swap", 2, 45*time.Second)) }, mints: [2]int{3, 6},
		},
		"stopped beyond its lease between token and SIGN ticket, and woken": {
			begin: func(s *scene) { s.store.set(stopped("swap", 3, 2*time.Minute)) }, mints: [2]int{2, 4},
		},
		"answer to the mint lost after it took effect": {
			begin: func(s *scene) { s.sim.FailNext(pathToken, faceidtest.FaultDropAfter()) }, mints: [2]int{3, 4},
		},
		"answer to the mint lost before it took effect": {
			begin: func(s *scene) { s.sim.FailNext(pathToken, faceidtest.FaultDropBefore()) }, mints: [2]int{2, 4},
		},
		"three answers to the mint lost": {
			begin: func(s *scene) {
				s.sim.FailNext(pathToken, faceidtest.FaultDropAfter(), faceidtest.FaultDropAfter(), faceidtest.FaultDropAfter())
			}, mints: [2]int{5, 6},
		},
		"token service busy": {
			begin: func(s *scene) {
				for range 5 {
					s.sim.FailNext(pathToken, faceidtest.FaultCode("999999", ""))
				}
			}, mints: [2]int{2, 4},
		},
		"SIGN step failing for 30 s": {
			begin: func(s *scene) { s.noSign.Store(true) }, after: 30 * time.Second,
			end: func(s *scene) { s.noSign.Store(false) }, mints: [2]int{2, 4},
		},
		"a second system refreshes once": {
			begin: func(s *scene) { s.sim.MintElsewhere(s.sim.AppID()) }, mints: [2]int{2, 5}, dead: true,
		},
		"the console revokes everything": {
			begin: func(s *scene) { s.sim.RevokeTokens(s.sim.AppID()) }, mints: [2]int{2, 4}, dead: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const rest = 30 * time.Minute
				s := newScene(t)
				for _, c := range []*faceid.Client{s.a, s.b} {
					_, err := c.SignTicket(t.Context())
					require.NoError(t, err)
				}
				time.Sleep(20 * time.Minute)

				test.begin(s)
				if test.aStops {
					s.work(t, s.a, test.after)
				} else {
					s.work(t, s.a, test.after+rest)
				}
				time.Sleep(2 * time.Second)
				s.work(t, s.b, test.after+rest)
				time.Sleep(test.after)
				if test.end != nil {
					test.end(s)
				}
				s.wg.Wait()

				require.NoError(t, s.b.Close(t.Context()))
				require.Zero(t, s.failures[s.b].Load(), "b sees no error")
				if !test.aStops {
					require.NoError(t, s.a.Close(t.Context()))
					require.Zero(t, s.failures[s.a].Load(), "a sees no error")
				}
				mints := len(s.sim.Mints(s.sim.AppID()))
				require.GreaterOrEqual(t, mints, test.mints[0])
				require.LessOrEqual(t, mints, test.mints[1])
				require.Zero(t, s.sim.ConcurrentMints(s.sim.AppID()))
				if !test.dead {
					require.Zero(t, s.refused.Load(), "it is noticed before a request is refused")
				}
				if !test.aStops {
					x, err := s.a.SignTicket(t.Context())
					require.NoError(t, err)
					y, err := s.b.SignTicket(t.Context())
					require.NoError(t, err)
					require.Equal(t, x, y, "in the end both hold one pair")
				}
				synctest.Wait()
			})
		})
	}
}

func sleepOr(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// A store that is down when a process starts is an error, not a reason to mint;
// the process recovers with the store.
func TestStoreDownAtStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		_, err := s.b.SignTicket(t.Context())
		require.NoError(t, err)
		s.store.set(func(context.Context, string, int) error { return errDown })
		for range 100 {
			_, err := s.a.SignTicket(t.Context())
			require.ErrorIs(t, err, faceid.ErrStore)
		}
		s.store.set(nil)
		time.Sleep(time.Minute)
		_, err = s.a.SignTicket(t.Context())
		require.NoError(t, err)
		require.Len(t, s.sim.Mints(s.sim.AppID()), 1)
	})
}

func TestAProcessRestartedAgainAndAgainMintsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim, store := faceidtest.Start(t), faceid.NewMemoryStore()
		for range 100 {
			_, err := newClient(sim, faceid.WithStore(store)).SignTicket(t.Context())
			require.NoError(t, err)
			time.Sleep(10 * time.Second)
		}
		require.Len(t, sim.Mints(sim.AppID()), 1)
	})
}

func TestTwoAppsOnOneStoreDoNotMeet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim, store := faceidtest.Start(t), faceid.NewMemoryStore()
		sim.AddApp("TIDA0002", "another-secret")
		one := newClient(sim, faceid.WithStore(store))
		two := newClient(sim, faceid.WithStore(store), faceid.WithApp("TIDA0002", "another-secret"))
		for range 60 {
			for _, c := range []*faceid.Client{one, two} {
				_, err := c.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
				require.ErrorIs(t, err, faceid.ErrNoResult)
			}
			time.Sleep(time.Minute)
		}
		require.Len(t, sim.Mints("TIDA0002"), len(sim.Mints(sim.AppID())))
	})
}

// Ages come from the store, so that the clocks of the machines do not matter:
// here the store's runs five minutes ahead.
func TestClocksFiveMinutesApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		store := &aheadStore{MemoryStore: faceid.NewMemoryStore()}
		a, b := newClient(sim, faceid.WithStore(store)), newClient(sim, faceid.WithStore(store))
		for range 60 {
			for _, c := range []*faceid.Client{a, b} {
				_, err := c.SignTicket(t.Context())
				require.NoError(t, err)
			}
			time.Sleep(time.Minute)
		}
		synctest.Wait()
		require.InDelta(t, 3, len(sim.Mints(sim.AppID())), 1)
	})
}

type aheadStore struct {
	*faceid.MemoryStore
	mu    sync.Mutex
	saved time.Time
}

func (s *aheadStore) CompareAndSwap(ctx context.Context, key string, old, record []byte) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.saved = time.Now().Add(5 * time.Minute)
	return s.MemoryStore.CompareAndSwap(ctx, key, old, record)
}

func (s *aheadStore) Load(ctx context.Context, key string) ([]byte, time.Duration, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	record, _, err := s.MemoryStore.Load(ctx, key)
	return record, time.Now().Add(5 * time.Minute).Sub(s.saved), err
}

// A store that claims an age below zero is not believed to have made the token
// younger than it is now.
func TestANegativeAgeIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		shared := faceid.NewMemoryStore()
		_, err := newClient(sim, faceid.WithStore(shared)).SignTicket(t.Context())
		require.NoError(t, err)
		past := &ageStore{MemoryStore: shared, age: -time.Hour}
		client := newClient(sim, faceid.WithStore(past))
		_, err = client.SignTicket(t.Context())
		require.NoError(t, err)
		time.Sleep(20 * time.Minute)
		past.age = 20 * time.Minute
		burst(t, 1, func() error { _, err := client.SignTicket(t.Context()); return err })
		require.Len(t, sim.Mints(sim.AppID()), 2)
	})
}

type ageStore struct {
	*faceid.MemoryStore
	age time.Duration
}

func (s *ageStore) Load(ctx context.Context, key string) ([]byte, time.Duration, error) {
	record, _, err := s.MemoryStore.Load(ctx, key)
	return record, s.age, err
}

// A process that minted a minute early (for a launch) and was killed before it
// could save leaves its mark: the other, whose pair looks fresh, replaces it
// before it dies.
func TestTheMarkOfAKilledHolderIsHeeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		for _, c := range []*faceid.Client{s.a, s.b} {
			require.NoError(t, query(t.Context(), c))
		}
		time.Sleep(19 * time.Minute)
		s.store.set(killed("swap", 2))
		_, _ = s.a.NonceTicket(t.Context(), "user1")
		require.Len(t, s.sim.Mints(s.sim.AppID()), 2, "it minted")

		s.wg.Go(func() {
			for range 5 * 60 {
				if err := query(t.Context(), s.b); err != nil {
					t.Error(err)
				}
				time.Sleep(time.Second)
			}
		})
		s.wg.Wait()
		require.NoError(t, s.b.Close(t.Context()))
		require.Zero(t, s.refused.Load(), "noticed before the old pair died")
		require.Len(t, s.sim.Mints(s.sim.AppID()), 3)
	})
}
