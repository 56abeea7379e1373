package faceid

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
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

// LoginFrom says where a mobile H5 page is opened.
type LoginFrom string

// The documented places. The zero value is FromApp, the platform's default.
const (
	FromApp     LoginFrom = "app"
	FromBrowser LoginFrom = "browser"
)

// H5Request starts a verification in a mobile browser.
type H5Request struct {
	Product Product // empty: the one of WithProduct, or else ProductPlus
	OrderNo string  // empty: a new one
	Person  Person
	// RedirectURL is where the browser comes back to: absolute, http or https.
	// Its query must not hold a name that the platform appends (code, orderNo,
	// faceId, h5faceId, newSignature, newSign, liveRate, faceCode, willCode),
	// and nothing personal.
	RedirectURL   string
	LiveInterType LiveInterType
	From          LoginFrom
	// ShowResultPage shows the platform's result page before the way back.
	ShowResultPage bool
	// ReplaceHistory leaves no entry in the browser's history.
	ReplaceHistory bool
}

// H5Session is an opened verification that a browser can be sent to. It holds
// no secret and nothing personal but the UserID, and survives JSON: keep it
// with the user's own session, on the server.
type H5Session struct {
	Product        Product   `json:"product"`
	OrderNo        string    `json:"order_no"` // keep it: it is the key to the result
	UserID         string    `json:"user_id"`
	FaceID         string    `json:"face_id"`
	OptimalDomain  string    `json:"optimal_domain,omitempty"`
	RedirectURL    string    `json:"redirect_url"`
	From           LoginFrom `json:"from,omitempty"`
	ShowResultPage bool      `json:"show_result_page,omitempty"`
	ReplaceHistory bool      `json:"replace_history,omitempty"`
	OpenedAt       time.Time `json:"opened_at"`
}

// faceIDLife is how long a faceId can be launched.
const faceIDLife = 5 * time.Minute

// ExpiresAt returns when the faceId dies: LoginURL works until then.
func (s *H5Session) ExpiresAt() time.Time { return s.OpenedAt.Add(faceIDLife) }

// OpenH5 opens a verification for a mobile browser. Follow it with LoginURL
// within 5 minutes, when the user clicks.
func (c *Client) OpenH5(ctx context.Context, r H5Request) (*H5Session, error) {
	const op = "OpenH5"
	up, err := c.h5Upload(op, r)
	if err != nil {
		return nil, err
	}
	opened, err := c.openFace(ctx, up)
	if err != nil {
		return nil, err
	}
	return r.session(up, opened), nil
}

// LoginURL makes the address of the login page for an opened verification. It
// works once, within 2 minutes and before the faceId dies: make it when the
// user clicks, in the handler of a POST that answers with a redirect (303). A
// GET link, an <a href> or a prefetch would burn it, and the user would see
// 签名不合法.
//
// API: https://cloud.tencent.com/document/product/1007/114178
func (c *Client) LoginURL(ctx context.Context, s *H5Session) (string, error) {
	const op = "LoginURL"
	a, err := c.kyc1(op)
	if err != nil {
		return "", err
	}
	if err := s.check(op); err != nil {
		return "", err
	}
	nonceTicket, err := c.NonceTicket(ctx, s.UserID)
	if err != nil {
		return "", err
	}
	return a.loginURL(s, nonceTicket), nil
}

// H5Login is a verification that is ready for the browser. It prints without
// its URL, which lets its bearer in.
type H5Login struct {
	Session H5Session
	URL     string // works once, within 2 minutes; see LoginURL
}

// StartH5 is OpenH5 and LoginURL in one round trip when warm: the upload and
// the NONCE ticket are fetched at the same time. Call it in the handler of a
// POST and answer with a redirect (303) to the URL.
func (c *Client) StartH5(ctx context.Context, r H5Request) (*H5Login, error) {
	const op = "StartH5"
	up, err := c.h5Upload(op, r)
	if err != nil {
		return nil, err
	}
	opened, nonceTicket, err := c.openWithNonce(ctx, up)
	if err != nil {
		return nil, err
	}
	session := r.session(up, opened)
	return &H5Login{Session: *session, URL: c.app.loginURL(session, nonceTicket)}, nil
}

func (c *Client) h5Upload(op string, r H5Request) (faceUpload, error) {
	a, err := c.kyc1(op)
	if err != nil {
		return faceUpload{}, err
	}
	if err := checkRedirectURL(op, r.RedirectURL); err != nil {
		return faceUpload{}, err
	}
	return faceUpload{
		op: op, product: a.productOr(r.Product), orderNo: orderNoOr(r.OrderNo), person: r.Person, live: r.LiveInterType,
	}, nil
}

func (r *H5Request) session(up faceUpload, opened *openedFace) *H5Session {
	return &H5Session{
		Product: up.product, OrderNo: up.orderNo, UserID: r.Person.UserID, FaceID: opened.FaceID,
		OptimalDomain: opened.OptimalDomain, RedirectURL: r.RedirectURL, From: r.From,
		ShowResultPage: r.ShowResultPage, ReplaceHistory: r.ReplaceHistory, OpenedAt: opened.at,
	}
}

// check guards against a session that was stored badly or kept too long, before
// a ticket is spent on it.
func (s *H5Session) check(op string) error {
	if s == nil {
		return badArgument(op, "H5Session", "is nil")
	}
	if err := checkOrderNo(op, s.OrderNo); err != nil {
		return err
	}
	if err := checkUserID(op, s.UserID, maxUserID); err != nil {
		return err
	}
	if s.FaceID == "" {
		return badArgument(op, "FaceID", "is empty")
	}
	if err := checkRedirectURL(op, s.RedirectURL); err != nil {
		return err
	}
	if elapsed(s.OpenedAt, time.Now()) >= faceIDLife {
		return &Error{Op: op, Product: s.Product, Family: ErrExpired, OrderNo: s.OrderNo,
			Err: fmt.Errorf("the faceId was opened more than %v ago: open a new verification", faceIDLife)}
	}
	return nil
}

// loginURL signs the address of the login page.
func (a *app) loginURL(s *H5Session, nonceTicket string) string {
	set := loginSet(a.id, s.UserID, s.OrderNo, s.FaceID, NewNonce())
	query := url.Values{}
	for _, p := range set {
		query.Set(p.name, p.value)
	}
	query.Set("sign", signSet(nonceTicket, set))
	query.Set("url", s.RedirectURL) // Encode below encodes it, once
	query.Set("from", string(s.From))
	if s.From == "" {
		query.Set("from", string(FromApp))
	}
	if !s.ShowResultPage {
		query.Set("resultType", "1")
	}
	if s.ReplaceHistory {
		query.Set("redirectType", "1")
	}
	return a.loginBase(s.OptimalDomain) + "/api/web/login?" + query.Encode()
}

// loginBase is where the login page lives: the host that the platform named, if
// it is a bare host of the platform's, else the base URL.
func (a *app) loginBase(optimalDomain string) string {
	if isBareHost(optimalDomain) && !strings.EqualFold(optimalDomain, a.base.Host) {
		host, _, _ := strings.Cut(optimalDomain, ":")
		for _, domain := range a.loginDomains {
			if inDomain(host, domain) {
				return "https://" + optimalDomain
			}
		}
	}
	return a.base.Scheme + "://" + a.base.Host
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
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type nonce struct {
		ticket string
		err    error
	}
	fetched := make(chan nonce, 1)
	go func() {
		t, err := c.NonceTicket(ctx, up.person.UserID)
		if err != nil {
			cancel()
		}
		fetched <- nonce{t, err}
	}()
	opened, err := c.openFace(ctx, up)
	if err != nil {
		cancel()
	}
	n := <-fetched
	switch {
	case n.err != nil && (err == nil || isContextError(err)):
		return nil, "", n.err
	case err != nil:
		return nil, "", err
	}
	return opened, n.ticket, nil
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

// Format prints the session without the URL, whatever the verb.
func (l H5Login) Format(f fmt.State, _ rune) {
	printShown(f, "H5Login", shown{"Product", l.Session.Product}, shown{"OrderNo", l.Session.OrderNo}, shown{"UserID", l.Session.UserID})
}

// LogValue logs the login as it prints.
func (l H5Login) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(l)) }
