package faceid

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync/atomic"
	"time"

	"github.com/faceid-go/faceid/internal/clock"
	"github.com/gofrs/flock"
)

// guarded runs a few file operations on a key while no other process does. The system
// frees the guard of a process that dies. A process that is stopped while it holds the
// guard blocks the others until their ctx ends.
func (s *FileStore) guarded(ctx context.Context, key string, do func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.prepare(); err != nil {
		return err
	}
	guard, err := takeGuard(s.path(key, ".guard"), func(guard *flock.Flock) (bool, error) {
		return guard.TryLockContext(ctx, 5*time.Millisecond)
	})
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("faceid: file store: guard: %w", err)
	}
	defer guard.Close()
	return do()
}

var errGuardHeld = errors.New("another process holds the guard")

// takeGuard makes a guard file if it is missing, locks it, and then refuses a file that
// is not the store's own. It looks so late because opening and locking change nothing in
// a file, and wait for nobody.
func takeGuard(path string, lock func(*flock.Flock) (bool, error)) (*flock.Flock, error) {
	guard := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR|openFlags), flock.SetPermissions(0o600))
	switch ok, err := lock(guard); {
	case err != nil:
		return nil, openFailure(path, err)
	case !ok:
		return nil, errGuardHeld
	}
	info, err := guard.Stat()
	if err == nil {
		err = trustFile(path, info)
	}
	if err != nil {
		guard.Close()
		return nil, err
	}
	return guard, nil
}

const (
	maxLockFile = 4096
	// maxLease bounds the lease that a lock file names, so that no file can keep others
	// waiting for longer.
	maxLease = 10 * time.Minute
)

// fileLock is a lock file. It says who holds the lock, and for how long. Its age is
// that of the file. A holder that was killed or stopped loses the lock after its lease.
type fileLock struct {
	store    *FileStore
	key      string
	taken    time.Time
	unlocked atomic.Bool
	Token    string        `json:"token"`
	Lease    time.Duration `json:"lease"`
	PID      int           `json:"pid"` // the process of the holder, for people who read the file
}

// Lock implements Store. The lock is lost after ten minutes, if the lease is
// longer.
func (s *FileStore) Lock(ctx context.Context, key string, lease time.Duration) (Lock, error) {
	lease = min(lease, maxLease) // other processes would not wait for longer
	wait := 10 * time.Millisecond
	// seen is the token of the holder that we wait for, and since is the start of that
	// wait. We measure the wait ourselves because the time of the lock file may be wrong.
	var seen string
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
			// A lease below zero is over, too, by the second comparison.
			if held.Token != "" && left > 0 && clock.Elapsed(since, time.Now()) < held.Lease {
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
		if err := clock.Sleep(ctx, wait); err != nil {
			return nil, err
		}
		wait = min(wait*2, 250*time.Millisecond)
	}
}

// holder reads the lock file, and how much of the lease is left. The lock has no token
// if it is free. A file that no store can have written does not count as a lock, and is
// replaced as a whole.
func (s *FileStore) holder(key string) (held *fileLock, left time.Duration, err error) {
	file, info, err := openOwn(s.path(key, ".lock"))
	if errors.Is(err, fs.ErrNotExist) {
		return new(fileLock), 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxLockFile+1))
	if err != nil {
		return nil, 0, err
	}
	held = new(fileLock)
	if len(text) > maxLockFile || json.Unmarshal(text, held) != nil {
		return new(fileLock), 0, nil
	}
	held.Lease = min(held.Lease, maxLease)
	return held, held.Lease - time.Since(info.ModTime()), nil
}

func (l *fileLock) Left() time.Duration {
	if l.unlocked.Load() {
		return 0
	}
	return l.Lease - clock.Elapsed(l.taken, time.Now())
}

func (l *fileLock) Unlock(ctx context.Context) error {
	l.unlocked.Store(true)
	return l.store.guarded(ctx, l.key, func() error {
		held, _, err := l.store.holder(l.key)
		if err != nil || held.Token != l.Token {
			return err
		}
		return os.Remove(l.store.path(l.key, ".lock"))
	})
}

// Format prints no record, whatever the verb.
func (l *fileLock) Format(f fmt.State, _ rune) { fmt.Fprint(f, "faceid.FileStore lock") }
