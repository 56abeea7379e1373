package faceid

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
)

// EncryptionAlgorithm names a pair of ciphers: one for the fields, one for their
// key.
type EncryptionAlgorithm string

// These are the pairs of ciphers. AES256CBC is the platform's default.
const (
	// AES256CBC encrypts the fields with AES-256-CBC, and their key with RSA.
	// AES-256-CBC has no tags: a change on the way is noticed only where the
	// decrypted text has a form that no field can have.
	AES256CBC EncryptionAlgorithm = "AES-256-CBC"
	// SM4GCM encrypts the fields with SM4-GCM, and their key with SM2. The platform
	// wants one nonce for all fields of a request: whoever breaks TLS learns how two
	// of them differ, though not what they are.
	SM4GCM EncryptionAlgorithm = "SM4-GCM"
)

// FieldEncryption says how personal fields of API 3.0 are encrypted. The zero
// value is AES256CBC with the keys that the platform publishes.
//
// API: https://cloud.tencent.com/document/product/1007/47180
type FieldEncryption struct {
	Algorithm EncryptionAlgorithm // empty: AES256CBC
	// RSAKey and SM2Key are the platform's public keys, either as PEM or, as the
	// console shows them, as Base64 of a PEM. Empty is the key that the platform
	// publishes for all accounts. PhoneVerification needs the RSA key whatever
	// Algorithm says.
	RSAKey, SM2Key string
}

// These are the public keys of the platform. They are the same in all its
// published material.
const (
	publishedRSAKey = `-----BEGIN RSA PUBLIC KEY-----
MIGJAoGBAMRJoaUkZN1d5Mp8F5V6itXmSLNM5Z771afayoI49SndkFtsspHS402Z
EUUPQfqbuZk/VuSh59LtA/fBKzb4BP5bV8aqogVhG4e/q+NDkwlaq0i31HwLyBla
EojE/EEHpXBsuEkVTbKEy5elRq9toL7IZ80i+H2mtfU5CPsar+R3AgMBAAE=
-----END RSA PUBLIC KEY-----`
	publishedSM2Key = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAEy2QjbKC4L6LJpw51mjX90X41NYGa
Mp+OGX7eJBfs8K98MOtKN8wPjj1iqHUlW6qyPGggNPI5RGEoAXaojOVycg==
-----END PUBLIC KEY-----`
)

// fieldKeys are the algorithm that a Client uses and the platform's public
// keys, which encrypt the data keys.
type fieldKeys struct {
	algorithm EncryptionAlgorithm
	rsa       *rsa.PublicKey
	sm2       *ecdsa.PublicKey
}

// parse reads the keys. An error names the option, or the function, that they
// were given to.
func (e FieldEncryption) parse(option string) (*fieldKeys, error) {
	keys := &fieldKeys{algorithm: e.Algorithm}
	switch e.Algorithm {
	case "":
		keys.algorithm = AES256CBC
	case AES256CBC, SM4GCM:
	default:
		return nil, optionError(option, "the algorithm must be AES256CBC or SM4GCM")
	}
	if keys.rsa = parseRSAKey(cmp.Or(e.RSAKey, publishedRSAKey)); keys.rsa == nil {
		return nil, optionError(option, "RSAKey is not a public RSA key of 1024 bits or more, as PEM or Base64 of a PEM")
	}
	if keys.sm2 = parseSM2Key(cmp.Or(e.SM2Key, publishedSM2Key)); keys.sm2 == nil {
		return nil, optionError(option, "SM2Key is not a public SM2 key, as PEM or Base64 of a PEM")
	}
	return keys, nil
}

// publicDER returns the bytes of a PEM, or of a Base64 of a PEM. It returns nil
// if text is neither.
func publicDER(text string) []byte {
	text = strings.TrimSpace(text)
	if inner, err := base64.StdEncoding.DecodeString(text); err == nil {
		text = string(inner)
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil
	}
	return block.Bytes
}

// parseRSAKey returns nil if text is not a public RSA key of 1024 bits or more.
func parseRSAKey(text string) *rsa.PublicKey {
	der := publicDER(text)
	key, err := x509.ParsePKCS1PublicKey(der)
	if err != nil {
		anyKey, _ := x509.ParsePKIXPublicKey(der)
		key, _ = anyKey.(*rsa.PublicKey)
	}
	if key == nil || key.N.BitLen() < 1024 {
		return nil
	}
	return key
}

// parseSM2Key returns nil if text is not a public SM2 key.
func parseSM2Key(text string) *ecdsa.PublicKey {
	anyKey, _ := smx509.ParsePKIXPublicKey(publicDER(text))
	key, _ := anyKey.(*ecdsa.PublicKey)
	if key == nil || !sm2.IsSM2PublicKey(key) {
		return nil
	}
	return key
}
