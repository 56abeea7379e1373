// Command mutants breaks the code on purpose, one named change at a time, and
// runs the test that must notice. It prints which tests did, and fails if a
// change survives. The work tree is not touched: go test -overlay swaps the
// file.
//
//	go run ./internal/mutants [-j n] [-record file] [name or file…]
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// mutant is one change: old must stand in file exactly once.
type mutant struct {
	name     string
	file     string
	old, new string
	pkg      string // "" is the root
	test     string // -run pattern of the test that kills it
}

func main() {
	jobs := flag.Int("j", 2, "how many mutants are tried at a time; tests need the processor, too")
	timeout := flag.Duration("timeout", time.Minute, "for the tests of one mutant")
	record := flag.String("record", "", "write the result between the markers of mutants in this file")
	flag.Parse()
	if *record != "" && flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "mutants: only a run of all mutants is recorded")
		os.Exit(2)
	}
	chosen, err := choose(mutants, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(2)
	}
	l := lab{dir: ".", timeout: *timeout}
	if err := l.unbroken(chosen); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
	results := l.tryAll(os.Stdout, chosen, *jobs)
	summary(os.Stdout, results)
	if len(survivors(results)) > 0 {
		os.Exit(1)
	}
	if *record != "" {
		if err := writeRecord(*record, results); err != nil {
			fmt.Fprintln(os.Stderr, "mutants:", err)
			os.Exit(1)
		}
	}
}

// choose returns the mutants of these names or files; without any, all.
func choose(all []mutant, wanted []string) (chosen []mutant, err error) {
	known := map[string]bool{}
	for _, m := range all {
		known[m.name], known[m.file] = true, true
		if len(wanted) == 0 || slices.Contains(wanted, m.name) || slices.Contains(wanted, m.file) {
			chosen = append(chosen, m)
		}
	}
	for _, name := range wanted {
		if !known[name] {
			return nil, fmt.Errorf("there is no mutant, and no file with mutants, called %q", name)
		}
	}
	return chosen, nil
}

// result is what became of a mutant.
type result struct {
	mutant
	verdict
}

// tryAll tries mutants, n at a time, and prints what became of them in their
// order.
func (l lab) tryAll(w io.Writer, list []mutant, n int) []result {
	results := make([]result, len(list))
	done := make([]chan struct{}, len(list))
	for i := range done {
		done[i] = make(chan struct{})
	}
	turns := make(chan struct{}, max(n, 1))
	go func() {
		for i, m := range list {
			turns <- struct{}{}
			go func() {
				results[i] = result{m, l.try(m)}
				<-turns
				close(done[i])
			}()
		}
	}()
	for i := range list {
		<-done[i]
		fmt.Fprintln(w, results[i])
	}
	return results
}

func (r result) String() string {
	if r.survived != "" {
		return fmt.Sprintf("SURVIVED  %-40s %s", r.name, r.survived)
	}
	return fmt.Sprintf("killed    %-40s by %s", r.name, r.few())
}

func survivors(results []result) (alive []result) {
	for _, r := range results {
		if r.survived != "" {
			alive = append(alive, r)
		}
	}
	return alive
}

// summary counts by file, in the order of the list.
func summary(w io.Writer, results []result) {
	fmt.Fprintln(w)
	for _, f := range byFile(results) {
		fmt.Fprintf(w, "%-40s %4d mutants, %d survived\n", f.name, f.mutants, f.survived)
	}
	fmt.Fprintf(w, "%d mutants, %d survived\n", len(results), len(survivors(results)))
}

type fileCount struct {
	name              string
	mutants, survived int
}

func byFile(results []result) (files []fileCount) {
	at := map[string]int{}
	for _, r := range results {
		i, known := at[r.file]
		if !known {
			i = len(files)
			at[r.file] = i
			files = append(files, fileCount{name: filepath.ToSlash(r.file)})
		}
		files[i].mutants++
		if r.survived != "" {
			files[i].survived++
		}
	}
	slices.SortStableFunc(files, func(a, b fileCount) int { return strings.Compare(a.name, b.name) })
	return files
}
