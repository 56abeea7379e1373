package fetch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"github.com/faceid-go/faceid"
	"github.com/faceid-go/faceid/evidence"
)

const (
	// unknownAge is the age of an order of unknown age: a flow of E证通 or a card that has
	// no result then has none. The age of a flow of WeChat is learnt from its attempts.
	unknownAge = 3 * time.Hour

	// noMoreFiles is the age from which on a Keeper waits for no file.
	noMoreFiles = 61 * time.Hour

	// lags is how often a missing file is asked for again. The documents let files lag for
	// seconds.
	lags = 4

	// mostLag is the age from which on a file that is missing is not waited for. It has room
	// for clocks that differ.
	mostLag = 2 * time.Minute

	// mostInARow is how many orders in a row may be in trouble before the run ends: the
	// platform or the bucket is out of order then.
	mostInARow = 20

	// claimName is the object that says whose folder it is while an order is fetched.
	claimName = "fetching"

	// cleanTime bounds what is removed after the end of ctx.
	cleanTime = 10 * time.Second
)

// These end a look whose outcome a Keeper would write down, and this run must not.
var (
	errNoResult = errors.New("no result")
	errGivenUp  = errors.New("there was no answer")
)

// one is the fetching of one order. Its Keeper has a ledger of its own, since the manifest
// is all that one run leaves for the next.
type one struct {
	*run
	order   evidence.Order
	unknown bool          // OpenedAt is an estimate
	later   time.Duration // is added to the clock of the Keeper
	last    bool          // no file is waited for any longer
	ledger  *evidence.MemoryLedger
	keeper  *evidence.Keeper
	item    Item
}

// fetch fetches one order. The error is the end of ctx, or errStop.
func (r *run) fetch(ctx context.Context, order evidence.Order) (Item, error) {
	f := &one{run: r, order: order, ledger: evidence.NewMemoryLedger(), item: Item{Order: order.Key()}}
	var err error
	f.keeper, err = evidence.New(evidence.Options{
		Client: r.Client, Bucket: r.Bucket, Recipients: r.Recipients, Ledger: f.ledger,
		OnOutcome: f.told, Now: func() time.Time { return r.Now().Add(f.later) },
		// What is fetched is decided already, by the merchant, about the person who was
		// expected. Here it is kept, whoever it was.
		Expect: func(context.Context, evidence.Order) (faceid.Person, error) { return faceid.AnyPerson, nil },
	})
	if err == nil {
		err = f.work(ctx)
	}
	if ctx.Err() != nil {
		return f.item, ctx.Err()
	}
	if err == nil {
		r.inARow.Store(0)
		return f.item, nil
	}
	f.item.Status, f.item.Trouble = Trouble, err.Error()
	if r.inARow.Add(1) >= mostInARow || errors.Is(err, faceid.ErrCredential) || errors.Is(err, faceid.ErrStore) {
		return f.item, errStop
	}
	return f.item, nil
}

// work finds out how old the order is and whether it was fetched before, and if not, fetches
// it.
func (f *one) work(ctx context.Context) error {
	if known, err := f.opened(ctx); err != nil || known {
		return err
	}
	if mine, err := f.claim(ctx); err != nil || !mine {
		return err
	}
	err := f.look(ctx)
	if f.item.Folder == "" { // what was stored is of no use without a manifest
		f.clean(ctx)
	}
	return err
}

// claim makes the folder that of this run, and reports whether it is. Two runs on one folder
// would take each other's files for what a dead process has left, and remove them. The claim
// goes with the manifest: a Keeper removes what the manifest does not name.
func (f *one) claim(ctx context.Context) (bool, error) {
	folder := folderOf(f.order)
	empty, err := f.empty(ctx, folder)
	if err != nil {
		return false, err
	}
	if empty || f.TakeOver {
		err = f.Bucket.WriteAll(ctx, folder+claimName, []byte("faceid fetch\n"), &blob.WriterOptions{ContentType: "text/plain", IfNotExist: !f.TakeOver})
		if gcerrors.Code(err) != gcerrors.FailedPrecondition {
			return err == nil, err
		}
	}
	f.item.Status = Held
	return false, nil
}

// clean removes the files that this run has stored, and nothing else in the folder. What
// cannot be removed makes the order Held, and the next run says so.
func (f *one) clean(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanTime)
	defer cancel()
	_ = f.Bucket.Delete(ctx, folderOf(f.order)+claimName)
	e, err := f.ledger.Load(ctx, f.order.Key())
	if err != nil {
		return // nothing was saved, so nothing was stored
	}
	for _, file := range e.Files {
		_ = f.Bucket.Delete(ctx, file.Object)
	}
}

// opened sets OpenedAt. It reports true if the item is complete then: there is a manifest,
// or no result.
func (f *one) opened(ctx context.Context) (bool, error) {
	if !f.order.OpenedAt.IsZero() {
		return f.manifested(ctx)
	}
	f.unknown = true
	for _, day := range f.days[f.order.Key()] {
		f.order.OpenedAt = day
		if known, err := f.manifested(ctx); known || err != nil {
			return known, err
		}
	}
	switch {
	case !f.order.OpenedAt.IsZero(): // in the folder that is there already
		return false, nil
	case f.order.Kind == evidence.WeChat:
		return f.openedByAttempt(ctx)
	case f.order.Kind == evidence.NFC:
		f.order.OpenedAt = f.Now() // its result lives 5 minutes
	default:
		f.order.OpenedAt = f.Now().Add(-unknownAge)
	}
	return false, nil
}

// openedByAttempt takes the first attempt of a flow of WeChat as its beginning: it is at most
// 2 hours older, so a flow whose attempts are not over is never taken for one that is.
func (f *one) openedByAttempt(ctx context.Context) (bool, error) {
	r, err := f.Client.GetDetectInfoEnhanced(ctx, faceid.GetDetectInfoEnhancedRequest{
		BizToken: f.order.Number, RuleID: f.order.RuleID, InfoType: faceid.InfoText, WillAsked: f.order.WillAsked,
	})
	if err != nil && !errors.Is(err, faceid.ErrNoResult) && !errors.Is(err, faceid.ErrExpired) {
		return false, err
	}
	if err == nil && r.Text != nil {
		for _, attempt := range r.Text.LivenessDetail {
			if at := attempt.At(); !at.IsZero() && (f.order.OpenedAt.IsZero() || at.Before(f.order.OpenedAt)) {
				f.order.OpenedAt = at
			}
		}
	}
	if f.order.OpenedAt.IsZero() {
		f.item.Status, f.item.Family = NoResult, string(faceid.ErrNoResult)
		return true, nil
	}
	return f.manifested(ctx)
}

// manifested reports whether the order has a manifest, and takes the item from it.
func (f *one) manifested(ctx context.Context) (bool, error) {
	m, err := f.keeper.Manifest(ctx, f.order)
	switch {
	case errors.Is(err, evidence.ErrNoManifest):
		return false, nil
	case err != nil:
		return false, err
	}
	f.item.Folder, f.item.Files, f.item.Missing = folderOf(f.order), m.Files, m.Missing
	f.item.Status = Already
	f.outcome(m.Outcome)
	return true, nil
}

func (f *one) outcome(out evidence.Outcome) {
	f.item.Passed, f.item.Family, f.item.Code = out.Passed, string(out.Family), out.Code.Number()
	if out.Family == faceid.ErrNoResult {
		f.item.Status = NoResult
	}
}

// told is told of the outcome before there is a manifest. An order of unknown age may get a
// result later, so a manifest must not say that it has none; and trouble is no outcome here,
// since the command can be run again.
func (f *one) told(_ context.Context, out evidence.Outcome) error {
	switch {
	case out.Family == faceid.ErrNoResult && f.unknown:
		return errNoResult
	case out.Late && !out.Passed && out.Family != faceid.ErrNoResult:
		return fmt.Errorf("%w: %w", errGivenUp, out.Family)
	}
	return nil
}

// look looks at the order until it is Done, and does not wait for its person.
func (f *one) look(ctx context.Context) error {
	for lag := 0; ; lag++ {
		p, err := f.keeper.Step(ctx, f.order)
		switch {
		case err != nil:
			return err
		case errors.Is(p.Trouble, errNoResult), p.State == evidence.Waiting && errors.Is(p.Trouble, faceid.ErrExpired):
			f.item.Status, f.item.Family = NoResult, string(faceid.ErrNoResult)
			return nil
		case p.Trouble != nil:
			return p.Trouble
		case p.State == evidence.Waiting:
			f.item.Status, f.item.Family = f.noneYet(), string(faceid.ErrNoResult)
			return nil
		case p.State == evidence.Done:
			f.item.Status, f.item.Folder, f.item.Files, f.item.Missing = Fetched, folderOf(f.order), p.Files, p.Missing
			f.outcome(*p.Outcome)
			return nil
		}
		switch {
		case f.last: // a Keeper ends then, so this is never
			return errors.New("the order does not end")
		case lag == lags, f.isOld(p.Outcome): // the files that are missing now will not come in this sitting
			f.last, f.later = true, max(0, noMoreFiles-p.Age)
			continue
		}
		if err := f.Sleep(ctx, min(p.Wait, 3*time.Second)); err != nil {
			return err
		}
	}
}

// isOld reports whether an order ended so long ago that its files do not lag any more.
func (f *one) isOld(out *evidence.Outcome) bool {
	return !out.OccurredAt.IsZero() && f.Now().Sub(out.OccurredAt) > mostLag
}

// noneYet tells a person who may still come from one who has not come. Nobody can tell of an
// order of unknown age, except of a flow of WeChat.
func (f *one) noneYet() Status {
	lives := map[evidence.Kind]time.Duration{evidence.WeChat: 2 * time.Hour, evidence.NFC: 5 * time.Minute}[f.order.Kind]
	if lives == 0 {
		lives = 10 * time.Minute
	}
	if f.unknown && f.order.Kind != evidence.WeChat || f.Now().Sub(f.order.OpenedAt) > lives {
		return NoResult
	}
	f.item.Again = f.order.OpenedAt.Add(lives)
	return NotYet
}
