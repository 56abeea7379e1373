package faceidtest_test

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"github.com/faceid-go/faceid/faceidtest"
)

// BenchmarkSimulator measures requests while two callers, with a connection
// each, verify persons as fast as they can. The callers run on the same cores.
// The floor is a handler of net/http that has ready answers to the same
// requests.
func BenchmarkSimulator(b *testing.B) {
	b.Run("floor", func(b *testing.B) {
		floor := httptest.NewServer(http.HandlerFunc(readyAnswers))
		defer floor.Close()
		measure(b, faceidtestClosed(), nil, floor.URL)
	})
	b.Run("port", func(b *testing.B) {
		sim := faceidtest.NewServer()
		defer sim.Close()
		measure(b, sim, nil, sim.URL())
	})
	b.Run("in-process", func(b *testing.B) {
		sim := faceidtest.NewServer()
		defer sim.Close()
		measure(b, sim, sim, sim.BaseURL())
	})
}

func measure(b *testing.B, sim *faceidtest.Server, tr http.RoundTripper, base string) {
	var callers []*load
	for range 2 {
		own := tr
		if own == nil {
			port := &http.Transport{}
			defer port.CloseIdleConnections()
			own = port
		}
		callers = append(callers, newLoad(b, sim, own, base))
	}
	before := callers[0].requests + callers[1].requests
	b.ReportAllocs()
	b.ResetTimer()
	together(callers, (b.N+4)/5, (*load).browse)
	b.StopTimer()
	requests := float64(callers[0].requests + callers[1].requests - before)
	b.ReportMetric(requests/b.Elapsed().Seconds(), "requests/s")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/requests, "ns/op")
}

// readyAnswers answers what a load asks, and looks at nothing but the path.
func readyAnswers(w http.ResponseWriter, r *http.Request) {
	answer := map[string]string{
		tokenPath:        `{"code":"0","msg":"请求成功","access_token":"token"}`,
		ticketPath:       `{"code":"0","msg":"请求成功","tickets":[{"value":"ticket"}]}`,
		uploadPath:       `{"code":"0","msg":"请求成功","result":{"faceId":"id"}}`,
		recordPath:       `{"code":"0","msg":"请求成功","result":{"liveRate":"99"}}`,
		"/api/web/login": `<input type="hidden" name="page" value="key">`,
	}[r.URL.Path]
	if answer == "" {
		w.Header().Set("Location", backURL)
		w.WriteHeader(http.StatusFound)
	}
	_, _ = w.Write([]byte(answer))
}

// BenchmarkSimulatorGrowth compares the time of a request and the heap at the
// first orders with those at the millionth. The clock moves by ten minutes for
// each order on the average, so that after 5000 of them the first is forgotten with its number.
// With -short there are fewer.
func BenchmarkSimulatorGrowth(b *testing.B) {
	const window, batch = 10_000, 100
	all := 1_000_000
	if testing.Short() {
		all = 3 * window
	}
	for range b.N {
		sim := faceidtest.NewServer()
		callers := []*load{newLoad(b, sim, sim, sim.BaseURL()), newLoad(b, sim, sim, sim.BaseURL())}
		callers[0].token, callers[0].ticket = callers[1].token, callers[1].ticket // the first ones die
		run := func(orders int) (perRequest float64) {
			before, began := callers[0].requests+callers[1].requests, time.Now()
			for range orders / batch {
				together(callers, batch, func(l *load) { l.phone(sim) })
				sim.Advance(batch * 10 * time.Minute)
			}
			return float64(time.Since(began).Nanoseconds()) / float64(callers[0].requests+callers[1].requests-before)
		}
		run(window)
		early, earlyHeap := run(window), heap()
		run(all - 3*window)
		late, lateHeap := run(window), heap()
		sim.Close()
		b.ReportMetric(early, "early-ns")
		b.ReportMetric(late, "late-ns")
		b.ReportMetric(earlyHeap, "early-MB")
		b.ReportMetric(lateHeap, "late-MB")
	}
}

// heap returns how much memory is in use, in MiB.
func heap() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}
