package faceidtest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	tcerr "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"
	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestCloudSignatureIsOfTheCaller(t *testing.T) {
	for name, x := range map[string]struct {
		want  string
		spoil func(c *caller)
	}{
		"good":                        {want: ""},
		"more signed headers":         {spoil: func(c *caller) { c.signed = []string{"x-tc-action", "x-tc-timestamp"} }},
		"another key":                 {want: "AuthFailure.SignatureFailure", spoil: func(c *caller) { c.key = "S" + c.key[1:] + "x" }},
		"another id":                  {want: "AuthFailure.SecretIdNotFound", spoil: func(c *caller) { c.id += "x" }},
		"a token too many":            {want: "AuthFailure.TokenFailure", spoil: func(c *caller) { c.token = "token" }},
		"4 minutes 58 early":          {spoil: func(c *caller) { c.at = time.Now().Add(298 * time.Second) }},
		"4 minutes 58 late":           {spoil: func(c *caller) { c.at = time.Now().Add(-298 * time.Second) }},
		"5 minutes 2 early":           {want: "AuthFailure.SignatureExpire", spoil: func(c *caller) { c.at = time.Now().Add(302 * time.Second) }},
		"5 minutes 2 late":            {want: "AuthFailure.SignatureExpire", spoil: func(c *caller) { c.at = time.Now().Add(-302 * time.Second) }},
		"another version":             {want: "NoSuchVersion", spoil: func(c *caller) { c.version = "2017-03-01" }},
		"no version":                  {want: "MissingParameter", spoil: func(c *caller) { c.version = "" }},
		"no region, which is allowed": {spoil: func(c *caller) { c.region = "" }},
		"international host":          {want: "InvalidAction", spoil: func(c *caller) { c.base = "https://faceid.intl.tencentcloudapi.com" }},
		"regional host":               {spoil: func(c *caller) { c.base = "https://faceid.ap-guangzhou.tencentcloudapi.com" }},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCaller(t)
			if x.spoil != nil {
				x.spoil(c)
			}
			require.Equal(t, x.want, c.do(c.request("DetectAuth", []byte(`{"RuleId":"sim-plus"}`))).code())
		})
	}
}

func TestCloudSignatureIsOfTheRequest(t *testing.T) {
	for name, x := range map[string]struct {
		want  string
		after func(req *http.Request)
	}{
		"no authorization":        {want: "AuthFailure.InvalidAuthorization", after: func(r *http.Request) { r.Header.Del("Authorization") }},
		"another scheme":          {want: "AuthFailure.InvalidAuthorization", after: edit("TC3-HMAC-SHA256 ", "TC3-HMAC-SHA1 ")},
		"another service":         {want: "AuthFailure.SignatureFailure", after: edit("/faceid/", "/cvm/")},
		"another day":             {want: "AuthFailure.SignatureFailure", after: edit(time.Now().UTC().Format("2006-01-02"), "2020-01-01")},
		"another terminator":      {want: "AuthFailure.InvalidAuthorization", after: edit("tc3_request", "aws4_request")},
		"host is not signed":      {want: "AuthFailure.SignatureFailure", after: edit("content-type;host", "content-type")},
		"wrong order":             {want: "AuthFailure.SignatureFailure", after: edit("content-type;host", "host;content-type")},
		"a header that is absent": {want: "AuthFailure.SignatureFailure", after: edit("content-type;host", "content-type;host;x-none")},
		"signature in capitals": {want: "AuthFailure.InvalidAuthorization", after: func(r *http.Request) {
			a := r.Header.Get("Authorization")
			r.Header.Set("Authorization", a[:len(a)-64]+strings.ToUpper(a[len(a)-64:])+"")
		}},
		"timestamp later":      {want: "AuthFailure.SignatureFailure", after: func(r *http.Request) { r.Header.Set("X-TC-Timestamp", strconv.FormatInt(time.Now().Unix()+7, 10)) }},
		"timestamp of letters": {want: "InvalidParameterValue", after: func(r *http.Request) { r.Header.Set("X-TC-Timestamp", "now") }},
		"no timestamp":         {want: "MissingParameter", after: func(r *http.Request) { r.Header.Del("X-TC-Timestamp") }},
		"content type":         {want: "AuthFailure.SignatureFailure", after: func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }},
		"body":                 {want: "AuthFailure.SignatureFailure", after: func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(`{"RuleId":"sim-pluz"}`)) }},
		"host":                 {want: "AuthFailure.SignatureFailure", after: func(r *http.Request) { r.Host = "faceid.ap-beijing.tencentcloudapi.com" }},
		"a query":              {want: "InvalidParameter", after: func(r *http.Request) { r.URL.RawQuery = "RuleId=1" }},
		"unsigned payload": {want: "AuthFailure.SignatureFailure", after: func(r *http.Request) {
			r.Header.Set("X-TC-Content-SHA256", "UNSIGNED-PAYLOAD")
			r.Body = io.NopCloser(strings.NewReader(`{}`))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCaller(t)
			req := c.request("DetectAuth", []byte(`{"RuleId":"sim-plus"}`))
			x.after(req)
			require.Equal(t, x.want, c.do(req).code())
		})
	}
}

func edit(from, to string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), from, to, 1))
	}
}

// These signatures are right for what they cover, and most cover something else
// than the platform wants.
func TestCloudSignatureCoversTheRightHeaders(t *testing.T) {
	const kind, host = "content-type:application/json; charset=utf-8\n", "host:faceid.tencentcloudapi.com\n"
	body := []byte(`{"RuleId":"sim-plus"}`)
	now := time.Now()
	for name, x := range map[string]struct {
		want, service, headers, names string
		at                            time.Time // the time in the scope
	}{
		"good":                          {"", "faceid", kind + host, "content-type;host", now},
		"another service":               {"AuthFailure.SignatureFailure", "cvm", kind + host, "content-type;host", now},
		"no content type":               {"AuthFailure.SignatureFailure", "faceid", host, "host", now},
		"no host":                       {"AuthFailure.SignatureFailure", "faceid", kind, "content-type", now},
		"wrong order":                   {"AuthFailure.SignatureFailure", "faceid", host + kind, "host;content-type", now},
		"twice":                         {"AuthFailure.SignatureFailure", "faceid", kind + host + host, "content-type;host;host", now},
		"capitals":                      {"AuthFailure.SignatureFailure", "faceid", "Content-Type" + kind[12:] + kind + host, "Content-Type;content-type;host", now},
		"a day that is not the stamp's": {"AuthFailure.SignatureFailure", "faceid", kind + host, "content-type;host", now.AddDate(0, 0, -1)},
	} {
		c := newCaller(t)
		req := c.request("DetectAuth", body)
		auth := authorization(c.id, c.key, x.service, x.at, x.headers, x.names, body)
		if x.at.Equal(now) {
			req.Header.Set("X-TC-Timestamp", strconv.FormatInt(now.Unix(), 10))
		}
		req.Header.Set("Authorization", auth)
		require.Equal(t, x.want, c.do(req).code(), name)
	}
}

// The official clients for Node, PHP and Java sign a service and a host that are not
// quite those of an endpoint such as 127.0.0.1:18080. That passes there, and on no
// host of the platform.
func TestCloudSignatureOfAnOfficialClientOnAPort(t *testing.T) {
	const refused = "AuthFailure.SignatureFailure"
	body := []byte(`{"RuleId":"sim-plus"}`)
	for name, x := range map[string]struct{ want, base, service, host string }{
		"as documented":                    {"", "http://127.0.0.1:18080", "faceid", "127.0.0.1:18080"},
		"the first label":                  {"", "http://127.0.0.1:18080", "127", "127.0.0.1:18080"},
		"the first label without the port": {"", "http://127.0.0.1:18080", "127", "127.0.0.1"},
		"a name":                           {"", "http://localhost:18080", "localhost", "localhost"},
		"another service":                  {refused, "http://127.0.0.1:18080", "cvm", "127.0.0.1:18080"},
		"another host":                     {refused, "http://127.0.0.1:18080", "127", "127.0.0.2"},
		"another port":                     {refused, "http://127.0.0.1:18080", "127", "127.0.0.1:18081"},
		"the platform":                     {"", "https://faceid.tencentcloudapi.com", "faceid", "faceid.tencentcloudapi.com"},
		"the platform's first label":       {refused, "https://other.tencentcloudapi.com", "other", "other.tencentcloudapi.com"},
		"the platform without a port":      {refused, "https://faceid.tencentcloudapi.com:8443", "faceid", "faceid.tencentcloudapi.com"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCaller(t)
			c.base = x.base
			req := c.request("DetectAuth", body)
			now := time.Now()
			req.Header.Set("X-TC-Timestamp", strconv.FormatInt(now.Unix(), 10))
			req.Header.Set("Authorization", authorization(c.id, c.key, x.service, now,
				"content-type:application/json; charset=utf-8\nhost:"+x.host+"\n", "content-type;host", body))
			require.Equal(t, x.want, c.do(req).code())
		})
	}
}

// This is the documents' own example, which prints a signature made with a key
// of stars.
func TestCloudSignatureOfTheDocumentsExample(t *testing.T) {
	require.Equal(t, "TC3-HMAC-SHA256 Credential=AKID/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host, "+
		"Signature=2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c",
		authorization("AKID", "Gu5t9xGARNpq86cd98joQYCN3*******", "cvm", time.Unix(1551113065, 0),
			"content-type:application/json; charset=utf-8\nhost:cvm.tencentcloudapi.com\n", "content-type;host",
			[]byte(`{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}`)))
}

func TestCloudSignatureGoesByTheRealClock(t *testing.T) {
	c := newCaller(t)
	c.sim.Advance(time.Hour)
	c.bizToken() // the timestamp is the machine's
	c.at = c.sim.Now()
	c.refused("AuthFailure.SignatureExpire", "DetectAuth", goodBodies["DetectAuth"])

	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t)
		token := c.bizToken()
		time.Sleep(3*24*time.Hour - time.Nanosecond)
		c.detected(token)
		time.Sleep(time.Nanosecond)
		c.refused("InvalidParameterValue.BizTokenExpired", "GetDetectInfoEnhanced", obj{"BizToken": token, "RuleId": faceidtest.RulePlus})
	})
}

// tamper is a transport that changes a request on its way.
type tamper struct {
	next   http.RoundTripper
	change func(*http.Request)
}

func (x tamper) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	x.change(req)
	return x.next.RoundTrip(req)
}

// officialClient sends DetectAuth with the official SDK. A test may change the
// request on its way.
type officialClient struct {
	t    *testing.T
	next http.RoundTripper
	p    *profile.ClientProfile
}

func newOfficialClient(t *testing.T, sim *faceidtest.Server, where string) officialClient {
	t.Helper()
	p := profile.NewClientProfile()
	p.HttpProfile.Endpoint = "faceid.tencentcloudapi.com"
	if where != "over a port" {
		return officialClient{t, sim, p}
	}
	p.HttpProfile.Scheme = "HTTP"
	p.HttpProfile.Endpoint = strings.TrimPrefix(sim.URL(), "http://")
	tr := &http.Transport{DisableKeepAlives: true}
	t.Cleanup(tr.CloseIdleConnections)
	return officialClient{t, tr, p}
}

func (o officialClient) send(change func(*http.Request), cred common.CredentialIface) (obj, error) {
	o.t.Helper()
	if change == nil {
		change = func(*http.Request) {}
	}
	client := common.NewCommonClient(cred, "ap-guangzhou", o.p)
	client.WithHttpTransport(tamper{o.next, change})
	req := tchttp.NewCommonRequest("faceid", "2018-03-01", "DetectAuth")
	require.NoError(o.t, req.SetActionParameters(obj{"RuleId": faceidtest.RulePlus, "Name": "李四"}))
	res := tchttp.NewCommonResponse()
	err := client.Send(req, res)
	var got struct{ Response obj }
	require.NoError(o.t, json.Unmarshal(res.GetBody(), &got))
	return got.Response, err
}

func TestCloudSignatureOfTheOfficialClient(t *testing.T) {
	for _, where := range []string{"in process", "over a port"} {
		t.Run(where, func(t *testing.T) {
			sim := faceidtest.Start(t, faceidtest.WithCloudAccount("AKIDofficial", "secret", "token"))
			cred := common.NewTokenCredential("AKIDofficial", "secret", "token")
			official := newOfficialClient(t, sim, where)
			got, err := official.send(nil, cred)
			require.NoError(t, err)
			require.NotEmpty(t, got["BizToken"])

			for want, change := range map[string]func(*http.Request){
				"AuthFailure.SignatureFailure": func(r *http.Request) {
					b, _ := io.ReadAll(r.Body)
					b = bytes.Replace(b, []byte("sim-plus"), []byte("sim-pluz"), 1)
					r.Body = io.NopCloser(bytes.NewReader(b))
				},
				"AuthFailure.SignatureExpire": func(r *http.Request) { r.Header.Set("X-TC-Timestamp", "1551113065") },
				"AuthFailure.TokenFailure":    func(r *http.Request) { r.Header.Set("X-TC-Token", "tokem") },
				"AuthFailure.SecretIdNotFound": func(r *http.Request) {
					r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "AKIDofficial", "AKIDofficiam", 1))
				},
			} {
				_, err = official.send(change, cred)
				requireCode(t, want, err)
			}
			_, err = official.send(func(r *http.Request) {
				stamp, _ := strconv.Atoi(r.Header.Get("X-TC-Timestamp"))
				r.Header.Set("X-TC-Timestamp", strconv.Itoa(stamp+1))
			}, cred)
			requireCode(t, "AuthFailure.SignatureFailure", err)
			_, err = official.send(nil, common.NewTokenCredential("AKIDofficial", "secreu", "token"))
			requireCode(t, "AuthFailure.SignatureFailure", err)
		})
	}
}

func requireCode(t *testing.T, want string, err error) {
	t.Helper()
	var e *tcerr.TencentCloudSDKError
	require.ErrorAs(t, err, &e)
	require.Equal(t, want, e.Code, e.Message)
	require.NotEmpty(t, e.RequestId)
}
