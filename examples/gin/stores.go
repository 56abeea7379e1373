package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/s3blob"
)

// stores are what outlives a process: Redis, and the bucket of the evidence.
type stores struct {
	redis  redis.UniversalClient
	bucket *blob.Bucket
	name   string // of the Redis, for people
	closed []func()
}

// openStores opens those that the flags name. In place of each that they do not name there
// is one for as long as this process lives.
func openStores(ctx context.Context, set settings, lookup func(string) (string, bool)) (s stores, err error) {
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if set.redis == "" {
		err = s.embed()
	} else {
		err = s.connect(ctx, set.redis, lookup)
	}
	if err != nil {
		return s, err
	}
	if set.bucket == "" {
		return s, s.folder()
	}
	if s.bucket, err = blob.OpenBucket(ctx, set.bucket); err != nil {
		return s, errors.New("-bucket cannot be opened: give a URL such as file:///var/lib/shop, of a folder that exists") // the URL may hold a key
	}
	s.closed = append(s.closed, func() { _ = s.bucket.Close() })
	return s, nil
}

// connect opens the Redis of a fleet. No error quotes the URL.
func (s *stores) connect(ctx context.Context, url string, lookup func(string) (string, bool)) error {
	options, err := redis.ParseURL(url)
	if err != nil {
		return errors.New("-redis is no URL like redis://127.0.0.1:6379")
	}
	if options.Password != "" {
		return errors.New("-redis has a password in it, and the list of processes shows that: set REDIS_PASSWORD")
	}
	if options.Password, _, err = variable(lookup, "REDIS_PASSWORD"); err != nil {
		return err
	}
	// A context ends a request that is under way. Without this a Redis that hangs would
	// hold a visitor for as long as the timeouts and repetitions of the client together.
	options.ContextTimeoutEnabled = true
	client := redis.NewClient(options)
	s.redis, s.name = client, "Redis at "+options.Addr
	s.closed = append(s.closed, func() { _ = client.Close() })
	if err := client.Ping(ctx).Err(); err != nil {
		return errors.New("the Redis of -redis does not answer, or wants another password")
	}
	return nil
}

// embed starts a Redis inside this process. It is for trying the example: what is in it is
// lost with the process.
func (s *stores) embed() error {
	server := miniredis.NewMiniRedis()
	if err := server.Start(); err != nil {
		return err
	}
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), ContextTimeoutEnabled: true})
	s.redis, s.name = client, "a Redis inside this process"
	tick, ended := time.NewTicker(time.Second), make(chan struct{})
	go func() {
		for {
			select {
			case <-tick.C:
				server.FastForward(time.Second) // its keys expire by this alone
			case <-ended:
				return
			}
		}
	}()
	s.closed = append(s.closed, server.Close, func() {
		tick.Stop()
		close(ended)
		_ = client.Close()
	})
	return nil
}

// folder makes the bucket in a folder of its own.
func (s *stores) folder() error {
	path, err := os.MkdirTemp("", "gin-evidence-")
	if err != nil {
		return err
	}
	s.closed = append(s.closed, func() { _ = os.RemoveAll(path) })
	if s.bucket, err = fileblob.OpenBucket(path, &fileblob.Options{Metadata: fileblob.MetadataDontWrite}); err != nil {
		return err
	}
	s.closed = append(s.closed, func() { _ = s.bucket.Close() })
	return nil
}

// close closes what was opened, the last first.
func (s *stores) close() {
	for _, end := range slices.Backward(s.closed) {
		end()
	}
}
