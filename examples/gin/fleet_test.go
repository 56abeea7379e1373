package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/evidence/redisledger"
	"github.com/faceid-go/faceid/faceidtest"
)

// fleet is two processes of the command behind one front, on one Redis and one bucket.
type fleet struct {
	*shop   // what browsers need: its base is the front
	binary  string
	args    []string
	env     []string
	folder  string // of the bucket
	ledger  *redisledger.Ledger
	mu      sync.Mutex
	turn    int
	process [2]*process
	paths   [2]map[string]int // how often each process was given a path
	opener  map[string]int    // the process that opened the order of a browser, by the cookie
	crossed int               // callbacks that came to another process
	logs    []*trail          // of processes that have ended
}

// process is one process of the command.
type process struct {
	cmd  *exec.Cmd
	out  trail
	log  trail
	base *url.URL
}

func newFleet(t *testing.T) *fleet {
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("there is no redis-server on PATH")
	}
	f := &fleet{shop: &shop{t: t, platform: faceidtest.Start(t)}, folder: t.TempDir(), paths: [2]map[string]int{{}, {}}, opener: map[string]int{}}
	f.binary = filepath.Join(t.TempDir(), "gin")
	built, err := exec.Command("go", "build", "-o", f.binary, ".").CombinedOutput()
	require.NoError(t, err, string(built))
	front := httptest.NewServer(http.HandlerFunc(f.front))
	t.Cleanup(front.Close)
	f.base = front.URL
	address := startRedis(t)
	f.args = []string{
		"-addr", "127.0.0.1:0", "-metrics", "127.0.0.1:0", "-public", f.base, "-proxies", "127.0.0.1", "-limit", "1000",
		"-redis", "redis://" + address, "-bucket", "file://" + f.folder,
	}
	f.env = []string{"FACEID_APP_ID=" + f.platform.AppID(), "FACEID_SECRET=" + f.platform.Secret(), "FACEID_BASE_URL=" + f.platform.URL(), "FACEID_PRODUCT=plus"}
	client := redis.NewClient(&redis.Options{Addr: address})
	t.Cleanup(func() { _ = client.Close() })
	f.ledger, err = redisledger.New(t.Context(), client, "gin-evidence")
	require.NoError(t, err)
	for i := range f.process {
		f.start(i)
	}
	t.Cleanup(func() {
		if t.Failed() {
			for _, p := range f.process {
				t.Log(p.log.String())
			}
		}
	})
	return f
}

func startRedis(t *testing.T) (address string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address = l.Addr().String()
	require.NoError(t, l.Close())
	_, port, _ := net.SplitHostPort(address)
	server := exec.Command("redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", t.TempDir())
	require.NoError(t, server.Start())
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	require.Eventually(t, func() bool {
		c, err := net.Dial("tcp", address)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	}, awhile, tick)
	return address
}

var listening = regexp.MustCompile(`listening on (http://[0-9.:]+)`)

// start starts a process, and has the front give it its turns.
func (f *fleet) start(i int) {
	p := &process{cmd: exec.Command(f.binary, f.args...)}
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = append(os.Environ(), f.env...), &p.out, &p.log
	require.NoError(f.t, p.cmd.Start())
	f.t.Cleanup(func() { _ = p.cmd.Process.Kill(); _ = p.cmd.Wait() })
	require.Eventually(f.t, func() bool { return listening.MatchString(p.out.String()) }, awhile, tick, &p.log)
	var err error
	p.base, err = url.Parse(listening.FindStringSubmatch(p.out.String())[1])
	require.NoError(f.t, err)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.process[i] = p
}

// front gives each request to the next process, as a balancer does that knows no sessions.
func (f *fleet) front(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.turn++
	i := f.turn % 2
	if f.process[i] == nil {
		i = 1 - i
	}
	f.paths[i][r.Method+" "+r.URL.Path]++
	to := f.process[i].base
	if cookie, err := r.Cookie("session"); err == nil && r.URL.Path == "/back" && f.opener[cookie.Value] != i {
		f.crossed++
	}
	f.mu.Unlock()
	(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.SetXForwarded()
			r.Out.Host = r.In.Host
		},
		ModifyResponse: func(w *http.Response) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			for _, cookie := range w.Cookies() {
				f.opener[cookie.Value] = i
			}
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}).ServeHTTP(w, r)
}

// ends waits until every order that was opened has been told, and until that of whoever passed
// is done. It returns how many of these there are.
func (f *fleet) ends(opened int) (done int) {
	f.t.Helper()
	told := 0
	require.Eventually(f.t, func() bool {
		told, done = 0, 0
		for e, err := range f.ledger.Entries(context.Background(), evidence.Query{}) {
			switch {
			case err != nil || e.Outcome == nil, e.Outcome.Passed && e.State != evidence.Done:
				return false
			case e.Outcome.Passed:
				done++
			}
			told++
		}
		return told == opened
	}, 2*awhile, 5*tick, "not every order has an end: %d of %d", &told, opened)
	return done
}

// whole checks that the bucket has every file of whoever passed, once.
func (f *fleet) whole(passed int) {
	f.t.Helper()
	ctx := f.t.Context()
	bucket, err := fileblob.OpenBucket(f.folder, nil)
	require.NoError(f.t, err)
	defer bucket.Close()
	keeper, err := evidence.New(evidence.Options{
		Client: f.platform.Client(), Bucket: bucket, Ledger: f.ledger, OnOutcome: func(context.Context, evidence.Outcome) error { return nil },
	})
	require.NoError(f.t, err)
	objects := map[string]int{} // by order
	list := bucket.List(nil)
	for {
		o, err := list.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(f.t, err)
		objects[parts(o)]++
	}
	for e, err := range f.ledger.Entries(ctx, evidence.Query{}) {
		require.NoError(f.t, err)
		if !e.Outcome.Passed {
			continue
		}
		passed--
		m, err := keeper.Manifest(ctx, e.Order)
		require.NoError(f.t, err)
		require.Equal(f.t, []string{"answer.json", "photo", "video"}, files(m))
		require.Equal(f.t, 4, objects[e.Order.Number], "three files and a manifest of %s", e.Order.Number)
	}
	require.Zero(f.t, passed)
}

// parts is the order of an object, whose name is date/kind/order/file.
func parts(o *blob.ListObject) string {
	names := strings.Split(o.Key, "/")
	return names[len(names)-2]
}

// people verifies so many people at once, and returns how many of them passed. Every second
// one is somebody else.
func (f *fleet) people(name string, n int) (passed int) {
	f.t.Run(name, func(t *testing.T) {
		for i := range n {
			ending, title := "passes", "<h1>通过 Passed"
			if i%2 == 1 {
				ending, title = "not-same-person", "<h1>未通过 Not passed"
			} else {
				passed++
			}
			t.Run(fmt.Sprint(i, " ", ending), func(t *testing.T) {
				t.Parallel()
				own := *f.shop
				own.t = t
				b := own.browser()
				require.Contains(t, b.comeBack(b.end(b.verify(faceid.ProductPlus), ending)), title)
			})
		}
	})
	return passed
}

// killWhileItDecides kills the process that was given the callback while it waits for the
// platform, and returns which it was.
func (f *fleet) killWhileItDecides(b *browser, callback string) (killed int) {
	f.t.Helper()
	asked := f.queries()
	f.platform.FailNext(queryPath, faceidtest.FaultHang())
	answered := make(chan int, 1)
	go func() {
		w, err := b.client.Get(callback)
		if err != nil {
			answered <- 0
			return
		}
		_ = w.Body.Close()
		answered <- w.StatusCode
	}()
	require.Eventually(f.t, func() bool { return f.queries() > asked }, awhile, tick)
	f.mu.Lock()
	killed = f.turn % 2
	p := f.process[killed]
	f.process[killed] = nil
	f.mu.Unlock()
	require.NoError(f.t, p.cmd.Process.Kill())
	_ = p.cmd.Wait()
	f.logs = append(f.logs, &p.log)
	require.Equal(f.t, http.StatusBadGateway, <-answered)
	return killed
}

// stop asks the processes to end, which they do without an error.
func (f *fleet) stop() {
	f.t.Helper()
	for _, p := range f.process {
		require.NoError(f.t, p.cmd.Process.Signal(syscall.SIGTERM))
	}
	for _, p := range f.process {
		require.NoError(f.t, p.cmd.Wait(), &p.log)
		f.logs = append(f.logs, &p.log)
	}
}

// Two processes of the command behind one balancer serve people who do not come back to the
// process that they left. One process is killed while it decides, and the reload decides at
// the other; then it starts again. Every order ends, its evidence is kept once, and the fleet
// has fetched one token.
func TestTwoProcessesServeThePeopleOfOneFleet(t *testing.T) {
	f := newFleet(t)
	// The first person is alone. Real people spend seconds before the camera, and these none:
	// a process that has looked for credentials a moment before another one fetched them looks
	// again a second later, and would not know the ticket of a callback that is faster.
	passed := f.people("first", 1) + f.people("before", 12)
	require.Equal(t, passed, f.ends(13)) // nothing is under way when a process is killed

	b := f.browser()
	callback := b.end(b.verify(faceid.ProductPlus), "passes")
	killed := f.killWhileItDecides(b, callback)
	require.Contains(t, b.comeBack(callback), "<h1>通过 Passed", "the reload decides")
	passed++
	f.start(killed)

	passed += f.people("after", 12)
	require.Equal(t, passed, f.ends(26))
	f.whole(passed)
	require.Len(t, f.platform.Mints(f.platform.AppID()), 1, "the processes share one token")
	for i, paths := range f.paths {
		for _, path := range []string{"POST /verify", "GET /back", "GET /result"} {
			require.GreaterOrEqual(t, paths[path], 3, "process %d: %s", i, path)
		}
	}
	require.GreaterOrEqual(t, f.crossed, 6, "callbacks at another process than that which opened the order")
	f.stop()
	for _, log := range f.logs {
		for _, secret := range []string{personName, personIDNo, f.platform.Secret(), "newSignature", "session=", "level=ERROR"} {
			require.NotContains(t, log.String(), secret)
		}
	}
}
