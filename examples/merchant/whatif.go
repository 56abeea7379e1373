package main

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/faceidtest"
)

// An agingStore goes by the platform's clock, as every store does: what it keeps
// grows old when the panel moves that. It holds one appID's record.
type agingStore struct {
	faceid.Store
	sim *faceidtest.Server

	mu    sync.Mutex
	saved time.Time
}

// Load tells the record's age by the platform's clock.
func (a *agingStore) Load(ctx context.Context, key string) ([]byte, time.Duration, error) {
	record, _, err := a.Store.Load(ctx, key)
	a.mu.Lock()
	defer a.mu.Unlock()
	return record, max(0, a.sim.Now().Sub(a.saved)), err
}

// CompareAndSwap notes when a record was saved.
func (a *agingStore) CompareAndSwap(ctx context.Context, key string, old, record []byte) (bool, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	swapped, err := a.Store.CompareAndSwap(ctx, key, old, record)
	if swapped {
		a.saved = a.sim.Now()
	}
	return swapped, err
}

// What if something goes wrong meanwhile? The panel does it to the simulator, for all
// visitors: the clock and the tokens at once, and a fault to the next order of a product
// (see faults.go). The steps of that order tell what the SDK made of it.

// notes are the latest actions of the panel.
type notes struct {
	mu  sync.Mutex
	all []note
}

type note struct {
	At   time.Time
	Text string // a text
	Of   string // a product, or nothing
}

func (n *notes) add(text, of string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = append(n.all, note{time.Now(), text, of})
	n.all = n.all[max(0, len(n.all)-8):]
}

// list returns the notes, the newest first.
func (n *notes) list() []note {
	n.mu.Lock()
	defer n.mu.Unlock()
	all := slices.Clone(n.all)
	slices.Reverse(all)
	return all
}

// jumps are how far the clock may be moved; their texts are jump-….
var jumps = map[string]time.Duration{"2m": 2 * time.Minute, "6m": 6 * time.Minute, "2h": 2 * time.Hour, "4d": 96 * time.Hour}

// A panel holds what the page What if shows.
type panel struct {
	Clock  time.Time
	Tokens int // minted for this site
	Faults []prepared
	Notes  []note
}

func (s *shop) panel() *panel {
	if s.sim == nil {
		return nil
	}
	return &panel{s.sim.Now().In(china), len(s.sim.Mints(s.sim.AppID())), s.faults.list(), s.notes.list()}
}

// The platform's days are China's.
var china = time.FixedZone("UTC+8", 8*60*60)

func (s *shop) whatIf(w http.ResponseWriter, r *http.Request) error {
	s.show(w, r, http.StatusOK, view{Page: "what-if", Title: "what-if", Panel: s.panel(), Products: s.products})
	return nil
}

func (s *shop) deed(_ http.ResponseWriter, r *http.Request) (string, error) {
	switch r.PathValue("deed") {
	case "rotate":
		// Another system fetches a token with our appID, and a minute passes: ours
		// is dead, and nobody tells us.
		s.sim.MintElsewhere(s.sim.AppID())
		s.notes.add("did-rotate", "")
		return ownPath(r.PostForm.Get("from")), s.advance(r.Context(), 61*time.Second)
	case "clock":
		by, ok := jumps[r.PostForm.Get("by")]
		if !ok {
			return "", errForm
		}
		s.notes.add("jump-"+r.PostForm.Get("by"), "")
		return ownPath(r.PostForm.Get("from")), s.advance(r.Context(), by)
	case "fault":
		name := r.PostForm.Get("fault")
		_, ok := troubles[name]
		i := slices.IndexFunc(s.products, func(p product) bool { return p.ID == r.PostForm.Get("product") })
		if !ok || i < 0 {
			return "", errForm
		}
		s.faults.prepare(s.products[i], name)
		s.notes.add("fault-"+name, s.products[i].ID)
	case "clear":
		s.faults.clear()
		s.notes.add("did-clear", "")
	default:
		return "", errMissing
	}
	return ownPath(r.PostForm.Get("from")), nil
}

// advance moves the platform's clock. A Client has a clock of its own, so the shop
// takes a new Client, as after a restart; the new Client believes the store.
func (s *shop) advance(ctx context.Context, by time.Duration) error {
	s.sim.Advance(by)
	old, err := s.connect()
	if err != nil {
		return err
	}
	return old.Close(ctx)
}

// tamper changes the callback as a cheat would, and has the browser bring it.
func (s *shop) tamper(_ http.ResponseWriter, r *http.Request) (string, error) {
	_, o, err := s.mine(r)
	if err != nil {
		return "", err
	}
	if o.Back == "" {
		return orderURL(o.N), nil
	}
	query, err := url.ParseQuery(o.Back)
	if err != nil {
		return "", err
	}
	switch {
	case o.Product.unsigned:
		for name := range query {
			query.Set(name, "00000000-0000-0000-0000-000000000000")
		}
	case query.Get("code") == "0":
		query.Set("code", "66660004")
	default:
		query.Set("code", "0") // "I passed"
	}
	o.trace.site(time.Now(), "step-tampered", "with-nothing", redacted(map[string]string{"code": query.Get("code")}), "403")
	return s.public + "/back/" + o.Product.ID + "?" + query.Encode(), nil
}

// replay has the browser bring the genuine callback once more.
func (s *shop) replay(_ http.ResponseWriter, r *http.Request) (string, error) {
	_, o, err := s.mine(r)
	if err != nil {
		return "", err
	}
	if o.Back == "" {
		return orderURL(o.N), nil
	}
	return s.public + "/back/" + o.Product.ID + "?" + o.Back, nil
}
