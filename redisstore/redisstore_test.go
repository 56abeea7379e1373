package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/faceid-go/faceid/redisstore"
)

const key = "TIDA0001"

func TestTheStoreKeepsEveryPromise(t *testing.T) {
	onEach(t, func(t *testing.T, s *server) {
		faceidtest.TestStore(t, func() faceid.Store { return s.store(t) },
			faceidtest.StoreRenews(redisstore.MaxLeases),
			faceidtest.StoreBroken(func() faceid.Store { // nobody listens there
				return (&server{addr: "127.0.0.1:1", prefix: s.prefix}).store(t, impatient)
			}))
	})
}

func TestAnEndedServerIsBroken(t *testing.T) {
	t.Parallel()
	s := ownServer(t)

	faceidtest.TestStore(t, func() faceid.Store { return s.store(t, impatient) },
		faceidtest.StoreRenews(redisstore.MaxLeases),
		faceidtest.StoreBroken(func() faceid.Store {
			store := s.store(t, impatient)
			save(t, store, nil, "one")
			s.stop()
			return store
		}))
}

// One server that is a cluster, and a user who may do what README.md says.
func TestACluster(t *testing.T) {
	t.Parallel()
	s := cluster(t)
	admit(t, s, "ACL SETUSER faceid ", "in a cluster also ")

	faceidtest.TestStore(t, func() faceid.Store {
		client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{s.addr}, Username: "faceid", Password: "secret"})
		t.Cleanup(func() { client.Close() })
		store, err := redisstore.New(client)
		require.NoError(t, err)
		return store
	}, faceidtest.StoreRenews(redisstore.MaxLeases))
}

func TestTheRightsInTheReadmeAreEnough(t *testing.T) {
	t.Parallel()
	s := ownServer(t)
	admit(t, s, "ACL SETUSER faceid ")
	asUser := func(o *redis.Options) { o.Username, o.Password = "faceid", "secret" }

	faceidtest.TestStore(t, func() faceid.Store { return s.store(t, asUser) }, faceidtest.StoreRenews(redisstore.MaxLeases))

	require.ErrorContains(t, s.client(t, asUser).Get(t.Context(), "another").Err(), "NOPERM")
}

func TestRecordAndLockShareASlot(t *testing.T) {
	t.Parallel()
	s := cluster(t)
	admin, store := s.client(t), s.store(t)
	seen := map[string]bool{}
	for _, key := range []string{key, "TIDA0001@kyc.example:8443", "{a}b", "}x", "a}b{", "{}", "%", "%7B", "{", "", "汉字"} {
		record, lock := store.Name(key, "record"), store.Name(key, "lock")

		recordSlot, err := admin.ClusterKeySlot(t.Context(), record).Result()
		require.NoError(t, err)
		lockSlot, err := admin.ClusterKeySlot(t.Context(), lock).Result()
		require.NoError(t, err)

		require.Equal(t, recordSlot, lockSlot, record)
		require.False(t, seen[record] || seen[lock] || record == lock, record)
		seen[record], seen[lock] = true, true
	}
}

func TestPrefixesDoNotMeet(t *testing.T) {
	onEach(t, func(t *testing.T, s *server) {
		one := s.store(t)
		other, err := redisstore.New(s.client(t), redisstore.WithPrefix(s.prefix+"b:"))
		require.NoError(t, err)
		save(t, one, nil, "one")
		lock, err := one.Lock(within(t, time.Second), key, time.Minute)
		require.NoError(t, err)
		defer lock.Unlock(t.Context())

		save(t, other, nil, "other")
		second, err := other.Lock(within(t, time.Second), key, time.Minute)

		require.NoError(t, err)
		require.NoError(t, second.Unlock(t.Context()))
		requireRecord(t, one, "one")
		requireRecord(t, other, "other")
	})
}

func TestOptionsCheckThemselves(t *testing.T) {
	client := redis.NewClient(&redis.Options{})
	defer client.Close()
	for _, prefix := range []string{"", "a b", "a{", "a}", "a\n", "ä", strings.Repeat("a", 101)} {
		_, err := redisstore.New(client, redisstore.WithPrefix(prefix))
		require.ErrorContains(t, err, "redisstore: WithPrefix: ", "%q", prefix)
	}
	_, err := redisstore.New(client, redisstore.WithPrefix("faceid-9:test/"))
	require.NoError(t, err)

	ring := redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"a": "127.0.0.1:1"}})
	defer ring.Close()
	for name, client := range map[string]redis.UniversalClient{
		"nothing": nil, "a nil client": (*redis.Client)(nil), "a nil cluster": (*redis.ClusterClient)(nil), "a ring": ring,
	} {
		_, err := redisstore.New(client)
		require.ErrorContains(t, err, "redisstore: New: ", name)
	}
}

func TestSomethingStrangeUnderOurKeysIsAnError(t *testing.T) {
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

func TestAServerThatEndsInTheMiddleIsNotEmpty(t *testing.T) {
	t.Parallel()
	s := ownServer(t)
	store, other := s.store(t), s.store(t)
	save(t, store, nil, "one")
	lock, err := store.Lock(t.Context(), key, 900*time.Millisecond)
	require.NoError(t, err)
	waiting := make(chan error, 1)
	go func() {
		_, err := other.Lock(t.Context(), key, time.Minute)
		waiting <- err
	}()
	time.Sleep(50 * time.Millisecond)

	s.stop()

	_, _, err = store.Load(t.Context(), key)
	require.Error(t, err)
	require.NotErrorIs(t, err, faceid.ErrNotFound)
	var network *net.OpError
	require.ErrorAs(t, err, &network, "the client's error stays readable")
	_, err = store.CompareAndSwap(t.Context(), key, []byte("one"), []byte("two"))
	require.Error(t, err)
	require.Error(t, <-waiting)
	require.Eventually(t, func() bool { return lock.Left() <= 0 }, 2*time.Second, time.Millisecond)
	require.Error(t, lock.Unlock(t.Context()))
}

func TestAnAnswerOfTheServerThatIsAnError(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"LOADING Redis is loading", "OOM command not allowed", "READONLY You can't write against a read only replica."} {
		mr := mini(t)
		store := (&server{addr: mr.Addr(), prefix: "faceid:"}).store(t, func(o *redis.Options) { o.MaxRetries = -1 })
		save(t, store, nil, "one")
		mr.SetError(answer)

		_, _, err := store.Load(t.Context(), key)

		require.ErrorContains(t, err, answer)
		require.NotErrorIs(t, err, faceid.ErrNotFound)
		var refused redis.Error
		require.ErrorAs(t, err, &refused)
		_, err = store.CompareAndSwap(t.Context(), key, nil, []byte("two"))
		require.ErrorContains(t, err, answer)
		_, err = store.Lock(t.Context(), key, time.Minute)
		require.ErrorContains(t, err, answer)
	}
}

func TestAFlushedServerIsEmpty(t *testing.T) {
	t.Parallel()
	s := ownServer(t)
	store := s.store(t)
	save(t, store, nil, "one")
	lock, err := store.Lock(t.Context(), key, 600*time.Millisecond)
	require.NoError(t, err)

	require.NoError(t, s.client(t).FlushAll(t.Context()).Err())

	_, _, err = store.Load(t.Context(), key)
	require.ErrorIs(t, err, faceid.ErrNotFound)
	save(t, store, nil, "two")
	require.Eventually(t, func() bool { return lock.Left() <= 0 }, 400*time.Millisecond, time.Millisecond, "the renewal notices")
}

func TestForgottenScriptsAreSentAgain(t *testing.T) {
	t.Parallel()
	s := ownServer(t)
	store, admin := s.store(t), s.client(t)
	forget := func() { require.NoError(t, admin.ScriptFlush(t.Context()).Err()) }

	save(t, store, nil, "one")
	forget()
	requireRecord(t, store, "one")
	forget()
	save(t, store, []byte("one"), "two")
	forget()
	lock, err := store.Lock(t.Context(), key, 300*time.Millisecond)
	require.NoError(t, err)
	forget()
	time.Sleep(500 * time.Millisecond) // a renewal
	require.Positive(t, lock.Left())
	forget()
	require.NoError(t, lock.Unlock(t.Context()))
	again, err := store.Lock(within(t, time.Second), key, time.Second)
	require.NoError(t, err)
	require.NoError(t, again.Unlock(t.Context()))
}

func TestEveryWaitEndsWithCtxWhenTheServerHangs(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*redis.Options){
		"the client's defaults":         func(o *redis.Options) {},
		"the client watches a deadline": func(o *redis.Options) { o.ContextTimeoutEnabled = true },
		"one connection":                func(o *redis.Options) { o.PoolSize = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := ownServer(t)
			store := s.store(t, change)
			save(t, store, nil, "one")
			lock, err := store.Lock(t.Context(), key, time.Minute)
			require.NoError(t, err)
			goOn := s.hang(t)

			for what, call := range map[string]func(context.Context) error{
				"Load":           func(ctx context.Context) error { _, _, err := store.Load(ctx, key); return err },
				"CompareAndSwap": func(ctx context.Context) error { _, err := store.CompareAndSwap(ctx, key, nil, nil); return err },
				"Lock":           func(ctx context.Context) error { _, err := store.Lock(ctx, key, time.Minute); return err },
				"Unlock":         lock.Unlock,
			} {
				begin := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
				require.ErrorIs(t, call(ctx), context.DeadlineExceeded, what)
				cancel()
				ctx, cancel = context.WithCancel(t.Context())
				time.AfterFunc(50*time.Millisecond, cancel)
				require.ErrorIs(t, call(ctx), context.Canceled, what)
				require.Less(t, time.Since(begin), 500*time.Millisecond, what)
			}

			goOn()
			requireRecord(t, store, "one")
			require.NoError(t, lock.Unlock(t.Context()), "an Unlock that failed may be repeated")
		})
	}
}

// A request is on its way for long, and its sender does not wait for the answer.
func TestALockThatNobodyHeardOfIsGivenBack(t *testing.T) {
	t.Parallel()
	s := ownServer(t)
	warm := s.store(t)
	warmUp(t, warm)
	store := s.store(t, late(300*time.Millisecond))

	_, err := store.Lock(within(t, 50*time.Millisecond), key, time.Minute)
	require.ErrorIs(t, err, context.DeadlineExceeded)

	time.Sleep(400 * time.Millisecond)
	lock, err := warm.Lock(within(t, 3*time.Second), key, time.Minute)
	require.NoError(t, err)
	require.NoError(t, lock.Unlock(t.Context()))
}

// The client sends again what was not answered. Here the first answer is lost
// on the way.
func TestALostAnswerIsNotALostRace(t *testing.T) {
	t.Parallel()
	s := ownServer(t)
	warm := s.store(t)
	warmUp(t, warm)

	save(t, s.store(t, lossy), nil, "one") // would find "one" there and say that another was faster
	requireRecord(t, warm, "one")

	begin := time.Now()
	lock, err := s.store(t, lossy).Lock(within(t, 5*time.Second), key, time.Minute) // would wait for itself
	require.NoError(t, err)
	require.Less(t, time.Since(begin), 3*time.Second)
	require.NoError(t, lock.Unlock(t.Context()))
}

func TestTheAgeIsTheServers(t *testing.T) {
	t.Parallel()
	mr := mini(t)
	mr.ClockTTL(false)
	start := time.Now().Add(-24 * time.Hour) // its clock is a day late
	mr.SetTime(start)
	store := (&server{addr: mr.Addr(), prefix: "faceid:"}).store(t)
	save(t, store, nil, "one")
	for _, passed := range []time.Duration{0, time.Microsecond, time.Second - time.Microsecond, time.Second, 90 * time.Minute} {
		mr.SetTime(start.Add(passed))

		_, age, err := store.Load(t.Context(), key)

		require.NoError(t, err)
		require.Equal(t, passed, age)
	}
	mr.SetTime(start.Add(-time.Hour))
	_, age, err := store.Load(t.Context(), key)
	require.NoError(t, err)
	require.Zero(t, age, "its clock was set back")
}

func TestGarbageIsForgottenAfterAWhile(t *testing.T) {
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

func TestNothingIsPrinted(t *testing.T) {
	mr := mini(t)
	client := redis.NewClient(&redis.Options{Addr: mr.Addr(), Password: "canary"})
	defer client.Close()
	secret, err := redisstore.New(client, redisstore.WithPrefix("canary:"))
	require.NoError(t, err)
	lock, err := (&server{addr: mr.Addr(), prefix: "canary:"}).store(t).Lock(t.Context(), "canary", time.Minute)
	require.NoError(t, err)
	defer lock.Unlock(t.Context())
	for _, v := range []any{secret, lock, struct{ S any }{secret}, []any{lock}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			require.NotContains(t, fmt.Sprintf(verb, v), "canary")
			require.NotContains(t, fmt.Sprintf(verb, v), fmt.Sprintf("%x", "canary"))
		}
	}
}

// A server without scripts quotes the arguments of the request, a client that
// cannot read an answer quotes the answer.
func TestErrorsDoNotQuoteRecords(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{
		"-ERR unknown command 'evalsha', with args beginning with: '5e' '1' 'the-record' \r\n",
		"!the-record\r\n", "the-record\r\n", "$the-record\r\n", "*the-record\r\n", ":the-record\r\n", "+the-record\r\n", "*1\r\n$10\r\nthe-record\r\n",
	} {
		store := (&server{addr: parrot(t, answer), prefix: "faceid:"}).store(t, func(o *redis.Options) {
			o.MaxRetries, o.Protocol = -1, 2
		})
		_, _, errLoad := store.Load(within(t, 5*time.Second), key)
		_, errSwap := store.CompareAndSwap(within(t, 5*time.Second), key, []byte("the-record"), []byte("the-record"))
		_, errLock := store.Lock(within(t, 5*time.Second), key, time.Second)
		for _, err := range []error{errLoad, errSwap, errLock} {
			require.Error(t, err, answer)
			require.NotErrorIs(t, err, faceid.ErrNotFound)
			require.NotContains(t, err.Error(), "the-record")
		}
	}
}

func TestAClosedClientIsBroken(t *testing.T) {
	t.Parallel()
	client := redis.NewClient(&redis.Options{Addr: mini(t).Addr()})
	store, err := redisstore.New(client)
	require.NoError(t, err)
	require.NoError(t, client.Close())

	_, _, err = store.Load(t.Context(), key)

	require.ErrorIs(t, err, redis.ErrClosed)
	require.False(t, errors.Is(err, faceid.ErrNotFound))
}
