package faceid

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"sync/atomic"

	"github.com/emmansun/gmsm/padding"
	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm4"
)

// FieldKey is a data key and its initial vector, for one request and its answer.
// It serves actions that go through CallCloud, and requests that bring their own
// Encryption. With WithFieldEncryption the Client makes one for every request by
// itself. It never prints.
type FieldKey struct {
	hidden[FieldKey]

	algorithm EncryptionAlgorithm
	key       func() []byte // fmt prints a function as its address, even in an unexported field
	iv        []byte
	blob      string       // the data key, encrypted for the platform
	sealed    *atomic.Bool // set by Seal, and shared by copies of the key
}

// NewFieldKey makes a new random key.
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

// newKey makes a random data key for one request, and encrypts it for the
// platform.
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
	_, _ = rand.Read(b) // crypto/rand promises that Read never fails
	return b
}

// printable returns n random letters and digits. A data key is made of them
// because no document says whether the platform takes a key of any bytes.
func printable(n int) []byte {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	key := make([]byte, 0, n)
	for len(key) < n {
		for _, b := range random(n) {
			if int(b) < 4*len(letters) && len(key) < n { // larger bytes would make some letters likelier
				key = append(key, letters[int(b)%len(letters)])
			}
		}
	}
	return key
}

// Encryption returns the value for the member Encryption of a request that wants
// an encrypted answer. Open decrypts that answer.
func (k *FieldKey) Encryption() *Encryption {
	return &Encryption{Algorithm: string(k.algorithm), CiphertextBlob: k.blob, IV: base64.StdEncoding.EncodeToString(k.iv)}
}

// SealedField is a field of a request under the platform's name, as in "IdCard".
// It is logged, and written as JSON, as that name.
type SealedField struct {
	Name  string  // at the top level of the request
	Value *string // encrypted in place; nil or empty: left out
}

// LogValue logs the platform's name of the field.
func (f SealedField) LogValue() slog.Value { return slog.StringValue(f.Name) }

// MarshalJSON writes the platform's name of the field. It leaves out the value,
// as Person.MarshalJSON does.
func (f SealedField) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"Name": f.Name})
}

// Seal encrypts the fields in place, except those that are empty, and returns the
// Encryption that goes with them. It returns nil if there was nothing to encrypt.
// A key seals one request only, because SM4-GCM gives its secrets away when a key
// and its vector are used again.
func (k *FieldKey) Seal(fields ...SealedField) (*Encryption, error) {
	switch {
	case k == nil || k.sealed == nil:
		return nil, &ArgumentError{Field: "FieldKey", Reason: "is empty: NewFieldKey makes one"}
	case k.sealed.Swap(true):
		return nil, &ArgumentError{Field: "FieldKey", Reason: "has encrypted a request already: every request needs a key of its own"}
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

// encrypt returns the cipher text and its tag, both as Base64.
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

// aes returns the block cipher of AES256CBC. It cannot fail, because newKey chose
// the length of the key.
func (k *FieldKey) aes() cipher.Block {
	block, err := aes.NewCipher(k.key())
	if err != nil {
		panic(errSeal)
	}
	return block
}

// gcm returns the cipher of SM4GCM. It cannot fail, because newKey chose the
// length of the key.
func (k *FieldKey) gcm(nonceSize int) cipher.AEAD {
	block, err := sm4.NewCipher(k.key())
	if err == nil {
		var aead cipher.AEAD
		if aead, err = cipher.NewGCMWithNonceSize(block, nonceSize); err == nil {
			return aead
		}
	}
	panic(errSeal)
}
