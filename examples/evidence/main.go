// Command evidence shows how a merchant loses no result and no file, on the embedded
// simulator. People open verifications for a day: they pass, fail, quit, lose the network or
// never come, and the platform is out of order for 6 hours. Three days pass in seconds, and
// every order ends:
//
//	go run ./examples/evidence
//	go run ./examples/evidence -orders 1000 -speed 2000 -listen 127.0.0.1:8080
//
// The contracts, the ledger and the queue of River are in a file of SQLite, and the files of
// the people in a folder. Both are removed at the end, unless -dir says where they stay. With
// -postgres and -bucket they are in a database and a bucket of yours, and with -redis the
// queue is that of asynq. With -listen there is a
// page that shows the orders, and River UI with the jobs under /jobs/; the program then goes
// on until it is interrupted.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

// config is what the flags say.
type config struct {
	dir, postgres, redis, bucket, listen string
	orders                               int
	speed                                float64
	shown                                func(url string) // is told of the address of the page; nil: nobody
}

func main() {
	var c config
	flag.StringVar(&c.dir, "dir", "", "where the SQLite file and the files are kept (default: a folder that is removed at the end)")
	flag.StringVar(&c.postgres, "postgres", "", "the address of a Postgres database, instead of the SQLite file")
	flag.StringVar(&c.redis, "redis", "", "the URL of a Redis, as redis://127.0.0.1:6379: the queue is asynq there, instead of River in the database; take -speed 2000 then, since asynq counts seconds")
	flag.StringVar(&c.bucket, "bucket", "", "the bucket, as file:///var/lib/shop, mem:// or s3://name?region=…, instead of a folder in -dir")
	flag.StringVar(&c.listen, "listen", "", "where the page is shown, as 127.0.0.1:8080 (default: no page)")
	flag.IntVar(&c.orders, "orders", 40, "how many people come")
	flag.Float64Var(&c.speed, "speed", 20000, "how many times faster time runs; at 20000 three days take 13 seconds")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, c, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// run lets three days pass. It returns then, or with a page when ctx ends.
func run(ctx context.Context, c config, out io.Writer) error {
	if c.orders < 1 || c.speed < 1 {
		return fmt.Errorf("-orders and -speed must be 1 or more")
	}
	if c.dir == "" {
		temp, err := os.MkdirTemp("", "faceid-evidence")
		if err != nil {
			return err
		}
		defer os.RemoveAll(temp)
		c.dir = temp
	}
	if err := os.MkdirAll(filepath.Join(c.dir, "files"), 0o700); err != nil {
		return err
	}
	fmt.Fprintln(out, "The platform is the embedded simulator.")
	s, err := open(ctx, c, out)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.engine.start(ctx); err != nil {
		return err
	}
	defer s.engine.stop()
	if c.listen != "" {
		end, err := s.serve(ctx, c)
		if err != nil {
			return err
		}
		defer end()
	}
	if err := s.days(ctx, c.orders); err != nil {
		return err
	}
	if err := s.report(ctx); err != nil {
		return err
	}
	if c.listen != "" {
		fmt.Fprintln(out, "The page stays until you interrupt the program.")
		<-ctx.Done()
	}
	return nil
}

// serve shows the page until end is called.
func (s *shop) serve(ctx context.Context, c config) (end func(), err error) {
	l, err := net.Listen("tcp", c.listen)
	if err != nil {
		return nil, err
	}
	pages, err := s.pages(ctx)
	if err != nil {
		_ = l.Close()
		return nil, err
	}
	server := &http.Server{Handler: pages, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(l) //nolint:errcheck // it ends with Close
	url := "http://" + l.Addr().String()
	fmt.Fprintln(s.out, "The page is "+url+".")
	if c.redis == "" {
		fmt.Fprintln(s.out, "The jobs of River are "+url+"/jobs/.")
	}
	if c.shown != nil {
		c.shown(url)
	}
	return func() { _ = server.Close() }, nil
}
