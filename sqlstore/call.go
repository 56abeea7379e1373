package sqlstore

import (
	"context"
	"fmt"
	mathrand "math/rand/v2"
	"strings"
	"time"
)

// retryPause is the mean pause before a statement is sent again that another one disturbed.
const retryPause = 10 * time.Millisecond

type reply[T any] struct {
	value T
	err   error
}

// call makes a request. It returns when ctx ends, even if the driver does not: one of SQLite
// may sleep while another process writes, and others wait for a server that hangs. The
// abandoned request has ctx, too, and ends when the driver notices.
func call[T any](ctx context.Context, s *Store, request func(context.Context) (T, error)) (T, error) {
	if err := ctx.Err(); err != nil {
		var none T
		return none, err
	}
	return await(ctx, send(ctx, s, request))
}

// send makes a request and returns a channel for its answer, which is closed afterwards. A
// request that another one disturbed is made again until ctx ends.
func send[T any](ctx context.Context, s *Store, request func(context.Context) (T, error)) <-chan reply[T] {
	answer := make(chan reply[T], 1)
	go func() {
		defer close(answer)
		value, err := request(ctx)
		for s.dialect.transient(err) && sleep(ctx, jitter(retryPause)) == nil {
			value, err = request(ctx)
		}
		answer <- reply[T]{value, err}
	}()
	return answer
}

func await[T any](ctx context.Context, answer <-chan reply[T]) (T, error) {
	var none T
	select {
	case <-ctx.Done():
		return none, ctx.Err()
	case r := <-answer:
		if r.err == nil {
			return r.value, nil
		}
		if err := ctx.Err(); err != nil {
			return none, err // drivers have errors of their own for this
		}
		if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
			return none, context.DeadlineExceeded // the driver's timer was faster than that of ctx
		}
		return none, r.err
	}
}

// change makes a statement that changes at most one row, and reports whether it did.
func (s *Store) change(ctx context.Context, statement string, args ...any) (bool, error) {
	return call(ctx, s, s.changing(statement, args...))
}

func (s *Store) changing(statement string, args ...any) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		done, err := s.db.ExecContext(ctx, statement, args...)
		if err != nil {
			return false, err
		}
		n, err := done.RowsAffected()
		return n > 0, err
	}
}

// storeError keeps the driver's error for errors.Is and errors.As. Its text leaves out any
// part that may quote a record.
type storeError struct {
	op, key string
	text    string
	err     error
}

func (e *storeError) Unwrap() error { return e.err }

func (e *storeError) Error() string { return fmt.Sprintf("sqlstore: %s: %q: %s", e.op, e.key, e.text) }

func (s *Store) fail(op, key string, err error) error {
	return &storeError{op, key, s.quoteless(err.Error()), err}
}

// columns are the names that an error may quote, besides that of the table.
const columns = " name record version saved owner expires "

// quoteless cuts a text before its first quote of anything but a name of ours. Databases,
// drivers and database/sql quote a value that does not fit. The driver pgx prints it.
func (s *Store) quoteless(text string) string {
	text, _, printed := strings.Cut(text, "unable to encode ")
	for at := 0; ; {
		begin := strings.IndexAny(text[at:], `"'`)
		if begin < 0 {
			break
		}
		begin += at
		length := strings.IndexByte(text[begin+1:], text[begin])
		if length < 0 || !s.names(text[begin+1:begin+1+length]) {
			return strings.TrimRight(text[:begin], ` :=(`) + " …"
		}
		at = begin + length + 2
	}
	if printed {
		text += "a value cannot be encoded …"
	}
	return text
}

// names reports whether a text is the name of the table, of a column of it, or both, with
// the name of the schema or without.
func (s *Store) names(text string) bool {
	_, table, ok := strings.Cut(s.table, ".")
	if !ok {
		table = s.table
	}
	if tableName.MatchString(text) && strings.HasSuffix(text, "."+table) {
		return true
	}
	text = strings.TrimPrefix(text, table+".")
	return text == table || text == s.table || strings.Contains(columns, " "+text+" ")
}

func jitter(d time.Duration) time.Duration { return d/2 + mathrand.N(d) } //nolint:gosec // no secret

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
