package evidence

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"

	"github.com/faceid-go/faceid"
	lib "github.com/faceid-go/faceid/evidence"
	"github.com/faceid-go/faceid/proof/internal/trial"
)

// world is the platform with its clock, the people, the processes and their trouble.
type world struct {
	*testing.T
	platform
	*front
	*fleet
	*heard
	form    form
	service *service
	weather weather
	bucket  *blob.Bucket
	rand    *rand.Rand // who is told
	begin   time.Time  // by the platform's clock
	sky     sky
	down    bool // the database

	events []event // sorted
	soon   []soon
	orders []*order
	record record

	ticked, held, looked time.Time // by the machine's clock
	lame                 time.Time // until when a queue may not know that a process died, by the machine's clock
	stood                time.Duration
	forced               int
}

// event happens at a time of the platform's clock.
type event struct {
	at      time.Duration
	ofOrder bool
	do      func()
}

// soon happens at a time of the machine's clock.
type soon struct {
	at time.Time
	do func()
}

func newWorld(t *testing.T, f form, s *service) *world {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"bucket", "temp", "tokens"} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, name), 0o700))
	}
	file, err := os.Create(filepath.Join(dir, "weather"))
	require.NoError(t, err)
	t.Cleanup(func() { file.Close() })
	w := &world{T: t, form: f, service: s, weather: weather{file}, rand: trial.Rand(3), ticked: time.Now()}
	w.front, w.platform = newFront(t, filepath.Join(dir, "tokens"))
	w.begin = w.platform.sim.Now()
	w.heard = newHeard(w.platform.sim.Now)
	w.tellWeather()
	w.bucket, err = fileblob.OpenBucket(filepath.Join(dir, "bucket"), &fileblob.Options{Metadata: fileblob.MetadataDontWrite})
	require.NoError(t, err)
	t.Cleanup(func() { w.bucket.Close() })
	w.fleet = &fleet{t: t, dir: filepath.Join(dir, "temp"), workers: make([]*worker, f.workers), hear: w.heard.hear, config: config{
		Keys: w.platform.sim.Keys(), Tokens: filepath.Join(dir, "tokens"), Engine: s.engine, Database: s.address,
		Bucket: filepath.Join(dir, "bucket"), Weather: file.Name(), Looks: f.looks, Speed: f.pace,
	}}
	t.Cleanup(w.end)
	w.orders = drawOrders(trial.Rand(1), f.orders, f.window, trial.Long())
	w.record = record{orders: w.orders, kept: map[string]kept{}, slack: 3*slack + 10*time.Minute + time.Duration(0.3*f.pace*float64(time.Second))}
	for _, o := range w.orders {
		w.plan(o)
	}
	for _, b := range drawBlows(trial.Rand(2), f) {
		w.events = append(w.events, event{b.at, false, func() { w.strike(b) }})
	}
	w.sort()
	return w
}

func (w *world) sort() {
	slices.SortStableFunc(w.events, func(a, b event) int { return cmp.Compare(a.at, b.at) })
}

// at adds an event.
func (w *world) at(when time.Duration, do func()) {
	w.events = append(w.events, event{when, false, do})
	w.sort()
}

// plan writes down what happens to an order.
func (w *world) plan(o *order) {
	w.events = append(w.events, event{o.opens, true, func() {
		require.NoError(w, o.kind.open(&w.platform, o))
		o.order.OpenedAt = w.platform.sim.Now()
		w.heard.mu.Lock()
		defer w.heard.mu.Unlock()
		w.waiting[o.ref] = o
	}})
	for i, comes := range o.comes {
		w.events = append(w.events, event{o.opens + comes, true, func() {
			require.NoError(w, o.kind.come(&w.platform, o))
			o.ended = w.platform.sim.Now()
			if o.told || i > 0 {
				w.tell(w.rand.IntN(w.form.workers), task{News: o.order.Key()})
			}
		}})
	}
}

// after lets something happen when the machine's clock has gone on.
func (w *world) after(d time.Duration, do func()) {
	w.soon = append(w.soon, soon{time.Now().Add(d), do})
}

// strike lets a piece of trouble begin, and writes down its end.
func (w *world) strike(b blow) {
	begin := w.now()
	over := func(what string) { w.note(what, begin, w.now()) }
	switch b.kind {
	case killProcess:
		w.kill(b.victim)
		if w.service.rescue > 0 { // the queue takes a while until it knows
			w.lame = time.Now().Add(w.service.rescue)
			w.after(w.service.rescue, func() { over("a process was killed") })
		} else {
			w.note("a process was killed", begin, begin)
		}
		w.after(b.lasts, func() {
			if w.workers[b.victim] == nil {
				w.launch(b.victim)
			}
		})
	case stopDatabase:
		if w.service.stop == nil || w.down {
			return
		}
		w.down = true
		w.service.stop()
		w.after(b.lasts, func() { w.service.start(); w.down = false; over("the database was stopped") })
	case breakBucket:
		w.sky = b.bucket
		w.tellWeather()
		mend := func() { w.sky = fair; w.tellWeather(); over("the bucket " + b.bucket.String()) }
		if b.bucket == stalls { // who waits for it holds up a process
			w.after(time.Second/2, mend)
			return
		}
		w.at(begin+b.lasts, mend)
	case platformOut:
		w.out.Store(true)
		w.at(begin+b.lasts, func() { w.out.Store(false); over("the platform had an outage") })
	}
}

func (w *world) note(what string, begin, end time.Duration) {
	w.record.trouble = append(w.record.trouble, trouble{what, w.begin.Add(begin), w.begin.Add(end)})
}

// now is the time since the beginning, by the platform's clock.
func (w *world) now() time.Duration { return w.platform.sim.Now().Sub(w.begin) }

func (w *world) tellWeather() {
	require.NoError(w, w.weather.write(time.Until(w.platform.sim.Now()), w.sky))
}

// advance moves the platform's clock on, up to a time.
func (w *world) advance(to time.Duration) {
	if d := to - w.now(); d > 0 {
		w.platform.sim.Advance(d)
		w.tellWeather()
	}
}

// slack is how far the platform's clock may go on while something is due. Without a bound
// a busy machine would be punished, and not the code. A look that is made again, because
// of a fault or because the merchant was busy, may be late again.
const slack = 15 * time.Minute

// live lets time pass until every order has ended, or should have ended long ago.
func (w *world) live() {
	for n := range w.workers {
		w.launch(n)
	}
	for _, worker := range w.workers {
		require.Eventually(w, worker.ready.Load, time.Minute, 10*time.Millisecond)
	}
	w.ticked = time.Now()
	end := w.form.window + lastLook + 24*time.Hour
	for w.now() < end && !w.over() {
		time.Sleep(5 * time.Millisecond)
		now := time.Now()
		passed := now.Sub(w.ticked)
		w.ticked = now
		w.open(now)
		w.happen(now)
		if w.waits(now) {
			w.stood += passed
			continue
		}
		target := w.now() + time.Duration(float64(min(passed, 100*time.Millisecond))*w.form.pace)
		for len(w.events) > 0 && w.events[0].at <= target {
			e := w.events[0]
			w.events = w.events[1:]
			w.advance(e.at)
			e.do()
		}
		w.advance(target)
	}
	w.record.passed = w.now()
	w.happen(time.Now().Add(time.Hour)) // the database is there again
}

// happen does what is due by the machine's clock.
func (w *world) happen(now time.Time) {
	for i := 0; i < len(w.soon); i++ {
		if one := w.soon[i]; !one.at.After(now) {
			w.soon = slices.Delete(w.soon, i, i+1)
			i--
			one.do()
		}
	}
}

// open tells the processes of orders that are in no ledger, until one has confirmed it.
func (w *world) open(now time.Time) {
	w.heard.mu.Lock()
	defer w.heard.mu.Unlock()
	for ref, o := range w.waiting {
		if now.Sub(w.sent[ref]) > time.Second {
			w.sent[ref] = now
			w.tell(w.rand.IntN(w.form.workers), task{Open: &o.order})
		}
	}
}

// waits reports whether the clock must wait because the machine is behind: something has
// been due for long, and nothing that the trial does explains it. It waits for two
// minutes at most, because what stays due for ever is a fault.
func (w *world) waits(now time.Time) bool {
	if w.down || w.sky == stalls || now.Before(w.lame) || !w.behind() {
		w.held = time.Time{}
		return false
	}
	if w.held.IsZero() {
		w.held = now
	}
	if now.Sub(w.held) > 2*time.Minute {
		if w.forced++; w.forced == 1 {
			w.explain()
		}
		return false
	}
	return true
}

func (w *world) behind() bool {
	since := w.platform.sim.Now().Add(-slack)
	if w.waitsFor(since) {
		return true
	}
	for range w.service.ledger.Entries(ctx, lib.Query{Unfinished: true, DueBy: since, Limit: 1}) {
		return true
	}
	return false
}

// explain logs what is due for long.
func (w *world) explain() {
	w.Logf("at %v something has been due for two minutes; outage %v, bucket %v", w.now(), w.out.Load(), w.sky)
	for e := range w.service.ledger.Entries(ctx, lib.Query{Unfinished: true, DueBy: w.platform.sim.Now().Add(-slack), Limit: 5}) {
		w.Logf("%s is %s, opened at %v, due at %v, looks %d, trouble %q since %v", e.Order.Key(), e.State, e.Order.OpenedAt.Sub(w.begin), e.Next.Sub(w.begin), e.Looks, e.Trouble, e.Since.Sub(w.begin))
	}
}

// waitsFor reports whether an order that was opened before a time is in no ledger.
func (w *world) waitsFor(before time.Time) bool {
	w.heard.mu.Lock()
	defer w.heard.mu.Unlock()
	for _, o := range w.waiting {
		if o.order.OpenedAt.Before(before) {
			return true
		}
	}
	return false
}

// over reports whether all orders have ended. It looks once in a while, and then writes
// down orders that are older than the schedule.
func (w *world) over() bool {
	if w.down || time.Since(w.looked) < 500*time.Millisecond {
		return false
	}
	w.looked = time.Now()
	now := w.platform.sim.Now()
	for e, err := range w.service.ledger.Entries(ctx, lib.Query{Unfinished: true, OpenedBefore: now.Add(-lastLook - slack), Limit: 100}) {
		if err == nil {
			w.record.late = append(w.record.late, lateness{now, e.Order.Key(), now.Sub(e.Order.OpenedAt)})
		}
	}
	if slices.ContainsFunc(w.events, func(e event) bool { return e.ofOrder }) {
		return false
	}
	if w.waitsFor(now) {
		return false
	}
	for range w.service.ledger.Entries(ctx, lib.Query{Unfinished: true, Limit: 1}) {
		return false
	}
	return true
}

// account gathers what is there in the end.
func (w *world) account() *record {
	w.Helper()
	time.Sleep(100 * time.Millisecond)
	r := &w.record
	w.end()
	r.told, r.sizes = w.told, w.sizes
	slices.SortFunc(r.trouble, func(a, b trouble) int { return a.begin.Compare(b.begin) })
	k, err := lib.New(lib.Options{Client: w.client, Bucket: w.bucket, Ledger: w.service.ledger, OnOutcome: (&process{}).onOutcome, Now: w.platform.sim.Now})
	require.NoError(w, err)
	for e, err := range w.service.ledger.Entries(ctx, lib.Query{}) {
		require.NoError(w, err)
		r.kept[e.Order.Ref] = w.keptOf(k, e)
	}
	r.charges, err = k.Charges(ctx, w.begin.Add(-24*time.Hour), w.platform.sim.Now().Add(24*time.Hour))
	require.NoError(w, err)
	w.platform.sim.Advance(30 * time.Hour) // then the bill of the last day is there
	for day := w.begin; day.Before(w.platform.sim.Now().Add(-30 * time.Hour)); day = day.Add(24 * time.Hour) {
		for line, err := range w.client.WeChatBills(ctx, day, "") {
			require.NoError(w, err)
			r.bill += billed(line)
		}
	}
	return r
}

func billed(line faceid.WeChatBillDetail) int { return int(line.ChargeCount) }

// keptOf reads the manifest and the objects of an order.
func (w *world) keptOf(k *lib.Keeper, e lib.Entry) kept {
	w.Helper()
	all := kept{state: e.State, files: map[string]string{}, objects: map[string]string{}}
	m, err := k.Manifest(ctx, e.Order)
	if err != nil {
		return all
	}
	all.missing = m.Missing
	for _, f := range m.Files {
		all.files[f.Name] = f.SHA256
		content, err := w.bucket.ReadAll(ctx, f.Object)
		if err == nil {
			all.objects[f.Name] = sumOf(content)
		}
	}
	all.strays = w.objects(fmt.Sprintf("%s/%s/", e.Order.OpenedAt.UTC().Format("2006/01/02"), e.Order.Key())) - len(all.objects) - 1
	return all
}

// objects counts what is in a folder of the bucket.
func (w *world) objects(folder string) (n int) {
	for list := w.bucket.List(&blob.ListOptions{Prefix: folder}); ; n++ {
		if _, err := list.Next(ctx); err != nil {
			return n
		}
	}
}
