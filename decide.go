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

// The way back from a login page, as one decision.

// ErrOtherOrder says that a callback is of another order than the session's. It
// may be genuine: a second tab, or somebody else's callback that was kept.
var ErrOtherOrder = errors.New("faceid: callback: it is of another order than this session's")

// ReturnStep is one check of ConfirmReturn and ConfirmWillReturn. They are made in
// the order of the constants, but for a callback that is unsigned or ill-formed:
// it is refused first. An *Error names the check that failed.
type ReturnStep string

// The checks.
const (
	ReturnOrder    ReturnStep = "order"    // the callback is of this session's order: ErrOtherOrder
	ReturnCallback ReturnStep = "callback" // the platform signed it: ErrUnsigned, ErrBadSignature
	ReturnClaim    ReturnStep = "claim"    // it claims a pass, signed: ErrNotPassed, with a Remedy where there is one
	ReturnRecord   ReturnStep = "record"   // the record confirms the pass: ErrNotPassed, ErrNotCompared, ErrNoResult
	ReturnOnce     ReturnStep = "once"     // the function of WithCallbackOnce has not seen it: ErrReplayed
)

// ConfirmReturn decides on a person who comes back from a login page, on a phone
// or on a PC: this is the call for the handler of the RedirectURL. session is the
// one that StartH5, OpenH5, StartPC or OpenPC returned, and that this browser's
// own session holds; look for it first, and refuse a request without one before
// you call.
//
// The record comes with a nil error only if the callback is genuine, of this
// session's order, claims a pass, the platform's own record confirms it, and the
// function of WithCallbackOnce, if there is one, has not seen it before. The
// record may lag behind the callback: it is asked for up to 3 times more, 2
// seconds apart.
//
// The error is an *Error whose Step says which check failed:
//
//   - ErrUnsigned, ErrBadSignature, ErrOtherOrder: believe nothing. No record.
//   - ErrNotPassed: the person did not pass. The record comes with it, if there
//     is one. Remedy says whether another try, or another browser, may help.
//   - ErrReplayed: the order passed, and this callback was confirmed before; a
//     reload is the usual cause. The record comes with it. Show the order as you
//     know it; if you did not get to storing the decision, it is still yours to
//     store, in this session.
//   - ErrNoResult and other families: nobody could decide. The same request may
//     be made again, as a reload makes it: the function of WithCallbackOnce is
//     asked last, so nothing is used up.
//
// VerifyCallback, ConfirmFace and Callback are the pieces, for those who need them
// apart.
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

// ConfirmWillReturn is ConfirmReturn for a will verification, opened by
// StartWillH5 or OpenWillH5.
func (c *Client) ConfirmWillReturn(ctx context.Context, r *http.Request, session *PageSession) (*WillRecord, error) {
	const op = "ConfirmWillReturn"
	return decide(ctx, c, session.event(op), func() (*WillRecord, error) {
		if session != nil && session.Product != ProductWill {
			return nil, badArgument(op, "PageSession", "is not of 意愿核身: use ConfirmReturn")
		}
		return confirmReturn(ctx, c, op, r, session, func(wait bool) (*WillRecord, error) {
			return c.confirmWill(ctx, op, GetWillFaceResultRequest{OrderNo: session.OrderNo, Wait: wait})
		})
	})
}

// confirmReturn makes the checks of the way back. confirm asks for the record and
// decides on it.
func confirmReturn[R Result](ctx context.Context, c *Client, op string, r *http.Request, s *PageSession, confirm func(wait bool) (R, error)) (R, error) {
	var none R
	if err := c.checkReturn(ctx, op, r, s); err != nil {
		return none, err
	}
	e, began := s.event(op), time.Now()
	cb, err := c.returned(ctx, op, r, s)
	e.looked(cb, began, err)
	defer func() { c.report(ctx, e) }() // once: the last check is of the callback, too
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
	e.looked(cb, began, err)
	if err != nil {
		err = atStep(ReturnOnce, err)
		if !errors.Is(err, ErrReplayed) {
			return none, err
		}
		return record, err
	}
	return record, nil
}

// event says of an event what the session knows, which may be nil.
func (s *PageSession) event(op string) Event {
	if s == nil {
		return Event{Op: op}
	}
	return Event{Op: op, Product: s.Product, OrderNo: s.OrderNo}
}

// checkReturn refuses arguments that nothing can be looked for in.
func (c *Client) checkReturn(ctx context.Context, op string, r *http.Request, s *PageSession) error {
	if _, err := c.kyc1(ctx, op); err != nil {
		return err
	}
	switch {
	case s == nil:
		return badArgument(op, "PageSession", "is nil: this browser's session has opened no order")
	case r == nil || r.URL == nil:
		return badArgument(op, "Request", "is nil, or has no URL")
	case r.Method == http.MethodHead: // what scans links would use up the person's own way back
		return badArgument(op, "Request", "is a HEAD request, which no person makes: answer it without a decision")
	}
	return checkOrderNo(op, s.OrderNo)
}

// returned makes the checks that need no record: the order, and the signature.
func (c *Client) returned(ctx context.Context, op string, r *http.Request, s *PageSession) (*Callback, error) {
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
	if claim.orderNo != s.OrderNo { // it may be genuine, so it must not use anything up
		return nil, fail(ReturnOrder, FamilyOtherOrder, ErrOtherOrder)
	}
	cb, err := c.app.verify(ctx, claim)
	if err != nil {
		return nil, fail(ReturnCallback, callbackFamily(err), err)
	}
	return cb, nil
}

// notClaimed is the way back of a callback that claims no pass. The record of a
// verification that ended badly comes with it; a record that contradicts the
// callback does not.
func notClaimed[R Result](op string, s *PageSession, cb *Callback, confirm func(wait bool) (R, error)) (R, error) {
	var none R
	bad := &Error{Op: op, Product: s.Product, Code: cb.Code, Family: cb.Code.Family(), OrderNo: s.OrderNo, Step: ReturnClaim}
	if cb.Code.kind() == catalog.Outcome {
		bad.Err = ErrNotPassed
	}
	if cb.Code.Remedy() != "" { // no face was compared, so there is no record
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

// atStep says in which check of the way back an error arose.
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
	case err != nil: // nobody can tell whether it is the first
		return &Error{Op: op, OrderNo: cb.OrderNo, Family: cmp.Or(callbackFamily(err), callersOwn(ctx)), Err: err}
	case !first:
		return &Error{Op: op, OrderNo: cb.OrderNo, Family: FamilyReplayed, Err: ErrReplayed}
	}
	return nil
}

// callbackFamily is familyOf, for what is said of callbacks, too.
func callbackFamily(err error) Family {
	switch {
	case errors.Is(err, ErrUnsigned):
		return FamilyUnsigned
	case errors.Is(err, ErrBadSignature):
		return FamilyForged
	case errors.Is(err, ErrReplayed):
		return FamilyReplayed
	case errors.Is(err, ErrOtherOrder):
		return FamilyOtherOrder
	}
	return familyOf(err)
}

// RemedyOf returns what to do about an error of ConfirmReturn or
// ConfirmWillReturn, "" if no remedy is known. The remedy of an unsigned callback
// is a hint that anybody can give: good for choosing words and ways, no more.
func RemedyOf(err error) Remedy {
	var e *Error
	if errors.As(err, &e) {
		return e.Remedy()
	}
	return ""
}
