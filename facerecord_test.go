package faceid_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

func TestQueryFaceRecordSendsTheDocumentedRequest(t *testing.T) {
	for name, test := range map[string]struct {
		request faceid.QueryFaceRecordRequest
		want    map[string]string
	}{
		"decision only": {faceid.QueryFaceRecordRequest{}, map[string]string{}},
		"all":           {faceid.QueryFaceRecordRequest{GetFile: faceid.FilesAll, QueryVersion: faceid.QueryVersion10}, map[string]string{"getFile": "1", "queryVersion": "1.0"}},
		"photo":         {faceid.QueryFaceRecordRequest{GetFile: faceid.FilesPhoto}, map[string]string{"getFile": "2"}},
		"video":         {faceid.QueryFaceRecordRequest{GetFile: faceid.FilesVideo}, map[string]string{"getFile": "3"}},
		"product":       {faceid.QueryFaceRecordRequest{Product: faceid.ProductBasic, LivenessOnly: true}, map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			client, mock, rec := documented(t)
			replay(t, mock, pathRecord, "queryfacerecord.plus-app", func(result map[string]any) {
				result["orderNo"], result["photo"], result["video"] = "order1", "cGhvdG8=", "dmlkZW8="
			})
			test.request.OrderNo = "order1"
			_, err := client.QueryFaceRecord(t.Context(), test.request)
			require.NoError(t, err)

			address, kind, body := rec.last()
			require.Equal(t, "https://kyc1.qcloud.com/api/v2/base/queryfacerecord?orderNo=order1", address.String())
			require.Equal(t, "POST application/json", kind)
			checkSigned(t, body, "appId", "orderNo", "version", "nonce")
			for name, value := range map[string]string{"appId": wireAppID, "orderNo": "order1", "version": "1.0.0"} {
				test.want[name] = value
			}
			require.Equal(t, test.want, body, "these and no others")
		})
	}
}

// Every record that the documents print is read field by field, however it is spelt.
func TestQueryFaceRecordReadsTheDocumentsAnswers(t *testing.T) {
	china := time.FixedZone("", 8*3600)
	app := faceid.FaceRecord{
		LiveRate: faceid.Score{Value: 99, Present: true}, Similarity: faceid.Score{Value: 97, Present: true},
		Risk: &faceid.RiskInfo{DeviceInfoLevel: "1"}, SDKVersion: "v4.5.2.1", BizSeqNo: "22041520001184442415491408594474",
		OccurredTime: time.Date(2022, 4, 15, 15, 43, 41, 0, china), TransactionTime: time.Date(2022, 4, 15, 15, 49, 14, 0, china),
	}
	h5 := faceid.FaceRecord{
		LiveRate: faceid.Score{Value: 99, Present: true}, Similarity: faceid.Score{Value: 88.01, Present: true},
		SDKVersion: "1.12.12", TRTCFlag: "Y", BizSeqNo: "22032920001184453211174015790894",
		OccurredTime: time.Date(2022, 3, 29, 10, 47, 17, 0, china), TransactionTime: time.Date(2022, 3, 29, 11, 17, 40, 0, china),
	}
	for file, want := range map[string]faceid.FaceRecord{
		"queryfacerecord.plus-app": app, "queryfacerecord.enhanced-app": app, "queryfacerecord.plus-h5": h5,
		"queryfacerecord.enhanced-h5": h5, "queryfacerecord.basic-app": h5, "queryfacerecord.pc-h5": h5,
	} {
		for dialect := range respellings {
			t.Run(file+" "+dialect, func(t *testing.T) {
				client, mock, _ := documented(t)
				respelt(t, mock, pathRecord, file, dialect, func(result map[string]any) {
					result["orderNo"], result["photo"], result["video"] = "order1", "//8=", "dmlk\r\nZW8="
				})
				record, err := client.QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesAll})
				require.NoError(t, err)
				require.True(t, record.Passed())
				require.NotContains(t, string(record.Raw), "dmlk")
				require.Contains(t, string(record.Raw), `"appId"`)
				require.True(t, want.OccurredTime.Equal(record.OccurredTime) && want.TransactionTime.Equal(record.TransactionTime))
				want := want
				want.ResultCode, want.OrderNo, want.Message = faceid.CodePassed, "order1", "请求成功"
				want.Photo, want.PhotoSize, want.Video, want.VideoSize = []byte("\xff\xff"), 2, []byte("video"), 5
				want.OccurredTime, want.TransactionTime, want.Raw = record.OccurredTime, record.TransactionTime, record.Raw
				require.Equal(t, want, *record)
			})
		}
	}
}

// A photo that cannot be read keeps the video behind it from being written, and so does
// the order number of somebody else. What shows up later does not.
func TestQueryFaceRecordWritesNothingOnceSomethingIsWrong(t *testing.T) {
	full := errors.New("disk full")
	for name, test := range map[string]struct {
		result  string
		photoTo io.Writer
		want    error
		written string
	}{
		"a photo that is none": {`{"orderNo":"order1","photo":"!","video":"dmlkZW8="}`, io.Discard, faceid.ErrBadAnswer, ""},
		"a photo of no kind":   {`{"orderNo":"order1","photo":{},"video":"dmlkZW8="}`, io.Discard, faceid.ErrBadAnswer, ""},
		"the disk is full":     {`{"orderNo":"order1","photo":"cGhvdG8=","video":"dmlkZW8="}`, failingWriter{full}, full, ""},
		"another order":        {`{"orderNo":"order2","video":"dmlkZW8="}`, io.Discard, faceid.ErrBadAnswer, ""},
		"another order, late":  {`{"video":"dmlkZW8=","orderNo":"order2"}`, io.Discard, faceid.ErrBadAnswer, "video"},
		"no order":             {`{"video":"dmlkZW8="}`, io.Discard, faceid.ErrBadAnswer, "video"},
		"a score of no kind":   {`{"orderNo":"order1","liveRate":{},"video":"dmlkZW8="}`, io.Discard, faceid.ErrBadAnswer, "video"},
	} {
		t.Run(name, func(t *testing.T) {
			sim := faceidtest.Start(t)
			sim.FailNext(pathRecord, faceidtest.FaultBody(`{"code":"0","result":`+test.result+`}`))
			var video bytes.Buffer
			record, err := newClient(sim).QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{
				OrderNo: "order1", GetFile: faceid.FilesAll, PhotoTo: test.photoTo, VideoTo: &video,
			})
			require.ErrorIs(t, err, test.want)
			require.Nil(t, record)
			require.Equal(t, test.written, video.String())
		})
	}
}

func TestConfirmFaceFindsAResultForThreeDays(t *testing.T) {
	sim := faceidtest.Start(t)
	client := newClient(sim)
	finish(t, sim, client, "order1")
	sim.Advance(3*24*time.Hour + time.Second)
	_, err := client.ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
	require.ErrorIs(t, err, faceid.ErrNoResult)
	require.ErrorIs(t, err, faceid.CodeNoResult)
}

func TestFaceRecordKeepsUnknownFieldsReadable(t *testing.T) {
	sim := faceidtest.Start(t)
	sim.FailNext(pathRecord, faceidtest.FaultBody(`{"code":"0","new":1,"result":{"orderNo":"order1","photo":"QUJD","later":{"x":true}}}`))
	record, err := newClient(sim).QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesPhoto})
	require.NoError(t, err)
	require.JSONEq(t, `{"code":"0","new":1,"result":{"orderNo":"order1","photo":"","later":{"x":true}}}`, string(record.Raw))
}

func TestFaceRecordZeroValueHasNotPassed(t *testing.T) {
	var none *faceid.FaceRecord
	require.False(t, none.Passed())
	require.False(t, (&faceid.FaceRecord{}).Passed())
	require.False(t, (&faceid.FaceRecord{ResultCode: "0"}).Passed())
	require.False(t, (&faceid.Callback{}).Passed())
}

// An App can leave the faceId out of a Basic launch. The record then says that somebody
// is alive, and nothing more.
func TestConfirmFaceNeedsAComparison(t *testing.T) {
	sim := faceidtest.Start(t)
	for name, test := range map[string]struct {
		request faceid.QueryFaceRecordRequest
		score   string
		err     error
	}{
		"Basic, compared":               {faceid.QueryFaceRecordRequest{Product: faceid.ProductBasic}, `"similarity":"88.01"`, nil},
		"Basic, not compared":           {faceid.QueryFaceRecordRequest{Product: faceid.ProductBasic}, `"liveRate":"99"`, faceid.ErrNotCompared},
		"Basic, words for a score":      {faceid.QueryFaceRecordRequest{Product: faceid.ProductBasic}, `"similarity":"分数为空"`, faceid.ErrNotCompared},
		"unknown product, not compared": {faceid.QueryFaceRecordRequest{}, `"liveRate":"99"`, faceid.ErrNotCompared},
		"liveness was meant":            {faceid.QueryFaceRecordRequest{Product: faceid.ProductBasic, LivenessOnly: true}, `"liveRate":"99"`, nil},
		"Plus, not compared":            {faceid.QueryFaceRecordRequest{Product: faceid.ProductPlus}, `"liveRate":"99"`, faceid.ErrNotCompared},
		"Enhanced, not compared":        {faceid.QueryFaceRecordRequest{Product: faceid.ProductEnhanced}, `"liveRate":"99"`, faceid.ErrNotCompared},
		"a similarity of 0":             {faceid.QueryFaceRecordRequest{Product: faceid.ProductPlus}, `"liveRate":"99","similarity":"0"`, faceid.ErrNotCompared},
		"one of 0.00, a number":         {faceid.QueryFaceRecordRequest{}, `"similarity":0.00`, faceid.ErrNotCompared},
		"the least one":                 {faceid.QueryFaceRecordRequest{}, `"similarity":"0.01"`, nil},
		"another product, not compared": {faceid.QueryFaceRecordRequest{Product: "new"}, `"liveRate":"99"`, faceid.ErrNotCompared},
	} {
		t.Run(name, func(t *testing.T) {
			sim.FailNext(pathRecord, faceidtest.FaultBody(`{"code":"0","msg":"ok","result":{"orderNo":"order1",`+test.score+`}}`))
			test.request.OrderNo = "order1"
			record, err := newClient(sim).ConfirmFace(t.Context(), test.request)
			require.NotNil(t, record)
			if test.err == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, test.err)
			require.ErrorIs(t, err, faceid.ErrNotPassed)
			require.ErrorIs(t, err, faceid.FamilyNotCompared)
			require.NotErrorIs(t, err, faceid.FamilyPassed)
			require.NotErrorIs(t, err, faceid.CodePassed)
			suite.see(err)
		})
	}
}

func TestConfirmFaceWaitsIfItIsTold(t *testing.T) {
	for lag, want := range map[int]error{0: nil, 1: nil, 3: nil, 4: faceid.ErrNoResult} {
		synctest.Test(t, func(t *testing.T) {
			sim := faceidtest.Start(t)
			client := newClient(sim)
			finish(t, sim, client, "order1")
			for range lag {
				sim.FailNext(pathRecord, faceidtest.FaultCode("66660011", ""))
			}
			begun := time.Now()
			_, err := client.ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", Wait: true})
			require.ErrorIs(t, err, want)
			require.Equal(t, time.Duration(min(lag, 3))*2*time.Second, time.Since(begun))
		})
	}
	synctest.Test(t, func(t *testing.T) { // Without being told, ConfirmFace does not wait.
		sim := faceidtest.Start(t)
		_, err := newClient(sim).ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
		require.ErrorIs(t, err, faceid.ErrNoResult)
		require.Equal(t, 1, sim.Calls(pathRecord))
	})
}

func TestConfirmFaceStopsWaitingWithTheCallersContext(t *testing.T) {
	for name, end := range map[string]struct {
		cause error
		ctx   func(context.Context) (context.Context, context.CancelFunc)
	}{
		"deadline": {context.DeadlineExceeded, func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 3*time.Second)
		}},
		"cancel": {context.Canceled, func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(3*time.Second, cancel)
			return ctx, cancel
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := faceidtest.Start(t)
				client := newClient(sim)
				finish(t, sim, client, "order1")
				lag := faceidtest.FaultCode("66660011", "")
				sim.FailNext(pathRecord, lag, lag) // Another query would find a pass.
				ctx, cancel := end.ctx(t.Context())
				defer cancel()
				begun := time.Now()
				record, err := client.ConfirmFace(ctx, faceid.QueryFaceRecordRequest{OrderNo: "order1", Wait: true})
				require.ErrorIs(t, err, end.cause)
				require.NotErrorIs(t, err, faceid.ErrNotPassed, "nobody knows")
				require.ErrorContains(t, err, "order1")
				require.Nil(t, record)
				require.Equal(t, 3*time.Second, time.Since(begun))
				require.Equal(t, 2, sim.Calls(pathRecord))
			})
		})
	}
}

// A pass of somebody else's order writes nobody's face to the caller's writers.
func TestQueryFaceRecordWritesNoFilesOfAnotherOrder(t *testing.T) {
	sim := faceidtest.Start(t)
	for path, body := range map[string]string{
		pathRecord: `{"code":"0","result":{"orderNo":"order2","photo":"QUJD","video":"QUJD"}}`,
		pathPhotos: `{"code":"0","result":{"orderNo":"order2","photoList":["QUJD"]}}`,
	} {
		sim.FailNext(path, faceidtest.FaultBody(body))
		var w bytes.Buffer
		var err error
		if path == pathRecord {
			_, err = newClient(sim).QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", PhotoTo: &w, VideoTo: &w})
		} else {
			_, err = newClient(sim).QueryPhotoInfo(t.Context(), faceid.QueryPhotoInfoRequest{OrderNo: "order1", MediaTo: func(string) io.Writer { return &w }})
		}
		require.ErrorContains(t, err, "another order")
		require.Empty(t, w.String())
	}
}

// An answer that names two orders is a bad answer, and its files reach no writer,
// whether the wrong order comes first or both stand side by side.
func TestConfirmFaceRefusesAnAnswerThatNamesTwoOrders(t *testing.T) {
	sim := faceidtest.Start(t)
	for _, body := range []string{
		`{"code":"0","orderNo":"order2","result":{"orderNo":"order1","similarity":"90","video":"QUJD"}}`,
		`{"code":"0","result":{"orderNo":"order2","orderNo":"order1","similarity":"90","video":"QUJD"}}`,
	} {
		query := faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesVideo}
		sim.FailNext(pathRecord, faceidtest.FaultBody(body), faceidtest.FaultBody(body))
		record, err := newClient(sim).ConfirmFace(t.Context(), query)
		require.ErrorIs(t, err, faceid.ErrBadAnswer, body)
		require.Nil(t, record)
		var w bytes.Buffer
		query.VideoTo = &w
		record, err = newClient(sim).ConfirmFace(t.Context(), query)
		require.ErrorIs(t, err, faceid.ErrBadAnswer, body)
		require.Nil(t, record)
		require.Empty(t, w.String())
	}
}

// An App that leaves the faceId out of a Basic launch gets no pass.
func TestConfirmFaceRefusesLivenessAlone(t *testing.T) {
	sim := faceidtest.Start(t)
	client := newClient(sim, faceid.WithProduct(faceid.ProductBasic))
	launch, err := client.StartSDK(t.Context(), faceid.SDKRequest{
		Platform: faceid.PlatformIOS, Person: faceid.Person{UserID: "user1"}, Licence: "licence", LivenessOnly: true,
	})
	require.NoError(t, err)
	result, err := sim.RunSDK(t.Context(), launch.Params)
	require.NoError(t, err)
	require.Equal(t, "0", result.Code, "%v", result)
	record, err := client.ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: launch.OrderNo})
	require.ErrorIs(t, err, faceid.ErrNotCompared)
	require.True(t, record.LiveRate.Present)
	_, err = client.ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: launch.OrderNo, LivenessOnly: true})
	require.NoError(t, err)
}

// An App that switches the comparison off gets no pass, although a person was
// uploaded.
func TestConfirmFaceRefusesAnAppWithoutTheComparison(t *testing.T) {
	for _, product := range []faceid.Product{faceid.ProductPlus, faceid.ProductEnhanced} {
		sim := faceidtest.Start(t)
		client := newClient(sim, faceid.WithProduct(product))
		launch, err := client.StartSDK(t.Context(), faceid.SDKRequest{Platform: faceid.PlatformIOS, Person: somebody, Licence: "licence"})
		require.NoError(t, err)
		result, err := sim.RunSDK(t.Context(), launch.Params, faceidtest.LivenessOnly)
		require.NoError(t, err)
		require.Equal(t, "0", result.Code, "the App reports a success")
		record, err := client.ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: launch.OrderNo})
		require.ErrorIs(t, err, faceid.ErrNotCompared)
		require.False(t, record.Similarity.Present)
	}
}

func TestConfirmFaceMustSayWhoseRecordItIs(t *testing.T) {
	sim := faceidtest.Start(t, faceidtest.WithDialect(faceidtest.Dialect{NoEcho: true}))
	client := newClient(sim)
	finish(t, sim, client, "order1")
	_, err := client.ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
	require.ErrorIs(t, err, faceid.ErrBadAnswer)
}

// A code of 0 without a similarity is the App's doing on iOS only, and for face only.
// No text about another order blames an App.
func TestConfirmFaceSaysWhoCausedAMissingComparison(t *testing.T) {
	passed := faceid.CodePassed
	for _, err := range []error{
		faceid.ErrNotCompared,
		(&faceid.FaceRecord{ResultCode: passed, Product: faceid.ProductBasic, Message: "分数为空"}).Err(),
		(&faceid.WillRecord{ResultCode: passed, FaceCode: passed, WillCode: passed}).Err(),
	} {
		require.ErrorIs(t, err, faceid.ErrNotCompared)
		require.NotContains(t, err.Error(), "App")
	}
	for _, file := range []string{"docs/trouble.md", "docs/trouble.zh-CN.md"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var rows []string
		for _, line := range strings.Split(string(text), "\n") {
			if strings.HasPrefix(line, "|") && strings.Contains(line, "`ErrNotCompared`") {
				rows = append(rows, line)
			}
		}
		require.Len(t, rows, 2, file)
		require.Contains(t, rows[0], "iOS", file)
		require.Contains(t, rows[0], "useAdvanceCompare", file)
		require.Contains(t, rows[0], "faceId", file)
		require.Contains(t, rows[1], "分数为空", file)
		require.Contains(t, rows[1], "PC", file)
		require.NotContains(t, rows[1], "iOS", file)
		require.NotContains(t, rows[1], "useAdvanceCompare", file)
	}
}
