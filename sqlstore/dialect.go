package sqlstore

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
)

// Dialect is what a database speaks.
type Dialect uint8

// These are the dialects.
const (
	Postgres Dialect = iota + 1 // 10 and newer
	MySQL                       // 5.7 and newer, and MariaDB 10.3 and newer
	SQLite                      // 3.24 and newer, in a file that several processes of one machine may open
)

// grammar is what is written differently in each dialect.
type grammar struct {
	quote  string // around names
	now    string // microseconds since 1970 by the clock of the database
	key    string // a parameter that is compared with a name, byte by byte
	record string // the bytes of the record
	ignore string // ends an INSERT that does nothing if the row is there
	schema string
}

var grammars = map[Dialect]grammar{
	Postgres: {
		quote:  `"`,
		now:    `CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)`,
		key:    `?`,
		record: `record`,
		ignore: `ON CONFLICT DO NOTHING`,
		schema: `CREATE TABLE IF NOT EXISTS {table} (
	name    bytea  NOT NULL PRIMARY KEY,
	record  bytea,
	version bigint NOT NULL,
	saved   bigint NOT NULL,
	owner   bytea,
	expires bigint
)`,
	},
	// A name or a record in a column of text would be compared without regard to case and
	// to spaces at the end. The casts compare bytes whatever the column is.
	MySQL: {
		quote:  "`",
		now:    `TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(6))`,
		key:    `CAST(? AS BINARY)`,
		record: `CAST(record AS BINARY)`,
		ignore: `ON DUPLICATE KEY UPDATE version = version`,
		schema: `CREATE TABLE IF NOT EXISTS {table} (
	name    VARBINARY(200) NOT NULL PRIMARY KEY,
	record  MEDIUMBLOB,
	version BIGINT NOT NULL,
	saved   BIGINT NOT NULL,
	owner   VARBINARY(64),
	expires BIGINT
) ENGINE = InnoDB`,
	},
	// The clock of SQLite has milliseconds. julianday is there in every version of it.
	SQLite: {
		quote:  `"`,
		now:    `CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000`,
		key:    `?`,
		record: `CAST(record AS BLOB)`,
		ignore: `ON CONFLICT DO NOTHING`,
		schema: `CREATE TABLE IF NOT EXISTS {table} (
	name    BLOB   NOT NULL PRIMARY KEY,
	record  BLOB,
	version BIGINT NOT NULL,
	saved   BIGINT NOT NULL,
	owner   BLOB,
	expires BIGINT
)`,
	},
}

func (d Dialect) known() bool {
	_, ok := grammars[d]
	return ok
}

// Schema returns the statement that makes the table, for a merchant's own migrations. It
// does nothing if a table of this name is there. The name is as in [WithTable]; "" is
// faceid_credentials.
func Schema(dialect Dialect, table string) (string, error) {
	if table == "" {
		table = defaultTable
	}
	switch {
	case !dialect.known():
		return "", errors.New("sqlstore: Schema: the dialect must be Postgres, MySQL or SQLite")
	case !tableName.MatchString(table):
		return "", errors.New("sqlstore: Schema: the name of the table is not one that WithTable takes")
	}
	return dialect.write(grammars[dialect].schema, table), nil
}

// statements are the statements of a Store.
type statements struct {
	look, swap, create, ensure, sweep, remove string // of records
	holder, take, renew, unlock               string // of locks
}

// statements writes the statements for a table. Each is a transaction of its own. An UPDATE
// looks at its conditions and changes the row in one step, in every dialect: if it had to
// wait for another one, it looks at what that one has left.
func (d Dialect) statements(table string) statements {
	write := func(text string) string { return d.write(text, table) }
	return statements{
		look: write(`SELECT {now}, saved, LENGTH({record}), CASE WHEN LENGTH({record}) <= ` + strconv.Itoa(maxRecord) + ` THEN {record} END
			FROM {table} WHERE name = {key}`),
		swap:   write(`UPDATE {table} SET record = ?, saved = {now}, version = version + 1 WHERE name = {key} AND {record} = ?`),
		create: write(`UPDATE {table} SET record = ?, saved = {now}, version = version + 1 WHERE name = {key} AND record IS NULL`),
		ensure: write(`INSERT INTO {table} (name, version, saved) VALUES (?, 0, {now}) {ignore}`),
		sweep:  write(`DELETE FROM {table} WHERE saved < {now} - ? AND (expires IS NULL OR expires < {now})`),
		remove: write(`DELETE FROM {table} WHERE name = {key}`),

		holder: write(`SELECT {now}, CASE WHEN owner IS NULL OR owner = ? THEN 0 ELSE 1 END, expires FROM {table} WHERE name = {key}`),
		take: write(`UPDATE {table} SET owner = ?, expires = {now} + ?, version = version + 1
			WHERE name = {key} AND (owner IS NULL OR owner = ? OR expires <= {now})`),
		renew:  write(`UPDATE {table} SET expires = {now} + ?, version = version + 1 WHERE name = {key} AND owner = ?`),
		unlock: write(`UPDATE {table} SET owner = NULL, expires = NULL, version = version + 1 WHERE name = {key} AND owner = ?`),
	}
}

// write fills in what the dialect writes differently.
func (d Dialect) write(text, table string) string {
	g := grammars[d]
	quoted := g.quote + strings.ReplaceAll(table, ".", g.quote+"."+g.quote) + g.quote
	text = strings.NewReplacer("{table}", quoted, "{now}", g.now, "{key}", g.key, "{record}", g.record, "{ignore}", g.ignore).Replace(text)
	if d != Postgres {
		return text
	}
	parts := strings.Split(text, "?")
	for i := 1; i < len(parts); i++ {
		parts[i] = "$" + strconv.Itoa(i) + parts[i]
	}
	return strings.Join(parts, "")
}

// transient reports whether a statement was refused because of another one at the same
// time. The database has undone it, so it may be sent again. The drivers are the
// merchant's, so no type of theirs can be asked.
func (d Dialect) transient(err error) bool {
	if err == nil {
		return false
	}
	switch d {
	case Postgres: // serialization_failure, deadlock_detected: the default isolation may be any
		state := sqlState(err)
		return state == "40001" || state == "40P01"
	case MySQL: // a deadlock, which also a Galera cluster reports; a record that has changed
		return mysqlConflict.MatchString(err.Error())
	case SQLite: // SQLITE_BUSY and SQLITE_LOCKED, in SQLite's own words
		text := err.Error()
		return strings.Contains(text, "database is locked") || strings.Contains(text, "database table is locked")
	}
	return false
}

var mysqlConflict = regexp.MustCompile(`^Error (1213|1020)\b`)

// sqlState returns the code of an error of Postgres, which its drivers tell by this method.
func sqlState(err error) string {
	var coded interface{ SQLState() string }
	if errors.As(err, &coded) {
		return coded.SQLState()
	}
	return ""
}
