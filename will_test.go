package faceid_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

func TestGetWillFaceIDSendsTheDocumentedRequest(t *testing.T) {
	const list = `[{"id":"0","question":"请问您本次业务是本人自愿办理吗？请回答：我确认","answer":"我确认|是的"}]`
	person := map[string]string{"name": somebody.Name, "idNo": somebody.IDNo}
	for name, test := range map[string]struct {
		request faceid.GetWillFaceIDRequest
		want    map[string]string
	}{
		"questions": {faceid.GetWillFaceIDRequest{Person: somebody, Will: asked}, map[string]string{"willType": "0", "willContentList": list}},
		"read aloud, slowly": {
			faceid.GetWillFaceIDRequest{Person: somebody, Will: faceid.Will{Type: faceid.WillReadAloud, Rounds: asked.Rounds, Speed: faceid.WillSpeed80}},
			map[string]string{"willType": "1", "willContentList": list, "speed": "-1"},
		},
		"nod, real time": {
			faceid.GetWillFaceIDRequest{Person: somebody, Will: faceid.Will{Type: faceid.WillNod, Rounds: asked.Rounds}, LiveInterType: faceid.WillLiveRealTimeOnly},
			map[string]string{"willType": "2", "willContentList": list, "liveInterType": "1"},
		},
		"fallback": {
			faceid.GetWillFaceIDRequest{Person: somebody, Will: asked, LiveInterType: faceid.WillLiveFallback, WillMidAnswer: "我确认"},
			map[string]string{"willType": "0", "willContentList": list, "liveInterType": "0", "willMidAnswer": "我确认"},
		},
		"two rounds": {
			faceid.GetWillFaceIDRequest{Person: somebody, Will: faceid.Will{Rounds: []faceid.WillRound{{Question: `"<&>"`, Answers: []string{"a"}}, {Question: "b", Answers: []string{"c"}}}}},
			map[string]string{"willType": "0", "willContentList": `[{"id":"0","question":"\"\u003c\u0026\u003e\"","answer":"a"},{"id":"1","question":"b","answer":"c"}]`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			client, mock, rec := documented(t)
			answered(t, mock, pathWill, "getWillFaceId.app")
			test.request.OrderNo = "order1"
			_, err := client.GetWillFaceID(t.Context(), test.request)
			require.NoError(t, err)

			address, kind, body := rec.last()
			require.Equal(t, "https://kyc1.qcloud.com/api/server/getWillFaceId?orderNo=order1", address.String())
			require.Equal(t, "POST application/json", kind)
			checkSigned(t, body, "appId", "userId", "version", "nonce")
			want := map[string]string{"appId": wireAppID, "orderNo": "order1", "userId": "user1", "version": "1.0.0", "liveService": "2", "willLanguage": "0"}
			for _, more := range []map[string]string{person, test.want} {
				for name, value := range more {
					want[name] = value
				}
			}
			require.Equal(t, want, body, "these and no others")
		})
	}
}

func TestGetWillFaceIDReadsTheDocumentsAnswers(t *testing.T) {
	for file, domain := range map[string]string{"getWillFaceId.app": "", "getWillFaceId.h5": "kyc1.qcloud.com"} {
		for dialect := range respellings {
			t.Run(file+" "+dialect, func(t *testing.T) {
				client, mock, _ := documented(t)
				respelt(t, mock, pathWill, file, dialect, func(result map[string]any) { result["orderNo"] = "order1" })
				r, err := client.GetWillFaceID(t.Context(), faceid.GetWillFaceIDRequest{OrderNo: "order1", Person: somebody, Will: asked})
				require.NoError(t, err)
				r.Raw = nil
				require.Equal(t, &faceid.GetWillFaceIDResult{
					OrderNo: "order1", FaceID: "cc1184c3995c71a731357f9812aab988", OptimalDomain: domain, BizSeqNo: "业务流水号",
				}, r)
			})
		}
	}
}

// willLimit is a will and what is said of it; the field is empty where the will is
// good.
type willLimit struct {
	will  faceid.Will
	field string // "" is good
	limit string
}

func TestWillLimitsAreExact(t *testing.T) {
	round := func(question int, answers ...int) faceid.WillRound {
		r := faceid.WillRound{Question: strings.Repeat("问", question)}
		for _, n := range answers {
			r.Answers = append(r.Answers, strings.Repeat("答", n))
		}
		return r
	}
	will := func(rounds ...faceid.WillRound) faceid.Will { return faceid.Will{Rounds: rounds} }
	for name, test := range map[string]willLimit{
		"question of 250":       {will(round(250, 1)), "", ""},
		"question of 251":       {will(round(251, 1)), "Will.Rounds[0].Question", "250"},
		"questions of 500":      {will(round(250, 1), round(250, 1)), "", ""},
		"questions of 501":      {will(round(250, 1), round(250, 1), round(1, 1)), "Will.Rounds", "500"},
		"answers of 10 each":    {will(round(1, 10, 10, 10)), "", ""},
		"an answer of 11":       {will(round(1, 1, 11)), "Will.Rounds[0].Answers[1]", "10"},
		"five rounds":           {faceid.Will{Rounds: rounds(5)}, "", ""},
		"six rounds":            {faceid.Will{Rounds: rounds(6)}, "Will.Rounds", "5"},
		"no round":              {faceid.Will{}, "Will.Rounds", "1"},
		"two to read aloud":     {faceid.Will{Type: faceid.WillReadAloud, Rounds: rounds(2)}, "Will.Rounds", "1"},
		"two to nod at":         {faceid.Will{Type: faceid.WillNod, Rounds: rounds(2)}, "Will.Rounds", "1"},
		"one to nod at":         {faceid.Will{Type: faceid.WillNod, Rounds: rounds(1)}, "", ""},
		"no question":           {will(round(0, 1)), "Will.Rounds[0].Question", "empty"},
		"no answer":             {will(round(1)), "Will.Rounds[0].Answers", "empty"},
		"an empty answer":       {will(round(1, 1, 0)), "Will.Rounds[0].Answers[1]", "empty"},
		"an answer with a bar":  {will(faceid.WillRound{Question: "q", Answers: []string{"a|b"}}), "Will.Rounds[0].Answers[0]", "separates"},
		"a blank answer":        {will(faceid.WillRound{Question: "q", Answers: []string{" "}}), "Will.Rounds[0].Answers[0]", "blank"},
		"a question of control": {will(faceid.WillRound{Question: "q\x00", Answers: []string{"a"}}), "Will.Rounds[0].Question", "control"},
		"broken UTF-8":          {will(faceid.WillRound{Question: "q\xff", Answers: []string{"a"}}), "Will.Rounds[0].Question", "UTF-8"},
		"an odd mode":           {faceid.Will{Type: "3", Rounds: rounds(1)}, "Will.Type", "WillNod"},
		"an odd speed":          {faceid.Will{Speed: "3", Rounds: rounds(1)}, "Will.Speed", "documented"},
	} {
		t.Run(name, func(t *testing.T) {

			requireWillLimit(t, test)
		})
	}
}

// requireWillLimit sends a will by each call that takes one.
func requireWillLimit(t *testing.T, test willLimit) {
	for op, call := range map[string]func(c *faceid.Client) error{
		"GetWillFaceID": func(c *faceid.Client) error {
			_, err := c.GetWillFaceID(t.Context(), faceid.GetWillFaceIDRequest{OrderNo: "order1", Person: somebody, Will: test.will})
			return err
		},
		"StartWillSDK": func(c *faceid.Client) error {
			_, err := c.StartWillSDK(t.Context(), faceid.WillSDKRequest{OrderNo: "order1", Platform: faceid.PlatformIOS, Person: somebody, Will: test.will})
			return err
		},
		"StartWillH5": func(c *faceid.Client) error {
			_, err := c.StartWillH5(t.Context(), faceid.WillH5Request{OrderNo: "order1", Person: somebody, Will: test.will, RedirectURL: "https://merchant.example/back"})
			return err
		},
	} {
		client, mock, rec := documented(t)
		answered(t, mock, pathWill, "getWillFaceId.h5")
		err := call(client)
		if test.field == "" {
			require.NoError(t, err, op)
			continue
		}
		var bad *faceid.ArgumentError
		require.ErrorAs(t, err, &bad)
		require.Equal(t, test.field, bad.Field)
		require.Contains(t, bad.Reason, test.limit)
		require.ErrorContains(t, err, op)
		require.Empty(t, rec.urls, "nothing was sent")
	}
}

// The merchant's own photo stands in for name and number, and is sent beside the signed
// values.
func TestGetWillFaceIDUploadsTheMerchantsPhoto(t *testing.T) {
	photo := smallPNG(t)
	person := faceid.Person{UserID: "user1", Photo: photo, PhotoType: faceid.PhotoClear}
	client, mock, rec := documented(t)
	answered(t, mock, pathWill, "getWillFaceId.app")
	_, err := client.GetWillFaceID(t.Context(), faceid.GetWillFaceIDRequest{OrderNo: "order1", Person: person, Will: asked})
	require.NoError(t, err)
	_, _, body := rec.last()
	require.Equal(t, base64.StdEncoding.EncodeToString(photo), body["sourcePhotoStr"])
	require.Equal(t, "2", body["sourcePhotoType"])
	require.NotContains(t, body, "name")
	require.NotContains(t, body, "idNo")
	checkSigned(t, body, "appId", "userId", "version", "nonce")

	sim := faceidtest.Start(t)
	launch, err := newClient(sim).StartWillSDK(t.Context(), faceid.WillSDKRequest{Platform: faceid.PlatformAndroid, Person: person, Will: asked})
	require.NoError(t, err, "the platform asks for a name, a number or a photo")
	require.NotEmpty(t, launch.FaceID)
}

// willArgument is a launch and what is said of its argument; the field is empty
// where the launch is good.
type willArgument struct {
	field, limit string
	call         func(c *faceid.Client) []error
}

func TestStartWillRefusesBadArgumentsBeforeAnythingIsSent(t *testing.T) {
	h5 := func(change func(r *faceid.WillH5Request)) func(c *faceid.Client) []error {
		return func(c *faceid.Client) []error {
			r := faceid.WillH5Request{OrderNo: "order1", Person: somebody, Will: asked, RedirectURL: "https://merchant.example/back"}
			change(&r)
			_, err := c.StartWillH5(t.Context(), r)
			_, err2 := c.OpenWillH5(t.Context(), r)
			return []error{err, err2}
		}
	}
	sdk := func(platform faceid.Platform, userID string) func(c *faceid.Client) []error {
		return func(c *faceid.Client) []error {
			person := somebody
			person.UserID = userID
			_, err := c.StartWillSDK(t.Context(), faceid.WillSDKRequest{Platform: platform, OrderNo: "order1", Person: person, Will: asked})
			return []error{err}
		}
	}
	for name, test := range map[string]willArgument{
		"no redirect":          {"RedirectURL", "empty", h5(func(r *faceid.WillH5Request) { r.RedirectURL = "" })},
		"relative redirect":    {"RedirectURL", "absolute", h5(func(r *faceid.WillH5Request) { r.RedirectURL = "/back" })},
		"javascript redirect":  {"RedirectURL", "http", h5(func(r *faceid.WillH5Request) { r.RedirectURL = "javascript:alert(1)" })},
		"redirect with a code": {"RedirectURL", `"willCode"`, h5(func(r *faceid.WillH5Request) { r.RedirectURL += "?willCode=0" })},
		"from elsewhere":       {"From", "FromBrowser", h5(func(r *faceid.WillH5Request) { r.From = "wechat" })},
		"H5 order":             {"OrderNo", "letters", h5(func(r *faceid.WillH5Request) { r.OrderNo = "a b" })},
		"Harmony user of 31":   {"UserID", "30", sdk(faceid.PlatformHarmony, strings.Repeat("u", 31))},
		"iOS user of 33":       {"UserID", "32", sdk(faceid.PlatformIOS, strings.Repeat("u", 33))},
		"no platform":          {"Platform", "PlatformHarmony", sdk("", "user1")},
		"Harmony user of 30":   {"", "", sdk(faceid.PlatformHarmony, strings.Repeat("u", 30))},
		"iOS user of 32":       {"", "", sdk(faceid.PlatformIOS, strings.Repeat("u", 32))},
	} {
		t.Run(name, func(t *testing.T) {
			sim := faceidtest.Start(t)
			for _, err := range test.call(newClient(sim)) {
				if test.field == "" {
					require.NoError(t, err)
					continue
				}
				require.ErrorIs(t, err, faceid.ErrRequest)
				var bad *faceid.ArgumentError
				require.ErrorAs(t, err, &bad)
				require.Equal(t, test.field, bad.Field)
				require.Contains(t, bad.Reason, test.limit)
			}
			if test.field != "" {
				require.Empty(t, sim.Requests(), "nothing was sent")
			}
		})
	}
}

// The platform may quote the request in its words.
func TestGetWillFaceIDErrorsQuoteNobodysWords(t *testing.T) {
	sim := faceidtest.Start(t)
	words := map[string]string{
		"name": somebody.Name, "idNo": "C01234567", "question": "您是否同意借款三万元？", "answer": "我同意借款", "another answer": "好的", "mid answer": "请回答我同意",
	}
	request := faceid.GetWillFaceIDRequest{
		OrderNo: "order1", Person: faceid.Person{UserID: "user1", Name: words["name"], IDNo: words["idNo"]},
		Will:          faceid.Will{Rounds: []faceid.WillRound{{Question: words["question"], Answers: []string{words["answer"], words["another answer"]}}}},
		LiveInterType: faceid.WillLiveFallback, WillMidAnswer: words["mid answer"],
	}
	for what, word := range words {
		sim.FailNext(pathWill, faceidtest.FaultCode("66660000", "参数 ["+word+"] 不合法"))
		_, err := newClient(sim).GetWillFaceID(t.Context(), request)
		require.ErrorIs(t, err, faceid.CodeBadParameter)
		require.ErrorContains(t, err, "参数 [[redacted]] 不合法", what)
		require.NotContains(t, err.Error(), word, what)
		suite.see(err)
	}
}

func TestWillFallbackNeedsItsWords(t *testing.T) {
	client, mock, rec := documented(t)
	answered(t, mock, pathWill, "getWillFaceId.h5")
	for _, r := range []faceid.GetWillFaceIDRequest{
		{LiveInterType: faceid.WillLiveFallback}, {WillMidAnswer: "我确认"}, {LiveInterType: faceid.WillLiveRealTimeOnly, WillMidAnswer: "我确认"},
	} {
		r.OrderNo, r.Person, r.Will = "order1", somebody, asked
		_, err := client.GetWillFaceID(t.Context(), r)
		var bad *faceid.ArgumentError
		require.ErrorAs(t, err, &bad)
		require.Equal(t, "WillMidAnswer", bad.Field)
	}
	require.Empty(t, rec.urls)
	_, err := client.OpenWillH5(t.Context(), faceid.WillH5Request{
		OrderNo: "order1", Person: somebody, Will: asked, FallbackAnswer: "我确认", RedirectURL: "https://merchant.example/back",
	})
	require.NoError(t, err)
	_, _, body := rec.last()
	require.Equal(t, "0", body["liveInterType"])
	require.Equal(t, "我确认", body["willMidAnswer"])
}

// H5 has two fields of its own. One takes any words: the column that says 32 bytes says
// so of questions of 250 characters, too. The other takes values of a closed list.
func TestWillFallbackHasItsLimits(t *testing.T) {
	for words, reason := range map[string]string{
		"请回答：我确认，我自愿办理":          "",
		strings.Repeat("嗯", 100): "",
		" ":                      "is blank",
		"我\u200b确认":              "holds an invisible character",
		"我确\ufffd":               "holds U+FFFD, which stands for a character that was lost",
	} {
		for field, call := range map[string]func(c *faceid.Client) error{
			"WillMidAnswer": func(c *faceid.Client) error {
				_, err := c.GetWillFaceID(t.Context(), faceid.GetWillFaceIDRequest{
					OrderNo: "order1", Person: somebody, Will: asked, LiveInterType: faceid.WillLiveFallback, WillMidAnswer: words,
				})
				return err
			},
			"FallbackAnswer": func(c *faceid.Client) error {
				_, err := c.StartWillH5(t.Context(), faceid.WillH5Request{
					OrderNo: "order1", Person: somebody, Will: asked, FallbackAnswer: words, RedirectURL: "https://merchant.example/back",
				})
				return err
			},
		} {
			client, mock, rec := documented(t)
			answered(t, mock, pathWill, "getWillFaceId.h5")
			err := call(client)
			if reason == "" {
				require.NoError(t, err)
				continue
			}
			var bad *faceid.ArgumentError
			require.ErrorAs(t, err, &bad)
			require.Equal(t, faceid.ArgumentError{Field: field, Reason: reason}, *bad)
			require.Empty(t, rec.urls, "nothing was sent")
		}
	}
	for live, good := range map[faceid.WillLiveInterType]bool{"": true, "1": true, "2": false, "3": false, " ": false} {
		client, mock, rec := documented(t)
		answered(t, mock, pathWill, "getWillFaceId.h5")
		_, err := client.GetWillFaceID(t.Context(), faceid.GetWillFaceIDRequest{OrderNo: "order1", Person: somebody, Will: asked, LiveInterType: live})
		if good {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, "LiveInterType")
		require.Empty(t, rec.urls, "nothing was sent")
	}
}

func TestStartWillH5HasAPageOfItsOwn(t *testing.T) {
	client, mock, _ := documented(t)
	answered(t, mock, pathWill, "getWillFaceId.h5")
	login, err := client.StartWillH5(t.Context(), faceid.WillH5Request{
		OrderNo: "order1", Person: somebody, Will: asked, RedirectURL: "https://merchant.example/back", From: faceid.FromBrowser,
	})
	require.NoError(t, err)
	address, query := loginQuery(t, login)
	require.Equal(t, "https://kyc1.qcloud.com/api/web/willLogin", address)
	checkSigned(t, query, "appId", "userId", "orderNo", "version", "faceId", "nonce")
	require.Equal(t, map[string]string{
		"appId": wireAppID, "version": "1.0.0", "orderNo": "order1", "userId": "user1", "faceId": "cc1184c3995c71a731357f9812aab988",
		"url": "https://merchant.example/back", "from": "browser", "resultType": "1",
	}, query, "these and no others")
}

func TestGetWillFaceIDErrorsHaveTheirTable(t *testing.T) {
	for number, want := range map[string]error{
		"66666010": faceid.CodeWillNoResult, "66660011": faceid.CodeNoResult, "400101": faceid.CodeBadSignature, "12345678": faceid.ErrUnknownCode,
		"66666006": faceid.CodeWillMismatch, // Nobody has answered yet.
	} {
		client, mock, _ := documented(t)
		mock.RegisterResponder("POST", "=~"+pathWill, httpmock.NewStringResponder(200, `{"code":"`+number+`","msg":"x"}`))
		_, err := client.GetWillFaceID(t.Context(), faceid.GetWillFaceIDRequest{OrderNo: "order1", Person: somebody, Will: asked})
		require.ErrorIs(t, err, want, number)
		if number == "66666006" {
			require.ErrorIs(t, err, faceid.ErrRequest)
		}
	}
}

func TestOpenWillH5AndLoginURLWorkAcrossAStoredSession(t *testing.T) {
	sim := faceidtest.Start(t)
	client := newClient(sim)
	session, err := client.OpenWillH5(t.Context(), willH5("", asked))
	require.NoError(t, err)
	text, err := json.Marshal(session)
	require.NoError(t, err)
	require.NotContains(t, string(text), somebody.Name)
	var stored faceid.PageSession
	require.NoError(t, json.Unmarshal(text, &stored))
	loginURL, err := client.LoginURL(t.Context(), &stored)
	require.NoError(t, err)
	back, err := sim.Visit(t.Context(), loginURL)
	require.NoError(t, err)
	cb, err := client.VerifyCallback(t.Context(), back)
	require.NoError(t, err)
	require.Equal(t, session.OrderNo, cb.OrderNo)

	stored.Product = faceid.ProductPlus // This is the page of another product.
	loginURL, err = client.LoginURL(t.Context(), &stored)
	require.NoError(t, err)
	_, err = sim.Visit(t.Context(), loginURL)
	var refused *faceidtest.PageError
	require.ErrorAs(t, err, &refused)
}
