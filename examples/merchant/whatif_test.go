package main

import (
	"net/http"
	"testing"
)

func TestWhatIfSomethingFails(t *testing.T) {
	t.Run("the token is rotated", func(t *testing.T) {
		b := open(t).browser()
		b.verify("plus", "passes")
		b.get("/what-if")
		want(t, "status", b.post("/what-if/rotate", "from", "/what-if").location, "/what-if")
		contains(t, b.get("/what-if").body, "rotated by somebody else")

		page := b.verify("plus", "passes")

		want(t, "outcome", page.outcome(), "passed")
		contains(t, page.body, "/api/oauth2/access_token")
		contains(t, page.body, "ok ×2")
	})
	t.Run("the query is busy once", func(t *testing.T) {
		b := open(t).browser()
		b.get("/what-if")
		b.post("/what-if/fault", "product", "plus", "fault", "busy")
		page := b.verify("plus", "passes")
		want(t, "outcome", page.outcome(), "passed")
		contains(t, page.body, "HTTP 503")
	})
	t.Run("the query is down, and later it is not", func(t *testing.T) {
		b := open(t).browser()
		b.get("/what-if")
		b.post("/what-if/fault", "product", "plus", "fault", "down")
		page := b.verify("plus", "passes")
		want(t, "outcome", page.outcome(), "error")
		for range 3 {
			b.post("/orders/1/check")
		}
		want(t, "outcome", b.get("/orders/1").outcome(), "passed")
	})
	t.Run("the answer to the upload is lost", func(t *testing.T) {
		b := open(t).browser()
		b.get("/what-if")
		b.post("/what-if/fault", "product", "plus", "fault", "lost")
		b.get("/start/plus")
		want(t, "outcome", b.post("/start/plus", "name", personName, "idNo", personIDNo).outcome(), "error")
		want(t, "uploads", b.sim.Calls("/api/server/getPlusFaceId"), 1) // it may have counted: not again
	})
}

func TestWhatIfTheClockRunsAhead(t *testing.T) {
	t.Run("the clock runs ahead of the tokens", func(t *testing.T) {
		b := open(t).browser()
		b.verify("plus", "passes")
		b.get("/what-if")
		b.post("/what-if/clock", "by", "2h")
		page := b.verify("plus", "passes")
		want(t, "outcome", page.outcome(), "passed")
		contains(t, page.body, "/api/oauth2/access_token")
	})
	t.Run("the clock runs ahead of the callback's ticket", func(t *testing.T) {
		b := open(t).browser()
		back := b.walk(b.start("plus"), "passes")
		b.get("/what-if")
		b.post("/what-if/clock", "by", "4d")
		want(t, "outcome", b.get(back).outcome(), "tampered") // it may be as old as anybody likes
		want(t, "the order", b.get("/orders/1").outcome(), "waiting")
	})
	t.Run("the clock runs ahead of the result", func(t *testing.T) {
		b := open(t).browser()
		b.get("/what-if")
		b.post("/what-if/fault", "product", "wechat", "fault", "down")
		want(t, "outcome", b.verify("wechat", "passes").outcome(), "error")
		b.post("/what-if/clock", "by", "4d")
		for range 3 {
			b.post("/orders/1/check")
		}
		want(t, "outcome", b.get("/orders/1").outcome(), "error")
	})
}

func TestWhatIfRefusesNonsense(t *testing.T) {
	b := open(t).browser()
	b.get("/what-if")
	want(t, "by", b.post("/what-if/clock", "by", "1000y").status, http.StatusBadRequest)
	b.get("/what-if")
	want(t, "fault", b.post("/what-if/fault", "product", "plus", "fault", "fire").status, http.StatusBadRequest)
	b.get("/what-if")
	want(t, "deed", b.post("/what-if/explode").status, http.StatusNotFound)
}
