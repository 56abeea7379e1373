package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// lab tries mutants of the work tree in dir.
type lab struct {
	dir     string
	timeout time.Duration // of the tests of one mutant
}

// try breaks the code and runs the test that must notice.
func (l lab) try(m mutant) verdict {
	temp, err := os.MkdirTemp("", "mutant")
	if err != nil {
		return verdict{survived: err.Error()}
	}
	defer os.RemoveAll(temp)
	overlay, err := l.overlay(m, temp)
	if err != nil {
		return verdict{survived: err.Error()}
	}
	out, err := l.test(m.pkg, m.test, l.timeout, "-overlay", overlay)
	return judge(m, out, err)
}

// overlay writes the changed file, and the file that tells go test about it.
func (l lab) overlay(m mutant, temp string) (path string, err error) {
	here, err := filepath.Abs(filepath.Join(l.dir, m.file))
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(here)
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(text), m.old); n != 1 {
		return "", fmt.Errorf("the text to change stands %d times in %s", n, m.file)
	}
	changed := filepath.Join(temp, filepath.Base(m.file))
	if err := os.WriteFile(changed, []byte(strings.Replace(string(text), m.old, m.new, 1)), 0o600); err != nil {
		return "", err
	}
	replace, _ := json.Marshal(map[string]any{"Replace": map[string]string{here: changed}})
	path = filepath.Join(temp, "overlay.json")
	return path, os.WriteFile(path, replace, 0o600)
}

// test runs tests and returns what go test -json says. Vet is off: it would
// refuse changes that no test has noticed.
func (l lab) test(pkg, pattern string, timeout time.Duration, flags ...string) ([]byte, error) {
	args := append([]string{"test", "-json", "-vet=off", "-ldflags=-s -w", "-count=1", "-timeout", timeout.String(), "-run", pattern}, flags...)
	cmd := exec.CommandContext(context.Background(), "go", append(args, "./"+pkg)...)
	cmd.Dir = l.dir
	return cmd.CombinedOutput()
}

// unbroken runs the tests once as they are: one that fails anyway kills nothing.
func (l lab) unbroken(list []mutant) error {
	patterns := map[string][]string{}
	var pkgs []string
	for _, m := range list {
		if patterns[m.pkg] == nil {
			pkgs = append(pkgs, m.pkg)
		}
		if !slices.Contains(patterns[m.pkg], m.test) {
			patterns[m.pkg] = append(patterns[m.pkg], m.test)
		}
	}
	for _, pkg := range pkgs {
		if out, err := l.test(pkg, strings.Join(patterns[pkg], "|"), 10*l.timeout); err != nil {
			v := judge(mutant{}, out, err)
			return fmt.Errorf("the tests of ./%s fail unbroken: %s%s", pkg, v.killedBy(), v.survived)
		}
	}
	return nil
}

// verdict is what a run of tests says about a mutant.
type verdict struct {
	survived string   // why it is alive
	failed   []string // tests, the innermost only
	how      string   // beside assertions: a panic, a time-out
}

func (v verdict) killedBy() string {
	by := strings.Join(v.failed, ", ")
	switch {
	case v.how == "":
		return by
	case by == "":
		return v.how
	}
	return v.how + " in " + by
}

// event is a line of go test -json.
type event struct {
	Action, Test, Output, FailedBuild string
}

// judge reads what go test -json said.
func judge(m mutant, out []byte, err error) verdict {
	var v verdict
	var said strings.Builder // all that is not of the frame
	built := true
	begun := map[string]bool{} // tests that have not ended
	for line := range bytes.Lines(out) {
		var e event
		if json.Unmarshal(line, &e) != nil { // go's own words
			said.Write(line)
			continue
		}
		said.WriteString(e.Output)
		if e.Test != "" {
			begun[e.Test] = e.Action != "pass" && e.Action != "fail" && e.Action != "skip"
		}
		switch {
		case e.Action == "build-fail" || e.FailedBuild != "":
			built = false
		case e.Action == "fail" && e.Test != "":
			v.failed = append(v.failed, e.Test)
		}
	}
	text := said.String()
	ran := len(begun) > 0
	if v.failed = innermost(v.failed); len(v.failed) == 0 { // of a process that died, whoever was at work
		maps.DeleteFunc(begun, func(_ string, still bool) bool { return !still })
		v.failed = innermost(slices.Collect(maps.Keys(begun)))
	}
	_, fails := after(text, "--- FAIL: ")
	panicked, isPanic := after(text, "\npanic: ")
	switch {
	case err == nil && (strings.Contains(text, "[no tests to run]") || strings.Contains(text, "[no test files]")):
		return verdict{survived: "there is no test " + m.test}
	case err == nil:
		return verdict{survived: m.test + " passes"}
	case !built || strings.Contains(text, "[setup failed]"):
		return verdict{survived: "it does not compile:\n" + strings.TrimSpace(text)}
	case isPanic && strings.HasPrefix(panicked, "test timed out"):
		v.how, v.failed = "a time-out", running(text)
	case isPanic:
		v.how = fmt.Sprintf("a panic (%s)", brief(panicked))
	case strings.Contains(text, "\nfatal error: "):
		fatal, _ := after(text, "\nfatal error: ")
		v.how = fmt.Sprintf("a crash (%s)", brief(fatal))
	case len(v.failed) > 0 && !fails:
		v.how = "the end of the process"
	case len(v.failed) == 0 && ran: // they all passed, and then the suite did not
		v.how, v.failed = "what follows the tests", []string{"TestMain"}
	case len(v.failed) == 0:
		return verdict{survived: "no test failed, and yet:\n" + strings.TrimSpace(text)}
	}
	return v
}

// after is the line that begins behind a mark.
func after(text, mark string) (line string, ok bool) {
	_, rest, ok := strings.Cut("\n"+text, mark)
	line, _, _ = strings.Cut(rest, "\n")
	return line, ok
}

func brief(text string) string {
	text, _, _ = strings.Cut(text, " [recovered")
	if r := []rune(text); len(r) > 60 {
		text = string(r[:60]) + "…"
	}
	return text
}

// running are the tests that a time-out interrupted.
func running(text string) (tests []string) {
	_, list, _ := strings.Cut(text, "running tests:\n")
	for line := range strings.Lines(list) {
		name, _, ok := strings.Cut(strings.TrimSpace(line), " (")
		if !ok {
			break
		}
		tests = append(tests, name)
	}
	return innermost(tests)
}

// innermost drops the tests whose subtests are in the list, too.
func innermost(tests []string) (leaves []string) {
	for _, name := range tests {
		if !slices.ContainsFunc(tests, func(other string) bool { return strings.HasPrefix(other, name+"/") }) {
			leaves = append(leaves, name)
		}
	}
	slices.Sort(leaves)
	return slices.Compact(leaves)
}
