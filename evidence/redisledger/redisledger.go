// Package redisledger keeps the ledger of package evidence in Redis, for merchants who
// have a Redis and no database:
//
//	rdb := redis.NewClient(&redis.Options{Addr: "redis:6379", ContextTimeoutEnabled: true})
//	ledger, err := redisledger.New(ctx, rdb, "faceid")
//
// It needs Redis 5 or newer, alone, with Sentinel, or as a cluster.
//
// # What Redis must promise
//
// Redis must keep what it was told: turn appendonly on. With appendfsync everysec, which
// is the default, a server that dies loses up to two seconds, also if its machine lives on:
// while a disk is slow, Redis answers before it writes. Then an order may be looked at
// again and its outcome be told again under the same key, and an order that was opened in
// that time must be opened again. A failover to a replica may lose as much. With
// appendfsync always nothing is lost, and each save waits for the disk. Package sqlledger
// is the better place where there is a database.
//
// Redis must not evict entries when its memory is full. New refuses a server whose
// maxmemory-policy may do that, which is each one that begins with allkeys. The entries
// never expire, so the policies that begin with volatile leave them alone. A server that
// does not let the client read its configuration is not asked twice.
//
// # What is kept
//
// A hash holds the entries, two sorted sets say when each order is due, and a small hash
// holds the version of all this. Their names begin with the prefix in braces, so a cluster
// keeps the whole ledger on one node. An entry takes about 2 KB of memory, and stays until
// Keeper.Delete or Keeper.DeleteOpenedBefore removes it.
//
// RunDue and Run ask for the orders that are due, and read nothing else. Charges and
// DeleteOpenedBefore walk through the whole ledger, 500 entries in one request.
package redisledger

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/faceid-go/faceid/evidence"
)

// schema counts the changes of what is kept.
const schema = "1"

// Ledger is an evidence.Ledger in Redis. It is safe for concurrent use by any number of
// processes. A Redis that is down is an error, never an empty ledger.
//
// A request that the client sends again, because the answer was lost, is done once. A
// context ends a request that is under way only if the client has ContextTimeoutEnabled;
// otherwise the timeouts of the client do.
type Ledger struct {
	client redis.UniversalClient
	// The names of the keys.
	meta, entries, all, unfinished string
}

var _ evidence.Ledger = (*Ledger)(nil)

// New returns the Ledger under the prefix, which is 1 to 100 bytes of printable ASCII
// without spaces and braces. Ledgers with different prefixes share nothing. The caller
// configures and closes the client.
//
// New is an error if the server may evict entries, or if the entries are those of another
// version of this package; they stay as they are. It refuses a *redis.Ring: while a server
// is down, a Ring looks for the server's keys on another one, where the ledger would look
// empty.
func New(ctx context.Context, client redis.UniversalClient, prefix string) (*Ledger, error) {
	switch c := client.(type) {
	case nil:
		return nil, errors.New("redisledger: New: the client is nil")
	case *redis.Ring:
		return nil, errors.New("redisledger: New: a redis.Ring moves keys when a server is down; use one server, Sentinel, or a cluster")
	case *redis.Client:
		if c == nil {
			return nil, errors.New("redisledger: New: the client is nil")
		}
	case *redis.ClusterClient:
		if c == nil {
			return nil, errors.New("redisledger: New: the client is nil")
		}
	}
	if err := checkPrefix(prefix); err != nil {
		return nil, err
	}
	tag := "{" + prefix + "}:evidence:"
	l := &Ledger{client: client, meta: tag + "meta", entries: tag + "entries", all: tag + "all", unfinished: tag + "unfinished"}
	if err := l.checkPolicy(ctx); err != nil {
		return nil, err
	}
	if _, err := l.call(ctx, "New", beginScript, []string{l.meta, l.entries}, schema); err != nil {
		return nil, err
	}
	return l, nil
}

func checkPrefix(prefix string) error {
	if prefix == "" || len(prefix) > 100 {
		return errors.New("redisledger: New: the prefix must have 1 to 100 bytes")
	}
	for _, b := range []byte(prefix) {
		if b <= ' ' || b > '~' || b == '{' || b == '}' {
			return errors.New("redisledger: New: the prefix must be printable ASCII without spaces and braces")
		}
	}
	return nil
}

// Load is documented at evidence.Ledger.
func (l *Ledger) Load(ctx context.Context, key string) (evidence.Entry, error) {
	if err := ctx.Err(); err != nil {
		return evidence.Entry{}, failed("Load", err)
	}
	text, err := l.client.HGet(ctx, l.entries, key).Result()
	switch {
	case errors.Is(err, redis.Nil):
		return evidence.Entry{}, evidence.ErrNoEntry
	case err != nil:
		return evidence.Entry{}, failed("Load", err)
	}
	e, err := read(text)
	if err == nil && e.Order.Key() != key {
		err = errDamaged
	}
	if err != nil {
		return evidence.Entry{}, failed("Load", err)
	}
	return e, nil
}

// Save is documented at evidence.Ledger.
func (l *Ledger) Save(ctx context.Context, e evidence.Entry) (int64, error) {
	text, err := json.Marshal(e)
	if err != nil {
		return 0, failed("Save", err)
	}
	// The request tells a save that the client sent twice from one that lost a race.
	request, place := rand.Text(), placeOf(e)
	old, version := strconv.FormatInt(e.Version, 10), strconv.FormatInt(e.Version+1, 10)
	finished := e.State == evidence.Done
	_, err = l.call(ctx, "Save", saveScript, []string{l.meta, l.entries, l.all, l.unfinished},
		schema, e.Order.Key(), old, version, request, place, score(e.Next), strconv.FormatBool(finished), version+" "+request+" "+place+" "+string(text))
	if err != nil {
		return 0, err
	}
	return e.Version + 1, nil
}

// Delete is documented at evidence.Ledger.
func (l *Ledger) Delete(ctx context.Context, key string) error {
	_, err := l.call(ctx, "Delete", deleteScript, []string{l.meta, l.entries, l.all, l.unfinished}, schema, key)
	return err
}

// page is how many entries a request looks at.
const page = 500

// Entries is documented at evidence.Ledger. An entry that changes during the sequence may
// come twice or not at all.
func (l *Ledger) Entries(ctx context.Context, q evidence.Query) iter.Seq2[evidence.Entry, error] {
	return func(yield func(evidence.Entry, error) bool) {
		given := 0
		for at := (cursor{}); !at.end; {
			wanted := page
			if q.Limit > 0 {
				wanted = min(page, q.Limit-given)
			}
			entries, next, err := l.page(ctx, q, at, wanted)
			for _, e := range entries {
				if !q.Match(e) { // the server counts microseconds
					continue
				}
				given++
				if !yield(e, nil) || given == q.Limit {
					return
				}
			}
			if err != nil {
				yield(evidence.Entry{}, err)
				return
			}
			at = next
		}
	}
}

// cursor is where a page ended.
type cursor struct {
	score, member string
	end           bool // there is no further page
}

// page reads the entries that may match after a cursor, at most wanted ones.
func (l *Ledger) page(ctx context.Context, q evidence.Query, at cursor, wanted int) ([]evidence.Entry, cursor, error) {
	index, due := l.all, ""
	if q.Unfinished {
		index = l.unfinished
	}
	if !q.DueBy.IsZero() {
		due = score(q.DueBy)
	}
	answer, err := l.call(ctx, "Entries", pageScript, []string{l.meta, l.entries, index},
		schema, strconv.FormatBool(q.Unfinished), at.score, at.member, page, wanted, due, bound(q.OpenedBefore), bound(q.DecidedFrom), bound(q.DecidedTo))
	if err != nil {
		return nil, at, err
	}
	if len(answer) < 3 {
		return nil, at, failed("Entries", errAnswer)
	}
	at = cursor{score: answer[1], member: answer[2], end: answer[0] == "end"}
	entries := make([]evidence.Entry, 0, len(answer)-3)
	for _, text := range answer[3:] {
		e, err := read(text)
		if err != nil {
			return entries, at, failed("Entries", err)
		}
		entries = append(entries, e)
	}
	return entries, at, nil
}

// Format prints neither entries nor the address of Redis, with any verb.
func (l *Ledger) Format(f fmt.State, _ rune) { fmt.Fprint(f, "redisledger.Ledger") }
