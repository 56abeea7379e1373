package faceidtest_test

import (
	"bytes"
	"encoding/base64"
	"image/jpeg"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

// picture is a PNG's first bytes and enough of them to have the given size.
func picture(size int) string {
	b := append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, size-8)...)
	return base64.StdEncoding.EncodeToString(b)
}

func TestUploadAnswersAsDocumented(t *testing.T) {
	m := ready(t)

	a := m.post(uploadPath, m.uploadBody(orderNo))

	require.Equal(t, "0", a.m["code"])
	require.Regexp(t, `^\d{32}$`, a.m["bizSeqNo"])
	r := a.result()
	require.Equal(t, orderNo, r["orderNo"])
	require.Regexp(t, `^tx[0-9a-f]{30}$`, r["faceId"])
	require.Equal(t, "kyc1.faceid.test", r["optimalDomain"])
	require.Equal(t, false, r["success"])
	require.Equal(t, "uploaded", m.sim.OrderState(m.appID, orderNo))
}

func TestUploadChecksEachParameter(t *testing.T) {
	m := ready(t)
	m.sim.AddApp("TIDA0002", "other")
	good := m.uploadBody(orderNo)
	photo := with(without(good, "name", "idNo"), "sourcePhotoStr", picture(100), "sourcePhotoType", "2")
	signedBy := func(ticket string) string { return sign(m.appID, userID, "1.0.0", nonce, ticket) }
	broken := picture(90)
	broken = broken[:40] + "\n" + broken[40:]
	nonceTicket := m.nonceTicket()

	for name, c := range map[string]struct {
		body map[string]string
		code string
	}{
		"no appId":                   {without(good, "appId"), "66660000"},
		"no orderNo":                 {without(good, "orderNo"), "66660000"},
		"no name":                    {without(good, "name"), "66660000"},
		"no idNo":                    {without(good, "idNo"), "66660000"},
		"empty name":                 {with(good, "name", ""), "66660000"},
		"no userId":                  {without(good, "userId"), "66660000"},
		"no version":                 {without(good, "version"), "66660000"},
		"no sign":                    {without(good, "sign"), "66660000"},
		"no nonce":                   {without(good, "nonce"), "66660000"},
		"empty sign":                 {with(good, "sign", ""), "66660000"},
		"webankAppId for appId":      {with(without(good, "appId"), "webankAppId", m.appID), "66660000"},
		"appid for appId":            {with(without(good, "appId"), "appid", m.appID), "66660000"},
		"an unknown member":          {with(good, "ticket", "x"), "66660000"},
		"orderNo of 33":              {with(good, "orderNo", nonce+"1"), "66660000"},
		"orderNo with a dash":        {with(good, "orderNo", "a-b"), "66660000"},
		"userId of 33":               {with(good, "userId", nonce+"1"), "66660000"},
		"userId with a slash":        {with(good, "userId", "a/b"), "66660000"},
		"nonce of 31":                {with(good, "nonce", nonce[1:]), "66660000"},
		"nonce of 33":                {with(good, "nonce", nonce+"x"), "66660000"},
		"nonce with a dash":          {with(good, "nonce", nonce[1:]+"-"), "66660000"},
		"another nonce":              {with(good, "nonce", strings.ToUpper(nonce)), "400101"},
		"another user":               {with(good, "userId", "user2"), "400101"},
		"other version":              {with(good, "version", "1.0"), "400106"},
		"unknown app":                {with(good, "appId", "TIDA9999"), "400101"},
		"other app":                  {with(good, "appId", "TIDA0002", "sign", sign("TIDA0002", userID, "1.0.0", nonce, m.ticket)), "400101"},
		"wrong sign":                 {with(good, "sign", strings.Repeat("0", 40)), "400101"},
		"orderNo signed too":         {with(good, "sign", sign(m.appID, userID, orderNo, "1.0.0", nonce, m.ticket)), "400101"},
		"signed with NONCE":          {with(good, "sign", signedBy(nonceTicket)), "400101"},
		"signed with the token":      {with(good, "sign", signedBy(m.token)), "400101"},
		"photo without type":         {without(photo, "sourcePhotoType"), "66660000"},
		"type without photo":         {with(good, "sourcePhotoType", "1"), "66660000"},
		"type 3":                     {with(photo, "sourcePhotoType", "3"), "66660000"},
		"photo with a line break":    {with(photo, "sourcePhotoStr", broken), "66660000"},
		"photo with a prefix":        {with(photo, "sourcePhotoStr", "data:image/png;base64,"+picture(90)), "66660000"},
		"photo in URL base64":        {with(photo, "sourcePhotoStr", "_9j_"), "66660000"},
		"photo without padding":      {with(photo, "sourcePhotoStr", strings.TrimRight(picture(100), "=")), "66660000"},
		"photo of 500 KB and 1":      {with(photo, "sourcePhotoStr", picture(512001)), "66660000"},
		"photo text beyond 1 MiB":    {with(photo, "sourcePhotoStr", picture(800000)), "66660000"},
		"photo that is no picture":   {with(photo, "sourcePhotoStr", "R0lGODlh"), "66660046"},
		"liveInterType of two chars": {with(good, "liveInterType", "11"), "66660000"},

		"as documented":       {with(good, "orderNo", "ok1"), "0"},
		"lower-case sign":     {with(good, "orderNo", "ok2", "sign", strings.ToLower(good["sign"])), "0"},
		"own photo":           {with(photo, "orderNo", "ok3"), "0"},
		"own photo and name":  {with(photo, "orderNo", "ok4", "name", "n", "idNo", "i"), "0"},
		"photo of 500 KB":     {with(photo, "orderNo", "ok5", "sourcePhotoStr", picture(512000)), "0"},
		"real time only":      {with(good, "orderNo", "ok6", "liveInterType", "1"), "0"},
		"orderNo of 32":       {with(good, "orderNo", nonce), "0"},
		"mesh photo of a JPG": {with(photo, "orderNo", "ok7", "sourcePhotoType", "1", "sourcePhotoStr", "/9j/AAAA"), "0"},
		"photo of a BMP":      {with(photo, "orderNo", "ok8", "sourcePhotoStr", "Qk0AAAAA"), "0"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.code, m.post(uploadPath, c.body).code())
		})
	}
}

func TestBodiesMustBeJSONObjectsOfStrings(t *testing.T) {
	const jsonType = "application/json"
	m := ready(t)
	b := m.queryBody(orderNo)
	text := `{"appId":"` + b["appId"] + `","orderNo":"order1","version":"1.0.0","nonce":"` + nonce + `","sign":"` + b["sign"] + `"`
	for name, c := range map[string]struct{ query, contentType, body, code string }{
		"as documented":        {"?orderNo=order1", jsonType, text + "}", "66660011"},
		"a form":               {"?orderNo=order1", "application/x-www-form-urlencoded", text + "}", "400106"},
		"no content type":      {"?orderNo=order1", "", text + "}", "400106"},
		"another charset":      {"?orderNo=order1", jsonType + ";charset=gbk", text + "}", "400106"},
		"not JSON":             {"?orderNo=order1", jsonType, text, "400106"},
		"empty":                {"?orderNo=order1", jsonType, "", "400106"},
		"an array":             {"?orderNo=order1", jsonType, "[" + text + "}]", "400106"},
		"two objects":          {"?orderNo=order1", jsonType, text + "}{}", "400106"},
		"not UTF-8":            {"?orderNo=order1", jsonType, text + ",\"getFile\":\"\xff\"}", "400106"},
		"a number":             {"?orderNo=order1", jsonType, text + `,"getFile":1}`, "66660000"},
		"null":                 {"?orderNo=order1", jsonType, text + `,"getFile":null}`, "66660000"},
		"a boolean":            {"?orderNo=order1", jsonType, text + `,"getFile":true}`, "66660000"},
		"a name twice":         {"?orderNo=order1", jsonType, text + `,"orderNo":"order1"}`, "66660000"},
		"no copy of orderNo":   {"", jsonType, text + "}", "66660000"},
		"another copy":         {"?orderNo=order2", jsonType, text + "}", "66660000"},
		"two copies":           {"?orderNo=order1&orderNo=order1", jsonType, text + "}", "66660000"},
		"a copy and something": {"?orderNo=order1&x=1", jsonType, text + "}", "66660000"},
		"a broken query":       {"?orderNo=%zz", jsonType, text + "}", "66660000"},
	} {
		t.Run(name, func(t *testing.T) {
			a := m.postRaw(recordPath, c.query, c.contentType, c.body)
			require.Equal(t, 200, a.status)
			require.Equal(t, c.code, a.code(), a.body)
		})
	}
	require.Equal(t, 413, m.postRaw(recordPath, "?orderNo=order1", jsonType, strings.Repeat(" ", 5<<20)).status)
}

func TestOrderNumberWorksOncePerApp(t *testing.T) {
	m := ready(t, faceidtest.WithApp("APP1", "s1"), faceidtest.WithApp("APP2", "s2"))
	m.upload(orderNo)

	require.Equal(t, "66660000", m.post(uploadPath, m.uploadBody(orderNo)).code())

	m.appID, m.secret = "APP2", "s2"
	m.login()
	m.upload(orderNo)
}

func TestSignTicketOfAnotherAppIsRefused(t *testing.T) {
	m := ready(t, faceidtest.WithApp("APP1", "s1"), faceidtest.WithApp("APP2", "s2"))
	foreign := m.ticket
	m.appID, m.secret = "APP2", "s2"
	m.login()
	m.ticket = foreign

	require.Equal(t, "400101", m.post(uploadPath, m.uploadBody(orderNo)).code())
	require.Equal(t, "400101", m.record(orderNo).code())
}

func TestOldSignTicketStillSignsInItsMinute(t *testing.T) {
	m := ready(t)
	m.mustTicket(m.token, "SIGN", "")
	m.upload(orderNo)
	m.sim.Advance(60 * time.Second)
	require.Equal(t, "400101", m.post(uploadPath, m.uploadBody("order2")).code())
}

func TestRecordChecksEachParameter(t *testing.T) {
	m := ready(t)
	m.verify(orderNo)
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
	m.verify(orderNo)
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
			// A number, on this path alone, refusals included.
			require.Equal(t, c.code, m.post(photosPath, c.body).m["code"])
		})
	}
}

func TestRecordShowsWhatWasAskedFor(t *testing.T) {
	m := ready(t)
	m.verify(orderNo)
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
	require.Equal(t, "N", r["trtcFlag"])
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

func TestNothingIsFoundBeforeTheEnd(t *testing.T) {
	m := ready(t)
	require.Equal(t, "66660011", m.record(orderNo).code())
	faceID := m.upload(orderNo)
	require.Equal(t, "66660011", m.record(orderNo).code())
	res, err := m.http.Get(m.freshLogin(orderNo, faceID)) // a page is open
	require.NoError(t, err)
	require.Contains(t, readAll(t, res.Body), "<form")
	require.NoError(t, res.Body.Close())
	require.Equal(t, "opened", m.sim.OrderState(m.appID, orderNo))
	require.Equal(t, "66660011", m.record(orderNo).code())
	require.EqualValues(t, 66660011, m.photos(orderNo).m["code"])
}

func TestResultsLiveThreeDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := ready(t)
		m.verify(orderNo)

		time.Sleep(3*24*time.Hour - 1)
		m.login()
		require.Equal(t, "0", m.record(orderNo).code())
		require.Equal(t, "0", m.photos(orderNo).code())

		time.Sleep(1)
		require.Equal(t, "66660011", m.record(orderNo).code())
		require.EqualValues(t, 66660011, m.photos(orderNo).m["code"])
	})
}

func TestFilesMayLag(t *testing.T) {
	m := ready(t)
	e := faceidtest.Passes()
	e.FilesLag = 2 * time.Second
	m.sim.ScriptDefault(e)
	m.sim.Advance(time.Second)
	m.verify(orderNo)

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

func TestEndingsAsScripted(t *testing.T) {
	for name, c := range map[string]struct {
		ending        faceidtest.Ending
		redirect, end string
	}{
		"passes":              {faceidtest.Passes(), "0", "0"},
		"zero value":          {faceidtest.Ending{}, "0", "0"},
		"not the same":        {faceidtest.NotSamePerson(), "66660004", "66660004"},
		"identity mismatch":   {faceidtest.IdentityMismatch(), "66660010", "66660010"},
		"suspected fake":      {faceidtest.SuspectedFake(), "66660023", "66660023"},
		"no face":             {faceidtest.NoFace(), "66660035", "66660035"},
		"times out":           {faceidtest.TimesOut(), "66660018", "66660011"},
		"bad video":           {faceidtest.Ending{Code: "66660016"}, "66660016", "66660011"},
		"not recorded live":   {faceidtest.Ending{Code: "400604"}, "400604", "66660011"},
		"quits":               {faceidtest.Quits(), "3003", "66660011"},
		"no camera":           {faceidtest.NoCamera(), "3004", "66660011"},
		"blocked":             {faceidtest.Blocked(), "66660017", "66660011"},
		"browser unsupported": {faceidtest.BrowserUnsupported(), "3001", "66660011"},
		"negative code":       {faceidtest.Ending{Code: "-5008"}, "-5008", "-5008"},
	} {
		t.Run(name, func(t *testing.T) {
			m := ready(t)
			m.sim.Script(orderNo, c.ending)

			back := m.verify(orderNo).URL.Query()

			require.Equal(t, c.redirect, back.Get("code"))
			require.Equal(t, sign(m.appID, orderNo, c.redirect, m.ticket), back.Get("newSignature"))
			a := m.record(orderNo, "getFile", "1")
			require.Equal(t, c.end, a.code())
			require.NotEmpty(t, a.m["msg"])
			if c.end != "0" {
				require.NotContains(t, a.result(), "photo")
				require.NotContains(t, a.result(), "video")
			}
		})
	}
}

func TestEndingFieldsReachTheRecord(t *testing.T) {
	m := ready(t)
	photo := []byte("\xff\xd8\xffinvented")
	m.sim.Script(orderNo, faceidtest.Ending{Code: "66660023", Message: "own words", LiveRate: "1", Similarity: "2",
		Photo: photo, Photos: [][]byte{photo, photo}, Risk: map[string]string{"LivenessInfoTag": "03"}, SDKVersion: "v9", TRTC: true})
	m.verify(orderNo)
	photo[3] = 'X' // the script has its own copy

	a := m.record(orderNo, "getFile", "2", "queryVersion", "1.0")

	require.Equal(t, "own words", a.m["msg"])
	r := a.result()
	require.Equal(t, map[string]any{"LivenessInfoTag": "03"}, r["riskInfo"])
	require.Equal(t, []any{"1", "2", "v9", "Y"}, []any{r["liveRate"], r["similarity"], r["sdkVersion"], r["trtcFlag"]})
	require.Equal(t, base64.StdEncoding.EncodeToString([]byte("\xff\xd8\xffinvented")), r["photo"])
	require.Len(t, m.photos(orderNo).result()["photoList"], 2)

	m.sim.Script("order2", faceidtest.Ending{NoFiles: true})
	m.verify("order2")
	require.NotContains(t, m.record("order2", "getFile", "1").result(), "photo")
}

func TestDialects(t *testing.T) {
	long := bytes.Repeat([]byte{0xff}, 200) // slashes in base64
	for name, c := range map[string]struct {
		d     faceidtest.Dialect
		check func(t *testing.T, m *merchant)
	}{
		"CodeAsNumber": {faceidtest.Dialect{CodeAsNumber: true}, func(t *testing.T, m *merchant) {
			require.EqualValues(t, 0, m.record(orderNo).m["code"])
			require.Equal(t, float64(66660011), m.record("nobody").m["code"])
		}},
		"CodeAsString": {faceidtest.Dialect{CodeAsString: true}, func(t *testing.T, m *merchant) {
			require.Equal(t, "0", m.photos(orderNo).m["code"])
		}},
		"NumbersAsStrings": {faceidtest.Dialect{NumbersAsStrings: true}, func(t *testing.T, m *merchant) {
			require.Equal(t, "7200", m.get(tokenPath, m.tokenQuery()).m["expire_in"])
			_, a := m.askTicket(m.token, "SIGN", "")
			require.Equal(t, "3600", a.m["tickets"].([]any)[0].(map[string]any)["expire_in"])
		}},
		"FlatResult": {faceidtest.Dialect{FlatResult: true}, func(t *testing.T, m *merchant) {
			a := m.record(orderNo)
			require.NotContains(t, a.m, "result")
			require.Equal(t, orderNo, a.m["orderNo"])
			require.Equal(t, 1, strings.Count(a.body, `"bizSeqNo"`))
		}},
		"NoOptimalDomain": {faceidtest.Dialect{NoOptimalDomain: true}, func(t *testing.T, m *merchant) {
			require.NotContains(t, m.post(uploadPath, m.uploadBody("order2")).result(), "optimalDomain")
		}},
		"EscapedSlashes": {faceidtest.Dialect{EscapedSlashes: true}, func(t *testing.T, m *merchant) {
			a := m.record(orderNo, "getFile", "2")
			require.Contains(t, a.body, `\/`)
			require.Equal(t, base64.StdEncoding.EncodeToString(long), a.result()["photo"])
		}},
		"LineBreaks": {faceidtest.Dialect{LineBreaks: true}, func(t *testing.T, m *merchant) {
			text := m.record(orderNo, "getFile", "2").result()["photo"].(string)
			require.Len(t, strings.Split(text, "\r\n"), 4)
			require.Equal(t, base64.StdEncoding.EncodeToString(long), strings.ReplaceAll(text, "\r\n", ""))
		}},
		"SuccessFalse": {faceidtest.Dialect{SuccessFalse: true}, func(t *testing.T, m *merchant) {
			a := m.record(orderNo)
			require.Equal(t, []any{false, false}, []any{a.m["success"], a.result()["success"]})
		}},
		"SuccessTrue": {faceidtest.Dialect{SuccessTrue: true}, func(t *testing.T, m *merchant) {
			a := m.post(uploadPath, m.uploadBody("order2"))
			require.Equal(t, []any{true, true}, []any{a.m["success"], a.result()["success"]})
			require.Equal(t, 2, strings.Count(a.body, `"success"`))
		}},
		"OriCode": {faceidtest.Dialect{OriCode: true}, func(t *testing.T, m *merchant) {
			require.Equal(t, "0", m.post(uploadPath, m.uploadBody("order2")).result()["oriCode"])
		}},
		"NoEcho": {faceidtest.Dialect{NoEcho: true}, func(t *testing.T, m *merchant) {
			require.NotContains(t, m.record(orderNo).result(), "orderNo")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			m := ready(t, faceidtest.WithDialect(c.d))
			m.sim.Script(orderNo, faceidtest.Ending{Photo: long})
			v := m.post(uploadPath, m.uploadBody(orderNo))
			faceID, ok := v.result()["faceId"].(string)
			if !ok {
				faceID = v.m["faceId"].(string)
			}
			_, err := m.visit(m.freshLogin(orderNo, faceID))
			require.NoError(t, err)
			c.check(t, m)
		})
	}
}

func TestLenientToleratesWhatIsSeenAlive(t *testing.T) {
	m := newMerchant(t, faceidtest.WithLenient())
	a := m.get(tokenPath, with(without(m.tokenQuery(), "appId"), "app_id", m.appID))
	require.Equal(t, "0", a.code(), a.body)
	m.token = a.m["access_token"].(string)
	q := m.ticketQuery(m.token, "SIGN", userID)
	a = m.get(ticketPath, with(without(q, "appId"), "app_id", m.appID))
	require.Equal(t, "0", a.code(), a.body)
	m.ticket = a.m["tickets"].([]any)[0].(map[string]any)["value"].(string)

	faceID := m.post(uploadPath, with(m.uploadBody(orderNo), "sourcePhotoStr", "", "ticket", "x")).result()["faceId"].(string)
	login := m.loginURL(with(m.signedLogin(orderNo, faceID, m.ticket), "from", "App"))
	_, err := m.visit(login)
	require.NoError(t, err)
	m.refused(login, "400101") // once, whatever signed it

	b := m.queryBody(orderNo)
	a = m.postRaw(recordPath, "", "application/json", `{"appId":"`+m.appID+`","orderNo":"order1","version":"1.0.0","nonce":"`+nonce+`","sign":"`+b["sign"]+`","getFile":2}`)
	require.Equal(t, "0", a.code(), a.body)
	require.Contains(t, a.result(), "photo")
	require.Equal(t, "400101", m.post(recordPath, with(b, "sign", "x")).code())
}
