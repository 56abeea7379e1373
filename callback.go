package faceid

import (
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// What VerifyCallback refuses.
var (
	// ErrUnsigned: the request carries no signature. See UnsignedError.
	ErrUnsigned = errors.New("faceid: callback: there is no signature")
	// ErrBadSignature: no ticket known here made the signature, or the request
	// is ambiguous. Never treat it as a pass, and do not go on to the record: it
	// may be of somebody who was lured to the page.
	ErrBadSignature = errors.New("faceid: callback: the signature does not match")
	// ErrReplayed: the callback is genuine, but the function of WithCallbackOnce
	// has seen it before; a reload is the usual cause. Of ConfirmReturn it says
	// that the order passed, and its record comes with it; VerifyCallback returns
	// the callback with it, and nothing is decided.
	ErrReplayed = errors.New("faceid: callback: seen before")
)

// UnsignedError is ErrUnsigned with what the request claims. Anyone can claim
// anything: the hints are good for choosing another way (a browser without a
// camera, CodeH5NoCamera), never for a pass. It prints, and is logged and written
// as JSON, as the text of ErrUnsigned, without them.
type UnsignedError struct {
	// UnverifiedOrderNo is what a stranger sent, of at most 300 characters, without
	// control characters and without what looks like a secret. Compare it with an
	// order of the person's own session; write it into no log and no page.
	UnverifiedOrderNo string
	UnverifiedCode    Code // scoped as in a Callback
}

// Error is that of ErrUnsigned: it quotes nothing that the request claims.
func (e *UnsignedError) Error() string { return ErrUnsigned.Error() }

// Format prints the text of ErrUnsigned, whatever the verb.
func (e UnsignedError) Format(f fmt.State, _ rune) { fmt.Fprint(f, ErrUnsigned.Error()) }

// MarshalJSON writes the text of ErrUnsigned.
func (e UnsignedError) MarshalJSON() ([]byte, error) { return json.Marshal(ErrUnsigned.Error()) }

// Is reports whether target is ErrUnsigned.
func (e *UnsignedError) Is(target error) bool { return target == ErrUnsigned }

// Callback is a verified redirect back from an H5 page. It says how the page
// ended, but it has no time and can be replayed, and its signature joins its
// values without separators: digits may move between code and order number. (A
// pass can be made so only for an order whose number is another's without a 0 in
// front.) So it is a hint to look: ConfirmReturn makes the checks that are
// missing here.
//
// The platform's pages have four shapes (Plus, Enhanced, will, PC), which differ
// in the names of the id and the signature; all are read here.
type Callback struct {
	OrderNo  string
	Code     Code
	FaceID   string // faceId or h5faceId; not signed
	LiveRate Score  // absent from a PC; not signed
	FaceCode Code   // of will only: how the face did; not signed
	WillCode Code   // of will only: how the answers did; not signed
}

// ID names the callback for once-only use: the same page that ends the same way
// brings the same. Its signature may differ, by the ticket.
func (cb *Callback) ID() string { return cb.OrderNo + "/" + cb.Code.Number() }

// Passed reports what the page claims, signed: code 0.
func (cb *Callback) Passed() bool { return cb != nil && cb.Code == CodePassed }

// VerifyCallback reads the redirect that brings the browser back to the
// RedirectURL, and returns it only if the signature is the platform's. It is one
// of the checks of ConfirmReturn, which decides; alone it lets nobody in. It tries
// the current SIGN ticket and those of the last hour, and fetches none. The
// errors are ErrUnsigned and ErrBadSignature; both mean "do not believe it", and
// neither says that the person failed. Before it says ErrBadSignature it looks
// into the store, which is done once a second at most, and so may take a second,
// or 3 while another process is fetching the next pair; if ctx ends meanwhile, the
// error is that of ctx. ErrStore means that the tickets could not be looked up.
// With WithCallbackOnce there is ErrReplayed too.
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
	cb, err := a.lookAt(ctx, op, r)
	e.looked(cb, began, err)
	c.report(ctx, e)
	return cb, err
}

// lookAt verifies a callback, and asks whether it is the first.
func (a *app) lookAt(ctx context.Context, op string, r *http.Request) (*Callback, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fmt.Errorf("%w: the query is malformed", ErrBadSignature)
	}
	claim, err := readCallback(values)
	if err != nil {
		return nil, err
	}
	cb, err := a.verify(ctx, claim)
	if err != nil || a.once == nil || cb.Code.Remedy() != "" { // a page that could not be used may be left twice
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

// verify tries the tickets at hand, and those of the store if none fits.
func (a *app) verify(ctx context.Context, claim *claimed) (*Callback, error) {
	tickets, _ := a.creds.signTickets(ctx, false)
	cb, err := claim.verify(a.id, tickets)
	if !errors.Is(err, ErrBadSignature) {
		return cb, err
	}
	// Another process may have refreshed a moment ago.
	tickets, storeErr := a.creds.signTickets(ctx, true)
	cb, err = claim.verify(a.id, tickets)
	switch {
	case err != nil && ctx.Err() != nil: // the look was not waited for: nobody can tell whether it is genuine
		return nil, &Error{Op: "VerifyCallback", Err: ctx.Err()}
	case err == nil || len(tickets) > 0:
		return cb, err
	case storeErr != nil: // nobody can tell whether it is genuine
		return nil, &Error{Op: "VerifyCallback", Family: ErrStore, Err: storeErr}
	}
	return nil, fmt.Errorf("%w: no SIGN ticket is known here yet", err)
}

// VerifyCallback is the check behind Client.VerifyCallback for the decoded
// query of a callback, an appID and the SIGN tickets that may have signed it.
func VerifyCallback(values url.Values, appID string, signTickets ...string) (*Callback, error) {
	claim, err := readCallback(values)
	if err != nil {
		return nil, err
	}
	return claim.verify(appID, signTickets)
}

// claimed is a well-formed callback whose signature was not checked yet.
type claimed struct {
	get                        map[string]string
	signature, orderNo, number string
}

// readCallback refuses what no ticket can make good, before anybody waits for a
// look into the store.
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

// signatureLength is that of SHA-1 in hexadecimal digits.
const signatureLength = 40

func (c *claimed) verify(appID string, signTickets []string) (*Callback, error) {
	set := callbackSet(appID, c.orderNo, c.number)
	got := []byte(strings.ToUpper(c.signature))
	match := 0
	for _, t := range signTickets {
		if t == "" { // would sign without a secret
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

// single reads the platform's parameters and refuses a query that carries one
// of them twice: which one was signed would be open.
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

// isResultNumber reports whether text is spelt as the platform spells codes.
// "00" is not: it would join with an order number differently.
func isResultNumber(text string) bool {
	return isNumber(text) && (text == "0" || strings.TrimPrefix(text, "-")[0] != '0')
}

// callbackCode scopes a number: the front-end has a table of its own, and will
// adds to that of face.
func callbackCode(number string) Code {
	for _, scope := range []string{scopeH5, scopeWill} {
		if code := Code(scope + "/" + number); code.Family() != ErrUnknownCode {
			return code
		}
	}
	return faceCode(number)
}

// partCode is callbackCode for what may be absent.
func partCode(number string) Code {
	if number == "" {
		return ""
	}
	return callbackCode(number)
}

// Remedy is what to do after a code that a browser brought back.
type Remedy string

// The remedies. The zero value is for all codes that are not of the front-end:
// the record tells.
//
// Each of them takes a new verification (StartH5, StartPC, StartWillH5: a new
// order). The documents want a new faceId for every verification
// (每次进行人脸核身都需要重新获取) and do not say what becomes of one whose page was
// entered and left. Who has come back has entered it; a new LoginURL is for a
// session that nobody has come back from.
const (
	RemedyReenter      Remedy = "re-enter"      // the person tries again: a new verification
	RemedyAllowCamera  Remedy = "allow-camera"  // the person allows the camera first: then a new verification
	RemedyOtherBrowser Remedy = "other-browser" // a new verification, begun in another browser
	RemedyWeChat       Remedy = "wechat"        // a new verification, begun inside WeChat
	RemedyOtherWay     Remedy = "other-way"     // verify the person in another way: this browser cannot record
)

// Reenter reports whether another try in the same browser may help. It takes a
// new verification, with a new order; not a LoginURL of the session that the
// person has come back from.
func (r Remedy) Reenter() bool { return r == RemedyReenter || r == RemedyAllowCamera }

// Remedy returns what to do after a front-end code, as the documents advise.
//
// API: https://cloud.tencent.com/document/product/1007/61074
func (c Code) Remedy() Remedy {
	switch c {
	case CodeH5NoLogin, CodeH5Interrupted, CodeH5BadMessage:
		return RemedyReenter
	case CodeH5NoCamera:
		return RemedyAllowCamera
	case CodeH5NoRealTime:
		return RemedyOtherBrowser
	case CodeH5NotInWeChat:
		return RemedyWeChat
	case CodeH5NoRecording:
		return RemedyOtherWay
	}
	return ""
}

// Format prints order and code, whatever the verb.
func (cb Callback) Format(f fmt.State, _ rune) { printShown(f, cb) }

// LogValue logs the same as a group.
func (cb Callback) LogValue() slog.Value { return logShown(cb) }

func (cb Callback) shown() shown { return shown{{"OrderNo", cb.OrderNo}, {"Code", cb.Code}} }
