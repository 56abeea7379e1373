package faceidtest

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// The pages speak Chinese and English. Every page holds both languages, because
// a login URL works once, so that no second visit can ask for the other one. The
// pages need neither a script nor a file of another site. With the script the
// person goes through three steps; without it everything stands on one page.
//
// Programs, such as a test with a headless browser, can rely on these marks:
//
//	body[data-page]          h5, pc, will, wechat, eid, intl, result, refused or left
//	#lang-zh, #lang-en       radio buttons: the language
//	#consent, #begin         step 1: a checkbox, and the button to step 2 (script only)
//	#camera, #progress       step 2, which takes a second and ends by itself (script only)
//	input[name="ending"]     step 3: radio buttons, whose values are the names of endings or "scripted"
//	#finish                  the button that sends the form #verify
//	input[name="page"]       the key of the page, which works once
//	main[data-result]        the code a verification ended with
//	main[data-code][data-message]  why a page was refused
//	main[data-left]          the person left, and does not come back
//	a.back                   the way back to the merchant
//
// [Server.Visit] and [Server.VisitCloud] find the last five by their text.

//go:embed pages
var pageFiles embed.FS

// The pages are parsed from files of this package, so this cannot fail. The
// style and the script are this package's, too.
var (
	pageStyle  = mustPageFile("style.css")
	pageScript = mustPageFile("page.js")

	verifyPage  = mustPage("verify.html")
	endPage     = mustPage("result.html")
	refusedPage = mustPage("refused.html")
	leavingPage = mustPage("left.html")

	// pagePolicy allows this package's style and script by their hashes, and
	// nothing else. It has no form-action: a browser applies that to every
	// redirect that answers the form, and such a redirect leads to the merchant.
	pagePolicy = "default-src 'none'; style-src 'sha256-" + sha256Text(pageStyle) +
		"'; script-src 'sha256-" + sha256Text(pageScript) + "'; base-uri 'none'"
)

func mustPageFile(name string) string {
	b, err := pageFiles.ReadFile("pages/" + name)
	if err != nil {
		panic("faceidtest: " + err.Error())
	}
	return string(b)
}

func mustPage(name string) *template.Template {
	funcs := template.FuncMap{
		"style":  func() template.CSS { return template.CSS(pageStyle) }, //nolint:gosec // the text is this package's
		"script": func() template.JS { return template.JS(pageScript) },  //nolint:gosec // the text is this package's
		"t":      func(zh, en string) template.HTML { return words{zh, en}.Both() },
		"tongue": tongue,
	}
	return template.Must(template.New("layout.html").Funcs(funcs).ParseFS(pageFiles, "pages/layout.html", "pages/said.html", "pages/"+name))
}

func sha256Text(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// words are one text in both languages.
type words struct{ ZH, EN string }

// Both returns the text in both languages. The style shows one of them.
func (w words) Both() template.HTML {
	return template.HTML(`<span class="zh" lang="zh-CN">` + html.EscapeString(w.ZH) + //nolint:gosec // the text is escaped
		`</span><span class="en" lang="en">` + html.EscapeString(w.EN) + `</span>`)
}

// In returns the text in one language, for places that cannot hold both.
func (w words) In(lang string) string {
	if lang == english {
		return w.EN
	}
	return w.ZH
}

const (
	chinese = "zh-CN"
	english = "en"
)

// tongue returns the language of words that the platform or a script chose.
func tongue(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return chinese
	}
	return english
}

// pageLanguage chooses the language by Accept-Language. A browser that prefers
// Chinese, or that names no language, gets Chinese. Any other gets English.
func pageLanguage(header http.Header) string {
	lang, best := english, 0.0
	accept := strings.Join(header.Values("Accept-Language"), ",")
	if strings.TrimSpace(accept) == "" {
		return chinese
	}
	for _, one := range strings.Split(accept, ",") {
		tag, params, _ := strings.Cut(one, ";")
		quality := 1.0
		if _, q, given := strings.Cut(params, "q="); given {
			quality, _ = strconv.ParseFloat(strings.TrimSpace(q), 64) // a text that is no number counts as 0
		}
		primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		if quality <= best {
			continue
		}
		switch primary {
		case "zh":
			lang, best = chinese, quality
		case "en":
			lang, best = english, quality
		}
	}
	return lang
}

// A page is what a person sees. It is rendered after the lock is released.
type page struct {
	made  *template.Template
	Kind  string
	Lang  string
	Title words

	// The page of a verification has these fields.
	Action, Key string
	Facts       []fact
	Asked       []fact // the questions and answers of a will verification
	Endings     []choice

	// The page of an end or of a refusal has these fields.
	Code, Message string
	Gloss         words // the message in both languages, if it is known
	Tone          string
	Back          template.HTMLAttr
	Host          string
}

type fact struct {
	Label words
	Value string
}

// A choice is an ending that a person may choose.
type choice struct {
	Name                string
	Label               words
	Code                string
	Tone                string // good, bad, left or scripted
	Checked, Impossible bool
}

func (p *page) render(lang string) []byte {
	p.Lang = lang
	if text, ok := p.fromShape(); ok {
		return text
	}
	return p.renderWhole()
}

func (p *page) renderWhole() []byte {
	var b bytes.Buffer
	if err := p.made.Execute(&b, p); err != nil {
		panic("faceidtest: " + err.Error()) // this would be a mistake of this package
	}
	return b.Bytes()
}

// asScripted appends the choice to end as the order's script says. That choice
// is preselected if a test has written a script. Otherwise the first choice is.
func asScripted(choices []choice, code string, written, impossible bool) []choice {
	scripted := choice{Name: "scripted", Label: words{"按脚本结束", "As scripted"}, Code: code, Tone: "scripted",
		Checked: written && !impossible, Impossible: impossible}
	if !scripted.Checked && len(choices) > 0 {
		choices[0].Checked = true
	}
	return append(choices, scripted)
}

// loginPage makes the page on which a person chooses how the verification ends,
// among the endings that this order can have. The caller holds the lock.
func (s *Server) loginPage(key string, o *order, back string) *page {
	p := &page{made: verifyPage, Kind: o.product.kind, Title: o.product.title, Action: pathFinish, Key: key, Facts: []fact{
		{words{"应用", "App"}, o.app.id},
		{words{"订单", "Order"}, o.no},
		{words{"返回", "Back to"}, hostOf(back)},
	}}
	for _, r := range o.rounds {
		p.Asked = append(p.Asked, fact{words{"问", "Question"}, r.question}, fact{words{"答", "Answer"}, r.answer})
	}
	for _, e := range endings {
		ending := e.make()
		if o.cannotEnd(ending, inBrowser) == "" {
			p.Endings = append(p.Endings, choice{Name: e.name, Label: words{e.label, e.english}, Code: ending.Code, Tone: ending.tone()})
		}
	}
	scripted := s.scripted(o.no).filled(false)
	_, written := s.scripts[o.no]
	p.Endings = asScripted(p.Endings, scripted.Code, written || s.fallbackWritten, o.cannotEnd(scripted, inBrowser) != "")
	return p
}

// tone tells an end that passes from one that does not pass, and from a person
// who left.
func (e Ending) tone() string {
	switch {
	case e.Code == "0":
		return "good"
	case e.NoResult:
		return "left"
	}
	return "bad"
}

// resultPage stands between the end and the way back, unless resultType is 1.
// Without a way back it is the last page.
func resultPage(code, message, back string) *page {
	p := &page{made: endPage, Kind: "result", Title: words{"核身结果", "Result"}, Code: code, Message: message,
		Gloss: gloss(code, message), Tone: "bad"}
	if code == "0" {
		p.Tone = "good"
	}
	if back != "" {
		// The way back is http or https. The merchant's own query stays as it is,
		// and the template would encode parts of it once more.
		p.Back, p.Host = template.HTMLAttr(`href="`+html.EscapeString(back)+`"`), hostOf(back) //nolint:gosec // the address is escaped
	}
	return p
}

// refusalPage shows a code. Its attributes are for programs.
func refusalPage(r reply) *page {
	msg := r.msg
	if m, ok := pageMessages[r.code]; ok && msg == messages[r.code] {
		msg = m
	}
	return &page{made: refusedPage, Kind: "refused", Title: words{"无法继续", "This page cannot go on"}, Code: r.code, Message: msg,
		Gloss: gloss(r.code, msg)}
}

func leftPage() *page {
	return &page{made: leavingPage, Kind: "left", Title: words{"核身未完成", "Not finished"}}
}

// gloss translates the platform's own words. The words of a script, and English
// words, get no translation.
func gloss(code, message string) words {
	meaning := pageEnglish[code]
	if meaning == "" || !slices.Contains(ownWords(code), message) {
		return words{}
	}
	return words{message, meaning}
}

// ownWords returns the words that the platform may have for a code.
func ownWords(code string) []string {
	own := []string{messages[code], pageMessages[code], basicWords[code], willWords[code]}
	if n, err := strconv.Atoi(code); err == nil {
		own = append(own, tryMessages[n])
	}
	return slices.DeleteFunc(own, func(text string) bool { return text == "" })
}

// hostOf returns the host of a way back, for a person to read.
func hostOf(back string) string {
	u, err := url.Parse(back)
	if err != nil {
		return "" // this cannot happen, as it has been parsed before
	}
	return u.Host
}

// htmlError answers as the platform's web server does if no service answers.
func htmlError(status int) reply {
	text := fmt.Sprintf("%d %s", status, http.StatusText(status))
	return reply{status: status, kind: typeHTML, raw: []byte("<html>\n<head><title>" + text +
		"</title></head>\n<body>\n<center><h1>" + text + "</h1></center>\n</body>\n</html>\n")}
}
