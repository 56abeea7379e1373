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
)

// Explanation is what the documents say of a code, and what we make of it.
type Explanation struct {
	Code     Code
	Family   Family
	Message  string  // the platform's own words
	Remark   string  // the table's other column: advice, cause or symbol, mostly in Chinese; "" if there is none
	Gloss    string  // English meaning
	Handling string  // English advice
	Charged  Charged // on that product; ChargedUnknown if the table does not say
}

// Explain looks a code up in the documents' tables: for a product, and for who
// reports it. The code is a bare number ("66660023") or a Code; its scope does
// not matter. It returns false if the tables have no such code there.
//
// API: https://cloud.tencent.com/document/product/1007/47912
func Explain(product Product, channel Channel, code Code) (Explanation, bool) {
	number := code.Number()
	if number == "" {
		number = string(code)
	}
	for _, t := range tablesOf(product, channel) {
		row, ok := catalog.LookupRow(t.product, t.channel, number)
		if !ok {
			continue
		}
		c := scoped(catalog.Scope(t.product, t.channel), number)
		return Explanation{
			Code: c, Family: c.Family(), Message: row.Message, Remark: row.Handling,
			Gloss: c.Gloss(), Handling: c.Handling(), Charged: chargedBy(row),
		}, true
	}
	return Explanation{}, false
}

// table names one table of the documents.
type table struct{ product, channel string }

// tablesOf are the tables to look into, in this order.
func tablesOf(p Product, ch Channel) []table {
	product := string(p)
	face := []table{{product, "app-h5"}, {product, "prose:queryfacerecord"}} // a callback's code stands in prose only
	server := map[Product][]table{
		ProductPlus: face, ProductEnhanced: face, ProductBasic: face,
		ProductWill:      {{product, "will"}, {product, "app-h5"}},
		ProductIDCardOCR: {{product, "ocr-server"}}, ProductBankCardOCR: {{product, "ocr-server"}}, ProductNFC: {{product, "nfc-server"}},
	}[p]
	switch ch {
	case ChannelServer:
		return server
	case ChannelBrowser:
		return append([]table{{"h5-frontend", product}}, server...)
	case ChannelAndroid, ChannelIOS, ChannelHarmony:
		return append(phoneTables(p, string(ch)), server...)
	case ChannelWeChat:
		return []table{{product, "wechat"}}
	}
	return nil
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
