package credential

import (
	"math/bits"
	"time"
)

// usualLife is the life of an access token. The periods below are for such a token.
// For a token with another life they are scaled in proportion, so that the client of a
// faster simulator is faster, too.
const usualLife = 2 * time.Hour

// These are the periods of a pair's use.
const (
	// The platform asks for a new token when the old one has reached this age.
	refreshAt = 20 * time.Minute
	// A launch prefers a new token when the old one has reached this age. A NONCE ticket
	// dies a minute after its token was replaced, and should live two minutes.
	launchAt = refreshAt - time.Minute
	// A token or ticket with less than this left is not used any more.
	spentBefore = 5 * time.Minute
	// The old SIGN ticket works for a minute after a mint. This leaves some of the minute
	// for the way to the platform.
	oldServes = 48 * time.Second
)

// A caller whose copy is older than this looks into the store first.
const (
	lookToSign   = 20 * time.Second
	lookToLaunch = time.Second
)

// These periods say how long somebody waits. Only the periods that say so are scaled to the token's life.
const (
	// A callback that no ticket fits makes the Keeper ask for the secret again, if the
	// last question is at least as long ago as this.
	askAgainAfter = time.Minute
	// A look into the store keeps a caller waiting no longer than this.
	lookTimeout = time.Second
	// A caller without a deadline waits this long. A look into a store that does not
	// answer may come on top.
	patience = 5 * time.Second
	// Such a caller waits only this long if refreshes have failed, or if the flight under
	// way has taken longer than patience.
	shortPatience = time.Second
	// A caller waits this long for a refresh to begin to mint, and then uses the pair
	// that still serves. It is scaled to the token's life.
	fallbackAfter = 3 * time.Second
	// One exchange with the platform may take this long. The period is scaled to a shorter life, but never below a
	// second, and not to a longer one.
	callTimeout = 10 * time.Second
)

// These periods follow a refresh that failed.
const (
	// So many refusals by the platform in a row cause no pause. Each later one causes a
	// pause, which doubles each time from refusedPause on.
	fewRefusals  = 3
	refusedPause = 50 * time.Millisecond
	// A caller who gives up waiting for the next refresh is told of a failure that is
	// younger than this.
	ofLate = time.Minute
	// These are the first and the longest backoff. It doubles with each failure.
	firstBackoff = 5 * time.Second
	lastBackoff  = 5 * time.Minute
	// These are the first and the longest throttle. It doubles with each forced refresh.
	firstThrottle = 10 * time.Second
	lastThrottle  = 5 * time.Minute
	// The throttle starts again at the first after this time without a forced refresh.
	throttleForgotten = 10 * time.Minute
)

// These periods decide what a refusal means.
const (
	// A pair that is younger than this is not the reason for a refusal.
	tooYoungToDie = time.Minute
	// Two fresh tokens that die within this time were killed by a mint outside the store.
	foreignWithin = time.Hour
)

// limits are how long one exchange, one lease of the store's lock and one flight may
// take.
type limits struct{ call, lease, flight time.Duration }

func limitsOf(life time.Duration) limits {
	call := min(max(scaled(callTimeout, life), time.Second), callTimeout)
	return limits{call: call, lease: 3 * call, flight: 9 * call}
}

// scaled returns a period for a token of another life than the usual one.
func scaled(period, life time.Duration) time.Duration {
	if life == usualLife {
		return period
	}
	high, low := bits.Mul64(uint64(period), uint64(life)) //nolint:gosec // neither is negative
	result, _ := bits.Div64(high, low, uint64(usualLife))
	return time.Duration(result) //nolint:gosec // a life is at most a week
}
