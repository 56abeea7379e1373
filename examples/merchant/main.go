// Command merchant is a small bilingual shop that shows every product of this SDK in a
// browser: it verifies people on pages, in an App and in a mini program, reads cards and
// chips, and checks data. It shows what happens underneath: the calls, what was signed
// with which ticket, scores, charges. Without an account it runs on the embedded
// simulator, on one port:
//
//	go run ./examples/merchant
//
// With credentials in the environment it speaks to the real platform, under the
// address of -public-url:
//
//	FACEID_APP_ID, FACEID_SECRET          Plus, Enhanced, PC H5, will; FACEID_PRODUCT
//	                                      (plus, enhanced, basic, will) names the one
//	                                      that the appID was opened for,
//	                                      FACEID_BASE_URL another host
//	TENCENTCLOUD_SECRET_ID, …_KEY         with FACEID_RULE_ID WeChat, with
//	                                      FACEID_MERCHANT_ID E证通
//	TENCENTCLOUD_INTL_SECRET_ID, …_KEY    with FACEID_REGION international eKYC
//
// The App, the mini program, cards, chips and checks run on the simulator only. They
// take an App or a mini program of yours, and a check on a site that everybody reaches
// would tell strangers about the data of others.
//
// A variable without those beside it, or an empty one, is refused. An address that
// other machines reach is refused without credentials, since on the simulator
// everybody may pass; -simulator allows it.
//
// package main keeps these names for browser tests: cards have data-product
// (plus, enhanced, pc, app, will, wechat, mini, eid, intl, ocr, bankcard, nfc, check-id,
// check-bank, check-phone); a form's fields are name, idNo, phone, bankCard and answer,
// and its button is #start; main has data-outcome on the page of an order (passed,
// refused, none, waiting, error) and on messages (tampered, replayed, foreign, expired,
// invalid, missing, error); #steps, #orders, #bill and #charges are tables (rows of
// #orders have data-state and data-evidence), #photo is the picture, #opened the time of
// an order and #faults what it has still to meet; #lang-zh and #lang-en switch the
// language; on a result stand #code, #family, #charged, #tamper, #replay, #again and
// #check; E证通 has #qr and #open; the phone's endings are button[name=ending]; the
// what-if panel has #whatif-rotate, #whatif-fault, #whatif-clear, #whatif-clock, and the
// bill #close-day.
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
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	"gocloud.dev/blob"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "merchant:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, lookup func(string) (string, bool), out, errOut io.Writer) error {
	flags := flag.NewFlagSet("merchant", flag.ContinueOnError)
	flags.SetOutput(errOut)
	addr := flags.String("addr", "127.0.0.1:8080", "address to listen on; port 0 takes a free one")
	public := flags.String("public-url", "", "base `URL` under which browsers reach this site (default http://<addr>, if that is loopback)")
	bills := flags.Bool("bills", false, "show the real platform's daily bills: everybody who opens the site sees what all others did")
	simulated := flags.Bool("simulator", false, "serve with the embedded simulator, where whoever comes may pass, on whatever address")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if flags.NArg() > 0 { // as after "-simulator false", which would hide the flags behind it
		return errors.New("all settings are flags, and something else stands among them")
	}
	if empty := emptyFlag(flags, "addr", "public-url"); empty != "" { // as "$PUBLIC" is, if nobody set it
		return fmt.Errorf("-%s is empty", empty)
	}
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	base, err := reachedAt(l.Addr(), *public)
	if err != nil {
		return err
	}

	cfg := config{public: base, log: slog.New(slog.NewTextHandler(errOut, nil))}
	platform, err := cfg.choose(lookup, *simulated, *public != "", private(l.Addr(), base))
	if err != nil {
		return err
	}
	if cfg.sim != nil {
		defer cfg.sim.Close()
	}
	cfg.bills = cfg.bills || *bills
	remove, err := cfg.folder()
	if err != nil {
		return err
	}
	defer remove()
	s, err := newShop(cfg)
	if err != nil {
		return err
	}
	defer s.background(ctx)()
	fmt.Fprintf(out, "Open %s in a browser; with %s.\n", cfg.public, platform)
	return serve(ctx, l, s.handler(), cfg.log, func(ctx context.Context) error { return s.client().Close(ctx) })
}

// choose takes the real platform if the environment has its credentials, or else the
// simulator, if the flag asks for it or nobody else reaches the site. It names the
// platform.
func (c *config) choose(lookup func(string) (string, bool), simulated, published, private bool) (platform string, err error) {
	there, err := c.real(lookup)
	switch {
	case err != nil:
		return "", err
	case there && simulated:
		return "", errors.New("-simulator is given, and credentials are set: which of the two?")
	case there && !published:
		return "", errors.New("the real platform takes -public-url: the URL under which browsers come back")
	case there:
		return "the real platform", nil
	case !simulated && !private:
		return "", errors.New("no credentials are set (FACEID_APP_ID and FACEID_SECRET, or others), and on the simulator whoever comes may pass: set them, or ask for it with -simulator")
	}
	c.simulate()
	return "the embedded simulator", nil
}

// serve answers until ctx ends. Requests under way end first; then the client saves
// what it is fetching.
func serve(ctx context.Context, l net.Listener, handler http.Handler, log *slog.Logger, closeClient func(context.Context) error) error {
	server := &http.Server{
		Handler: handler, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		// A silent client must not keep a connection for ever. Writing gets more
		// time than the longest handler takes.
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

// reachedAt returns the URL under which browsers reach a server that listens there.
func reachedAt(listens net.Addr, public string) (string, error) {
	a, _ := listens.(*net.TCPAddr)
	if public == "" && (a == nil || !a.IP.IsLoopback()) {
		return "", fmt.Errorf("listening on %s, which is not loopback, takes -public-url: the URL under which browsers reach this site", listens)
	}
	return baseURL(cmp.Or(public, "http://"+listens.String()))
}

func baseURL(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/")+u.RawQuery != "" {
		return "", errors.New("the public URL must be http or https, with a host and nothing else")
	}
	host := strings.ToLower(u.Host) // as browsers spell it, without the port that goes without saying
	host = strings.TrimSuffix(host, map[string]string{"http": ":80", "https": ":443"}[u.Scheme])
	return u.Scheme + "://" + host, nil
}

// config holds the settings of the environment and the flags.
type config struct {
	public   string // base URL under which browsers reach the site
	sim      *faceidtest.Server
	options  []faceid.Option
	products []product
	bills    bool         // visitors may see the platform's bills
	bucket   *blob.Bucket // of the evidence; nil: in memory
	log      *slog.Logger
}

// pastDays is how far the simulator's calendar lies behind ours, so that its
// days can end, and their bills be asked for, while somebody watches.
const pastDays = 100

// simulate takes the embedded simulator, with every product, behind the site's own
// address.
func (c *config) simulate() {
	c.sim = faceidtest.NewServer(faceidtest.WithPublicURL(c.public), faceidtest.WithStart(time.Now().AddDate(0, 0, -pastDays)))
	c.options = append(c.sim.Options(), faceid.WithHTTPClient(&http.Client{Transport: tap{c.sim}}),
		faceid.WithStore(&agingStore{Store: faceid.NewMemoryStore(), sim: c.sim}))
	c.bills = true
	c.products = catalogue(flows{
		plus: true, enhanced: true, basic: true, will: true, simulated: true,
		ruleID: faceidtest.RulePlus, merchantID: faceidtest.Merchant, intl: true,
	})
}

// real takes the credentials from the environment, and reports whether there are
// any. It is an error if only a part of them is set: a misspelt name must not put
// visitors before the simulator, where everybody may pass.
func (c *config) real(lookup func(string) (string, bool)) (bool, error) {
	app, err := environment(lookup, []string{"FACEID_APP_ID", "FACEID_SECRET"}, "FACEID_PRODUCT", "FACEID_BASE_URL")
	if err != nil {
		return false, err
	}
	cloud, err := environment(lookup, []string{"TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY"}, "FACEID_RULE_ID", "FACEID_MERCHANT_ID")
	if err != nil {
		return false, err
	}
	intl, err := environment(lookup, []string{"TENCENTCLOUD_INTL_SECRET_ID", "TENCENTCLOUD_INTL_SECRET_KEY", "FACEID_REGION"})
	if err != nil {
		return false, err
	}
	var have flows
	if app != nil {
		c.options = append(c.options, faceid.WithApp(app["FACEID_APP_ID"], app["FACEID_SECRET"]))
		if base := app["FACEID_BASE_URL"]; base != "" {
			c.options = append(c.options, faceid.WithBaseURL(base))
		}
		only := faceid.Product(app["FACEID_PRODUCT"])
		sold := func(p faceid.Product) bool { return only == "" || only == p }
		have.plus, have.enhanced = sold(faceid.ProductPlus), sold(faceid.ProductEnhanced)
		have.basic, have.will = sold(faceid.ProductBasic), sold(faceid.ProductWill)
		if !have.plus && !have.enhanced && !have.basic && !have.will {
			return false, errors.New("FACEID_PRODUCT is none of plus, enhanced, basic, will")
		}
	}
	if cloud != nil {
		c.options = append(c.options, faceid.WithCloud(common.NewCredential(cloud["TENCENTCLOUD_SECRET_ID"], cloud["TENCENTCLOUD_SECRET_KEY"]), "ap-guangzhou"))
		have.ruleID, have.merchantID = cloud["FACEID_RULE_ID"], cloud["FACEID_MERCHANT_ID"]
		if have.ruleID == "" && have.merchantID == "" {
			return false, errors.New("TENCENTCLOUD_SECRET_ID is set, but neither FACEID_RULE_ID nor FACEID_MERCHANT_ID is")
		}
	}
	if intl != nil {
		c.options = append(c.options, faceid.WithIntl(common.NewCredential(intl["TENCENTCLOUD_INTL_SECRET_ID"], intl["TENCENTCLOUD_INTL_SECRET_KEY"]), intl["FACEID_REGION"]))
		have.intl = true
	}
	if c.options == nil {
		return false, nil
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64 // one busy host
	c.options = append(c.options, faceid.WithHTTPClient(&http.Client{Transport: tap{transport}}))
	c.products = catalogue(have)
	return true, nil
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
