package redisstore_test

import (
	"log"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/redisstore"
)

func Example() {
	rdb := redis.NewClient(&redis.Options{
		Addr:                  "redis:6379",
		DialTimeout:           time.Second,
		ReadTimeout:           time.Second, // a Redis that hangs is noticed soon
		ContextTimeoutEnabled: true,
	})
	defer rdb.Close()
	store, err := redisstore.New(rdb)
	if err != nil {
		log.Fatal(err)
	}
	client, err := faceid.New(faceid.WithApp("TIDA0001", "the secret"), faceid.WithStore(store))
	if err != nil {
		log.Fatal(err)
	}
	_ = client // every process with this appID creates such a client
}
