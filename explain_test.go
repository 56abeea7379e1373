package faceid_test

import (
	"os"
	"strings"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/stretchr/testify/require"
)

// Every row of the documents' tables that a product and a channel lead to, as
// it stands in the data file.
func TestEveryRowOfTheTablesIsExplained(t *testing.T) {
	text, err := os.ReadFile("internal/catalog/codes.tsv")
	require.NoError(t, err)
	explained := 0
	for _, line := range strings.Split(strings.TrimRight(string(text), "\n"), "\n")[1:] {
		row := strings.Split(line, "\t")
		product, channel, ok := reached(row[0], row[1])
		if !ok || row[2] == "*" {
			continue
		}
		explained++
		e, ok := faceid.Explain(product, channel, faceid.Code(row[2]))
		require.True(t, ok, "%v", row)
		require.Equal(t, row[3], e.Message, "%v", row)
		require.Equal(t, row[4], e.Remark, "%v", row)
		require.Equal(t, map[string]faceid.Charged{"yes": faceid.ChargedYes, "no": faceid.ChargedNo, "": faceid.ChargedUnknown}[row[5]], e.Charged, "%v", row)
		require.Equal(t, row[2], e.Code.Number())
		require.NotEqual(t, faceid.ErrUnknownCode, e.Family, "%v", row)
		require.NotEmpty(t, e.Gloss, "%v", row)
		require.NotEmpty(t, e.Handling, "%v", row)
		require.Equal(t, e.Code == faceid.CodePassed || row[2] == "0", e.Family == faceid.FamilyPassed, "%v", row)

		again, ok := faceid.Explain(product, channel, e.Code)
		require.True(t, ok)
		require.Equal(t, e, again, "with its scope, too")
	}
	require.Greater(t, explained, 500)
}

// reached tells how a row of the data file is asked for. Tags, levels, warnings
// and what stands in prose only are not codes of an answer.
func reached(product, channel string) (faceid.Product, faceid.Channel, bool) {
	sdk, _, isPhone := strings.Cut(channel, ":")
	switch {
	case strings.HasPrefix(channel, "risk:"), strings.HasPrefix(channel, "prose:"), strings.HasPrefix(channel, "warning-"),
		product == "cloud", channel == "eid-server", channel == "check": // errors and checks of API 3.0 speak for themselves
		return "", "", false
	case channel == "wechat":
		return faceid.Product(product), faceid.ChannelWeChat, true
	case product == "h5-frontend":
		return faceid.Product(channel), faceid.ChannelBrowser, true
	case channel == "nfc-terminal":
		return faceid.ProductNFC, faceid.ChannelIOS, true
	case isPhone:
		return faceid.Product(sdk), faceid.Channel(product), true
	}
	return faceid.Product(product), faceid.ChannelServer, true
}

// The same number means different things: to different products, and to whoever
// reports it.
func TestTheSameNumberHasSeveralMeanings(t *testing.T) {
	type asked struct {
		product faceid.Product
		channel faceid.Channel
	}
	for number, meanings := range map[faceid.Code]map[asked]faceid.Family{
		"66660000": {
			{faceid.ProductPlus, faceid.ChannelServer}:        faceid.ErrRequest,
			{faceid.ProductBankCardOCR, faceid.ChannelServer}: faceid.ErrRequest,
		},
		"66660015": {
			{faceid.ProductPlus, faceid.ChannelServer}:      faceid.FamilyIdentityMalformed,
			{faceid.ProductIDCardOCR, faceid.ChannelServer}: faceid.FamilyMediaUnusable,
		},
		"300101": {
			{faceid.ProductPlus, faceid.ChannelBrowser}:      faceid.FamilyInterrupted,
			{faceid.ProductIDCardOCR, faceid.ChannelServer}:  faceid.ErrService,
			{faceid.ProductIDCardOCR, faceid.ChannelAndroid}: faceid.ErrService,
			{faceid.ProductIDCardOCR, faceid.ChannelIOS}:     faceid.ErrRequest,
		},
		"100101": {
			{faceid.ProductIDCardOCR, faceid.ChannelAndroid}: faceid.ErrNetwork,
			{faceid.ProductIDCardOCR, faceid.ChannelHarmony}: faceid.ErrRequest,
		},
		"400101": {
			{faceid.ProductPlus, faceid.ChannelServer}:       faceid.ErrCredential,
			{faceid.ProductIDCardOCR, faceid.ChannelAndroid}: faceid.ErrRequest,
		},
	} {
		words, codes := map[string]bool{}, map[faceid.Code]bool{}
		for where, family := range meanings {
			e, ok := faceid.Explain(where.product, where.channel, number)
			require.True(t, ok, "%s %v", number, where)
			require.Equal(t, family, e.Family, "%s %v", number, where)
			words[e.Message], codes[e.Code] = true, true
		}
		require.Len(t, words, len(meanings), number)
		require.Len(t, codes, len(meanings), number)
	}
	_, ok := faceid.Explain(faceid.ProductPlus, faceid.ChannelServer, "300101")
	require.False(t, ok, "the platform does not answer that about Plus")
	_, ok = faceid.Explain(faceid.ProductBasic, faceid.ChannelBrowser, "3001")
	require.False(t, ok, "the documents' table is that of mobile H5")
	_, ok = faceid.Explain("other", faceid.ChannelServer, "0")
	require.False(t, ok)
	_, ok = faceid.Explain(faceid.ProductPlus, "other", "0")
	require.False(t, ok)
}

func TestSomeCodesAreChargedOnOneProductOnly(t *testing.T) {
	for code, charged := range map[faceid.Code]map[faceid.Product]faceid.Charged{
		"66660023": {faceid.ProductPlus: faceid.ChargedYes, faceid.ProductEnhanced: faceid.ChargedNo, faceid.ProductBasic: faceid.ChargedNo, faceid.ProductWill: faceid.ChargedNo},
		"66665001": {faceid.ProductPlus: faceid.ChargedYes, faceid.ProductEnhanced: faceid.ChargedNo, faceid.ProductBasic: faceid.ChargedNo, faceid.ProductWill: faceid.ChargedNo},
		"66666006": {faceid.ProductWill: faceid.ChargedYes},
		"66660004": {faceid.ProductPlus: faceid.ChargedYes, faceid.ProductEnhanced: faceid.ChargedYes, faceid.ProductBasic: faceid.ChargedYes, faceid.ProductWill: faceid.ChargedYes},
	} {
		for product, want := range charged {
			e, ok := faceid.Explain(product, faceid.ChannelServer, code)
			require.True(t, ok)
			require.Equal(t, want, e.Charged, "%s on %s", code, product)
		}
	}
	for product, want := range map[faceid.Product]faceid.Charged{
		faceid.ProductPlus: faceid.ChargedYes, faceid.ProductEnhanced: faceid.ChargedNo, faceid.ProductBasic: faceid.ChargedNo,
		faceid.ProductWill: faceid.ChargedNo, faceid.ProductEid: faceid.ChargedNo,
	} {
		e, ok := faceid.Explain(product, faceid.ChannelWeChat, "1002")
		require.True(t, ok)
		require.Equal(t, want, e.Charged, product)
		require.Equal(t, faceid.FamilySuspectedFake, e.Family)
	}
	_, ok := faceid.Explain(faceid.ProductPlus, faceid.ChannelServer, "66666006")
	require.False(t, ok, "will only")
	require.Equal(t, faceid.ChargedUnknown, (&faceid.FaceRecord{ResultCode: faceid.CodeSuspectedFake}).Charged())
	require.Equal(t, faceid.ChargedNo, (&faceid.FaceRecord{ResultCode: faceid.CodeSuspectedFake, Product: faceid.ProductBasic}).Charged())
}

// The platform says of the same code different words on different products.
func TestMessagesAreTheProductsOwn(t *testing.T) {
	plus, _ := faceid.Explain(faceid.ProductPlus, faceid.ChannelServer, "66660023")
	basic, _ := faceid.Explain(faceid.ProductBasic, faceid.ChannelServer, "66660023")
	require.Contains(t, plus.Message, "疑似非真人")
	require.NotContains(t, basic.Message, "疑似非真人")
	require.Equal(t, plus.Code, basic.Code)
}
