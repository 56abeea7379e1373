package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// smallTree is a module with tests of every kind that the cases need.
var smallTree = map[string]string{
	"go.mod":     "module small\n\ngo 1.25\n",
	"small.go":   "package small\n\nfunc Double(n int) int {\n\treturn n + n\n}\n\nfunc Twice() int { return 2 + 2 }\n",
	"in/less.go": "package in\n\nfunc Less(a, b int) bool { return a < b }\n",
	"small_test.go": `package small

import ("testing"; "time")

func TestDouble(t *testing.T) {
	for name, n := range map[string]int{"three": 3, "zero": 0} {
		t.Run(name, func(t *testing.T) {
			if Double(n) != 2*n { t.Error("wrong") }
		})
	}
}

func TestNothing(t *testing.T) { Double(1) }

func TestHangs(t *testing.T) {
	t.Run("here", func(t *testing.T) {
		if Double(1) != 2 { time.Sleep(time.Hour) }
	})
}

func TestElsewhere(t *testing.T) {
	done := make(chan int)
	go func() { done <- Double(1) }()
	<-done
}
`,
	"after/left.go": "package after\n\nfunc Left() int { return 0 }\n",
	"after/left_test.go": `package after

import ("fmt"; "os"; "testing")

func TestLeft(t *testing.T) { Left() }

func TestMain(m *testing.M) {
	m.Run()
	if n := Left(); n > 0 { fmt.Println("FAIL: left:", n); os.Exit(1) }
}
`,
	"in/less_test.go": "package in\n\nimport \"testing\"\n\nfunc TestLess(t *testing.T) {\n\tif !Less(1, 2) {\n\t\tt.Fatal()\n\t}\n}\n",
}

// small writes smallTree, and returns its lab.
func small(t *testing.T) lab {
	t.Setenv("GOWORK", "off")
	t.Setenv("GOFLAGS", "")
	dir := t.TempDir()
	for name, text := range smallTree {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return lab{dir: dir, timeout: 2 * time.Second}
}

// change returns a mutant of small.go.
func change(old, to, test string) mutant {
	return mutant{name: old + " is " + to, file: "small.go", old: old, new: to, test: test}
}

func TestTryNamesTheTestsThatNotice(t *testing.T) {
	l := small(t)
	for name, c := range map[string]struct {
		mutant
		by string
	}{
		"a subtest":                 {change("n + n", "n + 3*n", "TestDouble"), "TestDouble/three"},
		"two subtests":              {change("n + n", "n + n + 1", "TestDouble"), "TestDouble/three, TestDouble/zero"},
		"a test of another package": {mutant{"less is more", "in/less.go", "a < b", "a > b", "in", "TestLess"}, "TestLess"},
		"what follows the tests":    {mutant{"something is left", "after/left.go", "return 0", "return 1", "after", "TestLeft"}, "what follows the tests in TestMain"},
		"a panic":                   {change("return n + n", "panic(n + n)", "TestDouble/three"), "a panic (6) in TestDouble/three"},
		"a panic of a goroutine":    {change("return n + n", "panic(\"elsewhere\")", "TestElsewhere"), "a panic (elsewhere) in TestElsewhere"},
		"a time-out":                {change("n + n", "n", "TestHangs"), "a time-out in TestHangs/here"},
		"a crash":                   {change("package small\n\nfunc Double(n int) int {", "package small\n\nimport \"sync\"\n\nfunc Double(n int) int {\n\tnew(sync.Mutex).Unlock()", "TestElsewhere"), "a crash (sync: unlock of unlocked mutex) in TestElsewhere"},
		"an exit":                   {change("package small\n\nfunc Double(n int) int {", "package small\n\nimport \"os\"\n\nfunc Double(n int) int {\n\tos.Exit(3)", "TestElsewhere"), "the end of the process in TestElsewhere"},
	} {
		t.Run(name, func(t *testing.T) {
			v := l.try(c.mutant)
			require.Empty(t, v.survived)
			require.Equal(t, c.by, v.killedBy())
		})
	}
}

func TestTryTellsWhyAMutantSurvives(t *testing.T) {
	l := small(t)
	for name, c := range map[string]struct {
		mutant
		why string
	}{
		"a survivor":          {change("n + n", "n", "TestNothing"), "TestNothing passes"},
		"no such test":        {change("n + n", "n", "TestAbsent"), "there is no test TestAbsent"},
		"no Go":               {change("n + n", "n +", "TestDouble"), "it does not compile"},
		"an unused name":      {change("return n + n", "m := n\n\treturn 1", "TestDouble"), "declared and not used"},
		"a text twice":        {change("return ", "return 1 + ", "TestDouble"), "stands 2 times"},
		"a text that is gone": {change("n * n", "n", "TestDouble"), "stands 0 times"},
		"no such file":        {mutant{"x", "absent.go", "a", "b", "", "TestDouble"}, "no such file"},
		"no such package":     {mutant{"x", "small.go", "n + n", "n", "absent", "TestDouble"}, "absent"},
	} {
		t.Run(name, func(t *testing.T) {
			v := l.try(c.mutant)
			require.Contains(t, v.survived, c.why)
			require.Empty(t, v.killedBy())
		})
	}
}

// A test that fails anyway would seem to notice every mutant.
func TestUnbrokenRefusesTestsThatFailAnyway(t *testing.T) {
	l := small(t)
	list := []mutant{change("n + n", "n", "TestDouble"), change("2 + 2", "5", "TestNothing")}
	require.NoError(t, l.unbroken(list))
	broken := strings.Replace(string(must(os.ReadFile(filepath.Join(l.dir, "small.go")))), "n + n", "n + n + 1", 1)
	require.NoError(t, os.WriteFile(filepath.Join(l.dir, "small.go"), []byte(broken), 0o600))
	require.ErrorContains(t, l.unbroken(list), "TestDouble/zero")
}

func must(text []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return text
}

func TestCacheSweepsWhatMutantsLeft(t *testing.T) {
	c := &cache{dir: t.TempDir(), filled: time.Now().Add(-time.Hour)}
	for name, age := range map[string]time.Duration{"needed by all": 2 * time.Hour, "left": 30 * time.Minute, "in use": time.Minute} {
		path := filepath.Join(c.dir, name)
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		require.NoError(t, os.Chtimes(path, time.Now(), time.Now().Add(-age)))
	}
	require.NoError(t, c.sweep(time.Now()))
	left, err := os.ReadDir(c.dir)
	require.NoError(t, err)
	require.Len(t, left, 2)
	require.NoFileExists(t, filepath.Join(c.dir, "left"))
}
