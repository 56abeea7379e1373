package faceidtest

import (
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ServeHTTP answers a request that came over a port or from a test's own
// server. A fault that breaks the connection resets it. If the connection
// cannot be taken over, the fault aborts the handler instead.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in := &incoming{ctx: r.Context(), method: r.Method, host: r.Host, path: r.URL.Path,
		rawQuery: r.URL.RawQuery, header: r.Header, remote: r.RemoteAddr}
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		in.remote = host
	}
	d, err := s.answer(in, r.Body)
	if err != nil {
		reset(w)
	}
	for name, values := range d.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(d.body)))
	w.WriteHeader(d.status)
	s.send(w, r, d)
}

func (s *Server) send(w http.ResponseWriter, r *http.Request, d delivery) {
	if d.chunk == 0 && d.cut < 0 {
		_, _ = w.Write(d.body) // an error means that the client is gone
		return
	}
	body := &bodyReader{s: s, ctx: r.Context(), d: d}
	buf := make([]byte, 32<<10)
	for {
		n, err := body.Read(buf)
		if n > 0 {
			if _, werr := w.Write(buf[:n]); werr != nil {
				return // the client is gone
			}
			_ = http.NewResponseController(w).Flush() // an error does no harm here
		}
		switch {
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			panic(http.ErrAbortHandler) // this breaks the connection, as the rest never comes
		}
	}
}

// reset breaks the connection without an answer. It does not return.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // this makes Close send RST
		}
		_ = conn.Close()
	}
	panic(http.ErrAbortHandler)
}

// unheardOf is the address of a server that has no port.
const unheardOf = "https://kyc1.faceid.test"

// URL opens a loopback port on first use and returns its address,
// http://127.0.0.1:port. Like httptest it panics if no port can be opened. A
// port cannot live inside a synctest bubble. After [WithPublicURL], URL returns
// that address and opens no port.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.url != "" {
		return s.url
	}
	if s.closed {
		panic("faceidtest: URL: the server is closed")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic("faceidtest: URL: " + err.Error())
	}
	hs := s.serveOn(l)
	s.running.Go(func() { _ = hs.Serve(l) }) // Server.Close ends this goroutine
	return s.url
}

// BaseURL is the address for clients: that of [WithPublicURL], or that of
// [Server.URL] once a port is open. Otherwise it is https://kyc1.faceid.test,
// which only [Server.RoundTrip] can reach.
func (s *Server) BaseURL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pageBase()
}

// pageHost returns the host to which an upload sends the person. It is the host
// that was called, unless the pages have an address of their own. The caller
// holds the lock.
func (s *Server) pageHost(in *incoming) string {
	if !s.public {
		return in.host
	}
	_, host, _ := strings.Cut(s.url, "://")
	return host
}

// Serve answers on l until the server is closed, and then returns nil. It
// closes l. The first listener gives [Server.BaseURL] its address, unless
// [WithPublicURL] did.
func (s *Server) Serve(l net.Listener) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		_ = l.Close()
		return errClosed
	}
	hs := s.serveOn(l)
	s.mu.Unlock()
	if err := hs.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// serveOn registers a port. The caller holds the lock.
func (s *Server) serveOn(l net.Listener) *http.Server {
	hs := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	s.servers = append(s.servers, hs)
	if s.url == "" {
		s.url = "http://" + l.Addr().String()
	}
	return hs
}
