package faceid

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
)

// SDKRequest starts a face verification in an App. It prints as its name.
type SDKRequest struct {
	hidden[SDKRequest]

	// Product is ProductPlus, ProductEnhanced or ProductBasic. If it is empty, it is the
	// product of WithProduct, or else ProductPlus.
	Product  Product
	Platform Platform
	OrderNo  string // empty: a new number
	Person   Person
	// Licence is the licence of the SDK, from the console. It is passed on to the App. Leave it
	// empty if the App has it. Without a licence the SDK ends with an error of its parameters:
	// 11000 on Android, 12000 on iOS, 13000 on Harmony.
	Licence string
	// LivenessOnly tests that somebody is alive, and compares the face with nobody. It
	// is for ProductBasic on PlatformIOS only. Nothing is uploaded, so Person must hold
	// the UserID only. Set LivenessOnly in the request of ConfirmFace, too.
	LivenessOnly bool
}

// SDKLaunch holds the parameters that an App starts its SDK with, within 2 minutes and
// once. Give the App Params, and for NFC Extras too. The SDKLaunch itself prints, and is
// written as JSON, without them. On iOS the App must set useAdvanceCompare to YES for
// Plus and Enhanced. Otherwise the face is compared with nobody, and ConfirmFace returns
// ErrNotCompared.
//
// No SDK records a video for evidence unless the App tells it to. The face SDKs have a
// switch for it: VIDEO_UPLOAD on Android and recordVideo on iOS. The will SDKs have a
// switch for the video of the will: RECORD_WILL_VIDEO on Android and recordWillVideo on
// iOS, which has recordVideo beside it. The documents name no switch for Harmony: ask
// the platform before you count on a video. No launch parameter of a server can set
// these switches, and a video that was not recorded cannot be fetched.
type SDKLaunch struct {
	Product  Product
	Platform Platform
	OrderNo  string // keep it: it is the key to the result
	UserID   string
	FaceID   string // lives 5 minutes; for face and will only, and "" with LivenessOnly
	// Params holds the launch parameters under the names of the SDK of that platform.
	// Send them to the App as a JSON object. The App adds constants of its own:
	// verifyMode for the face SDKs of Android, and sdkType (the kind of card) for OCR.
	Params map[string]string
	// Extras holds values that the App puts beside the parameters of NFC: see StartNFC.
	Extras map[string]string
}

// StartSDK opens a verification for an App and makes its launch parameters. It uploads
// and fetches the NONCE ticket at the same time, so that it takes one round trip if the
// credentials are at hand. Call it when the user taps, and not earlier. There is a video
// later only if the App records one: see SDKLaunch.
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

// sdkUpload validates a launch and chooses its upload.
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
	if err := validatePhone(op, r.Platform, r.Person.UserID); err != nil {
		return up, err
	}
	if !r.LivenessOnly {
		return up, up.validate()
	}
	switch p := r.Person; {
	case up.to.product != ProductBasic || r.Platform != PlatformIOS:
		return up, badArgument(op, "LivenessOnly", "is for ProductBasic on PlatformIOS only")
	case p.Name != "" || p.IDNo != "" || len(p.Photo) > 0 || p.PhotoType != "":
		return up, badArgument(op, "Person", "must hold the UserID only: with LivenessOnly nobody is compared")
	}
	return up, validateOrderNo(op, up.orderNo)
}

// validatePhone refuses an unknown platform, and a UserID that the SDK of the platform
// would refuse.
func validatePhone(op string, platform Platform, userID string) error {
	most := maxUserID
	switch platform {
	case PlatformAndroid, PlatformIOS:
	case PlatformHarmony:
		most = maxUserIDHarmony
	default:
		return badArgument(op, "Platform", "must be PlatformAndroid, PlatformIOS or PlatformHarmony")
	}
	return validateUserID(op, userID, most)
}

// These tables hold the names of the launch parameters in each SDK. OCR and NFC have
// SDKs of their own. A parameter that has no name in a table is not given to the App.
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

// name returns the SDK's name of one parameter, and "" if the SDK has no such parameter.
func (l *SDKLaunch) name(ours string) string {
	switch l.Product {
	case ProductIDCardOCR, ProductBankCardOCR:
		return ocrNames[l.Platform][ours]
	case ProductNFC:
		return nfcNames[l.Platform][ours]
	case ProductBasic, ProductWill:
		if l.Platform == PlatformIOS && ours == "appId" { // on iOS, Basic and will spell this name differently from Plus and Enhanced
			return "appid"
		}
	}
	return faceNames[l.Platform][ours]
}

// sign fills in Params, with a signature by the NONCE ticket.
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

// withNonce uploads and fetches the NONCE ticket of the launch at the same time. If one
// of them fails, it gives the other up, and returns the error of the one that failed
// first.
func withNonce[T any](ctx context.Context, c *Client, cl call, userID string, upload func(context.Context) (T, error)) (T, string, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var nonce struct {
		ticket string
		err    error
	}
	fetched := make(chan struct{})
	go func() {
		defer close(fetched)
		fail := func(family Family, err error) error {
			return &Error{Op: cl.op, Product: cl.product, OrderNo: cl.orderNo, Family: family, Err: err}
		}
		returned := false
		defer func() {
			if value := recover(); value != nil { // without recover the panic of this goroutine would end the process
				nonce.err = fail(ErrCredential, errors.New(c.logPanic(ctx, "the fetch of a NONCE ticket", value).Error()))
			}
			if nonce.err == nil && !returned {
				nonce.err = fail(ErrCaller, &goexitError{partUnknown})
				c.logGoexit(ctx, partUnknown)
			}
			if nonce.err != nil {
				cancel(nonce.err)
			}
		}()
		nonce.ticket, nonce.err = c.nonceTicket(ctx, cl, userID)
		returned = true
	}()
	answer, err := upload(ctx)
	if err != nil {
		cancel(err)
	}
	<-fetched
	if err == nil && nonce.err == nil {
		return answer, nonce.ticket, nil
	}
	first := context.Cause(ctx)             // the failure for which the other half was given up
	if first != err && first != nonce.err { //nolint:errorlint // identity is meant; if neither is first, the caller's ctx ended
		first = cmp.Or(err, nonce.err)
	}
	var none T
	return none, "", first
}

// Format prints neither Params nor Extras, whatever the verb.
func (l SDKLaunch) Format(f fmt.State, _ rune) { printShown(f, l) }

// LogValue logs what Format prints, as a group.
func (l SDKLaunch) LogValue() slog.Value { return logShown(l) }

func (l SDKLaunch) shown() shown {
	return shown{
		{"Product", l.Product}, {"Platform", l.Platform}, {"OrderNo", l.OrderNo}, {"UserID", l.UserID},
	}
}

// MarshalJSON writes the launch without Params and Extras, because whoever has them can
// use them. (slog's JSON handler calls encoding/json for values inside a list, and not
// LogValue.) Params alone is written as a whole: write it to the App.
func (l SDKLaunch) MarshalJSON() ([]byte, error) {
	type plain SDKLaunch
	l.Params, l.Extras = nil, nil
	return json.Marshal(plain(l))
}
