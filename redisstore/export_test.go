package redisstore

// Name is what a key's record or lock is called in Redis.
func (s *Store) Name(key, what string) string { return s.name(key, what) }
