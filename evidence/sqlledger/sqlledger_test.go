package sqlledger_test

import (
	"database/sql"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/evidence/evidencetest"
	"github.com/faceid-go/faceid/evidence/internal/pgtest"
	"github.com/faceid-go/faceid/evidence/sqlledger"
)

func sqlite(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "evidence.db")+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_txlock=immediate")
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

// each runs a test on every database.
func each(t *testing.T, test func(t *testing.T, open func(t *testing.T) *sql.DB, dialect sqlledger.Dialect)) {
	t.Run("SQLite", func(t *testing.T) { test(t, sqlite, sqlledger.SQLite) })
	t.Run("Postgres", func(t *testing.T) {
		test(t, pgtest.Start(t).Database, sqlledger.Postgres)
	})
}

func TestLedgerKeepsTheContract(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *sql.DB, dialect sqlledger.Dialect) {
		evidencetest.Ledger(t, func(t *testing.T) evidence.Ledger {
			l, err := sqlledger.New(t.Context(), open(t), dialect)
			require.NoError(t, err)
			return l
		})
	})
}

// New finds tables that are there, and refuses those of another version.
func TestNewChecksTheVersionOfTheTables(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *sql.DB, dialect sqlledger.Dialect) {
		db := open(t)
		for range 2 {
			_, err := sqlledger.New(t.Context(), db, dialect)
			require.NoError(t, err)
		}
		_, err := db.ExecContext(t.Context(), `INSERT INTO faceid_evidence_schema (version) VALUES (2)`)
		require.NoError(t, err)
		_, err = sqlledger.New(t.Context(), db, dialect)
		require.ErrorContains(t, err, "version 2")
	})
	_, err := sqlledger.New(t.Context(), nil, sqlledger.SQLite)
	require.ErrorContains(t, err, "database")
	_, err = sqlledger.New(t.Context(), sqlite(t), 0)
	require.ErrorContains(t, err, "dialect")
}

// Many processes may start at once on an empty database.
func TestNewAtOnce(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *sql.DB, dialect sqlledger.Dialect) {
		db := open(t)
		failed := make(chan error, 8)
		for range cap(failed) {
			go func() {
				_, err := sqlledger.New(t.Context(), db, dialect)
				failed <- err
			}()
		}
		for range cap(failed) {
			require.NoError(t, <-failed)
		}
	})
}

// An order that was opened in the merchant's own transaction is in the ledger if and only
// if that transaction commits.
func TestInIsTheMerchantsTransaction(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *sql.DB, dialect sqlledger.Dialect) {
		db := open(t)
		l, err := sqlledger.New(t.Context(), db, dialect)
		require.NoError(t, err)
		o := evidence.Order{Kind: evidence.FaceH5, Number: "order1", OpenedAt: time.Now()}
		keeper := keeperOf(t, l)
		for _, commits := range []bool{false, true} {
			tx, err := db.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			require.NoError(t, keeper.OpenIn(t.Context(), l.In(tx), o))
			if commits {
				require.NoError(t, tx.Commit())
			} else {
				require.NoError(t, tx.Rollback())
			}
			_, err = l.Load(t.Context(), o.Key())
			require.Equal(t, !commits, errors.Is(err, evidence.ErrNoEntry))
		}
	})
}

// An entry that is no entry any more is an error, and never taken for a missing one.
func TestLoadTellsOfADamagedEntry(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *sql.DB, dialect sqlledger.Dialect) {
		db := open(t)
		l, err := sqlledger.New(t.Context(), db, dialect)
		require.NoError(t, err)
		o := evidence.Order{Kind: evidence.FaceH5, Number: "order1", OpenedAt: time.Now()}
		_, err = l.Save(t.Context(), evidence.Entry{Order: o})
		require.NoError(t, err)
		_, err = db.ExecContext(t.Context(), `UPDATE faceid_evidence SET entry = '{'`)
		require.NoError(t, err)
		_, err = l.Load(t.Context(), o.Key())
		require.ErrorContains(t, err, "damaged")
		require.NotErrorIs(t, err, evidence.ErrNoEntry)
		for _, err := range l.Entries(t.Context(), evidence.Query{}) {
			require.ErrorContains(t, err, "damaged")
		}
	})
}
