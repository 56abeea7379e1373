package redisstore_test

import (
	"context"
	"math"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/redisstore"
)

func TestLockIsKeptByALivingHolder(t *testing.T) {
	onEach(t, func(t *testing.T, s *server) {
		const lease = 500 * time.Millisecond
		store, other := s.store(t), s.store(t)
		lock, err := store.Lock(t.Context(), key, lease)
		require.NoError(t, err)

		for range 30 { // three leases
			time.Sleep(lease / 10)
			left := lock.Left()
			require.Positive(t, left)
			require.LessOrEqual(t, left, lease)
		}
		_, err = other.Lock(within(t, 50*time.Millisecond), key, lease)
		require.ErrorIs(t, err, context.DeadlineExceeded)

		require.NoError(t, lock.Unlock(t.Context()))
		require.LessOrEqual(t, lock.Left(), time.Duration(0))
		next, err := other.Lock(within(t, time.Second), key, lease)
		require.NoError(t, err)
		require.NoError(t, next.Unlock(t.Context()))
	})
}

func TestLockIsLostByALivingHolderInTheEnd(t *testing.T) {
	onEach(t, func(t *testing.T, s *server) {
		const lease = 200 * time.Millisecond
		store, other := s.store(t), s.store(t)
		begin := time.Now()
		lock, err := store.Lock(t.Context(), key, lease)
		require.NoError(t, err)

		next, err := other.Lock(within(t, (redisstore.MaxLeases+5)*lease), key, lease)
		took := time.Since(begin)

		require.NoError(t, err)
		require.LessOrEqual(t, lock.Left(), time.Duration(0))
		require.Greater(t, took, (redisstore.MaxLeases-2)*lease)
		require.NoError(t, next.Unlock(t.Context()))
		require.NoError(t, lock.Unlock(t.Context()))
	})
}

func TestLockIsLostByADeadHolderAfterOneLease(t *testing.T) {
	onEach(t, func(t *testing.T, s *server) {
		const lease = 400 * time.Millisecond
		client := s.client(t)
		store, err := redisstore.New(client, redisstore.WithPrefix(s.prefix))
		require.NoError(t, err)
		begin := time.Now()
		lock, err := store.Lock(t.Context(), key, lease)
		require.NoError(t, err)
		require.NoError(t, client.Close()) // the process seems to have died

		next, err := s.store(t).Lock(within(t, 5*time.Second), key, lease)
		took := time.Since(begin)

		require.NoError(t, err)
		require.LessOrEqual(t, lock.Left(), time.Duration(0))
		require.Less(t, took, 2*lease+time.Second)
		require.NoError(t, next.Unlock(t.Context()))
	})
}

func TestLockThatIsLostIsNotRenewed(t *testing.T) {
	onEach(t, func(t *testing.T, s *server) {
		const lease = 600 * time.Millisecond
		var requests atomic.Int32
		store := s.store(t, counting(&requests))
		lock, err := store.Lock(t.Context(), key, lease)
		require.NoError(t, err)
		name := s.prefix + "{TIDA0001}:lock"

		require.NoError(t, s.client(t).Set(t.Context(), name, "another's token", time.Minute).Err())

		require.Eventually(t, func() bool { return lock.Left() <= 0 }, lease/2+200*time.Millisecond, time.Millisecond, "the loss is noticed before the lease is over")
		before := requests.Load()
		time.Sleep(lease)
		require.Equal(t, before, requests.Load(), "no request is sent any more")
		require.NoError(t, lock.Unlock(t.Context()))
		token, err := s.client(t).Get(t.Context(), name).Result()
		require.NoError(t, err)
		require.Equal(t, "another's token", token)
		require.NoError(t, s.client(t).Del(t.Context(), name).Err())
	})
}

func TestUnlockIsTheLastRequest(t *testing.T) {
	onEach(t, func(t *testing.T, s *server) {
		const lease = 150 * time.Millisecond
		var requests atomic.Int32
		store := s.store(t, counting(&requests))
		lock, err := store.Lock(t.Context(), key, lease)
		require.NoError(t, err)
		require.NoError(t, lock.Unlock(t.Context()))
		before := requests.Load()

		time.Sleep(2 * lease)
		require.NoError(t, lock.Unlock(t.Context()))

		require.Equal(t, before, requests.Load())
	})
}

// A holder whose answers are slow counts its lease from the request.
func TestLeftCountsFromBeforeTheRequest(t *testing.T) {
	t.Parallel()
	const delay = 100 * time.Millisecond
	store := (&server{addr: mini(t).Addr(), prefix: "faceid:"}).store(t, slow(delay))
	lock, err := store.Lock(t.Context(), key, time.Minute)
	require.NoError(t, err)
	defer lock.Unlock(t.Context())

	require.LessOrEqual(t, lock.Left(), time.Minute-delay)
}

func TestLockIsTakenAgainAfterALateAnswer(t *testing.T) {
	t.Parallel()
	s := ownServer(t)
	store := s.store(t)
	requireMissing(t, store)
	goOn := s.hang(t)
	time.AfterFunc(400*time.Millisecond, goOn)

	lock, err := store.Lock(within(t, 5*time.Second), key, 200*time.Millisecond)

	require.NoError(t, err)
	require.Positive(t, lock.Left())
	require.NoError(t, lock.Unlock(t.Context()))
}

func TestLockAsksSeldomWhileItWaits(t *testing.T) {
	onEach(t, func(t *testing.T, s *server) {
		var requests atomic.Int32
		holder, err := s.store(t).Lock(t.Context(), key, time.Minute)
		require.NoError(t, err)
		defer holder.Unlock(t.Context())

		_, err = s.store(t, counting(&requests)).Lock(within(t, 3*time.Second), key, time.Minute)

		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Less(t, requests.Load(), int32(40), "the waits grow from 20 to 500 ms")
		require.Greater(t, requests.Load(), int32(6))
	})
}

func TestLockRefusesALockThatNeverExpires(t *testing.T) {
	onEach(t, func(t *testing.T, s *server) {
		admin := s.client(t)
		name := s.prefix + "{TIDA0001}:lock"
		require.NoError(t, admin.Set(t.Context(), name, "by hand", 0).Err())

		_, err := s.store(t).Lock(within(t, 5*time.Second), key, time.Minute)

		require.ErrorContains(t, err, "not saved by this package")
		require.NoError(t, admin.Del(t.Context(), name).Err())
	})
}

func TestLockRefusesALeaseOfNothing(t *testing.T) {
	t.Parallel()
	store := (&server{addr: mini(t).Addr(), prefix: "faceid:"}).store(t)
	for _, lease := range []time.Duration{0, -time.Second, time.Millisecond - 1} {
		_, err := store.Lock(t.Context(), key, lease)
		require.ErrorContains(t, err, "lease")
	}
}

// A lock that this package did not make is an error at once.
func TestLockRefusesALockOfAnotherProgram(t *testing.T) {
	onEach(t, func(t *testing.T, s *server) {
		admin, name := s.client(t), s.prefix+"{TIDA0001}:lock"
		for what, put := range map[string]func(ctx context.Context) error{
			"the lock expires in 59999": func(ctx context.Context) error { // ten weeks
				return admin.Do(ctx, "SET", name, "token", "PX", 5_999_990_000).Err()
			},
			"the lock expires in 360": func(ctx context.Context) error {
				return admin.Set(ctx, name, "token", redisstore.LongestLease+9*time.Second).Err()
			},
			"the lock never expires": func(ctx context.Context) error {
				return admin.Set(ctx, name, "token", 0).Err()
			},
			"it has 2097152 bytes, more than 64": func(ctx context.Context) error {
				return admin.Set(ctx, name, strings.Repeat("t", 2<<20), time.Minute).Err()
			},
			"it has 65 bytes, more than 64": func(ctx context.Context) error {
				return admin.Set(ctx, name, strings.Repeat("t", 65), time.Minute).Err()
			},
		} {
			require.NoError(t, put(t.Context()))
			var came atomic.Int64

			_, err := s.store(t, weighing(&came)).Lock(within(t, 5*time.Second), key, time.Minute)

			require.ErrorContains(t, err, foreign, what)
			require.ErrorContains(t, err, what)
			require.NotErrorIs(t, err, context.DeadlineExceeded)
			require.Less(t, came.Load(), int64(16<<10), what)
			require.EqualValues(t, 1, admin.Exists(t.Context(), name).Val(), "the lock stays as it was")
		}
		require.NoError(t, admin.Del(t.Context(), name).Err())
	})
}

func TestLockWaitsForALockOfTheLongestLease(t *testing.T) {
	onEach(t, func(t *testing.T, s *server) {
		lock, err := s.store(t).Lock(t.Context(), key, redisstore.LongestLease)
		require.NoError(t, err)
		defer lock.Unlock(t.Context())
		require.InDelta(t, redisstore.LongestLease, lock.Left(), float64(10*time.Second))

		_, err = s.store(t).Lock(within(t, 200*time.Millisecond), key, time.Minute)

		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

// The client asks for a lease of 1/240 of a token's life, and a token lives a week at
// most.
func TestLockRefusesALongLease(t *testing.T) {
	onEach(t, func(t *testing.T, s *server) {
		store := s.store(t)
		for _, lease := range []time.Duration{redisstore.LongestLease + time.Millisecond, 365 * day, math.MaxInt64} {
			_, err := store.Lock(t.Context(), key, lease)
			require.ErrorContains(t, err, "the lease must be at most 1h0m0s")
		}
		require.Zero(t, s.client(t).Exists(t.Context(), s.prefix+"{TIDA0001}:lock").Val())
		require.Greater(t, redisstore.LongestLease, 7*day/240)
	})
}

// A lease that is over before Redis answers is not asked for without end.
func TestLockRefusesALeaseShorterThanAnAnswer(t *testing.T) {
	onEach(t, func(t *testing.T, s *server) {
		_, err := s.store(t, slow(20*time.Millisecond)).Lock(within(t, 5*time.Second), key, 5*time.Millisecond)

		require.ErrorContains(t, err, "the lease of 5ms is over before Redis has answered")
		require.NotErrorIs(t, err, context.DeadlineExceeded)
		lock, err := s.store(t).Lock(within(t, time.Second), key, time.Minute)
		require.NoError(t, err)
		require.NoError(t, lock.Unlock(t.Context()))
	})
}

// The caller leaves while its request is still under way.
func TestLockIsGivenBackWhenTheAnswerIsNotAwaited(t *testing.T) {
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
