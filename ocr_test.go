package faceid_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

func TestGetOCRResultUsesTheOlderNames(t *testing.T) {
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

func TestConfirmOCRReadsTheDocumentsAnswers(t *testing.T) {
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

// sideRow is an answer about both sides of a card, the sides that are wanted, and
// the error of the decision.
type sideRow struct {
	body  string
	sides faceid.OCRSides
	err   error // nil: the card was read
}

// Each side of an ID card has a code of its own, and the envelope says 0.
func TestConfirmOCRDecidesOnEachSideForItself(t *testing.T) {
	const both, front, back = faceid.OCRBothSides, faceid.OCRFrontOnly, faceid.OCRBackOnly
	for name, test := range map[string]sideRow{
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

func TestGetOCRResultGivesPicturesToTheirWriters(t *testing.T) {
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

func TestConfirmOCRReadsAnIDCardInAnApp(t *testing.T) {
	photo := []byte("\xff\xd8\xff an invented picture")
	for _, platform := range []string{"android", "ios", "harmony"} {
		t.Run(platform, func(t *testing.T) {
			sim := faceidtest.Start(t)
			client := newClient(sim)
			sim.ScriptIDCard("order1", faceidtest.IDCard{
				Name: somebody.Name, Number: somebody.IDNo, Birth: "19900307", ValidDate: "20190128-长期",
				FrontWarnCode: "10010100", FrontMultiWarning: "10010100", NoCrops: true, FrontPhoto: photo,
			})
			result := scanCard(t.Context(), t, sim, client, "ocr-idcard", platform, faceidtest.CardIDCard)
			require.Equal(t, "0", result.Code, "%v", result)
			card, err := client.ConfirmOCR(t.Context(), faceid.GetOCRResultRequest{OrderNo: "order1", GetFile: true, GetNative: true}, faceid.AnyPerson, faceid.OCRBothSides)
			require.NoError(t, err)
			require.Equal(t, somebody.Name, card.Name)
			require.Equal(t, somebody.IDNo, card.IDCard)
			require.Equal(t, "1990-03-07", card.Birth.Format(time.DateOnly))
			require.True(t, card.ValidDate.LongTerm)
			require.True(t, card.ValidDate.Covers(time.Now()))
			require.True(t, card.FrontWarnCode.Has(1) && card.FrontWarnCode.Has(4) && card.FrontWarnCode.Has(6))
			require.False(t, card.BackWarnCode.Any())
			require.Equal(t, photo, card.FrontImage(), "the crop is empty")
			require.NotEmpty(t, card.NativePlace)

			card, err = client.GetOCRResult(t.Context(), faceid.GetOCRResultRequest{OrderNo: "order1"})
			require.NoError(t, err)
			require.Empty(t, card.FrontPhoto)
			require.Empty(t, card.NativePlace)
		})
	}
}

func TestConfirmOCRRefusesASideThatCannotBeRead(t *testing.T) {
	sim := faceidtest.Start(t)
	client := newClient(sim)
	sim.ScriptIDCard("order1", faceidtest.IDCard{FrontCode: "66661006"})
	scanCard(t.Context(), t, sim, client, "ocr-idcard", "ios", faceidtest.CardIDCard)
	card, err := client.ConfirmOCR(t.Context(), faceid.GetOCRResultRequest{OrderNo: "order1"}, faceid.AnyPerson, faceid.OCRBothSides)
	require.ErrorIs(t, err, faceid.FamilyUnreadable)
	require.True(t, card.BackRead())
	require.False(t, card.FrontRead())
	require.Empty(t, card.Name)
	require.NotEmpty(t, card.Authority)
	_, err = client.ConfirmOCR(t.Context(), faceid.GetOCRResultRequest{OrderNo: "order1"}, faceid.AnyPerson, faceid.OCRBackOnly)
	require.NoError(t, err)
	_, err = client.ConfirmOCR(t.Context(), faceid.GetOCRResultRequest{OrderNo: "nobody"}, faceid.AnyPerson, faceid.OCRBackOnly)
	require.ErrorIs(t, err, faceid.CodeOCRNoResult)
}

// cardRow is a decision about a card, the person whose card it is, and other
// people.
type cardRow struct {
	call func(faceid.Person) (faceid.Result, error)
	same faceid.Person
	no   []faceid.Person
}

// Cards that were read are compared with the expected person like everything else.
func TestConfirmOCRComparesTheCardWithThePerson(t *testing.T) {
	sim := faceidtest.Start(t)
	c := newClient(sim)
	sim.ScriptIDCardDefault(faceidtest.IDCard{Name: "阿依古丽•买买提", Number: "11010119900307643x"})
	sim.ScriptBankCardDefault(faceidtest.BankCard{Number: "6222 0000 0000 0000"})
	read := func(p faceid.Product, kind faceidtest.Card) string {
		launch, err := c.StartOCR(t.Context(), faceid.OCRRequest{Product: p, Platform: faceid.PlatformAndroid, UserID: "user1"})
		require.NoError(t, err)
		_, err = sim.RunOCR(t.Context(), launch.Params, kind)
		require.NoError(t, err)
		return launch.OrderNo
	}
	idCard, bankCard := read(faceid.ProductIDCardOCR, faceidtest.CardIDCard), read(faceid.ProductBankCardOCR, faceidtest.CardBankCard)
	for name, test := range map[string]cardRow{
		"ID card": {
			func(p faceid.Person) (faceid.Result, error) {
				return c.ConfirmOCR(context.Background(), faceid.GetOCRResultRequest{OrderNo: idCard}, p, faceid.OCRBothSides)
			},
			faceid.Person{Name: "阿依古丽·买买提", IDNo: otherIDNo}, []faceid.Person{{Name: "李测试", IDNo: otherIDNo}, {Name: "阿依古丽·买买提", IDNo: somebody.IDNo}, {IDNo: somebody.IDNo}},
		},
		"its front": {
			func(p faceid.Person) (faceid.Result, error) {
				return c.ConfirmOCR(context.Background(), faceid.GetOCRResultRequest{OrderNo: idCard}, p, faceid.OCRFrontOnly)
			},
			faceid.Person{IDNo: otherIDNo}, []faceid.Person{{IDNo: somebody.IDNo}},
		},
		"bank card": {
			func(p faceid.Person) (faceid.Result, error) {
				return c.ConfirmBankCardOCR(context.Background(), faceid.GetBankCardOCRResultRequest{OrderNo: bankCard}, p)
			},
			faceid.Person{BankCardNo: "6222-0000-0000-0000"}, []faceid.Person{{BankCardNo: "6222000000000001"}},
		},
	} {
		t.Run(name, func(t *testing.T) {

			requireOnlyItsPerson(t, test)
		})
	}
}

// requireOnlyItsPerson expects that a card passes for its own person and for
// anybody, and for nobody else.
func requireOnlyItsPerson(t *testing.T, test cardRow) {
	for _, p := range []faceid.Person{test.same, faceid.AnyPerson} {
		result, err := test.call(p)
		require.NoError(t, err)
		require.True(t, result.Passed())
		require.Equal(t, faceid.FamilyPassed, result.Family())
		require.Equal(t, "0", result.Code().Number())
	}
	for _, p := range test.no {
		result, err := test.call(p)
		require.ErrorIs(t, err, faceid.ErrOtherPerson)
		require.ErrorIs(t, err, faceid.ErrNotPassed)
		require.False(t, result.Passed())
		require.Equal(t, faceid.FamilyOtherPerson, result.Family())
		suite.see(result, err)
	}
}

// A launch that reads a card or a chip takes user IDs of 30 characters, whatever the
// phone.
func TestStartOCRAndStartNFCTakeUserIDsOf30(t *testing.T) {
	for sdk := range otherNames {
		product, platform, _ := strings.Cut(sdk, " ")
		if product == "will" {
			continue
		}
		client, mock, rec := nfcClient(t)
		answered(t, mock, pathNFC, "getOcrCertId.nfc")
		_, err := startApp(t.Context(), client, product, platform, "order1", strings.Repeat("u", 31), "")
		require.ErrorIs(t, err, faceid.ErrRequest, sdk)
		require.ErrorContains(t, err, "30")
		require.Empty(t, rec.urls)
		_, err = startApp(t.Context(), client, product, platform, "order1", strings.Repeat("u", 30), "")
		require.NoError(t, err, sdk)
	}
}

func TestStartOCRAndStartNFCRefuseBadArguments(t *testing.T) {
	client, _, rec := nfcClient(t)
	permit := &faceid.TravelPermit{Number: "H12345678", Birth: time.Now(), Expiry: time.Now()}
	for field, call := range map[string]func() error{
		"Product": func() error {
			_, err := client.StartOCR(t.Context(), faceid.OCRRequest{Product: faceid.ProductPlus, Platform: faceid.PlatformIOS, UserID: "u"})
			return err
		},
		"Platform": func() error {
			_, err := client.StartNFC(t.Context(), faceid.NFCRequest{Platform: faceid.PlatformHarmony, UserID: "u"})
			return err
		},
		"Permit": func() error {
			_, err := client.StartNFC(t.Context(), faceid.NFCRequest{Platform: faceid.PlatformIOS, UserID: "u", Permit: permit})
			_, err2 := client.StartNFC(t.Context(), faceid.NFCRequest{Platform: faceid.PlatformIOS, UserID: "u", NFCType: faceid.NFCHomeReturnPermit, Permit: &faceid.TravelPermit{}})
			require.ErrorIs(t, err2, faceid.ErrRequest)
			return err
		},
		"NFCType": func() error {
			_, err := client.GetOCRCertID(t.Context(), faceid.GetOCRCertIDRequest{OrderNo: "o", UserID: "u", NFCType: "2"})
			return err
		},
		"ReqID": func() error {
			_, err := client.GetIDCardNFCResult(t.Context(), faceid.GetIDCardNFCResultRequest{OrderNo: "o"})
			_, err2 := client.GetIDCardNFCResult(t.Context(), faceid.GetIDCardNFCResultRequest{OrderNo: "o", ReqID: strings.Repeat("r", 41)})
			require.ErrorContains(t, err2, "40")
			return err
		},
		"OrderNo": func() error {
			_, err := client.GetOCRResult(t.Context(), faceid.GetOCRResultRequest{})
			return err
		},
	} {
		err := call()
		var bad *faceid.ArgumentError
		require.ErrorAs(t, err, &bad, field)
		require.Equal(t, field, bad.Field)
	}
	require.Empty(t, rec.urls)
}
