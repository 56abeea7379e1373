package faceid_test

import (
	"testing"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

func TestConfirmBankCardOCRReadsTheDocumentsAnswers(t *testing.T) {
	for dialect := range respellings {
		t.Run(dialect, func(t *testing.T) {
			client, mock, _ := documented(t)
			respelt(t, mock, pathBankCard, "getBankCardOcrResult.bankcard", dialect, func(result map[string]any) {
				result["orderNo"] = "order1"
				result["bankcardCropPhoto"], result["bankcardNoPhoto"], result["originBankcardPhoto"] = "", "bm8=", "b3JpZ2lu"
			})
			result, err := client.ConfirmBankCardOCR(t.Context(), faceid.GetBankCardOCRResultRequest{OrderNo: "order1", GetFile: true}, faceid.AnyPerson)
			require.NoError(t, err)
			require.Equal(t, "origin", string(result.Image()))
			require.Equal(t, "2024-12-31T00:00:00+08:00", result.ValidUntil.Format(time.RFC3339))
			require.Equal(t, "2021-06-21T17:40:06+08:00", result.OperateTime.Format(time.RFC3339))
			require.Equal(t, "2021-06-21T17:49:28+08:00", result.TransactionTime.Format(time.RFC3339))
			require.NotContains(t, string(result.Raw), "b3JpZ2lu")
			result.ValidUntil, result.OperateTime, result.TransactionTime, result.Raw, result.CropPhoto = time.Time{}, time.Time{}, time.Time{}, nil, nil
			require.Equal(t, faceid.BankCardResult{
				ResultCode: "ocr-bankcard/0", Message: "请求成功", OrderNo: "order1", BankCardNo: "xxxxxxxxxxxxxxxxxxxx", ValidDate: "12/2024",
				NoPhoto: []byte("no"), OriginPhoto: []byte("origin"), MediaSizes: map[string]int64{"bankcardNoPhoto": 2, "originBankcardPhoto": 6},
				Clarity: faceid.Score{Value: 79, Present: true}, BizSeqNo: "21062120001184412617492807497465",
			}, *result)
		})
	}
}

func TestBankCardResultReadsWarningsAloneOrInAList(t *testing.T) {
	for body, want := range map[string][]faceid.Code{
		`"warnCode":"0","multiWarnCode":"0"`:     nil,
		``:                                       nil,
		`"warnCode":"-9110","multiWarnCode":"0"`: {"bankcard-warning/-9110"},
		`"warnCode":-9110,"multiWarnCode":"[-9110, -9111, -9114]"`: {"bankcard-warning/-9110", "bankcard-warning/-9111", "bankcard-warning/-9114"},
		`"warnCode":"66661009","multiWarnCode":"[66661009]"`:       {"bankcard-warning/66661009"},
		`"warnCode":"0","multiWarnCode":"[-9112]"`:                 {"bankcard-warning/-9112"},
	} {
		client, mock, _ := documented(t)
		if body != "" {
			body += ","
		}
		mock.RegisterResponder("GET", "=~"+pathBankCard, httpmock.NewStringResponder(200, `{"code":"0","result":{`+body+`"orderNo":"order1","bankCardNo":"1"}}`))
		result, err := client.ConfirmBankCardOCR(t.Context(), faceid.GetBankCardOCRResultRequest{OrderNo: "order1"}, faceid.AnyPerson)
		require.NoError(t, err)
		require.Equal(t, want, result.Warnings(), body)
		for _, code := range result.Warnings() {
			require.NotEmpty(t, code.Gloss(), code)
		}
	}
}

func TestConfirmBankCardOCRRefusesACardThatWasNotRead(t *testing.T) {
	for body, want := range map[string]error{
		`{"code":"-9013","msg":"不是银行卡","result":{"orderNo":"order1"}}`: faceid.FamilyUnreadable,
		`{"code":"0","msg":"请求成功","result":{"orderNo":"order1"}}`:      faceid.FamilyUnreadable,
	} {
		client, mock, _ := documented(t)
		mock.RegisterResponder("GET", "=~"+pathBankCard, httpmock.NewStringResponder(200, body))
		result, err := client.ConfirmBankCardOCR(t.Context(), faceid.GetBankCardOCRResultRequest{OrderNo: "order1"}, faceid.AnyPerson)
		require.NotNil(t, result)
		require.ErrorIs(t, err, faceid.ErrNotPassed)
		require.ErrorIs(t, err, want)
		require.NotErrorIs(t, err, faceid.FamilyPassed)
		require.NotContains(t, err.Error(), "请求成功")
	}
	client, mock, _ := documented(t)
	mock.RegisterResponder("GET", "=~"+pathBankCard, httpmock.NewStringResponder(200, `{"code":"66660000","msg":"参数过长"}`))
	_, err := client.ConfirmBankCardOCR(t.Context(), faceid.GetBankCardOCRResultRequest{OrderNo: "order1"}, faceid.AnyPerson)
	require.ErrorIs(t, err, faceid.ErrRequest)
	require.ErrorIs(t, err, faceid.Code("ocr-bankcard/66660000"), "it means something of its own here")
}

func TestConfirmBankCardOCRReadsACardInAnApp(t *testing.T) {
	sim := faceidtest.Start(t)
	client := newClient(sim)
	sim.ScriptBankCard("order1", faceidtest.BankCard{ValidDate: "12/2030", WarnCode: "-9110", MultiWarnCode: "[-9110, -9112]"})
	scanCard(t.Context(), t, sim, client, "ocr-bankcard", "android", faceidtest.CardBankCard)
	card, err := client.ConfirmBankCardOCR(t.Context(), faceid.GetBankCardOCRResultRequest{OrderNo: "order1", GetFile: true}, faceid.AnyPerson)
	require.NoError(t, err)
	require.NotEmpty(t, card.BankCardNo)
	require.Equal(t, "2030-12-31", card.ValidUntil.Format(time.DateOnly))
	require.Len(t, card.Warnings(), 2)
	require.NotEmpty(t, card.Image())

	sim = faceidtest.Start(t)
	client = newClient(sim)
	sim.ScriptBankCardDefault(faceidtest.BankCard{Code: "-9012"})
	scanCard(t.Context(), t, sim, client, "ocr-bankcard", "harmony", faceidtest.CardBankCard)
	_, err = client.ConfirmBankCardOCR(t.Context(), faceid.GetBankCardOCRResultRequest{OrderNo: "order1"}, faceid.AnyPerson)
	require.ErrorIs(t, err, faceid.ErrNotPassed)
	require.ErrorIs(t, err, faceid.FamilyUnreadable)
}
