package faceid

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Callback is a verified redirect back from an H5 page. It says how the page ended, but
// it is no proof. It has no time, so it can be replayed. Its signature joins its values
// without separators, so digits may move between code and order number. (A false pass
// can be made so only for an order whose number is another's without a 0 in front.) Ask
// for the record before you decide: ConfirmReturn does so.
//
// The platform's pages have four kinds of callbacks (Plus, Enhanced, will, PC), which
// differ in the names of the id and the signature. All of them become a Callback.
type Callback struct {
	OrderNo  string
	Code     Code
	FaceID   string // faceId or h5faceId; not signed
	LiveRate Score  // absent from a PC; not signed
	FaceCode Code   // the result of the face, with will only; not signed
	WillCode Code   // the result of the answers, with will only; not signed
}

// ID identifies the callback for WithCallbackOnce. A page of the same order that ends
// with the same code has the same ID, even if another ticket signed it.
func (cb *Callback) ID() string { return cb.OrderNo + "/" + cb.Code.Number() }

// Passed reports whether the page claims a pass: the signed code is 0.
func (cb *Callback) Passed() bool { return cb != nil && cb.Code == CodePassed }

// VerifyCallback reads the redirect that brings the browser back to the RedirectURL, and
// returns it only if the signature is the platform's. It is one step of ConfirmReturn.
// A verified callback is not a decision: for that call ConfirmReturn. VerifyCallback
// tries the current SIGN ticket and those of the last hour, and fetches none.
//
// The errors are ErrUnsigned and ErrBadSignature. Both mean "do not believe it", and
// neither says that the person failed. Before VerifyCallback returns ErrBadSignature it
// looks into the store. It does so once a second at most, and so may take a second, or 3
// while another process is fetching the next pair. If ctx ends meanwhile, the error is
// that of ctx. ErrStore means that the tickets could not be looked up. With
// WithCallbackOnce there is ErrReplayed too.
//
// API: https://cloud.tencent.com/document/product/1007/35895
func (c *Client) VerifyCallback(ctx context.Context, r *http.Request) (*Callback, error) {
	const op = "VerifyCallback"
	a, err := c.kyc1(ctx, op)
	if err != nil {
		return nil, err
	}
	if r == nil || r.URL == nil {
		return nil, badArgument(op, "Request", "is nil, or has no URL")
	}
	e, began := Event{Op: op, Product: a.product}, time.Now()
	cb, err := a.verifyOnce(ctx, op, r)
	e.setCallback(cb, began, err)
	c.report(ctx, e)
	return cb, err
}

// verifyOnce verifies a callback, and asks the function of WithCallbackOnce whether it
// is the first.
func (a *app) verifyOnce(ctx context.Context, op string, r *http.Request) (*Callback, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fmt.Errorf("%w: the query is malformed", ErrBadSignature)
	}
	claim, err := readCallback(values)
	if err != nil {
		return nil, err
	}
	cb, err := a.verify(ctx, claim)
	if err != nil || a.once == nil || cb.Code.Remedy() != "" { // a person may leave an unusable page twice
		return cb, err
	}
	switch err := a.onlyOnce(ctx, op, cb); {
	case errors.Is(err, ErrReplayed):
		return cb, ErrReplayed
	case err != nil:
		return nil, err
	}
	return cb, nil
}

// verify tries the tickets in memory, and those of the store if none fits.
func (a *app) verify(ctx context.Context, claim *claimed) (*Callback, error) {
	tickets, _ := a.creds.SignTickets(ctx, false)
	cb, err := claim.verify(a.id, tickets)
	if !errors.Is(err, ErrBadSignature) {
		return cb, err
	}
	// Another process may have refreshed a moment ago.
	tickets, lookErr := a.creds.SignTickets(ctx, true)
	cb, err = claim.verify(a.id, tickets)
	switch {
	case err != nil && ctx.Err() != nil: // the caller left before the store answered: nobody can tell whether it is genuine
		return nil, &Error{Op: "VerifyCallback", Err: ctx.Err()}
	case err == nil:
		return cb, nil
	case lookErr != nil: // its ticket may be in the store: nobody can tell whether it is genuine
		return nil, within(call{op: "VerifyCallback"}, credentialError(lookErr))
	case len(tickets) == 0:
		return nil, fmt.Errorf("%w: no SIGN ticket is known here yet", err)
	}
	return nil, err
}

// VerifyCallback verifies the decoded query of a callback against an appID and the SIGN
// tickets that may have signed it. Client.VerifyCallback does the same with the tickets
// of the Client.
func VerifyCallback(values url.Values, appID string, signTickets ...string) (*Callback, error) {
	claim, err := readCallback(values)
	if err != nil {
		return nil, err
	}
	return claim.verify(appID, signTickets)
}

// claimed is a well-formed callback whose signature was not verified yet.
type claimed struct {
	get                        map[string]string
	signature, orderNo, number string
}

// readCallback reads a query. It refuses a callback that no ticket can have signed,
// before anybody waits for a look into the store.
func readCallback(values url.Values) (*claimed, error) {
	get, err := single(values)
	if err != nil {
		return nil, err
	}
	c := &claimed{get: get, signature: cmp.Or(get["newSignature"], get["newSign"]), orderNo: get["orderNo"], number: get["code"]}
	switch {
	case c.signature == "":
		return nil, &UnsignedError{UnverifiedOrderNo: redactText(c.orderNo, nil), UnverifiedCode: callbackCode(c.number)}
	case !isResultNumber(c.number) || c.orderNo == "" || len(c.orderNo) > maxOrderNo || !isAlnum(c.orderNo):
		return nil, fmt.Errorf("%w: code or orderNo is ill-formed", ErrBadSignature)
	case len(c.signature) != signatureLength || strings.Trim(c.signature, "0123456789abcdefABCDEF") != "":
		return nil, fmt.Errorf("%w: it is not a signature", ErrBadSignature)
	}
	return c, nil
}

// signatureLength is the length of a SHA-1 sum in hexadecimal digits.
const signatureLength = 40

func (c *claimed) verify(appID string, signTickets []string) (*Callback, error) {
	set := callbackSet(appID, c.orderNo, c.number)
	got := []byte(strings.ToUpper(c.signature))
	match := 0
	for _, t := range signTickets {
		if t == "" { // anybody can sign with an empty ticket
			continue
		}
		match |= subtle.ConstantTimeCompare(got, []byte(signSet(t, set)))
	}
	if match != 1 {
		return nil, ErrBadSignature
	}
	return &Callback{
		OrderNo: c.orderNo, Code: callbackCode(c.number),
		FaceID: cmp.Or(c.get["faceId"], c.get["h5faceId"]), LiveRate: parseScore(c.get["liveRate"]),
		FaceCode: partCode(c.get["faceCode"]), WillCode: partCode(c.get["willCode"]),
	}, nil
}

// single reads the platform's parameters. It refuses a query that holds one of them
// twice, because it would not be known which one was signed.
func single(values url.Values) (map[string]string, error) {
	get := make(map[string]string, len(callbackNames))
	for _, name := range callbackNames {
		if len(values[name]) > 1 {
			return nil, fmt.Errorf("%w: %s appears twice", ErrBadSignature, name)
		}
		get[name] = values.Get(name)
	}
	if get["newSignature"] != "" && get["newSign"] != "" && !strings.EqualFold(get["newSignature"], get["newSign"]) {
		return nil, fmt.Errorf("%w: newSignature and newSign differ", ErrBadSignature)
	}
	return get, nil
}

// isResultNumber reports whether text is spelt as the platform spells codes. "00" is
// not: a signature joins code and order number, so a 0 could move between them.
func isResultNumber(text string) bool {
	return isNumber(text) && (text == "0" || strings.TrimPrefix(text, "-")[0] != '0')
}

// callbackCode returns the Code of a number in a callback. The number may be of the
// table of the front-end, of will, or of face.
func callbackCode(number string) Code {
	for _, scope := range []string{scopeH5, scopeWill} {
		if code := Code(scope + "/" + number); code.Family() != ErrUnknownCode {
			return code
		}
	}
	return faceCode(number)
}

// partCode is callbackCode for a parameter that may be absent.
func partCode(number string) Code {
	if number == "" {
		return ""
	}
	return callbackCode(number)
}

// Format prints order and code, whatever the verb.
func (cb Callback) Format(f fmt.State, _ rune) { printShown(f, cb) }

// LogValue logs what Format prints, as a group.
func (cb Callback) LogValue() slog.Value { return logShown(cb) }

func (cb Callback) shown() shown { return shown{{"OrderNo", cb.OrderNo}, {"Code", cb.Code}} }

// guardOnce makes the panic of the function of WithCallbackOnce its error.
func (c *Client) guardOnce(first func(context.Context, *Callback) (bool, error)) func(context.Context, *Callback) (bool, error) {
	if first == nil {
		return nil
	}
	return func(ctx context.Context, cb *Callback) (isFirst bool, err error) {
		defer c.caught(ctx, partOnce, &err)
		return first(ctx, cb)
	}
}

// setCallback makes e the event of a callback. cb is nil unless it was verified.
func (e *Event) setCallback(cb *Callback, began time.Time, err error) {
	e.Kind, e.Err = EventCallback, err
	e.Duration += time.Since(began)
	if cb != nil {
		e.OrderNo, e.Code = cb.OrderNo, cb.Code
	}
}
