package credential

import (
	"errors"
	"strings"
	"time"
)

// Snapshot is what a record says at one moment, for a person who looks for a fault. The
// values of Token and Sign are secrets.
type Snapshot struct {
	Token, Sign Ticket        // with their ages at that moment; without a value if there is none
	Signs       bool          // a call can be signed with Sign
	Minting     time.Duration // how long a mint is under way, or its answer is lost; 0 if there is none
	Throttled   time.Duration // for how long no refresh is forced
	Refused     bool          // the platform refused the last mint
	Reason      Reason        // the last refusal, if there was one
	Deaths      int           // tokens of the last hour that the platform refused while they were fresh
}

// Inspect reads a record that a Store has loaded. name is the key under which the store
// keeps it, and age how long ago it was saved.
func Inspect(name, secret string, stored []byte, age time.Duration) (*Snapshot, error) {
	base, _, ok := strings.Cut(name, "#")
	if !ok {
		return nil, errors.New("the name is not one of this library")
	}
	s, err := newSeal(base, secret)
	if err != nil {
		return nil, err
	}
	if s.name != name {
		return nil, errBadRecord
	}
	r, err := s.unseal(stored)
	if err != nil {
		return nil, err
	}
	v := r.verdict(age)
	r = r.aged(age)
	snap := &Snapshot{Token: r.Token, Sign: r.Sign, Signs: v.Sign != No, Throttled: max(r.throttledFor(0), 0)}
	if r.Minting != nil {
		snap.Minting = max(r.Minting.Age, 1)
	}
	if t := r.Throttle; t != nil && t.Age < scaled(throttleForgotten, r.life()) {
		snap.Refused, snap.Reason = t.Refused, t.Reason
	}
	if d := r.Deaths; d != nil && d.Age < scaled(foreignWithin, r.life()) {
		snap.Deaths = d.Count
	}
	return snap, nil
}
