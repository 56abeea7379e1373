package faceid_test

import (
	"bytes"
	"context"
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
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

func newFileStore(t testing.TB, dir string) *faceid.FileStore {
	t.Helper()
	store, err := faceid.NewFileStore(dir)
	require.NoError(t, err)
	return store
}

func TestTheStoresKeepTheirContract(t *testing.T) {
	t.Run("memory", func(t *testing.T) {
		store := faceid.NewMemoryStore()
		faceidtest.TestStore(t, func() faceid.Store { return store })
	})
	t.Run("file", func(t *testing.T) {
		dir := t.TempDir()
		require.NoError(t, os.Chmod(dir, 0o700))
		broken := filepath.Join(t.TempDir(), "gone")
		faceidtest.TestStore(t, func() faceid.Store { return newFileStore(t, dir) },
			faceidtest.StoreBroken(func() faceid.Store {
				store := newFileStore(t, broken)
				require.NoError(t, os.RemoveAll(broken))
				require.NoError(t, os.WriteFile(broken, []byte("a file in its place"), 0o600))
				return store
			}))
	})
}

func TestTheFileStoreIsForItsOwnerOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	store := newFileStore(t, dir)
	_, err := store.CompareAndSwap(t.Context(), "TIDA0001", nil, []byte("record"))
	require.NoError(t, err)
	lock, err := store.Lock(t.Context(), "TIDA0001", time.Minute)
	require.NoError(t, err)
	defer lock.Unlock(t.Context())
	info, err := os.Stat(dir)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 3, "record, lock and guard")
	for _, file := range files {
		info, err := file.Info()
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), file.Name())
		require.True(t, strings.HasPrefix(file.Name(), "TIDA0001-"), "people can tell whose it is")
	}

	open := t.TempDir()
	require.NoError(t, os.Chmod(open, 0o777))
	_, err = faceid.NewFileStore(open)
	require.ErrorContains(t, err, "others may write")
	_, err = faceid.NewFileStore("")
	require.Error(t, err)
	_, err = faceid.NewFileStore(filepath.Join(dir, files[0].Name()))
	require.Error(t, err, "a file is no directory")
}

func TestTheDefaultStoreSurvivesARestart(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	sim := faceidtest.Start(t)
	started := func() *faceid.Client {
		c, err := faceid.New(faceid.WithApp(sim.AppID(), sim.Secret()), faceid.WithBaseURL(sim.BaseURL()),
			faceid.WithHTTPClient(&httpClient{Transport: suite.watch(sim)}))
		require.NoError(t, err)
		return c
	}
	first, err := started().SignTicket(t.Context())
	require.NoError(t, err)
	second, err := started().SignTicket(t.Context())
	require.NoError(t, err)
	require.Equal(t, first, second)
	require.Equal(t, 1, sim.Calls(pathToken))
}

func TestWithoutACacheDirectoryNewNamesTheWaysOut(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the cache directory is found differently here")
	}
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("HOME", "")
	_, err := faceid.New(faceid.WithApp("TIDA0001", "secret"))
	for _, way := range []string{"NewFileStore", "NewMemoryStore", "redisstore"} {
		require.ErrorContains(t, err, way)
	}
}

// A record that cannot be read is moved aside and replaced; what the process
// holds is not lost.
func TestAnUnreadableFileIsMovedAside(t *testing.T) {
	for name, spoil := range map[string]func(record []byte) []byte{
		"a byte flipped": func(r []byte) []byte { r[len(r)-3] ^= 1; return r },
		"cut":            func(r []byte) []byte { return r[:len(r)/2] },
		"empty":          func([]byte) []byte { return []byte{} },
		"newer":          func(r []byte) []byte { return bytes.Replace(r, []byte("faceid 1 "), []byte("faceid 2 "), 1) },
		"garbage":        func([]byte) []byte { return []byte("\x00\xff") },
		"a huge file":    func([]byte) []byte { return make([]byte, 2<<20) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "store")
			sim := faceidtest.Start(t)
			var log strings.Builder
			_, err := newClient(sim, faceid.WithStore(newFileStore(t, dir))).SignTicket(t.Context())
			require.NoError(t, err)
			path := only(t, dir, "*.record")
			record, err := os.ReadFile(path)
			require.NoError(t, err)
			spoilt := spoil(record)
			require.NoError(t, os.WriteFile(path, spoilt, 0o600))

			client := newClient(sim, faceid.WithStore(newFileStore(t, dir)), faceid.WithObserver(func(_ context.Context, e faceid.Event) {
				if e.Kind == faceid.EventStore {
					log.WriteString(e.Err.Error())
				}
			}))
			_, err = client.SignTicket(t.Context())
			require.NoError(t, err)
			require.Contains(t, log.String(), "moved to")
			aside, err := os.ReadFile(only(t, dir, "*.unreadable"))
			require.NoError(t, err)
			require.True(t, bytes.Equal(spoilt, aside), "as it was")
			require.Equal(t, 2, sim.Calls(pathToken))
		})
	}
}

func TestARecordIsSmall(t *testing.T) {
	store := newFileStore(t, filepath.Join(t.TempDir(), "store"))
	_, err := store.CompareAndSwap(t.Context(), "TIDA0001", nil, make([]byte, 1<<20))
	require.NoError(t, err)
	record, _, err := store.Load(t.Context(), "TIDA0001")
	require.NoError(t, err)
	require.Len(t, record, 1<<20)
	swapped, err := store.CompareAndSwap(t.Context(), "TIDA0001", record, make([]byte, 1<<20+1))
	require.ErrorContains(t, err, "1048577 bytes")
	require.False(t, swapped)
}

func only(t *testing.T, dir, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	require.NoError(t, err)
	require.Len(t, found, 1)
	return found[0]
}

func TestTheDirectoryMayBeRemoved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	store := newFileStore(t, dir)
	sim := faceidtest.Start(t)
	client := newClient(sim, faceid.WithStore(store))
	_, err := client.SignTicket(t.Context())
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(dir))
	_, _, err = store.Load(t.Context(), "TIDA0001")
	require.ErrorIs(t, err, faceid.ErrNotFound)
	_, err = newClient(sim, faceid.WithStore(store)).SignTicket(t.Context())
	require.NoError(t, err)
}

// as runs this test binary's helper as another process.
func as(t testing.TB, role string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), "FACEID_TEST_ROLE="+role)
	return cmd
}

// roles are what this binary does as another process.
var roles = map[string]func(args []string) error{
	"swap":   func(args []string) error { return swapIn(args[0]) },
	"worker": worker,
	"bench":  benchServer,
}

func swapIn(dir string) error {
	signal.Ignore(syscall.SIGXFSZ)
	store, err := faceid.NewFileStore(dir)
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

// Root may do anything, so the process without permissions is another user.
func TestWithoutPermissionTheFileStoreIsBrokenNotEmpty(t *testing.T) {
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("needs root, to become another user")
	}
	dir := filepath.Join(t.TempDir(), "store")
	_, err := swap(newFileStore(t, dir))
	require.NoError(t, err)
	for p := dir; len(p) > len(os.TempDir()); p = filepath.Dir(p) {
		require.NoError(t, os.Chmod(p, 0o711)) // the way in; the files are ours alone
	}
	require.NoError(t, os.Chmod(dir, 0o755))
	cmd := as(t, "swap", dir)
	exe := filepath.Join(os.TempDir(), "faceid-other-user.test")
	binary, err := os.ReadFile(os.Args[0])
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(exe, binary, 0o755))
	defer os.Remove(exe)
	cmd.Path = exe
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	require.Error(t, err, "%s", out)
	require.Contains(t, string(out), "permission denied")
}

// A disk that is full leaves the old record whole.
func TestAFullDiskLeavesTheOldRecord(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs RLIMIT_FSIZE")
	}
	dir := filepath.Join(t.TempDir(), "store")
	store := newFileStore(t, dir)
	ok, err := store.CompareAndSwap(t.Context(), "TIDA0001", nil, []byte("the old record"))
	require.NoError(t, err)
	require.True(t, ok)
	cmd := exec.Command("sh", "-c", `ulimit -f 4; exec "$0" "$@"`, os.Args[0], dir) // 4 blocks of 512 bytes
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
