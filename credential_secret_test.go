package faceid_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

func TestWithSecretProviderThatPanicsFailsItsCallersOnly(t *testing.T) {
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

func TestWithSecretProviderIsAskedForEveryMint(t *testing.T) {
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

func TestWithSecretProviderThatPanicsOrExitsHoldsNobody(t *testing.T) {
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

// The secret from a provider is validated as WithApp validates a secret.
func TestWithSecretProviderValidatesTheSecret(t *testing.T) {
	for name, bad := range pasted {
		synctest.Test(t, func(t *testing.T) {
			sim := faceidtest.Start(t)
			client, err := faceid.New(append(append(sim.Options(), suite.options(sim)...), faceid.WithApp(sim.AppID(), ""),
				faceid.WithSecretProvider(func(context.Context) (string, error) { return bad, nil }))...)
			require.NoError(t, err)
			_, err = client.SignTicket(t.Context())
			require.ErrorIs(t, err, faceid.ErrCredential, name)
			require.ErrorContains(t, err, "secret may hold", name)
			require.Zero(t, sim.Calls(pathToken), name)
			suite.see(err)
		})
	}
}

// A provider that gives the right secret at last is believed at once, even while calls
// with the wrong one are throttled.
func TestWithSecretProviderIsBelievedAtOnceWhenCorrected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		var secret atomic.Value
		secret.Store("wrong-secret")
		client, err := faceid.New(append(append(sim.Options(), suite.options(sim)...), faceid.WithApp(sim.AppID(), ""),
			faceid.WithSecretProvider(func(context.Context) (string, error) { return secret.Load().(string), nil }))...)
		require.NoError(t, err)
		for range 120 { // The throttle has grown to minutes.
			require.ErrorIs(t, query(t.Context(), client), faceid.ErrCredential)
			time.Sleep(time.Second)
		}
		secret.Store(sim.Secret())
		begun := time.Now()
		require.NoError(t, query(t.Context(), client))
		require.Zero(t, time.Since(begun))
	})
}

// A process with a wrong secret throttles only processes with the same wrong secret.
func TestCredentialsOfAWrongSecretHinderNobodyElse(t *testing.T) {
	for _, wrong := range []int{1, 3} {
		t.Run(fmt.Sprint(wrong), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim, store := faceidtest.Start(t), faceid.NewMemoryStore()
				good := newClient(sim, faceid.WithStore(store))
				for range wrong {
					bad := newClient(sim, faceid.WithStore(store), faceid.WithApp(sim.AppID(), "wrong-secret"))
					go func() {
						for t.Context().Err() == nil {
							if query(t.Context(), bad) == nil {
								t.Error("passed with a wrong secret")
							}
							_ = sleepOr(t.Context(), 5*time.Second)
						}
					}()
				}
				for range 720 { // This takes four hours.
					if _, err := good.NonceTicket(t.Context(), "user1"); err != nil {
						t.Error(err)
					}
					time.Sleep(20 * time.Second)
				}
				require.LessOrEqual(t, len(sim.Mints(sim.AppID())), 20)
			})
		})
	}
}

// In a deployment the new secret reaches one process after the other. Each process
// works as soon as it has the secret that the console has.
func TestCredentialsSurviveTheRolloutOfASecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim, store := faceidtest.Start(t), faceid.NewMemoryStore()
		var secrets [3]atomic.Value
		var clients [3]*faceid.Client
		for i := range clients {
			secrets[i].Store(sim.Secret())
			client, err := faceid.New(append(append(sim.Options(), suite.options(sim)...), faceid.WithApp(sim.AppID(), ""), faceid.WithStore(store),
				faceid.WithSecretProvider(func(context.Context) (string, error) { return secrets[i].Load().(string), nil }))...)
			require.NoError(t, err)
			clients[i] = client
			require.NoError(t, query(t.Context(), client))
		}
		time.Sleep(10 * time.Minute)
		sim.SetSecret(sim.AppID(), "the-new-secret")
		for rolled := range clients {
			secrets[rolled].Store("the-new-secret")
			for range 60 { // This takes five minutes.
				for i, client := range clients {
					if err := query(t.Context(), client); i <= rolled {
						require.NoError(t, err, "client %d of %d", i, rolled)
					} else {
						require.ErrorIs(t, err, faceid.ErrCredential)
					}
				}
				time.Sleep(5 * time.Second)
			}
		}
		require.Len(t, sim.Mints(sim.AppID()), 2, "those who roll out later find the pair")
	})
}

// A provider that fails costs nothing while the pair lives. Afterwards the error says
// that the provider failed, and a callback is neither genuine nor forged.
func TestWithSecretProviderThatFailsCostsNothingWhileThePairLives(t *testing.T) {
	for name, fail := range map[string]func(ctx context.Context) error{
		"at once": func(context.Context) error { return errors.New("the vault is sealed") },
		"never":   func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim, store := faceidtest.Start(t), faceid.NewMemoryStore()
				var broken atomic.Bool
				open := func() *faceid.Client {
					client, err := faceid.New(append(append(sim.Options(), suite.options(sim)...), faceid.WithApp(sim.AppID(), ""), faceid.WithStore(store),
						faceid.WithSecretProvider(func(ctx context.Context) (string, error) {
							if broken.Load() {
								return "", fail(ctx)
							}
							return sim.Secret(), nil
						}))...)
					require.NoError(t, err)
					return client
				}
				warm := open()
				require.NoError(t, query(t.Context(), warm))
				broken.Store(true)
				for range 50 {
					require.NoError(t, query(t.Context(), warm))
					time.Sleep(time.Minute)
				}
				time.Sleep(10 * time.Minute)
				cold := open()
				for _, client := range []*faceid.Client{warm, cold} {
					begun := time.Now()
					err := query(t.Context(), client)
					require.Error(t, err)
					require.NotErrorIs(t, err, context.DeadlineExceeded)
					require.LessOrEqual(t, time.Since(begun), 10*time.Second)
					_, err = client.VerifyCallback(t.Context(), sim.Callback("https://merchant.example/back", "order1", "0"))
					if client == cold {
						require.ErrorIs(t, err, faceid.ErrCredential)
						require.NotErrorIs(t, err, faceid.ErrBadSignature)
					}
				}
				broken.Store(false)
				for _, client := range []*faceid.Client{warm, cold} {
					require.NoError(t, query(within(t, time.Minute), client))
				}
			})
		})
	}
}

// sealedAs makes a record as somebody who knows that secret could plant it.
func sealedAs(secret, name, body string) []byte {
	block, _ := aes.NewCipher(derived(secret, "faceid record 2 seal", 32))
	aead, _ := cipher.NewGCM(block)
	nonce := make([]byte, aead.NonceSize())
	_, _ = rand.Read(nonce)
	return []byte("faceid 2 " + base64.StdEncoding.EncodeToString(aead.Seal(nonce, nonce, []byte(body), []byte("faceid 2 "+name))))
}

// plainRecord makes a record as the version before made it, which did not seal records.
func plainRecord(body string) []byte {
	sum := sha256.Sum256([]byte(body))
	return fmt.Appendf(nil, "faceid 1 %s %s", hex.EncodeToString(sum[:16]), body)
}

// evilTicket and evilPair are records whose ticket the attacker knows.
const (
	evilTicket = `{"recent":[{"value":"EVIL","life":3600000000000,"age":0}]}`
	evilPair   = `{"token":{"value":"EVIL-TOKEN","life":7200000000000,"age":0},"sign":{"value":"EVIL","life":3600000000000,"age":0}}`
)

// plantedRecord is a record that an attacker plants, the name under which it is
// planted, and whether only somebody with the secret can make it.
type plantedRecord struct {
	record func(sim *faceidtest.Server) []byte
	under  func(sim *faceidtest.Server) string
	ours   bool
}

// plantedRecords are all the ways to plant a record.
var plantedRecords = map[string]plantedRecord{
	"plain, under the appID":             {func(*faceidtest.Server) []byte { return plainRecord(evilTicket) }, func(sim *faceidtest.Server) string { return sim.AppID() }, false},
	"plain, under the name without seal": {func(*faceidtest.Server) []byte { return plainRecord(evilTicket) }, func(sim *faceidtest.Server) string { return sim.AppID() + "@kyc1.faceid.test" }, false},
	"plain, under our name":              {func(*faceidtest.Server) []byte { return plainRecord(evilTicket) }, storeName, false},
	"a plain pair, under our name":       {func(*faceidtest.Server) []byte { return plainRecord(evilPair) }, storeName, false},
	"plain, called sealed":               {func(*faceidtest.Server) []byte { return []byte("faceid 2 " + evilPair) }, storeName, false},
	"sealed with an empty secret":        {func(sim *faceidtest.Server) []byte { return sealedAs("", storeName(sim), evilTicket) }, storeName, false},
	"sealed with another secret":         {func(sim *faceidtest.Server) []byte { return sealedAs("guess", storeName(sim), evilPair) }, storeName, false},
	"sealed with the appID":              {func(sim *faceidtest.Server) []byte { return sealedAs(sim.AppID(), storeName(sim), evilPair) }, storeName, false},
	"sealed by us for another appID":     {func(sim *faceidtest.Server) []byte { return sealedAs(sim.Secret(), "TIDA9999", evilPair) }, storeName, false},
	"sealed by us for the platform":      {func(sim *faceidtest.Server) []byte { return sealedAs(sim.Secret(), sim.AppID(), evilPair) }, storeName, false},
	"sealed by us, lives of years": {func(sim *faceidtest.Server) []byte {
		return sealedAs(sim.Secret(), storeName(sim), `{"recent":[{"value":"EVIL","life":360000000000000000,"age":0}]}`)
	}, storeName, false},
	"sealed by us, a throttle for ever": {func(sim *faceidtest.Server) []byte {
		return sealedAs(sim.Secret(), storeName(sim), `{"throttle":{"step":1000000,"age":-9000000000000000000,"refused":true}}`)
	}, storeName, false},
	"sealed by us": {func(sim *faceidtest.Server) []byte { return sealedAs(sim.Secret(), storeName(sim), evilTicket) }, storeName, true},
}

// An attacker who can write into the store cannot plant a ticket: a callback that is
// signed with it is forged, and the record heals. The row that needs the secret shows
// that the test would notice.
func TestCredentialsTrustNoPlantedRecord(t *testing.T) {
	for name, plant := range plantedRecords {
		t.Run(name, func(t *testing.T) {
			attack := func(t *testing.T, store faceid.Store, times int) {
				sim := faceidtest.Start(t)
				swapped, err := store.CompareAndSwap(t.Context(), plant.under(sim), nil, plant.record(sim))
				require.NoError(t, err)
				require.True(t, swapped)
				client := newClient(sim, faceid.WithStore(store))
				callback := url.Values{"orderNo": {"order1"}, "code": {"0"}, "newSignature": {faceid.Sign("EVIL", sim.AppID(), "order1", "0")}}
				r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://merchant.example/back?"+callback.Encode(), nil)
				require.NoError(t, err)
				for range times {
					_, err = client.VerifyCallback(t.Context(), r)
					if plant.ours {
						require.NoError(t, err)
					} else {
						require.ErrorIs(t, err, faceid.ErrBadSignature)
					}
					require.NoError(t, query(t.Context(), client), "and it heals")
				}
				stored, _, err := store.Load(t.Context(), storeName(sim))
				require.NoError(t, err)
				require.Contains(t, unsealed(t, sim, stored), `"token"`)
			}
			synctest.Test(t, func(t *testing.T) { attack(t, faceid.NewMemoryStore(), 3) })
			attack(t, newFileStore(t, t.TempDir()+"/store"), 1) // Files have the time of the disk, so a second look takes a second.
		})
	}
}

// An attacker who can read the store learns no ticket, no secret and no token.
func TestCredentialsRevealNothingInTheStore(t *testing.T) {
	sim, store := faceidtest.Start(t), faceid.NewMemoryStore()
	client := newClient(sim, faceid.WithStore(store))
	token, err := client.AccessToken(t.Context())
	require.NoError(t, err)
	sign, err := client.SignTicket(t.Context())
	require.NoError(t, err)
	stored, _, err := store.Load(t.Context(), storeName(sim))
	require.NoError(t, err)
	text := unsealed(t, sim, stored)
	for _, private := range []string{token, sign} {
		require.Contains(t, text, private)
		require.NotContains(t, string(stored), private)
		require.NotContains(t, string(stored), base64.StdEncoding.EncodeToString([]byte(private))[:20])
	}
}

func TestCredentialsDoNotStormForAWrongSecret(t *testing.T) {
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

// A mint is refused while the provider still gives the old secret. It frees the lock,
// keeps the record, and is tried again.
func TestCredentialsSurviveASecretChangedInTheConsole(t *testing.T) {
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
		lock, err := store.Lock(t.Context(), storeName(sim), time.Minute)
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
