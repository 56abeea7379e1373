package faceidtest_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

const (
	willPath       = "/api/server/getWillFaceId"
	willResultPath = "/api/server/getWillFaceResult"
	willPage       = "/api/web/willLogin"
)

// A body may have more than strings here.
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

// verifyWill takes an order through a browser.
func (m *merchant) verifyWill(order string, pairs ...any) *http.Request {
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
		return m.launchFor("basic", platform, order, faceID, ticket) // appid in lower case, as the will page has it
	}
	return m.launchFor("plus", platform, order, faceID, ticket)
}

func (m *merchant) willResult(order, getFile, getWillFile string) answer {
	m.t.Helper()
	return m.post(willResultPath, with(m.queryBody(order), "getFile", getFile, "getWillFile", getWillFile))
}

func TestWillUploadAnswersAsItsExample(t *testing.T) {
	m := ready(t)

	a := m.postAny(willPath, m.willBody(orderNo))

	require.Equal(t, sorted("code", "msg", "result"), names(a.m))
	require.Equal(t, float64(0), a.m["code"]) // a number
	require.Equal(t, "成功", a.m["msg"])
	require.Equal(t, sorted("bizSeqNo", "orderNo", "faceId", "optimalDomain"), names(a.result()))
	require.Regexp(t, `^[0-9a-f]{32}$`, a.result()["faceId"])
	require.Equal(t, orderNo, a.result()["orderNo"])
	require.Equal(t, "kyc1.faceid.test", a.result()["optimalDomain"])
	require.Equal(t, "uploaded", m.sim.OrderState(m.appID, orderNo))
	require.Equal(t, 1, m.sim.Calls(willPath))
	require.Equal(t, float64(66660000), m.postAny(willPath, m.willBody(orderNo)).m["code"], "an order number works once")
}

func TestWillUploadChecksEachParameter(t *testing.T) {
	m := ready(t)
	good := m.willBody(orderNo)
	photo := set(cut(good, "name", "idNo"), "sourcePhotoStr", picture(100), "sourcePhotoType", "2")
	falls := set(good, "liveInterType", "0", "willMidAnswer", "同意")
	type row struct {
		body body
		code string
	}
	rows := map[string]row{
		"an unknown member":              {set(good, "ticket", "x"), "66660000"},
		"orderNo of 33":                  {set(good, "orderNo", nonce+"1"), "66660000"},
		"userId of 33":                   {set(good, "userId", nonce+"1"), "66660000"},
		"nonce of 31":                    {set(good, "nonce", nonce[1:]), "66660000"},
		"other version":                  {set(good, "version", "2.0.0"), "400106"},
		"neither person nor photo":       {cut(good, "name", "idNo"), "66660000"},
		"photo without type":             {cut(photo, "sourcePhotoType"), "66660000"},
		"photo that is no picture":       {set(photo, "sourcePhotoStr", "R0lGODlh"), "66660046"},
		"liveService 1":                  {set(good, "liveService", "1"), "66660000"},
		"willType 3":                     {set(good, "willType", "3"), "66660000"},
		"willLanguage 1":                 {set(good, "willLanguage", "1"), "66660000"},
		"speed 3":                        {set(good, "speed", "3"), "66660000"},
		"speed 1.0":                      {set(good, "speed", "1.0"), "66660000"},
		"speed as a number":              {set(good, "speed", 1), "66660000"},
		"liveInterType 2":                {set(good, "liveInterType", "2"), "66660000"},
		"empty willType":                 {set(good, "willType", ""), "66660000"},
		"empty willLanguage":             {set(good, "willLanguage", ""), "66660000"},
		"empty speed":                    {set(good, "speed", ""), "66660000"},
		"falling back without an answer": {cut(falls, "willMidAnswer"), "66660000"},
		"falling back, empty answer":     {set(falls, "willMidAnswer", ""), "66660000"},
		"a list of lists":                {set(good, "willContentList", []any{twoRounds}), "66660000"},
		"a list of strings":              {set(good, "willContentList", []any{"同意"}), "66660000"},
		"a list of nothing":              {set(good, "willContentList", []any{nil}), "66660000"},
		"no round":                       {set(good, "willContentList", []any{}), "66660000"},
		"the list as text":               {set(good, "willContentList", `[{"id":"0","question":"q","answer":"a"}]`), "66660000"},
		"the list as an object":          {set(good, "willContentList", twoRounds[0]), "66660000"},
		"the list as null":               {set(good, "willContentList", nil), "66660000"},
		"liveService as a list":          {set(good, "liveService", []any{"2"}), "66660000"},
		"six rounds":                     {set(good, "willContentList", rounds("q", "a", "q", "a", "q", "a", "q", "a", "q", "a", "q", "a")), "66660000"},
		"two rounds read aloud":          {set(good, "willType", "1", "willContentList", twoRounds), "66660000"},
		"two rounds with a nod":          {set(good, "willType", "2", "willContentList", twoRounds), "66660000"},
		"question of 251":                {set(good, "willContentList", rounds(strings.Repeat("问", 251), "a")), "66660000"},
		"questions of 501":               {set(good, "willContentList", rounds(strings.Repeat("问", 250), "a", strings.Repeat("问", 250), "a", "q", "a")), "66660000"},
		"answer of 11":                   {set(good, "willContentList", rounds("q", strings.Repeat("答", 11))), "66660000"},
		"an alternative of 11":           {set(good, "willContentList", rounds("q", "是|"+strings.Repeat("答", 11))), "66660000"},
		"an empty alternative":           {set(good, "willContentList", rounds("q", "是||不")), "66660000"},
		"ids from 1":                     {set(good, "willContentList", []any{body{"id": "1", "question": "q", "answer": "a"}}), "66660000"},
		"ids out of order":               {set(good, "willContentList", []any{twoRounds[1], twoRounds[0]}), "66660000"},
		"ids twice":                      {set(good, "willContentList", []any{twoRounds[0], twoRounds[0]}), "66660000"},
		"id as a number":                 {set(good, "willContentList", []any{body{"id": 0, "question": "q", "answer": "a"}}), "66660000"},
		"a fourth member":                {set(good, "willContentList", []any{body{"id": "0", "question": "q", "answer": "a", "x": "y"}}), "66660000"},
		"Question":                       {set(good, "willContentList", []any{body{"id": "0", "Question": "q", "answer": "a"}}), "66660000"},

		"as documented":            {set(good, "orderNo", "ok1"), "0"},
		"own photo":                {set(photo, "orderNo", "ok2"), "0"},
		"willType 0":               {set(good, "orderNo", "ok3", "willType", "0", "willContentList", twoRounds), "0"},
		"willType 1":               {set(good, "orderNo", "ok4", "willType", "1"), "0"},
		"willType 2":               {set(good, "orderNo", "ok5", "willType", "2"), "0"},
		"willLanguage 0":           {set(good, "orderNo", "ok6", "willLanguage", "0"), "0"},
		"liveInterType 1":          {set(good, "orderNo", "ok7", "liveInterType", "1"), "0"},
		"liveInterType 0":          {set(falls, "orderNo", "ok8"), "0"},
		"an empty liveInterType":   {set(good, "orderNo", "ok9", "liveInterType", ""), "0"}, // documented as absent
		"a willMidAnswer to spare": {set(good, "orderNo", "ok10", "willMidAnswer", "同意"), "0"},
		"five rounds":              {set(good, "orderNo", "ok11", "willContentList", rounds("q", "a", "q", "a", "q", "a", "q", "a", "q", "a")), "0"},
		"question of 250":          {set(good, "orderNo", "ok12", "willContentList", rounds(strings.Repeat("问", 250), "a")), "0"},
		"questions of 500":         {set(good, "orderNo", "ok13", "willContentList", rounds(strings.Repeat("问", 250), "a", strings.Repeat("问", 250), "a")), "0"},
		"alternatives of 10":       {set(good, "orderNo", "ok14", "willContentList", rounds("q", strings.Repeat("答", 10)+"|"+strings.Repeat("可", 10))), "0"},
		"willMidAnswer of 300":     {set(falls, "orderNo", "ok15", "willMidAnswer", strings.Repeat("嗯", 100)), "0"},
	}
	for name := range good {
		rows["no "+name] = row{cut(good, name), "66660000"}
		rows["empty "+name] = row{set(good, name, ""), "66660000"}
	}
	for _, name := range []string{"id", "question", "answer"} {
		item := body{"id": "0", "question": "q", "answer": "a"}
		rows["a round without "+name] = row{set(good, "willContentList", []any{cut(item, name)}), "66660000"}
		rows["a round with an empty "+name] = row{set(good, "willContentList", []any{set(item, name, "")}), "66660000"}
		rows["a round with a null "+name] = row{set(good, "willContentList", []any{set(item, name, nil)}), "66660000"}
	}
	for _, speed := range []string{"-1", "0", "1", "1.5", "2"} {
		rows["speed "+speed] = row{set(good, "orderNo", "speed"+strings.Trim(strings.ReplaceAll(speed, ".", ""), "-")+strconv.Itoa(len(speed)), "speed", speed), "0"}
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			m.t = t
			require.Equal(t, row.code, codeOf(m.postAny(willPath, row.body)))
		})
	}
	for name := range good {
		t.Run(name+" twice", func(t *testing.T) {
			b, err := json.Marshal(m.willBody("twice"))
			require.NoError(t, err)
			again, err := json.Marshal(body{name: m.willBody("twice")[name]})
			require.NoError(t, err)
			text := strings.TrimSuffix(string(b), "}") + "," + strings.TrimPrefix(string(again), "{")
			require.Equal(t, "66660000", codeOf(m.postRaw(willPath, "?orderNo=twice", "application/json", text)))
		})
	}
	t.Run("question twice in a round", func(t *testing.T) {
		b, err := json.Marshal(m.willBody("twice"))
		require.NoError(t, err)
		text := strings.Replace(string(b), `"question":`, `"question":"q","question":`, 1)
		require.Equal(t, "66660000", codeOf(m.postRaw(willPath, "?orderNo=twice", "application/json", text)))
	})
	t.Run("a list where no table has one", func(t *testing.T) {
		b := body{}
		for name, value := range m.uploadBody("list") {
			b[name] = value
		}
		require.Equal(t, "66660000", m.postAny(uploadPath, set(b, "name", []any{"n"})).code())
		require.Equal(t, "66660000", m.postAny(uploadPath, set(b, "willContentList", twoRounds)).code())
	})
}

// codeOf reads a large number, too.
func codeOf(a answer) string {
	if n, ok := a.m["code"].(float64); ok {
		return strconv.FormatInt(int64(n), 10)
	}
	return a.code()
}

func TestARefusedContentListSaysWhy(t *testing.T) {
	m := ready(t)
	for why, list := range map[string]any{
		"willContentList is not a list":                                                   "canary",
		"willContentList: want 1 to 5 rounds":                                             []any{},
		"willContentList: round 0: the question has more than 250 characters":             rounds(strings.Repeat("c", 251), "a"),
		"willContentList: round 1: an answer has not 1 to 10 characters":                  rounds("q", "a", "q", "canarycanary"),
		"willContentList: the questions have more than 500 characters in all":             rounds(strings.Repeat("c", 250), "a", strings.Repeat("c", 250), "a", "canary", "a"),
		"willContentList: round 0: the ids do not count from 0":                           []any{twoRounds[1]},
		"willContentList: round 0: want an object of id, question and answer":             []any{"canary"},
		"willContentList: round 0: question is not a string with something in it":         rounds("", "canary"),
		"the body is not one JSON object of strings, each name once":                      nil,
		"willContentList is missing":                                                      cut,
		"willContentList: several rounds are for willType 0":                              twoRounds,
		"willMidAnswer is missing, which liveInterType 0 needs":                           rounds("q", "a"),
		"name and idNo, or sourcePhotoStr and sourcePhotoType, are missing or ill-formed": rounds("q", "a", "q", "a", "q", "a"),
	} {
		b := m.willBody(orderNo, "willContentList", list)
		switch {
		case strings.HasPrefix(why, "the body"):
			b = m.willBody(orderNo, "liveService", []any{"canary"})
		case why == "willContentList is missing":
			b = cut(b, "willContentList")
		case strings.HasPrefix(why, "willContentList: several"):
			b["willType"] = "2"
		case strings.HasPrefix(why, "willMidAnswer"):
			b["liveInterType"] = "0"
		case strings.HasPrefix(why, "name and"):
			b = cut(b, "name")
		}
		require.Equal(t, "66660000", codeOf(m.postAny(willPath, b)), why)
		all := m.sim.Requests()
		require.Equal(t, why, all[len(all)-1].Why)
	}
}

func TestWillUploadSignsFourValues(t *testing.T) {
	m := ready(t)
	m.sim.AddApp("TIDA0002", "other")
	values := []string{m.appID, userID, "1.0.0", nonce}
	wrong := map[string]string{
		"the NONCE ticket": sign(append(values[:4:4], m.nonceTicket())...),
		"the token":        sign(append(values[:4:4], m.token)...),
		"orderNo too":      sign(append(values[:4:4], orderNo, m.ticket)...),
		"the person too":   sign(append(values[:4:4], personName, personIDNo, m.ticket)...),
		"liveService too":  sign(append(values[:4:4], "2", m.ticket)...),
	}
	for i, value := range values {
		changed := append([]string(nil), values...)
		changed[i] = "other"
		wrong["another "+value] = sign(append(changed, m.ticket)...)
		changed[i] = ""
		wrong["no "+value] = sign(append(changed, m.ticket)...)
	}
	for name, signed := range wrong {
		t.Run(name, func(t *testing.T) {
			m.t = t
			require.Equal(t, "400101", codeOf(m.postAny(willPath, m.willBody(orderNo, "sign", signed))))
		})
	}
	require.Equal(t, "400101", codeOf(m.postAny(willPath, m.willBody(orderNo, "appId", "TIDA0002", "sign", sign("TIDA0002", userID, "1.0.0", nonce, m.ticket)))))
	require.Equal(t, "0", m.postAny(willPath, m.willBody(orderNo, "sign", strings.ToLower(m.willBody(orderNo)["sign"].(string)))).code())
}

func TestWillLoginChecksEachParameter(t *testing.T) {
	m := ready(t)
	faceID, other := m.uploadWill(orderNo), m.uploadWill("order2")
	fresh := func() map[string]string { return m.signedLogin(orderNo, faceID, m.nonceTicket()) }
	for name, row := range map[string]struct {
		q    map[string]string
		code string
	}{
		"h5faceId":              {with(without(fresh(), "faceId"), "h5faceId", faceID), "66660000"},
		"from=App":              {with(fresh(), "from", "App"), "66660000"},
		"an unknown name":       {with(fresh(), "x", "1"), "66660000"},
		"nonce of 33":           {with(fresh(), "nonce", nonce+"1"), "66660000"},
		"url without a host":    {with(fresh(), "url", "/back"), "66660000"},
		"url encoded twice":     {with(fresh(), "url", url.QueryEscape(backURL)), "66660000"},
		"other version":         {with(fresh(), "version", "2.0.0"), "400106"},
		"unknown app":           {with(fresh(), "appId", "TIDA9999"), "400101"},
		"another order":         {with(fresh(), "orderNo", "order2"), "400101"},
		"another faceId":        {with(fresh(), "faceId", other), "400101"},
		"another nonce":         {with(fresh(), "nonce", strings.ToUpper(nonce)), "400101"},
		"another user":          {with(fresh(), "userId", "user2"), "400101"},
		"SIGN in its place":     {m.signedLogin(orderNo, faceID, m.ticket), "400101"},
		"NONCE of another user": {m.signedLogin(orderNo, faceID, m.mustTicket(m.token, "NONCE", "user2")), "400101"},
		"faceId not signed":     {with(fresh(), "sign", sign(m.appID, userID, orderNo, "1.0.0", nonce, m.nonceTicket())), "400101"},
		"faceId of another":     {m.signedLogin(orderNo, other, m.nonceTicket()), "66660000"},
		"unknown faceId":        {m.signedLogin(orderNo, "nothing", m.nonceTicket()), "66660000"},
	} {
		t.Run(name, func(t *testing.T) { m.refused(m.urlOf(willPage, row.q), row.code) })
	}
	for name := range fresh() {
		if name == "resultType" {
			continue // optional
		}
		t.Run("no "+name, func(t *testing.T) { m.refused(m.urlOf(willPage, without(fresh(), name)), "66660000") })
		t.Run("empty "+name, func(t *testing.T) { m.refused(m.urlOf(willPage, with(fresh(), name, "")), "66660000") })
		t.Run(name+" twice", func(t *testing.T) {
			q := fresh()
			m.refused(m.urlOf(willPage, q)+"&"+url.Values{name: {q[name]}}.Encode(), "66660000")
		})
	}

	login := m.urlOf(willPage, with(fresh(), "from", "app", "redirectType", "1"))
	_, err := m.visit(login)
	require.NoError(t, err)
	m.refused(login, "400101")                        // burnt
	m.refused(m.willURL(orderNo, faceID), "66660018") // finished
	m.sim.Advance(5 * time.Minute)
	m.refused(m.willURL("order2", other), "66660018") // too old
}

func TestAWillOrderRunsOnItsOwnPageAndInItsOwnSDK(t *testing.T) {
	m := ready(t)
	faceID := m.uploadWill(orderNo)
	for _, page := range []string{webPage, pcPage} {
		m.refused(m.pageURL(page, orderNo, faceID), "66660000")
	}
	require.Equal(t, "uploaded", m.sim.OrderState(m.appID, orderNo))
	for product := range tables {
		m.refused(m.willURL(product, m.uploadFor(product, product)), "66660000")
	}
	// Plus's SDK for iOS says appId, will's says appid.
	r := m.run(m.launchFor("plus", "ios", orderNo, faceID, m.nonceTicket()))
	require.Equal(t, []string{"ios", "WBFaceErrorDomainInputParams", "12000"}, []string{r.Platform, r.Domain, r.Code})
	require.Equal(t, "uploaded", m.sim.OrderState(m.appID, orderNo))
}

func TestWillPageAsksTheQuestionsAndLetsAPersonChoose(t *testing.T) {
	m := ready(t)
	list := rounds("<b>同意吗？", "同意|嗯", "确定吗？", "确定")
	page := readPage(t, m, m.willURL(orderNo, m.uploadWill(orderNo, "willContentList", list)))
	for _, want := range []string{"意愿核身", "&lt;b&gt;同意吗？", "同意|嗯", "确定吗？", `value="wrong-answer"`, `value="only-in-wechat"`, `value="no-real-time"`, `value="not-same-person"`, `value="quits"`} {
		require.Contains(t, page, want)
	}
	require.NotContains(t, page, `value="unheard"`)
	_, text := m.press(keyOfPage.FindStringSubmatch(page)[1], "unheard")
	require.Contains(t, text, "which only an SDK can")

	back := m.finish(page, "wrong-answer")

	require.Equal(t, "66666006", back.Query().Get("code"))
	require.Equal(t, "66666006", m.willResult(orderNo, "0", "0").code())

	face := readPage(t, m, m.freshLogin("order2", m.upload("order2")))
	for _, name := range []string{"wrong-answer", "only-in-wechat", "unheard"} {
		require.NotContains(t, face, name)
	}
	m.sim.ScriptDefault(faceidtest.WrongAnswer())
	_, text = m.press(keyOfPage.FindStringSubmatch(face)[1], "scripted")
	require.Contains(t, text, "which only a will verification can")
}

func TestWillCallbackTellsBothParts(t *testing.T) {
	for name, c := range map[string]struct {
		ending           faceidtest.Ending
		code, face, will string
	}{
		"passes":          {faceidtest.Passes(), "0", "0", "0"},
		"wrong answer":    {faceidtest.WrongAnswer(), "66666006", "0", "66666006"},
		"audio lost":      {faceidtest.Ending{Code: "66666004"}, "66666004", "0", "66666004"},
		"not the same":    {faceidtest.NotSamePerson(), "66660004", "66660004", ""},
		"as scripted":     {faceidtest.Ending{Code: "66660004", Will: faceidtest.WillPart{FaceCode: "66660035", Code: "66666010"}}, "66660004", "66660035", "66666010"},
		"quits":           {faceidtest.Quits(), "3003", "", ""},
		"only in WeChat":  {faceidtest.OnlyInWeChat(), "3006", "", ""},
		"no real time":    {faceidtest.NoRealTime(), "3005", "", ""},
		"blocked by risk": {faceidtest.Blocked(), "66660017", "66660017", ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := ready(t)
			m.sim.Script(orderNo, c.ending)
			faceID := m.uploadWill(orderNo)
			r, err := m.visit(m.willURL(orderNo, faceID))
			require.NoError(t, err)

			for _, r := range []*http.Request{r, m.sim.Callback(backURL, orderNo, c.code)} {
				q := r.URL.Query()
				require.Equal(t, c.code, q.Get("code"))
				require.Equal(t, orderNo, q.Get("orderNo"))
				require.Equal(t, faceID, q.Get("h5faceId"))
				require.Equal(t, sign(m.appID, orderNo, c.code, m.ticket), q.Get("newSignature"))
				require.False(t, q.Has("faceId"))
				if name == "as scripted" && r.URL.Query().Get("faceCode") == "66660004" {
					continue // a forged one knows no script
				}
				require.Equal(t, c.face, q.Get("faceCode"))
				require.Equal(t, c.will, q.Get("willCode"))
				require.Equal(t, c.face != "", q.Has("faceCode"))
				require.Equal(t, c.will != "", q.Has("willCode"))
			}
		})
	}
}

func TestWillCallbackHasItsTablesOrder(t *testing.T) {
	m := ready(t)
	r := m.verifyWill(orderNo)
	var got []string
	for _, pair := range strings.Split(strings.TrimPrefix(r.URL.RawQuery, strings.Split(backURL, "?")[1]+"&"), "&") {
		name, _, _ := strings.Cut(pair, "=")
		got = append(got, name)
	}
	require.Equal(t, []string{"code", "faceCode", "willCode", "orderNo", "h5faceId", "newSignature", "liveRate"}, got)
}

func TestWillInsistsOnRealTimeUnlessToldToFallBack(t *testing.T) {
	m := ready(t)
	m.sim.ScriptDefault(faceidtest.NoRealTime())
	for order, pairs := range map[string][]any{"absent": nil, "one": {"liveInterType", "1"}, "empty": {"liveInterType", ""}} {
		require.Equal(t, "3005", m.verifyWill(order, pairs...).URL.Query().Get("code"))
	}
	_, err := m.visit(m.willURL("zero", m.uploadWill("zero", "liveInterType", "0", "willMidAnswer", "同意")))
	require.ErrorContains(t, err, "takes an upload without liveInterType 0")
}

func TestWillSDKRunsOnEachPlatform(t *testing.T) {
	for platform, want := range map[string][2]string{"android": {"WBFaceErrorDomainParams", "11000"}, "ios": {"WBFaceErrorDomainInputParams", "12000"}, "harmony": {"WBFaceErrorDomainParams", "13000"}} {
		t.Run(platform, func(t *testing.T) {
			m := ready(t)
			faceID := m.uploadWill(orderNo)
			good := m.launchWill(platform, orderNo, faceID, m.nonceTicket())
			for name := range good {
				for how, params := range map[string]map[string]string{
					"missing":  without(good, name),
					"empty":    with(good, name, ""),
					"misnamed": with(without(good, name), name+"X", good[name]),
				} {
					if platform == "ios" && name == "faceId" && how != "empty" {
						continue // nothing tells that it is will's SDK
					}
					if name == "faceId" && platform == "ios" {
						r := m.run(m.launchWill("ios", orderNo, "", m.nonceTicket()))
						require.Equal(t, []string{"WBFaceErrorDomainLoginServer", "66660000"}, []string{r.Domain, r.Code}, "a liveness-only launch takes a new order")
						continue
					}
					r := m.run(params)
					require.Equal(t, []string{platform, want[0], want[1]}, []string{r.Platform, r.Domain, r.Code}, name+" "+how)
				}
			}
			require.Equal(t, want[1], m.run(with(good, "verifyMode", "GRADE")).Code)

			require.Equal(t, faceidtest.SDKResult{Platform: platform, Code: "0", Message: "成功"}, m.run(good))

			require.Equal(t, "0", m.willResult(orderNo, "0", "0").code())
			require.Equal(t, "400101", m.run(good).Code, "the ticket is spent")
		})
	}
	m := ready(t)
	faceID := m.uploadWill(orderNo)
	for i, params := range []map[string]string{
		with(m.launchWill("harmony", orderNo, faceID, m.ticket), "userId", nonce[:31]),
		with(m.launchWill("harmony", orderNo, faceID, m.ticket), "userId", nonce[:30]),
		with(m.launchWill("android", orderNo, faceID, m.ticket), "openApiUserId", nonce),
		with(m.launchWill("ios", orderNo, faceID, m.nonceTicket()), "sign", strings.Repeat("0", 40)),
		with(m.launchWill("ios", orderNo, faceID, m.nonceTicket()), "apiVersion", "2"),
		m.launchWill("ios", "order2", faceID, m.nonceTicket()),
	} {
		require.Equal(t, []string{"13000", "400101", "400101", "400101", "400106", "66660000"}[i], m.run(params).Code)
	}
	m.sim.Advance(5 * time.Minute)
	require.Equal(t, "66660018", m.run(m.launchWill("ios", orderNo, faceID, m.nonceTicket())).Code)
}

func TestWillSDKReportsTheEnding(t *testing.T) {
	for name, c := range map[string]struct {
		ending       faceidtest.Ending
		domain, code string
		message      string
	}{
		"wrong answer": {faceidtest.WrongAnswer(), "WBFaceErrorDomainCompareServer", "66666006", "意愿表达结果不正确"},
		"not the same": {faceidtest.NotSamePerson(), "WBFaceErrorDomainCompareServer", "66660004", "无法确认为同一人"},
		"fake":         {faceidtest.SuspectedFake(), "WBFaceErrorDomainCompareServer", "66660023", "请确保本人操作且正脸对框"},
		"unheard":      {faceidtest.Unheard(), "WBFaceErrorDomainNativeProcess", "42102", "没有检测到麦克风声音"},
		"quits softly": {faceidtest.Ending{Code: "106", Native: true}, "WBFaceErrorDomainNativeProcess", "42106", "音量过低，用户主动退出"},
		"quits":        {faceidtest.Quits(), "WBFaceErrorDomainNativeProcess", "42000", "用户取消"},
	} {
		t.Run(name, func(t *testing.T) {
			m := ready(t)
			m.sim.ScriptDefault(c.ending)
			r := m.runWill("ios", orderNo)
			require.Equal(t, faceidtest.SDKResult{Platform: "ios", Domain: c.domain, Code: c.code, Message: c.message}, r)
			want := c.code
			if c.domain == "WBFaceErrorDomainNativeProcess" {
				want = "66660011"
			}
			require.Equal(t, want, m.willResult(orderNo, "1", "1").code())
		})
	}
	m := ready(t, faceidtest.WithReentry())
	m.sim.ScriptDefault(faceidtest.Unheard())
	faceID := m.uploadWill(orderNo)
	require.Equal(t, "41102", m.run(m.launchWill("android", orderNo, faceID, m.nonceTicket())).Code)
	m.sim.ScriptDefault(faceidtest.Passes())
	require.Equal(t, "0", m.run(m.launchWill("android", orderNo, faceID, m.nonceTicket())).Code, "the person may enter again")

	m.sim.ScriptDefault(faceidtest.Unheard())
	_, err := m.sim.RunSDK(t.Context(), m.launchWill("harmony", "order2", m.uploadWill("order2"), m.nonceTicket()))
	require.ErrorContains(t, err, "this SDK does not report")
	_, err = m.sim.RunSDK(t.Context(), m.launch("android", "order3", m.upload("order3"), m.nonceTicket()))
	require.ErrorContains(t, err, "this SDK does not report")
	_, err = m.visit(m.willURL("order4", m.uploadWill("order4")))
	require.ErrorContains(t, err, "only an SDK can")
	m.sim.ScriptDefault(faceidtest.OnlyInWeChat())
	_, err = m.sim.RunSDK(t.Context(), m.launchWill("ios", "order5", m.uploadWill("order5"), m.nonceTicket()))
	require.ErrorContains(t, err, "only a browser can")
	require.Panics(t, func() { m.sim.ScriptDefault(faceidtest.Ending{Code: "4102", Native: true}) })
}

func TestWillResultChecksEachParameter(t *testing.T) {
	m := ready(t)
	m.verifyWill(orderNo)
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

func TestWillResultHasTheFieldsOfItsTableAndExample(t *testing.T) {
	always := []string{"bizSeqNo", "transactionTime", "appId", "orderNo", "similarity", "liveRate", "occurredTime", "faceCode", "faceMsg", "willCode", "willMsg",
		"willStandText", "willStandAnswer", "willUserAnswer", "trtcFlag", "success"}
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
				m := ready(t)
				m.sim.ScriptDefault(faceidtest.Ending{Risk: everyRisk()})
				want := append(append([]string(nil), always...), c.more...)
				if c.app {
					require.Equal(t, "0", m.runWill("android", orderNo, "willContentList", list).Code)
					want = append(want, "riskInfo", "sdkVersion")
				} else {
					m.verifyWill(orderNo, "willContentList", list)
				}
				if len(list) > 1 { // which have the audio, then
					want = slices.DeleteFunc(append(want, "willTurnsData"), func(name string) bool { return name == "willUserAudio" || name == "willReadAudio" })
				}

				a := m.willResult(orderNo, c.getFile, c.getWillFile)

				require.Equal(t, sorted("code", "msg", "bizSeqNo", "transactionTime", "result"), names(a.m))
				require.Equal(t, []any{"0", "请求成功"}, []any{a.m["code"], a.m["msg"]})
				r := a.result()
				require.Equal(t, sorted(want...), names(r))
				require.Equal(t, []any{"0", "请求成功", "0", "请求成功"}, []any{r["faceCode"], r["faceMsg"], r["willCode"], r["willMsg"]})
				first := list[0].(body)
				answers := strings.Split(first["answer"].(string), "|")
				require.Equal(t, []any{first["question"], first["answer"], answers[0]}, []any{r["willStandText"], r["willStandAnswer"], r["willUserAnswer"]})
				if c.app {
					require.Equal(t, sorted("deviceInfoLevel", "deviceInfoTag", "riskInfoLevel", "riskInfoTag"), names(r["riskInfo"].(map[string]any)))
				}
				if len(list) == 1 {
					return
				}
				turns := r["willTurnsData"].([]any)
				require.Len(t, turns, 2)
				for i, turn := range turns {
					fields := []string{"id", "willStandText", "willStandAnswer", "willUserAnswer"}
					if c.audioInTurns {
						fields = append(fields, "willUserAudio", "willReadAudio")
					}
					require.Equal(t, sorted(fields...), names(turn.(map[string]any)))
					require.Equal(t, strconv.Itoa(i), turn.(map[string]any)["id"])
				}
				require.Equal(t, "同意", turns[1].(map[string]any)["willUserAnswer"])
			})
		}
	}
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
	m := ready(t)
	m.sim.ScriptDefault(faceidtest.WrongAnswer())
	m.verifyWill(orderNo, "willContentList", twoRounds)
	turns := m.willResult(orderNo, "0", "0").result()["willTurnsData"].([]any)
	require.Equal(t, "是的", turns[0].(map[string]any)["willUserAnswer"])
	require.NotContains(t, []any{"同意"}, turns[1].(map[string]any)["willUserAnswer"])
	require.Equal(t, "99", m.willResult(orderNo, "0", "0").result()["liveRate"])

	audio := []byte("RIFF")
	m.sim.Script("order2", faceidtest.Ending{Code: "66666006", Will: faceidtest.WillPart{UserAudio: audio, Screenshot: []byte{}}})
	audio[0] = 'X' // the script has its own copy
	m.verifyWill("order2")
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
	m.verifyWill(orderNo)
	m.verify("order2")
	require.Equal(t, "66660011", m.record(orderNo).code())
	require.EqualValues(t, 66660011, m.photos(orderNo).m["code"])
	require.Equal(t, "66660011", m.willResult("order2", "1", "1").code())
	m.uploadWill("order3")
	require.Equal(t, "66660011", m.willResult("order3", "1", "1").code())
	m.sim.ScriptDefault(faceidtest.Blocked())
	m.verifyWill("order4")
	require.Equal(t, "66660011", m.willResult("order4", "1", "1").code())
}

func TestWillResultsLiveThreeDaysAndTheirFilesLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := ready(t)
		m.sim.ScriptDefault(faceidtest.Ending{FilesLag: 2 * time.Second})
		m.verifyWill(orderNo, "willContentList", twoRounds)

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

// Each file may lag by itself, whatever it is called.
func TestEveryFileMayLagByItself(t *testing.T) {
	one := []string{"photo", "video", "willScrnShotImage", "willUserVideo", "willUserAudio", "willReadAudio"}
	two := append(one[:4:4], "willTurnsData[0].willUserAudio", "willTurnsData[0].willReadAudio", "willTurnsData[1].willUserAudio", "willTurnsData[1].willReadAudio")
	for names, list := range map[*[]string][]any{&one: rounds("q", "a"), &two: twoRounds} {
		for _, name := range *names {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					m := ready(t)
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
		m.verify(orderNo)
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

// No App records a video by itself, and a browser always does.
func TestAnAppWithoutItsVideoSwitch(t *testing.T) {
	m := ready(t)
	m.sim.ScriptDefault(faceidtest.Ending{NoVideo: true, Video: []byte("x"), Will: faceidtest.WillPart{Video: []byte("x")}})
	m.runWill("android", orderNo)
	r := m.willResult(orderNo, "1", "1").result()
	require.NotContains(t, r, "video")
	require.NotContains(t, r, "willUserVideo")
	for _, name := range []string{"photo", "willScrnShotImage", "willUserAudio", "willReadAudio"} {
		require.Contains(t, r, name)
	}
	m.verifyWill("order2")
	r = m.willResult("order2", "1", "1").result()
	require.Equal(t, []any{"eA==", "eA=="}, []any{r["video"], r["willUserVideo"]})
}

func TestNobodySpeaksInANod(t *testing.T) {
	m := ready(t)
	m.runWill("ios", orderNo, "willType", "2")
	r := m.willResult(orderNo, "1", "1").result()
	require.Equal(t, []any{"0", "0"}, []any{r["willCode"], r["faceCode"]})
	require.NotContains(t, r, "willUserAudio")
	require.NotContains(t, r, "willUserAnswer")
	for _, name := range []string{"photo", "video", "willScrnShotImage", "willUserVideo", "willReadAudio"} {
		require.Contains(t, r, name)
	}
	for i, kind := range []string{"0", "1"} { // the others do speak
		order := orderNo + strconv.Itoa(i)
		m.runWill("ios", order, "willType", kind)
		r = m.willResult(order, "1", "1").result()
		require.Contains(t, r, "willUserAudio")
		require.Contains(t, r, "willUserAnswer")
	}
	m.sim.ScriptDefault(faceidtest.Ending{Will: faceidtest.WillPart{UserAudio: []byte("x"), Answers: []string{"y"}}})
	m.runWill("ios", "order2", "willType", "2")
	r = m.willResult("order2", "1", "1").result()
	require.Equal(t, []any{"eA==", "y"}, []any{r["willUserAudio"], r["willUserAnswer"]}, "what is scripted is there")
}

func TestWillTurnsHaveDialects(t *testing.T) {
	ask := func(d faceidtest.Dialect, list []any) (any, bool) {
		m := ready(t, faceidtest.WithDialect(d))
		m.verifyWill(orderNo, "willContentList", list)
		turns, there := m.willResult(orderNo, "0", "0").result()["willTurnsData"]
		return turns, there
	}
	one := rounds("q", "a")
	_, there := ask(faceidtest.Dialect{}, one)
	require.False(t, there)
	turns, there := ask(faceidtest.Dialect{TurnsNull: true}, one)
	require.True(t, there)
	require.Nil(t, turns)
	turns, _ = ask(faceidtest.Dialect{TurnsAsObject: true}, one)
	require.Equal(t, map[string]any{"id": "0", "willStandText": "q", "willStandAnswer": "a", "willUserAnswer": "a"}, turns)
	for _, d := range []faceidtest.Dialect{{}, {TurnsNull: true}, {TurnsAsObject: true}} {
		turns, _ = ask(d, twoRounds)
		require.Len(t, turns, 2)
	}
	require.Panics(t, func() { faceidtest.WithDialect(faceidtest.Dialect{TurnsNull: true, TurnsAsObject: true}) })

	m := ready(t, faceidtest.WithDialect(faceidtest.Dialect{CodeAsString: true, SuccessTrue: true, NoEcho: true, NoOptimalDomain: true}))
	a := m.postAny(willPath, m.willBody(orderNo))
	require.Equal(t, []any{"0", true}, []any{a.m["code"], a.m["success"]})
	require.Equal(t, sorted("bizSeqNo", "faceId", "success"), names(a.result()))
}

func TestOtherLanguagesScriptWill(t *testing.T) {
	m := overPort(newMerchant(t))
	m.login()
	for name, code := range map[string]string{"wrong-answer": "66666006", "only-in-wechat": "3006"} {
		order := strings.ReplaceAll(name, "-", "")
		require.Equal(t, 200, m.postRaw("/sim/order", "", "application/json", `{"orderNo":"`+order+`","ending":"`+name+`"}`).status)
		page := readPage(t, m, m.willURL(order, m.uploadWill(order)))
		require.Equal(t, code, m.finish(page, "scripted").Query().Get("code"))
	}
	require.Equal(t, 200, m.postRaw("/sim/order", "", "application/json", `{"ending":"unheard"}`).status)
	params, err := json.Marshal(body{"params": m.launchWill("android", orderNo, m.uploadWill(orderNo), m.nonceTicket())})
	require.NoError(t, err)
	require.Equal(t, "41102", m.postRaw("/sim/sdk", "", "application/json", string(params)).code())
	require.Equal(t, 2, m.sim.Calls(willPage))
}

func TestTroubleComesOnTheNewPaths(t *testing.T) {
	m := ready(t)
	for _, path := range []string{willPath, willPage, willResultPath, idCardPath, bankCardPath, certPath, nfcPath} {
		m.sim.FailNext(path, faceidtest.FaultStatus(502, ""))
		require.Equal(t, 502, m.get(path, nil).status, path)
		require.Equal(t, 1, m.sim.Calls(path))
	}
}
