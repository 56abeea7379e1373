package faceidtest_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func (c *caller) pageRefuses(code, page string) {
	c.t.Helper()
	_, err := c.sim.VisitCloud(context.Background(), page)
	var e *faceidtest.PageError
	require.ErrorAs(c.t, err, &e)
	require.Equal(c.t, code, e.Code, e.Message)
	require.NotEmpty(c.t, e.Message)
}

func TestCloudPagesBringBackTheToken(t *testing.T) {
	c := newCaller(t)
	a := c.good("DetectAuth", goodBodies["DetectAuth"])
	require.Equal(t, backURL+"&BizToken="+a.text("BizToken"), c.visit(a.text("Url")))
	require.EqualValues(t, 0, c.detected(a.text("BizToken")).at("Text", "ErrCode"))

	a = c.good("DetectAuth", obj{"RuleId": faceidtest.RulePlus})
	require.Equal(t, "https://cloud.tencent.com/product/faceid?BizToken="+a.text("BizToken"), c.visit(a.text("Url")))

	a = c.good("GetEidToken", plus(goodBodies["GetEidToken"], "RedirectUrl", backURL))
	require.Equal(t, backURL+"&token="+a.text("EidToken"), c.visit(a.text("Url")))
	require.Equal(t, "finished", c.status(a.text("EidToken")))

	a = c.good("GetEidToken", goodBodies["GetEidToken"]) // without a RedirectUrl the merchant polls the status
	r, err := c.sim.VisitCloud(context.Background(), a.text("Url"))
	require.NoError(t, err)
	require.Nil(t, r)
	require.Equal(t, "finished", c.status(a.text("EidToken")))

	c.sim.ScriptCloudDefault(faceidtest.CloudQuits())
	token, page := c.web()
	r, err = c.sim.VisitCloud(context.Background(), page)
	require.NoError(t, err)
	require.Nil(t, r)
	require.Nil(t, c.webResult(token).at("ErrorCode"))
}

func TestCloudPagesOpenOnce(t *testing.T) {
	c := newCaller(t)
	_, web := c.web()
	for _, page := range []string{c.good("DetectAuth", goodBodies["DetectAuth"]).text("Url"),
		c.good("GetEidToken", plus(goodBodies["GetEidToken"], "RedirectUrl", backURL)).text("Url"), web} {
		c.visit(page)
		c.pageRefuses("14", page)
	}
	page := c.good("GetEidToken", plus(goodBodies["GetEidToken"], "RedirectUrl", backURL)).text("Url")
	res, err := c.http.Get(page) // a prefetch uses the address up
	require.NoError(t, err)
	res.Body.Close()
	c.pageRefuses("14", page)
	c.pageRefuses("14", c.base+"/cloud/verify?page=nobody")
	_, err = c.sim.VisitCloud(context.Background(), "/nowhere")
	require.Error(t, err)
}

// The documents let a person use a BizToken of WeChat again until its flow is final
// (未达到完成状态的情况下，用户有可能使用此 BizToken 进行重试).
func TestCloudPagesOfWeChatOpenUntilTheFlowIsFinal(t *testing.T) {
	c := newCaller(t)
	c.sim.ScriptCloudDefault(faceidtest.CloudTries(2016))
	page := c.good("DetectAuth", goodBodies["DetectAuth"]).text("Url")
	c.visit(page)
	c.sim.ScriptCloudDefault(faceidtest.CloudQuits())
	_, err := c.sim.VisitCloud(context.Background(), page)
	require.NoError(t, err)
	c.sim.ScriptCloudDefault(faceidtest.CloudPasses())
	c.visit(page)
	c.pageRefuses("14", page)
}

func TestCloudPagesAgeWithTheirToken(t *testing.T) {
	for name, x := range map[string]struct {
		life time.Duration
		page func(c *caller) string
	}{
		"WeChat": {7200 * time.Second, func(c *caller) string { return c.good("DetectAuth", goodBodies["DetectAuth"]).text("Url") }},
		"E证通": {600 * time.Second, func(c *caller) string {
			return c.good("GetEidToken", plus(goodBodies["GetEidToken"], "RedirectUrl", backURL)).text("Url")
		}},
		"international": {600 * time.Second, func(c *caller) string { _, page := c.web(); return page }},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCaller(t)
			page, other := x.page(c), x.page(c)
			c.sim.Advance(x.life - time.Second)
			c.visit(page)
			c.sim.Advance(time.Second)
			c.pageRefuses("15", other)
		})
	}
}

// overPort makes the caller use a real port, without following redirects.
func (c *caller) overPort() {
	c.base = c.sim.URL()
	tr := &http.Transport{DisableKeepAlives: true}
	c.t.Cleanup(tr.CloseIdleConnections)
	c.http = &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// openPage opens a page as a browser does, and returns its text.
func (c *caller) openPage(page string) string {
	c.t.Helper()
	res, err := c.http.Get(page)
	require.NoError(c.t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(c.t, err)
	require.Equal(c.t, "no-store", res.Header.Get("Cache-Control"))
	return string(b)
}

// endPage sends the form of a page with that ending.
func (c *caller) endPage(text, ending string) (*http.Response, string) {
	c.t.Helper()
	key := regexp.MustCompile(`name="page" value="([^"]*)"`).FindStringSubmatch(text)
	require.NotNil(c.t, key)
	res, err := c.http.PostForm(c.base+"/cloud/finish", url.Values{"page": {key[1]}, "ending": {ending}})
	require.NoError(c.t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(c.t, err)
	return res, string(b)
}

func TestCloudPagesWorkInABrowser(t *testing.T) {
	c := newCaller(t)
	c.overPort()
	a := c.good("DetectAuth", goodBodies["DetectAuth"])
	require.True(t, strings.HasPrefix(a.text("Url"), c.base+"/"))

	text := c.openPage(a.text("Url"))
	require.NotContains(t, text, "wrong-answer", "nobody is asked to agree")
	_, body := c.endPage(text, "jumps")
	require.Contains(t, body, `data-code="1"`)
	_, body = c.endPage(text, "wrong-answer")
	require.Contains(t, body, `data-code="1"`)
	res, _ := c.endPage(text, "not-same-person")
	require.Equal(t, 302, res.StatusCode)
	require.EqualValues(t, 2016, c.detected(a.text("BizToken")).at("Text", "ErrCode"))
	_, body = c.endPage(text, "passes")
	require.Contains(t, body, `data-code="14"`)

	a = c.good("DetectAuth", plus(goodBodies["DetectAuth"], "RuleId", faceidtest.RuleWill, "IntentionQuestions", []any{question}))
	text = c.openPage(a.text("Url"))
	require.Contains(t, text, "wrong-answer")
	c.endPage(text, "wrong-answer")
	require.EqualValues(t, -301, c.detected(a.text("BizToken"), "RuleId", faceidtest.RuleWill).at("IntentionQuestionResult", "FinalResultDetailCode"))
}

// The international page shows the result first, unless the request skips that
// page.
func TestCloudPagesOfTheIntlSiteShowAResult(t *testing.T) {
	c := newCaller(t)
	c.overPort()
	_, page := c.web()
	res, body := c.endPage(c.openPage(page), "passes")
	require.Equal(t, 200, res.StatusCode)
	require.Contains(t, body, `data-result="0"`)
	_, page = c.web("Config", obj{"AutoSkip": true})
	res, _ = c.endPage(c.openPage(page), "second-try")
	require.Equal(t, 302, res.StatusCode)
	_, page = c.web("Config", obj{"AutoSkip": true})
	res, _ = c.endPage(c.openPage(page), "suspected-fake")
	require.Equal(t, 200, res.StatusCode, "only success is skipped")
}
