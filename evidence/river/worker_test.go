package river_test

import (
	"bytes"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/evidence"
	faceidriver "github.com/faceid-go/faceid/evidence/river"
)

// soon is a speed at which the pauses after trouble take milliseconds.
const soon = 5000

// passes waits until the merchant is told that the order passed.
func (s *shop) passes() {
	s.Helper()
	select {
	case o := <-s.told:
		require.True(s, o.Passed)
	case <-time.After(time.Minute):
		s.Fatal("nobody was told of the order")
	}
}

// addDue adds an order whose first look is due.
func (s *shop) addDue(o evidence.Order) {
	s.Helper()
	require.NoError(s, s.engine.Add(s.Context(), s.client, o))
	s.sim.Advance(8 * time.Minute)
}

// A job that comes before its time asks the platform nothing.
func TestWorkAsksNothingTooEarly(t *testing.T) {
	s := newShop(t, faceidriver.Options{Speed: 1e6})
	require.NoError(t, s.engine.Add(t.Context(), s.client, s.h5()))
	s.work()
	require.Eventually(t, func() bool { return s.ledger.loads.Load() > 3 }, time.Minute, 10*time.Millisecond)
	require.Zero(t, s.sim.Calls("/api/v2/base/queryfacerecord"))
	s.sim.Advance(8 * time.Minute)
	s.passes()
}

// A ledger that fails uses no attempts up, however long it does.
func TestWorkUsesNoAttemptsUp(t *testing.T) {
	var log bytes.Buffer
	s := newShop(t, faceidriver.Options{Speed: soon, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	o := s.h5()
	s.addDue(o)
	s.ledger.set(errors.New("the database is down"), false)
	s.work()
	require.Eventually(t, func() bool { return s.ledger.loads.Load() > 30 }, time.Minute, 10*time.Millisecond)
	s.ledger.set(nil, false)
	s.passes()
	require.Eventually(t, func() bool { return len(s.jobs(rivertype.JobStateCompleted)) == 1 }, time.Minute, 10*time.Millisecond)
	require.Len(t, s.jobs(), 1)
	job := s.jobs()[0]
	require.Equal(t, 1, job.Attempt)
	require.Empty(t, job.Errors)
	s.stop(t)
	require.Contains(t, log.String(), "the database is down")
}

// A panic of the ledger is an attempt of many.
func TestWorkOutlivesAPanicOfTheLedger(t *testing.T) {
	s := newShop(t, faceidriver.Options{Speed: soon})
	s.addDue(s.h5())
	s.ledger.panics.Store(true)
	s.work()
	require.Eventually(t, func() bool { return s.ledger.loads.Load() > 30 }, time.Minute, 10*time.Millisecond)
	require.Empty(t, s.jobs(rivertype.JobStateDiscarded))
	s.ledger.panics.Store(false)
	s.passes()
}

// A look that takes too long is cut off, and the next one comes.
func TestWorkCutsALongLookOff(t *testing.T) {
	s := newShop(t, faceidriver.Options{Speed: soon, Timeout: 50 * time.Millisecond})
	s.addDue(s.h5())
	s.ledger.set(nil, true)
	s.work()
	require.Eventually(t, func() bool { return s.ledger.loads.Load() > 2 }, time.Minute, 10*time.Millisecond)
	require.Empty(t, s.jobs()[0].Errors)
	s.ledger.set(nil, false)
	s.passes()
}

// A process that stops gives its job back at once.
func TestWorkGivesTheJobBackWhenTheProcessStops(t *testing.T) {
	s := newShop(t, faceidriver.Options{})
	o := s.h5()
	require.NoError(t, s.keeper.Open(t.Context(), o))
	s.sim.Advance(8 * time.Minute)
	_, err := s.engine.Refill(t.Context(), s.client)
	require.NoError(t, err)
	s.ledger.set(nil, true)
	s.work()
	require.Eventually(t, func() bool { return s.ledger.loads.Load() > 0 }, time.Minute, 10*time.Millisecond)
	s.stop(t)
	jobs := s.jobs(rivertype.JobStateAvailable)
	require.Len(t, jobs, 1)
	require.Zero(t, jobs[0].Attempt)
	require.WithinDuration(t, time.Now(), jobs[0].ScheduledAt, 5*time.Second)
}

// The job of an order that was deleted ends.
func TestWorkEndsWithADeletedOrder(t *testing.T) {
	s := newShop(t, faceidriver.Options{Speed: soon})
	o := s.h5()
	s.addDue(o)
	require.NoError(t, s.keeper.Delete(t.Context(), o))
	s.work()
	require.Eventually(t, func() bool { return len(s.jobs(rivertype.JobStateCompleted)) == 1 }, time.Minute, 10*time.Millisecond)
}

// The job of an order that grows old is replaced by one of the next class.
func TestWorkMovesOldOrdersUp(t *testing.T) {
	s := newShop(t, faceidriver.Options{})
	o := evidence.Order{Kind: evidence.FaceH5, Number: "nobodyCame", OpenedAt: s.sim.Now()}
	require.NoError(t, s.keeper.Open(t.Context(), o))
	s.sim.Advance(8 * time.Minute)
	_, err := s.engine.Refill(t.Context(), s.client)
	require.NoError(t, err)
	s.sim.Advance(49 * time.Hour)
	s.work()
	require.Eventually(t, func() bool { return len(s.jobs(rivertype.JobStateCompleted)) == 1 }, time.Minute, 10*time.Millisecond)
	// Refill may have put the next job in for now, before the look: then it is put off.
	var left []*rivertype.JobRow
	require.Eventually(t, func() bool { left = s.jobs(rivertype.JobStateScheduled); return len(left) == 1 }, time.Minute, 10*time.Millisecond)
	require.Equal(t, 1, left[0].Priority)
	require.JSONEq(t, `{"key": "face-h5/nobodyCame", "class": 1}`, string(left[0].EncodedArgs))
	require.WithinDuration(t, time.Now().Add(8*time.Hour), left[0].ScheduledAt, time.Minute)
}
