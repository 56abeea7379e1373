package faceid_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/emmansun/gmsm/cipher"
	"github.com/emmansun/gmsm/padding"
	"github.com/emmansun/gmsm/sm4"
	"github.com/faceid-go/faceid"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

const nfcKey = "7F26724F72D48EBA5AD3848B30B81122" // the documents' own

// encrypted is what the platform makes of an answer.
func encrypted(t testing.TB, key string, plain []byte) []byte {
	raw, err := hex.DecodeString(key)
	require.NoError(t, err)
	block, err := sm4.NewCipher(raw)
	require.NoError(t, err)
	data := padding.NewPKCS7Padding(sm4.BlockSize).Pad(plain)
	cipher.NewECBEncrypter(block).CryptBlocks(data, data)
	return data
}

func nfcAnswer(mock *httpmock.MockTransport, cipherText []byte) {
	mock.RegisterResponder("POST", "=~"+pathNFCEnd, httpmock.NewJsonResponderOrPanic(200, map[string]any{
		"code": "0", "msg": "请求成功", "bizSeqNo": "1607280FD01141000000000000009003", "transactionTime": "20160728075617",
		"result": map[string]any{"bizSeqNo": "1607280FD01141000000000000009003", "nfcEnResult": base64.StdEncoding.EncodeToString(cipherText)},
	}))
}

// An invented card.
var card = map[string]any{
	"orderNo": "order1", "reqId": "req1", "name": somebody.Name, "sex": "男", "nation": "汉", "birth": "19900307", "address": "某地某路",
	"idcard": somebody.IDNo, "validDateBegin": "20190128", "validDateEnd": "20990128", "signingOrganization": "某地公安局",
	"frontPhoto": "ZnJvbnQ=", "backPhoto": "YmFjaw==", "portraitPhoto": "aGVhZA==",
}

func with(o map[string]any, changes map[string]any) []byte {
	all := map[string]any{}
	for _, m := range []map[string]any{o, changes} {
		for k, v := range m {
			all[k] = v
		}
	}
	text, _ := json.Marshal(all)
	return text
}

func nfcClient(t *testing.T) (*faceid.Client, *httpmock.MockTransport, *recorder) {
	return documented(t, faceid.WithNFCKey(nfcKey))
}

var nfcQuery = faceid.GetIDCardNFCResultRequest{OrderNo: "order1", ReqID: "req1", GetPhoto: true}

func TestNFCRequests(t *testing.T) {
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

func TestANFCResultIsDecryptedAndTyped(t *testing.T) {
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

func TestADocumentOfSomebodyElseIsNoPass(t *testing.T) {
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

// Whatever is wrong with the cipher text, there is one error, and it says
// nothing.
func TestADamagedNFCResultGivesOneErrorThatLeaksNothing(t *testing.T) {
	good := encrypted(t, nfcKey, with(card, nil))
	damaged := map[string][]byte{
		"another key": encrypted(t, strings.Repeat("0", 32), with(card, nil)), "empty": {}, "one block short": good[:len(good)-16], "one byte short": good[:len(good)-1],
		"one byte long": append(good[:len(good):len(good)], 0), "not JSON": encrypted(t, nfcKey, []byte("168, FM973")),
		"not an object": encrypted(t, nfcKey, []byte(`["x"]`)), "null": encrypted(t, nfcKey, []byte(`null`)), "nothing": encrypted(t, nfcKey, nil),
	}
	for _, bad := range [][]byte{
		append(with(card, nil), 0), append(with(card, nil), 17), append(with(card, nil), 2, 3), append(with(card, nil), '\n'), // no padding that PKCS#7 knows; JSON would not mind the last
	} {
		for len(bad)%16 != 0 {
			bad = append([]byte(" "), bad...)
		}
		raw, err := hex.DecodeString(nfcKey)
		require.NoError(t, err)
		block, err := sm4.NewCipher(raw)
		require.NoError(t, err)
		cipher.NewECBEncrypter(block).CryptBlocks(bad, bad)
		damaged["padding "+string(rune('a'+len(damaged)))] = bad
	}
	for i := range good {
		flipped := append([]byte(nil), good...)
		flipped[i] ^= 1
		damaged["byte "+string(rune('A'+i))] = flipped
	}
	client, mock, _ := nfcClient(t)
	for name, data := range damaged {
		nfcAnswer(mock, data)
		result, err := client.GetIDCardNFCResult(t.Context(), nfcQuery)
		require.Nil(t, result, name)
		require.ErrorIs(t, err, faceid.ErrBadAnswer, name)
		suite.see(err)
		if name == "empty" { // then there is no answer at all
			continue
		}
		require.ErrorIs(t, err, faceid.ErrDecrypt, name)
		require.EqualError(t, err, "faceid: GetIDCardNFCResult: the answer cannot be decrypted with the key of WithNFCKey "+
			"(family BadAnswer, order order1, seq 1607280FD01141000000000000009003)", name)
	}
	mock.RegisterResponder("POST", "=~"+pathNFCEnd, httpmock.NewStringResponder(200, `{"code":"0","result":{"nfcEnResult":"not base64!"}}`))
	_, err := client.GetIDCardNFCResult(t.Context(), nfcQuery)
	require.ErrorIs(t, err, faceid.ErrDecrypt)
	mock.RegisterResponder("POST", "=~"+pathNFCEnd, httpmock.NewStringResponder(200, `{"code":"0","result":{"nfcEnResult":{}}}`))
	_, err = client.GetIDCardNFCResult(t.Context(), nfcQuery)
	require.ErrorIs(t, err, faceid.ErrBadAnswer)
}

func TestAnNFCResultMustSayWhoseItIs(t *testing.T) {
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

func TestNFCCodesOfBothLevels(t *testing.T) {
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

// Who has the reqId can fetch the identity for five minutes.
func TestAReqIDIsInNoError(t *testing.T) {
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

// An inner code that is an outcome of face is no success here, whatever comes
// with it; and what the inner message quotes is cleaned.
func TestAnNFCResultBesideAnInnerCodeIsNotRead(t *testing.T) {
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

func TestTheNFCKeyIsNeededAndChecked(t *testing.T) {
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

// The standard's block, and the documents' sample: our own decryption, through
// the whole client, is not the only witness.
func TestTheCipherIsTheStandards(t *testing.T) {
	key, err := hex.DecodeString("0123456789abcdeffedcba9876543210")
	require.NoError(t, err)
	block, err := sm4.NewCipher(key)
	require.NoError(t, err)
	out := make([]byte, 16)
	block.Encrypt(out, key)
	require.Equal(t, "681edf34d206965e86b3e94f536e4246", hex.EncodeToString(out))

	var vectors []struct {
		Key    string `json:"key_hex"`
		Plain  string `json:"plaintext_utf8"`
		Cipher string `json:"ciphertext_base64"`
	}
	text, err := os.ReadFile("testdata/sm4.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &vectors))
	require.NotEmpty(t, vectors)
	for _, v := range vectors {
		require.Equal(t, v.Cipher, base64.StdEncoding.EncodeToString(encrypted(t, v.Key, []byte(v.Plain))))
	}
}

func TestTheExtrasOfAPermit(t *testing.T) {
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

// A launch of reading takes user ids of 30, whatever the phone.
func TestReadingTakesUserIDsOf30(t *testing.T) {
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

func TestBadArgumentsOfReading(t *testing.T) {
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
