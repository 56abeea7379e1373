package sqlstore_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/sqlstore"
)

func TestCreateTableMayBeCalledAtOnceAndAgain(t *testing.T) {
	onEach(t, func(t *testing.T, d *database) {
		const processes = 8
		errs := make(chan error, processes)
		for range processes {
			store := d.store(t)
			go func() { errs <- store.CreateTable(t.Context()) }()
		}
		for range processes {
			require.NoError(t, <-errs)
		}
		store := d.store(t)
		save(t, store, nil, "one")
		require.NoError(t, store.CreateTable(t.Context()))
		requireRecord(t, store, "one")
		require.EqualValues(t, 1, d.number(t, `SELECT COUNT(*) FROM {table}`), "a rehearsal leaves nothing behind")
	})
}

// A table that somebody else made is an error at once, and every call says so.
func TestCheckFindsOutWhatWouldFailLater(t *testing.T) {
	columns := []string{"name varchar(200) PRIMARY KEY", "record BLOB", "version bigint", "saved bigint", "owner BLOB", "expires bigint"}
	onEach(t, func(t *testing.T, d *database) {
		store := d.store(t)
		require.ErrorContains(t, store.Check(t.Context()), "sqlstore: Check: ", "there is no table")
		for i := range columns {
			var kept []string
			for j, column := range columns {
				if d.driver == "pgx" {
					column = strings.NewReplacer("varchar(200)", "bytea", "BLOB", "bytea").Replace(column)
				}
				if i != j {
					kept = append(kept, column)
				}
			}
			d.run(t, `DROP TABLE IF EXISTS {table}`)
			d.run(t, `CREATE TABLE {table} (`+strings.Join(kept, ", ")+`)`)

			require.ErrorContains(t, store.Check(t.Context()), "sqlstore: Check: ", columns[i])
			require.ErrorContains(t, store.CreateTable(t.Context()), "sqlstore: CreateTable: ", columns[i])
		}
		for i := range 2 {
			name, record := []string{"varchar(20)", "varbinary(200)"}[i], []string{"blob", "varchar(200)"}[i]
			if d.driver == "sqlite" {
				break // a column of SQLite takes anything
			}
			if d.driver == "pgx" {
				name, record = []string{"text", "bytea"}[i], []string{"bytea", "text"}[i]
			}
			d.run(t, `DROP TABLE IF EXISTS {table}`)
			d.run(t, fmt.Sprintf(`CREATE TABLE {table} (name %s PRIMARY KEY, record %s, version bigint, saved bigint, owner %[2]s, expires bigint)`, name, record))
			require.ErrorContains(t, store.Check(t.Context()), "sqlstore: Check: ", name+", "+record)
		}
	})
}

// Every part of a table that is broken is an error, and never an empty store.
func TestStoreOfABrokenTableIsBroken(t *testing.T) {
	onEach(t, func(t *testing.T, d *database) {
		store := d.ready(t).store(t)
		save(t, store, nil, "one")
		for _, column := range []string{"saved", "expires", "record", "name"} {
			d.run(t, `ALTER TABLE {table} RENAME COLUMN `+column+` TO broken`)

			_, _, err := store.Load(t.Context(), key)
			if column != "expires" {
				require.Error(t, err)
			}
			require.NotErrorIs(t, err, faceid.ErrNotFound)
			_, errLock := store.Lock(within(t, 5*time.Second), key, time.Minute)
			if column != "record" && column != "saved" {
				require.Error(t, errLock)
			}
			require.Error(t, store.Check(t.Context()))
			d.run(t, `ALTER TABLE {table} RENAME COLUMN broken TO `+column)
			d.run(t, `UPDATE {table} SET owner = NULL, expires = NULL`)
		}
		requireRecord(t, store, "one")
	})
}

func TestStoreNeedsOnlyTheRightsInTheReadme(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	onServers(t, func(t *testing.T, d *database) {
		d.ready(t)
		d.run(t, map[string]string{"pgx": "CREATE USER faceid", "mysql": "CREATE USER faceid"}[d.driver])
		_, grant, ok := strings.Cut(string(readme), "\n"+map[string]string{"pgx": "GRANT SELECT, INSERT, UPDATE, DELETE ON faceid_credentials", "mysql": "GRANT SELECT, INSERT, UPDATE, DELETE ON shop.faceid_credentials"}[d.driver])
		require.True(t, ok)
		grant, _, _ = strings.Cut(grant, ";")
		d.run(t, "GRANT SELECT, INSERT, UPDATE, DELETE ON "+map[string]string{"pgx": table, "mysql": d.name + "." + table}[d.driver]+grant)
		asUser := func(address string) string { return strings.Replace(address, d.root+"@", "faceid@", 1) }
		store := d.store(t, asUser)

		require.NoError(t, store.Check(t.Context()))
		save(t, store, nil, "one")
		save(t, store, []byte("one"), "two")
		lock, err := store.Lock(t.Context(), key, time.Minute)
		require.NoError(t, err)
		require.NoError(t, lock.Unlock(t.Context()))
		_, err = d.open(t, asUser).ExecContext(t.Context(), "CREATE TABLE other (n bigint)")
		require.Error(t, err)
	})
}

// The README shows the tables as Schema writes them.
func TestSchemaStandsInTheReadme(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	for _, e := range engines {
		schema, err := sqlstore.Schema(e.dialect, "")
		require.NoError(t, err)
		plain := strings.NewReplacer("`", "", `"`, "").Replace(schema)
		require.Contains(t, string(readme), plain+";", e.name)
	}
}

// What Schema writes is the table that New uses by default.
func TestSchemaMakesTheTable(t *testing.T) {
	onEach(t, func(t *testing.T, d *database) {
		for _, name := range []string{"", "other"} {
			schema, err := sqlstore.Schema(d.dialect, name)
			require.NoError(t, err)
			for range 2 {
				_, err = d.open(t).ExecContext(t.Context(), schema)
				require.NoError(t, err)
			}
			if name == "" {
				require.NoError(t, d.store(t).Check(t.Context()))
				continue
			}
			require.NoError(t, d.storeIn(t, d.open(t), sqlstore.WithTable(name)).Check(t.Context()))
		}
	})
}
