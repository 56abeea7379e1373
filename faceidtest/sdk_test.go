package faceidtest_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

// launch has the parameters for each platform, in faceId, orderNo, appId,
// version, nonce, userId, sign, licence order.
var launchNames = map[string][]string{
	"android": {"faceId", "agreementNo", "openApiAppId", "openApiAppVersion", "openApiNonce", "openApiUserId", "openApiSign", "keyLicence"},
	"ios":     {"faceId", "orderNo", "appId", "apiVersion", "nonce", "userid", "sign", "licence"},
	"harmony": {"faceId", "orderNo", "appId", "version", "nonce", "userId", "sign", "licence"},
}

func (m *merchant) launch(platform, order, faceID, ticket string) map[string]string {
	values := []string{faceID, order, m.appID, "1.0.0", nonce, userID, sign(m.appID, userID, "1.0.0", nonce, ticket), "invented licence"}
	params := map[string]string{}
	for i, name := range launchNames[platform] {
		params[name] = values[i]
	}
	return params
}

func (m *merchant) run(params map[string]string) faceidtest.SDKResult {
	m.t.Helper()
	r, err := m.sim.RunSDK(context.Background(), params)
	require.NoError(m.t, err)
	return r
}

func TestSDKRunsOnEachPlatform(t *testing.T) {
	for platform := range launchNames {
		t.Run(platform, func(t *testing.T) {
			m := ready(t)
			params := m.launch(platform, orderNo, m.upload(orderNo), m.nonceTicket())

			require.Equal(t, faceidtest.SDKResult{Platform: platform, Code: "0", Message: "成功"}, m.run(params))
			require.Equal(t, "0", m.record(orderNo).code())
			require.Equal(t, "v4.5.2.1", m.record(orderNo, "queryVersion", "1.0").result()["sdkVersion"])

			again := m.run(params)
			require.Equal(t, "WBFaceErrorDomainLoginServer", again.Domain)
			require.Equal(t, "400101", again.Code)
		})
	}
}

func TestSDKRefusesEachParameter(t *testing.T) {
	domains := map[string]string{"android": "WBFaceErrorDomainParams", "ios": "WBFaceErrorDomainInputParams", "harmony": "WBFaceErrorDomainParams"}
	codes := map[string]string{"android": "11000", "ios": "12000", "harmony": "13000"}
	m := ready(t)
	faceID := m.upload(orderNo)
	for platform, names := range launchNames {
		for _, name := range names {
			good := m.launch(platform, orderNo, faceID, m.ticket)
			for how, params := range map[string]map[string]string{
				"missing":  without(good, name),
				"empty":    with(good, name, ""),
				"misnamed": with(without(good, name), name+"X", good[name]),
			} {
				t.Run(platform+" "+name+" "+how, func(t *testing.T) {
					r := m.run(params)
					require.Equal(t, []string{platform, domains[platform], codes[platform]}, []string{r.Platform, r.Domain, r.Code})
				})
			}
		}
		r := m.run(with(m.launch(platform, orderNo, faceID, m.ticket), "verifyMode", "GRADE"))
		require.Equal(t, codes[platform], r.Code)
	}
	ios := m.launch("ios", orderNo, faceID, m.ticket)
	require.Equal(t, "12006", m.run(with(ios, "orderNo", nonce+"1")).Code)
	require.Equal(t, "12007", m.run(with(ios, "nonce", "short")).Code)
	harmony := m.launch("harmony", orderNo, faceID, m.ticket)
	require.Equal(t, "13000", m.run(with(harmony, "userId", nonce[:31])).Code)
	require.Equal(t, "400101", m.run(with(harmony, "userId", nonce[:30])).Code)
}

func TestSDKLaunchIsCheckedByTheBackend(t *testing.T) {
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

func TestSDKReportsTheEnding(t *testing.T) {
	for name, c := range map[string]struct {
		ending       faceidtest.Ending
		domain, code string
	}{
		"not the same": {faceidtest.NotSamePerson(), "WBFaceErrorDomainCompareServer", "66660004"},
		"times out":    {faceidtest.TimesOut(), "WBFaceErrorDomainCompareServer", "66660018"},
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
			if c.domain != "WBFaceErrorDomainCompareServer" {
				want = "66660011" // such an end cannot be queried
			}
			require.Equal(t, want, m.record(orderNo).code())
		})
	}
}

func TestSDKMisuseIsAnError(t *testing.T) {
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
