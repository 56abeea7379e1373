package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// check asks whether data belong together; the simulator answers as it is told.
func (v *visitor) check(product, answer string) {
	v.t.Helper()
	v.to("/start/" + product)
	v.do(chromedp.SetValue(chromedp.CSS("#answer"), answer))
	v.next("#start")
}

// One question, one answer, and nobody in front of a camera.
func TestDataChecks(t *testing.T) {
	asked(t)
	for _, on := range screens {
		t.Run(on.name, func(t *testing.T) {
			t.Parallel()
			v := open(t, "family=Service").visit(t, on, "en")
			for _, c := range []struct{ product, answer, action, outcome, code, family, charged, heading string }{
				{"check-id", "match", "IdCardVerification", "passed", "0", "Passed", "yes", "The data match"},
				{"check-id", "mismatch", "IdCardVerification", "refused", "-1", "IdentityMismatch", "yes", "Not confirmed"},
				{"check-bank", "lost-card", "BankCard4EVerification", "refused", "-13", "CardUnusable", "yes", "Not confirmed"},
				{"check-phone", "in-trouble", "PhoneVerification", "none", "-11", "Service", "no", "Nothing was compared"},
			} {
				v.to("/")
				v.next(`[data-product="` + c.product + `"]`)
				v.sound()
				v.check(c.product, c.answer)
				require.Equal(t, c.outcome, v.outcome(), v.text("main"))
				require.Equal(t, c.heading, v.text("h1"))
				require.Equal(t, c.code, v.text("#code"))
				require.Equal(t, c.family, v.text("#family"))
				require.Equal(t, c.charged, read[string](v, `document.getElementById('charged').dataset.charged`))
				require.False(t, v.has("#photo"))
				v.ran(step(c.action, tc3))
				v.sound()
				for _, entered := range []string{personName, personIDNo, "13800138000", "6222020000000000000"} {
					require.NotContains(t, v.text("main"), entered)
				}
			}
			v.to("/orders")
			v.sound()
			require.NotContains(t, v.text("#orders"), "Passed", "nobody was verified")
		})
	}
}

// Whoever leaves a mini program may come again with the same token.
func TestMiniProgramTakesWhoLeft(t *testing.T) {
	v := open(t, "NoResult").visit(t, phone, "zh-CN")
	v.start("mini", true)
	v.finish("leaves", true)
	require.Equal(t, "error", v.outcome())
	v.finish("passes", true)
	require.Equal(t, "passed", v.outcome())
	v.sound()
}
