package faceid_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// A token that died is replaced once for all callers who notice it, and none of them
// sees an error.
func TestCredentialsReplaceADeadTokenOnce(t *testing.T) {
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

// A refusal means a bad signature, not a dead token. While the token lives, the SIGN
// ticket alone is replaced.
func TestCredentialsReplaceADeadSignTicketAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		token, err := client.AccessToken(t.Context())
		require.NoError(t, err)
		old, err := client.SignTicket(t.Context())
		require.NoError(t, err)
		time.Sleep(5 * time.Minute)
		// A second SIGN ticket of the same token leaves the first one a minute.
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

// If another process has refreshed already, looking into the store is enough.
func TestCredentialsLookIntoTheStoreFirstAfterARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim, shared := faceidtest.Start(t), faceid.NewMemoryStore()
		store := &hooked{Store: shared}
		a, b := newClient(sim, faceid.WithStore(store)), newClient(sim, faceid.WithStore(shared))
		require.NoError(t, query(t.Context(), a))
		require.NoError(t, query(t.Context(), b))
		time.Sleep(10 * time.Minute)
		require.NoError(t, query(t.Context(), a)) // This client has just read the store.
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

// If the platform refuses a request whatever the ticket, the client does not fetch
// tickets again and again, and neither does the rest of the fleet.
func TestCredentialsDoNotStormForAWrongValue(t *testing.T) {
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
		for range 600 { // This takes ten minutes.
			for _, c := range clients {
				sim.FailNext(pathRecord, faceidtest.FaultCode("400101", ""), faceidtest.FaultCode("400101", ""))
				err := query(t.Context(), c)
				require.ErrorIs(t, err, faceid.CodeBadSignature)
				require.NotErrorIs(t, err, faceid.ErrForeignRefresh)
				for sim.Calls(pathRecord)%2 == 1 { // Use up the faults that are queued.
					_ = query(t.Context(), c)
				}
			}
			time.Sleep(time.Second)
		}
		require.Len(t, sim.Mints(sim.AppID()), 1, "the token was alive all the time")
		require.Less(t, sim.Calls(pathTicket)-tickets, 20, "10 s doubling to 5 min")
	})
}

func TestCredentialsThatAreYoungAreNotRefreshedForARefusal(t *testing.T) {
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

// The store may know that a pair is older than its holder believes, because the
// holder's clock stood still. Then the pair is refreshed.
func TestCredentialsThatTheStoreCallsOldAreRefreshed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		store := &ageStore{MemoryStore: faceid.NewMemoryStore()}
		client := newClient(sim, faceid.WithStore(store))
		require.NoError(t, query(t.Context(), client))
		sim.RevokeTokens(sim.AppID())
		require.ErrorIs(t, query(t.Context(), client), faceid.CodeBadSignature)
		store.age = 2 * time.Minute
		require.NoError(t, query(t.Context(), client))
		require.Len(t, sim.Mints(sim.AppID()), 2)
	})
}

func TestWithRefreshWithoutStoreIsAnExplicitChoice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		store := &hooked{Store: faceid.NewMemoryStore()}
		store.set(func(context.Context, string, int) error { return errDown })
		client := newClient(sim, faceid.WithStore(store), faceid.WithRefreshWithoutStore(true))
		for range 180 { // This takes three hours.
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

// Tokens that are dead as soon as they are fetched do not lead to a storm of requests.
func TestCredentialsDoNotStormWhenTheSignStepIsRefused(t *testing.T) {
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
		for range 600 { // This takes ten minutes.
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

// A single process recovers without its store, and completes the refresh that it began.
func TestWithRefreshWithoutStoreRecoversAlone(t *testing.T) {
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
