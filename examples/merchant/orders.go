package main

import (
	"crypto/subtle"
	"errors"
	"net/http"
	"time"

	"github.com/faceid-go/faceid"
)

// An order is one verification of one visitor. Write it into your database
// instead: what it holds is the only key to the result and the evidence.
type order struct {
	N       int       // its place in the session: what its URLs show
	Product product   // what was bought
	ref     string    // what the way back must name: the order number, or the flow's token
	Opened  time.Time // by the platform's clock, which decides how long everything lives
	Began   time.Time // by the clock of this machine, as the steps are
	trace   *trace

	login   *faceid.PageSession // of a login page
	enterBy time.Time           // until when it can be entered, by the platform's clock
	URL     string              // of a page that another device may open
	launch  *faceid.SDKLaunch   // of an App
	person  faceid.Person       // whom a decision will be about, until it is made; else never kept

	asking  bool          // a request is finding out how it ended
	back    *http.Request // a way back that was not refused: it can be decided on again
	claimed *claim        // what an App reports
	Back    string        // the query of the way back, to show a replay and a change with
	Trouble string        // why the last question had no answer: a text
	Outcome *outcome      // nil: not known yet; what it points to never changes

	evidence string        // the key of its evidence; "" if it has none
	Evidence *evidenceView // what a page shows of that
}

// outcome says how an order ended, in the form that its visitor may see.
type outcome struct {
	Kind       string // passed, refused; none: nobody was compared
	Code       string
	Family     string // what the SDK sorts the code into
	Message    string // the platform's own words, Chinese in China
	Gloss      string // English
	Charged    faceid.Charged
	Count      int // charged attempts, of API 3.0
	Counted    bool
	LiveRate   string
	Similarity string
	Risk       []string // tags
	Facts      []fact
	Remedy     faceid.Remedy
	Photo      []byte
}

// A fact is a line of a result. Its name is the key of a text. English is empty where the
// value is the same in both languages.
type fact struct{ Name, Value, English string }

// facts makes facts of names and values, in turn.
func facts(pairs ...string) (all []fact) {
	for i := 0; i+1 < len(pairs); i += 2 {
		all = append(all, fact{Name: pairs[i], Value: pairs[i+1]})
	}
	return all
}

// mayEnter reports whether the person may visit the login page, which holds until
// they come back from it. A faceId is for one verification, so a person who has been
// there begins anew. The time is that of the platform's clock.
func (o *order) mayEnter(now time.Time) bool {
	return o.Outcome == nil && o.back == nil && o.login != nil && now.Before(o.enterBy)
}

// mayAsk reports whether the platform may be asked how the order ended. If the
// product signs its callbacks, the order must have had one. Otherwise somebody could
// open an order in another person's name, lure that person to the page, and collect
// the result. A product without signatures cannot prevent that: its pass tells who
// was before the camera, and not who sits at this browser.
func (o *order) mayAsk() bool {
	return o.Outcome == nil && (o.back != nil || o.claimed != nil || o.Product.unsigned)
}

// State returns the word for the order in the list of orders.
func (o *order) State() string {
	switch {
	case o.Outcome != nil:
		return o.Outcome.Kind
	case o.Trouble != "":
		return "error"
	}
	return "waiting"
}

var (
	errForeign = errors.New("not an order of this session")
	errHandled = errors.New("the end of the order was handled already, or is being handled")
)

// order returns a copy of the order at a place.
func (s *session) order(n int) (o order, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found := s.at(n); found != nil {
		return *found, true
	}
	return order{}, false
}

// at finds an order. The caller holds the lock.
func (s *session) at(n int) *order {
	for _, o := range s.orders {
		if o.N == n {
			return o
		}
	}
	return nil
}

// list returns copies of all orders, the newest first.
func (s *session) list() (all []order) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.orders) - 1; i >= 0; i-- {
		all = append(all, *s.orders[i])
	}
	return all
}

// find returns the place of the order that a way back names.
func (s *session) find(p product, ref string) (n int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.orders {
		if o.Product.ID == p.ID && ref != "" && subtle.ConstantTimeCompare([]byte(o.ref), []byte(ref)) == 1 {
			n = o.N
		}
	}
	return n, n != 0
}

// claim hands an order to one request at a time, and to no request once the order is
// over. In a database this is one conditional UPDATE.
func (s *session) claim(n int) (*order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.at(n)
	switch {
	case o == nil:
		return nil, errForeign
	case o.asking || o.Outcome != nil:
		return nil, errHandled
	}
	o.asking = true
	return o, nil
}

// settle ends a claim; a nil outcome leaves the order waiting.
func (s *session) settle(o *order, end *outcome, trouble string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o.asking, o.Trouble = false, trouble
	if end != nil {
		o.Outcome, o.person = end, faceid.Person{}
	}
}

// change writes to an order that no other request has claimed.
func (s *session) change(o *order, write func(*order)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	write(o)
}

// enter returns the login session of a person who may enter the page.
func (s *session) enter(n int, now time.Time) *faceid.PageSession {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.at(n)
	if o == nil || o.asking || !o.mayEnter(now) {
		return nil
	}
	return o.login
}
