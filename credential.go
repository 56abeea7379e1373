package faceid

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// record is what the store keeps: an access token, its SIGN ticket, and the
// SIGN tickets of the last hour, because a callback may be signed with an
// earlier one. It knows no clock: ages are those at the moment of saving, and
// the store says how long ago that was.
type record struct {
	Token  ticket   `json:"token"`
	Sign   ticket   `json:"sign"`
	Recent []ticket `json:"recent,omitempty"` // newest first
}

// ticket is an access token or a SIGN ticket.
type ticket struct {
	Value string        `json:"value"`
	Life  time.Duration `json:"life"` // expire_in
	Age   time.Duration `json:"age"`
}

func (t ticket) left(since time.Duration) time.Duration { return t.Life - t.Age - since }

func (t ticket) older(by time.Duration) ticket {
	t.Age += by
	return t
}

// recordVersion changes when an older reader would misunderstand the record.
const recordVersion = 1

var errBadRecord = errors.New("the stored record is damaged or of another version")

// encode writes the record with its version and a checksum.
func (r *record) encode() []byte {
	body, _ := json.Marshal(r) // strings and numbers always marshal
	return fmt.Appendf(nil, "faceid %d %s %s", recordVersion, checksum(body), body)
}

func decodeRecord(text []byte) (*record, error) {
	var version int
	var sum string
	head := text
	if len(head) > 128 {
		head = head[:128]
	}
	if n, err := fmt.Sscanf(string(head), "faceid %d %s ", &version, &sum); n != 2 || err != nil && version == 0 || version != recordVersion {
		return nil, errBadRecord
	}
	_, body, _ := bytes.Cut(text, []byte(sum+" "))
	if checksum(body) != sum {
		return nil, errBadRecord
	}
	r := new(record)
	if json.Unmarshal(body, r) != nil || r.Token.Value == "" || r.Sign.Value == "" || r.Token.Life <= 0 || r.Sign.Life <= 0 {
		return nil, errBadRecord
	}
	return r, nil
}

func checksum(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:16])
}

// aged returns the record as it is after d more.
func (r *record) aged(d time.Duration) *record {
	old := &record{Token: r.Token.older(d), Sign: r.Sign.older(d)}
	for _, t := range r.Recent {
		old.Recent = append(old.Recent, t.older(d))
	}
	return old
}

// succeed returns the record of a new pair. The old SIGN ticket joins the
// recent ones; those that have lived their life leave.
func (r *record) succeed(token, sign ticket) *record {
	next := &record{Token: token, Sign: sign}
	if r == nil {
		return next
	}
	for _, t := range append([]ticket{r.Sign}, r.Recent...) {
		if t.left(0) > 0 {
			next.Recent = append(next.Recent, t)
		}
	}
	return next
}

// state is the age of a record. All periods are fractions of the token's life,
// so that a simulator that runs faster makes its client run faster too.
type state int

const (
	fresh state = iota // use it
	aging              // use it, and fetch the next one meanwhile
	spent              // wait for the next one
)

// state tells the record's age, elapsed since it was loaded.
func (r *record) state(elapsed time.Duration) state {
	life := r.Token.Life
	switch {
	case min(r.Token.left(elapsed), r.Sign.left(elapsed)) < life/24: // 5 min
		return spent
	case r.Token.Age+elapsed >= life/6: // 20 min
		return aging
	}
	return fresh
}

// needsRefreshForNonce reports whether the record will be replaced before a
// NONCE ticket has lived its life: the ticket would die with the token.
func (r *record) needsRefreshForNonce(elapsed time.Duration) bool {
	life := r.Token.Life
	return r.Token.Age+elapsed >= life/6-life/120 // 19 min
}
