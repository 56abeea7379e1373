package faceidtest_test

import (
	"maps"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

// settled are the tables that do not grow with the requests: what the test has
// set, and what is bounded by a number.
var settled = []string{
	"server.nfcKeys", "server.appProducts", "server.routes", "server.servers", "server.apps", "server.allowed", "server.denied", "server.limits", "server.faults",
	"server.calls", "server.recent", "app.mints", "app.products",
	"cloud.accounts", "cloud.rules", "cloud.settings", "cloud.merchants", "cloud.checks",
}

// ageing returns the tables that must forget by age.
func ageing(sim *faceidtest.Server) map[string]int {
	sizes := sim.Tables()
	maps.DeleteFunc(sizes, func(name string, _ int) bool {
		for _, other := range settled {
			if name == other {
				return true
			}
		}
		return false
	})
	return sizes
}

// fill puts something into every table of a server.
func fill(t *testing.T) *merchant {
	m := ready(t, faceidtest.WithLenient(), faceidtest.WithBillPage(1))
	c := m.caller()
	for range 2 {
		token := c.bizToken()
		c.sim.ScriptCloud(token, faceidtest.CloudPasses())
		c.mini(token)
	}
	day := c.toChina(6)
	c.good("GetWeChatBillDetails", obj{"Date": day, "Cursor": 0})
	m.login() // the clock was moved
	m.sim.Script(orderNo, faceidtest.Passes())
	m.complete(orderNo)
	m.nonceTicket() // nobody uses it
	signed := m.upload("order2")
	readPage(t, m, m.loginURL(m.signedLogin("order2", signed, m.ticket)))
	m.sim.ScriptIDCard("scan1", faceidtest.IDCard{})
	m.scan("scan1", faceidtest.CardIDCard)
	m.sim.ScriptBankCard("scan2", faceidtest.BankCard{})
	m.scan("scan2", faceidtest.CardBankCard)
	m.sim.ScriptNFC("read1", faceidtest.NFCDocument{})
	m.read("read1")
	m.upload("order3") // nobody comes

	token, page := c.web()
	c.sim.ScriptCloud(token, faceidtest.CloudPasses())
	_, err := m.http.Get(page)
	require.NoError(t, err)
	sdk := c.sdk()
	_, err = c.sim.RunIntlSDK(t.Context(), sdk)
	require.NoError(t, err)
	c.good("GetSdkVerificationResult", obj{"SdkToken": sdk})
	c.good("CreateUploadUrl", goodBodies["CreateUploadUrl"])
	c.good("GetNFCToken", obj{}) // nobody uses it
	c.chip(false)
	return m
}

// caller returns a backend of API 3.0 at the merchant's server.
func (m *merchant) caller() *caller {
	return &caller{t: m.t, sim: m.sim, http: m.http, base: "https://faceid.tencentcloudapi.com",
		id: m.sim.CloudSecretID(), key: m.sim.CloudSecretKey(), region: "ap-singapore", version: "2018-03-01"}
}

// Each request sweeps a little. No time passes at the server without a request.
func TestSweepEmptiesEveryTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := fill(t)
		for name, entries := range ageing(m.sim) {
			if name != "app.numbers" {
				require.NotZero(t, entries, name)
			}
		}
		time.Sleep(4 * 24 * time.Hour)
		for range 9 {
			m.get("/nowhere", nil)
		}
		require.NotZero(t, m.sim.Tables()["app.numbers"])
		require.Zero(t, m.sim.Tables()["app.orders"])
		time.Sleep(400 * 24 * time.Hour)
		for range 9 {
			m.get("/nowhere", nil)
		}
		for name, entries := range ageing(m.sim) {
			require.Zero(t, entries, name)
		}
	})
}

// Advance sweeps whatever is due at once.
func TestAdvanceSweepsAll(t *testing.T) {
	m := ready(t)
	for i := range 100 {
		m.complete("order" + strconv.Itoa(i))
	}
	require.Equal(t, 100, m.sim.Tables()["app.orders"])
	m.sim.Advance(3*24*time.Hour + time.Second)
	require.Zero(t, m.sim.Tables()["app.orders"])
	require.Zero(t, m.sim.Tables()["server.faces"])
	require.Equal(t, 100, m.sim.Tables()["app.numbers"])
	m.sim.Advance(30*24*time.Hour + time.Second)
	require.Zero(t, m.sim.Tables()["app.numbers"])
	require.Zero(t, m.sim.Tables()["memory"])
}

// Nothing is forgotten as long as an answer depends on it.
func TestSweepKeepsWhatMatters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := ready(t)
		m.complete(orderNo)
		faceID := m.upload("order2")
		page := readPage(t, m, m.freshLogin("order2", faceID))
		faceID3 := m.upload("order3")

		time.Sleep(24*time.Hour - time.Minute)
		m.login()
		require.Equal(t, "0", m.finish(page, "passes").Query().Get("code"), "the page is still open")
		m.refused(m.freshLogin("order3", faceID3), "66660018")

		time.Sleep(2*24*time.Hour + time.Minute - time.Second)
		m.login()
		require.Equal(t, "0", m.record(orderNo).code(), "a second is left")
		time.Sleep(time.Second + time.Millisecond)
		require.Equal(t, "66660011", m.record(orderNo).code())
		require.Equal(t, "0", m.record("order2").code(), "it ended a day later")
		require.Equal(t, "unknown", m.sim.OrderState(m.appID, orderNo))

		for range 9 {
			m.get("/nowhere", nil)
		}
		require.Equal(t, "66660000", m.post(uploadPath, m.uploadBody(orderNo)).code(), "its number is taken")
		require.Equal(t, "66660000", m.post(uploadPath, m.uploadBody("order3")).code())
		time.Sleep(31 * 24 * time.Hour)
		for range 9 {
			m.get("/nowhere", nil)
		}
		m.login()
		require.Equal(t, "0", m.post(uploadPath, m.uploadBody(orderNo)).code(), "its number is free again")
	})
}

// A token of API 3.0 is told as old for a month, and is unknown afterwards. The
// bill of its day stays.
func TestSweepLeavesTheBill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t)
		c.toChina(12)
		token := c.bizToken()
		c.sim.ScriptCloud(token, faceidtest.CloudTries(1002, 0))
		c.mini(token)
		day := c.toChina(6)
		ask := obj{"Date": day, "Cursor": 0}
		before := c.good("GetWeChatBillDetails", ask).at("WeChatBillDetails")
		require.Len(t, before, 1)

		time.Sleep(29 * 24 * time.Hour)
		c.refused("InvalidParameterValue.BizTokenExpired", "GetDetectInfoEnhanced", obj{"BizToken": token, "RuleId": faceidtest.RulePlus})
		time.Sleep(24 * time.Hour)
		c.refused("InvalidParameter", "GetDetectInfoEnhanced", obj{"BizToken": token, "RuleId": faceidtest.RulePlus})
		time.Sleep(334 * 24 * time.Hour)
		require.Equal(t, before, c.good("GetWeChatBillDetails", ask).at("WeChatBillDetails"))
	})
}
