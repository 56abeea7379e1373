package faceidtest_test

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func (c *caller) faceIDToken(pairs ...any) string {
	c.t.Helper()
	a := c.good("GetFaceIdToken", plus(goodBodies["GetFaceIdToken"], pairs...))
	require.NotEmpty(c.t, a.text("ClientConfig"))
	return a.text("FaceIdToken")
}

func (c *caller) runApp(token string) *faceidtest.CloudResult {
	c.t.Helper()
	r, err := c.sim.RunAppSDK(context.Background(), token)
	require.NoError(c.t, err)
	return r
}

func (c *caller) faceID(token string, pairs ...any) cloudAnswer {
	c.t.Helper()
	return c.good("GetFaceIdResult", plus(obj{"FaceIdToken": token}, pairs...))
}

func TestGetFaceIdTokenKeepsTheLimits(t *testing.T) {
	c := newCaller(t)
	local := obj{"CompareLib": "LOCAL", "ImageBase64": goodPhoto}
	c.good("GetFaceIdToken", local)
	c.good("GetFaceIdToken", plus(local, "Extra", strings.Repeat("某", 1000)))
	for _, bad := range []obj{
		{"CompareLib": "local", "ImageBase64": goodPhoto}, {"CompareLib": "LOCAL"}, {"CompareLib": "BUSINESS", "Name": "李四"},
		plus(local, "Extra", strings.Repeat("某", 1001)), plus(local, "ImageBase64", "no base64"),
	} {
		c.refused("InvalidParameter", "GetFaceIdToken", bad)
	}
	c.good("GetFaceIdToken", plus(local, "ImageBase64", jpegOf(8<<20)))
	c.refused("FailedOperation.ImageSizeTooLarge", "GetFaceIdToken", plus(local, "ImageBase64", jpegOf(8<<20+4)))
	c.refused("MissingParameter", "GetFaceIdToken", obj{"ImageBase64": goodPhoto})
}

func TestGetFaceIdResultTellsTheEnd(t *testing.T) {
	c := newCaller(t)
	token := c.faceIDToken()
	require.Empty(t, c.faceID(token).text("Result"), "the flow has not ended")
	require.Equal(t, 0, c.runApp(token).Code)
	a := c.faceID(token, "IsNeedVideo", true, "IsNeedBestFrame", true)
	require.Equal(t, "0", a.text("Result"))
	require.Equal(t, []any{"李四", "11010519491231002X", "order1"}, []any{a.at("Name"), a.at("IdCard"), a.at("Extra")})
	require.EqualValues(t, 97, a.at("Similarity"))
	require.NotEmpty(t, a.text("VideoBase64"))
	require.NotEmpty(t, a.text("BestFrameBase64"))
	a = c.faceID(token)
	require.Nil(t, a.at("VideoBase64"))
	require.Nil(t, a.at("BestFrameBase64"))

	token = c.faceIDToken("UseCos", true)
	c.runApp(token)
	require.Regexp(t, `^https://.*/video\.mp4$`, c.faceID(token, "IsNeedVideo", true).text("VideoBase64"))
}

func TestGetFaceIdResultTellsAFailure(t *testing.T) {
	c := newCaller(t)
	token := c.faceIDToken()
	e := faceidtest.CloudTries(1007)
	e.LivenessInfoTag, e.DeviceInfoLevel = []string{"03", "10"}, "4"
	c.sim.ScriptCloud(token, e)
	require.Equal(t, 1007, c.runApp(token).Code)
	a := c.faceID(token, "IsNeedVideo", true)
	require.Equal(t, []any{"1007", "活体检测失败，命中风控逻辑", "02", "03_10", "4"},
		[]any{a.at("Result"), a.at("Description"), a.at("RiskInfoTag"), a.at("LivenessInfoTag"), a.at("DeviceInfoLevel")})
	require.EqualValues(t, 0, a.at("Similarity"))
	require.Nil(t, a.at("VideoBase64"))

	for _, impossible := range []faceidtest.CloudEnding{faceidtest.CloudTries(2018), faceidtest.CloudTries(2016, 0), {DeviceInfoLevel: "5"}} {
		token := c.faceIDToken()
		c.sim.ScriptCloud(token, impossible)
		_, err := c.sim.RunAppSDK(context.Background(), token)
		require.Error(t, err)
	}
}

// A FaceIdToken is for one verification within 10 minutes, and its result for 3 days.
func TestGetFaceIdTokenLives(t *testing.T) {
	c := newCaller(t)
	token := c.faceIDToken()
	c.sim.ScriptCloud(token, faceidtest.CloudQuits())
	require.True(t, c.runApp(token).Left)
	require.Empty(t, c.faceID(token).text("Result"))
	c.sim.ScriptCloud(token, faceidtest.CloudPasses())
	require.Equal(t, 0, c.runApp(token).Code)
	require.Equal(t, 14, c.runApp(token).Code, "it is for one verification")

	late := c.faceIDToken()
	c.sim.Advance(10 * time.Minute)
	require.Equal(t, 15, c.runApp(late).Code)
	c.sim.Advance(3*24*time.Hour - 10*time.Minute - time.Second)
	c.faceID(late)
	c.sim.Advance(2 * time.Second)
	c.refused("InvalidParameterValue.BizTokenExpired", "GetFaceIdResult", obj{"FaceIdToken": late})
	c.refused("InvalidParameterValue.BizTokenIllegal", "GetFaceIdResult", obj{"FaceIdToken": "nobody"})
}

func TestGetFaceIdResultEncryptsTheAnswer(t *testing.T) {
	c := newCaller(t)
	token := c.faceIDToken()
	c.runApp(token)
	l := cbcOf(t, c)
	a := c.faceID(token, "Encryption", l.info)
	require.Equal(t, []any{"Response.IdCard", "Response.Name"}, a.at("Encryption", "EncryptList"))
	require.Equal(t, l.cbc("李四"), a.text("Name"))
	a = c.faceID(token, "Encryption", l.info, "IsEncryptResponse", true)
	require.Nil(t, a.at("Name"))
	require.NotEmpty(t, a.text("EncryptedBody"))

	sealed := plus(goodBodies["GetFaceIdToken"], "Name", l.cbc("李四"), "ImageBase64", l.cbc(goodPhoto),
		"Encryption", plus(l.info, "EncryptList", []string{"Name", "ImageBase64"}))
	token = c.good("GetFaceIdToken", sealed).text("FaceIdToken")
	require.Equal(t, "李四", c.faceID(token).text("Name"))
	sealed["ImageBase64"] = l.cbc("no base64")
	c.refused("InvalidParameter", "GetFaceIdToken", sealed)
	sealed["ImageBase64"] = base64.StdEncoding.EncodeToString([]byte("damaged"))
	c.refused("FailedOperation.DecryptSystemError", "GetFaceIdToken", sealed)
}

func TestGetFaceIdRiskInfoTellsTheLevels(t *testing.T) {
	c := newCaller(t)
	token := c.good("GetFaceidRiskInfoToken", goodBodies["GetFaceidRiskInfoToken"]).text("FaceIdToken")
	info := func() cloudAnswer { return c.good("GetFaceIdRiskInfo", obj{"FaceIdToken": token}) }
	require.Nil(t, info().at("DeviceInfoLevel"))
	c.sim.ScriptCloud(token, faceidtest.CloudEnding{DeviceInfoLevel: "4"})
	_, err := c.sim.RunRiskSDK(context.Background(), token)
	require.NoError(t, err)
	require.EqualValues(t, 4, info().at("DeviceInfoLevel"))
	require.Equal(t, "order1", info().at("Extra"))
	c.refused("InvalidParameterValue.BizTokenIllegal", "GetFaceIdRiskInfo", obj{"FaceIdToken": c.faceIDToken()})
	c.refused("InvalidParameterValue.BizTokenIllegal", "GetFaceIdResult", obj{"FaceIdToken": token})
	c.refused("InvalidParameter", "GetFaceidRiskInfoToken", obj{"Extra": strings.Repeat("某", 1001)})
	again, err := c.sim.RunRiskSDK(context.Background(), token)
	require.NoError(t, err)
	require.Equal(t, 14, again.Code)
}
