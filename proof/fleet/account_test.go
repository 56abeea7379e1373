package fleet

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var day = time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)

// at is a moment of an invented trial.
func at(seconds float64) time.Time { return day.Add(time.Duration(seconds * float64(time.Second))) }

func mintsAt(seconds ...float64) []mint {
	var all []mint
	for _, s := range seconds {
		all = append(all, mint{at: at(s)})
	}
	return all
}

func under(k kind, begin, end float64) attack {
	return attack{kind: k, victim: -1, begin: at(begin), end: at(end)}
}

func trouble(what string, by int, begin, end float64) call {
	return call{callLine{Op: "StartH5", Begin: at(begin), End: at(end), Trouble: what}, by}
}

func TestEveryMintHasAName(t *testing.T) {
	for name, test := range map[string]struct {
		mints   []mint
		attacks []attack
		want    []string
		wrong   string // in the complaint
	}{
		"rotations":                      {mints: mintsAt(0, 57, 116), want: []string{"first", "rotation", "rotation"}},
		"one too early":                  {mints: mintsAt(0, 56.4), want: []string{"first", "?"}, wrong: "has no name"},
		"one in the middle":              {mints: mintsAt(0, 57, 80), want: []string{"first", "rotation", "?"}, wrong: "mint 2 at 00:01:20.000"},
		"one too late":                   {mints: mintsAt(0, 63), want: []string{"first", "rotation"}, wrong: "was replaced after 1m3s only"},
		"an orphan":                      {mints: mintsAt(0, 57, 60), attacks: []attack{under(killMinter, 57, 65)}, want: []string{"first", "rotation", "orphaned by a kill"}},
		"an orphan that nobody replaces": {mints: mintsAt(0, 57), attacks: []attack{under(killMinter, 57, 65)}, want: []string{"first", "rotation"}, wrong: "forced 0 mints, want 1 to 1"},
		"an orphan replaced twice":       {mints: mintsAt(0, 57, 60, 61), attacks: []attack{under(killMinter, 57, 65)}, want: []string{"first", "rotation", "orphaned by a kill", "orphaned by a kill"}, wrong: "forced 2 mints, want 1 to 1"},
		"after the attack":               {mints: mintsAt(0, 57, 60, 66), attacks: []attack{under(killMinter, 57, 65)}, want: []string{"first", "rotation", "orphaned by a kill", "?"}, wrong: "has no name"},
		"a stop forces two":              {mints: mintsAt(0, 57, 60, 66), attacks: []attack{under(stopMinter, 57, 70)}, want: []string{"first", "rotation", "orphaned by a stop", "orphaned by a stop"}},
		"a foreign mint":                 {mints: mintsAt(0, 23, 80), attacks: []attack{under(mintElsewhere, 20, 27)}, want: []string{"first", "foreign", "rotation"}},
		"a kill between rotations":       {mints: mintsAt(0, 21), attacks: []attack{under(killOne, 20, 25)}, want: []string{"first", "?"}, wrong: "has no name"},
		"a flush":                        {mints: mintsAt(0, 21), attacks: []attack{under(flush, 20, 25)}, want: []string{"first", "?"}, wrong: "has no name"},
		"a restart of the store":         {mints: mintsAt(0, 21), attacks: []attack{under(killStore, 20, 25)}, want: []string{"first", "?"}, wrong: "has no name"},
		"killed before the SIGN ticket":  {mints: mintsAt(0, 57, 60), attacks: []attack{under(killBeforeSign, 57, 65)}, want: []string{"first", "rotation", "?"}, wrong: "has no name"},
	} {
		t.Run(name, func(t *testing.T) {
			r := &record{mints: test.mints, attacks: test.attacks}

			complaints := r.nameMints()

			var names []string
			for _, m := range r.mints {
				names = append(names, m.name)
			}
			require.Equal(t, test.want, names)
			if test.wrong == "" {
				require.Empty(t, complaints)
				return
			}
			require.Len(t, complaints, 1)
			require.Contains(t, complaints[0], test.wrong)
		})
	}
}

func TestASIGNTicketIsFetchedOnceForAMint(t *testing.T) {
	for name, test := range map[string]struct {
		signs []float64
		wrong string
	}{
		"one each":                  {signs: []float64{0.1, 57.1, 60.1}},
		"none for the orphan":       {signs: []float64{0.1, 60.1}},
		"two, and nothing happened": {signs: []float64{0.1, 20}, wrong: "fetched at 00:00:20.000"},
		"two, and it is no excuse":  {signs: []float64{0.1, 57.1, 57.2}, wrong: "fetched at 00:00:57.200"},
		"every process fetched it":  {signs: []float64{0.1, 57.1, 60.1, 60.2, 60.3}, wrong: "fetched at 00:01:00.200"},
	} {
		t.Run(name, func(t *testing.T) {
			r := &record{mints: mintsAt(0, 57, 60), attacks: []attack{under(killMinter, 57, 65)}}
			for _, s := range test.signs {
				r.signs = append(r.signs, at(s))
			}

			complaints := r.nameMints()

			if test.wrong == "" {
				require.Empty(t, complaints)
				return
			}
			require.NotEmpty(t, complaints)
			require.Contains(t, complaints[0], test.wrong)
		})
	}
}

func TestEveryErrorOfAUserIsNamed(t *testing.T) {
	stopped := under(stopOne, 20, 27)
	stopped.victim, stopped.stopped, stopped.woken = 3, at(20), at(25)
	page := func(begin, end float64) call { return trouble(pageRefused, 1, begin, end) }
	for name, test := range map[string]struct {
		call    call
		attacks []attack
		want    string // "" is a complaint
	}{
		"nothing happened":                        {call: trouble(troubleStore, 1, 20, 21)},
		"the process was stopped":                 {call: trouble("deadline exceeded", 3, 19, 26), attacks: []attack{stopped}, want: "its own process was stopped"},
		"another was":                             {call: trouble("deadline exceeded", 4, 19, 26), attacks: []attack{stopped}},
		"before it was stopped":                   {call: trouble("deadline exceeded", 3, 18, 19.9), attacks: []attack{stopped}},
		"after it woke":                           {call: trouble("deadline exceeded", 3, 25.1, 26), attacks: []attack{stopped}},
		"no ticket matched, although stopped":     {call: trouble(noTicketMatched, 3, 19, 26), attacks: []attack{stopped}},
		"the store restarted":                     {call: trouble(troubleStore, 1, 21, 22), attacks: []attack{under(killStore, 20, 25)}},
		"the store lost a mint":                   {call: trouble(troubleStore, 1, 61, 62), attacks: []attack{under(killStoreAtMint, 57, 65)}, want: rules[killStoreAtMint].name},
		"the store lost a mint, but another kind": {call: trouble("deadline exceeded", 1, 61, 62), attacks: []attack{under(killStoreAtMint, 57, 65)}},
		"the store lost a mint, but later":        {call: trouble(troubleStore, 1, 65.1, 66), attacks: []attack{under(killStoreAtMint, 57, 65)}},
		"the holder was killed":                   {call: trouble(troubleCredential, 1, 61, 62), attacks: []attack{under(killMinter, 57, 65)}},
		"a launch at a foreign mint":              {call: page(19, 21), attacks: []attack{under(mintElsewhere, 20, 27)}, want: rules[mintElsewhere].name},
		"no SIGN ticket lived":                    {call: trouble(unsigned, 1, 23.1, 23.1), attacks: []attack{under(mintElsewhere, 20, 27)}, want: rules[mintElsewhere].name},
		"the old SIGN ticket still lived":         {call: trouble(unsigned, 1, 22.9, 22.9), attacks: []attack{under(mintElsewhere, 20, 27)}},
		"the new one was there":                   {call: trouble(unsigned, 1, 25.3, 25.3), attacks: []attack{under(mintElsewhere, 20, 28)}},
		"no SIGN ticket after a kill":             {call: trouble(unsigned, 1, 60.1, 60.1), attacks: []attack{under(killMinter, 57, 65)}, want: rules[killMinter].name},
		"nor unsigned, although stopped":          {call: trouble(unsigned, 3, 21, 22), attacks: []attack{stopped}},
		"unsigned, and nobody minted":             {call: trouble(unsigned, 1, 24, 24), attacks: []attack{under(killStore, 20, 27)}},
		"a slow launch across a mint":             {call: page(56, 60.5), want: "a launch that took longer than the old pair lives"},
		"a slow launch without a mint":            {call: page(40, 45)},
		"a quick launch across a mint":            {call: page(56, 58)},
		"slow, but its pair still lived":          {call: page(56, 59.5)},
	} {
		t.Run(name, func(t *testing.T) {
			r := &record{mints: mintsAt(0, 57), attacks: test.attacks, calls: []call{test.call}}

			require.Equal(t, test.want, r.nameTrouble(test.call))
			if test.want == "" {
				require.Len(t, r.complainOfTrouble(), 1)
			} else {
				require.Empty(t, r.complainOfTrouble())
			}
		})
	}
}

func TestWhatIsNeverRight(t *testing.T) {
	r := &record{
		calls:   []call{trouble("", 1, 1, 2)},
		stories: []storyLine{{Flow: "StartH5", Ending: "passes"}, {Flow: "StartH5", Ending: "quits", Trouble: true}},
		attacks: []attack{under(mintElsewhere, 20, 27)}, refused: []time.Time{at(21)},
	}
	require.Empty(t, r.complainOfTrouble())

	r.stories = append(r.stories, storyLine{Flow: "StartH5", Ending: "no-face", Wrong: "it passed"})
	require.Len(t, r.complainOfTrouble(), 1)
	require.Contains(t, r.complainOfTrouble()[0], "a wrong outcome: StartH5, no-face: it passed")

	r.refused = append(r.refused, at(28))
	require.Len(t, r.complainOfTrouble(), 2, "a refusal when nothing had happened")
}

func TestLatenciesGoWithTheirMoment(t *testing.T) {
	stopped := under(stopOne, 20, 27)
	stopped.victim, stopped.stopped, stopped.woken = 3, at(20), at(25)
	r := &record{mints: mintsAt(0, 57, 116), attacks: []attack{stopped, under(killMinter, 57, 65), under(leaveAlone, 116, 121)}}
	for want, calls := range map[string][]call{
		calm:       {trouble("", 1, 3.1, 4.1), trouble("", 3, 18, 19.9), trouble("", 1, 50, 56.4), trouble("", 1, 119.1, 119.2)},
		rotating:   {trouble("", 1, 110, 115.6), trouble("", 1, 118.9, 120)},
		underFire:  {trouble("", 4, 19, 20.1), trouble("", 1, 56, 58), trouble("", 1, 64.9, 66), trouble("", 3, 25.1, 26)},
		notCounted: {trouble("", 1, 0, 1), trouble("", 1, 3, 4), trouble("", 3, 19, 20.1), trouble("", 3, 24.9, 26)},
	} {
		for _, c := range calls {
			require.Equal(t, want, r.moment(c), "%s to %s", clock(c.Begin), clock(c.End))
		}
		r.calls = append(r.calls, calls...)
	}
	r.calls = append(r.calls, call{callLine{Op: theLoginPage, Begin: at(10), End: at(20)}, 1})

	require.Equal(t, []time.Duration{100 * time.Millisecond, time.Second, 1900 * time.Millisecond, 6400 * time.Millisecond}, nearly(r.latencies()[when{allOps, calm}]))
	require.Len(t, r.latencies()[when{"StartH5", calm}], 4)
	require.Empty(t, r.latencies()[when{"ConfirmFace", calm}])
}

func nearly(all []time.Duration) []time.Duration {
	for i := range all {
		all[i] = all[i].Round(time.Millisecond)
	}
	return all
}

func TestAMachineThatStandsStillIsAnExcuse(t *testing.T) {
	r := func() *record {
		return &record{mints: mintsAt(0, 30), signs: []time.Time{at(0.1), at(10), at(30)}, refused: []time.Time{at(30)},
			calls: []call{trouble("deadline exceeded", 1, 29, 40)}}
	}
	require.Len(t, r().nameMints(), 2)
	require.Len(t, r().complainOfTrouble(), 2)
	stalled := r()
	stalled.stalls = []stall{{at(28), at(31)}}

	require.Equal(t, []string{"a second SIGN ticket for one mint was fetched at 00:00:10.000"}, stalled.nameMints())
	require.Equal(t, standstill, stalled.mints[1].name)
	require.Empty(t, stalled.complainOfTrouble())
	require.Equal(t, notCounted, stalled.moment(stalled.calls[0]))
	require.Equal(t, "", stalled.nameTrouble(trouble(noTicketMatched, 1, 29, 29)), "never")
	require.Equal(t, "", stalled.nameTrouble(trouble("deadline exceeded", 1, 34.1, 35)), "later")
	require.Equal(t, "", stalled.nameTrouble(trouble("deadline exceeded", 1, 17, 27.9)), "earlier")
}

func TestQuantiles(t *testing.T) {
	var all []time.Duration
	for i := range 200 {
		all = append(all, time.Duration(i+1))
	}
	require.EqualValues(t, 100, quantile(all, 0.5))
	require.EqualValues(t, 198, quantile(all, 0.99))
	require.EqualValues(t, 200, quantile(all, 1))
	require.EqualValues(t, 1, quantile(all[:1], 0.99))
	require.EqualValues(t, 0, quantile(nil, 0.5))
}
