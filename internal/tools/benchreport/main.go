// Command benchreport reads the output of the benchmarks and prints it as tables
// that compare the ways. It says of every target whether it holds. It fails if a
// target is missed or if a row is absent.
//
//	go run ./internal/tools/benchreport [-markdown docs/BENCHMARKS.md] [-svg docs/benchmarks.svg] [file]
//
// With docs/BENCHMARKS.md it also writes docs/BENCHMARKS.zh-CN.md, in Chinese, if that is there.
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"
)

func main() {
	good, err := run(os.Args[1:], os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if !good {
		os.Exit(1)
	}
}

// run is the command. It reports whether all targets hold and no row is absent.
func run(args []string, in io.Reader, out io.Writer) (good bool, err error) {
	flags := flag.NewFlagSet("benchreport", flag.ContinueOnError)
	markdown := flags.String("markdown", "", "write the tables between the markers of this `file` and of its Chinese twin")
	svg := flags.String("svg", "", "draw the plot into this `file`")
	if err := flags.Parse(args); err != nil {
		return false, err
	}
	if name := flags.Arg(0); name != "" {
		file, err := os.Open(name)
		if err != nil {
			return false, err
		}
		defer file.Close()
		in = file
	}
	r, err := parse(in)
	if err != nil {
		return false, err
	}
	tables := allTables(r)
	verdicts, held := judge(r)
	for _, t := range append(tables, verdicts) {
		t.print(out)
	}
	for _, name := range r.absent {
		fmt.Fprintln(out, "no figure:", name)
	}
	if *markdown != "" {
		err = cmp.Or(err, fillPages(*markdown, append(tables, verdicts)))
	}
	if *svg != "" {
		err = cmp.Or(err, os.WriteFile(*svg, []byte(plot(r)), 0o644))
	}
	return held && len(r.absent) == 0, err
}

// table is printed on a terminal and in Markdown.
type table struct {
	name, title string
	head        []string
	rows        [][]string
}

func (t table) print(out io.Writer) {
	fmt.Fprintf(out, "\n%s\n", t.title)
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	for _, row := range append([][]string{t.head}, t.rows...) {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	_ = w.Flush()
}

func (t table) markdown() string {
	var b strings.Builder
	line := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	line(t.head)
	line(strings.Split(strings.Repeat("-", len(t.head)), ""))
	for _, row := range t.rows {
		line(row)
	}
	return b.String()
}

// endMark ends the place of a table.
const endMark = "<!-- end -->"

// fillPages replaces each table of a document, and of its Chinese twin if there is one.
func fillPages(name string, tables []table) error {
	if err := fill(name, tables); err != nil {
		return err
	}
	twin := twinOf(name)
	if _, err := os.Stat(twin); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var chinese []table
	for _, t := range tables {
		chinese = append(chinese, t.inChinese())
	}
	return fill(twin, chinese)
}

// twinOf returns the name of the Chinese twin of a document.
func twinOf(name string) string { return strings.TrimSuffix(name, ".md") + ".zh-CN.md" }

// fill replaces each table of a document. Markers in the document name the tables
// and their places.
func fill(name string, tables []table) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	doc := string(text)
	for _, t := range tables {
		mark := fmt.Sprintf("<!-- figures: %s -->\n", t.name)
		before, rest, found := strings.Cut(doc, mark)
		_, after, closed := strings.Cut(rest, endMark)
		if !found || !closed {
			return fmt.Errorf("%s has no place for %s", name, t.name)
		}
		doc = before + mark + t.markdown() + endMark + after
	}
	return os.WriteFile(name, []byte(doc), 0o644)
}
