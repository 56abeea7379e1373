package asynq_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	hibiken "github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"gocloud.dev/blob/memblob"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/evidence/asynq"
	"github.com/faceid-go/faceid/evidence/evidencetest"
	"github.com/faceid-go/faceid/faceidtest"
)

func TestMain(m *testing.M) {
	redis.SetLogger(quiet{}) // the tests cut connections on purpose
	m.Run()
}

type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}
func (quiet) Debug(...any)                           {}
func (quiet) Info(...any)                            {}
func (quiet) Warn(...any)                            {}
func (quiet) Error(...any)                           {}
func (quiet) Fatal(...any)                           {}

// startRedis starts a Redis server that ends with the test, and returns its address.
func startRedis(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("the real Redis server was skipped: there is no redis-server on PATH")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close())
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	cmd := exec.Command("redis-server", "--save", "", "--appendonly", "no", "--port", port, "--bind", "127.0.0.1", "--dir", t.TempDir())
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	client := redis.NewClient(&redis.Options{Addr: address})
	defer client.Close()
	require.Eventually(t, func() bool {
		info, err := client.Info(t.Context(), "server").Result()
		return err == nil && strings.Contains(info, fmt.Sprintf("process_id:%d\r\n", cmd.Process.Pid))
	}, 10*time.Second, 20*time.Millisecond)
	return address
}

// cut is a client of a process that can be killed: then no request leaves it any more.
type cut struct{ dead atomic.Bool }

var errCut = errors.New("the process is dead")

func (c *cut) DialHook(next redis.DialHook) redis.DialHook { return next }

func (c *cut) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if c.dead.Load() {
			return errCut
		}
		return next(ctx, cmd)
	}
}

func (c *cut) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		if c.dead.Load() {
			return errCut
		}
		return next(ctx, cmds)
	}
}

// shop is a merchant with a queue. Its clock stands until a test moves it.
type shop struct {
	*testing.T
	address string
	redis   *redis.Client
	queue   *hibiken.Inspector
	client  *hibiken.Client
	ledger  evidence.Ledger
	asked   atomic.Int32 // requests to the platform
	now     atomic.Pointer[time.Time]
	log     bytes.Buffer
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{T: t, address: startRedis(t), ledger: evidence.NewMemoryLedger()}
	s.redis = redis.NewClient(&redis.Options{Addr: s.address, MaxRetries: -1})
	t.Cleanup(func() { s.redis.Close() })
	s.queue, s.client = hibiken.NewInspectorFromRedisClient(s.redis), hibiken.NewClientFromRedisClient(s.redis)
	s.set(time.Now())
	return s
}

func (s *shop) set(now time.Time)       { s.now.Store(&now) }
func (s *shop) advance(d time.Duration) { s.set(s.now.Load().Add(d)) }

// keeper returns a Keeper of the ledger, with the simulator.
func (s *shop) keeper() *evidence.Keeper {
	s.Helper()
	sim := faceidtest.Start(s.T)
	k, err := evidence.New(evidence.Options{
		Client: sim.Client(faceid.WithHTTPClient(&http.Client{Transport: counting{sim, &s.asked}})), Bucket: memblob.OpenBucket(nil), Ledger: s.ledger,
		OnOutcome: func(context.Context, evidence.Outcome) error { return nil },
		Now:       func() time.Time { return *s.now.Load() },
		Logger:    slog.New(slog.NewTextHandler(&s.log, nil)),
	})
	require.NoError(s, err)
	return k
}

// counting counts the questions about results.
type counting struct {
	next http.RoundTripper
	n    *atomic.Int32
}

func (c counting) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.Contains(r.URL.Path, "queryfacerecord") {
		c.n.Add(1)
	}
	return c.next.RoundTrip(r)
}

// engine returns an Engine that works when a test calls it.
func (s *shop) engine() *asynq.Engine {
	s.Helper()
	e, err := asynq.New(s.keeper(), s.client, asynq.Options{})
	require.NoError(s, err)
	return e
}

// order is an order of this age, of which the platform knows nothing.
func (s *shop) order(number string, age time.Duration) evidence.Order {
	return evidence.Order{Kind: evidence.FaceH5, Number: number, OpenedAt: s.now.Load().Add(-age)}
}

// open puts orders into the ledger alone.
func (s *shop) open(orders ...evidence.Order) {
	s.Helper()
	k := s.keeper()
	for _, o := range orders {
		require.NoError(s, k.Open(s.Context(), o))
	}
}

// tasks returns the tasks of all queues.
func (s *shop) tasks() []*hibiken.TaskInfo {
	s.Helper()
	var all []*hibiken.TaskInfo
	for queue := range asynq.Queues() {
		for _, list := range []func(string, ...hibiken.ListOption) ([]*hibiken.TaskInfo, error){
			s.queue.ListPendingTasks, s.queue.ListActiveTasks, s.queue.ListScheduledTasks, s.queue.ListRetryTasks, s.queue.ListArchivedTasks, s.queue.ListCompletedTasks,
		} {
			tasks, err := list(queue)
			if !errors.Is(err, hibiken.ErrQueueNotFound) {
				require.NoError(s, err)
			}
			all = append(all, tasks...)
		}
	}
	return all
}

// idOf returns the id of the task of an order that nobody has looked at.
func (s *shop) idOf(o evidence.Order) string {
	s.Helper()
	e, err := s.ledger.Load(s.Context(), o.Key())
	require.NoError(s, err)
	return fmt.Sprintf("%s@%d", o.Key(), e.Next.UnixMicro())
}

// counts returns the counts at the ends of the ids of the tasks, sorted.
func (s *shop) counts() []string {
	s.Helper()
	all := []string{}
	for _, task := range s.tasks() {
		_, count, _ := strings.Cut(task.ID, "+")
		all = append(all, count)
	}
	slices.Sort(all)
	return all
}

// work starts a server, which ends with the test.
func (s *shop) work(c hibiken.Config) {
	s.Helper()
	p := join(s.T, s.address, s.keeper(), 1, c)
	require.NoError(s, p.server.Start(p.engine))
	s.Cleanup(p.server.Shutdown)
}

// process is a process that works on the queue.
type process struct {
	engine *asynq.Engine
	server *hibiken.Server
	cut    *cut
}

// config is that of a server that looks for tasks often, because the tests wait for it.
func config() hibiken.Config {
	return hibiken.Config{
		Concurrency: 4, Queues: asynq.Queues(), RetryDelayFunc: asynq.RetryDelay, Logger: quiet{},
		TaskCheckInterval: 5 * time.Millisecond, DelayedTaskCheckInterval: 5 * time.Millisecond, ShutdownTimeout: time.Second,
	}
}

// join makes a process. Its server works when it is told.
func join(t *testing.T, address string, k *evidence.Keeper, speed float64, c hibiken.Config) *process {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: address})
	t.Cleanup(func() { client.Close() })
	p := &process{cut: &cut{}}
	client.AddHook(p.cut)
	engine, err := asynq.New(k, hibiken.NewClientFromRedisClient(client), asynq.Options{Speed: speed})
	require.NoError(t, err)
	p.engine, p.server = engine, hibiken.NewServerFromRedisClient(client, c)
	return p
}

// suite is the process as evidencetest wants it.
func (p *process) suite(t *testing.T) evidencetest.Engine {
	t.Helper()
	var full sync.WaitGroup
	var once sync.Once
	ctx, cancel := context.WithCancel(t.Context())
	stop := func() {
		once.Do(func() {
			cancel()
			full.Wait()
			p.server.Shutdown()
		})
	}
	t.Cleanup(stop)
	return evidencetest.Engine{
		Add: p.engine.Add,
		Work: func() {
			mux := hibiken.NewServeMux()
			mux.Handle(asynq.Type, p.engine)
			if err := p.server.Start(mux); err != nil {
				t.Error(err)
			}
			full.Go(func() { _ = p.engine.KeepFull(ctx, 200*time.Millisecond) })
		},
		Stop: stop,
		Kill: func() {
			p.cut.dead.Store(true)
			stop()
		},
	}
}
