package faceid

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"
)

// FileStore is a Store in a directory of this machine, for all its processes
// that run as one user. It survives restarts, which a MemoryStore does not. It
// is not for a directory that several machines share: use redisstore there.
//
// A record is a file that only its owner can read, replaced as a whole: a crash
// at any instruction leaves the old record or the new one.
type FileStore struct{ dir string }

var _ Store = (*FileStore)(nil)

// NewFileStore returns the store in dir, which is created (0700) if it does not
// exist. A directory in which others may write is refused: whoever can replace
// the record can lock everyone out.
func NewFileStore(dir string) (*FileStore, error) {
	if dir == "" {
		return nil, errors.New("faceid: NewFileStore: the directory is empty")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("faceid: NewFileStore: %w", err)
	}
	s := &FileStore{dir: dir}
	if err := s.prepare(); err != nil {
		return nil, fmt.Errorf("faceid: NewFileStore: %w", err)
	}
	s.sweep()
	return s, nil
}

// sweep removes what killed processes left half written: it may hold a token.
func (s *FileStore) sweep() {
	left, _ := filepath.Glob(filepath.Join(s.dir, ".new-*"))
	for _, path := range left {
		if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > time.Hour {
			_ = os.Remove(path)
		}
	}
}

// prepare makes the directory if it is missing: it may be removed at any time.
func (s *FileStore) prepare() error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(s.dir)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is not a directory", s.dir)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o022 != 0:
		return fmt.Errorf("others may write in %s: give a directory of your own (0700)", s.dir)
	}
	return nil
}

// path names a file of key: readable for people, and unique.
func (s *FileStore) path(key, suffix string) string {
	readable := strings.Map(func(r rune) rune {
		if r < 0x80 && isAlnum(string(r)) {
			return r
		}
		return '_'
	}, key)
	if len(readable) > 40 {
		readable = readable[:40]
	}
	sum := sha256.Sum256([]byte(key))
	return filepath.Join(s.dir, readable+"-"+hex.EncodeToString(sum[:8])+suffix)
}

const maxRecord = 1 << 20

// Load implements Store. The age is that of the file.
func (s *FileStore) Load(ctx context.Context, key string) ([]byte, time.Duration, error) {
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	file, err := os.Open(s.path(key, ".record"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, s.missing()
	}
	if err != nil {
		return nil, 0, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, 0, err
	}
	// What is longer was not saved here; its beginning is enough to tell.
	record := make([]byte, min(info.Size(), maxRecord+1))
	// The file is never written in place: what was its size is its size.
	if _, err := readFull(file, record); err != nil {
		return nil, 0, err
	}
	return record, fileAge(info), nil
}

// fileAge is how long ago the file was written. A time in the future means that
// the clock was set back: then nobody knows, and the record is taken for older
// than anything lives.
func fileAge(info fs.FileInfo) time.Duration {
	age := time.Since(info.ModTime())
	switch {
	case age < -time.Second:
		return 30 * 24 * time.Hour
	case age < 0:
		return 0
	}
	return age
}

// missing tells a record that is not there from a directory that cannot be
// used.
func (s *FileStore) missing() error {
	if err := s.prepare(); err != nil {
		return err
	}
	return ErrNotFound
}

func readFull(file *os.File, p []byte) (int, error) {
	n, err := file.ReadAt(p, 0)
	if n == len(p) {
		return n, nil
	}
	return n, err
}

// CompareAndSwap implements Store. A record has at most 1 MiB.
func (s *FileStore) CompareAndSwap(ctx context.Context, key string, old, record []byte) (swapped bool, err error) {
	if len(record) > maxRecord {
		return false, fmt.Errorf("faceid: file store: a record of %d bytes: more than %d", len(record), maxRecord)
	}
	err = s.guarded(ctx, key, func() error {
		now, _, err := s.Load(ctx, key)
		switch {
		case errors.Is(err, ErrNotFound):
			if old != nil {
				return nil
			}
		case err != nil:
			return err
		case old == nil || !bytes.Equal(now, old):
			return nil
		}
		if err := s.replace(s.path(key, ".record"), record); err != nil {
			return err
		}
		swapped = true
		return nil
	})
	return swapped, err
}

// replace puts a whole new file in the place of path, on the disk before it is
// seen.
func (s *FileStore) replace(path string, content []byte) (err error) {
	temp, err := os.CreateTemp(s.dir, ".new-*") // 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temp.Name())
		}
	}()
	if _, err = temp.Write(content); err == nil {
		err = temp.Sync()
	}
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err == nil {
		s.syncDir()
	}
	return err
}

// syncDir makes a rename survive a power cut, where the system can.
func (s *FileStore) syncDir() {
	if dir, err := os.Open(s.dir); err == nil {
		_ = dir.Sync() // not every system can; the record itself is whole either way
		_ = dir.Close()
	}
}

// setAside moves a record that cannot be read out of the way, if it is still
// the one under key, and returns where it went.
func (s *FileStore) setAside(ctx context.Context, key string, record []byte) (where string, err error) {
	err = s.guarded(ctx, key, func() error {
		now, _, err := s.Load(ctx, key)
		if err != nil || !bytes.Equal(now, record) {
			return err
		}
		where = s.path(key, ".unreadable")
		return os.Rename(s.path(key, ".record"), where)
	})
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return where, err
}

// guarded runs a few file operations while no other process does. The system
// frees the guard of a process that dies; one that is stopped just here blocks
// the others until their ctx ends.
func (s *FileStore) guarded(ctx context.Context, key string, do func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.prepare(); err != nil {
		return err
	}
	guard := flock.New(s.path(key, ".guard"), flock.SetPermissions(0o600))
	if ok, err := guard.TryLockContext(ctx, 5*time.Millisecond); err != nil || !ok {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("faceid: file store: guard: %w", err)
	}
	defer guard.Close()
	return do()
}

// fileLock is a lock file: who holds it, and for how long. Its age is that of
// the file. A holder that was killed or stopped loses it after its lease.
type fileLock struct {
	store *FileStore
	key   string
	taken time.Time
	given atomic.Bool
	Token string        `json:"token"`
	Lease time.Duration `json:"lease"`
	PID   int           `json:"pid"` // for people who wonder
}

// Lock implements Store.
func (s *FileStore) Lock(ctx context.Context, key string, lease time.Duration) (Lock, error) {
	wait := 10 * time.Millisecond
	var seen string // the holder we wait for, and since when: its file's time may be off
	var since time.Time
	for {
		mine := &fileLock{store: s, key: key, Token: rand.Text(), Lease: lease, PID: os.Getpid()}
		var got bool
		err := s.guarded(ctx, key, func() error {
			held, left, err := s.holder(key)
			if err != nil {
				return err
			}
			if held.Token != seen {
				seen, since = held.Token, time.Now()
			}
			if held.Token != "" && left > 0 && elapsed(since, time.Now()) < held.Lease {
				return nil
			}
			got = true
			text, _ := json.Marshal(mine)
			mine.taken = time.Now()
			return s.replace(s.path(key, ".lock"), text)
		})
		if err != nil {
			return nil, err
		}
		if got {
			return mine, nil
		}
		if err := sleep(ctx, wait); err != nil {
			return nil, err
		}
		wait = min(wait*2, 250*time.Millisecond)
	}
}

// holder reads the lock file: no token if the lock is free.
func (s *FileStore) holder(key string) (held *fileLock, left time.Duration, err error) {
	path := s.path(key, ".lock")
	text, err := os.ReadFile(path) //nolint:gosec // a path of ours
	if errors.Is(err, fs.ErrNotExist) {
		return new(fileLock), 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, err
	}
	held = new(fileLock)
	if bad := json.Unmarshal(text, held); bad != nil {
		held.Token = "" // it is replaced as a whole: this was never a lock of ours
	}
	return held, held.Lease - time.Since(info.ModTime()), nil
}

func (l *fileLock) Left() time.Duration {
	if l.given.Load() {
		return 0
	}
	return l.Lease - elapsed(l.taken, time.Now())
}

func (l *fileLock) Unlock(ctx context.Context) error {
	l.given.Store(true)
	return l.store.guarded(ctx, l.key, func() error {
		held, _, err := l.store.holder(l.key)
		if err != nil || held.Token != l.Token {
			return err
		}
		return os.Remove(l.store.path(l.key, ".lock"))
	})
}

// Format prints the directory, whatever the verb.
func (s *FileStore) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "faceid.FileStore(%s)", s.dir) }

// Format prints no record, whatever the verb.
func (l *fileLock) Format(f fmt.State, _ rune) { fmt.Fprint(f, "faceid.FileStore lock") }
