package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseTakesTheMedianOfTheRuns(t *testing.T) {
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
