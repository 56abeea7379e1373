package faceidtest_test

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestIntlSDKKeepsTheLimits(t *testing.T) {
	c := newCaller(t)
	for name, x := range map[string]struct {
		want      string
		good, bad obj
	}{
		"CheckMode":     {"InvalidParameterValue", obj{"CheckMode": 3}, obj{"CheckMode": 4}},
		"picture":       {"InvalidParameter", obj{"CheckMode": 2, "CompareImage": jpegOf(400)}, obj{"CheckMode": 2}},
		"SecurityLevel": {"InvalidParameterValue", obj{"SecurityLevel": 1}, obj{"SecurityLevel": 0}},
		"IdCardType":    {"InvalidParameterValue", obj{"IdCardType": "HMTPermit"}, obj{"IdCardType": "HKIDCard"}},
		"warnings":      {"InvalidParameterValue", obj{"SelectedWarningCodes": []int{-9101, -9901}}, obj{"SelectedWarningCodes": []int{-9105}}},
		"as numbers":    {"InvalidParameter", obj{"SelectedWarningCodes": []int{}}, obj{"SelectedWarningCodes": []string{"-9101"}}},
		"Extra":         {"InvalidParameterValue", obj{"Extra": strings.Repeat("某", 1024)}, obj{"Extra": strings.Repeat("a", 1025)}},
		"SdkVersion":    {"InvalidParameterValue", obj{"SdkVersion": "ENHANCED"}, obj{"SdkVersion": "ENHANCE"}},
		"ActionList":    {"InvalidParameter", obj{"ActionList": "nod"}, obj{"ActionList": "nod", "SecurityLevel": 3}},
		"actions":       {"InvalidParameterValue", obj{"ActionList": "nod,blink"}, obj{"ActionList": "jump"}},
		"RetryLimit":    {"InvalidParameterValue", obj{"RetryLimit": 5}, obj{"RetryLimit": 6}},
		"upload":        {"InvalidParameter", obj{"AllowUploadPhoto": true}, obj{"AllowUploadPhoto": true, "EnableForgeryDetectionImages": true}},
	} {
		c.good("ApplySdkVerificationToken", x.good)
		a := c.call("ApplySdkVerificationToken", x.bad)
		require.Equal(t, x.want, a.code(), "%s: %s", name, a.body)
	}
}

func TestIntlSDKResultTellsTheEnd(t *testing.T) {
	c := newCaller(t)
	token := c.sdk("SdkVersion", "PLUS")
	result := func() cloudAnswer { return c.good("GetSdkVerificationResult", obj{"SdkToken": token}) }
	require.Equal(t, "-999", result().at("Result"))

	e := faceidtest.CloudTries(1002, 1004, 0)
	e.LivenessInfoTag, e.DeviceInfoLevel, e.Card = []string{"04"}, "2", faceidtest.IDCard{Name: "CHAN"}
	c.sim.ScriptCloud(token, e)
	r, err := c.sim.RunIntlSDK(context.Background(), token)
	require.NoError(t, err)
	require.Equal(t, 0, r.Code)
	a := result()
	require.Equal(t, "0", a.at("Result"))
	require.EqualValues(t, 2, a.at("ChargeCount"))
	require.Equal(t, "2", a.at("DeviceInfoLevel"))
	require.Equal(t, "order1", a.at("Extra"))
	require.Len(t, a.at("CompareResults"), 3)
	require.Equal(t, "1002", a.at("CompareResults", 0, "LiveErrorCode"))
	require.Nil(t, a.at("CompareResults", 0, "CompareErrorCode"))
	require.Equal(t, []any{"04"}, a.at("CompareResults", 0, "LivenessInfoTag"))
	require.Equal(t, "0", a.at("CompareResults", 2, "CompareErrorCode"))
	require.EqualValues(t, 97, a.at("CompareResults", 2, "Sim"))
	require.Equal(t, "CHAN", a.at("CardVerifyResults", 0, "NormalCardInfo", "HKIDCard", "FullName"))

	c.sim.Advance(72 * time.Hour)
	c.refused("InvalidParameterValue.BizTokenExpired", "GetSdkVerificationResult", obj{"SdkToken": token})
	c.refused("InvalidParameterValue", "GetSdkVerificationResult", obj{"SdkToken": "nobody"})

	token = c.sdk("CheckMode", 3)
	c.sim.ScriptCloud(token, faceidtest.CloudEnding{DeviceInfoLevel: "2", LivenessInfoTag: []string{"04"}})
	_, err = c.sim.RunIntlSDK(context.Background(), token)
	require.NoError(t, err)
	a = result()
	require.Empty(t, a.at("CardVerifyResults"))
	require.Empty(t, a.at("DeviceInfoLevel"))
	require.Nil(t, a.at("CompareResults", 0, "CompareErrorCode"), "liveness alone")
	require.Nil(t, a.at("CompareResults", 0, "LivenessInfoTag"))

	token = c.sdk()
	c.sim.Advance(10 * time.Minute)
	r, err = c.sim.RunIntlSDK(context.Background(), token)
	require.NoError(t, err)
	require.Equal(t, 15, r.Code)
}

// The files of a result are behind their addresses for ten minutes.
func TestIntlSDKResultPointsToFiles(t *testing.T) {
	c := newCaller(t)
	token := c.sdk()
	_, err := c.sim.RunIntlSDK(context.Background(), token)
	require.NoError(t, err)
	a := c.good("GetSdkVerificationResult", obj{"SdkToken": token})
	fetch := func() (int, []byte) {
		res, err := c.http.Get(a.text("CompareResults", 0, "BestFrame", "Url"))
		require.NoError(t, err)
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return res.StatusCode, b
	}
	status, b := fetch()
	require.Equal(t, 200, status)
	sum := md5.Sum(b)
	require.Equal(t, hex.EncodeToString(sum[:]), a.at("CompareResults", 0, "BestFrame", "MD5"))
	require.EqualValues(t, len(b), a.at("CompareResults", 0, "BestFrame", "Size"))
	c.sim.Advance(10*time.Minute - time.Second)
	status, _ = fetch()
	require.Equal(t, 200, status)
	c.sim.Advance(time.Second)
	status, _ = fetch()
	require.Equal(t, 403, status)
	res, err := c.http.Get("https://x.example/cloud/file?file=nobody")
	require.NoError(t, err)
	require.Equal(t, 404, res.StatusCode)
}
