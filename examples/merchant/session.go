package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"sync"
	"time"
)

// A session is what the site knows of one visitor: their orders, and nothing of
// who they are. Nobody sees another's.
type session struct {
	userID string // what the platform knows the person by

	mu     sync.Mutex
	orders []*order
	opened int // orders so far

	statement *statement // the bill that was looked at last
}

// maxOrders is how many a session remembers.
const maxOrders = 50

// add gives the session an order, which gets its place in it. The oldest is
// forgotten if there are too many.
func (s *session) add(o *order) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened++
	o.N = s.opened
	if s.orders = append(s.orders, o); len(s.orders) > maxOrders {
		s.orders = s.orders[1:]
	}
}

var (
	errFull = errors.New("no room for another visitor")
	errCSRF = errors.New("the form is not one that this visitor was shown")
)

// visitor is the request's cookie with its session: a new one, which keep may
// add, unless there is one already. Here a visitor is a person. Where people log
// in, derive the UserID from your own id of the person, never from the ID number:
// URLs and logs show it.
func (s *shop) visitor(r *http.Request) (token string, who *session) {
	c, err := r.Cookie(s.cookie)
	if err == nil && len(c.Value) >= 20 && len(c.Value) <= 40 {
		token = c.Value
	}
	if who, ok := s.sessions.get(token); ok {
		return token, who
	}
	return token, &session{userID: rand.Text()} // not the cookie: the login URL shows it
}

// greet gives a visitor a cookie, before there is a session: forms are bound to
// it, and looking around fills no table.
func (s *shop) greet(w http.ResponseWriter, r *http.Request) (token string) {
	if token, _ = s.visitor(r); token != "" {
		return token
	}
	token = rand.Text()
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // plain http has no Secure cookies
		Name: s.cookie, Value: token, Path: "/", Secure: s.secure,
		HttpOnly: true,                 // no script reads it
		SameSite: http.SameSiteLaxMode, // the way back is a GET from another site: Strict would lose the session
	})
	return token
}

// csrf is what the forms of a visitor carry: nobody else can know it.
func (s *shop) csrf(token string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(token))
	return hex.EncodeToString(mac.Sum(nil))
}

// posted checks that a form is one that this visitor was shown.
func (s *shop) posted(r *http.Request) error {
	token, _ := s.visitor(r)
	if err := r.ParseForm(); err != nil {
		return errForm
	}
	if token == "" || !hmac.Equal([]byte(r.PostForm.Get("csrf")), []byte(s.csrf(token))) { // in constant time
		return errCSRF
	}
	return nil
}

// keep adds the visitor's session if it is new, and returns the one to use: an
// order that the platform refused must not fill the table.
func (s *shop) keep(r *http.Request) (*session, error) {
	token, who := s.visitor(r)
	return s.sessions.add(token, who)
}

// sessions are kept for a while, and only so many. A restart forgets them: a
// fleet has a table or Redis instead.
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

// add keeps a session, unless the visitor has one: another request may have been
// faster.
func (m *sessions) add(token string, s *session) (*session, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if found, ok := m.all[token]; ok && time.Now().Before(found.ends) {
		return found.session, nil
	}
	if err := m.sweep(); err != nil {
		return nil, err
	}
	m.all[token] = kept{s, time.Now().Add(m.life)}
	return s, nil
}

// room is errFull if add would fail now.
func (m *sessions) room() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sweep()
}

// sweep drops what has ended, as far as it takes room for one more. The caller
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

// get returns a session, which lives on from now.
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
