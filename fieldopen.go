package faceid

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/faceid-go/faceid/internal/wire"
)

// sealing tells which fields of a request may be encrypted, and where the request
// says how they are. In some it is the answer that is encrypted.
type sealing struct {
	encryption **Encryption
	flat       *flatEncryption // of PhoneVerification
	fields     []SealedField
	answer     bool
	whole      *bool // asks for the whole of it; may be nil
}

// flatEncryption is an Encryption without an object around it. It knows no
// algorithm but AES-256-CBC.
type flatEncryption struct {
	blob *string
	list *[]string
	iv   *string
}

// own is the Encryption that the caller gave, nil if there is none.
func (s sealing) own() *Encryption {
	switch {
	case s.encryption != nil:
		return *s.encryption
	case s.flat != nil && (*s.flat.blob != "" || *s.flat.list != nil || *s.flat.iv != ""):
		return &Encryption{EncryptList: *s.flat.list, CiphertextBlob: *s.flat.blob, IV: *s.flat.iv}
	}
	return nil
}

func (s sealing) covers(name string) bool { return s.own().covers(name) }

// checkOwn refuses an Encryption of the caller's that the platform would refuse.
func (s sealing) checkOwn(op string) error {
	e := s.own()
	if e == nil {
		return nil
	}
	if len(e.EncryptList) == 0 {
		return badArgument(op, "Encryption.EncryptList", "is empty: nothing would be encrypted")
	}
	for i, name := range e.EncryptList {
		known := slices.ContainsFunc(s.fields, func(f SealedField) bool { return f.Name == name })
		if !known || slices.Contains(e.EncryptList[:i], name) {
			return badArgument(op, "Encryption.EncryptList", "names a field twice, or one that cannot be encrypted")
		}
	}
	return nil
}

// texts are the values that must not show up in any text.
func (s sealing) texts() []string {
	var all []string
	for _, f := range s.fields {
		all = append(all, *f.Value)
	}
	return all
}

// seal encrypts the fields of a request, or asks for an encrypted answer, if the
// Client was told to and the caller has not done so. The key is that of the
// answer; nil if it comes plain.
func (c *Client) seal(op string, s sealing) (*FieldKey, error) {
	if c.fields == nil || s.encryption == nil && s.flat == nil || s.own() != nil {
		return nil, nil
	}
	key, err := c.fields.newKey(s.algorithm(c.fields))
	if err == nil && s.answer {
		*s.encryption = key.Encryption()
		if s.whole != nil {
			*s.whole = true
		}
		return key, nil
	}
	if err == nil {
		err = s.put(key)
	}
	if err != nil {
		return nil, &Error{Op: op, Family: ErrRequest, Err: err}
	}
	return nil, nil
}

func (s sealing) algorithm(keys *fieldKeys) EncryptionAlgorithm {
	if s.flat != nil {
		return AES256CBC
	}
	return keys.algorithm
}

// put encrypts the fields and says so in the request.
func (s sealing) put(key *FieldKey) error {
	e, err := key.Seal(s.fields...)
	switch {
	case err != nil || e == nil:
		return err
	case s.flat != nil:
		*s.flat.blob, *s.flat.list, *s.flat.iv = e.CiphertextBlob, e.EncryptList, e.IV
	default:
		*s.encryption = e
	}
	return nil
}

// openAnswer is Open for a typed call; without a key there is nothing to do. to
// gives the writers of files in an EncryptedBody.
func (k *FieldKey) openAnswer(ctx context.Context, op, requestID string, to func(name string) io.Writer, result any) error {
	if k == nil {
		return nil
	}
	err := k.open(result, to)
	var writing *wire.WriteError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &writing):
		return &Error{Op: op, Family: callersOwn(ctx), RequestID: requestID, Err: err}
	}
	return &Error{Op: op, Family: ErrBadAnswer, RequestID: requestID, Err: err}
}

// Open decrypts an answer in place: the fields that its Encryption names by their
// paths, or EncryptedBody, whose members join the answer. response is what
// CallCloud filled: a pointer to a struct with the platform's names as JSON tags,
// to a map, or to a response of the official module. Encryption and EncryptedBody
// are gone afterwards; an answer without them stays as it is. The error is
// ErrFieldDecrypt, and what response holds then is to be thrown away.
func (k *FieldKey) Open(response any) error {
	if err := k.open(response, nil); err != nil {
		return err
	}
	if check, ok := response.(interface{ ending() ending }); ok { // its words may quote what was read
		_ = settle(nil, response, check.ending())
	}
	return nil
}

func (k *FieldKey) open(response any, to func(name string) io.Writer) error {
	root := reflect.ValueOf(response)
	if root.Kind() != reflect.Pointer || root.IsNil() {
		return &ArgumentError{Field: "Open", Reason: "response must be a pointer"}
	}
	if _, whole := response.(wholeAnswer); whole {
		inside := wire.Member(root.Elem(), responseMember)
		if inside.Kind() != reflect.Pointer || inside.IsNil() {
			return nil
		}
		response, root = inside.Interface(), inside
	}
	var told struct {
		Encryption    *Encryption
		EncryptedBody string
	}
	err := take(root, &told.Encryption, &told.EncryptedBody)
	switch {
	case err != nil:
		return ErrFieldDecrypt
	case told.EncryptedBody == "" && (told.Encryption == nil || len(told.Encryption.EncryptList) == 0):
		return nil
	case told.Encryption == nil:
		return ErrFieldDecrypt
	}
	b, err := k.openBox(told.Encryption)
	if err != nil {
		return err
	}
	if told.EncryptedBody != "" {
		if err := b.openBody(told.EncryptedBody, to, response); err != nil {
			return err
		}
		return take(root, &told.Encryption, &told.EncryptedBody) // those of the body
	}
	var known []*string
	if typed, ok := response.(interface{ sealedFields() []*string }); ok {
		known = typed.sealedFields()
	}
	return b.openFields(root, known)
}

// take reads both members and takes them out of the answer.
func take(root reflect.Value, e **Encryption, body *string) error {
	for name, into := range map[string]any{"Encryption": e, "EncryptedBody": body} {
		_, err := at(root, []step{{name: name}}, func(v reflect.Value) (reflect.Value, error) {
			text, err := json.Marshal(v.Interface())
			if err == nil {
				err = json.Unmarshal(text, into)
			}
			return reflect.Value{}, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// openBody reads the JSON of a whole answer, with or without the envelope.
func (b *box) openBody(text string, to func(name string) io.Writer, response any) error {
	if b.key.algorithm == SM4GCM && len(b.tags) != 1 {
		return ErrFieldDecrypt
	}
	plain, err := b.decryptText(text, 0, "\t\r\n")
	if err != nil {
		return err
	}
	inside := wire.PlaceOf(reflect.TypeOf(response))
	root := &wire.Place{Members: map[string]*wire.Place{responseMember: inside}}
	if inside != nil {
		for name, place := range inside.Members {
			root.Members[name] = place
		}
	}
	doc, err := wire.Read(bytes.NewReader(plain), int64(len(plain)), &wire.Plan{
		Root: root, Envelope: responseMember, To: to, MaxRest: max(int64(len(plain)), 1<<20),
	})
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

// openFields opens what the answer's list names. Nothing protects the list itself,
// so what is known to be encrypted must have been in it: else a changed list would
// leave cipher texts for words.
func (b *box) openFields(root reflect.Value, known []*string) error {
	var sealed []string
	for _, text := range known {
		sealed = append(sealed, *text)
	}
	if b.key.algorithm == SM4GCM && len(b.tags) != len(b.names) {
		return ErrFieldDecrypt
	}
	for i, name := range b.names {
		path, ok := parsePath(name)
		if !ok {
			return ErrFieldDecrypt
		}
		_, err := at(root, path, func(v reflect.Value) (reflect.Value, error) {
			if v.Kind() != reflect.String {
				return v, ErrFieldDecrypt
			}
			if v.Len() == 0 { // there was nothing to encrypt
				return v, nil
			}
			text, err := b.decryptText(v.String(), i, "")
			return reflect.ValueOf(string(text)).Convert(v.Type()), err
		})
		if err != nil {
			return err
		}
	}
	for i, text := range known {
		if *text != "" && *text == sealed[i] {
			return ErrFieldDecrypt
		}
	}
	return nil
}

// step is one part of a path: a member, or an item of a list.
type step struct {
	name  string
	index int
}

// parsePath reads a path as in "Response.Text.LivenessDetail[0].Idcard".
func parsePath(text string) ([]step, bool) {
	var path []step
	for part := range strings.SplitSeq(strings.TrimPrefix(text, "Response."), ".") {
		name, index, isItem := strings.Cut(part, "[")
		if name == "" {
			return nil, false
		}
		path = append(path, step{name: name})
		if isItem {
			n, err := strconv.ParseUint(strings.TrimSuffix(index, "]"), 10, 16)
			if err != nil || !strings.HasSuffix(index, "]") {
				return nil, false
			}
			path = append(path, step{index: int(n)})
		}
	}
	return path, true
}

// at has change replace the value at the end of a path, or take it out. What is
// null, and a member that the type does not have, is nobody's to replace.
func at(v reflect.Value, path []step, change func(reflect.Value) (reflect.Value, error)) (reflect.Value, error) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return v, nil
		}
		if len(path) == 0 && v.Elem().Kind() == reflect.Struct {
			return change(v)
		}
		inner, err := at(v.Elem(), path, change)
		if err != nil || !inner.IsValid() {
			return inner, err
		}
		v.Elem().Set(inner)
		return v, nil
	case reflect.Interface:
		if v.IsNil() {
			return v, nil
		}
		return at(v.Elem(), path, change)
	}
	if len(path) == 0 {
		return change(v)
	}
	s, rest := path[0], path[1:]
	switch {
	case s.name == "" && v.Kind() == reflect.Slice && s.index < v.Len():
		item, err := at(v.Index(s.index), rest, change)
		if err == nil {
			v.Index(s.index).Set(item)
		}
		return v, err
	case s.name != "" && v.Kind() == reflect.Map && v.Type().Key().Kind() == reflect.String:
		name := reflect.ValueOf(s.name).Convert(v.Type().Key())
		member := v.MapIndex(name)
		if !member.IsValid() {
			return v, nil
		}
		member, err := at(member, rest, change)
		if err == nil {
			v.SetMapIndex(name, member)
		}
		return v, err
	case s.name != "" && v.Kind() == reflect.Struct:
		if !v.CanSet() { // it stood in an interface or in a map
			v = settable(v)
		}
		member := wire.Member(v, s.name)
		if !member.IsValid() {
			return v, nil
		}
		changed, err := at(member, rest, change)
		switch {
		case err != nil:
		case changed.IsValid():
			member.Set(changed)
		default:
			member.SetZero()
		}
		return v, err
	}
	return v, ErrFieldDecrypt
}

// settable copies a struct.
func settable(v reflect.Value) reflect.Value {
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	return c
}
