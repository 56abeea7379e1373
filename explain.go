package faceid

import (
	"github.com/faceid-go/faceid/internal/catalog"
)

// Channel says who reports a code: the same number means different things.
type Channel string

// The channels.
const (
	// ChannelServer is the platform itself: answers to uploads and queries, the
	// same for an App, a mobile browser and a PC.
	ChannelServer Channel = "server"
	// ChannelBrowser is what a browser brings back: codes of the front-end, and
	// those of the platform.
	ChannelBrowser Channel = "browser"
	// ChannelWeChat is the numbers of the flows that API 3.0 opens: WeChat's
	// mini programs and pages, and E证通.
	ChannelWeChat Channel = "wechat"
	// What the SDK of a phone reports to its App: codes of its own, and those of
	// the platform that it passes on.
	ChannelAndroid Channel = "android"
	ChannelIOS     Channel = "ios"
	ChannelHarmony Channel = "harmony"
	// ChannelCloud is what API 3.0 answers to a call in China or abroad: its
	// errors, which are words, and the numbers of the checks. The product is the
	// check's table, as in Product("MobileStatus"), or empty: then a Code such as
	// MobileStatus/-1 says itself of which check it is.
	ChannelCloud Channel = "cloud"
	// ChannelInternational is the results of the international flows, whatever
	// the product.
	ChannelInternational Channel = "international"
	// ChannelRemark is what stands beside a result and is none: the warnings of a
	// card, and the tags and levels of a RiskInfo.
	ChannelRemark Channel = "remark"
)

// Explanation is what the documents say of a code, and what we make of it.
type Explanation struct {
	Code     Code
	Family   Family  // "" for a remark
	Message  string  // the platform's own words; "" if the documents have none for that product
	Remark   string  // the table's other column: advice, cause or symbol, mostly in Chinese; "" if there is none
	Gloss    string  // English meaning
	Handling string  // English advice
	Charged  Charged // on that product; ChargedUnknown if the table does not say
}

// Explain looks a code up in the documents' tables: for a product, and for who
// reports it. The code is a bare number ("66660023"), a word of API 3.0 or a
// Code, whose scope does not matter, except that with ChannelCloud and an empty
// product it names the check. Every row of docs/errors.md is found with the
// product and the channel that stand above its table.
//
// A code that the product's own tables do not list, but that the platform may
// answer all the same, as 400101 of NFC, is explained without a Message, and
// whether it is charged is unknown. Explain returns false for all other codes.
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
		case row.Charged == "": // not every table tells what is charged
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
		Gloss: found.Gloss(), Handling: found.Handling(), Charged: chargedBy(row),
	}
	if found.kind() == catalog.Note {
		e.Family = ""
	}
	return e, true
}

// entryOf returns the number with the first of the scopes that has it, or "".
func entryOf(scopes []string, number string) Code {
	for _, scope := range scopes {
		if _, ok := catalog.Lookup(scope, number); ok {
			return Code(scope + "/" + number)
		}
	}
	return ""
}

// table names one table of the documents.
type table struct{ product, channel string }

// tablesOf are the tables to look into, in this order, and the scopes of codes
// that may come, too, though none of the tables lists them.
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

// serverTables are the tables of what the platform itself answers.
func serverTables(p Product) (tables []table, shared []string) {
	product := string(p)
	switch p {
	case ProductPlus, ProductEnhanced, ProductBasic:
		return []table{{product, "app-h5"}, {product, "prose:queryfacerecord"}}, scopesOf(scopeFace) // a callback's code stands in prose only
	case ProductWill:
		return []table{{product, "will"}, {product, "app-h5"}}, scopesOf(scopeWill)
	case ProductIDCardOCR, ProductBankCardOCR:
		return []table{{product, "ocr-server"}}, scopesOf(product)
	case ProductNFC:
		return []table{{product, "nfc-server"}}, scopesOf(scopeNFC)
	}
	return nil, nil
}

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
	return map[string]Charged{"yes": ChargedYes, "no": ChargedNo}[row.Charged]
}
