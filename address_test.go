package faceid_test

import (
	"bytes"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
)

// badAddresses are those that two readers would read in two ways, by what is wrong
// with them.
var badAddresses = map[string]string{
	"":                                                  "empty",
	"https://m.example/#/back":                          "fragment",
	"https://m.example/back#":                           "fragment",
	"https://m.example/?a=1#b":                          "fragment",
	"https://m.example/back ":                           "percent-encoded",
	" https://m.example/back":                           "percent-encoded",
	"https://m.example/back\n":                          "control",
	"https://m.example/\tback":                          "control",
	"https://m.example/ba ck":                           "percent-encoded",
	"https://m.example/back\u00a0":                      "not ASCII",
	"https://m.example/back\u3000":                      "not ASCII",
	"https://m.example/\u202ekcab":                      "invisible",
	"https://m.example/\u2066back":                      "invisible",
	"https://m.example/\u200bback":                      "invisible",
	"\ufeffhttps://m.example/back":                      "invisible",
	"https://m.example/\ufffd":                          "U+FFFD",
	"https://m.example/\xff":                            "UTF-8",
	"https://m.example/回来":                              "percent-encode",
	"https://m.example/?name=张":                         "percent-encode",
	"https://商店.example/back":                           "ASCII",
	"https://m。example/back":                            "ASCII",
	"https://m．example/back":                            "ASCII",
	"https://m.example／back":                            "ASCII",
	`https://m.example\back`:                            "backslash",
	`https://m.example\@evil.example/`:                  "backslash",
	`https:\\m.example/back`:                            "backslash",
	"HTTPS://m.example/back":                            "small letters",
	"https://m.example/<back>":                          "percent-encoded",
	`https://m.example/?q="x"`:                          "percent-encoded",
	"https://m.example/?q={x}":                          "percent-encoded",
	"https://m.example/?q=a|b":                          "percent-encoded",
	"https://m.example/%zz":                             "not a URL",
	"https://m.example/a/../b":                          "browsers resolve",
	"https://m.example/a/%2e%2E/b":                      "browsers resolve",
	"https://m.example/./b":                             "browsers resolve",
	"https://m.example/a/..":                            "browsers resolve",
	"https://m.example:99999/back":                      "port",
	"https://m.example:65536/back":                      "port",
	"https://m.example:0/back":                          "port",
	"https://m.example:/back":                           "port",
	"https://m.example:0443/back":                       "port",
	"https://m.example:-1/back":                         "not a URL",
	"https://m.example:x/back":                          "not a URL",
	"https://m.example./back":                           "host",
	"https://m..example/back":                           "host",
	"https://.m.example/back":                           "host",
	"https://-m.example/back":                           "host",
	"https://m-.example/back":                           "host",
	"https://m.exam%70le/back":                          "URL",
	"https://m!.example/back":                           "host",
	"https://127.1/back":                                "host",
	"https://2130706433/back":                           "host",
	"https://0x7f000001/back":                           "host",
	"https://0x7f.0.0.0x1/back":                         "host",
	"https://127.000.000.001/back":                      "host",
	"https://1.2.3.4.5/back":                            "host",
	"https://256.1.1.1/back":                            "host",
	"https://[::1%25eth0]/back":                         "IPv6",
	"https://[::g]/back":                                "",
	"https://[127.0.0.1]/back":                          "",
	"https://" + strings.Repeat("a.", 130) + "example/": "host",
	"https://" + strings.Repeat("a", 64) + ".example/":  "host",
	"https:///back":                                     "absolute",
	"https:m.example/back":                              "",
	"//m.example/back":                                  "absolute",
	"/back":                                             "absolute",
	"m.example/back":                                    "absolute",
	"javascript:alert(1)":                               "absolute",
	"ftp://m.example/back":                              "absolute",
	"https://a:b@m.example/back":                        "user info",
	"https://@m.example/back":                           "",
	"https://m.example@evil.example/":                   "user info",
	"https://m.example/?a=%zz":                          "query",
	"https://m.example/?a=b;c=d":                        "query",
}

var goodAddresses = []string{
	"https://m.example", "https://m.example/", "https://m.example/back?lang=zh&x=a%2Fb", "http://m.example/back", "https://m.example:8443/back", "https://M.Example/Back",
	"https://xn--55qx5d.example/%E5%9B%9E%E6%9D%A5?name=%E5%BC%A0", "http://127.0.0.1:8080/back", "http://localhost/back", "https://[::1]:8443/back", "https://[2001:db8::1]/back",
	"https://m_1.example/back", "https://a.b.c.d.e.example/back", "https://m.example/a/...", "https://m.example/a//b", "https://m.example/back?", "https://m.example/?q=a+b'(c)*!~",
	"https://1.example/back", "https://0x.example/back", "https://m.example/back;v=1?a=%3B", "https://m.example/.well-known/x", "https://m.example/@user",
}

// redirecting are the calls that send a person's browser to an address.
func redirecting(t *testing.T, sim *faceidtest.Server) map[string]func(address string) error {
	c := sim.Client()
	will := faceid.Will{Rounds: []faceid.WillRound{{Question: "您本次业务是本人自愿办理吗？", Answers: []string{"我确认"}}}}
	return map[string]func(string) error{
		"H5": func(a string) error {
			_, err := c.OpenH5(t.Context(), faceid.H5Request{Person: somebody, RedirectURL: a})
			return err
		},
		"PC": func(a string) error {
			_, err := c.StartPC(t.Context(), faceid.PCRequest{Person: somebody, RedirectURL: a})
			return err
		},
		"will": func(a string) error {
			_, err := c.StartWillH5(t.Context(), faceid.WillH5Request{Person: somebody, Will: will, RedirectURL: a})
			return err
		},
		"DetectAuth": func(a string) error {
			_, err := c.DetectAuth(t.Context(), faceid.DetectAuthRequest{RuleID: "1", RedirectURL: a})
			return err
		},
		"GetEidToken": func(a string) error {
			_, err := c.GetEidToken(t.Context(), faceid.GetEidTokenRequest{MerchantID: "0NSJ2024", RedirectURL: a})
			return err
		},
		"abroad": func(a string) error {
			_, err := c.ApplyWebVerificationBizTokenIntl(t.Context(), faceid.ApplyWebVerificationBizTokenIntlRequest{RedirectURL: a, CompareImage: smallPNG(t)})
			return err
		},
	}
}

func TestARedirectMeansTheSameToEveryBrowser(t *testing.T) {
	sim := faceidtest.Start(t)
	calls := redirecting(t, sim)
	before := sim.Requests()
	for address, reason := range badAddresses {
		for name, call := range calls {
			if address == "" && (name == "DetectAuth" || name == "GetEidToken") {
				continue // they may do without
			}
			err := call(address)
			var bad *faceid.ArgumentError
			require.ErrorAs(t, err, &bad, "%s: %q", name, address)
			require.Equal(t, "RedirectURL", bad.Field)
			require.Contains(t, bad.Reason, reason, "%s: %q", name, address)
			if len(address) > 20 {
				require.NotContains(t, err.Error(), address)
			}
		}
	}
	require.Equal(t, len(before), len(sim.Requests()), "nothing was sent")
	for _, address := range goodAddresses {
		for name, call := range calls {
			err := call(address)
			if name == "abroad" && address == "https://m.example" {
				require.ErrorContains(t, err, "must have a path")
				continue
			}
			var bad *faceid.ArgumentError
			require.NotErrorAs(t, err, &bad, "%s: %q", name, address)
		}
	}
}

// Only DetectAuth and E证通 state a length.
func TestTheLengthOfARedirectIsThatOfItsDocument(t *testing.T) {
	sim := faceidtest.Start(t)
	long := "https://m.example/?" + strings.Repeat("x", 1024-19)
	for name, call := range redirecting(t, sim) {
		var bad *faceid.ArgumentError
		require.NotErrorAs(t, call(long), &bad, name)
		if name == "DetectAuth" || name == "GetEidToken" {
			require.ErrorContains(t, call(long+"x"), "at most 1024")
			continue
		}
		require.NotErrorAs(t, call(long+"x"), &bad, name)
	}
}

// The platform fetches pictures and videos itself.
func TestAnAddressToFetchIsChecked(t *testing.T) {
	sim := faceidtest.Start(t)
	c := sim.Client()
	fetch := func(address string) error {
		_, err := c.IdCardOCRVerification(t.Context(), faceid.IdCardOCRVerificationRequest{ImageURL: address})
		return err
	}
	for address, reason := range badAddresses {
		if address == "" || reason == "query" { // COS signs addresses with ; in them
			continue
		}
		var bad *faceid.ArgumentError
		require.ErrorAs(t, fetch(address), &bad, address)
		require.Equal(t, "ImageURL", bad.Field)
		require.Contains(t, bad.Reason, reason, address)
	}
	var bad *faceid.ArgumentError
	require.NotErrorAs(t, fetch("https://b-1.cos.ap-guangzhou.myqcloud.com/a.jpg?q-sign-time=1;2&q-header-list="), &bad)
}

func TestABaseHasOneSpelling(t *testing.T) {
	options := map[string]func(string) faceid.Option{
		"WithBaseURL": faceid.WithBaseURL, "WithLoginBaseURL": faceid.WithLoginBaseURL,
		"WithCloudEndpoint": faceid.WithCloudEndpoint, "WithIntlEndpoint": faceid.WithIntlEndpoint,
	}
	build := func(option faceid.Option, more ...faceid.Option) (*faceid.Client, error) {
		key := common.NewCredential("id", "key")
		return faceid.New(append(more, faceid.WithApp("TIDA0001", "secret"), faceid.WithStore(faceid.NewMemoryStore()), faceid.WithCloud(key, "r"), faceid.WithIntl(key, "r"), option)...)
	}
	for name, option := range options {
		for address := range badAddresses {
			if strings.Contains(address, "m.example./") { // that dot is taken off
				continue
			}
			_, err := build(option(address))
			require.ErrorContains(t, err, name, address)
		}
		for _, bad := range []string{
			"https://m.example/x", "https://m.example?", "https://m.example/?a=1", "https://m.example#", "m.example", "http://kyc1.qcloud.com", "http://faceid.tencentcloudapi.com.",
			"http://KYC1.qcloud.com:8080", "https://m.example..", "https://", "https://.",
		} {
			_, err := build(option(bad))
			require.ErrorContains(t, err, name, bad)
		}
		for _, good := range []string{"https://kyc1.qcloud.com", "https://m.example:8443/", "http://127.0.0.1:8080", "http://[::1]:80", "https://m.example."} {
			_, err := build(option(good))
			require.NoError(t, err, good)
		}
	}
}

// All spellings of a host share the credentials of that host, and those of the
// platform's hosts one set.
func TestEverySpellingOfAHostSharesItsCredentials(t *testing.T) {
	for _, same := range [][]string{
		{"https://kyc1.qcloud.com", "https://kyc1.qcloud.com.", "https://KYC1.QCloud.com", "https://kyc1.qcloud.com:443", "https://kyc1.qcloud.com.:443", "https://kyc2.qcloud.com/"},
		{"https://m.example", "https://m.example.", "https://M.example:443/", "https://m.example.:443"},
		{"http://m.example", "http://m.example.:80"},
		{"https://m.example:8443", "https://m.example.:8443"},
		{"http://[::1]:8080", "http://[0:0:0:0:0:0:0:1]:8080"},
	} {
		store := faceid.NewMemoryStore()
		sim := faceidtest.Start(t)
		for _, base := range same {
			c := sim.Client(faceid.WithStore(store), faceid.WithBaseURL(base))
			_, err := c.SignTicket(t.Context())
			require.NoError(t, err, base)
		}
		require.Equal(t, 1, sim.Calls("/api/oauth2/access_token"), "%v", same)
	}
}

func TestPlainHTTPIsSaid(t *testing.T) {
	for base, warned := range map[string]bool{
		"http://egress.shop.example:8080": true, "http://10.0.0.1": true, "http://127.0.0.1:8080": false, "http://localhost:8080": false, "http://[::1]:8080": false, "https://egress.shop.example": false,
	} {
		for name, option := range map[string]faceid.Option{
			"WithBaseURL": faceid.WithBaseURL(base), "WithCloudEndpoint": faceid.WithCloudEndpoint(base), "WithIntlEndpoint": faceid.WithIntlEndpoint(base),
		} {
			var log bytes.Buffer
			key := common.NewCredential("id", "key")
			_, err := faceid.New(faceid.WithApp("TIDA0001", "secret"), faceid.WithStore(faceid.NewMemoryStore()), faceid.WithCloud(key, "r"), faceid.WithIntl(key, "r"),
				option, faceid.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
			require.NoError(t, err)
			if warned {
				require.Contains(t, log.String(), "level=WARN")
				require.Contains(t, log.String(), name)
			} else {
				require.Empty(t, log.String())
			}
		}
	}
}

func plusPage() faceid.H5Request {
	r := h5Request("order1")
	r.Product = faceid.ProductPlus
	return r
}

// A host that is named in vain sends the person somewhere else than the platform
// meant: that is warned of, once for an order, and never quoted unless it is a
// host.
func TestAnOptimalDomainThatIsNotFollowedIsWarnedOf(t *testing.T) {
	for domain, want := range map[string]string{
		"face.bank.example": "domain=face.bank.example", "kyc1.qcloud.com/x": "domain=unreadable", "李测试": "domain=unreadable", "qcloud.com.evil.example": "domain=qcloud.com.evil.example",
		"kyc9.qcloud.com": "", "": "",
	} {
		for name, open := range map[string]func(*faceid.Client) error{
			"StartH5": func(c *faceid.Client) error {
				_, err := c.StartH5(t.Context(), plusPage())
				return err
			},
			"OpenH5": func(c *faceid.Client) error {
				_, err := c.OpenH5(t.Context(), plusPage())
				return err
			},
		} {
			var log bytes.Buffer
			client, mock, _ := documented(t, faceid.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))))
			mock.RegisterResponder("POST", "=~"+pathPlus, httpmock.NewStringResponder(200, `{"code":"0","result":{"orderNo":"order1","faceId":"f1","optimalDomain":"`+domain+`"}}`))
			require.NoError(t, open(client))
			if want == "" {
				require.Empty(t, log.String())
				continue
			}
			require.Equal(t, 1, strings.Count(log.String(), "optimalDomain"), log.String())
			require.Contains(t, log.String(), want)
			require.Contains(t, log.String(), "op="+name)
			require.Contains(t, log.String(), "order=order1")
		}
	}
}

// What is accepted is sent as it was given, and every part of it is where a
// browser sees it.
func FuzzRedirect(f *testing.F) {
	for address := range badAddresses {
		f.Add(address)
	}
	for _, address := range goodAddresses {
		f.Add(address)
	}
	client, err := faceid.New(faceid.WithApp(wireAppID, wireSecret), faceid.WithHTTPClient(fuzzPlatform), faceid.WithStore(faceid.NewMemoryStore()))
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, address string) {
		loginURL, err := client.LoginURL(t.Context(), &faceid.PageSession{
			Product: faceid.ProductPlus, OrderNo: "order1", UserID: "user1", FaceID: "tx1", RedirectURL: address, OpenedAt: time.Now(),
		})
		if err != nil {
			require.ErrorIs(t, err, faceid.ErrRequest)
			return
		}
		login, err := url.Parse(loginURL)
		require.NoError(t, err)
		require.Equal(t, []string{address}, login.Query()["url"])
		// The rules of RFC 3986, by hand.
		require.Regexp(t, `^https?://([A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\])(:[1-9][0-9]{0,4})?([/?][A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]*)?$`, address)
		u, err := url.Parse(address)
		require.NoError(t, err)
		require.Equal(t, address, u.String())
		require.Equal(t, address, (&url.URL{Scheme: "https", Host: "other.example"}).ResolveReference(u).String(), "nothing is to be resolved")
	})
}
