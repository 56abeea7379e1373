package main

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/faceidtest"
)

var person = faceid.Person{UserID: "user1", Name: "李测试", IDNo: "110101199003074477"}

// visitor is how a person behaves.
type visitor struct {
	name    string
	wechat  []int             // the codes of the attempts in WeChat; nil: a browser
	comes   bool              // whether the page is opened
	ends    faceidtest.Ending // in a browser
	returns bool              // whether the browser brings the callback
}

// visitors come one after the other, and then again from the first.
func visitors() []visitor {
	late := faceidtest.Passes()
	late.FileLag = map[string]time.Duration{"video": 3 * time.Hour}
	other := faceidtest.NotSamePerson()
	other.Photo, other.Video = []byte("\xff\xd8\xff a photo"), []byte("a video")
	return []visitor{
		{name: "passes", comes: true, ends: faceidtest.Passes(), returns: true},
		{name: "passes and closes the page", comes: true, ends: faceidtest.Passes()},
		{name: "is somebody else", comes: true, ends: other, returns: true},
		{name: "has a video that comes late", comes: true, ends: late, returns: true},
		{name: "quits", comes: true, ends: faceidtest.Quits()},
		{name: "loses the network", comes: true, ends: faceidtest.TimesOut()},
		{name: "never comes"},
		{name: "passes in WeChat", comes: true, wechat: []int{0}},
		{name: "tries in WeChat", comes: true, wechat: []int{1004, 1004}},
		{name: "passes, later", comes: true, ends: faceidtest.Passes(), returns: true},
	}
}

// opens opens a verification at the platform, and lets the person do what they do.
func (s *shop) opens(ctx context.Context, v visitor, ref string) (evidence.Order, error) {
	o := evidence.Order{OpenedAt: s.platform.Now(), Ref: ref}
	if v.wechat != nil {
		flow, err := s.client.DetectAuth(ctx, faceid.DetectAuthRequest{RuleID: faceidtest.RulePlus, Name: person.Name, IDCard: person.IDNo})
		if err != nil {
			return o, err
		}
		o.Kind, o.Number, o.RuleID = evidence.WeChat, flow.BizToken, faceidtest.RulePlus
		s.platform.ScriptCloud(o.Number, faceidtest.CloudTries(v.wechat...))
		_, err = s.platform.RunMiniProgram(ctx, flow.BizToken)
		return o, err
	}
	login, err := s.client.StartH5(ctx, faceid.H5Request{Person: person, RedirectURL: "https://shop.example/back", From: faceid.FromBrowser})
	if err != nil {
		return o, err
	}
	o.Kind, o.Number, o.Product = evidence.FaceH5, login.Session.OrderNo, faceid.ProductPlus
	if v.comes {
		s.platform.Script(o.Number, v.ends)
		_, err = s.platform.Visit(ctx, login.URL)
	}
	return o, err
}

// arrives is a person who comes to the shop: the contract, the order and its job go in with
// one transaction. The clock stands meanwhile, because a page must be entered in time.
func (s *shop) arrives(ctx context.Context, v visitor, n int) (evidence.Order, error) {
	s.clock.Lock()
	defer s.clock.Unlock()
	defer func() { s.moved = time.Now() }()
	ref := fmt.Sprintf("%s-%d %s", s.run, n, v.name)
	o, err := s.opens(ctx, v, ref)
	if err != nil {
		return o, err
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return o, err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	if _, err := tx.ExecContext(ctx, s.numbered(`INSERT INTO contracts (ref, state) VALUES (?1, ?2)`), ref, "open"); err != nil {
		return o, err
	}
	if err := s.engine.add(ctx, tx, o); err != nil {
		return o, err
	}
	if err := tx.Commit(); err != nil {
		return o, err
	}
	return o, s.engine.added(ctx, o)
}

// outage is a platform that is out of order for some hours.
type outage struct {
	platform *faceidtest.Server
	mu       sync.Mutex
	from, to time.Time
}

func (a *outage) set(from, to time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.from, a.to = from, to
}

// now reports whether the platform is out of order now.
func (a *outage) now() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.platform.Now()
	return now.After(a.from) && now.Before(a.to)
}

// RoundTrip answers with HTTP status 500 during the outage.
func (a *outage) RoundTrip(r *http.Request) (*http.Response, error) {
	if a.now() {
		r = r.WithContext(faceidtest.WithFault(r.Context(), faceidtest.FaultStatus(http.StatusInternalServerError, "")))
	}
	return a.platform.RoundTrip(r)
}
