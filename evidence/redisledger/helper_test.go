package redisledger_test

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/evidence/redisledger"
)

func TestMain(m *testing.M) {
	redis.SetLogger(quiet{}) // the tests kill servers on purpose
	m.Run()
}

type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

// begin is a time of the tests, with nanoseconds.
var begin = time.Date(2026, 11, 29, 8, 0, 0, 123456789, time.UTC)

func entry(number string) evidence.Entry {
	return evidence.Entry{Order: evidence.Order{Kind: evidence.FaceH5, Number: number, OpenedAt: begin}, Next: begin.Add(time.Minute)}
}

// server is miniredis or a real Redis server.
type server struct {
	addr    string
	dir     string
	args    []string
	stop    func()
	ledgers atomic.Int32
}

// each runs a test on miniredis and on a real server.
func each(t *testing.T, test func(t *testing.T, s *server)) {
	t.Parallel()
	t.Run("miniredis", func(t *testing.T) {
		t.Parallel()
		test(t, &server{addr: miniredis.RunT(t).Addr()})
	})
	t.Run("redis-server", func(t *testing.T) {
		t.Parallel()
		test(t, ownServer(t))
	})
}

// ownServer starts a real server that writes down what it is told.
func ownServer(t *testing.T, args ...string) *server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("the real Redis server was skipped: there is no redis-server on PATH")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &server{addr: l.Addr().String(), dir: t.TempDir()}
	require.NoError(t, l.Close())
	_, port, err := net.SplitHostPort(s.addr)
	require.NoError(t, err)
	s.args = append([]string{"--save", "", "--appendonly", "yes", "--port", port, "--bind", "127.0.0.1", "--dir", s.dir}, args...)
	s.start(t)
	t.Cleanup(func() { s.stop() })
	return s
}

// start starts the server, again if it was stopped.
func (s *server) start(t *testing.T) {
	t.Helper()
	cmd := exec.Command("redis-server", s.args...)
	require.NoError(t, cmd.Start())
	s.stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	client := s.client(t)
	require.Eventually(t, func() bool {
		info, err := client.Info(t.Context(), "server").Result()
		return err == nil && strings.Contains(info, fmt.Sprintf("process_id:%d\r\n", cmd.Process.Pid))
	}, 10*time.Second, 20*time.Millisecond)
}

// cluster starts a server that is a cluster of one.
func cluster(t *testing.T) *server {
	t.Helper()
	s := ownServer(t, "--cluster-enabled", "yes")
	admin := s.client(t)
	require.NoError(t, admin.ClusterAddSlotsRange(t.Context(), 0, 16383).Err())
	require.Eventually(t, func() bool {
		info, err := admin.ClusterInfo(t.Context()).Result()
		return err == nil && strings.Contains(info, "cluster_state:ok")
	}, 20*time.Second, 20*time.Millisecond)
	return s
}

// client returns a client of its own, as another process has.
func (s *server) client(t *testing.T, change ...func(*redis.Options)) *redis.Client {
	t.Helper()
	o := &redis.Options{Addr: s.addr, ContextTimeoutEnabled: true}
	for _, c := range change {
		c(o)
	}
	client := redis.NewClient(o)
	t.Cleanup(func() { client.Close() })
	return client
}

// ledger returns an empty ledger.
func (s *server) ledger(t *testing.T, change ...func(*redis.Options)) *redisledger.Ledger {
	t.Helper()
	l, err := redisledger.New(t.Context(), s.client(t, change...), fmt.Sprint("test", s.ledgers.Add(1)))
	require.NoError(t, err)
	return l
}

// save saves entries, which must not fail.
func save(t *testing.T, l evidence.Ledger, entries ...evidence.Entry) {
	t.Helper()
	for _, e := range entries {
		_, err := l.Save(t.Context(), e)
		require.NoError(t, err)
	}
}

// numbers returns the order numbers of the entries that match.
func numbers(t *testing.T, l evidence.Ledger, q evidence.Query) []string {
	t.Helper()
	all := []string{}
	for e, err := range l.Entries(t.Context(), q) {
		require.NoError(t, err)
		all = append(all, e.Order.Number)
	}
	return all
}

// errorOf returns the error of Entries.
func errorOf(t *testing.T, l evidence.Ledger, q evidence.Query) (last error) {
	t.Helper()
	for _, err := range l.Entries(t.Context(), q) {
		last = err
	}
	return last
}

// lossy loses one answer after armed is set, so that the client sends its request again.
func lossy(armed *atomic.Bool) func(*redis.Options) {
	return func(o *redis.Options) {
		o.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
			plain, err := new(net.Dialer).DialContext(ctx, network, addr)
			return &lossyConn{plain, armed}, err
		}
	}
}

type lossyConn struct {
	net.Conn
	armed *atomic.Bool
}

func (c *lossyConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err == nil && c.armed.CompareAndSwap(true, false) {
		c.Close()
		return 0, net.ErrClosed
	}
	return n, err
}
