package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/faceid-go/faceid"
)

// An ending is how a person's verification ends and what the client must make
// of it.
type ending struct {
	name   string      // as the simulator calls it
	number string      // that a browser brings back
	code   faceid.Code // of the record, if there is one
}

var endings = []ending{
	{"passes", "0", faceid.CodePassed},
	{"not-same-person", "66660004", "face/66660004"},
	{"identity-mismatch", "66660010", "face/66660010"},
	{"suspected-fake", "66660023", "face/66660023"},
	{"no-face", "66660035", "face/66660035"},
	{"times-out", "66660018", ""},
	{"blocked", "66660017", ""},
	{"quits", "3003", ""}, // a browser is sent to the page again
	{"no-camera", "3004", ""},
}

// A way to verify somebody.
type flow struct {
	name string
	run  func(*teller, ending) error
}

var flows = []flow{
	{"StartH5", func(s *teller, e ending) error { return s.browser(e, s.startH5) }},
	{"StartPC", func(s *teller, e ending) error { return s.browser(e, s.startPC) }},
	{"OpenH5, LoginURL later", func(s *teller, e ending) error { return s.browser(e, s.openH5) }},
	{"StartSDK", (*teller).phone},
}

// These ops are no calls of the client.
const (
	theLoginPage = "the login page"
	theSDK       = "the SDK"
)

// errTold ends a story whose trouble has been told already.
var errTold = errors.New("told")

// A teller lives through one verification and tells of each call.
type teller struct {
	*process
	ctx  context.Context
	rand *rand.Rand
}

// somebody returns an invented person. The number has a valid check digit.
func (s *teller) somebody() faceid.Person {
	return faceid.Person{UserID: fmt.Sprintf("user%d", s.rand.IntN(1000)), Name: "测试", IDNo: "110101199001010015"}
}

const merchant = "https://merchant.example/back"

// call makes one call of the client and tells how it went. expected says which
// errors are answers.
func (s *teller) call(op string, expected func(error) bool, call func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	begin := time.Now()
	err := call(ctx)
	c := callLine{Op: op, Begin: begin, End: time.Now()}
	if err != nil && !expected(err) {
		c.Trouble, c.Text = troubleOf(err), err.Error()
	}
	s.tell(line{Call: &c})
	if c.Trouble != "" {
		return errTold
	}
	return err
}

func never(error) bool { return false }

// opened is a session, with its login URL if there is one already.
type opened struct {
	session faceid.PageSession
	url     string
	made    time.Time
}

func (s *teller) startH5() (o opened, err error) {
	product := []faceid.Product{faceid.ProductPlus, faceid.ProductEnhanced}[s.rand.IntN(2)]
	return s.start("StartH5", func(ctx context.Context) (*faceid.PageLogin, error) {
		return s.client.StartH5(ctx, faceid.H5Request{Product: product, Person: s.somebody(), RedirectURL: merchant})
	})
}

func (s *teller) startPC() (opened, error) {
	return s.start("StartPC", func(ctx context.Context) (*faceid.PageLogin, error) {
		return s.client.StartPC(ctx, faceid.PCRequest{Person: s.somebody(), RedirectURL: merchant})
	})
}

func (s *teller) start(op string, start func(context.Context) (*faceid.PageLogin, error)) (o opened, err error) {
	o.made = time.Now()
	err = s.call(op, never, func(ctx context.Context) error {
		login, err := start(ctx)
		if err == nil {
			o.session, o.url = login.Session, login.URL
		}
		return err
	})
	return o, err
}

// openH5 opens now what is launched a few seconds later, when the user clicks.
func (s *teller) openH5() (o opened, err error) {
	err = s.call("OpenH5", never, func(ctx context.Context) error {
		session, err := s.client.OpenH5(ctx, faceid.H5Request{Person: s.somebody(), RedirectURL: merchant})
		if err == nil {
			o.session = *session
		}
		return err
	})
	if err == nil {
		s.pause(time.Second, 4*time.Second)
		err = s.loginURL(&o)
	}
	return o, err
}

func (s *teller) loginURL(o *opened) error {
	o.made = time.Now()
	return s.call("LoginURL", never, func(ctx context.Context) (err error) {
		o.url, err = s.client.LoginURL(ctx, &o.session)
		return err
	})
}

// browser tells the whole story of a person with a browser.
func (s *teller) browser(e ending, open func() (opened, error)) error {
	for {
		o, err := open() // a page that was left is entered again with a new verification
		if err != nil {
			return err
		}
		back, err := s.visit(&o, e)
		if err != nil {
			return err
		}
		request := &http.Request{Method: http.MethodGet, URL: back}
		var cb *faceid.Callback
		err = s.call("VerifyCallback", never, func(ctx context.Context) (err error) {
			cb, err = s.client.VerifyCallback(ctx, request)
			return err
		})
		switch {
		case err != nil:
			return err
		case cb.OrderNo != o.session.OrderNo || cb.Code.Number() != e.number || cb.Passed() != (e.number == "0"):
			return fmt.Errorf("the callback of %s says %s", e.name, cb.Code.Number())
		}
		remedy, err := s.confirmReturn(request, &o.session, e)
		if err != nil {
			return err
		}
		if !remedy.Reenter() {
			return s.confirm(o.session.OrderNo, e)
		}
		e = endings[0] // the second time they pass
	}
}

// confirmReturn decides on the way back, and compares.
func (s *teller) confirmReturn(r *http.Request, session *faceid.PageSession, e ending) (faceid.Remedy, error) {
	var record *faceid.FaceRecord
	err := s.call("ConfirmReturn", func(err error) bool { return errors.Is(err, faceid.ErrNotPassed) },
		func(ctx context.Context) (err error) {
			record, err = s.client.ConfirmReturn(ctx, r, session)
			return err
		})
	switch passes := e.number == "0"; {
	case errors.Is(err, errTold):
		return "", err
	case passes != (err == nil), passes != record.Passed(), passes && record.OrderNo != session.OrderNo:
		return "", fmt.Errorf("the way back of %s: %s", e.name, fmt.Sprint(err))
	}
	return faceid.RemedyOf(err), nil
}

// visit leads the person through the login page. If the page refuses the login URL,
// visit takes a new URL, once.
func (s *teller) visit(o *opened, e ending) (*url.URL, error) {
	s.pause(20*time.Millisecond, 120*time.Millisecond)
	back, refused, err := s.page(o.url, e)
	if refused != "" {
		now := time.Now()
		s.tell(line{Call: &callLine{Op: theLoginPage, Begin: o.made, End: now, Trouble: pageRefused, Text: refused}})
		if err := s.loginURL(o); err != nil {
			return nil, err
		}
		if back, refused, err = s.page(o.url, e); refused != "" {
			s.tell(line{Call: &callLine{Op: theLoginPage, Begin: now, End: time.Now(), Trouble: "a new launch was refused too", Text: refused}})
			return nil, errTold
		}
	}
	s.pause(50*time.Millisecond, 250*time.Millisecond) // the way back
	return back, err
}

var (
	pageKey  = regexp.MustCompile(`name="page" value="([^"]*)"`)
	pageCode = regexp.MustCompile(`<main data-code="([^"]*)"`)
)

// page opens a login page and chooses an ending; refused is the page's code if
// it does not open.
func (s *teller) page(loginURL string, e ending) (back *url.URL, refused string, err error) {
	u, err := url.Parse(loginURL)
	if err != nil {
		return nil, "", err
	}
	_, text, err := s.browse(http.MethodGet, loginURL, "", nil)
	if err != nil {
		return nil, "", err
	}
	key := pageKey.FindStringSubmatch(text)
	if key == nil {
		if code := pageCode.FindStringSubmatch(text); code != nil {
			return nil, code[1], nil
		}
		return nil, "", errors.New("this is no login page")
	}
	s.pause(50*time.Millisecond, 300*time.Millisecond) // in front of the camera
	form := url.Values{"page": {html.UnescapeString(key[1])}, "ending": {e.name}}
	location, _, err := s.browse(http.MethodPost, u.Scheme+"://"+u.Host+"/api/web/finish",
		"application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, "", err
	}
	if location == "" {
		return nil, "", fmt.Errorf("the page does not let %s end", e.name)
	}
	back, err = url.Parse(location)
	return back, "", err
}

// browse makes one request of a browser, or of a phone.
func (s *teller) browse(method, address, kind string, body io.Reader) (location, text string, err error) {
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return "", "", err
	}
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	begin := time.Now()
	response, err := s.outside.Do(request)
	var b []byte
	if err == nil {
		location = response.Header.Get("Location")
		b, err = io.ReadAll(response.Body)
		_ = response.Body.Close() // harmless
	}
	if err != nil {
		s.tell(line{Call: &callLine{Op: theLoginPage, Begin: begin, End: time.Now(), Trouble: noAnswer, Text: err.Error()}})
		return "", "", errTold
	}
	return location, string(b), nil
}

// phone tells the whole story of a person with an App.
func (s *teller) phone(e ending) error {
	var launch *faceid.SDKLaunch
	made := time.Now()
	err := s.call("StartSDK", never, func(ctx context.Context) (err error) {
		platform := []faceid.Platform{faceid.PlatformAndroid, faceid.PlatformIOS, faceid.PlatformHarmony}[s.rand.IntN(3)]
		launch, err = s.client.StartSDK(ctx, faceid.SDKRequest{Platform: platform, Person: s.somebody(), Licence: "licence"})
		return err
	})
	if err != nil {
		return err
	}
	s.pause(50*time.Millisecond, 250*time.Millisecond)
	report, err := s.runSDK(launch, e)
	switch {
	case err != nil:
		return err
	case report.Domain == faceid.SDKLoginServer:
		s.tell(line{Call: &callLine{Op: theSDK, Begin: made, End: time.Now(), Trouble: pageRefused, Text: string(report.Code)}})
		return errTold
	case report.Succeeded() != (e.number == "0") || report.Queryable() != (e.code != ""):
		return fmt.Errorf("the SDK's report of %s says %s %s", e.name, report.Domain, report.Code.Number())
	}
	return s.confirm(launch.OrderNo, e)
}

func (s *teller) runSDK(launch *faceid.SDKLaunch, e ending) (faceid.SDKReport, error) {
	var answer struct{ Domain, Code string }
	err := s.control("/sim/order", map[string]string{"orderNo": launch.OrderNo, "ending": e.name}, nil)
	if err == nil {
		err = s.control("/sim/sdk", map[string]any{"params": launch.Params}, &answer)
	}
	return faceid.ParseSDKResult(answer.Domain, answer.Code), err
}

// control asks the simulator itself.
func (s *teller) control(path string, ask, answer any) error {
	b, err := json.Marshal(ask)
	if err != nil {
		return err
	}
	_, text, err := s.browse(http.MethodPost, s.base+path, "application/json", strings.NewReader(string(b)))
	if err != nil || answer == nil {
		return err
	}
	return json.Unmarshal([]byte(text), answer)
}

// confirm asks how the order ended and compares.
func (s *teller) confirm(orderNo string, e ending) error {
	var record *faceid.FaceRecord
	err := s.call("ConfirmFace", func(err error) bool {
		return errors.Is(err, faceid.ErrNotPassed) || errors.Is(err, faceid.ErrNoResult)
	}, func(ctx context.Context) (err error) {
		record, err = s.client.ConfirmFace(ctx, faceid.QueryFaceRecordRequest{OrderNo: orderNo})
		return err
	})
	switch {
	case errors.Is(err, errTold):
		return err
	case e.code == "" && errors.Is(err, faceid.ErrNoResult):
	case e.code == "" || record == nil || record.Code() != e.code || record.OrderNo != orderNo:
		return fmt.Errorf("the record of %s: %s", e.name, fmt.Sprint(err))
	case (err == nil) != (e.code == faceid.CodePassed):
		return fmt.Errorf("the decision about %s: %s", e.name, fmt.Sprint(err))
	}
	return nil
}

func (s *teller) pause(least, most time.Duration) {
	select {
	case <-time.After(between(s.rand, least, most)):
	case <-s.ctx.Done():
	}
}
