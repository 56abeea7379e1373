package e2e

import (
	"bytes"
	"image/png"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/stretchr/testify/require"
)

func TestCheats(t *testing.T) {
	asked(t)
	for _, c := range []struct {
		on              screen
		product, ending string
		before          string
	}{
		{desktop, "plus", "not-same-person", "refused"}, {phone, "will", "passes", "passed"}, {desktop, "wechat", "passes", "passed"},
	} {
		t.Run(c.product, func(t *testing.T) {
			t.Parallel()
			v := open(t, "Forged").visit(t, c.on, "en")
			v.allows(403)
			v.allows(409)
			v.start(c.product, false)
			v.finish(c.ending, false)

			v.next("#tamper")
			require.Equal(t, "tampered", v.outcome())
			v.sound()
			v.to("/orders/1")
			require.Equal(t, c.before, v.outcome(), "after the cheat")

			v.next("#replay")
			require.Equal(t, "replayed", v.outcome())
			v.sound()
			v.to("/orders/1")
			require.Equal(t, c.before, v.outcome(), "after the replay")
		})
	}
}

// The cheat is first: nothing was handled yet that could hide it.
func TestChangedCallbackDoesNotEndAnOrder(t *testing.T) {
	s := open(t, "Forged")
	v, stranger := s.visit(t, phone, "en"), s.visit(t, desktop, "en")
	v.allows(403)
	stranger.allows(403)
	v.start("plus", false)
	v.choose("not-same-person", false)
	back := v.hold(func() { v.press("#finish") })
	require.Contains(t, back, "code=66660004")

	stranger.do(chromedp.Navigate(back))
	require.Equal(t, "foreign", stranger.outcome(), "another browser brings it")
	stranger.sound()
	v.do(chromedp.Navigate(strings.Replace(back, "code=66660004", "code=0", 1)))
	require.Equal(t, "tampered", v.outcome())
	v.to("/orders/1")
	require.Equal(t, "waiting", v.outcome())
	v.do(chromedp.Navigate(back))

	require.Equal(t, "refused", v.outcome())
	stranger.to("/orders")
	require.False(t, stranger.has("#orders [data-state]"), "another's orders")
}

func TestBackButtonEndsNothingTwice(t *testing.T) {
	v := open(t).visit(t, phone, "en")
	v.allows(409)
	v.start("plus", false)
	login := read[string](v, `location.href`)
	v.finish("passes", false)
	steps := v.text("#steps")

	v.leaving(func() { read[bool](v, `history.back() || true`) })
	if v.has("#consent") { // the browser kept the page
		if !v.visible("#finish") {
			v.choose("not-same-person", false)
		}
		v.next("#finish")
	}
	require.True(t, v.has("main[data-code]"), "the login page works twice")
	v.do(chromedp.Navigate(login))
	require.True(t, v.has("main[data-code]"), "the login page opens twice")
	v.sound()
	i := slices.IndexFunc(v.requests(), func(u string) bool { return strings.Contains(u, "/back/plus?") })
	v.do(chromedp.Navigate(v.requests()[i]))
	require.Equal(t, "replayed", v.outcome())

	v.to("/orders/1")
	require.Equal(t, "passed", v.outcome())
	require.Equal(t, steps, v.text("#steps"), "somebody asked again")
	v.loaded("#photo")
}

// rig does something on the what-if panel, with these choices.
func (v *visitor) rig(button string, choices ...string) {
	v.t.Helper()
	v.to("/what-if")
	for i := 0; i < len(choices); i += 2 {
		v.do(chromedp.SetValue(chromedp.CSS(choices[i]), choices[i+1]))
	}
	notes := read[int](v, `document.querySelectorAll('#notes li').length`)
	v.next(button)
	require.Equal(v.t, notes+1, read[int](v, `document.querySelectorAll('#notes li').length`), "the panel took no note")
}

func TestWhatIf(t *testing.T) {
	asked(t)
	t.Run("faults", whatIfSomethingFails)
	t.Run("their end", whatIfAFaultIsLeft)
	t.Run("time", whatIfTimePasses)
}

// tale runs a story of a visitor who begins on the page What if.
func tale(t *testing.T, name string, on screen, story func(t *testing.T, v *visitor)) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		v := open(t, "Forged", "Credential", "Expired", "NoResult", "Network", "Service", "expired", "refresh", "a fresh access token was refused").visit(t, on, "en")
		v.to("/what-if")
		v.sound()
		story(t, v)
	})
}

// verify takes the visitor through a product, and returns the outcome.
func verify(v *visitor, product string) string {
	v.start(product, false)
	v.finish("passes", false)
	return v.outcome()
}

func whatIfSomethingFails(t *testing.T) {
	tale(t, "the token is rotated by somebody else", desktop, func(t *testing.T, v *visitor) {
		require.Equal(t, "passed", verify(v, "plus"))
		v.rig("#whatif-rotate")
		v.sound()
		require.Equal(t, "passed", verify(v, "plus"))
		v.ran(accessToken, stage{{signTicket, {"POST /api/server/getPlusFaceId", sign}}}) // the dead token is met by whoever is first
	})
	tale(t, "the query is busy once", phone, func(t *testing.T, v *visitor) {
		v.rig("#whatif-fault", "#fault-product", "enhanced", "#fault", "busy")
		require.Equal(t, "passed", verify(v, "enhanced"))
		require.Contains(t, v.text("#steps"), "HTTP 503")
		require.Contains(t, v.text("#steps"), "ok ×2")
	})
	tale(t, "the query is slow", desktop, func(t *testing.T, v *visitor) {
		v.rig("#whatif-fault", "#fault-product", "pc", "#fault", "slow")
		require.Equal(t, "passed", verify(v, "pc"))
	})
	tale(t, "the query is down, and answers later", phone, func(t *testing.T, v *visitor) {
		v.rig("#whatif-fault", "#fault-product", "will", "#fault", "down")
		require.Equal(t, "error", verify(v, "will"))
		v.sound()
		for range 4 {
			if v.has("#check") {
				v.next("#check")
			}
		}
		require.Equal(t, "passed", v.outcome())
	})
	tale(t, "the answer to the upload is lost", desktop, func(t *testing.T, v *visitor) {
		v.allows(503)
		v.rig("#whatif-fault", "#fault-product", "nfc", "#fault", "lost")
		v.to("/start/nfc")
		v.next("#start")
		require.Equal(t, "error", v.outcome())
		v.sound()
		v.next("main a.button")
		require.False(t, v.has("#orders [data-state]"))
	})
}

func whatIfAFaultIsLeft(t *testing.T) {
	tale(t, "what an order has not met ends with it", phone, func(t *testing.T, v *visitor) {
		v.rig("#whatif-fault", "#fault-product", "plus", "#fault", "down")
		require.True(t, v.has(`#faults [data-of="plus"]`), "the page does not say what waits")
		v.sound()
		require.Equal(t, "passed", verify(v, "pc"), "it was meant for another product")
		require.Equal(t, "error", verify(v, "plus"))
		require.Contains(t, v.text("#faults"), "left: 3", "what is left is not on the page of its order")
		v.sound()
		require.Equal(t, "passed", verify(v, "plus"), "it carries over to the next order")
		require.NotContains(t, v.text("#steps"), "injected")
		v.rig("#whatif-fault", "#fault-product", "plus", "#fault", "busy")
		v.next("#whatif-clear")
		require.False(t, v.has("#faults"))
		require.Equal(t, "passed", verify(v, "plus"))
		require.NotContains(t, v.text("#steps"), "injected")
	})
}

func whatIfTimePasses(t *testing.T) {
	tale(t, "all tokens die of age", phone, func(t *testing.T, v *visitor) {
		require.Equal(t, "passed", verify(v, "plus"))
		clock := v.clock()
		v.rig("#whatif-clock", "#by", "2h")
		require.NotEqual(t, clock, v.clock())
		require.Equal(t, "passed", verify(v, "plus"))
		v.ran(accessToken, stage{{signTicket, {"POST /api/server/getPlusFaceId", sign}}})
	})
	tale(t, "a callback is days late", desktop, func(t *testing.T, v *visitor) {
		v.allows(403)
		v.start("plus", false)
		v.choose("passes", false)
		back := v.hold(func() { v.press("#finish") })
		v.rig("#whatif-clock", "#by", "4d")
		v.do(chromedp.Navigate(back))
		require.Equal(t, "tampered", v.outcome(), "its ticket is long gone")
		v.to("/orders/1")
		require.Equal(t, "waiting", v.outcome())
	})
}

// An order says when it was opened by the clock that decides how long it lives.
func TestOrdersTellThePlatformsTime(t *testing.T) {
	v := open(t).visit(t, desktop, "en")
	v.rig("#whatif-clock", "#by", "4d")
	day := v.clock()[:len("2006-01-02 15")]
	require.Equal(t, "passed", verify(v, "plus"))
	require.Contains(t, v.text("#opened"), day)
	require.Contains(t, v.text("footer"), day)
	v.to("/orders")
	require.Contains(t, v.text("#orders time"), day)
}

func (v *visitor) clock() string {
	v.t.Helper()
	v.to("/what-if")
	return v.text("#clock")
}

func TestBill(t *testing.T) {
	asked(t)
	for _, on := range screens {
		t.Run(on.name, func(t *testing.T) {
			t.Parallel()
			v := open(t).visit(t, on, "en")
			v.start("wechat", false)
			v.finish("passes", false)
			v.start("wechat", false)
			v.finish("not-same-person", false)
			v.to("/bill")
			v.sound()

			v.next("#close-day")

			v.sound()
			require.Equal(t, 2, read[int](v, `document.querySelectorAll('#bill tbody tr').length`), v.text("main"))
			require.Contains(t, v.text("#bill"), "2016")
			require.Equal(t, "yes", read[string](v, `document.getElementById('sums').dataset.agrees`))
			require.Equal(t, 2, read[int](v, `document.querySelectorAll('#orders [data-state]').length`))
			empty := read[string](v, `new Date(Date.parse(document.getElementById('day').value) - 10 * 86400e3).toISOString().slice(0, 10)`)
			v.do(chromedp.SetValue(chromedp.CSS("#day"), empty))
			v.next("#fetch-bill")
			require.True(t, v.has("#bill .empty"), v.text("main"))
			v.sound()
		})
	}
}

// One product in each language, whole: by the browser's wish, and by the switch.
func TestLanguages(t *testing.T) {
	asked(t)
	t.Run("Chinese by the browser's wish", func(t *testing.T) {
		t.Parallel()
		v := open(t).visit(t, phone, "zh-CN,zh;q=0.9,en;q=0.8")
		v.whole("will", "核身")
	})
	t.Run("English by the browser's wish", func(t *testing.T) {
		t.Parallel()
		v := open(t).visit(t, desktop, "en-GB,en;q=0.9,zh;q=0.8")
		v.whole("will", "will")
	})
	t.Run("Chinese by the switch", func(t *testing.T) {
		t.Parallel()
		v := open(t).visit(t, desktop, "en")
		v.to("/bill")
		v.sound()
		v.next("#lang-zh")
		v.lang = "zh-CN"
		require.Equal(t, "/bill", read[string](v, `location.pathname`), "the switch leads elsewhere")
		v.whole("wechat", "微信")
		v.next("#lang-en")
		v.lang = "en"
		v.sound()
		require.Equal(t, "passed", v.outcome())
	})
	t.Run("the simulator's page has a switch of its own", func(t *testing.T) {
		t.Parallel()
		v := open(t).visit(t, phone, "zh-CN")
		v.start("plus", false)
		for lang, id := range map[string]string{"en": "#lang-en", "zh-CN": "#lang-zh"} {
			v.press("label[for=" + id[1:] + "]")
			v.until(`document.documentElement.lang === ` + quote(lang))
			v.lang = lang
			v.sound()
		}
	})
}

// whole does a product with all pages looked at, and the pages around it.
func (v *visitor) whole(product, word string) {
	v.t.Helper()
	v.start(product, true)
	require.Contains(v.t, read[string](v, `document.title`), word)
	v.finish("passes", true)
	require.Equal(v.t, "passed", v.outcome())
	for _, path := range []string{"/orders", "/bill", "/what-if", "/orders/1"} {
		v.to(path)
		v.sound()
	}
}

// One product with the keyboard alone, from the first Tab to the result.
func TestKeyboard(t *testing.T) {
	v := open(t).visit(t, desktop, "en")
	v.to("/")
	v.key(kb.Tab)
	require.True(t, v.focused(".skip"), "the first Tab does not reach the link that skips the navigation")
	require.Positive(t, read[float64](v, `document.activeElement.getBoundingClientRect().left`), "it stays out of sight")
	v.tabTo(`[data-product="plus"]`)
	v.leaving(func() { v.key(kb.Enter) })
	v.tabTo("#name")
	v.tabTo("#idNo")
	v.tabTo("#start")
	v.leaving(func() { v.key(kb.Enter) })

	v.tabTo("#consent")
	v.key(" ")
	require.True(t, read[bool](v, `document.getElementById('consent').checked`))
	v.tabTo("#begin")
	v.key(kb.Enter)
	v.until(shown("#finish"))
	require.Equal(t, "H2", read[string](v, `document.activeElement.tagName`), "a screen reader stays behind")
	v.tabTo(`input[name="ending"]`)
	v.key(kb.ArrowDown)
	require.Equal(t, "not-same-person", read[string](v, `document.querySelector('input[name=ending]:checked').value`))
	v.tabTo("#finish")
	v.leaving(func() { v.key(kb.Enter) })

	require.Equal(t, "refused", v.outcome())
	v.tabTo("#new")
}

func (v *visitor) key(keys string) {
	v.t.Helper()
	v.do(chromedp.KeyEvent(keys))
}

func (v *visitor) focused(selector string) bool {
	v.t.Helper()
	return read[bool](v, "document.activeElement.matches("+quote(selector)+")")
}

// tabTo presses Tab until it is there; a person must see where they are on the
// whole way.
func (v *visitor) tabTo(selector string) {
	v.t.Helper()
	for range 40 {
		v.key(kb.Tab)
		require.True(v.t, read[bool](v, `(el => {
			const marked = el.matches('.langs input') ? el.nextElementSibling : el, style = getComputedStyle(marked);
			return el === document.body || style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
		})(document.activeElement)`), "the focus is invisible at %s", read[string](v, `document.activeElement.outerHTML`))
		if v.focused(selector) {
			return
		}
	}
	require.FailNow(v.t, "Tab does not reach "+selector, v.where())
}

// The page of E证通 waits at the desk, while a phone that scanned its code goes
// through the verification.
func TestQRCodeLeadsAPhone(t *testing.T) {
	s := open(t)
	desk, hand := s.visit(t, desktop, "en"), s.visit(t, phone, "en")
	hand.allows(403)
	desk.to("/start/eid")
	desk.next("#start")
	desk.loaded("#qr")
	address := desk.scan("#qr")
	require.True(t, strings.HasPrefix(address, s.base+"/cloud/"), address)

	hand.do(chromedp.Navigate(address))
	desk.leaving(func() { hand.finish("passes", true) })

	require.Equal(t, "foreign", hand.outcome(), "the phone has another session")
	require.Equal(t, "passed", desk.outcome(), "the page at the desk follows by itself")
	desk.loaded("#photo")
}

// scan reads a QR code from the screen.
func (v *visitor) scan(selector string) string {
	v.t.Helper()
	shot, err := chromedp.Run(v.ctx, chromedp.Screenshot(chromedp.CSS(selector)))
	require.NoError(v.t, err)
	picture, err := png.Decode(bytes.NewReader(shot))
	require.NoError(v.t, err)
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	require.NoError(v.t, err)
	code, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	require.NoError(v.t, err, "the code cannot be read from the screen")
	return code.GetText()
}
