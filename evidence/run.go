package evidence

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Run calls Step for every order of the ledger when it is due, until ctx ends, and
// returns the cause of that end. At most workers orders are looked at at once. It is the
// whole engine that one process needs whose ledger is in a database; several processes
// may run it on one ledger, and then some looks are made twice. every is how long a new
// order may wait until Run sees it; a second is a good value.
func (k *Keeper) Run(ctx context.Context, workers int, every time.Duration) error {
	if workers < 1 || every <= 0 {
		return fmt.Errorf("evidence: Run: workers must be 1 or more, and every more than 0")
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		n, err := k.RunDue(ctx, workers)
		if err != nil && ctx.Err() == nil {
			k.log.WarnContext(ctx, "the ledger does not tell which orders are due", "err", err)
		}
		if n > 0 && err == nil {
			continue // there may be more
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// RunDue calls Step once for the orders that are due now, at most 100 for each worker,
// and returns how many these were. It is for a cron job. The error is the first one of
// the ledger, or the end of ctx.
func (k *Keeper) RunDue(ctx context.Context, workers int) (int, error) {
	var (
		all   sync.WaitGroup
		mu    sync.Mutex
		first error
		n     int
	)
	slots := make(chan struct{}, max(workers, 1))
	failed := func(err error) {
		mu.Lock()
		defer mu.Unlock()
		if first == nil {
			first = err
		}
	}
	for e, err := range k.Ledger.Entries(ctx, Query{Unfinished: true, DueBy: k.now(), Limit: 100 * cap(slots)}) {
		if err != nil {
			failed(err)
			break
		}
		select {
		case <-ctx.Done():
			failed(context.Cause(ctx))
		case slots <- struct{}{}:
			n++
			all.Go(func() {
				defer func() { <-slots }()
				if err := k.stepUnlessChanged(ctx, e); err != nil {
					failed(err)
				}
			})
			continue
		}
		break
	}
	all.Wait()
	return n, first
}

// stepUnlessChanged calls Step for an entry as the ledger listed it, unless another process
// has looked since: all processes of a fleet find the same orders due.
func (k *Keeper) stepUnlessChanged(ctx context.Context, listed Entry) error {
	e, err := k.Ledger.Load(ctx, listed.Order.Key())
	switch {
	case errors.Is(err, ErrNoEntry): // it was deleted
		return nil
	case err != nil:
		return fmt.Errorf("evidence: the ledger: %w", err)
	case e.Version != listed.Version:
		return nil
	}
	_, err = k.step(ctx, e)
	return err
}
