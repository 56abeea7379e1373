package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/faceid-go/faceid"
)

// keep is how long a row stays after its last save. Any token in it is dead then: the client
// accepts lives of up to 7 days.
const keep = 8 * 24 * time.Hour

const sweepIn = time.Second // the longest time for removing old rows

// No value of this package is longer than these.
const (
	maxRecord = 1 << 20
	maxKey    = 200
)

// latest is the last microsecond of the year 9999.
const latest = 253402300800_000000 - 1

var (
	errForeign = errors.New("the row was not saved by this package")
	errAnswer  = errors.New("the clock of the database is not between 1970 and 9999")
	errNoRow   = errors.New("the row of the key cannot be made, or was removed meanwhile")
)

// row is what the table has under a key.
type row struct {
	record []byte // nil if there is none: the row may be there because of a lock
	age    time.Duration
}

// look returns the row of a key.
func (s *Store) look(ctx context.Context, key string) (row, error) {
	type found struct {
		now           int64
		saved, length sql.NullInt64
		record        []byte
	}
	f, err := call(ctx, s, func(ctx context.Context) (*found, error) {
		var f found
		err := s.db.QueryRowContext(ctx, s.sql.look, []byte(key)).Scan(&f.now, &f.saved, &f.length, &f.record)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, nil //nolint:nilnil // there is no row
		}
		return &f, err
	})
	switch {
	case err != nil || f == nil || !f.length.Valid:
		return row{}, err
	case f.length.Int64 > maxRecord:
		return row{}, fmt.Errorf("%w: its record has %d bytes, more than %d", errForeign, f.length.Int64, maxRecord)
	case !isTime(f.now):
		return row{}, errAnswer
	case !f.saved.Valid || !isTime(f.saved.Int64):
		return row{}, fmt.Errorf("%w: its time is not between 1970 and 9999", errForeign)
	}
	return row{append([]byte{}, f.record...), recordAge(time.UnixMicro(f.saved.Int64), time.UnixMicro(f.now))}, nil
}

func isTime(micros int64) bool { return micros >= 0 && micros <= latest }

// recordAge returns how long ago the record was saved. A save in the future means that the
// database's clock was set back, or that another server's clock differs. The age is unknown
// then, and the record counts as older than any token lives. A caller can add to the longest
// age without an overflow.
func recordAge(saved, now time.Time) time.Duration {
	const day = 24 * time.Hour
	age := now.Sub(saved)
	switch {
	case age < -time.Second:
		return 30 * day
	case age < 0:
		return 0
	}
	return min(age, 100*365*day)
}

// Load implements faceid.Store. The age is measured on the database's clock. If that clock
// was set back by more than a second since the save, the age is unknown and counts as 30
// days. A record of more than 1 MiB is an error, and is not transferred.
func (s *Store) Load(ctx context.Context, key string) ([]byte, time.Duration, error) {
	const op = "Load"
	if err := checkKey(key); err != nil {
		return nil, 0, s.fail(op, key, err)
	}
	r, err := s.look(ctx, key)
	switch {
	case err != nil:
		return nil, 0, s.fail(op, key, err)
	case r.record == nil:
		return nil, 0, faceid.ErrNotFound
	}
	return r.record, r.age, nil
}

func checkKey(key string) error {
	if len(key) > maxKey {
		return fmt.Errorf("a key of %d bytes: more than %d", len(key), maxKey)
	}
	return nil
}

// CompareAndSwap implements faceid.Store. A record has at most 1 MiB.
func (s *Store) CompareAndSwap(ctx context.Context, key string, old, record []byte) (bool, error) {
	const op = "CompareAndSwap"
	if err := checkKey(key); err != nil {
		return false, s.fail(op, key, err)
	}
	if len(record) > maxRecord {
		return false, s.fail(op, key, fmt.Errorf("a record of %d bytes: more than %d", len(record), maxRecord))
	}
	// An abandoned request reads the bytes after the caller may have changed them.
	old, record = bytes.Clone(old), append([]byte{}, record...)
	swapped, err := s.swap(ctx, key, old, record)
	if err != nil {
		return false, s.fail(op, key, err)
	}
	return swapped, nil
}

func (s *Store) swap(ctx context.Context, key string, old, record []byte) (bool, error) {
	if old != nil {
		swapped, err := s.change(ctx, s.sql.swap, record, []byte(key), old)
		if err == nil && !swapped {
			_, err = s.look(ctx, key) // a row that is not ours is no lost race
		}
		return swapped, err
	}
	create := func() (created, taken bool, err error) {
		if created, err = s.change(ctx, s.sql.create, record, []byte(key)); err != nil || created {
			return created, false, err
		}
		r, err := s.look(ctx, key)
		return false, r.record != nil, err
	}
	created, taken, err := create()
	if err != nil || created || taken {
		return created, err
	}
	if err := s.ensure(ctx, key); err != nil {
		return false, err
	}
	created, taken, err = create()
	switch {
	case err == nil && created:
		s.sweep(ctx)
	case err == nil && !taken:
		err = errNoRow
	}
	return created, err
}

// sweep removes the rows that nobody has saved for long. The caller's record is saved
// already, so it does not wait long for this, and need not know whether it worked.
func (s *Store) sweep(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, sweepIn)
	defer cancel()
	_, _ = s.change(ctx, s.sql.sweep, keep.Microseconds())
}

// ensure makes the row of a key if it is not there. A row without a record is as good as
// none. So no INSERT decides a race, and it does not matter which rows a driver counts.
func (s *Store) ensure(ctx context.Context, key string) error {
	_, err := s.change(ctx, s.sql.ensure, []byte(key))
	return err
}
