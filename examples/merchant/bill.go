package main

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
)

// dayOf writes a day as the platform's bills do.
func dayOf(t time.Time) string { return t.In(china).Format(time.DateOnly) }

// A statement is a day's bill beside what the shop counted itself: the ledger of the
// evidence knows what each order cost, of all visitors.
type statement struct {
	Day     string
	Lines   []line
	Sums    *evidence.Reconciliation
	Charges []evidence.Charge
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

// today returns the time by the platform's clock. It decides how long everything lives, and
// which day a bill is of.
func (s *shop) today() time.Time {
	if s.sim != nil {
		return s.sim.Now().In(china)
	}
	return time.Now().In(china)
}

// bill shows what this visitor's orders cost, and offers the day's bill.
func (s *shop) bill(w http.ResponseWriter, r *http.Request) error {
	who := s.visitor(r)
	v := view{Page: "bill", Title: "bill", Orders: s.withEvidence(r.Context(), who.list()), Day: dayOf(s.today().AddDate(0, 0, -1))}
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
	st, err := s.statementOf(r.Context(), day)
	var argument *faceid.ArgumentError
	switch {
	case errors.As(err, &argument): // the SDK refuses a day that has no bill
		return errDay
	case err != nil:
		return err
	}
	who := s.visitor(r)
	if err := s.keep(w, who); err != nil {
		return err
	}
	who.mu.Lock()
	defer who.mu.Unlock()
	who.statement = st
	return nil
}

// statementOf takes the bill of a day from the platform, and has the Keeper compare it with
// its ledger.
func (s *shop) statementOf(ctx context.Context, day time.Time) (*statement, error) {
	st := &statement{Day: dayOf(day)}
	for detail, err := range s.client().WeChatBills(ctx, day, "") {
		if err != nil {
			return nil, err
		}
		l := line{Attempts: len(detail.ChargeDetails), Charged: detail.ChargeCount}
		for _, attempt := range detail.ChargeDetails {
			l.At = attempt.At()
			l.Codes = append(l.Codes, attempt.ErrorCode)
		}
		st.Lines = append(st.Lines, l)
	}
	slices.SortFunc(st.Lines, func(a, b line) int { return a.At.Compare(b.At) })
	for i := range st.Lines {
		st.Lines[i].N = i + 1
	}
	product := faceid.ProductPlus
	if s.sim == nil {
		product = "" // what a RuleId sells, the console knows
	}
	keeper := s.archive.current.Load()
	var err error
	if st.Sums, err = keeper.Reconcile(ctx, day, "", product); err != nil {
		return nil, err
	}
	from := time.Date(day.In(china).Year(), day.In(china).Month(), day.In(china).Day(), 0, 0, 0, 0, china)
	st.Charges, err = keeper.Charges(ctx, from, from.AddDate(0, 0, 1))
	return st, err
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
	// The ledger counts what it knows, and by that hour it knows the flows of people who
	// never came back.
	if _, err := s.archive.current.Load().RunDue(r.Context(), 2); err != nil {
		return "", err
	}
	return "/bill", s.fetchBill(w, r, now)
}
