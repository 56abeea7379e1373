package sqlstore

import (
	"context"
	"time"
)

// Write writes a statement as a store with the default table does.
func Write(d Dialect, text string) string { return d.write(text, defaultTable) }

// Await returns what a caller gets if the driver answers with this error.
func Await(ctx context.Context, answered error) error {
	answer := make(chan reply[bool], 1)
	answer <- reply[bool]{err: answered}
	_, err := await(ctx, answer)
	return err
}

// RecordAge returns how old a record counts.
func RecordAge(saved, now time.Time) time.Duration { return recordAge(saved, now) }

// Quoteless returns what an error of s keeps of a driver's text.
func Quoteless(s *Store, text string) string { return s.quoteless(text) }

// Transient reports whether a statement is sent again after this error.
func Transient(d Dialect, err error) bool { return d.transient(err) }
