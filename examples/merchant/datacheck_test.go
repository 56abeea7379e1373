package main

import (
	"net/http"
	"testing"
	"time"
)

// ask makes a check with invented data.
func (b *browser) ask(product, answer string) response {
	b.t.Helper()
	b.get("/start/" + product)
	res := b.post("/start/"+product, "name", personName, "idNo", personIDNo, "phone", "13800138000", "bankCard", "6222020000000000000", "answer", answer)
	want(b.t, "status: "+res.body, res.status, http.StatusSeeOther)
	return b.get(res.location)
}

func TestDataCheck(t *testing.T) {
	for _, c := range []struct{ product, answer, outcome, code, family, charged, says string }{
		{"check-id", "match", "passed", "0", "Passed", "yes", "The data match"},
		{"check-id", "mismatch", "refused", "-1", "IdentityMismatch", "yes", "does not belong together"},
		{"check-id", "not-recorded", "refused", "-5", "IdentityMismatch", "no", "not on record"},
		{"check-id", "in-trouble", "none", "-4", "Service", "no", "the source of identity data is in trouble"},
		{"check-bank", "match", "passed", "0", "Passed", "yes", "The data match"},
		{"check-bank", "mismatch", "refused", "-1", "IdentityMismatch", "yes", "does not belong together"},
		{"check-bank", "lost-card", "refused", "-13", "CardUnusable", "yes", "reported lost"},
		{"check-bank", "in-trouble", "none", "-18", "Service", "no", "busy"},
		{"check-phone", "match", "passed", "0", "Passed", "yes", "The data match"},
		{"check-phone", "mismatch", "refused", "-4", "IdentityMismatch", "yes", "does not belong together"},
		{"check-phone", "not-recorded", "refused", "-9", "NotOnRecord", "no", "nothing is on record"},
		{"check-phone", "in-trouble", "none", "-11", "Service", "no", "busy"},
	} {
		t.Run(c.product+" "+c.answer, func(t *testing.T) {
			b := open(t).browser()
			page := b.ask(c.product, c.answer)
			want(t, "outcome", page.outcome(), c.outcome)
			contains(t, page.body, `id="code"><code>`+c.code+`<`)
			contains(t, page.body, `id="family"><code>`+c.family+`<`)
			contains(t, page.body, `data-charged="`+c.charged+`"`)
			contains(t, page.body, c.says)
			contains(t, page.body, texts["nobody-check"][1])
			want(t, "a person on the page", findPerson(page.body), "")
			lacks(t, page.body, "13800138000")
			lacks(t, page.body, "6222020000000000000")
			want(t, "the person that the order keeps", b.orderNo(1).person.Name, "")
		})
	}
}

func (b *browser) orderNo(n int) order {
	o, _ := b.shop.visitor(b.request()).order(n)
	return o
}

// The script of the simulator is for all: each check waits for the one before it.
func TestDataCheckWaitsForTheOneBefore(t *testing.T) {
	b := open(t).browser()
	b.get("/start/check-id")
	b.shop.scripted.Lock()
	over := make(chan string)
	go func() { over <- b.ask("check-id", "mismatch").outcome() }()
	select {
	case <-over:
		t.Fatal("it came in between")
	case <-time.After(50 * time.Millisecond):
		want(t, "calls", b.sim.Calls("IdCardVerification"), 0)
	}
	b.shop.scripted.Unlock()
	want(t, "outcome", <-over, "refused")
	want(t, "the next one", b.ask("check-id", "match").outcome(), "passed")
}

func TestDataCheckWantsAnAnswerThatThereIs(t *testing.T) {
	b := open(t).browser()
	b.get("/start/check-id")
	want(t, "status", b.post("/start/check-id", "name", personName, "idNo", personIDNo, "answer", "fire").status, http.StatusBadRequest)
	b.get("/start/check-bank")
	want(t, "no card", b.post("/start/check-bank", "name", personName, "idNo", personIDNo, "phone", "13800138000", "answer", "match").status, http.StatusBadRequest)
	want(t, "calls", b.sim.Calls("IdCardVerification")+b.sim.Calls("BankCard4EVerification"), 0)
	lacks(t, b.get("/orders").body, "data-state")
}

// A check is a check, whatever the platform's trouble: it is not sent twice.
func TestDataCheckIsNotSentTwice(t *testing.T) {
	b := open(t).browser()
	b.inject("check-id", "lost")
	b.get("/start/check-id")
	want(t, "outcome", b.post("/start/check-id", "name", personName, "idNo", personIDNo, "answer", "match").outcome(), "error")
	want(t, "calls", b.sim.Calls("IdCardVerification"), 1)
	want(t, "outcome", b.ask("check-id", "match").outcome(), "passed")
}
