package main

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
)

// group is a table of the rows of one benchmark. The other rows are compared with
// the first.
type group struct {
	name, title, bench string
	ways               []string
}

var groups = []group{
	{"record", "A face record with a 6 MB video", "FaceRecordVideo/", []string{"read-then-decode", "bare-read", "stream-decode", "faceid", "faceid-writer", "encoding-json"}},
	{"tls", "The same over TLS", "FaceRecordVideo/tls/", []string{"read-then-decode", "bare-read", "faceid", "faceid-writer", "encoding-json"}},
	{"chunked", "The same without Content-Length", "FaceRecordVideo/chunked/", []string{"read-then-decode", "faceid", "faceid-writer", "encoding-json"}},
	{"gzip", "The same in gzip", "FaceRecordVideo/gzip/", []string{"read-then-decode", "faceid", "faceid-writer", "encoding-json"}},
	{"escaped", "The same with escapes and line breaks in the base64", "FaceRecordVideo/escaped/", []string{"faceid", "faceid-writer", "encoding-json"}},
	{"detect", "GetDetectInfoEnhanced with a 6 MB video", "DetectInfoVideo/", []string{"read-then-decode", "faceid", "official-typed", "official-common"}},
	{"small", "A record without files", "SmallQuery/", []string{"net-http", "faceid"}},
	{"sign", "Sign", "Sign/", []string{"sha1", "faceid", "join-sort-hex"}},
	{"start", "StartH5 where every answer takes 20 ms", "StartH5/", []string{"one-request", "faceid", "sequential"}},
	{"simulator", "A request to the simulator while two callers verify", "Simulator/", []string{"floor", "port", "in-process"}},
}

func allTables(r *results) []table {
	tables := []table{about(r)}
	for _, g := range groups {
		tables = append(tables, g.table(r))
	}
	return append(tables, simulatorTable(r), archiveTable(r), idleTable(r), ticketTable(r), callersTable(r), memoryTable(r), hostileTable(r),
		growthTable(r, "growth-time", "Time by the size of the video", "ns/op", duration),
		growthTable(r, "growth-memory", "Allocated bytes by the size of the video", "B/op", size))
}

func about(r *results) table {
	t := table{name: "run", title: "This run", head: []string{"commit", "Go", "machine", "cores", "command"}}
	get := func(key string) string { return cmp.Or(r.about[key], "?") }
	t.rows = [][]string{{get("commit"), get("go"), get("goos") + "/" + get("goarch") + ", " + get("cpu"), get("cores"), get("command")}}
	return t
}

func (g group) table(r *results) table {
	t := table{name: g.name, title: g.title, head: []string{"way", "time", "× " + g.ways[0], "allocated", "allocations", "spread"}}
	base, _ := g.time(r, g.ways[0])
	for _, way := range g.ways {
		row := g.bench + way
		time, spread := g.time(r, way)
		allocated := size(r.of(row, "B/op"))
		if r.rows[row]["media-B"] != nil {
			allocated += fmt.Sprintf(" (%s × the video)", short(r.of(row, "B/op")/r.of(row, "media-B")))
		}
		t.rows = append(t.rows, []string{way, duration(time), short(time / base), allocated, short(r.of(row, "allocs/op")), percent(spread)})
	}
	return t
}

// time returns the time of a way. In the group small the ways took turns in one
// benchmark, whose figures count.
func (g group) time(r *results, way string) (median, spread float64) {
	row, unit := g.bench+way, "ns/op"
	if g.name == "small" {
		row, unit = g.bench+"interleaved", way+"-ns"
	}
	return r.of(row, unit), r.spread(row, unit)
}

func simulatorTable(r *results) table {
	const row = "SimulatorGrowth"
	return table{name: "simulator-growth", title: "The simulator over a million orders", head: []string{"at the order", "a request", "heap"}, rows: [][]string{
		{"10,000", duration(r.of(row, "early-ns")), size(r.of(row, "early-MB") * (1 << 20))},
		{"1,000,000", duration(r.of(row, "late-ns")), size(r.of(row, "late-MB") * (1 << 20))},
	}}
}

func archiveTable(r *results) table {
	t := table{name: "archive", title: "An order with a 1 MiB video", head: []string{"way", "time", "× bare", "orders/s", "spread"}}
	for _, way := range []string{"bare", "keeper"} {
		time := r.of("Archive", way+"-ns")
		t.rows = append(t.rows, []string{way, duration(time), short(time / r.of("Archive", "bare-ns")), short(1e9 / time), percent(r.spread("Archive", way+"-ns"))})
	}
	return t
}

func idleTable(r *results) table {
	return table{
		name: "idle", title: "An order whose person never comes", head: []string{"looks until its end", "bytes in SQLite"},
		rows: [][]string{{short(r.of("IdleOrder", "looks")), short(r.of("IdleOrder", "B/order"))}},
	}
}

func ticketTable(r *results) table {
	t := table{name: "ticket", title: "SignTicket while it is fresh", head: []string{"callers at once", "faceid", "allocations", "time.Now"}}
	for _, cores := range []string{"1", "2"} {
		ours, base := "SignTicket/faceid-"+cores, "SignTicket/time-now-"+cores
		t.rows = append(t.rows, []string{cores, duration(r.of(ours, "ns/op")), short(r.of(ours, "allocs/op")), duration(r.of(base, "ns/op"))})
	}
	return t
}

// callers are how many callers at once BenchmarkCallers has.
var callers = []string{"1", "8", "64", "512"}

func callersTable(r *results) table {
	t := table{name: "callers", title: "Verifications over TLS, by callers at once", head: []string{"callers", "way", "at first, per second", "later, per second", "p99", "CPU time of the client", "new connections per verification"}}
	for _, n := range callers {
		for _, way := range []string{"faceid", "net-http"} {
			row := "Callers/" + way + "/" + n
			t.rows = append(t.rows, []string{n, way, short(r.of(row, "cold/s")), short(r.of(row, "warm/s")), duration(r.of(row, "p99-ns")),
				duration(r.of(row, "cpu-ns")), short(r.of(row, "conns/verification"))})
		}
	}
	return t
}

func memoryTable(r *results) table {
	t := table{name: "memory", title: "Growth of the heap while 6 MB videos are fetched at once", head: []string{"way", "1", "16", "64"}}
	for _, way := range []string{"faceid", "faceid-writer", "encoding-json"} {
		row := []string{way}
		for _, n := range t.head[1:] {
			name := "Memory/" + way + "/" + n
			row = append(row, fmt.Sprintf("%s (%s × the videos)", size(r.of(name, "peak-MB")*(1<<20)), short(r.of(name, "peak/media"))))
		}
		t.rows = append(t.rows, row)
	}
	return t
}

// bombs are the answers of BenchmarkHostileAnswers, with what each is full of.
var bombs = [][2]string{
	{"empty-objects", "a list of `{}` where the answer has attempts"},
	{"nulls", "a list of `null` there"},
	{"small-objects", "a list of objects with one member there"},
	{"wrong-types", "a list of numbers there"},
	{"keys", "members whose names are all different"},
	{"keys-inside", "the same in an object of the answer"},
	{"escaped-keys", "one name that consists of escapes"},
	{"escaped-names", "members with such names, each as long as is allowed"},
	{"nesting", "lists in lists, as many as fit"},
	{"nested-objects", "objects in objects, as many as fit"},
	{"deep-lists", "many lists in lists, each as deep as is allowed"},
	{"numbers", "a list of numbers"},
	{"long-number", "one number of millions of digits"},
	{"letters", "one text of letters"},
	{"escapes", "one text of escapes"},
	{"han", "Chinese texts"},
	{"refusal", "an error whose message repeats the name that was sent"},
	{"blanks", "blanks"},
	{"empty-files", "a list of empty files"},
	{"bad-files", "a list of files that are not base64"},
	{"small-files", "a list of files of one byte"},
}

func hostileTable(r *results) table {
	t := table{name: "hostile", title: "Hostile answers: the most that a call allocates, by the bound that it has", head: []string{"what the answer is full of", "decisions (× WithMaxAnswerText)", "other calls (× WithMaxAnswer)"}}
	for _, b := range bombs {
		row := "HostileAnswers/" + b[0]
		t.rows = append(t.rows, []string{b[1], short(r.of(row, "x-text")), short(r.of(row, "x-whole"))})
	}
	return t
}

var (
	growthWays  = []string{"faceid", "faceid-writer", "encoding-json", "read-then-decode"}
	growthSizes = []string{"64KB", "256KB", "1MB", "6MB", "16MB", "32MB"}
)

func growthTable(r *results, name, title, unit string, show func(float64) string) table {
	t := table{name: name, title: title, head: append([]string{"size"}, growthWays...)}
	for _, g := range growthSizes {
		row := []string{g}
		for _, way := range growthWays {
			row = append(row, show(r.of("Growth/"+way+"/"+g, unit)))
		}
		t.rows = append(t.rows, row)
	}
	return t
}

// percent prints a share. It prints a dash for NaN, the spread of a single run.
func percent(share float64) string {
	if math.IsNaN(share) {
		return "–"
	}
	return fmt.Sprintf("%.0f %%", 100*share)
}

// duration prints nanoseconds.
func duration(ns float64) string { return scaled(ns, 1000, "ns", "µs", "ms", "s") }

// size prints bytes.
func size(bytes float64) string { return scaled(bytes, 1024, "B", "KiB", "MiB", "GiB") }

func scaled(value, step float64, units ...string) string {
	for len(units) > 1 && math.Abs(value) >= step {
		value, units = value/step, units[1:]
	}
	return short(value) + " " + units[0]
}

// short prints three digits.
func short(value float64) string {
	switch a := math.Abs(value); {
	case math.IsNaN(value):
		return "?"
	case a >= 100 || value == math.Trunc(value):
		return strconv.FormatFloat(value, 'f', 0, 64)
	case a >= 10:
		return strconv.FormatFloat(value, 'f', 1, 64)
	}
	return strconv.FormatFloat(value, 'f', 2, 64)
}
