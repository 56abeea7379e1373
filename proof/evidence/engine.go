package evidence

import (
	"context"
	"database/sql"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	lib "github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/evidence/sqlledger"
)

// engine calls Step: it is what a merchant chooses. Its methods return an error of the
// database, and may be called again.
type engine interface {
	open(ctx context.Context, o lib.Order) error // puts an order into the ledger, and sees to it from then on
	news(ctx context.Context, key string) error  // looks at an order at once
	run(ctx context.Context) error               // works until ctx ends
}

// engine opens the engine that the config names. It waits until the database is there.
func (p *process) engine(c config, o lib.Options) (engine, error) {
	if c.Engine == onAsynq {
		client := newRedis(c.Database)
		ledger, err := ledgerInRedis(client)
		if err != nil {
			return nil, err
		}
		o.Ledger = ledger
		k, err := lib.New(o)
		if err != nil {
			return nil, err
		}
		return newAsynq(c, k, client)
	}
	db, dialect, err := openDatabase(c.Engine, c.Database, connections)
	if err != nil {
		return nil, err
	}
	if err := until(ctx, func() error { o.Ledger, err = ledgerOf(db, dialect); return err }); err != nil {
		return nil, err
	}
	k, err := lib.New(o)
	switch {
	case err != nil:
		return nil, err
	case c.Engine == onRiver:
		return newRiver(c, k)
	}
	return &loop{steps{k}, c.Looks}, nil
}

// The engines.
const (
	onPostgres = "Keeper.Run on Postgres"
	onSQLite   = "Keeper.Run on SQLite"
	onRiver    = "River on Postgres"
	onAsynq    = "asynq on Redis"
)

// connections is how many a process has to its database.
const connections = 8

// openDatabase opens a database that need not be there yet.
func openDatabase(engine, address string, most int) (*sql.DB, sqlledger.Dialect, error) {
	driver, dialect := "pgx", sqlledger.Postgres
	if engine == onSQLite {
		driver, dialect = "sqlite", sqlledger.SQLite
	}
	db, err := sql.Open(driver, address)
	if err == nil {
		db.SetMaxOpenConns(most)
		db.SetMaxIdleConns(most)
	}
	return db, dialect, err
}

func ledgerOf(db *sql.DB, dialect sqlledger.Dialect) (*sqlledger.Ledger, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return sqlledger.New(ctx, db, dialect)
}

// loop is Keeper.Run, which finds in the ledger what is due.
type loop struct {
	steps
	looks int
}

func (l *loop) open(ctx context.Context, o lib.Order) error { return l.keeper.Open(ctx, o) }

func (l *loop) run(ctx context.Context) error {
	return l.keeper.Run(ctx, l.looks, 50*time.Millisecond)
}
