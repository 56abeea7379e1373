package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A mutant whose text is gone guards nothing. When code moves, its mutants move
// along.
func TestMutantsFindTheirText(t *testing.T) {
	names := map[string]bool{}
	for _, m := range mutants {
		require.False(t, names[m.name], "two mutants are called %q", m.name)
		names[m.name] = true
		text, err := os.ReadFile(filepath.Join("..", "..", "..", filepath.FromSlash(m.file)))
		require.NoError(t, err, m.name)
		assert.Equal(t, 1, strings.Count(string(text), m.old), "%s: the text to change, in %s", m.name, m.file)
		require.NotEqual(t, m.old, m.new, m.name)
	}
}
