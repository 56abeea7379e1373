package main

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// theRun lies exactly on every target that has a limit.
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

func TestTheReportOfARun(t *testing.T) {
	want, err := os.ReadFile("testdata/report.txt")
	require.NoError(t, err)
	got, good := report(t, theRun(t))
	require.Equal(t, string(want), got)
	require.True(t, good)
}

// Each change is the smallest that its row can show.
func TestEachTargetIsSeenAsMissed(t *testing.T) {
	for what, change := range map[string][3]string{ // row, old, new
		"record with a 6 MB video into bytes: time":                    {"FaceRecordVideo/floor-2", "10000000 ns/op", "9999999 ns/op"},
		"the same, beside encoding/json":                               {"FaceRecordVideo/encoding-json-2", "64000000 ns/op", "63999999 ns/op"},
		"the same: allocated bytes":                                    {"FaceRecordVideo/faceid-2", "8178892 B/op", "8178893 B/op"},
		"the same into an io.Writer: allocated bytes over the floor's": {"FaceRecordVideo/faceid-writer-2", "268144 B/op", "268145 B/op"},
		"small query, turn by turn: time":                              {"SmallQuery/interleaved-2", "345000 faceid-ns", "345001 faceid-ns"},
		"SignTicket, fresh: allocations":                               {"SignTicket/faceid", "0 allocs/op", "1 allocs/op"},
		"SignTicket, fresh: what a second caller costs":                {"SignTicket/faceid-2", "26.00 ns/op", "26.01 ns/op"},
		"Sign: allocations":                                            {"Sign/faceid-2", "2 allocs/op", "3 allocs/op"},
		"hostile answers: the most that one allocates":                 {"HostileAnswers/escapes-2", "8.000 x-text", "8.001 x-text"},
		"StartH5, warm: time":                                          {"StartH5/faceid-2", "25000000 ns/op", "25000001 ns/op"},
	} {
		t.Run(what, func(t *testing.T) {
			text := changed(t, theRun(t), change[0], change[1], change[2])
			verdicts, all := judge(parsed(t, text))
			require.False(t, all)
			for _, row := range verdicts.rows {
				require.Equal(t, row[0] == what, row[3] == "MISSED", "%v", row)
			}
			_, good := report(t, text)
			require.False(t, good)
		})
	}
	require.Len(t, targets, 10, "every target has a case")
}

// changed replaces a figure in one row.
func changed(t *testing.T, text, row, old, new string) string {
	t.Helper()
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if fields := strings.Fields(line); len(fields) > 0 && fields[0] == "Benchmark"+row {
			require.Contains(t, line, old)
			lines[i] = strings.Replace(line, old, new, 1)
			return strings.Join(lines, "\n")
		}
	}
	t.Fatalf("there is no row %s", row)
	return ""
}

// Each row counts: also one that no target looks at.
func TestAnAbsentRowFails(t *testing.T) {
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

func TestAFigureThatIsNotThereHoldsNoTarget(t *testing.T) {
	r := parsed(t, "BenchmarkOther-2 1 5 ns/op\n")
	verdicts, all := judge(r)
	require.False(t, all)
	for _, row := range verdicts.rows {
		require.Equal(t, []string{"?", "MISSED"}, []string{row[1], row[3]}, row[0])
	}
}

func TestTheMedianOfTheRunsCounts(t *testing.T) {
	r := parsed(t, `cpu: one
BenchmarkA/x-8   	 10	 7 ns/op	 3 B/op
BenchmarkA/x-8   	 10	 900 ns/op	 3 B/op
BenchmarkA/x-8   	 10	 5.5 ns/op	 3 B/op
BenchmarkA/x     	 10	 1 ns/op
`)
	require.Equal(t, 7.0, r.of("A/x-8", "ns/op"))
	require.Equal(t, 1.0, r.of("A/x-1", "ns/op"), "go test leaves out a single core")
	require.Equal(t, 6.25, r.of("A/x", "ns/op"), "the middle of two")
	require.InDelta(t, 894.5/7, r.spread("A/x-8", "ns/op"), 1e-9)
	require.Equal(t, "one", r.about["cpu"])
	require.Empty(t, r.absent)
}

func TestWhatIsNoRunIsAnError(t *testing.T) {
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

func TestTablesGoBetweenTheirMarkers(t *testing.T) {
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

// The document has a place for every table.
func TestTheDocumentTakesARun(t *testing.T) {
	text, err := os.ReadFile("../../BENCHMARKS.md")
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

func TestThePlotShowsEveryWay(t *testing.T) {
	r := parsed(t, theRun(t))
	svg := plot(r)
	lines := polylines(t, svg)
	require.Len(t, lines, 2*len(growthWays))
	require.NotContains(t, svg, "NaN")
	for i, line := range lines {
		require.Len(t, line, len(growthSizes))
		for j, p := range line {
			require.True(t, p[1] >= panelTop && p[1] <= panelTop+panelHeight, "inside its panel")
			if j > 0 {
				require.Greater(t, p[0], line[j-1][0], "larger is further right")
			}
			if j > 0 && i < len(growthWays) {
				require.Less(t, p[1], line[j-1][1], "slower is higher")
			}
		}
	}
	json, floor := lines[2], lines[3]
	for j := range json {
		require.Less(t, json[j][1], floor[j][1], "encoding/json lies above the floor")
	}
	require.Empty(t, r.absent)
}

// polylines reads the points of a drawing, which must be well-formed.
func polylines(t *testing.T, svg string) (all [][][2]float64) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "polyline" {
			continue
		}
		var line [][2]float64
		for point := range strings.FieldsSeq(start.Attr[0].Value) {
			x, y, _ := strings.Cut(point, ",")
			line = append(line, [2]float64{number(t, x), number(t, y)})
		}
		all = append(all, line)
	}
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	require.NoError(t, err)
	return v
}

func TestFiguresAreShort(t *testing.T) {
	for want, got := range map[string]string{
		"0 ns": duration(0), "41.5 ns": duration(41.52), "1.18 µs": duration(1184), "999 ms": duration(999e6), "1.50 s": duration(1.5e9),
		"0 B": size(0), "256 KiB": size(256 << 10), "1.30 MiB": size(1.3 * (1 << 20)), "-2 KiB": size(-2048), "2 GiB": size(2 << 30),
		"12 %": percent(0.123), "–": percent(math.NaN()), "1.60": short(1.6), "38971": short(38971.4), "?": short(parsed(t, theRun(t)).of("none", "ns/op")),
	} {
		require.Equal(t, want, got)
	}
}
