package main

import (
	"net/http"
	"strings"
	"testing"
)

// inject prepares a fault on the page What if.
func (b *browser) inject(product, fault string) {
	b.t.Helper()
	b.get("/what-if")
	want(b.t, "back to", b.post("/what-if/fault", "product", product, "fault", fault, "from", "/what-if").location, "/what-if")
}

const waits = `data-fault="`

func TestFaultsAreOnThePageUntilAnOrderTakesThem(t *testing.T) {
	b := open(t).browser()
	contains(t, b.get("/what-if").body, texts["faults-none"][1])
	b.inject("plus", "down")
	b.inject("plus", "down") // twice is once
	b.inject("pc", "busy")
	page := b.get("/what-if").body
	want(t, "waiting", strings.Count(page, waits), 2)
	contains(t, page, `data-fault="down" data-of="plus"`)

	b.start("plus")

	page = b.get("/what-if").body
	want(t, "waiting", strings.Count(page, waits), 1)
	contains(t, page, `data-fault="busy" data-of="pc"`)
	contains(t, b.get("/orders/1").body, "loses its connection six times (left: 6)")
	want(t, "back to", b.post("/what-if/clear", "from", "/what-if").location, "/what-if")
	lacks(t, b.get("/what-if").body, waits)
	want(t, "outcome", b.verify("pc", "passes").outcome(), "passed")
	lacks(t, b.get("/orders/2").body, "injected")
}

// What an order has not met ends with it: the order after it is not disturbed.
func TestFaultsDoNotMeetTheOrderAfter(t *testing.T) {
	b := open(t).browser()
	b.inject("plus", "down")
	want(t, "its order", b.verify("plus", "passes").outcome(), "error")
	lacks(t, b.get("/what-if").body, waits)
	contains(t, b.get("/orders/1").body, `id="faults"`)

	page := b.verify("plus", "passes")

	want(t, "the order after", page.outcome(), "passed")
	lacks(t, page.body, "injected")
	lacks(t, page.body, `id="faults"`)
	contains(t, b.get("/orders/1").body, "injected")
	for range 3 { // its own faults are used up by its own questions
		b.get("/orders/1")
		b.post("/orders/1/check")
	}
	page = b.get("/orders/1")
	want(t, "its order at last", page.outcome(), "passed")
	lacks(t, page.body, `id="faults"`)
}

// Plus and Enhanced are asked for at one address.
func TestFaultsMeetTheirProductOnly(t *testing.T) {
	b := open(t).browser()
	b.inject("plus", "busy")

	page := b.verify("enhanced", "passes")

	want(t, "outcome", page.outcome(), "passed")
	lacks(t, page.body, "HTTP 503")
	contains(t, b.get("/what-if").body, `data-of="plus"`)
	contains(t, b.verify("plus", "passes").body, "HTTP 503 (injected)")
}

// Somebody mistyped: no order was opened, and the next one is the first.
func TestFaultsWaitWhereNoOrderIsOpened(t *testing.T) {
	b := open(t).browser()
	b.inject("wechat", "busy")
	b.get("/start/wechat")
	want(t, "status", b.post("/start/wechat", "name", strings.Repeat("x", 33), "idNo", personIDNo).status, http.StatusBadRequest)
	contains(t, b.get("/what-if").body, `data-of="wechat"`)
	contains(t, b.verify("wechat", "passes").body, "HTTP 503 (injected)")

	b.inject("wechat", "lost") // it has met a request
	b.get("/start/wechat")
	want(t, "outcome", b.post("/start/wechat", "name", personName, "idNo", personIDNo).outcome(), "error")
	lacks(t, b.get("/what-if").body, waits)

	b.inject("check-id", "down") // the call met some of it
	b.get("/start/check-id")
	want(t, "outcome", b.post("/start/check-id", "name", personName, "idNo", personIDNo, "answer", "match").outcome(), "error")
	lacks(t, b.get("/what-if").body, waits)
	want(t, "outcome", b.ask("check-id", "match").outcome(), "passed")
}

// Somebody may prepare a fault anew while an order that took it is being opened in vain.
func TestFaultsThatComeBackAreNotDoubled(t *testing.T) {
	f := &faults{}
	plus := product{ID: "plus", query: "/query"}
	f.prepare(plus, "down")
	its := f.take("plus")
	f.prepare(plus, "down")

	f.giveBack(its)

	want(t, "waiting", len(f.list()), 1)
	f.clear()
	f.giveBack(its)
	want(t, "back again", len(f.list()), 1)
}
