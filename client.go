// Package faceid is a server SDK for Tencent Cloud FaceID (人脸核身): it opens a
// verification, launches it on a phone or in a browser, checks the callback,
// and fetches the result and the evidence. Secrets and signatures stay on the
// server; a mobile app or a page only ever receives what StartSDK, StartH5 or
// LoginURL hand out.
//
// # Start
//
// [New] builds a [Client] for one or more doors: [WithApp] (the kyc1 products: an
// appID and its secret), [WithCloud] (API 3.0, China), [WithIntl] (API 3.0,
// international). One Client serves the whole process. The package faceidtest is
// the platform inside a test.
//
// # Four steps
//
// Open and launch, when the person clicks or taps:
//
//   - in a mobile browser [Client.StartH5], on a PC [Client.StartPC]: answer 303
//     to the URL, which works once, within 2 minutes; or [Client.OpenH5] now, and
//     [Client.LoginURL] at the click
//   - in an App [Client.StartSDK]
//   - 意愿核身: [Client.StartWillH5], [Client.StartWillSDK]; cards [Client.StartOCR];
//     chips [Client.StartNFC]
//   - in WeChat [Client.DetectAuth]; E证通 [Client.GetEidToken]; abroad
//     [Client.ApplyWebVerificationBizTokenIntl], [Client.ApplySdkVerificationToken]
//
// Then the person comes back, in the session that opened the order, and one call
// decides. It returns nil only for a pass:
//
//   - from a page, [Client.ConfirmReturn] and [Client.ConfirmWillReturn] take the
//     request and the session, check the platform's signature and ask for the
//     record
//   - from an App, whose report ([ParseSDKResult]) is a claim,
//     [Client.ConfirmFace] and [Client.ConfirmWill]
//   - from WeChat, E证通 and the international flows, whose redirects
//     ([RedirectBizToken]) are claims, too, [Client.ConfirmDetect],
//     [Client.ConfirmEid], [Client.ConfirmWebVerificationIntl] and
//     [Client.ConfirmSdkVerification]; they take the [Person] who is expected, for
//     it may have been somebody else who passed
//   - a card or a chip, compared with a [Person]: [Client.ConfirmOCR],
//     [Client.ConfirmBankCardOCR], [Client.ConfirmNFC]
//   - a check is one call, and [Confirm] decides on it
//
// Keep the evidence within 3 days: [Client.WaitFaceFiles],
// [Client.QueryPhotoInfo], [Client.WaitWillResult],
// [Client.GetDetectInfoEnhanced]; into memory, or to an [io.Writer].
//
// # Errors
//
// A verification that ended badly is an outcome: the decision returns it with
// [ErrNotPassed] in the error's chain, the query of the same name without an error.
// Any other error means that there is no answer. Errors and outcomes belong to a
// [Family], and families and codes are found by [errors.Is]; an [*Error] has the
// platform's words, an English gloss and the serial number. [Explain] looks up what
// the documents say of a code. Every [Result], which is what a decision or a check
// returns, tells by Charged whether it costs, as far as the documents or the
// platform say.
//
// # Credentials
//
// Tokens and tickets are fetched, replaced every 20 minutes and shared through a
// [Store]: a [FileStore] in the user's cache directory by default. Everyone who
// uses an appID must share one store, as a new token kills the old one after a
// minute; a fleet uses the module redisstore.
//
// # Lifetimes
//
//   - faceId, h5faceId, ocrCertId: 5 minutes
//   - a login URL, the parameters of a launch: 2 minutes, once
//   - reqId: 5 minutes, 10 queries
//   - BizToken of WeChat: 2 hours; EidToken, and the international tokens: 10 minutes
//   - results, photos and videos: 3 days
//   - access token: 2 hours, replaced after 20 minutes; SIGN ticket: an hour
//
// # Privacy
//
// Secrets, tickets, names, numbers and media reach no error, log line, event or
// printed value. The fields of a result are plain: what you do with them is yours.
//
// The documents in docs/ of the repository lead from questions to answers.
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
	maxText   int64
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
	loginBase    *url.URL                                       // of pages whose host the platform does not name
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
//
// A nil Client has nothing to close.
func (c *Client) Close(ctx context.Context) error {
	if c == nil {
		return nil
	}
	if err := c.ready(ctx, "Close"); err != nil {
		return err
	}
	if c.own != nil {
		defer c.own.CloseIdleConnections()
	}
	if c.app == nil {
		return nil
	}
	return c.app.creds.close(ctx)
}

// AppID returns the appID of the kyc1 door, "" if it was not opened, or of a nil
// Client.
func (c *Client) AppID() string {
	if c == nil || c.app == nil {
		return ""
	}
	return c.app.id
}

// Format prints the appID and nothing else, whatever the verb.
func (c Client) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "faceid.Client(%s)", c.AppID()) }

// LogValue logs the Client as it prints.
func (c *Client) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// ready refuses what no call can begin with. It stands where a call begins: in
// kyc1 and decide, and in front of what looks at the arguments for API 3.0.
func (c *Client) ready(ctx context.Context, op string) error {
	switch {
	case c == nil:
		return badArgument(op, "Client", "is nil: New returns one, or says why not")
	case ctx == nil:
		return badArgument(op, "Context", "is nil: give that of the request, or context.Background()")
	}
	return nil
}

// kyc1 returns the kyc1 door, or the error that names the option that opens it.
func (c *Client) kyc1(ctx context.Context, op string) (*app, error) {
	if err := c.ready(ctx, op); err != nil {
		return nil, err
	}
	if c.app == nil {
		return nil, &Error{Op: op, Family: ErrRequest, Err: fmt.Errorf("%w: this call needs WithApp", ErrDoorClosed)}
	}
	return c.app, nil
}
