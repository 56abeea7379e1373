package faceidtest_test

import (
	"encoding/base64"
	"encoding/hex"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestReqIDLivesFiveMinutes(t *testing.T) {
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

func TestReqIDAnswersTenQueries(t *testing.T) {
	m := ready(t)
	reqID, other := m.read(orderNo), m.read("order2")
	require.Equal(t, "400101", m.post(nfcPath, with(m.nfcBody(orderNo, reqID), "sign", "x")).code(), "a wrong signature is not counted")
	require.Equal(t, "66664004", m.nfc(orderNo, other).code(), "a reqId of another order is not counted")
	m.sim.FailNext(nfcPath, faceidtest.FaultCode("66664007", ""))
	require.Equal(t, "网络不给力,请稍后重试", m.nfc(orderNo, reqID).m["msg"])
	for range 10 {
		require.Equal(t, "0", m.nfc(orderNo, reqID).code())
	}
	for range 2 {
		a := m.nfc(orderNo, reqID)
		require.Equal(t, []any{"66664003", "请求频率过高，请稍后重试"}, []any{a.m["code"], a.m["msg"]})
	}
	require.Equal(t, "0", m.nfc("order2", other).code(), "each reqId has ten queries of its own")
	m.sim.Advance(5 * time.Minute)
	require.Equal(t, "66664005", m.nfc(orderNo, reqID).code())
}

func TestNFCResultRefusesEachBadParameter(t *testing.T) {
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
	m.complete("order4")
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

// The simulator encrypts with a library, and sm4Block decrypts as the standard
// says, so that a wrong use of the library is seen.
func TestNFCResultIsEncryptedAsTheStandardSays(t *testing.T) {
	key, _ := hex.DecodeString("0123456789abcdeffedcba9876543210")
	sealed, _ := hex.DecodeString("681edf34d206965e86b3e94f536e4246")
	require.Equal(t, key, sm4Block(key, sealed)) // in the standard's example the key is the text, too

	key, _ = hex.DecodeString("7F26724F72D48EBA5AD3848B30B81122")
	sealed, err := base64.StdEncoding.DecodeString("EL56u9bUuVLC/iUQXRiwpdhnd05/EXpb5AjZ52GEantDMZvwIpsO73uyLq1jMlLVjnyP7MfJDZJG/r0B0NNYAzt91/+ABw28rhh6jE47LjyraBlvaWZeV+kUm7j5xCLl")
	require.NoError(t, err)
	require.Equal(t, "168, FM973 全角半角测试，你好，大家好，你好，美丽人生E f g k ymk", string(openSM4(t, key, sealed)))
}
