package faceidtest_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestProductUploadAnswersAsItsExample(t *testing.T) {
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

// uploadRow is an upload, and the code of its answer.
type uploadRow struct {
	body map[string]string
	code string
}

// uploadRows are good and bad uploads of a product.
func uploadRows(m *merchant, product string) map[string]uploadRow {
	table, good := tables[product], m.bodyFor(product, orderNo)
	photo := with(without(good, "name", "idNo"), "sourcePhotoStr", picture(100), "sourcePhotoType", "2")
	rows := map[string]uploadRow{
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
		rows["no "+name] = uploadRow{without(good, name), "66660000"}
		rows["empty "+name] = uploadRow{with(good, name, ""), "66660000"}
	}
	if table.liveInterType {
		rows["real time only"] = uploadRow{with(m.bodyFor(product, "ok5"), "liveInterType", "1"), "0"}
		rows["liveInterType of two"] = uploadRow{with(good, "liveInterType", "11"), "66660000"}
	}
	if table.nonce {
		rows["nonce of 31"] = uploadRow{with(good, "nonce", nonce[1:]), "66660000"}
		rows["nonce of 33"] = uploadRow{with(good, "nonce", nonce+"x"), "66660000"}
	} else {
		rows["a nonce"] = uploadRow{with(m.bodyFor(product, "ok6"), "nonce", nonce), "66660000"}
	}
	return rows
}

func TestProductUploadRefusesEachBadParameter(t *testing.T) {
	for product, table := range tables {
		m := ready(t)
		for name, row := range uploadRows(m, product) {
			t.Run(product+" "+name, func(t *testing.T) {
				m.t = t
				require.Equal(t, row.code, m.post(table.path, row.body).code())
			})
		}
		for name := range m.bodyFor(product, orderNo) {
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

func TestProductUploadSignsItsOwnValues(t *testing.T) {
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

func TestProductUploadOfThePCSignsThePersonOnlyIfGiven(t *testing.T) {
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

func TestProductPageOfThePCRefusesEachBadParameter(t *testing.T) {
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
}

func TestProductPageOfThePCOpensOnce(t *testing.T) {
	m := ready(t)
	faceID, other := m.uploadFor("pc", orderNo), m.uploadFor("pc", "order2")
	login := m.pageURL(pcPage, orderNo, faceID)
	_, err := m.visit(login)
	require.NoError(t, err)
	m.refused(login, "400101")                                // the ticket is used up
	m.refused(m.pageURL(pcPage, orderNo, faceID), "66660018") // the order is finished
	m.sim.Advance(5 * time.Minute)
	m.refused(m.pageURL(pcPage, "order2", other), "66660018") // the faceId is too old
}

func TestProductPageOfThePCGoesStraightBack(t *testing.T) {
	m := ready(t)
	page := readPage(t, m, m.pageURL(pcPage, orderNo, m.uploadFor("pc", orderNo)))
	require.Contains(t, page, `value="suspected-fake"`)
	require.NotContains(t, page, "no-real-time")

	back := m.finish(page, "suspected-fake") // finish fails unless the page redirects

	require.True(t, strings.HasPrefix(back.String(), backURL+"&code=66660023&"))
	require.Equal(t, "66660023", m.record(orderNo).code())
}

func TestProductOrdersOpenWhereTheyRun(t *testing.T) {
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

func TestProductCallbackHasItsNames(t *testing.T) {
	for product, table := range tables {
		t.Run(product, func(t *testing.T) {
			m := ready(t)
			faceID := m.uploadFor(product, orderNo)
			want := table.back
			if table.page == "" {
				want = tables["plus"].back // no browser comes back from an SDK, so Callback forges as for an unknown order
			} else {
				r, err := m.visit(m.pageURL(table.page, orderNo, faceID))
				require.NoError(t, err)
				m.checkCallback(r, want, faceID)
			}
			m.checkCallback(m.sim.Callback(backURL, orderNo, "0"), want, faceID)
		})
	}
}

func TestProductBasicHasWordsOfItsOwn(t *testing.T) {
	const live, plain = "疑似非真人，请确保本人操作且正脸对框", "请确保本人操作且正脸对框"
	for product, want := range map[string]string{"plus": live, "enhanced": live, "basic": plain, "pc": plain} {
		for _, code := range []string{"66660023", "66665001"} {
			t.Run(product+" "+code, func(t *testing.T) {
				m := ready(t)
				m.sim.ScriptDefault(faceidtest.Ending{Code: code})
				if tables[product].page != "" {
					m.completeFor(product, "order1")
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
				m.completeFor(product, orderNo)
			}
			require.Equal(t, "无法确认为同一人", m.record(orderNo).m["msg"])
		})
	}
	m := ready(t)
	m.sim.ScriptDefault(faceidtest.Ending{Code: "66660023", Message: "own words"})
	m.completeFor("pc", orderNo)
	require.Equal(t, "own words", m.record(orderNo).m["msg"])
}
