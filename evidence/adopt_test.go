package evidence_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/faceidtest"
)

// A callback names an order that no process has put into the ledger.
func TestAdoptKeepsAnOrderThatNobodyOpened(t *testing.T) {
	inShop(t, func(s *shop) {
		lost := s.h5(faceidtest.Passes(), true)
		lost.Ref = ""
		p, err := s.keeper.Adopt(ctx, lost)
		require.NoError(t, err)
		require.Equal(t, evidence.Done, p.State)
		require.True(t, p.Outcome.Passed)
		known := s.h5(faceidtest.Passes(), true)
		require.NoError(t, s.keeper.Open(ctx, known))
		p, err = s.keeper.Adopt(ctx, known)
		require.NoError(t, err)
		require.Equal(t, evidence.Done, p.State)
		var adopted []string
		for e, err := range s.keeper.Adopted(ctx) {
			require.NoError(t, err)
			adopted = append(adopted, e.Order.Number)
		}
		require.Equal(t, []string{lost.Number}, adopted)
		_, err = s.keeper.Adopt(ctx, evidence.Order{Kind: evidence.FaceH5, OpenedAt: time.Now()})
		require.ErrorIs(t, err, evidence.ErrOrder)
	})
}
