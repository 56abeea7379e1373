package credential

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPairElapsed(t *testing.T) {
	now := time.Now()
	require.Zero(t, (&Pair{record: pairAged(0), at: now.Add(time.Hour)}).elapsed(now))
	require.Equal(t, time.Hour, (&Pair{record: pairAged(0), at: now}).elapsed(now.Add(time.Hour)))
}

func TestPairNewerThan(t *testing.T) {
	now := time.Now()
	pair := func(token string, age time.Duration, sign string, signAge time.Duration) *Pair {
		r := &record{Token: Ticket{token, 2 * time.Hour, age}}
		if sign != "" {
			r.Sign = Ticket{sign, time.Hour, signAge}
		}
		return &Pair{record: r, at: now.Add(-time.Minute)}
	}
	a := pair("a", 10*time.Minute, "s", 10*time.Minute)
	for name, c := range map[string]struct {
		p    *Pair
		want bool
	}{
		"itself":                        {a, false},
		"an older token":                {pair("b", 20*time.Minute, "s", 0), true},
		"a younger token":               {pair("b", 5*time.Minute, "s2", 20*time.Minute), false},
		"a token of the same age":       {pair("b", 10*time.Minute, "s2", 0), false},
		"a token a second older":        {pair("b", 10*time.Minute+time.Second, "s2", 0), false},
		"a token more than that older":  {pair("b", 10*time.Minute+time.Second+1, "s2", 0), true},
		"an older SIGN ticket":          {pair("a", 10*time.Minute, "s2", 20*time.Minute), true},
		"a SIGN ticket a second older":  {pair("a", 10*time.Minute, "s2", 10*time.Minute+time.Second), false},
		"a younger SIGN ticket":         {pair("a", 10*time.Minute, "s2", 5*time.Minute), false},
		"half of it":                    {pair("a", 10*time.Minute, "", 0), true},
		"an empty one":                  {&Pair{record: new(record), at: now}, true},
		"the same, held for longer":     {&Pair{record: a.record, at: now.Add(-time.Hour)}, false},
		"another token held for longer": {&Pair{record: pair("b", 9*time.Minute, "s2", 0).record, at: now.Add(-time.Hour)}, true},
	} {
		require.Equal(t, c.want, a.newerThan(c.p, now), name)
	}
	require.False(t, (&Pair{record: new(record), at: now}).newerThan(a, now), "an empty record is newer than no other")
}
