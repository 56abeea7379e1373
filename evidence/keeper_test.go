package evidence_test

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/faceidtest"
)

func TestProgressSaysWhatGoesFirst(t *testing.T) {
	inShop(t, func(s *shop) {
		o := s.h5(faceidtest.Ending{}, false)
		opened := time.Now()
		for _, c := range []struct {
			age  time.Duration
			want int
		}{{0, 3}, {24*time.Hour - 1, 3}, {24 * time.Hour, 2}, {48*time.Hour - 1, 2}, {48 * time.Hour, 1}, {66 * time.Hour, 1}} {
			time.Sleep(time.Until(opened.Add(c.age)))
			p := s.step(o)
			require.Equal(t, c.age, p.Age)
			require.Equal(t, c.want, p.Priority(), c.age.String())
			require.Equal(t, max(0, time.Until(p.Next)), p.Wait)
		}
	})
}

// A job holds the key of an order, and no token.
func TestStepKeyFindsTheOrder(t *testing.T) {
	inShop(t, func(s *shop) {
		o := s.h5(faceidtest.Passes(), true)
		_, err := s.keeper.StepKey(ctx, o.Key())
		require.ErrorIs(t, err, evidence.ErrNoEntry)
		require.NoError(t, s.keeper.Open(ctx, o))
		p, err := s.keeper.StepKey(ctx, o.Key())
		require.NoError(t, err)
		require.True(t, p.Outcome.Passed)
		require.Equal(t, o.Ref, p.Outcome.Order.Ref)
		require.Equal(t, evidence.Done, p.State)
		require.Zero(t, p.Wait)
	})
}

// A ledger may hold an order of a newer version. It is left alone.
func TestStepKeyRefusesAKindThatItDoesNotKnow(t *testing.T) {
	inShop(t, func(s *shop) {
		o := evidence.Order{Kind: "fax", Number: "order1", OpenedAt: time.Now()}
		_, err := s.ledger.Save(ctx, evidence.Entry{Order: o, Next: time.Now()})
		require.NoError(t, err)
		_, err = s.keeper.StepKey(ctx, o.Key())
		require.ErrorIs(t, err, evidence.ErrOrder)
		_, err = s.keeper.RunDue(ctx, 1)
		require.ErrorIs(t, err, evidence.ErrOrder)
		require.Empty(t, s.sim.Requests())
	})
}

// A function of the merchant that panics is trouble for one order, and not the end of the
// process. What the panic says stays out of log and error.
func TestStepOutlivesAPanicOfTheMerchant(t *testing.T) {
	inShop(t, func(s *shop) {
		var log bytes.Buffer
		s.options.Logger = slog.New(slog.NewTextHandler(&log, nil))
		fails := true
		mayPanic := func() {
			if fails {
				panic(person.Name)
			}
		}
		s.options.OnOutcome = func(ctx context.Context, o evidence.Outcome) error {
			mayPanic()
			return s.tell(ctx, o)
		}
		s.options.Expect = func(context.Context, evidence.Order) (faceid.Person, error) {
			mayPanic()
			return person, nil
		}
		s.open()
		face := s.h5(faceidtest.Passes(), true)
		flow, page := s.wechat()
		_, err := s.sim.VisitCloud(ctx, page)
		require.NoError(t, err)
		for _, o := range []evidence.Order{face, flow} {
			p := s.step(o)
			require.ErrorIs(t, p.Trouble, evidence.ErrPanic)
			require.NotZero(t, p.Wait)
		}
		require.Contains(t, log.String(), "function=OnOutcome")
		require.Contains(t, log.String(), "function=Expect")
		require.NotContains(t, log.String(), person.Name)
		fails = false
		for _, o := range []evidence.Order{face, flow} {
			p, _ := s.untilDone(o)
			require.True(t, p.Outcome.Passed)
		}
		require.Len(t, s.outcomes(), 2)
	})
}

// An order that comes into the ledger late, because the database was away, has not been
// looked at yet: nobody waits until its age has doubled.
func TestOpenOfAnOldOrderIsDueAtOnce(t *testing.T) {
	inShop(t, func(s *shop) {
		o := s.h5(faceidtest.Passes(), true)
		time.Sleep(5 * time.Hour)
		require.NoError(t, s.keeper.Open(ctx, o))
		n, err := s.keeper.RunDue(ctx, 1)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		require.Len(t, s.outcomes(), 1)
	})
}
