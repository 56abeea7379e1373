package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/sqlstore"
)

// slowContext is past its deadline, but is not done yet.
type slowContext struct{ context.Context }

func (slowContext) Deadline() (time.Time, bool) { return time.Now().Add(-1), true }

func TestAwaitTakesTheDriversDeadlineForTheContexts(t *testing.T) {
	err := sqlstore.Await(slowContext{context.Background()}, errors.New("i/o timeout"))

	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// requireEndsWithCtx makes all calls with contexts that end.
func requireEndsWithCtx(t *testing.T, store faceid.Store, lock faceid.Lock) {
	t.Helper()
	for what, call := range map[string]func(context.Context) error{
		"Load": func(ctx context.Context) error { _, _, err := store.Load(ctx, key); return err },
		"CompareAndSwap": func(ctx context.Context) error {
			_, err := store.CompareAndSwap(ctx, key, nil, []byte("two"))
			return err
		},
		"Lock":   func(ctx context.Context) error { _, err := store.Lock(ctx, key, time.Minute); return err },
		"Unlock": lock.Unlock,
	} {
		begin := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		require.ErrorIs(t, call(ctx), context.DeadlineExceeded, what)
		cancel()
		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		require.ErrorIs(t, call(ctx), context.Canceled, what)
		require.Less(t, time.Since(begin), 2*time.Second, what)
	}
}

func TestCallEndsWithCtxWhenTheServerHangs(t *testing.T) {
	onProxies(t, func(t *testing.T, d *database, p *proxy) {
		for name, most := range map[string]int{"any connections": 0, "one connection": 1} {
			t.Run(name, func(t *testing.T) {
				d.run(t, `DELETE FROM {table}`)
				db := d.open(t, p.through(d))
				db.SetMaxOpenConns(most)
				store := d.storeIn(t, db)
				save(t, store, nil, "one")
				lock, err := store.Lock(t.Context(), key, time.Minute)
				require.NoError(t, err)
				goOn := p.hang(t)

				requireEndsWithCtx(t, store, lock)

				goOn()
				requireRecord(t, store, "one")
				require.NoError(t, lock.Unlock(within(t, 10*time.Second)), "an Unlock that failed may be repeated")
			})
		}
	})
}

// A transaction of somebody else holds the whole file, for longer than the driver waits.
func TestCallEndsWithCtxWhenTheFileIsLocked(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]string{"the driver waits": "_pragma=busy_timeout(60000)", "the driver does not wait": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := engines[2].database(t)
			other, err := d.open(t, with("")).Conn(t.Context())
			require.NoError(t, err)
			defer other.Close()
			store := d.store(t, with(options))
			require.NoError(t, store.CreateTable(t.Context()))
			save(t, store, nil, "one")
			lock, err := store.Lock(t.Context(), key, time.Minute)
			require.NoError(t, err)
			_, err = other.ExecContext(t.Context(), "BEGIN EXCLUSIVE")
			require.NoError(t, err)

			requireEndsWithCtx(t, store, lock)
			time.AfterFunc(200*time.Millisecond, func() { _, _ = other.ExecContext(context.Background(), "ROLLBACK") })

			requireRecord(t, store, "one")
			save(t, store, []byte("one"), "two")
			require.NoError(t, lock.Unlock(within(t, 10*time.Second)))
		})
	}
}

func TestCallEndsWithCtxWhenTheDriverDoesNot(t *testing.T) {
	store, err := sqlstore.New(openStubborn(t), sqlstore.SQLite)
	require.NoError(t, err)
	for what, call := range map[string]func(context.Context) error{
		"Load": func(ctx context.Context) error { _, _, err := store.Load(ctx, key); return err },
		"CompareAndSwap": func(ctx context.Context) error {
			_, err := store.CompareAndSwap(ctx, key, nil, []byte("two"))
			return err
		},
		"Lock": func(ctx context.Context) error { _, err := store.Lock(ctx, key, time.Minute); return err },
	} {
		returned := make(chan error, 1)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		go func() { returned <- call(ctx) }()
		select {
		case err := <-returned:
			require.ErrorIs(t, err, context.DeadlineExceeded, what)
		case <-time.After(5 * time.Second):
			require.Fail(t, "the call still waits for the driver", what)
		}
		cancel()
	}
}

func TestCallEndsWithCtxWhenThePoolIsUsedUp(t *testing.T) {
	onEach(t, func(t *testing.T, d *database) {
		db := d.ready(t).open(t)
		db.SetMaxOpenConns(1)
		store := d.storeIn(t, db)
		save(t, store, nil, "one")
		lock, err := store.Lock(t.Context(), key, time.Minute)
		require.NoError(t, err)
		taken, err := db.Conn(t.Context()) // the store keeps no connection, so this one is free
		require.NoError(t, err)

		requireEndsWithCtx(t, store, lock)

		require.NoError(t, taken.Close())
		requireRecord(t, store, "one")
		require.NoError(t, lock.Unlock(within(t, 10*time.Second)))
	})
}

// The server saves the record, and its answer is lost: that is an error, and not a lost race.
func TestCallWhoseAnswerIsLostIsAnError(t *testing.T) {
	onProxies(t, func(t *testing.T, d *database, p *proxy) {
		store := d.store(t, p.through(d))
		save(t, store, nil, "one")
		p.set(func(p *proxy) { p.lose = "UPDATE" })

		swapped, err := store.CompareAndSwap(within(t, 5*time.Second), key, []byte("one"), []byte("two"))

		require.Error(t, err)
		require.False(t, swapped)
		require.Eventually(t, func() bool {
			return d.number(t, `SELECT LENGTH(record) FROM {table} WHERE record = ?`, []byte("two")) == 3
		}, 5*time.Second, 10*time.Millisecond)
		requireRecord(t, store, "two") // with another connection
	})
}

func TestCallFailsWhenTheServerEnds(t *testing.T) {
	onServers(t, func(t *testing.T, d *database) {
		store, other := d.ready(t).store(t), d.store(t)
		save(t, store, nil, "one")
		lock, err := store.Lock(t.Context(), key, 1500*time.Millisecond)
		require.NoError(t, err)
		waiting := make(chan error, 1)
		go func() {
			_, err := other.Lock(t.Context(), key, time.Minute)
			waiting <- err
		}()
		time.Sleep(100 * time.Millisecond)

		d.kill()

		for range 2 {
			_, _, err = store.Load(within(t, 10*time.Second), key)
			require.Error(t, err)
			require.NotErrorIs(t, err, faceid.ErrNotFound)
			_, err = store.CompareAndSwap(within(t, 10*time.Second), key, []byte("one"), []byte("two"))
			require.Error(t, err)
		}
		require.Error(t, <-waiting)
		require.Eventually(t, func() bool { return lock.Left() <= 0 }, 3*time.Second, time.Millisecond)
		require.Error(t, lock.Unlock(within(t, 10*time.Second)))

		require.NoError(t, d.begin(d.engine)) // all that was saved is there
		requireRecord(t, store, "one")
		save(t, store, []byte("one"), "two")
		next, err := other.Lock(within(t, 10*time.Second), key, time.Minute)
		require.NoError(t, err, "the lease of the old lock is over")
		require.NoError(t, next.Unlock(t.Context()))
	})
}

func TestCallFailsWithAClosedDatabase(t *testing.T) {
	onEach(t, func(t *testing.T, d *database) {
		db := d.ready(t).open(t)
		store := d.storeIn(t, db)
		require.NoError(t, db.Close())

		_, _, err := store.Load(t.Context(), key)

		require.ErrorContains(t, err, `sqlstore: Load: "TIDA0001": sql: database is closed`)
		require.NotErrorIs(t, err, faceid.ErrNotFound)
	})
}

// The driver's error can be found, and its text says what is wrong.
func TestErrorIsTheDriversOwn(t *testing.T) {
	onEach(t, func(t *testing.T, d *database) {
		_, _, err := d.store(t).Load(t.Context(), key) // there is no table

		require.NotErrorIs(t, err, faceid.ErrNotFound)
		require.ErrorContains(t, err, table)
		switch d.driver {
		case "pgx":
			require.ErrorContains(t, err, "does not exist (SQLSTATE 42P01)")
			var refused *pgconn.PgError
			require.ErrorAs(t, err, &refused)
		case "mysql":
			var refused *mysql.MySQLError
			require.ErrorAs(t, err, &refused)
		}
	})
}

// foreignColumns are columns that hold no record.
var foreignColumns = []string{"bigint", "date", "varchar(3)", "text"}

func TestErrorDoesNotQuoteRecords(t *testing.T) {
	secrets := []string{"the-record", "the record", `the-record" 'x`, `x' the-record`, `5 the-record`}
	onEach(t, func(t *testing.T, d *database) {
		for _, column := range foreignColumns {
			for _, secret := range secrets {
				d.run(t, `DROP TABLE IF EXISTS {table}`)
				d.run(t, fmt.Sprintf(`CREATE TABLE {table} (name varchar(200), record %s, version varchar(100), saved varchar(100), owner %s, expires %s)`, column, column, column))
				if column == "text" {
					d.run(t, `INSERT INTO {table} (name, record, version, saved, expires) VALUES (?, ?, ?, ?, ?)`, key, secret, secret, secret, secret)
				}
				for _, mode := range []string{"", "default_query_exec_mode=simple_protocol"} {
					if mode != "" && d.driver != "pgx" {
						mode = "interpolateParams=true"
					}
					store := d.store(t, func(address string) string { return address + "&" + mode })
					_, _, errLoad := store.Load(within(t, 5*time.Second), key)
					_, errCreate := store.CompareAndSwap(within(t, 5*time.Second), key, nil, []byte(secret))
					_, errSwap := store.CompareAndSwap(within(t, 5*time.Second), key, []byte(secret), []byte(secret))
					for _, err := range []error{errLoad, errCreate, errSwap} {
						if err != nil {
							require.NotContains(t, err.Error(), "the-record")
							require.NotContains(t, err.Error(), "the record")
							require.NotContains(t, err.Error(), "0x74, 0x68")
						}
					}
				}
			}
		}
	})
}

// An error text is cut before the first quote of something that is not a name of ours.
func TestErrorKeepsTheNamesOfTheTable(t *testing.T) {
	db, err := sql.Open("sqlite", "file:unused")
	require.NoError(t, err)
	defer db.Close()
	store, err := sqlstore.New(db, sqlstore.MySQL, sqlstore.WithTable("shop.tokens"))
	require.NoError(t, err)
	for text, want := range map[string]string{
		`relation "tokens" does not exist (SQLSTATE 42P01)`:              `relation "tokens" does not exist (SQLSTATE 42P01)`,
		`Table 'shop.tokens' doesn't exist`:                              `Table 'shop.tokens' doesn …`,
		`Unknown column 'owner' in 'field list'`:                         `Unknown column 'owner' in …`,
		`Unknown column 'tokens.owner'`:                                  `Unknown column 'tokens.owner'`,
		`invalid input syntax for type bigint: "faceid 2 abc"`:           `invalid input syntax for type bigint …`,
		`Incorrect integer value: 'abc' for column`:                      `Incorrect integer value …`,
		`failed to encode args[0]: unable to encode []byte{0x74} into x`: `failed to encode args[0]: a value cannot be encoded …`,
		`near "ab`:             `near …`,
		`"tokens" and "secret`: `"tokens" and …`,
	} {
		require.Equal(t, want, sqlstore.Quoteless(store, text))
	}
}

// Another statement at the same time is no error of the database.
func TestCallIsMadeAgainAfterAConflict(t *testing.T) {
	onEach(t, func(t *testing.T, d *database) {
		change := with("default_transaction_isolation=serializable")
		if d.driver != "pgx" {
			change = with("")
		}
		store, gate := d.ready(t).store(t, change), d.open(t)
		save(t, store, nil, "one")
		tx, err := gate.Begin()
		require.NoError(t, err)
		_, err = tx.Exec(d.numbered(`UPDATE {table} SET expires = NULL`))
		require.NoError(t, err)
		time.AfterFunc(200*time.Millisecond, func() { _ = tx.Commit() })

		save(t, store, []byte("one"), "two")

		requireRecord(t, store, "two")
	})
}
