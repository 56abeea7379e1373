package sqlstore_test

import (
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/faceid-go/faceid/sqlstore"
)

// withoutServers is the environment variable that leaves out the tests for which a server
// must be installed.
const withoutServers = "FACEID_TEST_WITHOUT_SQL_SERVERS"

// engine is a kind of database.
type engine struct {
	name    string
	dialect sqlstore.Dialect
	driver  string
	start   func(*engine) (*server, error) // nil for SQLite
	address func(user, addr, database string) string
}

var engines = []*engine{
	{name: "Postgres", dialect: sqlstore.Postgres, driver: "pgx", start: startPostgres, address: func(user, addr, database string) string {
		return fmt.Sprintf("postgres://%s@%s/%s?sslmode=disable&connect_timeout=5", user, addr, database)
	}},
	{name: "MariaDB", dialect: sqlstore.MySQL, driver: "mysql", start: startMariaDB, address: func(user, addr, database string) string {
		return fmt.Sprintf("%s@tcp(%s)/%s?timeout=5s", user, addr, database)
	}},
	{name: "SQLite", dialect: sqlstore.SQLite, driver: "sqlite", address: func(_, _, file string) string {
		return "file:" + file + "?_pragma=journal_mode(WAL)&_pragma=busy_timeout(1000)&_pragma=synchronous(OFF)"
	}},
}

// onEach runs a test on a new database of every engine.
func onEach(t *testing.T, test func(t *testing.T, d *database)) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			test(t, e.database(t))
		})
	}
}

// onServers runs a test on a new database of every engine that is a server. The test may
// stop and disturb the server, which is its own.
func onServers(t *testing.T, test func(t *testing.T, d *database)) {
	t.Parallel()
	for _, e := range engines {
		if e.start != nil {
			t.Run(e.name, func(t *testing.T) {
				t.Parallel()
				test(t, e.ownDatabase(t))
			})
		}
	}
}

// server is a process that listens on a loopback port.
type server struct {
	addr string
	dir  string
	root string // the user who may do everything
	cmd  func() *exec.Cmd

	process *exec.Cmd
	ended   chan error
}

func (s *server) begin(e *engine) error {
	s.process = s.cmd()
	if err := s.process.Start(); err != nil {
		return err
	}
	process, ended := s.process, make(chan error, 1)
	s.ended = ended
	go func() {
		defer close(ended)
		ended <- process.Wait()
	}()
	db, err := sql.Open(e.driver, e.address(s.root, s.addr, ""))
	if err != nil {
		return err
	}
	defer db.Close()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if err = db.Ping(); err == nil {
			return nil
		}
		select {
		case err := <-ended:
			return fmt.Errorf("%s has ended: %w", e.name, err)
		default:
		}
	}
	return err
}

// kill ends the server without any goodbye.
func (s *server) kill() {
	_ = s.process.Process.Signal(syscall.SIGQUIT) // Postgres's processes end at once, with the first one
	select {
	case <-s.ended:
	case <-time.After(10 * time.Second):
		_ = s.process.Process.Kill()
		<-s.ended
	}
}

func (s *server) remove() {
	s.kill()
	_ = os.RemoveAll(s.dir)
}

// tool returns the path of a program, which Debian may keep off the PATH.
func tool(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, place := range []string{"/usr/lib/postgresql/*/bin/", "/usr/sbin/"} {
		if found, _ := filepath.Glob(place + name); len(found) > 0 {
			return found[len(found)-1], nil
		}
	}
	return "", fmt.Errorf("%s is not there: install postgresql and mariadb-server, or set %s=1 to leave these tests out", name, withoutServers)
}

func newServer(as func(dir string) (*syscall.SysProcAttr, error)) (*server, *syscall.SysProcAttr, string, error) {
	dir, err := os.MkdirTemp("", "faceid-sql")
	if err != nil {
		return nil, nil, "", err
	}
	attr, err := as(dir)
	if err != nil {
		return nil, nil, "", err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, "", err
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return &server{addr: l.Addr().String(), dir: dir}, attr, port, l.Close()
}

// asPostgres runs as the user postgres if this process is root's, because Postgres does not
// run as root.
func asPostgres(dir string) (*syscall.SysProcAttr, error) {
	if os.Getuid() != 0 {
		return &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT, Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, errors.Join(err1, err2, os.Chown(dir, uid, gid))
}

func startPostgres(e *engine) (*server, error) {
	initdb, err := tool("initdb")
	if err != nil {
		return nil, err
	}
	postgres, err := tool("postgres")
	if err != nil {
		return nil, err
	}
	s, as, port, err := newServer(asPostgres)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(s.dir, "data")
	made := exec.Command(initdb, "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
	made.SysProcAttr, made.Dir = as, s.dir
	if out, err := made.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	s.root = "postgres"
	s.cmd = func() *exec.Cmd {
		cmd := exec.Command(postgres, "-D", data, "-p", port, "-k", s.dir, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=300")
		cmd.SysProcAttr, cmd.Dir = as, s.dir
		return cmd
	}
	return s, s.begin(e)
}

func startMariaDB(e *engine) (*server, error) {
	install, err := tool("mariadb-install-db")
	if err != nil {
		return nil, err
	}
	mariadbd, err := tool("mariadbd")
	if err != nil {
		return nil, err
	}
	s, as, port, err := newServer(func(string) (*syscall.SysProcAttr, error) {
		return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}, nil
	})
	if err != nil {
		return nil, err
	}
	args := []string{"--no-defaults", "--datadir=" + filepath.Join(s.dir, "data"), "--innodb-log-file-size=4M", "--innodb-flush-log-at-trx-commit=0"}
	if os.Getuid() == 0 {
		args = append(args, "--user=root")
	}
	if out, err := exec.Command(install, append(args, "--auth-root-authentication-method=normal", "--skip-test-db")...).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("mariadb-install-db: %w: %s", err, out)
	}
	s.root = "root"
	s.cmd = func() *exec.Cmd {
		cmd := exec.Command(mariadbd, append(args, "--socket="+filepath.Join(s.dir, "s"), "--pid-file="+filepath.Join(s.dir, "pid"),
			"--port="+port, "--bind-address=127.0.0.1", "--max-connections=300", "--skip-log-bin")...)
		cmd.SysProcAttr = as
		return cmd
	}
	return s, s.begin(e)
}

// shared are the servers that tests share, each with databases of its own.
var shared struct {
	sync.Mutex
	servers map[*engine]*server
}

func sharedServer(e *engine) (*server, error) {
	shared.Lock()
	defer shared.Unlock()
	if s := shared.servers[e]; s != nil {
		return s, nil
	}
	s, err := e.start(e)
	if err != nil {
		return nil, err
	}
	if shared.servers == nil {
		shared.servers = map[*engine]*server{}
	}
	shared.servers[e] = s
	return s, nil
}

func removeShared() {
	for _, s := range shared.servers {
		s.remove()
	}
}

// database is a database of a test's own.
type database struct {
	*engine
	*server // nil of SQLite
	name    string
}

var databases atomic.Int32

func (e *engine) database(t *testing.T) *database {
	t.Helper()
	if e.start == nil {
		return &database{engine: e, name: filepath.Join(t.TempDir(), "faceid.db")}
	}
	return e.on(t, sharedServer)
}

func (e *engine) ownDatabase(t *testing.T) *database {
	t.Helper()
	d := e.on(t, e.start)
	t.Cleanup(d.remove)
	return d
}

func (e *engine) on(t *testing.T, start func(*engine) (*server, error)) *database {
	t.Helper()
	if os.Getenv(withoutServers) != "" {
		t.Skip(withoutServers + " leaves out the tests on " + e.name)
	}
	s, err := start(e)
	require.NoError(t, err)
	d := &database{engine: e, server: s, name: fmt.Sprintf("test%d", databases.Add(1))}
	all := d.open(t, func(address string) string { return strings.Replace(address, "/"+d.name+"?", "/?", 1) })
	_, err = all.Exec("CREATE DATABASE " + d.name)
	require.NoError(t, err)
	return d
}

// open opens the database as another process does.
func (d *database) open(t *testing.T, change ...func(address string) string) *sql.DB {
	t.Helper()
	address := d.address("", "", d.name)
	if d.server != nil {
		address = d.address(d.root, d.addr, d.name)
	}
	for _, c := range change {
		address = c(address)
	}
	db, err := sql.Open(d.driver, address)
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}
