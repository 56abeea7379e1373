package credential

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// The mark is in the store before the mint is sent, and the token is in the store before
// its SIGN ticket is asked for.
func TestMintIsMarkedFirst(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		var steps []string
		w.store.onSwap = func(_, text []byte) error {
			r, err := m.known.Load().unseal(text)
			require.NoError(t, err)
			switch n := w.platform; {
			case r.Minting != nil:
				steps = append(steps, "mark")
				require.Equal(t, 1, n.mint.calls)
				require.Equal(t, 30*time.Second, r.Minting.Lease)
			case r.half():
				steps = append(steps, "half")
				require.Equal(t, []int{2, 1}, []int{n.mint.calls, n.sign.calls})
			default:
				steps = append(steps, "whole")
				require.Equal(t, []int{2, 2}, []int{n.mint.calls, n.sign.calls})
			}
			return nil
		}
		time.Sleep(20 * time.Minute)
		m.sign()
		time.Sleep(time.Second)
		synctest.Wait()
		require.Equal(t, []string{"mark", "half", "whole"}, steps)
	})
}

// A mint is repeated if that does no more harm.
func TestMintIsRepeated(t *testing.T) {
	for name, c := range map[string]struct {
		ways  []way
		rest  way
		tries int
		least time.Duration
		most  time.Duration
		marks bool // the mark is there afterwards
	}{
		"lost":                {nil, lost, 3, 0, 0, true},
		"lost once":           {[]way{lost}, well, 2, 0, 0, false},
		"unsent":              {nil, unsent, 3, 300 * time.Millisecond, 900 * time.Millisecond, false},
		"unsent once":         {[]way{unsent}, well, 2, 100 * time.Millisecond, 300 * time.Millisecond, false},
		"withheld":            {nil, withheld, 1, 0, 0, false},
		"answered":            {nil, answered, 1, 0, 0, false},
		"refused":             {nil, refused, 1, 0, 0, false},
		"lost, then refused":  {[]way{lost}, refused, 2, 0, 0, true},
		"lost, then unsent":   {[]way{lost}, unsent, 3, 200 * time.Millisecond, 600 * time.Millisecond, true},
		"lost, then answered": {[]way{lost}, answered, 2, 0, 0, true},
		"unanswered":          {nil, hangs, 3, 30 * time.Second, 30 * time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(w *world) {
				m := w.warm(behind)
				w.calls()
				w.platform.mint.next, w.platform.mint.rest = c.ways, c.rest
				time.Sleep(20 * time.Minute)
				f := m.flightThatSignStarts()
				<-f.done
				waited := time.Since(f.began)
				require.Equal(t, c.tries, w.calls()[0])
				require.GreaterOrEqual(t, waited, c.least)
				require.LessOrEqual(t, waited, c.most)
				require.Equal(t, c.marks, w.stored(rightSecret).Minting != nil)
				require.Equal(t, c.rest.fails == nil && c.rest.takes == 0, f.err == nil)
			})
		})
	}
}

// A mark in the store says that a mint went wrong before. The next holder of the lock
// sends one mint, and the old pair is dead a minute after the first.
func TestMintAfterAMark(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		w.plant(w.stored(rightSecret).marked("another", 30*time.Second))
		time.Sleep(31 * time.Second)
		w.calls()
		w.platform.mint.rest = lost
		m.sign()
		require.Equal(t, 1, w.calls()[0])
		require.NotNil(t, w.stored(rightSecret).Minting)
		require.NotEqual(t, "another", w.stored(rightSecret).Minting.By)
	})
	for age, dead := range map[time.Duration]bool{47 * time.Second: false, 48 * time.Second: true} {
		inBubble(t, func(w *world) {
			w.plant(changed(pairAged(time.Minute), func(r *record) { r.marked("another", 30*time.Second).Minting.Age = age }))
			w.platform.sign.rest = hangs
			_, _ = w.join(behind).ForNonce(ctx)
			require.Equal(t, dead, w.stored(rightSecret).OldDead, "%v", age)
		})
	}
}

// In doubt the mark stays, and a refusal is counted as well.
func TestMintRefusedInDoubt(t *testing.T) {
	inBubble(t, func(w *world) {
		w.platform.mint.next, w.platform.mint.rest = []way{lost}, refused
		_, err := w.join(behind).ForSigning(ctx)
		require.ErrorIs(t, err, refused.fails)
		r := w.stored(rightSecret)
		require.NotNil(t, r.Minting)
		require.Equal(t, &throttle{Step: 1, Refused: true, Reason: denial}, r.Throttle)
	})
	inBubble(t, func(w *world) {
		w.platform.mint.next, w.platform.mint.rest = []way{lost}, answered
		_, err := w.join(behind).ForSigning(ctx)
		require.ErrorIs(t, err, answered.fails)
		require.NotNil(t, w.stored(rightSecret).Minting)
		require.Nil(t, w.stored(rightSecret).Throttle)
	})
}

// A half record is completed without another mint. Until its minute ends, calls are
// signed with the old ticket.
func TestFetchSignCompletesAHalf(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		w.platform.sign.next = []way{answered, answered, slow(time.Second)}
		time.Sleep(20 * time.Minute)
		m.sign()
		time.Sleep(time.Second)
		g := m.sign()
		require.Equal(t, "SIGN-2", g.Sign, "the old ticket works for a minute")
		require.Equal(t, "TOKEN-3", g.Token)
		require.True(t, w.stored(rightSecret).half())
		require.Equal(t, "TOKEN-3", m.nonce().Token)
		time.Sleep(9 * time.Second)
		require.Equal(t, "SIGN-2", m.sign().Sign)
		time.Sleep(37 * time.Second)
		require.Zero(t, took(func() { require.Equal(t, "SIGN-2", m.sign().Sign) }))
		time.Sleep(2 * time.Second)
		require.Equal(t, "SIGN-4", m.sign().Sign)
		require.Equal(t, [3]int{2, 4, 0}, w.calls())
		require.NotEmpty(t, m.cur.Load().Recent)
	})
	inBubble(t, func(w *world) { // another process completes the record
		m := w.warm(behind)
		w.platform.sign.next = []way{answered}
		time.Sleep(20 * time.Minute)
		m.sign()
		time.Sleep(50 * time.Second)
		require.Equal(t, "SIGN-4", w.join(behind).sign().Sign)
		require.Equal(t, [3]int{2, 3, 0}, w.calls())
	})
}

// If the SIGN ticket has a shorter life than the token, only the ticket is fetched again.
func TestFetchSignKeepsTheToken(t *testing.T) {
	inBubble(t, func(w *world) {
		w.platform.signLife = 10 * time.Minute
		m := w.warm(behind)
		for range 3 {
			time.Sleep(5*time.Minute + 1)
			m.sign()
		}
		require.Equal(t, [3]int{1, 4, 0}, w.calls())
		require.Equal(t, "TOKEN-1", m.sign().Token)
		require.Equal(t, []string{"SIGN-5", "SIGN-4"}, must(m.SignTickets(ctx, false)))
	})
}

func must(values []string, err error) []string {
	if err != nil {
		panic(err)
	}
	return values
}

// The life counts from the request, not from the answer.
func TestMintCountsTheLifeFromTheRequest(t *testing.T) {
	inBubble(t, func(w *world) {
		w.platform.mint.rest, w.platform.sign.rest = slow(2*time.Second), slow(time.Second)
		m := w.warm(behind)
		p, now := m.cur.Load(), time.Now()
		require.Equal(t, 3*time.Second, p.Token.Age+p.elapsed(now))
		require.Equal(t, time.Second, p.Sign.Age+p.elapsed(now))
		time.Sleep(20*time.Minute - 3*time.Second)
		m.sign()
		time.Sleep(4 * time.Second)
		require.Equal(t, 2, w.calls()[0])
	})
}

// After a slow save the record is as old as before.
func TestMintWithASlowSaveMakesNothingYoung(t *testing.T) {
	inBubble(t, func(w *world) {
		w.store.onSwap = func([]byte, []byte) error { time.Sleep(time.Second); return nil }
		m := w.warm(behind)
		p, now := m.cur.Load(), time.Now()
		require.Equal(t, 2*time.Second, p.Token.Age+p.elapsed(now))
	})
}

// No mint is sent under a lease that ends before the answer may have come.
func TestMintNeedsALease(t *testing.T) {
	inBubble(t, func(w *world) {
		w.store.short = 20*time.Second + 1
		m := w.join(behind)
		_, err := m.ForSigning(ctx)
		require.Equal(t, StoreFailed, kindOf(err))
		require.ErrorIs(t, err, errShortLease)
		require.Equal(t, [3]int{}, w.calls())
		require.Equal(t, 3, w.store.lockTaken)
		require.Zero(t, w.store.swaps, "no mark is saved either")
		w.store.short = 20 * time.Second
		m.sign()
	})
	inBubble(t, func(w *world) { // it takes long to save the mark
		slowly := true
		var mints []int // the number of mints at each request for the lock
		w.store.onLock = func(context.Context) error {
			mints = append(mints, w.platform.mint.calls)
			return nil
		}
		w.store.onSwap = func([]byte, []byte) error {
			if slowly {
				slowly = false
				time.Sleep(21 * time.Second)
			}
			return nil
		}
		m := w.join(behind)
		patient, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		_, err := m.ForSigning(patient)
		require.NoError(t, err)
		require.Equal(t, [3]int{1, 1, 0}, w.calls())
		require.Equal(t, []int{0, 0}, mints, "the lock was taken again before a mint was sent")
	})
}

// A mint is not repeated under a lease that does not cover another one.
func TestMintIsRepeatedOnlyUnderALease(t *testing.T) {
	inBubble(t, func(w *world) {
		w.store.short = 5 * time.Second // the lease has 7 s left after the second mint
		w.platform.mint.next = []way{{takes: 9 * time.Second, fails: lost.fails}, {takes: 9 * time.Second, fails: lost.fails}}
		var mints []int // the number of mints at each request for the lock
		w.store.onLock = func(context.Context) error {
			mints = append(mints, w.platform.mint.calls)
			return nil
		}
		m := w.join(behind)
		patient, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		_, err := m.ForSigning(patient)
		require.NoError(t, err)
		require.Equal(t, []int{0, 2}, mints, "the third mint is sent under another lease")
	})
}

// A mark that loses its swap has done no harm, so the turn starts again.
func TestAnnounceThatLosesItsSwapCostsNoMint(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.join(behind)
		done := false
		w.store.onSwap = func([]byte, []byte) error {
			if !done {
				done = true
				w.plant(pairAged(0))
			}
			return nil
		}
		g, err := m.ForSigning(ctx)
		require.NoError(t, err)
		require.Equal(t, "sign", g.Sign)
		require.Equal(t, [3]int{}, w.calls())
	})
}

// A token that dies before its SIGN ticket was fetched is replaced, as often as the
// throttle allows.
func TestDeadTokenIsReplaced(t *testing.T) {
	inBubble(t, func(w *world) {
		w.platform.sign.next = []way{refused}
		m := w.join(behind)
		require.Equal(t, "TOKEN-2", m.sign().Token)
		require.Equal(t, 1, w.stored(rightSecret).Throttle.Step)
		require.Equal(t, denial, w.stored(rightSecret).Throttle.Reason)
		require.False(t, w.stored(rightSecret).Throttle.Refused)
	})
	inBubble(t, func(w *world) {
		w.platform.sign.rest = refused
		m := w.join(behind)
		for range 60 {
			_, err := m.ForSigning(ctx)
			require.Error(t, err)
			time.Sleep(time.Second)
		}
		require.LessOrEqual(t, w.calls()[0], 6)
		require.Equal(t, denial, w.stored(rightSecret).Throttle.Reason)
	})
}

// A token that could not be saved is not forgotten when its SIGN ticket cannot be fetched.
func TestFetchSignFailsAndTheTokenStays(t *testing.T) {
	for name, c := range map[string]way{"lost": lost, "answered": answered, "hangs": hangs} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(w *world) {
				w.platform.sign.next = []way{c}
				m := w.join(behind)
				patient, cancel := context.WithTimeout(ctx, time.Minute)
				defer cancel()
				_, err := m.ForSigning(patient)
				require.Error(t, err)
				require.True(t, w.stored(rightSecret).half())
				require.Nil(t, w.stored(rightSecret).Throttle)
				_, err = m.ForSigning(patient)
				require.NoError(t, err)
				require.Equal(t, 1, w.calls()[0])
			})
		})
	}
}

// If tokens die as soon as they are minted, the error says so, however slowly they come.
func TestDeadTokensAreToldHoweverSlowlyTheyCome(t *testing.T) {
	inBubble(t, func(w *world) {
		w.platform.mint.rest, w.platform.sign.rest = slow(9*time.Second), way{takes: 9 * time.Second, fails: refused.fails}
		m := w.join(behind)
		m.who.ask = func(context.Context) (string, error) { time.Sleep(5 * time.Second); return rightSecret, nil }
		patient, cancel := context.WithTimeout(ctx, 2*time.Minute)
		defer cancel()
		_, err := m.ForSigning(patient)
		require.Equal(t, TokensDie, kindOf(err))
		require.ErrorIs(t, err, refused.fails)
		require.Equal(t, [3]int{3, 3, 0}, w.calls())
	})
}

// A token that died before its SIGN ticket was fetched was the second after the old pair.
func TestDeadTokenLeavesTheOldPairDead(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		w.platform.sign.next = []way{refused, hangs}
		time.Sleep(20 * time.Minute)
		m.sign()
		time.Sleep(time.Second)
		require.Equal(t, 3, w.calls()[0])
		require.True(t, w.stored(rightSecret).half())
		require.True(t, w.stored(rightSecret).OldDead)
	})
}

// If another process completed the record while the SIGN ticket was asked for, the turn
// starts again.
func TestFetchSignThatLosesItsSwapCostsNoMint(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.join(behind)
		w.store.onSwap = func(_, text []byte) error {
			if r, _ := m.known.Load().unseal(text); r.Sign.Value == "SIGN-2" {
				w.plant(&record{Token: r.Token, Sign: Ticket{"S", time.Hour, 0}})
			}
			return nil
		}
		g, err := m.ForSigning(ctx)
		require.NoError(t, err)
		require.Equal(t, "S", g.Sign)
		require.Equal(t, [3]int{1, 1, 0}, w.calls())
	})
}

// Tokens that die before a SIGN ticket was fetched cause no storm of requests.
func TestDeadTokensCauseNoStorm(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.join(behind)
		w.platform.sign.rest = refused
		for range 600 { // a minute
			_, err := m.ForSigning(ctx)
			require.Error(t, err)
			time.Sleep(100 * time.Millisecond)
		}
		require.LessOrEqual(t, w.calls()[1], 40)
	})
}
