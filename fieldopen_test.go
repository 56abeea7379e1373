package faceid_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm4"
	"github.com/faceid-go/faceid"
	"github.com/stretchr/testify/require"
	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
)

// sealedAnswer is an answer of GetDetectInfoEnhanced that the test encrypted, either
// single fields by path or the whole of it.
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

func TestWithFieldEncryptionDecryptsAnswers(t *testing.T) {
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

// An answer in which one byte of the cipher text, the tag, the vector or the lists was
// changed is refused. AES-CBC has no tag, so only the form of its padding shows a
// change.
func TestFieldKeyOpenRefusesTamperedAnswers(t *testing.T) {
	for _, algorithm := range algorithms {
		key, iv := []byte("0123456789abcdef0123456789abcdef"), []byte("fedcba9876543210")
		if algorithm == faceid.SM4GCM {
			key, iv = key[:16], iv[:12]
		}
		for _, whole := range []bool{false, true} {
			text, err := json.Marshal(sealedAnswer(t, key, algorithm, iv, whole))
			require.NoError(t, err)
			a := tampering{algorithm: algorithm, key: key, iv: iv, text: text, whole: whole}
			good, err := a.open(t, func(map[string]any) {})
			require.NoError(t, err)
			require.Equal(t, somebody.Name, good["Text"].(map[string]any)["Name"])

			a.spoil(t, "vector", func(a map[string]any) (map[string]any, string) { return encryptionIn(a), "Iv" })
			if whole {
				a.spoil(t, "body", func(a map[string]any) (map[string]any, string) { return a, "EncryptedBody" })
				a.refused(t, "no body's Encryption", func(a map[string]any) { delete(a, "Encryption") })
			} else {
				a.refuseFields(t)
			}
			a.refuseTags(t)
			a.refuseEncryptions(t)

			var answer map[string]any
			require.NoError(t, json.Unmarshal(text, &answer))
			other := slices.Clone(key)
			other[3] ^= 1
			require.ErrorIs(t, faceid.FieldKeyOf(algorithm, other, iv).Open(&answer), faceid.ErrFieldDecrypt, "another key")
		}
	}
}

// tampering is an encrypted answer that is changed in many ways.
type tampering struct {
	algorithm     faceid.EncryptionAlgorithm
	key, iv, text []byte
	whole         bool // the whole body is encrypted, not single fields
}

// open decrypts the answer after a change.
func (a tampering) open(t *testing.T, change func(answer map[string]any)) (map[string]any, error) {
	var answer map[string]any
	require.NoError(t, json.Unmarshal(a.text, &answer))
	change(answer)
	err := faceid.FieldKeyOf(a.algorithm, a.key, a.iv).Open(&answer)
	return answer, err
}

// refused expects that the answer is refused after a change.
func (a tampering) refused(t *testing.T, what string, change func(answer map[string]any)) {
	t.Helper()
	answer, err := a.open(t, change)
	suite.see(err)
	require.ErrorIs(t, err, faceid.ErrFieldDecrypt, "%s %v: %s: %v", a.algorithm, a.whole, what, answer)
}

// spoil flips each byte of what a text encodes, one after the other.
func (a tampering) spoil(t *testing.T, what string, get func(answer map[string]any) (map[string]any, string)) {
	holder, name := get(loose(t, a.text))
	n := len(decode(t, holder[name].(string)))
	for i := range n {
		a.refused(t, fmt.Sprint(what, " ", i), func(answer map[string]any) {
			holder, name := get(answer)
			raw := decode(t, holder[name].(string))
			raw[i] ^= 1
			holder[name] = base64.StdEncoding.EncodeToString(raw)
		})
	}
}

// encryptionIn is the Encryption of an answer.
func encryptionIn(answer map[string]any) map[string]any {
	return answer["Encryption"].(map[string]any)
}

// badFieldPaths lead to no field of the answer.
var badFieldPaths = []string{"Response.Text.LivenessDetail[1].Name", "Response.Text.LivenessDetail[-1].Name", "Response.Text.LivenessDetail[0", "Response.Text.LivenessDetail[x].Name",
	"Response.Text.LivenessDetail.Name", "Response.Text[0]", "Response.Text..Name", "", "Response.", "Response.Text.Name[0]", "Response.Text.Name.X", "Response.Text.LivenessDetail[99999999999999999999].Name"}

// refuseFields changes encrypted fields and the list of their paths.
func (a tampering) refuseFields(t *testing.T) {
	e := encryptionIn
	a.spoil(t, "name", func(m map[string]any) (map[string]any, string) { return m["Text"].(map[string]any), "Name" })
	a.spoil(t, "number", func(m map[string]any) (map[string]any, string) { return m["Text"].(map[string]any), "IdCard" })
	a.spoil(t, "a detail", func(m map[string]any) (map[string]any, string) {
		return m["Text"].(map[string]any)["LivenessDetail"].([]any)[0].(map[string]any), "Name"
	})
	a.refused(t, "a field twice", func(m map[string]any) { e(m)["EncryptList"].([]any)[1] = "Response.Text.IdCard" })
	a.refused(t, "a plain field", func(m map[string]any) { e(m)["EncryptList"].([]any)[0] = "Response.RequestId" })
	a.refused(t, "a number", func(m map[string]any) { e(m)["EncryptList"].([]any)[0] = "Response.Text.ErrCode" })
	a.refused(t, "an object", func(m map[string]any) { e(m)["EncryptList"].([]any)[0] = "Response.Text" })
	for _, path := range badFieldPaths {
		a.refused(t, "path "+path, func(m map[string]any) { e(m)["EncryptList"].([]any)[4] = path })
	}
	a.refused(t, "in another place", func(m map[string]any) {
		text := m["Text"].(map[string]any)
		if a.algorithm == faceid.SM4GCM { // A tag belongs to its field.
			text["Name"], text["IdCard"] = text["IdCard"], text["Name"]
			return
		}
		text["Name"] = "AAAA"
	})
}

// refuseTags changes the tags of SM4-GCM, and gives tags to AES-CBC, which has none.
func (a tampering) refuseTags(t *testing.T) {
	e := encryptionIn
	if a.algorithm == faceid.SM4GCM {
		for i := range e(loose(t, a.text))["TagList"].([]any) {
			if !a.whole && i == 2 { // This is the tag of a field that was empty.
				continue
			}
			for b := range 16 {
				a.refused(t, fmt.Sprint("tag ", i, b), func(m map[string]any) {
					raw := decode(t, e(m)["TagList"].([]any)[i].(string))
					raw[b] ^= 0x80
					e(m)["TagList"].([]any)[i] = base64.StdEncoding.EncodeToString(raw)
				})
			}
		}
		a.refused(t, "no tags", func(m map[string]any) { e(m)["TagList"] = nil })
		a.refused(t, "a tag too many", func(m map[string]any) { e(m)["TagList"] = append(e(m)["TagList"].([]any), e(m)["TagList"].([]any)[0]) })
		a.refused(t, "a short tag", func(m map[string]any) { e(m)["TagList"].([]any)[0] = "AAAA" })
	} else {
		a.refused(t, "tags", func(m map[string]any) { e(m)["TagList"] = []any{"AAAA"} })
	}
}

// refuseEncryptions changes the algorithm, the vector and the Encryption itself.
func (a tampering) refuseEncryptions(t *testing.T) {
	e := encryptionIn
	a.refused(t, "another algorithm", func(m map[string]any) {
		e(m)["Algorithm"] = map[faceid.EncryptionAlgorithm]string{faceid.SM4GCM: "", faceid.AES256CBC: "SM4-GCM"}[a.algorithm]
	})
	a.refused(t, "a long vector", func(m map[string]any) { e(m)["Iv"] = base64.StdEncoding.EncodeToString(append(slices.Clone(a.iv), 0)) })
	a.refused(t, "no vector", func(m map[string]any) { e(m)["Iv"] = "" })
	a.refused(t, "a vector of words", func(m map[string]any) { e(m)["Iv"] = "not base64!" })
	a.refused(t, "an Encryption of words", func(m map[string]any) { m["Encryption"] = "none" })
}

func loose(t testing.TB, text []byte) map[string]any {
	var answer map[string]any
	require.NoError(t, json.Unmarshal(text, &answer))
	return answer
}

// officialAnswer is a response with its envelope, as the official module has it.
type officialAnswer struct {
	tchttp.BaseResponse
	Response *faceid.GetDetectInfoEnhancedResult
}

func TestFieldKeyOpenTakesWhatItIsGiven(t *testing.T) {
	key, iv := []byte("0123456789abcdef"), []byte("fedcba987654")
	k := faceid.FieldKeyOf(faceid.SM4GCM, key, iv)

	requireOpenOfficial(t, key, iv, k)

	requireOpenOwn(t, key, iv, k)
	var typed faceid.GetDetectInfoEnhancedResult
	text, err := json.Marshal(sealedAnswer(t, key, faceid.SM4GCM, iv, false))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &typed))
	value := any(typed) // The struct in this interface cannot be set in its place.
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

// requireOpenOwn decrypts an answer in a struct of the caller's, in an envelope and
// in a map.
func requireOpenOwn(t *testing.T, key, iv []byte, k *faceid.FieldKey) {
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
}

// requireOpenOfficial decrypts an answer in a struct as the official module has it.
func requireOpenOfficial(t *testing.T, key, iv []byte, k *faceid.FieldKey) {
	for _, whole := range []bool{false, true} {
		text, err := json.Marshal(sealedAnswer(t, key, faceid.SM4GCM, iv, whole))
		require.NoError(t, err)
		type detail struct{ Idcard *string } // The official module has details like this.
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
}

// A decrypted body may say once more how it was encrypted, and its words may quote the
// card.
func TestFieldKeyOpenReadsACard(t *testing.T) {
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

// Whatever an answer holds, it is decrypted as it was encrypted, or refused; nothing
// panics.
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

// An answer that cannot be decrypted is a bad answer, and no flow passes on it.
func TestWithFieldEncryptionRefusesAnAnswerForAnotherKey(t *testing.T) {
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

// Nothing protects the list of an answer's encrypted fields. A typed answer knows which
// fields must be in it, so with a changed list no cipher text is taken for words.
func TestFieldKeyOpenRefusesAChangedList(t *testing.T) {
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
			if path == "Response.Text.OcrName" { // This field is empty.
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
