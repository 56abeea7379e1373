package asynq_test

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/evidence"
)

// Redis may lose tasks. Refill makes those that are missing, and no others.
func TestRefillPutsBackWhatIsMissing(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	e := s.engine()
	young, old, done := s.order("young", 0), s.order("old", 50*time.Hour), s.order("done", 70*time.Hour)
	require.NoError(t, e.Add(t.Context(), young))
	s.open(old)
	_, err := s.keeper().Step(t.Context(), done)
	require.NoError(t, err)
	for _, want := range []int{1, 0} {
		n, err := e.Refill(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, n)
		require.Len(t, s.tasks(), 2)
	}
	require.NoError(t, s.redis.FlushAll(t.Context()).Err())
	n, err := e.Refill(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, n)
}

// An order whose task does not run gets another one. Days of it make a handful.
func TestRefillHelpsAnOrderThatIsStuck(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	e := s.engine()
	o := s.order("order1", 0)
	require.NoError(t, e.Add(t.Context(), o))
	require.NoError(t, s.queue.ArchiveTask("faceid", s.tasks()[0].ID))
	s.advance(7*time.Minute + 9*time.Minute)
	n, err := e.Refill(t.Context())
	require.NoError(t, err)
	require.Zero(t, n, "it is late by 9 minutes")
	s.advance(time.Minute)
	for _, want := range []int{1, 0} {
		n, err := e.Refill(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, n)
	}
	for range 72 * 6 {
		s.advance(10 * time.Minute)
		_, err := e.Refill(t.Context())
		require.NoError(t, err)
	}
	require.Subset(t, s.counts(), []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"})
	require.Less(t, len(s.tasks()), 16, "an order that grows old gets one in the next queue, too")
}

// listing counts the lists of a ledger, which fails at first.
type listing struct {
	evidence.Ledger
	fails atomic.Int32
	whole atomic.Int32 // lists of all orders that are not Done
	due   atomic.Int32 // lists of those that are overdue
}

func (l *listing) Entries(ctx context.Context, q evidence.Query) iter.Seq2[evidence.Entry, error] {
	if l.fails.Add(-1) >= 0 {
		return func(yield func(evidence.Entry, error) bool) {
			yield(evidence.Entry{}, errors.New("the database is down"))
		}
	}
	if q.DueBy.IsZero() {
		l.whole.Add(1)
	} else {
		l.due.Add(1)
	}
	return l.Ledger.Entries(ctx, q)
}

// KeepFull looks through the whole ledger once, as soon as it can, and then for what is
// overdue.
func TestKeepFullPutsBackWhatIsOverdue(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	list := &listing{Ledger: s.ledger}
	list.fails.Store(3)
	s.ledger = list
	o := s.order("order1", 0)
	s.open(o)
	e := s.engine()
	ctx, cancel := context.WithCancelCause(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.KeepFull(ctx, 5*time.Millisecond) }()
	require.Eventually(t, func() bool { return len(s.tasks()) == 1 && list.due.Load() > 2 }, 10*time.Second, 5*time.Millisecond)
	require.EqualValues(t, 1, list.whole.Load())

	require.NoError(t, s.queue.DeleteTask("faceid", s.tasks()[0].ID))
	s.advance(7*time.Minute + 59*time.Second)
	seen := list.due.Load()
	require.Eventually(t, func() bool { return list.due.Load() > seen+2 }, 10*time.Second, 5*time.Millisecond)
	require.Empty(t, s.tasks(), "a task may be late by a minute")
	s.advance(time.Second)
	require.Eventually(t, func() bool { return len(s.tasks()) == 1 }, 10*time.Second, 5*time.Millisecond)

	cause := errors.New("the shop closes")
	cancel(cause)
	require.ErrorIs(t, <-ended, cause)
	require.Contains(t, s.log.String(), "the database is down")
	require.Error(t, e.KeepFull(t.Context(), 0))
}

func TestRefillReturnsTheErrorsOfLedgerAndQueue(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	list := &listing{Ledger: s.ledger}
	list.fails.Store(1)
	s.ledger = list
	s.open(s.order("order1", 0))
	e := s.engine()
	_, err := e.Refill(t.Context())
	require.ErrorContains(t, err, "asynq: the ledger: the database is down")
	require.NoError(t, s.redis.Close())
	_, err = e.Refill(t.Context())
	require.ErrorContains(t, err, "asynq: the queue")
}
