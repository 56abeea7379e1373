// Command simulator serves the FaceID simulator on a port, for clients in any
// language and for hands: open a login URL and choose how the person ends.
//
//	go run ./examples/simulator -addr 127.0.0.1:18080
//
// The first line of output is JSON with base_url, app_id and secret; then comes
// one line per request, without secrets and persons. Package faceidtest
// describes the /sim/ paths. Whoever reaches the port decides how anybody ends:
// an address that others reach is served, as it was asked for by name, and a
// warning says so on the standard error.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"

	"github.com/faceid-go/faceid/faceidtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "simulator:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, errOut io.Writer) (err error) {
	flags := flag.NewFlagSet("simulator", flag.ContinueOnError)
	flags.SetOutput(errOut)
	addr := flags.String("addr", "127.0.0.1:18080", "address to listen on; port 0 takes a free one")
	appID := flags.String("app-id", "", "appID, with -secret; the default is invented")
	secret := flags.String("secret", "", "secret of -app-id")
	speed := flags.Float64("speed", 1, "divides every lifetime, above 0 to 120")
	lenient := flags.Bool("lenient", false, "tolerate what the platform is believed to tolerate")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	if flags.NArg() > 0 {
		return errors.New("all settings are flags, and something else stands among them")
	}
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	for _, f := range []struct{ name, value string }{{"addr", *addr}, {"app-id", *appID}, {"secret", *secret}} {
		switch {
		case given[f.name] && f.value == "": // as "$SECRET" is, if nobody set it
			return fmt.Errorf("-%s is empty", f.name)
		case strings.TrimSpace(f.value) != f.value:
			return fmt.Errorf("-%s has a blank or a line break at an end", f.name)
		}
	}
	switch {
	case given["app-id"] && !given["secret"]:
		return errors.New("-app-id goes with -secret, which is missing")
	case given["secret"] && !given["app-id"]:
		return errors.New("-secret goes with -app-id, which is missing")
	}
	// Options panic, as in a test; here they are a person's flags.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()

	opts := []faceidtest.Option{faceidtest.WithSpeed(*speed), faceidtest.WithLog(printer(out))}
	if *appID != "" {
		opts = append(opts, faceidtest.WithApp(*appID, *secret))
	}
	if *lenient {
		opts = append(opts, faceidtest.WithLenient())
	}
	sim := faceidtest.NewServer(opts...)
	defer sim.Close()

	l, err := net.Listen("tcp", *addr)
	if err != nil {
		return err
	}
	hello := map[string]string{"base_url": "http://" + l.Addr().String(), "app_id": sim.AppID(), "secret": sim.Secret()}
	if err := json.NewEncoder(out).Encode(hello); err != nil {
		_ = l.Close()
		return err
	}
	if a, ok := l.Addr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
		fmt.Fprintf(errOut, "simulator: %s is not loopback: whoever reaches it decides how anybody ends. It is no platform for real people.\n", l.Addr())
	}
	context.AfterFunc(ctx, sim.Close)
	if err := sim.Serve(l); ctx.Err() == nil {
		return err
	}
	return nil // it was asked to end, if only before it began
}

// printer writes one line per request; requests end at the same time.
func printer(out io.Writer) func(faceidtest.Request) {
	var mu sync.Mutex
	return func(r faceidtest.Request) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(out, "%s %s %q http=%d code=%s order=%s took=%s",
			r.Time.Format("15:04:05.000"), r.Method, r.Path, r.Status, r.Code, r.OrderNo, r.Duration)
		if r.Why != "" {
			fmt.Fprintf(out, " why=%q", r.Why)
		}
		fmt.Fprintln(out)
	}
}
