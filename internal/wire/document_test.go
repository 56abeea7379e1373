package wire_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/faceid-go/faceid/internal/wire"
	"github.com/stretchr/testify/require"
)

// places of a document with files everywhere that one can be.
var places = wire.Result(map[string]*wire.Place{
	"photo": wire.File, "video": wire.File,
	"photoList": {Each: wire.File},
	"turns":     {Each: wire.Files("audio")},
})

// read reads a text, in reads of every size, and makes sure that they agree.
func read(t *testing.T, text string, plan wire.Plan) (*wire.Document, error) {
	t.Helper()
	doc, err := wire.Read(strings.NewReader(text), int64(len(text)), &plan)
	for name, r := range map[string]io.Reader{
		"one byte": iotest.OneByteReader(strings.NewReader(text)), "halves": iotest.HalfReader(strings.NewReader(text)),
		"end with data": iotest.DataErrReader(strings.NewReader(text)), "sevens": &sevens{r: strings.NewReader(text)},
	} {
		again := plan
		other, otherErr := wire.Read(r, -1, &again)
		require.Equal(t, err, otherErr, name)
		require.Equal(t, doc, other, name)
	}
	return doc, err
}

type sevens struct {
	r    io.Reader
	turn int
}

func (s *sevens) Read(p []byte) (int, error) {
	if s.turn++; s.turn%3 == 0 {
		return 0, nil // legal, if odd
	}
	return s.r.Read(p[:min(7, len(p))])
}

// pattern is a file that looks different everywhere, and has every character of
// base64.
func pattern(size int) []byte {
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(i*i>>3 ^ i*7)
	}
	return data
}

func TestFilesAreDecodedHoweverTheyAreSpelt(t *testing.T) {
	for _, size := range []int{1, 2, 3, 4, 5, 47, 48, 49, 3000, 48<<10 - 1, 48 << 10, 48<<10 + 1, 192<<10 - 1, 192 << 10, 192<<10 + 1, 500_001} {
		data := pattern(size)
		plain := base64.StdEncoding.EncodeToString(data)
		var lines, unicode strings.Builder
		for i, c := range plain {
			if i > 0 && i%76 == 0 {
				lines.WriteString([]string{`\r\n`, `\n`, `\u000a`, `\u000D\n`}[i/76%4])
			}
			lines.WriteRune(c)
			if i%5 == 0 {
				fmt.Fprintf(&unicode, `\u%04x`, c)
			} else {
				unicode.WriteRune(c)
			}
		}
		for name, text := range map[string]string{
			"plain": plain, "slashes": strings.ReplaceAll(plain, "/", `\/`), "lines": lines.String(), "unicode": unicode.String(),
			"a line at the end": plain + `\n`, "a line before": `\r\n` + plain, "padding in lines": strings.ReplaceAll(plain, "=", `\n=`),
		} {
			t.Run(fmt.Sprint(size, " ", name), func(t *testing.T) {
				if testing.Short() && size > 3000 {
					t.Skip("short")
				}
				body := `{"code":"0","photo":"` + text + `","result":{"vid\u0065o" : "` + text + `","n":1}}`
				doc, err := wire.Read(&sevensOrMore{r: strings.NewReader(body), sizes: []int{1, 5000, 3, 70000, 2}}, -1, &wire.Plan{Root: places})
				require.NoError(t, err)
				require.Equal(t, `{"code":"0","photo":"","result":{"vid\u0065o" : "","n":1}}`, string(doc.Text))
				a, err := doc.Answer()
				require.NoError(t, err)
				for _, name := range []string{"photo", "video"} {
					got, err := file(a, name)
					require.NoError(t, err)
					require.True(t, bytes.Equal(data, got.Data), name)
					require.Equal(t, len(got.Data), cap(got.Data), "exactly sized")
					require.EqualValues(t, size, got.Size)
					require.False(t, got.Written)
				}

				var written bytes.Buffer
				plan := wire.Plan{Root: places, Envelope: "result", To: func(name string) io.Writer {
					if name == "video" {
						return &written
					}
					return nil
				}}
				doc, err = wire.Read(strings.NewReader(body), -1, &plan)
				require.NoError(t, err)
				require.True(t, plan.Wrote())
				require.True(t, bytes.Equal(data, written.Bytes()))
				a, err = doc.Answer()
				require.NoError(t, err)
				got, err := file(a, "video")
				require.NoError(t, err)
				require.Equal(t, wire.Received{Size: int64(size), Written: true}, got)
			})
		}
	}
}

// sevensOrMore reads in turns of these sizes.
type sevensOrMore struct {
	r     io.Reader
	sizes []int
	turn  int
}

func (s *sevensOrMore) Read(p []byte) (int, error) {
	s.turn++
	return s.r.Read(p[:min(len(p), s.sizes[s.turn%len(s.sizes)])])
}

func TestBadJSONSaysWhere(t *testing.T) {
	for text, want := range map[string]wire.SyntaxError{
		``:                              {Offset: 0, Ended: true},
		`  `:                            {Offset: 2, Ended: true},
		`<html>`:                        {Offset: 0},
		`tru`:                           {Offset: 3, Ended: true},
		`{"photo":"QUJD"`:               {Offset: 15, Ended: true},
		`{"photo":"QUJ`:                 {Offset: 13, Ended: true},
		`{"photo":"QUJ\`:                {Offset: 14, Ended: true},
		`{"photo":"QUJ\u00`:             {Offset: 17, Ended: true},
		`{"photo":"QUJD`:                {Offset: 14, Ended: true},
		`{"other":"QUJ\`:                {Offset: 14, Ended: true},
		`{"photo":"QU` + "\n" + `JD"}`:  {Offset: 12},
		`{"photo":"QUJD` + "\n" + `"}`:  {Offset: 14},
		`{"photo":"QQ=` + "\n" + `="}`:  {Offset: 13},
		`{"photo":"!` + "\t" + `QUJ"}`:  {Offset: 11},
		`{"photo":"\/` + "\x00" + `"}`:  {Offset: 12},
		`{"photo":"QU\xJD"}`:            {Offset: 13},
		`{"photo":"QU\u00gD"}`:          {Offset: 16},
		`{"photo":"QU\u0g`:              {Offset: 15},
		`{"a":1"b,c":2}`:                {Offset: 6},
		`{"a":tru,]`:                    {Offset: 8},
		`{"a":"\x","photo":"QU`:         {Offset: 7},
		`{"photo":"QUJD","a":"\x",]`:    {Offset: 22},
		"\xef\xbb\xbf{\"a\":1,\"b\":2}": {Offset: 0},
		`{"photo":"QUJD","a":tru}`:      {Offset: 23},
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
		_, err := read(t, text, wire.Plan{Root: places})
		var bad *wire.SyntaxError
		require.ErrorAs(t, err, &bad, text)
		require.Equal(t, want, *bad, text)
	}
	for _, text := range []string{`null`, `[]`, `"x"`, `7`, ` true `, `["photo"]`} {
		_, err := read(t, text, wire.Plan{Root: places})
		require.Equal(t, wire.ErrNotObject, err, text)
	}
}

func TestBadBase64SaysWhichFile(t *testing.T) {
	const good = `"QUJD"`
	for _, bad := range []string{
		`"QUJ"`, `"QUJD="`, `"QUJDQ=="`, `"QQ==QQ=="`, `"="`, `"===="`, `"QU D"`, `"QU-_"`, `"QUJD\u0000"`, `"QU\tJD"`, `"\"UJD"`, `"\\UJD"`, `"ÄUJD"`, `"QUJD\u00e4"`, `"!"`,
		`"` + strings.Repeat("QUJD", 50000) + `Q"`, `"` + strings.Repeat("QUJD", 49151) + `QQ==QQ=="`,
	} {
		var text string
		require.NoError(t, json.Unmarshal([]byte(bad), &text))
		_, err := base64.StdEncoding.DecodeString(text)
		require.Error(t, err, "the case is not bad")

		var behind bytes.Buffer
		doc, err := read(t, `{"code":0,"result":{"photo":`+bad+`,"video":`+good+`}}`, wire.Plan{Root: places, Envelope: "result", To: func(name string) io.Writer {
			if name == "video" {
				return &behind
			}
			return nil
		}})
		require.NoError(t, err, "whether it matters is not known here")
		a, err := doc.Answer()
		require.NoError(t, err)
		_, err = file(a, "photo")
		require.Equal(t, &wire.TypeError{Field: "photo", Want: "base64"}, err, bad)
		require.Empty(t, behind.String())
		_, err = file(a, "video")
		require.Equal(t, &wire.TypeError{Field: "video", Want: "written: something before it was wrong"}, err)
	}
}

func TestListsAreNamedByTheirNumbers(t *testing.T) {
	written := map[string]string{}
	plan := wire.Plan{Root: places, Envelope: "result", To: func(name string) io.Writer {
		return writerFunc(func(p []byte) (int, error) { written[name] += string(p); return len(p), nil })
	}}
	for text, want := range map[string]map[string]string{
		`{"code":0,"result":{"photoList":["QQ==","",null,"Qg=="]}}`:                         {"photoList[0]": "A", "photoList[3]": "B"},
		`{"code":0,"photoList":"QQ=="}`:                                                     {"photoList[0]": "A"},
		`{"code":0,"photoList":[["QQ=="]],"photo":["QQ=="]}`:                                {},
		`{"code":0,"turns":[{"audio":"QQ=="},{"video":"QQ=="},{"audio":"Qg==","a":["b"]}]}`: {"turns[0].audio": "A", "turns[2].audio": "B"},
		`{"code":0,"result":{"turns":{"audio":"QQ=="}}}`:                                    {"turns[0].audio": "A"},
		`{"code":0,"video":"QQ==","x":{"video":"QQ=="},"y":[{"video":"QQ=="}]}`:             {"video": "A"},
		`{"code":0,"result":{"video":"QQ=="},"video":""}`:                                   {"video": "A"},
	} {
		clear(written)
		_, err := wire.Read(strings.NewReader(text), -1, &plan)
		require.NoError(t, err)
		require.Equal(t, want, written, text)
	}
}

func TestAWriterGetsOneFile(t *testing.T) {
	for _, text := range []string{
		`{"photo":"QQ==","result":{"photo":"QQ=="}}`, `{"result":{"photo":"QQ=="},"photo":"QQ=="}`,
	} {
		var w bytes.Buffer
		_, err := wire.Read(strings.NewReader(text), -1, &wire.Plan{Root: places, Envelope: "result", To: func(string) io.Writer { return &w }})
		var bad *wire.TypeError
		require.ErrorAs(t, err, &bad, text)
		require.Equal(t, "A", w.String())
	}
}

func TestWhatIsDroppedIsNotWritten(t *testing.T) {
	var w bytes.Buffer
	for video, wrote := range map[io.Writer]bool{wire.Drop: false, &w: true} {
		plan := wire.Plan{Root: places, To: func(name string) io.Writer {
			if name == "video" {
				return video
			}
			return wire.Drop
		}}
		doc, err := wire.Read(strings.NewReader(`{"code":"0","video":"QUJD","photo":"QUJD"}`), -1, &plan)
		require.NoError(t, err)
		require.Equal(t, wrote, plan.Wrote())
		got, err := doc.File("photo")
		require.NoError(t, err)
		require.Equal(t, wire.Received{Size: 3, Written: true}, got)
	}
}

func TestTheWritersOwnErrorIsKept(t *testing.T) {
	full := errors.New("disk full")
	for w, want := range map[io.Writer]error{
		&failing{full}: full, &failing{nil}: io.ErrShortWrite,
	} {
		body := &counted{r: strings.NewReader(`{"code":"0","photo":"` + strings.Repeat("QUJD", 100_000) + `"}`)}
		plan := wire.Plan{Root: places, To: func(string) io.Writer { return w }}
		_, err := wire.Read(body, -1, &plan)
		var writing *wire.WriteError
		require.ErrorAs(t, err, &writing)
		require.Equal(t, "photo", writing.Name)
		require.ErrorIs(t, err, want)
		require.True(t, plan.Wrote())
		require.Less(t, body.n, 100_000, "nothing more is read")
	}
}

type failing struct{ err error }

func (f *failing) Write(p []byte) (int, error) {
	if f.err == nil {
		return len(p) - 1, nil
	}
	return 0, f.err
}

type counted struct {
	r io.Reader
	n int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestWatchedKeepsFilesFromWriters(t *testing.T) {
	for text, want := range map[string]string{
		`{"orderNo":"mine","photo":"QQ=="}`:                                       "A",
		`{"orderNo":"\u006dine","photo":"QQ=="}`:                                  "A",
		`{"orderNo":"other","photo":"QQ=="}`:                                      "",
		`{"orderNo":"mine","result":{"orderNo":"other","photo":"QQ=="}}`:          "",
		`{"result":{"x":{"orderNo":"other"},"orderNo":"mine","photo":"QQ=="}}`:    "A",
		`{"photo":"QQ==","orderNo":"other"}`:                                      "A",
		`{"orderNo":"other","result":{"orderNo":"mine","photo":"QQ=="},"code":0}`: "",
		`{"orderNo":null,"photo":"QQ=="}`:                                         "A",
		`{"orderNo":7,"photo":"QQ=="}`:                                            "A",
		`{"orderNo":8,"photo":"QQ=="}`:                                            "",
		`{"orderNo":true,"photo":"QQ=="}`:                                         "",
		`{"orderNo":["mine"],"photo":"QQ=="}`:                                     "",
		`{"orderNo":{},"photo":"QQ=="}`:                                           "",
	} {
		var w bytes.Buffer
		doc, err := wire.Read(strings.NewReader(text), -1, &wire.Plan{
			Root: places, To: func(string) io.Writer { return &w }, Watch: func(text string) bool { return text == "mine" || text == "7" },
		})
		require.NoError(t, err)
		require.Equal(t, want, w.String(), text)
		require.Contains(t, string(doc.Text), "orderNo", "it stays in the text")
	}
	var w bytes.Buffer
	_, err := wire.Read(strings.NewReader(`{"orderNo":"other\x","photo":"QQ=="}`), -1, &wire.Plan{
		Root: places, To: func(string) io.Writer { return &w }, Watch: func(text string) bool { return text == "" },
	})
	require.Error(t, err)
	require.Empty(t, w.String(), "what is no JSON says nothing")
}

func TestTheReadersOwnErrorIsKept(t *testing.T) {
	broken := errors.New("broken")
	for _, text := range []string{``, `{`, `{"photo":`, `{"photo":"QU`, `{"photo":"QU\`, `{"photo":"QUJD"`, `{"a":12`, `{"a":1}`} {
		_, err := wire.Read(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)), -1, &wire.Plan{Root: places})
		require.Equal(t, broken, err, text)
		_, err = wire.Read(io.MultiReader(strings.NewReader(text), iotest.ErrReader(io.ErrUnexpectedEOF)), -1, &wire.Plan{Root: places})
		require.Equal(t, io.ErrUnexpectedEOF, err, text)
	}
	_, err := wire.Read(readerFunc(func([]byte) (int, error) { return 0, nil }), -1, nil)
	require.Equal(t, io.ErrNoProgress, err)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// What is used again holds nothing of anybody: people who are read after and
// beside others find every byte of theirs and none of anybody else's, and what
// they work on is blank.
func TestNobodysBytesReachAnother(t *testing.T) {
	var wg sync.WaitGroup
	for person := range 16 {
		wg.Go(func() {
			for round := range 40 {
				size := (person*7919+round*104729)%300_000 + 1
				data := bytes.Repeat([]byte{byte(person + 1)}, size)
				text := `{"photo":"` + base64.StdEncoding.EncodeToString(data) + `"}`
				var w bytes.Buffer
				plan := wire.Plan{Root: places}
				switch round % 4 {
				case 1:
					plan.To = func(string) io.Writer { return &w }
				case 2:
					text = text[:len(text)/2] // given up in the middle
				case 3:
					text = strings.Replace(text, "A", "*", 1)
				}
				doc, err := wire.Read(readerFunc(blankOnly(t, strings.NewReader(text))), -1, &plan)
				if round%4 == 2 {
					if err == nil {
						t.Error("half a text was read")
					}
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				got, _ := doc.File("photo")
				if all := append(w.Bytes(), got.Data...); round%4 < 2 && !bytes.Equal(all, data) {
					t.Errorf("person %d got %d bytes that are not theirs", person, len(all))
				}
			}
		})
	}
	wg.Wait()
	for range 64 { // a collection may have emptied the pools meanwhile
		_, err := wire.Read(strings.NewReader(`{"photo":"QUJD","video":"QUJD"}`), -1, &wire.Plan{Root: places, To: func(name string) io.Writer {
			if name == "photo" {
				return nil
			}
			return io.Discard
		}})
		require.NoError(t, err)
		for _, buffer := range wire.Used() {
			require.Empty(t, bytes.Trim(buffer, "\x00"))
		}
	}
}

// What somebody sends decides how much there is to read, but not how often we
// look at it: with two loops in one another these took minutes.
func TestManyTakeTheirTimeOnce(t *testing.T) {
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

	// An escape costs the same, whether a quote is near or far.
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

// numbered are many members of an object.
func numbered(many int) string {
	var b strings.Builder
	for i := range many {
		fmt.Fprintf(&b, `"%d":1,`, i)
	}
	return strings.TrimSuffix(b.String(), ",")
}

// blankOnly reads from r, and makes sure that the first buffer it gets is blank.
func blankOnly(t *testing.T, r io.Reader) func([]byte) (int, error) {
	first := true
	return func(p []byte) (int, error) {
		if first && len(bytes.Trim(p, "\x00")) > 0 {
			t.Error("the buffer of an answer shows another's")
		}
		first = false
		return r.Read(p)
	}
}

type typedAnswer struct {
	embedded
	Video  []byte
	Frames [][]byte
	Deep   *struct {
		List []*typedAnswer
		Text string
	}
	Own   ownBytes
	Raw   json.RawMessage
	Named map[string][]byte
	Any   any
	Small *[]byte `json:"small,omitempty"`
	Loop  loop
}

type loop []loop

type embedded struct{ Photo namedBytes }

type namedBytes []byte

type ownBytes []byte

func (o *ownBytes) UnmarshalText(text []byte) error {
	*o = append(ownBytes("own "), text...)
	return nil
}

// A typed answer reads as by encoding/json, and only its names count as they are
// written.
func TestTypedFilesAreThoseOfEncodingJSON(t *testing.T) {
	for _, text := range []string{
		`{}`, `{"Video":null}`, `{"Video":""}`, `{"Video":"QUJD"}`,
		`{"Frames":["QUJD","",null,"Qg=="]}`, `{"Frames":[]}`, `{"Photo":"QUJD","small":"QUJD"}`, `{"small":null}`,
		`{"Deep":{"List":[{"Video":"QUJD"},null,{"Deep":{"List":[{"Frames":["QUJD"]}],"Text":"QUJD"}}],"Text":"t"}}`,
		`{"Own":"QUJD","Raw":"QUJD","Named":{"a":"QUJD"},"Any":{"Video":"QUJD"},"Loop":[[],[[]]]}`,
	} {
		var want, got typedAnswer
		require.NoError(t, json.Unmarshal([]byte(text), &want))
		doc, err := wire.ReadBytes([]byte(`{"Response":`+text+`}`), &wire.Place{Members: map[string]*wire.Place{"Response": wire.PlaceOf(reflect.TypeOf(&got))}})
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(doc.Top.Member("Response"), &got))
		require.NoError(t, doc.Fill("Response", &got))
		require.Equal(t, want, got, text)
	}
	for text, field := range map[string]string{
		`{"Video":"!"}`: "Video", `{"Frames":["QUJD","!"]}`: "Frames[1]", `{"Video":[65]}`: "Video", `{"Deep":{"List":[{"Video":"!"}]}}`: "Deep.List[0].Video",
	} {
		var got typedAnswer
		doc, err := wire.ReadBytes([]byte(text), wire.PlaceOf(reflect.TypeOf(got)))
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(doc.Text, &got))
		var bad *wire.TypeError
		require.ErrorAs(t, doc.Fill("", &got), &bad, text)
		require.Equal(t, field, bad.Field)
	}
}

// Lent and Spare have fields of the same names.
type Lent struct {
	Photo, Video []byte
	Mine         []byte `json:"mine"`
}

type Spare struct {
	Photo []byte
	Video []byte `json:"Video"`
	Mine  []byte
}

func TestFilesOfEmbeddedStructsAreThoseOfEncodingJSON(t *testing.T) {
	const inside = `"Photo":"QUJD","Video":"Qg==","mine":"QQ=="`
	for _, text := range []string{
		`{"lent":{` + inside + `},` + inside + `}`, `{` + inside + `}`, `{"lent":{` + inside + `}}`, `{}`, `{"lent":null,"Bytes":"QQ=="}`,
		`{"-":"QQ==","Photo":"QQ=="}`,
	} {
		for _, empty := range []func() any{
			func() any { return new(struct{ Lent }) },
			func() any { return new(struct{ *Lent }) },
			func() any {
				return new(struct {
					Lent `json:"lent"`
				})
			},
			func() any {
				return new(struct {
					*Lent `json:"lent"`
					Photo []byte
				})
			},
			func() any {
				return new(struct {
					*Lent
					Spare
				})
			},
			func() any {
				return new(struct {
					Lent
					*Spare `json:"-"`
					Photo  string
				})
			},
		} {
			want, got := empty(), empty()
			doc, err := wire.ReadBytes([]byte(text), wire.PlaceOf(reflect.TypeOf(got)))
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal([]byte(text), want))
			wire.Exact(doc.Text, reflect.TypeOf(got))
			require.NoError(t, json.Unmarshal(doc.Text, got))
			require.NoError(t, doc.Fill("", got), "%T %s", got, text)
			require.Equal(t, want, got, text)
		}
	}
	var both struct {
		Lent
		Spare
	}
	doc, err := wire.ReadBytes([]byte(`{"Photo":"!","Video":"QUJD"}`), wire.PlaceOf(reflect.TypeOf(both)))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(doc.Text, &both))
	require.NoError(t, doc.Fill("", &both), "of two with one name none is meant")
	require.Equal(t, "ABC", string(both.Spare.Video), "but for the one that says so")
}

// Files from the stream are those that encoding/json and encoding/base64 find,
// and the rest is the same text without them. Intended differences: names are
// exact; no name stands twice in an object; nothing nests deeper than any answer
// does; a file is a file whatever else is wrong, as long as it is asked for; text
// that is no UTF-8 is no base64.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		`{"code":"0","result":{"orderNo":"1","photo":"QUJD","photoList":["QUJD",null,"QQ=="],"turns":[{"audio":"QUJD"}]}}`,
		`{"photo":"QU\nJD","video":"\u0051Q=="}`, `{"photo":"QU\/+"}`, `{"photo":["QUJD"],"turns":{"audio":"QUJD"}}`, `{"photo":"QUJ`, `{"photo":"QUJD","photo":"!"}`,
		`{"a":{"b":[1,true,null,-1.5e3,"\ud83d\ude00"]},"photo":"=","video":"QQ=\r="}`, "{\"photo\":\"QU\nJD\"}", `{"Photo":"QUJD","PHOTO":"!"}`,
	} {
		f.Add([]byte(seed), uint8(1))
		f.Add([]byte(seed), uint8(0))
	}
	f.Fuzz(func(t *testing.T, text []byte, step uint8) {
		var r io.Reader = bytes.NewReader(text)
		if step > 0 {
			r = &sevensOrMore{r: r, sizes: []int{int(step), 1, int(step) * 3}}
		}
		doc, err := wire.Read(r, -1, &wire.Plan{Root: places})
		var want map[string]json.RawMessage
		valid := json.Unmarshal(text, &want) == nil && want != nil
		twice, deep := walked(text)
		if (valid && !twice && !deep) != (err == nil) {
			t.Fatalf("encoding/json says %v, we say %v", valid, err)
		}
		if valid && twice && !deep && !errors.Is(err, wire.ErrRepeated) || valid && deep && !twice && !errors.Is(err, wire.ErrTooMuch) {
			t.Fatalf("a name twice: %v, too deep: %v, but we say %v", twice, deep, err)
		}
		if err != nil {
			var bad *wire.SyntaxError
			if !errors.As(err, &bad) {
				return
			}
			var first *json.SyntaxError // it counts the bytes it took, and takes the blank if nothing is wrong before
			if !errors.As(json.Unmarshal(append(text, ' '), new(json.RawMessage)), &first) || bad.Offset != first.Offset-1 || bad.Ended != (bad.Offset == int64(len(text))) {
				t.Fatalf("%+v of %d bytes, want %+v", bad, len(text), first)
			}
			return
		}
		for _, name := range []string{"photo", "video"} {
			got, err := doc.File(name)
			var text *string
			wantErr := json.Unmarshal(orNull(want[name]), &text)
			var data []byte
			if wantErr == nil && text != nil {
				data, wantErr = base64.StdEncoding.DecodeString(*text)
			}
			if (wantErr == nil) != (err == nil) || err == nil && !bytes.Equal(data, got.Data) {
				t.Fatalf("%s: %q %v, want %q %v", name, got.Data, err, data, wantErr)
			}
		}
		// What is left is the same document with the files emptied.
		again, err := wire.ReadBytes(doc.Text, places)
		if err != nil || !bytes.Equal(again.Text, doc.Text) {
			t.Fatalf("what is left is not stable: %v", err)
		}
		if !reflect.DeepEqual(emptied(t, text), emptied(t, doc.Text)) {
			t.Fatalf("%q is left of %q", doc.Text, text)
		}

		written := map[string]*bytes.Buffer{}
		doc2, err := wire.Read(bytes.NewReader(text), -1, &wire.Plan{Root: places, To: func(name string) io.Writer {
			written[name] = &bytes.Buffer{}
			return written[name]
		}})
		var bad *wire.TypeError
		if errors.As(err, &bad) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"photo", "video"} {
			kept, err := doc.File(name)
			sent, err2 := doc2.File(name)
			if errors.As(err2, &bad) && strings.HasPrefix(bad.Want, "written") {
				continue // it came behind a bad one
			}
			if (err == nil) != (err2 == nil) || kept.Size != sent.Size && err == nil {
				t.Fatalf("%s: kept %v %v, written %v %v", name, kept.Size, err, sent.Size, err2)
			}
			if sent.Written && !bytes.Equal(kept.Data, written[name].Bytes()) {
				t.Fatalf("%s: kept %q, written %q", name, kept.Data, written[name])
			}
		}
	})
}

// walked reports whether an object of the text has two members of one name, and
// whether the text nests deeper than answers do or has a longer name. It looks at tokens, so it shares
// nothing with the scanner; what follows the first error does not count.
func walked(text []byte) (twice, deep bool) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	type open struct {
		names map[string]bool // nil for a list
		value bool            // the next token is the value of a name
	}
	var stack []*open
	for {
		before := decoder.InputOffset()
		token, err := decoder.Token()
		if err != nil {
			return twice, deep
		}
		var top *open
		if len(stack) > 0 {
			top = stack[len(stack)-1]
		}
		if name, ok := token.(string); ok && top != nil && top.names != nil && !top.value {
			twice = twice || top.names[name]
			quoted := bytes.Trim(text[before:decoder.InputOffset()], " \t\r\n,")
			deep = deep || len(quoted) > 1<<10
			top.names[name], top.value = true, true
			continue
		}
		if top != nil {
			top.value = false
		}
		switch token {
		case json.Delim('{'):
			stack = append(stack, &open{names: map[string]bool{}})
		case json.Delim('['):
			stack = append(stack, &open{})
		case json.Delim('}'), json.Delim(']'):
			stack = stack[:len(stack)-1]
		}
		deep = deep || len(stack) > 100
	}
}

func orNull(raw json.RawMessage) json.RawMessage {
	if raw == nil {
		return json.RawMessage("null")
	}
	return raw
}

// emptied is a document as encoding/json sees it, with the strings at the places
// of files emptied.
func emptied(t *testing.T, text []byte) any {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var v any
	require.NoError(t, decoder.Decode(&v))
	blank := func(o any, name string) {
		if m, ok := o.(map[string]any); ok {
			if _, ok := m[name].(string); ok {
				m[name] = ""
			}
		}
	}
	root, _ := v.(map[string]any)
	for _, o := range []any{root, root["result"]} {
		m, ok := o.(map[string]any)
		if !ok {
			continue
		}
		blank(m, "photo")
		blank(m, "video")
		blank(m, "photoList")
		blank(m["turns"], "audio")
		if list, ok := m["photoList"].([]any); ok {
			for i := range list {
				if _, ok := list[i].(string); ok {
					list[i] = ""
				}
			}
		}
		if list, ok := m["turns"].([]any); ok {
			for _, turn := range list {
				blank(turn, "audio")
			}
		}
	}
	return v
}
