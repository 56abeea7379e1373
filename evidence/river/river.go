// Package river lets River (https://riverqueue.com) call a Keeper of package evidence. The
// queue is in the database of the merchant: a file of SQLite for one process, Postgres for
// a fleet. An order and its job go in with the merchant's own transaction.
//
// Import it under another name where River itself is imported, as faceidriver:
//
//	engine, err := faceidriver.New[*sql.Tx](keeper, faceidriver.Options{})
//	err = faceidriver.Migrate(ctx, driver) // the tables of River
//	config := &river.Config{}
//	err = engine.Configure(config, 8) // looks at 8 orders at once
//	client, err := river.NewClient(driver, config)
//	err = client.Start(ctx)
//	...
//	err = engine.AddTx(ctx, client, tx, ledger.In(tx), order)
//
// The type argument is the transaction of River's driver: *sql.Tx for riversqlite and
// riverdatabasesql, pgx.Tx for riverpgxv5.
//
// # What becomes of an order
//
// An order has one job, which holds the key of the order and its class, and nothing else.
// The job calls Keeper.StepKey and is put off until the next look is due, until the order is
// Done. Old orders go first: the class of a job is its priority in River, as
// evidence.Progress.Priority counts it.
//
// The ledger is the truth, and the queue may lose everything. A periodic job looks every
// minute for orders that are due and puts jobs back that are missing (Refill), also for
// orders that Keeper.Open alone has opened. An order that was cancelled in River comes back
// this way: to end an order, delete it with Keeper.Delete. A job uses no attempts up while
// the ledger fails.
//
// A process that dies leaves its jobs in the state running until River rescues them, which
// takes an hour unless river.Config.RescueStuckJobsAfter says less. It must be more than
// Options.Timeout.
package river

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"github.com/faceid-go/faceid/evidence"
)

// Queue is the name of the queue in River. It is one of its own, because a look may take
// as long as files take to come.
const Queue = "faceid_evidence"

// mostAttempts is the highest number that a column of River holds. An attempt is used up
// only when a process dies, or a function of the ledger panics.
const mostAttempts = 32767

// schedulerRuns is how often River looks for jobs that have become due. A job that is due
// earlier goes in as due.
const schedulerRuns = 5 * time.Second

// Options are what an Engine works with. The zero value is good.
type Options struct {
	// Timeout is how long one look may take with all its files; 0 means 10 minutes.
	Timeout time.Duration
	// RefillEvery is how often Refill looks for jobs that are missing, a second or more; 0
	// means a minute.
	RefillEvery time.Duration
	// Speed is how many times faster than the machine's clock the Keeper's clock runs, for
	// tests and demonstrations; 0 means 1.
	Speed float64
	// Logger is told of looks that failed because of the ledger. Nil: nobody.
	Logger *slog.Logger
}

// Engine puts orders into River, and works on them there. TTx is the transaction of the
// driver of River. An Engine is safe for concurrent use, and has no goroutine of its own.
type Engine[TTx any] struct {
	keeper *evidence.Keeper
	o      Options
}

// New returns an Engine. The error names the option that is wrong.
func New[TTx any](k *evidence.Keeper, o Options) (*Engine[TTx], error) {
	switch {
	case k == nil:
		return nil, errors.New("river: New: the Keeper is required")
	case o.Speed < 0:
		return nil, errors.New("river: New: Options.Speed must not be negative")
	case o.Timeout < 0:
		return nil, errors.New("river: New: Options.Timeout must not be negative")
	case o.RefillEvery != 0 && o.RefillEvery < time.Second:
		return nil, errors.New("river: New: Options.RefillEvery must be a second or more")
	}
	o.Speed, o.Timeout, o.RefillEvery = cmp.Or(o.Speed, 1), cmp.Or(o.Timeout, 10*time.Minute), cmp.Or(o.RefillEvery, time.Minute)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Engine[TTx]{k, o}, nil
}

// Migrate makes the tables of River in the database of the driver, or brings them to the
// version of the River that is built in. It may be called at every start.
func Migrate[TTx any](ctx context.Context, driver riverdriver.Driver[TTx]) error {
	m, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err == nil {
		_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	}
	if err != nil {
		return fmt.Errorf("river: Migrate: %w", err)
	}
	return nil
}

// Configure adds what a process needs that works on orders: the workers, the Queue, and the
// periodic job that calls Refill. At most atOnce orders are looked at at once.
// A process that only adds orders needs no Configure. The error says that the configuration
// has such a worker or queue already, or that atOnce is not 1 or more.
func (e *Engine[TTx]) Configure(c *river.Config, atOnce int) error {
	if _, ok := c.Queues[Queue]; ok || atOnce < 1 {
		return fmt.Errorf("river: Configure: atOnce must be 1 or more, and the queue %s must not be configured", Queue)
	}
	if c.Workers == nil {
		c.Workers = river.NewWorkers()
	}
	if err := river.AddWorkerSafely(c.Workers, &looker[TTx]{Engine: e}); err != nil {
		return fmt.Errorf("river: Configure: %w", err)
	}
	if err := river.AddWorkerSafely(c.Workers, &refiller[TTx]{Engine: e}); err != nil {
		return fmt.Errorf("river: Configure: %w", err)
	}
	if c.Queues == nil {
		c.Queues = map[string]river.QueueConfig{}
	}
	c.Queues[Queue] = river.QueueConfig{MaxWorkers: atOnce}
	c.PeriodicJobs = append(c.PeriodicJobs, river.NewPeriodicJob(river.PeriodicInterval(e.o.RefillEvery),
		func() (river.JobArgs, *river.InsertOpts) { return RefillArgs{}, nil }, &river.PeriodicJobOpts{RunOnStart: true}))
	return nil
}

// Add puts an order into the ledger and then into the queue. An order that is there stays
// as it is. After an error the order may be in the ledger alone; Refill finds it then.
func (e *Engine[TTx]) Add(ctx context.Context, client *river.Client[TTx], o evidence.Order) error {
	if err := e.keeper.Open(ctx, o); err != nil {
		return err
	}
	return e.insert(ctx, e.keeper.Ledger, o, func(p river.InsertManyParams) error {
		_, err := client.Insert(ctx, p.Args, p.InsertOpts)
		return err
	})
}

// AddTx is Add in the merchant's own transaction: the order is in the ledger and in the
// queue if and only if the transaction commits. in is the ledger inside the transaction: In
// of package sqlledger or pgxledger. River and the ledger are in the same database then.
func (e *Engine[TTx]) AddTx(ctx context.Context, client *river.Client[TTx], tx TTx, in evidence.Ledger, o evidence.Order) error {
	if err := e.keeper.OpenIn(ctx, in, o); err != nil {
		return err
	}
	return e.insert(ctx, in, o, func(p river.InsertManyParams) error {
		_, err := client.InsertTx(ctx, tx, p.Args, p.InsertOpts)
		return err
	})
}

func (e *Engine[TTx]) insert(ctx context.Context, in evidence.Ledger, o evidence.Order, put func(river.InsertManyParams) error) error {
	entry, err := in.Load(ctx, o.Key())
	if err != nil {
		return fmt.Errorf("river: the ledger: %w", err)
	}
	if entry.State == evidence.Done {
		return nil
	}
	if err := put(e.job(entry)); err != nil {
		return fmt.Errorf("river: the queue: %w", err)
	}
	return nil
}

// Refill puts jobs back for the orders that are due and have none, and returns how many
// these were. The periodic job of Configure calls it. It reads the orders that are due, and writes
// nothing for those whose job is there.
func (e *Engine[TTx]) Refill(ctx context.Context, client *river.Client[TTx]) (int, error) {
	const most = 200 // jobs in one statement
	n := 0
	var jobs []river.InsertManyParams
	flush := func() error {
		if len(jobs) == 0 {
			return nil
		}
		done, err := client.InsertMany(ctx, jobs)
		if err != nil {
			return fmt.Errorf("river: the queue: %w", err)
		}
		for _, d := range done {
			if !d.UniqueSkippedAsDuplicate {
				n++
			}
		}
		jobs = jobs[:0]
		return nil
	}
	for entry, err := range e.keeper.Ledger.Entries(ctx, evidence.Query{Unfinished: true, DueBy: e.keeper.Now()}) {
		if err != nil {
			return n, fmt.Errorf("river: the ledger: %w", err)
		}
		if jobs = append(jobs, e.job(entry)); len(jobs) == most {
			if err := flush(); err != nil {
				return n, err
			}
		}
	}
	return n, flush()
}

// job is the job of an order for its next look.
func (e *Engine[TTx]) job(entry evidence.Entry) river.InsertManyParams {
	p := e.keeper.Progress(entry)
	return e.jobIn(entry.Order.Key(), p.Priority(), e.real(p.Wait))
}

func (e *Engine[TTx]) jobIn(key string, class int, wait time.Duration) river.InsertManyParams {
	opts := &river.InsertOpts{Priority: class}
	if wait > schedulerRuns {
		opts.ScheduledAt = time.Now().Add(wait)
	}
	return river.InsertManyParams{Args: Args{Key: key, Class: class}, InsertOpts: opts}
}

// real turns a wait of the Keeper's clock into one of the machine's.
func (e *Engine[TTx]) real(wait time.Duration) time.Duration {
	return time.Duration(float64(wait) / e.o.Speed)
}

// pause is how long a job waits after a look that failed because of the ledger. The jobs
// of a ledger that was away do not all come back at once.
func (e *Engine[TTx]) pause() time.Duration {
	return e.real(30*time.Second + rand.N(time.Minute)) //nolint:gosec // jitter
}

// unfinished are the states of jobs that are not over. One job of an order and class is in
// them.
var unfinished = []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled,
}
