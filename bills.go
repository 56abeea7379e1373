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

// billHour is when the bills of a day are ready, on the next day in China.
const billHour = 6 * time.Hour

// GetWeChatBillDetails asks for one page of what was charged on a day in the
// channels of WeChat: Cursor 0 first, then NextCursor while HasNextPage. The day
// (yyyy-MM-dd, in China) is refused before 06:00 of the next, when its bills are
// not ready, and after 365 days. WeChatBills turns the pages.
//
// API: https://cloud.tencent.com/document/product/1007/51442
func (c *Client) GetWeChatBillDetails(ctx context.Context, r GetWeChatBillDetailsRequest) (*GetWeChatBillDetailsResult, error) {
	const op = "GetWeChatBillDetails"
	if err := c.ready(ctx, op); err != nil {
		return nil, err
	}
	if err := checkBillDate(op, r.Date); err != nil {
		return nil, err
	}
	if r.RuleID != "" {
		if err := checkToken(op, "RuleID", r.RuleID); err != nil {
			return nil, err
		}
	}
	var result GetWeChatBillDetailsResult
	if _, err := c.act(ctx, cloudCall{op: op, site: SiteChina, action: op, reads: true}, r, &result); err != nil {
		return nil, err
	}
	return &result, nil
}

func checkBillDate(op, date string) error {
	day, err := time.ParseInLocation(time.DateOnly, date, chinaTime)
	now := time.Now()
	switch {
	case err != nil:
		return badArgument(op, "Date", "must be like 2026-01-31")
	case now.Before(day.AddDate(0, 0, 1).Add(billHour)):
		return badArgument(op, "Date", "is too recent: the bills of a day are ready at 06:00 of the next, in China")
	case now.After(day.AddDate(0, 0, billDays+1)):
		return badArgument(op, "Date", "is more than %d days ago", billDays)
	}
	return nil
}

// WeChatBills walks through everything that was charged on the day of date, in
// China, over all pages: of one RuleID, or of all if it is empty. An error ends
// it.
func (c *Client) WeChatBills(ctx context.Context, date time.Time, ruleID string) iter.Seq2[WeChatBillDetail, error] {
	r := GetWeChatBillDetailsRequest{Date: date.In(chinaTime).Format(time.DateOnly), RuleID: ruleID}
	return func(yield func(WeChatBillDetail, error) bool) {
		r, seen := r, map[uint64]bool{} // a second walk begins anew
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
				yield(WeChatBillDetail{}, &Error{Op: "WeChatBills", Family: ErrBadAnswer, RequestID: redactText(page.RequestID, nil), Err: errors.New("the next page was there before")})
				return
			}
			r.Cursor = page.NextCursor
		}
	}
}

// LocalFlow is one flow as the merchant knows it: its BizToken, and the charged
// attempts that its results told on the day in question (see
// GetDetectInfoEnhancedResult.ChargeCount; the day of an attempt is that of its
// ReqTime, not that of the token). It prints as its name: a BizToken fetches a
// person.
type LocalFlow struct {
	hidden[LocalFlow]

	BizToken    string // the flow's
	ChargeCount int    // charged attempts of that day, 0 or more
}

// Reconciliation compares the merchant's own count with a day's bill.
type Reconciliation struct {
	Local, Billed int // charged attempts on either side
	// Missing are flows with charges that the bill does not have; Extra are those
	// of the bill that the merchant does not know or has no charge for; Different
	// are those with another count.
	Missing, Extra, Different []string // BizTokens, sorted
	// Inconsistent are flows whose bill contradicts itself: ChargeCount, the
	// attempts with IsNeedCharge, and the attempts whose code the documents' table
	// for the product charges should be the same number.
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

// Reconcile compares what the merchant counted with the bill of the same day.
// The product decides which codes are charged; empty leaves the codes out of the
// comparison. A flow that stands in several lines is added up.
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

// At returns when the comparison was made: its day is the day of the charge. It
// is zero if it could not be read.
func (d ChargeDetail) At() time.Time { return millis(d.ReqTime) }

// At returns when the attempt was made; zero if it could not be read.
func (d DetectDetail) At() time.Time { return millis(d.ReqTime) }

func millis(text string) time.Time {
	ms, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || ms <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).In(chinaTime)
}
