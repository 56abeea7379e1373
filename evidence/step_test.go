package evidence_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/faceidtest"
)

// A person who has passed needs one step: the merchant is told, and the files are there.
func TestStepEndsAnOrderThatPassed(t *testing.T) {
	inShop(t, func(s *shop) {
		o := s.h5(faceidtest.Passes(), true)
		p := s.step(o)
		require.Equal(t, evidence.Done, p.State)
		require.True(t, p.Outcome.Passed)
		require.NoError(t, p.Trouble)
		require.Len(t, s.outcomes(), 1)
		out := s.outcomes()[0]
		require.Equal(t, o.Key(), out.Key)
		require.Equal(t, "contract 1", out.Order.Ref)
		require.Equal(t, faceid.FamilyPassed, out.Family)
		require.False(t, out.OccurredAt.IsZero())
		m := s.manifest(o)
		require.ElementsMatch(t, []string{"photo", "video", "answer.json"}, names(m.Files))
		require.Empty(t, m.Missing)
		require.Len(t, s.objects(), 4)
		require.Equal(t, evidence.Done, s.step(o).State)
		require.Len(t, s.outcomes(), 1, "a further step tells nothing")
	})
}

// Somebody else has files too, and has not passed.
func TestStepTellsOfAnotherPerson(t *testing.T) {
	inShop(t, func(s *shop) {
		e := faceidtest.NotSamePerson()
		e.Photo, e.Video = []byte("a photo"), []byte("a video")
		o := s.h5(e, true)
		p, _ := s.untilDone(o)
		require.False(t, p.Outcome.Passed)
		require.Equal(t, faceid.FamilyNotSamePerson, p.Outcome.Family)
		require.Len(t, s.manifest(o).Files, 3)
	})
}

// An order whose person never comes costs few looks, and ends within the 3 days.
func TestStepEndsAnOrderWhosePersonNeverCame(t *testing.T) {
	inShop(t, func(s *shop) {
		o := s.h5(faceidtest.Ending{}, false)
		p, steps := s.untilDone(o)
		require.False(t, p.Outcome.Passed)
		require.Equal(t, faceid.ErrNoResult, p.Outcome.Family)
		require.False(t, p.Outcome.Late)
		require.Less(t, time.Since(o.OpenedAt), 72*time.Hour)
		require.LessOrEqual(t, steps, 18)
		require.Equal(t, steps, s.sim.Calls("/api/v2/base/queryfacerecord"))
		require.Len(t, s.outcomes(), 1)
		require.Empty(t, s.manifest(o).Files)
		require.Empty(t, s.manifest(o).Missing, "a person who never came left no file that could be missing")
	})
}

// A person may come between two looks, late in the life of the page.
func TestStepFindsAPersonWhoCameLate(t *testing.T) {
	inShop(t, func(s *shop) {
		login, err := s.client.StartH5(ctx, faceid.H5Request{Person: person, RedirectURL: "https://shop.example/back", From: faceid.FromBrowser})
		require.NoError(t, err)
		o := evidence.Order{Kind: evidence.FaceH5, Number: login.Session.OrderNo, OpenedAt: time.Now()}
		p := s.step(o)
		require.Equal(t, evidence.Waiting, p.State)
		require.Equal(t, o.OpenedAt.Add(7*time.Minute), p.Next)
		time.Sleep(90 * time.Second)
		_, err = s.sim.Visit(ctx, login.URL)
		require.NoError(t, err)
		p, _ = s.untilDone(o)
		require.True(t, p.Outcome.Passed)
	})
}

// Files that lag keep nobody waiting for the outcome, and come later. What is stored is
// not asked for again.
func TestStepWaitsForFilesThatLag(t *testing.T) {
	inShop(t, func(s *shop) {
		e := faceidtest.Passes()
		e.FileLag = map[string]time.Duration{"video": 10 * time.Minute}
		o := s.h5(e, true)
		p := s.step(o)
		require.Equal(t, evidence.Told, p.State)
		require.Equal(t, []string{"video"}, p.Missing)
		require.Len(t, s.outcomes(), 1)
		require.Equal(t, 2*time.Second, time.Until(p.Next))
		p, steps := s.untilDone(o)
		require.Empty(t, p.Missing)
		require.Less(t, steps, 20)
		require.ElementsMatch(t, []string{"photo", "video", "answer.json"}, names(s.manifest(o).Files))
		require.Len(t, s.outcomes(), 1)
	})
}

// Files that never come are named in the manifest.
func TestStepNamesFilesThatNeverCame(t *testing.T) {
	inShop(t, func(s *shop) {
		e := faceidtest.Passes()
		e.FileLag = map[string]time.Duration{"video": 72 * time.Hour}
		o := s.h5(e, true)
		p, steps := s.untilDone(o)
		require.Equal(t, []string{"video"}, p.Missing)
		require.Less(t, time.Since(o.OpenedAt), 72*time.Hour)
		require.Less(t, steps, 40)
		require.Equal(t, []string{"video"}, s.manifest(o).Missing)
	})
}

// An outage of the platform uses no order up.
func TestStepOutlastsAnOutage(t *testing.T) {
	inShop(t, func(s *shop) {
		o := s.h5(faceidtest.Passes(), true)
		s.sim.SetRemoteIP("192.0.2.1")
		s.sim.AllowIPs("192.0.2.2")
		for time.Since(o.OpenedAt) < 40*time.Hour {
			p := s.step(o)
			require.Equal(t, evidence.Waiting, p.State)
			require.ErrorIs(t, p.Trouble, faceid.ErrAccount)
			require.Equal(t, o.OpenedAt.Unix(), p.Since.Unix())
			require.LessOrEqual(t, time.Until(p.Next), 10*time.Minute)
			require.Positive(t, time.Until(p.Next))
			time.Sleep(time.Until(p.Next))
		}
		s.sim.SetRemoteIP("192.0.2.2")
		p := s.step(o)
		require.Equal(t, evidence.Done, p.State)
		require.True(t, p.Outcome.Passed)
	})
}

// If the platform was away for all of the 3 days, the order ends, and says that a result
// may have been lost.
func TestStepSaysThatAResultMayBeLost(t *testing.T) {
	inShop(t, func(s *shop) {
		o := s.h5(faceidtest.Passes(), true)
		s.sim.SetRemoteIP("192.0.2.1")
		s.sim.AllowIPs("192.0.2.2")
		require.Error(t, s.step(o).Trouble)
		time.Sleep(73 * time.Hour)
		s.sim.SetRemoteIP("192.0.2.2")
		p := s.step(o)
		require.Equal(t, evidence.Done, p.State)
		require.Equal(t, faceid.ErrNoResult, p.Outcome.Family)
		require.True(t, p.Outcome.Late)
	})
}

// An order about which the platform has been in trouble for 4 days ends with that
// trouble. Nothing runs for ever.
func TestStepEndsAnOrderInTroubleForEver(t *testing.T) {
	inShop(t, func(s *shop) {
		s.sim.SetRemoteIP("192.0.2.1")
		s.sim.AllowIPs("192.0.2.2")
		o := evidence.Order{Kind: evidence.FaceH5, Number: "order1", OpenedAt: time.Now()}
		p, _ := s.untilDone(o)
		require.Equal(t, faceid.ErrAccount, p.Outcome.Family)
		require.True(t, p.Outcome.Late)
		require.InDelta(t, 96, time.Since(o.OpenedAt).Hours(), 1)
	})
}

// A merchant who cannot be told now is told later. The files wait for that.
func TestStepTellsUntilItIsHeard(t *testing.T) {
	inShop(t, func(s *shop) {
		deaf := 3
		s.options.OnOutcome = func(ctx context.Context, o evidence.Outcome) error {
			if deaf--; deaf >= 0 {
				return errors.New("the database is away")
			}
			return s.tell(ctx, o)
		}
		s.open()
		o := s.h5(faceidtest.Passes(), true)
		p := s.step(o)
		require.Equal(t, evidence.Decided, p.State)
		require.ErrorContains(t, p.Trouble, "the database is away")
		p, steps := s.untilDone(o)
		require.Equal(t, 3, steps)
		require.NoError(t, p.Trouble)
		require.Len(t, s.outcomes(), 1)
		require.Equal(t, 1, s.sim.Calls("/api/v2/base/queryfacerecord"), "what is known is not asked for again")
	})
}

// Two processes may look at one order at once. One wins, and nothing of the other stays.
func TestStepTwiceAtOnce(t *testing.T) {
	inShop(t, func(s *shop) {
		o := s.h5(faceidtest.Passes(), true)
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				_, err := s.keeper.Step(ctx, o)
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		p, _ := s.untilDone(o)
		require.True(t, p.Outcome.Passed)
		for _, out := range s.outcomes() {
			require.Equal(t, o.Key(), out.Key)
		}
		require.Len(t, s.manifest(o).Files, 3)
		require.Len(t, s.objects(), 4, "no object of a look that lost stays")
	})
}

func TestStepRefusesBadOrders(t *testing.T) {
	good := evidence.Order{Kind: evidence.FaceH5, Number: "order1", OpenedAt: time.Now()}
	for field, spoil := range map[string]func(o *evidence.Order){
		"Kind":          func(o *evidence.Order) { o.Kind = "fax" },
		"Number":        func(o *evidence.Order) { o.Number = "" },
		"order number":  func(o *evidence.Order) { o.Number = "../order1" },
		"32":            func(o *evidence.Order) { o.Number = strings.Repeat("1", 33) },
		"the token":     func(o *evidence.Order) { o.Kind, o.Number = evidence.IntlWeb, "a b" },
		"RuleID":        func(o *evidence.Order) { o.Kind = evidence.WeChat },
		"for nothing":   func(o *evidence.Order) { o.RuleID = "1" },
		"most 64 bytes": func(o *evidence.Order) { o.Kind, o.RuleID = evidence.WeChat, strings.Repeat("1", 65) },
		"Sides":         func(o *evidence.Order) { o.Sides = faceid.OCRFrontOnly },
		"OCRBackOnly":   func(o *evidence.Order) { o.Kind, o.Sides = evidence.OCRIDCard, 3 },
		"ReqID":         func(o *evidence.Order) { o.Kind = evidence.NFC },
		"NFC":           func(o *evidence.Order) { o.ReqID = "r" },
		"1 to 40":       func(o *evidence.Order) { o.Kind, o.ReqID = evidence.NFC, strings.Repeat("1", 41) },
		"Ref":           func(o *evidence.Order) { o.Ref = strings.Repeat("1", 129) },
		"OpenedAt":      func(o *evidence.Order) { o.OpenedAt = time.Time{} },
		"future":        func(o *evidence.Order) { o.OpenedAt = time.Now().Add(time.Hour) },
	} {
		inShop(t, func(s *shop) {
			bad := good
			bad.OpenedAt = time.Now()
			spoil(&bad)
			if field == "future" {
				bad.OpenedAt = time.Now().Add(time.Hour)
			}
			_, err := s.keeper.Step(ctx, bad)
			require.ErrorIs(t, err, evidence.ErrOrder, field)
			require.ErrorContains(t, err, field)
			require.ErrorIs(t, s.keeper.Open(ctx, bad), evidence.ErrOrder)
			require.Empty(t, s.sim.Requests())
		})
	}
}
