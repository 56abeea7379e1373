package evidence

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/proof/internal/trial"
)

// The same seed draws the same orders, and every kind and every end is drawn.
func TestDrawOrdersDrawsEverything(t *testing.T) {
	seen := map[string]bool{}
	all := drawOrders(trial.Rand(1), 3000, time.Hour, true)
	again := drawOrders(trial.Rand(1), 3000, time.Hour, true)
	lags := 0
	for i, o := range all {
		require.Equal(t, again[i].files(), o.files())
		require.Equal(t, again[i].opens, o.opens)
		seen[string(o.kind.name)+", "+o.end.name] = true
		lags += len(o.lag)
	}
	for _, k := range kinds {
		for _, e := range k.ends {
			require.True(t, seen[string(k.name)+", "+e.name], "%s, %s", k.name, e.name)
		}
	}
	require.Positive(t, lags)
}

// The trouble is of every kind, and lies within the life of the orders.
func TestDrawBlowsDrawsEveryKind(t *testing.T) {
	f := form{workers: 3, window: 12 * time.Hour, kills: 40, stops: 5, breaks: 40, outages: 6, outage: 3 * time.Hour}
	all := drawBlows(trial.Rand(2), f)
	require.Equal(t, drawBlows(trial.Rand(2), f), all)
	kinds, skies, victims := map[blowKind]int{}, map[sky]int{}, map[int]int{}
	for i, b := range all {
		kinds[b.kind]++
		require.Positive(t, b.at)
		require.Less(t, b.at, f.window+lastLook)
		require.Positive(t, b.lasts)
		require.LessOrEqual(t, b.lasts, f.outage)
		require.True(t, i == 0 || all[i-1].at <= b.at, "sorted")
		switch b.kind {
		case killProcess:
			victims[b.victim]++
		case breakBucket:
			skies[b.bucket]++
		}
	}
	require.Equal(t, map[blowKind]int{killProcess: 40, stopDatabase: 5, breakBucket: 40, platformOut: 6}, kinds)
	require.Len(t, victims, 3)
	require.Len(t, skies, 3)
	require.NotContains(t, skies, fair)
}
