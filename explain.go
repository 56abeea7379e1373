package faceid

import (
	"slices"

	"github.com/faceid-go/faceid/internal/catalog"
)

// Channel says who reports a code. The same number means different things on
// different channels.
type Channel string

// These are the channels.
const (
	// ChannelServer is for answers of the platform itself to uploads and queries.
	// They are the same for an App, a mobile browser and a PC.
	ChannelServer Channel = "server"
	// ChannelBrowser is for codes that a browser brings back: codes of the front-end,
	// and codes of the platform.
	ChannelBrowser Channel = "browser"
	// ChannelWeChat is for the numbers of the flows that API 3.0 opens: mini programs
	// and pages of WeChat, and E证通.
	ChannelWeChat Channel = "wechat"

	// On the following channels the SDK of a phone reports to its App: codes of its
	// own, and codes of the platform that it passes on.

	ChannelAndroid Channel = "android"
	ChannelIOS     Channel = "ios"
	ChannelHarmony Channel = "harmony"

	// ChannelCloud is for answers of API 3.0 to a call in China or abroad: its errors,
	// which are words, and the numbers of the checks. The product names the check's
	// table, as in Product("MobileStatus"). It may be empty if the Code names the
	// table itself, as MobileStatus/-1 does.
	ChannelCloud Channel = "cloud"
	// ChannelInternational is for the results of the international flows, whatever
	// the product.
	ChannelInternational Channel = "international"
	// ChannelRemark is for remarks that stand beside a result: the warnings of a card,
	// and the tags and levels of a RiskInfo.
	ChannelRemark Channel = "remark"
)

// Explanation is what the documents say of a code, with meaning and advice in English and in
// Chinese.
type Explanation struct {
	Code     Code
	Family   Family // "" for a remark
	Message  string // the platform's own words; "" if the documents have none for that product
	Remark   string // the table's other column: advice, cause or symbol, mostly in Chinese; "" if there is none
	Gloss    string // English meaning
	Handling string // English advice

	GlossZH    string // Chinese meaning
	HandlingZH string // Chinese advice

	Charged Charged // whether the code is charged on that product; ChargedUnknown if the table does not say
}

// Explain looks a code up in the documents' tables, for a product and the channel
// that reports the code. The code is a bare number ("66660023"), a word of API 3.0 or a
// Code. The scope of a Code does not matter, except that it names the check with
// ChannelCloud and an empty product. Every row of docs/errors.md is found with the
// product and the channel that stand above its table.
//
// The platform may answer a code that the product's own tables do not list, as 400101
// of NFC. Such a code is explained without a Message, and whether it is charged is
// unknown. Explain returns false for all other codes.
//
// API: https://cloud.tencent.com/document/product/1007/47912
func Explain(product Product, channel Channel, code Code) (Explanation, bool) {
	number := code.Number()
	if number == "" {
		number = string(code)
	}
	if channel == ChannelCloud && product == "" {
		product = Product(code.Scope())
	}
	tables, shared := tablesOf(product, channel)
	var found Code
	var row catalog.Row
	for _, t := range tables {
		r, ok := catalog.LookupRow(t.product, t.channel, number)
		switch {
		case !ok:
		case found == "":
			found, row = entryOf(scopesOf(catalog.Scope(t.product, t.channel)), number), r
		case row.Charged == "": // this table does not tell whether the code is charged, but the next may
			row.Charged = r.Charged
		}
	}
	if found == "" {
		found = entryOf(shared, number)
	}
	if found == "" {
		return Explanation{}, false
	}
	e := Explanation{
		Code: found, Family: found.Family(), Message: row.Message, Remark: row.Handling,
		Gloss: found.Gloss(), Handling: found.Handling(), GlossZH: found.GlossZH(), HandlingZH: found.HandlingZH(), Charged: chargedBy(row),
	}
	if found.kind() == catalog.Note {
		e.Family = ""
	}
	return e, true
}

// entryOf returns the Code of the first scope whose table has the number, or "".
func entryOf(scopes []string, number string) Code {
	for _, scope := range scopes {
		if _, ok := catalog.Lookup(scope, number); ok {
			return Code(scope + "/" + number)
		}
	}
	return ""
}

// table is the name of one table of the documents.
type table struct{ product, channel string }

// tablesOf returns the tables to look into, in this order, and the scopes of codes
// that the platform may answer although none of these tables lists them.
func tablesOf(p Product, ch Channel) (tables []table, shared []string) {
	product := string(p)
	switch ch {
	case ChannelServer:
		return serverTables(p)
	case ChannelBrowser:
		tables, shared = serverTables(p)
		return append([]table{{scopeH5, product}}, tables...), shared
	case ChannelAndroid, ChannelIOS, ChannelHarmony:
		tables, shared = serverTables(p)
		return append(phoneTables(p, string(ch)), tables...), shared
	case ChannelWeChat:
		switch p {
		case ProductPlus, ProductEnhanced, ProductBasic, ProductWill, ProductEid:
			return []table{{product, "wechat"}}, []string{scopeWeChat}
		}
	case ChannelCloud:
		return []table{
			{product, "check"}, {product, "eid-server"},
			{scopeCloud, "face-verify-api"}, {scopeCloud, "ai-face-shield"}, {"eid", "eid-server"},
		}, []string{scopeCloud}
	case ChannelInternational:
		return nil, []string{scopeIntl}
	case ChannelRemark:
		return []table{
			{product, "risk:LivenessInfoTag"}, {product, "risk:deviceInfoLevel"}, {product, "warning-code"}, {product, "warning-string"},
		}, nil
	}
	return nil, nil
}

// serverTables returns the tables of the platform's own answers. Nobody changes them.
func serverTables(p Product) (tables []table, shared []string) {
	t := tablesOfServer[p]
	return t.tables, t.shared
}

// answerTables are where the codes of one product stand.
type answerTables struct {
	tables []table
	shared []string // scopes of codes that may come although none of the tables lists them
}

var tablesOfServer = func() map[Product]answerTables {
	all := map[Product]answerTables{
		ProductWill:        {[]table{{scopeWill, "will"}, {scopeWill, "app-h5"}}, scopesOf(scopeWill)},
		ProductIDCardOCR:   {[]table{{string(ProductIDCardOCR), "ocr-server"}}, scopesOf(string(ProductIDCardOCR))},
		ProductBankCardOCR: {[]table{{string(ProductBankCardOCR), "ocr-server"}}, scopesOf(string(ProductBankCardOCR))},
		ProductNFC:         {[]table{{scopeNFC, "nfc-server"}}, scopesOf(scopeNFC)},
	}
	for _, p := range []Product{ProductPlus, ProductEnhanced, ProductBasic} { // the documents name the code of a callback in prose only
		all[p] = answerTables{[]table{{string(p), "app-h5"}, {string(p), "prose:queryfacerecord"}}, scopesOf(scopeFace)}
	}
	return all
}()

func phoneTables(p Product, phone string) []table {
	var parts []string
	switch p {
	case ProductNFC:
		return []table{{phone, "nfc:terminal"}, {"nfc", "nfc-terminal"}}
	case ProductIDCardOCR, ProductBankCardOCR:
		parts = []string{"terminal", "backend"}
	default:
		parts = []string{"Params", "InputParams", "LoginNetwork", "GetInfoNetwork", "GetInfo", "NativeProcess", "CompareNetwork"}
	}
	var all []table
	for _, part := range parts {
		all = append(all, table{phone, string(p) + ":" + part})
	}
	return all
}

func chargedBy(row catalog.Row) Charged {
	switch row.Charged {
	case "yes":
		return ChargedYes
	case "no":
		return ChargedNo
	}
	return ChargedUnknown
}

// chargedOn says whether a code of the platform's own answers is charged on a product, as
// Explain does, and whether the product has the code.
func chargedOn(p Product, number string) (c Charged, known bool) {
	tables, shared := serverTables(p)
	for _, t := range tables {
		row, ok := catalog.LookupRow(t.product, t.channel, number)
		if known = known || ok; row.Charged != "" {
			return chargedBy(row), true
		}
	}
	return ChargedUnknown, known || slices.ContainsFunc(shared, func(scope string) bool {
		_, ok := catalog.Lookup(scope, number)
		return ok
	})
}
