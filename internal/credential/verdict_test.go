package credential

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// words are a verdict in the words of this test.
type words struct{ sign, launch, due string }

func inWords(v Verdict) words {
	use := map[Use]string{No: "no", Fallback: "fallback", Meanwhile: "meanwhile", Yes: "yes"}
	due := map[Due]string{Nothing: "nothing", FetchSign: "SIGN", Mint: "mint"}
	return words{use[v.Sign], use[v.Launch], due[v.Due]}
}

// phase is a verdict that holds from a moment until the next phase begins.
type phase struct {
	from  time.Duration
	words words
}

var lives = struct{ token, sign time.Duration }{2 * time.Hour, time.Hour}

func pairAged(age time.Duration) *record {
	return &record{Token: Ticket{"token", lives.token, age}, Sign: Ticket{"sign", lives.sign, age}}
}

// changed returns the record after a change.
func changed(r *record, change func(r *record)) *record {
	change(r)
	return r
}

func halfWith(old ...Ticket) *record {
	return &record{Token: Ticket{"token", lives.token, 0}, Recent: old}
}

var oldSign = Ticket{"old", time.Hour, 20 * time.Minute}

const ns = time.Nanosecond

// verdictPhases are records and the phases of the verdicts on them.
var verdictPhases = map[string]struct {
	of     *record
	phases []phase
}{
	"nothing": {new(record), []phase{
		{0, words{"no", "no", "mint"}},
		{time.Hour, words{"no", "no", "mint"}},
	}},
	"a pair": {pairAged(0), []phase{
		{0, words{"yes", "yes", "nothing"}},
		{19 * time.Minute, words{"yes", "fallback", "mint"}},
		{20 * time.Minute, words{"meanwhile", "fallback", "mint"}},
		{55*time.Minute + ns, words{"no", "fallback", "mint"}},
		{115*time.Minute + ns, words{"no", "no", "mint"}},
	}},
	"a pair of a simulator at speed 20": {&record{Token: Ticket{"token", 6 * time.Minute, 0}, Sign: Ticket{"sign", 3 * time.Minute, 0}}, []phase{
		{0, words{"yes", "yes", "nothing"}},
		{57 * time.Second, words{"yes", "fallback", "mint"}},
		{time.Minute, words{"meanwhile", "fallback", "mint"}},
		{165*time.Second + ns, words{"no", "fallback", "mint"}},
		{345*time.Second + ns, words{"no", "no", "mint"}},
	}},
	"a pair whose ages were told": {pairAged(18 * time.Minute), []phase{
		{0, words{"yes", "yes", "nothing"}},
		{time.Minute, words{"yes", "fallback", "mint"}},
	}},
	"a SIGN ticket of ten minutes": {changed(pairAged(0), func(r *record) { r.Sign.Life = 10 * time.Minute }), []phase{
		{0, words{"yes", "yes", "nothing"}},
		{5*time.Minute + ns, words{"no", "yes", "SIGN"}},
		{19 * time.Minute, words{"no", "fallback", "mint"}},
	}},
	"a SIGN ticket of a minute": {changed(pairAged(0), func(r *record) { r.Sign.Life = time.Minute }), []phase{
		{0, words{"yes", "yes", "nothing"}},
		{30*time.Second + ns, words{"no", "yes", "SIGN"}},
	}},
	"half": {halfWith(oldSign), []phase{
		{0, words{"meanwhile", "yes", "SIGN"}},
		{48 * time.Second, words{"no", "yes", "SIGN"}},
		{19 * time.Minute, words{"no", "fallback", "SIGN"}},
		{115*time.Minute + ns, words{"no", "no", "mint"}},
	}},
	"half, the old SIGN ticket ends": {halfWith(Ticket{"old", time.Hour, time.Hour - 30*time.Second}), []phase{
		{0, words{"meanwhile", "yes", "SIGN"}},
		{30 * time.Second, words{"no", "yes", "SIGN"}},
	}},
	"half, the old pair dead": {changed(halfWith(oldSign), func(r *record) { r.OldDead = true }), []phase{
		{0, words{"no", "yes", "SIGN"}},
		{19 * time.Minute, words{"no", "fallback", "SIGN"}},
	}},
	"half, the first ever": {halfWith(), []phase{
		{0, words{"no", "yes", "SIGN"}},
	}},
	"marked": {changed(pairAged(5*time.Minute), func(r *record) { r.marked("me", 30*time.Second) }), []phase{
		{0, words{"yes", "no", "mint"}},
		{30*time.Second + ns, words{"fallback", "no", "mint"}},
		{50*time.Minute + ns, words{"no", "no", "mint"}},
	}},
	"marked when it was due": {changed(pairAged(20*time.Minute), func(r *record) { r.marked("me", 30*time.Second) }), []phase{
		{0, words{"meanwhile", "no", "mint"}},
		{30*time.Second + ns, words{"fallback", "no", "mint"}},
		{35*time.Minute + ns, words{"no", "no", "mint"}},
	}},
	"marked while half": {changed(halfWith(oldSign), func(r *record) { r.marked("me", 30*time.Second) }), []phase{
		{0, words{"meanwhile", "no", "SIGN"}},
		{48 * time.Second, words{"no", "no", "SIGN"}},
	}},
	"marked, and no pair": {new(record).marked("me", 30*time.Second), []phase{
		{0, words{"no", "no", "mint"}},
		{time.Minute, words{"no", "no", "mint"}},
	}},
}

// The verdict is right at the first instant of each phase and at the last instant before
// it.
func TestVerdict(t *testing.T) {
	for name, phases := range verdictPhases {
		t.Run(name, func(t *testing.T) {
			for i, p := range phases.phases {
				require.Equal(t, p.words, inWords(phases.of.verdict(p.from)), "at %v", p.from)
				if i > 0 {
					require.Equal(t, phases.phases[i-1].words, inWords(phases.of.verdict(p.from-ns)), "just before %v", p.from)
				}
			}
		})
	}
}

// A mint that was refused is not sent again before the throttle ends. Without a refusal
// there is no wait.
func TestVerdictWaits(t *testing.T) {
	aging := pairAged(20 * time.Minute)
	for name, c := range map[string]struct {
		of   *record
		want time.Duration
	}{
		"nothing":                    {new(record).forced(denial, true), 10 * time.Second},
		"an aging pair":              {aging.aged(0).forced(denial, true), 10 * time.Second},
		"an aging pair, once more":   {aging.aged(0).forced(denial, true).forced(denial, true), 20 * time.Second},
		"a spent pair":               {pairAged(2*time.Hour).forced(denial, true), 10 * time.Second},
		"a fresh pair":               {pairAged(0).forced(denial, true), 0},
		"half":                       {halfWith(oldSign).forced(denial, true), 0},
		"a throttled recovery":       {aging.aged(0).forced(denial, false), 0},
		"nothing, and no refusal":    {new(record).forced(denial, false), 0},
		"nothing that was throttled": {new(record), 0},
	} {
		require.Equal(t, c.want, c.of.verdict(0).Wait, name)
		require.Equal(t, max(c.want-time.Second, 0), c.of.verdict(time.Second).Wait, name)
		require.Zero(t, c.of.verdict(c.want).Wait, name)
		require.Zero(t, c.of.verdict(time.Hour).Wait, name)
	}
}

func TestVerdictOfALoadedMark(t *testing.T) {
	r := pairAged(0).marked("me", 30*time.Second).aged(20 * time.Second)
	require.Equal(t, Yes, r.verdict(10*time.Second).Sign)
	require.Equal(t, Fallback, r.verdict(10*time.Second+ns).Sign)
}

// tableOf returns the rows of the first table after a heading of a page, without the
// table's own heading.
func tableOf(t *testing.T, page, heading string) (rows [][]string) {
	text, err := os.ReadFile("../../docs/" + page)
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(text), "\n"+heading)
	require.True(t, ok, "%s has the heading %q", page, heading)
	for line := range strings.Lines(rest) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "|"):
			cells := strings.Split(strings.Trim(line, "|"), "|")
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			rows = append(rows, cells)
		case len(rows) > 0:
			return rows[2:]
		}
	}
	return nil
}

// The words of docs/tickets.md, in English and Chinese.
var (
	useCells = map[string]Use{
		"uses it": Yes, "uses it meanwhile": Meanwhile, "prefers the next": Fallback, "waits": No,
		"直接使用": Yes, "先用着": Meanwhile, "优先等新的": Fallback, "等待": No,
	}
	dueCells = map[string]Due{
		"nothing": Nothing, "a SIGN ticket": FetchSign, "a new token": Mint,
		"无": Nothing, "获取 SIGN ticket": FetchSign, "获取新 token": Mint,
	}
)

// figuresOf has the periods that each row names, in the table's order. Whoever changes a
// period must change the page.
var figuresOf = [][]time.Duration{
	{launchAt}, {launchAt, refreshAt}, {refreshAt}, {lives.sign - spentBefore, spentBefore}, {launchAt, spentBefore}, {spentBefore},
	{oldServes}, {oldServes}, {launchAt}, {refreshAt}, {refreshAt}, {limitsOf(usualLife).lease}, {oldServes}, {oldServes}, {},
}

// figure returns a period as the page writes it, without its unit.
func figure(d time.Duration) string {
	if d < time.Minute {
		return strconv.Itoa(int(d / time.Second))
	}
	return strconv.Itoa(int(d / time.Minute))
}

var number = regexp.MustCompile(`[0-9]+`)

// TestVerdictTableNamesThePeriods compares the figures in the first column with the periods.
func TestVerdictTableNamesThePeriods(t *testing.T) {
	for page, heading := range map[string]string{"tickets.md": "## What happens when", "tickets.zh-CN.md": "## 各种状态下的行为"} {
		for i, row := range tableOf(t, page, heading) {
			want := []string{}
			for _, d := range figuresOf[i] {
				want = append(want, figure(d))
			}
			require.ElementsMatch(t, want, number.FindAllString(row[0], -1), "%s, %q", page, row[0])
		}
	}
}

// TestVerdictIsTheTableOfTickets compares each row of the table, at its first and its last
// moment, with the verdict. The rows stand in the table's order.
func TestVerdictIsTheTableOfTickets(t *testing.T) {
	type moment struct {
		of *record
		at time.Duration
	}
	pair, young := pairAged(0), changed(pairAged(0), func(r *record) { r.Sign.Life = 8 * time.Minute })
	half, dead := halfWith(oldSign), changed(halfWith(oldSign), func(r *record) { r.OldDead = true })
	marked := func(r *record, lease time.Duration) *record { return r.aged(0).marked("me", lease) }
	rows := [][]moment{
		{{pair, 0}, {pair, 19*time.Minute - ns}},
		{{pair, 19 * time.Minute}, {pair, 20*time.Minute - ns}},
		{{pair, 20 * time.Minute}, {pair, 55 * time.Minute}},
		{{pair, 55*time.Minute + ns}, {pair, 115 * time.Minute}},
		{{young, 4*time.Minute + ns}, {young, 19*time.Minute - ns}},
		{{new(record), 0}, {pair, 115*time.Minute + ns}},
		{{half, 0}, {half, 48*time.Second - ns}},
		{{half, 48 * time.Second}, {half, 19*time.Minute - ns}, {dead, 0}},
		{{half, 19 * time.Minute}, {half, 115 * time.Minute}, {dead, 19 * time.Minute}},
		{{marked(pairAged(0), time.Hour), 0}, {marked(pairAged(0), time.Hour), 20*time.Minute - ns}},
		{{marked(pairAged(0), time.Hour), 20 * time.Minute}, {marked(pairAged(0), time.Hour), 55 * time.Minute}},
		{{marked(pairAged(0), limitsOf(usualLife).lease), 30*time.Second + ns}, {marked(pairAged(0), 30*time.Second), 55 * time.Minute}},
		{{marked(half, 30*time.Second), 0}, {marked(half, 30*time.Second), 48*time.Second - ns}},
		{{marked(half, 30*time.Second), 48 * time.Second}, {marked(half, 30*time.Second), 115 * time.Minute}},
	}
	for page, heading := range map[string]string{"tickets.md": "## What happens when", "tickets.zh-CN.md": "## 各种状态下的行为"} {
		table := tableOf(t, page, heading)
		require.Len(t, table, len(rows)+1)
		for i, moments := range rows {
			for _, m := range moments {
				want := Verdict{Sign: useCells[table[i][1]], Launch: useCells[table[i][2]], Due: dueCells[table[i][3]]}
				require.Contains(t, useCells, table[i][1])
				require.Contains(t, useCells, table[i][2])
				require.Contains(t, dueCells, table[i][3])
				require.Equal(t, want, m.of.verdict(m.at), "%s, %q, at %v", page, table[i][0], m.at)
			}
		}
		throttled := new(record).forced(Reason{}, true)
		require.Equal(t, Verdict{Due: Mint, Wait: 10 * time.Second}, throttled.verdict(0), "%q", table[len(rows)][0])
	}
}
