package faceidtest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestNothingSecretIsTold(t *testing.T) {
	var mu sync.Mutex
	var told strings.Builder
	m := newMerchant(t, faceidtest.WithApp("CANARY0", "canarysecret"), faceidtest.WithLog(func(r faceidtest.Request) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(&told, "%+v\n", r)
	}))
	m.login()
	ticket := m.nonceTicket()
	body := with(m.uploadBody(orderNo), "name", "canaryname", "idNo", "canaryid")
	a := m.post(uploadPath, body)
	_, err := m.visit(m.loginURL(m.signedLogin(orderNo, a.result()["faceId"].(string), ticket)))
	require.NoError(t, err)
	m.record(orderNo, "getFile", "1")
	m.postRaw(recordPath, "?orderNo=canary-order", "application/json", "canarybody")

	for _, r := range m.sim.Requests() {
		fmt.Fprintf(&told, "%+v\n", r)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		fmt.Fprintf(&told, verb+"\n", m.sim)
		fmt.Fprintf(&told, verb+"\n", struct{ S *faceidtest.Server }{m.sim})
	}
	b, err := json.Marshal(m.sim)
	require.NoError(t, err)
	told.Write(b)
	var buf bytes.Buffer
	slog.New(slog.NewJSONHandler(&buf, nil)).Info("x", "sim", m.sim)
	slog.New(slog.NewTextHandler(&buf, nil)).Info("x", "sim", m.sim)
	told.WriteString(buf.String())
	told.WriteString(fmt.Sprint(m.get("/sim/status", nil).body))

	for _, secret := range []string{"canary", m.token, m.ticket, ticket, body["sign"], "/9j/", "ftyp"} {
		require.NotContains(t, told.String(), secret)
	}
	require.Contains(t, told.String(), orderNo)
	require.Contains(t, told.String(), "faceidtest.Server(https://kyc1.faceid.test)")
}

func TestRequestsAreRemembered(t *testing.T) {
	m := ready(t)
	m.verify(orderNo)
	m.record(orderNo)

	var got []string
	for _, r := range m.sim.Requests() {
		got = append(got, fmt.Sprint(r.Method, " ", r.Path, " ", r.Status, " ", r.Code, " ", r.OrderNo))
	}
	require.Equal(t, []string{
		"GET /api/oauth2/access_token 200 0 ",
		"GET /api/oauth2/api_ticket 200 0 ",
		"POST /api/server/getPlusFaceId 200 0 order1",
		"GET /api/oauth2/api_ticket 200 0 ",
		"GET /api/web/login 200 0 order1",
		"POST /api/web/finish 302 0 order1",
		"POST /api/v2/base/queryfacerecord 200 0 order1",
	}, got)
	require.NotEmpty(t, m.sim.NotSimulated())
}

func TestEveryOrderIsTold(t *testing.T) {
	m := newMerchant(t)
	m.login()
	require.Empty(t, m.sim.Orders(m.appID))
	m.upload("order2")
	readPage(t, m, m.freshLogin("order3", m.upload("order3")))
	m.finish(readPage(t, m, m.freshLogin(orderNo, m.upload(orderNo))), "scripted")
	require.Equal(t, map[string]string{orderNo: "finished", "order2": "uploaded", "order3": "opened"}, m.sim.Orders(m.appID))
	for no, state := range m.sim.Orders(m.appID) {
		require.Equal(t, state, m.sim.OrderState(m.appID, no))
	}
	require.Equal(t, "unknown", m.sim.OrderState(m.appID, "order4"))
}

func TestOnlyTheLastRequestsAreKept(t *testing.T) {
	m := newMerchant(t)
	for range 1010 {
		m.get("/nothing", nil)
	}
	require.Len(t, m.sim.Requests(), 1000)
	require.Equal(t, 1010, m.sim.Calls("/nothing"))
}

func TestOwnPathsServeOtherLanguages(t *testing.T) {
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

	require.True(t, m.signLives(m.ticket))
	require.Equal(t, 200, m.postRaw("/sim/advance", "", jsonType, `{"seconds":3600}`).status)
	require.False(t, m.signLives(m.ticket))

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
