package fastbase64

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// decoders are all ways of decoding that this build has.
var decoders = map[string]func(dst, src []byte) (int, bool){"decode": decode, "table": decodeTable}

// same compares all decoders with encoding/base64 on one text.
func same(t testing.TB, text []byte) {
	t.Helper()
	want := make([]byte, len(text)/4*3+3)
	wantN, err := base64.StdEncoding.Decode(want, text)
	for name, decode := range decoders {
		// What stands behind the room for the text must stay as it is.
		room := base64.StdEncoding.DecodedLen(len(text))
		dst := bytes.Repeat([]byte{0xA5}, room+64)
		before := bytes.Clone(text)
		n, ok := decode(dst[:room:room], text)
		if ok != (err == nil) || n != wantN || !bytes.Equal(dst[:n], want[:n]) {
			t.Fatalf("%s: %q: %d bytes, %v; encoding/base64 has %d bytes, %v", name, text, n, ok, wantN, err)
		}
		if !bytes.Equal(before, text) {
			t.Fatalf("%s: the text was changed: %q", name, before)
		}
		if !bytes.Equal(dst[room:], bytes.Repeat([]byte{0xA5}, 64)) {
			t.Fatalf("%s: it wrote behind its room: %q", name, text)
		}
	}
}

func noise(n int) []byte {
	data := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(n)}).Read(data)
	return data
}

func TestDecodeIsEncodingBase64OnEveryLengthAndFault(t *testing.T) {
	faults := []byte{0, 1, '\t', '\n', '\r', ' ', '!', '"', '*', ',', '-', '.', ':', '=', '@', '[', '\\', '_', '`', '{', 0x7f, 0x80, 0xC3, 0xFF}
	for size := range 300 {
		text := []byte(base64.StdEncoding.EncodeToString(noise(size)))
		same(t, text)
		for cut := range min(len(text), 5) {
			same(t, text[:len(text)-cut])
		}
		if size > 120 && size%7 != 0 {
			continue
		}
		for at := range text {
			for _, fault := range faults {
				bad := bytes.Clone(text)
				bad[at] = fault
				same(t, bad)
			}
			same(t, append(append(bytes.Clone(text[:at]), '\n'), text[at:]...))
		}
	}
}

func TestDecodeIsEncodingBase64ForEveryByte(t *testing.T) {
	for _, at := range []int{0, 1, 2, 3, 15, 16, 31, 32, 63, 64, 96, 99} {
		for c := range 256 {
			text := bytes.Repeat([]byte("QUJD"), 25)
			text[at] = byte(c)
			same(t, text)
		}
	}
}

func TestAppendEncodeIsEncodingBase64(t *testing.T) {
	for size := range 400 {
		data := noise(size)
		got := AppendEncode([]byte("before"), data)
		require.Equal(t, "before"+base64.StdEncoding.EncodeToString(data), string(got))
	}
}

func FuzzDecode(f *testing.F) {
	for _, size := range []int{0, 1, 2, 3, 24, 47, 48, 96, 200} {
		f.Add([]byte(base64.StdEncoding.EncodeToString(noise(size))))
	}
	f.Add([]byte("QUJD\nQUJD\r\nQQ==\n"))
	f.Add([]byte("QUJDQQ==QUJD"))
	f.Fuzz(func(t *testing.T, text []byte) {
		same(t, text)
		// The same text as base64 reaches deeper than noise does.
		same(t, base64.StdEncoding.AppendEncode(nil, text))
		if len(text) > 0 {
			spoiled := base64.StdEncoding.AppendEncode(nil, text)
			spoiled[int(text[0])%len(spoiled)] = text[len(text)/2]
			same(t, spoiled)
		}
		require.Equal(t, base64.StdEncoding.AppendEncode(nil, text), AppendEncode(nil, text))
	})
}

// BenchmarkDecode sets all ways beside encoding/base64, on a video of 6 MB in pieces as they
// arrive.
func BenchmarkDecode(b *testing.B) {
	const piece = 64 << 10
	text := []byte(base64.StdEncoding.EncodeToString(noise(6 << 20)))
	dst := make([]byte, piece/4*3)
	ways := map[string]func(dst, src []byte) (int, bool){
		"fastbase64": decode, "table": decodeTable,
		"encoding-base64": func(dst, src []byte) (int, bool) {
			n, err := base64.StdEncoding.Decode(dst, src)
			return n, err == nil
		},
	}
	for _, name := range []string{"encoding-base64", "table", "fastbase64"} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				for at := 0; at < len(text); at += piece {
					if _, ok := ways[name](dst, text[at:min(at+piece, len(text))]); !ok {
						b.Fatal(fmt.Sprint("not base64 at ", at))
					}
				}
			}
		})
	}
}
