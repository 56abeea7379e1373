package faceid_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/cipher"
	"github.com/emmansun/gmsm/padding"
	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm4"
	"github.com/emmansun/gmsm/smx509"
	"github.com/faceid-go/faceid"
	"github.com/stretchr/testify/require"
)

func hexOf(key *sm2.PrivateKey) string { return hex.EncodeToString(key.D.FillBytes(make([]byte, 32))) }

// sealed encrypts an identity in one of the ways that the platform may choose.
func sealed(t testing.TB, public *ecdsa.PublicKey, session, keyText, plain []byte, opts *sm2.EncrypterOpts, cut int) *faceid.EidInfo {
	box, err := sm2.Encrypt(rand.Reader, public, keyText, opts)
	require.NoError(t, err)
	block, err := sm4.NewCipher(session)
	require.NoError(t, err)
	data := append([]byte(nil), plain...)
	cipher.NewECBEncrypter(block).CryptBlocks(data, data)
	return &faceid.EidInfo{DesKey: base64.StdEncoding.EncodeToString(box[cut:]), UserInfo: base64.StdEncoding.EncodeToString(data)}
}

const identityJSON = `{"name":"李测试","idtype":"01","idnum":"110101199003074477"}`

func padTo16(text, with string) []byte {
	for len(text)%16 != 0 {
		text += with
	}
	return []byte(text)
}

// The documents leave the layout open, so every usual layout is read.
func TestEidKeyDecryptsAnIdentityHoweverItIsLaidOut(t *testing.T) {
	key, session := sm2Key(t), []byte("0123456789abcdef")
	c1c3c2, c1c2c3 := sm2.NewPlainEncrypterOpts(sm2.MarshalUncompressed, sm2.C1C3C2), sm2.NewPlainEncrypterOpts(sm2.MarshalUncompressed, sm2.C1C2C3)
	for name, test := range map[string]struct {
		opts *sm2.EncrypterOpts
		cut  int // how many bytes are left out in front
	}{
		"C1C3C2": {c1c3c2, 0}, "C1C2C3": {c1c2c3, 0}, "C1C3C2 without 04": {c1c3c2, 1}, "C1C2C3 without 04": {c1c2c3, 1}, "DER": {sm2.ASN1EncrypterOpts, 0},
	} {
		for form, keyText := range map[string][]byte{"raw key": session, "key in hex": []byte(hex.EncodeToString(session))} {
			for pad, plain := range map[string][]byte{
				"PKCS#7": padding.NewPKCS7Padding(16).Pad([]byte(identityJSON)), "NUL": padTo16(identityJSON, "\x00"), "blanks": padTo16(identityJSON, " "),
				"ISO 10126": append(padTo16(identityJSON, "\xe7"), append(bytes.Repeat([]byte{0x9c}, 15), 16)...),
			} {
				t.Run(name+" "+form+" "+pad, func(t *testing.T) {
					parsed, err := faceid.ParseEidKey(hexOf(key))
					require.NoError(t, err)
					identity, err := parsed.Decrypt(sealed(t, &key.PublicKey, session, keyText, plain, test.opts, test.cut))
					require.NoError(t, err)
					require.Equal(t, &faceid.EidIdentity{Name: somebody.Name, IDType: "01", IDNum: somebody.IDNo}, identity)
				})
			}
		}
	}
}

func TestParseEidKeyReadsEveryForm(t *testing.T) {
	key, session := sm2Key(t), []byte("0123456789abcdef")
	sec1, err := smx509.MarshalSM2PrivateKey(key)
	require.NoError(t, err)
	pkcs8, err := smx509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	ec := string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: sec1}))
	parameters := string(pem.EncodeToMemory(&pem.Block{Type: "EC PARAMETERS", Bytes: []byte{6, 8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x82, 0x2d}}))
	colons := ""
	for i := 0; i < 64; i += 2 {
		colons += hexOf(key)[i:i+2] + ":"
	}
	info := sealed(t, &key.PublicKey, session, session, padTo16(identityJSON, " "), nil, 0)
	for name, text := range map[string]string{
		"SEC1": ec, "with parameters": parameters + ec, "PKCS#8": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})),
		"hex": hexOf(key), "HEX": strings.ToUpper(hexOf(key)), "with colons": strings.TrimSuffix(colons, ":"), "with 00": "00" + hexOf(key),
		"in lines": "    " + hexOf(key)[:30] + "\n    " + hexOf(key)[30:] + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			parsed, err := faceid.ParseEidKey(text)
			require.NoError(t, err)
			identity, err := parsed.Decrypt(info)
			require.NoError(t, err)
			require.Equal(t, somebody.IDNo, identity.IDNum)
			suite.canary(hexOf(key), "private key")
			suite.see(parsed, *parsed)
		})
	}
	for name, text := range map[string]string{"empty": "", "short": hexOf(key)[:62], "zero": strings.Repeat("0", 64), "too large": strings.Repeat("f", 64), "parameters alone": parameters, "words": "canary-secret"} {
		_, err := faceid.ParseEidKey(text)
		require.Error(t, err, name)
		suite.see(err)
	}
}

func TestEidKeyGivesOneErrorForADamagedIdentity(t *testing.T) {
	key, session := sm2Key(t), []byte("0123456789abcdef")
	parsed, err := faceid.ParseEidKey(hexOf(key))
	require.NoError(t, err)
	seal := func(keyText, plain []byte) *faceid.EidInfo {
		return sealed(t, &key.PublicKey, session, keyText, plain, nil, 0)
	}
	good := seal(session, padTo16(identityJSON, " "))
	for name, info := range map[string]*faceid.EidInfo{
		"no session":       {UserInfo: good.UserInfo},
		"no text":          {DesKey: good.DesKey},
		"not base64":       {DesKey: "!", UserInfo: good.UserInfo},
		"text not base64":  {DesKey: good.DesKey, UserInfo: "!"},
		"half a block":     {DesKey: good.DesKey, UserInfo: base64.StdEncoding.EncodeToString(make([]byte, 8))},
		"noise":            {DesKey: good.DesKey, UserInfo: base64.StdEncoding.EncodeToString(make([]byte, 64))},
		"a short session":  seal(session[:8], padTo16(identityJSON, " ")),
		"not JSON":         seal(session, padTo16("name: somebody", " ")),
		"nobody":           seal(session, padTo16(`{"idtype":"01"}`, " ")),
		"no number":        seal(session, padTo16(`{"name":"李测试","idtype":"01"}`, " ")),
		"no name":          seal(session, padTo16(`{"idtype":"01","idnum":"110101199003074477"}`, " ")),
		"another's":        sealed(t, &sm2Key(t).PublicKey, session, session, padTo16(identityJSON, " "), nil, 0),
		"session cut off":  {DesKey: good.DesKey[:40], UserInfo: good.UserInfo},
		"session of bytes": {DesKey: base64.StdEncoding.EncodeToString([]byte{4}), UserInfo: good.UserInfo},
	} {
		identity, err := parsed.Decrypt(info)
		require.Nil(t, identity, name)
		require.ErrorIs(t, err, faceid.ErrEidDecrypt, name)
		suite.see(err)
	}
	for _, none := range []*faceid.EidInfo{nil, {}, {EidCode: "x"}} {
		identity, err := parsed.Decrypt(none)
		require.NoError(t, err)
		require.Nil(t, identity)
	}
	_, err = (&faceid.EidKey{}).Decrypt(good)
	require.ErrorIs(t, err, faceid.ErrEidDecrypt)
}

// Whatever an EidInfo holds, the result is an identity or an error, and never a panic.
func FuzzEidDecrypt(f *testing.F) {
	key := sm2Key(f)
	parsed, err := faceid.ParseEidKey(hexOf(key))
	require.NoError(f, err)
	session := []byte("0123456789abcdef")
	good := sealed(f, &key.PublicKey, session, session, padTo16(identityJSON, " "), nil, 0)
	box, err := base64.StdEncoding.DecodeString(good.DesKey)
	require.NoError(f, err)
	text, err := base64.StdEncoding.DecodeString(good.UserInfo)
	require.NoError(f, err)
	f.Add(box, text)
	f.Add([]byte{4}, []byte{})
	f.Add([]byte{0x30, 0x80}, make([]byte, 16))
	f.Fuzz(func(t *testing.T, box, text []byte) {
		identity, err := parsed.Decrypt(&faceid.EidInfo{DesKey: base64.StdEncoding.EncodeToString(box), UserInfo: base64.StdEncoding.EncodeToString(text)})
		if err == nil && identity != nil && (identity.Name == "" || identity.IDNum == "") {
			t.Fatal("nobody")
		}
	})
}
