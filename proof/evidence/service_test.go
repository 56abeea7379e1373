package evidence

import (
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	lib "github.com/faceid-go/faceid/evidence"
)

// service is the database of an engine.
type service struct {
	engine  string
	address string // of the config
	ledger  lib.Ledger
	stop    func() // at once, as if the machine had lost its power; nil if it is a file
	start   func()
	rescue  time.Duration // how long an order may rest whose process was killed, by the machine's clock
}

// startSQLite makes a database that is a file.
func startSQLite(t *testing.T, dir string) *service {
	t.Helper()
	s := &service{engine: onSQLite, address: "file:" + filepath.Join(dir, "evidence.db") + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_txlock=immediate"}
	s.open(t)
	return s
}

// open opens the ledger for the trial itself, which only reads it.
func (s *service) open(t *testing.T) {
	t.Helper()
	db, dialect, err := openDatabase(s.engine, s.address, 4)
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	ledger, err := ledgerOf(db, dialect)
	require.NoError(t, err)
	s.ledger = ledger
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

// asPostgres runs as the user postgres if this process is root's, because Postgres does not
// run as root.
func asPostgres(t *testing.T, dir string) *syscall.SysProcAttr {
	t.Helper()
	as := &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if os.Getuid() != 0 {
		return as
	}
	u, err := user.Lookup("postgres")
	require.NoError(t, err)
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	require.NoError(t, os.Chown(dir, uid, gid))
	as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return as
}

// rescues says how long a queue leaves a job alone whose process was killed. River elects a
// leader within 15 s, which looks for such jobs every 30 s.
var rescues = map[string]time.Duration{onRiver: riverTimeout + 50*time.Second}

// startPostgres starts a Postgres that ends with the test.
func startPostgres(t *testing.T, engine string) *service {
	t.Helper()
	dir, err := os.MkdirTemp("", "faceid-postgres")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	as := asPostgres(t, dir)
	made := exec.CommandContext(t.Context(), tool("initdb"), "-D", filepath.Join(dir, "data"), "-U", "postgres", "-A", "trust", "--no-sync")
	made.SysProcAttr, made.Dir = as, dir
	out, err := made.CombinedOutput()
	require.NoError(t, err, "%s", out)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	require.NoError(t, l.Close())
	s := &service{engine: engine, rescue: rescues[engine], address: fmt.Sprintf("postgres://postgres@127.0.0.1:%s/postgres?sslmode=disable&connect_timeout=2", port)}
	var server *exec.Cmd
	s.start = func() {
		server = exec.Command(tool("postgres"), "-D", filepath.Join(dir, "data"), "-p", port, "-k", dir, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=200")
		server.SysProcAttr, server.Dir = as, dir
		require.NoError(t, server.Start())
		awaitPostgres(t, s.address)
	}
	s.stop = func() {
		_ = server.Process.Signal(syscall.SIGQUIT)
		_ = server.Wait()
	}
	s.start()
	t.Cleanup(func() { s.stop() })
	s.open(t)
	return s
}

// startRedis starts a Redis that ends with the test. It writes down what it is told before it
// answers.
func startRedis(t *testing.T) *service {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address, dir := l.Addr().String(), t.TempDir()
	_, port, _ := net.SplitHostPort(address)
	require.NoError(t, l.Close())
	client := newRedis(address)
	t.Cleanup(func() { client.Close() })
	s := &service{engine: onAsynq, address: address, rescue: 3 * time.Second}
	var server *exec.Cmd
	s.start = func() {
		server = exec.Command("redis-server", "--save", "", "--appendonly", "yes", "--appendfsync", "always", "--bind", "127.0.0.1", "--port", port, "--dir", dir)
		require.NoError(t, server.Start())
		require.Eventually(t, func() bool { return client.Ping(t.Context()).Err() == nil }, time.Minute, 20*time.Millisecond)
	}
	s.stop = func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	}
	s.start()
	t.Cleanup(func() { s.stop() })
	s.ledger, err = ledgerInRedis(client)
	require.NoError(t, err)
	return s
}

func awaitPostgres(t *testing.T, address string) {
	t.Helper()
	require.Eventually(t, func() bool {
		db, err := sql.Open("pgx", address)
		if err != nil {
			return false
		}
		defer db.Close()
		return db.PingContext(t.Context()) == nil
	}, time.Minute, 50*time.Millisecond)
}
