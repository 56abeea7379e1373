package faceid_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// The bills of a day are ready at six in the morning in China.
func TestGetWeChatBillDetailsIsReadyAtSix(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // A bubble begins at midnight UTC, which is eight in the morning in China.
		e := &cloudExchange{answers: []string{answerOf(`"HasNextPage":false`)}}
		client := cloudClient(t, e)
		ask := func(date string) error {
			_, err := client.GetWeChatBillDetails(t.Context(), faceid.GetWeChatBillDetailsRequest{Date: date})
			return err
		}
		require.NoError(t, ask("1999-12-31"))
		require.ErrorIs(t, ask("2000-01-01"), faceid.ErrRequest)
		time.Sleep(22*time.Hour - 1)
		require.ErrorIs(t, ask("2000-01-01"), faceid.ErrRequest)
		time.Sleep(1)
		require.NoError(t, ask("2000-01-01"))
		require.NoError(t, ask("1999-01-02"))
		require.ErrorIs(t, ask("1999-01-01"), faceid.ErrRequest)
	})
}

// billsPage is an answer with these lines, which tells whether and where the next
// page begins.
func billsPage(next bool, cursor int, tokens ...string) string {
	text, _ := json.Marshal(tokens)
	lines := strings.NewReplacer(`["`, `[{"BizToken":"`, `","`, `"},{"BizToken":"`, `"]`, `"}]`).Replace(string(text))
	more := map[bool]string{true: "true", false: "false"}[next]
	return answerOf(`"HasNextPage":` + more + `,"NextCursor":` + string(rune('0'+cursor)) + `,"WeChatBillDetails":` + lines)
}

func TestWeChatBillsAreTurnedPageByPage(t *testing.T) {
	day := time.Now().AddDate(0, 0, -3)

	walk := func(e *cloudExchange, most int) (tokens []string, err error) {
		for line, err := range cloudClient(t, e).WeChatBills(t.Context(), day, "1") {
			if err != nil {
				return tokens, err
			}
			if tokens = append(tokens, line.BizToken); len(tokens) == most {
				break
			}
		}
		return tokens, nil
	}
	e := &cloudExchange{answers: []string{billsPage(true, 5, "a", "b"), billsPage(true, 7, "c"), billsPage(false, 0, "d")}}
	tokens, err := walk(e, -1)
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b", "c", "d"}, tokens)
	require.Contains(t, e.bodies[0], `"Cursor":0`)
	require.Contains(t, e.bodies[1], `"Cursor":5`)
	require.Contains(t, e.bodies[2], `"Cursor":7`)

	e = &cloudExchange{answers: []string{billsPage(true, 5, "a", "b")}}
	tokens, err = walk(e, 1)
	require.NoError(t, err)
	require.Equal(t, []string{"a"}, tokens)
	require.Len(t, e.requests, 1, "no more than is wanted")

	e = &cloudExchange{answers: []string{billsPage(true, 5, "a"), cloudError("InternalError.X", "m")}}
	tokens, err = walk(e, -1)
	require.Error(t, err)
	require.Equal(t, []string{"a"}, tokens)

	e = &cloudExchange{answers: []string{billsPage(true, 5, "a"), billsPage(true, 7, "b"), billsPage(true, 5, "c")}}
	_, err = walk(e, -1)
	require.ErrorIs(t, err, faceid.ErrBadAnswer, "pages that lead in a circle have no end")
	require.Len(t, e.requests, 3, "the circle is not walked again")

	e = &cloudExchange{answers: []string{billsPage(true, 5, "a"), billsPage(false, 0, "b"), billsPage(true, 5, "a"), billsPage(false, 0, "b")}}
	bills := cloudClient(t, e).WeChatBills(t.Context(), day, "1")
	for range 2 {
		var tokens []string
		for line, err := range bills {
			require.NoError(t, err)
			tokens = append(tokens, line.BizToken)
		}
		require.Equal(t, []string{"a", "b"}, tokens, "every walk begins at the first page")
	}
}

func TestReconcileFindsEveryDifference(t *testing.T) {
	attempt := func(charged bool, code string) faceid.ChargeDetail {
		return faceid.ChargeDetail{IsNeedCharge: charged, ErrorCode: code}
	}
	line := func(token string, count uint64, attempts ...faceid.ChargeDetail) faceid.WeChatBillDetail {
		return faceid.WeChatBillDetail{BizToken: token, ChargeCount: count, ChargeDetails: attempts}
	}
	flow := func(token string, count int) faceid.LocalFlow {
		return faceid.LocalFlow{BizToken: token, ChargeCount: count}
	}
	local := []faceid.LocalFlow{
		flow("same", 1), flow("missing", 1), flow("different", 1), flow("free", 0), flow("twice", 1), flow("twice", 1), flow("unbilled", 0),
	}
	bill := []faceid.WeChatBillDetail{
		line("same", 1, attempt(true, "0"), attempt(false, "1001")), line("different", 2, attempt(true, "0"), attempt(true, "2016")),
		line("extra", 1, attempt(true, "2006")), line("free", 0, attempt(false, "1004")), line("twice", 2, attempt(true, "0"), attempt(true, "0")),
	}
	r := faceid.Reconcile(faceid.ProductEnhanced, local, bill)
	require.Equal(t, &faceid.Reconciliation{Local: 5, Billed: 6, Missing: []string{"missing"}, Extra: []string{"extra"}, Different: []string{"different"}}, r)
	require.False(t, r.Agrees())
	require.True(t, faceid.Reconcile(faceid.ProductPlus, []faceid.LocalFlow{flow("same", 1)}, bill[:1]).Agrees())

	// Code 1002 is charged on Plus only.
	fake := []faceid.WeChatBillDetail{line("fake", 1, attempt(true, "1002"))}
	require.Empty(t, faceid.Reconcile(faceid.ProductPlus, nil, fake).Inconsistent)
	require.Equal(t, []string{"fake"}, faceid.Reconcile(faceid.ProductEnhanced, nil, fake).Inconsistent)
	require.Empty(t, faceid.Reconcile("", nil, fake).Inconsistent, "the product is not known")
	wrong := []faceid.WeChatBillDetail{line("wrong", 2, attempt(true, "0"))}
	require.Equal(t, []string{"wrong"}, faceid.Reconcile("", nil, wrong).Inconsistent)
}

// The bill lists exactly the attempts that ran.
func TestReconcileAgreesWithWhatRan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim, client := cloudSim(t, faceidtest.WithBillPage(2))
		day := time.Now()
		var local []faceid.LocalFlow
		for _, ending := range []faceidtest.CloudEnding{
			faceidtest.CloudPasses(), faceidtest.CloudTries(1002, 0), faceidtest.CloudTries(1004), faceidtest.CloudTries(2016, 2016), faceidtest.CloudQuits(),
		} {
			sim.ScriptCloudDefault(ending)
			opened, err := client.DetectAuth(t.Context(), auth(""))
			require.NoError(t, err)
			_, err = sim.RunMiniProgram(t.Context(), opened.BizToken)
			require.NoError(t, err)
			result, err := client.GetDetectInfoEnhanced(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: opened.BizToken, RuleID: "plus1", InfoType: faceid.InfoText})
			require.NoError(t, err)
			local = append(local, faceid.LocalFlow{BizToken: opened.BizToken, ChargeCount: result.ChargeCount()})
		}
		time.Sleep(24 * time.Hour)
		var bill []faceid.WeChatBillDetail
		for line, err := range client.WeChatBills(t.Context(), day, "") {
			require.NoError(t, err)
			bill = append(bill, line)
			suite.see(line)
		}
		r := faceid.Reconcile(faceid.ProductPlus, local, bill)
		require.True(t, r.Agrees(), "%+v", r)
		require.Equal(t, 5, r.Billed)
		require.Greater(t, sim.Calls("GetWeChatBillDetails"), 1, "over several pages")
	})
}
