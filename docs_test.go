package faceid_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the README prints is what is built and run.
func TestTheReadmesProgramIsTheExample(t *testing.T) {
	for _, file := range []string{"README.md", "README.zh-CN.md"} {
		t.Run(file, func(t *testing.T) { checkProgram(t, file) })
	}
}

func checkProgram(t *testing.T, file string) {
	readme, err := os.ReadFile(file)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(readme), "```go\n")
	require.True(t, ok)
	program, _, ok := strings.Cut(rest, "```")
	require.True(t, ok)
	example, err := os.ReadFile("examples/readme/main.go")
	require.NoError(t, err)
	require.Equal(t, string(example), program)
	require.LessOrEqual(t, strings.Count(before, "\n"), 15, "a newcomer sees a program at once")
}
