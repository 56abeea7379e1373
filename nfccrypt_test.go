package faceid_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/cipher"
	"github.com/emmansun/gmsm/sm4"
	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

// Whatever is wrong with the cipher text, the error is the same and quotes nothing.
func TestNFCCipherTextThatIsDamagedGivesOneErrorThatLeaksNothing(t *testing.T) {
	good := encrypted(t, nfcKey, with(card, nil))
	damaged := map[string][]byte{
		"another key": encrypted(t, strings.Repeat("0", 32), with(card, nil)), "empty": {}, "one block short": good[:len(good)-16], "one byte short": good[:len(good)-1],
		"one byte long": append(good[:len(good):len(good)], 0), "not JSON": encrypted(t, nfcKey, []byte("168, FM973")),
		"not an object": encrypted(t, nfcKey, []byte(`["x"]`)), "null": encrypted(t, nfcKey, []byte(`null`)), "nothing": encrypted(t, nfcKey, nil),
	}
	for _, bad := range [][]byte{
		append(with(card, nil), 0), append(with(card, nil), 17), append(with(card, nil), 2, 3), append(with(card, nil), '\n'), // PKCS#7 knows none of these paddings; JSON would accept the last.
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
		if name == "empty" { // Then there is no answer at all.
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

// The cipher is compared with the block of the standard and with the sample of the
// documents, so that the decryption of this library is not the only witness.
func TestNFCCipherIsTheStandards(t *testing.T) {
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

func TestNFCCipherRefusesAnotherKey(t *testing.T) {
	sim := faceidtest.Start(t)
	client := newClient(sim, faceid.WithNFCKey(nfcKey))
	result := readChip(t, sim, client, faceid.NFCRequest{Platform: faceid.PlatformAndroid})
	_, err := client.GetIDCardNFCResult(t.Context(), faceid.GetIDCardNFCResultRequest{OrderNo: "order1", ReqID: result.ReqID})
	require.ErrorIs(t, err, faceid.ErrDecrypt)
	suite.see(err)
}
