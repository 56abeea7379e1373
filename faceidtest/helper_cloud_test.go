package faceidtest_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

type obj = map[string]any

// caller is a backend of API 3.0 that makes its requests and signatures by
// hand.
type caller struct {
	t                    *testing.T
	sim                  *faceidtest.Server
	http                 *http.Client
	base, id, key, token string
	region, version      string
	at                   time.Time // the time of the signature; zero stands for now
	signed               []string  // the signed headers beside content-type and host
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

// request makes a signed request, as the documents describe it step by step.
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

// cloudAnswer is the object under "Response".
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

// good makes a call that must be accepted.
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

// at returns the value at a path of names and indexes.
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

// plus returns a copy with name-value pairs set. The value nil leaves a name
// out.
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

	// goodBodies are requests that are accepted and need no token of an earlier
	// call.
	goodBodies = map[string]obj{
		"DetectAuth":                       {"RuleId": faceidtest.RulePlus, "Name": "李四", "IdCard": "11010519491231002X", "RedirectUrl": backURL, "Extra": "order1"},
		"GetEidToken":                      {"MerchantId": faceidtest.Merchant, "Extra": "order1"},
		"ApplyWebVerificationBizTokenIntl": {"RedirectURL": backURL, "Extra": "order1", "RuleId": faceidtest.RuleIntl},
		"ApplySdkVerificationToken":        {"Extra": "order1"},
		"GetFaceIdToken":                   {"CompareLib": "BUSINESS", "Name": "李四", "IdCard": "11010519491231002X", "Extra": "order1"},
		"GetFaceidRiskInfoToken":           {"Extra": "order1"},
		"GetNFCToken":                      {},
		"GetLiveCode":                      {},
		"GetActionSequence":                {},
		"GetFaceIdTokenIntl":               {"Extra": "order1"},
		"ApplyLivenessToken":               {},
		"CreateUploadUrl":                  {"TargetAction": "VideoLivenessCompare"},
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

// everyAction returns a good request of each action, with fresh tokens.
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
	all["GetFaceIdResult"] = obj{"FaceIdToken": c.good("GetFaceIdToken", goodBodies["GetFaceIdToken"]).text("FaceIdToken")}
	all["GetFaceIdRiskInfo"] = obj{"FaceIdToken": c.good("GetFaceidRiskInfoToken", goodBodies["GetFaceidRiskInfoToken"]).text("FaceIdToken")}
	all["GetWxNFCResult"] = obj{"NFCToken": c.chip(true)}
	all["GetFaceIdResultIntl"] = obj{"SdkToken": c.good("GetFaceIdTokenIntl", obj{}).text("SdkToken")}
	all["GetLivenessResult"] = obj{"SdkToken": c.good("ApplyLivenessToken", obj{}).text("SdkToken")}
	all["GenerateReflectSequence"] = c.stored("DeviceData", []byte("a device"))
	all["ParseNfcData"] = obj{"ReqId": c.chip(false)}
	return all
}

// stored uploads a file, and returns the members that name it.
func (c *caller) stored(name string, body []byte) obj {
	c.t.Helper()
	room := c.good("CreateUploadUrl", goodBodies["CreateUploadUrl"])
	require.Equal(c.t, 200, c.put(room.text("UploadUrl"), body, nil))
	sum := md5.Sum(body)
	return obj{name + "Url": room.text("ResourceUrl"), name + "Md5": hex.EncodeToString(sum[:])}
}

// put sends a file, and returns the status of the answer.
func (c *caller) put(address string, body []byte, header http.Header) int {
	c.t.Helper()
	req, err := http.NewRequest(http.MethodPut, address, bytes.NewReader(body))
	require.NoError(c.t, err)
	for name := range header {
		req.Header.Set(name, header.Get(name))
	}
	res, err := c.http.Do(req)
	require.NoError(c.t, err)
	defer res.Body.Close()
	return res.StatusCode
}

// chip has the chip of a document read, in a mini program or in an App, and returns the
// token for its data.
func (c *caller) chip(mini bool) string {
	c.t.Helper()
	run, key := c.sim.RunNFCReader, ""
	if mini {
		run, key = c.sim.RunNFCMiniProgram, c.good("GetNFCToken", obj{}).text("Token")
	}
	r, err := run(context.Background(), key)
	require.NoError(c.t, err)
	return r.Token
}

func first(body obj) string {
	for name := range body {
		return name
	}
	return "Extra"
}

// jpegOf makes the base64 of a JPEG with that many characters.
func jpegOf(long int) string {
	b := make([]byte, long/4*3)
	copy(b, "\xff\xd8\xff")
	return base64.StdEncoding.EncodeToString(b)
}

func many(n int, item any) []any {
	var l []any
	for range n {
		l = append(l, item)
	}
	return l
}

func (c *caller) mini(token string) *faceidtest.CloudResult {
	c.t.Helper()
	r, err := c.sim.RunMiniProgram(context.Background(), token)
	require.NoError(c.t, err)
	return r
}

func (c *caller) eid(pairs ...any) string {
	c.t.Helper()
	return c.good("GetEidToken", plus(goodBodies["GetEidToken"], pairs...)).text("EidToken")
}

func (c *caller) runEid(token string) *faceidtest.CloudResult {
	c.t.Helper()
	r, err := c.sim.RunEid(context.Background(), token)
	require.NoError(c.t, err)
	return r
}

func (c *caller) status(token string) string {
	c.t.Helper()
	return c.good("CheckEidTokenStatus", obj{"EidToken": token}).text("Status")
}

func flat(body obj) []any {
	var pairs []any
	for name, value := range body {
		pairs = append(pairs, name, value)
	}
	return pairs
}

var selfie = obj{"RedirectURL": backURL, "CompareImageBase64": jpegOf(400), "Extra": "order1"}

func (c *caller) web(pairs ...any) (token, page string) {
	c.t.Helper()
	a := c.good("ApplyWebVerificationBizTokenIntl", plus(selfie, pairs...))
	require.Equal(c.t, a.at("VerificationURL"), a.at("VerificationUrl"))
	return a.text("BizToken"), a.text("VerificationURL")
}

func (c *caller) webResult(token string) cloudAnswer {
	c.t.Helper()
	return c.good("GetWebVerificationResultIntl", obj{"BizToken": token})
}

func (c *caller) visit(page string) string {
	c.t.Helper()
	r, err := c.sim.VisitCloud(context.Background(), page)
	require.NoError(c.t, err)
	require.NotNil(c.t, r)
	return r.URL.String()
}

func (c *caller) sdk(pairs ...any) string {
	c.t.Helper()
	a := c.good("ApplySdkVerificationToken", plus(obj{"Extra": "order1"}, pairs...))
	require.NotEmpty(c.t, a.text("ServerParamInfo"))
	return a.text("SdkToken")
}

var china = time.FixedZone("UTC+8", 8*60*60)

// toChina moves the clock to that hour of the next day in China, and returns
// the day before.
func (c *caller) toChina(hour int) (yesterday string) {
	now := c.sim.Now().In(china)
	next := time.Date(now.Year(), now.Month(), now.Day()+1, hour, 0, 0, 0, china)
	c.sim.Advance(next.Sub(now))
	return now.Format("2006-01-02")
}
