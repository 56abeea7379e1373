package faceid

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/faceid-go/faceid/internal/catalog"
)

// ConfirmReturn decides on a person who comes back from a login page, on a phone or on a
// PC. Call it in the handler of the RedirectURL. session is the one that StartH5, OpenH5,
// StartPC or OpenPC returned, and that this browser's own session holds. Look for it
// first, and refuse a request without one before you call ConfirmReturn.
//
// The record comes with a nil error only if the callback is genuine, is of this
// session's order and claims a pass, if the platform's own record confirms the pass, and
// if the function of WithCallbackOnce has not seen the callback before. Without that
// option a callback may repeat. The record may lag behind the callback, so it is asked
// for up to 3 times more, 2 seconds apart.
//
// The error is an *Error whose Step says which step failed:
//
//   - ErrUnsigned, ErrBadSignature, ErrOtherOrder: believe nothing. There is no record.
//   - ErrNotPassed: the person did not pass. The record comes with it, if there
//     is one. Remedy says whether another try, or another browser, may help.
//   - ErrReplayed: the order passed, and this callback was confirmed before. A reload
//     is the usual cause. The record comes with it. Show the order as you know it. If
//     you have not stored the decision yet, store it now, in this session.
//   - ErrNoResult and other families: nobody could decide. The same request may be made
//     again, as a reload makes it. Nothing is used up, because the function of
//     WithCallbackOnce is called last.
//
// VerifyCallback and ConfirmFace make single steps, for callers who need them apart.
func (c *Client) ConfirmReturn(ctx context.Context, r *http.Request, session *PageSession) (*FaceRecord, error) {
	const op = "ConfirmReturn"
	return decide(ctx, c, session.event(op), func() (*FaceRecord, error) {
		if session != nil && session.Product == ProductWill {
			return nil, badArgument(op, "PageSession", "is of 意愿核身: use ConfirmWillReturn")
		}
		return confirmReturn(ctx, c, op, r, session, func(wait bool) (*FaceRecord, error) {
			return c.confirmFace(ctx, op, QueryFaceRecordRequest{OrderNo: session.OrderNo, Product: session.Product, Wait: wait})
		})
	})
}

// confirmReturn makes the steps of ConfirmReturn. confirm asks for the record and
// decides on it.
func confirmReturn[R Result](ctx context.Context, c *Client, op string, r *http.Request, s *PageSession, confirm func(wait bool) (R, error)) (R, error) {
	var none R
	if err := c.validateReturn(ctx, op, r, s); err != nil {
		return none, err
	}
	e, began := s.event(op), time.Now()
	cb, err := c.verifyReturn(ctx, op, r, s)
	e.setCallback(cb, began, err)
	defer func() { c.report(ctx, e) }() // once, at the end: the last step is about the callback, too
	if err != nil {
		return none, err
	}
	if !cb.Passed() {
		return notClaimed(op, s, cb, confirm)
	}
	record, err := confirm(true)
	if err != nil {
		return record, atStep(ReturnRecord, err)
	}
	began = time.Now()
	err = c.app.onlyOnce(ctx, op, cb)
	e.setCallback(cb, began, err)
	if err != nil {
		err = atStep(ReturnOnce, err)
		if !errors.Is(err, ErrReplayed) {
			return none, err
		}
		return record, err
	}
	return record, nil
}

// event returns an event of op with the product and order of the session, which may be
// nil.
func (s *PageSession) event(op string) Event {
	if s == nil {
		return Event{Op: op}
	}
	return Event{Op: op, Product: s.Product, OrderNo: s.OrderNo}
}

// validateReturn refuses a request and a session that cannot be those of a person who
// comes back.
func (c *Client) validateReturn(ctx context.Context, op string, r *http.Request, s *PageSession) error {
	if _, err := c.kyc1(ctx, op); err != nil {
		return err
	}
	switch {
	case s == nil:
		return badArgument(op, "PageSession", "is nil: this browser's session has opened no order")
	case r == nil || r.URL == nil:
		return badArgument(op, "Request", "is nil, or has no URL")
	case r.Method == http.MethodHead: // a scanner of links would use up the person's own callback
		return badArgument(op, "Request", "is a HEAD request, which no person makes: answer it without a decision")
	}
	return validateOrderNo(op, s.OrderNo)
}

// verifyReturn makes the steps that need no record: the order, and the signature.
func (c *Client) verifyReturn(ctx context.Context, op string, r *http.Request, s *PageSession) (*Callback, error) {
	fail := func(step ReturnStep, family Family, err error) error {
		return &Error{Op: op, Product: s.Product, Family: family, OrderNo: s.OrderNo, Step: step, Err: err}
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fail(ReturnCallback, FamilyForged, fmt.Errorf("%w: the query is malformed", ErrBadSignature))
	}
	claim, err := readCallback(values)
	if err != nil {
		return nil, fail(ReturnCallback, callbackFamily(err), err)
	}
	if claim.orderNo != s.OrderNo { // the callback may be genuine, so it must not be used up here
		return nil, fail(ReturnOrder, FamilyOtherOrder, ErrOtherOrder)
	}
	cb, err := c.app.verify(ctx, claim)
	if err != nil {
		return nil, fail(ReturnCallback, callbackFamily(err), err)
	}
	return cb, nil
}

// notClaimed returns the error of a callback that claims no pass. The record of a
// verification that ended badly comes with the error. A record that contradicts the
// callback does not come with it.
func notClaimed[R Result](op string, s *PageSession, cb *Callback, confirm func(wait bool) (R, error)) (R, error) {
	var none R
	bad := &Error{Op: op, Product: s.Product, Code: cb.Code, Family: cb.Code.Family(), OrderNo: s.OrderNo, Step: ReturnClaim}
	if cb.Code.kind() == catalog.Outcome {
		bad.Err = ErrNotPassed
	}
	if cb.Code.Remedy() != "" { // after a code of the front-end there is no record
		return none, bad
	}
	record, err := confirm(false)
	var said *Error
	if !errors.Is(err, ErrNotPassed) || !errors.As(err, &said) {
		return none, bad
	}
	if said.Code == cb.Code {
		bad.Message, bad.BizSeqNo, bad.HTTPStatus = said.Message, said.BizSeqNo, said.HTTPStatus
	}
	return record, bad
}

// atStep adds to an error the step in which it arose.
func atStep(step ReturnStep, err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	at := *e
	at.Step = step
	return &at
}

// onlyOnce asks the function of WithCallbackOnce.
func (a *app) onlyOnce(ctx context.Context, op string, cb *Callback) error {
	if a.once == nil {
		return nil
	}
	switch first, err := a.once(ctx, cb); {
	case err != nil: // nobody can tell whether the callback is the first
		return &Error{Op: op, OrderNo: cb.OrderNo, Family: cmp.Or(callbackFamily(err), callersOwn(ctx)), Err: err}
	case !first:
		return &Error{Op: op, OrderNo: cb.OrderNo, Family: FamilyReplayed, Err: ErrReplayed}
	}
	return nil
}
