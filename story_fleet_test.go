package faceid_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// This is the promise of the credentials in one test: two processes on one store have
// 500 callers each, and each caller makes a call a minute for three hours.
func TestFleetLivesInPeace(t *testing.T) {
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

// failureRow is a row of the table of failures: how it begins and ends, and what
// may come of it.
type failureRow struct {
	begin  func(s *scene)
	after  time.Duration // how long it lasts
	end    func(s *scene)
	aStops bool   // a is gone afterwards, so its errors do not count
	mints  [2]int // the mints at least and at most, the first one included
	dead   bool   // it is noticed by a refusal
}

// failureRows are the rows of the table of failures.
var failureRows = map[string]failureRow{
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
		begin: func(s *scene) { s.overwrite([]byte("faceid 3 0123456789abcdef {}")) }, mints: [2]int{2, 4},
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
}

// Each row is one row of the table of failures in docs/credentials.md. Both processes
// hold a pair of 20 minutes when the trouble begins, and a is the first to find it
// aging.
func TestFleetSurvivesTheTableOfFailures(t *testing.T) {
	for name, test := range failureRows {
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

				requireMints(t, test, s)
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

// requireMints expects as many mints as the row allows, and never two at the same
// time.
func requireMints(t *testing.T, test failureRow, s *scene) {
	mints := len(s.sim.Mints(s.sim.AppID()))
	require.GreaterOrEqual(t, mints, test.mints[0])
	require.LessOrEqual(t, mints, test.mints[1])
	require.Zero(t, s.sim.ConcurrentMints(s.sim.AppID()))
}

// A store that is down when a process starts is an error, and no reason to mint. The
// process recovers with the store.
func TestFleetRecoversFromAStoreThatIsDownAtTheStart(t *testing.T) {
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

func TestFleetMintsOnceForAProcessThatRestartsAgainAndAgain(t *testing.T) {
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

func TestFleetKeepsTwoAppsOnOneStoreApart(t *testing.T) {
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

// Ages come from the store, so the clocks of the machines do not matter. Here the clock
// of the store is five minutes ahead.
func TestFleetWorksWithClocksFiveMinutesApart(t *testing.T) {
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

// If a store claims an age below zero, the token is taken for as old as it is now, not
// younger.
func TestFleetDoesNotBelieveANegativeAge(t *testing.T) {
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

// A process that minted a minute early (for a launch) and was killed before it could
// save leaves its mark. The other process, whose pair looks fresh, replaces the pair
// before it dies.
func TestFleetHeedsTheMarkOfAKilledHolder(t *testing.T) {
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
