package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/faceid-go/faceid/sqlstore"
)

func TestStoreKeepsEveryPromise(t *testing.T) {
	onEach(t, func(t *testing.T, d *database) {
		d.ready(t)
		faceidtest.TestStore(t, func() faceid.Store { return d.store(t) },
			faceidtest.StoreRenews(sqlstore.MaxLeases),
			faceidtest.StoreBroken(func() faceid.Store {
				if d.server == nil {
					return (&database{engine: d.engine, name: filepath.Join(t.TempDir(), "no folder", "faceid.db")}).store(t)
				}
				return d.store(t, func(address string) string { return strings.Replace(address, d.addr, "127.0.0.1:1", 1) })
			}))
	})
}

// Nothing depends on how the merchant has set up the driver, the sessions or the server.
func TestStoreKeepsEveryPromiseWhateverTheSettings(t *testing.T) {
	settings := map[string]map[string]func(string) string{
		"Postgres": {
			"no prepared statements": with("default_query_exec_mode=exec&TimeZone=Asia/Shanghai"),
			"serializable":           with("default_query_exec_mode=simple_protocol&default_transaction_isolation=serializable"),
		},
		"MariaDB": {
			"serializable": with("tx_isolation=%27SERIALIZABLE%27&interpolateParams=true&clientFoundRows=true&sql_mode=%27%27"),
			"snapshots":    with("innodb_snapshot_isolation=ON&clientFoundRows=true&charset=gbk&time_zone=%27%2B08%3A00%27&parseTime=true&loc=Asia%2FShanghai"),
		},
		"SQLite": {
			"a rollback journal": with("_pragma=synchronous(OFF)"),
			"immediate":          with("_pragma=synchronous(OFF)&_pragma=busy_timeout(50)&_txlock=immediate"),
		},
	}
	onEach(t, func(t *testing.T, d *database) {
		var all sync.WaitGroup
		for name, change := range settings[d.engine.name] {
			own := d.engine.database(t).ready(t)
			all.Go(func() {
				faceidtest.TestStore(saying{t, name}, func() faceid.Store { return own.store(t, change) }, faceidtest.StoreRenews(sqlstore.MaxLeases))
			})
		}
		all.Wait()
	})
}

// saying says in errors which part of a test they are of.
type saying struct {
	*testing.T
	what string
}

func (s saying) Errorf(format string, args ...any) {
	s.Helper()
	s.T.Errorf("%s: "+format, append([]any{s.what}, args...)...)
}

func TestStoreOfAnEndedServerIsBroken(t *testing.T) {
	onServers(t, func(t *testing.T, d *database) {
		d.ready(t)
		faceidtest.TestStore(t, func() faceid.Store { return d.store(t) },
			faceidtest.StoreRenews(sqlstore.MaxLeases),
			faceidtest.StoreBroken(func() faceid.Store {
				store := d.store(t)
				save(t, store, nil, "one")
				d.kill()
				return store
			}))
	})
}

// Clients with pools of their own fetch one token together.
func TestStoreMakesClientsFetchOnce(t *testing.T) {
	onEach(t, func(t *testing.T, d *database) {
		d.ready(t)
		sim := faceidtest.Start(t)
		const clients = 8
		tickets, errs := make(chan string, clients), make(chan error, clients)
		for range clients {
			client := sim.Client(faceid.WithStore(d.store(t)))
			t.Cleanup(func() { client.Close(context.WithoutCancel(t.Context())) })
			go func() {
				ticket, err := client.SignTicket(t.Context())
				tickets <- ticket
				errs <- err
			}()
		}
		first := <-tickets
		require.NotEmpty(t, first)
		for range clients - 1 {
			require.Equal(t, first, <-tickets)
		}
		for range clients {
			require.NoError(t, <-errs)
		}
		require.Len(t, sim.Mints(sim.AppID()), 1)
	})
}

func TestWithTableKeepsStoresApart(t *testing.T) {
	onEach(t, func(t *testing.T, d *database) {
		schema := map[string]string{"pgx": "public.", "mysql": d.name + ".", "sqlite": "main."}[d.driver]
		var stores []*sqlstore.Store
		for _, name := range []string{"faceid_credentials", "order", schema + "faceid_test"} { // order is a word of SQL
			store := d.storeIn(t, d.open(t), sqlstore.WithTable(name))
			require.NoError(t, store.CreateTable(within(t, time.Minute)))
			stores = append(stores, store)
		}
		for i, store := range stores {
			save(t, store, nil, fmt.Sprint(i))
			lock, err := store.Lock(within(t, 5*time.Second), key, time.Minute)
			require.NoError(t, err)
			defer lock.Unlock(t.Context())
		}
		for i, store := range stores {
			requireRecord(t, store, fmt.Sprint(i))
		}
		require.EqualValues(t, 1, d.number(t, `SELECT COUNT(*) FROM faceid_test`))
	})
}

func TestNewValidatesItsArguments(t *testing.T) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "faceid.db"))
	require.NoError(t, err)
	defer db.Close()
	for _, name := range []string{"", "a b", `a"`, "a`", "a;", "A", "a.b.c", ".a", "a.", "1a", "ä", "a\n", strings.Repeat("a", 61)} {
		_, err := sqlstore.New(db, sqlstore.SQLite, sqlstore.WithTable(name))
		require.ErrorContains(t, err, "sqlstore: WithTable: ", "%q", name)
		if name != "" {
			_, err = sqlstore.Schema(sqlstore.SQLite, name)
			require.ErrorContains(t, err, "sqlstore: Schema: ", "%q", name)
		}
	}
	_, err = sqlstore.New(db, sqlstore.SQLite, sqlstore.WithTable("main.faceid_9"))
	require.NoError(t, err)
	_, err = sqlstore.New(nil, sqlstore.SQLite)
	require.ErrorContains(t, err, "sqlstore: New: ")
	for _, dialect := range []sqlstore.Dialect{0, 4, 255} {
		_, err = sqlstore.New(db, dialect)
		require.ErrorContains(t, err, "sqlstore: New: the dialect")
		_, err = sqlstore.Schema(dialect, "")
		require.ErrorContains(t, err, "sqlstore: Schema: the dialect")
	}
}

func TestPrintingShowsNoSecret(t *testing.T) {
	d := engines[2].database(t)
	store := d.storeIn(t, d.open(t), sqlstore.WithTable("canary"))
	require.NoError(t, store.CreateTable(t.Context()))
	lock, err := store.Lock(t.Context(), "canary", time.Minute)
	require.NoError(t, err)
	defer lock.Unlock(t.Context())
	for _, v := range []any{store, lock, struct{ S any }{store}, []any{lock}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			require.NotContains(t, fmt.Sprintf(verb, v), "canary")
			require.NotContains(t, fmt.Sprintf(verb, v), fmt.Sprintf("%x", "canary"))
		}
	}
}
