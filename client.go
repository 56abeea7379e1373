// Package faceid is a server SDK for Tencent Cloud FaceID (人脸核身): it opens a
// verification, launches it on a phone or in a browser, checks the callback,
// and fetches the result and the evidence. Secrets and signatures stay on the
// server; a mobile app or a page only ever receives what StartSDK, StartH5 or
// LoginURL hand out.
//
// Start with [New], then [Client.StartH5] or [Client.StartSDK],
// [Client.VerifyCallback] and [Client.ConfirmFace]. The package faceidtest runs
// the platform inside a test.
package faceid

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
)

// Client speaks to the platform through the doors that New opened. It never
// changes and is safe for concurrent use. It prints as its appID, never as its
// secret.
type Client struct {
	app       *app // the kyc1 door; nil if it was not opened
	cloud     *cloudDoor
	intl      *cloudDoor
	fields    *fieldKeys // nil: personal fields are sent as they are
	http      *http.Client
	maxAnswer int64
	log       *slog.Logger
	observe   func(context.Context, Event)
	own       *http.Transport // nil if the caller gave a client
}

// app is the kyc1 door.
type app struct {
	id           string
	product      Product
	base         *url.URL
	tokenIDName  string // what the token calls name the appId
	loginDomains []string
	once         func(context.Context, *Callback) (bool, error) // nil: callbacks may repeat
	nfcKey       []byte                                         // nil: not given
	secret       func(context.Context) (string, error)
	creds        *credentials
}

// New builds a Client. It validates every option and makes no request. At least
// one of WithApp, WithCloud and WithIntl is needed; a call through a door that
// was not opened fails with ErrDoorClosed and names the option.
func New(opts ...Option) (*Client, error) {
	s := newSettings()
	for _, opt := range opts {
		if opt == nil {
			return nil, fmt.Errorf("faceid: New: an option is nil")
		}
		if err := opt(s); err != nil {
			return nil, err
		}
	}
	return s.build()
}

// Close waits until a refresh of the credentials that is under way has ended
// and its result is saved, or until ctx ends. No refresh starts behind the
// caller's back afterwards, and idle connections of the Client's own transport
// are closed. A closed Client still answers calls.
func (c *Client) Close(ctx context.Context) error {
	if c.own != nil {
		defer c.own.CloseIdleConnections()
	}
	if c.app == nil {
		return nil
	}
	return c.app.creds.close(ctx)
}

// AppID returns the appID of the kyc1 door, "" if it was not opened.
func (c *Client) AppID() string {
	if c.app == nil {
		return ""
	}
	return c.app.id
}

// Format prints the appID and nothing else, whatever the verb.
func (c *Client) Format(f fmt.State, _ rune) {
	if c == nil {
		fmt.Fprint(f, "faceid.Client(nil)")
		return
	}
	fmt.Fprintf(f, "faceid.Client(%s)", c.AppID())
}

// LogValue logs the Client as it prints.
func (c *Client) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// kyc1 returns the kyc1 door, or the error that names the option that opens it.
func (c *Client) kyc1(op string) (*app, error) {
	if c.app == nil {
		return nil, &Error{Op: op, Family: ErrRequest, Err: fmt.Errorf("%w: this call needs WithApp", ErrDoorClosed)}
	}
	return c.app, nil
}
