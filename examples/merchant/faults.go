package main

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/faceid-go/faceid/faceidtest"
)

// troubles are the faults, and whether they meet the query or the upload; their
// texts are fault-….
var troubles = map[string]struct {
	onQuery bool
	faults  []faceidtest.Fault
}{
	"busy": {true, []faceidtest.Fault{faceidtest.FaultStatus(http.StatusServiceUnavailable, "busy")}},
	"slow": {true, []faceidtest.Fault{faceidtest.FaultDelay(3 * time.Second)}},
	"down": {true, slices.Repeat([]faceidtest.Fault{faceidtest.FaultDropBefore()}, 6)},
	"lost": {false, []faceidtest.Fault{faceidtest.FaultDropAfter()}},
}

// A prepared fault waits for the next order of a product, and then meets the requests of
// that order only. What is left of it ends with the order: no order meets a fault that was
// meant for another.
type prepared struct {
	Trouble string // the name of a trouble
	Product string // the ID of a product
	path    string // the platform's path or action
	left    []faceidtest.Fault
	met     bool // a request has met it
}

// Left is how many requests it has still to meet.
func (p prepared) Left() int { return len(p.left) }

// faults are prepared on the page What if.
type faults struct {
	mu      sync.Mutex
	waiting []prepared
}

// prepare adds a trouble. If it waits already, it is replaced, and not doubled.
func (f *faults) prepare(p product, trouble string) {
	t := troubles[trouble]
	path := p.upload
	if t.onQuery {
		path = p.query
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting = slices.DeleteFunc(f.waiting, func(w prepared) bool { return w.Product == p.ID && w.Trouble == trouble })
	f.waiting = append(f.waiting, prepared{Trouble: trouble, Product: p.ID, path: path, left: slices.Clone(t.faults)})
}

// list returns what waits.
func (f *faults) list() []prepared {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.waiting)
}

func (f *faults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting = nil
}

// take removes the faults that wait for an order of this product, and returns them.
func (f *faults) take(productID string) (its []prepared) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting = slices.DeleteFunc(f.waiting, func(w prepared) bool {
		if w.Product == productID {
			its = append(its, w)
		}
		return w.Product == productID
	})
	return its
}

// giveBack takes back the faults of an order that could not be opened, so that the next order
// of the product meets them. It leaves out a fault that an exchange has met, and one that was
// prepared again meanwhile.
func (f *faults) giveBack(its []prepared) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range its {
		again := slices.ContainsFunc(f.waiting, func(w prepared) bool { return w.Product == p.Product && w.Trouble == p.Trouble })
		if !p.met && !again {
			f.waiting = append(f.waiting, p)
		}
	}
}

// meets gives an order its faults.
func (t *trace) meets(its []prepared) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faults = its
}

// fault returns the fault that the next request to this path meets.
func (t *trace) fault(path string) (f faceidtest.Fault, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.faults {
		p := &t.faults[i]
		if p.path == path && len(p.left) > 0 {
			f, p.left, p.met = p.left[0], p.left[1:], true
			return f, true
		}
	}
	return faceidtest.Fault{}, false
}

// pending returns the faults that have requests left to meet.
func (t *trace) pending() (all []prepared) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.faults {
		if len(p.left) > 0 {
			all = append(all, p)
		}
	}
	return all
}
