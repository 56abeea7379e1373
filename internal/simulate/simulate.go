// Package simulate serves the FaceID simulator on a port, with all its switches. It is
// behind `faceid simulate` and behind examples/simulator.
package simulate

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/faceid-go/faceid/faceidtest"
)

// Run serves the simulator until ctx ends, which is no error. The args are flags, as
// Flags lists them, and name stands before warnings and in the usage of -help. The first
// line that goes to out is JSON with the address, every key and every name that a client
// needs (faceidtest.Keys). Then comes one line per request, without secrets and persons.
//
// The error quotes no secret. It is ErrUsage if the flags or the file of -config cannot
// be used.
func Run(ctx context.Context, name string, args []string, out, errOut io.Writer) (err error) {
	addr, c, err := parse(name, args, errOut)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return &usageError{err}
	}
	// Options of faceidtest panic, as they do in a test. Here they are a person's
	// flags, so a panic becomes an error.
	defer func() {
		if p := recover(); p != nil {
			err = &usageError{fmt.Errorf("%v", p)}
		}
	}()
	opts, err := c.options()
	if err != nil {
		return &usageError{err}
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
		return &usageError{err}
	}

	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, sim.Close)
	if err := greet(sim, l, name, out, errOut); err != nil {
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
func greet(sim *faceidtest.Server, l net.Listener, name string, out, errOut io.Writer) error {
	hello := sim.Keys()
	hello.BaseURL = "http://" + l.Addr().String()
	if a, ok := l.Addr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
		fmt.Fprintf(errOut, "%s: %s is not loopback: whoever reaches it decides how anybody ends. It is no platform for real people.\n", name, l.Addr())
	}
	return json.NewEncoder(out).Encode(hello) //nolint:gosec // these secrets are invented, and clients need them
}

// ErrUsage says that the flags or the file of -config cannot be used.
var ErrUsage = errors.New("the simulator cannot be started like this")

// usageError is an error that is ErrUsage and reads as it is.
type usageError struct{ error }

func (e *usageError) Is(target error) bool { return target == ErrUsage }
func (e *usageError) Unwrap() error        { return e.error }

// settings are the flags as they are given.
type settings struct {
	addr, appID, secret, dialect, file   string
	speed                                float64
	lenient, reentry, unsigned, fragment bool
}

// flags returns the flags, which set s.
func (s *settings) flags(name string) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.StringVar(&s.addr, "addr", "127.0.0.1:18080", "address to listen on; port 0 takes a free one")
	flags.StringVar(&s.appID, "app-id", "", "appID, with -secret; the default is invented")
	flags.StringVar(&s.secret, "secret", "", "secret of -app-id; make one up, and never give one of the platform")
	flags.Float64Var(&s.speed, "speed", 1, "divides every lifetime, above 0 to 120")
	flags.BoolVar(&s.lenient, "lenient", false, "tolerate what the platform is believed to tolerate")
	flags.BoolVar(&s.reentry, "reentry", false, "let a person who left a page enter again with the same faceId")
	flags.BoolVar(&s.unsigned, "unsigned-front-end", false, "send codes of the front-end back without a signature")
	flags.BoolVar(&s.fragment, "fragment-after-query", false, "put a callback's parameters before a fragment of the merchant's address, and not behind it")
	flags.StringVar(&s.dialect, "dialect", "", "how answers are spelled: fields of faceidtest.Dialect, as in SuccessTrue,FlatResult")
	flags.StringVar(&s.file, "config", "", "a JSON file with apps, accounts, rules, merchants, a dialect and what is scripted")
	return flags
}

// Flags calls visit for every flag of Run, in the order of their names.
func Flags(visit func(*flag.Flag)) { new(settings).flags("").VisitAll(visit) }

// parse reads the flags, and the file of -config. A flag wins over the file.
func parse(name string, args []string, errOut io.Writer) (addr string, c config, err error) {
	var s settings
	flags := s.flags(name)
	flags.SetOutput(errOut)
	if err := flags.Parse(args); err != nil {
		return "", c, err
	}
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if err := validate(flags, given, "addr", "app-id", "secret", "config", "dialect"); err != nil {
		return "", c, err
	}
	if s.file != "" {
		if c, err = readConfig(s.file); err != nil {
			return "", c, err
		}
	}
	if s.appID != "" {
		c.Apps = []configApp{{AppID: s.appID, Secret: s.secret}}
	}
	if given["speed"] {
		if s.speed == 0 { // in the file 0 stands for 1
			return "", c, errors.New("-speed is 0")
		}
		c.Speed = s.speed
	}
	c.Lenient, c.Reentry = c.Lenient || s.lenient, c.Reentry || s.reentry
	c.UnsignedFrontEnd, c.FragmentAfterQuery = c.UnsignedFrontEnd || s.unsigned, c.FragmentAfterQuery || s.fragment
	if s.dialect != "" {
		err = parseDialect(s.dialect, &c.Dialect)
	}
	return s.addr, c, err
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
