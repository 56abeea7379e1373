package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// text collects the output of a program that runs.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (t *text) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.Write(p)
}

func (t *text) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}

func get(t *testing.T, url string) string {
	t.Helper()
	r, err := http.Get(url)
	require.NoError(t, err)
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, r.StatusCode, "%s: %s", url, body)
	return string(body)
}

// The program ends by itself, every order has ended, and who passed has signed.
func TestRunEndsEveryOrder(t *testing.T) {
	t.Parallel()
	var out text
	require.NoError(t, run(t.Context(), config{orders: 10, speed: 20000, dir: t.TempDir(), bucket: "mem://"}, &out))
	require.Contains(t, out.String(), "orders without an end: 0 of 10")
	require.Contains(t, out.String(), "contracts signed: 5, refused: 5")
	require.Contains(t, out.String(), "the platform is out of order")
	require.Regexp(t, `passes and closes the page +Passed +3 files`, out.String())
	require.Regexp(t, `has a video that comes late +Passed +3 files`, out.String())
	require.Regexp(t, `never comes +NoResult +0 files`, out.String())
	require.ErrorContains(t, run(t.Context(), config{orders: 0, speed: 1}, &out), "-orders")
}

// The page counts what the ledger and the contracts say, and shows the jobs of River.
func TestPagesCountTheOrders(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out text
	urls, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- run(ctx, config{orders: 10, speed: 20000, listen: "127.0.0.1:0", shown: func(url string) { urls <- url }}, &out)
	}()
	url := <-urls
	require.Eventually(t, func() bool { return strings.Contains(out.String(), "The page stays") }, time.Minute, 50*time.Millisecond)
	page := get(t, url+"/")
	for id, want := range map[string]string{
		"waiting": "0", "decided": "0", "told": "0", "done": "10", "oldest": "0 h", "late": "0", "trouble": "0",
		"files": "23", "missing": "0", "signed": "5", "refused": "5", "charged": "6",
	} {
		found := regexp.MustCompile(`id="` + id + `">([^<]*)<`).FindStringSubmatch(page)
		require.Len(t, found, 2, id)
		require.Equal(t, want, found[1], id)
	}
	require.NotContains(t, page, person.Name)
	require.Contains(t, get(t, url+"/jobs/"), "<html")
	jobs := get(t, url+"/jobs/api/jobs?state=completed")
	require.Contains(t, jobs, "faceid_evidence")
	require.NotContains(t, jobs, person.IDNo)
	stop()
	require.NoError(t, <-ended)
}

// With Redis the queue is that of asynq.
func TestRunEndsEveryOrderWithRedis(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("there is no redis-server on PATH")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close())
	_, port, _ := net.SplitHostPort(address)
	server := exec.Command("redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", t.TempDir())
	require.NoError(t, server.Start())
	defer func() { _ = server.Process.Kill(); _ = server.Wait() }()
	require.Eventually(t, func() bool {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
		}
		return err == nil
	}, 10*time.Second, 20*time.Millisecond)
	var out text
	require.NoError(t, run(t.Context(), config{orders: 10, speed: 10000, dir: t.TempDir(), bucket: "mem://", redis: "redis://" + address}, &out))
	require.Contains(t, out.String(), "orders without an end: 0 of 10")
	require.Contains(t, out.String(), "contracts signed: 5, refused: 5")
	require.ErrorContains(t, run(t.Context(), config{orders: 1, speed: 1, dir: t.TempDir(), redis: "redis://127.0.0.1:1"}, &out), "connect")
}
