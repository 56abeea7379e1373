package redisstore

import "context"

// Name returns the name of a key's record or lock in Redis.
func (s *Store) Name(key, what string) string { return s.name(key, what) }

// Await returns what a caller gets if the client answers with this error.
func Await(ctx context.Context, answered error) error {
	answer := make(chan reply, 1)
	answer <- reply{err: answered}
	_, err := await(ctx, answer)
	return err
}
