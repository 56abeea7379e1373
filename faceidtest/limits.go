package faceidtest

import (
	"net/netip"
	"slices"
	"strconv"
	"time"
)

// A limit allows n requests in any window of length per.
type limit struct {
	n    int
	per  time.Duration
	seen []time.Time
}

// AllowIPs puts addresses on the allow-list. Afterwards a backend call from any
// other address is answered 400103; browsers are not affected. Without
// arguments no address is allowed. Repeated calls add addresses.
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

// SetRemoteIP sets the address from which [Server.RoundTrip] seems to call. The
// default is 127.0.0.1.
func (s *Server) SetRemoteIP(ip string) {
	mustIP("SetRemoteIP", ip)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remoteIP = ip
}

// DenyActions takes the permission for actions of API 3.0 from a key, as CAM does for
// a sub-account: a signed call is answered UnauthorizedOperation then. No action
// means every action. It panics for a SecretId or an action that is unknown.
func (s *Server) DenyActions(secretID string, actions ...string) {
	for _, action := range actions {
		s.mustPath("DenyActions", action)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.ContainsFunc(s.cloud.accounts, func(a cloudAccount) bool { return a.id == secretID }) {
		panic("faceidtest: DenyActions: there is no account " + strconv.Quote(secretID))
	}
	if len(actions) == 0 {
		actions = []string{""}
	}
	for _, action := range actions {
		if s.denied == nil {
			s.denied = map[deniedAction]bool{}
		}
		s.denied[deniedAction{secretID, action}] = true
	}
}

// deniedAction is an action that a key may not call; an empty action is every action.
type deniedAction struct{ secretID, action string }

// isDenied reports whether the key that signed a request may not call its action.
func (s *Server) isDenied(in *incoming) bool {
	id := authorization.FindStringSubmatch(in.header.Get("Authorization"))[1]
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.denied[deniedAction{id, in.path}] || s.denied[deniedAction{id, ""}]
}

// RateLimit allows n requests to path in any window of length per. A request
// above the limit is answered 400506, and does not count itself. For API 3.0
// the path is the name of an action. A call above its limit is answered
// RequestLimitExceeded, and a call with a wrong signature does not count. A
// later RateLimit replaces the limit of that path.
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
