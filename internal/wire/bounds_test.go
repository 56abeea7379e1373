package wire_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/faceid-go/faceid/internal/wire"
	"github.com/stretchr/testify/require"
)

func TestNoNameStandsTwiceInAnObject(t *testing.T) {
	many := func(n int, last string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"m%d":{"a":[{"a":1}]},`, i)
		}
		return `{` + b.String() + `"` + last + `":0}`
	}
	for text, good := range map[string]bool{
		`{"a":1,"b":{"a":1,"b":2},"c":[{"a":1},{"a":2}]}`: true,
		`{"a":1,"A":2}`:                           true,
		`{"":1,"a":2}`:                            true,
		`{"x":["a","a"],"a":"a"}`:                 true,
		`{"b":{"a":1},"a":{"b":{"a":1}},"c":"b"}`: true,
		`{"a":1,"a":1}`:                           false,
		`{"a":1,"b":2,"a":null}`:                  false,
		`{"a":1,"\u0061":2}`:                      false,
		`{"":1,"":2}`:                             false,
		`{"\ud83d\ude00":1,"😀":2}`:                false,
		`{"\ud83d":1,"\ufffd":2}`:                 false,
		"{\"\xff\":1,\"\xfe\":2}":                 false,
		`{"x":[{"y":{"a":1,"a":2}}]}`:             false,
		`{"a":{"x":1},"b":1,"a":{"x":1}}`:         false,
		`{"photo":"QQ==","photo":"QQ=="}`:         false,
		`{"turns":{"audio":"QQ=="},"turns":[]}`:   false,
		many(15, "m15"):                           true,
		many(15, "m14"):                           false,
		many(16, "m0"):                            false,
		many(17, "m16"):                           false,
		many(17, "m17"):                           true,
		many(100, "m0"):                           false,
		many(100, "m15"):                          false,
		many(100, "m16"):                          false,
		many(100, "m99"):                          false,
		many(100, "m100"):                         true,
	} {
		require.True(t, json.Valid([]byte(text)))
		_, err := read(t, text, wire.Plan{Root: places})
		if good {
			require.NoError(t, err, text)
		} else {
			require.ErrorIs(t, err, wire.ErrRepeated, text)
		}
		twice, _ := walked([]byte(text))
		require.Equal(t, !good, twice, "the fuzz target knows, too")
	}
}

// A name that breaks off, or is none, is an error like any other.
func TestABrokenNameIsNoJSON(t *testing.T) {
	for _, name := range []string{`\u`, `\u0`, `\u004`, `\x`, `\`, `\ud83d\u`, `\u\u\u\u`, "a\x01"} {
		for _, text := range []string{`{"` + name + `":1}`, `{"a":{"` + name + `":1}}`, `{"` + name} {
			_, err := read(t, text, wire.Plan{Root: places})
			var bad *wire.SyntaxError
			require.ErrorAs(t, err, &bad, "%q", text)
		}
	}
}

func TestTextsAreBounded(t *testing.T) {
	deep := func(n int) string {
		return `{"a":` + strings.Repeat(`[`, n) + strings.Repeat(`]`, n) + `}`
	}
	bounded := wire.Plan{Root: places, MaxRest: 128 << 10}
	const values = 1024 // one for every 128 bytes
	list := func(n int) string { return `{"a":[` + strings.TrimSuffix(strings.Repeat(`0,`, n), ",") + `]}` }
	for text, good := range map[string]bool{
		`{"` + strings.Repeat("n", 1<<10-2) + `":1}`: true, `{"` + strings.Repeat("n", 1<<10-1) + `":1}`: false,
		`{"a":{"` + strings.Repeat(`\u0041`, 171) + `":1}}`: false, `{"a":{"` + strings.Repeat(`\u0041`, 170) + `":1}}`: true,
		deep(99): true, deep(100): false, deep(5000): false,
		list(values - 2): true, list(values - 1): false,
		`{"a":"` + strings.Repeat("x", 128<<10-8) + `"}`:                             true,
		`{"a":"` + strings.Repeat("x", 128<<10) + `"}`:                               false,
		`{"a":1}` + strings.Repeat(" ", 130<<10):                                     false,
		`{"photo":"` + strings.Repeat("QUJD", 100<<10) + `","a":"b"}`:                true,
		`{"photo":"` + strings.Repeat("QUJD", 100<<10) + `","a":` + list(500) + `}`:  true,
		`{"photo":"` + strings.Repeat("QUJD", 100<<10) + `","a":` + list(2000) + `}`: false,
		`{"photoList":[` + strings.Repeat(`"QQ==",`, values) + `""]}`:                false,
	} {
		plan := bounded
		_, err := wire.Read(strings.NewReader(text), -1, &plan)
		if good {
			require.NoError(t, err, text[:20])
		} else {
			require.ErrorIs(t, err, wire.ErrTooMuch, text[:20])
		}
	}
	_, err := wire.Read(strings.NewReader(list(100_000)), -1, nil)
	require.NoError(t, err, "without a bound")

	never := &counted{r: strings.NewReader(strings.Repeat("[", 1_000_000))}
	_, err = wire.Read(never, -1, nil)
	require.Error(t, err)
	require.Less(t, never.n, 200_000, "and nothing behind is read")
}
