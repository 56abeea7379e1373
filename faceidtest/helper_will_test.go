package faceidtest_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strconv"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

const (
	willPath       = "/api/server/getWillFaceId"
	willResultPath = "/api/server/getWillFaceResult"
	willPage       = "/api/web/willLogin"
)

// body is the JSON of an upload of will, whose values are not only strings.
type body = map[string]any

func rounds(questionsAndAnswers ...string) []any {
	var list []any
	for i := 0; i < len(questionsAndAnswers); i += 2 {
		list = append(list, body{"id": strconv.Itoa(i / 2), "question": questionsAndAnswers[i], "answer": questionsAndAnswers[i+1]})
	}
	return list
}

var twoRounds = rounds("是您本人吗？", "是的|对", "同意吗？", "同意")

func (m *merchant) willBody(order string, pairs ...any) body {
	b := body{
		"appId": m.appID, "orderNo": order, "name": personName, "idNo": personIDNo, "userId": userID, "version": "1.0.0", "nonce": nonce,
		"sign": sign(m.appID, userID, "1.0.0", nonce, m.ticket), "liveService": "2", "willContentList": rounds("您同意吗？请回答：同意", "同意|嗯"),
	}
	return set(b, pairs...)
}

func set(b body, pairs ...any) body {
	b = maps.Clone(b)
	for i := 0; i < len(pairs); i += 2 {
		b[pairs[i].(string)] = pairs[i+1]
	}
	return b
}

func cut(b body, names ...string) body {
	b = maps.Clone(b)
	for _, name := range names {
		delete(b, name)
	}
	return b
}

func (m *merchant) postAny(path string, b body) answer {
	m.t.Helper()
	text, err := json.Marshal(b)
	require.NoError(m.t, err)
	order, _ := b["orderNo"].(string)
	return m.postRaw(path, "?orderNo="+url.QueryEscape(order), "application/json", string(text))
}

func (m *merchant) uploadWill(order string, pairs ...any) string {
	m.t.Helper()
	a := m.postAny(willPath, m.willBody(order, pairs...))
	require.Equal(m.t, "0", a.code(), a.body)
	return a.result()["faceId"].(string)
}

func (m *merchant) willURL(order, faceID string) string { return m.pageURL(willPage, order, faceID) }

// completeWill takes an order through a browser.
func (m *merchant) completeWill(order string, pairs ...any) *http.Request {
	m.t.Helper()
	r, err := m.visit(m.willURL(order, m.uploadWill(order, pairs...)))
	require.NoError(m.t, err)
	return r
}

// runWill takes an order through a phone.
func (m *merchant) runWill(platform, order string, pairs ...any) faceidtest.SDKResult {
	m.t.Helper()
	return m.run(m.launchWill(platform, order, m.uploadWill(order, pairs...), m.nonceTicket()))
}

func (m *merchant) launchWill(platform, order, faceID, ticket string) map[string]string {
	if platform == "ios" {
		return m.launchFor("basic", platform, order, faceID, ticket) // will on iOS writes appid in lower case, as Basic does
	}
	return m.launchFor("plus", platform, order, faceID, ticket)
}

func (m *merchant) willResult(order, getFile, getWillFile string) answer {
	m.t.Helper()
	return m.post(willResultPath, with(m.queryBody(order), "getFile", getFile, "getWillFile", getWillFile))
}

// codeOf returns the code of an answer as text, also if it is a large number.
func codeOf(a answer) string {
	if n, ok := a.m["code"].(float64); ok {
		return strconv.FormatInt(int64(n), 10)
	}
	return a.code()
}

// filesOf names the files of a will result.
func filesOf(result map[string]any) []string {
	var files []string
	add := func(prefix string, from map[string]any, names ...string) {
		for _, name := range names {
			if text, _ := from[name].(string); text != "" {
				files = append(files, prefix+name)
			}
		}
	}
	add("", result, "photo", "video", "willScrnShotImage", "willUserVideo", "willUserAudio", "willReadAudio")
	turns, _ := result["willTurnsData"].([]any)
	for i, turn := range turns {
		add("willTurnsData["+strconv.Itoa(i)+"].", turn.(map[string]any), "willUserAudio", "willReadAudio")
	}
	return files
}
