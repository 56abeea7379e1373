package evidence

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/faceid-go/faceid"
	lib "github.com/faceid-go/faceid/evidence"
)

// record is all that happened, for the account.
type record struct {
	orders  []*order
	told    []telling
	kept    map[string]kept // by Ref, as the ledger and the bucket have it in the end
	charges []lib.Charge    // of the ledger
	bill    int             // charged verifications of WeChat, by the platform's bill
	trouble []trouble
	late    []lateness // looks at the ledger that found an order older than the schedule
	sizes   []sizeOf
	passed  time.Duration // at the platform
	slack   time.Duration // by how much the platform's clock may run ahead of the machine
}

// telling is an outcome that a process told, and the platform's time then.
type telling struct {
	at time.Time
	lib.Outcome
}

// kept is what is there of an order in the end.
type kept struct {
	state   lib.State
	missing []string          // the files that the manifest says never came
	files   map[string]string // the SHA-256 sums that the manifest names, by file
	objects map[string]string // those of the objects themselves
	strays  int               // objects that the manifest does not name
}

// trouble is something that the trial did, by the platform's clock.
type trouble struct {
	what       string
	begin, end time.Time
}

// lateness is an unfinished order that is older than the schedule.
type lateness struct {
	at  time.Time
	key string
	age time.Duration
}

// sizeOf is the memory of a process that lived at a time.
type sizeOf struct {
	worker, life int
	size
}

// The schedule of docs/evidence.md.
const (
	firstLook = 7 * time.Minute // a person who came is told of at this age
	finalFlow = 2 * time.Hour   // a flow of WeChat that did not pass is final at this age
	lastLook  = 66 * time.Hour  // an order without a result ends at this age
	retries   = 10 * time.Minute
)

// complaint is something that should not be.
type complaint struct {
	what fault
	text string
}

// fault is a kind of complaint, as the tables name it.
type fault string

// The faults. There must be none of any of them.
const (
	noEnd      fault = "orders without an end"
	noTelling  fault = "orders whose merchant was never told"
	twoKeys    fault = "outcomes told under another key"
	wrong      fault = "outcomes that are not those of the script"
	isLate     fault = "outcomes told later than schedule and trouble explain"
	noFile     fault = "files that the platform had and that are missing or damaged"
	noSuchFile fault = "manifests that miss files which the platform never had"
	charge     fault = "products whose charges are not those of the platform"
	tooOld     fault = "orders that were unfinished for longer than schedule and trouble explain"
	memory     fault = "processes whose memory grew"
)

var faults = []fault{noEnd, noTelling, twoKeys, wrong, isLate, noFile, noSuchFile, charge, tooOld, memory}

// complaints returns what should not be.
func (r *record) complaints() []complaint {
	var all []complaint
	told := r.tellings()
	for _, o := range r.orders {
		for _, c := range slices.Concat(r.unfinished(o), o.untold(told[o.ref]), r.lateTelling(o, told[o.ref]), o.unkept(r.kept[o.ref])) {
			c.text = fmt.Sprintf("%s (%s, %s): %s", o.ref, o.kind.name, o.end.name, c.text)
			all = append(all, c)
		}
	}
	return slices.Concat(all, r.wrongCharges(), r.oldOrders(), r.grown())
}

// tellings returns what was told, by Ref, the first one first.
func (r *record) tellings() map[string][]telling {
	all := map[string][]telling{}
	for _, t := range r.told {
		all[t.Order.Ref] = append(all[t.Order.Ref], t)
	}
	for _, of := range all {
		slices.SortStableFunc(of, func(a, b telling) int { return a.at.Compare(b.at) })
	}
	return all
}

// unfinished complains of an order without an end.
func (r *record) unfinished(o *order) []complaint {
	switch k, known := r.kept[o.ref]; {
	case !known:
		return []complaint{{noEnd, "the ledger does not know it"}}
	case k.state != lib.Done:
		return []complaint{{noEnd, "it is " + k.state.String()}}
	}
	return nil
}

// untold complains of what the merchant was told, or was not told.
func (o *order) untold(told []telling) (all []complaint) {
	if len(told) == 0 {
		return []complaint{{noTelling, "nobody was told"}}
	}
	for _, t := range told {
		switch {
		case t.Key != o.order.Key():
			all = append(all, complaint{twoKeys, "told under the key " + t.Key})
		case t.Passed != o.end.passed() || t.Family != o.end.family:
			all = append(all, complaint{wrong, fmt.Sprintf("told as %s, passed: %v", t.Family, t.Passed)})
		case t.Late:
			all = append(all, complaint{wrong, "told as late"})
		case t.Charges != o.charges():
			all = append(all, complaint{wrong, fmt.Sprintf("told that it is charged %d times, not %d", t.Charges, o.charges())})
		}
	}
	return all
}

// unkept complains of files.
func (o *order) unkept(k kept) (all []complaint) {
	for name, sum := range o.files() {
		switch {
		case k.files[name] == "":
			all = append(all, complaint{noFile, "the manifest does not have " + name})
		case k.files[name] != sum:
			all = append(all, complaint{noFile, "the manifest has another " + name})
		case k.objects[name] != sum:
			all = append(all, complaint{noFile, "the bucket has another " + name})
		}
	}
	if o.end.family != faceid.ErrNoResult && (k.objects[answer] == "" || k.objects[answer] != k.files[answer]) {
		all = append(all, complaint{noFile, "there is no whole answer"})
	}
	if len(k.missing) > 0 && o.end.family == faceid.ErrNoResult {
		all = append(all, complaint{noSuchFile, fmt.Sprintf("the manifest misses %v", k.missing)})
	}
	slices.SortFunc(all, func(a, b complaint) int { return cmp.Compare(a.text, b.text) })
	return all
}

// answer is the name of the answer without its files.
const answer = "answer.json"

// dueAt is the time at which the merchant is told if nothing disturbs, at the latest.
func (o *order) dueAt() time.Time {
	switch {
	case o.end.family == faceid.ErrNoResult:
		return o.order.OpenedAt.Add(lastLook)
	case o.kind.name == lib.WeChat:
		return o.order.OpenedAt.Add(finalFlow)
	}
	first := o.order.OpenedAt.Add(firstLook)
	if o.ended.After(first) { // the look after that comes when the age has doubled
		return o.order.OpenedAt.Add(2 * firstLook)
	}
	return first
}

// lateTelling complains of an outcome that came later than the schedule and the trouble
// explain.
func (r *record) lateTelling(o *order, told []telling) []complaint {
	if len(told) == 0 {
		return nil
	}
	due := o.dueAt()
	if first := told[0].at; first.After(r.allowed(due)) {
		return []complaint{{isLate, fmt.Sprintf("told at the age of %v, and it was due at %v", age(o, first), age(o, due))}}
	}
	return nil
}

func age(o *order, at time.Time) time.Duration {
	return at.Sub(o.order.OpenedAt).Round(time.Minute)
}

// allowed is until when something may happen that was due at a time. Trouble that
// overlaps puts it off until the trouble is over and was tried again, and so on. Trouble
// that takes no time excuses nothing: when a process of a fleet dies, the others go on.
func (r *record) allowed(due time.Time) time.Time {
	until := due.Add(r.slack)
	for _, t := range r.trouble { // in the order of their beginnings
		if t.end.After(t.begin) && t.begin.Before(until) && t.end.After(due) {
			until = later(until, t.end.Add(retries+r.slack))
		}
	}
	return until
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// oldOrders complains of orders that had no end when they should have one.
func (r *record) oldOrders() (all []complaint) {
	seen := map[string]bool{}
	for _, l := range r.late {
		due := l.at.Add(-l.age).Add(lastLook)
		if allowed := r.allowed(due); l.at.After(allowed) && !seen[l.key] {
			seen[l.key] = true
			all = append(all, complaint{tooOld, fmt.Sprintf("%s had no end at the age of %v", l.key, l.age.Round(time.Minute))})
		}
	}
	return all
}

// charged counts charges by product: those of the script, and those of the ledger.
func (r *record) charged() (want, got map[string]int) {
	want, got = map[string]int{}, map[string]int{}
	for _, o := range r.orders {
		want[o.kind.product] += o.charges()
	}
	for _, c := range r.charges {
		got[c.Product] += c.Charged
	}
	return want, got
}

// wrongCharges complains of charges of the ledger that are not those of the platform.
func (r *record) wrongCharges() (all []complaint) {
	want, got := r.charged()
	for product, n := range want {
		if got[product] != n {
			all = append(all, complaint{charge, fmt.Sprintf("the ledger has %d charges of %s, and the platform %d", got[product], product, n)})
		}
	}
	if got["wechat"] != r.bill {
		all = append(all, complaint{charge, fmt.Sprintf("the ledger has %d charges of wechat, and the bill %d", got["wechat"], r.bill)})
	}
	return all
}

// What the memory of a process may grow by from its first minute on.
const (
	warm  = 20 * time.Second // from this age on a process has seen everything once
	grows = 8 << 20          // bytes
)

// grown complains of processes whose memory grew: the least heap of the second half of
// a life is held against the least of the first half.
func (r *record) grown() (all []complaint) {
	for life, sizes := range r.lives() {
		first, last := halves(sizes)
		if first > 0 && last > first+grows {
			all = append(all, complaint{memory, fmt.Sprintf("life %d of process %d grew from %d to %d bytes of heap", life[1], life[0], first, last)})
		}
	}
	return all
}

// lives returns the sizes of each life of a process, by process and life.
func (r *record) lives() map[[2]int][]size {
	all := map[[2]int][]size{}
	for _, s := range r.sizes {
		if s.Age >= warm {
			all[[2]int{s.worker, s.life}] = append(all[[2]int{s.worker, s.life}], s.size)
		}
	}
	return all
}

// halves returns the least heap of the first half of a life and of the second; 0, 0 if it
// was too short.
func halves(sizes []size) (first, last uint64) {
	if len(sizes) < 4 {
		return 0, 0
	}
	least := func(part []size) uint64 {
		return slices.MinFunc(part, func(a, b size) int { return cmp.Compare(a.Heap, b.Heap) }).Heap
	}
	return least(sizes[:len(sizes)/2]), least(sizes[len(sizes)/2:])
}
