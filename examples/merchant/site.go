package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"html/template"
	"image/png"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"
	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed static
var static embed.FS

// A shop is the site.
type shop struct {
	public   string
	products []product
	bills    bool // of the platform, for everybody's eyes
	options  []faceid.Option
	current  atomic.Pointer[faceid.Client] // see client
	sim      *faceidtest.Server            // nil with the real platform
	sessions *sessions
	archive  *archive
	notes    *notes     // what the what-if panel did
	faults   *faults    // what it has prepared
	scripted sync.Mutex // held while the simulator has the script of one check
	pages    map[lang]*template.Template
	log      *slog.Logger
	key      []byte // of the forms
	secure   bool   // browsers reach us by https

	cookie, formCookie string // their names
}

func newShop(cfg config) (*shop, error) {
	s := &shop{
		public: cfg.public, products: cfg.products, sim: cfg.sim, log: cfg.log,
		sessions: newSessions(10000, 30*time.Minute), archive: newArchive(cfg.bucket), notes: &notes{}, faults: &faults{},
		bills: cfg.bills, key: make([]byte, 32), secure: strings.HasPrefix(cfg.public, "https:"), cookie: "session", formCookie: "form",
	}
	if s.secure {
		s.cookie, s.formCookie = "__Host-session", "__Host-form" // no neighbouring subdomain can plant a session of its own on our visitor
	}
	_, _ = rand.Read(s.key) // never fails
	var err error
	if s.pages, err = parsePages(); err != nil {
		return nil, err
	}
	s.options = append(cfg.options, faceid.WithLogger(cfg.log), faceid.WithObserver(observe))
	_, err = s.connect()
	return s, err
}

// connect makes the Client, and returns the one that it replaces. One serves the
// whole process; only the what-if panel takes another.
func (s *shop) connect() (old *faceid.Client, err error) {
	client, err := faceid.New(s.options...)
	if err != nil {
		return nil, err
	}
	if err := s.keepWith(client); err != nil {
		return nil, err
	}
	return s.current.Swap(client), nil
}

func (s *shop) client() *faceid.Client { return s.current.Load() }

// handler serves the site and, on the simulator, what a browser sees of the
// platform.
func (s *shop) handler() http.Handler {
	site := s.guarded(s.routes())
	if s.sim == nil {
		return s.atHome(site)
	}
	// The backend's calls to the simulator take no socket, so nothing else of the
	// platform is served.
	all := http.NewServeMux()
	for _, path := range []string{"/api/web/", "/api/pc/", "/cloud/"} {
		all.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			r = r.Clone(r.Context())
			r.Header.Set("Accept-Language", string(wanted(r))) // they know no choice of ours
			s.sim.ServeHTTP(w, r)
		})
	}
	all.Handle("/", site)
	return s.atHome(all)
}

// routes are the pages and actions of the site.
func (s *shop) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page(s.home))
	mux.HandleFunc("GET /start/{product}", s.page(s.form))
	mux.HandleFunc("POST /start/{product}", s.action(s.start)) // never GET: a prefetch would open an order and burn its URL
	mux.HandleFunc("GET /back/{product}", s.page(s.back))
	mux.HandleFunc("GET /orders", s.page(s.orders))
	mux.HandleFunc("GET /orders/{n}", s.page(s.result))
	mux.HandleFunc("GET /orders/{n}/photo", s.page(s.photo))
	mux.HandleFunc("GET /orders/{n}/qr.png", s.page(s.qr))
	mux.HandleFunc("GET /orders/{n}/state", s.page(s.state))
	mux.HandleFunc("POST /orders/{n}/open", s.action(s.open))
	mux.HandleFunc("POST /orders/{n}/again", s.action(s.again))
	mux.HandleFunc("POST /orders/{n}/check", s.action(s.check))
	mux.HandleFunc("POST /orders/{n}/phone", s.action(s.phone))
	mux.HandleFunc("GET /bill", s.page(s.bill))
	if s.bills { // yours asks who is looking: it is not the visitors' business
		mux.HandleFunc("POST /bill", s.action(s.billOf))
	}
	mux.HandleFunc("POST /language", s.action(s.language))
	files := http.FileServerFS(static)
	mux.HandleFunc("GET /static/{file}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=300") // the same for everybody
		files.ServeHTTP(w, r)
	})
	if s.sim != nil {
		mux.HandleFunc("POST /orders/{n}/tamper", s.action(s.tamper))
		mux.HandleFunc("POST /orders/{n}/replay", s.action(s.replay))
		mux.HandleFunc("GET /what-if", s.page(s.whatIf))
		mux.HandleFunc("POST /what-if/{deed}", s.action(s.deed))
		mux.HandleFunc("POST /close-day", s.action(s.closeDay))
	}
	mux.HandleFunc("GET /", s.page(func(http.ResponseWriter, *http.Request) error { return errMissing }))
	return mux
}

// guarded refuses the forms of other sites, bounds bodies and times, and tells the
// browser what it may do with a page.
func (s *shop) guarded(pages http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection() // no other site may post here with the visitor's cookie
	_ = crossOrigin.AddTrustedOrigin(s.public)     // a proxy may have changed the Host
	protected := crossOrigin.Handler(pages)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")      // neither a proxy nor the back button shows it to the next person
		h.Set("Referrer-Policy", "no-referrer") // the callback's query goes nowhere; pages with forms differ, see show
		h.Set("X-Content-Type-Options", "nosniff")
		// No form-action, which would stop the redirect to the login page.
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'")
		r.Body = http.MaxBytesReader(w, r.Body, 8<<10)                  // a name and a number need no more
		ctx, cancel := context.WithTimeout(r.Context(), 25*time.Second) // an answer after the server's WriteTimeout would be lost
		defer cancel()
		protected.ServeHTTP(w, r.WithContext(ctx))
	})
}

// atHome turns requests for other hosts to the site's own address, if that is on
// this computer only. A page elsewhere can give its name our address (DNS
// rebinding): its script would reach us, and be of our origin. A public site has
// nothing to show that way, and a proxy may have changed its Host.
func (s *shop) atHome(next http.Handler) http.Handler {
	u, err := url.Parse(s.public)
	if err != nil || !local(u.Hostname()) {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.EqualFold(r.Host, u.Host):
			next.ServeHTTP(w, r)
		case r.Method == http.MethodGet && !s.secure: // localhost for 127.0.0.1: one address has the session, and the way back
			http.Redirect(w, r, s.public+"/", http.StatusTemporaryRedirect)
		default:
			http.Error(w, "this site is "+s.public, http.StatusMisdirectedRequest)
		}
	})
}

func local(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// page serves what only looks.
func (s *shop) page(serve func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := serve(w, r); err != nil {
			s.problem(w, r, err)
		}
	}
}

// action serves a form: of this visitor, and answered by a redirect.
func (s *shop) action(serve func(http.ResponseWriter, *http.Request) (next string, err error)) http.HandlerFunc {
	return s.page(func(w http.ResponseWriter, r *http.Request) error {
		if err := s.posted(r); err != nil {
			return err
		}
		next, err := serve(w, r)
		if err != nil {
			return err
		}
		http.Redirect(w, r, next, http.StatusSeeOther) // the site's own, or the SDK made it: it leads to the platform only
		return nil
	})
}

func (s *shop) product(r *http.Request) (product, error) {
	for _, p := range s.products {
		if p.ID == r.PathValue("product") {
			return p, nil
		}
	}
	return product{}, errMissing
}

func (s *shop) backURL(o *order) string { return s.public + "/back/" + o.Product.ID }

func orderURL(n int) string { return "/orders/" + strconv.Itoa(n) }

// mine is the visitor's order that the path names by its place.
func (s *shop) mine(r *http.Request) (*session, order, error) {
	who := s.visitor(r)
	n, _ := strconv.Atoi(r.PathValue("n"))
	o, ok := who.order(n)
	if !ok {
		return nil, order{}, errMissing
	}
	return who, o, nil
}

func (s *shop) home(w http.ResponseWriter, r *http.Request) error {
	s.show(w, r, http.StatusOK, view{Page: "home", Title: "home", Products: s.products})
	return nil
}

// state tells a waiting page whether it is worth asking for the result.
func (s *shop) state(w http.ResponseWriter, r *http.Request) error {
	_, o, err := s.mine(r)
	if err != nil {
		return err
	}
	over := o.Outcome != nil
	if !over && o.Product.ID == "eid" {
		status, err := s.client().CheckEidTokenStatus(r.Context(), faceid.CheckEidTokenStatusRequest{EidToken: o.ref})
		over = err == nil && (status.Status == faceid.EidFinished || status.Status == faceid.EidTimeout)
	}
	w.Header().Set("Content-Type", "application/json")
	_, err = w.Write([]byte(`{"over":` + strconv.FormatBool(over) + `}`))
	return err
}

func (s *shop) qr(w http.ResponseWriter, r *http.Request) error {
	_, o, err := s.mine(r)
	if err != nil || o.URL == "" || o.Outcome != nil {
		return errMissing
	}
	code, err := qr.Encode(o.URL, qr.M, qr.Auto)
	if err != nil {
		return err
	}
	if code, err = barcode.Scale(code, 6*code.Bounds().Dx(), 6*code.Bounds().Dy()); err != nil {
		return err
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, code); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "image/png")
	_, err = w.Write(picture.Bytes())
	return err
}

// photo is the picture that came with a result, for its session only.
func (s *shop) photo(w http.ResponseWriter, r *http.Request) error {
	_, o, err := s.mine(r)
	if err != nil || o.Outcome == nil || len(o.Outcome.Photo) == 0 {
		return errMissing
	}
	kind := http.DetectContentType(o.Outcome.Photo)
	if kind != "image/jpeg" && kind != "image/png" && kind != "image/bmp" {
		return errMissing
	}
	w.Header().Set("Content-Type", kind)
	_, err = w.Write(o.Outcome.Photo)
	return err
}

func (s *shop) orders(w http.ResponseWriter, r *http.Request) error {
	who := s.visitor(r)
	s.show(w, r, http.StatusOK, view{Page: "orders", Title: "orders", Orders: s.withEvidence(r.Context(), who.list())})
	return nil
}

func (s *shop) result(w http.ResponseWriter, r *http.Request) error {
	_, o, err := s.mine(r)
	if err != nil {
		return err
	}
	v := view{
		Page: "result", Title: "product-" + o.Product.ID, Product: o.Product, Order: &o, Outcome: o.Outcome, State: o.State(),
		Steps: o.trace.list(), Again: o.mayEnter(s.today()), Ask: o.mayAsk(), Invented: s.sim != nil,
	}
	if o.Outcome == nil {
		v.Faults = o.trace.pending()
	}
	if o.Outcome == nil && o.claimed == nil && s.sim != nil {
		v.Scenes = scenes[o.Product.ID]
	}
	if len(v.Scenes) > 0 {
		v.Ask = false // there is nothing to ask for before the phone has reported
	}
	s.show(w, r, http.StatusOK, v)
	return nil
}

// language switches it: the next page has it.
func (s *shop) language(w http.ResponseWriter, r *http.Request) (string, error) {
	chosen := string(langOf(r.PostForm.Get("lang")))
	http.SetCookie(w, &http.Cookie{Name: "lang", Value: chosen, Path: "/", MaxAge: 365 * 86400, Secure: s.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode}) //nolint:gosec // plain http has no Secure cookies
	return ownPath(r.PostForm.Get("from")), nil
}

// ownPath is a path of this site, whatever a form says.
func ownPath(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.Contains(text, `\`) {
		return "/"
	}
	return u.EscapedPath()
}

var (
	errForm         = errors.New("ill-formed input")
	errDay          = errors.New("no day that has a bill")
	errMissing      = errors.New("there is no such page")
	errUnknownToken = errors.New("the token is none of this session's")
)

// problem shows what a person may know of an error.
func (s *shop) problem(w http.ResponseWriter, r *http.Request, err error) {
	status, outcome, text := s.tell(r, err)
	title := "problem"
	if status == http.StatusForbidden || status == http.StatusConflict {
		title = "refused"
	}
	s.show(w, r, status, view{Page: "problem", Title: title, State: outcome, Text: text})
}

// tell chooses status, data-outcome and words. The log gets the rest: the SDK's
// errors print nothing secret or personal, and the route has no query.
func (s *shop) tell(r *http.Request, err error) (status int, outcome, text string) {
	var argument *faceid.ArgumentError
	switch {
	case errors.Is(err, errMissing):
		status, outcome = http.StatusNotFound, "missing"
	case errors.Is(err, errCSRF):
		status, outcome, text = http.StatusForbidden, "invalid", "problem-csrf"
	case errors.Is(err, errDay):
		status, outcome, text = http.StatusBadRequest, "invalid", "problem-day"
	case errors.Is(err, errForm), errors.As(err, &argument), // refused here, and by the platform
		errors.Is(err, faceid.CodeIdentityMalformed), errors.Is(err, faceid.CodeUnsupportedID):
		status, outcome = http.StatusBadRequest, "invalid"
	case errors.Is(err, errUnknownToken):
		status, outcome, text = http.StatusForbidden, "tampered", "problem-token"
	case errors.Is(err, faceid.ErrUnsigned): // a page that could not begin may send that, too
		status, outcome, text = http.StatusForbidden, "tampered", "problem-unsigned"
	case errors.Is(err, faceid.ErrBadSignature):
		status, outcome = http.StatusForbidden, "tampered"
	case errors.Is(err, errForeign):
		status, outcome = http.StatusForbidden, "foreign"
	case errors.Is(err, errHandled):
		status, outcome = http.StatusConflict, "replayed"
	case errors.Is(err, faceid.ErrExpired):
		status, outcome = http.StatusGone, "expired"
	case errors.Is(err, faceid.ErrNoResult):
		status, outcome, text = http.StatusServiceUnavailable, "error", "problem-noresult"
	case errors.Is(err, faceid.ErrRateLimited), errors.Is(err, faceid.ErrService), errors.Is(err, faceid.ErrNetwork),
		errors.Is(err, faceid.ErrStore), errors.Is(err, errFull), errors.Is(err, context.DeadlineExceeded):
		status, outcome, text = http.StatusServiceUnavailable, "error", "problem-later"
	default:
		status, outcome = http.StatusInternalServerError, "error"
	}
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	s.log.Log(r.Context(), level, "refused", "route", r.Pattern, "status", status, "err", err)
	return status, outcome, cmp.Or(text, "problem-"+outcome)
}
