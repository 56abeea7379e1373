package faceid_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// burst has n callers ask at the same time, and waits until everything that they
// started has ended.
func burst(t *testing.T, n int, call func() error) {
	t.Helper()
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			if err := call(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	synctest.Wait()
}

// changed returns the request with other parameters; an empty value removes a
// parameter.
func changed(r *http.Request, pairs ...string) *http.Request {
	q := r.URL.Query()
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			q.Del(pairs[i])
		} else {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	u := *r.URL
	u.RawQuery = q.Encode()
	return &http.Request{Method: http.MethodGet, URL: &u, Host: r.Host}
}

// twice returns the request with one parameter a second time.
func twice(r *http.Request, name string) *http.Request {
	u := *r.URL
	u.RawQuery += "&" + name + "=" + url.QueryEscape(r.URL.Query().Get(name))
	return &http.Request{Method: http.MethodGet, URL: &u, Host: r.Host}
}

// openedPage opens a verification of a product in a browser.
func openedPage(t testing.TB, c *faceid.Client, p faceid.Product, orderNo string) *faceid.PageLogin {
	t.Helper()
	var login *faceid.PageLogin
	var err error
	switch p {
	case faceid.ProductBasic:
		login, err = c.StartPC(t.Context(), faceid.PCRequest{OrderNo: orderNo, Person: somebody, RedirectURL: "https://merchant.example/back"})
	case faceid.ProductWill:
		login, err = c.StartWillH5(t.Context(), faceid.WillH5Request{
			OrderNo: orderNo, Person: somebody, RedirectURL: "https://merchant.example/back",
			Will: faceid.Will{Rounds: []faceid.WillRound{{Question: "您是否同意？请回答：同意", Answers: []string{"同意"}}}},
		})
	default:
		r := h5Request(orderNo)
		r.Product = p
		login, err = c.StartH5(t.Context(), r)
	}
	require.NoError(t, err)
	return login
}

func newFileStore(t testing.TB, dir string) *faceid.FileStore {
	t.Helper()
	store, err := faceid.NewFileStore(dir)
	require.NoError(t, err)
	return store
}

func only(t *testing.T, dir, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	require.NoError(t, err)
	require.Len(t, found, 1)
	return found[0]
}

// as runs this test binary as another process, in a role.
func as(t testing.TB, role string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), "FACEID_TEST_ROLE="+role)
	return cmd
}

// roles are the functions that this binary runs as another process.
var roles = map[string]func(args []string) error{
	"worker": worker,
	"bench":  benchServer,
}

// hooked is a store in which the operations of one client can fail or hang, as those of
// a process that was killed or stopped.
type hooked struct {
	faceid.Store
	before func(ctx context.Context, op string, n int) error
	mu     sync.Mutex
	counts map[string]int
}

func (h *hooked) call(ctx context.Context, op string) error {
	h.mu.Lock()
	if h.counts == nil {
		h.counts = map[string]int{}
	}
	h.counts[op]++
	n, before := h.counts[op], h.before
	h.mu.Unlock()
	if before == nil {
		return nil
	}
	return before(ctx, op, n)
}

func (h *hooked) set(before func(ctx context.Context, op string, n int) error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.before, h.counts = before, nil
}

func (h *hooked) Load(ctx context.Context, key string) ([]byte, time.Duration, error) {
	if err := h.call(ctx, "load"); err != nil {
		return nil, 0, err
	}
	return h.Store.Load(ctx, key)
}

func (h *hooked) CompareAndSwap(ctx context.Context, key string, old, record []byte) (bool, error) {
	if err := h.call(ctx, "swap"); err != nil {
		return false, err
	}
	return h.Store.CompareAndSwap(ctx, key, old, record)
}

func (h *hooked) Lock(ctx context.Context, key string, lease time.Duration) (faceid.Lock, error) {
	if err := h.call(ctx, "lock"); err != nil {
		return nil, err
	}
	l, err := h.Store.Lock(ctx, key, lease)
	if err != nil {
		return nil, err
	}
	return &hookedLock{l, h}, nil
}

type hookedLock struct {
	faceid.Lock
	h *hooked
}

func (l *hookedLock) Unlock(ctx context.Context) error {
	if err := l.h.call(ctx, "unlock"); err != nil {
		return err
	}
	return l.Lock.Unlock(ctx)
}

var errDown = errors.New("store down")

// killed makes every operation fail, from the nth call of op on: the process is gone
// and does not give its lock back.
func killed(op string, nth int) func(context.Context, string, int) error {
	var dead atomic.Bool
	return func(_ context.Context, o string, n int) error {
		if o == op && n >= nth {
			dead.Store(true)
		}
		if dead.Load() {
			return errDown
		}
		return nil
	}
}

// stopped delays the nth call of op by d.
func stopped(op string, nth int, d time.Duration) func(context.Context, string, int) error {
	return func(_ context.Context, o string, n int) error {
		if o == op && n == nth {
			time.Sleep(d) // The process does not run, so its context does not matter.
		}
		return nil
	}
}

// scene is two processes on one store. The process a is the one in trouble, and b is
// another.
type scene struct {
	sim      *faceidtest.Server
	shared   *faceid.MemoryStore
	store    *hooked // the way of a to the store
	other    *hooked // the way of b to the store
	a, b     *faceid.Client
	noSign   atomic.Bool  // whether the platform grants no SIGN ticket
	refused  atomic.Int64 // the requests that the platform refused
	failures map[*faceid.Client]*atomic.Int64
	wg       sync.WaitGroup
}

func newScene(t *testing.T) *scene {
	s := &scene{shared: faceid.NewMemoryStore(), failures: map[*faceid.Client]*atomic.Int64{}}
	s.sim = faceidtest.Start(t, faceidtest.WithLog(func(r faceidtest.Request) {
		if r.Code == "400101" {
			s.refused.Add(1)
		}
	}))
	s.store, s.other = &hooked{Store: s.shared}, &hooked{Store: s.shared}
	transport := suite.watch(roundTripper(func(r *http.Request) (*http.Response, error) {
		if s.noSign.Load() && r.URL.Query().Get("type") == "SIGN" {
			return nil, errors.New("no SIGN ticket today")
		}
		return s.sim.RoundTrip(r)
	}))
	for _, p := range []struct {
		client **faceid.Client
		store  faceid.Store
	}{{&s.a, s.store}, {&s.b, s.other}} {
		*p.client = newClient(s.sim, faceid.WithStore(p.store), faceid.WithHTTPClient(&http.Client{Transport: transport}))
		s.failures[*p.client] = new(atomic.Int64)
	}
	return s
}

// work has c query once a second for d, and now and then fetch a NONCE ticket.
func (s *scene) work(t *testing.T, c *faceid.Client, d time.Duration) {
	end := time.Now().Add(d)
	s.wg.Go(func() {
		for n := 0; time.Now().Before(end); n++ {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // The deadline is longer than the lease of a dead holder.
			_, err := c.QueryFaceRecord(ctx, faceid.QueryFaceRecordRequest{OrderNo: "order1"})
			if errors.Is(err, faceid.ErrNoResult) {
				err = nil
			}
			if err == nil && n%7 == 0 {
				_, err = c.NonceTicket(ctx, "user1")
			}
			cancel()
			if err != nil {
				s.failures[c].Add(1)
				t.Logf("a: %v, at %v: %v", c == s.a, s.sim.Now().Format("15:04:05"), err)
			}
			time.Sleep(time.Second)
		}
	})
}

// both puts a hook before the stores of both processes.
func (s *scene) both(before func(context.Context, string, int) error) {
	s.store.set(before)
	s.other.set(before)
}

// forgive drops the failures that c has seen after d, as its token died while it could
// not know of the next one.
func (s *scene) forgive(c *faceid.Client, d time.Duration) func() {
	return func() { time.Sleep(d); s.failures[c].Store(0) }
}

// overwrite stores bytes under the key of the credentials, whatever is there; nil
// removes the record.
func (s *scene) overwrite(record []byte) {
	key := storeName(s.sim)
	faceid.Overwrite(s.shared, key, record)
}

func sleepOr(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

type ageStore struct {
	*faceid.MemoryStore
	age time.Duration
}

func (s *ageStore) Load(ctx context.Context, key string) ([]byte, time.Duration, error) {
	record, _, err := s.MemoryStore.Load(ctx, key)
	return record, s.age, err
}

// worker is a process that calls the platform all the time. Its arguments are base URL,
// appID, secret and directory. It prints a line for every error.
func worker(args []string) error {
	store, err := faceid.NewFileStore(args[3])
	if err != nil {
		return err
	}
	client, err := faceid.New(faceid.WithBaseURL(args[0]), faceid.WithApp(args[1], args[2]), faceid.WithStore(store))
	if err != nil {
		return err
	}
	fmt.Println("started")
	for {
		_, err := client.QueryFaceRecord(context.Background(), faceid.QueryFaceRecordRequest{OrderNo: "order1"})
		if !errors.Is(err, faceid.ErrNoResult) {
			fmt.Println("error:", err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func query(ctx context.Context, c *faceid.Client) error {
	_, err := c.QueryFaceRecord(ctx, faceid.QueryFaceRecordRequest{OrderNo: "order1"})
	if errors.Is(err, faceid.ErrNoResult) {
		return nil
	}
	return err
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
