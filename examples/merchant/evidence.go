package main

import (
	"cmp"
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/memblob"
)

// An archive sees to it that every order ends and that its files are kept, also if the
// person never comes back to this site. Its ledger is in memory, as the orders are. In
// production it is a table beside yours: see package sqlledger.
type archive struct {
	ledger  evidence.Ledger
	bucket  *blob.Bucket
	current atomic.Pointer[evidence.Keeper] // of the current Client

	mu     sync.Mutex
	owners map[string]owner // of the orders without an end, by the key of the order
}

// An owner is whose order it is, and whom it must be about.
type owner struct {
	who    *session
	n      int
	person faceid.Person
}

// newArchive keeps the files in the bucket, or in memory if there is none.
func newArchive(bucket *blob.Bucket) *archive {
	if bucket == nil {
		bucket = memblob.OpenBucket(nil)
	}
	return &archive{ledger: evidence.NewMemoryLedger(), bucket: bucket, owners: map[string]owner{}}
}

// folder makes the bucket in a folder of its own, and returns what removes both. In
// production a bucket outlives the process.
func (c *config) folder() (remove func(), err error) {
	path, err := os.MkdirTemp("", "merchant-evidence-")
	if err != nil {
		return nil, err
	}
	c.bucket, err = fileblob.OpenBucket(path, &fileblob.Options{Metadata: fileblob.MetadataDontWrite})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(path))
	}
	return func() {
		_ = c.bucket.Close()
		_ = os.RemoveAll(path)
	}, nil
}

// keepWith makes the Keeper of a Client. The ledger and the bucket stay the same, so the
// Keeper goes on where the one before it has stopped.
func (s *shop) keepWith(client *faceid.Client) error {
	keeper, err := evidence.New(evidence.Options{
		Client: client, Bucket: s.archive.bucket, Ledger: s.archive.ledger, Logger: s.log, Now: s.today,
		OnOutcome: s.ended, Expect: s.expected,
	})
	if err != nil {
		return err
	}
	s.archive.current.Store(keeper)
	return nil
}

// background begins to keep the evidence, and returns what ends that.
func (s *shop) background(ctx context.Context) (end func()) {
	var all sync.WaitGroup
	ctx, stop := context.WithCancel(ctx)
	all.Go(func() { s.keepEvidence(ctx) })
	return func() {
		stop()
		all.Wait()
	}
}

// keepEvidence looks at the orders that are due, until ctx ends. Keeper.Run does the same
// where one Client serves the whole process: here the what-if panel changes it.
func (s *shop) keepEvidence(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if _, err := s.archive.current.Load().RunDue(ctx, 2); err != nil && ctx.Err() == nil {
			s.log.Warn("the ledger of the evidence", "err", err)
		}
	}
}

// openEvidence puts an order into the ledger right after it was opened at the platform.
// A chip follows when the App has reported its reqId: see phone.
func (s *shop) openEvidence(ctx context.Context, who *session, o *order, person faceid.Person) error {
	e, ok := s.evidenceOf(o)
	if !ok {
		return nil
	}
	if err := s.archive.own(e, owner{who, o.N, whom(o.Product.flow, person)}); err != nil {
		return err
	}
	who.change(o, func(o *order) { o.evidence = e.Key() })
	return s.archive.current.Load().Open(ctx, e)
}

// maxOwners bounds the memory of this demonstration. In production use a table.
const maxOwners = 10000

// own remembers the owner of an order until it has an end. In production the order has a
// Ref by which you find it in your table.
func (a *archive) own(e evidence.Order, of owner) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.owners) >= maxOwners {
		return errFull
	}
	a.owners[e.Key()] = of
	return nil
}

func (a *archive) ownerOf(e evidence.Order) (owner, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	of, ok := a.owners[e.Key()]
	return of, ok
}

// evidenceOf names an order to the Keeper.
func (s *shop) evidenceOf(o *order) (e evidence.Order, ok bool) {
	e = evidence.Order{Number: o.ref, OpenedAt: s.today()}
	switch f := o.Product.flow.(type) {
	case facePage:
		e.Kind, e.Product = evidence.FaceH5, f.product
		if f.product == faceid.ProductBasic {
			e.Kind = evidence.FacePC
		}
	case willPage:
		e.Kind = evidence.WillH5
	case wechatPage:
		e.Kind, e.RuleID = evidence.WeChat, f.ruleID
	case eidPage:
		e.Kind = evidence.Eid
	case intlPage:
		e.Kind = evidence.IntlWeb
	case appFace:
		e.Kind, e.Product, e.AppVideo = evidence.FaceApp, f.product, true
	case miniProgram:
		e.Kind, e.RuleID = evidence.WeChat, f.ruleID
	case cardReader:
		e.Kind = evidence.OCRIDCard
	case bankCardReader:
		e.Kind = evidence.OCRBankCard
	case chipReader:
		if o.claimed == nil || o.claimed.reqID == "" {
			return e, false // nothing was read: there is nothing to ask for
		}
		e.Kind, e.ReqID = evidence.NFC, o.claimed.reqID
	default:
		return e, false
	}
	return e, true
}

// whom returns whom an order must be about, as the product's decide has it. Nobody is
// remembered where nobody is asked.
func whom(f flow, person faceid.Person) faceid.Person {
	switch f.(type) {
	case wechatPage, miniProgram, chipReader:
		return person
	case eidPage:
		return faceid.PersonAsOpened
	case intlPage, cardReader, bankCardReader:
		return faceid.AnyPerson
	}
	return faceid.Person{}
}

// expected says whom an order must be about.
func (s *shop) expected(_ context.Context, e evidence.Order) (faceid.Person, error) {
	of, ok := s.archive.ownerOf(e)
	if !ok {
		return faceid.Person{}, errors.New("nobody remembers whom the order is about")
	}
	return of.person, nil
}

// lookAgain has the Keeper look at an order at once, because its person came back or its
// App reported. It stores the files. A shop with more visitors leaves that to a worker.
func (s *shop) lookAgain(ctx context.Context, who *session, n int) {
	o, _ := who.order(n)
	if o.evidence == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if _, err := s.archive.current.Load().StepKey(ctx, o.evidence); err != nil {
		s.log.Warn("evidence", "key", o.evidence, "err", err) // keepEvidence looks again
	}
}

// ended is told how each order ended. Mostly the shop knows it already, because the
// person came back.
func (s *shop) ended(_ context.Context, out evidence.Outcome) error {
	of, ok := s.archive.ownerOf(out.Order)
	if !ok {
		return nil // it was told before
	}
	if err := s.endOrder(of, out); err != nil {
		return err
	}
	s.archive.mu.Lock()
	defer s.archive.mu.Unlock()
	delete(s.archive.owners, out.Key) // and with it the person
	return nil
}

// errAsking puts the news off while a request decides on the order.
var errAsking = errors.New("a request is deciding on the order")

// endOrder ends an order whose person never came back. A pass ends none whose way back is
// signed: the platform vouches that the person was verified, and not that the person sits
// at the browser that opened the order. And a result that may have been lost says nothing
// about the person.
func (s *shop) endOrder(of owner, out evidence.Outcome) error {
	seen, ok := of.who.order(of.n)
	switch {
	case !ok || seen.Outcome != nil: // the session has forgotten the order, or knows its end
		return nil
	case out.Late, out.Passed && !seen.Product.unsigned:
		return nil
	}
	o, err := of.who.claim(of.n)
	if err != nil {
		return errAsking
	}
	of.who.settle(o, endOf(out), "")
	return nil
}

// endOf writes an outcome in the form that a visitor may see.
func endOf(out evidence.Outcome) *outcome {
	end := &outcome{Kind: "refused", Code: out.Code.Number(), Family: string(out.Family), Charged: out.Charged, Count: out.Charges}
	family := "family-" + string(out.Family)
	switch {
	case out.Passed:
		end.Kind = "passed"
	case out.Family == faceid.ErrNoResult:
		end.Kind, family = "none", "evidence-nobody"
	}
	if _, ok := texts[family]; !ok {
		family = "family-other"
	}
	end.Message, end.Gloss = cmp.Or(out.Code.GlossZH(), text(zh, family)), cmp.Or(out.Code.Gloss(), text(en, family))
	return end
}

// An evidenceView is what the list of orders shows of an order's evidence.
type evidenceView struct {
	State   string // waiting, decided, told, done
	Files   []string
	Missing []string
	Late    bool
}

// withEvidence adds to orders what the ledger knows of them.
func (s *shop) withEvidence(ctx context.Context, orders []order) []order {
	for i := range orders {
		e, err := s.archive.ledger.Load(ctx, orders[i].evidence)
		if err != nil {
			continue // an order that has no evidence, or a chip that was not read
		}
		v := &evidenceView{State: e.State.String(), Missing: e.Missing, Late: e.Outcome != nil && e.Outcome.Late}
		for _, f := range e.Files {
			v.Files = append(v.Files, f.Name)
		}
		slices.Sort(v.Files)
		orders[i].Evidence = v
	}
	return orders
}
