package faceid

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/emmansun/gmsm/cipher"
	"github.com/emmansun/gmsm/padding"
	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm4"
	"github.com/emmansun/gmsm/smx509"
)

// EidIdentity is the person that an E证通 belongs to. It prints without personal
// data.
type EidIdentity struct {
	hidden[EidIdentity]

	Name   string // as on the document
	IDType string // "01" is a resident identity card
	IDNum  string // its number
}

// EidKey is the merchant's private SM2 key. The certificate request of this key was
// handed in so that the platform returns real names. It never prints.
type EidKey struct {
	hidden[EidKey]

	private *sm2.PrivateKey
}

// ParseEidKey reads a private SM2 key: PEM as gmssl and openssl write it ("EC
// PRIVATE KEY", with or without an "EC PARAMETERS" block before it, or "PRIVATE
// KEY"), or its number in hexadecimal digits, with or without colons, blanks
// and a leading 00.
func ParseEidKey(text string) (*EidKey, error) {
	bad := &ArgumentError{Field: "ParseEidKey", Reason: "needs a PEM with an SM2 private key, or 64 hexadecimal digits"}
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if key, err := smx509.ParseSM2PrivateKey(block.Bytes); err == nil {
			return &EidKey{private: key}, nil
		}
		if anyKey, err := smx509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
			if key, ok := anyKey.(*sm2.PrivateKey); ok {
				return &EidKey{private: key}, nil
			}
		}
	}
	raw, err := hex.DecodeString(strings.NewReplacer(":", "", " ", "", "\n", "", "\r", "", "\t", "").Replace(text))
	if err != nil {
		return nil, bad
	}
	if len(raw) == 33 && raw[0] == 0 {
		raw = raw[1:]
	}
	if len(raw) != 32 {
		return nil, bad
	}
	key, err := sm2.NewPrivateKey(raw)
	if err != nil {
		return nil, bad
	}
	return &EidKey{private: key}, nil
}

// ErrEidDecrypt says that the identity of an E证通 could not be decrypted: the
// key is another merchant's, or the answer is damaged. It says no more, by intent.
var ErrEidDecrypt = errors.New("faceid: the identity cannot be decrypted with this key")

// Decrypt returns the identity that an EidInfo holds. It is there only if the
// return of the real name was granted in the console, and only after the whole
// flow. Otherwise the info is nil or empty, and Decrypt returns nil and no error.
// The documents leave open how the cipher texts are laid out, so every usual form
// is tried; the check sum of SM2 tells which is right.
func (k *EidKey) Decrypt(info *EidInfo) (*EidIdentity, error) {
	if info == nil || info.DesKey == "" && info.UserInfo == "" {
		return nil, nil
	}
	if k == nil || k.private == nil {
		return nil, ErrEidDecrypt
	}
	session, err := k.sessionKey(info.DesKey)
	if err != nil {
		return nil, ErrEidDecrypt
	}
	data, err := base64.StdEncoding.DecodeString(info.UserInfo)
	if err != nil || len(data) == 0 || len(data)%sm4.BlockSize != 0 {
		return nil, ErrEidDecrypt
	}
	block, err := sm4.NewCipher(session)
	if err != nil {
		return nil, ErrEidDecrypt
	}
	cipher.NewECBDecrypter(block).CryptBlocks(data, data)
	return readIdentity(data)
}

// sessionKey decrypts the session key. The cipher text may be C1C3C2 or C1C2C3, as
// DER or raw, with or without the 04 in front. The key may be 16 bytes or 32
// hexadecimal digits.
func (k *EidKey) sessionKey(text string) ([]byte, error) {
	sealed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	for _, form := range [][]byte{sealed, append([]byte{4}, sealed...)} {
		for _, opts := range []*sm2.DecrypterOpts{sm2.NewPlainDecrypterOpts(sm2.C1C3C2), sm2.NewPlainDecrypterOpts(sm2.C1C2C3)} {
			key, err := k.private.Decrypt(nil, form, opts)
			if err != nil {
				continue
			}
			if len(key) == 2*sm4.BlockSize {
				if raw, err := hex.DecodeString(string(key)); err == nil {
					key = raw
				}
			}
			if len(key) == sm4.BlockSize {
				return key, nil
			}
		}
	}
	return nil, ErrEidDecrypt
}

// readIdentity reads the JSON of an identity, and ignores what pads it.
func readIdentity(plain []byte) (*EidIdentity, error) {
	if unpadded, err := padding.NewPKCS7Padding(sm4.BlockSize).ConstantTimeUnpad(plain); err == nil {
		plain = unpadded
	}
	var raw struct {
		Name   string `json:"name"`
		IDType string `json:"idtype"`
		IDNum  string `json:"idnum"`
	}
	// The documents name no padding, so the identity is taken to end with its brace.
	if err := json.NewDecoder(bytes.NewReader(plain)).Decode(&raw); err != nil || strings.ContainsRune(raw.Name+raw.IDNum, utf8.RuneError) || raw.Name == "" || raw.IDNum == "" {
		return nil, ErrEidDecrypt
	}
	return &EidIdentity{Name: raw.Name, IDType: raw.IDType, IDNum: raw.IDNum}, nil
}
