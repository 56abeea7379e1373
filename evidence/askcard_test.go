package evidence_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/evidence/evidencetest"
	"github.com/faceid-go/faceid/faceidtest"
)

const (
	pathIDCard   = "/api/server/getOcrResult"
	pathBankCard = "/api/server/getBankCardOcrResult"
	pathChip     = "/api/v2/nfcpaas/getIdcardNfcResult"
)

var (
	idCard   = faceidtest.IDCard{Name: person.Name, Number: person.IDNo}
	bankCard = faceidtest.BankCard{Number: cardNo}
	chip     = faceidtest.NFCDocument{Name: person.Name, Number: person.IDNo, ValidFrom: "19950307"} // the tests begin in 2000
	outage   = faceidtest.FaultStatus(http.StatusServiceUnavailable, "down")
)

const cardNo = "6200000000000005"

// inCardShop is inShop with a client that can read chips, and a person with a bank card.
func inCardShop(t *testing.T, do func(s *shop)) {
	t.Helper()
	inShop(t, func(s *shop) {
		s.client = s.sim.Client(faceid.WithStore(faceid.NewMemoryStore()), faceid.WithNFCKey(s.sim.NFCKey()))
		s.options.Client = s.client
		s.options.Expect = func(context.Context, evidence.Order) (faceid.Person, error) {
			p := person
			p.BankCardNo = cardNo
			return p, nil
		}
		s.open()
		do(s)
	})
}

// ocr opens the reading of a card. scan plays the App.
func (s *shop) ocr(kind evidence.Kind) (o evidence.Order, scan func()) {
	s.Helper()
	product, card := faceid.ProductIDCardOCR, faceidtest.CardIDCard
	if kind == evidence.OCRBankCard {
		product, card = faceid.ProductBankCardOCR, faceidtest.CardBankCard
	}
	launch, err := s.client.StartOCR(ctx, faceid.OCRRequest{Product: product, Platform: faceid.PlatformAndroid, UserID: "user1"})
	require.NoError(s, err)
	return evidence.Order{Kind: kind, Number: launch.OrderNo, OpenedAt: time.Now()}, func() {
		_, err := s.sim.RunOCR(ctx, launch.Params, card)
		require.NoError(s, err)
	}
}

// chip has a chip read, and returns the order that begins with that.
func (s *shop) chip(d faceidtest.NFCDocument) evidence.Order {
	s.Helper()
	launch, err := s.client.StartNFC(ctx, faceid.NFCRequest{Platform: faceid.PlatformAndroid, UserID: "user1"})
	require.NoError(s, err)
	s.sim.ScriptNFC(launch.OrderNo, d)
	r, err := s.sim.RunNFC(ctx, launch.Params, launch.Extras)
	require.NoError(s, err)
	return evidence.Order{Kind: evidence.NFC, Number: launch.OrderNo, ReqID: r.ReqID, OpenedAt: time.Now(), Ref: "contract 1"}
}

func TestStepKeepsAnIDCard(t *testing.T) {
	front, back := []string{"frontPhoto", "frontCrop", "headPhoto"}, []string{"backPhoto", "backCrop"}
	for sides, files := range map[faceid.OCRSides][]string{
		faceid.OCRBothSides: append(append([]string{"answer.json"}, front...), back...),
		faceid.OCRFrontOnly: append([]string{"answer.json"}, front...),
		faceid.OCRBackOnly:  append([]string{"answer.json"}, back...),
	} {
		inCardShop(t, func(s *shop) {
			card := idCard
			card.FrontOnly, card.BackOnly = sides == faceid.OCRFrontOnly, sides == faceid.OCRBackOnly
			s.sim.ScriptIDCardDefault(card)
			o, scan := s.ocr(evidence.OCRIDCard)
			o.Sides = sides
			require.Equal(t, evidence.Waiting, s.step(o).State)
			scan()
			p := s.step(o)
			require.Equal(t, evidence.Done, p.State)
			require.True(t, p.Outcome.Passed)
			require.False(t, p.Outcome.OccurredAt.IsZero())
			require.NotEmpty(t, p.Outcome.RequestID)
			require.ElementsMatch(t, files, names(s.manifest(o).Files))
			require.Empty(t, p.Missing)
		})
	}
}

func TestStepKeepsABankCard(t *testing.T) {
	inCardShop(t, func(s *shop) {
		s.sim.ScriptBankCardDefault(bankCard)
		o, scan := s.ocr(evidence.OCRBankCard)
		require.Equal(t, evidence.Waiting, s.step(o).State)
		scan()
		p := s.step(o)
		require.Equal(t, evidence.Done, p.State)
		require.True(t, p.Outcome.Passed)
		require.ElementsMatch(t, []string{"answer.json", "originBankcardPhoto", "bankcardCropPhoto", "bankcardNoPhoto"}, names(s.manifest(o).Files))
	})
}

func TestStepKeepsAChip(t *testing.T) {
	inCardShop(t, func(s *shop) {
		o := s.chip(chip)
		require.NoError(t, s.keeper.Open(ctx, o))
		n, err := s.keeper.RunDue(ctx, 1)
		require.NoError(t, err)
		require.Equal(t, 1, n, "a chip is due at once")
		p := s.step(o)
		require.Equal(t, evidence.Done, p.State)
		require.True(t, p.Outcome.Passed)
		require.Equal(t, 1, p.Outcome.Charges)
		require.Equal(t, 1, p.Priority())
		require.ElementsMatch(t, []string{"answer.json", "frontPhoto", "backPhoto", "portraitPhoto"}, names(s.manifest(o).Files))
		require.Empty(t, s.manifest(o).Outcome.Order.ReqID)
		require.NotContains(t, fmt.Sprintf("%+v %#v", o, p), o.ReqID)
		require.Equal(t, 1, s.sim.Calls(pathChip))
		charges, err := s.keeper.Charges(ctx, o.OpenedAt, time.Now().Add(time.Second))
		require.NoError(t, err)
		require.Equal(t, "nfc", charges[0].Product)
		require.Equal(t, 1, charges[0].Charged)
	})
}

// A card of somebody else is read and kept, and is no pass.
func TestStepTellsOfAnotherPersonsCard(t *testing.T) {
	inCardShop(t, func(s *shop) {
		s.sim.ScriptBankCardDefault(faceidtest.BankCard{Number: "6200000000000000"})
		for _, kind := range []evidence.Kind{evidence.OCRIDCard, evidence.OCRBankCard} {
			o, scan := s.ocr(kind)
			scan()
			p := s.step(o)
			require.Equal(t, evidence.Done, p.State, kind)
			require.False(t, p.Outcome.Passed)
			require.Equal(t, faceid.FamilyOtherPerson, p.Outcome.Family)
			require.Greater(t, len(s.manifest(o).Files), 3)
		}
		p := s.step(s.chip(faceidtest.NFCDocument{}))
		require.Equal(t, faceid.FamilyOtherPerson, p.Outcome.Family)
		require.Equal(t, 1, p.Outcome.Charges)
		require.Len(t, p.Files, 4)
	})
}

// A card that could not be read may be read a moment later, as long as the App is open.
func TestStepWaitsWhileACardIsBeingRead(t *testing.T) {
	inCardShop(t, func(s *shop) {
		s.sim.ScriptIDCardDefault(faceidtest.IDCard{FrontOnly: true, Name: person.Name, Number: person.IDNo})
		s.sim.ScriptBankCardDefault(faceidtest.BankCard{Code: "-9012"})
		for _, kind := range []evidence.Kind{evidence.OCRIDCard, evidence.OCRBankCard} {
			o, scan := s.ocr(kind)
			scan()
			p := s.step(o)
			require.Equal(t, evidence.Waiting, p.State, kind)
			require.NoError(t, p.Trouble)
			require.Equal(t, o.OpenedAt.Add(7*time.Minute), p.Next)
			require.Empty(t, p.Files, "what is there may be replaced")
			p, _ = s.untilDone(o)
			require.Equal(t, faceid.FamilyUnreadable, p.Outcome.Family)
			require.Less(t, time.Since(o.OpenedAt), 9*time.Minute)
			require.Contains(t, names(s.manifest(o).Files), "answer.json")
		}
	})
}

// An App that reads no card leaves nothing at the platform. The order ends after 2 hours,
// and is not late.
func TestStepEndsACardThatWasNeverRead(t *testing.T) {
	for kind, path := range map[evidence.Kind]string{evidence.OCRIDCard: pathIDCard, evidence.OCRBankCard: pathBankCard} {
		inCardShop(t, func(s *shop) {
			o, _ := s.ocr(kind)
			p, steps := s.untilDone(o)
			require.Equal(t, faceid.ErrNoResult, p.Outcome.Family)
			require.False(t, p.Outcome.Late)
			require.InDelta(t, 2, time.Since(o.OpenedAt).Hours(), 0.01)
			require.Less(t, steps, 8)
			require.Equal(t, steps, s.sim.Calls(path))
			require.Len(t, s.outcomes(), 1)
		})
	}
}

// A card of which nobody asked for 3 days may have been read.
func TestStepSaysThatACardMayBeLost(t *testing.T) {
	inCardShop(t, func(s *shop) {
		o, scan := s.ocr(evidence.OCRIDCard)
		scan()
		time.Sleep(73 * time.Hour)
		p := s.step(o)
		require.Equal(t, faceid.ErrNoResult, p.Outcome.Family)
		require.True(t, p.Outcome.Late)
	})
}

// Pictures lag a second. A card that could not be cut out has no crops, and that is said
// of no file to be missing.
func TestStepWaitsForPicturesOfACard(t *testing.T) {
	inCardShop(t, func(s *shop) {
		card := idCard
		card.FilesLag = time.Second
		s.sim.ScriptIDCardDefault(card)
		o, scan := s.ocr(evidence.OCRIDCard)
		scan()
		p := s.step(o)
		require.Equal(t, evidence.Told, p.State)
		require.Equal(t, 2*time.Second, p.Wait)
		p, steps := s.untilDone(o)
		require.Equal(t, 2, steps)
		require.Len(t, s.manifest(o).Files, 6)
		require.Empty(t, p.Missing)

		card.FilesLag, card.NoCrops = 0, true
		s.sim.ScriptIDCardDefault(card)
		o, scan = s.ocr(evidence.OCRIDCard)
		scan()
		p, steps = s.untilDone(o)
		require.LessOrEqual(t, steps, 5)
		require.ElementsMatch(t, []string{"answer.json", "frontPhoto", "headPhoto", "backPhoto"}, names(s.manifest(o).Files))
		require.Empty(t, p.Missing)
	})
}

// The side of an ID card that names nobody needs nobody who is expected.
func TestStepAsksForNobodyAboutTheBackOfACard(t *testing.T) {
	inCardShop(t, func(s *shop) {
		s.options.Expect = nil
		s.open()
		o, scan := s.ocr(evidence.OCRIDCard)
		scan()
		require.ErrorContains(t, s.step(o).Trouble, "Expect")
		back, scan := s.ocr(evidence.OCRIDCard)
		back.Sides = faceid.OCRBackOnly
		scan()
		require.True(t, s.step(back).Outcome.Passed)
	})
}

// A chip that nobody asked about in 5 minutes is lost, and that is said.
func TestStepSaysThatAChipIsLost(t *testing.T) {
	inCardShop(t, func(s *shop) {
		o := s.chip(chip)
		time.Sleep(5 * time.Minute)
		p := s.step(o)
		require.Equal(t, evidence.Done, p.State)
		require.Equal(t, faceid.ErrNoResult, p.Outcome.Family)
		require.True(t, p.Outcome.Late)
		require.Equal(t, 1, s.sim.Calls(pathChip))
	})
}

// A ReqID that the platform does not know has no result. It ends when its 5 minutes are
// over, and nothing was lost.
func TestStepEndsAChipThatNobodyKnows(t *testing.T) {
	inCardShop(t, func(s *shop) {
		o := s.chip(chip)
		o.ReqID = "another"
		p, steps := s.untilDone(o)
		require.Equal(t, faceid.ErrNoResult, p.Outcome.Family)
		require.False(t, p.Outcome.Late)
		require.Equal(t, 6, steps)
		require.Equal(t, 301.0, time.Since(o.OpenedAt).Round(time.Second).Seconds())
	})
}

// A platform that is away for a minute uses no answers up, however often Step is called.
func TestStepSavesTheAnswersOfAChip(t *testing.T) {
	inCardShop(t, func(s *shop) {
		o := s.chip(chip)
		s.sim.FailNext(pathChip, outage, outage, outage, outage, outage, outage, outage, outage, outage)
		for time.Since(o.OpenedAt) < 3*time.Minute-time.Second {
			require.Equal(t, evidence.Waiting, s.step(o).State)
			time.Sleep(time.Second)
		}
		require.Equal(t, 9, s.sim.Calls(pathChip))
		p, _ := s.untilDone(o)
		require.True(t, p.Outcome.Passed)
		require.Equal(t, 10, s.sim.Calls(pathChip))
		require.Len(t, s.manifest(o).Files, 4)
	})
}

// A chip about which the platform was in trouble for all of its life ends in minutes.
func TestStepEndsAChipInTrouble(t *testing.T) {
	inCardShop(t, func(s *shop) {
		o := s.chip(chip)
		s.sim.SetRemoteIP("192.0.2.1")
		s.sim.AllowIPs("192.0.2.2")
		p, _ := s.untilDone(o)
		require.Equal(t, faceid.ErrAccount, p.Outcome.Family)
		require.True(t, p.Outcome.Late)
		require.InDelta(t, 15, time.Since(o.OpenedAt).Minutes(), 1.1)
	})
}

// A bucket that fails keeps the outcome of a chip from nobody, and uses no answers up.
func TestStepAsksNoChipWhileTheBucketFails(t *testing.T) {
	for name, away := range map[string]time.Duration{"a while": 2 * time.Minute, "too long": 20 * time.Minute} {
		inCardShop(t, func(s *shop) {
			broken := true
			s.options.Bucket = evidencetest.Bucket(s.bucket, func(context.Context, evidencetest.Operation, string, bool) error {
				if broken {
					return errors.New("the disk is full")
				}
				return nil
			})
			s.open()
			o := s.chip(chip)
			p := s.step(o)
			require.Equal(t, evidence.Told, p.State)
			require.ErrorContains(t, p.Trouble, "the bucket")
			require.True(t, s.outcomes()[0].Passed)
			for time.Since(o.OpenedAt) < away {
				require.Equal(t, evidence.Told, s.step(o).State)
				time.Sleep(time.Second)
			}
			require.Equal(t, 1, s.sim.Calls(pathChip))
			broken = false
			p, _ = s.untilDone(o)
			if name == "a while" {
				require.Equal(t, 2, s.sim.Calls(pathChip))
				require.Len(t, s.manifest(o).Files, 4)
				require.Len(t, s.objects(), 5)
				return
			}
			require.Equal(t, []string{"backPhoto", "frontPhoto", "portraitPhoto", "answer.json"}, p.Missing)
		})
	}
}

// readOnly is a ledger that nothing can be written to.
type readOnly struct{ evidence.Ledger }

func (readOnly) Save(context.Context, evidence.Entry) (int64, error) {
	return 0, errors.New("read only")
}

// Whoever looks at a chip says so in the ledger before it asks. So two processes use one
// answer up, and a ledger that cannot be written to uses none up.
func TestStepAsksAboutAChipOnce(t *testing.T) {
	inCardShop(t, func(s *shop) {
		o := s.chip(chip)
		s.options.Ledger = readOnly{s.ledger}
		s.open()
		_, err := s.keeper.Step(ctx, o)
		require.ErrorContains(t, err, "read only")
		require.Zero(t, s.sim.Calls(pathChip))
		s.options.Ledger = s.ledger
		s.open()
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if _, err := s.keeper.Step(ctx, o); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		require.Equal(t, 1, s.sim.Calls(pathChip))
		require.Equal(t, evidence.Done, s.step(o).State)
	})
}
