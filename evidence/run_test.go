package evidence_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/faceidtest"
)

// Run ends every order of the ledger, and only ctx ends Run.
func TestRunEndsEveryOrder(t *testing.T) {
	inShop(t, func(s *shop) {
		orders := map[string]bool{}
		for i := range 30 {
			o := s.h5(faceidtest.Passes(), i%3 > 0)
			orders[o.Key()] = i%3 > 0
			require.NoError(t, s.keeper.Open(ctx, o))
			require.NoError(t, s.keeper.Open(ctx, o), "twice is no error")
		}
		running, stop := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- s.keeper.Run(running, 4, time.Minute) }()
		time.Sleep(10 * time.Minute)
		require.Len(t, s.outcomes(), 20, "those who came are told of soon")
		time.Sleep(72 * time.Hour)
		stop()
		require.ErrorIs(t, <-ended, context.Canceled)
		require.Len(t, s.outcomes(), 30)
		for _, out := range s.outcomes() {
			require.Equal(t, orders[out.Key], out.Passed)
		}
		for e, err := range s.keeper.Late(ctx, 0) {
			require.NoError(t, err)
			t.Errorf("%s has not ended", e.Order.Key())
		}
		require.Error(t, s.keeper.Run(ctx, 0, time.Second))
		require.Error(t, s.keeper.Run(ctx, 1, 0))
	})
}

func TestLateTellsOfOldOrders(t *testing.T) {
	inShop(t, func(s *shop) {
		old := s.h5(faceidtest.Ending{}, false)
		require.NoError(t, s.keeper.Open(ctx, old))
		time.Sleep(time.Hour)
		require.NoError(t, s.keeper.Open(ctx, s.h5(faceidtest.Ending{}, false)))
		var late []string
		for e, err := range s.keeper.Late(ctx, 30*time.Minute) {
			require.NoError(t, err)
			late = append(late, e.Order.Key())
		}
		require.Equal(t, []string{old.Key()}, late)
	})
}

// Charges counts what the documents say is charged, on the platform's days.
func TestChargesCountsByDayAndProduct(t *testing.T) {
	inShop(t, func(s *shop) {
		begin := time.Now() // The clock of a bubble begins at 2000-01-01 00:00 UTC, which is 8 o'clock in Beijing.
		plus := func(e faceidtest.Ending, comes bool) {
			o := s.h5(e, comes)
			o.Product = faceid.ProductPlus
			s.step(o)
		}
		plus(faceidtest.Passes(), true)
		plus(faceidtest.Passes(), true)
		plus(faceidtest.NotSamePerson(), true)
		plus(faceidtest.NoFace(), true)
		plus(faceidtest.Ending{}, false)
		o, page := s.wechat()
		s.sim.ScriptCloud(o.Number, faceidtest.CloudPasses())
		_, err := s.sim.VisitCloud(ctx, page)
		require.NoError(t, err)
		s.step(o)
		time.Sleep(16 * time.Hour)
		plus(faceidtest.Passes(), true)
		charges, err := s.keeper.Charges(ctx, begin, begin.Add(48*time.Hour))
		require.NoError(t, err)
		require.Equal(t, []evidence.Charge{
			{Day: "2000-01-01", Product: "plus", Orders: 4, Passed: 2, Charged: 3},
			{Day: "2000-01-01", Product: "wechat", Orders: 1, Passed: 1, Charged: 1},
			{Day: "2000-01-02", Product: "plus", Orders: 1, Passed: 1, Charged: 1},
		}, charges)
		charges, err = s.keeper.Charges(ctx, begin.Add(time.Hour), begin.Add(2*time.Hour))
		require.NoError(t, err)
		require.Empty(t, charges)
	})
}

// Files are encrypted on their way into the bucket, and the sums are those of the files.
func TestRecipientsEncryptTheFiles(t *testing.T) {
	identity, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	inShop(t, func(s *shop) {
		s.options.Recipients = []age.Recipient{identity.Recipient()}
		s.open()
		e := faceidtest.Passes()
		e.Photo = bytes.Repeat([]byte("\xff\xd8\xff a photo "), 10000)
		o := s.h5(e, true)
		s.step(o)
		for _, f := range s.manifest(o).Files {
			require.True(t, f.Encrypted)
			stored, err := s.bucket.ReadAll(ctx, f.Object)
			require.NoError(t, err)
			require.NotContains(t, string(stored), "a photo")
			if f.Name != "photo" {
				continue
			}
			plain, err := age.Decrypt(bytes.NewReader(stored), identity)
			require.NoError(t, err)
			content, err := io.ReadAll(plain)
			require.NoError(t, err)
			require.Equal(t, e.Photo, content)
			require.Equal(t, int64(len(e.Photo)), f.Size)
			require.Equal(t, "image/jpeg", f.ContentType)
		}
	})
}

// Neither ledger nor manifest nor the names of objects name the person.
func TestNothingButFilesNamesThePerson(t *testing.T) {
	inShop(t, func(s *shop) {
		o := s.h5(faceidtest.Passes(), true)
		flow, page := s.wechat()
		_, err := s.sim.VisitCloud(ctx, page)
		require.NoError(t, err)
		for _, o := range []evidence.Order{o, flow} {
			s.step(o)
			m, err := s.keeper.Manifest(ctx, o)
			require.NoError(t, err)
			e, err := s.ledger.Load(ctx, o.Key())
			require.NoError(t, err)
			for _, text := range []string{asText(t, m), asText(t, e)} {
				require.NotContains(t, text, person.Name)
				require.NotContains(t, text, person.IDNo)
				require.NotContains(t, text, person.UserID)
			}
		}
	})
}

func TestDeleteLeavesNothing(t *testing.T) {
	inShop(t, func(s *shop) {
		o := s.h5(faceidtest.Passes(), true)
		s.step(o)
		open := s.h5(faceidtest.Ending{}, false)
		s.step(open)
		n, err := s.keeper.DeleteOpenedBefore(ctx, time.Now())
		require.NoError(t, err)
		require.Zero(t, n)
		time.Sleep(time.Second)
		n, err = s.keeper.DeleteOpenedBefore(ctx, time.Now())
		require.NoError(t, err)
		require.Equal(t, 1, n, "an order that is not Done stays")
		require.Empty(t, s.objects())
		_, err = s.keeper.Manifest(ctx, o)
		require.ErrorIs(t, err, evidence.ErrNoManifest)
		_, err = s.ledger.Load(ctx, o.Key())
		require.ErrorIs(t, err, evidence.ErrNoEntry)
		_, err = s.ledger.Load(ctx, open.Key())
		require.NoError(t, err)
		require.NoError(t, s.keeper.Delete(ctx, o), "again")
	})
}

// A caller may know only about when an order was opened. Its files are found all the
// same.
func TestDeleteFindsTheFilesOfAnOrder(t *testing.T) {
	inShop(t, func(s *shop) {
		o := s.h5(faceidtest.Passes(), true)
		s.step(o)
		o.OpenedAt = o.OpenedAt.Add(-48 * time.Hour)
		m, err := s.keeper.Manifest(ctx, o)
		require.NoError(t, err)
		require.Len(t, m.Files, 3)
		require.NoError(t, s.keeper.Delete(ctx, o))
		require.Empty(t, s.objects())
		o.Number = "../order1"
		require.ErrorIs(t, s.keeper.Delete(ctx, o), evidence.ErrOrder)
	})
}

// A token gives access to a person's data. It stands in the ledger, and nowhere else.
func TestOrderPrintsWithoutItsToken(t *testing.T) {
	inShop(t, func(s *shop) {
		var log bytes.Buffer
		s.options.Logger = slog.New(slog.NewJSONHandler(&log, nil))
		s.open()
		o, page := s.wechat()
		_, err := s.sim.VisitCloud(ctx, page)
		require.NoError(t, err)
		p := s.step(o)
		e, err := s.ledger.Load(ctx, o.Key())
		require.NoError(t, err)
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "order", o, "outcome", p.Outcome, "entry", e)
		at := slices.IndexFunc(s.objects(), func(name string) bool { return strings.HasSuffix(name, "/manifest.json") })
		m, err := s.bucket.ReadAll(ctx, s.objects()[at])
		require.NoError(t, err)
		require.Contains(t, string(m), o.Key())
		for _, text := range []string{
			log.String(), string(m), fmt.Sprintf("%v %+v %#v %s %d %x", o, o, o, o, o, o), fmt.Sprintf("%v %+v %#v", p, p, p),
			fmt.Sprintf("%+v %#v", *p.Outcome, *p.Outcome), fmt.Sprintf("%+v %#v", e, e), fmt.Sprintf("%+v", []any{&o, o}),
		} {
			require.NotContains(t, text, o.Number)
		}
	})
}

func TestNewNamesWhatIsMissing(t *testing.T) {
	inShop(t, func(s *shop) {
		for name, spoil := range map[string]func(o *evidence.Options){
			"Client":    func(o *evidence.Options) { o.Client = nil },
			"Bucket":    func(o *evidence.Options) { o.Bucket = nil },
			"Ledger":    func(o *evidence.Options) { o.Ledger = nil },
			"OnOutcome": func(o *evidence.Options) { o.OnOutcome = nil },
		} {
			options := s.options
			spoil(&options)
			_, err := evidence.New(options)
			require.ErrorContains(t, err, "Options."+name)
		}
	})
}

// stale is a ledger whose list is as old as its entries are.
type stale struct {
	evidence.Ledger
	listed []evidence.Entry
}

func (l stale) Entries(context.Context, evidence.Query) iter.Seq2[evidence.Entry, error] {
	return func(yield func(evidence.Entry, error) bool) {
		for _, e := range l.listed {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// All processes of a fleet find the same orders due. What another one has looked at since,
// or deleted, is not looked at again.
func TestRunDueLeavesWhatAnotherProcessHasLookedAt(t *testing.T) {
	inShop(t, func(s *shop) {
		var listed []evidence.Entry
		orders := []evidence.Order{s.h5(faceidtest.Ending{}, false), s.h5(faceidtest.Ending{}, false), s.h5(faceidtest.Ending{}, false)}
		for _, o := range orders {
			require.NoError(t, s.keeper.Open(ctx, o))
			e, err := s.ledger.Load(ctx, o.Key())
			require.NoError(t, err)
			listed = append(listed, e)
		}
		time.Sleep(8 * time.Minute)
		s.step(orders[0])
		require.NoError(t, s.ledger.Delete(ctx, orders[1].Key()))
		asked := s.sim.Calls("/api/v2/base/queryfacerecord")
		s.options.Ledger = stale{s.ledger, listed}
		s.open()
		n, err := s.keeper.RunDue(ctx, 1)
		require.NoError(t, err)
		require.Equal(t, 3, n)
		require.Equal(t, asked+1, s.sim.Calls("/api/v2/base/queryfacerecord"))
		_, err = s.ledger.Load(ctx, orders[1].Key())
		require.ErrorIs(t, err, evidence.ErrNoEntry)
	})
}
