package evidencetest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/faceidtest"
)

var person = faceid.Person{UserID: "user7391", Name: "李测试", IDNo: "110101199003074477"}

// shop is the merchant of one case: a queue with its ledger, the platform, and what the
// merchant was told.
type shop struct {
	*testing.T
	queue    Queue
	ledger   evidence.Ledger
	sim      *faceidtest.Server
	platform *platform
	client   *faceid.Client
	bucket   *blob.Bucket
	speed    float64

	clock  sync.Mutex
	stands int       // how many need the clock to stand still
	last   time.Time // when the clock was moved

	mu     sync.Mutex
	told   map[string]int // how often, by the key of the outcome
	passed map[string]bool
	deaf   map[string]int // how often OnOutcome still fails
	opened int
}

func newShop(t *testing.T, q Queue) *shop {
	t.Helper()
	sim := faceidtest.Start(t)
	p := &platform{sim: sim}
	s := &shop{
		T: t, queue: q, ledger: q.Ledger, sim: sim, platform: p, bucket: memblob.OpenBucket(nil),
		client: sim.Client(faceid.WithHTTPClient(&http.Client{Transport: p})),
		told:   map[string]int{}, passed: map[string]bool{}, deaf: map[string]int{},
	}
	t.Cleanup(func() { s.bucket.Close() })
	return s
}

// fast is the speed for a case in which days pass.
func (s *shop) fast() float64 {
	if s.queue.Speed > 0 {
		return s.queue.Speed
	}
	return fast
}

// patience is how long a case at the slow speed may take.
func (s *shop) patience() time.Duration {
	if s.queue.Patience > 0 {
		return s.queue.Patience
	}
	return 3 * time.Minute
}

// run lets the clock of the platform, which is that of the Keeper, run at this speed until
// the test ends.
func (s *shop) run(speed float64) {
	s.speed, s.last = speed, time.Now()
	ended := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case <-tick.C:
			}
			s.clock.Lock()
			now := time.Now()
			if s.stands == 0 {
				// A machine that is busy is late with everything, so the clock waits for it.
				s.sim.Advance(time.Duration(float64(min(now.Sub(s.last), 4*time.Millisecond)) * (speed - 1)))
			}
			s.last = now
			s.clock.Unlock()
		}
	})
	s.Cleanup(func() { close(ended); running.Wait() })
}

// still lets no time pass during do, because a page must be entered within minutes, and a
// ticket lives 2.
func (s *shop) still(do func()) {
	stand := func(more int) {
		s.clock.Lock()
		defer s.clock.Unlock()
		s.stands += more
		s.last = time.Now()
	}
	stand(1)
	defer stand(-1)
	do()
}

// keeper returns a Keeper for a process that sees the ledger through l.
func (s *shop) keeper(l evidence.Ledger) *evidence.Keeper {
	s.Helper()
	life, _ := l.(*life)
	k, err := evidence.New(evidence.Options{
		Client: s.client, Bucket: s.bucket, Ledger: l, Now: s.sim.Now,
		OnOutcome: func(ctx context.Context, o evidence.Outcome) error {
			if err := life.mayDie(ctx); err != nil {
				return err
			}
			if err := s.tell(o); err != nil {
				return err
			}
			return life.mayDie(ctx)
		},
		Expect: func(context.Context, evidence.Order) (faceid.Person, error) { return person, nil },
	})
	check(s.T, err == nil, "New: %v", err)
	return k
}

var errDeaf = errors.New("the merchant's database is down")

// tell is OnOutcome. The merchant fails the first two times for every outcome.
func (s *shop) tell(o evidence.Outcome) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.deaf[o.Key]++; s.deaf[o.Key] <= 2 {
		return errDeaf
	}
	if passed, again := s.passed[o.Key]; again && passed != o.Passed {
		s.Errorf("an outcome was told in two ways")
	}
	s.passed[o.Key] = o.Passed
	s.told[o.Key]++
	return nil
}

// toldAll checks that n outcomes were told, none of them many times.
func (s *shop) toldAll(n int) {
	s.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	check(s.T, len(s.told) == n, "%d outcomes were told, want %d", len(s.told), n)
	for _, times := range s.told {
		check(s.T, times <= 3, "an outcome was told %d times", times)
	}
}

// join makes a process. One that has no way to be killed is stopped.
func (s *shop) join(l evidence.Ledger) Engine {
	s.Helper()
	e := s.queue.Join(s.T, s.keeper(l), s.speed)
	if e.Kill == nil {
		e.Kill = e.Stop
	}
	return e
}

func (s *shop) add(e Engine, o evidence.Order) {
	s.Helper()
	err := e.Add(s.Context(), o)
	check(s.T, err == nil, "Add: %v", err)
}

// h5 opens an order in a browser. The person comes at once, unless e is empty.
func (s *shop) h5(e faceidtest.Ending) (o evidence.Order) {
	s.Helper()
	s.still(func() { o = s.visit(e) })
	return o
}

func (s *shop) visit(e faceidtest.Ending) evidence.Order {
	s.Helper()
	login, err := s.client.StartH5(s.Context(), faceid.H5Request{Person: person, RedirectURL: "https://shop.example/back", From: faceid.FromBrowser})
	check(s.T, err == nil, "StartH5: %v", err)
	o := s.order(evidence.Order{Kind: evidence.FaceH5, Number: login.Session.OrderNo})
	if e.Code != "" {
		s.sim.Script(o.Number, e)
		_, err = s.sim.Visit(s.Context(), login.URL)
		check(s.T, err == nil, "the visit of the page: %v", err)
	}
	return o
}

// wechat opens a flow. The person makes one attempt for each code.
func (s *shop) wechat(codes ...int) (o evidence.Order) {
	s.Helper()
	s.still(func() { o = s.flow(codes...) })
	return o
}

func (s *shop) flow(codes ...int) evidence.Order {
	s.Helper()
	flow, err := s.client.DetectAuth(s.Context(), faceid.DetectAuthRequest{RuleID: faceidtest.RulePlus, Name: person.Name, IDCard: person.IDNo})
	check(s.T, err == nil, "DetectAuth: %v", err)
	s.sim.ScriptCloud(flow.BizToken, faceidtest.CloudTries(codes...))
	_, err = s.sim.RunMiniProgram(s.Context(), flow.BizToken)
	check(s.T, err == nil, "the flow: %v", err)
	return s.order(evidence.Order{Kind: evidence.WeChat, Number: flow.BizToken, RuleID: faceidtest.RulePlus})
}

func (s *shop) order(o evidence.Order) evidence.Order {
	s.opened++
	o.OpenedAt, o.Ref = s.sim.Now(), fmt.Sprintf("contract-%d", s.opened)
	return o
}

func (s *shop) load(o evidence.Order) evidence.Entry {
	s.Helper()
	e, err := s.ledger.Load(s.Context(), o.Key())
	check(s.T, err == nil, "Load: %v", err)
	return e
}

// untilDone waits until all orders are Done.
func (s *shop) untilDone(bound time.Duration) {
	s.Helper()
	var left []string
	s.until(bound, "all orders are done", func() bool {
		left = nil
		for e, err := range s.ledger.Entries(s.Context(), evidence.Query{Unfinished: true}) {
			check(s.T, err == nil, "Entries: %v", err)
			left = append(left, fmt.Sprintf("%s is %s after %d looks, due for %v, in trouble: %q", e.Order.Ref, e.State, e.Looks, s.sim.Now().Sub(e.Next), e.Trouble))
		}
		return len(left) == 0
	}, &left)
}

// until waits for a condition, and fails after this time of the Keeper's clock.
func (s *shop) until(bound time.Duration, what string, ok func() bool, why ...*[]string) {
	s.Helper()
	for end := s.sim.Now().Add(bound); !ok(); time.Sleep(20 * time.Millisecond) {
		if s.sim.Now().Before(end) {
			continue
		}
		for _, w := range why {
			s.Log(strings.Join(*w, "; "))
		}
		s.Fatalf("not within %v of the Keeper's clock: %s", bound, what)
	}
}

// platform is the way to the simulator, which may be out of order.
type platform struct {
	sim *faceidtest.Server
	mu  sync.Mutex
	end time.Time
}

func (p *platform) downUntil(end time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end = end
}

// RoundTrip answers with HTTP status 500 while the platform is down: a client repeats
// nothing then, so that no pauses of the real clock come in.
func (p *platform) RoundTrip(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	down := p.sim.Now().Before(p.end)
	p.mu.Unlock()
	if down {
		r = r.WithContext(faceidtest.WithFault(r.Context(), faceidtest.FaultStatus(http.StatusInternalServerError, "")))
	}
	return p.sim.RoundTrip(r)
}
