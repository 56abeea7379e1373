package e2e

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// The invented person that the shop's forms suggest.
const (
	personName = "李测试"
	personIDNo = "110101199003074477"
)

// A screen is the size and kind of a display.
type screen struct {
	name          string
	width, height int64
	phone         bool
}

var (
	phone   = screen{"phone", 390, 844, true}
	desktop = screen{"desktop", 1280, 800, false}
	screens = []screen{phone, desktop}
)

// A visitor is one person with a browser of their own: cookies, history, a
// screen and a language.
type visitor struct {
	*shop
	screen
	t      *testing.T
	ctx    context.Context
	lang   string // what pages should speak
	titles int    // documents marked so far

	mu       sync.Mutex
	urls     []string // of all requests
	wrong    []string // what the console said
	statuses []string // failures that the test wants, such as "403"
}

// visit comes to a shop with that Accept-Language.
func (s *shop) visit(t *testing.T, on screen, accept string) *visitor {
	t.Helper()
	v := &visitor{shop: s, screen: on, t: t, lang: "en"}
	if strings.HasPrefix(accept, "zh") {
		v.lang = "zh-CN"
	}
	ctx, leave := chromedp.NewContext(chrome.ctx, chromedp.WithNewBrowserContext())
	v.ctx = ctx
	t.Cleanup(func() {
		leave()
		v.mu.Lock()
		defer v.mu.Unlock()
		require.Empty(t, v.wrong, "on the console")
		for _, u := range v.urls {
			inside := strings.HasPrefix(u, s.base+"/") || strings.HasPrefix(u, "data:") // Chromium draws date fields so
			require.True(t, inside, "a request to %s", u)
			text, err := url.QueryUnescape(u)
			require.NoError(t, err)
			require.NotContains(t, text, personName, "in a URL")
			require.NotContains(t, text, personIDNo, "in a URL")
		}
	})
	require.NoError(t, chromedp.Do(ctx))
	require.NoError(t, chromedp.Listen(ctx, v.hear))
	v.do(emulate(on))
	_, err := chromedp.Call(ctx, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: chrome.userAgent, AcceptLanguage: accept})
	require.NoError(t, err)
	return v
}

func emulate(on screen) chromedp.Action[chromedp.Void] {
	if on.phone {
		return chromedp.EmulateViewport(on.width, on.height, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulatePortrait, chromedp.EmulateScale(2))
	}
	return chromedp.EmulateViewport(on.width, on.height)
}

// hear keeps what the browser asks for and complains about.
func (v *visitor) hear(event any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		v.urls = append(v.urls, e.Request.URL)
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			if e.Entry.Source == log.EntrySourceNetwork && containsAny(e.Entry.Text, v.statuses) {
				return
			}
			v.wrong = append(v.wrong, fmt.Sprint(e.Entry.Source, ": ", e.Entry.Text, " ", e.Entry.URL))
		}
	case *runtime.EventExceptionThrown:
		v.wrong = append(v.wrong, e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		v.wrong = append(v.wrong, fmt.Sprint("console.", e.Type))
	}
}

// allows says which failures of the site this visitor is about to meet; the
// browser complains about all others.
func (v *visitor) allows(status int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.statuses = append(v.statuses, fmt.Sprintf("status of %d ", status))
}

// hold does what leads back to the shop, and stops the browser before it is
// there: who knows what it brings can do something else with it.
func (v *visitor) hold(deed func()) (back string) {
	v.t.Helper()
	ctx, stop := context.WithCancel(v.ctx)
	defer stop()
	held := make(chan string, 1)
	require.NoError(v.t, chromedp.Listen(ctx, func(event any) {
		if e, ok := event.(*fetch.EventRequestPaused); ok {
			go func() { // the listener must not wait for the browser
				// "No content": the browser stays where it is.
				_, _ = chromedp.Call(ctx, fetch.FulfillRequest, fetch.FulfillRequestParams{RequestID: e.RequestID, ResponseCode: 204})
				held <- e.Request.URL
			}()
		}
	}))
	_, err := chromedp.Call(ctx, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: v.base + "/back/*"}}})
	require.NoError(v.t, err)
	deed()
	select {
	case back = <-held:
	case <-time.After(patience):
		require.FailNow(v.t, "the browser does not come back")
	}
	_, err = chromedp.Call(ctx, fetch.Disable, cdp.Empty{})
	require.NoError(v.t, err)
	return back
}

func containsAny(text string, parts []string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
}

func (v *visitor) do(actions ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	require.NoError(v.t, chromedp.Do(ctx, actions...), "at %s", v.where())
}

// read returns the value of an expression in the page.
func read[T any](v *visitor, js string) T {
	v.t.Helper()
	value, err := chromedp.Run(v.ctx, chromedp.Evaluate[T](js))
	require.NoError(v.t, err, js)
	return value
}

// where names the page in messages.
func (v *visitor) where() string {
	place, _ := chromedp.Run(v.ctx, chromedp.Evaluate[string](`location.href.split('?')[0]`))
	return place
}

// until waits for a condition of the page, whatever page there is by then.
func (v *visitor) until(js string) {
	v.t.Helper()
	err := errNoPage
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(15 * time.Millisecond) {
		var is bool
		if is, err = chromedp.Run(v.ctx, chromedp.Evaluate[bool]("Boolean("+js+")")); err == nil && is {
			return
		}
	}
	body, _ := chromedp.Run(v.ctx, chromedp.Evaluate[string](`document.body.innerText`))
	require.FailNow(v.t, "waited in vain", "for %s\nat %s (%v):\n%s\nthe shop said:\n%s", js, v.where(), err, body, v.log)
}

// press clicks, or taps where there is a touch screen.
func (v *visitor) press(selector string) {
	v.t.Helper()
	v.until("document.querySelector(" + quote(selector) + ")") // or the query would wait in silence
	if v.phone {
		v.do(chromedp.Tap(chromedp.CSS(selector)))
	} else {
		v.do(chromedp.Click(chromedp.CSS(selector)))
	}
}

// next presses what leads to another document, and waits for that.
func (v *visitor) next(selector string) {
	v.t.Helper()
	v.leaving(func() { v.press(selector) })
}

// leaving calls deed and waits until there is another document.
func (v *visitor) leaving(deed func()) {
	v.t.Helper()
	v.titles++
	mark := fmt.Sprint("e2e", v.titles)
	read[bool](v, "window."+mark+" = true")
	deed()
	v.until("!window." + mark + " && document.readyState === 'complete'")
}

// to goes to a path of the shop.
func (v *visitor) to(path string) {
	v.t.Helper()
	v.do(chromedp.Navigate(v.base + path))
}

// text returns the text of an element.
func (v *visitor) text(selector string) string {
	v.t.Helper()
	v.until("document.querySelector(" + quote(selector) + ")")
	return read[string](v, "document.querySelector("+quote(selector)+").innerText")
}

func (v *visitor) has(selector string) bool {
	v.t.Helper()
	return read[bool](v, "document.querySelector("+quote(selector)+") !== null")
}

func quote(text string) string {
	b, _ := json.Marshal(text) // a string can be marshalled
	return string(b)
}

//go:embed page.js
var pageScript string

// properNames are those of products and people; they are the same in every
// language.
var properNames = []string{"意愿核身", "E证通", "实证", personName}

// sound checks what every page must be: within the screen, in order, named, in
// its language, and readable by day and by night. The test goes on, and tells
// about all pages.
func (v *visitor) sound() {
	v.t.Helper()
	names, _ := json.Marshal(properNames)
	wrong := read[[]string](v, fmt.Sprintf(`(page => [...page.overflow(%d), ...page.headings(), ...page.languages(%q, %s)])(%s)`, v.width, v.lang, names, pageScript))
	wrong = append(wrong, v.unnamed()...)
	for _, scheme := range []string{"light", "dark"} {
		v.media("prefers-color-scheme", scheme)
		// Colours may be on their way from the other scheme.
		read[bool](v, `document.getAnimations().filter(a => a instanceof CSSTransition).forEach(a => a.finish()) || true`)
		for _, faint := range read[[]string](v, pageScript+`.contrast()`) {
			wrong = append(wrong, scheme+": "+faint)
		}
	}
	v.media("prefers-color-scheme", "light")
	if len(wrong) > 0 {
		v.t.Errorf("at %s, on a %s:\n%s", v.where(), v.name, strings.Join(wrong, "\n"))
	}
}

func (v *visitor) media(name, value string) {
	v.t.Helper()
	_, err := chromedp.Call(v.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: name, Value: value}}})
	require.NoError(v.t, err)
}

// operable are the roles whose elements a screen reader announces by their names.
var operable = map[string]bool{
	"textbox": true, "combobox": true, "button": true, "link": true, "checkbox": true, "radio": true, "Date": true, "DateTime": true,
	"image": true, "img": true, "progressbar": true, "radiogroup": true, "navigation": true, "region": true,
}

// unnamed asks the browser's own accessibility tree.
func (v *visitor) unnamed() (wrong []string) {
	v.t.Helper()
	tree, err := chromedp.Call(v.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	require.NoError(v.t, err)
	found := 0
	for _, node := range tree.Nodes {
		if node.Ignored || !operable[axText(node.Role)] {
			continue
		}
		found++
		if strings.TrimSpace(axText(node.Name)) == "" {
			wrong = append(wrong, "a "+axText(node.Role)+" without a name")
		}
	}
	if found == 0 {
		wrong = append(wrong, "nothing to operate")
	}
	return wrong
}

func axText(value *accessibility.Value) string {
	if value == nil {
		return ""
	}
	var text string
	_ = json.Unmarshal([]byte(value.Value), &text) // what is no text has none
	return text
}
