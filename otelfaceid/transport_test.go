package otelfaceid_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answers is a transport that always answers this.
func answers(status int, body string) roundTripper {
	return func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

func request(t *testing.T, method, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	require.NoError(t, err)
	return r
}

const (
	tokenURL   = "https://user:canary@kyc1.qcloud.com/api/oauth2/access_token?appId=IDA1&secret=canary#canary"
	tokenSpan  = "GET /api/oauth2/access_token"
	requestSum = "http.client.request.duration"
)

func TestTransportTracesWithoutQueryHeaderOrBody(t *testing.T) {
	r := record(t)
	ctx, parent := r.tracer.Tracer("shop").Start(t.Context(), "checkout")
	sent := request(t, http.MethodGet, tokenURL).WithContext(ctx)
	sent.Header.Set("Authorization", "canary")
	var below *http.Request
	transport := r.Transport(roundTripper(func(r *http.Request) (*http.Response, error) {
		below = r
		return answers(200, "canary")(r)
	}))
	response, err := transport.RoundTrip(sent)
	require.NoError(t, err)
	require.Same(t, sent, below, "the request goes on as it is")
	require.Equal(t, http.Header{"Authorization": {"canary"}}, below.Header, "no trace context is sent")
	require.Empty(t, r.ended.Ended(), "the answer has not been read")
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, "canary", string(text))
	require.NoError(t, response.Body.Close())

	s := r.span(tokenSpan)
	require.Equal(t, parent.SpanContext().SpanID(), s.Parent().SpanID())
	require.Equal(t, trace.SpanKindClient, s.SpanKind())
	require.Equal(t, codes.Unset, s.Status().Code)
	require.Equal(t, map[string]string{
		"http.request.method": "GET", "server.address": "kyc1.qcloud.com", "server.port": "443", "url.path": "/api/oauth2/access_token",
		"http.response.status_code": "200",
	}, attributes(s))
	require.Equal(t, map[string]int64{"http.request.method=GET,http.response.status_code=200,server.address=kyc1.qcloud.com,server.port=443": 1}, r.points(requestSum))
}

func TestTransportExportsNoPathButThePlatforms(t *testing.T) {
	r := record(t)
	for _, url := range []string{
		"https://bucket.cos.ap-guangzhou.myqcloud.com/canary/video.mp4?sign=canary", "https://kyc1.qcloud.com/api/server/getPlusFaceId/canary",
		"https://kyc1.qcloud.com/canary", "https://kyc1.qcloud.com//api/oauth2/access_token/canary",
	} {
		response, err := r.Transport(answers(200, "")).RoundTrip(request(t, http.MethodGet, url))
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
	}
	all := r.spans()
	require.Len(t, all, 4)
	for _, s := range all {
		require.Equal(t, "GET", s.Name())
		require.NotContains(t, fmt.Sprint(s.Attributes()), "canary")
		require.Contains(t, attributes(s)["server.address"], "qcloud.com")
	}
	require.NotContains(t, fmt.Sprint(r.collect()), "canary")
}

func TestTransportNamesTheActionOfAPI3(t *testing.T) {
	r := record(t)
	for action, want := range map[string]string{"DetectAuth": "DetectAuth", personName: "", "a b": "", "": ""} {
		sent := request(t, http.MethodPost, "https://faceid.tencentcloudapi.com/")
		sent.Header.Set("X-TC-Action", action)
		response, err := r.Transport(answers(200, "")).RoundTrip(sent)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		all := r.spans()
		require.Len(t, all, 1)
		require.Equal(t, "POST /", all[0].Name())
		require.Equal(t, want, attributes(all[0])["faceid.endpoint"])
	}
}

func TestTransportNamesTheKindOfAFailure(t *testing.T) {
	for name, row := range map[string]struct {
		err  error
		want string
	}{
		"canceled":    {fmt.Errorf("canary: %w", context.Canceled), "canceled"},
		"a deadline":  {context.DeadlineExceeded, "timeout"},
		"dns":         {&net.DNSError{Err: "canary", IsTimeout: true}, "dns"},
		"tls":         {&tls.CertificateVerificationError{Err: errors.New("canary")}, "tls"},
		"no tls":      {tls.RecordHeaderError{Msg: "canary"}, "tls"},
		"refused":     {&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, "connect"},
		"a proxy":     {&net.OpError{Op: "proxyconnect", Err: errors.New("canary")}, "connect"},
		"reset":       {&net.OpError{Op: "read", Err: syscall.ECONNRESET}, "connection"},
		"cut off":     {io.ErrUnexpectedEOF, "connection"},
		"anything":    {errors.New("canary"), "_OTHER"},
		"an EOF more": {fmt.Errorf("canary: %w", io.EOF), "connection"},
	} {
		t.Run(name, func(t *testing.T) {
			r := record(t)
			_, err := r.Transport(roundTripper(func(*http.Request) (*http.Response, error) { return nil, row.err })).RoundTrip(request(t, http.MethodGet, tokenURL))
			require.Equal(t, row.err, err)
			s := r.span(tokenSpan)
			require.Equal(t, row.want, attributes(s)["error.type"])
			require.Equal(t, codes.Error, s.Status().Code)
			require.NotContains(t, fmt.Sprint(s.Attributes(), s.Status(), s.Events()), "canary")
			require.Equal(t, map[string]int64{"error.type=" + row.want + ",http.request.method=GET,server.address=kyc1.qcloud.com,server.port=443": 1}, r.points(requestSum))

			broken := io.NopCloser(io.MultiReader(strings.NewReader("half"), brokenReader{row.err}))
			response, err := r.Transport(roundTripper(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 200, Body: broken}, nil
			})).RoundTrip(request(t, http.MethodPost, tokenURL))
			require.NoError(t, err)
			_, err = io.ReadAll(response.Body)
			require.Equal(t, row.err, err)
			require.NoError(t, response.Body.Close())
			require.Equal(t, row.want, attributes(r.span("POST /api/oauth2/access_token"))["error.type"], "in the body")
		})
	}
}

type brokenReader struct{ err error }

func (b brokenReader) Read([]byte) (int, error) { return 0, b.err }

func TestTransportCallsAStatusOfFailureAnError(t *testing.T) {
	for status, want := range map[int]string{200: "", 302: "", 404: "404", 502: "502", 799: "_OTHER"} {
		r := record(t)
		response, err := r.Transport(answers(status, "x")).RoundTrip(request(t, http.MethodGet, tokenURL))
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		s := r.span(tokenSpan)
		require.Equal(t, want, attributes(s)["error.type"])
		require.Equal(t, fmt.Sprint(status), attributes(s)["http.response.status_code"])
		for series := range r.points(requestSum) {
			require.Equal(t, status != 799, strings.Contains(series, "status_code"), series)
		}
	}
}

func TestTransportEndsWhateverTheOneBelowReturns(t *testing.T) {
	for name, below := range map[string]roundTripper{
		"nothing": func(*http.Request) (*http.Response, error) { return nil, nil },
		"no body": func(*http.Request) (*http.Response, error) { return &http.Response{StatusCode: 200}, nil },
		"an empty body": func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 204, Body: http.NoBody}, nil
		},
	} {
		r := record(t)
		_, err := r.Transport(below).RoundTrip(request(t, http.MethodGet, tokenURL))
		require.NoError(t, err, name)
		r.span(tokenSpan)
	}
	r := record(t)
	_, err := r.Transport(nil).RoundTrip(&http.Request{})
	require.ErrorContains(t, err, "nil")
	require.PanicsWithValue(t, "canary", func() {
		_, _ = r.Transport(roundTripper(func(*http.Request) (*http.Response, error) { panic("canary") })).RoundTrip(request(t, http.MethodGet, tokenURL))
	})
	require.Equal(t, "panic", attributes(r.span(tokenSpan))["error.type"])
}

func TestTransportWithoutABaseSendsByItself(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name := range r.Header {
			require.NotContains(t, []string{"Traceparent", "Tracestate", "Baggage"}, name)
		}
	}))
	defer server.Close()
	r := record(t)
	client := &http.Client{Transport: r.Transport(nil)}
	response, err := client.Do(request(t, http.MethodGet, server.URL+"/"))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, "127.0.0.1", attributes(r.span("GET /"))["server.address"])
	client.CloseIdleConnections()
}

func TestTransportPassesCloseIdleConnectionsOn(t *testing.T) {
	closed := 0
	r := record(t)
	(&http.Client{Transport: r.Transport(idle{answers(200, ""), &closed})}).CloseIdleConnections()
	require.Equal(t, 1, closed)
	(&http.Client{Transport: r.Transport(answers(200, ""))}).CloseIdleConnections()
}

type idle struct {
	http.RoundTripper
	closed *int
}

func (i idle) CloseIdleConnections() { *i.closed++ }

// Who traces must not lose what the Client's own transport is made for.
func TestTransportWithoutABaseIsLikeTheClients(t *testing.T) {
	ours, theirs := declared(t, "transport.go"), declared(t, "../exchange.go")
	require.NotEmpty(t, ours["defaultTransport"])
	for _, name := range []string{"defaultTransport", "maxIdle"} {
		require.Equal(t, theirs[name], ours[name], name)
	}
}

// declared returns the source of the functions and constants of a file, without comments and
// blanks.
func declared(t *testing.T, name string) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	source := func(n any) string {
		var text strings.Builder
		require.NoError(t, printer.Fprint(&text, token.NewFileSet(), n))
		return strings.Join(strings.Fields(text.String()), " ")
	}
	all := map[string]string{}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				all[d.Name.Name] = source(d.Body)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				if v, ok := s.(*ast.ValueSpec); ok && len(v.Values) == 1 {
					all[v.Names[0].Name] = source(v.Values[0])
				}
			}
		}
	}
	return all
}
