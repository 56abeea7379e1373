package faceid_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
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

// The evidence of a verification is complete, or what is missing has a name.

// never is longer than anybody waits.
const never = 72 * time.Hour

// asking is a transport that notes which files the queries of a path ask for, as
// in "1" or "1 2".
type asking struct {
	sim   *faceidtest.Server
	path  string
	asked []string
}

func (a *asking) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == a.path {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		var body map[string]string
		if err := json.Unmarshal(text, &body); err != nil {
			return nil, err
		}
		a.asked = append(a.asked, strings.TrimSpace(body["getFile"]+" "+body["getWillFile"]))
		r.Body = io.NopCloser(bytes.NewReader(text))
	}
	return a.sim.RoundTrip(r)
}

func (a *asking) client() *faceid.Client {
	return newClient(a.sim, faceid.WithHTTPClient(&http.Client{Transport: a}))
}

// written keeps what goes to each writer, and how often one was asked for.
type written struct {
	files map[string]*bytes.Buffer
	given map[string]int
}

func (w *written) to(name string) io.Writer {
	if w.files == nil {
		w.files, w.given = map[string]*bytes.Buffer{}, map[string]int{}
	}
	w.given[name]++
	if w.files[name] == nil {
		w.files[name] = new(bytes.Buffer)
	}
	return w.files[name]
}

func (w *written) sizes() map[string]int64 {
	sizes := map[string]int64{}
	for name, file := range w.files {
		sizes[name] = int64(file.Len())
	}
	return sizes
}

func missing(err error) []string {
	var m *faceid.MissingFilesError
	if errors.As(err, &m) {
		return m.Files
	}
	return nil
}

// A file that is whole is kept because another never comes: nobody would write it
// again.
func TestAWholeFileIsKeptWithoutTheOther(t *testing.T) {
	for name, test := range map[string]struct {
		lag     map[string]time.Duration
		asked   []string
		missing []string
	}{
		"never a video":       {map[string]time.Duration{"video": never}, []string{"1", "3", "3", "3"}, []string{"video"}},
		"never a photo":       {map[string]time.Duration{"photo": never}, []string{"1", "2", "2", "2"}, []string{"photo"}},
		"neither":             {map[string]time.Duration{"photo": never, "video": never}, []string{"1", "1", "1", "1"}, []string{"photo", "video"}},
		"the photo is late":   {map[string]time.Duration{"photo": 3 * time.Second, "video": never}, []string{"1", "1", "1", "3"}, []string{"video"}},
		"the video is late":   {map[string]time.Duration{"video": 5 * time.Second}, []string{"1", "3", "3", "3"}, nil},
		"one after the other": {map[string]time.Duration{"photo": 3 * time.Second, "video": time.Second}, []string{"1", "1", "2"}, nil},
	} {
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
func TestAFileThatComesAgainUnaskedIsDropped(t *testing.T) {
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

// What an answer wrote that then broke off is not whole, even if it is; what an
// answer before it brought is.
func TestWhatIsWholeWhenAnAnswerBreaks(t *testing.T) {
	const (
		photo = `{"code":"0","result":{"orderNo":"order1","photo":"cGhvdG8="}}`
		whole = `{"code":"0","result":{"orderNo":"order1","photo":"YWdhaW4=","video":"dmlkZW8="}}`
	)
	breaks := func(text string) io.Reader { return io.MultiReader(strings.NewReader(text), failingReader{errBroken}) }
	for name, test := range map[string]struct {
		bodies        []io.Reader
		err           error
		photo, video  int64 // in the record, -1 without one
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

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

// Who did not pass may have no files: nobody waits 6 s for them, and that there are
// none is no error.
func TestWhoDidNotPassIsNotWaitedFor(t *testing.T) {
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
	for _, code := range []string{"66660004", "66660010", "66660023", "66665001"} { // they were compared
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

// A record of code 0 is waited for in full, whatever else is wrong with it.
func TestALivenessCheckIsWaitedFor(t *testing.T) {
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

// An error that names files says which switch of an App may be off.
func TestAMissingFileSaysWhy(t *testing.T) {
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
		sim.ScriptDefault(faceidtest.Ending{NoVideo: true})
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

// will runs a will verification to its end: in an App, or in a browser.
func (a *asking) will(t *testing.T, will faceid.Will, app bool) *faceid.Client {
	t.Helper()
	client := a.client()
	if app {
		launch, err := client.StartWillSDK(t.Context(), faceid.WillSDKRequest{Platform: faceid.PlatformIOS, OrderNo: "order1", Person: somebody, Will: will, Licence: "licence"})
		require.NoError(t, err)
		result, err := a.sim.RunSDK(t.Context(), launch.Params)
		require.NoError(t, err)
		require.Equal(t, "0", result.Code)
		return client
	}
	login, err := client.StartWillH5(t.Context(), willH5("order1", will))
	require.NoError(t, err)
	_, err = a.sim.Visit(t.Context(), login.URL)
	require.NoError(t, err)
	return client
}

// Each file that was asked for is waited for, and has a name if it never comes;
// no other is.
func TestAWillIsWaitedForAsItWasAsked(t *testing.T) {
	nod, aloud := faceid.Will{Type: faceid.WillNod, Rounds: rounds(1)}, faceid.Will{Type: faceid.WillReadAloud, Rounds: rounds(1)}
	const (
		turn    = "willTurnsData[%]."
		audio   = "willUserAudio"
		readOut = "willReadAudio"
		shot    = "willScrnShotImage"
		video   = "willUserVideo"
	)
	inTurns := func(file string) []string {
		return []string{strings.Replace(turn, "%", "0", 1) + file, strings.Replace(turn, "%", "1", 1) + file, strings.Replace(turn, "%", "2", 1) + file}
	}
	single := []string{"photo", "video", audio, readOut, shot, video}
	several := slices.Concat([]string{"photo", "video", shot, video}, inTurns(audio), inTurns(readOut))
	for name, test := range map[string]struct {
		will  faceid.Will
		app   bool
		query faceid.GetWillFaceResultRequest
		files []string // all that there are
		must  []string // those that are waited for, and named
		may   []string // those that are asked for once more
	}{
		"App, all": {asked, true, faceid.GetWillFaceResultRequest{GetFile: faceid.FilesAll, AppFile: faceid.WillAppAll},
			single, []string{"photo", "video", audio, shot, video}, []string{readOut}},
		"App, all, the type is given": {asked, true, faceid.GetWillFaceResultRequest{AppFile: faceid.WillAppAll, WillType: faceid.WillQuestions},
			single, []string{audio, shot, video}, []string{readOut}},
		"App, all of three rounds": {faceid.Will{Rounds: rounds(3)}, true, faceid.GetWillFaceResultRequest{GetFile: faceid.FilesPhoto, AppFile: faceid.WillAppAll},
			several, append([]string{"photo", shot, video}, inTurns(audio)...), inTurns(readOut)},
		"App, all but the video": {asked, true, faceid.GetWillFaceResultRequest{GetFile: faceid.FilesVideo, AppFile: faceid.WillAppNoVideo},
			single, []string{"video", audio, shot}, []string{readOut}},
		"App, the face alone": {asked, true, faceid.GetWillFaceResultRequest{GetFile: faceid.FilesAll}, single, []string{"photo", "video"}, nil},
		"App, nothing":        {asked, true, faceid.GetWillFaceResultRequest{}, single, nil, nil},
		"App, another value":  {asked, true, faceid.GetWillFaceResultRequest{AppFile: "3"}, single, nil, nil},
		"App, a nod": {nod, true, faceid.GetWillFaceResultRequest{GetFile: faceid.FilesAll, AppFile: faceid.WillAppAll, WillType: faceid.WillNod},
			[]string{"photo", "video", readOut, shot, video}, []string{"photo", "video", shot, video}, nil},
		"App, read aloud": {aloud, true, faceid.GetWillFaceResultRequest{AppFile: faceid.WillAppAll, WillType: faceid.WillReadAloud},
			single, []string{audio, shot, video}, nil},
		"browser": {asked, false, faceid.GetWillFaceResultRequest{GetFile: faceid.FilesAll, H5File: faceid.WillH5Audio},
			single, []string{"photo", "video", audio}, []string{readOut}},
		"browser, three rounds": {faceid.Will{Rounds: rounds(3)}, false, faceid.GetWillFaceResultRequest{H5File: faceid.WillH5Audio},
			several, inTurns(audio), inTurns(readOut)},
		"browser, another value": {asked, false, faceid.GetWillFaceResultRequest{GetFile: faceid.FilesPhoto, H5File: "2"}, single, []string{"photo"}, nil},
		"browser, a nod":         {nod, false, faceid.GetWillFaceResultRequest{H5File: faceid.WillH5Audio, WillType: faceid.WillNod}, []string{readOut, shot, video}, nil, nil},
	} {
		test.query.OrderNo = "order1"
		for _, file := range append([]string{"none"}, test.files...) {
			for lag, late := range map[time.Duration]string{5 * time.Second: "late", never: "never"} {
				t.Run(name+"/"+file+" "+late, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						a := &asking{sim: faceidtest.Start(t), path: pathWillEnd}
						a.sim.ScriptDefault(faceidtest.Ending{FileLag: map[string]time.Duration{file: lag}})
						client := a.will(t, test.will, test.app)
						calls, lacks := 1, []string(nil)
						switch {
						case slices.Contains(test.must, file):
							calls = 4
							if late == "never" {
								lacks = []string{file}
							}
						case slices.Contains(test.may, file):
							calls = 2
						}

						begun := time.Now()
						record, err := client.WaitWillResult(t.Context(), test.query)
						suite.see(record, err)

						require.Equal(t, lacks, missing(err))
						if lacks == nil {
							require.NoError(t, err)
						}
						require.True(t, record.Passed())
						require.Len(t, a.asked, calls)
						require.Equal(t, time.Duration(calls-1)*2*time.Second, time.Since(begun))
						for _, name := range test.must {
							require.Equal(t, !slices.Contains(lacks, name), record.MediaSizes[name] > 0, name)
						}
					})
				})
			}
		}
	}
}

// A file that came is not asked for again where the platform lets one choose, and
// never written again.
func TestEachFileOfAWillIsTakenOnce(t *testing.T) {
	late := func(names ...string) map[string]time.Duration {
		lag := map[string]time.Duration{}
		for _, name := range names {
			lag[name] = time.Second
		}
		return lag
	}
	all := faceid.GetWillFaceResultRequest{OrderNo: "order1", GetFile: faceid.FilesAll, AppFile: faceid.WillAppAll}
	h5 := faceid.GetWillFaceResultRequest{OrderNo: "order1", GetFile: faceid.FilesAll, H5File: faceid.WillH5Audio}
	for name, test := range map[string]struct {
		query faceid.GetWillFaceResultRequest
		lag   map[string]time.Duration
		asked []string
	}{
		"all at once":               {all, nil, []string{"1 1"}},
		"the photo is late":         {all, late("photo"), []string{"1 1", "2 0"}},
		"the face is late":          {all, late("photo", "video"), []string{"1 1", "1 0"}},
		"the whole video is late":   {all, late("willUserVideo"), []string{"1 1", "0 1"}},
		"the second answer is late": {all, late("willTurnsData[1].willUserAudio"), []string{"1 1", "0 2"}},
		"an answer and the photo":   {all, late("willTurnsData[0].willUserAudio", "photo"), []string{"1 1", "2 2"}},
		"an answer and the video":   {all, late("willTurnsData[0].willUserAudio", "willUserVideo"), []string{"1 1", "0 1"}},
		"a question is late":        {all, late("willTurnsData[1].willReadAudio"), []string{"1 1", "0 2"}},
		"H5, the face is late":      {h5, late("video"), []string{"1 1", "3 0"}},
		"H5, an answer is late":     {h5, late("willTurnsData[1].willUserAudio"), []string{"1 1", "0 1"}},
	} {
		for _, form := range []string{"MediaTo", "in memory"} {
			t.Run(name+", "+form, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					a := &asking{sim: faceidtest.Start(t), path: pathWillEnd}
					a.sim.ScriptDefault(faceidtest.Ending{FileLag: test.lag})
					client := a.will(t, faceid.Will{Rounds: rounds(2)}, test.query.AppFile != "")
					plain, err := client.GetWillFaceResult(t.Context(), test.query)
					require.NoError(t, err)
					require.NotEqual(t, len(test.lag) > 0, len(plain.MediaSizes) == 8)
					a.asked = nil

					var w written
					query := test.query
					if form == "MediaTo" {
						query.MediaTo = w.to
					}
					record, err := client.WaitWillResult(t.Context(), query)
					require.NoError(t, err)
					require.Equal(t, test.asked, a.asked)

					whole, err := client.GetWillFaceResult(t.Context(), test.query)
					require.NoError(t, err)
					require.Equal(t, whole.MediaSizes, record.MediaSizes)
					if form == "MediaTo" {
						require.Equal(t, whole.MediaSizes, w.sizes())
						for file, given := range w.given {
							require.Equal(t, 1, given, file)
						}
						require.Nil(t, record.Photo)
						require.Nil(t, record.Turns[1].UserAudio)
						return
					}
					whole.TransactionTime, whole.BizSeqNo, whole.Raw = record.TransactionTime, record.BizSeqNo, record.Raw
					require.Equal(t, whole, record)
				})
			})
		}
	}
}

// A single round's audio stands outside of willTurnsData, or inside, or both.
func TestTheAudioOfASingleRound(t *testing.T) {
	const outside, inside = `"willUserAudio":"QUJD","willReadAudio":"QUJD"`, `"willTurnsData":{"id":"0","willUserAudio":"QUJD","willReadAudio":"QUJD"}`
	for fields, lacks := range map[string][]string{
		outside:                              {},
		inside:                               {},
		outside + `,` + inside:               {},
		outside + `,"willTurnsData":null`:    {},
		outside + `,"willTurnsData":[]`:      {},
		`"willTurnsData":null`:               {"willUserAudio"},
		`"willTurnsData":[{"id":"0"}]`:       {"willUserAudio"},
		`"willUserAudio":""`:                 {"willUserAudio"},
		`"willReadAudio":"QUJD"`:             {"willUserAudio"},
		outside + `,"willTurnsData":[{},{}]`: {"willTurnsData[0].willUserAudio", "willTurnsData[1].willUserAudio"},
		outside + `,"willTurnsData":[{},` + inside[len(`"willTurnsData":`):] + `]`: {"willTurnsData[0].willUserAudio"},
	} {
		synctest.Test(t, func(t *testing.T) {
			sim := faceidtest.Start(t)
			body := faceidtest.FaultBody(`{"code":"0","result":{"orderNo":"order1",` + fields + `}}`)
			sim.FailNext(pathWillEnd, body, body, body, body)
			record, err := newClient(sim).WaitWillResult(t.Context(), faceid.GetWillFaceResultRequest{OrderNo: "order1", H5File: faceid.WillH5Audio})
			require.NotNil(t, record)
			if len(lacks) == 0 {
				require.NoError(t, err, fields)
				require.Equal(t, 1, sim.Calls(pathWillEnd))
				return
			}
			require.Equal(t, lacks, missing(err), fields)
			require.Equal(t, 4, sim.Calls(pathWillEnd))
		})
	}
}

// What of a will that did not pass there cannot be is not asked for again.
func TestAWillThatDidNotPassIsNotWaitedFor(t *testing.T) {
	const face, audio = `,"photo":"cGhvdG8=","video":"dmlkZW8="`, `,"willUserAudio":"dXNlcg==","willReadAudio":"dXNlcg=="`
	for name, test := range map[string]struct {
		code, fields string
		get          faceid.GetFile
		will         faceid.WillH5File
		asked        []string
	}{
		"a wrong answer":                     {"66666006", `,"faceCode":"0","willCode":"66666006"`, "1", "1", []string{"1 1", "1 1"}},
		"a wrong answer, no part said":       {"66666006", "", "1", "1", []string{"1 1", "1 1"}},
		"a wrong answer, and the audio":      {"66666006", `,"faceCode":"0"` + face + audio, "1", "1", []string{"1 1"}},
		"a wrong answer, the audio is late":  {"66666006", `,"faceCode":"0"` + face, "1", "1", []string{"1 1", "0 1"}},
		"audio lost":                         {"66666004", `,"faceCode":"0","willCode":"66666004"` + face, "1", "1", []string{"1 1", "0 1"}},
		"audio lost, no part said":           {"66666004", "", "1", "1", []string{"1 1"}},
		"somebody else":                      {"66660004", `,"faceCode":"66660004"`, "1", "1", []string{"1 1", "1 0"}},
		"somebody else, the audio alone":     {"66660004", `,"faceCode":"66660004"`, "", "1", []string{"0 1"}},
		"somebody else, and the face's":      {"66660004", `,"faceCode":"66660004"` + face, "1", "1", []string{"1 1"}},
		"no face":                            {"66660035", `,"faceCode":"66660035"`, "1", "1", []string{"1 1"}},
		"too late":                           {"66660018", "", "1", "1", []string{"1 1"}},
		"a wrong answer, nothing asked for":  {"66666006", `,"faceCode":"0"`, "", "", []string{"0 0"}},
		"the face passed, the whole did not": {"66660018", `,"faceCode":"0"`, "2", "", []string{"2 0", "2 0"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &asking{sim: faceidtest.Start(t), path: pathWillEnd}
				client := a.client()
				body := faceidtest.FaultBody(`{"code":"` + test.code + `","result":{"orderNo":"order1"` + test.fields + `}}`)
				a.sim.FailNext(pathWillEnd, body, body, body, body)
				begun := time.Now()
				record, err := client.WaitWillResult(t.Context(), faceid.GetWillFaceResultRequest{OrderNo: "order1", GetFile: test.get, H5File: test.will})
				require.NoError(t, err)
				require.False(t, record.Passed())
				require.Equal(t, test.asked, a.asked)
				require.Equal(t, time.Duration(len(test.asked)-1)*2*time.Second, time.Since(begun))
			})
		})
	}
}

// The rounds of two answers must be the same: else a file would become another
// round's.
func TestRoundsThatChangeAreNotMixed(t *testing.T) {
	turn := func(id, audio string) string {
		return `{"id":"` + id + `","willReadAudio":"QUJD","willUserAudio":"` + audio + `"}`
	}
	body := func(turns ...string) faceidtest.Fault {
		return faceidtest.FaultBody(`{"code":"0","result":{"orderNo":"order1","willTurnsData":[` + strings.Join(turns, ",") + `]}}`)
	}
	for name, test := range map[string]struct {
		second faceidtest.Fault
		err    error
		sizes  map[string]int64 // of what was said
	}{
		"the same":       {body(turn("0", ""), turn("1", "dHdv")), nil, map[string]int64{"0": 5, "1": 3}},
		"again":          {body(turn("0", "eHh4eHh4"), turn("1", "dHdv")), nil, map[string]int64{"0": 5, "1": 3}},
		"one is gone":    {body(turn("0", "")), faceid.ErrNoFiles, map[string]int64{"0": 5}},
		"all are gone":   {body(), faceid.ErrNoFiles, map[string]int64{"0": 5}},
		"another order":  {body(turn("1", "dHdv"), turn("0", "")), faceid.ErrBadAnswer, map[string]int64{"0": 5}},
		"one in between": {body(turn("0", ""), turn("2", "dHdv")), faceid.ErrBadAnswer, map[string]int64{"0": 5}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := faceidtest.Start(t)
				sim.FailNext(pathWillEnd, body(turn("0", "Zmlyc3Q="), turn("1", "")), test.second, test.second, test.second)
				record, err := newClient(sim).WaitWillResult(t.Context(), faceid.GetWillFaceResultRequest{OrderNo: "order1", H5File: faceid.WillH5Audio})
				require.ErrorIs(t, err, test.err)
				require.Len(t, record.Turns, 2)
				for _, turn := range record.Turns {
					require.EqualValues(t, test.sizes[turn.ID], len(turn.UserAudio), turn.ID)
				}
				require.Equal(t, "first", string(record.Turns[0].UserAudio))
			})
		})
	}
}

// What a will's broken answer wrote is not whole; what came before it is.
func TestWhatOfAWillIsWholeWhenAnAnswerBreaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport := &streamed{faceidtest.Start(t), pathWillEnd, []io.Reader{
			strings.NewReader(`{"code":"0","result":{"orderNo":"order1","photo":"cGhvdG8="}}`),
			io.MultiReader(strings.NewReader(`{"code":"0","result":{"orderNo":"order1","photo":"YWdhaW4=","willUserAudio":"dXNlcg==","willUserVideo":"d2hv`), failingReader{errBroken}),
		}, 0}
		client := newClient(transport.rest.(*faceidtest.Server), faceid.WithHTTPClient(&http.Client{Transport: transport}))
		var w written
		record, err := client.WaitWillResult(t.Context(), faceid.GetWillFaceResultRequest{OrderNo: "order1", GetFile: faceid.FilesPhoto, AppFile: faceid.WillAppAll, MediaTo: w.to})
		require.ErrorIs(t, err, faceid.ErrNetwork)
		require.Equal(t, map[string]int64{"photo": 5}, record.MediaSizes)
		require.Equal(t, "photo", w.files["photo"].String())
		require.Equal(t, []string{"photo", "willUserAudio", "willUserVideo"}, slices.Sorted(maps.Keys(w.files)))
		require.Equal(t, 2, transport.asked, "something was written")
	})
}

// A will's wait ends like every other: with no result, with the caller's context,
// with an argument that is wrong.
func TestAWaitForAWillEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &asking{sim: faceidtest.Start(t), path: pathWillEnd}
		a.sim.ScriptDefault(faceidtest.Ending{NoVideo: true})
		client := a.will(t, asked, true)
		query := faceid.GetWillFaceResultRequest{OrderNo: "order1", GetFile: faceid.FilesAll, AppFile: faceid.WillAppAll}
		record, err := client.WaitWillResult(t.Context(), query)
		require.Equal(t, []string{"video", "willUserVideo"}, missing(err))
		require.ErrorContains(t, err, "RECORD_WILL_VIDEO")
		require.NotEmpty(t, record.UserAudio)

		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		begun := time.Now()
		record, err = client.WaitWillResult(ctx, query)
		require.ErrorContains(t, err, "deadline")
		require.NotErrorIs(t, err, faceid.ErrNoFiles)
		require.Equal(t, 3*time.Second, time.Since(begun))
		require.NotEmpty(t, record.UserAudio, "what came is whole")

		for _, wait := range []func() error{
			func() error {
				_, err := client.WaitWillResult(t.Context(), faceid.GetWillFaceResultRequest{OrderNo: "order1", WillType: "3"})
				return err
			},
			func() error {
				_, err := client.ConfirmWill(t.Context(), faceid.GetWillFaceResultRequest{OrderNo: "order1", WillType: "3"})
				return err
			},
		} {
			var bad *faceid.ArgumentError
			require.ErrorAs(t, wait(), &bad)
			require.Equal(t, "WillType", bad.Field)
		}
	})
}

// A will of which there is no result, and yet a file of it, is not asked for again.
func TestAWillThatWroteIsNotAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport := &streamed{faceidtest.Start(t), pathWillEnd, []io.Reader{
			strings.NewReader(`{"code":"66660011","msg":"m"}`),
			strings.NewReader(`{"photo":"QUJD","code":"66660011","msg":"m"}`),
			strings.NewReader(`{"code":"0","result":{"orderNo":"order1","photo":"QUJD"}}`),
		}, 0}
		client := newClient(transport.rest.(*faceidtest.Server), faceid.WithHTTPClient(&http.Client{Transport: transport}))
		var w written
		record, err := client.WaitWillResult(t.Context(), faceid.GetWillFaceResultRequest{OrderNo: "order1", GetFile: faceid.FilesPhoto, MediaTo: w.to})
		require.ErrorIs(t, err, faceid.ErrNoResult)
		require.Nil(t, record)
		require.Equal(t, 2, transport.asked)
		require.Equal(t, "ABC", w.files["photo"].String())
	})
}
