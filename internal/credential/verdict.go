package credential

import "time"

// Use says whether a pair may be used.
type Use int

// These are the uses from the worst to the best.
const (
	No        Use = iota // wait for the next pair
	Fallback             // wait a moment for the next pair, and use this one if no other can be fetched in that time
	Meanwhile            // use this pair, and let the next be fetched in the background
	Yes                  // use this pair
)

// Due says what the holder of the lock has to fetch.
type Due int

// These are the steps that may be due, the smaller one first.
const (
	Nothing   Due = iota
	FetchSign     // the SIGN ticket alone
	Mint          // a new token, and its SIGN ticket
)

// Verdict says what a record may be used for at one moment, and what is due.
type Verdict struct {
	Sign   Use // for signing a call with the SIGN ticket
	Launch Use // for fetching a NONCE ticket with the token
	Due    Due
	// Wait is the throttle that is left: after a refusal by the platform no mint is
	// sent for so long, even if one is due. It is 0 if a mint may be sent.
	Wait time.Duration
}

// verdict returns the verdict on the record. elapsed is the time since the record was
// loaded or saved. docs/tickets.md has the rules as a table.
func (r *record) verdict(elapsed time.Duration) Verdict {
	if r.Token.Value == "" || r.spent(r.Token, elapsed) {
		return Verdict{Sign: No, Launch: No, Due: Mint, Wait: r.refusedFor(elapsed)}
	}
	v := Verdict{Sign: Yes, Launch: Yes, Due: Nothing}
	age := r.Token.Age + elapsed
	marked := r.Minting != nil
	switch {
	case r.half():
		v.Due, v.Sign = FetchSign, Meanwhile
		if _, serves := r.signTicket(elapsed); !serves {
			v.Sign = No
		}
	case r.spent(r.Sign, elapsed):
		v.Due, v.Sign = FetchSign, No
	case marked && r.abandoned(elapsed):
		v.Sign = Fallback
	case age >= scaled(refreshAt, r.life()):
		v.Sign = Meanwhile
	}
	switch {
	case marked: // a NONCE ticket would die with the token
		v.Launch = No
	case age >= scaled(launchAt, r.life()):
		v.Launch = Fallback
	}
	if !r.half() && v.Launch != Yes {
		v.Due, v.Wait = Mint, r.refusedFor(elapsed)
	}
	return v
}

// abandoned reports whether the lease under which the mark was made is over.
func (r *record) abandoned(elapsed time.Duration) bool {
	return r.Minting.Age+elapsed > r.Minting.Lease
}

// spent reports whether too little is left of a ticket's life to begin a call with it.
func (r *record) spent(t Ticket, elapsed time.Duration) bool {
	return t.left(elapsed) < min(scaled(spentBefore, r.life()), t.Life/2)
}

// refusedFor returns how long no mint is sent because the last one was refused.
func (r *record) refusedFor(elapsed time.Duration) time.Duration {
	if r.Throttle == nil || !r.Throttle.Refused {
		return 0
	}
	return max(r.throttledFor(elapsed), 0)
}

// signTicket returns the ticket to sign with, and whether there is one. A half record
// has the SIGN ticket of the token before, which works for a minute after the mint.
func (r *record) signTicket(elapsed time.Duration) (string, bool) {
	if !r.half() {
		return r.Sign.Value, r.Sign.Value != ""
	}
	if r.OldDead || len(r.Recent) == 0 || r.Recent[0].left(elapsed) <= 0 || r.Token.Age+elapsed >= scaled(oldServes, r.life()) {
		return "", false
	}
	return r.Recent[0].Value, true
}
