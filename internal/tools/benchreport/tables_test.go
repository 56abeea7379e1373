package main

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestShortPrintsThreeDigits(t *testing.T) {
	for want, got := range map[string]string{
		"0 ns": duration(0), "41.5 ns": duration(41.52), "1.18 µs": duration(1184), "999 ms": duration(999e6), "1.50 s": duration(1.5e9),
		"0 B": size(0), "256 KiB": size(256 << 10), "1.30 MiB": size(1.3 * (1 << 20)), "-2 KiB": size(-2048), "2 GiB": size(2 << 30),
		"12 %": percent(0.123), "–": percent(math.NaN()), "1.60": short(1.6), "38971": short(38971.4), "?": short(parsed(t, theRun(t)).of("none", "ns/op")),
	} {
		require.Equal(t, want, got)
	}
}
