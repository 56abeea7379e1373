package faceid_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

func TestConfirmEidFromTheTokenToTheName(t *testing.T) {
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

func TestConfirmEidOnAPage(t *testing.T) {
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

func TestConfirmEidNeedsTheWillThatTheFlowAsksFor(t *testing.T) {
	sim, client := cloudSim(t)
	for name, test := range flowWillEndings {
		opened, err := client.GetEidToken(t.Context(), faceid.GetEidTokenRequest{
			MerchantID: faceidtest.Merchant, Name: somebody.Name, IDCard: somebody.IDNo,
			Config: &faceid.GetEidTokenConfig{InputType: faceid.EidInputGiven, UseIntentionVerify: true, IntentionVerifyText: "我同意"},
		})
		require.NoError(t, err)
		sim.ScriptCloud(opened.EidToken, test.ending)
		_, err = sim.RunEid(t.Context(), opened.EidToken)
		require.NoError(t, err)
		for _, asked := range []bool{opened.WillAsked, false} {
			result, err := client.ConfirmEid(t.Context(), faceid.GetEidResultRequest{EidToken: opened.EidToken, WillAsked: asked}, faceid.PersonAsOpened)
			require.ErrorIs(t, err, test.want, name)
			require.Equal(t, test.want == nil, result.Passed(), name)
		}
	}
}

func TestWaitEidAsksEverySecond(t *testing.T) {
	status := func(s string) string { return answerOf(`"Status":"` + s + `"`) }
	reset := errors.New("connection reset")
	busy := cloudError("InvalidParameterValue.BizTokenIllegal", "m")
	for name, test := range map[string]struct {
		answers []string
		errs    []error
		want    faceid.EidStatus
		err     error
		took    time.Duration // the time of the polls, without retries
	}{
		"finishes":          {[]string{status("init"), status("doing"), status("finished")}, nil, faceid.EidFinished, nil, 2 * time.Second},
		"times out":         {[]string{status("init"), status("timeout")}, nil, faceid.EidTimeout, nil, time.Second},
		"illegal token":     {[]string{status("init"), busy}, nil, faceid.EidInit, faceid.ErrRequest, time.Second},
		"never":             {[]string{status("doing")}, nil, faceid.EidDoing, faceid.ErrExpired, 600 * time.Second},
		"fails three times": {[]string{status("init")}, []error{nil, reset, reset, reset, reset, reset, reset, reset, reset, reset}, faceid.EidInit, faceid.ErrNetwork, 0},
		"fails twice":       {[]string{status("finished")}, []error{reset, reset, reset, reset, reset, reset}, faceid.EidFinished, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := &cloudExchange{answers: test.answers, errs: test.errs}
				begun := time.Now()
				got, err := cloudClient(t, e).WaitEid(t.Context(), "e")
				require.ErrorIs(t, err, test.err)
				require.Equal(t, test.want, got)
				if test.took > 0 {
					require.Equal(t, test.took, time.Since(begun))
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		begun := time.Now()
		_, err := cloudClient(t, &cloudExchange{answers: []string{status("doing")}}).WaitEid(ctx, "e")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 1500*time.Millisecond, time.Since(begun))
	})
}

func TestRedirectTokenIsCarriedOnce(t *testing.T) {
	for address, want := range map[string][2]string{
		"/back?BizToken=b": {"b", ""}, "/back?token=e&x=1": {"", "e"}, "/back": {}, "/back?BizToken=a&BizToken=b": {}, "/back?biztoken=b": {},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		require.NoError(t, err)
		require.Equal(t, want, [2]string{faceid.RedirectBizToken(r), faceid.RedirectToken(r)}, address)
	}
	require.Empty(t, faceid.RedirectBizToken(nil))
}
