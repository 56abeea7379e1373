package evidencetest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/faceidtest"
)

// Queue is a queue of jobs and the ledger of its orders. Several processes work on it.
type Queue struct {
	// Ledger is empty. It keeps what it has when a process is killed. Required.
	Ledger evidence.Ledger
	// Join makes a process that uses the queue with this Keeper. The clock of the Keeper
	// runs speed times as fast as that of the queue. It is called several times for one
	// queue, also while other processes work. Required.
	Join func(t *testing.T, k *evidence.Keeper, speed float64) Engine
	// Dump returns all that the queue holds, as text. Nil leaves out the test that jobs
	// hold no personal data; an engine that has no jobs may do that.
	Dump func(t *testing.T) string
	// Lose empties the queue, as an accident does. It is called while no process works.
	// Nil leaves out the test that lost jobs are put back.
	Lose func(t *testing.T)
	// NoPriority says that the engine does not let old orders go first.
	NoPriority bool
	// Speed is the speed of the test in which four days pass; 0 means 20000, at which
	// they take 17 seconds. An engine that needs a second or more until it sees that a
	// job is due takes less.
	Speed float64
	// Patience is how long it may take, by the clock of the queue, until an order goes on
	// whose process died or whose job was lost; 0 means 3 minutes.
	Patience time.Duration
}

// Engine is one process that uses a queue.
type Engine struct {
	Add  func(ctx context.Context, o evidence.Order) error // puts an order into the ledger and into the queue
	Work func()                                            // begins to work, on at most 4 orders at once; returns at once
	Stop func()                                            // ends the work, and returns when nothing works any more
	Kill func()                                            // is Stop, except that nothing is written to the queue any more; nil means Stop
}

// fast is the speed at which four days take 17 seconds, and slow one at which orders are
// young still after minutes.
const (
	fast = 20000
	slow = 200
)

// Engines tests that an engine takes every order to its end, whatever becomes of its
// processes and of its queue. open returns an empty queue. The cases run in parallel and
// take about a minute.
func Engines(t *testing.T, open func(t *testing.T) Queue) {
	for name, test := range map[string]func(*shop){
		"EndsEveryOrder":    endsEveryOrder,
		"TellsOneKey":       tellsOneKey,
		"OutlivesProcesses": outlivesProcesses,
		"FindsLostJobs":     findsLostJobs,
		"OldOrdersFirst":    oldOrdersFirst,
		"JobsNameNobody":    jobsNameNobody,
		"StopEndsTheWork":   stopEndsTheWork,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(newShop(t, open(t)))
		})
	}
}

// endsEveryOrder opens orders that end in every way, and has the platform fail for half
// a day at first.
func endsEveryOrder(s *shop) {
	s.run(s.fast())
	lags := faceidtest.Passes()
	lags.FileLag = map[string]time.Duration{"video": 20 * time.Hour}
	wants := map[evidence.Order]string{}
	var e Engine
	s.still(func() {
		e = s.join(s.ledger)
		wants[s.h5(faceidtest.Passes())] = "Passed answer.json photo video"
		wants[s.h5(lags)] = "Passed answer.json photo video"
		wants[s.h5(faceidtest.NotSamePerson())] = "NotSamePerson answer.json"
		wants[s.h5(faceidtest.Quits())] = "NoResult"
		wants[s.h5(faceidtest.Ending{})] = "NoResult" // the person never comes
		wants[s.wechat(0)] = "Passed BestFrame.BestFrame IdCardData.OcrBack IdCardData.OcrFront VideoData.LivenessVideo answer.json"
		wants[s.wechat(1004, 1004)] = "CaptureFailed IdCardData.OcrBack IdCardData.OcrFront answer.json"
		for o := range wants {
			s.add(e, o)
		}
		s.platform.downUntil(s.sim.Now().Add(12 * time.Hour))
		e.Work()
	})
	defer e.Stop()
	s.untilDone(10 * 24 * time.Hour) // what is too late shows in the outcomes
	for o, want := range wants {
		entry := s.load(o)
		var files []string
		for _, f := range entry.Files {
			files = append(files, f.Name)
		}
		slices.Sort(files)
		got := strings.TrimSpace(string(entry.Outcome.Family) + " " + strings.Join(files, " "))
		check(s.T, got == want, "an order ended as %q, want %q", got, want)
		check(s.T, !entry.Outcome.Late, "an order was looked at too late: %s", got)
	}
	s.toldAll(len(wants))
}

// tellsOneKey adds each order twice, from two processes that work at once.
func tellsOneKey(s *shop) {
	s.run(slow)
	one, other := s.join(s.ledger), s.join(s.ledger)
	const n = 10
	for range n {
		o := s.h5(faceidtest.Passes())
		for _, e := range []Engine{one, other, one} {
			s.add(e, o)
		}
	}
	one.Work()
	other.Work()
	defer one.Stop()
	defer other.Stop()
	s.untilDone(s.patience() * slow)
	s.toldAll(n)
}

// outlivesProcesses lets two processes die in the middle of their work.
func outlivesProcesses(s *shop) {
	s.run(slow)
	const n = 8
	lives := []*life{newLife(s.ledger, 7), newLife(s.ledger, 12)}
	var dying []Engine
	for _, l := range lives {
		dying = append(dying, s.join(l))
	}
	for range n {
		s.add(s.join(s.ledger), s.h5(faceidtest.Passes()))
	}
	for i, e := range dying {
		e.Work()
		lives[i].waitForDeath(s.T, s.patience())
		e.Kill()
	}
	last := s.join(s.ledger)
	last.Work()
	defer last.Stop()
	s.untilDone(s.patience() * slow)
	s.toldAll(n)
}

// findsLostJobs loses all jobs. One order was never in the queue.
func findsLostJobs(s *shop) {
	if s.queue.Lose == nil {
		s.Skip("the engine has no queue that can be lost")
	}
	s.run(slow)
	const n = 5
	first := s.join(s.ledger)
	for range n - 1 {
		s.add(first, s.h5(faceidtest.Passes()))
	}
	check(s.T, s.keeper(s.ledger).Open(s.Context(), s.h5(faceidtest.Passes())) == nil, "Open failed")
	s.queue.Lose(s.T)
	second := s.join(s.ledger)
	second.Work()
	defer second.Stop()
	s.untilDone(s.patience() * slow)
	s.toldAll(n)
}

// oldOrdersFirst makes a backlog: orders that are 2 days old, and many young ones that are
// due earlier.
func oldOrdersFirst(s *shop) {
	if s.queue.NoPriority {
		s.Skip("the engine takes orders as they are due")
	}
	s.run(s.fast())
	const olds, youngs = 8, 48
	var old []evidence.Order
	first := s.join(s.ledger)
	s.still(func() {
		for range olds {
			o := s.h5(faceidtest.Ending{})
			s.add(first, o)
			old = append(old, o)
		}
	})
	first.Work()
	s.until(90*time.Hour, "the orders have grown old", func() bool {
		return !slices.ContainsFunc(old, func(o evidence.Order) bool {
			return s.load(o).Looked.Sub(o.OpenedAt) < 48*time.Hour
		})
	})
	first.Stop()

	seen := newLife(s.ledger, 0)
	seen.slow = 20 * time.Millisecond
	second := s.join(seen)
	s.still(func() {
		for range youngs {
			s.add(second, s.h5(faceidtest.Ending{}))
		}
	})
	due := s.sim.Now().Add(9 * time.Hour) // the longest wait is 8 hours
	s.until(10*time.Hour, "all orders are due", func() bool { return s.sim.Now().After(due) })
	seen.forget()
	second.Work()
	s.until(100*time.Hour, "all orders were looked at", func() bool { return len(seen.keys()) == olds+youngs })
	second.Stop()
	early := 0
	for at, key := range seen.keys() {
		if slices.ContainsFunc(old, func(o evidence.Order) bool { return o.Key() == key }) {
			early = at + 1 - olds
		}
	}
	check(s.T, early <= youngs/2, "%d of %d young orders were looked at before an order that is 2 days old", early, youngs)
}

// jobsNameNobody reads the jobs of orders that wait, and what is left of them.
func jobsNameNobody(s *shop) {
	if s.queue.Dump == nil {
		s.Skip("the engine has no jobs")
	}
	s.run(slow)
	e := s.join(s.ledger)
	waits, passed := s.wechat(1004), s.wechat(0)
	s.add(e, waits)
	s.add(e, passed)
	jobs := s.queue.Dump(s.T)
	check(s.T, strings.Contains(jobs, waits.Key()), "Dump does not show the job of an order:\n%s", jobs)
	e.Work()
	s.until(s.patience()*slow, "an order has passed", func() bool { return s.load(passed).State == evidence.Done })
	e.Stop()
	jobs += s.queue.Dump(s.T)
	for what, secret := range map[string]string{
		"the token of a flow": waits.Number, "another token": passed.Number, "the merchant's reference": waits.Ref,
		"the name": person.Name, "the number": person.IDNo, "the user": person.UserID,
	} {
		check(s.T, !strings.Contains(jobs, secret), "the queue holds %s", what)
	}
}

// stopEndsTheWork stops a process while it looks at an order.
func stopEndsTheWork(s *shop) {
	s.run(slow)
	seen := newLife(s.ledger, 0)
	seen.slow = 50 * time.Millisecond
	e := s.join(seen)
	for range 20 {
		s.add(e, s.h5(faceidtest.Passes()))
	}
	seen.forget()
	e.Work()
	s.until(s.patience()*slow, "the work has begun", func() bool { return len(seen.keys()) > 0 })
	e.Stop()
	check(s.T, seen.busy() == 0, "the process looks at an order after Stop")
	n := len(seen.keys())
	time.Sleep(100 * time.Millisecond)
	check(s.T, len(seen.keys()) == n, "the process looks at more orders after Stop")
	last := s.join(s.ledger)
	last.Work()
	defer last.Stop()
	s.untilDone(s.patience() * slow)
}
