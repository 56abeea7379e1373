package wire_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/faceid-go/faceid/internal/wire"
	"github.com/stretchr/testify/require"
)

// places describes an answer with every kind of place for a file.
var places = wire.Result(map[string]*wire.Place{
	"photo": wire.File, "video": wire.File,
	"photoList": {Each: wire.File},
	"turns":     {Each: wire.Files("audio")},
})

// read reads a text several times, with reads of different sizes, and makes sure
// that the results are equal.
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

// sevens reads at most seven bytes at a time, and sometimes none.
type sevens struct {
	r    io.Reader
	turn int
}

func (s *sevens) Read(p []byte) (int, error) {
	if s.turn++; s.turn%3 == 0 {
		return 0, nil // an io.Reader may do this
	}
	return s.r.Read(p[:min(7, len(p))])
}

// turns reads at most one of these sizes at a time, in turn.
type turns struct {
	r     io.Reader
	sizes []int
	turn  int
}

func (s *turns) Read(p []byte) (int, error) {
	s.turn++
	return s.r.Read(p[:min(len(p), s.sizes[s.turn%len(s.sizes)])])
}

// pattern returns a file without repetitions. Its base64 text has every character of
// the alphabet.
func pattern(size int) []byte {
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(i*i>>3 ^ i*7)
	}
	return data
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

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// parse reads an answer whose members of these names are files.
func parse(text string, files ...string) (*wire.Answer, error) {
	doc, err := wire.ReadBytes([]byte(text), wire.Result(wire.Files(files...).Members))
	if err != nil {
		return nil, err
	}
	return doc.Answer()
}

func file(a *wire.Answer, name string) (wire.Received, error) {
	raw, _ := a.Member(name)
	return a.File(name, raw)
}

type namedBytes []byte

type ownBytes []byte

func (o *ownBytes) UnmarshalText(text []byte) error {
	*o = append(ownBytes("own "), text...)
	return nil
}

// walked reports whether an object of the text has two members of one name, and
// whether the text nests too deeply or has a name that is too long. It reads the
// tokens of encoding/json up to the first error, and shares no code with the
// scanner.
func walked(text []byte) (twice, deep bool) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	type container struct {
		names map[string]bool // nil for a list
		value bool            // the next token is the value of a member
	}
	var stack []*container
	for {
		before := decoder.InputOffset()
		token, err := decoder.Token()
		if err != nil {
			return twice, deep
		}
		var top *container
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
			stack = append(stack, &container{names: map[string]bool{}})
		case json.Delim('['):
			stack = append(stack, &container{})
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

// emptied returns a document as encoding/json decodes it, with an empty string in
// the place of each file.
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

// numbered returns many members of an object, named by numbers.
func numbered(many int) string {
	var b strings.Builder
	for i := range many {
		fmt.Fprintf(&b, `"%d":1,`, i)
	}
	return strings.TrimSuffix(b.String(), ",")
}

// blankOnly reads from r, and makes sure that its first buffer is blank.
func blankOnly(t *testing.T, r io.Reader) func([]byte) (int, error) {
	first := true
	return func(p []byte) (int, error) {
		if first && len(bytes.Trim(p, "\x00")) > 0 {
			t.Error("a buffer holds bytes of another document")
		}
		first = false
		return r.Read(p)
	}
}
