package evidence

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/proof/internal/trial"
)

var orders = flag.Int("orders", 0, "how many orders each engine has; 0 is the number of the form")

func TestMain(m *testing.M) {
	if c := os.Getenv(roleVariable); c != "" {
		redis.SetLogger(quiet{})
		if err := Run(c); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	redis.SetLogger(quiet{}) // servers are killed here on purpose
	os.Exit(m.Run())
}

type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

// The forms differ by what the engine is: a fleet, or one process.
var (
	fleetForm = trialForm(
		form{orders: 4_000, workers: 8, looks: 32, window: 12 * time.Hour, pace: 500, kills: 100, stops: 8, breaks: 8, outages: 3, outage: 3 * time.Hour},
		form{orders: 150, workers: 4, looks: 32, window: 3 * time.Hour, pace: 15_000, kills: 8, stops: 2, breaks: 3, outages: 2, outage: 2 * time.Hour})
	// A queue goes by the machine's clock when a process dies, so fewer die
	// there.
	queueForm = trialForm(
		form{orders: 2_000, workers: 4, looks: 32, window: 12 * time.Hour, pace: 500, kills: 10, stops: 6, breaks: 8, outages: 3, outage: 2 * time.Hour},
		form{orders: 60, workers: 2, looks: 32, window: 2 * time.Hour, pace: 12_000, stops: 1, breaks: 2, outages: 1, outage: time.Hour})
	aloneForm = trialForm(
		form{orders: 2_000, workers: 1, looks: 64, window: 12 * time.Hour, pace: 500, kills: 60, breaks: 8, outages: 3, outage: 3 * time.Hour},
		form{orders: 100, workers: 1, looks: 64, window: 3 * time.Hour, pace: 15_000, kills: 5, breaks: 3, outages: 2, outage: 2 * time.Hour})
)

func trialForm(long, short form) func() form {
	return func() form { return trial.Pick(long, short) }
}

// Eight processes on one Postgres see to it that every order ends, while they are killed,
// their database stops, their bucket fails and the platform has outages.
func TestEvidenceOnPostgres(t *testing.T) {
	needs(t, "postgres")
	try(t, "evidence-postgres", fleetForm(), func() *service { return startPostgres(t, onPostgres) })
}

// One process with a SQLite file is killed and started again.
func TestEvidenceOnSQLite(t *testing.T) {
	try(t, "evidence-sqlite", aloneForm(), func() *service { return startSQLite(t, t.TempDir()) })
}

// River on Postgres calls the Keeper. Its jobs survive the processes that work on them.
func TestEvidenceWithRiver(t *testing.T) {
	needs(t, "postgres")
	try(t, "evidence-river", queueForm(), func() *service { return startPostgres(t, onRiver) })
}

// asynq calls the Keeper, and the ledger is in Redis too, which is killed and comes back.
func TestEvidenceWithAsynq(t *testing.T) {
	needs(t, "redis-server")
	try(t, "evidence-asynq", queueForm(), func() *service { return startRedis(t) })
}

// needs skips the short form where a program is missing.
func needs(t *testing.T, program string) {
	t.Helper()
	if tool(program) != "" {
		return
	}
	if trial.Long() {
		t.Fatal("there is no " + program)
	}
	t.Skip("THE EVIDENCE WAS NOT TRIED HERE: there is no " + program)
}

// try lets time pass for an engine, and holds what became of every order against the
// script.
func try(t *testing.T, name string, f form, start func() *service) {
	t.Helper()
	if !trial.Long() {
		t.Parallel()
	}
	if *orders > 0 {
		f.orders = *orders
	}
	report := trial.NewReport(t, name)
	w := newWorld(t, f, start())
	begin := time.Now()
	w.live()
	lived := time.Since(begin)
	r := w.account()
	complaints := r.complaints()
	tell(report, w, r, complaints, lived)
	for i, c := range complaints {
		if i == 40 {
			t.Logf("and %d more", len(complaints)-i)
			break
		}
		t.Logf("%s: %s", c.what, c.text)
	}
	require.Zero(t, len(complaints), "complaints")
}
