// Package redisstore keeps the credentials of a fleet in Redis, so that all its
// processes use one access token.
//
//	store, err := redisstore.New(redis.NewClient(&redis.Options{Addr: "redis:6379"}))
//	client, err := faceid.New(faceid.WithApp(appID, secret), faceid.WithStore(store))
//
// Redis 5 or newer, alone, with Sentinel, or as a cluster.
//
// # What is kept
//
// For each appID a hash, faceid:{appID}:record, forgotten 8 days after the last
// save, and while somebody refreshes a string, faceid:{appID}:lock, which lives as
// long as its lease. The record is a live secret for two hours: use TLS, a
// password, and a user who may do no more than the README lists.
//
// # What may be lost
//
// Anything: persistence is not required. A process that still has a copy saves it
// again, otherwise one process fetches anew; compare-and-swap decides whose record
// stays after a failover. A Redis that is down is an error, never an empty store.
//
// # Limits
//
// A lock lasts [MaxLeases] leases at most. Waiting asks every 20 ms at first and
// twice a second in the end, and ends with the caller's context.
package redisstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/faceid-go/faceid"
)

// Store is a faceid.Store in Redis. Ages are told by the Redis server's clock,
// whatever the clocks of the fleet say. A Redis that is down, slow, or holds
// something strange under our keys is an error, never an empty store.
type Store struct {
	client redis.UniversalClient
	prefix string
}

var _ faceid.Store = (*Store)(nil)

// Option configures New. An option checks its argument; its error names it.
type Option func(*Store) error

// WithPrefix sets what the names of all keys in Redis begin with; the default
// is "faceid:". Stores with different prefixes never meet. It is 1 to 100 bytes
// of printable ASCII without spaces and braces (braces belong to cluster slots).
func WithPrefix(prefix string) Option {
	return func(s *Store) error {
		if prefix == "" || len(prefix) > 100 {
			return errors.New("redisstore: WithPrefix: the prefix must have 1 to 100 bytes")
		}
		for _, b := range []byte(prefix) {
			if b <= ' ' || b > '~' || b == '{' || b == '}' {
				return errors.New("redisstore: WithPrefix: the prefix must be printable ASCII without spaces and braces")
			}
		}
		s.prefix = prefix
		return nil
	}
}

// New returns the store behind client, which the caller configures and closes.
// It makes no request. A *redis.Ring is refused: while a server is down, it
// looks for its keys on another, where a broken store would look empty.
func New(client redis.UniversalClient, opts ...Option) (*Store, error) {
	switch c := client.(type) {
	case nil:
		return nil, errors.New("redisstore: New: the client is nil")
	case *redis.Client:
		if c == nil {
			return nil, errors.New("redisstore: New: the client is nil")
		}
	case *redis.ClusterClient:
		if c == nil {
			return nil, errors.New("redisstore: New: the client is nil")
		}
	case *redis.Ring:
		return nil, errors.New("redisstore: New: a redis.Ring moves keys when a server is down; use one server, Sentinel, or a cluster")
	}
	s := &Store{client: client, prefix: "faceid:"}
	for _, opt := range opts {
		if err := opt(s); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Format prints neither records nor how to reach them, whatever the verb.
func (s *Store) Format(f fmt.State, _ rune) { fmt.Fprint(f, "redisstore.Store") }

// A record is a hash: the record, when it was saved by the server's clock, and
// which request saved it. Redis forgets it when nobody has saved for so long
// that any token in it is dead: the client accepts lives of up to 7 days.
const keep = 8 * 24 * time.Hour

// The scripts write what they computed, not how (effects replication, which is
// all that Redis knows since version 5), so TIME may precede a write.
var (
	loadScript = redis.NewScript(`
		if redis.call('EXISTS', KEYS[1]) == 0 then return {} end
		local now = redis.call('TIME')
		local hash = redis.call('HMGET', KEYS[1], 'record', 'seconds', 'micros', 'request')
		return {now[1], now[2], hash[1], hash[2], hash[3], hash[4]}`)

	// The client sends a request again if the answer was lost. The second time
	// the bytes are not old any more, because the first time worked.
	swapScript = redis.NewScript(`
		local hash = redis.call('HMGET', KEYS[1], 'record', 'seconds', 'micros', 'request')
		if redis.call('EXISTS', KEYS[1]) == 1 then
			if not (hash[1] and hash[2] and hash[3] and hash[4]) then return -1 end
			if hash[4] == ARGV[1] then return 1 end
			if ARGV[2] ~= 'old' or hash[1] ~= ARGV[3] then return 0 end
		elseif ARGV[2] == 'old' then
			return 0
		end
		local now = redis.call('TIME')
		redis.call('HSET', KEYS[1], 'record', ARGV[4], 'seconds', now[1], 'micros', now[2], 'request', ARGV[1])
		redis.call('PEXPIRE', KEYS[1], ARGV[5])
		return 1`)
)

var errForeign = errors.New("what is stored there was not saved by this package")

// Load implements faceid.Store. The age is told by the server's clock; it is 0
// if that was set back since.
func (s *Store) Load(ctx context.Context, key string) ([]byte, time.Duration, error) {
	const op = "Load"
	name := s.name(key, "record")
	answer, err := s.call(ctx, loadScript, name)
	if err != nil {
		return nil, 0, fail(op, name, err)
	}
	fields, ok := answer.([]any)
	switch {
	case ok && len(fields) == 0:
		return nil, 0, faceid.ErrNotFound
	case !ok || len(fields) != 6:
		return nil, 0, fail(op, name, errAnswer)
	}
	text := make([]string, len(fields))
	for i, f := range fields {
		if text[i], ok = f.(string); !ok {
			return nil, 0, fail(op, name, errForeign)
		}
	}
	now, err1 := clock(text[0], text[1])
	saved, err2 := clock(text[3], text[4])
	if err1 != nil || err2 != nil {
		return nil, 0, fail(op, name, errForeign)
	}
	return []byte(text[2]), max(now.Sub(saved), 0), nil
}

// clock reads what TIME says.
func clock(seconds, micros string) (time.Time, error) {
	s, err1 := strconv.ParseInt(seconds, 10, 64)
	us, err2 := strconv.ParseInt(micros, 10, 64)
	return time.Unix(s, us*1000), errors.Join(err1, err2)
}

// CompareAndSwap implements faceid.Store.
func (s *Store) CompareAndSwap(ctx context.Context, key string, old, record []byte) (bool, error) {
	const op = "CompareAndSwap"
	name := s.name(key, "record")
	expect := "nothing"
	if old != nil {
		expect = "old"
	}
	answer, err := s.call(ctx, swapScript, name, rand.Text(), expect, old, record, keep.Milliseconds())
	if err != nil {
		return false, fail(op, name, err)
	}
	switch answer {
	case int64(1):
		return true, nil
	case int64(0):
		return false, nil
	case int64(-1):
		return false, fail(op, name, errForeign)
	}
	return false, fail(op, name, errAnswer)
}

// name is the name of a key in Redis. What is in braces decides about the slot
// in a cluster, so all that belongs to one key is in one place.
func (s *Store) name(key, what string) string {
	tag := braces.Replace(key)
	if tag == "" {
		tag = "%" // empty braces decide nothing
	}
	return s.prefix + "{" + tag + "}:" + what
}

var braces = strings.NewReplacer("{", "%7B", "}", "%7D", "%", "%25")

var errAnswer = errors.New("the answer makes no sense")

type reply struct {
	value any
	err   error
}

// call runs a script. It returns when ctx ends, even if the server hangs: the
// client does not watch ctx while it reads. The request it leaves behind ends
// with the client's own ReadTimeout.
func (s *Store) call(ctx context.Context, script *redis.Script, name string, args ...any) (any, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return await(ctx, s.send(ctx, script, name, args...))
}

// send returns where the answer will be; closed after it.
func (s *Store) send(ctx context.Context, script *redis.Script, name string, args ...any) <-chan reply {
	answer := make(chan reply, 1)
	go func() {
		defer close(answer)
		value, err := script.Run(ctx, s.client, []string{name}, args...).Result()
		answer <- reply{value, err}
	}()
	return answer
}

func await(ctx context.Context, answer <-chan reply) (any, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-answer:
		if deadline, ok := ctx.Deadline(); r.err != nil && ok && !time.Now().Before(deadline) {
			return nil, context.DeadlineExceeded // the socket's clock was faster than ctx's
		}
		return r.value, r.err
	}
}

// storeError keeps the client's error for errors.Is and errors.As. Its text
// leaves out what may quote a record.
type storeError struct {
	op, name string
	err      error
}

func fail(op, name string, err error) error { return &storeError{op, name, err} }

func (e *storeError) Unwrap() error { return e.err }

func (e *storeError) Error() string {
	return fmt.Sprintf("redisstore: %s: %q: %s", e.op, e.name, quoteless(e.err.Error()))
}

// quoteless cuts a text before it quotes: the server quotes the arguments of a
// command that it does not know, the client an answer that it cannot read.
func quoteless(text string) string {
	text, _, _ = strings.Cut(text, ", with args beginning with")
	if before, _, quotes := strings.Cut(text, `"`); quotes {
		return strings.TrimRight(before, ` :=`) + " …"
	}
	return text
}
