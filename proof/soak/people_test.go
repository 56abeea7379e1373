package soak

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
	"github.com/faceid-go/faceid/proof/internal/trial"
)

// A person is one verification: somebody in front of a camera, whose end is
// drawn from the seed, and the merchant who wants to know it.
type person struct {
	*rand.Rand
	index int
	town  *town
	sim   *faceidtest.Server
	who   faceid.Person
	ctx   context.Context // tells the network who sends

	product, ending string // for the report

	mu    sync.Mutex
	met   []*trouble        // by the current call
	sent  map[string]uint64 // requests by path
	story []string          // what happened, in case it ends badly
}

func (w *town) newPerson(ctx context.Context, index int) *person {
	p := &person{
		Rand: rand.New(rand.NewPCG(trial.Seed(), uint64(index)<<16+1)), index: index, town: w, sim: w.net.sim.Load(),
		sent: map[string]uint64{},
	}
	p.ctx = context.WithValue(ctx, personKey{}, p)
	p.who = faceid.Person{UserID: fmt.Sprintf("user-%d", index), Name: draw(p, "李测试", "王样本", "欧阳模拟"), IDNo: p.idNumber()}
	return p
}

func draw[T any](p *person, all ...T) T { return all[p.IntN(len(all))] }

func (p *person) chance(percent int) bool { return p.IntN(100) < percent }

// idNumber is an invented number with the right check digit.
func (p *person) idNumber() string {
	digits := fmt.Sprintf("110101%04d%02d%02d%03d", 1950+p.IntN(55), 1+p.IntN(12), 1+p.IntN(28), p.IntN(1000))
	sum := 0
	for i, weight := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(digits[i]-'0') * weight
	}
	return digits + string("10X98765432"[sum%11])
}

// file returns bytes that no other file has. One file in a hundred is large.
func (p *person) file() []byte {
	n := 20 + p.IntN(1500)
	if p.chance(1) {
		n = 60_000 + p.IntN(200_000)
	}
	b := make([]byte, n)
	for i := 0; i < n; i += 8 {
		for j, v := 0, p.Uint64(); j < 8 && i+j < n; j, v = j+1, v>>8 {
			b[i+j] = byte(v)
		}
	}
	return b
}

// picture returns a file that begins like a JPG.
func (p *person) picture() []byte { return append([]byte("\xff\xd8\xff"), p.file()...) }

// score returns how alike two faces are. It is never 0, which would say that they were
// not compared.
func (p *person) score() string { return fmt.Sprintf("%d.%02d", p.IntN(100), 1+p.IntN(99)) }

// pause lets time pass, which costs nothing in a bubble.
func (p *person) pause(least, most time.Duration) { time.Sleep(between(p.Rand, least, most)) }

func (p *person) tell(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.story = append(p.story, time.Now().Format("02 15:04:05 ")+fmt.Sprintf(format, args...))
}

// broken ends the trial: the merchant was told something else than what happened.
type broken struct{ why string }

func (p *person) fail(format string, args ...any) { panic(broken{fmt.Sprintf(format, args...)}) }

// must compares what the merchant was told with what happened.
func must[T comparable](p *person, what string, got, want T) {
	if got != want {
		p.fail("%s is %v, and should be %v", what, got, want)
	}
}

func mustFile(p *person, what string, got, want []byte) {
	if !bytes.Equal(got, want) {
		p.fail("%s has %d bytes, and should have %d others", what, len(got), len(want))
	}
}

// again is what a story returns if the merchant has to begin anew: with a new
// order number, as the documents demand.
const (
	done  = true
	again = false
)

// live runs a story until it is over.
func (p *person) live(story func(*person) bool) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case broken:
			err = fmt.Errorf("%s\nperson %d, %s, %s; alone: -args -seed %d -only %d\n%s",
				r.why, p.index, p.product, p.ending, trial.Seed(), p.index, strings.Join(p.story, "\n"))
		default:
			panic(r)
		}
	}()
	for round := range 40 {
		if story(p) == done {
			p.town.books.concluded(p)
			return nil
		}
		p.tell("begins again (%d)", round+1)
		p.town.books.restarted(p.product)
		p.pause(time.Second, time.Minute)
	}
	p.fail("no end after 40 beginnings")
	return nil
}

const patience = 10 * time.Minute // of a call

// ask repeats a call until it is answered, as a merchant does who has to know:
// with a result, or with an error that settles it. Every other error must be
// explained by what the call met.
func ask[T any](p *person, what string, call func(ctx context.Context) (T, error)) (T, error) {
	for try := range 60 {
		p.mu.Lock()
		p.met = nil
		p.mu.Unlock()
		limit, impatient := patience, p.chance(4)
		if impatient {
			limit = between(p.Rand, 8*time.Second, 20*time.Second) // longer than files lag
		}
		ctx, cancel := context.WithTimeout(p.ctx, limit)
		begun := time.Now()
		v, err := call(ctx)
		cancel()
		if err == nil || settles(err) {
			p.tell("%s: %v", what, err)
			return v, err
		}
		p.tell("%s: %v (after %v, met %v)", what, err, time.Since(begun), p.names())
		if !p.explained(err, impatient) {
			p.fail("%s: nothing explains %v", what, err)
		}
		p.town.books.told(p.product, err)
		p.pause(time.Second, time.Duration(min(try+1, 8))*12*time.Second)
	}
	p.fail("%s: no answer after 60 tries", what)
	panic("unreachable")
}

// answer asks a call that cannot end in a settled error.
func answer[T any](p *person, what string, call func(ctx context.Context) (T, error)) T {
	v, err := ask(p, what, call)
	if err != nil {
		p.fail("%s: %v", what, err)
	}
	return v
}

// settles reports whether an error is the platform's word on the verification.
func settles(err error) bool {
	return errors.Is(err, faceid.ErrNotPassed) || errors.Is(err, faceid.ErrNoResult) || errors.Is(err, faceid.ErrUnknownCode) ||
		errors.Is(err, faceid.ErrExpired) || errors.Is(err, faceid.ErrNoFiles)
}

func (p *person) names() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var names []string
	for _, t := range p.met {
		names = append(names, t.name)
	}
	return names
}

// newOrder returns an order number that is in the books from now on.
func (p *person) newOrder() string {
	no := faceid.NewOrderNo()
	p.town.books.begun(no)
	return no
}

// turnedAway holds a page or an SDK that refused a login against the clock. A
// NONCE ticket lives for 120 s and a faceId for 5 minutes. A ticket that was
// fetched just before the token was replaced dies with it, a minute later: no
// client can help it, and the person has to click again.
func (p *person) turnedAway(what string, ticket, opened time.Time) {
	p.tell("%s", what)
	cause := ""
	switch net := p.town.net; {
	case time.Since(ticket) >= 115*time.Second:
		cause = "ticket older than 120 s"
	case time.Since(opened) >= 295*time.Second:
		cause = "faceId older than 5 min"
	case net.rotated(ticket):
		cause = "token replaced, ticket 60 to 120 s old"
	case net.explains(""):
		cause = "the weather"
	default:
		p.fail("%s, %v after the ticket and %v after the upload", what, time.Since(ticket), time.Since(opened))
	}
	p.town.books.away(cause)
}

// books hold what the merchant and the trial write down.
type books struct {
	mu       sync.Mutex
	orders   map[string]bool // of the batch: begun, or concluded
	ends     map[string]map[string]int
	errors   map[string]map[string]int
	restarts map[string]int
	refused  map[string]int // logins, by cause
	total    int
}

func newBooks() *books {
	return &books{orders: map[string]bool{}, ends: map[string]map[string]int{}, errors: map[string]map[string]int{}, restarts: map[string]int{}, refused: map[string]int{}}
}

func add(m map[string]map[string]int, a, b string) {
	if m[a] == nil {
		m[a] = map[string]int{}
	}
	m[a][b]++
}

func (b *books) begun(orderNo string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.orders[orderNo] = false
}

// over notes that the merchant knows how the order ended.
func (b *books) over(orderNo string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.orders[orderNo] = true
}

func (b *books) concluded(p *person) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.total++
	add(b.ends, p.product, p.ending)
}

func (b *books) restarted(product string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.restarts[product]++
}

func (b *books) away(cause string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refused[cause]++
}

func (b *books) told(product string, err error) {
	family := "a callback's signature"
	var e *faceid.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		family = "the caller's deadline"
	case errors.As(err, &e):
		family = string(e.Family)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	add(b.errors, product, family)
}

// lost compares the books with the platform's own list, and begins new ones for
// the next batch.
func (b *books) lost(platform map[string]string) (lost []string, finished int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for no, state := range platform {
		known, ours := b.orders[no]
		switch over := state == "finished"; {
		case !ours:
			lost = append(lost, no+" is "+state+", and nobody here began it")
		case over && !known:
			lost = append(lost, no+" is finished, and nobody here knows how")
		case over:
			finished++
		}
	}
	for no, known := range b.orders {
		if known && platform[no] != "finished" {
			lost = append(lost, no+" is concluded here, and the platform says "+platform[no])
		}
	}
	slices.Sort(lost)
	b.orders = map[string]bool{}
	return lost, finished
}
