package faceid_test

import (
	"bytes"
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

// The two kinds of will files share their numbers, but the numbers mean different
// things.
func TestGetWillFaceResultSendsTheDocumentedRequest(t *testing.T) {
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

// Every will result that the documents print is read field by field, however it is
// spelt.
func TestConfirmWillReadsTheDocumentsAnswers(t *testing.T) {
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

// The documents describe an object and print an array.
func TestGetWillFaceResultReadsTurnsOfManyShapes(t *testing.T) {
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

func TestGetWillFaceResultGivesFilesToTheirWriters(t *testing.T) {
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

// A file that cannot be read or written keeps all files after it from being written.
func TestGetWillFaceResultWritesNothingOnceSomethingIsWrong(t *testing.T) {
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

// The face and the answers both decide. Each has a meaning and a charge.
func TestConfirmWillPassesOnlyAsAWhole(t *testing.T) {
	for name, test := range map[string]struct {
		codes   [3]any // the codes of the whole, the face and the answers
		family  faceid.Family
		charged [3]faceid.Charged
	}{
		"all":                  {[3]any{"0", "0", "0"}, faceid.FamilyPassed, [3]faceid.Charged{2, 2, 2}},
		"as numbers":           {[3]any{0, 0, 0}, faceid.FamilyPassed, [3]faceid.Charged{2, 2, 2}},
		"another answer":       {[3]any{"66666006", "0", "66666006"}, faceid.FamilyWillMismatch, [3]faceid.Charged{2, 2, 2}},
		"hidden in a part":     {[3]any{"0", "0", "66666006"}, faceid.FamilyWillMismatch, [3]faceid.Charged{2, 2, 2}},
		"another face":         {[3]any{"66660004", "66660004", ""}, faceid.FamilyNotSamePerson, [3]faceid.Charged{2, 2, 0}},
		"hidden in the face":   {[3]any{"0", "66660023", "0"}, faceid.FamilySuspectedFake, [3]faceid.Charged{2, 1, 2}},
		"no word of the face":  {[3]any{"0", "", "0"}, faceid.ErrBadAnswer, [3]faceid.Charged{2, 0, 2}},
		"no word of the will":  {[3]any{"0", "0", nil}, faceid.ErrBadAnswer, [3]faceid.Charged{2, 2, 0}},
		"audio was lost":       {[3]any{"66666004", "0", "66666004"}, faceid.FamilyMediaUnusable, [3]faceid.Charged{1, 2, 1}},
		"trouble of a part":    {[3]any{"0", "999999", "0"}, faceid.ErrService, [3]faceid.Charged{2, 1, 2}},
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
			require.ErrorIs(t, err, test.family)
			said := test.family != faceid.ErrBadAnswer && test.family != faceid.ErrUnknownCode && test.family != faceid.ErrService
			require.Equal(t, said, errors.Is(err, faceid.ErrNotPassed), "who was not said to have failed did not fail")
			suite.see(err, record, *record)
		})
	}
}

func TestConfirmWillNeedsAComparison(t *testing.T) {
	client, mock, _ := documented(t)
	mock.RegisterResponder("POST", "=~"+pathWillEnd, httpmock.NewStringResponder(200, `{"code":"0","result":{"orderNo":"order1","faceCode":"0","willCode":"0"}}`))
	record, err := client.ConfirmWill(t.Context(), faceid.GetWillFaceResultRequest{OrderNo: "order1"})
	require.NotNil(t, record)
	require.False(t, record.Passed())
	require.ErrorIs(t, err, faceid.ErrNotCompared)
	require.ErrorIs(t, err, faceid.ErrNotPassed)
	require.NotErrorIs(t, err, faceid.FamilyPassed)
}

func TestConfirmWillMustSayWhoseRecordItIs(t *testing.T) {
	client, mock, _ := documented(t)
	for _, body := range []string{
		`{"code":"0","result":{"faceCode":"0","willCode":"0"}}`, `{"code":"0","result":{"faceCode":"0","willCode":"0","orderNo":"order2"}}`,
		`{"code":"0"}`, `{"code":"0","result":{}}`, `{"code":"0","result":{"faceCode":"66660004"}}`, // These answers do not say that anybody failed.
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

// willEndings are the ways in which a will verification may end: the claim of the
// callback, and the codes of the record.
var willEndings = map[string]struct {
	ending   faceidtest.Ending
	callback faceid.Code
	confirm  error // nil: it passes
}{
	"passes":         {faceidtest.Passes(), faceid.CodePassed, nil},
	"another answer": {faceidtest.WrongAnswer(), faceid.CodeWillMismatch, faceid.FamilyWillMismatch},
	"somebody else":  {faceidtest.NotSamePerson(), faceid.CodeNotSamePerson, faceid.FamilyNotSamePerson},
	"a fake":         {faceidtest.SuspectedFake(), faceid.CodeSuspectedFake, faceid.FamilySuspectedFake},
	"not in WeChat":  {faceidtest.OnlyInWeChat(), faceid.CodeH5NotInWeChat, faceid.ErrNoResult},
	"no camera":      {faceidtest.NoCamera(), faceid.CodeH5NoCamera, faceid.ErrNoResult},
}

func TestConfirmWillInABrowser(t *testing.T) {
	for mode, will := range map[string]faceid.Will{
		"one question":   asked,
		"five questions": {Rounds: rounds(5), Speed: faceid.WillSpeed120},
		"read aloud":     {Type: faceid.WillReadAloud, Rounds: rounds(1)},
		"nod":            {Type: faceid.WillNod, Rounds: rounds(1)},
	} {
		for name, test := range willEndings {
			t.Run(mode+" "+name, func(t *testing.T) {
				sim := faceidtest.Start(t)
				client := newClient(sim)
				sim.ScriptDefault(test.ending)
				login, err := client.StartWillH5(t.Context(), willH5("order1", will))
				require.NoError(t, err)
				back, err := sim.Visit(t.Context(), login.URL)
				require.NoError(t, err)
				cb, err := client.VerifyCallback(t.Context(), back)
				require.NoError(t, err)
				require.Equal(t, test.callback, cb.Code)
				require.Equal(t, login.Session.FaceID, cb.FaceID)
				record, err := client.ConfirmWill(t.Context(), faceid.GetWillFaceResultRequest{OrderNo: "order1", GetFile: faceid.FilesAll, H5File: faceid.WillH5Audio})
				suite.see(record, err)
				if test.confirm != nil {
					require.ErrorIs(t, err, test.confirm)
					require.False(t, record.Passed())
					return
				}
				require.NoError(t, err)
				require.Equal(t, faceid.CodePassed, cb.FaceCode)
				require.Equal(t, faceid.CodePassed, cb.WillCode)
				require.NotEmpty(t, record.Photo)
				if n := len(will.Rounds); n > 1 {
					require.Len(t, record.Turns, n)
					require.Equal(t, will.Rounds[n-1].Question, record.Turns[n-1].StandText)
					require.Equal(t, will.Rounds[n-1].Answers, record.Turns[n-1].Answers())
					require.NotEmpty(t, record.Turns[n-1].UserAudio)
					return
				}
				require.Equal(t, will.Rounds[0].Question, record.StandText)
				require.Equal(t, will.Rounds[0].Answers, record.Answers())
			})
		}
	}
}

func TestConfirmWillInAnApp(t *testing.T) {
	records := []faceidtest.SDKSwitch{faceidtest.RecordVideo}
	for platform, switches := range map[string][]faceidtest.SDKSwitch{"android": records, "ios": records, "harmony": nil} {
		for name, test := range willEndings {
			if test.callback.Scope() == "h5-frontend" && test.callback != faceid.CodeH5NoCamera {
				continue
			}
			t.Run(platform+" "+name, func(t *testing.T) {
				sim := faceidtest.Start(t)
				client := newClient(sim)
				sim.ScriptDefault(test.ending)
				launch, err := startApp(t.Context(), client, "will", platform, "order1", "user1", "licence")
				require.NoError(t, err)
				result, err := sim.RunSDK(t.Context(), launch.Params, switches...)
				require.NoError(t, err)
				report := faceid.ParseSDKResult(result.Domain, result.Code)
				record, err := client.ConfirmWill(t.Context(), faceid.GetWillFaceResultRequest{OrderNo: "order1", GetFile: faceid.FilesAll, AppFile: faceid.WillAppAll})
				require.Equal(t, report.Queryable(), record != nil, "%v", report)
				if test.confirm != nil {
					require.ErrorIs(t, err, test.confirm)
					return
				}
				require.NoError(t, err)
				require.Equal(t, switches != nil, len(record.UserVideo) > 0)
				require.NotEmpty(t, record.UserAudio)
				require.Equal(t, faceid.ChargedYes, record.Charged())

				record, err = client.GetWillFaceResult(t.Context(), faceid.GetWillFaceResultRequest{OrderNo: "order1", AppFile: faceid.WillAppNoVideo})
				require.NoError(t, err)
				require.Empty(t, record.UserVideo)
				require.NotEmpty(t, record.UserAudio)
				require.Empty(t, record.Photo)
			})
		}
	}
}
