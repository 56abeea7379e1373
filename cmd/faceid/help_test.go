package main

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/cmd/faceid/internal/orders"
	"github.com/faceid-go/faceid/cmd/faceid/internal/setup"
	"github.com/faceid-go/faceid/cmd/faceid/internal/show"
	"github.com/faceid-go/faceid/internal/simulate"
)

// model is the command line as the parser has it.
func model(t *testing.T) *kong.Node {
	t.Helper()
	parser, err := kong.New(&commands{}, kong.Name("faceid"), kong.Vars{"products": join(products), "channels": join(channels), "kinds": join(orders.Products), "flowToken": setup.FlowToken})
	require.NoError(t, err)
	return parser.Model.Node
}

// constants returns the constants of a file whose names match, with their values.
func constants(t *testing.T, path string, match func(name string) bool) (values []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	require.NoError(t, err)
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && match(spec.Names[0].Name) && len(spec.Values) == 1 {
			if value, ok := spec.Values[0].(*ast.BasicLit); ok {
				values = append(values, strings.Trim(value.Value, `"`))
			}
		}
		return true
	})
	return values
}

func TestHelpHasEveryCommandVariableAndExitCode(t *testing.T) {
	names := constants(t, "internal/setup/setup.go", ast.IsExported)
	require.Greater(t, len(names), 15)
	codes := constants(t, "main.go", func(name string) bool { return strings.HasPrefix(name, "exit") })
	require.Len(t, codes, 5)
	for _, lang := range []string{"en", "zh"} {
		a := runWith(t.Context(), nil, "", "--lang", lang, "help")
		require.Equal(t, exitOK, a.code, a.err)
		lines := strings.Split(a.out, "\n")
		for _, n := range model(t).Children {
			require.Contains(t, lines, "    "+n.Name, "the command has a line of its own")
		}
		for _, name := range names {
			term := "    " + name
			if setup.MayBeFile(name) {
				term += ", " + name + "_FILE"
			}
			require.Contains(t, lines, term)
		}
		for _, code := range codes {
			require.Contains(t, lines, "    "+code)
		}
	}
}

// What is added to the command line is added to the Chinese, too, and what has gone goes.
func TestHelpIsWholeInChinese(t *testing.T) {
	program := model(t)
	pages := []string{""}
	for _, n := range append(program.Children, program) {
		page := chinese[pageName(n)]
		var flags []string
		for _, f := range n.Flags {
			if f.Name != "help" {
				flags = append(flags, f.Name)
			}
		}
		for _, a := range n.Positional {
			if n.Name != "simulate" {
				flags = append(flags, a.Name)
			}
		}
		if n.Name == "simulate" {
			simulate.Flags(func(f *flag.Flag) { flags = append(flags, f.Name) })
		}
		require.ElementsMatch(t, flags, slices.Collect(maps.Keys(page.flags)), "the flags of %q in manual_zh.go", n.Name)
		if n == program {
			continue
		}
		pages = append(pages, n.Name)
		require.NotEmpty(t, page.short, n.Name)
		require.Equal(t, n.Detail == "", page.about == "", n.Name)
		en := runWith(t.Context(), nil, "", "help", n.Name)
		zh := runWith(t.Context(), nil, "", "--lang", "zh", "help", n.Name)
		require.Equal(t, exitOK, en.code, en.err)
		require.Contains(t, strings.Join(strings.Fields(en.out), " "), "NAME faceid "+n.Name+" - "+n.Help)
		require.Contains(t, zh.out, "名称\n    faceid "+n.Name+" - "+page.short)
		for _, name := range flags {
			require.Contains(t, strings.ToLower(zh.out), name)
		}
		require.LessOrEqual(t, widest(en.out+zh.out), 100, n.Name)
	}
	require.ElementsMatch(t, pages, slices.Collect(maps.Keys(chinese)))
	for name := range examplesOf {
		require.Contains(t, pages, name)
	}
}

func widest(text string) (n int) {
	for line := range strings.Lines(text) {
		n = max(n, show.Width(strings.TrimSuffix(line, "\n")))
	}
	return n
}

func TestHelpWrapsAtItsWidth(t *testing.T) {
	for width := 20; width < 60; width++ {
		for _, text := range []string{description, descriptionZH, "a短 b，c。" + strings.Repeat("中文", 40)} {
			for _, line := range wrap(strings.ReplaceAll(text, "\n", " "), width) {
				require.LessOrEqual(t, show.Width(line), width+2, line) // a closing mark may hang
				require.False(t, strings.HasPrefix(line, "，") || strings.HasPrefix(line, "。"), line)
			}
		}
	}
	require.Equal(t, "a短 b，c。", strings.Join(wrap("a短 b，c。", 80), ""))
}

func TestHelpIsAPageOfMan(t *testing.T) {
	a := runWith(t.Context(), nil, "", "help", "fetch", "--man")
	require.Equal(t, exitOK, a.code)
	require.True(t, strings.HasPrefix(a.out, ".TH \"FACEID-FETCH\" 1\n.SH NAME\n.PP\nfaceid fetch \\- "), a.out[:80])
	require.Contains(t, a.out, ".B \\-\\-take\\-over\n")
	require.Equal(t, `\&.x \e\-`, roff(`.x \-`))
	require.Equal(t, `\&'x`, roff(`'x`))
}

func TestHelpKnowsItsCommands(t *testing.T) {
	a := runWith(t.Context(), nil, "", "help", "fly")
	require.Equal(t, exitUsage, a.code)
	require.Contains(t, a.err, strconv.Quote("fly"))
	require.Equal(t, exitUsage, runWith(t.Context(), nil, "").code)
}

// Every user of a machine can list the arguments of a process.
func TestNoFlagTakesASecret(t *testing.T) {
	for _, n := range append(model(t).Children, model(t)) {
		for _, f := range n.Flags {
			for _, word := range []string{"secret", "token", "ticket", "key", "password"} {
				require.NotContains(t, f.Name, word, n.Name)
			}
		}
	}
}
