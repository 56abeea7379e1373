//go:build unix

package faceid_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/stretchr/testify/require"
)

func init() {
	roles["swap"] = swapIn
	roles["open"] = func(args []string) error {
		signal.Ignore(syscall.SIGXFSZ)
		_, err := faceid.NewFileStore(args[0])
		return err
	}
}

func swapIn(args []string) error {
	signal.Ignore(syscall.SIGXFSZ)
	store, err := faceid.NewFileStore(args[0])
	if err != nil {
		return err
	}
	_, loadErr := swap(store)
	return loadErr
}

func swap(store *faceid.FileStore) (bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	old, _, err := store.Load(ctx, "TIDA0001")
	if err != nil && !errors.Is(err, faceid.ErrNotFound) {
		return false, err
	}
	return store.CompareAndSwap(ctx, "TIDA0001", old, bytes.Repeat([]byte("x"), 8192))
}

// A store that cannot be read is never taken for an empty one. Root may read
// everything, so the process without permissions runs as another user.
func TestFileStoreWithoutPermissionIsBrokenNotEmpty(t *testing.T) {
	all := everybody(t)
	if all.exe == "" {
		t.Skip("only root can become another user")
	}
	for name, row := range map[string]struct {
		shut func(p planter)
		want string
	}{
		"the way is closed":           {func(p planter) { require.NoError(p, os.Chmod(p.base, 0o700)) }, "permission denied"},
		"the directory is closed":     {func(p planter) { p.mkdir("store", 0) }, "permission denied"},
		"the record is closed":        {func(p planter) { require.NoError(p, os.Chmod(only(p.T, p.path("store"), "*.record"), 0)) }, "permission denied"},
		"it was filled by root":       {func(p planter) { p.give("store", 0) }, "store belongs to root"},
		"its record was made by root": {func(p planter) { require.NoError(p, os.Chown(only(p.T, p.path("store"), "*.record"), 0, 0)) }, ".record belongs to root"},
	} {
		t.Run(name, func(t *testing.T) {
			p := planter{t, publicDir(t), nobody, stranger}
			dir := p.mkdir("store", 0o700)
			out, err := all.nobody(t, "trust", dir).CombinedOutput()
			require.NoError(t, err, "%s", out)
			row.shut(p)
			out, err = all.nobody(t, "trust", dir).Output()
			require.NoError(t, err)
			var got tried
			require.NoError(t, json.Unmarshal(out, &got))
			require.Contains(t, got.Load, row.want)
			require.False(t, got.NotFound)
			require.Contains(t, got.Swap, row.want)
		})
	}
}

// NewFileStore finds out what would fail later.
func TestNewFileStoreFindsOutAtOnceWhatWouldFailLater(t *testing.T) {
	t.Run("a directory that may not be written", func(t *testing.T) {
		all := everybody(t)
		all.try(t, func(p planter, trust func(string) tried) {
			if p.own == 0 {
				p.Skip("root may write everywhere")
			}
			dir := p.mkdir("store", 0o500)
			require.Contains(p, trust(dir).New, "no file can be saved in "+dir)
		})
	})
	for name, row := range map[string]struct{ script, want string }{
		// Every file that holds a byte is refused here, as by a full disk or a quota.
		"a file size of nothing":  {`ulimit -f 0; exec "$0" "$1"`, "file too large"},
		"a read-only file system": {`mount -t tmpfs -o ro,mode=700 none "$1" && exec "$0" "$1"`, "read-only file system"},
		"a full disk":             {`mount -t tmpfs -o size=4k,mode=700 none "$1" && head -c 4096 /dev/zero > "$1/full" && exec "$0" "$1"; exit 9`, "no space left on device"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(publicDir(t), "store")
			require.NoError(t, os.Mkdir(dir, 0o700))
			args := []string{"sh", "-c", row.script, os.Args[0], dir}
			if strings.Contains(row.script, "mount") {
				if runtime.GOOS != "linux" || exec.Command("unshare", "-m", "sh", "-c", `mount -t tmpfs none "$0"`, dir).Run() != nil {
					t.Skip("needs a mount namespace")
				}
				args = append([]string{"unshare", "-m"}, args...)
			}
			cmd := exec.Command(args[0], args[1:]...)
			cmd.Env = append(os.Environ(), "FACEID_TEST_ROLE=open")
			out, err := cmd.CombinedOutput()
			require.Error(t, err)
			require.Contains(t, string(out), "no file can be saved in "+dir, "%s", out)
			require.Contains(t, string(out), row.want)
			left, err := os.ReadDir(dir)
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
	t.Run("all is well", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "store")
		newFileStore(t, dir)
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, left, "it leaves nothing behind")
	})
}

// A disk that is full leaves the old record whole.
func TestFileStoreKeepsTheOldRecordOnAFullDisk(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs RLIMIT_FSIZE")
	}
	dir := filepath.Join(t.TempDir(), "store")
	store := newFileStore(t, dir)
	ok, err := store.CompareAndSwap(t.Context(), "TIDA0001", nil, []byte("the old record"))
	require.NoError(t, err)
	require.True(t, ok)
	cmd := exec.Command("sh", "-c", `ulimit -f 4; exec "$0" "$@"`, os.Args[0], dir) // The limit is 4 blocks of 512 bytes.
	cmd.Env = append(os.Environ(), "FACEID_TEST_ROLE=swap")
	out, err := cmd.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "file too large", "%s", out)
	record, _, err := store.Load(t.Context(), "TIDA0001")
	require.NoError(t, err)
	require.Equal(t, "the old record", string(record))
	leftovers, err := filepath.Glob(filepath.Join(dir, ".new-*"))
	require.NoError(t, err)
	require.Empty(t, leftovers)
}
