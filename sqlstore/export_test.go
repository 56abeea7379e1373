package sqlstore

import "context"

// Write writes a statement as a store with the default table does.
func Write(d Dialect, text string) string { return d.write(text, defaultTable) }

// Await returns what a caller gets if the driver answers with this error.
func Await(ctx context.Context, answered error) error {
	answer := make(chan reply[bool], 1)
	answer <- reply[bool]{err: answered}
	_, err := await(ctx, answer)
	return err
}
