package credential

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestForSigningFromCold(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.join(behind)
		g := m.sign()
		require.Equal(t, Grant{Token: "TOKEN-1", Sign: "SIGN-2", Pair: m.cur.Load()}, g)
		require.Equal(t, [3]int{1, 1, 0}, w.calls())
		require.Equal(t, g.Token, w.stored(rightSecret).Token.Value)
		require.Equal(t, g.Sign, w.stored(rightSecret).Sign.Value)
		require.Equal(t, g.Sign, w.join(behind).sign().Sign, "another process shares the ticket")
		require.Equal(t, [3]int{}, w.calls())
		require.Empty(t, m.told.trouble)
	})
}

func TestForSigningFresh(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(inFront)
		w.calls()
		for range 19 {
			time.Sleep(time.Minute - time.Second)
			require.Zero(t, took(func() { require.Equal(t, "SIGN-2", m.sign().Sign) }))
			require.Zero(t, took(func() { m.nonce() }))
		}
		require.Equal(t, [3]int{}, w.calls())
	})
}

func TestForSigningAging(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		w.platform.mint.rest = slow(time.Second)
		time.Sleep(20 * time.Minute)
		require.Zero(t, took(func() { require.Equal(t, "SIGN-2", m.sign().Sign) }))
		time.Sleep(2 * time.Second)
		require.Equal(t, "SIGN-4", m.sign().Sign)
		require.Equal(t, [3]int{2, 2, 0}, w.calls())
	})
}

func TestForSigningAgingInFront(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(inFront)
		w.platform.mint.next = []way{slow(2 * time.Second), slow(4 * time.Second)}
		time.Sleep(20 * time.Minute)
		require.Equal(t, 2*time.Second, took(func() { require.Equal(t, "SIGN-4", m.sign().Sign) }))
		time.Sleep(20 * time.Minute)
		require.Equal(t, 4*time.Second, took(func() { require.Equal(t, "SIGN-6", m.sign().Sign) }),
			"a mint has begun, so the old pair is dying")
		w.platform.mint.rest = answered
		time.Sleep(20 * time.Minute)
		require.Zero(t, took(func() { require.Equal(t, "SIGN-6", m.sign().Sign) }))
		require.Len(t, m.told.ended, 4)
		w.calls()
		require.Zero(t, took(func() { require.Equal(t, "SIGN-6", m.sign().Sign) }))
		require.Equal(t, [3]int{}, w.calls(), "there is a backoff after a failure")
	})
}

// A process died while it minted. The pair may be dying, and is used only if no better
// one comes within a moment, whatever the options are.
func TestForSigningDying(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		r := w.stored(rightSecret).aged(time.Minute).marked("another", 30*time.Second)
		w.plant(r)
		time.Sleep(30 * time.Second)
		require.Equal(t, "SIGN-2", m.sign().Sign)
		require.Equal(t, [3]int{1, 1, 0}, w.calls(), "the lease has not ended")
		time.Sleep(2 * time.Second)
		w.platform.mint.next = []way{slow(time.Second)}
		require.Equal(t, time.Second, took(func() { require.Equal(t, "SIGN-4", m.sign().Sign) }))

		w.plant(w.stored(rightSecret).aged(time.Minute).marked("another", 30*time.Second))
		time.Sleep(31 * time.Second)
		w.store.onLock = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		require.Equal(t, 3*time.Second, took(func() { require.Equal(t, "SIGN-4", m.sign().Sign) }),
			"nobody mints, so the old pair is used")
	})
}

func TestForSigningSpent(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		time.Sleep(55*time.Minute + time.Nanosecond)
		w.platform.mint.rest = slow(4 * time.Second)
		require.Equal(t, 4*time.Second, took(func() { require.Equal(t, "SIGN-4", m.sign().Sign) }))
	})
}

func TestForNonceAging(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		w.platform.mint.rest = slow(4 * time.Second)
		time.Sleep(19*time.Minute - time.Nanosecond)
		require.Equal(t, "TOKEN-1", m.nonce().Token)
		time.Sleep(time.Nanosecond)
		require.Zero(t, took(func() { require.Equal(t, "SIGN-2", m.sign().Sign) }))
		require.Equal(t, [3]int{1, 1, 0}, w.calls(), "a signature needs nothing new")
		require.Equal(t, 4*time.Second, took(func() { require.Equal(t, "TOKEN-3", m.nonce().Token) }))

		w.store.onLock = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		time.Sleep(19 * time.Minute)
		require.Equal(t, 3*time.Second, took(func() { require.Equal(t, "TOKEN-3", m.nonce().Token) }))
		require.Zero(t, w.calls()[0]-1)
	})
}

// A token whose replacement is under way is not used for a launch.
func TestForNonceWaitsForAMint(t *testing.T) {
	inBubble(t, func(w *world) {
		m, other := w.warm(behind), w.join(behind)
		other.sign()
		time.Sleep(20 * time.Minute)
		w.platform.mint.rest = slow(4 * time.Second)
		other.sign()
		time.Sleep(2 * time.Second)
		require.Equal(t, "SIGN-2", m.sign().Sign)
		require.Equal(t, "TOKEN-3", m.nonce().Token)
		require.Equal(t, 2, w.calls()[0])
	})
}

func TestOvertaken(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		g := m.nonce()
		require.False(t, m.Overtaken(ctx, g.Pair))
		w.plant(w.stored(rightSecret).marked("another", 30*time.Second))
		require.True(t, m.Overtaken(ctx, g.Pair))
		w.plant(&record{Token: Ticket{"other", time.Hour, 0}})
		require.True(t, m.Overtaken(ctx, g.Pair))
		w.store.onLoad = down
		require.False(t, m.Overtaken(ctx, g.Pair))
	})
}

func TestSignTickets(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.join(behind)
		tickets, err := m.SignTickets(ctx, false)
		require.NoError(t, err)
		require.Empty(t, tickets)
		require.Equal(t, [3]int{}, w.calls(), "the platform is not asked")
		time.Sleep(20 * time.Second)
		for range 4 {
			m.sign()
			time.Sleep(20*time.Minute + time.Second)
		}
		m.sign()
		time.Sleep(time.Second)
		tickets, err = m.SignTickets(ctx, false)
		require.NoError(t, err)
		require.Equal(t, []string{"SIGN-10", "SIGN-8", "SIGN-6"}, tickets, "the tickets of the last hour, newest first")
	})
}

// After a look that failed the error says why a ticket may be missing.
func TestSignTicketsOfABrokenStore(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		w.store.onLoad = down
		time.Sleep(21 * time.Second)
		tickets, err := m.SignTickets(ctx, false)
		require.Equal(t, []string{"SIGN-2"}, tickets)
		require.Equal(t, StoreFailed, kindOf(err))
		require.ErrorIs(t, err, errDown)
		require.Contains(t, m.told.trouble, "Load: the store is down")
		w.store.onLoad = nil
		time.Sleep(time.Millisecond)
		tickets, err = m.SignTickets(ctx, true)
		require.Equal(t, []string{"SIGN-2"}, tickets)
		require.NoError(t, err)
	})
}

// A callback may be signed with a ticket that another process has just fetched, or is
// about to save.
func TestSignTicketsAgain(t *testing.T) {
	inBubble(t, func(w *world) {
		m, other := w.warm(behind), w.join(behind)
		time.Sleep(20 * time.Minute)
		m.sign()
		time.Sleep(time.Second)
		require.Equal(t, "SIGN-4", other.sign().Sign)
		w.plant(changed(w.stored(rightSecret), func(r *record) { r.Sign.Value = "SIGN-A"; r.Recent = nil }))
		tickets, _ := other.SignTickets(ctx, false)
		require.NotContains(t, tickets, "SIGN-A")
		time.Sleep(time.Millisecond)
		waited := took(func() { tickets, _ = other.SignTickets(ctx, true) })
		require.Contains(t, tickets, "SIGN-A")
		require.LessOrEqual(t, waited, 1100*time.Millisecond)

		w.plant(w.stored(rightSecret).marked("another", 30*time.Second))
		time.Sleep(time.Millisecond)
		go func() {
			time.Sleep(1500 * time.Millisecond)
			w.plant(&record{Token: Ticket{"T", 2 * time.Hour, 0}, Sign: Ticket{"SIGN-B", time.Hour, 0}})
		}()
		tickets, _ = other.SignTickets(ctx, true)
		require.Contains(t, tickets, "SIGN-B", "a ticket about to be saved is waited for")
	})
}

func TestClose(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		require.NoError(t, m.Close(ctx))
		time.Sleep(20 * time.Minute)
		m.sign()
		synctest.Wait()
		require.Equal(t, [3]int{1, 1, 0}, w.calls(), "no refresh begins in the background")
		time.Sleep(36 * time.Minute)
		m.sign()
		require.Equal(t, [3]int{1, 1, 0}, w.calls(), "a caller without a pair is served")

		other := w.join(behind)
		w.platform.mint.rest = slow(8 * time.Second)
		time.Sleep(20 * time.Minute)
		other.sign()
		require.Equal(t, time.Second, took(func() {
			soon, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			require.ErrorIs(t, other.Close(soon), context.DeadlineExceeded)
		}))
		require.Equal(t, 7*time.Second, took(func() { require.NoError(t, other.Close(ctx)) }))
	})
}

// Another process is minting, as its mark in the store says, so no launch uses the old
// token.
func TestForNonceWaitsInFrontOfAnothersMint(t *testing.T) {
	inBubble(t, func(w *world) {
		m, other := w.warm(behind), w.join(behind)
		time.Sleep(20 * time.Minute)
		w.platform.mint.rest = slow(4 * time.Second)
		other.glance(ctx)
		m.glance(ctx)
		other.sign()
		synctest.Wait()
		require.Equal(t, 4*time.Second, took(func() { require.Equal(t, "TOKEN-3", m.nonce().Token) }))
		require.Equal(t, 2, w.calls()[0])
	})
}

func TestForSigningWhileRefreshFails(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		w.platform.mint.rest = answered
		time.Sleep(20 * time.Minute)
		for range 34 * 60 {
			require.Zero(t, took(func() { m.sign() }))
			time.Sleep(time.Second)
		}
		n := w.calls()[0]
		t.Logf("%d mints in 34 minutes", n)
		require.Less(t, n, 20, "the backoff grows to five minutes")
		require.Greater(t, n, 7)
		time.Sleep(2 * time.Minute)
		_, err := m.ForSigning(ctx)
		require.ErrorIs(t, err, answered.fails)
		synctest.Wait()
		require.True(t, errors.Is(m.told.ended[len(m.told.ended)-1], answered.fails))
	})
}
