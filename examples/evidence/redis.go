package main

import (
	"context"
	"database/sql"
	"net/http"
	"sync"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/faceid-go/faceid/evidence"
	faceidasynq "github.com/faceid-go/faceid/evidence/asynq"
	"github.com/faceid-go/faceid/evidence/sqlledger"
)

// redisEngine is asynq: the queue is in Redis, and the ledger stays in the database of the
// shop.
type redisEngine struct {
	*faceidasynq.Engine
	keeper *evidence.Keeper
	ledger *sqlledger.Ledger
	redis  *redis.Client
	server *asynq.Server
	end    context.CancelFunc
	full   sync.WaitGroup
}

func openRedis(ctx context.Context, url string, ledger *sqlledger.Ledger, k *evidence.Keeper, speed float64) (*redisEngine, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, err
	}
	e := &redisEngine{keeper: k, ledger: ledger, redis: redis.NewClient(options)}
	if err := e.redis.Ping(ctx).Err(); err != nil {
		return nil, err
	}
	e.Engine, err = faceidasynq.New(k, asynq.NewClientFromRedisClient(e.redis), faceidasynq.Options{Speed: speed})
	if err != nil {
		return nil, err
	}
	e.server = asynq.NewServerFromRedisClient(e.redis, asynq.Config{
		Concurrency: 4, Queues: faceidasynq.Queues(), RetryDelayFunc: faceidasynq.RetryDelay, LogLevel: asynq.ErrorLevel,
		// Time is fast here. A shop keeps the defaults of asynq.
		TaskCheckInterval: 20 * time.Millisecond, DelayedTaskCheckInterval: 20 * time.Millisecond, ShutdownTimeout: 10 * time.Second,
	})
	return e, nil
}

// add puts the order into the ledger in the shop's transaction. The queue is elsewhere, so
// the task follows when the transaction has committed.
func (e *redisEngine) add(ctx context.Context, tx *sql.Tx, o evidence.Order) error {
	return e.keeper.OpenIn(ctx, e.ledger.In(tx), o)
}

// added puts the task into the queue. KeepFull does it later if this process dies before.
func (e *redisEngine) added(ctx context.Context, o evidence.Order) error { return e.Add(ctx, o) }

func (e *redisEngine) start(ctx context.Context) error {
	ctx, e.end = context.WithCancel(context.WithoutCancel(ctx)) // stop ends it, after the last report
	e.full.Go(func() { _ = e.KeepFull(ctx, time.Second) })
	return e.server.Start(e.Engine)
}

func (e *redisEngine) stop() {
	e.end()
	e.full.Wait()
	e.server.Shutdown()
	_ = e.redis.Close()
}

// jobs is nothing: whoever runs asynq has a page for it.
func (e *redisEngine) jobs(context.Context) (http.Handler, error) { return nil, nil } //nolint:nilnil // as engine says
