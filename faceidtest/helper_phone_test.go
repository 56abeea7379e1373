package faceidtest_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

// launchNames has the parameters of each platform, in the order faceId,
// orderNo, appId, version, nonce, userId, sign, licence.
var launchNames = map[string][]string{
	"android": {"faceId", "agreementNo", "openApiAppId", "openApiAppVersion", "openApiNonce", "openApiUserId", "openApiSign", "keyLicence"},
	"ios":     {"faceId", "orderNo", "appId", "apiVersion", "nonce", "userid", "sign", "licence"},
	"harmony": {"faceId", "orderNo", "appId", "version", "nonce", "userId", "sign", "licence"},
}

// basicIOSNames are the parameters of Basic on iOS, which spells appid in lower
// case.
var basicIOSNames = []string{"faceId", "orderNo", "appid", "apiVersion", "nonce", "userid", "sign", "licence"}

func namesFor(product, platform string) []string {
	if product == "basic" && platform == "ios" {
		return basicIOSNames
	}
	return launchNames[platform]
}

func (m *merchant) launch(platform, order, faceID, ticket string) map[string]string {
	return m.launchFor("plus", platform, order, faceID, ticket)
}

func (m *merchant) launchFor(product, platform, order, faceID, ticket string) map[string]string {
	values := []string{faceID, order, m.appID, "1.0.0", nonce, userID, sign(m.appID, userID, "1.0.0", nonce, ticket), "invented licence"}
	params := map[string]string{}
	for i, name := range namesFor(product, platform) {
		params[name] = values[i]
	}
	return params
}

func (m *merchant) run(params map[string]string) faceidtest.SDKResult {
	m.t.Helper()
	r, err := m.sim.RunSDK(context.Background(), params, m.switches...)
	require.NoError(m.t, err)
	return r
}

// recording returns a ready merchant whose App records.
func recording(t *testing.T) *merchant {
	t.Helper()
	m := ready(t)
	m.switches = []faceidtest.SDKSwitch{faceidtest.RecordVideo}
	return m
}

// sdkProducts are the products of face verification that a phone can run.
var sdkProducts = []string{"plus", "enhanced", "basic"}

const (
	idCardPath   = "/api/server/getOcrResult"
	bankCardPath = "/api/server/getBankCardOcrResult"
)

// ocrNames has the parameters of each platform, in the order orderNo, appId,
// version, nonce, userId, sign, license. It has "" for a parameter that a
// platform does not have.
var ocrNames = map[string][]string{
	"android": {"orderNo", "openApiAppId", "openApiAppVersion", "openApiNonce", "openApiUserId", "openApiSign", ""},
	"ios":     {"orderNo", "appId", "version", "nonce", "userId", "sign", "license"},
	"harmony": {"orderNo", "appId", "", "nonce", "userId", "sign", ""},
}

func named(names, values []string) map[string]string {
	params := map[string]string{}
	for i, name := range names {
		if name != "" {
			params[name] = values[i]
		}
	}
	return params
}

func (m *merchant) launchOCR(platform, order, ticket string) map[string]string {
	return named(ocrNames[platform], []string{order, m.appID, "1.0.0", nonce, userID, sign(m.appID, userID, "1.0.0", nonce, ticket), "invented licence"})
}

func (m *merchant) runOCR(params map[string]string, card faceidtest.Card) faceidtest.SDKResult {
	m.t.Helper()
	r, err := m.sim.RunOCR(context.Background(), params, card)
	require.NoError(m.t, err)
	return r
}

// scan scans a card on Android.
func (m *merchant) scan(order string, card faceidtest.Card) faceidtest.SDKResult {
	m.t.Helper()
	return m.runOCR(m.launchOCR("android", order, m.nonceTicket()), card)
}

func (m *merchant) ocrQuery(order string, extra ...string) map[string]string {
	return with(map[string]string{
		"app_id": m.appID, "order_no": order, "version": "1.0.0", "nonce": nonce, "sign": sign(m.appID, order, "1.0.0", nonce, m.ticket),
	}, extra...)
}

func (m *merchant) idCard(order string, extra ...string) answer {
	m.t.Helper()
	return m.get(idCardPath, m.ocrQuery(order, extra...))
}

func (m *merchant) bankCard(order string, extra ...string) answer {
	m.t.Helper()
	return m.get(bankCardPath, m.ocrQuery(order, extra...))
}

const (
	certPath = "/api/server/getOcrCertId"
	nfcPath  = "/api/v2/nfcpaas/getIdcardNfcResult"
)

// nfcNames has the parameters of each platform, in the order orderNo, appId,
// version, nonce, userId, sign, ocrCertId.
var nfcNames = map[string][]string{
	"android": {"orderNo", "openApiAppId", "openApiAppVersion", "openApiNonce", "openApiUserId", "openApiSign", "openApiOcrCertId"},
	"ios":     {"orderNo", "appId", "version", "nonce", "userId", "sign", "ocrCertId"},
}

// permit holds the extras that an App adds for a home-return permit, by
// platform.
var permit = map[string]map[string]string{
	"android": {"NFC_TYPE": "3", "travel_card_no": "H00000000", "travel_card_birth": "900101", "travel_card_validate": "390101"},
	"ios":     {"passportNumber": "H00000000", "dateOfBirth": "900101", "expiryDate": "390101"},
}

func (m *merchant) certBody(order, kind string) map[string]string {
	return map[string]string{"appId": m.appID, "orderNo": order, "userId": userID, "version": "1.0.0", "nonce": nonce, "nfcType": kind,
		"sign": sign(m.appID, order, "1.0.0", nonce, m.ticket)}
}

func (m *merchant) cert(order, kind string) string {
	m.t.Helper()
	a := m.post(certPath, m.certBody(order, kind))
	require.Equal(m.t, "0", a.code(), a.body)
	return a.result()["ocrCertId"].(string)
}

func (m *merchant) launchNFC(platform, order, certID, ticket string) map[string]string {
	return named(nfcNames[platform], []string{order, m.appID, "1.0.0", nonce, userID, sign(m.appID, userID, "1.0.0", nonce, ticket), certID})
}

func (m *merchant) runNFC(params, extras map[string]string) faceidtest.NFCResult {
	m.t.Helper()
	r, err := m.sim.RunNFC(context.Background(), params, extras)
	require.NoError(m.t, err)
	return r
}

// read reads an identity card on Android and returns its reqId.
func (m *merchant) read(order string) string {
	m.t.Helper()
	r := m.runNFC(m.launchNFC("android", order, m.cert(order, "1"), m.nonceTicket()), nil)
	require.Equal(m.t, "0", r.Code)
	return r.ReqID
}

func (m *merchant) nfcBody(order, reqID string, extra ...string) map[string]string {
	return with(m.queryBody(order), append([]string{"reqId", reqID}, extra...)...)
}

func (m *merchant) nfc(order, reqID string, extra ...string) answer {
	m.t.Helper()
	return m.post(nfcPath, m.nfcBody(order, reqID, extra...))
}

func (m *merchant) decrypted(a answer) map[string]any {
	m.t.Helper()
	text, ok := a.result()["nfcEnResult"].(string)
	require.True(m.t, ok, a.body)
	sealed, err := base64.StdEncoding.DecodeString(text)
	require.NoError(m.t, err)
	key, err := hex.DecodeString(m.sim.NFCKey())
	require.NoError(m.t, err)
	var fields map[string]any
	require.NoError(m.t, json.Unmarshal(openSM4(m.t, key, sealed), &fields))
	return fields
}

// twice posts a good body in which one member stands twice, and wants a
// refusal.
func (m *merchant) twice(path string, good map[string]string, name string) {
	m.t.Helper()
	b, err := json.Marshal(good)
	require.NoError(m.t, err)
	text := strings.TrimSuffix(string(b), "}") + `,"` + name + `":"` + good[name] + `"}`
	require.Equal(m.t, "66660000", codeOf(m.postRaw(path, "?orderNo="+good["orderNo"], "application/json", text)))
}
