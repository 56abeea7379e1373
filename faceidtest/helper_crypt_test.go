package faceidtest_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"maps"
	"testing"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm4"
	"github.com/emmansun/gmsm/smx509"
	"github.com/stretchr/testify/require"
)

func b64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func unb64(t *testing.T, text any) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(text.(string))
	require.NoError(t, err)
	return b
}

// locked is the caller's side of the encryption of fields.
type locked struct {
	key, iv []byte
	info    obj
}

func gcmOf(t *testing.T, c *caller) *locked {
	block, _ := pem.Decode([]byte(c.sim.CloudSM2Key()))
	require.Equal(t, "PUBLIC KEY", block.Type)
	key, err := smx509.ParsePKIXPublicKey(block.Bytes)
	require.NoError(t, err)
	l := &locked{key: []byte("45c3royvhyj6cavv"), iv: []byte("twelve bytes")}
	blob, err := sm2.Encrypt(rand.Reader, key.(*ecdsa.PublicKey), l.key, nil)
	require.NoError(t, err)
	l.info = obj{"CiphertextBlob": b64(blob), "Iv": b64(l.iv), "Algorithm": "SM4-GCM"}
	return l
}

func cbcOf(t *testing.T, c *caller) *locked {
	block, _ := pem.Decode([]byte(c.sim.CloudRSAKey()))
	require.Equal(t, "RSA PUBLIC KEY", block.Type)
	key, err := x509.ParsePKCS1PublicKey(block.Bytes)
	require.NoError(t, err)
	l := &locked{key: []byte("1abrmh7jz83awn4585vzujiyxbhi5wsd"), iv: []byte("sixteen bytes ok")}
	blob, err := rsa.EncryptPKCS1v15(rand.Reader, key, l.key)
	require.NoError(t, err)
	l.info = obj{"CiphertextBlob": b64(blob), "Iv": b64(l.iv)}
	return l
}

func (l *locked) aead() cipher.AEAD {
	block, _ := sm4.NewCipher(l.key)
	aead, _ := cipher.NewGCM(block)
	return aead
}

func (l *locked) cbc(text string) string {
	block, _ := aes.NewCipher(l.key)
	n := 16 - len(text)%16
	b := append([]byte(text), bytes.Repeat([]byte{byte(n)}, n)...)
	cipher.NewCBCEncrypter(block, l.iv).CryptBlocks(b, b)
	return b64(b)
}

func (l *locked) gcm(text string) (sealed, tag string) {
	b := l.aead().Seal(nil, l.iv, []byte(text), nil)
	return b64(b[:len(b)-16]), b64(b[len(b)-16:])
}

// sealedBody returns a good body with some of its fields encrypted.
func (l *locked) sealedBody(body obj, names []string, flat bool) obj {
	body = maps.Clone(body)
	tags := []string{}
	for _, name := range names {
		if l.info["Algorithm"] == nil {
			body[name] = l.cbc(body[name].(string))
			continue
		}
		sealed, tag := l.gcm(body[name].(string))
		body[name] = sealed
		tags = append(tags, tag)
	}
	e := plus(l.info, "EncryptList", names)
	if len(tags) > 0 {
		e["TagList"] = tags
	}
	if flat {
		maps.Copy(body, e)
		return body
	}
	return plus(body, "Encryption", e)
}

// openSM4 decrypts ECB blocks and removes the padding.
func openSM4(t *testing.T, key, sealed []byte) []byte {
	t.Helper()
	require.NotEmpty(t, sealed)
	require.Zero(t, len(sealed)%16)
	var text []byte
	for i := 0; i < len(sealed); i += 16 {
		text = append(text, sm4Block(key, sealed[i:i+16])...)
	}
	n := int(text[len(text)-1])
	require.True(t, n >= 1 && n <= 16, "padding")
	for _, b := range text[len(text)-n:] {
		require.EqualValues(t, n, b, "padding")
	}
	return text[:len(text)-n]
}

// sm4Block decrypts one block, with the 32 round keys in reverse order. It is
// written from the standard, and uses no library.
func sm4Block(key, block []byte) []byte {
	rotated := func(x uint32, n int) uint32 { return x<<n | x>>(32-n) }
	substituted := func(x uint32) (y uint32) {
		for i := 24; i >= 0; i -= 8 {
			y = y<<8 | uint32(sm4Box[x>>i&0xff])
		}
		return y
	}
	var k [36]uint32
	for i, fk := range []uint32{0xa3b1bac6, 0x56aa3350, 0x677d9197, 0xb27022dc} {
		k[i] = binary.BigEndian.Uint32(key[4*i:]) ^ fk
	}
	for i := range 32 {
		var ck uint32
		for j := range 4 {
			ck = ck<<8 | uint32((4*i+j)*7%256)
		}
		b := substituted(k[i+1] ^ k[i+2] ^ k[i+3] ^ ck)
		k[i+4] = k[i] ^ b ^ rotated(b, 13) ^ rotated(b, 23)
	}
	var x [36]uint32
	for i := range 4 {
		x[i] = binary.BigEndian.Uint32(block[4*i:])
	}
	for i := range 32 {
		b := substituted(x[i+1] ^ x[i+2] ^ x[i+3] ^ k[35-i])
		x[i+4] = x[i] ^ b ^ rotated(b, 2) ^ rotated(b, 10) ^ rotated(b, 18) ^ rotated(b, 24)
	}
	var out []byte
	for i := 35; i > 31; i-- {
		out = binary.BigEndian.AppendUint32(out, x[i])
	}
	return out
}

var sm4Box = func() []byte {
	box, err := hex.DecodeString("d690e9fecce13db716b614c228fb2c05" + "2b679a762abe04c3aa44132649860699" +
		"9c4250f491ef987a33540b43edcfac62" + "e4b31ca9c908e89580df94fa758f3fa6" + "4707a7fcf37317ba83593c19e6854fa8" +
		"686b81b27164da8bf8eb0f4b70569d35" + "1e240e5e6358d1a225227c3b01217887" + "d40046579fd327524c3602e7a0c4c89e" +
		"eabf8ad240c738b5a3f7f2cef96115a1" + "e0ae5da49b341a55ad933230f58cb1e3" + "1df6e22e8266ca60c02923ab0d534e6f" +
		"d5db3745defd8e2f03ff6a726d6c5b51" + "8d1baf92bbddbc7f11d95c411f105ad8" + "0ac13188a5cd7bbd2d74d012b8e5b4b0" +
		"8969974a0c96777e65b9f109c56ec684" + "18f07dec3adc4d2079ee5f3ed7cb3948")
	if err != nil {
		panic(err)
	}
	return box
}()
