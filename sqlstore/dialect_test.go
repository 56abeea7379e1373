package sqlstore_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/sqlstore"
)

// A statement that was undone because of another one is sent again, and nothing else is.
func TestTransientErrorsAreThoseOfConflicts(t *testing.T) {
	for _, row := range []struct {
		dialect sqlstore.Dialect
		err     error
		want    bool
	}{
		{sqlstore.Postgres, &pgconn.PgError{Code: "40001"}, true},
		{sqlstore.Postgres, fmt.Errorf("wrapped: %w", &pgconn.PgError{Code: "40P01"}), true},
		{sqlstore.Postgres, &pgconn.PgError{Code: "42P01", Message: "Error 1213"}, false},
		{sqlstore.Postgres, errors.New("database is locked"), false},
		{sqlstore.MySQL, &mysql.MySQLError{Number: 1213, SQLState: [5]byte([]byte("40001")), Message: "Deadlock found"}, true},
		{sqlstore.MySQL, &mysql.MySQLError{Number: 1020, Message: "Record has changed since last read"}, true},
		{sqlstore.MySQL, &mysql.MySQLError{Number: 1205, Message: "Lock wait timeout exceeded"}, false},
		{sqlstore.MySQL, &mysql.MySQLError{Number: 1146, Message: "database is locked"}, false},
		{sqlstore.MySQL, &mysql.MySQLError{Number: 12130}, false},
		{sqlstore.SQLite, errors.New("database is locked (5) (SQLITE_BUSY)"), true},
		{sqlstore.SQLite, errors.New("database table is locked"), true},
		{sqlstore.SQLite, errors.New("no such table: faceid_credentials"), false},
		{sqlstore.SQLite, nil, false},
	} {
		require.Equal(t, row.want, sqlstore.Transient(row.dialect, row.err), "%v", row.err)
	}
}
