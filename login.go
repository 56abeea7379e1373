package faceid

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/faceid-go/faceid/internal/clock"
)

// LoginFrom says where a mobile H5 page is opened.
type LoginFrom string

// These are the documented places. The zero value means FromApp, the platform's default.
const (
	FromApp     LoginFrom = "app"
	FromBrowser LoginFrom = "browser"
)

func (f LoginFrom) validate(op string) error {
	if f != "" && f != FromApp && f != FromBrowser {
		return badArgument(op, "From", "must be FromApp, FromBrowser or empty")
	}
	return nil
}

// H5Request starts a face verification in a mobile browser. It prints as its name.
type H5Request struct {
	hidden[H5Request]

	// Product is ProductPlus or ProductEnhanced. If it is empty, it is the product of
	// WithProduct, or else ProductPlus. For ProductBasic see PCRequest.
	Product Product
	OrderNo string // empty: a new number
	Person  Person
	// RedirectURL is the address that the browser comes back to. It is absolute, http or
	// https, in ASCII as a browser sends it, and without user info. It must not have a
	// fragment (#/back), because the callback's parameters would be lost behind it: a
	// page with a hash router needs a path of the server that redirects to it. Its query
	// must not hold a name that the platform appends (code, orderNo, faceId, h5faceId,
	// newSignature, newSign, liveRate, faceCode, willCode), nor personal data.
	RedirectURL string
	// RealTimeOnly refuses browsers without real-time detection, which come back with
	// CodeH5NoRealTime. Without it such browsers record a video instead.
	RealTimeOnly bool
	From         LoginFrom
	// ShowResultPage shows the platform's result page before the browser comes back.
	ShowResultPage bool
	// ReplaceHistory leaves no entry in the browser's history.
	ReplaceHistory bool
}

// PCRequest starts a face verification in a browser on a PC (Firefox 29, Chrome
// 53 or newer), by ProductBasic. It prints as its name.
type PCRequest struct {
	hidden[PCRequest]

	OrderNo     string // empty: a new number
	Person      Person
	RedirectURL string // as in H5Request
}

// PageSession is an opened verification that a browser can be sent to. Its Product says
// which page is used: ProductBasic has the page for a PC, ProductWill has a page of its
// own in mobile H5, and all others have the page of mobile H5. A PageSession holds no
// secret and no personal data but the UserID. It can be written as JSON and read again:
// keep it with the user's own session, on the server.
type PageSession struct {
	Product        Product   `json:"product"`
	OrderNo        string    `json:"order_no"` // keep it: it is the key to the result
	UserID         string    `json:"user_id"`
	FaceID         string    `json:"face_id"`
	OptimalDomain  string    `json:"optimal_domain,omitempty"` // host of the login page; "": see WithLoginBaseURL
	RedirectURL    string    `json:"redirect_url"`             // the address that the browser comes back to
	From           LoginFrom `json:"from,omitempty"`
	ShowResultPage bool      `json:"show_result_page,omitempty"` // for mobile H5 only
	ReplaceHistory bool      `json:"replace_history,omitempty"`  // for mobile H5 only
	OpenedAt       time.Time `json:"opened_at"`                  // by this machine's clock; see ExpiresAt
}

// faceIDLife is how long a faceId can be launched.
const faceIDLife = 5 * time.Minute

// ExpiresAt returns the time when the faceId dies. LoginURL works until then.
func (s *PageSession) ExpiresAt() time.Time {
	if s == nil {
		return time.Time{}
	}
	return s.OpenedAt.Add(faceIDLife)
}

// OpenH5 opens a verification for a mobile browser. Call LoginURL within 5 minutes,
// when the user clicks. A user who did not get to the page, because the URL was used up
// before, gets another LoginURL of the session. A user who was on the page and has come
// back, even with a code of the front-end, needs a new verification: see Remedy.
func (c *Client) OpenH5(ctx context.Context, r H5Request) (*PageSession, error) {
	p, err := c.h5Page(ctx, "OpenH5", r)
	if err != nil {
		return nil, err
	}
	return c.openSession(ctx, p)
}

// OpenPC is OpenH5 for a browser on a PC.
func (c *Client) OpenPC(ctx context.Context, r PCRequest) (*PageSession, error) {
	p, err := c.pcPage(ctx, "OpenPC", r)
	if err != nil {
		return nil, err
	}
	return c.openSession(ctx, p)
}

// LoginURL makes the address of the login page for an opened verification. The address
// works once, within 2 minutes and before the faceId dies. So make it when the user
// clicks, in the handler of a POST that answers with a redirect (303). A GET link, an
// <a href> or a prefetch would use it up, and the user would see 签名不合法.
//
// While the faceId lives, LoginURL may be called again for a session that nobody has
// come back from. We assume that the platform accepts the second URL of a faceId whose
// first URL was used up, as the documents do not say it. The documents do want a new
// faceId for every verification. Once a callback of the order has arrived, even with a
// code of the front-end, open a new verification.
//
// API: https://cloud.tencent.com/document/product/1007/114178 (mobile H5),
// https://cloud.tencent.com/document/product/1007/35894 (PC)
func (c *Client) LoginURL(ctx context.Context, s *PageSession) (string, error) {
	const op = "LoginURL"
	a, err := c.kyc1(ctx, op)
	if err != nil {
		return "", err
	}
	if err := s.validate(op); err != nil {
		return "", err
	}
	nonceTicket, err := c.nonceTicket(ctx, call{op: op, product: s.Product, orderNo: s.OrderNo}, s.UserID)
	if err != nil {
		return "", err
	}
	return a.loginURL(s, nonceTicket), nil
}

// PageLogin is a verification that is ready for the browser: redirect to its URL. It
// prints, and is written as JSON, without the URL, because whoever has the URL can use
// it.
type PageLogin struct {
	Session PageSession // keep it: ConfirmReturn needs it
	URL     string      // works once, within 2 minutes; see LoginURL
}

// StartH5 opens a verification for a mobile browser and makes its login URL. It is
// OpenH5 and LoginURL in one call, and makes both requests at the same time: if the
// credentials are at hand, it takes one round trip. Call StartH5 in the handler of a
// POST, and answer with a redirect (303) to the URL.
func (c *Client) StartH5(ctx context.Context, r H5Request) (*PageLogin, error) {
	p, err := c.h5Page(ctx, "StartH5", r)
	if err != nil {
		return nil, err
	}
	return c.startSession(ctx, p)
}

// StartPC is StartH5 for a browser on a PC.
func (c *Client) StartPC(ctx context.Context, r PCRequest) (*PageLogin, error) {
	p, err := c.pcPage(ctx, "StartPC", r)
	if err != nil {
		return nil, err
	}
	return c.startSession(ctx, p)
}

// page is a login page whose verification is about to be opened. Its session lacks the
// values that the upload answers.
type page struct {
	op      string
	session PageSession
	upload  func(context.Context) (*opened, error)
}

func (c *Client) openSession(ctx context.Context, p page) (*PageSession, error) {
	p.session.OpenedAt = time.Now() // the platform counts from its answer, so our time ends a little earlier
	answer, err := p.upload(ctx)
	if err != nil {
		return nil, err
	}
	session := p.opened(answer)
	c.warnOfDomain(ctx, p.op, session)
	return session, nil
}

func (c *Client) startSession(ctx context.Context, p page) (*PageLogin, error) {
	s := &p.session
	s.OpenedAt = time.Now()
	answer, nonceTicket, err := withNonce(ctx, c, call{op: p.op, product: s.Product, orderNo: s.OrderNo}, s.UserID, p.upload)
	if err != nil {
		return nil, err
	}
	session := p.opened(answer)
	c.warnOfDomain(ctx, p.op, session)
	return &PageLogin{Session: *session, URL: c.app.loginURL(session, nonceTicket)}, nil
}

func (p *page) opened(answer *opened) *PageSession {
	p.session.FaceID, p.session.OptimalDomain = answer.FaceID, answer.OptimalDomain
	return &p.session
}

func (c *Client) h5Page(ctx context.Context, op string, r H5Request) (page, error) {
	a, err := c.kyc1(ctx, op)
	if err != nil {
		return page{}, err
	}
	up := faceUpload{op: op, orderNo: orderNoOr(r.OrderNo), person: r.Person}
	switch a.productOr(r.Product) {
	case ProductPlus:
		up.to = plusUpload
	case ProductEnhanced:
		up.to = advUpload
	default:
		return page{}, badArgument(op, "Product", "must be ProductPlus or ProductEnhanced; ProductBasic has StartPC, ProductWill StartWillH5")
	}
	if r.RealTimeOnly {
		up.live = LiveRealTimeOnly
	}
	return c.facePage(up, PageSession{
		RedirectURL: r.RedirectURL, From: r.From, ShowResultPage: r.ShowResultPage, ReplaceHistory: r.ReplaceHistory,
	})
}

func (c *Client) pcPage(ctx context.Context, op string, r PCRequest) (page, error) {
	if _, err := c.kyc1(ctx, op); err != nil {
		return page{}, err
	}
	up := faceUpload{op: op, to: pcUpload, orderNo: orderNoOr(r.OrderNo), person: r.Person}
	return c.facePage(up, PageSession{RedirectURL: r.RedirectURL})
}

// facePage validates an upload and prepares its page.
func (c *Client) facePage(up faceUpload, s PageSession) (page, error) {
	s.Product, s.OrderNo, s.UserID = up.to.product, up.orderNo, up.person.UserID
	return page{up.op, s, func(ctx context.Context) (*opened, error) { return c.open(ctx, up) }},
		cmp.Or(validateRedirectURL(up.op, s.RedirectURL, callbackNames...), s.From.validate(up.op), up.validate())
}

// validate refuses a session that was stored badly or kept too long, before a NONCE
// ticket is fetched for it.
func (s *PageSession) validate(op string) error {
	if s == nil {
		return badArgument(op, "PageSession", "is nil")
	}
	if err := validateOrderNo(op, s.OrderNo); err != nil {
		return err
	}
	if err := validateUserID(op, s.UserID, maxUserID); err != nil {
		return err
	}
	switch {
	case s.FaceID == "":
		return badArgument(op, "FaceID", "is empty")
	case s.Product != "" && s.Product != ProductPlus && s.Product != ProductEnhanced && s.Product != ProductBasic && s.Product != ProductWill:
		return badArgument(op, "Product", "has no login page")
	case time.Until(s.OpenedAt) > time.Minute: // the clocks of a fleet differ by less than a minute
		return badArgument(op, "OpenedAt", "lies in the future")
	}
	if err := s.From.validate(op); err != nil {
		return err
	}
	if err := validateRedirectURL(op, s.RedirectURL, callbackNames...); err != nil {
		return err
	}
	if clock.Elapsed(s.OpenedAt, time.Now()) >= faceIDLife {
		return &Error{Op: op, Product: s.Product, Family: ErrExpired, OrderNo: s.OrderNo,
			Err: fmt.Errorf("the faceId was opened more than %v ago: open a new verification", faceIDLife)}
	}
	return nil
}

// loginURL makes and signs the address of the login page.
func (a *app) loginURL(s *PageSession, nonceTicket string) string {
	path, idName, options := "/api/web/login", "faceId", s.options()
	switch s.Product {
	case ProductBasic:
		path, idName, options = "/api/pc/login", "h5faceId", nil // the page for a PC has no options
	case ProductWill:
		path = "/api/web/willLogin"
	}
	set := loginSet(a.id, s.UserID, s.OrderNo, idName, s.FaceID, NewNonce())
	query := append(set, options...)
	query = append(query,
		param{"sign", signSet(nonceTicket, set)},
		param{"url", s.RedirectURL}, // encodeQuery encodes it, once
	)
	base, _ := a.loginBaseOf(s.OptimalDomain)
	return base.Scheme + "://" + base.Host + path + "?" + encodeQuery(query)
}

// options returns the parameters of mobile H5 that are not signed.
func (s *PageSession) options() []param {
	all := append(make([]param, 0, 3), param{"from", string(cmp.Or(s.From, FromApp))})
	if !s.ShowResultPage {
		all = append(all, param{"resultType", "1"})
	}
	if s.ReplaceHistory {
		all = append(all, param{"redirectType", "1"})
	}
	return all
}

// loginBaseOf returns the base of the login page. It is the host that the platform
// named, if that is a bare host of the platform or the host of the base URL. Otherwise
// it is the base of WithLoginBaseURL. followed is false if the platform named a host
// that is not used.
func (a *app) loginBaseOf(optimalDomain string) (base *url.URL, followed bool) {
	switch {
	case optimalDomain == "":
		return a.loginBase, true
	case strings.EqualFold(optimalDomain, a.base.Host):
		return a.base, true
	case strings.EqualFold(optimalDomain, a.loginBase.Host):
		return a.loginBase, true
	case !isBareHost(optimalDomain):
		return a.loginBase, false
	}
	for _, domain := range a.loginDomains {
		if inDomain(hostOf(optimalDomain), domain) {
			return &url.URL{Scheme: "https", Host: optimalDomain}, true
		}
	}
	return a.loginBase, false
}

// warnOfDomain logs that the platform named a host for its page which is not followed.
// The person is sent to another host then, where the order may not be known.
func (c *Client) warnOfDomain(ctx context.Context, op string, s *PageSession) {
	if _, followed := c.app.loginBaseOf(s.OptimalDomain); followed {
		return
	}
	domain := "unreadable"
	if isBareHost(s.OptimalDomain) {
		domain = s.OptimalDomain
	}
	c.log.WarnContext(ctx, "faceid: the optimalDomain of an order is not followed: if the domain is the platform's, give WithLoginDomain",
		"op", op, "order", s.OrderNo, "domain", domain)
}

// Format prints the session without the URL, whatever the verb.
func (l PageLogin) Format(f fmt.State, _ rune) { printShown(f, l) }

// LogValue logs what Format prints, as a group.
func (l PageLogin) LogValue() slog.Value { return logShown(l) }

func (l PageLogin) shown() shown {
	return shown{
		{"Product", l.Session.Product}, {"OrderNo", l.Session.OrderNo}, {"UserID", l.Session.UserID},
	}
}

// MarshalJSON writes the login with an empty URL, because whoever has the URL can use
// it. (slog's JSON handler calls encoding/json for values inside a list, and not
// LogValue.) The Session is written as a whole, and can be read again.
func (l PageLogin) MarshalJSON() ([]byte, error) {
	type plain PageLogin
	l.URL = ""
	return json.Marshal(plain(l))
}
