package faceid_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// These are the examples of the platform's guide.
func TestFieldKeyReproducesTheGuidesVectors(t *testing.T) {
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
			id, person := "100822119610104046", "张三" // These are the values of the guide.
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

// sealedCalls are all actions whose requests can be encrypted: the checks, and the
// flows of API 3.0.
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
	calls["GetFaceIdToken"] = checkCall{func(ctx context.Context, c *faceid.Client) (faceid.Result, error) {
		_, err := c.GetFaceIdToken(ctx, faceid.GetFaceIdTokenRequest{CompareLib: faceid.CompareBusiness, Name: somebody.Name, IDCard: somebody.IDNo})
		return nil, err
	}, `{"CompareLib":"BUSINESS","Name":"` + somebody.Name + `","IdCard":"` + somebody.IDNo + `"}`}
	return calls
}

// Every field that the specification lets a request encrypt is encrypted, and nothing
// of it is found in the bytes on the wire.
func TestWithFieldEncryptionSendsNoPlainField(t *testing.T) {
	spec := readCloudSpec(t, "cn")
	own := newOwnKeys(t)
	secrets := []string{somebody.Name, somebody.IDNo, somePhone, someCard, string(inventedJPG)}
	for _, algorithm := range algorithms {
		keys, ivs := map[string]bool{}, map[string]bool{}
		for action, check := range sealedCalls() {
			t.Run(string(algorithm)+" "+action, func(t *testing.T) {
				answer := goodCheck(action)
				if action == "DetectAuth" || action == "GetEidToken" || action == "GetFaceIdToken" {
					answer = answerOf(`"BizToken":"b","EidToken":"e","FaceIdToken":"f"`)
				}
				e := &cloudExchange{answers: []string{answer}}
				_, err := check.call(t.Context(), cloudClient(t, e, faceid.WithFieldEncryption(own.encryption(t, algorithm))))
				require.NoError(t, err)
				fields, names := own.sentPlain(t, e.bodies[0])
				requireSealedFields(t, action, check.body, spec.Actions[action].Encrypts, fields, names)
				if len(names) == 0 {
					return
				}

				requireNoSecretOnTheWire(t, secrets, action, e)
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

// requireSealedFields expects that the fields of a request that may be encrypted are, and
// that the rest is as it was.
func requireSealedFields(t *testing.T, action, body string, encrypts []string, fields map[string]any, names []string) {
	var want map[string]any
	require.NoError(t, json.Unmarshal([]byte(body), &want))
	switch action {
	case "DetectAIFakeFaces":
		require.Equal(t, []string{"EncryptionBody"}, names)
		require.JSONEq(t, body, fields["EncryptedBody"].(string))
		require.Len(t, fields, 1, "nothing beside the body")
	case "CheckIdCardInformation":
		require.Empty(t, names, "a picture cannot be encrypted; the answer is")
		require.Equal(t, true, fields["IsEncryptResponse"])
		delete(fields, "IsEncryptResponse")
		require.Equal(t, want, fields)
	case "MinorsVerification":
		require.Equal(t, []string{"Mobile"}, names, "the request has a phone number only")
		require.Equal(t, want, fields)
	default:
		require.ElementsMatch(t, encrypts, names)
		require.Equal(t, want, fields)
	}
}

// requireNoSecretOnTheWire looks for each secret in the bytes that were sent, in
// several spellings.
func requireNoSecretOnTheWire(t *testing.T, secrets []string, action string, e *cloudExchange) {
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
}

// The platform's words may quote a value that the platform has decrypted.
func TestWithFieldEncryptionQuotesNothingThatWasEncrypted(t *testing.T) {
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

func TestWithFieldEncryptionLeavesARequestWithItsOwnEncryption(t *testing.T) {
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

// A request whose Encryption encrypts nothing, or something else, is refused, as its
// fields would be sent as they are.
func TestWithFieldEncryptionRefusesAnEncryptionOfNothing(t *testing.T) {
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

func TestFieldEncryptionHasThePublishedKeys(t *testing.T) {
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

func TestFieldEncryptionRefusesBadKeys(t *testing.T) {
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

func TestFieldKeySealsOnce(t *testing.T) {
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

// The fields are encrypted for the simulator, which decrypts them with its own keys.
func TestWithFieldEncryptionWorksOnTheSimulator(t *testing.T) {
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

		requireEncryptedFlow(t, sim, c)
		eid, err := c.GetEidToken(t.Context(), faceid.GetEidTokenRequest{MerchantID: "merchant1", Name: somebody.Name, IDCard: somebody.IDNo, Config: &faceid.GetEidTokenConfig{InputType: faceid.EidInputGiven}})
		require.NoError(t, err)
		require.NotEmpty(t, eid.EidToken)
	}

	// Here the caller decrypts a card with a key of their own.
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

// requireEncryptedFlow opens a flow, ends it, and decides on its encrypted result.
func requireEncryptedFlow(t *testing.T, sim *faceidtest.Server, c *faceid.Client) {
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
}

// brokenWriter is a writer that fails.
type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
