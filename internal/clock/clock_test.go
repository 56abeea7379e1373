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
