package redisstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/faceid-go/faceid"
)

// keep is how long Redis keeps a record after its last save. Any token in it is dead then:
// the client accepts lives of up to 7 days. A record is a hash with the record itself, the
// time of the save on the server's clock, and the name of the request that saved it.
const keep = 8 * 24 * time.Hour

// No value of this package is longer than these. A key of this package may have any value
// of another program, so the scripts look at the length of a value before they use it.
const (
	maxRecord = 1 << 20
	maxField  = 64 // the bytes of a time, the name of a request, or the token of a lock
)

// refuseLong begins the scripts of a record. It returns the name and the length of a field
// that is too long for this package.
var refuseLong = fmt.Sprintf(`
		for field, most in pairs({record = %d, seconds = %[2]d, micros = %[2]d, request = %[2]d}) do
			local length = redis.call('HSTRLEN', KEYS[1], field)
			if length > most then return {field, length} end
		end`, maxRecord, maxField)

// The scripts replicate what they have computed, and not their commands: effects
// replication is the only kind since Redis 5. So TIME may precede a write.
var (
	loadScript = redis.NewScript(refuseLong + `
		if redis.call('EXISTS', KEYS[1]) == 0 then return {} end
		local now = redis.call('TIME')
		local hash = redis.call('HMGET', KEYS[1], 'record', 'seconds', 'micros', 'request')
		return {now[1], now[2], hash[1], hash[2], hash[3], hash[4]}`)

	// The client sends a request again if the answer was lost. If the first request worked,
	// the record is not the old one any more, so the script looks for the request's name.
	swapScript = redis.NewScript(refuseLong + `
		local hash = redis.call('HMGET', KEYS[1], 'record', 'seconds', 'micros', 'request')
		if redis.call('EXISTS', KEYS[1]) == 1 then
			if not (hash[1] and hash[2] and hash[3] and hash[4]) then return -1 end
			if hash[4] == ARGV[1] then return 1 end
			if ARGV[2] ~= 'old' or hash[1] ~= ARGV[3] then return 0 end
		elseif ARGV[2] == 'old' then
			return 0
		end
		local now = redis.call('TIME')
		redis.call('HSET', KEYS[1], 'record', ARGV[4], 'seconds', now[1], 'micros', now[2], 'request', ARGV[1])
		redis.call('PEXPIRE', KEYS[1], ARGV[5])
		return 1`)
)

var errForeign = errors.New("the stored value was not saved by this package")

// tooLong returns the error for a script's answer that names a field and its length, and
// nil for any other answer.
func tooLong(answer any) error {
	fields, ok := answer.([]any)
	if !ok || len(fields) != 2 {
		return nil
	}
	length, ok := fields[1].(int64)
	if !ok {
		return nil
	}
	switch fields[0] { // only these words go into an error text
	case "record":
		return fmt.Errorf("%w: its record has %d bytes, more than %d", errForeign, length, maxRecord)
	case "seconds", "micros", "request":
		return fmt.Errorf("%w: its field %s has %d bytes, more than %d", errForeign, fields[0], length, maxField)
	case "lock":
		return fmt.Errorf("%w: it has %d bytes, more than %d", errForeign, length, maxField)
	}
	return nil
}

// Load implements faceid.Store. The age is measured on the server's clock. If that clock was
// set back by more than a second since the save, the age is unknown and counts as 30 days.
// A record of more than 1 MiB is an error, and is not transferred.
func (s *Store) Load(ctx context.Context, key string) ([]byte, time.Duration, error) {
	const op = "Load"
	name := s.name(key, "record")
	answer, err := s.call(ctx, loadScript, name)
	if err == nil {
		err = tooLong(answer)
	}
	if err != nil {
		return nil, 0, fail(op, name, err)
	}
	fields, ok := answer.([]any)
	switch {
	case ok && len(fields) == 0:
		return nil, 0, faceid.ErrNotFound
	case !ok || len(fields) != 6:
		return nil, 0, fail(op, name, errAnswer)
	}
	text := make([]string, len(fields))
	for i, f := range fields {
		if text[i], ok = f.(string); !ok {
			return nil, 0, fail(op, name, errForeign)
		}
	}
	now, ok := clock(text[0], text[1])
	if !ok {
		return nil, 0, fail(op, name, errAnswer)
	}
	saved, ok := clock(text[3], text[4])
	if !ok {
		return nil, 0, fail(op, name, errForeign)
	}
	return []byte(text[2]), recordAge(saved, now), nil
}

// clock reads a time that the command TIME returned: digits, of a year with four digits.
func clock(seconds, micros string) (time.Time, bool) {
	const lastSecond = 253402300799
	s, err1 := strconv.ParseUint(seconds, 10, 64) // ParseUint takes digits alone
	us, err2 := strconv.ParseUint(micros, 10, 64)
	if err1 != nil || err2 != nil || s > lastSecond || us > 999999 {
		return time.Time{}, false
	}
	return time.Unix(int64(s), int64(us)*1000), true
}

// recordAge returns how long ago the record was saved. A save in the future means that the
// server's clock was set back, or that another server's clock differs. The age is unknown
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

// CompareAndSwap implements faceid.Store. A record has at most 1 MiB.
func (s *Store) CompareAndSwap(ctx context.Context, key string, old, record []byte) (bool, error) {
	const op = "CompareAndSwap"
	name := s.name(key, "record")
	if len(record) > maxRecord {
		return false, fail(op, name, fmt.Errorf("a record of %d bytes: more than %d", len(record), maxRecord))
	}
	expect := "nothing"
	if old != nil {
		expect = "old"
	}
	answer, err := s.call(ctx, swapScript, name, rand.Text(), expect, old, record, keep.Milliseconds())
	if err == nil {
		err = tooLong(answer)
	}
	if err != nil {
		return false, fail(op, name, err)
	}
	switch answer {
	case int64(1):
		return true, nil
	case int64(0):
		return false, nil
	case int64(-1):
		return false, fail(op, name, errForeign)
	}
	return false, fail(op, name, errAnswer)
}
