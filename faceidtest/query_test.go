package faceidtest_test

import (
	"bytes"
	"encoding/base64"
	"image/jpeg"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestRecordRefusesEachBadParameter(t *testing.T) {
	m := ready(t)
	m.complete(orderNo)
	good := m.queryBody(orderNo)
	for name, c := range map[string]struct {
		body map[string]string
		code string
	}{
		"as documented":      {good, "0"},
		"no appId":           {without(good, "appId"), "66660000"},
		"no orderNo":         {without(good, "orderNo"), "66660000"},
		"no version":         {without(good, "version"), "66660000"},
		"no nonce":           {without(good, "nonce"), "66660000"},
		"no sign":            {without(good, "sign"), "66660000"},
		"nonce of 31":        {with(good, "nonce", nonce[1:]), "66660000"},
		"other version":      {with(good, "version", "1"), "400106"},
		"another order":      {with(good, "orderNo", "order2"), "400101"},
		"userId for orderNo": {with(good, "sign", sign(m.appID, userID, "1.0.0", nonce, m.ticket)), "400101"},
		"getFile of two":     {with(good, "getFile", "12"), "66660000"},
		"get_file":           {with(good, "get_file", "1"), "66660000"},
		"queryVersion 2.0":   {with(good, "queryVersion", "2.0"), "66660000"},
		"getFile 9":          {with(good, "getFile", "9"), "0"},
		"webankAppId":        {with(good, "webankAppId", m.appID), "66660000"},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.code, m.post(recordPath, c.body).code()) })
	}
}

func TestPhotoInfoTakesBothNamesOfTheApp(t *testing.T) {
	m := ready(t)
	m.complete(orderNo)
	good := m.queryBody(orderNo)
	for name, c := range map[string]struct {
		body map[string]string
		code float64
	}{
		"appId":         {good, 0},
		"webankAppId":   {with(without(good, "appId"), "webankAppId", m.appID), 0},
		"both":          {with(good, "webankAppId", m.appID), 0},
		"two apps":      {with(good, "webankAppId", "TIDA0002"), 66660000},
		"neither":       {without(good, "appId"), 66660000},
		"getFile":       {with(good, "getFile", "1"), 66660000},
		"unknown order": {m.queryBody("order2"), 66660011},
		"bad sign":      {with(good, "sign", "x"), 400101},
	} {
		t.Run(name, func(t *testing.T) {
			// On this path alone the code is a number, in refusals too.
			require.Equal(t, c.code, m.post(photosPath, c.body).m["code"])
		})
	}
}

func TestRecordShowsWhatWasAskedFor(t *testing.T) {
	m := ready(t)
	m.complete(orderNo)
	for getFile, want := range map[string][]string{"": {}, "1": {"photo", "video"}, "2": {"photo"}, "3": {"video"}, "0": {}} {
		var extra []string
		if getFile != "" {
			extra = []string{"getFile", getFile}
		}
		r := m.record(orderNo, extra...).result()
		for _, file := range []string{"photo", "video"} {
			_, got := r[file]
			require.Equal(t, strings.Contains(strings.Join(want, " "), file), got, "getFile %q, %s", getFile, file)
		}
	}
	r := m.record(orderNo, "getFile", "1", "queryVersion", "1.0").result()
	require.Equal(t, "99", r["liveRate"])
	require.Equal(t, "97.0", r["similarity"])
	require.Equal(t, m.appID, r["appId"])
	require.NotContains(t, r, "trtcFlag", "the documents have Y alone")
	require.Equal(t, "1.12.12", r["sdkVersion"])
	require.Regexp(t, `^\d{14}$`, r["occurredTime"])
	require.NotContains(t, m.record(orderNo).result(), "sdkVersion")
	require.NotContains(t, r, "riskInfo")

	photo, err := base64.StdEncoding.DecodeString(r["photo"].(string))
	require.NoError(t, err)
	_, err = jpeg.Decode(bytes.NewReader(photo))
	require.NoError(t, err)
	video, err := base64.StdEncoding.DecodeString(r["video"].(string))
	require.NoError(t, err)
	require.Equal(t, "ftyp", string(video[4:8]))

	list := m.photos(orderNo).result()["photoList"].([]any)
	require.Len(t, list, 3)
}

func TestRecordIsNotFoundBeforeTheEnd(t *testing.T) {
	m := ready(t)
	require.Equal(t, "66660011", m.record(orderNo).code())
	faceID := m.upload(orderNo)
	require.Equal(t, "66660011", m.record(orderNo).code())
	res, err := m.http.Get(m.freshLogin(orderNo, faceID)) // the page is open, and nobody has finished it
	require.NoError(t, err)
	require.Contains(t, readAll(t, res.Body), "<form")
	require.NoError(t, res.Body.Close())
	require.Equal(t, "opened", m.sim.OrderState(m.appID, orderNo))
	require.Equal(t, "66660011", m.record(orderNo).code())
	require.EqualValues(t, 66660011, m.photos(orderNo).m["code"])
}

func TestRecordLivesThreeDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := ready(t)
		m.complete(orderNo)

		time.Sleep(3*24*time.Hour - 1)
		m.login()
		require.Equal(t, "0", m.record(orderNo).code())
		require.Equal(t, "0", m.photos(orderNo).code())

		time.Sleep(1)
		require.Equal(t, "66660011", m.record(orderNo).code())
		require.EqualValues(t, 66660011, m.photos(orderNo).m["code"])
	})
}

func TestRecordFilesMayLag(t *testing.T) {
	m := ready(t)
	e := faceidtest.Passes()
	e.FilesLag = 2 * time.Second
	m.sim.ScriptDefault(e)
	m.sim.Advance(time.Second)
	m.complete(orderNo)

	r := m.record(orderNo, "getFile", "1").result()
	require.NotContains(t, r, "photo")
	require.NotContains(t, r, "video")
	list, there := m.photos(orderNo).result()["photoList"]
	require.True(t, there)
	require.Nil(t, list)

	m.sim.Advance(2 * time.Second)
	require.Contains(t, m.record(orderNo, "getFile", "1").result(), "video")
	require.Len(t, m.photos(orderNo).result()["photoList"], 3)
}

func TestRecordHasTheFieldsOfItsExample(t *testing.T) {
	fields := []string{"orderNo", "liveRate", "similarity", "occurredTime", "appId", "photo", "video", "bizSeqNo", "sdkVersion"}
	device := []string{"deviceInfoLevel", "deviceInfoTag", "riskInfoLevel", "riskInfoTag"}
	for name, c := range map[string]struct {
		product, platform string
		trtc              bool
		risk              []string
	}{
		"Plus App":      {"plus", "android", false, append([]string{"LivenessInfoTag"}, device...)},
		"Enhanced App":  {"enhanced", "ios", false, device},
		"Basic App":     {"basic", "ios", true, nil},
		"Plus H5":       {"plus", "", true, []string{"LivenessInfoTag"}},
		"Enhanced H5":   {"enhanced", "", true, nil},
		"Basic PC H5":   {"pc", "", true, nil},
		"an App's TRTC": {"plus", "ios", true, append([]string{"LivenessInfoTag"}, device...)},
	} {
		t.Run(name, func(t *testing.T) {
			m := recording(t)
			m.sim.ScriptDefault(faceidtest.Ending{Risk: everyRisk(), TRTC: c.trtc, Similarity: "88.01"})
			if c.platform == "" {
				m.completeFor(c.product, orderNo)
			} else {
				require.Equal(t, "0", m.run(m.launchFor(c.product, c.platform, orderNo, m.uploadFor(c.product, orderNo), m.nonceTicket())).Code)
			}

			a := m.record(orderNo, "getFile", "1", "queryVersion", "1.0")

			require.Equal(t, sorted("code", "msg", "bizSeqNo", "result", "transactionTime"), names(a.m))
			want := slices.Clone(fields)
			if c.trtc {
				want = append(want, "trtcFlag")
				require.Equal(t, "Y", a.result()["trtcFlag"])
			}
			if c.risk != nil {
				want = append(want, "riskInfo")
				require.Equal(t, sorted(c.risk...), names(a.result()["riskInfo"].(map[string]any)))
			}
			require.Equal(t, sorted(want...), names(a.result()))

			a = m.photos(orderNo)
			require.Equal(t, sorted("code", "msg", "bizSeqNo", "result"), names(a.m))
			require.Equal(t, sorted("orderNo", "occurredTime", "photoList"), names(a.result()))
			require.EqualValues(t, 0, a.m["code"])

			require.NotContains(t, m.record(orderNo).result(), "sdkVersion")
			require.NotContains(t, m.record(orderNo).result(), "trtcFlag")
		})
	}
}

// Each file may lag by itself, under each of its names.
func TestRecordFilesMayLagByThemselves(t *testing.T) {
	one := []string{"photo", "video", "willScrnShotImage", "willUserVideo", "willUserAudio", "willReadAudio"}
	two := append(one[:4:4], "willTurnsData[0].willUserAudio", "willTurnsData[0].willReadAudio", "willTurnsData[1].willUserAudio", "willTurnsData[1].willReadAudio")
	for names, list := range map[*[]string][]any{&one: rounds("q", "a"), &two: twoRounds} {
		for _, name := range *names {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					m := recording(t)
					lag := map[string]time.Duration{name: 3 * time.Second}
					m.sim.ScriptDefault(faceidtest.Ending{FilesLag: time.Second, FileLag: lag})
					lag[name] = 0 // the script has its own copy
					m.runWill("ios", orderNo, "willContentList", list)

					require.Empty(t, filesOf(m.willResult(orderNo, "1", "1").result()))
					time.Sleep(3*time.Second - 1)
					others := slices.DeleteFunc(slices.Clone(*names), func(other string) bool { return other == name })
					require.Equal(t, others, filesOf(m.willResult(orderNo, "1", "1").result()))
					time.Sleep(1)
					require.Equal(t, *names, filesOf(m.willResult(orderNo, "1", "1").result()))
				})
			})
		}
	}
	require.Panics(t, func() {
		faceidtest.NewServer().ScriptDefault(faceidtest.Ending{FileLag: map[string]time.Duration{"photo": -1}})
	})
	synctest.Test(t, func(t *testing.T) {
		m := ready(t)
		m.sim.ScriptDefault(faceidtest.Ending{FileLag: map[string]time.Duration{"video": time.Second, "photoList": 2 * time.Second}})
		m.complete(orderNo)
		has := func() [3]bool {
			r := m.record(orderNo, "getFile", "1").result()
			return [3]bool{r["photo"] != nil, r["video"] != nil, m.photos(orderNo).result()["photoList"] != nil}
		}
		require.Equal(t, [3]bool{true, false, false}, has())
		time.Sleep(time.Second)
		require.Equal(t, [3]bool{true, true, false}, has())
		time.Sleep(time.Second)
		require.Equal(t, [3]bool{true, true, true}, has())
	})
}
