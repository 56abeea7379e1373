package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/internal/catalog"
)

func TestExplainKnowsEveryCodeOfTheDocuments(t *testing.T) {
	term := newTerminal(t)
	for key := range catalog.Entries {
		if key.Code == "*" { // any code of a table
			continue
		}
		found, err := explainCmd{}.look("")
		require.NoError(t, err)
		require.Empty(t, found)
		var got struct{ Meanings []meaning }
		require.Equal(t, exitOK, term.json(&got, "explain", key.Code), key)
		text := ""
		for _, m := range got.Meanings {
			text += m.Code + " "
			require.NotEmpty(t, m.Where)
			require.False(t, m.Meaning.EN != "" && m.Meaning.ZH == "", "%v has no Chinese", key)
		}
		require.Contains(t, text, key.Scope+"/"+key.Code+" ")
	}
}

func TestExplainIsReadInBothLanguages(t *testing.T) {
	term := newTerminal(t)
	r := term.run("explain", "66660015")
	require.Equal(t, exitOK, r.code)
	require.Contains(t, r.out, "face/66660015  name or identity number is ill-formed")
	require.Contains(t, r.out, "ocr-idcard/66660015  the video or picture cannot be used")
	require.NotContains(t, r.out, "\x1b", "a pipe has no colours")

	term.env["LANG"] = "zh_CN.UTF-8"
	r = term.run("explain", "66660015", "--product", "plus", "--channel", "server")
	require.Contains(t, r.out, "姓名或身份证号格式不正确")
	require.Contains(t, r.out, "不计费")
	require.NotContains(t, r.out, "ocr-idcard")

	require.Equal(t, r.out, term.run("-lang", "zh", "explain", "face/66660015", "-product", "plus", "-channel", "server").out, "as Go programs spell flags")
	require.Equal(t, exitOK, term.run("explain", "-5008").code, "a negative number is a code")
}

func TestExplainSaysThatItDoesNotKnow(t *testing.T) {
	term := newTerminal(t)
	r := term.run("explain", "123456789")
	require.Equal(t, exitNo, r.code)
	require.Contains(t, r.out, "No table")
	require.Equal(t, exitUsage, term.run("explain", "0", "--channel", "fax").code)
	require.Equal(t, exitUsage, term.run("explain").code)
}

// A code may come from a log that a stranger has written to.
func TestExplainShowsNoControlCharacterOfItsArgument(t *testing.T) {
	term := newTerminal(t)
	for _, args := range [][]string{
		{"explain", "1\x1b[31m2\u202e"}, {"explain", "0", "--channel", "\x1b[31m"}, {"explain", "0", "\x1b[31m"}, {"\x1b[31m"}, {"explain", "--lang", "\x1b[31m"},
	} {
		r := term.run(args...)
		require.NotEqual(t, exitOK, r.code, args)
		require.NotContains(t, r.out+r.err, "\x1b", args)
		require.NotContains(t, r.out+r.err, "\u202e", args)
	}
	require.Contains(t, term.run("explain", "1\x1b[31m2").out, "1\uFFFD[31m2", "a mark stands in its place")
}

// The codes of the manual and of docs/cli.md are those of the documents.
func TestExplainKnowsTheCodesOfItsManual(t *testing.T) {
	term := newTerminal(t)
	page, err := os.ReadFile("../../docs/cli.md")
	require.NoError(t, err)
	for _, m := range regexp.MustCompile("(?m)^faceid (explain .+)$").FindAllStringSubmatch(string(page), -1) {
		require.Equal(t, exitOK, term.run(strings.Fields(m[1])...).code, m[1])
	}
	_, codes, found := strings.Cut(term.run("explain", "--help").out, "As the platform writes it:")
	require.True(t, found)
	codes, _, _ = strings.Cut(codes, "face/66660004")
	names := regexp.MustCompile(`[A-Za-z0-9.-]+`).FindAllString(codes, -1)
	require.Len(t, names, 3, codes)
	for _, code := range append(names, "face/66660004") {
		require.Equal(t, exitOK, term.run("explain", code).code, code)
	}
}

// A result of the international site is of no product.
func TestExplainOfAProductHasNothingInternational(t *testing.T) {
	term := newTerminal(t)
	require.NotContains(t, term.run("explain", "0", "--product", "ocr-idcard").out, "international")
	require.Contains(t, term.run("explain", "0", "--product", "ocr-idcard", "--channel", "international").out, "intl/0")
	require.Contains(t, term.run("explain", "0").out, "intl/0")
}
