package wire_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/faceid-go/faceid/internal/wire"
	"github.com/stretchr/testify/require"
)

// The text of a long file is decoded before anybody has searched it for its end. Here it has
// something that is no base64 at the border of two reads, and of two pieces of memory.
func TestReadDecodesAheadOnlyWhatIsBase64(t *testing.T) {
	const begin, read, chunk = `{"photo":"`, 64 << 10, 192 << 10 // bytes
	data := pattern(2*chunk + 100)
	text := base64.StdEncoding.EncodeToString(data)
	for _, at := range []int{read - 8, read - 4, read, read + 4, 2 * read, 3*read + 400, chunk / 3 * 4, chunk/3*4 + 4} {
		head, tail := text[:at], text[at:]
		for name, c := range map[string]struct {
			text  string
			data  []byte
			wrong error
		}{
			"nothing":            {text: text, data: data},
			"a line break":       {text: head + `\r\n` + tail, data: data},
			"an escape":          {text: head + `\u00` + hex(tail[0]) + tail[1:], data: data},
			"the end":            {text: head, data: data[:at/4*3]},
			"the end, padded":    {text: head + "QQ==", data: append(bytes.Clone(data[:at/4*3]), 'A')},
			"padding":            {text: head + "QQ==" + tail, wrong: &wire.TypeError{Field: "photo", Want: "base64"}},
			"a quote":            {text: head + `\"QUJ` + tail, wrong: &wire.TypeError{Field: "photo", Want: "base64"}},
			"no base64":          {text: head + "!QUJ" + tail, wrong: &wire.TypeError{Field: "photo", Want: "base64"}},
			"one too few":        {text: head + tail[1:], wrong: &wire.TypeError{Field: "photo", Want: "base64"}},
			"control characters": {text: head + "\n\n\n\n" + tail, wrong: &wire.SyntaxError{Offset: int64(len(begin) + at)}},
		} {
			body := begin + c.text + `","code":"0"}`
			for _, length := range []int64{-1, int64(len(body))} {
				kept, err := photo(body, length, wire.Plan{Root: places})
				require.Equal(t, c.wrong, err, "%s at %d", name, at)
				require.True(t, bytes.Equal(c.data, kept.Data), "%s at %d", name, at)

				var w bytes.Buffer
				sent, err := photo(body, length, wire.Plan{Root: places, To: func(string) io.Writer { return &w }})
				require.Equal(t, c.wrong, err, "%s at %d", name, at)
				require.Equal(t, len(c.data), int(sent.Size), "%s at %d", name, at)
				if err == nil {
					require.True(t, bytes.Equal(c.data, w.Bytes()), "%s at %d", name, at)
				}
			}
		}
	}
}

// Whoever reads the body asks whether Read is in a file, and lets a file take longer.
func TestReadIsInAFileUntilItsLastByteHasArrived(t *testing.T) {
	parts := []string{`{"photo":"QUJD`, `QUJD",`, `"code":"0"}`}
	plan, in := wire.Plan{Root: places}, []bool{}
	_, err := wire.Read(readerFunc(func(p []byte) (int, error) {
		in = append(in, plan.InFile())
		if len(parts) == 0 {
			return 0, io.EOF
		}
		n := copy(p, parts[0])
		parts = parts[1:]
		return n, nil
	}), -1, &plan)
	require.NoError(t, err)
	require.Equal(t, []bool{false, true, false, false}, in)
}

// An escape that is far away must not be met anew with every piece before it. Each time costs
// an error of the decoder.
func TestReadDecodesNothingAheadTwice(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates, too")
	}
	line := base64.StdEncoding.EncodeToString(pattern(49_146)) + `\n` // an escape for each buffer
	body := `{"photo":"` + strings.Repeat(line, 100) + `","code":"0"}`
	allocated := testing.AllocsPerRun(5, func() {
		_, err := wire.Read(strings.NewReader(body), int64(len(body)), &wire.Plan{Root: places, To: func(string) io.Writer { return io.Discard }})
		require.NoError(t, err)
	})
	require.Less(t, allocated, 400.0)
}

// photo reads a document whose first ten bytes arrive alone, and returns its photo.
func photo(body string, length int64, plan wire.Plan) (wire.Received, error) {
	doc, err := wire.Read(io.MultiReader(strings.NewReader(body[:10]), strings.NewReader(body[10:])), length, &plan)
	if err != nil {
		return wire.Received{}, err
	}
	file, err := doc.File("photo")
	if bad := (*wire.TypeError)(nil); errors.As(err, &bad) {
		return wire.Received{}, bad
	}
	return file, err
}

func hex(c byte) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[c>>4], digits[c&15]})
}
