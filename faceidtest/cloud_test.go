package faceidtest_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sort"
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

type obj = map[string]any

// caller is a backend of API 3.0 made by hand: it signs by itself.
type caller struct {
	t                    *testing.T
	sim                  *faceidtest.Server
	http                 *http.Client
	base, id, key, token string
	region, version      string
	at                   time.Time // zero: now
	signed               []string  // headers beside content-type and host
}

func newCaller(t *testing.T, opts ...faceidtest.Option) *caller {
	t.Helper()
	sim := faceidtest.Start(t, opts...)
	return &caller{t: t, sim: sim, http: &http.Client{Transport: sim}, base: "https://faceid.tencentcloudapi.com",
		id: sim.CloudSecretID(), key: sim.CloudSecretKey(), token: sim.CloudToken(), region: "ap-singapore", version: "2018-03-01"}
}

func hash(b []byte) string { s := sha256.Sum256(b); return hex.EncodeToString(s[:]) }

func hmac256(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// request is a signed one, as the documents describe it step by step.
func (c *caller) request(action string, body []byte) *http.Request {
	req, err := http.NewRequest(http.MethodPost, c.base+"/", bytes.NewReader(body))
	require.NoError(c.t, err)
	at := c.at
	if at.IsZero() {
		at = time.Now()
	}
	for name, value := range map[string]string{"Content-Type": "application/json; charset=utf-8", "X-TC-Action": action,
		"X-TC-Version": c.version, "X-TC-Timestamp": strconv.FormatInt(at.Unix(), 10), "X-TC-Region": c.region, "X-TC-Token": c.token} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	names := append([]string{"content-type", "host"}, c.signed...)
	sort.Strings(names)
	var headers string
	for _, name := range names {
		value := req.Header.Get(name)
		if name == "host" {
			value = req.Host
		}
		headers += name + ":" + strings.ToLower(value) + "\n"
	}
	req.Header.Set("Authorization", authorization(c.id, c.key, "faceid", at, headers, strings.Join(names, ";"), body))
	return req
}

func authorization(id, key, service string, at time.Time, headers, names string, body []byte) string {
	canonical := "POST\n/\n\n" + headers + "\n" + names + "\n" + hash(body)
	date := at.UTC().Format("2006-01-02")
	scope := date + "/" + service + "/tc3_request"
	text := "TC3-HMAC-SHA256\n" + strconv.FormatInt(at.Unix(), 10) + "\n" + scope + "\n" + hash([]byte(canonical))
	secret := hmac256(hmac256(hmac256([]byte("TC3"+key), date), service), "tc3_request")
	return "TC3-HMAC-SHA256 Credential=" + id + "/" + scope + ", SignedHeaders=" + names + ", Signature=" + hex.EncodeToString(hmac256(secret, text))
}

// cloudAnswer is what stands in "Response".
type cloudAnswer struct {
	t    *testing.T
	body string
	m    obj
}

func (c *caller) do(req *http.Request) cloudAnswer {
	c.t.Helper()
	res, err := c.http.Do(req)
	require.NoError(c.t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(c.t, err)
	require.Equal(c.t, 200, res.StatusCode, string(b))
	require.Equal(c.t, "application/json", res.Header.Get("Content-Type"))
	var envelope struct{ Response obj }
	require.NoError(c.t, json.Unmarshal(b, &envelope), string(b))
	require.Regexp(c.t, `^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`, envelope.Response["RequestId"])
	return cloudAnswer{c.t, string(b), envelope.Response}
}

func (c *caller) call(action string, body obj) cloudAnswer {
	c.t.Helper()
	b, err := json.Marshal(body)
	require.NoError(c.t, err)
	return c.do(c.request(action, b))
}

// good is a call that must be accepted.
func (c *caller) good(action string, body obj) cloudAnswer {
	c.t.Helper()
	a := c.call(action, body)
	require.Empty(c.t, a.code(), a.body)
	return a
}

func (c *caller) refused(code, action string, body obj) {
	c.t.Helper()
	a := c.call(action, body)
	require.Equal(c.t, code, a.code(), a.body)
	require.NotEmpty(c.t, a.at("Error", "Message"))
}

func (a cloudAnswer) code() string {
	e, _ := a.m["Error"].(obj)
	code, _ := e["Code"].(string)
	return code
}

// at walks down objects and lists.
func (a cloudAnswer) at(path ...any) any {
	a.t.Helper()
	var v any = a.m
	for _, step := range path {
		switch step := step.(type) {
		case string:
			o, ok := v.(obj)
			require.True(a.t, ok, "%v in %s", path, a.body)
			require.Contains(a.t, o, step, "%v in %s", path, a.body)
			v = o[step]
		case int:
			l, ok := v.([]any)
			require.True(a.t, ok && step < len(l), "%v in %s", path, a.body)
			v = l[step]
		}
	}
	return v
}

func (a cloudAnswer) text(path ...any) string {
	a.t.Helper()
	text, ok := a.at(path...).(string)
	require.True(a.t, ok, "%v in %s", path, a.body)
	return text
}

// plus is a copy with name-value pairs set; nil leaves a name out.
func plus(body obj, pairs ...any) obj {
	out := obj{}
	for name, value := range body {
		out[name] = value
	}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i].(string)] = pairs[i+1]
		if pairs[i+1] == nil {
			delete(out, pairs[i].(string))
		}
	}
	return out
}

var (
	question = obj{"Question": "您同意吗？", "Answers": []string{"同意", "是的"}}
	nod      = obj{"Text": "请点头确认"}

	// goodBodies are accepted, whatever the token is.
	goodBodies = map[string]obj{
		"DetectAuth":                       {"RuleId": faceidtest.RulePlus, "Name": "李四", "IdCard": "11010519491231002X", "RedirectUrl": backURL, "Extra": "order1"},
		"GetEidToken":                      {"MerchantId": faceidtest.Merchant, "Extra": "order1"},
		"ApplyWebVerificationBizTokenIntl": {"RedirectURL": backURL, "Extra": "order1", "RuleId": faceidtest.RuleIntl},
		"ApplySdkVerificationToken":        {"Extra": "order1"},
	}
)

func (c *caller) bizToken(pairs ...any) string {
	c.t.Helper()
	return c.good("DetectAuth", plus(goodBodies["DetectAuth"], pairs...)).text("BizToken")
}

func (c *caller) detected(token string, pairs ...any) cloudAnswer {
	c.t.Helper()
	return c.good("GetDetectInfoEnhanced", plus(obj{"BizToken": token, "RuleId": faceidtest.RulePlus}, pairs...))
}

// everyAction is a good request of each action, with fresh tokens where it
// takes one.
func (c *caller) everyAction() map[string]obj {
	c.t.Helper()
	all := map[string]obj{}
	for action, body := range goodBodies {
		all[action] = body
	}
	biz := c.bizToken()
	all["GetDetectInfo"] = obj{"BizToken": biz, "RuleId": faceidtest.RulePlus}
	all["GetDetectInfoEnhanced"] = obj{"BizToken": biz, "RuleId": faceidtest.RulePlus}
	eid := c.good("GetEidToken", goodBodies["GetEidToken"]).text("EidToken")
	all["CheckEidTokenStatus"] = obj{"EidToken": eid}
	all["GetEidResult"] = obj{"EidToken": eid}
	all["GetWeChatBillDetails"] = obj{"Date": c.sim.Now().AddDate(0, 0, -3).Format("2006-01-02"), "Cursor": 0}
	all["GetWebVerificationResultIntl"] = obj{"BizToken": c.good("ApplyWebVerificationBizTokenIntl", goodBodies["ApplyWebVerificationBizTokenIntl"]).text("BizToken")}
	all["GetSdkVerificationResult"] = obj{"SdkToken": c.good("ApplySdkVerificationToken", goodBodies["ApplySdkVerificationToken"]).text("SdkToken")}
	return all
}

func TestCloudEveryActionIsAnswered(t *testing.T) {
	c := newCaller(t)
	all := c.everyAction()
	require.Len(t, all, 11)
	for action, body := range all {
		c.good(action, body)
		c.refused("UnknownParameter", action, plus(body, "Surprise", 1))
		c.refused("InvalidParameter", action, plus(body, first(body), []int{1}))
	}
}

func first(body obj) string {
	for name := range body {
		return name
	}
	return "Extra"
}

func TestCloudRequiredParameters(t *testing.T) {
	c := newCaller(t)
	all := c.everyAction()
	for action, names := range map[string][]string{
		"DetectAuth": {"RuleId"}, "GetDetectInfo": {"BizToken", "RuleId"}, "GetDetectInfoEnhanced": {"BizToken", "RuleId"},
		"GetEidToken": {"MerchantId"}, "CheckEidTokenStatus": {"EidToken"}, "GetEidResult": {"EidToken"},
		"GetWeChatBillDetails":             {"Date", "Cursor"},
		"ApplyWebVerificationBizTokenIntl": {"RedirectURL"}, "GetWebVerificationResultIntl": {"BizToken"}, "GetSdkVerificationResult": {"SdkToken"},
	} {
		for _, name := range names {
			c.refused("MissingParameter", action, plus(all[action], name, nil))
			b, _ := json.Marshal(plus(all[action], name, json.RawMessage("null")))
			require.Equal(t, "MissingParameter", c.do(c.request(action, b)).code(), "null is nothing")
			c.refused("InvalidParameter", action, plus(all[action], name, []int{1}))
		}
	}
}

func TestCloudSignature(t *testing.T) {
	body := []byte(`{"RuleId":"sim-plus"}`)
	for name, x := range map[string]struct {
		want  string
		spoil func(c *caller)
		after func(req *http.Request)
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
		"no authorization":            {want: "AuthFailure.InvalidAuthorization", after: func(r *http.Request) { r.Header.Del("Authorization") }},
		"another scheme":              {want: "AuthFailure.InvalidAuthorization", after: edit("TC3-HMAC-SHA256 ", "TC3-HMAC-SHA1 ")},
		"another service":             {want: "AuthFailure.SignatureFailure", after: edit("/faceid/", "/cvm/")},
		"another day":                 {want: "AuthFailure.SignatureFailure", after: edit(time.Now().UTC().Format("2006-01-02"), "2020-01-01")},
		"another terminator":          {want: "AuthFailure.InvalidAuthorization", after: edit("tc3_request", "aws4_request")},
		"host is not signed":          {want: "AuthFailure.SignatureFailure", after: edit("content-type;host", "content-type")},
		"wrong order":                 {want: "AuthFailure.SignatureFailure", after: edit("content-type;host", "host;content-type")},
		"a header that is absent":     {want: "AuthFailure.SignatureFailure", after: edit("content-type;host", "content-type;host;x-none")},
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
			if x.spoil != nil {
				x.spoil(c)
			}
			req := c.request("DetectAuth", body)
			if x.after != nil {
				x.after(req)
			}
			require.Equal(t, x.want, c.do(req).code())
		})
	}
}

func edit(from, to string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), from, to, 1))
	}
}

// The documents' own example: they print the signature of a key with stars.
func TestCloudSignerIsTheDocuments(t *testing.T) {
	require.Equal(t, "TC3-HMAC-SHA256 Credential=AKID/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host, "+
		"Signature=2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c",
		authorization("AKID", "Gu5t9xGARNpq86cd98joQYCN3*******", "cvm", time.Unix(1551113065, 0),
			"content-type:application/json; charset=utf-8\nhost:cvm.tencentcloudapi.com\n", "content-type;host",
			[]byte(`{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}`)))
}

func TestCloudTemporaryKey(t *testing.T) {
	c := newCaller(t, faceidtest.WithCloudAccount("AKIDtemporary", "secret", "token"), faceidtest.WithCloudAccount("AKIDother", "secret2"))
	require.Equal(t, []string{"AKIDtemporary", "secret", "token"}, []string{c.id, c.key, c.token})
	token := c.bizToken()
	c.token = "another"
	c.refused("AuthFailure.TokenFailure", "DetectAuth", goodBodies["DetectAuth"])
	c.token = ""
	c.refused("AuthFailure.TokenFailure", "DetectAuth", goodBodies["DetectAuth"])
	c.id, c.key = "AKIDother", "secret2"
	c.detected(token) // all keys are of one account
	c.id = "AKIDSimulatorSimulatorSimulator00001"
	c.refused("AuthFailure.SecretIdNotFound", "DetectAuth", goodBodies["DetectAuth"])
}

func TestCloudDoor(t *testing.T) {
	c := newCaller(t)
	c.refused("InvalidAction", "DetectNothing", obj{})
	require.Equal(t, "/", c.sim.Requests()[0].Path, "a name that nobody knows is not logged")
	c.refused("InvalidAction", "/api/oauth2/access_token", obj{})
	require.Equal(t, "MissingParameter", c.do(c.request("", []byte("{}"))).code())
	for _, body := range []string{"", "[]", "{", `{"RuleId":"sim-plus","RuleId":"sim-plus"}`, "{}{}", "\"\xff\""} {
		require.Equal(t, "InvalidParameter", c.do(c.request("DetectAuth", []byte(body))).code(), body)
	}
	res, err := c.http.Get(c.base + "/")
	require.NoError(t, err)
	require.Equal(t, 405, res.StatusCode)

	for _, region := range []string{"", "ap-guangzhou"} {
		c.region = region
		c.refused("UnsupportedRegion", "ApplyWebVerificationBizTokenIntl", goodBodies["ApplyWebVerificationBizTokenIntl"])
		c.refused("UnsupportedRegion", "ApplySdkVerificationToken", obj{})
	}
	c.region, c.base = "ap-jakarta", "https://faceid.intl.tencentcloudapi.com"
	c.good("ApplySdkVerificationToken", obj{})
}

func TestCloudRequestSize(t *testing.T) {
	c := newCaller(t)
	head, tail := `{"RuleId":"`, `"}`
	at := func(size int) string {
		return c.do(c.request("DetectAuth", []byte(head+strings.Repeat("x", size-len(head)-len(tail))+tail))).code()
	}
	require.Equal(t, "InvalidParameterValue.RuleIdNotExist", at(10<<20))
	require.Equal(t, "RequestSizeLimitExceeded", at(10<<20+1))
}

// tamper changes a request on its way.
type tamper struct {
	next   http.RoundTripper
	change func(*http.Request)
}

func (x tamper) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	x.change(req)
	return x.next.RoundTrip(req)
}

func TestCloudOfficialClient(t *testing.T) {
	for _, where := range []string{"in process", "over a port"} {
		t.Run(where, func(t *testing.T) {
			sim := faceidtest.Start(t, faceidtest.WithCloudAccount("AKIDofficial", "secret", "token"))
			cred := common.NewTokenCredential("AKIDofficial", "secret", "token")
			p := profile.NewClientProfile()
			p.HttpProfile.Endpoint = "faceid.tencentcloudapi.com"
			var next http.RoundTripper = sim
			if where == "over a port" {
				p.HttpProfile.Scheme = "HTTP"
				p.HttpProfile.Endpoint = strings.TrimPrefix(sim.URL(), "http://")
				tr := &http.Transport{DisableKeepAlives: true}
				t.Cleanup(tr.CloseIdleConnections)
				next = tr
			}
			send := func(change func(*http.Request), cred common.CredentialIface) (obj, error) {
				if change == nil {
					change = func(*http.Request) {}
				}
				client := common.NewCommonClient(cred, "ap-guangzhou", p)
				client.WithHttpTransport(tamper{next, change})
				req := tchttp.NewCommonRequest("faceid", "2018-03-01", "DetectAuth")
				require.NoError(t, req.SetActionParameters(obj{"RuleId": faceidtest.RulePlus, "Name": "李四"}))
				res := tchttp.NewCommonResponse()
				err := client.Send(req, res)
				var got struct{ Response obj }
				require.NoError(t, json.Unmarshal(res.GetBody(), &got))
				return got.Response, err
			}
			got, err := send(nil, cred)
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
				_, err = send(change, cred)
				requireCode(t, want, err)
			}
			_, err = send(func(r *http.Request) {
				stamp, _ := strconv.Atoi(r.Header.Get("X-TC-Timestamp"))
				r.Header.Set("X-TC-Timestamp", strconv.Itoa(stamp+1))
			}, cred)
			requireCode(t, "AuthFailure.SignatureFailure", err)
			_, err = send(nil, common.NewTokenCredential("AKIDofficial", "secreu", "token"))
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

func TestCloudFaultsLimitsAndLog(t *testing.T) {
	c := newCaller(t)
	body := goodBodies["DetectAuth"]
	c.sim.FailNext("DetectAuth", faceidtest.FaultCode("InternalError", ""), faceidtest.FaultCode("FailedOperation.UnKnown", "unlucky"), faceidtest.FaultDropAfter())
	c.refused("InternalError", "DetectAuth", body)
	a := c.call("DetectAuth", body)
	require.Equal(t, obj{"Code": "FailedOperation.UnKnown", "Message": "unlucky"}, a.m["Error"])
	_, err := c.http.Do(c.request("DetectAuth", []byte(`{"RuleId":"sim-plus"}`)))
	require.Error(t, err)
	c.bizToken()
	require.Equal(t, 4, c.sim.Calls("DetectAuth"))
	require.Zero(t, c.sim.Calls("/"))

	c.sim.RateLimit("DetectAuth", 1, time.Second)
	key := c.key
	c.key = "wrong"
	c.refused("AuthFailure.SignatureFailure", "DetectAuth", body) // does not count
	c.key = key
	c.bizToken()
	c.refused("RequestLimitExceeded", "DetectAuth", body)
	c.sim.Advance(time.Second)
	c.bizToken()
	require.Panics(t, func() { c.sim.FailNext("DetectNothing", faceidtest.FaultHang()) })

	c.sim.Advance(time.Second)
	c.refused("InvalidParameterValue", "DetectAuth", plus(body, "Name", strings.Repeat("某", 33)))
	log := c.sim.Requests()
	last := log[len(log)-1]
	require.Equal(t, "DetectAuth", last.Path)
	require.Equal(t, "InvalidParameterValue", last.Code)
	require.Equal(t, 200, last.Status)
	require.Contains(t, last.Why, "`Name`")
	printed := fmt.Sprintf("%+v %v", log, c.sim)
	for _, secret := range []string{c.key, "某", "李四", "11010519491231002X", "TC3-HMAC"} {
		require.NotContains(t, printed, secret)
	}
}

func TestCloudTimestampsAreOfTheRealClock(t *testing.T) {
	c := newCaller(t)
	c.sim.Advance(time.Hour)
	c.bizToken() // signed with the machine's clock
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

func TestCloudOptionsPanic(t *testing.T) {
	for name, f := range map[string]func(){
		"no id":      func() { faceidtest.WithCloudAccount("", "k") },
		"no key":     func() { faceidtest.WithCloudAccount("a", "") },
		"slash":      func() { faceidtest.WithCloudAccount("a/b", "k") },
		"two tokens": func() { faceidtest.WithCloudAccount("a", "k", "t", "u") },
		"twice": func() {
			faceidtest.NewServer(faceidtest.WithCloudAccount("a", "k"), faceidtest.WithCloudAccount("a", "l"))
		},
		"no rule":          func() { faceidtest.WithRule("", "plus") },
		"unknown product":  func() { faceidtest.WithRule("r", "gold") },
		"no page":          func() { faceidtest.WithBillPage(0) },
		"no merchant":      func() { faceidtest.WithMerchant("", nil) },
		"script of nobody": func() { faceidtest.NewServer().ScriptCloud("", faceidtest.CloudPasses()) },
	} {
		require.Panics(t, f, name)
	}
}

func TestCloudClosedServer(t *testing.T) {
	c := newCaller(t)
	token := c.bizToken()
	c.sim.Close()
	_, err := c.sim.RunMiniProgram(context.Background(), token)
	require.Error(t, err)
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New("enough"))
	_, err = c.sim.RunMiniProgram(ctx, token)
	require.EqualError(t, err, "enough")
}

// What is signed well, and is not what the platform wants signed.
func TestCloudSignsTheRightThings(t *testing.T) {
	const kind, host = "content-type:application/json; charset=utf-8\n", "host:faceid.tencentcloudapi.com\n"
	body := []byte(`{"RuleId":"sim-plus"}`)
	now := time.Now()
	for name, x := range map[string]struct {
		want, service, headers, names string
		at                            time.Time // of the scope
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
