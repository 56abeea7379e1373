package redisstore_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/faceid-go/faceid/redisstore"
)

// worker is a process that calls the platform all the time: base URL, appID,
// secret, Redis address. It prints a line for every error.
func worker(args []string) {
	rdb := redis.NewClient(&redis.Options{Addr: args[3], DialTimeout: time.Second, ReadTimeout: time.Second, ContextTimeoutEnabled: true})
	store, err := redisstore.New(rdb)
	if err != nil {
		panic(err)
	}
	client, err := faceid.New(faceid.WithBaseURL(args[0]), faceid.WithApp(args[1], args[2]), faceid.WithStore(store))
	if err != nil {
		panic(err)
	}
	fmt.Println("started")
	for {
		_, err := client.QueryFaceRecord(context.Background(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
		if !errors.Is(err, faceid.ErrNoResult) {
			fmt.Println(time.Now().Format("05.000"), err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// Eight OS processes share one mint per period at speed 20, through a restart
// of Redis that forgets everything.
func TestEightProcessesLiveThroughARestartOfRedis(t *testing.T) {
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("there is no redis-server on the PATH")
	}
	t.Parallel()
	const speed, period, processes = 20, time.Minute, 8
	sim := faceidtest.Start(t, faceidtest.WithSpeed(speed))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().String()
	require.NoError(t, l.Close())
	redisServer := startRedis(t, addr)

	trouble := make(chan string, 10000)
	for i := range processes {
		cmd := exec.Command(os.Args[0], sim.URL(), sim.AppID(), sim.Secret(), addr)
		cmd.Env = append(os.Environ(), "FACEID_TEST_ROLE=worker")
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
		lines := bufio.NewScanner(out)
		require.True(t, lines.Scan())
		go func() {
			for lines.Scan() {
				trouble <- fmt.Sprintf("process %d: %s", i, lines.Text())
			}
		}()
	}

	time.Sleep(period + period/8) // one rotation
	require.Len(t, sim.Mints(sim.AppID()), 2, "the first mint and one rotation")
	require.NoError(t, redisServer.Process.Signal(syscall.SIGKILL))
	_ = redisServer.Wait()
	time.Sleep(2 * time.Second)
	startRedis(t, addr)
	time.Sleep(period - period/30) // another rotation

	require.Empty(t, trouble, "errors that callers saw")
	require.Len(t, sim.Mints(sim.AppID()), 3, "the restart costs no mint: a process that holds the pair puts it back")
	require.Zero(t, sim.ConcurrentMints(sim.AppID()))
	mints := sim.Mints(sim.AppID())
	for i := 1; i < len(mints); i++ {
		require.GreaterOrEqual(t, mints[i].Sub(mints[i-1]), period*19/20)
	}
}

func startRedis(t *testing.T, addr string) *exec.Cmd {
	t.Helper()
	_, port, _ := strings.Cut(addr, ":")
	cmd := exec.Command("redis-server", "--save", "", "--appendonly", "no", "--bind", "127.0.0.1", "--port", port, "--dir", t.TempDir())
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	require.Eventually(t, func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	}, 10*time.Second, 10*time.Millisecond)
	return cmd
}
