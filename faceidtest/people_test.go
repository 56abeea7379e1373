package faceidtest_test

import (
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestEndingsAreAsScripted(t *testing.T) {
	for name, c := range map[string]struct {
		ending        faceidtest.Ending
		redirect, end string
	}{
		"passes":              {faceidtest.Passes(), "0", "0"},
		"zero value":          {faceidtest.Ending{}, "0", "0"},
		"not the same":        {faceidtest.NotSamePerson(), "66660004", "66660004"},
		"identity mismatch":   {faceidtest.IdentityMismatch(), "66660010", "66660010"},
		"suspected fake":      {faceidtest.SuspectedFake(), "66660023", "66660023"},
		"no face":             {faceidtest.NoFace(), "66660035", "66660035"},
		"times out":           {faceidtest.TimesOut(), "66660018", "66660011"},
		"bad video":           {faceidtest.Ending{Code: "66660016"}, "66660016", "66660011"},
		"not recorded live":   {faceidtest.Ending{Code: "400604"}, "400604", "66660011"},
		"quits":               {faceidtest.Quits(), "3003", "66660011"},
		"no camera":           {faceidtest.NoCamera(), "3004", "66660011"},
		"blocked":             {faceidtest.Blocked(), "66660017", "66660011"},
		"browser unsupported": {faceidtest.BrowserUnsupported(), "3001", "66660011"},
		"negative code":       {faceidtest.Ending{Code: "-5008"}, "-5008", "-5008"},
	} {
		t.Run(name, func(t *testing.T) {
			m := ready(t)
			m.sim.Script(orderNo, c.ending)

			back := m.complete(orderNo).URL.Query()

			require.Equal(t, c.redirect, back.Get("code"))
			require.Equal(t, sign(m.appID, orderNo, c.redirect, m.ticket), back.Get("newSignature"))
			a := m.record(orderNo, "getFile", "1")
			require.Equal(t, c.end, a.code())
			require.NotEmpty(t, a.m["msg"])
			if c.end != "0" {
				require.NotContains(t, a.result(), "photo")
				require.NotContains(t, a.result(), "video")
			}
		})
	}
}

func TestEndingFieldsReachTheRecord(t *testing.T) {
	m := ready(t)
	photo := []byte("\xff\xd8\xffinvented")
	m.sim.Script(orderNo, faceidtest.Ending{Code: "66660023", Message: "own words", LiveRate: "1", Similarity: "2",
		Photo: photo, Photos: [][]byte{photo, photo}, Risk: map[string]string{"LivenessInfoTag": "03"}, SDKVersion: "v9", TRTC: true})
	m.complete(orderNo)
	photo[3] = 'X' // the script has its own copy

	a := m.record(orderNo, "getFile", "2", "queryVersion", "1.0")

	require.Equal(t, "own words", a.m["msg"])
	r := a.result()
	require.Equal(t, map[string]any{"LivenessInfoTag": "03"}, r["riskInfo"])
	require.Equal(t, []any{"1", "2", "v9", "Y"}, []any{r["liveRate"], r["similarity"], r["sdkVersion"], r["trtcFlag"]})
	require.Equal(t, base64.StdEncoding.EncodeToString([]byte("\xff\xd8\xffinvented")), r["photo"])
	require.Len(t, m.photos(orderNo).result()["photoList"], 2)

	m.sim.Script("order2", faceidtest.Ending{NoFiles: true})
	m.complete("order2")
	require.NotContains(t, m.record("order2", "getFile", "1").result(), "photo")
}

func TestOrdersTellsEveryOrder(t *testing.T) {
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

// The documents intercept a device of level 3 or 4: there is no record.
func TestRiskyDeviceIsIntercepted(t *testing.T) {
	m := ready(t)
	m.sim.ScriptDefault(faceidtest.RiskyDevice())
	for _, product := range sdkProducts {
		r := m.run(m.launchFor(product, "android", product, m.uploadFor(product, product), m.nonceTicket()))
		require.Equal(t, []string{"WBFaceErrorDomainNativeProcess", "41010"}, []string{r.Domain, r.Code})
		require.Equal(t, "66660011", m.record(product).code())
	}
	require.Equal(t, "66660017", m.completeFor("plus", "inABrowser").URL.Query().Get("code"))
	require.Equal(t, "66660011", m.record("inABrowser").code())
}

func TestNoRealTimeNeedsAnUploadThatInsists(t *testing.T) {
	m := ready(t)
	m.sim.ScriptDefault(faceidtest.NoRealTime())
	for _, product := range []string{"plus", "enhanced"} {
		back := m.completeFor(product, product, "liveInterType", "1").URL.Query()
		require.Equal(t, "3005", back.Get("code"))
		require.Equal(t, "66660011", m.record(product).code())

		for _, kind := range []string{"0", "2"} { // these values count as absent
			_, err := m.visit(m.pageURL(webPage, product+kind, m.uploadFor(product, product+kind, "liveInterType", kind)))
			require.ErrorContains(t, err, "order "+product+kind+" is to end with 3005, which needs an upload with liveInterType 1")
		}
	}
	_, err := m.visit(m.pageURL(pcPage, orderNo, m.uploadFor("pc", orderNo)))
	require.ErrorContains(t, err, "liveInterType 1")
	require.Equal(t, "opened", m.sim.OrderState(m.appID, orderNo))

	_, err = m.sim.RunSDK(t.Context(), m.launchFor("plus", "ios", "order2", m.uploadFor("plus", "order2", "liveInterType", "1"), m.nonceTicket()))
	require.ErrorContains(t, err, "only a browser")

	// The page offers this ending to an order that can have it, and refuses it to
	// any other.
	insisting := readPage(t, m, m.pageURL(webPage, "order3", m.uploadFor("plus", "order3", "liveInterType", "1")))
	require.Contains(t, insisting, `value="no-real-time"`)
	require.Equal(t, "3005", m.finish(insisting, "no-real-time").Query().Get("code"))
	falling := readPage(t, m, m.pageURL(webPage, "order4", m.uploadFor("plus", "order4")))
	require.NotContains(t, falling, `value="no-real-time"`)
	_, body := m.press(keyOfPage.FindStringSubmatch(falling)[1], "no-real-time")
	require.Contains(t, body, `data-code="300101"`)
	require.Equal(t, "0", m.finish(falling, "passes").Query().Get("code")) // the page still works
}
