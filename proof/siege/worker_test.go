//go:build linux

package siege

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/faceid-go/faceid"
)

// role tells this binary to be a worker: base URL, appID, secret, directory
// and the size of its disk are its arguments.
const role = "FACEID_SIEGE_WORKER"

const pause = 100 * time.Millisecond // between two calls of a worker

func TestMain(m *testing.M) {
	if os.Getenv(role) != "" {
		work(os.Args[1:])
		return
	}
	os.Exit(m.Run())
}

// work calls the platform until it is killed and prints a line per call: "ok",
// which one and its milliseconds, or "error", the kind of error and its text.
func work(args []string) {
	baseURL, appID, secret, dir := args[0], args[1], args[2], args[3]
	signal.Ignore(syscall.SIGXFSZ) // a disk that is full is an error, not the end
	obey(strings.NewReader(args[4]))
	go obey(os.Stdin)
	had := false // a pair
	began, what := time.Now(), "open"
	tell := func(err error) {
		if err == nil {
			had = true
			fmt.Println("ok", what, time.Since(began).Milliseconds())
			return
		}
		kind := kindOf(err)
		if !had {
			kind += ", without a pair yet"
		}
		fmt.Printf("error\t%s\t%s\n", kind, strings.ReplaceAll(err.Error(), "\n", " / "))
	}
	var store *faceid.FileStore
	for store == nil {
		opened, err := faceid.NewFileStore(dir)
		if store = opened; err != nil {
			tell(fmt.Errorf("%w: %w", errOpen, err))
			time.Sleep(pause)
		}
	}
	client, err := faceid.New(faceid.WithBaseURL(baseURL), faceid.WithApp(appID, secret), faceid.WithStore(store),
		faceid.WithHTTPClient(&http.Client{Transport: lossTeller{}}))
	if err != nil {
		tell(err)
		return
	}
	for n := rand.IntN(2); ; n++ {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		began = time.Now()
		if n%2 == 0 {
			what = "launch"
			_, err = client.NonceTicket(ctx, "user1")
		} else {
			what = "query"
			if _, err = client.QueryFaceRecord(ctx, faceid.QueryFaceRecordRequest{OrderNo: "order1"}); errors.Is(err, faceid.ErrNoResult) {
				err = nil
			}
		}
		cancel()
		tell(err)
		time.Sleep(pause)
	}
}

// patience is the deadline of a call: longer than a dead holder's lease and the
// holding of an attack. A caller without one is answered within five seconds.
const patience = 30 * time.Second

// lossTeller tells of mints whose answers were lost, on a busy machine: they are
// repeated, and the trial must know why.
type lossTeller struct{}

func (lossTeller) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil && r.URL.Path == pathToken {
		fmt.Println("lost")
	}
	return answer, err
}

var errOpen = errors.New("the store does not open")

func kindOf(err error) string {
	for kind, is := range map[string]error{"ErrStore": faceid.ErrStore, "NewFileStore": errOpen} {
		if errors.Is(err, is) {
			return kind
		}
	}
	var e *faceid.Error
	if errors.As(err, &e) {
		return string(e.Family) + " " + string(e.Code)
	}
	return "another"
}

// A worker is the process under siege, as the trial holds it.
type worker struct {
	*exec.Cmd
	orders io.Writer     // its standard input
	obeyed chan struct{} // an order was
	gone   chan struct{} // closed when all it said was read
}

// start starts a worker as the user uid. Its lines go to the ledger.
func (s *siege) start(slot int) (*worker, error) {
	cmd := exec.Command(s.binary, s.sim.URL(), s.sim.AppID(), s.sim.Secret(), s.dir, strconv.FormatUint(s.disk, 10))
	cmd.Env = append(os.Environ(), role+"=1", "GOMAXPROCS=2")
	cmd.Stderr = os.Stderr
	if s.uid != os.Getuid() {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(s.uid), Gid: uint32(s.uid)}}
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	orders, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	w := &worker{cmd, orders, make(chan struct{}, 1), make(chan struct{})}
	go func() {
		defer close(w.gone)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if lines.Text() == "obeyed" {
				w.obeyed <- struct{}{}
				continue
			}
			s.ledger.heard(slot, w, lines.Text())
		}
	}()
	return w, nil
}

// kill ends the worker at once and returns when it is dead.
func (w *worker) kill() {
	_ = w.Process.Kill()
	<-w.gone
	_ = w.Wait()
}

// noLimit is a disk that is not full.
const noLimit = ^uint64(0)

// limit bounds the files that the worker may write: its disk is full. It returns
// when the worker has obeyed, or is dead.
func (w *worker) limit(size uint64) {
	fmt.Fprintln(w.orders, size)
	select {
	case <-w.obeyed:
	case <-w.gone:
	}
}

// obey sets the process's own limit whenever it is told one.
func obey(orders io.Reader) {
	for lines := bufio.NewScanner(orders); lines.Scan(); {
		size, err := strconv.ParseUint(lines.Text(), 10, 64)
		if err == nil {
			err = fill(size)
		}
		if err != nil {
			fmt.Println("limit:", err)
			continue
		}
		fmt.Println("obeyed")
	}
}

func fill(size uint64) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	limit.Cur = min(size, limit.Max)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
}
