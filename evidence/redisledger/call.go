package redisledger

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/faceid-go/faceid/evidence"
)

// call runs a script, and returns its texts without the first one.
func (l *Ledger) call(ctx context.Context, op string, script *redis.Script, keys []string, args ...any) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, failed(op, err)
	}
	answer, err := script.Run(ctx, l.client, keys, args...).StringSlice()
	switch {
	case err != nil:
		return nil, failed(op, err)
	case len(answer) == 0:
		return nil, failed(op, errAnswer)
	}
	switch answer[0] {
	case "":
		return answer[1:], nil
	case "conflict":
		return nil, evidence.ErrConflict
	case "damaged":
		return nil, failed(op, errDamaged)
	case "version":
		if len(answer) == 2 {
			return nil, fmt.Errorf("redisledger: %s: the entries have version %q, and this package knows version %q", op, answer[1], schema)
		}
	}
	return nil, failed(op, errAnswer)
}

// checkPolicy refuses a server that may evict entries. A server that does not tell is
// trusted.
func (l *Ledger) checkPolicy(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return failed("New", err)
	}
	var node redis.Cmdable = l.client
	if cluster, ok := l.client.(*redis.ClusterClient); ok {
		master, err := cluster.MasterForKey(ctx, l.entries)
		if err != nil {
			return failed("New", err)
		}
		node = master
	}
	config, err := node.ConfigGet(ctx, "maxmemory-policy").Result()
	var refused redis.Error
	switch {
	case errors.As(err, &refused):
		return nil
	case err != nil:
		return failed("New", err)
	case strings.HasPrefix(config["maxmemory-policy"], "allkeys-"):
		return fmt.Errorf("redisledger: New: the maxmemory-policy of the server is %s, so it may evict entries: set it to noeviction", config["maxmemory-policy"])
	}
	return nil
}

// failedError keeps the client's error for errors.Is and errors.As. Its text leaves out any
// part that may quote an entry: the server quotes the arguments of a command that it does
// not know, and the client quotes an answer that it cannot read.
type failedError struct {
	op  string
	err error
}

func failed(op string, err error) error { return &failedError{op, err} }

func (e *failedError) Unwrap() error { return e.err }

func (e *failedError) Error() string {
	text, _, _ := strings.Cut(e.err.Error(), ", with args beginning with")
	if before, _, quotes := strings.Cut(text, `"`); quotes {
		text = strings.TrimRight(before, ` :=`) + " …"
	}
	return "redisledger: " + e.op + ": " + text
}
