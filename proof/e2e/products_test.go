package e2e

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A call is a row of the table of steps. It has what ran, and the ticket that signed it. The calls
// of a chain run one after the other. The chains of a stage run at the same time,
// so that their rows may stand between each other in any order.
type (
	call  struct{ what, signed string }
	chain []call
	stage []chain
)

// An end is a way to fail, with what the shop must show.
type end struct {
	ending  string
	outcome string
	code    string
	charged string
	says    string // somewhere in the outcome
}

// A product is a product of the shop, with what the pages must show of it.
type product struct {
	id      string
	stages  []stage // of the first order
	charged string  // when it passes
	facts   map[string]string
	ends    []end
}

const (
	secret = "appID and secret"
	token  = "access token"
	sign   = "SIGN ticket"
	nonce  = "NONCE ticket (once)"
	tc3    = "TC3-HMAC-SHA256 (API key)"
	plain  = "nothing"
)

var (
	accessToken = step("GET /api/oauth2/access_token", secret)
	signTicket  = call{"GET /api/oauth2/api_ticket SIGN", token}
	nonceTicket = chain{{"GET /api/oauth2/api_ticket NONCE", token}}
	opened      = step("Site: opened the order", nonce)
	launched    = step("Site: launch parameters for the App", nonce)
	phoneRan    = step("Phone: the App ran its SDK", nonce)
	miniRan     = step("Phone: the mini program ran the plugin", plain)
)

// step is a stage of one call.
func step(what, signed string) stage { return stage{{{what, signed}}} }

// upload is the upload behind its SIGN ticket, beside a ticket for this person's
// login.
func upload(what string) stage { return stage{{signTicket, {what, sign}}, nonceTicket} }

// kyc1 are the calls of a product of appID and secret: the token, the upload with
// the tickets, and the result after the callback.
func kyc1(uploaded string, queries ...string) []stage {
	stages := []stage{accessToken, upload(uploaded), opened, step("Site: verified the signature of the callback", sign)}
	for _, query := range queries {
		stages = append(stages, step(query, sign))
	}
	return stages
}

// cloud are the calls of API 3.0: an API key signs them, and nothing signs the
// way back.
func cloud(open, opened, result string) []stage {
	return []stage{step(open, tc3), step("Site: "+opened, plain), step("Site: the token that came back is this session's", plain), step(result, tc3)}
}

// faceEnds are the failures of the three products that show a face only.
func faceEnds(fakeCharged, filmed string) []end {
	return []end{
		{"not-same-person", "refused", "66660004", "yes", "31.5"},
		{"suspected-fake", "refused", "66660023", fakeCharged, filmed},
		{"quits", "none", "3003", "unknown", "begin anew"},
		{"times-out", "none", "66660018", "no", ""},
		{"no-camera", "none", "3004", "unknown", "allow the camera, then begin anew"},
	}
}

func cloudEnds(charged, fakeCharged string) []end {
	return []end{
		{"not-same-person", "refused", "2016", charged, ""},
		{"suspected-fake", "refused", "1002", fakeCharged, ""},
		{"quits", "", "", "", ""}, // they do not come back
	}
}

var (
	record   = "POST /api/v2/base/queryfacerecord"
	score    = map[string]string{"liveRate": "99", "similarity": "97"}
	match    = map[string]string{"similarity": "97.00"}
	products = []product{
		{"plus", kyc1("POST /api/server/getPlusFaceId", record, record), "yes", score, faceEnds("yes", "a screen or picture was filmed")},
		{"enhanced", kyc1("POST /api/server/getAdvFaceId", record, record), "yes", score, faceEnds("no", "")},
		{"pc", kyc1("POST /api/server/h5/geth5faceid", record, record), "yes", score, faceEnds("no", "")},
		{"will", kyc1("POST /api/server/getWillFaceId", "POST /api/server/getWillFaceResult"), "yes", score,
			append(faceEnds("no", ""), end{"wrong-answer", "refused", "66666006", "yes", ""})},
		{"wechat", cloud("DetectAuth", "opened the order", "GetDetectInfoEnhanced"), "yes", match, cloudEnds("yes", "yes")},
		{"eid", cloud("GetEidToken", "the page's address into a QR code", "GetEidResult"), "yes", match, cloudEnds("yes", "no")},
		{"intl", cloud("ApplyWebVerificationBizTokenIntl", "opened the order", "GetWebVerificationResultIntl"), "unknown", match, cloudEnds("unknown", "unknown")},
		{"ocr", []stage{accessToken, {nonceTicket}, launched, phoneRan, step("GET /api/server/getOcrResult", sign)}, "unknown", nil, []end{
			{"warned", "passed", "0", "unknown", "10010100"},
			{"wrong-side", "refused", "66661006", "no", ""},
			{"leaves", "none", "200101", "unknown", ""},
		}},
		{"app", []stage{accessToken, upload("POST /api/server/getPlusFaceId"), launched, phoneRan, step(record, sign), step(record, sign)}, "yes", score, []end{
			{"not-same-person", "refused", "66660004", "yes", "31.5"},
			{"app-lies", "refused", "66660023", "yes", ""},
			{"leaves", "none", "41000", "unknown", ""},
		}},
		{"mini", []stage{step("DetectAuth", tc3), step("Site: the BizToken for the mini program", plain), miniRan, step("GetDetectInfoEnhanced", tc3)}, "yes", match, []end{
			{"not-same-person", "refused", "2016", "yes", ""},
			{"second-try", "passed", "0", "yes", "2 charged attempts"},
		}},
		{"bankcard", []stage{accessToken, {nonceTicket}, launched, phoneRan, step("GET /api/server/getBankCardOcrResult", sign)}, "unknown", nil, []end{
			{"bank-copy", "passed", "0", "unknown", "a photocopy"},
			{"no-bank-card", "none", "200102", "unknown", ""},
			{"leaves", "none", "200101", "unknown", ""},
		}},
		{"nfc", []stage{accessToken, upload("POST /api/server/getOcrCertId"), launched, phoneRan,
			step("POST /api/v2/nfcpaas/getIdcardNfcResult", sign)}, "yes", nil, []end{
			{"others", "refused", "", "yes", "the result is of another person"},
			{"slow", "none", "600103", "no", ""},
		}},
	}
)

func TestEveryProduct(t *testing.T) {
	asked(t)
	for _, on := range screens {
		for _, p := range products {
			t.Run(p.id+" on a "+on.name, func(t *testing.T) {
				t.Parallel()
				// Who left is asked about. Of a bank card that was not read the platform says
				// that its order number is too long.
				v := open(t, "NoResult", "code=66660000").visit(t, on, "en-US")

				v.start(p.id, true)
				v.finish("passes", true)

				v.passed(p)
				v.sound()
				states := []string{"passed"}
				for _, e := range p.ends {
					v.start(p.id, false)
					states = append([]string{v.ends(e)}, states...)
				}
				v.to("/orders")
				v.sound()
				require.Equal(t, states, read[[]string](v, `Array.from(document.querySelectorAll('#orders [data-state]'), row => row.dataset.state)`))
				v.next(`#orders [data-state="passed"]:last-child a`)
				require.Equal(t, "passed", v.outcome())
			})
		}
	}
}

// start opens an order in the shop and comes to the simulator's page.
func (v *visitor) start(product string, looking bool) {
	v.t.Helper()
	v.to("/")
	v.look(looking)
	v.next(`[data-product="` + product + `"]`)
	v.look(looking)
	v.next("#start")
	if v.has("#open") { // E证通 shows a QR code first
		v.look(looking)
		v.loaded("#qr")
		v.next("#open")
	}
}

func (v *visitor) look(looking bool) {
	v.t.Helper()
	if looking {
		v.sound()
	}
}

// finish goes through the simulator's three steps, or the phone's one, and comes
// back.
func (v *visitor) finish(ending string, looking bool) {
	v.t.Helper()
	v.look(looking)
	if v.has(`button[name="ending"]`) {
		if ending == "passes" { // the first is the good one
			ending = read[string](v, `document.querySelector('button[name="ending"]').value`)
		}
		v.next(`button[name="ending"][value="` + ending + `"]`)
		return
	}
	v.choose(ending, looking)
	v.next("#finish")
	if v.has("a.back") {
		v.look(looking)
		v.next("a.back")
	}
}

// choose goes through the three steps, up to the button.
func (v *visitor) choose(ending string, looking bool) {
	v.t.Helper()
	require.False(v.t, v.visible("#finish"), "the ending comes before the consent")
	v.press("#consent")
	v.press("#begin")
	v.until(shown("#progress"))
	v.look(looking)
	v.until(shown("#finish"))
	v.look(looking)
	v.press(`input[name="ending"][value="` + ending + `"]`)
}

func shown(selector string) string {
	return "document.querySelector(" + quote(selector) + ")?.checkVisibility()"
}

func (v *visitor) visible(selector string) bool {
	v.t.Helper()
	return read[bool](v, "Boolean("+shown(selector)+")")
}

// outcome returns what the page says of the order, or of the request.
func (v *visitor) outcome() string {
	v.t.Helper()
	return read[string](v, `document.querySelector('main').dataset.outcome || ''`)
}

// loaded waits for a picture.
func (v *visitor) loaded(selector string) {
	v.t.Helper()
	v.until("document.querySelector(" + quote(selector) + ")?.complete")
	require.Positive(v.t, read[int](v, "document.querySelector("+quote(selector)+").naturalWidth"), "the picture %s did not load", selector)
}

// passed checks the result of a first order.
func (v *visitor) passed(p product) {
	v.t.Helper()
	require.Equal(v.t, "passed", v.outcome(), v.text("main"))
	require.Equal(v.t, "0", v.text("#code"))
	require.Equal(v.t, p.charged, read[string](v, `document.getElementById('charged').dataset.charged`))
	for id, want := range p.facts {
		require.Equal(v.t, want, v.text("#"+id), id)
	}
	require.False(v.t, v.has("#risk"), "somebody who passed has no risk")
	if p.id != "intl" || v.has("#photo") {
		v.loaded("#photo")
	}
	v.ran(p.stages...)
	v.keepsSecrets()
}

// ran checks that the table of steps holds these calls, stage after stage.
func (v *visitor) ran(stages ...stage) {
	v.t.Helper()
	rows := read[[][]string](v, `Array.from(document.querySelectorAll('#steps tbody tr'), row => [row.cells[1].innerText, row.cells[2].innerText])`)
	at := 0
	for _, chains := range stages {
		waiting := slices.Clone(chains)
		for ; len(waiting) > 0; at++ {
			require.Less(v.t, at, len(rows), "the steps lack %v, or have it too early:\n%v", waiting, rows)
			for i, c := range waiting {
				if strings.HasPrefix(rows[at][0], c[0].what) && rows[at][1] == c[0].signed {
					waiting[i] = c[1:]
					break
				}
			}
			waiting = slices.DeleteFunc(waiting, func(c chain) bool { return len(c) == 0 })
		}
	}
}

// harmless are the parameters that steps may show.
var (
	harmless = regexp.MustCompile(`^(appId|app_id|version|grant_type|type|orderNo|order_no|getFile|get_file|getWillFile|willType|nfcType|InfoType|RuleId|MerchantId|code)=`)
	pair     = regexp.MustCompile(`[A-Za-z_]+=\S*`)
)

// keepsSecrets checks that a result shows neither a secret nor, beside what a
// card said, the person: nothing of what the browser carried either.
func (v *visitor) keepsSecrets() {
	v.t.Helper()
	steps := v.text("#steps")
	require.Contains(v.t, steps, "=••••")
	for _, p := range pair.FindAllString(steps, -1) {
		require.True(v.t, harmless.MatchString(p) || strings.HasSuffix(p, "=••••"), "the steps show %s", p)
	}
	require.NotContains(v.t, steps, personName)
	require.NotContains(v.t, steps, personIDNo)
	page := read[string](v, `document.documentElement.outerHTML`)
	seen := 0
	for _, u := range v.requests() {
		address, err := url.Parse(u)
		require.NoError(v.t, err)
		for name, values := range address.Query() {
			if !harmless.MatchString(name+"=") && len(values[0]) > 15 && name != "url" {
				require.NotContains(v.t, page, values[0], "%s of %s", name, address.Path)
				seen++
			}
		}
	}
	if !slices.ContainsFunc(v.requests(), func(u string) bool { return strings.Contains(u, "/back/") }) {
		return // an App's way: no URL went through this browser
	}
	require.Positive(v.t, seen, "no secret went through this browser, which cannot be")
}

func (v *visitor) requests() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]string(nil), v.urls...)
}

// ends fails as asked, and returns the state that the order must have in the
// list of orders.
func (v *visitor) ends(e end) string {
	v.t.Helper()
	if e.outcome == "" {
		v.choose(e.ending, false)
		v.next("#finish")
		v.until(`document.querySelector('main[data-left]')`)
		v.sound()
		v.leftBehind()
		return "error"
	}
	v.finish(e.ending, false)
	require.Equal(v.t, e.outcome, v.outcome(), "%s: %s", e.ending, v.text("main"))
	if e.code == "" {
		require.False(v.t, v.has("#code"))
	} else {
		require.Equal(v.t, e.code, v.text("#code"), e.ending)
	}
	charged := read[string](v, `document.getElementById('charged').dataset.charged`)
	require.Equal(v.t, e.charged, charged, "%s: %s", e.ending, v.text("main"))
	require.Contains(v.t, v.text("#outcome"), e.says, e.ending)
	require.False(v.t, v.has("#again"), "%s: a faceId is for one verification", e.ending)
	require.True(v.t, v.has("#new"), "%s: begin anew", e.ending)
	require.Equal(v.t, e.outcome == "passed", v.has("#photo"), "%s: a photo", e.ending)
	require.NotContains(v.t, v.text("#steps"), personIDNo)
	v.look(v.phone) // where there is less room
	return e.outcome
}

// leftBehind looks at an order whose person went away: it waits, and the
// platform has no answer.
func (v *visitor) leftBehind() {
	v.t.Helper()
	v.to("/orders")
	v.next("#orders [data-state] a")
	require.Equal(v.t, "waiting", v.outcome())
	v.next("#check")
	require.Equal(v.t, "error", v.outcome())
	require.True(v.t, v.has(`[role="alert"]`))
	v.sound()
}

func TestWhoQuitBeginsAnew(t *testing.T) {
	v := open(t, "NoResult").visit(t, phone, "en")
	v.start("plus", false)
	v.finish("quits", false)

	v.next("#new")
	v.next("#start")
	v.finish("passes", false)

	require.Equal(t, "passed", v.outcome())
	v.ran(stage{{{"POST /api/server/getPlusFaceId", sign}}, nonceTicket}, step(record, sign))
}

// Nobody has come back yet: the first URL may have been burnt.
func TestABurntURLIsMadeAnew(t *testing.T) {
	v := open(t, "NoResult").visit(t, phone, "en")
	v.start("plus", false)
	v.to("/orders/1")

	v.next("#again")
	v.finish("passes", false)

	require.Equal(t, "passed", v.outcome())
	v.ran(step("Site: a new login URL for the same order", nonce), step(record, sign))
}
