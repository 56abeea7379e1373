package evidence

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/proof/internal/trial"
)

var orders = flag.Int("orders", 0, "how many orders each engine has; 0 is the number of the form")

func TestMain(m *testing.M) {
	if c := os.Getenv(roleVariable); c != "" {
		if err := Run(c); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// Eight processes on one Postgres see to it that every order ends, while they are killed,
// their database stops, their bucket fails and the platform has outages.
func TestEvidenceOnPostgres(t *testing.T) {
	if tool("postgres") == "" {
		if trial.Long() {
			t.Fatal("there is no Postgres")
		}
		t.Skip("EVIDENCE ON POSTGRES WAS NOT TRIED: there is no Postgres")
	}
	f := trial.Pick(
		form{orders: 10_000, workers: 8, looks: 32, window: 24 * time.Hour, pace: 400, kills: 200, stops: 10, breaks: 10, outages: 4, outage: 4 * time.Hour},
		form{orders: 150, workers: 4, looks: 32, window: 3 * time.Hour, pace: 10_000, kills: 8, stops: 2, breaks: 3, outages: 2, outage: 2 * time.Hour})
	try(t, "evidence-postgres", f, func() *service { return startPostgres(t, onPostgres) })
}

// One process with a SQLite file is killed and started again.
func TestEvidenceOnSQLite(t *testing.T) {
	f := trial.Pick(
		form{orders: 4_000, workers: 1, looks: 64, window: 24 * time.Hour, pace: 800, kills: 100, breaks: 10, outages: 4, outage: 4 * time.Hour},
		form{orders: 100, workers: 1, looks: 64, window: 3 * time.Hour, pace: 10_000, kills: 5, breaks: 3, outages: 2, outage: 2 * time.Hour})
	try(t, "evidence-sqlite", f, func() *service { return startSQLite(t, t.TempDir()) })
}

// try lets time pass for an engine, and holds what became of every order against the
// script.
func try(t *testing.T, name string, f form, start func() *service) {
	t.Helper()
	if *orders > 0 {
		f.orders = *orders
	}
	report := trial.NewReport(t, name)
	w := newWorld(t, f, start())
	begin := time.Now()
	w.live()
	lived, passed := time.Since(begin), w.now()
	r := w.account()
	complaints := r.complaints()
	tell(report, w, r, complaints, passed, lived)
	for i, c := range complaints {
		if i == 40 {
			t.Logf("and %d more", len(complaints)-i)
			break
		}
		t.Logf("%s: %s", c.what, c.text)
	}
	require.Empty(t, len(complaints), "complaints")
}
