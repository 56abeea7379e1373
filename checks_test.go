package faceid_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

func TestChecksSendTheirFieldsAndNoOthers(t *testing.T) {
	calls := checkCalls()
	require.Len(t, calls, 22)
	suite.canary(somePhone, "phone")
	suite.canary(someCard, "bank card")
	for action, check := range calls {
		t.Run(action, func(t *testing.T) {
			e := &cloudExchange{answers: []string{goodCheck(action)}}
			result, err := faceid.Confirm(check.call(t.Context(), cloudClient(t, e)))
			require.NoError(t, err)
			require.True(t, result.Passed())
			require.Equal(t, faceid.FamilyPassed, result.Family())
			require.Equal(t, faceid.ChargedYes, result.Charged())
			require.NoError(t, result.Err())
			require.NotEmpty(t, result.Code())
			require.Equal(t, action, e.requests[0].Header.Get("X-TC-Action"))
			require.Equal(t, "ap-guangzhou", e.requests[0].Header.Get("X-TC-Region"))
			require.JSONEq(t, check.body, e.bodies[0])
			suite.see(result)
		})
	}
}

// Every check is charged, so none is repeated once it may have reached the platform. A
// call that was refused for its rate had no effect.
func TestChecksThatAreChargedAreNotRepeated(t *testing.T) {
	for action, check := range checkCalls() {
		e := &cloudExchange{answers: []string{goodCheck(action)}, errs: []error{errors.New("connection lost")}}
		_, err := check.call(t.Context(), cloudClient(t, e))
		require.ErrorIs(t, err, faceid.ErrNetwork, action)
		require.Len(t, e.requests, 1, action)
	}
	e := &cloudExchange{answers: []string{`{"Response":{"Error":{"Code":"RequestLimitExceeded","Message":"m"},"RequestId":"r"}}`, goodCheck("MobileStatus")}}
	_, err := checkCalls()["MobileStatus"].call(t.Context(), cloudClient(t, e))
	require.NoError(t, err)
	require.Len(t, e.requests, 2)
}

// Every row of the documents' tables is tried as it stands in the data files: its
// meaning, its charge, and whether it is an answer.
func TestChecksGiveEveryResultMeaningAndCharge(t *testing.T) {
	kinds, charges := map[string][]string{}, map[string]string{}
	for _, f := range tsv(t, "internal/catalog/families.tsv") {
		kinds[f[0]+" "+f[1]] = f
	}
	rows := 0
	for _, f := range tsv(t, "internal/catalog/codes.tsv") {
		if f[1] == "check" {
			charges[f[0]+" "+f[2]] = f[5]
		}
	}
	for action, check := range checkCalls() {
		table := checkTables()[action]
		for row, charged := range charges {
			code, ours := strings.CutPrefix(row, table+" ")
			if !ours {
				continue
			}
			rows++

			requireResultOfCheck(t, kinds, action, check, table, row, charged, code)
		}
	}
	require.Equal(t, 8+8+9+7+19+21+22+7+6+4*9+9+9+6, rows, "IdCardVerification's table serves two actions, PhoneVerification's four")
}

// requireResultOfCheck has a check answered with a code and compares what is said
// of it with its row in the data files.
func requireResultOfCheck(t *testing.T, kinds map[string][]string, action string, check checkCall, table, row, charged, code string) {
	kind, family := kinds[row][2], kinds[row][3]
	e := &cloudExchange{answers: []string{answerOf(fmt.Sprintf(`"Result":%q,"Description":"the platform's words"`, code))}}
	result, err := check.call(t.Context(), cloudClient(t, e))
	require.NotNil(t, result, row)
	suite.see(result, err, result.Err())
	require.Equal(t, code, result.Code().Number(), row)
	require.Equal(t, table, result.Code().Scope(), row)
	require.Equal(t, faceid.Family(family), result.Family(), row)
	require.Equal(t, map[string]faceid.Charged{"yes": faceid.ChargedYes, "no": faceid.ChargedNo}[charged], result.Charged(), row)
	require.Equal(t, kind == "passed", result.Passed(), row)
	_, confirmed := faceid.Confirm(result, err)
	switch kind {
	case "passed":
		require.NoError(t, err, row)
		require.NoError(t, confirmed, row)
		return
	case "outcome":
		require.NoError(t, err, row)
		require.ErrorIs(t, confirmed, faceid.ErrNotPassed, row)
	case "error":
		require.Error(t, err, row)
		require.NotErrorIs(t, err, faceid.ErrNotPassed, row)
		require.Equal(t, err, confirmed)
	}
	require.ErrorIs(t, confirmed, faceid.Family(family), row)
	require.ErrorIs(t, confirmed, result.Code(), row)
	var failure *faceid.Error
	require.ErrorAs(t, confirmed, &failure)
	require.Equal(t, action, failure.Op)
	require.Equal(t, "request-1", failure.RequestID)
	require.Equal(t, "the platform's words", failure.Message)
	require.NotEmpty(t, failure.Gloss())
	require.NotEmpty(t, failure.Handling())
}

func tsv(t *testing.T, file string) [][]string {
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var rows [][]string
	for line := range strings.Lines(string(text)) {
		rows = append(rows, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	return rows[1:]
}

// A refusal of a check whose results are numbers is an error, and keeps its family.
func TestChecksThatAreRefusedAreErrors(t *testing.T) {
	read := map[string]string{"CheckIdCardInformation": somebody.Name} // In these answers nothing was read.
	for action, table := range checkTables() {
		for code, family := range map[string]faceid.Family{
			"UnauthorizedOperation.Arrears": faceid.ErrAccount, "InvalidParameter.UnsupportEncryptField": faceid.ErrRequest, "FailedOperation.UnKnown": faceid.ErrService,
			"FailedOperation.DecryptSystemError": faceid.ErrService,
		} {
			e := &cloudExchange{answers: []string{fmt.Sprintf(`{"Response":{"Error":{"Code":%q,"Message":"about %s"},"RequestId":"r1"}}`, code, strings.TrimPrefix(whose(action), read[action]))}}
			result, err := checkCalls()[action].call(t.Context(), cloudClient(t, e))
			suite.see(err)
			require.Nil(t, result)
			require.ErrorIs(t, err, family, "%s %s", action, code)
			require.NotErrorIs(t, err, faceid.ErrNotPassed)
		}
		if table == "cloud" {
			continue
		}
		e := &cloudExchange{answers: []string{`{"Response":{"Error":{"Code":"FailedOperation.OcrFailed","Message":"m"},"RequestId":"r1"}}`}}
		_, err := checkCalls()[action].call(t.Context(), cloudClient(t, e))
		require.ErrorIs(t, err, faceid.FamilyUnreadable, action)
		require.NotErrorIs(t, err, faceid.ErrNotPassed, action)
	}
}

func TestChecksRefuseAnAnswerWithoutAResult(t *testing.T) {
	for action, check := range checkCalls() {
		for _, fields := range []string{`"Other":1`, `"Result":"","Description":""`, `"Result":null`, `"result":"0","attackrisklevel":"Low"`} {
			e := &cloudExchange{answers: []string{answerOf(fields)}}
			result, err := check.call(t.Context(), cloudClient(t, e))
			require.ErrorIs(t, err, faceid.ErrBadAnswer, "%s %s", action, fields)
			if result != nil {
				require.False(t, result.Passed())
				require.ErrorIs(t, result.Err(), faceid.ErrBadAnswer)
			}
		}
		for _, number := range []string{"-99", "00", "0x0", "zero", "15"} {
			if checkTables()[action] == "" || checkTables()[action] == "cloud" {
				continue
			}
			e := &cloudExchange{answers: []string{answerOf(fmt.Sprintf(`"Result":%q`, number))}}
			_, err := check.call(t.Context(), cloudClient(t, e))
			require.ErrorIs(t, err, faceid.ErrUnknownCode, "%s %s", action, number)
		}
	}
}

// One page of the documents spells success as -0; in the other tables -0 is not listed.
func TestChecksTakeMinusZeroForAPassInOneTableOnly(t *testing.T) {
	for action, table := range checkTables() {
		if table == "" || table == "cloud" {
			continue
		}
		e := &cloudExchange{answers: []string{answerOf(`"Result":"-0","Description":""`)}}
		result, err := faceid.Confirm(checkCalls()[action].call(t.Context(), cloudClient(t, e)))
		if action == "MobileNetworkTimeVerification" {
			require.NoError(t, err)
			continue
		}
		require.ErrorIs(t, err, faceid.ErrUnknownCode, action)
		require.False(t, result.Passed(), action)
	}
}

func TestChecksThatDidNotComeAreNoPass(t *testing.T) {
	for _, none := range []faceid.Result{
		(*faceid.IdCardVerificationResult)(nil), (*faceid.LivenessRecognitionResult)(nil), (*faceid.DetectAIFakeFacesResult)(nil), (*faceid.PhoneVerificationResult)(nil),
		&faceid.IdCardVerificationResult{}, &faceid.LivenessRecognitionResult{}, &faceid.DetectAIFakeFacesResult{},
	} {
		require.Empty(t, none.Code())
		require.Equal(t, faceid.ErrBadAnswer, none.Family())
		require.False(t, none.Passed())
		require.Equal(t, faceid.ChargedUnknown, none.Charged())
		require.ErrorIs(t, none.Err(), faceid.ErrBadAnswer)
		require.NotErrorIs(t, none.Err(), faceid.ErrNotPassed)
	}
	_, _, ok := (*faceid.MobileNetworkTimeVerificationResult)(nil).Months()
	require.False(t, ok)
	_, ok = (*faceid.MobileStatusResult)(nil).State()
	require.False(t, ok)
}

// sealedName is an encryption of the name alone.
var sealedName = &faceid.Encryption{EncryptList: []string{"Name"}, CiphertextBlob: "b", IV: "i"}

// bigJPG is a picture that has so many bytes in Base64.
func bigJPG(n int) []byte { return append(inventedJPG[:3:3], make([]byte, n/4*3-3)...) }

// livenessWith calls LivenessRecognition with a request that is changed first.
func livenessWith(change func(r *faceid.LivenessRecognitionRequest)) func(context.Context, *faceid.Client) error {
	return func(ctx context.Context, c *faceid.Client) error {
		r := faceid.LivenessRecognitionRequest{Name: "n", IDCard: "1", LivenessType: faceid.LivenessSilent, VideoURL: "https://m.example/v"}
		change(&r)
		_, err := c.LivenessRecognition(ctx, r)
		return err
	}
}

// compareWith calls LivenessCompare with a request that is changed first.
func compareWith(change func(r *faceid.LivenessCompareRequest)) func(context.Context, *faceid.Client) error {
	return func(ctx context.Context, c *faceid.Client) error {
		r := faceid.LivenessCompareRequest{LivenessType: faceid.LivenessSilent, VideoURL: "https://m.example/v", ImageURL: "https://m.example/p"}
		change(&r)
		_, err := c.LivenessCompare(ctx, r)
		return err
	}
}

// askCardOCR calls IdCardOCRVerification.
func askCardOCR(r faceid.IdCardOCRVerificationRequest) func(context.Context, *faceid.Client) error {
	return func(ctx context.Context, c *faceid.Client) error {
		_, err := c.IdCardOCRVerification(ctx, r)
		return err
	}
}

// askCardInformation calls CheckIdCardInformation.
func askCardInformation(r faceid.CheckIdCardInformationRequest) func(context.Context, *faceid.Client) error {
	return func(ctx context.Context, c *faceid.Client) error {
		_, err := c.CheckIdCardInformation(ctx, r)
		return err
	}
}

// askImage calls ImageRecognitionV2.
func askImage(r faceid.ImageRecognitionV2Request) func(context.Context, *faceid.Client) error {
	return func(ctx context.Context, c *faceid.Client) error { _, err := c.ImageRecognitionV2(ctx, r); return err }
}

// askFakeFaces calls DetectAIFakeFaces.
func askFakeFaces(r faceid.DetectAIFakeFacesRequest) func(context.Context, *faceid.Client) error {
	return func(ctx context.Context, c *faceid.Client) error { _, err := c.DetectAIFakeFaces(ctx, r); return err }
}

// askIDCard calls IdCardVerification.
func askIDCard(r faceid.IdCardVerificationRequest) func(context.Context, *faceid.Client) error {
	return func(ctx context.Context, c *faceid.Client) error { _, err := c.IdCardVerification(ctx, r); return err }
}

// askDates calls CheckIdNameDate with these two dates.
func askDates(begin, end string) func(context.Context, *faceid.Client) error {
	return func(ctx context.Context, c *faceid.Client) error {
		_, err := c.CheckIdNameDate(ctx, faceid.CheckIdNameDateRequest{Name: "n", IDCard: "1", ValidityBegin: begin, ValidityEnd: end})
		return err
	}
}

// checkArgument is a check and what is said of its argument; the field is empty
// where the check is good.
type checkArgument struct {
	field, limit string // "" is good
	call         func(context.Context, *faceid.Client) error
}

// checkArguments are checks, most of them with a bad argument.
var checkArguments = map[string]checkArgument{
	"nobody's name":          {"Name", "empty", askIDCard(faceid.IdCardVerificationRequest{IDCard: "1"})},
	"no number":              {"IDCard", "empty", askIDCard(faceid.IdCardVerificationRequest{Name: "n"})},
	"a blank at the end":     {"Name", "white space", askIDCard(faceid.IdCardVerificationRequest{Name: "n ", IDCard: "1"})},
	"a control character":    {"Name", "control", askIDCard(faceid.IdCardVerificationRequest{Name: "n\x00m", IDCard: "1"})},
	"no cipher text":         {"Name", "Base64", askIDCard(faceid.IdCardVerificationRequest{Name: "plain", IDCard: "1", Encryption: sealedName})},
	"a cipher text":          {"", "", askIDCard(faceid.IdCardVerificationRequest{Name: "AAAA", IDCard: "1", Encryption: sealedName})},
	"another field's":        {"Encryption.EncryptList", "cannot", askIDCard(faceid.IdCardVerificationRequest{Name: "AAAA", IDCard: "1", Encryption: &faceid.Encryption{EncryptList: []string{"Name", "Phone"}}})},
	"a field twice":          {"Encryption.EncryptList", "twice", askIDCard(faceid.IdCardVerificationRequest{Name: "AAAA", IDCard: "1", Encryption: &faceid.Encryption{EncryptList: []string{"Name", "Name"}}})},
	"no day":                 {"ValidityBegin", "YYYYMMDD", askDates("20230230", "20300101")},
	"no last day":            {"ValidityEnd", "YYYYMMDD", askDates("20230228", "")},
	"without end":            {"", "", askDates("20230228", faceid.NoExpiry)},
	"without beginning":      {"ValidityBegin", "YYYYMMDD", askDates(faceid.NoExpiry, faceid.NoExpiry)},
	"no video":               {"Video", "VideoURL", livenessWith(func(r *faceid.LivenessRecognitionRequest) { r.VideoURL = "" })},
	"video of 8 MB":          {"", "", livenessWith(func(r *faceid.LivenessRecognitionRequest) { r.Video = bigJPG(8 << 20) })},
	"video of more":          {"Video", "8 MB", livenessWith(func(r *faceid.LivenessRecognitionRequest) { r.Video = bigJPG(8<<20 + 4) })},
	"video from nowhere":     {"VideoURL", "absolute", livenessWith(func(r *faceid.LivenessRecognitionRequest) { r.VideoURL = "v.mp4" })},
	"a mode of one's own":    {"LivenessType", "LivenessDigits", livenessWith(func(r *faceid.LivenessRecognitionRequest) { r.LivenessType = "lip" })},
	"nothing to read":        {"ValidateData", "empty", livenessWith(func(r *faceid.LivenessRecognitionRequest) { r.LivenessType = faceid.LivenessDigits })},
	"silent words":           {"ValidateData", "must be empty", livenessWith(func(r *faceid.LivenessRecognitionRequest) { r.ValidateData = "1234" })},
	"settings that are none": {"Optional", "JSON", livenessWith(func(r *faceid.LivenessRecognitionRequest) { r.Optional = "BestFrameNum=3" })},
	"settings":               {"", "", livenessWith(func(r *faceid.LivenessRecognitionRequest) { r.Optional = ` {"BestFrameNum":3}` })},
	"no photo":               {"Image", "ImageURL", compareWith(func(r *faceid.LivenessCompareRequest) { r.ImageURL = "" })},
	"no photo in the file":   {"Image", "JPG or PNG", compareWith(func(r *faceid.LivenessCompareRequest) { r.Image = inventedMP4 })},
	"a photo of 3 MB":        {"", "", compareWith(func(r *faceid.LivenessCompareRequest) { r.Image = bigJPG(3 << 20) })},
	"a photo of more":        {"Image", "3 MB", compareWith(func(r *faceid.LivenessCompareRequest) { r.Image = bigJPG(3<<20 + 4) })},
	"both, too large":        {"Request", "10 MB", compareWith(func(r *faceid.LivenessCompareRequest) { r.Image, r.Video = bigJPG(3<<20), bigJPG(8<<20) })},
	"no photo of the face":   {"Image", "empty", askImage(faceid.ImageRecognitionV2Request{Name: "n", IDCard: "1"})},
	"extra of 11":            {"Extra", "10", askImage(faceid.ImageRecognitionV2Request{Name: "n", IDCard: "1", Image: inventedJPG, Extra: "12345678901"})},
	"no card":                {"Image", "ImageURL", askCardInformation(faceid.CheckIdCardInformationRequest{})},
	"a card of 7 MB":         {"", "", askCardInformation(faceid.CheckIdCardInformationRequest{Image: bigJPG(7 << 20)})},
	"a card of more":         {"Image", "7 MB", askCardInformation(faceid.CheckIdCardInformationRequest{Image: bigJPG(7<<20 + 4)})},
	"a list of warnings":     {"Config", "JSON", askCardInformation(faceid.CheckIdCardInformationRequest{Image: inventedJPG, Config: `["CopyWarn"]`})},
	"half a person":          {"IDCard", "empty", askCardOCR(faceid.IdCardOCRVerificationRequest{Name: "n"})},
	"a card nobody reads":    {"", "", askCardOCR(faceid.IdCardOCRVerificationRequest{Name: "n", IDCard: "1", Image: inventedJPG})},
	"neither":                {"Image", "ImageURL", askCardOCR(faceid.IdCardOCRVerificationRequest{})},
	"a card to read":         {"", "", askCardOCR(faceid.IdCardOCRVerificationRequest{Image: inventedJPG})},
	"a passport": {"CertType", "ID card", func(ctx context.Context, c *faceid.Client) error {
		_, err := c.BankCardVerification(ctx, faceid.BankCardVerificationRequest{Name: "n", IDCard: "1", BankCard: "2", CertType: 1})
		return err
	}},
	"a passport, with a phone": {"CertType", "ID card", func(ctx context.Context, c *faceid.Client) error {
		_, err := c.BankCard4EVerification(ctx, faceid.BankCard4EVerificationRequest{Name: "n", IDCard: "1", BankCard: "2", Phone: "3", CertType: 1})
		return err
	}},
	"a mode that is none": {"VerifyMode", "Detailed", func(ctx context.Context, c *faceid.Client) error {
		_, err := c.PhoneVerification(ctx, faceid.PhoneVerificationRequest{Name: "n", IDCard: "1", Phone: "2", VerifyMode: "2"})
		return err
	}},
	"half an encryption": {"Phone", "Base64", func(ctx context.Context, c *faceid.Client) error {
		_, err := c.PhoneVerification(ctx, faceid.PhoneVerificationRequest{Name: "n", IDCard: "1", Phone: somePhone + "!", EncryptList: []string{"Phone"}})
		return err
	}},
	"neither kind":    {"FaceInputType", "FacePicture", askFakeFaces(faceid.DetectAIFakeFacesRequest{FaceInput: inventedJPG})},
	"no face":         {"FaceInput", "empty", askFakeFaces(faceid.DetectAIFakeFacesRequest{FaceInputType: faceid.FaceVideo})},
	"no picture":      {"FaceInput", "JPG or PNG", askFakeFaces(faceid.DetectAIFakeFacesRequest{FaceInput: inventedMP4, FaceInputType: faceid.FacePicture})},
	"a body alone":    {"EncryptedBody", "together", askFakeFaces(faceid.DetectAIFakeFacesRequest{EncryptedBody: "AAAA"})},
	"a body too many": {"EncryptedBody", "beside", askFakeFaces(faceid.DetectAIFakeFacesRequest{EncryptedBody: "AAAA", Encryption: sealedName, FaceInputType: 1})},
	"a sealed face":   {"", "", askFakeFaces(faceid.DetectAIFakeFacesRequest{EncryptedBody: "AAAA", Encryption: sealedName})},
}

func TestChecksRefuseBadArguments(t *testing.T) {

	words := map[string]bool{"video of 8 MB": true, "a photo of 3 MB": true, "a card of 7 MB": true, "settings": true} // The results of these checks are words.
	for name, test := range checkArguments {
		t.Run(name, func(t *testing.T) {
			e := &cloudExchange{answers: []string{answerOf(`"Result":"0","AttackRiskLevel":"Low"`)}}
			if words[name] {
				e.answers = []string{answerOf(`"Result":"Success"`)}
			}
			err := test.call(t.Context(), cloudClient(t, e))
			suite.see(err)
			if test.field == "" {
				require.NoError(t, err)
				require.Len(t, e.requests, 1)
				return
			}
			require.ErrorIs(t, err, faceid.ErrRequest)
			var argument *faceid.ArgumentError
			require.ErrorAs(t, err, &argument)
			require.Equal(t, test.field, argument.Field)
			require.ErrorContains(t, err, test.limit)
			require.Empty(t, e.requests, "nothing was sent")
		})
	}
}

// The checks run against the simulator, which was written from the documents and not
// from the client.
func TestChecksWorkOnTheSimulator(t *testing.T) {
	sim, client := cloudSim(t)
	for action, check := range checkCalls() {
		result, err := faceid.Confirm(check.call(t.Context(), client))
		require.NoError(t, err, action)
		suite.see(result)
	}

	requireScriptedChecksFail(t, sim, client)
	sim.ScriptCheck("IdCardVerification", faceidtest.Check{Result: "-4"})
	result, err := client.IdCardVerification(t.Context(), faceid.IdCardVerificationRequest{Name: somebody.Name, IDCard: somebody.IDNo})
	require.ErrorIs(t, err, faceid.ErrService)
	require.Equal(t, faceid.ChargedNo, result.Charged())
	sim.ScriptCheck("IdCardVerification", faceidtest.Check{})
	result, err = client.IdCardVerification(t.Context(), faceid.IdCardVerificationRequest{Name: somebody.Name, IDCard: "110101199003074478"})
	require.NoError(t, err)
	require.Equal(t, faceid.FamilyIdentityMalformed, result.Family(), "a wrong check digit")

	sim.ScriptCheck("PhoneVerification", faceidtest.Check{Result: "-4", ResultDetail: "PhoneNameMismatch", Isp: "联通"})
	phone, err := client.PhoneVerification(t.Context(), faceid.PhoneVerificationRequest{Name: somebody.Name, IDCard: somebody.IDNo, Phone: somePhone, VerifyMode: faceid.PhoneVerifyDetailed})
	require.NoError(t, err)
	require.Equal(t, faceid.PhoneNameMismatch, phone.ResultDetail)
	require.Equal(t, faceid.CarrierUnicom, phone.ISP)

	var frames int
	alive, err := client.LivenessRecognition(t.Context(), faceid.LivenessRecognitionRequest{
		Name: somebody.Name, IDCard: somebody.IDNo, LivenessType: faceid.LivenessSilent, Video: inventedMP4, Optional: `{"BestFrameNum":2}`,
		MediaTo: func(name string) io.Writer {
			frames++
			require.Contains(t, []string{"BestFrameBase64", "BestFrameList[0]", "BestFrameList[1]"}, name)
			return io.Discard
		},
	})
	require.ErrorIs(t, alive.Err(), faceid.FamilyIdentityMismatch, "as it was scripted")
	require.NoError(t, err)
	sim.ScriptCheck("LivenessRecognition", faceidtest.Check{})
	require.Zero(t, frames)

	read, err := client.IdCardOCRVerification(t.Context(), faceid.IdCardOCRVerificationRequest{Image: smallPNG(t)})
	require.NoError(t, err)
	require.NotEmpty(t, read.Portrait)
	require.NotEmpty(t, read.Name)
	suite.canary(read.Address, "address")
	suite.see(read, *read)
}

// requireScriptedChecksFail scripts checks that do not pass and expects that they
// do not.
func requireScriptedChecksFail(t *testing.T, sim *faceidtest.Server, client *faceid.Client) {
	for action, script := range map[string]faceidtest.Check{
		"IdCardVerification": {Result: "-1"}, "ImageRecognitionV2": {Result: "FailedOperation.CompareLowSimilarity"},
		"LivenessRecognition": {Result: "FailedOperation.IdNameMisMatch", AsError: true}, "BankCard4EVerification": {Result: "-13"},
		"DetectAIFakeFaces": {AttackRiskLevel: "High", AttackRiskTypes: []string{"SuspectedSynthesisVideo"}}, "MobileStatus": {Result: "-1"},
	} {
		sim.ScriptCheck(action, script)
		result, err := checkCalls()[action].call(t.Context(), client)
		require.NoError(t, err, action)
		_, err = faceid.Confirm(result, err)
		require.ErrorIs(t, err, faceid.ErrNotPassed, action)
		suite.see(result, err)
	}
}

func TestChecksNeedTheirDoor(t *testing.T) {
	c, err := faceid.New(faceid.WithApp("TIDA0001", "secret"), faceid.WithStore(faceid.NewMemoryStore()), faceid.WithHTTPClient(&http.Client{}))
	require.NoError(t, err)
	for action, check := range checkCalls() {
		result, err := check.call(t.Context(), c)
		require.Nil(t, result)
		require.ErrorIs(t, err, faceid.ErrDoorClosed, action)
		require.ErrorContains(t, err, "WithCloud")
		require.ErrorContains(t, err, action)
	}
}
