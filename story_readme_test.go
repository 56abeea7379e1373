package faceid_test

import (
	"go/scanner"
	"go/token"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The program of the README is the example that is built and run.
func TestReadmeProgramIsTheExample(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	example, err := os.ReadFile("examples/readme/main.go")
	require.NoError(t, err)
	require.Equal(t, string(example), firstProgram(t, string(readme)))
	require.LessOrEqual(t, len(strings.Fields(string(readme))), 1500, "what does not fit belongs into docs/")
}

// The program of the Chinese README has comments of its own, and no other difference.
func TestReadmeProgramInChineseIsTheExample(t *testing.T) {
	readme, err := os.ReadFile("README.zh-CN.md")
	require.NoError(t, err)
	example, err := os.ReadFile("examples/readme/main.go")
	require.NoError(t, err)
	program := firstProgram(t, string(readme))
	require.Equal(t, goTokens(t, string(example)), goTokens(t, program))
	require.Equal(t, strings.Count(string(example), "\n"), strings.Count(program, "\n"))
}

// firstProgram returns the first block of Go of a README, which must be on the first screen.
func firstProgram(t *testing.T, readme string) string {
	before, rest, ok := strings.Cut(readme, "```go\n")
	require.True(t, ok)
	require.LessOrEqual(t, strings.Count(before, "\n"), 15, "a newcomer sees a program at once")
	program, rest, ok := strings.Cut(rest, "```")
	require.True(t, ok)
	_, commands, ok := strings.Cut(rest, "```sh\n")
	require.True(t, ok)
	commands, _, _ = strings.Cut(commands, "```")
	require.Equal(t, "go run ./examples/merchant\ngo test work\n", commands)
	return program
}

// goTokens returns the tokens of a program, without its comments.
func goTokens(t *testing.T, program string) (tokens []string) {
	var s scanner.Scanner
	fset := token.NewFileSet()
	s.Init(fset.AddFile("", fset.Base(), len(program)), []byte(program), func(_ token.Position, msg string) { require.Fail(t, msg) }, 0)
	for {
		_, tok, text := s.Scan()
		if tok == token.EOF {
			return tokens
		}
		tokens = append(tokens, tok.String()+" "+text)
	}
}
