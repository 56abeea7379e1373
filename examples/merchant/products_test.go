package main

import (
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestEveryPageProductPasses(t *testing.T) {
	for product, signed := range map[string]string{
		"plus": "NONCE ticket", "enhanced": "NONCE ticket", "pc": "NONCE ticket", "will": "NONCE ticket",
		"wechat": "TC3-HMAC-SHA256", "intl": "TC3-HMAC-SHA256",
	} {
		t.Run(product, func(t *testing.T) {
			b := open(t).browser()

			page := b.verify(product, "passes")

			want(t, "outcome", page.outcome(), "passed")
			contains(t, page.body, `id="similarity"`)
			contains(t, page.body, `id="photo"`)
			contains(t, page.body, signed)
			photo := b.get("/orders/1/photo")
			want(t, "kind of the photo", photo.header.Get("Content-Type"), "image/jpeg")
			want(t, "Cache-Control of the photo", photo.header.Get("Cache-Control"), "no-store")
			steps := page.body[strings.Index(page.body, `id="steps"`):]
			contains(t, steps, "••••")
			want(t, "a person in the steps", findPerson(steps), "")
			lacks(t, page.body, b.sim.Secret())
			contains(t, b.get("/orders").body, `data-state="passed"`)
		})
	}
}

func TestEndingsOfAFace(t *testing.T) {
	for ending, expected := range map[string]struct{ outcome, charged, part string }{
		"not-same-person": {"refused", "yes", "31.5"},
		"suspected-fake":  {"refused", "yes", "a screen or picture was filmed"},
		"quits":           {"none", "unknown", "Please begin anew"},
		"times-out":       {"none", "no", `id="code"`},
		"no-camera":       {"none", "unknown", "Please allow the camera"},
	} {
		t.Run(ending, func(t *testing.T) {
			b := open(t).browser()

			page := b.verify("plus", ending)

			want(t, "outcome", page.outcome(), expected.outcome)
			contains(t, page.body, `data-charged="`+expected.charged+`"`)
			contains(t, page.body, expected.part)
			lacks(t, page.body, `id="photo"`)
			want(t, "photo", b.get("/orders/1/photo").status, http.StatusNotFound)
		})
	}
}

// A faceId is for one verification: whoever has been on the page begins anew.
func TestWhoQuitBeginsAnew(t *testing.T) {
	b := open(t).browser()
	lacks(t, b.verify("plus", "quits").body, `id="again"`)

	want(t, "leads to", b.post("/orders/1/again").location, "/start/plus")

	want(t, "outcome", b.verify("plus", "passes").outcome(), "passed")
	want(t, "the first order", b.get("/orders/1").outcome(), "none")
}

func TestWillHearsTheAnswer(t *testing.T) {
	b := open(t).browser()
	contains(t, b.verify("will", "passes").body, "我自愿")
	want(t, "outcome", b.verify("will", "wrong-answer").outcome(), "refused")
}

func TestPhoneProducts(t *testing.T) {
	for _, c := range []struct{ product, ending, outcome, part string }{
		{"ocr", "card", "passed", personIDNo},
		{"ocr", "warned", "passed", "10010100"},
		{"ocr", "wrong-side", "refused", "66661006"},
		{"ocr", "leaves", "none", `id="code"><code>200101<`},
		{"bankcard", "bank-card", "passed", "6222020000000000000"},
		{"bankcard", "bank-copy", "passed", "the card is a photocopy"},
		{"bankcard", "no-bank-card", "none", `id="code"><code>200102<`},
		{"bankcard", "leaves", "none", `id="code"><code>200101<`},
		{"nfc", "document", "passed", personName},
		{"nfc", "others", "refused", "the result is of another person"},
		{"nfc", "slow", "none", `id="code"><code>600103<`},
	} {
		t.Run(c.product+" "+c.ending, func(t *testing.T) {
			b := open(t).browser()
			phone := b.get(b.start(c.product))
			contains(t, phone.body, `name="ending" value="`+c.ending+`"`)

			res := b.post("/orders/1/phone", "ending", c.ending)

			page := b.get(res.location)
			want(t, "outcome", page.outcome(), c.outcome)
			contains(t, page.body, c.part)
			if c.outcome == "refused" {
				lacks(t, page.body, "11010519491231002X")
			} // somebody else's
			who := b.shop.visitor(b.request())
			o, _ := who.order(1)
			want(t, "the person kept after the end", o.person.Name+o.person.IDNo, "")
		})
	}
}

// request is one that carries the browser's cookies.
func (b *browser) request() *http.Request {
	r := httptest.NewRequest(http.MethodGet, b.base+"/", nil)
	for _, c := range b.client.Jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
	return r
}

func TestBankCardWarnsInBothLanguages(t *testing.T) {
	b := open(t).browser()
	b.onPhone("bankcard", "bank-copy")
	b.post("/language", "lang", "zh")
	contains(t, b.get("/orders/1").body, "银行卡复印件")
}

func TestEidIsShownAsAQRCodeAndFollowsAPhone(t *testing.T) {
	s := open(t)
	b, phone := s.browser(), s.browser()
	page := b.get(b.start("eid"))
	want(t, "outcome", page.outcome(), "waiting")
	contains(t, page.body, `id="qr"`)
	picture := b.get("/orders/1/qr.png")
	_, err := png.Decode(strings.NewReader(picture.body))
	check(t, err)
	want(t, "state", b.get("/orders/1/state").body, `{"over":false}`)
	address := b.post("/orders/1/open").location

	back := phone.walk(address, "passes") // the phone scans, and comes back without the session
	other := phone.get(back)

	want(t, "outcome on the phone", other.outcome(), "foreign")
	want(t, "state", b.get("/orders/1/state").body, `{"over":true}`)
	b.get("/orders/1")
	b.post("/orders/1/check")
	want(t, "outcome", b.get("/orders/1").outcome(), "passed")
	want(t, "a code that is used up", b.get("/orders/1/qr.png").status, http.StatusNotFound)
}

func TestEidOnThisDevice(t *testing.T) {
	b := open(t).browser()
	b.get(b.start("eid"))
	want(t, "outcome", b.finish(b.walk(b.post("/orders/1/open").location, "not-same-person")).outcome(), "refused")
}

func TestWhoLeavesTheCloudPageIsAskedAboutLater(t *testing.T) {
	b := open(t).browser()
	b.start("wechat")
	want(t, "outcome", b.get("/orders/1").outcome(), "waiting")
	b.post("/orders/1/check")
	want(t, "outcome", b.get("/orders/1").outcome(), "error")
}
