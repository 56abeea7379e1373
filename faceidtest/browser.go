package faceidtest

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// A PageError tells that a page refused to go on.
type PageError struct {
	Code    string // the platform's code
	Message string // the text that the person reads
}

// Error tells the code and the page's words.
func (e *PageError) Error() string {
	return fmt.Sprintf("faceidtest: the page refused: %s (code %s)", e.Message, e.Code)
}

var (
	codeAttr    = regexp.MustCompile(`<main data-code="([^"]*)" data-message="([^"]*)"`)
	pageKey     = regexp.MustCompile(`name="page" value="([^"]*)"`)
	backAddress = regexp.MustCompile(`class="back" href="([^"]*)"`)
)

// Visit opens a login URL in a simulated browser: one of mobile H5, of will or
// of the PC. The person ends as scripted. The browser then brings a request
// back to the merchant, and Visit returns it: a GET as a handler would receive
// it, with its whole URL. If the page refuses, the error is a [*PageError]. The
// page also refuses an ending that the order cannot have. Every visit uses the
// login URL up.
func (s *Server) Visit(ctx context.Context, loginURL string) (*http.Request, error) {
	res, body, err := s.goThrough(ctx, "Visit", loginURL, pathFinish) //nolint:bodyclose // goThrough has read and closed the body
	if err != nil {
		return nil, err
	}
	if back := addressBack(res, body); back != "" {
		return returning(ctx, back)
	}
	return nil, noPage(res, body)
}

// goThrough opens a page, and sends the page's form to finish with the scripted
// ending.
func (s *Server) goThrough(ctx context.Context, who, pageURL, finish string) (*http.Response, string, error) {
	u, err := url.Parse(pageURL)
	if err != nil || u.Host == "" {
		return nil, "", errors.New("faceidtest: " + who + ": the URL is not a complete URL") // err quotes the URL, which has a signature
	}
	res, body, err := s.browse(ctx, http.MethodGet, u, nil)
	if err != nil {
		return nil, "", err
	}
	key := pageKey.FindStringSubmatch(body)
	if key == nil {
		return nil, "", noPage(res, body)
	}
	form := url.Values{"page": {html.UnescapeString(key[1])}, "ending": {"scripted"}}
	return s.browse(ctx, http.MethodPost, &url.URL{Scheme: u.Scheme, Host: u.Host, Path: finish}, form)
}

// addressBack returns the address to which the last page sends the person, or
// which it offers as a link. It is "" if the page has neither.
func addressBack(res *http.Response, body string) string {
	back := res.Header.Get("Location")
	if m := backAddress.FindStringSubmatch(body); back == "" && m != nil {
		back = html.UnescapeString(m[1]) // the person follows the link
	}
	return back
}

// browse makes one request of a browser. It follows no redirect: the caller
// does.
func (s *Server) browse(ctx context.Context, method string, u *url.URL, form url.Values) (*http.Response, string, error) {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, "", errors.New("faceidtest: Visit: the login URL is not a complete URL")
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := s.RoundTrip(req)
	if err != nil {
		return nil, "", fmt.Errorf("faceidtest: Visit: %s: %w", u.Path, err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, "", fmt.Errorf("faceidtest: Visit: %s: %w", u.Path, err)
	}
	return res, string(text), nil
}

// noPage explains an answer that has neither a page nor a way back.
func noPage(res *http.Response, body string) error {
	if m := codeAttr.FindStringSubmatch(body); m != nil {
		return &PageError{Code: html.UnescapeString(m[1]), Message: html.UnescapeString(m[2])}
	}
	return fmt.Errorf("faceidtest: Visit: %s is not a login page (HTTP %d)", res.Request.URL.Path, res.StatusCode)
}

// returning makes the GET request that a browser brings to the merchant.
func returning(ctx context.Context, back string) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, back, nil)
	if err != nil {
		return nil, errors.New("faceidtest: the callback is not a URL")
	}
	// A server fills these fields in. Without RequestURI the request would be a
	// client's.
	req.RequestURI = req.URL.RequestURI()
	req.RemoteAddr = "127.0.0.1:40001"
	req.Body = http.NoBody
	req.Header.Set("User-Agent", "Mozilla/5.0 (faceidtest)")
	return req, nil
}

// Callback forges the request that a browser would bring to redirectURL after
// an order ended with code. It has the parameters of the order's product, and
// is signed for the order's app. An order that no app has is taken for one of
// Plus, and the first app signs it. An order that no browser can open is taken
// for one of Plus, too. If no SIGN ticket lives, Callback signs with the ticket
// that the app will be given next; this counts as no call. It panics if
// redirectURL is not a complete web address.
func (s *Server) Callback(redirectURL, orderNo, code string) *http.Request {
	if !isCallback(redirectURL) {
		panic("faceidtest: Callback: redirectURL is not a complete http or https URL")
	}
	s.mu.Lock()
	a, o := s.owner(orderNo)
	ticket := a.newestSign(s.now())
	if ticket == "" {
		if a.reserved == "" {
			a.reserved = randomText(64)
		}
		ticket = a.reserved
	}
	s.mu.Unlock()

	c := callback{code: code, orderNo: orderNo, faceID: plus.newFaceID(), sign: signature(a.id, orderNo, code, ticket)}
	names := plus.back
	if o != nil && o.faceID != "" {
		c.faceID = o.faceID
	}
	if o != nil && o.product.page != "" {
		names = o.product.back
	}
	if code == "0" {
		c.liveRate = "99"
	}
	if !isFrontEnd(code) {
		c.faceCode, c.willCode = partCodes(code)
	}
	req, err := returning(context.Background(), s.callbackURL(redirectURL, names, c))
	if err != nil {
		panic("faceidtest: Callback: " + err.Error())
	}
	return req
}

// owner finds an order and its app. If no app has the order, owner returns the
// first app and nil.
func (s *Server) owner(orderNo string) (*app, *order) {
	first := s.apps[s.firstApp]
	if o := first.orders[orderNo]; o != nil {
		return first, o
	}
	for _, a := range s.apps {
		if o := a.orders[orderNo]; o != nil {
			return a, o
		}
	}
	return first, nil
}
