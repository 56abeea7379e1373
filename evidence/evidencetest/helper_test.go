package evidencetest_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/evidence/evidencetest"
)

// joinLoop makes a process that runs the loop of the Keeper.
func joinLoop(_ *testing.T, k *evidence.Keeper, _ float64) evidencetest.Engine {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	return evidencetest.Engine{
		Add:  k.Open,
		Work: func() { running.Go(func() { _ = k.Run(ctx, 4, 5*time.Millisecond) }) },
		Stop: func() { cancel(); running.Wait() },
	}
}

// faults are what is wrong with an engine.
type faults struct {
	once      bool          // it looks at an order once
	noTrouble bool          // it drops an order after trouble
	late      time.Duration // it looks so much later than it should
	refuses   bool          // it refuses an order that it has
	mortal    bool          // a job that was taken is lost with its process
	noRefill  bool          // it never looks through the ledger
	noOrder   bool          // it takes jobs as they are due
	token     bool          // the job holds the whole order
	noStop    bool          // Stop does not wait
}

// job is a job of a queue in memory.
type job struct {
	key, note string
	due       time.Time
	class     int
	taken     time.Time // zero: nobody works on it
}

// queue is a queue of jobs in memory, which outlives its processes.
type queue struct {
	faults
	mu   sync.Mutex
	jobs map[string]*job
}

func open(_ *testing.T, f faults) evidencetest.Queue {
	q := &queue{faults: f, jobs: map[string]*job{}}
	return evidencetest.Queue{
		Ledger: evidence.NewMemoryLedger(), Join: q.join,
		Dump: func(*testing.T) string {
			q.mu.Lock()
			defer q.mu.Unlock()
			var b strings.Builder
			for _, j := range q.jobs {
				fmt.Fprintln(&b, j.key, j.note)
			}
			return b.String()
		},
		Lose: func(*testing.T) {
			q.mu.Lock()
			defer q.mu.Unlock()
			clear(q.jobs)
		},
	}
}

// process is a process that works on a queue.
type process struct {
	*queue
	k       *evidence.Keeper
	speed   float64
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
}

func (q *queue) join(_ *testing.T, k *evidence.Keeper, speed float64) evidencetest.Engine {
	ctx, cancel := context.WithCancel(context.Background())
	p := &process{queue: q, k: k, speed: speed, ctx: ctx, cancel: cancel}
	return evidencetest.Engine{
		Add: p.add,
		Work: func() {
			for range 4 {
				p.running.Go(p.work)
			}
		},
		Stop: func() {
			if !q.noStop {
				cancel()
				p.running.Wait()
			}
		},
	}
}

func (p *process) add(ctx context.Context, o evidence.Order) error {
	if err := p.k.Open(ctx, o); err != nil {
		return err
	}
	note := ""
	if p.token {
		note = o.Number
	}
	if !p.put(job{key: o.Key(), note: note, due: time.Now(), class: 3}) && p.refuses {
		return errors.New("the order is there")
	}
	return nil
}

// put adds a job, unless there is one.
func (p *process) put(j job) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.jobs[j.key] != nil {
		return false
	}
	p.jobs[j.key] = &j
	return true
}

func (p *process) work() {
	for p.ctx.Err() == nil {
		if !p.noRefill {
			for e, err := range p.k.Ledger.Entries(p.ctx, evidence.Query{Unfinished: true, DueBy: p.k.Now()}) {
				if err == nil {
					p.put(job{key: e.Order.Key(), due: time.Now(), class: 3})
				}
			}
		}
		if j := p.take(); j != nil {
			p.look(j)
			continue
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// take takes the job that goes first. A job that a dead process has taken is free after a
// second.
func (p *process) take() *job {
	p.mu.Lock()
	defer p.mu.Unlock()
	var free []*job
	for _, j := range p.jobs {
		if time.Until(j.due) <= 0 && (j.taken.IsZero() || !p.mortal && time.Since(j.taken) > time.Second) {
			free = append(free, j)
		}
	}
	if len(free) == 0 {
		return nil
	}
	j := slices.MinFunc(free, func(a, b *job) int {
		if a.class != b.class && !p.noOrder {
			return cmp.Compare(a.class, b.class)
		}
		return a.due.Compare(b.due)
	})
	j.taken = time.Now()
	return j
}

func (p *process) look(j *job) {
	progress, err := p.k.StepKey(p.ctx, j.key)
	if p.ctx.Err() != nil {
		return // as if it were killed: the job stays taken
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	j.taken = time.Time{}
	switch {
	case err != nil:
		j.due = time.Now().Add(10 * time.Millisecond)
	case progress.State == evidence.Done, p.once, p.noTrouble && progress.Trouble != nil:
		j.due = time.Now().Add(time.Hour) // the job is over
		if progress.State == evidence.Done {
			delete(p.jobs, j.key)
		}
	default:
		j.class = progress.Priority()
		j.due = time.Now().Add(time.Duration(float64(progress.Wait+p.late) / p.speed))
	}
}
