package faceid_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// appFlow is the request that opens a flow for somebody in the SDK of an App.
func appFlow(change func(r *faceid.GetFaceIdTokenRequest)) faceid.GetFaceIdTokenRequest {
	r := faceid.GetFaceIdTokenRequest{CompareLib: faceid.CompareBusiness, Name: somebody.Name, IDCard: somebody.IDNo}
	if change != nil {
		change(&r)
	}
	return r
}

// openedInApp opens a flow and has its person end as scripted.
func openedInApp(t *testing.T, sim *faceidtest.Server, client *faceid.Client, r faceid.GetFaceIdTokenRequest) *faceid.GetFaceIdTokenResult {
	t.Helper()
	opened, err := client.GetFaceIdToken(t.Context(), r)
	require.NoError(t, err)
	suite.canary(opened.FaceIDToken, "FaceIdToken")
	require.NotEmpty(t, opened.ClientConfig)
	_, err = sim.RunAppSDK(t.Context(), opened.FaceIDToken)
	require.NoError(t, err)
	suite.see(r, opened)
	return opened
}

func TestConfirmFaceIdDecidesAboutThePerson(t *testing.T) {
	sim, client := cloudSim(t)
	token := openedInApp(t, sim, client, appFlow(nil)).FaceIDToken
	query := faceid.GetFaceIdResultRequest{FaceIDToken: token}
	result, err := client.ConfirmFaceId(t.Context(), query, somebody)
	require.NoError(t, err)
	require.True(t, result.Passed())
	require.Equal(t, faceid.Code("GetFaceIdResult/0"), result.Code())
	require.Equal(t, faceid.ChargedYes, result.Charged())
	require.Equal(t, faceid.FamilyPassed, result.Family())
	suite.see(query, result)

	other := faceid.Person{Name: "王测试", IDNo: otherIDNo}
	result, err = client.ConfirmFaceId(t.Context(), query, other)
	require.ErrorIs(t, err, faceid.ErrOtherPerson)
	require.False(t, result.Passed(), "the result keeps the decision")
	_, err = client.ConfirmFaceId(t.Context(), query, faceid.PersonAsOpened)
	require.ErrorIs(t, err, faceid.ErrOtherPerson, "the result names somebody")
	_, err = client.ConfirmFaceId(t.Context(), query, faceid.AnyPerson)
	require.NoError(t, err)

	local := openedInApp(t, sim, client, faceid.GetFaceIdTokenRequest{CompareLib: faceid.CompareLocal, Image: inventedJPG}).FaceIDToken
	_, err = client.ConfirmFaceId(t.Context(), faceid.GetFaceIdResultRequest{FaceIDToken: local}, faceid.PersonAsOpened)
	require.NoError(t, err)
	_, err = client.ConfirmFaceId(t.Context(), faceid.GetFaceIdResultRequest{FaceIDToken: local}, somebody)
	require.ErrorIs(t, err, faceid.ErrOtherPerson, "the result names nobody")
}

// Every code of the table has the family and the charge of the data files.
func TestConfirmFaceIdKnowsEveryCode(t *testing.T) {
	kinds := map[string][]string{}
	for _, f := range tsv(t, "internal/catalog/families.tsv") {
		kinds[f[0]+" "+f[1]] = f
	}
	rows := 0
	for _, f := range tsv(t, "internal/catalog/codes.tsv") {
		if f[0] != "GetFaceIdResult" || f[2] == "0" {
			continue
		}
		rows++
		kind := kinds["GetFaceIdResult "+f[2]]
		e := &cloudExchange{answers: []string{answerOf(`"Result":"` + f[2] + `","Description":"about ` + somebody.Name + `","Name":"` + somebody.Name + `","Similarity":97`)}}
		result, err := cloudClient(t, e).ConfirmFaceId(t.Context(), faceid.GetFaceIdResultRequest{FaceIDToken: "t"}, somebody)
		require.ErrorIs(t, err, faceid.Family(kind[3]), f[2])
		if kind[2] == "outcome" {
			require.ErrorIs(t, err, faceid.ErrNotPassed, f[2])
		} else {
			require.NotErrorIs(t, err, faceid.ErrNotPassed, f[2])
		}
		require.NotNil(t, result, f[2])
		require.Equal(t, map[string]faceid.Charged{"yes": faceid.ChargedYes, "no": faceid.ChargedNo}[f[5]], result.Charged(), f[2])
		suite.see(result, err)
		require.NotContains(t, err.Error(), somebody.Name)
	}
	require.Equal(t, 31, rows)
}

// What the platform says of a failure may repeat what it was asked, and the person who was
// expected.
func TestConfirmFaceIdQuotesNobody(t *testing.T) {
	e := &cloudExchange{answers: []string{answerOf(`"Result":"2002","Description":"canary-request ` + somebody.Name + " " + somebody.IDNo + `"`)}}
	result, err := cloudClient(t, e).ConfirmFaceId(t.Context(), faceid.GetFaceIdResultRequest{FaceIDToken: "canary-request"}, somebody)
	require.Error(t, err)
	requireQuotesNobody(t, err, result.Description)
	suite.see(err, result)
}

func TestConfirmFaceIdPassesNobodyWithoutAComparison(t *testing.T) {
	for name, test := range map[string]struct {
		answer string
		want   error
	}{
		"not ended":      {`"Result":"","Description":""`, faceid.ErrNoResult},
		"null":           {`"Result":null`, faceid.ErrNoResult},
		"no similarity":  {`"Result":"0","Name":"` + somebody.Name + `","IdCard":"` + somebody.IDNo + `"`, faceid.ErrNotCompared},
		"similarity 0":   {`"Result":"0","Similarity":0,"Name":"` + somebody.Name + `","IdCard":"` + somebody.IDNo + `"`, faceid.ErrNotCompared},
		"masked":         {`"Result":"0","Similarity":97,"Name":"李*","IdCard":"1101**********4477"`, faceid.ErrOtherPerson},
		"an odd code":    {`"Result":"00","Similarity":97`, faceid.ErrUnknownCode},
		"a cipher text":  {`"Result":null,"EncryptedBody":"AAAA"`, faceid.ErrBadAnswer},
		"a new code":     {`"Result":"2099"`, faceid.ErrUnknownCode},
		"only liveness":  {`"Result":"0","Similarity":null`, faceid.ErrNotCompared},
		"another number": {`"Result":"0","Similarity":97,"Name":"` + somebody.Name + `","IdCard":"` + otherIDNo + `"`, faceid.ErrOtherPerson},
	} {
		t.Run(name, func(t *testing.T) {
			e := &cloudExchange{answers: []string{answerOf(test.answer)}}
			result, err := cloudClient(t, e).ConfirmFaceId(t.Context(), faceid.GetFaceIdResultRequest{FaceIDToken: "t"}, somebody)
			require.ErrorIs(t, err, test.want)
			require.False(t, result.Passed())
			suite.see(result, err)
		})
	}
}

func TestGetFaceIdTokenRefusesBadArguments(t *testing.T) {
	for name, test := range map[string]struct {
		field, limit string
		change       func(r *faceid.GetFaceIdTokenRequest)
	}{
		"no source":       {"CompareLib", "CompareLocal", func(r *faceid.GetFaceIdTokenRequest) { r.CompareLib = "" }},
		"no name":         {"Name", "CompareBusiness", func(r *faceid.GetFaceIdTokenRequest) { r.Name = "" }},
		"no number":       {"Name", "CompareBusiness", func(r *faceid.GetFaceIdTokenRequest) { r.IDCard = "" }},
		"no photo":        {"Image", "empty", func(r *faceid.GetFaceIdTokenRequest) { r.CompareLib = faceid.CompareLocal }},
		"a photo of 8 MB": {"", "", func(r *faceid.GetFaceIdTokenRequest) { r.Image = bigJPG(8 << 20) }},
		"a photo of more": {"Image", "8 MB", func(r *faceid.GetFaceIdTokenRequest) { r.Image = bigJPG(8<<20 + 4) }},
		"extra of 1000":   {"", "", func(r *faceid.GetFaceIdTokenRequest) { r.Extra = strings.Repeat("某", 1000) }},
		"extra of 1001":   {"Extra", "1000", func(r *faceid.GetFaceIdTokenRequest) { r.Extra = strings.Repeat("某", 1001) }},
		"a sealed photo": {"Encryption.EncryptList", "cannot be encrypted", func(r *faceid.GetFaceIdTokenRequest) {
			r.Encryption = &faceid.Encryption{EncryptList: []string{"ImageBase64"}}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			e := &cloudExchange{answers: []string{answerOf(`"FaceIdToken":"t","ClientConfig":"c"`)}}
			_, err := cloudClient(t, e).GetFaceIdToken(t.Context(), appFlow(test.change))
			requireRefused(t, e, err, test.field, test.limit)
		})
	}
}

// requireRefused expects that nothing was sent because of a field, or that all went well
// if field is empty.
func requireRefused(t *testing.T, e *cloudExchange, err error, field, limit string) {
	t.Helper()
	suite.see(err)
	if field == "" {
		require.NoError(t, err)
		return
	}
	var bad *faceid.ArgumentError
	require.ErrorAs(t, err, &bad)
	require.Equal(t, field, bad.Field)
	require.Contains(t, bad.Reason, limit)
	require.Empty(t, e.requests, "nothing was sent")
}

func TestGetFaceIdResultRefusesBadArguments(t *testing.T) {
	own := &faceid.Encryption{Algorithm: "SM4-GCM"}
	for name, test := range map[string]struct {
		field, limit string
		call         func(ctx context.Context, c *faceid.Client) error
	}{
		"no token": {"FaceIDToken", "empty", func(ctx context.Context, c *faceid.Client) error {
			return second(c.GetFaceIdResult(ctx, faceid.GetFaceIdResultRequest{}))
		}},
		"no token of risks": {"FaceIDToken", "empty", func(ctx context.Context, c *faceid.Client) error {
			return second(c.GetFaceIdRiskInfo(ctx, faceid.GetFaceIdRiskInfoRequest{}))
		}},
		"long extra": {"Extra", "1000", func(ctx context.Context, c *faceid.Client) error {
			return second(c.GetFaceidRiskInfoToken(ctx, faceid.GetFaceidRiskInfoTokenRequest{Extra: strings.Repeat("a", 1001)}))
		}},
		"a sealed decision": {"IsEncryptResponse", "WithFieldEncryption", func(ctx context.Context, c *faceid.Client) error {
			return second(c.ConfirmFaceId(ctx, faceid.GetFaceIdResultRequest{FaceIDToken: "t", IsEncryptResponse: true}, faceid.AnyPerson))
		}},
		"a sealed person": {"Encryption", "WithFieldEncryption", func(ctx context.Context, c *faceid.Client) error {
			return second(c.ConfirmFaceId(ctx, faceid.GetFaceIdResultRequest{FaceIDToken: "t", Encryption: own}, somebody))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			e := &cloudExchange{answers: []string{fine}}
			requireRefused(t, e, test.call(t.Context(), cloudClient(t, e)), test.field, test.limit)
		})
	}
}

func TestGetFaceIdTokenWantsAToken(t *testing.T) {
	e := &cloudExchange{answers: []string{answerOf(`"FaceIdToken":""`)}}
	_, err := cloudClient(t, e).GetFaceIdToken(t.Context(), appFlow(nil))
	require.ErrorIs(t, err, faceid.ErrBadAnswer)
	_, err = cloudClient(t, e).GetFaceidRiskInfoToken(t.Context(), faceid.GetFaceidRiskInfoTokenRequest{})
	require.ErrorIs(t, err, faceid.ErrBadAnswer)
}

func TestGetFaceIdResultBringsTheFiles(t *testing.T) {
	sim, client := cloudSim(t)
	sim.ScriptCloudDefault(faceidtest.CloudEnding{Video: []byte("the video"), BestFrame: []byte("the best frame")})
	opened := openedInApp(t, sim, client, appFlow(nil))
	query := faceid.GetFaceIdResultRequest{FaceIDToken: opened.FaceIDToken, IsNeedVideo: true, IsNeedBestFrame: true, UsedCos: opened.UsedCos}
	result, err := client.GetFaceIdResult(t.Context(), query)
	require.NoError(t, err)
	require.Equal(t, []string{"the video", "the best frame"}, []string{string(result.Video), string(result.BestFrame)})
	require.Empty(t, result.VideoURL)

	files := cloudFiles{}
	query.MediaTo = files.to
	result, err = client.ConfirmFaceId(t.Context(), query, somebody)
	require.NoError(t, err)
	require.Nil(t, result.Video)
	require.Equal(t, "the video", files["VideoBase64"].String())
	require.Equal(t, "the best frame", files["BestFrameBase64"].String())

	query.MediaTo = func(string) io.Writer { return fullDisk{io.ErrShortWrite} }
	_, err = client.GetFaceIdResult(t.Context(), query)
	require.ErrorIs(t, err, io.ErrShortWrite)
}

// With UseCos the result has addresses, whatever encrypts the answer.
func TestGetFaceIdResultBringsAddressesWithUseCos(t *testing.T) {
	sim, client := cloudSim(t)
	sealing := sim.Client(faceid.WithFieldEncryption(faceid.FieldEncryption{Algorithm: faceid.SM4GCM, RSAKey: sim.CloudRSAKey(), SM2Key: sim.CloudSM2Key()}))
	opened := openedInApp(t, sim, client, appFlow(func(r *faceid.GetFaceIdTokenRequest) { r.UseCos = true }))
	require.True(t, opened.UsedCos)
	query := faceid.GetFaceIdResultRequest{FaceIDToken: opened.FaceIDToken, IsNeedVideo: true, IsNeedBestFrame: true, UsedCos: true}
	for name, c := range map[string]*faceid.Client{"plain": client, "sealed": sealing} {
		for _, whole := range []bool{false, true} {
			query := query
			query.IsEncryptResponse = whole && name == "sealed"
			result, err := c.ConfirmFaceId(t.Context(), query, somebody)
			require.NoError(t, err, name)
			require.Regexp(t, `^https://.+/video\.mp4$`, result.VideoURL)
			require.Regexp(t, `^https://.+/frame\.jpg$`, result.BestFrameURL)
			require.Nil(t, result.Video)
			suite.see(result)
		}
	}
	query.UsedCos = false
	_, err := client.GetFaceIdResult(t.Context(), query)
	require.ErrorIs(t, err, faceid.ErrBadAnswer, "an address is no file")
}

func TestGetFaceIdResultDecryptsTheAnswer(t *testing.T) {
	sim, _ := cloudSim(t)
	for _, algorithm := range algorithms {
		sealing := sim.Client(faceid.WithFieldEncryption(faceid.FieldEncryption{Algorithm: algorithm, RSAKey: sim.CloudRSAKey(), SM2Key: sim.CloudSM2Key()}))
		token := openedInApp(t, sim, sealing, appFlow(nil)).FaceIDToken
		for _, whole := range []bool{false, true} {
			result, err := sealing.ConfirmFaceId(t.Context(), faceid.GetFaceIdResultRequest{FaceIDToken: token, IsNeedVideo: true, IsEncryptResponse: whole}, somebody)
			require.NoError(t, err, "%s %v", algorithm, whole)
			require.Equal(t, somebody.IDNo, result.IDCard)
			require.NotEmpty(t, result.Video)
			require.Nil(t, result.Encryption)
		}
	}
}

func TestGetFaceIdRiskInfoTellsLevels(t *testing.T) {
	sim, client := cloudSim(t)
	opened, err := client.GetFaceidRiskInfoToken(t.Context(), faceid.GetFaceidRiskInfoTokenRequest{Extra: "order1"})
	require.NoError(t, err)
	info, err := client.GetFaceIdRiskInfo(t.Context(), faceid.GetFaceIdRiskInfoRequest{FaceIDToken: opened.FaceIDToken})
	require.NoError(t, err)
	require.Nil(t, info.DeviceInfoLevel, "nothing was collected")
	sim.ScriptCloudDefault(faceidtest.CloudEnding{DeviceInfoLevel: "4"})
	_, err = sim.RunRiskSDK(t.Context(), opened.FaceIDToken)
	require.NoError(t, err)
	info, err = client.GetFaceIdRiskInfo(t.Context(), faceid.GetFaceIdRiskInfoRequest{FaceIDToken: opened.FaceIDToken})
	require.NoError(t, err)
	require.Equal(t, faceid.RiskInfoAttack, *info.DeviceInfoLevel)
	require.Equal(t, faceid.RiskInfoLow, *info.CameraInfoLevel)
	require.Equal(t, "order1", info.Extra)
	suite.see(opened, info)
}
