package faceid_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

func TestWaitFaceFilesWaitsForFilesThatLag(t *testing.T) {
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

// A photo that arrived before the video is neither asked for again nor written again.
func TestWaitFaceFilesTakesEachFileOnce(t *testing.T) {
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

// A file that comes again is not written again.
func TestWaitFaceFilesWritesAFileThatComesTwiceOnce(t *testing.T) {
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

func TestWaitFaceFilesWaitsForARecordThatLags(t *testing.T) {
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

// lagRow is how late the files are, what is asked for in turn, and what is missing
// in the end.
type lagRow struct {
	lag     map[string]time.Duration
	asked   []string
	missing []string
}

// lagRows are the ways in which a photo and a video may be late.
var lagRows = map[string]lagRow{
	"never a video":       {map[string]time.Duration{"video": never}, []string{"1", "3", "3", "3"}, []string{"video"}},
	"never a photo":       {map[string]time.Duration{"photo": never}, []string{"1", "2", "2", "2"}, []string{"photo"}},
	"neither":             {map[string]time.Duration{"photo": never, "video": never}, []string{"1", "1", "1", "1"}, []string{"photo", "video"}},
	"the photo is late":   {map[string]time.Duration{"photo": 3 * time.Second, "video": never}, []string{"1", "1", "1", "3"}, []string{"video"}},
	"the video is late":   {map[string]time.Duration{"video": 5 * time.Second}, []string{"1", "3", "3", "3"}, nil},
	"one after the other": {map[string]time.Duration{"photo": 3 * time.Second, "video": time.Second}, []string{"1", "1", "2"}, nil},
}

// A file that is whole is kept even if the other never comes, as nobody would write it
// again.
func TestWaitFaceFilesKeepsAWholeFileWithoutTheOther(t *testing.T) {
	for name, test := range lagRows {
		for _, form := range []string{"PhotoTo and VideoTo", "MediaTo", "in memory"} {
			t.Run(name+", "+form, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					a := &asking{sim: faceidtest.Start(t), path: pathRecord}
					photo, video := []byte("\xff\xd8\xffphoto"), []byte("video")
					a.sim.ScriptDefault(faceidtest.Ending{Photo: photo, Video: video, FileLag: test.lag})
					client := a.client()
					finish(t, a.sim, client, "order1")
					var w written
					query := faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesAll}
					switch form {
					case "MediaTo":
						query.MediaTo = w.to
					case "PhotoTo and VideoTo":
						query.PhotoTo, query.VideoTo = w.to("photo"), w.to("video")
					}
					record, err := client.WaitFaceFiles(t.Context(), query)
					suite.see(record, err)

					require.Equal(t, test.asked, a.asked)
					require.Equal(t, test.missing, missing(err))
					require.Equal(t, test.missing != nil, errors.Is(err, faceid.ErrNoFiles))
					if test.missing == nil {
						require.NoError(t, err)
					}
					require.NotNil(t, record)
					for file, size := range map[string]int64{"photo": record.PhotoSize, "video": record.VideoSize} {
						want := map[string][]byte{"photo": photo, "video": video}[file]
						if slices.Contains(test.missing, file) {
							want = nil
						}
						require.EqualValues(t, len(want), size, "the size says whether it is whole")
						got := map[string][]byte{"photo": record.Photo, "video": record.Video}[file]
						if form != "in memory" && w.files[file] != nil {
							require.Nil(t, got)
							got = w.files[file].Bytes()
						}
						require.True(t, bytes.Equal(want, got), file)
					}
				})
			})
		}
	}
}

// A file that comes again unasked is dropped, whatever kind of writer has it.
func TestWaitFaceFilesDropsAFileThatComesAgainUnasked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		sim.FailNext(pathRecord, faceidtest.FaultBody(`{"code":"0","result":{"orderNo":"order1","photo":"Zmlyc3Q="}}`),
			faceidtest.FaultBody(`{"code":"0","result":{"orderNo":"order1","photo":"c2Vjb25k","video":"dmlkZW8="}}`))
		var w written
		record, err := client.WaitFaceFiles(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesAll, MediaTo: w.to})
		require.NoError(t, err)
		require.Equal(t, map[string]int{"photo": 1, "video": 1}, w.given)
		require.Equal(t, "first", w.files["photo"].String())
		require.Equal(t, "video", w.files["video"].String())
		require.EqualValues(t, 5, record.PhotoSize)
		require.EqualValues(t, 5, record.VideoSize)
	})
}

// A file from an answer that broke off is not whole, even if all of it arrived. A file
// from an earlier answer is whole.
func TestWaitFaceFilesKnowsWhatIsWholeWhenAnAnswerBreaks(t *testing.T) {
	const (
		photo = `{"code":"0","result":{"orderNo":"order1","photo":"cGhvdG8="}}`
		whole = `{"code":"0","result":{"orderNo":"order1","photo":"YWdhaW4=","video":"dmlkZW8="}}`
	)
	breaks := func(text string) io.Reader { return io.MultiReader(strings.NewReader(text), failingReader{errBroken}) }
	for name, test := range map[string]struct {
		bodies        []io.Reader
		err           error
		photo, video  int64 // the size in the record, -1 without one
		wrote, wroteV string
		asked         int
	}{
		"the first, behind the photo": {[]io.Reader{breaks(`{"code":"0","result":{"orderNo":"order1","photo":"cGhvdG8=",`)}, faceid.ErrNetwork, -1, -1, "photo", "", 1},
		"the first, in the video":     {[]io.Reader{breaks(`{"code":"0","result":{"orderNo":"order1","photo":"cGhvdG8=","video":"dmlk`)}, faceid.ErrNetwork, -1, -1, "photo", "vid", 1},
		"the second, in the video":    {[]io.Reader{strings.NewReader(photo), breaks(`{"code":"0","result":{"orderNo":"order1","video":"dmlk`)}, faceid.ErrNetwork, 5, 0, "photo", "vid", 2},
		"the second, before anything": {[]io.Reader{strings.NewReader(photo), breaks(`{"code":"0"`), strings.NewReader(whole)}, nil, 5, 5, "photo", "video", 3},
		"the second, in what is dropped": {
			[]io.Reader{strings.NewReader(photo), breaks(`{"code":"0","result":{"orderNo":"order1","photo":"YWdh`), strings.NewReader(whole)}, nil, 5, 5, "photo", "video", 3,
		},
		"the second is another's": {[]io.Reader{strings.NewReader(photo), strings.NewReader(`{"code":"0","result":{"orderNo":"order2","video":"dmlkZW8="}}`)}, faceid.ErrBadAnswer, 5, 0, "photo", "", 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				transport := &streamed{faceidtest.Start(t), pathRecord, test.bodies, 0}
				client := newClient(transport.rest.(*faceidtest.Server), faceid.WithHTTPClient(&http.Client{Transport: transport}))
				var photo, video bytes.Buffer
				record, err := client.WaitFaceFiles(t.Context(), faceid.QueryFaceRecordRequest{
					OrderNo: "order1", GetFile: faceid.FilesAll, PhotoTo: &photo, VideoTo: &video,
				})
				require.ErrorIs(t, err, test.err)
				require.Equal(t, test.asked, transport.asked)
				require.Equal(t, test.wrote, photo.String())
				require.Equal(t, test.wroteV, video.String())
				if test.photo < 0 {
					require.Nil(t, record, "so everything is to be thrown away")
					return
				}
				require.Equal(t, test.photo, record.PhotoSize)
				require.Equal(t, test.video, record.VideoSize)
			})
		})
	}
}

// A person who did not pass may have no files. The client does not wait 6 s for them,
// and their absence is no error.
func TestWaitFaceFilesDoesNotWaitAfterAFailedVerification(t *testing.T) {
	outcome := func(code, files string) faceidtest.Fault {
		return faceidtest.FaultBody(`{"code":"` + code + `","result":{"orderNo":"order1"` + files + `}}`)
	}
	const photo, video = `,"photo":"cGhvdG8="`, `,"video":"dmlkZW8="`
	noResult := faceidtest.FaultCode("66660011", "")
	type row struct {
		get    faceid.GetFile
		faults []faceidtest.Fault
		asked  []string
		sizes  [2]int64
	}
	rows := map[string]row{
		"it has them all":         {faceid.FilesAll, []faceidtest.Fault{outcome("66660004", photo+video)}, []string{"1"}, [2]int64{5, 5}},
		"they lag":                {faceid.FilesAll, []faceidtest.Fault{outcome("66660004", ""), outcome("66660004", photo+video)}, []string{"1", "1"}, [2]int64{5, 5}},
		"the video lags":          {faceid.FilesAll, []faceidtest.Fault{outcome("66660023", photo), outcome("66660023", video)}, []string{"1", "3"}, [2]int64{5, 5}},
		"never a video":           {faceid.FilesAll, []faceidtest.Fault{outcome("66660023", photo), outcome("66660023", "")}, []string{"1", "3"}, [2]int64{5, 0}},
		"no face, yet a photo":    {faceid.FilesAll, []faceidtest.Fault{outcome("66660035", photo)}, []string{"1"}, [2]int64{5, 0}},
		"none is asked for":       {faceid.FilesNone, []faceidtest.Fault{outcome("66660004", "")}, []string{""}, [2]int64{}},
		"the record lags":         {faceid.FilesPhoto, []faceidtest.Fault{noResult, outcome("66660010", ""), outcome("66660010", photo)}, []string{"2", "2", "2"}, [2]int64{5, 0}},
		"the record lags for 6 s": {faceid.FilesPhoto, []faceidtest.Fault{noResult, noResult, noResult, outcome("66660010", "")}, []string{"2", "2", "2", "2"}, [2]int64{}},
	}
	for _, code := range []string{"66660004", "66660010", "66660023", "66665001"} { // These codes come after a comparison.
		rows["code "+code] = row{faceid.FilesAll, []faceidtest.Fault{outcome(code, ""), outcome(code, "")}, []string{"1", "1"}, [2]int64{}}
	}
	for _, code := range []string{
		"-5008", "-5018", "-5023", "66660035", "66660037", "66660041", "66660016", "400600", "400601", "400604", "66660005", "66660015", "66660017", "66660018", "66660044", "66660046",
	} {
		rows["code "+code] = row{faceid.FilesAll, []faceidtest.Fault{outcome(code, "")}, []string{"1"}, [2]int64{}}
	}
	for name, test := range rows {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &asking{sim: faceidtest.Start(t), path: pathRecord}
				client := a.client()
				a.sim.FailNext(pathRecord, test.faults...)
				begun := time.Now()
				record, err := client.WaitFaceFiles(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: test.get})
				require.NoError(t, err)
				require.False(t, record.Passed())
				require.Equal(t, test.asked, a.asked)
				require.Equal(t, time.Duration(len(test.asked)-1)*2*time.Second, time.Since(begun))
				require.Equal(t, test.sizes, [2]int64{record.PhotoSize, record.VideoSize})
			})
		})
	}
}

// The files of a record of code 0 are waited for in full, whatever else is wrong with
// the record.
func TestWaitFaceFilesWaitsForALivenessCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		none := faceidtest.FaultBody(`{"code":"0","result":{"orderNo":"order1","liveRate":"99"}}`)
		sim.FailNext(pathRecord, none, none, none, none)
		record, err := client.WaitFaceFiles(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesPhoto})
		require.ErrorIs(t, err, faceid.ErrNoFiles)
		require.ErrorIs(t, record.Err(), faceid.ErrNotCompared)
		require.Equal(t, 4, sim.Calls(pathRecord))
	})
}

// An error that names missing files says which switch of an App may be off.
func TestMissingFilesErrorSaysWhy(t *testing.T) {
	const face, will, nod = "VIDEO_UPLOAD on Android and recordVideo on iOS", "RECORD_WILL_VIDEO on Android and recordWillVideo on iOS", "WillNod"
	for files, hints := range map[string][]string{
		"":                               nil,
		"photo":                          nil,
		"video":                          {face},
		"photo,video":                    {face},
		"willUserVideo":                  {will},
		"video,willUserVideo":            {face, will},
		"willScrnShotImage":              nil,
		"willUserAudio":                  {nod},
		"willTurnsData[1].willUserAudio": {nod},
	} {
		var names []string
		if files != "" {
			names = strings.Split(files, ",")
		}
		var err error = &faceid.Error{Op: "WaitWillResult", Err: &faceid.MissingFilesError{Files: names}}
		require.ErrorIs(t, err, faceid.ErrNoFiles)
		require.NotErrorIs(t, err, faceid.ErrNotPassed)
		require.Equal(t, names, missing(err))
		require.Contains(t, err.Error(), strings.Join(names, ", "))
		for _, hint := range []string{face, will, nod} {
			require.Equal(t, slices.Contains(hints, hint), strings.Contains(err.Error(), hint), "%s: %v", files, err)
		}
	}
	require.NotErrorIs(t, &faceid.MissingFilesError{}, faceid.ErrNoResult)

	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim)
		launch, err := startApp(t.Context(), client, "plus", "android", "order1", "user1", "licence")
		require.NoError(t, err)
		_, err = sim.RunSDK(t.Context(), launch.Params)
		require.NoError(t, err)
		record, err := client.WaitFaceFiles(t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesAll})
		require.Equal(t, []string{"video"}, missing(err))
		require.ErrorContains(t, err, "the files asked for are not there: video; an App records no video by default")
		require.ErrorContains(t, err, "order order1")
		require.NotEmpty(t, record.Photo)
	})
}

// A query is not repeated where there is no result, and yet a file has been written.
func TestWaitFaceFilesDoesNotAskAgainAfterItWrote(t *testing.T) {
	for name, ask := range map[string]func(*faceid.Client, context.Context, faceid.QueryFaceRecordRequest) (*faceid.FaceRecord, error){
		"ConfirmFace": (*faceid.Client).ConfirmFace, "WaitFaceFiles": (*faceid.Client).WaitFaceFiles,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := faceidtest.Start(t)
				transport := &streamed{sim, pathRecord, []io.Reader{
					strings.NewReader(`{"code":"66660011","msg":"m"}`),
					strings.NewReader(`{"photo":"QUJD","code":"66660011","msg":"m"}`),
					strings.NewReader(`{"code":"0","result":{"orderNo":"order1","similarity":"90","photo":"QUJD"}}`),
				}, 0}
				client := newClient(sim, faceid.WithHTTPClient(&http.Client{Transport: suite.watch(transport)}))
				var w bytes.Buffer
				record, err := ask(client, t.Context(), faceid.QueryFaceRecordRequest{OrderNo: "order1", GetFile: faceid.FilesPhoto, PhotoTo: &w, Wait: true})
				require.ErrorIs(t, err, faceid.ErrNoResult)
				require.Nil(t, record)
				require.Equal(t, 2, transport.asked)
				require.Equal(t, "ABC", w.String())
			})
		})
	}
}
