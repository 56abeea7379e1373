package faceid_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

func TestLoginURLIsSignedAndEncodedOnce(t *testing.T) {
	client, mock, rec := documented(t)
	replay(t, mock, pathPlus, "getPlusFaceId.h5", func(result map[string]any) { result["orderNo"] = "order1" })
	r := h5Request("order1")
	r.From, r.ReplaceHistory, r.ShowResultPage = faceid.FromBrowser, true, false
	login, err := client.StartH5(t.Context(), r)
	require.NoError(t, err)
	for _, u := range rec.urls {
		if u.Query().Get("type") == "NONCE" {
			require.Equal(t, "user1", u.Query().Get("user_id"))
		}
	}
	address, err := url.Parse(login.URL)
	require.NoError(t, err)
	require.Equal(t, "https://kyc1.qcloud.com/api/web/login", "https://"+address.Host+address.Path)
	require.Contains(t, login.URL, "url=https%3A%2F%2Fmerchant.example%2Fback%3Flang%3Dzh%26x%3Da%252Fb&")
	query := map[string]string{}
	for name, values := range address.Query() {
		require.Len(t, values, 1)
		query[name] = values[0]
	}
	checkSigned(t, query, "appId", "userId", "orderNo", "version", "faceId", "nonce")
	require.Equal(t, map[string]string{
		"appId": wireAppID, "version": "1.0.0", "orderNo": "order1", "userId": "user1",
		"faceId": "tx0375fa5243984381ea7b7013f13795", "url": r.RedirectURL,
		"from": "browser", "resultType": "1", "redirectType": "1",
	}, query, "these and no others")

	r.From, r.ReplaceHistory, r.ShowResultPage = "", false, true
	login, err = client.StartH5(t.Context(), r)
	require.NoError(t, err)
	address, err = url.Parse(login.URL)
	require.NoError(t, err)
	require.Equal(t, "app", address.Query().Get("from"), "the platform's default")
	require.False(t, address.Query().Has("resultType"))
	require.False(t, address.Query().Has("redirectType"))
}

func TestStartPCHasItsOwnParameters(t *testing.T) {
	client, mock, _ := documented(t)
	replay(t, mock, pathPC, "geth5faceid.pc", func(result map[string]any) { result["orderNo"] = "order1" })
	login, err := client.StartPC(t.Context(), faceid.PCRequest{OrderNo: "order1", Person: somebody, RedirectURL: "https://merchant.example/back?x=a%2Fb"})
	require.NoError(t, err)
	address, query := loginQuery(t, login)
	require.Equal(t, "https://kyc1.qcloud.com/api/pc/login", address)
	checkSigned(t, query, "appId", "userId", "orderNo", "version", "h5faceId", "nonce")
	require.Equal(t, map[string]string{
		"appId": wireAppID, "version": "1.0.0", "orderNo": "order1", "userId": "user1",
		"h5faceId": "wb0375fa5243984381ea7b7013f13795", "url": "https://merchant.example/back?x=a%2Fb",
	}, query, "these and no others: no from, no resultType, no redirectType")
}

func TestStartH5OfEnhancedHasThePageOfMobileH5(t *testing.T) {
	client, mock, _ := documented(t)
	replay(t, mock, pathAdv, "getAdvFaceId.h5", func(result map[string]any) { result["orderNo"] = "order1" })
	r := h5Request("order1")
	r.Product = faceid.ProductEnhanced
	login, err := client.StartH5(t.Context(), r)
	require.NoError(t, err)
	address, query := loginQuery(t, login)
	require.Equal(t, "https://kyc1.qcloud.com/api/web/login", address)
	checkSigned(t, query, "appId", "userId", "orderNo", "version", "faceId", "nonce")
	require.Equal(t, "tx0375fa5243984381ea7b7013f13795", query["faceId"])
}

// A person who has been on the page begins anew, as the faceId of a session is for one
// visit. A session that nobody has entered may get another URL.
func TestLoginURLIsForOneVisit(t *testing.T) {
	for name, start := range browsers {
		t.Run(name, func(t *testing.T) {
			sim := faceidtest.Start(t)
			client := newClient(sim)
			sim.Script("order1", faceidtest.NoCamera())
			login, err := start(t.Context(), client, "order1")
			require.NoError(t, err)
			unused, err := client.LoginURL(t.Context(), &login.Session)
			require.NoError(t, err)
			back, err := sim.Visit(t.Context(), unused)
			require.NoError(t, err, "another URL of a session that nobody has entered")
			_, err = client.ConfirmReturn(t.Context(), back, &login.Session)
			require.ErrorIs(t, err, faceid.ErrNotPassed)
			require.Equal(t, faceid.RemedyAllowCamera, faceid.RemedyOf(err))
			require.True(t, faceid.RemedyOf(err).Reenter())

			again, err := client.LoginURL(t.Context(), &login.Session)
			require.NoError(t, err)
			_, err = sim.Visit(t.Context(), again)
			var refused *faceidtest.PageError
			require.ErrorAs(t, err, &refused, "the platform wants a new faceId")

			anew, err := start(t.Context(), client, "order2")
			require.NoError(t, err)
			back, err = sim.Visit(t.Context(), anew.URL)
			require.NoError(t, err)
			record, err := client.ConfirmReturn(t.Context(), back, &anew.Session)
			require.NoError(t, err)
			require.True(t, record.Passed())
		})
	}
}

func TestOpenH5AndLoginURLWorkAcrossAStoredSession(t *testing.T) {
	sim := faceidtest.Start(t)
	client := newClient(sim)
	session, err := client.OpenH5(t.Context(), h5Request(""))
	require.NoError(t, err)
	text, err := json.Marshal(session)
	require.NoError(t, err)
	require.NotContains(t, string(text), somebody.Name)
	require.NotContains(t, string(text), somebody.IDNo)
	var stored faceid.PageSession
	require.NoError(t, json.Unmarshal(text, &stored))

	loginURL, err := client.LoginURL(t.Context(), &stored)
	require.NoError(t, err)
	back, err := sim.Visit(t.Context(), loginURL)
	require.NoError(t, err)
	cb, err := client.VerifyCallback(t.Context(), back)
	require.NoError(t, err)
	require.Equal(t, session.OrderNo, cb.OrderNo)
	require.Equal(t, session.FaceID, cb.FaceID)

	_, err = sim.Visit(t.Context(), loginURL)
	var refused *faceidtest.PageError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "400101", refused.Code, "a login URL works once")
}

func TestLoginURLOfAnOldSessionCostsNoTicket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		session, err := client.OpenH5(t.Context(), h5Request("order1"))
		require.NoError(t, err)
		time.Sleep(5*time.Minute - 1)
		loginURL, err := client.LoginURL(t.Context(), session)
		require.NoError(t, err)
		_, err = sim.Visit(t.Context(), loginURL)
		require.NoError(t, err)
		before := sim.Calls(pathTicket)
		time.Sleep(1)
		_, err = client.LoginURL(t.Context(), session)
		require.ErrorIs(t, err, faceid.ErrExpired)
		require.Equal(t, before, sim.Calls(pathTicket))
		require.Equal(t, session.OpenedAt.Add(5*time.Minute), session.ExpiresAt())
	})
}

func TestLoginURLLeadsToThePlatformOnly(t *testing.T) {
	for name, test := range map[string]struct{ domain, base, want string }{
		"as documented":      {"kyc1.qcloud.com", "", "https://kyc1.qcloud.com"},
		"another host":       {"kyc3.qcloud.com", "", "https://kyc3.qcloud.com"},
		"cloud API":          {"kyc.tencentcloudapi.com", "", "https://kyc.tencentcloudapi.com"},
		"upper case":         {"KYC3.QCloud.com", "", "https://KYC3.QCloud.com"},
		"with a port":        {"kyc1.qcloud.com:8443", "", "https://kyc1.qcloud.com:8443"},
		"none":               {"", "", "https://kyc1.qcloud.com"},
		"added":              {"face.bank.example", "", "https://face.bank.example"},
		"stranger":           {"evil.example", "", "https://kyc1.qcloud.com"},
		"lookalike":          {"evilqcloud.com", "", "https://kyc1.qcloud.com"},
		"suffix in front":    {"qcloud.com.evil.example", "", "https://kyc1.qcloud.com"},
		"with a path":        {"kyc1.qcloud.com/x", "", "https://kyc1.qcloud.com"},
		"with a user":        {"kyc1.qcloud.com@evil.example", "", "https://kyc1.qcloud.com"},
		"user of a platform": {"evil.example#.qcloud.com", "", "https://kyc1.qcloud.com"},
		"with a scheme":      {"https://kyc1.qcloud.com", "", "https://kyc1.qcloud.com"},
		"with a backslash":   {`evil.example\.qcloud.com`, "", "https://kyc1.qcloud.com"},
		"an odd port":        {"kyc1.qcloud.com:x", "", "https://kyc1.qcloud.com"},
		"the base's host":    {"127.0.0.1:18080", "http://127.0.0.1:18080", "http://127.0.0.1:18080"},
		"not the base":       {"127.0.0.1:18081", "http://127.0.0.1:18080", "https://kyc1.qcloud.com"},
		"none, with a proxy": {"", "https://egress.shop.example", "https://kyc1.qcloud.com"},
		"through a proxy":    {"kyc2.qcloud.com", "https://egress.shop.example", "https://kyc2.qcloud.com"},
		"the proxy itself":   {"egress.shop.example", "https://egress.shop.example", "https://egress.shop.example"},
		"another platform":   {"", "https://kyc2.qcloud.com.", "https://kyc2.qcloud.com"},
	} {
		t.Run(name, func(t *testing.T) {
			opts := []faceid.Option{faceid.WithLoginDomain("bank.example")}
			if test.base != "" {
				opts = append(opts, faceid.WithBaseURL(test.base))
			}
			client, _, _ := documented(t, opts...)
			loginURL, err := client.LoginURL(t.Context(), &faceid.PageSession{
				OrderNo: "order1", UserID: "user1", FaceID: "tx1", OptimalDomain: test.domain, RedirectURL: "https://merchant.example/", OpenedAt: time.Now(),
			})
			require.NoError(t, err)
			require.True(t, strings.HasPrefix(loginURL, test.want+"/api/web/login?"), loginURL)
		})
	}
}

// Whatever a session holds, the URL leads to a host of the platform and carries each
// value once and unchanged.
func FuzzLoginURL(f *testing.F) {
	f.Add("order1", "user1", "tx1", "kyc1.qcloud.com", "https://merchant.example/?a=b%2Fc&d=%E4%B8%AD#f")
	f.Add("1", "u", "f&sign=x", "evil.example", "http://[::1]:80/")
	f.Add("1", "u", "f", "x.qcloud.com#@evil", "https://merchant.example/?q=a+b;c")
	client, err := faceid.New(faceid.WithApp(wireAppID, wireSecret), faceid.WithHTTPClient(fuzzPlatform), faceid.WithStore(faceid.NewMemoryStore()))
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, orderNo, userID, faceID, domain, redirect string) {
		loginURL, err := client.LoginURL(t.Context(), &faceid.PageSession{
			OrderNo: orderNo, UserID: userID, FaceID: faceID, OptimalDomain: domain, RedirectURL: redirect, OpenedAt: time.Now(),
		})
		if err != nil {
			require.ErrorIs(t, err, faceid.ErrRequest)
			return
		}
		address, err := url.Parse(loginURL)
		require.NoError(t, err)
		require.Equal(t, "https", address.Scheme)
		require.Nil(t, address.User)
		host := strings.ToLower(address.Hostname())
		require.True(t, host == "qcloud.com" || strings.HasSuffix(host, ".qcloud.com") ||
			host == "webank.com" || strings.HasSuffix(host, ".webank.com") ||
			host == "tencentcloudapi.com" || strings.HasSuffix(host, ".tencentcloudapi.com"), loginURL)
		query, err := url.ParseQuery(address.RawQuery)
		require.NoError(t, err)
		for name, value := range map[string]string{"orderNo": orderNo, "userId": userID, "faceId": faceID, "url": redirect} {
			require.Equal(t, []string{value}, query[name])
		}
		require.Equal(t, faceid.Sign(wireTicket, wireAppID, userID, orderNo, "1.0.0", faceID, query.Get("nonce")), query.Get("sign"))
	})
}

func plusPage() faceid.H5Request {
	r := h5Request("order1")
	r.Product = faceid.ProductPlus
	return r
}

// A host that is named in vain sends the person to another place than the platform
// meant. The log warns of that once for an order, and never quotes the text unless it
// is a host.
func TestOptimalDomainThatIsNotFollowedIsWarnedOf(t *testing.T) {
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
