package faceidtest

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"
)

// cloudOpen answers the Url of API 3.0 with its page. The first visit uses the
// Url up.
func (s *Server) cloudOpen(in *incoming) reply {
	q, _ := url.ParseQuery(in.rawQuery) // a part that cannot be parsed counts as absent
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.cloud.pages[q.Get("page")]
	if f == nil {
		return reply{code: "14", msg: tryMessages[14]}
	}
	if code := cmp.Or(f.elsewhere(true), s.mayRun(f)); code != 0 {
		return reply{code: decimal(code), msg: f.turnedAway(code)}
	}
	if f.kind != wechatFlow { // a BizToken of WeChat is for as many tries as its flow allows, until it is final
		delete(s.cloud.pages, q.Get("page"))
	}
	f.opened = true
	key := randomText(40)
	s.memory.forms.add(s.now().Add(pageLife), key)
	s.cloud.forms[key] = f
	return reply{code: "0", page: s.cloudPage(key, f)}
}

// cloudFinish answers the form of that page, with which the person ends. It
// works once.
func (s *Server) cloudFinish(in *incoming) reply {
	form, ok := readForm(in)
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.cloud.forms[form.Get("page")]
	if !ok || f == nil {
		return reply{code: "14", msg: tryMessages[14]}
	}
	e, known := namedCloudEnding(form.Get("ending"))
	if !known {
		if form.Get("ending") != "scripted" {
			return reply{code: "1", msg: tryMessages[1]}
		}
		e = s.scriptedCloud(f)
	}
	if why := f.cannotEnd(e); why != "" {
		return reply{code: "1", msg: why}
	}
	delete(s.cloud.forms, form.Get("page"))
	if code := s.mayRun(f); code != 0 {
		return reply{code: decimal(code), msg: f.turnedAway(code)}
	}
	s.perform(f, e)
	code, _ := f.faceCode()
	switch {
	case f.left:
		return reply{code: "17", page: leftPage()}
	case f.back == "":
		return reply{code: decimal(code), page: resultPage(decimal(code), f.message(code), "")}
	case f.kind == webIntl && !(f.web.skip && code == 0):
		return reply{code: decimal(code), page: resultPage(decimal(code), f.message(code), f.wayBack())}
	}
	return reply{code: decimal(code), status: http.StatusFound, location: f.wayBack()}
}

// wayBack returns the merchant's address with the token. The parameter is
// BizToken in WeChat, and token elsewhere.
func (f *flow) wayBack() string {
	name := "token"
	if f.kind == wechatFlow {
		name = "BizToken"
	}
	u, err := url.Parse(f.back)
	if err != nil {
		return f.back // this cannot happen, as isBack has parsed it before
	}
	u.RawQuery = strings.TrimPrefix(u.RawQuery+"&"+name+"="+url.QueryEscape(f.token), "&")
	return u.String()
}

// cloudPage makes the page on which a person chooses how the verification ends,
// among the endings that this flow can have. The caller holds the lock.
func (s *Server) cloudPage(key string, f *flow) *page {
	p := &page{made: verifyPage, Action: pathCloudFinish, Key: key}
	rule := words{"规则", "RuleId"}
	switch f.kind {
	case wechatFlow:
		p.Kind, p.Title = "wechat", words{"微信 H5 人脸核身", "Face verification in WeChat"}
	case eidFlow:
		p.Kind, p.Title, rule = "eid", words{"E证通", "E证通, the electronic ID"}, words{"商户", "MerchantId"}
	default:
		p.Kind, p.Title = "intl", words{"eKYC 身份核验", "eKYC"}
	}
	if f.rule != "" {
		p.Facts = append(p.Facts, fact{rule, f.rule})
	}
	if f.back != "" {
		p.Facts = append(p.Facts, fact{words{"返回", "Back to"}, hostOf(f.back)})
	}
	p.Asked = f.will.shown()
	for _, e := range cloudEndings {
		ending := e.make()
		if f.cannotEnd(ending) == "" {
			p.Endings = append(p.Endings, choice{Name: e.name, Label: words{e.label, e.english}, Code: ending.codes(), Tone: ending.tone()})
		}
	}
	scripted := s.scriptedCloud(f)
	_, byToken := s.cloud.scripts[f.token]
	_, byExtra := s.cloud.scripts[f.extra]
	written := byToken || byExtra && f.extra != "" || s.cloud.endingWritten
	p.Endings = asScripted(p.Endings, scripted.codes(), written, f.cannotEnd(scripted) != "")
	return p
}

// codes returns the codes of the attempts, and that of the intention if it
// fails.
func (e CloudEnding) codes() string {
	var codes []string
	for _, a := range e.Attempts {
		codes = append(codes, decimal(a.Code))
	}
	if len(codes) == 0 && !e.Quits {
		codes = append(codes, "0")
	}
	if e.Intention.Code != 0 {
		codes = append(codes, decimal(e.Intention.Code))
	}
	return strings.Join(codes, ", ")
}

func (e CloudEnding) tone() string {
	switch n := len(e.Attempts); {
	case e.Quits:
		return "left"
	case e.Intention.Code != 0 || n > 0 && e.Attempts[n-1].Code != 0:
		return "bad"
	}
	return "good"
}

// shown returns what the page asks the person to agree to.
func (a *agreement) shown() []fact {
	if a == nil {
		return nil
	}
	var facts []fact
	switch a.mode {
	case readingMode:
		facts = append(facts, fact{words{"请朗读", "Read aloud"}, a.text})
	case questionMode:
		for i, question := range a.asked {
			facts = append(facts, fact{words{"问", "Question"}, question}, fact{words{"答", "Answer"}, a.right[i]})
		}
	case nodMode:
		for _, text := range a.asked {
			facts = append(facts, fact{words{"点头同意", "Nod to agree"}, text})
		}
	}
	return facts
}

// VisitCloud opens a Url or VerificationURL of API 3.0 in a simulated browser.
// The person ends as scripted, and the browser brings the returned request back
// to the merchant, as [Server.Visit] does. The request is nil if nobody comes
// back: the person left, or GetEidToken was called without a RedirectUrl. If
// the page refuses, the error is a [*PageError], with code 14 for a page that
// was opened before and 15 for one that is too old. Every visit uses the URL
// up.
func (s *Server) VisitCloud(ctx context.Context, pageURL string) (*http.Request, error) {
	res, body, err := s.goThrough(ctx, "VisitCloud", pageURL, pathCloudFinish) //nolint:bodyclose // goThrough has read and closed the body
	if err != nil {
		return nil, err
	}
	switch back := addressBack(res, body); {
	case back != "":
		return returning(ctx, back)
	case strings.Contains(body, `<main data-left="yes">`), strings.Contains(body, `<main data-result="`):
		return nil, nil
	}
	return nil, noPage(res, body)
}

// simCloud scripts a person of API 3.0 for tests in other languages.
func (s *Server) simCloud(in *incoming) reply {
	var q struct {
		Key, Ending string
		Codes       []int
		IDCard      *IDCard
	}
	if msg := decodeControl(in, &q); msg != "" {
		return controlError(msg)
	}
	e, known := namedCloudEnding(q.Ending)
	switch {
	case q.Ending != "" && !known:
		return controlError("the ending is unknown")
	case q.Ending != "" && len(q.Codes) > 0, q.Ending == "" && len(q.Codes) == 0 && q.IDCard == nil:
		return controlError("give either an ending or codes, or an idCard")
	case len(q.Codes) > 0:
		e = CloudTries(q.Codes...)
	}
	if q.IDCard != nil {
		if why := q.IDCard.problem(); why != "" {
			return controlError(why)
		}
		e.Card = *q.IDCard
	}
	if q.Key == "" {
		s.ScriptCloudDefault(e)
	} else {
		s.ScriptCloud(q.Key, e)
	}
	return controlReply(map[string]bool{"ok": true})
}

// simRun runs a mini program or an SDK for tests in other languages.
func (s *Server) simRun(in *incoming) reply {
	var q struct {
		Token string
		NFC   bool // the NFC SDK of an App runs, which needs no token
	}
	if msg := decodeControl(in, &q); msg != "" {
		return controlError(msg)
	}
	s.mu.Lock()
	f, mini := s.cloud.flows[q.Token], s.cloud.nfcTokens[q.Token]
	s.mu.Unlock()
	var r *CloudResult
	var err error
	switch {
	case q.NFC || mini:
		r, err = s.readChip(in.ctx, "run", q.Token, mini)
	case f == nil || f.kind == webIntl:
		return controlError("the token is not one of a mini program or an SDK")
	default:
		r, err = s.runCloud(in.ctx, "run", q.Token, f.kind)
	}
	if err != nil {
		return controlError(err.Error())
	}
	return controlReply(map[string]any{"token": r.Token, "code": r.Code, "message": r.Message, "left": r.Left})
}
