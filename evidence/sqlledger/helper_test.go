package sqlledger_test

import (
	"context"
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

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	"gocloud.dev/blob/memblob"

	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/faceidtest"
)

// keeperOf returns a Keeper with this ledger, and with the simulator and a bucket in memory.
func keeperOf(t *testing.T, l evidence.Ledger) *evidence.Keeper {
	t.Helper()
	k, err := evidence.New(evidence.Options{
		Client: faceidtest.Start(t).Client(), Bucket: memblob.OpenBucket(nil), Ledger: l,
		OnOutcome: func(context.Context, evidence.Outcome) error { return nil },
	})
	require.NoError(t, err)
	return k
}

// postgres is a Postgres of the test's own, on a loopback port.
type postgres struct {
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
	require.NotEmpty(t, found, "%s is not there: install postgresql", name)
	return found[len(found)-1]
}

// startPostgres starts a Postgres that ends with the test. Postgres does not run as root,
// so root hands it to the user postgres.
func startPostgres(t *testing.T) *postgres {
	t.Helper()
	dir, err := os.MkdirTemp("", "faceid-postgres")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	as := &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if os.Getuid() == 0 {
		u, err := user.Lookup("postgres")
		require.NoError(t, err)
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		require.NoError(t, os.Chown(dir, uid, gid))
		as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	run := exec.CommandContext(t.Context(), tool(t, "initdb"), "-D", filepath.Join(dir, "data"), "-U", "postgres", "-A", "trust", "--no-sync")
	run.SysProcAttr, run.Dir = as, dir
	out, err := run.CombinedOutput()
	require.NoError(t, err, "%s", out)

	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	server := exec.Command(tool(t, "postgres"), "-D", filepath.Join(dir, "data"), "-p", strconv.Itoa(port), "-k", dir, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off")
	server.SysProcAttr, server.Dir = as, dir
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGQUIT)
		_ = server.Wait()
	})
	p := &postgres{port: port}
	require.Eventually(t, func() bool {
		db, err := sql.Open("pgx", p.address("postgres"))
		if err != nil {
			return false
		}
		defer db.Close()
		return db.PingContext(t.Context()) == nil
	}, time.Minute, 50*time.Millisecond)
	return p
}

func (p *postgres) address(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", p.port, database)
}

// database returns an empty database.
func (p *postgres) database(t *testing.T) *sql.DB {
	t.Helper()
	name := fmt.Sprintf("evidence%d", p.n.Add(1))
	all, err := sql.Open("pgx", p.address("postgres"))
	require.NoError(t, err)
	defer all.Close()
	_, err = all.ExecContext(t.Context(), "CREATE DATABASE "+name)
	require.NoError(t, err)
	db, err := sql.Open("pgx", p.address(name))
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}
