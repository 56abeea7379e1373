package faceidtest

import (
	"slices"
	"strings"
)

// A RuleSetting is a choice that the merchant made in the console for a RuleId,
// or for a MerchantId of E证通. A RuleId without settings is set as the console
// sets a new one, which is the careless way: the person shows a card of their
// own and the name and number of DetectAuth do not count ([RuleReadsCards]),
// nobody is asked for an intention unless the product is "will"
// ([RuleWithoutWill]), the face is compared with the authorities' photo, and every
// channel is open.
type RuleSetting int

// These are the choices of the console. The words in brackets are the console's.
const (
	// RuleReadsCards makes the person show both sides of a card, whatever
	// DetectAuth is given. The card that is read counts, and the name and the
	// number of the request are ignored (否). It is the default.
	RuleReadsCards RuleSetting = iota + 1
	// RuleWithoutWill means that 增加意愿确认 was not ticked. DetectAuth accepts the
	// questions of a request, and nobody is asked. IsVerifyIntention is false
	// then. It is the default of every product but "will".
	RuleWithoutWill
	// RuleWithWill means that 增加意愿确认 was ticked: every request must have
	// something to ask for, and the flow is charged as the product "will", which
	// has the tick without this setting.
	RuleWithWill
	// RuleReadsFronts makes the person show the side with the portrait alone
	// (OCR识别-拍摄身份证人像面). What stands on the other side is not told.
	RuleReadsFronts
	// RuleTyped makes the person type name and number (手动输入). What is typed is
	// the Name and the Number of [CloudEnding].Card.
	RuleTyped
	// RuleCompares compares the name and the number of a request with those that
	// are read or typed (是). A person with another card ends with 301, is not
	// charged, and may come again. A request that names nobody is not compared.
	RuleCompares
	// RuleGiven shows no page for a card (不需要用户在验证时上传). DetectAuth must be
	// given name and number, which count.
	RuleGiven
	// RuleOwnPhoto compares the face with the ImageBase64 of the request
	// (跟上传照片比对), which must be given, and not with the authorities' photo.
	RuleOwnPhoto
	// RuleMiniProgram opens the mini program alone (微信小程序, E证通SDK跳转): nobody
	// gets through the Url.
	RuleMiniProgram
	// RuleNativeH5 opens the page in an official account of WeChat alone
	// (微信原生H5).
	RuleNativeH5
	// RuleH5 opens the page in WeChat's browser alone (微信H5 浮层/普通模式,
	// E证通H5跳转).
	RuleH5
	// RuleDisabled means that the merchant has switched the RuleId off. No flow
	// can be opened, and flows of before can be queried.
	RuleDisabled
)

// ruleSettings are the names of the settings.
var ruleSettings = map[RuleSetting]string{
	RuleReadsCards: "reads-cards", RuleWithoutWill: "without-will", RuleWithWill: "with-will", RuleReadsFronts: "reads-fronts", RuleTyped: "typed",
	RuleCompares: "compares", RuleGiven: "given", RuleOwnPhoto: "own-photo",
	RuleMiniProgram: "mini-program", RuleNativeH5: "native-h5", RuleH5: "h5", RuleDisabled: "disabled",
}

// String returns the name of the setting, such as "reads-cards".
func (r RuleSetting) String() string { return ruleSettings[r] }

// ParseRuleSetting returns the setting of a name. It reports false if there is none
// of that name.
func ParseRuleSetting(name string) (RuleSetting, bool) {
	for setting, known := range ruleSettings {
		if strings.EqualFold(name, known) {
			return setting, true
		}
	}
	return 0, false
}

// Of these settings the console takes one.
var (
	ruleSources  = []RuleSetting{RuleReadsCards, RuleReadsFronts, RuleTyped, RuleGiven}
	ruleChannels = []RuleSetting{RuleMiniProgram, RuleNativeH5, RuleH5}
)

// WithRule makes a RuleId known beside the invented ones. The product decides
// what a request may ask for and what is charged: "plus", "enhanced" or "basic"
// in WeChat, "will" for Plus or Enhanced with 增加意愿确认 ticked, or "intl",
// which is a document and a face on the international site. The settings are
// those that the console has for the RuleId. It panics if the console cannot be
// set so.
func WithRule(ruleID, product string, settings ...RuleSetting) Option {
	if ruleID == "" || !oneOf("plus", "enhanced", "basic", "will", "intl")(product) {
		panic("faceidtest: WithRule: want a RuleId and one of plus, enhanced, basic, will and intl")
	}
	if why := impossible(product, settings); why != "" {
		panic("faceidtest: WithRule: " + why)
	}
	return func(s *Server) {
		s.cloud.rules[ruleID] = product
		for setting, ids := range s.cloud.settings { // a later WithRule replaces an earlier one
			s.cloud.settings[setting] = slices.DeleteFunc(ids, func(id string) bool { return id == ruleID })
		}
		for _, setting := range settings {
			s.cloud.settings[setting] = append(s.cloud.settings[setting], ruleID)
		}
	}
}

// impossible tells why the console cannot be set so, or returns "".
func impossible(product string, settings []RuleSetting) string {
	has := func(which ...RuleSetting) (n int) {
		for _, setting := range which {
			if slices.Contains(settings, setting) {
				n++
			}
		}
		return n
	}
	switch {
	case slices.ContainsFunc(settings, func(r RuleSetting) bool { return ruleSettings[r] == "" }):
		return "a setting is unknown"
	case product == "intl" && len(settings) > 0:
		return "a RuleId of the international site has none of these settings"
	case has(ruleSources...) > 1, has(RuleGiven, RuleCompares) > 1:
		return "the settings contradict each other about the card"
	case has(ruleChannels...) > 1:
		return "a RuleId has one channel"
	case has(RuleWithoutWill, RuleWithWill) > 1, product == "will" && has(RuleWithoutWill) > 0:
		return "the settings contradict each other about the intention"
	case product == "basic" && has(RuleMiniProgram, RuleNativeH5, RuleWithWill) > 0:
		return "Basic has no channel but RuleH5, and no intention"
	}
	return ""
}

// ruleHas reports whether a RuleId has the setting.
func (c *cloud) ruleHas(ruleID string, setting RuleSetting) bool {
	return slices.Contains(c.settings[setting], ruleID)
}

// setUp makes a flow of WeChat do what the console has set for its RuleId. It
// returns what the RuleId demands and the request lacks, or "".
func (c *cloud) setUp(f *flow, photo bool) string {
	has := func(setting RuleSetting) bool { return c.ruleHas(f.rule, setting) }
	f.fronts, f.typed, f.compares, f.ownPhoto = has(RuleReadsFronts), has(RuleTyped), has(RuleCompares), has(RuleOwnPhoto)
	f.reads = !f.typed && !has(RuleGiven)
	for _, channel := range ruleChannels {
		if has(channel) {
			f.channel = channel
		}
	}
	switch {
	case has(RuleGiven) && (f.name == "" || f.id == ""):
		return "The RuleId needs `Name` and `IdCard`, as its page asks for neither."
	case f.ownPhoto && !photo:
		return "The RuleId needs `ImageBase64`, as the face is compared with it."
	}
	return ""
}

// elsewhere returns the code for a person who comes through a channel that the
// console has not opened, or 0.
func (f *flow) elsewhere(page bool) int {
	if f.channel != 0 && page == (f.channel == RuleMiniProgram) {
		return 203
	}
	return 0
}

// shows returns the card that the person shows, or what the person types. Without
// a script it is a card of the person whom the request names.
func (f *flow) shows(e CloudEnding) IDCard {
	card := e.Card
	fill(&card.Name, f.name)
	fill(&card.Number, f.id)
	if n := card.Number; len(n) == 18 && isDay(n[6:14]) {
		fill(&card.Birth, n[6:14])
		fill(&card.Sex, []string{"女", "男"}[n[16]&1])
	}
	return card.filled()
}

// refusesCard reports whether the page refuses the card of this ending, because
// the request names somebody else.
func (f *flow) refusesCard(e CloudEnding) bool {
	card := f.shows(e)
	return f.compares && !e.CardFail && (f.name != "" && card.Name != f.name || f.id != "" && card.Number != f.id)
}
