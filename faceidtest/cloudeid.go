package faceidtest

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math"
	"slices"

	"github.com/emmansun/gmsm/cipher"
	"github.com/emmansun/gmsm/padding"
	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm4"
)

// merchant is a merchant of E证通. With a key, its results tell who the person
// is, encrypted for that key.
type merchant struct {
	key      *ecdsa.PublicKey
	settings []RuleSetting
}

// WithMerchant makes a MerchantId of E证通 known beside the invented one. An SM2
// public key means that the merchant was granted the return of real names:
// results that passed have an EidInfo encrypted for the key. With nil they have
// none. Of the settings, E证通 has [RuleMiniProgram], [RuleH5] and
// [RuleDisabled]; all else stands in the Config of GetEidToken. Without a setting
// both channels are open.
func WithMerchant(merchantID string, key *ecdsa.PublicKey, settings ...RuleSetting) Option {
	if merchantID == "" {
		panic("faceidtest: WithMerchant: the MerchantId is empty")
	}
	if key != nil && !sm2.IsSM2PublicKey(key) {
		panic("faceidtest: WithMerchant: the key is no SM2 key")
	}
	m := &merchant{key, slices.Clone(settings)}
	foreign := func(r RuleSetting) bool { return r != RuleMiniProgram && r != RuleH5 && r != RuleDisabled }
	if slices.ContainsFunc(settings, foreign) || m.has(RuleMiniProgram) && m.has(RuleH5) {
		panic("faceidtest: WithMerchant: want one of RuleMiniProgram and RuleH5, RuleDisabled, or nothing")
	}
	return func(s *Server) { s.cloud.merchants[merchantID] = m }
}

// has reports whether the console has set the MerchantId so.
func (m *merchant) has(setting RuleSetting) bool { return slices.Contains(m.settings, setting) }

var (
	eidTokenFields = []cloudField{
		textField("MerchantId", anyText).must(),
		encryptableField("IdCard", func(v string) bool { return isAlnum(v, 0, 32) }),
		encryptableField("Name", chars(32)),
		textField("Extra", chars(1024)),
		objectField("Config",
			textField("InputType", oneOf("", "1", "2", "3", "4")),
			flagField("UseIntentionVerify"),
			textField("IntentionMode", oneOf("", "1", "2", "3")),
			textField("IntentionVerifyText", chars(120)),
			questionsField,
			actionsField,
			flagField("IntentionRecognition"),
			flagField("IsSupportHMTResidentPermitOCR"),
			flagField("MouthOpenRecognition"),
			numberField("Speed", 0, 3)),
		textField("RedirectUrl", isBack("token")),
		encryptionField,
	}
	eidStatusFields = []cloudField{textField("EidToken", anyText).must()}
	eidResultFields = []cloudField{
		textField("EidToken", anyText).must(),
		textField("InfoType", digits("012356")),
		numberField("BestFramesCount", 0, math.MaxInt64), // more than 3 count as 3
		flagField("IsCutIdCardImage"),
		flagField("IsNeedIdCardAvatar"),
	}
)

// eidToken answers https://cloud.tencent.com/document/product/1007/54089.
func (s *Server) eidToken(_ *incoming, v args) reply {
	if bad := s.cloud.decrypt(v, eidTokenFields); bad.code != "" {
		return bad
	}
	m := s.cloud.merchants[v.text("MerchantId")]
	switch {
	case m == nil:
		return cloudRefuse("InvalidParameterValue.RuleIdNotExist", "")
	case m.has(RuleDisabled):
		return cloudRefuse("InvalidParameterValue.RuleIdDisabled", "")
	}
	config := v.sub("Config")
	f := &flow{kind: eidFlow, rule: v.text("MerchantId"), product: "eid", life: shortTokenLife,
		name: v.text("Name"), id: v.text("IdCard"), extra: v.text("Extra"), back: v.text("RedirectUrl")}
	input := config.text("InputType")
	f.reads, f.fronts, f.typed = input == "" || input == "1" || input == "2", input == "2", input == "3"
	for _, channel := range ruleChannels {
		if m.has(channel) {
			f.channel = channel
		}
	}
	if input == "4" && (f.name == "" || f.id == "") {
		return cloudRefuse("InvalidParameter", "InputType 4 needs `Name` and `IdCard`.")
	}
	if config.yes("UseIntentionVerify") {
		mode := map[string]agreementMode{"": readingMode, "1": readingMode, "2": questionMode, "3": nodMode}[config.text("IntentionMode")]
		will, problem := newAgreement(mode, config)
		if problem != "" {
			return cloudRefuse("InvalidParameter", problem)
		}
		f.will, f.product = will, "will"
	} else if config.text("IntentionMode") != "" || config.asks() {
		return cloudRefuse("InvalidParameter", "The Config has an intention, and without `UseIntentionVerify` nobody is asked.")
	}
	url := s.newFlow(f)
	return reply{result: object{{"EidToken", f.token}, {"Url", url}}}
}

// eidStatus answers https://cloud.tencent.com/document/product/1007/58231.
func (s *Server) eidStatus(_ *incoming, v args) reply {
	f, bad := s.flowOf(v.text("EidToken"), "InvalidParameterValue.BizTokenIllegal", eidFlow)
	if bad != "" {
		return cloudRefuse(bad, "")
	}
	status := "init"
	switch {
	case f.over:
		status = "finished"
	case s.mayRun(f) != 0:
		status = "timeout"
	case f.opened:
		status = "doing"
	}
	return reply{result: object{{"Status", status}}}
}

// eidResult answers https://cloud.tencent.com/document/product/1007/54090.
func (s *Server) eidResult(_ *incoming, v args) reply {
	f, bad := s.flowOf(v.text("EidToken"), "InvalidParameterValue.BizTokenIllegal", eidFlow)
	if bad != "" {
		return cloudRefuse(bad, "")
	}
	result := f.result(v, 3, true)
	info := any(nil)
	if m := s.cloud.merchants[f.rule]; f.over && f.last().Code == 0 && m.key != nil {
		sealed, err := f.encryptedFor(m.key)
		if err != nil {
			return cloudRefuse("InternalError.EncryptSystemError", "")
		}
		info = sealed
	}
	return reply{result: append(result, member{"EidInfo", info})}
}

// encryptedFor returns EidInfo: a session key encrypted with SM2, and the
// person encrypted with the session key and SM4.
func (f *flow) encryptedFor(key *ecdsa.PublicKey) (object, error) {
	name, id := f.person()
	text, err := json.Marshal(map[string]string{"name": name, "idtype": "01", "idnum": id})
	if err != nil {
		return nil, err
	}
	session := make([]byte, sm4.BlockSize)
	_, _ = rand.Read(session) // rand.Read never fails
	block, err := sm4.NewCipher(session)
	if err != nil {
		return nil, err
	}
	text = padding.NewPKCS7Padding(sm4.BlockSize).Pad(text)
	cipher.NewECBEncrypter(block).CryptBlocks(text, text)
	sealed, err := sm2.Encrypt(rand.Reader, key, session, nil) // the form is C1C3C2 with an uncompressed point
	if err != nil {
		return nil, err
	}

	// A merchant always gets the same code for the same person, and another
	// merchant gets another code. The signature has the shape of a signature, but
	// no key verifies it, as no document tells how it is made.
	sum := sha256.Sum256([]byte(f.rule + "\n" + id))
	code := base64.StdEncoding.EncodeToString(append(sum[:], "1000"...))
	half := func() []byte { b := make([]byte, 32); _, _ = rand.Read(b); b[0] &= 0x7f; b[0] |= 1; return b }
	sign := append([]byte{0x30, 68, 2, 32}, half()...)
	sign = append(append(sign, 2, 32), half()...)
	return object{{"EidCode", code}, {"EidSign", media(sign)}, {"DesKey", media(sealed)}, {"UserInfo", media(text)}}, nil
}
