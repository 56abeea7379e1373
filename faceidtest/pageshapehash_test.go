package faceidtest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Two pages that differ in anything but the key and the values have two shapes.
func TestPageShapeTellsPagesApart(t *testing.T) {
	whole := func() *page {
		return &page{
			Kind: "h5", Lang: chinese, Title: words{"核身", "Verify"}, Action: "/end", Key: "key",
			Facts:   []fact{{words{"姓名", "Name"}, "李测试"}, {words{"订单", "Order"}, "1"}},
			Endings: []choice{{Name: "pass", Label: words{"通过", "Pass"}, Code: "0", Tone: "good"}, {Name: "fail", Code: "1"}},
		}
	}
	same := whole()
	same.Key, same.Facts[0].Value = "another key", "another person"
	require.Equal(t, whole().shape(), same.shape())
	for name, change := range map[string]func(*page){
		"kind":   func(p *page) { p.Kind = "pc" },
		"lang":   func(p *page) { p.Lang = english },
		"title":  func(p *page) { p.Title.ZH = "意愿" },
		"title2": func(p *page) { p.Title.EN = "Will" },
		"action": func(p *page) { p.Action = "/other" },
		"label":  func(p *page) { p.Facts[0].Label.EN = "Number" },
		"facts":  func(p *page) { p.Facts = p.Facts[:1] },
		"code":   func(p *page) { p.Endings[0].Code = "2" },
		"first":  func(p *page) { p.Endings[1].Checked = true },
		"cannot": func(p *page) { p.Endings[1].Impossible = true },
		"order":  func(p *page) { p.Endings[0], p.Endings[1] = p.Endings[1], p.Endings[0] },
		"less":   func(p *page) { p.Endings = p.Endings[:1] },
	} {
		other := whole()
		change(other)
		require.NotEqual(t, whole().shape(), other.shape(), name)
	}
}
