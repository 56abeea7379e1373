package redisstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/redisstore"
)

func TestMain(m *testing.M) {
	redis.SetLogger(quiet{}) // the tests kill servers on purpose
	goleak.VerifyTestMain(m)
}

type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

// server is miniredis or a real Redis server.
type server struct {
	addr   string
	prefix string // the prefix of this test's keys; other tests may use the same server
	proc   *os.Process
	stop   func()
}

// onEach runs a test on miniredis and on a real server.
func onEach(t *testing.T, test func(t *testing.T, s *server)) {
	t.Parallel()
	t.Run("miniredis", func(t *testing.T) {
		t.Parallel()
		test(t, &server{addr: mini(t).Addr(), prefix: "faceid:"})
	})
	t.Run("redis-server", func(t *testing.T) {
		t.Parallel()
		if addr := os.Getenv("FACEID_TEST_REDIS"); addr != "" {
			test(t, &server{addr: addr, prefix: "faceid-test-" + strconv.FormatInt(time.Now().UnixNano(), 36) + ":"})
			return
		}
		test(t, ownServer(t))
	})
}

// ownServer starts a real server that the test may kill, stop and flush.
func ownServer(t *testing.T, args ...string) *server {
	t.Helper()
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("the real Redis server was skipped: there is no redis-server on PATH (for some tests FACEID_TEST_REDIS=host:port does)")
	}
	for attempt := range 5 {
		s, err := start(t, binary, freePort(t), args...)
		if err == nil {
			return s
		}
		t.Logf("attempt %d: %v", attempt, err) // another process took the port
	}
	t.Fatal("redis-server does not start")
	return nil
}

func start(t *testing.T, binary, port string, args ...string) (*server, error) {
	t.Helper()
	dir := t.TempDir()
	args = append([]string{"--save", "", "--appendonly", "no", "--port", port, "--bind", "127.0.0.1", "--dir", dir}, args...)
	cmd := exec.Command(binary, args...)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	var once sync.Once
	s := &server{addr: "127.0.0.1:" + port, prefix: "faceid:", proc: cmd.Process}
	s.stop = func() {
		once.Do(func() {
			_ = cmd.Process.Kill()
			<-ended
		})
	}
	t.Cleanup(s.stop)
	client := redis.NewClient(&redis.Options{Addr: s.addr, MaxRetries: -1})
	defer client.Close()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		select {
		case err := <-ended:
			ended <- err
			return nil, fmt.Errorf("redis-server ended: %w", err)
		default:
		}
		info, err := client.Info(t.Context(), "server").Result()
		if err == nil && strings.Contains(info, fmt.Sprintf("process_id:%d\r\n", cmd.Process.Pid)) {
			return s, nil
		}
	}
	return nil, errors.New("redis-server does not answer")
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	return port
}

// hang stops the server until the returned function is called.
func (s *server) hang(t *testing.T) (goOn func()) {
	t.Helper()
	require.NoError(t, s.proc.Signal(syscall.SIGSTOP))
	goOn = func() { _ = s.proc.Signal(syscall.SIGCONT) }
	t.Cleanup(goOn)
	return goOn
}

// client returns a client of its own, as another process has.
func (s *server) client(t *testing.T, change ...func(*redis.Options)) *redis.Client {
	t.Helper()
	o := &redis.Options{Addr: s.addr, ReadTimeout: time.Second, DialTimeout: time.Second}
	for _, c := range change {
		c(o)
	}
	client := redis.NewClient(o)
	t.Cleanup(func() { client.Close() })
	return client
}

// impatient is an option of a client that does not try again.
func impatient(o *redis.Options) { o.MaxRetries, o.DialerRetries = -1, 1 }

func (s *server) store(t *testing.T, change ...func(*redis.Options)) *redisstore.Store {
	t.Helper()
	store, err := redisstore.New(s.client(t, change...), redisstore.WithPrefix(s.prefix))
	require.NoError(t, err)
	return store
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

// admit makes a user with the rights in the lines of README.md that begin like lines.
func admit(t *testing.T, s *server, lines ...string) {
	t.Helper()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	rule := []any{"ACL", "SETUSER", "faceid"}
	for _, begin := range lines {
		_, rest, ok := strings.Cut(string(readme), begin)
		require.True(t, ok, begin)
		rights, _, _ := strings.Cut(rest, "\n")
		for _, right := range strings.Fields(strings.ReplaceAll(rights, "`", "")) {
			rule = append(rule, right)
		}
	}
	require.NoError(t, s.client(t).Do(t.Context(), rule...).Err())
}

func mini(t *testing.T) *miniredis.Miniredis {
	t.Helper()
	mr := miniredis.RunT(t)
	mr.ClockTTL(true)
	return mr
}

// conn changes the traffic of a connection.
type conn struct {
	net.Conn
	write func(b []byte)
	read  func(n int, err error) (int, error)
}

func (c *conn) Write(b []byte) (int, error) {
	if c.write != nil {
		c.write(b)
	}
	return c.Conn.Write(b)
}

func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.read != nil {
		return c.read(n, err)
	}
	return n, err
}

func dialing(wrap func(net.Conn) net.Conn) func(*redis.Options) {
	return func(o *redis.Options) {
		o.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
			plain, err := new(net.Dialer).DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return wrap(plain), nil
		}
	}
}

func isScript(b []byte) bool { return bytes.Contains(bytes.ToLower(b), []byte("eval")) }

// counting counts the scripts that the client sends.
func counting(n *atomic.Int32) func(*redis.Options) {
	return dialing(func(c net.Conn) net.Conn {
		return &conn{Conn: c, write: func(b []byte) {
			if isScript(b) {
				n.Add(1)
			}
		}}
	})
}

// slow delays all answers.
func slow(d time.Duration) func(*redis.Options) {
	return dialing(func(c net.Conn) net.Conn {
		return &conn{Conn: c, read: func(n int, err error) (int, error) {
			time.Sleep(d)
			return n, err
		}}
	})
}

// late sends the first script later, and everything else at once.
func late(d time.Duration) func(*redis.Options) {
	var scripts atomic.Int32
	return dialing(func(c net.Conn) net.Conn {
		return &conn{Conn: c, write: func(b []byte) {
			if isScript(b) && scripts.Add(1) == 1 {
				time.Sleep(d)
			}
		}}
	})
}

// lossy loses the answer to the first script.
func lossy(o *redis.Options) {
	var scripts atomic.Int32
	dialing(func(c net.Conn) net.Conn {
		var lose atomic.Bool
		return &conn{
			Conn: c,
			write: func(b []byte) {
				if isScript(b) && scripts.Add(1) == 1 {
					lose.Store(true)
				}
			},
			read: func(n int, err error) (int, error) {
				if lose.Load() { // the server has answered already
					c.Close()
					return 0, io.EOF
				}
				return n, err
			},
		}
	})(o)
}

// parrot is a server that gives all scripts the same answer.
func parrot(t *testing.T, answer string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				b := make([]byte, 64<<10)
				for {
					n, err := c.Read(b)
					if err != nil {
						return
					}
					if isScript(b[:n]) {
						_, _ = io.WriteString(c, answer)
						continue
					}
					for range bytes.Count(b[:n], []byte("*")) { // the commands of a pipeline
						_, _ = io.WriteString(c, "-ERR unknown command\r\n")
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

// warmUp loads the scripts into the server.
func warmUp(t *testing.T, store faceid.Store) {
	t.Helper()
	_, err := store.CompareAndSwap(t.Context(), "another key", nil, []byte("x"))
	require.NoError(t, err)
	lock, err := store.Lock(t.Context(), "another key", time.Minute)
	require.NoError(t, err)
	require.NoError(t, lock.Unlock(t.Context()))
}

func save(t *testing.T, store faceid.Store, old []byte, record string) {
	t.Helper()
	swapped, err := store.CompareAndSwap(within(t, 10*time.Second), key, old, []byte(record))
	require.NoError(t, err)
	require.True(t, swapped)
}

func requireRecord(t *testing.T, store faceid.Store, want string) {
	t.Helper()
	got, _, err := store.Load(within(t, 10*time.Second), key)
	require.NoError(t, err)
	require.Equal(t, want, string(got))
}

func requireMissing(t *testing.T, store faceid.Store) {
	t.Helper()
	_, _, err := store.Load(within(t, 10*time.Second), key)
	require.ErrorIs(t, err, faceid.ErrNotFound)
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

const key = "TIDA0001"

// weighing counts the bytes of the answers.
func weighing(n *atomic.Int64) func(*redis.Options) {
	return dialing(func(c net.Conn) net.Conn {
		return &conn{Conn: c, read: func(k int, err error) (int, error) {
			n.Add(int64(k))
			return k, err
		}}
	})
}

// plant saves a record as this package does, with some changed fields.
func plant(t *testing.T, s *server, change ...any) {
	t.Helper()
	admin, name := s.client(t), s.prefix+"{TIDA0001}:record"
	require.NoError(t, admin.Del(t.Context(), name).Err())
	fields := []any{"record", "one", "seconds", time.Now().Unix(), "micros", 0, "request", "REQUEST"}
	require.NoError(t, admin.HSet(t.Context(), name, append(fields, change...)...).Err())
}
