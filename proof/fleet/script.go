// Package fleet is a trial: eight OS processes on one store verify people while
// a script, drawn from a seed, kills, stops and restarts them and the store. The store
// is in Redis, or in Postgres.
//
// script.go has what is done to the processes, worker.go and story.go have what the
// processes do meanwhile, and account.go has what becomes of it. The script must
// explain every mint, and every error that a user saw. The test runs the script.
package fleet

import (
	"math/rand/v2"
	"slices"
	"time"
)

// The platform's periods at the speed of this trial. A token lives 7200 s.
const (
	speed   = 20
	life    = 7200 * time.Second / speed
	early   = life/6 - life/120 // from then on a launch has the pair replaced
	late    = life / 6          // from then on any call has
	overlap = life / 120        // what a mint leaves to the pair before
	lease   = 3 * time.Second   // of the store's lock
)

// kind is a kind of attack.
type kind int

const (
	killOne           kind = iota // SIGKILL to a process, whatever it does
	stopOne                       // SIGSTOP for longer than a lease
	restartOne                    // SIGTERM: it ends what it began
	killStore                     // SIGKILL; back after a while, empty if it is Redis
	stopStore                     // SIGSTOP: it hangs
	flush                         // all records and locks are gone
	mintElsewhere                 // a second system mints for the same appID
	killMinter                    // SIGKILL between a mint and its answer
	killBeforeSign                // SIGKILL between the saved token and its SIGN ticket
	stopMinter                    // SIGSTOP between a mint and its answer, for longer than a lease
	loseAnswer                    // the connection breaks instead of the answer to a mint
	sleepThrough                  // SIGSTOP before a rotation, SIGCONT when the old pair is dead
	killStoreAtMint               // the store dies between a mint and its answer
	stopStoreAtMint               // the store hangs then
	leaveAlone                    // a rotation that nobody disturbs
	kinds             = int(leaveAlone) + 1
	firstAtRotation   = killMinter
	longestDisturbing = 11 * time.Second // of an attack between rotations, with what follows it
)

// A rule says what an attack may cost by docs/credentials.md.
type rule struct {
	name string
	// Mints that no clock asked for: their cause, and how many there must and
	// may be.
	cause    string
	min, max int
	// Users of other processes may see these kinds of trouble.
	trouble []string
	// No SIGN ticket lives for a moment: the platform cannot sign a callback.
	// After a foreign mint that is so at any speed. After a holder's end it is
	// this trial's: here a lease is as long as the old pair lives, there it is
	// half as long.
	silent bool
}

var rules = [kinds]rule{
	killOne:        {name: "a process killed"},
	stopOne:        {name: "a process stopped beyond a lease"},
	restartOne:     {name: "a process restarted"},
	killStore:      {name: "the store killed"},
	stopStore:      {name: "the store stopped"},
	flush:          {name: "the store flushed"},
	mintElsewhere:  {name: "a foreign mint", cause: "foreign", min: 1, max: 1, trouble: []string{pageRefused}, silent: true},
	killMinter:     {name: "killed between mint and save", cause: "orphaned by a kill", min: 1, max: 1, silent: true},
	killBeforeSign: {name: "killed between token and SIGN ticket", silent: true},
	// The fleet mints when the lease is over, and the one that wakes may, once
	// more: it cannot know whose mint was the last.
	stopMinter:   {name: "holder stopped beyond its lease", cause: "orphaned by a stop", min: 1, max: 2, silent: true},
	loseAnswer:   {name: "answer to a mint lost", cause: "answer lost", min: 1, max: 1},
	sleepThrough: {name: "a process slept through a rotation"},
	// The others are cut off from the store once this one has minted; if they put
	// the old pair back first, nobody but the platform knows the SIGN ticket.
	killStoreAtMint: {name: "the store killed between mint and save", cause: "the store lost it", max: 2, trouble: []string{troubleStore, troubleCredential, pageRefused, noTicketMatched}, silent: true},
	stopStoreAtMint: {name: "the store stopped between mint and save", cause: "the store kept it waiting", max: 2, trouble: []string{troubleStore, troubleCredential, pageRefused, noTicketMatched}, silent: true},
	leaveAlone:      {name: "an undisturbed rotation"},
}

func (k kind) String() string { return rules[k].name }

// A step of the script is an attack and its particulars.
type step struct {
	kind   kind
	pause  time.Duration // before it; at a rotation: from the mint on
	victim int           // a process; at a rotation it is the one that mints
	lasts  time.Duration // until a victim runs again
}

// A cycle is what happens from one mint until the rotation after it.
type cycle struct {
	between []step
	at      step // the rotation that ends the cycle
}

const processes = 8

// drawLong draws a script of n rotations in which each kind occurs, if there are
// at least eight.
func drawLong(r *rand.Rand, n int) []cycle {
	at := deck(r, n, []kind{killMinter, stopMinter, killBeforeSign, loseAnswer, sleepThrough, killStoreAtMint, stopStoreAtMint, leaveAlone})
	const each = 4
	between := deck(r, each*n-2, []kind{killOne, stopOne, restartOne, killStore, stopStore})
	// These two happen once.
	between = slices.Insert(between, r.IntN(len(between)), mintElsewhere)
	between = slices.Insert(between, r.IntN(len(between)), flush)
	script := make([]cycle, n)
	for i := range script {
		for _, k := range between[each*i : each*(i+1)] {
			script[i].between = append(script[i].between, draw(r, k))
		}
		script[i].at = draw(r, at[i])
	}
	return script
}

// drawShort draws one rotation and what fits before it.
func drawShort(r *rand.Rand) []cycle {
	c := cycle{at: draw(r, killMinter), between: []step{draw(r, mintElsewhere)}}
	for _, k := range deck(r, 6, []kind{killOne, stopOne, restartOne, killStore, stopStore, flush}) {
		c.between = append(c.between, draw(r, k))
	}
	return []cycle{c}
}

// deck returns n kinds in any order, each about as often as the others.
func deck(r *rand.Rand, n int, all []kind) []kind {
	var deck []kind
	for len(deck) < n {
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		deck = append(deck, all...)
	}
	return deck[:n]
}

func draw(r *rand.Rand, k kind) step {
	s := step{kind: k, pause: between(r, time.Second/2, 2*time.Second), victim: r.IntN(processes)}
	if k >= firstAtRotation {
		s.pause = between(r, 50*time.Millisecond, 500*time.Millisecond)
	}
	switch k {
	case stopOne:
		s.lasts = between(r, lease+time.Second/2, 2*lease)
	case stopMinter: // the fleet has minted anew when it wakes
		s.lasts = between(r, 2*lease, 3*lease)
	case sleepThrough:
		s.lasts = between(r, overlap+time.Second/2, 2*overlap)
	case killOne, killMinter, killBeforeSign, killStore, stopStore, killStoreAtMint, stopStoreAtMint:
		s.lasts = between(r, time.Second, 3*time.Second)
	}
	return s
}

func between(r *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(r.Int64N(int64(most-least)))
}
