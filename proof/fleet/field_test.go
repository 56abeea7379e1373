package fleet

import (
	"bufio"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
	"github.com/faceid-go/faceid/proof/internal/trial"
)

const (
	pathToken  = "/api/oauth2/access_token"
	pathTicket = "/api/oauth2/api_ticket"
	// The answer to a mint that is to be attacked is held back for so long: not
	// quite until its caller gives up.
	heldBack = 900 * time.Millisecond
)

// A field holds the platform, a store and the fleet.
type field struct {
	*front
	storage   storage
	processes [processes]*worker
	lives     int // processes started

	mu     sync.Mutex
	record record
}

func newField(t *testing.T, s storage) *field {
	f := &field{storage: s}
	f.front = newFront(t, func(r faceidtest.Request) {
		if r.Code == "400101" && !strings.HasPrefix(r.Path, "/api/web/") && !strings.HasPrefix(r.Path, "/api/pc/") {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.record.refused = append(f.record.refused, r.Time)
		}
	})
	for n := range f.processes {
		f.launch(t, n)
	}
	return f
}

// front stands before the simulator: it sees who mints while they do.
type front struct {
	sim    *faceidtest.Server
	url    string
	onSign atomic.Pointer[chan int] // told who asks for the next SIGN ticket, which is then held back

	mu      sync.Mutex
	minters []int // who asked for a token, in their order
	signs   []time.Time
}

func newFront(t *testing.T, note func(faceidtest.Request)) *front {
	f := &front{sim: faceidtest.Start(t, faceidtest.WithSpeed(speed), faceidtest.WithLog(note))}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	f.url = "http://" + l.Addr().String()
	server := &http.Server{Handler: f, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { server.Close() })
	return f
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	by, _ := strconv.Atoi(r.Header.Get(nameHeader))
	switch r.URL.Path {
	case pathToken:
		f.mu.Lock()
		f.minters = append(f.minters, by)
		f.mu.Unlock()
	case pathTicket:
		if r.URL.Query().Get("type") != "SIGN" {
			break
		}
		if who := f.onSign.Swap(nil); who != nil {
			*who <- by
			select {
			case <-r.Context().Done():
				return // the platform never hears of it
			case <-time.After(heldBack):
			}
		}
		f.mu.Lock()
		f.signs = append(f.signs, time.Now())
		f.mu.Unlock()
	}
	f.sim.ServeHTTP(w, r)
}

// mints returns the mints so far.
func (f *front) mints() []mint {
	times := f.sim.Mints(f.sim.AppID())
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]mint, len(times))
	for i, at := range times {
		all[i] = mint{at: at, by: f.minters[i]}
	}
	return all
}

func (f *front) lastMint() mint {
	all := f.mints()
	return all[len(all)-1]
}

// awaitMint waits for the mint after the nth.
func (f *front) awaitMint(t *testing.T, n int, patience time.Duration) mint {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if all := f.mints(); len(all) > n {
			return all[n]
		}
	}
	require.FailNow(t, "no mint came", "the %dth, for %v", n, patience)
	return mint{}
}

// A worker is a process of the fleet, with the lines that it prints.
type worker struct {
	*exec.Cmd
	started, over chan struct{}
	pair          string // it held in the end
}

// launch starts the nth process.
func (f *field) launch(t *testing.T, n int) {
	t.Helper()
	f.lives++
	mine := config{Name: strconv.Itoa(n), Base: f.url, AppID: f.sim.AppID(), Secret: f.sim.Secret(), Seed: trial.Seed()<<16 + uint64(f.lives)}
	f.storage.tell(&mine)
	c, err := json.Marshal(mine)
	require.NoError(t, err)
	w := &worker{exec.Command(os.Args[0]), make(chan struct{}), make(chan struct{}), ""}
	w.Env = append(os.Environ(), roleVariable+"="+string(c))
	w.Stderr = os.Stderr
	_, err = w.StdinPipe() // closed when this process ends, however it does
	require.NoError(t, err)
	out, err := w.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, w.Start())
	t.Cleanup(func() { _ = w.Process.Kill(); <-w.over })
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var l line
			if json.Unmarshal(lines.Bytes(), &l) == nil { // the last may be cut
				f.hear(n, w, l)
			}
		}
		_ = w.Wait()
		close(w.over)
	}()
	f.processes[n] = w
	select {
	case <-w.started:
	case <-w.over:
		require.FailNow(t, "a process ended at once")
	}
}

func (f *field) hear(n int, w *worker, l line) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case l.Started:
		close(w.started)
	case l.Begun:
		f.record.begun++
	case l.Call != nil:
		f.record.calls = append(f.record.calls, call{*l.Call, n})
	case l.Story != nil:
		f.record.stories = append(f.record.stories, *l.Story)
	case l.Ended != "":
		w.pair = l.Ended
	}
}

func (f *field) signal(t *testing.T, n int, s syscall.Signal) {
	t.Helper()
	require.NoError(t, f.processes[n].Process.Signal(s))
}

func (f *field) kill(t *testing.T, n int) {
	t.Helper()
	f.signal(t, n, syscall.SIGKILL)
	<-f.processes[n].over
}

// leave asks a process to end what it began, and waits for it.
func (f *field) leave(t *testing.T, n int) {
	t.Helper()
	f.signal(t, n, syscall.SIGTERM)
	f.awaitEnd(t, n)
}

func (f *field) awaitEnd(t *testing.T, n int) {
	t.Helper()
	select {
	case <-f.processes[n].over:
	case <-time.After(30 * time.Second):
		require.FailNow(t, "a process does not leave")
	}
	require.True(t, f.processes[n].ProcessState.Success(), "a process that was asked to leave")
}
