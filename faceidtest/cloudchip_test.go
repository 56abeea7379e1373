package faceidtest_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestGetWxNFCResultTellsTheChip(t *testing.T) {
	c := newCaller(t)
	c.sim.ScriptCloudDefault(faceidtest.CloudEnding{Card: faceidtest.IDCard{Name: "王五", ValidDate: "20200101-20400101"}, CheckMRTD: `{"result_chip":0}`})
	token := c.chip(true)
	for range 2 { // the result may be asked for again
		a := c.good("GetWxNFCResult", obj{"NFCToken": token})
		require.Equal(t, []any{"0", "王五", "20200101", "20400101", `{"result_chip":0}`},
			[]any{a.at("ResultCode"), a.at("Name"), a.at("BeginTime"), a.at("EndTime"), a.at("CheckMRTD")})
		require.NotEmpty(t, a.text("IdCardFrontImg"))
	}
	c.refused("InvalidParameterValue", "ParseNfcData", obj{"ReqId": token})
	c.refused("FailedOperation.InvalidTokenParameter", "GetWxNFCResult", obj{"NFCToken": "nobody"})
	c.sim.Advance(10*time.Minute - time.Second)
	c.good("GetWxNFCResult", obj{"NFCToken": token})
	c.sim.Advance(2 * time.Second)
	c.refused("FailedOperation.InvalidTokenParameter", "GetWxNFCResult", obj{"NFCToken": token})
}

func TestParseNfcDataTellsTheChip(t *testing.T) {
	c := newCaller(t)
	c.sim.ScriptCloud("failing", faceidtest.CloudEnding{CardFail: true})
	r, err := c.sim.RunNFCReader(context.Background(), "failing")
	require.NoError(t, err)
	a := c.good("ParseNfcData", obj{"ReqId": r.Token})
	require.Equal(t, []any{"-1", "查询失败", nil}, []any{a.at("ResultCode"), a.at("ResultDescription"), a.at("Name")})

	id := c.chip(false)
	a = c.good("ParseNfcData", obj{"ReqId": id})
	require.Equal(t, "0", a.at("ResultCode"))
	require.NotEmpty(t, a.text("ImageA"))
	c.refused("FailedOperation.InvalidTokenParameter", "GetWxNFCResult", obj{"NFCToken": id})
	c.sim.Advance(5 * time.Minute)
	c.refused("InvalidParameterValue", "ParseNfcData", obj{"ReqId": id})
}

func TestRunNFCMiniProgramUsesATokenOnce(t *testing.T) {
	c := newCaller(t)
	token := c.good("GetNFCToken", obj{}).text("Token")
	_, err := c.sim.RunNFCMiniProgram(context.Background(), token)
	require.NoError(t, err)
	_, err = c.sim.RunNFCMiniProgram(context.Background(), token)
	require.Error(t, err)
	_, err = c.sim.RunNFCMiniProgram(context.Background(), "nobody")
	require.Error(t, err)
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = c.sim.RunNFCReader(ended, "")
	require.ErrorIs(t, err, context.Canceled)
}

func TestGetLiveCodeAndGetActionSequenceVary(t *testing.T) {
	c := newCaller(t)
	codes, orders := map[string]bool{}, map[string]bool{}
	for range 40 {
		code, order := c.good("GetLiveCode", obj{}).text("LiveCode"), c.good("GetActionSequence", obj{}).text("ActionSequence")
		require.Regexp(t, `^\d{4}$`, code)
		require.Contains(t, []string{"1,2", "2,1"}, order)
		codes[code], orders[order] = true, true
	}
	require.Greater(t, len(codes), 20)
	require.Len(t, orders, 2)
	c.good("LivenessRecognition", plus(goodChecks["LivenessRecognition"], "ValidateData", "0000")) // no document says that the code is remembered
}

func TestMinorsVerificationAsksByPhoneOrPerson(t *testing.T) {
	c := newCaller(t)
	person := obj{"Type": "1", "Name": "李四", "IdCard": goodID}
	require.Equal(t, "[18,+)", c.good("MinorsVerification", person).text("AgeRange"))
	require.Equal(t, "-2", c.good("MinorsVerification", obj{"Type": "0", "Mobile": "1380013800"}).text("Result"))
	require.Equal(t, "-4", c.good("MinorsVerification", plus(person, "IdCard", "1")).text("Result"))
	require.Equal(t, "-5", c.good("MinorsVerification", plus(person, "Name", "")).text("Result"))
	c.sim.ScriptCheck("MinorsVerification", faceidtest.Check{Result: "-1", AgeRange: "[8,16)"})
	a := c.good("MinorsVerification", person)
	require.Equal(t, []any{"-1", "未成年", "[8,16)"}, []any{a.at("Result"), a.at("Description"), a.at("AgeRange")})
	c.sim.ScriptCheck("MinorsVerification", faceidtest.Check{Result: "-7"})
	require.Empty(t, c.good("MinorsVerification", person).text("AgeRange"))
	for _, bad := range []obj{{"Type": "2"}, {"Type": "0"}, {"Type": "1", "Name": "李四"}} {
		c.refused("InvalidParameter", "MinorsVerification", bad)
	}
}

func TestEncryptedPhoneVerificationTakesDigests(t *testing.T) {
	c := newCaller(t)
	md5 := "0123456789abcdef0123456789abcdef"
	for mode, digest := range map[string]string{"1": md5, "2": md5 + md5, "3": md5 + md5} {
		body := obj{"Name": digest, "IdCard": digest, "Phone": digest, "EncryptionMode": mode}
		require.Equal(t, "0", c.good("EncryptedPhoneVerification", body).text("Result"))
		require.Equal(t, "-8", c.good("EncryptedPhoneVerification", plus(body, "Phone", goodPhone)).text("Result"))
	}
	require.Equal(t, "移动", c.good("EncryptedPhoneVerification", goodChecks["EncryptedPhoneVerification"]).text("ISP"))
	c.refused("InvalidParameterValue", "EncryptedPhoneVerification", plus(goodChecks["EncryptedPhoneVerification"], "EncryptionMode", "4"))
}

// Tests in other languages run the NFC SDKs by the simulator's own path.
func TestRunNFCReaderByOtherLanguages(t *testing.T) {
	c := newCaller(t)
	run := func(body string) string {
		res, err := c.http.Post(c.base+"/sim/run", "application/json", strings.NewReader(body))
		require.NoError(t, err)
		defer res.Body.Close()
		require.Equal(t, 200, res.StatusCode)
		var told struct{ Token string }
		require.NoError(t, json.NewDecoder(res.Body).Decode(&told))
		return told.Token
	}
	c.good("ParseNfcData", obj{"ReqId": run(`{"nfc":true}`)})
	c.good("GetWxNFCResult", obj{"NFCToken": run(`{"token":"` + c.good("GetNFCToken", obj{}).text("Token") + `"}`)})
}
