package faceid

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"
)

// Event tells an observer what happened. It holds no secret and no personal data,
// and nothing that only a stranger claims: for a callback that is not believed it
// has neither the order nor the code. (An UnsignedError in Err has both in its fields.)
//
// To count exchanges with the platform, count the events of EventCall by Endpoint. One
// method may make several exchanges: StartH5 uploads and fetches a NONCE ticket, and
// both events have Op "StartH5". To count the calls of a method, count its events of
// one Endpoint. To count people, count the events of EventDecision by Family. A decision
// that is made again, after a reload, is one more event. Charged says whether the
// verification is charged, and not the exchange: count it once for an OrderNo.
//
// Kind, Op, Endpoint, Product, Code, Charged, HTTPStatus and Family have few values, so
// that they can be labels of metrics. The numbers of orders, answers and requests
// cannot.
type Event struct {
	Kind EventKind // what the event is about
	// Op is the method that was called, as in "StartH5". It is "refresh" for a refresh
	// of the credentials and its exchanges, and "foreign" for ErrForeignRefresh. For an
	// EventStore it names the operation of the store.
	Op string
	// Endpoint is the path of a kyc1 call, as in "/api/v2/base/queryfacerecord", or the
	// action of API 3.0, as in "DetectAuth". The path of a ticket has its type, as in
	// "/api/oauth2/api_ticket?type=NONCE". The Endpoint of UploadFile is "UploadURL".
	// Endpoint is "" for events that are not calls.
	Endpoint   string
	Product    Product       // "" if it is not known
	OrderNo    string        // the order of a kyc1 call; "" if there is none
	BizSeqNo   string        // the serial number of a kyc1 answer
	RequestID  string        // the RequestId of an answer of API 3.0
	Code       Code          // the code of a result, an error or a verified callback; "" if there is none
	Charged    Charged       // whether the verification of a result is charged; ChargedUnknown without a result
	HTTPStatus int           // the status of a call's last answer; 0 if no answer arrived
	Duration   time.Duration // the time of all attempts together
	Attempts   int           // the HTTP requests that a call made
	// Family says what went wrong. It is "" for the caller's own cancellation, and for
	// an exchange that was given up because the exchange beside it failed.
	//
	// If nothing went wrong, it is FamilyPassed for a decision and "" for all other
	// events. Nothing went wrong with a query that brought a bad outcome: its Code names
	// the outcome. Nothing went wrong with a callback that was verified, whatever it
	// claims. A decision that is no pass has the family of the outcome or of the trouble.
	Family Family
	Err    error // nil if nothing went wrong; often an *Error
}

// EventKind says what an Event is about.
type EventKind string

// These are the kinds of events.
const (
	EventCall    EventKind = "call"    // one exchange with the platform, retries included
	EventRefresh EventKind = "refresh" // one refresh of the credentials
	EventStore   EventKind = "store"   // trouble with the store
	// EventDecision is one decision: a call of a Confirm… method of the Client, refused
	// arguments included. The calls of a decision have events of their own.
	EventDecision EventKind = "decision"
	// EventCallback is one callback that VerifyCallback, ConfirmReturn or
	// ConfirmWillReturn looked at. Err is nil if the callback was verified and, where
	// there is a session, is of the session's order. Otherwise Family is FamilyForged,
	// FamilyUnsigned, FamilyOtherOrder or FamilyReplayed, or the family of the trouble
	// that kept the callback from being verified.
	EventCallback EventKind = "callback"
)

// opRefresh is the Op of a refresh and of its exchanges.
const opRefresh = "refresh"

// report completes an event and gives it to log and observer.
func (c *Client) report(ctx context.Context, e Event) {
	if ctx == nil { // a call without a context was refused, but observer and log need one
		ctx = context.Background()
	}
	e.complete()
	if level := e.level(); c.log.Enabled(ctx, level) {
		c.log.LogAttrs(ctx, level, "faceid "+string(e.Kind), e.attrs()...)
	}
	c.observe(ctx, e)
}

// complete takes from the error of an event what the event does not say itself.
func (e *Event) complete() {
	switch {
	case e.Err != nil:
		e.completeError()
	case e.Kind == EventDecision:
		e.Family = FamilyPassed
	}
	if len(e.OrderNo) > maxOrderNo || !isAlnum(e.OrderNo) { // an ill-formed number may be anything: it is quoted nowhere
		e.OrderNo = ""
	}
}

func (e *Event) completeError() {
	e.Family = callbackFamily(e.Err)
	var told *Error
	if errors.As(e.Err, &told) {
		e.Product, e.OrderNo = cmp.Or(e.Product, told.Product), cmp.Or(e.OrderNo, told.OrderNo)
		e.BizSeqNo, e.RequestID = cmp.Or(e.BizSeqNo, told.BizSeqNo), cmp.Or(e.RequestID, told.RequestID)
		e.Code = cmp.Or(told.Code, e.Code)
		if e.Kind == EventCall {
			e.HTTPStatus = cmp.Or(told.HTTPStatus, e.HTTPStatus)
		}
	}
}

// level returns the level at which an event is logged. Whether a person passed is no
// trouble, so it is logged at Info. A callback that is not believed has a line of its
// own at Warn, and the line of its decision is not repeated at that level.
func (e *Event) level() slog.Level {
	decided := e.Kind == EventDecision || e.Kind == EventCallback
	switch {
	case e.Kind == EventDecision && (e.Family == FamilyPassed || errors.Is(e.Err, ErrNotPassed)):
		return slog.LevelInfo
	case e.Family == "", e.Family == ErrNoResult && !decided: // queries for orders that nobody finished are frequent
		return slog.LevelDebug
	case e.Family == ErrNoResult, e.Family == FamilyReplayed, e.Family == FamilyOtherOrder: // a reload or a second tab is the usual cause
		return slog.LevelInfo
	case e.Kind == EventDecision && (e.Family == FamilyForged || e.Family == FamilyUnsigned): // the callback has a line of its own
		return slog.LevelInfo
	}
	return slog.LevelWarn
}

func (e *Event) attrs() []slog.Attr {
	attrs := []slog.Attr{slog.String("op", e.Op)}
	text := func(name, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(name, value))
		}
	}
	number := func(name string, value int) {
		if value != 0 {
			attrs = append(attrs, slog.Int(name, value))
		}
	}
	text("endpoint", e.Endpoint)
	text("product", string(e.Product))
	text("order", e.OrderNo)
	text("seq", e.BizSeqNo)
	text("request", e.RequestID)
	text("code", e.Code.Number()) // the number alone: a Code would print as a sentence
	if e.Charged != ChargedUnknown {
		text("charged", e.Charged.String())
	}
	number("status", e.HTTPStatus)
	attrs = append(attrs, slog.Duration("duration", e.Duration))
	number("attempts", e.Attempts)
	text("family", string(e.Family))
	if e.Err != nil && e.Family != "" { // without a family the caller's own context has ended
		text("error", e.Err.Error())
	}
	return attrs
}

// decide makes a decision and reports it as one event, whatever calls the decision
// makes. e holds what is known before the decision.
func decide[R Result](ctx context.Context, c *Client, e Event, decision func() (R, error)) (R, error) {
	start := time.Now()
	var result R
	err := c.ready(ctx, e.Op)
	if c == nil { // a nil Client has neither log nor observer
		return result, err
	}
	if err == nil {
		result, err = decision()
	}
	e.Kind, e.Duration, e.Err = EventDecision, time.Since(start), err
	e.setResult(result)
	c.report(ctx, e)
	return result, err
}

// numbered is a Result that knows numbers of its answer, for the event of its
// decision. eventNumbers may be called on a nil result, which knows no numbers.
type numbered interface {
	// eventNumbers returns the product, the serial number of a kyc1 answer and the
	// RequestId of API 3.0, each "" if the result does not know it.
	eventNumbers() (product Product, bizSeqNo, requestID string)
}

// setResult copies code, charge and numbers of a result into the event.
func (e *Event) setResult(result Result) {
	e.Code, e.Charged = result.Code(), result.Charged()
	if r, ok := result.(numbered); ok {
		product, seq, request := r.eventNumbers()
		e.Product, e.BizSeqNo, e.RequestID = cmp.Or(product, e.Product), seq, redactText(request, nil)
	}
}
