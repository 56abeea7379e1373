package lookup

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/faceidtest"
)

// scan lets a person photograph a card in an App, and returns the order.
func scan(t *testing.T, sim *faceidtest.Server, client *faceid.Client, product faceid.Product, card faceidtest.Card) string {
	t.Helper()
	launch, err := client.StartOCR(t.Context(), faceid.OCRRequest{Product: product, Platform: faceid.PlatformAndroid, UserID: "user1"})
	require.NoError(t, err)
	_, err = sim.RunOCR(t.Context(), launch.Params, card)
	require.NoError(t, err)
	return launch.OrderNo
}

func lookAt(t *testing.T, client *faceid.Client, o evidence.Order) *Result {
	t.Helper()
	r, err := Look(t.Context(), client, o, false)
	require.NoError(t, err)
	require.Equal(t, o.Key(), r.Order)
	require.Nil(t, r.Answer)
	return r
}

func TestLookReadsCards(t *testing.T) {
	sim := faceidtest.Start(t)
	client := sim.Client()
	sim.ScriptIDCardDefault(faceidtest.IDCard{BackOnly: true})
	o := evidence.Order{Kind: evidence.OCRIDCard, Number: scan(t, sim, client, faceid.ProductIDCardOCR, faceidtest.CardIDCard)}
	require.False(t, lookAt(t, client, o).Passed, "one side of two")
	o.Sides = faceid.OCRBackOnly
	r := lookAt(t, client, o)
	require.True(t, r.Passed && r.Found)
	require.Equal(t, "0", r.Code)
	require.NotEmpty(t, r.Files)

	o = evidence.Order{Kind: evidence.OCRBankCard, Number: scan(t, sim, client, faceid.ProductBankCardOCR, faceidtest.CardBankCard)}
	r = lookAt(t, client, o)
	require.True(t, r.Passed)
	require.Len(t, r.Files, 3)
	sim.Advance(80 * time.Hour)
	for _, kind := range []evidence.Kind{evidence.OCRBankCard, evidence.OCRIDCard, evidence.FaceH5, evidence.WillH5} {
		r = lookAt(t, client, evidence.Order{Kind: kind, Number: "order1"})
		require.False(t, r.Found, kind)
		require.Equal(t, string(faceid.ErrNoResult), r.Family, kind)
	}
}

func TestLookReadsAChip(t *testing.T) {
	sim := faceidtest.Start(t)
	client := sim.Client()
	launch, err := client.StartNFC(t.Context(), faceid.NFCRequest{Platform: faceid.PlatformAndroid, UserID: "user1"})
	require.NoError(t, err)
	read, err := sim.RunNFC(t.Context(), launch.Params, launch.Extras)
	require.NoError(t, err)
	o := evidence.Order{Kind: evidence.NFC, Number: read.OrderNo, ReqID: read.ReqID}
	r := lookAt(t, client, o)
	require.True(t, r.Passed)
	require.NotEmpty(t, r.Files)
	sim.Advance(6 * time.Minute)
	r = lookAt(t, client, o)
	require.False(t, r.Found)
	require.Equal(t, string(faceid.ErrExpired), r.Family)
}

// The whole answer names the person, and is told to those who ask for it.
func TestLookTellsTheAnswerIfAsked(t *testing.T) {
	sim := faceidtest.Start(t)
	client := sim.Client()
	flow, err := client.DetectAuth(t.Context(), faceid.DetectAuthRequest{RuleID: faceidtest.RulePlus, Name: "李测试", IDCard: "110101199003074477"})
	require.NoError(t, err)
	sim.ScriptCloud(flow.BizToken, faceidtest.CloudTries(1002, 0))
	_, err = sim.RunMiniProgram(t.Context(), flow.BizToken)
	require.NoError(t, err)
	o := evidence.Order{Kind: evidence.WeChat, Number: flow.BizToken, RuleID: faceidtest.RulePlus}
	r, err := Look(t.Context(), client, o, true)
	require.NoError(t, err)
	require.Contains(t, string(r.Answer), "李测试")
	text, err := json.Marshal(lookAt(t, client, o))
	require.NoError(t, err)
	require.NotContains(t, string(text), "李测试")
	require.NotContains(t, string(text), flow.BizToken)
	require.Contains(t, string(text), `"charged":"yes"`)
	require.WithinDuration(t, sim.Now(), r.Occurred, time.Minute)

	sim.FailNext("GetDetectInfoEnhanced", faceidtest.FaultCode("UnauthorizedOperation.Nopermission", ""))
	_, err = Look(t.Context(), client, o, true)
	require.ErrorIs(t, err, faceid.ErrAccount)
}
