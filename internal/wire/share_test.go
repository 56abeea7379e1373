package wire_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/faceid-go/faceid/internal/wire"
	"github.com/stretchr/testify/require"
)

// drawn returns a JSON string at random, which is a file or nearly one.
func drawn(random *rand.Rand) string {
	sizes := []int{0, 1, 2, 3, 40, 3000, 70_000, 200_000, 600_000}
	data := make([]byte, random.IntN(sizes[random.IntN(len(sizes))]+1))
	for i := range data {
		data[i] = byte(random.Uint32())
	}
	text := base64.StdEncoding.EncodeToString(data)
	at := random.IntN(len(text) + 1)
	switch random.IntN(9) {
	case 0:
		text = strings.ReplaceAll(text, "/", `\/`)
	case 1:
		text = strings.ReplaceAll(text, "A", `\u0041`)
	case 2:
		text = strings.ReplaceAll(text, "QU", `\nQU\r\n`)
	case 3:
		text = text[:at] + strings.Repeat(`\n\u000d`, random.IntN(700)) + text[at:]
	case 4:
		var written strings.Builder // a random escape after every few bytes
		for len(text) > 0 {
			n := min(len(text), random.IntN(40))
			written.WriteString(strings.ReplaceAll(text[:n], "/", `\/`) + []string{`\r\n`, `\n`, `\u000a`, `\r\r`, ""}[random.IntN(5)])
			text = text[n:]
		}
		text = written.String()
	case 5:
		text = text[:at] + []string{"!", "=", "==", `\u0000`, `\t`, "Q"}[random.IntN(6)] + text[at:]
	}
	return `"` + text + `"`
}

// The files of a document are what encoding/json and encoding/base64 make of them, whatever
// stands beside them, in whatever parts the text arrives, and whatever length its sender
// claims. No two files share memory, although a file may use what another left.
func TestReadSharesNoMemoryBetweenFiles(t *testing.T) {
	for seed := range uint64(150) {
		if testing.Short() && seed > 20 {
			break
		}
		random := rand.New(rand.NewPCG(seed, 1))
		root := &wire.Place{Members: map[string]*wire.Place{}}
		var body strings.Builder
		texts := map[string]string{}
		for i := range 1 + random.IntN(7) {
			name := fmt.Sprint("f", i)
			root.Members[name], texts[name] = wire.File, drawn(random)
			fmt.Fprintf(&body, `,"%s":%s`, name, texts[name])
		}
		text := `{"code":"0"` + body.String() + `}`
		claim := []int64{-1, int64(len(text)), int64(random.IntN(len(text)) + 1), int64(len(text) * (1 + random.IntN(9)))}[random.IntN(4)]
		sizes := []int{1 + random.IntN(9), 1 + random.IntN(5000), 1 + random.IntN(100_000)}
		doc, err := wire.Read(&turns{r: strings.NewReader(text), sizes: sizes}, claim, &wire.Plan{Root: root})
		require.NoError(t, err, seed)

		want, got := map[string][]byte{}, map[string][]byte{}
		for name, raw := range texts {
			var plain string
			require.NoError(t, json.Unmarshal([]byte(raw), &plain))
			data, bad := base64.StdEncoding.DecodeString(plain)
			file, err := doc.File(name)
			require.Equal(t, bad == nil, err == nil, "%d %s", seed, name)
			if bad == nil {
				want[name], got[name] = data, file.Data
			}
		}
		for name := range got {
			require.True(t, bytes.Equal(want[name], got[name]), "%d %s", seed, name)
			clear(want[name])
			clear(got[name][:cap(got[name])])
		}
	}
}
