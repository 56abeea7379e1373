package faceid_test

import (
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

func TestAccessTokenAndTicketsSendTheDocumentedRequests(t *testing.T) {
	client, _, rec := documented(t)
	token, err := client.AccessToken(t.Context())
	require.NoError(t, err)
	require.Equal(t, wireToken, token)
	sign, err := client.SignTicket(t.Context())
	require.NoError(t, err)
	require.Equal(t, wireTicket, sign)
	nonce, err := client.NonceTicket(t.Context(), "user1")
	require.NoError(t, err)
	require.Equal(t, wireTicket, nonce)

	require.Equal(t, []string{
		"https://kyc1.qcloud.com/api/oauth2/access_token?appId=IDAXXXXX&grant_type=client_credential&secret=wire-secret&version=1.0.0",
		"https://kyc1.qcloud.com/api/oauth2/api_ticket?access_token=accessToken_string&appId=IDAXXXXX&type=SIGN&version=1.0.0",
		"https://kyc1.qcloud.com/api/oauth2/api_ticket?access_token=accessToken_string&appId=IDAXXXXX&type=NONCE&user_id=user1&version=1.0.0",
	}, []string{rec.urls[0].String(), rec.urls[1].String(), rec.urls[2].String()})
	require.Equal(t, "GET ", rec.types[0])
	require.Len(t, rec.urls, 3)
}

func TestAccessTokenAndTicketsReadTheDocumentsAnswers(t *testing.T) {
	for _, page := range []string{"plus", "enhanced", "basic"} {
		client, mock, _ := documented(t)
		for path, file := range map[string]string{pathToken: "access_token.", pathTicket + ".*type=SIGN": "api_ticket_sign.", pathTicket + ".*type=NONCE": "api_ticket_nonce."} {
			text, err := os.ReadFile("testdata/answers/" + file + page + ".json")
			require.NoError(t, err)
			mock.RegisterResponder("GET", "=~"+path, httpmock.NewStringResponder(200, string(text)))
		}
		token, err := client.AccessToken(t.Context())
		require.NoError(t, err)
		require.NotEmpty(t, token)
		sign, err := client.SignTicket(t.Context())
		require.NoError(t, err)
		require.Equal(t, wireTicket, sign)
		nonce, err := client.NonceTicket(t.Context(), "user1")
		require.NoError(t, err)
		require.Equal(t, wireTicket, nonce)
	}
}

// A NONCE ticket lives 120 s, but dies with its token. So the token is replaced first
// when a refresh is near.
func TestNonceTicketOutlivesItsLaunch(t *testing.T) {
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

				// Meanwhile other callers go on and refresh when they must.
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

func TestNonceTicketWaitsForNoRefreshThatDoesNotBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		store := &stuckStore{MemoryStore: faceid.NewMemoryStore()}
		client := newClient(sim, faceid.WithStore(store))
		_, err := client.SignTicket(t.Context())
		require.NoError(t, err)
		time.Sleep(19*time.Minute + time.Second)
		lock, err := store.Lock(t.Context(), storeName(sim), time.Minute)
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

func TestSignTicketThatIsFreshCostsNoAllocation(t *testing.T) {
	sim := faceidtest.Start(t)
	client := newClient(sim)
	ctx := t.Context()
	_, err := client.SignTicket(ctx)
	require.NoError(t, err)
	require.Zero(t, testing.AllocsPerRun(100, func() { _, _ = client.SignTicket(ctx) }))
}

// A refresh that fails does not stop a launch while the old token lives.
func TestNonceTicketSurvivesAFailedRefresh(t *testing.T) {
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

// A mint that begins while a NONCE ticket is fetched would leave the ticket a minute,
// so it is fetched again.
func TestNonceTicketOvertakenByAMintIsFetchedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim, store := faceidtest.Start(t), faceid.NewMemoryStore()
		a, b := newClient(sim, faceid.WithStore(store)), newClient(sim, faceid.WithStore(store))
		for _, c := range []*faceid.Client{a, b} {
			require.NoError(t, query(t.Context(), c))
		}
		time.Sleep(19*time.Minute - 5*time.Second) // The process a still hands out tickets, and b will mint in 10 s.
		sim.FailNext(pathTicket, faceidtest.FaultDelay(20*time.Second))
		time.AfterFunc(10*time.Second, func() { _, _ = b.NonceTicket(t.Context(), "user2") })
		nonce, err := a.NonceTicket(t.Context(), "user1")
		require.NoError(t, err)
		require.GreaterOrEqual(t, sim.Left(nonce), 115*time.Second)
		require.Len(t, sim.Mints(sim.AppID()), 2)
	})
}

// While nobody knows whether a mint took effect, no NONCE ticket of the old token is
// handed out. An error is more honest than a page that says 签名不合法.
func TestNonceTicketIsNotOfADyingToken(t *testing.T) {
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
