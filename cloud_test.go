package faceid_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/stretchr/testify/require"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
)

func TestCallCloudSendsAnActionAsDocumented(t *testing.T) {
	for name, test := range map[string]struct {
		site            faceid.Site
		opts            []faceid.Option
		address, region string
		token           string
	}{
		"China":         {faceid.SiteChina, nil, "https://faceid.tencentcloudapi.com/", "ap-guangzhou", "canary-session-token"},
		"international": {faceid.SiteInternational, nil, "https://faceid.tencentcloudapi.com/", "ap-singapore", ""},
		"another host":  {faceid.SiteInternational, []faceid.Option{faceid.WithIntlEndpoint("https://faceid.intl.tencentcloudapi.com/")}, "https://faceid.intl.tencentcloudapi.com/", "ap-singapore", ""},
		"a regional":    {faceid.SiteChina, []faceid.Option{faceid.WithCloudEndpoint("https://faceid.ap-beijing.tencentcloudapi.com")}, "https://faceid.ap-beijing.tencentcloudapi.com/", "ap-guangzhou", "canary-session-token"},
	} {
		t.Run(name, func(t *testing.T) {
			e := &cloudExchange{answers: []string{fine}}
			var answer struct{ Answer string }
			id, err := cloudClient(t, e, test.opts...).CallCloud(t.Context(), faceid.CloudCall{Site: test.site, Action: "GetSomething"}, map[string]any{"A": 1}, &answer)
			require.NoError(t, err)
			require.Equal(t, "request-1", id)
			require.Equal(t, "yes", answer.Answer)
			r := e.requests[0]
			require.Equal(t, "POST "+test.address, r.Method+" "+r.URL.String())
			require.Equal(t, `{"A":1}`, e.bodies[0])
			for header, want := range map[string]string{
				"Content-Type": "application/json", "X-TC-Action": "GetSomething", "X-TC-Version": "2018-03-01", "X-TC-Region": test.region, "X-TC-Token": test.token,
			} {
				require.Equal(t, want, r.Header.Get(header), header)
			}
			require.Regexp(t, `^\d{10}$`, r.Header.Get("X-TC-Timestamp"))
			require.Regexp(t, `^TC3-HMAC-SHA256 Credential=`+cloudID+`/\d{4}-\d\d-\d\d/faceid/tc3_request, SignedHeaders=content-type;host;x-tc-action, Signature=[0-9a-f]{64}$`, r.Header.Get("Authorization"))
		})
	}
}

// CallCloud also takes the official module's own types.
func TestCallCloudTakesTheOfficialTypes(t *testing.T) {
	e := &cloudExchange{answers: []string{fine}}
	request := tchttp.NewCommonRequest("faceid", "2018-03-01", "GetSomething")
	require.NoError(t, request.SetActionParameters(map[string]any{"RuleId": "1"}))
	response := tchttp.NewCommonResponse()
	_, err := cloudClient(t, e).CallCloud(t.Context(), faceid.CloudCall{Site: faceid.SiteChina, Action: "GetSomething"}, request, response)
	require.NoError(t, err)
	require.JSONEq(t, `{"RuleId":"1"}`, e.bodies[0])
	require.JSONEq(t, fine, string(response.GetBody()))

	var loose map[string]any
	_, err = cloudClient(t, e).CallCloud(t.Context(), faceid.CloudCall{Site: faceid.SiteChina, Action: "GetSomething"}, nil, &loose)
	require.NoError(t, err)
	require.Equal(t, "yes", loose["Answer"])
	require.Equal(t, "{}", e.bodies[1])
	_, err = cloudClient(t, e).CallCloud(t.Context(), faceid.CloudCall{Site: faceid.SiteChina, Action: "GetSomething"}, nil, nil)
	require.NoError(t, err)
}

// cloudTrouble is an answer of API 3.0 and the error that it becomes.
type cloudTrouble struct {
	status  int
	answer  string
	is      error
	reads   int // the attempts of an action that reads
	creates int // the attempts of an action that creates
}

// cloudTroubles are what can go wrong with an action.
var cloudTroubles = map[string]cloudTrouble{
	"signature":           {200, cloudError("AuthFailure.SignatureFailure", "m"), faceid.ErrCredential, 1, 1},
	"expired clock":       {200, cloudError("AuthFailure.SignatureExpire", "m"), faceid.ErrCredential, 1, 1},
	"rate":                {200, cloudError("RequestLimitExceeded", "m"), faceid.ErrRateLimited, 3, 3},
	"rate of an action":   {200, cloudError("RequestLimitExceeded.UinLimitExceeded", "m"), faceid.ErrRateLimited, 3, 3},
	"arrears":             {200, cloudError("UnauthorizedOperation.Arrears", "m"), faceid.ErrAccount, 1, 1},
	"parameter":           {200, cloudError("InvalidParameterValue", "m"), faceid.ErrRequest, 1, 1},
	"parameter to come":   {200, cloudError("InvalidParameterValue.Later", "m"), faceid.ErrRequest, 1, 1},
	"expired":             {200, cloudError("InvalidParameterValue.BizTokenExpired", "m"), faceid.ErrExpired, 1, 1},
	"internal":            {200, cloudError("InternalError", "m"), faceid.ErrService, 0, 1},
	"unknown":             {200, cloudError("Strange.Code", "m"), faceid.ErrUnknownCode, 1, 1},
	"a code of nobody":    {200, cloudError("<script>"+strings.Repeat("x", 200), "m"), faceid.ErrUnknownCode, 1, 1},
	"HTML 502":            {502, "<html>", faceid.ErrService, 3, 1},
	"HTML 403":            {403, "<html>", faceid.ErrBadAnswer, 1, 1},
	"HTTP 429":            {429, "slow down", faceid.ErrRateLimited, 3, 3},
	"no envelope":         {200, `{"Answer":1}`, faceid.ErrBadAnswer, 1, 1},
	"Response is text":    {200, `{"Response":"x"}`, faceid.ErrBadAnswer, 1, 1},
	"Response is null":    {200, `{"Response":null}`, faceid.ErrBadAnswer, 1, 1},
	"error without code":  {200, `{"Response":{"Error":{}}}`, faceid.ErrBadAnswer, 1, 1},
	"good under HTTP 500": {500, fine, faceid.ErrBadAnswer, 1, 1},
	"another type":        {200, `{"Response":{"Answer":{"x":1},"RequestId":"request-1"}}`, faceid.ErrBadAnswer, 1, 1},
	"too large":           {200, `{"Response":{"Answer":"` + strings.Repeat("x", 4096) + `"}}`, faceid.ErrBadAnswer, 1, 1},
}

func TestCallCloudGivesOneClearErrorForEachTrouble(t *testing.T) {
	for name, test := range cloudTroubles {
		for reads, want := range map[bool]int{true: test.reads, false: test.creates} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					e := &cloudExchange{status: test.status, answers: []string{test.answer}}
					var answer struct{ Answer string }
					_, err := cloudClient(t, e, faceid.WithMaxAnswer(2048)).CallCloud(t.Context(), faceid.CloudCall{Site: faceid.SiteChina, Action: "Act", Repeatable: reads}, nil, &answer)
					require.ErrorIs(t, err, test.is)
					if want > 0 {
						require.Len(t, e.requests, want, "attempts, reads: %v", reads)
					}
					var typed *faceid.Error
					require.ErrorAs(t, err, &typed)
					require.Equal(t, "CallCloud Act", typed.Op)
					if strings.Contains(test.answer, "request-1") {
						require.Equal(t, "request-1", typed.RequestID)
						require.ErrorContains(t, err, "request-1")
					}
					require.NotContains(t, err.Error(), "<script>")
					suite.see(err)
				})
			})
		}
	}
}

func TestCallCloudRepeatsALostAnswerForReadsOnly(t *testing.T) {
	for reads, want := range map[bool]int{true: 2, false: 1} {
		synctest.Test(t, func(t *testing.T) {
			e := &cloudExchange{answers: []string{fine}, errs: []error{errors.New("connection reset by canary-secret-key-of-the-cloud")}}
			_, err := cloudClient(t, e).CallCloud(t.Context(), faceid.CloudCall{Site: faceid.SiteChina, Action: "Act", Repeatable: reads}, nil, nil)
			require.Len(t, e.requests, want)
			require.Equal(t, reads, err == nil)
			if !reads {
				require.ErrorIs(t, err, faceid.ErrNetwork)
				require.NotContains(t, err.Error(), "canary")
				suite.see(err)
			}
		})
	}
}

// The wait between attempts ends with the caller's context, at that instant.
func TestCallCloudWaitsBetweenAttemptsWithinTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &cloudExchange{answers: []string{cloudError("RequestLimitExceeded", "m")}}
		ctx, cancel := context.WithCancel(t.Context())
		begun := time.Now()
		go func() { time.Sleep(10 * time.Millisecond); cancel() }()
		_, err := cloudClient(t, e).CallCloud(ctx, faceid.CloudCall{Site: faceid.SiteChina, Action: "Act"}, nil, nil)
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, faceid.ErrRateLimited, "and why it waited")
		require.Equal(t, 10*time.Millisecond, time.Since(begun))
	})
}

func TestCallCloudRefusesBadCallsBeforeAnythingIsSent(t *testing.T) {
	e := &cloudExchange{answers: []string{fine}}
	client := cloudClient(t, e)
	for name, test := range map[string]struct {
		call    faceid.CloudCall
		request any
		field   string
	}{
		"no site":        {faceid.CloudCall{Action: "Act"}, nil, "Site"},
		"no action":      {faceid.CloudCall{Site: faceid.SiteChina}, nil, "Action"},
		"an odd action":  {faceid.CloudCall{Site: faceid.SiteChina, Action: "A\nB"}, nil, "Action"},
		"not JSON":       {faceid.CloudCall{Site: faceid.SiteChina, Action: "Act"}, func() {}, "Request"},
		"more than 10MB": {faceid.CloudCall{Site: faceid.SiteChina, Action: "Act"}, strings.Repeat("x", 10<<20-1), "Request"},
	} {
		_, err := client.CallCloud(t.Context(), test.call, test.request, nil)
		var bad *faceid.ArgumentError
		require.ErrorAs(t, err, &bad, name)
		require.Equal(t, test.field, bad.Field)
	}
	require.Empty(t, e.requests)
	_, err := client.CallCloud(t.Context(), faceid.CloudCall{Site: faceid.SiteChina, Action: "Act"}, strings.Repeat("x", 10<<20-2), nil)
	require.NoError(t, err, "with its quotes this is 10 MB")
}

// slowCredential is a credential that takes a while, or fails.
type slowCredential struct {
	common.CredentialIface
	wait time.Duration
	give string
}

func (c slowCredential) GetCredential() (id, key, token string) {
	time.Sleep(c.wait)
	if c.give == "panic" {
		panic("canary-secret")
	}
	return c.give, c.give, ""
}

// The values of a request may come back in the platform's words.
func TestCallCloudKeepsItsValuesOutOfErrors(t *testing.T) {
	e := &cloudExchange{answers: []string{cloudError("InvalidParameter.X", "Name 李测试 of IdCard 110101199003074477 does not match, 李, en")}}
	_, err := cloudClient(t, e).CallCloud(t.Context(), faceid.CloudCall{Site: faceid.SiteChina, Action: "IdCardVerification"},
		map[string]any{"Name": "李测试", "Deep": []any{map[string]any{"IdCard": "110101199003074477"}}, "Language": "en"}, nil)
	require.ErrorContains(t, err, "Name [redacted] of IdCard [redacted] does not match, 李, en")
	suite.see(err)
}

// The platform signs the host and the content type in lower case, and net/http sends
// the host in ASCII.
func TestCallCloudSendsTheHostThatItSigned(t *testing.T) {
	e := &cloudExchange{answers: []string{fine, fine}}
	_, err := cloudClient(t, e, faceid.WithIntlEndpoint("https://FaceID.tencentcloudapi.com")).CallCloud(t.Context(), faceid.CloudCall{Site: faceid.SiteInternational, Action: "Act"}, nil, nil)
	require.NoError(t, err)
	require.Equal(t, "faceid.tencentcloudapi.com", e.requests[0].URL.Host)
	for host, reason := range map[string]string{"https://例子.cn": "ASCII", "https://[fe80::1%25eth0]:8080": "IPv6"} {
		_, err := faceid.New(faceid.WithIntl(common.NewCredential("a", "b"), "ap-singapore"), faceid.WithIntlEndpoint(host))
		require.ErrorContains(t, err, reason, host)
	}
	_, err = faceid.New(faceid.WithCloud((*common.Credential)(nil), "ap-guangzhou"))
	require.ErrorContains(t, err, "nil")
}

// A credential that hangs is asked once, however many calls give up on it.
func TestCallCloudAsksAHangingCredentialOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cred := &countingCredential{}
		client, err := faceid.New(faceid.WithCloud(cred, "ap-guangzhou"), faceid.WithHTTPClient(&http.Client{Transport: &cloudExchange{answers: []string{fine}}}))
		require.NoError(t, err)
		for range 50 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, err := client.CallCloud(ctx, faceid.CloudCall{Site: faceid.SiteChina, Action: "Act"}, nil, nil)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			cancel()
		}
		require.EqualValues(t, 1, cred.asked.Load())
		time.Sleep(time.Hour)
		_, err = client.CallCloud(t.Context(), faceid.CloudCall{Site: faceid.SiteChina, Action: "Act"}, nil, nil)
		require.NoError(t, err)
		require.EqualValues(t, 2, cred.asked.Load(), "each call asks anew: keys change")
	})
}

type countingCredential struct {
	common.CredentialIface
	asked atomic.Int64
}

func (c *countingCredential) GetCredential() (id, secret, token string) {
	if c.asked.Add(1) == 1 {
		time.Sleep(time.Hour)
	}
	return "id-x", "secret-x", ""
}

func TestCallCloudWaitsForItsCredentialWithinTheContext(t *testing.T) {
	for name, test := range map[string]struct {
		cred slowCredential
		want error
	}{
		"slow":   {slowCredential{wait: time.Second, give: "x"}, nil},
		"hangs":  {slowCredential{wait: time.Hour, give: "x"}, context.DeadlineExceeded},
		"empty":  {slowCredential{}, faceid.ErrCredential},
		"panics": {slowCredential{give: "panic"}, faceid.ErrCaller},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := &cloudExchange{answers: []string{fine}}
				client, err := faceid.New(faceid.WithCloud(test.cred, "ap-guangzhou"), faceid.WithHTTPClient(&http.Client{Transport: e}))
				require.NoError(t, err)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				_, err = client.CallCloud(ctx, faceid.CloudCall{Site: faceid.SiteChina, Action: "Act"}, nil, nil)
				require.ErrorIs(t, err, test.want)
				suite.see(err)
				time.Sleep(time.Hour) // Let the call that hangs end.
			})
		})
	}
}

func TestCallCloudNeedsItsDoor(t *testing.T) {
	client, err := faceid.New(faceid.WithApp(wireAppID, wireSecret), faceid.WithStore(faceid.NewMemoryStore()))
	require.NoError(t, err)
	for site, option := range map[faceid.Site]string{faceid.SiteChina: "WithCloud", faceid.SiteInternational: "WithIntl"} {
		_, err := client.CallCloud(t.Context(), faceid.CloudCall{Site: site, Action: "Act"}, nil, nil)
		require.ErrorIs(t, err, faceid.ErrDoorClosed)
		require.ErrorContains(t, err, option)
	}
	for option, o := range map[string]faceid.Option{"WithCloudEndpoint": faceid.WithCloudEndpoint("https://x.example"), "WithIntlEndpoint": faceid.WithIntlEndpoint("https://x.example")} {
		_, err := faceid.New(faceid.WithApp(wireAppID, wireSecret), o)
		require.ErrorContains(t, err, option)
		require.ErrorContains(t, err, "missing")
	}
}

// actionBody is a call and the body that it sends.
type actionBody struct {
	call func(ctx context.Context, c *faceid.Client) error
	body string
}

// actionBodies are the actions of the flows.
var actionBodies = map[string]actionBody{
	"GetDetectInfo": {func(ctx context.Context, c *faceid.Client) error {
		_, err := c.GetDetectInfo(ctx, faceid.GetDetectInfoRequest{BizToken: "b", RuleID: "1", InfoType: faceid.InfoText | faceid.InfoVideo})
		return err
	}, `{"BizToken":"b","RuleId":"1","InfoType":"14"}`},
	"GetDetectInfoEnhanced": {func(ctx context.Context, c *faceid.Client) error {
		_, err := c.GetDetectInfoEnhanced(ctx, faceid.GetDetectInfoEnhancedRequest{BizToken: "b", RuleID: "1"})
		return err
	}, `{"BizToken":"b","RuleId":"1"}`},
	"GetEidToken": {func(ctx context.Context, c *faceid.Client) error {
		_, err := c.GetEidToken(ctx, faceid.GetEidTokenRequest{MerchantID: "m", Config: &faceid.GetEidTokenConfig{
			UseIntentionVerify: true, IntentionMode: faceid.EidIntentionNod, IntentionActions: []faceid.IntentionActionConfig{{Text: "t"}},
		}})
		return err
	}, `{"MerchantId":"m","Config":{"UseIntentionVerify":true,"IntentionMode":"3","IntentionActions":[{"Text":"t"}]}}`},
	"CheckEidTokenStatus": {func(ctx context.Context, c *faceid.Client) error {
		_, err := c.CheckEidTokenStatus(ctx, faceid.CheckEidTokenStatusRequest{EidToken: "e"})
		return err
	}, `{"EidToken":"e"}`},
	"GetEidResult": {func(ctx context.Context, c *faceid.Client) error {
		_, err := c.GetEidResult(ctx, faceid.GetEidResultRequest{EidToken: "e", InfoType: faceid.InfoText | faceid.InfoIntention, BestFramesCount: 3})
		return err
	}, `{"EidToken":"e","InfoType":"16","BestFramesCount":3}`},
	"GetWeChatBillDetails": {func(ctx context.Context, c *faceid.Client) error {
		_, err := c.GetWeChatBillDetails(ctx, faceid.GetWeChatBillDetailsRequest{Date: time.Now().AddDate(0, 0, -3).Format(time.DateOnly)})
		return err
	}, `{"Date":"` + time.Now().AddDate(0, 0, -3).Format(time.DateOnly) + `","Cursor":0}`},
	"ApplyWebVerificationBizTokenIntl": {func(ctx context.Context, c *faceid.Client) error {
		_, err := c.ApplyWebVerificationBizTokenIntl(ctx, faceid.ApplyWebVerificationBizTokenIntlRequest{
			RedirectURL: "https://m.example/", Config: &faceid.WebVerificationConfigIntl{CheckMode: faceid.IntlDocumentAndFace, IDCardType: faceid.IntlThailandIDCard},
		})
		return err
	}, `{"RedirectURL":"https://m.example/","Config":{"CheckMode":1,"IDCardType":"ThailandIDCard"}}`},
	"GetWebVerificationResultIntl": {func(ctx context.Context, c *faceid.Client) error {
		_, err := c.GetWebVerificationResultIntl(ctx, faceid.GetWebVerificationResultIntlRequest{BizToken: "b"})
		return err
	}, `{"BizToken":"b"}`},
	"ApplySdkVerificationToken": {func(ctx context.Context, c *faceid.Client) error {
		_, err := c.ApplySdkVerificationToken(ctx, faceid.ApplySdkVerificationTokenRequest{CheckMode: faceid.IntlLiveness})
		return err
	}, `{"CheckMode":3}`},
	"GetSdkVerificationResult": {func(ctx context.Context, c *faceid.Client) error {
		_, err := c.GetSdkVerificationResult(ctx, faceid.GetSdkVerificationResultRequest{SDKToken: "s"})
		return err
	}, `{"SdkToken":"s"}`},
}

func TestCloudActionsSendTheirNameAndNothingElse(t *testing.T) {
	for name, test := range actionBodies {
		t.Run(name, func(t *testing.T) {
			e := &cloudExchange{answers: []string{answerOf(`"BizToken":"b","EidToken":"e","SdkToken":"s","VerificationURL":"https://x","DetectInfo":"{}"`)}}
			require.NoError(t, test.call(t.Context(), cloudClient(t, e)))
			require.Equal(t, name, e.requests[0].Header.Get("X-TC-Action"))
			var sent, want map[string]any
			require.NoError(t, json.Unmarshal([]byte(e.bodies[0]), &sent))
			require.NoError(t, json.Unmarshal([]byte(test.body), &want))
			for _, optional := range []string{"InfoType"} { // The zero value may be spelt out.
				if sent[optional] == "0" {
					delete(sent, optional)
				}
			}
			require.Equal(t, want, sent, "these and no others")
		})
	}
}

// breaks is a credential that panics or exits instead of returning.
type breaks struct {
	common.CredentialIface
	how func()
}

func (b breaks) GetCredential() (id, key, token string) { b.how(); return "id", "key", "" }

// The error of a credential that panics says so, and the log has the stack.
func TestCallCloudSaysThatItsCredentialPanicked(t *testing.T) {
	for name, test := range map[string]struct {
		how  func()
		says string
	}{
		"a text":      {func() { panic("canary-of-a-panic") }, "panicked: string"},
		"an error":    {func() { panic(errors.New("canary-of-a-panic")) }, "panicked: *errors.errorString"},
		"an index":    {func() { var none []int; _ = none[len(t.Name())] }, "index out of range"},
		"a nil":       {func() { var none *holds; _ = none.id }, "nil pointer dereference"},
		"the end":     {runtime.Goexit, "ended its goroutine"},
		"the nothing": {func() { panic(nil) }, "panicked: *runtime.PanicNilError"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				suite.canary("canary-of-a-panic", "panic")
				var log bytes.Buffer
				e := &cloudExchange{answers: []string{fine}}
				client, err := faceid.New(faceid.WithCloud(breaks{how: test.how}, "ap-guangzhou"), faceid.WithHTTPClient(&http.Client{Transport: e}),
					faceid.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
				require.NoError(t, err)
				for range 2 {
					_, err = client.CallCloud(t.Context(), faceid.CloudCall{Site: faceid.SiteChina, Action: "Act"}, nil, nil)
					require.ErrorIs(t, err, faceid.ErrCaller)
					require.ErrorContains(t, err, "the credential of WithCloud (faceid_test.breaks) ")
					require.ErrorContains(t, err, test.says)
					suite.see(err)
				}
				require.Empty(t, e.requests)
				require.Contains(t, log.String(), "faceid_test.breaks.GetCredential", "the stack")
				suite.add(log.String())
			})
		})
	}
}
