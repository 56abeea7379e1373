// Package trial holds what the long trials share: a seed that repeats a trial, a
// short form for every day and a long one for the record, and a report.
//
//	go test ./proof/siege -args -long -seed 7
package trial

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

var (
	long   = flag.Bool("long", false, "the long form of the trial")
	seed   = flag.Uint64("seed", 1, "what the trial's script is drawn from: the same seed, the same script")
	record = flag.String("record", "", "write the report between its markers in this file, relative to the test's directory")
)

// Long reports whether the long form was asked for.
func Long() bool { return *long }

// Pick returns the size of the long form or of the short one.
func Pick[T any](longForm, shortForm T) T {
	if *long {
		return longForm
	}
	return shortForm
}

// Seed returns the seed that the script is drawn from.
func Seed() uint64 { return *seed }

// Rand draws from the seed. Each part of a script has a stream of its own, so that
// one part does not change what the others draw.
func Rand(stream uint64) *rand.Rand {
	return rand.New(rand.NewPCG(*seed, stream)) //nolint:gosec // a script must be repeatable
}

// A Report holds the tables of one trial. It is printed when the test ends.
type Report struct {
	name  string
	start time.Time
	text  bytes.Buffer
}

// NewReport begins the report of a trial. The file of -record has markers of that
// name. The report of a trial that fails is printed and not recorded.
func NewReport(t *testing.T, name string) *Report {
	r := &Report{name: name, start: time.Now()}
	t.Cleanup(func() {
		text := r.header() + r.text.String()
		fmt.Fprintf(t.Output(), "\n%s\n", text)
		if *record == "" || t.Failed() {
			return
		}
		if err := replaceSection(*record, r.name, text); err != nil {
			t.Error(err)
		}
	})
	return r
}

func (r *Report) header() string {
	form := Pick("long", "short")
	return fmt.Sprintf("`%s`, %s form, seed %d, commit %s, %s, %d cores, %s in all.\n\n",
		r.name, form, *seed, commit(), runtime.Version(), runtime.NumCPU(), time.Since(r.start).Round(time.Second))
}

// Say adds a paragraph.
func (r *Report) Say(format string, args ...any) {
	fmt.Fprintf(&r.text, format+"\n\n", args...)
}

// Table adds a table. Each cell is printed by fmt.
func (r *Report) Table(header []string, rows ...[]any) {
	line := func(cells []string) { fmt.Fprintf(&r.text, "| %s |\n", strings.Join(cells, " | ")) }
	line(header)
	line(strings.Split(strings.Repeat("---,", len(header)-1)+"---", ","))
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = strings.ReplaceAll(fmt.Sprint(cell), "|", `\|`)
		}
		line(cells)
	}
	r.text.WriteByte('\n')
}

// Folded adds a table that a reader unfolds.
func (r *Report) Folded(summary string, header []string, rows ...[]any) {
	fmt.Fprintf(&r.text, "<details><summary>%s</summary>\n\n", summary)
	r.Table(header, rows...)
	r.text.WriteString("</details>\n\n")
}

// commit returns the commit that was tried. It ends in "+" if the work tree differs
// from it.
func commit() string {
	head, err := exec.CommandContext(context.Background(), "git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	text := strings.TrimSpace(string(head))
	changed, err := exec.CommandContext(context.Background(), "git", "status", "--porcelain", "--", ":/*.go", ":/*.mod", ":/*.tsv", ":/*.json").Output()
	if err != nil || len(changed) > 0 {
		text += "+"
	}
	return text
}

// replaceSection puts text between <!-- name --> and <!-- /name -->.
func replaceSection(path, name, text string) error {
	old, err := os.ReadFile(path) //nolint:gosec // the caller's own file
	if err != nil {
		return err
	}
	begin, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->"
	between := regexp.MustCompile(`(?s)` + regexp.QuoteMeta(begin) + `.*` + regexp.QuoteMeta(end))
	if len(between.FindAllIndex(old, 2)) != 1 {
		return errors.New("trial: " + path + " has not one pair of markers of " + name)
	}
	made := between.ReplaceAllLiteral(old, []byte(begin+"\n"+strings.TrimSpace(text)+"\n\n"+end))
	return os.WriteFile(path, made, 0o644) //nolint:gosec // a document for everyone
}
