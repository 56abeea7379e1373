package faceid

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/faceid-go/faceid/internal/credential"
)

// isRefusal reports whether the platform refused a signature, a ticket or a
// token. The code 400101 means any of them. The code 15 is not in the documents, but
// the platform has sent it.
func isRefusal(err error) bool {
	return errors.Is(err, CodeBadSignature) || errors.Is(err, CodeTokenExpired)
}

// reasonOf returns code and family of a refusal, in the form in which
// internal/credential keeps them while it throttles refreshes.
func reasonOf(err error) credential.Reason {
	var e *Error
	if !errors.As(err, &e) {
		return credential.Reason{}
	}
	return credential.Reason{Code: string(e.Code), Family: string(e.Family)}
}

// notTheCallers makes an error of a refresh fit for the calls that wait for the
// refresh. If the time of the refresh is over, it is not a caller's context that has
// ended: the error is ErrNetwork then.
func notTheCallers(err error) error {
	if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
		return err
	}
	own := &Error{Op: opRefresh, Family: ErrNetwork}
	var e *Error
	if errors.As(err, &e) {
		*own = *e
		if own.Family == "" {
			own.Family = ErrNetwork
		}
		err = e.Err
	}
	own.Err = &transportError{text: credential.ErrUnanswered.Error(), err: err}
	return own
}

// credentialError makes an error of internal/credential an error of this package.
func credentialError(err error) error {
	if err == nil { // this test stands apart, because translateCredentialError allocates
		return nil
	}
	return translateCredentialError(err)
}

func translateCredentialError(err error) error {
	var left *credential.LeftError
	var own *credential.Error
	var platform *credential.PlatformError
	switch {
	case errors.As(err, &left):
		return whileWaiting(credentialError(left.Last), left.Ended)
	case errors.As(err, &own):
		return notTheCallers(errorOfKind(own))
	case errors.As(err, &platform):
		return platform.Err
	}
	return err
}

// errorOfKind gives an error of internal/credential the family of its kind.
func errorOfKind(own *credential.Error) error {
	e := &Error{Op: opRefresh, Err: own}
	switch own.Kind {
	case credential.StoreFailed:
		e.Family = storeFamily(own.Err)
	case credential.Throttled:
		return throttledError(own)
	case credential.Unanswered:
		e.Family = ErrNetwork
	case credential.TokensDie:
		e.Family = ErrCredential
	case credential.SecretWaits:
		e.Family, e.Err = ErrCredential, fmt.Errorf("%s: %w", partSecret, own)
	}
	return e
}

// throttledError names the last refusal, and how long nothing is sent after it.
func throttledError(own *credential.Error) error {
	e := &Error{Op: opRefresh, Code: Code(own.Reason.Code), Family: Family(own.Reason.Family), notSent: true}
	if e.Family == "" {
		e.Family = ErrCredential
	}
	e.Err = fmt.Errorf("the platform refused our credentials; nothing is sent for another %v", own.Wait.Truncate(time.Second)+time.Second)
	if own.Foreign {
		e.Err = fmt.Errorf("%w; %w", e.Err, ErrForeignRefresh)
	}
	return e
}

// storeFamily is the family of an error of the store. A panic of the store is
// ErrCaller.
func storeFamily(err error) Family {
	if isPanic(err) {
		return ErrCaller
	}
	return ErrStore
}

// explainRefusal adds to a second refusal its cause, if it is known.
func (c *Client) explainRefusal(err error) error {
	if c.app.creds.Foreign() {
		return refusedFor(err, ErrForeignRefresh)
	}
	return err
}

// refusedFor adds a cause to a refusal, and keeps the refusal's code.
func refusedFor(refusal, cause error) error {
	var e *Error
	if !errors.As(refusal, &e) {
		return refusal
	}
	both := *e
	both.Err = cause
	return &both
}

// ErrForeignRefresh says that another system, which does not share this store,
// fetches tokens for the same appID. It is in the chain of an error if tokens that
// were fresh died twice within an hour although the store did not change. Each fetch
// kills the other side's token a minute later. Let both share one store, or give the
// other system an appID of its own.
var ErrForeignRefresh = errors.New("faceid: somebody outside this store fetches tokens for the same appID")
