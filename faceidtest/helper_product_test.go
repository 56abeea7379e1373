package faceidtest_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"
)

const (
	advPath    = "/api/server/getAdvFaceId"
	basicPath  = "/api/server/getfaceid"
	pcPath     = "/api/server/h5/geth5faceid"
	webPage    = "/api/web/login"
	pcPage     = "/api/pc/login"
	personName = "李四"
	personIDNo = "invented"
)

// A productTable is what the platform's pages print about a product. It is
// written here once more, so that a test does not ask the simulator.
type productTable struct {
	path, idName, idForm         string
	nonce, liveInterType, domain bool
	page, idInURL                string // "" for a product that no browser can open
	back                         []string
	sdk                          bool
}

var tables = map[string]productTable{
	"plus": {uploadPath, "faceId", `^tx[0-9a-f]{30}$`, true, true, true, webPage, "faceId",
		[]string{"code", "orderNo", "faceId", "newSignature", "liveRate"}, true},
	"enhanced": {advPath, "faceId", `^tx[0-9a-f]{30}$`, true, true, true, webPage, "faceId",
		[]string{"code", "orderNo", "h5faceId", "newSignature", "liveRate"}, true},
	"basic": {path: basicPath, idName: "faceId", idForm: `^[0-9a-f]{32}$`, nonce: true, sdk: true},
	"pc": {path: pcPath, idName: "h5faceId", idForm: `^wb[0-9a-f]{30}$`, domain: true, page: pcPage, idInURL: "h5faceId",
		back: []string{"code", "orderNo", "h5faceId", "newSign"}},
}

func (m *merchant) bodyFor(product, order string) map[string]string {
	body := map[string]string{"appId": m.appID, "orderNo": order, "name": personName, "idNo": personIDNo, "userId": userID, "version": "1.0.0"}
	if tables[product].nonce {
		body["nonce"] = nonce
	}
	return m.signedFor(product, body)
}

// signedFor signs an upload with the values that it has. Absent values add
// nothing.
func (m *merchant) signedFor(product string, body map[string]string) map[string]string {
	if product == "pc" {
		return with(body, "sign", sign(body["appId"], body["orderNo"], body["name"], body["idNo"], body["userId"], body["version"], m.ticket))
	}
	return with(body, "sign", sign(body["appId"], body["userId"], body["version"], body["nonce"], m.ticket))
}

func (m *merchant) uploadFor(product, order string, extra ...string) string {
	m.t.Helper()
	a := m.post(tables[product].path, with(m.bodyFor(product, order), extra...))
	require.Equal(m.t, "0", a.code(), a.body)
	return a.result()[tables[product].idName].(string)
}

// pageURL makes the address of a page with an id. The id may be one that does
// not belong to the page.
func (m *merchant) pageURL(page, order, id string) string {
	m.t.Helper()
	q := m.signedLogin(order, id, m.nonceTicket())
	if page == pcPage {
		q = with(without(q, "faceId", "from", "resultType"), "h5faceId", id)
	}
	return m.urlOf(page, q)
}

func (m *merchant) urlOf(page string, q map[string]string) string {
	return strings.Replace(m.loginURL(q), webPage, page, 1)
}

// completeFor takes an order of a product through a browser.
func (m *merchant) completeFor(product, order string, extra ...string) *http.Request {
	m.t.Helper()
	r, err := m.visit(m.pageURL(tables[product].page, order, m.uploadFor(product, order, extra...)))
	require.NoError(m.t, err)
	return r
}

func names[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func sorted(names ...string) []string { return slices.Sorted(slices.Values(names)) }

// checkCallback fails unless the request has these parameters, in this order,
// after the merchant's own.
func (m *merchant) checkCallback(r *http.Request, want []string, faceID string) {
	m.t.Helper()
	var got []string
	for _, pair := range strings.Split(r.URL.RawQuery, "&")[2:] {
		name, _, _ := strings.Cut(pair, "=")
		got = append(got, name)
	}
	require.Equal(m.t, want, got)
	q := r.URL.Query()
	require.Equal(m.t, "0", q.Get("code"))
	require.Equal(m.t, orderNo, q.Get("orderNo"))
	require.Equal(m.t, faceID, q.Get(want[2]))
	require.Equal(m.t, sign(m.appID, orderNo, "0", m.ticket), q.Get(want[3])) // the signature is in upper case
}

// everyRisk returns more members of riskInfo than any product may tell.
func everyRisk() map[string]string {
	return map[string]string{"deviceInfoLevel": "1", "deviceInfoTag": "", "riskInfoLevel": "", "riskInfoTag": "", "LivenessInfoTag": "03", "other": "x"}
}
