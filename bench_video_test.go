package faceid_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/internal/fastbase64"
	"github.com/stretchr/testify/require"
)

// way is one way to fetch a video. It returns the bytes, which are good until the next
// fetch, or nil if they went to w.
type way struct {
	name  string
	fetch func(ctx context.Context, v video, w io.Writer) ([]byte, error)
}

func (p *bench) faceRecord(b *testing.B) way {
	client := p.client(b)
	return way{"faceid", func(ctx context.Context, v video, _ io.Writer) ([]byte, error) {
		record, err := client.QueryFaceRecord(ctx, faceid.QueryFaceRecordRequest{OrderNo: v.order, GetFile: faceid.FilesVideo})
		if err != nil {
			return nil, err
		}
		return record.Video, nil
	}}
}

func (p *bench) faceRecordTo(b *testing.B) way {
	client := p.client(b)
	return way{"faceid-writer", func(ctx context.Context, v video, w io.Writer) ([]byte, error) {
		_, err := client.QueryFaceRecord(ctx, faceid.QueryFaceRecordRequest{OrderNo: v.order, GetFile: faceid.FilesVideo, VideoTo: w})
		return nil, err
	}}
}

// handmade is a client as a careful merchant writes it with net/http and encoding/json.
// It signs and sends the same request.
func (p *bench) handmade() way {
	return way{"encoding-json", func(ctx context.Context, v video, _ io.Writer) ([]byte, error) {
		record, err := p.handmadeQuery(ctx, v.order, "3")
		if err != nil {
			return nil, err
		}
		return base64.StdEncoding.DecodeString(record.Result.Video)
	}}
}

type handmadeRecord struct {
	Code     string `json:"code"`
	Msg      string `json:"msg"`
	BizSeqNo string `json:"bizSeqNo"`
	Result   struct {
		OrderNo      string `json:"orderNo"`
		LiveRate     string `json:"liveRate"`
		Similarity   string `json:"similarity"`
		OccurredTime string `json:"occurredTime"`
		Photo        string `json:"photo"`
		Video        string `json:"video"`
	} `json:"result"`
}

func (p *bench) handmadeQuery(ctx context.Context, order, getFile string) (*handmadeRecord, error) {
	const appID, version, ticket = "TIDA0001", "1.0.0", "ticket_string"
	var random [16]byte
	_, _ = rand.Read(random[:])
	nonce := hex.EncodeToString(random[:])
	body, err := json.Marshal(struct {
		AppID   string `json:"appId"`
		OrderNo string `json:"orderNo"`
		Version string `json:"version"`
		Nonce   string `json:"nonce"`
		Sign    string `json:"sign"`
		GetFile string `json:"getFile,omitempty"`
	}{appID, order, version, nonce, joinSortHex(ticket, appID, order, version, nonce), getFile})
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+pathRecord+"?orderNo="+order, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := p.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	var record handmadeRecord
	if err := json.Unmarshal(text, &record); err != nil {
		return nil, err
	}
	if record.Code != "0" || record.Result.OrderNo != order {
		return nil, errors.New("not the answer to this query")
	}
	return &record, nil
}

// joinSortHex makes a signature in the obvious way.
func joinSortHex(ticket string, values ...string) string {
	all := append(slices.Clone(values), ticket)
	slices.Sort(all)
	sum := sha1.Sum([]byte(strings.Join(all, "")))
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// readThenDecode is no client: it reads the answer as it stands, and then decodes the video,
// whose place it knows, with encoding/base64. All of it goes into memory that is there
// already.
func readThenDecode(send func(ctx context.Context, order string) (*http.Response, error)) way {
	var text, decoded []byte
	return way{"read-then-decode", func(ctx context.Context, v video, _ io.Writer) ([]byte, error) {
		response, err := send(ctx, v.order)
		if err != nil {
			return nil, err
		}
		defer response.Body.Close()
		from, to := len(v.head), len(v.head)+base64.StdEncoding.EncodedLen(v.size)
		if len(decoded) != v.size {
			text, decoded = make([]byte, to+len(v.tail)), make([]byte, v.size)
		}
		if _, err := io.ReadFull(response.Body, text); err != nil {
			return nil, err
		}
		if n, err := response.Body.Read(make([]byte, 1)); n > 0 || err != io.EOF { // The connection is used again.
			return nil, errors.New("the answer is longer")
		}
		_, err = base64.StdEncoding.Decode(decoded, text[from:to])
		return decoded, err
	}}
}

func (p *bench) recordReadThenDecode() way {
	return readThenDecode(p.postRecord)
}

func (p *bench) postRecord(ctx context.Context, order string) (*http.Response, error) {
	return p.post(ctx, pathRecord+"?orderNo="+order, `{"orderNo":"`+order+`","getFile":"3"}`)
}

// bareRead reads the answer and decodes nothing: no client can be faster.
func (p *bench) bareRead() way {
	text := make([]byte, 64<<10)
	return way{"bare-read", func(ctx context.Context, v video, w io.Writer) ([]byte, error) {
		response, err := p.postRecord(ctx, v.order)
		if err != nil {
			return nil, err
		}
		defer response.Body.Close()
		for {
			if _, err := response.Body.Read(text); err == io.EOF {
				if c, ok := w.(*counter); ok {
					*c += counter(v.size)
				}
				return nil, nil
			} else if err != nil {
				return nil, err
			}
		}
	}}
}

// streamDecode decodes with the decoder of the SDK while it reads. It knows where the video
// stands, and looks at nothing else.
func (p *bench) streamDecode() way {
	text, data := make([]byte, 64<<10), make([]byte, 48<<10)
	return way{"stream-decode", func(ctx context.Context, v video, w io.Writer) ([]byte, error) {
		response, err := p.postRecord(ctx, v.order)
		if err != nil {
			return nil, err
		}
		defer response.Body.Close()
		if _, err := io.CopyN(io.Discard, response.Body, int64(len(v.head))); err != nil {
			return nil, err
		}
		for left := base64.StdEncoding.EncodedLen(v.size); left > 0; {
			n, err := io.ReadFull(response.Body, text[:min(left, len(text))])
			if err != nil {
				return nil, err
			}
			left -= n
			got, ok := fastbase64.Decode(data, text[:n])
			if !ok {
				return nil, errors.New("not base64")
			}
			if _, err := w.Write(data[:got]); err != nil {
				return nil, err
			}
		}
		_, err = io.Copy(io.Discard, response.Body)
		return nil, err
	}}
}

func (p *bench) post(ctx context.Context, path, body string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	return p.http.Do(request)
}

// recordWays makes the ways anew for each group of rows, as the memory of the last
// must not stay in the heap of the others.
func (p *bench) recordWays(b *testing.B) []way {
	return []way{p.faceRecord(b), p.faceRecordTo(b), p.handmade(), p.recordReadThenDecode()}
}

// check fetches once and compares every byte.
func (w way) check(b *testing.B, v video) {
	b.Helper()
	if w.name == "bare-read" { // it has no video
		return
	}
	var written bytes.Buffer
	got, err := w.fetch(b.Context(), v, &written)
	require.NoError(b, err)
	if got == nil {
		got = written.Bytes()
	}
	require.True(b, bytes.Equal(v.bytes(), got), "%s got another video", w.name)
}

// counter is a writer that only counts.
type counter int

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }

func (w way) run(b *testing.B, v video) {
	w.check(b, v)
	b.ReportAllocs()
	for b.Loop() {
		var written counter
		data, err := w.fetch(b.Context(), v, &written)
		if err != nil || len(data)+int(written) != v.size {
			b.Fatal(len(data)+int(written), err)
		}
	}
	b.ReportMetric(float64(v.size), "media-B")
}

func BenchmarkFaceRecordVideo(b *testing.B) {
	p := startBench(b, 0)
	rows := func(b *testing.B, v video, ways ...way) {
		for _, w := range ways {
			b.Run(w.name, func(b *testing.B) { w.run(b, v) })
		}
	}
	v := recordVideo(theVideo)
	rows(b, v, append(p.recordWays(b), p.bareRead(), p.streamDecode())...)
	b.Run("chunked", func(b *testing.B) { rows(b, v.sent(inChunks), p.recordWays(b)...) })
	b.Run("gzip", func(b *testing.B) { rows(b, v.sent(inGzip), p.recordWays(b)...) })
	b.Run("escaped", func(b *testing.B) { rows(b, v.sent(inEscapes), p.faceRecord(b), p.faceRecordTo(b), p.handmade()) })
	b.Run("tls", func(b *testing.B) {
		secure := p.overTLS()
		rows(b, v, append(secure.recordWays(b), secure.bareRead())...)
	})
}
