package faceidtest

import (
	"hash/maphash"
	"slices"
	"time"
)

// The documents do not say how long the platform remembers an order number, a
// token of API 3.0 or an open page, so these lives are choices. WithSpeed
// divides them, except for pageLife, because persons do not press faster, and
// billLife, because a bill is about a day.
const (
	numberLife = 30 * 24 * time.Hour // of an order number after its order, and of a token of API 3.0
	fileNoted  = 24 * time.Hour      // how long a file that expired is told from one that never was
	pageLife   = 24 * time.Hour      // of a page that is open in a browser
	billLife   = 368 * 24 * time.Hour
)

// sweepSteps is how many entries of each table one request looks at. A request
// adds one entry to a table at most, apart from files, so a table that grows is
// swept faster than it grows.
const sweepSteps = 8

// memory is what the server has to forget, table by table. The lock guards it.
type memory struct {
	tokens   line[*app]
	launches line[launchMark]
	nonces   line[*ticket]
	begun    line[*order] // the orders by their uploads
	ended    line[*order] // the orders by their ends
	numbers  line[orderNumber]
	visits   line[string]
	flows    line[*flow]
	forms    line[string]
	files    line[string]
	uploads  line[string]
	opened   line[string] // the tokens of GetNFCToken
	chips    line[string]
	cursors  line[uint64]
	bills    line[string]
}

// launchMark is the signature of a launch that was used.
type launchMark struct {
	app  *app
	mark string
}

// orderNumber is what is left of an order once it is forgotten.
type orderNumber struct {
	app *app
	key uint64
}

// numberSeed makes the keys of order numbers. Two numbers of a million orders
// have the same key once in 37 million runs.
var numberSeed = maphash.MakeSeed()

func numberKey(no string) uint64 { return maphash.String(numberSeed, no) }

// sweep forgets what is older than its life. It looks at no more than that many
// entries of each table. The caller holds the lock.
func (s *Server) sweep(most int) {
	now, m, c := s.now(), &s.memory, s.cloud
	m.tokens.take(now, most, func(a *app) { a.prune(now) })
	m.launches.take(now, most, func(l launchMark) { delete(l.app.launched, l.mark) })
	m.nonces.take(now, most, (*ticket).forget)
	m.begun.take(now, most, s.forgetOrder)
	m.ended.take(now, most, s.forgetOrder)
	m.numbers.take(now, most, func(n orderNumber) { delete(n.app.numbers, n.key) })
	m.visits.take(now, most, func(key string) { delete(s.visits, key) })
	m.flows.take(now, most, c.forget)
	m.forms.take(now, most, func(key string) { delete(c.forms, key) })
	m.files.take(now, most, func(key string) { delete(c.files, key) })
	m.uploads.take(now, most, func(key string) { delete(c.uploads, key) })
	m.opened.take(now, most, func(token string) { delete(c.nfcTokens, token) })
	m.chips.take(now, most, func(id string) { delete(c.chips, id) })
	m.cursors.take(now, most, func(cursor uint64) { delete(c.cursors, cursor) })
	m.bills.take(now, most, func(day string) { delete(c.billed, day) })
}

// due returns the time at which an entry that is made now has lived for d of
// the platform's time. The caller holds the lock.
func (s *Server) due(d time.Duration) time.Time { return s.now().Add(s.scaled(d)) }

// forgetOrder forgets an order that can neither be launched nor be queried any
// more. Its number stays for a while, as order numbers are unique.
func (s *Server) forgetOrder(o *order) {
	last := o.uploaded.Add(s.scaled(faceIDLife) + pageLife)
	if o.isOver {
		last = o.finished.Add(s.scaled(resultLife))
	}
	if s.now().Before(last) || o.app.orders[o.no] != o {
		return // an order that ended is in a line of its own
	}
	delete(o.app.orders, o.no)
	delete(s.faces, o.faceID)
	key := numberKey(o.no)
	o.app.numbers[key] = struct{}{}
	s.memory.numbers.add(s.due(numberLife), orderNumber{o.app, key})
	for _, a := range s.apps {
		if a.orders[o.no] != nil {
			return // a script is for the orders of all apps
		}
	}
	delete(s.scripts, o.no)
	delete(s.idCards, o.no)
	delete(s.bankCards, o.no)
	delete(s.documents, o.no)
}

// taken reports whether the app had an order of that number before.
func (a *app) taken(no string) bool {
	_, known := a.numbers[numberKey(no)]
	return known || a.orders[no] != nil
}

// prune forgets the tokens and SIGN tickets that are dead.
func (a *app) prune(now time.Time) {
	a.tokens = slices.DeleteFunc(a.tokens, func(t *token) bool { return !t.live(now) })
	a.signs = slices.DeleteFunc(a.signs, func(t *ticket) bool { return !t.live(now) })
}

// forget forgets a NONCE ticket.
func (t *ticket) forget() {
	left := slices.DeleteFunc(t.app.nonces[t.userID], func(other *ticket) bool { return other == t })
	if len(left) == 0 {
		delete(t.app.nonces, t.userID)
		return
	}
	t.app.nonces[t.userID] = left
}

// forget forgets a flow, apart from what its bills tell.
func (c *cloud) forget(f *flow) {
	delete(c.flows, f.token)
	delete(c.pages, f.page)
	delete(c.scripts, f.token)
	f.ending, f.will = CloudEnding{}, nil
}

// noteBill puts a flow on the bill of the day on which its person came. The caller
// holds the lock.
func (s *Server) noteBill(f *flow) {
	c, day := s.cloud, s.now().In(beijing).Format(time.DateOnly)
	flows, known := c.billed[day]
	if !known {
		s.memory.bills.add(s.now().Add(billLife), day)
	}
	at, found := slices.BinarySearchFunc(flows, f.serial, func(f *flow, serial uint64) int { return int(f.serial) - int(serial) }) //nolint:gosec // serial numbers are small
	if !found {
		c.billed[day] = slices.Insert(flows, at, f) // nearly always at the end
	}
}

// A line holds entries until they are due. All entries of a line wait equally
// long, so the first one that was added is the first one that is due. Adding
// and taking cost the same however long the line is.
type line[T any] struct {
	first, last *lineChunk[T]
	taken       int // the number of entries of the first chunk that are gone
}

type lineChunk[T any] struct {
	entries []lineEntry[T]
	next    *lineChunk[T]
}

type lineEntry[T any] struct {
	due  int64 // in milliseconds since 1970
	what T
}

const lineChunkSize = 256

func (l *line[T]) add(due time.Time, what T) {
	if l.last == nil || len(l.last.entries) == lineChunkSize {
		chunk := &lineChunk[T]{}
		if l.last == nil {
			l.first, l.taken = chunk, 0
		} else {
			chunk.entries = make([]lineEntry[T], 0, lineChunkSize)
			l.last.next = chunk
		}
		l.last = chunk
	}
	l.last.entries = append(l.last.entries, lineEntry[T]{due.UnixMilli(), what})
}

// take hands over the entries that are due, the oldest first, and no more than
// that many.
func (l *line[T]) take(now time.Time, most int, drop func(T)) {
	ms := now.UnixMilli()
	for ; most > 0 && l.first != nil; most-- {
		entry := &l.first.entries[l.taken]
		if entry.due >= ms { // it is due within this millisecond at the earliest
			return
		}
		what := entry.what
		*entry = lineEntry[T]{} // nothing holds it any longer
		if l.taken++; l.taken == len(l.first.entries) {
			l.first, l.taken = l.first.next, 0
			if l.first == nil {
				l.last = nil
			}
		}
		drop(what)
	}
}
