package faceid_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

func TestGetIDCardNFCResultSendsTheDocumentedRequests(t *testing.T) {
	client, mock, rec := nfcClient(t)
	answered(t, mock, pathNFC, "getOcrCertId.nfc")
	for _, kind := range []faceid.NFCType{faceid.NFCIDCard, faceid.NFCHomeReturnPermit} {
		r, err := client.GetOCRCertID(t.Context(), faceid.GetOCRCertIDRequest{OrderNo: "order1", UserID: "user1", NFCType: kind})
		require.NoError(t, err)
		require.Equal(t, "cc1184c3995c71a731357f9812aab988", r.OCRCertID)
		require.Equal(t, "业务流水号", r.BizSeqNo)
		address, typ, body := rec.last()
		require.Equal(t, "https://kyc1.qcloud.com/api/server/getOcrCertId?orderNo=order1", address.String())
		require.Equal(t, "POST application/json", typ)
		checkSigned(t, body, "appId", "orderNo", "version", "nonce")
		require.Equal(t, map[string]string{"appId": wireAppID, "orderNo": "order1", "userId": "user1", "version": "1.0.0", "nfcType": string(kind)}, body, "these and no others")
	}
	for photo, want := range map[bool]map[string]string{
		false: {"appId": wireAppID, "orderNo": "order1", "version": "1.0.0", "reqId": "req1"},
		true:  {"appId": wireAppID, "orderNo": "order1", "version": "1.0.0", "reqId": "req1", "getPhoto": "1"},
	} {
		nfcAnswer(mock, encrypted(t, nfcKey, with(card, nil)))
		_, err := client.GetIDCardNFCResult(t.Context(), faceid.GetIDCardNFCResultRequest{OrderNo: "order1", ReqID: "req1", GetPhoto: photo})
		require.NoError(t, err)
		address, typ, body := rec.last()
		require.Equal(t, "https://kyc1.qcloud.com/api/v2/nfcpaas/getIdcardNfcResult?orderNo=order1", address.String())
		require.Equal(t, "POST application/json", typ)
		checkSigned(t, body, "appId", "orderNo", "version", "nonce")
		require.Equal(t, want, body, "these and no others")
	}
}

func TestNFCResultIsDecryptedAndTyped(t *testing.T) {
	client, mock, _ := nfcClient(t)
	nfcAnswer(mock, encrypted(t, nfcKey, with(card, nil)))
	result, err := client.ConfirmNFC(t.Context(), nfcQuery, somebody)
	require.NoError(t, err)
	require.Equal(t, "1990-03-07", result.Birth.Format(time.DateOnly))
	require.Equal(t, "2099-01-28", result.Valid.To.Format(time.DateOnly))
	require.Equal(t, "2016-07-28T07:56:17+08:00", result.TransactionTime.Format(time.RFC3339))
	require.NotContains(t, string(result.Raw), "ZnJvbnQ")
	result.Birth, result.TransactionTime, result.Raw, result.Valid = time.Time{}, time.Time{}, nil, faceid.Validity{}
	require.Equal(t, faceid.NFCResult{
		OrderNo: "order1", ReqID: "req1", Name: somebody.Name, Sex: faceid.SexMale, Nation: "汉", Address: "某地某路", IDCard: somebody.IDNo,
		SigningOrganization: "某地公安局", FrontPhoto: []byte("front"), BackPhoto: []byte("back"), PortraitPhoto: []byte("head"),
		Message: "请求成功", BizSeqNo: "1607280FD01141000000000000009003",
	}, *result)

	permit := map[string]any{
		"orderNo": "order1", "reqId": "req1", "name": "李测试", "enName": "LI, CESHI", "sex": "女", "birth": "19900307",
		"idcard": "H12345678", "validDateEnd": "20300131", "portraitPhoto": "aGVhZA==",
	}
	nfcAnswer(mock, encrypted(t, nfcKey, with(permit, nil)))
	result, err = client.GetIDCardNFCResult(t.Context(), nfcQuery)
	require.NoError(t, err)
	require.Equal(t, "LI, CESHI", result.EnName)
	require.True(t, result.Valid.From.IsZero())
	require.Equal(t, "2030-01-31", result.Valid.To.Format(time.DateOnly))
	require.Empty(t, result.FrontPhoto)
	require.Equal(t, "head", string(result.PortraitPhoto))
}

func TestConfirmNFCRefusesSomebodyElsesDocument(t *testing.T) {
	for name, test := range map[string]struct {
		change map[string]any
		want   error
	}{
		"another number": {map[string]any{"idcard": "110101199003070011"}, faceid.ErrOtherPerson},
		"another name":   {map[string]any{"name": "王测试"}, faceid.ErrOtherPerson},
		"expired":        {map[string]any{"validDateEnd": "20200128"}, faceid.FamilyDocumentUnsupported},
		"not yet valid":  {map[string]any{"validDateBegin": "20980128"}, faceid.FamilyDocumentUnsupported},
		"without end":    {map[string]any{"validDateEnd": "长期"}, nil},
		"end unreadable": {map[string]any{"validDateEnd": "?"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			client, mock, _ := nfcClient(t)
			nfcAnswer(mock, encrypted(t, nfcKey, with(card, test.change)))
			result, err := client.ConfirmNFC(t.Context(), nfcQuery, somebody)
			require.NotNil(t, result)
			suite.see(result, *result, err)
			if test.want == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, faceid.ErrNotPassed)
			require.ErrorIs(t, err, test.want)
		})
	}
	client, _, _ := nfcClient(t)
	_, err := client.ConfirmNFC(t.Context(), nfcQuery, faceid.Person{Name: somebody.Name})
	require.ErrorIs(t, err, faceid.ErrRequest)
}

func TestNFCResultMustSayWhoseItIs(t *testing.T) {
	client, mock, _ := nfcClient(t)
	for _, change := range []map[string]any{
		{"orderNo": "order2"}, {"orderNo": ""}, {"reqId": "req2"}, {"reqId": nil}, {"name": ""}, {"idcard": nil}, {"name": []any{}}, {"frontPhoto": "!"},
	} {
		nfcAnswer(mock, encrypted(t, nfcKey, with(card, change)))
		result, err := client.GetIDCardNFCResult(t.Context(), nfcQuery)
		require.Nil(t, result, change)
		require.ErrorIs(t, err, faceid.ErrBadAnswer, change)
		suite.see(err)
	}
}

func TestNFCResultReadsCodesOfBothLevels(t *testing.T) {
	for number, want := range map[string][]error{
		"66664002": {faceid.CodeNFCCertExpired, faceid.ErrExpired}, "66664003": {faceid.CodeNFCTooManyQueries, faceid.ErrRateLimited},
		"66664004": {faceid.CodeNFCUnknownReqID, faceid.ErrNoResult}, "66664005": {faceid.CodeNFCReqIDExpired, faceid.ErrExpired},
		"66664006": {faceid.ErrService}, "66664007": {faceid.ErrService}, "400106": {faceid.CodeIllegalRequest}, "12345678": {faceid.ErrUnknownCode},
	} {
		for _, body := range []string{`{"code":"` + number + `","msg":"m"}`, `{"code":"0","result":{"code":"` + number + `","msg":"m"}}`} {
			client, mock, _ := nfcClient(t)
			mock.RegisterResponder("POST", "=~"+pathNFCEnd, httpmock.NewStringResponder(200, body))
			_, err := client.GetIDCardNFCResult(t.Context(), nfcQuery)
			for _, want := range want {
				require.ErrorIs(t, err, want, body)
			}
			require.ErrorContains(t, err, number)
		}
	}
}

// Somebody who has the reqId can fetch the identity for five minutes.
func TestNFCResultErrorsHoldNoReqID(t *testing.T) {
	query := faceid.GetIDCardNFCResultRequest{OrderNo: "order1", ReqID: "SECRETREQID123"}
	for _, body := range []string{
		`{"code":"66664004","msg":"reqId SECRETREQID123 not found"}`,
		`{"code":"66664004","msg":"reqId secretreqid123 not found"}`,
		`{"code":"12345678","msg":"m","bizSeqNo":"SECRETREQID123"}`,
		`{"code":"0","result":{"code":"66664004","msg":"reqId SECRETREQID123 not found"}}`,
	} {
		client, mock, _ := nfcClient(t)
		mock.RegisterResponder("POST", "=~"+pathNFCEnd, httpmock.NewStringResponder(200, body))
		for _, call := range []func() (*faceid.NFCResult, error){
			func() (*faceid.NFCResult, error) { return client.GetIDCardNFCResult(t.Context(), query) },
			func() (*faceid.NFCResult, error) { return client.ConfirmNFC(t.Context(), query, somebody) },
		} {
			_, err := call()
			require.ErrorContains(t, err, "[redacted]", body)
			require.NotContains(t, strings.ToUpper(err.Error()), query.ReqID)
		}
	}
}

// An inner code that is an outcome of face is no success here, whatever stands beside
// it. Values that the inner message quotes are removed.
func TestNFCResultBesideAnInnerCodeIsNotRead(t *testing.T) {
	for number, want := range map[string]error{"66660004": faceid.ErrUnknownCode, "66664005": faceid.CodeNFCReqIDExpired} {
		client, mock, _ := nfcClient(t)
		mock.RegisterResponder("POST", "=~"+pathNFCEnd, httpmock.NewJsonResponderOrPanic(200, map[string]any{"code": "0", "result": map[string]any{
			"code": number, "msg": "reqId [req1]", "nfcEnResult": base64.StdEncoding.EncodeToString(encrypted(t, nfcKey, with(card, nil))),
		}}))
		result, err := client.GetIDCardNFCResult(t.Context(), nfcQuery)
		require.Nil(t, result)
		require.ErrorIs(t, err, want)
		require.NotContains(t, err.Error(), "req1")
		suite.see(err)
	}
}

func TestWithNFCKeyIsNeededAndValidated(t *testing.T) {
	client, _, rec := documented(t)
	_, err := client.GetIDCardNFCResult(t.Context(), nfcQuery)
	require.ErrorIs(t, err, faceid.ErrDoorClosed)
	require.ErrorContains(t, err, "WithNFCKey")
	require.Empty(t, rec.urls)
	for _, key := range []string{"", "xyz", nfcKey[:30], nfcKey + "00", " " + nfcKey} {
		_, err := faceid.New(faceid.WithApp(wireAppID, wireSecret), faceid.WithNFCKey(key))
		require.ErrorContains(t, err, "WithNFCKey")
		if key != "" {
			require.NotContains(t, err.Error(), strings.TrimSpace(key))
		}
	}
	_, err = faceid.New(faceid.WithApp(wireAppID, wireSecret), faceid.WithNFCKey(strings.ToLower(nfcKey)))
	require.NoError(t, err)
}

func TestStartNFCSendsTheExtrasOfAPermit(t *testing.T) {
	permit := &faceid.TravelPermit{Number: "H12345678", Birth: time.Date(1990, 3, 7, 0, 0, 0, 0, inChina), Expiry: time.Date(2030, 1, 31, 0, 0, 0, 0, inChina)}
	for platform, want := range map[faceid.Platform]map[string]string{
		faceid.PlatformAndroid: {"NFC_TYPE": "3", "travel_card_no": "H12345678", "travel_card_birth": "900307", "travel_card_validate": "300131"},
		faceid.PlatformIOS:     {"passportNumber": "H12345678", "dateOfBirth": "900307", "expiryDate": "300131"},
	} {
		client, mock, _ := nfcClient(t)
		answered(t, mock, pathNFC, "getOcrCertId.nfc")
		launch, err := client.StartNFC(t.Context(), faceid.NFCRequest{Platform: platform, OrderNo: "order1", UserID: "user1", NFCType: faceid.NFCHomeReturnPermit, Permit: permit})
		require.NoError(t, err)
		require.Equal(t, want, launch.Extras)
	}
	client, mock, _ := nfcClient(t)
	answered(t, mock, pathNFC, "getOcrCertId.nfc")
	launch, err := client.StartNFC(t.Context(), faceid.NFCRequest{Platform: faceid.PlatformAndroid, OrderNo: "order1", UserID: "user1"})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"NFC_TYPE": "1"}, launch.Extras)
}

func TestConfirmNFCReadsAChipInAnApp(t *testing.T) {
	permit := &faceid.TravelPermit{Number: "H12345678", Birth: time.Date(1990, 3, 7, 0, 0, 0, 0, inChina), Expiry: time.Date(2040, 1, 31, 0, 0, 0, 0, inChina)}
	for _, platform := range []faceid.Platform{faceid.PlatformAndroid, faceid.PlatformIOS} {
		for kind, r := range map[string]faceid.NFCRequest{
			"identity card": {Platform: platform}, "permit": {Platform: platform, NFCType: faceid.NFCHomeReturnPermit, Permit: permit},
		} {
			t.Run(string(platform)+" "+kind, func(t *testing.T) {
				sim := faceidtest.Start(t)
				client := newClient(sim, faceid.WithNFCKey(sim.NFCKey()))
				sim.ScriptNFC("order1", faceidtest.NFCDocument{Name: somebody.Name, Number: somebody.IDNo, Birth: "19900307"})
				result := readChip(t, sim, client, r)
				require.Equal(t, "0", result.Code, "%v", result)
				document, err := client.ConfirmNFC(t.Context(), faceid.GetIDCardNFCResultRequest{OrderNo: "order1", ReqID: result.ReqID, GetPhoto: true}, somebody)
				require.NoError(t, err)
				require.Equal(t, "1990-03-07", document.Birth.Format(time.DateOnly))
				require.NotEmpty(t, document.PortraitPhoto)
				require.Equal(t, kind == "permit", document.EnName != "")
				require.Equal(t, kind != "permit", document.Address != "")
			})
		}
	}
}

func TestGetIDCardNFCResultAnswersTenTimesInFiveMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := faceidtest.Start(t)
		client := newClient(sim, faceid.WithNFCKey(sim.NFCKey()))
		result := readChip(t, sim, client, faceid.NFCRequest{Platform: faceid.PlatformIOS})
		query := faceid.GetIDCardNFCResultRequest{OrderNo: "order1", ReqID: result.ReqID}
		for range 10 {
			_, err := client.GetIDCardNFCResult(t.Context(), query)
			require.NoError(t, err)
		}
		_, err := client.GetIDCardNFCResult(t.Context(), query)
		require.ErrorIs(t, err, faceid.CodeNFCTooManyQueries)
		require.ErrorIs(t, err, faceid.ErrRateLimited)
		require.Equal(t, 11, sim.Calls(pathNFCEnd), "asking again would not help")
		time.Sleep(5 * time.Minute)
		_, err = client.GetIDCardNFCResult(t.Context(), query)
		require.ErrorIs(t, err, faceid.CodeNFCReqIDExpired)
		query.ReqID = strings.Repeat("x", 40)
		_, err = client.GetIDCardNFCResult(t.Context(), query)
		require.ErrorIs(t, err, faceid.CodeNFCUnknownReqID)
	})
}

// A person's own chip is not taken for another's because of an x or a dot. That was a
// defect once.
func TestConfirmNFCPassesTheSamePersonsChip(t *testing.T) {
	for name, chip := range map[string]map[string]any{
		"a small x": {"idcard": "11010119900307643x"}, "a bullet": {"name": "阿依古丽•买买提"}, "a dot of katakana": {"name": "阿依古丽・买买提"},
		"a full stop": {"name": "阿依古丽.买买提"}, "an ideographic space": {"name": "阿依古丽\u3000·\u3000买买提"},
	} {
		t.Run(name, func(t *testing.T) {
			client, mock, _ := nfcClient(t)
			document := map[string]any{"name": "阿依古丽·买买提", "idcard": otherIDNo}
			for field, value := range chip {
				document[field] = value
			}
			nfcAnswer(mock, encrypted(t, nfcKey, with(card, document)))
			_, err := client.ConfirmNFC(t.Context(), nfcQuery, faceid.Person{Name: "阿依古丽·买买提", IDNo: otherIDNo})
			require.NoError(t, err)
		})
	}
}
