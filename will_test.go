package faceid_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// asked is one question with several good answers.
var asked = faceid.Will{Rounds: []faceid.WillRound{{Question: "请问您本次业务是本人自愿办理吗？请回答：我确认", Answers: []string{"我确认", "是的"}}}}

func rounds(n int) []faceid.WillRound {
	var all []faceid.WillRound
	for range n {
		all = append(all, asked.Rounds...)
	}
	return all
}

func answered(t *testing.T, mock *httpmock.MockTransport, path, file string) {
	respelt(t, mock, path, file, "as printed", func(result map[string]any) { result["orderNo"] = "order1" })
}

func TestWillUploadRequest(t *testing.T) {
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

func TestWillUploadAnswersOfTheDocuments(t *testing.T) {
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

func TestTheLimitsOfWillAreExact(t *testing.T) {
	round := func(question int, answers ...int) faceid.WillRound {
		r := faceid.WillRound{Question: strings.Repeat("问", question)}
		for _, n := range answers {
			r.Answers = append(r.Answers, strings.Repeat("答", n))
		}
		return r
	}
	will := func(rounds ...faceid.WillRound) faceid.Will { return faceid.Will{Rounds: rounds} }
	for name, test := range map[string]struct {
		will  faceid.Will
		field string // "" is good
		limit string
	}{
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
		})
	}
}

// The merchant's own photo stands in for name and number, and goes beside the
// signature.
func TestWillUploadsTheMerchantsPhoto(t *testing.T) {
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

func TestAWillLaunchIsCheckedBeforeAnythingIsSent(t *testing.T) {
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
	for name, test := range map[string]struct {
		field, limit string
		call         func(c *faceid.Client) []error
	}{
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

// The platform may quote what it was sent.
func TestWillErrorsQuoteNobodysWords(t *testing.T) {
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

func TestTheFallbackOfWillNeedsItsWords(t *testing.T) {
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

// Of H5's own two fields: any words (the column that says 32 bytes says so of
// questions of 250 characters, too), and a closed list.
func TestTheFallbackOfWillHasItsLimits(t *testing.T) {
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

func TestWillHasAPageOfItsOwn(t *testing.T) {
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

// The two kinds of will files share their numbers, not their meaning.
func TestWillResultRequest(t *testing.T) {
	for name, test := range map[string]struct {
		request           faceid.GetWillFaceResultRequest
		getFile, willFile string
	}{
		"decision only":       {faceid.GetWillFaceResultRequest{}, "0", "0"},
		"App, all":            {faceid.GetWillFaceResultRequest{GetFile: faceid.FilesAll, AppFile: faceid.WillAppAll}, "1", "1"},
		"App, no whole video": {faceid.GetWillFaceResultRequest{GetFile: faceid.FilesPhoto, AppFile: faceid.WillAppNoVideo}, "2", "2"},
		"H5, audio":           {faceid.GetWillFaceResultRequest{GetFile: faceid.FilesVideo, H5File: faceid.WillH5Audio}, "3", "1"},
	} {
		t.Run(name, func(t *testing.T) {
			client, mock, rec := documented(t)
			respelt(t, mock, pathWillEnd, "getWillFaceResult.app", "as printed", playable)
			test.request.OrderNo = "order1"
			_, err := client.GetWillFaceResult(t.Context(), test.request)
			require.NoError(t, err)
			address, kind, body := rec.last()
			require.Equal(t, "https://kyc1.qcloud.com/api/server/getWillFaceResult?orderNo=order1", address.String())
			require.Equal(t, "POST application/json", kind)
			checkSigned(t, body, "appId", "orderNo", "version", "nonce")
			require.Equal(t, map[string]string{
				"appId": wireAppID, "orderNo": "order1", "version": "1.0.0", "getFile": test.getFile, "getWillFile": test.willFile,
			}, body, "both are always sent")
		})
	}
	client, _, _ := documented(t)
	_, err := client.GetWillFaceResult(t.Context(), faceid.GetWillFaceResultRequest{OrderNo: "order1", AppFile: faceid.WillAppAll, H5File: faceid.WillH5Audio})
	require.ErrorIs(t, err, faceid.ErrRequest)
}

// playable replaces the cut-off media of the documents.
func playable(result map[string]any) {
	result["orderNo"] = "order1"
	result["photo"], result["video"], result["willScrnShotImage"] = "cGhvdG8=", "dmlkZW8=", "c2hvdA=="
	result["willUserAudio"], result["willReadAudio"], result["willUserVideo"] = "dXNlcg==", "cmVhZA==", "d2hvbGU="
	for _, turn := range result["willTurnsData"].([]any) {
		turn := turn.(map[string]any)
		turn["willUserAudio"], turn["willReadAudio"] = "dXNlcg==", "cmVhZA=="
	}
}

func willWant(risk *faceid.RiskInfo) faceid.WillRecord {
	china := time.FixedZone("UTC+8", 8*3600)
	return faceid.WillRecord{
		ResultCode: faceid.CodePassed, Message: "请求成功", OrderNo: "order1", FaceCode: faceid.CodePassed, FaceMessage: "请求成功",
		WillCode: faceid.CodePassed, WillMessage: "请求成功", LiveRate: faceid.Score{Value: 99, Present: true}, Similarity: faceid.Score{Value: 94.94, Present: true},
		OccurredTime: time.Date(2022, 7, 14, 11, 1, 47, 0, china), TransactionTime: time.Date(2022, 7, 14, 11, 7, 23, 0, china),
		Risk: risk, TRTCFlag: "Y",
		StandText:   "本人知情以下号码开户，知晓出售、出租、转让等方式提供电话卡供他人使用的法律风险。请回答：同意",
		StandAnswer: "嗯|好的|是的", UserAnswer: "是的",
		Turns: []faceid.WillTurn{
			{ID: "0", StandText: "请回答：是的请回答", StandAnswer: "是的", UserAnswer: "是的", UserAudio: []byte("user"), ReadAudio: []byte("read")},
			{ID: "1", StandText: "这是第2轮这是第2轮：请回答：是的请回答", StandAnswer: "是的", UserAnswer: "是的", UserAudio: []byte("user"), ReadAudio: []byte("read")},
		},
		Photo: []byte("photo"), Video: []byte("video"), ScrnShotImage: []byte("shot"),
		UserAudio: []byte("user"), ReadAudio: []byte("read"), UserVideo: []byte("whole"),
		MediaSizes: map[string]int64{
			"photo": 5, "video": 5, "willScrnShotImage": 4, "willUserAudio": 4, "willReadAudio": 4, "willUserVideo": 5,
			"willTurnsData[0].willUserAudio": 4, "willTurnsData[0].willReadAudio": 4, "willTurnsData[1].willUserAudio": 4, "willTurnsData[1].willReadAudio": 4,
		},
		BizSeqNo: "22071420001184453211072324316763",
	}
}

// Every will result that the documents print, field by field, however it is
// spelt.
func TestWillAnswersOfTheDocuments(t *testing.T) {
	for file, want := range map[string]faceid.WillRecord{
		"getWillFaceResult.app": willWant(&faceid.RiskInfo{DeviceInfoLevel: "1"}), "getWillFaceResult.h5": willWant(nil),
	} {
		for dialect := range respellings {
			t.Run(file+" "+dialect, func(t *testing.T) {
				client, mock, _ := documented(t)
				respelt(t, mock, pathWillEnd, file, dialect, playable)
				record, err := client.ConfirmWill(t.Context(), faceid.GetWillFaceResultRequest{OrderNo: "order1", GetFile: faceid.FilesAll, AppFile: faceid.WillAppAll})
				require.NoError(t, err)
				require.NotContains(t, string(record.Raw), "dXNlcg==")
				require.NotContains(t, string(record.Raw), "d2hvbGU=")
				require.Contains(t, string(record.Raw), "willTurnsData")
				require.True(t, want.OccurredTime.Equal(record.OccurredTime) && want.TransactionTime.Equal(record.TransactionTime))
				record.OccurredTime, record.TransactionTime, record.Raw = want.OccurredTime, want.TransactionTime, nil
				require.Equal(t, want, *record)
				require.Equal(t, []string{"嗯", "好的", "是的"}, record.Answers())
				require.Equal(t, []string{"是的"}, record.Turns[0].Answers())
				require.Equal(t, faceid.ChargedYes, record.Charged())
			})
		}
	}
}

// The documents say object and print an array.
func TestTurnsComeInManyShapes(t *testing.T) {
	turn := map[string]any{"id": "0", "willUserAnswer": "是的", "willUserAudio": "dXNlcg=="}
	for name, test := range map[string]struct {
		turns any
		want  int
		err   error
	}{
		"array": {[]any{turn, turn}, 2, nil}, "object": {turn, 1, nil}, "null": {nil, 0, nil}, "empty": {[]any{}, 0, nil},
		"text": {"x", 0, faceid.ErrBadAnswer}, "array of texts": {[]any{"x"}, 0, faceid.ErrBadAnswer}, "array of null": {[]any{nil}, 0, faceid.ErrBadAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			client, mock, _ := documented(t)
			respelt(t, mock, pathWillEnd, "getWillFaceResult.h5", "as printed", func(result map[string]any) {
				playable(result)
				result["willTurnsData"] = test.turns
			})
			record, err := client.GetWillFaceResult(t.Context(), faceid.GetWillFaceResultRequest{OrderNo: "order1"})
			if test.err != nil {
				require.ErrorIs(t, err, test.err)
				return
			}
			require.NoError(t, err)
			require.Len(t, record.Turns, test.want)
			for _, turn := range record.Turns {
				require.Equal(t, "user", string(turn.UserAudio))
			}
			if test.want > 0 {
				require.NotContains(t, string(record.Raw[strings.Index(string(record.Raw), "willTurnsData"):]), "dXNlcg")
			}
		})
	}
}

func TestWillFilesGoToTheirWriters(t *testing.T) {
	client, mock, _ := documented(t)
	respelt(t, mock, pathWillEnd, "getWillFaceResult.app", "as printed", playable)
	var whole, turn bytes.Buffer
	record, err := client.GetWillFaceResult(t.Context(), faceid.GetWillFaceResultRequest{OrderNo: "order1", MediaTo: func(name string) io.Writer {
		switch name {
		case "willUserVideo":
			return &whole
		case "willTurnsData[1].willUserAudio":
			return &turn
		}
		return nil
	}})
	require.NoError(t, err)
	require.Equal(t, "whole", whole.String())
	require.Equal(t, "user", turn.String())
	require.Empty(t, record.UserVideo)
	require.Empty(t, record.Turns[1].UserAudio)
	require.Equal(t, "user", string(record.Turns[0].UserAudio))
	require.EqualValues(t, 5, record.MediaSizes["willUserVideo"])
}

// A file that cannot be read, or written, keeps all after it from being written.
func TestNoWillFileIsWrittenOnceSomethingIsWrong(t *testing.T) {
	full := errors.New("disk full")
	for name, test := range map[string]struct {
		change func(result map[string]any)
		bad    io.Writer
		at     string
		want   error
	}{
		"not base64":       {func(result map[string]any) { result["video"] = "!" }, io.Discard, "video", faceid.ErrBadAnswer},
		"no string":        {func(result map[string]any) { result["video"] = map[string]any{} }, io.Discard, "video", faceid.ErrBadAnswer},
		"the disk is full": {func(map[string]any) {}, failingWriter{full}, "video", full},
		"another order":    {func(result map[string]any) { result["orderNo"] = "order2" }, io.Discard, "another order", faceid.ErrBadAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			client, mock, _ := documented(t)
			respelt(t, mock, pathWillEnd, "getWillFaceResult.app", "as printed", func(result map[string]any) {
				playable(result)
				test.change(result)
			})
			var photo, rest bytes.Buffer
			record, err := client.GetWillFaceResult(t.Context(), faceid.GetWillFaceResultRequest{OrderNo: "order1", MediaTo: func(name string) io.Writer {
				switch name {
				case "photo":
					return &photo
				case "video":
					return test.bad
				}
				return &rest
			}})
			require.ErrorIs(t, err, test.want)
			require.ErrorContains(t, err, test.at)
			require.Nil(t, record)
			require.Empty(t, rest.String())
			if test.at == "video" {
				require.Equal(t, "photo", photo.String(), "it was right")
			} else {
				require.Empty(t, photo.String())
			}
			require.Equal(t, errors.Is(test.want, full), !errors.Is(err, faceid.ErrBadAnswer), "the disk is not the platform's")
		})
	}
}

// Face and answers both decide, and each has a meaning and a charge.
func TestAWillPassesOnlyAsAWhole(t *testing.T) {
	for name, test := range map[string]struct {
		codes   [3]any // whole, face, answers
		family  faceid.Family
		charged [3]faceid.Charged
	}{
		"all":                  {[3]any{"0", "0", "0"}, faceid.FamilyPassed, [3]faceid.Charged{2, 2, 2}},
		"as numbers":           {[3]any{0, 0, 0}, faceid.FamilyPassed, [3]faceid.Charged{2, 2, 2}},
		"another answer":       {[3]any{"66666006", "0", "66666006"}, faceid.FamilyWillMismatch, [3]faceid.Charged{2, 2, 2}},
		"hidden in a part":     {[3]any{"0", "0", "66666006"}, faceid.FamilyWillMismatch, [3]faceid.Charged{2, 2, 2}},
		"another face":         {[3]any{"66660004", "66660004", ""}, faceid.FamilyNotSamePerson, [3]faceid.Charged{2, 2, 0}},
		"hidden in the face":   {[3]any{"0", "66660023", "0"}, faceid.FamilySuspectedFake, [3]faceid.Charged{2, 1, 2}},
		"no word of the face":  {[3]any{"0", "", "0"}, faceid.ErrUnknownCode, [3]faceid.Charged{2, 0, 2}},
		"no word of the will":  {[3]any{"0", "0", nil}, faceid.ErrUnknownCode, [3]faceid.Charged{2, 2, 0}},
		"audio was lost":       {[3]any{"66666004", "0", "66666004"}, faceid.FamilyMediaUnusable, [3]faceid.Charged{1, 2, 1}},
		"an unknown part code": {[3]any{"0", "0", "77777777"}, faceid.ErrUnknownCode, [3]faceid.Charged{2, 2, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			client, mock, _ := documented(t)
			text, err := json.Marshal(map[string]any{"code": test.codes[0], "msg": "m", "result": map[string]any{
				"orderNo": "order1", "similarity": "88", "faceCode": test.codes[1], "faceMsg": "f", "willCode": test.codes[2], "willMsg": "w",
			}})
			require.NoError(t, err)
			mock.RegisterResponder("POST", "=~"+pathWillEnd, httpmock.NewBytesResponder(200, text))
			record, err := client.ConfirmWill(t.Context(), faceid.GetWillFaceResultRequest{OrderNo: "order1"})
			require.NotNil(t, record)
			require.Equal(t, test.family, record.Family())
			require.Equal(t, test.charged, [3]faceid.Charged{record.Charged(), record.FaceCharged(), record.WillCharged()})
			require.Equal(t, err == nil, record.Passed())
			if test.family == faceid.FamilyPassed {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, faceid.ErrNotPassed)
			require.ErrorIs(t, err, test.family)
			suite.see(err, record, *record)
		})
	}
}

func TestAWillNeedsAComparison(t *testing.T) {
	client, mock, _ := documented(t)
	mock.RegisterResponder("POST", "=~"+pathWillEnd, httpmock.NewStringResponder(200, `{"code":"0","result":{"orderNo":"order1","faceCode":"0","willCode":"0"}}`))
	record, err := client.ConfirmWill(t.Context(), faceid.GetWillFaceResultRequest{OrderNo: "order1"})
	require.NotNil(t, record)
	require.False(t, record.Passed())
	require.ErrorIs(t, err, faceid.ErrNotCompared)
	require.ErrorIs(t, err, faceid.ErrNotPassed)
	require.NotErrorIs(t, err, faceid.FamilyPassed)
}

func TestWillErrorsHaveTheirTable(t *testing.T) {
	for number, want := range map[string]error{
		"66666010": faceid.CodeWillNoResult, "66660011": faceid.CodeNoResult, "400101": faceid.CodeBadSignature, "12345678": faceid.ErrUnknownCode,
		"66666006": faceid.CodeWillMismatch, // nobody has answered yet
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

func TestAWillPassMustSayWhoseItIs(t *testing.T) {
	client, mock, _ := documented(t)
	for _, body := range []string{
		`{"code":"0","result":{"faceCode":"0","willCode":"0"}}`, `{"code":"0","result":{"faceCode":"0","willCode":"0","orderNo":"order2"}}`,
		`{"code":"0"}`, `{"code":"0","result":{}}`, `{"code":"0","result":{"faceCode":"66660004"}}`, // nobody did not pass
	} {
		mock.RegisterResponder("POST", "=~"+pathWillEnd, httpmock.NewStringResponder(200, body))
		_, err := client.ConfirmWill(t.Context(), faceid.GetWillFaceResultRequest{OrderNo: "order1"})
		require.ErrorIs(t, err, faceid.ErrBadAnswer)
		require.NotErrorIs(t, err, faceid.ErrNotPassed)
	}
	var none *faceid.WillRecord
	require.False(t, none.Passed())
	require.False(t, (&faceid.WillRecord{}).Passed())
}
