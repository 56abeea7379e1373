package main

import (
	"fmt"
	"html"
	"net/http"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

func TestABrowserVerification(t *testing.T) {
	for _, product := range products {
		t.Run(string(product), func(t *testing.T) {
			b := open(t).browser()
			form := b.get("/").body
			for _, part := range []string{`action="/verify"`, `name="name"`, `name="idNo"`, "<option>" + string(product)} {
				contains(t, form, part)
			}
			contains(t, b.get("/result").body, "No result yet")

			page := b.comeBack(b.end(b.verify(product), "passes"))
			contains(t, page, "<h1>通过 Passed")
			contains(t, page, "Charged: yes")
			lacks(t, page, "/again")

			page = b.comeBack(b.end(b.verify(product), "not-same-person"))
			contains(t, page, "<h1>未通过 Not passed")
			contains(t, page, html.EscapeString(faceid.CodeNotSamePerson.Gloss()))
			explained, _ := faceid.Explain(product, faceid.ChannelServer, faceid.CodeNotSamePerson)
			contains(t, page, explained.Message)
			contains(t, page, "Charged: "+explained.Charged.String())
			lacks(t, page, "/again")
			want(t, "again after the end", b.post("/again", nil).location, "/")
		})
	}
}

// A faceId is for one verification: whoever has been on the page begins anew.
func TestWithoutACameraThePersonBeginsAnew(t *testing.T) {
	b := open(t).browser()
	var orders []string
	for range 2 {
		login := b.verify(faceid.ProductPlus)
		orders = append(orders, parameter(t, login, "orderNo"))
		asked := b.queries()
		page := b.comeBack(b.end(login, "no-camera"))
		want(t, "queries after a front-end code", b.queries(), asked)
		contains(t, page, "<h1>未通过 Not passed")
		contains(t, page, html.EscapeString(advice[faceid.RemedyAllowCamera]))
		contains(t, page, `href="/"`)
		lacks(t, page, `action="/again"`)
		want(t, "again", b.post("/again", nil).location, "/")
	}
	if orders[0] == orders[1] {
		t.Fatal("the second verification has the order number of the first")
	}
	contains(t, b.comeBack(b.end(b.verify(faceid.ProductPlus), "passes")), "<h1>通过 Passed")
}

func TestAFakeIsChargedByProduct(t *testing.T) {
	for product, charged := range map[faceid.Product]string{faceid.ProductPlus: "yes", faceid.ProductEnhanced: "no", faceid.ProductBasic: "no"} {
		b := open(t).browser()
		contains(t, b.comeBack(b.end(b.verify(product), "suspected-fake")), "Charged: "+charged)
	}
}

func TestASessionIsOnePerson(t *testing.T) {
	b := open(t).browser()
	first := parameter(t, b.verify(faceid.ProductPlus), "userId")
	res := b.post("/verify", person(faceid.ProductEnhanced))
	want(t, "cookies of the second", res.header.Get("Set-Cookie"), "")
	want(t, "user", parameter(t, res.location, "userId"), first)
	if parameter(t, b.browser().verify(faceid.ProductPlus), "userId") == first {
		t.Fatal("two sessions are one user")
	}
}

func TestOnlyTheProductsOfTheAppIDAreOffered(t *testing.T) {
	b := open(t).browser()
	b.backend.products = []faceid.Product{faceid.ProductEnhanced}
	lacks(t, b.get("/").body, "<option>plus")
	want(t, "form", b.post("/verify", person(faceid.ProductPlus)).status, http.StatusBadRequest)
	status, _ := b.json("/app/start", map[string]string{"platform": "ios", "product": "plus", "name": personName, "idNo": personIDNo})
	want(t, "App", status, http.StatusBadRequest)
	b.start("ios", "") // the default
	want(t, "product", b.platform.Calls("/api/server/getAdvFaceId"), 1)
}

func TestABrowserThatCannotRecordIsNotSentInAgain(t *testing.T) {
	b := open(t).browser()
	page := b.comeBack(b.end(b.verify(faceid.ProductPlus), "browser-unsupported"))
	contains(t, page, html.EscapeString(advice[faceid.RemedyOtherWay]))
	lacks(t, page, "/again")
	want(t, "again", b.post("/again", nil).location, "/")
}

// The documents have no front-end codes of the PC: the SDK's own words remain.
func TestAFrontEndCodeHasWordsOnAPC(t *testing.T) {
	for ending, code := range map[string]faceid.Code{
		"no-camera": faceid.CodeH5NoCamera, "quits": faceid.CodeH5Interrupted, "browser-unsupported": faceid.CodeH5NoRecording,
	} {
		b := open(t).browser()
		page := b.comeBack(b.end(b.verify(faceid.ProductBasic), ending))
		contains(t, page, "<p>"+html.EscapeString(code.Gloss())+"</p>")
		contains(t, page, html.EscapeString(advice[code.Remedy()]))
	}
}

func TestAPersonWhoIsBlockedHasNoRecord(t *testing.T) {
	b := open(t).browser()
	page := b.comeBack(b.end(b.verify(faceid.ProductPlus), "blocked"))
	contains(t, page, "<h1>未通过 Not passed")
	contains(t, page, html.EscapeString(faceid.CodeAttemptsExceeded.Gloss()))
}

func TestAnApp(t *testing.T) {
	for _, platform := range []string{"android", "ios", "harmony"} {
		for _, product := range products {
			t.Run(platform+" "+string(product), func(t *testing.T) {
				app := open(t).browser()
				for _, test := range []struct {
					ending faceidtest.Ending
					passed bool
					asked  int
				}{
					{faceidtest.Passes(), true, 1},
					{faceidtest.NotSamePerson(), false, 1},
					{faceidtest.Quits(), false, 0},
				} {
					app.platform.ScriptDefault(test.ending)
					asked := app.queries()
					orderNo, params := app.start(platform, product)
					report := app.run(params)
					status, answer := app.json("/app/done", map[string]string{"orderNo": orderNo, "domain": report.Domain, "code": report.Code})
					want(t, "status", status, http.StatusOK)
					want(t, "passed", answer["passed"], any(test.passed))
					if answer["gloss"] == nil {
						t.Fatalf("no gloss: %v", answer)
					}
					want(t, "queries", app.queries()-asked, test.asked)
					if test.asked == 0 {
						continue
					}
					_, again := app.json("/app/done", map[string]string{"orderNo": orderNo})
					want(t, "the same answer again", fmt.Sprint(again), fmt.Sprint(answer))
					want(t, "queries", app.queries()-asked, test.asked)
				}
			})
		}
	}
}

func (b *browser) start(platform string, product faceid.Product) (orderNo string, params map[string]string) {
	b.t.Helper()
	status, answer := b.json("/app/start", map[string]any{"platform": platform, "product": product, "name": personName, "idNo": personIDNo})
	want(b.t, "status of the start", status, http.StatusOK)
	params = map[string]string{}
	for name, value := range answer["params"].(map[string]any) {
		params[name] = value.(string)
	}
	return answer["orderNo"].(string), params
}

func (b *browser) run(params map[string]string) faceidtest.SDKResult {
	b.t.Helper()
	report, err := b.platform.RunSDK(b.t.Context(), params)
	check(b.t, err)
	return report
}

func TestAnAppCannotPassWithoutAComparison(t *testing.T) {
	for _, product := range products {
		t.Run(string(product), func(t *testing.T) {
			app := open(t).browser()
			app.platform.ScriptDefault(faceidtest.Ending{Code: "0", Similarity: "分数为空"}) // as after a launch without the faceId
			orderNo, params := app.start("ios", product)
			want(t, "report", app.run(params).Domain, "")
			_, answer := app.json("/app/done", map[string]string{"orderNo": orderNo, "code": "0"})
			want(t, "passed", answer["passed"], any(false))
			contains(t, fmt.Sprint(answer["gloss"]), "compared with nobody")
		})
	}
}

func TestAnAppCannotEndAnOrderThatIsNotItsOwn(t *testing.T) {
	s := open(t)
	mine, other := s.browser(), s.browser()
	orderNo, params := mine.start("android", faceid.ProductPlus)
	mine.run(params)
	status, answer := other.json("/app/done", map[string]string{"orderNo": orderNo})
	want(t, "another session", status, http.StatusForbidden)
	want(t, "passed", answer["passed"], any(false))
	_, _ = other.start("android", faceid.ProductPlus)
	status, _ = other.json("/app/done", map[string]string{"orderNo": orderNo})
	want(t, "another session with an order", status, http.StatusForbidden)
	want(t, "queries", s.queries(), 0)

	// Who lures somebody to the login page could report the end as an App.
	login := other.verify(faceid.ProductPlus)
	s.browser().end(login, "passes")
	status, _ = other.json("/app/done", map[string]string{"orderNo": parameter(t, login, "orderNo")})
	want(t, "a browser's order", status, http.StatusForbidden)
	want(t, "queries", s.queries(), 0)
}
