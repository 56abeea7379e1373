package faceid_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// burst has n callers ask at once and waits for all that they set going.
func burst(t *testing.T, n int, call func() error) {
	t.Helper()
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			if err := call(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	synctest.Wait()
}

func TestAHundredCallersShareOneRefresh(t *testing.T) {
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

func TestAnAgingPairServesWhileTheNextIsFetched(t *testing.T) {
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

func TestWithoutBackgroundRefreshTheCallerWaits(t *testing.T) {
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

		time.Sleep(10 * time.Second) // past the back-off
		ticket, err = client.SignTicket(t.Context())
		require.NoError(t, err)
		require.NotEqual(t, old, ticket)
	})
}

func TestAFailedRefreshIsBackedOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		_, err := client.SignTicket(t.Context())
		require.NoError(t, err)
		time.Sleep(21 * time.Minute)
		for range 20 {
			sim.FailNext(pathToken, faceidtest.FaultCode("999999", ""))
		}
		for range 60 { // once a second for a minute
			burst(t, 10, func() error { _, err := client.SignTicket(t.Context()); return err })
			time.Sleep(time.Second)
		}
		require.Less(t, sim.Calls(pathToken), 8)
	})
}

func TestASpentPairIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		old, err := client.SignTicket(t.Context())
		require.NoError(t, err)
		time.Sleep(55*time.Minute + 1) // the SIGN ticket has less than 5 minutes left
		ticket, err := client.SignTicket(t.Context())
		require.NoError(t, err)
		require.NotEqual(t, old, ticket)

		time.Sleep(3 * time.Hour)
		sim.FailNext(pathToken, faceidtest.FaultCode("66660002", ""))
		_, err = client.SignTicket(t.Context())
		require.ErrorIs(t, err, faceid.ErrAccount, "there is nothing left to serve")
	})
}

func TestAnImpatientLeaderSpoilsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		sim.FailNext(pathToken, faceidtest.FaultDelay(5*time.Second))
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

func TestAPanickingProviderFailsItsCallersOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		broken := true
		opts := append(append(sim.Options(), suite.options(sim)...), faceid.WithApp(sim.AppID(), ""), faceid.WithSecretProvider(func(context.Context) (string, error) {
			if broken {
				panic("canary")
			}
			return sim.Secret(), nil
		}))
		client, err := faceid.New(opts...)
		require.NoError(t, err)
		_, err = client.SignTicket(t.Context())
		require.ErrorIs(t, err, faceid.ErrCaller)
		require.ErrorContains(t, err, "WithSecretProvider panicked: string")
		require.NotContains(t, err.Error(), "canary")
		broken = false
		_, err = client.SignTicket(t.Context())
		require.NoError(t, err)
	})
}

func TestASecretProviderIsAskedForEveryMint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		secret := sim.Secret()
		client, err := faceid.New(append(append(sim.Options(), suite.options(sim)...), faceid.WithApp(sim.AppID(), ""),
			faceid.WithSecretProvider(func(context.Context) (string, error) { return secret, nil }))...)
		require.NoError(t, err)
		_, err = client.SignTicket(t.Context())
		require.NoError(t, err)

		secret = "bad\nsecret"
		time.Sleep(2 * time.Hour)
		_, err = client.SignTicket(t.Context())
		require.ErrorIs(t, err, faceid.ErrCredential)
		require.NotContains(t, err.Error(), "bad")

		secret = "another"
		sim.SetSecret(sim.AppID(), secret)
		_, err = client.SignTicket(t.Context())
		require.NoError(t, err)
	})
}

// A NONCE ticket lives 120 s, but dies with its token: near the time of a
// refresh the token is replaced first.
func TestANonceTicketOutlivesItsLaunch(t *testing.T) {
	for _, age := range []time.Duration{0, 19*time.Minute - 1, 19 * time.Minute, 19*time.Minute + 30*time.Second, 20*time.Minute - 1, 20 * time.Minute, 70 * time.Minute} {
		t.Run(age.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := faceidtest.Start(t)
				client := newClient(sim)
				_, err := client.SignTicket(t.Context())
				require.NoError(t, err)
				time.Sleep(age)
				login, err := client.StartH5(t.Context(), h5Request("order1"))
				require.NoError(t, err)

				// Meanwhile others go on and refresh when they must.
				for range 115 {
					time.Sleep(time.Second)
					_, err := client.SignTicket(t.Context())
					require.NoError(t, err)
				}
				_, err = sim.Visit(t.Context(), login.URL)
				require.NoError(t, err)
				require.Zero(t, sim.ConcurrentMints(sim.AppID()))
			})
		})
	}
}

func TestANonceTicketDoesNotWaitForARefreshThatDoesNotBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		store := &stuckStore{MemoryStore: faceid.NewMemoryStore()}
		client := newClient(sim, faceid.WithStore(store))
		_, err := client.SignTicket(t.Context())
		require.NoError(t, err)
		time.Sleep(19*time.Minute + time.Second)
		lock, err := store.Lock(t.Context(), sim.AppID()+"@kyc1.faceid.test", time.Minute)
		require.NoError(t, err)
		begun := time.Now()
		_, err = client.NonceTicket(t.Context(), "user1")
		require.NoError(t, err)
		require.Equal(t, 3*time.Second, time.Since(begun))
		require.NoError(t, lock.Unlock(t.Context()))
		require.NoError(t, client.Close(t.Context()))
	})
}

type stuckStore struct{ *faceid.MemoryStore }

func TestClientsOnOneStoreShareOnePair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		store := faceid.NewMemoryStore()
		a, b := newClient(sim, faceid.WithStore(store)), newClient(sim, faceid.WithStore(store))
		for range 9 * 6 { // three hours
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

func TestABrokenStoreIsNotAnEmptyOne(t *testing.T) {
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

// A good token must not be lost because it could not be saved: it serves here,
// and reaches the store later.
func TestATokenThatCouldNotBeSavedServes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		full := errors.New("disk full")
		store := &brokenStore{MemoryStore: faceid.NewMemoryStore()}
		mine, other := newClient(sim, faceid.WithStore(store)), newClient(sim, faceid.WithStore(store))
		_, err := mine.SignTicket(t.Context())
		require.NoError(t, err)

		time.Sleep(20 * time.Minute)
		store.onSwap = func(n int) error { // the mark is saved, then the disk is full
			if n > 1 {
				return full
			}
			return nil
		}
		burst(t, 1, func() error { _, err := mine.SignTicket(t.Context()); return err })
		require.Equal(t, 2, sim.Calls(pathToken))
		for range 5 { // the store holds the pair that is dying
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

func TestAFastSimulatorHasAFastClient(t *testing.T) {
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

func TestAFreshTicketCostsNoAllocation(t *testing.T) {
	sim := faceidtest.Start(t)
	client := newClient(sim)
	ctx := t.Context()
	_, err := client.SignTicket(ctx)
	require.NoError(t, err)
	require.Zero(t, testing.AllocsPerRun(100, func() { _, _ = client.SignTicket(ctx) }))
}

func TestTheMemoryStoreKeepsItsContract(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := faceid.NewMemoryStore()
		ctx := t.Context()
		_, _, err := store.Load(ctx, "a")
		require.ErrorIs(t, err, faceid.ErrNotFound)
		swap := func(old, record string) bool {
			var before []byte
			if old != "" {
				before = []byte(old)
			}
			ok, err := store.CompareAndSwap(ctx, "a", before, []byte(record))
			require.NoError(t, err)
			return ok
		}
		require.False(t, swap("x", "1"))
		require.True(t, swap("", "1"))
		require.False(t, swap("", "2"))
		require.True(t, swap("1", "2"))
		time.Sleep(time.Hour)
		record, age, err := store.Load(ctx, "a")
		require.NoError(t, err)
		require.Equal(t, "2", string(record))
		require.Equal(t, time.Hour, age)
		record[0] = 'x'
		again, _, _ := store.Load(ctx, "a")
		require.Equal(t, "2", string(again), "the caller's bytes are its own")

		lock, err := store.Lock(ctx, "a", time.Minute)
		require.NoError(t, err)
		_, err = store.Lock(ctx, "b", time.Minute)
		require.NoError(t, err, "keys do not block each other")
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		_, err = store.Lock(short, "a", time.Minute)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 59*time.Second, lock.Left())

		begun := time.Now()
		second, err := store.Lock(ctx, "a", time.Minute)
		require.NoError(t, err)
		require.Equal(t, 59*time.Second, time.Since(begun), "a lost lease frees the lock")
		require.LessOrEqual(t, lock.Left(), time.Duration(0))
		require.NoError(t, lock.Unlock(ctx), "the loser's Unlock changes nothing")
		_, err = store.Lock(short, "a", time.Minute)
		require.Error(t, err)

		time.AfterFunc(time.Second, func() { _ = second.Unlock(ctx) })
		begun = time.Now()
		third, err := store.Lock(ctx, "a", time.Minute)
		require.NoError(t, err)
		require.Equal(t, time.Second, time.Since(begun))
		require.NoError(t, third.Unlock(ctx))
		for _, call := range []func() error{
			func() error { _, _, err := store.Load(canceled(), "a"); return err },
			func() error { _, err := store.CompareAndSwap(canceled(), "a", nil, nil); return err },
			func() error { _, err := store.Lock(canceled(), "a", time.Minute); return err },
		} {
			require.ErrorIs(t, call(), context.Canceled)
		}
	})
}

func TestTheZeroMemoryStoreIsEmpty(t *testing.T) {
	sim := faceidtest.Start(t)
	_, err := newClient(sim, faceid.WithStore(new(faceid.MemoryStore))).SignTicket(t.Context())
	require.NoError(t, err)
}

// Whatever lives the platform gives, a new pair is used, not replaced at once.
func TestOddLivesDoNotMintForEveryCall(t *testing.T) {
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

func TestAStrangerOrAnOutageDoesNotHammerTheStore(t *testing.T) {
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

// One slow look into a hanging store is enough while the copy is fresh.
func TestAHangingStoreDelaysAFreshPairOnce(t *testing.T) {
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

func TestForegroundRefreshDoesNotWaitForALockThatIsStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		store := faceid.NewMemoryStore()
		client := newClient(sim, faceid.WithStore(store), faceid.WithBackgroundRefresh(false))
		_, err := client.SignTicket(t.Context())
		require.NoError(t, err)
		time.Sleep(21 * time.Minute)
		_, err = store.Lock(t.Context(), sim.AppID()+"@kyc1.faceid.test", time.Minute)
		require.NoError(t, err)
		begun := time.Now()
		_, err = client.SignTicket(t.Context())
		require.NoError(t, err)
		require.Equal(t, 3*time.Second, time.Since(begun))
		require.NoError(t, client.Close(t.Context()))
	})
}

// A refresh that fails costs no launch while the old token lives.
func TestANonceTicketSurvivesAFailedRefresh(t *testing.T) {
	for _, code := range []string{"66660002", "999999", "400506"} {
		synctest.Test(t, func(t *testing.T) {
			sim := faceidtest.Start(t)
			client := newClient(sim)
			_, err := client.SignTicket(t.Context())
			require.NoError(t, err)
			time.Sleep(19*time.Minute + 30*time.Second)
			sim.FailNext(pathToken, faceidtest.FaultCode(code, ""))
			_, err = client.NonceTicket(t.Context(), "user1")
			require.NoError(t, err)
		})
	}
}

func TestAPanicOrGoexitNeverHoldsOrKills(t *testing.T) {
	for name, fail := range map[string]func(){"panic": func() { panic("canary") }, "goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := faceidtest.Start(t)
				bad := false
				client, err := faceid.New(append(append(sim.Options(), suite.options(sim)...), faceid.WithApp(sim.AppID(), ""),
					faceid.WithSecretProvider(func(context.Context) (string, error) {
						if bad {
							fail()
						}
						return sim.Secret(), nil
					}))...)
				require.NoError(t, err)
				bad = true
				_, err = client.StartH5(t.Context(), h5Request("order1"))
				require.ErrorIs(t, err, faceid.ErrCaller)
				bad = false
				_, err = client.StartH5(t.Context(), h5Request("order1"))
				require.NoError(t, err)
			})
		})
	}
}

// Who minted, but finds that somebody else has changed the record meanwhile,
// cannot know whose token was minted last: it mints once more.
func TestWhoLosesTheSwapMintsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		shared := faceid.NewMemoryStore()
		store := &hooked{Store: shared}
		intruder := newClient(sim, faceid.WithStore(faceid.NewMemoryStore()))
		var stolen []byte
		store.set(func(ctx context.Context, op string, n int) error {
			if op == "swap" && n == 2 { // between our mint and its save
				_, err := intruder.AccessToken(ctx)
				require.NoError(t, err)
				stolen = faceid.RecordOf(intruder)
				faceid.Overwrite(shared, sim.AppID()+"@kyc1.faceid.test", stolen)
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

// A mint that begins while a NONCE ticket is fetched would leave it a minute.
func TestANonceTicketOvertakenByAMintIsFetchedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim, store := faceidtest.Start(t), faceid.NewMemoryStore()
		a, b := newClient(sim, faceid.WithStore(store)), newClient(sim, faceid.WithStore(store))
		for _, c := range []*faceid.Client{a, b} {
			require.NoError(t, query(t.Context(), c))
		}
		time.Sleep(19*time.Minute - 5*time.Second) // a still hands out, b will mint in 10 s
		sim.FailNext(pathTicket, faceidtest.FaultDelay(20*time.Second))
		time.AfterFunc(10*time.Second, func() { _, _ = b.NonceTicket(t.Context(), "user2") })
		nonce, err := a.NonceTicket(t.Context(), "user1")
		require.NoError(t, err)
		require.GreaterOrEqual(t, sim.Left(nonce), 115*time.Second)
		require.Len(t, sim.Mints(sim.AppID()), 2)
	})
}

// A store that was flushed gets back what a process still holds.
func TestAFlushedStoreGetsThePairBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim, store := faceidtest.Start(t), faceid.NewMemoryStore()
		a := newClient(sim, faceid.WithStore(store))
		want, err := a.SignTicket(t.Context())
		require.NoError(t, err)
		faceid.Overwrite(store, sim.AppID()+"@kyc1.faceid.test", nil)
		time.Sleep(21 * time.Second)
		_, err = a.SignTicket(t.Context())
		require.NoError(t, err)
		got, err := newClient(sim, faceid.WithStore(store)).SignTicket(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Len(t, sim.Mints(sim.AppID()), 1)
	})
}

// Another process has replaced the pair: it is noticed before the old one dies,
// not by a refusal.
func TestAnothersRefreshIsNoticedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := 0
		sim := faceidtest.Start(t, faceidtest.WithLog(func(r faceidtest.Request) {
			if r.Code == "400101" {
				refused++
			}
		}))
		store := faceid.NewMemoryStore()
		a, b := newClient(sim, faceid.WithStore(store)), newClient(sim, faceid.WithStore(store))
		for range 60 * 12 { // an hour
			require.NoError(t, query(t.Context(), b))
			if _, err := a.NonceTicket(t.Context(), "user1"); err != nil { // refreshes a minute earlier
				t.Error(err)
			}
			time.Sleep(5 * time.Second)
		}
		require.Zero(t, refused)
		require.Len(t, sim.Mints(sim.AppID()), 4)
	})
}

// A slow answer of the store must not overwrite the pair that was fetched
// meanwhile.
func TestASlowReadDoesNotBringTheOldPairBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		store := &hooked{Store: faceid.NewMemoryStore()}
		slow := &afterLoad{hooked: store}
		client := newClient(sim, faceid.WithStore(slow))
		require.NoError(t, query(t.Context(), client))
		time.Sleep(19*time.Minute + 59*time.Second)
		slow.set(900 * time.Millisecond)
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = client.SignTicket(t.Context()) }) // reads the old record, slowly
		synctest.Wait()
		slow.set(0)
		_, err := client.NonceTicket(t.Context(), "user1") // refreshes
		require.NoError(t, err)
		fresh, err := client.SignTicket(t.Context())
		require.NoError(t, err)
		wg.Wait()
		now, err := client.SignTicket(t.Context())
		require.NoError(t, err)
		require.Equal(t, fresh, now)
	})
}

// afterLoad holds the answer of Load back.
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
