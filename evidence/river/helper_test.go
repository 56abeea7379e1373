package river_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"
	"gocloud.dev/blob/memblob"
	_ "modernc.org/sqlite"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/evidence/evidencetest"
	"github.com/faceid-go/faceid/evidence/internal/pgtest"
	faceidriver "github.com/faceid-go/faceid/evidence/river"
	"github.com/faceid-go/faceid/evidence/sqlledger"
	"github.com/faceid-go/faceid/evidence/sqlledger/pgxledger"
	"github.com/faceid-go/faceid/faceidtest"
)

// place is a database that processes open.
type place[TTx any] struct {
	sql    *sql.DB // another way into the database
	ledger *sqlledger.Ledger
	// open connects a process. close cuts the connection off, whatever is under way.
	open func(t *testing.T) *connection[TTx]
}

type connection[TTx any] struct {
	driver riverdriver.Driver[TTx]
	begin  func(ctx context.Context) (TTx, error)
	in     func(tx TTx) evidence.Ledger
	commit func(tx TTx) error
	undo   func(tx TTx) error
	close  func()
}

// overSQL connects by database/sql.
func overSQL(db *sql.DB, l *sqlledger.Ledger, driver riverdriver.Driver[*sql.Tx]) *connection[*sql.Tx] {
	return &connection[*sql.Tx]{
		driver: driver,
		begin:  func(ctx context.Context) (*sql.Tx, error) { return db.BeginTx(ctx, nil) },
		in:     func(tx *sql.Tx) evidence.Ledger { return l.In(tx) },
		commit: (*sql.Tx).Commit, undo: (*sql.Tx).Rollback, close: func() { db.Close() },
	}
}

func openSQLite(t *testing.T, file string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_txlock=immediate")
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

// sqlitePlace is a file of SQLite.
func sqlitePlace(t *testing.T) *place[*sql.Tx] {
	t.Helper()
	file := filepath.Join(t.TempDir(), "shop.db")
	p := &place[*sql.Tx]{sql: openSQLite(t, file)}
	p.init(t, sqlledger.SQLite, riversqlite.New(p.sql))
	p.open = func(t *testing.T) *connection[*sql.Tx] {
		db := openSQLite(t, file)
		db.SetMaxOpenConns(1) // as River advises: connections that wait for each other's locks are slow
		return overSQL(db, p.ledger, riversqlite.New(db))
	}
	return p
}

// pgxPlace is a database of a Postgres, by pgx.
func pgxPlace(t *testing.T, cluster *pgtest.Cluster) *place[pgx.Tx] {
	t.Helper()
	address := cluster.Address(t)
	p := &place[pgx.Tx]{sql: pgtest.Open(t, address)}
	p.open = func(t *testing.T) *connection[pgx.Tx] {
		config, err := pgxpool.ParseConfig(address)
		require.NoError(t, err)
		l := &line{}
		config.ConnConfig.DialFunc = l.dial
		pool, err := pgxpool.NewWithConfig(t.Context(), config)
		require.NoError(t, err)
		t.Cleanup(pool.Close)
		return &connection[pgx.Tx]{
			driver: riverpgxv5.New(pool), begin: pool.Begin,
			in:     func(tx pgx.Tx) evidence.Ledger { return pgxledger.In(tx) },
			commit: func(tx pgx.Tx) error { return tx.Commit(context.Background()) },
			undo:   func(tx pgx.Tx) error { return tx.Rollback(context.Background()) },
			close:  l.cut,
		}
	}
	p.init(t, sqlledger.Postgres, p.open(t).driver)
	return p
}

// line is a way to a database that can be cut.
type line struct {
	mu    sync.Mutex
	isCut bool
	ends  []net.Conn
}

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isCut {
		return nil, net.ErrClosed
	}
	c, err := new(net.Dialer).DialContext(ctx, network, address)
	if err == nil {
		l.ends = append(l.ends, c)
	}
	return c, err
}

func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.isCut = true
	for _, c := range l.ends {
		c.Close()
	}
}

// postgresPlace is a database of a Postgres, by database/sql.
func postgresPlace(t *testing.T, cluster *pgtest.Cluster) *place[*sql.Tx] {
	t.Helper()
	address := cluster.Address(t)
	p := &place[*sql.Tx]{sql: pgtest.Open(t, address)}
	p.init(t, sqlledger.Postgres, riverdatabasesql.New(p.sql))
	p.open = func(t *testing.T) *connection[*sql.Tx] {
		db := pgtest.Open(t, address)
		return overSQL(db, p.ledger, riverdatabasesql.New(db))
	}
	return p
}

// init makes all tables, twice, as two starts of a process do.
func (p *place[TTx]) init(t *testing.T, dialect sqlledger.Dialect, driver riverdriver.Driver[TTx]) {
	t.Helper()
	for range 2 {
		require.NoError(t, faceidriver.Migrate(t.Context(), driver))
		ledger, err := sqlledger.New(t.Context(), p.sql, dialect)
		require.NoError(t, err)
		p.ledger = ledger
	}
}

// queue is the place as evidencetest wants it.
func (p *place[TTx]) queue() evidencetest.Queue {
	return evidencetest.Queue{
		Ledger: p.ledger, Patience: 5 * time.Minute,
		Join: func(t *testing.T, k *evidence.Keeper, speed float64) evidencetest.Engine {
			return p.join(t, k, faceidriver.Options{Speed: speed, Timeout: 3 * time.Second, RefillEvery: time.Second}).asEngine(t)
		},
		Dump: p.dump,
		Lose: func(t *testing.T) {
			_, err := p.sql.ExecContext(t.Context(), "DELETE FROM river_job")
			require.NoError(t, err)
		},
	}
}

// dump reads all columns of all jobs.
func (p *place[TTx]) dump(t *testing.T) string {
	t.Helper()
	rows, err := p.sql.QueryContext(t.Context(), "SELECT * FROM river_job")
	require.NoError(t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(t, err)
	var b strings.Builder
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		require.NoError(t, rows.Scan(values...))
		for i, v := range values {
			v := *v.(*any)
			if raw, ok := v.([]byte); ok {
				v = string(raw)
			}
			fmt.Fprintf(&b, "%s=%v ", columns[i], v)
		}
		b.WriteByte('\n')
	}
	require.NoError(t, rows.Err())
	return b.String()
}

// process is a process with an engine and a client of River.
type process[TTx any] struct {
	*connection[TTx]
	engine *faceidriver.Engine[TTx]
	client *river.Client[TTx]
}

func (p *place[TTx]) join(t *testing.T, k *evidence.Keeper, o faceidriver.Options) *process[TTx] {
	t.Helper()
	c := p.open(t)
	engine, err := faceidriver.New[TTx](k, o)
	require.NoError(t, err)
	config := &river.Config{
		FetchCooldown: 10 * time.Millisecond, FetchPollInterval: 50 * time.Millisecond, TestOnly: true,
		JobTimeout: time.Second, RescueStuckJobsAfter: 4 * time.Second,
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	require.NoError(t, engine.Configure(config, 4))
	client, err := river.NewClient(c.driver, config)
	require.NoError(t, err)
	return &process[TTx]{c, engine, client}
}

// addTx adds an order in a transaction of the process.
func (p *process[TTx]) addTx(ctx context.Context, o evidence.Order, end func(TTx) error) error {
	tx, err := p.begin(ctx)
	if err != nil {
		return err
	}
	if err := p.engine.AddTx(ctx, p.client, tx, p.in(tx), o); err != nil {
		_ = p.undo(tx)
		return err
	}
	return end(tx)
}

// stop waits for the end of the process.
func (p *process[TTx]) stop(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	require.NoError(t, p.client.StopAndCancel(ctx))
}

// asEngine is the process as evidencetest wants it. Orders go in with a transaction, and
// some without.
func (p *process[TTx]) asEngine(t *testing.T) evidencetest.Engine {
	added := 0
	return evidencetest.Engine{
		Add: func(ctx context.Context, o evidence.Order) error {
			if added++; added%3 == 0 {
				return p.engine.Add(ctx, p.client, o)
			}
			return p.addTx(ctx, o, p.commit)
		},
		Work: func() { require.NoError(t, p.client.Start(context.Background())) },
		Stop: func() { p.stop(t) },
		Kill: func() { p.close(); p.stop(t) },
	}
}

// shop is a merchant with one process on SQLite. The process works when it is told to.
type shop struct {
	*testing.T
	*process[*sql.Tx]
	sim    *faceidtest.Server
	ledger *failing
	keeper *evidence.Keeper
	told   chan evidence.Outcome
}

func newShop(t *testing.T, o faceidriver.Options) *shop {
	t.Helper()
	p := sqlitePlace(t)
	s := &shop{T: t, sim: faceidtest.Start(t), ledger: &failing{Ledger: p.ledger}, told: make(chan evidence.Outcome, 100)}
	k, err := evidence.New(evidence.Options{
		Client: s.sim.Client(), Bucket: memblob.OpenBucket(nil), Ledger: s.ledger, Now: s.sim.Now,
		OnOutcome: func(_ context.Context, o evidence.Outcome) error { s.told <- o; return nil },
	})
	require.NoError(t, err)
	s.keeper, s.process = k, p.join(t, k, o)
	return s
}

// h5 opens an order whose person has passed.
func (s *shop) h5() evidence.Order {
	s.Helper()
	login, err := s.sim.Client().StartH5(s.Context(), faceid.H5Request{
		Person:      faceid.Person{UserID: "user1", Name: "李测试", IDNo: "110101199003074477"},
		RedirectURL: "https://shop.example/back", From: faceid.FromBrowser,
	})
	require.NoError(s, err)
	_, err = s.sim.Visit(s.Context(), login.URL)
	require.NoError(s, err)
	return evidence.Order{Kind: evidence.FaceH5, Number: login.Session.OrderNo, OpenedAt: s.sim.Now()}
}

// work begins to work, and ends with the test.
func (s *shop) work() {
	s.Helper()
	require.NoError(s, s.client.Start(context.Background()))
	s.Cleanup(func() { s.stop(s.T) })
}

// jobs returns the jobs of orders.
func (s *shop) jobs(states ...rivertype.JobState) []*rivertype.JobRow {
	s.Helper()
	found, err := s.client.JobList(s.Context(), river.NewJobListParams().Kinds(faceidriver.Args{}.Kind()).States(states...))
	require.NoError(s, err)
	return found.Jobs
}

// failing is a ledger that can be told to fail, or to hang.
type failing struct {
	evidence.Ledger
	mu     sync.Mutex
	err    error
	hangs  bool
	loads  atomic.Int32
	panics atomic.Bool
}

func (l *failing) set(err error, hangs bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err, l.hangs = err, hangs
}

func (l *failing) Load(ctx context.Context, key string) (evidence.Entry, error) {
	l.mu.Lock()
	err, hangs := l.err, l.hangs
	l.mu.Unlock()
	l.loads.Add(1)
	switch {
	case l.panics.Load():
		panic("the ledger panics")
	case hangs:
		<-ctx.Done()
		return evidence.Entry{}, ctx.Err()
	case err != nil:
		return evidence.Entry{}, err
	}
	return l.Ledger.Load(ctx, key)
}
