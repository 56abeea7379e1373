package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Each change is the smallest that its row can print.
func TestJudgeSeesEachTargetMissed(t *testing.T) {
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
		"simulator over a port: time of a request":                     {"Simulator/port-2", "250000 ns/op", "250001 ns/op"},
		"simulator at order 1,000,000: time of a request":              {"SimulatorGrowth-2", "130000 late-ns", "130001 late-ns"},
		"simulator at order 1,000,000: heap":                           {"SimulatorGrowth-2", "2.600 late-MB", "2.601 late-MB"},
		"an order with a 1 MiB video, into ledger and bucket: time":    {"Archive-2", "3000000 keeper-ns", "3000001 keeper-ns"},
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
	require.Len(t, targets, 14, "every target has a case")
}

// changed returns the text with one figure of one row replaced.
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

func TestJudgeHoldsNoTargetForAnAbsentFigure(t *testing.T) {
	r := parsed(t, "BenchmarkOther-2 1 5 ns/op\n")
	verdicts, all := judge(r)
	require.False(t, all)
	for _, row := range verdicts.rows {
		require.Equal(t, []string{"?", "MISSED"}, []string{row[1], row[3]}, row[0])
	}
}
