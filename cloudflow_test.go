package faceid_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/stretchr/testify/require"
)

// The typed actions against prepared answers: what is sent, what is refused, and
// what decides.

func answerOf(fields string) string { return `{"Response":{` + fields + `,"RequestId":"request-1"}}` }

func TestDetectAuthIsSentAsDocumented(t *testing.T) {
	e := &cloudExchange{answers: []string{answerOf(`"Url":"https://x","BizToken":"b1"`)}}
	yes := true
	result, err := cloudClient(t, e).DetectAuth(t.Context(), faceid.DetectAuthRequest{
		RuleID: "1", Name: somebody.Name, IDCard: somebody.IDNo, RedirectURL: "https://merchant.example/back", Extra: "e", Image: inventedJPG,
		IntentionQuestions: []faceid.IntentionQuestion{{Question: "q", Answers: []string{"a"}}},
		Config:             &faceid.RuleIDConfig{IntentionType: faceid.RuleIntentionQuestions, IntentionRecognition: &yes, Speed: 2},
	})
	require.NoError(t, err)
	require.Equal(t, "b1", result.BizToken)
	require.Equal(t, "DetectAuth", e.requests[0].Header.Get("X-TC-Action"))
	require.JSONEq(t, `{"RuleId":"1","Name":"`+somebody.Name+`","IdCard":"`+somebody.IDNo+`","RedirectUrl":"https://merchant.example/back","Extra":"e",
		"ImageBase64":"/9j/IGFuIGludmVudGVkIHBpY3R1cmU=","IntentionQuestions":[{"Question":"q","Answers":["a"]}],"Config":{"IntentionRecognition":true,"Speed":2}}`, e.bodies[0])
	suite.see(result, *result)
}

func TestEveryActionSendsItsNameAndNothingElse(t *testing.T) {
	for name, test := range map[string]struct {
		call func(ctx context.Context, c *faceid.Client) error
		body string
	}{
		"GetDetectInfo": {func(ctx context.Context, c *faceid.Client) error {
			_, err := c.GetDetectInfo(ctx, faceid.GetDetectInfoRequest{BizToken: "b", RuleID: "1", InfoType: faceid.InfoText | faceid.InfoVideo})
			return err
		}, `{"BizToken":"b","RuleId":"1","InfoType":"14"}`},
		"GetDetectInfoEnhanced": {func(ctx context.Context, c *faceid.Client) error {
			_, err := c.GetDetectInfoEnhanced(ctx, faceid.GetDetectInfoEnhancedRequest{BizToken: "b", RuleID: "1"})
			return err
		}, `{"BizToken":"b","RuleId":"1"}`},
		"GetEidToken": {func(ctx context.Context, c *faceid.Client) error {
			_, err := c.GetEidToken(ctx, faceid.GetEidTokenRequest{MerchantID: "m", Config: &faceid.GetEidTokenConfig{
				UseIntentionVerify: true, IntentionMode: faceid.EidIntentionNod, IntentionActions: []faceid.IntentionActionConfig{{Text: "t"}},
			}})
			return err
		}, `{"MerchantId":"m","Config":{"UseIntentionVerify":true,"IntentionMode":"3","IntentionActions":[{"Text":"t"}]}}`},
		"CheckEidTokenStatus": {func(ctx context.Context, c *faceid.Client) error {
			_, err := c.CheckEidTokenStatus(ctx, faceid.CheckEidTokenStatusRequest{EidToken: "e"})
			return err
		}, `{"EidToken":"e"}`},
		"GetEidResult": {func(ctx context.Context, c *faceid.Client) error {
			_, err := c.GetEidResult(ctx, faceid.GetEidResultRequest{EidToken: "e", InfoType: faceid.InfoText | faceid.InfoIntention, BestFramesCount: 3})
			return err
		}, `{"EidToken":"e","InfoType":"16","BestFramesCount":3}`},
		"GetWeChatBillDetails": {func(ctx context.Context, c *faceid.Client) error {
			_, err := c.GetWeChatBillDetails(ctx, faceid.GetWeChatBillDetailsRequest{Date: time.Now().AddDate(0, 0, -3).Format(time.DateOnly)})
			return err
		}, `{"Date":"` + time.Now().AddDate(0, 0, -3).Format(time.DateOnly) + `","Cursor":0}`},
		"ApplyWebVerificationBizTokenIntl": {func(ctx context.Context, c *faceid.Client) error {
			_, err := c.ApplyWebVerificationBizTokenIntl(ctx, faceid.ApplyWebVerificationBizTokenIntlRequest{
				RedirectURL: "https://m.example/", Config: &faceid.WebVerificationConfigIntl{CheckMode: faceid.IntlDocumentAndFace, IDCardType: faceid.IntlThailandIDCard},
			})
			return err
		}, `{"RedirectURL":"https://m.example/","Config":{"CheckMode":1,"IDCardType":"ThailandIDCard"}}`},
		"GetWebVerificationResultIntl": {func(ctx context.Context, c *faceid.Client) error {
			_, err := c.GetWebVerificationResultIntl(ctx, faceid.GetWebVerificationResultIntlRequest{BizToken: "b"})
			return err
		}, `{"BizToken":"b"}`},
		"ApplySdkVerificationToken": {func(ctx context.Context, c *faceid.Client) error {
			_, err := c.ApplySdkVerificationToken(ctx, faceid.ApplySdkVerificationTokenRequest{CheckMode: faceid.IntlLiveness})
			return err
		}, `{"CheckMode":3}`},
		"GetSdkVerificationResult": {func(ctx context.Context, c *faceid.Client) error {
			_, err := c.GetSdkVerificationResult(ctx, faceid.GetSdkVerificationResultRequest{SDKToken: "s"})
			return err
		}, `{"SdkToken":"s"}`},
	} {
		t.Run(name, func(t *testing.T) {
			e := &cloudExchange{answers: []string{answerOf(`"BizToken":"b","EidToken":"e","SdkToken":"s","VerificationURL":"https://x","DetectInfo":"{}"`)}}
			require.NoError(t, test.call(t.Context(), cloudClient(t, e)))
			require.Equal(t, name, e.requests[0].Header.Get("X-TC-Action"))
			var sent, want map[string]any
			require.NoError(t, json.Unmarshal([]byte(e.bodies[0]), &sent))
			require.NoError(t, json.Unmarshal([]byte(test.body), &want))
			for _, optional := range []string{"InfoType"} { // the zero value may be spelt out
				if sent[optional] == "0" {
					delete(sent, optional)
				}
			}
			require.Equal(t, want, sent, "these and no others")
		})
	}
}

func TestInfoPartsWriteTheirDigits(t *testing.T) {
	for parts, want := range map[faceid.InfoParts]string{
		faceid.InfoAll: "0", faceid.InfoText: "1", faceid.InfoText | faceid.InfoBestFrame: "13", faceid.InfoVideo | faceid.InfoText | faceid.InfoBestFrame: "134",
		faceid.InfoReading | faceid.InfoIntention: "56", faceid.InfoIDCard: "2",
	} {
		require.Equal(t, want, parts.String())
	}
}

func TestBadArgumentsOfTheCloud(t *testing.T) {
	long := func(n int) string { return strings.Repeat("字", n) }
	auth := func(change func(r *faceid.DetectAuthRequest)) func(ctx context.Context, c *faceid.Client) error {
		return func(ctx context.Context, c *faceid.Client) error {
			r := faceid.DetectAuthRequest{RuleID: "1"}
			change(&r)
			_, err := c.DetectAuth(ctx, r)
			return err
		}
	}
	eid := func(change func(r *faceid.GetEidTokenRequest)) func(ctx context.Context, c *faceid.Client) error {
		return func(ctx context.Context, c *faceid.Client) error {
			r := faceid.GetEidTokenRequest{MerchantID: "1", Config: &faceid.GetEidTokenConfig{}}
			change(&r)
			_, err := c.GetEidToken(ctx, r)
			return err
		}
	}
	web := func(change func(r *faceid.ApplyWebVerificationBizTokenIntlRequest)) func(ctx context.Context, c *faceid.Client) error {
		return func(ctx context.Context, c *faceid.Client) error {
			r := faceid.ApplyWebVerificationBizTokenIntlRequest{RedirectURL: "https://m.example/", RuleID: "1"}
			change(&r)
			_, err := c.ApplyWebVerificationBizTokenIntl(ctx, r)
			return err
		}
	}
	bill := func(date string) func(ctx context.Context, c *faceid.Client) error {
		return func(ctx context.Context, c *faceid.Client) error {
			_, err := c.GetWeChatBillDetails(ctx, faceid.GetWeChatBillDetailsRequest{Date: date})
			return err
		}
	}
	question := func(q string, answers ...string) []faceid.IntentionQuestion {
		return []faceid.IntentionQuestion{{Question: q, Answers: answers}}
	}
	for name, test := range map[string]struct {
		field, limit string // "" is good
		call         func(ctx context.Context, c *faceid.Client) error
	}{
		"no rule":             {"RuleID", "empty", auth(func(r *faceid.DetectAuthRequest) { r.RuleID = "" })},
		"a small x":           {"IDCard", "capital", auth(func(r *faceid.DetectAuthRequest) { r.IDCard = "11010119900307001x" })},
		"name of 32":          {"", "", auth(func(r *faceid.DetectAuthRequest) { r.Name = long(32) })},
		"name of 33":          {"Name", "32", auth(func(r *faceid.DetectAuthRequest) { r.Name = long(33) })},
		"extra of 1024":       {"", "", auth(func(r *faceid.DetectAuthRequest) { r.Extra = long(1024) })},
		"extra of 1025":       {"Extra", "1024", auth(func(r *faceid.DetectAuthRequest) { r.Extra = long(1025) })},
		"redirect of 1025":    {"RedirectURL", "1024", auth(func(r *faceid.DetectAuthRequest) { r.RedirectURL = "https://m.example/" + strings.Repeat("x", 1007) })},
		"redirect to nowhere": {"RedirectURL", "absolute", auth(func(r *faceid.DetectAuthRequest) { r.RedirectURL = "/back" })},
		"picture of 3 MB":     {"", "", auth(func(r *faceid.DetectAuthRequest) { r.Image = append(inventedJPG[:3:3], make([]byte, 3<<20/4*3-3)...) })},
		"picture of more":     {"Image", "3 MB", auth(func(r *faceid.DetectAuthRequest) { r.Image = append(inventedJPG[:3:3], make([]byte, 3<<20/4*3-2)...) })},
		"a BMP":               {"Image", "JPG or PNG", auth(func(r *faceid.DetectAuthRequest) { r.Image = append([]byte("BM"), make([]byte, 60)...) })},
		"reading of 121":      {"IntentionVerifyText", "120", auth(func(r *faceid.DetectAuthRequest) { r.IntentionVerifyText = long(121) })},
		"question of 250":     {"", "", auth(func(r *faceid.DetectAuthRequest) { r.IntentionQuestions = question(long(250), long(10)) })},
		"question of 251":     {"IntentionQuestions[0].Question", "250", auth(func(r *faceid.DetectAuthRequest) { r.IntentionQuestions = question(long(251), "a") })},
		"answer of 11":        {"IntentionQuestions[0].Answers[1]", "10", auth(func(r *faceid.DetectAuthRequest) { r.IntentionQuestions = question("q", "a", long(11)) })},
		"no answer":           {"IntentionQuestions[0].Answers", "50", auth(func(r *faceid.DetectAuthRequest) { r.IntentionQuestions = question("q") })},
		"51 answers": {"IntentionQuestions[0].Answers", "50", auth(func(r *faceid.DetectAuthRequest) {
			r.IntentionQuestions = question("q", strings.Split(strings.Repeat("a,", 50)+"a", ",")...)
		})},
		"10 nods":      {"", "", auth(func(r *faceid.DetectAuthRequest) { r.Config, r.IntentionActions = nodding, nods(10, "t") })},
		"11 nods":      {"IntentionActions", "10", auth(func(r *faceid.DetectAuthRequest) { r.Config, r.IntentionActions = nodding, nods(11, "t") })},
		"nod of 251":   {"IntentionActions[0].Text", "250", auth(func(r *faceid.DetectAuthRequest) { r.Config, r.IntentionActions = nodding, nods(1, long(251)) })},
		"an odd speed": {"Config.Speed", "3", auth(func(r *faceid.DetectAuthRequest) { r.Config = &faceid.RuleIDConfig{Speed: 4} })},
		"an odd way":   {"Config.IntentionType", "RuleIntention", auth(func(r *faceid.DetectAuthRequest) { r.Config = &faceid.RuleIDConfig{IntentionType: 2} })},
		"no token": {"BizToken", "empty", func(ctx context.Context, c *faceid.Client) error {
			_, err := c.GetDetectInfoEnhanced(ctx, faceid.GetDetectInfoEnhancedRequest{RuleID: "1"})
			_, err2 := c.GetDetectInfo(ctx, faceid.GetDetectInfoRequest{RuleID: "1"})
			require.ErrorIs(t, err2, faceid.ErrRequest)
			return err
		}},
		"no rule of a result": {"RuleID", "empty", func(ctx context.Context, c *faceid.Client) error {
			_, err := c.ConfirmDetect(ctx, faceid.GetDetectInfoEnhancedRequest{BizToken: "b"}, faceid.AnyPerson)
			return err
		}},
		"a part it has not": {"InfoType", "part", func(ctx context.Context, c *faceid.Client) error {
			_, err := c.GetDetectInfo(ctx, faceid.GetDetectInfoRequest{BizToken: "b", RuleID: "1", InfoType: faceid.InfoReading})
			_, err2 := c.GetEidResult(ctx, faceid.GetEidResultRequest{EidToken: "e", InfoType: faceid.InfoVideo})
			require.ErrorIs(t, err2, faceid.ErrRequest)
			return err
		}},
		"11 frames": {"BestFramesCount", "10", func(ctx context.Context, c *faceid.Client) error {
			_, err := c.GetDetectInfoEnhanced(ctx, faceid.GetDetectInfoEnhancedRequest{BizToken: "b", RuleID: "1", BestFramesCount: 11})
			return err
		}},
		"4 frames": {"BestFramesCount", "3", func(ctx context.Context, c *faceid.Client) error {
			_, err := c.GetEidResult(ctx, faceid.GetEidResultRequest{EidToken: "e", BestFramesCount: 4})
			return err
		}},
		"no merchant":       {"MerchantID", "empty", eid(func(r *faceid.GetEidTokenRequest) { r.MerchantID = "" })},
		"given by nobody":   {"Name", "EidInputGiven", eid(func(r *faceid.GetEidTokenRequest) { r.Config.InputType = faceid.EidInputGiven })},
		"an odd input":      {"Config.InputType", "EidInput", eid(func(r *faceid.GetEidTokenRequest) { r.Config.InputType = "5" })},
		"an odd mode":       {"Config.IntentionMode", "EidIntention", eid(func(r *faceid.GetEidTokenRequest) { r.Config.IntentionMode = "0" })},
		"a number of marks": {"IDCard", "letters and digits", eid(func(r *faceid.GetEidTokenRequest) { r.IDCard = "1-2" })},
		"a long question": {"Config.IntentionQuestions[0].Question", "250", eid(func(r *faceid.GetEidTokenRequest) {
			r.Config.UseIntentionVerify, r.Config.IntentionMode, r.Config.IntentionQuestions = true, faceid.EidIntentionQuestions, question(long(251), "a")
		})},
		"no EidToken": {"EidToken", "empty", func(ctx context.Context, c *faceid.Client) error {
			_, err := c.WaitEid(ctx, "")
			return err
		}},
		"no redirect abroad": {"RedirectURL", "empty", web(func(r *faceid.ApplyWebVerificationBizTokenIntlRequest) { r.RedirectURL = "" })},
		"extra of 1001":      {"Extra", "1000", web(func(r *faceid.ApplyWebVerificationBizTokenIntlRequest) { r.Extra = long(1001) })},
		"nothing to compare": {"CompareImage", "empty", web(func(r *faceid.ApplyWebVerificationBizTokenIntlRequest) { r.RuleID = "" })},
		"Config goes first": {"CompareImage", "empty", web(func(r *faceid.ApplyWebVerificationBizTokenIntlRequest) {
			r.Config = &faceid.WebVerificationConfigIntl{CheckMode: faceid.IntlFace}
		})},
		"Config sets something else": {"", "", web(func(r *faceid.ApplyWebVerificationBizTokenIntlRequest) {
			r.Config = &faceid.WebVerificationConfigIntl{AutoSkip: true}
		})},
		"no path abroad": {"RedirectURL", "path", web(func(r *faceid.ApplyWebVerificationBizTokenIntlRequest) { r.RedirectURL = "https://m.example" })},
		"no kind of document": {"Config.IDCardType", "empty", web(func(r *faceid.ApplyWebVerificationBizTokenIntlRequest) {
			r.RuleID, r.Config = "", &faceid.WebVerificationConfigIntl{CheckMode: faceid.IntlDocument}
		})},
		"our own token":               {"RedirectURL", "token", web(func(r *faceid.ApplyWebVerificationBizTokenIntlRequest) { r.RedirectURL += "?token=1" })},
		"our own BizToken":            {"RedirectURL", "BizToken", auth(func(r *faceid.DetectAuthRequest) { r.RedirectURL = "https://m.example/?BizToken=1" })},
		"our own EidToken":            {"RedirectURL", "token", eid(func(r *faceid.GetEidTokenRequest) { r.RedirectURL = "https://m.example/?token=1" })},
		"not switched on":             {"Config.UseIntentionVerify", "nobody", eid(func(r *faceid.GetEidTokenRequest) { r.Config.IntentionQuestions = question("q", "a") })},
		"a mode, not switched on":     {"Config.UseIntentionVerify", "nobody", eid(func(r *faceid.GetEidTokenRequest) { r.Config.IntentionMode = faceid.EidIntentionNod })},
		"switched on, nothing to ask": {"Config.UseIntentionVerify", "nothing", eid(func(r *faceid.GetEidTokenRequest) { r.Config.UseIntentionVerify = true })},
		"another mode's list": {"Config.IntentionMode", "nobody", eid(func(r *faceid.GetEidTokenRequest) {
			r.Config.UseIntentionVerify, r.Config.IntentionVerifyText, r.Config.IntentionQuestions = true, "t", question("q", "a")
		})},
		"questions of a mode": {"", "", eid(func(r *faceid.GetEidTokenRequest) {
			r.Config.UseIntentionVerify, r.Config.IntentionMode, r.Config.IntentionQuestions = true, faceid.EidIntentionQuestions, question("q", "a")
		})},
		"nods without texts": {"IntentionActions", "nobody", auth(func(r *faceid.DetectAuthRequest) {
			r.Config = &faceid.RuleIDConfig{IntentionType: faceid.RuleIntentionNod}
		})},
		"nods that are not asked": {"Config.IntentionType", "nobody", auth(func(r *faceid.DetectAuthRequest) {
			r.Config, r.IntentionActions = &faceid.RuleIDConfig{}, []faceid.IntentionActionConfig{{Text: "t"}}
		})},
		"encrypted": {"", "", auth(func(r *faceid.DetectAuthRequest) {
			r.Name, r.IDCard, r.Encryption = strings.Repeat("A", 44), strings.Repeat("A", 43)+"x", &faceid.Encryption{EncryptList: []string{"Name", "IdCard"}}
		})},
		"encrypted, of E证通": {"", "", eid(func(r *faceid.GetEidTokenRequest) {
			r.Name, r.IDCard, r.Encryption = "+/+/", strings.Repeat("+/+x", 11), &faceid.Encryption{EncryptList: []string{"Name", "IdCard"}}
		})},
		"encrypted in name only": {"IDCard", "Base64", eid(func(r *faceid.GetEidTokenRequest) {
			r.IDCard, r.Encryption = "11010119900307447X", &faceid.Encryption{EncryptList: []string{"IdCard"}}
		})},
		"an encrypted result decides nothing": {"IsEncryptResponse", "GetDetectInfoEnhanced", func(ctx context.Context, c *faceid.Client) error {
			_, err := c.ConfirmDetect(ctx, faceid.GetDetectInfoEnhancedRequest{BizToken: "b", RuleID: "1", IsEncryptResponse: true}, faceid.AnyPerson)
			return err
		}},
		"liveness alone": {"", "", web(func(r *faceid.ApplyWebVerificationBizTokenIntlRequest) {
			r.RuleID, r.Config = "", &faceid.WebVerificationConfigIntl{CheckMode: faceid.IntlLiveness}
		})},
		"an odd mode abroad": {"Config.CheckMode", "Intl", web(func(r *faceid.ApplyWebVerificationBizTokenIntlRequest) {
			r.Config = &faceid.WebVerificationConfigIntl{CheckMode: 5}
		})},
		"picture of 8 MB": {"", "", web(func(r *faceid.ApplyWebVerificationBizTokenIntlRequest) {
			r.CompareImage = append(inventedJPG[:3:3], make([]byte, 8<<20/4*3-5)...)
		})},
		"picture over 8 MB": {"CompareImage", "8 MB", web(func(r *faceid.ApplyWebVerificationBizTokenIntlRequest) {
			r.CompareImage = append(inventedJPG[:3:3], make([]byte, 8<<20/4*3)...)
		})},
		"a document to come": {"", "", web(func(r *faceid.ApplyWebVerificationBizTokenIntlRequest) {
			r.Config = &faceid.WebVerificationConfigIntl{CheckMode: 4, IDCardType: "NewCard"}
		})},
		"yesterday's tomorrow": {"Date", "recent", bill(time.Now().AddDate(0, 0, 1).Format(time.DateOnly))},
		"no date":              {"Date", "2026", bill("")},
		"another form":         {"Date", "2026", bill("20260131")},
		"a year and more":      {"Date", "365", bill(time.Now().AddDate(0, 0, -367).Format(time.DateOnly))},
	} {
		t.Run(name, func(t *testing.T) {
			e := &cloudExchange{answers: []string{answerOf(`"BizToken":"b","EidToken":"e","VerificationURL":"https://x"`)}}
			err := test.call(t.Context(), cloudClient(t, e))
			if test.field == "" {
				require.NoError(t, err)
				return
			}
			var bad *faceid.ArgumentError
			require.ErrorAs(t, err, &bad)
			require.Equal(t, test.field, bad.Field)
			require.Contains(t, bad.Reason, test.limit)
			require.Empty(t, e.requests, "nothing was sent")
			suite.see(err)
		})
	}
}

func nods(n int, text string) []faceid.IntentionActionConfig {
	var all []faceid.IntentionActionConfig
	for range n {
		all = append(all, faceid.IntentionActionConfig{Text: text})
	}
	return all
}

// Bills are ready at six in the morning in China.
func TestBillsOfADayAreReadyAtSix(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // a bubble begins at midnight UTC, eight in the morning in China
		e := &cloudExchange{answers: []string{answerOf(`"HasNextPage":false`)}}
		client := cloudClient(t, e)
		ask := func(date string) error {
			_, err := client.GetWeChatBillDetails(t.Context(), faceid.GetWeChatBillDetailsRequest{Date: date})
			return err
		}
		require.NoError(t, ask("1999-12-31"))
		require.ErrorIs(t, ask("2000-01-01"), faceid.ErrRequest)
		time.Sleep(22*time.Hour - 1)
		require.ErrorIs(t, ask("2000-01-01"), faceid.ErrRequest)
		time.Sleep(1)
		require.NoError(t, ask("2000-01-01"))
		require.NoError(t, ask("1999-01-02"))
		require.ErrorIs(t, ask("1999-01-01"), faceid.ErrRequest)
	})
}

func TestWhatDecidesAFlow(t *testing.T) {
	const asked = `,"IsVerifyIntention":true,"IntentionVerifyType":`
	const passed, unasked = `"Text":{"ErrCode":0}`, `"Text":{"ErrCode":0},"IsVerifyIntention":false`
	for name, test := range map[string]struct {
		answer string
		want   error // nil passes
	}{
		"passes":                  {unasked, nil},
		"nothing happened":        {`"Text":{"ErrCode":null}`, faceid.ErrNoResult},
		"no text":                 {`"Text":null`, faceid.ErrNoResult},
		"not completed":           {`"Text":{"ErrCode":17}`, faceid.ErrNoResult},
		"a fake":                  {`"Text":{"ErrCode":1002,"ErrMsg":"m"}`, faceid.FamilySuspectedFake},
		"low similarity":          {`"Text":{"ErrCode":2016}`, faceid.FamilyNotSamePerson},
		"an unknown code":         {`"Text":{"ErrCode":987654}`, faceid.ErrUnknownCode},
		"the will is not told":    {passed + asked + `"0"`, faceid.ErrNoResult},
		"the engine was too slow": {`"Text":{"ErrCode":1001}`, faceid.ErrService},
		"a name like ErrCode":     {`"Text":{"ErrCode":1002,"errcode":0}`, faceid.FamilySuspectedFake},
		"only a name like Text":   {`"TEXT":{"ErrCode":0}`, faceid.ErrNoResult},
		"questions answered":      {passed + asked + `"0","IntentionQuestionResult":{"FinalResultDetailCode":0}`, nil},
		"questions not answered":  {passed + asked + `"0","IntentionQuestionResult":{"FinalResultDetailCode":-302}`, faceid.FamilyWillMismatch},
		"nodded":                  {passed + asked + `"1","IntentionActionResult":{"FinalResultDetailCode":0}`, nil},
		"did not nod":             {passed + asked + `"1","IntentionActionResult":{"FinalResultDetailCode":-201}`, faceid.FamilyWillMismatch},
		"read":                    {passed + asked + `"2","IntentionVerifyData":{"ErrorCode":0}`, nil},
		"did not read":            {passed + asked + `"2","IntentionVerifyData":{"ErrorCode":-12}`, faceid.FamilyWillMismatch},
		"another way's code":      {passed + asked + `"1","IntentionQuestionResult":{"FinalResultDetailCode":0}`, faceid.ErrBadAnswer},
		"a way to come":           {passed + asked + `"3","IntentionQuestionResult":{"FinalResultDetailCode":0}`, faceid.ErrBadAnswer},
		"no way":                  {passed + `,"IsVerifyIntention":true,"IntentionQuestionResult":{"FinalResultDetailCode":0}`, faceid.ErrBadAnswer},
		"the face failed before":  {`"Text":{"ErrCode":2016}` + asked + `"0","IntentionQuestionResult":null`, faceid.FamilyNotSamePerson},
		"the will cannot help":    {`"Text":{"ErrCode":2016}` + asked + `"0","IntentionQuestionResult":{"FinalResultDetailCode":0}`, faceid.FamilyNotSamePerson},

		"a failed will without the flag":      {passed + `,"IntentionQuestionResult":{"FinalResultDetailCode":-301}`, faceid.FamilyWillMismatch},
		"a failed nod without the flag":       {passed + `,"IntentionActionResult":{"FinalResultDetailCode":-201}`, faceid.FamilyWillMismatch},
		"a failed reading without the flag":   {passed + `,"IntentionVerifyData":{"ErrorCode":-10}`, faceid.FamilyWillMismatch},
		"a failed will beside a null flag":    {passed + `,"IsVerifyIntention":null,"IntentionVerifyData":{"ErrorCode":-10}`, faceid.FamilyWillMismatch},
		"a failed will, and the flag says no": {unasked + `,"IntentionQuestionResult":{"FinalResultDetailCode":-302}`, faceid.FamilyWillMismatch},
		"a failed will of another way":        {passed + asked + `"1","IntentionActionResult":{"FinalResultDetailCode":0},"IntentionVerifyData":{"ErrorCode":-10}`, faceid.FamilyWillMismatch},
		"no flag":                             {passed, faceid.ErrBadAnswer},
		"a null flag":                         {passed + `,"IsVerifyIntention":null`, faceid.ErrBadAnswer},
		"no flag beside a good will":          {passed + `,"IntentionVerifyType":"0","IntentionQuestionResult":{"FinalResultDetailCode":0}`, faceid.ErrBadAnswer},
		"a flag that is a text":               {passed + `,"IsVerifyIntention":"false"`, faceid.ErrBadAnswer},
		"a flag spelt another way":            {passed + `,"isVerifyIntention":false`, faceid.ErrBadAnswer},
		"no will was given, and none counts":  {unasked + `,"IntentionQuestionResult":{"FinalResultDetailCode":null},"IntentionVerifyData":null`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			for channel, confirm := range map[string]func(c *faceid.Client) (faceid.Result, bool, error){
				"WeChat": func(c *faceid.Client) (faceid.Result, bool, error) {
					r, err := c.ConfirmDetect(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: "b", RuleID: "1", InfoType: faceid.InfoText}, faceid.AnyPerson)
					return r, r != nil, err
				},
				"E证通": func(c *faceid.Client) (faceid.Result, bool, error) {
					r, err := c.ConfirmEid(t.Context(), faceid.GetEidResultRequest{EidToken: "e", InfoType: faceid.InfoText}, faceid.AnyPerson)
					return r, r != nil, err
				},
			} {
				e := &cloudExchange{answers: []string{answerOf(test.answer)}}
				result, came, err := confirm(cloudClient(t, e))
				require.Contains(t, e.bodies[0], `"InfoType":"156"`, "what decides is asked for")
				require.Equal(t, name != "a flag that is a text", came, channel)
				require.Equal(t, test.want == nil, result.Passed())
				require.ErrorIs(t, err, test.want)
				if err != nil {
					require.Equal(t, !errors.Is(err, faceid.ErrNoResult) && !errors.Is(err, faceid.ErrUnknownCode) && !errors.Is(err, faceid.ErrBadAnswer) && !errors.Is(err, faceid.ErrService), errors.Is(err, faceid.ErrNotPassed), err)
					if came {
						require.Equal(t, err, result.Err(), "the result knows what the decision said")
					}
				} else {
					require.NoError(t, result.Err())
				}
				suite.see(result, err)
			}
		})
	}
	var none *faceid.GetDetectInfoEnhancedResult
	require.False(t, none.Passed())
	require.Empty(t, none.Code())
	require.Zero(t, none.ChargeCount())
	var noEid *faceid.GetEidResultResult
	require.Empty(t, noEid.Code())
	require.False(t, (&faceid.GetDetectInfoEnhancedResult{}).Passed())
	require.False(t, (&faceid.GetEidResultResult{}).Passed())
}

func TestAFlowIsFinalWhenItPassedOrIsOld(t *testing.T) {
	made := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	zero, bad := int64(0), int64(2016)
	for _, test := range []struct {
		code *int64
		age  time.Duration
		want bool
	}{
		{&zero, 0, true}, {nil, 2 * time.Hour, false}, {nil, 2*time.Hour + 1, true}, {&bad, time.Hour, false}, {&bad, 2*time.Hour + 1, true},
	} {
		r := &faceid.GetDetectInfoEnhancedResult{Text: &faceid.DetectInfoText{ErrCode: test.code}}
		require.Equal(t, test.want, r.Final(made, made.Add(test.age)))
	}
}

// slog writes JSON by reflection unless it is told otherwise.
func TestFlowsLogNoPersonAndNoToken(t *testing.T) {
	for _, v := range []any{
		faceid.DetectInfo{Text: &faceid.DetectInfoText{Name: "李测试", IDCard: "110101199003074477"}},
		faceid.LocalFlow{BizToken: "canary-token", ChargeCount: 1},
		faceid.Reconciliation{Local: 1, Missing: []string{"canary-token"}},
	} {
		var log strings.Builder
		slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "value", v)
		text := log.String() + fmt.Sprintf("%v %+v %#v", v, v, v)
		for _, secret := range []string{"李测试", "110101", "canary"} {
			require.NotContains(t, text, secret)
		}
	}
	require.Equal(t, "faceid.Reconciliation{Local:1 Missing:1}", fmt.Sprint(faceid.Reconciliation{Local: 1, Missing: []string{"t"}}))
}

func TestChargesAreCountedByAttempt(t *testing.T) {
	yes, no := true, false
	r := &faceid.GetDetectInfoEnhancedResult{Text: &faceid.DetectInfoText{LivenessDetail: []faceid.DetectDetail{{IsNeedCharge: &yes}, {IsNeedCharge: &no}, {}, {IsNeedCharge: &yes}}}}
	require.Equal(t, 2, r.ChargeCount(), "false and null are free")
	require.Equal(t, 2, (&faceid.GetEidResultResult{Text: r.Text}).ChargeCount())
	require.Zero(t, (*faceid.GetEidResultResult)(nil).ChargeCount())
	require.Zero(t, (&faceid.GetDetectInfoEnhancedResult{}).ChargeCount())
}

func TestTheOlderResultIsATextInsideAText(t *testing.T) {
	inner, err := json.Marshal(`{"Text":{"ErrCode":0,"Sim":"96.42","Name":null,"Detail":{"LivenessData":[{"ReqTime":"1700000000000","Idcard":"x","IsNeedCharge":true}]}},"BestFrame":{"BestFrame":"QQ=="}}`)
	require.NoError(t, err)
	e := &cloudExchange{answers: []string{answerOf(`"DetectInfo":` + string(inner))}}
	result, err := cloudClient(t, e).GetDetectInfo(t.Context(), faceid.GetDetectInfoRequest{BizToken: "b", RuleID: "1"})
	require.NoError(t, err)
	info, err := result.Info()
	require.NoError(t, err)
	require.EqualValues(t, 0, *info.Text.ErrCode)
	require.Equal(t, "96.42", info.Text.Sim)
	require.Len(t, info.Text.LivenessDetail, 1)
	require.Equal(t, int64(1700000000), info.Text.LivenessDetail[0].At().Unix())
	require.Equal(t, "A", string(info.BestFrame.BestFrame))
	_, err = (&faceid.GetDetectInfoResult{DetectInfo: "<html>"}).Info()
	require.ErrorIs(t, err, faceid.ErrBadAnswer)
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
		took    time.Duration // of polls, retries not counted
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

func TestBillsAreTurnedPageByPage(t *testing.T) {
	day := time.Now().AddDate(0, 0, -3)
	page := func(next bool, cursor int, tokens ...string) string {
		text, _ := json.Marshal(tokens)
		lines := strings.NewReplacer(`["`, `[{"BizToken":"`, `","`, `"},{"BizToken":"`, `"]`, `"}]`).Replace(string(text))
		more := map[bool]string{true: "true", false: "false"}[next]
		return answerOf(`"HasNextPage":` + more + `,"NextCursor":` + string(rune('0'+cursor)) + `,"WeChatBillDetails":` + lines)
	}
	walk := func(e *cloudExchange, most int) (tokens []string, err error) {
		for line, err := range cloudClient(t, e).WeChatBills(t.Context(), day, "1") {
			if err != nil {
				return tokens, err
			}
			if tokens = append(tokens, line.BizToken); len(tokens) == most {
				break
			}
		}
		return tokens, nil
	}
	e := &cloudExchange{answers: []string{page(true, 5, "a", "b"), page(true, 7, "c"), page(false, 0, "d")}}
	tokens, err := walk(e, -1)
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b", "c", "d"}, tokens)
	require.Contains(t, e.bodies[0], `"Cursor":0`)
	require.Contains(t, e.bodies[1], `"Cursor":5`)
	require.Contains(t, e.bodies[2], `"Cursor":7`)

	e = &cloudExchange{answers: []string{page(true, 5, "a", "b")}}
	tokens, err = walk(e, 1)
	require.NoError(t, err)
	require.Equal(t, []string{"a"}, tokens)
	require.Len(t, e.requests, 1, "no more than is wanted")

	e = &cloudExchange{answers: []string{page(true, 5, "a"), cloudError("InternalError.X", "m")}}
	tokens, err = walk(e, -1)
	require.Error(t, err)
	require.Equal(t, []string{"a"}, tokens)

	e = &cloudExchange{answers: []string{page(true, 5, "a"), page(true, 7, "b"), page(true, 5, "c")}}
	_, err = walk(e, -1)
	require.ErrorIs(t, err, faceid.ErrBadAnswer, "pages that lead in a circle have no end")
	require.Len(t, e.requests, 3, "the circle is not walked again")

	e = &cloudExchange{answers: []string{page(true, 5, "a"), page(false, 0, "b"), page(true, 5, "a"), page(false, 0, "b")}}
	bills := cloudClient(t, e).WeChatBills(t.Context(), day, "1")
	for range 2 {
		var tokens []string
		for line, err := range bills {
			require.NoError(t, err)
			tokens = append(tokens, line.BizToken)
		}
		require.Equal(t, []string{"a", "b"}, tokens, "every walk begins at the first page")
	}
}

func TestReconcileFindsEveryDifference(t *testing.T) {
	attempt := func(charged bool, code string) faceid.ChargeDetail {
		return faceid.ChargeDetail{IsNeedCharge: charged, ErrorCode: code}
	}
	line := func(token string, count uint64, attempts ...faceid.ChargeDetail) faceid.WeChatBillDetail {
		return faceid.WeChatBillDetail{BizToken: token, ChargeCount: count, ChargeDetails: attempts}
	}
	flow := func(token string, count int) faceid.LocalFlow {
		return faceid.LocalFlow{BizToken: token, ChargeCount: count}
	}
	local := []faceid.LocalFlow{
		flow("same", 1), flow("missing", 1), flow("different", 1), flow("free", 0), flow("twice", 1), flow("twice", 1), flow("unbilled", 0),
	}
	bill := []faceid.WeChatBillDetail{
		line("same", 1, attempt(true, "0"), attempt(false, "1001")), line("different", 2, attempt(true, "0"), attempt(true, "2016")),
		line("extra", 1, attempt(true, "2006")), line("free", 0, attempt(false, "1004")), line("twice", 2, attempt(true, "0"), attempt(true, "0")),
	}
	r := faceid.Reconcile(faceid.ProductEnhanced, local, bill)
	require.Equal(t, &faceid.Reconciliation{Local: 5, Billed: 6, Missing: []string{"missing"}, Extra: []string{"extra"}, Different: []string{"different"}}, r)
	require.False(t, r.Agrees())
	require.True(t, faceid.Reconcile(faceid.ProductPlus, []faceid.LocalFlow{flow("same", 1)}, bill[:1]).Agrees())

	// 1002 is charged on Plus only.
	fake := []faceid.WeChatBillDetail{line("fake", 1, attempt(true, "1002"))}
	require.Empty(t, faceid.Reconcile(faceid.ProductPlus, nil, fake).Inconsistent)
	require.Equal(t, []string{"fake"}, faceid.Reconcile(faceid.ProductEnhanced, nil, fake).Inconsistent)
	require.Empty(t, faceid.Reconcile("", nil, fake).Inconsistent, "the product is not known")
	wrong := []faceid.WeChatBillDetail{line("wrong", 2, attempt(true, "0"))}
	require.Equal(t, []string{"wrong"}, faceid.Reconcile("", nil, wrong).Inconsistent)
}

func TestTheInternationalFlowHasThreeStates(t *testing.T) {
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

func TestRedirectsCarryOneToken(t *testing.T) {
	for address, want := range map[string][2]string{
		"/back?BizToken=b": {"b", ""}, "/back?token=e&x=1": {"", "e"}, "/back": {}, "/back?BizToken=a&BizToken=b": {}, "/back?biztoken=b": {},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		require.NoError(t, err)
		require.Equal(t, want, [2]string{faceid.RedirectBizToken(r), faceid.RedirectToken(r)}, address)
	}
	require.Empty(t, faceid.RedirectBizToken(nil))
}

// nodding is the setting that asks for nods.
var nodding = &faceid.RuleIDConfig{IntentionType: faceid.RuleIntentionNod}
