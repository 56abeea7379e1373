package fleet

import (
	"fmt"
	"strings"
	"time"

	"github.com/faceid-go/faceid/proof/internal/trial"
)

// tell writes the account as tables.
func tell(report *trial.Report, r *record, start time.Time) {
	tellSums(report, r)
	tellMints(report, r)
	tellTrouble(report, r)
	tellLatencies(report, r)
	tellScript(report, r, start)
}

func tellSums(report *trial.Report, r *record) {
	trouble, wrong, unmatched := 0, 0, 0
	for _, s := range r.stories {
		if s.Trouble {
			trouble++
		}
		if s.Wrong != "" {
			wrong++
		}
	}
	for _, c := range r.calls {
		if c.Trouble == noTicketMatched {
			unmatched++
		}
	}
	report.Table([]string{"what", "how many"},
		[]any{"verifications that ended as they should", len(r.stories) - trouble - wrong},
		[]any{"ended by an error that the user saw", trouble},
		[]any{"cut off with their process", r.begun - len(r.stories)},
		[]any{"wrong outcomes", wrong},
		[]any{"callbacks that matched no ticket", unmatched},
		[]any{"calls of the client", len(r.calls)},
		[]any{"mints", len(r.mints)},
		[]any{"SIGN tickets", len(r.signs)},
		[]any{"requests that the platform refused, and that were repeated", len(r.refused)},
	)
}

func tellMints(report *trial.Report, r *record) {
	names, n := count(r.mints, func(m mint) string { return m.name })
	var rows [][]any
	for _, name := range names {
		rows = append(rows, []any{name, n[name]})
	}
	report.Table([]string{"mint", "how many"}, rows...)
}

func tellTrouble(report *trial.Report, r *record) {
	var trouble []call
	for _, c := range r.calls {
		if c.Trouble != "" {
			trouble = append(trouble, c)
		}
	}
	names, n := count(trouble, func(c call) string {
		name := r.nameTrouble(c)
		if name == "" {
			name = "?"
		}
		return strings.Join([]string{c.Trouble, c.Op, name}, "\n")
	})
	if len(names) == 0 {
		report.Say("No user saw an error.")
		return
	}
	var rows [][]any
	for _, name := range names {
		kind, rest, _ := strings.Cut(name, "\n")
		op, cause, _ := strings.Cut(rest, "\n")
		rows = append(rows, []any{kind, op, cause, n[name]})
	}
	report.Table([]string{"error that a user saw", "in", "because of", "how many"}, rows...)
}

func tellLatencies(report *trial.Report, r *record) {
	ms := func(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }
	latencies := r.latencies()
	var rows [][]any
	for _, op := range []string{"StartH5", "StartPC", "OpenH5", "LoginURL", "StartSDK", "VerifyCallback", "ConfirmReturn", "ConfirmFace", allOps} {
		for _, moment := range []string{calm, rotating, underFire} {
			all := latencies[when{op, moment}]
			rows = append(rows, []any{op, moment, len(all), ms(quantile(all, 0.5)), ms(quantile(all, 0.99)), ms(quantile(all, 1))})
		}
	}
	report.Table([]string{"call", "when", "how many", "p50", "p99", "max"}, rows...)
	report.Say("A rotation is from half a second before a mint until 3 s after it. Calls of the first 3 s are not counted, nor those of a process while it was stopped and in the second after.")
}

func tellScript(report *trial.Report, r *record, start time.Time) {
	var rows [][]any
	for _, a := range r.attacks {
		rows = append(rows, []any{fmt.Sprintf("%.1f s", a.begin.Sub(start).Seconds()), a.kind, a.said})
	}
	report.Folded("the script, as it was carried out", []string{"at", "attack", ""}, rows...)
}
