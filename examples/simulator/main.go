// Command simulator serves the FaceID simulator on a port, for clients in any
// language and for hands: open a login URL and choose how the person ends.
//
//	go run ./examples/simulator -addr 127.0.0.1:18080
//
// The first line of output is JSON with the address, every key and every name that
// a client needs. Then comes one line per request, without secrets and persons.
// The flag -config takes apps, keys, RuleIds, dialects, endings and faults from a
// file. Package faceidtest describes the /sim/ paths.
//
// Whoever reaches the port decides how anybody ends. An address that others reach
// is served, because it was asked for by name, and a warning on the standard error
// says so.
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
	"sync/atomic"
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
	addr, c, err := parse(args, errOut)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	// Options of faceidtest panic, as they do in a test. Here they are a person's
	// flags, so a panic becomes an error.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	opts, err := c.options()
	if err != nil {
		return err
	}
	var begun atomic.Bool // the first line is out, and requests are told after it
	line := printer(out)
	sim := faceidtest.NewServer(append(opts, faceidtest.WithLog(func(r faceidtest.Request) {
		if begun.Load() {
			line(r)
		}
	}))...)
	defer sim.Close()
	if err := c.begin(ctx, sim); err != nil {
		return err
	}

	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, sim.Close)
	if err := greet(sim, l, out, errOut); err != nil {
		_ = l.Close()
		return err
	}
	begun.Store(true)
	if err := sim.Serve(l); ctx.Err() == nil {
		return err
	}
	return nil // it was asked to end, if only before it began
}

// greet writes the first line, and the warning about an address that others reach.
func greet(sim *faceidtest.Server, l net.Listener, out, errOut io.Writer) error {
	hello := sim.Keys()
	hello.BaseURL = "http://" + l.Addr().String()
	if a, ok := l.Addr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
		fmt.Fprintf(errOut, "simulator: %s is not loopback: whoever reaches it decides how anybody ends. It is no platform for real people.\n", l.Addr())
	}
	return json.NewEncoder(out).Encode(hello) //nolint:gosec // these secrets are invented, and clients need them
}

// parse reads the flags, and the file of -config. A flag wins over the file.
func parse(args []string, errOut io.Writer) (addr string, c config, err error) {
	flags := flag.NewFlagSet("simulator", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.StringVar(&addr, "addr", "127.0.0.1:18080", "address to listen on; port 0 takes a free one")
	appID := flags.String("app-id", "", "appID, with -secret; the default is invented")
	secret := flags.String("secret", "", "secret of -app-id")
	speed := flags.Float64("speed", 1, "divides every lifetime, above 0 to 120")
	lenient := flags.Bool("lenient", false, "tolerate what the platform is believed to tolerate")
	reentry := flags.Bool("reentry", false, "let a person who left a page enter again with the same faceId")
	unsigned := flags.Bool("unsigned-front-end", false, "send codes of the front-end back without a signature")
	fragment := flags.Bool("fragment-after-query", false, "put a callback's parameters before a fragment of the merchant's address, and not behind it")
	dialect := flags.String("dialect", "", "how answers are spelled: fields of faceidtest.Dialect, as in SuccessTrue,FlatResult")
	file := flags.String("config", "", "a JSON file with apps, accounts, rules, merchants, a dialect and what is scripted")
	if err := flags.Parse(args); err != nil {
		return "", c, err
	}
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if err := validate(flags, given, "addr", "app-id", "secret", "config", "dialect"); err != nil {
		return "", c, err
	}
	if *file != "" {
		if c, err = readConfig(*file); err != nil {
			return "", c, err
		}
	}
	if *appID != "" {
		c.Apps = []configApp{{AppID: *appID, Secret: *secret}}
	}
	if given["speed"] {
		if *speed == 0 { // in the file 0 stands for 1
			return "", c, errors.New("-speed is 0")
		}
		c.Speed = *speed
	}
	c.Lenient, c.Reentry = c.Lenient || *lenient, c.Reentry || *reentry
	c.UnsignedFrontEnd, c.FragmentAfterQuery = c.UnsignedFrontEnd || *unsigned, c.FragmentAfterQuery || *fragment
	if *dialect != "" {
		err = parseDialect(*dialect, &c.Dialect)
	}
	return addr, c, err
}

// validate refuses texts that are empty or have a blank at an end, half of an app,
// and what is no flag.
func validate(flags *flag.FlagSet, given map[string]bool, texts ...string) error {
	if flags.NArg() > 0 {
		return errors.New("all settings are flags, and something else stands among them")
	}
	for _, name := range texts {
		value := flags.Lookup(name).Value.String()
		switch {
		case given[name] && value == "": // as "$SECRET" is, if nobody set it
			return fmt.Errorf("-%s is empty", name)
		case strings.TrimSpace(value) != value:
			return fmt.Errorf("-%s has a blank or a line break at an end", name)
		}
	}
	switch {
	case given["app-id"] && !given["secret"]:
		return errors.New("-app-id goes with -secret, which is missing")
	case given["secret"] && !given["app-id"]:
		return errors.New("-secret goes with -app-id, which is missing")
	}
	return nil
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
