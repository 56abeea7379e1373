package sqlstore_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/sqlstore"
)

func TestCompareAndSwapRefusesALongRecord(t *testing.T) {
	onEach(t, func(t *testing.T, d *database) {
		store, most := d.ready(t).store(t), strings.Repeat("r", maxRecord)

		_, err := store.CompareAndSwap(t.Context(), key, nil, []byte(most+"r"))
		require.ErrorContains(t, err, "a record of 1048577 bytes: more than 1048576")
		requireMissing(t, store)

		save(t, store, nil, most)
		requireRecord(t, store, most)
		_, err = store.CompareAndSwap(t.Context(), key, []byte(most), []byte(most+"r"))
		require.ErrorContains(t, err, "a record of 1048577 bytes: more than 1048576")
		save(t, store, []byte(most), strings.Repeat("R", maxRecord))
		requireRecord(t, store, strings.Repeat("R", maxRecord))
	})
}

func TestLoadRefusesALongRecord(t *testing.T) {
	onEach(t, func(t *testing.T, d *database) {
		store := d.ready(t).store(t)
		d.plant(t, strings.Repeat("r", maxRecord), 0)
		requireRecord(t, store, strings.Repeat("r", maxRecord))
		d.plant(t, strings.Repeat("r", maxRecord+1), 0)

		_, _, errLoad := store.Load(t.Context(), key)
		created, errCreate := store.CompareAndSwap(t.Context(), key, nil, []byte("new"))
		swapped, errSwap := store.CompareAndSwap(t.Context(), key, []byte("one"), []byte("new"))

		require.False(t, created || swapped)
		for _, err := range []error{errLoad, errCreate, errSwap} {
			require.ErrorContains(t, err, foreign)
			require.ErrorContains(t, err, "its record has 1048577 bytes, more than 1048576")
			require.NotErrorIs(t, err, faceid.ErrNotFound)
		}
		require.EqualValues(t, maxRecord+1, d.number(t, `SELECT LENGTH(record) FROM {table}`), "the record stays as it was")
	})
}

func TestLoadTransfersNothingLong(t *testing.T) {
	onProxies(t, func(t *testing.T, d *database, p *proxy) {
		d.plant(t, strings.Repeat("r", 8<<20), 0)
		store := d.store(t, p.through(d))

		_, _, err := store.Load(t.Context(), key)
		require.ErrorContains(t, err, "its record has 8388608 bytes")
		_, err = store.CompareAndSwap(t.Context(), key, nil, []byte("new"))
		require.Error(t, err)

		require.Positive(t, p.came.Load())
		require.Less(t, p.came.Load(), int64(16<<10))
	})
}

func TestLoadReturnsTheAge(t *testing.T) {
	onEach(t, func(t *testing.T, d *database) {
		store := d.ready(t).store(t)
		for ahead, want := range map[time.Duration]time.Duration{
			time.Hour: 30 * day, 50 * 365 * day: 30 * day, 20 * time.Second: 30 * day,
			-time.Hour: time.Hour, -29 * day: 29 * day, -31 * day: 31 * day, -40 * 365 * day: 40 * 365 * day,
		} {
			d.plant(t, "one", ahead)
			_, age, err := store.Load(t.Context(), key)
			require.NoError(t, err)
			require.InDelta(t, want, age, float64(10*time.Second), "saved %v ahead", ahead)
			require.GreaterOrEqual(t, age, want)
		}
		for _, saved := range []int64{-1, math.MinInt64, 253402300800_000000, math.MaxInt64} {
			d.run(t, `UPDATE {table} SET saved = ?`, saved)
			_, _, err := store.Load(t.Context(), key)
			require.ErrorContains(t, err, foreign)
			require.ErrorContains(t, err, "its time is not between 1970 and 9999")
		}
	})
}

// The first and the last microsecond that there are, and ages beyond a hundred years.
func TestRecordAgeIsBounded(t *testing.T) {
	now := time.Now()
	for saved, want := range map[time.Time]time.Duration{
		now:                                     0,
		now.Add(time.Microsecond):               0,
		now.Add(time.Second):                    0,
		now.Add(time.Second + 1):                30 * day,
		now.Add(-time.Microsecond):              time.Microsecond,
		now.Add(-99 * 365 * day):                99 * 365 * day,
		now.Add(-101 * 365 * day):               100 * 365 * day,
		time.UnixMicro(253402300800_000000 - 1): 30 * day,
	} {
		require.Equal(t, want, sqlstore.RecordAge(saved, now))
	}
	require.Equal(t, 100*365*day, sqlstore.RecordAge(time.UnixMicro(0), time.UnixMicro(253402300800_000000-1)))
}

// Sessions in other time zones see the same age.
func TestLoadReturnsTheAgeInAnyTimeZone(t *testing.T) {
	zones := map[string][]string{
		"Postgres": {"TimeZone=Asia/Shanghai", "TimeZone=America/Lima"},
		"MariaDB":  {"time_zone=%27%2B08%3A00%27", "time_zone=%27-05%3A00%27"},
	}
	onEach(t, func(t *testing.T, d *database) {
		d.ready(t)
		if d.server == nil {
			t.Skip("SQLite has no sessions")
		}
		east, west := d.store(t, with(zones[d.engine.name][0])), d.store(t, with(zones[d.engine.name][1]))
		save(t, east, nil, "one")
		_, age, err := west.Load(t.Context(), key)
		require.NoError(t, err)
		require.Less(t, age, 10*time.Second)
		require.InDelta(t, time.Now().UnixMicro(), d.number(t, `SELECT saved FROM {table}`), 10e6, "microseconds since 1970")
	})
}

// Keys are bytes: no collation makes one of two.
func TestLoadTellsKeysApart(t *testing.T) {
	onEach(t, func(t *testing.T, d *database) {
		store := d.ready(t).store(t)
		keys := []string{
			"", "a", "A", "a ", "a  ", " a", "a\x00", "a\x00\x00", "\x00", "ä", "Ä", "a\u0308", "\xff", "\xff\xfe", "%", "_", `a\`, "a'", `a"`,
			strings.Repeat("k", 200), strings.Repeat("k", 199) + "\xff",
		}
		for i, k := range keys {
			created, err := store.CompareAndSwap(t.Context(), k, nil, []byte(fmt.Sprint(i)))
			require.NoError(t, err, "%q", k)
			require.True(t, created, "%q", k)
		}
		for i, k := range keys {
			record, _, err := store.Load(t.Context(), k)
			require.NoError(t, err, "%q", k)
			require.Equal(t, fmt.Sprint(i), string(record), "%q", k)
		}
		long := strings.Repeat("k", 201)
		_, _, errLoad := store.Load(t.Context(), long)
		_, errSwap := store.CompareAndSwap(t.Context(), long, nil, []byte("one"))
		_, errLock := store.Lock(t.Context(), long, time.Minute)
		for _, err := range []error{errLoad, errSwap, errLock} {
			require.ErrorContains(t, err, "a key of 201 bytes: more than 200")
			require.NotErrorIs(t, err, faceid.ErrNotFound)
		}
	})
}

func TestCompareAndSwapCountsVersions(t *testing.T) {
	onEach(t, func(t *testing.T, d *database) {
		store := d.ready(t).store(t)
		save(t, store, nil, "one")
		version := d.number(t, `SELECT version FROM {table}`)
		save(t, store, []byte("one"), "one") // the bytes stay, and the row has changed all the same
		require.Equal(t, version+1, d.number(t, `SELECT version FROM {table}`))
		swapped, err := store.CompareAndSwap(t.Context(), key, []byte("two"), []byte("three"))
		require.NoError(t, err)
		require.False(t, swapped)
		require.Equal(t, version+1, d.number(t, `SELECT version FROM {table}`))
	})
}

// A row that only a lock has made is no record.
func TestLoadOfALockedKeyFindsNothing(t *testing.T) {
	onEach(t, func(t *testing.T, d *database) {
		store := d.ready(t).store(t)
		lock, err := store.Lock(t.Context(), key, time.Minute)
		require.NoError(t, err)
		defer lock.Unlock(t.Context())

		requireMissing(t, store)
		swapped, err := store.CompareAndSwap(t.Context(), key, []byte{}, []byte("one"))
		require.NoError(t, err)
		require.False(t, swapped)
		save(t, store, nil, "")
		requireRecord(t, store, "")
		swapped, err = store.CompareAndSwap(t.Context(), key, nil, []byte("one"))
		require.NoError(t, err)
		require.False(t, swapped)
		require.Positive(t, lock.Left())
		require.EqualValues(t, 1, d.number(t, `SELECT COUNT(*) FROM {table} WHERE owner IS NOT NULL`))
	})
}

// A new key removes the rows that nobody has saved for 8 days, and no other ones.
func TestCompareAndSwapRemovesOldRows(t *testing.T) {
	onEach(t, func(t *testing.T, d *database) {
		store := d.ready(t).store(t)
		put := func(name string, record any, age time.Duration, expires any) {
			d.run(t, `INSERT INTO {table} (name, record, version, saved, owner, expires) VALUES (?, ?, 1, {now} - ?, ?, {now} + ?)`,
				[]byte(name), record, age.Microseconds(), []byte("token"), expires)
		}
		minute := time.Minute.Microseconds()
		put("old", []byte("one"), 8*day+time.Minute, -minute)
		put("old, without a record", nil, 8*day+time.Minute, -minute)
		put("old, with a lock for ever", []byte("one"), 8*day+time.Minute, nil)
		put("old, and locked", []byte("one"), 8*day+time.Minute, minute)
		put("young", []byte("one"), 8*day-time.Minute, -minute)
		put("of the future", []byte("one"), -9*day, -minute)

		save(t, store, nil, "one")

		for name, want := range map[string]int64{"old": 0, "old, without a record": 0, "old, with a lock for ever": 0, "old, and locked": 1, "young": 1, "of the future": 1, key: 1} {
			require.Equal(t, want, d.number(t, `SELECT COUNT(*) FROM {table} WHERE name = ?`, []byte(name)), name)
		}
		requireRecord(t, store, "one")
	})
}

// The clocks of the databases are set here by what their sessions can pretend.
func TestLoadMeasuresTheAgeOnTheDatabasesClock(t *testing.T) {
	const start = 1_000_000_000 // in the year 2001
	onEach(t, func(t *testing.T, d *database) {
		var at func(seconds int) func(string) string
		switch d.ready(t).driver {
		case "pgx":
			for _, n := range []int{0, 1, 5400} {
				d.run(t, fmt.Sprintf(`CREATE SCHEMA at%d`, n))
				d.run(t, fmt.Sprintf(`CREATE FUNCTION at%d.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT to_timestamp(%d)'`, n, start+n))
			}
			at = func(n int) func(string) string { return with(fmt.Sprintf("search_path=at%d,pg_catalog,public", n)) }
		case "mysql":
			at = func(n int) func(string) string { return with(fmt.Sprintf("timestamp=%d", start+n)) }
		default:
			t.Skip("SQLite has the clock of the machine")
		}
		save(t, d.store(t, at(0)), nil, "one")
		require.EqualValues(t, start*1_000_000, d.number(t, `SELECT saved FROM {table}`))
		for _, n := range []int{0, 1, 5400} {
			_, age, err := d.store(t, at(n)).Load(t.Context(), key)
			require.NoError(t, err)
			require.Equal(t, time.Duration(n)*time.Second, age)
		}

		lock, err := d.store(t, at(0)).Lock(t.Context(), key, time.Minute)
		require.NoError(t, err)
		defer lock.Unlock(t.Context())
		require.EqualValues(t, (start+60)*1_000_000, d.number(t, `SELECT expires FROM {table}`))
		_, err = d.store(t, at(1)).Lock(within(t, 100*time.Millisecond), key, time.Minute)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		next, err := d.store(t, at(5400)).Lock(within(t, 5*time.Second), key, time.Minute)
		require.NoError(t, err)
		defer next.Unlock(t.Context())
	})
}

// Columns of text compare without regard to case. A merchant may have made them so.
func TestStoreOfATableOfTextMixesNothingUp(t *testing.T) {
	t.Parallel()
	d := engines[1].database(t)
	d.run(t, `CREATE TABLE {table} (name varchar(200) PRIMARY KEY, record text, version bigint, saved bigint, owner text, expires bigint) CHARACTER SET utf8mb4`)
	store := d.store(t)
	created, err := store.CompareAndSwap(t.Context(), "a", nil, []byte("one"))
	require.NoError(t, err)
	require.True(t, created)

	for _, other := range []string{"A", "a "} {
		_, _, err = store.Load(t.Context(), other)
		require.ErrorIs(t, err, faceid.ErrNotFound)
		_, err = store.CompareAndSwap(t.Context(), other, nil, []byte("two"))
		require.ErrorContains(t, err, "the row of the key cannot be made")
	}
	for _, old := range []string{"ONE", "one "} {
		swapped, err := store.CompareAndSwap(t.Context(), "a", []byte(old), []byte("two"))
		require.NoError(t, err)
		require.False(t, swapped)
	}
	record, _, err := store.Load(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, "one", string(record))
}
