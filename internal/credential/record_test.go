package credential

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A record whose values this package never saves is replaced, because they would block
// for years or overflow.
func TestRecordOutOfRange(t *testing.T) {
	const year = 365 * 24 * time.Hour
	long := strings.Repeat("x", mostText+1)
	for name, change := range map[string]func(*record){
		"a token of years":           func(r *record) { r.Token.Life = 100 * year },
		"a token just too long":      func(r *record) { r.Token.Life = mostLife + 1 },
		"a SIGN ticket of years":     func(r *record) { r.Sign.Life = year },
		"a recent ticket of years":   func(r *record) { r.Recent[0].Life = year },
		"a negative life":            func(r *record) { r.Token.Life = -1 },
		"a life without a value":     func(r *record) { r.Recent[0].Value = "" },
		"a value without a life":     func(r *record) { r.Token.Life = 0 },
		"a token from the future":    func(r *record) { r.Token.Age = -1 },
		"an ancient token":           func(r *record) { r.Token.Age = mostAge + 1 },
		"a SIGN ticket of tomorrow":  func(r *record) { r.Sign.Age = -time.Hour },
		"a recent one of tomorrow":   func(r *record) { r.Recent[0].Age = -time.Hour },
		"a long value":               func(r *record) { r.Sign.Value = long },
		"many tickets":               func(r *record) { r.Recent = make([]Ticket, mostTickets+1) },
		"a SIGN ticket of no token":  func(r *record) { r.Token = Ticket{} },
		"a lease of years":           func(r *record) { r.Minting.Lease = year },
		"a lease just too long":      func(r *record) { r.Minting.Lease = mostLease + 1 },
		"no lease":                   func(r *record) { r.Minting.Lease = 0 },
		"a mark of tomorrow":         func(r *record) { r.Minting.Age = -1 },
		"an ancient mark":            func(r *record) { r.Minting.Age = mostAge + 1 },
		"a long name of a mark":      func(r *record) { r.Minting.By = long },
		"the millionth throttle":     func(r *record) { r.Throttle.Step = 1e6 },
		"one throttle too many":      func(r *record) { r.Throttle.Step = mostCount + 1 },
		"no throttle":                func(r *record) { r.Throttle.Step = 0 },
		"a negative throttle":        func(r *record) { r.Throttle.Step = -5 },
		"a throttle of tomorrow":     func(r *record) { r.Throttle.Age = -time.Hour },
		"an ancient throttle":        func(r *record) { r.Throttle.Age = mostAge + 1 },
		"a long reason":              func(r *record) { r.Throttle.Reason.Code = long },
		"a long reason, by family":   func(r *record) { r.Throttle.Reason.Family = long },
		"deaths that nobody counted": func(r *record) { r.Deaths.Count = 0 },
		"a million deaths":           func(r *record) { r.Deaths.Count = 1e6 },
		"deaths of tomorrow":         func(r *record) { r.Deaths.Age = -time.Hour },
		"ancient deaths":             func(r *record) { r.Deaths.Age = mostAge + 1 },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(w *world) {
				r := changed(fullRecord(), change)
				require.ErrorIs(t, r.inRange(), errOutOfRange)
				w.plant(r)
				m := w.join(behind)
				require.Zero(t, took(func() { m.sign() }), "the record is replaced at once")
				require.NoError(t, w.stored(rightSecret).inRange())
				require.Contains(t, strings.Join(m.told.trouble, "\n"), "it is replaced")
			})
		})
	}
}

// A record that can be saved can be loaded again, because the ranges are wide enough.
func TestRecordInRange(t *testing.T) {
	text := strings.Repeat("x", mostText)
	for name, r := range map[string]*record{
		"nothing": {},
		"full":    fullRecord(),
		"half":    {Token: Ticket{"t", time.Hour, 0}},
		"marked":  new(record).marked("me", 30*time.Second),
		"the most": {
			Token: Ticket{text, mostLife, mostAge}, Sign: Ticket{text, mostLife, mostAge},
			Recent:   []Ticket{{"r", mostLife, mostAge}},
			Minting:  &mark{text, mostAge, mostLease},
			Throttle: &throttle{Step: mostCount, Age: mostAge, Reason: Reason{Code: text}},
			Deaths:   &deaths{mostCount, mostAge},
		},
	} {
		require.NoError(t, r.inRange(), name)
		require.NoError(t, r.aged(1000*mostAge).inRange(), "%s, ages later", name)
		require.NoError(t, r.aged(0).forced(denial, true).inRange(), name)
		require.NoError(t, r.aged(0).died().inRange(), name)
	}
}

func TestRecordAges(t *testing.T) {
	r := fullRecord()
	require.Equal(t, r, r.aged(0))
	old := r.aged(time.Minute)
	require.Equal(t, 2*time.Minute, old.Token.Age)
	require.Equal(t, time.Minute+time.Second, old.Sign.Age)
	require.Equal(t, 21*time.Minute, old.Recent[0].Age)
	require.Equal(t, &mark{"SOMEBODY", time.Minute + time.Second, 30 * time.Second}, old.Minting)
	require.Equal(t, &throttle{2, time.Minute + time.Second, true, denial}, old.Throttle)
	require.Equal(t, &deaths{1, 2 * time.Minute}, old.Deaths)
	require.True(t, old.OldDead)
	require.Empty(t, r.aged(40*time.Minute).Recent, "an expired ticket is left out")
	require.Len(t, r.aged(40*time.Minute-1).Recent, 1)
	require.Equal(t, fullRecord(), r, "the record itself does not change")
}

// The record follows the steps of a mint.
func TestRecordSteps(t *testing.T) {
	r := pairAged(time.Minute).forced(denial, true).marked("me", 30*time.Second)
	require.Equal(t, &mark{"me", 0, 30 * time.Second}, r.Minting)
	half := r.aged(time.Second).minted(Ticket{"new", time.Hour, 0}, true)
	require.True(t, half.half())
	require.True(t, half.OldDead)
	require.Nil(t, half.Minting)
	require.False(t, half.Throttle.Refused, "the last mint was not refused")
	require.Equal(t, 1, half.Throttle.Step, "the count stays")
	require.Equal(t, []Ticket{{"sign", time.Hour, time.Minute + time.Second}}, half.Recent)
	whole := half.aged(time.Second).fetched(Ticket{"new sign", time.Hour, 0})
	require.False(t, whole.OldDead)
	require.Equal(t, "new sign", whole.Sign.Value)
	require.Len(t, whole.Recent, 1)
	require.Equal(t, []string{"new sign", "sign"}, []string{whole.tickets(0)[0].Value, whole.tickets(0)[1].Value})
	require.Len(t, whole.fetched(Ticket{"newer", time.Hour, 0}).Recent, 2)
	require.Nil(t, r.unmarked().Minting)
}

// A throttle counts forced refreshes, and starts again after ten minutes without one.
func TestRecordForced(t *testing.T) {
	r := pairAged(0).forced(denial, false).forced(denial, true)
	require.Equal(t, &throttle{Step: 2, Refused: true, Reason: denial}, r.Throttle)
	require.Equal(t, 3, r.aged(10*time.Minute-1).forced(Reason{}, false).Throttle.Step)
	require.Equal(t, 1, r.aged(10*time.Minute).forced(Reason{}, false).Throttle.Step)
	r.Throttle.Step = mostCount
	require.Equal(t, mostCount, r.forced(denial, true).Throttle.Step)
}

// Two deaths within an hour mean that a process outside the store mints.
func TestRecordDied(t *testing.T) {
	r := pairAged(0).died()
	require.False(t, r.foreign())
	require.False(t, new(record).foreign())
	require.True(t, r.aged(time.Hour-1).died().foreign())
	require.False(t, r.aged(time.Hour).died().foreign())
	two := r.died()
	require.True(t, two.aged(time.Hour-1).foreign())
	require.False(t, two.aged(time.Hour).foreign())
}

// The first throttle is 10 s. It doubles, up to 5 minutes.
func TestRecordThrottledForGrows(t *testing.T) {
	for step, most := range map[int]time.Duration{
		0: 0, 1: 10 * time.Second, 2: 20 * time.Second, 3: 40 * time.Second, 4: 80 * time.Second, 5: 160 * time.Second,
		6: 5 * time.Minute, 7: 5 * time.Minute, 50: 5 * time.Minute,
	} {
		r := &record{Throttle: &throttle{Step: step}}
		require.Equal(t, most, r.throttledFor(0), "step %d", step)
		require.Equal(t, time.Duration(0), r.throttledFor(most), "step %d", step)
	}
	require.LessOrEqual(t, new(record).throttledFor(0), time.Duration(0))
}
