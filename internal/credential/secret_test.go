package credential

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid/internal/clock"
	"github.com/stretchr/testify/require"
)

// provider gives a secret that can be changed, and counts the questions for it.
type provider struct {
	secret atomic.Value
	asked  atomic.Int32
	takes  time.Duration
}

func (w *world) joinAsking(p *provider) *member {
	return w.joinWith(behind, "", &account{platform: w.platform, ask: func(ctx context.Context) (string, error) {
		p.asked.Add(1)
		time.Sleep(p.takes)
		return p.secret.Load().(string), nil
	}})
}

// Callers without a pair share one question for the secret.
func TestSecretIsAskedForOnce(t *testing.T) {
	inBubble(t, func(w *world) {
		p := &provider{takes: 100 * time.Millisecond}
		p.secret.Store(rightSecret)
		m := w.joinAsking(p)
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() { _, _ = m.ForSigning(ctx) })
			all.Go(func() { _, _ = m.SignTickets(ctx, true) })
		}
		all.Wait()
		asked := p.asked.Load()
		require.LessOrEqual(t, asked, int32(3))
		for range 10 {
			time.Sleep(2 * time.Second)
			_, _ = m.SignTickets(ctx, false)
		}
		require.Equal(t, asked, p.asked.Load(), "the secret is known")
	})
}

// A process that only verifies callbacks learns of another secret, although it never
// refreshes.
func TestSecretIsAskedForAgainForACallback(t *testing.T) {
	inBubble(t, func(w *world) {
		p := new(provider)
		p.secret.Store(rightSecret)
		m := w.joinAsking(p)
		w.join(behind).sign()
		_, err := m.SignTickets(ctx, true)
		require.NoError(t, err)
		w.platform.secret = "the next secret"
		p.secret.Store("the next secret")
		time.Sleep(2 * time.Hour)
		g := w.join(behind, "the next secret").sign()
		tickets, err := m.SignTickets(ctx, true)
		require.NoError(t, err)
		require.Contains(t, tickets, g.Sign)
		asked := p.asked.Load()
		for range 60 { // two minutes
			time.Sleep(2 * time.Second)
			_, _ = m.SignTickets(ctx, true)
		}
		require.LessOrEqual(t, p.asked.Load()-asked, int32(3), "strangers cause few questions")
	})
}

// A caller who leaves while the secret is asked for does not disturb the other waiters.
func TestSecretOfAnothersQuestion(t *testing.T) {
	inBubble(t, func(w *world) {
		m := w.joinWith(behind, "", &account{platform: w.platform, ask: func(ctx context.Context) (string, error) {
			return rightSecret, clock.Sleep(ctx, 300*time.Millisecond)
		}})
		short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
		_, err := m.SignTickets(short, false)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		_, err = m.SignTickets(ctx, false)
		require.NoError(t, err)
	})
}

// A provider with another wrong secret each time causes no storm of mints.
func TestSecretIsEverAnother(t *testing.T) {
	inBubble(t, func(w *world) {
		var n atomic.Int32
		m := w.joinWith(behind, "", &account{platform: w.platform, ask: func(context.Context) (string, error) {
			return wrongSecret + fmt.Sprint(n.Add(1)), nil
		}})
		for range 600 { // a minute
			_, err := m.ForSigning(ctx)
			require.Error(t, err)
			time.Sleep(100 * time.Millisecond)
		}
		require.LessOrEqual(t, w.calls()[0], 20)
	})
}

// A provider that hangs or fails keeps no caller waiting, and a warm pair still serves.
func TestSecretHangs(t *testing.T) {
	for name, ask := range map[string]func(context.Context) (string, error){
		"until the context ends": func(ctx context.Context) (string, error) { <-ctx.Done(); return "", ctx.Err() },
		"whatever the context":   func(context.Context) (string, error) { time.Sleep(time.Minute); return "", errors.New("late") },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(w *world) {
				m := w.joinWith(behind, "", &account{w.platform, ask})
				require.LessOrEqual(t, took(func() {
					_, err := m.SignTickets(ctx, false)
					require.Error(t, err)
				}), patience)
				var err error
				signing := took(func() { _, err = m.ForSigning(ctx) })
				require.Equal(t, SecretWaits, kindOf(err))
				require.LessOrEqual(t, signing, patience)
				cold := w.joinWith(behind, "", &account{w.platform, ask})
				signing = took(func() { _, err = cold.ForSigning(ctx) })
				t.Logf("without a pair ForSigning took %v: %v", signing, err)
				require.LessOrEqual(t, signing, 2*patience)
				soon, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
				defer cancel()
				require.LessOrEqual(t, took(func() { _, err = w.joinWith(behind, "", &account{w.platform, ask}).ForSigning(soon) }), 100*time.Millisecond)
				require.Error(t, err)

				warm := w.warm(behind)
				warm.who.ask = ask
				time.Sleep(20 * time.Minute)
				for range 30 {
					require.Zero(t, took(func() { warm.sign() }))
					time.Sleep(time.Minute)
				}
			})
		})
	}
}

func TestSecretFails(t *testing.T) {
	inBubble(t, func(w *world) {
		errVault := errors.New("the vault is sealed")
		fails := &atomic.Bool{}
		fails.Store(true)
		m := w.joinWith(behind, "", &account{w.platform, func(context.Context) (string, error) {
			if fails.Load() {
				return "", errVault
			}
			return rightSecret, nil
		}})
		_, err := m.SignTickets(ctx, false)
		require.ErrorIs(t, err, errVault)
		_, err = m.ForSigning(ctx)
		require.ErrorIs(t, err, errVault)
		fails.Store(false)
		m.sign()
		fails.Store(true)
		time.Sleep(20 * time.Minute)
		m.sign()
		time.Sleep(time.Second)
		synctest.Wait()
		require.ErrorIs(t, m.told.ended[len(m.told.ended)-1], errVault)
		require.Equal(t, [3]int{1, 1, 0}, w.calls())
		time.Sleep(40 * time.Minute)
		_, err = m.ForSigning(ctx)
		require.ErrorIs(t, err, errVault)
	})
}

// An answer of the provider is not taken for its silence.
func TestSecretIsTaken(t *testing.T) {
	for range 2000 {
		w := &world{T: t, platform: newPlatform(), store: newMemory()}
		m := w.joinWith(behind, "", &account{w.platform, func(context.Context) (string, error) { return rightSecret, nil }})
		require.NoError(t, m.ensureSeal(ctx))
	}
}
