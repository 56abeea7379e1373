package evidencetest

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/faceid-go/faceid/evidence"
)

// life is the ledger as one process sees it. It knows at which of its operations the
// process dies: from then on nothing that the process does comes to an end, as if it were
// killed there.
type life struct {
	evidence.Ledger
	dead chan struct{}
	slow time.Duration // every Load takes so long

	mu     sync.Mutex
	left   int // operations until death; 0 or less: it lives
	loads  []string
	within int
}

// newLife returns a process that dies at its operation number left. 0 means never.
func newLife(l evidence.Ledger, left int) *life {
	return &life{Ledger: l, left: left, dead: make(chan struct{})}
}

var errDead = errors.New("the process is dead")

// mayDie counts an operation. A dead process waits for the end of its context.
func (l *life) mayDie(ctx context.Context) error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	if l.left--; l.left == 0 {
		close(l.dead)
	}
	l.mu.Unlock()
	select {
	case <-l.dead:
		<-ctx.Done()
		return errDead
	default:
		return nil
	}
}

func (l *life) waitForDeath(t *testing.T, patience time.Duration) {
	t.Helper()
	select {
	case <-l.dead:
	case <-time.After(patience):
		t.Fatal("the process does nothing, so it cannot die")
	}
}

// Load is documented at evidence.Ledger.
func (l *life) Load(ctx context.Context, key string) (evidence.Entry, error) {
	l.enter(key)
	defer l.leave()
	time.Sleep(l.slow)
	if err := l.mayDie(ctx); err != nil {
		return evidence.Entry{}, err
	}
	e, err := l.Ledger.Load(ctx, key)
	if dead := l.mayDie(ctx); dead != nil {
		return evidence.Entry{}, dead
	}
	return e, err
}

// Save is documented at evidence.Ledger.
func (l *life) Save(ctx context.Context, e evidence.Entry) (int64, error) {
	if err := l.mayDie(ctx); err != nil {
		return 0, err
	}
	version, err := l.Ledger.Save(ctx, e)
	if dead := l.mayDie(ctx); dead != nil {
		return 0, dead
	}
	return version, err
}

// Entries is documented at evidence.Ledger.
func (l *life) Entries(ctx context.Context, q evidence.Query) iter.Seq2[evidence.Entry, error] {
	select {
	case <-l.dead:
		return func(yield func(evidence.Entry, error) bool) { yield(evidence.Entry{}, errDead) }
	default:
		return l.Ledger.Entries(ctx, q)
	}
}

func (l *life) enter(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.within++
	if !slices.Contains(l.loads, key) {
		l.loads = append(l.loads, key)
	}
}

func (l *life) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.within--
}

// busy returns how many calls of Load have not ended.
func (l *life) busy() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.within
}

// keys returns the keys of the orders that were looked at, each once, in order.
func (l *life) keys() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.loads)
}

func (l *life) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.loads = nil
}
