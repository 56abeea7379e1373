package faceid_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

func TestCredentialsAreSharedByClientsOnOneStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		store := faceid.NewMemoryStore()
		a, b := newClient(sim, faceid.WithStore(store)), newClient(sim, faceid.WithStore(store))
		for range 9 * 6 { // This takes three hours.
			burst(t, 20, func() error {
				x, err := a.SignTicket(t.Context())
				if err != nil {
					return err
				}
				y, err := b.SignTicket(t.Context())
				if err == nil && x == "" || y == "" {
					err = errors.New("empty")
				}
				return err
			})
			_, err := a.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
			require.ErrorIs(t, err, faceid.ErrNoResult)
			_, err = b.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
			require.ErrorIs(t, err, faceid.ErrNoResult)
			time.Sleep(200 * time.Second)
		}
		mints := sim.Mints(sim.AppID())
		require.InDelta(t, 9, len(mints), 1)
		require.Equal(t, len(mints), sim.Calls(pathTicket), "who waited for the lock looks again, and finds a SIGN ticket, too")
		for i := 1; i < len(mints); i++ {
			require.GreaterOrEqual(t, mints[i].Sub(mints[i-1]), 19*time.Minute)
		}
	})
}

func TestCredentialsTakeABrokenStoreForNoEmptyOne(t *testing.T) {
	down := errors.New("store down")
	for name, breaks := range map[string]func(s *brokenStore, err error){
		"load":          func(s *brokenStore, err error) { s.load = err },
		"lock":          func(s *brokenStore, err error) { s.lock = err },
		"load and lock": func(s *brokenStore, err error) { s.load, s.lock = err, err },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := faceidtest.Start(t)
				store := &brokenStore{MemoryStore: faceid.NewMemoryStore()}
				var seen []faceid.Event
				client := newClient(sim, faceid.WithStore(store), faceid.WithObserver(func(_ context.Context, e faceid.Event) {
					if e.Kind == faceid.EventStore {
						seen = append(seen, e)
					}
				}))
				breaks(store, down)
				_, err := client.SignTicket(t.Context())
				require.ErrorIs(t, err, faceid.ErrStore)
				require.ErrorIs(t, err, down)
				require.Zero(t, sim.Calls(pathToken), "an outage must not mint")
				require.NotEmpty(t, seen)

				breaks(store, nil)
				_, err = client.SignTicket(t.Context())
				require.NoError(t, err)
				breaks(store, down)
				time.Sleep(50 * time.Minute)
				_, err = client.SignTicket(t.Context())
				require.NoError(t, err, "the copy serves until it is spent")
				time.Sleep(10 * time.Minute)
				_, err = client.SignTicket(t.Context())
				require.ErrorIs(t, err, faceid.ErrStore)
				require.Equal(t, 1, sim.Calls(pathToken))
			})
		})
	}
}

// A good token that could not be saved must not be lost. It serves in this process, and
// reaches the store later.
func TestCredentialsThatCouldNotBeSavedServe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		full := errors.New("disk full")
		store := &brokenStore{MemoryStore: faceid.NewMemoryStore()}
		mine, other := newClient(sim, faceid.WithStore(store)), newClient(sim, faceid.WithStore(store))
		_, err := mine.SignTicket(t.Context())
		require.NoError(t, err)

		time.Sleep(20 * time.Minute)
		store.onSwap = func(n int) error { // The mark is saved; then the disk is full.
			if n > 1 {
				return full
			}
			return nil
		}
		burst(t, 1, func() error { _, err := mine.SignTicket(t.Context()); return err })
		require.Equal(t, 2, sim.Calls(pathToken))
		for range 5 { // The store holds the pair that is dying.
			_, err := mine.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
			require.ErrorIs(t, err, faceid.ErrNoResult)
			time.Sleep(20 * time.Second)
		}
		require.Equal(t, 2, sim.Calls(pathToken))

		store.onSwap = nil
		time.Sleep(21 * time.Second)
		want, err := mine.SignTicket(t.Context())
		require.NoError(t, err)
		got, err := other.SignTicket(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, got, "the store has it now")
		require.Equal(t, 2, sim.Calls(pathToken))
	})
}

type brokenStore struct {
	*faceid.MemoryStore
	load, lock error
	swaps      int
	onSwap     func(n int) error
}

func (s *brokenStore) Load(ctx context.Context, key string) ([]byte, time.Duration, error) {
	if s.load != nil {
		return nil, 0, s.load
	}
	return s.MemoryStore.Load(ctx, key)
}

func (s *brokenStore) Lock(ctx context.Context, key string, lease time.Duration) (faceid.Lock, error) {
	if s.lock != nil {
		return nil, s.lock
	}
	return s.MemoryStore.Lock(ctx, key, lease)
}

func (s *brokenStore) CompareAndSwap(ctx context.Context, key string, old, record []byte) (bool, error) {
	if s.onSwap != nil {
		s.swaps++
		if err := s.onSwap(s.swaps); err != nil {
			return false, err
		}
	}
	return s.MemoryStore.CompareAndSwap(ctx, key, old, record)
}

// While the copy is fresh, one slow look into a hanging store is enough.
func TestCredentialsWaitForAHangingStoreOnceWhileFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		store := &hooked{Store: faceid.NewMemoryStore()}
		client := newClient(sim, faceid.WithStore(store))
		_, err := client.SignTicket(t.Context())
		require.NoError(t, err)
		time.Sleep(time.Minute)
		store.set(func(ctx context.Context, _ string, _ int) error { <-ctx.Done(); return ctx.Err() })
		begun := time.Now()
		for range 10 {
			_, err := client.SignTicket(t.Context())
			require.NoError(t, err)
		}
		require.Equal(t, time.Second, time.Since(begun))
	})
}

// A process that minted, but finds that another has changed the record meanwhile,
// cannot know whose token was minted last. It mints once more.
func TestCredentialsAreMintedAgainAfterALostSwap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		shared := faceid.NewMemoryStore()
		store := &hooked{Store: shared}
		others := faceid.NewMemoryStore()
		intruder := newClient(sim, faceid.WithStore(others))
		var stolen []byte
		store.set(func(ctx context.Context, op string, n int) error {
			if op == "swap" && n == 2 { // This happens between the mint and its save.
				_, err := intruder.AccessToken(ctx)
				require.NoError(t, err)
				stolen, _, err = others.Load(ctx, storeName(sim))
				require.NoError(t, err)
				faceid.Overwrite(shared, storeName(sim), stolen)
			}
			return nil
		})
		client := newClient(sim, faceid.WithStore(store))
		token, err := client.AccessToken(t.Context())
		require.NoError(t, err)
		require.Len(t, sim.Mints(sim.AppID()), 3)
		require.Greater(t, sim.Left(token), time.Hour, "the last minted token lives, and is ours")
	})
}

// A store that was flushed gets the pair back from a process that still holds it.
func TestCredentialsArePutBackIntoAFlushedStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim, store := faceidtest.Start(t), faceid.NewMemoryStore()
		a := newClient(sim, faceid.WithStore(store))
		want, err := a.SignTicket(t.Context())
		require.NoError(t, err)
		faceid.Overwrite(store, storeName(sim), nil)
		time.Sleep(21 * time.Second)
		_, err = a.SignTicket(t.Context())
		require.NoError(t, err)
		got, err := newClient(sim, faceid.WithStore(store)).SignTicket(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Len(t, sim.Mints(sim.AppID()), 1)
	})
}

// A pair that another process has replaced is noticed before the old one dies, not by a
// refusal.
func TestCredentialsNoticeARefreshElsewhereInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := 0
		sim := faceidtest.Start(t, faceidtest.WithLog(func(r faceidtest.Request) {
			if r.Code == "400101" {
				refused++
			}
		}))
		store := faceid.NewMemoryStore()
		a, b := newClient(sim, faceid.WithStore(store)), newClient(sim, faceid.WithStore(store))
		for range 60 * 12 { // This takes an hour.
			require.NoError(t, query(t.Context(), b))
			if _, err := a.NonceTicket(t.Context(), "user1"); err != nil { // The client named a refreshes a minute earlier.
				t.Error(err)
			}
			time.Sleep(5 * time.Second)
		}
		require.Zero(t, refused)
		require.Len(t, sim.Mints(sim.AppID()), 4)
	})
}

// A slow answer of the store must not replace a pair that was fetched meanwhile.
func TestCredentialsIgnoreAnOldPairFromASlowRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		store := &hooked{Store: faceid.NewMemoryStore()}
		slow := &afterLoad{hooked: store}
		client := newClient(sim, faceid.WithStore(slow))
		require.NoError(t, query(t.Context(), client))
		time.Sleep(19*time.Minute + 59*time.Second)
		slow.set(900 * time.Millisecond)
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = client.SignTicket(t.Context()) }) // This call reads the old record slowly.
		synctest.Wait()
		slow.set(0)
		_, err := client.NonceTicket(t.Context(), "user1") // This client refreshes.
		require.NoError(t, err)
		fresh, err := client.SignTicket(t.Context())
		require.NoError(t, err)
		wg.Wait()
		now, err := client.SignTicket(t.Context())
		require.NoError(t, err)
		require.Equal(t, fresh, now)
	})
}

// afterLoad is a store that holds the answer of Load back.
type afterLoad struct {
	*hooked
	mu sync.Mutex
	d  time.Duration
}

func (s *afterLoad) set(d time.Duration) { s.mu.Lock(); defer s.mu.Unlock(); s.d = d }

func (s *afterLoad) Load(ctx context.Context, key string) ([]byte, time.Duration, error) {
	record, age, err := s.hooked.Load(ctx, key)
	s.mu.Lock()
	d := s.d
	s.mu.Unlock()
	time.Sleep(d)
	return record, age, err
}

// The tests below are about trouble that is rarer than the table of failures. Each case
// was a defect once.

// A clock that is set back must not make a pair young for ever.
func TestCredentialsSurviveAClockThatIsSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		store := &ageStore{MemoryStore: faceid.NewMemoryStore()} // This store says that the age is 0, whatever happens.
		client := newClient(sim, faceid.WithStore(store))
		for range 8 * 60 * 2 { // This takes eight hours.
			require.NoError(t, query(t.Context(), client))
			time.Sleep(30 * time.Second)
		}
		require.InDelta(t, 24, len(sim.Mints(sim.AppID())), 2)
	})
}

// A machine that was suspended in the middle of a save must not put its dead pair over
// the pair that the others use.
func TestCredentialsOfAWokenProcessReplaceNoLivingPair(t *testing.T) {
	for _, nth := range []int{2, 3} {
		synctest.Test(t, func(t *testing.T) {
			s := newScene(t)
			for _, c := range []*faceid.Client{s.a, s.b} {
				require.NoError(t, query(t.Context(), c))
			}
			time.Sleep(20 * time.Minute)
			s.store.set(stopped("swap", nth, 25*time.Minute))
			require.NoError(t, query(t.Context(), s.a)) // Its refresh in the background stops.
			time.Sleep(30 * time.Second)
			for range 24*60 + 25 {
				require.NoError(t, query(t.Context(), s.b))
				time.Sleep(time.Second)
			}
			want, err := s.b.AccessToken(t.Context())
			require.NoError(t, err)
			time.Sleep(10 * time.Second) // The process a is awake again.
			s.refused.Store(0)
			for range 3 {
				require.NoError(t, query(t.Context(), s.a))
				require.NoError(t, query(t.Context(), s.b))
				time.Sleep(25 * time.Second)
			}
			got, err := s.b.AccessToken(t.Context())
			require.NoError(t, err)
			require.Equal(t, want, got)
			require.Zero(t, s.refused.Load())
			require.NoError(t, s.a.Close(t.Context()))
			require.NoError(t, s.b.Close(t.Context()))
		})
	}
}

// A failover of Redis loses the last writes. The process that fetched the pair keeps
// it, and puts it back.
func TestCredentialsArePutBackIntoAStoreThatLostWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		require.NoError(t, query(t.Context(), s.a))
		before, _, err := s.shared.Load(t.Context(), storeName(s.sim))
		require.NoError(t, err)
		time.Sleep(20 * time.Minute)
		require.NoError(t, query(t.Context(), s.a))
		synctest.Wait()
		want, err := s.a.AccessToken(t.Context())
		require.NoError(t, err)
		old := &ageStore{MemoryStore: s.shared, age: 20 * time.Minute}
		s.overwrite(before)
		s.store.Store = old
		time.Sleep(21 * time.Second)
		require.NoError(t, query(t.Context(), s.a))
		got, err := s.a.AccessToken(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Len(t, s.sim.Mints(s.sim.AppID()), 2)
	})
}

// If the disk is full after the token was saved, not every look fetches a SIGN ticket.
func TestCredentialsKeepAnUnsavedSignTicket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		require.NoError(t, query(t.Context(), s.a))
		time.Sleep(20 * time.Minute)
		s.store.set(func(_ context.Context, op string, n int) error {
			if op == "swap" && n >= 3 {
				return errDown
			}
			return nil
		})
		before := s.sim.Calls(pathTicket)
		for range 300 {
			require.NoError(t, query(t.Context(), s.a))
			time.Sleep(time.Second)
		}
		require.LessOrEqual(t, s.sim.Calls(pathTicket)-before, 3)
		require.NoError(t, s.a.Close(t.Context()))
	})
}

// A process that was stopped before it minted must not retire the pair that another
// process has fetched meanwhile.
func TestCredentialsOfAStoppedProcessCostNoMint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		for _, c := range []*faceid.Client{s.a, s.b} {
			require.NoError(t, query(t.Context(), c))
		}
		time.Sleep(20 * time.Minute)
		s.store.set(stopped("swap", 1, 45*time.Second))
		s.work(t, s.a, 5*time.Minute)
		time.Sleep(2 * time.Second)
		s.work(t, s.b, 5*time.Minute)
		s.wg.Wait()
		require.Len(t, s.sim.Mints(s.sim.AppID()), 2)
		require.NoError(t, s.a.Close(t.Context()))
		require.NoError(t, s.b.Close(t.Context()))
	})
}

// A mint leaves only while the lock is surely held until the answer is there, even if
// the process stood still after it had written its mark.
func TestCredentialsAreNotMintedWithoutALease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		store := &lateStore{MemoryStore: faceid.NewMemoryStore()}
		var left []time.Duration // what is left of the lease when a mint leaves
		client := newClient(sim, faceid.WithStore(store), faceid.WithHTTPClient(&http.Client{
			Transport: suite.watch(roundTripper(func(r *http.Request) (*http.Response, error) {
				if r.URL.Path == pathToken {
					left = append(left, store.lock.Left())
				}
				return sim.RoundTrip(r)
			})),
		}))
		require.NoError(t, query(t.Context(), client))
		time.Sleep(20 * time.Minute)
		store.late = 25 * time.Second // The lease lasts 30 seconds.
		burst(t, 1, func() error { return query(t.Context(), client) })
		require.NoError(t, client.Close(t.Context()))
		require.Len(t, left, 2)
		for _, l := range left {
			require.GreaterOrEqual(t, l, 10*time.Second)
		}
		x, err := client.SignTicket(t.Context())
		require.NoError(t, err)
		require.Greater(t, sim.Left(x), 50*time.Minute, "the mark taken back cost no mint, and the next turn minted")
	})
}

// lateStore stands still once after a swap. Its field lock is the lock that it handed
// out last.
type lateStore struct {
	*faceid.MemoryStore
	lock faceid.Lock
	late time.Duration
}

func (s *lateStore) Lock(ctx context.Context, key string, lease time.Duration) (l faceid.Lock, err error) {
	s.lock, err = s.MemoryStore.Lock(ctx, key, lease)
	return s.lock, err
}

func (s *lateStore) CompareAndSwap(ctx context.Context, key string, old, record []byte) (bool, error) {
	swapped, err := s.MemoryStore.CompareAndSwap(ctx, key, old, record)
	time.Sleep(s.late)
	s.late = 0
	return swapped, err
}

// A lost answer followed by a refusal leaves the old pair in doubt. The mark stays, and
// the pair is replaced before it dies.
func TestCredentialsRememberALostMintAfterARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		for _, c := range []*faceid.Client{s.a, s.b} {
			require.NoError(t, query(t.Context(), c))
		}
		time.Sleep(19*time.Minute + time.Second)
		busy := faceidtest.FaultCode("999999", "")
		s.sim.FailNext(pathToken, faceidtest.FaultDropAfter(), busy, busy, busy, busy)
		_, err := s.a.NonceTicket(t.Context(), "user1") // The client named b refreshes early and in vain; a is idle from then on.
		require.Error(t, err)
		s.work(t, s.b, 5*time.Minute)
		s.wg.Wait()
		require.Zero(t, s.failures[s.a].Load()+s.failures[s.b].Load())
		require.Zero(t, s.refused.Load())
		require.NoError(t, s.a.Close(t.Context()))
		require.NoError(t, s.b.Close(t.Context()))
	})
}
