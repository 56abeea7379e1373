package credential

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// spread returns the shortest and the longest of many backoffs and pauses after so many
// failures.
func spread(failures int, life time.Duration, err error) (waits, pause [2]time.Duration) {
	waits, pause = [2]time.Duration{time.Hour, 0}, [2]time.Duration{time.Hour, 0}
	now := time.Now()
	for range 2000 {
		var b backoff
		for range failures {
			b.ended(err, now, life)
		}
		q, p := b.backoffEnds.Sub(now), b.pause(now)
		waits = [2]time.Duration{min(waits[0], q), max(waits[1], q)}
		pause = [2]time.Duration{min(pause[0], p), max(pause[1], p)}
	}
	return waits, pause
}

// The backoff doubles from 5 s to 5 minutes, and chance makes it half of that to one and
// a half. The pause is short.
func TestBackoffGrows(t *testing.T) {
	for failures, most := range map[int]time.Duration{
		1: 5 * time.Second, 2: 10 * time.Second, 3: 20 * time.Second, 6: 160 * time.Second, 7: 5 * time.Minute, 200: 5 * time.Minute,
	} {
		waits, pause := spread(failures, usualLife, answered.fails)
		require.GreaterOrEqual(t, waits[0], most/2, "%d", failures)
		require.Less(t, waits[0], most*6/10, "%d: chance keeps processes apart", failures)
		require.Less(t, waits[1], most*3/2, "%d", failures)
		require.Greater(t, waits[1], most*14/10, "%d", failures)
		require.GreaterOrEqual(t, pause[0], 100*time.Millisecond, "%d", failures)
		require.LessOrEqual(t, pause[1], max(most*3/50, 100*time.Millisecond), "%d", failures)
	}
	waits, _ := spread(1, time.Minute, answered.fails)
	require.GreaterOrEqual(t, waits[0], 125*time.Millisecond, "a fast platform has a shortest backoff, too")
	waits, _ = spread(1, 12*time.Minute, answered.fails)
	require.Less(t, waits[1], 750*time.Millisecond, "the backoff is scaled to the life")
}

// The throttle in the record bounds the requests after a refusal. A refusal causes no
// pause, and a backoff of five seconds.
func TestBackoffOfARefusal(t *testing.T) {
	for _, err := range []error{refused.fails, &Error{Kind: Throttled}} {
		waits, pause := spread(1, usualLife, err)
		require.Equal(t, [2]time.Duration{5 * time.Second, 5 * time.Second}, waits)
		require.Equal(t, [2]time.Duration{}, pause)
		waits, _ = spread(9, usualLife, err)
		require.Equal(t, [2]time.Duration{5 * time.Second, 5 * time.Second}, waits, "the backoff does not grow")
		var b backoff
		b.ended(err, time.Now(), usualLife)
		require.Zero(t, b.failures)
		require.Equal(t, err, b.last)
	}
}

func TestBackoffEnds(t *testing.T) {
	now := time.Now()
	var b backoff
	require.False(t, b.backedOff(now))
	require.Zero(t, b.pause(now))
	b.ended(answered.fails, now, usualLife)
	require.True(t, b.backedOff(now))
	require.True(t, b.backedOff(b.backoffEnds.Add(-1)))
	require.False(t, b.backedOff(b.backoffEnds))
	require.Equal(t, time.Duration(1), b.pause(b.pauseEnds.Add(-1)))
	require.Zero(t, b.pause(b.pauseEnds.Add(time.Hour)))
	b.ended(nil, now, usualLife)
	require.Equal(t, backoff{}, b)
}

// A failure of long ago is told to nobody, and shortens nobody's patience.
func TestBackoffTroubleIsForgotten(t *testing.T) {
	var b backoff
	now := time.Now()
	b.ended(errors.New("no"), now, usualLife)
	require.Error(t, b.trouble(now.Add(ofLate)))
	require.NoError(t, b.trouble(now.Add(ofLate+ns)))
	b.recoveryFailed(errors.New("no"), now.Add(time.Hour))
	require.Error(t, b.trouble(now.Add(time.Hour)))
}
