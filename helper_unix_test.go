//go:build unix

package faceid_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/stretchr/testify/require"
)

// The file store must refuse the same things whoever runs it. So each row is tried as
// the user of the tests and, if that is root, as another user in a process of its own.

const (
	nobody   = 65534 // the user that the other process runs as
	stranger = 65533 // a user who is neither of them
)

// tried holds the errors of the uses of a store; a text is empty where there was no
// error.
type tried struct {
	Load, Swap, Lock, New string
	NotFound              bool
	Record                string
}

// trust uses the store in dir, which is not looked over first, and then opens it with
// NewFileStore.
func trust(dir string) (got tried) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	say := func(what *string, use func() error) {
		done := make(chan error, 1)
		go func() { done <- use() }()
		select {
		case err := <-done:
			if err != nil {
				*what = err.Error()
			}
		case <-time.After(4 * time.Second):
			*what = "it hangs"
		}
	}
	store := faceid.UncheckedFileStore(dir)
	var old []byte
	say(&got.Load, func() error {
		record, _, err := store.Load(ctx, planted)
		if got.NotFound = errors.Is(err, faceid.ErrNotFound); got.NotFound {
			return nil
		}
		old, got.Record = record, string(record)
		return err
	})
	say(&got.Swap, func() error {
		_, err := store.CompareAndSwap(ctx, planted, old, []byte("replaced"))
		return err
	})
	say(&got.Lock, func() error {
		lock, err := store.Lock(ctx, planted, time.Minute)
		if err == nil {
			err = lock.Unlock(ctx)
		}
		return err
	})
	say(&got.New, func() error {
		_, err := faceid.NewFileStore(dir)
		return err
	})
	return got
}

const planted = "TIDA0001" // the key of the record

// planter plants things in a directory for one row.
type planter struct {
	*testing.T
	base     string // a directory of root or of the test's user, in which nobody else may write
	own      int    // the user that the store is to run as
	stranger int
}

func (p planter) path(name string) string { return filepath.Join(p.base, name) }

// mkdir makes a directory that belongs to the user of the store.
func (p planter) mkdir(name string, mode os.FileMode) string {
	p.Helper()
	require.NoError(p, os.MkdirAll(p.path(name), 0o755))
	require.NoError(p, os.Chown(p.path(name), p.own, -1))
	require.NoError(p, os.Chmod(p.path(name), mode))
	return p.path(name)
}

func (p planter) file(name, content string, mode os.FileMode) string {
	p.Helper()
	require.NoError(p, os.WriteFile(p.path(name), []byte(content), 0o600))
	require.NoError(p, os.Chmod(p.path(name), mode))
	require.NoError(p, os.Chown(p.path(name), p.own, -1))
	return p.path(name)
}

func (p planter) symlink(target, name string) {
	p.Helper()
	require.NoError(p, os.Symlink(target, p.path(name)))
	require.NoError(p, os.Lchown(p.path(name), p.own, -1))
}

func (p planter) fifo(name string) {
	p.Helper()
	require.NoError(p, syscall.Mkfifo(p.path(name), 0o600))
	require.NoError(p, os.Chown(p.path(name), p.own, -1))
}

// give changes the owner of something; of a link it changes the link itself.
func (p planter) give(name string, uid int) {
	p.Helper()
	p.needsRoot()
	require.NoError(p, os.Lchown(p.path(name), uid, -1))
}

func (p planter) needsRoot() {
	p.Helper()
	if os.Geteuid() != 0 {
		p.Skip("only root can give files away")
	}
}

// users run a row for the test's user and, if that is root, for another user.
type users struct{ exe string }

// everybody copies this test binary to a place where every user can run it.
func everybody(t *testing.T) users {
	t.Helper()
	if os.Geteuid() != 0 {
		return users{}
	}
	exe := filepath.Join(publicDir(t), "test")
	binary, err := os.ReadFile(os.Args[0])
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(exe, binary, 0o755))
	return users{exe}
}

// publicDir makes a directory that other users can look into, unlike t.TempDir.
func publicDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "faceid-trust")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o755))
	return dir
}

func (u users) try(t *testing.T, row func(p planter, trust func(dir string) tried)) {
	t.Run("as ourselves", func(t *testing.T) {
		row(planter{t, publicDir(t), os.Geteuid(), stranger}, trust)
	})
	t.Run("as another user", func(t *testing.T) {
		if u.exe == "" {
			t.Skip("only root can become another user")
		}
		row(planter{t, publicDir(t), nobody, stranger}, func(dir string) (got tried) {
			out, err := u.nobody(t, "trust", dir).Output()
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(out, &got))
			return got
		})
	})
}

// nobody runs this test binary as a user without any rights, in a role.
func (u users) nobody(t *testing.T, role string, args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, u.exe, args...)
	cmd.Env = append(os.Environ(), "FACEID_TEST_ROLE="+role)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	return cmd
}
