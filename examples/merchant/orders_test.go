package main

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// The clock of the platform decides how long everything lives, and it lies far from ours.
func TestOrderTellsThePlatformsTime(t *testing.T) {
	b := open(t).browser()
	day := func() string { return b.sim.Now().In(china).Format("2006-01-02 15:04") }
	b.verify("plus", "passes")
	first := day()
	check(t, b.shop.advance(t.Context(), 96*time.Hour))
	b.verify("pc", "passes")
	second := day()
	ours := time.Now().In(china).Format("2006-01-02")

	for _, path := range []string{"/orders", "/bill"} {
		page := b.get(path).body
		contains(t, page, "<time>"+first)
		contains(t, page, "<time>"+second)
		lacks(t, page, ours)
	}
	contains(t, b.get("/orders/1").body, `<time id="opened">`+first)
	for _, path := range []string{"/", "/orders/2", "/what-if"} {
		page := b.get(path).body
		contains(t, page, `<time id="now">`+second) // which clock it is stands below
		lacks(t, page, ours)
	}
}

// The steps go by the clock of this machine, whatever the panel does to the platform's.
func TestOrderCountsItsStepsFromItsBeginning(t *testing.T) {
	b := open(t).browser()
	check(t, b.shop.advance(t.Context(), 96*time.Hour))
	page := b.verify("plus", "passes").body
	at := regexp.MustCompile(`<td data-label="At \(ms\)">([0-9.]+)<`).FindAllStringSubmatch(page, -1)
	want(t, "steps", len(at) > 5, true)
	for _, m := range at {
		want(t, m[1]+" ms is less than a minute", len(m[1]) < len("60000.0"), true)
	}
}

func TestOrderIsEnteredAsLongAsThePlatformAllows(t *testing.T) {
	b := open(t).browser()
	b.start("plus")
	contains(t, b.get("/orders/1").body, `id="again"`)
	check(t, b.shop.advance(t.Context(), 4*time.Minute))
	contains(t, b.get("/orders/1").body, `id="again"`)
	check(t, b.shop.advance(t.Context(), 2*time.Minute)) // a faceId lives five
	lacks(t, b.get("/orders/1").body, `id="again"`)
	want(t, "leads to", b.post("/orders/1/again").location, "/start/plus")
}

// Who holds a card, or knows somebody's data, is not verified by that.
func TestOrderSaysPassedOfPeopleOnly(t *testing.T) {
	b := open(t).browser()
	for _, one := range [][3]string{
		{"ocr", "card", "Read"}, {"ocr", "wrong-side", "Not read"}, {"bankcard", "bank-card", "Read"}, {"bankcard", "no-bank-card", "No card was read"},
		{"bankcard", "leaves", "No card was read"}, {"nfc", "document", "Read, and the data match"}, {"nfc", "others", "The data do not match"},
	} {
		page := b.onPhone(one[0], one[1]).body
		contains(t, page, "<h1>"+one[2]+"</h1>")
		_, passed, _ := strings.Cut(page, "<main")
		lacks(t, passed, ">Passed<")
		contains(t, b.get("/orders").body, `">`+one[2]+"</span>")
	}
	b.ask("check-id", "match")
	for path, part := range map[string]string{"/orders": "The data match", "/bill": "The data match"} {
		page := b.get(path).body
		contains(t, page, part)
		lacks(t, page, ">Passed<")
	}
	b.post("/language", "lang", "zh")
	for _, path := range []string{"/orders", "/orders/1", "/bill"} {
		page := b.get(path).body
		contains(t, page, "已识别")
		lacks(t, page, ">通过<")
	}
}
