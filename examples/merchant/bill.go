package main

import (
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/faceid-go/faceid"
)

// A ledger holds what the shop counted itself, of all visitors: tokens and numbers,
// and no names. The platform bills WeChat's channels by day.
type ledger struct {
	mu    sync.Mutex
	flows map[string]map[string]int // charged attempts by token, and by day of the attempt
}

// dayOf writes a day as the platform's bills do.
func dayOf(t time.Time) string { return t.In(china).Format(time.DateOnly) }

func newLedger() *ledger { return &ledger{flows: map[string]map[string]int{}} }

// maxFlows bounds the memory of this demonstration. In production use a table.
const maxFlows = 10000

// count keeps what a flow cost, as its latest result tells it.
func (l *ledger) count(token string, text *faceid.DetectInfoText) {
	if text == nil {
		return
	}
	days := map[string]int{}
	for _, attempt := range text.LivenessDetail {
		if attempt.IsNeedCharge != nil && *attempt.IsNeedCharge {
			days[dayOf(attempt.At())]++
		}
	}
	l.keep(token, days)
}

// note keeps when a flow was charged, as its evidence tells it.
func (l *ledger) note(token string, charged []time.Time) {
	days := map[string]int{}
	for _, at := range charged {
		days[dayOf(at)]++
	}
	l.keep(token, days)
}

func (l *ledger) keep(token string, days map[string]int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.flows) < maxFlows || l.flows[token] != nil {
		l.flows[token] = days
	}
}

// of returns the flows of a day, as Reconcile takes them.
func (l *ledger) of(day string) (local []faceid.LocalFlow) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for token, days := range l.flows {
		if n := days[day]; n > 0 {
			local = append(local, faceid.LocalFlow{BizToken: token, ChargeCount: n})
		}
	}
	return local
}

// A statement is a day's bill beside the shop's own count.
type statement struct {
	Day   string
	Lines []line
	Sums  *faceid.Reconciliation
}

// A line is one flow of the bill. The site shows no tokens, since a token gives access
// to a person's data.
type line struct {
	N        int
	At       time.Time
	Attempts int
	Codes    []string
	Charged  uint64
}

// today returns the day of the platform's calendar.
func (s *shop) today() time.Time {
	if s.sim != nil {
		return s.sim.Now().In(china)
	}
	return time.Now().In(china)
}

// bill shows what this visitor's orders cost, and offers the day's bill.
func (s *shop) bill(w http.ResponseWriter, r *http.Request) error {
	who := s.visitor(r)
	v := view{Page: "bill", Title: "bill", Orders: s.withEvidence(r.Context(), who.list()), Panel: s.panel(), Day: dayOf(s.today().AddDate(0, 0, -1))}
	who.mu.Lock()
	v.Statement = who.statement
	who.mu.Unlock()
	s.show(w, r, http.StatusOK, v)
	return nil
}

// billOf fetches the bill of a day, with all its pages.
func (s *shop) billOf(w http.ResponseWriter, r *http.Request) (string, error) {
	day, err := time.ParseInLocation(time.DateOnly, r.PostForm.Get("day"), china)
	if err != nil {
		return "", errDay
	}
	return "/bill", s.fetchBill(w, r, day)
}

func (s *shop) fetchBill(w http.ResponseWriter, r *http.Request, day time.Time) error {
	st := &statement{Day: dayOf(day)}
	var bill []faceid.WeChatBillDetail
	for detail, err := range s.client().WeChatBills(r.Context(), day, "") {
		var argument *faceid.ArgumentError
		switch {
		case errors.As(err, &argument):
			return errDay
		case err != nil:
			return err
		}
		bill = append(bill, detail)
		l := line{Attempts: len(detail.ChargeDetails), Charged: detail.ChargeCount}
		for _, attempt := range detail.ChargeDetails {
			l.At = attempt.At()
			l.Codes = append(l.Codes, attempt.ErrorCode)
		}
		st.Lines = append(st.Lines, l)
	}
	slices.SortFunc(st.Lines, func(a, b line) int { return a.At.Compare(b.At) })
	product := faceid.ProductPlus
	if s.sim == nil {
		product = "" // what a RuleId sells, the console knows
	}
	for i := range st.Lines {
		st.Lines[i].N = i + 1
	}
	st.Sums = faceid.Reconcile(product, s.ledger.of(st.Day), bill)
	who := s.visitor(r)
	if err := s.keep(w, who); err != nil {
		return err
	}
	who.mu.Lock()
	defer who.mu.Unlock()
	who.statement = st
	return nil
}

// closeDay lets the simulator's day end: its bill is there from 06:00 of the
// next one on.
func (s *shop) closeDay(w http.ResponseWriter, r *http.Request) (string, error) {
	now := s.today()
	six := time.Date(now.Year(), now.Month(), now.Day()+1, 6, 1, 0, 0, china)
	if time.Until(six) > 0 { // the calendar has caught up with ours: the SDK refuses such a day
		return "", errDay
	}
	s.notes.add("did-close", "")
	if err := s.advance(r.Context(), six.Sub(s.sim.Now())); err != nil {
		return "", err
	}
	return "/bill", s.fetchBill(w, r, now)
}
