package evidence

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/faceid-go/faceid"
)

// Reconciliation compares the ledger with the platform's bill of one day of WeChat. Its
// Missing, Extra, Different and Inconsistent name flows by their BizToken. Unknown and
// Differences say what the ledger knows of them. A Reconciliation prints numbers only.
type Reconciliation struct {
	faceid.Reconciliation
	Day string // of the bill in China, as 2026-11-29
	// Unknown are the flows of the bill for which the ledger has no order, the earliest
	// first: a process died before it called Open, another system uses the RuleId, or
	// the order was deleted. The platform still has their results if Day is 3 days ago
	// or less: see Adopt.
	Unknown []UnknownFlow
	// Differences are the orders of the ledger that have not as many charges as the
	// bill, the earliest first.
	Differences []Difference
}

// UnknownFlow is a flow of the bill for which the ledger has no order.
type UnknownFlow struct {
	// Order is what the bill tells of it: its BizToken, its RuleId, and the time of its
	// first attempt that day as OpenedAt, which is at most 2 hours after it was opened.
	Order   Order
	Charges int                       // attempts that the bill charges; 0 is possible
	Lines   []faceid.WeChatBillDetail // of the bill; usually one
}

// Difference is an order of the ledger that has not as many charges on a day as the bill.
// If its State is Waiting, or its Outcome is Late, the ledger has no charges because it
// has no result.
type Difference struct {
	Entry  Entry // what the ledger knows of the order
	Ledger int   // charged attempts of that day by the ledger
	Billed int   // charged attempts of that day by the bill
}

// Format prints numbers only, whatever the verb.
func (r Reconciliation) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "evidence.Reconciliation "+r.LogValue().String())
}

// LogValue logs the same as a group.
func (r Reconciliation) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("day", r.Day), slog.Int("ledger", r.Local), slog.Int("billed", r.Billed),
		slog.Int("unknown", len(r.Unknown)), slog.Int("differences", len(r.Differences)), slog.Int("inconsistent", len(r.Inconsistent)),
	)
}

// Agrees reports whether the ledger knows every flow of the bill and counts its charges
// as the bill does, and whether the bill does not contradict itself.
func (r *Reconciliation) Agrees() bool {
	return r.Reconciliation.Agrees() && len(r.Unknown)+len(r.Differences) == 0
}

// Reconcile compares the charges of WeChat in the ledger with the platform's bill of that
// day in China. An attempt belongs to the day on which it was made, so a flow that was
// tried before and after midnight has charges on two days. The bill of a day is there
// from 06:00 of the next day on, for 365 days. An empty ruleID means all RuleIds. The
// product is the one of the RuleId, and says which codes are charged; an empty one leaves
// the codes out of the comparison.
//
// Orders that were deleted are unknown, so compare before DeleteOpenedBefore. The error
// is one of WeChatBills or of the ledger.
func (k *Keeper) Reconcile(ctx context.Context, day time.Time, ruleID string, product faceid.Product) (*Reconciliation, error) {
	day = day.In(beijing)
	day = time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, beijing)
	var bill []faceid.WeChatBillDetail
	for line, err := range k.Client.WeChatBills(ctx, day, ruleID) {
		if err != nil {
			return nil, err
		}
		bill = append(bill, line)
	}
	entries, err := k.chargedOn(ctx, day, ruleID)
	if err != nil {
		return nil, err
	}
	var local []faceid.LocalFlow
	for token, e := range entries {
		local = append(local, faceid.LocalFlow{BizToken: token, ChargeCount: e.Outcome.chargesOn(day)})
	}
	r := &Reconciliation{Reconciliation: *faceid.Reconcile(product, local, bill), Day: day.Format(time.DateOnly)}
	if err := k.explain(ctx, r, day, entries, bill); err != nil {
		return nil, err
	}
	return r, nil
}

// chargedOn returns the flows of WeChat that have a charge on that day, by BizToken.
func (k *Keeper) chargedOn(ctx context.Context, day time.Time, ruleID string) (map[string]Entry, error) {
	entries := map[string]Entry{}
	// A charge may be told as long as the platform is asked, by a clock that differs.
	q := Query{DecidedFrom: day.Add(-clockErr), DecidedTo: day.AddDate(0, 0, 1).Add(givenUp)}
	for e, err := range k.Ledger.Entries(ctx, q) {
		if err != nil {
			return nil, fmt.Errorf("evidence: the ledger: %w", err)
		}
		if e.Order.Kind == WeChat && (ruleID == "" || e.Order.RuleID == ruleID) && e.Outcome.chargesOn(day) > 0 {
			entries[e.Order.Number] = e
		}
	}
	return entries, nil
}

// chargesOn counts the charges of a day in China.
func (o *Outcome) chargesOn(day time.Time) (n int) {
	for _, at := range o.ChargedAt {
		if !at.Before(day) && at.Before(day.AddDate(0, 0, 1)) {
			n++
		}
	}
	return n
}

// explain looks up the flows that the two sides do not count alike, and those that the
// ledger may not know.
func (k *Keeper) explain(ctx context.Context, r *Reconciliation, day time.Time, entries map[string]Entry, bill []faceid.WeChatBillDetail) error {
	flows := map[string]*UnknownFlow{}
	for _, line := range bill {
		f := flows[line.BizToken]
		if f == nil {
			f = &UnknownFlow{Order: Order{Kind: WeChat, Number: line.BizToken, RuleID: line.RuleID}}
			flows[line.BizToken] = f
		}
		f.add(line)
	}
	for token, f := range flows {
		e, known := entries[token]
		if !known {
			var err error
			switch e, err = k.Ledger.Load(ctx, f.Order.Key()); {
			case errors.Is(err, ErrNoEntry):
				r.Unknown = append(r.Unknown, *f)
				continue
			case err != nil:
				return fmt.Errorf("evidence: the ledger: %w", err)
			}
		}
		r.compare(e, day, f.Charges)
	}
	for token, e := range entries {
		if flows[token] == nil {
			r.compare(e, day, 0)
		}
	}
	slices.SortFunc(r.Unknown, func(a, b UnknownFlow) int { return a.Order.compare(b.Order) })
	slices.SortFunc(r.Differences, func(a, b Difference) int { return a.Entry.Order.compare(b.Entry.Order) })
	return nil
}

// add adds a line of the bill.
func (f *UnknownFlow) add(line faceid.WeChatBillDetail) {
	f.Lines = append(f.Lines, line)
	f.Charges += int(min(line.ChargeCount, 1<<31))
	for _, attempt := range line.ChargeDetails {
		if at := attempt.At(); f.Order.OpenedAt.IsZero() || at.Before(f.Order.OpenedAt) && !at.IsZero() {
			f.Order.OpenedAt = at
		}
	}
}

// compare notes a difference between an order and the bill.
func (r *Reconciliation) compare(e Entry, day time.Time, billed int) {
	ledger := 0
	if e.Outcome != nil {
		ledger = e.Outcome.chargesOn(day)
	}
	if ledger != billed {
		r.Differences = append(r.Differences, Difference{Entry: e, Ledger: ledger, Billed: billed})
	}
}

// compare orders by the time of opening.
func (o Order) compare(other Order) int {
	if by := o.OpenedAt.Compare(other.OpenedAt); by != 0 {
		return by
	}
	return strings.Compare(o.Number, other.Number)
}
