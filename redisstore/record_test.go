package redisstore_test

import (
	"context"
	"math"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
)

const (
	maxRecord = 1 << 20
	foreign   = "not saved by this package"
	day       = 24 * time.Hour
)

func TestCompareAndSwapRefusesALongRecord(t *testing.T) {
	onEach(t, func(t *testing.T, s *server) {
		store, most := s.store(t), strings.Repeat("r", maxRecord)

		_, err := store.CompareAndSwap(t.Context(), key, nil, []byte(most+"r"))
		require.ErrorContains(t, err, "a record of 1048577 bytes: more than 1048576")
		requireMissing(t, store)

		save(t, store, nil, most)
		requireRecord(t, store, most)
		_, err = store.CompareAndSwap(t.Context(), key, []byte(most), []byte(most+"r"))
		require.ErrorContains(t, err, "a record of 1048577 bytes: more than 1048576")
		requireRecord(t, store, most)
	})
}

func TestLoadTransfersNothingLong(t *testing.T) {
	onEach(t, func(t *testing.T, s *server) {
		for field, length := range map[string]int{"record": 8 << 20, "seconds": 2 << 20, "micros": 65, "request": 65} {
			plant(t, s, field, strings.Repeat("0", length))
			var came atomic.Int64
			store := s.store(t, weighing(&came))

			_, _, errLoad := store.Load(t.Context(), key)
			created, errCreate := store.CompareAndSwap(t.Context(), key, nil, []byte("new"))
			swapped, errSwap := store.CompareAndSwap(t.Context(), key, []byte("one"), []byte("new"))

			require.False(t, created || swapped, field)
			for _, err := range []error{errLoad, errCreate, errSwap} {
				require.ErrorContains(t, err, foreign, field)
				require.ErrorContains(t, err, field)
				require.ErrorContains(t, err, strconv.Itoa(length)+" bytes")
				require.NotErrorIs(t, err, faceid.ErrNotFound)
			}
			require.Less(t, came.Load(), int64(16<<10), field)
			is, err := s.client(t).HStrLen(t.Context(), s.prefix+"{TIDA0001}:record", field).Result()
			require.NoError(t, err)
			require.EqualValues(t, length, is, "the field stays as it was")
		}
	})
}

func TestLoadTakesARecordOfTheGreatestLength(t *testing.T) {
	onEach(t, func(t *testing.T, s *server) {
		plant(t, s, "record", strings.Repeat("r", maxRecord), "request", strings.Repeat("R", 64))
		requireRecord(t, s.store(t), strings.Repeat("r", maxRecord))

		plant(t, s, "record", strings.Repeat("r", maxRecord+1))
		_, _, err := s.store(t).Load(t.Context(), key)
		require.ErrorContains(t, err, foreign)
	})
}

func TestLoadTakesDigitsAsATime(t *testing.T) {
	onEach(t, func(t *testing.T, s *server) {
		store := s.store(t)
		for _, seconds := range []string{"", "-5", "+5", " 5", "5.0", "1e9", "0x5", "now", "253402300800", strconv.Itoa(math.MaxInt64), strings.Repeat("9", 64)} {
			plant(t, s, "seconds", seconds)
			_, _, err := store.Load(t.Context(), key)
			require.ErrorContains(t, err, foreign, "seconds %q", seconds)
		}
		for _, micros := range []string{"", "-5", "+5", "1000000", strconv.Itoa(math.MaxInt64), "5s"} {
			plant(t, s, "micros", micros)
			_, _, err := store.Load(t.Context(), key)
			require.ErrorContains(t, err, foreign, "micros %q", micros)
		}
	})
}

func TestLoadReturnsTheAge(t *testing.T) {
	onEach(t, func(t *testing.T, s *server) {
		store := s.store(t)
		for ahead, want := range map[time.Duration]time.Duration{
			time.Hour: 30 * day, 50 * 365 * day: 30 * day,
			-time.Hour: time.Hour, -29 * day: 29 * day, -31 * day: 31 * day, -40 * 365 * day: 40 * 365 * day,
		} {
			plant(t, s, "seconds", time.Now().Add(ahead).Unix())
			_, age, err := store.Load(t.Context(), key)
			require.NoError(t, err)
			require.InDelta(t, want, age, float64(20*time.Second), "saved %v ahead", ahead)
		}
		plant(t, s, "seconds", "253402300799", "micros", "999999") // the last second of the year 9999
		_, age, err := store.Load(t.Context(), key)
		require.NoError(t, err)
		require.Equal(t, 30*day, age)
	})
}

// A caller can add to the longest age without an overflow.
func TestLoadBoundsTheAge(t *testing.T) {
	t.Parallel()
	mr := mini(t)
	s := &server{addr: mr.Addr(), prefix: "faceid:"}
	plant(t, s, "seconds", 0)
	for _, year := range []int{2071, 2200, 2261} {
		mr.SetTime(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC))

		_, age, err := s.store(t).Load(t.Context(), key)

		require.NoError(t, err)
		require.Equal(t, 100*365*day, age)
	}
}

func TestLoadMeasuresTheAgeOnTheServersClock(t *testing.T) {
	t.Parallel()
	mr := mini(t)
	mr.ClockTTL(false)
	start := time.Now().Add(-24 * time.Hour) // the server's clock is a day late
	mr.SetTime(start)
	store := (&server{addr: mr.Addr(), prefix: "faceid:"}).store(t)
	save(t, store, nil, "one")
	for _, passed := range []time.Duration{0, time.Microsecond, time.Second - time.Microsecond, time.Second, 90 * time.Minute} {
		mr.SetTime(start.Add(passed))

		_, age, err := store.Load(t.Context(), key)

		require.NoError(t, err)
		require.Equal(t, passed, age)
	}
}

// A save up to a second in the future is the clock of another server. After a save further
// in the future the age is unknown, and the record counts as older than any token lives.
func TestLoadOfARecordFromTheFutureIsOld(t *testing.T) {
	t.Parallel()
	mr := mini(t)
	mr.ClockTTL(false)
	start := time.Now()
	mr.SetTime(start)
	store := (&server{addr: mr.Addr(), prefix: "faceid:"}).store(t)
	save(t, store, nil, "one")
	for back, want := range map[time.Duration]time.Duration{
		time.Microsecond: 0, time.Second: 0, time.Second + time.Microsecond: 30 * 24 * time.Hour, 90 * time.Minute: 30 * 24 * time.Hour,
		24 * time.Hour: 30 * 24 * time.Hour, 50 * 365 * 24 * time.Hour: 30 * 24 * time.Hour,
	} {
		mr.SetTime(start.Add(-back))

		_, age, err := store.Load(t.Context(), key)

		require.NoError(t, err)
		require.Equal(t, want, age, "set back by %v", back)
	}
}

func TestLoadRefusesAnythingStrange(t *testing.T) {
	strange := map[string]func(ctx context.Context, c *redis.Client, name string) error{
		"text": func(ctx context.Context, c *redis.Client, name string) error {
			return c.Set(ctx, name, "record-bytes", 0).Err()
		},
		"list": func(ctx context.Context, c *redis.Client, name string) error {
			return c.RPush(ctx, name, "record-bytes").Err()
		},
		"another's hash": func(ctx context.Context, c *redis.Client, name string) error {
			return c.HSet(ctx, name, "a", "record-bytes").Err()
		},
		"half a record": func(ctx context.Context, c *redis.Client, name string) error {
			return c.HSet(ctx, name, "record", "record-bytes").Err()
		},
		"no time": func(ctx context.Context, c *redis.Client, name string) error {
			return c.HSet(ctx, name, "record", "record-bytes", "seconds", "now", "micros", "record-bytes").Err()
		},
	}
	onEach(t, func(t *testing.T, s *server) {
		for what, put := range strange {
			admin, store, ctx := s.client(t), s.store(t), within(t, 10*time.Second)
			record, lock := s.prefix+"{TIDA0001}:record", s.prefix+"{TIDA0001}:lock"
			require.NoError(t, admin.Del(ctx, record, lock).Err())
			require.NoError(t, put(ctx, admin, record))
			require.NoError(t, put(ctx, admin, lock))

			_, _, errLoad := store.Load(ctx, key)
			created, errCreate := store.CompareAndSwap(ctx, key, nil, []byte("new"))
			swapped, errSwap := store.CompareAndSwap(ctx, key, []byte("record-bytes"), []byte("new"))
			_, errLock := store.Lock(ctx, key, time.Minute)

			require.False(t, created || swapped)
			for _, err := range []error{errLoad, errCreate, errSwap, errLock} {
				require.Error(t, err, what)
				require.NotErrorIs(t, err, faceid.ErrNotFound, what)
				require.NotErrorIs(t, err, context.DeadlineExceeded, what)
				require.NotContains(t, err.Error(), "record-bytes")
				require.Contains(t, err.Error(), s.prefix+"{TIDA0001}:")
			}
		}
	})
}

func TestStoreForgetsGarbageAfterAWhile(t *testing.T) {
	onEach(t, func(t *testing.T, s *server) {
		store, admin := s.store(t), s.client(t)
		save(t, store, nil, "one")
		lock, err := store.Lock(t.Context(), key, time.Minute)
		require.NoError(t, err)
		defer lock.Unlock(t.Context())
		recordName, lockName := s.prefix+"{TIDA0001}:record", s.prefix+"{TIDA0001}:lock"

		record, err := admin.PTTL(t.Context(), recordName).Result()
		require.NoError(t, err)
		held, err := admin.PTTL(t.Context(), lockName).Result()
		require.NoError(t, err)

		require.InDelta(t, 8*24*time.Hour, record, float64(time.Minute))
		require.InDelta(t, time.Minute, held, float64(5*time.Second))
	})
}
