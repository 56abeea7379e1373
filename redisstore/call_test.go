package redisstore_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/redisstore"
)

// slowContext is past its deadline, but is not done yet.
type slowContext struct{ context.Context }

func (slowContext) Deadline() (time.Time, bool) { return time.Now().Add(-1), true }

func TestAwaitTakesTheSocketsDeadlineForTheContexts(t *testing.T) {
	err := redisstore.Await(slowContext{context.Background()}, errors.New("i/o timeout"))

	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// A server without scripts quotes the arguments of the request, and a client that cannot
// read an answer quotes the answer.
func TestErrorDoesNotQuoteRecords(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{
		"-ERR unknown command 'evalsha', with args beginning with: '5e' '1' 'the-record' \r\n",
		"!the-record\r\n", "the-record\r\n", "$the-record\r\n", "*the-record\r\n", ":the-record\r\n", "+the-record\r\n", "*1\r\n$10\r\nthe-record\r\n",
	} {
		store := (&server{addr: parrot(t, answer), prefix: "faceid:"}).store(t, func(o *redis.Options) {
			o.MaxRetries, o.Protocol = -1, 2
		})
		_, _, errLoad := store.Load(within(t, 5*time.Second), key)
		_, errSwap := store.CompareAndSwap(within(t, 5*time.Second), key, []byte("the-record"), []byte("the-record"))
		_, errLock := store.Lock(within(t, 5*time.Second), key, time.Second)
		for _, err := range []error{errLoad, errSwap, errLock} {
			require.Error(t, err, answer)
			require.NotErrorIs(t, err, faceid.ErrNotFound)
			require.NotContains(t, err.Error(), "the-record")
		}
	}
}

func TestCallEndsWithCtxWhenTheServerHangs(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*redis.Options){
		"the client's defaults":         func(o *redis.Options) {},
		"the client watches a deadline": func(o *redis.Options) { o.ContextTimeoutEnabled = true },
		"one connection":                func(o *redis.Options) { o.PoolSize = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := ownServer(t)
			store := s.store(t, change)
			save(t, store, nil, "one")
			lock, err := store.Lock(t.Context(), key, time.Minute)
			require.NoError(t, err)
			goOn := s.hang(t)

			for what, call := range map[string]func(context.Context) error{
				"Load":           func(ctx context.Context) error { _, _, err := store.Load(ctx, key); return err },
				"CompareAndSwap": func(ctx context.Context) error { _, err := store.CompareAndSwap(ctx, key, nil, nil); return err },
				"Lock":           func(ctx context.Context) error { _, err := store.Lock(ctx, key, time.Minute); return err },
				"Unlock":         lock.Unlock,
			} {
				begin := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
				require.ErrorIs(t, call(ctx), context.DeadlineExceeded, what)
				cancel()
				ctx, cancel = context.WithCancel(t.Context())
				time.AfterFunc(50*time.Millisecond, cancel)
				require.ErrorIs(t, call(ctx), context.Canceled, what)
				require.Less(t, time.Since(begin), 500*time.Millisecond, what)
			}

			goOn()
			requireRecord(t, store, "one")
			require.NoError(t, lock.Unlock(t.Context()), "an Unlock that failed may be repeated")
		})
	}
}

// The client sends a request again if it gets no answer. Here the first answer is lost.
func TestCallThatLosesItsAnswerLosesNoRace(t *testing.T) {
	t.Parallel()
	s := ownServer(t)
	warm := s.store(t)
	warmUp(t, warm)

	save(t, s.store(t, lossy), nil, "one") // a plain compare-and-swap would find "one" and report a lost race
	requireRecord(t, warm, "one")

	begin := time.Now()
	lock, err := s.store(t, lossy).Lock(within(t, 5*time.Second), key, time.Minute) // a plain SET NX would wait for its own lock
	require.NoError(t, err)
	require.Less(t, time.Since(begin), 3*time.Second)
	require.NoError(t, lock.Unlock(t.Context()))
}

func TestCallSendsForgottenScriptsAgain(t *testing.T) {
	t.Parallel()
	s := ownServer(t)
	store, admin := s.store(t), s.client(t)
	forget := func() { require.NoError(t, admin.ScriptFlush(t.Context()).Err()) }

	save(t, store, nil, "one")
	forget()
	requireRecord(t, store, "one")
	forget()
	save(t, store, []byte("one"), "two")
	forget()
	lock, err := store.Lock(t.Context(), key, 300*time.Millisecond)
	require.NoError(t, err)
	forget()
	time.Sleep(500 * time.Millisecond) // the lease is renewed meanwhile
	require.Positive(t, lock.Left())
	forget()
	require.NoError(t, lock.Unlock(t.Context()))
	again, err := store.Lock(within(t, time.Second), key, time.Second)
	require.NoError(t, err)
	require.NoError(t, again.Unlock(t.Context()))
}

func TestCallReturnsTheErrorOfTheServer(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"LOADING Redis is loading", "OOM command not allowed", "READONLY You can't write against a read only replica."} {
		mr := mini(t)
		store := (&server{addr: mr.Addr(), prefix: "faceid:"}).store(t, func(o *redis.Options) { o.MaxRetries = -1 })
		save(t, store, nil, "one")
		mr.SetError(answer)

		_, _, err := store.Load(t.Context(), key)

		require.ErrorContains(t, err, answer)
		require.NotErrorIs(t, err, faceid.ErrNotFound)
		var refused redis.Error
		require.ErrorAs(t, err, &refused)
		_, err = store.CompareAndSwap(t.Context(), key, nil, []byte("two"))
		require.ErrorContains(t, err, answer)
		_, err = store.Lock(t.Context(), key, time.Minute)
		require.ErrorContains(t, err, answer)
	}
}

func TestCallFailsWhenTheServerEnds(t *testing.T) {
	t.Parallel()
	s := ownServer(t)
	store, other := s.store(t), s.store(t)
	save(t, store, nil, "one")
	lock, err := store.Lock(t.Context(), key, 900*time.Millisecond)
	require.NoError(t, err)
	waiting := make(chan error, 1)
	go func() {
		_, err := other.Lock(t.Context(), key, time.Minute)
		waiting <- err
	}()
	time.Sleep(50 * time.Millisecond)

	s.stop()

	_, _, err = store.Load(t.Context(), key)
	require.Error(t, err)
	require.NotErrorIs(t, err, faceid.ErrNotFound)
	var network *net.OpError
	require.ErrorAs(t, err, &network, "the client's error can be found with errors.As")
	_, err = store.CompareAndSwap(t.Context(), key, []byte("one"), []byte("two"))
	require.Error(t, err)
	require.Error(t, <-waiting)
	require.Eventually(t, func() bool { return lock.Left() <= 0 }, 2*time.Second, time.Millisecond)
	require.Error(t, lock.Unlock(t.Context()))
}

func TestCallFailsWithAClosedClient(t *testing.T) {
	t.Parallel()
	client := redis.NewClient(&redis.Options{Addr: mini(t).Addr()})
	store, err := redisstore.New(client)
	require.NoError(t, err)
	require.NoError(t, client.Close())

	_, _, err = store.Load(t.Context(), key)

	require.ErrorIs(t, err, redis.ErrClosed)
	require.False(t, errors.Is(err, faceid.ErrNotFound))
}
