package redisledger_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/evidence/evidencetest"
	"github.com/faceid-go/faceid/evidence/redisledger"
)

func TestLedgerKeepsTheContract(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		evidencetest.Ledger(t, func(t *testing.T) evidence.Ledger { return s.ledger(t) })
	})
}

func TestLedgerInACluster(t *testing.T) {
	t.Parallel()
	s := cluster(t)
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{s.addr}})
	t.Cleanup(func() { client.Close() })
	evidencetest.Ledger(t, func(t *testing.T) evidence.Ledger {
		l, err := redisledger.New(t.Context(), client, fmt.Sprint("test", s.ledgers.Add(1)))
		require.NoError(t, err)
		return l
	})
}

// A server that writes down what it is told before it answers may be killed.
func TestLedgerOutlivesTheServer(t *testing.T) {
	t.Parallel()
	s := ownServer(t, "--appendfsync", "always")
	l := s.ledger(t, func(o *redis.Options) { o.MaxRetries, o.DialerRetries = -1, 1 })
	want := []string{}
	for i := range 50 {
		e := entry(fmt.Sprintf("order%02d", i))
		save(t, l, e)
		want = append(want, e.Order.Number)
		if i%2 == 0 {
			e.Version, e.State = 1, evidence.Done
			save(t, l, e)
		}
	}
	s.stop()
	require.Error(t, errorOf(t, l, evidence.Query{}), "a server that is down is no empty ledger")
	_, err := l.Load(t.Context(), "face-h5/order00")
	require.Error(t, err)
	require.NotErrorIs(t, err, evidence.ErrNoEntry)
	s.start(t)
	require.Equal(t, want, numbers(t, l, evidence.Query{}))
	require.Len(t, numbers(t, l, evidence.Query{Unfinished: true}), 25)
	e, err := l.Load(t.Context(), "face-h5/order00")
	require.NoError(t, err)
	require.Equal(t, int64(2), e.Version)
}

// New finds entries that are there, and refuses those of another version, which stay.
func TestNewChecksTheVersion(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		l, admin := s.ledger(t), s.client(t)
		save(t, l, entry("order1"))
		again, err := redisledger.New(t.Context(), admin, "test1")
		require.NoError(t, err)
		require.Equal(t, []string{"order1"}, numbers(t, again, evidence.Query{}))

		require.NoError(t, admin.HSet(t.Context(), "{test1}:evidence:meta", "version", "2").Err())
		before := admin.HGetAll(t.Context(), "{test1}:evidence:entries").Val()
		_, err = redisledger.New(t.Context(), admin, "test1")
		require.ErrorContains(t, err, `version "2"`)
		_, err = l.Save(t.Context(), entry("order2"))
		require.ErrorContains(t, err, `version "2"`, "a fleet may change its version while this process runs")
		require.ErrorContains(t, l.Delete(t.Context(), "face-h5/order1"), `version "2"`)
		require.ErrorContains(t, errorOf(t, l, evidence.Query{}), `version "2"`)
		require.Equal(t, before, admin.HGetAll(t.Context(), "{test1}:evidence:entries").Val())
	})
}

func TestNewRefusesAServerThatEvicts(t *testing.T) {
	t.Parallel()
	s := ownServer(t)
	admin := s.client(t)
	for _, c := range []struct {
		policy string
		evicts bool
	}{{"allkeys-lru", true}, {"allkeys-random", true}, {"noeviction", false}, {"volatile-lru", false}} {
		require.NoError(t, admin.ConfigSet(t.Context(), "maxmemory-policy", c.policy).Err())
		_, err := redisledger.New(t.Context(), s.client(t), "test")
		require.Equal(t, c.evicts, err != nil, c.policy)
		if c.evicts {
			require.ErrorContains(t, err, c.policy)
		}
	}
	require.NoError(t, admin.ConfigSet(t.Context(), "maxmemory-policy", "allkeys-lru").Err())
	require.NoError(t, admin.Do(t.Context(), "ACL", "SETUSER", "shop", "on", ">secret", "~{test}:evidence:*", "+@all", "-@admin").Err())
	_, err := redisledger.New(t.Context(), s.client(t, func(o *redis.Options) { o.Username, o.Password = "shop", "secret" }), "test")
	require.NoError(t, err, "who may not ask gets no answer")
}

func TestNewValidatesItsArguments(t *testing.T) {
	t.Parallel()
	client := redis.NewClient(&redis.Options{})
	defer client.Close()
	for _, prefix := range []string{"", "a b", "a{", "a}", "a\n", "ä", strings.Repeat("a", 101)} {
		_, err := redisledger.New(t.Context(), client, prefix)
		require.ErrorContains(t, err, "prefix", "%q", prefix)
	}
	ring := redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"a": "127.0.0.1:1"}})
	defer ring.Close()
	for _, c := range []struct {
		client redis.UniversalClient
		says   string
	}{{nil, "is nil"}, {(*redis.Client)(nil), "is nil"}, {(*redis.ClusterClient)(nil), "is nil"}, {ring, "a redis.Ring moves keys"}} {
		_, err := redisledger.New(t.Context(), c.client, "test")
		require.ErrorContains(t, err, c.says)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := redisledger.New(over, client, "test")
	require.ErrorIs(t, err, context.Canceled)
}

// A save whose answer was lost is sent again by the client. It has not lost a race: the
// Keeper would throw away the files of that look.
func TestSaveThatLosesItsAnswerLosesNoRace(t *testing.T) {
	t.Parallel()
	s := ownServer(t)
	save(t, s.ledger(t), entry("warm")) // the server knows the scripts
	var armed atomic.Bool
	l := s.ledger(t, lossy(&armed))
	armed.Store(true)
	version, err := l.Save(t.Context(), entry("order1"))
	require.NoError(t, err)
	require.False(t, armed.Load(), "an answer was lost")
	require.Equal(t, int64(1), version)
	_, err = l.Save(t.Context(), entry("order1"))
	require.ErrorIs(t, err, evidence.ErrConflict, "the same entry in another save is a race")
}

// Entries goes on after a page, whatever became of the entry at its end.
func TestEntriesGoesOnAfterAPage(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		l := s.ledger(t)
		want := []string{}
		for i := range 1100 {
			e := entry(fmt.Sprintf("order%04d", i))
			e.Next = begin.Add(time.Duration(i/400) * time.Hour) // pages end inside and outside of those that are due at once
			save(t, l, e)
			want = append(want, e.Order.Number)
		}
		require.Equal(t, want, numbers(t, l, evidence.Query{}))
		var got []string
		for e, err := range l.Entries(t.Context(), evidence.Query{Unfinished: true}) {
			require.NoError(t, err)
			got = append(got, e.Order.Number)
			require.NoError(t, l.Delete(t.Context(), e.Order.Key()))
		}
		require.Equal(t, want, got)
		require.Empty(t, numbers(t, l, evidence.Query{}))
		keys, err := s.client(t).Keys(t.Context(), "{test1}*").Result()
		require.NoError(t, err)
		require.Equal(t, []string{"{test1}:evidence:meta"}, keys, "nothing else is left")
	})
}

// The server finds what the memory finds, also for times whose score is not exact.
func TestEntriesFindsWhatTheMemoryFinds(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		l, memory := s.ledger(t), evidence.NewMemoryLedger()
		random := rand.New(rand.NewPCG(1, 2))
		at := func() time.Time {
			if random.IntN(10) == 0 {
				return time.Date(1500+random.IntN(1000), 1, 1, 0, 0, 0, random.IntN(1e9), time.UTC)
			}
			return begin.Add(time.Duration(random.IntN(5000)) * time.Microsecond)
		}
		for i := range 300 {
			e := entry(fmt.Sprint("order", i))
			e.Next, e.Order.OpenedAt, e.State = at().Add(time.Duration(i)*time.Nanosecond), at(), evidence.State(random.IntN(4))
			if e.State != evidence.Waiting {
				e.Outcome = &evidence.Outcome{DecidedAt: at()}
			}
			save(t, l, e)
			save(t, memory, e)
		}
		maybe := func() time.Time {
			if random.IntN(2) == 0 {
				return time.Time{}
			}
			return at()
		}
		for range 200 {
			q := evidence.Query{Unfinished: random.IntN(2) == 0, DueBy: maybe(), OpenedBefore: maybe(), DecidedFrom: maybe(), DecidedTo: maybe()}
			want := numbers(t, memory, q)
			got := numbers(t, l, q)
			require.ElementsMatch(t, want, got, "%+v", q)
			q.Limit = 1 + random.IntN(10)
			require.Equal(t, got[:min(q.Limit, len(got))], append([]string{}, numbers(t, l, q)...), "%+v", q)
		}
		var last evidence.Entry
		for e, err := range l.Entries(t.Context(), evidence.Query{}) {
			require.NoError(t, err)
			require.False(t, e.Next.Truncate(time.Microsecond).Before(last.Next.Truncate(time.Microsecond)), "%v comes after %v", e.Next, last.Next)
			last = e
		}
	})
}
