package sqlstore

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"
)

// CreateTable makes the table if it is not there, and tries it as Check does. Several
// processes may call it at once. It needs the right to make tables, which the user of a
// running service need not have: see [Schema] for migrations.
func (s *Store) CreateTable(ctx context.Context) error {
	const op = "CreateTable"
	schema := s.dialect.write(grammars[s.dialect].schema, s.table)
	const tries = 3 // two processes that make a table at once disturb each other in Postgres
	for n := 1; ; n++ {
		_, err := s.change(ctx, schema)
		if err == nil {
			break
		}
		if state := sqlState(err); n == tries || state != "23505" && state != "42P07" && state != "42710" {
			return s.fail(op, s.table, err)
		}
		if err := sleep(ctx, jitter(retryPause)); err != nil {
			return s.fail(op, s.table, err)
		}
	}
	if err := s.rehearse(ctx); err != nil {
		return s.fail(op, s.table, err)
	}
	return nil
}

// Check saves, loads, replaces, locks and removes a row under a random key, as the store
// will do later, and leaves nothing behind. It returns an error at once if a table that
// somebody else made lacks a column, has one of another type, or may not be used.
func (s *Store) Check(ctx context.Context) error {
	if err := s.rehearse(ctx); err != nil {
		return s.fail("Check", s.table, err)
	}
	return nil
}

func (s *Store) rehearse(ctx context.Context) (err error) {
	key := "faceid-check-\x00\xff \r" + rand.Text()
	defer func() {
		_, removed := s.change(ctx, s.sql.remove, []byte(key))
		err = errors.Join(err, wrap("a row cannot be removed", removed))
	}()
	if err := s.rehearseRecord(ctx, key); err != nil {
		return err
	}
	l := &lock{store: s, key: key, token: []byte(rand.Text()), lease: time.Minute}
	taken, err := l.take(ctx)
	if err == nil && !taken {
		err = errForeign
	}
	if err != nil {
		return wrap("a row cannot be locked", err)
	}
	renewed, err := s.change(ctx, s.sql.renew, l.lease.Microseconds(), []byte(key), l.token)
	if err == nil && !renewed {
		err = errForeign
	}
	return wrap("a lock cannot be kept", errors.Join(err, l.release(ctx)))
}

// rehearseRecord saves all bytes that there are.
func (s *Store) rehearseRecord(ctx context.Context, key string) error {
	record := make([]byte, 256)
	for i := range record {
		record[i] = byte(i)
	}
	if created, err := s.swap(ctx, key, nil, record); err != nil || !created {
		return wrap("a row cannot be saved", errors.Join(err, unless(created)))
	}
	got, err := s.look(ctx, key)
	if err != nil || !bytes.Equal(got.record, record) {
		return wrap("a row cannot be loaded", errors.Join(err, unless(bytes.Equal(got.record, record))))
	}
	if swapped, err := s.swap(ctx, key, record, []byte{}); err != nil || !swapped {
		return wrap("a row cannot be replaced", errors.Join(err, unless(swapped)))
	}
	got, err = s.look(ctx, key) // an empty record is no missing one
	return wrap("a row cannot be loaded", errors.Join(err, unless(err != nil || got.record != nil)))
}

var errBytes = errors.New("its columns do not keep the bytes, or the rows, as they are")

func unless(ok bool) error {
	if ok {
		return nil
	}
	return errBytes
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
