package evidence_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/evidence/evidencetest"
	"github.com/faceid-go/faceid/faceidtest"
)

// A bucket that never answers keeps neither the worker nor the outcome.
func TestStepOutlastsABucketThatStalls(t *testing.T) {
	for _, stalls := range []evidencetest.Operation{evidencetest.Create, evidencetest.Write, evidencetest.Commit, evidencetest.List, evidencetest.Delete} {
		inShop(t, func(s *shop) {
			o := s.h5(faceidtest.Passes(), true)
			stalled := true
			s.options.Bucket = evidencetest.Bucket(s.bucket, func(ctx context.Context, op evidencetest.Operation, _ string, done bool) error {
				if stalled && op == stalls && !done {
					<-ctx.Done()
					return ctx.Err()
				}
				return nil
			})
			s.open()
			begun := time.Now()
			p := s.step(o)
			require.Less(t, time.Since(begun), 10*time.Minute, stalls)
			require.True(t, p.Outcome.Passed)
			require.Len(t, s.outcomes(), 1)
			if p.State != evidence.Done {
				require.ErrorContains(t, p.Trouble, "the bucket: no answer within 1m0s", stalls)
			}
			stalled = false
			p, _ = s.untilDone(o)
			require.Empty(t, p.Missing)
			require.Len(t, s.manifest(o).Files, 3)
		})
	}
}

// Every single operation of the bucket may fail, before it was done and after it. No file
// is lost, and every file that the manifest names is whole.
func TestStepOutlivesABucketThatFailsOnce(t *testing.T) {
	errFull := errors.New("the bucket is full")
	failed := 0
	for at := 1; at < 60; at++ {
		inShop(t, func(s *shop) {
			o := s.h5(faceidtest.Passes(), true)
			left := at
			s.options.Bucket = evidencetest.Bucket(s.bucket, func(context.Context, evidencetest.Operation, string, bool) error {
				if left--; left == 0 {
					failed++
					return errFull
				}
				return nil
			})
			s.open()
			p, _ := s.untilDone(o)
			left = 0 // the bucket is well from now on
			require.Empty(t, p.Missing, fmt.Sprint("at operation ", at))
			require.ElementsMatch(t, []string{"photo", "video", "answer.json"}, names(s.manifest(o).Files))
			require.Len(t, s.outcomes(), 1)
		})
	}
	require.Greater(t, failed, 20)
}
