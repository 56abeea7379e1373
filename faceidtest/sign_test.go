package faceidtest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSignatureOfTheDocumentsExample(t *testing.T) {
	require.Equal(t, "D7606F1741DDCF90757DA924EDCF152A200AC7F0", signature(
		"IDAXXXXX", "userID19959248596551", "kHoSxvLZGxSoFsjxlbzEoUzh5PAnTU7T", "1.0.0",
		"XO99Qfxlti9iTVgHAjwvJdAZKN3nMuUhrsPdPlPVKlcyS50N6tlLnfuFBPIucaMS"))
}

func TestValuesAreSortedAsJavaDoes(t *testing.T) {
	// U+1F600 is D83D DE00 in UTF-16 and comes before U+FF5E, unlike in bytes.
	require.Negative(t, javaOrder("\U0001F600", "\uFF5E"))
	require.Negative(t, javaOrder("a", "ab"))
	want := signature("\U0001F600\uFF5E") // one value: nothing to sort
	require.Equal(t, want, signature("\U0001F600", "\uFF5E"))
	require.Equal(t, want, signature("\uFF5E", "\U0001F600"))
}
