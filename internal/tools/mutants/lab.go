package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// lab tries mutants of the work tree at dir.
type lab struct {
	dir     string
	timeout time.Duration // for the tests of one mutant
	cache   *cache        // nil: the user's build cache
}

// cache is a build cache of the lab's own. A broken package is compiled once and never
// again, and what the go command keeps of a thousand of them fills a disk.
type cache struct {
	dir    string
	filled time.Time // when it had what all mutants need
}

// keepBuilt is longer than the go command takes for one mutant.
const keepBuilt = 5 * time.Minute

// sweep removes what mutants left in the cache, except for what a mutant may still use.
func (c *cache) sweep(now time.Time) error {
	return filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil //nolint:nilerr // another sweep was faster
		}
		info, err := d.Info()
		if err == nil && info.ModTime().After(c.filled) && now.Sub(info.ModTime()) > keepBuilt {
			_ = os.Remove(path)
		}
		return nil
	})
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
	if l.cache != nil {
		_ = l.cache.sweep(time.Now()) // a cache that is not swept is no fault of the mutant
	}
	return judge(m, out, err)
}

// overlay writes the changed file, and the file for the flag -overlay that names it.
// It returns the path of the latter.
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

// test runs tests and returns what go test -json prints. Vet is off, since it would
// refuse changes that no test notices.
func (l lab) test(pkg, pattern string, timeout time.Duration, flags ...string) ([]byte, error) {
	args := append([]string{"test", "-json", "-vet=off", "-ldflags=-s -w", "-count=1", "-timeout", timeout.String(), "-run", pattern}, flags...)
	cmd := exec.CommandContext(context.Background(), "go", append(args, "./"+pkg)...)
	cmd.Dir = l.dir
	if l.cache != nil {
		cmd.Env = append(os.Environ(), "GOCACHE="+l.cache.dir)
	}
	return cmd.CombinedOutput()
}

// unbroken runs the tests once on the code as it is. A test that fails anyway would
// notice nothing.
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
	survived string   // why no test noticed it; "" if a test did
	failed   []string // the tests that failed, without those around them
	how      string   // how they failed, if not by an assertion: a panic, a time-out
}

// killedBy names the tests that failed, and how.
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

// said is the output of go test -json.
type said struct {
	text   string          // all that the tests and the go command printed
	built  bool            // the tests compiled
	failed []string        // tests, with those around them
	begun  map[string]bool // every test that began; true if it has not ended
}

// listen reads the output of go test -json.
func listen(out []byte) said {
	s := said{built: true, begun: map[string]bool{}}
	var text strings.Builder
	for line := range bytes.Lines(out) {
		var e event
		if json.Unmarshal(line, &e) != nil { // the go command itself prints no JSON
			text.Write(line)
			continue
		}
		text.WriteString(e.Output)
		if e.Test != "" {
			s.begun[e.Test] = e.Action != "pass" && e.Action != "fail" && e.Action != "skip"
		}
		switch {
		case e.Action == "build-fail" || e.FailedBuild != "":
			s.built = false
		case e.Action == "fail" && e.Test != "":
			s.failed = append(s.failed, e.Test)
		}
	}
	s.text = text.String()
	return s
}

// culprits returns the tests that failed. If the process died before it said so,
// they are the tests that were at work.
func (s said) culprits() []string {
	if failed := innermost(s.failed); len(failed) > 0 {
		return failed
	}
	atWork := maps.Clone(s.begun)
	maps.DeleteFunc(atWork, func(_ string, still bool) bool { return !still })
	return innermost(slices.Collect(maps.Keys(atWork)))
}

// judge makes a verdict of what go test -json printed, and of its error.
func judge(m mutant, out []byte, err error) verdict {
	s := listen(out)
	v := verdict{failed: s.culprits()}
	_, fails := after(s.text, "--- FAIL: ")
	panicked, isPanic := after(s.text, "\npanic: ")
	switch {
	case err == nil && (strings.Contains(s.text, "[no tests to run]") || strings.Contains(s.text, "[no test files]")):
		return verdict{survived: "there is no test " + m.test}
	case err == nil:
		return verdict{survived: m.test + " passes"}
	case !s.built || strings.Contains(s.text, "[setup failed]"):
		return verdict{survived: "it does not compile:\n" + strings.TrimSpace(s.text)}
	case isPanic && strings.HasPrefix(panicked, "test timed out"):
		v.how, v.failed = "a time-out", running(s.text)
	case isPanic:
		v.how = fmt.Sprintf("a panic (%s)", brief(panicked))
	case strings.Contains(s.text, "\nfatal error: "):
		fatal, _ := after(s.text, "\nfatal error: ")
		v.how = fmt.Sprintf("a crash (%s)", brief(fatal))
	case len(v.failed) > 0 && !fails:
		v.how = "the end of the process"
	case len(v.failed) == 0 && len(s.begun) > 0: // every test passed, and TestMain failed
		v.how, v.failed = "what follows the tests", []string{"TestMain"}
	case len(v.failed) == 0:
		return verdict{survived: "no test failed, and yet:\n" + strings.TrimSpace(s.text)}
	}
	return v
}

// after returns the line that follows a mark.
func after(text, mark string) (line string, ok bool) {
	_, rest, ok := strings.Cut("\n"+text, mark)
	line, _, _ = strings.Cut(rest, "\n")
	return line, ok
}

// brief returns the message of a panic in at most 61 letters.
func brief(text string) string {
	text, _, _ = strings.Cut(text, " [recovered")
	if r := []rune(text); len(r) > 60 {
		text = string(r[:60]) + "…"
	}
	return text
}

// running returns the tests that a time-out interrupted.
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

// innermost drops each test whose subtests are in the list.
func innermost(tests []string) (leaves []string) {
	for _, name := range tests {
		if !slices.ContainsFunc(tests, func(other string) bool { return strings.HasPrefix(other, name+"/") }) {
			leaves = append(leaves, name)
		}
	}
	slices.Sort(leaves)
	return slices.Compact(leaves)
}
