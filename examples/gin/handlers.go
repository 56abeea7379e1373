package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/gin-gonic/gin/binding"

	"github.com/faceid-go/faceid"
)

// page turns the error of a handler into a page.
func (s *service) page(serve func(*gin.Context) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := serve(c); err != nil {
			status, text := s.problem(c, err)
			s.show(c, status, page{Title: "未完成 Not done", Text: text})
		}
	}
}

// visitor returns the session of a request and its token, or nil if there is none.
func (s *service) visitor(c *gin.Context) (*session, string, error) {
	token, err := c.Cookie(s.cookie)
	if err != nil { // no cookie
		return nil, "", nil //nolint:nilerr,nilnil // as the comment says
	}
	who, err := s.memory.session(c.Request.Context(), token)
	return who, token, err
}

func (s *service) form(c *gin.Context) {
	s.show(c, http.StatusOK, page{Title: "人脸核身 Face verification", Products: s.products})
}

// verify opens an order. The name and the number live in this call only: from the body
// (binding.FormPost: not from the URL) to the platform, and kept nowhere.
func (s *service) verify(c *gin.Context) error {
	var in struct {
		Product faceid.Product `form:"product"`
		Name    string         `form:"name"`
		IDNo    string         `form:"idNo"`
	}
	if err := c.ShouldBindWith(&in, binding.FormPost); err != nil || !slices.Contains(s.products, in.Product) {
		return errForm // the error of gin may quote what was typed
	}
	ctx := c.Request.Context()
	who, token, err := s.visitor(c)
	if err != nil {
		return err
	}
	if err := s.memory.begin(ctx, c.ClientIP(), s.limit); err != nil {
		return err
	}
	if who == nil {
		// Here a visitor is a person. Where people log in, derive the UserID from your own id
		// of the person, never from the ID number: URLs and logs show it.
		who, token = &session{UserID: newToken()}, newToken()
	}
	login, err := s.open(ctx, in.Product, faceid.Person{UserID: who.UserID, Name: strings.TrimSpace(in.Name), IDNo: strings.TrimSpace(in.IDNo)})
	if err != nil {
		return err
	}
	who.Login = &login.Session
	// The ledger first: an order that a person can enter must not be forgotten.
	if err := s.keep(ctx, who); err != nil {
		return err
	}
	if err := s.memory.keep(ctx, token, who); err != nil {
		return err
	}
	http.SetCookie(c.Writer, &http.Cookie{ //nolint:gosec // plain http has no Secure cookies
		Name: s.cookie, Value: token, Path: "/", Secure: s.secure(),
		HttpOnly: true,                 // no script reads it
		SameSite: http.SameSiteLaxMode, // the way back is a GET from another site: Strict would lose the session
	})
	c.Redirect(http.StatusSeeOther, login.URL)
	return nil
}

func (s *service) open(ctx context.Context, product faceid.Product, person faceid.Person) (*faceid.PageLogin, error) {
	back := s.public + "/back"
	if product == faceid.ProductBasic {
		return s.client.StartPC(ctx, faceid.PCRequest{Person: person, RedirectURL: back})
	}
	return s.client.StartH5(ctx, faceid.H5Request{Product: product, Person: person, RedirectURL: back, From: faceid.FromBrowser})
}

// back is where the platform sends the browser. The session comes first: a visitor without
// an open order is refused before anybody looks at the callback.
func (s *service) back(c *gin.Context) error {
	who, _, err := s.visitor(c)
	if err != nil {
		return err
	}
	if who == nil {
		return errForeign
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), 20*time.Second) // to the end, even if the person leaves
	defer cancel()
	known, err := s.memory.outcome(ctx, who.Login.OrderNo)
	if err != nil {
		return err
	}
	if known == nil { // or else it is a reload
		// The request is gin's own, and its context not that of gin: a gin.Context never ends.
		record, err := s.client.ConfirmReturn(ctx, c.Request, who.Login)
		end, err := ended(who.Login, record, err)
		if err != nil {
			return err
		}
		if err := s.memory.settle(ctx, who.Login.OrderNo, end); err != nil {
			return err // a reload decides again: see ended about ErrReplayed
		}
		s.returned(ctx, who)
	}
	c.Redirect(http.StatusSeeOther, "/result") // takes the callback's query out of the address bar
	return nil
}

// ended makes an outcome of a decision. It returns an error if the order could not be
// decided; the order then goes on waiting.
func ended(login *faceid.PageSession, record *faceid.FaceRecord, err error) (*outcome, error) {
	var bad *faceid.Error
	switch {
	// ErrReplayed says that the order passed and was confirmed before, by a process that ended
	// before it could store that, or at this moment by another one.
	case err == nil, errors.Is(err, faceid.ErrReplayed) && record != nil:
		return &outcome{Passed: true, Gloss: record.Gloss(), Message: record.Message, Charged: record.Charged().String()}, nil
	case !errors.Is(err, faceid.ErrNotPassed) || !errors.As(err, &bad):
		return nil, err
	case record == nil: // stopped before anybody was compared
		return explain(login.Product, bad.Code), nil
	}
	// Of ErrNotCompared the record's code is 0, so the error has the words.
	return &outcome{Gloss: cmp.Or(bad.Gloss(), bad.Err.Error()), Message: bad.Message, Charged: record.Charged().String()}, nil
}

// explain makes an outcome without a record. It takes the documents' words if there are any;
// the documents list no front-end codes of the PC.
func explain(product faceid.Product, code faceid.Code) *outcome {
	e, _ := faceid.Explain(product, faceid.ChannelBrowser, code)
	return &outcome{Gloss: cmp.Or(e.Gloss, code.Gloss()), Message: e.Message, Charged: e.Charged.String(), Remedy: code.Remedy()}
}

func (s *service) result(c *gin.Context) error {
	who, end, err := s.latest(c)
	if err != nil {
		return err
	}
	p := page{Title: "未通过 Not passed", Outcome: end, Again: s.mayEnter(who, end)}
	switch {
	case end == nil:
		p.Title = "尚无结果 No result yet"
	case end.Passed:
		p.Title = "通过 Passed"
	default:
		p.Text = advice[end.Remedy]
	}
	s.show(c, http.StatusOK, p)
	return nil
}

// latest returns the session of a request and the end of its order, each nil if there is none.
func (s *service) latest(c *gin.Context) (*session, *outcome, error) {
	who, _, err := s.visitor(c)
	if err != nil || who == nil {
		return nil, nil, err
	}
	end, err := s.memory.outcome(c.Request.Context(), who.Login.OrderNo)
	return who, end, err
}

// mayEnter reports whether the person may visit the login page, which holds until they come
// back from it. A faceId is for one verification.
func (s *service) mayEnter(who *session, end *outcome) bool {
	return who != nil && end == nil && time.Now().Before(who.Login.ExpiresAt())
}

// again makes a new login URL for an order that nobody has come back from, since each URL
// works once. After a callback a new verification is needed.
func (s *service) again(c *gin.Context) error {
	who, end, err := s.latest(c)
	if err != nil {
		return err
	}
	loginURL := "/"
	if s.mayEnter(who, end) {
		if loginURL, err = s.client.LoginURL(c.Request.Context(), who.Login); err != nil {
			return err
		}
	}
	c.Redirect(http.StatusSeeOther, loginURL) // the SDK made it: it leads to the platform only
	return nil
}

var errForm = errors.New("ill-formed input")

const apology = "抱歉，出错了。 Sorry, something is wrong here."

// problem shows what a person may know of an error, and logs the rest. The SDK's errors print
// nothing secret or personal, and the route has no query.
func (s *service) problem(c *gin.Context, err error) (status int, text string) {
	var argument *faceid.ArgumentError
	var unsigned *faceid.UnsignedError
	switch {
	case errors.Is(err, errForm), errors.As(err, &argument), // refused here, and by the platform
		errors.Is(err, faceid.CodeIdentityMalformed), errors.Is(err, faceid.CodeUnsupportedID):
		status, text = http.StatusBadRequest, "请检查姓名和证件号。 Please check name and number."
	case errors.As(err, &unsigned), errors.Is(err, errForeign), errors.Is(err, faceid.ErrBadSignature), errors.Is(err, faceid.ErrOtherOrder):
		status, text = http.StatusForbidden, "未能确认。 This could not be confirmed."
		if who, end, _ := s.latest(c); unsigned != nil && who != nil && end == nil && who.Login.OrderNo == unsigned.UnverifiedOrderNo {
			text = cmp.Or(advice[unsigned.UnverifiedCode.Remedy()], text) // not believed, but it may choose the words
		}
	case errors.Is(err, errTooOften):
		status, text = http.StatusTooManyRequests, "次数过多，请稍后再试。 Too many attempts: please try again later."
	case errors.Is(err, faceid.ErrExpired):
		status, text = http.StatusGone, "已过期，请重新开始。 Too late: please begin anew."
	case errors.Is(err, faceid.ErrNoResult), errors.Is(err, faceid.ErrRateLimited), errors.Is(err, faceid.ErrService),
		errors.Is(err, faceid.ErrNetwork), errors.Is(err, faceid.ErrStore), errors.Is(err, errMemory), errors.Is(err, context.DeadlineExceeded):
		status, text = http.StatusServiceUnavailable, "请稍后刷新重试。 Please reload a little later."
	default:
		status, text = http.StatusInternalServerError, apology
	}
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	s.log.Log(c.Request.Context(), level, "refused", "route", c.FullPath(), "status", status, "err", err)
	return status, text
}
