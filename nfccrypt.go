package faceid

import (
	"errors"
	"unicode/utf8"

	"github.com/emmansun/gmsm/cipher"
	"github.com/emmansun/gmsm/padding"
	"github.com/emmansun/gmsm/sm4"
	"github.com/faceid-go/faceid/internal/wire"
)

// ErrDecrypt says that an encrypted answer could not be decrypted, because the key is
// another app's or the answer is damaged. It says no more, by intent.
var ErrDecrypt = errors.New("faceid: the answer cannot be decrypted with the key of WithNFCKey")

// decryptNFC takes the answer's cipher text, undoes SM4 in ECB mode and PKCS#7,
// and reads the JSON inside.
func (a *app) decryptNFC(answer *wire.Answer) (*wire.Document, error) {
	const name = "nfcEnResult"
	raw, _ := answer.Member(name)
	if len(raw) == 0 || raw[0] != '"' {
		return nil, &wire.TypeError{Field: name, Want: "a string"}
	}
	encrypted, err := answer.File(name, raw)
	switch {
	case err != nil:
		return nil, ErrDecrypt
	case encrypted.Size == 0:
		return nil, &wire.TypeError{Field: name, Want: "present"}
	}
	return decryptInPlace(a.nfcKey, encrypted.Data)
}

// decryptInPlace decrypts data and reads the JSON inside. All its failures are the same
// error, so that it tells nothing of the plaintext, and not even where it failed.
func decryptInPlace(key, data []byte) (*wire.Document, error) {
	if len(data) == 0 || len(data)%sm4.BlockSize != 0 {
		return nil, ErrDecrypt
	}
	block, err := sm4.NewCipher(key)
	if err != nil {
		return nil, ErrDecrypt
	}
	cipher.NewECBDecrypter(block).CryptBlocks(data, data)
	plain, err := padding.NewPKCS7Padding(sm4.BlockSize).ConstantTimeUnpad(data)
	if err != nil || !utf8.Valid(plain) { // a damaged block becomes random bytes, which are rarely UTF-8
		return nil, ErrDecrypt
	}
	doc, err := wire.ReadBytes(plain, nfcFiles)
	if err != nil {
		return nil, ErrDecrypt
	}
	return doc, nil
}
