// Package faceid is a server SDK for Tencent Cloud FaceID (人脸核身). It opens a
// verification, launches it on a phone or in a browser, verifies the callback,
// and fetches the result and the evidence. Secrets stay on the server. An App or a
// page receives only what StartSDK, StartH5 or LoginURL returns.
//
// # Start
//
// [New] builds a [Client]. The platform has three APIs, each with credentials of its
// own, and each is a door of the Client. [WithApp] opens the kyc1 products (face, will,
// OCR, NFC at kyc1.qcloud.com) for an appID and its secret. [WithCloud] opens API 3.0 in
// China, and [WithIntl] opens API 3.0 international. A Client has one or more of these
// doors, and one Client serves the whole process. The package faceidtest simulates the
// platform in a test.
//
// # Four steps
//
// First open a verification, and launch it when the person clicks or taps:
//
//   - In a mobile browser use [Client.StartH5], and on a PC [Client.StartPC].
//     Answer with a redirect (303) to the URL, which works once, within 2 minutes.
//     Or call [Client.OpenH5] now, and [Client.LoginURL] at the click.
//   - In an App use [Client.StartSDK].
//   - For 意愿核身 use [Client.StartWillH5] or [Client.StartWillSDK].
//   - For cards use [Client.StartOCR], and for chips [Client.StartNFC].
//   - In WeChat use [Client.DetectAuth], and for E证通 [Client.GetEidToken].
//   - Abroad use [Client.ApplyWebVerificationBizTokenIntl],
//     [Client.ApplySdkVerificationToken] or, without a document,
//     [Client.GetFaceIdTokenIntl].
//
// Then the person comes back, in the session that opened the order, and one call
// decides. It returns a nil error only for a pass:
//
//   - From a page, [Client.ConfirmReturn] and [Client.ConfirmWillReturn] take the
//     request and the session. They verify the platform's signature and ask for
//     the record.
//   - From an App, use [Client.ConfirmFace] and [Client.ConfirmWill]. The App's
//     own report ([ParseSDKResult]) is only a claim.
//   - From WeChat, E证通 and the international flows, use [Client.ConfirmDetect],
//     [Client.ConfirmEid], [Client.ConfirmWebVerificationIntl] and
//     [Client.ConfirmSdkVerification]. Their redirects ([RedirectBizToken]) are
//     only claims, too. These calls take the [Person] who is expected, because
//     somebody else may have passed.
//   - For a card or a chip, [Client.ConfirmOCR], [Client.ConfirmBankCardOCR] and
//     [Client.ConfirmNFC] compare the document with a [Person].
//   - A check is one call, and [Confirm] decides on its result.
//
// Finally keep the evidence, within 3 days. [Client.WaitFaceFiles],
// [Client.QueryPhotoInfo], [Client.WaitWillResult] and
// [Client.GetDetectInfoEnhanced] fetch it into memory or to an [io.Writer].
//
// # Errors
//
// A verification that ended badly is an outcome. The decision returns it with
// [ErrNotPassed] in the error's chain, and the query of the same name returns it
// without an error. Any other error means that there is no answer. Every error and
// every outcome belongs to a [Family], and [errors.Is] finds families and codes. An
// [*Error] has the platform's message, its meaning in English and the serial number.
// [Explain] looks up what the documents say about a code. Every decision and every
// check returns a [Result]. Its method Charged says whether the verification is
// charged, if the documents or the platform say it.
//
// # Credentials
//
// The Client fetches tokens and tickets, replaces them every 20 minutes and shares
// them through a [Store]. The default is a [FileStore] in the user's cache
// directory. All processes that use an appID must share one store, because a new token
// ends the old one after a minute. For several machines use the module redisstore or
// sqlstore.
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
// printed value. The fields of a result hold personal data in the clear, and you are
// responsible for what you do with them.
//
// The documents in docs/ of the repository answer further questions.
package faceid

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"

	"github.com/faceid-go/faceid/internal/credential"
)

// Client speaks to the platform through the doors that New opened. It never
// changes and is safe for concurrent use. It prints as its appID, never as its
// secret.
type Client struct {
	app       *app       // the kyc1 door; nil: not opened
	cloud     *cloudDoor // API 3.0 in China; nil: not opened
	intl      *cloudDoor // API 3.0 international; nil: not opened
	checkSite Site       // the site of WithCheckSite, "" without that option
	fields    *fieldKeys // nil: personal fields are sent as they are
	http      *http.Client
	maxAnswer int64
	maxText   int64
	log       *slog.Logger
	observe   func(context.Context, Event)
	own       *http.Transport // the Client's own transport; nil: the caller gave an http.Client
}

// app is the kyc1 door.
type app struct {
	id           string
	product      Product
	base         *url.URL
	tokenIDName  string // the name under which the token calls send the appID
	loginDomains []string
	loginBase    *url.URL                                       // the base of login pages whose host the platform does not name
	once         func(context.Context, *Callback) (bool, error) // nil: callbacks may repeat
	nfcKey       []byte                                         // nil: not given
	secret       func(context.Context) (string, error)
	creds        *credential.Keeper
}

// New builds a Client. It validates every option and makes no request. At least
// one of WithApp, WithCloud and WithIntl is needed. A call through a door that
// was not opened fails with ErrDoorClosed, and the error names the option.
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
// and its result is saved, or until ctx ends. Afterwards no refresh starts in the
// background, and idle connections of the Client's own transport are closed. A
// closed Client still answers calls.
//
// Close of a nil Client does nothing.
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
	return c.app.creds.Close(ctx)
}

// AppID returns the appID of the kyc1 door. It returns "" if that door was not
// opened, and for a nil Client.
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

// ready refuses a nil Client and a nil Context. Every call begins with it: in kyc1,
// in decide, or, for API 3.0, before the arguments are validated.
func (c *Client) ready(ctx context.Context, op string) error {
	switch {
	case c == nil:
		return badArgument(op, "Client", "is nil: New returns one, or an error")
	case ctx == nil:
		return badArgument(op, "Context", "is nil: give the context of the request, or context.Background()")
	}
	return nil
}

// kyc1 returns the kyc1 door. If the door was not opened, the error names WithApp.
func (c *Client) kyc1(ctx context.Context, op string) (*app, error) {
	if err := c.ready(ctx, op); err != nil {
		return nil, err
	}
	if c.app == nil {
		return nil, &Error{Op: op, Family: ErrRequest, Err: fmt.Errorf("%w: this call needs WithApp", ErrDoorClosed)}
	}
	return c.app, nil
}

const defaultBaseURL = "https://" + platformHost

func newSettings() *settings {
	return &settings{
		base:         defaultBaseURL,
		tokenIDName:  "appId",
		loginDomains: platformDomains(),
		maxAnswer:    64 << 20,
		maxText:      1 << 20,
		log:          slog.New(slog.DiscardHandler),
		observe:      func(context.Context, Event) {},
		background:   true,
	}
}

// build makes a Client of options that are each valid.
func (s *settings) build() (*Client, error) {
	if err := s.validate(); err != nil {
		return nil, err
	}
	s.cloud.reach(s.cloudBase)
	s.intl.reach(s.intlBase)
	c := &Client{
		cloud: s.cloud, intl: s.intl, checkSite: s.checkSite, fields: s.fields, maxAnswer: s.maxAnswer, maxText: s.maxText, log: guardLog(s.log),
	}
	c.observe = c.guardObserver(s.observe)
	if s.http == nil {
		c.own = defaultTransport()
		s.http = &http.Client{Transport: c.own}
	}
	c.http = noRedirects(s.http)
	c.warnOfPlainHTTP("WithCloudEndpoint", s.cloudBase)
	c.warnOfPlainHTTP("WithIntlEndpoint", s.intlBase)
	if !s.hasApp {
		return c, nil
	}
	if err := s.buildApp(c); err != nil {
		return nil, err
	}
	return c, nil
}

// validate refuses options that do not fit each other.
func (s *settings) validate() error {
	switch {
	case !s.hasApp && s.cloud == nil && s.intl == nil:
		return optionError("New", "no door is open: give WithApp, WithCloud or WithIntl")
	case !s.hasApp && s.secretFrom != nil:
		return optionError("WithSecretProvider", "WithApp is missing")
	case s.cloudBase != nil && s.cloud == nil:
		return optionError("WithCloudEndpoint", "WithCloud is missing")
	case s.intlBase != nil && s.intl == nil:
		return optionError("WithIntlEndpoint", "WithIntl is missing")
	case s.checkSite == SiteChina && s.cloud == nil:
		return optionError("WithCheckSite", "WithCloud is missing")
	case s.checkSite == SiteInternational && s.intl == nil:
		return optionError("WithCheckSite", "WithIntl is missing")
	case s.fields != nil && s.cloud == nil && s.intl == nil:
		return optionError("WithFieldEncryption", "WithCloud is missing, and WithIntl too")
	case s.hasApp && s.secret == "" && s.secretFrom == nil:
		return optionError("WithApp", "secret is empty: give one, or use WithSecretProvider")
	case s.hasApp && s.secret != "" && s.secretFrom != nil:
		return optionError("WithApp", "there are both a secret and WithSecretProvider: give either, not both")
	}
	return nil
}

// buildApp opens the kyc1 door of c.
func (s *settings) buildApp(c *Client) error {
	base, err := url.Parse(s.base)
	if err != nil {
		return optionError("WithBaseURL", "not a URL")
	}
	if s.loginBase == nil {
		s.loginBase = &url.URL{Scheme: "https", Host: platformHost}
		if isPlatformHost(base.Hostname()) {
			s.loginBase = base
		}
	}
	c.warnOfPlainHTTP("WithBaseURL", base)
	if s.store == nil {
		if s.store, err = defaultStore(); err != nil {
			return err
		}
	}
	fixed := s.secret
	secret := func(context.Context) (string, error) { return fixed, nil }
	if s.secretFrom != nil {
		secret = c.guardSecret(s.secretFrom)
	}
	c.app = &app{
		id: s.appID, product: s.product, base: base, tokenIDName: s.tokenIDName,
		loginDomains: s.loginDomains, loginBase: s.loginBase, once: c.guardOnce(s.once), nfcKey: s.nfcKey, secret: secret,
	}
	c.app.creds, err = credential.New(tokenPlatform{c}, &guardedStore{s.store, c}, credentialWatch{c}, storeKey(s.appID, base), fixed,
		credential.Options{Behind: s.background, Alone: s.alone})
	return err
}

// warnOfPlainHTTP warns of a base URL that is reached without TLS.
func (c *Client) warnOfPlainHTTP(option string, base *url.URL) {
	if base != nil && readable(base) {
		c.log.Warn("faceid: plain http: secrets and personal data can be read and changed on the way", "option", option, "host", base.Host)
	}
}

// defaultStore returns the store that is used without WithStore. It keeps the
// credentials over restarts, and shares them among the processes of this user on
// this machine.
func defaultStore() (Store, error) {
	dir, err := os.UserCacheDir()
	if err == nil {
		var files *FileStore
		if files, err = NewFileStore(filepath.Join(dir, "faceid")); err == nil {
			return files, nil
		}
	}
	return nil, fmt.Errorf("faceid: New: no directory to keep the credentials in (%w): "+
		"give WithStore(NewFileStore(dir)), WithStore(NewMemoryStore()) for a single process, or WithStore(redisstore.New(client)) for a fleet", err)
}
