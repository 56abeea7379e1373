package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestChooseTakesNamesAndFiles(t *testing.T) {
	all := []mutant{{name: "a", file: "x.go"}, {name: "b", file: "x.go"}, {name: "c", file: "y.go"}}
	for wanted, n := range map[string]int{"a": 1, "x.go": 2, "": 3} {
		chosen, err := choose(all, strings.Fields(wanted))
		require.NoError(t, err)
		require.Len(t, chosen, n)
	}
	_, err := choose(all, []string{"d"})
	require.ErrorContains(t, err, `"d"`)
}
