package orders

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
)

func TestReadTakesNumbersKindsAndJSON(t *testing.T) {
	all, err := Read(strings.NewReader("\ufeff# of yesterday\norder1\n\n  order2 will-app \norder3 enhanced\ntoken4 wechat\norder1\n"+
		`{"kind":"face-pc","number":"order5","openedAt":"2026-11-01T08:00:00+08:00","ref":"contract 5"}`+"\n"+`{"number":"order6"}`), Usual{"plus", "rule1"})
	require.NoError(t, err)
	require.Equal(t, []evidence.Order{
		{Kind: evidence.FaceH5, Number: "order1", Product: faceid.ProductPlus},
		{Kind: evidence.WillApp, Number: "order2"},
		{Kind: evidence.FaceH5, Number: "order3", Product: faceid.ProductEnhanced},
		{Kind: evidence.WeChat, Number: "token4"},
	}, withoutRule(all[:4]))
	require.Equal(t, "contract 5", all[4].Ref)
	require.True(t, all[4].OpenedAt.Equal(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)))
	require.Equal(t, evidence.Order{Kind: evidence.FaceH5, Number: "order6", Product: faceid.ProductPlus}, all[5])
	require.Len(t, all, 6, "an order that stands twice is one")
}

// withoutRule checks and removes the RuleId of a flow.
func withoutRule(all []evidence.Order) []evidence.Order {
	for i := range all {
		if all[i].Kind == evidence.WeChat && all[i].RuleID == "rule1" {
			all[i].RuleID = ""
		}
	}
	return all
}

func TestReadRefusesWithoutQuoting(t *testing.T) {
	const token = "A8D2E3F4secrettoken"
	for line, says := range map[string]string{
		token + " flies":                        "a line is NUMBER",
		token + " face x":                       "a line is NUMBER",
		token + "-1":                            "1 to 32 letters and digits",
		token + " wechat":                       "RuleID is required",
		`{"kind":"` + token + `","number":"x"}`: "the kind is unknown",
		`{"nummer":"` + token + `"}`:            "is not that of an evidence.Order",
		`{"number":"` + token + `"} {}`:         "is not that of an evidence.Order",
		`{"kind":"nfc","number":"x"}`:           "ReqID is required",
		strings.Repeat(token, 10000):            "longer than",
	} {
		_, err := Read(strings.NewReader("\n"+line), Usual{Word: "face"})
		require.ErrorIs(t, err, ErrLine, line)
		require.ErrorContains(t, err, "line 2: ")
		require.ErrorContains(t, err, says)
		require.NotContains(t, err.Error(), token)
	}
}

func TestProductsCanBeAskedAbout(t *testing.T) {
	for _, word := range Products {
		o := Usual{RuleID: "rule1"}.order(word)
		o.Number = "order1"
		if o.Kind == evidence.NFC {
			o.ReqID = "req1"
		}
		require.NoError(t, check(o), word)
		require.Equal(t, Usual{Word: word}.IsFlow(), len(o.Key()) > 32, word) // tokens are hashed
	}
}
