package faceidtest

import (
	"bytes"
	"crypto/aes"
	stdcipher "crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"maps"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/emmansun/gmsm/padding"
	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm4"
	"github.com/emmansun/gmsm/smx509"
)

// platformKeys makes the simulator's key pairs once. They are not the
// platform's, as only the platform has its private keys.
var platformKeys = sync.OnceValue(func() (k struct {
	rsa *rsa.PrivateKey
	sm2 *sm2.PrivateKey
}) {
	var err error
	if k.rsa, err = rsa.GenerateKey(rand.Reader, 2048); err == nil {
		k.sm2, err = sm2.GenerateKey(rand.Reader)
	}
	if err != nil {
		panic("faceidtest: keys: " + err.Error()) // this cannot happen, as random numbers do not fail
	}
	return k
})

// CloudRSAKey is the public key, PEM of PKCS #1, that fields of a request are
// encrypted for with AES-256-CBC. It is the simulator's own, and longer than
// the platform's 1024 bits.
func (s *Server) CloudRSAKey() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&platformKeys().rsa.PublicKey)}))
}

// CloudSM2Key is the public key, PEM of X.509, that fields of a request are
// encrypted for with SM4-GCM. It is the simulator's own.
func (s *Server) CloudSM2Key() string {
	der, err := smx509.MarshalPKIXPublicKey(&platformKeys().sm2.PublicKey)
	if err != nil {
		panic("faceidtest: CloudSM2Key: " + err.Error()) // this cannot happen, as the key is good
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// A box holds what an Encryption says: the cipher, the data key and the vector.
type box struct {
	gcm     bool
	key, iv []byte
}

const badCipher = "FailedOperation.DecryptSystemError"

// decryptKey decrypts the data key of an Encryption.
func (c *cloud) decryptKey(e args) (*box, string) {
	iv, err := base64.StdEncoding.Strict().DecodeString(e.text("Iv"))
	blob, err2 := base64.StdEncoding.Strict().DecodeString(e.text("CiphertextBlob"))
	if err != nil || err2 != nil || len(iv) == 0 || len(blob) == 0 {
		return nil, badCipher
	}
	b := &box{gcm: e.text("Algorithm") == "SM4-GCM", iv: iv}
	keySize, ivSize := 32, aes.BlockSize
	if b.gcm {
		keySize, ivSize = 16, 12
		if blob[0] != 4 { // the form is C1C3C2 with an uncompressed point, not ASN.1
			return nil, badCipher
		}
		b.key, err = platformKeys().sm2.Decrypt(rand.Reader, blob, sm2.NewPlainDecrypterOpts(sm2.C1C3C2))
	} else {
		b.key, err = rsa.DecryptPKCS1v15(rand.Reader, platformKeys().rsa, blob)
	}
	if err != nil || len(b.key) != keySize || len(iv) != ivSize {
		return nil, badCipher
	}
	return b, ""
}

// decrypt decrypts the encrypted fields of a request in place, and then holds
// the plain texts against the table.
func (c *cloud) decrypt(v args, table []cloudField) reply {
	if bad := c.decryptFields(v, table); bad != "" {
		return cloudRefuse(bad, "")
	}
	for _, f := range table {
		if _, given := v[f.name]; given && f.plain != nil && !f.plain(v.text(f.name)) {
			return wrongValue(f.name)
		}
	}
	return reply{}
}

// encryptionOf returns the Encryption of a request, or nil. PhoneVerification
// has its fields without an object around them.
func encryptionOf(v args) args {
	if e := v.sub("Encryption"); e != nil {
		return e
	}
	if v.text("CiphertextBlob") == "" && v["EncryptList"] == nil && v.text("Iv") == "" {
		return nil
	}
	return v
}

// decryptFields decrypts the fields that the EncryptList names. It returns the
// code of the refusal, or "".
func (c *cloud) decryptFields(v args, table []cloudField) string {
	e := encryptionOf(v)
	if e == nil {
		return ""
	}
	names, tags := texts(e.list("EncryptList")), texts(e.list("TagList"))
	for i, name := range names {
		can := slices.ContainsFunc(table, func(f cloudField) bool { return f.name == name && f.plain != nil })
		if !can || v.text(name) == "" || slices.Contains(names[:i], name) {
			return "InvalidParameter.UnsupportEncryptField"
		}
	}
	b, bad := c.decryptKey(e)
	switch {
	case len(names) == 0:
		return "InvalidParameter.UnsupportEncryptField"
	case bad != "":
		return bad
	case b.gcm && len(tags) != len(names) || !b.gcm && len(tags) != 0:
		return "InvalidParameter"
	}
	for i, name := range names {
		sealed, err := base64.StdEncoding.Strict().DecodeString(v.text(name))
		if err != nil {
			return badCipher
		}
		if b.gcm {
			tag, err := base64.StdEncoding.Strict().DecodeString(tags[i])
			if err != nil || len(tag) != 16 { // the tag has always 16 bytes
				return badCipher
			}
			sealed = append(sealed, tag...)
		}
		text, ok := b.decrypt(sealed)
		if !ok || !utf8.Valid(text) {
			return badCipher
		}
		v[name] = string(text)
	}
	return ""
}

func (b *box) aead() stdcipher.AEAD {
	block, err := sm4.NewCipher(b.key)
	if err == nil {
		var aead stdcipher.AEAD
		if aead, err = stdcipher.NewGCM(block); err == nil {
			return aead
		}
	}
	panic("faceidtest: SM4-GCM: " + err.Error()) // this cannot happen, as decryptKey has seen the key's length
}

func (b *box) decrypt(sealed []byte) ([]byte, bool) {
	if b.gcm {
		text, err := b.aead().Open(nil, b.iv, sealed, nil)
		return text, err == nil
	}
	block, err := aes.NewCipher(b.key)
	if err != nil || len(sealed) == 0 || len(sealed)%aes.BlockSize != 0 {
		return nil, false
	}
	text := bytes.Clone(sealed)
	stdcipher.NewCBCDecrypter(block, b.iv).CryptBlocks(text, text)
	text, err = padding.NewPKCS7Padding(aes.BlockSize).Unpad(text)
	return text, err == nil
}

// encrypt encrypts an answer with the caller's own key. The tag is apart, and
// nil for a cipher without one.
func (b *box) encrypt(text []byte) (sealed, tag []byte) {
	if b.gcm {
		sealed = b.aead().Seal(nil, b.iv, text, nil)
		return sealed[:len(sealed)-16], sealed[len(sealed)-16:]
	}
	block, err := aes.NewCipher(b.key)
	if err != nil {
		panic("faceidtest: AES: " + err.Error()) // this cannot happen, as decryptKey has seen the key's length
	}
	sealed = padding.NewPKCS7Padding(aes.BlockSize).Pad(bytes.Clone(text))
	stdcipher.NewCBCEncrypter(block, b.iv).CryptBlocks(sealed, sealed)
	return sealed, nil
}

// unwrap decrypts a request of DetectAIFakeFaces that is encrypted as a whole.
func (c *cloud) unwrap(v args) (args, reply) {
	e, sealed := v.sub("Encryption"), v.text("EncryptedBody")
	switch {
	case e == nil && sealed == "":
		return v, reply{}
	case e == nil || sealed == "" || v["FaceInput"] != nil || v["FaceInputType"] != nil:
		return nil, cloudRefuse("InvalidParameter", "`EncryptedBody` and `Encryption` come together, and instead of the rest.")
	case !slices.Equal(texts(e.list("EncryptList")), []string{"EncryptionBody"}):
		return nil, cloudRefuse("InvalidParameter.UnsupportEncryptField", "")
	}
	table := []cloudField{encryptableField("EncryptionBody", anyText), encryptionField}
	inner := args{"EncryptionBody": sealed, "Encryption": e}
	if bad := c.decrypt(inner, table); bad.code != "" {
		return nil, bad
	}
	return readObject("", []byte(inner.text("EncryptionBody")), checkKinds["DetectAIFakeFaces"].fields[:2])
}

// encrypted returns an answer of GetDetectInfoEnhanced as the caller wants it:
// plain, with the sensitive fields encrypted, or with the whole body encrypted.
// The platform uses the caller's key and vector.
func (c *cloud) encrypted(v args, result object) reply {
	if v.sub("Encryption") == nil && !v.yes("IsEncryptResponse") {
		return reply{result: result}
	}
	return c.encryptAnswer(v, result, func(lock locker) {
		text, _ := result.value("Text").(object)
		for _, name := range []string{"IdCard", "Name", "OcrIdCard", "OcrName"} {
			lock.member(text, name, "Response.Text."+name)
		}
		tries, _ := text.value("LivenessDetail").(list)
		for i, t := range tries {
			for _, name := range []string{"Idcard", "Name"} {
				lock.member(t.(object), name, "Response.Text.LivenessDetail["+decimal(i)+"]."+name)
			}
		}
	})
}

// encryptedCard returns an answer of CheckIdCardInformation as the caller wants
// it. This action has one switch for its fields and one for the whole body.
func (c *cloud) encryptedCard(v args, result object) reply {
	result = append(result, member{"Encryption", nil}, member{"EncryptedBody", ""})
	if !v.yes("IsEncrypt") && !v.yes("IsEncryptResponse") {
		return reply{result: result}
	}
	r := c.encryptAnswer(v, result, func(lock locker) {
		lock.member(result, "IdNum", "Response.IdNum")
		lock.member(result, "Name", "Response.Name")
	})
	if r.code == badCipher { // this action documents no other code
		return cloudRefuse("FailedOperation.EncryptSystemError", "")
	}
	return r
}

// A locker encrypts a text and notes the name of its field.
type locker func(name string, text []byte) any

// member replaces the text of a field by its cipher text, unless it is empty.
func (lock locker) member(o object, name, path string) {
	if plain, _ := o.value(name).(string); plain != "" {
		o.set(name, lock(path, []byte(plain)))
	}
}

// withVector returns the Encryption with a vector that the platform has made. The
// rows of both actions say that the Algorithm is enough, and the row of Iv says
// that it must be given. The official clients give it, so the strict mode wants
// it; WithLenient takes an Encryption without it.
func (c *cloud) withVector(e args) args {
	iv := make([]byte, aes.BlockSize)
	if e.text("Algorithm") == "SM4-GCM" {
		iv = iv[:12]
	}
	_, _ = rand.Read(iv) // rand.Read never fails
	e = maps.Clone(e)
	e["Iv"] = base64.StdEncoding.EncodeToString(iv)
	return e
}

// encryptAnswer encrypts the whole body, or the fields that the function fields
// picks.
func (c *cloud) encryptAnswer(v args, result object, fields func(locker)) reply {
	e := v.sub("Encryption")
	if e == nil {
		return cloudRefuse("InvalidParameter", "An encrypted answer needs an Encryption.")
	}
	if list := texts(e.list("EncryptList")); len(list) > 0 && !slices.Equal(list, []string{"EncryptionBody"}) {
		return cloudRefuse("InvalidParameter.UnsupportEncryptField", "")
	}
	if c.lenient && e.text("Iv") == "" {
		e = c.withVector(e)
	}
	b, bad := c.decryptKey(e)
	if bad != "" {
		return cloudRefuse(bad, "")
	}
	var names, tags []string
	lock := func(name string, text []byte) any {
		sealed, tag := b.encrypt(text)
		names = append(names, name)
		if tag != nil {
			tags = append(tags, base64.StdEncoding.EncodeToString(tag))
		}
		return base64.StdEncoding.EncodeToString(sealed)
	}
	if v.yes("IsEncryptResponse") {
		body := lock("EncryptionBody", Dialect{}.write(nil, result.without("Encryption").without("EncryptedBody")))
		for i := range result {
			if result[i].value = nil; result[i].name == "IsVerifyIntention" { // this field is never null
				result[i].value = false
			}
		}
		result.set("EncryptedBody", body)
	} else {
		fields(lock)
	}
	algorithm := "AES-256-CBC"
	if b.gcm {
		algorithm = "SM4-GCM"
	}
	return reply{result: result.set("Encryption", object{{"EncryptList", textList(names)}, {"CiphertextBlob", e.text("CiphertextBlob")},
		{"Iv", e.text("Iv")}, {"Algorithm", algorithm}, {"TagList", textList(tags)}})}
}
