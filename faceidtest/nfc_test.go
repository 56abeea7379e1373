package faceidtest_test

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

const (
	certPath = "/api/server/getOcrCertId"
	nfcPath  = "/api/v2/nfcpaas/getIdcardNfcResult"
)

// nfcNames has the parameters for each platform, in orderNo, appId, version,
// nonce, userId, sign, ocrCertId order.
var nfcNames = map[string][]string{
	"android": {"orderNo", "openApiAppId", "openApiAppVersion", "openApiNonce", "openApiUserId", "openApiSign", "openApiOcrCertId"},
	"ios":     {"orderNo", "appId", "version", "nonce", "userId", "sign", "ocrCertId"},
}

// permit is what an App adds for a home-return permit.
var permit = map[string]map[string]string{
	"android": {"NFC_TYPE": "3", "travel_card_no": "H00000000", "travel_card_birth": "900101", "travel_card_validate": "390101"},
	"ios":     {"passportNumber": "H00000000", "dateOfBirth": "900101", "expiryDate": "390101"},
}

func (m *merchant) certBody(order, kind string) map[string]string {
	return map[string]string{"appId": m.appID, "orderNo": order, "userId": userID, "version": "1.0.0", "nonce": nonce, "nfcType": kind,
		"sign": sign(m.appID, order, "1.0.0", nonce, m.ticket)}
}

func (m *merchant) cert(order, kind string) string {
	m.t.Helper()
	a := m.post(certPath, m.certBody(order, kind))
	require.Equal(m.t, "0", a.code(), a.body)
	return a.result()["ocrCertId"].(string)
}

func (m *merchant) launchNFC(platform, order, certID, ticket string) map[string]string {
	return named(nfcNames[platform], []string{order, m.appID, "1.0.0", nonce, userID, sign(m.appID, userID, "1.0.0", nonce, ticket), certID})
}

func (m *merchant) runNFC(params, extras map[string]string) faceidtest.NFCResult {
	m.t.Helper()
	r, err := m.sim.RunNFC(context.Background(), params, extras)
	require.NoError(m.t, err)
	return r
}

// read reads an identity card on Android and returns its reqId.
func (m *merchant) read(order string) string {
	m.t.Helper()
	r := m.runNFC(m.launchNFC("android", order, m.cert(order, "1"), m.nonceTicket()), nil)
	require.Equal(m.t, "0", r.Code)
	return r.ReqID
}

func (m *merchant) nfcBody(order, reqID string, extra ...string) map[string]string {
	return with(m.queryBody(order), append([]string{"reqId", reqID}, extra...)...)
}

func (m *merchant) nfc(order, reqID string, extra ...string) answer {
	m.t.Helper()
	return m.post(nfcPath, m.nfcBody(order, reqID, extra...))
}

func (m *merchant) decrypted(a answer) map[string]any {
	m.t.Helper()
	text, ok := a.result()["nfcEnResult"].(string)
	require.True(m.t, ok, a.body)
	sealed, err := base64.StdEncoding.DecodeString(text)
	require.NoError(m.t, err)
	key, err := hex.DecodeString(m.sim.NFCKey())
	require.NoError(m.t, err)
	var fields map[string]any
	require.NoError(m.t, json.Unmarshal(openSM4(m.t, key, sealed), &fields))
	return fields
}

func TestOCRCertIDAnswersAsItsExample(t *testing.T) {
	m := ready(t)

	a := m.post(certPath, m.certBody(orderNo, "1"))

	require.Equal(t, sorted("code", "msg", "result"), names(a.m))
	require.Equal(t, []any{float64(0), "成功"}, []any{a.m["code"], a.m["msg"]})
	require.Equal(t, sorted("bizSeqNo", "orderNo", "ocrCertId"), names(a.result()))
	require.Regexp(t, `^[0-9a-f]{32}$`, a.result()["ocrCertId"])
	require.Equal(t, "uploaded", m.sim.OrderState(m.appID, orderNo))
	require.Equal(t, "66660000", codeOf(m.post(certPath, m.certBody(orderNo, "1"))), "an order number works once")
	require.Equal(t, "66660000", m.post(uploadPath, m.uploadBody(orderNo)).code(), "in every product")
}

func TestOCRCertIDChecksEachParameter(t *testing.T) {
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

// twice gives one member of a body twice.
func (m *merchant) twice(path string, good map[string]string, name string) {
	m.t.Helper()
	b, err := json.Marshal(good)
	require.NoError(m.t, err)
	text := strings.TrimSuffix(string(b), "}") + `,"` + name + `":"` + good[name] + `"}`
	require.Equal(m.t, "66660000", codeOf(m.postRaw(path, "?orderNo="+good["orderNo"], "application/json", text)))
}

func TestNFCReadsOnBothPlatforms(t *testing.T) {
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

func TestNFCExtrasBelongToThePermit(t *testing.T) {
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
			if name == "NFC_TYPE" { // then the others belong to nothing
				require.Equal(t, want, launch("3", without(extras, name)))
				require.Equal(t, want, launch("3", with(extras, name, "2")))
				require.Equal(t, want, launch("3", with(extras, name, "1")))
				continue
			}
			require.Equal(t, want, launch("3", without(extras, name)), name)
			require.Equal(t, want, launch("3", with(extras, name, "")), name)
		}
		require.Equal(t, "600102", launch("3", with(extras, "x", "y")))
		// The SDK looks for one kind and finds the other.
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

func TestNFCLaunchIsCheckedByTheBackend(t *testing.T) {
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

func TestNFCMisuseIsAnError(t *testing.T) {
	m := ready(t)
	_, err := m.sim.RunNFC(t.Context(), map[string]string{"ocrCertId": "x"}, nil)
	require.ErrorContains(t, err, "no platform")
	certID := m.cert(orderNo, "1")
	for platform, code := range map[string]string{"ios": "600106", "android": "66664026"} {
		m.sim.ScriptNFC(orderNo, faceidtest.NFCDocument{SDKCode: code})
		_, err = m.sim.RunNFC(t.Context(), m.launchNFC(platform, orderNo, certID, m.nonceTicket()), nil)
		require.ErrorContains(t, err, "the SDK of "+platform+" has not")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = m.sim.RunNFC(ctx, nil, nil)
	require.ErrorIs(t, err, context.Canceled)
	require.Panics(t, func() { faceidtest.WithNFCKey("TIDA0001", "00") })
	require.Panics(t, func() { faceidtest.WithNFCKey("TIDA0001", strings.Repeat("x", 32)) })
	require.PanicsWithValue(t, `faceidtest: WithNFCKey: no app "TIDA0002"`, func() { faceidtest.NewServer(faceidtest.WithNFCKey("TIDA0002", strings.Repeat("0", 32))) })
}

func TestAnOCRCertIDLivesFiveMinutes(t *testing.T) {
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

func TestAReqIDLivesFiveMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := ready(t)
		reqID := m.read(orderNo)
		time.Sleep(5*time.Minute - 1)
		require.Equal(t, "0", m.nfc(orderNo, reqID).code())
		time.Sleep(1)
		a := m.nfc(orderNo, reqID)
		require.Equal(t, []any{"66664005", "reqId 已失效或不存在"}, []any{a.m["code"], a.m["msg"]})
		require.NotContains(t, a.m, "result")
	})
}

func TestAReqIDAnswersTenQueries(t *testing.T) {
	m := ready(t)
	reqID, other := m.read(orderNo), m.read("order2")
	require.Equal(t, "400101", m.post(nfcPath, with(m.nfcBody(orderNo, reqID), "sign", "x")).code(), "is not counted")
	require.Equal(t, "66664004", m.nfc(orderNo, other).code(), "nor is that")
	m.sim.FailNext(nfcPath, faceidtest.FaultCode("66664007", ""))
	require.Equal(t, "网络不给力,请稍后重试", m.nfc(orderNo, reqID).m["msg"])
	for range 10 {
		require.Equal(t, "0", m.nfc(orderNo, reqID).code())
	}
	for range 2 {
		a := m.nfc(orderNo, reqID)
		require.Equal(t, []any{"66664003", "请求频率过高，请稍后重试"}, []any{a.m["code"], a.m["msg"]})
	}
	require.Equal(t, "0", m.nfc("order2", other).code(), "each has ten of its own")
	m.sim.Advance(5 * time.Minute)
	require.Equal(t, "66664005", m.nfc(orderNo, reqID).code())
}

func TestNFCResultChecksEachParameter(t *testing.T) {
	m := ready(t)
	good := m.nfcBody(orderNo, m.read(orderNo))
	values := []string{m.appID, orderNo, "1.0.0", nonce}
	type row struct {
		body map[string]string
		code string
	}
	rows := map[string]row{
		"as documented":      {good, "0"},
		"getPhoto":           {with(good, "getPhoto", "1"), "0"},
		"getPhoto 2":         {with(good, "getPhoto", "2"), "0"},
		"getPhoto of two":    {with(good, "getPhoto", "11"), "66660000"},
		"empty getPhoto":     {with(good, "getPhoto", ""), "66660000"},
		"get_file":           {with(good, "get_file", "1"), "66660000"},
		"reqId of 41":        {with(good, "reqId", nonce+"123456789"), "66660000"},
		"reqId of 40":        {with(good, "reqId", nonce+"12345678"), "66664004"},
		"nonce of 31":        {with(good, "nonce", nonce[1:]), "66660000"},
		"other version":      {with(good, "version", "1"), "400106"},
		"another order":      {with(good, "orderNo", "order2"), "400101"},
		"unknown order":      {m.nfcBody("order2", good["reqId"]), "66664004"},
		"reqId signed too":   {with(good, "sign", sign(append(values[:4:4], good["reqId"], m.ticket)...)), "400101"},
		"userId for orderNo": {with(good, "sign", sign(m.appID, userID, "1.0.0", nonce, m.ticket)), "400101"},
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
		t.Run(name, func(t *testing.T) { require.Equal(t, row.code, m.post(nfcPath, row.body).code()) })
	}
	for name := range good {
		t.Run(name+" twice", func(t *testing.T) { m.twice(nfcPath, good, name) })
	}
	require.Equal(t, "66660000", m.postRaw(nfcPath, "", "application/json", "{}").code())
	m.cert("order3", "1")
	require.Equal(t, "66664004", m.nfc("order3", good["reqId"]).code(), "nothing was read")
	m.verify("order4")
	require.Equal(t, "66664004", m.nfc("order4", good["reqId"]).code(), "an order of a face")
	require.Equal(t, "66660011", m.record(orderNo).code())
}

func TestNFCResultIsEncryptedWithTheFieldsOfItsKind(t *testing.T) {
	for kind, c := range map[string]struct{ fields, photos []string }{
		"1": {[]string{"orderNo", "reqId", "name", "sex", "nation", "birth", "address", "idcard", "validDateBegin", "validDateEnd", "signingOrganization"},
			[]string{"frontPhoto", "backPhoto", "portraitPhoto"}},
		"3": {[]string{"orderNo", "reqId", "name", "enName", "sex", "birth", "idcard", "validDateEnd"}, []string{"portraitPhoto"}},
	} {
		t.Run(kind, func(t *testing.T) {
			m := ready(t, faceidtest.WithNFCKey("TIDA0001", "0123456789abcdefFEDCBA9876543210"))
			require.Equal(t, "0123456789abcdefFEDCBA9876543210", m.sim.NFCKey())
			extras := map[string]string(nil)
			if kind == "3" {
				extras = permit["ios"]
			}
			reqID := m.runNFC(m.launchNFC("ios", orderNo, m.cert(orderNo, kind), m.nonceTicket()), extras).ReqID

			a := m.nfc(orderNo, reqID)

			require.Equal(t, sorted("code", "msg", "bizSeqNo", "transactionTime", "result"), names(a.m))
			require.Equal(t, []any{"0", "请求成功"}, []any{a.m["code"], a.m["msg"]})
			require.Equal(t, sorted("bizSeqNo", "nfcEnResult"), names(a.result()))
			r := m.decrypted(a)
			require.Equal(t, sorted(c.fields...), names(r))
			require.Equal(t, []any{orderNo, reqID}, []any{r["orderNo"], r["reqId"]})
			for name, value := range r {
				require.NotEmpty(t, value, name)
			}
			require.Equal(t, all(c.fields, c.photos), names(m.decrypted(m.nfc(orderNo, reqID, "getPhoto", "1"))))
			require.Equal(t, sorted(c.fields...), names(m.decrypted(m.nfc(orderNo, reqID, "getPhoto", "0"))))
		})
	}
}

func TestADocumentIsAsScripted(t *testing.T) {
	m := ready(t)
	photo := []byte("front")
	m.sim.ScriptNFC("order1", faceidtest.NFCDocument{Name: "李四", Sex: "男", Nation: "回", Birth: "20000101", Address: "a", Number: "1", ValidFrom: "2", ValidTo: "长期", Authority: "b", FrontPhoto: photo, BackPhoto: []byte{}})
	photo[0] = 'X' // the script has its own copy
	r := m.decrypted(m.nfc("order1", m.read("order1"), "getPhoto", "1"))
	for name, want := range map[string]string{"name": "李四", "sex": "男", "nation": "回", "birth": "20000101", "address": "a", "idcard": "1",
		"validDateBegin": "2", "validDateEnd": "长期", "signingOrganization": "b", "frontPhoto": "ZnJvbnQ="} {
		require.Equal(t, want, r[name], name)
	}
	require.NotContains(t, r, "backPhoto")

	for _, code := range []string{"66664006", "66664007"} {
		m.sim.ScriptNFCDefault(faceidtest.NFCDocument{Code: code})
		a := m.nfc(code, m.read(code))
		require.Equal(t, []any{code, "网络不给力,请稍后重试"}, []any{a.m["code"], a.m["msg"]})
	}
}

func TestNFCDialects(t *testing.T) {
	m := ready(t, faceidtest.WithDialect(faceidtest.Dialect{NFCInnerCode: true, LineBreaks: true}))
	a := m.nfc(orderNo, m.read(orderNo))
	require.Equal(t, sorted("code", "msg", "transactionTime", "bizSeqNo", "nfcEnResult"), names(a.result()))
	require.Equal(t, "0", a.result()["code"])
	require.Contains(t, a.result()["nfcEnResult"], "\r\n")
}

func TestTheKeyIsTold(t *testing.T) {
	m := ready(t)
	require.Regexp(t, `^[0-9A-Fa-f]{32}$`, m.sim.NFCKey())
	m.sim.AddApp("TIDA0002", "other") // with the same key
	m.appID, m.secret = "TIDA0002", "other"
	m.login()
	require.Equal(t, orderNo, m.decrypted(m.nfc(orderNo, m.read(orderNo)))["orderNo"])
}

func TestOtherLanguagesReadDocuments(t *testing.T) {
	m := overPort(newMerchant(t))
	m.login()
	require.Equal(t, 200, m.postRaw("/sim/card", "", "application/json", `{"orderNo":"order1","nfc":{"name":"李四"}}`).status)
	certID := m.cert(orderNo, "3")
	b, err := json.Marshal(body{"params": m.launchNFC("ios", orderNo, certID, m.nonceTicket()), "extras": permit["ios"]})
	require.NoError(t, err)

	a := m.postRaw("/sim/nfc", "", "application/json", string(b))

	reqID, _ := a.m["reqId"].(string)
	require.Equal(t, map[string]any{"platform": "ios", "code": "0", "message": "识别成功", "orderNo": orderNo, "ocrCertId": certID, "reqId": reqID}, a.m)
	require.Equal(t, "李四", m.decrypted(m.nfc(orderNo, reqID))["name"])
	require.Equal(t, 400, m.postRaw("/sim/nfc", "", "application/json", `{}`).status)
}

func TestNothingReadIsTold(t *testing.T) {
	m := ready(t, faceidtest.WithNFCKey("TIDA0001", strings.Repeat("c", 32)))
	m.sim.ScriptNFCDefault(faceidtest.NFCDocument{Name: "canary"})
	m.sim.ScriptIDCardDefault(faceidtest.IDCard{Name: "canary"})
	reqID := m.read("order1")
	m.nfc("order1", reqID)
	m.scan("order2", faceidtest.CardIDCard)
	m.idCard("order2")
	m.verifyWill("order3", "willContentList", rounds("canary", "canary"))
	m.willResult("order3", "1", "1")
	told, err := json.Marshal(m.sim.Requests())
	require.NoError(t, err)
	text := string(told) + m.sim.String() + m.get("/sim/status", nil).body
	for _, secret := range []string{"canary", reqID, strings.Repeat("c", 32)} {
		require.NotContains(t, text, secret)
	}
	var orders []string
	for _, r := range m.sim.Requests() {
		orders = append(orders, r.OrderNo)
	}
	require.Subset(t, orders, []string{"order1", "order2", "order3"})
}

// The simulator encrypts with a library. This decryption is written from the
// standard, so that a mistake in its use would be seen.

func TestSM4IsTheStandards(t *testing.T) {
	key, _ := hex.DecodeString("0123456789abcdeffedcba9876543210")
	sealed, _ := hex.DecodeString("681edf34d206965e86b3e94f536e4246")
	require.Equal(t, key, sm4Block(key, sealed)) // key and text are the same in the standard's example

	key, _ = hex.DecodeString("7F26724F72D48EBA5AD3848B30B81122")
	sealed, err := base64.StdEncoding.DecodeString("EL56u9bUuVLC/iUQXRiwpdhnd05/EXpb5AjZ52GEantDMZvwIpsO73uyLq1jMlLVjnyP7MfJDZJG/r0B0NNYAzt91/+ABw28rhh6jE47LjyraBlvaWZeV+kUm7j5xCLl")
	require.NoError(t, err)
	require.Equal(t, "168, FM973 全角半角测试，你好，大家好，你好，美丽人生E f g k ymk", string(openSM4(t, key, sealed)))
}

// openSM4 decrypts ECB blocks and takes the padding off.
func openSM4(t *testing.T, key, sealed []byte) []byte {
	t.Helper()
	require.NotEmpty(t, sealed)
	require.Zero(t, len(sealed)%16)
	var text []byte
	for i := 0; i < len(sealed); i += 16 {
		text = append(text, sm4Block(key, sealed[i:i+16])...)
	}
	n := int(text[len(text)-1])
	require.True(t, n >= 1 && n <= 16, "padding")
	for _, b := range text[len(text)-n:] {
		require.EqualValues(t, n, b, "padding")
	}
	return text[:len(text)-n]
}

// sm4Block decrypts one block: the 32 round keys in reverse order.
func sm4Block(key, block []byte) []byte {
	rotated := func(x uint32, n int) uint32 { return x<<n | x>>(32-n) }
	substituted := func(x uint32) (y uint32) {
		for i := 24; i >= 0; i -= 8 {
			y = y<<8 | uint32(sm4Box[x>>i&0xff])
		}
		return y
	}
	var k [36]uint32
	for i, fk := range []uint32{0xa3b1bac6, 0x56aa3350, 0x677d9197, 0xb27022dc} {
		k[i] = binary.BigEndian.Uint32(key[4*i:]) ^ fk
	}
	for i := range 32 {
		var ck uint32
		for j := range 4 {
			ck = ck<<8 | uint32((4*i+j)*7%256)
		}
		b := substituted(k[i+1] ^ k[i+2] ^ k[i+3] ^ ck)
		k[i+4] = k[i] ^ b ^ rotated(b, 13) ^ rotated(b, 23)
	}
	var x [36]uint32
	for i := range 4 {
		x[i] = binary.BigEndian.Uint32(block[4*i:])
	}
	for i := range 32 {
		b := substituted(x[i+1] ^ x[i+2] ^ x[i+3] ^ k[35-i])
		x[i+4] = x[i] ^ b ^ rotated(b, 2) ^ rotated(b, 10) ^ rotated(b, 18) ^ rotated(b, 24)
	}
	var out []byte
	for i := 35; i > 31; i-- {
		out = binary.BigEndian.AppendUint32(out, x[i])
	}
	return out
}

var sm4Box = func() []byte {
	box, err := hex.DecodeString("d690e9fecce13db716b614c228fb2c05" + "2b679a762abe04c3aa44132649860699" +
		"9c4250f491ef987a33540b43edcfac62" + "e4b31ca9c908e89580df94fa758f3fa6" + "4707a7fcf37317ba83593c19e6854fa8" +
		"686b81b27164da8bf8eb0f4b70569d35" + "1e240e5e6358d1a225227c3b01217887" + "d40046579fd327524c3602e7a0c4c89e" +
		"eabf8ad240c738b5a3f7f2cef96115a1" + "e0ae5da49b341a55ad933230f58cb1e3" + "1df6e22e8266ca60c02923ab0d534e6f" +
		"d5db3745defd8e2f03ff6a726d6c5b51" + "8d1baf92bbddbc7f11d95c411f105ad8" + "0ac13188a5cd7bbd2d74d012b8e5b4b0" +
		"8969974a0c96777e65b9f109c56ec684" + "18f07dec3adc4d2079ee5f3ed7cb3948")
	if err != nil {
		panic(err)
	}
	return box
}()
