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

func TestSignatureSortsAsJavaDoes(t *testing.T) {
	// In UTF-16, U+1F600 is D83D DE00 and comes before U+FF5E. In bytes it comes
	// after.
	require.Negative(t, javaOrder("\U0001F600", "\uFF5E"))
	require.Negative(t, javaOrder("a", "ab"))
	want := signature("\U0001F600\uFF5E") // a single value needs no sorting
	require.Equal(t, want, signature("\U0001F600", "\uFF5E"))
	require.Equal(t, want, signature("\uFF5E", "\U0001F600"))
}
