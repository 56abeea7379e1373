package main

import (
	"errors"
	"sync"
	"time"

	"github.com/faceid-go/faceid"
)

// A session holds what the server knows of one visitor. It never holds a name or an
// ID number.
type session struct {
	userID string // what the platform knows the person by; "" if there is no session
	kept   bool   // it is among the sessions, and its visitor has the cookie
	mu     sync.Mutex
	order  *order // the latest
}

// An order is one verification. Write it into your database instead: its number
// is the only key to the result and the evidence.
type order struct {
	no      string
	product faceid.Product
	channel faceid.Channel      // an App's, or ChannelBrowser
	login   *faceid.PageSession // of a browser; nil for an App
	asking  bool                // a request is finding out how it ended
	outcome *outcome            // nil: not known yet; what it points to never changes
}

// outcome says how an order ended, in the form that the person and the App may see.
type outcome struct {
	Passed  bool          `json:"passed"`
	Gloss   string        `json:"gloss,omitempty"`   // English
	Message string        `json:"message,omitempty"` // the platform's own words
	Charged string        `json:"charged,omitempty"`
	Remedy  faceid.Remedy `json:"-"` // of a front-end code: what the person may do before they begin anew
}

// mayEnter reports whether the person may visit the login page, which holds until
// they come back from it. A faceId is for one verification.
func (o *order) mayEnter() bool {
	return o.outcome == nil && o.login != nil && time.Now().Before(o.login.ExpiresAt())
}

var (
	errFull    = errors.New("no room for another entry")
	errForeign = errors.New("not the order that this session waits for")
	errHandled = errors.New("the end of the order was handled already, or is being handled")
)

func (s *session) put(o *order) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.order = o
}

// current returns a copy of the order, empty if there is none.
func (s *session) current() (o order) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.order != nil {
		o = *s.order
	}
	return o
}

// claim hands the order to one request at a time, and to no request once the order is
// over. In a database this is one conditional UPDATE. A browser cannot claim an App's
// order, nor an App a browser's: see appDone.
func (s *session) claim(orderNo string, byApp bool) (*order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.order
	switch {
	case o == nil || orderNo == "" || o.no != orderNo || byApp != (o.login == nil):
		return nil, errForeign
	case o.asking || o.outcome != nil:
		return nil, errHandled
	}
	o.asking = true
	return o, nil
}

// settle ends a claim; a nil outcome leaves the order waiting.
func (s *session) settle(o *order, end *outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o.asking = false
	if end != nil {
		o.outcome = end
	}
}

// enter returns the login session of a person who may enter the page.
func (s *session) enter() *faceid.PageSession {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.order == nil || !s.order.mayEnter() {
		return nil
	}
	return s.order.login
}

// sessions holds a bounded number of sessions for a bounded time. A restart forgets
// them; several processes keep them in a table or in Redis instead.
type sessions struct {
	mu   sync.Mutex
	all  map[string]kept
	most int
	life time.Duration
}

type kept struct {
	session *session
	ends    time.Time
}

func newSessions(most int, life time.Duration) *sessions {
	return &sessions{all: map[string]kept{}, most: most, life: life}
}

func (m *sessions) add(token string, s *session) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.sweep(); err != nil {
		return err
	}
	m.all[token] = kept{s, time.Now().Add(m.life)}
	return nil
}

// room returns errFull if add would fail now.
func (m *sessions) room() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sweep()
}

// sweep drops sessions that have ended until there is room for one more. The caller
// holds the lock.
func (m *sessions) sweep() error {
	now := time.Now()
	for k, old := range m.all {
		if len(m.all) < m.most {
			break
		}
		if !now.Before(old.ends) {
			delete(m.all, k)
		}
	}
	if len(m.all) >= m.most { // a flood must not push out what is still needed
		return errFull
	}
	return nil
}

// get returns a session and restarts its lifetime.
func (m *sessions) get(token string) (*session, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found, ok := m.all[token]
	if !ok || !time.Now().Before(found.ends) {
		return nil, false
	}
	m.all[token] = kept{found.session, time.Now().Add(m.life)}
	return found.session, true
}
