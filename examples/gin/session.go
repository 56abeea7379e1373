package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/netip"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/faceid-go/faceid"
)

// A session is what the service knows of one browser. It holds neither a name nor an ID
// number. All processes share it, so the browser may come back to another one than it left.
type session struct {
	UserID string              `json:"userID"` // what the platform knows the person by
	Login  *faceid.PageSession `json:"login"`  // the order that was opened last
}

// outcome says how an order ended, in the form that the person may see.
type outcome struct {
	Passed  bool          `json:"passed"`
	Gloss   string        `json:"gloss,omitempty"`   // English
	Message string        `json:"message,omitempty"` // the platform's own words
	Charged string        `json:"charged,omitempty"`
	Remedy  faceid.Remedy `json:"remedy,omitempty"` // of a front-end code: what the person may do before they begin anew
}

// memory keeps the sessions and the ends of their orders in Redis. Its names begin with
// "gin:", and all of them expire.
type memory struct {
	redis redis.UniversalClient
}

const (
	sessionLife = 30 * time.Minute // since the browser was seen last
	outcomeLife = time.Hour
	onceLife    = time.Hour // a SIGN ticket signs no callback for longer
	limitPeriod = 10 * time.Minute
)

var (
	errForeign  = errors.New("this browser's session has opened no order")
	errTooOften = errors.New("too many verifications were begun from this address")
	errMemory   = errors.New("Redis does not answer") // what the client says may name the address
)

// newToken makes the value of a cookie: 130 random bits, which the login URL does not show.
func newToken() string { return rand.Text() }

// sessionKey is the name of a session in Redis. It is a hash of the cookie, so that whoever
// reads Redis, its log of slow commands or a copy of it cannot take a session over.
func sessionKey(token string) string {
	sum := sha256.Sum256([]byte(token))
	return "gin:session:" + hex.EncodeToString(sum[:])
}

// session returns the session of a cookie, and restarts its life. It is nil if there is none:
// a cookie that the service has not given never becomes one.
func (m *memory) session(ctx context.Context, token string) (*session, error) {
	s := &session{}
	found, err := m.load(ctx, sessionKey(token), s)
	if err != nil || !found {
		return nil, err
	}
	return s, known(m.redis.Expire(ctx, sessionKey(token), sessionLife).Err())
}

// keep stores a session.
func (m *memory) keep(ctx context.Context, token string, s *session) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return known(m.redis.Set(ctx, sessionKey(token), text, sessionLife).Err())
}

// outcome returns how an order ended, or nil if that is not known yet.
func (m *memory) outcome(ctx context.Context, orderNo string) (*outcome, error) {
	o := &outcome{}
	found, err := m.load(ctx, "gin:outcome:"+orderNo, o)
	if err != nil || !found {
		return nil, err
	}
	return o, nil
}

// settle stores how an order ended. Whatever was stored first stays: two processes that
// decide at once decide the same, and a callback of an earlier end must not be followed by
// one that says otherwise.
func (m *memory) settle(ctx context.Context, orderNo string, o *outcome) error {
	text, err := json.Marshal(o)
	if err != nil {
		return err
	}
	return known(m.redis.SetNX(ctx, "gin:outcome:"+orderNo, text, outcomeLife).Err())
}

// first reports whether a callback is new to all processes. It is for WithCallbackOnce.
func (m *memory) first(ctx context.Context, cb *faceid.Callback) (bool, error) {
	isFirst, err := m.redis.SetNX(ctx, "gin:callback:"+cb.ID(), 1, onceLife).Result()
	return isFirst, known(err)
}

// begin counts the verifications that an address begins, because each costs money. Of an
// address of IPv6 the network counts, since one customer has all addresses of it.
func (m *memory) begin(ctx context.Context, address string, limit int) error {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return errTooOften
	}
	bits := ip.Unmap().BitLen()
	if bits == 128 {
		bits = 64
	}
	network, err := ip.Unmap().WithZone("").Prefix(bits)
	if err != nil {
		return errTooOften
	}
	key := "gin:begins:" + network.String()
	var count *redis.IntCmd
	_, err = m.redis.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.SetNX(ctx, key, 0, limitPeriod)
		count = p.Incr(ctx, key)
		return nil
	})
	if err != nil {
		return known(err)
	}
	if count.Val() > int64(limit) {
		return errTooOften
	}
	return nil
}

// load reads a value of JSON.
func (m *memory) load(ctx context.Context, key string, to any) (found bool, err error) {
	text, err := m.redis.Get(ctx, key).Bytes()
	if errors.Is(err, redis.Nil) {
		return false, nil
	}
	if err != nil {
		return false, known(err)
	}
	return true, json.Unmarshal(text, to)
}

// known makes an error of Redis one that may be logged.
func known(err error) error {
	if err == nil {
		return nil
	}
	return errMemory
}
