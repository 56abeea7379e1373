package faceidtest_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestWillResultRefusesEachBadParameter(t *testing.T) {
	m := ready(t)
	m.completeWill(orderNo)
	good := with(m.queryBody(orderNo), "getFile", "1", "getWillFile", "1")
	values := []string{m.appID, orderNo, "1.0.0", nonce}
	type row struct {
		body map[string]string
		code string
	}
	rows := map[string]row{
		"as documented":      {good, "0"},
		"no files":           {with(good, "getFile", "0", "getWillFile", "0"), "0"},
		"getFile of 40":      {with(good, "getFile", strings.Repeat("9", 40)), "0"},
		"getFile of 41":      {with(good, "getFile", strings.Repeat("9", 41)), "66660000"},
		"getWillFile of 41":  {with(good, "getWillFile", strings.Repeat("9", 41)), "66660000"},
		"get_file":           {with(good, "get_file", "1"), "66660000"},
		"queryVersion":       {with(good, "queryVersion", "1.0"), "66660000"},
		"nonce of 31":        {with(good, "nonce", nonce[1:]), "66660000"},
		"other version":      {with(good, "version", "1"), "400106"},
		"another order":      {with(good, "orderNo", "order2"), "400101"},
		"unknown order":      {with(m.queryBody("order2"), "getFile", "1", "getWillFile", "1"), "66660011"},
		"userId for orderNo": {with(good, "sign", sign(m.appID, userID, "1.0.0", nonce, m.ticket)), "400101"},
		"getFile signed too": {with(good, "sign", sign(append(values[:4:4], "1", m.ticket)...)), "400101"},
		"the NONCE ticket":   {with(good, "sign", sign(append(values[:4:4], m.nonceTicket())...)), "400101"},
	}
	for name := range good {
		rows["no "+name] = row{without(good, name), "66660000"}
		rows["empty "+name] = row{with(good, name, ""), "66660000"}
	}
	rows["empty getFile"] = row{with(good, "getFile", ""), "0"} // the page says that it means no files
	for i, value := range values {
		changed := append([]string(nil), values...)
		changed[i] = "other"
		rows["another "+value+" signed"] = row{with(good, "sign", sign(append(changed, m.ticket)...)), "400101"}
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) { require.Equal(t, row.code, m.post(willResultPath, row.body).code()) })
	}
	for name := range good {
		t.Run(name+" twice", func(t *testing.T) {
			b, err := json.Marshal(good)
			require.NoError(t, err)
			text := strings.TrimSuffix(string(b), "}") + `,"` + name + `":"` + good[name] + `"}`
			require.Equal(t, "66660000", m.postRaw(willResultPath, "?orderNo=order1", "application/json", text).code())
		})
	}
	require.Equal(t, "66660000", m.postRaw(willResultPath, "", "application/json", "{}").code())
}

// alwaysInWillResult are the fields that every result of a passed will has.
var alwaysInWillResult = []string{"bizSeqNo", "transactionTime", "appId", "orderNo", "similarity", "liveRate", "occurredTime", "faceCode", "faceMsg", "willCode", "willMsg",
	"willStandText", "willStandAnswer", "willUserAnswer", "success"}

func TestWillResultHasTheFieldsOfItsTableAndExample(t *testing.T) {
	audio := []string{"willUserAudio", "willReadAudio", "willScrnShotImage"}
	for name, c := range map[string]struct {
		app                  bool
		getFile, getWillFile string
		more                 []string
		audioInTurns         bool
	}{
		"App, all":                {true, "1", "1", append([]string{"photo", "video", "willUserVideo"}, audio...), true},
		"App, all but the video":  {true, "2", "2", append([]string{"photo"}, audio...), true},
		"App, another value":      {true, "3", "3", []string{"video"}, false},
		"App, nothing":            {true, "0", "0", nil, false},
		"H5, all":                 {false, "1", "1", append([]string{"photo", "video", "willUserVideo"}, audio...), true},
		"H5, 2 is another value":  {false, "2", "2", []string{"photo"}, false},
		"H5, nothing":             {false, "9", "no", nil, false},
		"H5, the face video only": {false, "3", "0", []string{"video"}, false},
	} {
		for _, list := range [][]any{rounds("您同意吗？", "同意|嗯"), twoRounds} {
			t.Run(name+" "+strconv.Itoa(len(list)), func(t *testing.T) {
				m := recording(t)
				m.sim.ScriptDefault(faceidtest.Ending{Risk: everyRisk()})
				want := append(append([]string(nil), alwaysInWillResult...), c.more...)
				if c.app {
					require.Equal(t, "0", m.runWill("android", orderNo, "willContentList", list).Code)
					want = append(want, "riskInfo", "sdkVersion")
				} else {
					m.completeWill(orderNo, "willContentList", list)
				}
				if len(list) > 1 {
					want = withTurns(want)
				}

				a := m.willResult(orderNo, c.getFile, c.getWillFile)

				r := goodResult(t, a)
				require.Equal(t, sorted(want...), names(r))
				require.Equal(t, []any{"0", "请求成功", "0", "请求成功"}, []any{r["faceCode"], r["faceMsg"], r["willCode"], r["willMsg"]})
				first := list[0].(body)
				answers := strings.Split(first["answer"].(string), "|")
				require.Equal(t, []any{first["question"], first["answer"], answers[0]}, []any{r["willStandText"], r["willStandAnswer"], r["willUserAnswer"]})
				if c.app {
					require.Equal(t, sorted("deviceInfoLevel", "deviceInfoTag", "riskInfoLevel", "riskInfoTag"), names(r["riskInfo"].(map[string]any)))
				}
				if len(list) > 1 {
					hasTurns(t, r["willTurnsData"].([]any), c.audioInTurns)
				}
			})
		}
	}
}

// withTurns changes the fields of a result to those of several rounds, whose audio
// is in the turns.
func withTurns(fields []string) []string {
	return slices.DeleteFunc(append(fields, "willTurnsData"), func(name string) bool { return name == "willUserAudio" || name == "willReadAudio" })
}

// goodResult returns the result of an answer that must be a success.
func goodResult(t *testing.T, a answer) map[string]any {
	t.Helper()
	require.Equal(t, sorted("code", "msg", "bizSeqNo", "transactionTime", "result"), names(a.m))
	require.Equal(t, []any{"0", "请求成功"}, []any{a.m["code"], a.m["msg"]})
	return a.result()
}

// hasTurns compares the turns of a result with twoRounds.
func hasTurns(t *testing.T, turns []any, audio bool) {
	t.Helper()
	require.Len(t, turns, 2)
	for i, turn := range turns {
		fields := []string{"id", "willStandText", "willStandAnswer", "willUserAnswer"}
		if audio {
			fields = append(fields, "willUserAudio", "willReadAudio")
		}
		require.Equal(t, sorted(fields...), names(turn.(map[string]any)))
		require.Equal(t, strconv.Itoa(i), turn.(map[string]any)["id"])
	}
	require.Equal(t, "同意", turns[1].(map[string]any)["willUserAnswer"])
}

func TestWillResultTellsHowItEnded(t *testing.T) {
	for name, c := range map[string]struct {
		ending                 faceidtest.Ending
		code, face, will, said string
	}{
		"wrong answer": {faceidtest.WrongAnswer(), "66666006", "0", "66666006", "我没有听清楚这个问题，请再说一遍"},
		"audio lost":   {faceidtest.Ending{Code: "66666004"}, "66666004", "0", "66666004", ""},
		"not the same": {faceidtest.NotSamePerson(), "66660004", "66660004", "", ""},
		"as scripted":  {faceidtest.Ending{Code: "66666006", Will: faceidtest.WillPart{Answers: []string{"不行", "never asked"}}}, "66666006", "0", "66666006", "不行"},
		"contradicted": {faceidtest.Ending{Will: faceidtest.WillPart{Code: "66666006"}}, "0", "0", "66666006", "我没有听清楚这个问题，请再说一遍"},
	} {
		t.Run(name, func(t *testing.T) {
			m := ready(t)
			m.sim.ScriptDefault(c.ending)
			m.runWill("harmony", orderNo)

			a := m.willResult(orderNo, "1", "1")

			r := a.result()
			require.Equal(t, c.code, a.code())
			for field, want := range map[string]string{"faceCode": c.face, "willCode": c.will, "willUserAnswer": c.said} {
				got, there := r[field]
				require.Equal(t, want != "", there, field)
				if there {
					require.Equal(t, want, got, field)
				}
			}
			require.Equal(t, c.will != "", r["willMsg"] != nil)
			require.Equal(t, "同意|嗯", r["willStandAnswer"])
			require.Equal(t, c.code == "0", r["photo"] != nil)
			require.Equal(t, c.code == "0", r["willUserAudio"] != nil)
		})
	}
}

func TestWillResultTellsWhatIsScripted(t *testing.T) {
	m := recording(t)
	m.sim.ScriptDefault(faceidtest.WrongAnswer())
	m.completeWill(orderNo, "willContentList", twoRounds)
	turns := m.willResult(orderNo, "0", "0").result()["willTurnsData"].([]any)
	require.Equal(t, "是的", turns[0].(map[string]any)["willUserAnswer"])
	require.NotContains(t, []any{"同意"}, turns[1].(map[string]any)["willUserAnswer"])
	require.Equal(t, "99", m.willResult(orderNo, "0", "0").result()["liveRate"])

	audio := []byte("RIFF")
	m.sim.Script("order2", faceidtest.Ending{Code: "66666006", Will: faceidtest.WillPart{UserAudio: audio, Screenshot: []byte{}}})
	audio[0] = 'X' // the script has its own copy
	m.completeWill("order2")
	r := m.willResult("order2", "1", "1").result()
	require.Equal(t, "UklGRg==", r["willUserAudio"])
	require.NotContains(t, r, "willScrnShotImage")
	require.NotContains(t, r, "willUserVideo")
	m.sim.Script("order3", faceidtest.Ending{Will: faceidtest.WillPart{Video: []byte{}}})
	m.runWill("ios", "order3")
	require.Equal(t, "", m.willResult("order3", "1", "1").result()["willUserVideo"])
	require.NotContains(t, m.willResult("order3", "1", "2").result(), "willUserVideo")
}

func TestWillResultsAreForWillOrdersOnly(t *testing.T) {
	m := ready(t)
	m.completeWill(orderNo)
	m.complete("order2")
	require.Equal(t, "66660011", m.record(orderNo).code())
	require.EqualValues(t, 66660011, m.photos(orderNo).m["code"])
	require.Equal(t, "66660011", m.willResult("order2", "1", "1").code())
	m.uploadWill("order3")
	require.Equal(t, "66660011", m.willResult("order3", "1", "1").code())
	m.sim.ScriptDefault(faceidtest.Blocked())
	m.completeWill("order4")
	require.Equal(t, "66660011", m.willResult("order4", "1", "1").code())
}

func TestWillResultsLiveThreeDaysAndTheirFilesLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := ready(t)
		m.sim.ScriptDefault(faceidtest.Ending{FilesLag: 2 * time.Second})
		m.completeWill(orderNo, "willContentList", twoRounds)

		time.Sleep(2*time.Second - 1)
		r := m.willResult(orderNo, "1", "1").result()
		require.NotContains(t, r, "photo")
		require.NotContains(t, r, "willUserAudio")
		require.NotContains(t, r["willTurnsData"].([]any)[0], "willUserAudio")
		time.Sleep(1)
		r = m.willResult(orderNo, "1", "1").result()
		require.Contains(t, r, "photo")
		require.Contains(t, r["willTurnsData"].([]any)[0], "willUserAudio")

		time.Sleep(3*24*time.Hour - 2*time.Second - 1)
		m.login()
		require.Equal(t, "0", m.willResult(orderNo, "0", "0").code())
		time.Sleep(1)
		require.Equal(t, "66660011", m.willResult(orderNo, "0", "0").code())
	})
}

func TestWillResultOfANodHasNoSpeech(t *testing.T) {
	m := recording(t)
	m.runWill("ios", orderNo, "willType", "2")
	r := m.willResult(orderNo, "1", "1").result()
	require.Equal(t, []any{"0", "0"}, []any{r["willCode"], r["faceCode"]})
	require.NotContains(t, r, "willUserAudio")
	require.NotContains(t, r, "willUserAnswer")
	for _, name := range []string{"photo", "video", "willScrnShotImage", "willUserVideo", "willReadAudio"} {
		require.Contains(t, r, name)
	}
	for i, kind := range []string{"0", "1"} { // in the other types the person speaks
		order := orderNo + strconv.Itoa(i)
		m.runWill("ios", order, "willType", kind)
		r = m.willResult(order, "1", "1").result()
		require.Contains(t, r, "willUserAudio")
		require.Contains(t, r, "willUserAnswer")
	}
	m.sim.ScriptDefault(faceidtest.Ending{Will: faceidtest.WillPart{UserAudio: []byte("x"), Answers: []string{"y"}}})
	m.runWill("ios", "order2", "willType", "2")
	r = m.willResult("order2", "1", "1").result()
	require.Equal(t, []any{"eA==", "y"}, []any{r["willUserAudio"], r["willUserAnswer"]}, "the scripted file is there")
}
