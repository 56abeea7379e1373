package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/faceid-go/faceid/cmd/faceid/internal/lookup"
	"github.com/faceid-go/faceid/cmd/faceid/internal/orders"
	"github.com/faceid-go/faceid/cmd/faceid/internal/setup"
	"github.com/faceid-go/faceid/cmd/faceid/internal/show"
	"github.com/faceid-go/faceid/evidence"
)

type recordCmd struct {
	Order    string `arg:"" optional:"" help:"The order number; or - for a line of standard input: a number, a token or JSON. Left out: ${flowToken}."`
	Product  string `enum:"${kinds}" default:"face" placeholder:"PRODUCT" help:"What was opened: ${kinds}."`
	RuleID   string `name:"rule-id" placeholder:"RULE" help:"The RuleId that a flow of WeChat was opened with."`
	Personal bool   `help:"Print the whole answer, too: it names the person."`
}

func (recordCmd) Help() string {
	return `Asks once, and tells the code, what it means, the charge, the scores, the serial number, and which
files the platform has. To tell their sizes it downloads the files, and throws them away. Nobody is
compared with a person of yours: "passed" says that somebody passed.

The token of a flow gives access to a person's data, so it is no argument: give it on standard input
with -, or in FACEID_FLOW_TOKEN. An order of NFC is given as a line of JSON with its reqID, and each
look uses up one of its 10 answers. The exit code is 0 if the person passed, and 1 if not, or if there
is no result.`
}

func (r recordCmd) Run(c *command) error {
	o, err := r.order(c)
	if err != nil {
		return err
	}
	client, end, err := c.client(doorOf(o.Kind))
	if err != nil {
		return err
	}
	defer end()
	result, err := lookup.Look(c.ctx, client, o, r.Personal)
	if err != nil {
		return err
	}
	if c.JSON {
		err = c.Value(result)
	} else {
		err = printRecord(c, result)
	}
	if err == nil && !result.Passed {
		return errNo
	}
	return err
}

// order finds out which order is meant. A token comes from the environment or from standard
// input, because every user of a machine can list the arguments of a process.
func (r recordCmd) order(c *command) (o evidence.Order, err error) {
	usual, text := orders.Usual{Word: r.Product, RuleID: r.RuleID}, r.Order
	switch {
	case text == "-":
		text, err = firstLine(c.in)
	case text == "":
		text, err = c.env.Get(setup.FlowToken)
		if err == nil && text == "" {
			err = &usageError{show.F("give an order number, - for standard input, or a token in %s", "请给出订单号、用 - 从标准输入读取，或在 %s 中给出 token", setup.FlowToken)}
		}
	case usual.IsFlow():
		err = &usageError{show.F("a token gives access to a person's data, so it is no argument: set %s, or give it on standard input with -",
			"凭 token 可以取得个人数据，因此不能作为参数：请设置 %s，或用 - 从标准输入给出", setup.FlowToken)}
	}
	if err != nil {
		return o, err
	}
	if o, err = orders.Parse(text, usual); err != nil {
		return o, &usageError{show.T(err.Error(), err.Error())}
	}
	return o, nil
}

// firstLine returns the first line of the input that is not empty.
func firstLine(in io.Reader) (string, error) {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if line := strings.TrimSpace(lines.Text()); line != "" {
			return line, nil
		}
	}
	if err := lines.Err(); err != nil {
		return "", &usageError{show.F("standard input has no order: %v", "标准输入中没有订单：%v", err)}
	}
	return "", &usageError{show.T("standard input has no order", "标准输入中没有订单")}
}

func printRecord(c *command, r *lookup.Result) error {
	style, word := show.Bad, show.T("did not pass", "未通过")
	switch {
	case r.Passed:
		style, word = show.Good, show.T("passed", "通过")
	case !r.Found:
		style, word = show.Warn, show.T("no result: the person did not come to the end, or it is older than 3 days", "没有结果：用户未完成核身，或结果已超过 3 天")
	}
	fmt.Fprintf(c.Out, "%s  %s\n", c.Paint(show.Bold, r.Order), c.Paint(style, word.In(c.Lang)))
	c.Field(show.T("product", "产品"), string(r.Product))
	c.Field(show.T("code", "错误码"), strings.TrimSpace(r.Code+"  "+r.Meaning.In(c.Lang)))
	c.Field(show.T("platform", "平台原文"), r.Message)
	if !r.Passed {
		c.Field(show.T("what to do", "处理"), r.Handling.In(c.Lang))
	}
	c.Field(show.T("family", "类别"), r.Family)
	charges := charged(r.Charged).In(c.Lang)
	if r.Charges > 1 {
		charges = fmt.Sprintf("%s, %d", charges, r.Charges)
	}
	c.Field(show.T("charged", "计费"), charges)
	if !r.Occurred.IsZero() {
		c.Field(show.T("when", "时间"), r.Occurred.In(chinaTime).Format(time.DateTime)+" UTC+8")
	}
	for _, s := range []struct {
		name  show.Text
		value *float64
	}{{show.T("live rate", "活体分数"), r.LiveRate}, {show.T("similarity", "相似度"), r.Similar}} {
		if s.value != nil {
			c.Field(s.name, fmt.Sprintf("%.2f", *s.value))
		}
	}
	c.Field(show.T("serial", "流水号"), r.Serial)
	c.Field(show.T("request", "请求号"), r.Request)
	for _, f := range r.Files {
		c.Field(show.T("file", "文件"), f.Name+"  "+bytesOf(f.Size))
	}
	if r.Answer == nil {
		return nil
	}
	var text bytes.Buffer
	if err := json.Indent(&text, r.Answer, "", "  "); err != nil {
		return errors.New("the answer cannot be printed") // an error of package json quotes a part of it
	}
	_, err := fmt.Fprintln(c.Out, text.String())
	return err
}

// chinaTime is the time zone of the platform.
var chinaTime = time.FixedZone("UTC+8", 8*60*60)

// bytesOf writes a size for people.
func bytesOf(n int64) string {
	switch {
	case n < 10_000:
		return fmt.Sprintf("%d B", n)
	case n < 10_000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
