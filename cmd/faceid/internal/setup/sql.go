package setup

import (
	"cmp"
	"context"
	"database/sql"
	"net"
	"net/url"
	"strings"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // registers pgx
	_ "modernc.org/sqlite"             // registers sqlite

	"github.com/faceid-go/faceid/sqlstore"
)

// usualTable is the table of sqlstore, if FACEID_STORE_PREFIX names no other.
const usualTable = "faceid_credentials"

// openSQL opens the store in a database. It makes no table: the backend does.
func openSQL(where, table string) (*OpenStore, error) {
	driver, address, dialect, err := database(where)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		return nil, bad("%s is no address of a database", Store) // the driver's own text may quote the password
	}
	table = cmp.Or(table, usualTable)
	s, err := sqlstore.New(db, dialect, sqlstore.WithTable(table))
	if err != nil {
		_ = db.Close()
		return nil, bad("%s: %v", StorePrefix, err)
	}
	shown := hostOf(where)
	if dialect == sqlstore.SQLite {
		shown = where
	}
	return &OpenStore{
		Store: s, Where: shown + " " + table, Shared: dialect != sqlstore.SQLite, Close: func() { _ = db.Close() },
		others: func(ctx context.Context, base string) (int, error) { return countNames(ctx, db, table, base+"#") },
	}, nil
}

// database returns the driver, its address and the dialect of a URL.
func database(where string) (driver, address string, dialect sqlstore.Dialect, err error) {
	scheme, rest, _ := strings.Cut(where, ":")
	switch scheme {
	case "postgres", "postgresql":
		return "pgx", where, sqlstore.Postgres, nil
	case "sqlite":
		path := strings.TrimPrefix(rest, "//")
		if path == "" {
			return "", "", 0, bad("%s names no file", Store)
		}
		// The file must be there: a new one would look like an empty store.
		file := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: "mode=rw&_pragma=busy_timeout(5000)"}
		return "sqlite", file.String(), sqlstore.SQLite, nil
	}
	u, err := url.Parse(where)
	if err != nil || u.Host == "" {
		return "", "", 0, bad("%s is no URL of a database", Store)
	}
	c := mysql.NewConfig()
	c.Net, c.Addr, c.DBName = "tcp", u.Host, strings.TrimPrefix(u.Path, "/")
	if u.Port() == "" {
		c.Addr = net.JoinHostPort(u.Hostname(), "3306")
	}
	c.User = u.User.Username()
	c.Passwd, _ = u.User.Password()
	if mode := u.Query().Get("tls"); mode != "" {
		c.TLSConfig = mode
	}
	return "mysql", c.FormatDSN(), sqlstore.MySQL, nil
}

// countNames counts the records whose names begin so.
func countNames(ctx context.Context, db *sql.DB, table, begin string) (n int, err error) {
	query := "SELECT name FROM " + table + " WHERE record IS NOT NULL" //nolint:gosec // New has validated the name of the table
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return 0, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name []byte
		if err := rows.Scan(&name); err != nil {
			return 0, err
		}
		if strings.HasPrefix(string(name), begin) {
			n++
		}
	}
	return n, rows.Err()
}
