package faceid_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

func TestCredentialsAreRefreshedOnceForAHundredCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		ask := func() error { _, err := client.SignTicket(t.Context()); return err }

		sim.FailNext(pathToken, faceidtest.FaultDelay(time.Second))
		burst(t, 100, ask)
		require.Equal(t, 1, sim.Calls(pathToken))

		time.Sleep(20*time.Minute - time.Second - 1)
		burst(t, 100, ask)
		require.Equal(t, 1, sim.Calls(pathToken), "still fresh")

		time.Sleep(1)
		burst(t, 100, ask)
		require.Equal(t, 2, sim.Calls(pathToken), "aging")
		require.Zero(t, sim.ConcurrentMints(sim.AppID()))
	})
}

func TestCredentialsThatAgeServeWhileTheNextAreFetched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		old, err := client.SignTicket(t.Context())
		require.NoError(t, err)
		time.Sleep(21 * time.Minute)

		sim.FailNext(pathToken, faceidtest.FaultDelay(10*time.Second))
		begun := time.Now()
		ticket, err := client.SignTicket(t.Context())
		require.NoError(t, err)
		require.Equal(t, old, ticket)
		require.Zero(t, time.Since(begun), "nobody waits")

		require.NoError(t, client.Close(t.Context()))
		require.Equal(t, 10*time.Second, time.Since(begun), "Close waits for the refresh")
		ticket, err = client.SignTicket(t.Context())
		require.NoError(t, err)
		require.NotEqual(t, old, ticket)
	})
}

func TestWithBackgroundRefreshOffTheCallerWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim, faceid.WithBackgroundRefresh(false))
		old, err := client.SignTicket(t.Context())
		require.NoError(t, err)
		time.Sleep(21 * time.Minute)

		sim.FailNext(pathToken, faceidtest.FaultCode("999999", ""))
		ticket, err := client.SignTicket(t.Context())
		require.NoError(t, err, "a failed refresh costs nobody anything while the old pair lives")
		require.Equal(t, old, ticket)

		time.Sleep(10 * time.Second) // The back-off is over.
		ticket, err = client.SignTicket(t.Context())
		require.NoError(t, err)
		require.NotEqual(t, old, ticket)
	})
}

func TestCredentialsBackOffAfterAFailedRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		_, err := client.SignTicket(t.Context())
		require.NoError(t, err)
		time.Sleep(21 * time.Minute)
		for range 20 {
			sim.FailNext(pathToken, faceidtest.FaultCode("999999", ""))
		}
		for range 60 { // A call is made once a second for a minute.
			burst(t, 10, func() error { _, err := client.SignTicket(t.Context()); return err })
			time.Sleep(time.Second)
		}
		require.Less(t, sim.Calls(pathToken), 8)
	})
}

func TestCredentialsThatAreSpentAreWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		old, err := client.SignTicket(t.Context())
		require.NoError(t, err)
		time.Sleep(55*time.Minute + 1) // The SIGN ticket has less than 5 minutes left.
		ticket, err := client.SignTicket(t.Context())
		require.NoError(t, err)
		require.NotEqual(t, old, ticket)

		time.Sleep(3 * time.Hour)
		sim.FailNext(pathToken, faceidtest.FaultCode("66660002", ""))
		_, err = client.SignTicket(t.Context())
		require.ErrorIs(t, err, faceid.ErrAccount, "there is nothing left to serve")
	})
}

func TestCredentialsSurviveACallerWhoLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		sim.FailNext(pathToken, faceidtest.FaultDelay(4*time.Second))
		leader, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := client.SignTicket(leader)
			if !errors.Is(err, context.Canceled) {
				t.Error("the leader obeys its own context:", err)
			}
		})
		synctest.Wait()
		_, err := client.SignTicket(t.Context())
		require.NoError(t, err)
		wg.Wait()
		require.Equal(t, 1, sim.Calls(pathToken))

		_, err = newClient(sim).SignTicket(canceled())
		require.ErrorIs(t, err, context.Canceled)
		synctest.Wait()
		require.Equal(t, 1, sim.Calls(pathToken), "nothing starts for a caller who has left")
	})
}

func TestCredentialsKeepUpWithAFastSimulator(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t, faceidtest.WithSpeed(20))
		client := newClient(sim)
		_, err := client.SignTicket(t.Context())
		require.NoError(t, err)
		time.Sleep(time.Minute - 1)
		burst(t, 1, func() error { _, err := client.SignTicket(t.Context()); return err })
		require.Equal(t, 1, sim.Calls(pathToken))
		time.Sleep(1)
		burst(t, 1, func() error { _, err := client.SignTicket(t.Context()); return err })
		require.Equal(t, 2, sim.Calls(pathToken), "20 minutes at speed 20 are one")
	})
}

// Whatever lives the platform gives, a new pair is used and not replaced at once.
func TestCredentialsOfOddLivesAreNotMintedForEveryCall(t *testing.T) {
	for _, lives := range [][2]int{{172800, 3600}, {7200, 60}, {60, 3600}, {604800, 1}, {1, 1}} {
		mints := 0
		c, err := faceid.New(faceid.WithApp("TIDA0001", "secret"), faceid.WithStore(faceid.NewMemoryStore()), faceid.WithHTTPClient(&http.Client{
			Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				body := fmt.Sprintf(`{"code":"0","tickets":[{"value":"t","expire_in":%d}]}`, lives[1])
				if r.URL.Path == pathToken {
					mints++
					body = fmt.Sprintf(`{"code":"0","access_token":"a%d","expire_in":%d}`, mints, lives[0])
				}
				return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
			}),
		}))
		require.NoError(t, err)
		for range 50 {
			_, err := c.SignTicket(t.Context())
			require.NoError(t, err)
		}
		require.NoError(t, c.Close(t.Context()))
		require.Equal(t, 1, mints, "%v", lives)
	}
}

func TestWithBackgroundRefreshOffWaitsForNoStuckLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		store := faceid.NewMemoryStore()
		client := newClient(sim, faceid.WithStore(store), faceid.WithBackgroundRefresh(false))
		_, err := client.SignTicket(t.Context())
		require.NoError(t, err)
		time.Sleep(21 * time.Minute)
		_, err = store.Lock(t.Context(), storeName(sim), time.Minute)
		require.NoError(t, err)
		begun := time.Now()
		_, err = client.SignTicket(t.Context())
		require.NoError(t, err)
		require.Equal(t, 3*time.Second, time.Since(begun))
		require.NoError(t, client.Close(t.Context()))
	})
}

// A mint whose answer was lost leaves everybody with a dying token, so it is repeated
// at once. Any other failed mint left the old token alone, and is not repeated.
func TestCredentialsRepeatAMintOnlyIfItsAnswerWasLost(t *testing.T) {
	for name, test := range map[string]struct {
		fault faceidtest.Fault
		calls int
		ok    bool
	}{
		"answer lost":   {faceidtest.FaultDropAfter(), 2, true},
		"request lost":  {faceidtest.FaultDropBefore(), 2, true},
		"HTML 502":      {faceidtest.FaultStatus(502, "x"), 2, true},
		"never arrives": {faceidtest.FaultHang(), 2, true},
		"busy":          {faceidtest.FaultCode("999999", ""), 1, false},
		"refused":       {faceidtest.FaultCode("400101", ""), 1, false},
		"never left":    {faceidtest.FaultRefuse(), 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := faceidtest.Start(t)
				client := newClient(sim)
				sim.FailNext(pathToken, test.fault)
				begun := time.Now()
				_, err := client.SignTicket(within(t, time.Minute))
				require.Equal(t, test.ok, err == nil, "%v", err)
				require.Equal(t, test.calls, sim.Calls(pathToken))
				require.LessOrEqual(t, time.Since(begun), 10*time.Second)
				if name != "never arrives" { // The client gave that mint up; the platform may not have done so.
					require.Zero(t, sim.ConcurrentMints(sim.AppID()), "a lost mint is over before the next")
				}
			})
		})
	}
}

// A refresh has a time limit of its own. When that is over, no context of a caller has
// ended; the error is trouble and has a family.
func TestCredentialsTellTheTimeOfARefreshFromTheCallers(t *testing.T) {
	for name, test := range map[string]struct {
		path   string // the path that is never answered
		locked bool   // the store is locked
		family faceid.Family
	}{
		"no token":       {pathToken, false, faceid.ErrNetwork},
		"no SIGN ticket": {pathTicket, false, faceid.ErrNetwork},
		"no lock":        {"", true, faceid.ErrStore},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := faceidtest.Start(t)
				if test.path != "" {
					sim.FailNext(test.path, slices.Repeat([]faceidtest.Fault{faceidtest.FaultHang()}, 20)...)
				}
				var store faceid.Store = faceid.NewMemoryStore()
				if test.locked {
					store = lockedStore{faceid.NewMemoryStore()}
				}
				var seen events
				client := newClient(sim, faceid.WithStore(store), seen.option())
				for _, ctx := range []context.Context{t.Context(), within(t, 10*time.Minute)} {
					_, err := client.StartH5(ctx, h5Request(""))
					require.NoError(t, ctx.Err())
					require.ErrorIs(t, err, test.family)
					require.NotErrorIs(t, err, context.DeadlineExceeded)
					require.NoError(t, client.Close(t.Context()))
				}
				for _, e := range seen.take() {
					if e.Kind != faceid.EventStore { // The event of the store tells the store's own error.
						require.NotErrorIs(t, e.Err, context.DeadlineExceeded, "%s %s", e.Kind, e.Op)
					}
				}
			})
		})
	}
}

// lockedStore is a store whose lock somebody else keeps.
type lockedStore struct{ *faceid.MemoryStore }

func (lockedStore) Lock(ctx context.Context, _ string, _ time.Duration) (faceid.Lock, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// crowd counts calls that begin every so often, however long the others take.
type crowd struct {
	open, most, late, failed atomic.Int64 // late is the most at the same time after ten seconds
	longest                  atomic.Int64
}

func most(of *atomic.Int64, n int64) {
	for was := of.Load(); n > was && !of.CompareAndSwap(was, n); was = of.Load() {
	}
}

func (c *crowd) run(t *testing.T, every, total time.Duration, call func(ctx context.Context) error) {
	var wg sync.WaitGroup
	for begun := time.Now(); time.Since(begun) < total; time.Sleep(every) {
		wg.Go(func() {
			n, from := c.open.Add(1), time.Now()
			defer c.open.Add(-1)
			most(&c.most, n)
			if time.Since(begun) > 10*time.Second {
				most(&c.late, n)
			}
			if call(t.Context()) != nil {
				c.failed.Add(1)
			}
			most(&c.longest, int64(time.Since(from)))
		})
	}
	wg.Wait()
}

// While the token endpoint is out of service, callers without a deadline are answered
// within five seconds, and after the first within one second, so they do not pile up.
func TestCredentialsPileNobodyUpInAnOutage(t *testing.T) {
	for name, answer := range map[string]func(r *http.Request) (*http.Response, error){
		"nothing comes back": func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() },
		"it breaks off":      func(*http.Request) (*http.Response, error) { return nil, errors.New("connection reset") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := faceidtest.Start(t)
				client := newClient(sim, faceid.WithHTTPClient(&http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
					if r.URL.Path == pathToken {
						return answer(r)
					}
					return sim.RoundTrip(r)
				})}))
				var seen crowd
				seen.run(t, 20*time.Millisecond, 100*time.Second, func(ctx context.Context) error {
					_, err := client.SignTicket(ctx)
					if !errors.Is(err, faceid.ErrNetwork) {
						t.Errorf("%v", err)
					}
					return err
				})
				t.Logf("50 calls a second for 100 s: at most %d open at once, %d after ten seconds; the longest took %v",
					seen.most.Load(), seen.late.Load(), time.Duration(seen.longest.Load()))
				require.LessOrEqual(t, seen.longest.Load(), int64(5*time.Second))
				require.LessOrEqual(t, seen.most.Load(), int64(251))
				require.LessOrEqual(t, seen.late.Load(), int64(51))
				require.NoError(t, client.Close(within(t, 10*time.Minute)))
			})
		})
	}
}
