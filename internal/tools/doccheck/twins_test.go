package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCheckTwinsFindsEachDifference(t *testing.T) {
	text := "# A, 20 s\n\n- one `x`\n\n| a |\n|---|\n\n```go\nf(1)\n```\n\n[l](b.md)\n"
	for part, other := range map[string]string{
		"headings":   strings.Replace(text, "# A", "## A", 1),
		"tables":     strings.Replace(text, "|---|", "|---|\n| b |", 1),
		"list items": strings.Replace(text, "- one", "one", 1),
		"code":       strings.Replace(text, "f(1)", "f(2)", 1),
		"links":      strings.Replace(text, "b.md", "c.md", 1),
		"names":      strings.Replace(text, "`x`", "`y`", 1),
		"numbers":    strings.Replace(text, "20 s", "30 s", 1),
	} {
		faults := checkTwins(map[string]*page{"a.md": parsePage("a.md", text), "a.zh-CN.md": parsePage("a.zh-CN.md", other)})
		require.Len(t, faults, 1, part)
		require.Contains(t, faults[0], "differ in their "+part)
	}
}
