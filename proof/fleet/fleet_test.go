package fleet

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
	"github.com/faceid-go/faceid/proof/internal/trial"
)

var rotations = flag.Int("rotations", 20, "how many rotations the long form has")

func TestMain(m *testing.M) {
	redis.SetLogger(quiet{}) // servers are killed here on purpose
	if c := os.Getenv(roleVariable); c != "" {
		if err := Run(c); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

// Eight processes on one Redis verify people while a script kills, stops and
// restarts them and Redis, flushes it and mints elsewhere. Every mint is a
// rotation or has a cause in the script; users see what docs/credentials.md
// says, and no wrong outcome ever.
func TestAFleetUnderAttack(t *testing.T) {
	if _, err := exec.LookPath("redis-server"); err != nil {
		if trial.Long() {
			t.Fatal("there is no redis-server on the PATH")
		}
		t.Skip("THE FLEET WAS NOT TRIED: there is no redis-server on the PATH")
	}
	script := drawShort(trial.Rand(1))
	if trial.Long() {
		script = drawLong(trial.Rand(1), *rotations)
	}
	attackFleet(t, "fleet", script, startRedis(t))
}

// The same on Postgres, which keeps its records when it is killed.
func TestAFleetOnPostgresUnderAttack(t *testing.T) {
	if trial.Long() {
		t.Skip("the long form is on Redis")
	}
	if tool("initdb") == "" {
		t.Skip("THE FLEET WAS NOT TRIED ON POSTGRES: there is no initdb")
	}
	attackFleet(t, "fleet on Postgres", drawShort(trial.Rand(1)), startPostgres(t))
}

func attackFleet(t *testing.T, name string, script []cycle, s storage) {
	t.Helper()
	report := trial.NewReport(t, name)
	start, stalls := time.Now(), watchTheClock()
	f := newField(t, s)
	f.awaitMint(t, 0, 10*time.Second)

	for _, c := range script {
		for _, s := range c.between {
			f.makeRoom(t)
			f.carryOut(t, s)
		}
		f.carryOut(t, c.at)
	}
	pairs := map[string]bool{}
	for n := range f.processes {
		f.signal(t, n, syscall.SIGTERM)
	}
	for n, p := range f.processes {
		f.awaitEnd(t, n)
		pairs[p.pair] = true
	}

	f.mu.Lock()
	defer f.mu.Unlock()
	r := &f.record
	r.mints, r.signs, r.stalls = f.mints(), f.signs, stalls()
	complaints := append(r.nameMints(), r.complainOfTrouble()...)
	tell(report, r, start)
	report.Say("%d cores were %.0f %% busy with it. %s", runtime.NumCPU(), busy(time.Since(start)), told(r.stalls))
	require.Less(t, sum(r.stalls), time.Since(start)/10, "the machine stands still too often for this trial")
	require.Empty(t, complaints)
	require.Zero(t, f.sim.ConcurrentMints(f.sim.AppID()))
	require.Len(t, pairs, 1, "in the end all hold one pair")
}

// makeRoom lets a rotation pass if it would come into the middle of an attack
// between rotations.
func (f *field) makeRoom(t *testing.T) {
	t.Helper()
	if time.Since(f.lastMint().at)+longestDisturbing > early {
		f.carryOut(t, step{kind: leaveAlone})
	}
}

// carryOut does what the script says and waits until nothing more can follow
// from it.
func (f *field) carryOut(t *testing.T, s step) {
	t.Helper()
	a := attack{kind: s.kind, victim: -1}
	if s.kind < firstAtRotation {
		time.Sleep(s.pause)
		a.begin = time.Now()
		f.attackBetween(t, s, &a)
		time.Sleep(2 * time.Second)
	} else {
		f.attackRotation(t, s, &a)
		time.Sleep(lease + 2*time.Second)
	}
	a.end = time.Now()
	t.Logf("%s: %s, %s", clock(a.begin), a.kind, a.said)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.record.attacks = append(f.record.attacks, a)
}

func (f *field) attackBetween(t *testing.T, s step, a *attack) {
	t.Helper()
	switch s.kind {
	case killOne:
		a.victim, a.said = s.victim, fmt.Sprintf("process %d for %v", s.victim, round(s.lasts))
		f.kill(t, s.victim)
		time.Sleep(s.lasts)
		f.launch(t, s.victim)
	case stopOne:
		a.victim, a.said = s.victim, fmt.Sprintf("process %d for %v", s.victim, round(s.lasts))
		f.stop(t, a)
		time.Sleep(s.lasts)
		f.wake(t, a)
	case restartOne:
		a.victim = s.victim
		f.leave(t, s.victim)
		f.launch(t, s.victim)
		a.said = fmt.Sprintf("process %d, which took %v to leave", s.victim, round(time.Since(a.begin)))
	case killStore:
		a.said = fmt.Sprintf("for %v", round(s.lasts))
		f.storage.kill()
		time.Sleep(s.lasts)
		f.storage.start(t)
	case stopStore:
		a.said = fmt.Sprintf("for %v", round(s.lasts))
		f.storage.hang(t, s.lasts)
	case flush:
		f.storage.flush(t)
	case mintElsewhere:
		f.sim.MintElsewhere(f.sim.AppID())
		time.Sleep(overlap)
		next := f.awaitMint(t, len(f.mints()), 5*time.Second)
		a.said = fmt.Sprintf("taken back after %v", round(next.at.Sub(a.begin)))
	}
}

// attackRotation waits for the next rotation and disturbs it.
func (f *field) attackRotation(t *testing.T, s step, a *attack) {
	t.Helper()
	n := len(f.mints())
	dueIn := time.Until(f.lastMint().at.Add(early))
	onSign := f.prepare(t, s, a, dueIn)
	m := f.awaitMint(t, n, max(dueIn, 0)+late-early+10*time.Second)
	if a.begin.IsZero() {
		a.begin = m.at
	}
	a.said = fmt.Sprintf("process %d minted", m.by)
	switch s.kind {
	case killStoreAtMint, stopStoreAtMint:
		f.disturbStore(t, s, a)
	default:
		f.disturbProcess(t, s, a, m, n, onSign)
	}
}

// prepare sets the trap that the rotation runs into. Of killBeforeSign it returns
// where the process that asks for the SIGN ticket is named.
func (f *field) prepare(t *testing.T, s step, a *attack, dueIn time.Duration) (onSign chan int) {
	t.Helper()
	switch s.kind {
	case killMinter, stopMinter, killStoreAtMint, stopStoreAtMint:
		f.sim.FailNext(pathToken, faceidtest.FaultDelay(heldBack))
	case loseAnswer:
		f.sim.FailNext(pathToken, faceidtest.FaultDropAfter())
	case killBeforeSign:
		onSign = make(chan int, 1)
		f.onSign.Store(&onSign)
	case sleepThrough:
		time.Sleep(dueIn - time.Second)
		a.victim = s.victim
		f.stop(t, a)
		a.begin = a.stopped
	}
	return onSign
}

// disturbProcess does to a process what the step says, after the mint m, the n-th.
func (f *field) disturbProcess(t *testing.T, s step, a *attack, m mint, n int, onSign chan int) {
	t.Helper()
	switch s.kind {
	case killMinter:
		a.victim = m.by
		time.Sleep(s.pause)
		f.kill(t, m.by)
		time.Sleep(s.lasts)
		f.launch(t, m.by)
		next := f.awaitMint(t, n+1, 2*lease)
		a.said += fmt.Sprintf(", was killed, and process %d minted %v later", next.by, round(next.at.Sub(m.at)))
	case killBeforeSign:
		a.victim = receive(t, onSign)
		time.Sleep(s.pause)
		f.kill(t, a.victim)
		time.Sleep(s.lasts)
		f.launch(t, a.victim)
		a.said += ", was killed when it asked for the SIGN ticket"
	case stopMinter:
		a.victim = m.by
		time.Sleep(s.pause)
		f.stop(t, a)
		time.Sleep(s.lasts)
		f.wake(t, a)
		next := f.awaitMint(t, n+1, 2*lease)
		a.said += fmt.Sprintf(", was stopped for %v, and process %d minted %v later", round(s.lasts), next.by, round(next.at.Sub(m.at)))
	case loseAnswer:
		next := f.awaitMint(t, n+1, 2*lease)
		a.said += fmt.Sprintf(", and process %d again %v later", next.by, round(next.at.Sub(m.at)))
	case sleepThrough:
		time.Sleep(s.lasts)
		f.wake(t, a)
		a.said += fmt.Sprintf(", process %d slept for %v", a.victim, round(a.woken.Sub(a.stopped)))
	}
}

// disturbStore does to the store what the step says, between the mint and its save.
func (f *field) disturbStore(t *testing.T, s step, a *attack) {
	t.Helper()
	switch s.kind {
	case killStoreAtMint:
		time.Sleep(s.pause)
		f.storage.kill()
		time.Sleep(s.lasts)
		f.storage.start(t)
		a.said += fmt.Sprintf(", the store was gone for %v", round(s.lasts))
	case stopStoreAtMint:
		time.Sleep(s.pause)
		f.storage.hang(t, s.lasts)
		a.said += fmt.Sprintf(", the store hung for %v", round(s.lasts))
	}
}

func receive(t *testing.T, from <-chan int) int {
	t.Helper()
	select {
	case n := <-from:
		return n
	case <-time.After(lease):
		require.FailNow(t, "nobody asked for a SIGN ticket")
		return 0
	}
}

func (f *field) stop(t *testing.T, a *attack) {
	t.Helper()
	a.stopped = time.Now()
	f.signal(t, a.victim, syscall.SIGSTOP)
}

// wake notes the moment with the second in which a process finds out what it
// has missed.
func (f *field) wake(t *testing.T, a *attack) {
	t.Helper()
	f.signal(t, a.victim, syscall.SIGCONT)
	a.woken = time.Now().Add(time.Second)
}

// watchTheClock returns the times in which the machine made nothing happen.
func watchTheClock() func() []stall {
	done, answer := make(chan struct{}), make(chan []stall, 1)
	go func() {
		var all []stall
		for {
			begin := time.Now()
			select {
			case <-done:
				answer <- all
				return
			case <-time.After(20 * time.Millisecond):
				if end := time.Now(); end.Sub(begin) > stallFrom {
					all = append(all, stall{begin, end})
				}
			}
		}
	}()
	return func() []stall { close(done); return <-answer }
}

func sum(stalls []stall) (all time.Duration) {
	for _, s := range stalls {
		all += s.end.Sub(s.begin)
	}
	return all
}

func told(stalls []stall) string {
	if len(stalls) == 0 {
		return "The machine never stood still."
	}
	return fmt.Sprintf("The machine stood still %d times, for %v in all: what followed from that within %v is named so, and not counted.",
		len(stalls), round(sum(stalls)), stallAfter)
}

// busy is how much of all cores this process and those that it has waited for
// have used, in per cent.
func busy(in time.Duration) float64 {
	var used time.Duration
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if syscall.Getrusage(who, &u) == nil {
			used += time.Duration(u.Utime.Nano() + u.Stime.Nano())
		}
	}
	return 100 * float64(used) / float64(in) / float64(runtime.NumCPU())
}

func round(d time.Duration) time.Duration { return d.Round(10 * time.Millisecond) }
