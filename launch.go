package faceid

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Platform is the system of a phone. Each mobile SDK has its own names for the
// same launch parameters.
type Platform string

// The platforms that have an App SDK.
const (
	PlatformAndroid Platform = "android"
	PlatformIOS     Platform = "ios"
	PlatformHarmony Platform = "harmony"
)

// SDKRequest starts a verification in an App.
type SDKRequest struct {
	Product  Product // empty: the one of WithProduct, or else ProductPlus
	Platform Platform
	OrderNo  string // empty: a new one
	Person   Person
	Licence  string // of the SDK, from the console; optional, passed on to the App
}

// SDKLaunch is what an App starts its SDK with: within 2 minutes, once. It
// prints without its signature.
type SDKLaunch struct {
	Product  Product
	Platform Platform
	OrderNo  string // keep it: it is the key to the result
	UserID   string
	FaceID   string // lives 5 minutes
	// Params holds the launch parameters under the names of the platform's own
	// SDK: send them to the App as a JSON object. Beside these Android wants
	// verifyMode, a constant of the App's.
	Params map[string]string
}

// StartSDK opens a verification for an App and makes its launch parameters. The
// upload and the NONCE ticket are fetched at the same time: warm, it takes one
// round trip. It is called when the user taps, not earlier.
func (c *Client) StartSDK(ctx context.Context, r SDKRequest) (*SDKLaunch, error) {
	const op = "StartSDK"
	a, err := c.kyc1(op)
	if err != nil {
		return nil, err
	}
	most := maxUserID
	switch r.Platform {
	case PlatformAndroid, PlatformIOS:
	case PlatformHarmony:
		most = maxUserIDHarmony
	default:
		return nil, badArgument(op, "Platform", "must be PlatformAndroid, PlatformIOS or PlatformHarmony")
	}
	if err := checkUserID(op, r.Person.UserID, most); err != nil {
		return nil, err
	}
	up := faceUpload{op: op, product: a.productOr(r.Product), orderNo: orderNoOr(r.OrderNo), person: r.Person}
	opened, nonceTicket, err := c.openWithNonce(ctx, up)
	if err != nil {
		return nil, err
	}
	set := launchSet(a.id, r.Person.UserID, NewNonce())
	launch := &SDKLaunch{
		Product: up.product, Platform: r.Platform, OrderNo: up.orderNo, UserID: r.Person.UserID, FaceID: opened.FaceID,
	}
	launch.Params = sdkParams(r.Platform, launch, set, signSet(nonceTicket, set), r.Licence)
	return launch, nil
}

// sdkNames are the launch parameters in each SDK's own names.
var sdkNames = map[Platform]map[string]string{
	PlatformAndroid: {
		"appId": "openApiAppId", "userId": "openApiUserId", "version": "openApiAppVersion", "nonce": "openApiNonce",
		"sign": "openApiSign", "orderNo": "agreementNo", "faceId": "faceId", "licence": "keyLicence",
	},
	PlatformIOS: {
		"appId": "appId", "userId": "userid", "version": "apiVersion", "nonce": "nonce",
		"sign": "sign", "orderNo": "orderNo", "faceId": "faceId", "licence": "licence",
	},
	PlatformHarmony: {
		"appId": "appId", "userId": "userId", "version": "version", "nonce": "nonce",
		"sign": "sign", "orderNo": "orderNo", "faceId": "faceId", "licence": "licence",
	},
}

func sdkParams(p Platform, l *SDKLaunch, signed []param, sign, licence string) map[string]string {
	names := sdkNames[p]
	params := make(map[string]string, len(names))
	for _, s := range append(signed, param{"sign", sign}, param{"orderNo", l.OrderNo}, param{"faceId", l.FaceID}, param{"licence", licence}) {
		if s.value != "" {
			params[names[s.name]] = s.value
		}
	}
	return params
}

// faceUpload is what the stories have in common: who is verified by what.
type faceUpload struct {
	op      string
	product Product
	orderNo string
	person  Person
	live    LiveInterType
}

type openedFace struct {
	FaceID, OptimalDomain string
	at                    time.Time
}

func (a *app) productOr(p Product) Product {
	switch {
	case p != "":
		return p
	case a.product != "":
		return a.product
	}
	return ProductPlus
}

func orderNoOr(orderNo string) string {
	if orderNo == "" {
		return NewOrderNo()
	}
	return orderNo
}

// openFace uploads to the product's endpoint.
func (c *Client) openFace(ctx context.Context, up faceUpload) (*openedFace, error) {
	at := time.Now() // the platform counts from its answer: we err on the short side
	switch up.product {
	case ProductPlus:
		r, err := c.getPlusFaceID(ctx, up.op, GetPlusFaceIDRequest{OrderNo: up.orderNo, Person: up.person, LiveInterType: up.live})
		if err != nil {
			return nil, err
		}
		return &openedFace{r.FaceID, r.OptimalDomain, at}, nil
	default:
		return nil, badArgument(up.op, "Product", "this call serves ProductPlus only")
	}
}

// openWithNonce uploads and fetches the NONCE ticket of the launch at the same
// time. If one fails, the other is given up.
func (c *Client) openWithNonce(ctx context.Context, up faceUpload) (*openedFace, string, error) {
	if err := c.checkUpload(up); err != nil {
		return nil, "", err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var ticket string
	var nonceErr error
	fetched := make(chan struct{})
	go func() {
		defer close(fetched)
		nonceErr = &Error{Op: up.op, OrderNo: up.orderNo, Family: ErrCredential, Err: errors.New("a store or an observer panicked")}
		defer func() {
			_ = recover() // a panic here would end the process: nobody above could catch it
			if nonceErr != nil {
				cancel(nonceErr)
			}
		}()
		ticket, nonceErr = c.nonceTicket(ctx, call{op: up.op, product: up.product, orderNo: up.orderNo}, up.person.UserID)
	}()
	opened, err := c.openFace(ctx, up)
	if err != nil {
		cancel(err)
	}
	<-fetched
	if err == nil && nonceErr == nil {
		return opened, ticket, nil
	}
	first := context.Cause(ctx)            // whose failure made us give up the other half
	if first != err && first != nonceErr { //nolint:errorlint // identity is meant; else the caller's ctx ended
		first = cmp.Or(err, nonceErr)
	}
	return nil, "", first
}

// checkUpload finds a bad argument before anything is sent.
func (c *Client) checkUpload(up faceUpload) error {
	if up.product != ProductPlus {
		return badArgument(up.op, "Product", "this call serves ProductPlus only")
	}
	if err := checkOrderNo(up.op, up.orderNo); err != nil {
		return err
	}
	return up.person.check(up.op, maxUserID)
}

// Format prints no signature, whatever the verb.
func (l SDKLaunch) Format(f fmt.State, _ rune) {
	printShown(f, "SDKLaunch", shown{"Product", l.Product}, shown{"Platform", l.Platform}, shown{"OrderNo", l.OrderNo}, shown{"UserID", l.UserID})
}

// LogValue logs the launch as it prints.
func (l SDKLaunch) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(l)) }
