package evidence

import (
	"context"
	"errors"
	"fmt"
	"iter"
)

// Adopt is Step for an order that somebody reports and that the ledger may not have: a
// callback names it, or the bill does (see Reconciliation.Unknown). The order gets into
// the ledger then, with a mark that it was adopted, and its result and its files are kept
// if the platform still has them. Usually a process died between the call that opened the
// order and Open. An order that the ledger has is not adopted; Adopt is Step then.
//
// Adopt what the platform has vouched for: check a callback with VerifyCallback first. The
// way back from WeChat is not signed, so anybody can name a token there; leave these to
// the bill. OpenedAt may be the time of the report.
func (k *Keeper) Adopt(ctx context.Context, o Order) (Progress, error) {
	if err := o.validate(k.now()); err != nil {
		return Progress{}, err
	}
	_, err := k.Ledger.Load(ctx, o.Key())
	if errors.Is(err, ErrNoEntry) {
		_, err = k.Ledger.Save(ctx, Entry{Order: o, Adopted: true, Next: firstOf(o, k.now())})
		if err == nil {
			k.log.WarnContext(ctx, "an order was reported that nobody had opened here", "key", o.Key())
		}
	}
	if err != nil && !errors.Is(err, ErrConflict) { // a conflict: somebody has just opened it
		return Progress{}, fmt.Errorf("evidence: the ledger: %w", err)
	}
	return k.StepKey(ctx, o.Key())
}

// Adopted returns the orders that were reported before anybody opened them here. Each was
// forgotten by a process, or belongs to another system. A ledger in a database may read
// all its entries for that.
func (k *Keeper) Adopted(ctx context.Context) iter.Seq2[Entry, error] {
	return k.Ledger.Entries(ctx, Query{Adopted: true})
}
