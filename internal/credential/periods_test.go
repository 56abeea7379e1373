package credential

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The periods are shorter for a faster platform.
func TestScaledFollowsTheLife(t *testing.T) {
	for _, c := range []struct{ life, want time.Duration }{
		{2 * time.Hour, 20 * time.Minute}, {6 * time.Minute, time.Minute}, {time.Hour, 10 * time.Minute}, {mostLife, 28 * time.Hour}, {1, 0},
	} {
		require.Equal(t, c.want, scaled(refreshAt, c.life))
	}
	require.Equal(t, 84*mostAge, scaled(mostAge, mostLife), "the product does not overflow")
	require.Equal(t, limits{10 * time.Second, 30 * time.Second, 90 * time.Second}, limitsOf(2*time.Hour))
	require.Equal(t, limits{time.Second, 3 * time.Second, 9 * time.Second}, limitsOf(6*time.Minute))
	require.Equal(t, limits{5 * time.Second, 15 * time.Second, 45 * time.Second}, limitsOf(time.Hour))
	require.Equal(t, limits{10 * time.Second, 30 * time.Second, 90 * time.Second}, limitsOf(mostLife))
	require.Equal(t, usualLife, new(record).life())
	require.Equal(t, time.Hour, (&record{Token: Ticket{"t", time.Hour, 0}}).life())
}
