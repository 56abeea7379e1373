package evidence

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// worker is a process as the trial holds it.
type worker struct {
	*exec.Cmd
	tasks io.WriteCloser
	life  int
	over  chan struct{}
	ready atomic.Bool
}

// fleet is all processes.
type fleet struct {
	t       *testing.T
	config  config
	dir     string // for temporary files, which a killed process leaves
	workers []*worker
	lives   int
	hear    func(n, life int, l line)
}

// launch starts the nth process. One clock in eight is 5 minutes fast, and one is slow.
func (f *fleet) launch(n int) {
	f.lives++
	c := f.config
	switch n {
	case 1:
		c.Wrong = 5 * time.Minute
	case 2:
		c.Wrong = -5 * time.Minute
	}
	text, err := json.Marshal(c)
	require.NoError(f.t, err)
	w := &worker{Cmd: exec.Command(os.Args[0]), life: f.lives, over: make(chan struct{})}
	w.Env = append(os.Environ(), roleVariable+"="+string(text), "TMPDIR="+f.dir, "GOMAXPROCS=2")
	w.Stderr = os.Stderr
	w.tasks, err = w.StdinPipe() // closed when this process ends, however it does
	require.NoError(f.t, err)
	out, err := w.StdoutPipe()
	require.NoError(f.t, err)
	require.NoError(f.t, w.Start())
	f.workers[n] = w
	go func() {
		defer close(w.over)
		for lines := bufio.NewReader(out); ; {
			text, err := lines.ReadBytes('\n')
			var l line
			if err == nil && json.Unmarshal(text, &l) == nil { // the last may be cut
				if l.Started {
					w.ready.Store(true)
				}
				f.hear(n, w.life, l)
			}
			if err != nil {
				return
			}
		}
	}()
}

// kill ends a process at once, and returns when all it said was heard.
func (f *fleet) kill(n int) {
	w := f.workers[n]
	if w == nil {
		return
	}
	f.workers[n] = nil
	_ = w.Process.Kill()
	<-w.over
	_ = w.Wait()
	_ = w.tasks.Close()
}

// tell gives a task to a process. The process may die of something else meanwhile.
func (f *fleet) tell(n int, task task) {
	w := f.workers[n]
	if w == nil || !w.ready.Load() {
		return
	}
	text, _ := json.Marshal(task)
	_, _ = w.tasks.Write(append(text, '\n'))
}

func (f *fleet) end() {
	for n := range f.workers {
		f.kill(n)
	}
}

// heard gathers what processes print.
type heard struct {
	now func() time.Time

	mu      sync.Mutex
	told    []telling
	sizes   []sizeOf
	waiting map[string]*order // opened at the platform, and in no ledger as far as the trial knows
	sent    map[string]time.Time
	said    map[string]int
}

func newHeard(now func() time.Time) *heard {
	return &heard{now: now, waiting: map[string]*order{}, sent: map[string]time.Time{}, said: map[string]int{}}
}

func (h *heard) hear(n, life int, l line) {
	at := h.now()
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case l.Told != nil:
		h.told = append(h.told, telling{at, *l.Told})
	case l.Opened != "":
		delete(h.waiting, l.Opened)
		delete(h.sent, l.Opened)
	case l.Size != nil:
		h.sizes = append(h.sizes, sizeOf{n, life, *l.Size})
	case l.Said != "":
		h.said[strings.TrimSpace(l.Said)]++
	}
}
