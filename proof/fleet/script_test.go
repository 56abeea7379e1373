package fleet

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func drawn(seed uint64, n int) []cycle {
	r := rand.New(rand.NewPCG(seed, 1))
	if n == 0 {
		return drawShort(r)
	}
	return drawLong(r, n)
}

func TestTheSameSeedIsTheSameScript(t *testing.T) {
	for _, n := range []int{0, 20} {
		require.Equal(t, drawn(1, n), drawn(1, n))
		require.NotEqual(t, drawn(1, n), drawn(2, n))
	}
}

func TestAScriptHasEveryKind(t *testing.T) {
	for seed := range uint64(100) {
		for _, n := range []int{8, 20} {
			script, seen := drawn(seed, n), map[kind]int{}
			require.Len(t, script, n)
			for _, c := range script {
				require.GreaterOrEqual(t, c.at.kind, firstAtRotation)
				seen[c.at.kind]++
				for _, s := range c.between {
					require.Less(t, s.kind, firstAtRotation)
					seen[s.kind]++
				}
			}
			require.Len(t, seen, kinds)
			require.Equal(t, 1, seen[flush])
			require.Equal(t, 1, seen[mintElsewhere])
		}
	}
}

func TestTheShortScriptIsShortAndNotTame(t *testing.T) {
	for seed := range uint64(100) {
		script, seen := drawn(seed, 0), map[kind]bool{}
		require.Len(t, script, 1)
		var sum time.Duration
		for _, s := range script[0].between {
			seen[s.kind] = true
			sum += s.pause + s.lasts
		}
		require.Equal(t, killMinter, script[0].at.kind)
		for k := killOne; k < firstAtRotation; k++ {
			require.True(t, seen[k], k.String())
		}
		require.Less(t, sum, 35*time.Second)
	}
}

func TestAStopIsLongerThanALease(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		require.Greater(t, draw(r, stopOne).lasts, lease)
		require.Greater(t, draw(r, stopMinter).lasts, lease)
		require.Greater(t, draw(r, sleepThrough).lasts, overlap)
		require.Less(t, draw(r, killMinter).pause, heldBack, "it dies before it has the answer")
	}
}
