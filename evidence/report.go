package evidence

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/faceid-go/faceid"
)

// beijing is the zone in which the platform counts days.
var beijing = time.FixedZone("UTC+8", 8*60*60)

// Charge is how many orders of a product ended on a day, and what they cost.
type Charge struct {
	Day     string // of the outcome, as 2026-11-29, in UTC+8 as the platform counts
	Product string // plus, enhanced, basic, face if the order does not say which, will, wechat, eid, intl-web, intl-app, ocr-idcard, ocr-bankcard, nfc
	Orders  int    // orders that ended
	Passed  int    // those whose person passed
	Charged int    // charged verifications; one flow may have several
	Unknown int    // orders for which no document says whether they are charged
}

// Charges counts the outcomes from one time to before another, by day and product. The
// day of an outcome is the day on which the platform says that it happened, or else that
// on which the Keeper learnt of it.
func (k *Keeper) Charges(ctx context.Context, from, to time.Time) ([]Charge, error) {
	sums := map[[2]string]*Charge{}
	for e, err := range k.Ledger.Entries(ctx, Query{DecidedFrom: from, DecidedTo: to.Add(kept)}) {
		if err != nil {
			return nil, fmt.Errorf("evidence: the ledger: %w", err)
		}
		at := e.Outcome.at()
		if at.Before(from) || !at.Before(to) {
			continue
		}
		key := [2]string{at.In(beijing).Format(time.DateOnly), e.Order.product()}
		c := sums[key]
		if c == nil {
			c = &Charge{Day: key[0], Product: key[1]}
			sums[key] = c
		}
		c.add(*e.Outcome)
	}
	all := make([]Charge, 0, len(sums))
	for _, c := range sums {
		all = append(all, *c)
	}
	slices.SortFunc(all, func(a, b Charge) int {
		return cmp.Or(strings.Compare(a.Day, b.Day), strings.Compare(a.Product, b.Product))
	})
	return all, nil
}

func (c *Charge) add(o Outcome) {
	c.Orders++
	c.Charged += o.Charges
	if o.Passed {
		c.Passed++
	}
	if o.Charged == faceid.ChargedUnknown {
		c.Unknown++
	}
}

// at is when the outcome happened, as far as it is known.
func (o Outcome) at() time.Time {
	if o.OccurredAt.IsZero() {
		return o.DecidedAt
	}
	return o.OccurredAt
}

// Late returns the orders that were opened more than age ago and are not Done. Alarm when
// there is one that is older than 2 days: its files are lost a day later.
func (k *Keeper) Late(ctx context.Context, age time.Duration) iter.Seq2[Entry, error] {
	return k.Ledger.Entries(ctx, Query{Unfinished: true, OpenedBefore: k.now().Add(-age)})
}
