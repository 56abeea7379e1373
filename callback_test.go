package faceid_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
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

const (
	cbAppID  = "IDAXXXXX"
	cbTicket = "XO99Qfxlti9iTVgHAjwvJdAZKN3nMuUhrsPdPlPVKlcyS50N6tlLnfuFBPIucaMS"
	cbSign   = "2A59243EF7DC7F64151939386E88929A911D81E7" // of orderNo596551, code 0
)

func cbValues() url.Values {
	return url.Values{"code": {"0"}, "orderNo": {"orderNo596551"}, "faceId": {"tx1"}, "newSignature": {cbSign}, "liveRate": {"99"}}
}

func TestAVerifiedCallbackIsReadable(t *testing.T) {
	for name, change := range map[string]func(url.Values){
		"mobile":     func(url.Values) {},
		"lower case": func(v url.Values) { v.Set("newSignature", strings.ToLower(cbSign)) },
		"PC names": func(v url.Values) {
			v.Del("newSignature")
			v.Set("newSign", cbSign)
			v.Del("faceId")
			v.Set("h5faceId", "tx1")
		},
		"with the merchant's":    func(v url.Values) { v.Set("session", "7"); v.Add("session", "8") },
		"both names, same value": func(v url.Values) { v.Set("newSign", strings.ToLower(cbSign)) },
	} {
		t.Run(name, func(t *testing.T) {
			values := cbValues()
			change(values)
			cb, err := faceid.VerifyCallback(values, cbAppID, "other", cbTicket)
			require.NoError(t, err)
			require.Equal(t, &faceid.Callback{
				OrderNo: "orderNo596551", Code: faceid.CodePassed, FaceID: "tx1", LiveRate: faceid.Score{Value: 99, Present: true},
			}, cb)
			require.True(t, cb.Passed())
		})
	}
}

// The four shapes of the documents, as a browser brings them.
func TestCallbacksOfEveryShape(t *testing.T) {
	for shape, test := range map[string]struct {
		query string
		want  faceid.Callback
	}{
		"Plus":     {"faceId=f1&newSignature=S&liveRate=99", faceid.Callback{FaceID: "f1", LiveRate: faceid.Score{Value: 99, Present: true}}},
		"Enhanced": {"h5faceId=f1&newSignature=S&liveRate=99", faceid.Callback{FaceID: "f1", LiveRate: faceid.Score{Value: 99, Present: true}}},
		"PC":       {"h5faceId=f1&newSign=S", faceid.Callback{FaceID: "f1"}},
		"will": {"faceCode=0&willCode=66666006&h5faceId=f1&newSignature=S&liveRate=99", faceid.Callback{
			FaceID: "f1", LiveRate: faceid.Score{Value: 99, Present: true}, FaceCode: faceid.CodePassed, WillCode: faceid.CodeWillMismatch,
		}},
	} {
		for number, code := range map[string]faceid.Code{
			"0": faceid.CodePassed, "66660004": faceid.CodeNotSamePerson, "66666006": faceid.CodeWillMismatch,
			"3004": faceid.CodeH5NoCamera, "3006": faceid.CodeH5NotInWeChat, "300101": faceid.CodeH5BadMessage, "400101": faceid.CodeBadSignature,
		} {
			t.Run(shape+" "+number, func(t *testing.T) {
				query := "code=" + number + "&orderNo=order1&" + strings.Replace(test.query, "=S", "="+faceid.Sign(cbTicket, cbAppID, "order1", number), 1)
				values, err := url.ParseQuery(query)
				require.NoError(t, err)
				cb, err := faceid.VerifyCallback(values, cbAppID, cbTicket)
				require.NoError(t, err)
				want := test.want
				want.OrderNo, want.Code = "order1", code
				require.Equal(t, &want, cb)
				require.Equal(t, number == "0", cb.Passed())
				require.Equal(t, "order1/"+number, cb.ID())
			})
		}
	}
}

// What the part codes of will say cannot make a failure a pass.
func TestOnlyTheSignedCodeCounts(t *testing.T) {
	values := url.Values{"code": {"66666006"}, "orderNo": {"order1"}, "faceCode": {"0"}, "willCode": {"0"}}
	values.Set("newSignature", faceid.Sign(cbTicket, cbAppID, "order1", "66666006"))
	cb, err := faceid.VerifyCallback(values, cbAppID, cbTicket)
	require.NoError(t, err)
	require.False(t, cb.Passed())
	values.Add("willCode", "1")
	_, err = faceid.VerifyCallback(values, cbAppID, cbTicket)
	require.ErrorIs(t, err, faceid.ErrBadSignature)
}

func TestFrontEndCodesSayWhatToDo(t *testing.T) {
	for code, want := range map[faceid.Code]struct {
		remedy faceid.Remedy
		family faceid.Family
	}{
		faceid.CodeH5NoRecording: {faceid.RemedyOtherWay, faceid.FamilyBrowserUnsupported},
		faceid.CodeH5NoLogin:     {faceid.RemedyReenter, faceid.FamilyInterrupted},
		faceid.CodeH5Interrupted: {faceid.RemedyReenter, faceid.FamilyInterrupted},
		faceid.CodeH5NoCamera:    {faceid.RemedyAllowCamera, faceid.FamilyCameraDenied},
		faceid.CodeH5NoRealTime:  {faceid.RemedyOtherBrowser, faceid.FamilyBrowserUnsupported},
		faceid.CodeH5NotInWeChat: {faceid.RemedyWeChat, faceid.FamilyBrowserUnsupported},
		faceid.CodeH5BadMessage:  {faceid.RemedyReenter, faceid.FamilyInterrupted},
		faceid.CodePassed:        {"", faceid.FamilyPassed},
		faceid.CodeNotSamePerson: {"", faceid.FamilyNotSamePerson},
		"h5-frontend/9999":       {"", faceid.ErrUnknownCode},
	} {
		require.Equal(t, want.remedy, code.Remedy(), code.Number())
		require.Equal(t, want.remedy == faceid.RemedyReenter || want.remedy == faceid.RemedyAllowCamera, code.Remedy().Reenter())
		require.Equal(t, want.family, code.Family(), code.Number())
		if want.remedy != "" {
			require.NotEmpty(t, code.Gloss())
			require.NotEmpty(t, code.Handling())
		}
	}
}

// A replay reaches the hook, and the hook decides.
func TestACallbackCanBeAcceptedOnce(t *testing.T) {
	sim := faceidtest.Start(t)
	var mu sync.Mutex
	seen := map[string]bool{}
	client := newClient(sim, faceid.WithCallbackOnce(func(_ context.Context, cb *faceid.Callback) (bool, error) {
		mu.Lock()
		defer mu.Unlock()
		first := !seen[cb.ID()]
		seen[cb.ID()] = true
		return first, nil
	}))
	back := finish(t, sim, client, "order1")

	forged := back.Clone(t.Context())
	forged.URL.RawQuery = strings.Replace(forged.URL.RawQuery, "code=0", "code=1", 1)
	_, err := client.VerifyCallback(t.Context(), forged)
	require.ErrorIs(t, err, faceid.ErrBadSignature)
	require.Empty(t, seen, "a forgery does not reach the hook")

	cb, err := client.VerifyCallback(t.Context(), back)
	require.NoError(t, err)
	require.Equal(t, "order1", cb.OrderNo)
	cb, err = client.VerifyCallback(t.Context(), back)
	require.ErrorIs(t, err, faceid.ErrReplayed)
	require.Equal(t, "order1", cb.OrderNo, "a reload can be sent to its order's page")
	require.NotErrorIs(t, err, faceid.ErrBadSignature)

	_, err = client.VerifyCallback(t.Context(), sim.Callback("https://merchant.example/back", "order1", "66660004"))
	require.NoError(t, err, "another end of the same order is another callback")
	for range 2 {
		_, err = client.VerifyCallback(t.Context(), sim.Callback("https://merchant.example/back", "order1", "3004"))
		require.NoError(t, err, "a person without a camera may find none again")
	}

	const hundred = 100
	firsts := make(chan bool, hundred)
	callback := sim.Callback("https://merchant.example/back", "order2", "0")
	for range hundred {
		go func() {
			_, err := client.VerifyCallback(context.WithoutCancel(t.Context()), callback)
			firsts <- err == nil
		}()
	}
	accepted := 0
	for range hundred {
		if <-firsts {
			accepted++
		}
	}
	require.Equal(t, 1, accepted)
}

// After a refresh the platform signs the same callback with another ticket.
func TestAReplayIsKnownAcrossRefreshes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		seen := map[string]bool{}
		client := newClient(sim, faceid.WithCallbackOnce(func(_ context.Context, cb *faceid.Callback) (bool, error) {
			first := !seen[cb.ID()]
			seen[cb.ID()] = true
			return first, nil
		}))
		before := finish(t, sim, client, "order1")
		_, err := client.VerifyCallback(t.Context(), before)
		require.NoError(t, err)
		time.Sleep(21 * time.Minute)
		burst(t, 1, func() error { _, err := client.SignTicket(t.Context()); return err })
		after := sim.Callback("https://merchant.example/back", "order1", "0")
		require.NotEqual(t, before.URL.Query().Get("newSignature"), after.URL.Query().Get("newSignature"))
		_, err = client.VerifyCallback(t.Context(), after)
		require.ErrorIs(t, err, faceid.ErrReplayed)
	})
}

func TestABrokenHookIsNotAFirstTime(t *testing.T) {
	sim := faceidtest.Start(t)
	broken := errors.New("the database is down")
	client := newClient(sim, faceid.WithCallbackOnce(func(context.Context, *faceid.Callback) (bool, error) { return true, broken }))
	cb, err := client.VerifyCallback(t.Context(), finish(t, sim, client, "order1"))
	require.Nil(t, cb)
	require.ErrorIs(t, err, broken)
	require.NotErrorIs(t, err, faceid.ErrStore, "the credentials' store is well")
	suite.see(err)
}

func TestAnUnverifiedCallbackIsNotReadable(t *testing.T) {
	for name, test := range map[string]struct {
		change  func(url.Values)
		appID   string
		tickets []string
	}{
		"other code":      {func(v url.Values) { v.Set("code", "66660004") }, cbAppID, []string{cbTicket}},
		"other order":     {func(v url.Values) { v.Set("orderNo", "orderNo596552") }, cbAppID, []string{cbTicket}},
		"other app":       {func(url.Values) {}, "IDAXXXXY", []string{cbTicket}},
		"other ticket":    {func(url.Values) {}, cbAppID, []string{"other"}},
		"no ticket":       {func(url.Values) {}, cbAppID, nil},
		"short signature": {func(v url.Values) { v.Set("newSignature", cbSign[:39]) }, cbAppID, []string{cbTicket}},
		"long signature":  {func(v url.Values) { v.Set("newSignature", cbSign+"0") }, cbAppID, []string{cbTicket}},
		"no code":         {func(v url.Values) { v.Del("code") }, cbAppID, []string{cbTicket}},
		"no order":        {func(v url.Values) { v.Del("orderNo") }, cbAppID, []string{cbTicket}},
		"code twice":      {func(v url.Values) { v.Add("code", "1") }, cbAppID, []string{cbTicket}},
		"order twice":     {func(v url.Values) { v.Add("orderNo", "x") }, cbAppID, []string{cbTicket}},
		"signature twice": {func(v url.Values) { v.Add("newSignature", "x") }, cbAppID, []string{cbTicket}},
		"two signatures":  {func(v url.Values) { v.Set("newSign", "x") }, cbAppID, []string{cbTicket}},
		"code shifted": {func(v url.Values) {
			v.Set("code", "00")
			v.Set("newSignature", faceid.Sign(cbTicket, cbAppID, "orderNo596551", "00"))
		}, cbAppID, []string{cbTicket}},
		"order with a blank": {func(v url.Values) {
			v.Set("orderNo", "a b")
			v.Set("newSignature", faceid.Sign(cbTicket, cbAppID, "a b", "0"))
		}, cbAppID, []string{cbTicket}},
		"signed by no ticket":  {func(v url.Values) { v.Set("newSignature", faceid.Sign("", cbAppID, "orderNo596551", "0")) }, cbAppID, []string{""}},
		"signed by the secret": {func(v url.Values) { v.Set("newSignature", faceid.Sign("secret", cbAppID, "orderNo596551", "0")) }, cbAppID, []string{cbTicket}},
	} {
		t.Run(name, func(t *testing.T) {
			values := cbValues()
			test.change(values)
			cb, err := faceid.VerifyCallback(values, test.appID, test.tickets...)
			require.ErrorIs(t, err, faceid.ErrBadSignature)
			require.Nil(t, cb)
			require.False(t, cb.Passed())
		})
	}
}

func TestAnUnsignedCallbackGivesHintsOnly(t *testing.T) {
	sim := faceidtest.Start(t, faceidtest.WithUnsignedFrontEnd())
	client := newClient(sim)
	sim.ScriptDefault(faceidtest.NoCamera())
	cb, err := client.VerifyCallback(t.Context(), finish(t, sim, client, "order1"))
	require.Nil(t, cb)
	require.ErrorIs(t, err, faceid.ErrUnsigned)
	var unsigned *faceid.UnsignedError
	require.ErrorAs(t, err, &unsigned)
	require.Equal(t, "order1", unsigned.UnverifiedOrderNo)
	require.Equal(t, faceid.CodeH5NoCamera, unsigned.UnverifiedCode)
}

// Anyone can write anything there, and merchants log it.
func TestTheHintsOfAnUnsignedCallbackAreCleaned(t *testing.T) {
	for orderNo, want := range map[string]string{
		"order1\n2026 admin logged in\x1b[2J": "order1 2026 admin logged in [2J",
		strings.Repeat("A", 4000):             "[redacted]",
		strings.Repeat("单 ", 4000):            strings.Repeat("单 ", 150) + "…",
	} {
		_, err := faceid.VerifyCallback(url.Values{"orderNo": {orderNo}, "code": {"0\n<script>"}}, "TIDA0001", "ticket")
		var unsigned *faceid.UnsignedError
		require.ErrorAs(t, err, &unsigned)
		require.Equal(t, want, unsigned.UnverifiedOrderNo)
		require.EqualValues(t, "face/unreadable", unsigned.UnverifiedCode)
	}
}

// The body of a request, or a query that is not one, cannot smuggle anything in.
func TestOnlyTheQueryOfTheRequestCounts(t *testing.T) {
	sim := faceidtest.Start(t)
	client := newClient(sim)
	good := finish(t, sim, client, "order1")

	posted := httptest.NewRequest(http.MethodPost, "https://merchant.example/back", strings.NewReader(good.URL.RawQuery))
	posted.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	_, err := client.VerifyCallback(t.Context(), posted)
	require.ErrorIs(t, err, faceid.ErrUnsigned)

	broken := httptest.NewRequest(http.MethodGet, "https://merchant.example/back", nil)
	broken.URL.RawQuery = good.URL.RawQuery + "&%zz"
	_, err = client.VerifyCallback(t.Context(), broken)
	require.ErrorIs(t, err, faceid.ErrBadSignature)
}

// The platform signs with the SIGN ticket it holds when the person finishes.
func TestACallbackIsVerifiedAcrossRefreshes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		back := finish(t, sim, client, "order1")
		for i := range 12 { // an hour has three refreshes
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

// Another process may have refreshed a moment ago: its ticket is found, but a
// stranger cannot make us hammer the store.
func TestAMismatchLooksIntoTheStoreOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		store := &countingStore{MemoryStore: faceid.NewMemoryStore()}
		mine, other := newClient(sim, faceid.WithStore(store)), newClient(sim, faceid.WithStore(store))
		_, err := mine.SignTicket(t.Context())
		require.NoError(t, err)
		time.Sleep(20*time.Minute - time.Second)
		_, err = mine.SignTicket(t.Context()) // mine has just read the store
		require.NoError(t, err)
		time.Sleep(2 * time.Second)
		finish(t, sim, other, "order1") // refreshes
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

// After another process refreshed, one callback looks into the store; those that
// come at the same time wait for what it finds.
func TestCallbacksAtTheSameTimeShareTheLookIntoTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		store := &remoteStore{countingStore{MemoryStore: faceid.NewMemoryStore()}}
		mine, other := newClient(sim, faceid.WithStore(store)), newClient(sim, faceid.WithStore(store))
		_, err := mine.SignTicket(t.Context())
		require.NoError(t, err)
		time.Sleep(21 * time.Minute)
		burst(t, 1, func() error { _, err := other.SignTicket(t.Context()); return err }) // refreshes
		back := finish(t, sim, other, "order1")

		before := store.loads.Load()
		burst(t, 100, func() error { _, err := mine.VerifyCallback(t.Context(), back); return err })
		require.EqualValues(t, 1, store.loads.Load()-before)
	})
}

// remoteStore takes a while.
type remoteStore struct{ countingStore }

func (s *remoteStore) Load(ctx context.Context, key string) ([]byte, time.Duration, error) {
	time.Sleep(2 * time.Millisecond)
	return s.countingStore.Load(ctx, key)
}

// Our copy may be younger than a second, which is the least between two looks
// into the store, and yet older than the ticket that signed the callback.
func TestACallbackRightAfterAnothersRefresh(t *testing.T) {
	for name, test := range map[string]struct {
		after time.Duration // from our last look to the other's refresh
		slow  time.Duration // what the other takes to save
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
				_, err = s.b.NonceTicket(t.Context(), "user1") // b has just read the store
				require.NoError(t, err)
				time.Sleep(test.after)
				if test.slow > 0 {
					s.store.set(stopped("swap", 3, test.slow)) // mark, token, ticket
				}
				s.wg.Go(func() { _, _ = s.a.NonceTicket(t.Context(), "user1") }) // a refreshes
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

// Who does not wait for the look into the store has not learned that the
// signature is bad.
func TestACallbackWhoseCallerLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		require.NoError(t, query(t.Context(), s.a))
		time.Sleep(5 * time.Minute)
		_, err := s.b.NonceTicket(t.Context(), "user1") // b has just read the store
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

// Nobody expects a new pair in the middle of a period, and yet there may be one.
func TestACallbackRightAfterAnothersRecovery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		require.NoError(t, query(t.Context(), s.a))
		time.Sleep(5 * time.Minute)
		_, err := s.b.NonceTicket(t.Context(), "user1") // b has just read the store
		require.NoError(t, err)
		time.Sleep(100 * time.Millisecond)
		s.sim.RevokeTokens(s.sim.AppID())
		require.NoError(t, query(t.Context(), s.a))

		_, err = s.b.VerifyCallback(t.Context(), s.sim.Callback("https://merchant.example/back", "order2", "0"))
		require.NoError(t, err)
	})
}

func TestACallbackWithoutAnyTicketIsRefusedAndMintsNothing(t *testing.T) {
	sim := faceidtest.Start(t)
	back := finish(t, sim, newClient(sim), "order1")
	before := sim.Calls(pathToken)
	_, err := newClient(sim).VerifyCallback(t.Context(), back) // a process that has just started
	require.ErrorIs(t, err, faceid.ErrBadSignature)
	require.Equal(t, before, sim.Calls(pathToken))
}

func TestForgedCallbacksForUsersTestsAreAccepted(t *testing.T) {
	sim := faceidtest.Start(t)
	client := newClient(sim)
	_, err := client.SignTicket(t.Context())
	require.NoError(t, err)
	cb, err := client.VerifyCallback(t.Context(), sim.Callback("https://merchant.example/back", "order1", "0"))
	require.NoError(t, err)
	require.True(t, cb.Passed())
}

// Without the ticket nothing passes, whatever is in the query; with it, only
// what was signed.
func FuzzVerifyCallback(f *testing.F) {
	f.Add(cbValues().Encode(), cbTicket)
	f.Add("code=0&orderNo=1&newSign="+faceid.Sign("x", cbAppID, "1", "0"), "x")
	f.Add("code=0&orderNo=a&orderNo=b&newSignature=", "")
	f.Add("code=3004&orderNo=a", "t")
	f.Add("code=66660004&orderNo=01a&newSignature="+faceid.Sign("t", cbAppID, "01a", "66660004"), "t")
	f.Fuzz(func(t *testing.T, query, ticket string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Skip()
		}
		if cb, err := faceid.VerifyCallback(values, cbAppID, "a ticket that the fuzzer does not know", ""); err == nil {
			t.Fatalf("passed without the ticket: %v", cb)
		}
		cb, err := faceid.VerifyCallback(values, cbAppID, ticket)
		if err != nil {
			if cb != nil || cb.Passed() {
				t.Fatal("readable although refused")
			}
			return
		}
		want := faceid.Sign(ticket, cbAppID, cb.OrderNo, cb.Code.Number())
		got := values.Get("newSignature")
		if got == "" {
			got = values.Get("newSign")
		}
		if ticket == "" || !strings.EqualFold(want, got) || len(values["code"]) != 1 || len(values["orderNo"]) != 1 {
			t.Fatalf("accepted %q", query)
		}
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
