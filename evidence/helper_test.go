package evidence_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/faceidtest"
)

var (
	ctx    = context.Background()
	person = faceid.Person{UserID: "user1", Name: "李测试", IDNo: "110101199003074477"}
)

// shop is a merchant with a Keeper, and the platform, inside a bubble.
type shop struct {
	*testing.T
	sim     *faceidtest.Server
	client  *faceid.Client
	bucket  *blob.Bucket
	ledger  evidence.Ledger
	options evidence.Options
	keeper  *evidence.Keeper
	page    string

	mu   sync.Mutex
	told []evidence.Outcome
}

// inShop gives a test a shop of its own. Time moves by itself there.
func inShop(t *testing.T, do func(s *shop), opts ...faceidtest.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &shop{T: t, sim: faceidtest.Start(t, opts...), bucket: memblob.OpenBucket(nil), ledger: evidence.NewMemoryLedger()}
		defer s.bucket.Close()
		s.client = s.sim.Client(faceid.WithStore(faceid.NewMemoryStore()))
		s.options = evidence.Options{
			Client: s.client, Bucket: s.bucket, Ledger: s.ledger, OnOutcome: s.tell, HTTPClient: &http.Client{Transport: s.sim},
			Expect: func(context.Context, evidence.Order) (faceid.Person, error) { return person, nil },
		}
		s.open()
		do(s)
	})
}

// open makes the Keeper of the options.
func (s *shop) open() {
	s.Helper()
	k, err := evidence.New(s.options)
	require.NoError(s, err)
	s.keeper = k
}

func (s *shop) tell(_ context.Context, o evidence.Outcome) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, o)
	return nil
}

// outcomes returns what the merchant was told.
func (s *shop) outcomes() []evidence.Outcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.told
}

// h5 opens an order for a mobile browser. The person comes if comes is set.
func (s *shop) h5(e faceidtest.Ending, comes bool) evidence.Order {
	s.Helper()
	login, err := s.client.StartH5(ctx, faceid.H5Request{Person: person, RedirectURL: "https://shop.example/back", From: faceid.FromBrowser})
	require.NoError(s, err)
	o := evidence.Order{Kind: evidence.FaceH5, Number: login.Session.OrderNo, OpenedAt: time.Now(), Ref: "contract 1"}
	if comes {
		s.sim.Script(o.Number, e)
		_, err = s.sim.Visit(ctx, login.URL)
		require.NoError(s, err)
	}
	return o
}

// step calls Step, which must not fail.
func (s *shop) step(o evidence.Order) evidence.Progress {
	s.Helper()
	p, err := s.keeper.Step(ctx, o)
	require.NoError(s, err)
	return p
}

// untilDone calls Step whenever it is time, and returns the last progress and how often.
func (s *shop) untilDone(o evidence.Order) (p evidence.Progress, steps int) {
	s.Helper()
	for steps = 1; steps < 2000; steps++ {
		if p = s.step(o); p.State == evidence.Done {
			return p, steps
		}
		require.False(s, p.Next.IsZero())
		time.Sleep(max(time.Until(p.Next), time.Millisecond))
	}
	s.Fatal("the order has no end")
	return p, steps
}

// manifest reads the manifest of an order, and checks that each file is what it says.
func (s *shop) manifest(o evidence.Order) *evidence.Manifest {
	s.Helper()
	m, err := s.keeper.Manifest(ctx, o)
	require.NoError(s, err)
	for _, f := range m.Files {
		content, err := s.bucket.ReadAll(ctx, f.Object)
		require.NoError(s, err, f.Name)
		if f.Encrypted {
			continue
		}
		require.Len(s, content, int(f.Size), f.Name)
		sum := sha256.Sum256(content)
		require.Equal(s, hex.EncodeToString(sum[:]), f.SHA256, f.Name)
	}
	return m
}

// names returns the names of files.
func names(files []evidence.File) []string {
	var all []string
	for _, f := range files {
		all = append(all, f.Name)
	}
	return all
}

// objects returns the names of everything in the bucket.
func (s *shop) objects() []string {
	s.Helper()
	var all []string
	list := s.bucket.List(nil)
	for {
		object, err := list.Next(ctx)
		if err != nil {
			return all
		}
		all = append(all, object.Key)
	}
}

// asText writes a value as JSON.
func asText(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text)
}
