package faceid_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the README prints is what is built and run.
func TestTheReadmesProgramIsTheExample(t *testing.T) {
	readme, err := os.ReadFile("README.md")
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
