package credential

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// Processes that refresh at the same moment mint one token together.
func TestTurnOfAFleetMintsOnce(t *testing.T) {
	inBubble(t, func(w *world) {
		w.platform.mint.rest, w.platform.sign.rest = slow(time.Second), slow(time.Second)
		var fleet []*member
		for range 10 {
			fleet = append(fleet, w.join(behind))
		}
		var all sync.WaitGroup
		for _, m := range fleet {
			all.Go(func() {
				if g, err := m.ForSigning(ctx); err != nil || g.Sign != "SIGN-2" {
					t.Errorf("%v %v", g.Sign, err)
				}
			})
		}
		all.Wait()
		require.Equal(t, [3]int{1, 1, 0}, w.calls())
		for range 12 {
			time.Sleep(10 * time.Minute)
			for _, m := range fleet {
				m.sign()
			}
		}
		time.Sleep(10 * time.Second)
		n := w.calls()
		require.LessOrEqual(t, n[0], 6)
		require.Equal(t, n[0], n[1])
	})
}

// During a throttle all processes are told of the platform's refusal at once, with its
// reason, and without the lock.
func TestThrottledErrorComesAtOnce(t *testing.T) {
	inBubble(t, func(w *world) {
		w.platform.mint.rest = refused
		m := w.join(behind)
		require.Zero(t, took(func() {
			_, err := m.ForSigning(ctx)
			require.ErrorIs(t, err, refused.fails)
		}))
		other := w.join(behind)
		_, _ = other.current(ctx, 0)
		w.store.onLock = func(context.Context) error { t.Error("the lock was taken"); return nil }
		for i := range 90 {
			for _, one := range []*member{m, other} {
				require.Zero(t, took(func() {
					_, err := one.ForSigning(ctx)
					var e *Error
					require.ErrorAs(t, err, &e)
					require.Equal(t, Throttled, e.Kind)
					require.Equal(t, denial, e.Reason)
					require.InDelta(t, 10*time.Second-time.Duration(i)*100*time.Millisecond, e.Wait, float64(time.Millisecond))
					require.False(t, e.Foreign)
				}))
			}
			time.Sleep(100 * time.Millisecond)
		}
		require.Equal(t, 1, w.calls()[0])
		require.Zero(t, m.back.failures, "a request that was not sent counts as no failure")
		w.store.onLock = nil
		time.Sleep(2 * time.Second)
		_, err := m.ForSigning(ctx)
		require.ErrorIs(t, err, refused.fails)
		require.Equal(t, 2, w.stored(rightSecret).Throttle.Step)
	})
}

// An hour of refusals causes no storm of requests, and its end is noticed within five
// minutes.
func TestThrottledErrorForAnHourOfRefusals(t *testing.T) {
	inBubble(t, func(w *world) {
		w.platform.mint.rest = refused
		m, other := w.join(behind), w.join(behind)
		for range 360 {
			_, err := m.ForSigning(ctx)
			require.Error(t, err)
			_, err = other.ForSigning(ctx)
			require.Error(t, err)
			time.Sleep(10 * time.Second)
		}
		n := w.calls()[0]
		t.Logf("%d mints in an hour", n)
		require.LessOrEqual(t, n, 18)
		require.GreaterOrEqual(t, n, 13)
		w.platform.mint.rest = well
		time.Sleep(5 * time.Minute)
		m.sign()
	})
}

// Refusals do no harm to a pair that serves.
func TestTurnThatIsRefusedLeavesAPairThatServes(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(inFront)
		w.platform.mint.rest = refused
		time.Sleep(20 * time.Minute)
		for range 30 {
			require.Zero(t, took(func() { m.sign() }))
			require.Zero(t, took(func() { m.nonce() }))
			time.Sleep(time.Minute)
		}
		require.Greater(t, w.calls()[0], 5)
		require.Nil(t, w.stored(rightSecret).Minting, "a refused mint leaves no mark")
	})
}

// A corrected secret is tried at once, and the refusals of the wrong one do not count.
func TestTurnTriesAnotherSecretAtOnce(t *testing.T) {
	inBubble(t, func(w *world) {
		secret := wrongSecret
		m := w.joinWith(behind, "", &account{w.platform, func(context.Context) (string, error) { return secret, nil }})
		for range 8 {
			_, err := m.ForSigning(ctx)
			require.Error(t, err)
			time.Sleep(3 * time.Minute)
		}
		require.Greater(t, w.stored(wrongSecret).Throttle.Step, 3)
		_, err := m.ForSigning(ctx)
		require.Error(t, err)
		secret = rightSecret
		require.Zero(t, took(func() { require.Equal(t, "TOKEN-1", m.sign().Token) }))
		require.Nil(t, w.stored(rightSecret).Throttle)
		require.NotNil(t, w.stored(wrongSecret).Throttle)
	})
}

// A new secret kills the pair of the former one. That pair is not used while the next is
// fetched, and its tickets still verify callbacks.
func TestTurnWithAChangedSecret(t *testing.T) {
	inBubble(t, func(w *world) {
		secret := rightSecret
		m := w.joinWith(behind, rightSecret, &account{w.platform, func(context.Context) (string, error) { return secret, nil }})
		m.sign()
		w.platform.secret, secret = "the next secret", "the next secret"
		w.platform.mint.rest, w.platform.sign.next = slow(time.Second), []way{slow(3 * time.Second)}
		time.Sleep(20 * time.Minute)
		m.sign()
		time.Sleep(2 * time.Second)
		require.True(t, w.stored(secret).half())
		require.True(t, w.stored(secret).OldDead)
		require.Equal(t, "SIGN-4", m.sign().Sign)
		require.Equal(t, "SIGN-4", w.stored(secret).Sign.Value)
		require.Equal(t, "SIGN-2", w.stored(secret).Recent[0].Value)
		tickets, err := m.SignTickets(ctx, false)
		require.NoError(t, err)
		require.Equal(t, []string{"SIGN-4", "SIGN-2"}, tickets)
	})
}

// Processes with a wrong secret on the same store do not hinder the others.
func TestTurnWithAWrongSecretHindersNobody(t *testing.T) {
	inBubble(t, func(w *world) {
		good := w.join(behind)
		bad := []*member{w.join(behind, wrongSecret), w.join(behind, "another wrong one"), w.join(alone, wrongSecret)}
		for range 12 * 60 {
			for _, m := range bad {
				_, err := m.ForSigning(ctx)
				require.Error(t, err)
				require.True(t, isKnownRefusal(err), "%v", err)
			}
			require.LessOrEqual(t, took(func() { good.sign(); good.nonce() }), time.Millisecond)
			time.Sleep(10 * time.Second)
		}
		require.Empty(t, good.told.trouble)
		for _, err := range good.told.ended {
			require.NoError(t, err)
		}
		require.Len(t, good.told.ended, 7)
	})
}

// If the store saves nothing, a new token serves in this process, and is saved again
// later. The next process finds it then.
func TestKeepHoldsATokenThatCannotBeSaved(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		time.Sleep(20 * time.Minute)
		n := 0
		w.store.onSwap = func([]byte, []byte) error { // the first swap, with the mark, succeeds
			if n++; n > 1 {
				return errDown
			}
			return nil
		}
		m.sign()
		time.Sleep(time.Second)
		require.Equal(t, "SIGN-4", m.sign().Sign)
		require.Equal(t, [3]int{2, 2, 0}, w.calls())
		require.Equal(t, "TOKEN-1", w.stored(rightSecret).Token.Value)
		w.store.onSwap = nil
		time.Sleep(21 * time.Second)
		require.Equal(t, "SIGN-4", m.sign().Sign)
		require.Equal(t, "SIGN-4", w.stored(rightSecret).Sign.Value)
		require.Equal(t, [3]int{0, 0, 0}, w.calls())
	})
}

// A SIGN ticket that could not be saved is dropped if the lock is lost as well, because
// another process may have a newer pair.
func TestKeepDropsASignTicket(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		time.Sleep(20 * time.Minute)
		w.store.onSwap = func(_, text []byte) error {
			if r, _ := m.known.Load().unseal(text); r.Sign.Value == "SIGN-4" {
				time.Sleep(31 * time.Second)
				return errDown
			}
			return nil
		}
		m.sign()
		time.Sleep(40 * time.Second)
		synctest.Wait()
		w.store.onSwap = nil
		require.NotEqual(t, "SIGN-4", m.sign().Sign)
		time.Sleep(time.Second)
		require.Equal(t, 3, w.calls()[1])
		require.NotEqual(t, "SIGN-4", w.stored(rightSecret).Sign.Value)
	})
}

// A process that lost the lock without knowing it does not overwrite the other's record.
func TestKeepThatLosesItsSwapMintsAgain(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		time.Sleep(20 * time.Minute)
		planted := false
		w.store.onSwap = func(_, text []byte) error {
			if r, _ := m.known.Load().unseal(text); r.half() && !planted {
				planted = true
				w.platform.foreignMint()
				w.plant(&record{Token: Ticket{"TOKEN-4", 2 * time.Hour, 0}, Sign: Ticket{"S", time.Hour, 0}})
			}
			return nil
		}
		m.sign()
		time.Sleep(time.Second)
		require.Equal(t, "SIGN-6", m.sign().Sign, "nobody knows which mint was the last, so there is a third")
		require.Equal(t, [3]int{3, 2, 0}, w.calls())
	})
}

// A store that is out of reach causes no mint, and is named as the reason.
func TestUnderLockOfAStoreThatIsDown(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.join(behind)
		w.store.onLock = down
		_, err := m.ForSigning(ctx)
		require.Equal(t, StoreFailed, kindOf(err))
		require.Contains(t, m.told.trouble, "Lock: the store is down")
		w.store.onLock, w.store.onLoad = nil, down
		time.Sleep(time.Minute)
		_, err = m.ForSigning(ctx)
		require.Equal(t, StoreFailed, kindOf(err))
		w.store.onLoad, w.store.onSwap = nil, func([]byte, []byte) error { return errDown }
		time.Sleep(time.Minute)
		_, err = m.ForSigning(ctx)
		require.Equal(t, StoreFailed, kindOf(err))
		require.Contains(t, strings.Join(m.told.trouble, "\n"), "CompareAndSwap: the store is down")
		require.Equal(t, [3]int{}, w.calls(), "without a mark no mint is sent")
		w.store.onSwap, w.store.onUnlock = nil, func() error { return errDown }
		time.Sleep(time.Minute)
		m.sign()
		require.Contains(t, m.told.trouble, "Unlock: the store is down")
	})
}

// A Keeper with the option Alone mints without the store if it has no pair, and not while
// it has one.
func TestAloneMintsWithoutTheStore(t *testing.T) {
	inBubble(t, func(w *world) {
		w.store.onLock, w.store.onLoad = down, down
		m := w.join(alone)
		require.Equal(t, "SIGN-2", m.sign().Sign)
		require.Equal(t, [3]int{1, 1, 0}, w.calls())
		time.Sleep(20 * time.Minute)
		m.sign()
		time.Sleep(time.Second)
		require.Equal(t, [3]int{}, w.calls())
		synctest.Wait()
		require.Equal(t, StoreFailed, kindOf(m.told.ended[1]))
		time.Sleep(40 * time.Minute)
		require.Equal(t, "SIGN-4", m.sign().Sign)
		synctest.Wait()
		w.store.onLock, w.store.onLoad = nil, nil
		time.Sleep(21 * time.Second)
		m.sign()
		time.Sleep(21 * time.Second)
		m.sign()
		require.Equal(t, [3]int{1, 1, 0}, w.calls())
	})
	inBubble(t, func(w *world) {
		w.store.onLock, w.store.onLoad = down, down
		w.platform.mint.rest = refused
		m := w.join(alone)
		_, err := m.ForSigning(ctx)
		require.ErrorIs(t, err, refused.fails)
		_, err = m.ForSigning(ctx)
		require.Equal(t, Throttled, kindOf(err), "the throttle holds without a store, too")
		require.Equal(t, 1, w.calls()[0])
	})
}

// A record that was lost from the store during the wait for the lock still serves here.
func TestTurnKeepsItsPairAfterAFlush(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		g := m.sign()
		time.Sleep(2 * time.Minute)
		w.calls()
		w.store.onLock = func(context.Context) error { w.store.goBack(map[string]saved{}); return nil }
		require.NoError(t, m.Recover(ctx, g.Pair, badToken))
		require.Equal(t, [3]int{0, 1, 1}, w.calls())
		require.Equal(t, g.Token, w.stored(rightSecret).Token.Value)
	})
}

// The copy says that nothing may be sent, but the store has a pair.
func TestRefusedAlreadyLooksIntoTheStore(t *testing.T) {
	inBubble(t, func(w *world) {
		w.platform.mint.rest = refused
		m := w.join(behind)
		_, err := m.ForSigning(ctx)
		require.Error(t, err)
		w.plant(pairAged(0))
		g, err := m.ForSigning(ctx)
		require.NoError(t, err)
		require.Equal(t, "sign", g.Sign)
	})
}

// A refusal that was saved during the wait for the lock counts.
func TestThrottledErrorUnderTheLock(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.join(behind)
		w.store.onLock = func(context.Context) error { w.plant(new(record).forced(denial, true)); return nil }
		_, err := m.ForSigning(ctx)
		require.Equal(t, Throttled, kindOf(err))
		require.Equal(t, [3]int{}, w.calls())
	})
}

// A pair of the former secret is not saved under the name of the new one. It still serves
// here while the new secret is refused.
func TestMineIsOfThisSecretOnly(t *testing.T) {
	inBubble(t, func(w *world) {
		var secret atomic.Value
		secret.Store(rightSecret)
		m := w.joinWith(behind, "", &account{platform: w.platform, ask: func(context.Context) (string, error) { return secret.Load().(string), nil }})
		old := m.sign()
		secret.Store(wrongSecret)
		time.Sleep(20 * time.Minute)
		for range 60 {
			require.Equal(t, old.Token, m.sign().Token)
			time.Sleep(5 * time.Second)
		}
		r := w.stored(wrongSecret)
		require.Empty(t, r.Token.Value)
		require.Empty(t, r.Recent)
		require.True(t, r.Throttle.Refused)
		secret.Store(rightSecret)
		time.Sleep(5 * time.Second)
		m.sign()
		synctest.Wait()
		require.NotEqual(t, old.Token, m.sign().Token)
	})
}

// After a slow save of the mark the record is as old as before.
func TestCommitThatIsSlowMakesNothingYoung(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		time.Sleep(20 * time.Minute)
		w.store.onSwap = func([]byte, []byte) error { time.Sleep(5 * time.Second); return nil }
		w.platform.mint.rest = hangs
		m.sign()
		time.Sleep(10 * time.Second)
		p := m.cur.Load()
		require.NotNil(t, p.Minting)
		require.Equal(t, 20*time.Minute+10*time.Second, p.Token.Age+p.elapsed(time.Now()))
	})
}
