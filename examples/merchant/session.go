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

// A session holds what the site knows of one visitor: the orders, and nothing of who
// the visitor is. No visitor sees the session of another.
type session struct {
	userID string // what the platform knows the person by
	kept   bool   // it is among the sessions, and its visitor has the cookie

	mu     sync.Mutex
	orders []*order
	opened int // orders so far

	statement *statement // the bill that was looked at last
}

// maxOrders is the number of orders that a session remembers.
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

// visitor returns the session of a request. If there is none it returns an empty one,
// which keep may add. Here a visitor is a person. Where people log in, derive
// the UserID from your own id of the person, never from the ID number: URLs and
// logs show it.
func (s *shop) visitor(r *http.Request) *session {
	if c, err := r.Cookie(s.cookie); err == nil {
		if who, ok := s.sessions.get(c.Value); ok {
			return who
		}
	}
	return &session{userID: rand.Text()} // not the cookie: the login URL shows it
}

// greet gives a visitor a cookie that forms are bound to. It names no session,
// so looking around fills no table.
func (s *shop) greet(w http.ResponseWriter, r *http.Request) (token string) {
	if c, err := r.Cookie(s.formCookie); err == nil && len(c.Value) >= 20 && len(c.Value) <= 40 {
		return c.Value
	}
	token = rand.Text()
	s.setCookie(w, s.formCookie, token)
	return token
}

func (s *shop) setCookie(w http.ResponseWriter, name, value string) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // plain http has no Secure cookies
		Name: name, Value: value, Path: "/", Secure: s.secure,
		HttpOnly: true,                 // no script reads it
		SameSite: http.SameSiteLaxMode, // the way back is a GET from another site: Strict would lose the session
	})
}

// csrf returns the token that the forms of a visitor carry. Nobody else can know it.
func (s *shop) csrf(token string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(token))
	return hex.EncodeToString(mac.Sum(nil))
}

// posted checks that a form is one that this visitor was shown.
func (s *shop) posted(r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return errForm
	}
	c, err := r.Cookie(s.formCookie)
	if err != nil || !hmac.Equal([]byte(r.PostForm.Get("csrf")), []byte(s.csrf(c.Value))) { // in constant time
		return errCSRF
	}
	return nil
}

// keep adds the visitor's session if it is new: an order that the platform
// refused must not fill the table. The cookie is one that nobody has seen before,
// or somebody could plant theirs on a visitor, and read along.
func (s *shop) keep(w http.ResponseWriter, who *session) error {
	if who.kept {
		return nil
	}
	who.kept = true
	token := rand.Text()
	if err := s.sessions.add(token, who); err != nil {
		return err
	}
	s.setCookie(w, s.cookie, token)
	return nil
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

func (m *sessions) add(token string, s *session) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.all) >= m.most { // a flood must not push out what is still needed
		return errFull
	}
	m.all[token] = kept{s, time.Now().Add(m.life)}
	m.forgetAfter(m.life, token)
	return nil
}

// room is errFull if add would fail now.
func (m *sessions) room() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.all) >= m.most {
		return errFull
	}
	return nil
}

// forgetAfter drops a session when it ends, whether or not anybody comes by:
// its orders hold photos, and what was read from a card.
func (m *sessions) forgetAfter(d time.Duration, token string) {
	time.AfterFunc(d, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if left := time.Until(m.all[token].ends); left > 0 { // it was used meanwhile
			m.forgetAfter(left, token)
			return
		}
		delete(m.all, token)
	})
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
