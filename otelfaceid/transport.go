package otelfaceid

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// Transport returns a transport that sends through base and makes a span and a
// measurement (http.client.request.duration) of every request, from its start to the
// end of its answer's body. Give it to faceid.WithHTTPClient, and to an http.Client that
// fetches files of people. base may be nil: it is a transport like the Client's own then.
// The CloseIdleConnections of the http.Client reaches base, if base has such a method;
// the Client's Close does not, since the transport is yours.
//
// A span has the method, the host, the status, the kind of a failure, and the path if it
// is one of the platform's fixed paths. It never has a query, a header, a body or any
// other path, because these hold secrets and people: the secret of the appID, tokens,
// signatures, keys of presigned files. (Of the headers it reads X-TC-Action, the name of
// the action.) For the same reason base must not trace or log.
//
// The platform gets no trace context: it has no use for a traceparent, and baggage may
// hold what must not leave your service.
//
// The spans of requests are children of the span in the caller's context, as the spans
// of Observe are. They stand beside the span of their call and not under it, because
// that one is made when the call has ended.
func (t *Telemetry) Transport(base http.RoundTripper) http.RoundTripper {
	if base == nil {
		base = defaultTransport()
	}
	return &transport{t, base}
}

// maxIdle is the number of idle connections of the transport that a Client makes for itself.
const maxIdle = 1024

// defaultTransport returns a transport like the one that a Client makes for itself. It
// must be the same: a test compares them.
func defaultTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		TLSHandshakeTimeout:   5 * time.Second,
		ExpectContinueTimeout: time.Second,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConns:          maxIdle,
		MaxIdleConnsPerHost:   maxIdle,
		TLSClientConfig:       &tls.Config{ClientSessionCache: tls.NewLRUClientSessionCache(0), MinVersion: tls.VersionTLS12},
	}
}

type transport struct {
	t    *Telemetry
	base http.RoundTripper
}

// CloseIdleConnections closes those of the transport below.
func (r *transport) CloseIdleConnections() {
	if closer, ok := r.base.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}

// RoundTrip implements http.RoundTripper.
func (r *transport) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.URL == nil { // the transport below says so
		return r.base.RoundTrip(request)
	}
	x := r.t.begin(request)
	returned := false
	defer func() {
		if !returned {
			x.end("panic")
		}
	}()
	response, err := r.base.RoundTrip(request)
	returned = true
	if err != nil {
		x.end(failure(err))
		return response, err
	}
	if response == nil {
		x.end(other)
		return response, err
	}
	x.status = response.StatusCode
	if response.Body == nil || response.Body == http.NoBody || response.StatusCode == http.StatusSwitchingProtocols {
		x.end("")
		return response, nil
	}
	response.Body = &body{response.Body, x}
	return response, nil
}

// exchange is one request and its answer.
type exchange struct {
	t       *Telemetry
	ctx     context.Context //nolint:containedctx // the exchange lasts as long as the body of its answer
	span    trace.Span
	started time.Time
	metrics []attribute.KeyValue
	status  int // 0: no answer has arrived
	once    sync.Once
}

func (t *Telemetry) begin(request *http.Request) *exchange {
	host, port := request.URL.Hostname(), portOf(request)
	x := &exchange{t: t, started: time.Now(), metrics: []attribute.KeyValue{semconv.HTTPRequestMethodKey.String(method(request))}}
	if where := net.JoinHostPort(host, strconv.Itoa(port)); t.bounds.host.of(where) == where {
		x.metrics = append(x.metrics, semconv.ServerAddress(host), semconv.ServerPort(port))
	} else {
		x.metrics = append(x.metrics, semconv.ServerAddress(other))
	}
	span := []attribute.KeyValue{semconv.HTTPRequestMethodKey.String(method(request)), semconv.ServerPort(port)}
	if hostForm.MatchString(host) {
		span = append(span, semconv.ServerAddress(host))
	}
	name := method(request)
	if path := request.URL.Path; slices.Contains(paths, path) {
		name += " " + path
		span = append(span, semconv.URLPath(path))
		if action := request.Header.Get("X-TC-Action"); path == "/" && nameForm.MatchString(action) {
			span = append(span, keyEndpoint.String(action))
		}
	}
	x.ctx, x.span = t.tracer.Start(request.Context(), name, trace.WithSpanKind(trace.SpanKindClient),
		trace.WithTimestamp(x.started), trace.WithAttributes(span...))
	return x
}

// end ends the span and measures, once. kind says what failed; "" if nothing did.
func (x *exchange) end(kind string) {
	x.once.Do(func() {
		if kind == "" && x.status >= http.StatusBadRequest {
			kind = other
			if http.StatusText(x.status) != "" {
				kind = strconv.Itoa(x.status)
			}
		}
		if x.status != 0 {
			x.span.SetAttributes(semconv.HTTPResponseStatusCode(x.status))
		}
		if http.StatusText(x.status) != "" { // any other number is beyond the bound of a metric
			x.metrics = append(x.metrics, semconv.HTTPResponseStatusCode(x.status))
		}
		if kind != "" {
			x.span.SetAttributes(semconv.ErrorTypeKey.String(kind))
			x.span.SetStatus(codes.Error, "")
			x.metrics = append(x.metrics, semconv.ErrorTypeKey.String(kind))
		}
		x.t.instrument.requestTime.Record(x.ctx, time.Since(x.started).Seconds(), withAll(x.metrics))
		x.span.End()
	})
}

// failure names the kind of an error. The text of an error is not for spans: net/http
// quotes addresses in it.
func failure(err error) string {
	var dns *net.DNSError
	var op *net.OpError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, context.Canceled):
		return typeCanceled
	case errors.As(err, &dns):
		return "dns"
	case errors.As(err, &certificate), errors.As(err, &record), errors.As(err, &alert):
		return "tls"
	case errors.As(err, &timeout) && timeout.Timeout():
		return typeTimeout
	case errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect"):
		return "connect"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &op):
		return "connection"
	}
	return other
}

// method returns the request's method, if it is one of those that the library uses.
func method(request *http.Request) string {
	switch request.Method {
	case "":
		return http.MethodGet
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodHead:
		return request.Method
	}
	return other
}

func portOf(request *http.Request) int {
	if port, err := strconv.Atoi(request.URL.Port()); err == nil {
		return port
	}
	if request.URL.Scheme == "http" {
		return 80
	}
	return 443
}

// body ends its exchange when it is read to its end, fails, or is closed.
type body struct {
	io.ReadCloser
	x *exchange
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	switch err {
	case nil:
	case io.EOF: // what wraps io.EOF is a failure
		b.x.end("")
	default:
		b.x.end(failure(err))
	}
	return n, err
}

func (b *body) Close() error {
	err := b.ReadCloser.Close()
	b.x.end("")
	return err
}
