package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Each change is the smallest that its row can print.
func TestJudgeSeesEachTargetMissed(t *testing.T) {
	for what, change := range map[string][3]string{ // row, old, new
		"a video kept as bytes: time":                        {"FaceRecordVideo/read-then-decode-2", "10000000 ns/op", "9999999 ns/op"},
		"the same: time of encoding-json":                    {"FaceRecordVideo/encoding-json-2", "44000000 ns/op", "43999999 ns/op"},
		"the same: allocated bytes":                          {"FaceRecordVideo/faceid-2", "6606028 B/op", "6606029 B/op"},
		"a video into an io.Writer: time":                    {"FaceRecordVideo/faceid-writer-2", "3400000 ns/op", "3500001 ns/op"},
		"the same: allocated bytes beyond read-then-decode":  {"FaceRecordVideo/faceid-writer-2", "38768 B/op", "38769 B/op"},
		"a video over TLS: time":                             {"FaceRecordVideo/tls/faceid-2", "7500000 ns/op", "7500001 ns/op"},
		"a video with escapes: time":                         {"FaceRecordVideo/escaped/faceid-2", "8250000 ns/op", "8250001 ns/op"},
		"64 videos at once: heap":                            {"Memory/faceid/64-2", "1.1 peak/media", "1.101 peak/media"},
		"64 callers: CPU time":                               {"Callers/net-http/64-2", "100000 cpu-ns", "99999 cpu-ns"},
		"8 to 512 callers: most CPU time":                    {"Callers/faceid/8-2", "113044 cpu-ns", "113043 cpu-ns"},
		"512 callers, later: verifications per second":       {"Callers/faceid/512-2", "800 warm/s", "799 warm/s"},
		"a small query, in turn with net-http: time":         {"SmallQuery/interleaved-2", "324000 faceid-ns", "324001 faceid-ns"},
		"a small query: allocations":                         {"SmallQuery/faceid-2", "100 allocs/op", "101 allocs/op"},
		"SignTicket while it is fresh: time":                 {"SignTicket/faceid", "23.00 ns/op", "23.01 ns/op"},
		"SignTicket while it is fresh: allocations":          {"SignTicket/faceid", "0 allocs/op", "1 allocs/op"},
		"SignTicket, from one caller to two: change of time": {"SignTicket/faceid-2", "29.90 ns/op", "29.91 ns/op"},
		"Sign: allocations":                                  {"Sign/faceid-2", "2 allocs/op", "3 allocs/op"},
		"a hostile answer: most allocated bytes":             {"HostileAnswers/escapes-2", "8.000 x-text", "8.001 x-text"},
		"StartH5 with a token at hand: allocations":          {"StartH5/faceid-2", "200 allocs/op", "201 allocs/op"},
		"StartH5 with a token at hand: time":                 {"StartH5/faceid-2", "25000000 ns/op", "25000001 ns/op"},
		"the simulator over a port: time of a request":       {"Simulator/port-2", "250000 ns/op", "250001 ns/op"},
		"the simulator at order 1,000,000: time":             {"SimulatorGrowth-2", "130000 late-ns", "130001 late-ns"},
		"the simulator at order 1,000,000: heap":             {"SimulatorGrowth-2", "2.600 late-MB", "2.601 late-MB"},
		"evidence of an order with a 1 MiB video: time":      {"Archive-2", "3000000 keeper-ns", "3000001 keeper-ns"},
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
	require.Len(t, targets, 24, "every target has a case")
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
