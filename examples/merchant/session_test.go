package main

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"testing/synctest"
	"time"
)

func TestHTTPSHasSecureCookies(t *testing.T) {
	cfg := config{public: "https://shop.example", log: slog.New(slog.DiscardHandler)}
	cfg.simulate()
	defer cfg.sim.Close()
	s, err := newShop(cfg)
	check(t, err)
	w := httptest.NewRecorder()
	s.handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "https://shop.example/", nil))
	cookie := w.Header().Get("Set-Cookie")
	contains(t, cookie, "__Host-form=")
	contains(t, cookie, "; HttpOnly; Secure")
	w = httptest.NewRecorder()
	check(t, s.keep(w, &session{}))
	cookie = w.Header().Get("Set-Cookie")
	contains(t, cookie, "__Host-session=")
	contains(t, cookie, "; HttpOnly; Secure; SameSite=Lax")
}

// Somebody left a cookie of their choice in the visitor's browser.
func TestAPlantedCookieReadsNothing(t *testing.T) {
	s := open(t)
	thief, b := s.browser(), s.browser()
	thief.get("/") // cookies that the site itself made are no better
	planted := append(thief.request().Cookies(), &http.Cookie{Name: s.shop.cookie, Value: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", Path: "/"})
	for _, one := range []*browser{thief, b} {
		one.client.Jar.SetCookies(one.request().URL, planted)
	}

	want(t, "outcome", b.verify("plus", "passes").outcome(), "passed")
	want(t, "order, for the thief", thief.get("/orders/1").status, http.StatusNotFound)
	want(t, "photo, for the thief", thief.get("/orders/1/photo").status, http.StatusNotFound)
}

func TestThePlatformKnowsASessionByOneName(t *testing.T) {
	b := open(t).browser()
	for range 2 {
		u, err := url.Parse(b.start("plus"))
		check(t, err)
		want(t, "userId", u.Query().Get("userId"), b.shop.visitor(b.request()).userID)
	}
}

func TestSessionsAreBoundedAndForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newSessions(2, time.Minute)
		check(t, m.add("a", &session{}))
		check(t, m.add("b", &session{}))
		want(t, "room", errors.Is(m.room(), errFull), true)
		want(t, "room", errors.Is(m.add("c", &session{}), errFull), true)
		time.Sleep(time.Minute - 1)
		_, ok := m.get("b")
		want(t, "alive", ok, true)
		time.Sleep(1)
		synctest.Wait()
		want(t, "kept", len(m.all), 1) // nobody came by: it went on its own
		_, ok = m.get("b")
		want(t, "lives on", ok, true)
		check(t, m.add("c", &session{}))
		time.Sleep(time.Minute)
		synctest.Wait()
		want(t, "kept", len(m.all), 0)
	})
}

func TestLookingAroundFillsNoTable(t *testing.T) {
	s := open(t)
	for range 20 {
		b := s.browser()
		b.get("/")
		b.get("/orders")
		b.get("/start/plus")
		b.post("/start/plus", "name", "x") // refused
	}
	want(t, "sessions", len(s.shop.sessions.all), 0)
	s.browser().start("plus")
	want(t, "sessions", len(s.shop.sessions.all), 1)
	s.shop.sessions.most = 1
	b := s.browser()
	b.get("/start/plus")
	want(t, "status", b.post("/start/plus", "name", personName, "idNo", personIDNo).status, http.StatusServiceUnavailable)
	want(t, "uploads", s.sim.Calls("/api/server/getPlusFaceId"), 1)
}
