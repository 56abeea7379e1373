package main

import (
	"fmt"
	"math"
)

// target is a promise about a figure of a run. It compares figures of the same run
// or counts, so it means the same on every machine.
type target struct {
	what  string
	value func(*results) float64
	atMost,
	atLeast float64 // 0 if atMost counts
	unit string
}

var targets = []target{
	{what: "a video kept as bytes: time", value: ratio("FaceRecordVideo/faceid", "FaceRecordVideo/read-then-decode", "ns/op"), atMost: 0.55, unit: "× read-then-decode"},
	{what: "the same: time of encoding-json", value: ratio("FaceRecordVideo/encoding-json", "FaceRecordVideo/faceid", "ns/op"), atLeast: 8, unit: "× faceid"},
	{what: "the same: allocated bytes", value: perMedia("FaceRecordVideo/faceid"), atMost: 1.05, unit: "× the video"},
	{what: "a video into an io.Writer: time", value: ratio("FaceRecordVideo/faceid-writer", "FaceRecordVideo/read-then-decode", "ns/op"), atMost: 0.35, unit: "× read-then-decode"},
	{what: "the same: allocated bytes beyond read-then-decode", value: excessKiB("FaceRecordVideo/faceid-writer", "FaceRecordVideo/read-then-decode"), atMost: 32, unit: "KiB"},
	{what: "a video over TLS: time", value: ratio("FaceRecordVideo/tls/faceid", "FaceRecordVideo/tls/read-then-decode", "ns/op"), atMost: 0.75, unit: "× read-then-decode"},
	{what: "a video with escapes: time", value: ratio("FaceRecordVideo/escaped/faceid", "FaceRecordVideo/faceid", "ns/op"), atMost: 1.5, unit: "× without escapes"},
	{what: "64 videos at once: heap", value: figure("Memory/faceid/64", "peak/media"), atMost: 1.1, unit: "× the videos"},
	{what: "64 callers: CPU time", value: ratio("Callers/faceid/64", "Callers/net-http/64", "cpu-ns"), atMost: 1.3, unit: "× net-http"},
	{what: "8 to 512 callers: most CPU time", value: spreadOfCPU, atMost: 1.15, unit: "× the least"},
	{what: "512 callers, later: verifications per second", value: ratio("Callers/faceid/512", "Callers/net-http/512", "warm/s"), atLeast: 0.8, unit: "× net-http"},
	{what: "a small query, in turn with net-http: time", value: interleaved, atMost: 1.08, unit: "× net-http"},
	{what: "a small query: allocations", value: allocations("SmallQuery/faceid"), atMost: 100, unit: "per call"},
	{what: "SignTicket while it is fresh: time", value: ratio("SignTicket/faceid-1", "SignTicket/time-now-1", "ns/op"), atMost: 2.3, unit: "× time.Now"},
	{what: "SignTicket while it is fresh: allocations", value: allocations("SignTicket/faceid-1", "SignTicket/faceid-2"), unit: "per call"},
	{what: "SignTicket, from one caller to two: change of time", value: crowding, atMost: 1.3, unit: "× the change of time.Now"},
	{what: "Sign: allocations", value: allocations("Sign/faceid"), atMost: 2, unit: "per call"},
	{what: "a hostile answer: most allocated bytes", value: hostile, atMost: 8, unit: "× the bound of the call"},
	{what: "StartH5 with a token at hand: allocations", value: allocations("StartH5/faceid"), atMost: 200, unit: "per launch"},
	{what: "StartH5 with a token at hand: time", value: ratio("StartH5/faceid", "StartH5/one-request", "ns/op"), atMost: 1.25, unit: "× one-request"},
	{what: "the simulator over a port: time of a request", value: ratio("Simulator/port", "Simulator/floor", "ns/op"), atMost: 2.5, unit: "× floor"},
	{what: "the simulator at order 1,000,000: time", value: growth("ns"), atMost: 1.3, unit: "× that at order 10,000"},
	{what: "the simulator at order 1,000,000: heap", value: growth("MB"), atMost: 1.3, unit: "× that at order 10,000"},
	{what: "evidence of an order with a 1 MiB video: time", value: archived, atMost: 1.5, unit: "× bare"},
}

// ratio returns the figure of one row divided by that of another.
func ratio(row, base, unit string) func(*results) float64 {
	return func(r *results) float64 { return r.of(row, unit) / r.of(base, unit) }
}

// perMedia returns the allocated bytes divided by the size of the video.
func perMedia(row string) func(*results) float64 {
	return func(r *results) float64 { return r.of(row, "B/op") / r.of(row, "media-B") }
}

// excessKiB returns how many KiB a row allocates more than another.
func excessKiB(row, base string) func(*results) float64 {
	return func(r *results) float64 { return (r.of(row, "B/op") - r.of(base, "B/op")) / (1 << 10) }
}

// allocations returns the largest number of allocations of these rows.
func allocations(rows ...string) func(*results) float64 {
	return func(r *results) (most float64) {
		for _, row := range rows {
			most = max(most, r.of(row, "allocs/op"))
		}
		return most
	}
}

// hostile returns the largest figure of all bombs. It is NaN if one of them is
// absent.
func hostile(r *results) (most float64) {
	for _, b := range bombs {
		for _, unit := range []string{"x-text", "x-whole"} {
			most = max(most, r.of("HostileAnswers/"+b[0], unit)) // max keeps NaN
		}
	}
	return most
}

// figure returns one figure of one row.
func figure(row, unit string) func(*results) float64 {
	return func(r *results) float64 { return r.of(row, unit) }
}

// spreadOfCPU compares the CPU time of the client for a verification at different numbers of
// callers.
func spreadOfCPU(r *results) float64 {
	least, most := math.Inf(1), 0.0
	for _, n := range callers[1:] {
		cpu := r.of("Callers/faceid/"+n, "cpu-ns")
		least, most = min(least, cpu), max(most, cpu) // both keep NaN
	}
	return most / least
}

// growth compares a figure of the simulator at its millionth order with that at
// one of the first.
func growth(unit string) func(*results) float64 {
	return func(r *results) float64 {
		return r.of("SimulatorGrowth", "late-"+unit) / r.of("SimulatorGrowth", "early-"+unit)
	}
}

// archived compares the way of an order into ledger and bucket with a bare loop.
func archived(r *results) float64 { return r.of("Archive", "keeper-ns") / r.of("Archive", "bare-ns") }

// interleaved compares the two ways of the small query that took turns.
func interleaved(r *results) float64 {
	const row = "SmallQuery/interleaved"
	return r.of(row, "faceid-ns") / r.of(row, "net-http-ns")
}

// crowding compares how the time of SignTicket changes from one core to two with
// how that of time.Now changes. Callers of time.Now share nothing.
func crowding(r *results) float64 {
	change := func(row string) float64 { return r.of(row+"-2", "ns/op") / r.of(row+"-1", "ns/op") }
	return change("SignTicket/faceid") / change("SignTicket/time-now")
}

// holds reports whether a figure meets the target. An absent figure is NaN and meets
// none.
func (t target) holds(value float64) bool {
	if t.atLeast > 0 {
		return value >= t.atLeast
	}
	return value <= t.atMost
}

// wanted prints the limit of a target.
func (t target) wanted() string {
	if t.atLeast > 0 {
		return fmt.Sprintf("≥ %g %s", t.atLeast, t.unit)
	}
	return fmt.Sprintf("≤ %g %s", t.atMost, t.unit)
}

// judge returns the verdicts on all targets, and whether all hold.
func judge(r *results) (verdicts table, all bool) {
	verdicts = table{name: "targets", title: "Targets", head: []string{"what", "measured", "target", "verdict"}}
	all = true
	for _, t := range targets {
		value, verdict := t.value(r), "holds"
		if !t.holds(value) {
			verdict, all = "MISSED", false
		}
		verdicts.rows = append(verdicts.rows, []string{t.what, short(value), t.wanted(), verdict})
	}
	return verdicts, all
}
