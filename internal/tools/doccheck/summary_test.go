package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReliabilitySummaryIsOfTheRecords compares the figures that docs/RELIABILITY.md and
// its twin sum up with the pages that the trials write. It fails after a new record, until
// the summary has the new figures.
func TestReliabilitySummaryIsOfTheRecords(t *testing.T) {
	for _, page := range []string{"RELIABILITY.md", "RELIABILITY.zh-CN.md"} {
		t.Run(page, func(t *testing.T) { requireFiguresOfTheRecords(t, page) })
	}
}

func requireFiguresOfTheRecords(t *testing.T, page string) {
	summary, err := os.ReadFile("../../../docs/" + page)
	require.NoError(t, err)
	figure := regexp.MustCompile(`(?m)^\|.*\| (\d[\d.]*)[^|]*\|$`)
	parts := regexp.MustCompile(`(?m)^## `).Split(string(summary), -1)
	checked := 0
	for _, part := range parts {
		m := regexp.MustCompile(`\]\((reliability/\w+\.md)\)`).FindStringSubmatch(part)
		if m == nil {
			continue
		}
		record, err := os.ReadFile("../../../docs/" + m[1])
		require.NoError(t, err)
		for _, row := range figure.FindAllStringSubmatch(part, -1) {
			whole := regexp.MustCompile(`(^|[^\d.])` + regexp.QuoteMeta(row[1]) + `($|[^\d])`)
			require.True(t, whole.Match(record), "%s has no %s, which the summary says: %s", m[1], row[1], strings.TrimSpace(row[0]))
			checked++
		}
	}
	require.Greater(t, checked, 25, "the summary has figures of every trial")
}

// TestDesignNamesFilesThatExist looks for every file and every folder that docs/design.md
// names. A maintainer follows these names.
func TestDesignNamesFilesThatExist(t *testing.T) {
	text, err := os.ReadFile("../../../docs/design.md")
	require.NoError(t, err)
	looksLikeAPath := regexp.MustCompile(`^(?:[a-z_]+/)*[a-z_]+\.go$|^internal/[a-z0-9/]+$`)
	checked := 0
	parsePage("docs/design.md", string(text)).spans(func(number int, code string) {
		if looksLikeAPath.MatchString(code) {
			_, err := os.Stat("../../../" + code)
			require.NoError(t, err, "line %d", number)
			checked++
		}
	})
	require.Greater(t, checked, 20, "the page names the files of every rule")
}

// TestEnglishOnlyIsForMaintainers holds which documents have no Chinese twin.
func TestEnglishOnlyIsForMaintainers(t *testing.T) {
	text, err := os.ReadFile("../../../" + index)
	require.NoError(t, err)
	var only []string
	for _, line := range strings.Split(string(text), "\n") {
		if strings.Contains(line, "English only") {
			only = append(only, regexp.MustCompile(`\]\((.*?)\)`).FindStringSubmatch(line)[1])
		}
	}
	require.Equal(t, []string{"../proof/README.md", "../CONTRIBUTING.md", "releasing.md"}, only)
}
