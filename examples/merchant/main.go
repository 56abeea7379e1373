// Command merchant is a small bilingual shop that verifies people with every
// product of this SDK, in a browser, and shows what happens underneath: the
// calls, what was signed with which ticket, scores, charges. Without an account
// it runs on the embedded simulator, on one port:
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
//	TENCENTCLOUD_INTL_SECRET_ID, …_KEY    international eKYC; FACEID_REGION
//
// package main keeps these names for browser tests: cards have data-product
// (plus, enhanced, pc, will, ocr, nfc, wechat, eid, intl); a form's fields are
// name and idNo, and its button is #start; main has data-outcome on the page of
// an order (passed, refused, none, waiting, error) and on messages (tampered,
// replayed, foreign, expired, invalid, missing, error); #steps, #orders and
// #bill are tables, #photo is the picture; #lang-zh and #lang-en switch the
// language; on a result stand #tamper, #replay, #again and #check; E证通 has
// #qr and #open; the phone's endings are button[name=ending]; the what-if panel
// has #whatif-rotate, #whatif-fault, #whatif-clock, and the bill #close-day.
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
	"strings"
	"syscall"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "merchant:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, getenv func(string) string, out, errOut io.Writer) error {
	flags := flag.NewFlagSet("merchant", flag.ContinueOnError)
	flags.SetOutput(errOut)
	addr := flags.String("addr", "127.0.0.1:8080", "address to listen on; port 0 takes a free one")
	public := flags.String("public-url", "", "base `URL` under which browsers reach this site (default http://<addr>, if that is loopback)")
	bills := flags.Bool("bills", false, "show the real platform's daily bills: everybody who opens the site sees what all others did")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	a, _ := l.Addr().(*net.TCPAddr)
	if *public == "" && (a == nil || !a.IP.IsLoopback()) {
		return fmt.Errorf("listening on %s, which is not loopback, takes -public-url: the URL under which browsers reach this site", l.Addr())
	}
	base, err := baseURL(cmp.Or(*public, "http://"+l.Addr().String()))
	if err != nil {
		return err
	}

	cfg := config{public: base, log: slog.New(slog.NewTextHandler(errOut, nil))}
	platform := "the real platform"
	if there, err := cfg.real(getenv); err != nil {
		return err
	} else if !there {
		cfg.simulate()
		defer cfg.sim.Close()
		platform = "the embedded simulator"
	} else if *public == "" {
		return errors.New("the real platform takes -public-url: the URL under which browsers come back")
	}
	cfg.bills = cfg.bills || *bills
	s, err := newShop(cfg)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: s.handler(), MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(cfg.log.Handler(), slog.LevelWarn),
		// A silent client must not keep a connection for ever. Writing gets more
		// time than the longest handler takes.
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute,
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	fmt.Fprintf(out, "Open %s in a browser; with %s.\n", cfg.public, platform)
	select {
	case err = <-served:
	case <-ctx.Done():
	}
	// Requests under way end first; then the client saves what it is fetching.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 25*time.Second)
	defer cancel()
	return errors.Join(err, server.Shutdown(ctx), s.client().Close(ctx))
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

// config is what the environment decides.
type config struct {
	public   string // base URL under which browsers reach the site
	sim      *faceidtest.Server
	options  []faceid.Option
	products []product
	bills    bool // visitors may see the platform's bills
	log      *slog.Logger
}

// pastDays is how far the simulator's calendar lies behind ours, so that its
// days can end, and their bills be asked for, while somebody watches.
const pastDays = 100

// simulate has everything, behind the site's own address.
func (c *config) simulate() {
	c.sim = faceidtest.NewServer(faceidtest.WithPublicURL(c.public), faceidtest.WithStart(time.Now().AddDate(0, 0, -pastDays)))
	c.options = append(c.sim.Options(), faceid.WithHTTPClient(&http.Client{Transport: tap{c.sim}}),
		faceid.WithStore(&agingStore{Store: faceid.NewMemoryStore(), sim: c.sim}))
	c.bills = true
	c.products = catalogue(flows{
		plus: true, enhanced: true, basic: true, will: true, phone: true,
		ruleID: faceidtest.RulePlus, merchantID: faceidtest.Merchant, intl: true,
	})
}

// real takes the credentials from the environment, and reports whether there
// are any. Part of them is an error: a name that somebody misspelt must not put
// visitors before the simulator, where everybody may pass.
func (c *config) real(getenv func(string) string) (bool, error) {
	var have flows
	pair := func(id, key string) (string, string, error) {
		if (getenv(id) == "") != (getenv(key) == "") {
			return "", "", fmt.Errorf("%s and %s go together, and one is empty", id, key)
		}
		return getenv(id), getenv(key), nil
	}
	id, secret, err := pair("FACEID_APP_ID", "FACEID_SECRET")
	if err != nil {
		return false, err
	}
	if id != "" {
		c.options = append(c.options, faceid.WithApp(id, secret))
		if base := getenv("FACEID_BASE_URL"); base != "" {
			c.options = append(c.options, faceid.WithBaseURL(base))
		}
		only := faceid.Product(getenv("FACEID_PRODUCT"))
		sold := func(p faceid.Product) bool { return only == "" || only == p }
		have.plus, have.enhanced = sold(faceid.ProductPlus), sold(faceid.ProductEnhanced)
		have.basic, have.will = sold(faceid.ProductBasic), sold(faceid.ProductWill)
		if !have.plus && !have.enhanced && !have.basic && !have.will {
			return false, errors.New("FACEID_PRODUCT is none of plus, enhanced, basic, will")
		}
	}
	id, key, err := pair("TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY")
	if err != nil {
		return false, err
	}
	if id != "" {
		c.options = append(c.options, faceid.WithCloud(common.NewCredential(id, key), "ap-guangzhou"))
		have.ruleID, have.merchantID = getenv("FACEID_RULE_ID"), getenv("FACEID_MERCHANT_ID")
	}
	id, key, err = pair("TENCENTCLOUD_INTL_SECRET_ID", "TENCENTCLOUD_INTL_SECRET_KEY")
	if err != nil {
		return false, err
	}
	if id != "" {
		c.options = append(c.options, faceid.WithIntl(common.NewCredential(id, key), cmp.Or(getenv("FACEID_REGION"), "ap-singapore")))
		have.intl = true
	}
	if c.options == nil {
		for _, name := range []string{"FACEID_PRODUCT", "FACEID_BASE_URL", "FACEID_RULE_ID", "FACEID_MERCHANT_ID", "FACEID_REGION"} {
			if getenv(name) != "" {
				return false, fmt.Errorf("%s is set, but no credentials are", name)
			}
		}
		return false, nil
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64 // one busy host
	c.options = append(c.options, faceid.WithHTTPClient(&http.Client{Transport: tap{transport}}))
	c.products = catalogue(have)
	return true, nil
}
