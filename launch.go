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

// SDKRequest starts a face verification in an App. It prints as its name.
type SDKRequest struct {
	hidden[SDKRequest]

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
// prints, and is written as JSON, without Params and Extras: what the App gets is
// Params (and, of NFC, Extras) as such. On iOS the App must set useAdvanceCompare to YES
// for Plus and Enhanced: without, nobody is compared, and ConfirmFace says
// ErrNotCompared.
//
// No SDK records a video for evidence unless the App tells it to. The face SDKs
// have a switch for it: VIDEO_UPLOAD on Android and recordVideo on iOS. The will
// SDKs have one for the video of the will, RECORD_WILL_VIDEO on Android and
// recordWillVideo on iOS, and on iOS recordVideo beside it. The documents name none
// for Harmony: ask the platform before you count on a video. No launch parameter of
// a server can set them, and what was not recorded cannot be fetched.
type SDKLaunch struct {
	Product  Product
	Platform Platform
	OrderNo  string // keep it: it is the key to the result
	UserID   string
	FaceID   string // lives 5 minutes; of face and will, but for LivenessOnly
	// Params holds the launch parameters under the names of the platform's own
	// SDK: send them to the App as a JSON object. The App adds constants of its
	// own: verifyMode to the face SDKs of Android, sdkType (the kind of card) to
	// OCR.
	Params map[string]string
	// Extras of NFC: what the App puts beside the parameters, see StartNFC.
	Extras map[string]string
}

// StartSDK opens a verification for an App and makes its launch parameters. The
// upload and the NONCE ticket are fetched at the same time: warm, it takes one
// round trip. It is called when the user taps, not earlier. A video is there later
// only if the App records one: see SDKLaunch.
func (c *Client) StartSDK(ctx context.Context, r SDKRequest) (*SDKLaunch, error) {
	const op = "StartSDK"
	a, err := c.kyc1(ctx, op)
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
	launch.sign(a, nonceTicket, param{"licence", r.Licence})
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
		return up, badArgument(op, "Product", "must be ProductPlus, ProductEnhanced or ProductBasic; ProductWill has StartWillSDK")
	}
	if err := checkPhone(op, r.Platform, r.Person.UserID); err != nil {
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

// checkPhone checks what a phone's SDK is particular about.
func checkPhone(op string, platform Platform, userID string) error {
	most := maxUserID
	switch platform {
	case PlatformAndroid, PlatformIOS:
	case PlatformHarmony:
		most = maxUserIDHarmony
	default:
		return badArgument(op, "Platform", "must be PlatformAndroid, PlatformIOS or PlatformHarmony")
	}
	return checkUserID(op, userID, most)
}

// launchNames are the launch parameters in each SDK's own names, by product:
// OCR and NFC have SDKs of their own. What has no name there is not handed over.
var (
	faceNames = map[Platform]map[string]string{
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
	ocrNames = map[Platform]map[string]string{
		PlatformAndroid: {
			"appId": "openApiAppId", "userId": "openApiUserId", "version": "openApiAppVersion", "nonce": "openApiNonce",
			"sign": "openApiSign", "orderNo": "orderNo",
		},
		PlatformIOS: {
			"appId": "appId", "userId": "userId", "version": "version", "nonce": "nonce",
			"sign": "sign", "orderNo": "orderNo", "licence": "license",
		},
		PlatformHarmony: {"appId": "appId", "userId": "userId", "nonce": "nonce", "sign": "sign", "orderNo": "orderNo"},
	}
	nfcNames = map[Platform]map[string]string{
		PlatformAndroid: {
			"appId": "openApiAppId", "userId": "openApiUserId", "version": "openApiAppVersion", "nonce": "openApiNonce",
			"sign": "openApiSign", "orderNo": "orderNo", "ocrCertId": "openApiOcrCertId",
		},
		PlatformIOS: {
			"appId": "appId", "userId": "userId", "version": "version", "nonce": "nonce",
			"sign": "sign", "orderNo": "orderNo", "ocrCertId": "ocrCertId",
		},
	}
)

// name is what the launch's SDK calls one parameter, "" if it has none.
func (l *SDKLaunch) name(ours string) string {
	switch l.Product {
	case ProductIDCardOCR, ProductBankCardOCR:
		return ocrNames[l.Platform][ours]
	case ProductNFC:
		return nfcNames[l.Platform][ours]
	case ProductBasic, ProductWill:
		if l.Platform == PlatformIOS && ours == "appId" { // the entry points of iOS are not of one mind
			return "appid"
		}
	}
	return faceNames[l.Platform][ours]
}

// sign fills in the parameters, signed with the NONCE ticket.
func (l *SDKLaunch) sign(a *app, nonceTicket string, more ...param) {
	set := launchSet(a.id, l.UserID, NewNonce())
	all := append(set, param{"sign", signSet(nonceTicket, set)}, param{"orderNo", l.OrderNo}, param{"faceId", l.FaceID})
	l.Params = map[string]string{}
	for _, p := range append(all, more...) {
		if name := l.name(p.name); name != "" && p.value != "" {
			l.Params[name] = p.value
		}
	}
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
		fail := func(family Family, err error) error {
			return &Error{Op: cl.op, Product: cl.product, OrderNo: cl.orderNo, Family: family, Err: err}
		}
		ended := fail(ErrCaller, &goexitError{partUnknown})
		nonceErr = ended
		defer func() {
			if value := recover(); value != nil { // it would end the process: nobody above could catch it
				nonceErr = fail(ErrCredential, errors.New(c.sayPanic(ctx, "the fetch of a NONCE ticket", value).Error()))
			}
			if nonceErr == ended { //nolint:errorlint // identity is meant
				c.sayGoexit(ctx, partUnknown)
			}
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

// Format prints neither Params nor Extras, whatever the verb.
func (l SDKLaunch) Format(f fmt.State, _ rune) { printShown(f, l) }

// LogValue logs the same as a group.
func (l SDKLaunch) LogValue() slog.Value { return logShown(l) }

func (l SDKLaunch) shown() shown {
	return shown{
		{"Product", l.Product}, {"Platform", l.Platform}, {"OrderNo", l.OrderNo}, {"UserID", l.UserID},
	}
}
