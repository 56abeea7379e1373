package trial

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheSameSeedDrawsTheSame(t *testing.T) {
	a, b, other := Rand(1), Rand(1), Rand(2)
	for range 100 {
		require.Equal(t, a.Uint64(), b.Uint64())
	}
	require.NotEqual(t, Rand(1).Uint64(), other.Uint64())
}

func TestATableIsMarkdown(t *testing.T) {
	var r Report
	r.Table([]string{"a", "b"}, []any{1, "x|y"})
	table := "| a | b |\n| --- | --- |\n| 1 | x\\|y |\n\n"
	require.Equal(t, table, r.text.String())
	r.text.Reset()
	r.Folded("more", []string{"a", "b"}, []any{1, "x|y"})
	require.Equal(t, "<details><summary>more</summary>\n\n"+table+"</details>\n\n", r.text.String())
}

func TestASectionIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "R.md")
	write := func(text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o600)) }
	write("before\n<!-- fleet -->\nold $1\n<!-- /fleet -->\nafter\n")
	for range 2 { // again and again
		require.NoError(t, replaceSection(path, "fleet", "new $1\n\n"))
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, "before\n<!-- fleet -->\n\nnew $1\n\n<!-- /fleet -->\nafter\n", string(text))
	}
	write("no markers")
	require.Error(t, replaceSection(path, "fleet", "new"))
}

// Each trial has a page that make NAME RECORD=1 writes into.
func TestReplaceSectionFindsTheMarkersOfEveryPage(t *testing.T) {
	for _, name := range []string{"fleet", "soak", "siege", "callbacks", "evidence-postgres", "evidence-sqlite", "evidence-river", "evidence-asynq"} {
		file, _, _ := strings.Cut(name, "-")
		page, err := os.ReadFile("../../../docs/reliability/" + file + ".md")
		require.NoError(t, err)
		path := filepath.Join(t.TempDir(), name+".md")
		require.NoError(t, os.WriteFile(path, page, 0o600))
		require.NoError(t, replaceSection(path, name, "new"))
	}
}
