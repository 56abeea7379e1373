// Package asynq looks at the orders of package evidence with the job queue
// github.com/hibiken/asynq, for merchants who have Redis and workers already:
//
//	engine, err := faceidasynq.New(keeper, client, faceidasynq.Options{})
//	server := asynq.NewServer(redis, asynq.Config{
//		Concurrency: 4, Queues: faceidasynq.Queues(), RetryDelayFunc: faceidasynq.RetryDelay,
//	})
//	mux := asynq.NewServeMux()
//	mux.Handle(faceidasynq.Type, engine)
//	go engine.KeepFull(ctx, time.Minute)
//	err = server.Run(mux)
//
// A task holds the key of its order and nothing else. Its handler looks at the order, and
// puts the next look into the queue. The ledger is what counts: Redis may lose tasks,
// and KeepFull puts them back.
//
// The queue is asynq's, so its intervals add to the times of a Keeper: a task begins up to
// a second late, and up to DelayedTaskCheckInterval, which is 5 seconds unless it is set.
package asynq

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"strconv"
	"strings"
	"time"

	hibiken "github.com/hibiken/asynq"

	"github.com/faceid-go/faceid/evidence"
)

// Type is the type of the tasks, for asynq.ServeMux.
const Type = "faceid:evidence"

// The queues, by the priority of Progress.
var queues = [...]string{1: "faceid:oldest", 2: "faceid:old", 3: "faceid"}

var weights = map[string]int{queues[1]: 16, queues[2]: 4, queues[3]: 1}

// Queues returns the queues of the tasks with their weights, for asynq.Config.Queues. A
// server of other tasks adds its own to it. An order that is 2 days old is in a queue of
// weight 16, and so is one of NFC; one that is a day old is in one of weight 4, and a
// younger one in one of weight 1. When workers fall behind, those orders go first that the
// platform forgets soon, and the others still get a turn. With asynq.Config.StrictPriority
// they get one when no order before them is due.
//
// A server whose Config lacks one of these queues never looks at the orders in it.
func Queues() map[string]int { return maps.Clone(weights) }

// RetryDelay is for asynq.Config.RetryDelayFunc. A look that the ledger kept from its end
// is made again after 5 seconds, then less often, at least every 10 minutes. Tasks of
// another type get asynq's own delay. Without RetryDelay a look may wait a third as long
// as the ledger was away.
func RetryDelay(n int, err error, t *hibiken.Task) time.Duration {
	if t.Type() != Type {
		return hibiken.DefaultRetryDelayFunc(n, err, t)
	}
	return min(5*time.Second<<min(max(n, 0), 10), 10*time.Minute)
}

// Options are the choices of an Engine. The zero value is right for production.
type Options struct {
	// Speed is how many times faster than the real time the clock of the Keeper runs,
	// for tests with a simulator. 0 means 1.
	Speed float64
}

// Engine is the handler of the tasks. It is safe for concurrent use.
type Engine struct {
	keeper *evidence.Keeper
	client *hibiken.Client
	speed  float64
}

var _ hibiken.Handler = (*Engine)(nil)

// New returns the Engine that looks with the Keeper and puts tasks into the queue with the
// client. It makes no request. The caller closes the client.
func New(k *evidence.Keeper, client *hibiken.Client, o Options) (*Engine, error) {
	switch {
	case k == nil:
		return nil, errors.New("asynq: New: the Keeper is nil")
	case client == nil:
		return nil, errors.New("asynq: New: the client is nil")
	case o.Speed < 0 || math.IsNaN(o.Speed) || math.IsInf(o.Speed, 0):
		return nil, errors.New("asynq: New: Options.Speed must be more than 0, or 0 for 1")
	case o.Speed == 0:
		o.Speed = 1
	}
	return &Engine{k, client, o.Speed}, nil
}

// Add puts an order into the ledger and then into the queue. Call it right after the order
// was opened at the platform. After an error call it again, or leave the order to KeepFull
// if the ledger has it.
//
// An order that is in the ledger already is put into the queue for the time at which it is
// due, so Add is also right after Keeper.OpenIn when the transaction has committed, and
// after a Step that the merchant called by himself.
func (e *Engine) Add(ctx context.Context, o evidence.Order) error {
	if err := e.keeper.Open(ctx, o); err != nil {
		return err
	}
	entry, err := e.keeper.Ledger.Load(ctx, o.Key())
	if err != nil {
		return fmt.Errorf("asynq: the ledger: %w", err)
	}
	if entry.State == evidence.Done {
		return nil
	}
	_, err = e.put(ctx, o.Key(), e.keeper.Progress(entry), idOf(o.Key(), entry.Next))
	return err
}

// ProcessTask looks at the order of a task, and puts the next look into the queue. It is
// asynq.Handler.
//
// A task that comes too early is put back for its time, without a question to the platform.
// So a second task of an order costs nothing, and ends. A task whose order is not in the
// ledger, because it was deleted, is revoked. The only other errors are those of the
// ledger and of Redis: asynq makes the look again then, however often that fails.
func (e *Engine) ProcessTask(ctx context.Context, t *hibiken.Task) error {
	key := string(t.Payload())
	entry, err := e.keeper.Ledger.Load(ctx, key)
	p := e.keeper.Progress(entry)
	if err == nil && p.State != evidence.Done && p.Wait == 0 {
		p, err = e.keeper.StepKey(ctx, key)
	}
	switch {
	case errors.Is(err, evidence.ErrNoEntry):
		return fmt.Errorf("asynq: %w: %w", err, hibiken.RevokeTask)
	case err != nil:
		return fmt.Errorf("asynq: the ledger: %w", err)
	case p.State == evidence.Done:
		return nil
	}
	own, _ := hibiken.GetTaskID(ctx)
	_, err = e.put(ctx, key, p, idAfter(own, idOf(key, p.Next)))
	return err
}

// idOf names the task of a look: by the order and the time of the look, so that there is
// one task for each look, however many ask for it.
func idOf(key string, next time.Time) string {
	return key + "@" + strconv.FormatInt(next.UnixMicro(), 10)
}

// idAfter is the id for the look after that of the task own. asynq keeps the id of a task
// until the task has ended, so if the time of the look is still the same, as after a task
// that came too early, the id gets a count.
func idAfter(own, id string) string {
	if own == id {
		return again(id, 1)
	}
	if count, ok := strings.CutPrefix(own, id+"+"); ok {
		n, _ := strconv.Atoi(count)
		return again(id, n+1)
	}
	return id
}

// again is the id of a further task for the same look.
func again(id string, n int) string { return id + "+" + strconv.Itoa(n) }

// forever is the greatest number of retries that a task can have.
const forever = math.MaxInt32

// put puts a task into the queue, unless one with its id is there. It reports whether it
// did.
func (e *Engine) put(ctx context.Context, key string, p evidence.Progress, id string) (bool, error) {
	p.Age += p.Wait // the queue is that of the age at the time of the look
	options := []hibiken.Option{hibiken.TaskID(id), hibiken.Queue(queues[p.Priority()]), hibiken.MaxRetry(forever)}
	if p.Wait > 0 {
		// asynq drops the parts of a second, and would begin too early.
		wait := time.Duration(float64(p.Wait) / e.speed)
		options = append(options, hibiken.ProcessAt(time.Now().Add(wait+time.Second-1).Truncate(time.Second)))
	}
	_, err := e.client.EnqueueContext(ctx, hibiken.NewTask(Type, []byte(key)), options...)
	switch {
	case errors.Is(err, hibiken.ErrTaskIDConflict):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("asynq: the queue: %w", err)
	}
	return true, nil
}
