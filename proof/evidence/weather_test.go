package evidence

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/evidence/evidencetest"
)

func newWeather(t *testing.T) weather {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "weather"))
	require.NoError(t, err)
	t.Cleanup(func() { file.Close() })
	return weather{file}
}

func TestWeatherIsReadAsItWasWritten(t *testing.T) {
	w := newWeather(t)
	ahead, bucket := w.read()
	require.Zero(t, ahead, "nothing was written")
	require.Equal(t, fair, bucket)
	for _, want := range []time.Duration{-100 * time.Hour, 0, 100 * time.Hour} {
		require.NoError(t, w.write(want, stalls))
		ahead, bucket = w.read()
		require.Equal(t, want, ahead)
		require.Equal(t, stalls, bucket)
		require.WithinDuration(t, time.Now().Add(want), w.now(), time.Minute)
	}
}

func TestFaultIsThatOfTheWeather(t *testing.T) {
	w := newWeather(t)
	failed := func(bucket sky, done bool) (n int) {
		require.NoError(t, w.write(0, bucket))
		for range 1000 {
			if w.fault(t.Context(), evidencetest.Write, "object", done) != nil {
				n++
			}
		}
		return n
	}
	require.Zero(t, failed(fair, false))
	require.Zero(t, failed(fair, true))
	require.Equal(t, 1000, failed(fails, false))
	require.Zero(t, failed(unheard, false))
	require.InDelta(t, 333, failed(unheard, true), 150)
	require.NoError(t, w.write(0, stalls))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, w.fault(ctx, evidencetest.Write, "object", false), context.DeadlineExceeded)
}
