package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

// bubble is the server without a port, where time is synthetic.
func bubble(t *testing.T) (*backend, *faceidtest.Server) {
	platform := faceidtest.Start(t)
	b, err := newBackend(testConfig(platform, "https://shop.example", &trail{}))
	check(t, err)
	t.Cleanup(func() { _ = b.client.Close(context.Background()) })
	return b, platform
}

func (b *backend) serve(cookie *http.Cookie, r *http.Request) *http.Response {
	if cookie != nil {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	b.handler().ServeHTTP(w, r)
	return w.Result()
}

func (b *backend) begins(t *testing.T) (cookie *http.Cookie, login string) {
	t.Helper()
	r := httptest.NewRequest("POST", "/verify", strings.NewReader(person(faceid.ProductPlus).Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res := b.serve(nil, r)
	want(t, "status", res.StatusCode, http.StatusSeeOther)
	want(t, "cookies", len(res.Cookies()), 1)
	return res.Cookies()[0], res.Header.Get("Location")
}

func TestTheCookieIsSafe(t *testing.T) {
	b, _ := bubble(t)
	cookie, login := b.begins(t)
	want(t, "name", cookie.Name, "__Host-session")
	want(t, "path", cookie.Path, "/")
	want(t, "domain", cookie.Domain, "")
	want(t, "SameSite", cookie.SameSite, http.SameSiteLaxMode)
	want(t, "HttpOnly", cookie.HttpOnly, true)
	want(t, "Secure", cookie.Secure, true)
	want(t, "length", len(cookie.Value), 26)
	lacks(t, login, cookie.Value)
	other, _ := b.begins(t)
	if other.Value == cookie.Value {
		t.Fatal("two sessions have one token")
	}
	res := b.serve(cookie, httptest.NewRequest("GET", "/result", nil))
	want(t, "cookies of a later answer", len(res.Cookies()), 0)

	plain := open(t).browser()
	res2 := plain.post("/verify", person(faceid.ProductPlus))
	want(t, "http", res2.header.Get("Set-Cookie") != "" && !strings.Contains(res2.header.Get("Set-Cookie"), "Secure"), true)
}

func TestASessionExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, platform := bubble(t)
		cookie, login := b.begins(t)
		back, err := platform.Visit(t.Context(), login)
		check(t, err)
		time.Sleep(29 * time.Minute)
		want(t, "alive", b.visitorOf(cookie).current().no != "", true) // and lives on from here
		time.Sleep(29 * time.Minute)
		want(t, "alive", b.visitorOf(cookie).current().no != "", true)
		time.Sleep(30 * time.Minute)
		want(t, "alive", b.visitorOf(cookie).current().no != "", false)
		want(t, "callback", b.serve(cookie, back).StatusCode, http.StatusForbidden)

		fresh, login := b.begins(t)
		back, err = platform.Visit(t.Context(), login)
		check(t, err)
		want(t, "callback", b.serve(fresh, back).StatusCode, http.StatusSeeOther)
	})
}

func (b *backend) visitorOf(cookie *http.Cookie) *session {
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(cookie)
	return b.visitor(r)
}

func TestAgainEndsWithTheFaceID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, _ := bubble(t)
		cookie, _ := b.begins(t)
		again := func() string {
			return b.serve(cookie, httptest.NewRequest("POST", "/again", nil)).Header.Get("Location")
		}
		page := func() string {
			text, err := io.ReadAll(b.serve(cookie, httptest.NewRequest("GET", "/result", nil)).Body)
			check(t, err)
			return string(text)
		}
		time.Sleep(5*time.Minute - time.Second)
		contains(t, again(), "/api/web/login?")
		contains(t, page(), "/again")
		time.Sleep(time.Second)
		want(t, "too late", again(), "/")
		lacks(t, page(), "/again")
	})
}

func TestARecordThatLagsIsAwaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, platform := bubble(t)
		cookie, login := b.begins(t)
		back, err := platform.Visit(t.Context(), login)
		check(t, err)
		late := faceidtest.FaultCode("66660011", "")
		platform.FailNext(queryPath, late, late, late, late, late)
		want(t, "much too late", b.serve(cookie, back).StatusCode, http.StatusServiceUnavailable)
		platform.FailNext(queryPath, late, late)
		want(t, "late", b.serve(cookie, back.Clone(t.Context())).StatusCode, http.StatusSeeOther)
		want(t, "passed", b.visitorOf(cookie).current().outcome.Passed, true)
	})
}

func TestOneOfManyCallbacksAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, platform := bubble(t)
		cookie, login := b.begins(t)
		back, err := platform.Visit(t.Context(), login)
		check(t, err)
		platform.FailNext(queryPath, faceidtest.FaultDelay(time.Second))
		var mu sync.Mutex
		count := map[int]int{}
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				status := b.serve(cookie, back.Clone(t.Context())).StatusCode
				mu.Lock()
				defer mu.Unlock()
				count[status]++
			})
		}
		wg.Wait()
		want(t, "answers", fmt.Sprint(count), "map[303:1 409:9]")
		want(t, "queries", platform.Calls(queryPath), 1)
	})
}

func TestASilentPlatformIsNotAwaitedForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, platform := bubble(t)
		platform.FailNext("/api/oauth2/access_token", faceidtest.FaultHang(), faceidtest.FaultHang(), faceidtest.FaultHang(), faceidtest.FaultHang())
		r := httptest.NewRequest("POST", "/verify", strings.NewReader(person(faceid.ProductPlus).Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		began := time.Now()
		want(t, "status", b.serve(nil, r).StatusCode, http.StatusServiceUnavailable)
		want(t, "within the WriteTimeout", time.Since(began) < 30*time.Second, true)
	})
}

func TestTheOutcomeIsKeptIfThePersonLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, platform := bubble(t)
		cookie, login := b.begins(t)
		back, err := platform.Visit(t.Context(), login)
		check(t, err)
		platform.FailNext(queryPath, faceidtest.FaultDelay(time.Second))
		ctx, leave := context.WithTimeout(t.Context(), time.Millisecond)
		defer leave()
		b.serve(cookie, back.WithContext(ctx))
		want(t, "passed", b.visitorOf(cookie).current().outcome.Passed, true)
	})
}

func TestSessionsAreBoundedAndExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newSessions(2, time.Minute)
		add := func(token string, failure error) {
			t.Helper()
			want(t, "full", errors.Is(m.add(token, &session{}), failure), true)
		}
		add("a", nil)
		add("b", nil)
		add("c", errFull)
		time.Sleep(time.Minute - 1)
		_, ok := m.get("b")
		want(t, "alive", ok, true)
		time.Sleep(1)
		_, ok = m.get("a")
		want(t, "alive", ok, false)
		_, ok = m.get("b")
		want(t, "lives on", ok, true)
		add("c", nil)
		add("d", errFull)
		want(t, "kept", len(m.all), 2)
	})
}

func TestFullOfSessionsTurnsAway(t *testing.T) {
	s := open(t)
	s.backend.sessions.most = 1
	b := s.browser()
	b.verify(faceid.ProductPlus)
	res := s.browser().post("/verify", person(faceid.ProductPlus))
	want(t, "status", res.status, http.StatusServiceUnavailable)
	want(t, "cookie", res.header.Get("Set-Cookie"), "")
	status, _ := s.browser().json("/app/start", map[string]string{"platform": "ios", "name": personName, "idNo": personIDNo})
	want(t, "App", status, http.StatusServiceUnavailable)
	want(t, "uploads", s.platform.Calls("/api/server/getPlusFaceId"), 1)
	contains(t, b.comeBack(b.end(b.verify(faceid.ProductPlus), "passes")), "<h1>通过 Passed")
}

// Otherwise a few thousand empty forms would lock everybody out.
func TestOnlyAnOrderTakesASession(t *testing.T) {
	s := open(t)
	b := s.browser()
	refused := func(address, kind, body string, status int) {
		t.Helper()
		res := b.send("POST", address, kind, body)
		want(t, "status", res.status, status)
		want(t, "cookie", res.header.Get("Set-Cookie"), "")
		want(t, "sessions", len(s.backend.sessions.all), 0)
	}
	const form, inJSON = "application/x-www-form-urlencoded", "application/json"
	upload := map[faceid.Product]string{
		faceid.ProductPlus: "getPlusFaceId", faceid.ProductEnhanced: "getAdvFaceId", faceid.ProductBasic: "h5/geth5faceid",
	}
	for _, product := range products {
		refused("/verify", form, "product="+string(product), http.StatusBadRequest)
		s.platform.FailNext("/api/server/"+upload[product], faceidtest.FaultCode("66660015", ""))
		refused("/verify", form, person(product).Encode(), http.StatusBadRequest)
	}
	refused("/app/start", inJSON, `{"platform":"ios"}`, http.StatusBadRequest)
	s.platform.FailNext("/api/server/getPlusFaceId", faceidtest.FaultCode("66660015", ""))
	refused("/app/start", inJSON, `{"platform":"ios","name":"`+personName+`","idNo":"`+personIDNo+`"}`, http.StatusBadRequest)

	_, _ = b.start("ios", faceid.ProductPlus)
	want(t, "sessions after an order", len(s.backend.sessions.all), 1)
	b.verify(faceid.ProductBasic)
	want(t, "sessions after another", len(s.backend.sessions.all), 1)
}

func TestTheLastRoomGoesToOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, platform := bubble(t)
		b.sessions.most = 1
		platform.FailNext("/api/server/getPlusFaceId", faceidtest.FaultDelay(time.Second), faceidtest.FaultDelay(time.Second))
		answers := make(chan string, 2)
		for range 2 { // both see room before they upload
			go func() {
				r := httptest.NewRequest("POST", "/verify", strings.NewReader(person(faceid.ProductPlus).Encode()))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				res := b.serve(nil, r)
				answers <- fmt.Sprint(res.StatusCode, len(res.Cookies()))
			}()
		}
		got := []string{<-answers, <-answers}
		slices.Sort(got)
		want(t, "answers", strings.Join(got, ", "), "303 1, 503 0")
		want(t, "uploads", platform.Calls("/api/server/getPlusFaceId"), 2)
	})
}
