package faceidtest_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestSelfieKeepsTheLimits(t *testing.T) {
	c := newCaller(t)
	for name, x := range map[string]struct {
		want      string
		good, bad obj
	}{
		"CheckMode":   {"InvalidParameterValue", obj{"CheckMode": "liveness"}, obj{"CheckMode": "ocr"}},
		"photo":       {"InvalidParameter", obj{"CheckMode": "compare", "Image": jpegOf(400)}, obj{"CheckMode": "compare"}},
		"SecureLevel": {"InvalidParameterValue", obj{"SecureLevel": "1"}, obj{"SecureLevel": "0"}},
		"actions":     {"InvalidParameter", obj{"ActionList": "nod"}, obj{"ActionList": "nod", "SecureLevel": "3"}},
		"SdkVersion":  {"InvalidParameterValue", obj{"SdkVersion": "ENHANCED"}, obj{"SdkVersion": "ENHANCE"}},
		"RetryLimit":  {"InvalidParameterValue", obj{"RetryLimit": 5}, obj{"RetryLimit": 6}},
	} {
		c.good("GetFaceIdTokenIntl", x.good)
		require.Equal(t, x.want, c.call("GetFaceIdTokenIntl", x.bad).code(), name)
	}
	c.refused("InvalidParameterValue", "ApplyLivenessToken", obj{"SecureLevel": "5"})
}

func TestSelfieResultTellsTheEnd(t *testing.T) {
	c := newCaller(t)
	token := c.good("GetFaceIdTokenIntl", obj{"CheckMode": "compare", "Image": jpegOf(400), "Extra": "order1", "SdkVersion": "PLUS", "RetryLimit": 2}).text("SdkToken")
	result := func() cloudAnswer { return c.good("GetFaceIdResultIntl", obj{"SdkToken": token}) }
	require.Equal(t, "-999", result().at("Result"))
	e := faceidtest.CloudTries(1004, 2016)
	e.LivenessInfoTag, e.DeviceInfoLevel = []string{"04"}, "2"
	c.sim.ScriptCloud("order1", e)
	r, err := c.sim.RunIntlSDK(context.Background(), token)
	require.NoError(t, err)
	require.Equal(t, 2016, r.Code)
	a := result()
	require.Equal(t, "2016", a.at("Result"))
	require.EqualValues(t, 31.5, a.at("Similarity"))
	require.Equal(t, "2", a.at("DeviceInfoLevel"))
	require.Equal(t, []any{"04"}, a.at("LivenessInfoTag"))
	require.Equal(t, "order1", a.at("Extra"))
	r, err = c.sim.RunIntlSDK(context.Background(), token)
	require.NoError(t, err)
	require.Equal(t, 14, r.Code, "a token is for one flow")
	c.sim.Advance(72*time.Hour - time.Second)
	result()
	c.sim.Advance(time.Second)
	c.refused("InvalidParameterValue.BizTokenExpired", "GetFaceIdResultIntl", obj{"SdkToken": token})
	c.refused("InvalidParameterValue.BizTokenIllegal", "GetFaceIdResultIntl", obj{"SdkToken": c.sdk()})

	token = c.good("GetFaceIdTokenIntl", obj{"SecureLevel": "1"}).text("SdkToken")
	_, err = c.sim.RunIntlSDK(context.Background(), token)
	require.NoError(t, err)
	a = result()
	require.Equal(t, "0", a.at("Result"))
	require.EqualValues(t, 0, a.at("Similarity"), "nobody was compared")
	require.NotEmpty(t, a.at("BestFrame"))
	require.Empty(t, a.at("ActionVideo"))

	token = c.good("GetFaceIdTokenIntl", obj{"RetryLimit": 1}).text("SdkToken")
	c.sim.ScriptCloud(token, faceidtest.CloudTries(1004, 0))
	_, err = c.sim.RunIntlSDK(context.Background(), token)
	require.ErrorContains(t, err, "1 attempts")
	c.sim.Advance(10 * time.Minute)
	r, err = c.sim.RunIntlSDK(context.Background(), token)
	require.NoError(t, err)
	require.Equal(t, 15, r.Code)
}

func TestSelfieLivenessIsKeptTwoHours(t *testing.T) {
	c := newCaller(t)
	token := c.good("ApplyLivenessToken", obj{"SecureLevel": "2"}).text("SdkToken")
	require.Nil(t, c.good("GetLivenessResult", obj{"SdkToken": token}).at("BestFrame"))
	_, err := c.sim.RunIntlSDK(context.Background(), token)
	require.NoError(t, err)
	a := c.good("GetLivenessResult", obj{"SdkToken": token})
	require.Equal(t, "0", a.at("Result"))
	require.NotEmpty(t, a.at("Video", "Url"))
	c.sim.Advance(2*time.Hour - time.Second)
	c.good("GetLivenessResult", obj{"SdkToken": token})
	c.sim.Advance(time.Second)
	c.refused("InvalidParameterValue.BizTokenExpired", "GetLivenessResult", obj{"SdkToken": token})
	c.refused("InvalidParameterValue.BizTokenIllegal", "GetLivenessResult", obj{"SdkToken": "nobody"})
}
