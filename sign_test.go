package faceid

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
)

func TestSignReproducesTheDocumentedVectors(t *testing.T) {
	text, err := os.ReadFile("testdata/vectors.json")
	require.NoError(t, err)
	var vectors []struct {
		ID, Ticket, Sign string
		Values           map[string]string
	}
	require.NoError(t, json.Unmarshal(text, &vectors))
	require.Len(t, vectors, 7)
	for _, v := range vectors {
		t.Run(v.ID, func(t *testing.T) {
			var values []string
			for _, value := range v.Values {
				values = append(values, value)
			}
			require.Equal(t, v.Sign, Sign(v.Ticket, values...))
		})
	}
}

// The sets that requests are made of must be the documented ones, so the vectors are
// tried through the sets, too.
func TestSignedSetsReproduceTheirVectors(t *testing.T) {
	const nonce = "kHoSxvLZGxSoFsjxlbzEoUzh5PAnTU7T"
	const ticket = "XO99Qfxlti9iTVgHAjwvJdAZKN3nMuUhrsPdPlPVKlcyS50N6tlLnfuFBPIucaMS"
	for name, test := range map[string]struct {
		set    []param
		ticket string
		want   string
	}{
		"upload": {uploadSet("IDAXXXXX", "userID19959248596551", nonce), ticket, "D7606F1741DDCF90757DA924EDCF152A200AC7F0"},
		"launch": {launchSet("IDAXXXXX", "userID19959248596551", nonce), ticket, "D7606F1741DDCF90757DA924EDCF152A200AC7F0"},
		"login": {
			loginSet("appId001", "userID19959248596551", "aabc1457895464", "faceId", "bwiwe1457895464", nonce),
			"zxc9Qfxlti9iTVgHAjwvJdAZKN3nMuUhrsPdPlPVKlcyS50N6tlLnfuFBPIucaMS", "4E9DFABF938BF37BDB7A7DC25CCA1233D12D986B",
		},
		"PC upload": {
			pcUploadSet("appId001", "19959248596551", "testName", "4300000000000", "19959248596551"),
			"duSz9ptwyW1Xn7r6gYItxz3feMdJ8Na5x7JZuoxurE7RcI5TdwCE4KT2eEeNNDoe", "11670F8BD6181CF71FB4656534253A0627D835CF",
		},
		"query":    {querySet("IDAXXXXX", "orderNo596551", nonce), ticket, "6CD5F0DBCFA1155E2A66754B33C2E67DD358393B"},
		"callback": {callbackSet("IDAXXXXX", "orderNo596551", "0"), ticket, "2A59243EF7DC7F64151939386E88929A911D81E7"},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, test.want, signSet(test.ticket, test.set)) })
	}
}

func TestSignIgnoresTheOrderOfItsValuesAndLeavesThemAlone(t *testing.T) {
	values := []string{"b", "10", "9", "A", "a", "1.0.0", "张三", "", "9"}
	before := slices.Clone(values)
	want := Sign("ticket", values...)
	require.Equal(t, before, values)
	for range 50 {
		rand.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
		require.Equal(t, want, Sign("ticket", values...))
	}
	require.Equal(t, 40, len(want))
	require.Equal(t, strings.ToUpper(want), want)
	require.NotEqual(t, want, Sign("ticket", append(values, "9")...), "equal values are all kept")
}

func TestSignSortsAsJavaDoes(t *testing.T) {
	words := []string{"", "0", "9", "A", "Z", "a", "\u00e9", "张", "\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0010ffff", "a\ue000", "a\U00010000", "\U00010000b"}
	for _, a := range words {
		for _, b := range words {
			want := slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b))) < 0
			require.Equal(t, want, javaLess(a, b), "%q < %q", a, b)
		}
	}
	require.True(t, javaLess("\U00010000", "\ue000"), "surrogates come before U+E000, unlike in Go")
}

func FuzzJavaOrder(f *testing.F) {
	f.Add("a", "b")
	f.Add("\U00010000", "\ue000")
	f.Add("张三", "张\U00020000")
	f.Fuzz(func(t *testing.T, a, b string) {
		if strings.ToValidUTF8(a, "") != a || strings.ToValidUTF8(b, "") != b {
			t.Skip()
		}
		want := slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b))) < 0
		if got := javaLess(a, b); got != want {
			t.Fatalf("javaLess(%q, %q) = %v", a, b, got)
		}
	})
}

func TestSignAllocatesItsResultOnly(t *testing.T) {
	values := []string{"IDAXXXXX", "userID19959248596551", "1.0.0", "kHoSxvLZGxSoFsjxlbzEoUzh5PAnTU7T"}
	allocs := testing.AllocsPerRun(100, func() { sink = Sign("XO99Qfxlti9iTVgHAjwvJdAZKN3nMuUhrsPdPlPVKlcyS50N6tlLnfuFBPIucaMS", values...) })
	require.LessOrEqual(t, allocs, 2.0)
}

var sink string

func TestNonceIs32LettersAndDigits(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		nonce := NewNonce()
		require.Len(t, nonce, 32)
		require.True(t, isAlnum(nonce), nonce)
		require.False(t, seen[nonce])
		seen[nonce] = true
	}
}

func TestNewOrderNoIsValidSortedAndUnique(t *testing.T) {
	seen := map[string]bool{}
	last := ""
	for range 1000 {
		orderNo := NewOrderNo()
		require.NoError(t, validateOrderNo("test", orderNo))
		require.False(t, seen[orderNo])
		seen[orderNo] = true
		require.GreaterOrEqual(t, orderNo[:17], last)
		last = orderNo[:17]
	}
	made, err := time.ParseInLocation("20060102150405.000", last[:14]+"."+last[14:], chinaTime)
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), made, time.Minute)
	require.NotEqual(t, byte('0'), last[0], "a leading 0 would make callbacks ambiguous")
}
