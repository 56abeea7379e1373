package wire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/faceid-go/faceid/internal/wire"
	"github.com/stretchr/testify/require"
)

func TestReadSaysWhereATextIsNotJSON(t *testing.T) {
	for text, want := range map[string]wire.SyntaxError{
		``:                             {Offset: 0, Ended: true},
		`  `:                           {Offset: 2, Ended: true},
		`<html>`:                       {Offset: 0},
		`tru`:                          {Offset: 3, Ended: true},
		`{"photo":"QUJD"`:              {Offset: 15, Ended: true},
		`{"photo":"QUJ`:                {Offset: 13, Ended: true},
		`{"photo":"QUJ\`:               {Offset: 14, Ended: true},
		`{"photo":"QUJ\u00`:            {Offset: 17, Ended: true},
		`{"photo":"QUJD`:               {Offset: 14, Ended: true},
		`{"photo":"QUJDQ` + "\x01":     {Offset: 15},
		`{"photo":"Q` + "\x01":         {Offset: 11},
		`{"photo":"` + "\n":            {Offset: 10},
		`{"photo":"` + "\n" + `\`:      {Offset: 10},
		`{"photo":"QUJDQUJD` + "\x01}": {Offset: 18},
		`{"other":"QUJ\`:               {Offset: 14, Ended: true},
		`{"photo":"QU` + "\n" + `JD"}`: {Offset: 12},
		`{"photo":"QUJD` + "\n" + `"}`: {Offset: 14},
		`{"photo":"QUJDQUJDQU` + "\n" + `JDQUJD"}`:      {Offset: 20},
		`{"photo":"QQ=` + "\n" + `="}`:                  {Offset: 13},
		`{"photo":"!` + "\t" + `QUJ"}`:                  {Offset: 11},
		`{"photo":"\/` + "\x00" + `"}`:                  {Offset: 12},
		`{"photo":"QU\/J\/D` + "\n" + `Q"}`:             {Offset: 18},
		`{"photo":"Q\nU` + "\x01" + `\x"}`:              {Offset: 14},
		`{"photo":"QU\xJD"}`:                            {Offset: 13},
		`{"photo":"QU\u00gD"}`:                          {Offset: 16},
		`{"photo":"QU\u0g`:                              {Offset: 15},
		`{"a":1"b,c":2}`:                                {Offset: 6},
		`{"a":tru,]`:                                    {Offset: 8},
		`{"a":"\x","photo":"QU`:                         {Offset: 7},
		`{"photo":"QUJD","a":"\x",]`:                    {Offset: 22},
		"\xef\xbb\xbf{\"a\":1,\"b\":2}":                 {Offset: 0},
		`{"photo":"QUJD","a":tru}`:                      {Offset: 23},
		`{"photo":"QUJD","video":"QUJD","a":"\x"}`:      {Offset: 37},
		`{"photo":"QUJD","a":1}{"photo":"QUJD"}`:        {Offset: 22},
		`{"photo":"QUJD",}`:                             {Offset: 16},
		`{"photo":"QUJD" "a":1}`:                        {Offset: 16},
		`{"photo" "QUJD"}`:                              {Offset: 9},
		`{photo:1}`:                                     {Offset: 1},
		`{"photoList":["QUJD",,"QUJD"],"a":1}`:          {Offset: 21},
		`{"photoList":["QUJD"}`:                         {Offset: 20},
		`{"turns":[{"audio":"QUJD"},{"audio":"QUJD"]]}`: {Offset: 42},
		`{"a":}`:     {Offset: 5},
		`{"a":01}`:   {Offset: 6},
		`{"a":1"b"}`: {Offset: 6},
	} {
		saysWhere(t, text, want)
	}
}

// saysWhere makes sure that Read says where a text is not JSON.
func saysWhere(t *testing.T, text string, want wire.SyntaxError) {
	t.Helper()
	_, err := read(t, text, wire.Plan{Root: places})
	var bad *wire.SyntaxError
	require.ErrorAs(t, err, &bad, text)
	require.Equal(t, want, *bad, text)
}

func TestReadSaysWhereAValueIsNotJSON(t *testing.T) {
	for text, want := range map[string]wire.SyntaxError{
		`-`:                        {Offset: 1, Ended: true},
		`1e`:                       {Offset: 2, Ended: true},
		`{"a":-}`:                  {Offset: 6},
		`{"a":-01}`:                {Offset: 7},
		`{"a":1.}`:                 {Offset: 7},
		`{"a":1.e5}`:               {Offset: 7},
		`{"a":1.5.}`:               {Offset: 8},
		`{"a":1e}`:                 {Offset: 7},
		`{"a":1e+ }`:               {Offset: 8},
		`{"a":1e5-}`:               {Offset: 8},
		`{"a":truex}`:              {Offset: 9},
		`{"a":n,1}`:                {Offset: 6},
		`{"a":"b` + "\x01" + `"}`:  {Offset: 7},
		`{"a":"\n` + "\x01" + `"}`: {Offset: 8},
		`{"a":"\u00"}`:             {Offset: 10},
		`{"a":"\x`:                 {Offset: 7},
		`{"a":"\xb\`:               {Offset: 7},
		`{"a":"b` + "\x01":         {Offset: 7},
	} {
		saysWhere(t, text, want)
	}
}

func TestReadTakesEveryNumberAndWord(t *testing.T) {
	for _, value := range []string{"0", "-0", "0.5", "10", "-1.25e+3", "1E5", "1e-07", "0e0", "true", "false", "null"} {
		doc, err := read(t, `{"a":`+value+`,"b":[`+value+`]}`, wire.Plan{Root: places})
		require.NoError(t, err, value)
		require.Equal(t, value, string(doc.Top.Member("a")))
	}
}

func TestReadWantsAnObject(t *testing.T) {
	for _, text := range []string{`null`, `[]`, `"x"`, `7`, ` true `, `["photo"]`} {
		_, err := read(t, text, wire.Plan{Root: places})
		require.Equal(t, wire.ErrNotObject, err, text)
	}
}

func TestReadWatchesWhoseFilesItWrites(t *testing.T) {
	for text, want := range map[string]string{
		`{"orderNo":"7","photo":"QQ=="}`:                                       "A",
		`{"orderNo":"\u0037","photo":"QQ=="}`:                                  "A",
		`{"orderNo":"other","photo":"QQ=="}`:                                   "",
		`{"orderNo":"7","result":{"orderNo":"other","photo":"QQ=="}}`:          "",
		`{"result":{"x":{"orderNo":"other"},"orderNo":"7","photo":"QQ=="}}`:    "A",
		`{"photo":"QQ==","orderNo":"other"}`:                                   "A",
		`{"orderNo":"other","result":{"orderNo":"7","photo":"QQ=="},"code":0}`: "",
		`{"orderNo":null,"photo":"QQ=="}`:                                      "A",
		`{"orderNo":7,"photo":"QQ=="}`:                                         "A",
		`{"orderNo":8,"photo":"QQ=="}`:                                         "",
		`{"orderNo":true,"photo":"QQ=="}`:                                      "",
		`{"orderNo":["7"],"photo":"QQ=="}`:                                     "",
		`{"orderNo":{},"photo":"QQ=="}`:                                        "",
	} {
		var w bytes.Buffer
		doc, err := wire.Read(strings.NewReader(text), -1, &wire.Plan{
			Root: places, To: func(string) io.Writer { return &w }, Own: "7",
		})
		require.NoError(t, err)
		require.Equal(t, want, w.String(), text)
		require.Contains(t, string(doc.Text), "orderNo", "the order number stays in the text")
	}
	var w bytes.Buffer
	_, err := wire.Read(strings.NewReader(`{"orderNo":"other\x","photo":"QQ=="}`), -1, &wire.Plan{
		Root: places, To: func(string) io.Writer { return &w }, Own: "7",
	})
	require.Error(t, err)
	require.Empty(t, w.String(), "a string that is not JSON is not allowed")
}

func TestReadKeepsTheErrorOfItsReader(t *testing.T) {
	broken := errors.New("broken")
	for _, text := range []string{``, `{`, `{"photo":`, `{"photo":"QU`, `{"photo":"QU\`, `{"photo":"QUJD"`, `{"a":12`, `{"a":"\x`, `{"a":1}`} {
		_, err := wire.Read(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)), -1, &wire.Plan{Root: places})
		require.Equal(t, broken, err, text)
		_, err = wire.Read(io.MultiReader(strings.NewReader(text), iotest.ErrReader(io.ErrUnexpectedEOF)), -1, &wire.Plan{Root: places})
		require.Equal(t, io.ErrUnexpectedEOF, err, text)
	}
	_, err := wire.Read(readerFunc(func([]byte) (int, error) { return 0, nil }), -1, nil)
	require.Equal(t, io.ErrNoProgress, err)

	wrong := io.MultiReader(strings.NewReader(`{"photo":"QUJD`), strings.NewReader(`QUJD"x`), iotest.ErrReader(broken))
	_, err = wire.Read(wrong, -1, &wire.Plan{Root: places})
	require.Equal(t, &wire.SyntaxError{Offset: 19}, err, "what was wrong before the reader failed")
}

// The time to read a document grows linearly with its size. With nested loops the
// documents of this test would take minutes.
func TestReadTakesLinearTime(t *testing.T) {
	const many = 200_000
	begun := time.Now()
	doc, err := wire.Read(strings.NewReader(`{"code":"0","result":{"photoList":[`+strings.Repeat(`"QQ==",`, many)+`"QQ=="],`+numbered(many)+`}}`),
		-1, &wire.Plan{Root: places, Envelope: "result", To: func(string) io.Writer { return io.Discard }})
	require.NoError(t, err)
	a, err := doc.Answer()
	require.NoError(t, err)
	list, err := a.Array("photoList")
	require.NoError(t, err)
	require.Len(t, list, many+1)
	for i, raw := range list {
		photo, err := a.File(fmt.Sprintf("photoList[%d]", i), raw)
		if err != nil || !photo.Written {
			t.Fatal(i, err)
		}
	}
	require.Less(t, time.Since(begun), 20*time.Second)

	// An escape takes as long whether the next quote is near or far.
	shortest := func(escape string) time.Duration {
		best := time.Hour
		for range 5 {
			begun := time.Now()
			_, err := wire.ReadBytes([]byte(`{"a":"`+strings.Repeat(escape, 500_000)+`"}`), places)
			require.NoError(t, err)
			best = min(best, time.Since(begun))
		}
		return best
	}
	require.Less(t, shortest(`\n`), 5*shortest(`\"`))
}

func TestReadRefusesANameThatStandsTwice(t *testing.T) {
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
		require.Equal(t, !good, twice, "the oracle of FuzzRead agrees")
	}
}

// A name that breaks off or has a wrong escape is a syntax error.
func TestReadRefusesABrokenName(t *testing.T) {
	for _, name := range []string{`\u`, `\u0`, `\u004`, `\x`, `\`, `\ud83d\u`, `\u\u\u\u`, "a\x01"} {
		for _, text := range []string{`{"` + name + `":1}`, `{"a":{"` + name + `":1}}`, `{"` + name} {
			_, err := read(t, text, wire.Plan{Root: places})
			var bad *wire.SyntaxError
			require.ErrorAs(t, err, &bad, "%q", text)
		}
	}
}

func TestReadBoundsNamesDepthAndValues(t *testing.T) {
	deep := func(n int) string {
		return `{"a":` + strings.Repeat(`[`, n) + strings.Repeat(`]`, n) + `}`
	}
	bounded := wire.Plan{Root: places, MaxRest: 128 << 10}
	const values = 1024 // one value for every 128 bytes of MaxRest
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
	require.Less(t, never.n, 200_000, "Read stops after the error")
}
