package faceid_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/stretchr/testify/require"
)

// chars is a text of so many characters.
func chars(n int) string { return strings.Repeat("字", n) }

// detectAuthWith calls DetectAuth with a request that is changed first.
func detectAuthWith(change func(r *faceid.DetectAuthRequest)) func(ctx context.Context, c *faceid.Client) error {
	return func(ctx context.Context, c *faceid.Client) error {
		r := faceid.DetectAuthRequest{RuleID: "1"}
		change(&r)
		_, err := c.DetectAuth(ctx, r)
		return err
	}
}

// eidTokenWith calls GetEidToken with a request that is changed first.
func eidTokenWith(change func(r *faceid.GetEidTokenRequest)) func(ctx context.Context, c *faceid.Client) error {
	return func(ctx context.Context, c *faceid.Client) error {
		r := faceid.GetEidTokenRequest{MerchantID: "1", Config: &faceid.GetEidTokenConfig{}}
		change(&r)
		_, err := c.GetEidToken(ctx, r)
		return err
	}
}

// webTokenWith calls ApplyWebVerificationBizTokenIntl with a request that is
// changed first.
func webTokenWith(change func(r *faceid.ApplyWebVerificationBizTokenIntlRequest)) func(ctx context.Context, c *faceid.Client) error {
	return func(ctx context.Context, c *faceid.Client) error {
		r := faceid.ApplyWebVerificationBizTokenIntlRequest{RedirectURL: "https://m.example/", RuleID: "1"}
		change(&r)
		_, err := c.ApplyWebVerificationBizTokenIntl(ctx, r)
		return err
	}
}

// billsOf asks for the bills of a date.
func billsOf(date string) func(ctx context.Context, c *faceid.Client) error {
	return func(ctx context.Context, c *faceid.Client) error {
		_, err := c.GetWeChatBillDetails(ctx, faceid.GetWeChatBillDetailsRequest{Date: date})
		return err
	}
}

// oneQuestion is a list of one question with its answers.
func oneQuestion(q string, answers ...string) []faceid.IntentionQuestion {
	return []faceid.IntentionQuestion{{Question: q, Answers: answers}}
}

// cloudArgument is a call and what is said of its argument; the field is empty
// where the call is good.
type cloudArgument struct {
	field, limit string // "" is good
	call         func(ctx context.Context, c *faceid.Client) error
}

// cloudArguments are calls of the flows of API 3.0, most of them with a bad
// argument.
var cloudArguments = map[string]cloudArgument{
	"no rule":             {"RuleID", "empty", detectAuthWith(func(r *faceid.DetectAuthRequest) { r.RuleID = "" })},
	"a small x":           {"IDCard", "capital", detectAuthWith(func(r *faceid.DetectAuthRequest) { r.IDCard = "11010119900307001x" })},
	"name of 32":          {"", "", detectAuthWith(func(r *faceid.DetectAuthRequest) { r.Name = chars(32) })},
	"name of 33":          {"Name", "32", detectAuthWith(func(r *faceid.DetectAuthRequest) { r.Name = chars(33) })},
	"extra of 1024":       {"", "", detectAuthWith(func(r *faceid.DetectAuthRequest) { r.Extra = chars(1024) })},
	"extra of 1025":       {"Extra", "1024", detectAuthWith(func(r *faceid.DetectAuthRequest) { r.Extra = chars(1025) })},
	"redirect of 1025":    {"RedirectURL", "1024", detectAuthWith(func(r *faceid.DetectAuthRequest) { r.RedirectURL = "https://m.example/" + strings.Repeat("x", 1007) })},
	"redirect to nowhere": {"RedirectURL", "absolute", detectAuthWith(func(r *faceid.DetectAuthRequest) { r.RedirectURL = "/back" })},
	"picture of 3 MB":     {"", "", detectAuthWith(func(r *faceid.DetectAuthRequest) { r.Image = append(inventedJPG[:3:3], make([]byte, 3<<20/4*3-3)...) })},
	"picture of more":     {"Image", "3 MB", detectAuthWith(func(r *faceid.DetectAuthRequest) { r.Image = append(inventedJPG[:3:3], make([]byte, 3<<20/4*3-2)...) })},
	"a BMP":               {"Image", "JPG or PNG", detectAuthWith(func(r *faceid.DetectAuthRequest) { r.Image = append([]byte("BM"), make([]byte, 60)...) })},
	"reading of 121":      {"IntentionVerifyText", "120", detectAuthWith(func(r *faceid.DetectAuthRequest) { r.IntentionVerifyText = chars(121) })},
	"question of 250":     {"", "", detectAuthWith(func(r *faceid.DetectAuthRequest) { r.IntentionQuestions = oneQuestion(chars(250), chars(10)) })},
	"question of 251":     {"IntentionQuestions[0].Question", "250", detectAuthWith(func(r *faceid.DetectAuthRequest) { r.IntentionQuestions = oneQuestion(chars(251), "a") })},
	"answer of 11":        {"IntentionQuestions[0].Answers[1]", "10", detectAuthWith(func(r *faceid.DetectAuthRequest) { r.IntentionQuestions = oneQuestion("q", "a", chars(11)) })},
	"no answer":           {"IntentionQuestions[0].Answers", "50", detectAuthWith(func(r *faceid.DetectAuthRequest) { r.IntentionQuestions = oneQuestion("q") })},
	"51 answers": {"IntentionQuestions[0].Answers", "50", detectAuthWith(func(r *faceid.DetectAuthRequest) {
		r.IntentionQuestions = oneQuestion("q", strings.Split(strings.Repeat("a,", 50)+"a", ",")...)
	})},
	"10 nods":      {"", "", detectAuthWith(func(r *faceid.DetectAuthRequest) { r.Config, r.IntentionActions = nodding, nods(10, "t") })},
	"11 nods":      {"IntentionActions", "10", detectAuthWith(func(r *faceid.DetectAuthRequest) { r.Config, r.IntentionActions = nodding, nods(11, "t") })},
	"nod of 251":   {"IntentionActions[0].Text", "250", detectAuthWith(func(r *faceid.DetectAuthRequest) { r.Config, r.IntentionActions = nodding, nods(1, chars(251)) })},
	"an odd speed": {"Config.Speed", "3", detectAuthWith(func(r *faceid.DetectAuthRequest) { r.Config = &faceid.RuleIDConfig{Speed: 4} })},
	"an odd way":   {"Config.IntentionType", "RuleIntention", detectAuthWith(func(r *faceid.DetectAuthRequest) { r.Config = &faceid.RuleIDConfig{IntentionType: 2} })},
	"no token": {"BizToken", "empty", func(ctx context.Context, c *faceid.Client) error {
		_, err := c.GetDetectInfoEnhanced(ctx, faceid.GetDetectInfoEnhancedRequest{RuleID: "1"})
		return err
	}},
	"no token of the older result": {"BizToken", "empty", func(ctx context.Context, c *faceid.Client) error {
		_, err := c.GetDetectInfo(ctx, faceid.GetDetectInfoRequest{RuleID: "1"})
		return err
	}},
	"no rule of a result": {"RuleID", "empty", func(ctx context.Context, c *faceid.Client) error {
		_, err := c.ConfirmDetect(ctx, faceid.GetDetectInfoEnhancedRequest{BizToken: "b"}, faceid.AnyPerson)
		return err
	}},
	"a part it has not": {"InfoType", "part", func(ctx context.Context, c *faceid.Client) error {
		_, err := c.GetDetectInfo(ctx, faceid.GetDetectInfoRequest{BizToken: "b", RuleID: "1", InfoType: faceid.InfoReading})
		return err
	}},
	"a part that E证通 has not": {"InfoType", "part", func(ctx context.Context, c *faceid.Client) error {
		_, err := c.GetEidResult(ctx, faceid.GetEidResultRequest{EidToken: "e", InfoType: faceid.InfoVideo})
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
	"no merchant":       {"MerchantID", "empty", eidTokenWith(func(r *faceid.GetEidTokenRequest) { r.MerchantID = "" })},
	"given by nobody":   {"Name", "EidInputGiven", eidTokenWith(func(r *faceid.GetEidTokenRequest) { r.Config.InputType = faceid.EidInputGiven })},
	"an odd input":      {"Config.InputType", "EidInput", eidTokenWith(func(r *faceid.GetEidTokenRequest) { r.Config.InputType = "5" })},
	"an odd mode":       {"Config.IntentionMode", "EidIntention", eidTokenWith(func(r *faceid.GetEidTokenRequest) { r.Config.IntentionMode = "0" })},
	"a number of marks": {"IDCard", "letters and digits", eidTokenWith(func(r *faceid.GetEidTokenRequest) { r.IDCard = "1-2" })},
	"a long question": {"Config.IntentionQuestions[0].Question", "250", eidTokenWith(func(r *faceid.GetEidTokenRequest) {
		r.Config.UseIntentionVerify, r.Config.IntentionMode, r.Config.IntentionQuestions = true, faceid.EidIntentionQuestions, oneQuestion(chars(251), "a")
	})},
	"no EidToken": {"EidToken", "empty", func(ctx context.Context, c *faceid.Client) error {
		_, err := c.WaitEid(ctx, "")
		return err
	}},
	"no redirect abroad": {"RedirectURL", "empty", webTokenWith(func(r *faceid.ApplyWebVerificationBizTokenIntlRequest) { r.RedirectURL = "" })},
	"extra of 1001":      {"Extra", "1000", webTokenWith(func(r *faceid.ApplyWebVerificationBizTokenIntlRequest) { r.Extra = chars(1001) })},
	"nothing to compare": {"CompareImage", "empty", webTokenWith(func(r *faceid.ApplyWebVerificationBizTokenIntlRequest) { r.RuleID = "" })},
	"Config goes first": {"CompareImage", "empty", webTokenWith(func(r *faceid.ApplyWebVerificationBizTokenIntlRequest) {
		r.Config = &faceid.WebVerificationConfigIntl{CheckMode: faceid.IntlFace}
	})},
	"Config sets something else": {"", "", webTokenWith(func(r *faceid.ApplyWebVerificationBizTokenIntlRequest) {
		r.Config = &faceid.WebVerificationConfigIntl{AutoSkip: true}
	})},
	"no path abroad": {"RedirectURL", "path", webTokenWith(func(r *faceid.ApplyWebVerificationBizTokenIntlRequest) { r.RedirectURL = "https://m.example" })},
	"no kind of document": {"Config.IDCardType", "empty", webTokenWith(func(r *faceid.ApplyWebVerificationBizTokenIntlRequest) {
		r.RuleID, r.Config = "", &faceid.WebVerificationConfigIntl{CheckMode: faceid.IntlDocument}
	})},
	"our own token":               {"RedirectURL", "token", webTokenWith(func(r *faceid.ApplyWebVerificationBizTokenIntlRequest) { r.RedirectURL += "?token=1" })},
	"our own BizToken":            {"RedirectURL", "BizToken", detectAuthWith(func(r *faceid.DetectAuthRequest) { r.RedirectURL = "https://m.example/?BizToken=1" })},
	"our own EidToken":            {"RedirectURL", "token", eidTokenWith(func(r *faceid.GetEidTokenRequest) { r.RedirectURL = "https://m.example/?token=1" })},
	"not switched on":             {"Config.UseIntentionVerify", "nobody", eidTokenWith(func(r *faceid.GetEidTokenRequest) { r.Config.IntentionQuestions = oneQuestion("q", "a") })},
	"a mode, not switched on":     {"Config.UseIntentionVerify", "nobody", eidTokenWith(func(r *faceid.GetEidTokenRequest) { r.Config.IntentionMode = faceid.EidIntentionNod })},
	"switched on, nothing to ask": {"Config.UseIntentionVerify", "nothing", eidTokenWith(func(r *faceid.GetEidTokenRequest) { r.Config.UseIntentionVerify = true })},
	"another mode's list": {"Config.IntentionMode", "nobody", eidTokenWith(func(r *faceid.GetEidTokenRequest) {
		r.Config.UseIntentionVerify, r.Config.IntentionVerifyText, r.Config.IntentionQuestions = true, "t", oneQuestion("q", "a")
	})},
	"questions of a mode": {"", "", eidTokenWith(func(r *faceid.GetEidTokenRequest) {
		r.Config.UseIntentionVerify, r.Config.IntentionMode, r.Config.IntentionQuestions = true, faceid.EidIntentionQuestions, oneQuestion("q", "a")
	})},
	"nods without texts": {"IntentionActions", "nobody", detectAuthWith(func(r *faceid.DetectAuthRequest) {
		r.Config = &faceid.RuleIDConfig{IntentionType: faceid.RuleIntentionNod}
	})},
	"nods that are not asked": {"Config.IntentionType", "nobody", detectAuthWith(func(r *faceid.DetectAuthRequest) {
		r.Config, r.IntentionActions = &faceid.RuleIDConfig{}, []faceid.IntentionActionConfig{{Text: "t"}}
	})},
	"encrypted": {"", "", detectAuthWith(func(r *faceid.DetectAuthRequest) {
		r.Name, r.IDCard, r.Encryption = strings.Repeat("A", 44), strings.Repeat("A", 43)+"x", &faceid.Encryption{EncryptList: []string{"Name", "IdCard"}}
	})},
	"encrypted, of E证通": {"", "", eidTokenWith(func(r *faceid.GetEidTokenRequest) {
		r.Name, r.IDCard, r.Encryption = "+/+/", strings.Repeat("+/+x", 11), &faceid.Encryption{EncryptList: []string{"Name", "IdCard"}}
	})},
	"encrypted in name only": {"IDCard", "Base64", eidTokenWith(func(r *faceid.GetEidTokenRequest) {
		r.IDCard, r.Encryption = "11010119900307447X", &faceid.Encryption{EncryptList: []string{"IdCard"}}
	})},
	"an encrypted result decides nothing": {"IsEncryptResponse", "GetDetectInfoEnhanced", func(ctx context.Context, c *faceid.Client) error {
		_, err := c.ConfirmDetect(ctx, faceid.GetDetectInfoEnhancedRequest{BizToken: "b", RuleID: "1", IsEncryptResponse: true}, faceid.AnyPerson)
		return err
	}},
	"liveness alone": {"", "", webTokenWith(func(r *faceid.ApplyWebVerificationBizTokenIntlRequest) {
		r.RuleID, r.Config = "", &faceid.WebVerificationConfigIntl{CheckMode: faceid.IntlLiveness}
	})},
	"an odd mode abroad": {"Config.CheckMode", "Intl", webTokenWith(func(r *faceid.ApplyWebVerificationBizTokenIntlRequest) {
		r.Config = &faceid.WebVerificationConfigIntl{CheckMode: 5}
	})},
	"picture of 8 MB": {"", "", webTokenWith(func(r *faceid.ApplyWebVerificationBizTokenIntlRequest) {
		r.CompareImage = append(inventedJPG[:3:3], make([]byte, 8<<20/4*3-5)...)
	})},
	"picture over 8 MB": {"CompareImage", "8 MB", webTokenWith(func(r *faceid.ApplyWebVerificationBizTokenIntlRequest) {
		r.CompareImage = append(inventedJPG[:3:3], make([]byte, 8<<20/4*3)...)
	})},
	"a document to come": {"", "", webTokenWith(func(r *faceid.ApplyWebVerificationBizTokenIntlRequest) {
		r.Config = &faceid.WebVerificationConfigIntl{CheckMode: 4, IDCardType: "NewCard"}
	})},
	"yesterday's tomorrow": {"Date", "recent", billsOf(time.Now().AddDate(0, 0, 1).Format(time.DateOnly))},
	"no date":              {"Date", "2026", billsOf("")},
	"another form":         {"Date", "2026", billsOf("20260131")},
	"a year and more":      {"Date", "365", billsOf(time.Now().AddDate(0, 0, -367).Format(time.DateOnly))},
}

func TestCloudFlowsRefuseBadArguments(t *testing.T) {

	for name, test := range cloudArguments {
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
