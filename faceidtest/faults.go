package faceidtest

import (
	"context"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"
)

// A Fault is one piece of trouble, queued with [Server.FailNext].
type Fault struct {
	kind      faultKind
	code, msg string // envelope
	status    int
	body      string
	n         int // bytes
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

// String names the fault, for messages and [Request].
func (f Fault) String() string { return faultNames[f.kind] }

// FaultCode answers with that code, of API 3.0 for one of its actions, and
// nothing takes effect. Without a message the platform's own is used.
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
// front of the platform does. Nothing takes effect.
func FaultStatus(status int, body string) Fault {
	if status < 200 || status > 599 {
		panic("faceidtest: FaultStatus: " + strconv.Itoa(status) + " is not a final HTTP status")
	}
	return Fault{kind: faultStatus, status: status, body: body}
}

// FaultBody answers with HTTP 200, a JSON content type and that body, whatever
// it is. Nothing takes effect.
func FaultBody(raw string) Fault { return Fault{kind: faultBody, body: raw} }

// FaultDelay lets the request take effect at once and holds the answer back
// for d: who gives up earlier has lost an answer that counted.
func FaultDelay(d time.Duration) Fault {
	return Fault{kind: faultDelay, wait: notNegative("FaultDelay", d)}
}

// FaultHang never answers, until the request's context or the server ends.
// Nothing takes effect.
func FaultHang() Fault { return Fault{kind: faultHang} }

// FaultTruncate lets the request take effect and cuts the answer's body after
// n bytes; Content-Length still tells the full length, so that reading ends in
// io.ErrUnexpectedEOF. A body that is not longer arrives whole.
func FaultTruncate(n int) Fault {
	if n < 0 {
		panic("faceidtest: FaultTruncate: n is negative")
	}
	return Fault{kind: faultTruncate, n: n}
}

// FaultDropBefore resets the connection before anything took effect. Over a
// port, net/http may repeat a GET by itself if the connection was used before.
func FaultDropBefore() Fault { return Fault{kind: faultDropBefore} }

// FaultDropAfter lets the request take effect and resets the connection
// instead of answering: a lost answer. The remark of [FaultDropBefore] holds.
func FaultDropAfter() Fault { return Fault{kind: faultDropAfter} }

// FaultRefuse fails to connect: a *net.OpError with Op "dial". Such a request
// never arrived, so it is neither counted nor listed. Over a port the
// connection is reset instead, because it is there already.
func FaultRefuse() Fault { return Fault{kind: faultRefuse} }

// FaultSlowBody lets the request take effect and delivers the body in chunks
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

// FailNext queues trouble: each fault meets one of the next requests to path,
// in order. An action of API 3.0 is named instead of a path, as "DetectAuth".
// It panics for a path the platform does not have.
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

// WithFault returns a context whose request meets this fault, whatever is queued:
// for a RoundTripper of a test's own in front of the server, where many send at
// once and one is to be hit. Over a port it does nothing. Like [Server.FailNext]
// it panics for a Fault that no function made.
//
//	res, err := sim.RoundTrip(r.WithContext(faceidtest.WithFault(r.Context(), fault)))
func WithFault(ctx context.Context, f Fault) context.Context {
	if f.kind == noFault {
		panic("faceidtest: WithFault: use the Fault… functions to make a Fault")
	}
	return context.WithValue(ctx, faultKey{}, f)
}

type faultKey struct{}

// nextFault is the fault of the request's own, or taken from its queue. The
// caller holds the lock.
func (s *Server) nextFault(ctx context.Context, path string) Fault {
	if own, ok := ctx.Value(faultKey{}).(Fault); ok {
		return own
	}
	queue := s.faults[path]
	if len(queue) == 0 {
		return Fault{}
	}
	s.faults[path] = queue[1:]
	return queue[0]
}

// instead is the answer of a fault that replaces the platform's.
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
