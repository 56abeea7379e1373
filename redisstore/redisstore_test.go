package redisstore_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/faceid-go/faceid/redisstore"
)

func TestStoreKeepsEveryPromise(t *testing.T) {
	onEach(t, func(t *testing.T, s *server) {
		faceidtest.TestStore(t, func() faceid.Store { return s.store(t) },
			faceidtest.StoreRenews(redisstore.MaxLeases),
			faceidtest.StoreBroken(func() faceid.Store { // no server listens on this port
				return (&server{addr: "127.0.0.1:1", prefix: s.prefix}).store(t, impatient)
			}))
	})
}

func TestStoreOfAnEndedServerIsBroken(t *testing.T) {
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

// The store works in a cluster of one server, with a user who has the rights in README.md.
func TestStoreInACluster(t *testing.T) {
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

func TestStoreNeedsOnlyTheRightsInTheReadme(t *testing.T) {
	t.Parallel()
	s := ownServer(t)
	admit(t, s, "ACL SETUSER faceid ")
	asUser := func(o *redis.Options) { o.Username, o.Password = "faceid", "secret" }

	faceidtest.TestStore(t, func() faceid.Store { return s.store(t, asUser) }, faceidtest.StoreRenews(redisstore.MaxLeases))

	require.ErrorContains(t, s.client(t, asUser).Get(t.Context(), "another").Err(), "NOPERM")
}

func TestStoreKeepsRecordAndLockInOneSlot(t *testing.T) {
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

func TestWithPrefixKeepsStoresApart(t *testing.T) {
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

func TestNewValidatesItsArguments(t *testing.T) {
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

func TestStoreOfAFlushedServerIsEmpty(t *testing.T) {
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
	require.Eventually(t, func() bool { return lock.Left() <= 0 }, 400*time.Millisecond, time.Millisecond, "the renewal notices the loss")
}

func TestPrintingShowsNoSecret(t *testing.T) {
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
