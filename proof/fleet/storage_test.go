package fleet

import (
	"context"
	"database/sql"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/sqlstore"
)

// storage is the server that has the fleet's store.
type storage interface {
	kill()                              // at once, without a goodbye
	start(t *testing.T)                 // again, at the same address
	hang(t *testing.T, d time.Duration) // it does nothing for so long
	flush(t *testing.T)                 // removes all records and locks
	tell(c *config)                     // says where it is
}

// redisServer is a real Redis, on a port that it keeps.
type redisServer struct {
	*exec.Cmd
	addr string
}

func startRedis(t *testing.T) *redisServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &redisServer{addr: l.Addr().String()}
	require.NoError(t, l.Close())
	s.start(t)
	t.Cleanup(s.kill)
	return s
}

func (s *redisServer) start(t *testing.T) {
	t.Helper()
	_, port, _ := net.SplitHostPort(s.addr)
	s.Cmd = exec.Command("redis-server", "--save", "", "--appendonly", "no", "--bind", "127.0.0.1", "--port", port, "--dir", t.TempDir())
	require.NoError(t, s.Start())
	require.Eventually(t, func() bool {
		return s.ask(func(ctx context.Context, c *redis.Client) error { return c.Ping(ctx).Err() }) == nil
	},
		10*time.Second, 5*time.Millisecond, "redis-server does not start")
}

func (s *redisServer) kill() {
	_ = s.Process.Kill()
	_ = s.Wait() // harmless if it is gone
}

func (s *redisServer) hang(t *testing.T, d time.Duration) {
	t.Helper()
	require.NoError(t, s.Process.Signal(syscall.SIGSTOP))
	time.Sleep(d)
	require.NoError(t, s.Process.Signal(syscall.SIGCONT))
}

func (s *redisServer) flush(t *testing.T) {
	t.Helper()
	require.NoError(t, s.ask(func(ctx context.Context, c *redis.Client) error { return c.FlushAll(ctx).Err() }))
}

func (s *redisServer) tell(c *config) { c.Redis = s.addr }

func (s *redisServer) ask(what func(context.Context, *redis.Client) error) error {
	client := redis.NewClient(&redis.Options{Addr: s.addr, MaxRetries: -1})
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return what(ctx, client)
}

// postgresServer is a real Postgres, on a port that it keeps.
type postgresServer struct {
	*exec.Cmd
	dir, port string
	as        *syscall.SysProcAttr
}

// tool returns the path of a program of Postgres, which Debian keeps off the PATH, or "".
func tool(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(found) == 0 {
		return ""
	}
	return found[len(found)-1]
}

func startPostgres(t *testing.T) *postgresServer {
	t.Helper()
	dir, err := os.MkdirTemp("", "faceid-postgres")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &postgresServer{dir: dir, as: &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}}
	if os.Getuid() == 0 { // Postgres does not run as root
		u, err := user.Lookup("postgres")
		require.NoError(t, err)
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		require.NoError(t, os.Chown(dir, uid, gid))
		s.as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	made := exec.Command(tool("initdb"), "-D", filepath.Join(dir, "data"), "-U", "postgres", "-A", "trust", "--no-sync")
	made.SysProcAttr, made.Dir = s.as, dir
	out, err := made.CombinedOutput()
	require.NoError(t, err, "%s", out)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, s.port, _ = net.SplitHostPort(l.Addr().String())
	require.NoError(t, l.Close())
	s.start(t)
	t.Cleanup(s.kill)
	s.ask(t, func(db *sql.DB) error {
		store, err := sqlstore.New(db, sqlstore.Postgres)
		if err != nil {
			return err
		}
		return store.CreateTable(t.Context())
	})
	return s
}

func (s *postgresServer) address() string {
	return "postgres://postgres@127.0.0.1:" + s.port + "/postgres?sslmode=disable&connect_timeout=1"
}

func (s *postgresServer) start(t *testing.T) {
	t.Helper()
	s.Cmd = exec.Command(tool("postgres"), "-D", filepath.Join(s.dir, "data"), "-p", s.port, "-k", s.dir,
		"-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "log_min_messages=panic", "-c", "log_min_error_statement=panic")
	s.SysProcAttr, s.Dir = s.as, s.dir
	require.NoError(t, s.Start())
	s.ask(t, func(db *sql.DB) error { return db.PingContext(t.Context()) })
}

// kill makes all processes of Postgres end at once, in the middle of what they do.
func (s *postgresServer) kill() {
	_ = s.Process.Signal(syscall.SIGQUIT)
	_ = s.Wait() // harmless if it is gone
}

func (s *postgresServer) hang(t *testing.T, d time.Duration) {
	t.Helper()
	require.NoError(t, s.Process.Signal(syscall.SIGSTOP)) // the first process starts no other one now
	all := s.children(t)
	for _, pid := range all {
		_ = syscall.Kill(pid, syscall.SIGSTOP) // one that has ended serves nobody
	}
	time.Sleep(d)
	for _, pid := range append(all, s.Process.Pid) {
		_ = syscall.Kill(pid, syscall.SIGCONT)
	}
}

// children returns the processes that serve the connections, and their helpers. The files
// are those of Linux.
func (s *postgresServer) children(t *testing.T) (all []int) {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	require.NoError(t, err)
	for _, path := range stats {
		stat, _ := os.ReadFile(path) // one that has ended has no file
		_, fields, _ := strings.Cut(string(stat), ") ")
		if f := strings.Fields(fields); len(f) > 1 && f[1] == strconv.Itoa(s.Process.Pid) {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			require.NoError(t, err)
			all = append(all, pid)
		}
	}
	require.Greater(t, len(all), 2, "the server has processes")
	return all
}

func (s *postgresServer) flush(t *testing.T) {
	t.Helper()
	s.ask(t, func(db *sql.DB) error {
		_, err := db.ExecContext(t.Context(), "DELETE FROM faceid_credentials")
		return err
	})
}

func (s *postgresServer) tell(c *config) { c.Postgres = s.address() }

// ask asks until Postgres answers.
func (s *postgresServer) ask(t *testing.T, what func(*sql.DB) error) {
	t.Helper()
	db, err := sql.Open("pgx", s.address())
	require.NoError(t, err)
	defer db.Close()
	require.Eventually(t, func() bool { err = what(db); return err == nil }, 20*time.Second, 10*time.Millisecond, "Postgres does not answer")
}
