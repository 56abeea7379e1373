package faceid_test

import (
	"context"
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

func TestWaitWillResultWaitsForFilesThatLag(t *testing.T) {
	for name, test := range map[string]struct {
		ending faceidtest.Ending
		calls  int
		err    error
	}{
		"there at once": {faceidtest.Ending{}, 1, nil},
		"after 1 s":     {faceidtest.Ending{FilesLag: time.Second}, 2, nil},
		"never":         {faceidtest.Ending{NoFiles: true}, 4, faceid.ErrNoFiles},
		"no result":     {faceidtest.Quits(), 4, faceid.ErrNoResult},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := faceidtest.Start(t)
				client := newClient(sim)
				sim.ScriptDefault(test.ending)
				launch, err := startApp(t.Context(), client, "will", "ios", "order1", "user1", "licence")
				require.NoError(t, err)
				_, err = sim.RunSDK(t.Context(), launch.Params, faceidtest.RecordVideo)
				require.NoError(t, err)
				record, err := client.WaitWillResult(t.Context(), faceid.GetWillFaceResultRequest{OrderNo: "order1", GetFile: faceid.FilesAll, AppFile: faceid.WillAppAll})
				require.ErrorIs(t, err, test.err)
				require.Equal(t, test.calls, sim.Calls(pathWillEnd))
				require.Equal(t, test.err == nil || test.err == faceid.ErrNoFiles, record != nil) //nolint:errorlint // The errors must be identical.
			})
		})
	}
}

// willWait is a will, what is asked for, the files that there are, and which of
// them are waited for.
type willWait struct {
	will  faceid.Will
	app   bool
	query faceid.GetWillFaceResultRequest
	files []string // all files that there are
	must  []string // the files that are waited for, and named if they are missing
	may   []string // the files that are asked for once more
}

// Each file that was asked for is waited for, and is named if it never comes. No other
// file is.
func TestWaitWillResultWaitsForWhatWasAsked(t *testing.T) {
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
	for name, test := range map[string]willWait{
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

						requireWillWait(t, test, file, lag, late)
					})
				})
			}
		}
	}
}

// requireWillWait waits for a result of which one file is late and counts the
// queries.
func requireWillWait(t *testing.T, test willWait, file string, lag time.Duration, late string) {
	a := &asking{sim: faceidtest.Start(t), path: pathWillEnd}
	a.sim.ScriptDefault(faceidtest.Ending{FileLag: map[string]time.Duration{file: lag}})
	client := a.will(t, test.will, test.app, faceidtest.RecordVideo)
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
}

// willLag is what is asked for, how late files are, and what is asked for in turn.
type willLag struct {
	query faceid.GetWillFaceResultRequest
	lag   map[string]time.Duration
	asked []string
}

// A file that came is not asked for again where the platform lets the caller choose,
// and is never written again.
func TestWaitWillResultTakesEachFileOnce(t *testing.T) {
	late := func(names ...string) map[string]time.Duration {
		lag := map[string]time.Duration{}
		for _, name := range names {
			lag[name] = time.Second
		}
		return lag
	}
	all := faceid.GetWillFaceResultRequest{OrderNo: "order1", GetFile: faceid.FilesAll, AppFile: faceid.WillAppAll}
	h5 := faceid.GetWillFaceResultRequest{OrderNo: "order1", GetFile: faceid.FilesAll, H5File: faceid.WillH5Audio}
	for name, test := range map[string]willLag{
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
					client := a.will(t, faceid.Will{Rounds: rounds(2)}, test.query.AppFile != "", faceidtest.RecordVideo)
					plain, err := client.GetWillFaceResult(t.Context(), test.query)
					require.NoError(t, err)
					require.NotEqual(t, len(test.lag) > 0, len(plain.MediaSizes) == 8)
					a.asked = nil

					requireEachFileOnce(t, test, form, a, client)
				})
			})
		}
	}
}

// requireEachFileOnce waits for a result and expects that each file was taken once.
func requireEachFileOnce(t *testing.T, test willLag, form string, a *asking, client *faceid.Client) {
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
}

// The audio of a single round stands outside of willTurnsData, or inside, or in both
// places.
func TestWaitWillResultFindsTheAudioOfASingleRound(t *testing.T) {
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

// Files that a failed will cannot have are not asked for again.
func TestWaitWillResultDoesNotWaitAfterAFailedVerification(t *testing.T) {
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

// The rounds of two answers must be the same, as a file would otherwise go to another
// round.
func TestWaitWillResultDoesNotMixRoundsThatChange(t *testing.T) {
	turn := func(id, audio string) string {
		return `{"id":"` + id + `","willReadAudio":"QUJD","willUserAudio":"` + audio + `"}`
	}
	body := func(turns ...string) faceidtest.Fault {
		return faceidtest.FaultBody(`{"code":"0","result":{"orderNo":"order1","willTurnsData":[` + strings.Join(turns, ",") + `]}}`)
	}
	for name, test := range map[string]struct {
		second faceidtest.Fault
		err    error
		sizes  map[string]int64 // the sizes of the audio files
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

// A file from an answer that broke off is not whole. A file from an earlier answer is.
func TestWaitWillResultKnowsWhatIsWholeWhenAnAnswerBreaks(t *testing.T) {
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

// The wait for a will ends like every other wait: without a result, with the caller's
// context, or with a bad argument.
func TestWaitWillResultEndsLikeEveryWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &asking{sim: faceidtest.Start(t), path: pathWillEnd}
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

// A query is not repeated where there is no result of a will, and yet a file has been
// written.
func TestWaitWillResultDoesNotAskAgainAfterItWrote(t *testing.T) {
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
