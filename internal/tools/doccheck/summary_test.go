package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReliabilitySummaryIsOfTheRecords compares the figures that docs/RELIABILITY.md
// sums up with the pages that the trials write. It fails after a new record, until
// the summary has the new figures.
func TestReliabilitySummaryIsOfTheRecords(t *testing.T) {
	summary, err := os.ReadFile("../../../docs/RELIABILITY.md")
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
