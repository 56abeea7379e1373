package catalog_test

import (
	"os"
	"strings"
	"testing"

	"github.com/faceid-go/faceid/internal/catalog"
	"github.com/stretchr/testify/require"
)

// The generated table says what the data files say, row by row.
func TestTheTableHoldsEveryRowOfItsData(t *testing.T) {
	families := read(t, "families.tsv")
	for _, f := range families {
		e, ok := catalog.Lookup(f[0], f[1])
		require.True(t, ok, f)
		require.Equal(t, map[string]catalog.Kind{"passed": catalog.Passed, "outcome": catalog.Outcome, "error": catalog.Error}[f[2]], e.Kind, f)
		require.Equal(t, f[3], e.Family, f)
		require.NotEmpty(t, e.Gloss, f)
		require.NotEmpty(t, e.Handling, f)
	}
	codes := read(t, "codes.tsv")
	for _, f := range codes {
		r, ok := catalog.LookupRow(f[0], f[1], f[2])
		require.True(t, ok, f)
		require.Equal(t, catalog.Row{Message: f[3], Handling: f[4], Charged: f[5]}, r, f)
	}
	n, m := 0, 0
	for range catalog.Entries {
		n++
	}
	for range catalog.Rows {
		m++
	}
	require.Equal(t, len(families), n, "no row is there twice")
	require.Equal(t, len(codes), m, "no row is there twice")
}

func TestEveryRowHasAFamily(t *testing.T) {
	for key := range catalog.Rows {
		scope := "face"
		if key.Product == "h5-frontend" {
			scope = key.Product
		}
		_, own := catalog.Lookup(scope, key.Code)
		_, shared := catalog.Lookup("kyc1", key.Code)
		require.True(t, own != shared, "%v", key)
	}
}

func TestOnlyZeroPasses(t *testing.T) {
	for key, e := range catalog.Entries {
		require.Equal(t, key.Code == "0", e.Kind == catalog.Passed, "%v", key)
		require.Equal(t, key.Code == "0", e.Family == "Passed", "%v", key)
	}
}

func read(t *testing.T, file string) [][]string {
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var rows [][]string
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
		rows = append(rows, strings.Split(line, "\t"))
	}
	return rows
}
