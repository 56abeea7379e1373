package fetch

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/faceidtest"
)

const recordPath = "/api/v2/base/queryfacerecord"

func TestRunFetchesWhatIsThere(t *testing.T) {
	s := newShop(t)
	passed, failed, open, flow := s.face(faceidtest.Passes()), s.face(faceidtest.NotSamePerson()), s.face(), s.weChat(1002, 0)
	items := s.run(passed, failed, open, flow)
	require.Len(t, items, 4)
	i := items[passed.Key()]
	require.True(t, i.Complete() && i.Passed)
	require.Equal(t, "Passed", i.Family)
	require.Len(t, i.Files, 3)
	require.Positive(t, i.Bytes())
	i = items[failed.Key()]
	require.Equal(t, Fetched, i.Status)
	require.Equal(t, []string{"photo", "video"}, i.Missing, "the simulator keeps no files of a person who did not pass")
	require.False(t, i.Passed || i.Complete())
	require.Equal(t, "66660004", i.Code)
	require.Equal(t, NoResult, items[open.Key()].Status)
	i = items[flow.Key()]
	require.True(t, i.Complete() && i.Passed)
	for _, name := range s.objects() {
		require.NotContains(t, name, flow.Number)
		require.NotContains(t, name, open.Number, "an order without a result leaves nothing")
	}
}

// A second run asks nobody about what was fetched, even when the platform has forgotten it.
func TestRunGoesOnWhereARunEnded(t *testing.T) {
	s := newShop(t)
	first, flow, late := s.face(faceidtest.Passes()), s.weChat(0), s.face()
	s.run(first, flow, late)
	objects := s.objects()
	asked := s.sim.Calls(recordPath) + s.sim.Calls("GetDetectInfoEnhanced")
	s.sim.Advance(100 * time.Hour)
	items := s.run(first, flow)
	require.Equal(t, Already, items[first.Key()].Status)
	require.Equal(t, Already, items[flow.Key()].Status)
	require.True(t, items[first.Key()].Complete() && items[first.Key()].Passed)
	require.Len(t, items[first.Key()].Files, 3)
	require.Equal(t, asked, s.sim.Calls(recordPath)+s.sim.Calls("GetDetectInfoEnhanced"))
	require.Equal(t, objects, s.objects())
	require.Equal(t, NoResult, s.one(late).Status)
}

// An order that the merchant's own Keeper has kept is there already: the names are the same.
func TestRunKnowsTheKeepersManifests(t *testing.T) {
	s := newShop(t)
	o := s.face(faceidtest.Passes())
	o.OpenedAt = s.sim.Now()
	k, err := evidence.New(evidence.Options{
		Client: s.client, Bucket: s.bucket, Ledger: evidence.NewMemoryLedger(), Now: s.sim.Now,
		OnOutcome: func(context.Context, evidence.Outcome) error { return nil },
	})
	require.NoError(t, err)
	_, err = k.Step(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, Already, s.one(o).Status)
	o.OpenedAt = time.Time{}
	require.Equal(t, Already, s.one(o).Status, "its day is found")

	other := s.face(faceidtest.Passes())
	other.OpenedAt = s.sim.Now()
	require.Equal(t, Fetched, s.one(other).Status)
	m, err := k.Manifest(t.Context(), other)
	require.NoError(t, err)
	require.Len(t, m.Files, 3)
}

// A flow of WeChat may be tried again for 2 hours. Its result is not taken before.
func TestRunLeavesAFlowThatIsNotOver(t *testing.T) {
	s := newShop(t)
	o, nobody := s.weChat(1002), s.weChat()
	i := s.one(o)
	require.Equal(t, NotYet, i.Status)
	require.True(t, i.Again.After(s.sim.Now()))
	require.Equal(t, NoResult, s.one(nobody).Status)
	require.Empty(t, s.objects())
	s.sim.Advance(time.Hour)
	s.tries(o, 0)
	i = s.one(o)
	require.Equal(t, Fetched, i.Status)
	require.True(t, i.Passed)

	failed := s.weChat(1002)
	s.sim.Advance(3 * time.Hour)
	i = s.one(failed)
	require.Equal(t, Fetched, i.Status)
	require.False(t, i.Passed)
}

func TestRunWaitsForAFileThatLags(t *testing.T) {
	s := newShop(t)
	lagging := faceidtest.Passes()
	lagging.FilesLag = 5 * time.Second
	i := s.one(s.face(lagging))
	require.True(t, i.Complete())
	require.Len(t, i.Files, 3)
	require.Positive(t, s.slept.Load())

	never := faceidtest.Passes()
	never.FilesLag = 48 * time.Hour
	o := s.face(never)
	i = s.one(o)
	require.Equal(t, Fetched, i.Status)
	require.False(t, i.Complete())
	require.ElementsMatch(t, []string{"photo", "video"}, i.Missing)
	i = s.one(o)
	require.Equal(t, Already, i.Status)
	require.ElementsMatch(t, []string{"photo", "video"}, i.Missing, "the manifest names them")

	old, before := s.face(never), s.slept.Load()
	s.sim.Advance(time.Hour)
	require.False(t, s.one(old).Complete())
	require.Equal(t, before, s.slept.Load(), "files lag for seconds, and these are an hour old")
}

// A folder with files and no manifest belongs to a process that is at it, or to one that was
// killed. Only a person can tell.
func TestRunLeavesAFolderThatIsHeld(t *testing.T) {
	s := newShop(t)
	o := s.face(faceidtest.Passes())
	o.OpenedAt = s.sim.Now()
	held := folderOf(o) + "abcdefgh-photo"
	require.NoError(t, s.bucket.WriteAll(t.Context(), held, []byte("x"), nil))
	require.Equal(t, Held, s.one(o).Status)
	require.Equal(t, []string{held}, s.objects())
	o.OpenedAt = time.Time{}
	require.Equal(t, Held, s.one(o).Status)
	s.opts.TakeOver = true
	require.True(t, s.one(o).Complete())
	require.NotContains(t, s.objects(), held)
}

// first calls before once, ahead of the first request for a record.
type first struct {
	sim    *faceidtest.Server
	before func()
}

func (f *first) RoundTrip(r *http.Request) (*http.Response, error) {
	if before := f.before; before != nil && r.URL.Path == recordPath {
		f.before = nil
		before()
	}
	return f.sim.RoundTrip(r)
}

// Two runs at once do not remove each other's files.
func TestRunClaimsItsFolder(t *testing.T) {
	s := newShop(t)
	o := s.face(faceidtest.Passes())
	o.OpenedAt = s.sim.Now()
	other := s.opts
	s.opts.Client = s.sim.Client(faceid.WithHTTPClient(&http.Client{Transport: &first{s.sim, func() {
		require.NoError(t, Run(t.Context(), other, []evidence.Order{o}, func(i Item) { require.Equal(t, Held, i.Status) }))
	}}}))
	i := s.one(o)
	require.Equal(t, Fetched, i.Status)
	require.Len(t, s.objects(), 1+len(i.Files), "the claim has gone")
	for _, file := range i.Files {
		there, err := s.bucket.Exists(t.Context(), file.Object)
		require.NoError(t, err)
		require.True(t, there, file.Name)
	}
}

func TestRunEndsEarlyInTroubleThatAllShare(t *testing.T) {
	s := newShop(t)
	var all []evidence.Order
	for range 30 {
		all = append(all, s.face(faceidtest.Passes()))
	}
	s.opts.Workers = 1
	s.opts.Client = s.sim.Client(faceid.WithApp(s.sim.AppID(), "wrong"))
	items := s.run(all...)
	require.Len(t, items, 1)
	require.Equal(t, Trouble, items[all[0].Key()].Status)
	require.Contains(t, items[all[0].Key()].Trouble, "Credential")

	s.opts.Client = s.client
	_ = s.bucket.Close()
	err := Run(t.Context(), s.opts, all, func(Item) {})
	require.ErrorContains(t, err, "the bucket cannot be listed")
}

func TestRunEndsEarlyWhenNothingWorks(t *testing.T) {
	for troubles, items := range map[int]int{mostInARow - 1: 22, mostInARow: mostInARow} {
		s := newShop(t)
		s.opts.Workers = 1
		var all []evidence.Order
		for range 22 {
			all = append(all, s.face(faceidtest.Passes()))
		}
		for range troubles {
			s.sim.FailNext(recordPath, faceidtest.FaultCode("66660002", "no permission"))
		}
		require.Len(t, s.run(all...), items, "%d in a row", troubles)
	}
}

func TestRunCountsTroublesInARow(t *testing.T) {
	s := newShop(t)
	s.opts.Workers = 1
	good := s.face(faceidtest.Passes())
	s.one(good)
	var all []evidence.Order
	for i := range 2 * (mostInARow - 1) {
		if i == mostInARow-1 {
			all = append(all, good) // it is there, and asks nobody
		}
		all = append(all, s.face(faceidtest.Passes()))
		s.sim.FailNext(recordPath, faceidtest.FaultCode("66660002", "no permission"))
	}
	require.Len(t, s.run(all...), len(all))
}

// The person of an order of unknown age may still come, so nothing may say that it has ended.
func TestRunKeepsNoEndOfAnOrderOfUnknownAge(t *testing.T) {
	s := newShop(t)
	token, err := s.client.GetEidToken(t.Context(), faceid.GetEidTokenRequest{MerchantID: faceidtest.Merchant, Name: person.Name, IDCard: person.IDNo})
	require.NoError(t, err)
	o := evidence.Order{Kind: evidence.Eid, Number: token.EidToken}
	require.Equal(t, NoResult, s.one(o).Status)
	require.Empty(t, s.objects())
	_, err = s.sim.RunEid(t.Context(), token.EidToken)
	require.NoError(t, err)
	i := s.one(o)
	require.Equal(t, Fetched, i.Status)
	require.True(t, i.Passed)
}

// The end of ctx leaves no order half fetched.
func TestRunThatIsInterruptedLeavesNothing(t *testing.T) {
	s := newShop(t)
	never := faceidtest.Passes()
	never.FilesLag = 48 * time.Hour
	o := s.face(never)
	ctx, stop := context.WithCancel(t.Context())
	s.opts.Sleep = func(context.Context, time.Duration) error {
		require.NotEmpty(t, s.objects(), "the answer is there, and the files are waited for")
		stop()
		return ctx.Err()
	}
	err := Run(ctx, s.opts, []evidence.Order{o, s.face(faceidtest.Passes())}, func(i Item) { require.NotEqual(t, o.Key(), i.Order) })
	require.ErrorIs(t, err, context.Canceled)
	for _, name := range s.objects() {
		require.NotContains(t, name, o.Number)
	}
}

// An order that is older than all periods does not end with the trouble of the moment.
func TestRunWritesNoManifestOfTrouble(t *testing.T) {
	s := newShop(t)
	o := s.face(faceidtest.Passes())
	o.OpenedAt = s.sim.Now().Add(-200 * time.Hour)
	s.sim.FailNext(recordPath, faceidtest.FaultCode("66660002", "no permission"))
	i := s.one(o)
	require.Equal(t, Trouble, i.Status)
	require.Contains(t, i.Trouble, "Account")
	require.Empty(t, s.objects())
	require.True(t, s.one(o).Passed)

	forgotten := evidence.Order{Kind: evidence.FaceH5, Number: "order1", OpenedAt: s.sim.Now().Add(-200 * time.Hour)}
	require.Equal(t, NoResult, s.one(forgotten).Status)
	require.Equal(t, NoResult, s.one(forgotten).Status, "by its manifest")
}

func TestRunEncrypts(t *testing.T) {
	s := newShop(t)
	key, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	s.opts.Recipients = []age.Recipient{key.Recipient()}
	o := s.face(faceidtest.Passes())
	require.True(t, s.one(o).Complete())
	for _, name := range s.objects() {
		text, err := s.bucket.ReadAll(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, !strings.HasSuffix(name, "manifest.json"), strings.HasPrefix(string(text), "age-encryption.org"), name)
	}
}

func TestRunTellsOfABucketThatFails(t *testing.T) {
	s := newShop(t)
	o := s.face(faceidtest.Passes())
	o.OpenedAt = s.sim.Now()
	_ = s.bucket.Close()
	i := s.one(o)
	require.Equal(t, Trouble, i.Status)
	require.NotEmpty(t, i.Trouble)
}
