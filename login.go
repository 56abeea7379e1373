package faceid

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"
)

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
	RedirectURL string
	// RealTimeOnly refuses browsers without real-time detection, which come back
	// with CodeH5NoRealTime. Otherwise they record a video instead.
	RealTimeOnly bool
	From         LoginFrom
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
	nonceTicket, err := c.nonceTicket(ctx, call{op: op, product: s.Product, orderNo: s.OrderNo}, s.UserID)
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
	up := faceUpload{op: op, product: a.productOr(r.Product), orderNo: orderNoOr(r.OrderNo), person: r.Person}
	if r.RealTimeOnly {
		up.live = LiveRealTimeOnly
	}
	return up, nil
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

// Format prints the session without the URL, whatever the verb.
func (l H5Login) Format(f fmt.State, _ rune) {
	printShown(f, "H5Login", shown{"Product", l.Session.Product}, shown{"OrderNo", l.Session.OrderNo}, shown{"UserID", l.Session.UserID})
}

// LogValue logs the login as it prints.
func (l H5Login) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(l)) }
