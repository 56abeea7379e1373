package evidence_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/faceidtest"
)

// An order that was opened more than 3 days ago, and that nobody has looked at, ends at
// once, and says that a result may have been lost.
func TestOrderOlderThanThreeDaysEndsAtOnce(t *testing.T) {
	for _, age := range []time.Duration{72 * time.Hour, 400 * 24 * time.Hour} {
		inShop(t, func(s *shop) {
			o := evidence.Order{Kind: evidence.FaceH5, Number: "order1", OpenedAt: time.Now().Add(-age)}
			require.NoError(t, s.keeper.Open(ctx, o))
			p := s.step(o)
			require.Equal(t, evidence.Done, p.State)
			require.Equal(t, faceid.ErrNoResult, p.Outcome.Family)
			require.True(t, p.Outcome.Late)
			require.Len(t, s.outcomes(), 1)
		})
	}
}

// The first who tells of an order says what it is. The same number told again, with other
// details even, changes nothing.
func TestOrderToldTwiceIsOneOrder(t *testing.T) {
	inShop(t, func(s *shop) {
		o := s.h5(faceidtest.Passes(), true)
		again := o
		again.OpenedAt, again.Ref, again.Product = o.OpenedAt.Add(time.Hour), "contract 2", faceid.ProductBasic
		require.NoError(t, s.keeper.Open(ctx, o))
		time.Sleep(time.Hour)
		require.NoError(t, s.keeper.Open(ctx, again))
		p := s.step(again)
		require.Equal(t, evidence.Done, p.State)
		require.Equal(t, evidence.Done, s.step(o).State)
		require.Len(t, s.outcomes(), 1)
		require.Equal(t, "contract 1", s.outcomes()[0].Order.Ref)
		require.Equal(t, asText(t, o), asText(t, s.outcomes()[0].Order))
	})
}

// Processes whose clocks are 5 minutes apart work on one order. Nothing is lost, and the
// order ends when it must.
func TestOrderEndsAlthoughClocksDiffer(t *testing.T) {
	for comes, visited := range map[string]bool{"comes": true, "never comes": false} {
		inShop(t, func(s *shop) {
			lagging := faceidtest.Passes()
			lagging.FileLag = map[string]time.Duration{"video": 3 * time.Hour}
			o := s.h5(lagging, visited)
			o.OpenedAt = o.OpenedAt.Add(5 * time.Minute) // by a clock that is fast
			keepers := make([]*evidence.Keeper, 3)
			for i, off := range []time.Duration{-5 * time.Minute, 0, 5 * time.Minute} {
				s.options.Now = func() time.Time { return time.Now().Add(off) }
				s.open()
				keepers[i] = s.keeper
			}
			require.NoError(t, keepers[0].Open(ctx, o))
			var p evidence.Progress
			for i := 0; p.State != evidence.Done; i++ {
				require.Less(t, i, 100, comes)
				var err error
				p, err = keepers[i%3].Step(ctx, o)
				require.NoError(t, err)
				time.Sleep(max(p.Wait, time.Second))
			}
			require.Equal(t, visited, p.Outcome.Passed, comes)
			require.Empty(t, p.Missing)
			require.False(t, p.Outcome.Late)
			require.Len(t, s.outcomes(), 1)
			require.Less(t, time.Since(o.OpenedAt), 67*time.Hour)
		})
	}
}

func TestOrderValidatesWithoutAsking(t *testing.T) {
	now := time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)
	good := evidence.Order{Kind: evidence.FaceH5, Number: "order1", OpenedAt: now}
	require.NoError(t, good.Validate(now))
	good.OpenedAt = now.Add(time.Hour)
	require.ErrorIs(t, good.Validate(now), evidence.ErrOrder)
	require.ErrorIs(t, evidence.Order{Kind: "flight", Number: "x", OpenedAt: now}.Validate(now), evidence.ErrOrder)
}
