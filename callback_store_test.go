package faceid_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// The platform signs a callback with the SIGN ticket that it holds when the person
// finishes.
func TestVerifyCallbackWorksAcrossRefreshes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		back := finish(t, sim, client, "order1")
		for i := range 12 { // An hour has three refreshes.
			if i < 11 {
				_, err := client.VerifyCallback(t.Context(), back)
				require.NoError(t, err, "after %d minutes", 5*i)
			}
			time.Sleep(5 * time.Minute)
			burst(t, 1, func() error { _, err := client.SignTicket(t.Context()); return err })
		}
		_, err := client.VerifyCallback(t.Context(), back)
		require.ErrorIs(t, err, faceid.ErrBadSignature, "the ticket has lived its hour")
		require.GreaterOrEqual(t, len(sim.Mints(sim.AppID())), 3)
	})
}

// Another process may have refreshed a moment ago. Its ticket is found in the store,
// but a stranger cannot make the client hammer the store.
func TestVerifyCallbackLooksIntoTheStoreOnceForAMismatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		store := &countingStore{MemoryStore: faceid.NewMemoryStore()}
		mine, other := newClient(sim, faceid.WithStore(store)), newClient(sim, faceid.WithStore(store))
		_, err := mine.SignTicket(t.Context())
		require.NoError(t, err)
		time.Sleep(20*time.Minute - time.Second)
		_, err = mine.SignTicket(t.Context()) // The client named mine has just read the store.
		require.NoError(t, err)
		time.Sleep(2 * time.Second)
		finish(t, sim, other, "order1") // This client refreshes.
		synctest.Wait()
		back := finish(t, sim, other, "order2")

		cb, err := mine.VerifyCallback(t.Context(), back)
		require.NoError(t, err)
		require.Equal(t, "order2", cb.OrderNo)

		forged := back.Clone(t.Context())
		forged.URL.RawQuery = strings.Replace(forged.URL.RawQuery, "orderNo=order2", "orderNo=order3", 1)
		before, begin := store.loads.Load(), time.Now()
		burst(t, 900, func() error {
			time.Sleep(rand.N(900 * time.Millisecond))
			if _, err := mine.VerifyCallback(t.Context(), forged); !errors.Is(err, faceid.ErrBadSignature) {
				return fmt.Errorf("forged, and yet %w", err)
			}
			return nil
		})
		require.LessOrEqual(t, store.loads.Load()-before, int64(3), "one a second")
		require.Less(t, time.Since(begin), 3*time.Second, "nobody waits for long")
		require.Equal(t, 2, len(sim.Mints(sim.AppID())), "a callback never mints")
	})
}

// After a refresh in another process, one callback looks into the store. Callbacks that
// come at the same time wait for the result of that look.
func TestVerifyCallbackSharesTheLookIntoTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		store := &remoteStore{countingStore{MemoryStore: faceid.NewMemoryStore()}}
		mine, other := newClient(sim, faceid.WithStore(store)), newClient(sim, faceid.WithStore(store))
		_, err := mine.SignTicket(t.Context())
		require.NoError(t, err)
		time.Sleep(21 * time.Minute)
		burst(t, 1, func() error { _, err := other.SignTicket(t.Context()); return err }) // This client refreshes.
		back := finish(t, sim, other, "order1")

		before := store.loads.Load()
		burst(t, 100, func() error { _, err := mine.VerifyCallback(t.Context(), back); return err })
		require.EqualValues(t, 1, store.loads.Load()-before)
	})
}

// remoteStore is a store whose answers take a while.
type remoteStore struct{ countingStore }

func (s *remoteStore) Load(ctx context.Context, key string) ([]byte, time.Duration, error) {
	time.Sleep(2 * time.Millisecond)
	return s.countingStore.Load(ctx, key)
}

// The copy in this process may be younger than a second, which is the least time
// between two looks into the store, and yet older than the ticket that signed the
// callback.
func TestVerifyCallbackFollowsARefreshElsewhereAtOnce(t *testing.T) {
	for name, test := range map[string]struct {
		after time.Duration // from the last look of b to the refresh of a
		slow  time.Duration // how long a takes to save
	}{
		"looked just before":               {after: 100 * time.Millisecond},
		"looked most of a second before":   {after: 800 * time.Millisecond},
		"the ticket is still to be saved":  {after: 100 * time.Millisecond, slow: 300 * time.Millisecond},
		"the ticket is saved after a look": {after: 900 * time.Millisecond, slow: 300 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t)
				_, err := s.b.SignTicket(t.Context())
				require.NoError(t, err)
				time.Sleep(19*time.Minute - test.after)
				_, err = s.b.NonceTicket(t.Context(), "user1") // The process b has just read the store.
				require.NoError(t, err)
				time.Sleep(test.after)
				if test.slow > 0 {
					s.store.set(stopped("swap", 3, test.slow)) // The three swaps save the mark, the token and the ticket.
				}
				s.wg.Go(func() { _, _ = s.a.NonceTicket(t.Context(), "user1") }) // The process a refreshes.
				synctest.Wait()
				require.Len(t, s.sim.Mints(s.sim.AppID()), 2)

				cb, err := s.b.VerifyCallback(t.Context(), s.sim.Callback("https://merchant.example/back", "order2", "0"))
				s.wg.Wait()

				require.NoError(t, err)
				require.Equal(t, "order2", cb.OrderNo)
			})
		})
	}
}

// A caller who does not wait for the look into the store has not learned whether the
// signature is bad.
func TestVerifyCallbackCallsNothingForgedWhenItsCallerLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		require.NoError(t, query(t.Context(), s.a))
		time.Sleep(5 * time.Minute)
		_, err := s.b.NonceTicket(t.Context(), "user1") // The process b has just read the store.
		require.NoError(t, err)
		time.Sleep(100 * time.Millisecond)
		s.sim.RevokeTokens(s.sim.AppID())
		require.NoError(t, query(t.Context(), s.a))
		back := s.sim.Callback("https://merchant.example/back", "order2", "0")

		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		_, err = s.b.VerifyCallback(ctx, back)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NotErrorIs(t, err, faceid.ErrBadSignature)
		_, err = s.b.VerifyCallback(t.Context(), back)
		require.NoError(t, err)
	})
}

// A new pair in the middle of a period is not expected, but there may be one.
func TestVerifyCallbackFollowsARecoveryElsewhereAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		require.NoError(t, query(t.Context(), s.a))
		time.Sleep(5 * time.Minute)
		_, err := s.b.NonceTicket(t.Context(), "user1") // The process b has just read the store.
		require.NoError(t, err)
		time.Sleep(100 * time.Millisecond)
		s.sim.RevokeTokens(s.sim.AppID())
		require.NoError(t, query(t.Context(), s.a))

		_, err = s.b.VerifyCallback(t.Context(), s.sim.Callback("https://merchant.example/back", "order2", "0"))
		require.NoError(t, err)
	})
}

type countingStore struct {
	*faceid.MemoryStore
	loads atomic.Int64
	err   error
}

func (s *countingStore) Load(ctx context.Context, key string) ([]byte, time.Duration, error) {
	s.loads.Add(1)
	if s.err != nil {
		return nil, 0, s.err
	}
	return s.MemoryStore.Load(ctx, key)
}

// A process that is cut off from the store does not call a callback forged.
func TestVerifyCallbackCallsNothingForgedWithoutTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		require.NoError(t, query(t.Context(), s.a))
		require.NoError(t, query(t.Context(), s.b))
		s.store.set(func(context.Context, string, int) error { return errDown })
		time.Sleep(20 * time.Minute)
		require.NoError(t, query(t.Context(), s.b))
		synctest.Wait()
		time.Sleep(time.Second)
		genuine := finish(t, s.sim, s.b, "order1") // This callback is signed with a ticket that a cannot know.
		for range 3 {
			_, err := s.a.VerifyCallback(t.Context(), genuine)
			require.ErrorIs(t, err, faceid.ErrStore)
			require.NotErrorIs(t, err, faceid.ErrBadSignature)
		}
		s.store.set(nil)
		time.Sleep(time.Second)
		_, err := s.a.VerifyCallback(t.Context(), genuine)
		require.NoError(t, err)
		forged := genuine.Clone(t.Context())
		forged.URL.RawQuery = strings.Replace(forged.URL.RawQuery, "order1", "order2", 1)
		_, err = s.a.VerifyCallback(t.Context(), forged)
		require.ErrorIs(t, err, faceid.ErrBadSignature)
	})
}

func TestVerifyCallbackDoesNotHammerTheStore(t *testing.T) {
	for name, loadErr := range map[string]error{"nothing there": nil, "store down": errors.New("down")} {
		t.Run(name, func(t *testing.T) {
			sim := faceidtest.Start(t)
			store := &countingStore{MemoryStore: faceid.NewMemoryStore(), err: loadErr}
			client := newClient(sim, faceid.WithStore(store))
			forged := sim.Callback("https://merchant.example/back", "order1", "0")
			for range 1000 {
				_, err := client.VerifyCallback(t.Context(), forged)
				if loadErr == nil {
					require.ErrorIs(t, err, faceid.ErrBadSignature)
				} else {
					require.ErrorIs(t, err, faceid.ErrStore, "an outage is not a forgery")
				}
			}
			require.Less(t, store.loads.Load(), int64(10))
		})
	}
}
