package faceidtest

import (
	"slices"
	"strings"
	"time"
)

// A Request is what the server keeps of a request. It holds no secret, ticket,
// signature, person or photo.
type Request struct {
	Time     time.Time     // when it arrived, by the platform's clock
	Method   string        // the HTTP method
	Path     string        // the path; for API 3.0 the action, or "/" for an unknown one
	Status   int           // the HTTP status, 0 if no answer was sent
	Code     string        // the code of the answer, or ""; API 3.0 has no code for success
	OrderNo  string        // the order that the request named, if its form is right
	Duration time.Duration // the time until the answer was ready
	Fault    string        // the fault that the request met
	Why      string        // for a refused parameter its name and what is wrong, never its value
}

const (
	keep       = 1000 // the number of requests that the server keeps, and of mints at least
	maxUnknown = 1000 // the number of paths that are counted although the platform does not have them
	maxPath    = 256  // the length to which the log cuts a path
)

// lastOf returns a list of which nobody needs more than its last n elements. It
// drops the others once there are as many.
func lastOf[T any](n int, list []T) []T {
	if len(list) < 2*n {
		return list
	}
	return append(list[:0], list[len(list)-n:]...)
}

// enter counts a request, and takes the fault that waits for it. The caller
// calls leave when the answer is ready.
func (s *Server) enter(in *incoming) (fault Fault, leave func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fault = s.nextFault(in.ctx, in.path)
	leave = func() {}
	if fault.kind == faultRefuse {
		return fault, leave
	}
	s.sweep(sweepSteps)
	s.count(in.path)
	if a := s.minter(in); a != nil {
		if a.minting > 0 {
			a.concurrent++
		}
		a.minting++
		leave = func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			a.minting--
		}
	}
	return fault, leave
}

// minter returns the app whose token a request asks for, or nil.
func (s *Server) minter(in *incoming) *app {
	if in.path != pathToken {
		return nil
	}
	v, _ := s.readQuery(in, tokenParams)
	return s.apps[v["appId"]]
}

// count counts a request to a path. Of the paths that the platform does not
// have it counts a limited number. The caller holds the lock.
func (s *Server) count(path string) {
	if len(path) > maxPath {
		path = brief(path)
	}
	if _, counted := s.calls[path]; !counted && len(s.calls) >= len(s.routes)+maxUnknown {
		if _, known := s.routes[path]; !known {
			return
		}
	}
	s.calls[path]++
}

// brief cuts a text of the request, such as the path of a vulnerability scan, which
// may have a million bytes.
func brief(text string) string { return strings.Clone(text[:min(len(text), maxPath)]) }

// note keeps a request in the place of the one that is a thousand requests old.
func (s *Server) note(r Request) {
	if len(r.Path)+len(r.Method) > maxPath {
		r.Path, r.Method = brief(r.Path), brief(r.Method)
	}
	s.mu.Lock()
	if len(s.recent) < keep {
		s.recent = append(s.recent, r)
	} else {
		s.recent[s.oldest] = r
		s.oldest = (s.oldest + 1) % keep
	}
	s.mu.Unlock()
	if s.log != nil {
		s.log(r)
	}
}

// Calls is the number of requests that arrived at a path, or for an action of
// API 3.0, whatever their answers were.
func (s *Server) Calls(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[path]
}

// Requests returns the last 1000 finished requests. The oldest is first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Concat(s.recent[s.oldest:], s.recent[:s.oldest])
}

// Mints returns the times at which requests minted a token of this app, by the
// platform's clock: all of them up to 1000, and the last 1000 at least after
// that. The mints of [Server.MintElsewhere] are not among them.
func (s *Server) Mints(appID string) []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mustApp("Mints", appID).mints)
}

// ConcurrentMints is the number of token calls of this app that came while
// another one was not answered yet. The platform forbids that, so it should be
// 0.
func (s *Server) ConcurrentMints(appID string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mustApp("ConcurrentMints", appID).concurrent
}

// Left is how long a token or ticket will still be accepted if nothing happens
// meanwhile. It is 0 or less if the value is not accepted now. A ticket dies
// with its token, and a token dies a minute after the next mint.
func (s *Server) Left(value string) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for _, a := range s.apps {
		if t := a.liveToken(value, now); t != nil {
			return t.dies.Sub(now)
		}
		tickets := slices.Clone(a.signs)
		for _, ofUser := range a.nonces {
			tickets = append(tickets, ofUser...)
		}
		for _, t := range tickets {
			if t.value == value && t.live(now) {
				return earlier(t.dies, t.token.dies).Sub(now)
			}
		}
	}
	return 0
}
