package faceid_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm4"
	"github.com/emmansun/gmsm/smx509"
	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
)

// Personal fields encrypted on the way, both ways.

func decode(t testing.TB, text string) []byte {
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	require.NoError(t, err)
	return b
}

// The guide's examples.
func TestTheGuidesVectors(t *testing.T) {
	for name, v := range map[string]struct {
		algorithm      faceid.EncryptionAlgorithm
		key, iv        string
		id, name       string
		idTag, nameTag string
	}{
		"AES": {faceid.AES256CBC, "1abrmh7jz83awn4585vzujiyxbhi5wsd", "t9Uf9QJ50B0uHhE26JLNxw==",
			"H+ZwsBfYVgbBWaHStriUV2GF0wX7MzYy0XMWNKZjZjQ=", "IS6wLE153MfBr639hqWmUQ==", "", ""},
		"SM4": {faceid.SM4GCM, "45c3royvhyj6cavv", "bIGEqJyU+8MIJO3u",
			"8qjVE9kEqW7R3x3Nd5AM5PDb", "JiRFz1O/", "wMyiG6JUzj4CIiZ+V5mqwA==", "msgrOgSfnMEK1ZzPtcaaFg=="},
	} {
		t.Run(name, func(t *testing.T) {
			key := faceid.FieldKeyOf(v.algorithm, []byte(v.key), decode(t, v.iv))
			id, person := "100822119610104046", "张三" // the guide's
			e, err := key.Seal(faceid.SealedField{Name: "IdCard", Value: &id}, faceid.SealedField{Name: "Name", Value: &person})
			require.NoError(t, err)
			require.Equal(t, v.id, id)
			require.Equal(t, v.name, person)
			require.Equal(t, v.iv, e.IV)
			require.Equal(t, string(v.algorithm), e.Algorithm)
			require.Equal(t, []string{"IdCard", "Name"}, e.EncryptList)
			if v.idTag != "" {
				require.Equal(t, []string{v.idTag, v.nameTag}, e.TagList)
			} else {
				require.Nil(t, e.TagList)
			}

			answer := map[string]any{"IdCard": id, "Name": person, "Encryption": e}
			require.NoError(t, key.Open(&answer))
			require.Equal(t, "100822119610104046", answer["IdCard"])
			require.Equal(t, "张三", answer["Name"])
		})
	}
}

// ownKeys is a platform of our own: what it publishes, and how it opens a key.
type ownKeys struct {
	rsa *rsa.PrivateKey
	sm2 *sm2.PrivateKey
}

func newOwnKeys(t testing.TB) *ownKeys {
	k, err := rsa.GenerateKey(rand.Reader, 1024) // as long as the platform's
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

// key opens the data key of an Encryption, as the documents say.
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

// open decrypts one text with the means of the libraries only.
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

// sentPlain are the fields of the last request with the encrypted ones opened,
// and which these are.
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

// sealedCalls are all actions whose requests can be encrypted: the checks, and
// the flows that were there before.
func sealedCalls() map[string]checkCall {
	calls := checkCalls()
	calls["DetectAuth"] = checkCall{func(ctx context.Context, c *faceid.Client) (faceid.Result, error) {
		_, err := c.DetectAuth(ctx, faceid.DetectAuthRequest{RuleID: "1", Name: somebody.Name, IDCard: somebody.IDNo})
		return nil, err
	}, `{"RuleId":"1","Name":"` + somebody.Name + `","IdCard":"` + somebody.IDNo + `"}`}
	calls["GetEidToken"] = checkCall{func(ctx context.Context, c *faceid.Client) (faceid.Result, error) {
		_, err := c.GetEidToken(ctx, faceid.GetEidTokenRequest{MerchantID: "1", Name: somebody.Name, IDCard: somebody.IDNo})
		return nil, err
	}, `{"MerchantId":"1","Name":"` + somebody.Name + `","IdCard":"` + somebody.IDNo + `"}`}
	return calls
}

// Whatever the specification lets a request encrypt is encrypted, and nothing of
// it is found in the bytes on the wire.
func TestNoPlainFieldIsOnTheWire(t *testing.T) {
	spec := readCloudSpec(t, "cn")
	own := newOwnKeys(t)
	secrets := []string{somebody.Name, somebody.IDNo, somePhone, someCard, string(inventedJPG)}
	for _, algorithm := range algorithms {
		keys, ivs := map[string]bool{}, map[string]bool{}
		for action, check := range sealedCalls() {
			t.Run(string(algorithm)+" "+action, func(t *testing.T) {
				answer := goodCheck(action)
				if action == "DetectAuth" || action == "GetEidToken" {
					answer = answerOf(`"BizToken":"b","EidToken":"e"`)
				}
				e := &cloudExchange{answers: []string{answer}}
				_, err := check.call(t.Context(), cloudClient(t, e, faceid.WithFieldEncryption(own.encryption(t, algorithm))))
				require.NoError(t, err)
				var want map[string]any
				require.NoError(t, json.Unmarshal([]byte(check.body), &want))

				fields, names := own.sentPlain(t, e.bodies[0])
				switch action {
				case "DetectAIFakeFaces":
					require.Equal(t, []string{"EncryptionBody"}, names)
					require.JSONEq(t, check.body, fields["EncryptedBody"].(string))
					require.Len(t, fields, 1, "nothing beside the body")
				case "CheckIdCardInformation":
					require.Empty(t, names, "a picture cannot be encrypted; the answer is")
					require.Equal(t, true, fields["IsEncryptResponse"])
					delete(fields, "IsEncryptResponse")
					require.Equal(t, want, fields)
				default:
					require.ElementsMatch(t, spec.Actions[action].Encrypts, names)
					require.Equal(t, want, fields)
				}
				if len(names) == 0 {
					return
				}
				var wire bytes.Buffer
				require.NoError(t, e.requests[0].Header.Write(&wire))
				wire.WriteString(e.requests[0].URL.String() + e.bodies[0])
				for _, secret := range secrets {
					if action != "DetectAIFakeFaces" && secret == string(inventedJPG) {
						continue
					}
					quoted, _ := json.Marshal(secret)
					for _, form := range []string{secret, strings.Trim(string(quoted), `"`), base64.StdEncoding.EncodeToString([]byte(secret)), hex.EncodeToString([]byte(secret)), fmt.Sprintf("%+q", secret)} {
						require.NotContains(t, wire.String(), form)
					}
				}
				var sent struct {
					Encryption         struct{ CiphertextBlob, Iv string }
					CiphertextBlob, Iv string
				}
				require.NoError(t, json.Unmarshal([]byte(e.bodies[0]), &sent))
				blob, iv := sent.Encryption.CiphertextBlob+sent.CiphertextBlob, sent.Encryption.Iv+sent.Iv
				require.False(t, keys[blob] || ivs[iv], "every request has its own key and vector")
				keys[blob], ivs[iv] = true, true
			})
		}
	}
}

// The platform's words may bring back what it has decrypted.
func TestWhatWasEncryptedIsNotQuoted(t *testing.T) {
	for action, check := range sealedCalls() {
		secret := map[string]string{"DetectAuth": somebody.Name, "GetEidToken": somebody.Name}[action]
		if secret == "" {
			secret = whose(action)
		}
		if action == "CheckIdCardInformation" || secret == "nobody" {
			continue
		}
		e := &cloudExchange{answers: []string{`{"Response":{"Error":{"Code":"FailedOperation.DecryptSystemError","Message":"of ` + secret + `"},"RequestId":"r"}}`}}
		_, err := check.call(t.Context(), cloudClient(t, e, faceid.WithFieldEncryption(faceid.FieldEncryption{})))
		require.Error(t, err)
		require.NotContains(t, err.Error(), secret, action)
		suite.see(err)
	}
}

func TestARequestWithItsOwnEncryptionStays(t *testing.T) {
	own := &faceid.Encryption{EncryptList: []string{"Name", "IdCard"}, CiphertextBlob: "YmxvYg==", IV: "aXY="}
	e := &cloudExchange{answers: []string{answerOf(`"Result":"0","BizToken":"b","EidToken":"e","AttackRiskLevel":"Low"`)}}
	c := cloudClient(t, e, faceid.WithFieldEncryption(faceid.FieldEncryption{}))
	_, err := c.IdCardVerification(t.Context(), faceid.IdCardVerificationRequest{Name: "AAAA", IDCard: "BBBB", Encryption: own})
	require.NoError(t, err)
	_, err = c.DetectAuth(t.Context(), faceid.DetectAuthRequest{RuleID: "1", Name: "AAAA", IDCard: "BBBB", Encryption: own})
	require.NoError(t, err)
	_, err = c.GetEidToken(t.Context(), faceid.GetEidTokenRequest{MerchantID: "1", Name: "AAAA", IDCard: "BBBB", Encryption: own})
	require.NoError(t, err)
	_, err = c.PhoneVerification(t.Context(), faceid.PhoneVerificationRequest{Name: "AAAA", IDCard: "BBBB", Phone: "1", EncryptList: own.EncryptList, CiphertextBlob: own.CiphertextBlob, IV: own.IV})
	require.NoError(t, err)
	_, err = c.DetectAIFakeFaces(t.Context(), faceid.DetectAIFakeFacesRequest{EncryptedBody: "AAAA", Encryption: own})
	require.NoError(t, err)
	for _, body := range e.bodies {
		require.Contains(t, body, `"AAAA"`)
		require.Contains(t, body, `"YmxvYg=="`)
	}
	_, err = c.DetectAuth(t.Context(), faceid.DetectAuthRequest{RuleID: "1"})
	require.NoError(t, err)
	require.JSONEq(t, `{"RuleId":"1"}`, e.bodies[5], "there was nothing to encrypt")
	_, err = c.CallCloud(t.Context(), faceid.CloudCall{Site: faceid.SiteChina, Action: "MinorsVerification"}, map[string]string{"Name": "n"}, nil)
	require.NoError(t, err)
	require.JSONEq(t, `{"Name":"n"}`, e.bodies[6])
}

// An Encryption that encrypts nothing, or something else, must not send the fields
// as they are.
func TestAnEncryptionOfNothingIsRefused(t *testing.T) {
	for what, own := range map[string]*faceid.Encryption{
		"an algorithm only": {Algorithm: "SM4-GCM"}, "another name": {EncryptList: []string{"Phone"}, CiphertextBlob: "YmxvYg==", IV: "aXY="},
	} {
		e := &cloudExchange{answers: []string{fine}}
		c := cloudClient(t, e, faceid.WithFieldEncryption(faceid.FieldEncryption{}))
		_, err := c.IdCardVerification(t.Context(), faceid.IdCardVerificationRequest{Name: somebody.Name, IDCard: somebody.IDNo, Encryption: own})
		require.ErrorIs(t, err, faceid.ErrRequest, what)
		_, err = c.DetectAuth(t.Context(), faceid.DetectAuthRequest{RuleID: "1", Name: somebody.Name, IDCard: somebody.IDNo, Encryption: own})
		require.ErrorIs(t, err, faceid.ErrRequest, what)
		_, err = c.GetEidToken(t.Context(), faceid.GetEidTokenRequest{MerchantID: "1", Name: somebody.Name, IDCard: somebody.IDNo, Encryption: own})
		require.ErrorIs(t, err, faceid.ErrRequest, what)
		_, err = c.PhoneVerification(t.Context(), faceid.PhoneVerificationRequest{Name: somebody.Name, IDCard: somebody.IDNo, Phone: somePhone, EncryptList: own.EncryptList, IV: "aXY="})
		require.ErrorIs(t, err, faceid.ErrRequest, what)
		require.Empty(t, e.requests, what)
	}
}

func TestThePublishedKeys(t *testing.T) {
	keys := faceid.PublishedKeys()
	for i, want := range []string{"63350c29ad1c5d2736f041dbed79428a47666f2e7d3055472d7908af12cc1c30", "be32f06bee0a7b639e81e2ac591b76df41befafa3038440f0929b23700e5a3bc"} {
		block, _ := pem.Decode([]byte(keys[i]))
		sum := sha256.Sum256(block.Bytes)
		require.Equal(t, want, hex.EncodeToString(sum[:]))
	}
	for _, algorithm := range algorithms {
		_, err := faceid.NewFieldKey(faceid.FieldEncryption{Algorithm: algorithm})
		require.NoError(t, err)
		_, err = faceid.NewFieldKey(faceid.FieldEncryption{Algorithm: algorithm,
			RSAKey: base64.StdEncoding.EncodeToString([]byte(keys[0])), SM2Key: "\n" + base64.StdEncoding.EncodeToString([]byte(keys[1])) + "\n"})
		require.NoError(t, err, "as the console shows them")
	}
}

func TestKeysThatAreNone(t *testing.T) {
	keys := faceid.PublishedKeys()
	small := `-----BEGIN RSA PUBLIC KEY-----
MEgCQQDHtWmzGnDKoAVWn9+5Q8mSnQdDWbnnLIbuLnUDRfL+EJBFPaEBTWkOkzdB
oMSS8yWTFrZiA/mVUeYDPfkFUTLbAgMBAAE=
-----END RSA PUBLIC KEY-----`
	for name, e := range map[string]faceid.FieldEncryption{
		"algorithm": {Algorithm: "ROT13"}, "RSAKey": {RSAKey: "canary-secret"}, "RSAKey of SM2": {RSAKey: keys[1]}, "SM2Key": {SM2Key: "canary-secret"},
		"SM2Key of RSA": {SM2Key: keys[0]}, "RSAKey too short": {RSAKey: small},
	} {
		field, _, _ := strings.Cut(name, " ")
		_, err := faceid.New(faceid.WithFieldEncryption(e))
		require.ErrorContains(t, err, "faceid: WithFieldEncryption: ", name)
		require.ErrorContains(t, err, field, name)
		suite.see(err)
		_, err = faceid.NewFieldKey(e)
		require.ErrorContains(t, err, "faceid: NewFieldKey: ", name)
	}
	_, err := faceid.New(faceid.WithApp("TIDA0001", "secret"), faceid.WithFieldEncryption(faceid.FieldEncryption{}))
	require.ErrorContains(t, err, "faceid: WithFieldEncryption: WithCloud is missing")
}

func TestAKeySealsOnce(t *testing.T) {
	own := newOwnKeys(t)
	for _, algorithm := range algorithms {
		key, err := faceid.NewFieldKey(own.encryption(t, algorithm))
		require.NoError(t, err)
		name, none := somebody.Name, ""
		e, err := key.Seal(faceid.SealedField{Name: "IdCard", Value: &none}, faceid.SealedField{Name: "Phone"}, faceid.SealedField{Name: "Name", Value: &name})
		require.NoError(t, err)
		require.Equal(t, []string{"Name"}, e.EncryptList)
		require.Empty(t, none)
		require.Equal(t, somebody.Name, open(t, own.key(t, *e), *e, name, 0))
		suite.canary(string(own.key(t, *e)), "data key")
		suite.see(key, *key)
		again := somebody.Name
		_, err = key.Seal(faceid.SealedField{Name: "Name", Value: &again})
		require.ErrorIs(t, err, faceid.ErrRequest)
		require.Equal(t, somebody.Name, again)
		suite.see(err)
	}
}

// sealedAnswer is an answer of GetDetectInfoEnhanced, encrypted by our own platform:
// fields by path, or the whole of it.
func sealedAnswer(t testing.TB, key []byte, algorithm faceid.EncryptionAlgorithm, iv []byte, whole bool) map[string]any {
	text := map[string]any{"ErrCode": 0, "Comparestatus": 0, "Sim": "97.00", "Name": somebody.Name, "IdCard": somebody.IDNo, "OcrName": "", "LivenessDetail": []any{map[string]any{"Idcard": somebody.IDNo, "Name": somebody.Name}}}
	answer := map[string]any{"Text": text, "RequestId": "r1"}
	e := map[string]any{"Algorithm": string(algorithm), "Iv": base64.StdEncoding.EncodeToString(iv), "CiphertextBlob": "", "EncryptList": nil, "TagList": nil}
	var names, tags []string
	lock := func(name string, plain []byte) string {
		names = append(names, name)
		if algorithm == faceid.SM4GCM {
			block, err := sm4.NewCipher(key)
			require.NoError(t, err)
			aead, err := cipher.NewGCM(block)
			require.NoError(t, err)
			sealed := aead.Seal(nil, iv, plain, nil)
			tags = append(tags, base64.StdEncoding.EncodeToString(sealed[len(plain):]))
			return base64.StdEncoding.EncodeToString(sealed[:len(plain)])
		}
		block, err := aes.NewCipher(key)
		require.NoError(t, err)
		pad := 16 - len(plain)%16
		padded := append(slices.Clone(plain), bytes.Repeat([]byte{byte(pad)}, pad)...)
		cipher.NewCBCEncrypter(block, iv).CryptBlocks(padded, padded)
		return base64.StdEncoding.EncodeToString(padded)
	}
	if whole {
		plain, err := json.Marshal(map[string]any{"Text": text, "IsVerifyIntention": false})
		require.NoError(t, err)
		answer["Text"], answer["EncryptedBody"] = nil, lock("EncryptionBody", plain)
	} else {
		detail := text["LivenessDetail"].([]any)[0].(map[string]any)
		answer["IsVerifyIntention"] = false
		text["IdCard"], text["Name"] = lock("Response.Text.IdCard", []byte(somebody.IDNo)), lock("Response.Text.Name", []byte(somebody.Name))
		lock("Response.Text.OcrName", nil)
		detail["Idcard"], detail["Name"] = lock("Response.Text.LivenessDetail[0].Idcard", []byte(somebody.IDNo)), lock("Response.Text.LivenessDetail[0].Name", []byte(somebody.Name))
	}
	e["EncryptList"], e["TagList"], answer["Encryption"] = names, tags, e
	return answer
}

func TestEncryptedAnswersAreOpened(t *testing.T) {
	for _, algorithm := range algorithms {
		for _, whole := range []bool{false, true} {
			t.Run(fmt.Sprint(algorithm, whole), func(t *testing.T) {
				own := newOwnKeys(t)
				var sent string
				platform := roundTripper(func(r *http.Request) (*http.Response, error) {
					body, _ := io.ReadAll(r.Body)
					sent = string(body)
					var asked struct{ Encryption faceid.Encryption }
					require.NoError(t, json.Unmarshal(body, &asked))
					answer := sealedAnswer(t, own.key(t, asked.Encryption), algorithm, decode(t, asked.Encryption.IV), whole)
					text, err := json.Marshal(map[string]any{"Response": answer})
					require.NoError(t, err)
					require.NotContains(t, string(text), somebody.Name)
					return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(text)), Request: r}, nil
				})
				c := cloudClient(t, &cloudExchange{}, faceid.WithHTTPClient(&http.Client{Transport: platform}), faceid.WithFieldEncryption(own.encryption(t, algorithm)))
				result, err := c.ConfirmDetect(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: "b", RuleID: "1", IsEncryptResponse: whole}, somebody)
				require.NoError(t, err)
				require.Equal(t, somebody.Name, result.Text.Name)
				require.Equal(t, somebody.IDNo, result.Text.IDCard)
				require.Equal(t, somebody.IDNo, result.Text.LivenessDetail[0].IDCard)
				require.Equal(t, "r1", result.RequestID)
				require.Nil(t, result.Encryption)
				require.Empty(t, result.EncryptedBody)
				require.Equal(t, whole, strings.Contains(sent, `"IsEncryptResponse":true`))
				suite.see(result, *result)
			})
		}
	}
}

// One byte of the cipher text, the tag, the vector or the lists: it is refused, or
// for the lists changes nothing. AES-CBC is held together by its form only.
func TestTamperedAnswersAreRefused(t *testing.T) {
	for _, algorithm := range algorithms {
		key, iv := []byte("0123456789abcdef0123456789abcdef"), []byte("fedcba9876543210")
		if algorithm == faceid.SM4GCM {
			key, iv = key[:16], iv[:12]
		}
		for _, whole := range []bool{false, true} {
			original := sealedAnswer(t, key, algorithm, iv, whole)
			text, err := json.Marshal(original)
			require.NoError(t, err)
			openAnswer := func(change func(answer map[string]any)) (map[string]any, error) {
				var answer map[string]any
				require.NoError(t, json.Unmarshal(text, &answer))
				change(answer)
				err := faceid.FieldKeyOf(algorithm, key, iv).Open(&answer)
				return answer, err
			}
			good, err := openAnswer(func(map[string]any) {})
			require.NoError(t, err)
			require.Equal(t, somebody.Name, good["Text"].(map[string]any)["Name"])

			refused := func(what string, change func(answer map[string]any)) {
				t.Helper()
				answer, err := openAnswer(change)
				suite.see(err)
				require.ErrorIs(t, err, faceid.ErrFieldDecrypt, "%s %v: %s: %v", algorithm, whole, what, answer)
			}
			e := func(answer map[string]any) map[string]any { return answer["Encryption"].(map[string]any) }
			// spoil flips each byte of what a text encodes, one after the other.
			spoil := func(what string, get func(answer map[string]any) (map[string]any, string)) {
				holder, name := get(loose(t, text))
				n := len(decode(t, holder[name].(string)))
				for i := range n {
					refused(fmt.Sprint(what, " ", i), func(answer map[string]any) {
						holder, name := get(answer)
						raw := decode(t, holder[name].(string))
						raw[i] ^= 1
						holder[name] = base64.StdEncoding.EncodeToString(raw)
					})
				}
			}
			spoil("vector", func(a map[string]any) (map[string]any, string) { return e(a), "Iv" })
			if whole {
				spoil("body", func(a map[string]any) (map[string]any, string) { return a, "EncryptedBody" })
				refused("no body's Encryption", func(a map[string]any) { delete(a, "Encryption") })
			} else {
				spoil("name", func(a map[string]any) (map[string]any, string) { return a["Text"].(map[string]any), "Name" })
				spoil("number", func(a map[string]any) (map[string]any, string) { return a["Text"].(map[string]any), "IdCard" })
				spoil("a detail", func(a map[string]any) (map[string]any, string) {
					return a["Text"].(map[string]any)["LivenessDetail"].([]any)[0].(map[string]any), "Name"
				})
				refused("a field twice", func(a map[string]any) { e(a)["EncryptList"].([]any)[1] = "Response.Text.IdCard" })
				refused("a plain field", func(a map[string]any) { e(a)["EncryptList"].([]any)[0] = "Response.RequestId" })
				refused("a number", func(a map[string]any) { e(a)["EncryptList"].([]any)[0] = "Response.Text.ErrCode" })
				refused("an object", func(a map[string]any) { e(a)["EncryptList"].([]any)[0] = "Response.Text" })
				for _, path := range []string{"Response.Text.LivenessDetail[1].Name", "Response.Text.LivenessDetail[-1].Name", "Response.Text.LivenessDetail[0", "Response.Text.LivenessDetail[x].Name",
					"Response.Text.LivenessDetail.Name", "Response.Text[0]", "Response.Text..Name", "", "Response.", "Response.Text.Name[0]", "Response.Text.Name.X", "Response.Text.LivenessDetail[99999999999999999999].Name"} {
					refused("path "+path, func(a map[string]any) { e(a)["EncryptList"].([]any)[4] = path })
				}
				refused("in another place", func(a map[string]any) {
					text := a["Text"].(map[string]any)
					if algorithm == faceid.SM4GCM { // tags belong to their fields
						text["Name"], text["IdCard"] = text["IdCard"], text["Name"]
						return
					}
					text["Name"] = "AAAA"
				})
			}
			if algorithm == faceid.SM4GCM {
				for i := range e(loose(t, text))["TagList"].([]any) {
					if !whole && i == 2 { // of a field that was empty
						continue
					}
					for b := range 16 {
						refused(fmt.Sprint("tag ", i, b), func(a map[string]any) {
							raw := decode(t, e(a)["TagList"].([]any)[i].(string))
							raw[b] ^= 0x80
							e(a)["TagList"].([]any)[i] = base64.StdEncoding.EncodeToString(raw)
						})
					}
				}
				refused("no tags", func(a map[string]any) { e(a)["TagList"] = nil })
				refused("a tag too many", func(a map[string]any) { e(a)["TagList"] = append(e(a)["TagList"].([]any), e(a)["TagList"].([]any)[0]) })
				refused("a short tag", func(a map[string]any) { e(a)["TagList"].([]any)[0] = "AAAA" })
			} else {
				refused("tags", func(a map[string]any) { e(a)["TagList"] = []any{"AAAA"} })
			}
			refused("another algorithm", func(a map[string]any) {
				e(a)["Algorithm"] = map[faceid.EncryptionAlgorithm]string{faceid.SM4GCM: "", faceid.AES256CBC: "SM4-GCM"}[algorithm]
			})
			refused("a long vector", func(a map[string]any) { e(a)["Iv"] = base64.StdEncoding.EncodeToString(append(slices.Clone(iv), 0)) })
			refused("no vector", func(a map[string]any) { e(a)["Iv"] = "" })
			refused("a vector of words", func(a map[string]any) { e(a)["Iv"] = "not base64!" })
			refused("an Encryption of words", func(a map[string]any) { a["Encryption"] = "none" })

			var answer map[string]any
			require.NoError(t, json.Unmarshal(text, &answer))
			other := slices.Clone(key)
			other[3] ^= 1
			require.ErrorIs(t, faceid.FieldKeyOf(algorithm, other, iv).Open(&answer), faceid.ErrFieldDecrypt, "another key")
		}
	}
}

func loose(t testing.TB, text []byte) map[string]any {
	var answer map[string]any
	require.NoError(t, json.Unmarshal(text, &answer))
	return answer
}

// officialAnswer is a response as the official module has them, with its envelope.
type officialAnswer struct {
	tchttp.BaseResponse
	Response *faceid.GetDetectInfoEnhancedResult
}

func TestOpenTakesWhatItIsGiven(t *testing.T) {
	key, iv := []byte("0123456789abcdef"), []byte("fedcba987654")
	k := faceid.FieldKeyOf(faceid.SM4GCM, key, iv)
	for _, whole := range []bool{false, true} {
		text, err := json.Marshal(sealedAnswer(t, key, faceid.SM4GCM, iv, whole))
		require.NoError(t, err)
		type detail struct{ Idcard *string } // as the official module has them
		var official struct {
			Text *struct {
				Name           *string   `json:"Name,omitempty"`
				LivenessDetail []*detail `json:"LivenessDetail,omitempty"`
			} `json:"Text,omitempty"`
			Encryption    *faceid.Encryption `json:"Encryption,omitempty"`
			EncryptedBody *string            `json:"EncryptedBody,omitempty"`
		}
		require.NoError(t, json.Unmarshal(text, &official))
		require.NoError(t, k.Open(&official))
		require.Equal(t, somebody.Name, *official.Text.Name)
		require.Equal(t, somebody.IDNo, *official.Text.LivenessDetail[0].Idcard)
		require.Nil(t, official.Encryption)
	}
	for _, whole := range []bool{false, true} {
		text, err := json.Marshal(sealedAnswer(t, key, faceid.SM4GCM, iv, whole))
		require.NoError(t, err)
		var embedded struct {
			faceid.GetDetectInfoEnhancedResult
			More string
		}
		require.NoError(t, json.Unmarshal(text, &embedded))
		require.NoError(t, k.Open(&embedded))
		require.Equal(t, somebody.Name, embedded.Text.Name)
		require.Nil(t, embedded.Encryption)

		whose := officialAnswer{Response: new(faceid.GetDetectInfoEnhancedResult)}
		require.NoError(t, k.Open(&whose), "there is nothing yet")
		require.NoError(t, json.Unmarshal(text, whose.Response))
		require.NoError(t, k.Open(&whose))
		require.Equal(t, somebody.Name, whose.Response.Text.Name)
		require.NoError(t, k.Open(&officialAnswer{}))

		held := any(embedded)
		require.NoError(t, json.Unmarshal(text, &held), "into a map")
		require.NoError(t, k.Open(&held))
		require.Equal(t, somebody.Name, held.(map[string]any)["Text"].(map[string]any)["Name"])
		require.NotContains(t, held, "Encryption")
		require.NotContains(t, held, "EncryptedBody")
	}
	var typed faceid.GetDetectInfoEnhancedResult
	text, err := json.Marshal(sealedAnswer(t, key, faceid.SM4GCM, iv, false))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &typed))
	value := any(typed) // a struct that cannot be set in its place
	require.NoError(t, k.Open(&value))
	require.Equal(t, somebody.Name, value.(faceid.GetDetectInfoEnhancedResult).Text.Name)
	require.Nil(t, value.(faceid.GetDetectInfoEnhancedResult).Encryption)

	plain := map[string]any{"Text": map[string]any{"Name": somebody.Name}}
	require.NoError(t, k.Open(&plain))
	require.Equal(t, somebody.Name, plain["Text"].(map[string]any)["Name"], "it was not encrypted")
	empty := map[string]any{"Name": "n", "Encryption": map[string]any{"EncryptList": nil, "CiphertextBlob": "", "Iv": ""}, "EncryptedBody": nil}
	require.NoError(t, k.Open(&empty))
	for _, bad := range []any{nil, plain, 7, (*map[string]any)(nil), "text"} {
		require.ErrorIs(t, k.Open(bad), faceid.ErrRequest)
	}
	for _, none := range []*faceid.FieldKey{nil, {}} {
		text := somebody.Name
		_, err := none.Seal(faceid.SealedField{Name: "Name", Value: &text})
		require.ErrorIs(t, err, faceid.ErrRequest)
		answer := sealedAnswer(t, key, faceid.SM4GCM, iv, true)
		require.ErrorIs(t, none.Open(&answer), faceid.ErrFieldDecrypt)
		suite.see(none)
	}
	number := 7
	require.ErrorIs(t, k.Open(&number), faceid.ErrFieldDecrypt)
}

// A body may say once more how it was encrypted, and its words may quote the card.
func TestWhatAnOpenedCardSays(t *testing.T) {
	key, iv := []byte("0123456789abcdef"), []byte("fedcba987654")
	body := `{"Result":"FailedOperation.IdNameMisMatch","Description":"not of ` + somebody.Name + `","Name":"` + somebody.Name + `",
		"Encryption":{"EncryptList":["EncryptionBody"]},"EncryptedBody":"AAAA"}`
	e, err := faceid.FieldKeyOf(faceid.SM4GCM, key, iv).Seal(faceid.SealedField{Name: "EncryptionBody", Value: &body})
	require.NoError(t, err)
	card := faceid.CheckIdCardInformationResult{Encryption: e, EncryptedBody: body}
	require.NoError(t, faceid.FieldKeyOf(faceid.SM4GCM, key, iv).Open(&card))
	require.Equal(t, somebody.Name, card.Name)
	require.Nil(t, card.Encryption)
	require.Empty(t, card.EncryptedBody)
	require.ErrorIs(t, card.Err(), faceid.ErrNotPassed)
	require.NotContains(t, card.Err().Error(), somebody.Name)
	suite.see(card.Err())
}

// Whatever stands in an answer, it is opened as it was sealed or refused, and
// nothing panics.
func FuzzFieldOpen(f *testing.F) {
	key, iv := []byte("0123456789abcdef"), []byte("fedcba987654")
	for _, whole := range []bool{false, true} {
		text, err := json.Marshal(sealedAnswer(f, key, faceid.SM4GCM, iv, whole))
		require.NoError(f, err)
		f.Add(text)
	}
	f.Add([]byte(`{"Encryption":{"EncryptList":["Response.Text.LivenessDetail[0].Name"],"Algorithm":"SM4-GCM","Iv":"ZmVkY2JhOTg3NjU0","TagList":["AAAAAAAAAAAAAAAAAAAAAA=="]},"Text":{"LivenessDetail":[{"Name":"AAAA"}]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		sm, cbc := faceid.FieldKeyOf(faceid.SM4GCM, key, iv), faceid.FieldKeyOf(faceid.AES256CBC, append(key, key...), append(iv, 1, 2, 3, 4))
		for _, k := range []*faceid.FieldKey{sm, cbc} {
			var untyped map[string]any
			if json.Unmarshal(text, &untyped) == nil {
				_ = k.Open(&untyped)
			}
			var typed faceid.GetDetectInfoEnhancedResult
			if json.Unmarshal(text, &typed) != nil {
				return
			}
			sealed := ""
			if typed.Text != nil && typed.Encryption != nil && slices.Contains(typed.Encryption.EncryptList, "Response.Text.Name") {
				sealed = typed.Text.Name
			}
			if k.Open(&typed) == nil && k == sm && sealed != "" && typed.EncryptedBody == "" && typed.Text != nil && typed.Text.Name != somebody.Name && typed.Text.Name != sealed {
				t.Fatal("a text that nobody sealed")
			}
		}
	})
}

// Against the simulator, which decrypts with its own keys.
func TestEncryptionOnTheSimulator(t *testing.T) {
	sim, _ := cloudSim(t, faceidtest.WithMerchant("merchant1", nil))
	for _, algorithm := range algorithms {
		c := newClient(sim, faceid.WithFieldEncryption(faceid.FieldEncryption{Algorithm: algorithm, RSAKey: sim.CloudRSAKey(), SM2Key: sim.CloudSM2Key()}))
		for action, check := range checkCalls() {
			_, err := faceid.Confirm(check.call(t.Context(), c))
			require.NoError(t, err, "%s %s", algorithm, action)
		}
		read, err := c.CheckIdCardInformation(t.Context(), faceid.CheckIdCardInformationRequest{Image: smallPNG(t)})
		require.NoError(t, err)
		require.NotEmpty(t, read.IDNum)
		require.NotEmpty(t, read.Address)
		require.NotEmpty(t, read.Portrait)
		require.Nil(t, read.Encryption)
		suite.canary(read.IDNum, "number on a card")
		suite.see(read, *read)
		fields, err := c.CheckIdCardInformation(t.Context(), faceid.CheckIdCardInformationRequest{Image: smallPNG(t), IsEncrypt: true})
		require.NoError(t, err)
		require.Equal(t, read.IDNum, fields.IDNum)
		require.Equal(t, read.Name, fields.Name)

		opened, err := c.DetectAuth(t.Context(), auth(""))
		require.NoError(t, err)
		_, err = sim.RunMiniProgram(t.Context(), opened.BizToken)
		require.NoError(t, err)
		for _, whole := range []bool{false, true} {
			var video bytes.Buffer
			result, err := c.ConfirmDetect(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: opened.BizToken, RuleID: "plus1", IsEncryptResponse: whole,
				MediaTo: func(name string) io.Writer {
					if name == "VideoData.LivenessVideo" {
						return &video
					}
					return nil
				}}, faceid.AnyPerson)

			require.NoError(t, err)
			require.Equal(t, somebody.Name, result.Text.Name)
			require.Equal(t, somebody.IDNo, result.Text.LivenessDetail[0].IDCard)
			require.NotZero(t, video.Len(), "media go where they should")
			_, err = c.ConfirmDetect(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: opened.BizToken, RuleID: "plus1", IsEncryptResponse: whole,
				MediaTo: func(string) io.Writer { return brokenWriter{} }}, faceid.AnyPerson)

			require.ErrorIs(t, err, io.ErrClosedPipe)
			require.NotErrorIs(t, err, faceid.ErrFieldDecrypt)
		}
		eid, err := c.GetEidToken(t.Context(), faceid.GetEidTokenRequest{MerchantID: "merchant1", Name: somebody.Name, IDCard: somebody.IDNo, Config: &faceid.GetEidTokenConfig{InputType: faceid.EidInputGiven}})
		require.NoError(t, err)
		require.NotEmpty(t, eid.EidToken)
	}

	// A card that the caller opens.
	for _, whole := range []bool{false, true} {
		key, err := faceid.NewFieldKey(faceid.FieldEncryption{RSAKey: sim.CloudRSAKey()})
		require.NoError(t, err)
		card, err := newClient(sim).CheckIdCardInformation(t.Context(), faceid.CheckIdCardInformationRequest{
			Image: smallPNG(t), Encryption: key.Encryption(), IsEncrypt: !whole, IsEncryptResponse: whole,
		})
		require.NoError(t, err, "it is not the platform's fault")
		_, err = faceid.Confirm(card, err)
		require.Equal(t, whole, err != nil, "what cannot be read does not pass")
		require.NotErrorIs(t, err, faceid.ErrNotPassed)
		require.NoError(t, key.Open(card))
		require.NoError(t, card.Err())
		require.Equal(t, "张样本", card.Name)
	}

	stranger := newClient(sim, faceid.WithFieldEncryption(newOwnKeys(t).encryption(t, faceid.SM4GCM)))
	_, err := stranger.IdCardVerification(t.Context(), faceid.IdCardVerificationRequest{Name: somebody.Name, IDCard: somebody.IDNo})
	require.ErrorIs(t, err, faceid.Code("cloud/FailedOperation.DecryptSystemError"))
	suite.see(err)
	_, err = stranger.CheckIdCardInformation(t.Context(), faceid.CheckIdCardInformationRequest{Image: smallPNG(t)})
	require.ErrorIs(t, err, faceid.Code("cloud/FailedOperation.EncryptSystemError"))
}

// An answer that cannot be decrypted is no answer, and no flow passed.
func TestAnAnswerForAnotherKeyIsBad(t *testing.T) {
	text, err := json.Marshal(map[string]any{"Response": sealedAnswer(t, []byte("0123456789abcdef"), faceid.SM4GCM, []byte("fedcba987654"), false)})
	require.NoError(t, err)
	e := &cloudExchange{answers: []string{string(text)}}
	c := cloudClient(t, e, faceid.WithFieldEncryption(faceid.FieldEncryption{Algorithm: faceid.SM4GCM}))
	result, err := c.ConfirmDetect(t.Context(), faceid.GetDetectInfoEnhancedRequest{BizToken: "b", RuleID: "1"}, faceid.AnyPerson)
	require.Nil(t, result)
	require.ErrorIs(t, err, faceid.ErrFieldDecrypt)
	require.ErrorIs(t, err, faceid.ErrBadAnswer)
	suite.see(err)
}

// brokenWriter takes nothing.
type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// The list of an answer's encrypted fields is protected by nothing. A typed answer
// knows what must be in it, so a changed list does not leave cipher texts for words.
func TestAChangedListIsRefused(t *testing.T) {
	for _, algorithm := range algorithms {
		key, iv := []byte("0123456789abcdef0123456789abcdef"), []byte("fedcba9876543210")
		if algorithm == faceid.SM4GCM {
			key, iv = key[:16], iv[:12]
		}
		open := func(change func(paths []any)) (faceid.GetDetectInfoEnhancedResult, error) {
			text, err := json.Marshal(sealedAnswer(t, key, algorithm, iv, false))
			require.NoError(t, err)
			answer := loose(t, text)
			change(answer["Encryption"].(map[string]any)["EncryptList"].([]any))
			text, err = json.Marshal(answer)
			require.NoError(t, err)
			var result faceid.GetDetectInfoEnhancedResult
			require.NoError(t, json.Unmarshal(text, &result))
			err = faceid.FieldKeyOf(algorithm, key, iv).Open(&result)
			return result, err
		}
		var paths []string
		good, err := open(func(all []any) {
			for _, path := range all {
				paths = append(paths, path.(string))
			}
		})
		require.NoError(t, err)
		require.Equal(t, somebody.Name, good.Text.Name)
		require.Equal(t, somebody.IDNo, good.Text.LivenessDetail[0].IDCard)
		for i, path := range paths {
			if path == "Response.Text.OcrName" { // it is empty
				continue
			}
			for at := range path {
				_, err := open(func(all []any) {
					changed := []byte(path)
					changed[at] ^= 1
					all[i] = string(changed)
				})
				require.ErrorIs(t, err, faceid.ErrFieldDecrypt, "%s %s at %d", algorithm, path, at)
			}
		}
	}
}
