package sqlstore_test

import (
	"bytes"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// proxy stands between the processes and a server.
type proxy struct {
	addr string

	requests atomic.Int32 // statements about the table so far
	came     atomic.Int64 // bytes of the answers so far

	mu     sync.Mutex
	open   chan struct{} // closed while the network works
	slow   time.Duration // before every answer
	late   string        // a statement with this word is held back once, for lateBy
	lose   string        // after a statement with this word the connection breaks once, instead of the answer
	lateBy time.Duration
}

// onProxies runs a test on a new database of every engine that is a server, with a proxy
// before it. A statement is one packet there.
func onProxies(t *testing.T, test func(t *testing.T, d *database, p *proxy)) {
	t.Parallel()
	for _, e := range engines {
		if e.start != nil {
			t.Run(e.name, func(t *testing.T) {
				t.Parallel()
				d := e.database(t)
				test(t, d.ready(t), newProxy(t, d.addr))
			})
		}
	}
}

// through is a change of an address: the connections go through the proxy.
func (p *proxy) through(d *database) func(string) string {
	return func(address string) string {
		return strings.Replace(address, d.addr, p.addr, 1) + "&" + map[string]string{"pgx": "default_query_exec_mode=exec", "mysql": "interpolateParams=true"}[d.driver]
	}
}

func with(parameters string) func(string) string {
	return func(address string) string {
		if before, _, ok := strings.Cut(address, "?_pragma"); ok {
			address = before + "?" // of SQLite these are all
		}
		return address + "&" + parameters
	}
}

func newProxy(t *testing.T, server string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{addr: l.Addr().String(), open: make(chan struct{})}
	close(p.open)
	var all sync.WaitGroup
	ended := make(chan struct{})
	t.Cleanup(func() { l.Close(); close(ended); all.Wait() })
	all.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { p.serve(client, server, ended) })
		}
	})
	return p
}

func (p *proxy) serve(client net.Conn, addr string, ended <-chan struct{}) {
	defer client.Close()
	server, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	defer server.Close()
	var lost atomic.Bool
	over := make(chan struct{}, 2)
	copyAll := func(to, from net.Conn, on func([]byte) bool) {
		defer func() { over <- struct{}{} }()
		b := make([]byte, 64<<10)
		for {
			n, err := from.Read(b)
			if err != nil || !p.pass(ended) || !on(b[:n]) {
				return
			}
			if _, err := to.Write(b[:n]); err != nil {
				return
			}
		}
	}
	go copyAll(server, client, func(b []byte) bool { p.forward(b, &lost); return true })
	go copyAll(client, server, func(b []byte) bool {
		p.came.Add(int64(len(b)))
		p.mu.Lock()
		slow := p.slow
		p.mu.Unlock()
		time.Sleep(slow)
		return !lost.Load()
	})
	select {
	case <-over:
	case <-ended:
	}
	client.Close()
	server.Close()
	_, _ = io.Copy(io.Discard, client) // returns at once
}

// pass waits while the network hangs.
func (p *proxy) pass(ended <-chan struct{}) bool {
	p.mu.Lock()
	open := p.open
	p.mu.Unlock()
	select {
	case <-open:
		return true
	case <-ended:
		return false
	}
}

func (p *proxy) forward(b []byte, lost *atomic.Bool) {
	if bytes.Contains(b, []byte(table)) {
		p.requests.Add(1)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lose != "" && bytes.Contains(b, []byte(p.lose)) {
		p.lose = ""
		lost.Store(true)
	}
	if p.late != "" && bytes.Contains(b, []byte(p.late)) {
		p.late = ""
		p.mu.Unlock()
		time.Sleep(p.lateBy)
		p.mu.Lock()
	}
}

// set changes what the proxy does.
func (p *proxy) set(change func(p *proxy)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(p)
}

// hang stops the network until the returned function is called.
func (p *proxy) hang(t *testing.T) (goOn func()) {
	t.Helper()
	shut := make(chan struct{})
	p.set(func(p *proxy) { p.open = shut })
	goOn = sync.OnceFunc(func() { close(shut) })
	t.Cleanup(goOn)
	return goOn
}
