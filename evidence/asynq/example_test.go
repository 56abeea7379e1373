package asynq_test

import (
	"context"
	"log"
	"time"

	hibiken "github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/faceid-go/faceid/evidence"
	faceidasynq "github.com/faceid-go/faceid/evidence/asynq"
)

var (
	keeper *evidence.Keeper
	order  evidence.Order
)

func Example() {
	ctx := context.Background()
	rdb := redis.NewClient(&redis.Options{Addr: "redis:6379"})
	engine, err := faceidasynq.New(keeper, hibiken.NewClientFromRedisClient(rdb), faceidasynq.Options{})
	if err != nil {
		log.Fatal(err)
	}

	// The workers, in one process or many.
	server := hibiken.NewServerFromRedisClient(rdb, hibiken.Config{
		Concurrency: 4, Queues: faceidasynq.Queues(), RetryDelayFunc: faceidasynq.RetryDelay,
	})
	mux := hibiken.NewServeMux()
	mux.Handle(faceidasynq.Type, engine)
	if err := server.Start(mux); err != nil {
		log.Fatal(err)
	}
	go func() { log.Print(engine.KeepFull(ctx, time.Minute)) }()

	// Right after an order was opened at the platform.
	if err := engine.Add(ctx, order); err != nil {
		log.Fatal(err)
	}
}
