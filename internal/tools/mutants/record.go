package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// writeRecord replaces the text between <!-- mutants --> and <!-- /mutants --> in a
// file.
func writeRecord(path string, results []result) error {
	const begin, end = "<!-- mutants -->\n", "<!-- /mutants -->"
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(old), begin)
	_, behind, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return errors.New(path + " has no markers of mutants")
	}
	made := before + begin + "\n" + section(results, commit()) + "\n" + end + behind
	return os.WriteFile(path, []byte(made), 0o644)
}

// section is the record in Markdown.
func section(results []result, commit string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "`make mutants`, commit %s: %d mutants, %d survived.\n\n", commit, len(results), len(survivors(results)))
	b.WriteString("| file | mutants | survived |\n| --- | --- | --- |\n")
	for _, f := range byFile(results) {
		fmt.Fprintf(&b, "| %s | %d | %d |\n", f.name, f.mutants, f.survived)
	}
	b.WriteString("\n<details>\n<summary>All of them, and the tests that failed</summary>\n\n| mutant | file | killed by |\n| --- | --- | --- |\n")
	for _, r := range results {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", cell(r.name), cell(r.file), cell(r.few()))
	}
	b.WriteString("\n</details>\n")
	return b.String()
}

// few is killedBy with at most three tests.
func (r result) few() string {
	short := r.verdict
	if n := len(short.failed); n > 3 {
		short.failed = append(short.failed[:3:3], fmt.Sprintf("%d more", n-3))
	}
	return short.killedBy()
}

// cell escapes a text for a cell of a Markdown table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "\n", " ").Replace(text)
}

// commit returns the commit that was tried. It ends in "+" if the work tree differs
// from it.
func commit() string {
	head, err := exec.CommandContext(context.Background(), "git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	changed, err := exec.CommandContext(context.Background(), "git", "status", "--porcelain", "--", "*.go", "*.mod").Output()
	if err != nil || len(changed) > 0 {
		return strings.TrimSpace(string(head)) + "+"
	}
	return strings.TrimSpace(string(head))
}
