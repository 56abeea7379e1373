// Package sqlstore keeps the credentials of an appID in a table of a database, so that all
// processes that use the appID share one access token. It is for those who have a database
// and no Redis: Postgres, MySQL, MariaDB or SQLite.
//
//	db, err := sql.Open("pgx", "postgres://faceid@db/shop") // any driver of database/sql
//	store, err := sqlstore.New(db, sqlstore.Postgres)
//	client, err := faceid.New(faceid.WithApp(appID, secret), faceid.WithStore(store))
//
// [Schema] is the text of the table for your migrations. [Store.CreateTable] makes the table
// where there are none, and [Store.Check] tries it.
//
// # What is kept
//
// One table, faceid_credentials, has one row for each key. A key is an appID, with the host
// if that is not the platform's, and a name that the client derives from the secret. The
// row has the record and the time of its save. While a process refreshes, the row also has
// the random name of that process's lock and the time at which the lock ends. Rows that
// nobody has saved for 8 days go when a new key comes, because no token lives that long.
//
// The client seals the record: it encrypts and authenticates the record under a key that it
// derives from the secret of the App. A person who can read or write the table can neither
// read a ticket nor plant one, but can still delete a record, put back an earlier one, or
// take the lock. So use TLS, and a user who has no more rights than the README lists.
//
// # What a database must do
//
// Every access is one statement outside of any transaction, so a pooler such as PgBouncer may
// give each statement another connection, and no connection is held while a process waits.
// The statements must reach the primary: a replica that is behind shows old records.
//
// The row is compared by its bytes, as the contract of faceid.Store demands, and its version
// grows with every change. So a matched row is always a changed row, and it does not matter
// which of the two a MySQL driver counts.
//
// All times are microseconds since 1970 on the clock of the database. So neither the clocks
// of the processes nor the time zones of the sessions matter.
//
// # Limits
//
// A key has at most 200 bytes and a record at most 1 MiB. A longer record in the table is
// never transferred: it is an error that says how long the record is. A record that was
// saved more than a second in the future counts as 30 days old, which is older than any
// token lives: a clock was set back, and the real age is unknown.
//
// A lease is at most [LongestLease], and a lock lasts [MaxLeases] leases at most. A lock
// that ends later than any of this package, or never, is an error at once. A waiting Lock
// asks every 20 ms at first and twice a second in the end, and ends with the caller's
// context.
package sqlstore

import (
	"database/sql"
	"errors"
	"fmt"
	"regexp"

	"github.com/faceid-go/faceid"
)

// Store is a faceid.Store in a table of a database. The age of a record is measured on the
// clock of the database, so the clocks of the processes do not matter. A database that is
// down, slow, or has no such table is an error, never an empty store. A Store is safe for
// concurrent use by any number of processes.
type Store struct {
	db      *sql.DB
	dialect Dialect
	table   string
	sql     statements
}

var _ faceid.Store = (*Store)(nil)

// Option configures New. An option validates its argument; its error names the option.
type Option func(*Store) error

const defaultTable = "faceid_credentials"

// tableName matches the names that mean the same table with and without quotes.
var tableName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,59}(\.[a-z_][a-z0-9_]{0,59})?$`)

// WithTable sets the name of the table. The default is faceid_credentials. Stores with
// different tables share no record and no lock. The name has 1 to 60 lower-case letters,
// digits and underscores, and may follow the name of a schema (in MySQL: a database) and a
// dot.
func WithTable(name string) Option {
	return func(s *Store) error {
		if !tableName.MatchString(name) {
			return errors.New("sqlstore: WithTable: the name must have 1 to 60 lower-case letters, digits and underscores, after a schema and a dot if you like")
		}
		s.table = name
		return nil
	}
}

// New returns the store in db, which the caller configures and closes. It makes no request,
// and no table: see [Store.CreateTable]. The dialect must be that of the database. An open
// connection of db is used for one statement at a time and never kept, so a small pool does.
func New(db *sql.DB, dialect Dialect, opts ...Option) (*Store, error) {
	if db == nil {
		return nil, errors.New("sqlstore: New: the database is nil")
	}
	if !dialect.known() {
		return nil, errors.New("sqlstore: New: the dialect must be Postgres, MySQL or SQLite")
	}
	s := &Store{db: db, dialect: dialect, table: defaultTable}
	for _, opt := range opts {
		if err := opt(s); err != nil {
			return nil, err
		}
	}
	s.sql = dialect.statements(s.table)
	return s, nil
}

// Format prints neither records nor the address of the database, with any verb.
func (s *Store) Format(f fmt.State, _ rune) { fmt.Fprint(f, "sqlstore.Store") }
