package asynq

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"time"

	"github.com/faceid-go/faceid/evidence"
)

// An order is overdue when its task has not run for so long, by the clock of the Keeper.
// After stuck its task may be one that waits for a retry, so it gets another one.
const (
	overdue = time.Minute
	stuck   = 10 * time.Minute
)

// Refill puts a task into the queue for every order that is not Done and has none, and a
// further one for every order that is overdue for 10 minutes, and returns how many tasks
// these were. Call it after Redis has lost tasks.
//
// It costs one request to Redis for each order that is not Done. The error is one of the
// ledger or of Redis, or the end of ctx; the orders that came before it are in the queue.
func (e *Engine) Refill(ctx context.Context) (int, error) {
	return e.refill(ctx, evidence.Query{Unfinished: true})
}

// KeepFull calls Refill, and then looks for orders that are overdue for a minute as often
// as every says, until ctx ends; it returns the cause of that end. So an order whose task
// was lost is looked at late by a minute and every at most. A minute is a good value for
// every, and one process of a fleet is enough; more do no harm.
//
// Each time costs a question to the ledger, and a request to Redis for each order that is
// overdue. Errors go to the Logger of the Keeper, and KeepFull tries again.
func (e *Engine) KeepFull(ctx context.Context, every time.Duration) error {
	if every <= 0 {
		return errors.New("asynq: KeepFull: every must be more than 0")
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	whole := true // the whole ledger was not looked through yet
	for {
		q := evidence.Query{Unfinished: true}
		if !whole {
			q.DueBy = e.keeper.Now().Add(-overdue)
		}
		_, err := e.refill(ctx, q)
		switch {
		case err == nil:
			whole = false
		case ctx.Err() == nil:
			e.keeper.Logger.WarnContext(ctx, "lost tasks were not put back into the queue", "err", err)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

func (e *Engine) refill(ctx context.Context, q evidence.Query) (int, error) {
	n := 0
	for entry, err := range e.keeper.Ledger.Entries(ctx, q) {
		if err != nil {
			return n, fmt.Errorf("asynq: the ledger: %w", err)
		}
		key, p := entry.Order.Key(), e.keeper.Progress(entry)
		id := idOf(key, p.Next)
		added, err := e.put(ctx, key, p, id)
		if late := e.keeper.Now().Sub(p.Next); err == nil && !added && late >= stuck {
			// The count doubles with the time, so that orders whose workers are
			// away for days get a handful of tasks, and not hundreds.
			added, err = e.put(ctx, key, p, again(id, bits.Len64(uint64(late/stuck))))
		}
		if err != nil {
			return n, err
		}
		if added {
			n++
		}
	}
	return n, nil
}
