package faceidtest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestCloudAnswersEveryAction(t *testing.T) {
	c := newCaller(t)
	all := c.everyAction()
	require.Len(t, all, 26)
	for action, body := range all {
		c.good(action, body)
		c.refused("UnknownParameter", action, plus(body, "Surprise", 1))
		if len(body) > 0 { // some actions have no parameters
			c.refused("InvalidParameter", action, plus(body, first(body), []int{1}))
		}
	}
}

func TestCloudRefusesMissingParameters(t *testing.T) {
	c := newCaller(t)
	all := c.everyAction()
	for action, names := range map[string][]string{
		"DetectAuth": {"RuleId"}, "GetDetectInfo": {"BizToken", "RuleId"}, "GetDetectInfoEnhanced": {"BizToken", "RuleId"},
		"GetEidToken": {"MerchantId"}, "CheckEidTokenStatus": {"EidToken"}, "GetEidResult": {"EidToken"},
		"GetWeChatBillDetails": {"Date", "Cursor"},
		"GetFaceIdToken":       {"CompareLib"}, "GetFaceIdResult": {"FaceIdToken"}, "GetFaceIdRiskInfo": {"FaceIdToken"},
		"GetWxNFCResult": {"NFCToken"}, "ParseNfcData": {"ReqId"},
		"ApplyWebVerificationBizTokenIntl": {"RedirectURL"}, "GetWebVerificationResultIntl": {"BizToken"}, "GetSdkVerificationResult": {"SdkToken"},
		"GetFaceIdResultIntl": {"SdkToken"}, "GetLivenessResult": {"SdkToken"}, "CreateUploadUrl": {"TargetAction"}, "GenerateReflectSequence": {"DeviceDataUrl", "DeviceDataMd5"},
	} {
		for _, name := range names {
			c.refused("MissingParameter", action, plus(all[action], name, nil))
			b, _ := json.Marshal(plus(all[action], name, json.RawMessage("null")))
			require.Equal(t, "MissingParameter", c.do(c.request(action, b)).code(), "null counts as absent")
			c.refused("InvalidParameter", action, plus(all[action], name, []int{1}))
		}
	}
}

func TestWithCloudAccountTakesATemporaryKey(t *testing.T) {
	c := newCaller(t, faceidtest.WithCloudAccount("AKIDtemporary", "secret", "token"), faceidtest.WithCloudAccount("AKIDother", "secret2"))
	require.Equal(t, []string{"AKIDtemporary", "secret", "token"}, []string{c.id, c.key, c.token})
	token := c.bizToken()
	c.token = "another"
	c.refused("AuthFailure.TokenFailure", "DetectAuth", goodBodies["DetectAuth"])
	c.token = ""
	c.refused("AuthFailure.TokenFailure", "DetectAuth", goodBodies["DetectAuth"])
	c.id, c.key = "AKIDother", "secret2"
	c.detected(token) // all keys belong to one account
	c.id = "AKIDSimulatorSimulatorSimulator00001"
	c.refused("AuthFailure.SecretIdNotFound", "DetectAuth", goodBodies["DetectAuth"])
}

func TestCloudRefusesUnknownActionsBodiesAndRegions(t *testing.T) {
	c := newCaller(t)
	c.refused("InvalidAction", "DetectNothing", obj{})
	require.Equal(t, "/", c.sim.Requests()[0].Path, "the name of an unknown action is not logged")
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

func TestWithClockAheadIsSeenByClients(t *testing.T) {
	for ahead, code := range map[time.Duration]string{
		0: "", 4 * time.Minute: "", -4 * time.Minute: "", 6 * time.Minute: "AuthFailure.SignatureExpire", -6 * time.Minute: "AuthFailure.SignatureExpire",
	} {
		c := newCaller(t, faceidtest.WithClockAhead(ahead))
		require.Equal(t, code, c.call("DetectAuth", goodBodies["DetectAuth"]).code(), ahead)
		for _, base := range []string{"", c.sim.URL()} { // in memory, and over a port
			client := http.DefaultClient
			if base == "" {
				base, client = "https://kyc1.qcloud.com", c.http
			}
			res, err := client.Get(base + "/api/oauth2/access_token")
			require.NoError(t, err)
			require.NoError(t, res.Body.Close())
			date, err := http.ParseTime(res.Header.Get("Date"))
			require.NoError(t, err)
			require.WithinDuration(t, time.Now().Add(ahead), date, 10*time.Second)
		}
	}
}

func TestCloudRefusesLargeRequests(t *testing.T) {
	c := newCaller(t)
	head, tail := `{"RuleId":"`, `"}`
	at := func(size int) string {
		return c.do(c.request("DetectAuth", []byte(head+strings.Repeat("x", size-len(head)-len(tail))+tail))).code()
	}
	require.Equal(t, "InvalidParameterValue.RuleIdNotExist", at(10<<20))
	require.Equal(t, "RequestSizeLimitExceeded", at(10<<20+1))
}

func TestCloudHasFaultsLimitsAndALog(t *testing.T) {
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
	c.refused("AuthFailure.SignatureFailure", "DetectAuth", body) // this call does not count
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

func TestCloudOptionsPanicForWrongArguments(t *testing.T) {
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

func TestCloudEndsWithTheServer(t *testing.T) {
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
