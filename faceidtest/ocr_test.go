package faceidtest_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"image/jpeg"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

const (
	idCardPath   = "/api/server/getOcrResult"
	bankCardPath = "/api/server/getBankCardOcrResult"
)

// ocrNames has the parameters for each platform, in orderNo, appId, version,
// nonce, userId, sign, license order; "" where there is none.
var ocrNames = map[string][]string{
	"android": {"orderNo", "openApiAppId", "openApiAppVersion", "openApiNonce", "openApiUserId", "openApiSign", ""},
	"ios":     {"orderNo", "appId", "version", "nonce", "userId", "sign", "license"},
	"harmony": {"orderNo", "appId", "", "nonce", "userId", "sign", ""},
}

func named(names, values []string) map[string]string {
	params := map[string]string{}
	for i, name := range names {
		if name != "" {
			params[name] = values[i]
		}
	}
	return params
}

func (m *merchant) launchOCR(platform, order, ticket string) map[string]string {
	return named(ocrNames[platform], []string{order, m.appID, "1.0.0", nonce, userID, sign(m.appID, userID, "1.0.0", nonce, ticket), "invented licence"})
}

func (m *merchant) runOCR(params map[string]string, card faceidtest.Card) faceidtest.SDKResult {
	m.t.Helper()
	r, err := m.sim.RunOCR(context.Background(), params, card)
	require.NoError(m.t, err)
	return r
}

// scan scans a card on Android.
func (m *merchant) scan(order string, card faceidtest.Card) faceidtest.SDKResult {
	m.t.Helper()
	return m.runOCR(m.launchOCR("android", order, m.nonceTicket()), card)
}

func (m *merchant) ocrQuery(order string, extra ...string) map[string]string {
	return with(map[string]string{
		"app_id": m.appID, "order_no": order, "version": "1.0.0", "nonce": nonce, "sign": sign(m.appID, order, "1.0.0", nonce, m.ticket),
	}, extra...)
}

func (m *merchant) idCard(order string, extra ...string) answer {
	m.t.Helper()
	return m.get(idCardPath, m.ocrQuery(order, extra...))
}

func (m *merchant) bankCard(order string, extra ...string) answer {
	m.t.Helper()
	return m.get(bankCardPath, m.ocrQuery(order, extra...))
}

func TestOCRRunsOnEachPlatform(t *testing.T) {
	bad := map[string]faceidtest.SDKResult{
		"android": {Platform: "android", Code: "-20000", Message: "传入参数有误"},
		"ios":     {Platform: "ios", Code: "100100", Message: "传入 SDK 参数不合法"},
		"harmony": {Platform: "harmony", Code: "100100", Message: "传入 SDK 参数不合法"},
	}
	for platform := range ocrNames {
		for _, card := range []faceidtest.Card{faceidtest.CardIDCard, faceidtest.CardBankCard} {
			t.Run(platform+" "+string(card), func(t *testing.T) {
				m := ready(t)
				params := m.launchOCR(platform, orderNo, m.nonceTicket())
				for name := range params {
					if platform == "harmony" || name != "license" && name != "version" {
						require.Equal(t, bad[platform], m.runOCR(without(params, name), card), "no "+name)
					}
					require.Equal(t, bad[platform], m.runOCR(with(params, name, ""), card), "empty "+name)
					if platform != "harmony" || name == "orderNo" { // three must be left to recognise it
						require.Equal(t, bad[platform], m.runOCR(with(without(params, name), name+"X", params[name]), card), "misnamed "+name)
					}
				}
				require.Equal(t, bad[platform], m.runOCR(with(params, "faceId", "x"), card))
				require.Equal(t, bad[platform], m.runOCR(with(params, ocrNames[platform][4], nonce[:31]), card))
				require.Equal(t, "unknown", m.sim.OrderState(m.appID, orderNo))

				require.Equal(t, faceidtest.SDKResult{Platform: platform, Code: "0", Message: "识别成功"}, m.runOCR(params, card))

				require.Equal(t, "finished", m.sim.OrderState(m.appID, orderNo))
				require.NotEqual(t, "0", m.runOCR(params, card).Code, "the ticket is spent")
			})
		}
	}
}

func TestOCRLaunchIsCheckedByTheBackend(t *testing.T) {
	user30 := nonce[:30]
	for platform, n := range ocrNames {
		m := ready(t)
		m.upload("taken")
		refused := map[string]string{"android": "400101", "ios": "300101", "harmony": "300101"}[platform]
		for name, params := range map[string]map[string]string{
			"SIGN in its place":     m.launchOCR(platform, orderNo, m.ticket),
			"NONCE of another user": m.launchOCR(platform, orderNo, m.mustTicket(m.token, "NONCE", "user2")),
			"unknown app":           with(m.launchOCR(platform, orderNo, m.nonceTicket()), n[1], "TIDA9999"),
			"another nonce":         with(m.launchOCR(platform, orderNo, m.nonceTicket()), n[3], strings.ToUpper(nonce)),
			"nonce of 31":           with(m.launchOCR(platform, orderNo, m.nonceTicket()), n[3], nonce[1:]),
			"another user":          with(m.launchOCR(platform, orderNo, m.nonceTicket()), n[4], "user2"),
			"wrong sign":            with(m.launchOCR(platform, orderNo, m.nonceTicket()), n[5], strings.Repeat("0", 40)),
			"orderNo signed too":    with(m.launchOCR(platform, orderNo, ""), n[5], sign(m.appID, userID, orderNo, "1.0.0", nonce, m.nonceTicket())),
			"orderNo of 33":         m.launchOCR(platform, nonce+"1", m.nonceTicket()),
			"an order of a face":    m.launchOCR(platform, "taken", m.nonceTicket()),
		} {
			t.Run(platform+" "+name, func(t *testing.T) {
				r := m.runOCR(params, faceidtest.CardIDCard)
				require.Equal(t, []string{platform, "", refused}, []string{r.Platform, r.Domain, r.Code})
			})
		}
		if n[2] != "" {
			r := m.runOCR(with(m.launchOCR(platform, orderNo, m.nonceTicket()), n[2], "2.0.0"), faceidtest.CardIDCard)
			require.Equal(t, map[string]string{"android": "400502", "ios": "300101"}[platform], r.Code)
		}
		ticket := m.mustTicket(m.token, "NONCE", user30)
		longest := with(m.launchOCR(platform, orderNo, ""), n[4], user30, n[5], sign(m.appID, user30, "1.0.0", nonce, ticket))
		require.Equal(t, "0", m.runOCR(longest, faceidtest.CardIDCard).Code)
		require.Equal(t, refused, m.runOCR(m.launchOCR(platform, orderNo, m.nonceTicket()), faceidtest.CardIDCard).Code, "an order number works once")
		require.Equal(t, "66660000", m.post(uploadPath, m.uploadBody(orderNo)).code(), "in every product")
	}
}

func TestOCRMisuseIsAnError(t *testing.T) {
	m := ready(t)
	params := m.launchOCR("ios", orderNo, m.nonceTicket())
	_, err := m.sim.RunOCR(t.Context(), params, "passport")
	require.ErrorContains(t, err, "neither CardIDCard nor CardBankCard")
	_, err = m.sim.RunOCR(t.Context(), map[string]string{"order_no": orderNo}, faceidtest.CardIDCard)
	require.ErrorContains(t, err, "no platform")
	m.sim.ScriptIDCard(orderNo, faceidtest.IDCard{SDKCode: "100105"}) // Android's alone
	_, err = m.sim.RunOCR(t.Context(), params, faceidtest.CardIDCard)
	require.ErrorContains(t, err, "the SDK of ios has not")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = m.sim.RunOCR(ctx, params, faceidtest.CardIDCard)
	require.ErrorIs(t, err, context.Canceled)

	for name, script := range map[string]func(){
		"orderNo":      func() { m.sim.ScriptIDCard("a-b", faceidtest.IDCard{}) },
		"SDKCode":      func() { m.sim.ScriptIDCardDefault(faceidtest.IDCard{SDKCode: "66661001"}) },
		"warning":      func() { m.sim.ScriptIDCardDefault(faceidtest.IDCard{BackWarnCode: "1001010"}) },
		"two sides":    func() { m.sim.ScriptIDCardDefault(faceidtest.IDCard{FrontOnly: true, BackOnly: true}) },
		"lag":          func() { m.sim.ScriptBankCardDefault(faceidtest.BankCard{FilesLag: -1}) },
		"200100":       func() { m.sim.ScriptBankCard(orderNo, faceidtest.BankCard{SDKCode: "200100"}) }, // ID cards' alone
		"two dates":    func() { m.sim.ScriptBankCardDefault(faceidtest.BankCard{NoValidDate: true, ValidDate: "12/2030"}) },
		"no NFC code":  func() { m.sim.ScriptNFCDefault(faceidtest.NFCDocument{SDKCode: "0"}) },
		"no NFC order": func() { m.sim.ScriptNFC("", faceidtest.NFCDocument{}) },
	} {
		require.Panics(t, script, name)
	}
}

// frontFields and the others are the documents' tables.
var (
	scanFields  = []string{"bizSeqNo", "transactionTime", "orderNo", "operateTime", "success"}
	frontFields = []string{"frontCode", "name", "sex", "nation", "birth", "address", "idcard", "frontWarnCode", "frontMultiWarning", "frontClarity"}
	frontFiles  = []string{"frontPhoto", "frontCrop", "headPhoto"}
	backFields  = []string{"backCode", "validDate", "authority", "backWarnCode", "backMultiWarning", "backClarity"}
	backFiles   = []string{"backPhoto", "backCrop"}
)

func all(lists ...[]string) []string {
	var names []string
	for _, list := range lists {
		names = append(names, list...)
	}
	return sorted(names...)
}

func TestIDCardResultHasTheFieldsOfItsTable(t *testing.T) {
	native := []string{"nativePlace"}
	for name, c := range map[string]struct {
		card  faceidtest.IDCard
		extra []string
		want  []string
		sdk   string
	}{
		"as in the example":    {faceidtest.IDCard{}, []string{"get_native", "1"}, all(scanFields, frontFields, native, backFields), "0"},
		"without native place": {faceidtest.IDCard{}, nil, all(scanFields, frontFields, backFields), "0"},
		"with files":           {faceidtest.IDCard{}, []string{"get_file", "1"}, all(scanFields, frontFields, frontFiles, backFields, backFiles), "0"},
		"other values":         {faceidtest.IDCard{}, []string{"get_file", "2", "get_native", "0"}, all(scanFields, frontFields, backFields), "0"},
		"no front":             {faceidtest.IDCard{FrontCode: "66661006"}, []string{"get_file", "1", "get_native", "1"}, all(scanFields, []string{"frontCode"}, backFields, backFiles), "0"},
		"no back":              {faceidtest.IDCard{BackCode: "66661007"}, []string{"get_file", "1"}, all(scanFields, []string{"backCode"}, frontFields, frontFiles), "0"},
		"neither":              {faceidtest.IDCard{FrontCode: "66661001", BackCode: "66661005"}, []string{"get_file", "1"}, all(scanFields, []string{"frontCode", "backCode"}), "200102"},
		"front only":           {faceidtest.IDCard{FrontOnly: true}, nil, all(scanFields, frontFields), "0"},
		"back only":            {faceidtest.IDCard{BackOnly: true}, []string{"get_native", "1"}, all(scanFields, backFields), "0"},
		"refused as a whole":   {faceidtest.IDCard{Code: "66660015"}, []string{"get_file", "1"}, all(scanFields), "200102"},
	} {
		t.Run(name, func(t *testing.T) {
			m := ready(t)
			m.sim.ScriptIDCardDefault(c.card)
			require.Equal(t, c.sdk, m.scan(orderNo, faceidtest.CardIDCard).Code)

			a := m.idCard(orderNo, c.extra...)

			require.Equal(t, sorted("code", "msg", "bizSeqNo", "transactionTime", "result"), names(a.m))
			code, msg := "0", "请求成功"
			if c.card.Code != "" {
				code, msg = c.card.Code, "视频或图片异常"
			}
			require.Equal(t, []any{code, msg}, []any{a.m["code"], a.m["msg"]})
			require.Equal(t, c.want, names(a.result()))
			for side, want := range map[string]string{"frontCode": c.card.FrontCode, "backCode": c.card.BackCode} {
				if want == "" {
					want = "0"
				}
				if got, there := a.result()[side]; there {
					require.Equal(t, want, got)
				}
			}
		})
	}
}

func TestTheInventedIDCardIsWellFormed(t *testing.T) {
	m := ready(t)
	m.scan(orderNo, faceidtest.CardIDCard)

	r := m.idCard(orderNo, "get_file", "1", "get_native", "1").result()

	number, sum := r["idcard"].(string), 0
	require.Regexp(t, `^\d{17}[\dX]$`, number)
	for i, weight := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += weight * int(number[i]-'0')
	}
	require.Equal(t, "10X98765432"[sum%11], number[17])
	require.Equal(t, number[6:14], r["birth"])
	require.Equal(t, map[bool]string{true: "男", false: "女"}[(number[16]-'0')%2 == 1], r["sex"])
	require.Regexp(t, `^\d{8}-\d{8}$`, r["validDate"])
	require.Regexp(t, `^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$`, r["operateTime"])
	for _, name := range []string{"frontWarnCode", "backWarnCode", "frontMultiWarning", "backMultiWarning"} {
		require.Equal(t, "00000000", r[name])
	}
	for _, name := range all(frontFiles, backFiles) {
		photo, err := base64.StdEncoding.DecodeString(r[name].(string))
		require.NoError(t, err)
		_, err = jpeg.Decode(bytes.NewReader(photo))
		require.NoError(t, err, name)
	}
}

func TestACardIsAsScripted(t *testing.T) {
	m := ready(t)
	photo := []byte("front")
	m.sim.ScriptIDCard(orderNo, faceidtest.IDCard{Name: "李四", Sex: "男", Nation: "回", Birth: "20000101", Address: "somewhere", Number: "1", NativePlace: "p",
		ValidDate: "20190128-长期", Authority: "a", FrontWarnCode: "10010100", BackWarnCode: "00000001", FrontMultiWarning: "10010100", BackMultiWarning: "01000000",
		FrontClarity: "1", BackClarity: "2", FrontPhoto: photo, NoCrops: true})
	photo[0] = 'X' // the script has its own copy
	m.scan(orderNo, faceidtest.CardIDCard)
	r := m.idCard(orderNo, "get_file", "1", "get_native", "1").result()
	for name, want := range map[string]string{"name": "李四", "sex": "男", "nation": "回", "birth": "20000101", "address": "somewhere", "idcard": "1", "nativePlace": "p",
		"validDate": "20190128-长期", "authority": "a", "frontWarnCode": "10010100", "backWarnCode": "00000001", "frontMultiWarning": "10010100",
		"backMultiWarning": "01000000", "frontClarity": "1", "backClarity": "2", "frontPhoto": "ZnJvbnQ=", "frontCrop": "", "backCrop": ""} {
		require.Equal(t, want, r[name], name)
	}
	require.NotEmpty(t, r["backPhoto"])

	m.sim.ScriptBankCard("order2", faceidtest.BankCard{Number: "1", ValidDate: "01/2026", WarnCode: "-9110", MultiWarnCode: "[-9110, -9111]", Clarity: "3", CropPhoto: []byte("c")})
	m.scan("order2", faceidtest.CardBankCard)
	r = m.bankCard("order2", "get_file", "1").result()
	for name, want := range map[string]string{"bankCardNo": "1", "bankCardValidDate": "01/2026", "warnCode": "-9110", "multiWarnCode": "[-9110, -9111]", "clarity": "3", "bankcardCropPhoto": "Yw=="} {
		require.Equal(t, want, r[name], name)
	}
	m.sim.ScriptBankCardDefault(faceidtest.BankCard{NoValidDate: true})
	m.scan("order3", faceidtest.CardBankCard)
	require.Equal(t, "", m.bankCard("order3").result()["bankCardValidDate"])

	// What a scan saw does not change any more.
	m.sim.ScriptBankCardDefault(faceidtest.BankCard{Code: "-9011"})
	require.Equal(t, "0", m.bankCard("order3").code())
}

func TestBankCardResultHasTheFieldsOfItsTable(t *testing.T) {
	files := []string{"bankcardCropPhoto", "bankcardNoPhoto", "originBankcardPhoto"}
	fields := []string{"bankCardNo", "bankCardValidDate", "warnCode", "multiWarnCode", "clarity"}
	for name, c := range map[string]struct {
		card      faceidtest.BankCard
		extra     []string
		code, msg string
		want      []string
		sdk       string
	}{
		"as in the example": {faceidtest.BankCard{}, nil, "0", "请求成功", all(scanFields, fields), "0"},
		"with files":        {faceidtest.BankCard{}, []string{"get_file", "1"}, "0", "请求成功", all(scanFields, fields, files), "0"},
		"another value":     {faceidtest.BankCard{}, []string{"get_file", "0"}, "0", "请求成功", all(scanFields, fields), "0"},
		"blurred":           {faceidtest.BankCard{Code: "-9012"}, []string{"get_file", "1"}, "-9012", "银行卡图片模糊", all(scanFields), "200102"},
	} {
		t.Run(name, func(t *testing.T) {
			m := ready(t)
			m.sim.ScriptBankCardDefault(c.card)
			require.Equal(t, c.sdk, m.scan(orderNo, faceidtest.CardBankCard).Code)

			a := m.bankCard(orderNo, c.extra...)

			require.Equal(t, []any{c.code, c.msg}, []any{a.m["code"], a.m["msg"]})
			require.Equal(t, c.want, names(a.result()))
			if c.code != "0" {
				return
			}
			r := a.result()
			require.Equal(t, []any{"0", "0"}, []any{r["warnCode"], r["multiWarnCode"]})
			require.Regexp(t, `^(0[1-9]|1[0-2])/\d{4}$`, r["bankCardValidDate"])
			number, sum := r["bankCardNo"].(string), 0
			require.Regexp(t, `^\d{16,19}$`, number)
			for i := range number {
				digit := int(number[len(number)-1-i] - '0')
				if i%2 == 1 {
					digit *= 2
				}
				sum += digit/10 + digit%10
			}
			require.Zero(t, sum%10, "Luhn's check")
		})
	}
}

func TestOCRQueriesCheckEachParameter(t *testing.T) {
	for path, card := range map[string]faceidtest.Card{idCardPath: faceidtest.CardIDCard, bankCardPath: faceidtest.CardBankCard} {
		m := ready(t)
		m.scan(orderNo, card)
		good := m.ocrQuery(orderNo)
		values := []string{m.appID, orderNo, "1.0.0", nonce}
		type row struct {
			q    map[string]string
			code string
		}
		native, unknown, tooLong := "0", "66660020", "请求参数异常"
		if card == faceidtest.CardBankCard {
			native, unknown, tooLong = "66660000", "66660000", "参数过长"
		}
		rows := map[string]row{
			"as documented":         {good, "0"},
			"get_file":              {with(good, "get_file", "1"), "0"},
			"get_native":            {with(good, "get_native", "1"), native},
			"get_file of two":       {with(good, "get_file", "11"), "66660000"},
			"empty get_file":        {with(good, "get_file", ""), "66660000"},
			"appId":                 {with(without(good, "app_id"), "appId", m.appID), "66660000"},
			"appId too":             {with(good, "appId", m.appID), "66660000"},
			"orderNo":               {with(without(good, "order_no"), "orderNo", orderNo), "66660000"},
			"a copy of the orderNo": {with(good, "orderNo", orderNo), "66660000"},
			"getFile":               {with(good, "getFile", "1"), "66660000"},
			"an unknown name":       {with(good, "x", "1"), "66660000"},
			"order_no of 33":        {with(good, "order_no", nonce+"1"), "66660000"},
			"nonce of 31":           {with(good, "nonce", nonce[1:]), "66660000"},
			"other version":         {with(good, "version", "2.0.0"), "400106"},
			"another order":         {with(good, "order_no", "order2"), "400101"},
			"unknown app":           {with(good, "app_id", "TIDA9999"), "400101"},
			"unknown order":         {m.ocrQuery("order2"), unknown},
			"order_no of 32":        {m.ocrQuery(nonce), unknown},
			"userId for order_no":   {with(good, "sign", sign(m.appID, userID, "1.0.0", nonce, m.ticket)), "400101"},
			"the NONCE ticket":      {with(good, "sign", sign(append(values[:4:4], m.nonceTicket())...)), "400101"},
			"sign in lower case":    {with(good, "sign", strings.ToLower(good["sign"])), "0"},
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
			t.Run(string(card)+" "+name, func(t *testing.T) { require.Equal(t, row.code, m.get(path, row.q).code()) })
		}
		for name := range good {
			t.Run(string(card)+" "+name+" twice", func(t *testing.T) {
				q := url.Values{name: {good[name]}}
				for other, value := range good {
					q.Add(other, value)
				}
				req, err := http.NewRequest(http.MethodGet, m.base+path+"?"+q.Encode(), nil)
				require.NoError(t, err)
				require.Equal(t, "66660000", m.do(req).code())
			})
		}
		require.Equal(t, tooLong, m.get(path, with(good, "order_no", nonce+"1")).m["msg"])
		require.Equal(t, 405, m.postRaw(path, "", "application/json", "{}").status)
		all := m.sim.Requests()
		require.Equal(t, "order_no is ill-formed", all[len(all)-2].Why)
	}
}

func TestEachOCRQueryKnowsItsOwnCards(t *testing.T) {
	m := ready(t)
	m.scan("order1", faceidtest.CardIDCard)
	m.scan("order2", faceidtest.CardBankCard)
	m.verify("order3")
	require.Equal(t, "66660020", m.idCard("order2").code())
	require.Equal(t, "OCR 结果查询不到", m.idCard("order2").m["msg"])
	require.Equal(t, "66660000", m.bankCard("order1").code())
	require.Equal(t, "66660020", m.idCard("order3").code())
	require.Equal(t, "66660011", m.record("order1").code())

	for code, msg := range map[string]string{"200101": "用户取消操作", "200102": "识别超时", "100103": "无相机权限"} {
		m.sim.ScriptIDCard("id"+code, faceidtest.IDCard{SDKCode: code})
		m.sim.ScriptBankCard("bank"+code, faceidtest.BankCard{SDKCode: code})
		require.Equal(t, faceidtest.SDKResult{Platform: "android", Code: code, Message: msg}, m.scan("id"+code, faceidtest.CardIDCard))
		require.Equal(t, faceidtest.SDKResult{Platform: "android", Code: code, Message: msg}, m.scan("bank"+code, faceidtest.CardBankCard))
		require.Equal(t, "66660020", m.idCard("id"+code).code())
		require.Equal(t, "66660000", m.bankCard("bank"+code).code())
	}
}

func TestPhotosOfCardsMayLag(t *testing.T) {
	m := ready(t)
	m.sim.ScriptIDCardDefault(faceidtest.IDCard{FilesLag: time.Second})
	m.sim.ScriptBankCardDefault(faceidtest.BankCard{FilesLag: time.Second})
	m.scan("order1", faceidtest.CardIDCard)
	m.scan("order2", faceidtest.CardBankCard)
	require.NotContains(t, m.idCard("order1", "get_file", "1").result(), "frontPhoto")
	require.NotContains(t, m.bankCard("order2", "get_file", "1").result(), "bankcardNoPhoto")
	m.sim.Advance(time.Second)
	require.Contains(t, m.idCard("order1", "get_file", "1").result(), "frontPhoto")
	require.Contains(t, m.bankCard("order2", "get_file", "1").result(), "bankcardNoPhoto")
}

func TestOtherLanguagesScanCards(t *testing.T) {
	m := overPort(newMerchant(t))
	m.login()
	const jsonType = "application/json"
	scan := func(order, card string) answer {
		b, err := json.Marshal(body{"params": m.launchOCR("harmony", order, m.nonceTicket()), "card": card})
		require.NoError(t, err)
		return m.postRaw("/sim/ocr", "", jsonType, string(b))
	}
	require.Equal(t, 200, m.postRaw("/sim/card", "", jsonType, `{"orderNo":"order1","idCard":{"name":"李四","backCode":"66661007","frontPhoto":"Zg=="}}`).status)
	require.Equal(t, 200, m.postRaw("/sim/card", "", jsonType, `{"bankCard":{"code":"-9013"}}`).status)
	require.Equal(t, map[string]any{"platform": "harmony", "code": "0", "message": "识别成功"}, scan("order1", "id-card").m)
	require.Equal(t, "200102", scan("order2", "bank-card").code())
	r := m.idCard("order1", "get_file", "1").result()
	require.Equal(t, []any{"李四", "66661007", "Zg=="}, []any{r["name"], r["backCode"], r["frontPhoto"]})
	require.Equal(t, "-9013", m.bankCard("order2").code())

	for name, text := range map[string]string{
		"neither":     `{"orderNo":"order1"}`,
		"two":         `{"idCard":{},"bankCard":{}}`,
		"bad orderNo": `{"orderNo":"a b","idCard":{}}`,
		"bad warning": `{"idCard":{"frontWarnCode":"1"}}`,
		"bad SDKCode": `{"nfc":{"sdkCode":"1"}}`,
		"not JSON":    `{`,
	} {
		a := m.postRaw("/sim/card", "", jsonType, text)
		require.Equal(t, 400, a.status, name)
		require.NotEmpty(t, a.m["error"], name)
	}
	require.Equal(t, 400, scan("order3", "passport").status)
}
