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
	"fmt"
	"io"
	"net/http"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/internal/fastbase64"
	"github.com/stretchr/testify/require"
)

// The benchmarks set each call beside other ways to the same result, in one run. The
// command make bench runs them and judges the ratios; docs/BENCHMARKS.md has one such
// run.

// theVideo is the size of the video that the targets in BENCHMARKS.md are about.
const theVideo = 6 << 20

// row is one way to do what a benchmark measures.
type row struct {
	name string
	once func(*testing.B)
}

func runRows(b *testing.B, rows ...row) {
	for _, r := range rows {
		b.Run(r.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.once(b)
			}
		})
	}
}

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

// With -short the benchmarks are only tried, so the largest are left out.
const (
	shortSize   = theVideo
	shortAtOnce = 16
)

var growth = []struct {
	name string
	size int
}{{"64KB", 64 << 10}, {"256KB", 256 << 10}, {"1MB", 1 << 20}, {"6MB", 6 << 20}, {"16MB", 16 << 20}, {"32MB", 32 << 20}}

func BenchmarkGrowth(b *testing.B) {
	p := startBench(b, 0)
	for _, w := range p.recordWays(b) {
		for _, g := range growth {
			if testing.Short() && g.size > shortSize {
				continue
			}
			b.Run(w.name+"/"+g.name, func(b *testing.B) { w.run(b, recordVideo(g.size)) })
		}
	}
}

// BenchmarkMemory reports how far the heap grows while videos are fetched at the same
// time and all of them are held.
func BenchmarkMemory(b *testing.B) {
	p := startBench(b, 0)
	for _, w := range []way{p.faceRecord(b), p.faceRecordTo(b), p.handmade()} {
		for _, n := range []int{1, 16, 64} {
			if testing.Short() && n > shortAtOnce {
				continue
			}
			b.Run(fmt.Sprint(w.name, "/", n), func(b *testing.B) { w.runAtOnce(b, recordVideo(theVideo), n) })
		}
	}
}

func (w way) runAtOnce(b *testing.B, v video, n int) {
	w.check(b, v)
	var peaks []float64
	for b.Loop() {
		b.StopTimer()
		runtime.GC()
		heap := watchHeap()
		b.StartTimer()
		held, errs := make([][]byte, n), make([]error, n)
		var all sync.WaitGroup
		for i := range n {
			all.Go(func() {
				var written counter
				held[i], errs[i] = w.fetch(b.Context(), v, &written)
				heap.look()
			})
		}
		all.Wait()
		b.StopTimer()
		require.NoError(b, errors.Join(errs...))
		peaks = append(peaks, heap.stop())
		runtime.KeepAlive(held)
		b.StartTimer()
	}
	peak := median(peaks)
	b.ReportMetric(peak/(1<<20), "peak-MB")
	b.ReportMetric(peak/float64(n*v.size), "peak/media")
}

// heapWatch keeps the most that the heap has held.
type heapWatch struct {
	mu          sync.Mutex
	first, most uint64
	done        chan struct{}
	ended       chan struct{}
}

// watchHeap looks every millisecond until stop.
func watchHeap() *heapWatch {
	h := &heapWatch{first: heapInUse(), done: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(h.ended)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-h.done:
				return
			case <-tick.C:
				h.look()
			}
		}
	}()
	return h
}

func (h *heapWatch) look() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.most = max(h.most, heapInUse())
}

// stop returns by how many bytes the heap has grown at most.
func (h *heapWatch) stop() float64 {
	close(h.done)
	<-h.ended
	h.look()
	return float64(h.most - min(h.first, h.most))
}

// heapInUse is runtime.MemStats.HeapInuse without stopping the world.
func heapInUse() uint64 {
	all := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}}
	metrics.Read(all)
	return all[0].Value.Uint64() + all[1].Value.Uint64()
}

func median(values []float64) float64 {
	slices.Sort(values)
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
}

// BenchmarkSmallQuery asks for a record without files. In the row "interleaved" both
// ways take turns, so that a busy machine slows both. The figures of that row are
// medians.
func BenchmarkSmallQuery(b *testing.B) {
	const order = "small"
	p := startBench(b, 0)
	client := p.client(b)
	ours := func(b *testing.B) {
		record, err := client.QueryFaceRecord(b.Context(), faceid.QueryFaceRecordRequest{OrderNo: order})
		if err != nil || record.Similarity.Value != 97 {
			b.Fatal(record, err)
		}
	}
	theirs := func(b *testing.B) {
		record, err := p.handmadeQuery(b.Context(), order, "")
		if err != nil || record.Result.Similarity != "97.0" {
			b.Fatal(record, err)
		}
	}
	runRows(b, row{"faceid", ours}, row{"net-http", theirs})
	b.Run("interleaved", func(b *testing.B) {
		var times [2][]float64
		both := [2]func(*testing.B){ours, theirs}
		for turn := 0; b.Loop(); turn++ {
			for i := range both { // Each way goes first every other time.
				i = (i + turn) % 2
				start := time.Now()
				both[i](b)
				times[i] = append(times[i], float64(time.Since(start)))
			}
		}
		b.ReportMetric(median(times[0]), "faceid-ns")
		b.ReportMetric(median(times[1]), "net-http-ns")
	})
}

func BenchmarkSign(b *testing.B) {
	const ticket = "XO99Qfxlti9iTVgHAjwvJdAZKN3nMuUhrsPdPlPVKlcyS50N6tlLnfuFBPIucaMS"
	values := []string{"IDAXXXXX", "userID19959248596551", "1.0.0", "kHoSxvLZGxSoFsjxlbzEoUzh5PAnTU7T"}
	require.Equal(b, joinSortHex(ticket, values...), faceid.Sign(ticket, values...))
	joined := []byte(strings.Join(values, "") + ticket)
	runRows(b,
		row{"faceid", func(*testing.B) { _ = faceid.Sign(ticket, values...) }},
		row{"join-sort-hex", func(*testing.B) { _ = joinSortHex(ticket, values...) }},
		row{"sha1", func(*testing.B) { _ = sha1.Sum(joined) }},
	)
}

// BenchmarkSignTicket has many callers ask for a fresh ticket. A second row shows the
// cost of looking at the age of the ticket.
func BenchmarkSignTicket(b *testing.B) {
	p := startBench(b, 0)
	client := p.client(b)
	ctx, start := context.Background(), time.Now()
	ticket, err := client.SignTicket(ctx)
	require.NoError(b, err)
	require.Equal(b, "ticket_string", ticket)
	b.Run("faceid", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := client.SignTicket(ctx); err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
	b.Run("time-since", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if time.Since(start) < 0 {
					b.Error("time went back")
					return
				}
			}
		})
	})
}

// BenchmarkStartH5 launches over a network where every answer takes 20 ms. The
// row "one-request" is one round trip there.
func BenchmarkStartH5(b *testing.B) {
	p := startBench(b, 20*time.Millisecond)
	client := p.client(b)
	usable := func(b *testing.B, s *faceid.PageSession, login string) {
		if !strings.Contains(login, s.FaceID) || !strings.Contains(login, s.OrderNo) || !strings.HasPrefix(login, "https://"+s.OptimalDomain) {
			b.Fatal("no page to go to")
		}
	}
	runRows(b,
		row{"faceid", func(b *testing.B) {
			login, err := client.StartH5(b.Context(), h5Request(""))
			if err != nil {
				b.Fatal(err)
			}
			usable(b, &login.Session, login.URL)
		}},
		row{"sequential", func(b *testing.B) {
			session, err := client.OpenH5(b.Context(), h5Request(""))
			if err != nil {
				b.Fatal(err)
			}
			login, err := client.LoginURL(b.Context(), session)
			if err != nil {
				b.Fatal(err)
			}
			usable(b, session, login)
		}},
		row{"one-request", func(b *testing.B) {
			if _, err := p.handmadeQuery(b.Context(), "small", ""); err != nil {
				b.Fatal(err)
			}
		}},
	)
}
