package faceidtest

import (
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

var billFields = []cloudField{
	textField("Date", anyText).must(),
	numberField("Cursor", 0, math.MaxInt64).must(),
	textField("RuleId", anyText),
}

// bill answers https://cloud.tencent.com/document/product/1007/51442: the
// attempts of one day in WeChat. The day is Beijing's. An attempt belongs to
// the day of its comparison, not to the day of its token.
func (s *Server) bill(in *incoming, v args) reply {
	day, err := time.ParseInLocation(time.DateOnly, v.text("Date"), beijing)
	now := s.now().In(beijing)
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, beijing)
	rule, cursor := v.text("RuleId"), uint64(v.number("Cursor", 0)) //nolint:gosec // the table refuses negative numbers
	product, known := s.cloud.rules[rule]
	switch {
	case err != nil:
		return cloudRefuse("InvalidParameter", "Date is not YYYY-MM-DD.")
	case now.Before(day.AddDate(0, 0, 1).Add(6 * time.Hour)):
		return cloudRefuse("InvalidParameter", "The day is there from 06:00 of the next one on.")
	case day.Before(today.AddDate(0, 0, -365)):
		return cloudRefuse("InvalidParameter", "The day is more than 365 days ago.")
	case rule != "" && (!known || product == "intl"):
		return cloudRefuse("InvalidParameterValue.RuleIdNotExist", "")
	case cursor != 0 && !s.cloud.cursors[cursor]:
		return cloudRefuse("InvalidParameter", "Cursor is not one that was handed out.")
	}
	lines, last := list{}, uint64(0)
	for _, f := range s.cloud.billed[v.text("Date")] {
		if f.serial <= cursor || rule != "" && f.rule != rule {
			continue
		}
		details, count := f.billedOn(day)
		if len(details) == 0 {
			continue
		}
		if len(lines) == s.cloud.billPage {
			s.cloud.cursors[last] = true
			s.memory.cursors.add(s.due(numberLife), last)
			return reply{result: object{{"HasNextPage", true}, {"NextCursor", integer(last)}, {"WeChatBillDetails", lines}}}
		}
		lines, last = append(lines, object{{"BizToken", f.token}, {"ChargeCount", integer(count)}, {"ChargeDetails", details}, {"RuleId", f.rule}}), f.serial
	}
	return reply{result: object{{"HasNextPage", false}, {"NextCursor", integer(0)}, {"WeChatBillDetails", lines}}}
}

// billedOn returns a flow's lines of one day, and counts those that cost
// something.
func (f *flow) billedOn(day time.Time) (lines list, count int) {
	for _, t := range f.tries {
		if t.at.Before(day) || !t.at.Before(day.AddDate(0, 0, 1)) || !f.billed(t) {
			continue
		}
		hidden := masked(t.id, 1, 1)
		similarity := t.similarity()
		if similarity == "" {
			similarity = "0.00"
		}
		lines = append(lines, object{
			{"ReqTime", millis(t.at)}, {"Seq", t.seq}, {"IdCard", hidden}, {"Idcard", hidden}, {"Name", masked(t.name, 1, 0)},
			{"Sim", similarity}, {"IsNeedCharge", f.isCharged(t)}, {"ChargeType", "核身"},
			{"ErrorCode", decimal(t.Code)}, {"ErrorMessage", f.tryWords(t, t.Code)},
		})
		if f.isCharged(t) {
			count++
		}
	}
	return lines, count
}

// masked replaces a text by asterisks, except for some characters at its front
// and its back.
func masked(text string, front, back int) string {
	n := utf8.RuneCountInString(text)
	if n <= front+back {
		return strings.Repeat("*", n)
	}
	r := []rune(text)
	return string(r[:front]) + strings.Repeat("*", n-front-back) + string(r[n-back:])
}
