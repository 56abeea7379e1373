// Command gendocs writes docs/errors.md from the catalogue, and from the names of
// codes.go. It runs in the folder of the package catalog: go generate
// ./internal/catalog.
package main

import (
	"cmp"
	_ "embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/faceid-go/faceid/internal/catalog"
)

//go:embed intro.txt
var intro string

// section is one table of the page: the codes of some scopes.
type section struct {
	title, before string
	scopes        []string
}

var sections = []section{
	{"Face: Plus, Enhanced, Basic", "What the platform answers to a query; an upload or a launch that gets one of these failed. The same numbers reach the App and the browser.", []string{"face"}},
	{"Every kyc1 call", "Whatever the product and the call.", []string{"kyc1"}},
	{"意愿核身 (will)", "Beside the codes of face.", []string{"will"}},
	{"What a browser brings back", "Nobody was compared. `callback.Code.Remedy()` says what to do in one word: re-enter (`LoginURL` of the same session), allow-camera, other-browser, wechat, other-way.", []string{"h5-frontend"}},
	{"Cards (OCR)", "Each side of an ID card has a code of its own.", []string{"ocr-idcard", "ocr-bankcard"}},
	{"Warnings beside a card", "Hints, not failures: the card was read.", []string{"bankcard-warning", "idcard-warning"}},
	{"实证 NFC", "On the server, and of the SDK.", []string{"nfc", "nfc-sdk"}},
	{"Risk", "What `record.Risk` says beside a code: the marks of an attack, and the level of the device.", []string{"liveness-tag", "device-level"}},
	{"Phones: face and will", "Reported by the App: `ParseSDKResult` reads them. Good for words, never for a pass. `*` is every other code: one of the platform, passed on.", []string{"android", "ios", "harmony"}},
	{"Phones: cards", "", []string{"android-ocr", "ios-ocr", "harmony-ocr"}},
	{"In WeChat, and E证通", "Of `DetectInfoText.ErrCode` and its kin. What was charged is told by `ChargeCount`.", []string{"wechat"}},
	{"International", "Of the results of `ConfirmWebVerificationIntl` and `ConfirmSdkVerification`.", []string{"intl"}},
	{"Errors of API 3.0", "Words instead of numbers. The flows and the checks share them; of a check some are answers.", []string{"cloud"}},
}

func main() {
	log.SetFlags(0)
	p := page{names: codeNames("../../codes.go"), rows: map[catalog.Key][]row{}}
	for key, r := range catalog.Rows {
		scope := catalog.Scope(key.Product, key.Channel)
		at := catalog.Key{Scope: scope, Code: key.Code}
		if _, ok := catalog.Lookup(scope, key.Code); !ok {
			at.Scope = "kyc1"
		}
		p.rows[at] = append(p.rows[at], row{key.Product, key.Channel, r})
	}
	told := map[string]bool{}
	p.WriteString(intro)
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
	p.section(section{"Checks", "One table an action: the same number means different things. Of a check whose table is missing here the answer is one of the words above.", checks})
	if err := os.WriteFile("../../docs/errors.md", []byte(p.String()), 0o644); err != nil {
		log.Fatal(err)
	}
}

type row struct {
	product, channel string
	catalog.Row
}

type page struct {
	strings.Builder
	names map[catalog.Key]string
	rows  map[catalog.Key][]row
}

func (p *page) section(s section) {
	fmt.Fprintf(p, "\n## %s\n\n", s.title)
	if s.before != "" {
		fmt.Fprintf(p, "%s\n\n", s.before)
	}
	several := len(s.scopes) > 1
	scoped := func(text string) string {
		if several {
			return text
		}
		return ""
	}
	fmt.Fprintf(p, "|%s code | family | meaning | 平台原文 | charged | what to do |\n|%s---|---|---|---|---|---|\n", scoped(" table |"), scoped("---|"))
	for _, scope := range s.scopes {
		for _, e := range entriesOf(scope) {
			code := "`" + e.Code + "`"
			if name := p.names[e.Key]; name != "" {
				code += " `" + name + "`"
			}
			rows := p.rows[e.Key]
			fmt.Fprintf(p, "|%s %s | %s | %s | %s | %s | %s |\n", scoped(" "+scope+" |"), code, family(e.Entry), cell(e.Gloss), cell(messages(rows)), charged(rows), cell(e.Handling))
		}
	}
}

type entry struct {
	catalog.Key
	catalog.Entry
}

// entriesOf returns a scope's codes, numbers in their order and before words.
func entriesOf(scope string) []entry {
	var all []entry
	for key, e := range catalog.Entries {
		if key.Scope == scope {
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

func family(e catalog.Entry) string {
	switch {
	case e.Family == "":
		return "a remark"
	case e.Kind == catalog.Error && e.Family == "Unknown":
		return "`ErrUnknownCode`"
	case e.Kind == catalog.Error:
		return "`Err" + e.Family + "`"
	}
	return "`Family" + e.Family + "`"
}

// messages are the platform's words: the products' tables mostly agree.
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

// charged says yes or no, or who pays where products differ; nothing where the
// documents say nothing.
func charged(rows []row) string {
	by := map[string][]string{}
	for _, r := range rows {
		if r.Charged != "" && !slices.Contains(by[r.Charged], r.product) {
			by[r.Charged] = append(by[r.Charged], r.product)
		}
	}
	switch yes, no := by["yes"], by["no"]; {
	case len(yes) > 0 && len(no) > 0:
		return "**yes:** " + strings.Join(yes, ", ") + "; no: " + strings.Join(no, ", ")
	case len(yes) > 0:
		return "**yes**"
	case len(no) > 0:
		return "no"
	}
	return ""
}

func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;", "*", `\*`).Replace(text)
}

// codeNames reads the constants of the package faceid: "face/0" is CodePassed.
func codeNames(file string) map[catalog.Key]string {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		log.Fatal(err)
	}
	names := map[catalog.Key]string{}
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, s := range g.Specs {
			v := s.(*ast.ValueSpec)
			if id, ok := v.Type.(*ast.Ident); !ok || id.Name != "Code" || len(v.Values) != 1 {
				continue
			}
			text, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				log.Fatal(err)
			}
			scope, code, _ := strings.Cut(text, "/")
			names[catalog.Key{Scope: scope, Code: code}] = v.Names[0].Name
		}
	}
	return names
}
