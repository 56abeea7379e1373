package fetch

import (
	"context"
	"maps"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/faceidtest"
)

var person = faceid.Person{UserID: "user1", Name: "李测试", IDNo: "110101199003074477"}

// shop is a merchant with orders and a bucket.
type shop struct {
	*testing.T
	sim    *faceidtest.Server
	client *faceid.Client
	bucket *blob.Bucket
	opts   Options
	slept  atomic.Int32 // waits for a file
}

func newShop(t *testing.T, opts ...faceidtest.Option) *shop {
	sim := faceidtest.Start(t, opts...)
	bucket := memblob.OpenBucket(nil)
	t.Cleanup(func() { _ = bucket.Close() })
	s := &shop{T: t, sim: sim, client: sim.Client(), bucket: bucket}
	s.opts = Options{Client: s.client, Bucket: bucket, Workers: 2, Now: sim.Now, Sleep: func(_ context.Context, d time.Duration) error {
		s.slept.Add(1)
		sim.Advance(d)
		return nil
	}}
	return s
}

// face opens an order, whose person ends as scripted, or does not come.
func (s *shop) face(endings ...faceidtest.Ending) evidence.Order {
	login, err := s.client.StartH5(s.Context(), faceid.H5Request{Person: person, RedirectURL: "https://shop.example/back"})
	require.NoError(s, err)
	for _, e := range endings {
		s.sim.Script(login.Session.OrderNo, e)
		_, err := s.sim.Visit(s.Context(), login.URL)
		require.NoError(s, err)
	}
	return evidence.Order{Kind: evidence.FaceH5, Number: login.Session.OrderNo}
}

// weChat opens a flow, whose attempts end with these codes.
func (s *shop) weChat(codes ...int) evidence.Order {
	flow, err := s.client.DetectAuth(s.Context(), faceid.DetectAuthRequest{RuleID: faceidtest.RulePlus, Name: person.Name, IDCard: person.IDNo})
	require.NoError(s, err)
	o := evidence.Order{Kind: evidence.WeChat, Number: flow.BizToken, RuleID: faceidtest.RulePlus}
	if len(codes) > 0 {
		s.tries(o, codes...)
	}
	return o
}

func (s *shop) tries(o evidence.Order, codes ...int) {
	s.sim.ScriptCloud(o.Number, faceidtest.CloudTries(codes...))
	_, err := s.sim.RunMiniProgram(s.Context(), o.Number)
	require.NoError(s, err)
}

// run runs a fetch, and returns the items by the keys of their orders.
func (s *shop) run(all ...evidence.Order) map[string]Item {
	items := map[string]Item{}
	require.NoError(s, Run(s.Context(), s.opts, all, func(i Item) { items[i.Order] = i }))
	return items
}

// one runs a fetch of one order.
func (s *shop) one(o evidence.Order) Item {
	items := s.run(o)
	require.Equal(s, []string{o.Key()}, slices.Collect(maps.Keys(items)))
	return items[o.Key()]
}

// objects lists the bucket.
func (s *shop) objects() (names []string) {
	list := s.bucket.List(nil)
	for {
		object, err := list.Next(s.Context())
		if err != nil {
			return names
		}
		names = append(names, object.Key)
	}
}
