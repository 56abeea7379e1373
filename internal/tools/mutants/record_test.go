package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWriteRecordKeepsARun(t *testing.T) {
	l := small(t)
	var out strings.Builder
	list := []mutant{
		change("n + n", "n + n + 1", "TestDouble"),
		{"less is more", "in/less.go", "a < b", "a > b", "in", "TestLess"},
		change("2 + 2", "5", "TestNothing"),
	}
	results := l.tryAll(&out, list, 3)
	summary(&out, results)
	require.Equal(t, `killed    n + n is n + n + 1                       by TestDouble/three, TestDouble/zero
killed    less is more                             by TestLess
SURVIVED  2 + 2 is 5                               TestNothing passes

in/less.go                                  1 mutants, 0 survived
small.go                                    2 mutants, 1 survived
3 mutants, 1 survived
`, out.String(), "in the order of the list")

	path := filepath.Join(t.TempDir(), "R.md")
	require.NoError(t, os.WriteFile(path, []byte("before\n<!-- mutants -->\nold\n<!-- /mutants -->\nbehind\n"), 0o600))
	for range 2 { // a second record replaces the first
		require.NoError(t, writeRecord(path, results[:2]))
		text := string(must(os.ReadFile(path)))
		require.True(t, strings.HasPrefix(text, "before\n<!-- mutants -->\n\n`make mutants`, commit "), text)
		require.Contains(t, text, ": 2 mutants, 0 survived.\n")
		require.Contains(t, text, "| in/less.go | 1 | 0 |\n")
		require.Contains(t, text, "| less is more | in/less.go | TestLess |\n")
		require.True(t, strings.HasSuffix(text, "</details>\n\n<!-- /mutants -->\nbehind\n"), text)
		require.NotContains(t, text, "old\n")
	}
	require.Error(t, writeRecord(filepath.Join(l.dir, "go.mod"), results), "no markers")
}

func TestFewCountsManyTests(t *testing.T) {
	r := result{verdict: verdict{failed: []string{"A", "B", "C", "D", "E"}}}
	require.Equal(t, "A, B, C, 2 more", r.few())
	require.Equal(t, "A, B, C, D, E", r.killedBy())
}

// make mutants RECORD=1 writes into this page.
func TestWriteRecordFindsTheMarkersOfThePage(t *testing.T) {
	page := must(os.ReadFile("../../../docs/reliability/mutants.md"))
	path := filepath.Join(t.TempDir(), "mutants.md")
	require.NoError(t, os.WriteFile(path, page, 0o600))
	require.NoError(t, writeRecord(path, nil))
}
