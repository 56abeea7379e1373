package soak

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

const back = "https://merchant.example/back?lang=zh&x=a%2Fb"

// A visit is one verification on its way, however it was opened.
type visit struct {
	end      end
	ending   faceidtest.Ending
	product  faceid.Product
	overSDK  bool
	orderNo  string
	opened   time.Time
	finished time.Time
}

// faceInBrowser tells the story of Plus or Enhanced on the page of a phone, or of
// Basic on the page of a PC.
func faceInBrowser(product faceid.Product) func(*person) bool {
	return func(p *person) bool {
		e := p.drawEnd(ends, "browser")
		p.ending = e.name
		return p.browse(&visit{end: e, ending: p.filled(e), product: product}, p.openBrowser)
	}
}

// login is a session, with the URL to send the browser to if that is known.
type login struct {
	session faceid.PageSession
	url     string
}

func (p *person) openBrowser(ctx context.Context, v *visit) (*login, error) {
	c := p.town.client
	who := p.who
	if p.chance(20) {
		who = faceid.Person{UserID: who.UserID, Photo: p.picture(), PhotoType: faceid.PhotoClear}
		if len(who.Photo) > 100_000 {
			who.Photo = who.Photo[:100_000]
		}
	}
	h5 := faceid.H5Request{Product: v.product, OrderNo: v.orderNo, Person: who, RedirectURL: back, From: draw(p, "", faceid.FromBrowser), ShowResultPage: p.chance(30)}
	pc := faceid.PCRequest{OrderNo: v.orderNo, Person: who, RedirectURL: back}
	switch atOnce := p.chance(60); {
	case v.product == faceid.ProductBasic && atOnce:
		return ready(c.StartPC(ctx, pc))
	case v.product == faceid.ProductBasic:
		return opened(c.OpenPC(ctx, pc))
	case atOnce:
		return ready(c.StartH5(ctx, h5))
	}
	return opened(c.OpenH5(ctx, h5))
}

func ready(l *faceid.PageLogin, err error) (*login, error) {
	if err != nil {
		return nil, err
	}
	return &login{l.Session, l.URL}, nil
}

func opened(s *faceid.PageSession, err error) (*login, error) {
	if err != nil {
		return nil, err
	}
	return &login{session: *s}, nil
}

// browse tells the whole story of a browser.
func (p *person) browse(v *visit, open func(ctx context.Context, v *visit) (*login, error)) bool {
	for {
		l := answer(p, "open", func(ctx context.Context) (*login, error) {
			v.orderNo, v.opened = p.newOrder(), time.Now() // a new one each time: the last may have arrived
			return open(ctx, v)
		})
		must(p, "the session's order", l.session.OrderNo, v.orderNo)
		p.sim.Script(v.orderNo, v.ending)
		r := p.enter(v, l)
		if r == nil {
			return again
		}
		v.finished = time.Now()
		p.readCallback(v, l, r)
		if !v.end.reenter || v.product == faceid.ProductWill || !p.chance(50) {
			break
		}
		// A person who may come again does so, with a new verification, and ends in
		// another way.
		e := p.drawEnd(ends[:7], "browser")
		p.confirm(v) // the merchant asks although there is nothing yet
		p.town.books.over(v.orderNo)
		p.tell("comes again: %s", e.name)
		p.ending += ", then " + e.name
		v.end, v.ending = e, p.filled(e)
		p.pause(time.Second, 20*time.Second)
	}
	p.conclude(v)
	return done
}

// enter sends the browser to the page, by a new URL if the last one is too old.
// Without a request the merchant has to open anew.
func (p *person) enter(v *visit, l *login) *http.Request {
	for range 5 {
		ticket := v.opened
		if l.url == "" {
			p.pause(0, 30*time.Second)
			ticket = time.Now()
			var err error
			l.url, err = ask(p, "LoginURL", func(ctx context.Context) (string, error) {
				ticket = time.Now()
				return p.town.client.LoginURL(ctx, &l.session)
			})
			if errors.Is(err, faceid.ErrExpired) {
				if time.Since(v.opened) < 295*time.Second {
					p.fail("LoginURL, %v after the upload: %v", time.Since(v.opened), err)
				}
				return nil
			}
		}
		p.pause(time.Second, 100*time.Second)
		r, err := p.sim.Visit(p.ctx, l.url)
		l.url = ""
		var refused *faceidtest.PageError
		switch {
		case err == nil:
			p.tell("the browser comes back")
			return r
		case !errors.As(err, &refused):
			p.fail("Visit: %v", err)
		}
		p.turnedAway("the page refuses: "+refused.Code, ticket, v.opened)
	}
	return nil
}

func (p *person) readCallback(v *visit, l *login, r *http.Request) {
	cb, err := p.town.client.VerifyCallback(p.ctx, r)
	if errors.Is(err, faceid.ErrBadSignature) && p.town.net.explains(faceid.ErrCredential) {
		// The platform may sign with a ticket whose answer was lost: nobody knows
		// it. The merchant asks for the order of its own session all the same.
		p.tell("VerifyCallback: %v", err)
		p.town.books.told(p.product, err)
		return
	}
	if err != nil {
		p.fail("VerifyCallback: %v", err)
	}
	must(p, "the callback's order", cb.OrderNo, v.orderNo)
	must(p, "the callback's code", cb.Code.Number(), codeOf(v.ending))
	must(p, "the callback's faceId", cb.FaceID, l.session.FaceID)
	must(p, "the callback's claim", cb.Passed(), v.end.verdict == passes)
	must(p, "whether to come again", cb.Code.Remedy().Reenter(), v.end.reenter)
	p.confirmReturn(v, l, r)
}

// confirmReturn compares the decision on the callback with what the platform decided,
// in this session and in another one that receives the same callback.
func (p *person) confirmReturn(v *visit, l *login, r *http.Request) {
	confirm := func(ctx context.Context, s *faceid.PageSession) (faceid.Result, error) {
		if v.product == faceid.ProductWill {
			return p.town.client.ConfirmWillReturn(ctx, r, s)
		}
		return p.town.client.ConfirmReturn(ctx, r, s)
	}
	result, err := ask(p, "ConfirmReturn", func(ctx context.Context) (faceid.Result, error) { return confirm(ctx, &l.session) })
	must(p, "what the way back decides", result.Passed(), v.end.verdict == passes)
	must(p, "whether it is a pass", err == nil, v.end.verdict == passes)
	must(p, "whether the way back says to come again", faceid.RemedyOf(err).Reenter(), v.end.reenter)
	must(p, "whether it is an outcome", errors.Is(err, faceid.ErrNotPassed), v.end.verdict == fails || v.end.verdict == noResult)
	if v.end.verdict == fails {
		must(p, "the family", errors.Is(err, v.end.family), true)
	}
	other := l.session
	other.OrderNo = "another" + v.orderNo[:8]
	_, err = confirm(p.ctx, &other)
	must(p, "whether another session is refused", errors.Is(err, faceid.ErrOtherOrder), true)
}

// faceInApp tells the story of Plus, Enhanced or Basic in an App.
func faceInApp(product faceid.Product) func(*person) bool {
	return func(p *person) bool {
		e := p.drawEnd(ends, "app")
		p.ending = e.name
		v := &visit{end: e, ending: p.filled(e), product: product, overSDK: true}
		platform := draw(p, faceid.PlatformAndroid, faceid.PlatformIOS, faceid.PlatformHarmony)
		return p.phone(v, func(ctx context.Context) (*faceid.SDKLaunch, error) {
			return p.town.client.StartSDK(ctx, faceid.SDKRequest{Product: product, Platform: platform, OrderNo: v.orderNo, Person: p.who, Licence: "licence"})
		})
	}
}

// phone tells the whole story of an App.
func (p *person) phone(v *visit, start func(ctx context.Context) (*faceid.SDKLaunch, error)) bool {
	launch := answer(p, "start", func(ctx context.Context) (*faceid.SDKLaunch, error) {
		v.orderNo, v.opened = p.newOrder(), time.Now()
		return start(ctx)
	})
	p.sim.Script(v.orderNo, v.ending)
	p.pause(time.Second, 90*time.Second)
	var switches []faceidtest.SDKSwitch
	if launch.Platform != faceid.PlatformHarmony && p.chance(80) {
		switches = append(switches, faceidtest.RecordVideo)
	} else {
		v.ending.Video, v.ending.Will.Video = nil, nil // nothing is recorded
	}
	result, err := p.sim.RunSDK(p.ctx, launch.Params, switches...)
	if err != nil {
		p.fail("RunSDK: %v", err)
	}
	if result.Domain == "WBFaceErrorDomainLoginServer" {
		p.turnedAway("the SDK is refused: "+result.Code, v.opened, v.opened)
		return again
	}
	p.tell("the phone reports %s %s", result.Domain, result.Code)
	v.finished = time.Now()
	report := faceid.ParseSDKResult(result.Domain, result.Code)
	if report.Queryable() && result.Domain == "" {
		must(p, "the App's success", v.end.verdict, passes)
	}
	p.conclude(v)
	return done
}
