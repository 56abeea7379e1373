package faceidtest_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

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

// A said is what a page says of a parameter, a value of that row, and the code
// of the answer.
type said struct {
	products []string
	name     string
	value    string
	says     string // the page's words
	code     string
}

// uploadOf uploads an order of any product with one more parameter, and returns
// the answer.
func (m *merchant) uploadOf(product, order, name, value string) answer {
	m.t.Helper()
	if product == "will" {
		return m.postAny(willPath, m.willBody(order, name, value))
	}
	return m.post(tables[product].path, with(m.bodyFor(product, order), name, value))
}

func TestParamsOfUploadsMeanWhatTheirPagesSay(t *testing.T) {
	const (
		empty    = "参数为空：根据身份证号 + 姓名使用权威数据源比对"
		notOne   = "参数值非1或不入参，表示优先使用实时检测模式"
		zero     = "参数值为0时，表示优先使用实时检测模式；不传或传入为空，默认为仅使用强制实时检测模式"
		noSuch   = "the table has no such row"
		kinds    = "参数值为1 时是：水纹正脸照，参数值为2 时是：高清正脸照"
		together = "提供比对源照片需要传"
	)
	all, h5 := []string{"plus", "enhanced", "basic", "pc", "will"}, []string{"plus", "enhanced"}
	m := ready(t)
	for i, row := range []said{
		{all, "sourcePhotoStr", "", empty, "0"},
		{all, "sourcePhotoStr", picture(100), together, "66660000"},
		{all, "sourcePhotoType", "", kinds, "66660000"},
		{all, "sourcePhotoType", "1", together, "66660000"},
		{h5, "liveInterType", "", notOne, "0"},
		{h5, "liveInterType", "0", notOne, "0"},
		{h5, "liveInterType", "2", notOne, "0"},
		{h5, "liveInterType", "x", notOne, "0"},
		{h5, "liveInterType", "1", notOne, "0"},
		{h5, "liveInterType", "10", "长度 1", "66660000"},
		{[]string{"will"}, "liveInterType", "", zero, "0"},
		{[]string{"will"}, "liveInterType", "1", zero, "0"},
		{[]string{"will"}, "liveInterType", "2", zero, "66660000"},
		{[]string{"will"}, "willType", "", "默认配置为0", "66660000"},
		{[]string{"basic", "pc"}, "liveInterType", "1", noSuch, "66660000"},
		{[]string{"pc"}, "nonce", nonce, noSuch, "66660000"},
	} {
		for _, product := range row.products {
			a := m.uploadOf(product, product+strconv.Itoa(i), row.name, row.value)
			require.Equal(t, row.code, codeOf(a), "%s: %s=%.20q: %s: %s", product, row.name, row.value, row.says, a.body)
		}
	}
	for _, product := range all { // an empty photo does not stand for the person
		b := body{}
		for name, value := range m.bodyFor(product, "nobody"+product) {
			b[name] = value
		}
		path := tables[product].path
		if product == "will" {
			b, path = m.willBody("nobodywill"), willPath
		}
		require.Equal(t, "66660000", codeOf(m.postAny(path, set(cut(b, "name", "idNo"), "sourcePhotoStr", ""))), product)
		require.Equal(t, "66660000", codeOf(m.postAny(path, set(b, "sourcePhotoStr", "", "sourcePhotoType", "1"))), "%s: %s", product, together)
	}
}

func TestParamsOfLoginPagesMeanWhatTheirPagesSay(t *testing.T) {
	const (
		results   = "参数值为“1”时直接跳转到 url 回调地址，null 或其他值跳转提供的结果页面"
		redirects = "不传或其他值则正常跳转"
		from      = "browser：表示在浏览器启动刷脸；app（两个页面写作 App）：表示在 app 里启动刷脸"
	)
	direct := map[bool]int{true: http.StatusFound, false: http.StatusOK}
	pages := map[string]string{"plus": webPage, "enhanced": webPage, "will": willPage}
	m := ready(t)
	for i, row := range []said{
		{nil, "resultType", "1", results, "0"},
		{nil, "resultType", "", results, "0"},
		{nil, "resultType", "null", results, "0"},
		{nil, "resultType", "2", results, "0"},
		{nil, "redirectType", "1", redirects, "0"},
		{nil, "redirectType", "", redirects, "0"},
		{nil, "redirectType", "2", redirects, "0"},
		{nil, "from", "browser", from, "0"},
		{nil, "from", "app", from, "0"},
		{nil, "from", "App", from, "0"},
		{nil, "from", "APP", from, "66660000"},
		{nil, "from", "", from, "66660000"},
	} {
		for product, page := range pages {
			order := product + strconv.Itoa(i)
			a := m.uploadOf(product, order, "sourcePhotoStr", "")
			login := m.urlOf(page, with(m.signedLogin(order, a.result()["faceId"].(string), m.nonceTicket()), row.name, row.value))
			if row.code != "0" {
				m.refused(login, row.code)
				continue
			}
			res, _ := m.press(keyOfPage.FindStringSubmatch(readPage(t, m, login))[1], "passes")
			want := direct[row.name != "resultType" || row.value == "1"]
			require.Equal(t, want, res.StatusCode, "%s: %s=%q: %s", product, row.name, row.value, row.says)
		}
	}
	pc := m.pageURL(pcPage, "pc1", m.uploadFor("pc", "pc1"))
	for name, value := range map[string]string{"resultType": "1", "redirectType": "1", "from": "browser"} {
		m.refused(pc+"&"+name+"="+value, "66660000") // the table of the PC has none of them
	}
}

func TestParamsOfQueriesMeanWhatTheirPagesSay(t *testing.T) {
	const (
		files   = "值为1则返回视频和照片、值为2则返回照片、值为3则返回视频；其他则不返回"
		missing = "如果不上送参数或者参数为空，默认不返回视频和照片信息"
	)
	m := ready(t)
	for _, product := range []string{"plus", "enhanced", "pc"} {
		m.completeFor(product, product)
	}
	m.run(m.launchFor("basic", "android", "basic", m.uploadFor("basic", "basic"), m.nonceTicket()))
	m.completeWill("will")
	record := func(order, value string) answer {
		if order == "will" {
			return m.willResult(order, value, "0")
		}
		return m.record(order, "getFile", value)
	}
	for _, row := range []said{
		{nil, "getFile", "1", files, "photo video"},
		{nil, "getFile", "2", files, "photo"},
		{nil, "getFile", "3", files, "video"},
		{nil, "getFile", "0", files, ""},
		{nil, "getFile", "4", files, ""},
		{nil, "getFile", "x", files, ""},
		{nil, "getFile", "", missing, ""},
	} {
		for _, order := range []string{"plus", "enhanced", "pc", "basic", "will"} {
			a := record(order, row.value)
			require.Equal(t, "0", a.code(), "%s: getFile=%q: %s", order, row.value, row.says)
			want := strings.Fields(row.code)
			if order == "basic" { // an App has no video
				want = slices.DeleteFunc(want, func(name string) bool { return name == "video" })
			}
			require.Equal(t, strings.Join(want, " "), strings.Join(filesOf(a.result()), " "), "%s: getFile=%q: %s", order, row.value, row.says)
		}
	}
	require.NotContains(t, m.record("plus").result(), "photo", missing)
	require.Equal(t, "66660000", m.record("plus", "getFile", "10").code(), "长度 1")
	require.Equal(t, "66660000", m.record("plus", "queryVersion", "").code(), "传1.0则返回 sdk 版本号和 trtc 标识")
	require.Equal(t, "66660000", m.record("plus", "queryVersion", "2.0").code(), "传1.0则返回 sdk 版本号和 trtc 标识")
	for value, audio := range map[string]bool{"1": true, "2": false, "0": false, "x": false} {
		require.Equal(t, audio, m.willResult("will", "", value).result()["willUserAudio"] != nil, "值为1-返回，其他值为不返回")
	}
}

func TestParamsOfCardsAndChipsMeanWhatTheirPagesSay(t *testing.T) {
	m := ready(t)
	m.scan("idcard", faceidtest.CardIDCard)
	m.scan("bankcard", faceidtest.CardBankCard)
	reqID := m.read("chip")
	for value, file := range map[string]bool{"1": true, "0": false, "2": false, "": false} {
		a := m.idCard("idcard", "get_file", value)
		require.Equal(t, "0", a.code(), "值为1则返回文件；其他则不返回")
		require.Equal(t, file, a.result()["frontPhoto"] != nil, value)
		a = m.bankCard("bankcard", "get_file", value)
		require.Equal(t, "0", a.code(), "值为1：返回文件，其他：不返回")
		require.Equal(t, file, a.result()["bankcardCropPhoto"] != nil, value)
		a = m.idCard("idcard", "get_native", value)
		require.Equal(t, "0", a.code(), "值为1则返回映射信息")
		require.Equal(t, file, a.result()["nativePlace"] != nil, value)
		a = m.nfc("chip", reqID, "getPhoto", value)
		require.Equal(t, "0", a.code(), "值为1则返回图片")
		require.Equal(t, file, m.decrypted(a)["frontPhoto"] != nil, value)
	}
	require.Equal(t, "66660000", m.idCard("idcard", "get_file", "10").code(), "长度 1")
	require.Equal(t, "66660000", codeOf(m.nfc("chip", reqID, "getPhoto", "10")), "长度 1")
}

func TestParamsOfTicketsMeanWhatTheirPagesSay(t *testing.T) {
	m := ready(t)
	for _, row := range []said{
		{nil, "grant_type", "Client_credential", "必须小写", "66660000"},
		{nil, "grant_type", "", "默认值为：client_credential", "66660000"},
		{nil, "version", "", "默认值为：1.0.0", "66660000"},
		{nil, "version", "1.0.1", "默认值为：1.0.0", "400106"},
	} {
		require.Equal(t, row.code, m.get(tokenPath, with(m.tokenQuery(), row.name, row.value)).code(), "%s=%q: %s", row.name, row.value, row.says)
	}
	for kind, user := range map[string]string{"SIGN": "", "NONCE": userID} {
		for _, row := range []said{
			{nil, "type", strings.ToLower(kind), "必须大写", "66660000"},
			{nil, "type", "", "默认值", "66660000"},
			{nil, "user_id", map[string]string{"SIGN": userID}[kind], "NONCE ticket 是与用户 ID 绑定的", "66660000"},
			{nil, "version", "1.0.1", "默认值：1.0.0", "400106"},
		} {
			a := m.get(ticketPath, with(m.ticketQuery(m.token, kind, user), row.name, row.value))
			require.Equal(t, row.code, a.code(), "%s: %s=%q: %s", kind, row.name, row.value, row.says)
		}
	}
}
