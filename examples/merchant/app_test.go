package main

import (
	"strings"
	"testing"
	"time"
)

func TestAppIsNotBelieved(t *testing.T) {
	for ending, expected := range map[string]struct{ outcome, charged, part, said string }{
		"passes":          {"passed", "yes", `id="similarity"`, `class="words">0<`},
		"not-same-person": {"refused", "yes", "66660004", "66660004"},
		"app-lies":        {"refused", "yes", "66660023", `class="words">0<`},
		"leaves":          {"none", "unknown", "NativeProcess", "NativeProcess"},
	} {
		t.Run(ending, func(t *testing.T) {
			b := open(t).browser()

			page := b.onPhone("app", ending)

			want(t, "outcome", page.outcome(), expected.outcome)
			contains(t, page.body, `data-charged="`+expected.charged+`"`)
			contains(t, page.body, expected.part)
			contains(t, page.body, expected.said)
			contains(t, page.body, "openApiSign=••••") // the launch parameters, covered
			want(t, "a photo", b.get("/orders/1/photo").status == 200, ending == "passes")
			_, steps, _ := strings.Cut(page.body, `id="steps"`)
			want(t, "asked", strings.Contains(steps, askFace), ending != "leaves")
		})
	}
}

// The App records a video, and the shop keeps it.
func TestAppLeavesAVideo(t *testing.T) {
	b := open(t).browser()
	b.onPhone("app", "passes")
	page := b.get("/orders").body
	contains(t, page, `data-state="passed" data-evidence="done"`)
	contains(t, page, "video")
}

// An App that never reports leaves an order whose pass nobody takes: nobody knows who sits
// before this browser.
func TestAppThatNeverReports(t *testing.T) {
	b := open(t).browser()
	b.get(b.start("app"))
	o, _ := b.shop.visitor(b.request()).order(1)
	_, err := b.sim.RunSDK(t.Context(), o.launch.Params)
	check(t, err)
	check(t, b.shop.advance(t.Context(), 10*time.Minute))
	b.due()
	want(t, "the order", b.get("/orders/1").outcome(), "waiting")
	lacks(t, b.get("/orders/1").body, `id="check"`)
}

// An App has reported, and the platform is down: the page asks again, and starts no SDK
// twice.
func TestAppIsAskedAboutAgain(t *testing.T) {
	b := open(t).browser()
	b.inject("app", "down")
	page := b.onPhone("app", "passes")
	want(t, "outcome", page.outcome(), "error")
	lacks(t, page.body, `name="ending"`)
	b.post("/orders/1/phone", "ending", "leaves") // another tab still has the phone
	for range 3 {
		b.get("/orders/1")
		b.post("/orders/1/check")
	}
	want(t, "outcome", b.get("/orders/1").outcome(), "passed")
}

func TestMiniProgram(t *testing.T) {
	for ending, expected := range map[string]struct{ outcome, part string }{
		"passes":          {"passed", `data-charged="yes">yes (1 `},
		"not-same-person": {"refused", "2016"},
		"second-try":      {"passed", `data-charged="yes">yes (2 `},
	} {
		t.Run(ending, func(t *testing.T) {
			b := open(t).browser()
			page := b.onPhone("mini", ending)
			want(t, "outcome", page.outcome(), expected.outcome)
			contains(t, page.body, expected.part)
			contains(t, page.body, "BizToken=••••")
			who := b.shop.visitor(b.request())
			o, _ := who.order(1)
			lacks(t, page.body, o.ref)
			want(t, "the person kept after the end", o.person.Name+o.person.IDNo, "")
		})
	}
}

// Who left may come again: the token is for several tries.
func TestMiniProgramTakesWhoLeft(t *testing.T) {
	b := open(t).browser()
	page := b.onPhone("mini", "leaves")
	want(t, "outcome", page.outcome(), "error")
	contains(t, page.body, texts["problem-left"][1])

	page = b.get(b.post("/orders/1/phone", "ending", "passes").location)

	want(t, "outcome", page.outcome(), "passed")
	want(t, "flows", b.sim.Calls("DetectAuth"), 1)
}
