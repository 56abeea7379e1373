package faceid_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm4"
	"github.com/emmansun/gmsm/smx509"
	"github.com/faceid-go/faceid"
	"github.com/stretchr/testify/require"
)

// The helpers below are for checks: for their requests, their refusals, and the meaning
// and charge of their answers.

const (
	somePhone = "13800138000" // an invented number
	someCard  = "6222020000000000000"
)

// checkCall is a call of one check with good arguments, and the body that it must send.
type checkCall struct {
	call func(ctx context.Context, c *faceid.Client) (faceid.Result, error)
	body string
}

// checked returns a nil result as a nil Result.
func checked[T any, P interface {
	*T
	faceid.Result
}](result P, err error) (faceid.Result, error) {
	if result == nil {
		return nil, err
	}
	return result, err
}

var inventedMP4 = []byte("\x00\x00\x00\x18ftypisom an invented video")

// These are members of the bodies that checks send.
var (
	checkedPerson = `"Name":"` + somebody.Name + `","IdCard":"` + somebody.IDNo + `"`
	checkedPhone  = `"Phone":"` + somePhone + `"`
	checkedCard   = `"BankCard":"` + someCard + `"`
	checkedJPG    = base64.StdEncoding.EncodeToString(inventedJPG)
	checkedMP4    = base64.StdEncoding.EncodeToString(inventedMP4)
)

// checkCalls are all checks, by action.
func checkCalls() map[string]checkCall {
	all := checkCallsOfPeople()
	maps.Copy(all, checkCallsOfCardsAndPhones())
	return all
}

// checkCallsOfPeople are the checks of faces and of identities.
func checkCallsOfPeople() map[string]checkCall {
	return map[string]checkCall{
		"DetectAIFakeFaces": {func(ctx context.Context, c *faceid.Client) (faceid.Result, error) {
			return checked(c.DetectAIFakeFaces(ctx, faceid.DetectAIFakeFacesRequest{FaceInput: inventedJPG, FaceInputType: faceid.FacePicture}))
		}, `{"FaceInput":"` + checkedJPG + `","FaceInputType":1}`},
		"LivenessRecognition": {func(ctx context.Context, c *faceid.Client) (faceid.Result, error) {
			return checked(c.LivenessRecognition(ctx, faceid.LivenessRecognitionRequest{Name: somebody.Name, IDCard: somebody.IDNo, LivenessType: faceid.LivenessAction, Video: inventedMP4, ValidateData: "1,2"}))
		}, `{` + checkedPerson + `,"LivenessType":"ACTION","VideoBase64":"` + checkedMP4 + `","ValidateData":"1,2"}`},
		"LivenessCompare": {func(ctx context.Context, c *faceid.Client) (faceid.Result, error) {
			return checked(c.LivenessCompare(ctx, faceid.LivenessCompareRequest{LivenessType: faceid.LivenessSilent, Image: inventedJPG, VideoURL: "https://m.example/v.mp4"}))
		}, `{"LivenessType":"SILENT","ImageBase64":"` + checkedJPG + `","VideoUrl":"https://m.example/v.mp4"}`},
		"ImageRecognition": {func(ctx context.Context, c *faceid.Client) (faceid.Result, error) {
			return checked(c.ImageRecognition(ctx, faceid.ImageRecognitionRequest{Name: somebody.Name, IDCard: somebody.IDNo, Image: inventedJPG}))
		}, `{` + checkedPerson + `,"ImageBase64":"` + checkedJPG + `"}`},
		"ImageRecognitionV2": {func(ctx context.Context, c *faceid.Client) (faceid.Result, error) {
			return checked(c.ImageRecognitionV2(ctx, faceid.ImageRecognitionV2Request{Name: somebody.Name, IDCard: somebody.IDNo, Image: inventedJPG, Extra: "e"}))
		}, `{` + checkedPerson + `,"ImageBase64":"` + checkedJPG + `","Extra":"e"}`},
		"CheckIdCardInformation": {func(ctx context.Context, c *faceid.Client) (faceid.Result, error) {
			return checked(c.CheckIdCardInformation(ctx, faceid.CheckIdCardInformationRequest{Image: inventedJPG, Config: `{"CopyWarn":true}`}))
		}, `{"ImageBase64":"` + checkedJPG + `","Config":"{\"CopyWarn\":true}"}`},
		"IdCardVerification": {func(ctx context.Context, c *faceid.Client) (faceid.Result, error) {
			return checked(c.IdCardVerification(ctx, faceid.IdCardVerificationRequest{Name: somebody.Name, IDCard: somebody.IDNo}))
		}, `{` + checkedPerson + `}`},
		"IdCardOCRVerification": {func(ctx context.Context, c *faceid.Client) (faceid.Result, error) {
			return checked(c.IdCardOCRVerification(ctx, faceid.IdCardOCRVerificationRequest{Name: somebody.Name, IDCard: somebody.IDNo}))
		}, `{` + checkedPerson + `}`},
		"CheckIdNameDate": {func(ctx context.Context, c *faceid.Client) (faceid.Result, error) {
			return checked(c.CheckIdNameDate(ctx, faceid.CheckIdNameDateRequest{Name: somebody.Name, IDCard: somebody.IDNo, ValidityBegin: "20200131", ValidityEnd: faceid.NoExpiry}))
		}, `{` + checkedPerson + `,"ValidityBegin":"20200131","ValidityEnd":"00000000"}`},
	}
}

// checkCallsOfCardsAndPhones are the checks of bank cards and of phones.
func checkCallsOfCardsAndPhones() map[string]checkCall {
	return map[string]checkCall{
		"CheckBankCardInformation": {func(ctx context.Context, c *faceid.Client) (faceid.Result, error) {
			return checked(c.CheckBankCardInformation(ctx, faceid.CheckBankCardInformationRequest{BankCard: someCard}))
		}, `{` + checkedCard + `}`},
		"BankCard2EVerification": {func(ctx context.Context, c *faceid.Client) (faceid.Result, error) {
			return checked(c.BankCard2EVerification(ctx, faceid.BankCard2EVerificationRequest{Name: somebody.Name, BankCard: someCard}))
		}, `{"Name":"` + somebody.Name + `",` + checkedCard + `}`},
		"BankCardVerification": {func(ctx context.Context, c *faceid.Client) (faceid.Result, error) {
			return checked(c.BankCardVerification(ctx, faceid.BankCardVerificationRequest{Name: somebody.Name, IDCard: somebody.IDNo, BankCard: someCard}))
		}, `{` + checkedPerson + `,` + checkedCard + `}`},
		"BankCard4EVerification": {func(ctx context.Context, c *faceid.Client) (faceid.Result, error) {
			return checked(c.BankCard4EVerification(ctx, faceid.BankCard4EVerificationRequest{Name: somebody.Name, IDCard: somebody.IDNo, BankCard: someCard, Phone: somePhone}))
		}, `{` + checkedPerson + `,` + checkedCard + `,` + checkedPhone + `}`},
		"MobileNetworkTimeVerification": {func(ctx context.Context, c *faceid.Client) (faceid.Result, error) {
			return checked(c.MobileNetworkTimeVerification(ctx, faceid.MobileNetworkTimeVerificationRequest{Mobile: somePhone}))
		}, `{"Mobile":"` + somePhone + `"}`},
		"MobileStatus": {func(ctx context.Context, c *faceid.Client) (faceid.Result, error) {
			return checked(c.MobileStatus(ctx, faceid.MobileStatusRequest{Mobile: somePhone}))
		}, `{"Mobile":"` + somePhone + `"}`},
		"MinorsVerification": {func(ctx context.Context, c *faceid.Client) (faceid.Result, error) {
			return checked(c.MinorsVerification(ctx, faceid.MinorsVerificationRequest{Type: faceid.MinorsByPhone, Mobile: somePhone}))
		}, `{"Type":"0","Mobile":"` + somePhone + `"}`},
		"EncryptedPhoneVerification": {func(ctx context.Context, c *faceid.Client) (faceid.Result, error) {
			return checked(c.EncryptedPhoneVerification(ctx, faceid.EncryptedPhoneVerificationRequest{Name: somebody.Name, IDCard: somebody.IDNo, Phone: somePhone, EncryptionMode: faceid.PhonePlain}))
		}, `{` + checkedPerson + `,` + checkedPhone + `,"EncryptionMode":"0"}`},
		"PhoneVerification": {func(ctx context.Context, c *faceid.Client) (faceid.Result, error) {
			return checked(c.PhoneVerification(ctx, faceid.PhoneVerificationRequest{Name: somebody.Name, IDCard: somebody.IDNo, Phone: somePhone, VerifyMode: faceid.PhoneVerifyDetailed}))
		}, `{` + checkedPerson + `,` + checkedPhone + `,"VerifyMode":"1"}`},
		"PhoneVerificationCMCC": {func(ctx context.Context, c *faceid.Client) (faceid.Result, error) {
			return checked(c.PhoneVerificationCMCC(ctx, faceid.PhoneVerificationCMCCRequest{Name: somebody.Name, IDCard: somebody.IDNo, Phone: somePhone}))
		}, `{` + checkedPerson + `,` + checkedPhone + `}`},
		"PhoneVerificationCTCC": {func(ctx context.Context, c *faceid.Client) (faceid.Result, error) {
			return checked(c.PhoneVerificationCTCC(ctx, faceid.PhoneVerificationCTCCRequest{Name: somebody.Name, IDCard: somebody.IDNo, Phone: somePhone}))
		}, `{` + checkedPerson + `,` + checkedPhone + `}`},
		"PhoneVerificationCUCC": {func(ctx context.Context, c *faceid.Client) (faceid.Result, error) {
			return checked(c.PhoneVerificationCUCC(ctx, faceid.PhoneVerificationCUCCRequest{Name: somebody.Name, IDCard: somebody.IDNo, Phone: somePhone}))
		}, `{` + checkedPerson + `,` + checkedPhone + `}`},
		"CheckPhoneAndName": {func(ctx context.Context, c *faceid.Client) (faceid.Result, error) {
			return checked(c.CheckPhoneAndName(ctx, faceid.CheckPhoneAndNameRequest{Name: somebody.Name, Mobile: somePhone}))
		}, `{"Mobile":"` + somePhone + `","Name":"` + somebody.Name + `"}`},
	}
}

// goodCheck is an answer that every check takes for a pass.
func goodCheck(action string) string {
	switch checkTables()[action] {
	case "":
		return answerOf(`"AttackRiskLevel":"Low","AttackRiskDetailList":[],"ExtraInfo":{"RetrievalLivenessExtraInfo":null}`)
	case "cloud":
		return answerOf(`"Result":"Success","Description":"ok","Sim":97.5`)
	}
	return answerOf(`"Result":"0","Description":"ok"`)
}

// checkTables are the tables of the results, by action, from the specification.
func checkTables() map[string]string {
	text, err := os.ReadFile("internal/cloudspec/cn.json")
	if err != nil {
		panic(err)
	}
	var spec cloudSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		panic(err)
	}
	tables := map[string]string{}
	for action := range checkCalls() {
		tables[action] = spec.Actions[action].Result
	}
	return tables
}

// whose returns a value that the platform's words must not bring back: one of the
// request, or one that was read from a card.
func whose(action string) string {
	body := checkCalls()[action].body
	for _, value := range []string{somebody.Name, somePhone, someCard} {
		if strings.Contains(body, value) || action == "CheckIdCardInformation" {
			return value
		}
	}
	return "nobody"
}

func sm2Key(t testing.TB) *sm2.PrivateKey {
	key, err := sm2.GenerateKey(rand.Reader)
	require.NoError(t, err)
	return key
}

// The helpers below are for personal fields that are encrypted in requests and in
// answers.

func decode(t testing.TB, text string) []byte {
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	require.NoError(t, err)
	return b
}

// ownKeys holds the keys of a platform that the test plays: it publishes their public
// halves and decrypts data keys with them.
type ownKeys struct {
	rsa *rsa.PrivateKey
	sm2 *sm2.PrivateKey
}

func newOwnKeys(t testing.TB) *ownKeys {
	k, err := rsa.GenerateKey(rand.Reader, 1024) // The key is as long as the platform's.
	require.NoError(t, err)
	return &ownKeys{k, sm2Key(t)}
}

func (k *ownKeys) encryption(t testing.TB, algorithm faceid.EncryptionAlgorithm) faceid.FieldEncryption {
	der, err := smx509.MarshalPKIXPublicKey(&k.sm2.PublicKey)
	require.NoError(t, err)
	return faceid.FieldEncryption{
		Algorithm: algorithm,
		RSAKey:    string(pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&k.rsa.PublicKey)})),
		SM2Key:    string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
	}
}

// key decrypts the data key of an Encryption, as the documents describe it.
func (k *ownKeys) key(t testing.TB, e faceid.Encryption) []byte {
	blob := decode(t, e.CiphertextBlob)
	if e.Algorithm == string(faceid.SM4GCM) {
		require.Len(t, blob, 113)
		require.EqualValues(t, 4, blob[0], "C1C3C2, uncompressed")
		key, err := k.sm2.Decrypt(rand.Reader, blob, sm2.NewPlainDecrypterOpts(sm2.C1C3C2))
		require.NoError(t, err)
		require.Len(t, key, 16)
		require.Len(t, decode(t, e.IV), 12)
		return key
	}
	key, err := rsa.DecryptPKCS1v15(rand.Reader, k.rsa, blob)
	require.NoError(t, err)
	require.Len(t, key, 32)
	require.Len(t, decode(t, e.IV), 16)
	return key
}

// open decrypts one text with cryptographic libraries alone.
func open(t testing.TB, key []byte, e faceid.Encryption, text string, i int) string {
	sealed, iv := decode(t, text), decode(t, e.IV)
	if e.Algorithm == string(faceid.SM4GCM) {
		block, err := sm4.NewCipher(key)
		require.NoError(t, err)
		aead, err := cipher.NewGCM(block)
		require.NoError(t, err)
		plain, err := aead.Open(nil, iv, append(sealed, decode(t, e.TagList[i])...), nil)
		require.NoError(t, err)
		return string(plain)
	}
	require.Empty(t, e.TagList)
	block, err := aes.NewCipher(key)
	require.NoError(t, err)
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(sealed, sealed)
	pad := int(sealed[len(sealed)-1])
	require.Equal(t, bytes.Repeat([]byte{byte(pad)}, pad), sealed[len(sealed)-pad:])
	return string(sealed[:len(sealed)-pad])
}

var algorithms = []faceid.EncryptionAlgorithm{faceid.AES256CBC, faceid.SM4GCM}

// sentPlain returns the fields of the last request with the encrypted ones decrypted,
// and the names of those.
func (k *ownKeys) sentPlain(t testing.TB, body string) (fields map[string]any, names []string) {
	require.NoError(t, json.Unmarshal([]byte(body), &fields))
	var e faceid.Encryption
	if sent, ok := fields["Encryption"]; ok {
		text, err := json.Marshal(sent)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &e))
		delete(fields, "Encryption")
	} else if _, flat := fields["CiphertextBlob"]; flat {
		require.NoError(t, json.Unmarshal([]byte(body), &e))
		for _, name := range []string{"CiphertextBlob", "EncryptList", "Iv"} {
			delete(fields, name)
		}
	} else {
		return fields, nil
	}
	key := k.key(t, e)
	require.Regexp(t, `^[A-Za-z0-9]+$`, string(key))
	for i, name := range e.EncryptList {
		member := name
		if name == "EncryptionBody" {
			member = "EncryptedBody"
		}
		text, ok := fields[member].(string)
		require.True(t, ok, name)
		fields[member] = open(t, key, e, text, i)
	}
	return fields, e.EncryptList
}
