//go:build linux

package siege

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/faceid-go/faceid/faceidtest"
	"github.com/faceid-go/faceid/proof/internal/trial"
	"github.com/stretchr/testify/require"
)

const processes = 16

// siege is sixteen workers on one directory, and the platform they call.
type siege struct {
	sim     *faceidtest.Server
	base    string // a directory of the workers' user
	dir     string // the store, in base
	vault   *vault // opens its record
	binary  string
	uid     int
	ledger  *ledger
	watcher *watcher
	minted  int // mints and concurrent mints that are accounted for
	clashed int

	mu   sync.Mutex // one kill at a time
	disk uint64
}

// Whatever is done to the processes and to their directory, a damaged record is
// never used, no two mints are in flight, every mint has its reason, and all
// processes come back by themselves.
func TestSiege(t *testing.T) {
	report := trial.NewReport(t, "siege")
	t.Run("every byte of the record", func(t *testing.T) { everyByteOfTheRecord(t, report) })
	t.Run("every byte of the lock", func(t *testing.T) { everyByteOfTheLock(t, report) })
	t.Run("processes", func(t *testing.T) { besiege(t, report) })
}

func besiege(t *testing.T, report *trial.Report) {
	s := newSiege(t)
	s.ledger.begin(act{name: "start"}, "the first")
	for slot := range processes {
		s.install(t, slot)
	}
	t.Cleanup(func() {
		for _, w := range s.ledger.workers {
			w.kill()
		}
	})
	s.recovered(t)
	var watching, killing sync.WaitGroup
	t.Cleanup(watching.Wait) // of a test that ended early
	t.Cleanup(killing.Wait)
	stop := make(chan struct{})
	watching.Go(func() { s.watcher.run(t, s.vault, s.dir, stop) })

	aimed, random := trial.Pick(100, 3), trial.Pick(330, 5)
	killing.Go(func() { s.killAnyone(t, trial.Rand(1), random, trial.Pick(1800*time.Millisecond, 2*time.Second)) })
	draw := trial.Rand(3)
	for _, a := range script(trial.Rand(2), aimed) {
		if t.Failed() {
			break
		}
		a(s, t, draw)
	}
	killing.Wait()
	s.ledger.begin(act{name: "the end"})
	s.recovered(t)
	s.sweeps(t)
	close(stop)
	watching.Wait()

	s.ledger.check(t)
	s.say(report)
}

// script is the acts in the order of the seed.
func script(draw *rand.Rand, aimed int) (acts []func(*siege, *testing.T, *rand.Rand)) {
	for range aimed {
		acts = append(acts, (*siege).killAHolder)
	}
	for _, a := range attacks {
		for range trial.Pick(6, 1) {
			acts = append(acts, func(s *siege, t *testing.T, draw *rand.Rand) {
				s.ledger.begin(a.act, a.claims...)
				a.do(s, t, draw)
				s.recovered(t)
			})
		}
	}
	draw.Shuffle(len(acts), func(i, j int) { acts[i], acts[j] = acts[j], acts[i] })
	return acts
}

func newSiege(t *testing.T) *siege {
	base, err := os.MkdirTemp("", "faceid-siege") // t.TempDir is closed to other users
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(base) })
	s := &siege{
		sim:  faceidtest.Start(t, faceidtest.WithSpeed(speed)),
		base: base, dir: filepath.Join(base, "store"), binary: filepath.Join(base, "worker"),
		uid: os.Getuid(), ledger: newLedger(), watcher: &watcher{seen: map[string]bool{}}, disk: noLimit,
	}
	s.vault, err = newVault(s.sim.AppID(), s.sim.URL(), s.sim.Secret())
	require.NoError(t, err)
	if s.uid == 0 {
		s.uid = 65534 // root may do anything
	}
	binary, err := os.ReadFile(os.Args[0])
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(s.binary, binary, 0o755))
	require.NoError(t, os.Chown(base, s.uid, s.uid))
	return s
}

// killAnyone kills n workers, whatever they are doing.
func (s *siege) killAnyone(t *testing.T, draw *rand.Rand, n int, every time.Duration) {
	for range n {
		select {
		case <-time.After(upTo(draw, 2*every)):
		case <-t.Context().Done():
			return
		}
		if t.Failed() {
			return
		}
		s.kill(t, draw.IntN(processes))
	}
}

// recovered waits until the siege is as if nothing had been, and settles the
// accounts of the act: the pair is whole and fresh, nobody holds the lock, and
// every process is served.
func (s *siege) recovered(t *testing.T) {
	const most = 20 * time.Second // several leases of 3 s: more processes die meanwhile
	lifted := time.Now()
	settled := time.Time{} // since when the store has been in order
	for {
		r, err := s.vault.load(s.dir)
		switch inOrder := err == nil && r != nil && r.stage() == whole && r.age < due*19/20 && holder(s.dir) == 0; {
		case !inOrder:
			settled = time.Time{}
		case settled.IsZero():
			settled = time.Now()
		}
		if !settled.IsZero() && s.ledger.allServed(settled) {
			break
		}
		if time.Since(lifted) > most {
			t.Errorf("%s: no recovery within %v: record %+v %v, lock of %d", s.ledger.act.name, most, r, err, holder(s.dir))
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	s.watcher.plant(nil)
	mints, clashes := len(s.sim.Mints(s.sim.AppID())), s.sim.ConcurrentMints(s.sim.AppID())
	s.ledger.settle(mints-s.minted, clashes-s.clashed, time.Since(lifted))
	s.minted, s.clashed = mints, clashes
}

// sweeps checks what killed processes left half written: it goes with time.
func (s *siege) sweeps(t *testing.T) {
	left, _ := filepath.Glob(filepath.Join(s.dir, ".new-*"))
	old := time.Now().Add(-2 * time.Hour)
	for _, path := range left {
		_ = os.Chtimes(path, old, old)
	}
	s.kill(t, 0) // the next in its place opens the store anew, as the user whose directory it is
	require.Eventually(t, func() bool {
		now, _ := filepath.Glob(filepath.Join(s.dir, ".new-*"))
		return !slices.ContainsFunc(left, func(path string) bool { return slices.Contains(now, path) })
	}, 30*time.Second, 10*time.Millisecond)
}

func (s *siege) say(r *trial.Report) {
	r.Say("%d processes on one directory at speed %d, where nothing meets the client's lower bounds: a call may take 1 s, a lease lasts 3 s, an old pair serves 6 s. The recovery from a killed holder begins when its lease is over.", processes, speed)
	s.ledger.report(r)
	w := s.watcher
	r.Say("Read %d times meanwhile: no record %d times, %d different ones, all of them whole; what the trial had planted itself %d times. At most %d unfinished files of killed processes at once.", w.reads, w.none, len(w.seen), w.garbage, w.strays)
}
