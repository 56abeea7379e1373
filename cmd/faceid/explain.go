package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/cmd/faceid/internal/show"
	"github.com/faceid-go/faceid/internal/catalog"
)

type explainCmd struct {
	Code    string         `arg:"" help:"As the platform writes it: 66660015, -1, FailedOperation.DetectEngineSystemError, face/66660004."`
	Product faceid.Product `placeholder:"PRODUCT" predictor:"product" help:"Only what it means for this product: ${products}; or the check, as in MobileStatus."`
	Channel faceid.Channel `placeholder:"CHANNEL" predictor:"channel" help:"Only what it means from this side: ${channels}."`
}

func (e explainCmd) Help() string {
	return `The tables of the documents are in the program, so the network is not asked. A number means
different things on different products and channels: all meanings are printed, each with those that
share it. Narrow with --product and --channel. The exit code is 1 if no table has the code.`
}

// meaning is one meaning of a code, and where the code has it.
type meaning struct {
	Code     string    `json:"code"`
	Family   string    `json:"family,omitempty"`
	Message  string    `json:"message,omitempty"` // the platform's own words
	Meaning  show.Text `json:"meaning"`
	Handling show.Text `json:"handling"`
	Charged  string    `json:"charged"` // yes, no, unknown
	Where    []place   `json:"where"`
}

// place is a table of the documents: who reports the code, and on which product.
type place struct {
	Product string `json:"product,omitempty"`
	Channel string `json:"channel"`
}

func (e explainCmd) Run(c *command) error {
	code := strings.TrimSpace(e.Code)
	found, err := e.look(faceid.Code(code))
	switch {
	case err != nil:
		return err
	case c.JSON:
		if err := c.Value(map[string]any{"code": code, "meanings": found}); err != nil {
			return err
		}
	case len(found) == 0:
		c.Say(show.F("No table of the documents has the code %s there.", "该处的文档表格中没有错误码 %s。", show.Clean(code)))
	}
	if len(found) == 0 {
		return errNo
	}
	for i, m := range found {
		if i > 0 && !c.JSON {
			fmt.Fprintln(c.Out)
		}
		m.print(c)
	}
	return nil
}

// look asks every table that the flags leave, and joins those that say the same.
func (e explainCmd) look(code faceid.Code) ([]meaning, error) {
	found := []meaning{}
	for _, ch := range channels {
		if e.Channel != "" && e.Channel != ch {
			continue
		}
		for _, p := range e.productsOn(ch) {
			x, ok := faceid.Explain(p, ch, code)
			if !ok || strings.Contains(string(code), "/") && x.Code != code {
				continue
			}
			m := meaning{
				Code: string(x.Code), Family: string(x.Family), Message: x.Message, Charged: x.Charged.String(),
				Meaning: show.T(x.Gloss, x.GlossZH), Handling: show.T(x.Handling, x.HandlingZH), Where: []place{{string(p), string(ch)}},
			}
			same := slices.IndexFunc(found, m.same)
			if same < 0 {
				found = append(found, m)
				continue
			}
			found[same].Where = append(found[same].Where, m.Where...)
		}
	}
	if e.Channel != "" && !slices.Contains(channels, e.Channel) {
		return nil, &usageError{show.F("--channel must be one of %s", "--channel 只能是 %s 之一", join(channels))}
	}
	return found, nil
}

// productsOn returns the products to look up on a channel. API 3.0 has checks beside the
// products, and a number of theirs is found by the name of the check alone.
func (e explainCmd) productsOn(ch faceid.Channel) []faceid.Product {
	switch {
	case e.Product == "":
	case ch != faceid.ChannelInternational:
		return []faceid.Product{e.Product}
	case e.Channel != ch: // its results are of no product, so the product that was asked for has none there
		return nil
	}
	switch ch {
	case faceid.ChannelCloud:
		return append(checks(), "")
	case faceid.ChannelInternational:
		return []faceid.Product{""}
	}
	return products
}

func (m *meaning) same(other meaning) bool {
	return m.Code == other.Code && m.Message == other.Message && m.Charged == other.Charged && m.Meaning == other.Meaning && m.Handling == other.Handling
}

func (m *meaning) print(c *command) {
	if c.JSON {
		return
	}
	title := m.Meaning.In(c.Lang)
	if title == "" {
		title = m.Message
	}
	fmt.Fprintf(c.Out, "%s  %s\n", c.Paint(show.Bold, m.Code), title)
	c.Field(show.T("platform", "平台原文"), m.Message)
	c.Field(show.T("what to do", "处理"), m.Handling.In(c.Lang))
	c.Field(show.T("charged", "计费"), charged(m.Charged).In(c.Lang))
	c.Field(show.T("family", "类别"), m.Family)
	c.Field(show.T("found on", "出处"), places(m.Where))
}

func charged(word string) show.Text {
	switch word {
	case "yes":
		return show.T("yes", "计费")
	case "no":
		return show.T("no", "不计费")
	}
	return show.T("the documents do not say", "文档未说明")
}

// places writes tables as "server, browser: plus, enhanced; android: will".
func places(all []place) string {
	var sides []string // in their order
	of := map[string][]string{}
	for _, p := range all {
		if of[p.Channel] == nil {
			sides = append(sides, p.Channel)
		}
		of[p.Channel] = append(of[p.Channel], p.Product)
	}
	var texts []string
	for len(sides) > 0 {
		names := of[sides[0]]
		var group []string
		sides = slices.DeleteFunc(sides, func(ch string) bool {
			if !slices.Equal(of[ch], names) {
				return false
			}
			group = append(group, ch)
			return true
		})
		text := strings.Join(group, ", ")
		if whose := strings.Trim(strings.Join(names, ", "), ", "); whose != "" {
			text += ": " + whose
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "; ")
}

var channels = []faceid.Channel{
	faceid.ChannelServer, faceid.ChannelBrowser, faceid.ChannelWeChat, faceid.ChannelAndroid, faceid.ChannelIOS, faceid.ChannelHarmony,
	faceid.ChannelCloud, faceid.ChannelInternational, faceid.ChannelRemark,
}

var products = []faceid.Product{
	faceid.ProductPlus, faceid.ProductEnhanced, faceid.ProductBasic, faceid.ProductWill,
	faceid.ProductIDCardOCR, faceid.ProductBankCardOCR, faceid.ProductNFC, faceid.ProductEid,
}

// join writes names for a sentence.
func join[S ~string](names []S) string {
	all := make([]string, len(names))
	for i, n := range names {
		all[i] = string(n)
	}
	return strings.Join(all, ", ")
}

// checks returns the checks of API 3.0 that have a table of their own. Their names begin with
// a capital letter, and those of all other tables do not.
func checks() []faceid.Product {
	var all []faceid.Product
	for key := range catalog.Entries {
		if p := faceid.Product(key.Scope); key.Scope[0] >= 'A' && key.Scope[0] <= 'Z' && !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	slices.Sort(all)
	return all
}
