package faceid_test

import (
	"strings"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// dialects are the ways in which the platform's answers are known to vary.
var dialects = map[string]faceidtest.Dialect{
	"as documented":       {},
	"code as number":      {CodeAsNumber: true},
	"code as string":      {CodeAsString: true},
	"expire_in as string": {NumbersAsStrings: true},
	"flat":                {FlatResult: true},
	"no optimalDomain":    {NoOptimalDomain: true},
	"escaped slashes":     {EscapedSlashes: true},
	"line breaks":         {LineBreaks: true},
	"success false":       {SuccessFalse: true},
	"success true":        {SuccessTrue: true},
	"oriCode":             {OriCode: true},
	"all at once": {
		CodeAsNumber: true, NumbersAsStrings: true, FlatResult: true, NoOptimalDomain: true,
		EscapedSlashes: true, LineBreaks: true, SuccessFalse: true, OriCode: true,
	},
}

func TestDialectsDoNotTroubleFace(t *testing.T) {
	for name, dialect := range dialects {
		t.Run(name, func(t *testing.T) {
			sim := faceidtest.Start(t, faceidtest.WithDialect(dialect))
			client := newClient(sim)
			photo := []byte{0xff, 0xd8, 0xff, 0xfe, 0xff, 0xef, 0xbf}
			for len(photo) < 200 { // The photo takes more than one line of Base64, with slashes.
				photo = append(photo, photo...)
			}
			sim.ScriptDefault(faceidtest.Ending{Photo: photo, TRTC: true, Risk: map[string]string{"deviceInfoLevel": "1", "LivenessInfoTag": "03"}})
			check := func(orderNo string) *faceid.FaceRecord {
				record, err := client.ConfirmFace(t.Context(), faceid.QueryFaceRecordRequest{
					OrderNo: orderNo, GetFile: faceid.FilesAll, QueryVersion: faceid.QueryVersion10,
				})
				require.NoError(t, err)
				require.Equal(t, photo, record.Photo)
				require.Equal(t, "Y", record.TRTCFlag)
				require.NotEmpty(t, record.SDKVersion)
				photos, err := client.QueryPhotoInfo(t.Context(), faceid.QueryPhotoInfoRequest{OrderNo: orderNo})
				require.NoError(t, err)
				require.Equal(t, photo, photos.Photos[0])
				return record
			}
			for way, start := range browsers {
				orderNo := faceid.NewOrderNo()
				login, err := start(t.Context(), client, orderNo)
				require.NoError(t, err)
				back, err := sim.Visit(t.Context(), login.URL)
				require.NoError(t, err)
				_, err = client.VerifyCallback(t.Context(), back)
				require.NoError(t, err)
				record := check(orderNo)
				if way == "plus" {
					require.Equal(t, []faceid.LivenessTag{faceid.LivenessRecapture}, record.Risk.LivenessTags())
				}
			}

			requireAppsInDialect(t, sim, client, check)
		})
	}
}

// requireAppsInDialect launches every product in every App and looks at its record.
func requireAppsInDialect(t *testing.T, sim *faceidtest.Server, client *faceid.Client, check func(orderNo string) *faceid.FaceRecord) {
	for sdk := range launchNames {
		product, platform, _ := strings.Cut(sdk, " ")
		launch, err := client.StartSDK(t.Context(), faceid.SDKRequest{
			Product: faceid.Product(product), Platform: faceid.Platform(platform), Person: somebody, Licence: "licence",
		})
		require.NoError(t, err)
		_, err = sim.RunSDK(t.Context(), launch.Params)
		require.NoError(t, err)
		record := check(launch.OrderNo)
		require.Equal(t, product != "basic", record.Risk != nil, sdk)
		if record.Risk != nil {
			require.True(t, record.Risk.DeviceInfoLevel.Low())
		}
	}
}

func TestDialectsDoNotTroubleWillCardsAndChips(t *testing.T) {
	for name, dialect := range map[string]faceidtest.Dialect{
		"as documented": {}, "code as number": {CodeAsNumber: true}, "code as string": {CodeAsString: true}, "flat": {FlatResult: true},
		"escaped slashes": {EscapedSlashes: true}, "line breaks": {LineBreaks: true}, "success true": {SuccessTrue: true},
		"oriCode": {OriCode: true}, "turns as object": {TurnsAsObject: true},
		"all at once": {CodeAsNumber: true, NumbersAsStrings: true, FlatResult: true, EscapedSlashes: true, LineBreaks: true, SuccessFalse: true, OriCode: true, TurnsAsObject: true},
	} {
		t.Run(name, func(t *testing.T) {
			sim := faceidtest.Start(t, faceidtest.WithDialect(dialect))
			client := newClient(sim, faceid.WithNFCKey(sim.NFCKey()))
			login, err := client.StartWillH5(t.Context(), willH5("will1", faceid.Will{Rounds: rounds(1)}))
			require.NoError(t, err)
			_, err = sim.Visit(t.Context(), login.URL)
			require.NoError(t, err)
			will, err := client.ConfirmWill(t.Context(), faceid.GetWillFaceResultRequest{OrderNo: "will1", GetFile: faceid.FilesAll, H5File: faceid.WillH5Audio})
			require.NoError(t, err)
			require.NotEmpty(t, will.Photo)

			for product, card := range map[string]faceidtest.Card{"ocr-idcard": faceidtest.CardIDCard, "ocr-bankcard": faceidtest.CardBankCard} {
				launch, err := startApp(t.Context(), client, product, "ios", product[4:], "user1", "licence")
				require.NoError(t, err)
				_, err = sim.RunOCR(t.Context(), launch.Params, card)
				require.NoError(t, err)
			}
			idCard, err := client.ConfirmOCR(t.Context(), faceid.GetOCRResultRequest{OrderNo: "idcard", GetFile: true}, faceid.AnyPerson, faceid.OCRBothSides)
			require.NoError(t, err)
			require.NotEmpty(t, idCard.HeadPhoto)
			bankCard, err := client.ConfirmBankCardOCR(t.Context(), faceid.GetBankCardOCRResultRequest{OrderNo: "bankcard", GetFile: true}, faceid.AnyPerson)
			require.NoError(t, err)
			require.NotEmpty(t, bankCard.Image())

			result := readChip(t, sim, client, faceid.NFCRequest{Platform: faceid.PlatformAndroid})
			chip, err := client.GetIDCardNFCResult(t.Context(), faceid.GetIDCardNFCResultRequest{OrderNo: "order1", ReqID: result.ReqID, GetPhoto: true})
			require.NoError(t, err)
			require.NotEmpty(t, chip.PortraitPhoto)
		})
	}
}
