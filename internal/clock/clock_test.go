package clock_test

import (
	"testing"
	"time"

	"github.com/faceid-go/faceid/internal/clock"
	"github.com/stretchr/testify/require"
)

// The monotonic clock of a suspended machine stands still, and its wall clock does not.
func TestElapsedCountsTheTimeOfASuspendedMachine(t *testing.T) {
	begun := time.Now()
	require.Equal(t, 50*time.Minute, clock.Elapsed(begun, begun.Add(50*time.Minute)), "both clocks agree")
	wallOnly := begun.Round(0).Add(time.Hour)
	require.Equal(t, time.Hour, clock.Elapsed(begun, wallOnly))
	require.Equal(t, time.Hour, clock.Elapsed(begun.Round(0), wallOnly))
}

func TestElapsedHoldsForAnyTimes(t *testing.T) {
	now := time.Now()
	for _, b := range []time.Time{
		{}, time.Unix(0, 0), time.Unix(1<<33, 5), time.Unix(1<<40, 0), time.Unix(-1<<40, 0), now, now.Add(1), now.Add(-1), now.Add(time.Hour), now.AddDate(99, 0, 0), now.AddDate(101, 0, 0),
	} {
		for _, a := range []time.Time{now, now.Round(0), b.Add(999_999_999)} {
			require.Equal(t, max(b.Sub(a), b.Round(0).Sub(a.Round(0))), clock.Elapsed(a, b), "from %v to %v", a, b)
		}
	}
}
