package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

func TestThePublicURLIsChecked(t *testing.T) {
	platform := faceidtest.Start(t)
	for _, public := range []string{"", "shop.example", "ftp://shop.example", "https://", "https://shop.example/face", "https://shop.example?x=1", "https://u:p@shop.example"} {
		if _, err := newBackend(testConfig(platform, public, &trail{})); err == nil {
			t.Errorf("%q was accepted", public)
		}
	}
	b, err := newBackend(testConfig(platform, "https://shop.example/", &trail{}))
	check(t, err)
	want(t, "public", b.public, "https://shop.example")
}

// lines collects what the command prints.
type lines chan string

func (l lines) Write(p []byte) (int, error) { l <- string(p); return len(p), nil }

func TestTheCommandStartsAndStops(t *testing.T) {
	for name, env := range map[string]map[string]string{
		"simulator": {},
		"real":      {"FACEID_APP_ID": "IDAXXXXX", "FACEID_SECRET": "secret", "FACEID_BASE_URL": "http://127.0.0.1:1", "FACEID_PRODUCT": "enhanced"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("XDG_CACHE_HOME", t.TempDir()) // of the default store
			ctx, stop := context.WithCancel(t.Context())
			out, done := make(lines, 10), make(chan error, 1)
			go func() {
				done <- run(ctx, []string{"-addr", "127.0.0.1:0"}, in(env), out, &trail{})
			}()
			var line string
			select {
			case line = <-out:
			case err := <-done:
				t.Fatal("it did not start:", err)
			}
			contains(t, line, name)
			base := regexp.MustCompile(`http://[0-9.:]+`).FindString(line)
			req, err := http.NewRequestWithContext(ctx, "GET", base, nil)
			check(t, err)
			res, err := http.DefaultClient.Do(req)
			check(t, err)
			text, err := io.ReadAll(res.Body)
			check(t, err)
			check(t, res.Body.Close())
			contains(t, string(text), "<option>enhanced")
			want(t, "plus too", strings.Contains(string(text), "<option>plus"), name == "simulator")
			if name == "simulator" {
				loginPageOpens(t, base)
			}
			underWay(t, base, stop, done)
			check(t, <-done)
		})
	}
}

// loginPageOpens checks that a browser reaches the login page that the form leads to.
func loginPageOpens(t *testing.T, base string) {
	t.Helper()
	visitor := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := visitor.PostForm(base+"/verify", person(faceid.ProductPlus))
	check(t, err)
	check(t, res.Body.Close())
	res, err = visitor.Get(res.Header.Get("Location"))
	check(t, err)
	check(t, res.Body.Close())
	want(t, "status of the login page", res.StatusCode, http.StatusOK)
}

// underWay checks that a request that is under way when the server is told to stop
// still has its answer.
func underWay(t *testing.T, base string, stop func(), done <-chan error) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	check(t, err)
	defer conn.Close()
	fmt.Fprint(conn, "POST /verify HTTP/1.1\r\nHost: shop\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
	answer := make([]byte, len("HTTP/1.1 100 Continue\r\n\r\n")) // the handler reads
	_, err = io.ReadFull(conn, answer)
	check(t, err)
	stop()
	select {
	case err := <-done:
		t.Fatal("it did not wait:", err)
	case <-time.After(100 * time.Millisecond):
	}
	fmt.Fprint(conn, "x=")
	answer = answer[:len("HTTP/1.1 400")]
	_, err = io.ReadFull(conn, answer)
	check(t, err)
	want(t, "answer", string(answer), "HTTP/1.1 400")
}

// in looks variables up in an environment that has only these.
func in(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { value, set := env[name]; return value, set }
}

// started runs the command with these arguments, and returns its first line or its
// error.
func started(t *testing.T, args []string, env map[string]string) (string, error) {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir()) // of the default store
	over, stop := context.WithCancel(t.Context())
	stop() // it ends as soon as it runs
	var out, log bytes.Buffer
	err := run(over, args, in(env), &out, &log)
	return out.String(), err
}

const notMounted = "FACEID_APP_ID and FACEID_SECRET are not set"

// commandLines are flags, and whether the simulator may be served with them.
var commandLines = []struct {
	args    string
	refused string // a part of the error; "" if it serves
}{
	{"-addr 127.0.0.1:0", ""},
	{"-addr 127.7.7.7:0", ""},
	{"-addr localhost:0", ""},
	{"-addr 127.0.0.1:0 -public http://localhost:8080", ""},
	{"-addr 127.0.0.1:0 -public https://LocalHost", ""},
	{"-addr 127.0.0.1:0 -public http://127.0.0.1:8080", ""},
	{"-addr 127.0.0.1:0 -public http://[::1]:8080", ""},

	{"-addr 127.0.0.1:0 -public https://shop.example", notMounted}, // behind a proxy
	{"-addr 127.0.0.1:0 -public http://shop.example", notMounted},
	{"-addr 127.0.0.1:0 -public http://shop.example:8080", notMounted},
	{"-addr 127.0.0.1:0 -public http://192.168.1.5", notMounted},
	{"-addr 127.0.0.1:0 -public http://[2001:db8::5]:80", notMounted},
	{"-addr 127.0.0.1:0 -public http://0.0.0.0:8080", notMounted},
	{"-addr 127.0.0.1:0 -public http://[::]:8080", notMounted},
	{"-addr 127.0.0.1:0 -public https://localhost.shop.example", notMounted},
	{"-addr 127.0.0.1:0 -public https://127.0.0.1.nip.example", notMounted},
	{"-addr 127.0.0.1:0 -public https://localhost@shop.example", notMounted},
	{"-addr :0", "-public"},
	{"-addr 0.0.0.0:0", "-public"},
	{"-addr :0 -public https://shop.example", notMounted},
	{"-addr :0 -public http://localhost:8080", notMounted}, // the neighbours reach it by its other address
	{"-addr 0.0.0.0:0 -public http://127.0.0.1:8080", notMounted},

	{"-addr 127.0.0.1:0 -public https://shop.example -simulator", ""},
	{"-addr :0 -public https://shop.example -simulator", ""},
	{"-addr :0 -public https://shop.example -simulator=false", notMounted},
	{"-addr 127.0.0.1:0 -simulator false -public https://shop.example", "all settings are flags"},
	{"-addr 127.0.0.1:0 -public=", "-public is empty"},
	{"-addr= -public https://shop.example -simulator", "-addr is empty"},
}

// On the simulator everybody may pass, so a secret that failed to mount must not lead
// visitors there.
func TestTheSimulatorIsForThisMachineOnly(t *testing.T) {
	for _, test := range commandLines {
		t.Run(test.args, func(t *testing.T) {
			line, err := started(t, strings.Fields(test.args), nil)
			if test.refused != "" {
				if err == nil {
					t.Fatal("it serves:", line)
				}
				contains(t, err.Error(), test.refused)
				want(t, "printed", line, "")
				return
			}
			check(t, err)
			contains(t, line, "simulator")
		})
	}
}

// The addresses are resolved and not listened on, since a test's machine may not have
// them.
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
	want(t, "a socket of Unix", private(&net.UnixAddr{Name: "server.sock", Net: "unix"}, "http://127.0.0.1"), false)
}

func TestAHalfConfigurationIsRefusedByName(t *testing.T) {
	const secret = "a-secret-that-nobody-may-see"
	for name, test := range map[string]struct {
		env  map[string]string
		part string
	}{
		"no secret":                  {map[string]string{"FACEID_APP_ID": "IDAXXXXX"}, "FACEID_SECRET is not set, but FACEID_APP_ID is"},
		"no appID":                   {map[string]string{"FACEID_SECRET": secret}, "FACEID_APP_ID is not set, but FACEID_SECRET is"},
		"an empty secret":            {map[string]string{"FACEID_APP_ID": "IDAXXXXX", "FACEID_SECRET": ""}, "FACEID_SECRET is set, but empty"},
		"an empty appID":             {map[string]string{"FACEID_APP_ID": "", "FACEID_SECRET": secret}, "FACEID_APP_ID is set, but empty"},
		"both empty":                 {map[string]string{"FACEID_APP_ID": "", "FACEID_SECRET": ""}, "FACEID_APP_ID is set, but empty"},
		"an empty appID alone":       {map[string]string{"FACEID_APP_ID": ""}, "FACEID_APP_ID is set, but empty"},
		"a secret with a line break": {map[string]string{"FACEID_APP_ID": "IDAXXXXX", "FACEID_SECRET": secret + "\n"}, "FACEID_SECRET has a line break"},
		"a secret of Windows":        {map[string]string{"FACEID_APP_ID": "IDAXXXXX", "FACEID_SECRET": "\ufeff" + secret}, "FACEID_SECRET has"},
		"a secret of a blank":        {map[string]string{"FACEID_APP_ID": "IDAXXXXX", "FACEID_SECRET": " "}, "FACEID_SECRET has"},
		"a blank before the secret":  {map[string]string{"FACEID_APP_ID": "IDAXXXXX", "FACEID_SECRET": " " + secret}, "FACEID_SECRET has"},
		"an appID with a line break": {map[string]string{"FACEID_APP_ID": "IDAXXXXX\r\n", "FACEID_SECRET": secret}, "FACEID_APP_ID has a line break"},
		"only a product":             {map[string]string{"FACEID_PRODUCT": "plus"}, "FACEID_APP_ID is not set, but FACEID_PRODUCT is"},
		"only a base URL":            {map[string]string{"FACEID_BASE_URL": "https://kyc1.qcloud.com"}, "FACEID_APP_ID is not set, but FACEID_BASE_URL is"},
		"only a licence":             {map[string]string{"FACEID_LICENCE": "licence"}, "FACEID_APP_ID is not set, but FACEID_LICENCE is"},
		"an empty product":           {map[string]string{"FACEID_APP_ID": "IDAXXXXX", "FACEID_SECRET": secret, "FACEID_PRODUCT": ""}, "FACEID_PRODUCT is set, but empty"},
		"an empty base URL":          {map[string]string{"FACEID_APP_ID": "IDAXXXXX", "FACEID_SECRET": secret, "FACEID_BASE_URL": ""}, "FACEID_BASE_URL is set, but empty"},
		"no such product":            {map[string]string{"FACEID_APP_ID": "IDAXXXXX", "FACEID_SECRET": secret, "FACEID_PRODUCT": "Plus"}, "FACEID_PRODUCT is none of"},
		"the two exchanged":          {map[string]string{"FACEID_APP_ID": secret, "FACEID_SECRET": "IDAXXXXX"}, "appID"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, args := range []string{"-addr 127.0.0.1:0", "-addr 127.0.0.1:0 -public https://shop.example", "-addr 127.0.0.1:0 -public https://shop.example -simulator"} {
				line, err := started(t, strings.Fields(args), test.env)
				if err == nil {
					t.Fatalf("%s: it serves: %s", args, line)
				}
				if !strings.Contains(args, "-simulator") || !strings.Contains(err.Error(), "which of the two") {
					contains(t, err.Error(), test.part)
				}
				want(t, "the secret is told", strings.Contains(err.Error()+line, secret), false)
			}
		})
	}
	whole := map[string]string{"FACEID_APP_ID": "IDAXXXXX", "FACEID_SECRET": secret}
	line, err := started(t, []string{"-addr", "127.0.0.1:0", "-public", "https://shop.example"}, whole)
	check(t, err)
	contains(t, line, "the real platform")
	_, err = started(t, []string{"-addr", "127.0.0.1:0", "-simulator"}, whole)
	contains(t, fmt.Sprint(err), "which of the two")
}
