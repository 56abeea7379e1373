package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func TestBillOfADay(t *testing.T) {
	b := open(t).browser()
	b.verify("wechat", "passes")
	b.verify("wechat", "not-same-person")
	b.get("/bill")

	want(t, "back to", b.post("/close-day").location, "/bill")

	page := b.get("/bill").body
	contains(t, page, `data-agrees="yes"`)
	contains(t, page, "2016")
	bill := page[strings.Index(page, `id="bill"`):]
	want(t, "lines", strings.Count(bill, `data-label="Flow"`), 2)
	who := b.shop.visitor(b.request())
	for _, o := range who.list() {
		lacks(t, page, o.ref)
	}
	for _, day := range []string{"2020-01-01", "yesterday"} {
		res := b.post("/bill", "day", day)
		want(t, "no such day", res.status, http.StatusBadRequest)
		contains(t, res.body, texts["problem-day"][1])
	}
}

// It tells what all visitors did, and anybody can be one.
func TestTheRealBillIsNotForVisitors(t *testing.T) {
	for _, shown := range []bool{false, true} {
		cfg := config{public: "https://shop.example", log: slog.New(slog.DiscardHandler), bills: shown}
		_, err := cfg.real(env("TENCENTCLOUD_SECRET_ID", "id", "TENCENTCLOUD_SECRET_KEY", "key", "FACEID_RULE_ID", "1"))
		check(t, err)
		s, err := newShop(cfg)
		check(t, err)
		defer s.client().Close(context.Background())
		for method, there := range map[string]int{http.MethodGet: http.StatusOK, http.MethodPost: http.StatusForbidden} { // without a token
			w := httptest.NewRecorder()
			s.handler().ServeHTTP(w, httptest.NewRequest(method, "https://shop.example/bill", nil))
			if method == http.MethodPost && !shown {
				there = http.StatusMethodNotAllowed
			}
			want(t, method, w.Code, there)
			lacks(t, w.Body.String(), "close-day")
			if method == http.MethodGet {
				want(t, "form", strings.Contains(w.Body.String(), `id="fetch-bill"`), shown)
			}
		}
	}
}

func TestBillFindsWhatTheShopLost(t *testing.T) {
	b := open(t).browser()
	b.verify("wechat", "passes")
	o, _ := b.shop.visitor(b.request()).order(1)
	check(t, b.shop.archive.ledger.Delete(t.Context(), o.evidence)) // a crash before it was written down
	b.get("/bill")
	b.post("/close-day")
	contains(t, b.get("/bill").body, `data-agrees="no"`)
}

// The ledger counts those too who never came back.
func TestBillKnowsWhoNeverCameBack(t *testing.T) {
	b := open(t).browser()
	b.walk(b.start("wechat"), "passes")
	b.get("/bill")
	b.post("/close-day")
	contains(t, b.get("/bill").body, `data-agrees="yes"`)
}

// What a day cost is what the Keeper counts.
func TestBillCountsByProduct(t *testing.T) {
	b := open(t).browser()
	b.verify("plus", "passes")
	b.verify("plus", "suspected-fake")
	b.verify("wechat", "passes")
	b.onPhone("mini", "passes")
	b.onPhone("ocr", "card")
	b.get("/bill")
	b.post("/close-day")
	page := b.get("/bill").body
	for product, numbers := range map[string][4]string{"plus": {"2", "1", "2", "0"}, "wechat": {"2", "2", "2", "0"}, "ocr-idcard": {"1", "1", "0", "1"}} {
		_, row, there := strings.Cut(page, `data-charges="`+product+`"`)
		want(t, product, there, true)
		row, _, _ = strings.Cut(row, "</tr>")
		var got []string
		for _, m := range regexp.MustCompile(`<td data-label="[^"]*">(\d+)</td>`).FindAllStringSubmatch(row, -1) {
			got = append(got, m[1])
		}
		want(t, product+": ended, good, charged, not told", strings.Join(got, " "), strings.Join(numbers[:], " "))
	}
}
