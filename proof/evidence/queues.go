package evidence

import (
	"context"
	"io"
	"log/slog"
	"time"

	hibiken "github.com/hibiken/asynq"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	lib "github.com/faceid-go/faceid/evidence"
	faceidasynq "github.com/faceid-go/faceid/evidence/asynq"
	"github.com/faceid-go/faceid/evidence/redisledger"
	faceidriver "github.com/faceid-go/faceid/evidence/river"
	"github.com/faceid-go/faceid/evidence/sqlledger/pgxledger"
)

// steps calls StepKey when the person is back, as a merchant does who has a queue too.
type steps struct{ keeper *lib.Keeper }

func (s steps) news(ctx context.Context, key string) error {
	_, err := s.keeper.StepKey(ctx, key)
	return err
}

// riverQueue is River on Postgres.
type riverQueue struct {
	steps
	pool   *pgxpool.Pool
	client *river.Client[pgx.Tx]
	engine *faceidriver.Engine[pgx.Tx]
}

// riverTimeout is how long a look may take. A job of a process that was killed is found
// soon after that.
const riverTimeout = 15 * time.Second

// newRiver waits until the database is there and has the tables.
func newRiver(c config, k *lib.Keeper) (*riverQueue, error) {
	settings, err := pgxpool.ParseConfig(c.Database)
	if err != nil {
		return nil, err
	}
	settings.MaxConns = connections
	pool, err := pgxpool.NewWithConfig(ctx, settings)
	if err != nil {
		return nil, err
	}
	driver := riverpgxv5.New(pool)
	if err := until(ctx, func() error { return faceidriver.Migrate(ctx, driver) }); err != nil {
		return nil, err
	}
	engine, err := faceidriver.New[pgx.Tx](k, faceidriver.Options{Speed: c.Speed, Timeout: riverTimeout, RefillEvery: time.Second})
	if err != nil {
		return nil, err
	}
	settled := &river.Config{
		FetchCooldown: 20 * time.Millisecond, FetchPollInterval: 100 * time.Millisecond, RescueStuckJobsAfter: riverTimeout + time.Second,
		JobTimeout: riverTimeout, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	if err := engine.Configure(settled, c.Looks); err != nil {
		return nil, err
	}
	client, err := river.NewClient(driver, settled)
	return &riverQueue{steps{k}, pool, client, engine}, err
}

// open is the merchant's own transaction.
func (q *riverQueue) open(ctx context.Context, o lib.Order) error {
	tx, err := q.pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // does nothing after Commit
	if err := q.engine.AddTx(ctx, q.client, tx, pgxledger.In(tx), o); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

func (q *riverQueue) run(ctx context.Context) error {
	if err := until(ctx, func() error { return q.client.Start(ctx) }); err != nil {
		return err
	}
	<-q.client.Stopped()
	return nil
}

// asynqQueue is asynq on Redis.
type asynqQueue struct {
	steps
	redis  redis.UniversalClient
	engine *faceidasynq.Engine
	looks  int
}

func newRedis(address string) *redis.Client {
	return redis.NewClient(&redis.Options{Addr: address, ContextTimeoutEnabled: true, DialTimeout: time.Second, ReadTimeout: 2 * time.Second})
}

// ledgerInRedis waits until Redis is there.
func ledgerInRedis(client *redis.Client) (l *redisledger.Ledger, err error) {
	err = until(ctx, func() error {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		l, err = redisledger.New(ctx, client, "trial")
		return err
	})
	return l, err
}

func newAsynq(c config, k *lib.Keeper, client *redis.Client) (*asynqQueue, error) {
	engine, err := faceidasynq.New(k, hibiken.NewClientFromRedisClient(client), faceidasynq.Options{Speed: c.Speed})
	return &asynqQueue{steps{k}, client, engine, c.Looks}, err
}

func (q *asynqQueue) open(ctx context.Context, o lib.Order) error { return q.engine.Add(ctx, o) }

func (q *asynqQueue) run(ctx context.Context) error {
	server := hibiken.NewServerFromRedisClient(q.redis, hibiken.Config{
		Concurrency: q.looks, Queues: faceidasynq.Queues(), RetryDelayFunc: faceidasynq.RetryDelay,
		DelayedTaskCheckInterval: time.Second, TaskCheckInterval: 200 * time.Millisecond, LogLevel: hibiken.FatalLevel,
	})
	mux := hibiken.NewServeMux()
	mux.Handle(faceidasynq.Type, q.engine)
	go func() { _ = q.engine.KeepFull(ctx, time.Second) }()
	if err := until(ctx, func() error { return server.Start(mux) }); err != nil {
		return err
	}
	<-ctx.Done()
	return context.Cause(ctx)
}
