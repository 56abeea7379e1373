package river

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"github.com/faceid-go/faceid/evidence"
)

// Args are what a job holds. There is one job at a time for each Key and Class.
type Args struct {
	Key   string `json:"key" river:"unique"`   // of the order; the token of a flow is hashed in it
	Class int    `json:"class" river:"unique"` // as evidence.Progress.Priority: 1 goes first
}

// Kind is the kind of the jobs in River.
func (Args) Kind() string { return "faceid_evidence" }

// InsertOpts are how River keeps the job.
func (Args) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: Queue, MaxAttempts: mostAttempts, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished}}
}

// RefillArgs are the arguments of the periodic job that calls Refill.
type RefillArgs struct{}

// Kind is the kind of the job in River.
func (RefillArgs) Kind() string { return "faceid_evidence_refill" }

// InsertOpts are how River keeps the job. A Refill that fails is not repeated, because the
// next one comes soon.
func (RefillArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: Queue, Priority: 1, MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished}}
}

// looker looks at orders.
type looker[TTx any] struct {
	river.WorkerDefaults[Args]
	*Engine[TTx]
}

// Timeout is documented at river.Worker.
func (l *looker[TTx]) Timeout(*river.Job[Args]) time.Duration { return l.o.Timeout }

// NextRetry is documented at river.Worker. Only a panic and a death use attempts up.
func (l *looker[TTx]) NextRetry(*river.Job[Args]) time.Time { return time.Now().Add(l.pause()) }

// Work looks once. A job that is not over is put off, which uses no attempt up. One that
// comes too early is put off as well, and asks the platform nothing.
func (l *looker[TTx]) Work(ctx context.Context, job *river.Job[Args]) error {
	entry, err := l.keeper.Ledger.Load(ctx, job.Args.Key)
	p := l.keeper.Progress(entry)
	if err == nil && p.State != evidence.Done && p.Wait == 0 {
		p, err = l.keeper.StepKey(ctx, job.Args.Key)
	}
	switch {
	case errors.Is(err, evidence.ErrNoEntry): // the order was deleted
		return nil
	case errors.Is(ctx.Err(), context.Canceled): // the process stops, and another one goes on at once
		return river.JobSnooze(0)
	case err != nil:
		l.o.Logger.WarnContext(context.WithoutCancel(ctx), "a look at an order failed", "key", job.Args.Key, "err", err)
		return river.JobSnooze(l.pause())
	case p.State == evidence.Done:
		return nil
	}
	wait := l.real(p.Wait)
	if class := p.Priority(); class < job.Args.Class {
		// A crash in between leaves two jobs, of which the other one ends at its next look.
		next := l.jobIn(job.Args.Key, class, wait)
		_, err := river.ClientFromContext[TTx](ctx).Insert(ctx, next.Args, next.InsertOpts)
		if err == nil {
			return nil
		}
		l.o.Logger.WarnContext(ctx, "the job of an order stays in its class", "key", job.Args.Key, "err", err)
	}
	return river.JobSnooze(wait)
}

// refiller calls Refill.
type refiller[TTx any] struct {
	river.WorkerDefaults[RefillArgs]
	*Engine[TTx]
}

// Timeout is documented at river.Worker.
func (r *refiller[TTx]) Timeout(*river.Job[RefillArgs]) time.Duration { return r.o.Timeout }

// Work is documented at river.Worker.
func (r *refiller[TTx]) Work(ctx context.Context, _ *river.Job[RefillArgs]) error {
	n, err := r.Refill(ctx, river.ClientFromContext[TTx](ctx))
	if n > 0 {
		r.o.Logger.WarnContext(ctx, "orders that were due had no job, and have one now", "orders", n)
	}
	if err != nil {
		return fmt.Errorf("river: Refill: %w", err)
	}
	return nil
}
