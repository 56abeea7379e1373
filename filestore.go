package faceid

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// FileStore is a Store in a directory of this machine, for all its processes
// that run as one user. It survives restarts, which a MemoryStore does not. It
// is not for a directory that several machines share: use redisstore or sqlstore there.
//
// A record is a file that only its owner can read. It is replaced as a whole, so that a
// crash at any instruction leaves the old record or the new one.
//
// On Unix a FileStore trusts only directories and files that nobody but its user and
// root can change. The directory belongs to the user, is no symbolic link, and others
// may not write in it. Each of its parents belongs to the user or to root, and others
// may not write in it either, unless it is sticky as /tmp is. The files of the store are
// regular files of the user. If something is not so, every call returns an error that
// names it and says how to mend it.
type FileStore struct{ dir string }

var _ Store = (*FileStore)(nil)

// NewFileStore returns the store in dir. It creates dir (0700) and its parents if they
// do not exist. It saves, locks and removes a file there, and looks at the files of the
// store, so that it returns an error at once if the store would fail later. It also
// removes files that killed processes left half written, and records that nobody has
// saved for 8 days, whose tokens have long ended.
func NewFileStore(dir string) (*FileStore, error) {
	if dir == "" {
		return nil, errors.New("faceid: NewFileStore: the directory is empty")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("faceid: NewFileStore: %w", err)
	}
	s := &FileStore{dir: dir}
	for _, step := range []func() error{s.prepare, s.inspect, s.rehearse} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("faceid: NewFileStore: %w", err)
		}
	}
	s.sweep()
	return s, nil
}

// prepare makes the directory if it is missing. Every call does so, because the
// directory may be removed at any time.
func (s *FileStore) prepare() error {
	if s.dir == "" {
		return errors.New("faceid: file store: it was not made by NewFileStore")
	}
	return makeOwnDir(s.dir)
}

// ownName matches the names that path gives to files. Other files may belong to another
// program that uses the directory, too.
var ownName = regexp.MustCompile(`^[0-9A-Za-z_]{0,40}-[0-9a-f]{16}\.(record|lock|guard)$`)

// inspect returns an error if Load, CompareAndSwap or Lock would refuse a file that is
// in the directory.
func (s *FileStore) inspect() error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !ownName.MatchString(entry.Name()) {
			continue
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // another process has removed the file
		}
		if err == nil {
			err = trustFile(filepath.Join(s.dir, entry.Name()), info)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// rehearse saves, replaces, locks and removes a file once, as the store will do later.
// It leaves nothing behind.
func (s *FileStore) rehearse() error {
	temp, err := s.writeTemp([]byte("faceid\n"))
	if err != nil {
		return fmt.Errorf("no file can be saved in %s: %w: give a directory in which this user may write, on a disk with room", s.dir, err)
	}
	moved := temp + "-moved" // sweep removes files of this name, too
	if err := os.Rename(temp, moved); err != nil {
		_ = os.Remove(temp)
		return fmt.Errorf("no file can be replaced in %s: %w", s.dir, err)
	}
	guard, err := takeGuard(moved, (*flock.Flock).TryLock)
	if err == nil {
		err = guard.Close()
	}
	if err != nil {
		_ = os.Remove(moved)
		return fmt.Errorf("no file can be locked in %s: %w: give a directory on a disk of this machine", s.dir, err)
	}
	if err := os.Remove(moved); err != nil {
		return fmt.Errorf("no file can be removed from %s: %w", s.dir, err)
	}
	return nil
}

// recordLife is the age at which a record is removed. No token lives longer than a week.
const recordLife = 8 * 24 * time.Hour

// sweep removes files that killed processes left half written, because they may hold a
// token, and records that nobody has saved for long.
func (s *FileStore) sweep() {
	entries, _ := os.ReadDir(s.dir)
	for _, entry := range entries {
		path := filepath.Join(s.dir, entry.Name())
		switch {
		case strings.HasPrefix(entry.Name(), ".new-"):
			removeOld(path, time.Hour)
		case !ownName.MatchString(entry.Name()):
		case filepath.Ext(path) == ".record":
			// A process that holds the guard may be replacing the record.
			guard, err := takeGuard(strings.TrimSuffix(path, ".record")+".guard", (*flock.Flock).TryLock)
			if err == nil {
				removeOld(path, recordLife)
				guard.Close()
			}
		}
	}
}

// removeOld removes a file of the store that is older than age. A file whose time is in
// the future is not old: the clock may be wrong now, and right again soon.
func removeOld(path string, age time.Duration) {
	info, err := os.Lstat(path)
	if err == nil && trustFile(path, info) == nil && time.Since(info.ModTime()) > age {
		_ = os.Remove(path)
	}
}

// path returns the name of a file of key. The name begins with characters of the key,
// for people, and ends with a hash that makes it unique.
func (s *FileStore) path(key, suffix string) string {
	readable := strings.Map(func(r rune) rune {
		if !isOther(r) {
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
	if err := s.prepare(); err != nil {
		return nil, 0, err // a directory that cannot be used is not an empty one
	}
	file, info, err := openOwn(s.path(key, ".record"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, ErrNotFound
	}
	if err != nil {
		return nil, 0, err
	}
	defer file.Close()
	// A longer file was not saved by this store. Its beginning is enough for the caller
	// to see that it is no record.
	record := make([]byte, min(info.Size(), maxRecord+1))
	// The file is never written in place, so its size cannot have changed.
	if _, err := readFull(file, record); err != nil {
		return nil, 0, err
	}
	return record, fileAge(info), nil
}

// fileAge returns how long ago the file was written. A time in the future means that
// the clock was set back. Then nobody knows the age, and the record counts as older than
// any token lives.
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
		return false, fmt.Errorf("faceid: file store: the record has %d bytes, at most %d are allowed", len(record), maxRecord)
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

// replace puts a whole new file in the place of path.
func (s *FileStore) replace(path string, content []byte) error {
	temp, err := s.writeTemp(content)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		_ = os.Remove(temp)
		return err
	}
	s.syncDir()
	return nil
}

// writeTemp writes a new file and syncs it, so that the content is on the disk before
// the file gets its final name.
func (s *FileStore) writeTemp(content []byte) (path string, err error) {
	temp, err := os.CreateTemp(s.dir, ".new-*") // a new file (O_EXCL) of mode 0600
	if err != nil {
		return "", err
	}
	if _, err = temp.Write(content); err == nil {
		err = temp.Sync()
	}
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		_ = os.Remove(temp.Name())
		return "", err
	}
	return temp.Name(), nil
}

// syncDir makes a rename survive a power cut, on systems that can do so.
func (s *FileStore) syncDir() {
	if dir, err := os.Open(s.dir); err == nil {
		_ = dir.Sync() // an error is ignored: not every system can sync a directory, and the record is whole either way
		_ = dir.Close()
	}
}

// Format prints the directory, whatever the verb.
func (s *FileStore) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "faceid.FileStore(%s)", s.dir) }
