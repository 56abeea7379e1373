package credential

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/faceid-go/faceid/internal/clock"
)

// backoff says when the next refresh may begin after one that failed.
type backoff struct {
	failures    int       // failures in a row
	refusals    int       // mints and tokens in a row that the platform refused
	pauseEnds   time.Time // before this time no refresh begins
	backoffEnds time.Time // before this time no refresh begins for a pair that still serves; much later
	last        error     // the error of the last refresh or recovery, nil if it succeeded
	failedAt    time.Time // the time of the last error
}

// ended records how a refresh ended.
func (b *backoff) ended(err error, now time.Time, life time.Duration) {
	b.failedAt = now
	switch {
	case err == nil:
		*b = backoff{}
	case isKnownRefusal(err):
		// The throttle in the record bounds the requests with this secret. There is no
		// pause here, so that another secret is tried at once, except for a caller who
		// tries one wrong secret after the other.
		b.last, b.backoffEnds = err, now.Add(scaled(firstBackoff, life))
		if !isRefused(err) {
			return
		}
		if b.refusals++; b.refusals > fewRefusals {
			b.pauseEnds = now.Add(refusedPause << min(b.refusals-fewRefusals, 7))
		}
	default:
		b.last, b.failures = err, min(b.failures+1, 10)
		most := max(min(scaled(firstBackoff, life)<<(b.failures-1), scaled(lastBackoff, life)), time.Second/4)
		wait := most/2 + rand.N(most) //nolint:gosec // jitter
		b.backoffEnds = now.Add(wait)
		b.pauseEnds = now.Add(max(wait/25, 100*time.Millisecond)) // usually 100 ms to 18 s
	}
}

// isKnownRefusal reports whether the platform has refused the secret or the token just
// now, or whether a throttle says so.
func isKnownRefusal(err error) bool {
	var e *Error
	return isRefused(err) || errors.As(err, &e) && e.Kind == Throttled
}

// pause returns how long a caller without a pair waits before a refresh may begin.
func (b *backoff) pause(now time.Time) time.Duration { return max(b.pauseEnds.Sub(now), 0) }

// recoveryFailed records a recovery that failed. It changes neither pause nor backoff,
// because such a failure says nothing about refreshing.
func (b *backoff) recoveryFailed(err error, now time.Time) { b.last, b.failedAt = err, now }

// trouble returns why refreshes fail now, or nil if the last failure is long ago.
func (b *backoff) trouble(now time.Time) error {
	if b.last == nil || clock.Elapsed(b.failedAt, now) > ofLate {
		return nil
	}
	return b.last
}

// backedOff reports whether no refresh may begin for a pair that still serves.
func (b *backoff) backedOff(now time.Time) bool { return now.Before(b.backoffEnds) }
