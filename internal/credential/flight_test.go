package credential

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// Without a deadline the first caller waits five seconds and the later ones one second.
// A caller with a deadline waits for the deadline.
func TestPatience(t *testing.T) {
	inBubble(t, func(w *world) {
		w.platform.mint.rest = hangs
		m := w.join(behind)
		var err error
		wait := func() time.Duration { return took(func() { _, err = m.ForSigning(ctx) }) }
		require.Equal(t, 5*time.Second, wait())
		require.Equal(t, Unanswered, kindOf(err))
		require.Equal(t, time.Second, wait(), "the flight is five seconds old")
		require.Equal(t, time.Second, took(func() { _, err = m.ForNonce(ctx) }))
		long, cancel := context.WithTimeout(ctx, 40*time.Second)
		defer cancel()
		began := time.Now()
		for err = nil; err == nil || long.Err() == nil; {
			_, err = m.ForSigning(long)
		}
		require.Equal(t, 40*time.Second, time.Since(began))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		time.Sleep(time.Minute)
		require.Equal(t, time.Second, wait(), "refreshes have failed")
		require.Error(t, err)
	})
}

// A caller with a pair that serves has the same patience.
func TestPatienceInFrontOfAPairThatServes(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.warm(inFront)
		w.platform.mint.rest = hangs
		time.Sleep(20 * time.Minute)
		require.Equal(t, 5*time.Second, took(func() { m.sign() }), "a mint has begun")
		time.Sleep(time.Second)
		require.Equal(t, time.Second, took(func() { m.sign() }))
		short, cancel := context.WithTimeout(ctx, time.Second/2)
		defer cancel()
		_, err := m.ForSigning(short)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

// While the token endpoint is down, callers do not pile up, although 50 come every second.
func TestPatienceOfACrowd(t *testing.T) {
	inBubble(t, func(w *world) {
		w.platform.mint.rest = hangs
		m := w.join(behind)
		var mu sync.Mutex
		var open, most, mostLater int
		began := time.Now()
		for range 100 * 50 {
			go func() {
				mu.Lock()
				open++
				most = max(most, open)
				if time.Since(began) > 10*time.Second {
					mostLater = max(mostLater, open)
				}
				mu.Unlock()
				_, err := m.ForSigning(ctx)
				mu.Lock()
				open--
				mu.Unlock()
				if err == nil {
					t.Error("the platform does not answer, and yet there is a pair")
				}
			}()
			time.Sleep(20 * time.Millisecond)
		}
		time.Sleep(5 * time.Second)
		mu.Lock()
		defer mu.Unlock()
		t.Logf("open at once: %d at most, %d after the first 10 s; %d mints", most, mostLater, w.calls()[0])
		require.LessOrEqual(t, most, 300)
		require.LessOrEqual(t, mostLater, 60)
		require.Zero(t, open)
	})
}

// One refresh serves all waiters, even if the caller who began it leaves.
func TestFlightIsShared(t *testing.T) {
	inBubble(t, func(w *world) {
		w.platform.mint.rest = slow(2 * time.Second)
		m := w.join(behind)
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		go func() { _, _ = m.ForSigning(short) }()
		synctest.Wait() // its flight has begun
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				g, err := m.ForSigning(ctx)
				if err != nil || g.Sign != "SIGN-2" {
					t.Errorf("%v %v", g.Sign, err)
				}
			})
		}
		all.Wait()
		require.Equal(t, [3]int{1, 1, 0}, w.calls())
		require.Equal(t, []error{nil}, m.told.ended)
	})
}

func TestFlightIsNotStartedForACallerWhoHasLeft(t *testing.T) {
	inBubble(t, func(w *world) {
		gone, leave := context.WithCancel(ctx)
		leave()
		_, err := w.join(behind).ForSigning(gone)
		require.ErrorIs(t, err, context.Canceled)
		synctest.Wait()
		require.Equal(t, [3]int{}, w.calls())
	})
}

// A flight that is stuck does not keep its waiters from a pair that another process has
// fetched.
func TestFlightIsStuck(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.join(behind)
		m.store = stuck{w.store}
		go func() {
			time.Sleep(30 * time.Second)
			w.join(behind).sign()
		}()
		patient, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		g, err := m.ForSigning(patient)
		require.NoError(t, err)
		require.Equal(t, "SIGN-2", g.Sign)
		require.NoError(t, patient.Err())
	})
}

// stuck is a store whose lock cannot be had.
type stuck struct{ *memory }

func (stuck) Lock(ctx context.Context, _ string, _ time.Duration) (Lock, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestFlightPanics(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(context.Context) error
		want error
	}{
		"a panic":   {func(context.Context) error { panic("oh") }, errPanicked},
		"an ending": {func(context.Context) error { runtime.Goexit(); return nil }, errEnded},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(w *world) {
				w.store.onLock = c.do
				m := w.join(behind)
				require.Zero(t, took(func() {
					_, err := m.ForSigning(ctx)
					require.ErrorIs(t, err, c.want)
				}))
				require.ErrorIs(t, m.told.ended[0], c.want)
				w.store.onLock = nil
				m.sign()
			})
		})
	}
}

// A refresh takes no longer than its own limit of 90 s.
func TestFlightEnds(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.join(behind)
		m.store = stuck{w.store}
		_, err := m.ForSigning(ctx)
		require.Equal(t, StoreFailed, kindOf(err))
		require.ErrorIs(t, err, errLockWaits)
		m.mu.Lock()
		f := m.flight
		m.mu.Unlock()
		<-f.done
		require.Equal(t, 90*time.Second, time.Since(f.began))
		require.Len(t, m.told.ended, 1)
	})
}

// A caller who leaves during a pause is told of the failure before it.
func TestLeftErrorNamesTheFailureBefore(t *testing.T) {
	inBubble(t, func(w *world) {
		w.store.onLock = down
		m := w.join(behind)
		_, err := m.ForSigning(ctx)
		require.ErrorIs(t, err, errDown)
		short, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
		defer cancel()
		_, err = m.ForSigning(short)
		var left *LeftError
		require.ErrorAs(t, err, &left)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, errDown)
		gone, leave := context.WithCancel(ctx)
		leave()
		time.Sleep(time.Second)
		_, err = m.ForSigning(gone)
		require.Equal(t, context.Canceled, err)
	})
}

// A pair that expires while its refresh fails is replaced at once if the answers were lost.
func TestFlightIsRepeatedAfterLostAnswers(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.join(behind)
		w.platform.mint.next = []way{lost, lost, lost}
		g := m.sign()
		require.Equal(t, "TOKEN-4", g.Token)
		require.Equal(t, 4, w.calls()[0], "three mints, and one more")
		w.platform.mint.rest = lost
		_, err := w.join(behind, wrongSecret).ForSigning(ctx)
		require.Error(t, err)
		require.Equal(t, 4, w.calls()[0], "there is no further mint")
	})
}

// A caller whose patience ends is told of the last failure.
func TestPatienceEndsWithTheLastFailure(t *testing.T) {
	inBubble(t, func(w *world) {
		w.platform.mint.next, w.platform.mint.rest = []way{answered}, hangs
		m := w.join(behind)
		for range 3 {
			_, err := m.ForSigning(ctx)
			require.ErrorIs(t, err, answered.fails)
		}
	})
}

// A caller with a deadline waits for the deadline.
func TestPatienceWithADeadline(t *testing.T) {
	inBubble(t, func(w *world) {
		w.platform.mint.rest = hangs
		long, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		require.Equal(t, 20*time.Second, took(func() {
			_, err := w.join(behind).ForSigning(long)
			require.ErrorIs(t, err, context.DeadlineExceeded)
		}))
	})
}

// A caller who gives up gets the pair of a flight that only has to give the lock back.
func TestFlightGivesItsPairBeforeItUnlocks(t *testing.T) {
	inBubble(t, func(w *world) {
		k, err := New(&account{platform: w.platform, ask: func(context.Context) (string, error) { return rightSecret, nil }}, slowToUnlock{w.store}, new(watcher), base, rightSecret, behind)
		require.NoError(t, err)
		_, err = k.ForSigning(ctx)
		require.NoError(t, err)
	})
}

type slowToUnlock struct{ *memory }

func (s slowToUnlock) Lock(ctx context.Context, key string, lease time.Duration) (Lock, error) {
	l, err := s.memory.Lock(ctx, key, lease)
	return slowLock{l}, err
}

type slowLock struct{ Lock }

func (l slowLock) Unlock(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}
