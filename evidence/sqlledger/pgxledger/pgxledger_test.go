package pgxledger_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/evidence/internal/pgtest"
	"github.com/faceid-go/faceid/evidence/sqlledger"
	"github.com/faceid-go/faceid/evidence/sqlledger/pgxledger"
)

// What is saved in the transaction is there if and only if the transaction commits, and a
// Ledger outside sees it as its own.
func TestInIsTheTransactionOfPgx(t *testing.T) {
	pool, ledger := database(t)
	o := evidence.Order{Kind: evidence.FaceH5, Number: "order1", OpenedAt: time.Now().UTC().Truncate(time.Microsecond), Ref: "contract 1"}
	for _, commits := range []bool{false, true} {
		tx, err := pool.Begin(t.Context())
		require.NoError(t, err)
		in := pgxledger.In(tx)
		version, err := in.Save(t.Context(), evidence.Entry{Order: o, Next: o.OpenedAt.Add(time.Minute)})
		require.NoError(t, err)
		require.Equal(t, int64(1), version)
		_, err = in.Save(t.Context(), evidence.Entry{Order: o})
		require.ErrorIs(t, err, evidence.ErrConflict, "the transaction goes on after a conflict")
		e, err := in.Load(t.Context(), o.Key())
		require.NoError(t, err)
		require.Equal(t, o, e.Order)
		if !commits {
			require.NoError(t, tx.Rollback(t.Context()))
			_, err = ledger.Load(t.Context(), o.Key())
			require.ErrorIs(t, err, evidence.ErrNoEntry)
			continue
		}
		require.NoError(t, tx.Commit(t.Context()))
		e, err = ledger.Load(t.Context(), o.Key())
		require.NoError(t, err)
		require.Equal(t, o, e.Order)
	}
}

// All of the contract holds inside one transaction but what needs two connections at once.
func TestInKeepsTheContract(t *testing.T) {
	pool, _ := database(t)
	tx, err := pool.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(t.Context()) }()
	in := pgxledger.In(tx)
	e := evidence.Entry{Order: evidence.Order{Kind: evidence.FaceH5, Number: "order1", OpenedAt: time.Now()}}
	_, err = in.Load(t.Context(), e.Order.Key())
	require.ErrorIs(t, err, evidence.ErrNoEntry)
	e.Version, err = in.Save(t.Context(), e)
	require.NoError(t, err)
	e.Outcome = &evidence.Outcome{DecidedAt: time.Now()}
	e.Version, err = in.Save(t.Context(), e)
	require.NoError(t, err)
	n := 0
	for _, err := range in.Entries(t.Context(), evidence.Query{Unfinished: true, DecidedFrom: time.Now().Add(-time.Hour)}) {
		require.NoError(t, err)
		n++
	}
	require.Equal(t, 1, n)
	require.NoError(t, in.Delete(t.Context(), e.Order.Key()))
	_, err = in.Load(t.Context(), e.Order.Key())
	require.ErrorIs(t, err, evidence.ErrNoEntry)
	require.NoError(t, tx.Rollback(t.Context()))
	_, err = in.Load(t.Context(), e.Order.Key())
	require.Error(t, err)
	require.NotErrorIs(t, err, evidence.ErrNoEntry, "a transaction that is over is no empty ledger")
}

func database(t *testing.T) (*pgxpool.Pool, evidence.Ledger) {
	t.Helper()
	address := pgtest.Start(t).Address(t)
	pool, err := pgxpool.New(t.Context(), address)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	ledger, err := sqlledger.New(t.Context(), pgtest.Open(t, address), sqlledger.Postgres)
	require.NoError(t, err)
	return pool, ledger
}
