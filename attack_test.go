package faceid_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// Rarer trouble than the table of failures holds: each was once a defect.

// A clock that is set back must not make a pair young for ever.
func TestAClockSetBackByHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		store := &ageStore{MemoryStore: faceid.NewMemoryStore()} // says 0 whatever happens
		client := newClient(sim, faceid.WithStore(store))
		for range 8 * 60 * 2 { // eight hours
			require.NoError(t, query(t.Context(), client))
			time.Sleep(30 * time.Second)
		}
		require.InDelta(t, 24, len(sim.Mints(sim.AppID())), 2)
	})
}

// A process that starts after the clock was set back cannot know how old the
// file is: it takes it for too old, which costs one mint.
func TestAFileFromTheFuture(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	sim := faceidtest.Start(t)
	_, err := newClient(sim, faceid.WithStore(newFileStore(t, dir))).SignTicket(t.Context())
	require.NoError(t, err)
	future := time.Now().Add(8 * time.Hour)
	require.NoError(t, os.Chtimes(only(t, dir, "*.record"), future, future))
	sim.RevokeTokens(sim.AppID()) // it has died in the meantime
	require.NoError(t, query(t.Context(), newClient(sim, faceid.WithStore(newFileStore(t, dir)))))
	require.Equal(t, 2, sim.Calls(pathToken))
}

// What a killed process left half written holds a token: it is swept away.
func TestHalfWrittenFilesAreSwept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	newFileStore(t, dir)
	old, young := filepath.Join(dir, ".new-old"), filepath.Join(dir, ".new-young")
	for _, path := range []string{old, young} {
		require.NoError(t, os.WriteFile(path, []byte("x"), 0o600))
	}
	past := time.Now().Add(-2 * time.Hour)
	require.NoError(t, os.Chtimes(old, past, past))
	newFileStore(t, dir)
	require.NoFileExists(t, old)
	require.FileExists(t, young, "somebody may be writing it")
}

// A machine that was suspended for long in the middle of a save must not put its
// dead pair over the one that the others live with.
func TestAWokenProcessPutsNoDeadPairBack(t *testing.T) {
	for _, nth := range []int{2, 3} {
		synctest.Test(t, func(t *testing.T) {
			s := newScene(t)
			for _, c := range []*faceid.Client{s.a, s.b} {
				require.NoError(t, query(t.Context(), c))
			}
			time.Sleep(20 * time.Minute)
			s.store.set(stopped("swap", nth, 25*time.Minute))
			require.NoError(t, query(t.Context(), s.a)) // its refresh, behind it, stops
			time.Sleep(30 * time.Second)
			for range 24*60 + 25 {
				require.NoError(t, query(t.Context(), s.b))
				time.Sleep(time.Second)
			}
			want, err := s.b.AccessToken(t.Context())
			require.NoError(t, err)
			time.Sleep(10 * time.Second) // a is awake
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

// Tokens that are dead as soon as they are fetched do not become a storm.
func TestARefusedSignStepIsNoStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim, store := faceidtest.Start(t), faceid.NewMemoryStore()
		transport := suite.watch(roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.URL.Query().Get("type") == "SIGN" {
				body := io.NopCloser(strings.NewReader(`{"code":"400101","msg":"x"}`))
				return &http.Response{StatusCode: 200, Header: http.Header{}, Request: r, Body: body}, nil
			}
			return sim.RoundTrip(r)
		}))
		var clients []*faceid.Client
		for range 5 {
			clients = append(clients, newClient(sim, faceid.WithStore(store), faceid.WithHTTPClient(&http.Client{Transport: transport})))
		}
		for range 600 { // ten minutes
			for _, c := range clients {
				go func() {
					ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
					defer cancel()
					_ = query(ctx, c)
				}()
			}
			time.Sleep(time.Second)
		}
		time.Sleep(time.Minute)
		require.Less(t, sim.Calls(pathToken), 20)
	})
}

// While nobody knows whether a mint took effect, no NONCE ticket of the old token
// is handed out: an error is more honest than a page that says 签名不合法.
func TestNoNonceTicketOfADyingToken(t *testing.T) {
	t.Run("answers lost", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			sim := faceidtest.Start(t)
			client := newClient(sim)
			require.NoError(t, query(t.Context(), client))
			time.Sleep(19*time.Minute + time.Second)
			for range 6 {
				sim.FailNext(pathToken, faceidtest.FaultDropAfter())
			}
			served := 0
			for range 10 {
				if nonce, err := client.NonceTicket(t.Context(), "user1"); err == nil {
					served++
					require.GreaterOrEqual(t, sim.Left(nonce), 115*time.Second)
				}
				time.Sleep(time.Second)
			}
			require.Greater(t, served, 5)
		})
	})
	t.Run("closed client, killed holder", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newScene(t)
			for _, c := range []*faceid.Client{s.a, s.b} {
				require.NoError(t, query(t.Context(), c))
			}
			require.NoError(t, s.b.Close(t.Context()))
			time.Sleep(19*time.Minute + time.Second)
			s.store.set(killed("swap", 2))
			_, _ = s.a.NonceTicket(t.Context(), "user1")
			synctest.Wait()
			time.Sleep(40 * time.Second)
			for range 4 {
				nonce, err := s.b.NonceTicket(t.Context(), "user1")
				require.NoError(t, err)
				require.GreaterOrEqual(t, s.sim.Left(nonce), 115*time.Second)
				time.Sleep(5 * time.Second)
			}
		})
	})
}

// A failover of Redis loses the last writes: who fetched the pair keeps it, and
// puts it back.
func TestAStoreThatGoesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		require.NoError(t, query(t.Context(), s.a))
		before, _, err := s.shared.Load(t.Context(), s.sim.AppID()+"@kyc1.faceid.test")
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

// A disk that is full after the token was saved costs no SIGN ticket per look.
func TestAnUnsavedSignTicketIsKept(t *testing.T) {
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

// Two deaths long ago are no foreign system today.
func TestAnOldDeathIsNoForeignSystem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		require.NoError(t, query(t.Context(), client))
		for range 2 {
			time.Sleep(12 * time.Minute)
			sim.RevokeTokens(sim.AppID())
			require.NoError(t, query(t.Context(), client))
		}
		for range 24 * 60 { // a day
			time.Sleep(time.Minute)
			require.NoError(t, query(t.Context(), client))
		}
		sim.FailNext(pathRecord, faceidtest.FaultCode("400101", ""), faceidtest.FaultCode("400101", ""))
		err := query(t.Context(), client)
		require.ErrorIs(t, err, faceid.CodeBadSignature)
		require.NotErrorIs(t, err, faceid.ErrForeignRefresh)
	})
}

// A process stopped before it minted must not retire the pair that another has
// fetched meanwhile.
func TestAStopBeforeTheMintCostsNoMint(t *testing.T) {
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

// A mint leaves only while the lock is surely held until its answer is there,
// even if the process stood still after it had written its mark.
func TestNoMintWithoutALease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		store := &lateStore{MemoryStore: faceid.NewMemoryStore()}
		var left []time.Duration // of the lock, when a mint leaves
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
		store.late = 25 * time.Second // of the lease's 30
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

// lateStore stands still once after a swap. lock is the one it handed out last.
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

// Without its store a single process recovers, and completes what it began.
func TestAloneItRecoversToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		store := &hooked{Store: faceid.NewMemoryStore()}
		client := newClient(sim, faceid.WithStore(store), faceid.WithRefreshWithoutStore(true))
		require.NoError(t, query(t.Context(), client))
		store.set(func(context.Context, string, int) error { return errDown })
		time.Sleep(5 * time.Minute)
		sim.RevokeTokens(sim.AppID())
		require.NoError(t, query(t.Context(), client))
		require.Len(t, sim.Mints(sim.AppID()), 2)
	})
}

// A lost answer followed by a refusal leaves the old pair in doubt: the mark
// stays, and the pair is replaced before it dies.
func TestALostMintIsNotForgottenForARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		for _, c := range []*faceid.Client{s.a, s.b} {
			require.NoError(t, query(t.Context(), c))
		}
		time.Sleep(19*time.Minute + time.Second)
		busy := faceidtest.FaultCode("999999", "")
		s.sim.FailNext(pathToken, faceidtest.FaultDropAfter(), busy, busy, busy, busy)
		_, err := s.a.NonceTicket(t.Context(), "user1") // refreshes early, in vain, and a is idle from then on
		require.Error(t, err)
		s.work(t, s.b, 5*time.Minute)
		s.wg.Wait()
		require.Zero(t, s.failures[s.a].Load()+s.failures[s.b].Load())
		require.Zero(t, s.refused.Load())
		require.NoError(t, s.a.Close(t.Context()))
		require.NoError(t, s.b.Close(t.Context()))
	})
}
