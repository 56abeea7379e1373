package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/faceid-go/faceid"
)

type config struct {
	public   string           // base URL under which browsers reach the server
	products []faceid.Product // that the appID was opened for; nil: all
	licence  string           // of the App SDK
	log      *slog.Logger
	options  []faceid.Option
}

type backend struct {
	config
	client   *faceid.Client
	sessions *sessions
	secure   bool   // browsers reach us by https
	cookie   string // its name
}

func newBackend(cfg config) (*backend, error) {
	u, err := url.Parse(cfg.public)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/")+u.RawQuery != "" {
		return nil, fmt.Errorf("the public URL must be http or https, with a host and nothing else")
	}
	cfg.public = u.Scheme + "://" + u.Host
	if cfg.products == nil {
		cfg.products = []faceid.Product{faceid.ProductPlus, faceid.ProductEnhanced, faceid.ProductBasic}
	}
	b := &backend{config: cfg, sessions: newSessions(10000, 30*time.Minute), secure: u.Scheme == "https", cookie: "session"}
	if b.secure {
		b.cookie = "__Host-session" // no neighbouring subdomain can plant a session of its own on our visitor
	}
	b.client, err = faceid.New(append(cfg.options, faceid.WithLogger(cfg.log))...)
	return b, err
}

func (b *backend) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", b.page(b.form))
	mux.HandleFunc("POST /verify", b.page(b.verify)) // never GET: a prefetch would open an order and burn its URL
	mux.HandleFunc("GET /back", b.page(b.back))
	mux.HandleFunc("GET /result", b.page(b.result))
	mux.HandleFunc("POST /again", b.page(b.again))
	mux.HandleFunc("POST /app/start", b.api(b.appStart))
	mux.HandleFunc("POST /app/done", b.api(b.appDone))
	crossOrigin := http.NewCrossOriginProtection() // no other site may post here with the visitor's cookie
	_ = crossOrigin.AddTrustedOrigin(b.public)     // a proxy may have changed the Host; newBackend checked the URL
	protected := crossOrigin.Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")      // neither a proxy nor the back button shows it to the next person
		h.Set("Referrer-Policy", "no-referrer") // the callback's query goes nowhere; the form pages differ, see show
		// No form-action, which would stop the redirect to the login page.
		h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'")
		r.Body = http.MaxBytesReader(w, r.Body, 8<<10)                  // a name and a number need no more
		ctx, cancel := context.WithTimeout(r.Context(), 25*time.Second) // an answer after the server's WriteTimeout would be lost
		defer cancel()
		protected.ServeHTTP(w, r.WithContext(ctx))
	})
}

func (b *backend) page(serve func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := serve(w, r); err != nil {
			status, text := b.problem(r, err)
			b.show(w, status, page{Title: "未完成 Not done", Text: text})
		}
	}
}

func (b *backend) api(serve func(http.ResponseWriter, *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answer, err := serve(w, r)
		w.Header().Set("Content-Type", "application/json")
		if err != nil {
			status, text := b.problem(r, err)
			w.WriteHeader(status)
			answer = map[string]any{"passed": false, "error": text}
		}
		_ = json.NewEncoder(w).Encode(answer)
	}
}

// visitor returns the session of a request, or an empty session.
func (b *backend) visitor(r *http.Request) *session {
	if c, err := r.Cookie(b.cookie); err == nil {
		if s, ok := b.sessions.get(c.Value); ok {
			return s
		}
	}
	return &session{}
}

// begin returns the request's session, or one for keep to add. Here a visitor is
// a person. Where people log in, derive the UserID from your own id of the
// person, never from the ID number: URLs and logs show it. And limit how often
// somebody may begin: verifications cost money.
func (b *backend) begin(r *http.Request) (*session, error) {
	s := b.visitor(r)
	if s.userID != "" {
		return s, nil
	}
	s.userID = rand.Text()
	return s, b.sessions.room() // before an upload is spent
}

// keep gives the session its order, and only now adds it if it is new: forms that
// the platform refused must not fill the table.
func (b *backend) keep(w http.ResponseWriter, s *session, o *order) error {
	s.put(o)
	if s.kept {
		return nil
	}
	s.kept = true
	token := rand.Text() // not the userID: the login URL shows that
	if err := b.sessions.add(token, s); err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // plain http has no Secure cookies
		Name: b.cookie, Value: token, Path: "/", Secure: b.secure,
		HttpOnly: true,                 // no script reads it
		SameSite: http.SameSiteLaxMode, // the way back is a GET from another site: Strict would lose the session
	})
	return nil
}

func (b *backend) form(w http.ResponseWriter, _ *http.Request) error {
	b.show(w, http.StatusOK, page{Title: "人脸核身 Face verification", Products: b.products})
	return nil
}

// verify opens an order. The name and the number live in this call only: from
// the body (PostForm: not from the URL) to the platform, and kept nowhere.
func (b *backend) verify(w http.ResponseWriter, r *http.Request) error {
	err := r.ParseForm()
	product := faceid.Product(r.PostForm.Get("product"))
	if err != nil || !slices.Contains(b.products, product) {
		return errForm
	}
	s, err := b.begin(r)
	if err != nil {
		return err
	}
	person := faceid.Person{UserID: s.userID, Name: strings.TrimSpace(r.PostForm.Get("name")), IDNo: strings.TrimSpace(r.PostForm.Get("idNo"))}
	var login *faceid.PageLogin
	if back := b.public + "/back"; product == faceid.ProductBasic {
		login, err = b.client.StartPC(r.Context(), faceid.PCRequest{Person: person, RedirectURL: back})
	} else {
		login, err = b.client.StartH5(r.Context(), faceid.H5Request{Product: product, Person: person, RedirectURL: back, From: faceid.FromBrowser})
	}
	if err != nil {
		return err
	}
	if err = b.keep(w, s, &order{no: login.Session.OrderNo, product: product, channel: faceid.ChannelBrowser, login: &login.Session}); err != nil {
		return err
	}
	http.Redirect(w, r, login.URL, http.StatusSeeOther)
	return nil
}

// back is where the platform sends the browser. The session comes first: a
// visitor without an open order is refused before anybody looks at the callback.
func (b *backend) back(w http.ResponseWriter, r *http.Request) error {
	s := b.visitor(r)
	o, err := s.claim(s.current().no, false)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 20*time.Second) // to the end, even if the person leaves
	defer cancel()
	record, err := b.client.ConfirmReturn(ctx, r, o.login)
	end, err := ended(o, record, err)
	s.settle(o, end)
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/result", http.StatusSeeOther) // takes the callback's query out of the address bar
	return nil
}

// ended makes an outcome of a decision. It returns an error if the order could not be
// decided; the order then goes on waiting.
func ended(o *order, record *faceid.FaceRecord, err error) (*outcome, error) {
	var bad *faceid.Error
	switch {
	case err == nil:
		return &outcome{Passed: true, Gloss: record.Gloss(), Message: record.Message, Charged: record.Charged().String()}, nil
	case !errors.Is(err, faceid.ErrNotPassed) || !errors.As(err, &bad):
		return nil, err
	case record == nil: // stopped before anybody was compared
		return explain(o, bad.Code), nil
	}
	// Of ErrNotCompared the record's code is 0, so the error has the words.
	return &outcome{Gloss: cmp.Or(bad.Gloss(), bad.Err.Error()), Message: bad.Message, Charged: record.Charged().String()}, nil
}

// explain makes an outcome without a record. It takes the documents' words if there
// are any; the documents list no front-end codes of the PC.
func explain(o *order, code faceid.Code) *outcome {
	e, _ := faceid.Explain(o.product, o.channel, code)
	return &outcome{Gloss: cmp.Or(e.Gloss, code.Gloss()), Message: e.Message, Charged: e.Charged.String(), Remedy: code.Remedy()}
}

func (b *backend) result(w http.ResponseWriter, r *http.Request) error {
	o := b.visitor(r).current()
	p := page{Title: "未通过 Not passed", Outcome: o.outcome, Again: o.mayEnter()}
	switch {
	case o.outcome == nil:
		p.Title = "尚无结果 No result yet"
	case o.outcome.Passed:
		p.Title = "通过 Passed"
	default:
		p.Text = advice[o.outcome.Remedy]
	}
	b.show(w, http.StatusOK, p)
	return nil
}

// again makes a new login URL for an order that nobody has come back from, since each
// URL works once. After a callback a new verification is needed.
func (b *backend) again(w http.ResponseWriter, r *http.Request) error {
	loginURL := "/"
	if login := b.visitor(r).enter(); login != nil {
		var err error
		if loginURL, err = b.client.LoginURL(r.Context(), login); err != nil {
			return err
		}
	}
	http.Redirect(w, r, loginURL, http.StatusSeeOther) //nolint:gosec // the SDK made it: it leads to the platform only
	return nil
}

// appStart opens an order for an App. The App keeps the cookie as a browser does.
func (b *backend) appStart(w http.ResponseWriter, r *http.Request) (any, error) {
	var in struct {
		Platform   faceid.Platform
		Product    faceid.Product
		Name, IDNo string
	}
	err := json.NewDecoder(r.Body).Decode(&in)
	if in.Product = cmp.Or(in.Product, b.products[0]); err != nil || !slices.Contains(b.products, in.Product) {
		return nil, errForm
	}
	s, err := b.begin(r)
	if err != nil {
		return nil, err
	}
	launch, err := b.client.StartSDK(r.Context(), faceid.SDKRequest{
		Product: in.Product, Platform: in.Platform, Licence: b.licence,
		Person: faceid.Person{UserID: s.userID, Name: strings.TrimSpace(in.Name), IDNo: strings.TrimSpace(in.IDNo)},
	})
	if err != nil {
		return nil, err
	}
	if err = b.keep(w, s, &order{no: launch.OrderNo, product: in.Product, channel: faceid.Channel(in.Platform)}); err != nil {
		return nil, err
	}
	return map[string]any{"orderNo": launch.OrderNo, "params": launch.Params}, nil
}

// appDone takes an App's report. Anyone can make such a report, so it must not end a
// browser's order: otherwise somebody could lure a person to a login page and end the
// order with a report.
func (b *backend) appDone(_ http.ResponseWriter, r *http.Request) (any, error) {
	var in struct{ OrderNo, Domain, Code string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, errForm
	}
	s := b.visitor(r)
	o, err := s.claim(in.OrderNo, true)
	if known := s.current(); errors.Is(err, errHandled) && known.outcome != nil {
		return known.outcome, nil // the App did not get the first answer
	}
	if err != nil {
		return nil, err
	}
	report := faceid.ParseSDKResult(in.Domain, in.Code)
	if !report.Queryable() { // gave up or was stopped: there is no record, and the order goes on waiting
		s.settle(o, nil)
		return explain(o, report.Code), nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 20*time.Second) // to the end, even if the App leaves
	defer cancel()
	record, err := b.client.ConfirmFace(ctx, faceid.QueryFaceRecordRequest{
		OrderNo: o.no, Product: o.product, Wait: report.Succeeded(), // the record may lag a few seconds
	})
	end, err := ended(o, record, err)
	if errors.Is(err, faceid.ErrNoResult) && !report.Succeeded() { // stopped before the comparison
		end, err = explain(o, report.Code), nil
	}
	s.settle(o, end)
	return end, err
}

var errForm = errors.New("ill-formed input")

// problem shows what a person may know of an error, and logs the rest. The SDK's
// errors print nothing secret or personal, and the route has no query.
func (b *backend) problem(r *http.Request, err error) (status int, text string) {
	var argument *faceid.ArgumentError
	var unsigned *faceid.UnsignedError
	switch {
	case errors.Is(err, errForm), errors.As(err, &argument), // refused here, and by the platform
		errors.Is(err, faceid.CodeIdentityMalformed), errors.Is(err, faceid.CodeUnsupportedID):
		status, text = http.StatusBadRequest, "请检查姓名和证件号。 Please check name and number."
	case errors.As(err, &unsigned), errors.Is(err, errForeign), errors.Is(err, faceid.ErrBadSignature), errors.Is(err, faceid.ErrOtherOrder):
		status, text = http.StatusForbidden, "未能确认。 This could not be confirmed."
		if o := b.visitor(r).current(); unsigned != nil && o.no != "" && o.no == unsigned.UnverifiedOrderNo && o.outcome == nil {
			text = cmp.Or(advice[unsigned.UnverifiedCode.Remedy()], text) // not believed, but it may choose the words
		}
	case errors.Is(err, errHandled):
		status, text = http.StatusConflict, "已经处理，请看结果。 This was handled already: see the result."
	case errors.Is(err, faceid.ErrExpired):
		status, text = http.StatusGone, "已过期，请重新开始。 Too late: please begin anew."
	case errors.Is(err, faceid.ErrNoResult), errors.Is(err, faceid.ErrRateLimited), errors.Is(err, faceid.ErrService),
		errors.Is(err, faceid.ErrNetwork), errors.Is(err, faceid.ErrStore), errors.Is(err, errFull), errors.Is(err, context.DeadlineExceeded):
		status, text = http.StatusServiceUnavailable, "请稍后刷新重试。 Please reload a little later."
	default:
		status, text = http.StatusInternalServerError, "抱歉，出错了。 Sorry, something is wrong here."
	}
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	b.log.Log(r.Context(), level, "refused", "route", r.Pattern, "status", status, "err", err)
	return status, text
}
