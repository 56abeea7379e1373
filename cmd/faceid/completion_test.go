package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCompletionPrintsTheCodeOfAShell(t *testing.T) {
	for shell, part := range map[string]string{"bash": "complete ", "zsh": "bashcompinit", "fish": "complete -f -c faceid"} {
		a := runWith(t.Context(), nil, "", "completion", shell)
		require.Equal(t, exitOK, a.code, a.err)
		require.Contains(t, a.out, part)
	}
	require.Equal(t, exitUsage, runWith(t.Context(), nil, "", "completion", "tcsh").code)
	require.Equal(t, exitUsage, runWith(t.Context(), nil, "", "completion").code)
}

// The shell asks the program by a variable, as the code of TestCompletionPrintsTheCodeOfAShell
// tells it.
func TestCompletionAnswersTheShell(t *testing.T) {
	for line, want := range map[string]string{
		"faceid fet":                        "fetch",
		"faceid record --product ocr-b":     "ocr-bankcard",
		"faceid fetch --kind intl-a":        "intl-app",
		"faceid --lang z":                   "zh",
		"faceid completion f":               "fish",
		"faceid simulate -unsi":             "-unsigned-front-end",
		"faceid help expl":                  "explain",
		"faceid fetch --take":               "--take-over",
		"faceid fetch completion_test.":     "completion_test.go",
		"faceid fetch x --to internal/setu": "internal/setup/",
		"faceid explain --product enhanc":   "enhanced",
		"faceid explain --channel interna":  "international",
	} {
		cmd := exec.CommandContext(t.Context(), binary(t))
		cmd.Env = append(os.Environ(), "COMP_LINE="+line)
		out, err := cmd.Output()
		require.NoError(t, err, line)
		require.Equal(t, []string{want}, strings.Fields(string(out)), line)
	}
}

// Bash itself takes the code, and completes with it.
func TestCompletionWorksInBash(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	program := binary(t)
	script := `source <("$1" completion bash) && complete -p faceid`
	out, err := exec.CommandContext(t.Context(), bash, "--norc", "-c", script, "bash", program).CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), program)
	require.Contains(t, string(out), " faceid\n")
}
