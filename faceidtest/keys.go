package faceidtest

import (
	"fmt"
	"maps"
	"slices"
)

// Keys are the names, secrets and keys that a client of the simulator needs. Its
// JSON is the first line of examples/simulator, and stands at /sim/status. Printed by
// fmt it shows no secret and no key.
type Keys struct {
	BaseURL   string        `json:"base_url"`   // of both doors; see [Server.BaseURL]
	AppID     string        `json:"app_id"`     // the first app's
	Secret    string        `json:"secret"`     // the first app's
	NFCKey    string        `json:"nfc_key"`    // the first app's, 32 hex digits
	SecretID  string        `json:"secret_id"`  // of API 3.0, the first account's
	SecretKey string        `json:"secret_key"` // of API 3.0, the first account's
	Token     string        `json:"token"`      // of API 3.0; empty: the account's key is not a temporary one
	Apps      []AppKeys     `json:"apps"`       // all apps, in the order of their appIDs
	Accounts  []AccountKeys `json:"accounts"`   // all accounts of API 3.0, in the order of the options
	Rules     []RuleKeys    `json:"rules"`      // all RuleIds, in their order
	Merchants []string      `json:"merchants"`  // all MerchantIds of E证通, in their order
	Eids      []EidKeys     `json:"eids"`       // how the console has set them, in the same order
	RSAKey    string        `json:"rsa_key"`    // see [Server.CloudRSAKey]
	SM2Key    string        `json:"sm2_key"`    // see [Server.CloudSM2Key]
}

// AppKeys are those of one app.
type AppKeys struct {
	AppID  string `json:"app_id"`  // 1 to 8 letters or digits
	Secret string `json:"secret"`  // for the token calls
	NFCKey string `json:"nfc_key"` // 32 hex digits
}

// AccountKeys are those of one account of API 3.0.
type AccountKeys struct {
	SecretID  string `json:"secret_id"`       // the name of the key
	SecretKey string `json:"secret_key"`      // the key
	Token     string `json:"token,omitempty"` // "": the key is not a temporary one
}

// RuleKeys tell what a RuleId is for, and how the console has set it.
type RuleKeys struct {
	RuleID   string   `json:"rule_id"`            // for DetectAuth, and for the international site
	Product  string   `json:"product"`            // as [WithRule] names it
	Settings []string `json:"settings,omitempty"` // as [RuleSetting.String] names them
}

// EidKeys tell how the console has set a MerchantId of E证通.
type EidKeys struct {
	MerchantID string   `json:"merchant_id"`        // for GetEidToken
	RealName   bool     `json:"real_name"`          // results that passed have an EidInfo
	Settings   []string `json:"settings,omitempty"` // as [RuleSetting.String] names them
}

// Format prints the first appID, with any verb.
func (k Keys) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "faceidtest.Keys(%s)", k.AppID) }

// Format prints the appID, with any verb.
func (k AppKeys) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "faceidtest.AppKeys(%s)", k.AppID) }

// Format prints the SecretId, with any verb.
func (k AccountKeys) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "faceidtest.AccountKeys(%s)", k.SecretID)
}

// Keys returns the names, secrets and keys that the server knows now.
func (s *Server) Keys() Keys {
	k := Keys{BaseURL: s.BaseURL(), AppID: s.AppID(), Secret: s.Secret(), NFCKey: s.NFCKey(), RSAKey: s.CloudRSAKey(), SM2Key: s.CloudSM2Key()}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(s.apps)) {
		a := s.apps[id]
		k.Apps = append(k.Apps, AppKeys{id, a.secret, a.nfcKey})
	}
	for _, a := range s.cloud.accounts {
		k.Accounts = append(k.Accounts, AccountKeys{a.id, a.key, a.token})
	}
	k.SecretID, k.SecretKey, k.Token = k.Accounts[0].SecretID, k.Accounts[0].SecretKey, k.Accounts[0].Token
	for _, id := range slices.Sorted(maps.Keys(s.cloud.rules)) {
		rule := RuleKeys{RuleID: id, Product: s.cloud.rules[id]}
		for _, setting := range slices.Sorted(maps.Keys(s.cloud.settings)) {
			if s.cloud.ruleHas(id, setting) {
				rule.Settings = append(rule.Settings, setting.String())
			}
		}
		k.Rules = append(k.Rules, rule)
	}
	k.Merchants = slices.Sorted(maps.Keys(s.cloud.merchants))
	for _, id := range k.Merchants {
		m := s.cloud.merchants[id]
		eid := EidKeys{MerchantID: id, RealName: m.key != nil}
		for _, setting := range m.settings {
			eid.Settings = append(eid.Settings, setting.String())
		}
		k.Eids = append(k.Eids, eid)
	}
	return k
}
