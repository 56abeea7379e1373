package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// A record holds all that happened, for the account.
type record struct {
	mints   []mint      // in their order
	signs   []time.Time // SIGN tickets that were fetched, in their order
	attacks []attack
	calls   []call
	stories []storyLine
	refused []time.Time // backend calls that the platform answered with 400101
	stalls  []stall
	begun   int // verifications; those without a story ended with their process
}

// A mint is a token call that took effect.
type mint struct {
	at   time.Time
	by   int // process
	name string
}

// An attack is a step as it was carried out. Attacks do not overlap, so what
// happens between begin and end is caused by one attack.
type attack struct {
	kind       kind
	victim     int // process, -1 if it was none
	begin, end time.Time
	// When the victim, a process or the store, did not run.
	stopped, woken time.Time
	said           string
}

func (a *attack) covers(t time.Time) bool { return !t.Before(a.begin) && !t.After(a.end) }

// deprived reports whether a call was made, in part, by a process that was
// stopped, or in the second after.
func (a *attack) deprived(c call) bool {
	return a.victim == c.by && !a.stopped.IsZero() && !c.End.Before(a.stopped) && !c.Begin.After(a.woken)
}

// meets reports whether a call was made, in part, while the attack lasted.
func (a *attack) meets(c call) bool { return !c.End.Before(a.begin) && !c.Begin.After(a.end) }

// call is a callLine with the process that made the call.
type call struct {
	callLine
	by int
}

// A stall is a time in which the machine ran no process of the trial.
type stall struct{ begin, end time.Time }

// The client does not cause what follows from a stall. The deadlines of callers and
// the lifetimes at the platform run on meanwhile, and then every process wants to run
// at once.
const (
	stallFrom  = 500 * time.Millisecond
	stallAfter = 3 * time.Second
	standstill = "the machine stood still"
)

// stalled reports whether the machine stood still at some time from begin to
// end, or shortly before.
func (r *record) stalled(begin, end time.Time) bool {
	return slices.ContainsFunc(r.stalls, func(s stall) bool { return !end.Before(s.begin) && !begin.After(s.end.Add(stallAfter)) })
}

// tolerance between our clock and the ages that the client keeps.
const tolerance = 500 * time.Millisecond

// nameMints gives every mint its name and returns what cannot be named, or is
// missing.
func (r *record) nameMints() (complaints []string) {
	forced := make([]int, len(r.attacks))
	for i := range r.mints {
		m := &r.mints[i]
		a := r.during(m.at)
		switch {
		case i == 0:
			m.name = "first"
		case m.at.Sub(r.mints[i-1].at) >= early-tolerance:
			m.name = "rotation"
		case a >= 0 && rules[r.attacks[a].kind].cause != "":
			m.name = rules[r.attacks[a].kind].cause
			forced[a]++
		case r.stalled(m.at, m.at):
			m.name = standstill
		default:
			m.name = "?"
			complaints = append(complaints, fmt.Sprintf("mint %d at %s by process %d, %s after the one before, has no name",
				i, clock(m.at), m.by, m.at.Sub(r.mints[i-1].at).Round(time.Millisecond)))
		}
	}
	for i, a := range r.attacks {
		if rule := rules[a.kind]; forced[i] < rule.min || forced[i] > rule.max {
			complaints = append(complaints, fmt.Sprintf("%s at %s forced %d mints, want %d to %d", a.kind, clock(a.begin), forced[i], rule.min, rule.max))
		}
	}
	complaints = append(complaints, r.lateRotations()...)
	return append(complaints, r.superfluousSigns()...)
}

// lateRotations complains of a pair that was not replaced in time.
func (r *record) lateRotations() (complaints []string) {
	for i := 1; i < len(r.mints); i++ {
		if age := r.mints[i].at.Sub(r.mints[i-1].at); age > late+2*time.Second && !r.stalled(r.mints[i].at, r.mints[i].at) {
			complaints = append(complaints, fmt.Sprintf("the pair of mint %d was replaced after %s only", i-1, age.Round(time.Millisecond)))
		}
	}
	return complaints
}

// superfluousSigns complains of SIGN tickets beyond one for each mint.
func (r *record) superfluousSigns() (complaints []string) {
	for i := 1; i < len(r.signs); i++ {
		if t := r.signs[i]; !r.minted(r.signs[i-1], t) && !r.stalled(t, t) {
			complaints = append(complaints, "a second SIGN ticket for one mint was fetched at "+clock(t))
		}
	}
	return complaints
}

// during returns the attack under way, or -1.
func (r *record) during(t time.Time) int {
	return slices.IndexFunc(r.attacks, func(a attack) bool { return a.covers(t) })
}

// nameTrouble says which attack the table of failures lets bring this trouble;
// "" if none.
func (r *record) nameTrouble(c call) string {
	for _, a := range r.attacks {
		switch rule := rules[a.kind]; {
		case a.deprived(c) && c.Trouble != noTicketMatched && c.Trouble != unsigned:
			return "its own process was stopped"
		case c.Trouble == unsigned && rule.silent && r.silent(a, c.Begin):
			return rule.name
		case slices.Contains(rule.trouble, c.Trouble) && a.meets(c):
			return rule.name
		}
	}
	if c.Trouble != noTicketMatched && r.stalled(c.Begin, c.End) {
		return standstill
	}
	// A launch that takes longer than the overlap can meet a refresh.
	if c.Trouble == pageRefused && c.End.Sub(c.Begin) >= overlap && r.minted(c.Begin, c.End.Add(-overlap)) {
		return "a launch that took longer than the old pair lives"
	}
	return ""
}

// silent reports whether no SIGN ticket lived when a browser was sent back with
// a callback: after a mint of this attack had killed the last one, before the
// next pair was there.
func (r *record) silent(a attack, back time.Time) bool {
	const wayBack, repair = 250 * time.Millisecond, 2 * time.Second
	dead := func(mint time.Time) bool {
		return !back.Before(mint.Add(overlap)) && !back.After(mint.Add(overlap+repair+wayBack))
	}
	return a.kind == mintElsewhere && dead(a.begin) ||
		slices.ContainsFunc(r.mints, func(m mint) bool { return a.covers(m.at) && dead(m.at) })
}

func (r *record) minted(from, to time.Time) bool {
	return slices.ContainsFunc(r.mints, func(m mint) bool { return !m.at.Before(from) && !m.at.After(to) })
}

// complainOfTrouble complains of errors that users should not have seen, of
// wrong outcomes, and of requests that were refused although nothing had
// happened.
func (r *record) complainOfTrouble() (complaints []string) {
	for _, c := range r.calls {
		if c.Trouble != "" && r.nameTrouble(c) == "" {
			complaints = append(complaints, fmt.Sprintf("%s to %s, process %d, %s: %s: %s", clock(c.Begin), clock(c.End), c.by, c.Op, c.Trouble, c.Text))
		}
	}
	for _, s := range r.stories {
		if s.Wrong != "" {
			complaints = append(complaints, fmt.Sprintf("a wrong outcome: %s, %s: %s", s.Flow, s.Ending, s.Wrong))
		}
	}
	for _, t := range r.refused {
		if r.during(t) < 0 && !r.stalled(t, t) {
			complaints = append(complaints, "the platform refused a call at "+clock(t)+", when nothing had happened")
		}
	}
	return complaints
}

// When a call is made, for its latency.
const (
	calm       = "outside"
	rotating   = "during a rotation"
	underFire  = "under attack"
	notCounted = "" // at the start, or its process was stopped, or the machine
)

// moment tells when a call was made.
func (r *record) moment(c call) string {
	const before, after = time.Second / 2, 3 * time.Second
	if r.stalled(c.Begin, c.End) || !c.Begin.After(r.mints[0].at.Add(after)) {
		return notCounted
	}
	for _, a := range r.attacks {
		if a.deprived(c) {
			return notCounted
		}
	}
	for _, a := range r.attacks {
		if a.kind != leaveAlone && a.meets(c) {
			return underFire
		}
	}
	for _, m := range r.mints {
		if !c.End.Before(m.at.Add(-before)) && !c.Begin.After(m.at.Add(after)) {
			return rotating
		}
	}
	return calm
}

// when is an op, or allOps, with the moment of its calls.
type when struct{ op, moment string }

const allOps = "all"

// latencies holds the durations of the client's calls, sorted.
func (r *record) latencies() map[when][]time.Duration {
	all := map[when][]time.Duration{}
	for _, c := range r.calls {
		if c.Op == theLoginPage || c.Op == theSDK {
			continue
		}
		for _, op := range []string{c.Op, allOps} {
			w := when{op, r.moment(c)}
			all[w] = append(all[w], c.End.Sub(c.Begin))
		}
	}
	for _, durations := range all {
		slices.Sort(durations)
	}
	return all
}

// quantile of sorted durations: the least that q of them do not exceed.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(int(float64(len(sorted))*q+0.999999)-1, 0)]
}

// count counts by a name, most first.
func count[T any](all []T, name func(T) string) (names []string, n map[string]int) {
	n = map[string]int{}
	for _, x := range all {
		n[name(x)]++
	}
	for x := range n {
		names = append(names, x)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(n[b]-n[a], cmp.Compare(a, b)) })
	return names, n
}

func clock(t time.Time) string { return t.Format("15:04:05.000") }
