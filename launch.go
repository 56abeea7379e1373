package faceid

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
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

// SDKRequest starts a face verification in an App.
type SDKRequest struct {
	// Product is ProductPlus, ProductEnhanced or ProductBasic; empty is the one
	// of WithProduct, or else ProductPlus.
	Product  Product
	Platform Platform
	OrderNo  string // empty: a new one
	Person   Person
	Licence  string // of the SDK, from the console; optional, passed on to the App
	// LivenessOnly checks that somebody is alive and compares with nobody:
	// ProductBasic on PlatformIOS only. Nothing is uploaded, so Person holds
	// nothing but the UserID. Say it to ConfirmFace too.
	LivenessOnly bool
}

// SDKLaunch is what an App starts its SDK with: within 2 minutes, once. It
// prints without its signature.
type SDKLaunch struct {
	Product  Product
	Platform Platform
	OrderNo  string // keep it: it is the key to the result
	UserID   string
	FaceID   string // lives 5 minutes; empty with LivenessOnly
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
	up, err := a.sdkUpload(op, r)
	if err != nil {
		return nil, err
	}
	launch := &SDKLaunch{Product: up.to.product, Platform: r.Platform, OrderNo: up.orderNo, UserID: r.Person.UserID}
	cl := call{op: op, product: launch.Product, orderNo: launch.OrderNo}
	var nonceTicket string
	if r.LivenessOnly {
		nonceTicket, err = c.nonceTicket(ctx, cl, launch.UserID)
	} else {
		var answer *opened
		answer, nonceTicket, err = withNonce(ctx, c, cl, launch.UserID, func(ctx context.Context) (*opened, error) { return c.open(ctx, up) })
		if err == nil {
			launch.FaceID = answer.FaceID
		}
	}
	if err != nil {
		return nil, err
	}
	set := launchSet(a.id, launch.UserID, NewNonce())
	launch.Params = sdkParams(launch, set, signSet(nonceTicket, set), r.Licence)
	return launch, nil
}

// sdkUpload checks a launch and chooses its upload.
func (a *app) sdkUpload(op string, r SDKRequest) (faceUpload, error) {
	up := faceUpload{op: op, orderNo: orderNoOr(r.OrderNo), person: r.Person}
	switch a.productOr(r.Product) {
	case ProductPlus:
		up.to = plusUpload
	case ProductEnhanced:
		up.to = advUpload
	case ProductBasic:
		up.to = basicUpload
	default:
		return up, badArgument(op, "Product", "must be ProductPlus, ProductEnhanced or ProductBasic")
	}
	most := maxUserID
	switch r.Platform {
	case PlatformAndroid, PlatformIOS:
	case PlatformHarmony:
		most = maxUserIDHarmony
	default:
		return up, badArgument(op, "Platform", "must be PlatformAndroid, PlatformIOS or PlatformHarmony")
	}
	if err := checkUserID(op, r.Person.UserID, most); err != nil {
		return up, err
	}
	if !r.LivenessOnly {
		return up, up.check()
	}
	switch p := r.Person; {
	case up.to.product != ProductBasic || r.Platform != PlatformIOS:
		return up, badArgument(op, "LivenessOnly", "is for ProductBasic on PlatformIOS only")
	case p.Name != "" || p.IDNo != "" || len(p.Photo) > 0 || p.PhotoType != "":
		return up, badArgument(op, "Person", "must hold the UserID only: with LivenessOnly nobody is compared")
	}
	return up, checkOrderNo(op, up.orderNo)
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

// sdkName is the name of one parameter. The entry points of iOS are not of one
// mind about the appId.
func sdkName(l *SDKLaunch, name string) string {
	if l.Platform == PlatformIOS && l.Product == ProductBasic && name == "appId" {
		return "appid"
	}
	return sdkNames[l.Platform][name]
}

func sdkParams(l *SDKLaunch, signed []param, sign, licence string) map[string]string {
	params := map[string]string{}
	for _, s := range append(signed, param{"sign", sign}, param{"orderNo", l.OrderNo}, param{"faceId", l.FaceID}, param{"licence", licence}) {
		if s.value != "" {
			params[sdkName(l, s.name)] = s.value
		}
	}
	return params
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

// withNonce uploads and fetches the NONCE ticket of the launch at the same time.
// If one fails, the other is given up.
func withNonce[T any](ctx context.Context, c *Client, cl call, userID string, upload func(context.Context) (T, error)) (T, string, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var ticket string
	var nonceErr error
	fetched := make(chan struct{})
	go func() {
		defer close(fetched)
		nonceErr = &Error{Op: cl.op, OrderNo: cl.orderNo, Family: ErrCredential, Err: errors.New("a store or an observer panicked")}
		defer func() {
			_ = recover() // a panic here would end the process: nobody above could catch it
			if nonceErr != nil {
				cancel(nonceErr)
			}
		}()
		ticket, nonceErr = c.nonceTicket(ctx, cl, userID)
	}()
	answer, err := upload(ctx)
	if err != nil {
		cancel(err)
	}
	<-fetched
	if err == nil && nonceErr == nil {
		return answer, ticket, nil
	}
	first := context.Cause(ctx)            // whose failure made us give up the other half
	if first != err && first != nonceErr { //nolint:errorlint // identity is meant; else the caller's ctx ended
		first = cmp.Or(err, nonceErr)
	}
	var none T
	return none, "", first
}

// Format prints no signature, whatever the verb.
func (l SDKLaunch) Format(f fmt.State, _ rune) {
	printShown(f, "SDKLaunch", shown{"Product", l.Product}, shown{"Platform", l.Platform}, shown{"OrderNo", l.OrderNo}, shown{"UserID", l.UserID})
}

// LogValue logs the launch as it prints.
func (l SDKLaunch) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(l)) }
