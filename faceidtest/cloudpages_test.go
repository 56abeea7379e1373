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

	a = c.good("GetEidToken", goodBodies["GetEidToken"]) // the merchant polls
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
	page := c.good("DetectAuth", goodBodies["DetectAuth"]).text("Url")
	res, err := c.http.Get(page) // a prefetch burns it
	require.NoError(t, err)
	res.Body.Close()
	c.pageRefuses("14", page)
	c.pageRefuses("14", c.base+"/cloud/verify?page=nobody")
	_, err = c.sim.VisitCloud(context.Background(), "/nowhere")
	require.Error(t, err)
}

func TestCloudPagesAge(t *testing.T) {
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

// A person in a browser, over a port.
func TestCloudPageInABrowser(t *testing.T) {
	c := newCaller(t)
	c.base = c.sim.URL()
	tr := &http.Transport{DisableKeepAlives: true}
	t.Cleanup(tr.CloseIdleConnections)
	c.http = &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	a := c.good("DetectAuth", goodBodies["DetectAuth"])
	require.True(t, strings.HasPrefix(a.text("Url"), c.base+"/"))

	open := func(page string) string {
		res, err := c.http.Get(page)
		require.NoError(t, err)
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.Equal(t, "no-store", res.Header.Get("Cache-Control"))
		return string(b)
	}
	end := func(text, ending string) (*http.Response, string) {
		key := regexp.MustCompile(`name="page" value="([^"]*)"`).FindStringSubmatch(text)
		require.NotNil(t, key)
		res, err := c.http.PostForm(c.base+"/cloud/finish", url.Values{"page": {key[1]}, "ending": {ending}})
		require.NoError(t, err)
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return res, string(b)
	}
	text := open(a.text("Url"))
	require.NotContains(t, text, "wrong-answer", "nobody is asked to agree")
	_, body := end(text, "jumps")
	require.Contains(t, body, `data-code="1"`)
	_, body = end(text, "wrong-answer")
	require.Contains(t, body, `data-code="1"`)
	res, _ := end(text, "not-same-person")
	require.Equal(t, 302, res.StatusCode)
	require.EqualValues(t, 2016, c.detected(a.text("BizToken")).at("Text", "ErrCode"))
	_, body = end(text, "passes")
	require.Contains(t, body, `data-code="14"`)

	a = c.good("DetectAuth", plus(goodBodies["DetectAuth"], "IntentionQuestions", []any{question}))
	text = open(a.text("Url"))
	require.Contains(t, text, "wrong-answer")
	end(text, "wrong-answer")
	require.EqualValues(t, -301, c.detected(a.text("BizToken")).at("IntentionQuestionResult", "FinalResultDetailCode"))

	// The international page shows a result first, unless it is to be skipped.
	_, page := c.web()
	res, body = end(open(page), "passes")
	require.Equal(t, 200, res.StatusCode)
	require.Contains(t, body, `data-result="0"`)
	_, page = c.web("Config", obj{"AutoSkip": true})
	res, _ = end(open(page), "second-try")
	require.Equal(t, 302, res.StatusCode)
	_, page = c.web("Config", obj{"AutoSkip": true})
	res, _ = end(open(page), "suspected-fake")
	require.Equal(t, 200, res.StatusCode, "only success is skipped")
}

func TestCloudControl(t *testing.T) {
	c := newCaller(t)
	post := func(path, body string) (int, string) {
		res, err := c.http.Post(c.base+path, "application/json", strings.NewReader(body))
		require.NoError(t, err)
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		return res.StatusCode, string(b)
	}
	token := c.bizToken()
	status, body := post("/sim/cloud", `{"key":"`+token+`","codes":[1002,2016]}`)
	require.Equal(t, 200, status, body)
	status, body = post("/sim/run", `{"token":"`+token+`"}`)
	require.Equal(t, 200, status, body)
	require.Contains(t, body, `"code":2016`)
	require.Len(t, c.detected(token).at("Text", "LivenessDetail"), 2)
	status, _ = post("/sim/cloud", `{"ending":"quits"}`)
	require.Equal(t, 200, status)
	token = c.eid()
	_, body = post("/sim/run", `{"token":"`+token+`"}`)
	require.Contains(t, body, `"left":true`)
	for path, body := range map[string]string{"/sim/cloud": `{}`, "/sim/run": `{"token":"nobody"}`} {
		status, _ := post(path, body)
		require.Equal(t, 400, status)
	}
	status, _ = post("/sim/cloud", `{"ending":"jumps"}`)
	require.Equal(t, 400, status)
	status, _ = post("/sim/cloud", `{"ending":"passes","codes":[0]}`)
	require.Equal(t, 400, status)
}
