package faceidtest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestRequestsTellNoSecret(t *testing.T) {
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
	status := m.get("/sim/status", nil) // it has the keys, and no ticket and no person
	delete(status.m, "keys")
	fmt.Fprint(&told, status.m)
	told.WriteString(m.get("/sim/requests", nil).body)

	for _, secret := range []string{"canary", m.token, m.ticket, ticket, body["sign"], "/9j/", "ftyp"} {
		require.NotContains(t, told.String(), secret)
	}
	require.Contains(t, told.String(), orderNo)
	require.Contains(t, told.String(), "faceidtest.Server(https://kyc1.faceid.test)")
}

func TestRequestsAreRemembered(t *testing.T) {
	m := ready(t)
	m.complete(orderNo)
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

func TestRequestsKeepsOnlyTheLast(t *testing.T) {
	m := newMerchant(t)
	for range 1010 {
		m.get("/nothing", nil)
	}
	require.Len(t, m.sim.Requests(), 1000)
	require.Equal(t, 1010, m.sim.Calls("/nothing"))
}

// The log names a refused parameter, and does not tell its value.
func TestRequestsNameTheRefusedParameter(t *testing.T) {
	sim := faceidtest.Start(t)
	for query, why := range map[string]string{
		"app_id=canary&secret=canary&grant_type=client_credential&version=1.0.0":          "appId is missing",
		"appId=canary&secret=canary&grant_type=canary&version=1.0.0":                      "grant_type is ill-formed",
		"appId=canary&secret=canary&grant_type=client_credential&version=2":               "version is not 1.0.0",
		"appId=canary&secret=canary&grant_type=client_credential&version=1.0.0&canary=1":  "there is a parameter that the table does not have",
		"appId=canary&secret=canary&grant_type=client_credential&version=1.0.0&version=1": "a parameter appears twice",
	} {
		request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, sim.BaseURL()+"/api/oauth2/access_token?"+query, nil)
		require.NoError(t, err)
		response, err := sim.RoundTrip(request)
		require.NoError(t, err)
		response.Body.Close()
		all := sim.Requests()
		require.Equal(t, why, all[len(all)-1].Why)
	}
}

func TestConcurrentMintsCountsOverlaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMerchant(t)
		m.sim.FailNext(tokenPath, faceidtest.FaultDelay(time.Second), faceidtest.FaultDelay(time.Second))
		for range 2 {
			go m.get(tokenPath, m.tokenQuery())
		}
		time.Sleep(2 * time.Second)
		require.Equal(t, 1, m.sim.ConcurrentMints(m.appID))

		m.mustMint()
		m.mustMint()
		require.Equal(t, 1, m.sim.ConcurrentMints(m.appID))
	})
}

func TestRequestsTellNothingOfADocument(t *testing.T) {
	m := ready(t, faceidtest.WithNFCKey("TIDA0001", strings.Repeat("c", 32)))
	m.sim.ScriptNFCDefault(faceidtest.NFCDocument{Name: "canary"})
	m.sim.ScriptIDCardDefault(faceidtest.IDCard{Name: "canary"})
	reqID := m.read("order1")
	m.nfc("order1", reqID)
	m.scan("order2", faceidtest.CardIDCard)
	m.idCard("order2")
	m.completeWill("order3", "willContentList", rounds("canary", "canary"))
	m.willResult("order3", "1", "1")
	told, err := json.Marshal(m.sim.Requests())
	require.NoError(t, err)
	text := string(told) + m.sim.String() + m.get("/sim/requests", nil).body
	for _, secret := range []string{"canary", reqID, strings.Repeat("c", 32)} {
		require.NotContains(t, text, secret)
	}
	var orders []string
	for _, r := range m.sim.Requests() {
		orders = append(orders, r.OrderNo)
	}
	require.Subset(t, orders, []string{"order1", "order2", "order3"})
}

// Whoever scans for vulnerabilities asks for ever new paths, and for long ones.
func TestCallsCountsALimitedNumberOfUnknownPaths(t *testing.T) {
	m := newMerchant(t)
	for i := range 1200 {
		m.get(fmt.Sprint("/hole", i), nil)
	}
	long := "/" + strings.Repeat("x", 5000)
	require.Equal(t, 404, m.get(long, nil).status)
	all := m.sim.Requests()
	require.Len(t, all[len(all)-1].Path, 256)
	require.Equal(t, 1, m.sim.Calls("/hole0"))
	require.Equal(t, 0, m.sim.Calls("/hole1199"))
	m.mustMint()
	require.Equal(t, 1, m.sim.Calls(tokenPath), "a path of the platform is counted in any case")
	require.LessOrEqual(t, m.sim.Tables()["server.calls"], 1100)
}

func TestRequestsAreInTheirOrderInAFullRing(t *testing.T) {
	m := newMerchant(t)
	for i := range 2345 {
		m.get(fmt.Sprint("/n", i), nil)
	}
	all := m.sim.Requests()
	require.Len(t, all, 1000)
	for i, r := range all {
		require.Equal(t, fmt.Sprint("/n", 1345+i), r.Path)
	}
}

func TestMintsKeepsTheLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMerchant(t)
		for range 2000 {
			m.mustMint()
			time.Sleep(time.Second)
		}
		mints := m.sim.Mints(m.appID)
		require.Len(t, mints, 1000)
		require.Equal(t, m.sim.Now().Add(-time.Second).Unix(), mints[999].Unix())
	})
}
