// Command mutants breaks the code on purpose, one named change at a time, and
// runs the test that must notice. It prints which tests noticed, and fails if no
// test notices a change. It does not write to the work tree: go test -overlay
// replaces the file.
//
//	go run ./internal/tools/mutants [-j n] [-record file] [name or file…]
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

// mutant is one change of one file. The text old must stand in the file exactly
// once.
type mutant struct {
	name     string
	file     string
	old, new string
	pkg      string // "" is the root
	test     string // the -run pattern of the test that must fail
}

func main() {
	jobs := flag.Int("j", 2, "how many mutants are tried at a time")
	timeout := flag.Duration("timeout", time.Minute, "how long the tests of one mutant may take")
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
	results, err := tryInOwnCache(chosen, *timeout, *jobs)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
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

// tryInOwnCache tries mutants with a build cache that is gone afterwards.
func tryInOwnCache(chosen []mutant, timeout time.Duration, jobs int) ([]result, error) {
	dir, err := os.MkdirTemp("", "mutants-cache")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	l := lab{dir: ".", timeout: timeout, cache: &cache{dir: dir}}
	if err := l.unbroken(chosen); err != nil {
		return nil, err
	}
	l.cache.filled = time.Now()
	return l.tryAll(os.Stdout, chosen, jobs), nil
}

// choose returns the mutants of these names or files. Without names it returns all.
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

// result is a mutant with the verdict of its tests.
type result struct {
	mutant
	verdict
}

// tryAll tries mutants, n at a time, and prints their results in the order of the
// list.
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

// survivors returns the results of the mutants that no test noticed.
func survivors(results []result) (alive []result) {
	for _, r := range results {
		if r.survived != "" {
			alive = append(alive, r)
		}
	}
	return alive
}

// summary prints how many mutants each file has, and how many of them survived.
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

// byFile counts the results of each file, and sorts the files by name.
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
