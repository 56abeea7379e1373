package evidence_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gocloud.dev/blob/fileblob"

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

// A file that could not be written is given up: it leaves nothing half-written behind, and
// no open object. The answer about a face is so small that it is written when it is closed;
// that about a flow is larger.
func TestStepGivesUpWhatCouldNotBeWritten(t *testing.T) {
	for _, name := range []string{"photo", "video", "answer.json", "BestFrame.BestFrame"} {
		for _, flow := range []bool{false, true} {
			inShop(t, func(s *shop) { s.givesUp(name, flow) })
		}
	}
}

// givesUp looks at an order while one file cannot be written.
func (s *shop) givesUp(name string, flow bool) {
	dir := s.TempDir()
	inner, err := fileblob.OpenBucket(dir, &fileblob.Options{NoTempDir: true, Metadata: fileblob.MetadataDontWrite})
	require.NoError(s, err)
	failed := false
	s.options.Bucket = evidencetest.Bucket(inner, func(_ context.Context, o evidencetest.Operation, object string, _ bool) error {
		if o != evidencetest.Write || !strings.HasSuffix(object, name) {
			return nil
		}
		failed = true
		return errors.New("the disk is full")
	})
	defer s.options.Bucket.Close()
	s.open()
	var o evidence.Order
	if flow {
		var page string
		o, page = s.wechat()
		_, err = s.sim.VisitCloud(ctx, page)
		require.NoError(s, err)
	} else {
		o = s.h5(faceidtest.Passes(), true)
	}
	p := s.step(o)
	if !failed {
		return // such an order has no such file
	}
	require.ErrorContains(s, p.Trouble, "the disk is full", name)
	files := 0
	require.NoError(s, filepath.WalkDir(dir, func(_ string, f fs.DirEntry, _ error) error {
		if !f.IsDir() {
			files++
		}
		return nil
	}))
	require.Equal(s, len(p.Files), files, name)
}

// The manifest and the bucket tell what a file is.
func TestFilesHaveAContentType(t *testing.T) {
	inShop(t, func(s *shop) {
		o := s.h5(faceidtest.Passes(), true)
		s.untilDone(o)
		want := map[string]string{"photo": "image/jpeg", "video": "application/octet-stream", "answer.json": "application/json"}
		for _, f := range s.manifest(o).Files {
			require.Equal(t, want[f.Name], f.ContentType, f.Name)
			object, err := s.bucket.Attributes(ctx, f.Object)
			require.NoError(t, err)
			require.Equal(t, want[f.Name], object.ContentType, f.Name)
		}
	})
}
