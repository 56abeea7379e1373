package faceidtest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

// Pages of the same shape differ in what is their own, and in nothing else.
func TestPageShapeHasTheValuesOfEachPerson(t *testing.T) {
	m := ready(t, faceidtest.WithApp("APP1", "secret1"), faceidtest.WithApp("APP2", "secret2"))
	plain := func(order, host string) string {
		q := with(m.signedLogin(order, m.upload(order), m.nonceTicket()), "url", "https://"+host+"/back")
		page := readPage(t, m, m.loginURL(q))
		key := keyOfPage.FindStringSubmatch(page)
		require.Len(t, key[1], 40)
		for _, own := range []string{">" + m.appID + "<", ">" + order + "<", ">" + host + "<", key[1]} {
			require.Equal(t, 1, strings.Count(page, own), own)
			page = strings.Replace(page, own, "", 1)
		}
		return page
	}
	first := plain("order1", "shop.example")
	require.Equal(t, first, plain("order2", "other.example"))
	m.appID, m.secret = "APP2", "secret2"
	m.login()
	require.Equal(t, first, plain("order3", "third.example"))

	m.sim.Script("order4", faceidtest.SuspectedFake())
	require.Contains(t, plain("order4", "shop.example"), `value="scripted" autocomplete="off" checked`)
	require.Equal(t, first, plain("order5", "shop.example"))
}

func TestPageShapeEscapesTheValues(t *testing.T) {
	const rule = `<b>"&'+`
	c := newCaller(t, faceidtest.WithRule(rule, "plus"))
	for range 2 { // the page that is kept, too
		res, err := c.http.Get(c.good("DetectAuth", plus(goodBodies["DetectAuth"], "RuleId", rule)).text("Url"))
		require.NoError(t, err)
		page := readAll(t, res.Body)
		require.NoError(t, res.Body.Close())
		require.NotContains(t, page, rule)
		require.Contains(t, page, "&lt;b&gt;&#34;&amp;&#39;+")
	}
}

func TestPageShapeIsOfItsLanguage(t *testing.T) {
	m := ready(t)
	for i, lang := range []string{"zh-CN", "en", "zh-CN", "en"} {
		order := fmt.Sprint("order", i)
		req, err := http.NewRequest(http.MethodGet, m.freshLogin(order, m.upload(order)), nil)
		require.NoError(t, err)
		req.Header.Set("Accept-Language", lang)
		require.Contains(t, m.do(req).body, `<html lang="`+lang+`">`)
	}
}
