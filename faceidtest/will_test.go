package faceidtest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestWillUploadAnswersAsItsExample(t *testing.T) {
	m := ready(t)

	a := m.postAny(willPath, m.willBody(orderNo))

	require.Equal(t, sorted("code", "msg", "result"), names(a.m))
	require.Equal(t, float64(0), a.m["code"]) // the code is a number
	require.Equal(t, "成功", a.m["msg"])
	require.Equal(t, sorted("bizSeqNo", "orderNo", "faceId", "optimalDomain"), names(a.result()))
	require.Regexp(t, `^[0-9a-f]{32}$`, a.result()["faceId"])
	require.Equal(t, orderNo, a.result()["orderNo"])
	require.Equal(t, "kyc1.faceid.test", a.result()["optimalDomain"])
	require.Equal(t, "uploaded", m.sim.OrderState(m.appID, orderNo))
	require.Equal(t, 1, m.sim.Calls(willPath))
	require.Equal(t, float64(66660000), m.postAny(willPath, m.willBody(orderNo)).m["code"], "an order number works once")
}

// willRow is an upload of will, and the code of its answer.
type willRow struct {
	body body
	code string
}

// uploadRows sends each row, and compares the code of the answer.
func (m *merchant) uploadRows(t *testing.T, rows map[string]willRow) {
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			m.t = t
			require.Equal(t, row.code, codeOf(m.postAny(willPath, row.body)))
		})
	}
}

func TestWillUploadRefusesEachBadParameter(t *testing.T) {
	m := ready(t)
	good := m.willBody(orderNo)
	photo := set(cut(good, "name", "idNo"), "sourcePhotoStr", picture(100), "sourcePhotoType", "2")
	falls := set(good, "liveInterType", "0", "willMidAnswer", "同意")
	rows := map[string]willRow{
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
		"liveService as a list":          {set(good, "liveService", []any{"2"}), "66660000"},
	}
	for name := range good {
		rows["no "+name] = willRow{cut(good, name), "66660000"}
		rows["empty "+name] = willRow{set(good, name, ""), "66660000"}
	}
	m.uploadRows(t, rows)
}

func TestWillUploadRefusesEachBadContentList(t *testing.T) {
	m := ready(t)
	good := m.willBody(orderNo)
	rows := map[string]willRow{
		"a list of lists":       {set(good, "willContentList", []any{twoRounds}), "66660000"},
		"a list of strings":     {set(good, "willContentList", []any{"同意"}), "66660000"},
		"a list of nothing":     {set(good, "willContentList", []any{nil}), "66660000"},
		"no round":              {set(good, "willContentList", []any{}), "66660000"},
		"the list as text":      {set(good, "willContentList", `[{"id":"0","question":"q","answer":"a"}]`), "66660000"},
		"the list as an object": {set(good, "willContentList", twoRounds[0]), "66660000"},
		"the list as null":      {set(good, "willContentList", nil), "66660000"},
		"six rounds":            {set(good, "willContentList", rounds("q", "a", "q", "a", "q", "a", "q", "a", "q", "a", "q", "a")), "66660000"},
		"two rounds read aloud": {set(good, "willType", "1", "willContentList", twoRounds), "66660000"},
		"two rounds with a nod": {set(good, "willType", "2", "willContentList", twoRounds), "66660000"},
		"question of 251":       {set(good, "willContentList", rounds(strings.Repeat("问", 251), "a")), "66660000"},
		"questions of 501":      {set(good, "willContentList", rounds(strings.Repeat("问", 250), "a", strings.Repeat("问", 250), "a", "q", "a")), "66660000"},
		"answer of 11":          {set(good, "willContentList", rounds("q", strings.Repeat("答", 11))), "66660000"},
		"an alternative of 11":  {set(good, "willContentList", rounds("q", "是|"+strings.Repeat("答", 11))), "66660000"},
		"an empty alternative":  {set(good, "willContentList", rounds("q", "是||不")), "66660000"},
		"ids from 1":            {set(good, "willContentList", []any{body{"id": "1", "question": "q", "answer": "a"}}), "66660000"},
		"ids out of order":      {set(good, "willContentList", []any{twoRounds[1], twoRounds[0]}), "66660000"},
		"ids twice":             {set(good, "willContentList", []any{twoRounds[0], twoRounds[0]}), "66660000"},
		"id as a number":        {set(good, "willContentList", []any{body{"id": 0, "question": "q", "answer": "a"}}), "66660000"},
		"a fourth member":       {set(good, "willContentList", []any{body{"id": "0", "question": "q", "answer": "a", "x": "y"}}), "66660000"},
		"Question":              {set(good, "willContentList", []any{body{"id": "0", "Question": "q", "answer": "a"}}), "66660000"},
	}
	for _, name := range []string{"id", "question", "answer"} {
		item := body{"id": "0", "question": "q", "answer": "a"}
		rows["a round without "+name] = willRow{set(good, "willContentList", []any{cut(item, name)}), "66660000"}
		rows["a round with an empty "+name] = willRow{set(good, "willContentList", []any{set(item, name, "")}), "66660000"}
		rows["a round with a null "+name] = willRow{set(good, "willContentList", []any{set(item, name, nil)}), "66660000"}
	}
	m.uploadRows(t, rows)
	m.t = t
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

func TestWillUploadAcceptsEachGoodParameter(t *testing.T) {
	m := ready(t)
	good := m.willBody(orderNo)
	photo := set(cut(good, "name", "idNo"), "sourcePhotoStr", picture(100), "sourcePhotoType", "2")
	falls := set(good, "liveInterType", "0", "willMidAnswer", "同意")
	rows := map[string]willRow{
		"as documented":            {set(good, "orderNo", "ok1"), "0"},
		"own photo":                {set(photo, "orderNo", "ok2"), "0"},
		"willType 0":               {set(good, "orderNo", "ok3", "willType", "0", "willContentList", twoRounds), "0"},
		"willType 1":               {set(good, "orderNo", "ok4", "willType", "1"), "0"},
		"willType 2":               {set(good, "orderNo", "ok5", "willType", "2"), "0"},
		"willLanguage 0":           {set(good, "orderNo", "ok6", "willLanguage", "0"), "0"},
		"liveInterType 1":          {set(good, "orderNo", "ok7", "liveInterType", "1"), "0"},
		"liveInterType 0":          {set(falls, "orderNo", "ok8"), "0"},
		"an empty liveInterType":   {set(good, "orderNo", "ok9", "liveInterType", ""), "0"}, // the page says that empty counts as absent
		"a willMidAnswer to spare": {set(good, "orderNo", "ok10", "willMidAnswer", "同意"), "0"},
		"five rounds":              {set(good, "orderNo", "ok11", "willContentList", rounds("q", "a", "q", "a", "q", "a", "q", "a", "q", "a")), "0"},
		"question of 250":          {set(good, "orderNo", "ok12", "willContentList", rounds(strings.Repeat("问", 250), "a")), "0"},
		"questions of 500":         {set(good, "orderNo", "ok13", "willContentList", rounds(strings.Repeat("问", 250), "a", strings.Repeat("问", 250), "a")), "0"},
		"alternatives of 10":       {set(good, "orderNo", "ok14", "willContentList", rounds("q", strings.Repeat("答", 10)+"|"+strings.Repeat("可", 10))), "0"},
		"willMidAnswer of 300":     {set(falls, "orderNo", "ok15", "willMidAnswer", strings.Repeat("嗯", 100)), "0"},
	}
	for _, speed := range []string{"-1", "0", "1", "1.5", "2"} {
		rows["speed "+speed] = willRow{set(good, "orderNo", "speed"+strings.Trim(strings.ReplaceAll(speed, ".", ""), "-")+strconv.Itoa(len(speed)), "speed", speed), "0"}
	}
	m.uploadRows(t, rows)
}

func TestWillUploadRefusesAParameterThatComesTwice(t *testing.T) {
	m := ready(t)
	for name := range m.willBody(orderNo) {
		t.Run(name+" twice", func(t *testing.T) {
			b, err := json.Marshal(m.willBody("twice"))
			require.NoError(t, err)
			again, err := json.Marshal(body{name: m.willBody("twice")[name]})
			require.NoError(t, err)
			text := strings.TrimSuffix(string(b), "}") + "," + strings.TrimPrefix(string(again), "{")
			require.Equal(t, "66660000", codeOf(m.postRaw(willPath, "?orderNo=twice", "application/json", text)))
		})
	}
}

func TestWillUploadNamesTheFaultOfAContentList(t *testing.T) {
	m := ready(t)
	for why, list := range map[string]any{
		"willContentList is not a list":                                                   "canary",
		"willContentList: the list must have 1 to 5 rounds":                               []any{},
		"willContentList: round 0: the question has more than 250 characters":             rounds(strings.Repeat("c", 251), "a"),
		"willContentList: round 1: an answer must have 1 to 10 characters":                rounds("q", "a", "q", "canarycanary"),
		"willContentList: the questions have more than 500 characters in all":             rounds(strings.Repeat("c", 250), "a", strings.Repeat("c", 250), "a", "canary", "a"),
		"willContentList: round 0: the ids must count up from 0":                          []any{twoRounds[1]},
		"willContentList: round 0: a round must be an object of id, question and answer":  []any{"canary"},
		"willContentList: round 0: question must be a string that is not empty":           rounds("", "canary"),
		"the body is not a JSON object of strings with each name once":                    nil,
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

func TestWillLoginRefusesEachBadParameter(t *testing.T) {
	m := ready(t)
	faceID, other := m.uploadWill(orderNo), m.uploadWill("order2")
	fresh := func() map[string]string { return m.signedLogin(orderNo, faceID, m.nonceTicket()) }
	for name, row := range map[string]struct {
		q    map[string]string
		code string
	}{
		"h5faceId":              {with(without(fresh(), "faceId"), "h5faceId", faceID), "66660000"},
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
			continue // these parameters are optional
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
	m.refused(login, "400101")                        // the ticket is used up
	m.refused(m.willURL(orderNo, faceID), "66660018") // the order is finished
	m.sim.Advance(5 * time.Minute)
	m.refused(m.willURL("order2", other), "66660018") // the faceId is too old
}

func TestWillOrderRunsOnItsOwnPageAndInItsOwnSDK(t *testing.T) {
	m := ready(t)
	faceID := m.uploadWill(orderNo)
	for _, page := range []string{webPage, pcPage} {
		m.refused(m.pageURL(page, orderNo, faceID), "66660000")
	}
	require.Equal(t, "uploaded", m.sim.OrderState(m.appID, orderNo))
	for product := range tables {
		m.refused(m.willURL(product, m.uploadFor(product, product)), "66660000")
	}
	// On iOS, the SDK of Plus writes appId, and that of will writes appid.
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
					continue // a forged request follows no script
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
	r := m.completeWill(orderNo)
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
		require.Equal(t, "3005", m.completeWill(order, pairs...).URL.Query().Get("code"))
	}
	_, err := m.visit(m.willURL("zero", m.uploadWill("zero", "liveInterType", "0", "willMidAnswer", "同意")))
	require.ErrorContains(t, err, "needs an upload without liveInterType 0")
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
						continue // nothing tells that this is the SDK of will
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
			require.Equal(t, want[1], m.run(with(good, "verifyMode", "")).Code)

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
