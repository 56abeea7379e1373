package main

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/faceid-go/faceid"
)

func (s *shop) form(w http.ResponseWriter, r *http.Request) error {
	p, err := s.product(r)
	if err != nil {
		return err
	}
	v := view{Page: "form", Title: "product-" + p.ID, Product: p, Invented: s.sim != nil}
	if p.ID == "will" {
		v.Question = will.Rounds[0].Question
	}
	s.show(w, r, http.StatusOK, v)
	return nil
}

// start opens an order. Limit how often somebody may do that: verifications cost
// money. What was entered lives in this call only: from the body (PostForm: not from the
// URL) to the platform, and kept nowhere, unless the result will name somebody, to be
// compared with them.
func (s *shop) start(w http.ResponseWriter, r *http.Request) (string, error) {
	p, err := s.product(r)
	if err != nil {
		return "", err
	}
	if p.Missing != "" {
		return "", errMissing
	}
	if err := s.sessions.room(); err != nil { // before an upload is spent
		return "", err
	}
	who := s.visitor(r)
	in, err := entered(r, p, who.userID)
	if err != nil {
		return "", err
	}
	o := &order{Product: p, Opened: s.today(), Began: time.Now(), trace: &trace{}}
	o.trace.meets(s.faults.take(p.ID))
	next, err := p.start(o.trace.with(r.Context()), s, o, in)
	if err != nil {
		s.faults.giveBack(o.trace.pending())
		return "", err
	}
	if o.login != nil {
		o.enterBy = o.Opened.Add(o.login.ExpiresAt().Sub(o.Began))
	}
	o.opened(next)
	if err := s.keep(w, who); err != nil {
		return "", err
	}
	who.add(o)
	if err := s.openEvidence(r.Context(), who, o, in.Person); err != nil {
		return "", err
	}
	return cmp.Or(next, orderURL(o.N)), nil
}

// entered reads the form of a product, which must be filled in.
func entered(r *http.Request, p product, userID string) (input, error) {
	value := func(name string) string { return strings.TrimSpace(r.PostForm.Get(name)) }
	in := input{Person: faceid.Person{UserID: userID, Name: value("name"), IDNo: value("idNo"), BankCardNo: value("bankCard")}, phone: value("phone"), answer: value("answer")}
	if p.Person && (in.Name == "" || in.IDNo == "") {
		return input{}, errForm // WeChat's page would ask for the rest, and take anybody's: a pass, but whose?
	}
	return in, nil
}

// opened notes how the order was opened.
func (o *order) opened(next string) {
	switch {
	case o.launch != nil:
		o.trace.site(time.Now(), "step-launched", "with-nonce", redacted(o.launch.Params), "")
	case o.URL != "":
		o.trace.site(time.Now(), "step-shown", "with-nothing", redactURL(o.URL), "")
	case o.login != nil:
		o.trace.site(time.Now(), "step-opened", "with-nonce", redactURL(next), "303")
	case next != "":
		o.trace.site(time.Now(), "step-opened", "with-nothing", redactURL(next), "303")
	case o.Outcome == nil:
		o.trace.site(time.Now(), "step-handed", "with-nothing", redacted(map[string]string{"BizToken": ""}), "")
	}
}

// back serves the URL that the platform sends the browser to.
func (s *shop) back(w http.ResponseWriter, r *http.Request) error {
	p, err := s.product(r)
	if err != nil {
		return err
	}
	if p.Missing != "" {
		return errMissing
	}
	// The session comes first: somebody who was lured into another's verification
	// comes back without it, and a visitor without an order is refused before
	// anybody looks at the signature.
	who := s.visitor(r)
	n, ok := who.find(p, p.back(r))
	switch {
	case !ok && p.unsigned && len(who.list()) > 0:
		return errUnknownToken
	case !ok:
		return errForeign
	}
	// And is it the first? A callback can be replayed: the order ends once.
	o, err := who.claim(n)
	if errors.Is(err, errHandled) && !p.unsigned { // nothing is decided any more: this only chooses the words
		if _, forged := s.client().VerifyCallback(r.Context(), r); forged != nil {
			return forged
		}
	}
	if err != nil {
		return err
	}
	begin := time.Now()
	end, err := s.decide(r, o, r)
	var bad *faceid.Error
	if errors.As(err, &bad) && (bad.Step == faceid.ReturnOrder || bad.Step == faceid.ReturnCallback) { // not believed: the order stays as it was
		who.settle(o, nil, o.Trouble)
		return err
	}
	what, signed := "step-callback", "with-sign"
	if p.unsigned {
		what, signed = "step-token", "with-nothing"
	}
	o.trace.add(step{At: begin, Kind: "site", What: what, Signed: signed, Sent: redactURL(r.URL.String()), Result: "ok"})
	who.change(o, func(o *order) { o.back, o.Back = &http.Request{Method: r.Method, URL: r.URL}, r.URL.RawQuery })
	s.settle(r, who, o, end, err)
	http.Redirect(w, r, orderURL(n), http.StatusSeeOther) //nolint:gosec // a path of ours; it takes the callback's query out of the address bar
	return nil
}

// decide decides on a claimed order. It goes on if the person leaves.
func (s *shop) decide(r *http.Request, o *order, back *http.Request) (*outcome, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 20*time.Second)
	defer cancel()
	return o.Product.decide(o.trace.with(ctx), s, o, back)
}

// settle notes the decision, or why there is none.
func (s *shop) settle(r *http.Request, who *session, o *order, end *outcome, err error) {
	if err != nil {
		_, _, trouble := s.tell(r, err)
		who.settle(o, nil, trouble)
		return
	}
	who.settle(o, end, "")
	s.lookAgain(r.Context(), who, o.N)
}

// check asks again about an order that has no end yet.
func (s *shop) check(_ http.ResponseWriter, r *http.Request) (string, error) {
	who, seen, err := s.mine(r)
	if err != nil {
		return "", err
	}
	if !seen.mayAsk() {
		return orderURL(seen.N), nil
	}
	o, err := who.claim(seen.N)
	if err != nil {
		return "", err
	}
	end, err := s.decide(r, o, o.back)
	s.settle(r, who, o, end, err)
	return orderURL(seen.N), nil
}

// phone plays the App. Its person chose what is in front of the phone.
func (s *shop) phone(_ http.ResponseWriter, r *http.Request) (string, error) {
	who, seen, err := s.mine(r)
	if err != nil {
		return "", err
	}
	if seen.claimed != nil { // it has reported: another start of the SDK would put the first report out of mind
		return orderURL(seen.N), nil
	}
	for _, sc := range scenes[seen.Product.ID] {
		if s.sim == nil || sc.Name != r.PostForm.Get("ending") {
			continue
		}
		o, err := who.claim(seen.N)
		if err != nil {
			return "", err
		}
		said, err := s.runPhone(r.Context(), o, sc)
		switch {
		case err != nil:
			who.settle(o, nil, "problem-error")
			return "", err
		case said == nil: // the person left, and may come again
			who.settle(o, nil, "problem-left")
			return orderURL(o.N), nil
		}
		who.change(o, func(o *order) { o.claimed = said })
		if o.Product.ID == "nfc" { // the result of a chip begins here, and lives 5 minutes
			if err := s.openEvidence(r.Context(), who, o, o.person); err != nil {
				s.log.Warn("evidence", "err", err) // the decision goes on
			}
		}
		end, err := s.decide(r, o, nil)
		s.settle(r, who, o, end, err)
		return orderURL(o.N), nil
	}
	return "", errForm
}

// again makes a new login URL for an order that nobody has come back from, since each
// URL works once.
func (s *shop) again(_ http.ResponseWriter, r *http.Request) (string, error) {
	who, o, err := s.mine(r)
	if err != nil {
		return "", err
	}
	login := who.enter(o.N, s.today())
	if login == nil {
		return "/start/" + o.Product.ID, nil
	}
	begin := time.Now()
	next, err := s.client().LoginURL(o.trace.with(r.Context()), login)
	if err != nil {
		return "", err
	}
	o.trace.site(begin, "step-again", "with-nonce", redactURL(next), "303")
	return next, nil
}

// open leads this browser to a page that was shown as a QR code, too.
func (s *shop) open(_ http.ResponseWriter, r *http.Request) (string, error) {
	_, o, err := s.mine(r)
	if err != nil {
		return "", err
	}
	return cmp.Or(o.URL, orderURL(o.N)), nil
}
