package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

var errAnswer = errors.New("the answer of Redis is not what the script returns")

type reply struct {
	value any
	err   error
}

// call runs a script. It returns when ctx ends, even if the server hangs, because the client
// does not watch ctx while it reads. The abandoned request ends with the client's own
// ReadTimeout.
func (s *Store) call(ctx context.Context, script *redis.Script, name string, args ...any) (any, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return await(ctx, s.send(ctx, script, name, args...))
}

// send sends a script and returns a channel for its answer, which is closed afterwards.
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
			return nil, context.DeadlineExceeded // the socket's timer was faster than that of ctx
		}
		return r.value, r.err
	}
}

// storeError keeps the client's error for errors.Is and errors.As. Its text leaves out any
// part that may quote a record.
type storeError struct {
	op, name string
	err      error
}

func (e *storeError) Unwrap() error { return e.err }

func (e *storeError) Error() string {
	return fmt.Sprintf("redisstore: %s: %q: %s", e.op, e.name, quoteless(e.err.Error()))
}

func fail(op, name string, err error) error { return &storeError{op, name, err} }

// quoteless cuts a text before its first quote: the server quotes the arguments of a command
// that it does not know, and the client quotes an answer that it cannot read.
func quoteless(text string) string {
	text, _, _ = strings.Cut(text, ", with args beginning with")
	if before, _, quotes := strings.Cut(text, `"`); quotes {
		return strings.TrimRight(before, ` :=`) + " …"
	}
	return text
}
