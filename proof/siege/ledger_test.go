//go:build linux

package siege

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/faceid-go/faceid/proof/internal/trial"
)

// A ledger keeps the accounts of the siege. An act is one kill or attack and the
// recovery from it; acts follow each other, while random kills go on.
type ledger struct {
	mu      sync.Mutex
	act     act
	claims  []string // mints that the act, and kills during it, may cost
	workers map[int]*worker
	lastOK  map[int]time.Time // by slot, the begin of the last launch that the worker there made
	bad     map[string]int    // what must not be

	calls      int
	longest    map[string]time.Duration // call that succeeded, by act
	kills      map[string]int           // by what was hit
	mints      map[string]int           // by cause
	visible    map[[2]string]int        // errors, by act and kind
	concurrent map[string]int           // mints at the same time, by act
	recoveries map[string][]time.Duration
}

// act is what is going on.
type act struct {
	name     string
	allows   []string // kinds of errors that callers may see, by the table of failures
	lockLost bool     // the lock is taken away with a mint under way: nothing can prevent the next
}

func newLedger() *ledger {
	return &ledger{
		workers: map[int]*worker{}, bad: map[string]int{}, lastOK: map[int]time.Time{}, longest: map[string]time.Duration{}, kills: map[string]int{},
		mints: map[string]int{}, visible: map[[2]string]int{}, concurrent: map[string]int{}, recoveries: map[string][]time.Duration{},
	}
}

func (l *ledger) wrong(format string, args ...any) {
	l.bad[l.act.name+": "+fmt.Sprintf(format, args...)]++
}

// begin opens an act that may cost the mints of claims.
func (l *ledger) begin(a act, claims ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.act = a
	l.claims = append(l.claims, claims...)
}

// claim allows one more mint.
func (l *ledger) claim(cause string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.claims = append(l.claims, cause)
}

// settle closes the act: each mint since it began must have a claim.
func (l *ledger) settle(mints, concurrent int, recovery time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range mints {
		if i < len(l.claims) {
			l.mints[l.claims[i]]++
			continue
		}
		l.mints["unexplained"]++
		l.wrong("%d mints, and reasons for %d: %s", mints, len(l.claims), strings.Join(l.claims, ", "))
	}
	if concurrent > 0 {
		l.concurrent[l.act.name] += concurrent
		if !l.act.lockLost {
			l.wrong("two mints in flight")
		}
	}
	l.recoveries[l.act.name] = append(l.recoveries[l.act.name], recovery)
	l.claims, l.act = nil, act{name: "between the acts"}
}

func (l *ledger) hit(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kills[what]++
}

// heard takes a line of a worker.
func (l *ledger) heard(slot int, w *worker, line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls++
	var ms int
	var what string
	if _, err := fmt.Sscanf(line, "ok %s %d", &what, &ms); err == nil {
		took := time.Duration(ms) * time.Millisecond
		l.longest[l.act.name] = max(l.longest[l.act.name], took)
		if l.workers[slot] == w && what == "launch" {
			l.lastOK[slot] = time.Now().Add(-took)
		}
		return
	}
	if line == "lost" {
		l.claims = append(l.claims, "an answer that came too late or to nobody")
		l.calls--
		return
	}
	part := strings.SplitN(line, "\t", 3)
	if len(part) != 3 || part[0] != "error" {
		l.wrong("a worker said %q", line)
		return
	}
	l.visible[[2]string{l.act.name, part[1]}]++
	if !slices.Contains(l.act.allows, part[1]) {
		l.wrong("a caller saw %s: %s", part[1], part[2])
	}
}

func (l *ledger) install(slot int, w *worker) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.workers[slot] = w
	delete(l.lastOK, slot)
}

// allServed reports whether every worker has launched since that time: so it
// has looked into the store, too.
func (l *ledger) allServed(since time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for slot := range l.workers {
		if !l.lastOK[slot].After(since) {
			return false
		}
	}
	return true
}

// check fails the test for what must not be.
func (l *ledger) check(t *testing.T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, what := range sorted(l.bad) {
		if i == 50 {
			t.Errorf("and %d more", len(l.bad)-i)
			return
		}
		t.Errorf("%s (%d times)", what, l.bad[what])
	}
}

func (l *ledger) report(r *trial.Report) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r.Table([]string{"kills by what they hit", ""}, counted(l.kills)...)
	r.Table([]string{"mints by cause", ""}, counted(l.mints)...)
	var acts [][]any
	for _, name := range sorted(l.recoveries) {
		all := l.recoveries[name]
		slices.Sort(all)
		acts = append(acts, []any{name, len(all), seconds(all[len(all)/2]), seconds(all[len(all)-1]), seconds(l.longest[name])})
	}
	r.Table([]string{"act", "times", "recovery, median", "longest", "longest call that succeeded"}, acts...)
	var errs [][]any
	for at, n := range l.visible {
		errs = append(errs, []any{at[0], at[1], n})
	}
	slices.SortFunc(errs, func(a, b []any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	if len(errs) == 0 {
		errs = [][]any{{"any", "none", 0}}
	}
	r.Table([]string{"errors that callers saw during", "kind", "of " + fmt.Sprint(l.calls) + " calls"}, errs...)
	if len(l.concurrent) == 0 {
		r.Say("Two mints in flight: never.")
	}
	for _, name := range sorted(l.concurrent) {
		r.Say("Two mints in flight: %d times, %s.", l.concurrent[name], name)
	}
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

func sorted[V any](m map[string]V) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func counted(m map[string]int) (rows [][]any) {
	total := 0
	for _, name := range sorted(m) {
		rows = append(rows, []any{name, m[name]})
		total += m[name]
	}
	return append(rows, []any{"all", total})
}
