package faceid

import (
	"context"
	"encoding/hex"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/emmansun/gmsm/sm4"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
)

// Option configures New. An option validates its arguments, and its error names
// the option.
type Option func(*settings) error

// settings collects what the options of New give.
type settings struct {
	appID, secret string
	hasApp        bool
	secretFrom    func(context.Context) (string, error)
	product       Product
	nfcKey        []byte
	store         Store
	base          string
	loginBase     *url.URL // nil: a host of the platform, see WithLoginBaseURL
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
	checkSite     Site
	cloudBase     *url.URL
	intlBase      *url.URL
	fields        *fieldKeys
}

// WithApp opens the kyc1 door for the business flow appID (WBappid, at most 8
// letters and digits) and its secret (at most 64 bytes). Leave the secret "" if
// WithSecretProvider gives it.
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

// WithSecretProvider takes the secret of WithApp from provide, which may ask a vault
// for example. So the secret can change without a restart. provide is called before
// every refresh: about every 20 minutes, and at every call while the platform refuses
// the secret. A secret that has changed is tried at once. provide is also called
// before the first look into the store, because the record is encrypted under a key
// that is derived from the secret, and once a minute at most for callbacks whose
// signature fits no ticket. provide must obey its context, and has 10 seconds. While it
// fails, the pair of token and SIGN ticket that was fetched last stays in use.
func WithSecretProvider(provide func(ctx context.Context) (string, error)) Option {
	return func(s *settings) error {
		if provide == nil {
			return optionError("WithSecretProvider", "the function is nil")
		}
		s.secretFrom = provide
		return nil
	}
}

// WithProduct says which product the appID was opened for. The platform's answers do
// not, and the same code is charged on one product and free on another. Without this
// option FaceRecord.Charged may be ChargedUnknown. A query that names a product
// itself takes precedence.
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
// breaks, blanks and the like. The key of any other kind of credential may change,
// so each call validates it.
func WithCloud(cred common.CredentialIface, region string) Option {
	return func(s *settings) (err error) {
		s.cloud, err = newCloudDoor("WithCloud", cred, region)
		return err
	}
}

// WithIntl opens the international site of API 3.0 for an official credential
// and a region such as "ap-singapore". The credential is validated as by WithCloud.
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
	if static, ok := cred.(*common.Credential); ok { // the key of any other credential may change: the calls validate it
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
// by a simulator. Give scheme and host only.
func WithCloudEndpoint(base string) Option {
	return func(s *settings) (err error) {
		s.cloudBase, err = parseBase("WithCloudEndpoint", base)
		return err
	}
}

// WithIntlEndpoint replaces https://faceid.tencentcloudapi.com by another host of
// the international site, such as https://faceid.intl.tencentcloudapi.com, or by
// a simulator. Give scheme and host only.
func WithIntlEndpoint(base string) Option {
	return func(s *settings) (err error) {
		s.intlBase, err = parseBase("WithIntlEndpoint", base)
		return err
	}
}

// WithCheckSite says which site is asked for the actions that both sites have: the
// checks, and the chips of GetNFCToken. It is needed only with both WithCloud and
// WithIntl, and the default is SiteChina then. A Client with one of them asks its site.
//
// The site does not change what a call takes and returns, except for a few members:
// where the international site does not have one, its comment says so, and the call
// refuses it. A check that only China has fails with ErrDoorClosed if the international
// site is chosen. The calls that only the international site has always go there.
//
// The documents of the two sites have the same tables of results and charges. For photo
// and liveness checks only those of China say what is charged, and Charged follows them.
func WithCheckSite(site Site) Option {
	return func(s *settings) error {
		if site != SiteChina && site != SiteInternational {
			return optionError("WithCheckSite", "the site must be SiteChina or SiteInternational")
		}
		s.checkSite = site
		return nil
	}
}

// WithFieldEncryption encrypts personal fields on their way to API 3.0, inside TLS. It
// encrypts names and numbers of every request whose action allows it, and the whole of DetectAIFakeFaces, each with a fresh random key. It
// asks for encrypted answers of GetDetectInfoEnhanced, GetFaceIdResult and
// CheckIdCardInformation, and decrypts them. Such an answer that comes plain is accepted, because TLS vouches for
// it. A request that brings its own Encryption is sent as it is, and so are the
// requests of CallCloud: see FieldKey. Without this option nothing is encrypted
// inside TLS.
//
// The keys and the scheme are those of the China site. The checks of the international
// site have the same members for encryption, and are encrypted in the same way, but its
// guide speaks of DetectAIFakeFaces only: try it with your account. Its other actions
// take nothing encrypted.
func WithFieldEncryption(e FieldEncryption) Option {
	return func(s *settings) (err error) {
		s.fields, err = e.parse("WithFieldEncryption")
		return err
	}
}

// WithStore keeps the kyc1 credentials in store. Everyone who uses the same
// appID must use the same store: the platform kills a token one minute after
// somebody else fetched a new one. The default is a FileStore in the directory
// faceid of the user's cache directory (os.UserCacheDir). This user's processes on
// this machine share it. A fleet needs redisstore or sqlstore.
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
// Timeout, which may cut off a slow video. Redirects are refused whatever client
// says, because the secret is in the query of a token call. The default is a
// transport of the Client's own that pools connections for one busy host.
//
// WARNING: never give it a transport that traces or logs. The URLs of the token
// calls hold the secret and the access token, other URLs hold a signature, and
// bodies hold personal data. otelhttp.NewTransport writes the whole URL into each
// span, as url.full. Other tracers, dumpers of requests, httptrace hooks, and proxies
// that log URLs do the same. Whoever reads such a span can fetch tokens and tickets in
// your name, and sign callbacks with them. For spans and metrics use WithObserver:
// an Event holds no secret. The module otelfaceid makes spans and metrics from Events.
// To trace HTTP requests use the Transport of otelfaceid and no other: it exports
// neither a query nor a header nor a body.
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
// by a proxy of your own or by a simulator. Give scheme and host only. The secret
// is sent to this host. Plain http to the platform's own hosts is refused. If plain
// http leads to any other host than this machine, New warns of it in the log.
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
// the appID. Older hosts ask for "app_id".
func WithTokenAppIDName(name string) Option {
	return func(s *settings) error {
		if name != "appId" && name != "app_id" {
			return optionError("WithTokenAppIDName", `the name must be "appId" or "app_id"`)
		}
		s.tokenIDName = name
		return nil
	}
}

// WithLoginBaseURL says where the login page of an order is, if the platform names
// no host for it, or a host that is not followed. Give scheme and host only. The
// default is the base URL if that is a host of the platform, or else
// https://kyc1.qcloud.com. A proxy that WithBaseURL names is for your server, not for
// people's browsers.
func WithLoginBaseURL(base string) Option {
	return func(s *settings) (err error) {
		s.loginBase, err = parseBase("WithLoginBaseURL", base)
		return err
	}
}

// WithLoginDomain adds a domain, as in "example.com", whose hosts a login URL
// may lead to. The platform names the host of each login page in its answer. A host
// is followed if it belongs to qcloud.com, tencentcloudapi.com or webank.com, if it
// is the host of the base URL, or if it belongs to a domain of this option. Other
// hosts are not followed, and the log warns of them.
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
// 1 GiB. The default is 64 MiB. A larger answer is ErrBadAnswer.
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
// out, between 1 KiB and 1 GiB. So it bounds the memory that an answer can cost. The
// number of its values is bounded, too: one for every 128 bytes of the bound. The
// default is 1 MiB, and a large answer is some 10 KiB. An answer beyond the bound is
// ErrBadAnswer.
//
// The bound of WithMaxAnswer holds instead where files stay in the text: in CallKYC1,
// CallCloud, GetDetectInfo, answers that are encrypted as a whole, and
// GetDetectInfoEnhanced and ConfirmDetect with InfoAll or InfoVideo, whose
// LivenessVideos may hold videos.
func WithMaxAnswerText(bytes int64) Option {
	return func(s *settings) error {
		if bytes < 1<<10 || bytes > 1<<30 {
			return optionError("WithMaxAnswerText", "the bound must lie between 1024 bytes and 1 GiB")
		}
		s.maxText = bytes
		return nil
	}
}

// WithLogger logs every Event. Calls are logged at Debug, and decisions at Info,
// whether the person passed or not. Trouble and callbacks that are not believed are
// logged at Warn and Error. Codes are logged as numbers. Neither secrets nor personal
// data reach the log. The default logs nothing.
func WithLogger(log *slog.Logger) Option {
	return func(s *settings) error {
		if log == nil {
			return optionError("WithLogger", "log is nil")
		}
		s.log = log
		return nil
	}
}

// WithObserver calls observe with every Event, for metrics and traces; the module
// otelfaceid has such a function for OpenTelemetry. An event is reported after it
// happened. observe runs in the caller's goroutine, with the
// caller's context, and must not block. (A refresh has a context of its own, which
// keeps the values of the caller's.) For calls that are made at the same time, observe
// runs at the same time. If observe panics, the log has the stack, and the call ends
// as if there had been no panic.
func WithObserver(observe func(context.Context, Event)) Option {
	return func(s *settings) error {
		if observe == nil {
			return optionError("WithObserver", "the function is nil")
		}
		s.observe = observe
		return nil
	}
}

// WithCallbackOnce notices a genuine callback that arrives a second time. A callback
// carries no time, so whoever has it can send it again. first gets the callback, and
// returns true if Callback.ID is new. It must look and remember in one step, for all
// processes: with an INSERT that does nothing on a conflict, or a SETNX. An ID may be
// forgotten after an hour, when the SIGN ticket that signed the callback has died.
//
// ConfirmReturn and ConfirmWillReturn call the function first after all other checks:
// the order is of this session, and its record has confirmed the pass. If first returns
// false, they return ErrReplayed with the record. So ErrReplayed means that the order
// passed and was confirmed before. Show the order as you know it, and store the decision
// if you could not store it the first time.
//
// VerifyCallback calls first as soon as the signature is good. VerifyCallback does not
// know the session, so anybody who sends a genuine callback uses its ID up. Therefore
// first must return an error for an order that is not of the session of ctx, and you
// must not decide by a false of first. A callback with a Remedy does not call first.
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

// WithBackgroundRefresh says how an aging credential is refreshed. With true, which is
// the default, calls use the old credential while a new one is fetched. With false, the
// call that finds it refreshes it first: this is for platforms that freeze a process
// between requests.
func WithBackgroundRefresh(on bool) Option {
	return func(s *settings) error {
		s.background = on
		return nil
	}
}

// WithRefreshWithoutStore lets a Client refresh its credentials although the store is
// broken, once its pair of token and SIGN ticket is of no more use. Without this option
// such a Client fails with ErrStore, because a process that fetches a token alone kills
// the token of all others a minute later. Choose it only for a single process.
func WithRefreshWithoutStore(on bool) Option {
	return func(s *settings) error {
		s.alone = on
		return nil
	}
}

// WithNFCKey gives the SM4 key of NFC reading, from the console: 32 hexadecimal
// digits, which are 16 bytes. Only GetIDCardNFCResult and ConfirmNFC need it.
func WithNFCKey(key string) Option {
	return func(s *settings) error {
		raw, err := hex.DecodeString(key)
		if err != nil || len(raw) != sm4.BlockSize {
			return optionError("WithNFCKey", "the key must be 32 hexadecimal digits")
		}
		s.nfcKey = raw
		return nil
	}
}
