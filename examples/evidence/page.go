package main

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
)

// state is what the page shows, and the line on the standard output.
type state struct {
	Day, Hour         int
	Away              bool // the platform is out of order
	States            [4]int
	Oldest            time.Duration // the age of the oldest order that has not ended
	Files, Missing    int
	Late, InTrouble   int
	Signed, Refused   int
	Month             []evidence.Charge
	Charged, Verified int
}

// Unfinished returns how many orders have not ended.
func (s state) Unfinished() int {
	return s.States[evidence.Waiting] + s.States[evidence.Decided] + s.States[evidence.Told]
}

// All returns how many orders there are.
func (s state) All() int { return s.Unfinished() + s.States[evidence.Done] }

// String is the line on the standard output.
func (s state) String() string {
	text := fmt.Sprintf("day %d, %02d:00  waiting %d, told %d, done %d; files %d; charged %d; oldest %v",
		s.Day, s.Hour, s.States[evidence.Waiting], s.States[evidence.Decided]+s.States[evidence.Told], s.States[evidence.Done],
		s.Files, s.Charged, s.Oldest.Round(time.Hour))
	if s.Away {
		text += "; the platform is out of order"
	}
	return text
}

// look reads the state out of the ledger. A shop with millions of orders asks the database
// for the counts instead.
func (s *shop) look(ctx context.Context) (state, error) {
	now := s.platform.Now()
	hours := int(now.Sub(s.begun).Hours())
	st := state{Day: hours/24 + 1, Hour: hours % 24, Away: s.outage.now()}
	for e, err := range s.ledger.Entries(ctx, evidence.Query{}) {
		if err != nil {
			return st, err
		}
		st.States[e.State]++
		st.Files += len(e.Files)
		if e.State == evidence.Done {
			if e.Outcome.Family != faceid.ErrNoResult { // an order without a result has no files
				st.Missing += len(e.Missing)
			}
			continue
		}
		st.Oldest = max(st.Oldest, now.Sub(e.Order.OpenedAt))
		if e.Trouble != "" {
			st.InTrouble++
		}
	}
	for _, err := range s.keeper.Late(ctx, 68*time.Hour) {
		if err != nil {
			return st, err
		}
		st.Late++
	}
	var err error
	if st.Month, err = s.keeper.Charges(ctx, now.AddDate(0, -1, 0), now.Add(time.Hour)); err != nil {
		return st, err
	}
	for _, c := range st.Month {
		st.Charged += c.Charged
		st.Verified += c.Orders
	}
	err = s.db.QueryRowContext(ctx, `SELECT COUNT(CASE WHEN state = 'signed' THEN 1 END), COUNT(CASE WHEN state = 'refused' THEN 1 END) FROM contracts`).Scan(&st.Signed, &st.Refused)
	return st, err
}

// pages is the page and the jobs.
func (s *shop) pages(ctx context.Context) (http.Handler, error) {
	mux := http.NewServeMux()
	jobs, err := s.engine.jobs(ctx)
	if err != nil {
		return nil, err
	}
	if jobs != nil {
		mux.Handle("/jobs/", jobs)
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		st, err := s.look(r.Context())
		if err != nil {
			http.Error(w, "the ledger does not answer", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = page.Execute(w, struct {
			state
			Jobs bool
		}{st, jobs != nil}) // a browser that has gone needs no page
	})
	return mux, nil
}

var page = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="2">
<title>Orders</title>
<style>
body { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 2rem }
th, td { text-align: left; padding: .35rem .5rem; border-bottom: 1px solid color-mix(in srgb, currentcolor 20%, transparent) }
td { font-variant-numeric: tabular-nums; text-align: right }
thead th:nth-child(n+3) { text-align: right }
.bad td, .bad th { color: light-dark(#b3261e, #f4a09a); font-weight: 600 }
</style>
<main>
<h1>Orders</h1>
<p role="status">Day {{.Day}}, {{printf "%02d" .Hour}}:00.{{if .Away}} <strong>The platform is out of order.</strong>{{end}}
{{if .Jobs}}<a href="/jobs/">Jobs</a>{{end}}</p>
<table>
<tr><th scope="row">waiting for a result</th><td id="waiting">{{index .States 0}}</td></tr>
<tr><th scope="row">result is known, and is not told</th><td id="decided">{{index .States 1}}</td></tr>
<tr><th scope="row">told, files are waited for</th><td id="told">{{index .States 2}}</td></tr>
<tr><th scope="row">done</th><td id="done">{{index .States 3}}</td></tr>
<tr><th scope="row">age of the oldest that is not done</th><td id="oldest">{{printf "%.0f" .Oldest.Hours}} h</td></tr>
<tr{{if .Late}} class="bad"{{end}}><th scope="row">older than 68 hours and not done</th><td id="late">{{.Late}}</td></tr>
<tr><th scope="row">in trouble</th><td id="trouble">{{.InTrouble}}</td></tr>
<tr><th scope="row">files in the bucket</th><td id="files">{{.Files}}</td></tr>
<tr><th scope="row">files that never came</th><td id="missing">{{.Missing}}</td></tr>
<tr><th scope="row">contracts signed</th><td id="signed">{{.Signed}}</td></tr>
<tr><th scope="row">contracts refused</th><td id="refused">{{.Refused}}</td></tr>
</table>
<h2>The month</h2>
<table>
<thead><tr><th scope="col">day</th><th scope="col">product</th><th scope="col">orders</th><th scope="col">passed</th><th scope="col">charged</th></tr></thead>
{{range .Month}}<tr><th scope="row">{{.Day}}</th><th>{{.Product}}</th><td>{{.Orders}}</td><td>{{.Passed}}</td><td>{{.Charged}}</td></tr>
{{end}}<tr><th scope="row">all</th><th></th><td>{{.Verified}}</td><td></td><td id="charged">{{.Charged}}</td></tr>
</table>
</main>
`))

// report says how everything has ended.
func (s *shop) report(ctx context.Context) error {
	fmt.Fprintln(s.out, "\nWhat is kept of the first people:")
	shown, late := 0, 0
	for e, err := range s.ledger.Entries(ctx, evidence.Query{}) {
		if err != nil {
			return err
		}
		if e.State != evidence.Done {
			late++
		}
		if e.Order.OpenedAt.Before(s.begun) || shown == len(visitors()) || e.State != evidence.Done {
			continue
		}
		shown++
		m, err := s.keeper.Manifest(ctx, e.Order)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "%-40s %-15s %d files\n", e.Order.Ref, string(m.Outcome.Family), len(m.Files))
	}
	st, err := s.look(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(s.out, "\nWhat is charged:")
	for _, c := range st.Month {
		fmt.Fprintf(s.out, "%s %-7s orders: %d, passed: %d, charged: %d\n", c.Day, c.Product, c.Orders, c.Passed, c.Charged)
	}
	fmt.Fprintf(s.out, "contracts signed: %d, refused: %d\n", st.Signed, st.Refused)
	fmt.Fprintf(s.out, "orders without an end: %d of %d\n", late, st.All())
	return nil
}
