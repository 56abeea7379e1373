package faceid

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"
)

// billDays is how far back bills reach.
const billDays = 365

// billHour is when the bills of a day are ready, counted from the midnight in China
// that ends the day.
const billHour = 6 * time.Hour

// GetWeChatBillDetails asks for one page of what was charged on a day in the
// channels of WeChat. Ask with Cursor 0 first, then with NextCursor while
// HasNextPage is set. The day (yyyy-MM-dd, in China) is refused before 06:00 of the
// next day, because its bills are not ready, and after 365 days. WeChatBills asks
// for all pages.
//
// API: https://cloud.tencent.com/document/product/1007/51442
func (c *Client) GetWeChatBillDetails(ctx context.Context, r GetWeChatBillDetailsRequest) (*GetWeChatBillDetailsResult, error) {
	const op = "GetWeChatBillDetails"
	if err := c.ready(ctx, op); err != nil {
		return nil, err
	}
	if err := validateBillDate(op, r.Date); err != nil {
		return nil, err
	}
	if r.RuleID != "" {
		if err := validateToken(op, "RuleID", r.RuleID); err != nil {
			return nil, err
		}
	}
	var result GetWeChatBillDetailsResult
	if _, err := c.act(ctx, cloudCall{op: op, site: SiteChina, action: op, readOnly: true}, r, &result); err != nil {
		return nil, err
	}
	return &result, nil
}

func validateBillDate(op, date string) error {
	day, err := time.ParseInLocation(time.DateOnly, date, chinaTime)
	now := time.Now()
	switch {
	case err != nil:
		return badArgument(op, "Date", "must be like 2026-01-31")
	case now.Before(day.AddDate(0, 0, 1).Add(billHour)):
		return badArgument(op, "Date", "is too recent: the bills of a day are ready at 06:00 of the next day in China")
	case now.After(day.AddDate(0, 0, billDays+1)):
		return badArgument(op, "Date", "is more than %d days ago", billDays)
	}
	return nil
}

// WeChatBills returns everything that was charged on the day of date in China, over
// all pages. An empty ruleID means all RuleIDs. An error ends the sequence.
func (c *Client) WeChatBills(ctx context.Context, date time.Time, ruleID string) iter.Seq2[WeChatBillDetail, error] {
	r := GetWeChatBillDetailsRequest{Date: date.In(chinaTime).Format(time.DateOnly), RuleID: ruleID}
	return func(yield func(WeChatBillDetail, error) bool) {
		r, seen := r, map[uint64]bool{} // a second loop over the sequence begins anew
		for {
			seen[r.Cursor] = true
			page, err := c.GetWeChatBillDetails(ctx, r)
			if err != nil {
				yield(WeChatBillDetail{}, err)
				return
			}
			for _, line := range page.WeChatBillDetails {
				if !yield(line, nil) {
					return
				}
			}
			if !page.HasNextPage {
				return
			}
			if seen[page.NextCursor] {
				yield(WeChatBillDetail{}, &Error{Op: "WeChatBills", Family: ErrBadAnswer, RequestID: redactText(page.RequestID, nil), Err: errors.New("NextCursor leads back to an earlier page")})
				return
			}
			r.Cursor = page.NextCursor
		}
	}
}

// LocalFlow is one flow as the merchant knows it: its BizToken, and the charged
// attempts that its results reported for the day in question (see
// GetDetectInfoEnhancedResult.ChargeCount). The day of an attempt is that of its
// ReqTime, not that of the token. A LocalFlow prints as the name of its type,
// because a BizToken gives access to a person's data.
type LocalFlow struct {
	hidden[LocalFlow]

	BizToken    string // of the flow
	ChargeCount int    // charged attempts of that day, 0 or more
}

// Reconciliation compares the merchant's own count with a day's bill.
type Reconciliation struct {
	Local, Billed int // charged attempts as the merchant and as the bill count them
	// Missing are flows with charges that the bill does not have. Extra are flows of
	// the bill that the merchant does not know or has no charge for. Different are
	// flows that both have, with different counts.
	Missing, Extra, Different []string // BizTokens, sorted
	// Inconsistent are flows whose bill contradicts itself. Three numbers should be
	// the same: ChargeCount, the attempts with IsNeedCharge, and the attempts whose
	// code is charged in the documents' table for the product.
	Inconsistent []string // BizTokens, sorted
}

// Format prints numbers only, whatever the verb.
func (r Reconciliation) Format(f fmt.State, _ rune) { printShown(f, r) }

// LogValue logs the same as a group.
func (r Reconciliation) LogValue() slog.Value { return logShown(r) }

func (r Reconciliation) shown() shown {
	return shown{
		{"Local", r.Local}, {"Billed", r.Billed}, {"Missing", len(r.Missing)}, {"Extra", len(r.Extra)},
		{"Different", len(r.Different)}, {"Inconsistent", len(r.Inconsistent)},
	}
}

// Agrees reports whether nothing is left to explain.
func (r *Reconciliation) Agrees() bool {
	return r.Local == r.Billed && len(r.Missing)+len(r.Extra)+len(r.Different)+len(r.Inconsistent) == 0
}

// Reconcile compares what the merchant counted with the bill of the same day. The
// product decides which codes are charged. An empty product leaves the codes out of
// the comparison. The lines of one flow are added up.
func Reconcile(product Product, local []LocalFlow, bill []WeChatBillDetail) *Reconciliation {
	var r Reconciliation
	mine, theirs := map[string]int{}, map[string]int{}
	for _, flow := range local {
		mine[flow.BizToken] += flow.ChargeCount
		r.Local += flow.ChargeCount
	}
	for _, line := range bill {
		count := int(min(line.ChargeCount, 1<<31))
		theirs[line.BizToken] += count
		r.Billed += count
		if !consistent(product, line) && !slices.Contains(r.Inconsistent, line.BizToken) {
			r.Inconsistent = append(r.Inconsistent, line.BizToken)
		}
	}
	for token, n := range mine {
		switch billed := theirs[token]; {
		case n == billed:
		case billed == 0:
			r.Missing = append(r.Missing, token)
		case n > 0:
			r.Different = append(r.Different, token)
		}
	}
	for token, n := range theirs {
		if n > 0 && mine[token] == 0 {
			r.Extra = append(r.Extra, token)
		}
	}
	for _, list := range [][]string{r.Missing, r.Extra, r.Different, r.Inconsistent} {
		slices.Sort(list)
	}
	return &r
}

// consistent reports whether the counts of a line agree.
func consistent(product Product, line WeChatBillDetail) bool {
	needed, charged := uint64(0), uint64(0)
	for _, attempt := range line.ChargeDetails {
		if attempt.IsNeedCharge {
			needed++
		}
		e, _ := Explain(product, ChannelWeChat, Code(attempt.ErrorCode))
		if e.Charged == ChargedYes {
			charged++
		}
	}
	return line.ChargeCount == needed && (product == "" || needed == charged)
}

// At returns when the comparison was made. Its day is the day of the charge. At
// returns the zero time if ReqTime cannot be read.
func (d ChargeDetail) At() time.Time { return millis(d.ReqTime) }

// At returns when the attempt was made, or the zero time if ReqTime cannot be read.
func (d DetectDetail) At() time.Time { return millis(d.ReqTime) }

func millis(text string) time.Time {
	ms, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || ms <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).In(chinaTime)
}
