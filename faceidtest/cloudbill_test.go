package faceidtest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/faceidtest"
)

func TestBillHasALinePerRequest(t *testing.T) {
	c := newCaller(t)
	c.toChina(12)
	plusToken := c.bizToken()
	c.sim.ScriptCloud(plusToken, faceidtest.CloudTries(302, 1002, 2001, 2016, 0))
	c.mini(plusToken)
	enhanced := c.bizToken("RuleId", faceidtest.RuleEnhanced)
	c.sim.ScriptCloud(enhanced, faceidtest.CloudTries(1002, 2006))
	c.mini(enhanced)
	c.bizToken()           // nobody opened this flow
	c.runEid(c.eid())      // the bill of WeChat has no flow of E证通
	failed := c.bizToken() // an attempt that fails at liveness costs nothing on Enhanced
	c.sim.ScriptCloud(failed, faceidtest.CloudTries(1004))
	c.mini(failed)
	day := c.toChina(6)

	a := c.good("GetWeChatBillDetails", obj{"Date": day, "Cursor": 0})
	require.Equal(t, false, a.at("HasNextPage"))
	require.Len(t, a.at("WeChatBillDetails"), 2)
	require.Equal(t, plusToken, a.at("WeChatBillDetails", 0, "BizToken"))
	require.Equal(t, faceidtest.RulePlus, a.at("WeChatBillDetails", 0, "RuleId"))
	require.EqualValues(t, 3, a.at("WeChatBillDetails", 0, "ChargeCount"))
	require.Len(t, a.at("WeChatBillDetails", 0, "ChargeDetails"), 4, "an attempt with 302 is not in the bill")
	line := a.at("WeChatBillDetails", 0, "ChargeDetails", 2).(obj)
	require.Equal(t, "2016", line["ErrorCode"])
	require.Equal(t, "31.50", line["Sim"])
	require.Equal(t, true, line["IsNeedCharge"])
	require.Equal(t, "李*", line["Name"])
	require.Equal(t, "1****************X", line["IdCard"])
	require.Equal(t, line["IdCard"], line["Idcard"])
	require.Regexp(t, `^[0-9]{13}$`, line["ReqTime"])
	require.EqualValues(t, 1, a.at("WeChatBillDetails", 1, "ChargeCount"))

	// The bill and the result agree.
	count := 0
	for _, d := range c.detected(plusToken).at("Text", "LivenessDetail").([]any) {
		if d.(obj)["IsNeedCharge"] == true {
			count++
		}
	}
	require.Equal(t, 3, count)

	a = c.good("GetWeChatBillDetails", obj{"Date": day, "Cursor": 0, "RuleId": faceidtest.RuleEnhanced})
	require.Len(t, a.at("WeChatBillDetails"), 1)
	require.Equal(t, enhanced, a.at("WeChatBillDetails", 0, "BizToken"))
}

func TestBillDaysAreThoseOfTheComparison(t *testing.T) {
	c := newCaller(t)
	c.toChina(12)
	token := c.bizToken()
	c.sim.ScriptCloud(token, faceidtest.CloudTries(2016))
	now := c.sim.Now().In(china)
	midnight := time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, china)
	c.sim.Advance(midnight.Sub(now) - 30*time.Minute)
	token = c.bizToken("Extra", nil)
	c.sim.ScriptCloud(token, faceidtest.CloudTries(2016))
	c.mini(token) // the time is 23:30
	c.sim.Advance(time.Hour)
	c.mini(token) // the time is 00:30, and the day of the comparison counts
	first, second := now.Format("2006-01-02"), midnight.Format("2006-01-02")

	at := func(clock time.Time, date string) cloudAnswer {
		c.sim.Advance(max(0, clock.Sub(c.sim.Now())))
		return c.call("GetWeChatBillDetails", obj{"Date": date, "Cursor": 0})
	}
	require.Equal(t, "InvalidParameter", at(midnight.Add(6*time.Hour-time.Second), first).code(), "before 06:00")
	require.Len(t, at(midnight.Add(6*time.Hour), first).at("WeChatBillDetails", 0, "ChargeDetails"), 1)
	require.Equal(t, "InvalidParameter", at(midnight.Add(6*time.Hour), second).code())
	a := at(midnight.Add(30*time.Hour), second)
	require.Len(t, a.at("WeChatBillDetails", 0, "ChargeDetails"), 1)
	require.EqualValues(t, 1, a.at("WeChatBillDetails", 0, "ChargeCount"))

	c.sim.Advance(363 * 24 * time.Hour)
	today := c.sim.Now().In(china)
	require.Empty(t, c.call("GetWeChatBillDetails", obj{"Date": today.AddDate(0, 0, -365).Format("2006-01-02"), "Cursor": 0}).code())
	c.refused("InvalidParameter", "GetWeChatBillDetails", obj{"Date": today.AddDate(0, 0, -366).Format("2006-01-02"), "Cursor": 0})
	for _, date := range []string{"", "2026-1-2", "20260102", today.Format("2006-01-02")} {
		c.refused("InvalidParameter", "GetWeChatBillDetails", obj{"Date": date, "Cursor": 0})
	}
}

func TestBillPagesFollowTheCursor(t *testing.T) {
	c := newCaller(t, faceidtest.WithBillPage(2))
	c.toChina(12)
	var want []string
	for range 5 {
		token := c.bizToken()
		c.mini(token)
		want = append(want, token)
	}
	day := c.toChina(6)
	for range 2 { // a page may be queried again
		var got []string
		for cursor, pages := any(0), 1; ; pages++ {
			a := c.good("GetWeChatBillDetails", obj{"Date": day, "Cursor": cursor})
			for _, line := range a.at("WeChatBillDetails").([]any) {
				got = append(got, line.(obj)["BizToken"].(string))
			}
			if a.at("HasNextPage") == false {
				require.Equal(t, 3, pages)
				break
			}
			cursor = a.at("NextCursor")
			require.NotZero(t, cursor)
		}
		require.Equal(t, want, got)
	}
	c.refused("InvalidParameter", "GetWeChatBillDetails", obj{"Date": day, "Cursor": 2})
	c.refused("InvalidParameterValue", "GetWeChatBillDetails", obj{"Date": day, "Cursor": -1})
	c.refused("InvalidParameter", "GetWeChatBillDetails", obj{"Date": day, "Cursor": "0"})
	c.refused("InvalidParameterValue.RuleIdNotExist", "GetWeChatBillDetails", obj{"Date": day, "Cursor": 0, "RuleId": "nobody"})

	c = newCaller(t)
	c.toChina(12)
	for range 101 {
		c.mini(c.bizToken())
	}
	day = c.toChina(6)
	a := c.good("GetWeChatBillDetails", obj{"Date": day, "Cursor": 0})
	require.Equal(t, true, a.at("HasNextPage"))
	require.Len(t, a.at("WeChatBillDetails"), 100)
}
