package main

import (
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/cmd/faceid/internal/show"
)

type billCmd struct {
	Day    string            `arg:"" optional:"" help:"The day in China, as 2026-11-29. Left out: the last one whose bill is ready, which is at 06:00 of the next day."`
	RuleID string            `name:"rule-id" placeholder:"RULE" help:"Only the flows of this RuleId."`
	Rule   map[string]string `placeholder:"RULE=PRODUCT" mapsep:"," help:"The product of a RuleId: plus, enhanced or basic. Charges are then compared with the codes, and summed by product. May be given several times."`
	CSV    bool              `name:"csv" help:"Write the table as CSV."`
}

// billLine is what a day's bill says of one RuleId.
type billLine struct {
	RuleID       string `json:"ruleID"`
	Product      string `json:"product,omitempty"` // as --rule says
	Flows        int    `json:"flows"`
	Attempts     int    `json:"attempts"`
	Charged      int    `json:"charged"`      // attempts
	Inconsistent int    `json:"inconsistent"` // flows whose counts and codes contradict each other
}

// bill is a day's bill of WeChat.
type bill struct {
	Day      string         `json:"day"`
	Rules    []billLine     `json:"rules"`    // by RuleId
	Products map[string]int `json:"products"` // charged attempts; "" is that of the RuleIds without a product
	Charged  int            `json:"charged"`
	Note     show.Text      `json:"note"` // what the bill leaves out
}

// noKYC1Bill says what the bill leaves out.
var noKYC1Bill = show.T("These are the flows of WeChat. The documents have no bill for the kyc1 products (face, will, OCR, NFC): count what their results say of the charge, as Charges of package evidence does.",
	"以上为微信渠道的流程。文档没有为 kyc1 产品（人脸、意愿、OCR、NFC）提供账单接口：请按其结果中的计费信息自行统计，evidence 包的 Charges 即如此统计。")

func (billCmd) Help() string {
	return `Sums up the flows, the attempts and the charged attempts of the platform's bill, by RuleId and by
product. With --rule it also compares the charges with the codes; the exit code is 1 if they
contradict each other.

The documents have no bill for the kyc1 products (face, will, OCR, NFC). Count what their results say:
Charged of each result, or Charges of package evidence.`
}

func (b billCmd) Run(c *command) error {
	day, err := b.day(time.Now())
	if err != nil {
		return err
	}
	for rule, product := range b.Rule {
		switch faceid.Product(product) {
		case faceid.ProductPlus, faceid.ProductEnhanced, faceid.ProductBasic:
		default:
			return &usageError{show.F("--rule %s must name one of plus, enhanced, basic", "--rule %s 须为 plus、enhanced、basic 之一", rule)}
		}
	}
	client, end, err := c.client(doorCloud)
	if err != nil {
		return err
	}
	defer end()
	lines := map[string][]faceid.WeChatBillDetail{}
	for line, err := range client.WeChatBills(c.ctx, day, b.RuleID) {
		if err != nil {
			return err
		}
		lines[line.RuleID] = append(lines[line.RuleID], line)
	}
	sum := b.sum(day, lines)
	if err := b.write(c, sum); err != nil {
		return err
	}
	if slices.ContainsFunc(sum.Rules, func(l billLine) bool { return l.Inconsistent > 0 }) {
		return errNo
	}
	return nil
}

// day returns the day that is meant, at noon in China.
func (b billCmd) day(now time.Time) (time.Time, error) {
	if b.Day == "" {
		return now.In(chinaTime).Add(-30 * time.Hour), nil // the bill of a day is ready 6 hours after its end
	}
	day, err := time.ParseInLocation(time.DateOnly, b.Day, chinaTime)
	if err != nil {
		return day, &usageError{show.T("the day must be like 2026-11-29", "日期格式须如 2026-11-29")}
	}
	return day.Add(12 * time.Hour), nil
}

func (b billCmd) sum(day time.Time, lines map[string][]faceid.WeChatBillDetail) bill {
	sum := bill{Day: day.In(chinaTime).Format(time.DateOnly), Rules: []billLine{}, Products: map[string]int{}, Note: noKYC1Bill}
	for _, rule := range slices.Sorted(maps.Keys(lines)) {
		l := billLine{RuleID: rule, Product: b.Rule[rule]}
		flows := map[string]bool{}
		for _, line := range lines[rule] {
			flows[line.BizToken] = true
			l.Attempts += len(line.ChargeDetails)
		}
		r := faceid.Reconcile(faceid.Product(l.Product), nil, lines[rule])
		l.Flows, l.Charged, l.Inconsistent = len(flows), r.Billed, len(r.Inconsistent)
		sum.Rules = append(sum.Rules, l)
		sum.Products[l.Product] += l.Charged
		sum.Charged += l.Charged
	}
	return sum
}

func (b billCmd) write(c *command, sum bill) error {
	if c.JSON {
		return c.Value(sum)
	}
	table := [][]string{{"RuleId", "product", "flows", "attempts", "charged", "inconsistent"}}
	for _, l := range sum.Rules {
		table = append(table, []string{l.RuleID, l.Product, strconv.Itoa(l.Flows), strconv.Itoa(l.Attempts), strconv.Itoa(l.Charged), strconv.Itoa(l.Inconsistent)})
	}
	if b.CSV {
		w := csv.NewWriter(c.Out)
		if err := w.WriteAll(table); err != nil {
			return err
		}
		c.Note(noKYC1Bill)
		return nil
	}
	if c.Lang == show.Chinese {
		table[0] = []string{"RuleId", "产品", "流程数", "次数", "计费次数", "矛盾"}
	}
	writeTable(c, table)
	fmt.Fprintln(c.Out)
	for _, product := range slices.Sorted(maps.Keys(sum.Products)) {
		name := product
		if name == "" {
			name = show.T("unnamed", "未指明").In(c.Lang)
		}
		c.Field(show.T(name, name), fmt.Sprint(sum.Products[product]))
	}
	c.Field(show.T("charged", "计费次数"), fmt.Sprintf("%d  %s", sum.Charged, sum.Day))
	fmt.Fprintln(c.Out)
	c.Say(noKYC1Bill)
	return nil
}

// writeTable writes columns: the first as text, all others so that their ends are below each
// other.
func writeTable(c *command, table [][]string) {
	widths := make([]int, len(table[0]))
	for _, row := range table {
		for i, cell := range row {
			widths[i] = max(widths[i], show.Width(cell))
		}
	}
	for n, row := range table {
		var line strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-show.Width(cell))
			if i == 0 {
				line.WriteString(cell + pad)
			} else {
				line.WriteString("  " + pad + cell)
			}
		}
		text := line.String()
		if n == 0 {
			text = c.Paint(show.Dim, text)
		}
		fmt.Fprintln(c.Out, text)
	}
}
