package faceid

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
)

// Option configures New. An option checks its arguments; its error names it.
type Option func(*settings) error

type settings struct {
	appID, secret string
	hasApp        bool
	secretFrom    func(context.Context) (string, error)
	product       Product
	nfcKey        []byte
	store         Store
	base          string
	loginBase     *url.URL // nil: the platform's
	tokenIDName   string
	loginDomains  []string
	http          *http.Client
	maxAnswer     int64
	maxText       int64
	log           *slog.Logger
	observe       func(context.Context, Event)
	once          func(context.Context, *Callback) (bool, error)
	background    bool
	alone         bool
	cloud, intl   *cloudDoor
	cloudBase     *url.URL
	intlBase      *url.URL
	fields        *fieldKeys
}

const defaultBaseURL = "https://" + platformHost

func newSettings() *settings {
	return &settings{
		base:        defaultBaseURL,
		tokenIDName: "appId",
		// Hosts that serve the H5 pages; see WithLoginDomain.
		loginDomains: platformDomains(),
		maxAnswer:    64 << 20,
		maxText:      1 << 20,
		log:          slog.New(slog.DiscardHandler),
		observe:      func(context.Context, Event) {},
		background:   true,
	}
}

// optionError is how every option complains.
func optionError(option, format string, args ...any) error {
	return &ArgumentError{Field: option, Reason: fmt.Sprintf(format, args...)}
}

// WithApp opens the kyc1 door for the business flow appID (WBappid, at most 8
// letters and digits) and its secret (at most 64 bytes). The secret may be ""
// if WithSecretProvider gives it.
//
// https://cloud.tencent.com/document/product/1007/57613
func WithApp(appID, secret string) Option {
	return func(s *settings) error {
		switch {
		case appID == "":
			return optionError("WithApp", "appID is empty")
		case len(appID) > 8:
			return optionError("WithApp", "appID has %d bytes, at most 8 are allowed", len(appID))
		case !isAlnum(appID):
			return optionError("WithApp", "appID may hold letters and digits only")
		}
		if secret != "" {
			if reason := secretFault(secret); reason != "" {
				return optionError("WithApp", "%s", reason)
			}
		}
		s.hasApp, s.appID, s.secret = true, appID, secret
		return nil
	}
}

// secretFault says what is wrong with a secret without quoting it. A pasted
// line break is the usual mistake.
func secretFault(secret string) string {
	if secret == "" {
		return "secret is empty"
	}
	if len(secret) > 64 {
		return fmt.Sprintf("secret has %d bytes, at most 64 are allowed", len(secret))
	}
	return textFault("secret", secret)
}

// textFault says what is wrong with the bytes of a key of any door, by its name.
// It lets an empty one pass.
func textFault(name, key string) string {
	for _, b := range []byte(key) {
		if b <= ' ' || b > '~' {
			return name + " may hold printable ASCII without blanks only"
		}
	}
	return ""
}

// WithSecretProvider has the secret of WithApp fetched whenever a new access
// token is needed (about every 20 minutes), from a vault for example, so that
// it can change without a restart. provide must obey its context.
func WithSecretProvider(provide func(ctx context.Context) (string, error)) Option {
	return func(s *settings) error {
		if provide == nil {
			return optionError("WithSecretProvider", "the function is nil")
		}
		s.secretFrom = provide
		return nil
	}
}

// WithProduct says which product the appID was opened for. Answers do not tell,
// and the same code is charged on one product and free on another: without it
// FaceRecord.Charged may be ChargedUnknown. A query that names a product itself
// takes precedence.
func WithProduct(p Product) Option {
	return func(s *settings) error {
		if p == "" {
			return optionError("WithProduct", "the product is empty")
		}
		s.product = p
		return nil
	}
}

// WithCloud opens the China site of API 3.0 for an official credential and a
// region such as "ap-guangzhou". A common.Credential must hold a key without line
// breaks, blanks and the like; what any other returns is looked at by each call.
func WithCloud(cred common.CredentialIface, region string) Option {
	return func(s *settings) (err error) {
		s.cloud, err = newCloudDoor("WithCloud", cred, region)
		return err
	}
}

// WithIntl opens the international site of API 3.0 for an official credential
// and a region such as "ap-singapore". The credential is looked at as by WithCloud.
func WithIntl(cred common.CredentialIface, region string) Option {
	return func(s *settings) (err error) {
		s.intl, err = newCloudDoor("WithIntl", cred, region)
		return err
	}
}

func newCloudDoor(option string, cred common.CredentialIface, region string) (*cloudDoor, error) {
	v := reflect.ValueOf(cred)
	switch {
	case cred == nil, v.Kind() == reflect.Pointer && v.IsNil():
		return nil, optionError(option, "the credential is nil")
	case region == "":
		return nil, optionError(option, "the region is empty")
	case !isBareHost(region):
		return nil, optionError(option, "the region must be like ap-guangzhou")
	}
	if static, ok := cred.(*common.Credential); ok { // any other is asked by the calls, and may change
		var k cloudKey
		k.read(static)
		switch reason := k.fault(); {
		case k.id == "":
			return nil, optionError(option, "SecretId is empty")
		case k.secret == "":
			return nil, optionError(option, "SecretKey is empty")
		case reason != "":
			return nil, optionError(option, "%s", reason)
		}
	}
	return &cloudDoor{option: option, cred: cred, region: region}, nil
}

// WithCloudEndpoint replaces https://faceid.tencentcloudapi.com by another host
// of the China site, such as https://faceid.ap-guangzhou.tencentcloudapi.com, or
// by a simulator: scheme and host only.
func WithCloudEndpoint(base string) Option {
	return func(s *settings) (err error) {
		s.cloudBase, err = parseBase("WithCloudEndpoint", base)
		return err
	}
}

// WithIntlEndpoint replaces https://faceid.tencentcloudapi.com by another host of
// the international site, such as https://faceid.intl.tencentcloudapi.com, or by
// a simulator: scheme and host only.
func WithIntlEndpoint(base string) Option {
	return func(s *settings) (err error) {
		s.intlBase, err = parseBase("WithIntlEndpoint", base)
		return err
	}
}

// WithFieldEncryption encrypts personal fields on their way to the China site of
// API 3.0, inside TLS: names and numbers of every request whose action allows it,
// and the whole of DetectAIFakeFaces, each with a fresh random key. The answers of
// GetDetectInfoEnhanced and CheckIdCardInformation are asked for encrypted, and
// decrypted; one that comes plain all the same is taken as it is, as TLS vouches for
// it. A request that brings its own Encryption stays as it is, and so does what
// CallCloud sends: see FieldKey. The default is not to.
func WithFieldEncryption(e FieldEncryption) Option {
	return func(s *settings) (err error) {
		s.fields, err = e.parse("WithFieldEncryption")
		return err
	}
}

// WithStore keeps the kyc1 credentials in store. Everyone who uses the same
// appID must use the same store: the platform kills a token one minute after
// somebody else fetched a new one. The default is a FileStore in the directory
// faceid of the user's cache directory (os.UserCacheDir), shared by this user's
// processes on this machine; a fleet needs redisstore.
func WithStore(store Store) Option {
	return func(s *settings) error {
		if v := reflect.ValueOf(store); store == nil || v.Kind() == reflect.Pointer && v.IsNil() {
			return optionError("WithStore", "store is nil")
		}
		s.store = store
		return nil
	}
}

// WithHTTPClient sends through client's transport and cookie jar, within its
// Timeout, which may cut off a slow video. Redirects are
// refused whatever client says, because the secret is in the query of a token
// call. The default is a transport of its own that pools connections for one
// busy host.
//
// WARNING: never give it a transport that traces or logs. The URLs of the token
// calls hold the secret and the access token, other URLs a signature, and bodies
// hold people. otelhttp.NewTransport writes the whole URL into each span, as
// url.full; other tracers, dumpers of requests, httptrace hooks, and proxies that
// log URLs do the like. Whoever reads such a span can fetch tokens and tickets in
// your name, and sign callbacks with them. For spans and metrics use WithObserver:
// an Event holds no secret.
func WithHTTPClient(client *http.Client) Option {
	return func(s *settings) error {
		if client == nil {
			return optionError("WithHTTPClient", "client is nil")
		}
		s.http = client
		return nil
	}
}

// WithBaseURL replaces https://kyc1.qcloud.com by another host of the platform,
// by a proxy of your own or by a simulator: scheme and host only. The secret
// travels there. Plain http to the platform's own hosts is refused; to any other
// host than this machine New warns of it in the log.
//
// People's browsers are not sent there, unless the platform names it as the host of
// its pages: see WithLoginBaseURL.
func WithBaseURL(base string) Option {
	return func(s *settings) error {
		u, err := parseBase("WithBaseURL", base)
		if err == nil {
			s.base = u.String()
		}
		return err
	}
}

// WithTokenAppIDName replaces the name "appId" under which the token calls send
// the appID: older hosts ask for "app_id".
func WithTokenAppIDName(name string) Option {
	return func(s *settings) error {
		if name != "appId" && name != "app_id" {
			return optionError("WithTokenAppIDName", `the name must be "appId" or "app_id"`)
		}
		s.tokenIDName = name
		return nil
	}
}

// WithLoginBaseURL says where the login pages are for orders for which the platform
// names no host, or one that is not followed: scheme and host only. The default is
// the base URL if that is a host of the platform, or else https://kyc1.qcloud.com:
// a proxy that WithBaseURL names is for your server, not for people's browsers.
func WithLoginBaseURL(base string) Option {
	return func(s *settings) (err error) {
		s.loginBase, err = parseBase("WithLoginBaseURL", base)
		return err
	}
}

// WithLoginDomain adds a domain, as in "example.com", whose hosts a login URL
// may lead to. The platform names the host of each login page in its answer;
// other hosts than those of qcloud.com, tencentcloudapi.com, webank.com, the
// base URL and these are not followed, and the log warns of it.
func WithLoginDomain(domain string) Option {
	return func(s *settings) error {
		domain = strings.ToLower(strings.TrimPrefix(domain, "."))
		if !isHostName(domain) || !strings.Contains(domain, ".") || net.ParseIP(domain) != nil {
			return optionError("WithLoginDomain", "not a domain name")
		}
		s.loginDomains = append(slices.Clip(s.loginDomains), domain)
		return nil
	}
}

// WithMaxAnswer bounds the body of one answer with its files, between 1 KiB and
// 1 GiB. The default is 64 MiB. An answer beyond it is ErrBadAnswer.
func WithMaxAnswer(bytes int64) Option {
	return func(s *settings) error {
		if bytes < 1<<10 || bytes > 1<<30 {
			return optionError("WithMaxAnswer", "the bound must lie between 1024 bytes and 1 GiB")
		}
		s.maxAnswer = bytes
		return nil
	}
}

// WithMaxAnswerText bounds what is left of one answer once its files are taken
// out, between 1 KiB and 1 GiB, and so the memory that an answer can cost: its
// values, too, are bounded, one for every 128 bytes of the bound. The default is
// 1 MiB, and a large answer is some 10 KiB. An answer beyond it is ErrBadAnswer.
//
// WithMaxAnswer takes its place where files stay in the text: CallKYC1, CallCloud,
// GetDetectInfo, answers that are encrypted as a whole, and GetDetectInfoEnhanced and
// ConfirmDetect with InfoAll or InfoVideo, whose LivenessVideos may hold videos.
func WithMaxAnswerText(bytes int64) Option {
	return func(s *settings) error {
		if bytes < 1<<10 || bytes > 1<<30 {
			return optionError("WithMaxAnswerText", "the bound must lie between 1024 bytes and 1 GiB")
		}
		s.maxText = bytes
		return nil
	}
}

// WithLogger logs every Event: calls at Debug, decisions at Info, whether the
// person passed or not, trouble and callbacks that are not believed at Warn and
// Error. Codes are logged as numbers. Neither secrets nor personal data reach the
// log. The default logs nothing.
func WithLogger(log *slog.Logger) Option {
	return func(s *settings) error {
		if log == nil {
			return optionError("WithLogger", "log is nil")
		}
		s.log = log
		return nil
	}
}

// WithObserver has observe called with every Event: for metrics and traces. An
// event says what happened after it did. It runs on the caller's path, with the
// caller's context (a refresh has its own, which keeps the values), and must not
// block; of calls that are made at the same time it runs at the same time. If it
// panics, the log has its stack, and the call ends as if it had not.
func WithObserver(observe func(context.Context, Event)) Option {
	return func(s *settings) error {
		if observe == nil {
			return optionError("WithObserver", "the function is nil")
		}
		s.observe = observe
		return nil
	}
}

// WithCallbackOnce has genuine callbacks noticed that arrive a second time: a
// callback carries no time, so whoever has it can bring it again. first is given
// the callback, and returns true if Callback.ID is new. It must look and remember
// in one step, for all processes: an INSERT that does nothing on a conflict, or a
// SETNX. An ID may be forgotten after an hour, when the SIGN ticket that signed it
// has died.
//
// ConfirmReturn and ConfirmWillReturn ask first last of all: the order is this
// session's, and its record has confirmed the pass. If first returns false, they
// return ErrReplayed with the record. So ErrReplayed means that the order passed
// and was confirmed before: show it as you know it, and store the decision if the
// first time did not get to that.
//
// VerifyCallback asks first at once, as soon as the signature is good, and knows
// nothing of sessions: anybody who brings a genuine callback uses its ID up. So
// first must return an error for an order that is not of the session of ctx, and
// false decides nothing. Callbacks with a Remedy are not asked about.
//
// An error of first is returned as it is, without a record or a callback.
func WithCallbackOnce(first func(ctx context.Context, cb *Callback) (bool, error)) Option {
	return func(s *settings) error {
		if first == nil {
			return optionError("WithCallbackOnce", "the function is nil")
		}
		s.once = first
		return nil
	}
}

// WithBackgroundRefresh with false makes an aging credential be refreshed in front
// of the call that finds it, for platforms that freeze a process between
// requests. The default is true: the old one serves while a new one is fetched.
func WithBackgroundRefresh(on bool) Option {
	return func(s *settings) error {
		s.background = on
		return nil
	}
}

// WithRefreshWithoutStore lets a Client whose pair is spent fetch a new one
// although the store is broken. Without it such a Client fails with ErrStore,
// because every process that fetches a token alone kills the others' a minute
// later: choose it only for a single process.
func WithRefreshWithoutStore(on bool) Option {
	return func(s *settings) error {
		s.alone = on
		return nil
	}
}

func (s *settings) build() (*Client, error) {
	if !s.hasApp && s.cloud == nil && s.intl == nil {
		return nil, optionError("New", "no door is open: give WithApp, WithCloud or WithIntl")
	}
	if !s.hasApp && s.secretFrom != nil {
		return nil, optionError("WithSecretProvider", "WithApp is missing")
	}
	switch {
	case s.cloudBase != nil && s.cloud == nil:
		return nil, optionError("WithCloudEndpoint", "WithCloud is missing")
	case s.intlBase != nil && s.intl == nil:
		return nil, optionError("WithIntlEndpoint", "WithIntl is missing")
	case s.fields != nil && s.cloud == nil:
		return nil, optionError("WithFieldEncryption", "WithCloud is missing")
	}
	s.cloud.reach(s.cloudBase)
	s.intl.reach(s.intlBase)
	c := &Client{
		cloud: s.cloud, intl: s.intl, fields: s.fields, maxAnswer: s.maxAnswer, maxText: s.maxText, log: guardLog(s.log),
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
	switch {
	case s.secret == "" && s.secretFrom == nil:
		return nil, optionError("WithApp", "secret is empty: give one, or WithSecretProvider")
	case s.secret != "" && s.secretFrom != nil:
		return nil, optionError("WithApp", "there is a secret beside WithSecretProvider: give either")
	}
	base, err := url.Parse(s.base)
	if err != nil {
		return nil, optionError("WithBaseURL", "not a URL")
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
			return nil, err
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
	c.app.creds = newCredentials(c, storeKey(s.appID, base), s)
	return c, nil
}

// warnOfPlainHTTP says that a base is spoken to without TLS.
func (c *Client) warnOfPlainHTTP(option string, base *url.URL) {
	if base != nil && readable(base) {
		c.log.Warn("faceid: plain http: secrets and personal data can be read and changed on the way", "option", option, "host", base.Host)
	}
}

// defaultStore keeps the credentials over restarts, and shares them among the
// processes of this user on this machine, without being asked.
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
