package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/cmd/faceid/internal/setup"
	"github.com/faceid-go/faceid/faceidtest"
)

// illness is one cause that a backend may have, and how the doctor must tell it.
type illness struct {
	cause  Cause
	check  Check
	status Status
	en, zh string // parts of what was seen, in both languages
	make   func(t *testing.T) *patient
}

// sick returns a function that makes a patient and spoils it.
func sick(door string, spoil func(p *patient), opts ...faceidtest.Option) func(*testing.T) *patient {
	return func(t *testing.T) *patient {
		t.Helper()
		p := newPatient(t, opts...)
		p.only(door)
		spoil(p)
		return p
	}
}

var ways = map[string]illness{
	"no such name": {DNS, CheckAddress, Fault, "no address of kyc1.qcloud.com", "没有解析出地址", sick("kyc1", func(p *patient) {
		p.env[setup.BaseURL], p.doc.Transport = "https://kyc1.qcloud.com", nobodyKnows(p.t)
	})},
	"a firewall": {Unreachable, CheckAddress, Fault, "no connection", "无法连接", sick("kyc1", func(p *patient) {
		p.env[setup.BaseURL] = "http://" + closedPort(p.t)
	})},
	"a proxy that is gone": {Proxy, CheckProxy, Fault, "cannot be reached", "连接不上", sick("kyc1", func(p *patient) {
		p.through("http://" + closedPort(p.t))
	})},
	"a proxy that refuses": {Proxy, CheckProxy, Fault, "refuses the host with HTTP 403", "HTTP 403 拒绝", sick("cloud", func(p *patient) {
		p.behindProxy(403)
	})},
	"a proxy that wants a password": {ProxyAuth, CheckProxy, Fault, "answers HTTP 407", "应答 HTTP 407", sick("kyc1", func(p *patient) {
		p.behindProxy(407)
	})},
	"a certificate of somebody else's authority": {TLSInterception, CheckTLS, Fault, `issued by "Acme Co", whom`, `不信任的 "Acme Co" 签发`, sick("kyc1", func(p *patient) {
		p.behindTLS()
	})},
	"a certificate for another host": {TLSName, CheckTLS, Fault, "is for example.com", "属于 example.com", sick("cloud", func(p *patient) {
		p.doc.Transport = p.behindTLS()
		p.doc.Transport.TLSClientConfig.ServerName = "faceid.tencentcloudapi.com"
	})},
	"a certificate that has ended": {TLSTime, CheckTLS, Fault, "issued by", "有效期", sick("kyc1", func(p *patient) {
		p.doc.Transport = p.behindTLS()
		p.doc.Transport.TLSClientConfig.Time = func() time.Time { return time.Now().AddDate(200, 0, 0) }
	})},
	"no TLS": {NoTLS, CheckTLS, Fault, "tls: first record", "tls: first record", sick("kyc1", func(p *patient) {
		p.env[setup.BaseURL] = "https" + p.sim.URL()[len("http"):]
	})},
	"a server that speaks an older TLS alone": {NoTLS, CheckTLS, Fault, "tls: ", "tls: ", sick("kyc1", func(p *patient) {
		p.doc.Transport = p.behindTLS()
		p.doc.Transport.TLSClientConfig.MaxVersion = tls.VersionTLS11
		p.doc.Transport.TLSClientConfig.MinVersion = tls.VersionTLS11
	})},
	"a container without authorities": {NoAuthorities, CheckTLS, Fault, `"Acme Co", and this machine trusts nobody`, "本机不信任任何机构", sick("kyc1", func(p *patient) {
		p.doc.Transport = p.behindTLS()
		p.doc.Transport.TLSClientConfig.RootCAs = x509.NewCertPool()
	})},
	"a firewall that lets no data through": {NoAnswer, CheckAnswer, Fault, "and no answer came: EOF", "没有收到应答", sick("kyc1", func(p *patient) {
		p.env[setup.BaseURL] = hangingUp(p.t)
	})},
	"a firewall that cuts TLS off": {NoAnswer, CheckTLS, Fault, "and TLS came to no end", "TLS 握手没有完成", sick("kyc1", func(p *patient) {
		p.env[setup.BaseURL] = "https://" + deaf(p.t)
		p.doc.Transport.TLSHandshakeTimeout = 50 * time.Millisecond
	})},
	"a signed call without an answer": {NoAnswer, CheckKey, Fault, "Network", "Network", sick("cloud", func(p *patient) {
		p.sim.FailNext("GetDetectInfoEnhanced", slices.Repeat([]faceidtest.Fault{faceidtest.FaultDropBefore()}, 9)...)
	})},
	"a signed call that a gateway answers": {NotPlatform, CheckKey, Fault, "BadAnswer", "BadAnswer", sick("cloud", func(p *patient) {
		p.sim.FailNext("GetDetectInfoEnhanced", faceidtest.FaultStatus(302, "moved"))
	})},
	"a proxy that hangs up": {Proxy, CheckProxy, Fault, "opens no connection", "没有建立到该域名的连接", sick("kyc1", func(p *patient) {
		p.through(hangingUp(p.t))
	})},
	"a base URL without a scheme": {Config, CheckConfig, Fault, "WithBaseURL", "WithBaseURL", sick("kyc1", func(p *patient) {
		p.env[setup.BaseURL] = "kyc1.qcloud.com"
	})},
	"an endpoint with a path": {Config, CheckConfig, Fault, "WithCloudEndpoint", "WithCloudEndpoint", sick("cloud", func(p *patient) {
		p.env[setup.CloudEndpoint] += "/path"
	})},
	"another server that answers with codes": {NotPlatform, CheckAnswer, Warning, "the code 404, which no document", "返回码 404", sick("kyc1", func(p *patient) {
		p.env[setup.BaseURL] = answering(p.t, 404, `{"code":404,"msg":"not found"}`)
	})},
	"a login page": {NotPlatform, CheckAnswer, Fault, "HTTP 200, and no code", "HTTP 200，没有", sick("kyc1", func(p *patient) {
		p.env[setup.BaseURL] = answering(p.t, 200, "<html>please log in</html>")
	})},
	"a login page before API 3.0": {NotPlatform, CheckAnswer, Fault, "no answer of API 3.0", "不是 API 3.0", sick("cloud", func(p *patient) {
		p.env[setup.CloudEndpoint] = answering(p.t, 200, "<html>please log in</html>")
	})},
	"a gateway without a backend": {Service, CheckAnswer, Fault, "HTTP 503", "HTTP 503", sick("kyc1", func(p *patient) {
		p.sim.FailNext(tokenPath, faceidtest.FaultStatus(503, "unavailable"))
	})},
	"the platform is busy": {Service, CheckAnswer, Fault, "the platform says 999999", "平台返回 999999", sick("kyc1", func(p *patient) {
		p.sim.FailNext(tokenPath, faceidtest.FaultCode("999999", ""))
	})},
	"too many requests": {RateLimited, CheckAnswer, Fault, "400506", "400506", sick("kyc1", func(p *patient) {
		p.sim.RateLimit(tokenPath, 0, time.Minute)
	})},
	"a clock that is slow": {Clock, CheckClock, Fault, "behind the platform", "比平台慢", sick("cloud", func(*patient) {}, faceidtest.WithClockAhead(10*time.Minute))},
	"a signature of another time": {Clock, CheckKey, Fault, "AuthFailure.SignatureExpire", "AuthFailure.SignatureExpire", sick("cloud", func(*patient) {
	}, faceidtest.WithClockAhead(-10*time.Minute))},
	"a clock that is fast, for kyc1": {Clock, CheckClock, Warning, "ahead of the platform", "比平台快", sick("kyc1", func(*patient) {}, faceidtest.WithClockAhead(-10*time.Minute))},
	"an address that is not allowed": {AllowList, CheckAnswer, Fault, "400103", "400103", sick("kyc1", func(p *patient) { p.sim.AllowIPs("203.0.113.1") })},
	"a key that is not known": {KeyUnknown, CheckKey, Fault, "AuthFailure.SecretIdNotFound", "地域 ap-guangzhou", sick("cloud", func(p *patient) {
		p.env[setup.CloudID] = "AKIDNobody"
	})},
	"a wrong key":   {KeyWrong, CheckKey, Fault, "AuthFailure.SignatureFailure", "AuthFailure.SignatureFailure", sick("cloud", func(p *patient) { p.env[setup.CloudKey] = "wrong" })},
	"a wrong token": {KeyToken, CheckKey, Fault, "AuthFailure.TokenFailure", "AuthFailure.TokenFailure", sick("cloud", func(p *patient) { p.env[setup.CloudToken] = "old" })},
	"a key without permission": {KeyPermission, CheckKey, Fault, "GetDetectInfoEnhanced says UnauthorizedOperation", "返回 UnauthorizedOperation", sick("cloud", func(p *patient) {
		p.sim.DenyActions(p.sim.CloudSecretID(), "GetDetectInfoEnhanced")
	})},
	"an account in arrears": {NotActivated, CheckKey, Fault, "UnauthorizedOperation.Arrears", "UnauthorizedOperation.Arrears", sick("cloud", func(p *patient) {
		p.sim.FailNext("GetDetectInfoEnhanced", faceidtest.FaultCode("UnauthorizedOperation.Arrears", ""))
	})},
	"a region without the service": {WrongRegion, CheckKey, Fault, "UnsupportedRegion in ap-guangzhou", "地域 ap-guangzhou", sick("cloud", func(p *patient) {
		p.env[setup.IntlID], p.env[setup.IntlKey], p.env[setup.IntlEndpoint] = p.env[setup.CloudID], p.env[setup.CloudKey], p.sim.URL()
		p.env[setup.IntlRegion] = "ap-guangzhou"
		delete(p.env, setup.CloudID)
		delete(p.env, setup.CloudKey)
	})},
	"a code that nobody knows": {Unexpected, CheckKey, Fault, "AuthFailure.Strange", "AuthFailure.Strange", sick("cloud", func(p *patient) {
		p.sim.FailNext("GetDetectInfoEnhanced", faceidtest.FaultCode("AuthFailure.Strange", "strange"))
	})},
}

var credentialWays = map[string]illness{
	"a store that is down": {StoreTrouble, CheckStore, Fault, "connection refused", "connection refused", sick("kyc1", func(p *patient) {
		p.env[setup.Store] = "redis://" + closedPort(p.t)
	})},
	"an empty store": {NoRecord, CheckRecord, Warning, "no record for this appID", "没有该 appID", sick("kyc1", func(*patient) {})},
	"a secret that others do not have": {OtherSecret, CheckRecord, Warning, "1 for other secrets", "1 条同一 appID", sick("kyc1", func(p *patient) {
		p.runs()
		p.env[setup.Secret] = "old"
	})},
	"a record that somebody overwrote": {DamagedRecord, CheckRecord, Warning, "damaged", "记录已损坏", sick("kyc1", func(p *patient) {
		p.runs()
		records, err := filepath.Glob(filepath.Join(p.env[setup.Store][len("file:"):], "*.record"))
		require.NoError(p.t, err)
		require.Len(p.t, records, 1)
		require.NoError(p.t, os.WriteFile(records[0], []byte("junk"), 0o600))
	})},
	"a secret that others do not have, in Redis": {OtherSecret, CheckRecord, Warning, "1 for other secrets", "1 条同一 appID", sick("kyc1", func(p *patient) {
		p.sharedStore()
		p.runs()
		p.env[setup.Secret] = "old"
	})},
	"a backend with a wrong secret": {WrongSecret, CheckRecord, Fault, "refused the last token with 400101", "返回 400101", sick("kyc1", func(p *patient) {
		p.env[setup.Secret] = "wrong"
		_, err := p.client().SignTicket(p.t.Context())
		require.ErrorIs(p.t, err, faceid.ErrCredential)
	})},
	"a wrong secret, with leave to fetch": {WrongSecret, CheckToken, Fault, "400101", "400101", sick("kyc1", func(p *patient) {
		p.env[setup.Secret], p.doc.Mint = "wrong", true
	})},
	"an address that was allowed before": {AllowList, CheckRecord, Warning, "refused the last token with 400103", "返回 400103", sick("kyc1", func(p *patient) {
		p.runs()
		p.ages(30 * time.Minute)
		p.sim.AllowIPs()
		client := p.client(faceid.WithBackgroundRefresh(false))
		_, _ = client.SignTicket(p.t.Context()) // the old ticket still serves
		p.sim.AllowIPs("127.0.0.1")
	})},
	"another system, beside a folder": {StoreNotShared, CheckToken, Fault, "400101", "返回 400101", sick("kyc1", func(p *patient) {
		p.runs()
		p.sim.MintElsewhere(p.sim.AppID())
		p.sim.Advance(61 * time.Second)
	})},
	"another system, with leave to fetch": {StoreNotShared, CheckToken, Fault, "400101", "400101", sick("kyc1", func(p *patient) {
		p.runs()
		p.sim.MintElsewhere(p.sim.AppID())
		p.sim.Advance(61 * time.Second)
		p.doc.Mint = true // the token is too young to be replaced
	})},
	"another system, told as 15": {StoreNotShared, CheckToken, Fault, "says 15", "返回 15", sick("kyc1", func(p *patient) {
		p.runs()
		p.sim.FailNext(ticketPath, faceidtest.FaultCode("15", ""))
	})},
	"another system, beside a shared store": {ForeignRefresh, CheckToken, Fault, "400101", "返回 400101", sick("kyc1", func(p *patient) {
		p.sharedStore()
		p.runs()
		p.sim.MintElsewhere(p.sim.AppID())
		p.sim.Advance(61 * time.Second)
	})},
	"a refresh whose answer was lost": {LostMint, CheckRecord, Warning, "under way for", "已进行", sick("kyc1", func(p *patient) {
		p.runs()
		p.ages(30 * time.Minute)
		p.sim.FailNext(tokenPath, faceidtest.FaultDropBefore(), faceidtest.FaultDropAfter(), faceidtest.FaultHang())
		ctx, cancel := context.WithTimeout(p.t.Context(), 500*time.Millisecond)
		defer cancel()
		client := p.client(faceid.WithBackgroundRefresh(false), faceid.WithHTTPClient(&http.Client{Timeout: 300 * time.Millisecond}))
		_, _ = client.SignTicket(ctx)
		require.NoError(p.t, client.Close(p.t.Context()))
		p.ages(2 * time.Minute)
	})},
	"a ticket that is dead": {DeadTicket, CheckTicket, Fault, "the platform says 400101", "平台返回 400101", sick("kyc1", func(p *patient) {
		token, err := p.runs().AccessToken(p.t.Context())
		require.NoError(p.t, err)
		res, err := http.Get(p.sim.URL() + ticketPath + "?appId=" + p.sim.AppID() + "&access_token=" + token + "&type=SIGN&version=1.0.0")
		require.NoError(p.t, err)
		require.NoError(p.t, res.Body.Close())
		p.sim.Advance(61 * time.Second)
	})},
	"another product": {WrongProduct, CheckProduct, Fault, "66660002", "66660002", sick("kyc1", func(p *patient) {
		p.runs()
		p.env[setup.Product], p.doc.Probe = "plus", true
	}, faceidtest.WithAppProducts("TIDA0001", "will"))},
	"an appID that was stopped": {WrongProduct, CheckTicket, Fault, "66660002", "66660002", sick("kyc1", func(p *patient) {
		p.runs()
		p.sim.FailNext(queryPath, faceidtest.FaultCode("66660002", ""))
	})},
}

func TestRunNamesEachCause(t *testing.T) {
	named := map[Cause]bool{}
	for _, table := range []map[string]illness{ways, credentialWays} {
		for name, want := range table {
			named[want.cause] = true
			t.Run(name, func(t *testing.T) {
				p := want.make(t)
				mints := len(p.sim.Mints(p.sim.AppID()))
				findings := p.examine()
				text := written(t, findings)
				got, ok := findOn(findings, want.cause, want.check)
				require.True(t, ok, text)
				require.Equal(t, want.status, got.Status, text)
				require.Contains(t, got.Saw.EN, want.en)
				require.Contains(t, got.Saw.ZH, want.zh)
				require.Equal(t, causes[want.cause].cure, got.Cure)
				require.Equal(t, causes[want.cause].why, got.Why)
				if !p.doc.Mint {
					require.Len(t, p.sim.Mints(p.sim.AppID()), mints, "nobody asked the doctor to fetch a token")
				}
				for _, secret := range []string{p.sim.Secret(), p.sim.CloudSecretKey()} {
					require.NotContains(t, text, secret)
				}
			})
		}
	}
	for cause := range causes {
		require.True(t, named[cause], "no test plays %s", cause)
	}
}

// findOn returns the first finding of a check with that cause.
func findOn(findings []Finding, cause Cause, check Check) (Finding, bool) {
	for _, f := range findings {
		if f.Cause == cause && f.Check == check {
			return f, true
		}
	}
	return Finding{}, false
}

func TestCausesHaveTextInBothLanguages(t *testing.T) {
	for cause, text := range causes {
		for _, s := range []string{text.why.EN, text.why.ZH, text.cure.EN, text.cure.ZH} {
			require.NotEmpty(t, s, cause)
		}
		require.NotEqual(t, text.why.EN, text.why.ZH, cause)
		require.NotEqual(t, text.cure.EN, text.cure.ZH, cause)
	}
}
