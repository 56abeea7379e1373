package faceid_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
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
	"github.com/stretchr/testify/require"
)

type httpClient = http.Client

// worker is a process that calls the platform all the time: base URL, appID,
// secret, directory. It prints a line for every error.
func worker(args []string) error {
	store, err := faceid.NewFileStore(args[3])
	if err != nil {
		return err
	}
	client, err := faceid.New(faceid.WithBaseURL(args[0]), faceid.WithApp(args[1], args[2]), faceid.WithStore(store))
	if err != nil {
		return err
	}
	fmt.Println("started")
	for {
		_, err := client.QueryFaceRecord(context.Background(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
		if !errors.Is(err, faceid.ErrNoResult) {
			fmt.Println("error:", err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

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

// Two OS processes on one directory share one mint per period; one is killed in
// the middle of a refresh, the other goes on. FACEID_TEST_PERIODS and
// FACEID_TEST_SPEED make it longer and sounder: 5 periods at speed 20 are five
// minutes.
func TestTwoProcessesShareOneDirectory(t *testing.T) {
	periods, speed := setting("FACEID_TEST_PERIODS", 2), setting("FACEID_TEST_SPEED", 60)
	period := 20 * time.Minute / time.Duration(speed)
	sim := faceidtest.Start(t, faceidtest.WithSpeed(float64(speed)))
	dir := filepath.Join(t.TempDir(), "store")
	a, b := startWorker(t, sim, dir), startWorker(t, sim, dir)

	time.Sleep(time.Duration(periods)*period - period/2)
	mints := len(sim.Mints(sim.AppID()))
	require.GreaterOrEqual(t, mints, periods)
	require.LessOrEqual(t, mints, periods+1, "one mint per period, together")
	require.Zero(t, sim.ConcurrentMints(sim.AppID()))

	// The next mint is answered late; its process is killed meanwhile.
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
