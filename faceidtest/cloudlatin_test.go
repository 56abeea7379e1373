package faceidtest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestLatinDocumentsHaveLatinWords(t *testing.T) {
	c := newCaller(t)
	for kind, want := range map[string]struct{ name, sex string }{
		"InternationalIDPassport": {"SAMPLE ZHANG", "F"},
		"SingaporeIDCard":         {"SAMPLE ZHANG", "F"},
		"HKIDCard":                {"SAMPLE ZHANG", "女F"},
		"MainlandIDCard":          {"张样本", "女"},
	} {
		token, page := c.web("Config", obj{"CheckMode": 1, "IDCardType": kind})
		c.visit(page)
		a := c.webResult(token)
		require.Equal(t, want.name, a.at("OCRResult", 0, "NormalCardInfo", kind, "FullName"), kind)
		require.Equal(t, want.sex, a.at("OCRResult", 0, "NormalCardInfo", kind, "Sex"), kind)
	}
	c.sim.ScriptCloudDefault(faceidtest.CloudEnding{Card: faceidtest.IDCard{Name: "王五", Sex: "男"}})
	token, page := c.web("Config", obj{"CheckMode": 1, "IDCardType": "InternationalIDPassport"})
	c.visit(page)
	a := c.webResult(token)
	require.Equal(t, "王五", a.at("OCRResult", 0, "NormalCardInfo", "InternationalIDPassport", "FullName"), "it is scripted so")
	require.Equal(t, "M", a.at("OCRResult", 0, "NormalCardInfo", "InternationalIDPassport", "Sex"))
}
