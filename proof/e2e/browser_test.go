package e2e

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/proof/internal/trial"
)

// chrome is the one browser of all tests, and the merchant's program.
var chrome struct {
	ctx       context.Context
	userAgent string
	merchant  string
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "e2e")
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	chrome.merchant = filepath.Join(dir, "merchant")
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium()), chromedp.DisableGPU,
		chromedp.NoSandbox, // in a container it may have none; the pages are ours
		// chromedp loses sight of a page that comes back out of this cache.
		chromedp.Flag("disable-features", "Translate,BlinkGenPropertyTrees,BackForwardCache"),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"), // nothing of it leaves this machine
	)...)
	defer stop()
	ctx, closeBrowser := chromedp.NewContext(allocator)
	defer closeBrowser()
	chrome.ctx = ctx
	return m.Run()
}

// chromium returns the command of the browser, or "" if there is none.
func chromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// started builds the merchant and starts the browser, for whichever test comes
// first.
var started = sync.OnceValue(func() error {
	build := exec.CommandContext(context.Background(), "go", "build", "-o", chrome.merchant, "./merchant")
	build.Dir = filepath.Join("..", "..", "examples")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the merchant: %w\n%s", err, out)
	}
	version, err := chromedp.CallBrowser(chrome.ctx, browser.GetVersion, cdp.Empty{})
	if err != nil {
		return fmt.Errorf("starting %s: %w", chromium(), err)
	}
	chrome.userAgent = version.UserAgent
	return chromedp.Do(chrome.ctx) // the tabs of the tests open beside its first
})

// asked skips a test unless FACEID_TEST_E2E asks for it. A test that was asked for
// fails if there is no browser.
func asked(t *testing.T) {
	t.Helper()
	if os.Getenv("FACEID_TEST_E2E") == "" && !trial.Long() {
		t.Skip("NOT RUN: the browser tests run with make e2e, or with FACEID_TEST_E2E=1; they need chromium (apt-get install chromium)")
	}
	require.NotEmpty(t, chromium(), "there is neither chromium nor google-chrome: apt-get install chromium")
	require.NoError(t, started())
}

// A shop is a merchant of its own: a process with a simulator inside.
type shop struct {
	base string
	log  *lines
}

var address = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// open starts a shop, which ends with the test. Its log must not show a person,
// and no failure but those that contain one of the words.
func open(t *testing.T, failures ...string) *shop {
	t.Helper()
	asked(t)
	s := &shop{log: &lines{}}
	cmd := exec.Command(chrome.merchant, "-addr", "127.0.0.1:0")
	cmd.Stderr = s.log
	cmd.Env = []string{"HOME=" + t.TempDir()} // no credentials of whoever runs this
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		require.NoError(t, cmd.Wait(), "the shop did not end in order")
		s.checkLog(t, failures)
	})
	first, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err, "the shop said: %s", s.log)
	s.base = address.FindString(first)
	require.NotEmpty(t, s.base, "the shop said: %s", first)
	return s
}

func (s *shop) checkLog(t *testing.T, failures []string) {
	for _, line := range s.log.all() {
		require.NotContains(t, line, personName)
		require.NotContains(t, line, personIDNo)
		if !containsAny(line, failures) {
			require.NotRegexp(t, `level=(WARN|ERROR)|panic`, line)
		}
	}
}

// lines keeps the output of a process.
type lines struct {
	mu   sync.Mutex
	text []byte
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	return len(p), nil
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

func (l *lines) all() []string { return regexp.MustCompile(`\r?\n`).Split(l.String(), -1) }

var errNoPage = errors.New("no answer from the page yet")

// patience is the longest time that a step may take on a busy machine.
const patience = 30 * time.Second
