package faceid

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestValidityIsReadInEveryForm(t *testing.T) {
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, chinaTime) }
	for text, want := range map[string]Validity{
		"20190128-20390128":     {From: day(2019, 1, 28), To: day(2039, 1, 28)},
		"20190128-长期":           {From: day(2019, 1, 28), LongTerm: true},
		"2019.01.28-2039.01.28": {From: day(2019, 1, 28), To: day(2039, 1, 28)},
		"2019.01.28-长期":         {From: day(2019, 1, 28), LongTerm: true},
		"":                      {},
		"长期":                    {},
		"20190230-20390128":     {To: day(2039, 1, 28)},
		"x-y":                   {},
		"20190128":              {},
	} {
		want.Text = text
		require.Equal(t, want, parseValidity(text), text)
	}
}

func TestValidityLastsUntilItsLastDayHasEnded(t *testing.T) {
	v := parseValidity("20190128-20390128")
	end := time.Date(2039, 1, 29, 0, 0, 0, 0, chinaTime)
	require.True(t, v.Covers(end.Add(-1)))
	require.False(t, v.Covers(end))
	require.False(t, v.Covers(time.Date(2019, 1, 28, 0, 0, 0, 0, chinaTime).Add(-1)))
	require.True(t, v.Covers(time.Date(2019, 1, 28, 0, 0, 0, 0, chinaTime)))
	require.True(t, parseValidity("20190128-长期").Covers(end.AddDate(500, 0, 0)))
	require.False(t, Validity{}.Covers(end), "what could not be read covers nothing")
}

func TestWarningsAreReadByPosition(t *testing.T) {
	w := Warnings("10010100")
	for position, want := range map[int]bool{0: false, 1: true, 2: false, 3: false, 4: true, 5: false, 6: true, 7: false, 8: false, 9: false, -1: false} {
		require.Equal(t, want, w.Has(position), position)
	}
	require.True(t, w.Any())
	require.False(t, Warnings("00000000").Any())
	require.False(t, Warnings("").Any())
	require.False(t, Warnings("").Has(1))
}
