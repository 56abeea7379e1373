package sqlstore_test

import (
	"context"
	"database/sql"
	"io"
	"log"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/sqlstore"
)

const (
	key       = "TIDA0001"
	table     = "faceid_credentials"
	maxRecord = 1 << 20
	foreign   = "not saved by this package"
	day       = 24 * time.Hour
)

func TestMain(m *testing.M) {
	_ = mysql.SetLogger(log.New(io.Discard, "", 0)) // the tests break connections on purpose
	goleak.VerifyTestMain(runner{m})
}

// runner ends the servers before goleak looks.
type runner struct{ m *testing.M }

func (r runner) Run() int {
	defer removeShared()
	code := r.m.Run()
	// A lock that a test leaves, as a holder that died does, renews itself for MaxLeases
	// leases. What is left after that is a leak.
	for end := time.Now().Add(time.Minute); code == 0 && goleak.Find() != nil && time.Now().Before(end); {
		time.Sleep(100 * time.Millisecond)
	}
	return code
}

// store returns the store of another process.
func (d *database) store(t *testing.T, change ...func(address string) string) *sqlstore.Store {
	t.Helper()
	return d.storeIn(t, d.open(t, change...))
}

func (d *database) storeIn(t *testing.T, db *sql.DB, opts ...sqlstore.Option) *sqlstore.Store {
	t.Helper()
	store, err := sqlstore.New(db, d.dialect, opts...)
	require.NoError(t, err)
	return store
}

// ready makes the table.
func (d *database) ready(t *testing.T) *database {
	t.Helper()
	require.NoError(t, d.store(t).CreateTable(within(t, time.Minute)))
	return d
}

// run makes a statement as an operator does.
func (d *database) run(t *testing.T, statement string, args ...any) {
	t.Helper()
	db := d.open(t)
	defer db.Close()
	_, err := db.ExecContext(within(t, time.Minute), d.numbered(statement), args...)
	require.NoError(t, err)
}

// number reads a number as an operator does.
func (d *database) number(t *testing.T, query string, args ...any) int64 {
	t.Helper()
	db := d.open(t)
	defer db.Close()
	var n int64
	require.NoError(t, db.QueryRowContext(within(t, time.Minute), d.numbered(query), args...).Scan(&n))
	return n
}

// numbered writes question marks as the dialect wants them.
func (d *database) numbered(statement string) string { return sqlstore.Write(d.dialect, statement) }

// plant makes the row of the key, with the time of the save so much ahead of the clock.
func (d *database) plant(t *testing.T, record string, ahead time.Duration) {
	t.Helper()
	d.run(t, `DELETE FROM {table}`)
	d.run(t, `INSERT INTO {table} (name, record, version, saved) VALUES (?, ?, 1, {now} + ?)`, []byte(key), []byte(record), ahead.Microseconds())
}

// plantLock makes the row of the key with a lock of another program.
func (d *database) plantLock(t *testing.T, expires any) {
	t.Helper()
	d.run(t, `DELETE FROM {table}`)
	d.run(t, `INSERT INTO {table} (name, version, saved, owner, expires) VALUES (?, 1, {now}, ?, ?)`, []byte(key), []byte("another's token"), expires)
}

func save(t *testing.T, store faceid.Store, old []byte, record string) {
	t.Helper()
	swapped, err := store.CompareAndSwap(within(t, 10*time.Second), key, old, []byte(record))
	require.NoError(t, err)
	require.True(t, swapped)
}

func requireRecord(t *testing.T, store faceid.Store, want string) {
	t.Helper()
	got, _, err := store.Load(within(t, 10*time.Second), key)
	require.NoError(t, err)
	require.Equal(t, want, string(got))
}

func requireMissing(t *testing.T, store faceid.Store) {
	t.Helper()
	_, _, err := store.Load(within(t, 10*time.Second), key)
	require.ErrorIs(t, err, faceid.ErrNotFound)
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
