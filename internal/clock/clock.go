// Package clock measures time and waits.
package clock

import (
	"context"
	"time"
)

// Elapsed returns the time from a to b. It is the larger of the times on the monotonic
// clock and on the wall clock, because the monotonic clock of a suspended machine stands
// still while the platform's clock does not.
func Elapsed(a, b time.Time) time.Duration {
	return max(b.Sub(a), wall(a, b))
}

// wall returns the time from a to b on the wall clock. It is b.Round(0).Sub(a.Round(0)), and
// takes a fifth of its time.
func wall(a, b time.Time) time.Duration {
	const century = 100 * 365 * 24 * 60 * 60
	seconds := b.Unix() - a.Unix()
	if seconds > century || seconds < -century { // a Duration might not hold it
		return b.Round(0).Sub(a.Round(0))
	}
	return time.Duration(seconds)*time.Second + time.Duration(b.Nanosecond()-a.Nanosecond())
}

// Sleep waits for d. If ctx ends before, it returns the error of ctx at once.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
