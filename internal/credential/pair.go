package credential

import (
	"time"

	"github.com/faceid-go/faceid/internal/clock"
)

// Pair is a record as this process holds it: a token and its SIGN ticket, or the part
// of them that exists. A Pair never changes.
type Pair struct {
	*record
	at   time.Time // the time to which the record's ages belong
	seal *seal     // the seal of the secret with which the pair was fetched
	own  bool      // this process fetched a part of the pair
}

// Grant is what a caller may use now. Its values are secrets.
type Grant struct {
	Token string
	Sign  string // the SIGN ticket; may be empty in a grant for a launch
	Pair  *Pair  // the argument for Recover or Overtaken
}

func emptyPair(s *seal, now time.Time) *Pair { return &Pair{record: new(record), at: now, seal: s} }

// elapsed returns how long the pair has been held. It is never negative, even if the
// clock was set back. It is 0 for nil.
func (p *Pair) elapsed(now time.Time) time.Duration {
	if p == nil {
		return 0
	}
	return max(clock.Elapsed(p.at, now), 0)
}

func (p *Pair) verdict(now time.Time) Verdict { return p.verdictAfter(p.elapsed(now)) }

// verdictAfter returns the verdict on a pair that has been held for that long.
func (p *Pair) verdictAfter(held time.Duration) Verdict {
	if p == nil {
		return Verdict{Sign: No, Launch: No, Due: Mint}
	}
	return p.record.verdict(held)
}

func (p *Pair) grant(now time.Time) Grant { return p.grantAfter(p.elapsed(now)) }

// grantAfter returns what a pair grants that has been held for that long.
func (p *Pair) grantAfter(held time.Duration) Grant {
	sign, _ := p.signTicket(held)
	return Grant{Token: p.Token.Value, Sign: sign, Pair: p}
}

// present returns a copy of the record with the ages of now.
func (p *Pair) present(now time.Time) *record { return p.aged(p.elapsed(now)) }

// scaled returns a period for the life of the pair's token.
func (p *Pair) scaled(period time.Duration) time.Duration {
	if p == nil {
		return period
	}
	return scaled(period, p.life())
}

// same reports whether both hold the same token and the same SIGN ticket.
func (p *Pair) same(other *Pair) bool {
	return p.Token.Value == other.Token.Value && p.Sign.Value == other.Sign.Value
}

// newerThan reports whether p was fetched after the other. The token that was minted
// last is the one that lives; of one token, the younger SIGN ticket is the newer.
func (p *Pair) newerThan(other *Pair, now time.Time) bool {
	const drift = time.Second // the difference that two ways of counting one age may have
	younger := func(mine, theirs Ticket) bool {
		return mine.Value != "" && mine.Value != theirs.Value &&
			(theirs.Value == "" || mine.Age+p.elapsed(now)+drift < theirs.Age+other.elapsed(now))
	}
	if p.Token.Value == other.Token.Value {
		return younger(p.Sign, other.Sign)
	}
	return younger(p.Token, other.Token)
}
