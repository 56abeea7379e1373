package faceid

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"
)

// Event tells an observer what happened. It holds no secret and no personal data,
// and nothing that only a stranger claims: of a callback that is not believed it
// has neither the order nor the code. (An UnsignedError in Err has, in its fields.)
//
// To count exchanges with the platform take those of EventCall by Endpoint: one
// method may make several, as StartH5 uploads and fetches a NONCE ticket, and both
// events have Op "StartH5". To count how often a method was called, take those of
// one Endpoint of it. To count people take EventDecision by Family: a decision
// that was made again, after a reload, is one more. Charged says what the
// verification costs, not the question: count it once for an OrderNo.
//
// Kind, Op, Endpoint, Product, Code, Charged, HTTPStatus and Family have few
// values, and do for labels of metrics. The numbers of orders, answers and
// requests do not.
type Event struct {
	Kind EventKind // what the event is about
	// Op is the method that was called, as in "StartH5". It is "refresh" for a refresh
	// of the credentials and its exchanges, "foreign" for ErrForeignRefresh, and of an
	// EventStore what was done with the store.
	Op string
	// Endpoint is what a call asked: the path of kyc1, as in
	// "/api/v2/base/queryfacerecord", for tickets with their type, as in
	// "/api/oauth2/api_ticket?type=NONCE"; the action of API 3.0, as in
	// "DetectAuth". It is "" for all that is not a call.
	Endpoint   string
	Product    Product       // "" if it is not known
	OrderNo    string        // of kyc1; "" if there is none
	BizSeqNo   string        // the serial number of a kyc1 answer
	RequestID  string        // of an answer of API 3.0
	Code       Code          // of a result, an error or a verified callback; "" if there is none
	Charged    Charged       // of a result: whether the verification is charged; ChargedUnknown without one
	HTTPStatus int           // of a call: of its last answer; 0 if none arrived
	Duration   time.Duration // of all attempts together
	Attempts   int           // of a call: HTTP requests made
	// Family is what went wrong. It is "" for the caller's own cancellation, and for
	// an exchange that was given up because the one beside it failed. If nothing
	// went wrong, it is FamilyPassed for a decision and "" for all others: a query
	// that brought a bad outcome went well, and its Code tells; so did a callback
	// that was verified, whatever it claims. A decision that is no pass has the
	// family of the outcome or of the trouble.
	Family Family
	Err    error // nil if nothing went wrong; often an *Error
}

// EventKind says what an Event is about.
type EventKind string

// The kinds of events.
const (
	EventCall    EventKind = "call"    // one exchange with the platform, retries included
	EventRefresh EventKind = "refresh" // one refresh of the credentials
	EventStore   EventKind = "store"   // trouble with the store
	// One decision: a call of a Confirm… method of the Client, refused arguments
	// included. Its calls have events of their own.
	EventDecision EventKind = "decision"
	// One callback that VerifyCallback, ConfirmReturn or ConfirmWillReturn looked
	// at. Err is nil if it was verified, and of this order where there is one; or
	// else Family is FamilyForged, FamilyUnsigned, FamilyOtherOrder, FamilyReplayed
	// or, if nobody could tell, trouble.
	EventCallback EventKind = "callback"
)

// opRefresh is the Op of what no caller asked for.
const opRefresh = "refresh"

// report tells log and observer. What e does not say of itself, its error says.
func (c *Client) report(ctx context.Context, e Event) {
	if ctx == nil { // the call was refused for it, but observer and log get one
		ctx = context.Background()
	}
	e.complete()
	if level := e.level(); c.log.Enabled(ctx, level) {
		c.log.LogAttrs(ctx, level, "faceid "+string(e.Kind), e.attrs()...)
	}
	c.observe(ctx, e)
}

func (e *Event) complete() {
	e.Family = callbackFamily(e.Err)
	if e.Err == nil && e.Kind == EventDecision {
		e.Family = FamilyPassed
	}
	var told *Error
	if errors.As(e.Err, &told) {
		e.Product, e.OrderNo = cmp.Or(e.Product, told.Product), cmp.Or(e.OrderNo, told.OrderNo)
		e.BizSeqNo, e.RequestID = cmp.Or(e.BizSeqNo, told.BizSeqNo), cmp.Or(e.RequestID, told.RequestID)
		e.Code = cmp.Or(told.Code, e.Code)
		if e.Kind == EventCall {
			e.HTTPStatus = cmp.Or(told.HTTPStatus, e.HTTPStatus)
		}
	}
	if len(e.OrderNo) > maxOrderNo || !isAlnum(e.OrderNo) { // whatever it is, it is quoted nowhere
		e.OrderNo = ""
	}
}

// level: what becomes of a person is no trouble, and what somebody else's request
// says is told once.
func (e *Event) level() slog.Level {
	decided := e.Kind == EventDecision || e.Kind == EventCallback
	switch {
	case e.Kind == EventDecision && (e.Family == FamilyPassed || errors.Is(e.Err, ErrNotPassed)):
		return slog.LevelInfo
	case e.Family == "", e.Family == ErrNoResult && !decided: // orders that nobody finished are asked for by the thousand
		return slog.LevelDebug
	case e.Family == ErrNoResult, e.Family == FamilyReplayed, e.Family == FamilyOtherOrder: // a reload, a second tab
		return slog.LevelInfo
	case e.Kind == EventDecision && (e.Family == FamilyForged || e.Family == FamilyUnsigned): // the callback's line has said it
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
	text("code", e.Code.Number()) // a Code prints as a sentence
	if e.Charged != ChargedUnknown {
		text("charged", e.Charged.String())
	}
	number("status", e.HTTPStatus)
	attrs = append(attrs, slog.Duration("duration", e.Duration))
	number("attempts", e.Attempts)
	text("family", string(e.Family))
	if e.Err != nil && e.Family != "" { // not the caller's own end
		text("error", e.Err.Error())
	}
	return attrs
}

// decide makes a decision and reports it, once, whatever it calls on its way. e
// says what is known of it before.
func decide[R Result](ctx context.Context, c *Client, e Event, decision func() (R, error)) (R, error) {
	start := time.Now()
	var result R
	err := c.ready(ctx, e.Op)
	if c == nil { // nobody listens
		return result, err
	}
	if err == nil {
		result, err = decision()
	}
	e.Kind, e.Duration, e.Err = EventDecision, time.Since(start), err
	e.of(result)
	c.report(ctx, e)
	return result, err
}

// of takes over what a result says, which may be nil.
func (e *Event) of(result Result) {
	e.Code, e.Charged = result.Code(), result.Charged()
	set := func(p Product, seq, request string) {
		e.Product, e.BizSeqNo, e.RequestID = cmp.Or(p, e.Product), seq, redactText(request, nil)
	}
	switch r := result.(type) {
	case *FaceRecord:
		if r != nil {
			set(r.Product, r.BizSeqNo, "")
		}
	case *WillRecord:
		if r != nil {
			set("", r.BizSeqNo, "")
		}
	case *OCRResult:
		if r != nil {
			set("", r.BizSeqNo, "")
		}
	case *BankCardResult:
		if r != nil {
			set("", r.BizSeqNo, "")
		}
	case *NFCResult:
		if r != nil {
			set("", r.BizSeqNo, "")
		}
	case *GetDetectInfoEnhancedResult:
		if r != nil {
			set("", "", r.RequestID)
		}
	case *GetEidResultResult:
		if r != nil {
			set("", "", r.RequestID)
		}
	case *GetWebVerificationResultIntlResult:
		if r != nil {
			set("", "", r.RequestID)
		}
	case *GetSdkVerificationResultResult:
		if r != nil {
			set("", "", r.RequestID)
		}
	}
}

// looked says how a look at a callback ended, which is nil unless it was verified.
func (e *Event) looked(cb *Callback, began time.Time, err error) {
	e.Kind, e.Err = EventCallback, err
	e.Duration += time.Since(began)
	if cb != nil {
		e.OrderNo, e.Code = cb.OrderNo, cb.Code
	}
}
