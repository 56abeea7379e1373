package faceid_test

import (
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

func TestAnyPersonThatNamesACardIsRefused(t *testing.T) {
	sim := faceidtest.Start(t)
	p := faceid.AnyPerson
	p.BankCardNo = "6200000000000000"
	_, err := newClient(sim).ConfirmBankCardOCR(t.Context(), faceid.GetBankCardOCRResultRequest{OrderNo: "order1"}, p)
	require.ErrorIs(t, err, faceid.ErrRequest)
	require.Empty(t, sim.Requests())
}

// A person with nothing to compare is refused before anything is sent.
func TestPersonIsNeededForADecision(t *testing.T) {
	mixed := faceid.AnyPerson
	mixed.IDNo = otherIDNo
	for name, p := range map[string]faceid.Person{
		"nobody": {}, "a name only": {Name: "李测试"}, "a user": {UserID: "user1"}, "a photo": {Photo: []byte("x")},
		"a blank number": {Name: "李测试", IDNo: " "}, "anybody with a number": mixed,
	} {
		t.Run(name, func(t *testing.T) {
			e := &cloudExchange{answers: []string{fine}}
			c := cloudClient(t, e)
			sim := faceidtest.Start(t)
			kyc1 := newClient(sim)
			for call, err := range map[string]error{
				"ConfirmDetect":     second(c.ConfirmDetect(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: "b", RuleID: "1"}, p)),
				"ConfirmEid":        second(c.ConfirmEid(t.Context(), faceid.GetEidResultRequest{EidToken: "b"}, p)),
				"ConfirmFaceId":     second(c.ConfirmFaceId(t.Context(), faceid.GetFaceIdResultRequest{FaceIDToken: "b"}, p)),
				"wx chip":           second(c.ConfirmWxNFC(t.Context(), faceid.GetWxNFCResultRequest{NFCToken: "b"}, p)),
				"app chip":          second(c.ConfirmNfcData(t.Context(), faceid.ParseNfcDataRequest{ReqID: "b"}, p)),
				"ConfirmFaceIdIntl": second(c.ConfirmFaceIdIntl(t.Context(), faceid.GetFaceIdResultIntlRequest{SDKToken: "b"}, p)),
				"web":               second(c.ConfirmWebVerificationIntl(t.Context(), faceid.GetWebVerificationResultIntlRequest{BizToken: "b"}, p)),
				"sdk":               second(c.ConfirmSdkVerification(t.Context(), faceid.GetSdkVerificationResultRequest{SDKToken: "b"}, p)),
				"ocr":               second(kyc1.ConfirmOCR(t.Context(), faceid.GetOCRResultRequest{OrderNo: "order1"}, p, faceid.OCRBothSides)),
				"nfc":               second(kyc1.ConfirmNFC(t.Context(), faceid.GetIDCardNFCResultRequest{OrderNo: "order1", ReqID: "r"}, p)),
				"bank card":         second(kyc1.ConfirmBankCardOCR(t.Context(), faceid.GetBankCardOCRResultRequest{OrderNo: "order1"}, faceid.Person{IDNo: p.IDNo, Name: p.Name})),
			} {
				require.ErrorIs(t, err, faceid.ErrRequest, call)
				var bad *faceid.ArgumentError
				require.ErrorAs(t, err, &bad, call)
				require.Equal(t, "Person", bad.Field, call)
			}
			require.Empty(t, e.requests)
			require.Empty(t, sim.Requests())
		})
	}
	sim := faceidtest.Start(t)
	c := newClient(sim)
	for call, err := range map[string]error{
		"ocr":       second(c.ConfirmOCR(t.Context(), faceid.GetOCRResultRequest{OrderNo: "order1"}, faceid.PersonAsOpened, faceid.OCRBothSides)),
		"back":      second(c.ConfirmOCR(t.Context(), faceid.GetOCRResultRequest{OrderNo: "order1"}, somebody, faceid.OCRBackOnly)),
		"nfc":       second(c.ConfirmNFC(t.Context(), faceid.GetIDCardNFCResultRequest{OrderNo: "order1", ReqID: "r"}, faceid.PersonAsOpened)),
		"bank card": second(c.ConfirmBankCardOCR(t.Context(), faceid.GetBankCardOCRResultRequest{OrderNo: "order1"}, faceid.PersonAsOpened)),
	} {
		require.ErrorIs(t, err, faceid.ErrRequest, call)
	}
	_, err := cloudClient(t, &cloudExchange{answers: []string{fine}}).ConfirmDetect(t.Context(), faceid.GetDetectInfoEnhancedRequest{
		BizToken: "b", RuleID: "1", Encryption: &faceid.Encryption{Algorithm: "AES-256-CBC", CiphertextBlob: "QQ==", IV: "QQ=="},
	}, somebody)
	require.ErrorIs(t, err, faceid.ErrRequest, "an answer that only its owner can read cannot be compared")
}
