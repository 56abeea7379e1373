package faceid

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/faceid-go/faceid/internal/catalog"
	"github.com/faceid-go/faceid/internal/clock"
)

// retryRule says when a call that failed may be sent again.
type retryRule uint8

const (
	retryNever  retryRule = iota // for a mint: a second one would kill the token that the lost answer held
	retryUnsent                  // for an upload: it is repeated only if it surely never reached the platform
	retryAlways                  // for queries and tickets
)

const maxAttempts = 3

func mayRetry(rule retryRule, err error) bool {
	var e *Error
	if rule == retryNever || !errors.As(err, &e) {
		return false
	}
	if rule == retryUnsent {
		return neverLeft(e.Err)
	}
	if e.Code != "" { // the catalogue says after which codes a repetition helps
		entry, _ := e.Code.entry()
		return entry.Retry == catalog.Yes
	}
	switch e.Family {
	case ErrNetwork, ErrRateLimited:
		return true
	case ErrService:
		return e.HTTPStatus >= 502 && e.HTTPStatus <= 504
	}
	return false
}

// neverLeft reports whether the request surely did not reach the platform.
func neverLeft(err error) bool {
	var te *transportError
	if !errors.As(err, &te) {
		return false
	}
	return te.travel == travelNever || te.travel == travelUnknown && isBeforeConnection(te.err)
}

// whileWaiting adds to the last error that the caller's context ended before
// another attempt.
func whileWaiting(last, ended error) error {
	var e *Error
	if !errors.As(last, &e) {
		return ended
	}
	both := *e
	both.Err = ended
	if e.Err != nil {
		both.Err = fmt.Errorf("%w, after: %w", ended, e.Err)
	}
	return &both
}

// pause waits before the next attempt, at most until ctx ends.
func pause(ctx context.Context, attempts int, err error) error {
	wait := 200 * time.Millisecond << (attempts - 1)
	if errors.Is(err, ErrRateLimited) {
		wait *= 4
	}
	wait = wait/2 + rand.N(wait) //nolint:gosec // jitter
	return clock.Sleep(ctx, wait)
}
