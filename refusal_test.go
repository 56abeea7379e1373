package faceid_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

func TestRefusalTellsAWrongSecretFromAForeignAddress(t *testing.T) {
	sim := faceidtest.Start(t)
	client, err := faceid.New(append(append(sim.Options(), suite.options(sim)...), faceid.WithApp(sim.AppID(), "canary-wrong"))...)
	require.NoError(t, err)
	_, err = client.StartH5(t.Context(), h5Request("order1"))
	require.ErrorIs(t, err, faceid.ErrCredential)
	require.ErrorIs(t, err, faceid.CodeBadSignature)
	require.NotContains(t, err.Error(), "canary")

	sim.AllowIPs("203.0.113.7")
	_, err = newClient(sim).StartH5(t.Context(), h5Request("order1"))
	require.ErrorIs(t, err, faceid.ErrAccount)
	require.ErrorIs(t, err, faceid.CodeIPNotAllowed)
}

// A refusal of the token endpoint keeps its code and its family while calls are
// throttled, so that the right alarm rings at once.
func TestRefusalThatIsThrottledKeepsItsReason(t *testing.T) {
	for code, family := range map[string]faceid.Family{
		"400103": faceid.ErrAccount, "66660002": faceid.ErrAccount, "400101": faceid.ErrCredential, "15": faceid.ErrCredential,
	} {
		t.Run(code, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim, store := faceidtest.Start(t), faceid.NewMemoryStore()
				clients := []*faceid.Client{newClient(sim, faceid.WithStore(store)), newClient(sim, faceid.WithStore(store))}
				for range 100 {
					sim.FailNext(pathToken, faceidtest.FaultCode(code, ""))
				}
				for n := range 600 {
					begun := time.Now()
					_, err := clients[n%2].SignTicket(t.Context())
					require.ErrorIs(t, err, family, "call %d", n)
					var e *faceid.Error
					require.ErrorAs(t, err, &e)
					require.Equal(t, code, e.Code.Number())
					require.Equal(t, family, e.Family)
					require.Less(t, time.Since(begun), 300*time.Millisecond, "nothing is sent, so nobody waits")
					time.Sleep(time.Second)
				}
				require.Less(t, sim.Calls(pathToken), 12, "10 s doubling to 5 min")
			})
		})
	}
}

// A second system shares the appID, but not the store. The client recovers as long as
// the throttle allows, warns of it in the log, and its error names the cause.
func TestErrForeignRefreshNamesAForeignSystem(t *testing.T) {
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
		for range 3 { // The other system refreshes every 15 minutes.
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
		for range 40 { // The other system refreshes all the time.
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

// Code 15 is not in the documents, but the platform sends it. It is handled like the
// documented refusal.
func TestRefusalMayComeAsCode15(t *testing.T) {
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

// An upload that was refused had no effect. It is sent again with new credentials and
// the same order number.
func TestRefusalOfAnUploadSendsItAgain(t *testing.T) {
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

// Two tokens that died long ago are no sign of a foreign system today.
func TestErrForeignRefreshForgetsOldDeaths(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		require.NoError(t, query(t.Context(), client))
		for range 2 {
			time.Sleep(12 * time.Minute)
			sim.RevokeTokens(sim.AppID())
			require.NoError(t, query(t.Context(), client))
		}
		for range 24 * 60 { // This takes a day.
			time.Sleep(time.Minute)
			require.NoError(t, query(t.Context(), client))
		}
		sim.FailNext(pathRecord, faceidtest.FaultCode("400101", ""), faceidtest.FaultCode("400101", ""))
		err := query(t.Context(), client)
		require.ErrorIs(t, err, faceid.CodeBadSignature)
		require.NotErrorIs(t, err, faceid.ErrForeignRefresh)
	})
}
