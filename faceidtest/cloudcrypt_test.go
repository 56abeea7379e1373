package faceidtest_test

import (
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm2"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestCloudDecryptsRequests(t *testing.T) {
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

// The limits apply to the plain text.
func TestCloudDecryptsBeforeItAppliesLimits(t *testing.T) {
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

		// A field that is not encrypted is compared with the table in any case.
		one := plus(base, "Name", cbc.cbc("张三"), "IdCard", "11010519491231002X", "Encryption", plus(cbc.info, "EncryptList", []string{"Name"}))
		c.good(action, one)
		c.refused("InvalidParameterValue", action, plus(one, "IdCard", badID))
	}
}

func TestCloudDecryptsRequestsOfEid(t *testing.T) {
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

func TestCloudEncryptsAnswers(t *testing.T) {
	c := newCaller(t, faceidtest.WithRule(faceidtest.RulePlus, "plus", faceidtest.RuleGiven)) // no card is read
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

// Where an answer alone is encrypted, there is no list of fields, and official clients
// send null or one word for it. A vector is wanted by its row, and not by the rows of
// the actions, so only the lenient simulator makes one.
func TestCloudEncryptsAnswersWithoutAVectorForTheLenient(t *testing.T) {
	for _, lenient := range []bool{false, true} {
		var opts []faceidtest.Option
		if lenient {
			opts = append(opts, faceidtest.WithLenient())
		}
		c := newCaller(t, opts...)
		token := c.bizToken()
		c.mini(token)
		l := gcmOf(t, c)
		for _, list := range []any{nil, []string{}} {
			given := obj{"BizToken": token, "RuleId": faceidtest.RulePlus, "Encryption": obj{
				"EncryptList": list, "CiphertextBlob": l.info["CiphertextBlob"], "Algorithm": "SM4-GCM", "Iv": l.info["Iv"], "TagList": nil,
			}}
			c.good("GetDetectInfoEnhanced", given)
			given["Encryption"].(obj)["Iv"] = nil
			if !lenient {
				c.refused("FailedOperation.DecryptSystemError", "GetDetectInfoEnhanced", given)
				continue
			}
			a := c.good("GetDetectInfoEnhanced", given)
			iv := unb64(t, a.at("Encryption", "Iv"))
			require.Len(t, iv, 12)
			name, err := l.aead().Open(nil, iv, append(unb64(t, a.at("Text", "Name")), unb64(t, a.at("Encryption", "TagList", 1))...), nil)
			require.NoError(t, err)
			require.Equal(t, "李四", string(name))
			given["Encryption"].(obj)["CiphertextBlob"] = nil
			c.refused("FailedOperation.DecryptSystemError", "GetDetectInfoEnhanced", given)
		}
	}
}
