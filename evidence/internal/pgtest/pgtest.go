// Package pgtest starts a Postgres for a test.
package pgtest

import (
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver of the databases
)

// Cluster is a Postgres of a test's own, on a loopback port. It ends with the test.
type Cluster struct {
	port int
	n    atomic.Int32
}

// tool returns the path of a program of Postgres, which Debian keeps off the PATH.
func tool(t *testing.T, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(found) == 0 {
		t.Fatalf("%s is not there: install postgresql", name)
	}
	return found[len(found)-1]
}

// Start starts a Postgres. Postgres does not run as root, so root hands it to the user
// postgres.
func Start(t *testing.T) *Cluster {
	t.Helper()
	dir, err := os.MkdirTemp("", "faceid-postgres")
	need(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	as := &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if os.Getuid() == 0 {
		as.Credential = postgresUser(t, dir)
	}
	data := filepath.Join(dir, "data")
	run := exec.CommandContext(t.Context(), tool(t, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "--no-sync") //nolint:gosec // a program of the machine's own
	run.SysProcAttr, run.Dir = as, dir
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v: %s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	need(t, err)
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	server := exec.Command(tool(t, "postgres"), "-D", data, "-p", strconv.Itoa(port), "-k", dir, //nolint:gosec,noctx // it ends in Cleanup
		"-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=300")
	server.SysProcAttr, server.Dir = as, dir
	need(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGQUIT)
		_ = server.Wait()
	})
	c := &Cluster{port: port}
	c.wait(t)
	return c
}

// postgresUser gives the folder to the user postgres.
func postgresUser(t *testing.T, dir string) *syscall.Credential {
	t.Helper()
	u, err := user.Lookup("postgres")
	need(t, err)
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	need(t, err)
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	need(t, err)
	need(t, os.Chown(dir, int(uid), int(gid)))
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

func (c *Cluster) wait(t *testing.T) {
	t.Helper()
	db, err := sql.Open("pgx", c.address("postgres"))
	need(t, err)
	defer func() { _ = db.Close() }()
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		err := db.PingContext(t.Context())
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("Postgres does not start: %v", err)
		}
	}
}

func (c *Cluster) address(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", c.port, database)
}

// Address makes an empty database and returns its address.
func (c *Cluster) Address(t *testing.T) string {
	t.Helper()
	name := fmt.Sprintf("evidence%d", c.n.Add(1))
	all, err := sql.Open("pgx", c.address("postgres"))
	need(t, err)
	defer func() { _ = all.Close() }()
	_, err = all.ExecContext(t.Context(), "CREATE DATABASE "+name)
	need(t, err)
	return c.address(name)
}

// Database opens an empty database, which is closed when t ends.
func (c *Cluster) Database(t *testing.T) *sql.DB {
	t.Helper()
	return Open(t, c.Address(t))
}

// Open opens the database at an address, and closes it when t ends.
func Open(t *testing.T, address string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", address)
	need(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func need(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
