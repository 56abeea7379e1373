package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCheckTwinsFindsEachDifference(t *testing.T) {
	text := "# A, 20 s\n\n[en](a.md) [zh](a.zh-CN.md)\n\n- one `x`\n\n| a |\n|---|\n\n```go\nf(1)\n```\n\n[l](b.md)\n"
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

// pair is a page and its twin, which differ in the link at their top, and another pair.
func pair(en, zh string) map[string]*page {
	pages := map[string]*page{}
	for name, text := range map[string]string{"a.md": en, "a.zh-CN.md": zh, "b.md": "[中文](b.zh-CN.md)\n", "b.zh-CN.md": "[English](b.md)\n"} {
		pages[name] = parsePage(name, text)
	}
	return pages
}

func TestCheckTwinsWantsLinksToTheTwin(t *testing.T) {
	en, zh := "# A\n\n[中文](a.zh-CN.md)\n\n[b](b.md#c)\n", "# A\n\n[English](a.md)\n\n[b](b.zh-CN.md#c)\n"
	require.Empty(t, checkTwins(pair(en, zh)))

	late := strings.Repeat("\n", top)
	require.Equal(t, []string{"a.md:1: its first 8 lines do not link to a.zh-CN.md"}, checkTwins(pair(late+en, zh)))
	require.Equal(t, []string{"a.zh-CN.md:1: its first 8 lines do not link to a.md"}, checkTwins(pair(en, late+zh)))
	require.Equal(t, []string{"a.zh-CN.md:5: the link b.md#c leads to an English page that has a Chinese twin"},
		checkTwins(pair(en, strings.Replace(zh, "b.zh-CN.md", "b.md", 1))))
}
