// Package soak is a trial: up to 100,000 verifications over all products and
// doors of one client, while the network and the platform fail in every way. Each
// verification has an end that was drawn from the seed, and the merchant must be told
// that very end.
//
// The people and what a merchant does for them are in people_test.go, their
// stories in face_test.go, will_test.go, cards_test.go and cloud_test.go, the ends of a
// face in ends_test.go and what is compared of it in record_test.go; the faults, and which error each explains, are in
// faults_test.go. Everything runs in a bubble, where waiting costs nothing.
package soak

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"flag"
	"maps"
	randv2 "math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/faceid-go/faceid/proof/internal/trial"
)

var only = flag.Int("only", -1, "run the verification with this number alone, and tell its story")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const merchantID = "merchant1"

// A town is a merchant with its clients, and a platform that is replaced from
// time to time: all orders of the old one are gone, and all its tokens unknown.
type town struct {
	net            *network
	books          *books
	client, sealed *faceid.Client // sealed encrypts fields of API 3.0
	eidKey         *faceid.EidKey
	eidPublic      faceidtest.Option
	turns          map[string]chan struct{} // of the checks, by action
}

// stories are all products and doors, and how many of a hundred choose each.
var stories = []struct {
	name   string
	weight int
	live   func(*person) bool
}{
	{"Plus, browser", 14, faceInBrowser(faceid.ProductPlus)},
	{"Plus, App", 12, faceInApp(faceid.ProductPlus)},
	{"Enhanced, browser", 8, faceInBrowser(faceid.ProductEnhanced)},
	{"Enhanced, App", 6, faceInApp(faceid.ProductEnhanced)},
	{"Basic, PC browser", 6, faceInBrowser(faceid.ProductBasic)},
	{"Basic, App", 5, faceInApp(faceid.ProductBasic)},
	{"will, browser", 6, willInBrowser},
	{"will, App", 5, willInApp},
	{"ID card OCR", 5, idCard},
	{"bank card OCR", 4, bankCard},
	{"NFC", 5, chip},
	{"WeChat page", 6, wechat},
	{"WeChat mini program", 4, wechat},
	{"E证通", 5, eid},
	{"international page", 3, intlWeb},
	{"international App", 3, intlApp},
	{"checks", 3, check},
}

func (p *person) drawStory() func(*person) bool {
	n := p.IntN(100)
	for _, s := range stories {
		if n -= s.weight; n < 0 {
			p.product = s.name
			return s.live
		}
	}
	panic("the weights are not a hundred")
}

func TestEveryVerificationEndsAsItDid(t *testing.T) {
	verifications := trial.Pick(100_000, 2_000)
	batches := trial.Pick(20, 4)
	report := trial.NewReport(t, "soak")
	var heaps [][]any
	var mints, overlapping int
	var lasted time.Duration
	var w *town
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, time.May, 1, 6, 0, 0, 0, time.UTC))) // bubbles begin in 2000
		w = newTown(t)
		begun := time.Now()
		if *only >= 0 {
			sim := w.newPlatform(0)
			defer sim.Close()
			p := w.newPerson(t.Context(), *only)
			require.NoError(t, p.live(p.drawStory()))
			for _, line := range p.story {
				t.Log(line)
			}
			return
		}
		for batch := range batches {
			sim := w.newPlatform(batch)
			per := verifications / batches
			finished := w.run(t, batch*per, per)
			full := heap()
			mints += len(sim.Mints(sim.AppID()))
			overlapping += sim.ConcurrentMints(sim.AppID())
			sim.Close()
			w.net.sim.Store(nil)
			time.Sleep(night) // timers that were stopped leave the bubble when their time has come
			heaps = append(heaps, []any{batch + 1, (batch + 1) * per, finished, mega(full), mega(heap())})
		}
		lasted = time.Since(begun) - time.Duration(batches)*night
		require.NoError(t, w.client.Close(t.Context()))
		require.NoError(t, w.sealed.Close(t.Context()))
		synctest.Wait()
	})
	if *only < 0 {
		bounded(t, heaps)
		w.write(report, heaps, mints, overlapping, lasted)
	}
}

func newTown(t *testing.T) *town {
	w := &town{net: newNetwork(), books: newBooks(), turns: map[string]chan struct{}{}}
	key, err := sm2.GenerateKey(rand.Reader)
	require.NoError(t, err)
	w.eidPublic = faceidtest.WithMerchant(merchantID, &key.PublicKey)
	w.eidKey, err = faceid.ParseEidKey(hex.EncodeToString(key.D.FillBytes(make([]byte, 32))))
	require.NoError(t, err)
	for _, action := range []string{"IdCardVerification", "BankCard4EVerification", "PhoneVerification", "ImageRecognitionV2"} {
		w.turns[action] = make(chan struct{}, 1)
	}
	// Every platform has the same invented app, keys and address.
	sim := faceidtest.NewServer(cards)
	defer sim.Close()
	wired := faceid.WithHTTPClient(&http.Client{Transport: w.net})
	w.client = sim.Client(wired)
	w.sealed = sim.Client(wired, faceid.WithFieldEncryption(faceid.FieldEncryption{RSAKey: sim.CloudRSAKey(), SM2Key: sim.CloudSM2Key()}))
	return w
}

// newPlatform puts another one in the place of the last, with a dialect of its
// own.
func (w *town) newPlatform(batch int) *faceidtest.Server {
	r := trial.Rand(uint64(batch) | 1<<40)
	sim := faceidtest.NewServer(w.eidPublic, cards, faceidtest.WithDialect(dialect(r)))
	w.net.sim.Store(sim)
	w.net.bursts("another platform", faceid.ErrCredential)
	return sim
}

// dialect draws one of the dialects of live answers. All of them repeat the order,
// since no pass is believed without it.
func dialect(r *randv2.Rand) faceidtest.Dialect {
	coin := func() bool { return r.IntN(3) == 0 }
	d := faceidtest.Dialect{
		CodeAsNumber: coin(), NumbersAsStrings: coin(), FlatResult: coin(), NoOptimalDomain: coin(), EscapedSlashes: coin(),
		LineBreaks: coin(), SuccessFalse: coin(), OriCode: coin(), TurnsAsObject: coin(), NFCInnerCode: coin(),
	}
	d.CodeAsString, d.SuccessTrue, d.TurnsNull = !d.CodeAsNumber && coin(), !d.SuccessFalse && coin(), !d.TurnsAsObject && coin()
	return d
}

// night is the time between two platforms in which nobody comes.
const night = time.Hour

// users returns how many people are verified at the same time.
func users() int { return trial.Pick(32, 12) }

// run has a batch of people verified, and then holds the books against the
// platform's.
func (w *town) run(t *testing.T, first, n int) (finished int) {
	ctx, cancel := context.WithCancel(t.Context())
	var raining, working sync.WaitGroup
	raining.Go(func() { w.net.weatherman(ctx, trial.Rand(uint64(first)|1<<41)) })
	var next atomic.Int64
	failures := make(chan error, users())
	for range users() {
		working.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && len(failures) == 0; i = int(next.Add(1)) - 1 {
				p := w.newPerson(t.Context(), first+i)
				if err := p.live(p.drawStory()); err != nil {
					failures <- err
				}
			}
		})
	}
	working.Wait()
	cancel()
	raining.Wait()
	synctest.Wait()
	close(failures)
	for err := range failures {
		t.Error(err)
	}
	if t.Failed() {
		t.FailNow()
	}
	sim := w.net.sim.Load()
	lost, finished := w.books.lost(sim.Orders(sim.AppID()))
	require.Empty(t, lost, "orders that were lost")
	return finished
}

// heap returns the bytes that live after two collections. The first one releases what
// finalizers hold.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func mega(n uint64) float64 { return float64(n/(1<<20/100)) / 100 }

// bounded wants the heap without a platform not to grow with the number of
// verifications: what the last batch leaves behind is at most a little more than
// what the second did.
func bounded(t *testing.T, heaps [][]any) {
	early, late := heaps[1][4].(float64), heaps[len(heaps)-1][4].(float64)
	require.Less(t, late, early+2, "MiB that live after the last batch and after the second")
}

func (w *town) write(report *trial.Report, heaps [][]any, mints, overlapping int, lasted time.Duration) {
	b := w.books
	report.Say("%d verifications by one client, %d people at the same time, over %s of virtual time; %d requests, of which %.1f %% met a fault; %d tokens minted by the client, %d of them while the platform was still at one whose answer the client had given up. "+
		"Every end was that of the simulator: decision, code, scores, identity and media; no order was lost, no goroutine left.",
		b.total, users(), lasted.Round(time.Minute), w.net.requests, 100*float64(sum(w.net.faults))/float64(w.net.requests), mints, overlapping)

	var rows [][]any
	for _, s := range stories {
		for _, ending := range slices.Sorted(maps.Keys(b.ends[s.name])) {
			rows = append(rows, []any{s.name, ending, b.ends[s.name][ending]})
		}
	}
	report.Folded("the verifications, by product and ending", []string{"product", "how the person ended", "verifications"}, rows...)

	rows = nil
	for _, name := range slices.Sorted(maps.Keys(w.net.faults)) {
		rows = append(rows, []any{name, w.net.faults[name]})
	}
	for _, name := range slices.Sorted(maps.Keys(w.net.rained)) {
		rows = append(rows, []any{name, w.net.rained[name]})
	}
	report.Table([]string{"fault", "injected"}, rows...)

	w.writeErrors(report)

	rows = nil
	for _, cause := range slices.Sorted(maps.Keys(b.refused)) {
		rows = append(rows, []any{cause, b.refused[cause]})
	}
	report.Say("People who were refused at the page or by the SDK, and clicked again or began anew. People take 1 to 100 s to click.")
	report.Table([]string{"why", "times"}, rows...)

	report.Say("The heap after a collection: with the simulator, which keeps every order, and without it (a fresh one follows, which knows no token of the last).")
	report.Table([]string{"batch", "verifications so far", "orders finished in it", "MiB with the simulator", "MiB without"}, heaps...)
}

// writeErrors writes the table of the errors that reached the merchant.
func (w *town) writeErrors(report *trial.Report) {
	b := w.books
	families := map[string]bool{}
	for _, by := range b.errors {
		for family := range by {
			families[family] = true
		}
	}
	header := []string{"product"}
	columns := slices.Sorted(maps.Keys(families))
	header = append(append(header, columns...), "begun anew")
	var rows [][]any
	for _, s := range stories {
		row := []any{s.name}
		for _, family := range columns {
			row = append(row, b.errors[s.name][family])
		}
		rows = append(rows, append(row, b.restarts[s.name]))
	}
	report.Say("Errors that reached the merchant after the library's own retries; each is explained by a fault that its call met, or by recent trouble with the token that all share.")
	report.Table(header, rows...)
}

func sum(m map[string]int) (n int) {
	for _, v := range m {
		n += v
	}
	return n
}
