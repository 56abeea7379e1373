package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hibiken/asynq"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
	faceidasynq "github.com/faceid-go/faceid/evidence/asynq"
	"github.com/faceid-go/faceid/evidence/redisledger"
)

// typeReturned is the type of a task that looks at an order at once, because its person is
// back. It has a queue of its own, which goes before the looks that are made by the clock.
const (
	typeReturned  = "gin:returned"
	queueReturned = "gin:returned"
)

// openEvidence makes what keeps the evidence: the ledger in Redis, the files in the bucket,
// and the queue of asynq, which all processes work on.
func (s *service) openEvidence(ctx context.Context) error {
	ledger, err := redisledger.New(ctx, s.stores.redis, "gin-evidence")
	if err != nil {
		return err
	}
	s.keeper, err = evidence.New(evidence.Options{
		Client: s.client, Bucket: s.stores.bucket, Ledger: ledger, Logger: s.log, Now: s.now, OnOutcome: s.told,
	})
	if err != nil {
		return err
	}
	s.queue = asynq.NewClientFromRedisClient(s.stores.redis)
	if s.engine, err = faceidasynq.New(s.keeper, s.queue, faceidasynq.Options{Speed: s.speed}); err != nil {
		return err
	}
	queues := faceidasynq.Queues()
	queues[queueReturned] = 16
	s.workers = asynq.NewServerFromRedisClient(s.stores.redis, asynq.Config{
		Concurrency: 4, Queues: queues, RetryDelayFunc: faceidasynq.RetryDelay, LogLevel: asynq.ErrorLevel, Logger: queueLog{s.log},
		TaskCheckInterval: s.pace, DelayedTaskCheckInterval: s.pace,
	})
	return s.metrics.observe(s.keeper)
}

// keep puts the session's order into the ledger and the queue.
func (s *service) keep(ctx context.Context, who *session) error {
	err := s.engine.Add(ctx, orderOf(who))
	if err != nil {
		s.log.ErrorContext(ctx, "an order was not kept", "err", err)
		return errMemory
	}
	return nil
}

// orderOf names the session's order to the Keeper. Its Ref is the UserID, which is random
// here; where people log in it is the number of your contract.
func orderOf(who *session) evidence.Order {
	kind := evidence.FaceH5
	if who.Login.Product == faceid.ProductBasic {
		kind = evidence.FacePC
	}
	return evidence.Order{Kind: kind, Number: who.Login.OrderNo, Product: who.Login.Product, OpenedAt: who.Login.OpenedAt, Ref: who.UserID}
}

// returned has a worker look at the order at once. If the task is lost, the clock has the
// order looked at 7 minutes after it was opened.
func (s *service) returned(ctx context.Context, who *session) {
	key := orderOf(who).Key()
	_, err := s.queue.EnqueueContext(ctx, asynq.NewTask(typeReturned, []byte(key)), asynq.Queue(queueReturned), asynq.TaskID(typeReturned+":"+key))
	if err != nil && !errors.Is(err, asynq.ErrTaskIDConflict) {
		s.log.WarnContext(ctx, "an order is not looked at at once", "err", errMemory)
	}
}

// lookAtOnce looks at the order of a task, and puts the next look into the queue.
func (s *service) lookAtOnce(ctx context.Context, t *asynq.Task) error {
	key := string(t.Payload())
	p, err := s.keeper.StepKey(ctx, key)
	switch {
	case errors.Is(err, evidence.ErrNoEntry):
		return fmt.Errorf("%w: %w", err, asynq.RevokeTask)
	case err != nil || p.State == evidence.Done:
		return err
	}
	entry, err := s.keeper.Ledger.Load(ctx, key)
	if err != nil {
		return err
	}
	return s.engine.Add(ctx, entry.Order)
}

// told is told how each order ended, also if its person never came back to this service. It
// ends no order with a pass: the platform vouches that the person was verified, and not that
// the person sits at the browser that opened the order. Only ConfirmReturn knows that. And a
// result that may have been lost says nothing about the person.
func (s *service) told(ctx context.Context, out evidence.Outcome) error {
	if out.Passed || out.Late {
		return nil
	}
	return s.memory.settle(ctx, out.Order.Number, &outcome{Gloss: out.Code.Gloss(), Charged: out.Charged.String(), Remedy: out.Code.Remedy()})
}

// unfinished counts the orders that were opened longer ago than age and have no end.
func unfinished(k *evidence.Keeper) func(context.Context, time.Duration) (int, error) {
	return func(ctx context.Context, age time.Duration) (n int, err error) {
		for _, err := range k.Late(ctx, age) {
			if err != nil {
				return 0, errMemory
			}
			n++
		}
		return n, nil
	}
}
