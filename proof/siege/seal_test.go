//go:build linux

package siege

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// derived is HKDF-SHA256 without a salt by hand, for up to 32 bytes (RFC 5869).
func derived(secret, info string, n int) []byte {
	extract := hmac.New(sha256.New, make([]byte, sha256.Size))
	extract.Write([]byte(secret))
	expand := hmac.New(sha256.New, extract.Sum(nil))
	expand.Write(append([]byte(info), 1))
	return expand.Sum(nil)[:n]
}

// sealedBy is a record as the documents say that it is stored.
func sealedBy(t *testing.T, secret, key, body string) []byte {
	block, err := aes.NewCipher(derived(secret, "faceid record 2 seal", 32))
	require.NoError(t, err)
	aead, err := cipher.NewGCM(block)
	require.NoError(t, err)
	nonce := []byte("twelve bytes")
	box := aead.Seal(nonce, nonce, []byte(body), []byte("faceid 2 "+key))
	return []byte("faceid 2 " + base64.StdEncoding.EncodeToString(box))
}

func TestTheVaultOpensWhatIsSealed(t *testing.T) {
	const secret, body = "the secret", `{"token":{"value":"a token","life":7200000000000,"age":60000000000},"sign":{"value":"a ticket","age":0},"minting":{"by":"me"}}`
	v, err := newVault("TIDA0001", "http://127.0.0.1:8080", secret)
	require.NoError(t, err)
	key := "TIDA0001@127.0.0.1:8080#" + hex.EncodeToString(derived(secret, "faceid record 2 name", 8))
	require.Equal(t, key, v.key)
	text := sealedBy(t, secret, key, body)

	r, err := v.open(text)

	require.NoError(t, err)
	require.Equal(t, "a token", r.Token.Value)
	require.Equal(t, "a ticket", r.Sign.Value)
	require.Equal(t, time.Minute, r.age)
	require.Equal(t, marked, r.stage())

	for what, bad := range map[string][]byte{
		"another secret":  sealedBy(t, "another secret", key, body),
		"another key":     sealedBy(t, secret, "TIDA0001@127.0.0.1:8081"+key[len("TIDA0001@127.0.0.1:8080"):], body),
		"no JSON":         sealedBy(t, secret, key, "no JSON"),
		"nothing":         nil,
		"its head":        []byte(sealed),
		"a nonce":         []byte(sealed + base64.StdEncoding.EncodeToString([]byte("twelve bytes"))),
		"half a nonce":    []byte(sealed + base64.StdEncoding.EncodeToString([]byte("twelve"))),
		"version 1":       bytes.Replace(text, []byte("faceid 2"), []byte("faceid 1"), 1),
		"a line appended": append(bytes.Clone(text), '\n'),
		"a line within":   append(bytes.Clone(text[:40]), append([]byte("\r\n"), text[40:]...)...),
	} {
		_, err := v.open(bad)
		require.Error(t, err, what)
	}
	for _, length := range []int{len(body), len(body) + 1, len(body) + 2} { // base64 leaves 0, 2 or 4 bits over
		whole := sealedBy(t, secret, key, body+"  "[:length-len(body)])
		_, err := v.open(whole)
		require.NoError(t, err)
		for _, d := range everyDamage(whole) {
			_, err := v.open(d.text)
			require.Error(t, err, "%s, %s", d.kind, d.what)
		}
		for bit := range 8 * len(whole) {
			text := bytes.Clone(whole)
			text[bit/8] ^= 1 << (bit % 8)
			_, err := v.open(text)
			require.Error(t, err, "bit %d", bit)
		}
	}
}
