// Command mutants breaks the code on purpose, one named change at a time, and
// runs the test that must notice. It prints a line per mutant and fails if one
// survives. The work tree is not touched: go test -overlay swaps the file.
//
//	go run ./internal/mutants [name…]
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
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
	survivors, run := 0, 0
	for _, m := range mutants {
		if len(os.Args) > 1 && !slices.Contains(os.Args[1:], m.name) {
			continue
		}
		run++
		if err := m.kill(); err != nil {
			survivors++
			fmt.Printf("SURVIVED  %-40s %v\n", m.name, err)
			continue
		}
		fmt.Printf("killed    %-40s by %s\n", m.name, m.test)
	}
	fmt.Printf("%d mutants, %d survived\n", run, survivors)
	if survivors > 0 || run == 0 {
		os.Exit(1)
	}
}

// kill returns nil if the test fails, and fails because of its assertions.
func (m mutant) kill() error {
	text, err := os.ReadFile(m.file)
	if err != nil {
		return err
	}
	if n := strings.Count(string(text), m.old); n != 1 {
		return fmt.Errorf("the text to change stands %d times in %s", n, m.file)
	}
	dir, err := os.MkdirTemp("", "mutant")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	changed := filepath.Join(dir, filepath.Base(m.file))
	if err := os.WriteFile(changed, []byte(strings.Replace(string(text), m.old, m.new, 1)), 0o600); err != nil {
		return err
	}
	here, err := filepath.Abs(m.file)
	if err != nil {
		return err
	}
	overlay, _ := json.Marshal(map[string]any{"Replace": map[string]string{here: changed}})
	overlayFile := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlayFile, overlay, 0o600); err != nil {
		return err
	}
	pkg := "./" + m.pkg
	out, err := exec.CommandContext(context.Background(), "go", "test", "-overlay", overlayFile, "-count=1", "-timeout=60s", "-run", m.test, pkg).CombinedOutput()
	switch {
	case err == nil && strings.Contains(string(out), "no tests to run"):
		return fmt.Errorf("there is no test %s", m.test)
	case err == nil:
		return fmt.Errorf("%s passes", m.test)
	case strings.Contains(string(out), "[build failed]") || strings.Contains(string(out), "[setup failed]"):
		return fmt.Errorf("does not compile:\n%s", out)
	}
	return nil
}
