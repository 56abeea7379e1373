package redisstore_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/redisstore"
)

func TestALivingHolderKeepsItsLock(t *testing.T) {
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

func TestALivingHolderLosesItsLockInTheEnd(t *testing.T) {
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

func TestADeadHolderLosesItsLockAfterOneLease(t *testing.T) {
	onEach(t, func(t *testing.T, s *server) {
		const lease = 400 * time.Millisecond
		client := s.client(t)
		store, err := redisstore.New(client, redisstore.WithPrefix(s.prefix))
		require.NoError(t, err)
		begin := time.Now()
		lock, err := store.Lock(t.Context(), key, lease)
		require.NoError(t, err)
		require.NoError(t, client.Close()) // as if the process had died

		next, err := s.store(t).Lock(within(t, 5*time.Second), key, lease)
		took := time.Since(begin)

		require.NoError(t, err)
		require.LessOrEqual(t, lock.Left(), time.Duration(0))
		require.Less(t, took, 2*lease+time.Second)
		require.NoError(t, next.Unlock(t.Context()))
	})
}

func TestRenewalStopsWhenTheLockIsLost(t *testing.T) {
	onEach(t, func(t *testing.T, s *server) {
		const lease = 600 * time.Millisecond
		var requests atomic.Int32
		store := s.store(t, counting(&requests))
		lock, err := store.Lock(t.Context(), key, lease)
		require.NoError(t, err)
		name := s.prefix + "{TIDA0001}:lock"

		require.NoError(t, s.client(t).Set(t.Context(), name, "another's token", time.Minute).Err())

		require.Eventually(t, func() bool { return lock.Left() <= 0 }, lease/2+200*time.Millisecond, time.Millisecond, "before the lease is over")
		before := requests.Load()
		time.Sleep(lease)
		require.Equal(t, before, requests.Load(), "nothing is sent any more")
		require.NoError(t, lock.Unlock(t.Context()))
		token, err := s.client(t).Get(t.Context(), name).Result()
		require.NoError(t, err)
		require.Equal(t, "another's token", token)
		require.NoError(t, s.client(t).Del(t.Context(), name).Err())
	})
}

func TestNothingIsSentAfterUnlock(t *testing.T) {
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

// A holder whose answers are slow counts from when it asked.
func TestLeftCountsFromBeforeTheRequest(t *testing.T) {
	t.Parallel()
	const delay = 100 * time.Millisecond
	store := (&server{addr: mini(t).Addr(), prefix: "faceid:"}).store(t, slow(delay))
	lock, err := store.Lock(t.Context(), key, time.Minute)
	require.NoError(t, err)
	defer lock.Unlock(t.Context())

	require.LessOrEqual(t, lock.Left(), time.Minute-delay)
}

func TestALockWhoseAnswerTookLongerThanItsLeaseIsTakenAgain(t *testing.T) {
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

func TestWaitersDoNotHammer(t *testing.T) {
	onEach(t, func(t *testing.T, s *server) {
		var requests atomic.Int32
		holder, err := s.store(t).Lock(t.Context(), key, time.Minute)
		require.NoError(t, err)
		defer holder.Unlock(t.Context())

		_, err = s.store(t, counting(&requests)).Lock(within(t, 3*time.Second), key, time.Minute)

		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Less(t, requests.Load(), int32(40), "pauses grow from 20 to 500 ms")
		require.Greater(t, requests.Load(), int32(6))
	})
}

func TestALockThatNeverExpiresIsNotOurs(t *testing.T) {
	onEach(t, func(t *testing.T, s *server) {
		admin := s.client(t)
		name := s.prefix + "{TIDA0001}:lock"
		require.NoError(t, admin.Set(t.Context(), name, "by hand", 0).Err())

		_, err := s.store(t).Lock(within(t, 5*time.Second), key, time.Minute)

		require.ErrorContains(t, err, "not saved by this package")
		require.NoError(t, admin.Del(t.Context(), name).Err())
	})
}

func TestALeaseOfNothingIsRefused(t *testing.T) {
	t.Parallel()
	store := (&server{addr: mini(t).Addr(), prefix: "faceid:"}).store(t)
	for _, lease := range []time.Duration{0, -time.Second, time.Millisecond - 1} {
		_, err := store.Lock(t.Context(), key, lease)
		require.ErrorContains(t, err, "lease")
	}
}
