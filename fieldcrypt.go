package faceid

import (
	"bytes"
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"github.com/emmansun/gmsm/padding"
	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm4"
	"github.com/emmansun/gmsm/smx509"
)

// EncryptionAlgorithm names a pair of ciphers: one for the fields, one for their
// key.
type EncryptionAlgorithm string

// The pairs. AES256CBC is the platform's default.
const (
	// AES256CBC encrypts with AES-256-CBC, and the key with RSA. It has no tags:
	// what was changed on the way is noticed by its form only.
	AES256CBC EncryptionAlgorithm = "AES-256-CBC"
	// SM4GCM encrypts with SM4-GCM, and the key with SM2. The platform wants one
	// nonce for all fields of a request: who breaks TLS learns how two of them
	// differ, though not what they are.
	SM4GCM EncryptionAlgorithm = "SM4-GCM"
)

// FieldEncryption says how personal fields of API 3.0 are encrypted. The zero
// value is AES256CBC with the keys that the platform publishes.
//
// API: https://cloud.tencent.com/document/product/1007/47180
type FieldEncryption struct {
	Algorithm EncryptionAlgorithm // empty: AES256CBC
	// RSAKey and SM2Key are the platform's public keys, as PEM or, as the console
	// shows them, Base64 of a PEM. Empty is the key that the platform publishes for
	// all accounts. PhoneVerification needs the RSA key whatever Algorithm says.
	RSAKey, SM2Key string
}

// The public keys of the platform, the same in all its published material.
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

// fieldKeys are the platform's public keys.
type fieldKeys struct {
	algorithm EncryptionAlgorithm
	rsa       *rsa.PublicKey
	sm2       *ecdsa.PublicKey
}

// parse reads the keys; option names what they were given to.
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
		return nil, optionError(option, "RSAKey is no public RSA key of 1024 bits or more, as PEM or Base64 of a PEM")
	}
	if keys.sm2 = parseSM2Key(cmp.Or(e.SM2Key, publishedSM2Key)); keys.sm2 == nil {
		return nil, optionError(option, "SM2Key is no public SM2 key, as PEM or Base64 of a PEM")
	}
	return keys, nil
}

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

func parseSM2Key(text string) *ecdsa.PublicKey {
	anyKey, _ := smx509.ParsePKIXPublicKey(publicDER(text))
	key, _ := anyKey.(*ecdsa.PublicKey)
	if key == nil || !sm2.IsSM2PublicKey(key) {
		return nil
	}
	return key
}

// FieldKey is a data key and its initial vector, for one request and its answer:
// for actions that go through CallCloud, and for requests that bring their own
// Encryption. WithFieldEncryption makes one for every request by itself. It never
// prints.
type FieldKey struct {
	hidden[FieldKey]

	algorithm EncryptionAlgorithm
	key       func() []byte // fmt prints a function as its address, in a field that is not exported, too
	iv        []byte
	blob      string       // the key, encrypted for the platform
	sealed    *atomic.Bool // shared by copies
}

// NewFieldKey makes a fresh random key.
func NewFieldKey(e FieldEncryption) (*FieldKey, error) {
	keys, err := e.parse("NewFieldKey")
	if err != nil {
		return nil, err
	}
	return keys.newKey(keys.algorithm)
}

const (
	aesKeySize = 32
	sm4IVSize  = 12
	gcmTagSize = 16
)

var errSeal = errors.New("faceid: the fields cannot be encrypted")

func (f *fieldKeys) newKey(algorithm EncryptionAlgorithm) (*FieldKey, error) {
	k := &FieldKey{algorithm: algorithm, sealed: new(atomic.Bool)}
	var key, blob []byte
	var err error
	if algorithm == SM4GCM {
		key, k.iv = printable(sm4.BlockSize), random(sm4IVSize)
		blob, err = sm2.Encrypt(rand.Reader, f.sm2, key, sm2.NewPlainEncrypterOpts(sm2.MarshalUncompressed, sm2.C1C3C2))
	} else {
		key, k.iv = printable(aesKeySize), random(aes.BlockSize)
		blob, err = rsa.EncryptPKCS1v15(rand.Reader, f.rsa, key)
	}
	if err != nil {
		return nil, errSeal
	}
	k.key = func() []byte { return key }
	k.blob = base64.StdEncoding.EncodeToString(blob)
	return k, nil
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // it never fails
	return b
}

// printable are random letters and digits: whether the platform takes a key of
// raw bytes, no document says.
func printable(n int) []byte {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	key := make([]byte, 0, n)
	for len(key) < n {
		for _, b := range random(n) {
			if int(b) < 4*len(letters) && len(key) < n { // the rest would make some letters likelier
				key = append(key, letters[int(b)%len(letters)])
			}
		}
	}
	return key
}

// Encryption is what a request says that wants an encrypted answer, which Open
// decrypts.
func (k *FieldKey) Encryption() *Encryption {
	return &Encryption{Algorithm: string(k.algorithm), CiphertextBlob: k.blob, IV: base64.StdEncoding.EncodeToString(k.iv)}
}

// SealedField is a field of a request under the platform's name, as in "IdCard". It is
// logged, and written as JSON, as that name.
type SealedField struct {
	Name  string  // at the top level of the request
	Value *string // encrypted in place; nil or empty: left out
}

// Seal encrypts the fields in place, those that are empty excepted, and returns
// the Encryption that goes with them; nil if there was nothing to encrypt. A key
// seals once: SM4-GCM would give its secrets away.
func (k *FieldKey) Seal(fields ...SealedField) (*Encryption, error) {
	switch {
	case k == nil || k.sealed == nil:
		return nil, &ArgumentError{Field: "FieldKey", Reason: "is empty: NewFieldKey makes one"}
	case k.sealed.Swap(true):
		return nil, &ArgumentError{Field: "FieldKey", Reason: "has sealed a request already: every request wants a key of its own"}
	}
	e := k.Encryption()
	for _, f := range fields {
		if f.Value == nil || *f.Value == "" {
			continue
		}
		text, tag := k.encrypt([]byte(*f.Value))
		*f.Value = text
		e.EncryptList = append(e.EncryptList, f.Name)
		if k.algorithm == SM4GCM {
			e.TagList = append(e.TagList, tag)
		}
	}
	if e.EncryptList == nil {
		return nil, nil
	}
	return e, nil
}

// encrypt returns Base64 of the cipher text and of its tag.
func (k *FieldKey) encrypt(plain []byte) (text, tag string) {
	if k.algorithm == SM4GCM {
		sealed := k.gcm(len(k.iv)).Seal(nil, k.iv, plain, nil)
		body := len(sealed) - gcmTagSize
		return base64.StdEncoding.EncodeToString(sealed[:body]), base64.StdEncoding.EncodeToString(sealed[body:])
	}
	padded := padding.NewPKCS7Padding(aes.BlockSize).Pad(bytes.Clone(plain))
	cipher.NewCBCEncrypter(k.aes(), k.iv).CryptBlocks(padded, padded)
	return base64.StdEncoding.EncodeToString(padded), ""
}

// aes and gcm cannot fail: newKey chose the lengths.
func (k *FieldKey) aes() cipher.Block {
	block, err := aes.NewCipher(k.key())
	if err != nil {
		panic(errSeal)
	}
	return block
}

func (k *FieldKey) gcm(nonce int) cipher.AEAD {
	block, err := sm4.NewCipher(k.key())
	if err == nil {
		var aead cipher.AEAD
		if aead, err = cipher.NewGCMWithNonceSize(block, nonce); err == nil {
			return aead
		}
	}
	panic(errSeal)
}

// ErrFieldDecrypt says that an encrypted answer cannot be decrypted: it is
// damaged, or was encrypted with another key. It says no more, by intent.
var ErrFieldDecrypt = errors.New("faceid: the answer cannot be decrypted with the key of its request")

// box is how an answer is encrypted.
type box struct {
	key   *FieldKey
	iv    []byte
	names []string
	tags  []string
}

// openBox reads what an answer says of its encryption. The platform uses the
// request's key and vector. AES-CBC could not tell a vector that was changed on
// the way, so another is refused; SM4-GCM can.
func (k *FieldKey) openBox(e *Encryption) (*box, error) {
	if k == nil || cmp.Or(e.Algorithm, string(AES256CBC)) != string(k.algorithm) {
		return nil, ErrFieldDecrypt
	}
	iv, err := base64.StdEncoding.Strict().DecodeString(e.IV)
	b := &box{key: k, iv: iv, names: e.EncryptList, tags: e.TagList}
	switch {
	case err != nil:
	case k.algorithm == SM4GCM && len(iv) == sm4IVSize:
		return b, nil
	case k.algorithm == AES256CBC && bytes.Equal(iv, k.iv) && len(e.TagList) == 0:
		return b, nil
	}
	return nil, ErrFieldDecrypt
}

// decrypt opens the text with this index in the lists.
func (b *box) decrypt(text string, i int) ([]byte, error) {
	sealed, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, ErrFieldDecrypt
	}
	if b.key.algorithm == SM4GCM {
		if i >= len(b.tags) {
			return nil, ErrFieldDecrypt
		}
		tag, err := base64.StdEncoding.Strict().DecodeString(b.tags[i])
		if err != nil || len(tag) != gcmTagSize {
			return nil, ErrFieldDecrypt
		}
		plain, err := b.key.gcm(len(b.iv)).Open(nil, b.iv, slices.Concat(sealed, tag), nil)
		if err != nil {
			return nil, ErrFieldDecrypt
		}
		return plain, nil
	}
	if len(sealed) == 0 || len(sealed)%aes.BlockSize != 0 {
		return nil, ErrFieldDecrypt
	}
	cipher.NewCBCDecrypter(b.key.aes(), b.iv).CryptBlocks(sealed, sealed)
	plain, err := padding.NewPKCS7Padding(aes.BlockSize).ConstantTimeUnpad(sealed)
	if err != nil {
		return nil, ErrFieldDecrypt
	}
	return plain, nil
}

// decryptText wants a text that somebody could have written: what AES-CBC makes
// of a damaged one is noise.
func (b *box) decryptText(text string, i int, allowed string) ([]byte, error) {
	plain, err := b.decrypt(text, i)
	strange := func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune(allowed, r) }
	if err != nil || !utf8.Valid(plain) || bytes.ContainsFunc(plain, strange) {
		return nil, ErrFieldDecrypt
	}
	return plain, nil
}
