package faceid

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// record is what the store keeps: an access token, its SIGN ticket, and the
// SIGN tickets of the last hour, because a callback may be signed with an
// earlier one. It knows no clock: ages are those at the moment of saving, and
// the store says how long ago that was.
type record struct {
	Token  ticket   `json:"token,omitzero"` // none: only the throttle is kept
	Sign   ticket   `json:"sign,omitzero"`  // none: half a record, the SIGN ticket of Token is yet to be fetched
	Recent []ticket `json:"recent,omitempty"`
	// OldDead: the pair before Token was dead already; of half a record not even
	// the old SIGN ticket works.
	OldDead bool `json:"old_dead,omitempty"`
	// Minting stands while a mint is under way. Found by the next holder of the
	// lock, it says that the answer was lost: the old pair may be dying.
	Minting  *mark     `json:"minting,omitempty"`
	Throttle *throttle `json:"throttle,omitempty"`
	Deaths   *deaths   `json:"deaths,omitempty"`
}

// ticket is an access token or a SIGN ticket.
type ticket struct {
	Value string        `json:"value"`
	Life  time.Duration `json:"life"` // expire_in
	Age   time.Duration `json:"age"`
}

func (t ticket) left(elapsed time.Duration) time.Duration { return t.Life - t.Age - elapsed }

// nearEnd reports whether there is too little left to start something: less than
// 5 minutes of the token's 2 hours.
func (t ticket) nearEnd(elapsed, life time.Duration) bool {
	return t.left(elapsed) < min(life/24, t.Life/2)
}

func (t ticket) older(by time.Duration) ticket {
	t.Age += by
	return t
}

// mark is a mint under way and the lease of who began it.
type mark struct {
	By    string        `json:"by"` // whose flight; random
	Age   time.Duration `json:"age"`
	Lease time.Duration `json:"lease"`
}

// throttle bounds, for all who share the store, the renewals that nobody's clock
// asked for: a wrong value or a wrong secret must not become a storm.
type throttle struct {
	Step    int           `json:"step"`              // how many in a row
	Age     time.Duration `json:"age"`               // of the last
	Refused bool          `json:"refused,omitempty"` // the last mint was answered by a refusal
}

// deaths counts tokens that the platform refused while they were fresh: two
// within an hour mean that somebody else fetches tokens for the same appID.
type deaths struct {
	Count int           `json:"count"`
	Age   time.Duration `json:"age"` // of the last
}

// The life of a token where none is known yet.
const usualLife = 7200 * time.Second

// life is the unit of every period: all are fractions of it, so that a
// simulator that runs faster makes its client run faster too.
func (r *record) life() time.Duration {
	if r == nil || r.Token.Life <= 0 {
		return usualLife
	}
	return r.Token.Life
}

// recordVersion changes when an older reader would misunderstand the record.
const recordVersion = 1

var (
	errBadRecord   = errors.New("the stored record is damaged")
	errNewerRecord = errors.New("the stored record is of a newer version of this library")
)

// encode writes the record with its version and a checksum.
func (r *record) encode() []byte {
	body, _ := json.Marshal(r) // strings and numbers always marshal
	return fmt.Appendf(nil, "faceid %d %s %s", recordVersion, checksum(body), body)
}

func decodeRecord(text []byte) (*record, error) {
	rest, ok := bytes.CutPrefix(text, []byte("faceid "))
	number, rest, ok2 := bytes.Cut(rest, []byte(" "))
	version, err := strconv.Atoi(string(number))
	switch {
	case !ok || !ok2 || err != nil || version < 1:
		return nil, errBadRecord
	case version > recordVersion:
		return nil, errNewerRecord
	}
	sum, body, _ := bytes.Cut(rest, []byte(" "))
	r := new(record)
	if checksum(body) != string(sum) || json.Unmarshal(body, r) != nil {
		return nil, errBadRecord
	}
	return r, nil
}

func checksum(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:16])
}

// aged returns a copy of the record as it is after d more. Of no record it is an
// empty one.
func (r *record) aged(d time.Duration) *record {
	if r == nil {
		return new(record)
	}
	old := &record{Token: r.Token.older(d), Sign: r.Sign.older(d), OldDead: r.OldDead}
	for _, t := range r.Recent {
		old.Recent = append(old.Recent, t.older(d))
	}
	if r.Minting != nil {
		old.Minting = &mark{r.Minting.By, r.Minting.Age + d, r.Minting.Lease}
	}
	if t := r.Throttle; t != nil {
		old.Throttle = &throttle{t.Step, t.Age + d, t.Refused}
	}
	if r.Deaths != nil {
		old.Deaths = &deaths{r.Deaths.Count, r.Deaths.Age + d}
	}
	return old
}

// The following change an aged copy.

// marked notes a mint that begins now.
func (r *record) marked(by string, lease time.Duration) *record {
	r.Minting = &mark{By: by, Lease: lease}
	return r
}

// unmarked notes that the mint surely did not happen.
func (r *record) unmarked() *record {
	r.Minting = nil
	return r
}

// minted puts the new token in: half a record, its SIGN ticket is to come.
func (r *record) minted(token ticket, oldDead bool) *record {
	r.Recent = r.tickets(0)
	r.Token, r.Sign, r.Minting, r.OldDead = token, ticket{}, nil, oldDead
	if r.Throttle != nil {
		r.Throttle.Refused = false
	}
	return r
}

// signed puts a new SIGN ticket in. The old one joins the recent ones.
func (r *record) signed(sign ticket) *record {
	r.Recent = r.tickets(0)
	r.Sign, r.OldDead = sign, false
	return r
}

// forced counts one more renewal that nobody's clock asked for. After ten quiet
// minutes the count starts again.
func (r *record) forced(refused bool) *record {
	if r.Throttle == nil || r.Throttle.Age >= r.life()/12 {
		r.Throttle = new(throttle)
	}
	r.Throttle.Step++
	r.Throttle.Age, r.Throttle.Refused = 0, refused
	return r
}

// died counts a token that was refused while it was fresh.
func (r *record) died() *record {
	if r.Deaths == nil || r.Deaths.Age >= r.life()/2 {
		r.Deaths = new(deaths)
	}
	r.Deaths.Count++
	r.Deaths.Age = 0
	return r
}

// foreign reports whether somebody outside this store fetches tokens.
func (r *record) foreign() bool {
	return r.Deaths != nil && r.Deaths.Count >= 2 && r.Deaths.Age < r.life()/2
}

// tickets are the SIGN tickets that have not lived their life, newest first:
// any of them may have signed a callback.
func (r *record) tickets(elapsed time.Duration) []ticket {
	var all []ticket
	for _, t := range append([]ticket{r.Sign}, r.Recent...) {
		if t.Value != "" && t.left(elapsed) > 0 {
			all = append(all, t)
		}
	}
	return all
}

// half reports whether the token is there, but its SIGN ticket is not.
func (r *record) half() bool { return r.Token.Value != "" && r.Sign.Value == "" }

// signTicket returns the ticket to sign with. Of half a record that is the old
// one, which works for a minute after the mint (less a margin for the way).
func (r *record) signTicket(elapsed time.Duration) (ticket, bool) {
	if !r.half() {
		return r.Sign, r.Sign.Value != ""
	}
	if r.OldDead || len(r.Recent) == 0 || r.Recent[0].left(elapsed) <= 0 || r.Token.Age+elapsed >= r.life()/150 { // 48 s
		return ticket{}, false
	}
	return r.Recent[0], true
}

// state is the age of a record.
type state int

const (
	fresh state = iota // use it
	aging              // use it, and fetch the next one meanwhile
	dying              // somebody's mint may have gone wrong: fetch the next one first, if that works
	spent              // wait for the next one
)

// state tells the record's age, elapsed since it was loaded.
func (r *record) state(elapsed time.Duration) state {
	life := r.life()
	sign, ok := r.signTicket(elapsed)
	switch {
	case r.Token.Value == "" || !ok:
		return spent
	case r.half():
		return aging
	case r.Token.nearEnd(elapsed, life) || sign.nearEnd(elapsed, life):
		return spent
	case r.Minting != nil && r.Minting.Age+elapsed > r.Minting.Lease:
		return dying
	case r.Token.Age+elapsed >= life/6: // 20 min
		return aging
	}
	return fresh
}

// nonceAging reports whether the record will be replaced before a NONCE ticket
// has lived its life: the ticket would die with the token.
func (r *record) nonceAging(elapsed time.Duration) bool {
	life := r.life()
	return r.Token.Age+elapsed >= life/6-life/120 // 19 min
}

// settled reports whether nobody needs to do anything about the record: what a
// refresh looks for once it holds the lock.
func (r *record) settled(elapsed time.Duration) bool {
	return r.Minting == nil && r.state(elapsed) == fresh && !r.nonceAging(elapsed)
}

// sincePair is how long ago the younger half of the pair was fetched.
func (r *record) sincePair(elapsed time.Duration) time.Duration {
	return min(r.Token.Age, r.Sign.Age) + elapsed
}

// throttled reports for how long no further forced renewal may happen: 10 s
// after the first, doubling to 5 min.
func (r *record) throttled(elapsed time.Duration) time.Duration {
	if r.Throttle == nil || r.Throttle.Step < 1 {
		return 0
	}
	step := min(r.Throttle.Step-1, 10)
	return min(r.life()/720<<step, r.life()/24) - r.Throttle.Age - elapsed
}
