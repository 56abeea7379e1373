// Package pgxledger lets a ledger of package sqlledger work inside a transaction of pgx.
// It is a package of its own so that whoever keeps the ledger in SQLite does not build
// pgx.
package pgxledger

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/faceid-go/faceid/evidence/sqlledger"
)

// In returns the ledger of this database inside a transaction of the merchant, as In of
// sqlledger does: what is saved there is there when the transaction commits. The tables
// were made by sqlledger.New with the dialect Postgres.
func In(tx pgx.Tx) *sqlledger.Ledger { return sqlledger.Over(conn{tx}, sqlledger.Postgres) }

type conn struct{ tx pgx.Tx }

func (c conn) Exec(ctx context.Context, statement string, args ...any) (int64, error) {
	done, err := c.tx.Exec(ctx, statement, args...)
	return done.RowsAffected(), err
}

func (c conn) Query(ctx context.Context, query string, args ...any) (sqlledger.Rows, error) {
	rows, err := c.tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return rows, nil
}
