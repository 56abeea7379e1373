package faceid

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
)

// Whether a request that failed may have reached the platform. An upload, a flow and
// a check are repeated only if theirs surely did not.

// travel is how far a request surely got.
type travel uint8

const (
	travelUnknown travel = iota // nobody followed it: its error tells
	travelNever                 // it never had a connection to be written to
	travelMaybe                 // it had one: whatever was written may have arrived
)

// trail follows a request to its connection, by the hooks of net/http: proxy, SOCKS
// and TLS come before a connection is handed out, and no error tells them from
// what comes after as surely. A transport that does not call the hooks leaves the
// trail empty.
type trail struct {
	mu     sync.Mutex
	begun  bool // a connection was asked for
	had    bool // the request had one
	awaits bool // it waits for one, the first or another
}

func (t *trail) follow(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.begun, t.awaits = true, true
		},
		GotConn: func(httptrace.GotConnInfo) {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.begun, t.had, t.awaits = true, true, false
		},
	})
}

// end tells how far the request got that has failed.
func (t *trail) end(client *http.Client, request *http.Request) travel {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case !t.begun:
		return travelUnknown
	case !t.awaits:
		return travelMaybe
	case t.had && !(request.Method == http.MethodPost && isNetHTTP(client)):
		return travelMaybe
	}
	// Of its own accord net/http takes a POST to a second connection only if nothing
	// of it was written to the first, or the first said that it did nothing.
	return travelNever
}

// gotTo says of a scrubbed error how far its request got.
func gotTo(err error, where travel) error {
	var te *transportError
	if errors.As(err, &te) {
		te.travel = where
	}
	return err
}

// isNetHTTP reports whether nothing of the caller's stands in front of net/http,
// which might repeat by rules of its own.
func isNetHTTP(client *http.Client) bool {
	next := client.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	_, ok := next.(*http.Transport)
	return ok
}

// cameBefore reports whether an error can only come before a connection is ready to
// be written to. An alert of TLS is none of these: what a server thinks of a
// client's certificate may come after the request.
func cameBefore(err error) bool {
	var dns *net.DNSError
	var op *net.OpError
	var certificate *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &dns), errors.As(err, &certificate), errors.As(err, &authority), errors.As(err, &host), errors.As(err, &invalid):
		return true
	case errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect" || op.Op == "socks connect"):
		return true
	}
	return errors.As(err, &record) && record.Conn != nil // there was no handshake before
}

// errProxyAuth is the answer of a proxy to what it did not pass on.
var errProxyAuth = &transportError{text: "a proxy on the way wants a name and a password (HTTP 407)", travel: travelNever}

// refusedByProxy reports whether an answer came from a proxy on the way, which
// answers itself only where it reads along: behind TLS nobody on the way can.
func refusedByProxy(request *http.Request, status int) bool {
	return status == http.StatusProxyAuthRequired && request.URL.Scheme == "http"
}
