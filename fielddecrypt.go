package faceid

import (
	"bytes"
	"cmp"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/emmansun/gmsm/padding"
	"github.com/faceid-go/faceid/internal/wire"
)

// This file decrypts answers. The platform either encrypts single fields, which
// the member Encryption of the answer lists by their paths, or it puts the whole
// answer into one cipher text, the member EncryptedBody.

// ErrFieldDecrypt says that an encrypted answer cannot be decrypted: it is
// damaged, or was encrypted with another key. It says no more, by intent.
var ErrFieldDecrypt = errors.New("faceid: the answer cannot be decrypted with the key of its request")

// Open decrypts an answer in place: the fields that its Encryption names by their
// paths, or EncryptedBody, whose members join the answer. response is what
// CallCloud filled: a pointer to a struct with the platform's names as JSON tags,
// to a map, or to a response of the official module. Encryption and EncryptedBody
// are removed from it; an answer without them stays as it is. The error is
// ErrFieldDecrypt. After an error, throw away what response holds.
func (k *FieldKey) Open(response any) error {
	if err := k.decrypt(response, nil); err != nil {
		return err
	}
	if check, ok := response.(interface{ ending() ending }); ok { // its Description may quote what was read from a card
		_ = settle(nil, response, check.ending())
	}
	return nil
}

// decryptAnswer decrypts the answer of a typed call in place. Without a key the
// answer is plain, and stays as it is. The function to returns the writers of the
// files in an EncryptedBody.
func (k *FieldKey) decryptAnswer(ctx context.Context, op, requestID string, to func(name string) io.Writer, result any) error {
	if k == nil {
		return nil
	}
	err := k.decrypt(result, to)
	var writing *wire.WriteError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &writing):
		return &Error{Op: op, Family: callersOwn(ctx), RequestID: requestID, Err: err}
	}
	return &Error{Op: op, Family: ErrBadAnswer, RequestID: requestID, Err: err}
}

// decrypt decrypts whatever the answer says is encrypted.
func (k *FieldKey) decrypt(response any, to func(name string) io.Writer) error {
	root, err := answerRoot(response)
	if err != nil || !root.IsValid() {
		return err
	}
	e, body, err := takeEncryption(root)
	switch {
	case err != nil:
		return err
	case body == "" && (e == nil || len(e.EncryptList) == 0):
		return nil
	case e == nil:
		return ErrFieldDecrypt
	}
	a, err := k.cipherOf(e)
	switch {
	case err != nil:
		return err
	case body == "":
		return a.decryptFields(root)
	}
	if err := a.decryptBody(body, to, root.Interface()); err != nil {
		return err
	}
	_, _, err = takeEncryption(root) // the body may say once more how it was encrypted
	return err
}

// answerRoot returns the pointer to what stands inside "Response". It returns the
// zero Value if a response of the official module has nothing inside yet.
func answerRoot(response any) (reflect.Value, error) {
	root := reflect.ValueOf(response)
	if root.Kind() != reflect.Pointer || root.IsNil() {
		return reflect.Value{}, &ArgumentError{Field: "Open", Reason: "response must be a pointer"}
	}
	if _, official := response.(officialAnswer); !official {
		return root, nil
	}
	inside := wire.Member(root.Elem(), responseMember)
	if inside.Kind() != reflect.Pointer || inside.IsNil() {
		return reflect.Value{}, nil
	}
	return inside, nil
}

// takeEncryption reads Encryption and EncryptedBody, and removes both from the
// answer.
func takeEncryption(root reflect.Value) (e *Encryption, body string, err error) {
	if takeMember(root, "Encryption", &e) != nil || takeMember(root, "EncryptedBody", &body) != nil {
		return nil, "", ErrFieldDecrypt
	}
	return e, body, nil
}

// takeMember reads a member by way of JSON, because the answer may be a map or a
// struct with types of its own, and removes it from the answer.
func takeMember(root reflect.Value, name string, into any) error {
	return replaceAt(root, fieldPath{{member: name}}, func(old reflect.Value) (reflect.Value, error) {
		text, err := json.Marshal(old.Interface())
		if err == nil {
			err = json.Unmarshal(text, into)
		}
		return reflect.Value{}, err
	})
}

// decryptBody decrypts the JSON of a whole answer, and reads it into response. The
// JSON may have the envelope "Response" or come without it.
func (a *answerCipher) decryptBody(text string, to func(name string) io.Writer, response any) error {
	if a.key.algorithm == SM4GCM && len(a.tags) != 1 {
		return ErrFieldDecrypt
	}
	plain, err := a.decryptText(text, 0, "\t\r\n")
	if err != nil {
		return err
	}
	doc, err := wire.Read(bytes.NewReader(plain), int64(len(plain)), bodyPlan(response, to, int64(len(plain))))
	var writing *wire.WriteError
	switch {
	case errors.As(err, &writing):
		return err
	case err != nil:
		return ErrFieldDecrypt
	}
	rest, place := doc.Text, ""
	if inner := doc.Top.Member(responseMember); inner[0] == '{' {
		rest, place = inner, responseMember
	}
	if readTyped(rest, response) != nil || doc.Fill(place, response) != nil {
		return ErrFieldDecrypt
	}
	return nil
}

// bodyPlan says where the files of a decrypted body are, with the envelope or
// without it.
func bodyPlan(response any, to func(name string) io.Writer, size int64) *wire.Plan {
	inside := wire.PlaceOf(reflect.TypeOf(response))
	root := &wire.Place{Members: map[string]*wire.Place{responseMember: inside}}
	if inside != nil {
		for name, place := range inside.Members {
			root.Members[name] = place
		}
	}
	return &wire.Plan{Root: root, Envelope: responseMember, To: to, MaxRest: max(size, 1<<20)}
}

// decryptFields decrypts the fields that the answer's list names. Nothing protects
// the list itself, so every text that the platform is known to encrypt must have
// changed: otherwise a forged list could pass a cipher text off as a name.
func (a *answerCipher) decryptFields(root reflect.Value) error {
	if a.key.algorithm == SM4GCM && len(a.tags) != len(a.names) {
		return ErrFieldDecrypt
	}
	var known []*string
	if typed, ok := root.Interface().(interface{ encryptedTexts() []*string }); ok {
		known = typed.encryptedTexts()
	}
	var before []string
	for _, text := range known {
		before = append(before, *text)
	}
	for i, name := range a.names {
		if err := a.decryptField(root, name, i); err != nil {
			return err
		}
	}
	for i, text := range known {
		if *text != "" && *text == before[i] {
			return ErrFieldDecrypt
		}
	}
	return nil
}

// decryptField decrypts the field with this name, which stands at index i of the
// list.
func (a *answerCipher) decryptField(root reflect.Value, name string, i int) error {
	path, ok := parsePath(name)
	if !ok {
		return ErrFieldDecrypt
	}
	return replaceAt(root, path, func(old reflect.Value) (reflect.Value, error) {
		if old.Kind() != reflect.String {
			return old, ErrFieldDecrypt
		}
		if old.Len() == 0 { // there was nothing to encrypt
			return old, nil
		}
		text, err := a.decryptText(old.String(), i, "")
		return reflect.ValueOf(string(text)).Convert(old.Type()), err
	})
}

// answerCipher decrypts the cipher texts of one answer.
type answerCipher struct {
	key   *FieldKey
	iv    []byte
	names []string // of the encrypted fields
	tags  []string // one for each name, with SM4-GCM only
}

// cipherOf reads what an answer says of its encryption. The platform uses the
// request's key and vector. AES-CBC cannot notice that the vector was changed on
// the way, so any other vector is refused. SM4-GCM notices it.
func (k *FieldKey) cipherOf(e *Encryption) (*answerCipher, error) {
	if k == nil || cmp.Or(e.Algorithm, string(AES256CBC)) != string(k.algorithm) {
		return nil, ErrFieldDecrypt
	}
	iv, err := base64.StdEncoding.Strict().DecodeString(e.IV)
	a := &answerCipher{key: k, iv: iv, names: e.EncryptList, tags: e.TagList}
	switch {
	case err != nil:
	case k.algorithm == SM4GCM && len(iv) == sm4IVSize:
		return a, nil
	case k.algorithm == AES256CBC && bytes.Equal(iv, k.iv) && len(e.TagList) == 0:
		return a, nil
	}
	return nil, ErrFieldDecrypt
}

// decryptText decrypts the text at index i of the lists. It refuses control
// characters that are not among allowed: a damaged text that AES-CBC decrypts
// turns into noise.
func (a *answerCipher) decryptText(text string, i int, allowed string) ([]byte, error) {
	encrypted, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, ErrFieldDecrypt
	}
	decrypt := a.decryptCBC
	if a.key.algorithm == SM4GCM {
		decrypt = a.decryptGCM
	}
	plain, err := decrypt(encrypted, i)
	strange := func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune(allowed, r) }
	if err != nil || !utf8.Valid(plain) || bytes.ContainsFunc(plain, strange) {
		return nil, ErrFieldDecrypt
	}
	return plain, nil
}

func (a *answerCipher) decryptGCM(encrypted []byte, i int) ([]byte, error) {
	if i >= len(a.tags) {
		return nil, ErrFieldDecrypt
	}
	tag, err := base64.StdEncoding.Strict().DecodeString(a.tags[i])
	if err != nil || len(tag) != gcmTagSize {
		return nil, ErrFieldDecrypt
	}
	return a.key.gcm(len(a.iv)).Open(nil, a.iv, slices.Concat(encrypted, tag), nil)
}

func (a *answerCipher) decryptCBC(encrypted []byte, _ int) ([]byte, error) {
	if len(encrypted) == 0 || len(encrypted)%aes.BlockSize != 0 {
		return nil, ErrFieldDecrypt
	}
	cipher.NewCBCDecrypter(a.key.aes(), a.iv).CryptBlocks(encrypted, encrypted)
	return padding.NewPKCS7Padding(aes.BlockSize).ConstantTimeUnpad(encrypted)
}
