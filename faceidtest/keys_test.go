package faceidtest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestKeysNameAllThatAClientNeeds(t *testing.T) {
	key := strings.Repeat("c", 32)
	m := ready(t, faceidtest.WithApp("TIDA0002", "secret2"), faceidtest.WithApp("TIDA0003", "secret3"), faceidtest.WithNFCKey("TIDA0003", key),
		faceidtest.WithCloudAccount("AKIDone", "keyone"), faceidtest.WithCloudAccount("AKIDtwo", "keytwo", "token2"),
		faceidtest.WithRule("mine", "plus", faceidtest.RuleReadsCards), faceidtest.WithMerchant("merchant9", nil, faceidtest.RuleH5))
	k := m.sim.Keys()
	require.Equal(t, "TIDA0002", k.AppID)
	require.Equal(t, "secret2", k.Secret)
	require.Contains(t, k.Apps, faceidtest.AppKeys{AppID: "TIDA0003", Secret: "secret3", NFCKey: key})
	require.Equal(t, "AKIDone", k.SecretID)
	require.Equal(t, []faceidtest.AccountKeys{{SecretID: "AKIDone", SecretKey: "keyone"}, {SecretID: "AKIDtwo", SecretKey: "keytwo", Token: "token2"}}, k.Accounts)
	require.Contains(t, k.Rules, faceidtest.RuleKeys{RuleID: "mine", Product: "plus", Settings: []string{"reads-cards"}})
	require.Contains(t, k.Rules, faceidtest.RuleKeys{RuleID: faceidtest.RuleIntl, Product: "intl"})
	require.Equal(t, []string{"merchant9", faceidtest.Merchant}, k.Merchants)
	require.Equal(t, []faceidtest.EidKeys{{MerchantID: "merchant9", Settings: []string{"h5"}}, {MerchantID: faceidtest.Merchant}}, k.Eids)
	require.Contains(t, k.RSAKey, "BEGIN RSA PUBLIC KEY")
	require.Contains(t, k.SM2Key, "BEGIN PUBLIC KEY")

	var status struct{ Keys faceidtest.Keys }
	require.NoError(t, json.Unmarshal([]byte(m.get("/sim/status", nil).body), &status))
	require.Equal(t, k, status.Keys)
}

func TestKeysPrintNoSecret(t *testing.T) {
	k := newMerchant(t, faceidtest.WithCloudAccount("AKIDone", "canarykey", "canarytoken")).sim.Keys()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		for _, value := range []any{k, &k, k.Apps, k.Accounts, struct{ K faceidtest.Keys }{k}} {
			text := fmt.Sprintf(verb, value)
			require.NotContains(t, text, k.Secret, verb)
			require.NotContains(t, text, k.SecretKey, verb)
			require.NotContains(t, text, k.NFCKey, verb)
			require.NotContains(t, text, k.Token, verb)
		}
	}
}
