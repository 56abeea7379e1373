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

// This file tells whether a request that failed may have reached the platform. An
// upload, the opening of a flow and a check are repeated only if their request surely
// did not reach it.

// travel says how far a request surely got.
type travel uint8

const (
	travelUnknown travel = iota // the request was not followed: only its error tells
	travelNever                 // the request never had a connection to be written to
	travelMaybe                 // the request had a connection: what was written may have arrived
)

// trail follows a request to its connection, by the hooks of net/http. Proxy, SOCKS and
// TLS come before the hook that hands out a connection. The error alone does not tell
// as surely whether they failed or something that came later. A transport that does not
// call the hooks leaves the trail empty.
type trail struct {
	mu     sync.Mutex
	begun  bool // the transport has asked for a connection
	had    bool // the request had a connection
	awaits bool // the request waits for a connection, the first or another
	hooks  httptrace.ClientTrace
}

func (t *trail) follow(ctx context.Context) context.Context {
	t.hooks = httptrace.ClientTrace{
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
	}
	return httptrace.WithClientTrace(ctx, &t.hooks)
}

// end tells how far a request got that has failed.
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
	// net/http takes a POST to a second connection only if nothing of it was written to
	// the first, or if the server said that it did nothing with it.
	return travelNever
}

// withTravel keeps in a scrubbed error how far its request got.
func withTravel(err error, where travel) error {
	var te *transportError
	if errors.As(err, &te) {
		te.travel = where
	}
	return err
}

// isNetHTTP reports whether the client sends by net/http alone. A transport of the
// caller's in front of it might repeat requests by rules of its own.
func isNetHTTP(client *http.Client) bool {
	next := client.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	_, ok := next.(*http.Transport)
	return ok
}

// isBeforeConnection reports whether an error can only come before a connection is
// ready to be written to. An alert of TLS is no such error, because a server may refuse
// a client's certificate after the request.
func isBeforeConnection(err error) bool {
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
	return errors.As(err, &record) && record.Conn != nil // Conn is nil if there was a handshake before
}

// errProxyAuth says that a proxy wants a password and did not pass the request on.
var errProxyAuth = &transportError{text: "a proxy on the way wants a name and a password (HTTP 407)", travel: travelNever}

// refusedByProxy reports whether a proxy on the way refused the request. A proxy can
// answer in the platform's place only over plain http.
func refusedByProxy(request *http.Request, status int) bool {
	return status == http.StatusProxyAuthRequired && request.URL.Scheme == "http"
}
