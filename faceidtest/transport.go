package faceidtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

var errClosed = errors.New("faceidtest: the server is closed")

// maxBody is the limit for a request. The largest documented field has 1 MiB.
const maxBody = 4 << 20

// A delivery is an answer on its way, with the damage that the network does to
// it.
type delivery struct {
	status int
	header http.Header
	body   []byte
	cut    int // the number of bytes that arrive, or -1 for all
	chunk  int // the number of bytes at a time, or 0 for all at once
	every  time.Duration
}

// RoundTrip answers a request without a socket, for every host. It runs the
// platform in a goroutine of its own and obeys the request's context, so that
// deadlines work. No goroutine outlives the context or the server. A request
// that net/http would not send, such as one with a line break in a header, is
// refused with the same error, and reaches no platform.
func (s *Server) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	closeBody := func() {
		if req.Body != nil {
			_ = req.Body.Close() // an error does no harm
		}
	}
	if err := unsendable(req); err != nil {
		closeBody()
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		closeBody()
		return nil, context.Cause(ctx)
	}
	in, err := s.arrive(req)
	if err != nil {
		closeBody()
		return nil, err
	}

	type outcome struct {
		d   delivery
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		defer s.running.Done()
		d, err := s.answer(in, req.Body)
		done <- outcome{d, err}
	}()

	defer closeBody() // this also ends a read that waits for more of the body
	select {
	case o := <-done:
		if o.err != nil {
			return nil, o.err
		}
		return s.response(req, o.d), nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-s.closing:
		return nil, errClosed
	}
}

// unsendable returns the error with which net/http refuses to send a request,
// or nil.
func unsendable(req *http.Request) error {
	switch {
	case req.URL == nil:
		return errors.New("http: nil Request.URL")
	case req.Header == nil:
		return errors.New("http: nil Request.Header")
	}
	for what, headers := range map[string]http.Header{"header": req.Header, "trailer": req.Trailer} {
		for name, values := range headers {
			if !isToken(name) {
				return fmt.Errorf("net/http: invalid %s field name %q", what, name)
			}
			if slices.ContainsFunc(values, func(value string) bool { return hasControl(strings.ReplaceAll(value, "\t", "")) }) {
				return fmt.Errorf("net/http: invalid %s field value for %q", what, name) // the value may be a secret
			}
		}
	}
	switch {
	case req.URL.Scheme != "http" && req.URL.Scheme != "https":
		return fmt.Errorf("unsupported protocol scheme %q", req.URL.Scheme)
	case req.Method != "" && !isToken(req.Method):
		return fmt.Errorf("net/http: invalid method %q", req.Method)
	case req.URL.Host == "":
		return errors.New("http: no Host in request URL")
	case hasControl(req.URL.RequestURI()):
		return errors.New("net/http: can't write control character in Request.URL")
	}
	return nil
}

// isToken reports whether text may name a header or a method.
func isToken(text string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	return text != "" && strings.Trim(text, letters+"!#$%&'*+-.^_`|~") == ""
}

func hasControl(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// arrive registers a handler that RoundTrip is about to start.
func (s *Server) arrive(req *http.Request) (*incoming, error) {
	in := &incoming{ctx: req.Context(), method: req.Method, host: req.Host, path: req.URL.Path,
		rawQuery: req.URL.RawQuery, header: req.Header.Clone()}
	if in.method == "" {
		in.method = http.MethodGet
	}
	if in.host == "" {
		in.host = req.URL.Host
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errClosed
	}
	in.remote = s.remoteIP
	s.running.Add(1)
	return in, nil
}

// response makes an HTTP response of a delivery, as net/http's transport would.
func (s *Server) response(req *http.Request, d delivery) *http.Response {
	return &http.Response{
		Status:        strconv.Itoa(d.status) + " " + http.StatusText(d.status),
		StatusCode:    d.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        d.header,
		Body:          &bodyReader{s: s, ctx: req.Context(), d: d},
		ContentLength: int64(len(d.body)),
		Request:       req,
	}
}

// bodyReader is a body that obeys its request's context and breaks where the
// fault says.
type bodyReader struct {
	s      *Server
	ctx    context.Context
	d      delivery
	off    int
	closed bool
}

// Read gives the next chunk, after its pause.
func (b *bodyReader) Read(p []byte) (int, error) {
	switch {
	case b.closed:
		return 0, http.ErrBodyReadAfterClose
	case b.ctx.Err() != nil:
		return 0, context.Cause(b.ctx)
	case b.off >= b.d.end():
		if b.off < len(b.d.body) {
			return 0, io.ErrUnexpectedEOF
		}
		return 0, io.EOF
	case len(p) == 0:
		return 0, nil
	}
	size := b.d.end() - b.off
	if b.d.chunk > 0 {
		if err := b.s.wait(b.ctx, b.d.every); err != nil {
			return 0, err
		}
		size = min(size, b.d.chunk)
	}
	n := copy(p, b.d.body[b.off:b.off+size])
	b.off += n
	return n, nil
}

// Close makes further reads fail.
func (b *bodyReader) Close() error {
	b.closed = true
	return nil
}

func (d delivery) end() int {
	if d.cut >= 0 && d.cut < len(d.body) {
		return d.cut
	}
	return len(d.body)
}

// wait pauses for d, or until the context or the server ends.
func (s *Server) wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-s.closing:
		return errClosed
	}
}

// hang waits for the end of the context or the server.
func (s *Server) hang(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-s.closing:
		return errClosed
	}
}

// answer takes a request through the faults before the platform, the platform
// itself, and the faults after it.
func (s *Server) answer(in *incoming, body io.Reader) (delivery, error) {
	rt, known := s.find(in)
	fault, leave := s.enter(in)
	defer leave()
	if fault.kind == faultRefuse {
		return delivery{}, connectionRefused()
	}

	began, arrived := time.Now(), s.Now()
	var r reply
	d, err := func() (delivery, error) {
		tooLong, err := in.read(body, rt.mostBytes())
		if err != nil {
			return delivery{}, err
		}
		switch fault.kind {
		case faultDropBefore:
			return delivery{}, connectionReset()
		case faultHang:
			return delivery{}, s.hang(in.ctx)
		}
		replaced := false
		if r, replaced = fault.instead(); !replaced {
			if r = rt.tooLarge(); !tooLong {
				r = s.handle(in, rt, known)
			}
		}
		return s.spoil(in.ctx, s.render(in, r, rt), fault)
	}()

	s.note(Request{Time: arrived, Method: in.method, Path: in.path, Status: d.status, Code: r.code,
		OrderNo: in.orderNo, Duration: time.Since(began), Fault: fault.String(), Why: in.why})
	return d, err
}

// spoil damages an answer as its fault says.
func (s *Server) spoil(ctx context.Context, d delivery, f Fault) (delivery, error) {
	switch f.kind {
	case faultDropAfter:
		return delivery{}, connectionReset()
	case faultDelay:
		if err := s.wait(ctx, f.wait); err != nil {
			return delivery{}, err
		}
	case faultTruncate:
		d.cut = f.n
	case faultSlowBody:
		d.chunk, d.every = f.n, f.wait
	}
	return d, nil
}

func (in *incoming) read(body io.Reader, most int) (tooLong bool, err error) {
	if body == nil {
		return false, nil
	}
	in.body, err = io.ReadAll(io.LimitReader(body, int64(most)+1))
	return len(in.body) > most, err
}
