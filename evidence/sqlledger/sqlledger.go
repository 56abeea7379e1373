// Package sqlledger keeps the ledger of package evidence in a database: SQLite for one
// process, Postgres for a fleet. It is database/sql, so the driver is yours:
//
//	db, err := sql.Open("sqlite", "evidence.db") // modernc.org/sqlite
//	ledger, err := sqlledger.New(ctx, db, sqlledger.SQLite)
package sqlledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/faceid-go/faceid/evidence"
)

// Dialect is what a database speaks.
type Dialect uint8

// These are the dialects.
const (
	SQLite   Dialect = iota + 1 // 3.24 and newer; open it with the pragmas busy_timeout and journal_mode=WAL
	Postgres                    // 12 and newer
)

// schema counts the changes of the tables.
const schema = 1

const (
	createMeta    = `CREATE TABLE IF NOT EXISTS faceid_evidence_schema (version BIGINT PRIMARY KEY)`
	createEntries = `CREATE TABLE IF NOT EXISTS faceid_evidence (
	name TEXT PRIMARY KEY,
	version BIGINT NOT NULL,
	done BOOLEAN NOT NULL,
	due BIGINT NOT NULL,
	opened BIGINT NOT NULL,
	decided BIGINT,
	entry TEXT NOT NULL
)`
	indexDue     = `CREATE INDEX IF NOT EXISTS faceid_evidence_due ON faceid_evidence (done, due, opened)`
	indexDecided = `CREATE INDEX IF NOT EXISTS faceid_evidence_decided ON faceid_evidence (decided)`
)

// Ledger is an evidence.Ledger in a database. It is safe for concurrent use by any number
// of processes.
type Ledger struct {
	db      Conn
	dialect Dialect
}

var _ evidence.Ledger = (*Ledger)(nil)

// New makes the tables faceid_evidence and faceid_evidence_schema if they are not there,
// and returns their Ledger. Tables of another version of this package are an error, and
// stay as they are.
func New(ctx context.Context, db *sql.DB, dialect Dialect) (*Ledger, error) {
	if db == nil {
		return nil, errors.New("sqlledger: New: the database is required")
	}
	if dialect != SQLite && dialect != Postgres {
		return nil, errors.New("sqlledger: New: the dialect must be SQLite or Postgres")
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, failed("New", err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	l := &Ledger{conn{tx}, dialect}
	if err := l.create(ctx); err != nil {
		return nil, err
	}
	if err := tx.Commit(); err != nil {
		return nil, failed("New", err)
	}
	return &Ledger{conn{db}, dialect}, nil
}

func (l *Ledger) create(ctx context.Context) error {
	if l.dialect == Postgres { // two processes that create a table at once disturb each other there
		if _, err := l.db.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('faceid_evidence'))`); err != nil {
			return failed("New", err)
		}
	}
	if _, err := l.db.Exec(ctx, createMeta); err != nil {
		return failed("New", err)
	}
	var version sql.NullInt64
	if _, err := l.row(ctx, `SELECT MAX(version) FROM faceid_evidence_schema`, nil, &version); err != nil {
		return failed("New", err)
	}
	if version.Valid && version.Int64 != schema {
		return fmt.Errorf("sqlledger: New: the tables have version %d, and this package knows version %d", version.Int64, schema)
	}
	for _, statement := range []string{createEntries, indexDue, indexDecided, `INSERT INTO faceid_evidence_schema (version) VALUES (` + strconv.Itoa(schema) + `) ON CONFLICT DO NOTHING`} {
		if _, err := l.db.Exec(ctx, statement); err != nil {
			return failed("New", err)
		}
	}
	return nil
}

// In returns the same Ledger inside a transaction of the merchant. What is saved there is
// there when the transaction commits, so an order is in the ledger if and only if the
// merchant's own row about it is. It is for Keeper.OpenIn.
//
// A transaction of pgx goes through package pgxledger, and any other one through Over.
func (l *Ledger) In(tx *sql.Tx) *Ledger { return &Ledger{conn{tx}, l.dialect} }

// Load is documented at evidence.Ledger.
func (l *Ledger) Load(ctx context.Context, key string) (evidence.Entry, error) {
	var version int64
	var text string
	found, err := l.row(ctx, l.numbered(`SELECT version, entry FROM faceid_evidence WHERE name = ?`), []any{key}, &version, &text)
	switch {
	case err != nil:
		return evidence.Entry{}, failed("Load", err)
	case !found:
		return evidence.Entry{}, evidence.ErrNoEntry
	}
	return read(version, text)
}

// Save is documented at evidence.Ledger.
func (l *Ledger) Save(ctx context.Context, e evidence.Entry) (int64, error) {
	text, err := json.Marshal(e)
	if err != nil {
		return 0, failed("Save", err)
	}
	var decided any
	if e.Outcome != nil {
		decided = micros(e.Outcome.DecidedAt)
	}
	done, due, opened, name := e.State == evidence.Done, micros(e.Next), micros(e.Order.OpenedAt), e.Order.Key()
	var saved int64
	if e.Version == 0 {
		saved, err = l.db.Exec(ctx, l.numbered(`INSERT INTO faceid_evidence (name, version, done, due, opened, decided, entry) VALUES (?, 1, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`),
			name, done, due, opened, decided, string(text))
	} else {
		saved, err = l.db.Exec(ctx, l.numbered(`UPDATE faceid_evidence SET version = version + 1, done = ?, due = ?, opened = ?, decided = ?, entry = ? WHERE name = ? AND version = ?`),
			done, due, opened, decided, string(text), name, e.Version)
	}
	switch {
	case err != nil:
		return 0, failed("Save", err)
	case saved != 1:
		return 0, evidence.ErrConflict
	}
	return e.Version + 1, nil
}

// Delete is documented at evidence.Ledger.
func (l *Ledger) Delete(ctx context.Context, key string) error {
	if _, err := l.db.Exec(ctx, l.numbered(`DELETE FROM faceid_evidence WHERE name = ?`), key); err != nil {
		return failed("Delete", err)
	}
	return nil
}

// page is how many entries Entries reads at once. No rows stay open while the caller
// works on an entry, because SQLite would let nobody write meanwhile.
const page = 500

// Entries is documented at evidence.Ledger. An entry that changes during the sequence may
// come twice or not at all.
func (l *Ledger) Entries(ctx context.Context, q evidence.Query) iter.Seq2[evidence.Entry, error] {
	return func(yield func(evidence.Entry, error) bool) {
		after := place{due: -1 << 63}
		for given := 0; ; {
			entries, last, err := l.read(ctx, q, after)
			if err != nil {
				yield(evidence.Entry{}, failed("Entries", err))
				return
			}
			for _, e := range entries {
				if !q.Match(e) { // the columns count microseconds
					continue
				}
				if q.Limit > 0 && given == q.Limit || !yield(e, nil) {
					return
				}
				given++
			}
			if last == after {
				return
			}
			after = last
		}
	}
}

// place is where a page ended.
type place struct {
	due, opened int64
	name        string
}

// read reads one page of the rows after a place.
func (l *Ledger) read(ctx context.Context, q evidence.Query, after place) ([]evidence.Entry, place, error) {
	where, args := conditions(q)
	where = append(where, `(due, opened, name) > (?, ?, ?)`)
	args = append(args, after.due, after.opened, after.name)
	query := `SELECT name, due, opened, version, entry FROM faceid_evidence WHERE ` + strings.Join(where, " AND ") + ` ORDER BY due, opened, name LIMIT ` + strconv.Itoa(page)
	rows, err := l.db.Query(ctx, l.numbered(query), args...)
	if err != nil {
		return nil, after, err
	}
	defer rows.Close()
	var entries []evidence.Entry
	for rows.Next() {
		var version int64
		var text string
		if err := rows.Scan(&after.name, &after.due, &after.opened, &version, &text); err != nil {
			return nil, after, err
		}
		e, err := read(version, text)
		if err != nil {
			return nil, after, err
		}
		entries = append(entries, e)
	}
	return entries, after, rows.Err()
}

// conditions writes a Query as conditions on the columns. They let through what Match
// does, and up to a microsecond more.
func conditions(q evidence.Query) (where []string, args []any) {
	add := func(condition string, at time.Time) {
		if !at.IsZero() {
			where, args = append(where, condition), append(args, micros(at))
		}
	}
	if q.Unfinished {
		where, args = append(where, `done = ?`), append(args, false)
	}
	add(`due <= ?`, q.DueBy)
	add(`opened <= ?`, q.OpenedBefore)
	add(`decided >= ?`, q.DecidedFrom)
	add(`decided <= ?`, q.DecidedTo)
	return where, args
}

func micros(t time.Time) int64 { return t.UnixMicro() }

func read(version int64, text string) (evidence.Entry, error) {
	var e evidence.Entry
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		return evidence.Entry{}, fmt.Errorf("sqlledger: an entry is damaged: %w", err)
	}
	e.Version = version
	return e, nil
}

// numbered writes the question marks of a statement as the dialect wants them.
func (l *Ledger) numbered(statement string) string {
	if l.dialect != Postgres {
		return statement
	}
	var b strings.Builder
	n := 0
	for _, c := range statement {
		if c != '?' {
			b.WriteRune(c)
			continue
		}
		n++
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(n))
	}
	return b.String()
}

func failed(op string, err error) error { return fmt.Errorf("sqlledger: %s: %w", op, err) }
