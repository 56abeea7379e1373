package soak

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

// Face and will verification, in browsers and in Apps.

const back = "https://merchant.example/back?lang=zh&x=a%2Fb"

// verdict is what a merchant has to be told.
type verdict int

const (
	passes verdict = iota
	fails          // ErrNotPassed, with that code
	noResult
	unknown // a code that nobody knows: no outcome at all
)

// An end is one way in which a face verification may end.
type end struct {
	name    string
	weight  int
	make    func() faceidtest.Ending
	verdict verdict
	family  faceid.Family
	reenter bool // the person may go to the page again
	charged map[faceid.Product]faceid.Charged
	only    string // "browser", "app" or both
}

func chargedOn(products ...faceid.Product) map[faceid.Product]faceid.Charged {
	m := map[faceid.Product]faceid.Charged{}
	for _, p := range []faceid.Product{faceid.ProductPlus, faceid.ProductEnhanced, faceid.ProductBasic, faceid.ProductWill} {
		m[p] = faceid.ChargedNo
	}
	for _, p := range products {
		m[p] = faceid.ChargedYes
	}
	return m
}

var (
	onAll     = chargedOn(faceid.ProductPlus, faceid.ProductEnhanced, faceid.ProductBasic, faceid.ProductWill)
	onPlus    = chargedOn(faceid.ProductPlus)
	onNone    = chargedOn()
	plainCode = func(code string) func() faceidtest.Ending {
		return func() faceidtest.Ending { return faceidtest.Ending{Code: code} }
	}
)

// ends are those of all products; will has some of its own.
var ends = []end{
	{name: "passes", weight: 40, make: faceidtest.Passes, verdict: passes, family: faceid.FamilyPassed, charged: onAll},
	{name: "not the same person", weight: 10, make: faceidtest.NotSamePerson, verdict: fails, family: faceid.FamilyNotSamePerson, charged: onAll},
	{name: "name and number do not match", weight: 6, make: faceidtest.IdentityMismatch, verdict: fails, family: faceid.FamilyIdentityMismatch, charged: onAll},
	{name: "suspected fake", weight: 6, make: faceidtest.SuspectedFake, verdict: fails, family: faceid.FamilySuspectedFake, charged: onPlus},
	{name: "risky device", weight: 3, make: faceidtest.RiskyDevice, verdict: fails, family: faceid.FamilySuspectedFake, charged: onPlus},
	{name: "no face seen", weight: 4, make: faceidtest.NoFace, verdict: fails, family: faceid.FamilyCaptureFailed, charged: onNone},
	{name: "voice not recognised", weight: 3, make: plainCode("-5008"), verdict: fails, family: faceid.FamilyCaptureFailed, charged: onNone},
	{name: "times out", weight: 4, make: faceidtest.TimesOut, verdict: noResult},
	{name: "blocked", weight: 3, make: faceidtest.Blocked, verdict: noResult},
	{name: "recorded, not live", weight: 2, make: plainCode("400604"), verdict: noResult},
	{name: "quits", weight: 6, make: faceidtest.Quits, verdict: noResult, reenter: true},
	{name: "no camera", weight: 4, make: faceidtest.NoCamera, verdict: noResult, reenter: true},
	{name: "browser without recording", weight: 2, make: faceidtest.BrowserUnsupported, verdict: noResult, only: "browser"},
	{name: "a code that nobody knows", weight: 3, make: plainCode("66669999"), verdict: unknown},
}

var willEnds = append([]end{
	{name: "another answer", weight: 15, make: faceidtest.WrongAnswer, verdict: fails, family: faceid.FamilyWillMismatch, charged: chargedOn(faceid.ProductWill)},
	{name: "only in WeChat", weight: 3, make: faceidtest.OnlyInWeChat, verdict: noResult, only: "browser"},
}, ends...)

func (p *person) drawEnd(all []end, where string) end {
	sum := 0
	for _, e := range all {
		if e.only == "" || e.only == where {
			sum += e.weight
		}
	}
	n := p.IntN(sum)
	for _, e := range all {
		if e.only != "" && e.only != where {
			continue
		}
		if n -= e.weight; n < 0 {
			return e
		}
	}
	panic("unreachable")
}

// filled is the ending with numbers and files that are this person's alone.
func (p *person) filled(e end) faceidtest.Ending {
	x := e.make()
	if e.verdict == passes || e.verdict == fails && p.chance(50) {
		x.LiveRate, x.Similarity = p.score(), p.score()
	}
	if x.Code == "0" || e.verdict == fails && p.chance(50) {
		x.Photo, x.Video = p.file(), p.file()
		for range 1 + p.IntN(3) {
			x.Photos = append(x.Photos, p.file())
		}
		if p.chance(15) {
			x.FilesLag = time.Duration(1+p.IntN(5)) * time.Second
		}
	}
	if e.verdict == passes && p.chance(30) {
		x.Risk = map[string]string{"deviceInfoLevel": "1", "LivenessInfoTag": draw(p, "03", "01,02", "05")}
	}
	x.TRTC = p.chance(10)
	return x
}

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

// faceInBrowser is Plus or Enhanced on a phone's page, or Basic on a PC's.
func faceInBrowser(product faceid.Product) func(*person) bool {
	return func(p *person) bool {
		e := p.drawEnd(ends, "browser")
		p.ending = e.name
		return p.browse(&visit{end: e, ending: p.filled(e), product: product}, p.openBrowser)
	}
}

// login is a session, and where to send the browser if that is known.
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

// browse is the whole story of a browser.
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

// confirmReturn holds the one call of the way back against what the platform
// decided: in this session, and in another that holds the same callback.
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

func codeOf(e faceidtest.Ending) string {
	if e.Code == "" {
		return "0"
	}
	return e.Code
}

// faceInApp is Plus, Enhanced or Basic in an App.
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

// phone is the whole story of an App.
func (p *person) phone(v *visit, start func(ctx context.Context) (*faceid.SDKLaunch, error)) bool {
	launch := answer(p, "start", func(ctx context.Context) (*faceid.SDKLaunch, error) {
		v.orderNo, v.opened = p.newOrder(), time.Now()
		return start(ctx)
	})
	p.sim.Script(v.orderNo, v.ending)
	p.pause(time.Second, 90*time.Second)
	result, err := p.sim.RunSDK(p.ctx, launch.Params)
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

// conclude asks how it ended, and for the evidence.
func (p *person) conclude(v *visit) {
	p.pause(0, 10*time.Second)
	if v.product == faceid.ProductWill {
		p.confirmWill(v)
	} else {
		p.confirm(v)
	}
	p.town.books.over(v.orderNo)
}

// confirm holds the decision and the record against what the platform decided.
func (p *person) confirm(v *visit) {
	if v.product == faceid.ProductWill {
		p.confirmWill(v)
		return
	}
	var photo, video bytes.Buffer
	q := faceid.QueryFaceRecordRequest{OrderNo: v.orderNo, GetFile: faceid.FilesAll, Product: v.product, QueryVersion: faceid.QueryVersion10}
	written := p.chance(25)
	record, err := ask(p, "ConfirmFace", func(ctx context.Context) (*faceid.FaceRecord, error) {
		photo.Reset()
		video.Reset()
		if written {
			q.PhotoTo, q.VideoTo = &photo, &video
		}
		return p.town.client.ConfirmFace(ctx, q)
	})
	if !p.decided(v, record.Passed(), err) {
		must(p, "the record", record == nil, true)
		return
	}
	must(p, "the code", record.Code().Number(), codeOf(v.ending))
	must(p, "the order", record.OrderNo, v.orderNo)
	p.mustScore("the live rate", record.LiveRate, v.ending.LiveRate)
	p.mustScore("the similarity", record.Similarity, v.ending.Similarity)
	p.mustTime(record.OccurredTime, v.finished)
	must(p, "charged", record.Charged(), v.end.charged[v.product])
	p.mustRisk(record.Risk, v)
	if want := map[bool]string{true: "Y", false: "N"}[v.ending.TRTC]; v.ending.TRTC || !v.overSDK {
		must(p, "trtcFlag", record.TRTCFlag, want)
	}
	got := [2][]byte{record.Photo, record.Video}
	if written {
		got = [2][]byte{photo.Bytes(), video.Bytes()}
	}
	must(p, "the photo's size", record.PhotoSize, int64(len(got[0])))
	must(p, "the video's size", record.VideoSize, int64(len(got[1])))
	if v.ending.FilesLag == 0 {
		mustFile(p, "the photo", got[0], v.ending.Photo)
		mustFile(p, "the video", got[1], v.ending.Video)
	} else {
		p.waitForFiles(v)
	}
	if v.ending.Photos != nil && p.chance(40) {
		p.photos(v)
	}
}

func (p *person) waitForFiles(v *visit) {
	record := answer(p, "WaitFaceFiles", func(ctx context.Context) (*faceid.FaceRecord, error) {
		return p.town.client.WaitFaceFiles(ctx, faceid.QueryFaceRecordRequest{OrderNo: v.orderNo, GetFile: faceid.FilesAll, Product: v.product})
	})
	if v.end.verdict != passes && record.PhotoSize == 0 { // nobody waits for them
		return
	}
	mustFile(p, "the photo that lagged", record.Photo, v.ending.Photo)
	mustFile(p, "the video that lagged", record.Video, v.ending.Video)
}

func (p *person) photos(v *visit) {
	if wait := v.ending.FilesLag - time.Since(v.finished); wait > 0 {
		time.Sleep(wait)
	}
	info := answer(p, "QueryPhotoInfo", func(ctx context.Context) (*faceid.PhotoInfo, error) {
		return p.town.client.QueryPhotoInfo(ctx, faceid.QueryPhotoInfoRequest{OrderNo: v.orderNo, Product: v.product})
	})
	must(p, "the number of photos", len(info.Photos), len(v.ending.Photos))
	for i, photo := range v.ending.Photos {
		mustFile(p, fmt.Sprintf("photo %d", i), info.Photos[i], photo)
	}
}

// decided holds a decision against the simulator's; it reports whether there is
// a record to look at.
func (p *person) decided(v *visit, passed bool, err error) bool {
	must(p, "passed", passed, v.end.verdict == passes)
	switch v.end.verdict {
	case passes:
		if err != nil {
			p.fail("a pass is %v", err)
		}
	case fails:
		if !errors.Is(err, faceid.ErrNotPassed) || !errors.Is(err, v.end.family) {
			p.fail("%s is %v", v.end.name, err)
		}
		var e *faceid.Error
		if errors.As(err, &e) {
			must(p, "the error's code", e.Code.Number(), codeOf(v.ending))
		}
	case noResult:
		if !errors.Is(err, faceid.ErrNoResult) || errors.Is(err, faceid.ErrNotPassed) {
			p.fail("%s is %v", v.end.name, err)
		}
	case unknown:
		if !errors.Is(err, faceid.ErrUnknownCode) || errors.Is(err, faceid.ErrNotPassed) {
			p.fail("%s is %v", v.end.name, err)
		}
	}
	return v.end.verdict == passes || v.end.verdict == fails
}

func (p *person) mustScore(what string, got faceid.Score, want string) {
	must(p, what+" is there", got.Present, want != "")
	var value float64
	if want != "" {
		fmt.Sscan(want, &value)
	}
	must(p, what, got.Value, value)
}

func (p *person) mustTime(got, want time.Time) {
	if d := want.Sub(got); d < 0 || d > time.Second { // it has no fractions
		p.fail("the time is %v, and it happened at %v", got, want)
	}
}

// mustRisk: what is told of a risk depends on product and place.
func (p *person) mustRisk(got *faceid.RiskInfo, v *visit) {
	var names []string
	switch {
	case v.product == faceid.ProductPlus && v.overSDK:
		names = []string{"deviceInfoLevel", "LivenessInfoTag"}
	case v.product == faceid.ProductPlus:
		names = []string{"LivenessInfoTag"}
	case (v.product == faceid.ProductEnhanced || v.product == faceid.ProductWill) && v.overSDK:
		names = []string{"deviceInfoLevel"}
	}
	var level, tag string
	for _, name := range names {
		if name == "deviceInfoLevel" {
			level = v.ending.Risk[name]
		} else {
			tag = v.ending.Risk[name]
		}
	}
	must(p, "that there is a risk", got != nil, level+tag != "")
	if got != nil {
		must(p, "the device's level", string(got.DeviceInfoLevel), level)
		must(p, "the liveness tag", got.LivenessInfoTag, tag)
	}
}

// Will: the same, and what was said.

func (p *person) will() faceid.Will {
	var w faceid.Will
	for i := range 1 + p.IntN(3) {
		w.Rounds = append(w.Rounds, faceid.WillRound{Question: fmt.Sprintf("第%d个问题，请回答", i+1), Answers: []string{"同意", "是的"}[:1+p.IntN(2)]})
	}
	return w
}

func (p *person) willVisit(where string, w faceid.Will) *visit {
	e := p.drawEnd(willEnds, where)
	p.ending = e.name
	v := &visit{end: e, ending: p.filled(e), product: faceid.ProductWill, overSDK: where == "app"}
	v.ending.FilesLag = 0
	if e.verdict == passes {
		v.ending.Will.UserAudio, v.ending.Will.ReadAudio = p.file(), p.file()
		v.ending.Will.Video, v.ending.Will.Screenshot = p.file(), p.file()
	}
	if e.verdict == passes || e.family == faceid.FamilyWillMismatch {
		for range w.Rounds {
			v.ending.Will.Answers = append(v.ending.Will.Answers, draw(p, "同意", "是的", "不同意", "嗯"))
		}
	}
	return v
}

func willInBrowser(p *person) bool {
	w := p.will()
	return p.browse(p.willVisit("browser", w), func(ctx context.Context, v *visit) (*login, error) {
		r := faceid.WillH5Request{OrderNo: v.orderNo, Person: p.who, Will: w, RedirectURL: back, From: faceid.FromBrowser}
		if p.chance(50) {
			return ready(p.town.client.StartWillH5(ctx, r))
		}
		return opened(p.town.client.OpenWillH5(ctx, r))
	})
}

func willInApp(p *person) bool {
	w := p.will()
	platform := draw(p, faceid.PlatformAndroid, faceid.PlatformIOS, faceid.PlatformHarmony)
	v := p.willVisit("app", w)
	return p.phone(v, func(ctx context.Context) (*faceid.SDKLaunch, error) {
		return p.town.client.StartWillSDK(ctx, faceid.WillSDKRequest{Platform: platform, OrderNo: v.orderNo, Person: p.who, Will: w, Licence: "licence"})
	})
}

func (p *person) confirmWill(v *visit) {
	q := faceid.GetWillFaceResultRequest{OrderNo: v.orderNo, GetFile: faceid.FilesAll, H5File: faceid.WillH5Audio}
	if v.overSDK {
		q.H5File, q.AppFile = "", faceid.WillAppAll
	}
	record, err := ask(p, "ConfirmWill", func(ctx context.Context) (*faceid.WillRecord, error) { return p.town.client.ConfirmWill(ctx, q) })
	if !p.decided(v, record.Passed(), err) {
		must(p, "the record", record == nil, true)
		return
	}
	code, w := codeOf(v.ending), v.ending.Will
	must(p, "the code", record.Code().Number(), code)
	must(p, "the order", record.OrderNo, v.orderNo)
	face, will := code, ""
	switch {
	case v.end.family == faceid.FamilyWillMismatch:
		face, will = "0", code
	case code == "0":
		will = "0"
	}
	must(p, "the face's code", record.FaceCode.Number(), face)
	must(p, "the will's code", record.WillCode.Number(), will)
	p.mustScore("the live rate", record.LiveRate, v.ending.LiveRate)
	p.mustScore("the similarity", record.Similarity, v.ending.Similarity)
	p.mustTime(record.OccurredTime, v.finished)
	must(p, "charged", record.Charged(), v.end.charged[faceid.ProductWill])
	p.mustRisk(record.Risk, v)
	mustFile(p, "the photo", record.Photo, v.ending.Photo)
	mustFile(p, "the video", record.Video, v.ending.Video)
	if len(record.Turns) == 0 { // else each round has its own
		mustFile(p, "the audio", record.UserAudio, w.UserAudio)
		mustFile(p, "what was read out", record.ReadAudio, w.ReadAudio)
	}
	mustFile(p, "the screenshot", record.ScrnShotImage, w.Screenshot)
	mustFile(p, "the whole video", record.UserVideo, w.Video)
	if len(w.Answers) > 0 {
		must(p, "the first answer", record.UserAnswer, w.Answers[0])
	}
	if len(w.Answers) > 1 {
		must(p, "the rounds", len(record.Turns), len(w.Answers))
		for i, said := range w.Answers {
			must(p, "an answer", record.Turns[i].UserAnswer, said)
			mustFile(p, "its audio", record.Turns[i].UserAudio, w.UserAudio)
		}
	}
}
