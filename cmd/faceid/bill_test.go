package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/faceid-go/faceid/cmd/faceid/internal/setup"
	"github.com/faceid-go/faceid/faceidtest"
)

// billed is a platform whose people came two days ago.
func billed(t *testing.T) (*platform, string) {
	t.Helper()
	day := time.Now().AddDate(0, 0, -2)
	p := newPlatform(t, faceidtest.WithStart(day))
	p.weChat(0)
	p.weChat(1002, 0)
	p.weChat(1004)
	p.Advance(48 * time.Hour)
	return p, day.In(chinaTime).Format(time.DateOnly)
}

func TestBillSumsADayUp(t *testing.T) {
	p, day := billed(t)
	a := p.run("", "bill", day, "--rule", faceidtest.RulePlus+"=plus")
	require.Equal(t, exitOK, a.code, a.err)
	lines := strings.Split(a.out, "\n")
	require.Equal(t, "RuleId    product  flows  attempts  charged  inconsistent", lines[0])
	require.Equal(t, []string{faceidtest.RulePlus, "plus", "2", "3"}, strings.Fields(lines[1])[:4])
	require.Contains(t, a.out, "no bill for the kyc1 products")
	require.Contains(t, a.out, day)

	a = p.run("", "-json", "bill", day)
	var b bill
	require.NoError(t, json.Unmarshal([]byte(a.out), &b))
	require.Equal(t, day, b.Day)
	require.Equal(t, 2, b.Rules[0].Flows, "what costs nothing is not on the bill")
	require.Positive(t, b.Charged)
	require.Equal(t, map[string]int{"": b.Charged}, b.Products)
	require.Contains(t, b.Note.ZH, "kyc1")

	a = p.run("", "bill", day, "--csv", "--rule-id", faceidtest.RulePlus)
	require.Equal(t, exitOK, a.code, a.err)
	require.True(t, strings.HasPrefix(a.out, "RuleId,product,flows,attempts,charged,inconsistent\nsim-plus,,2,3,"), a.out)
	require.Equal(t, 2, strings.Count(a.out, "\n"))
	require.Contains(t, a.err, "no bill for the kyc1 products", "beside the table")
	a = p.run("", "--lang", "zh", "bill", day)
	require.Contains(t, a.out, "计费次数")
	require.Contains(t, a.out, "没有为 kyc1 产品")
}

// The codes of Basic are charged differently, so the bill contradicts a wrong product.
func TestBillSaysWhatContradictsItself(t *testing.T) {
	p, day := billed(t)
	p.ScriptCloudDefault(faceidtest.CloudTries(0))
	a := p.run("", "-json", "bill", day, "--rule", faceidtest.RulePlus+"=basic")
	var b bill
	require.NoError(t, json.Unmarshal([]byte(a.out), &b))
	require.Positive(t, b.Rules[0].Inconsistent)
	require.Equal(t, exitNo, a.code)
}

func TestBillTakesTheLastDayThatIsReady(t *testing.T) {
	for now, day := range map[string]string{
		"2026-11-29T05:59:00+08:00": "2026-11-27",
		"2026-11-29T06:01:00+08:00": "2026-11-28",
		"2026-11-29T23:59:00+08:00": "2026-11-28",
	} {
		at, err := time.Parse(time.RFC3339, now)
		require.NoError(t, err)
		got, err := billCmd{}.day(at.UTC())
		require.NoError(t, err)
		require.Equal(t, day, got.In(chinaTime).Format(time.DateOnly), now)
	}
}

func TestBillRefusesWhatItCannotUse(t *testing.T) {
	p, day := billed(t)
	require.Equal(t, exitUsage, p.run("", "bill", "yesterday").code)
	require.Equal(t, exitUsage, p.run("", "bill", day, "--rule", "x=will").code)
	a := p.with(map[string]string{setup.CloudID: "", setup.CloudKey: "", setup.CloudToken: ""}).run("", "bill", day)
	require.Equal(t, exitUsage, a.code)
	p.FailNext("GetWeChatBillDetails", faceidtest.FaultCode("UnauthorizedOperation.Nopermission", ""))
	require.Equal(t, exitTrouble, p.run("", "bill", day).code)
}
