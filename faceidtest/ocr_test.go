package faceidtest_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestRunOCRScansOnEachPlatform(t *testing.T) {
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
					if platform != "harmony" || name == "orderNo" { // the platform is known by at least three names
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

func TestRunOCREndsAsThePlatformRefuses(t *testing.T) {
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
		require.Equal(t, "66660000", m.post(uploadPath, m.uploadBody(orderNo)).code(), "an order number works once, in whichever product")
	}
}

func TestRunOCRReportsMisuseAsAnError(t *testing.T) {
	m := ready(t)
	params := m.launchOCR("ios", orderNo, m.nonceTicket())
	_, err := m.sim.RunOCR(t.Context(), params, "passport")
	require.ErrorContains(t, err, "neither CardIDCard nor CardBankCard")
	_, err = m.sim.RunOCR(t.Context(), map[string]string{"order_no": orderNo}, faceidtest.CardIDCard)
	require.ErrorContains(t, err, "no platform")
	m.sim.ScriptIDCard(orderNo, faceidtest.IDCard{SDKCode: "100105"}) // only Android has this code
	_, err = m.sim.RunOCR(t.Context(), params, faceidtest.CardIDCard)
	require.ErrorContains(t, err, "the SDK of ios does not have")
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
		"200100":       func() { m.sim.ScriptBankCard(orderNo, faceidtest.BankCard{SDKCode: "200100"}) }, // only ID cards have this code
		"two dates":    func() { m.sim.ScriptBankCardDefault(faceidtest.BankCard{NoValidDate: true, ValidDate: "12/2030"}) },
		"no NFC code":  func() { m.sim.ScriptNFCDefault(faceidtest.NFCDocument{SDKCode: "0"}) },
		"no NFC order": func() { m.sim.ScriptNFC("", faceidtest.NFCDocument{}) },
	} {
		require.Panics(t, script, name)
	}
}

// These are the fields of the documents' tables.
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

// ocrRow is a query for the result of a scan, and the code of its answer.
type ocrRow struct {
	q    map[string]string
	code string
}

// ocrRows are good and bad queries for the card of an order that was scanned.
func ocrRows(m *merchant, card faceidtest.Card) map[string]ocrRow {
	good := m.ocrQuery(orderNo)
	values := []string{m.appID, orderNo, "1.0.0", nonce}
	native, unknown := "0", "66660020"
	if card == faceidtest.CardBankCard {
		native, unknown = "66660000", "66660000"
	}
	rows := map[string]ocrRow{
		"as documented":         {good, "0"},
		"get_file":              {with(good, "get_file", "1"), "0"},
		"get_native":            {with(good, "get_native", "1"), native},
		"get_file of two":       {with(good, "get_file", "11"), "66660000"},
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
		rows["no "+name] = ocrRow{without(good, name), "66660000"}
		rows["empty "+name] = ocrRow{with(good, name, ""), "66660000"}
	}
	for i, value := range values {
		changed := append([]string(nil), values...)
		changed[i] = "other"
		rows["another "+value+" signed"] = ocrRow{with(good, "sign", sign(append(changed, m.ticket)...)), "400101"}
	}
	return rows
}

func TestOCRQueriesRefuseEachBadParameter(t *testing.T) {
	for path, card := range map[string]faceidtest.Card{idCardPath: faceidtest.CardIDCard, bankCardPath: faceidtest.CardBankCard} {
		m := ready(t)
		m.scan(orderNo, card)
		good := m.ocrQuery(orderNo)
		for name, row := range ocrRows(m, card) {
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
		tooLong := map[string]string{idCardPath: "请求参数异常", bankCardPath: "参数过长"}[path]
		require.Equal(t, tooLong, m.get(path, with(good, "order_no", nonce+"1")).m["msg"])
		require.Equal(t, 405, m.postRaw(path, "", "application/json", "{}").status)
		all := m.sim.Requests()
		require.Equal(t, "order_no is ill-formed", all[len(all)-2].Why)
	}
}

func TestOCRQueriesKnowTheirOwnCards(t *testing.T) {
	m := ready(t)
	m.scan("order1", faceidtest.CardIDCard)
	m.scan("order2", faceidtest.CardBankCard)
	m.complete("order3")
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
