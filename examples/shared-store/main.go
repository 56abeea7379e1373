// Command shared-store runs several clients, as several processes would, on one
// store of credentials: together they fetch one access token per period, and
// nobody's call fails while it is replaced.
//
//	go run ./examples/shared-store
//	go run ./examples/shared-store -redis 127.0.0.1:6379
//
// The platform is the embedded simulator at 60 times its speed: a token is
// replaced every 20 seconds.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/faceid-go/faceid/redisstore"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	addr := flag.String("redis", "", "address of a Redis server; the default is a directory")
	clients := flag.Int("clients", 4, "clients that share the store")
	length := flag.Duration("for", 30*time.Second, "how long to run")
	flag.Parse()
	flag.Visit(func(f *flag.Flag) { // as "$REDIS" is, if nobody set it: clients of a fleet would share nothing
		if f.Name == "redis" && *addr == "" {
			fmt.Fprintln(os.Stderr, "shared-store: -redis is empty")
			os.Exit(1)
		}
	})
	if err := run(ctx, *addr, *clients, *length); err != nil {
		fmt.Fprintln(os.Stderr, "shared-store:", err)
		os.Exit(1)
	}
}

// openStore is all that differs between one machine and a fleet.
func openStore(addr string) (faceid.Store, func(), error) {
	if addr == "" {
		dir, err := os.MkdirTemp("", "shared-store")
		if err != nil {
			return nil, nil, err
		}
		store, err := faceid.NewFileStore(filepath.Join(dir, "credentials"))
		return store, func() { _ = os.RemoveAll(dir) }, err
	}
	client := redis.NewClient(&redis.Options{Addr: addr})
	store, err := redisstore.New(client)
	return store, func() { _ = client.Close() }, err
}

func run(ctx context.Context, addr string, clients int, length time.Duration) error {
	platform := faceidtest.NewServer(faceidtest.WithSpeed(60), faceidtest.WithApp("TIDA0042", "shared-store-secret"))
	defer platform.Close()
	store, done, err := openStore(addr)
	if err != nil {
		return err
	}
	defer done()

	ctx, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	var verified, failed atomic.Int64
	var workers sync.WaitGroup
	for range clients {
		client := platform.Client(faceid.WithStore(store))
		defer client.Close(context.WithoutCancel(ctx))
		workers.Go(func() {
			for ctx.Err() == nil {
				if err := verify(ctx, client, platform); err == nil {
					verified.Add(1)
				} else if ctx.Err() == nil {
					failed.Add(1)
					fmt.Println("failed:", err)
				}
				time.Sleep(20 * time.Millisecond)
			}
		})
	}
	workers.Wait()
	mints := platform.Mints(platform.AppID())
	fmt.Printf("%d clients on %v verified %d people; failures: %d\n", clients, store, verified.Load(), failed.Load())
	fmt.Printf("access tokens fetched: %d, at the same time: %d\n", len(mints), platform.ConcurrentMints(platform.AppID()))
	for i := 1; i < len(mints); i++ {
		fmt.Printf("  replaced after %v\n", mints[i].Sub(mints[i-1]).Round(100*time.Millisecond))
	}
	if failed.Load() > 0 {
		return errors.New("calls failed")
	}
	return nil
}

func verify(ctx context.Context, client *faceid.Client, platform *faceidtest.Server) error {
	login, err := client.StartH5(ctx, faceid.H5Request{
		Person:      faceid.Person{UserID: "user1", Name: "李测试", IDNo: "110101199003074477"},
		RedirectURL: "https://merchant.example/back", From: faceid.FromBrowser,
	})
	if err != nil {
		return err
	}
	back, err := platform.Visit(ctx, login.URL)
	if err != nil {
		return err
	}
	_, err = client.ConfirmReturn(ctx, back, &login.Session)
	return err
}
