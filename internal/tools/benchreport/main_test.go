package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// theRun returns a run whose figures lie exactly on the limit of every target.
func theRun(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("testdata/run.txt")
	require.NoError(t, err)
	return string(text)
}

func parsed(t *testing.T, text string) *results {
	t.Helper()
	r, err := parse(strings.NewReader(text))
	require.NoError(t, err)
	return r
}

func report(t *testing.T, text string, args ...string) (string, bool) {
	t.Helper()
	var out strings.Builder
	good, err := run(args, strings.NewReader(text), &out)
	require.NoError(t, err)
	return out.String(), good
}

func TestRunPrintsTheReport(t *testing.T) {
	want, err := os.ReadFile("testdata/report.txt")
	require.NoError(t, err)
	got, good := report(t, theRun(t))
	require.Equal(t, string(want), got)
	require.True(t, good)
}

// A row counts even if no target uses it.
func TestRunFailsForAnAbsentRow(t *testing.T) {
	lines := strings.SplitAfter(theRun(t), "\n")
	rows := 0
	for i, line := range lines {
		if !strings.HasPrefix(line, "Benchmark") {
			continue
		}
		rows++
		without := strings.Join(append(append([]string(nil), lines[:i]...), lines[i+1:]...), "")
		out, good := report(t, without)
		require.False(t, good, line)
		require.Contains(t, out, "no figure: ", line)
	}
	require.Greater(t, rows, 50)
}

func TestRunRefusesWhatIsNoRun(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":            "",
		"no benchmark":       "ok  \tgithub.com/faceid-go/faceid\t0.1s\n",
		"a benchmark failed": theRun(t) + "--- FAIL: BenchmarkSign/faceid\n",
		"no number":          "BenchmarkA-2 1 many ns/op\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := run(nil, strings.NewReader(text), io.Discard)
			require.Error(t, err)
		})
	}
}

func TestFillWritesBetweenTheMarkers(t *testing.T) {
	tables := []table{
		{name: "a", head: []string{"x", "y"}, rows: [][]string{{"1", "2"}, {"3", "4"}}},
		{name: "b", head: []string{"z"}, rows: [][]string{{"5"}}},
	}
	name := filepath.Join(t.TempDir(), "doc.md")
	before := "Intro.\n<!-- figures: b -->\nold\n<!-- end -->\nBetween <!-- end -->.\n<!-- figures: a -->\n<!-- end -->\nAfter."
	require.NoError(t, os.WriteFile(name, []byte(before), 0o600))
	for range 2 { // again, nothing more changes
		require.NoError(t, fill(name, tables))
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Equal(t, "Intro.\n<!-- figures: b -->\n| z |\n| - |\n| 5 |\n<!-- end -->\nBetween <!-- end -->.\n"+
			"<!-- figures: a -->\n| x | y |\n| - | - |\n| 1 | 2 |\n| 3 | 4 |\n<!-- end -->\nAfter.", string(text))
	}
	require.Error(t, fill(name, append(tables, table{name: "c"})), "no place for it")
}

func TestFillFindsEveryTableInTheDocument(t *testing.T) {
	text, err := os.ReadFile("../../../docs/BENCHMARKS.md")
	require.NoError(t, err)
	name, picture := filepath.Join(t.TempDir(), "doc.md"), filepath.Join(t.TempDir(), "plot.svg")
	require.NoError(t, os.WriteFile(name, text, 0o600))
	_, good := report(t, theRun(t), "-markdown", name, "-svg", picture)
	require.True(t, good)
	filled, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Contains(t, string(filled), "0123456789ab")
	require.FileExists(t, picture)
}
