package main

import "fmt"

// target is a promise about figures of one run, so that it means the same on
// every machine.
type target struct {
	what  string
	value func(*results) float64
	atMost,
	atLeast float64 // one of them
	unit string
}

var targets = []target{
	{what: "record with a 6 MB video into bytes: time", value: ratio("FaceRecordVideo/faceid", "FaceRecordVideo/floor", "ns/op"), atMost: 1.6, unit: "× the floor"},
	{what: "the same, beside encoding/json", value: ratio("FaceRecordVideo/encoding-json", "FaceRecordVideo/faceid", "ns/op"), atLeast: 4, unit: "× faster"},
	{what: "the same: allocated bytes", value: perMedia("FaceRecordVideo/faceid"), atMost: 1.3, unit: "× the video"},
	{what: "the same into an io.Writer: allocated bytes over the floor's", value: excessKiB("FaceRecordVideo/faceid-writer", "FaceRecordVideo/floor"), atMost: 256, unit: "KiB"},
	{what: "small query, turn by turn: time", value: interleaved, atMost: 1.15, unit: "× net/http with encoding/json"},
	{what: "SignTicket, fresh: allocations", value: allocations("SignTicket/faceid-1", "SignTicket/faceid-2"), unit: "per call"},
	{what: "SignTicket, fresh: what a second caller costs", value: crowding, atMost: 1.3, unit: "× what it costs time.Since"},
	{what: "Sign: allocations", value: allocations("Sign/faceid"), atMost: 2, unit: "per call"},
	{what: "hostile answers: the most that one allocates", value: hostile, atMost: 8, unit: "× its bound"},
	{what: "StartH5, warm: time", value: ratio("StartH5/faceid", "StartH5/one-request", "ns/op"), atMost: 1.25, unit: "× one round trip"},
}

func ratio(row, base, unit string) func(*results) float64 {
	return func(r *results) float64 { return r.of(row, unit) / r.of(base, unit) }
}

func perMedia(row string) func(*results) float64 {
	return func(r *results) float64 { return r.of(row, "B/op") / r.of(row, "media-B") }
}

func excessKiB(row, base string) func(*results) float64 {
	return func(r *results) float64 { return (r.of(row, "B/op") - r.of(base, "B/op")) / (1 << 10) }
}

// allocations are the most that one of the rows makes.
func allocations(rows ...string) func(*results) float64 {
	return func(r *results) (most float64) {
		for _, row := range rows {
			most = max(most, r.of(row, "allocs/op"))
		}
		return most
	}
}

// hostile is the most of all bombs; it is no number if one of them is missing.
func hostile(r *results) (most float64) {
	for _, b := range bombs {
		for _, unit := range []string{"x-text", "x-whole"} {
			most = max(most, r.of("HostileAnswers/"+b[0], unit)) // max keeps NaN
		}
	}
	return most
}

func interleaved(r *results) float64 {
	const row = "SmallQuery/interleaved"
	return r.of(row, "faceid-ns") / r.of(row, "net-http-ns")
}

// crowding compares how a call's time changes from one core to two with how that
// of time.Since does, which shares nothing.
func crowding(r *results) float64 {
	change := func(row string) float64 { return r.of(row+"-2", "ns/op") / r.of(row+"-1", "ns/op") }
	return change("SignTicket/faceid") / change("SignTicket/time-since")
}

// holds is false for a figure that is not there.
func (t target) holds(value float64) bool {
	if t.atLeast > 0 {
		return value >= t.atLeast
	}
	return value <= t.atMost
}

func (t target) wanted() string {
	if t.atLeast > 0 {
		return fmt.Sprintf("≥ %g %s", t.atLeast, t.unit)
	}
	return fmt.Sprintf("≤ %g %s", t.atMost, t.unit)
}

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
