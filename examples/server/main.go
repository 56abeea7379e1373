// Command server is a merchant's backend for face verification in a mobile
// browser, in a browser on a PC and in an App. It is small enough to read and careful
// enough to copy. Without an account it runs on the embedded simulator:
//
//	go run ./examples/server
//
// With FACEID_APP_ID and FACEID_SECRET set it speaks to the real platform;
// FACEID_PRODUCT (plus, enhanced or basic), FACEID_BASE_URL and FACEID_LICENCE
// (of the App SDK) are optional. One of the two without the other, or an empty
// variable, is refused. An address that other machines reach is refused without
// credentials, since on the simulator everybody may pass; -simulator allows it.
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
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, lookup func(string) (string, bool), out, errOut io.Writer) error {
	flags := flag.NewFlagSet("server", flag.ExitOnError)
	addr := flags.String("addr", "127.0.0.1:8080", "address to listen on; port 0 takes a free one")
	public := flags.String("public", "", "base `URL` under which browsers reach this server (default http://<addr>, if that is loopback)")
	simulated := flags.Bool("simulator", false, "serve with the embedded simulator, where whoever comes may pass, on whatever address")
	_ = flags.Parse(args)
	if flags.NArg() > 0 { // as after "-simulator false", which would hide the flags behind it
		return errors.New("all settings are flags, and something else stands among them")
	}
	if empty := emptyFlag(flags, "addr", "public"); empty != "" { // as "$PUBLIC" is, if nobody set it
		return fmt.Errorf("-%s is empty", empty)
	}
	env, err := environment(lookup, []string{"FACEID_APP_ID", "FACEID_SECRET"}, "FACEID_PRODUCT", "FACEID_BASE_URL", "FACEID_LICENCE")
	if err != nil {
		return err
	}
	if *simulated && env != nil {
		return errors.New("-simulator is given, and FACEID_APP_ID is set: which of the two?")
	}
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	if a, ok := l.Addr().(*net.TCPAddr); *public == "" && (!ok || !a.IP.IsLoopback()) {
		return fmt.Errorf("listening on %s, which is not loopback, takes -public: the URL under which browsers reach this server", l.Addr())
	}

	cfg := config{
		public: cmp.Or(*public, "http://"+l.Addr().String()), licence: env["FACEID_LICENCE"],
		log: slog.New(slog.NewTextHandler(errOut, nil)),
	}
	platform, closePlatform, err := cfg.choose(env, *simulated || private(l.Addr(), cfg.public))
	if err != nil {
		return err
	}
	defer closePlatform()
	b, err := newBackend(cfg)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "listening on http://%s, with %s\n", l.Addr(), platform)
	return serve(ctx, l, b.handler(), cfg.log, b.client.Close)
}

// choose takes the real platform if the environment has its credentials, or else the
// simulator, if that is allowed. It names the platform, and says how to close it.
func (c *config) choose(env map[string]string, simulator bool) (platform string, closePlatform func(), err error) {
	if env == nil && !simulator {
		return "", nil, errors.New("FACEID_APP_ID and FACEID_SECRET are not set, and on the simulator whoever comes may pass: set them, or ask for it with -simulator")
	}
	if env == nil {
		sim := faceidtest.NewServer()
		platform = "the simulator at " + sim.URL() // a port: the browser opens its login page. It comes before Options, which name it
		c.options, c.licence = sim.Options(), "licence"
		return platform, sim.Close, nil
	}
	c.options = []faceid.Option{faceid.WithApp(env["FACEID_APP_ID"], env["FACEID_SECRET"])}
	if base := env["FACEID_BASE_URL"]; base != "" {
		c.options = append(c.options, faceid.WithBaseURL(base))
	}
	switch p := faceid.Product(env["FACEID_PRODUCT"]); p { // an appID is opened for one product
	case "":
	case faceid.ProductPlus, faceid.ProductEnhanced, faceid.ProductBasic:
		c.products, c.options = []faceid.Product{p}, append(c.options, faceid.WithProduct(p))
	default:
		return "", nil, errors.New("FACEID_PRODUCT is none of plus, enhanced, basic")
	}
	return "the real platform", func() {}, nil
}

// serve answers until ctx ends. Requests under way end first; then the client saves
// what it is fetching.
func serve(ctx context.Context, l net.Listener, handler http.Handler, log *slog.Logger, closeClient func(context.Context) error) error {
	server := &http.Server{
		Handler: handler, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		// A silent client must not keep a connection for ever. Writing gets more
		// time than the longest handler takes: see confirm.
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute,
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	var err error
	select {
	case err = <-served:
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 25*time.Second)
	defer cancel()
	return errors.Join(err, server.Shutdown(ctx), closeClient(ctx))
}

// environment returns the variables that are set, or nil if none is set. A variable
// that is empty, has a line break, or is set without all those that are required is
// an error, which names the variable and quotes no value. Otherwise a secret that
// failed to mount would put visitors before the simulator.
func environment(lookup func(string) (string, bool), required []string, optional ...string) (map[string]string, error) {
	var env map[string]string
	set := "" // the name of one that is set
	for _, name := range slices.Concat(required, optional) {
		value, there := lookup(name)
		switch {
		case !there:
			continue
		case value == "":
			return nil, fmt.Errorf("%s is set, but empty", name)
		case strings.TrimSpace(value) != value, strings.ContainsFunc(value, func(r rune) bool { return !unicode.IsPrint(r) }):
			return nil, fmt.Errorf("%s has a line break in it, a blank at an end, or what cannot be printed", name)
		case env == nil:
			env, set = map[string]string{}, name
		}
		env[name] = value
	}
	for _, name := range required {
		if env != nil && env[name] == "" {
			return nil, fmt.Errorf("%s is not set, but %s is", name, set)
		}
	}
	return env, nil
}

// private reports whether only this machine reaches the server: by the address that
// it listens on, and by the URL that browsers are given, which a proxy may serve.
func private(listens net.Addr, public string) bool {
	a, ok := listens.(*net.TCPAddr)
	u, err := url.Parse(public)
	if !ok || !a.IP.IsLoopback() || err != nil {
		return false
	}
	return strings.EqualFold(u.Hostname(), "localhost") || net.ParseIP(u.Hostname()).IsLoopback()
}

// emptyFlag returns the name of a flag that was given without a value, or "" if there
// is none.
func emptyFlag(flags *flag.FlagSet, names ...string) (empty string) {
	flags.Visit(func(f *flag.Flag) {
		if slices.Contains(names, f.Name) && strings.TrimSpace(f.Value.String()) == "" {
			empty = f.Name
		}
	})
	return empty
}
