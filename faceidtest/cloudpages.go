package faceidtest

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
)

// cloudOpen is the page behind a Url of API 3.0. Whoever opens it uses it up.
func (s *Server) cloudOpen(in *incoming) reply {
	q, _ := url.ParseQuery(in.rawQuery) // what cannot be parsed is not there
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.cloud.pages[q.Get("page")]
	if f == nil {
		return reply{code: "14", msg: tryMessages[14]}
	}
	if code := s.mayRun(f); code != 0 {
		return reply{code: decimal(code), msg: f.turnedAway(code)}
	}
	delete(s.cloud.pages, q.Get("page"))
	f.opened = true
	key := randomText(40)
	s.cloud.forms[key] = f
	return reply{code: "0", raw: cloudPage(key, f), kind: typeHTML}
}

// cloudFinish is the person's end: the form of that page. It works once.
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
		return reply{code: "17", raw: leftPage(), kind: typeHTML}
	case f.back == "":
		return reply{code: decimal(code), raw: resultPage(decimal(code), f.message(code), ""), kind: typeHTML}
	case f.kind == webIntl && !(f.web.skip && code == 0):
		return reply{code: decimal(code), raw: resultPage(decimal(code), f.message(code), f.wayBack()), kind: typeHTML}
	}
	return reply{code: decimal(code), status: http.StatusFound, location: f.wayBack()}
}

// wayBack is the merchant's address with the token: WeChat calls it BizToken,
// the others token.
func (f *flow) wayBack() string {
	name := "token"
	if f.kind == wechatFlow {
		name = "BizToken"
	}
	u, err := url.Parse(f.back)
	if err != nil {
		return f.back // isBack has parsed it before
	}
	u.RawQuery = strings.TrimPrefix(u.RawQuery+"&"+name+"="+url.QueryEscape(f.token), "&")
	return u.String()
}

// cloudPage lets a person choose how the verification ends, among the endings
// that this flow can have.
func cloudPage(key string, f *flow) []byte {
	title := map[flowKind]string{wechatFlow: "微信 H5 人脸核身", eidFlow: "E证通", webIntl: "eKYC"}[f.kind]
	var b strings.Builder
	fmt.Fprintf(&b, `<main>
<h1>%s</h1>
<p>这里没有摄像头。请选择本次核身如何结束。</p>
<form method="post" action="%s">
<input type="hidden" name="page" value="%s">
`, title, pathCloudFinish, html.EscapeString(key))
	for i, e := range cloudEndings {
		if f.cannotEnd(e.make()) != "" {
			continue
		}
		class := ""
		if i == 0 {
			class = ` class="first"`
		}
		fmt.Fprintf(&b, "<button%s name=\"ending\" value=\"%s\">%s</button>\n", class, e.name, e.label)
	}
	b.WriteString("<button name=\"ending\" value=\"scripted\">按脚本结束</button>\n</form>\n</main>\n")
	return page(title, b.String())
}

func leftPage() []byte {
	return page("核身未完成", "<main data-left=\"yes\">\n<h1>已离开</h1>\n</main>\n")
}

// VisitCloud is a browser that opens a Url or VerificationURL of API 3.0. The
// person ends as scripted, and the browser brings the returned request back to
// the merchant, as [Server.Visit] does. The request is nil where nobody comes
// back: the person left, or E证通 was asked for without a RedirectUrl. If the
// page refuses, the error is a [*PageError], with code 14 for a page that was
// opened before and 15 for one that is too old. Every visit uses the URL up.
func (s *Server) VisitCloud(ctx context.Context, pageURL string) (*http.Request, error) {
	res, body, err := s.goThrough(ctx, "VisitCloud", pageURL, pathCloudFinish) //nolint:bodyclose // goThrough has read and closed it
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

// simCloud scripts a person of API 3.0 and simRun runs one without a page, for
// other languages.
func (s *Server) simCloud(in *incoming) reply {
	var q struct {
		Key, Ending string
		Codes       []int
	}
	if msg := decodeControl(in, &q); msg != "" {
		return controlError(msg)
	}
	e, known := namedCloudEnding(q.Ending)
	switch {
	case q.Ending != "" && !known:
		return controlError("no such ending")
	case (q.Ending == "") == (len(q.Codes) == 0):
		return controlError("give either an ending or codes")
	case len(q.Codes) > 0:
		e = CloudTries(q.Codes...)
	}
	if q.Key == "" {
		s.ScriptCloudDefault(e)
	} else {
		s.ScriptCloud(q.Key, e)
	}
	return controlReply(map[string]bool{"ok": true})
}

func (s *Server) simRun(in *incoming) reply {
	var q struct{ Token string }
	if msg := decodeControl(in, &q); msg != "" {
		return controlError(msg)
	}
	s.mu.Lock()
	f := s.cloud.flows[q.Token]
	s.mu.Unlock()
	if f == nil || f.kind == webIntl {
		return controlError("no token of a mini program or an SDK")
	}
	r, err := s.runCloud(in.ctx, "run", q.Token, f.kind)
	if err != nil {
		return controlError(err.Error())
	}
	return controlReply(map[string]any{"token": r.Token, "code": r.Code, "message": r.Message, "left": r.Left})
}
