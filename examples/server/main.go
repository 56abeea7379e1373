// Command server is a merchant's backend for face verification in a mobile
// browser, in a browser on a PC and in an App: small enough to read, careful
// enough to copy. Without an account it runs on the embedded simulator:
//
//	go run ./examples/server
//
// With FACEID_APP_ID and FACEID_SECRET set it speaks to the real platform;
// FACEID_PRODUCT (plus, enhanced or basic), FACEID_BASE_URL and FACEID_LICENCE
// (of the App SDK) are optional.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, getenv func(string) string, out, errOut io.Writer) error {
	flags := flag.NewFlagSet("server", flag.ExitOnError)
	addr := flags.String("addr", "127.0.0.1:8080", "address to listen on; port 0 takes a free one")
	public := flags.String("public", "", "base `URL` under which browsers reach this server (default http://<addr>, if that is loopback)")
	_ = flags.Parse(args)
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	if a, ok := l.Addr().(*net.TCPAddr); *public == "" && (!ok || !a.IP.IsLoopback()) {
		return fmt.Errorf("listening on %s, which is not loopback, takes -public: the URL under which browsers reach this server", l.Addr())
	}

	cfg := config{
		public: cmp.Or(*public, "http://"+l.Addr().String()), licence: getenv("FACEID_LICENCE"),
		log: slog.New(slog.NewTextHandler(errOut, nil)),
	}
	platform := "the real platform"
	if id, secret := getenv("FACEID_APP_ID"), getenv("FACEID_SECRET"); id != "" || secret != "" {
		cfg.options = []faceid.Option{faceid.WithApp(id, secret)}
		if base := getenv("FACEID_BASE_URL"); base != "" {
			cfg.options = append(cfg.options, faceid.WithBaseURL(base))
		}
	} else {
		simulator := faceidtest.NewServer()
		defer simulator.Close()
		platform = "the simulator at " + simulator.URL() // a port: the browser opens its login page
		cfg.options, cfg.licence = simulator.Options(), cmp.Or(cfg.licence, "licence")
	}
	if p := faceid.Product(getenv("FACEID_PRODUCT")); p != "" { // an appID is opened for one product
		cfg.products, cfg.options = []faceid.Product{p}, append(cfg.options, faceid.WithProduct(p))
	}
	b, err := newBackend(cfg)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: b.handler(), MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(cfg.log.Handler(), slog.LevelWarn),
		// A silent client must not keep a connection for ever. Writing gets more
		// time than the longest handler takes: see confirm.
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute,
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	fmt.Fprintf(out, "listening on http://%s, with %s\n", l.Addr(), platform)
	select {
	case err = <-served:
	case <-ctx.Done():
	}
	// Requests under way end first; then the client saves what it is fetching.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 25*time.Second)
	defer cancel()
	return errors.Join(err, server.Shutdown(ctx), b.client.Close(ctx))
}
