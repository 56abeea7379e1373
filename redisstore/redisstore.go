// Package redisstore keeps the credentials of an appID in Redis, so that all processes
// that use the appID share one access token.
//
//	store, err := redisstore.New(redis.NewClient(&redis.Options{Addr: "redis:6379"}))
//	client, err := faceid.New(faceid.WithApp(appID, secret), faceid.WithStore(store))
//
// It needs Redis 5 or newer: a single server, Sentinel, or a cluster.
//
// # What is kept
//
// For each key there is a hash, faceid:{key}:record, which expires 8 days after the last
// save. While a process refreshes there is also a string, faceid:{key}:lock, which lives
// as long as its lease. A key is an appID, with the host if that is not the platform's, and
// a name that the client derives from the secret.
//
// The client seals the record: it encrypts and authenticates the record under a key that it
// derives from the secret of the App. A person who can read or write Redis can neither read
// a ticket nor write one, but can still delete a record, put back an earlier one, or take
// the lock. So use TLS, a password, and a user who may do no more than the README lists.
//
// # What may be lost
//
// Everything may be lost: persistence is not required. A process that still has a copy
// saves it again; otherwise one process fetches new credentials. Compare-and-swap decides
// whose record stays after a failover. A Redis that is down is an error, never an empty
// store.
//
// # Limits
//
// A record has at most 1 MiB. A longer value under a key of this package is never
// transferred: it is an error that says how long the value is. A record that was saved more
// than a second in the future counts as 30 days old, which is older than any token lives: a
// clock was set back, and the real age is unknown.
//
// A lease is at most [LongestLease], and a lock lasts [MaxLeases] leases at most. A lock
// that ends later than any of this package, or never, is an error at once. A waiting Lock
// asks every 20 ms at first and twice a second in the end, and ends with the caller's
// context.
package redisstore

import (
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/faceid-go/faceid"
)

// Store is a faceid.Store in Redis. The age of a record is measured on the clock of the
// Redis server, so the clocks of the processes do not matter. A Redis that is down, slow,
// or has another value under a key of this package is an error, never an empty store.
type Store struct {
	client redis.UniversalClient
	prefix string
}

var _ faceid.Store = (*Store)(nil)

// Option configures New. An option validates its argument; its error names the option.
type Option func(*Store) error

// WithPrefix sets the beginning of the names of all keys in Redis. The default is
// "faceid:". Stores with different prefixes share no key. The prefix is 1 to 100 bytes of
// printable ASCII without spaces and braces (braces select the slot in a cluster).
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

// New returns the store behind client, which the caller configures and closes. It makes no
// request. It refuses a *redis.Ring: while a server is down, a Ring looks for the server's
// keys on another one, where a broken store would look empty.
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

// Format prints neither records nor the address of Redis, with any verb.
func (s *Store) Format(f fmt.State, _ rune) { fmt.Fprint(f, "redisstore.Store") }

// name returns the name of a key in Redis. The part in braces selects the slot in a cluster,
// so the record and the lock of a key are in one place.
func (s *Store) name(key, what string) string {
	tag := braces.Replace(key)
	if tag == "" {
		tag = "%" // empty braces select no slot
	}
	return s.prefix + "{" + tag + "}:" + what
}

var braces = strings.NewReplacer("{", "%7B", "}", "%7D", "%", "%25")
