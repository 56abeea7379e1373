package wire_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/faceid-go/faceid/internal/wire"
	"github.com/stretchr/testify/require"
)

func TestReadDecodesFilesHoweverTheyAreSpelt(t *testing.T) {
	for _, size := range []int{1, 2, 3, 4, 5, 47, 48, 49, 3000, 48<<10 - 1, 48 << 10, 48<<10 + 1, 192<<10 - 1, 192 << 10, 192<<10 + 1, 500_001} {
		data := pattern(size)
		for name, text := range spellings(base64.StdEncoding.EncodeToString(data)) {
			t.Run(fmt.Sprint(size, " ", name), func(t *testing.T) {
				if testing.Short() && size > 3000 {
					t.Skip("short")
				}
				body := `{"code":"0","photo":"` + text + `","result":{"vid\u0065o" : "` + text + `","n":1}}`
				decodesInMemory(t, body, data)
				decodesToAWriter(t, body, data)
			})
		}
	}
}

// spellings returns JSON spellings of a base64 text by their names.
func spellings(plain string) map[string]string {
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
	return map[string]string{
		"plain": plain, "slashes": strings.ReplaceAll(plain, "/", `\/`), "lines": lines.String(), "unicode": unicode.String(),
		"escapes, then none": strings.Repeat(`\n`, len(plain)/2) + plain, "no escapes, then some": plain + strings.Repeat(`\n`, len(plain)/2),
		"a line at the end": plain + `\n`, "a line before": `\r\n` + plain, "padding in lines": strings.ReplaceAll(plain, "=", `\n=`),
	}
}

// decodesInMemory reads an answer whose photo and video are both data.
func decodesInMemory(t *testing.T, body string, data []byte) {
	t.Helper()
	for _, length := range []int64{-1, int64(len(body)), int64(len(body)) / 3, 3 * int64(len(body))} { // a sender may claim anything
		decodesWithLength(t, body, data, length)
	}
}

func decodesWithLength(t *testing.T, body string, data []byte, length int64) {
	t.Helper()
	doc, err := wire.Read(&turns{r: strings.NewReader(body), sizes: []int{1, 5000, 3, 70000, 2}}, length, &wire.Plan{Root: places})
	require.NoError(t, err)
	require.Equal(t, `{"code":"0","photo":"","result":{"vid\u0065o" : "","n":1}}`, string(doc.Text))
	a, err := doc.Answer()
	require.NoError(t, err)
	for _, name := range []string{"photo", "video"} {
		got, err := file(a, name)
		require.NoError(t, err)
		require.True(t, bytes.Equal(data, got.Data), name)
		require.Equal(t, len(got.Data), cap(got.Data), "no byte is allocated in vain")
		require.EqualValues(t, len(data), got.Size)
		require.False(t, got.Written)
	}
}

func TestReadTakesTheMemoryOfAFileAtOnce(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector drops what is in a sync.Pool at random")
	}
	video := pattern(6 << 20)
	text := base64.StdEncoding.EncodeToString(video)
	photo := base64.StdEncoding.EncodeToString(pattern(200_000))
	for name, try := range map[string]struct {
		body  string
		claim int64 // how much longer the sender says it is
		most  float64
	}{
		"a video":                    {`{"code":"0","result":{"video":"` + text + `"}}`, 0, 1.05},
		"a video with escapes":       {`{"code":"0","result":{"video":"` + spellings(text)["lines"] + `"}}`, 0, 1.05},
		"a photo and a video":        {`{"code":"0","photo":"` + photo + `","result":{"video":"` + text + `"}}`, 0, 1.08},
		"a claim that is never kept": {`{"code":"0","photo":"` + photo + `"}`, 64 << 20, 0.2},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			got := math.Inf(1)
			for range 5 { // the first round fills the pools, and a collection may empty them
				runtime.ReadMemStats(&before)
				doc, err := wire.Read(strings.NewReader(try.body), int64(len(try.body))+try.claim, &wire.Plan{Root: places})
				runtime.ReadMemStats(&after)
				require.NoError(t, err)
				runtime.KeepAlive(doc)
				got = min(got, float64(after.TotalAlloc-before.TotalAlloc)/float64(len(video)))
			}
			require.LessOrEqual(t, got, try.most)
		})
	}
}

// A file behind something wrong goes to no writer, and does not go into memory instead: a
// caller who gives writers counts on little memory.
func TestReadKeepsNoFileThatNobodyGets(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector drops what is in a sync.Pool at random")
	}
	video := base64.StdEncoding.EncodeToString(pattern(6 << 20))
	for _, before := range []string{`"orderNo":"other"`, `"photo":"!!!!"`} {
		body := `{"code":"0",` + before + `,"video":"` + video + `"}`
		var before, after runtime.MemStats
		got := math.Inf(1)
		for range 5 { // the first round fills the pools, and a collection may empty them
			plan := &wire.Plan{Root: places, Own: "mine", To: func(string) io.Writer { return nil }}
			runtime.ReadMemStats(&before)
			doc, err := wire.Read(strings.NewReader(body), int64(len(body)), plan)
			runtime.ReadMemStats(&after)
			require.NoError(t, err)
			_, err = doc.File("video")
			require.Equal(t, &wire.TypeError{Field: "video", Want: "written: something before it was wrong"}, err)
			got = min(got, float64(after.TotalAlloc-before.TotalAlloc))
		}
		require.Less(t, got, float64(1<<20))
	}
}

// A list of files that are not base64 costs no more memory than a list of good ones, although
// each of them might have been as long as the rest of the text.
func TestReadTakesMemoryOnceForManyFilesThatAreNotBase64(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector drops what is in a sync.Pool at random")
	}
	for name, end := range map[string]string{"a foreign character": "!!!!", "half a group": "QU", "padding inside": "QQ==QUJD", "an escape": `\u0000QUJ`} {
		t.Run(name, func(t *testing.T) {
			file := `"` + strings.Repeat("QUJD", 15000) + end + `",`
			body := `{"code":"0","photos":[` + strings.Repeat(file, 100) + `""]}`
			plan := &wire.Plan{Root: &wire.Place{Members: map[string]*wire.Place{"photos": {Each: wire.File}}}}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := wire.Read(strings.NewReader(body), int64(len(body)), plan)
			runtime.ReadMemStats(&after)
			require.NoError(t, err)
			require.LessOrEqual(t, float64(after.TotalAlloc-before.TotalAlloc)/float64(len(body)), 1.5)
		})
	}
}

// decodesToAWriter reads the same answer and lets the video go to a writer.
func decodesToAWriter(t *testing.T, body string, data []byte) {
	t.Helper()
	var written bytes.Buffer
	plan := wire.Plan{Root: places, Envelope: "result", To: func(name string) io.Writer {
		if name == "video" {
			return &written
		}
		return nil
	}}
	doc, err := wire.Read(strings.NewReader(body), -1, &plan)
	require.NoError(t, err)
	require.True(t, plan.Wrote())
	require.True(t, bytes.Equal(data, written.Bytes()))
	a, err := doc.Answer()
	require.NoError(t, err)
	got, err := file(a, "video")
	require.NoError(t, err)
	require.Equal(t, wire.Received{Size: int64(len(data)), Written: true}, got)
}

func TestReadNamesAFileThatIsNotBase64(t *testing.T) {
	const good = `"QUJD"`
	for _, bad := range []string{
		`"QUJ"`, `"QUJD="`, `"QUJDQ=="`, `"QQ==QQ=="`, `"="`, `"===="`, `"QU D"`, `"QU-_"`, `"QUJD\u0000"`, `"QU\tJD"`, `"\"UJD"`, `"\\UJD"`, `"ÄUJD"`, `"QUJD\u00e4"`, `"!"`,
		`"` + strings.Repeat("QUJD", 50000) + `Q"`, `"` + strings.Repeat("QUJD", 49151) + `QQ==QQ=="`,
	} {
		var text string
		require.NoError(t, json.Unmarshal([]byte(bad), &text))
		_, err := base64.StdEncoding.DecodeString(text)
		require.Error(t, err, "encoding/base64 refuses it, too")

		var behind bytes.Buffer
		doc, err := read(t, `{"code":0,"result":{"photo":`+bad+`,"video":`+good+`}}`, wire.Plan{Root: places, Envelope: "result", To: func(name string) io.Writer {
			if name == "video" {
				return &behind
			}
			return nil
		}})
		require.NoError(t, err, "a bad file is an error only for a caller that asks for it")
		a, err := doc.Answer()
		require.NoError(t, err)
		_, err = file(a, "photo")
		require.Equal(t, &wire.TypeError{Field: "photo", Want: "base64"}, err, bad)
		require.Empty(t, behind.String())
		_, err = file(a, "video")
		require.Equal(t, &wire.TypeError{Field: "video", Want: "written: something before it was wrong"}, err)
	}
}

func TestReadNamesFilesInListsByNumber(t *testing.T) {
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

func TestReadGivesAWriterOneFile(t *testing.T) {
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

func TestReadKeepsTheErrorOfAWriter(t *testing.T) {
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
		require.Less(t, body.n, 100_000, "Read stops after the error")
	}
}

type failing struct{ err error }

func (f *failing) Write(p []byte) (int, error) {
	if f.err == nil {
		return len(p) - 1, nil
	}
	return 0, f.err
}

// Buffers that are used again hold nothing of the document before. Concurrent
// readers find every byte of their own document and no other byte, and every
// buffer is blank when a reading begins.
func TestReadWipesItsBuffers(t *testing.T) {
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
					text = text[:len(text)/2] // the text breaks off in the middle
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
	wipedInThePools(t)
}

// A reader that fails says that it read nothing, although a part of the text may be in the
// buffer already: the bound of an answer does so.
func TestReadWipesWhatAFailedReaderLeft(t *testing.T) {
	failed := errors.New("too large")
	for _, length := range []int64{-1, 4000} {
		_, err := wire.Read(readerFunc(func(p []byte) (int, error) {
			return 0 * copy(p, strings.Repeat("private", len(p))), failed
		}), length, &wire.Plan{Root: places})
		require.ErrorIs(t, err, failed)
		wipedInThePools(t)
	}
}

// wipedInThePools reads short documents and looks at what the next reader would get.
func wipedInThePools(t *testing.T) {
	t.Helper()
	for i := range 64 { // a garbage collection may have emptied the pools
		const text = `{"photo":"QUJD","video":"QUJD"}`
		_, err := wire.Read(strings.NewReader(text), []int64{-1, int64(len(text))}[i%2], &wire.Plan{Root: places, To: func(name string) io.Writer {
			if name == "photo" {
				return nil
			}
			return io.Discard
		}})
		require.NoError(t, err)
		for _, buffer := range wire.Used() {
			require.Zero(t, len(bytes.Trim(buffer, "\x00")), "a buffer is not blank")
		}
	}
}
