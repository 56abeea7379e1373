package asynq_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	hibiken "github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/evidence/asynq"
	"github.com/faceid-go/faceid/evidence/evidencetest"
	"github.com/faceid-go/faceid/evidence/redisledger"
)

func TestEngineTakesEveryOrderToItsEnd(t *testing.T) {
	t.Parallel()
	evidencetest.Engines(t, func(t *testing.T) evidencetest.Queue {
		address := startRedis(t)
		admin := redis.NewClient(&redis.Options{Addr: address})
		t.Cleanup(func() { admin.Close() })
		ledger, err := redisledger.New(t.Context(), admin, "test")
		require.NoError(t, err)
		return evidencetest.Queue{
			Ledger: ledger,
			Speed:  12000, // asynq begins a task up to a second late, which is 200 minutes then
			Join: func(t *testing.T, k *evidence.Keeper, speed float64) evidencetest.Engine {
				return join(t, address, k, speed, config()).suite(t)
			},
			Dump: func(t *testing.T) string { return dump(t, admin) },
			Lose: func(t *testing.T) {
				for _, key := range admin.Keys(t.Context(), "asynq:*").Val() {
					require.NoError(t, admin.Del(t.Context(), key).Err())
				}
			},
		}
	})
}

// dump returns all that asynq has in Redis.
func dump(t *testing.T, admin *redis.Client) string {
	t.Helper()
	var all strings.Builder
	for _, key := range admin.Keys(t.Context(), "asynq:*").Val() {
		kind := admin.Type(t.Context(), key).Val()
		fmt.Fprintln(&all, key, admin.HGetAll(t.Context(), key).Val(), admin.LRange(t.Context(), key, 0, -1).Val(), admin.ZRange(t.Context(), key, 0, -1).Val(), kind)
	}
	return all.String()
}

// A task holds the key of its order, is in the queue of the age that the order will have,
// and begins neither too early nor a second late.
func TestAddPutsOneTaskForALook(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	e := s.engine()
	for _, c := range []struct {
		age   time.Duration
		queue string
		wait  time.Duration
	}{
		{0, "faceid", 7 * time.Minute}, {20 * time.Hour, "faceid:old", 8 * time.Hour}, {30 * time.Hour, "faceid:old", 8 * time.Hour},
		{41 * time.Hour, "faceid:oldest", 8 * time.Hour}, {50 * time.Hour, "faceid:oldest", 8 * time.Hour},
	} {
		o := s.order(fmt.Sprint("order", int(c.age.Hours())), c.age)
		_, err := s.ledger.Save(t.Context(), evidence.Entry{Order: o, Next: s.now.Load().Add(c.wait)})
		require.NoError(t, err)
		for range 2 {
			require.NoError(t, e.Add(t.Context(), o))
		}
		tasks, err := s.queue.ListScheduledTasks(c.queue)
		require.NoError(t, err)
		task := tasks[len(tasks)-1]
		require.Equal(t, o.Key(), string(task.Payload))
		require.Equal(t, asynq.Type, task.Type)
		require.Equal(t, math.MaxInt32, task.MaxRetry)
		due := time.Now().Add(c.wait)
		require.False(t, task.NextProcessAt.Before(due.Add(-time.Second)), "%v", due.Sub(task.NextProcessAt))
		require.WithinDuration(t, due, task.NextProcessAt, 1100*time.Millisecond)
	}
	require.Len(t, s.tasks(), 5)
}

// asynq drops the parts of a second. A task must not begin before its look is due.
func TestAddRoundsUp(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	e := s.engine()
	for i := range 20 {
		before := time.Now()
		o := s.order(fmt.Sprint("order", i), 0)
		require.NoError(t, e.Add(t.Context(), o))
		info, err := s.queue.GetTaskInfo("faceid", s.idOf(o))
		require.NoError(t, err)
		require.False(t, info.NextProcessAt.Before(before.Add(7*time.Minute)), "it begins %v early", before.Add(7*time.Minute).Sub(info.NextProcessAt))
		time.Sleep(53 * time.Millisecond)
	}
}

func TestAddLeavesABadOrderAndOneThatIsDone(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	e := s.engine()
	o := s.order("order1", 0)
	o.Number = "a b"
	require.ErrorIs(t, e.Add(t.Context(), o), evidence.ErrOrder)
	o = s.order("order2", 70*time.Hour)
	p, err := s.keeper().Step(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, evidence.Done, p.State)
	require.NoError(t, e.Add(t.Context(), o))
	require.Empty(t, s.tasks())

	require.NoError(t, s.redis.Close())
	o = s.order("order3", 0)
	require.ErrorContains(t, e.Add(t.Context(), o), "asynq: the queue")
	_, err = s.ledger.Load(t.Context(), o.Key())
	require.NoError(t, err, "the ledger comes first")
}

func TestSpeedShortensTheWait(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	e, err := asynq.New(s.keeper(), s.client, asynq.Options{Speed: 7})
	require.NoError(t, err)
	require.NoError(t, e.Add(t.Context(), s.order("order1", 0)))
	require.WithinDuration(t, time.Now().Add(time.Minute), s.tasks()[0].NextProcessAt, 2*time.Second)
}

// An order that was deleted ends its tasks, without a trace that looks like a failure.
func TestProcessTaskEndsWithItsOrder(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	e := s.engine()
	err := e.ProcessTask(t.Context(), hibiken.NewTask(asynq.Type, []byte("face-h5/order1")))
	require.ErrorIs(t, err, evidence.ErrNoEntry)
	require.ErrorIs(t, err, hibiken.RevokeTask)

	o := s.order("order1", 0)
	require.NoError(t, e.Add(t.Context(), o))
	require.NoError(t, s.ledger.Delete(t.Context(), o.Key()))
	require.NoError(t, s.queue.RunTask("faceid", s.tasks()[0].ID))
	s.work(config())
	require.Eventually(t, func() bool { return len(s.tasks()) == 0 }, 10*time.Second, 10*time.Millisecond)
}

// A task that comes too early, as by a clock that is ahead, is put back and not lost. It
// asks the platform nothing.
func TestProcessTaskPutsBackWhatIsTooEarly(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.work(config())
	o := s.order("order1", 0)
	require.NoError(t, s.engine().Add(t.Context(), o))
	for _, next := range []string{"1", "2", "3"} {
		require.NoError(t, s.queue.RunTask("faceid", s.tasks()[0].ID))
		require.Eventually(t, func() bool { return fmt.Sprint(s.counts()) == "["+next+"]" }, 10*time.Second, 10*time.Millisecond)
	}
	require.Zero(t, s.asked.Load())
	s.advance(7 * time.Minute)
	require.NoError(t, s.queue.RunTask("faceid", s.tasks()[0].ID))
	require.Eventually(t, func() bool { return s.asked.Load() == 1 && fmt.Sprint(s.counts()) == "[]" }, 10*time.Second, 10*time.Millisecond)
}

// Two tasks of one order become one: the second finds that it has come too early.
func TestProcessTaskMakesOneOfTwo(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	e := s.engine()
	o := s.order("order1", 10*time.Minute)
	s.open(o)
	s.advance(20 * time.Minute)
	for range 3 {
		require.NoError(t, e.ProcessTask(t.Context(), hibiken.NewTask(asynq.Type, []byte(o.Key()))))
	}
	require.Len(t, s.tasks(), 1)
	require.EqualValues(t, 1, s.asked.Load())
}

// failing is a ledger that fails some times.
type failing struct {
	evidence.Ledger
	left atomic.Int32
}

func (l *failing) Load(ctx context.Context, key string) (evidence.Entry, error) {
	if l.left.Add(-1) >= 0 {
		return evidence.Entry{}, errors.New("the database is down")
	}
	return l.Ledger.Load(ctx, key)
}

// A task is never given up, although asynq's own bound is 25 retries.
func TestProcessTaskOutlivesTheLedger(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	o := s.order("order1", 70*time.Hour)
	require.NoError(t, s.engine().Add(t.Context(), o))
	s.advance(8 * time.Hour)
	broken := &failing{Ledger: s.ledger}
	broken.left.Store(40)
	s.ledger = broken
	c := config()
	c.RetryDelayFunc = func(int, error, *hibiken.Task) time.Duration { return -time.Minute }
	s.work(c)
	require.Eventually(t, func() bool { return broken.left.Load() < 0 && len(s.tasks()) == 0 }, 30*time.Second, 20*time.Millisecond)
	e, err := broken.Ledger.Load(t.Context(), o.Key())
	require.NoError(t, err)
	require.Equal(t, evidence.Done, e.State)
}

func TestRetryDelayIsBounded(t *testing.T) {
	t.Parallel()
	ours, other := hibiken.NewTask(asynq.Type, nil), hibiken.NewTask("mail", nil)
	for n, want := range map[int]time.Duration{-1: 5 * time.Second, 0: 5 * time.Second, 1: 10 * time.Second, 6: 320 * time.Second, 7: 10 * time.Minute, 60: 10 * time.Minute, math.MaxInt32: 10 * time.Minute} {
		require.Equal(t, want, asynq.RetryDelay(n, nil, ours), "%d", n)
	}
	require.Greater(t, asynq.RetryDelay(10, nil, other), 2*time.Hour, "asynq's own")
}

func TestNewNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	k, client := &evidence.Keeper{}, hibiken.NewClientFromRedisClient(redis.NewClient(&redis.Options{}))
	for _, c := range []struct {
		k      *evidence.Keeper
		client *hibiken.Client
		speed  float64
		what   string
	}{
		{nil, client, 0, "Keeper"}, {k, nil, 0, "client"}, {k, client, -1, "Speed"}, {k, client, math.NaN(), "Speed"}, {k, client, math.Inf(1), "Speed"}, {k, client, 0, ""},
	} {
		_, err := asynq.New(c.k, c.client, asynq.Options{Speed: c.speed})
		if c.what == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, c.what)
	}
}

func TestQueuesGivesACopy(t *testing.T) {
	t.Parallel()
	q := asynq.Queues()
	q["mail"] = 1
	require.Equal(t, map[string]int{"faceid:oldest": 16, "faceid:old": 4, "faceid": 1}, asynq.Queues())
}
