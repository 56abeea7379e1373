package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// env is an environment with these variables.
func env(pairs ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

func TestRealPlatformSellsWhatTheCredentialsOpen(t *testing.T) {
	var all []string
	for _, p := range catalogue(flows{}) {
		all = append(all, p.ID)
	}
	for name, c := range map[string]struct {
		env  []string
		sold []string
	}{
		"an appID":         {[]string{"FACEID_APP_ID", "TIDA0001", "FACEID_SECRET", "secret"}, []string{"plus", "enhanced", "pc", "will"}},
		"of one product":   {[]string{"FACEID_APP_ID", "TIDA0001", "FACEID_SECRET", "secret", "FACEID_PRODUCT", "basic"}, []string{"pc"}},
		"a rule":           {[]string{"TENCENTCLOUD_SECRET_ID", "id", "TENCENTCLOUD_SECRET_KEY", "key", "FACEID_RULE_ID", "1"}, []string{"wechat"}},
		"a merchant":       {[]string{"TENCENTCLOUD_SECRET_ID", "id", "TENCENTCLOUD_SECRET_KEY", "key", "FACEID_MERCHANT_ID", "1"}, []string{"eid"}},
		"the other site's": {[]string{"TENCENTCLOUD_INTL_SECRET_ID", "id", "TENCENTCLOUD_INTL_SECRET_KEY", "key", "FACEID_REGION", "ap-singapore"}, []string{"intl"}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config{public: "https://shop.example", log: slog.New(slog.DiscardHandler)}
			there, err := cfg.real(env(c.env...))
			check(t, err)
			want(t, "real", there, true)
			s, err := newShop(cfg)
			check(t, err)
			defer s.client().Close(context.Background())
			get := func(path string) string {
				w := httptest.NewRecorder()
				s.handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "https://shop.example"+path, nil))
				return w.Body.String()
			}
			home := get("/")
			for _, p := range all {
				want(t, p+" is sold", strings.Contains(home, `href="/start/`+p+`"`), slices.Contains(c.sold, p))
				want(t, p+" has a form", strings.Contains(get("/start/"+p), `id="start"`), slices.Contains(c.sold, p))
				want(t, p+" has no way back", strings.Contains(get("/back/"+p), `data-outcome="missing"`), !slices.Contains(c.sold, p))
			}
			lacks(t, get("/start/"+c.sold[0]), personName) // no invented people here
			lacks(t, home, "/what-if")
			contains(t, get("/what-if"), `data-outcome="missing"`)
			contains(t, get("/cloud/verify"), `data-outcome="missing"`)
		})
	}
	cfg := config{public: "http://127.0.0.1:1"}
	there, err := cfg.real(env())
	check(t, err)
	want(t, "real without credentials", there, false)
}

func TestRun(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- run(ctx, []string{"-addr", "127.0.0.1:0"}, env(), in, io.Discard) }()
	line := make([]byte, 200)
	n, err := out.Read(line)
	check(t, err)
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(string(line[:n]))

	res, err := http.Get(address)
	check(t, err)
	check(t, res.Body.Close())
	want(t, "status", res.StatusCode, http.StatusOK)
	stop()
	check(t, <-done)
}

// started is what run says of these arguments: its first line, or its error.
func started(t *testing.T, args []string, lookup func(string) (string, bool)) (string, error) {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir()) // of the default store
	over, stop := context.WithCancel(t.Context())
	stop() // it ends as soon as it runs
	var out bytes.Buffer
	err := run(over, args, lookup, &out, io.Discard)
	return out.String(), err
}

const secret = "a-secret-that-nobody-may-see"

func TestRunRefuses(t *testing.T) {
	app := env("FACEID_APP_ID", "TIDA0001", "FACEID_SECRET", secret)
	here := []string{"-addr", "127.0.0.1:0", "-public-url", "https://shop.example"}
	for name, c := range map[string]struct {
		args []string
		env  func(string) (string, bool)
		part string
	}{
		"every interface without a URL":   {[]string{"-addr", "0.0.0.0:0"}, env(), "-public-url"},
		"the real platform without a URL": {[]string{"-addr", "127.0.0.1:0"}, app, "-public-url"},
		"half of a credential":            {here, env("FACEID_APP_ID", "TIDA0001"), "FACEID_SECRET is not set"},
		"the other half":                  {here, env("FACEID_SECRET", secret), "FACEID_APP_ID is not set"},
		"half of a cloud credential":      {here, env("TENCENTCLOUD_SECRET_ID", "id", "FACEID_RULE_ID", "1"), "TENCENTCLOUD_SECRET_KEY is not set"},
		"its other half":                  {here, env("TENCENTCLOUD_SECRET_KEY", secret, "FACEID_RULE_ID", "1"), "TENCENTCLOUD_SECRET_ID is not set"},
		"half of an intl credential":      {here, env("TENCENTCLOUD_INTL_SECRET_KEY", secret, "FACEID_REGION", "ap-singapore"), "TENCENTCLOUD_INTL_SECRET_ID is not set"},
		"an intl credential alone":        {here, env("TENCENTCLOUD_INTL_SECRET_ID", "id", "TENCENTCLOUD_INTL_SECRET_KEY", secret), "FACEID_REGION is not set"},
		"half, though another is whole":   {here, env("FACEID_APP_ID", "TIDA0001", "FACEID_SECRET", secret, "TENCENTCLOUD_SECRET_ID", "id"), "TENCENTCLOUD_SECRET_KEY is not set"},
		"a rule without a credential":     {here, env("FACEID_RULE_ID", "1"), "FACEID_RULE_ID"},
		"a rule, though another is whole": {here, env("FACEID_APP_ID", "TIDA0001", "FACEID_SECRET", secret, "FACEID_RULE_ID", "1"), "TENCENTCLOUD_SECRET_ID is not set"},
		"a region without a credential":   {here, env("FACEID_REGION", "ap-singapore"), "FACEID_REGION"},
		"nothing to sell with it":         {here, env("TENCENTCLOUD_SECRET_ID", "id", "TENCENTCLOUD_SECRET_KEY", secret), "neither FACEID_RULE_ID nor FACEID_MERCHANT_ID"},
		"an empty secret":                 {here, env("FACEID_APP_ID", "TIDA0001", "FACEID_SECRET", ""), "FACEID_SECRET is set, but empty"},
		"all empty":                       {here, env("FACEID_APP_ID", "", "FACEID_SECRET", ""), "FACEID_APP_ID is set, but empty"},
		"an empty key":                    {here, env("TENCENTCLOUD_SECRET_ID", "id", "TENCENTCLOUD_SECRET_KEY", "", "FACEID_RULE_ID", "1"), "TENCENTCLOUD_SECRET_KEY is set, but empty"},
		"an empty region":                 {here, env("TENCENTCLOUD_INTL_SECRET_ID", "id", "TENCENTCLOUD_INTL_SECRET_KEY", secret, "FACEID_REGION", ""), "FACEID_REGION is set, but empty"},
		"a secret with a line break":      {here, env("FACEID_APP_ID", "TIDA0001", "FACEID_SECRET", secret+"\n"), "FACEID_SECRET has a line break"},
		"a key with a line break":         {here, env("TENCENTCLOUD_SECRET_ID", "id", "TENCENTCLOUD_SECRET_KEY", secret+"\r\n", "FACEID_RULE_ID", "1"), "TENCENTCLOUD_SECRET_KEY has a line break"},
		"an id with a line break":         {here, env("TENCENTCLOUD_SECRET_ID", "id\n", "TENCENTCLOUD_SECRET_KEY", secret, "FACEID_RULE_ID", "1"), "TENCENTCLOUD_SECRET_ID has a line break"},
		"empty at home":                   {[]string{"-addr", "127.0.0.1:0"}, env("FACEID_APP_ID", ""), "FACEID_APP_ID is set, but empty"},
		"no such product":                 {here, env("FACEID_APP_ID", "TIDA0001", "FACEID_SECRET", secret, "FACEID_PRODUCT", "Plus"), "FACEID_PRODUCT"},
		"a URL with a path":               {[]string{"-addr", "127.0.0.1:0", "-public-url", "https://shop.example/shop"}, env(), "a host and nothing else"},
		"an empty URL":                    {[]string{"-addr", "127.0.0.1:0", "-public-url", ""}, env(), "-public-url is empty"},
		"an empty address":                {[]string{"-addr", "", "-public-url", "https://shop.example", "-simulator"}, env(), "-addr is empty"},
		"an unknown flag":                 {[]string{"-port", "1"}, env(), "-port"},
		"what is no flag":                 {[]string{"-simulator", "false", "-public-url", "https://shop.example"}, env(), "all settings are flags"},
		"the simulator and a credential":  {append(here, "-simulator"), app, "which of the two"},
	} {
		t.Run(name, func(t *testing.T) {
			line, err := started(t, c.args, c.env)
			if err == nil {
				t.Fatal("it serves:", line)
			}
			contains(t, err.Error(), c.part)
			lacks(t, err.Error()+line, secret)
		})
	}
}

const noCredentials = "no credentials are set"

// Whoever comes may pass there, so nobody gets there because of a secret that
// failed to mount.
func TestTheSimulatorIsForThisMachineOnly(t *testing.T) {
	for _, test := range []struct {
		args    string
		refused string // in the error; "" if it serves
	}{
		{"-addr 127.0.0.1:0", ""},
		{"-addr 127.7.7.7:0", ""},
		{"-addr localhost:0", ""},
		{"-addr 127.0.0.1:0 -public-url http://localhost:8080", ""},
		{"-addr 127.0.0.1:0 -public-url https://LocalHost", ""},
		{"-addr 127.0.0.1:0 -public-url http://[::1]:8080", ""},

		{"-addr 127.0.0.1:0 -public-url https://shop.example", noCredentials}, // behind a proxy
		{"-addr 127.0.0.1:0 -public-url http://shop.example", noCredentials},
		{"-addr 127.0.0.1:0 -public-url http://192.168.1.5", noCredentials},
		{"-addr 127.0.0.1:0 -public-url http://0.0.0.0:8080", noCredentials},
		{"-addr 127.0.0.1:0 -public-url http://[2001:db8::5]:80", noCredentials},
		{"-addr 127.0.0.1:0 -public-url https://localhost.shop.example", noCredentials},
		{"-addr 127.0.0.1:0 -public-url https://127.0.0.1.nip.example", noCredentials},
		{"-addr :0", "-public-url"},
		{"-addr :0 -public-url https://shop.example", noCredentials},
		{"-addr :0 -public-url http://localhost:8080", noCredentials}, // the neighbours reach it by its other address
		{"-addr 0.0.0.0:0 -public-url http://127.0.0.1:8080", noCredentials},

		{"-addr 127.0.0.1:0 -public-url https://shop.example -simulator", ""},
		{"-addr :0 -public-url https://shop.example -simulator", ""},
		{"-addr :0 -public-url https://shop.example -simulator=false", noCredentials},
	} {
		t.Run(test.args, func(t *testing.T) {
			line, err := started(t, strings.Fields(test.args), env())
			if test.refused != "" {
				if err == nil {
					t.Fatal("it serves:", line)
				}
				contains(t, err.Error(), test.refused)
				return
			}
			check(t, err)
			contains(t, line, "simulator")
		})
	}
	line, err := started(t, strings.Fields("-addr :0 -public-url https://shop.example"), env("FACEID_APP_ID", "TIDA0001", "FACEID_SECRET", secret))
	check(t, err)
	contains(t, line, "the real platform")
}

// The addresses are resolved, and nobody listens there: a test's machine may not
// have them.
func TestWhatListensForOthers(t *testing.T) {
	for address, alone := range map[string]bool{
		"127.0.0.1:80": true, "127.1.2.3:80": true, "[::1]:80": true, "localhost:80": true, "[::ffff:127.0.0.1]:80": true,
		":8080": false, "0.0.0.0:8080": false, "[::]:80": false, "192.168.1.5:80": false, "10.0.0.1:80": false,
		"[fe80::1]:80": false, "[2001:db8::5]:80": false, "128.0.0.1:80": false,
	} {
		listens, err := net.ResolveTCPAddr("tcp", address)
		check(t, err)
		want(t, address, private(listens, "http://127.0.0.1"), alone)
	}
	want(t, "a socket of Unix", private(&net.UnixAddr{Name: "merchant.sock", Net: "unix"}, "http://127.0.0.1"), false)
}
