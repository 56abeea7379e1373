package evidence

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/faceid-go/faceid"
)

// Step looks at an order now, and does what can be done: it learns the outcome, stores
// it, tells it, stores the files, and writes the manifest. It returns at once after an
// order is Done.
//
// The error is one of the order (ErrOrder), of the ledger, or the end of ctx; call Step
// again then, with a pause of the engine's own. Every other trouble is in the Progress.
//
// Call Step when Progress.Next has come, and whenever there is news: after a callback, or
// when the App reports its end.
func (k *Keeper) Step(ctx context.Context, o Order) (Progress, error) {
	if err := o.validate(k.now()); err != nil {
		return Progress{}, err
	}
	e, err := k.Ledger.Load(ctx, o.Key())
	switch {
	case errors.Is(err, ErrNoEntry):
		e = Entry{Order: o}
	case err != nil:
		return Progress{}, fmt.Errorf("evidence: the ledger: %w", err)
	}
	return k.step(ctx, e)
}

// StepKey is Step for an order that is in the ledger, by the Key of the order. It is for
// job queues: a job holds the key and nothing else, so whoever can read the queue reaches
// no person's data. The error is ErrNoEntry if the ledger has no such order, because it
// was deleted, or because the transaction of OpenIn has not committed.
func (k *Keeper) StepKey(ctx context.Context, key string) (Progress, error) {
	e, err := k.Ledger.Load(ctx, key)
	switch {
	case errors.Is(err, ErrNoEntry):
		return Progress{}, ErrNoEntry
	case err != nil:
		return Progress{}, fmt.Errorf("evidence: the ledger: %w", err)
	}
	return k.step(ctx, e)
}

// step goes on from the entry that was loaded. The ledger may hold an order of a kind that
// only a newer version of this package knows.
func (k *Keeper) step(ctx context.Context, e Entry) (Progress, error) {
	if err := e.Order.validate(k.now()); err != nil {
		return Progress{}, err
	}
	key := e.Order.Key()
	p, err := k.advance(ctx, e)
	if errors.Is(err, ErrConflict) { // another process has looked at the same time
		if e, err = k.Ledger.Load(ctx, key); err == nil {
			return k.progress(e, nil), nil
		}
	}
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("evidence: the ledger: %w", err)
	}
	return p, err
}

// advance takes an entry as far as it goes now. Its error is one of the ledger, or the
// end of ctx.
func (k *Keeper) advance(ctx context.Context, e Entry) (Progress, error) {
	if e.State == Done {
		return k.progress(e, nil), nil
	}
	looked := false
	var trouble error
	for e.State == Waiting || e.State == Told && !looked && !k.complete(e) {
		if e.Order.Kind == NFC && k.now().Before(e.Next) { // each look uses answers up
			return k.progress(e, nil), nil
		}
		looked = true
		var err error
		if trouble, err = k.look(ctx, &e); err != nil {
			return Progress{}, err
		}
		if e.State == Waiting {
			return k.progress(e, trouble), nil
		}
	}
	if e.State == Decided {
		if told := k.tell(ctx, &e); told != nil {
			return k.troubled(ctx, e, told)
		}
		if err := k.save(ctx, &e); err != nil {
			return Progress{}, err
		}
	}
	if trouble == nil && k.complete(e) {
		return k.finish(ctx, e)
	}
	return k.progress(e, trouble), nil
}

// complete reports whether there is nothing more to fetch. An order with a result has had
// one look at least in which the files could be stored, or the platform has long
// forgotten them.
func (k *Keeper) complete(e Entry) bool {
	now := k.now()
	switch {
	case e.Outcome.Family == faceid.ErrNoResult, now.Sub(e.Order.OpenedAt) >= e.Order.givenUpAt():
		return true
	case e.Lag == 0:
		return false
	}
	return len(e.Missing) == 0 || !filesMayCome(e, now)
}

// look asks the platform once and saves what it learnt. trouble is why there was no
// answer; err is an error of the ledger or the end of ctx.
func (k *Keeper) look(ctx context.Context, e *Entry) (trouble, err error) {
	now := k.now()
	if e.Order.Kind == NFC {
		// Nobody else looks until then, and a ledger that fails uses no answers up.
		e.Next = nextChipLook(e.Order, now)
		if err := k.save(ctx, e); err != nil {
			return nil, err
		}
	}
	files := k.newBatch(ctx, *e)
	found, trouble := k.ask(ctx, *e, files, now)
	if ctx.Err() != nil {
		files.undo(context.WithoutCancel(ctx))
		return nil, ctx.Err()
	}
	if trouble == nil {
		trouble = files.trouble()
	}
	before := *e
	k.learn(e, found, files, trouble, now)
	if err := k.save(ctx, e); err != nil {
		if errors.Is(err, ErrConflict) { // after another error the entry may be saved all the same, and name the files
			files.undo(context.WithoutCancel(ctx))
		}
		*e = before
		return nil, err
	}
	return trouble, nil
}

// learn writes down what a look has found.
func (k *Keeper) learn(e *Entry, found finding, files *batch, trouble error, now time.Time) {
	e.Files = append(e.Files[:len(e.Files):len(e.Files)], files.kept...)
	if trouble != nil {
		if e.Trouble == "" {
			e.Since = now
		}
		e.Trouble = familyOf(trouble)
	} else {
		e.Trouble, e.Since = "", time.Time{}
	}
	if found.answered {
		e.Looks++
		e.Looked = now
	}
	if e.State == Waiting && found.outcome != nil {
		e.State, e.Outcome = Decided, found.outcome
		e.Outcome.Key, e.Outcome.Order, e.Outcome.DecidedAt = e.Order.Key(), e.Order, now
	}
	switch {
	case trouble != nil: // files may not have been stored, so this look does not count as one for files
		e.Next = afterTrouble(e.Order, e.Since, now)
		if found.outcome != nil {
			e.Missing = found.missing // if the bucket stays away, these are lost
		}
	case e.State == Waiting:
		e.Next = nextLook(e.Order, now)
	default:
		e.Next = nextFileLook(e.Outcome, e.Lag, now)
		if found.answered && !found.plain {
			e.Missing = found.missing
			e.Lag++
		}
	}
}

// tell tells the merchant of the outcome.
func (k *Keeper) tell(ctx context.Context, e *Entry) error {
	if err := k.guard(ctx, "OnOutcome", func() error { return k.OnOutcome(ctx, *e.Outcome) }); err != nil {
		return fmt.Errorf("evidence: OnOutcome: %w", err)
	}
	e.State, e.Trouble, e.Since = Told, "", time.Time{}
	return nil
}

// ErrPanic says that a function of the Options panicked. The panic is trouble like any
// error of that function: the order stays, and is looked at again.
var ErrPanic = errors.New("evidence: a function panicked")

// guard calls a function of the merchant. What a panic says may hold personal data, so
// only its type goes into the log, with the stack.
func (k *Keeper) guard(ctx context.Context, name string, call func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			k.log.ErrorContext(ctx, "a function of evidence.Options panicked", "function", name, "type", fmt.Sprintf("%T", r), "stack", string(debug.Stack()))
			err = ErrPanic
		}
	}()
	return call()
}

// troubled saves that something failed, and when to try again.
func (k *Keeper) troubled(ctx context.Context, e Entry, trouble error) (Progress, error) {
	if err := ctx.Err(); err != nil {
		return Progress{}, err
	}
	now := k.now()
	if e.Trouble == "" {
		e.Since = now
	}
	e.Trouble, e.Next = familyOf(trouble), afterTrouble(e.Order, e.Since, now)
	k.log.WarnContext(ctx, "an order is in trouble", "key", e.Order.Key(), "state", e.State.String(), "since", e.Since, "err", trouble)
	if err := k.save(ctx, &e); err != nil {
		return Progress{}, err
	}
	return k.progress(e, trouble), nil
}

// finish writes the manifest and ends the order. Objects of looks that were cut off are
// removed last, because a process that looks at this moment may still win against this
// one.
func (k *Keeper) finish(ctx context.Context, e Entry) (Progress, error) {
	if e.Outcome.Family != faceid.ErrNoResult && !has(e.Files, answerName) && !slices.Contains(e.Missing, answerName) {
		e.Missing = append(e.Missing, answerName)
	}
	if len(e.Missing) > 0 {
		k.log.WarnContext(ctx, "files of an order never came", "key", e.Order.Key(), "files", e.Missing)
	}
	if err := k.writeManifest(ctx, e); err != nil {
		return k.troubled(ctx, e, err)
	}
	e.State, e.Next, e.Trouble, e.Since = Done, time.Time{}, "", time.Time{}
	if err := k.save(ctx, &e); err != nil {
		return Progress{}, err
	}
	if err := k.removeStrays(ctx, e); err != nil {
		k.log.WarnContext(ctx, "objects of looks that were cut off stay until the order is deleted", "key", e.Order.Key(), "err", err)
	}
	return k.progress(e, nil), nil
}

// save saves the entry and takes its new version.
func (k *Keeper) save(ctx context.Context, e *Entry) error {
	version, err := k.Ledger.Save(ctx, *e)
	if err != nil {
		return err
	}
	e.Version = version
	return nil
}

// familyOf names an error without its text, which may be long.
func familyOf(err error) string {
	var e *faceid.Error
	if errors.As(err, &e) {
		return string(e.Family)
	}
	return "Caller"
}
