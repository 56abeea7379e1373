package faceid_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"testing"
	"time"

	"github.com/emmansun/gmsm/cipher"
	"github.com/emmansun/gmsm/padding"
	"github.com/emmansun/gmsm/sm4"
	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

const nfcKey = "7F26724F72D48EBA5AD3848B30B81122" // the key of the documents

// encrypted encrypts an answer as the platform does.
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

// card is an invented card.
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

var inChina = time.FixedZone("UTC+8", 8*3600)

// The tests below follow will, cards and chips from the launch to the decision.

func willH5(orderNo string, will faceid.Will) faceid.WillH5Request {
	return faceid.WillH5Request{OrderNo: orderNo, Person: somebody, Will: will, RedirectURL: "https://merchant.example/back?x=a%2Fb", From: faceid.FromBrowser}
}

func scanCard(ctx context.Context, t *testing.T, sim *faceidtest.Server, client *faceid.Client, product, platform string, card faceidtest.Card) faceidtest.SDKResult {
	launch, err := startApp(ctx, client, product, platform, "order1", "user1", "licence")
	require.NoError(t, err)
	result, err := sim.RunOCR(ctx, launch.Params, card)
	require.NoError(t, err)
	return result
}

func readChip(t *testing.T, sim *faceidtest.Server, client *faceid.Client, r faceid.NFCRequest) faceidtest.NFCResult {
	r.OrderNo, r.UserID = "order1", "user1"
	launch, err := client.StartNFC(t.Context(), r)
	require.NoError(t, err)
	result, err := sim.RunNFC(t.Context(), launch.Params, launch.Extras)
	require.NoError(t, err)
	return result
}

// asked is one question with several good answers.
var asked = faceid.Will{Rounds: []faceid.WillRound{{Question: "请问您本次业务是本人自愿办理吗？请回答：我确认", Answers: []string{"我确认", "是的"}}}}

func rounds(n int) []faceid.WillRound {
	var all []faceid.WillRound
	for range n {
		all = append(all, asked.Rounds...)
	}
	return all
}

func answered(t *testing.T, mock *httpmock.MockTransport, path, file string) {
	respelt(t, mock, path, file, "as printed", func(result map[string]any) { result["orderNo"] = "order1" })
}

// playable replaces the cut-off media of the documents.
func playable(result map[string]any) {
	result["orderNo"] = "order1"
	result["photo"], result["video"], result["willScrnShotImage"] = "cGhvdG8=", "dmlkZW8=", "c2hvdA=="
	result["willUserAudio"], result["willReadAudio"], result["willUserVideo"] = "dXNlcg==", "cmVhZA==", "d2hvbGU="
	for _, turn := range result["willTurnsData"].([]any) {
		turn := turn.(map[string]any)
		turn["willUserAudio"], turn["willReadAudio"] = "dXNlcg==", "cmVhZA=="
	}
}
