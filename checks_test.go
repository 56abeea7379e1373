package faceid_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
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

// The checks: what is sent, what is refused, what the answer means and costs.

const (
	somePhone = "13800138000" // invented
	someCard  = "6222020000000000000"
)

// checkCall is one check, well asked, and what it must send.
type checkCall struct {
	call func(ctx context.Context, c *faceid.Client) (faceid.Result, error)
	body string
}

// checked keeps a nil result nil.
func checked[T any, P interface {
	*T
	faceid.Result
}](result P, err error) (faceid.Result, error) {
	if result == nil {
		return nil, err
	}
	return result, err
}

var inventedMP4 = []byte("\x00\x00\x00\x18ftypisom an invented video")

func checkCalls() map[string]checkCall {
	name, id := somebody.Name, somebody.IDNo
	person := `"Name":"` + name + `","IdCard":"` + id + `"`
	phone, card := `"Phone":"`+somePhone+`"`, `"BankCard":"`+someCard+`"`
	jpg, mp4 := base64.StdEncoding.EncodeToString(inventedJPG), base64.StdEncoding.EncodeToString(inventedMP4)
	type C = *faceid.Client
	return map[string]checkCall{
		"DetectAIFakeFaces": {func(ctx context.Context, c C) (faceid.Result, error) {
			return checked(c.DetectAIFakeFaces(ctx, faceid.DetectAIFakeFacesRequest{FaceInput: inventedJPG, FaceInputType: faceid.FacePicture}))
		}, `{"FaceInput":"` + jpg + `","FaceInputType":1}`},
		"LivenessRecognition": {func(ctx context.Context, c C) (faceid.Result, error) {
			return checked(c.LivenessRecognition(ctx, faceid.LivenessRecognitionRequest{Name: name, IDCard: id, LivenessType: faceid.LivenessAction, Video: inventedMP4, ValidateData: "1,2"}))
		}, `{` + person + `,"LivenessType":"ACTION","VideoBase64":"` + mp4 + `","ValidateData":"1,2"}`},
		"LivenessCompare": {func(ctx context.Context, c C) (faceid.Result, error) {
			return checked(c.LivenessCompare(ctx, faceid.LivenessCompareRequest{LivenessType: faceid.LivenessSilent, Image: inventedJPG, VideoURL: "https://m.example/v.mp4"}))
		}, `{"LivenessType":"SILENT","ImageBase64":"` + jpg + `","VideoUrl":"https://m.example/v.mp4"}`},
		"ImageRecognitionV2": {func(ctx context.Context, c C) (faceid.Result, error) {
			return checked(c.ImageRecognitionV2(ctx, faceid.ImageRecognitionV2Request{Name: name, IDCard: id, Image: inventedJPG, Extra: "e"}))
		}, `{` + person + `,"ImageBase64":"` + jpg + `","Extra":"e"}`},
		"CheckIdCardInformation": {func(ctx context.Context, c C) (faceid.Result, error) {
			return checked(c.CheckIdCardInformation(ctx, faceid.CheckIdCardInformationRequest{Image: inventedJPG, Config: `{"CopyWarn":true}`}))
		}, `{"ImageBase64":"` + jpg + `","Config":"{\"CopyWarn\":true}"}`},
		"IdCardVerification": {func(ctx context.Context, c C) (faceid.Result, error) {
			return checked(c.IdCardVerification(ctx, faceid.IdCardVerificationRequest{Name: name, IDCard: id}))
		}, `{` + person + `}`},
		"IdCardOCRVerification": {func(ctx context.Context, c C) (faceid.Result, error) {
			return checked(c.IdCardOCRVerification(ctx, faceid.IdCardOCRVerificationRequest{Name: name, IDCard: id}))
		}, `{` + person + `}`},
		"CheckIdNameDate": {func(ctx context.Context, c C) (faceid.Result, error) {
			return checked(c.CheckIdNameDate(ctx, faceid.CheckIdNameDateRequest{Name: name, IDCard: id, ValidityBegin: "20200131", ValidityEnd: faceid.NoExpiry}))
		}, `{` + person + `,"ValidityBegin":"20200131","ValidityEnd":"00000000"}`},
		"CheckBankCardInformation": {func(ctx context.Context, c C) (faceid.Result, error) {
			return checked(c.CheckBankCardInformation(ctx, faceid.CheckBankCardInformationRequest{BankCard: someCard}))
		}, `{` + card + `}`},
		"BankCard2EVerification": {func(ctx context.Context, c C) (faceid.Result, error) {
			return checked(c.BankCard2EVerification(ctx, faceid.BankCard2EVerificationRequest{Name: name, BankCard: someCard}))
		}, `{"Name":"` + name + `",` + card + `}`},
		"BankCardVerification": {func(ctx context.Context, c C) (faceid.Result, error) {
			return checked(c.BankCardVerification(ctx, faceid.BankCardVerificationRequest{Name: name, IDCard: id, BankCard: someCard}))
		}, `{` + person + `,` + card + `}`},
		"BankCard4EVerification": {func(ctx context.Context, c C) (faceid.Result, error) {
			return checked(c.BankCard4EVerification(ctx, faceid.BankCard4EVerificationRequest{Name: name, IDCard: id, BankCard: someCard, Phone: somePhone}))
		}, `{` + person + `,` + card + `,` + phone + `}`},
		"MobileNetworkTimeVerification": {func(ctx context.Context, c C) (faceid.Result, error) {
			return checked(c.MobileNetworkTimeVerification(ctx, faceid.MobileNetworkTimeVerificationRequest{Mobile: somePhone}))
		}, `{"Mobile":"` + somePhone + `"}`},
		"MobileStatus": {func(ctx context.Context, c C) (faceid.Result, error) {
			return checked(c.MobileStatus(ctx, faceid.MobileStatusRequest{Mobile: somePhone}))
		}, `{"Mobile":"` + somePhone + `"}`},
		"PhoneVerification": {func(ctx context.Context, c C) (faceid.Result, error) {
			return checked(c.PhoneVerification(ctx, faceid.PhoneVerificationRequest{Name: name, IDCard: id, Phone: somePhone, VerifyMode: faceid.PhoneVerifyDetailed}))
		}, `{` + person + `,` + phone + `,"VerifyMode":"1"}`},
		"PhoneVerificationCMCC": {func(ctx context.Context, c C) (faceid.Result, error) {
			return checked(c.PhoneVerificationCMCC(ctx, faceid.PhoneVerificationCMCCRequest{Name: name, IDCard: id, Phone: somePhone}))
		}, `{` + person + `,` + phone + `}`},
		"PhoneVerificationCTCC": {func(ctx context.Context, c C) (faceid.Result, error) {
			return checked(c.PhoneVerificationCTCC(ctx, faceid.PhoneVerificationCTCCRequest{Name: name, IDCard: id, Phone: somePhone}))
		}, `{` + person + `,` + phone + `}`},
		"PhoneVerificationCUCC": {func(ctx context.Context, c C) (faceid.Result, error) {
			return checked(c.PhoneVerificationCUCC(ctx, faceid.PhoneVerificationCUCCRequest{Name: name, IDCard: id, Phone: somePhone}))
		}, `{` + person + `,` + phone + `}`},
		"CheckPhoneAndName": {func(ctx context.Context, c C) (faceid.Result, error) {
			return checked(c.CheckPhoneAndName(ctx, faceid.CheckPhoneAndNameRequest{Name: name, Mobile: somePhone}))
		}, `{"Mobile":"` + somePhone + `","Name":"` + name + `"}`},
	}
}

// goodCheck is what every check takes for a pass.
func goodCheck(action string) string {
	switch checkTables()[action] {
	case "":
		return answerOf(`"AttackRiskLevel":"Low","AttackRiskDetailList":[],"ExtraInfo":{"RetrievalLivenessExtraInfo":null}`)
	case "cloud":
		return answerOf(`"Result":"Success","Description":"ok","Sim":97.5`)
	}
	return answerOf(`"Result":"0","Description":"ok"`)
}

// checkTables are the tables of the results, by action, from the specification.
func checkTables() map[string]string {
	text, err := os.ReadFile("internal/cloudspec/cn.json")
	if err != nil {
		panic(err)
	}
	var spec cloudSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		panic(err)
	}
	tables := map[string]string{}
	for action := range checkCalls() {
		tables[action] = spec.Actions[action].Result
	}
	return tables
}

// whose is a value that the platform's words must not bring back: one of the
// request, or one that was read from a card.
func whose(action string) string {
	body := checkCalls()[action].body
	for _, value := range []string{somebody.Name, somePhone, someCard} {
		if strings.Contains(body, value) || action == "CheckIdCardInformation" {
			return value
		}
	}
	return "nobody"
}

func TestEveryCheckSendsItsFieldsAndNoOthers(t *testing.T) {
	calls := checkCalls()
	require.Len(t, calls, 19)
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

// Every check is charged, so none is repeated once it may have reached the
// platform; what was refused for its rate had no effect.
func TestAChargedCheckIsNotRepeated(t *testing.T) {
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

// Every row of the documents' tables, as it stands in the data files: what it
// means, what it costs, and whether it is an answer.
func TestEveryResultOfACheckHasMeaningAndCharge(t *testing.T) {
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
				continue
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
	}
	require.Equal(t, 8+8+9+7+19+21+22+7+6+4*9+9, rows, "IdCardVerification's table serves two actions, PhoneVerification's four")
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

// The documents list the words of photo and liveness checks as results and as
// errors: both are the same outcome, and three are charged.
func TestWordsOfPhotoAndLivenessChecks(t *testing.T) {
	for action, table := range checkTables() {
		if table != "cloud" {
			continue
		}
		for word, want := range map[string]struct {
			family  faceid.Family
			charged faceid.Charged
			outcome bool
		}{
			"FailedOperation.IdNameMisMatch":        {faceid.FamilyIdentityMismatch, faceid.ChargedYes, true},
			"FailedOperation.CompareLowSimilarity":  {faceid.FamilyNotSamePerson, faceid.ChargedYes, true},
			"FailedOperation.CompareFail":           {faceid.FamilyNotSamePerson, faceid.ChargedNo, true},
			"FailedOperation.LifePhotoDetectFake":   {faceid.FamilySuspectedFake, faceid.ChargedNo, true},
			"FailedOperation.SilentTooShort":        {faceid.FamilyMediaUnusable, faceid.ChargedNo, true},
			"FailedOperation.OcrWarningOccurred":    {faceid.FamilyUnreadable, faceid.ChargedNo, true},
			"FailedOperation.IdPhotoSystemNoanswer": {faceid.ErrService, faceid.ChargedNo, false},
			"FailedOperation.SomethingNew":          {faceid.ErrUnknownCode, faceid.ChargedUnknown, false},
			"failedoperation.comparelowsimilarity":  {faceid.ErrUnknownCode, faceid.ChargedUnknown, false},
			"0":                                     {faceid.ErrUnknownCode, faceid.ChargedUnknown, false},
			"an odd result":                         {faceid.ErrUnknownCode, faceid.ChargedUnknown, false},
		} {
			told := fmt.Sprintf(`"Result":%q,"Description":"of %s","Sim":12.5`, word, whose(action))
			if action == "CheckIdCardInformation" {
				told += `,"Name":"` + somebody.Name + `"`
			}
			told = answerOf(told)
			e := &cloudExchange{answers: []string{told}}
			result, err := checkCalls()[action].call(t.Context(), cloudClient(t, e))
			suite.see(err, result.Err())
			require.Equal(t, want.family, result.Family(), "%s %s", action, word)
			require.Equal(t, want.charged, result.Charged(), "%s %s", action, word)
			require.Equal(t, want.outcome, err == nil, "%s %s", action, word)
			require.False(t, result.Passed())
			require.ErrorIs(t, result.Err(), want.family)
			require.Equal(t, want.outcome, errors.Is(result.Err(), faceid.ErrNotPassed))

			e = &cloudExchange{answers: []string{fmt.Sprintf(`{"Response":{"Error":{"Code":%q,"Message":"m"},"RequestId":"r1"}}`, word)}}
			result, err = checkCalls()[action].call(t.Context(), cloudClient(t, e))
			if !want.outcome {
				require.Error(t, err)
				require.Nil(t, result, "%s %s: there is no answer", action, word)
				continue
			}
			require.NoError(t, err)
			require.Equal(t, want.family, result.Family())
			require.Equal(t, want.charged, result.Charged())
			_, err = faceid.Confirm(result, err)
			require.ErrorIs(t, err, faceid.ErrNotPassed)
			require.ErrorContains(t, err, "r1")
		}
	}
}

// What a check with numbers is refused with is an error, and keeps its family.
func TestRefusedChecksAreErrors(t *testing.T) {
	read := map[string]string{"CheckIdCardInformation": somebody.Name} // which nothing was
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

func TestAnAnswerWithoutAResultIsBad(t *testing.T) {
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

// One page spells success so; in the other tables -0 stands for nothing.
func TestMinusZeroPassesInOneTableOnly(t *testing.T) {
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

func TestResultsOfNobody(t *testing.T) {
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

func TestTheRiskOfAFace(t *testing.T) {
	for level, want := range map[string]faceid.Family{
		"Low": faceid.FamilyPassed, "Mid": faceid.FamilyPassed, "High": faceid.FamilySuspectedFake, "Extreme": faceid.ErrUnknownCode, "low": faceid.ErrUnknownCode,
	} {
		e := &cloudExchange{answers: []string{answerOf(`"AttackRiskLevel":"` + level + `","AttackRiskDetailList":[{"Type":"SuspectedSynthesisImage"}],
			"ExtraInfo":{"RetrievalLivenessExtraInfo":[{"HitGroup":"Common","SimilarityScore":0.25,"HitTemplate":"t"}]}`)}}
		result, err := cloudClient(t, e).DetectAIFakeFaces(t.Context(), faceid.DetectAIFakeFacesRequest{FaceInput: inventedMP4, FaceInputType: faceid.FaceVideo})
		require.Equal(t, want, result.Family())
		require.Equal(t, want == faceid.FamilyPassed, result.Passed())
		require.Equal(t, faceid.ChargedYes, result.Charged())
		require.Equal(t, want == faceid.ErrUnknownCode, err != nil)
		require.Equal(t, faceid.AttackSynthesisImage, result.AttackRiskDetailList[0].Type)
		_, err = faceid.Confirm(result, err)
		require.Equal(t, want == faceid.FamilyPassed, err == nil)
		require.Equal(t, want == faceid.FamilySuspectedFake, errors.Is(err, faceid.ErrNotPassed))
		if err != nil {
			require.ErrorIs(t, err, want)
			require.NotErrorIs(t, err, faceid.FamilyPassed)
		}
	}
}

func TestMonthsAndStates(t *testing.T) {
	for text, want := range map[string][2]int{"[0,3)": {0, 3}, "[24,+)": {24, 0}, " [6, 12)": {-1}, "[6, 12)": {6, 12}} {
		from, below, ok := (&faceid.MobileNetworkTimeVerificationResult{Result: "0", Range: text}).Months()
		require.Equal(t, want[0] >= 0, ok, text)
		if ok {
			require.Equal(t, want, [2]int{from, below}, text)
		}
	}
	for _, text := range []string{"", "[", "[3)", "[a,b)", "[3,6", "3,6)", "[6,3)", "[-1,3)", "[3,]", "(3,6]"} {
		_, _, ok := (&faceid.MobileNetworkTimeVerificationResult{Result: "0", Range: text}).Months()
		require.False(t, ok, text)
	}
	long := &faceid.MobileNetworkTimeVerificationResult{Result: "-0", Range: "[3,6)"}
	_, _, ok := long.Months()
	require.True(t, ok, "one page spells success so")
	require.Equal(t, faceid.ChargedYes, long.Charged())
	_, _, ok = (&faceid.MobileNetworkTimeVerificationResult{Result: "-3", Range: "[3,6)"}).Months()
	require.False(t, ok)

	state, ok := (&faceid.MobileStatusResult{Result: "0", StatusCode: 1}).State()
	require.True(t, ok)
	require.Equal(t, faceid.PhoneSuspended, state)
	state, ok = (&faceid.MobileStatusResult{Result: "-1"}).State()
	require.False(t, ok)
	require.NotEqual(t, faceid.PhoneNormal, state)
}

func TestBadArgumentsOfChecks(t *testing.T) {
	big := func(n int) []byte { return append(inventedJPG[:3:3], make([]byte, n/4*3-3)...) }
	live := func(change func(r *faceid.LivenessRecognitionRequest)) func(context.Context, *faceid.Client) error {
		return func(ctx context.Context, c *faceid.Client) error {
			r := faceid.LivenessRecognitionRequest{Name: "n", IDCard: "1", LivenessType: faceid.LivenessSilent, VideoURL: "https://m.example/v"}
			change(&r)
			_, err := c.LivenessRecognition(ctx, r)
			return err
		}
	}
	compare := func(change func(r *faceid.LivenessCompareRequest)) func(context.Context, *faceid.Client) error {
		return func(ctx context.Context, c *faceid.Client) error {
			r := faceid.LivenessCompareRequest{LivenessType: faceid.LivenessSilent, VideoURL: "https://m.example/v", ImageURL: "https://m.example/p"}
			change(&r)
			_, err := c.LivenessCompare(ctx, r)
			return err
		}
	}
	ocr := func(r faceid.IdCardOCRVerificationRequest) func(context.Context, *faceid.Client) error {
		return func(ctx context.Context, c *faceid.Client) error {
			_, err := c.IdCardOCRVerification(ctx, r)
			return err
		}
	}
	card := func(r faceid.CheckIdCardInformationRequest) func(context.Context, *faceid.Client) error {
		return func(ctx context.Context, c *faceid.Client) error {
			_, err := c.CheckIdCardInformation(ctx, r)
			return err
		}
	}
	photo := func(r faceid.ImageRecognitionV2Request) func(context.Context, *faceid.Client) error {
		return func(ctx context.Context, c *faceid.Client) error { _, err := c.ImageRecognitionV2(ctx, r); return err }
	}
	fake := func(r faceid.DetectAIFakeFacesRequest) func(context.Context, *faceid.Client) error {
		return func(ctx context.Context, c *faceid.Client) error { _, err := c.DetectAIFakeFaces(ctx, r); return err }
	}
	id := func(r faceid.IdCardVerificationRequest) func(context.Context, *faceid.Client) error {
		return func(ctx context.Context, c *faceid.Client) error { _, err := c.IdCardVerification(ctx, r); return err }
	}
	date := func(begin, end string) func(context.Context, *faceid.Client) error {
		return func(ctx context.Context, c *faceid.Client) error {
			_, err := c.CheckIdNameDate(ctx, faceid.CheckIdNameDateRequest{Name: "n", IDCard: "1", ValidityBegin: begin, ValidityEnd: end})
			return err
		}
	}
	sealed := &faceid.Encryption{EncryptList: []string{"Name"}, CiphertextBlob: "b", IV: "i"}
	words := map[string]bool{"video of 8 MB": true, "a photo of 3 MB": true, "a card of 7 MB": true, "settings": true} // who answers in words
	for name, test := range map[string]struct {
		field, limit string // "" is good
		call         func(context.Context, *faceid.Client) error
	}{
		"nobody's name":          {"Name", "empty", id(faceid.IdCardVerificationRequest{IDCard: "1"})},
		"no number":              {"IDCard", "empty", id(faceid.IdCardVerificationRequest{Name: "n"})},
		"a blank at the end":     {"Name", "white space", id(faceid.IdCardVerificationRequest{Name: "n ", IDCard: "1"})},
		"a control character":    {"Name", "control", id(faceid.IdCardVerificationRequest{Name: "n\x00m", IDCard: "1"})},
		"no cipher text":         {"Name", "Base64", id(faceid.IdCardVerificationRequest{Name: "plain", IDCard: "1", Encryption: sealed})},
		"a cipher text":          {"", "", id(faceid.IdCardVerificationRequest{Name: "AAAA", IDCard: "1", Encryption: sealed})},
		"another field's":        {"Encryption.EncryptList", "cannot", id(faceid.IdCardVerificationRequest{Name: "AAAA", IDCard: "1", Encryption: &faceid.Encryption{EncryptList: []string{"Name", "Phone"}}})},
		"a field twice":          {"Encryption.EncryptList", "twice", id(faceid.IdCardVerificationRequest{Name: "AAAA", IDCard: "1", Encryption: &faceid.Encryption{EncryptList: []string{"Name", "Name"}}})},
		"no day":                 {"ValidityBegin", "YYYYMMDD", date("20230230", "20300101")},
		"no last day":            {"ValidityEnd", "YYYYMMDD", date("20230228", "")},
		"without end":            {"", "", date("20230228", faceid.NoExpiry)},
		"without beginning":      {"ValidityBegin", "YYYYMMDD", date(faceid.NoExpiry, faceid.NoExpiry)},
		"no video":               {"Video", "VideoURL", live(func(r *faceid.LivenessRecognitionRequest) { r.VideoURL = "" })},
		"video of 8 MB":          {"", "", live(func(r *faceid.LivenessRecognitionRequest) { r.Video = big(8 << 20) })},
		"video of more":          {"Video", "8 MB", live(func(r *faceid.LivenessRecognitionRequest) { r.Video = big(8<<20 + 4) })},
		"video from nowhere":     {"VideoURL", "absolute", live(func(r *faceid.LivenessRecognitionRequest) { r.VideoURL = "v.mp4" })},
		"a mode of one's own":    {"LivenessType", "LivenessDigits", live(func(r *faceid.LivenessRecognitionRequest) { r.LivenessType = "lip" })},
		"nothing to read":        {"ValidateData", "empty", live(func(r *faceid.LivenessRecognitionRequest) { r.LivenessType = faceid.LivenessDigits })},
		"silent words":           {"ValidateData", "not empty", live(func(r *faceid.LivenessRecognitionRequest) { r.ValidateData = "1234" })},
		"settings that are none": {"Optional", "JSON", live(func(r *faceid.LivenessRecognitionRequest) { r.Optional = "BestFrameNum=3" })},
		"settings":               {"", "", live(func(r *faceid.LivenessRecognitionRequest) { r.Optional = ` {"BestFrameNum":3}` })},
		"no photo":               {"Image", "ImageURL", compare(func(r *faceid.LivenessCompareRequest) { r.ImageURL = "" })},
		"no photo in the file":   {"Image", "JPG or PNG", compare(func(r *faceid.LivenessCompareRequest) { r.Image = inventedMP4 })},
		"a photo of 3 MB":        {"", "", compare(func(r *faceid.LivenessCompareRequest) { r.Image = big(3 << 20) })},
		"a photo of more":        {"Image", "3 MB", compare(func(r *faceid.LivenessCompareRequest) { r.Image = big(3<<20 + 4) })},
		"both, too large":        {"Request", "10 MB", compare(func(r *faceid.LivenessCompareRequest) { r.Image, r.Video = big(3<<20), big(8<<20) })},
		"no photo of the face":   {"Image", "empty", photo(faceid.ImageRecognitionV2Request{Name: "n", IDCard: "1"})},
		"extra of 11":            {"Extra", "10", photo(faceid.ImageRecognitionV2Request{Name: "n", IDCard: "1", Image: inventedJPG, Extra: "12345678901"})},
		"no card":                {"Image", "ImageURL", card(faceid.CheckIdCardInformationRequest{})},
		"a card of 7 MB":         {"", "", card(faceid.CheckIdCardInformationRequest{Image: big(7 << 20)})},
		"a card of more":         {"Image", "7 MB", card(faceid.CheckIdCardInformationRequest{Image: big(7<<20 + 4)})},
		"a list of warnings":     {"Config", "JSON", card(faceid.CheckIdCardInformationRequest{Image: inventedJPG, Config: `["CopyWarn"]`})},
		"half a person":          {"IDCard", "empty", ocr(faceid.IdCardOCRVerificationRequest{Name: "n"})},
		"a card nobody reads":    {"", "", ocr(faceid.IdCardOCRVerificationRequest{Name: "n", IDCard: "1", Image: inventedJPG})},
		"neither":                {"Image", "ImageURL", ocr(faceid.IdCardOCRVerificationRequest{})},
		"a card to read":         {"", "", ocr(faceid.IdCardOCRVerificationRequest{Image: inventedJPG})},
		"a passport": {"CertType", "ID card", func(ctx context.Context, c *faceid.Client) error {
			_, err := c.BankCardVerification(ctx, faceid.BankCardVerificationRequest{Name: "n", IDCard: "1", BankCard: "2", CertType: 1})
			_, err2 := c.BankCard4EVerification(ctx, faceid.BankCard4EVerificationRequest{Name: "n", IDCard: "1", BankCard: "2", Phone: "3", CertType: 1})
			require.ErrorIs(t, err2, faceid.ErrRequest)
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
		"neither kind":    {"FaceInputType", "FacePicture", fake(faceid.DetectAIFakeFacesRequest{FaceInput: inventedJPG})},
		"no face":         {"FaceInput", "empty", fake(faceid.DetectAIFakeFacesRequest{FaceInputType: faceid.FaceVideo})},
		"no picture":      {"FaceInput", "JPG or PNG", fake(faceid.DetectAIFakeFacesRequest{FaceInput: inventedMP4, FaceInputType: faceid.FacePicture})},
		"a body alone":    {"EncryptedBody", "together", fake(faceid.DetectAIFakeFacesRequest{EncryptedBody: "AAAA"})},
		"a body too many": {"EncryptedBody", "beside", fake(faceid.DetectAIFakeFacesRequest{EncryptedBody: "AAAA", Encryption: sealed, FaceInputType: 1})},
		"a sealed face":   {"", "", fake(faceid.DetectAIFakeFacesRequest{EncryptedBody: "AAAA", Encryption: sealed})},
	} {
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

// Against the simulator, which knows the documents and not the client.
func TestChecksOnTheSimulator(t *testing.T) {
	sim, client := cloudSim(t)
	for action, check := range checkCalls() {
		result, err := faceid.Confirm(check.call(t.Context(), client))
		require.NoError(t, err, action)
		suite.see(result)
	}
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
