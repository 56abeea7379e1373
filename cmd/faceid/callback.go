package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/cmd/faceid/internal/setup"
	"github.com/faceid-go/faceid/cmd/faceid/internal/show"
)

type callbackCmd struct {
	URL string `arg:"" help:"The address that the browser came back to, or its query; - reads it from the standard input."`
}

func (callbackCmd) Help() string {
	return `Verifies the signature with the SIGN tickets of the credential store, of the last hour, or with the
ticket in FACEID_TICKET. It fetches nothing. The exit code is 0 if the platform signed the callback,
and 1 if not. A genuine callback is no pass: "faceid record" asks for the result.`
}

// verified is the answer of `faceid callback`.
type verified struct {
	Genuine bool       `json:"genuine"`
	Why     show.Text  `json:"why"`                // why it is believed, or not
	OrderNo string     `json:"orderNo,omitempty"`  // what it claims: a stranger's words if it is not genuine
	Code    string     `json:"code,omitempty"`     // likewise
	Passed  bool       `json:"passed"`             // a genuine callback that claims a pass
	Meaning *show.Text `json:"meaning,omitempty"`  // of the code
	Advice  *show.Text `json:"handling,omitempty"` // what to do
	Hint    *show.Text `json:"hint,omitempty"`     // what may have spoiled it
}

func (cmd callbackCmd) Run(c *command) error {
	text := cmd.URL
	if text == "-" {
		all, err := io.ReadAll(io.LimitReader(c.in, 64<<10))
		if err != nil {
			return err
		}
		text = strings.TrimSpace(string(all))
	}
	query, err := queryOf(text)
	if err != nil {
		return err
	}
	v := &verified{}
	cb, err := c.verify(query)
	switch {
	case err == nil:
		v.genuine(cb)
	case errors.Is(err, faceid.ErrUnsigned):
		v.Why = show.T("There is no signature: anybody may have typed it. Believe nothing of it.", "没有签名：任何人都能输入这个地址，不可相信。")
		v.claims(query)
		v.Hint = c.hint(text, query)
	case errors.Is(err, faceid.ErrBadSignature):
		v.Why = show.T("No SIGN ticket that is known here made the signature, or a parameter is missing or stands twice. Never treat it as a pass.",
			"已知的 SIGN ticket 都得不到该签名，或缺少参数、参数重复。绝不能当作通过。")
		v.claims(query)
		v.Hint = c.hint(text, query)
	default:
		return err
	}
	if err := c.Value(v); err != nil {
		return err
	}
	v.print(c)
	if !v.Genuine {
		return errNo
	}
	return nil
}

// queryOf returns the query of an address, or the text itself if it is a query.
func queryOf(text string) (string, error) {
	if _, query, ok := strings.Cut(text, "?"); ok {
		query, _, _ = strings.Cut(query, "#")
		return query, nil
	}
	if strings.Contains(text, "=") && !strings.Contains(text, "://") {
		return text, nil
	}
	return "", &usageError{show.T("that is no address with a query: copy it as the server's log has it", "这不是带查询参数的地址：请从服务器日志中完整复制")}
}

// verify verifies a query with the ticket of the environment, or with those of the store.
func (c *command) verify(query string) (*faceid.Callback, error) {
	ticket, err := c.env.Get(setup.Ticket)
	if err != nil {
		return nil, err
	}
	if ticket == "" {
		return c.verifyWithStore(query)
	}
	appID, err := c.env.Get(setup.AppID)
	if err != nil {
		return nil, err
	}
	if appID == "" {
		return nil, &usageError{show.F("%s is needed, too: it is signed", "还需要 %s：它参与签名", setup.AppID)}
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, fmt.Errorf("%w: the query is malformed", faceid.ErrBadSignature)
	}
	return faceid.VerifyCallback(values, appID, ticket)
}

// verifyWithStore verifies a query with the tickets of the store. A store without a ticket
// cannot tell whether a callback is genuine, so nothing is said of it then.
func (c *command) verifyWithStore(query string) (*faceid.Callback, error) {
	client, look, done, err := c.lookingClient()
	if err != nil {
		return nil, err
	}
	defer done()
	cb, err := client.VerifyCallback(c.ctx, &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/", RawQuery: query}})
	if errors.Is(err, faceid.ErrBadSignature) && look.Name != "" && !look.Verifies() {
		return nil, errNoTicket
	}
	return cb, err
}

func (v *verified) genuine(cb *faceid.Callback) {
	v.Genuine, v.OrderNo, v.Code, v.Passed = true, cb.OrderNo, cb.Code.Number(), cb.Passed()
	v.Why = show.T("The platform signed it. It is no proof of a pass: ask for the record.", "由平台签名。但它不能证明通过：请查询结果。")
	meaning, advice := show.T(cb.Code.Gloss(), cb.Code.GlossZH()), show.T(cb.Code.Handling(), cb.Code.HandlingZH())
	v.Meaning, v.Advice = &meaning, &advice
}

// claims notes what a callback that is not believed says, if it has the form of a number.
func (v *verified) claims(query string) {
	values, _ := url.ParseQuery(query)
	if order := values.Get("orderNo"); isWord(order, 32) {
		v.OrderNo = order
	}
	if code := values.Get("code"); isWord(strings.TrimPrefix(code, "-"), 10) {
		v.Code = code
	}
}

func isWord(s string, most int) bool {
	return s != "" && len(s) <= most && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

// hint tells what spoiled a callback that is genuine without the spoiling.
func (c *command) hint(text, query string) *show.Text {
	first := firstOfEach(query)
	unescaped, _ := url.PathUnescape(query)
	for _, try := range []struct {
		query string
		hint  show.Text
	}{
		{strings.ReplaceAll(query, "&amp;", "&"), show.T("It is genuine once &amp; is written as &: a template or a log has escaped it.", "把 &amp; 还原为 & 后是真的：模板或日志对它做了转义。")},
		{unescaped, show.T("It is genuine once it is percent-decoded once more: something on the way has encoded it twice.", "再做一次 URL 解码后是真的：途中被重复编码了。")},
		{first, show.T("It is genuine once the second value of each parameter is dropped: something on the way has added parameters.", "去掉重复的参数后是真的：途中被追加了参数。")},
		{strings.Trim(query, `"'<> `), show.T("It is genuine without the quotes around it.", "去掉两端的引号后是真的。")},
		{fragmentOf(text), show.T("It is genuine with what stands behind the #: no server sees that. Use a RedirectURL without a fragment.", "加上 # 后面的内容是真的：服务器看不到 # 之后的部分。RedirectURL 不要带 #。")},
	} {
		if try.query == query || try.query == "" {
			continue
		}
		if _, err := c.verify(try.query); err == nil {
			return &try.hint
		}
	}
	return nil
}

// firstOfEach keeps the first value of each parameter.
func firstOfEach(query string) string {
	values, _ := url.ParseQuery(query)
	for name, all := range values {
		values[name] = all[:1]
	}
	return values.Encode()
}

// fragmentOf returns the query behind a fragment.
func fragmentOf(text string) string {
	_, fragment, _ := strings.Cut(text, "#")
	if _, query, ok := strings.Cut(fragment, "?"); ok {
		return query
	}
	return ""
}

func (v *verified) print(c *command) {
	if c.JSON {
		return
	}
	word, style := show.T("genuine", "真实"), show.Good
	if !v.Genuine {
		word, style = show.T("not genuine", "不可信"), show.Bad
	}
	fmt.Fprintf(c.Out, "%s  %s\n", c.Paint(style, word.In(c.Lang)), v.Why.In(c.Lang))
	if v.Hint != nil {
		c.Say(*v.Hint)
	}
	c.Field(show.T("order", "订单号"), v.OrderNo)
	c.Field(show.T("code", "错误码"), v.Code)
	if v.Meaning != nil {
		c.Field(show.T("meaning", "含义"), v.Meaning.In(c.Lang))
		c.Field(show.T("what to do", "处理"), v.Advice.In(c.Lang))
	}
}
