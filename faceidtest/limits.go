package faceidtest

import (
	"net/netip"
	"strconv"
	"time"
)

// A limit is a sliding window.
type limit struct {
	n    int
	per  time.Duration
	seen []time.Time
}

// AllowIPs puts addresses on the allow-list. Afterwards a backend call from any
// other address is answered 400103; browsers are not affected. Without
// arguments nobody is allowed. Repeated calls add.
func (s *Server) AllowIPs(ip ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.allowed == nil {
		s.allowed = map[netip.Addr]bool{}
	}
	for _, text := range ip {
		s.allowed[mustIP("AllowIPs", text).Unmap()] = true
	}
}

// SetRemoteIP sets the address from which [Server.RoundTrip] seems to call, at
// first 127.0.0.1.
func (s *Server) SetRemoteIP(ip string) {
	mustIP("SetRemoteIP", ip)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remoteIP = ip
}

// RateLimit allows n requests to path in any window of length per; those above
// are answered 400506 and do not count themselves. An action of API 3.0 is named
// instead of a path; its calls above are answered RequestLimitExceeded, and those
// with a wrong signature do not count. A later call replaces the limit of that
// path.
func (s *Server) RateLimit(path string, n int, per time.Duration) {
	s.mustPath("RateLimit", path)
	if n < 0 || per <= 0 {
		panic("faceidtest: RateLimit: want n >= 0 and per > 0, got n = " + strconv.Itoa(n) + ", per = " + per.String())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits[path] = &limit{n: n, per: per}
}

func (s *Server) withinLimit(path string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.limits[path]
	if l == nil {
		return true
	}
	now := s.now()
	for len(l.seen) > 0 && now.Sub(l.seen[0]) >= l.per {
		l.seen = l.seen[1:]
	}
	if len(l.seen) >= l.n {
		return false
	}
	l.seen = append(l.seen, now)
	return true
}

func mustIP(who, text string) netip.Addr {
	ip, err := netip.ParseAddr(text)
	if err != nil {
		panic("faceidtest: " + who + ": " + strconv.Quote(text) + " is not an IP address")
	}
	return ip
}
