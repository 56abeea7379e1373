package faceidtest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestOptionsPanicByName(t *testing.T) {
	sim := faceidtest.Start(t)
	require.Panics(t, func() { faceidtest.WithAppProducts("TIDA0001") })
	require.Panics(t, func() { faceidtest.WithAppProducts("TIDA0001", "plus", "pc") })
	for name, f := range map[string]func(){
		"WithSpeed":       func() { faceidtest.WithSpeed(0) },
		"WithApp":         func() { faceidtest.NewServer(faceidtest.WithApp("", "s")) },
		"WithDialect":     func() { faceidtest.WithDialect(faceidtest.Dialect{CodeAsNumber: true, CodeAsString: true}) },
		"WithLog":         func() { faceidtest.WithLog(nil) },
		"WithAppProducts": func() { faceidtest.NewServer(faceidtest.WithAppProducts("TIDA0009", "plus")) },
		"AllowIPs":        func() { sim.AllowIPs("nowhere") },
		"SetRemoteIP":     func() { sim.SetRemoteIP("") },
		"RateLimit":       func() { sim.RateLimit(tokenPath, 1, 0) },
		"FailNext":        func() { sim.FailNext("/api/oauth2/acess_token", faceidtest.FaultHang()) },
		"Advance":         func() { sim.Advance(-1) },
		"AddApp":          func() { sim.AddApp(sim.AppID(), "s") },
		"Mints":           func() { sim.Mints("NOBODY") },
		"Script":          func() { sim.Script("order 1", faceidtest.Passes()) },
		"Callback":        func() { sim.Callback("/back", orderNo, "0") },
		"FaultTruncate":   func() { faceidtest.FaultTruncate(-1) },
		"FaultSlowBody":   func() { faceidtest.FaultSlowBody(0, 0) },
		"FaultCode":       func() { faceidtest.FaultCode("", "") },
		"FaultStatus":     func() { faceidtest.FaultStatus(42, "") },
		"FaultDelay":      func() { faceidtest.FaultDelay(-1) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() { require.Contains(t, recover(), "faceidtest: "+name+":") }()
			f()
			t.Error("no panic")
		})
	}
}

func TestWithLenientAcceptsWhatLiveSystemsAccept(t *testing.T) {
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
	m.refused(login, "400101") // a launch signature works once, with either kind of ticket

	b := m.queryBody(orderNo)
	a = m.postRaw(recordPath, "", "application/json", `{"appId":"`+m.appID+`","orderNo":"order1","version":"1.0.0","nonce":"`+nonce+`","sign":"`+b["sign"]+`","getFile":2}`)
	require.Equal(t, "0", a.code(), a.body)
	require.Contains(t, a.result(), "photo")
	require.Equal(t, "400101", m.post(recordPath, with(b, "sign", "x")).code())
}

func TestWithLenientAcceptsOtherNamesAndNull(t *testing.T) {
	m := ready(t, faceidtest.WithLenient())
	body := m.uploadBody(orderNo)
	text, err := json.Marshal(map[string]any{
		"webankAppId": m.appID, "orderNo": orderNo, "name": body["name"], "idNo": body["idNo"], "userId": body["userId"], "version": "1.0.0",
		"nonce": body["nonce"], "sign": body["sign"], "sourcePhotoStr": nil, "sourcePhotoType": nil, "liveInterType": nil,
	})
	require.NoError(t, err)
	a := m.postRaw(uploadPath, "?orderNo="+orderNo, "application/json", string(text))
	require.Equal(t, "0", a.code(), a.body)

	faceID := a.result()["faceId"].(string)
	login := without(with(m.signedLogin(orderNo, faceID, m.nonceTicket()), "h5faceId", faceID, "webankAppId", m.appID), "faceId")
	_, err = m.visit(m.loginURL(without(without(login, "appId"), "from")))
	require.NoError(t, err)
	require.Equal(t, "0", m.record(orderNo).code())

	strict := ready(t)
	for _, name := range []string{"appId", "from", "faceId"} { // without the option each of them is refused
		faceID := strict.upload("order" + name)
		q := with(strict.signedLogin("order"+name, faceID, strict.nonceTicket()), "webankAppId", strict.appID, "h5faceId", faceID)
		strict.refused(strict.loginURL(without(q, name)), "66660000")
	}
	required, err := json.Marshal(map[string]any{"appId": m.appID, "orderNo": nil})
	require.NoError(t, err)
	require.Equal(t, "66660000", m.postRaw(uploadPath, "", "application/json", string(required)).code())
}

func TestWithLenientIgnoresUnknownParameters(t *testing.T) {
	m := ready(t, faceidtest.WithLenient())
	m.sim.ScriptDefault(faceidtest.NoRealTime())
	faceID := m.uploadFor("pc", orderNo, "nonce", nonce, "liveInterType", "1")
	q := with(m.signedLogin(orderNo, faceID, m.nonceTicket()), "h5faceId", faceID)

	_, err := m.visit(m.urlOf(pcPage, q)) // the address has from and resultType, which the table does not have

	require.ErrorContains(t, err, "liveInterType 1")
	m.sim.ScriptDefault(faceidtest.Passes())
	r, err := m.visit(m.urlOf(pcPage, with(m.signedLogin(orderNo, faceID, m.nonceTicket()), "h5faceId", faceID)))
	require.NoError(t, err)
	require.Equal(t, "0", r.URL.Query().Get("code"))
}

// An app has the products that the console opened for it, and is refused the
// others before an order is made.
func TestWithAppProductsRefusesTheOthers(t *testing.T) {
	open := func(m *merchant, product string) string {
		switch product {
		case "will":
			return codeOf(m.postAny(willPath, m.willBody(product)))
		case "nfc":
			return codeOf(m.post(certPath, m.certBody(product, "1")))
		case "ocr":
			return m.scan(product, faceidtest.CardIDCard).Code + m.scan(product+"2", faceidtest.CardBankCard).Code
		case "liveness":
			return m.run(m.launchFor("basic", "ios", product, "", m.nonceTicket())).Code
		}
		return m.post(tables[product].path, m.bodyFor(product, product)).code()
	}
	refusals := map[string]string{"plus": "66660002", "enhanced": "66660002", "basic": "66660002", "pc": "66660002", "liveness": "66660002",
		"will": "66660002", "ocr": "400104400104", "nfc": "66660002"}
	mine := map[string]string{"pc": "basic", "liveness": "basic"} // each belongs to a product of another name
	for _, opened := range []string{"plus", "enhanced", "basic", "will", "ocr", "nfc"} {
		m := ready(t, faceidtest.WithAppProducts("TIDA0001", opened))
		for product, refusal := range refusals {
			want := refusal
			if product == opened || mine[product] == opened {
				want = strings.NewReplacer("66660002", "0", "400104", "0").Replace(refusal)
			}
			require.Equal(t, want, open(m, product), "%s of an app with %s", product, opened)
			if want == refusal {
				require.Equal(t, "unknown", m.sim.OrderState(m.appID, product))
			}
		}
	}
	m := ready(t, faceidtest.WithAppProducts("TIDA0001", "plus"))
	require.Equal(t, "300101", m.runOCR(m.launchOCR("ios", orderNo, m.nonceTicket()), faceidtest.CardIDCard).Code)
	body := with(m.bodyFor("basic", orderNo), "sign", "x")
	require.Equal(t, "400101", m.post(basicPath, body).code(), "who asks is known first")
}
