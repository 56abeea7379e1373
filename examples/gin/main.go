// Command gin is a merchant's backend for face verification in a browser, with the web
// framework gin. Sessions, credentials, the ledger of the evidence and the job queue are in
// Redis, so any number of processes serve the same people. Without an account it runs on
// the embedded simulator, with a Redis inside the process:
//
//	go run ./examples/gin
//
// With FACEID_APP_ID and FACEID_SECRET set it speaks to the real platform. Then it needs
// -redis and -bucket. FACEID_PRODUCT (plus, enhanced or basic) and FACEID_BASE_URL are
// optional, and REDIS_PASSWORD is that of the Redis: a password in an argument would stand
// in the list of processes. One variable without those beside it, or an empty one, is
// refused. An address that other machines reach is refused without credentials, since on
// the simulator everybody may pass; -simulator allows it.
//
// Metrics are on an address of their own (-metrics, path /metrics), which visitors must not
// reach. The same address answers /healthz.
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
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "gin:", err)
		os.Exit(1)
	}
}

// settings is what the flags say.
type settings struct {
	addr, public, metrics, redis, bucket, proxies string
	limit                                         int
	simulator                                     bool
}

func run(ctx context.Context, args []string, lookup func(string) (string, bool), out, errOut io.Writer) (err error) {
	set, err := parse(args, errOut)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	env, err := environment(lookup, []string{"FACEID_APP_ID", "FACEID_SECRET"}, "FACEID_PRODUCT", "FACEID_BASE_URL")
	if err != nil {
		return err
	}
	l, admin, err := listen(&set)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	defer func() { _ = admin.Close() }()
	cfg := config{
		public: set.public, limit: set.limit, proxies: fields(set.proxies),
		log: slog.New(slog.NewTextHandler(errOut, nil)),
	}
	platform, closePlatform, err := cfg.choose(env, set, private(l.Addr(), set.public))
	if err != nil {
		return err
	}
	defer closePlatform()
	stores, err := openStores(ctx, set, lookup)
	if err != nil {
		return err
	}
	defer stores.close()
	cfg.stores = stores
	s, err := newService(ctx, cfg)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "listening on http://%s, with %s and %s\n", l.Addr(), platform, stores.name)
	fmt.Fprintf(out, "metrics on http://%s/metrics\n", admin.Addr())
	return s.serve(ctx, l, admin)
}

func parse(args []string, errOut io.Writer) (set settings, err error) {
	flags := flag.NewFlagSet("gin", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.StringVar(&set.addr, "addr", "127.0.0.1:8080", "address to listen on; port 0 takes a free one")
	flags.StringVar(&set.public, "public", "", "base `URL` under which browsers reach this service (default http://<addr>, if that is loopback)")
	flags.StringVar(&set.metrics, "metrics", "127.0.0.1:9464", "address of /metrics and /healthz, which visitors must not reach")
	flags.StringVar(&set.redis, "redis", "", "`URL` of the Redis, as redis://127.0.0.1:6379 or rediss://name@host:6380/1; REDIS_PASSWORD has its password (default: a Redis inside this process)")
	flags.StringVar(&set.bucket, "bucket", "", "`URL` of the bucket that keeps the evidence, as file:///var/lib/shop or s3://name?region=… (default: a folder that is removed at the end)")
	flags.StringVar(&set.proxies, "proxies", "", "addresses or networks of the proxies before this service, with commas between: only they are believed who the visitor is (default: none)")
	flags.IntVar(&set.limit, "limit", 60, "verifications that one address may begin in 10 minutes")
	flags.BoolVar(&set.simulator, "simulator", false, "serve with the embedded simulator, where whoever comes may pass, on whatever address")
	if err := flags.Parse(args); err != nil {
		return set, err
	}
	if flags.NArg() > 0 { // as after "-simulator false", which would hide the flags behind it
		return set, errors.New("all settings are flags, and something else stands among them")
	}
	if empty := emptyFlag(flags, "addr", "public", "metrics", "redis", "bucket", "proxies"); empty != "" { // as "$REDIS" is, if nobody set it
		return set, fmt.Errorf("-%s is empty", empty)
	}
	if set.limit < 1 {
		return set, errors.New("-limit must be 1 or more")
	}
	return set, nil
}

// listen opens both addresses, and completes the public URL.
func listen(set *settings) (l, admin net.Listener, err error) {
	if l, err = net.Listen("tcp", set.addr); err != nil {
		return nil, nil, err
	}
	if a, ok := l.Addr().(*net.TCPAddr); set.public == "" && (!ok || !a.IP.IsLoopback()) {
		return nil, nil, errors.Join(fmt.Errorf("listening on %s, which is not loopback, takes -public: the URL under which browsers reach this service", l.Addr()), l.Close())
	}
	if admin, err = net.Listen("tcp", set.metrics); err != nil {
		return nil, nil, errors.Join(err, l.Close())
	}
	set.public = cmp.Or(set.public, "http://"+l.Addr().String())
	return l, admin, nil
}

// choose takes the real platform if the environment has its credentials, or else the
// simulator, if that is allowed. It names the platform, and says how to close it.
func (c *config) choose(env map[string]string, set settings, private bool) (platform string, closePlatform func(), err error) {
	switch {
	case env != nil && set.simulator:
		return "", nil, errors.New("-simulator is given, and FACEID_APP_ID is set: which of the two?")
	case env == nil && !set.simulator && !private:
		return "", nil, errors.New("FACEID_APP_ID and FACEID_SECRET are not set, and on the simulator whoever comes may pass: set them, or ask for it with -simulator")
	case env == nil && set.redis != "": // each process would have a simulator of its own, with secrets of its own
		return "", nil, errors.New("-redis is for the real platform, or for a simulator on a port that FACEID_BASE_URL names: set FACEID_APP_ID and FACEID_SECRET")
	case env == nil:
		sim := faceidtest.NewServer()
		platform = "the simulator at " + sim.URL() // a port: the browser opens its login page. It comes before Options, which name it
		c.options = sim.Options()
		return platform, sim.Close, nil
	case set.redis == "" || set.bucket == "": // what is in this process is lost when it ends
		return "", nil, errors.New("with the real platform, -redis and -bucket say where sessions, credentials and evidence are kept")
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

// fields splits a list with commas.
func fields(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}
