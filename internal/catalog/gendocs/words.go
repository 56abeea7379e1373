package main

import (
	_ "embed"

	"github.com/faceid-go/faceid/internal/catalog"
)

var (
	//go:embed intro.txt
	introEN string
	//go:embed intro.zh-CN.txt
	introZH string
)

// text is a text of the page in both languages.
type text struct{ en, zh string }

// words are what the page says in one language. Words with a %s stand around names.
type words struct {
	file, intro string
	of          func(text) string   // picks the language of a text
	catalogue   func(string) string // a gloss or a handling in this language

	table, head                     string // of the columns
	explain, byTable, how, checks   string // how Explain finds the rows
	anyProduct, comma, or           string
	not, only, remark               string
	yes, no, yesFor, noFor, between string // what is charged
}

var english = words{
	file: "../../docs/errors.md", intro: introEN,
	of:        func(t text) string { return t.en },
	catalogue: func(s string) string { return s },
	table:     " table |", head: " code | family | meaning | 平台原文 | charged | what to do |",
	explain: "`Explain`: %s.", byTable: "`Explain`, by table:", how: "product %s; channel %s",
	checks:     "`Explain`: product, the name of the table; channel `ChannelCloud`. The `Code` of a result already names its table, so `Explain` finds it without a product.",
	anyProduct: "any or empty", comma: ", ", or: " or ",
	not: " (not %s)", only: " (%s only)", remark: "a remark",
	yes: "**yes**", no: "no", yesFor: "**yes:** ", noFor: "no: ", between: "; ",
}

var chinese = words{
	file: "../../docs/errors.zh-CN.md", intro: introZH,
	of:        func(t text) string { return t.zh },
	catalogue: catalog.Chinese,
	table:     " 表 |", head: " 码 | 类别 | 含义 | 平台原文 | 收费 | 怎么办 |",
	explain: "`Explain`：%s。", byTable: "`Explain`，按表：", how: "产品填 %s；渠道填 %s",
	checks:     "`Explain`：产品填表名，渠道填 `ChannelCloud`。结果的 `Code` 已带有表名，用它查询时可以不填产品。",
	anyProduct: "任意值，也可为空", comma: "、", or: " 或 ",
	not: "（%s 除外）", only: "（仅 %s）", remark: "说明",
	yes: "**是**", no: "否", yesFor: "**是：**", noFor: "否：", between: "；",
}
