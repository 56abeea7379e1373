package main

import (
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestTamperedCallbackIsRefused(t *testing.T) {
	for product, ending := range map[string]string{"plus": "not-same-person", "pc": "passes", "will": "passes", "wechat": "passes", "intl": "passes"} {
		t.Run(product, func(t *testing.T) {
			b := open(t).browser()
			before := b.verify(product, ending).outcome()

			res := b.post("/orders/1/tamper")
			page := b.get(res.location)

			want(t, "outcome", page.outcome(), "tampered")
			want(t, "status", page.status, http.StatusForbidden)
			want(t, "Referrer-Policy", page.header.Get("Referrer-Policy"), "no-referrer")
			want(t, "the order afterwards", b.get("/orders/1").outcome(), before)
		})
	}
}

// The cheat is first: nothing was handled yet that could hide it.
func TestTamperedCallbackDoesNotPassAnOpenOrder(t *testing.T) {
	b := open(t).browser()
	back := b.walk(b.start("plus"), "not-same-person")

	page := b.get(strings.Replace(back, "code=66660004", "code=0", 1))

	want(t, "outcome", page.outcome(), "tampered")
	want(t, "the order", b.get("/orders/1").outcome(), "waiting")
	b.post("/orders/1/check")
	want(t, "the order, asked about without a callback", b.get("/orders/1").outcome(), "waiting")
	want(t, "outcome", b.finish(back).outcome(), "refused")
}

func TestUnsignedCallbackIsRefused(t *testing.T) {
	b := open(t).browser()
	back := b.walk(b.start("plus"), "passes")

	page := b.get(regexp.MustCompile(`&newSignature=[^&]*`).ReplaceAllString(back, ""))

	want(t, "outcome", page.outcome(), "tampered")
	contains(t, page.body, "no signature")
	want(t, "the order", b.get("/orders/1").outcome(), "waiting")
}

// Two tabs, or an impatient person: entering again must not cost the result.
func TestAGenuineCallbackIsNotForgottenWhileThePlatformIsDown(t *testing.T) {
	b := open(t).browser()
	b.get("/what-if")
	b.post("/what-if/fault", "product", "plus", "fault", "down")
	page := b.verify("plus", "passes")
	want(t, "outcome", page.outcome(), "error")
	lacks(t, page.body, `id="again"`)

	want(t, "leads to", b.post("/orders/1/again").location, "/start/plus")

	for range 3 {
		b.post("/orders/1/check")
	}
	want(t, "outcome", b.get("/orders/1").outcome(), "passed")
}

// Else the page would ask every two seconds, for as long as it is open.
func TestAQRCodeThatDiedIsNotAskedAboutForEver(t *testing.T) {
	b := open(t).browser()
	contains(t, b.get(b.start("eid")).body, "data-wait")
	b.sim.Advance(time.Hour)
	want(t, "state", b.get("/orders/1/state").body, `{"over":true}`)
	b.get("/orders/1")

	b.post("/orders/1/check")

	page := b.get("/orders/1")
	want(t, "outcome", page.outcome(), "error")
	lacks(t, page.body, "data-wait")
	contains(t, page.body, `id="check"`)
}

func TestConnectReturnsTheClientThatItReplaces(t *testing.T) {
	b := open(t).browser()
	first := b.shop.client()
	old, err := b.shop.connect()
	check(t, err)
	want(t, "replaced", old, first)
	check(t, old.Close(t.Context()))
}

func TestReplayIsRefused(t *testing.T) {
	b := open(t).browser()
	b.verify("plus", "passes")
	asked := b.sim.Calls("/api/v2/base/queryfacerecord")

	page := b.get(b.post("/orders/1/replay").location)

	want(t, "outcome", page.outcome(), "replayed")
	want(t, "status", page.status, http.StatusConflict)
	want(t, "questions", b.sim.Calls("/api/v2/base/queryfacerecord"), asked)
}

func TestOneOfManyReturnsAsks(t *testing.T) {
	b := open(t).browser()
	back := b.walk(b.start("plus"), "passes")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, back, nil)
			if res, err := b.client.Do(req); err == nil {
				_ = res.Body.Close()
			}
		})
	}
	all.Wait()

	want(t, "questions", b.sim.Calls("/api/v2/base/queryfacerecord"), 3) // the decision, the photo, and the evidence
	want(t, "outcome", b.get("/orders/1").outcome(), "passed")
}

func TestAnotherSessionSeesNothing(t *testing.T) {
	s := open(t)
	b, stranger := s.browser(), s.browser()
	b.verify("plus", "passes")
	back := b.walk(b.start("plus"), "passes")
	stranger.get("/")

	for _, path := range []string{"/orders/1", "/orders/1/photo", "/orders/1/state", "/orders/1/qr.png"} {
		want(t, path, stranger.get(path).status, http.StatusNotFound)
	}
	stranger.get("/")
	for _, deed := range []string{"check", "again", "tamper", "replay", "open", "phone"} {
		want(t, deed, stranger.post("/orders/1/"+deed).status, http.StatusNotFound)
		stranger.get("/")
	}
	lacks(t, stranger.get("/orders").body, "data-state")
	want(t, "a callback of another's", stranger.get(back).outcome(), "foreign")
	want(t, "the order", b.get("/orders/2").outcome(), "waiting")
	want(t, "outcome", b.finish(back).outcome(), "passed")
}
