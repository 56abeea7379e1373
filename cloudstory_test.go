package faceid_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
)

// API 3.0, from the opening of a flow to the decision and the bill.

func auth(extra string) faceid.DetectAuthRequest {
	return faceid.DetectAuthRequest{RuleID: "plus1", Name: somebody.Name, IDCard: somebody.IDNo, RedirectURL: "https://merchant.example/back?x=1", Extra: extra}
}

func cloudSim(t *testing.T, opts ...faceidtest.Option) (*faceidtest.Server, *faceid.Client) {
	sim := faceidtest.Start(t, append([]faceidtest.Option{
		faceidtest.WithRule("plus1", "plus"), faceidtest.WithRule("enhanced1", "enhanced"), faceidtest.WithRule("will1", "will"), faceidtest.WithRule("intl1", "intl"),
	}, opts...)...)
	suite.canary(sim.CloudSecretID(), "secret id")
	suite.canary(sim.CloudSecretKey(), "secret key")
	return sim, newClient(sim)
}

func TestAWeChatPage(t *testing.T) {
	for name, test := range map[string]struct {
		ending  faceidtest.CloudEnding
		want    error // nil passes
		charges int
	}{
		"passes":         {faceidtest.CloudPasses(), nil, 1},
		"at second try":  {faceidtest.CloudTries(1002, 2016, 0), nil, 3},
		"somebody else":  {faceidtest.CloudTries(2016), faceid.FamilyNotSamePerson, 1},
		"another number": {faceidtest.CloudTries(2006), faceid.FamilyIdentityMismatch, 1},
		"a fake":         {faceidtest.CloudTries(1002), faceid.FamilySuspectedFake, 1},
		"no face":        {faceidtest.CloudTries(1004), faceid.FamilyCaptureFailed, 0},
	} {
		t.Run(name, func(t *testing.T) {
			sim, client := cloudSim(t)
			sim.ScriptCloudDefault(test.ending)
			opened, err := client.DetectAuth(t.Context(), auth(""))
			require.NoError(t, err)
			suite.canary(opened.BizToken, "BizToken")
			query := faceid.GetDetectInfoEnhancedRequest{BizToken: opened.BizToken, RuleID: "plus1"}
			_, err = client.ConfirmDetect(t.Context(), query, faceid.AnyPerson)
			require.ErrorIs(t, err, faceid.ErrNoResult, "nobody came yet")

			back, err := sim.VisitCloud(t.Context(), opened.URL)
			require.NoError(t, err)
			require.Equal(t, opened.BizToken, faceid.RedirectBizToken(back))
			require.Equal(t, "1", back.URL.Query().Get("x"))
			result, err := client.ConfirmDetect(t.Context(), query, faceid.AnyPerson)
			suite.see(result, *result, err)
			require.ErrorIs(t, err, test.want)
			require.Equal(t, test.want == nil, result.Passed())
			require.Equal(t, test.charges, result.ChargeCount())
			require.Equal(t, test.want == nil, result.Final(sim.Now(), sim.Now()))
			if test.want == nil {
				require.NotEmpty(t, result.BestFrame.BestFrame)
				require.NotEmpty(t, result.VideoData.LivenessVideo)
			}
			old, err := client.GetDetectInfo(t.Context(), faceid.GetDetectInfoRequest{BizToken: opened.BizToken, RuleID: "plus1", InfoType: faceid.InfoText})
			require.NoError(t, err)
			info, err := old.Info()
			require.NoError(t, err)
			require.Equal(t, *result.Text.ErrCode, *info.Text.ErrCode)
			suite.see(old, *old, info, *info)
		})
	}
}

func TestAWeChatMiniProgramWithTheWill(t *testing.T) {
	for name, test := range map[string]struct {
		request func(r *faceid.DetectAuthRequest)
		ending  faceidtest.CloudEnding
		want    error
	}{
		"questions": {func(r *faceid.DetectAuthRequest) {
			r.IntentionQuestions = []faceid.IntentionQuestion{{Question: "q", Answers: []string{"是的"}}}
		}, faceidtest.CloudPasses(), nil},
		"wrong answer": {func(r *faceid.DetectAuthRequest) {
			r.IntentionQuestions = []faceid.IntentionQuestion{{Question: "q", Answers: []string{"是的"}}}
		}, faceidtest.CloudWrongAnswer(), faceid.FamilyWillMismatch},
		"nod": {func(r *faceid.DetectAuthRequest) {
			r.IntentionActions, r.Config = nods(2, "请点头"), &faceid.RuleIDConfig{IntentionType: faceid.RuleIntentionNod}
		}, faceidtest.CloudPasses(), nil},
	} {
		t.Run(name, func(t *testing.T) {
			sim, client := cloudSim(t)
			r := auth("e")
			r.RuleID = "will1"
			test.request(&r)
			sim.ScriptCloud("e", test.ending)
			opened, err := client.DetectAuth(t.Context(), r)
			require.NoError(t, err)
			_, err = sim.RunMiniProgram(t.Context(), opened.BizToken)
			require.NoError(t, err)
			result, err := client.ConfirmDetect(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: opened.BizToken, RuleID: "will1", InfoType: faceid.InfoText}, faceid.AnyPerson)
			require.ErrorIs(t, err, test.want)
			require.True(t, *result.IsVerifyIntention)
			code, ok := result.IntentionCode()
			require.True(t, ok)
			require.Equal(t, test.want == nil, code == 0)
		})
	}
}

func TestEidFromTheTokenToTheName(t *testing.T) {
	key, err := sm2.GenerateKey(rand.Reader)
	require.NoError(t, err)
	digits := hex.EncodeToString(key.D.FillBytes(make([]byte, 32)))
	suite.canary(digits, "private key")
	parsed, err := faceid.ParseEidKey(digits)
	require.NoError(t, err)
	synctest.Test(t, func(t *testing.T) {
		sim, client := cloudSim(t, faceidtest.WithMerchant("merchant1", &key.PublicKey))
		sim.ScriptCloudDefault(faceidtest.CloudEnding{Card: faceidtest.IDCard{Name: somebody.Name, Number: somebody.IDNo}})
		opened, err := client.GetEidToken(t.Context(), faceid.GetEidTokenRequest{MerchantID: "merchant1", RedirectURL: "https://merchant.example/back"})
		require.NoError(t, err)
		go func() {
			time.Sleep(5 * time.Second)
			_, err := sim.RunEid(context.WithoutCancel(t.Context()), opened.EidToken)
			if err != nil {
				t.Error(err)
			}
		}()
		status, err := client.WaitEid(t.Context(), opened.EidToken)
		require.NoError(t, err)
		require.Equal(t, faceid.EidFinished, status)
		result, err := client.ConfirmEid(t.Context(), faceid.GetEidResultRequest{EidToken: opened.EidToken}, faceid.AnyPerson)
		require.NoError(t, err)
		identity, err := parsed.Decrypt(result.EidInfo)
		require.NoError(t, err)
		require.Equal(t, &faceid.EidIdentity{Name: somebody.Name, IDType: "01", IDNum: somebody.IDNo}, identity)
		suite.see(result, *result, identity, *identity, parsed, opened, *opened)

		other, err := sm2.GenerateKey(rand.Reader)
		require.NoError(t, err)
		stranger, err := faceid.ParseEidKey(hex.EncodeToString(other.D.FillBytes(make([]byte, 32))))
		require.NoError(t, err)
		_, err = stranger.Decrypt(result.EidInfo)
		require.ErrorIs(t, err, faceid.ErrEidDecrypt)
	})
}

func TestEidOnAPage(t *testing.T) {
	sim, client := cloudSim(t, faceidtest.WithMerchant("merchant1", nil))
	opened, err := client.GetEidToken(t.Context(), faceid.GetEidTokenRequest{MerchantID: "merchant1", RedirectURL: "https://merchant.example/back"})
	require.NoError(t, err)
	back, err := sim.VisitCloud(t.Context(), opened.URL)
	require.NoError(t, err)
	require.Equal(t, opened.EidToken, faceid.RedirectToken(back))
	result, err := client.ConfirmEid(t.Context(), faceid.GetEidResultRequest{EidToken: opened.EidToken, InfoType: faceid.InfoText}, faceid.AnyPerson)
	require.NoError(t, err)
	identity, err := (*faceid.EidKey)(nil).Decrypt(result.EidInfo)
	require.NoError(t, err, "the real name was not granted")
	require.Nil(t, identity)
}

func TestTheInternationalFlows(t *testing.T) {
	for name, ending := range map[string]faceidtest.CloudEnding{"passes": faceidtest.CloudPasses(), "fails": faceidtest.CloudTries(1004), "leaves": faceidtest.CloudQuits()} {
		t.Run(name, func(t *testing.T) {
			sim, client := cloudSim(t)
			sim.ScriptCloudDefault(ending)
			opened, err := client.ApplyWebVerificationBizTokenIntl(t.Context(), faceid.ApplyWebVerificationBizTokenIntlRequest{
				RedirectURL: "https://merchant.example/back", Config: &faceid.WebVerificationConfigIntl{CheckMode: faceid.IntlDocumentAndFace, IDCardType: faceid.IntlHKIDCard},
			})
			require.NoError(t, err)
			require.NotEmpty(t, opened.VerificationURL)
			back, err := sim.VisitCloud(t.Context(), opened.VerificationURL)
			require.NoError(t, err)
			if name != "leaves" {
				require.Equal(t, opened.BizToken, faceid.RedirectToken(back))
			}
			result, err := client.ConfirmWebVerificationIntl(t.Context(), faceid.GetWebVerificationResultIntlRequest{BizToken: opened.BizToken}, faceid.AnyPerson)
			suite.see(result, *result, err)
			switch name {
			case "passes":
				require.NoError(t, err)
				require.NotEmpty(t, result.Video)
				require.NotEmpty(t, result.OCRResult)
			case "fails":
				require.ErrorIs(t, err, faceid.ErrNotPassed)
			default:
				require.ErrorIs(t, err, faceid.ErrNoResult)
				require.Equal(t, faceid.IntlNotFinished, result.State())
			}

			app, err := client.ApplySdkVerificationToken(t.Context(), faceid.ApplySdkVerificationTokenRequest{
				CheckMode: faceid.IntlFace, SecurityLevel: 1, IDCardType: "HK", CompareImage: inventedJPG,
			})
			require.NoError(t, err)
			_, err = sim.RunIntlSDK(t.Context(), app.SDKToken)
			require.NoError(t, err)
			sdk, err := client.ConfirmSdkVerification(t.Context(), faceid.GetSdkVerificationResultRequest{SDKToken: app.SDKToken}, faceid.AnyPerson)
			suite.see(sdk, *sdk, err)
			require.Equal(t, name == "passes", err == nil)
		})
	}
}

// What ran is what is billed.
func TestTheBillFollowsFromWhatRan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim, client := cloudSim(t, faceidtest.WithBillPage(2))
		day := time.Now()
		var local []faceid.LocalFlow
		for _, ending := range []faceidtest.CloudEnding{
			faceidtest.CloudPasses(), faceidtest.CloudTries(1002, 0), faceidtest.CloudTries(1004), faceidtest.CloudTries(2016, 2016), faceidtest.CloudQuits(),
		} {
			sim.ScriptCloudDefault(ending)
			opened, err := client.DetectAuth(t.Context(), auth(""))
			require.NoError(t, err)
			_, err = sim.RunMiniProgram(t.Context(), opened.BizToken)
			require.NoError(t, err)
			result, err := client.GetDetectInfoEnhanced(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: opened.BizToken, RuleID: "plus1", InfoType: faceid.InfoText})
			require.NoError(t, err)
			local = append(local, faceid.LocalFlow{BizToken: opened.BizToken, ChargeCount: result.ChargeCount()})
		}
		time.Sleep(24 * time.Hour)
		var bill []faceid.WeChatBillDetail
		for line, err := range client.WeChatBills(t.Context(), day, "") {
			require.NoError(t, err)
			bill = append(bill, line)
			suite.see(line)
		}
		r := faceid.Reconcile(faceid.ProductPlus, local, bill)
		require.True(t, r.Agrees(), "%+v", r)
		require.Equal(t, 5, r.Billed)
		require.Greater(t, sim.Calls("GetWeChatBillDetails"), 1, "over several pages")
	})
}

// The official client and ours read the same flow: neither is the other's
// mirror.
func TestTheOfficialClientSeesTheSame(t *testing.T) {
	sim, client := cloudSim(t)
	opened, err := client.DetectAuth(t.Context(), auth(""))
	require.NoError(t, err)
	_, err = sim.RunMiniProgram(t.Context(), opened.BizToken)
	require.NoError(t, err)
	ours, err := client.GetDetectInfoEnhanced(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: opened.BizToken, RuleID: "plus1", InfoType: faceid.InfoText})
	require.NoError(t, err)

	official := common.NewCommonClient(common.NewCredential(sim.CloudSecretID(), sim.CloudSecretKey()), "ap-guangzhou", profile.NewClientProfile())
	official.WithHttpTransport(sim)
	request := tchttp.NewCommonRequest("faceid", "2018-03-01", "GetDetectInfoEnhanced")
	require.NoError(t, request.SetActionParameters(map[string]any{"BizToken": opened.BizToken, "RuleId": "plus1", "InfoType": "1"}))
	response := tchttp.NewCommonResponse()
	require.NoError(t, official.Send(request, response))
	var theirs struct {
		Response faceid.GetDetectInfoEnhancedResult
	}
	require.NoError(t, json.Unmarshal(response.GetBody(), &theirs))
	theirs.Response.RequestID = ours.RequestID
	require.Equal(t, *ours, theirs.Response)
}
