//go:build unix

package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

// screen is the program on a terminal.
type screen struct {
	t    *testing.T
	cmd  *exec.Cmd
	tty  *os.File
	mu   sync.Mutex
	text bytes.Buffer
	read chan struct{} // closed after the last output
}

// start starts the built program on a terminal of that many columns.
func (p *platform) start(columns uint16, args ...string) *screen {
	p.t.Helper()
	cmd := exec.CommandContext(p.t.Context(), binary(p.t), args...)
	for name, value := range p.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: columns})
	require.NoError(p.t, err)
	term := &screen{t: p.t, cmd: cmd, tty: tty, read: make(chan struct{})}
	p.t.Cleanup(func() { _ = tty.Close() })
	go func() {
		defer close(term.read)
		piece := make([]byte, 4096)
		for {
			n, err := tty.Read(piece)
			term.mu.Lock()
			term.text.Write(piece[:n])
			term.mu.Unlock()
			if err != nil {
				return // a terminal whose program has ended reports an error of its own
			}
		}
	}()
	return term
}

// seen returns what was shown so far.
func (s *screen) seen() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// waitFor waits until a text is shown.
func (s *screen) waitFor(text string) {
	s.t.Helper()
	require.Eventually(s.t, func() bool { return strings.Contains(s.seen(), text) }, 20*time.Second, 5*time.Millisecond, "%q is not shown", text)
}

// end waits for the end, and returns the exit code and all that was shown.
func (s *screen) end() (int, string) {
	s.t.Helper()
	err := s.cmd.Wait()
	<-s.read
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(s.t, err)
	}
	return s.cmd.ProcessState.ExitCode(), s.seen()
}

var escape = regexp.MustCompile(`\x1b\[[0-9;?]*[A-Za-z]`)

func TestTerminalHasColours(t *testing.T) {
	p := newPlatform(t)
	order := p.face(faceidtest.Passes())
	code, text := p.start(100, "record", order).end()
	require.Equal(t, exitOK, code, text)
	require.Contains(t, text, "\x1b[32mpassed\x1b[")
	plain := strings.ReplaceAll(escape.ReplaceAllString(text, ""), "\r\n", "\n")
	require.Contains(t, plain, "face-h5/"+order+"  passed\n")
	p.audit(answer{out: text})

	_, text = p.with(map[string]string{"NO_COLOR": "1"}).start(100, "record", order).end()
	require.NotContains(t, text, "\x1b[")
	_, text = p.with(map[string]string{"LANG": "zh_CN.UTF-8"}).start(100, "record", order).end()
	require.Contains(t, text, "\x1b[32m通过\x1b[")
	_, text = p.start(100, "-json", "record", order).end()
	require.NotContains(t, text, "\x1b[")
}

func TestTerminalShowsTheProgressOfAFetch(t *testing.T) {
	p := newPlatform(t)
	var orders []string
	for range 5 {
		orders = append(orders, p.face(faceidtest.Passes()))
	}
	for _, columns := range []uint16{60, 120} {
		term := p.start(columns, "fetch", "--to", t.TempDir())
		_, err := io.WriteString(term.tty, strings.Join(orders, "\n")+"\n\x04") // Ctrl-D ends the input
		require.NoError(t, err)
		code, text := term.end()
		require.Equal(t, exitOK, code, text)
		require.Contains(t, text, "(4/5)") // it goes when all are there
		require.Contains(t, escape.ReplaceAllString(text, ""), "fetched          5 (15 files")
		widest := 0
		for _, line := range regexp.MustCompile(`[\r\n]+`).Split(escape.ReplaceAllString(text, ""), -1) {
			if strings.Contains(line, "fetching") {
				widest = max(widest, len([]rune(line)))
			}
		}
		require.LessOrEqual(t, widest, int(columns), "the bar fits the terminal")
		require.Greater(t, widest, int(columns)/2, "and fills it")
		p.audit(answer{out: text})
	}
}

// Ctrl-C ends a fetch without leaving a half, and the next one goes on.
func TestTerminalInterruptsAFetch(t *testing.T) {
	p := newPlatform(t, faceidtest.WithStart(time.Now().Add(-time.Hour)))
	first, second := p.face(faceidtest.Passes()), p.face(faceidtest.Passes())
	list, dir := t.TempDir()+"/orders.txt", t.TempDir()
	require.NoError(t, os.WriteFile(list, []byte(first+"\n"+second+"\n"), 0o600))
	p.FailNext(recordPath, faceidtest.FaultDelay(0), faceidtest.FaultHang())
	term := p.start(80, "fetch", list, "--to", dir, "--workers", "1")
	term.waitFor("(1/2)")
	require.Eventually(t, func() bool { return p.Calls(recordPath) >= 2 }, 10*time.Second, 5*time.Millisecond)
	_, err := term.tty.Write([]byte{3})
	require.NoError(t, err)
	code, text := term.end()
	require.Equal(t, exitInterrupted, code, text)
	plain := escape.ReplaceAllString(text, "")
	require.Contains(t, plain, "fetched          1 (")
	require.Contains(t, plain, "not asked about  1")
	require.Contains(t, plain, "interrupted")
	require.Len(t, stored(t, dir), 4)

	asked := p.Calls(recordPath)
	a := p.run("", "fetch", list, "--to", dir)
	require.Equal(t, exitOK, a.code, a.out+a.err)
	require.Contains(t, a.out, "there already    1")
	require.Contains(t, a.out, "fetched          1 (")
	require.Equal(t, asked+1, p.Calls(recordPath), "the first order is not asked about again")
	require.Len(t, stored(t, dir), 8)
}

// A reader that goes away, as head does, ends a fetch without leaving a half.
func TestPipeThatBreaksEndsAFetch(t *testing.T) {
	p := newPlatform(t)
	var orders []string
	for range 6 {
		orders = append(orders, p.face(faceidtest.Passes()))
	}
	read, write, err := os.Pipe()
	require.NoError(t, err)
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), binary(t), "fetch", "--json", "--to", dir, "--workers", "1")
	cmd.Stdin, cmd.Stdout = strings.NewReader(strings.Join(orders, "\n")), write
	for name, value := range p.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	require.NoError(t, read.Close())
	var exit *exec.ExitError
	require.ErrorAs(t, cmd.Run(), &exit)
	require.NoError(t, write.Close())
	require.Equal(t, exitTrouble, exit.ExitCode())
	require.Less(t, p.Calls(recordPath), len(orders), "the rest was not asked about")
	manifests := 0
	for _, name := range stored(t, dir) {
		if strings.HasSuffix(name, "manifest.json") {
			manifests++
		}
	}
	require.Len(t, stored(t, dir), 4*manifests)
}

const recordPath = "/api/v2/base/queryfacerecord"

// In a pipe there is no escape sequence, whatever the command.
func TestPipeHasNoColours(t *testing.T) {
	p := newPlatform(t)
	order := p.face(faceidtest.Passes())
	cmd := exec.CommandContext(t.Context(), binary(t), "record", order)
	for name, value := range p.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err)
	require.Contains(t, string(out), "passed")
	require.NotContains(t, string(out), "\x1b")
}
