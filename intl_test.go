package faceid_test

import (
	"errors"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

func TestConfirmWebVerificationIntlKnowsThreeStates(t *testing.T) {
	for name, test := range map[string]struct {
		web, sdk string
		state    faceid.IntlState
		want     error
	}{
		"not finished": {`"ErrorCode":null`, `"Result":""`, faceid.IntlNotFinished, faceid.ErrNoResult},
		"absent":       {`"Extra":"x"`, `"Extra":"x"`, faceid.IntlNotFinished, faceid.ErrNoResult},
		"passed":       {`"ErrorCode":0`, `"Result":"0"`, faceid.IntlPassed, nil},
		"failed":       {`"ErrorCode":1004`, `"Result":"1004"`, faceid.IntlFailed, faceid.ErrNotPassed},
		"look-alike":   {`"ErrorCode":1004,"Errorcode":0`, `"Result":"1004","result":"0"`, faceid.IntlFailed, faceid.ErrNotPassed},
		"trouble":      {`"ErrorCode":1001`, `"Result":"1001"`, faceid.IntlFailed, faceid.ErrService},
		"unknown":      {`"ErrorCode":987654`, `"Result":"987654"`, faceid.IntlFailed, faceid.ErrUnknownCode},
	} {
		t.Run(name, func(t *testing.T) {
			e := &cloudExchange{answers: []string{answerOf(test.web)}}
			web, err := cloudClient(t, e).ConfirmWebVerificationIntl(t.Context(), faceid.GetWebVerificationResultIntlRequest{BizToken: "b"}, faceid.AnyPerson)
			require.Equal(t, test.state, web.State())
			require.ErrorIs(t, err, test.want)
			e = &cloudExchange{answers: []string{answerOf(test.sdk)}}
			sdk, err := cloudClient(t, e).ConfirmSdkVerification(t.Context(), faceid.GetSdkVerificationResultRequest{SDKToken: "s"}, faceid.AnyPerson)
			require.Equal(t, test.state, sdk.State())
			require.ErrorIs(t, err, test.want)
			require.Equal(t, test.state == faceid.IntlNotFinished, errors.Is(err, faceid.ErrNoResult))
			require.Equal(t, test.want == faceid.ErrNotPassed, errors.Is(err, faceid.ErrNotPassed), "trouble is nobody's failure") //nolint:errorlint // the table's own
			suite.see(web, sdk, err, test.state)
		})
	}
	var none *faceid.GetWebVerificationResultIntlResult
	require.Equal(t, faceid.IntlNotFinished, none.State())
}

func TestConfirmWebVerificationIntlOnTheSimulator(t *testing.T) {
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
