package credential

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// seal encrypts and authenticates records with a key that is derived from the app's
// secret. A process that can read or write the store, but does not know the secret,
// can neither read a ticket nor save a false one.
//
// Each secret has its own record in the store, so that processes with different
// secrets do not meet. A changed secret kills all tokens of the old one anyway, and a
// process with a wrong secret throttles only processes with the same wrong secret.
type seal struct {
	name string // the record's name in the store
	aead func() cipher.AEAD
}

// recordVersion changes when an older reader would misunderstand the record.
const recordVersion = 2

var (
	errBadRecord   = errors.New("the stored record is damaged, or was saved by a process that does not know the secret")
	errNewerRecord = errors.New("the stored record is of a newer version of this library")
)

// newSeal derives a seal from the secret. base is the store's name for the appID.
func newSeal(base, secret string) (*seal, error) {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "faceid record 2 seal", 32)
	if err != nil {
		return nil, err
	}
	id, err := hkdf.Key(sha256.New, []byte(secret), nil, "faceid record 2 name", 8)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	// The cipher is behind a function, because no way of printing looks into a function.
	return &seal{name: base + "#" + hex.EncodeToString(id), aead: func() cipher.AEAD { return aead }}, nil
}

// bound returns the text that a sealed record is bound to. The record cannot be unsealed
// under another name or as another version.
func (s *seal) bound() []byte { return fmt.Appendf(nil, "faceid %d %s", recordVersion, s.name) }

// sealed returns a record as it is stored, in ASCII.
func (s *seal) sealed(r *record) []byte {
	body, _ := json.Marshal(r)                         // a record has only strings and numbers
	sealed := s.aead().Seal(nil, nil, body, s.bound()) //nolint:gosec // this cipher draws its own nonce
	text := fmt.Appendf(nil, "faceid %d ", recordVersion)
	return base64.StdEncoding.AppendEncode(text, sealed)
}

// unseal returns the record that sealed has written.
func (s *seal) unseal(stored []byte) (*record, error) {
	rest, ok := bytes.CutPrefix(stored, []byte("faceid "))
	number, sealed, ok2 := bytes.Cut(rest, []byte(" "))
	version, err := strconv.Atoi(string(number))
	switch {
	case !ok || !ok2 || err != nil || version < recordVersion:
		return nil, errBadRecord
	case version > recordVersion:
		return nil, errNewerRecord
	}
	body, err := base64.StdEncoding.Strict().AppendDecode(nil, sealed)
	if err != nil || base64.StdEncoding.EncodedLen(len(body)) != len(sealed) { // even a strict decoder skips line breaks
		return nil, errBadRecord
	}
	body, err = s.aead().Open(nil, nil, body, s.bound())
	if err != nil {
		return nil, errBadRecord
	}
	r := new(record)
	if json.Unmarshal(body, r) != nil {
		return nil, errBadRecord
	}
	if err := r.inRange(); err != nil {
		return nil, err
	}
	return r, nil
}
