package faceidtest

import (
	"context"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"
)

// A Fault is one piece of trouble that [Server.FailNext] queues.
type Fault struct {
	kind      faultKind
	code, msg string // of the envelope
	status    int
	body      string
	n         int // a number of bytes
	wait      time.Duration
}

type faultKind int

const (
	noFault faultKind = iota
	faultCode
	faultStatus
	faultBody
	faultDelay
	faultHang
	faultTruncate
	faultDropBefore
	faultDropAfter
	faultRefuse
	faultSlowBody
)

var faultNames = [...]string{"", "code", "status", "body", "delay", "hang", "truncate", "drop before", "drop after", "refuse", "slow body"}

// String names the fault for messages and for [Request].
func (f Fault) String() string { return faultNames[f.kind] }

// FaultCode answers with that code, and the request has no effect. For an
// action of API 3.0 it is a code of API 3.0. Without a message the platform's
// own is used.
func FaultCode(code, msg string) Fault {
	if code == "" {
		panic("faceidtest: FaultCode: the code is empty")
	}
	if msg == "" {
		msg = messages[code]
	}
	return Fault{kind: faultCode, code: code, msg: msg}
}

// FaultStatus answers with that HTTP status and an HTML body, as a proxy in
// front of the platform does. The request has no effect.
func FaultStatus(status int, body string) Fault {
	if status < 200 || status > 599 {
		panic("faceidtest: FaultStatus: " + strconv.Itoa(status) + " is not a final HTTP status")
	}
	return Fault{kind: faultStatus, status: status, body: body}
}

// FaultBody answers with HTTP 200, a JSON content type and that body, whatever
// it is. The request has no effect.
func FaultBody(raw string) Fault { return Fault{kind: faultBody, body: raw} }

// FaultDelay lets the request take effect at once, and holds the answer back
// for d. A client that gives up earlier has lost an answer that counted.
func FaultDelay(d time.Duration) Fault {
	return Fault{kind: faultDelay, wait: notNegative("FaultDelay", d)}
}

// FaultHang gives no answer until the request's context or the server ends. The
// request has no effect.
func FaultHang() Fault { return Fault{kind: faultHang} }

// FaultTruncate lets the request take effect, and cuts the answer's body after
// n bytes. Content-Length still tells the full length, so that reading ends in
// io.ErrUnexpectedEOF. A body that is not longer arrives whole.
func FaultTruncate(n int) Fault {
	if n < 0 {
		panic("faceidtest: FaultTruncate: n is negative")
	}
	return Fault{kind: faultTruncate, n: n}
}

// FaultDropBefore resets the connection before the request takes effect. Over a
// port, net/http may repeat a GET by itself if the connection was used before.
func FaultDropBefore() Fault { return Fault{kind: faultDropBefore} }

// FaultDropAfter lets the request take effect, and resets the connection
// instead of answering, so that the answer is lost. Over a port, net/http may
// repeat a GET as with [FaultDropBefore].
func FaultDropAfter() Fault { return Fault{kind: faultDropAfter} }

// FaultRefuse makes connecting fail with a *net.OpError whose Op is "dial".
// Such a request never arrived, so it is neither counted nor listed. Over a
// port the connection exists already, so it is reset instead.
func FaultRefuse() Fault { return Fault{kind: faultRefuse} }

// FaultSlowBody lets the request take effect, and delivers the body in chunks
// of that many bytes, with that pause before each.
func FaultSlowBody(chunk int, every time.Duration) Fault {
	if chunk <= 0 {
		panic("faceidtest: FaultSlowBody: chunk must be positive")
	}
	return Fault{kind: faultSlowBody, n: chunk, wait: notNegative("FaultSlowBody", every)}
}

func notNegative(who string, d time.Duration) time.Duration {
	if d < 0 {
		panic("faceidtest: " + who + ": the duration is negative")
	}
	return d
}

// FailNext queues faults: each meets one of the next requests to path, in
// order. For API 3.0 the path is the name of an action, such as "DetectAuth".
// FailNext panics for a path that the platform does not have.
func (s *Server) FailNext(path string, faults ...Fault) {
	s.mustPath("FailNext", path)
	for _, f := range faults {
		if f.kind == noFault {
			panic("faceidtest: FailNext: use the Fault… functions to make a Fault")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[path] = append(s.faults[path], faults...)
}

// WithFault returns a context whose request meets this fault, whatever is queued.
// It is for a test that puts a RoundTripper of its own in front of the server, to
// let a fault meet one of many requests that are sent at once. Over a port it does
// nothing. Like [Server.FailNext] it panics for a Fault that no function made.
//
//	res, err := sim.RoundTrip(r.WithContext(faceidtest.WithFault(r.Context(), fault)))
func WithFault(ctx context.Context, f Fault) context.Context {
	if f.kind == noFault {
		panic("faceidtest: WithFault: use the Fault… functions to make a Fault")
	}
	return context.WithValue(ctx, faultKey{}, f)
}

type faultKey struct{}

// nextFault returns the fault of the request's context, or takes the next one
// from the queue. The caller holds the lock.
func (s *Server) nextFault(ctx context.Context, path string) Fault {
	if own, ok := ctx.Value(faultKey{}).(Fault); ok {
		return own
	}
	queue := s.faults[path]
	if len(queue) == 0 {
		return Fault{}
	}
	if s.faults[path] = queue[1:]; len(queue) == 1 {
		delete(s.faults, path)
	}
	return queue[0]
}

// instead returns the answer of a fault that replaces the platform's.
func (f Fault) instead() (reply, bool) {
	switch f.kind {
	case faultCode:
		return reply{code: f.code, msg: f.msg}, true
	case faultStatus:
		return reply{status: f.status, raw: []byte(f.body), kind: typeHTML}, true
	case faultBody:
		return reply{raw: []byte(f.body), kind: typeJSON}, true
	}
	return reply{}, false
}

func connectionRefused() error {
	return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
}

func connectionReset() error {
	return &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
}
