package faceid_test

import (
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/faceid-go/faceid"
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

// BenchmarkSignTicket has many callers ask for a fresh ticket. The row "time-now" reads the
// two clocks that the age of a ticket depends on, and does nothing else.
func BenchmarkSignTicket(b *testing.B) {
	p := startBench(b, 0)
	client := p.client(b)
	ctx := context.Background()
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
	b.Run("time-now", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if time.Now().IsZero() {
					b.Error("there is no time")
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
	_, err := client.StartH5(b.Context(), h5Request("")) // opens the second connection, for the NONCE ticket
	require.NoError(b, err)
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
