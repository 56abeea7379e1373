package faceid_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

func query(ctx context.Context, c *faceid.Client) error {
	_, err := c.QueryFaceRecord(ctx, faceid.QueryFaceRecordRequest{OrderNo: "order1"})
	if errors.Is(err, faceid.ErrNoResult) {
		return nil
	}
	return err
}

// A token that died is replaced, once, for all who notice; nobody sees an error.
func TestADeadTokenIsReplacedOnce(t *testing.T) {
	for name, call := range map[string]func(ctx context.Context, c *faceid.Client) error{
		"query":  query,
		"ticket": func(ctx context.Context, c *faceid.Client) error { _, err := c.NonceTicket(ctx, "user1"); return err },
		"launch": func(ctx context.Context, c *faceid.Client) error { _, err := c.StartH5(ctx, h5Request("")); return err },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim, store := faceidtest.Start(t), faceid.NewMemoryStore()
				a, b := newClient(sim, faceid.WithStore(store)), newClient(sim, faceid.WithStore(store))
				require.NoError(t, query(t.Context(), a))
				require.NoError(t, query(t.Context(), b))
				time.Sleep(10 * time.Minute)
				sim.RevokeTokens(sim.AppID())
				for _, c := range []*faceid.Client{a, b} {
					burst(t, 50, func() error { return call(t.Context(), c) })
				}
				require.Len(t, sim.Mints(sim.AppID()), 2)
			})
		})
	}
}

// A refusal means a bad signature, not a dead token: while the token lives, the
// SIGN ticket alone is renewed.
func TestADeadSignTicketIsRenewedAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		token, err := client.AccessToken(t.Context())
		require.NoError(t, err)
		old, err := client.SignTicket(t.Context())
		require.NoError(t, err)
		time.Sleep(5 * time.Minute)
		// Another SIGN ticket of the same token gives ours one more minute.
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, sim.BaseURL()+pathTicket+"?appId="+sim.AppID()+
			"&access_token="+token+"&type=SIGN&version=1.0.0", nil)
		require.NoError(t, err)
		response, err := sim.RoundTrip(request)
		require.NoError(t, err)
		response.Body.Close()
		time.Sleep(61 * time.Second)
		require.Zero(t, sim.Left(old))

		burst(t, 50, func() error { return query(t.Context(), client) })
		renewed, err := client.SignTicket(t.Context())
		require.NoError(t, err)
		require.NotEqual(t, old, renewed)
		require.Len(t, sim.Mints(sim.AppID()), 1, "the token lives")
		back := finish(t, sim, client, "order2")
		_, err = client.VerifyCallback(t.Context(), back)
		require.NoError(t, err)
	})
}

// Another process has refreshed already: looking into the store is enough.
func TestARefusalFirstLooksIntoTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim, shared := faceidtest.Start(t), faceid.NewMemoryStore()
		store := &hooked{Store: shared}
		a, b := newClient(sim, faceid.WithStore(store)), newClient(sim, faceid.WithStore(shared))
		require.NoError(t, query(t.Context(), a))
		require.NoError(t, query(t.Context(), b))
		time.Sleep(10 * time.Minute)
		require.NoError(t, query(t.Context(), a)) // has just read the store
		sim.RevokeTokens(sim.AppID())
		require.NoError(t, query(t.Context(), b))
		mints, tickets := len(sim.Mints(sim.AppID())), sim.Calls(pathTicket)
		store.set(func(_ context.Context, op string, _ int) error {
			if op == "lock" {
				t.Error("the lock is not needed")
			}
			return nil
		})
		require.NoError(t, query(t.Context(), a))
		require.Len(t, sim.Mints(sim.AppID()), mints)
		require.Equal(t, tickets, sim.Calls(pathTicket), "no probe either")
	})
}

// If the platform refuses what we send whatever the ticket, that is no reason to
// fetch tickets again and again: neither here nor in the whole fleet.
func TestAWrongValueIsNoStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim, store := faceidtest.Start(t), faceid.NewMemoryStore()
		var clients []*faceid.Client
		for range 5 {
			c := newClient(sim, faceid.WithStore(store))
			require.NoError(t, query(t.Context(), c))
			clients = append(clients, c)
		}
		time.Sleep(2 * time.Minute)
		tickets := sim.Calls(pathTicket)
		for range 600 { // ten minutes
			for _, c := range clients {
				sim.FailNext(pathRecord, faceidtest.FaultCode("400101", ""), faceidtest.FaultCode("400101", ""))
				err := query(t.Context(), c)
				require.ErrorIs(t, err, faceid.CodeBadSignature)
				require.NotErrorIs(t, err, faceid.ErrForeignRefresh)
				for sim.Calls(pathRecord)%2 == 1 { // use up what is queued
					_ = query(t.Context(), c)
				}
			}
			time.Sleep(time.Second)
		}
		require.Len(t, sim.Mints(sim.AppID()), 1, "the token was alive all the time")
		require.Less(t, sim.Calls(pathTicket)-tickets, 20, "10 s doubling to 5 min")
	})
}

func TestAWrongSecretIsNoStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim, store := faceidtest.Start(t), faceid.NewMemoryStore()
		var clients []*faceid.Client
		for range 5 {
			clients = append(clients, newClient(sim, faceid.WithStore(store), faceid.WithApp(sim.AppID(), "wrong-secret")))
		}
		begun := time.Now()
		for time.Since(begun) < 10*time.Minute {
			burst(t, 20, func() error {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				for _, c := range clients {
					if query(ctx, c) == nil {
						return errors.New("passed with a wrong secret")
					}
				}
				return nil
			})
			time.Sleep(time.Second)
		}
		require.Less(t, sim.Calls(pathToken), 12)
	})
}

// A mint that is refused because the provider still gives the old secret frees
// the lock, keeps the record, and is tried again.
func TestASecretChangedInTheConsole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim, store := faceidtest.Start(t), faceid.NewMemoryStore()
		var mu sync.Mutex
		secret := sim.Secret()
		provide := func(context.Context) (string, error) { mu.Lock(); defer mu.Unlock(); return secret, nil }
		var clients []*faceid.Client
		for range 2 {
			c, err := faceid.New(append(append(sim.Options(), suite.options(sim)...), faceid.WithApp(sim.AppID(), ""),
				faceid.WithSecretProvider(provide), faceid.WithStore(store))...)
			require.NoError(t, err)
			require.NoError(t, query(t.Context(), c))
			clients = append(clients, c)
		}
		time.Sleep(5 * time.Minute)
		sim.SetSecret(sim.AppID(), "the-new-secret")
		for _, c := range clients {
			require.ErrorIs(t, query(t.Context(), c), faceid.ErrCredential)
		}
		lock, err := store.Lock(t.Context(), sim.AppID()+"@kyc1.faceid.test", time.Minute)
		require.NoError(t, err, "the lock is free")
		require.Greater(t, lock.Left(), 59*time.Second)
		require.NoError(t, lock.Unlock(t.Context()))

		mu.Lock()
		secret = "the-new-secret"
		mu.Unlock()
		time.Sleep(time.Minute)
		for _, c := range clients {
			require.NoError(t, query(t.Context(), c))
		}
	})
}

// A second system that shares the appID, but not the store: we recover as long
// as the throttle allows, say it loudly, and the error names the cause.
func TestAForeignSystemIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		var log strings.Builder
		var mu sync.Mutex
		foreign := 0
		client := newClient(sim, faceid.WithLogger(slog.New(slog.NewTextHandler(writerFunc(func(p []byte) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			return log.Write(p)
		}), nil))), faceid.WithObserver(func(_ context.Context, e faceid.Event) {
			if errors.Is(e.Err, faceid.ErrForeignRefresh) && e.Op == "foreign" {
				foreign++
			}
		}))
		require.NoError(t, query(t.Context(), client))
		for range 3 { // it refreshes every 15 minutes
			time.Sleep(5 * time.Minute)
			sim.MintElsewhere(sim.AppID())
			time.Sleep(2 * time.Minute)
			require.NoError(t, query(t.Context(), client), "we take the appID back")
			time.Sleep(8 * time.Minute)
			require.NoError(t, query(t.Context(), client))
		}
		require.GreaterOrEqual(t, foreign, 1)
		require.Contains(t, log.String(), "somebody outside this store")

		var named error
		for range 40 { // it refreshes all the time
			sim.RevokeTokens(sim.AppID())
			if err := query(t.Context(), client); err != nil {
				named = err
			}
			time.Sleep(61 * time.Second)
		}
		require.ErrorIs(t, named, faceid.ErrForeignRefresh)
		require.ErrorIs(t, named, faceid.ErrCredential)
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// Code 15 is not in the documents, but seen in the wild: it goes the same way.
func TestCode15IsARefusalToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		require.NoError(t, query(t.Context(), client))
		time.Sleep(2 * time.Minute)
		sim.RevokeTokens(sim.AppID())
		sim.FailNext(pathRecord, faceidtest.FaultCode("15", "token expired"))
		require.NoError(t, query(t.Context(), client))
		require.Len(t, sim.Mints(sim.AppID()), 2)
	})
}

// An upload that was refused had no effect: it is sent again with new
// credentials, under the same order number.
func TestARefusedUploadIsSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		require.NoError(t, query(t.Context(), client))
		time.Sleep(2 * time.Minute)
		sim.RevokeTokens(sim.AppID())
		result, err := client.GetPlusFaceID(t.Context(), faceid.GetPlusFaceIDRequest{OrderNo: "order1", Person: somebody})
		require.NoError(t, err)
		require.Equal(t, "order1", result.OrderNo)
		require.Equal(t, 2, sim.Calls(pathPlus))
	})
}

func TestYoungCredentialsAreNotRenewedForARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		require.NoError(t, query(t.Context(), client))
		calls := sim.Calls(pathTicket)
		sim.FailNext(pathRecord, faceidtest.FaultCode("400101", ""))
		require.ErrorIs(t, query(t.Context(), client), faceid.CodeBadSignature)
		require.Equal(t, calls, sim.Calls(pathTicket))
	})
}

func TestRefreshWithoutAStoreIsAnExplicitChoice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		store := &hooked{Store: faceid.NewMemoryStore()}
		store.set(func(context.Context, string, int) error { return errDown })
		client := newClient(sim, faceid.WithStore(store), faceid.WithRefreshWithoutStore(true))
		for range 180 { // three hours
			require.NoError(t, query(t.Context(), client))
			time.Sleep(time.Minute)
		}
		require.LessOrEqual(t, len(sim.Mints(sim.AppID())), 10)
		store.set(nil)
		time.Sleep(10 * time.Minute)
		require.NoError(t, query(t.Context(), client))
		synctest.Wait()
		other := newClient(sim, faceid.WithStore(store))
		mints := len(sim.Mints(sim.AppID()))
		require.NoError(t, query(t.Context(), other))
		require.Len(t, sim.Mints(sim.AppID()), mints, "the pair has reached the store")
	})
}

// A suspended machine: its monotonic clock stood still, the wall clock did not.
func TestASuspendedMachineKnowsHowOldItsPairIs(t *testing.T) {
	begun := time.Now()
	require.Equal(t, 50*time.Minute, faceid.Elapsed(begun, begun.Add(50*time.Minute)), "both clocks agree")
	wallOnly := begun.Round(0).Add(time.Hour)
	require.Equal(t, time.Hour, faceid.Elapsed(begun, wallOnly))
	require.Equal(t, time.Hour, faceid.Elapsed(begun.Round(0), wallOnly))
}
