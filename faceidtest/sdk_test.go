package faceidtest_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestRunSDKEndsOnEachPlatform(t *testing.T) {
	for _, product := range sdkProducts {
		for platform := range launchNames {
			t.Run(product+" "+platform, func(t *testing.T) {
				m := ready(t)
				params := m.launchFor(product, platform, orderNo, m.uploadFor(product, orderNo), m.nonceTicket())

				require.Equal(t, faceidtest.SDKResult{Platform: platform, Code: "0", Message: "成功"}, m.run(params))
				require.Equal(t, "0", m.record(orderNo).code())
				require.Equal(t, "v4.5.2.1", m.record(orderNo, "queryVersion", "1.0").result()["sdkVersion"])

				again := m.run(params)
				require.Equal(t, "WBFaceErrorDomainLoginServer", again.Domain)
				require.Equal(t, "400101", again.Code)
			})
		}
	}
}

func TestRunSDKRefusesEachBadParameter(t *testing.T) {
	domains := map[string]string{"android": "WBFaceErrorDomainParams", "ios": "WBFaceErrorDomainInputParams", "harmony": "WBFaceErrorDomainParams"}
	codes := map[string]string{"android": "11000", "ios": "12000", "harmony": "13000"}
	m := ready(t)
	for _, product := range sdkProducts {
		faceID := m.uploadFor(product, product)
		for platform := range launchNames {
			good := m.launchFor(product, platform, product, faceID, m.ticket)
			for _, name := range namesFor(product, platform) {
				if name == "faceId" && product == "basic" && platform == "ios" {
					continue // Basic on iOS runs without a faceId
				}
				for how, params := range map[string]map[string]string{
					"missing":  without(good, name),
					"empty":    with(good, name, ""),
					"misnamed": with(without(good, name), name+"X", good[name]),
				} {
					t.Run(product+" "+platform+" "+name+" "+how, func(t *testing.T) {
						m.t = t
						r := m.run(params)
						require.Equal(t, []string{platform, domains[platform], codes[platform]}, []string{r.Platform, r.Domain, r.Code})
					})
				}
			}
			r := m.run(with(good, "verifyMode", ""))
			require.Equal(t, codes[platform], r.Code)
		}
		ios := m.launchFor(product, "ios", product, faceID, m.ticket)
		require.Equal(t, "12006", m.run(with(ios, "orderNo", nonce+"1")).Code)
		require.Equal(t, "12007", m.run(with(ios, "nonce", "short")).Code)
		harmony := m.launchFor(product, "harmony", product, faceID, m.ticket)
		require.Equal(t, "13000", m.run(with(harmony, "userId", nonce[:31])).Code)
		require.Equal(t, "400101", m.run(with(harmony, "userId", nonce[:30])).Code)
		android := m.launchFor(product, "android", product, faceID, m.ticket)
		require.Equal(t, "400101", m.run(with(android, "openApiUserId", nonce)).Code)
	}
}

// The launch parameters name no product; the order has one.
func TestRunSDKWantsTheNamesOfTheOrdersProduct(t *testing.T) {
	m := ready(t)
	for product, other := range map[string]string{"plus": "basic", "enhanced": "basic", "basic": "plus"} {
		r := m.run(m.launchFor(other, "ios", product, m.uploadFor(product, product), m.nonceTicket()))
		require.Equal(t, []string{"ios", "WBFaceErrorDomainInputParams", "12000"}, []string{r.Platform, r.Domain, r.Code}, product)
		require.Equal(t, "uploaded", m.sim.OrderState(m.appID, product))
	}
	// Without an order, the names alone decide which SDK runs.
	for _, product := range sdkProducts {
		r := m.run(m.launchFor(product, "ios", orderNo, "txnothing", m.nonceTicket()))
		require.Equal(t, []string{"WBFaceErrorDomainLoginServer", "66660000"}, []string{r.Domain, r.Code}, product)
	}
}

func TestRunSDKOfBasicOnIOSNeedsNoFaceID(t *testing.T) {
	m := ready(t)
	empty := m.launchFor("basic", "ios", "order1", "", m.nonceTicket())
	absent := without(m.launchFor("basic", "ios", "order2", "", m.nonceTicket()), "faceId")
	for order, params := range map[string]map[string]string{"order1": empty, "order2": absent} {
		require.Equal(t, "unknown", m.sim.OrderState(m.appID, order))
		require.Equal(t, faceidtest.SDKResult{Platform: "ios", Code: "0", Message: "成功"}, m.run(params))
		require.Equal(t, "finished", m.sim.OrderState(m.appID, order))
		r := m.record(order, "getFile", "1").result()
		require.Equal(t, "99", r["liveRate"])
		require.Contains(t, r, "photo")
		require.NotContains(t, r, "similarity")
		require.Len(t, m.photos(order).result()["photoList"], 3)
	}

	// The launch is refused for the same reasons as any other, and a refusal
	// makes no order.
	refused := func(code string, params map[string]string) {
		t.Helper()
		r := m.run(params)
		require.Equal(t, []string{"WBFaceErrorDomainLoginServer", code}, []string{r.Domain, r.Code})
	}
	refused("400101", m.launchFor("basic", "ios", "order3", "", m.ticket))
	refused("400101", m.launchFor("basic", "ios", "order3", "", m.mustTicket(m.token, "NONCE", "user2")))
	refused("66660000", with(m.launchFor("basic", "ios", "order3", "", m.nonceTicket()), "userid", "a/b"))
	require.Equal(t, "unknown", m.sim.OrderState(m.appID, "order3"))

	// An order number works once, in whichever product.
	refused("66660000", m.launchFor("basic", "ios", "order1", "", m.nonceTicket()))
	m.uploadFor("basic", "order4")
	refused("66660000", m.launchFor("basic", "ios", "order4", "", m.nonceTicket()))
	require.Equal(t, "66660000", m.post(basicPath, m.bodyFor("basic", "order1")).code())

	// Nobody is compared, so the person cannot be another one.
	m.sim.Script("order5", faceidtest.NotSamePerson())
	_, err := m.sim.RunSDK(t.Context(), m.launchFor("basic", "ios", "order5", "", m.nonceTicket()))
	require.ErrorContains(t, err, "nobody is compared")
	m.sim.Script("order6", faceidtest.SuspectedFake())
	r := m.run(m.launchFor("basic", "ios", "order6", "", m.nonceTicket()))
	require.Equal(t, []string{"WBFaceErrorDomainCompareServer", "66660023", "请确保本人操作且正脸对框"}, []string{r.Domain, r.Code, r.Message})
	require.Equal(t, "66660023", m.record("order6").code())
	m.sim.Script("order7", faceidtest.Quits())
	require.Equal(t, "42000", m.run(m.launchFor("basic", "ios", "order7", "", m.nonceTicket())).Code)
	require.Equal(t, "66660011", m.record("order7").code())
}

func TestRunSDKEndsAsThePlatformRefuses(t *testing.T) {
	m := ready(t)
	faceID, other := m.upload(orderNo), m.upload("order2")
	for name, c := range map[string]struct {
		params map[string]string
		code   string
	}{
		"SIGN in its place":     {m.launch("ios", orderNo, faceID, m.ticket), "400101"},
		"NONCE of another user": {m.launch("ios", orderNo, faceID, m.mustTicket(m.token, "NONCE", "user2")), "400101"},
		"unknown app":           {with(m.launch("ios", orderNo, faceID, m.nonceTicket()), "appId", "TIDA9999"), "400101"},
		"other version":         {with(m.launch("ios", orderNo, faceID, m.nonceTicket()), "apiVersion", "2.0.0"), "400106"},
		"faceId of another":     {m.launch("ios", orderNo, other, m.nonceTicket()), "66660000"},
		"nonce with a dash":     {with(m.launch("ios", orderNo, faceID, m.nonceTicket()), "nonce", nonce[1:]+"-"), "66660000"},
	} {
		t.Run(name, func(t *testing.T) {
			r := m.run(c.params)
			require.Equal(t, []string{"WBFaceErrorDomainLoginServer", c.code}, []string{r.Domain, r.Code})
		})
	}
	m.sim.Advance(5 * time.Minute)
	require.Equal(t, "66660018", m.run(m.launch("ios", orderNo, faceID, m.nonceTicket())).Code)
}

func TestRunSDKReportsTheEnding(t *testing.T) {
	for name, c := range map[string]struct {
		ending       faceidtest.Ending
		domain, code string
	}{
		"not the same": {faceidtest.NotSamePerson(), "WBFaceErrorDomainCompareServer", "66660004"},
		"times out":    {faceidtest.TimesOut(), "WBFaceErrorDomainNativeProcess", "42007"},
		"risky device": {faceidtest.RiskyDevice(), "WBFaceErrorDomainNativeProcess", "42010"},
		"bad video":    {faceidtest.Ending{Code: "66660016"}, "WBFaceErrorDomainNativeProcess", "42006"},
		"not live":     {faceidtest.Ending{Code: "400604"}, "WBFaceErrorDomainNativeProcess", "42004"},
		"without one":  {faceidtest.Ending{Code: "66660004", NoResult: true}, "WBFaceErrorDomainNativeProcess", "42010"},
		"quits":        {faceidtest.Quits(), "WBFaceErrorDomainNativeProcess", "42000"},
		"no camera":    {faceidtest.NoCamera(), "WBFaceErrorDomainNativeProcess", "42002"},
		"blocked":      {faceidtest.Blocked(), "WBFaceErrorDomainNativeProcess", "42010"},
	} {
		t.Run(name, func(t *testing.T) {
			m := ready(t)
			m.sim.Script(orderNo, c.ending)
			r := m.run(m.launch("ios", orderNo, m.upload(orderNo), m.nonceTicket()))
			require.Equal(t, []string{"ios", c.domain, c.code}, []string{r.Platform, r.Domain, r.Code})
			want := c.code
			if name != "not the same" {
				want = "66660011" // queries find no result of this ending
			}
			require.Equal(t, want, m.record(orderNo).code())
		})
	}
}

// Only an order that can be queried ends in the domain of the compare server.
func TestRunSDKTimesOutByItself(t *testing.T) {
	m := ready(t)
	m.sim.ScriptDefault(faceidtest.TimesOut())
	for _, product := range sdkProducts {
		for platform, code := range map[string]string{"android": "41007", "ios": "42007", "harmony": "43007"} {
			order := product + platform
			r := m.run(m.launchFor(product, platform, order, m.uploadFor(product, order), m.nonceTicket()))
			require.Equal(t, faceidtest.SDKResult{Platform: platform, Domain: "WBFaceErrorDomainNativeProcess", Code: code, Message: "超时"}, r)
			require.Equal(t, "66660011", m.record(order).code())
		}
	}
}

// The pages of Android have a verifyMode, which is the App's own.
func TestRunSDKTakesTheVerifyModeOfAndroid(t *testing.T) {
	m := ready(t)
	for _, product := range sdkProducts {
		good := m.launchFor(product, "android", product, m.uploadFor(product, product), m.nonceTicket())
		require.Equal(t, "0", m.run(with(good, "verifyMode", "GRADE")).Code)
		for platform, code := range map[string]string{"ios": "12000", "harmony": "13000"} {
			other := m.launchFor(product, platform, product+platform, m.uploadFor(product, product+platform), m.nonceTicket())
			require.Equal(t, code, m.run(with(other, "verifyMode", "GRADE")).Code)
		}
	}
	require.Equal(t, "0", m.run(with(m.launchWill("android", "will", m.uploadWill("will"), m.nonceTicket()), "verifyMode", "GRADE")).Code)
}

func TestRunSDKReportsMisuseAsAnError(t *testing.T) {
	m := ready(t)
	_, err := m.sim.RunSDK(context.Background(), map[string]string{"face_id": "x"})
	require.ErrorContains(t, err, "no platform")

	m.sim.ScriptDefault(faceidtest.BrowserUnsupported())
	_, err = m.sim.RunSDK(context.Background(), m.launch("ios", orderNo, m.upload(orderNo), m.nonceTicket()))
	require.ErrorContains(t, err, "only a browser")

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = m.sim.RunSDK(ctx, nil)
	require.ErrorIs(t, err, context.Canceled)
}
