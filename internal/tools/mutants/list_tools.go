package main

// toolsMutants break the tools of this repository.
var toolsMutants = []mutant{
	// internal/tools/benchreport
	{"what is slower holds", "internal/tools/benchreport/judge.go", "return value <= t.atMost", "return value <= 2*t.atMost+1", "internal/tools/benchreport", "TestJudgeSeesEachTarget"},
	{"what is too slow beside encoding/json holds", "internal/tools/benchreport/judge.go", "return value >= t.atLeast", "return value > 0", "internal/tools/benchreport", "TestJudgeSeesEachTarget"},
	{"a row may be absent", "internal/tools/benchreport/main.go", "return held && len(r.absent) == 0, err", "return held, err", "internal/tools/benchreport", "TestRunFailsForAnAbsentRow"},
	{"a missed target is a success", "internal/tools/benchreport/main.go", "return held && len(r.absent) == 0, err", "return held || len(r.absent) == 0, err", "internal/tools/benchreport", "TestJudgeSeesEachTarget"},
	{"the slowest run counts", "internal/tools/benchreport/parse.go", "return (values[(len(values)-1)/2] + values[len(values)/2]) / 2", "return values[len(values)-1]", "internal/tools/benchreport", "TestParseTakesTheMedian"},
	{"the Chinese page keeps its old figures", "internal/tools/benchreport/main.go", "return fill(twin, chinese)", "return nil", "internal/tools/benchreport", "TestFillPages"},
	{"the Chinese page has English words", "internal/tools/benchreport/chinese.go", "return figure + end[1]", "return figure + end[0]", "internal/tools/benchreport", "TestInChinese"},
	// internal/tools/doccheck
	{"a copy in a page may differ", "internal/tools/doccheck/code.go", "!strings.Contains(unindented(string(text)), unindented(b.text))", "string(text) == b.text", "internal/tools/doccheck", "TestCheckFindsEachKindOfFault"},
	{"a copy in a page may be half a line", "internal/tools/doccheck/code.go", "out := \"\\n\"\n", "out := \"\"\n", "internal/tools/doccheck", "TestCheckFindsEachKindOfFault"},
	{"a page need not link to its twin", "internal/tools/doccheck/twins.go", "found || number <= top && target == path.Base(to.path)", "true", "internal/tools/doccheck", "TestCheckTwins"},
	{"a Chinese page may link to an English one that has a twin", "internal/tools/doccheck/twins.go", "ok && name != twin.path && pages[base+\".zh-CN.md\"] != nil", "ok && name != twin.path && pages[base+\".md\"] == nil", "internal/tools/doccheck", "TestCheckTwins"},
	{"a page may be missing in the index", "internal/tools/doccheck/twins.go", "p != list && !listed[p.path]", "p != list && listed[p.path]", "internal/tools/doccheck", "TestCheckFindsEachKindOfFault"},
	{"the index may hide that a page has no twin", "internal/tools/doccheck/twins.go", "!strings.Contains(l.text, \"English only\")", "!strings.Contains(l.text, \"|\")", "internal/tools/doccheck", "TestCheckFindsEachKindOfFault"},
	{"the index may leave out a twin", "internal/tools/doccheck/twins.go", "case !slices.Contains(links[l.number], base+\".zh-CN.md\"):", "case len(links) == 0:", "internal/tools/doccheck", "TestCheckFindsEachKindOfFault"},
	{"a picture may have a semicolon", "internal/tools/doccheck/prose.go", "strings.Contains(l, \";\")", "strings.Contains(l, \";;\")", "internal/tools/doccheck", "TestCheckFindsEachKindOfFault"},
}
