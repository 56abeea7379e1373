// Command gendocs writes docs/errors.md and docs/errors.zh-CN.md from the catalogue and from
// the names in codes.go. Above each table the pages say how Explain finds its rows, and the command
// fails if Explain does not find one. It runs in the folder of package catalog: go
// generate ./internal/catalog.
package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/internal/catalog"
)

// section is one table of the page, with the codes of some scopes.
type section struct {
	title, before text
	scopes        []string
}

var sections = []section{
	{text{"Face: Plus, Enhanced, Basic", "人脸核身：Plus、Enhanced、Basic"}, text{"The platform answers a query with these codes. If it answers an upload or a launch with one of them, the upload or the launch failed. The App and the browser get the same numbers.", "平台用这些码应答查询。上送或启动时得到其中之一，说明上送或启动失败。App 与浏览器得到的数字相同。"}, []string{"face"}},
	{text{"Every kyc1 call", "kyc1 的所有接口"}, text{"These codes mean the same for every product and every call. The platform's words and the charges come from its tables of face and will, because its tables of cards and NFC do not list these codes.", "这些码在所有产品和接口上含义相同。平台的卡证表和 NFC 表没有列出这些码，所以原文和收费取自人脸和意愿的表。"}, []string{"kyc1"}},
	{text{"意愿核身 (will)", "意愿核身"}, text{"These codes come in addition to those of face.", "除人脸的码之外，还会有这些码。"}, []string{"will"}},
	{text{"What a browser brings back", "浏览器带回的码"}, text{"If a browser brings back one of these codes, no face was compared. `RemedyOf` says what may help in a new verification: re-enter (the person starts again), allow-camera, other-browser, wechat, other-way.", "浏览器带回这些码，说明没有做人脸比对。重新发起核身时可以怎么做，由 `RemedyOf` 给出：re-enter（让用户重新开始）、allow-camera、other-browser、wechat、other-way。"}, []string{"h5-frontend"}},
	{text{"Cards (OCR)", "证件与银行卡（OCR）"}, text{"Each side of an ID card has a code of its own.", "身份证的正反面各有自己的码。"}, []string{"ocr-idcard", "ocr-bankcard"}},
	{text{"Warnings beside a card", "随卡证返回的告警"}, text{"These codes are hints and not failures: the card was read.", "这些码是提示，不是失败：卡证已经读到。"}, []string{"bankcard-warning", "idcard-warning"}},
	{text{"实证 NFC", "实证 NFC"}, text{"The codes of the server, and those of the SDK.", "服务器的码，以及 SDK 的码。"}, []string{"nfc", "nfc-sdk"}},
	{text{"Risk", "风险"}, text{"`record.Risk` holds these in addition to the code of a result: signs of an attack, and the risk level of the device.", "`record.Risk` 在结果码之外给出这些：攻击迹象，以及设备的风险等级。"}, []string{"liveness-tag", "device-level"}},
	{text{"Phones: face and will", "手机端：人脸与意愿"}, text{"The App reports these codes, and `ParseSDKResult` reads them. They may choose a text for the person, but they are never a pass. Every other code comes from the platform, and the SDK passed it on; its error domain is LoginServer (a refused signature, for example) or CompareServer. Look such a code up with `ChannelServer`, as `SDKReport.Explain` does.", "App 上报这些码，由 `ParseSDKResult` 读取。您可以据此选择给用户的提示，但它们绝不代表通过。其他的码来自平台，由 SDK 转交，错误域是 LoginServer（例如签名被拒绝）或 CompareServer。这样的码请用 `ChannelServer` 查询，`SDKReport.Explain` 就是这样做的。"}, []string{"android", "ios", "harmony"}},
	{text{"Phones: cards", "手机端：卡证"}, text{"", ""}, []string{"android-ocr", "ios-ocr", "harmony-ocr"}},
	{text{"In WeChat, and E证通", "微信内，以及 E证通"}, text{"These codes stand in `DetectInfoText.ErrCode` and in the other fields of that result that hold a code. `ChargeCount` says how often was charged. A code means the same in the tables of all five products. If the table of a product does not list a code, `Explain` gives no words and no charge for it.", "这些码出现在 `DetectInfoText.ErrCode`，以及该结果中其他表示错误码的字段。`ChargeCount` 给出计费次数。同一个码在五个产品的表中含义相同。某个产品的表没有列出的码，`Explain` 不给出原文和收费。"}, []string{"wechat"}},
	{text{"International", "国际站"}, text{"These are the codes of the results of `ConfirmWebVerificationIntl` and `ConfirmSdkVerification`.", "`ConfirmWebVerificationIntl` 和 `ConfirmSdkVerification` 的结果使用这些码。"}, []string{"intl"}},
	{text{"Errors of API 3.0", "API 3.0 的错误"}, text{"These codes are words and not numbers. The flows and the checks share them, and some of them are the result of a check. Only for the checks of photos and videos do the platform's documents say what is charged.", "这些码是单词，不是数字。核身流程和核验接口共用这些码，其中一些就是核验的结果。平台文档只说明了照片和视频类核验是否收费。"}, []string{"cloud"}},
}

// asked says with which products and channels Explain finds the rows of a scope.
type asked struct {
	products []faceid.Product // none if the product does not matter
	channels []faceid.Channel
}

var (
	plus, enhanced, basic, will = faceid.ProductPlus, faceid.ProductEnhanced, faceid.ProductBasic, faceid.ProductWill
	idCard, bankCard, nfc       = faceid.ProductIDCardOCR, faceid.ProductBankCardOCR, faceid.ProductNFC

	server  = []faceid.Channel{faceid.ChannelServer}
	android = []faceid.Channel{faceid.ChannelAndroid}
	ios     = []faceid.Channel{faceid.ChannelIOS}
	harmony = []faceid.Channel{faceid.ChannelHarmony}
	remark  = []faceid.Channel{faceid.ChannelRemark}

	face  = []faceid.Product{plus, enhanced, basic, will}
	cards = []faceid.Product{idCard, bankCard}

	lookups = map[string]asked{
		"face":             {face, server},
		"kyc1":             {append(slices.Clone(face), idCard, bankCard, nfc), server},
		"will":             {[]faceid.Product{will}, server},
		"h5-frontend":      {[]faceid.Product{plus, enhanced, will}, []faceid.Channel{faceid.ChannelBrowser}},
		"ocr-idcard":       {[]faceid.Product{idCard}, server},
		"ocr-bankcard":     {[]faceid.Product{bankCard}, server},
		"bankcard-warning": {[]faceid.Product{bankCard}, remark},
		"idcard-warning":   {[]faceid.Product{idCard}, remark},
		"nfc":              {[]faceid.Product{nfc}, server},
		"nfc-sdk":          {[]faceid.Product{nfc}, []faceid.Channel{faceid.ChannelAndroid, faceid.ChannelIOS}},
		"liveness-tag":     {[]faceid.Product{plus}, remark},
		"device-level":     {[]faceid.Product{plus, enhanced}, remark},
		"android":          {face, android},
		"ios":              {face, ios},
		"harmony":          {face, harmony},
		"android-ocr":      {cards, android},
		"ios-ocr":          {cards, ios},
		"harmony-ocr":      {cards, harmony},
		"wechat":           {append(slices.Clone(face), faceid.ProductEid), []faceid.Channel{faceid.ChannelWeChat}},
		"intl":             {nil, []faceid.Channel{faceid.ChannelInternational}},
		"cloud":            {nil, []faceid.Channel{faceid.ChannelCloud}},
	}
)

// lookup returns how Explain finds the rows of a scope. For a check the product is the
// scope's own name.
func lookup(scope string) asked {
	if a, ok := lookups[scope]; ok {
		return a
	}
	return asked{[]faceid.Product{faceid.Product(scope)}, []faceid.Channel{faceid.ChannelCloud}}
}

func main() {
	log.SetFlags(0)
	p := page{names: codeNames("../../codes.go"), rows: map[catalog.Key][]row{}, constants: map[string]string{}}
	for _, file := range []string{"../../product.go", "../../explain.go"} {
		constants(file, func(name, typ, value string) {
			if typ == "Product" || typ == "Channel" {
				p.constants[typ+"/"+value] = name
			}
		})
	}
	for key, r := range catalog.Rows {
		scope := catalog.Scope(key.Product, key.Channel)
		at := catalog.Key{Scope: scope, Code: key.Code}
		if _, ok := catalog.Lookup(scope, key.Code); !ok {
			at.Scope = "kyc1"
		}
		p.rows[at] = append(p.rows[at], row{key.Product, key.Channel, r})
	}
	for _, w := range []words{english, chinese} {
		p.write(w)
	}
}

// write writes the page in one language.
func (p page) write(w words) {
	p.words, p.Builder = w, new(strings.Builder)
	told := map[string]bool{}
	p.WriteString(w.intro)
	for _, s := range sections {
		p.section(s)
		for _, scope := range s.scopes {
			told[scope] = true
		}
	}
	var checks []string
	for key := range catalog.Entries {
		if !told[key.Scope] {
			told[key.Scope] = true
			checks = append(checks, key.Scope)
		}
	}
	slices.Sort(checks)
	p.section(section{
		text{"Checks", "核验接口"},
		text{
			"Each action has its own codes, because the same number means different things in different actions. A check that has no codes here answers with the codes of the table above.",
			"同一个数字在不同接口中含义不同，所以每个接口有自己的码。这里没有列出的核验接口，使用上一张表中的码。",
		}, checks,
	})
	if err := os.WriteFile(w.file, []byte(p.String()), 0o644); err != nil {
		log.Fatal(err)
	}
}

type row struct {
	product, channel string
	catalog.Row
}

type page struct {
	words
	*strings.Builder
	names     map[catalog.Key]string
	rows      map[catalog.Key][]row
	constants map[string]string // the names of constants by type and value, as in "Product/plus"
}

func (p *page) section(s section) {
	fmt.Fprintf(p, "\n## %s\n\n", p.of(s.title))
	if before := p.of(s.before); before != "" {
		fmt.Fprintf(p, "%s\n\n", before)
	}
	p.howToLookUp(s.scopes)
	several := len(s.scopes) > 1
	scoped := func(text string) string {
		if several {
			return text
		}
		return ""
	}
	fmt.Fprintf(p, "|%s%s\n|%s---|---|---|---|---|---|\n", scoped(p.table), p.head, scoped("---|"))
	for _, scope := range s.scopes {
		for _, e := range entriesOf(scope) {
			code := "`" + e.Code + "`"
			if name := p.names[e.Key]; name != "" {
				code += " `" + name + "`"
			}
			have, lack := explain(e)
			code += p.whose(have, lack)
			rows := p.rows[e.Key]
			fmt.Fprintf(p, "|%s %s | %s | %s | %s | %s | %s |\n", scoped(" "+scope+" |"), code, p.family(e.Entry), cell(p.catalogue(e.Gloss)), cell(messages(rows)), p.charged(have), cell(p.catalogue(e.Handling)))
		}
	}
}

// howToLookUp writes with which product and channel Explain finds the rows of each scope.
// For all checks together it writes one sentence.
func (p *page) howToLookUp(scopes []string) {
	if _, known := lookups[scopes[0]]; !known {
		fmt.Fprintf(p, "%s\n\n", p.checks)
		return
	}
	if len(scopes) == 1 {
		fmt.Fprintf(p, p.explain+"\n\n", p.found(scopes[0]))
		return
	}
	fmt.Fprintf(p, "%s\n\n", p.byTable)
	for _, scope := range scopes {
		fmt.Fprintf(p, "- %s: %s\n", scope, p.found(scope))
	}
	fmt.Fprintf(p, "\n")
}

// found says with which product and channel Explain finds the rows of a scope.
func (p *page) found(scope string) string {
	a := lookup(scope)
	product := p.anyProduct
	if len(a.products) > 0 {
		product = p.either(p.productNames(a.products))
	}
	var channels []string
	for _, ch := range a.channels {
		channels = append(channels, "`"+p.constant("Channel/"+string(ch))+"`")
	}
	return fmt.Sprintf(p.how, product, p.either(channels))
}

// constant returns the name of a constant by its type and value.
func (p *page) constant(key string) string {
	name, ok := p.constants[key]
	if !ok {
		log.Fatalf("no constant is %s", key)
	}
	return name
}

func (p *page) productNames(products []faceid.Product) []string {
	var names []string
	for _, product := range products {
		names = append(names, "`"+p.constant("Product/"+string(product))+"`")
	}
	return names
}

func (w words) either(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], w.comma) + w.or + names[len(names)-1]
}

// explained is what Explain says of a code for one product.
type explained struct {
	product faceid.Product
	faceid.Explanation
}

// explain looks up a code with each product of its scope. It returns what Explain says
// for the products that have the code, and the products that lack it.
func explain(e entry) (have []explained, lack []faceid.Product) {
	a := lookup(e.Scope)
	if len(a.products) == 0 {
		a.products = []faceid.Product{""}
	}
	for _, product := range a.products {
		var found []explained
		for _, ch := range a.channels {
			if x, ok := faceid.Explain(product, ch, faceid.Code(e.Code)); ok && x.Code == faceid.Code(e.Scope+"/"+e.Code) {
				found = append(found, explained{product, x})
			}
		}
		switch len(found) {
		case 0:
			lack = append(lack, product)
		case len(a.channels):
			have = append(have, found...)
		default:
			log.Fatalf("%s %s: Explain finds it for %q only on some of the channels %q", e.Scope, e.Code, product, a.channels)
		}
	}
	if len(have) == 0 {
		log.Fatalf("%s %s: Explain does not find it", e.Scope, e.Code)
	}
	return have, lack
}

// whose returns which products have a code, "" if all of the scope's products have it.
func (p *page) whose(have []explained, lack []faceid.Product) string {
	var products []faceid.Product
	for _, x := range have {
		if !slices.Contains(products, x.product) {
			products = append(products, x.product)
		}
	}
	switch {
	case len(lack) == 0:
		return ""
	case len(lack) < len(products):
		return fmt.Sprintf(p.not, p.either(p.productNames(lack)))
	}
	return fmt.Sprintf(p.only, p.either(p.productNames(products)))
}

type entry struct {
	catalog.Key
	catalog.Entry
}

// entriesOf returns the codes of a scope: first numbers in their order, then words.
func entriesOf(scope string) []entry {
	var all []entry
	for key, e := range catalog.Entries {
		if key.Scope == scope && key.Code != "*" { // "*" stands for all other codes
			all = append(all, entry{key, e})
		}
	}
	slices.SortStableFunc(all, func(a, b entry) int {
		na, errA := strconv.Atoi(a.Code)
		nb, errB := strconv.Atoi(b.Code)
		if (errA == nil) != (errB == nil) {
			return map[bool]int{true: -1, false: 1}[errA == nil]
		}
		return cmp.Or(cmp.Compare(na, nb), strings.Compare(a.Code, b.Code))
	})
	return all
}

func (w words) family(e catalog.Entry) string {
	switch {
	case e.Family == "":
		return w.remark
	case e.Kind == catalog.Error && e.Family == "Unknown":
		return "`ErrUnknownCode`"
	case e.Kind == catalog.Error:
		return "`Err" + e.Family + "`"
	}
	return "`Family" + e.Family + "`"
}

// messages returns the platform's words for a code, which mostly are the same for all
// products.
func messages(rows []row) string {
	var all []string
	for _, r := range rows {
		if r.Message != "" && !slices.Contains(all, r.Message) {
			all = append(all, r.Message)
		}
	}
	slices.Sort(all)
	return strings.Join(all, " / ")
}

// charged returns yes or no, or the products with each answer if they differ. It
// returns "" if the documents say nothing.
func (w words) charged(have []explained) string {
	by := map[faceid.Charged][]string{}
	for _, x := range have {
		if x.Charged == faceid.ChargedUnknown && x.Message == "" { // the product's table does not list the code
			continue
		}
		if product := string(x.product); !slices.Contains(by[x.Charged], product) {
			by[x.Charged] = append(by[x.Charged], product)
		}
	}
	yes, no, unknown := by[faceid.ChargedYes], by[faceid.ChargedNo], by[faceid.ChargedUnknown]
	var all []string
	if len(yes) > 0 {
		all = append(all, w.yesFor+strings.Join(yes, w.comma))
	}
	if len(no) > 0 {
		all = append(all, w.noFor+strings.Join(no, w.comma))
	}
	switch {
	case len(all) == 2, len(all) == 1 && len(unknown) > 0:
		return strings.Join(all, w.between)
	case len(yes) > 0:
		return w.yes
	case len(no) > 0:
		return w.no
	}
	return ""
}

func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;", "*", `\*`).Replace(text)
}

// codeNames returns the names of the code constants of package faceid: "face/0" is
// CodePassed.
func codeNames(file string) map[catalog.Key]string {
	names := map[catalog.Key]string{}
	constants(file, func(name, typ, value string) {
		if typ == "Code" {
			scope, code, _ := strings.Cut(value, "/")
			names[catalog.Key{Scope: scope, Code: code}] = name
		}
	})
	return names
}

// constants calls yield for every string constant of a file that has an explicit type.
func constants(file string, yield func(name, typ, value string)) {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		log.Fatal(err)
	}
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, s := range g.Specs {
			v := s.(*ast.ValueSpec)
			id, ok := v.Type.(*ast.Ident)
			if !ok || len(v.Values) != 1 {
				continue
			}
			literal, ok := v.Values[0].(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				continue
			}
			text, err := strconv.Unquote(literal.Value)
			if err != nil {
				log.Fatal(err)
			}
			yield(v.Names[0].Name, id.Name, text)
		}
	}
}
