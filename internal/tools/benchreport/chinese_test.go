package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sameInBoth are the words that no cell translates: the names of ways, of functions and of
// units, and what a run says about itself.
var sameInBoth = regexp.MustCompile("`[^`]*`|" +
	`\b(?:read-then-decode|bare-read|stream-decode|faceid(?:-writer)?|encoding-json|official-(?:typed|common)|net-http|sha1|join-sort-hex|` +
	`one-request|sequential|floor|port|in-process|bare|keeper|time\.Now|io\.Writer|base64|StartH5|SignTicket|Sign|SQLite|WithMaxAnswer(?:Text)?|` +
	`CPU|TLS|token|Go|p99|ns|ms|s|B|KiB|MiB|GiB|KB|MB|64KB|256KB|1MB|6MB|16MB|32MB|go1\S*|linux/amd64, Some CPU|make bench ROUNDS=1|0123456789ab)\b`)

func TestInChineseLeavesNoEnglish(t *testing.T) {
	r := parsed(t, theRun(t))
	verdicts, _ := judge(r)
	missed, _ := judge(parsed(t, "BenchmarkOther-2 1 5 ns/op\n"))
	used := map[string]bool{}
	for _, english := range append(allTables(r), verdicts, missed) {
		chinese := english.inChinese()
		require.Equal(t, english.name, chinese.name)
		for i, row := range append([][]string{english.head}, english.rows...) {
			for j, cell := range row {
				used[cell] = true
				got := append([][]string{chinese.head}, chinese.rows...)[i][j]
				require.NotRegexp(t, `[A-Za-zµ]`, strings.ReplaceAll(sameInBoth.ReplaceAllString(got, ""), "µ", ""), "table %s: %s", english.name, cell)
				require.Equal(t, digits.FindAllString(cell, -1), digits.FindAllString(got, -1), "figures stay: %s", got)
			}
		}
	}
	for cell := range chineseOf {
		require.True(t, used[cell], "no table says %q", cell)
	}
	require.Equal(t, "6d0c38ed8835，另有改动", inChinese("6d0c38ed8835 and changes"))
}

var digits = regexp.MustCompile(`\d[\d.,]*`)

func TestFillPagesWritesTheChineseTwin(t *testing.T) {
	name := filepath.Join(t.TempDir(), "doc.md")
	tables := []table{{name: "a", head: []string{"way", "time"}, rows: [][]string{{"faceid", "2 ms"}}}}
	place := "<!-- figures: a -->\n<!-- end -->\n"
	require.NoError(t, os.WriteFile(name, []byte(place), 0o600))
	require.NoError(t, fillPages(name, tables), "a page may have no twin")
	require.NoFileExists(t, twinOf(name))

	require.NoError(t, os.WriteFile(twinOf(name), []byte("正文\n"+place), 0o600))
	require.NoError(t, fillPages(name, tables))
	text, err := os.ReadFile(twinOf(name))
	require.NoError(t, err)
	require.Equal(t, "正文\n<!-- figures: a -->\n| 方式 | 时间 |\n| - | - |\n| faceid | 2 ms |\n<!-- end -->\n", string(text))

	require.NoError(t, os.WriteFile(twinOf(name), []byte("正文\n"), 0o600))
	require.ErrorContains(t, fillPages(name, tables), "doc.zh-CN.md has no place for a")
}

// The pages show runs that nobody repeats in a test, so this test compares the two pages.
func TestPagesHaveTheSameFigures(t *testing.T) {
	english, chinese := tablesOf(t, "../../../docs/BENCHMARKS.md"), tablesOf(t, "../../../docs/BENCHMARKS.zh-CN.md")
	require.Len(t, chinese, len(english))
	for name, want := range english {
		require.Equal(t, want.inChinese().markdown(), chinese[name].markdown(), name)
	}
	verdicts, _ := judge(parsed(t, theRun(t)))
	all := append(allTables(parsed(t, theRun(t))), verdicts)
	require.Len(t, english, len(all))
	for _, is := range all {
		page := english[is.name]
		require.Equal(t, is.head, page.head, is.name)
		require.Len(t, page.rows, len(is.rows), is.name)
		for i, row := range is.rows {
			require.Equal(t, words(row[0]), words(page.rows[i][0]), "table %s names its rows as the tool does", is.name)
		}
	}
}

// words returns a cell without what a run decides.
func words(cell string) string {
	if regexp.MustCompile(`^[0-9a-f]{12}|^\d+$`).MatchString(cell) {
		return ""
	}
	return cell
}

// tablesOf reads the tables between the markers of a page.
func tablesOf(t *testing.T, name string) map[string]table {
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	all := map[string]table{}
	for _, m := range regexp.MustCompile(`(?s)<!-- figures: (\S+) -->\n(.*?)`+endMark).FindAllStringSubmatch(string(text), -1) {
		read := table{name: m[1]}
		for i, line := range strings.Split(strings.TrimSpace(m[2]), "\n") {
			cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(line, "| "), " |"), " | ")
			switch i {
			case 0:
				read.head = cells
			case 1:
			default:
				read.rows = append(read.rows, cells)
			}
		}
		all[m[1]] = read
	}
	return all
}
