package faceid_test

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

var inChina = time.FixedZone("UTC+8", 8*3600)

func TestOCRQueriesUseTheOlderNames(t *testing.T) {
	for name, test := range map[string]struct {
		path string
		call func(c *faceid.Client) error
		want map[string]string
	}{
		"ID card": {pathOCR, func(c *faceid.Client) error {
			_, err := c.GetOCRResult(t.Context(), faceid.GetOCRResultRequest{OrderNo: "order1"})
			return err
		}, map[string]string{}},
		"ID card, all": {pathOCR, func(c *faceid.Client) error {
			_, err := c.GetOCRResult(t.Context(), faceid.GetOCRResultRequest{OrderNo: "order1", GetFile: true, GetNative: true})
			return err
		}, map[string]string{"get_file": "1", "get_native": "1"}},
		"bank card": {pathBankCard, func(c *faceid.Client) error {
			_, err := c.GetBankCardOCRResult(t.Context(), faceid.GetBankCardOCRResultRequest{OrderNo: "order1"})
			return err
		}, map[string]string{}},
		"bank card, all": {pathBankCard, func(c *faceid.Client) error {
			_, err := c.GetBankCardOCRResult(t.Context(), faceid.GetBankCardOCRResultRequest{OrderNo: "order1", GetFile: true})
			return err
		}, map[string]string{"get_file": "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			client, mock, rec := documented(t)
			answered(t, mock, pathOCR, "getOcrResult.idcard")
			answered(t, mock, pathBankCard, "getBankCardOcrResult.bankcard")
			require.NoError(t, test.call(client))
			address, kind, body := rec.last()
			require.Equal(t, "GET ", kind)
			require.Nil(t, body)
			require.Equal(t, "https://kyc1.qcloud.com"+test.path, "https://"+address.Host+address.Path)
			query := map[string]string{}
			for name, values := range address.Query() {
				require.Len(t, values, 1)
				query[name] = values[0]
			}
			checkSigned(t, query, "app_id", "order_no", "version", "nonce")
			want := map[string]string{"app_id": wireAppID, "order_no": "order1", "version": "1.0.0"}
			for name, value := range test.want {
				want[name] = value
			}
			require.Equal(t, want, query, "these and no others: no orderNo beside them")
		})
	}
}

func TestIDCardAnswersOfTheDocuments(t *testing.T) {
	pictures := func(result map[string]any) {
		result["orderNo"] = "order1"
		result["frontPhoto"], result["backPhoto"], result["headPhoto"] = "ZnJvbnQ=", "YmFjaw==", "aGVhZA=="
		result["frontCrop"], result["backCrop"] = "Y3JvcA==", ""
	}
	want := faceid.OCRResult{
		ResultCode: "ocr-idcard/0", Message: "请求成功", OrderNo: "order1", FrontCode: "ocr-idcard/0", BackCode: "ocr-idcard/0",
		Name: "xxx", Sex: faceid.SexMale, Nation: "汉", Birth: time.Date(1988, 10, 1, 0, 0, 0, 0, inChina), Address: "xxxxxxxxxxx",
		IDCard: "xxxxxxxxxxxxxxxxxxxx", Authority: "xxxxxx",
		ValidDate: faceid.Validity{
			Text: "20190128-20390128", From: time.Date(2019, 1, 28, 0, 0, 0, 0, inChina), To: time.Date(2039, 1, 28, 0, 0, 0, 0, inChina),
		},
		FrontPhoto: []byte("front"), BackPhoto: []byte("back"), FrontCrop: []byte("crop"), HeadPhoto: []byte("head"),
		MediaSizes:    map[string]int64{"frontPhoto": 5, "backPhoto": 4, "frontCrop": 4, "headPhoto": 4},
		FrontWarnCode: "00000000", BackWarnCode: "00000000", FrontMultiWarning: "00000000", BackMultiWarning: "00000000",
		FrontClarity: faceid.Score{Value: 64, Present: true}, BackClarity: faceid.Score{Value: 72, Present: true}, NativePlace: "xxxxxxxxxxx",
		OperateTime: time.Date(2021, 6, 21, 17, 35, 27, 0, inChina), TransactionTime: time.Date(2021, 6, 21, 17, 35, 58, 0, inChina),
		BizSeqNo: "21062120001184438417355807876765",
	}
	for dialect := range respellings {
		t.Run(dialect, func(t *testing.T) {
			client, mock, _ := documented(t)
			respelt(t, mock, pathOCR, "getOcrResult.idcard", dialect, pictures)
			result, err := client.ConfirmOCR(t.Context(), faceid.GetOCRResultRequest{OrderNo: "order1", GetFile: true, GetNative: true}, faceid.AnyPerson, faceid.OCRBothSides)
			require.NoError(t, err)
			require.Equal(t, "crop", string(result.FrontImage()))
			require.Equal(t, "back", string(result.BackImage()), "it could not be cut out")
			require.NotContains(t, string(result.Raw), "ZnJvbnQ")
			for _, times := range [][2]time.Time{
				{want.Birth, result.Birth}, {want.OperateTime, result.OperateTime}, {want.TransactionTime, result.TransactionTime},
				{want.ValidDate.From, result.ValidDate.From}, {want.ValidDate.To, result.ValidDate.To},
			} {
				require.True(t, times[0].Equal(times[1]), times)
			}
			result.Birth, result.OperateTime, result.TransactionTime, result.ValidDate = want.Birth, want.OperateTime, want.TransactionTime, want.ValidDate
			result.Raw, result.BackCrop = nil, nil
			require.Equal(t, want, *result)
		})
	}
}

func TestBankCardAnswersOfTheDocuments(t *testing.T) {
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

// Each side of an ID card has a code of its own, and the envelope says 0.
func TestEachSideDecidesForItself(t *testing.T) {
	const both, front, back = faceid.OCRBothSides, faceid.OCRFrontOnly, faceid.OCRBackOnly
	for name, test := range map[string]struct {
		body  string
		sides faceid.OCRSides
		err   error // nil is read
	}{
		"both":                          {`"0","result":{"frontCode":"0","name":"n","idcard":"i","backCode":"0","validDate":"v"`, both, nil},
		"codes as numbers":              {`0,"result":{"frontCode":0,"backCode":0,"name":"n","idcard":"i","validDate":"v"`, both, nil},
		"the wrong side":                {`"0","result":{"frontCode":"66661006","backCode":"0","validDate":"v"`, both, faceid.FamilyUnreadable},
		"the wrong side, not kept":      {`"0","result":{"frontCode":"66661006","backCode":"0","validDate":"v"`, back, nil},
		"one side wanted":               {`"0","result":{"frontCode":"0","name":"n","idcard":"i"`, front, nil},
		"one side taken":                {`"0","result":{"frontCode":"0","name":"n","idcard":"i"`, both, faceid.FamilyUnreadable},
		"expired card":                  {`"0","result":{"frontCode":"0","name":"n","idcard":"i","backCode":"66661003"`, both, faceid.FamilyUnreadable},
		"picture unusable":              {`"66660015","result":{"frontCode":"0","name":"n","idcard":"i","backCode":"0","validDate":"v"`, both, faceid.FamilyMediaUnusable},
		"an unknown side code":          {`"0","result":{"frontCode":"12345678","backCode":"0","validDate":"v"`, both, faceid.ErrUnknownCode},
		"nothing on either":             {`"0","result":{"frontCode":"0","backCode":"0"`, both, faceid.FamilyUnreadable},
		"nothing on the front":          {`"0","result":{"frontCode":"0","backCode":"0","validDate":"v"`, both, faceid.FamilyUnreadable},
		"nothing on the back":           {`"0","result":{"frontCode":"0","name":"n","idcard":"i","backCode":"0"`, both, faceid.FamilyUnreadable},
		"nothing on the back, not kept": {`"0","result":{"frontCode":"0","name":"n","idcard":"i","backCode":"0"`, front, nil},
		"no name":                       {`"0","result":{"frontCode":"0","name":"","idcard":"i"`, front, faceid.FamilyUnreadable},
		"no number":                     {`"0","result":{"frontCode":"0","name":"n"`, front, faceid.FamilyUnreadable},
		"no dates":                      {`"0","result":{"backCode":"0","validDate":"","authority":"a"`, back, faceid.FamilyUnreadable},
	} {
		t.Run(name, func(t *testing.T) {
			client, mock, _ := documented(t)
			mock.RegisterResponder("GET", "=~"+pathOCR, httpmock.NewStringResponder(200, `{"code":`+test.body+`,"orderNo":"order1"}}`))
			result, err := client.ConfirmOCR(t.Context(), faceid.GetOCRResultRequest{OrderNo: "order1"}, faceid.AnyPerson, test.sides)
			require.NotNil(t, result)
			suite.see(result, err)
			if test.err == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, faceid.ErrNotPassed)
			require.ErrorIs(t, err, test.err)
			require.NotErrorIs(t, err, faceid.FamilyPassed)
			require.NotContains(t, err.Error(), "succeeded")
		})
	}
	client, mock, _ := documented(t)
	for body, want := range map[string]error{
		`{"code":"66660020"}`: faceid.CodeOCRNoResult, `{"code":"300101"}`: faceid.ErrService, `{"code":"0","result":{}}`: faceid.ErrBadAnswer,
		`{"code":"0","result":{"orderNo":"order2"}}`: faceid.ErrBadAnswer, `{"code":"66660004","result":{"orderNo":"order1"}}`: faceid.ErrUnknownCode,
	} {
		mock.RegisterResponder("GET", "=~"+pathOCR, httpmock.NewStringResponder(200, body))
		result, err := client.ConfirmOCR(t.Context(), faceid.GetOCRResultRequest{OrderNo: "order1"}, faceid.AnyPerson, both)
		require.Nil(t, result)
		require.ErrorIs(t, err, want, body)
	}
}

func TestBankCardWarningsComeAloneOrInAList(t *testing.T) {
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

func TestABankCardThatWasNotRead(t *testing.T) {
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

func TestCardPicturesGoToTheirWriters(t *testing.T) {
	client, mock, _ := documented(t)
	respelt(t, mock, pathOCR, "getOcrResult.idcard", "as printed", func(result map[string]any) {
		result["orderNo"], result["frontPhoto"], result["headPhoto"] = "order1", "ZnJvbnQ=", "aGVhZA=="
	})
	var front bytes.Buffer
	result, err := client.GetOCRResult(t.Context(), faceid.GetOCRResultRequest{OrderNo: "order1", GetFile: true, MediaTo: func(name string) io.Writer {
		if name == "frontPhoto" {
			return &front
		}
		return nil
	}})
	require.NoError(t, err)
	require.Equal(t, "front", front.String())
	require.Nil(t, result.FrontPhoto)
	require.Equal(t, "head", string(result.HeadPhoto))
	require.EqualValues(t, 5, result.MediaSizes["frontPhoto"])
}
