package faceidtest_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestOCRCertIDAnswersAsItsExample(t *testing.T) {
	m := ready(t)

	a := m.post(certPath, m.certBody(orderNo, "1"))

	require.Equal(t, sorted("code", "msg", "result"), names(a.m))
	require.Equal(t, []any{float64(0), "成功"}, []any{a.m["code"], a.m["msg"]})
	require.Equal(t, sorted("bizSeqNo", "orderNo", "ocrCertId"), names(a.result()))
	require.Regexp(t, `^[0-9a-f]{32}$`, a.result()["ocrCertId"])
	require.Equal(t, "uploaded", m.sim.OrderState(m.appID, orderNo))
	require.Equal(t, "66660000", codeOf(m.post(certPath, m.certBody(orderNo, "1"))), "an order number works once")
	require.Equal(t, "66660000", m.post(uploadPath, m.uploadBody(orderNo)).code(), "an order number works once, in whichever product")
}

func TestOCRCertIDRefusesEachBadParameter(t *testing.T) {
	m := ready(t)
	m.sim.AddApp("TIDA0002", "other")
	good := m.certBody(orderNo, "1")
	values := []string{m.appID, orderNo, "1.0.0", nonce}
	type row struct {
		body map[string]string
		code string
	}
	rows := map[string]row{
		"an unknown member":    {with(good, "name", "x"), "66660000"},
		"orderNo of 33":        {with(good, "orderNo", nonce+"1"), "66660000"},
		"userId of 33":         {with(good, "userId", nonce+"1"), "66660000"},
		"nonce of 33":          {with(good, "nonce", nonce+"1"), "66660000"},
		"nfcType 2":            {with(good, "nfcType", "2"), "66660000"},
		"other version":        {with(good, "version", "2.0.0"), "400106"},
		"userId for orderNo":   {with(good, "sign", sign(m.appID, userID, "1.0.0", nonce, m.ticket)), "400101"},
		"userId signed too":    {with(good, "sign", sign(append(values[:4:4], userID, m.ticket)...)), "400101"},
		"nfcType signed too":   {with(good, "sign", sign(append(values[:4:4], "1", m.ticket)...)), "400101"},
		"the NONCE ticket":     {with(good, "sign", sign(append(values[:4:4], m.nonceTicket())...)), "400101"},
		"of another app":       {with(good, "appId", "TIDA0002", "sign", sign("TIDA0002", orderNo, "1.0.0", nonce, m.ticket)), "400101"},
		"as documented":        {m.certBody("ok1", "1"), "0"},
		"a permit":             {m.certBody("ok2", "3"), "0"},
		"userId is not signed": {with(m.certBody("ok3", "1"), "userId", "user2"), "0"},
		"userId of 32":         {with(m.certBody("ok4", "1"), "userId", nonce), "0"},
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
		t.Run(name, func(t *testing.T) { require.Equal(t, row.code, codeOf(m.post(certPath, row.body))) })
	}
	for name := range good {
		t.Run(name+" twice", func(t *testing.T) { m.twice(certPath, good, name) })
	}
	require.Equal(t, "66660000", codeOf(m.postRaw(certPath, "", "application/json", "{}")))
}

func TestRunNFCReadsOnBothPlatforms(t *testing.T) {
	for platform := range nfcNames {
		for kind, extras := range map[string]map[string]string{"1": nil, "3": permit[platform]} {
			t.Run(platform+" "+kind, func(t *testing.T) {
				m := ready(t)
				certID := m.cert(orderNo, kind)
				params := m.launchNFC(platform, orderNo, certID, m.nonceTicket())
				for name := range params {
					for how, wrong := range map[string]map[string]string{
						"missing":  without(params, name),
						"empty":    with(params, name, ""),
						"misnamed": with(without(params, name), name+"X", params[name]),
					} {
						r := m.runNFC(wrong, extras)
						require.Equal(t, []string{platform, "600102", "请求参数异常，请校验参数", ""}, []string{r.Platform, r.Code, r.Message, r.ReqID}, name+" "+how)
					}
				}
				require.Equal(t, "600102", m.runNFC(with(params, nfcNames[platform][4], nonce[:31]), extras).Code)
				require.Equal(t, "uploaded", m.sim.OrderState(m.appID, orderNo))

				r := m.runNFC(params, extras)

				require.Equal(t, faceidtest.NFCResult{Platform: platform, Code: "0", Message: "识别成功", OrderNo: orderNo, OCRCertID: certID, ReqID: r.ReqID}, r)
				require.Regexp(t, `^[0-9A-Za-z]{1,40}$`, r.ReqID)
				require.Equal(t, "finished", m.sim.OrderState(m.appID, orderNo))
				require.Equal(t, "0", m.nfc(orderNo, r.ReqID).code())
				require.Equal(t, "600102", m.runNFC(params, extras).Code, "the ticket is spent")
				require.Equal(t, "66664002", m.runNFC(m.launchNFC(platform, orderNo, certID, m.nonceTicket()), extras).Code, "and the ocrCertId is used up")
			})
		}
	}
}

func TestRunNFCWantsTheExtrasOfThePermit(t *testing.T) {
	m := ready(t)
	card, travel := m.cert("order1", "1"), m.cert("order3", "3")
	for platform, extras := range permit {
		launch := func(kind string, extras map[string]string) string {
			order, certID := "order1", card
			if kind == "3" {
				order, certID = "order3", travel
			}
			return m.runNFC(m.launchNFC(platform, order, certID, m.nonceTicket()), extras).Code
		}
		for name := range extras {
			want := "600102"
			if name == "NFC_TYPE" { // without NFC_TYPE the other extras are refused
				require.Equal(t, want, launch("3", without(extras, name)))
				require.Equal(t, want, launch("3", with(extras, name, "2")))
				require.Equal(t, want, launch("3", with(extras, name, "1")))
				continue
			}
			require.Equal(t, want, launch("3", without(extras, name)), name)
			require.Equal(t, want, launch("3", with(extras, name, "")), name)
		}
		require.Equal(t, "600102", launch("3", with(extras, "x", "y")))
		// The SDK looks for one kind of document and finds another.
		require.Equal(t, "66664024", launch("3", nil))
		require.Equal(t, "66664024", launch("1", extras))
	}
	for _, date := range []string{"19900101", "90010", "90-101", "90010x"} {
		for _, name := range []string{"dateOfBirth", "expiryDate"} {
			require.Equal(t, "600102", m.runNFC(m.launchNFC("ios", "order3", travel, m.nonceTicket()), with(permit["ios"], name, date)).Code)
		}
	}
	for _, extras := range []map[string]string{{"NFC_TIME": ""}, {"NFC_TIME": "20s"}, {"NFC_TYPE": "2"}, {"travel_card_no": "1"}} {
		require.Equal(t, "600102", m.runNFC(m.launchNFC("android", "order1", card, m.nonceTicket()), extras).Code)
	}
	require.Equal(t, "opened", m.sim.OrderState(m.appID, "order1"))
	require.Equal(t, "0", m.runNFC(m.launchNFC("android", "order1", card, m.nonceTicket()), map[string]string{"NFC_TIME": "20000", "NFC_TYPE": "1"}).Code)
	require.Equal(t, "0", m.runNFC(m.launchNFC("android", "order3", travel, m.nonceTicket()), with(permit["android"], "NFC_TIME", "60000")).Code)
}

func TestRunNFCEndsAsThePlatformRefuses(t *testing.T) {
	for platform, n := range nfcNames {
		m := ready(t)
		certID, other := m.cert(orderNo, "1"), m.cert("order2", "1")
		user2 := m.mustTicket(m.token, "NONCE", "user2")
		for name, c := range map[string]struct {
			params map[string]string
			code   string
		}{
			"SIGN in its place":     {m.launchNFC(platform, orderNo, certID, m.ticket), "600102"},
			"NONCE of another user": {m.launchNFC(platform, orderNo, certID, m.mustTicket(m.token, "NONCE", "user2")), "600102"},
			"unknown app":           {with(m.launchNFC(platform, orderNo, certID, m.nonceTicket()), n[1], "TIDA9999"), "600102"},
			"other version":         {with(m.launchNFC(platform, orderNo, certID, m.nonceTicket()), n[2], "2.0.0"), "600102"},
			"another nonce":         {with(m.launchNFC(platform, orderNo, certID, m.nonceTicket()), n[3], strings.ToUpper(nonce)), "600102"},
			"wrong sign":            {with(m.launchNFC(platform, orderNo, certID, m.nonceTicket()), n[5], strings.Repeat("0", 40)), "600102"},
			"orderNo for userId":    {with(m.launchNFC(platform, orderNo, certID, ""), n[5], sign(m.appID, orderNo, "1.0.0", nonce, m.nonceTicket())), "600102"},
			"ocrCertId of another":  {m.launchNFC(platform, orderNo, other, m.nonceTicket()), "66664002"},
			"unknown ocrCertId":     {m.launchNFC(platform, orderNo, "nothing", m.nonceTicket()), "66664002"},
			"unknown order":         {m.launchNFC(platform, "order3", certID, m.nonceTicket()), "66664002"},
			"another user":          {with(m.launchNFC(platform, orderNo, certID, ""), n[4], "user2", n[5], sign(m.appID, "user2", "1.0.0", nonce, user2)), "66664002"},
		} {
			t.Run(platform+" "+name, func(t *testing.T) {
				r := m.runNFC(c.params, nil)
				require.Equal(t, []string{platform, c.code, ""}, []string{r.Platform, r.Code, r.ReqID})
			})
		}
	}
}

func TestRunNFCReportsMisuseAsAnError(t *testing.T) {
	m := ready(t)
	_, err := m.sim.RunNFC(t.Context(), map[string]string{"ocrCertId": "x"}, nil)
	require.ErrorContains(t, err, "no platform")
	certID := m.cert(orderNo, "1")
	for platform, code := range map[string]string{"ios": "600106", "android": "66664026"} {
		m.sim.ScriptNFC(orderNo, faceidtest.NFCDocument{SDKCode: code})
		_, err = m.sim.RunNFC(t.Context(), m.launchNFC(platform, orderNo, certID, m.nonceTicket()), nil)
		require.ErrorContains(t, err, "the SDK of "+platform+" does not have")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = m.sim.RunNFC(ctx, nil, nil)
	require.ErrorIs(t, err, context.Canceled)
	require.Panics(t, func() { faceidtest.WithNFCKey("TIDA0001", "00") })
	require.Panics(t, func() { faceidtest.WithNFCKey("TIDA0001", strings.Repeat("x", 32)) })
	require.PanicsWithValue(t, `faceidtest: WithNFCKey: there is no app "TIDA0002"`, func() { faceidtest.NewServer(faceidtest.WithNFCKey("TIDA0002", strings.Repeat("0", 32))) })
}

func TestOCRCertIDLivesFiveMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := ready(t)
		certID, other := m.cert("order1", "1"), m.cert("order2", "1")
		m.sim.ScriptNFC("order1", faceidtest.NFCDocument{SDKCode: "600101"})
		r := m.runNFC(m.launchNFC("ios", "order1", certID, m.nonceTicket()), nil)
		require.Equal(t, []string{"600101", "用户退出本次识别", ""}, []string{r.Code, r.Message, r.ReqID})
		m.sim.ScriptNFC("order1", faceidtest.NFCDocument{})

		time.Sleep(5*time.Minute - 1)
		require.Equal(t, "0", m.runNFC(m.launchNFC("ios", "order1", certID, m.nonceTicket()), nil).Code, "a reading that failed can be launched again")
		time.Sleep(1)
		r = m.runNFC(m.launchNFC("ios", "order2", other, m.nonceTicket()), nil)
		require.Equal(t, []string{"66664002", "ocrCertId 已失效，请校验参数"}, []string{r.Code, r.Message})
	})
}

func TestNFCKeyIsTold(t *testing.T) {
	m := ready(t)
	require.Regexp(t, `^[0-9A-Fa-f]{32}$`, m.sim.NFCKey())
	m.sim.AddApp("TIDA0002", "other") // this app has the same NFC key
	m.appID, m.secret = "TIDA0002", "other"
	m.login()
	require.Equal(t, orderNo, m.decrypted(m.nfc(orderNo, m.read(orderNo)))["orderNo"])
}
