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
)

// What VerifyCallback refuses.
var (
	// ErrUnsigned: the request carries no signature. See UnsignedError.
	ErrUnsigned = errors.New("faceid: callback: there is no signature")
	// ErrBadSignature: no ticket known here made the signature, or the request
	// is ambiguous. Ask the record (ConfirmFace) for your own order; never
	// treat it as a pass.
	ErrBadSignature = errors.New("faceid: callback: the signature does not match")
)

// UnsignedError is ErrUnsigned with what the request claims. Anyone can claim
// anything: the hints are good for choosing another way (a browser without a
// camera, CodeH5NoCamera), never for a pass.
type UnsignedError struct {
	UnverifiedOrderNo string
	UnverifiedCode    Code
}

func (e *UnsignedError) Error() string { return ErrUnsigned.Error() }

// Is reports whether target is ErrUnsigned.
func (e *UnsignedError) Is(target error) bool { return target == ErrUnsigned }

// Callback is a verified redirect back from an H5 page. It says how the page
// ended, but it has no time and can be replayed, and its signature joins its
// values without separators: with order numbers that begin with 0 one signed
// callback may be read as another order's. So it is a hint to look: ConfirmFace
// decides, for an order that you know to be this user's.
type Callback struct {
	OrderNo  string
	Code     Code
	FaceID   string // not signed
	LiveRate Score  // not signed
}

// Passed reports what the page claims, signed: code 0.
func (cb *Callback) Passed() bool { return cb != nil && cb.Code == CodePassed }

// VerifyCallback reads the redirect that brings the browser back to the
// RedirectURL, and returns it only if the signature is the platform's. It tries
// the current SIGN ticket and those of the last hour. The errors are ErrUnsigned
// and ErrBadSignature; both mean "do not believe it", and neither says that the
// person failed.
//
// API: https://cloud.tencent.com/document/product/1007/35895
func (c *Client) VerifyCallback(ctx context.Context, r *http.Request) (*Callback, error) {
	const op = "VerifyCallback"
	a, err := c.kyc1(op)
	if err != nil {
		return nil, err
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fmt.Errorf("%w: the query is malformed", ErrBadSignature)
	}
	cb, err := VerifyCallback(values, a.id, a.creds.signTickets(ctx, false)...)
	if errors.Is(err, ErrBadSignature) {
		// Another process may have refreshed a moment ago.
		cb, err = VerifyCallback(values, a.id, a.creds.signTickets(ctx, true)...)
	}
	return cb, err
}

// VerifyCallback is the check behind Client.VerifyCallback for the decoded
// query of a callback, an appID and the SIGN tickets that may have signed it.
func VerifyCallback(values url.Values, appID string, signTickets ...string) (*Callback, error) {
	get, err := single(values)
	if err != nil {
		return nil, err
	}
	signature := cmp.Or(get["newSignature"], get["newSign"]) // mobile, PC
	orderNo, number := get["orderNo"], get["code"]
	if signature == "" {
		return nil, &UnsignedError{UnverifiedOrderNo: redactText(orderNo, nil), UnverifiedCode: callbackCode(redactText(number, nil))}
	}
	if !isResultNumber(number) || orderNo == "" || len(orderNo) > maxOrderNo || !isAlnum(orderNo) {
		return nil, fmt.Errorf("%w: code or orderNo is ill-formed", ErrBadSignature)
	}
	set := callbackSet(appID, orderNo, number)
	got := []byte(strings.ToUpper(signature))
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
		OrderNo: orderNo, Code: callbackCode(number),
		FaceID: cmp.Or(get["faceId"], get["h5faceId"]), LiveRate: parseScore(get["liveRate"]),
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
	digits := strings.TrimPrefix(text, "-")
	switch {
	case digits == "" || len(digits) > 10 || strings.Trim(digits, "0123456789") != "":
		return false
	case digits[0] == '0':
		return text == "0"
	}
	return true
}

// callbackCode scopes a number: the front-end has a table of its own.
func callbackCode(number string) Code {
	if code := Code(scopeH5 + "/" + number); code.Family() != ErrUnknownCode {
		return code
	}
	return faceCode(number)
}

// Format prints order and code, whatever the verb.
func (cb Callback) Format(f fmt.State, _ rune) {
	printShown(f, "Callback", shown{"OrderNo", cb.OrderNo}, shown{"Code", cb.Code.Number()})
}

// LogValue logs the callback as it prints.
func (cb Callback) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(cb)) }
