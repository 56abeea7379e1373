package faceidtest_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm4"
	"github.com/emmansun/gmsm/smx509"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func b64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func unb64(t *testing.T, text any) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(text.(string))
	require.NoError(t, err)
	return b
}

// locked is a caller's side of the encryption of fields.
type locked struct {
	key, iv []byte
	info    obj
}

func gcmOf(t *testing.T, c *caller) *locked {
	block, _ := pem.Decode([]byte(c.sim.CloudSM2Key()))
	require.Equal(t, "PUBLIC KEY", block.Type)
	key, err := smx509.ParsePKIXPublicKey(block.Bytes)
	require.NoError(t, err)
	l := &locked{key: []byte("45c3royvhyj6cavv"), iv: []byte("twelve bytes")}
	blob, err := sm2.Encrypt(rand.Reader, key.(*ecdsa.PublicKey), l.key, nil)
	require.NoError(t, err)
	l.info = obj{"CiphertextBlob": b64(blob), "Iv": b64(l.iv), "Algorithm": "SM4-GCM"}
	return l
}

func cbcOf(t *testing.T, c *caller) *locked {
	block, _ := pem.Decode([]byte(c.sim.CloudRSAKey()))
	require.Equal(t, "RSA PUBLIC KEY", block.Type)
	key, err := x509.ParsePKCS1PublicKey(block.Bytes)
	require.NoError(t, err)
	l := &locked{key: []byte("1abrmh7jz83awn4585vzujiyxbhi5wsd"), iv: []byte("sixteen bytes ok")}
	blob, err := rsa.EncryptPKCS1v15(rand.Reader, key, l.key)
	require.NoError(t, err)
	l.info = obj{"CiphertextBlob": b64(blob), "Iv": b64(l.iv)}
	return l
}

func (l *locked) aead() cipher.AEAD {
	block, _ := sm4.NewCipher(l.key)
	aead, _ := cipher.NewGCM(block)
	return aead
}

func (l *locked) cbc(text string) string {
	block, _ := aes.NewCipher(l.key)
	n := 16 - len(text)%16
	b := append([]byte(text), bytes.Repeat([]byte{byte(n)}, n)...)
	cipher.NewCBCEncrypter(block, l.iv).CryptBlocks(b, b)
	return b64(b)
}

func (l *locked) gcm(text string) (sealed, tag string) {
	b := l.aead().Seal(nil, l.iv, []byte(text), nil)
	return b64(b[:len(b)-16]), b64(b[len(b)-16:])
}

func TestCloudEncryptedRequests(t *testing.T) {
	c := newCaller(t)
	name := func(body obj) any {
		return c.detected(c.good("DetectAuth", body).text("BizToken")).at("Text", "Name")
	}
	l := cbcOf(t, c)
	body := obj{"RuleId": faceidtest.RulePlus, "Name": l.cbc("张三"), "IdCard": l.cbc("11010519491231002X"),
		"Encryption": plus(l.info, "EncryptList", []string{"Name", "IdCard"})}
	require.Equal(t, "张三", name(body))
	c.refused("FailedOperation.DecryptSystemError", "DetectAuth", plus(body, "Name", b64([]byte("short"))))
	c.refused("FailedOperation.DecryptSystemError", "DetectAuth", plus(body, "Encryption", plus(l.info, "Iv", b64(l.iv[:12]), "EncryptList", []string{"Name"})))
	c.refused("FailedOperation.DecryptSystemError", "DetectAuth", plus(body, "Encryption", plus(l.info, "CiphertextBlob", b64([]byte("x")), "EncryptList", []string{"Name"})))
	c.refused("InvalidParameter.UnsupportEncryptField", "DetectAuth", plus(body, "Encryption", l.info))
	c.refused("InvalidParameter.UnsupportEncryptField", "DetectAuth", plus(body, "Encryption", plus(l.info, "EncryptList", []string{"Extra"})))
	c.refused("InvalidParameterValue", "DetectAuth", plus(body, "Encryption", plus(l.info, "Algorithm", "ROT13")))

	l = gcmOf(t, c)
	sealed, tag := l.gcm("张三")
	id, idTag := l.gcm("11010519491231002X")
	body = obj{"RuleId": faceidtest.RulePlus, "Name": sealed, "IdCard": id,
		"Encryption": plus(l.info, "EncryptList", []string{"IdCard", "Name"}, "TagList", []string{idTag, tag})}
	require.Equal(t, "张三", name(body))
	c.refused("FailedOperation.DecryptSystemError", "DetectAuth", plus(body, "Encryption", plus(l.info, "EncryptList", []string{"IdCard", "Name"}, "TagList", []string{tag, idTag})))
	c.refused("InvalidParameter", "DetectAuth", plus(body, "Encryption", plus(l.info, "EncryptList", []string{"IdCard", "Name"}, "TagList", []string{tag})))
}

// The limits are those of the plain text.
func TestCloudEncryptedLimits(t *testing.T) {
	c := newCaller(t)
	for action, base := range map[string]obj{
		"DetectAuth":  {"RuleId": faceidtest.RulePlus},
		"GetEidToken": {"MerchantId": faceidtest.Merchant, "Config": obj{"InputType": "4"}},
	} {
		badID := map[string]string{"DetectAuth": "11010519491231002x", "GetEidToken": "110105-19491231"}[action]
		cbc, gcm := cbcOf(t, c), gcmOf(t, c)
		for _, seal := range []func(name, id string) obj{
			func(name, id string) obj {
				return plus(base, "Name", cbc.cbc(name), "IdCard", cbc.cbc(id), "Encryption", plus(cbc.info, "EncryptList", []string{"Name", "IdCard"}))
			},
			func(name, id string) obj {
				name, nameTag := gcm.gcm(name)
				id, idTag := gcm.gcm(id)
				return plus(base, "Name", name, "IdCard", id, "Encryption",
					plus(gcm.info, "EncryptList", []string{"Name", "IdCard"}, "TagList", []string{nameTag, idTag}))
			},
		} {
			c.good(action, seal("张三", "11010519491231002X"))
			c.good(action, seal(strings.Repeat("某", 32), "11010519491231002X"))
			c.refused("InvalidParameterValue", action, seal(strings.Repeat("某", 33), "11010519491231002X"))
			c.refused("InvalidParameterValue", action, seal("张三", badID))
			c.refused("FailedOperation.DecryptSystemError", action, plus(seal("张三", "11010519491231002X"), "IdCard", "11010519491231002X"))
		}

		// What is not encrypted is held against the table as ever.
		one := plus(base, "Name", cbc.cbc("张三"), "IdCard", "11010519491231002X", "Encryption", plus(cbc.info, "EncryptList", []string{"Name"}))
		c.good(action, one)
		c.refused("InvalidParameterValue", action, plus(one, "IdCard", badID))
	}
}

func TestCloudEncryptedEid(t *testing.T) {
	key, err := sm2.GenerateKey(rand.Reader)
	require.NoError(t, err)
	c := newCaller(t, faceidtest.WithMerchant("granted", &key.PublicKey))
	l := cbcOf(t, c)
	token := c.eid("MerchantId", "granted", "Config", obj{"InputType": "4"}, "Name", l.cbc("张三"), "IdCard", l.cbc("11010519491231002X"),
		"Encryption", plus(l.info, "EncryptList", []string{"Name", "IdCard"}))
	c.runEid(token)
	a := c.good("GetEidResult", obj{"EidToken": token})
	session, err := key.Decrypt(rand.Reader, unb64(t, a.at("EidInfo", "DesKey")), sm2.NewPlainDecrypterOpts(sm2.C1C3C2))
	require.NoError(t, err)
	require.Contains(t, string(openSM4(t, session, unb64(t, a.at("EidInfo", "UserInfo")))), "张三")
}

func TestCloudEncryptedAnswers(t *testing.T) {
	c := newCaller(t)
	token := c.bizToken()
	c.mini(token)
	l := gcmOf(t, c)
	open := func(sealed, tag any) string {
		b, err := l.aead().Open(nil, l.iv, append(unb64(t, sealed), unb64(t, tag)...), nil)
		require.NoError(t, err)
		return string(b)
	}

	a := c.detected(token, "Encryption", l.info)
	require.Equal(t, []any{"Response.Text.IdCard", "Response.Text.Name", "Response.Text.LivenessDetail[0].Idcard", "Response.Text.LivenessDetail[0].Name"}, a.at("Encryption", "EncryptList"))
	require.Equal(t, "李四", open(a.at("Text", "Name"), a.at("Encryption", "TagList", 1)))
	require.Equal(t, "李四", open(a.at("Text", "LivenessDetail", 0, "Name"), a.at("Encryption", "TagList", 3)))
	require.NotContains(t, a.body, "李四")

	a = c.detected(token, "Encryption", plus(l.info, "EncryptList", []string{"EncryptionBody"}), "IsEncryptResponse", true)
	require.Nil(t, a.at("Text"))
	var plain obj
	require.NoError(t, json.Unmarshal([]byte(open(a.at("EncryptedBody"), a.at("Encryption", "TagList", 0))), &plain))
	require.Equal(t, "李四", plain["Text"].(obj)["Name"])

	l = cbcOf(t, c)
	a = c.detected(token, "Encryption", l.info)
	require.Equal(t, l.cbc("李四"), a.at("Text", "Name"))
	require.Nil(t, a.at("Encryption", "TagList"))
	require.Equal(t, "李四", c.detected(token).at("Text", "Name"), "the next answer is plain again")
	c.refused("InvalidParameter", "GetDetectInfoEnhanced", obj{"BizToken": token, "RuleId": faceidtest.RulePlus, "IsEncryptResponse": true})
}
