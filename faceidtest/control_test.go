package faceidtest_test

import (
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestControlServesOtherLanguages(t *testing.T) {
	m := overPort(newMerchant(t))
	m.login()
	const jsonType = "application/json"

	a := m.postRaw("/sim/order", "", jsonType, `{"orderNo":"order1","ending":"not-same-person"}`)
	require.Equal(t, 200, a.status, a.body)
	login := m.freshLogin(orderNo, m.upload(orderNo))
	back := m.finish(readPage(t, m, login), "scripted")
	require.Equal(t, "66660004", back.Query().Get("code"))

	require.Equal(t, 200, m.postRaw("/sim/order", "", jsonType, `{"code":"66660041"}`).status)
	params, err := json.Marshal(map[string]any{"params": m.launch("android", "order2", m.upload("order2"), m.nonceTicket())})
	require.NoError(t, err)
	a = m.postRaw("/sim/sdk", "", jsonType, string(params))
	require.Equal(t, map[string]any{"platform": "android", "domain": "WBFaceErrorDomainCompareServer", "code": "66660041", "message": "脸部有遮挡或闭眼，请重试"}, a.m)

	rotated := m.ticket
	m.ticket = m.mustTicket(m.token, "SIGN", "")
	require.True(t, m.signLives(rotated))
	require.Equal(t, 200, m.postRaw("/sim/advance", "", jsonType, `{"seconds":3600}`).status)
	require.False(t, m.signLives(rotated))
	require.True(t, m.signLives(m.ticket), "the newest one keeps the life that it has left")

	a = m.get("/sim/status", nil)
	require.EqualValues(t, 1, a.m["calls"].(map[string]any)[tokenPath])
	require.Contains(t, a.m["apps"], m.appID)
	require.NotEmpty(t, a.m["notSimulated"])

	for name, c := range map[string][3]string{
		"no ending":      {"/sim/order", jsonType, `{"orderNo":"order1"}`},
		"no such ending": {"/sim/order", jsonType, `{"ending":"flies"}`},
		"bad orderNo":    {"/sim/order", jsonType, `{"orderNo":"a b","ending":"passes"}`},
		"not JSON":       {"/sim/order", jsonType, `{`},
		"a form":         {"/sim/order", "text/plain", `{"ending":"passes"}`},
		"no params":      {"/sim/sdk", jsonType, `{}`},
		"backwards":      {"/sim/advance", jsonType, `{"seconds":-1}`},
	} {
		a := m.postRaw(c[0], "", c[1], c[2])
		require.Equal(t, 400, a.status, name)
		require.NotEmpty(t, a.m["error"], name)
	}
}

func TestControlScriptsFlowsOfAPI3(t *testing.T) {
	c := newCaller(t)
	post := func(path, body string) (int, string) {
		res, err := c.http.Post(c.base+path, "application/json", strings.NewReader(body))
		require.NoError(t, err)
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		return res.StatusCode, string(b)
	}
	token := c.bizToken()
	status, body := post("/sim/cloud", `{"key":"`+token+`","codes":[1002,2016]}`)
	require.Equal(t, 200, status, body)
	status, body = post("/sim/run", `{"token":"`+token+`"}`)
	require.Equal(t, 200, status, body)
	require.Contains(t, body, `"code":2016`)
	require.Len(t, c.detected(token).at("Text", "LivenessDetail"), 2)
	status, _ = post("/sim/cloud", `{"ending":"quits"}`)
	require.Equal(t, 200, status)
	token = c.eid()
	_, body = post("/sim/run", `{"token":"`+token+`"}`)
	require.Contains(t, body, `"left":true`)
	status, body = post("/sim/cloud", `{"key":"order1","idCard":{"name":"王五"}}`)
	require.Equal(t, 200, status, body)
	token = c.bizToken()
	c.mini(token)
	require.Equal(t, "王五", c.detected(token).at("Text", "Name"))
	for path, body := range map[string]string{"/sim/cloud": `{}`, "/sim/run": `{"token":"nobody"}`} {
		status, _ := post(path, body)
		require.Equal(t, 400, status)
	}
	status, _ = post("/sim/cloud", `{"ending":"jumps"}`)
	require.Equal(t, 400, status)
	status, _ = post("/sim/cloud", `{"ending":"passes","codes":[0]}`)
	require.Equal(t, 400, status)
	status, _ = post("/sim/cloud", `{"ending":"passes","idCard":{"frontOnly":true,"backOnly":true}}`)
	require.Equal(t, 400, status)
}

func TestControlReadsDocuments(t *testing.T) {
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

func TestControlScansCards(t *testing.T) {
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

func TestControlReachesEveryProduct(t *testing.T) {
	m := overPort(newMerchant(t))
	m.login()
	for _, ending := range []string{"no-real-time", "risky-device"} {
		require.Equal(t, 200, m.postRaw("/sim/order", "", "application/json", `{"orderNo":"`+strings.ReplaceAll(ending, "-", "")+`","ending":"`+ending+`"}`).status)
	}
	require.Equal(t, "66660017", m.finish(readPage(t, m, m.pageURL(pcPage, "riskydevice", m.uploadFor("pc", "riskydevice"))), "scripted").Query().Get("code"))

	faceID := m.uploadFor("enhanced", "norealtime")
	key := keyOfPage.FindStringSubmatch(readPage(t, m, m.pageURL(webPage, "norealtime", faceID)))[1]
	_, body := m.press(key, "scripted")
	require.Contains(t, body, "liveInterType 1")

	params, err := json.Marshal(map[string]any{"params": without(m.launchFor("basic", "ios", "order3", "", m.nonceTicket()), "faceId")})
	require.NoError(t, err)
	a := m.postRaw("/sim/sdk", "", "application/json", string(params))
	require.Equal(t, map[string]any{"platform": "ios", "domain": "", "code": "0", "message": "成功"}, a.m)
}

func TestControlScriptsWill(t *testing.T) {
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
