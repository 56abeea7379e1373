package credential

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var badToken = Reason{Code: "15"}

// A young pair is not the reason for a refusal.
func TestRecoverYoung(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		g := m.sign()
		w.calls()
		time.Sleep(time.Minute - 1)
		require.ErrorIs(t, m.Recover(ctx, g.Pair, badToken), ErrYoung)
		require.Equal(t, [3]int{}, w.calls())
		time.Sleep(1)
		require.NoError(t, m.Recover(ctx, g.Pair, badToken))
		require.Equal(t, [3]int{0, 1, 1}, w.calls(), "the token lives, so only a SIGN ticket is fetched")
		require.Equal(t, &throttle{Step: 1, Age: w.stored(rightSecret).Throttle.Age, Reason: badToken}, w.stored(rightSecret).Throttle)
		require.ErrorIs(t, m.Recover(ctx, m.sign().Pair, badToken), ErrYoung, "the age of the younger part counts")
	})
}

// A token that died is replaced. A token that dies while it is fresh was killed by another
// mint, and the watcher is told of two within an hour.
func TestRecoverForeign(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		for n := 1; n <= 3; n++ {
			g := m.sign()
			w.platform.foreignMint()
			time.Sleep(15 * time.Minute)
			w.calls()
			require.NoError(t, m.Recover(ctx, g.Pair, badToken))
			require.Equal(t, [3]int{1, 1, 1}, w.calls())
			require.NotEqual(t, g.Token, m.sign().Token)
			require.Equal(t, n >= 2, m.Foreign())
		}
		require.Equal(t, []int{1, 2, 3}, m.told.deaths)
		w.platform.mint.rest = refused
		g := m.sign()
		w.platform.foreignMint()
		time.Sleep(15 * time.Minute)
		require.Error(t, m.Recover(ctx, g.Pair, badToken))
		err := m.Recover(ctx, g.Pair, badToken)
		var e *Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, Throttled, e.Kind)
		require.True(t, e.Foreign)
		require.Equal(t, denial, e.Reason)
		require.Equal(t, 1, w.calls()[0])
	})
}

// The death of an aging token is not counted.
func TestRecoverAging(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		g := m.sign()
		w.platform.foreignMint()
		time.Sleep(20 * time.Minute)
		require.NoError(t, m.Recover(ctx, g.Pair, badToken))
		require.Empty(t, m.told.deaths)
		require.False(t, m.Foreign())
		m.sign()
	})
}

// A pair that another process has fetched since is taken without a request.
func TestRecoverTakesAnothersPair(t *testing.T) {
	inBubble(t, func(w *world) {
		m, other := w.warm(behind), w.join(behind)
		g := other.sign()
		time.Sleep(19 * time.Minute)
		m.nonce()
		w.calls()
		w.store.onLock = func(context.Context) error { t.Error("the lock was taken"); return nil }
		require.Zero(t, took(func() { require.NoError(t, other.Recover(ctx, g.Pair, badToken)) }))
		require.Equal(t, [3]int{}, w.calls())
		require.Equal(t, "SIGN-4", other.sign().Sign)
	})
	inBubble(t, func(w *world) { // the pair is saved while this process waits for the lock
		m := w.warm(behind)
		g := m.sign()
		time.Sleep(2 * time.Minute)
		w.calls()
		w.store.onLock = func(context.Context) error {
			w.plant(&record{Token: Ticket{"T", 2 * time.Hour, 0}, Sign: Ticket{"S", time.Hour, 0}})
			return nil
		}
		require.NoError(t, m.Recover(ctx, g.Pair, badToken))
		require.Equal(t, [3]int{}, w.calls())
		require.Equal(t, "T", m.cur.Load().Token.Value)
	})
}

// A half record of another process is completed, because its old SIGN ticket may be the
// refused one.
func TestRecoverCompletesHalf(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		g := m.sign()
		w.platform.sign.next = []way{answered}
		time.Sleep(20 * time.Minute)
		m.sign()
		time.Sleep(time.Second)
		h := m.sign()
		require.True(t, h.Pair.half())
		w.calls()
		require.NoError(t, m.Recover(ctx, g.Pair, badToken))
		require.Equal(t, [3]int{0, 1, 0}, w.calls())
		require.NoError(t, m.Recover(ctx, h.Pair, badToken), "the call used a half record")
		require.Equal(t, [3]int{}, w.calls())
	})
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		w.platform.sign.next = []way{answered, answered}
		time.Sleep(20 * time.Minute)
		m.sign()
		time.Sleep(time.Second)
		h := m.sign()
		require.True(t, h.Pair.half())
		w.platform.sign.next = nil
		require.NoError(t, m.Recover(ctx, h.Pair, badToken))
		require.False(t, m.cur.Load().half())
	})
}

// A half record is no recovery, although other calls are signed with its old SIGN ticket.
func TestRecoverWantsMoreThanHalf(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		g := m.sign()
		w.platform.sign.rest = answered
		time.Sleep(20 * time.Minute)
		m.sign()
		time.Sleep(time.Second)
		require.True(t, m.sign().Pair.half())
		require.Error(t, m.Recover(ctx, g.Pair, badToken))
	})
}

// A wrong argument causes no storm of requests, because probes are throttled for all
// processes.
func TestRecoverIsThrottled(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		w.calls()
		began := time.Now()
		for time.Since(began) < 19*time.Minute {
			_ = m.Recover(ctx, m.sign().Pair, badToken)
			time.Sleep(time.Second)
		}
		n := w.calls()
		t.Logf("%v in 19 minutes", n)
		require.Zero(t, n[0])
		require.LessOrEqual(t, n[2], 10)
		require.Greater(t, n[2], 4)
	})
}

// A probe without an answer says nothing about the token, and nothing about refreshing.
func TestRecoverWithoutAnAnswer(t *testing.T) {
	for name, c := range map[string]way{"lost": lost, "answered": answered, "unsent": unsent} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(w *world) {
				m := w.warm(behind)
				g := m.sign()
				time.Sleep(2 * time.Minute)
				w.calls()
				w.platform.nonce.rest = c
				require.ErrorIs(t, m.Recover(ctx, g.Pair, badToken), c.fails)
				require.Equal(t, [3]int{0, 0, 1}, w.calls())
				require.Zero(t, m.back.failures)
				require.Equal(t, "SIGN-2", m.sign().Sign)
				require.Empty(t, m.told.deaths)
				require.Equal(t, Throttled, kindOf(m.Recover(ctx, g.Pair, badToken)))
				require.Equal(t, [3]int{}, w.calls())
			})
		})
	}
}

// Recover waits no longer than a caller without a deadline should.
func TestRecoverIsPatient(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		g := m.sign()
		time.Sleep(2 * time.Minute)
		w.platform.nonce.rest = hangs
		require.Equal(t, 5*time.Second, took(func() { require.Equal(t, Unanswered, kindOf(m.Recover(ctx, g.Pair, badToken))) }))
	})
}

// Without the store only a Keeper with the option Alone recovers.
func TestRecoverWithoutAStore(t *testing.T) {
	for _, may := range []bool{false, true} {
		inBubble(t, func(w *world) {
			m := w.join(Options{Behind: true, Alone: may})
			g := m.sign()
			time.Sleep(2 * time.Minute)
			w.platform.kill(g.Token)
			w.store.onLock, w.store.onLoad = down, down
			err := m.Recover(ctx, g.Pair, badToken)
			if !may {
				require.Equal(t, StoreFailed, kindOf(err))
				return
			}
			require.NoError(t, err)
			require.Equal(t, "TOKEN-3", m.sign().Token)
		})
	}
}

// A recovery whose lease is too short, or whose swap is lost, refreshes.
func TestRecoverLosesItsSwap(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		g := m.sign()
		time.Sleep(2 * time.Minute)
		done := false
		w.store.onSwap = func([]byte, []byte) error {
			if !done {
				done = true
				w.plant(&record{Token: Ticket{"T", 2 * time.Hour, 0}, Sign: Ticket{"S", time.Hour, 0}})
			}
			return nil
		}
		w.calls()
		require.NoError(t, m.Recover(ctx, g.Pair, badToken))
		require.Equal(t, [3]int{}, w.calls())
		require.Equal(t, "T", m.cur.Load().Token.Value)
	})
}

// The old pair is dead, so its SIGN ticket does not even work for the minute after a mint.
func TestRecoverKnowsThatTheOldPairIsDead(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		g := m.sign()
		time.Sleep(2 * time.Minute)
		w.platform.kill(g.Token)
		w.platform.sign.rest = answered
		require.Error(t, m.Recover(ctx, g.Pair, badToken))
		require.True(t, w.stored(rightSecret).OldDead)
		_, err := m.ForSigning(ctx)
		require.ErrorIs(t, err, answered.fails)
	})
}

// The copy may seem younger than the record in the store is.
func TestRecoverBelievesTheStoresAge(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		g := m.sign()
		w.calls()
		time.Sleep(10 * time.Second)
		w.store.future = time.Minute
		require.NoError(t, m.Recover(ctx, g.Pair, badToken))
		require.Equal(t, [3]int{0, 1, 1}, w.calls())
	})
}

// The death of one token counts once, even if it is noticed several times.
func TestRecoverCountsOneDeathOnce(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		g := m.sign()
		w.platform.nonce.rest, w.platform.mint.rest = refused, answered
		time.Sleep(5 * time.Minute)
		for range 20 {
			require.Error(t, m.Recover(ctx, g.Pair, badToken))
			time.Sleep(30 * time.Second)
		}
		require.False(t, m.Foreign())
	})
}
