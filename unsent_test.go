package faceid_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/stretchr/testify/require"
)

// listen serves every connection to a loopback address with a function, and returns the
// address.
func listen(t *testing.T, serve func(net.Conn)) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serve(conn)
			}()
		}
	}()
	return l.Addr().String()
}

// closedPort returns an address that nobody listens at.
func closedPort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// answering reads one request and answers it with a text.
func answering(text string) func(net.Conn) {
	return func(conn net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
			_, _ = io.WriteString(conn, text)
		}
	}
}

// silent waits until the other side has gone.
func silent(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

// socks answers the greeting of SOCKS5, and then refuses the connection.
func socks(conn net.Conn) {
	if _, err := io.ReadFull(conn, make([]byte, 3)); err == nil {
		_, _ = conn.Write([]byte{5, 0})
		_, _ = conn.Read(make([]byte, 100))
		_, _ = conn.Write([]byte{5, 5, 0, 1, 0, 0, 0, 0, 0, 0}) // This says that the connection was refused.
	}
}

// cut ends a connection in the middle of an exchange.
func cut(read, reset bool, write string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if read {
			_, _ = io.Copy(io.Discard, r.Body)
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(conn, write)
		if reset {
			inner := conn
			if secure, ok := conn.(*tls.Conn); ok {
				inner = secure.NetConn()
			}
			_ = inner.(*net.TCPConn).SetLinger(0)
			_ = inner.Close()
		}
		_ = conn.Close()
	}
}

// allTries is how often a request is tried if it surely never left.
const allTries = 3

// throughProxy sends through a proxy that is served by a function.
func throughProxy(scheme string, serve func(net.Conn)) func(*testing.T, *http.Transport) {
	return func(t *testing.T, way *http.Transport) {
		way.Proxy = http.ProxyURL(&url.URL{Scheme: scheme, Host: listen(t, serve)})
	}
}

// dialInstead connects to another address than the one that was asked for.
func dialInstead(address func(t *testing.T) string) func(*testing.T, *http.Transport) {
	return func(t *testing.T, way *http.Transport) {
		to := address(t)
		way.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, to)
		}
	}
}

// serveInstead connects to a server of a function instead of the platform.
func serveInstead(serve func(net.Conn)) func(*testing.T, *http.Transport) {
	return dialInstead(func(t *testing.T) string { return listen(t, serve) })
}

// unsentRow is a way to the platform, how often an upload is tried on it, and how
// often the platform sees it.
type unsentRow struct {
	way      func(*testing.T, *http.Transport)
	platform http.HandlerFunc                          // what answers the upload instead of the platform
	server   func(*tls.Config)                         // the TLS settings of the platform
	wrap     func(http.RoundTripper) http.RoundTripper // what stands in front of net/http
	plain    bool                                      // without TLS
	tries    int
	saw      int
}

// unsentRows are ways that fail before, during and after the request.
var unsentRows = map[string]unsentRow{
	"nothing":       {tries: 1, saw: 1},
	"a closed port": {way: dialInstead(closedPort), tries: allTries},
	"a proxy's closed port": {way: func(t *testing.T, way *http.Transport) {
		way.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: closedPort(t)})
	}, tries: allTries},
	"a proxy that wants a password":          {way: throughProxy("http", answering("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")), tries: allTries},
	"a proxy that cannot reach it":           {way: throughProxy("http", answering("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")), tries: allTries},
	"a proxy that forbids it":                {way: throughProxy("http", answering("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")), tries: allTries},
	"a proxy that hangs up":                  {way: throughProxy("http", answering("")), tries: allTries},
	"a proxy that is none":                   {way: throughProxy("http", answering("220 smtp.example ESMTP\r\n")), tries: allTries},
	"a secure proxy that is not":             {way: throughProxy("https", answering("HTTP/1.1 200 OK\r\n\r\n")), tries: allTries},
	"SOCKS that refuses":                     {way: throughProxy("socks5", socks), tries: allTries},
	"SOCKS that hangs up":                    {way: throughProxy("socks5", func(net.Conn) {}), tries: allTries},
	"a proxy that reads along":               {way: throughProxy("http", answering("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")), plain: true, tries: allTries},
	"a proxy that reads along, and hangs up": {way: throughProxy("http", answering("")), plain: true, tries: 1},
	"an unknown authority":                   {way: func(_ *testing.T, way *http.Transport) { way.TLSClientConfig.RootCAs = nil }, tries: allTries},
	"another's certificate":                  {way: func(_ *testing.T, way *http.Transport) { way.TLSClientConfig.ServerName = "other.example.org" }, tries: allTries},
	"a hang-up in the handshake":             {way: serveInstead(func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1)) }), tries: allTries},
	"no TLS":                                 {way: serveInstead(answering("HTTP/1.1 400 Bad Request\r\n\r\n")), tries: allTries},
	"no answer in the handshake": {way: func(t *testing.T, way *http.Transport) {
		serveInstead(silent)(t, way)
		way.TLSHandshakeTimeout = 20 * time.Millisecond
	}, tries: allTries},
	"an alert in the handshake": {way: func(_ *testing.T, way *http.Transport) { way.TLSClientConfig.MaxVersion = tls.VersionTLS12 }, server: func(c *tls.Config) { c.MinVersion = tls.VersionTLS13 }, tries: allTries},

	"an alert after the handshake":     {server: func(c *tls.Config) { c.MinVersion, c.ClientAuth = tls.VersionTLS13, tls.RequireAnyClientCert }, tries: 1},
	"cut after the headers":            {platform: cut(false, false, ""), tries: 1, saw: 1},
	"cut after the body":               {platform: cut(true, false, ""), tries: 1, saw: 1},
	"reset after the headers":          {platform: cut(false, true, ""), tries: 1, saw: 1},
	"reset after the body":             {platform: cut(true, true, ""), tries: 1, saw: 1},
	"half a response":                  {platform: cut(true, false, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"code\":"), tries: 1, saw: 1},
	"half a header":                    {platform: cut(true, false, "HTTP/1.1 200 OK\r\nConte"), tries: 1, saw: 1},
	"no HTTP":                          {platform: cut(true, false, "220 smtp.example ESMTP\r\n"), tries: 1, saw: 1},
	"a platform that wants a password": {platform: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusProxyAuthRequired) }, tries: 1, saw: 1},

	// A transport of the caller's own may hide the hooks of net/http, or report
	// something else.
	"a refusal behind a wrapper":    {way: dialInstead(closedPort), wrap: passing, tries: allTries},
	"a proxy's no behind a wrapper": {way: throughProxy("http", answering("HTTP/1.1 502 Bad Gateway\r\n\r\n")), wrap: passing, tries: allTries},
	"a refusal that is not traced":  {way: dialInstead(closedPort), wrap: untraced, tries: allTries},
	"a proxy that is not traced":    {way: throughProxy("http", answering("")), wrap: untraced, tries: 1},
	"a dead proxy that is not traced": {way: func(t *testing.T, way *http.Transport) {
		way.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: closedPort(t)})
	}, wrap: untraced, tries: allTries},
	"SOCKS that is not traced":      {way: throughProxy("socks5", socks), wrap: untraced, tries: allTries},
	"a stranger that is not traced": {way: func(_ *testing.T, way *http.Transport) { way.TLSClientConfig.RootCAs = nil }, wrap: untraced, tries: allTries},
	"another's that is not traced":  {way: func(_ *testing.T, way *http.Transport) { way.TLSClientConfig.ServerName = "other.example.org" }, wrap: untraced, tries: allTries},
	"cut, and not traced":           {platform: cut(true, false, ""), wrap: untraced, tries: 1, saw: 1},
	"sent, and told as refused":     {wrap: lying, tries: 1, saw: 1},
}

// An upload is repeated if it surely never reached the platform, whatever the cause,
// and never if it may have reached it.
func TestUnsentUploadIsRepeatedAndNoOther(t *testing.T) {

	for name, test := range unsentRows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := faceidtest.Start(t)
			var saw, tries atomic.Int64
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == pathPlus {
					saw.Add(1)
					if test.platform != nil {
						test.platform(w, r)
						return
					}
				}
				sim.ServeHTTP(w, r)
			}))

			startAs(test, server)
			defer server.Close()
			way := server.Client().Transport.(*http.Transport).Clone()
			way.DisableKeepAlives = true
			way.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{} // Without HTTP/2 a connection can be hijacked.
			if test.way != nil {
				test.way(t, way)
			}

			upload := uploadThrough(test, way)
			both := &http.Transport{TLSNextProto: way.TLSNextProto} // net/http stands in front, so that it may report hooks of its own.
			both.RegisterProtocol(strings.Split(server.URL, ":")[0], roundTripper(func(r *http.Request) (*http.Response, error) {
				if r.URL.Path != pathPlus {
					return sim.RoundTrip(r)
				}
				tries.Add(1)
				return upload.RoundTrip(r)
			}))
			client := newClient(sim, faceid.WithBaseURL(server.URL), faceid.WithHTTPClient(&http.Client{Transport: both}))
			_, err := client.SignTicket(t.Context())
			require.NoError(t, err)
			_, err = client.GetPlusFaceID(t.Context(), faceid.GetPlusFaceIDRequest{OrderNo: "order1", Person: somebody})
			require.EqualValues(t, test.tries, tries.Load(), "%v", err)
			require.EqualValues(t, test.saw, saw.Load(), "%v", err)
			if name != "nothing" && name != "a platform that wants a password" {
				require.ErrorIs(t, err, faceid.ErrNetwork)
			}
			suite.see(err)
		})
	}
}

// uploadThrough is the way of an upload, wrapped as the row wants it.
func uploadThrough(test unsentRow, way *http.Transport) http.RoundTripper {
	var upload http.RoundTripper = way
	if test.wrap != nil {
		upload = test.wrap(way)
	}
	return upload
}

// startAs starts the platform's server with or without TLS, as the row wants it.
func startAs(test unsentRow, server *httptest.Server) {
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{}
	if test.server != nil { // The credentials come by another way.
		test.server(server.TLS)
	}
	if test.plain {
		server.Start()
	} else {
		server.StartTLS()
	}
}

// passing wraps a transport as an instrument for traces does: net/http is behind it.
func passing(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) { return next.RoundTrip(r.Clone(r.Context())) })
}

// untraced wraps a transport so that net/http does not see the hooks.
func untraced(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		return next.RoundTrip(r.WithContext(context.Background()))
	})
}

var errRefused = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}

// lying sends the request, and then says that it could not.
func lying(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if response, err := next.RoundTrip(r); err == nil {
			response.Body.Close()
		}
		return nil, errRefused
	})
}

// scripted is a transport that reports hooks from a script, and fails as a dial does.
func scripted(story string) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if trace := httptrace.ContextClientTrace(r.Context()); trace != nil {
			for _, event := range strings.Fields(story) {
				switch event {
				case "asks":
					trace.GetConn("")
				case "has":
					trace.GotConn(httptrace.GotConnInfo{})
				}
			}
		}
		return nil, errRefused
	})
}

// behindNetHTTP is a transport of net/http with next as one of its protocols.
func behindNetHTTP(next http.RoundTripper) http.RoundTripper {
	front := &http.Transport{TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{}} // It has no HTTP/2 of its own.
	front.RegisterProtocol("https", next)
	return front
}

// A request that had a connection and waits for another was left unwritten by the first
// only if it is a POST and net/http alone decides.
func TestUnsentRequestMayWaitForASecondConnection(t *testing.T) {
	for _, test := range []struct {
		story  string
		front  func(http.RoundTripper) http.RoundTripper
		upload int  // the tries of the upload
		mint   bool // whether the mark of a lost mint stands
	}{
		{"", behindNetHTTP, 3, false},
		{"asks", behindNetHTTP, 3, false},
		{"asks has", behindNetHTTP, 1, true},
		{"asks has asks", behindNetHTTP, 3, true},
		{"asks has asks has", behindNetHTTP, 1, true},
		{"has", behindNetHTTP, 1, true},
		{"", passing, 3, false},
		{"asks", passing, 3, false},
		{"asks has", passing, 1, true},
		{"asks has asks", passing, 1, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			sim := faceidtest.Start(t)
			broken, tries := "", 0
			store := faceid.NewMemoryStore()
			client := newClient(sim, faceid.WithStore(store), faceid.WithHTTPClient(&http.Client{Transport: test.front(roundTripper(func(r *http.Request) (*http.Response, error) {
				if r.URL.Path != broken {
					return sim.RoundTrip(r)
				}
				tries++
				return scripted(test.story).RoundTrip(r)
			}))}))
			_, err := client.SignTicket(t.Context())
			require.NoError(t, err)
			broken = pathPlus
			_, err = client.GetPlusFaceID(t.Context(), faceid.GetPlusFaceIDRequest{OrderNo: "order1", Person: somebody})
			require.ErrorIs(t, err, faceid.ErrNetwork)
			require.Equal(t, test.upload, tries, test.story)

			broken, tries = pathToken, 0
			time.Sleep(2 * time.Hour)
			_, err = client.SignTicket(t.Context())
			require.ErrorIs(t, err, faceid.ErrNetwork)
			record, _, err := store.Load(t.Context(), storeName(sim))
			require.NoError(t, err)
			require.Equal(t, test.mint, strings.Contains(unsealed(t, sim, record), `"minting"`), test.story)
		})
	}
}

// mintRow is what happens to a mint, how often it is tried, and whether its mark
// stays.
type mintRow struct {
	faults []faceidtest.Fault
	before bool // a mint was lost before, and its mark stands
	tries  int
	ok     bool
	mark   bool
}

// A mint that surely never left is repeated as soon as one whose answer was lost, and
// no more often.
func TestUnsentMintIsRepeated(t *testing.T) {
	refused, lost := faceidtest.FaultRefuse(), faceidtest.FaultDropAfter()
	code := faceidtest.FaultCode("400101", "")
	for name, test := range map[string]mintRow{
		"once":                      {faults: []faceidtest.Fault{refused}, tries: 2, ok: true},
		"twice":                     {faults: []faceidtest.Fault{refused, refused}, tries: 3, ok: true},
		"three times":               {faults: []faceidtest.Fault{refused, refused, refused, refused}, tries: 3},
		"and then lost":             {faults: []faceidtest.Fault{refused, lost}, tries: 3, ok: true},
		"and then lost for good":    {faults: []faceidtest.Fault{refused, lost, refused, lost}, tries: 4, mark: true}, // The fourth mint is for the caller, who has no pair.
		"and then refused":          {faults: []faceidtest.Fault{refused, code}, tries: 2},
		"after a loss":              {faults: []faceidtest.Fault{refused, refused}, before: true, tries: 3, ok: true},
		"after a loss, and is lost": {faults: []faceidtest.Fault{refused, lost, lost}, before: true, tries: 3, mark: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var seen events
				sim := faceidtest.Start(t)
				store := faceid.NewMemoryStore()
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				if test.before {
					sim.FailNext(pathToken, lost, lost, lost, lost)
					_, err := newClient(sim, faceid.WithStore(store)).SignTicket(ctx)
					require.ErrorIs(t, err, faceid.ErrNetwork)
					time.Sleep(time.Second)
				}
				client := newClient(sim, faceid.WithStore(store), seen.option())
				sim.FailNext(pathToken, test.faults...)
				begun := time.Now()
				_, err := client.SignTicket(ctx)
				require.Equal(t, test.ok, err == nil, "%v", err)
				tries := 0
				for _, e := range seen.of(faceid.EventCall) {
					if e.Endpoint == pathToken {
						tries++
					}
				}
				require.Equal(t, test.tries, tries)
				require.Less(t, time.Since(begun), 2*time.Second)
				require.GreaterOrEqual(t, time.Since(begun), 100*time.Millisecond, "what refuses does so at once")
				record, _, err := store.Load(ctx, storeName(sim))
				require.NoError(t, err)
				require.Equal(t, test.mark, strings.Contains(unsealed(t, sim, record), `"minting"`))
			})
		})
	}
}

// Behind a network that refuses everything, callers who try again do not cause a storm.
func TestUnsentRequestsDoNotStormARefusingNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen events
		sim := faceidtest.Start(t)
		client := newClient(sim, seen.option())
		for range 1000 {
			sim.FailNext(pathToken, faceidtest.FaultRefuse())
		}
		var wg sync.WaitGroup
		for begun := time.Now(); time.Since(begun) < 10*time.Minute; time.Sleep(time.Second) {
			for range 10 {
				wg.Go(func() { _, _ = client.SignTicket(t.Context()) })
			}
		}
		wg.Wait()
		require.NoError(t, client.Close(t.Context()))
		require.Less(t, len(seen.of(faceid.EventCall)), 300, "three each 6 s")
	})
}

// An error that no hook explains counts only if nothing after the handshake can cause
// it.
func TestUnsentIsKnownByWhatSurelyCameBefore(t *testing.T) {
	one, other := net.Pipe()
	defer one.Close()
	defer other.Close()
	alert := &net.OpError{Op: "remote error", Err: tls.AlertError(42)}
	for _, test := range []struct {
		err  error
		want bool
	}{
		{&net.DNSError{Err: "no such host", Name: "kyc1.example"}, true},
		{&net.OpError{Op: "dial", Err: syscall.ETIMEDOUT}, true},
		{&net.OpError{Op: "proxyconnect", Err: alert}, true},
		{&net.OpError{Op: "socks connect", Err: errors.New("general failure")}, true},
		{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, true},
		{x509.UnknownAuthorityError{}, true},
		{x509.HostnameError{Certificate: new(x509.Certificate), Host: "kyc1.example"}, true},
		{x509.CertificateInvalidError{Cert: new(x509.Certificate), Reason: x509.Expired}, true},
		{tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake", Conn: one}, true},

		{tls.RecordHeaderError{Msg: "oversized record received with length 20527"}, false},
		{alert, false},
		{&net.OpError{Op: "read", Err: syscall.ECONNRESET}, false},
		{&net.OpError{Op: "write", Err: syscall.EPIPE}, false},
		{io.EOF, false},
		{io.ErrUnexpectedEOF, false},
		{context.DeadlineExceeded, false},
		{http.ErrServerClosed, false},
	} {
		require.Equal(t, test.want, faceid.CameBefore(fmt.Errorf("wrapped: %w", test.err)), "%T %v", test.err, test.err)
	}
}
