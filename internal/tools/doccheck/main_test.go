package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// tree writes a small repository. Its documents are right unless changed replaces
// or adds a file.
func tree(t *testing.T, changed map[string]string) string {
	root := t.TempDir()
	files := map[string]string{
		"go.mod":          "module github.com/faceid-go/faceid\n\ngo 1.25\n",
		"Makefile":        "check: fmt\n\nfmt:\n\tgofmt -l .\n",
		".ci/examples":    "go run ./examples/quickstart\n",
		"faceid.go":       "// Package faceid is here.\npackage faceid\n\n// ErrX is one.\nconst ErrX = \"x\"\n\n// T is one.\ntype T struct {\n\t// A head.\n\tA int\n\tB int\n}\n\n// M is one.\nfunc (T) M() {}\n",
		"faceidtest/a.go": "package faceidtest\n", "redisstore/a.go": "package redisstore\n",
		"examples/quickstart/main.go": "package main\n\nimport \"os\"\n\nfunc main() { _ = os.Getenv(\"FACEID_APP_ID\") }\n",
		"README.md":                   "# One\n\n[中文](README.zh-CN.md) [two](docs/a.md#two-ways) and [up](#one)\n\n```go\nx := faceid.T{}\n```\n\n```sh\nmake check # all\nFACEID_APP_ID=… go run ./examples/quickstart\n```\n\n| a | b |\n|---|---|\n| `faceid.T.M` | `ErrX` |\n",
		"README.zh-CN.md":             "# 一\n\n[English](README.md) [二](docs/a.md#two-ways) [上](#一)\n\n```go\nx := faceid.T{} // 注\n```\n\n```sh\nmake check # 全部\nFACEID_APP_ID=… go run ./examples/quickstart\n```\n\n| 甲 | 乙 |\n|---|---|\n| `faceid.T.M` | `ErrX` |\n",
		"docs/a.md":                   "# A\n\n<!-- doccheck\nvar n int\n-->\n\n## Two `ways`\n\n```go\nn++\n```\n\n<!-- doccheck: in . -->\n```go\nfunc (T) inside() { _ = ErrX }\n```\n\n<!-- doccheck: from examples/quickstart/main.go -->\n```go\n  import \"os\"\n\nfunc main() { _ = os.Getenv(\"FACEID_APP_ID\") }\n```\n\n```go\npackage main\n\nfunc main() {}\n```\n\n```go\npackage a_test\n\nimport \"testing\"\n\nfunc TestA(t *testing.T) {}\n```\n",
	}
	for name, text := range changed {
		files[name] = text
	}
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return root
}

func TestCheckPassesGoodDocuments(t *testing.T) {
	t.Setenv("GOWORK", "off")
	faults, err := check(tree(t, nil))
	require.NoError(t, err)
	require.Empty(t, faults)
}

// fencedPage is a page with one fenced block.
func fencedPage(lang, text string) string { return "# One\n\n```" + lang + "\n" + text + "\n```\n" }

// wrongDocuments are documents with one fault each: a file, its text, and what the
// fault says. A case whose name begins with "code:" needs the compiler.
var wrongDocuments = map[string]struct{ file, text, want string }{
	"a link to nowhere":                 {"docs/b.md", "[x](gone.md)", "docs/b.md:1: the link gone.md leads nowhere"},
	"a picture to nowhere":              {"docs/b.md", "![x](gone.png)", "leads nowhere"},
	"a source to nowhere":               {"docs/b.md", `<img src="gone.svg">`, "leads nowhere"},
	"a heading to nowhere":              {"docs/b.md", "[x](a.md#three)", "leads to no heading"},
	"a heading of its own":              {"docs/b.md", "# B\n\n[x](#c)", "leads to no heading"},
	"another scheme":                    {"docs/b.md", "[x](http://example.com)", "scheme"},
	"code: code that does not compile":  {"docs/b.md", fencedPage("go", "x := faceid.U{}"), "docs/b.md:4: undefined: faceid.U"},
	"code: code that is none":           {"docs/b.md", fencedPage("go", "x ::= 1"), "docs/b.md:4"},
	"code: code inside that is wrong":   {"docs/b.md", "<!-- doccheck: in . -->\n```go\nfunc (T) inside() { _ = errY }\n```\n", "docs/b.md:3: undefined: errY"},
	"code: a test inside that is wrong": {"docs/b.md", "<!-- doccheck: in . test -->\n```go\nvar _ = faceid.U{}\n```\n", "undefined: faceid.U"},
	"code: a program that fails":        {"docs/b.md", fencedPage("go", "package main\n\nfunc main() { panic(\"no\") }"), "panic: no"},
	"code: a test that fails":           {"docs/b.md", fencedPage("go", "package b_test\n\nimport \"testing\"\n\nfunc TestB(t *testing.T) { t.Fatal(\"no\") }"), "b.md:"},
	"code: a preamble that is wrong":    {"docs/b.md", "<!-- doccheck\nvar x Y\n-->\n" + fencedPage("go", "_ = x"), "undefined: Y"},
	"code: a copy that is changed":      {"docs/b.md", "<!-- doccheck: from faceid.go -->\n```go\ntype T struct {\n\t// A head.\n\tA int\n}\n```\n", "docs/b.md:3: these lines are not in faceid.go"},
	"code: a copy of half a line":       {"docs/b.md", "<!-- doccheck: from faceid.go -->\n```go\nX = \"x\"\n```\n", "docs/b.md:3: these lines are not in faceid.go"},
	"code: a copy of nothing":           {"docs/b.md", "<!-- doccheck: from gone.go -->\n```go\nx := 1\n```\n", "docs/b.md:3: there is no gone.go"},
	"code: a copy of no code":           {"docs/b.md", "<!-- doccheck: from Makefile -->\n```go\nfmt:\n```\n", "a copy must be of Go"},
	"an unknown comment":                {"docs/b.md", "<!-- doccheck: skip -->", "does not know"},
	"a target that is not there":        {"docs/b.md", "`make gold`", "no target gold"},
	"an example that is not there":      {"docs/b.md", fencedPage("sh", "go run ./examples/gone"), "no folder ./examples/gone"},
	"an example that CI leaves out":     {"examples/left/main.go", "package main\n\nfunc main() {}\n", ""},
	"a script that is not there":        {"docs/b.md", "`.ci/gone`", "no such script"},
	"an unknown command":                {"docs/b.md", fencedPage("sh", "frobnicate --all"), "nobody knows"},
	"a tool without a version":          {"docs/b.md", fencedPage("sh", "go install example.com/x"), "without a version"},
	"a block without a language":        {"docs/b.md", fencedPage("", "x"), "without a language"},
	"a block nobody checks":             {"docs/b.md", fencedPage("python", "x"), "nobody checks"},
	"a block without an end":            {"docs/b.md", "```go\nx := 1\n", "never closed"},
	"a name that is not there":          {"docs/b.md", "`faceid.Gone`", "faceid has no Gone"},
	"a member that is not there":        {"docs/b.md", "`faceid.T.N`", "faceid has no T.N"},
	"a bare name":                       {"docs/b.md", "`ErrGone`", "no package has ErrGone"},
	"a variable nobody reads":           {"docs/b.md", "FACEID_GONE", "nobody reads"},
	"a name without a comment":          {"more.go", "package faceid\n\nfunc Bare() {}\n", "faceid.Bare has no comment"},
	"a method without a comment":        {"more.go", "package faceid\n\nfunc (T) Bare() {}\n", "faceid.T.Bare has no comment"},
	"a constant without one":            {"more.go", "package faceid\n\nconst Bare = 1\n", "faceid.Bare has no comment"},
	"a field without one":               {"more.go", "package faceid\n\n// S is one.\ntype S struct {\n\t// A head.\n\tA int\n\n\tBare int\n}\n", "faceid.S.Bare has no comment"},
	"code: a test inside its package":   {"docs/b.md", fencedPage("go", "package b\n\nimport \"testing\"\n\nfunc TestB(t *testing.T) { t.Fatal(\"no\") }"), "b.md:"},
	"a picture with a semicolon":        {"docs/b.md", fencedPage("mermaid", "sequenceDiagram\n    A->>B: one; two"), "docs/b.md:5: a semicolon"},
	"a fence of tildes":                 {"docs/b.md", "~~~go\nx := faceid.U{}\n~~~\n", "docs/b.md:1: a fence of tildes"},
	"code without a fence":              {"docs/b.md", "- one\n\n      of a list\n\ntext\n\n    x := faceid.U{}\n", "docs/b.md:7: code without a fence"},
	"a link by its label":               {"docs/b.md", "[x][y]\n\n[y]: gone.md\n", "docs/b.md:3: the link gone.md leads nowhere"},
	"a link over two lines":             {"docs/b.md", "[x\ny](gone.md)", "docs/b.md:2: a link that cannot be read"},
	"a source in other quotes":          {"docs/b.md", "<img src='gone.svg'>", "leads nowhere"},
	"a misspelt name":                   {"docs/b.md", "`VerifyCallbck`", "nothing here is called VerifyCallbck"},
	"a member of a variable":            {"docs/b.md", "`client.Gone(ctx)`", "client has no Gone"},
	"a command that faceid lacks":       {"docs/b.md", fencedPage("sh", "faceid -json gone ORDER"), "faceid has no command gone"},
	"faceid without a command":          {"docs/b.md", fencedPage("sh", "faceid -json"), "faceid needs a command"},
	"a flag that is not there":          {"docs/b.md", fencedPage("sh", "go run ./examples/quickstart -gone"), "has no flag -gone"},
	"a twin without its page":           {"docs/b.zh-CN.md", "# 甲\n", "there is no docs/b.md"},
	"a page that is not listed":         {"docs/README.md", "# All\n", "docs/README.md:1: docs/a.md is not listed"},
	"a page that seems to have a twin":  {"docs/README.md", "# All\n\n| a | b |\n|---|---|\n| [a](a.md) | 中文 |\n", "docs/README.md:5: docs/a.md has no Chinese twin"},
	"a twin that is not listed":         {"docs/README.md", "# All\n\n| a | b |\n|---|---|\n| [one](../README.md) | English only |\n", "docs/README.md:5: there is no link to the Chinese twin of README.md"},
	"a twin with one heading less":      {"docs/a.zh-CN.md", "# 甲\n", "differ in their headings"},
}

func TestCheckFindsEachKindOfFault(t *testing.T) {
	t.Setenv("GOWORK", "off")
	for name, test := range wrongDocuments {
		t.Run(name, func(t *testing.T) {
			changed := map[string]string{test.file: test.text}
			want := test.want
			if want == "" {
				changed["docs/b.md"], want = "`go run ./examples/left`", ".ci/examples does not run it"
			}
			root := tree(t, changed)
			pages, err := readPages(root)
			require.NoError(t, err)
			faults, err := checkWords(root, pages)
			require.NoError(t, err)
			if strings.HasPrefix(name, "code:") { // the compiler takes its time
				require.Empty(t, faults)
				require.NoError(t, os.Remove(filepath.Join(root, "docs/a.md")))
				require.NoError(t, os.Remove(filepath.Join(root, "README.md")))
				require.NoError(t, os.Remove(filepath.Join(root, "README.zh-CN.md")))
				if pages, err = readPages(root); err == nil {
					faults, err = checkCode(root, pages)
				}
				require.NoError(t, err)
			}
			require.Contains(t, strings.Join(faults, "\n"), want)
		})
	}
}
