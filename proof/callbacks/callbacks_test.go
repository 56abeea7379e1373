// Package callbacks is a trial: forged, altered and replayed callbacks, up to a
// million of them, against the verifier. The rule of the documents decides what must
// be believed; rule_test.go has that rule a second time. The forgeries are in
// forge_test.go, and the merchant who receives them is in platform_test.go.
package callbacks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/faceid-go/faceid/proof/internal/trial"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const workers = 8

// Every epoch begins five minutes after the last one: tickets rotate every 20
// minutes and live for an hour.
const epoch = 5 * time.Minute

// tally counts what became of the attempts of one strategy.
type tally struct{ tried, refused, unsigned, genuine, hook, replays, pure, decided, let int }

func (t *tally) add(o tally) {
	t.tried, t.refused, t.unsigned, t.genuine = t.tried+o.tried, t.refused+o.refused, t.unsigned+o.unsigned, t.genuine+o.genuine
	t.hook, t.replays, t.pure = t.hook+o.hook, t.replays+o.replays, t.pure+o.pure
	t.decided, t.let = t.decided+o.decided, t.let+o.let
}

func TestNoForgedCallbackIsAccepted(t *testing.T) {
	attempts := trial.Pick(1_000_000, 20_000)
	epochs := trial.Pick(120, 20)
	report := trial.NewReport(t, "callbacks")
	var h *hall
	synctest.Test(t, func(t *testing.T) {
		h = &hall{merchant: newMerchant(t), orders: map[string]bool{}, signed: map[string]bool{}, tallies: make([]tally, len(strategies))}
		for w := range workers {
			h.seen[w] = map[string]bool{}
		}
		stranger := faceidtest.Start(t, faceidtest.WithApp(strangerApp, "AnotherSecret"))
		var err error
		h.strangerTicket, err = stranger.Client().SignTicket(t.Context())
		require.NoError(t, err)
		begun := time.Now()
		for i := range epochs {
			h.epoch(t, i, attempts/epochs)
			time.Sleep(epoch)
		}
		h.lasted = time.Since(begun)
	})
	h.write(report)
}

// A hall receives callbacks, and counts what became of them.
type hall struct {
	*merchant
	strangerTicket string
	letters        [workers][]letter        // each worker's own
	seen           [workers]map[string]bool // what the door has believed, by order/code
	lasted         time.Duration
	loads          int64

	mu      sync.Mutex
	orders  map[string]bool
	signed  map[string]bool // what the platform did sign, by order/code
	tallies []tally
	first   tally // letters, when they first arrive
	moved   int   // by the platform's own rule, see read
	edges   int
}

// keep is how many letters a worker remembers: those of more than an hour, so
// that the oldest are signed with tickets that have died.
const keep = 120

func (h *hall) epoch(t *testing.T, number, attempts int) {
	// The opener refreshes where it is due; the door knows nothing of it.
	_, err := h.opener.SignTicket(t.Context())
	require.NoError(t, err)
	synctest.Wait()

	fresh := make([][]letter, workers)
	for w := range workers {
		for i := range 6 {
			fresh[w] = append(fresh[w], h.send(t, number+w+i, number*3+w*5+i))
		}
	}
	before, start := h.store.loads.Load(), time.Now()
	var working sync.WaitGroup
	failures := make([]error, workers)
	for w := range workers {
		working.Go(func() { failures[w] = h.work(t.Context(), number, w, fresh[w], attempts/workers) })
	}
	working.Wait()
	for w, err := range failures {
		require.NoError(t, err, "seed %d, epoch %d, worker %d", trial.Seed(), number, w)
	}
	// A flood must not hammer the store: it is looked into once a second at most,
	// and at first by all who wait for it.
	// The door and the gate are two processes.
	loads, most := h.store.loads.Load()-before, 2*(int64(time.Since(start)/time.Second)+2)
	h.loads += loads
	if number == 0 {
		most += 2 * workers
	}
	require.LessOrEqual(t, loads, most, "loads in epoch %d", number)
}

// work lets new letters arrive, and then makes attempts.
func (h *hall) work(ctx context.Context, number, w int, fresh []letter, attempts int) error {
	f := &forger{Rand: trial.Rand(uint64(number*workers + w)), appID: h.sim.AppID(), strangerTicket: h.strangerTicket, seen: h.seen[w]}
	f.live, f.dead = h.tap.tickets(true), h.tap.tickets(false)
	nonces, tokens := h.tap.stolen()
	f.secrets = slices.Concat([]string{h.sim.Secret()}, nonces[max(0, len(nonces)-50):], tokens[max(0, len(tokens)-5):])

	h.mu.Lock()
	for _, l := range fresh {
		h.orders[l.orderNo], h.signed[l.orderNo+"/"+l.code] = true, true
	}
	h.mu.Unlock()
	var first tally
	for _, l := range fresh {
		f.about(l)
		if err := h.try(ctx, f, attempt{rawQuery: l.rawQuery}, &first); err != nil {
			return fmt.Errorf("a letter that just came: %w", err)
		}
	}
	if first.genuine != len(fresh) {
		return fmt.Errorf("%d of %d letters that just came are not believed", len(fresh)-first.genuine, len(fresh))
	}
	mine := append(h.letters[w], fresh...)
	h.letters[w] = mine[max(0, len(mine)-keep):]
	f.letters = h.letters[w]

	tallies := make([]tally, len(strategies))
	for i := range attempts {
		which := (i + f.IntN(2)) % len(strategies)
		f.about(f.letters[f.IntN(len(f.letters))])
		a := strategies[which].forge(f)
		if err := h.try(ctx, f, a, &tallies[which]); err != nil {
			return fmt.Errorf("attempt %d, %s: %w\nmethod %q, query %q, body %q", i, strategies[which].name, err, a.method, a.rawQuery, a.body)
		}
		time.Sleep(time.Millisecond)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.first.add(first)
	for i := range tallies {
		h.tallies[i].add(tallies[i])
	}
	return nil
}

// try brings one attempt to the door and to the pure function, and holds both
// against the rule.
func (h *hall) try(ctx context.Context, f *forger, a attempt, count *tally) error {
	count.tried++
	before := judge(a.rawQuery, f.appID, h.tap.tickets(true))
	asked := 0
	cb, err := h.door.VerifyCallback(context.WithValue(ctx, askedKey{}, &asked), a.request())
	want := judge(a.rawQuery, f.appID, h.tap.tickets(true))
	if want != before { // a ticket died meanwhile
		h.mu.Lock()
		h.edges++
		h.mu.Unlock()
		return nil
	}
	if err := h.read(f, want, cb, err, asked, count); err != nil {
		return err
	}
	// The whole decision is asked in two sessions: the one that the attempt is
	// about, and one that happens to be open beside it.
	sessions := []letter{f.base}
	if len(f.letters) > 0 {
		sessions = append(sessions, f.letters[f.IntN(len(f.letters))])
	}
	for _, l := range sessions {
		if err := h.decide(ctx, f, a, l, count); err != nil {
			return err
		}
	}
	if values, bad := url.ParseQuery(a.rawQuery); bad == nil {
		return pure(f, a, values, count)
	}
	return nil
}

// decide brings one attempt to the gate, in the session of a letter. The gate
// lets in whoever brings a genuine callback of this very order that claims a
// pass, once: everything else is refused, without asking the hook.
func (h *hall) decide(ctx context.Context, f *forger, a attempt, l letter, count *tally) error {
	want := judge(a.rawQuery, f.appID, h.tap.tickets(true))
	asked := 0
	ctx = context.WithValue(ctx, askedKey{}, &asked)
	var result faceid.Result
	var err error
	if l.session.Product == faceid.ProductWill {
		result, err = h.gate.ConfirmWillReturn(ctx, a.request(), &l.session)
	} else {
		result, err = h.gate.ConfirmReturn(ctx, a.request(), &l.session)
	}
	if want != judge(a.rawQuery, f.appID, h.tap.tickets(true)) { // a ticket died meanwhile
		return nil
	}
	count.decided++
	lets := want.verdict == genuine && want.orderNo == l.orderNo && want.code == "0"
	let := err == nil
	if let {
		count.let++
	}
	var e *faceid.Error
	switch {
	case (asked == 1) != lets || asked > 1:
		return fmt.Errorf("the gate asked the hook %d times", asked)
	case let && (!lets || !result.Passed()):
		return fmt.Errorf("the gate let %s in, in the session of %s", want.orderNo, l.orderNo)
	case lets && !let && !errors.Is(err, faceid.ErrReplayed), !lets && errors.Is(err, faceid.ErrReplayed):
		return fmt.Errorf("the gate says %w", err)
	case !let && !lets && result.Passed():
		return errors.New("the gate refuses, and hands out a record that passed")
	case let:
		return nil
	case !errors.As(err, &e) || e.Step == "" || e.Family == "" || e.OrderNo != l.orderNo:
		return fmt.Errorf("the gate does not say why: %w", err)
	case want.verdict == genuine && want.orderNo != l.orderNo && !errors.Is(err, faceid.ErrOtherOrder):
		return fmt.Errorf("a callback of %s in the session of %s: %w", want.orderNo, l.orderNo, err)
	}
	return nil
}

// pure asks the function VerifyCallback, which takes a parsed query.
func pure(f *forger, a attempt, values url.Values, count *tally) error {
	for _, p := range f.appeals() {
		cb, err := faceid.VerifyCallback(values, p.appID, p.tickets...)
		if err := agrees(judge(a.rawQuery, p.appID, p.tickets), cb, err); err != nil {
			return fmt.Errorf("the pure function, app %s, %d tickets: %w", p.appID, len(p.tickets), err)
		}
		count.pure++
	}
	return nil
}

func (a attempt) request() *http.Request {
	method := a.method
	if method == "" {
		method = http.MethodGet
	}
	r := httptest.NewRequest(method, "https://merchant.example/back", io.NopCloser(strings.NewReader(a.body)))
	r.URL.RawQuery = a.rawQuery
	if a.body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r
}

// read compares the answer of the door with the rule, and checks that the hook was
// asked exactly when it must be.
func (h *hall) read(f *forger, want ruling, cb *faceid.Callback, err error, asked int, count *tally) error {
	replay := errors.Is(err, faceid.ErrReplayed)
	if replay && cb != nil {
		err = nil
	}
	if err := agrees(want, cb, err); err != nil {
		return err
	}
	switch want.verdict {
	case refused:
		count.refused++
	case unsigned:
		count.unsigned++
	case genuine:
		count.genuine++
	}
	pair := want.orderNo + "/" + want.code
	switch final := want.verdict == genuine && !want.frontal; {
	case final != (asked == 1) || asked > 1:
		return fmt.Errorf("the hook was asked %d times", asked)
	case replay != (final && f.seen[pair]):
		return fmt.Errorf("seen before: %v, taken for a replay: %v", f.seen[pair], replay)
	case want.verdict != genuine:
		return nil
	}
	f.seen[pair] = true
	count.hook += asked
	if replay {
		count.replays++
	}
	return h.known(want, pair)
}

// known looks for a pair that the platform signed. The platform's signature joins the
// values without separators, so digits may move between code and order. The result
// must never be a pass, and never an order that exists.
func (h *hall) known(want ruling, pair string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.signed[pair] {
		return nil
	}
	h.moved++
	if h.orders[want.orderNo] || want.code == "0" {
		return fmt.Errorf("%s was believed, which the platform never signed", pair)
	}
	return nil
}

// agrees compares an answer of the library with the rule.
func agrees(want ruling, cb *faceid.Callback, err error) error {
	switch want.verdict {
	case refused:
		if cb != nil || !errors.Is(err, faceid.ErrBadSignature) || errors.Is(err, faceid.ErrUnsigned) {
			return errors.New("the rule refuses it, the library says " + fmt.Sprint(cb, err))
		}
		return nil
	case unsigned:
		var hints *faceid.UnsignedError
		if cb != nil || !errors.Is(err, faceid.ErrUnsigned) || errors.Is(err, faceid.ErrBadSignature) || !errors.As(err, &hints) {
			return errors.New("it has no signature, the library says " + fmt.Sprint(cb, err))
		}
		if orderForm.MatchString(want.orderNo) && hints.UnverifiedOrderNo != want.orderNo {
			return fmt.Errorf("the hint is of order %q", hints.UnverifiedOrderNo)
		}
		return nil
	}
	if err != nil || cb == nil {
		return errors.New("the rule believes it, the library says " + fmt.Sprint(cb, err))
	}
	got := ruling{
		verdict: genuine, orderNo: cb.OrderNo, code: cb.Code.Number(), faceID: cb.FaceID, liveRate: cb.LiveRate.Value, rated: cb.LiveRate.Present,
		faceCode: cb.FaceCode.Number(), willCode: cb.WillCode.Number(), frontal: want.frontal,
	}
	want.faceCode, want.willCode = readable(want.faceCode), readable(want.willCode)
	if got != want || cb.Passed() != (want.code == "0") {
		return fmt.Errorf("the rule reads %+v, the library %+v", want, got)
	}
	return nil
}

// readable returns a code as the library prints it, also one that is no number.
func readable(number string) string {
	if digits := strings.TrimPrefix(number, "-"); number != "" && (digits == "" || len(digits) > 10 || strings.Trim(digits, "0123456789") != "") {
		return "unreadable"
	}
	return number
}

func (h *hall) write(report *trial.Report) {
	report.Say("Each attempt goes to `Client.VerifyCallback` of a process that did not open the verification, and (where its query can be parsed) six times to the pure `VerifyCallback` with other tickets or another app. " +
		"What the rule of the documents believes must be believed with these very values, all else refused: every line of the last column is 0, or the trial fails.")
	var rows [][]any
	var sum tally
	row := func(name string, c tally) {
		rows = append(rows, []any{name, c.tried, c.refused, c.unsigned, c.genuine, c.hook, c.replays, 0})
	}
	row("(letters of the platform, when they arrive)", h.first)
	sum.add(h.first)
	for i, s := range strategies {
		row(s.name, h.tallies[i])
		sum.add(h.tallies[i])
	}
	row("**all**", sum)
	report.Table([]string{"what was tried", "tried", "bad signature", "unsigned", "genuine by the rule", "reached the hook", "came back as replays", "accepted against the rule"}, rows...)
	report.Say("Each attempt was decided by `ConfirmReturn` or `ConfirmWillReturn` too, in the session that it is about and in one that is open beside it: %d decisions, %d passes, each of a genuine callback in its own session, and never the same one twice.",
		sum.decided, sum.let)
	report.Say("%d more questions to the pure function. %d attempts were left out because a ticket died during them. %d attempts (digits moved) bear a signature of the platform's own rule for a pair that it never signed, because it joins values without separators: none of them a pass, none of an order that exists.",
		sum.pure, h.edges, h.moved)
	report.Say("%s of virtual time, %d token mints, %d loads of the store for all these callbacks (at most one per second of a flood).",
		h.lasted.Round(time.Minute), len(h.sim.Mints(h.sim.AppID())), h.loads)
}
