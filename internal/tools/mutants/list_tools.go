package main

// toolsMutants break the tools of this repository.
var toolsMutants = []mutant{
	// internal/tools/benchreport
	{"what is slower holds", "internal/tools/benchreport/judge.go", "return value <= t.atMost", "return value <= 2*t.atMost+1", "internal/tools/benchreport", "TestJudgeSeesEachTarget"},
	{"what is too slow beside encoding/json holds", "internal/tools/benchreport/judge.go", "return value >= t.atLeast", "return value > 0", "internal/tools/benchreport", "TestJudgeSeesEachTarget"},
	{"a row may be absent", "internal/tools/benchreport/main.go", "return held && len(r.absent) == 0, err", "return held, err", "internal/tools/benchreport", "TestRunFailsForAnAbsentRow"},
	{"a missed target is a success", "internal/tools/benchreport/main.go", "return held && len(r.absent) == 0, err", "return held || len(r.absent) == 0, err", "internal/tools/benchreport", "TestJudgeSeesEachTarget"},
	{"the slowest run counts", "internal/tools/benchreport/parse.go", "return (values[(len(values)-1)/2] + values[len(values)/2]) / 2", "return values[len(values)-1]", "internal/tools/benchreport", "TestParseTakesTheMedian"},
	// internal/tools/doccheck
	{"a copy in a page may differ", "internal/tools/doccheck/code.go", "!strings.Contains(unindented(string(text)), unindented(b.text))", "string(text) == b.text", "internal/tools/doccheck", "TestCheckFindsEachKindOfFault"},
	{"a copy in a page may be half a line", "internal/tools/doccheck/code.go", "out := \"\\n\"\n", "out := \"\"\n", "internal/tools/doccheck", "TestCheckFindsEachKindOfFault"},
}
