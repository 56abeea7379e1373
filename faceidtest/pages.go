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

// The pages speak Chinese and English: both are in every page, because a login
// URL works once and could not be asked for in the other language. They need
// neither a script nor anything from elsewhere. With the script the person goes
// through three steps, without it everything stands on one page.
//
// What programs hold on to, a test with a headless browser for example:
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
// [Server.Visit] and [Server.VisitCloud] hold on to the last ones by their text.

//go:embed pages
var pageFiles embed.FS

// Parsed from files of this package, so it cannot fail; style and script are
// ours, too.
var (
	pageStyle  = mustPageFile("style.css")
	pageScript = mustPageFile("page.js")

	verifyPage  = mustPage("verify.html")
	endPage     = mustPage("result.html")
	refusedPage = mustPage("refused.html")
	leavingPage = mustPage("left.html")

	// pagePolicy allows our own style and script by their hashes and nothing
	// else. There is no form-action: a browser holds it against every redirect
	// that answers the form, and those are the merchant's.
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
		"style":  func() template.CSS { return template.CSS(pageStyle) }, //nolint:gosec // our own
		"script": func() template.JS { return template.JS(pageScript) },  //nolint:gosec // our own
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

// Both is the text in both languages; the style shows one.
func (w words) Both() template.HTML {
	return template.HTML(`<span class="zh" lang="zh-CN">` + html.EscapeString(w.ZH) + //nolint:gosec // escaped
		`</span><span class="en" lang="en">` + html.EscapeString(w.EN) + `</span>`)
}

// In is the text in one language, for places that cannot hold both.
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

// tongue is the language of words that the platform or a script chose.
func tongue(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return chinese
	}
	return english
}

// pageLanguage chooses by Accept-Language: Chinese for those who want it and
// for those who say nothing, English for everybody else.
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
			quality, _ = strconv.ParseFloat(strings.TrimSpace(q), 64) // what is no number counts as 0
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

// A page is what a person sees. It is rendered once nobody waits for the lock.
type page struct {
	made  *template.Template
	Kind  string
	Lang  string
	Title words

	// Of a verification.
	Action, Key string
	Facts       []fact
	Asked       []fact // of an expression of will
	Endings     []choice

	// Of an end or a refusal.
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
	var b bytes.Buffer
	if err := p.made.Execute(&b, p); err != nil {
		panic("faceidtest: " + err.Error()) // a mistake of this package
	}
	return b.Bytes()
}

// asScripted is the choice to end as the order's script says. It is
// preselected where somebody wrote one, and first otherwise.
func asScripted(choices []choice, code string, written, impossible bool) []choice {
	scripted := choice{Name: "scripted", Label: words{"按脚本结束", "As scripted"}, Code: code, Tone: "scripted",
		Checked: written && !impossible, Impossible: impossible}
	if !scripted.Checked && len(choices) > 0 {
		choices[0].Checked = true
	}
	return append(choices, scripted)
}

// loginPage lets a person choose how the verification ends, among the endings
// that this order can have. The caller holds the lock.
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

// tone tells an end that passes from one that does not, and from one that is
// none.
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
// Without a way back it is the last one.
func resultPage(code, message, back string) *page {
	p := &page{made: endPage, Kind: "result", Title: words{"核身结果", "Result"}, Code: code, Message: message,
		Gloss: gloss(code, message), Tone: "bad"}
	if code == "0" {
		p.Tone = "good"
	}
	if back != "" {
		// The way back is http or https, and the merchant's own query stays as it
		// is: the template would encode parts of it once more.
		p.Back, p.Host = template.HTMLAttr(`href="`+html.EscapeString(back)+`"`), hostOf(back) //nolint:gosec // escaped
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

// gloss translates the platform's own words. Those of a script, and those that
// are English already, stand for themselves.
func gloss(code, message string) words {
	meaning := pageEnglish[code]
	if meaning == "" || !slices.Contains(ownWords(code), message) {
		return words{}
	}
	return words{message, meaning}
}

// ownWords are what the platform may say to a code.
func ownWords(code string) []string {
	own := []string{messages[code], pageMessages[code], basicWords[code], willWords[code]}
	if n, err := strconv.Atoi(code); err == nil {
		own = append(own, tryMessages[n])
	}
	return slices.DeleteFunc(own, func(text string) bool { return text == "" })
}

// hostOf is where a way back leads, for a person to read.
func hostOf(back string) string {
	u, err := url.Parse(back)
	if err != nil {
		return "" // it has been parsed before
	}
	return u.Host
}

// htmlError is what the front of the platform says when no service does.
func htmlError(status int) reply {
	text := fmt.Sprintf("%d %s", status, http.StatusText(status))
	return reply{status: status, kind: typeHTML, raw: []byte("<html>\n<head><title>" + text +
		"</title></head>\n<body>\n<center><h1>" + text + "</h1></center>\n</body>\n</html>\n")}
}
