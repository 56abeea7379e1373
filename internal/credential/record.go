package credential

import (
	"errors"
	"time"
)

// Ticket is an access token or a SIGN ticket.
type Ticket struct {
	Value string        `json:"value"`
	Life  time.Duration `json:"life"` // the answer's expire_in
	Age   time.Duration `json:"age"`  // the time since the request was sent
}

func (t Ticket) left(elapsed time.Duration) time.Duration { return t.Life - t.Age - elapsed }

func (t Ticket) older(by time.Duration) Ticket {
	t.Age = min(t.Age+by, mostAge) // a ticket of this age has long expired
	return t
}

// record is what the store keeps. It has no times of day: its ages are those at the
// moment of saving, and the store says how long ago that was.
type record struct {
	Token Ticket `json:"token,omitzero"` // without a value if there is no pair
	Sign  Ticket `json:"sign,omitzero"`  // without a value in a half record
	// Recent are earlier SIGN tickets, newest first. A callback may be signed with any
	// SIGN ticket of the last hour.
	Recent []Ticket `json:"recent,omitempty"`
	// OldDead says of a half record that the SIGN ticket before does not work either.
	OldDead bool `json:"old_dead,omitempty"`
	// Minting is the mark of a mint under way. If the next holder of the lock finds it,
	// the answer to that mint was lost, and the old pair may be dying.
	Minting  *mark     `json:"minting,omitempty"`
	Throttle *throttle `json:"throttle,omitempty"`
	Deaths   *deaths   `json:"deaths,omitempty"`
}

// mark is the note that a mint is under way.
type mark struct {
	By    string        `json:"by"` // a random name of the refresh
	Age   time.Duration `json:"age"`
	Lease time.Duration `json:"lease"` // the lease of the lock under which the mint began
}

// throttle bounds the forced refreshes of all processes that share the record, so that
// a wrong argument or a wrong secret does not become a storm of requests.
type throttle struct {
	Step    int           `json:"step"`              // the number of forced refreshes in a row
	Age     time.Duration `json:"age"`               // the age of the last forced refresh
	Refused bool          `json:"refused,omitempty"` // the platform refused the last mint
	Reason  Reason        `json:"reason,omitzero"`   // the last refusal
}

// deaths counts tokens that the platform refused while they were fresh. Two of them
// within an hour mean that a process outside the store fetches tokens for the same
// appID.
type deaths struct {
	Count int           `json:"count"`
	Age   time.Duration `json:"age"` // the age of the last death
}

// life returns the life of the token, to which every period is scaled.
func (r *record) life() time.Duration {
	if r.Token.Life <= 0 {
		return usualLife
	}
	return r.Token.Life
}

// The largest values that a record may have.
const (
	mostLife    = 7 * 24 * time.Hour
	mostAge     = 30 * 24 * time.Hour // also the age that a store returns for a record from the future
	mostLease   = 10 * time.Minute    // the usual lease is 30 s
	mostCount   = 1000
	mostTickets = 1000
	mostText    = 16 << 10
)

var errOutOfRange = errors.New("the stored record has values that this library never saves")

// inRange refuses values that this package never saves: periods that would block for
// years or overflow.
func (r *record) inRange() error {
	ok := len(r.Recent) <= mostTickets
	for _, t := range append([]Ticket{r.Token, r.Sign}, r.Recent...) {
		ok = ok && t.Life >= 0 && t.Life <= mostLife && isAge(t.Age) && len(t.Value) <= mostText &&
			(t.Value == "") == (t.Life == 0)
	}
	if m := r.Minting; m != nil {
		ok = ok && isAge(m.Age) && m.Lease > 0 && m.Lease <= mostLease && len(m.By) <= mostText
	}
	if t := r.Throttle; t != nil {
		ok = ok && t.Step > 0 && t.Step <= mostCount && isAge(t.Age) && len(t.Reason.Code)+len(t.Reason.Family) <= mostText
	}
	if d := r.Deaths; d != nil {
		ok = ok && d.Count > 0 && d.Count <= mostCount && isAge(d.Age)
	}
	if r.Sign.Value != "" && r.Token.Value == "" || !ok {
		return errOutOfRange
	}
	return nil
}

func isAge(d time.Duration) bool { return d >= 0 && d <= mostAge }

// aged returns a copy of the record as it is after d has passed.
func (r *record) aged(d time.Duration) *record {
	old := &record{Token: r.Token.older(d), Sign: r.Sign.older(d), OldDead: r.OldDead}
	if old.Token.Value == "" {
		old.Token = Ticket{}
	}
	if old.Sign.Value == "" {
		old.Sign = Ticket{}
	}
	for _, t := range r.Recent {
		if t.left(d) > 0 {
			old.Recent = append(old.Recent, t.older(d))
		}
	}
	if r.Minting != nil {
		old.Minting = &mark{r.Minting.By, min(r.Minting.Age+d, mostAge), r.Minting.Lease}
	}
	if t := r.Throttle; t != nil {
		old.Throttle = &throttle{t.Step, min(t.Age+d, mostAge), t.Refused, t.Reason}
	}
	if r.Deaths != nil {
		old.Deaths = &deaths{r.Deaths.Count, min(r.Deaths.Age+d, mostAge)}
	}
	return old
}

// The methods below change the record, which must be a copy that aged returned.

// marked adds the mark of a mint that begins now.
func (r *record) marked(by string, lease time.Duration) *record {
	r.Minting = &mark{By: by, Lease: lease}
	return r
}

// unmarked removes the mark, because the mint surely did not happen.
func (r *record) unmarked() *record {
	r.Minting = nil
	return r
}

// minted sets a new token. The record is half then, until its SIGN ticket is fetched.
func (r *record) minted(token Ticket, oldDead bool) *record {
	r.Recent = r.tickets(0)
	r.Token, r.Sign, r.Minting, r.OldDead = token, Ticket{}, nil, oldDead
	if r.Throttle != nil {
		r.Throttle.Refused = false
	}
	return r
}

// fetched sets a new SIGN ticket. The old one becomes a recent one.
func (r *record) fetched(sign Ticket) *record {
	r.Recent = r.tickets(0)
	r.Sign, r.OldDead = sign, false
	return r
}

// forced counts one more forced refresh, with the refusal that was the reason for it.
// After ten minutes without one the count starts again.
func (r *record) forced(reason Reason, refused bool) *record {
	t := r.Throttle
	if t == nil || t.Age >= scaled(throttleForgotten, r.life()) {
		t = new(throttle)
	}
	r.Throttle = &throttle{Step: min(t.Step+1, mostCount), Refused: refused, Reason: reason}
	return r
}

// died counts a token that the platform refused while it was fresh.
func (r *record) died() *record {
	d := r.Deaths
	if d == nil || d.Age >= scaled(foreignWithin, r.life()) {
		d = new(deaths)
	}
	r.Deaths = &deaths{Count: min(d.Count+1, mostCount)}
	return r
}

// deathCounted reports whether the death of this token was counted already: the last
// death that was counted came after this token was fetched.
func (r *record) deathCounted() bool { return r.Deaths != nil && r.Deaths.Age < r.Token.Age }

// foreign reports whether a process outside the store fetches tokens.
func (r *record) foreign() bool {
	return r.Deaths != nil && r.Deaths.Count >= 2 && r.Deaths.Age < scaled(foreignWithin, r.life())
}

// tickets returns the SIGN tickets that have not expired, newest first. A callback may
// be signed with any of them.
func (r *record) tickets(elapsed time.Duration) []Ticket {
	var all []Ticket
	for _, t := range append([]Ticket{r.Sign}, r.Recent...) {
		if t.Value != "" && t.left(elapsed) > 0 {
			all = append(all, t)
		}
	}
	return all
}

// half reports whether the record has a token without its SIGN ticket.
func (r *record) half() bool { return r.Token.Value != "" && r.Sign.Value == "" }

// sincePair returns the age of the younger part of the pair.
func (r *record) sincePair(elapsed time.Duration) time.Duration {
	return min(r.Token.Age, r.Sign.Age) + elapsed
}

// throttledFor returns how long no forced refresh may begin. It is 0 or less if one may
// begin now.
func (r *record) throttledFor(elapsed time.Duration) time.Duration {
	if r.Throttle == nil || r.Throttle.Step < 1 {
		return 0
	}
	first, last := scaled(firstThrottle, r.life()), scaled(lastThrottle, r.life())
	return min(first<<min(r.Throttle.Step-1, 10), last) - r.Throttle.Age - elapsed
}
