package evidence_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/faceidtest"
)

// china is where the platform counts days. The tests begin there at 8 in the morning.
var china = time.FixedZone("UTC+8", 8*60*60)

// until lets time pass until a time of a day in January 2000, in China.
func until(day, hour, minute, second int) {
	time.Sleep(time.Until(time.Date(2000, 1, day, hour, minute, second, 0, china)))
}

// tries has the person of a flow make one attempt with that code.
func (s *shop) tries(o evidence.Order, page string, code int) {
	s.Helper()
	s.sim.ScriptCloud(o.Number, faceidtest.CloudTries(code))
	_, err := s.sim.VisitCloud(ctx, page)
	require.NoError(s, err)
}

// reconcile compares a day of January 2000.
func (s *shop) reconcile(day int) *evidence.Reconciliation {
	s.Helper()
	r, err := s.keeper.Reconcile(ctx, time.Date(2000, 1, day, 0, 30, 0, 0, china), faceidtest.RulePlus, faceid.ProductPlus) // in UTC it is the day before
	require.NoError(s, err)
	return r
}

// A flow that is tried a second before midnight in China and a second after it has a
// charge on each day, also if the merchant's clock is 5 minutes slow.
func TestReconcileCountsAnAttemptOnItsDay(t *testing.T) {
	for _, slow := range []time.Duration{0, 5 * time.Minute} {
		inShop(t, func(s *shop) { s.triesAroundMidnight(slow) })
	}
}

func (s *shop) triesAroundMidnight(slow time.Duration) {
	s.options.Now = func() time.Time { return time.Now().Add(-slow) }
	s.open()
	until(1, 23, 59, 0)
	o, page := s.wechat()
	until(1, 23, 59, 59)
	s.tries(o, page, 1002)
	until(2, 0, 0, 0)
	s.tries(o, page, 0)
	p := s.step(o)
	require.Equal(s, evidence.Done, p.State)
	require.Equal(s, 2, p.Outcome.Charges)
	require.Len(s, p.Outcome.ChargedAt, 2)
	until(3, 6, 0, 0)
	for day := 1; day <= 2; day++ {
		r := s.reconcile(day)
		require.True(s, r.Agrees(), "%+v", r)
		require.Equal(s, []int{1, 1}, []int{r.Local, r.Billed}, day)
		require.Equal(s, fmt.Sprintf("2000-01-0%d", day), r.Day)
	}
	_, err := s.keeper.Reconcile(ctx, time.Now(), "", "")
	require.ErrorIs(s, err, faceid.ErrRequest, "the day is not over")
}

// A flow that nobody put into the ledger is on the bill. Its result is still there, and
// Adopt keeps it.
func TestReconcileNamesFlowsThatTheLedgerNeverHeardOf(t *testing.T) {
	inShop(t, func(s *shop) {
		known, page := s.wechat()
		s.tries(known, page, 0)
		s.step(known)
		until(1, 12, 0, 0)
		lost, page := s.wechat()
		s.tries(lost, page, 1002)
		until(1, 12, 30, 0)
		s.tries(lost, page, 0)
		until(2, 6, 0, 0)
		r := s.reconcile(1)
		require.False(t, r.Agrees())
		require.Equal(t, []int{1, 3}, []int{r.Local, r.Billed})
		require.Len(t, r.Unknown, 1)
		require.Empty(t, r.Differences)
		u := r.Unknown[0]
		require.Equal(t, lost.Number, u.Order.Number)
		require.Equal(t, time.Date(2000, 1, 1, 12, 0, 0, 0, china).Unix(), u.Order.OpenedAt.Unix())
		require.Equal(t, 2, u.Charges)
		require.NotEmpty(t, u.Lines)
		require.NotContains(t, fmt.Sprintf("%v %+v %#v", r, *r, r.Unknown), lost.Number)

		p, err := s.keeper.Adopt(ctx, u.Order)
		require.NoError(t, err)
		require.Equal(t, evidence.Done, p.State)
		require.True(t, p.Outcome.Passed)
		require.Contains(t, names(s.manifest(u.Order).Files), "BestFrame.BestFrame")
		require.True(t, s.reconcile(1).Agrees())
		other, err := s.keeper.Reconcile(ctx, u.Order.OpenedAt, faceidtest.RuleEnhanced, faceid.ProductEnhanced)
		require.NoError(t, err)
		require.Zero(t, other.Local+other.Billed)
	})
}

// The ledger has an order for each of these flows, and other counts than the bill.
func TestReconcileTellsDifferences(t *testing.T) {
	inShop(t, func(s *shop) {
		waiting, page := s.wechat()
		s.tries(waiting, page, 0)
		require.NoError(t, s.keeper.Open(ctx, waiting))
		until(1, 9, 0, 0)
		forged, _ := s.wechat()
		s.step(forged)
		until(1, 10, 0, 0)
		more, page := s.wechat()
		s.tries(more, page, 0)
		s.step(more)
		for o, times := range map[evidence.Order]int{forged: 1, more: 3} {
			e, err := s.ledger.Load(ctx, o.Key())
			require.NoError(t, err)
			out := evidence.Outcome{Order: o, Charges: times, DecidedAt: time.Now()}
			for range times {
				out.ChargedAt = append(out.ChargedAt, time.Now())
			}
			e.Outcome = &out
			_, err = s.ledger.Save(ctx, e)
			require.NoError(t, err)
		}
		until(2, 6, 0, 0)
		r := s.reconcile(1)
		require.Empty(t, r.Unknown)
		require.Len(t, r.Differences, 3)
		for i, want := range []struct {
			o              evidence.Order
			ledger, billed int
		}{{waiting, 0, 1}, {forged, 1, 0}, {more, 3, 1}} {
			d := r.Differences[i]
			require.Equal(t, want.o.Number, d.Entry.Order.Number)
			require.Equal(t, []int{want.ledger, want.billed}, []int{d.Ledger, d.Billed})
		}
		require.Equal(t, evidence.Waiting, r.Differences[0].Entry.State)
		require.Equal(t, []string{waiting.Number}, r.Extra)
		require.Equal(t, []string{forged.Number}, r.Missing)
		require.Equal(t, []string{more.Number}, r.Different)
	})
}
