package evidence

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/proof/internal/trial"
)

// tell writes the account as tables.
func tell(report *trial.Report, w *world, r *record, complaints []complaint, lived time.Duration) {
	report.Say("%s: %d processes, with the platform's clock up to %v times faster than the machine's.", w.service.engine, w.form.workers, w.form.pace)
	tellFaults(report, r, complaints)
	tellSums(report, w, r, lived)
	tellKinds(report, r)
	tellTimes(report, r)
	tellCharges(report, r)
	tellMemory(report, r)
	tellTrouble(report, w, r)
}

func tellFaults(report *trial.Report, r *record, complaints []complaint) {
	rows := [][]any{{"orders", len(r.orders)}, {"files that the platform had, with the answers", filesOf(r)}}
	for _, what := range faults {
		n := 0
		for _, c := range complaints {
			if c.what == what {
				n++
			}
		}
		rows = append(rows, []any{what, n})
	}
	report.Table([]string{"what", "how many"}, rows...)
}

func filesOf(r *record) (n int) {
	for _, o := range r.orders {
		n += len(o.files())
		if o.end.family != faceid.ErrNoResult {
			n++
		}
	}
	return n
}

func tellSums(report *trial.Report, w *world, r *record, lived time.Duration) {
	again, strays, oldest := 0, 0, time.Duration(0)
	for _, told := range r.tellings() {
		again += len(told) - 1
	}
	for _, k := range r.kept {
		strays += max(k.strays, 0)
	}
	for _, l := range r.late {
		oldest = max(oldest, l.age)
	}
	age := "no order was found unfinished after 66.5 h"
	if oldest > 0 {
		age = fmt.Sprintf("%.1f h", oldest.Hours())
	}
	report.Table([]string{"what", "how many"},
		[]any{"hours that passed at the platform", fmt.Sprintf("%.0f", r.passed.Hours())},
		[]any{"minutes that passed on the machine", fmt.Sprintf("%.1f", lived.Minutes())},
		[]any{"of them minutes in which the platform's clock waited, because the machine was behind", fmt.Sprintf("%.1f", w.stood.Minutes())},
		[]any{"outcomes told again, under the same key", again},
		[]any{"requests of the processes to the platform", w.requests.Load()},
		[]any{"of them with a fault, or in an outage", w.faults.Load()},
		[]any{"lives of processes", w.lives},
		[]any{"objects of looks that were cut off, which stay until the order is deleted", strays},
		[]any{"the oldest unfinished order", age},
	)
}

func tellKinds(report *trial.Report, r *record) {
	type sums struct{ all, passed, failed, nothing, files int }
	of := map[string]*sums{}
	for _, o := range r.orders {
		s := of[string(o.kind.name)]
		if s == nil {
			s = &sums{}
			of[string(o.kind.name)] = s
		}
		s.all++
		s.files += len(o.files())
		switch {
		case o.end.passed():
			s.passed++
		case o.end.family == faceid.ErrNoResult:
			s.nothing++
		default:
			s.failed++
		}
	}
	var rows [][]any
	for _, name := range slices.Sorted(maps.Keys(of)) {
		s := of[name]
		rows = append(rows, []any{name, s.all, s.passed, s.failed, s.nothing, s.files})
	}
	report.Table([]string{"kind", "orders", "passed", "did not pass", "no result", "files"}, rows...)
}

// tellTimes tells how long after the schedule the merchants were told for the first time.
func tellTimes(report *trial.Report, r *record) {
	told := r.tellings()
	var calm, disturbed []time.Duration
	for _, o := range r.orders {
		if len(told[o.ref]) == 0 {
			continue
		}
		due := o.dueAt()
		late := max(told[o.ref][0].at.Sub(due), 0)
		if r.allowed(due).Sub(due) > r.slack {
			disturbed = append(disturbed, late)
		} else {
			calm = append(calm, late)
		}
	}
	var rows [][]any
	for _, part := range []struct {
		name string
		all  []time.Duration
	}{{"nothing disturbed", calm}, {"trouble disturbed", disturbed}} {
		slices.Sort(part.all)
		rows = append(rows, []any{part.name, len(part.all), quantile(part.all, 0.5), quantile(part.all, 0.99), quantile(part.all, 1)})
	}
	report.Table([]string{"told after the schedule of an order that", "orders", "p50", "p99", "max"}, rows...)
}

// quantile of sorted durations: the least that q of them do not exceed.
func quantile(sorted []time.Duration, q float64) string {
	if len(sorted) == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f min", sorted[max(int(float64(len(sorted))*q+0.999999)-1, 0)].Minutes())
}

func tellCharges(report *trial.Report, r *record) {
	want, got := r.charged()
	var rows [][]any
	for _, product := range slices.Sorted(maps.Keys(want)) {
		bill := any("-")
		if product == "wechat" {
			bill = r.bill
		}
		rows = append(rows, []any{product, want[product], got[product], bill})
	}
	report.Table([]string{"product", "charges of the platform", "charges of the ledger", "charges of the bill"}, rows...)
}

func tellMemory(report *trial.Report, r *record) {
	const MiB = 1 << 20
	lives, most, resident := 0, int64(0), uint64(0)
	for _, sizes := range r.lives() {
		if first, last := halves(sizes); first > 0 {
			lives++
			most = max(most, int64(last)-int64(first))
		}
	}
	for _, s := range r.sizes {
		resident = max(resident, s.Resident)
	}
	report.Table([]string{"memory of the processes", "MiB"},
		[]any{fmt.Sprintf("most that the heap grew from the first half of a life to the second, of %d lives", lives), fmt.Sprintf("%.1f", float64(most)/MiB)},
		[]any{"most that any process had", resident / MiB},
	)
}

func tellTrouble(report *trial.Report, w *world, r *record) {
	sums, hours := map[string]int{}, map[string]time.Duration{}
	var script [][]any
	for _, t := range r.trouble {
		sums[t.what]++
		hours[t.what] += t.end.Sub(t.begin)
		script = append(script, []any{fmt.Sprintf("%.1f h", t.begin.Sub(w.begin).Hours()), t.what, t.end.Sub(t.begin).Round(time.Minute)})
	}
	var rows [][]any
	for _, what := range slices.Sorted(maps.Keys(sums)) {
		rows = append(rows, []any{what, sums[what], fmt.Sprintf("%.1f", hours[what].Hours())})
	}
	report.Table([]string{"trouble", "how many times", "hours in all"}, rows...)
	report.Folded("the trouble, as it came", []string{"at", "what", "for"}, script...)
}
