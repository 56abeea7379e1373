package faceid_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

func TestFilesThatLagAreWaitedFor(t *testing.T) {
	for name, test := range map[string]struct {
		ending faceidtest.Ending
		calls  int
		err    error
	}{
		"there at once":     {faceidtest.Ending{}, 1, nil},
		"after 1 s":         {faceidtest.Ending{FilesLag: time.Second}, 2, nil},
		"after 6 s":         {faceidtest.Ending{FilesLag: 6 * time.Second}, 4, nil},
		"after 6 s and 1ns": {faceidtest.Ending{FilesLag: 6*time.Second + 1}, 4, faceid.ErrNoFiles},
		"never":             {faceidtest.Ending{NoFiles: true}, 4, faceid.ErrNoFiles},
		"no result":         {faceidtest.Quits(), 4, faceid.ErrNoResult},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := faceidtest.Start(t)
				client := newClient(sim)
				sim.ScriptDefault(test.ending)
				finish(t, sim, client, "order1")
				begun := time.Now()
				record, err := client.WaitFaceFiles(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesAll})
				require.Equal(t, test.calls, sim.Calls(pathRecord))
				require.Equal(t, time.Duration(test.calls-1)*2*time.Second, time.Since(begun))
				if test.err == nil {
					require.NoError(t, err)
					require.NotEmpty(t, record.Photo)
					require.NotEmpty(t, record.Video)
					return
				}
				require.ErrorIs(t, err, test.err)
				if errors.Is(test.err, faceid.ErrNoFiles) {
					require.Equal(t, "order1", record.OrderNo, "the record is there, whatever its files")
				}
			})
		})
	}
}

// A photo that arrived before the video is not asked for, or written, again.
func TestEachFileIsTakenOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		var asked []string
		client := newClient(sim, faceid.WithHTTPClient(&http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == pathRecord {
				text, err := io.ReadAll(r.Body)
				require.NoError(t, err)
				var body map[string]string
				require.NoError(t, json.Unmarshal(text, &body))
				asked = append(asked, body["getFile"])
				r.Body = io.NopCloser(bytes.NewReader(text))
			}
			return sim.RoundTrip(r)
		})}))
		finish(t, sim, client, "order1")
		sim.FailNext(pathRecord, faceidtest.FaultBody(`{"code":"0","result":{"orderNo":"order1","photo":"Zmlyc3Q="}}`))
		var photo, video bytes.Buffer
		record, err := client.WaitFaceFiles(t.Context(), faceid.QueryFaceRecordRequest{
			OrderNo: "order1", GetFile: faceid.FilesAll, PhotoTo: &photo, VideoTo: &video,
		})
		require.NoError(t, err)
		require.Equal(t, "first", photo.String())
		require.EqualValues(t, 5, record.PhotoSize)
		require.EqualValues(t, video.Len(), record.VideoSize)
		require.Nil(t, record.Video)
		require.Equal(t, []string{"1", "3"}, asked, "then the video alone")

		photo.Reset()
		sim.FailNext(pathRecord, faceidtest.FaultBody(`{"code":"0","result":{"orderNo":"order1","photo":"Zmlyc3Q="}}`))
		record, err = client.WaitFaceFiles(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesAll})
		require.NoError(t, err)
		require.Equal(t, "first", string(record.Photo))
		require.NotEmpty(t, record.Video)
	})
}

// A photo that cannot be read keeps the video behind it from being written, and
// so does the order number of somebody else; what shows up later does not.
func TestNothingIsWrittenOnceSomethingIsWrong(t *testing.T) {
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

func TestPhotosGoToTheirWriters(t *testing.T) {
	sim := faceidtest.Start(t)
	client := newClient(sim)
	photos := [][]byte{[]byte("\xff\xd8\xffone"), []byte("\xff\xd8\xfftwo")}
	sim.ScriptDefault(faceidtest.Ending{Photos: photos})
	finish(t, sim, client, "order1")
	var got [3]bytes.Buffer
	info, err := client.QueryPhotoInfo(t.Context(), faceid.QueryPhotoInfoRequest{
		OrderNo: "order1", MediaTo: func(name string) io.Writer { return &got[photoIndex(t, name)] },
	})
	require.NoError(t, err)
	require.Empty(t, info.Photos)
	require.Equal(t, []int64{6, 6}, info.Sizes)
	require.Equal(t, photos, [][]byte{got[0].Bytes(), got[1].Bytes()})
	require.Empty(t, got[2].Bytes())
}

func TestResultsAreKeptThreeDays(t *testing.T) {
	sim := faceidtest.Start(t)
	client := newClient(sim)
	finish(t, sim, client, "order1")
	sim.Advance(3*24*time.Hour + time.Second)
	sim.RevokeTokens(sim.AppID())
	_, err := newClient(sim).ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
	require.ErrorIs(t, err, faceid.ErrNoResult)
	require.ErrorIs(t, err, faceid.CodeNoResult)
}

func TestChargedDependsOnTheProduct(t *testing.T) {
	yes, no, unknown := faceid.ChargedYes, faceid.ChargedNo, faceid.ChargedUnknown
	for code, want := range map[faceid.Code][3]faceid.Charged{ // Plus, Enhanced, not known
		faceid.CodePassed:            {yes, yes, yes},
		faceid.CodeNotSamePerson:     {yes, yes, yes},
		faceid.CodeIdentityMismatch:  {yes, yes, yes},
		faceid.CodeSuspectedFake:     {yes, no, unknown},
		faceid.CodeSuspectedFakeFace: {yes, no, unknown},
		faceid.CodeNoFace:            {no, no, no},
		faceid.CodeVideoNotLive:      {unknown, unknown, unknown}, // no table charges it
		"face/12345678":              {unknown, unknown, unknown},
	} {
		for i, product := range []faceid.Product{faceid.ProductPlus, faceid.ProductEnhanced, ""} {
			record := faceid.FaceRecord{ResultCode: code, Product: product}
			require.Equal(t, want[i], record.Charged(), "%s on %q", code.Number(), product)
		}
	}
	require.Equal(t, "unknown", unknown.String())
	require.Equal(t, "yes", yes.String())
}

func TestScoresKnowWhetherTheyAreThere(t *testing.T) {
	for text, want := range map[string]faceid.Score{
		`"99"`: {Value: 99, Present: true}, `"88.01"`: {Value: 88.01, Present: true}, `97.5`: {Value: 97.5, Present: true}, `"0"`: {Present: true},
		`""`: {}, `null`: {}, `"分数为空"`: {}, `"NaN"`: {}, `"Inf"`: {}, `"0x1p-2"`: {}, `"1_0"`: {}, `"1e9"`: {}, `"1.2.3"`: {}, `"-1"`: {},
	} {
		sim := faceidtest.Start(t)
		sim.FailNext(pathRecord, faceidtest.FaultBody(`{"code":"0","result":{"orderNo":"order1","liveRate":`+text+`}}`))
		record, err := newClient(sim).QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
		require.NoError(t, err)
		require.Equal(t, want, record.LiveRate, text)
		require.False(t, record.Similarity.Present)
	}
	require.Equal(t, "absent", faceid.Score{}.String())
	require.Equal(t, "88.01", faceid.Score{Value: 88.01, Present: true}.String())
}

func TestUnknownFieldsStayReadable(t *testing.T) {
	sim := faceidtest.Start(t)
	sim.FailNext(pathRecord, faceidtest.FaultBody(`{"code":"0","new":1,"result":{"orderNo":"order1","photo":"QUJD","later":{"x":true}}}`))
	record, err := newClient(sim).QueryFaceRecord(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesPhoto})
	require.NoError(t, err)
	require.JSONEq(t, `{"code":"0","new":1,"result":{"orderNo":"order1","photo":"","later":{"x":true}}}`, string(record.Raw))
}

func TestTheZeroRecordHasNotPassed(t *testing.T) {
	var none *faceid.FaceRecord
	require.False(t, none.Passed())
	require.False(t, (&faceid.FaceRecord{}).Passed())
	require.False(t, (&faceid.FaceRecord{ResultCode: "0"}).Passed())
	require.False(t, (&faceid.Callback{}).Passed())
}

// Callers log what a Confirm returned, before they look at the error.
func TestAResultThatDidNotComeCanBeAsked(t *testing.T) {
	var face *faceid.FaceRecord
	var will *faceid.WillRecord
	var turn *faceid.WillTurn
	var card *faceid.OCRResult
	var bank *faceid.BankCardResult
	var session *faceid.PageSession
	for name, record := range map[string]interface {
		Passed() bool
		Family() faceid.Family
		Gloss() string
		Handling() string
		Charged() faceid.Charged
	}{"face": face, "will": will} {
		t.Run(name, func(t *testing.T) {
			require.False(t, record.Passed())
			require.Equal(t, faceid.ErrNoResult, record.Family())
			require.Equal(t, faceid.ChargedUnknown, record.Charged())
			require.Equal(t, faceid.Code("").Gloss(), record.Gloss())
			require.Equal(t, faceid.Code("").Handling(), record.Handling())
		})
	}
	require.Equal(t, faceid.ChargedUnknown, will.FaceCharged())
	require.Equal(t, faceid.ChargedUnknown, will.WillCharged())
	require.Empty(t, will.Answers())
	require.Empty(t, turn.Answers())
	require.False(t, card.FrontRead() || card.BackRead())
	require.Empty(t, card.FrontImage())
	require.Empty(t, card.BackImage())
	require.Empty(t, bank.Image())
	require.Empty(t, bank.Warnings())
	require.True(t, session.ExpiresAt().IsZero())
	for _, v := range []any{face, will, turn, card, bank, (*faceid.NFCResult)(nil), session} {
		require.Contains(t, fmt.Sprintf("%+v", v), "nil")
		slog.New(slog.NewJSONHandler(io.Discard, nil)).Info("value", "v", v)
		slog.New(slog.NewTextHandler(io.Discard, nil)).Info("value", "v", v)
	}
}

// A file that comes again is not written again.
func TestAFileThatComesTwiceIsWrittenOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		finish(t, sim, client, "order1")
		sim.FailNext(pathRecord, faceidtest.FaultBody(`{"code":"0","result":{"orderNo":"order1","photo":"Zmlyc3Q="}}`),
			faceidtest.FaultBody(`{"code":"0","result":{"orderNo":"order1","photo":"c2Vjb25k","video":"dmlkZW8="}}`))
		var photo bytes.Buffer
		record, err := client.WaitFaceFiles(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesAll, PhotoTo: &photo})
		require.NoError(t, err)
		require.Equal(t, "first", photo.String())
		require.EqualValues(t, 5, record.PhotoSize)
		require.Equal(t, "video", string(record.Video))
	})
}

func TestARecordThatLagsIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		finish(t, sim, client, "order1")
		sim.FailNext(pathRecord, faceidtest.FaultCode("66660011", ""))
		record, err := client.WaitFaceFiles(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
		require.NoError(t, err)
		require.True(t, record.Passed())
	})
}

func TestPhotosMustSayWhoseTheyAre(t *testing.T) {
	sim := faceidtest.Start(t)
	sim.FailNext(pathPhotos, faceidtest.FaultBody(`{"code":0,"result":{"photoList":["QUJD"]}}`))
	_, err := newClient(sim).QueryPhotoInfo(t.Context(), faceid.QueryPhotoInfoRequest{OrderNo: "order1"})
	require.ErrorIs(t, err, faceid.ErrBadAnswer)

	for _, list := range []string{`["QUJD"]`, `[]`} {
		sim.FailNext(pathPhotos, faceidtest.FaultBody(`{"code":"0","result":{"orderNo":"order2","photoList":`+list+`}}`))
		var photo bytes.Buffer
		info, err := newClient(sim).QueryPhotoInfo(t.Context(), faceid.QueryPhotoInfoRequest{
			OrderNo: "order1", MediaTo: func(string) io.Writer { return &photo },
		})
		require.ErrorIs(t, err, faceid.ErrBadAnswer, "the photos are somebody else's")
		require.ErrorContains(t, err, "another order")
		require.Nil(t, info)
		require.Empty(t, photo.Bytes())
	}
}

// Whatever is wrong with a photo, none after it is written; the writer's own
// error is nobody else's fault.
func TestPhotosAreWrittenUntilOneIsWrong(t *testing.T) {
	full := errors.New("disk full")
	for name, test := range map[string]struct {
		list string
		bad  io.Writer
		want error
	}{
		"not base64":       {`["QUJD","!","REVG"]`, io.Discard, faceid.ErrBadAnswer},
		"no string":        {`["QUJD",{},"REVG"]`, io.Discard, faceid.ErrBadAnswer},
		"the disk is full": {`["QUJD","QUJD","REVG"]`, failingWriter{full}, full},
	} {
		t.Run(name, func(t *testing.T) {
			sim := faceidtest.Start(t)
			sim.FailNext(pathPhotos, faceidtest.FaultBody(`{"code":"0","result":{"orderNo":"order1","photoList":`+test.list+`}}`))
			var first, last bytes.Buffer
			info, err := newClient(sim).QueryPhotoInfo(t.Context(), faceid.QueryPhotoInfoRequest{
				OrderNo: "order1", MediaTo: func(name string) io.Writer { return []io.Writer{&first, test.bad, &last}[photoIndex(t, name)] },
			})
			require.ErrorIs(t, err, test.want)
			require.ErrorContains(t, err, "photoList[1]")
			require.Nil(t, info)
			require.Equal(t, "ABC", first.String())
			require.Empty(t, last.Bytes())
			if errors.Is(test.want, full) {
				require.NotErrorIs(t, err, faceid.ErrBadAnswer)
			}
		})
	}
}

// An App can leave the faceId out of a Basic launch: then somebody is alive, and
// that is all.
func TestAPassNeedsAComparison(t *testing.T) {
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
	synctest.Test(t, func(t *testing.T) { // not otherwise
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
				sim.FailNext(pathRecord, lag, lag) // then it would be a pass
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

// photoIndex reads the number in a name such as photoList[1].
func photoIndex(t *testing.T, name string) int {
	t.Helper()
	var i int
	_, err := fmt.Sscanf(name, "photoList[%d]", &i)
	require.NoError(t, err, name)
	return i
}
