package faceid

import (
	"encoding/hex"
	"errors"
	"unicode/utf8"

	"github.com/emmansun/gmsm/cipher"
	"github.com/emmansun/gmsm/padding"
	"github.com/emmansun/gmsm/sm4"
	"github.com/faceid-go/faceid/internal/wire"
)

// ErrDecrypt says that an encrypted answer could not be decrypted: the key is
// another app's, or the answer is damaged. It says no more, by intent.
var ErrDecrypt = errors.New("faceid: the answer cannot be decrypted with the key of WithNFCKey")

// WithNFCKey gives the SM4 key of NFC reading, from the console: 32 hexadecimal
// digits, which are 16 bytes. Only GetIDCardNFCResult and ConfirmNFC need it.
func WithNFCKey(key string) Option {
	return func(s *settings) error {
		raw, err := hex.DecodeString(key)
		if err != nil || len(raw) != sm4.BlockSize {
			return optionError("WithNFCKey", "the key must be 32 hexadecimal digits")
		}
		s.nfcKey = raw
		return nil
	}
}

// decryptNFC takes the answer's cipher text, undoes SM4 in ECB mode and PKCS#7,
// and reads the JSON inside.
func (a *app) decryptNFC(answer *wire.Answer) (*wire.Document, error) {
	const name = "nfcEnResult"
	raw, _ := answer.Member(name)
	if len(raw) == 0 || raw[0] != '"' {
		return nil, &wire.TypeError{Field: name, Want: "a string"}
	}
	sealed, err := answer.File(name, raw)
	switch {
	case err != nil:
		return nil, ErrDecrypt
	case sealed.Size == 0:
		return nil, &wire.TypeError{Field: name, Want: "present"}
	}
	return openNFC(a.nfcKey, sealed.Data)
}

// openNFC decrypts in place. All its failures are the same error: nothing of the
// plaintext, and not even where it broke, gets out.
func openNFC(key, data []byte) (*wire.Document, error) {
	if len(data) == 0 || len(data)%sm4.BlockSize != 0 {
		return nil, ErrDecrypt
	}
	block, err := sm4.NewCipher(key)
	if err != nil {
		return nil, ErrDecrypt
	}
	cipher.NewECBDecrypter(block).CryptBlocks(data, data)
	plain, err := padding.NewPKCS7Padding(sm4.BlockSize).ConstantTimeUnpad(data)
	if err != nil || !utf8.Valid(plain) { // a damaged block is noise, and noise is rarely UTF-8
		return nil, ErrDecrypt
	}
	doc, err := wire.ReadBytes(plain, nfcFiles)
	if err != nil {
		return nil, ErrDecrypt
	}
	return doc, nil
}
