package faceid_test

import (
	"bufio"
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/gofrs/flock"
	"github.com/stretchr/testify/require"
)

func TestFileStoreIsForItsOwnerOnly(t *testing.T) {
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

func TestFileStoreIsTheDefaultAndSurvivesARestart(t *testing.T) {
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

// A record that cannot be read is replaced by one mint, and an event tells of it.
func TestFileStoreReplacesAnUnreadableRecord(t *testing.T) {
	for name, spoil := range map[string]func(record []byte) []byte{
		"a byte flipped": func(r []byte) []byte { r[len(r)-3] ^= 1; return r },
		"cut":            func(r []byte) []byte { return r[:len(r)/2] },
		"empty":          func([]byte) []byte { return []byte{} },
		"newer":          func(r []byte) []byte { return bytes.Replace(r, []byte("faceid 2 "), []byte("faceid 3 "), 1) },
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
			require.Contains(t, log.String(), "it is replaced")
			healed, err := os.ReadFile(only(t, dir, "*.record"))
			require.NoError(t, err)
			require.NotEqual(t, spoilt, healed)
			require.Equal(t, 2, sim.Calls(pathToken))
		})
	}
}

func TestFileStoreRecordIsSmall(t *testing.T) {
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

// A longer record was not saved by this library. No more of it is read than shows that,
// and it can be replaced.
func TestFileStoreReadsAHugeRecordInPartAndReplacesIt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	store := newFileStore(t, dir)
	path := faceid.FileStorePath(dir, "TIDA0001", ".record")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	require.NoError(t, os.Truncate(path, 64<<20))
	record, _, err := store.Load(t.Context(), "TIDA0001")
	require.NoError(t, err)
	require.Len(t, record, 1<<20+1)
	swapped, err := store.CompareAndSwap(t.Context(), "TIDA0001", record, []byte("small"))
	require.NoError(t, err)
	require.True(t, swapped)
}

func TestFileStoreSurvivesTheRemovalOfItsDirectory(t *testing.T) {
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

// A process that starts after the clock was set back cannot know how old the file is.
// It takes the file for too old, which costs one mint.
func TestFileStoreTakesARecordFromTheFutureForTooOld(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	sim := faceidtest.Start(t)
	_, err := newClient(sim, faceid.WithStore(newFileStore(t, dir))).SignTicket(t.Context())
	require.NoError(t, err)
	future := time.Now().Add(8 * time.Hour)
	require.NoError(t, os.Chtimes(only(t, dir, "*.record"), future, future))
	sim.RevokeTokens(sim.AppID()) // The token has died in the meantime.
	require.NoError(t, query(t.Context(), newClient(sim, faceid.WithStore(newFileStore(t, dir)))))
	require.Equal(t, 2, sim.Calls(pathToken))
}

// A file that a killed process left half written holds a token, so it is swept away.
func TestNewFileStoreSweepsHalfWrittenFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	newFileStore(t, dir)
	old, young := filepath.Join(dir, ".new-old"), filepath.Join(dir, ".new-young")
	for _, path := range []string{old, young} {
		require.NoError(t, os.WriteFile(path, []byte("x"), 0o600))
	}
	past := time.Now().Add(-2 * time.Hour)
	require.NoError(t, os.Chtimes(old, past, past))
	newFileStore(t, dir)
	require.NoFileExists(t, old)
	require.FileExists(t, young, "somebody may be writing it")
}

// NewFileStore sweeps away the files that may hold a token and are of no use any more,
// and nothing else.
func TestNewFileStoreSweepsWhatIsOfNoUse(t *testing.T) {
	const day = 24 * time.Hour
	key := func(suffix string) string { return filepath.Base(faceid.FileStorePath("", "TIDA0001", suffix)) }
	for name, row := range map[string]struct {
		file  string
		age   time.Duration
		swept bool
		guard bool // the guard is held meanwhile
	}{
		"half written":                   {".new-123", 2 * time.Hour, true, false},
		"being written":                  {".new-123", 59 * time.Minute, false, false},
		"half written in a trial":        {".new-123-moved", 2 * time.Hour, true, false},
		"half written, from the future":  {".new-123", -2 * time.Hour, false, false},
		"an old record":                  {key(".record"), 8*day + time.Minute, true, false},
		"a record in use":                {key(".record"), 8*day - time.Minute, false, false},
		"an old record, being replaced":  {key(".record"), 9 * day, false, true},
		"a record from the future":       {key(".record"), -9 * day, false, false},
		"an old guard":                   {key(".guard"), 9 * day, false, false},
		"an old record of somebody else": {"vinyl.record", 90 * day, false, false},
		"one with a name like ours":      {"vinyl-0123456789abcdeg.record", 90 * day, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.Chmod(dir, 0o700))
			path := filepath.Join(dir, row.file)
			require.NoError(t, os.WriteFile(path, []byte("x"), 0o600))
			then := time.Now().Add(-row.age)
			require.NoError(t, os.Chtimes(path, then, then))
			if row.guard {
				guard := flock.New(filepath.Join(dir, key(".guard")))
				ok, err := guard.TryLock()
				require.NoError(t, err)
				require.True(t, ok)
				defer guard.Close()
			}
			newFileStore(t, dir)
			if row.swept {
				require.NoFileExists(t, path)
			} else {
				require.FileExists(t, path)
			}
		})
	}
}

// A link under the name of a swept file is left alone, as is what it leads to.
func TestNewFileStoreFollowsNoLinksWhenItSweeps(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	newFileStore(t, dir)
	old := filepath.Join(t.TempDir(), "old")
	require.NoError(t, os.WriteFile(old, []byte("x"), 0o600))
	then := time.Now().Add(-30 * 24 * time.Hour)
	require.NoError(t, os.Chtimes(old, then, then))
	link := filepath.Join(dir, ".new-link")
	if err := os.Symlink(old, link); err != nil {
		t.Skip(err)
	}
	newFileStore(t, dir)
	require.FileExists(t, old)
	_, err := os.Lstat(link)
	require.NoError(t, err)
}

type httpClient = http.Client

type process struct {
	*exec.Cmd
	errs chan string
}

func startWorker(t *testing.T, sim *faceidtest.Server, dir string) *process {
	t.Helper()
	p := &process{as(t, "worker", sim.URL(), sim.AppID(), sim.Secret(), dir), make(chan string, 1000)}
	out, err := p.StdoutPipe()
	require.NoError(t, err)
	p.Stderr = os.Stderr
	require.NoError(t, p.Start())
	t.Cleanup(func() { _ = p.Process.Kill(); _ = p.Wait() })
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan())
	go func() {
		for lines.Scan() {
			p.errs <- lines.Text()
		}
		close(p.errs)
	}()
	return p
}

// Two OS processes on one directory share one mint per period. One process is killed in
// the middle of a refresh, and the other goes on. FACEID_TEST_PERIODS and
// FACEID_TEST_SPEED make the test longer and sounder: 5 periods at speed 20 are five
// minutes.
func TestFileStoreIsSharedByTwoProcesses(t *testing.T) {
	periods, speed := setting("FACEID_TEST_PERIODS", 1), setting("FACEID_TEST_SPEED", 60)
	period := 20 * time.Minute / time.Duration(speed)
	sim := faceidtest.Start(t, faceidtest.WithSpeed(float64(speed)))
	dir := filepath.Join(t.TempDir(), "store")
	a, b := startWorker(t, sim, dir), startWorker(t, sim, dir)

	time.Sleep(time.Duration(periods)*period - period/2)
	mints := len(sim.Mints(sim.AppID()))
	require.GreaterOrEqual(t, mints, periods)
	require.LessOrEqual(t, mints, periods+1, "one mint per period, together")
	require.Zero(t, sim.ConcurrentMints(sim.AppID()))

	// The next mint is answered late, and its process is killed meanwhile.
	sim.FailNext(pathToken, faceidtest.FaultDelay(900*time.Millisecond))
	require.Eventually(t, func() bool { return len(sim.Mints(sim.AppID())) > mints }, 2*period, time.Millisecond)
	holder := a
	if text, _ := os.ReadFile(only(t, dir, "*.lock")); !strings.Contains(string(text), strconv.Itoa(a.Process.Pid)) {
		holder = b
	}
	require.NoError(t, holder.Process.Signal(syscall.SIGKILL))
	other := map[*process]*process{a: b, b: a}[holder]
	killed := time.Now()
	require.Eventually(t, func() bool { return len(sim.Mints(sim.AppID())) > mints+1 }, 30*time.Second, 10*time.Millisecond, "the other mints anew")
	t.Logf("recovered %v after the kill", time.Since(killed))
	time.Sleep(time.Second)
	require.NoError(t, other.Process.Signal(syscall.SIGTERM))
	for line := range other.errs {
		t.Errorf("the other saw: %s", line)
	}
}

func setting(name string, usual int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return usual
}
