package sqlledger

import (
	"context"
	"database/sql"
)

// Conn is a database, or a transaction of it, that does not go through database/sql.
// Errors, also those of a lost connection, come back as they are.
type Conn interface {
	// Exec returns how many rows the statement has changed.
	Exec(ctx context.Context, statement string, args ...any) (changed int64, err error)
	// Query returns rows that the caller closes.
	Query(ctx context.Context, query string, args ...any) (Rows, error)
}

// Rows are the rows of a query, as *sql.Rows and pgx.Rows are.
type Rows interface {
	Next() bool             // goes to the next row, and is false after the last one or an error
	Scan(dest ...any) error // reads the columns of the row
	Err() error             // is the error that ended the rows, or nil
	Close()                 // may be called twice
}

// Over returns the Ledger of tables that are there, in a transaction or a database that
// does not go through database/sql. It is for Keeper.OpenIn, as In is.
func Over(c Conn, dialect Dialect) *Ledger { return &Ledger{c, dialect} }

// conn is a Conn of database/sql.
type conn struct {
	db interface {
		ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	}
}

func (c conn) Exec(ctx context.Context, statement string, args ...any) (int64, error) {
	done, err := c.db.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}

func (c conn) Query(ctx context.Context, query string, args ...any) (Rows, error) {
	r, err := c.db.QueryContext(ctx, query, args...) //nolint:rowserrcheck,sqlclosecheck // the caller closes them
	if err != nil {
		return nil, err
	}
	return rows{r}, nil
}

// rows are the rows of database/sql. An error of their Close is also one of Err.
type rows struct{ *sql.Rows }

func (r rows) Close() { _ = r.Rows.Close() }

// row reads at most one row.
func (l *Ledger) row(ctx context.Context, query string, args []any, dest ...any) (found bool, err error) {
	r, err := l.db.Query(ctx, query, args...)
	if err != nil {
		return false, err
	}
	defer r.Close()
	if found = r.Next(); found {
		if err := r.Scan(dest...); err != nil {
			return false, err
		}
	}
	return found, r.Err()
}
