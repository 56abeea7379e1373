package evidence_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/faceidtest"
)

// wechat opens a flow of WeChat, and returns the page that the person enters.
func (s *shop) wechat() (o evidence.Order, page string) {
	s.Helper()
	r, err := s.client.DetectAuth(ctx, faceid.DetectAuthRequest{
		RuleID: faceidtest.RulePlus, Name: person.Name, IDCard: person.IDNo, RedirectURL: "https://shop.example/back",
	})
	require.NoError(s, err)
	return evidence.Order{Kind: evidence.WeChat, Number: r.BizToken, RuleID: faceidtest.RulePlus, OpenedAt: time.Now()}, r.URL
}

func TestStepKeepsAFlowOfWeChat(t *testing.T) {
	inShop(t, func(s *shop) {
		o, page := s.wechat()
		require.NotContains(t, o.Key(), o.Number, "the key does not hold the token")
		_, err := s.sim.VisitCloud(ctx, page)
		require.NoError(t, err)
		p := s.step(o)
		require.Equal(t, evidence.Done, p.State)
		require.True(t, p.Outcome.Passed)
		require.Equal(t, 1, p.Outcome.Charges)
		require.Contains(t, names(s.manifest(o).Files), "BestFrame.BestFrame")
		require.Contains(t, names(s.manifest(o).Files), "VideoData.LivenessVideo")
		for _, object := range s.objects() {
			require.NotContains(t, object, o.Number)
		}
	})
}

// A person who did not pass may try again for 2 hours, and the order waits for that.
func TestStepWaitsUntilAFlowOfWeChatIsFinal(t *testing.T) {
	inShop(t, func(s *shop) {
		o, page := s.wechat()
		s.sim.ScriptCloud(o.Number, faceidtest.CloudTries(1004))
		_, err := s.sim.VisitCloud(ctx, page)
		require.NoError(t, err)
		require.Equal(t, evidence.Waiting, s.step(o).State)
		p, steps := s.untilDone(o)
		require.False(t, p.Outcome.Passed)
		require.Equal(t, faceid.FamilyCaptureFailed, p.Outcome.Family)
		require.InDelta(t, 2, time.Since(o.OpenedAt).Hours(), 0.1)
		require.LessOrEqual(t, steps, 20)
	})
}

// Somebody who is not the person whom the merchant expects has not passed.
func TestStepTellsOfAnUnexpectedPersonInAFlow(t *testing.T) {
	inShop(t, func(s *shop) {
		s.options.Expect = func(context.Context, evidence.Order) (faceid.Person, error) {
			return faceid.Person{Name: "王测试", IDNo: "11010119900307109X"}, nil
		}
		s.open()
		o, page := s.wechat()
		_, err := s.sim.VisitCloud(ctx, page)
		require.NoError(t, err)
		p := s.step(o)
		require.False(t, p.Outcome.Passed)
		require.Equal(t, faceid.FamilyOtherPerson, p.Outcome.Family)
	})
}

// Without Expect nobody decides about a flow.
func TestStepWantsToKnowWhoIsExpected(t *testing.T) {
	inShop(t, func(s *shop) {
		s.options.Expect = nil
		s.open()
		o, page := s.wechat()
		_, err := s.sim.VisitCloud(ctx, page)
		require.NoError(t, err)
		p := s.step(o)
		require.Equal(t, evidence.Waiting, p.State)
		require.ErrorContains(t, p.Trouble, "Expect")
	})
}

// flowKind is a kind of flow: how it is opened, how its person runs it, and a file that
// it has.
type flowKind struct {
	open func(s *shop) evidence.Order
	run  func(s *shop, o evidence.Order)
	has  string
}

var otherFlows = map[string]flowKind{
	"E证通": {func(s *shop) evidence.Order {
		r, err := s.client.GetEidToken(ctx, faceid.GetEidTokenRequest{
			MerchantID: faceidtest.Merchant, Name: person.Name, IDCard: person.IDNo, Config: &faceid.GetEidTokenConfig{InputType: faceid.EidInputGiven},
		})
		require.NoError(s, err)
		return evidence.Order{Kind: evidence.Eid, Number: r.EidToken, OpenedAt: time.Now()}
	}, func(s *shop, o evidence.Order) {
		_, err := s.sim.RunEid(ctx, o.Number)
		require.NoError(s, err)
	}, "BestFrame.BestFrame"},
	"web": {func(s *shop) evidence.Order {
		r, err := s.client.ApplyWebVerificationBizTokenIntl(ctx, faceid.ApplyWebVerificationBizTokenIntlRequest{
			RedirectURL: "https://shop.example/back", CompareImage: []byte("\xff\xd8\xff a face"), Config: &faceid.WebVerificationConfigIntl{CheckMode: faceid.IntlFace},
		})
		require.NoError(s, err)
		s.page = r.VerificationURL
		return evidence.Order{Kind: evidence.IntlWeb, Number: r.BizToken, OpenedAt: time.Now()}
	}, func(s *shop, _ evidence.Order) {
		_, err := s.sim.VisitCloud(ctx, s.page)
		require.NoError(s, err)
	}, "VideoBase64"},
	"app": {func(s *shop) evidence.Order {
		r, err := s.client.ApplySdkVerificationToken(ctx, faceid.ApplySdkVerificationTokenRequest{
			CheckMode: faceid.IntlFace, CompareImage: []byte("\xff\xd8\xff a face"),
		})
		require.NoError(s, err)
		return evidence.Order{Kind: evidence.IntlApp, Number: r.SDKToken, OpenedAt: time.Now()}
	}, func(s *shop, o evidence.Order) {
		_, err := s.sim.RunIntlSDK(ctx, o.Number)
		require.NoError(s, err)
	}, "CompareResults[0].LiveVideo"},
}

func TestStepKeepsTheOtherFlows(t *testing.T) {
	for name, kind := range otherFlows {
		t.Run(name, func(t *testing.T) {
			for _, comes := range []bool{true, false} {
				inShop(t, func(s *shop) { s.endsAFlow(kind, comes) })
			}
		})
	}
}

// endsAFlow opens a flow, whose person comes or does not, and sees its end.
func (s *shop) endsAFlow(kind flowKind, comes bool) {
	s.options.Expect = func(context.Context, evidence.Order) (faceid.Person, error) { return faceid.PersonAsOpened, nil }
	s.open()
	o := kind.open(s)
	require.Equal(s, evidence.Waiting, s.step(o).State)
	if comes {
		kind.run(s, o)
	}
	p, _ := s.untilDone(o)
	require.Equal(s, comes, p.Outcome.Passed, "%+v", p)
	require.LessOrEqual(s, time.Since(o.OpenedAt), 4*time.Hour)
	if comes {
		require.Contains(s, names(s.manifest(o).Files), kind.has)
	} else {
		require.Equal(s, faceid.ErrNoResult, p.Outcome.Family)
	}
}

func TestStepKeepsAWill(t *testing.T) {
	will := faceid.Will{Type: faceid.WillQuestions, Rounds: []faceid.WillRound{{Question: "是否同意", Answers: []string{"同意"}}}}
	inShop(t, func(s *shop) {
		login, err := s.client.StartWillH5(ctx, faceid.WillH5Request{Person: person, RedirectURL: "https://shop.example/back", Will: will})
		require.NoError(t, err)
		o := evidence.Order{Kind: evidence.WillH5, Number: login.Session.OrderNo, OpenedAt: time.Now()}
		require.Equal(t, evidence.Waiting, s.step(o).State)
		_, err = s.sim.Visit(ctx, login.URL)
		require.NoError(t, err)
		p, _ := s.untilDone(o)
		require.True(t, p.Outcome.Passed)
		require.Empty(t, p.Missing)
		require.Subset(t, names(s.manifest(o).Files), []string{"photo", "video", "answer.json"})
		require.Greater(t, len(s.manifest(o).Files), 3)
	})
	inShop(t, func(s *shop) {
		login, err := s.client.StartWillH5(ctx, faceid.WillH5Request{Person: person, RedirectURL: "https://shop.example/back", Will: will})
		require.NoError(t, err)
		o := evidence.Order{Kind: evidence.WillH5, Number: login.Session.OrderNo, OpenedAt: time.Now()}
		s.sim.Script(o.Number, faceidtest.WrongAnswer())
		_, err = s.sim.Visit(ctx, login.URL)
		require.NoError(t, err)
		p, _ := s.untilDone(o)
		require.Equal(t, faceid.FamilyWillMismatch, p.Outcome.Family)
	})
}

// The files of a person who did not pass may lag too. They are the evidence of the refusal.
func TestStepWaitsForTheFilesOfAWillThatWasRefused(t *testing.T) {
	rounds := []faceid.WillRound{{Question: "是否同意", Answers: []string{"同意"}}, {Question: "您清楚吗", Answers: []string{"清楚"}}}
	for name, c := range map[string]struct {
		rounds int
		ends   faceidtest.Ending
	}{
		"photo":                          {1, faceidtest.NotSamePerson()},
		"video":                          {2, faceidtest.WrongAnswer()},
		"willUserAudio":                  {1, faceidtest.WrongAnswer()},
		"willTurnsData[1].willUserAudio": {2, faceidtest.WrongAnswer()},
	} {
		inShop(t, func(s *shop) {
			login, err := s.client.StartWillH5(ctx, faceid.WillH5Request{
				Person: person, RedirectURL: "https://shop.example/back", Will: faceid.Will{Type: faceid.WillQuestions, Rounds: rounds[:c.rounds]},
			})
			require.NoError(t, err)
			o := evidence.Order{Kind: evidence.WillH5, Number: login.Session.OrderNo, OpenedAt: time.Now()}
			c.ends.Photo, c.ends.Video = []byte("\xff\xd8\xff a photo"), []byte("a video")
			c.ends.Will.UserAudio, c.ends.Will.ReadAudio = []byte("an answer"), []byte("a question")
			c.ends.FileLag = map[string]time.Duration{name: 10 * time.Hour}
			s.sim.Script(o.Number, c.ends)
			_, err = s.sim.Visit(ctx, login.URL)
			require.NoError(t, err)
			p, steps := s.untilDone(o)
			require.False(t, p.Outcome.Passed)
			require.Empty(t, p.Missing, name)
			require.Contains(t, names(s.manifest(o).Files), name)
			require.Less(t, steps, 20)
		})
	}
}
