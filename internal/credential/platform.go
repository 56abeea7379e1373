package credential

import (
	"context"
	"errors"
	"time"
)

// Platform gives tokens and tickets. Its errors are *PlatformError. Any other error
// counts as Lost.
type Platform interface {
	// Secret returns the app's secret. It is called before every refresh.
	Secret(ctx context.Context) (string, error)
	// Mint fetches a new access token. The token before works for one more minute then.
	Mint(ctx context.Context, secret string) (Ticket, error)
	// SignTicket fetches a SIGN ticket of this token.
	SignTicket(ctx context.Context, token string) (Ticket, error)
	// NonceTicket fetches a NONCE ticket that nobody uses, to learn whether the token
	// lives.
	NonceTicket(ctx context.Context, token string) error
}

// PlatformError says why the platform gave nothing.
type PlatformError struct {
	Fate   Fate
	Reason Reason // set if Fate is Answered or Refused
	Err    error
}

func (e *PlatformError) Error() string { return e.Err.Error() }

func (e *PlatformError) Unwrap() error { return e.Err }

// Fate says what happened to a request that failed.
type Fate int

// The fates of a request.
const (
	Lost     Fate = iota // the request may have arrived
	Unsent               // the network failed before the request was sent; another try may succeed
	Withheld             // the request was not sent, and another try would not be sent either
	Answered             // the platform refused for a reason that may pass
	Refused              // the platform refused the credentials
)

func fateOf(err error) (Fate, Reason) {
	var e *PlatformError
	if errors.As(err, &e) {
		return e.Fate, e.Reason
	}
	return Lost, Reason{}
}

func isRefused(err error) bool {
	fate, _ := fateOf(err)
	return fate == Refused
}

// Reason is a refusal in the words of the Platform. It is kept in the throttle, for
// callers that are refused without a request.
type Reason struct {
	Code   string `json:"code,omitempty"`
	Family string `json:"family,omitempty"`
}

// Store keeps records. The root package documents its contract.
type Store interface {
	Load(ctx context.Context, key string) (record []byte, age time.Duration, err error)
	CompareAndSwap(ctx context.Context, key string, old, record []byte) (swapped bool, err error)
	Lock(ctx context.Context, key string, lease time.Duration) (Lock, error)
}

// Lock is a lock that a Store handed out.
type Lock interface {
	Left() time.Duration
	Unlock(ctx context.Context) error
}

// ErrNotFound is what Store.Load returns if there is no record.
var ErrNotFound = errors.New("faceid: store: no record under this key")

// Watcher is told what happens. Its methods must not panic.
type Watcher interface {
	// Refreshed tells the end of a refresh.
	Refreshed(ctx context.Context, took time.Duration, err error)
	// StoreTrouble tells of an operation that the store did not do.
	StoreTrouble(ctx context.Context, op string, err error)
	// FreshTokenDied tells of the nth token within an hour that the platform refused
	// while it was fresh. From the second on, a process outside the store is fetching
	// tokens.
	FreshTokenDied(ctx context.Context, nth int)
	// Panicked tells of a panic in a flight. It is called from the deferred function that
	// recovers the panic, and returns the error for the waiters.
	Panicked(ctx context.Context, value any) error
	// Ended tells of a runtime.Goexit in a flight, and returns the error for the waiters.
	Ended(ctx context.Context) error
}

// Error is an error that this package itself found.
type Error struct {
	Kind Kind
	// Wait, Reason and Foreign are set if Kind is Throttled: how long nothing is sent,
	// the last refusal, and whether a process outside the store fetches tokens.
	Wait    time.Duration
	Reason  Reason
	Foreign bool
	Err     error // may be nil
}

// Kind says what kind of error an Error is.
type Kind int

// The kinds of errors.
const (
	StoreFailed Kind = iota + 1 // the store failed
	Throttled                   // nothing was sent, because the platform refused just now
	Unanswered                  // the platform did not answer in time
	TokensDie                   // no SIGN ticket could be fetched with several new tokens
	SecretWaits                 // the secret did not come in time
)

func (e *Error) Error() string {
	text := map[Kind]string{
		StoreFailed: "the credential store", Throttled: "refused a moment ago", Unanswered: ErrUnanswered.Error(),
		TokensDie: "the platform refuses the tokens that it gives", SecretWaits: "the secret did not come in time",
	}[e.Kind]
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// LeftError is the error of a caller whose context ended while it waited, after a
// refresh had failed.
type LeftError struct {
	Ended error // the error of the caller's context
	Last  error // the error of the refresh
}

func (e *LeftError) Error() string { return e.Ended.Error() + ", after: " + e.Last.Error() }

func (e *LeftError) Unwrap() []error { return []error{e.Ended, e.Last} }

// ErrUnanswered is the cause when a flight ends the context of an exchange or its own.
var ErrUnanswered = errors.New("no answer in the time of a refresh")

// ErrYoung says that new credentials would not help after a refusal.
var ErrYoung = errors.New("new credentials would not help: these are new already")

// Errors after which a refresh takes the lock again.
var (
	errShortLease = errors.New("the lock's lease ends too soon for another step")
	errLostSwap   = errors.New("the record was changed by a process that does not hold the lock")
	errDeadToken  = errors.New("the token cannot fetch a SIGN ticket")
)

func storeFailed(err error) error { return &Error{Kind: StoreFailed, Err: err} }

func isStoreFailed(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == StoreFailed
}
