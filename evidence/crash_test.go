package evidence_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/evidence/evidencetest"
	"github.com/faceid-go/faceid/faceidtest"
)

// mortal is a process that dies at one of its operations: before it or after it.
type mortal struct {
	evidence.Ledger
	left int // operations until death
}

func (m *mortal) mayDie() {
	if m.left--; m.left == 0 {
		runtime.Goexit()
	}
}

func (m *mortal) Load(ctx context.Context, key string) (evidence.Entry, error) {
	m.mayDie()
	defer m.mayDie()
	return m.Ledger.Load(ctx, key)
}

func (m *mortal) Save(ctx context.Context, e evidence.Entry) (int64, error) {
	m.mayDie()
	defer m.mayDie()
	return m.Ledger.Save(ctx, e)
}

// bucket makes the process die at the operations of a bucket, too.
func (m *mortal) bucket(inner *blob.Bucket) *blob.Bucket {
	return evidencetest.Bucket(inner, func(context.Context, evidencetest.Operation, string, bool) error {
		m.mayDie()
		return nil
	})
}

// A process may die before and after everything it does, in the ledger, in the bucket and
// at the merchant. The next process goes on: the merchant is told at least once, always
// under one key, and all files are there.
func TestStepOutlivesItsProcess(t *testing.T) {
	deaths := 0
	for at := 1; at < 60; at++ {
		inShop(t, func(s *shop) {
			e := faceidtest.Passes()
			e.FileLag = map[string]time.Duration{"video": time.Minute}
			o := s.h5(e, true)
			life := &mortal{Ledger: s.ledger, left: at}
			s.options.Ledger, s.options.Bucket = life, life.bucket(s.bucket)
			s.options.OnOutcome = func(ctx context.Context, out evidence.Outcome) error {
				life.mayDie()
				defer life.mayDie()
				return s.tell(ctx, out)
			}
			s.open()
			done := false
			for range 100 {
				ended := make(chan evidence.Progress, 1)
				go func() {
					defer close(ended)
					p, err := s.keeper.Step(ctx, o)
					if err == nil {
						ended <- p
					}
				}()
				p, lived := <-ended
				if !lived {
					deaths++
				}
				if done = p.State == evidence.Done && lived; done {
					break
				}
				time.Sleep(time.Minute)
			}
			require.True(t, done, "death at operation %d", at)
			life.left = 0 // it dies no more
			require.NotEmpty(t, s.outcomes())
			require.LessOrEqual(t, len(s.outcomes()), 2)
			for _, out := range s.outcomes() {
				require.Equal(t, o.Key(), out.Key)
				require.True(t, out.Passed)
			}
			require.ElementsMatch(t, []string{"photo", "video", "answer.json"}, names(s.manifest(o).Files))
			require.Len(t, s.objects(), 4, "death at operation %d leaves objects", at)
		})
	}
	require.Greater(t, deaths, 30)
}

// brokenLedger fails at one of its operations.
type brokenLedger struct {
	evidence.Ledger
	left int
}

var errDown = errors.New("the database is down")

func (l *brokenLedger) fails() bool { l.left--; return l.left == 0 }

func (l *brokenLedger) Load(ctx context.Context, key string) (evidence.Entry, error) {
	if l.fails() {
		return evidence.Entry{}, errDown
	}
	return l.Ledger.Load(ctx, key)
}

func (l *brokenLedger) Save(ctx context.Context, e evidence.Entry) (int64, error) {
	if l.fails() {
		return 0, errDown
	}
	return l.Ledger.Save(ctx, e)
}

func (l *brokenLedger) Entries(ctx context.Context, q evidence.Query) iter.Seq2[evidence.Entry, error] {
	if l.fails() {
		return func(yield func(evidence.Entry, error) bool) { yield(evidence.Entry{}, errDown) }
	}
	return l.Ledger.Entries(ctx, q)
}

// The end of a ledger's failure finds everything as it must be.
func TestStepOutlivesALedgerThatFails(t *testing.T) {
	for at := 1; at < 8; at++ {
		inShop(t, func(s *shop) {
			o := s.h5(faceidtest.Passes(), true)
			s.options.Ledger = &brokenLedger{s.ledger, at}
			s.open()
			p, err := s.keeper.Step(ctx, o)
			require.Equal(t, at <= 4, err != nil, "a step loads once and saves 3 times")
			for range 6 {
				if err != nil {
					require.ErrorIs(t, err, errDown, "at %d", at)
				}
				p, err = s.keeper.Step(ctx, o)
			}
			require.Equal(t, evidence.Done, p.State)
			require.True(t, p.Outcome.Passed)
			require.Len(t, s.manifest(o).Files, 3)
			require.Len(t, s.objects(), 4, "at %d", at)
		})
	}
}

// silent is a ledger that saves, and whose answer is lost on the way.
type silent struct {
	evidence.Ledger
	left int
}

func (l *silent) Save(ctx context.Context, e evidence.Entry) (int64, error) {
	version, err := l.Ledger.Save(ctx, e)
	if l.left--; err == nil && l.left == 0 {
		return 0, errDown
	}
	return version, err
}

// An entry may be saved although Save failed. The files that it names are there.
func TestStepKeepsTheFilesOfASaveWhoseAnswerWasLost(t *testing.T) {
	for at := 1; at <= 3; at++ {
		inShop(t, func(s *shop) {
			o := s.h5(faceidtest.Passes(), true)
			s.options.Ledger = &silent{s.ledger, at}
			s.open()
			_, err := s.keeper.Step(ctx, o)
			require.ErrorIs(t, err, errDown)
			s.untilDone(o)
			require.ElementsMatch(t, []string{"photo", "video", "answer.json"}, names(s.manifest(o).Files), "answer %d was lost", at)
			require.Len(t, s.objects(), 4)
		})
	}
}

// faster is a ledger in which another process has saved the entry just before.
type faster struct{ evidence.Ledger }

func (l faster) Save(ctx context.Context, e evidence.Entry) (int64, error) {
	other := e
	other.State, other.Files = evidence.Told, nil
	if _, err := l.Ledger.Save(ctx, other); err != nil {
		return 0, err
	}
	return l.Ledger.Save(ctx, e)
}

// A look that lost against another process leaves no object, and returns what the other
// process knows.
func TestStepThatLostLeavesNothing(t *testing.T) {
	inShop(t, func(s *shop) {
		o := s.h5(faceidtest.Passes(), true)
		s.options.Ledger = faster{s.ledger}
		s.open()
		require.Equal(t, evidence.Told, s.step(o).State)
		require.Empty(t, s.outcomes())
		require.Empty(t, s.objects())
	})
}

// A bucket that fails keeps no outcome back. The files come when it is well again.
func TestStepTellsWhileTheBucketFails(t *testing.T) {
	inShop(t, func(s *shop) {
		o := s.h5(faceidtest.Passes(), true)
		s.options.Bucket = s.brokenBucket()
		s.open()
		p := s.step(o)
		require.Equal(t, evidence.Told, p.State)
		require.True(t, p.Outcome.Passed)
		require.ErrorContains(t, p.Trouble, "bucket")
		require.Len(t, s.outcomes(), 1)
		time.Sleep(time.Until(p.Next))
		require.Error(t, s.step(o).Trouble)
		s.options.Bucket = s.bucket
		s.open()
		p, _ = s.untilDone(o)
		require.NoError(t, p.Trouble)
		require.Len(t, s.manifest(o).Files, 3)
		require.Len(t, s.outcomes(), 1)
	})
}

// A bucket that was away from the first look until the order was old loses no file that
// the platform still has.
func TestStepFetchesFilesAfterALongFailureOfTheBucket(t *testing.T) {
	for _, ends := range []faceidtest.Ending{faceidtest.Passes(), faceidtest.NoFace()} {
		inShop(t, func(s *shop) {
			o := s.h5(ends, true)
			s.options.Bucket = s.brokenBucket()
			s.open()
			require.Error(t, s.step(o).Trouble)
			time.Sleep(65 * time.Hour)
			require.Equal(t, evidence.Told, s.step(o).State)
			s.options.Bucket = s.bucket
			s.open()
			s.untilDone(o)
			require.Contains(t, names(s.manifest(o).Files), "answer.json")
			require.Equal(t, ends.Code == faceidtest.Passes().Code, len(s.manifest(o).Files) == 3)
		})
	}
}

// What the platform has forgotten before the bucket was well again is named.
func TestStepNamesWhatWasLostWithTheBucket(t *testing.T) {
	inShop(t, func(s *shop) {
		o := s.h5(faceidtest.Passes(), true)
		s.options.Bucket = s.brokenBucket()
		s.open()
		require.Error(t, s.step(o).Trouble)
		time.Sleep(73 * time.Hour)
		s.options.Bucket = s.bucket
		s.open()
		p, _ := s.untilDone(o)
		require.True(t, p.Outcome.Passed)
		require.ElementsMatch(t, []string{"photo", "video", "answer.json"}, p.Missing)
		require.ElementsMatch(t, p.Missing, s.manifest(o).Missing)
	})
}

// oneFileFails is a recipient that encrypts some files and then fails for the next one,
// as a bucket does that is full.
type oneFileFails struct{ good int }

func (r *oneFileFails) Wrap(fileKey []byte) ([]*age.Stanza, error) {
	if r.good--; r.good == -1 {
		return nil, errors.New("the disk is full")
	}
	return []*age.Stanza{{Type: "test", Body: fileKey}}, nil
}

// A flow whose files did not all go into the bucket is looked at again.
func TestStepLeavesOutNoFileOfAFlow(t *testing.T) {
	for good := range 5 {
		inShop(t, func(s *shop) {
			o, page := s.wechat()
			_, err := s.sim.VisitCloud(ctx, page)
			require.NoError(t, err)
			s.options.Recipients = []age.Recipient{&oneFileFails{good}}
			s.open()
			p := s.step(o)
			require.ErrorContains(t, p.Trouble, "the disk is full")
			require.Equal(t, evidence.Told, p.State)
			s.untilDone(o)
			require.ElementsMatch(t, []string{"BestFrame.BestFrame", "IdCardData.OcrFront", "IdCardData.OcrBack", "VideoData.LivenessVideo", "answer.json"}, names(s.manifest(o).Files), "after %d files", good)
		})
	}
}

// brokenBucket returns a bucket that cannot be written.
func (s *shop) brokenBucket() *blob.Bucket {
	s.Helper()
	b, err := fileblob.OpenBucket(s.TempDir(), nil)
	require.NoError(s, err)
	require.NoError(s, b.Close())
	return b
}

// The end of a Step's context says nothing about the order, and leaves nothing behind.
func TestStepThatIsCutOffLeavesNothing(t *testing.T) {
	inShop(t, func(s *shop) {
		o := s.h5(faceidtest.Passes(), true)
		s.sim.FailNext("/api/v2/base/queryfacerecord", faceidtest.FaultDelay(time.Minute))
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		_, err := s.keeper.Step(short, o)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		_, err = s.ledger.Load(ctx, o.Key())
		require.ErrorIs(t, err, evidence.ErrNoEntry)
		require.Empty(t, s.objects())
		require.True(t, s.step(o).Outcome.Passed)
	})
}

// Answers that break off in the middle of a file leave no half of a file.
func TestStepKeepsNoHalfOfAFile(t *testing.T) {
	inShop(t, func(s *shop) {
		e := faceidtest.Passes()
		e.Video = make([]byte, 1<<20)
		o := s.h5(e, true)
		s.sim.FailNext("/api/v2/base/queryfacerecord", faceidtest.FaultTruncate(500_000), faceidtest.FaultTruncate(500_000), faceidtest.FaultTruncate(500_000))
		p := s.step(o)
		require.Error(t, p.Trouble)
		require.ErrorIs(t, p.Trouble, faceid.ErrNetwork)
		require.Empty(t, s.objects())
		p, _ = s.untilDone(o)
		require.True(t, p.Outcome.Passed)
		require.Len(t, s.manifest(o).Files, 3)
		require.Len(t, s.objects(), 4, fmt.Sprint(s.objects()))
	})
}
