package credential

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A copy is believed for 20 s for a signature, and for one second for a launch.
func TestLookerBelievesAYoungCopy(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		time.Sleep(20 * time.Second)
		loads := w.store.loads
		m.sign()
		require.Equal(t, loads, w.store.loads)
		time.Sleep(1)
		m.sign()
		require.Equal(t, loads+1, w.store.loads)
		time.Sleep(time.Second)
		m.nonce()
		require.Equal(t, loads+1, w.store.loads)
		time.Sleep(1)
		m.nonce()
		require.Equal(t, loads+2, w.store.loads)
	})
}

// A refresh by another process is noticed within 20 s.
func TestLookerNoticesAnothersRefresh(t *testing.T) {
	inBubble(t, func(w *world) {
		m, other := w.warm(behind), w.join(behind)
		time.Sleep(20*time.Minute - time.Second)
		m.sign()
		other.nonce()
		require.Equal(t, "SIGN-2", m.sign().Sign)
		time.Sleep(20*time.Second + 1)
		require.Equal(t, "SIGN-4", m.sign().Sign)
		require.Equal(t, [3]int{2, 2, 0}, w.calls())
	})
}

// Two readers look at once. One finds the old pair, and exchanges the copy for a younger
// look at the same pair, after the other has loaded the new one. The new one counts.
func TestLookerKeepsTheNewPairOfTwoReaders(t *testing.T) {
	inBubble(t, func(w *world) {
		m, other := w.warm(behind), w.join(behind)
		time.Sleep(21 * time.Minute)
		old := m.cur.Load().Sign.Value
		other.nonce() // refreshes
		fresh := other.cur.Load().Sign.Value
		require.NotEqual(t, old, fresh)
		w.store.onLoad = func(context.Context) error {
			again := *m.cur.Load()
			m.cur.Store(&again) // what the other reader does at this moment
			return nil
		}
		m.glance(context.Background())
		w.store.onLoad = nil
		require.Equal(t, fresh, m.cur.Load().Sign.Value)
	})
}

// One caller looks, and callers with a copy do not wait for it. A slow store delays a
// caller by at most a second.
func TestLookerLooksOnceAtATime(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		time.Sleep(21 * time.Second)
		w.store.loads = 0
		w.store.onLoad = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		var all sync.WaitGroup
		var mu sync.Mutex
		var waited []time.Duration
		for range 50 {
			all.Go(func() {
				d := took(func() { m.sign() })
				mu.Lock()
				waited = append(waited, d)
				mu.Unlock()
			})
		}
		all.Wait()
		var sum time.Duration
		for _, d := range waited {
			sum += d
		}
		require.Equal(t, time.Second, sum, "one of the callers waits, for a second")
		for range 19 {
			require.Zero(t, took(func() { m.sign() }))
			time.Sleep(time.Second)
		}
		require.Equal(t, 1, w.store.loads, "nobody looks soon after a look that failed")
		require.Equal(t, StoreFailed, kindOf(m.looks.trouble()))
	})
}

// A look whose caller has left says nothing, and is no trouble of the store.
func TestLookerIgnoresLooksThatWereLeft(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		time.Sleep(21 * time.Second)
		w.store.onLoad = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
		began := time.Now()
		_, _ = m.ForSigning(short)
		require.NoError(t, m.looks.trouble())
		require.Empty(t, m.told.trouble)
		require.False(t, m.looks.since(began))
	})
}

// A pair that this process fetched wins over a store that goes back to an older record,
// however often that is read, and is saved to the store again.
func TestReadKeepsAnOwnNewerPair(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		before := w.store.copied()
		time.Sleep(20 * time.Minute)
		m.sign()
		time.Sleep(10 * time.Second)
		for range 5 { // the pair stays this process's own when it is read
			require.Equal(t, "SIGN-4", m.sign().Sign)
			time.Sleep(21 * time.Second)
		}
		w.store.goBack(before)
		require.Equal(t, "SIGN-4", m.sign().Sign)
		require.Equal(t, "SIGN-4", w.stored(rightSecret).Sign.Value, "the store has the pair again")
		time.Sleep(21 * time.Second)
		require.Equal(t, "SIGN-4", m.sign().Sign)
		w.store.goBack(before)
		time.Sleep(21 * time.Second)
		require.Equal(t, "SIGN-4", m.sign().Sign, "the pair stays this process's own when it is saved")

		w.store.goBack(before)
		stranger := w.join(behind)
		require.Equal(t, "SIGN-2", foundBy(stranger).Sign.Value, "a process that has fetched nothing believes the store")
		require.Equal(t, [3]int{2, 2, 0}, w.calls())
	})
}

// foundBy returns the pair that a member finds in the store.
func foundBy(m *member) *Pair {
	p, _ := m.current(ctx, 0)
	return p
}

// A newer pair that another process has fetched wins.
func TestReadTakesANewerPair(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		time.Sleep(30 * time.Second)
		w.plant(&record{Token: Ticket{"T", 2 * time.Hour, 0}, Sign: Ticket{"S", time.Hour, 0}})
		require.Equal(t, "T", foundBy(m).Token.Value)
		w.plant(&record{Token: Ticket{"T", 2 * time.Hour, 0}, Sign: Ticket{"S2", time.Hour, 0}})
		time.Sleep(2 * time.Second)
		require.Equal(t, "S2", foundBy(m).Sign.Value)
	})
}

// A store that lost the record gets the pair that serves.
func TestSaveAgainAfterAFlush(t *testing.T) {
	inBubble(t, func(w *world) {
		m, other := w.warm(behind), w.join(behind)
		require.Equal(t, "SIGN-2", other.sign().Sign)
		for _, one := range []*member{m, other} {
			w.store.goBack(map[string]saved{})
			time.Sleep(21 * time.Second)
			require.Equal(t, "SIGN-2", one.sign().Sign)
			require.Equal(t, "SIGN-2", w.stored(rightSecret).Sign.Value)
		}
		time.Sleep(time.Hour - time.Minute)
		w.store.goBack(map[string]saved{})
		_, _ = m.current(ctx, 0)
		require.Nil(t, w.stored(rightSecret), "a pair that does not serve any more is not saved")
	})
}

// A process that saves its pair again does not overwrite the mark of another process that
// is minting. It overwrites its own mark, because its own mint is over.
func TestSaveAgainOverwritesOnlyItsOwnMark(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		before := w.stored(rightSecret)
		time.Sleep(20 * time.Minute)
		m.sign()
		time.Sleep(21 * time.Second)
		w.plant(changed(before.aged(20*time.Minute), func(r *record) { r.marked("another", 30*time.Second) }))
		require.Equal(t, "SIGN-4", m.sign().Sign)
		require.Equal(t, "another", w.stored(rightSecret).Minting.By)
		require.Equal(t, "SIGN-2", w.stored(rightSecret).Sign.Value)
		time.Sleep(21 * time.Second)
		w.plant(changed(before.aged(20*time.Minute), func(r *record) { r.marked(*m.ours.Load(), 30*time.Second) }))
		require.Equal(t, "SIGN-4", m.sign().Sign)
		require.Equal(t, "SIGN-4", w.stored(rightSecret).Sign.Value)
		require.Nil(t, w.stored(rightSecret).Minting)
	})
}

// A slow answer of the store does not overwrite a pair that was fetched since.
func TestReadThatIsSlowOverwritesNothing(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		time.Sleep(30 * time.Second)
		was := w.store
		slowly := &slowReads{memory: was, by: time.Second / 2}
		m.store = slowly
		go func() { m.glance(ctx) }()
		time.Sleep(time.Second / 4)
		m.cur.Store(&Pair{record: &record{Token: Ticket{"T", time.Hour, 0}}, at: time.Now(), seal: m.known.Load()})
		time.Sleep(time.Second)
		require.Equal(t, "T", m.cur.Load().Token.Value)
	})
}

// slowReads is a store whose answers take some time.
type slowReads struct {
	*memory
	by time.Duration
}

func (s *slowReads) Load(ctx context.Context, key string) ([]byte, time.Duration, error) {
	text, age, err := s.memory.Load(ctx, key)
	time.Sleep(s.by)
	return text, age, err
}

// rolled returns a process that used the former secret, and then learnt the next one
// while its own pair is still that of the former. Another process has fetched the pair
// of the next secret.
func (w *world) rolled() (m *member, former *seal) {
	p := new(provider)
	p.secret.Store(rightSecret)
	m = w.joinAsking(p)
	m.sign()
	former = m.known.Load()
	time.Sleep(time.Minute)
	w.platform.mu.Lock()
	w.platform.secret = "the next secret"
	w.platform.mu.Unlock()
	w.join(behind, "the next secret").sign()
	time.Sleep(time.Minute)
	require.NoError(w, m.sealWith("the next secret"))
	require.Same(w, former, m.cur.Load().seal)
	return m, former
}

// A caller may begin to read the record of the former secret just before a refresh of the
// same process learns the next secret. That read ends after the refresh, and the pair of
// the former secret must not replace the new one.
func TestReadOfTheFormerSecretReplacesNothing(t *testing.T) {
	inBubble(t, func(w *world) {
		m, former := w.rolled()
		_, err := m.read(ctx, m.known.Load())
		require.NoError(t, err)
		next := m.cur.Load()
		require.NotSame(t, former, next.seal)
		found, err := m.read(ctx, former)
		require.NoError(t, err)
		require.Same(t, former, found.pair.seal, "the record of the former secret is still there")
		require.Same(t, next, m.cur.Load())
		m.sign()
	})
}

// While a refresh reads the record of the next secret, a caller may read that of the
// former one. The pair of the next secret becomes the current one all the same.
func TestReadOfTheNextSecretReplacesTheFormerPair(t *testing.T) {
	inBubble(t, func(w *world) {
		m, former := w.rolled()
		next := m.known.Load()
		w.store.onLoad = func(context.Context) error {
			w.store.onLoad = nil
			_, err := m.read(ctx, former)
			return err
		}
		before := m.cur.Load()
		found, err := m.read(ctx, next)
		require.NoError(t, err)
		require.NotSame(t, before, m.cur.Load())
		require.Same(t, found.pair, m.cur.Load())
		require.Same(t, next, m.cur.Load().seal)
		m.sign()
	})
}

// A store whose clock was set back does not make a pair young, and neither does a store
// that returns the age of a record from the future.
func TestReadMakesNothingYoungWhenAClockIsSetBack(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		time.Sleep(19 * time.Minute)
		m.sign()
		w.store.future = -10 * time.Minute
		time.Sleep(time.Minute)
		w.platform.mint.rest = hangs
		m.sign()
		require.GreaterOrEqual(t, m.cur.Load().Token.Age+m.cur.Load().elapsed(time.Now()), 20*time.Minute)
		require.NotEqual(t, Yes, m.cur.Load().verdict(time.Now()).Sign)
	})
	inBubble(t, func(w *world) {
		w.plant(pairAged(0))
		w.store.future = -time.Hour
		found := foundBy(w.join(behind))
		require.Equal(t, "token", found.Token.Value)
		require.Zero(t, found.Token.Age)
		w.store.future = 100 * mostAge
		require.Equal(t, "TOKEN-1", w.join(behind).sign().Token)
	})
}

// The watcher is told of a failure of the store, and a record that cannot be unsealed is
// replaced.
func TestReadTellsOfStoreTrouble(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		w.store.onSwap = func([]byte, []byte) error { return errors.New("full") }
		w.store.goBack(map[string]saved{})
		time.Sleep(21 * time.Second)
		m.sign()
		require.Equal(t, []string{"CompareAndSwap: full"}, m.told.trouble)
	})
}

// A record that no process with this secret has saved is replaced.
func TestReadReplacesPlantedRecords(t *testing.T) {
	evil := &record{Token: Ticket{"EVIL", 2 * time.Hour, 0}, Sign: Ticket{"EVIL-SIGN", time.Hour, 0}}
	other := sealOf(t, base, wrongSecret)
	elsewhere := sealOf(t, base+"x", rightSecret)
	for name, text := range map[string]string{
		"plain text of version 1": `faceid 1 0000 {"token":{"value":"EVIL","life":7200000000000,"age":0}}`,
		"JSON":                    `{"recent":[{"value":"EVIL","life":3600000000000,"age":0}]}`,
		"another secret's":        string(other.sealed(evil)),
		"another appID's":         string(elsewhere.sealed(evil)),
		"a newer version's":       "faceid 3 AAAA",
		"nothing":                 "",
		"rubbish":                 "\x00\xff",
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(w *world) {
				m := w.join(behind)
				w.store.set(m.known.Load().name, []byte(text))
				g := m.sign()
				require.Equal(t, "TOKEN-1", g.Token)
				tickets, err := m.SignTickets(ctx, true)
				require.NoError(t, err)
				require.Equal(t, []string{"SIGN-2"}, tickets)
				require.Equal(t, "SIGN-2", w.stored(rightSecret).Sign.Value)
				require.NotEmpty(t, m.told.trouble)
				time.Sleep(21 * time.Second)
				w.store.set(m.known.Load().name, []byte(text))
				require.Equal(t, g.Sign, m.sign().Sign)
				require.Equal(t, "SIGN-2", w.stored(rightSecret).Sign.Value, "a pair that serves is saved again")
			})
		})
	}
}

// A caller without a pair looks, even if another caller is looking.
func TestLookerLetsCallersWithoutAPairLook(t *testing.T) {
	inBubble(t, func(w *world) {
		w.warm(behind)
		m := w.join(behind)
		w.store.onLoad = func(context.Context) error { time.Sleep(time.Second / 2); return nil }
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if tickets, err := m.SignTickets(ctx, false); err != nil || len(tickets) != 1 {
					t.Errorf("%v %v", tickets, err)
				}
			})
		}
		all.Wait()
	})
}

// A process that has fetched nothing believes the store.
func TestReadBelievesTheStoreAboutAnothersPair(t *testing.T) {
	inBubble(t, func(w *world) {
		m, other := w.warm(behind), w.join(behind)
		before := w.store.copied()
		time.Sleep(19 * time.Minute)
		m.nonce()
		require.Equal(t, "SIGN-4", other.sign().Sign)
		w.store.goBack(before)
		time.Sleep(21 * time.Second)
		require.Equal(t, "SIGN-2", foundBy(other).Sign.Value)
	})
}

// A pair of the former secret is not saved under the name of the new one.
func TestSaveAgainLeavesOutAnotherSecretsPair(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		require.NoError(t, m.sealWith(wrongSecret))
		time.Sleep(21 * time.Second)
		require.Equal(t, "SIGN-2", m.sign().Sign)
		require.Nil(t, w.stored(wrongSecret))
	})
}

// After another process has refreshed, there is no pause here any more.
func TestReadOfAnothersRefreshEndsThePause(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		w.platform.mint.rest = answered
		for range 80 {
			time.Sleep(30 * time.Second)
			m.sign()
		}
		time.Sleep(time.Second)
		synctest.Wait()
		require.NotZero(t, m.back.failures)
		w.platform.mint.rest = well
		w.join(behind).nonce()
		time.Sleep(21 * time.Second)
		m.sign()
		require.Equal(t, backoff{}, m.back)
	})
}

// A half record that the store did not save is saved again, although no call can be
// signed with it any more: the store has the dying token, and a mark that other processes
// take for a lost mint.
func TestSaveAgainSavesAHalf(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(behind)
		time.Sleep(20 * time.Minute)
		var swaps, broken atomic.Int32
		broken.Store(1)
		w.store.onSwap = func([]byte, []byte) error {
			if swaps.Add(1) > 1 && broken.Load() == 1 {
				return errDown
			}
			return nil
		}
		w.platform.sign.rest = answered
		m.sign()
		synctest.Wait()
		w.store.onLock = down
		time.Sleep(time.Minute)
		broken.Store(0)
		_, err := m.ForSigning(ctx)
		require.Error(t, err)
		require.Equal(t, m.cur.Load().Token.Value, w.stored(rightSecret).Token.Value)
	})
}
