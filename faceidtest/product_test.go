package faceidtest_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

const (
	advPath    = "/api/server/getAdvFaceId"
	basicPath  = "/api/server/getfaceid"
	pcPath     = "/api/server/h5/geth5faceid"
	webPage    = "/api/web/login"
	pcPage     = "/api/pc/login"
	personName = "李四"
	personIDNo = "invented"
)

// A productTable is what a product's pages print, written here once more.
type productTable struct {
	path, idName, idForm         string
	nonce, liveInterType, domain bool
	page, idInURL                string // "": no browser can open it
	back                         []string
	sdk                          bool
}

var tables = map[string]productTable{
	"plus": {uploadPath, "faceId", `^tx[0-9a-f]{30}$`, true, true, true, webPage, "faceId",
		[]string{"code", "orderNo", "faceId", "newSignature", "liveRate"}, true},
	"enhanced": {advPath, "faceId", `^tx[0-9a-f]{30}$`, true, true, true, webPage, "faceId",
		[]string{"code", "orderNo", "h5faceId", "newSignature", "liveRate"}, true},
	"basic": {path: basicPath, idName: "faceId", idForm: `^[0-9a-f]{32}$`, nonce: true, sdk: true},
	"pc": {path: pcPath, idName: "h5faceId", idForm: `^wb[0-9a-f]{30}$`, domain: true, page: pcPage, idInURL: "h5faceId",
		back: []string{"code", "orderNo", "h5faceId", "newSign"}},
}

func (m *merchant) bodyFor(product, order string) map[string]string {
	body := map[string]string{"appId": m.appID, "orderNo": order, "name": personName, "idNo": personIDNo, "userId": userID, "version": "1.0.0"}
	if tables[product].nonce {
		body["nonce"] = nonce
	}
	return m.signedFor(product, body)
}

// signedFor signs an upload as it stands: absent values add nothing.
func (m *merchant) signedFor(product string, body map[string]string) map[string]string {
	if product == "pc" {
		return with(body, "sign", sign(body["appId"], body["orderNo"], body["name"], body["idNo"], body["userId"], body["version"], m.ticket))
	}
	return with(body, "sign", sign(body["appId"], body["userId"], body["version"], body["nonce"], m.ticket))
}

func (m *merchant) uploadFor(product, order string, extra ...string) string {
	m.t.Helper()
	a := m.post(tables[product].path, with(m.bodyFor(product, order), extra...))
	require.Equal(m.t, "0", a.code(), a.body)
	return a.result()[tables[product].idName].(string)
}

// pageURL opens a page with an id, whether they belong together or not.
func (m *merchant) pageURL(page, order, id string) string {
	m.t.Helper()
	q := m.signedLogin(order, id, m.nonceTicket())
	if page == pcPage {
		q = with(without(q, "faceId", "from", "resultType"), "h5faceId", id)
	}
	return m.urlOf(page, q)
}

func (m *merchant) urlOf(page string, q map[string]string) string {
	return strings.Replace(m.loginURL(q), webPage, page, 1)
}

// verifyFor takes an order of a product through a browser.
func (m *merchant) verifyFor(product, order string, extra ...string) *http.Request {
	m.t.Helper()
	r, err := m.visit(m.pageURL(tables[product].page, order, m.uploadFor(product, order, extra...)))
	require.NoError(m.t, err)
	return r
}

func names[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func sorted(names ...string) []string { return slices.Sorted(slices.Values(names)) }

func TestEveryUploadAnswersAsItsExample(t *testing.T) {
	for product, table := range tables {
		t.Run(product, func(t *testing.T) {
			m := ready(t)

			a := m.post(table.path, m.bodyFor(product, orderNo))

			require.Equal(t, sorted("code", "msg", "bizSeqNo", "transactionTime", "result"), names(a.m))
			want := []string{"bizSeqNo", "transactionTime", "orderNo", table.idName, "success"}
			if table.domain {
				want = append(want, "optimalDomain")
				require.Equal(t, "kyc1.faceid.test", a.result()["optimalDomain"])
			}
			require.Equal(t, sorted(want...), names(a.result()))
			require.Equal(t, "0", a.m["code"])
			require.Regexp(t, table.idForm, a.result()[table.idName])
			require.Equal(t, orderNo, a.result()["orderNo"])
			require.Equal(t, false, a.result()["success"])
			require.Equal(t, "uploaded", m.sim.OrderState(m.appID, orderNo))
			require.Equal(t, 1, m.sim.Calls(table.path))
			require.Equal(t, "66660000", m.post(table.path, m.bodyFor(product, orderNo)).code(), "an order number works once")
		})
	}
}

func TestEveryUploadChecksEachParameterOfItsTable(t *testing.T) {
	for product, table := range tables {
		m := ready(t)
		good := m.bodyFor(product, orderNo)
		photo := with(without(good, "name", "idNo"), "sourcePhotoStr", picture(100), "sourcePhotoType", "2")
		type row struct {
			body map[string]string
			code string
		}
		rows := map[string]row{
			"an unknown member":          {with(good, "ticket", "x"), "66660000"},
			"webankAppId for appId":      {with(without(good, "appId"), "webankAppId", m.appID), "66660000"},
			"orderNo of 33":              {with(good, "orderNo", nonce+"1"), "66660000"},
			"orderNo with a dash":        {with(good, "orderNo", "a-b"), "66660000"},
			"userId of 33":               {with(good, "userId", nonce+"1"), "66660000"},
			"userId with a slash":        {with(good, "userId", "a/b"), "66660000"},
			"other version":              {m.signedFor(product, with(good, "version", "2.0.0")), "400106"},
			"neither person nor photo":   {m.signedFor(product, without(good, "name", "idNo")), "66660000"},
			"photo without type":         {m.signedFor(product, without(photo, "sourcePhotoType")), "66660000"},
			"type without photo":         {with(good, "sourcePhotoType", "1"), "66660000"},
			"type 3":                     {m.signedFor(product, with(photo, "sourcePhotoType", "3")), "66660000"},
			"photo that is no picture":   {m.signedFor(product, with(photo, "sourcePhotoStr", "R0lGODlh")), "66660046"},
			"an empty name with a photo": {m.signedFor(product, with(photo, "name", "")), "66660000"},
			"own photo":                  {m.signedFor(product, with(photo, "orderNo", "ok1")), "0"},
			"own photo and person":       {m.signedFor(product, with(photo, "orderNo", "ok2", "name", "n", "idNo", "i")), "0"},
			"as documented":              {m.bodyFor(product, "ok3"), "0"},
			"sign in lower case":         {with(m.bodyFor(product, "ok4"), "sign", strings.ToLower(m.bodyFor(product, "ok4")["sign"])), "0"},
			"real time only":             {with(m.bodyFor(product, "ok5"), "liveInterType", "1"), "66660000"},
		}
		for name := range good {
			rows["no "+name] = row{without(good, name), "66660000"}
			rows["empty "+name] = row{with(good, name, ""), "66660000"}
		}
		if table.liveInterType {
			rows["real time only"] = row{with(m.bodyFor(product, "ok5"), "liveInterType", "1"), "0"}
			rows["liveInterType of two"] = row{with(good, "liveInterType", "11"), "66660000"}
			rows["an empty liveInterType"] = row{with(good, "liveInterType", ""), "66660000"}
		}
		if table.nonce {
			rows["nonce of 31"] = row{with(good, "nonce", nonce[1:]), "66660000"}
			rows["nonce of 33"] = row{with(good, "nonce", nonce+"x"), "66660000"}
		} else {
			rows["a nonce"] = row{with(m.bodyFor(product, "ok6"), "nonce", nonce), "66660000"}
		}
		for name, row := range rows {
			t.Run(product+" "+name, func(t *testing.T) {
				m.t = t
				require.Equal(t, row.code, m.post(table.path, row.body).code())
			})
		}
		for name := range good {
			t.Run(product+" "+name+" twice", func(t *testing.T) {
				b, err := json.Marshal(m.bodyFor(product, "twice"))
				require.NoError(t, err)
				again, err := json.Marshal(map[string]string{name: m.bodyFor(product, "twice")[name]})
				require.NoError(t, err)
				body := strings.TrimSuffix(string(b), "}") + "," + strings.TrimPrefix(string(again), "{")
				require.Equal(t, "66660000", m.postRaw(table.path, "?orderNo=twice", "application/json", body).code())
			})
		}
	}
}

func TestEveryUploadSignsItsOwnValues(t *testing.T) {
	m := ready(t)
	m.sim.AddApp("TIDA0002", "other")
	nonceTicket := m.nonceTicket()
	for product, table := range tables {
		good := m.bodyFor(product, orderNo)
		values := []string{m.appID, userID, "1.0.0", nonce}
		if product == "pc" {
			values = []string{m.appID, orderNo, personName, personIDNo, userID, "1.0.0"}
		}
		wrong := map[string]string{
			"the NONCE ticket": sign(append(slices.Clone(values), nonceTicket)...),
			"the token":        sign(append(slices.Clone(values), m.token)...),
			"no ticket":        sign(values...),
			"another value":    sign(append(slices.Clone(values), m.ticket, "x")...),
		}
		for i, value := range values {
			wrong["no "+value] = sign(append(slices.Delete(slices.Clone(values), i, i+1), m.ticket)...)
			changed := slices.Clone(values)
			changed[i] = "other"
			wrong["another "+value] = sign(append(changed, m.ticket)...)
		}
		if product == "pc" {
			wrong["the values of the others"] = sign(m.appID, userID, "1.0.0", m.ticket)
			wrong["a nonce too"] = sign(append(slices.Clone(values), nonce, m.ticket)...)
		} else {
			wrong["orderNo too"] = sign(append(slices.Clone(values), orderNo, m.ticket)...)
			wrong["the person too"] = sign(append(slices.Clone(values), personName, personIDNo, m.ticket)...)
		}
		for name, signed := range wrong {
			t.Run(product+" "+name, func(t *testing.T) {
				m.t = t
				require.Equal(t, "400101", m.post(table.path, with(good, "sign", signed)).code())
			})
		}
		t.Run(product+" of another app", func(t *testing.T) {
			m.t = t
			require.Equal(t, "400101", m.post(table.path, m.signedFor(product, with(good, "appId", "TIDA0002"))).code())
		})
	}
}

func TestPCUploadSignsThePersonOnlyIfThereIsOne(t *testing.T) {
	m := ready(t)
	photo := func(order string, person ...string) map[string]string {
		return with(without(m.bodyFor("pc", order), "name", "idNo"), append(person, "sourcePhotoStr", picture(100), "sourcePhotoType", "1")...)
	}
	nobody := photo("order1")
	require.Equal(t, "400101", m.post(pcPath, with(nobody, "sign", sign(m.appID, "order1", personName, personIDNo, userID, "1.0.0", m.ticket))).code())
	require.Equal(t, "0", m.post(pcPath, with(nobody, "sign", sign(m.appID, "order1", userID, "1.0.0", m.ticket))).code())

	person := photo("order2", "name", personName, "idNo", personIDNo)
	require.Equal(t, "400101", m.post(pcPath, with(person, "sign", sign(m.appID, "order2", userID, "1.0.0", m.ticket))).code())
	require.Equal(t, "0", m.post(pcPath, with(person, "sign", sign(m.appID, "order2", personName, personIDNo, userID, "1.0.0", m.ticket))).code())
}

func TestPCLoginChecksEachParameter(t *testing.T) {
	m := ready(t)
	faceID, other := m.uploadFor("pc", orderNo), m.uploadFor("pc", "order2")
	signed := func(id, ticket string) map[string]string {
		return with(without(m.signedLogin(orderNo, id, ticket), "faceId", "from", "resultType"), "h5faceId", id)
	}
	fresh := func() map[string]string { return signed(faceID, m.nonceTicket()) }
	rows := map[string]struct {
		q    map[string]string
		code string
	}{
		"faceId":                {with(without(fresh(), "h5faceId"), "faceId", faceID), "66660000"},
		"from":                  {with(fresh(), "from", "browser"), "66660000"},
		"resultType":            {with(fresh(), "resultType", "1"), "66660000"},
		"redirectType":          {with(fresh(), "redirectType", "1"), "66660000"},
		"an unknown name":       {with(fresh(), "x", "1"), "66660000"},
		"nonce of 33":           {with(fresh(), "nonce", nonce+"1"), "66660000"},
		"url without a host":    {with(fresh(), "url", "/back"), "66660000"},
		"url encoded twice":     {with(fresh(), "url", url.QueryEscape(backURL)), "66660000"},
		"other version":         {with(fresh(), "version", "2.0.0"), "400106"},
		"unknown app":           {with(fresh(), "appId", "TIDA9999"), "400101"},
		"another order":         {with(fresh(), "orderNo", "order2"), "400101"},
		"another h5faceId":      {with(fresh(), "h5faceId", other), "400101"},
		"another nonce":         {with(fresh(), "nonce", strings.ToUpper(nonce)), "400101"},
		"another user":          {with(fresh(), "userId", "user2"), "400101"},
		"SIGN in its place":     {signed(faceID, m.ticket), "400101"},
		"NONCE of another user": {signed(faceID, m.mustTicket(m.token, "NONCE", "user2")), "400101"},
		"h5faceId not signed":   {with(fresh(), "sign", sign(m.appID, userID, orderNo, "1.0.0", nonce, m.nonceTicket())), "400101"},
		"h5faceId of another":   {signed(other, m.nonceTicket()), "66660000"},
		"unknown h5faceId":      {signed("wbnothing", m.nonceTicket()), "66660000"},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) { m.refused(m.urlOf(pcPage, row.q), row.code) })
	}
	for name := range fresh() {
		t.Run("no "+name, func(t *testing.T) { m.refused(m.urlOf(pcPage, without(fresh(), name)), "66660000") })
		t.Run("empty "+name, func(t *testing.T) { m.refused(m.urlOf(pcPage, with(fresh(), name, "")), "66660000") })
		t.Run(name+" twice", func(t *testing.T) {
			q := fresh()
			m.refused(m.urlOf(pcPage, q)+"&"+url.Values{name: {q[name]}}.Encode(), "66660000")
		})
	}

	login := m.urlOf(pcPage, fresh())
	_, err := m.visit(login)
	require.NoError(t, err)
	m.refused(login, "400101")                                // burnt
	m.refused(m.pageURL(pcPage, orderNo, faceID), "66660018") // finished
	m.sim.Advance(5 * time.Minute)
	m.refused(m.pageURL(pcPage, "order2", other), "66660018") // too old
}

func TestPCEndGoesStraightBack(t *testing.T) {
	m := ready(t)
	page := readPage(t, m, m.pageURL(pcPage, orderNo, m.uploadFor("pc", orderNo)))
	require.Contains(t, page, `value="suspected-fake"`)
	require.NotContains(t, page, "no-real-time")

	back := m.finish(page, "suspected-fake") // wants a redirect

	require.True(t, strings.HasPrefix(back.String(), backURL+"&code=66660023&"))
	require.Equal(t, "66660023", m.record(orderNo).code())
}

func TestAnOrderIsOpenedWhereItsProductRuns(t *testing.T) {
	m := ready(t)
	for product, table := range tables {
		for _, page := range []string{webPage, pcPage} {
			t.Run(product+" "+page, func(t *testing.T) {
				m.t = t
				order := product + strings.ReplaceAll(page, "/", "")
				login := m.pageURL(page, order, m.uploadFor(product, order))
				if page != table.page {
					m.refused(login, "66660000")
					require.Equal(t, "uploaded", m.sim.OrderState(m.appID, order))
					return
				}
				_, err := m.visit(login)
				require.NoError(t, err)
			})
		}
		for _, platform := range []string{"android", "ios", "harmony"} {
			t.Run(product+" "+platform, func(t *testing.T) {
				m.t = t
				order := product + platform
				r := m.run(m.launchFor(product, platform, order, m.uploadFor(product, order), m.nonceTicket()))
				if !table.sdk {
					require.Equal(t, []string{platform, "WBFaceErrorDomainLoginServer", "66660000"}, []string{r.Platform, r.Domain, r.Code})
					return
				}
				require.Equal(t, []string{platform, "", "0"}, []string{r.Platform, r.Domain, r.Code})
			})
		}
	}
}

func TestEveryCallbackHasItsProductsNames(t *testing.T) {
	for product, table := range tables {
		t.Run(product, func(t *testing.T) {
			m := ready(t)
			faceID := m.uploadFor(product, orderNo)
			want := table.back
			if table.page == "" {
				want = tables["plus"].back // nothing comes back from an SDK: forged as for an unknown order
			} else {
				r, err := m.visit(m.pageURL(table.page, orderNo, faceID))
				require.NoError(t, err)
				m.checkCallback(r, want, faceID)
			}
			m.checkCallback(m.sim.Callback(backURL, orderNo, "0"), want, faceID)
		})
	}
}

// checkCallback wants these parameters after the merchant's own, in their order.
func (m *merchant) checkCallback(r *http.Request, want []string, faceID string) {
	m.t.Helper()
	var got []string
	for _, pair := range strings.Split(r.URL.RawQuery, "&")[2:] {
		name, _, _ := strings.Cut(pair, "=")
		got = append(got, name)
	}
	require.Equal(m.t, want, got)
	q := r.URL.Query()
	require.Equal(m.t, "0", q.Get("code"))
	require.Equal(m.t, orderNo, q.Get("orderNo"))
	require.Equal(m.t, faceID, q.Get(want[2]))
	require.Equal(m.t, sign(m.appID, orderNo, "0", m.ticket), q.Get(want[3])) // upper case
}

// everyRisk names more than any product may tell.
func everyRisk() map[string]string {
	return map[string]string{"deviceInfoLevel": "1", "deviceInfoTag": "", "riskInfoLevel": "", "riskInfoTag": "", "LivenessInfoTag": "03", "other": "x"}
}

func TestEveryRecordHasTheFieldsOfItsExample(t *testing.T) {
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
		"an App's TRTC": {"plus", "harmony", true, append([]string{"LivenessInfoTag"}, device...)},
	} {
		t.Run(name, func(t *testing.T) {
			m := ready(t)
			m.sim.ScriptDefault(faceidtest.Ending{Risk: everyRisk(), TRTC: c.trtc, Similarity: "88.01"})
			if c.platform == "" {
				m.verifyFor(c.product, orderNo)
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

func TestBasicSaysSomeThingsDifferently(t *testing.T) {
	const live, plain = "疑似非真人，请确保本人操作且正脸对框", "请确保本人操作且正脸对框"
	for product, want := range map[string]string{"plus": live, "enhanced": live, "basic": plain, "pc": plain} {
		for _, code := range []string{"66660023", "66665001"} {
			t.Run(product+" "+code, func(t *testing.T) {
				m := ready(t)
				m.sim.ScriptDefault(faceidtest.Ending{Code: code})
				if tables[product].page != "" {
					m.verifyFor(product, "order1")
					require.Equal(t, want, m.record("order1").m["msg"])
					require.Equal(t, want, m.photos("order1").m["msg"])
				}
				if tables[product].sdk {
					r := m.run(m.launchFor(product, "ios", "order2", m.uploadFor(product, "order2"), m.nonceTicket()))
					require.Equal(t, want, r.Message)
					require.Equal(t, want, m.record("order2").m["msg"])
				}
			})
		}
		t.Run(product+" 66660004", func(t *testing.T) {
			m := ready(t)
			m.sim.ScriptDefault(faceidtest.NotSamePerson())
			if tables[product].sdk {
				require.Equal(t, "无法确认为同一人", m.run(m.launchFor(product, "ios", orderNo, m.uploadFor(product, orderNo), m.nonceTicket())).Message)
			} else {
				m.verifyFor(product, orderNo)
			}
			require.Equal(t, "无法确认为同一人", m.record(orderNo).m["msg"])
		})
	}
	m := ready(t)
	m.sim.ScriptDefault(faceidtest.Ending{Code: "66660023", Message: "own words"})
	m.verifyFor("pc", orderNo)
	require.Equal(t, "own words", m.record(orderNo).m["msg"])
}

func TestRiskyDeviceIsIntercepted(t *testing.T) {
	m := ready(t)
	m.sim.ScriptDefault(faceidtest.RiskyDevice())
	for product, device := range map[string]bool{"plus": true, "enhanced": true, "basic": false} {
		r := m.run(m.launchFor(product, "android", product, m.uploadFor(product, product), m.nonceTicket()))
		require.Equal(t, []string{"WBFaceErrorDomainCompareServer", "66665001"}, []string{r.Domain, r.Code})
		a := m.record(product)
		require.Equal(t, "66665001", a.code())
		if device {
			require.Equal(t, map[string]any{"deviceInfoLevel": "3"}, a.result()["riskInfo"])
		} else {
			require.NotContains(t, a.result(), "riskInfo")
		}
	}
	require.Equal(t, "66665001", m.verifyFor("plus", "inABrowser").URL.Query().Get("code"))
	require.NotContains(t, m.record("inABrowser").result(), "riskInfo")
}

func TestNoRealTimeTakesAnUploadThatInsists(t *testing.T) {
	m := ready(t)
	m.sim.ScriptDefault(faceidtest.NoRealTime())
	for _, product := range []string{"plus", "enhanced"} {
		back := m.verifyFor(product, product, "liveInterType", "1").URL.Query()
		require.Equal(t, "3005", back.Get("code"))
		require.Equal(t, "66660011", m.record(product).code())

		for _, kind := range []string{"0", "2"} { // as if absent
			_, err := m.visit(m.pageURL(webPage, product+kind, m.uploadFor(product, product+kind, "liveInterType", kind)))
			require.ErrorContains(t, err, "order "+product+kind+" is to end with 3005, which takes an upload with liveInterType 1")
		}
	}
	_, err := m.visit(m.pageURL(pcPage, orderNo, m.uploadFor("pc", orderNo)))
	require.ErrorContains(t, err, "liveInterType 1")
	require.Equal(t, "opened", m.sim.OrderState(m.appID, orderNo))

	_, err = m.sim.RunSDK(t.Context(), m.launchFor("plus", "ios", "order2", m.uploadFor("plus", "order2", "liveInterType", "1"), m.nonceTicket()))
	require.ErrorContains(t, err, "only a browser")

	// The page offers it where it can happen, and takes it nowhere else.
	insisting := readPage(t, m, m.pageURL(webPage, "order3", m.uploadFor("plus", "order3", "liveInterType", "1")))
	require.Contains(t, insisting, `value="no-real-time"`)
	require.Equal(t, "3005", m.finish(insisting, "no-real-time").Query().Get("code"))
	falling := readPage(t, m, m.pageURL(webPage, "order4", m.uploadFor("plus", "order4")))
	require.NotContains(t, falling, `value="no-real-time"`)
	_, body := m.press(keyOfPage.FindStringSubmatch(falling)[1], "no-real-time")
	require.Contains(t, body, `data-code="300101"`)
	require.Equal(t, "0", m.finish(falling, "passes").Query().Get("code")) // the page is still there
}

func TestDialectsHoldForEveryUpload(t *testing.T) {
	for product, table := range tables {
		t.Run(product, func(t *testing.T) {
			answer := func(d faceidtest.Dialect) answer {
				m := ready(t, faceidtest.WithDialect(d))
				return m.post(table.path, m.bodyFor(product, orderNo))
			}
			require.EqualValues(t, 0, answer(faceidtest.Dialect{CodeAsNumber: true}).m["code"])
			require.NotContains(t, answer(faceidtest.Dialect{NoOptimalDomain: true}).result(), "optimalDomain")
			require.NotContains(t, answer(faceidtest.Dialect{NoEcho: true}).result(), "orderNo")
			require.Equal(t, "0", answer(faceidtest.Dialect{OriCode: true}).result()["oriCode"])
			require.Regexp(t, table.idForm, answer(faceidtest.Dialect{FlatResult: true}).m[table.idName])
			a := answer(faceidtest.Dialect{SuccessTrue: true})
			require.Equal(t, []any{true, true}, []any{a.m["success"], a.result()["success"]})
			require.Equal(t, 2, strings.Count(a.body, `"success"`))
		})
	}
}

func TestLenientIgnoresWhatATableHasNot(t *testing.T) {
	m := ready(t, faceidtest.WithLenient())
	m.sim.ScriptDefault(faceidtest.NoRealTime())
	faceID := m.uploadFor("pc", orderNo, "nonce", nonce, "liveInterType", "1")
	q := with(m.signedLogin(orderNo, faceID, m.nonceTicket()), "h5faceId", faceID)

	_, err := m.visit(m.urlOf(pcPage, q)) // with from and resultType

	require.ErrorContains(t, err, "liveInterType 1")
	m.sim.ScriptDefault(faceidtest.Passes())
	r, err := m.visit(m.urlOf(pcPage, with(m.signedLogin(orderNo, faceID, m.nonceTicket()), "h5faceId", faceID)))
	require.NoError(t, err)
	require.Equal(t, "0", r.URL.Query().Get("code"))
}

func TestOtherLanguagesReachEveryProduct(t *testing.T) {
	m := overPort(newMerchant(t))
	m.login()
	for _, ending := range []string{"no-real-time", "risky-device"} {
		require.Equal(t, 200, m.postRaw("/sim/order", "", "application/json", `{"orderNo":"`+strings.ReplaceAll(ending, "-", "")+`","ending":"`+ending+`"}`).status)
	}
	require.Equal(t, "66665001", m.finish(readPage(t, m, m.pageURL(pcPage, "riskydevice", m.uploadFor("pc", "riskydevice"))), "scripted").Query().Get("code"))

	faceID := m.uploadFor("enhanced", "norealtime")
	key := keyOfPage.FindStringSubmatch(readPage(t, m, m.pageURL(webPage, "norealtime", faceID)))[1]
	_, body := m.press(key, "scripted")
	require.Contains(t, body, "liveInterType 1")

	params, err := json.Marshal(map[string]any{"params": without(m.launchFor("basic", "ios", "order3", "", m.nonceTicket()), "faceId")})
	require.NoError(t, err)
	a := m.postRaw("/sim/sdk", "", "application/json", string(params))
	require.Equal(t, map[string]any{"platform": "ios", "domain": "", "code": "0", "message": "成功"}, a.m)
}
