package main

import (
	"context"
	"database/sql"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"riverqueue.com/riverui"

	"github.com/faceid-go/faceid/evidence"
	faceidriver "github.com/faceid-go/faceid/evidence/river"
	"github.com/faceid-go/faceid/evidence/sqlledger"
)

// engine calls the Keeper for every order until the order is done.
type engine interface {
	// add puts an order into the ledger and, if the queue is in the same database, into the
	// queue, in the transaction that writes the contract.
	add(ctx context.Context, tx *sql.Tx, o evidence.Order) error
	// added is called when that transaction has committed, for a queue elsewhere.
	added(ctx context.Context, o evidence.Order) error
	start(ctx context.Context) error
	stop()
	// jobs is what is shown under /jobs/; nil: nothing.
	jobs(ctx context.Context) (http.Handler, error)
}

// riverEngine is River on the database of the shop.
type riverEngine struct {
	*faceidriver.Engine[*sql.Tx]
	client *river.Client[*sql.Tx]
	ledger *sqlledger.Ledger
	log    *slog.Logger
}

func openRiver(ctx context.Context, db *sql.DB, postgres bool, ledger *sqlledger.Ledger, k *evidence.Keeper, speed float64) (*riverEngine, error) {
	var driver riverdriver.Driver[*sql.Tx] = riversqlite.New(db)
	if postgres {
		driver = riverdatabasesql.New(db)
	}
	if err := faceidriver.Migrate(ctx, driver); err != nil {
		return nil, err
	}
	e := &riverEngine{ledger: ledger, log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))}
	var err error
	if e.Engine, err = faceidriver.New[*sql.Tx](k, faceidriver.Options{Speed: speed, RefillEvery: time.Second}); err != nil {
		return nil, err
	}
	// Time is fast here. A shop keeps the defaults of River.
	config := &river.Config{Logger: e.log, FetchCooldown: 5 * time.Millisecond, FetchPollInterval: 20 * time.Millisecond}
	if err := e.Configure(config, 4); err != nil {
		return nil, err
	}
	e.client, err = river.NewClient(driver, config)
	return e, err
}

func (e *riverEngine) add(ctx context.Context, tx *sql.Tx, o evidence.Order) error {
	return e.AddTx(ctx, e.client, tx, e.ledger.In(tx), o)
}

func (e *riverEngine) added(context.Context, evidence.Order) error { return nil }

func (e *riverEngine) start(ctx context.Context) error {
	return e.client.Start(context.WithoutCancel(ctx)) // stop ends it, after the last report
}

func (e *riverEngine) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = e.client.StopAndCancel(ctx)
}

// jobs is River UI. It changes jobs as well, so whoever may see the page may do that: a
// shop puts it behind its own login.
func (e *riverEngine) jobs(ctx context.Context) (http.Handler, error) {
	ui, err := riverui.NewHandler(&riverui.HandlerOpts{Endpoints: riverui.NewEndpoints(e.client, nil), Logger: e.log, Prefix: "/jobs"})
	if err != nil {
		return nil, err
	}
	return ui, ui.Start(ctx)
}
