package sqlstore_test

import (
	"context"
	"database/sql"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/sqlstore"
)

func TestLockIsKeptByALivingHolder(t *testing.T) {
	onEach(t, func(t *testing.T, d *database) {
		const lease = time.Second
		store, other := d.ready(t).store(t), d.store(t)
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
	onEach(t, func(t *testing.T, d *database) {
		const lease = 400 * time.Millisecond
		store, other := d.ready(t).store(t), d.store(t)
		begin := time.Now()
		lock, err := store.Lock(t.Context(), key, lease)
		require.NoError(t, err)

		next, err := other.Lock(within(t, (sqlstore.MaxLeases+5)*lease), key, lease)
		took := time.Since(begin)

		require.NoError(t, err)
		require.LessOrEqual(t, lock.Left(), time.Duration(0))
		require.Greater(t, took, (sqlstore.MaxLeases-2)*lease)
		require.NoError(t, next.Unlock(t.Context()))
		require.NoError(t, lock.Unlock(t.Context()))
	})
}

func TestLockIsLostByADeadHolderAfterOneLease(t *testing.T) {
	onEach(t, func(t *testing.T, d *database) {
		const lease = 400 * time.Millisecond
		db := d.ready(t).open(t)
		store := d.storeIn(t, db)
		begin := time.Now()
		lock, err := store.Lock(t.Context(), key, lease)
		require.NoError(t, err)
		require.NoError(t, db.Close()) // the process seems to have died

		next, err := d.store(t).Lock(within(t, 5*time.Second), key, lease)
		took := time.Since(begin)

		require.NoError(t, err)
		require.LessOrEqual(t, lock.Left(), time.Duration(0))
		require.Less(t, took, 2*lease+time.Second)
		require.NoError(t, next.Unlock(t.Context()))
	})
}

func TestLockThatIsLostIsNotRenewed(t *testing.T) {
	onEach(t, func(t *testing.T, d *database) {
		const lease = 1500 * time.Millisecond
		lock, err := d.ready(t).store(t).Lock(t.Context(), key, lease)
		require.NoError(t, err)

		d.run(t, `UPDATE {table} SET owner = ?, expires = {now} + 60000000`, []byte("another's token"))

		require.Eventually(t, func() bool { return lock.Left() <= 0 }, lease/2+500*time.Millisecond, time.Millisecond, "the loss is noticed before the lease is over")
		version := d.number(t, `SELECT version FROM {table}`)
		time.Sleep(lease)
		require.NoError(t, lock.Unlock(t.Context()))
		require.Equal(t, version, d.number(t, `SELECT version FROM {table}`), "nothing is written any more")
		require.EqualValues(t, 1, d.number(t, `SELECT COUNT(*) FROM {table} WHERE owner = ?`, []byte("another's token")))
	})
}

func TestUnlockIsTheLastRequest(t *testing.T) {
	onProxies(t, func(t *testing.T, d *database, p *proxy) {
		const lease = 300 * time.Millisecond
		lock, err := d.store(t, p.through(d)).Lock(t.Context(), key, lease)
		require.NoError(t, err)
		require.NoError(t, lock.Unlock(t.Context()))
		before := p.requests.Load()

		time.Sleep(2 * lease)
		require.NoError(t, lock.Unlock(t.Context()))

		require.Equal(t, before, p.requests.Load())
	})
}

// A holder whose answers are slow counts its lease from the request.
func TestLeftCountsFromBeforeTheRequest(t *testing.T) {
	onProxies(t, func(t *testing.T, d *database, p *proxy) {
		const delay = 300 * time.Millisecond
		db := d.open(t, p.through(d))
		require.NoError(t, db.PingContext(t.Context()))
		p.set(func(p *proxy) { p.slow = delay })

		lock, err := d.storeIn(t, db).Lock(t.Context(), key, time.Minute)

		require.NoError(t, err)
		defer lock.Unlock(t.Context())
		require.LessOrEqual(t, lock.Left(), time.Minute-delay)
		require.Greater(t, lock.Left(), time.Minute-2*delay, "the look before does not count")
	})
}

func TestLockIsTakenAgainAfterALateAnswer(t *testing.T) {
	onProxies(t, func(t *testing.T, d *database, p *proxy) {
		store := d.store(t, p.through(d))
		requireMissing(t, store)
		p.set(func(p *proxy) { p.late, p.lateBy = "SET owner", 300*time.Millisecond })

		lock, err := store.Lock(within(t, 5*time.Second), key, 200*time.Millisecond)

		require.NoError(t, err)
		require.Positive(t, lock.Left())
		require.Empty(t, p.late)
		require.NoError(t, lock.Unlock(t.Context()))
	})
}

func TestLockAsksSeldomWhileItWaits(t *testing.T) {
	onProxies(t, func(t *testing.T, d *database, p *proxy) {
		holder, err := d.store(t).Lock(t.Context(), key, time.Minute)
		require.NoError(t, err)
		defer holder.Unlock(t.Context())
		version := d.number(t, `SELECT version FROM {table}`)

		_, err = d.store(t, p.through(d)).Lock(within(t, 3*time.Second), key, time.Minute)

		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Less(t, p.requests.Load(), int32(20), "the waits grow from 20 to 500 ms, and each look is one request")
		require.Greater(t, p.requests.Load(), int32(6))
		require.Equal(t, version, d.number(t, `SELECT version FROM {table}`), "who waits writes nothing")
	})
}

// A lock that this package did not make is an error at once.
func TestLockRefusesALockOfAnotherProgram(t *testing.T) {
	onEach(t, func(t *testing.T, d *database) {
		store := d.ready(t).store(t)
		now := time.Now().UnixMicro()
		for what, expires := range map[string]any{
			"the lock never expires":    nil,
			"the lock expires in 59999": now + (5_999_995 * time.Second).Microseconds(),
			"the lock expires in 360":   now + (sqlstore.LongestLease + 5*time.Second).Microseconds(),
			"the lock expires in 9221":  int64(math.MaxInt64),
		} {
			d.plantLock(t, expires)

			_, err := store.Lock(within(t, 5*time.Second), key, time.Minute)

			require.ErrorContains(t, err, foreign, what)
			require.ErrorContains(t, err, what)
			if expires != nil {
				require.ErrorContains(t, err, "(or the clock of the database was set back)")
			}
			require.NotErrorIs(t, err, context.DeadlineExceeded)
			require.EqualValues(t, 1, d.number(t, `SELECT COUNT(*) FROM {table} WHERE owner = ?`, []byte("another's token")), "the lock stays as it was")
		}
	})
}

func TestLockTakesOverALockThatHasExpired(t *testing.T) {
	onEach(t, func(t *testing.T, d *database) {
		store := d.ready(t).store(t)
		for _, expires := range []int64{math.MinInt64, -1, 0, time.Now().UnixMicro() - 1} {
			d.plantLock(t, expires)

			lock, err := store.Lock(within(t, 5*time.Second), key, time.Minute)

			require.NoError(t, err)
			require.Positive(t, lock.Left())
			require.NoError(t, lock.Unlock(t.Context()))
		}
	})
}

func TestLockWaitsForALockOfTheLongestLease(t *testing.T) {
	onEach(t, func(t *testing.T, d *database) {
		lock, err := d.ready(t).store(t).Lock(t.Context(), key, sqlstore.LongestLease)
		require.NoError(t, err)
		defer lock.Unlock(t.Context())
		require.InDelta(t, sqlstore.LongestLease, lock.Left(), float64(10*time.Second))

		_, err = d.store(t).Lock(within(t, 200*time.Millisecond), key, time.Minute)

		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

// The client asks for a lease of 1/240 of a token's life, and a token lives a week at
// most.
func TestLockRefusesALeaseOutOfBounds(t *testing.T) {
	d := engines[2].database(t).ready(t)
	store := d.store(t)
	for _, lease := range []time.Duration{sqlstore.LongestLease + time.Millisecond, 365 * day, math.MaxInt64} {
		_, err := store.Lock(t.Context(), key, lease)
		require.ErrorContains(t, err, "the lease must be at most 1h0m0s")
	}
	for _, lease := range []time.Duration{0, -time.Second, time.Millisecond - 1} {
		_, err := store.Lock(t.Context(), key, lease)
		require.ErrorContains(t, err, "the lease must be at least 1 ms")
	}
	require.Zero(t, d.number(t, `SELECT COUNT(*) FROM {table}`))
	require.Greater(t, sqlstore.LongestLease, 7*day/240)
}

// A lease that is over before the database answers is not asked for without end.
func TestLockRefusesALeaseShorterThanAnAnswer(t *testing.T) {
	onProxies(t, func(t *testing.T, d *database, p *proxy) {
		p.set(func(p *proxy) { p.slow = 20 * time.Millisecond })

		_, err := d.store(t, p.through(d)).Lock(within(t, 10*time.Second), key, 5*time.Millisecond)

		require.ErrorContains(t, err, "the lease of 5ms is over before the database has answered")
		require.NotErrorIs(t, err, context.DeadlineExceeded)
		lock, err := d.store(t).Lock(within(t, time.Second), key, time.Minute)
		require.NoError(t, err)
		require.NoError(t, lock.Unlock(t.Context()))
	})
}

// The caller leaves while its request is still under way.
func TestLockIsGivenBackWhenTheAnswerIsNotAwaited(t *testing.T) {
	onEach(t, func(t *testing.T, d *database) {
		store, gate := d.ready(t).store(t), d.open(t)
		requireMissing(t, store)
		d.plant(t, "one", 0)
		tx, err := gate.BeginTx(t.Context(), &sql.TxOptions{})
		require.NoError(t, err)
		_, err = tx.Exec(d.numbered(`UPDATE {table} SET version = version + 1`)) // the row is locked now
		require.NoError(t, err)

		_, err = store.Lock(within(t, 200*time.Millisecond), key, time.Minute)
		require.ErrorIs(t, err, context.DeadlineExceeded)

		require.NoError(t, tx.Commit())
		lock, err := d.store(t).Lock(within(t, 5*time.Second), key, time.Minute)
		require.NoError(t, err)
		require.NoError(t, lock.Unlock(t.Context()))
	})
}

// The server takes the lock, and its answer is lost.
func TestLockIsGivenBackWhenTheAnswerIsLost(t *testing.T) {
	onProxies(t, func(t *testing.T, d *database, p *proxy) {
		store := d.store(t, p.through(d))
		requireMissing(t, store)
		p.set(func(p *proxy) { p.lose = "SET owner" })

		_, err := store.Lock(within(t, 5*time.Second), key, time.Minute)
		require.Error(t, err)
		require.Empty(t, p.lose)

		lock, err := d.store(t).Lock(within(t, 5*time.Second), key, time.Minute)
		require.NoError(t, err)
		require.NoError(t, lock.Unlock(t.Context()))
	})
}

// The server gets the request only when its caller has left.
func TestLockIsGivenBackAfterARequestThatArrivesLate(t *testing.T) {
	onProxies(t, func(t *testing.T, d *database, p *proxy) {
		store := d.store(t, p.through(d))
		requireMissing(t, store)
		p.set(func(p *proxy) { p.late, p.lateBy = "SET owner", 500*time.Millisecond })

		_, err := store.Lock(within(t, 200*time.Millisecond), key, time.Minute)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Eventually(t, func() bool { return d.number(t, `SELECT COALESCE(MAX(version), 0) FROM {table}`) == 2 }, 5*time.Second, 20*time.Millisecond, "taken and given back")

		lock, err := d.store(t).Lock(within(t, 2*time.Second), key, time.Minute)
		require.NoError(t, err)
		require.NoError(t, lock.Unlock(t.Context()))
	})
}
