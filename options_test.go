package faceid_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
)

func TestOptionsRefuseBadValuesAndSayTheirName(t *testing.T) {
	app := faceid.WithApp("TIDA0001", "secret")
	for name, test := range map[string]struct {
		opts   []faceid.Option
		reason string
	}{
		"WithApp: appID is empty":    {[]faceid.Option{faceid.WithApp("", "s")}, "empty"},
		"WithApp: appID too long":    {[]faceid.Option{faceid.WithApp("TIDA00011", "s")}, "8"},
		"WithApp: appID ill-formed":  {[]faceid.Option{faceid.WithApp("TIDA 001", "s")}, "letters and digits"},
		"WithApp: secret too long":   {[]faceid.Option{faceid.WithApp("TIDA0001", strings.Repeat("canary-s", 9))}, "64"},
		"WithApp: pasted line break": {[]faceid.Option{faceid.WithApp("TIDA0001", "canary-secret\n")}, "ASCII"},
		"WithApp: no secret":         {[]faceid.Option{faceid.WithApp("TIDA0001", "")}, "empty"},
		"WithApp: two secrets":       {[]faceid.Option{app, faceid.WithSecretProvider(func(context.Context) (string, error) { return "", nil })}, "either"},
		"WithSecretProvider: nil":    {[]faceid.Option{app, faceid.WithSecretProvider(nil)}, "nil"},
		"WithSecretProvider: no app": {[]faceid.Option{faceid.WithCloud(common.NewCredential("a", "b"), "r"), faceid.WithSecretProvider(func(context.Context) (string, error) { return "", nil })}, "WithApp"},
		"WithProduct: empty":         {[]faceid.Option{app, faceid.WithProduct("")}, "empty"},
		"WithCloud: nil":             {[]faceid.Option{faceid.WithCloud(nil, "r")}, "nil"},
		"WithIntl: no region":        {[]faceid.Option{faceid.WithIntl(common.NewCredential("a", "b"), "")}, "region"},
		"WithFieldEncryption: odd":   {[]faceid.Option{faceid.WithFieldEncryption(faceid.FieldEncryption{Algorithm: "AES"})}, "SM4GCM"},
		"WithFieldEncryption: alone": {[]faceid.Option{app, faceid.WithFieldEncryption(faceid.FieldEncryption{})}, "WithCloud"},
		"WithStore: nil":             {[]faceid.Option{app, faceid.WithStore(nil)}, "nil"},
		"WithHTTPClient: nil":        {[]faceid.Option{app, faceid.WithHTTPClient(nil)}, "nil"},
		"WithBaseURL: no scheme":     {[]faceid.Option{app, faceid.WithBaseURL("kyc1.qcloud.com")}, "scheme"},
		"WithBaseURL: no host":       {[]faceid.Option{app, faceid.WithBaseURL("https://:80")}, "host"},
		"WithBaseURL: a path":        {[]faceid.Option{app, faceid.WithBaseURL("https://kyc1.qcloud.com/api")}, "only scheme and host"},
		"WithBaseURL: user":          {[]faceid.Option{app, faceid.WithBaseURL("https://canary-secret@kyc1.qcloud.com")}, "only scheme and host"},
		"WithTokenAppIDName: odd":    {[]faceid.Option{app, faceid.WithTokenAppIDName("appid")}, "app_id"},
		"WithLoginDomain: top":       {[]faceid.Option{app, faceid.WithLoginDomain("com")}, "domain"},
		"WithLoginDomain: address":   {[]faceid.Option{app, faceid.WithLoginDomain("10.0.0.1")}, "domain"},
		"WithLoginDomain: path":      {[]faceid.Option{app, faceid.WithLoginDomain("a.example/x")}, "domain"},
		"WithMaxAnswer: 0":           {[]faceid.Option{app, faceid.WithMaxAnswer(0)}, "1024"},
		"WithLogger: nil":            {[]faceid.Option{app, faceid.WithLogger(nil)}, "nil"},
		"WithObserver: nil":          {[]faceid.Option{app, faceid.WithObserver(nil)}, "nil"},
		"WithCallbackOnce: nil":      {[]faceid.Option{app, faceid.WithCallbackOnce(nil)}, "nil"},
		"New: nil option":            {[]faceid.Option{app, nil}, "nil"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := faceid.New(test.opts...)
			require.Nil(t, c)
			option, _, _ := strings.Cut(name, ":")
			require.ErrorContains(t, err, "faceid: "+option)
			require.ErrorContains(t, err, test.reason)
			suite.see(err)
		})
	}
}

func TestWithBaseURLHasOneSpelling(t *testing.T) {
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
			if strings.Contains(address, "m.example./") { // The dot at the end is removed.
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

// All spellings of a host share the credentials of that host, and all hosts of the
// platform share theirs.
func TestWithBaseURLSharesCredentialsWhateverItsSpelling(t *testing.T) {
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

func TestWithBaseURLWarnsOfPlainHTTP(t *testing.T) {
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

// A key that was pasted with something around it is refused with that reason: a static
// key when the Client is built, a key from elsewhere by the call. It is never reported
// as trouble of the network after three tries.
func TestWithCloudRefusesPastedKeys(t *testing.T) {
	suite.canary("canary-pasted", "key")
	for name, bad := range pasted {
		for field, cred := range map[string][3]string{
			"SecretId": {bad, "key", "token"}, "SecretKey": {"id", bad, "token"}, "session token": {"id", "key", bad},
		} {
			t.Run(field+" with "+name, func(t *testing.T) {
				static := common.NewTokenCredential(cred[0], cred[1], cred[2])
				for option, open := range map[string]func(common.CredentialIface, string) faceid.Option{"WithCloud": faceid.WithCloud, "WithIntl": faceid.WithIntl} {
					_, err := faceid.New(open(static, "ap-guangzhou"))
					var wrong *faceid.ArgumentError
					require.ErrorAs(t, err, &wrong)
					require.Equal(t, option, wrong.Field)
					require.Contains(t, wrong.Reason, field+" may hold")
					suite.see(err)
				}

				changed := common.NewCredential("id", "key")
				for kind, from := range map[string]common.CredentialIface{"provider": &holds{id: cred[0], key: cred[1], token: cred[2]}, "static": changed} {
					synctest.Test(t, func(t *testing.T) {
						e := &cloudExchange{answers: []string{fine}}
						var seen events
						client, err := faceid.New(faceid.WithCloud(from, "ap-guangzhou"), faceid.WithHTTPClient(&http.Client{Transport: e}), seen.option())
						require.NoError(t, err)
						changed.SecretId, changed.SecretKey, changed.Token = cred[0], cred[1], cred[2]
						defer func() { changed.SecretId, changed.SecretKey, changed.Token = "id", "key", "" }()
						_, err = client.CallCloud(t.Context(), faceid.CloudCall{Site: faceid.SiteChina, Action: "Act", Repeatable: true}, nil, nil)
						require.ErrorIs(t, err, faceid.ErrCredential, kind)
						require.NotErrorIs(t, err, faceid.ErrNetwork)
						require.ErrorContains(t, err, field+" may hold", kind)
						require.Empty(t, e.requests)
						require.Zero(t, seen.one(t, faceid.EventCall).Attempts, "nothing was sent")
						suite.see(err)
					})
				}
			})
		}
	}
}

func TestWithCloudRefusesAStaticCredentialWithoutAKey(t *testing.T) {
	for field, cred := range map[string]*common.Credential{"SecretId": common.NewCredential("", "key"), "SecretKey": common.NewCredential("id", "")} {
		_, err := faceid.New(faceid.WithCloud(cred, "ap-guangzhou"))
		require.ErrorContains(t, err, "WithCloud: "+field+" is empty")
	}
}

func TestWithTokenAppIDNameServesOlderHosts(t *testing.T) {
	client, _, rec := documented(t, faceid.WithTokenAppIDName("app_id"), faceid.WithBaseURL("https://kyc.qcloud.com"))
	_, err := client.NonceTicket(t.Context(), "user1")
	require.NoError(t, err)
	for _, u := range rec.urls {
		require.Equal(t, "kyc.qcloud.com", u.Host)
		require.Equal(t, wireAppID, u.Query().Get("app_id"))
		require.False(t, u.Query().Has("appId"))
	}
}
