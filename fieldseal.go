package faceid

import "slices"

// This file encrypts requests. A request that can be encrypted has a method
// encryption. The method says which of its fields are personal and where it tells
// the platform how they are encrypted.

// requestEncryption is how one request takes part in the encryption of personal
// data.
type requestEncryption interface {
	// given returns the Encryption that the caller set, nil if there is none.
	given() *Encryption
	// fields returns the personal fields that the platform takes encrypted.
	fields() []SealedField
	// apply changes the request so that personal data is encrypted. It returns the
	// key of the answer, nil if the answer comes plain.
	apply(keys *fieldKeys) (*FieldKey, error)
}

// encryptRequest changes a request so that personal data is encrypted. It does
// nothing if the Client has no WithFieldEncryption, or if the caller has set an
// Encryption. It returns the key of the answer, nil if the answer comes plain.
func (c *Client) encryptRequest(op string, r requestEncryption) (*FieldKey, error) {
	if c.fields == nil || r.given() != nil {
		return nil, nil
	}
	key, err := r.apply(c.fields)
	if err != nil {
		return nil, &Error{Op: op, Family: ErrRequest, Err: err}
	}
	return key, nil
}

// validateEncryption refuses an Encryption of the caller's that the platform would
// refuse, or that would let a field go out as it is.
func validateEncryption(op string, r requestEncryption) error {
	e := r.given()
	if e == nil {
		return nil
	}
	if len(e.EncryptList) == 0 {
		return badArgument(op, "Encryption.EncryptList", "is empty: nothing would be encrypted")
	}
	for i, name := range e.EncryptList {
		known := slices.ContainsFunc(r.fields(), func(f SealedField) bool { return f.Name == name })
		if !known || slices.Contains(e.EncryptList[:i], name) {
			return badArgument(op, "Encryption.EncryptList", "names a field twice, or one that cannot be encrypted")
		}
	}
	return nil
}

// fieldTexts returns the values of the personal fields. They must not show up in
// any error or log line.
func fieldTexts(r requestEncryption) []string {
	var all []string
	for _, f := range r.fields() {
		all = append(all, *f.Value)
	}
	return all
}

// covers reports whether the field with this platform name is sent encrypted.
func (v *Encryption) covers(field string) bool {
	return v != nil && slices.Contains(v.EncryptList, field)
}

// encryptedFields is the requestEncryption of a request with personal fields. Its
// answer comes plain.
type encryptedFields struct {
	place encryptionPlace
	list  []SealedField
}

func (r encryptedFields) given() *Encryption    { return r.place.get() }
func (r encryptedFields) fields() []SealedField { return r.list }

func (r encryptedFields) apply(keys *fieldKeys) (*FieldKey, error) {
	key, err := keys.newKey(r.place.algorithm(keys))
	if err != nil {
		return nil, err
	}
	e, err := key.Seal(r.list...)
	if err != nil || e == nil {
		return nil, err
	}
	r.place.set(e)
	return nil, nil
}

// encryptedAnswer is the requestEncryption of a request that goes out plain and
// asks for an encrypted answer.
type encryptedAnswer struct {
	place encryptionMember
	// whole is the member that asks for one cipher text of the whole answer. It is
	// nil if that member is to stay as the caller set it.
	whole *bool
}

func (r encryptedAnswer) given() *Encryption    { return r.place.get() }
func (r encryptedAnswer) fields() []SealedField { return nil }

func (r encryptedAnswer) apply(keys *fieldKeys) (*FieldKey, error) {
	key, err := keys.newKey(keys.algorithm)
	if err != nil {
		return nil, err
	}
	r.place.set(key.Encryption())
	if r.whole != nil {
		*r.whole = true
	}
	return key, nil
}

// isWhole reports whether the request asks for one cipher text of the whole
// answer.
func (r encryptedAnswer) isWhole() bool { return r.whole != nil && *r.whole }

// neverEncrypted is the requestEncryption of a request without personal fields.
type neverEncrypted struct{}

func (neverEncrypted) given() *Encryption                  { return nil }
func (neverEncrypted) fields() []SealedField               { return nil }
func (neverEncrypted) apply(*fieldKeys) (*FieldKey, error) { return nil, nil }

// encryptionPlace is where a request says how it is encrypted.
type encryptionPlace interface {
	// get returns nil if the caller has set nothing.
	get() *Encryption
	set(e *Encryption)
	algorithm(keys *fieldKeys) EncryptionAlgorithm
}

// encryptionMember is the member Encryption, which most requests have.
type encryptionMember struct{ member **Encryption }

func (m encryptionMember) get() *Encryption  { return *m.member }
func (m encryptionMember) set(e *Encryption) { *m.member = e }

func (m encryptionMember) algorithm(keys *fieldKeys) EncryptionAlgorithm { return keys.algorithm }

// flatEncryption is an Encryption whose members stand in the request itself, as
// PhoneVerification has it. It has no member for the algorithm, which is always
// AES-256-CBC.
type flatEncryption struct {
	blob *string
	list *[]string
	iv   *string
}

func (m flatEncryption) get() *Encryption {
	if *m.blob == "" && *m.list == nil && *m.iv == "" {
		return nil
	}
	return &Encryption{EncryptList: *m.list, CiphertextBlob: *m.blob, IV: *m.iv}
}

func (m flatEncryption) set(e *Encryption) {
	*m.blob, *m.list, *m.iv = e.CiphertextBlob, e.EncryptList, e.IV
}

func (m flatEncryption) algorithm(*fieldKeys) EncryptionAlgorithm { return AES256CBC }
